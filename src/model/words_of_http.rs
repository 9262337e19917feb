//! As `words.rs`, for the caches before the application: a word, and what to write in its place.

use super::words::Words;

/// In `[browser]`, `[cdn]` and `[gateway]`.
pub(super) const HTTP: Words = &[
    ("swr", "`stale_while_revalidate`"),
    ("grace", "`stale_while_revalidate`"),
    ("default_grace", "`stale_while_revalidate`"),
    ("soft_ttl", "`ttl` and, after it, `stale_while_revalidate`"),
    ("sie", "`stale_if_error`"),
    (
        "proxy_cache_use_stale",
        "`stale_while_revalidate` for its `updating`, `stale_if_error` for its `error` and `timeout`",
    ),
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
    ("proxy_cache_lock_timeout", "`coalesce = { lock = { wait = \"5 s\" } }`"),
    ("proxy_cache_lock_age", LOCK_AGE),
    ("proxy_read_timeout", NO_TIMEOUT),
    ("proxy_connect_timeout", NO_TIMEOUT),
    ("proxy_send_timeout", NO_TIMEOUT),
    ("first_byte_timeout", NO_TIMEOUT),
    ("connect_timeout", NO_TIMEOUT),
    ("timeout", NO_TIMEOUT),
    ("keepalive", NO_CONNECTIONS),
    ("keepalive_timeout", NO_CONNECTIONS),
    ("keepalive_requests", NO_CONNECTIONS),
    ("max_connections", NO_CONNECTIONS),
    ("worker_connections", NO_CONNECTIONS),
    ("retries", "`client.retries`"),
    ("proxy_next_upstream", "`client.retries`"),
];

const NO_TIMEOUT: &str = "A cache before the application has no time-out here: `client.timeout` is for a whole request, and what the \
                          application asks has a `timeout`";
const NO_CONNECTIONS: &str =
    "There are no connections here before the application: `round_trip` is all that the network takes";
const LOCK_AGE: &str =
    "The lock has no age here: `coalesce = { lock = { wait = \"5 s\" } }` is `proxy_cache_lock_timeout`";
