//! The store alone: look-ups per second, each miss followed by a put, for every eviction policy.
//!
//!     cargo bench --bench cache

use cachestorm::cache::{Age, Capacity, Entry, POLICIES, PolicySpec, Store};
use cachestorm::random::Stream;
use cachestorm::time::{Duration, Instant};
use divan::Bencher;
use divan::counter::ItemsCount;
use std::fmt::{self, Display, Formatter};

const LOOK_UPS: u64 = 1_000_000;

/// Keys that are the fourth power of a uniform draw, so that some are hot.
fn keys(count: u64) -> Vec<u32> {
    let stream = Stream::new(1, 0, "bench");
    let squared = |unit: f64| unit * unit;
    (0..LOOK_UPS).map(|n| (squared(squared(stream.at(n).unit())) * count as f64) as u32).collect()
}

fn look_up_all(store: &mut Store, keys: &[u32], clock: &mut u64) -> u64 {
    let mut hits = 0;
    for key in keys {
        *clock += 50_000;
        let now = Instant::from_nanos(*clock);
        if store.get(*key, now).is_some() {
            hits += 1;
        } else {
            store.put(*key, copy(now), 1, now);
        }
    }
    hits
}

fn copy(now: Instant) -> Entry {
    Entry {
        read_at: now,
        stored_at: now,
        soft_at: Instant::MAX,
        expires_at: Instant::MAX,
        load_time: Duration::ZERO,
        key: 0,
        version: 0,
        size: 100,
        age: Age::ZERO,
        negative: false,
    }
}

/// Look-ups in a store of so many entries, of ten times as many keys.
#[divan::bench(name = "look-ups", args = cases(), sample_count = 10)]
fn look_ups(bencher: Bencher, case: &Case) {
    let keys = keys(case.entries * 10);
    let spec = PolicySpec::named(case.policy).expect("a policy of the table");
    let mut store = Store::new(Capacity::Entries(case.entries), spec, Stream::new(1, 0, "evictions"));
    let mut clock = 0;
    look_up_all(&mut store, &keys, &mut clock);
    bencher.counter(ItemsCount::new(LOOK_UPS)).bench_local(|| look_up_all(&mut store, &keys, &mut clock));
}

fn cases() -> impl Iterator<Item = Case> {
    let of = |policy: &'static str| [1_000, 100_000].map(|entries| Case { policy, entries });
    POLICIES.iter().flat_map(move |policy| of(policy.name))
}

struct Case {
    policy: &'static str,
    entries: u64,
}

impl Display for Case {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} entries", self.policy, self.entries)
    }
}

fn main() {
    divan::main();
}
