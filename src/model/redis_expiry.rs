//! Active expiry: a node removes copies whose time is up, without anybody asking for them.
//!
//! After `activeExpireCycle` of Redis 7.0 (`expire.c`). Ten times a second a slow cycle looks at twenty keys that
//! have a TTL, removes those whose time is up, and goes on while these were more than a tenth, for 25 ms at most. When
//! that was not enough, or the last cycles found more than a tenth, fast cycles of one millisecond follow between
//! commands. The node does nothing else meanwhile.
//!
//! No task of the engine does this: what was due since the last command is done before the next one is booked, as of
//! the moment it was due. So an idle node costs nothing.

use crate::cache::Store;
use crate::engine::Server;
use crate::time::{Duration, Instant};
use std::cell::{Cell, RefCell};

/// `hz` in redis.conf is 10.
const PERIOD: Duration = Duration::from_millis(100);
/// `ACTIVE_EXPIRE_CYCLE_SLOW_TIME_PERC`, 25 % of the period.
const SLOW_MAX: Duration = Duration::from_millis(25);
/// `ACTIVE_EXPIRE_CYCLE_FAST_DURATION`.
const FAST_MAX: Duration = Duration::from_millis(1);
/// A fast cycle begins at the earliest two times its duration after the one before.
const FAST_PERIOD: Duration = Duration::from_millis(2);
/// `ACTIVE_EXPIRE_CYCLE_KEYS_PER_LOOP`.
const KEYS_PER_LOOP: u64 = 20;
/// `ACTIVE_EXPIRE_CYCLE_ACCEPTABLE_STALE`, 10 %: one key of so many.
const ACCEPTABLE: u64 = 10;
/// Weight of the last cycle in the running mean of what cycles found.
const STALE_WEIGHT: f64 = 0.05;
/// The clock is read once in so many loops.
const LOOPS_PER_LOOK_AT_THE_CLOCK: u32 = 16;
/// Removing a key: 3.3 µs, measured on Redis 7.0.15 by the expiry of 300,000 keys at once. Keys that stay cost next to
/// nothing beside it, and are left out.
const PER_KEY: Duration = Duration::from_nanos(3_300);
/// Of a node that heard nothing for long, only so many cycles are done: in that time, ten seconds, they remove up to
/// a million copies, and nobody can tell when.
const CYCLES_MAX: u64 = 100;

/// The state of a node's expiry.
#[derive(Debug)]
pub(super) struct ActiveExpiry {
    /// When the next slow cycle begins.
    due: Cell<Instant>,
    /// The earliest begin of a fast one.
    fast_due: Cell<Instant>,
    /// Whether the last cycle ended for want of time.
    ran_out: Cell<bool>,
    /// Share of the keys looked at whose time was up: `stat_expired_stale_perc`.
    stale: Cell<f64>,
    cursor: Cell<u32>,
}

impl ActiveExpiry {
    pub(super) fn new() -> Self {
        Self {
            due: Cell::new(Instant::ZERO + PERIOD),
            fast_due: Cell::default(),
            ran_out: Cell::default(),
            stale: Cell::default(),
            cursor: Cell::default(),
        }
    }

    /// Begins at `now`, as on a node that was a replica until then.
    pub(super) fn begin(&self, now: Instant) {
        self.due.set(now + PERIOD);
    }

    /// Does what was due up to `now`, which is the moment before the node takes its next command.
    #[inline]
    pub(super) fn catch_up(&self, now: Instant, store: &RefCell<Store>, server: &Server) {
        if now >= self.due.get() {
            self.slow_cycles(now, &mut store.borrow_mut(), server);
        }
        if self.is_behind(now) {
            self.fast_cycle(now, &mut store.borrow_mut(), server);
        }
    }

    /// Whether a fast cycle is due.
    #[inline]
    fn is_behind(&self, now: Instant) -> bool {
        (self.ran_out.get() || self.stale.get() >= 1.0 / ACCEPTABLE as f64) && now >= self.fast_due.get()
    }

    fn slow_cycles(&self, now: Instant, store: &mut Store, server: &Server) {
        let mut due = self.due.get();
        let cycles = (now - due).as_nanos() / PERIOD.as_nanos() + 1;
        due += PERIOD * cycles.saturating_sub(CYCLES_MAX);
        for _ in 0..cycles.min(CYCLES_MAX) {
            let ends = server.occupy(due, self.cycle(due, SLOW_MAX, store));
            if self.is_behind(ends) {
                self.fast_cycle(ends, store, server);
            }
            due += PERIOD;
        }
        self.due.set(due);
    }

    fn fast_cycle(&self, now: Instant, store: &mut Store, server: &Server) {
        self.fast_due.set(now + FAST_PERIOD);
        server.occupy(now, self.cycle(now, FAST_MAX, store));
    }

    /// One cycle; yields how long the node was at it.
    fn cycle(&self, at: Instant, limit: Duration, store: &mut Store) -> Duration {
        let (mut looked_at, mut removed) = (0, 0);
        let mut cursor = self.cursor.get();
        let mut loops = 0;
        self.ran_out.set(loop {
            let swept = store.sweep(&mut cursor, KEYS_PER_LOOP, at);
            looked_at += swept.looked_at;
            removed += swept.removed;
            loops += 1;
            if swept.removed * ACCEPTABLE <= swept.looked_at {
                break false;
            }
            if loops % LOOPS_PER_LOOK_AT_THE_CLOCK == 0 && PER_KEY * removed >= limit {
                break true;
            }
        });
        self.cursor.set(cursor);
        let share = if looked_at == 0 { 0.0 } else { removed as f64 / looked_at as f64 };
        self.stale.set(share * STALE_WEIGHT + self.stale.get() * (1.0 - STALE_WEIGHT));
        PER_KEY * removed
    }
}

#[cfg(test)]
mod tests {
    use super::super::job::Job;
    use super::*;
    use crate::cache::{Capacity, Entry, PolicySpec};
    use crate::engine::Engine;
    use crate::random::Stream;

    fn store_of(copies: impl Iterator<Item = Instant>) -> RefCell<Store> {
        let stream = Stream::new(1, 0, "test");
        let mut store = Store::new(Capacity::Unbounded, PolicySpec::default(), stream);
        for (key, expires_at) in (0..).zip(copies) {
            let entry = Entry {
                read_at: Instant::ZERO,
                stored_at: Instant::ZERO,
                soft_at: expires_at,
                expires_at,
                load_time: Duration::ZERO,
                key,
                version: 0,
                size: 100,
                negative: false,
                age: crate::cache::Age::default(),
            };
            store.put(key, entry, 1, Instant::ZERO);
        }
        RefCell::new(store)
    }

    /// Measured on Redis 7.0.15 with an expiry of many untouched keys at once: of 100,000 half were gone after 0.39 s and
    /// all after 0.87 s, of 300,000 after 0.98 s and 2.18 s, at 3.3 µs for each: a duty of 45 %. A client asked
    /// meanwhile, how often is not known: every 4 ms makes that duty. A server that hears nothing is at it for a
    /// quarter of the time, and one that hears much for two thirds at most.
    #[test]
    fn a_mass_expiry_takes_as_long_as_on_a_real_server() {
        for (keys, half, all) in [(100_000, 0.39, 0.87), (300_000, 0.98, 2.18)] {
            let took = |asks_every_ms| mass_expiry(keys, Duration::from_millis(asks_every_ms));
            let near = |took: f64, measured: f64| (took / measured - 1.0).abs() < 0.3;
            let asked = took(4);
            assert!(near(asked[0], half) && near(asked[1], all), "{keys}: {asked:?}, measured {half}, {all}");
            let (busy, idle) = (took(1), took(100));
            assert!(busy[1] < all && all < idle[1], "{keys}: {busy:?}, {idle:?}, measured {all}");
        }
    }

    /// After how many seconds half, and all but one in a hundred, of so many copies are gone that expire at once.
    fn mass_expiry(keys: usize, asks_every: Duration) -> [f64; 2] {
        let store = store_of((0..keys).map(|_| Instant::from_nanos(1)));
        let server = Server::new(&Engine::<Job>::new());
        let expiry = ActiveExpiry::new();
        let mut now = Instant::ZERO;
        [keys / 2, keys / 100].map(|few| {
            while store.borrow().len() > few {
                now += asks_every;
                expiry.catch_up(now, &store, &server);
            }
            // What is removed at once is gone when the node has worked for it. The first cycle comes after 0.1 s here,
            // and on average after half of that there.
            (server.occupy(now, Duration::ZERO) - Instant::ZERO).as_secs_f64() - 0.05
        })
    }

    #[test]
    fn only_copies_whose_time_is_up_are_removed_wherever_they_are() {
        let deadline = |key: u64| match key % 1_000 {
            0 => Instant::from_nanos(1),
            1 => Instant::ZERO + Duration::from_secs(3_600),
            _ => Instant::MAX,
        };
        let store = store_of((0..100_000).map(deadline));
        let server = Server::new(&Engine::<Job>::new());
        ActiveExpiry::new().catch_up(Instant::ZERO + Duration::from_secs(1_000), &store, &server);
        let left = store.borrow().len();
        assert!(
            (99_900..=99_920).contains(&left),
            "of 100 copies past their time {} are left",
            left - 99_900
        );
    }
}
