//! Sessions and consistency: violations against closed forms, and against a direct computation where there is none.

use crate::common::{assert_mean, each, run, values};
use cachestorm::experiment::Outcome;
use cachestorm::measure::{Layer, Need};
use cachestorm::random::{Draws, Stream, math};

/// A database that answers at once, with two replicas that lag 100 ms on average. Hardly anybody reads but those who
/// read back what they have written; all of these are different users.
const REPLICAS: &str = r#"
name = "replicas"
duration = "20000 s"
replications = 10
[workload]
arrivals = { poisson = "0.001/s" }
users = 100_000_000
[[workload.keys]]
name = "other"
count = 1
[[workload.keys]]
name = "key"
count = 1
share = 0
writes = "1/s"
consistency = "read-your-writes"
reads_own_writes = { after = "100 ms" }
[database]
workers = 100
read = "0 s"
round_trip = "0 s"
replicas = { count = 2, lag = { exponential = "100 ms" } }
"#;

fn violations(outcome: &Outcome, need: Need) -> u64 {
    outcome.records().iter().map(|record| record.clients.answers.judged.violations[need as usize]).sum()
}

fn judged(outcome: &Outcome, need: Need) -> u64 {
    outcome.records().iter().map(|record| record.clients.answers.judged.reads[need as usize]).sum()
}

/// A write is on its replica after d unless its own lag is longer, e^(-d/L), or it is held up by an earlier one: of
/// those that are s older, which come at a rate μ, an e^(-(d + s)/L) is still on its way, so none is with
/// exp(-μL e^(-d/L)). The closed form of a single write is the first factor alone.
#[test]
fn a_write_is_not_seen_by_its_user_while_the_lag_is_longer_than_the_wait() {
    for delay in [0.0, 0.05, 0.1, 0.3] {
        let setting = format!("workload.keys.key.reads_own_writes={{ after = \"{delay} s\" }}");
        let outcome = run(REPLICAS, &[&setting]);
        let late = f64::exp(-delay / 0.1);
        let expected = 1.0 - (1.0 - late) * f64::exp(-0.1 * late);
        let what = format!("read back after {delay} s");
        assert_mean(&what, &values(&outcome, "client.read_your_writes_violation_ratio"), expected, 0.06);
        // All of them are the replicas'.
        let of_database = values(&outcome, "database.read_your_writes_violations");
        assert_eq!(of_database, values(&outcome, "client.read_your_writes_violations"));
    }
}

#[test]
fn with_a_version_token_users_see_what_they_have_written() {
    let outcome = run(REPLICAS, &["workload.keys.key.version_token=true", "replications=1"]);
    assert!(judged(&outcome, Need::ReadYourWrites) > 15_000);
    assert_eq!(violations(&outcome, Need::ReadYourWrites), 0);
}

#[test]
fn a_share_of_the_writes_is_read_back() {
    let outcome = run(REPLICAS, &["workload.keys.key.reads_own_writes.share=30 %"]);
    let shares = each(&outcome, |record| {
        let reads = record.clients.answers.judged.reads[Need::ReadYourWrites as usize];
        reads as f64 / record.clients.writes as f64
    });
    assert_mean("read back", &shares, 0.3, 0.05);
}

/// Users who read a key twice, a second apart, from two instances that each keep it for five seconds.
const TWO_INSTANCES: &str = r#"
name = "two-instances"
duration = "100000 s"
replications = 10
[workload]
arrivals = { poisson = "2/s" }
users = 100_000_000
[[workload.keys]]
name = "key"
count = 1
writes = "0.2/s"
on_write = "nothing"
consistency = "monotonic"
session = { requests = 2, think = "1 s" }
[app]
instances = 2
[process]
ttl = "5 s"
"#;

/// The same by hand: the share of all reads that show an older version than their user's first one did.
fn backwards_by_hand(draws: &mut Draws, seconds: f64) -> f64 {
    enum What {
        Write,
        First,
        Second(usize),
    }
    let mut exponential = |mean: f64| -mean * math::ln(1.0 - draws.unit());
    let (mut events, mut now) = (Vec::new(), 0.0);
    while now < seconds {
        now += exponential(5.0);
        events.push((now, What::Write));
    }
    now = 0.0;
    for reader in 0.. {
        now += exponential(0.5);
        if now >= seconds {
            break;
        }
        events.extend([(now, What::First), (now + 1.0, What::Second(reader))]);
    }
    events.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let (mut written, mut copies, mut turn) = (0, [(0.0, 0); 2], 0);
    let (mut first_seen, mut reads, mut backwards) = (Vec::new(), 0, 0);
    for (at, what) in events {
        turn = 1 - turn;
        if let What::Write = what {
            written += 1;
            continue;
        }
        if at >= copies[turn].0 {
            copies[turn] = (at + 5.0, written);
        }
        let (_, version) = copies[turn];
        reads += 1;
        match what {
            What::Second(reader) => backwards += u32::from(version < first_seen[reader]),
            _ => first_seen.push(version),
        }
    }
    f64::from(backwards) / f64::from(reads)
}

#[test]
fn on_two_instances_in_turn_data_goes_backwards_as_often_as_by_hand() {
    let outcome = run(TWO_INSTANCES, &[]);
    let model = values(&outcome, "client.monotonic_violation_ratio");
    let hand = (0..10).map(|n| backwards_by_hand(&mut Stream::new(7, n, "by hand").at(0), 100_000.0));
    // Both sides are random: their quotient has mean one, but for a bias far below its interval.
    let quotients: Vec<f64> = model.iter().zip(hand).map(|(model, hand)| model / hand).collect();
    assert_mean("goes backwards", &quotients, 1.0, 0.05);
    assert!(model[0] > 0.01, "{}", model[0]);
    assert_eq!(
        values(&outcome, "process.monotonic_violations"),
        values(&outcome, "client.monotonic_violations")
    );
}

#[test]
fn on_one_instance_for_each_user_or_with_a_version_token_data_never_goes_backwards() {
    for cure in ["app.balance=sticky", "workload.keys.key.version_token=true"] {
        let outcome = run(TWO_INSTANCES, &[cure, "replications=1"]);
        assert!(judged(&outcome, Need::Monotonic) > 300_000, "{cure}");
        assert_eq!(violations(&outcome, Need::Monotonic), 0, "{cure}");
    }
}

#[test]
fn a_session_has_as_many_requests_as_are_drawn() {
    let arguments =
        ["workload.keys.key.session.requests={ empirical = [1, 2, 6] }", "workload.keys.key.writes=0/s"];
    let outcome = run(TWO_INSTANCES, &arguments);
    assert_mean("requests", &values(&outcome, "client.requests"), 2.0 * 100_000.0 * 3.0, 0.01);
}

/// All that can go wrong at once: few users with several sessions each, who write and read; two instances in turn, each
/// with a cache whose loads are shared, before a cache with a lock, before replicas that lag.
const EVERYTHING: &str = r#"
name = "everything"
duration = "300 s"
replications = 1
[workload]
arrivals = { poisson = "50/s" }
users = 5
[[workload.keys]]
name = "key"
count = 20
writes = "20/s"
reads_own_writes = { share = "80 %", after = { exponential = "20 ms" } }
session = { requests = { exponential = 3 }, think = { exponential = "50 ms" } }
[app]
instances = 2
round_trip = { exponential = "5 ms" }
[process]
ttl = "200 ms"
soft_ttl = "150 ms"
stale_if_error = "1 s"
coalesce = "single-flight"
[redis]
ttl = "500 ms"
coalesce = { lock = { poll = "2 ms" } }
[database]
workers = 20
read = { exponential = "10 ms" }
replicas = { count = 2, lag = { exponential = "200 ms" } }
"#;

#[test]
fn with_version_tokens_nobody_goes_back_behind_what_they_wrote_or_saw() {
    for (need, name) in [(Need::ReadYourWrites, "read-your-writes"), (Need::Monotonic, "monotonic")] {
        let consistency = format!("workload.keys.key.consistency={name}");
        let without = run(EVERYTHING, &[&consistency]);
        let layers = [Layer::Process, Layer::Redis, Layer::Database];
        for layer in layers {
            let served = without.served_by(layer);
            assert!(served.judged.violations[need as usize] > 10, "{name} by {}", layer.name());
        }
        for more in
            ["name=plain", "redis.coalesce=none", "redis=none", "process.coalesce=none", "app.balance=sticky"]
        {
            let with = run(EVERYTHING, &[&consistency, "workload.keys.key.version_token=true", more]);
            assert!(judged(&with, need) > 15_000, "{name}, {more}");
            assert_eq!(violations(&with, need), 0, "{name}, {more}");
        }
    }
}

/// One key, a cache in one instance whose copies only their TTL ends, and a source of truth that answers at once.
const TTL_ONLY: &str = r#"
name = "ttl-only"
duration = "201000 s"
warmup = "1000 s"
replications = 10
[workload]
arrivals = { poisson = "1/s" }
[[workload.keys]]
name = "key"
count = 1
writes = "0.1/s"
on_write = "nothing"
[process]
ttl = "10 s"
"#;

/// A copy that is served has an age a, uniform in (0, T), and the first write after its fill came after X, exponential.
/// It has been replaced for longer than b if a - X > b: (1/T) ∫ from b to T of 1 - e^(-μ(a - b)) da.
fn replaced_for_longer(mu: f64, ttl: f64, bound: f64) -> f64 {
    let left = ttl - bound;
    (left - (1.0 - (-mu * left).exp()) / mu) / ttl
}

#[test]
fn copies_that_only_expire_break_a_bound_as_often_as_the_closed_form_says() {
    let strong = run(TTL_ONLY, &["workload.keys.key.consistency=strong"]);
    assert!((replaced_for_longer(0.1, 10.0, 0.0) - 0.3679).abs() < 0.000_05, "the published figure");
    assert_mean("strong", &values(&strong, "process.strong_violation_ratio"), 0.3679, 0.02);
    for bound in [2.0, 5.0] {
        let consistency = format!("workload.keys.key.consistency={{ bounded = \"{bound} s\" }}");
        let outcome = run(TTL_ONLY, &[&consistency]);
        let expected = replaced_for_longer(0.1, 10.0, bound);
        assert_mean(&consistency, &values(&outcome, "process.bounded_violation_ratio"), expected, 0.05);
    }
    // Nothing is served past its TTL.
    let never = run(TTL_ONLY, &["workload.keys.key.consistency={ bounded = \"10 s\" }", "replications=1"]);
    assert_eq!(violations(&never, Need::Bounded), 0);
}

/// A cache is written first, and the database refuses every write: nothing is ever committed, and there is no version that
/// a token could ask for. Copies of what was refused are read meanwhile.
#[test]
fn what_was_never_committed_is_not_asked_for() {
    const REFUSED: &str = r#"
name = "refused"
duration = "60 s"
[workload]
arrivals = { poisson = "300/s" }
users = 20
[[workload.keys]]
name = "k"
count = 10
writes = "5/s"
on_write = { write-through = { order = "cache-first" } }
failures = { database = "100 %" }
[redis]
ttl = "2 s"
[database]
workers = 500
read = "2 ms"
write = "20 ms"
"#;
    let measures = |arguments: &[&str]| {
        let outcome = run(REFUSED, arguments);
        ["write.refused_answers", "redis.hit_ratio", "database.loads", "client.latency_mean_seconds"]
            .map(|metric| values(&outcome, metric)[0])
    };
    let without = measures(&[]);
    assert!(without[0] > 100.0, "{without:?}");
    let with = measures(&["workload.keys.k.version_token=true"]);
    assert_eq!(with.map(f64::to_bits), without.map(f64::to_bits), "{with:?} and {without:?}");
}

#[test]
fn where_answers_take_no_time_strong_violations_are_the_stale_answers() {
    let outcome = run(TTL_ONLY, &["workload.keys.key.consistency=strong", "replications=2"]);
    for record in outcome.records() {
        let answers = &record.clients.answers;
        assert!(answers.stale > 10_000);
        assert_eq!(answers.judged.violations[Need::Strong as usize], answers.stale);
    }
}

#[test]
fn what_is_replaced_while_it_is_on_its_way_is_stale_and_no_violation() {
    let slow = [
        "workload.keys.key.consistency=strong",
        "process=none",
        "database={ workers = 1000, read = \"1 s\", write = \"0 s\", round_trip = \"0 s\", pool.size = 1000 }",
    ];
    let outcome = run(TTL_ONLY, &slow);
    // Reads see what was there when they began, a second before.
    assert_mean("stale", &values(&outcome, "client.stale_ratio"), 1.0 - f64::exp(-0.1), 0.03);
    assert_eq!(violations(&outcome, Need::Strong), 0);
}

#[test]
fn variants_have_the_same_follow_ups() {
    let of = |arguments: &[&str]| {
        let outcome = run(EVERYTHING, &[&["duration=30 s", "app.round_trip=0 s"], arguments].concat());
        outcome.records()[0].clients.arrived
    };
    // Those in the wake of a request whose answer comes later can fall beyond the end.
    let (one, other) = (of(&[]), of(&["process=none", "database.read=1 ms"]));
    assert!(one.abs_diff(other) * 100 < one, "{one} and {other}");
}

/// Behind a flush a day later the database has the old value all the time: whoever reads back what is not in the cache any
/// more is given a version that nobody else has written meanwhile, however many other keys are written.
#[test]
fn what_a_database_is_behind_with_is_known_however_long_that_takes() {
    let text = r#"
        name = "behind"
        duration = "6 h"
        replications = 1
        [workload]
        arrivals = { poisson = "0.001/s" }
        users = 1_000_000
        [[workload.keys]]
        name = "other"
        count = 1
        [[workload.keys]]
        name = "key"
        count = 1_000_000
        popularity = "uniform"
        share = 0
        writes = "0.3/s"
        on_write = { write-back = { flush = "1 d" } }
        reads_own_writes = { after = "2 h" }
        consistency = "read-your-writes"
        [redis]
        ttl = "1 s"
    "#;
    let outcome = run(text, &[]);
    let reads = judged(&outcome, Need::ReadYourWrites);
    // Of 0.3 a second those of the first four hours: 4,320, give or take four deviations.
    assert!((4_320.0 - reads as f64).abs() <= 4.0 * 4_320.0_f64.sqrt(), "{reads}");
    assert_eq!(violations(&outcome, Need::ReadYourWrites), reads);
}
