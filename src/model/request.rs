//! What travels through the system: a request on its way down, a value or a failure on its way up, a purge.

use crate::cache::Age;
use crate::measure::{Failure, Layer};
use crate::time::Instant;

/// What a client wants. All that is drawn for an attempt at it is drawn from its ordinal, so that it is the same
/// attempt in every variant.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Its place among all requests, by source; the attempt at it is in the bits above [`ATTEMPT_SHIFT`].
    pub ordinal: u64,
    /// TTL in seconds that the traffic itself prescribes; 0 if it does not. Traces have whole seconds.
    pub ttl_seconds: u32,
    /// Which key.
    pub key: u32,
    /// Size of the value, if the traffic prescribes it; otherwise 0.
    pub size: u32,
    /// Who asks.
    pub user: u32,
    /// The key's group.
    pub group: u16,
    /// The instance that serves it, once it is chosen; before that, where it is in a CDN or gateway.
    pub instance: u16,
    /// Whether it writes.
    pub write: bool,
}

/// Below this bit of an ordinal is the request's own place, above it the attempt, counted from 0.
pub const ATTEMPT_SHIFT: u32 = 56;

/// Bits of an ordinal that count the requests of one source; those up to [`ATTEMPT_SHIFT`] name the source. There
/// are 11,001 sources at most: the arrivals, writes to 10,000 key groups, 1,000 flash crowds. The highest of these bits
/// count what follows a request (`Request::follow_up`).
pub const ORDINAL_BITS: u32 = ATTEMPT_SHIFT - 14;

/// A request may have so many others of the same user in its wake, 64 in all.
pub const FOLLOW_UPS_MAX: u64 = 63;

/// The bits of an ordinal from this one on count those; a source has fewer requests of its own than fit below.
const FOLLOW_UP_SHIFT: u32 = 36;

impl Request {
    /// The attempt at this request that the client makes after so many have failed: another one as far as
    /// draws and locks are concerned.
    pub fn attempt(self, failed: u32) -> Self {
        Self { ordinal: self.ordinal | u64::from(failed) << ATTEMPT_SHIFT, ..self }
    }

    /// An ordinal as a person reads it: the source, unless it is the first one, and the place among its requests.
    pub fn number(ordinal: u64) -> String {
        let bits = |from: u32, to: u32| ordinal >> from & ((1 << (to - from)) - 1);
        let mut number = bits(0, FOLLOW_UP_SHIFT).to_string();
        if bits(ORDINAL_BITS, ATTEMPT_SHIFT) > 0 {
            number = format!("{}/{number}", bits(ORDINAL_BITS, ATTEMPT_SHIFT));
        }
        match bits(FOLLOW_UP_SHIFT, ORDINAL_BITS) {
            0 => number,
            nth => format!("{number}+{nth}"),
        }
    }

    /// The n-th read that the same user makes of the same key in the wake of this request.
    pub fn follow_up(self, nth: u64) -> Self {
        Self { ordinal: self.ordinal | nth << FOLLOW_UP_SHIFT, write: false, ..self }
    }
}

/// What came back: a copy of the value and where it is from.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// When it was read from the source of truth.
    pub read_at: Instant,
    /// Whose it is: the key that was asked for, unless a cache has confused two.
    pub key: u32,
    /// Which version it is.
    pub version: u32,
    /// Bytes.
    pub size: u32,
    /// The layer that served it.
    pub from: Layer,
    /// How long caches on its way have kept it, as it says itself.
    pub age: Age,
    /// The source of truth has nothing under this key.
    pub absent: bool,
}

impl Value {
    /// Whether an origin that is asked to confirm this copy may say that nothing has changed: with the same version of
    /// the same thing, and not of an absence (RFC 9110, 13.2.1).
    pub fn is_unchanged(&self, old: &Self) -> bool {
        (self.key, self.version) == (old.key, old.version) && !self.absent && !old.absent
    }

    /// The answer of a job that has nothing to say.
    pub const NOTHING: Self = Self {
        read_at: Instant::ZERO,
        key: 0,
        version: 0,
        size: 0,
        from: Layer::Database,
        age: Age::ZERO,
        absent: false,
    };
}

/// What a layer answers.
pub type Reply = Result<Value, Failure>;

/// What is purged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purge {
    /// One key.
    Key(u32),
    /// All keys of a group: a tag.
    Group(u16),
    /// Everything.
    All,
}
