//! A specification for tests that uses every kind of setting once.

use crate::quantity::{Bytes, Rate, Ratio};
use crate::scenario::{
    Document, Kind, Problems, Reader, Spanned, choice, count, events, flag, list, name, named_list, number,
    positive_rate, positive_time, share, size, spanned, table, text, time,
};
use crate::time::Duration;

#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub name: String,
    pub seed: u64,
    pub keys: Vec<Keys>,
    pub redis: Redis,
    pub events: Vec<Event>,
    pub weights: Vec<f64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Keys {
    pub name: String,
    pub size: Bytes,
    pub rate: Rate,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Redis {
    pub ttl: Option<Duration>,
    pub ttl_jitter: Ratio,
    pub soft_ttl: Option<Duration>,
    pub pool: Pool,
    pub coalesce: Coalesce,
    pub read: Latency,
    pub persistent: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    pub size: u32,
    pub timeout: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Coalesce {
    None,
    SingleFlight,
    Lock { timeout: Duration, retries: u8 },
    Lease(Duration),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Latency {
    Constant(Duration),
    Lognormal { median: Duration, p99: Duration },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub name: Option<String>,
    pub at: Duration,
    pub expire: Spanned<String>,
}

impl Scenario {
    pub fn read(r: &mut Reader) -> Self {
        let scenario = Self {
            name: r.field("name", "What results call it.", name()).required(),
            seed: r.field("seed", "Starts the random numbers.", count(..)).or(1),
            keys: r
                .field("keys", "Groups of keys.", named_list(table(Keys::read)).at_least(1).at_most(3))
                .required(),
            redis: r.field("redis", "The shared cache.", table(Redis::read)).or_empty(),
            events: r.field("event", "What happens during the run.", events(table(Event::read))).or_empty(),
            weights: r.field("weights", "One for each node.", list(number(0.0..))).or(vec![0.5]),
        };
        for event in &scenario.events {
            if !scenario.keys.iter().any(|keys| keys.name == event.expire.value) {
                let message = format!("there are no keys `{}`", event.expire.value);
                r.problem(event.expire.span, message, "name a group of `keys`");
            }
        }
        scenario
    }
}

impl Keys {
    fn read(r: &mut Reader) -> Self {
        Self {
            name: r.field("name", "What paths call the group.", name()).required(),
            size: r.field("size", "Of one value.", size(Bytes(1)..=Bytes(1 << 30))).or(Bytes(2 << 10)),
            rate: r.field("rate", "Reads of all keys.", positive_rate()).required(),
        }
    }
}

impl Redis {
    pub fn read(r: &mut Reader) -> Self {
        let redis = Self {
            ttl: r.field("ttl", "How long an entry lives.", positive_time()).optional(),
            ttl_jitter: r.field("ttl_jitter", "Spread of `ttl`.", share()).or(Ratio(0.1)),
            soft_ttl: r.field("soft_ttl", "When a refresh starts.", positive_time()).optional(),
            pool: r.field("pool", "Connections.", table(Pool::read)).or_empty(),
            coalesce: r.field("coalesce", "Who loads a missing key.", coalesce()).or(Coalesce::None),
            read: r
                .field("read", "Time of one read.", latency())
                .or_written(r#"{ lognormal = { median = "1 ms" } }"#),
            persistent: r.field("persistent", "Survives a restart.", flag()).or(false),
        };
        if let (Some(soft), Some(ttl)) = (redis.soft_ttl, redis.ttl)
            && soft >= ttl
        {
            let message = format!("`soft_ttl` ({soft}) must be shorter than `ttl` ({ttl})");
            r.contradiction("soft_ttl", message, "lower `soft_ttl`, or raise `ttl`");
        }
        redis
    }
}

impl Pool {
    pub fn read(r: &mut Reader) -> Self {
        Self {
            size: r.field("size", "Connections of each instance.", count(1..=100_000)).or(50),
            timeout: r
                .field(
                    "timeout",
                    "How long a caller waits.",
                    time(Duration::from_nanos(1)..=Duration::from_secs(60)),
                )
                .or(Duration::from_millis(100)),
        }
    }
}

fn coalesce() -> impl Kind<Value = Coalesce> {
    choice()
        .word("none", "Every miss loads.", Coalesce::None)
        .word("single-flight", "One load per instance.", Coalesce::SingleFlight)
        .tagged("lock", "One load per key.", table(lock), |(timeout, retries)| Coalesce::Lock {
            timeout,
            retries,
        })
        .tagged("lease", "Leases of this length.", positive_time(), Coalesce::Lease)
}

fn lock(r: &mut Reader) -> (Duration, u8) {
    let timeout = r.field("timeout", "When the lock is given up.", positive_time()).required();
    (timeout, r.field("retries", "Attempts.", count(0..=9)).or(3))
}

fn latency() -> impl Kind<Value = Latency> {
    choice().plain(positive_time(), Latency::Constant).tagged(
        "lognormal",
        "Long right tail.",
        table(lognormal),
        |(median, p99)| Latency::Lognormal { median, p99 },
    )
}

fn lognormal(r: &mut Reader) -> (Duration, Duration) {
    let median = r.field("median", "Half are faster.", positive_time()).required();
    (median, r.field("p99", "One in a hundred is slower.", positive_time()).or(median * 5))
}

impl Event {
    fn read(r: &mut Reader) -> Self {
        Self {
            name: r.field("name", "What it is called.", name()).optional(),
            at: r.field("at", "When.", time(..)).required(),
            expire: r.field("expire", "These keys.", spanned(text())).required(),
        }
    }
}

pub const GOOD: &str = r#"# a comment
name = "demo"
seed = 7

[[keys]]
name = "article"
size = "4 KiB"
rate = "2k/s"

[[keys]]
name = "user"
rate = "60/min"

[redis]
ttl = "10 s"
ttl_jitter = "10%"
pool = { size = 20 }
coalesce = { lock = { timeout = "1 s" } }
read = { lognormal = { median = "600 µs", p99 = "3 ms" } }

[[event]]
at = "30 s"
expire = "article"

[[variant]]
name = "lease"
description = "Leases instead of locks."
redis.coalesce.lease = "2 s"
keys.user.rate = "5/s"
"#;

/// Reads `text` with `arguments` laid over it.
pub fn read_with(text: &str, arguments: &[&str], variant: Option<&str>) -> Result<Scenario, Problems> {
    let mut document = Document::parse("demo.toml", text)?;
    for argument in arguments {
        document.set(argument)?;
    }
    document.read(variant, Scenario::read)
}

pub fn read(text: &str) -> Result<Scenario, Problems> {
    read_with(text, &[], None)
}
