//! What parts of the system say of a request, in one line each.
//!
//! Everything is handed over by value: what a closure borrows has to be in memory, also where nobody records.

use super::note;
use crate::measure::{Failure, Kind, Layer, Outcome, Place};
use crate::model::link::Link;
use crate::model::request::{Reply, Request};
use crate::model::world::World;
use crate::time::Instant;

impl World<'_> {
    /// Something that went on at the request's instance is over.
    #[inline]
    pub(in crate::model) fn note_here(
        &self,
        request: &Request,
        kind: Kind,
        began: Instant,
        failure: impl FnOnce() -> Option<Failure>,
    ) {
        note!(self, move |spans| {
            let (place, when) = (Place::App(request.instance), (began, self.engine.now()));
            spans.add_result(request, place, kind, when, failure());
        });
    }

    /// A layer has answered.
    #[inline]
    pub(in crate::model) fn note_look_up(
        &self,
        layer: Layer,
        request: &Request,
        outcome: Outcome,
        asked: Instant,
        reply: Reply,
    ) {
        note!(self, move |spans| {
            let (kind, when) = (Kind::LookUp(layer, outcome), (asked, self.engine.now()));
            spans.add_result(request, place_of(layer, request), kind, when, reply.err());
        });
    }

    /// Somebody begins to wait for what others do in a layer.
    #[inline]
    pub(in crate::model) fn note_begin(&self, layer: Layer, request: &Request, kind: Kind) {
        note!(self, move |spans| spans.open(request, place_of(layer, request), kind, self.engine.now()));
    }

    /// That is over.
    #[inline]
    pub(in crate::model) fn note_over(&self, request: &Request, kind: Kind) {
        note!(self, move |spans| spans.close(request, kind, self.engine.now(), None));
    }

    /// An instance and an origin send something to each other.
    #[inline]
    pub(in crate::model) fn note_passage(&self, link: &Link, request: &Request, leg: u64) {
        note!(self, move |spans| {
            let when = super::from(self.engine.now(), link.takes(request.ordinal, leg));
            spans.add(request, Place::App(request.instance), Kind::Network, when);
        });
    }
}

/// Where a look-up of a layer goes on: beside the application it is the application that looks.
fn place_of(layer: Layer, request: &Request) -> Place {
    match layer {
        Layer::Process | Layer::Redis => Place::App(request.instance),
        _ => Place::HttpCache(layer, request.instance),
    }
}
