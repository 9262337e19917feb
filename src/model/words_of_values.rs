//! As `words.rs`, for values: a word, and what to write in its place.

use super::words::Words;

/// In place of a distribution.
pub(super) const DISTRIBUTIONS: Words = &[
    ("normal", NO_NORMAL),
    ("gaussian", NO_NORMAL),
    ("constant", "a constant is written alone, as in `\"5 ms\"`"),
    ("fixed", "a constant is written alone, as in `\"5 ms\"`"),
    ("deterministic", "a constant is written alone, as in `\"5 ms\"`"),
    ("exp", "write `{ exponential = \"5 ms\" }`"),
    ("poisson", "the gaps of a Poisson process are `{ exponential = \"5 ms\" }`"),
    (
        "erlang",
        "write `{ gamma = { mean = \"5 ms\", cv = 0.5 } }`: its `cv` is one over the root of the number of phases",
    ),
    ("histogram", "write `{ empirical = [\"5 ms\", \"7 ms\"] }`"),
];

const NO_NORMAL: &str = "there is no normal distribution here, since it goes below zero: write \
                         `{ lognormal = { median = \"5 ms\", p99 = \"20 ms\" } }` or `{ gamma = { mean = \"5 ms\", cv = 0.3 } }`";

/// In place of a popularity.
pub(super) const POPULARITIES: Words = &[
    ("zipfian", "write `{ zipf = 0.99 }`"),
    ("zipf", "write `{ zipf = 0.99 }`"),
    ("skewed", "write `{ zipf = 0.99 }`"),
    ("power_law", "write `{ zipf = 0.99 }`"),
    ("pareto", "write `{ zipf = 0.99 }`"),
    ("sequential", "write `\"scan\"`"),
    ("normal", "there is no normal distribution of keys here: write `{ zipf = 0.99 }`, or `{ hotspot = … }`"),
    (
        "gaussian",
        "there is no normal distribution of keys here: write `{ zipf = 0.99 }`, or `{ hotspot = … }`",
    ),
    ("latest", "the newest keys are no others here: write `{ zipf = 0.99 }`"),
    ("random", "write `\"uniform\"`"),
];

/// In place of `on_write`.
pub(super) const ON_WRITE: Words = &[
    ("invalidate", "write `\"delete\"`"),
    ("evict", "write `\"delete\"`"),
    ("cache_aside", "write `\"delete\"`"),
    ("write_around", "write `\"nothing\"`"),
    ("ignore", "write `\"nothing\"`"),
    ("update", "write `\"write-through\"`"),
    ("write_behind", "write `\"write-back\"`"),
    ("publish", "write `\"bus\"`"),
    ("purge", "write `\"delete\"`; for caches before the application also `purge = true`"),
];
