//! Settings of the traffic: when requests arrive and what they want.

use super::check_consistency::check_follow_ups;
use super::key::KeyGroup;
use super::kinds::positive_time_distribution;
use super::representation::Dimension;
use super::trace_spec::TraceTraffic;
use crate::quantity::{Rate, Ratio};
use crate::random::distribution::Distribution;
use crate::scenario::{
    Kind, Reader, choice, count, list, named_list, positive_rate, positive_time, rate, share, table, time,
};
use crate::time::Duration;
use crate::workload::arrivals::{Profile, Spacing};
use crate::workload::bursty::{Bursty, SOJOURN_MIN};
use crate::workload::schedule::{Ending, PERIOD_MIN, Piece, Schedule};

/// Settings of the traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadSpec {
    /// When requests arrive.
    pub arrivals: ArrivalSpec,
    /// How many users there are.
    pub users: u32,
    /// What about a user responses may depend on.
    pub dimensions: Vec<Dimension>,
    /// What they ask for.
    pub keys: Vec<KeyGroup>,
}

impl WorkloadSpec {
    /// Whether the same requests come: what caches and origins do with them may differ.
    #[must_use]
    pub fn is_same_traffic(&self, other: &Self) -> bool {
        (&self.arrivals, self.users, &self.dimensions) == (&other.arrivals, other.users, &other.dimensions)
            && self.keys.iter().map(KeyGroup::traffic).eq(other.keys.iter().map(KeyGroup::traffic))
    }
}

/// When requests arrive.
#[derive(Clone, Debug, PartialEq)]
pub enum ArrivalSpec {
    /// At a rate that does not care how the system fares.
    Open(Profile, Spacing),
    /// From so many users, each of whom waits for an answer and then thinks, in nanoseconds.
    Closed(u32, Distribution),
    /// As in a trace.
    Trace(TraceTraffic),
}

/// What others call arrivals.
const RATES: [&str; 5] = ["rate", "qps", "rps", "throughput", "requests_per_second"];

impl WorkloadSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        r.words(super::words::WORKLOAD);
        let arrivals = r.field("arrivals", "When requests arrive.", arrivals()).known_as(&RATES).required();
        let about =
            "How many users there are, each as likely to ask; a closed loop and a trace have their own.";
        let users = r.field("users", about, count(1..=100_000_000u32)).or(10_000);
        let dimensions = Dimension::read_all(r);
        let mut keys = r
            .field(
                "keys",
                "What is asked for: groups of keys.",
                named_list(table(KeyGroup::read)).at_most(10_000),
            )
            .or_empty();
        let traced = matches!(arrivals, ArrivalSpec::Trace(_));
        if traced && keys.len() > 1 {
            r.contradiction(
                "keys",
                "the keys of a trace are one group, and here are several",
                "keep one: it gives the size of values that the trace does not tell",
            );
        }
        if traced && keys.iter().any(|group| group.writes.0 > 0.0) {
            r.contradiction(
                "keys",
                "`writes` do not go with a trace",
                "take `writes` away: a trace says itself which requests write",
            );
        }
        if traced && keys.iter().any(|group| group.personal) {
            r.contradiction(
                "keys",
                "`personal` does not go with a trace",
                "take `personal` away: a trace says itself who asks for what",
            );
        }
        let has_spellings = keys.iter().any(|group| !group.responses.spellings.is_empty());
        if traced && (!dimensions.is_empty() || has_spellings) {
            r.contradiction(
                "keys",
                "`dimensions` and `spellings` do not go with a trace",
                "take them away: the keys of a trace are those that it names",
            );
        }
        check_follow_ups(&keys, traced, r);
        if traced && keys.iter().any(|group| group.copies > 1) {
            r.contradiction(
                "keys",
                "`copies` do not go with a trace",
                "take `copies` away: the names of keys are those of the trace",
            );
        }
        if !traced && keys.is_empty() {
            let help = "add `[[workload.keys]]` with a `name` and a `count`";
            r.problem(r.span(), "nothing is asked for: `workload` has no keys", help);
        }
        if !keys.is_empty() && keys.iter().all(|group| group.share == 0.0) {
            r.contradiction("keys", "no key group has a share of the requests", "give one a `share` above 0");
        }
        let copies = |group: &KeyGroup| u64::from(group.count) * u64::from(group.copies);
        if keys.iter().map(copies).sum::<u64>() > KEYS_MAX {
            r.contradiction("keys", format!("more than {KEYS_MAX} keys in all"), "lower `count` or `copies`");
        }
        if keys.is_empty() {
            keys.push(KeyGroup::of_trace());
        }
        order(&mut keys);
        Self { arrivals, users, dimensions, keys }
    }
}

/// Groups in the order of their names, and those that nobody asks for behind all others. Draws go by the places of groups
/// and keys: a scenario that lists its groups in another order, or has one more that is not used, keeps its draws, and
/// its runs can be compared pair by pair.
fn order(keys: &mut [KeyGroup]) {
    let shown: Vec<String> =
        keys.iter().filter_map(|group| group.page.as_ref()).map(|page| page.items.value.clone()).collect();
    let is_unused =
        |group: &KeyGroup| group.share == 0.0 && group.writes.0 == 0.0 && !shown.contains(&group.name);
    keys.sort_by(|one, other| (is_unused(one), &one.name).cmp(&(is_unused(other), &other.name)));
}

impl WorkloadSpec {
    /// How many users there are: those of the loop, if it is closed.
    #[must_use]
    pub fn user_count(&self) -> u32 {
        match self.arrivals {
            ArrivalSpec::Closed(users, _) => users,
            ArrivalSpec::Open(..) | ArrivalSpec::Trace(_) => self.users,
        }
    }
}

/// Keys of all groups together.
const KEYS_MAX: u64 = 1_000_000_000;

fn arrivals() -> impl Kind<Value = ArrivalSpec> {
    let constant = |rate| Schedule::constant(rate).unwrap_or_else(|_| idle());
    let open = |schedule, spacing| ArrivalSpec::Open(Profile::Schedule(schedule), spacing);
    choice()
        .plain(positive_rate(), move |rate| open(constant(rate), Spacing::Poisson))
        .tagged(
            "poisson",
            "Independent clients: exponential gaps. A bare rate means the same.",
            positive_rate(),
            move |rate| open(constant(rate), Spacing::Poisson),
        )
        .tagged("constant", "Evenly spaced, as from a load generator.", positive_rate(), move |rate| {
            open(constant(rate), Spacing::Even)
        })
        .tagged(
            "bursty",
            "Poisson, with a rate that jumps between two values (MMPP).",
            table(read_bursty),
            |bursty| ArrivalSpec::Open(Profile::Bursty(bursty), Spacing::Poisson),
        )
        .tagged(
            "stages",
            "Poisson, with a rate that follows steps and ramps.",
            list(table(read_stage)).at_least(1).map(|listed| stages(&listed)),
            move |schedule| open(schedule, Spacing::Poisson),
        )
        .tagged(
            "daily",
            "Poisson, with a rate that follows a sine over the day.",
            table(read_daily).bare("mean"),
            move |schedule| open(schedule, Spacing::Poisson),
        )
        .tagged(
            "users",
            "A closed loop: each user waits for an answer, then thinks.",
            table(read_users),
            |(count, think)| ArrivalSpec::Closed(count, think),
        )
        .tagged(
            "trace",
            "As in a file: CSV, libCacheSim's oracleGeneral, or a web server's access log.",
            table(TraceTraffic::read).bare("file"),
            ArrivalSpec::Trace,
        )
}

fn idle() -> Schedule {
    Schedule::constant(Rate(0.0)).expect("no arrivals are a sound schedule")
}

fn read_bursty(r: &mut Reader) -> Bursty {
    let mean = || time(SOJOURN_MIN..);
    let bursty = Bursty {
        quiet: r.field("quiet", "Requests per second between bursts.", rate(Rate(0.0)..)).required(),
        burst: r.field("burst", "Requests per second in a burst.", positive_rate()).required(),
        quiet_mean: r.field("quiet_for", "Mean time between bursts, exponential.", mean()).required(),
        burst_mean: r.field("burst_for", "Mean length of a burst, exponential.", mean()).required(),
    };
    if bursty.quiet > bursty.burst {
        let message = format!("`burst` ({}) is below `quiet` ({})", bursty.burst, bursty.quiet);
        r.contradiction("burst", message, "raise `burst`: it is the rate of the busy times");
    }
    bursty
}

/// A stage as it is written: a step to a rate, or a ramp to it from the rate before.
#[derive(Clone, Copy, PartialEq)]
struct Stage {
    length: Duration,
    step: Option<Rate>,
    ramp: Option<Rate>,
}

fn read_stage(r: &mut Reader) -> Stage {
    let stage = Stage {
        length: r.field("for", "How long the stage lasts.", positive_time()).required(),
        step: r.field("rate", "The rate of the whole stage.", rate(Rate(0.0)..)).optional(),
        ramp: r
            .field(
                "ramp_to",
                "The rate at the end of the stage, reached in a straight line from the rate before, at first 0/s.",
                rate(Rate(0.0)..),
            )
            .optional(),
    };
    if stage.step.is_some() == stage.ramp.is_some() {
        r.contradiction(
            "for",
            "a stage has either `rate` or `ramp_to`",
            "`rate` is a step, `ramp_to` a ramp from the rate before",
        );
    }
    stage
}

fn stages(stages: &[Stage]) -> Schedule {
    let mut before = Rate(0.0);
    let pieces = stages.iter().map(|stage| {
        let to = stage.step.or(stage.ramp).unwrap_or(before);
        let from = stage.step.unwrap_or(before);
        before = to;
        Piece::ramp(stage.length, from, to)
    });
    Schedule::new(pieces.collect(), Ending::Hold).unwrap_or_else(|_| idle())
}

fn read_daily(r: &mut Reader) -> Schedule {
    let mean = r.field("mean", "Requests per second on average.", positive_rate()).required();
    let swing = r.field("swing", "How far the rate goes above and below the mean.", share()).or(Ratio(0.5));
    let period = r.field("period", "From peak to peak.", time(PERIOD_MIN..)).or(Duration::from_secs(86_400));
    let peak = r
        .field("peak_at", "When the first peak is, from the start of the run.", time(Duration::ZERO..))
        .or(Duration::from_secs(43_200));
    Schedule::diurnal(mean, swing, period, peak).unwrap_or_else(|_| {
        let message =
            format!("a `mean` of {mean} with a `swing` of {swing} has a peak above a billion a second");
        r.contradiction("mean", message, "lower one of the two");
        idle()
    })
}

fn read_users(r: &mut Reader) -> (u32, Distribution) {
    let users = r.field("count", "How many users.", count(1..=1_000_000u32)).required();
    let think = r.field(
        "think",
        "How long a user thinks between an answer and the next request.",
        positive_time_distribution(),
    );
    (users, think.required())
}
