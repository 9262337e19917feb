//! Who asks the origin when several miss the same key at once.

use super::local_lock::LocalLock;
use crate::measure::Outcome;
use crate::scenario::{Choice, Kind, Reader, choice, positive_time, table};
use crate::time::Duration;

/// What others call the setting of this rule, or one of its values.
pub const COALESCE_NAMES: [&str; 6] =
    ["single_flight", "request_coalescing", "request_collapsing", "collapse", "lock", "proxy_cache_lock"];

/// The coalescing rule of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coalesce {
    /// Everybody.
    Nobody,
    /// One in each instance; the others of that instance wait for it.
    SingleFlight,
    /// One at each node, for as long as a lock lasts; the others look again now and then.
    LocalLock(LocalLock),
    /// One in the whole system: whoever gets the key's lock.
    Lock(Lock),
}

impl Coalesce {
    /// The rule for a look-up that found no copy, or one whose serving would count as `found`. A lock at one node is for
    /// what is not there at all; and where an old copy is not renewed in the background, one of those who find it
    /// renews it before all eyes.
    pub(super) fn given(self, found: Option<Outcome>, in_background: bool) -> Self {
        match self {
            Self::Nobody | Self::LocalLock(_) if found == Some(Outcome::Stale) && !in_background => {
                Self::SingleFlight
            }
            Self::LocalLock(_) if found.is_some() => Self::Nobody,
            rule => rule,
        }
    }
}

/// A lock that all instances share, kept in the cache itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lock {
    /// After so long the lock frees itself, should its holder be gone.
    pub lease: Duration,
    /// How often one who waits looks again.
    pub poll: Duration,
    /// After so long it asks the origin itself.
    pub wait: Duration,
    /// What one does who finds the lock held.
    pub losers: Losers,
}

/// What one does who finds the lock held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Losers {
    /// Look again until there is a copy.
    Wait,
    /// Serve the old copy, if there is one; otherwise wait.
    ServeStale,
}

/// Each look is a command: more of them are a mistake in a unit, and would take the simulator days.
pub(super) const LOOKS_MAX: u64 = 100_000;

impl Lock {
    fn read(r: &mut Reader) -> Self {
        let losers = choice().word("wait", "Look again until there is a copy.", Losers::Wait).word(
            "serve-stale",
            "Serve the copy past its `soft_ttl`; without one, wait.",
            Losers::ServeStale,
        );
        let lock = Self {
            lease: r
                .field(
                    "lease",
                    "The lock frees itself after this. Default: as the leases of Nishtala et al., NSDI 2013.",
                    positive_time(),
                )
                .or(Duration::from_secs(10)),
            poll: r
                .field(
                    "poll",
                    "How often one who waits looks again. Default: `sleep` of redis-py's Lock.",
                    positive_time(),
                )
                .or(Duration::from_millis(100)),
            wait: r
                .field(
                    "wait",
                    "After this one who waits asks the origin. Default: nginx' proxy_cache_lock_timeout.",
                    positive_time(),
                )
                .or(Duration::from_secs(5)),
            losers: r.field("losers", "What one does who finds the lock held.", losers).or(Losers::Wait),
        };
        if lock.poll > lock.wait {
            let message = format!("`poll` ({}) must not be longer than `wait` ({})", lock.poll, lock.wait);
            r.contradiction("poll", message, "one who waits would never look again");
        }
        let looks = lock.wait.as_nanos() / lock.poll.as_nanos();
        if looks > LOOKS_MAX {
            let message = format!("one who waits would look up to {looks} times");
            r.contradiction(
                "poll",
                message,
                format!("raise `poll`, so that `wait` has at most {LOOKS_MAX} of them"),
            );
        }
        lock
    }
}

/// The rules that a cache inside a process can have.
pub(super) fn in_process() -> Choice<Coalesce> {
    choice().word("none", "Everyone who misses asks the origin.", Coalesce::Nobody).word(
        "single-flight",
        "One in each instance asks, the others of that instance wait for its answer.",
        Coalesce::SingleFlight,
    )
}

/// The rules that a shared cache can have.
pub(super) fn shared() -> impl Kind<Value = Coalesce> {
    in_process().tagged(
        "lock",
        "One in the whole system asks: whoever gets the key's lock, a lease in the cache itself.",
        table(Lock::read),
        Coalesce::Lock,
    )
}

/// The rules that the node of a reverse proxy can have.
pub(super) fn in_proxy() -> impl Kind<Value = Coalesce> {
    in_process().tagged(
        "lock",
        "One at each node asks for what is not there at all, the others look again now and then: nginx' \
         `proxy_cache_lock`. A copy past its time has no lock.",
        table(LocalLock::read),
        Coalesce::LocalLock,
    )
}
