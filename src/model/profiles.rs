//! The defaults of real systems, by name: what `profile = "…"` in a table stands for.
//!
//! A profile lists every setting in which its system is known to differ from others of its kind, also where that is
//! what the table's default says, so that the default can change without it. What it leaves out is not the system's
//! to say (how far away it is) or not part of the model. Flags of caches that speak HTTP are those that
//! http-tests/cache-tests (370 tests, results of 2025) found in the running programs.

use crate::scenario::Profile;

/// All profiles, with the table that takes them.
pub const PROFILES: &[(&str, &[Profile])] = &[
    ("browser", BROWSER),
    ("cdn", CDN),
    ("gateway", GATEWAY),
    ("process", PROCESS),
    ("redis", REDIS),
    ("database", DATABASE),
    ("database.pool", DATABASE_POOL),
];

/// Firefox 146 and Safari 26 have the same flags.
pub(super) const BROWSER: &[Profile] = &[Profile {
    name: "chrome",
    also: &["firefox", "safari", "edge"],
    doc: "Chrome 143, as http-tests/cache-tests found it; Firefox 146 and Safari 26 do the same.",
    settings: &[
        ("cache_control", r#"["lifetime", "no-store", "stale-while-revalidate"]"#),
        ("heuristic", r#""10 %""#),
        ("age", r#""honoured""#),
        ("revalidate", "true"),
        ("background_update", "true"),
        ("drops_on_write", "true"),
    ],
}];

pub(super) const CDN: &[Profile] = &[
    Profile {
        name: "fastly",
        also: &[],
        doc: "Fastly without code of one's own: documentation of request collapsing, fallback TTL and purging, \
              http-tests/cache-tests.",
        settings: &[
            ("ttl", r#""3600 s""#),
            ("coalesce", r#""single-flight""#),
            ("cache_control", r#"["lifetime", "no-store", "stale-while-revalidate", "stale-if-error"]"#),
            ("stale_while_revalidate", r#""0 s""#),
            ("background_update", "true"),
            ("heuristic", r#""none""#),
            ("age", r#""honoured""#),
            ("personal", r#""share""#),
            ("drops_on_write", "false"),
            ("purge_delay", r#""150 ms""#),
        ],
    },
    Profile {
        name: "cloudflare",
        also: &[],
        doc: "Cloudflare without rules of one's own: documentation of edge TTLs, of revalidation and request \
              collapsing (one request waits, the others get the old copy), of origin cache control.",
        settings: &[
            ("ttl", r#""120 min""#),
            ("null_ttl", r#""3 min""#),
            ("coalesce", r#""single-flight""#),
            ("stale_while_revalidate", r#""1 d""#),
            ("keep", r#""1 d""#),
            ("background_update", "false"),
            ("heuristic", r#""none""#),
            ("age", r#""honoured""#),
            ("personal", r#""bypass""#),
            ("drops_on_write", "false"),
            ("purge_delay", r#""150 ms""#),
        ],
    },
];

pub(super) const GATEWAY: &[Profile] = &[
    Profile {
        name: "nginx",
        also: &["openresty"],
        doc: "nginx 1.22 to 1.28 with `proxy_cache` and no other directive of it: its source, and as measured.",
        settings: &[
            ("coalesce", r#""none""#),
            ("cache_control", r#"["lifetime", "no-store", "stale-while-revalidate", "stale-if-error"]"#),
            ("stale_while_revalidate", r#""0 s""#),
            ("stale_if_error", r#""0 s""#),
            ("background_update", "false"),
            ("keep", r#""10 min""#),
            ("revalidate", "false"),
            ("heuristic", r#""none""#),
            ("age", r#""ignored""#),
            ("personal", r#""share""#),
            ("drops_on_write", "false"),
        ],
    },
    Profile {
        name: "varnish",
        also: &["varnish-cache"],
        doc: "Varnish 7.1 with its built-in VCL: `default_ttl`, `default_grace`, `default_keep`, the waiting list; \
              http-tests/cache-tests.",
        settings: &[
            ("ttl", r#""120 s""#),
            ("coalesce", r#""single-flight""#),
            ("cache_control", r#"["lifetime", "no-store", "stale-while-revalidate"]"#),
            ("stale_while_revalidate", r#""10 s""#),
            ("stale_if_error", r#""0 s""#),
            ("keep", r#""0 s""#),
            ("background_update", "true"),
            ("heuristic", r#""none""#),
            ("age", r#""honoured""#),
            ("personal", r#""bypass""#),
            ("drops_on_write", "false"),
        ],
    },
    Profile {
        name: "kong",
        also: &[],
        doc: "Kong with its plugin `proxy-cache`: its documentation. It does not look at what responses say, and \
              each consumer has keys of its own.",
        settings: &[
            ("ttl", r#""300 s""#),
            ("coalesce", r#""none""#),
            ("cache_control", "[]"),
            ("stale_while_revalidate", r#""0 s""#),
            ("stale_if_error", r#""0 s""#),
            ("keep", r#""0 s""#),
            ("heuristic", r#""none""#),
            ("personal", r#""vary""#),
            ("drops_on_write", "false"),
        ],
    },
];

pub(super) const PROCESS: &[Profile] = &[Profile {
    name: "caffeine",
    also: &[],
    doc: "A `LoadingCache` of Caffeine 3: one thread loads a key, the others wait. Its policy, W-TinyLFU, is not \
          modelled: exact LRU stands in for it. A load that a write overtakes is not kept.",
    settings: &[("coalesce", r#""single-flight""#), ("policy", r#""lru""#), ("versioned_fill", "true")],
}];

pub(super) const REDIS: &[Profile] = &[
    Profile {
        name: "redis-7",
        also: &["redis", "valkey", "elasticache"],
        doc: "Redis 7 with its own redis.conf: no limit of memory, and with one writes are refused.",
        settings: &[
            ("server", r#""redis""#),
            ("memory", r#""none""#),
            ("policy", r#""noeviction""#),
            ("samples", "5"),
            ("active_expiry", "true"),
        ],
    },
    Profile {
        name: "memcached-1.6",
        also: &["memcached", "memcache"],
        doc: "memcached 1.6 with its own settings (`memcached.c` of 1.6.18): 64 MB, four threads, items of up to \
              1 MiB, LRU in segments.",
        settings: &[
            ("server.memcached.threads", "4"),
            ("server.memcached.largest_item", r#""1 MiB""#),
            ("memory", r#""64 MiB""#),
            ("policy", r#""lru-segmented""#),
            ("active_expiry", "true"),
        ],
    },
];

pub(super) const DATABASE: &[Profile] = &[
    Profile {
        name: "postgresql-15",
        also: &["postgresql", "postgres", "pg"],
        doc: "PostgreSQL 15 with its own postgresql.conf: 97 connections, a plan for each connection, which took \
              0.12 ms in our measurement.",
        settings: &[
            ("max_connections", "100"),
            ("reserved_connections", "3"),
            ("plan_cache.plan", r#""120 us""#),
            ("plan_cache.custom", "5"),
        ],
    },
    Profile {
        name: "innodb",
        also: &["mysql", "mysql-8", "mariadb"],
        doc: "MySQL 8 with InnoDB and its own settings: `max_connections` 151, one more for administrators beside \
              them. It plans each execution, which is part of `read`.",
        settings: &[("max_connections", "151"), ("reserved_connections", "0"), ("plan_cache", r#""none""#)],
    },
];

pub(super) const DATABASE_POOL: &[Profile] = &[Profile {
    name: "hikaricp",
    also: &["hikari"],
    doc: "HikariCP 5: `maximumPoolSize` 10, `connectionTimeout` 30 s. Its hand-off is taken to be in order.",
    settings: &[("size", "10"), ("timeout", r#""30 s""#)],
}];
