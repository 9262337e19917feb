//! Single-flight: of those who want the same thing at the same time, one fetches it and all get it.
//!
//! The first to board a key leads; whoever boards before the leader lands follows and waits for its
//! reply, for what is *left* of the flight. After landing the key is forgotten: the next one leads again.
//! Go's `singleflight` and the request collapsing of proxies are this mechanism.

use super::agenda::Lane;
use super::executor::{Engine, Job};
use super::task::Ticket;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::num::NonZeroU32;

/// The flights in the air; `R` is what a flight brings back.
#[derive(Debug)]
pub struct Flights<R: Copy> {
    state: RefCell<State<R>>,
}

#[derive(Debug)]
struct State<R> {
    by_key: FxHashMap<u64, u32>,
    flights: Vec<Flight<R>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Flight<R> {
    key: u64,
    followers: Vec<Ticket>,
    /// Followers that have yet to read the reply.
    unread: u32,
    reply: Option<R>,
}

/// The part that one who boards has to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boarding {
    /// Fetch, then [`Flights::land`].
    Leads(FlightId),
    /// Wait for the reply with [`Flights::follow`].
    Follows(FlightId),
}

/// A flight in the air: its place plus one, so that a flight or none takes four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlightId(NonZeroU32);

impl FlightId {
    fn of(index: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(index))
    }

    fn index(self) -> u32 {
        self.0.get() - 1
    }
}

impl<R: Copy> Default for Flights<R> {
    fn default() -> Self {
        Self {
            state: RefCell::new(State {
                by_key: FxHashMap::default(),
                flights: Vec::new(),
                free: Vec::new(),
            }),
        }
    }
}

impl<R: Copy> Flights<R> {
    /// Whether a flight for `key` is in the air.
    pub fn is_flying(&self, key: u64) -> bool {
        self.state.borrow().by_key.contains_key(&key)
    }

    /// Boards the flight for `key`, or starts one.
    pub fn board(&self, key: u64) -> Boarding {
        let State { by_key, flights, free } = &mut *self.state.borrow_mut();
        if let Some(&flight) = by_key.get(&key) {
            return Boarding::Follows(FlightId::of(flight));
        }
        let id = free.pop().unwrap_or_else(|| {
            flights.push(Flight { key, followers: Vec::new(), unread: 0, reply: None });
            flights.len() as u32 - 1
        });
        let flight = &mut flights[id as usize];
        flight.key = key;
        flight.reply = None;
        by_key.insert(key, id);
        Boarding::Leads(FlightId::of(id))
    }

    /// The leader is back: all followers get its reply.
    pub fn land<J: Job>(&self, engine: &Engine<J>, flight: FlightId, reply: R) {
        let State { by_key, flights, free } = &mut *self.state.borrow_mut();
        let landed = &mut flights[flight.index() as usize];
        by_key.remove(&landed.key);
        landed.reply = Some(reply);
        for follower in landed.followers.drain(..) {
            if engine.wake(follower) {
                landed.unread += 1;
            }
        }
        if landed.unread == 0 {
            free.push(flight.index());
        }
    }

    /// Waits for the leader's reply; `None` if the limit, if there is one, passes first.
    pub async fn follow<J: Job>(
        &self,
        engine: &Engine<J>,
        flight: FlightId,
        limit: Option<Lane>,
    ) -> Option<R> {
        let ticket = engine.ticket();
        self.state.borrow_mut().flights[flight.index() as usize].followers.push(ticket);
        let landed = match limit {
            Some(limit) => engine.wait_within(ticket, limit).await,
            None => engine.wait().await,
        };
        let State { flights, free, .. } = &mut *self.state.borrow_mut();
        let landing = &mut flights[flight.index() as usize];
        if !landed {
            landing.followers.retain(|follower| *follower != ticket);
            return None;
        }
        landing.unread -= 1;
        if landing.unread == 0 {
            free.push(flight.index());
        }
        landing.reply
    }

    /// Whether nothing is in the air and every reply has been read.
    pub fn is_at_rest(&self) -> bool {
        let state = self.state.borrow();
        state.by_key.is_empty() && state.free.len() == state.flights.len()
    }
}
