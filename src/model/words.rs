//! What people call things who know the manuals of Redis, memcached, nginx, Varnish, Caffeine, `HikariCP`, `PostgreSQL`, `MySQL`,
//! Envoy, resilience4j and k6: for each table, a word and what to write in its place. Case, dashes and underscores do not
//! matter. Other names of a single setting can stand with its declaration, too (`known_as`).

/// A word, and what to write for it.
pub type Words = &'static [(&'static str, &'static str)];

/// At the top of a file.
pub(super) const TOP: Words = &[
    ("caffeine", "a table `[process]` with `profile = \"caffeine\"`"),
    ("guava", "a table `[process]`: the cache inside each instance"),
    ("local_cache", "a table `[process]`: the cache inside each instance"),
    ("in_process", "a table `[process]`: the cache inside each instance"),
    ("l1", "a table `[process]`: the cache inside each instance"),
    ("l2", "a table `[redis]`: the shared cache"),
    ("cache", "a table `[process]` for the cache inside each instance, or `[redis]` for the shared one"),
    ("valkey", "a table `[redis]`: the shared cache"),
    ("memcached", "a table `[redis]` with `server = \"memcached\"`"),
    ("memcache", "a table `[redis]` with `server = \"memcached\"`"),
    ("postgres", "a table `[database]` with `profile = \"postgres\"`"),
    ("postgresql", "a table `[database]` with `profile = \"postgres\"`"),
    ("mysql", "a table `[database]` with `profile = \"mysql\"`"),
    ("mariadb", "a table `[database]` with `profile = \"mysql\"`"),
    ("db", "a table `[database]`"),
    ("sql", "a table `[database]`"),
    ("hikaricp", "`database.pool = { profile = \"hikaricp\" }`"),
    ("nginx", "a table `[gateway]` with `profile = \"nginx\"`"),
    ("varnish", "a table `[gateway]` with `profile = \"varnish\"`"),
    ("kong", "a table `[gateway]` with `profile = \"kong\"`"),
    ("proxy", "a table `[gateway]`: the cache of a reverse proxy"),
    ("reverse_proxy", "a table `[gateway]`: the cache of a reverse proxy"),
    ("cloudflare", "a table `[cdn]` with `profile = \"cloudflare\"`"),
    ("fastly", "a table `[cdn]` with `profile = \"fastly\"`"),
    ("cloudfront", "a table `[cdn]`"),
    ("akamai", "a table `[cdn]`"),
    ("pops", "`cdn.regions`, with `cdn.edges` in each"),
    ("elasticsearch", "a table `[search]`"),
    ("opensearch", "a table `[search]`"),
    ("kafka", "a table `[bus]` with its `lag`"),
    ("rabbitmq", "a table `[bus]` with its `lag`"),
    ("pubsub", "a table `[bus]` with its `lag`"),
    ("load_balancer", "`app.balance`"),
    ("balancer", "`app.balance`"),
    ("rails", "a table `[app]`"),
    ("server", "a table `[app]`"),
    ("service", "a table `[app]` for the application, or `[[downstream]]` for a service that it calls"),
    ("api", "`[[downstream]]` with a `name`, for a service that the application calls"),
    ("external", "`[[downstream]]` with a `name`, for a service that the application calls"),
    ("upstream", "`[[downstream]]` with a `name`, for a service that the application calls"),
    ("traffic", "a table `[workload]`"),
    ("load", "a table `[workload]`"),
    ("arrivals", "`workload.arrivals`"),
    ("keys", "`[[workload.keys]]`"),
    ("rate", "`workload.arrivals = \"2000/s\"`"),
    ("rps", "`workload.arrivals = \"2000/s\"`"),
    ("qps", "`workload.arrivals = \"2000/s\"`"),
    ("instances", "`app.instances`"),
    ("pods", "`app.instances`"),
    ("threads", "`app.workers` for those of an instance; the simulator's own are `--threads`"),
    ("retries", "`client.retries`"),
    ("slo", "`[[objective]]` with a `metric` and `at_most` or `at_least`"),
    ("sla", "`[[objective]]` with a `metric` and `at_most` or `at_least`"),
    ("thresholds", "`[[objective]]` with a `metric` and `at_most` or `at_least`"),
    (
        "flash_sale",
        "`[[event]]` with `at` and `flash_crowd = { key = \"product:1\", rate = \"5000/s\", for = \"60 s\" }`",
    ),
    (
        "flash_crowd",
        "`[[event]]` with `at` and `flash_crowd = { key = \"product:1\", rate = \"5000/s\", for = \"60 s\" }`",
    ),
    ("spike", "`[[event]]` with `at` and `rate_change = { factor = 3, for = \"60 s\" }`"),
    ("chaos", "`[[event]]`"),
    (
        "dataloader",
        "`page = { items = \"…\", fan_out = 20, batch = true, request_cache = true }` in a `[[workload.keys]]`",
    ),
    ("length", "`duration`"),
    ("run_time", "`duration`"),
    ("time", "`duration`"),
    ("warm_up", "`warmup`"),
    ("runs", "`replications`"),
    ("repeat", "`replications`"),
];

/// In `[workload]`.
pub(super) const WORKLOAD: Words = &[
    ("groups", "`[[workload.keys]]`"),
    ("key", "`[[workload.keys]]`"),
    ("key_groups", "`[[workload.keys]]`"),
    ("requests", "`arrivals = \"2000/s\"`"),
    ("pattern", "`arrivals`, such as `{ daily = { mean = \"1000/s\" } }`"),
    ("clients", "`users`"),
    ("flash_sale", "`[[event]]` with `flash_crowd` or `rate_change`"),
    ("duration", "`duration` at the top of the file"),
    ("trace", "`arrivals = { trace = \"access.log\" }`"),
];

/// In a key group.
pub(super) const KEYS: Words = &[
    ("private", "`personal = true`"),
    ("per_user", "`personal = true`"),
    ("tenants", "a `count` of tenants times keys; `personal = true` gives each user a key"),
    ("weight", "`share`"),
    ("ratio", "`share`"),
    ("reads", "`share`, relative to the other groups"),
    ("updates", "`writes = \"5/s\"`"),
    ("update_rate", "`writes = \"5/s\"`"),
    ("write_rate", "`writes = \"5/s\"`"),
    ("invalidation", "`on_write`"),
    ("invalidate", "`on_write = \"delete\"`"),
    ("write_policy", "`on_write`"),
    ("uncached", "`redis = false` and `process = false`"),
    (
        "no_cache",
        "`redis = false` and `process = false`; for caches before the application `headers = { no_store = true }`",
    ),
    ("bypass", "`redis = false` or `process = false`"),
    ("soft_ttl", "`redis = { soft_ttl = \"20 s\" }`, or `process = { … }`"),
    ("null_ttl", "`redis = { null_ttl = \"5 s\" }`, or `process = { … }`"),
    ("swr", "`headers = { stale_while_revalidate = \"30 s\" }`; in Redis `redis = { soft_ttl = \"20 s\" }`"),
    ("stale_while_revalidate", "`headers = { stale_while_revalidate = \"30 s\" }`"),
    ("max_age", "`headers = { max_age = \"60 s\" }`"),
    ("s_maxage", "`headers = { s_maxage = \"60 s\" }`"),
    ("cache_control", "`headers = { max_age = \"60 s\" }`"),
    ("vary", "`varies_by = [\"…\"]`, with the names of `workload.dimensions`"),
    ("surrogate_keys", "`purge = true`"),
    ("tags", "`purge = true`"),
    ("dataloader", "`page = { items = \"…\", fan_out = 20, batch = true, request_cache = true }`"),
    ("batch", "`page = { items = \"…\", fan_out = 20, batch = true }`"),
    ("missing", "`exists = false`"),
    ("service", "`origin = \"…\"`, the name of a `[[downstream]]`"),
    ("source", "`origin = \"…\"`: `database`, `search`, or the name of a `[[downstream]]`"),
    ("flash_sale", "`[[event]]` with `flash_crowd`"),
];

/// In `[client]`.
pub(super) const CLIENT: Words = &[
    ("deadline", "`timeout`"),
    ("patience", "`timeout`"),
    ("retry", "`retries = 2`"),
    ("max_retries", "`retries = 2`"),
    ("attempts", "`retries = 2`"),
    ("backoff", "`retries = { attempts = 2, backoff = \"100 ms\" }`"),
];

/// In `retries`.
pub(super) const RETRIES: Words = &[
    ("count", "`attempts`"),
    ("max", "`attempts`"),
    ("tries", "`attempts`"),
    ("max_attempts", "`attempts`"),
    ("max_retries", "`attempts`"),
    ("delay", "`backoff`"),
    ("base", "`backoff`"),
    ("initial_interval", "`backoff`"),
    ("factor", "`multiplier`"),
    ("exponential", "`multiplier`"),
    ("max_delay", "`cap`"),
    ("max_interval", "`cap`"),
];

/// In a pool of connections.
pub(super) const POOL: Words = &[
    ("max", "`size`"),
    ("connections", "`size`"),
    ("max_size", "`size`"),
    ("max_open_conns", "`size`"),
    ("max_total", "`size`"),
    ("maximum_pool_size", "`size`"),
    ("pool_size", "`size`"),
    ("max_connections", "`size`; the limit of the database itself is `database.max_connections`"),
    ("connection_timeout", "`timeout`"),
    ("acquire_timeout", "`timeout`"),
    ("pool_timeout", "`timeout`"),
    ("max_wait", "`timeout`"),
    ("wait", "`timeout`"),
    ("minimum_idle", "`size` alone: connections are opened when they are needed, and kept"),
    ("max_idle", "`size` alone: connections are kept"),
];

/// In `[app]`.
pub(super) const APP: Words = &[
    ("count", "`instances`"),
    ("replicas", "`instances`"),
    ("pods", "`instances`"),
    ("servers", "`instances`"),
    ("nodes", "`instances`"),
    ("threads", "`workers`"),
    ("concurrency", "`workers`"),
    ("max_threads", "`workers`"),
    ("processes", "`workers`"),
    ("backlog", "`queue`"),
    ("max_pending_requests", "`queue`"),
    ("latency", "`work`: what a request takes beside its reads"),
    ("service_time", "`work`"),
    ("cpu", "`work`"),
    ("rtt", "`round_trip`"),
    ("load_balancing", "`balance`"),
    ("lb_policy", "`balance`"),
    ("bloom", "`bloom_filter = \"1 %\"`"),
    (
        "dataloader",
        "`page = { items = \"…\", fan_out = 20, batch = true, request_cache = true }` in a `[[workload.keys]]`",
    ),
    ("timeout", "`client.timeout`, or the `timeout` of what the application asks"),
    ("cache", "a table `[process]`"),
];

/// In the caches beside the application, and those of HTTP before it.
pub(super) const PROCESS: Words = &[
    ("refresh_after_write", "`soft_ttl`"),
    (
        "expire_after_access",
        "`ttl`, which counts from the fill: an expiry after the last access is not modelled",
    ),
    ("stale_while_revalidate", "`soft_ttl`, shorter than `ttl`: a copy past it is served and renewed"),
    ("swr", "`soft_ttl`, shorter than `ttl`: a copy past it is served and renewed"),
    ("grace", "`soft_ttl`, shorter than `ttl`: a copy past it is served and renewed"),
    ("jitter", "`ttl_jitter`"),
    ("maximum_weight", "`capacity = \"64 MiB\"`"),
    ("entries", "`capacity = 10_000`"),
    ("pool", "no pool: this cache is in the instance's memory"),
];

/// In `[redis]`.
pub(super) const REDIS: Words = &[
    ("stale_while_revalidate", "`soft_ttl`, shorter than `ttl`: a copy past it is served and renewed"),
    ("swr", "`soft_ttl`, shorter than `ttl`: a copy past it is served and renewed"),
    ("grace", "`soft_ttl`, shorter than `ttl`: a copy past it is served and renewed"),
    ("jitter", "`ttl_jitter`"),
    ("threads", "`server = { memcached = { threads = 4 } }`; Redis works on commands in one thread"),
    ("io_threads", "nothing: Redis works on commands in one thread; `service` is how long each takes"),
    ("item_size_max", "`server = { memcached = { largest_item = \"1 MiB\" } }`"),
    ("max_item_size", "`server = { memcached = { largest_item = \"1 MiB\" } }`"),
    ("latency", "`round_trip` for the network, `service` for the work on a command"),
    ("rtt", "`round_trip`"),
    ("maxmemory_samples", "`samples`"),
    ("active_expire", "`active_expiry`"),
    ("connections", "`pool = 16`"),
    ("pool_size", "`pool = 16`"),
    ("max_active", "`pool = 16`"),
    ("maxclients", "`pool = 16`, for each instance and node"),
    ("slaves", "`replicas`"),
    ("cluster", "`nodes`"),
    ("entries", "`memory`: Redis is bounded by bytes"),
    ("failover", "`[[event]]` with `failover = { node = 1 }`"),
    ("circuit_breaker", "`breaker = \"50 %\"`"),
    ("bulkhead", "`limit`"),
];

/// In `[browser]`, `[cdn]` and `[gateway]`.
pub(super) const HTTP: Words = &[
    ("swr", "`stale_while_revalidate`"),
    ("grace", "`stale_while_revalidate`"),
    ("default_grace", "`stale_while_revalidate`"),
    ("soft_ttl", "`ttl` and, after it, `stale_while_revalidate`"),
    ("sie", "`stale_if_error`"),
    ("proxy_cache_use_stale", "`stale_if_error`"),
    ("default_ttl", "`ttl`"),
    ("max_age", "`ttl`, or `headers.max_age` of a key group"),
    ("s_maxage", "`ttl`, or `headers.s_maxage` of a key group"),
    ("max_ttl", "`ttl`"),
    ("proxy_cache_valid", "`ttl`"),
    ("micro_cache", "`ttl = \"1 s\"`"),
    ("inactive", "`keep`"),
    ("default_keep", "`keep`"),
    ("proxy_cache_background_update", "`background_update = true`"),
    ("proxy_cache_revalidate", "`revalidate = true`"),
    ("proxy_cache_path", "`capacity = \"10 GiB\"`"),
    ("keys_zone", "`capacity`"),
    ("pops", "`regions`, with `edges` in each"),
    ("locations", "`regions`, with `edges` in each"),
    ("edge_locations", "`regions`, with `edges` in each"),
    ("origin_shield", "`shield = { ttl = \"10 min\" }`"),
    ("purge", "`purge = true` of a key group; its delay is `purge_delay`"),
    ("private", "`personal`: what becomes of responses for one user"),
    ("jitter", "`ttl_jitter`"),
    ("negative_ttl", "`null_ttl`"),
    ("entries", "`capacity = 10_000`"),
    ("workers", "nothing: a cache before the application has any number"),
    ("threads", "nothing: a cache before the application has any number"),
];

/// In `[database]`.
pub(super) const DATABASE: Words = &[
    ("latency", "`read`, and `write` if it takes another time"),
    ("query", "`read`"),
    ("query_time", "`read`"),
    ("read_latency", "`read`"),
    ("service_time", "`read`"),
    ("write_latency", "`write`"),
    ("rtt", "`round_trip`"),
    ("shared_buffers", "`buffer_pool = { pages = 16_384, miss = \"4 ms\", disks = 4 }`"),
    ("innodb_buffer_pool_size", "`buffer_pool = { pages = 16_384, miss = \"4 ms\", disks = 4 }`"),
    ("superuser_reserved_connections", "`reserved_connections`"),
    ("statement_timeout", "`timeout`"),
    ("query_timeout", "`timeout`"),
    ("read_replicas", "`replicas = { count = 1, lag = \"50 ms\" }`"),
    ("replica", "`replicas = { count = 1, lag = \"50 ms\" }`"),
    ("replication_lag", "`replicas = { count = 1, lag = \"50 ms\" }`"),
    ("backlog", "`queue`"),
    ("circuit_breaker", "`breaker = \"50 %\"`"),
    ("bulkhead", "`limit`"),
    ("max_pending_requests", "`queue`"),
];

/// In a `[[downstream]]`.
pub(super) const DOWNSTREAM: Words = &[
    ("rate", "`rate_limit = \"50/s\"`"),
    ("quota", "`rate_limit = \"50/s\"`"),
    ("throttle", "`rate_limit = \"50/s\"`"),
    ("rps", "`rate_limit = \"50/s\"`"),
    ("read", "`latency`"),
    ("response_time", "`latency`"),
    ("service_time", "`latency`"),
    ("rtt", "`round_trip`"),
    ("error_rate", "`failures = \"1 %\"`"),
    ("errors", "`failures = \"1 %\"`"),
    ("retry", "`retries = 2`"),
    ("concurrency", "`workers`, or `limit` for the calls of one instance"),
    ("threads", "`workers`"),
    ("circuit_breaker", "`breaker = \"50 %\"`"),
    ("bulkhead", "`limit`"),
    ("pool", "`limit`: calls that an instance has under way"),
    ("max_requests", "`limit`"),
];

/// In a `breaker`.
pub(super) const BREAKER: Words = &[
    ("failure_rate_threshold", "`failures`"),
    ("threshold", "`failures`"),
    ("sliding_window_size", "`window`"),
    ("minimum_number_of_calls", "`least`"),
    ("wait_duration_in_open_state", "`open_for`"),
    ("sleep_window", "`open_for`"),
    ("base_ejection_time", "`open_for`"),
    ("permitted_number_of_calls_in_half_open_state", "`half_open`"),
    ("consecutive_5xx", "`failures` and `window`"),
];

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
];

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

/// In a `page`.
pub(super) const PAGE: Words = &[
    ("dataloader", "`batch = true` and `request_cache = true`"),
    ("parallel", "`order = \"parallel\"`"),
    ("size", "`fan_out`"),
    ("count", "`fan_out`"),
    ("of", "`items`"),
];

/// In `[bus]`.
pub(super) const BUS: Words = &[("delay", "`lag`"), ("latency", "`lag`"), ("shards", "`partitions`")];
