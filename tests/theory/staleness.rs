//! Staleness against closed forms, and against a direct computation where there is none.

use crate::common::{assert_mean, assert_near, each, interval, run, values};
use cachestorm::experiment::Outcome;
use cachestorm::measure::Layer;
use cachestorm::random::{Draws, Stream, math};
use cachestorm::time::Duration;

/// One key, copies that only their TTL ends, and writes that they do not learn of. The source of truth answers
/// at once.
fn ttl_only(layer: &str, reads: f64, writes: f64, ttl: f64, seconds: u32) -> String {
    format!(
        r#"
name = "staleness"
duration = "{seconds} s"
warmup = "1000 s"
replications = 10
[workload]
arrivals = {{ poisson = "{reads}/s" }}
[[workload.keys]]
name = "key"
count = 1
writes = "{writes}/s"
on_write = "nothing"
[{layer}]
ttl = "{ttl} s"
"#
    )
}

const NO_DISTANCE: &[&str] =
    &["redis.round_trip=0 s", "redis.service={ get = \"0 s\", set = \"0 s\", per_kib = \"0 s\" }"];

/// Share of a layer's answers that are staler than this.
fn staler_than(outcome: &Outcome, layer: Layer, seconds: f64) -> Vec<f64> {
    let limit = Duration::from_nanos_f64(seconds * 1e9);
    each(outcome, |record| {
        let served = record.served_by(layer).expect("the layer has answered");
        served.staleness.share_above(limit).expect("the layer has answered")
    })
}

/// A copy that is served has an age a, uniform in (0, T) since reads are Poisson, and has been stale since the
/// first write after its fill, which came after X, exponential: it is (a - X)+ stale. So
/// P(S > s) = (1/T) ∫ from s to T of 1 - e^(-μ(a - s)) da = (u - (1 - e^(-μu)) / μ) / T with u = T - s.
fn staler(mu: f64, ttl: f64, seconds: f64) -> f64 {
    let left = ttl - seconds;
    (left - (1.0 - (-mu * left).exp()) / mu) / ttl
}

/// The integral of [`staler`] over all s.
fn mean_staleness(mu: f64, ttl: f64) -> f64 {
    ttl / 2.0 - 1.0 / mu + (1.0 - (-mu * ttl).exp()) / (mu * mu * ttl)
}

#[test]
fn copies_that_only_expire_are_as_stale_as_the_closed_form_says() {
    for layer in [Layer::Process, Layer::Redis] {
        let name = layer.name();
        for (mu, ttl, published) in [(0.1, 10.0, 0.3679), (0.01, 60.0, 0.2480)] {
            // 200,000 copies in all, about ten readers each, one in three stale.
            let scenario = ttl_only(name, 10.0 / ttl, mu, ttl, 22_000 * ttl as u32 + 1_000);
            let outcome = run(&scenario, if layer == Layer::Redis { NO_DISTANCE } else { &[] });
            let what = format!("{name}, μ = {mu}, T = {ttl}");
            let stale = staler(mu, ttl, 0.0);
            assert!((stale - published).abs() < 0.000_05, "{what}: the published figure");
            assert_mean(&what, &values(&outcome, &format!("{name}.stale_ratio")), stale, 0.02);
            let means = values(&outcome, &format!("{name}.staleness_mean_seconds"));
            assert_mean(&what, &means, mean_staleness(mu, ttl), 0.025);
            for part in [0.1, 0.3, 0.5, 0.7] {
                let what = format!("{what}: staler than {part} T");
                let shares = staler_than(&outcome, layer, part * ttl);
                assert_mean(&what, &shares, staler(mu, ttl, part * ttl), 0.08);
            }
            // All answers together: those that are not hits are fresh.
            let hits = 10.0 / 11.0;
            assert_mean(&what, &values(&outcome, "client.stale_ratio"), hits * stale, 0.02);
            let ratio = interval(&values(&outcome, &format!("{name}.stale_ratio"))).0;
            assert_near(&what, ratio, stale, 0.01 * stale);
        }
    }
}

/// Reads of one key on five instances, each with a cache of its own before a shared one.
const TWO_LAYERS: &str = r#"
name = "two-layers"
duration = "101000 s"
warmup = "1000 s"
replications = 10
[workload]
arrivals = { poisson = "5/s" }
[[workload.keys]]
name = "key"
count = 1
writes = "0.1/s"
on_write = "nothing"
[app]
instances = 5
balance = "random"
[process]
ttl = "4 s"
[redis]
ttl = "10 s"
"#;

/// What a reader of the direct computation was served: how stale, and whether by its own instance.
struct Read {
    stale: f64,
    local: bool,
}

/// The same by hand: no engine, no layers, only two kinds of copies with the time of their fill and of the
/// first write after it.
fn by_hand(draws: &mut Draws, reads: u32) -> Vec<Read> {
    #[derive(Clone, Copy)]
    struct Copy {
        ends: f64,
        overtaken: f64,
    }
    let exponential = |unit: f64, mean: f64| -mean * math::ln(1.0 - unit);
    let none = Copy { ends: 0.0, overtaken: 0.0 };
    let (mut shared, mut own) = (none, [none; 5]);
    let (mut now, mut next_write) = (0.0, 0.0);
    let mut seen = Vec::new();
    for _ in 0..reads {
        now += exponential(draws.unit(), 0.2);
        let instance = draws.below(5) as usize;
        while next_write < now {
            next_write += exponential(draws.unit(), 10.0);
        }
        let local = now < own[instance].ends;
        if !local {
            if now >= shared.ends {
                shared = Copy { ends: now + 10.0, overtaken: next_write };
            }
            own[instance] = Copy { ends: now + 4.0, ..shared };
        }
        seen.push(Read { stale: (now - own[instance].overtaken).max(0.0), local });
    }
    seen
}

#[test]
fn layers_that_only_expire_add_up_their_staleness() {
    let outcome = run(TWO_LAYERS, NO_DISTANCE);
    let hands: Vec<Vec<Read>> =
        (0..10).map(|n| by_hand(&mut Stream::new(7, n, "by hand").at(0), 500_000)).collect();
    let compare = |what: &str, model: Vec<f64>, of: &dyn Fn(&[Read]) -> f64| {
        // Both sides are random: their difference has mean zero, and is small.
        let hand: Vec<f64> = hands.iter().map(|reads| of(reads)).collect();
        let differences: Vec<f64> = model.iter().zip(&hand).map(|(model, hand)| model / hand).collect();
        assert_mean(what, &differences, 1.0, 0.05);
    };
    let share = |reads: &[Read], limit: f64| {
        reads.iter().filter(|read| read.stale > limit).count() as f64 / reads.len() as f64
    };
    compare("stale", values(&outcome, "client.stale_ratio"), &|reads| share(reads, 0.0));
    compare("staleness", values(&outcome, "client.staleness_mean_seconds"), &|reads| {
        reads.iter().map(|read| read.stale).sum::<f64>() / reads.len() as f64
    });
    for limit in [2.0, 5.0, 8.0] {
        let shares = each(&outcome, |record| {
            let limit = Duration::from_nanos_f64(limit * 1e9);
            record.clients.answers.staleness.share_above(limit).expect("there are answers")
        });
        compare("staler", shares, &|reads| share(reads, limit));
    }
    compare("hits in the instances", values(&outcome, "process.hit_ratio"), &|reads| {
        reads.iter().filter(|read| read.local).count() as f64 / reads.len() as f64
    });
    // Nothing is served longer than both lives one after the other.
    for stalest in values(&outcome, "client.staleness_max_seconds") {
        assert!((9.0..=14.0 * 1.004).contains(&stalest), "{stalest}");
    }
}
