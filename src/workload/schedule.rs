//! A request rate that is known beforehand: constant, in steps and ramps, or a daily wave.

use crate::quantity::{Rate, Ratio};
use crate::random::math;
use crate::time::{Duration, Instant};
use crate::workload::stretch::Stretch;
use std::sync::Arc;

/// A stretch of time over which the rate goes in a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Above zero.
    pub length: Duration,
    /// The rate at its start.
    pub from: Rate,
    /// The rate at its end; the next piece may begin with another one.
    pub to: Rate,
}

impl Piece {
    /// The same rate all along.
    #[must_use]
    pub fn step(length: Duration, rate: Rate) -> Self {
        Self { length, from: rate, to: rate }
    }

    /// From one rate to another.
    #[must_use]
    pub fn ramp(length: Duration, from: Rate, to: Rate) -> Self {
        Self { length, from, to }
    }
}

/// What follows the last piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its final rate, for ever; if that is zero, the source has ended.
    Hold,
    /// The first piece again.
    Repeat,
}

/// A rate over time. A clone shares the pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    pieces: Arc<[Piece]>,
    ending: Ending,
}

/// The highest rate [1/s]: one request in each nanosecond, the resolution of the simulated clock.
const RATE_MAX: f64 = 1e9;

/// The shortest period of a wave; each of its lines then takes four milliseconds.
pub const PERIOD_MIN: Duration = Duration::from_secs(1);

/// A wave is drawn with so many straight lines a period. A chord of a cosine is off by at most
/// (2π / 240)^2 / 8, less than 0.01 % of its swing.
const WAVE_PIECES: u64 = 240;

impl Schedule {
    /// The `pieces`, one after the other.
    ///
    /// # Errors
    /// If there are none, one has no length or an impossible rate, or all that is to be repeated is
    /// at zero.
    pub fn new(pieces: Vec<Piece>, ending: Ending) -> Result<Self, String> {
        if pieces.is_empty() {
            return Err("follow a schedule of `0` pieces: give at least one step or ramp".to_owned());
        }
        for piece in &pieces {
            check_rate(piece.from)?;
            check_rate(piece.to)?;
            if piece.length == Duration::ZERO {
                return Err(format!(
                    "follow a schedule with a piece of `{}`: its length must be above 0, a jump is made by two pieces of different rates",
                    piece.length
                ));
            }
        }
        if ending == Ending::Repeat && pieces.iter().all(|piece| piece.from.0 + piece.to.0 == 0.0) {
            return Err("repeat a schedule with a rate of `0/s` all along: raise it somewhere".to_owned());
        }
        Ok(Self { pieces: pieces.into(), ending })
    }

    /// The same rate for ever.
    ///
    /// # Errors
    /// If the rate is negative, not finite or above one per nanosecond.
    pub fn constant(rate: Rate) -> Result<Self, String> {
        Self::new(vec![Piece::step(Duration::MAX, rate)], Ending::Hold)
    }

    /// A wave around `mean` that repeats after `period` and is highest, by the share `swing`, at
    /// `peak` after the start: a day with its busy hour. Drawn with 240 straight lines.
    ///
    /// # Errors
    /// If the swing is not between 0 and 1, the highest rate is impossible, or the period is below a
    /// second.
    pub fn diurnal(mean: Rate, swing: Ratio, period: Duration, peak: Duration) -> Result<Self, String> {
        if !(0.0..=1.0).contains(&swing.0) {
            return Err(format!(
                "follow a daily wave with a swing of `{swing}`: it must be between 0 % and 100 % of the mean rate"
            ));
        }
        if period < PERIOD_MIN {
            return Err(format!(
                "follow a daily wave with a period of `{period}`: it must be at least {PERIOD_MIN}"
            ));
        }
        let rate = |point: u64| {
            let turn = point as f64 / WAVE_PIECES as f64 - peak.as_secs_f64() / period.as_secs_f64();
            Rate(mean.0 * (1.0 + swing.0 * math::cos(std::f64::consts::TAU * turn)).max(0.0))
        };
        let boundary =
            |point: u64| (u128::from(period.as_nanos()) * u128::from(point) / u128::from(WAVE_PIECES)) as u64;
        let piece = |i: u64| {
            let length = Duration::from_nanos(boundary(i + 1) - boundary(i));
            Piece::ramp(length, rate(i), rate((i + 1) % WAVE_PIECES))
        };
        if mean.0 == 0.0 {
            return Self::constant(mean);
        }
        Self::new((0..WAVE_PIECES).map(piece).collect(), Ending::Repeat)
    }

    /// The same shape with `factor` times the rate.
    ///
    /// # Errors
    /// If the highest rate is then impossible.
    pub fn scaled(&self, factor: f64) -> Result<Self, String> {
        let piece = |piece: &Piece| Piece {
            from: Rate(piece.from.0 * factor),
            to: Rate(piece.to.0 * factor),
            ..*piece
        };
        Self::new(self.pieces.iter().map(piece).collect(), self.ending)
    }

    /// The rate at an instant; where it jumps, the one after the jump.
    #[must_use]
    pub fn rate_at(&self, at: Instant) -> Rate {
        let mut start = Instant::ZERO;
        for ordinal in 0.. {
            let piece = self.piece(ordinal);
            let end = start + piece.length;
            if at < end || end == Instant::MAX {
                return Rate(Stretch::of(start, piece).rate_at(at));
            }
            start = end;
        }
        unreachable!("pieces have a length, so one of them reaches any instant")
    }

    /// The mean number of arrivals from the start until an instant.
    #[must_use]
    pub fn expected_arrivals(&self, until: Instant) -> f64 {
        if self.ending == Ending::Repeat {
            let period = Duration::from_nanos(self.pieces.iter().map(|piece| piece.length.as_nanos()).sum());
            let whole = until.as_nanos() / period.as_nanos();
            if whole > 1 {
                let rest = Instant::from_nanos(until.as_nanos() % period.as_nanos());
                let each = self.expected_arrivals(Instant::ZERO + period);
                return whole as f64 * each + self.expected_arrivals(rest);
            }
        }
        let (mut start, mut sum) = (Instant::ZERO, 0.0);
        for ordinal in 0.. {
            if start >= until {
                break;
            }
            let stretch = Stretch::of(start, self.piece(ordinal));
            let end = stretch.end().min(until);
            sum += stretch.cut(start, end).arrivals();
            start = end;
        }
        sum
    }

    /// The piece number `ordinal` of a sequence without end.
    pub(super) fn piece(&self, ordinal: u64) -> Piece {
        let count = self.pieces.len() as u64;
        match self.ending {
            Ending::Repeat => self.pieces[(ordinal % count) as usize],
            Ending::Hold if ordinal < count => self.pieces[ordinal as usize],
            Ending::Hold => Piece::step(Duration::MAX, self.pieces[self.pieces.len() - 1].to),
        }
    }
}

/// # Errors
/// If the rate is negative, not finite or above one per nanosecond.
pub(super) fn check_rate(rate: Rate) -> Result<(), String> {
    if (0.0..=RATE_MAX).contains(&rate.0) {
        return Ok(());
    }
    Err(format!("send requests at a rate of `{rate}`: it must be between 0/s and {RATE_MAX}/s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(time: u64) -> Instant {
        Instant::ZERO + seconds(time)
    }

    #[test]
    fn rates_and_counts_follow_the_pieces_and_then_the_ending() {
        let pieces =
            vec![Piece::step(seconds(10), Rate(100.0)), Piece::ramp(seconds(20), Rate(200.0), Rate(0.0))];
        let repeat = Schedule::new(pieces.clone(), Ending::Repeat).unwrap();
        let hold = Schedule::new(pieces, Ending::Hold).unwrap();
        // Second, rate, arrivals so far: 100 s⁻¹ * 10 s, then areas of trapezoids.
        for (second, rate, count) in
            [(0, 100.0, 0.0), (5, 100.0, 500.0), (10, 200.0, 1_000.0), (20, 100.0, 2_500.0)]
        {
            for schedule in [&repeat, &hold] {
                assert!((schedule.rate_at(at(second)).0 - rate).abs() < 1e-9, "at {second} s");
                assert!((schedule.expected_arrivals(at(second)) - count).abs() < 1e-6, "at {second} s");
            }
        }
        assert_eq!(hold.rate_at(at(40)), Rate(0.0));
        assert_eq!(repeat.rate_at(at(65)), Rate(100.0));
        assert!((hold.expected_arrivals(at(1_000)) - 3_000.0).abs() < 1e-6);
        assert!((repeat.expected_arrivals(at(65)) - 6_500.0).abs() < 1e-6);
        assert_eq!(Schedule::constant(Rate(3.0)).unwrap().rate_at(Instant::MAX), Rate(3.0));
    }

    #[test]
    fn a_daily_wave_has_its_mean_its_peak_and_its_trough() {
        let day = seconds(86_400);
        let wave = Schedule::diurnal(Rate(1_000.0), Ratio(0.6), day, seconds(20 * 3_600)).unwrap();
        for (hour, rate) in [(20, 1_600.0), (8, 400.0), (2, 1_000.0), (14, 1_000.0), (44, 1_600.0)] {
            assert!((wave.rate_at(at(hour * 3_600)).0 - rate).abs() < 1e-6, "at {hour} h");
        }
        // Between the corners: 1000 (1 + 0.6 cos(2π 7.123 / 24)), less the chord's 0.01 % of 600.
        let between = wave.rate_at(Instant::ZERO + Duration::from_secs_f64(27.123 * 3_600.0)).0;
        let angle = std::f64::consts::TAU * 7.123 / 24.0;
        assert!((between - 1_000.0 * (1.0 + 0.6 * math::cos(angle))).abs() < 0.06, "{between}");
        assert!((wave.expected_arrivals(at(86_400)) / 86_400_000.0 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn nonsense_is_refused_with_the_value_and_the_rule() {
        let step = |length, rate| Piece::step(length, Rate(rate));
        let cases = [
            (
                Schedule::new(Vec::new(), Ending::Hold),
                "follow a schedule of `0` pieces: give at least one step or ramp",
            ),
            (
                Schedule::constant(Rate(-2.0)),
                "send requests at a rate of `-2/s`: it must be between 0/s and 1000000000/s",
            ),
            (
                Schedule::new(vec![step(Duration::ZERO, 1.0)], Ending::Hold),
                "follow a schedule with a piece of `0 s`: its length must be above 0, a jump is made by two pieces of different rates",
            ),
            (
                Schedule::new(vec![step(seconds(1), 0.0)], Ending::Repeat),
                "repeat a schedule with a rate of `0/s` all along: raise it somewhere",
            ),
            (
                Schedule::diurnal(Rate(1.0), Ratio(1.2), seconds(60), Duration::ZERO),
                "follow a daily wave with a swing of `120 %`: it must be between 0 % and 100 % of the mean rate",
            ),
            (
                Schedule::diurnal(Rate(1.0), Ratio(0.2), Duration::from_millis(5), Duration::ZERO),
                "follow a daily wave with a period of `5 ms`: it must be at least 1 s",
            ),
        ];
        for (result, message) in cases {
            assert_eq!(result.unwrap_err(), message);
        }
    }
}
