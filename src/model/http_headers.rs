//! What a response says of how long it may be kept, and what a cache on its way makes of that.
//!
//! A scenario that gives a key group no `headers` says nothing of responses: each layer's own settings hold, as if the
//! responses said so. With `headers` a layer obeys those directives that its `cache_control` lists, and its own
//! settings are for what they leave open (RFC 9111, 4.2.1 and 4.2.2; RFC 5861).

use super::freshness::Freshness;
use super::representation::ways;
use super::request::{Request, Value};
use super::world::World;
use crate::quantity::Ratio;
use crate::scenario::{Kind, Reader, Spanned, choice, flag, list, name, share_in, spanned, table, time};
use crate::time::Duration;

/// What the responses of a key group say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// `max-age`.
    pub max_age: Option<Duration>,
    /// `s-maxage`, which goes before it in caches that users share.
    pub s_maxage: Option<Duration>,
    /// `stale-while-revalidate`.
    pub stale_while_revalidate: Option<Duration>,
    /// `stale-if-error`.
    pub stale_if_error: Option<Duration>,
    /// `no-store`.
    pub no_store: bool,
    /// `Last-Modified`; when the run begins, a key was last changed so long ago.
    pub last_modified: Option<Duration>,
}

/// What caches on the way have to know of a key group's responses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Responses {
    /// What they say; nothing is as each layer's own settings say.
    pub headers: Option<Headers>,
    /// Dimensions of users that they depend on.
    pub varies_by: Vec<Spanned<String>>,
    /// How often each way to write a key is; none is one way.
    pub spellings: Vec<f64>,
}

impl Responses {
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            headers: r
                .field(
                    "headers",
                    "What responses say of how long they may be kept. Without it: as the settings of each layer.",
                    table(Headers::read),
                )
                .optional(),
            varies_by: r
                .field(
                    "varies_by",
                    "Names of `workload.dimensions` that a response depends on, as its `Vary` says.",
                    list(spanned(name())).at_most(10),
                )
                .or_empty(),
            spellings: r
                .field(
                    "spellings",
                    "Clients write each key in so many ways, as with the parameters of a query in another order; \
                     a cache before the application that does not `normalise` them takes them for different keys.",
                    ways(100),
                )
                .optional()
                .unwrap_or_default(),
        }
    }
}

/// A directive that a cache may obey or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directive {
    /// How long a response is fresh.
    Lifetime,
    /// That it is not to be kept.
    NoStore,
    /// How long it may be served while it is renewed.
    StaleWhileRevalidate,
    /// How long it may be served in place of an error.
    StaleIfError,
}

/// Freshness as only caches that speak HTTP have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HttpFreshness {
    /// Whether what others have kept a response for counts.
    pub counts_age: bool,
    /// Whether an old copy is confirmed rather than fetched anew.
    pub confirms: bool,
    /// Whether an old copy is renewed behind the back of whoever finds it first.
    pub in_background: bool,
    /// Share of the time since it was changed for which a response without a lifetime is fresh.
    pub heuristic: Option<f64>,
}

impl HttpFreshness {
    /// Of a cache that does not speak HTTP.
    pub(super) const NONE: Self =
        Self { counts_age: false, confirms: true, in_background: true, heuristic: None };

    pub(super) fn read(r: &mut Reader) -> Self {
        let age = choice()
            .word(
                "honoured",
                "It counts against the TTL, and the time here is added to it (RFC 9111, 4.2.3).",
                true,
            )
            .word(
                "ignored",
                "Each copy has all of its TTL, and the response goes on with the age it came with.",
                false,
            );
        Self {
            counts_age: r
                .field("age", "What becomes of the age that a response has from caches before this one.", age)
                .or(true),
            confirms: r
                .field("revalidate", "False: what is kept past its time is fetched anew, not confirmed.", flag())
                .or(true),
            in_background: r
                .field(
                    "background_update",
                    "False: whoever first finds a copy past its time waits for its renewal, and is alone in that.",
                    flag(),
                )
                .or(true),
            heuristic: r
                .field(
                    "heuristic",
                    "A response with `last_modified` and without a lifetime is fresh for this share of the time since \
                     its last change (RFC 9111, 4.2.2: typically 10 %). Without it: for `ttl`.",
                    share_in(Ratio(0.001)..=Ratio(1.0)),
                )
                .optional()
                .map(|share| share.0),
        }
    }
}

impl Headers {
    pub(super) fn read(r: &mut Reader) -> Self {
        let any = || time(Duration::ZERO..);
        let headers = Self {
            max_age: r.field("max_age", "How long a response is fresh.", any()).optional(),
            s_maxage: r
                .field("s_maxage", "The same in caches that users share, in place of `max_age`.", any())
                .optional(),
            stale_while_revalidate: r
                .field(
                    "stale_while_revalidate",
                    "So long after that it may be served while it is renewed (RFC 5861).",
                    any(),
                )
                .optional(),
            stale_if_error: r
                .field("stale_if_error", "So long after that it may be served in place of an error (RFC 5861).", any())
                .optional(),
            no_store: r.field("no_store", "True: it may not be kept.", flag()).or(false),
            last_modified: r
                .field(
                    "last_modified",
                    "Responses say when their key was last changed; this is how long before the start of the run.",
                    any(),
                )
                .optional(),
        };
        if headers.no_store && headers.max_age.or(headers.s_maxage).is_some() {
            let message = "a response that may not be kept has no use for a lifetime";
            r.contradiction("no_store", message, "take `no_store` away, or `max_age` and `s_maxage`");
        }
        headers
    }

    /// The freshness of these responses in a cache with rules of its own; nothing if it may not keep them.
    pub(super) fn freshness(
        &self,
        own: &Freshness,
        obeys: &[Directive],
        is_private: bool,
    ) -> Option<Freshness> {
        let obeyed = |directive| obeys.contains(&directive);
        if self.no_store && obeyed(Directive::NoStore) {
            return None;
        }
        let mut freshness = own.clone();
        let lifetime = if is_private { self.max_age } else { self.s_maxage.or(self.max_age) };
        if let Some(lifetime) = lifetime.filter(|_| obeyed(Directive::Lifetime)) {
            freshness.ttl = Some(lifetime);
            freshness.http.heuristic = None;
        } else if self.last_modified.is_none() {
            freshness.http.heuristic = None;
        }
        if let Some(after) = self.stale_while_revalidate.filter(|_| obeyed(Directive::StaleWhileRevalidate)) {
            freshness.stale_while_revalidate = after;
        }
        if let Some(after) = self.stale_if_error.filter(|_| obeyed(Directive::StaleIfError)) {
            freshness.stale_if_error = after;
        }
        Some(freshness)
    }
}

/// The directives that a cache obeys; all of them unless a scenario lists some.
pub(super) fn cache_control(r: &mut Reader) -> Vec<Directive> {
    let doc = "Which of the `headers` of responses it obeys; the others are as if they were not there.";
    let all = r#"["lifetime", "no-store", "stale-while-revalidate", "stale-if-error"]"#;
    r.field("cache_control", doc, list(directive()).at_most(4)).or_written(all)
}

fn directive() -> impl Kind<Value = Directive> {
    choice()
        .word("lifetime", "`max_age` and `s_maxage`.", Directive::Lifetime)
        .word("no-store", "`no_store`.", Directive::NoStore)
        .word("stale-while-revalidate", "`stale_while_revalidate`.", Directive::StaleWhileRevalidate)
        .word("stale-if-error", "`stale_if_error`.", Directive::StaleIfError)
}

/// A lifetime that nobody has said: a share of the time from a key's last change to the making of the response.
pub(super) fn heuristic(w: &World<'_>, request: &Request, value: &Value, share: f64) -> Duration {
    let headers = w.model.workload.keys[usize::from(request.group)].responses.headers;
    let before = headers.and_then(|headers| headers.last_modified).unwrap_or_default();
    let age = value.age.duration().as_nanos();
    let now = w.engine.now().as_nanos();
    let unchanged = if value.version == 0 {
        now + before.as_nanos()
    } else {
        // A number that was used again is of a version that is older than any copy.
        let committed = w.truth.borrow().committed(value.version, value.read_at);
        now - committed.unwrap_or(value.read_at).as_nanos()
    };
    Duration::from_nanos_f64(unchanged.saturating_sub(age) as f64 * share)
}
