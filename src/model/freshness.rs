//! How long a copy is good: hard and soft TTL, jitter, probabilistic early refresh, cached absence.
//!
//! ```text
//!  stored           soft_ttl                ttl                        stale_if_error, keep
//!    ├── fresh: serve ──┼── serve, and renew ──┼── ask the origin; serve if it fails ──┤ gone
//! ```
//!
//! Caches that speak HTTP say the same in other words: fresh until `ttl`; from then on served and renewed for
//! `stale_while_revalidate` (RFC 5861), and kept for `keep` to ask whether it has changed.
//!
//! Early refresh is `XFetch` (Vattani, Chierichetti and Lowenstein, VLDB 2015): a reader renews a copy
//! before its time with a chance that grows towards the end, when `now − Δ·β·ln(u)` is past the TTL; Δ is
//! how long the last load took and u is uniform in (0, 1]. That reader waits for the new value, the
//! others go on with the old one.

use super::http_headers::HttpFreshness;
use super::request::{Request, Value};
use crate::cache::Entry;
use crate::quantity::Ratio;
use crate::random::{Draws, math};
use crate::scenario::{Kind, Reader, number, positive_time, share_in, time};
use crate::time::{Duration, Instant};

/// The freshness settings of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Freshness {
    /// From the fill until the copy is gone; without it copies stay until they are evicted.
    pub ttl: Option<Duration>,
    /// From the fill until readers have it renewed.
    pub soft_ttl: Option<Duration>,
    /// Each TTL is drawn from `ttl · (1 ± jitter)`.
    pub jitter: f64,
    /// Beta of `XFetch`.
    pub early_refresh: Option<f64>,
    /// How long an absence is remembered.
    pub null_ttl: Option<Duration>,
    /// So long after `ttl` a copy is served while it is renewed.
    pub stale_while_revalidate: Duration,
    /// So long after `ttl` a copy is served if the origin fails.
    pub stale_if_error: Duration,
    /// So long after `ttl` a copy is kept to ask the origin whether it has changed.
    pub keep: Duration,
    /// What only caches that speak HTTP do.
    pub http: HttpFreshness,
}

/// How long one copy will be good.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// Until it is to be renewed.
    pub soft: Duration,
    /// Until it is gone, also for those that fall back on it.
    pub gone: Duration,
}

/// What is to be done with a copy that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Serve it.
    Fresh,
    /// Serve it and have it renewed.
    Soft,
    /// Renew it now, although it is fresh.
    Early,
    /// Past its time: ask the origin.
    Past {
        /// It may be served if that fails.
        on_error: bool,
    },
}

fn stale_if_error(r: &mut Reader) -> Duration {
    let after = r.field(
        "stale_if_error",
        "So long after `ttl` a copy is kept, and served if the origin fails (RFC 5861).",
        time(Duration::ZERO..),
    );
    after.or(Duration::ZERO)
}

/// A copy may live for no time, but not for less.
fn jitter() -> impl Kind<Value = f64> {
    share_in(Ratio(0.0)..Ratio(1.0)).map(|share| share.0)
}

impl Freshness {
    pub(super) fn read(r: &mut Reader) -> Self {
        let freshness = Self {
            ttl: r
                .field("ttl", "How long a copy is kept, from its fill. Without it: until it is evicted.", positive_time())
                .known_as(&["expire", "expiry", "expiration", "expire_after_write", "time_to_live", "max_age"])
                .optional(),
            soft_ttl: r
                .field(
                    "soft_ttl",
                    "After this a copy is still served, but renewed in the background (stale-while-revalidate).",
                    positive_time(),
                )
                .optional(),
            jitter: r
                .field("ttl_jitter", "Each TTL is drawn from `ttl` plus or minus this share.", jitter())
                .or_written(r#""0 %""#),
            early_refresh: r
                .field(
                    "early_refresh",
                    "Beta of probabilistic early refresh (XFetch); 1 is the optimum of its paper, more renews earlier.",
                    number(0.001..=1_000.0),
                )
                .known_as(&["xfetch", "beta", "probabilistic_early_expiration"])
                .optional(),
            null_ttl: r
                .field("null_ttl", "How long \"there is nothing\" is remembered. Without it: not at all.", positive_time())
                .known_as(&["negative_ttl", "null_caching", "cache_null", "negative_caching"])
                .optional(),
            stale_while_revalidate: Duration::ZERO,
            stale_if_error: stale_if_error(r),
            keep: Duration::ZERO,
            http: HttpFreshness::NONE,
        };
        if let (Some(soft), Some(hard)) = (freshness.soft_ttl, freshness.ttl)
            && soft >= hard
        {
            let message = format!("`soft_ttl` ({soft}) must be shorter than `ttl` ({hard})");
            r.contradiction(
                "soft_ttl",
                message,
                "between the two a stale copy is served while it is renewed",
            );
        }
        if freshness.ttl.is_none() && freshness.early_refresh.is_some() {
            let message = "`early_refresh` needs a `ttl`: it renews copies before that has passed";
            r.contradiction("early_refresh", message, "add `ttl`, or take `early_refresh` away");
        }
        freshness
    }

    /// Reads the settings of a cache that speaks HTTP; `kept` is the default of `keep`.
    pub(super) fn read_http(r: &mut Reader, kept: Duration) -> Self {
        Self {
            ttl: Some(
                r.field(
                    "ttl",
                    "How long a response is fresh that says nothing else: `max-age`, `s-maxage`. 0 s: each use is confirmed (`no-cache`).",
                    time(Duration::ZERO..),
                )
                .required(),
            ),
            soft_ttl: None,
            jitter: r
                .field("ttl_jitter", "Each TTL is drawn from `ttl` plus or minus this share.", jitter())
                .or_written(r#""0 %""#),
            early_refresh: None,
            null_ttl: r
                .field("null_ttl", "How long \"there is nothing\" (404) is remembered. Without it: not at all.", positive_time())
                .optional(),
            stale_while_revalidate: r
                .field(
                    "stale_while_revalidate",
                    "So long after `ttl` a copy is still served, and renewed in the background (RFC 5861).",
                    time(Duration::ZERO..),
                )
                .or(Duration::ZERO),
            stale_if_error: stale_if_error(r),
            keep: r
                .field(
                    "keep",
                    "So long after `ttl` a copy is kept to ask whether it has changed: ETag and 304 (RFC 9111, 4.3).",
                    time(Duration::ZERO..),
                )
                .or(kept),
            http: HttpFreshness::read(r),
        }
    }

    /// Whether the origin is asked if a copy has changed, and answers without a body if it has not.
    pub(super) fn revalidates(&self) -> bool {
        self.http.confirms && self.keep > Duration::ZERO
    }

    /// How long a copy is kept past the time in which it is served.
    pub(super) fn kept(&self) -> Duration {
        let after_ttl = self.stale_if_error.max(self.keep);
        Duration::from_nanos(after_ttl.as_nanos().saturating_sub(self.stale_while_revalidate.as_nanos()))
    }

    /// The life of a copy that is stored for `request`; nothing if it is not to be stored. `own` is the
    /// TTL of its key group.
    pub(super) fn life(
        &self,
        request: &Request,
        value: &Value,
        own: Option<Duration>,
        draws: &mut Draws,
    ) -> Option<Life> {
        let hard = if value.absent {
            self.null_ttl?
        } else if request.ttl_seconds == 0 {
            own.or(self.ttl).unwrap_or(Duration::MAX)
        } else {
            Duration::from_secs(request.ttl_seconds.into())
        };
        let factor = if self.jitter > 0.0 { 1.0 + self.jitter * (2.0 * draws.unit() - 1.0) } else { 1.0 };
        #[expect(clippy::float_cmp, reason = "without jitter a life is exact")]
        let stretch = |life: Duration| {
            if factor == 1.0 || life == Duration::MAX {
                life
            } else {
                Duration::from_nanos_f64(life.as_nanos() as f64 * factor)
            }
        };
        let age = if self.http.counts_age { value.age.duration() } else { Duration::ZERO };
        let hard = stretch(hard);
        let fresh = hard.saturating_sub(age);
        // However old it comes, all that follows counts from the end of its TTL (RFC 9111, 4.2.3; RFC 5861).
        let past = age.saturating_sub(hard);
        let after_ttl = self.stale_while_revalidate + self.kept();
        if past > Duration::ZERO && past >= after_ttl {
            return None;
        }
        let soft = match self.soft_ttl.filter(|_| !value.absent) {
            Some(soft) => stretch(soft),
            None if self.stale_while_revalidate > Duration::ZERO => fresh,
            None => Duration::MAX,
        };
        Some(Life { soft, gone: fresh + after_ttl.saturating_sub(past) })
    }

    /// What is to be done with a copy that is not gone.
    pub(super) fn judge(&self, entry: &Entry, now: Instant, draws: impl FnOnce() -> Draws) -> State {
        if self.is_past(entry, now) {
            let after_ttl = self.stale_if_error.as_nanos();
            let served =
                Duration::from_nanos(after_ttl.saturating_sub(self.stale_while_revalidate.as_nanos()));
            let unserved = Duration::from_nanos(self.kept().as_nanos() - served.as_nanos());
            return State::Past { on_error: now + unserved < entry.expires_at };
        }
        if entry.soft_at <= now {
            return State::Soft;
        }
        let Some(beta) = self.early_refresh.filter(|_| entry.expires_at < Instant::MAX) else {
            return State::Fresh;
        };
        let chance = 1.0 - draws().unit();
        let gap = -(entry.load_time.as_nanos() as f64) * beta * math::ln(chance);
        let then = now + Duration::from_nanos_f64(gap);
        if then + self.kept() >= entry.expires_at { State::Early } else { State::Fresh }
    }

    /// Whether a copy may be served at `now` only in need. Where none is kept past its time, a copy that was found
    /// is good: a reader takes what the cache has given out, and does not look at the clock again.
    pub(super) fn is_past(&self, entry: &Entry, now: Instant) -> bool {
        let kept = self.kept();
        kept > Duration::ZERO && entry.expires_at < Instant::MAX && now + kept >= entry.expires_at
    }

    /// The longest that a copy can be served after its fill.
    #[must_use]
    pub fn longest_life(&self) -> Duration {
        if self.http.heuristic.is_some() {
            return Duration::MAX;
        }
        let ttl = self.ttl.map_or(Duration::MAX, |ttl| ttl.max(self.null_ttl.unwrap_or_default()));
        if ttl == Duration::MAX { ttl } else { (ttl + self.stale_while_revalidate + self.kept()) * 2 }
    }
}
