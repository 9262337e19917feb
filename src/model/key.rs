//! Groups of keys: what is asked for, how often, and what a group wants of the system.

use super::consistency::Needs;
use super::http_headers::Responses;
use super::kinds::size_distribution;
use super::origin::OriginSpec;
use super::own_rules::OwnRules;
use super::page::PageSpec;
use super::write::{BroadcastSpec, Failures, OnWrite};
use crate::quantity::{Rate, Ratio};
use crate::random::distribution::Distribution;
use crate::scenario::{
    Kind as _, Reader, Span, choice, count, flag, name, number, positive_time, rate, share_in, spanned, table,
};
use crate::time::Duration;
use crate::workload::popularity::Popularity;

/// Keys that have their popularity, size and way of writing in common.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyGroup {
    /// First part of each key's name.
    pub name: String,
    /// How many keys.
    pub count: u32,
    /// How requests are spread over them.
    pub popularity: PopularitySpec,
    /// Requests of this group, relative to the other groups' shares.
    pub share: f64,
    /// Size of a value in bytes; a key keeps its size.
    pub size: Distribution,
    /// Whether the source of truth has these keys.
    pub exists: bool,
    /// Writes per second to the whole group, beside the requests of `arrivals`.
    pub writes: Rate,
    /// What a write does to the caches.
    pub on_write: OnWrite,
    /// After a write the copies in all other instances are deleted.
    pub broadcast: Option<BroadcastSpec>,
    /// How often a part of a write goes wrong.
    pub failures: Failures,
    /// Where the scenario says how it is written: `on_write`, `broadcast`, `failures`.
    pub write_places: [Span; 3],
    /// Hard TTL in the shared cache, in place of the layer's own.
    pub ttl: Option<Duration>,
    /// What it wants of the cache in the processes.
    pub process: Option<OwnRules>,
    /// What it wants of the shared cache.
    pub redis: Option<OwnRules>,
    /// Under how many names the shared cache has each key.
    pub copies: u32,
    /// Each user has a key of its own, and asks for no other.
    pub personal: bool,
    /// A write has the copies in the CDN and in the gateway purged.
    pub purge: bool,
    /// What caches on the way have to know of its responses.
    pub responses: Responses,
    /// What it wants of its users' reads.
    pub needs: Needs,
    /// What its values are put together from, if the application does that.
    pub page: Option<PageSpec>,
    /// Who answers its reads when no cache does.
    pub origin: OriginSpec,
}

impl KeyGroup {
    /// What of it makes the requests: its name, keys, popularity, share, sizes and writes.
    pub(super) fn traffic(&self) -> (&str, u32, &PopularitySpec, f64, &Distribution, f64, bool) {
        (&self.name, self.count, &self.popularity, self.share, &self.size, self.writes.0, self.exists)
    }
}

/// How requests are spread over the keys of a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PopularitySpec {
    /// The k-th key is asked for in proportion to k^-alpha.
    Zipf(f64),
    /// All alike.
    Uniform,
    /// A share of the keys gets a share of the requests.
    Hotspot {
        /// Share of the keys that are hot.
        keys: Ratio,
        /// Share of the requests that go to them.
        requests: Ratio,
    },
    /// One after the other, again and again.
    Scan,
}

impl KeyGroup {
    #[expect(clippy::too_many_lines, reason = "one entry for each setting of the table, all alike")]
    pub(super) fn read(r: &mut Reader) -> Self {
        r.words(super::words::KEYS);
        let popularity = choice()
            .hints(super::words_of_values::POPULARITIES)
            .word("uniform", "All keys alike.", PopularitySpec::Uniform)
            .word("scan", "One key after the other, again and again.", PopularitySpec::Scan)
            .tagged(
                "zipf",
                "The k-th key is asked for in proportion to k^-alpha. Web traffic: 0.64 to 0.83 (Breslau et al., \
                 INFOCOM 1999); in-memory caches: 1 and more (Yang et al., OSDI 2020).",
                number(0.0..=10.0),
                PopularitySpec::Zipf,
            )
            .number(number(0.0..=10.0), PopularitySpec::Zipf)
            .tagged("hotspot", "A share of the keys gets a share of the requests.", table(read_hotspot), |spec| spec);
        let group = Self {
            name: r.field("name", "First part of each key's name, as in `article:17`.", name()).required(),
            count: r
                .field("count", "How many keys.", count(1..=Popularity::KEYS_MAX))
                .known_as(&["keys", "number", "cardinality", "population"])
                .required(),
            popularity: r
                .field(
                    "popularity",
                    "How requests are spread over the keys; key 1 is the most popular.",
                    popularity,
                )
                .known_as(&["zipf", "skew", "distribution", "alpha"])
                .or_written("{ zipf = 1.0 }"),
            share: r
                .field("share", "Requests of this group, relative to the other groups.", number(0.0..=1e9))
                .or(1.0),
            size: r
                .field("size", "Size of a value; each key keeps its own.", size_distribution())
                .known_as(&["value_size", "object_size", "bytes"])
                .or_written(r#""1 KiB""#),
            exists: r
                .field(
                    "exists",
                    "False: the database has none of these keys, as with deleted or made-up ids.",
                    flag(),
                )
                .or(true),
            writes: r
                .field("writes", "Writes per second to the whole group.", rate(Rate(0.0)..))
                .or(Rate(0.0)),
            on_write: r
                .field("on_write", "What a write does to the caches.", OnWrite::kind())
                .or(OnWrite::Delete),
            broadcast: r
                .field(
                    "broadcast",
                    "After a write the writer has all other instances delete their copies. Without it: they keep them.",
                    table(BroadcastSpec::read).bare("round_trip"),
                )
                .optional(),
            write_places: ["on_write", "broadcast", "failures"].map(|key| r.span_of(key)),
            failures: r
                .field("failures", "How often a part of a write goes wrong.", table(Failures::read))
                .or_empty(),
            ttl: r
                .field("ttl", "TTL in the shared cache, in place of `redis.ttl`: short for `redis = { ttl = … }`.", positive_time())
                .optional(),
            process: OwnRules::field(
                r,
                "process",
                "What the group wants of the cache in the processes, in place of the settings of `[process]`.",
            ),
            redis: OwnRules::field(
                r,
                "redis",
                "What the group wants of the shared cache, in place of the settings of `[redis]`.",
            ),
            copies: r
                .field(
                    "copies",
                    "How often the shared cache has each key: with 3, `article:1` is there as `article:1#1` to \
                     `article:1#3`, on nodes of their own; a read asks for any, a write deletes all.",
                    count(1..=1_000u32),
                )
                .or(1),
            personal: r
                .field(
                    "personal",
                    "True: a user asks for a key of its own, whatever the `popularity`; with more users than keys some \
                     have one in common.",
                    flag(),
                )
                .or(false),
            purge: r
                .field(
                    "purge",
                    "True: a write has the key's copies in the CDN and in the gateway purged.",
                    flag(),
                )
                .or(false),
            responses: Responses::read(r),
            page: r
                .field(
                    "page",
                    "The application puts these keys' values together from items of another group.",
                    table(PageSpec::read),
                )
                .optional(),
            needs: Needs::read(r),
            origin: r
                .field(
                    "origin",
                    "Who answers when no cache does: `\"database\"`; `\"search\"`, while writes go to the database; or the \
                     `name` of a downstream service, which takes the writes as well.",
                    spanned(name()).map(OriginSpec::named),
                )
                .or_written(r#""database""#),
        };
        if let PopularitySpec::Hotspot { keys, .. } = group.popularity
            && group.popularity.try_build(group.count).is_err()
        {
            let message =
                format!("a hotspot of {keys} leaves none of `count` ({}) that is not hot", group.count);
            r.contradiction("popularity", message, "make fewer keys hot, or raise `count`");
        }
        group
    }

    /// The group of a trace for which the scenario names none.
    pub(super) fn of_trace() -> Self {
        Self {
            name: "trace".into(),
            count: 1,
            popularity: PopularitySpec::Uniform,
            share: 1.0,
            size: Distribution::Constant(1024.0),
            exists: true,
            writes: Rate(0.0),
            on_write: OnWrite::Delete,
            broadcast: None,
            failures: Failures::NONE,
            write_places: [Span::default(); 3],
            ttl: None,
            process: None,
            redis: None,
            copies: 1,
            personal: false,
            purge: false,
            responses: Responses::default(),
            needs: Needs::default(),
            page: None,
            origin: OriginSpec::Database,
        }
    }
}

fn read_hotspot(r: &mut Reader) -> PopularitySpec {
    let open = || share_in(Ratio(0.000_001)..Ratio(1.0));
    PopularitySpec::Hotspot {
        keys: r.field("keys", "Share of the keys that are hot.", open()).required(),
        requests: r.field("requests", "Share of the requests that go to them.", open()).required(),
    }
}

impl PopularitySpec {
    /// The sampler; what it refuses has been refused on reading.
    pub(super) fn build(self, keys: u32) -> Popularity {
        self.try_build(keys).expect("a popularity that was validated can be built")
    }

    fn try_build(self, keys: u32) -> Result<Popularity, String> {
        match self {
            Self::Zipf(alpha) => Popularity::zipf(keys, alpha),
            Self::Uniform => Popularity::uniform(keys),
            Self::Hotspot { keys: hot, requests } => Popularity::hotspot(keys, hot, requests),
            Self::Scan => Popularity::scan(keys),
        }
    }
}
