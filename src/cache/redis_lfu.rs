//! `allkeys-lfu` and `volatile-lfu` of Redis 7.0: LFU by sampling, with a counter that counts logarithmically and
//! decays.
//!
//! After `evict.c`: eight bits count; the more they say, the less likely another use counts (Morris, CACM 1978).
//! With each whole minute since its last use a key loses one. A copy keeps its counter when it is overwritten.

use super::Slot;
use super::redis_sampled::{Ranking, put};
use crate::random::Stream;
use crate::time::Instant;

/// `LFU_INIT_VAL` of server.h: a new key is given the time to be used again.
const NEW: u8 = 5;

/// `lfu-log-factor` as in redis.conf of Redis 7.
const LOG_FACTOR: f64 = 10.0;

/// `lfu-decay-time` as in redis.conf of Redis 7: a minute, in nanoseconds.
const MINUTE_NS: u64 = 60_000_000_000;

/// The least used leaves.
#[derive(Clone, Debug)]
pub(super) struct Frequency {
    counted: Vec<Counter>,
    stream: Stream,
    /// Uses that were left to chance so far.
    drawn: u64,
}

/// How often a copy was used, more or less, and when it was last looked at.
#[derive(Clone, Copy, Debug)]
struct Counter {
    /// The low sixteen bits of the clock in minutes.
    minute: u16,
    uses: u8,
}

impl Counter {
    /// As `LFUDecrAndReturn`.
    fn decayed(self, minute: u16) -> u8 {
        // The server counts one minute less across the wrap of the clock, once in 45 days.
        let wrapped = u16::from(minute < self.minute);
        let minutes = minute.wrapping_sub(self.minute) - wrapped;
        self.uses.saturating_sub(u8::try_from(minutes).unwrap_or(u8::MAX))
    }
}

impl Ranking for Frequency {
    fn new(stream: Stream) -> Self {
        Self { counted: Vec::new(), stream, drawn: 0 }
    }

    fn on_insert(&mut self, slot: Slot, now: Instant) {
        put(&mut self.counted, slot, Counter { minute: minute(now), uses: NEW });
    }

    /// As `updateLFU` and `LFULogIncr`.
    fn on_hit(&mut self, slot: Slot, now: Instant) {
        let counter = &mut self.counted[slot.index()];
        let minute = minute(now);
        let uses = counter.decayed(minute);
        let over = uses.saturating_sub(NEW);
        let counts = if over == 0 {
            true
        } else if uses == u8::MAX {
            false
        } else {
            self.drawn += 1;
            self.stream.at(self.drawn).chance(1.0 / (f64::from(over) * LOG_FACTOR + 1.0))
        };
        *counter = Counter { minute, uses: uses + u8::from(counts) };
    }

    fn on_clear(&mut self) {
        self.counted.clear();
    }

    fn score(&self, slot: Slot, now: Instant) -> u64 {
        (u8::MAX - self.counted[slot.index()].decayed(minute(now))).into()
    }
}

#[inline]
fn minute(now: Instant) -> u16 {
    (now.as_nanos() / MINUTE_NS) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    /// Measured on Redis 7.0.15, `OBJECT FREQ` of ten keys; redis.conf has 10, 18 and 142 for 100, 1,000 and 100,000.
    /// Ten keys are not all there can be: our mean has to lie within what they showed.
    #[test]
    fn counters_count_as_those_of_a_real_redis() {
        const KEYS: u32 = 100;
        let cases = [(10, 6..=8), (100, 8..=10), (1_000, 17..=25), (10_000, 45..=54), (100_000, 133..=166)];
        for (hits, seen) in cases {
            let mut frequency = Frequency::new(Stream::new(1, 0, "test"));
            for key in 0..KEYS {
                frequency.on_insert(Slot(key), Instant::ZERO);
                (0..hits).for_each(|_| frequency.on_hit(Slot(key), Instant::ZERO));
            }
            let sum: u32 = frequency.counted.iter().map(|counter| u32::from(counter.uses)).sum();
            let mean = f64::from(sum) / f64::from(KEYS);
            assert!((f64::from(*seen.start())..=f64::from(*seen.end())).contains(&mean), "{hits}: {mean}");
        }
    }

    #[test]
    fn a_counter_loses_one_each_minute_and_starts_anew_from_there() {
        let at = |minutes: u64| Instant::ZERO + Duration::from_secs(60) * minutes;
        let mut frequency = Frequency::new(Stream::new(1, 0, "test"));
        frequency.on_insert(Slot(0), at(0));
        let uses = |frequency: &Frequency, minutes| 255 - frequency.score(Slot(0), at(minutes));
        assert_eq!([0, 1, 4, 5, 300].map(|minutes| uses(&frequency, minutes)), [5, 4, 1, 0, 0]);
        frequency.on_hit(Slot(0), at(4));
        assert_eq!([4, 5, 7].map(|minutes| uses(&frequency, minutes)), [2, 1, 0]);
        // The clock wraps after 65,536 minutes and loses one of them.
        let counter = Counter { minute: 65_534, uses: 9 };
        assert_eq!([65_535, 0, 1].map(|minute| counter.decayed(minute)), [8, 8, 7]);
    }
}
