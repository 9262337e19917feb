//! The change of clock behind every open-loop source.
//!
//! A source of rate r(t) is one of rate 1 on a clock that has advanced, at time t, by the integral of
//! r. So the n-th arrival lies where the integral reaches the n-th arrival of the unit source (Çınlar,
//! "Introduction to Stochastic Processes", 1975, theorem 4.7.1). It is exact for any rate, nothing is
//! drawn and thrown away, and with another rate arrival n is still arrival n. A [`Stretch`] inverts
//! the integral where the rate is a straight line; [`Stretches`] cuts time into them.

use super::arrivals::{Profile, RateChange};
use super::bursty::Sojourns;
use super::schedule::{Piece, Schedule};
use crate::random::Stream;
use crate::time::{Duration, Instant};

/// A stretch of time with a rate in a straight line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    start: Instant,
    /// In nanoseconds, as are the times below; exact up to 2^53, which is 104 days.
    length: f64,
    /// The rates at both ends, per second.
    from: f64,
    to: f64,
}

impl Stretch {
    pub(super) fn of(start: Instant, piece: Piece) -> Self {
        let length = (start + piece.length).since(start).as_nanos() as f64;
        Self { start, length, from: piece.from.0, to: piece.to.0 }
    }

    /// Nothing, at an instant.
    pub(super) fn empty(at: Instant) -> Self {
        Self { start: at, length: 0.0, from: 0.0, to: 0.0 }
    }

    /// The rate [1/s] at an instant within.
    pub(super) fn rate_at(&self, at: Instant) -> f64 {
        if self.from.to_bits() == self.to.to_bits() {
            return self.from;
        }
        self.from + (self.to - self.from) * (at.since(self.start).as_nanos() as f64 / self.length)
    }

    /// The part from one instant within to another.
    pub(super) fn cut(&self, start: Instant, end: Instant) -> Self {
        let length = end.since(start).as_nanos() as f64;
        Self { start, length, from: self.rate_at(start), to: self.rate_at(end) }
    }

    fn times(self, factor: f64) -> Self {
        Self { from: self.from * factor, to: self.to * factor, ..self }
    }

    pub(super) fn end(&self) -> Instant {
        self.start + Duration::from_nanos(self.length as u64)
    }

    /// The mean number of arrivals within: how far the unit clock advances.
    pub(super) fn arrivals(&self) -> f64 {
        f64::midpoint(self.from, self.to) * self.length / 1e9
    }

    /// When the unit clock has advanced by `arrivals`, which is at most [`Stretch::arrivals`].
    #[inline]
    pub(super) fn instant(&self, arrivals: f64) -> Instant {
        let offset = if self.from.to_bits() == self.to.to_bits() {
            arrivals * 1e9 / self.from
        } else {
            // The root of from * t + slope * t^2 / 2 = arrivals, in the form that does not cancel.
            // At the very end of a ramp to zero the discriminant may be a rounding error below 0.
            let from = self.from / 1e9;
            let slope = (self.to - self.from) / 1e9 / self.length;
            let root = (from * from + 2.0 * slope * arrivals).max(0.0).sqrt();
            2.0 * arrivals / (from + root)
        };
        // At the foot of a ramp from zero the quotient is 0 / 0, which becomes no time at all.
        self.start + Duration::from_nanos_f64(offset).min(Duration::from_nanos(self.length as u64))
    }
}

/// Time from the start of a run to `end`, cut into stretches.
#[derive(Clone, Debug)]
pub(super) struct Stretches {
    source: Source,
    piece: Stretch,
    /// In order of time.
    changes: Vec<RateChange>,
    next_change: usize,
    factor: f64,
    at: Instant,
    end: Instant,
}

#[derive(Clone, Debug)]
enum Source {
    Schedule { schedule: Schedule, next: u64 },
    Bursty(Sojourns),
}

impl Source {
    fn next(&mut self) -> Piece {
        match self {
            Self::Schedule { schedule, next } => {
                *next += 1;
                schedule.piece(*next - 1)
            }
            Self::Bursty(sojourns) => sojourns.next(),
        }
    }
}

impl Stretches {
    pub(super) fn new(profile: Profile, mut changes: Vec<RateChange>, end: Instant, stream: Stream) -> Self {
        // Stable: of two changes at the same instant the later in the list holds.
        changes.sort_by_key(|change| change.at);
        let mut source = match profile {
            Profile::Schedule(schedule) => Source::Schedule { schedule, next: 0 },
            Profile::Bursty(bursty) => Source::Bursty(Sojourns::new(bursty, stream)),
        };
        let piece = Stretch::of(Instant::ZERO, source.next());
        Self { source, piece, changes, next_change: 0, factor: 1.0, at: Instant::ZERO, end }
    }

    /// The next one, beginning where the last ended.
    pub(super) fn next(&mut self) -> Option<Stretch> {
        while let Some(change) = self.changes.get(self.next_change).filter(|change| change.at <= self.at) {
            self.factor = change.factor;
            self.next_change += 1;
        }
        let change = self.changes.get(self.next_change).map(|change| change.at);
        let silent_for_ever = self.factor == 0.0 && change.is_none();
        if self.at >= self.end || silent_for_ever {
            return None;
        }
        if self.piece.end() <= self.at {
            self.piece = Stretch::of(self.at, self.source.next());
        }
        let end = self.piece.end().min(self.end).min(change.unwrap_or(Instant::MAX));
        let stretch = self.piece.cut(self.at, end).times(self.factor);
        self.at = end;
        Some(stretch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Rate;

    /// Rates at both ends over 10 s, arrivals so far, and when, in seconds, by the quadratic formula.
    #[test]
    fn the_clock_is_inverted_exactly() {
        let cases = [
            (3.0, 3.0, 1.0, 1.0 / 3.0),
            (3.0, 3.0, 30.0, 10.0),
            (0.0, 10.0, 0.0, 0.0),
            (0.0, 10.0, 0.5, 1.0),
            (0.0, 10.0, 50.0, 10.0),
            (10.0, 0.0, 9.5, 1.0),
            (10.0, 0.0, 50.0, 10.0),
            (1.0, 2.0, 1.05, 1.0),
            (1e9, 1e9 + 1.0, 1e9, 1.0),
        ];
        for (from, to, arrivals, seconds) in cases {
            let piece = Piece::ramp(Duration::from_secs(10), Rate(from), Rate(to));
            let stretch = Stretch::of(Instant::from_nanos(7), piece);
            let expected = 7 + Duration::from_secs_f64(seconds).as_nanos();
            let found = stretch.instant(arrivals).as_nanos();
            assert!(found.abs_diff(expected) <= 1, "{from} to {to}: {found}, not {expected}");
        }
    }
}
