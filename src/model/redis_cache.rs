//! The shared cache as a caching layer.

use super::freshness::{Freshness, Life};
use super::origin;
use super::read_through::{Cache, Rules};
use super::redis::Redis;
use super::redis_command::Command;
use super::request::{Reply, Request, Value};
use super::world::World;
use crate::cache::Entry;
use crate::engine::Flights;
use crate::measure::{Failure, Layer};
use crate::time::Duration;
use std::future::Future;

impl Cache for Redis {
    #[inline]
    fn layer(&self) -> Layer {
        Layer::Redis
    }

    fn rules(&self) -> &Rules {
        &self.rules
    }

    #[inline]
    fn key(&self, w: &World<'_>, request: &Request) -> u32 {
        self.key_of(w, request, &Command::Get, 0)
    }

    #[inline]
    fn freshness(&self, request: &Request) -> &Freshness {
        self.by_group.of(request.group).unwrap_or(&self.rules.freshness)
    }

    #[inline]
    fn keeps(&self, request: &Request) -> bool {
        self.by_group.of(request.group).is_some()
    }

    fn flights(&self) -> &Flights<Reply> {
        &self.flights
    }

    fn look_up(
        &self,
        w: &World<'_>,
        request: &Request,
    ) -> impl Future<Output = Result<Option<Entry>, Failure>> {
        self.look(w, request, 0)
    }

    fn store(
        &self,
        w: &World<'_>,
        request: &Request,
        value: &Value,
        life: Life,
        load_time: Duration,
    ) -> impl Future<Output = ()> {
        async move {
            // A copy that cannot be stored is lost; the value is served all the same.
            let _ =
                self.command(w, request, &Command::Set { value: *value, life, load_time }, 0, |_| ()).await;
        }
    }

    fn release(&self, w: &World<'_>, request: &Request) -> impl Future<Output = Result<(), Failure>> {
        // Should this fail, the lease ends by itself.
        self.command(w, request, &Command::Unlock, 0, |_| ())
    }

    fn ask_origin<'a>(&'a self, w: &'a World<'_>, request: &'a Request) -> impl Future<Output = Reply> + 'a {
        origin::ask(w, request)
    }
}
