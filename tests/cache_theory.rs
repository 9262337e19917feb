//! LRU against Che's approximation (Che, Tung and Wang, IEEE JSAC 2002; why it is that good: Fricker,
//! Robert and Roberts, ITC 24, 2012), under independent requests with Zipf popularity.

use cachestorm::cache::{Age, Capacity, Entry, PolicySpec, Store};
use cachestorm::random::Stream;
use cachestorm::time::{Duration, Instant};

const KEYS: usize = 100_000;
const WARM_UP: u64 = 1_000_000;
const MEASURED: u64 = 2_000_000;

const FOREVER: Entry = Entry {
    read_at: Instant::ZERO,
    stored_at: Instant::ZERO,
    soft_at: Instant::MAX,
    expires_at: Instant::MAX,
    load_time: Duration::ZERO,
    key: 0,
    version: 0,
    size: 0,
    age: Age::ZERO,
    negative: false,
};

/// Popularity of each rank, summing to one.
fn zipf(alpha: f64) -> Vec<f64> {
    let weights: Vec<f64> = (1..=KEYS).map(|rank| libm::pow(rank as f64, -alpha)).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// Hit ratio of an LRU cache of `entries`. The characteristic time, after which a key that is not asked
/// for has left, is where the expected number of resident keys is `entries`: found by bisection, in
/// requests.
fn che(popularity: &[f64], entries: f64) -> f64 {
    let resident = |time: f64| -> f64 { popularity.iter().map(|p| -libm::expm1(-p * time)).sum() };
    let (mut low, mut high) = (0.0, 1.0);
    while resident(high) < entries {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if resident(middle) < entries {
            low = middle;
        } else {
            high = middle;
        }
    }
    popularity.iter().map(|p| -p * libm::expm1(-p * low)).sum()
}

/// Hit ratios of LRU caches of these sizes under one and the same sequence of requests.
fn simulated(popularity: &[f64], sizes: &[u64]) -> Vec<f64> {
    let cumulative: Vec<f64> = popularity
        .iter()
        .scan(0.0, |sum, p| {
            *sum += p;
            Some(*sum)
        })
        .collect();
    let stream = Stream::new(1, 0, "test.keys");
    let lru = |&size| Store::new(Capacity::Entries(size), PolicySpec::default(), stream);
    let mut stores: Vec<Store> = sizes.iter().map(lru).collect();
    let mut hits = vec![0u64; sizes.len()];
    for ordinal in 0..WARM_UP + MEASURED {
        let unit = stream.at(ordinal).unit();
        let rank = cumulative.partition_point(|&sum| sum <= unit).min(KEYS - 1);
        let key = u32::try_from(rank).expect("a key id");
        let now = Instant::from_nanos(ordinal);
        for (store, hits) in stores.iter_mut().zip(&mut hits) {
            if store.get(key, now).is_some() {
                *hits += u64::from(ordinal >= WARM_UP);
            } else {
                store.put(key, FOREVER, 1, now);
            }
        }
    }
    hits.iter().map(|&hits| hits as f64 / MEASURED as f64).collect()
}

/// Computed by another program for 10,000 of 100,000 keys, to four digits.
#[test]
fn the_approximation_is_computed_as_elsewhere() {
    for (alpha, expected) in [(0.6, 0.2522), (0.8, 0.4687), (0.9, 0.6052), (1.0, 0.7373), (1.1, 0.8446)] {
        let ratio = che(&zipf(alpha), 10_000.0);
        assert!((ratio - expected).abs() < 0.000_06, "alpha {alpha}: {ratio}");
    }
}

/// The standard error of two million independent requests is .00035; hits are correlated while a key
/// stays, and the approximation itself errs in the third digit, so ±.003.
#[test]
fn lru_hits_as_often_as_ches_approximation_says() {
    let sizes = [1_000, 5_000, 20_000];
    for alpha in [0.8, 1.0] {
        let popularity = zipf(alpha);
        for (size, ratio) in sizes.iter().zip(simulated(&popularity, &sizes)) {
            let expected = che(&popularity, *size as f64);
            assert!((ratio - expected).abs() < 0.003, "alpha {alpha}, {size} entries: {ratio}, {expected}");
        }
    }
}
