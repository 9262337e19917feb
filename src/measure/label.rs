//! The words by which things are counted: layers, outcomes of a look-up, reasons of a failure.

use crate::cache::Removal;

/// A closed set of words, each with a place in a table of counts.
macro_rules! labels {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All of them, in the order of a table of counts.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As it is written in scenarios, metrics and reports.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

labels! {
    /// Where an answer came from, in the order of a request's way.
    Layer {
        /// The cache in a user's browser or app.
        Browser = "browser",
        /// An edge of the content delivery network.
        Cdn = "cdn",
        /// The cache that the edges ask before they ask what is behind them.
        Shield = "shield",
        /// The cache of the reverse proxy before the application.
        Gateway = "gateway",
        /// The cache inside an application instance.
        Process = "process",
        /// The shared cache.
        Redis = "redis",
        /// The source of truth.
        Database = "database",
        /// The search engine, which is derived from the source of truth.
        Search = "search",
        /// A service or an API that the application calls.
        Downstream = "downstream",
    }
}

impl Layer {
    /// Those that cache: all before the source of truth.
    pub const CACHING: &[Self] = Self::ALL.split_at(Self::Database as usize).0;

    /// The table of a scenario that it has its settings in.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Shield => "cdn.shield",
            _ => self.name(),
        }
    }

    /// What a layer's draws hang on: a layer that is new to the simulator shifts no other's.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Browser => 0,
            Self::Cdn => 1,
            Self::Gateway => 2,
            Self::Process => 3,
            Self::Redis => 4,
            Self::Database => 5,
            Self::Shield => 6,
            Self::Search => 7,
            Self::Downstream => 8,
        }
    }
}

labels! {
    /// What reads of a key group have to agree with.
    Need {
        /// The source of truth as it was when they began, or became since.
        Strong = "strong",
        /// The same, with a time's grace.
        Bounded = "bounded",
        /// What their user has written.
        ReadYourWrites = "read-your-writes",
        /// What their user has seen.
        Monotonic = "monotonic",
    }
}

labels! {
    /// What a look-up in a caching layer came to. Each look-up has exactly one outcome.
    Outcome {
        /// A fresh copy was served.
        Hit = "hit",
        /// A copy past its soft limit was served, and somebody renews it.
        Stale = "stale",
        /// The remembered answer "there is nothing" was served.
        Negative = "negative",
        /// The layer asked its origin.
        Miss = "miss",
        /// Somebody else was asking the origin already; this one waited for that.
        Coalesced = "coalesced",
        /// The copy was past its TTL, and the origin said that it has not changed.
        Revalidated = "revalidated",
        /// The origin failed, and a copy past its TTL was served in place of an error.
        StaleIfError = "stale-if-error",
        /// The layer could not be asked: the request went past it, or failed.
        Bypass = "bypass",
    }
}

labels! {
    /// Why a request failed. The reasons of all failures add up to the failures.
    Failure {
        /// The client's patience ended.
        ClientTimeout = "client-timeout",
        /// All workers of the instance were busy and its queue was full.
        AppQueueFull = "app-queue-full",
        /// No instance was up.
        AppDown = "app-down",
        /// No connection to the cache came free in time.
        RedisPoolTimeout = "redis-pool-timeout",
        /// The cache did not answer in time.
        RedisTimeout = "redis-timeout",
        /// The cache could not be reached.
        RedisDown = "redis-down",
        /// The circuit breaker before the cache did not let the command through.
        RedisBreakerOpen = "redis-breaker-open",
        /// The instance had as many commands of the cache under way as it may.
        RedisShed = "redis-shed",
        /// No connection to the database came free in time.
        DatabasePoolTimeout = "database-pool-timeout",
        /// The database had as many connections as it takes.
        DatabaseConnections = "database-connections",
        /// The queue before the database's workers was full.
        DatabaseQueueFull = "database-queue-full",
        /// The database did not answer in time.
        DatabaseTimeout = "database-timeout",
        /// The database could not be reached.
        DatabaseDown = "database-down",
        /// The circuit breaker before the database did not let the call through.
        DatabaseBreakerOpen = "database-breaker-open",
        /// The instance had as many calls of the database under way as it may.
        DatabaseShed = "database-shed",
        /// The queue before the workers of a node of the search engine was full.
        SearchQueueFull = "search-queue-full",
        /// The search engine did not answer in time.
        SearchTimeout = "search-timeout",
        /// The search engine could not be reached.
        SearchDown = "search-down",
        /// The circuit breaker before the search engine did not let the call through.
        SearchBreakerOpen = "search-breaker-open",
        /// The instance had as many calls of the search engine under way as it may.
        SearchShed = "search-shed",
        /// The service refused the call because of its rate limit: 429.
        DownstreamRateLimited = "downstream-rate-limited",
        /// The queue before the service's workers was full: 503.
        DownstreamQueueFull = "downstream-queue-full",
        /// The service answered with an error of its own: 500.
        DownstreamError = "downstream-error",
        /// The service did not answer in time.
        DownstreamTimeout = "downstream-timeout",
        /// The service could not be reached.
        DownstreamDown = "downstream-down",
        /// The circuit breaker before the service did not let the call through.
        DownstreamBreakerOpen = "downstream-breaker-open",
        /// The instance had as many calls of the service under way as it may.
        DownstreamShed = "downstream-shed",
        /// The database refused to commit a write, or a cache to take it.
        WriteRefused = "write-refused",
    }
}

/// Why a copy left a cache.
pub type Reason = Removal;
