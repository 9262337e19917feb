//! As `words.rs`, for events, objectives and metrics: a word, and what to write in its place.

use super::words::Words;

/// In an `[[event]]`.
pub(super) const EVENT: Words = &[
    ("flash_sale", "`flash_crowd = { key = \"product:1\", rate = \"5000/s\", for = \"60 s\" }`"),
    ("spike", "`rate_change = { factor = 3, for = \"60 s\" }`"),
    ("burst", "`rate_change = { factor = 3, for = \"60 s\" }`"),
    ("rate", "`rate_change = { factor = 3, for = \"60 s\" }`"),
    ("time", "`at`"),
    ("start", "`at`"),
    ("flushall", "`flush = \"redis\"`"),
    ("clear", "`flush = \"redis\"`"),
    ("invalidate", "`expire = \"article:1\"`, or `purge`"),
    ("deployment", "`deploy = { down = \"20 s\" }`"),
    ("rollout", "`deploy = { down = \"20 s\" }`"),
    ("rolling_restart", "`deploy = { down = \"20 s\" }`"),
    ("autoscale", "`scale = 12`"),
    ("kill", "`restart`, `crash` or `failover`"),
    ("down", "`outage = { of = \"redis\", for = \"10 s\" }`"),
    ("latency", "`slow = { of = \"database\", factor = 3, for = \"60 s\" }`"),
    ("slowdown", "`slow = { of = \"database\", factor = 3, for = \"60 s\" }`"),
    ("restart_redis", RESTART_REDIS),
    ("redis_restart", RESTART_REDIS),
    ("redis_crash", "`crash = { of = \"redis\" }`"),
    ("crash_redis", "`crash = { of = \"redis\" }`"),
    ("redis_down", "`outage = { of = \"redis\", for = \"10 s\" }`"),
    ("redis_outage", "`outage = { of = \"redis\", for = \"10 s\" }`"),
    ("outage_redis", "`outage = { of = \"redis\", for = \"10 s\" }`"),
    ("restart_database", RESTART_DATABASE),
    ("database_restart", RESTART_DATABASE),
    ("database_down", "`outage = { of = \"database\", for = \"10 s\" }`"),
    ("database_outage", "`outage = { of = \"database\", for = \"10 s\" }`"),
    ("sentinel", "`failover = { node = 1 }`"),
    ("fail", "`outage = { of = \"redis\", for = \"10 s\" }`, or `failover = { node = 1 }` for one node"),
];

/// What a restart of Redis is here.
const RESTART_REDIS: &str = "`crash = { of = \"redis\" }` for the loss of its memory, and in another `[[event]]` \
                             `outage = { of = \"redis\", for = \"10 s\" }` for the time in which it is away";

/// What a restart of the database is here.
const RESTART_DATABASE: &str = "`outage = { of = \"database\", for = \"10 s\" }` for the time in which it is away, and in another \
                                `[[event]]` `flush = \"buffer_pool\"` for the loss of its memory";

/// In `restart`, which is of instances alone and needs its `for`.
pub(super) const RESTART: Words = &[
    ("of", RESTART_OF),
    ("layer", RESTART_OF),
    ("what", RESTART_OF),
    ("node", "`failover = { node = 1 }` in place of `restart`, which is of instances and needs `for`"),
    ("down", "`for`"),
    ("time", "`for`"),
];

const RESTART_OF: &str = "`crash = { of = \"redis\" }` in place of `restart`, which is of instances and needs `for`; for the time in which \
                          Redis is away write `outage = { of = \"redis\", for = \"10 s\" }` in another `[[event]]`";

/// In place of the table `restart`.
pub(super) const RESTARTED: Words = &[
    ("redis", REDIS_RESTARTED),
    ("cache", REDIS_RESTARTED),
    ("database", DATABASE_RESTARTED),
    ("db", DATABASE_RESTARTED),
    (
        "app",
        "write `restart = { for = \"10 s\" }`: it restarts all instances, and with `instance = 1` one of them",
    ),
    (
        "process",
        "write `restart = { for = \"10 s\" }`: it restarts all instances, and with `instance = 1` one of them",
    ),
];

const REDIS_RESTARTED: &str = "`restart` is of the application's instances: write `crash = { of = \"redis\" }` for the loss of its memory, \
                               and in another `[[event]]` `outage = { of = \"redis\", for = \"10 s\" }` for the time in which it is away";

const DATABASE_RESTARTED: &str = "`restart` is of the application's instances: write `outage = { of = \"database\", for = \"10 s\" }` for the \
                                  time in which it is away, and in another `[[event]]` `flush = \"buffer_pool\"` for the loss of its memory";

/// In an `[[objective]]`.
pub(super) const OBJECTIVE: Words = &[
    ("max", "`at_most`"),
    ("below", "`at_most`"),
    ("less_than", "`at_most`"),
    ("limit", "`at_most` or `at_least`"),
    ("threshold", "`at_most` or `at_least`"),
    ("target", "`at_most` or `at_least`"),
    ("min", "`at_least`"),
    ("above", "`at_least`"),
    ("greater_than", "`at_least`"),
    ("slo", "`metric`"),
];

/// In place of the name of a metric, without `client.` in front.
pub(super) const METRICS: Words = &[
    ("p50", "did you mean `client.latency_p50_seconds`?"),
    ("median", "did you mean `client.latency_p50_seconds`?"),
    ("p90", "did you mean `client.latency_p90_seconds`?"),
    ("p95", "did you mean `client.latency_p95_seconds`?"),
    ("p99", "did you mean `client.latency_p99_seconds`?"),
    ("p999", "did you mean `client.latency_p999_seconds`?"),
    ("latency", "did you mean `client.latency_p99_seconds`, or `client.latency_mean_seconds`?"),
    ("response_time", "did you mean `client.latency_p99_seconds`, or `client.latency_mean_seconds`?"),
    ("duration", "did you mean `client.latency_p99_seconds`, or `client.latency_mean_seconds`?"),
    ("http_req_duration", "did you mean `client.latency_p99_seconds`, or `client.latency_mean_seconds`?"),
    ("http_req_failed", "did you mean `client.error_ratio`?"),
    ("http_reqs", "did you mean `client.requests`, or `client.request_rate_mean_per_s`?"),
    ("error_rate", "did you mean `client.error_ratio`?"),
    ("error_percentage", "did you mean `client.error_ratio`?"),
    ("failure_rate", "did you mean `client.error_ratio`?"),
    ("errors", "did you mean `client.error_ratio`, or `client.failed` for their number?"),
    ("failures", "did you mean `client.error_ratio`, or `client.failed` for their number?"),
    ("availability", AVAILABILITY),
    ("uptime", AVAILABILITY),
    ("success_rate", AVAILABILITY),
    ("success_ratio", AVAILABILITY),
    ("throughput", "did you mean `client.goodput_per_s`?"),
    ("goodput", "did you mean `client.goodput_per_s`?"),
    (
        "rps",
        "did you mean `client.request_rate_mean_per_s`, or `client.goodput_per_s` for those that are answered?",
    ),
    (
        "qps",
        "did you mean `client.request_rate_mean_per_s`, or `client.goodput_per_s` for those that are answered?",
    ),
    ("request_rate", "did you mean `client.request_rate_mean_per_s`?"),
    ("hit_rate", HIT_RATIO),
    ("hit_ratio", HIT_RATIO),
    ("cache_hit_rate", HIT_RATIO),
    ("cache_hit_ratio", HIT_RATIO),
    ("keyspace_hits", HIT_RATIO),
    ("miss_rate", "did you mean `redis.miss_ratio`, or that of another layer, such as `process.miss_ratio`?"),
    (
        "miss_ratio",
        "did you mean `redis.miss_ratio`, or that of another layer, such as `process.miss_ratio`?",
    ),
    ("staleness", "did you mean `client.staleness_p99_seconds`, or `client.stale_ratio`?"),
    ("stale", "did you mean `client.stale_ratio`?"),
    ("stale_rate", "did you mean `client.stale_ratio`?"),
    ("database_load", "did you mean `database.load_rate_mean_per_s`?"),
    ("db_load", "did you mean `database.load_rate_mean_per_s`?"),
    ("cpu", "did you mean `app.worker_utilisation`, or `database.worker_utilisation`?"),
    ("evicted_keys", "did you mean `redis.evicted_memory_per_s`?"),
    ("expired_keys", "did you mean `redis.expired_per_s`?"),
    ("used_memory", "did you mean `redis.memory_bytes`?"),
];

const AVAILABILITY: &str = "availability is what does not fail: write `client.error_ratio` with `at_most`; for 99.9 % it is \
                            `at_most = \"0.1 %\"`";

const HIT_RATIO: &str =
    "did you mean `redis.hit_ratio`, or that of another layer, such as `process.hit_ratio`?";
