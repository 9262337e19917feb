//! How long a copy is good: hard and soft TTL, jitter, probabilistic early refresh, cached absence.
//!
//! ```text
//!  stored           soft_ttl                ttl
//!    ├── fresh: serve ──┼── serve, and renew ──┤ gone: ask the origin
//! ```
//!
//! Early refresh is `XFetch` (Vattani, Chierichetti and Lowenstein, VLDB 2015): a reader renews a copy
//! before its time with a chance that grows towards the end, when `now − Δ·β·ln(u)` is past the TTL; Δ is
//! how long the last load took and u is uniform in (0, 1]. That reader waits for the new value, the
//! others go on with the old one.

use super::kinds::plain_share;
use super::request::{Request, Value};
use crate::cache::Entry;
use crate::random::{Draws, math};
use crate::scenario::{Reader, number, positive_time};
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
}

/// How long one copy will be good.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// Until it is to be renewed.
    pub soft: Duration,
    /// Until it is gone.
    pub hard: Duration,
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
}

impl Freshness {
    pub(super) fn read(r: &mut Reader) -> Self {
        let freshness = Self {
            ttl: r
                .field("ttl", "How long a copy is kept, from its fill. Without it: until it is evicted.", positive_time())
                .optional(),
            soft_ttl: r
                .field(
                    "soft_ttl",
                    "After this a copy is still served, but renewed in the background (stale-while-revalidate).",
                    positive_time(),
                )
                .optional(),
            jitter: r
                .field("ttl_jitter", "Each TTL is drawn from `ttl` plus or minus this share.", plain_share())
                .or_written(r#""0 %""#),
            early_refresh: r
                .field(
                    "early_refresh",
                    "Beta of probabilistic early refresh (XFetch); 1 is the optimum of its paper, more renews earlier.",
                    number(0.001..=1_000.0),
                )
                .optional(),
            null_ttl: r
                .field("null_ttl", "How long \"there is nothing\" is remembered. Without it: not at all.", positive_time())
                .optional(),
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
        if freshness.jitter >= 1.0 {
            r.contradiction("ttl_jitter", "`ttl_jitter` must be below 100 %", "10 % is usual");
        }
        freshness
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
        let soft = self.soft_ttl.filter(|_| !value.absent).unwrap_or(Duration::MAX);
        Some(Life { soft: stretch(soft), hard: stretch(hard) })
    }

    /// What is to be done with a copy that has not passed its hard TTL.
    pub(super) fn judge(&self, entry: &Entry, now: Instant, draws: impl FnOnce() -> Draws) -> State {
        if entry.soft_at <= now {
            return State::Soft;
        }
        let Some(beta) = self.early_refresh.filter(|_| entry.expires_at < Instant::MAX) else {
            return State::Fresh;
        };
        let chance = 1.0 - draws().unit();
        let gap = -(entry.load_time.as_nanos() as f64) * beta * math::ln(chance);
        if now + Duration::from_nanos_f64(gap) >= entry.expires_at { State::Early } else { State::Fresh }
    }

    /// The longest that a copy can be served after its fill.
    #[must_use]
    pub fn longest_life(&self) -> Duration {
        let ttl = self.ttl.map_or(Duration::MAX, |ttl| ttl.max(self.null_ttl.unwrap_or_default()));
        if ttl == Duration::MAX { ttl } else { ttl * 2 }
    }
}
