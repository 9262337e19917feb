//! A circuit breaker: after too many failures it lets no call through for a while, then a few on trial.
//!
//! ```text
//!             failures ≥ threshold                 open_for is over
//!   closed ─────────────────────────▶ open ─────────────────────────▶ half-open
//!     ▲                                 ▲                                 │
//!     │                                 └── trials fail ≥ threshold ◀─────┤
//!     └───────────────────────────────────── otherwise ◀──────────────────┘
//! ```
//!
//! The states, what counts and all defaults are those of resilience4j (`CircuitBreakerStateMachine`,
//! `CircuitBreakerMetrics`): a window of the last calls; nothing is decided before so many have come back; an open
//! breaker becomes half-open when the first call comes after its time; and what comes back late, of a call that was
//! let through before, counts for the state that the breaker is in by then.

use crate::engine::Gauge;
use crate::quantity::Ratio;
use crate::scenario::{Reader, count, positive_time, share_in};
use crate::time::{Duration, Instant};
use std::collections::VecDeque;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerSpec {
    /// This share of failures opens it.
    pub failures: Ratio,
    /// Over so many of the last calls.
    pub window: u32,
    /// So many must have come back before anything is decided.
    pub least: u32,
    /// How long it lets nothing through.
    pub open_for: Duration,
    /// So many calls on trial decide what comes next.
    pub half_open: u32,
}

impl BreakerSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        r.words(super::words::BREAKER);
        let spec = Self {
            failures: r
                .field(
                    "failures",
                    "It opens when at least this share of the window's calls has failed.",
                    share_in(Ratio(0.000_001)..=Ratio(1.0)),
                )
                .or(Ratio(0.5)),
            window: r
                .field("window", "So many of the last calls are looked at.", count(1..=1_000_000u32))
                .or(100),
            least: r
                .field(
                    "least",
                    "So many calls must have come back before it can open. Default: as `window`.",
                    count(1..=1_000_000u32),
                )
                .optional()
                .unwrap_or(0),
            open_for: r
                .field("open_for", "How long it lets nothing through.", positive_time())
                .or(Duration::from_secs(60)),
            half_open: r
                .field(
                    "half_open",
                    "So many calls are let through on trial after that; as with `failures`, they open or close it.",
                    count(1..=1_000_000u32),
                )
                .or(10),
        };
        if spec.least > spec.window {
            let message = format!("`least` ({}) is above `window` ({})", spec.least, spec.window);
            r.contradiction("least", message, "it would never open: lower `least`, or raise `window`");
        }
        Self { least: if spec.least == 0 { spec.window } else { spec.least }, ..spec }
    }
}

/// A breaker.
#[derive(Debug)]
pub struct Breaker {
    spec: BreakerSpec,
    state: State,
    /// The last results, failures are true.
    results: VecDeque<bool>,
    failed: u32,
    /// 1 while it is open.
    open: Gauge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Instant },
    HalfOpen { trials_left: u32 },
}

impl Breaker {
    pub(super) fn new(spec: BreakerSpec) -> Self {
        Self { spec, state: State::Closed, results: VecDeque::new(), failed: 0, open: Gauge::default() }
    }

    /// Whether a call may go through.
    pub(super) fn lets_through(&mut self, now: Instant) -> bool {
        if matches!(self.state, State::Open { until } if until <= now) {
            self.open.down(now);
            self.enter(State::HalfOpen { trials_left: self.spec.half_open });
        }
        match &mut self.state {
            State::Closed => true,
            State::Open { .. } | State::HalfOpen { trials_left: 0 } => false,
            State::HalfOpen { trials_left } => {
                *trials_left -= 1;
                true
            }
        }
    }

    /// A call that was let through has come back; true if that opens the breaker.
    pub(super) fn came_back(&mut self, well: bool, now: Instant) -> bool {
        let (window, least) = match self.state {
            State::Open { .. } => return false,
            State::Closed => (self.spec.window, self.spec.least),
            State::HalfOpen { .. } => (self.spec.half_open, self.spec.least.min(self.spec.half_open)),
        };
        if self.results.len() >= window as usize {
            self.failed -= u32::from(self.results.pop_front() == Some(true));
        }
        self.results.push_back(!well);
        self.failed += u32::from(!well);
        let results = self.results.len() as f64;
        if results < f64::from(least) {
            return false;
        }
        let fails = f64::from(self.failed) >= self.spec.failures.0 * results;
        match self.state {
            _ if fails => {
                self.open.up(now);
                self.enter(State::Open { until: now + self.spec.open_for });
            }
            State::HalfOpen { .. } => self.enter(State::Closed),
            State::Closed | State::Open { .. } => {}
        }
        fails
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.results.clear();
        self.failed = 0;
    }

    /// 1 while it is open, 0 otherwise.
    pub(super) fn open(&self) -> &Gauge {
        &self.open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(BreakerSpec {
            failures: Ratio(0.5),
            window: 4,
            least: 4,
            open_for: Duration::from_secs(10),
            half_open: 2,
        })
    }

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    /// Each call comes back at once; `.` is one that was not let through.
    fn play(breaker: &mut Breaker, second: u64, results: &str) -> String {
        let mut call = |well| match breaker.lets_through(at(second)) {
            false => '.',
            true if breaker.came_back(well, at(second)) => 'O',
            true => 'x',
        };
        results.chars().map(|result| call(result == '+')).collect()
    }

    #[test]
    fn it_opens_at_the_call_that_makes_half_of_the_window_fail() {
        // One failure in four, then two: the sixth call opens it, and the seventh meets it open.
        assert_eq!(play(&mut breaker(), 0, "-+++--+"), "xxxxxO.");
    }

    #[test]
    fn nothing_is_decided_before_the_least_number_of_calls_has_come_back() {
        assert_eq!(play(&mut breaker(), 0, "----"), "xxxO");
        let mut early = Breaker::new(BreakerSpec { least: 2, ..breaker().spec });
        assert_eq!(play(&mut early, 0, "----"), "xO..");
    }

    #[test]
    fn failures_that_have_left_the_window_do_not_count() {
        assert_eq!(play(&mut breaker(), 0, "-+++-+++-+++"), "xxxxxxxxxxxx");
    }

    #[test]
    fn an_open_breaker_tries_again_after_its_time_and_not_before() {
        let mut breaker = breaker();
        assert_eq!(play(&mut breaker, 0, "----"), "xxxO");
        assert_eq!(play(&mut breaker, 9, "++"), "..");
        // Two trials, both well: closed, with an empty window.
        assert_eq!(play(&mut breaker, 10, "++---"), "xxxxx");
    }

    #[test]
    fn trials_of_which_half_fail_open_it_for_as_long_again() {
        let mut breaker = breaker();
        play(&mut breaker, 0, "----");
        assert_eq!(play(&mut breaker, 10, "+-+"), "xO.");
        assert_eq!(play(&mut breaker, 19, "+"), ".");
        assert_eq!(play(&mut breaker, 20, "++"), "xx");
        assert_eq!(breaker.state, State::Closed);
    }

    #[test]
    fn no_more_than_the_trials_go_through_before_they_have_come_back() {
        let mut breaker = breaker();
        play(&mut breaker, 0, "----");
        let through = (0..5).filter(|_| breaker.lets_through(at(10))).count();
        assert_eq!(through, 2);
        assert!(!breaker.came_back(true, at(11)));
        assert!(!breaker.lets_through(at(11)), "one trial is still on its way");
        assert!(!breaker.came_back(true, at(12)));
        assert!(breaker.lets_through(at(12)));
    }

    #[test]
    fn what_comes_back_late_counts_for_the_state_by_then() {
        let mut breaker = breaker();
        let late = (0..6).filter(|_| breaker.lets_through(at(0))).count();
        assert_eq!(late, 6);
        assert_eq!((0..4).filter(|_| breaker.came_back(false, at(1))).count(), 1);
        // Open: nothing changes. Half-open: these two are taken for the trials.
        assert!(!breaker.came_back(false, at(2)));
        assert!(breaker.lets_through(at(11)));
        assert!(!breaker.came_back(true, at(11)));
        assert!(breaker.came_back(false, at(11)), "one of two has failed");
    }

    #[test]
    fn how_long_it_was_open_ends_when_the_first_trial_comes() {
        let mut breaker = breaker();
        play(&mut breaker, 0, "----");
        play(&mut breaker, 15, "++");
        assert!((breaker.open().mean(at(30)) - 0.5).abs() < f64::EPSILON);
    }
}
