//! Settings of downstream services: other teams' services, external APIs, expensive computations.

use super::guard::GuardSpec;
use super::kinds::{count_or_none, time_distribution, time_or_none};
use crate::quantity::{Rate, Ratio};
use crate::random::distribution::Distribution;
use crate::scenario::{Reader, count, name, positive_rate, share, table};
use crate::time::Duration;

/// Settings of one service.
#[derive(Clone, Debug, PartialEq)]
pub struct DownstreamSpec {
    /// What key groups call it.
    pub name: String,
    /// How long it works on a call, in nanoseconds.
    pub latency: Distribution,
    /// Calls that it works on at the same time; none is any number.
    pub workers: Option<u32>,
    /// Calls that may wait for a worker.
    pub queue: u32,
    /// How many calls it takes.
    pub rate_limit: Option<RateLimit>,
    /// How often an instance calls again that met the rate limit.
    pub retries: u32,
    /// Share of the calls that it answers with an error.
    pub failures: Ratio,
    /// From an instance to the service and back, in nanoseconds.
    pub round_trip: Distribution,
    /// How long a caller waits for the answer.
    pub timeout: Option<Duration>,
    /// What stands before it in each instance.
    pub guard: GuardSpec,
}

/// A token bucket that all instances have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Calls per second.
    pub rate: Rate,
    /// Calls at once.
    pub burst: u32,
}

impl RateLimit {
    fn read(r: &mut Reader) -> Self {
        Self {
            rate: r
                .field("rate", "Calls per second that it takes in the long run.", positive_rate())
                .required(),
            burst: r
                .field("burst", "Calls that it takes at once after a pause.", count(1..=1_000_000_000u32))
                .or(1),
        }
    }
}

impl DownstreamSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        r.words(super::words::DOWNSTREAM);
        let spec = Self {
            name: r.field("name", "What key groups write as their `origin`.", name()).required(),
            latency: r.field("latency", "How long it works on a call.", time_distribution()).required(),
            workers: r
                .field(
                    "workers",
                    "Calls that it works on at the same time. \"none\": any number, as of a service that scales by itself.",
                    count_or_none(),
                )
                .or(None),
            queue: r
                .field(
                    "queue",
                    "Calls that may wait for a worker; more are refused (503). A bound against runaway.",
                    count(0..=10_000_000u32),
                )
                .or(10_000),
            rate_limit: r
                .field(
                    "rate_limit",
                    "A token bucket for all instances together; who finds it empty is refused (429) and told when to come \
                     back. Without this table there is no limit.",
                    table(RateLimit::read).bare("rate"),
                )
                .optional(),
            retries: r
                .field(
                    "retries",
                    "How often an instance calls again that was refused by the rate limit, each time after the \
                     Retry-After that it was told: whole seconds, as RFC 9110 has them.",
                    count(0..=100u32),
                )
                .or(0),
            failures: r
                .field("failures", "Share of the calls that it answers with an error.", share())
                .or(Ratio(0.0)),
            round_trip: r
                .field(
                    "round_trip",
                    "From an instance to the service and back. Default: within a data centre, Dean, LADIS 2009.",
                    time_distribution(),
                )
                .or_written(r#""500 us""#),
            timeout: r
                .field(
                    "timeout",
                    "How long an instance waits for an answer. Default: Envoy, `route.timeout`.",
                    time_or_none(Duration::from_nanos(1)..),
                )
                .or_written(r#""15 s""#),
            guard: GuardSpec::read(r),
        };
        if spec.retries > 0 && spec.rate_limit.is_none() {
            let help = "add `rate_limit`, or take `retries` away";
            r.contradiction("retries", "`retries` are for calls that meet a rate limit", help);
        }
        if let word @ ("database" | "search") = spec.name.as_str() {
            let message = format!("`{word}` is an origin of its own, no name for a service");
            r.contradiction("name", message, "call it something else");
        }
        spec
    }
}
