//! What a key group wants of its users' reads: how its users come back to a key, how consistent what they read has to
//! be, and whether they say what they have seen.

use super::kinds::{count_distribution, time_distribution};
use crate::measure::Need;
use crate::quantity::Ratio;
use crate::random::distribution::Distribution;
use crate::scenario::{Kind, Reader, choice, flag, positive_time, share_in, table};
use crate::time::Duration;

/// How consistent the reads of a key group have to be. Anything else is a violation, and counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consistency {
    /// Whatever comes is fine.
    #[default]
    Eventual,
    /// No answer that was replaced before its request arrived: linearizability (Herlihy and Wing, TOPLAS 1990), with
    /// commits as the instants at which writes take effect.
    Strong,
    /// No answer that was replaced so long before its request arrived: Δ-atomicity (Golab, Li and Shah, PODC 2011).
    Bounded(Duration),
    /// No answer older than what its user has written: a session guarantee of Terry et al., PDIS 1994.
    ReadYourWrites,
    /// No answer older than what its user has seen: another of them.
    Monotonic,
}

impl Consistency {
    /// Under which name its violations are counted, if they are.
    pub(super) fn need(self) -> Option<Need> {
        Some(match self {
            Self::Eventual => return None,
            Self::Strong => Need::Strong,
            Self::Bounded(_) => Need::Bounded,
            Self::ReadYourWrites => Need::ReadYourWrites,
            Self::Monotonic => Need::Monotonic,
        })
    }

    /// How long before a request's arrival its answer may have been replaced, if that is what counts.
    pub(super) fn slack(self) -> Option<Duration> {
        match self {
            Self::Strong => Some(Duration::ZERO),
            Self::Bounded(bound) => Some(bound),
            Self::Eventual | Self::ReadYourWrites | Self::Monotonic => None,
        }
    }
}

/// What a key group wants of its users' reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    /// How consistent they have to be.
    pub consistency: Consistency,
    /// Clients say which version they have seen or written, and are not served an older one.
    pub version_token: bool,
    /// Users who write read it back.
    pub reads_own_writes: Option<ReadsOwnWrites>,
    /// Users read a key several times.
    pub session: Option<Session>,
}

/// How users read back what they have written.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadsOwnWrites {
    /// The share of the writes that are read back.
    pub share: f64,
    /// How long after the acknowledgement, in nanoseconds.
    pub after: Distribution,
}

/// How users read a key several times.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// How often in all.
    pub requests: Distribution,
    /// How long between an answer and the next request, in nanoseconds.
    pub think: Distribution,
}

impl Needs {
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            consistency: r
                .field(
                    "consistency",
                    "How consistent reads have to be; violations are counted, by the layer that served them.",
                    consistency(),
                )
                .or(Consistency::Eventual),
            version_token: r
                .field(
                    "version_token",
                    "True: a client sends the newest version of the key that it has seen or written. To a cache an older \
                     copy is a miss, and a database replica that is behind is passed for another one or the primary.",
                    flag(),
                )
                .or(false),
            reads_own_writes: r
                .field("reads_own_writes", "Users read back what they have written.", table(ReadsOwnWrites::read))
                .optional(),
            session: r
                .field("session", "Whoever reads a key reads it several times.", table(Session::read))
                .optional(),
        }
    }

    /// Whether anything has to be remembered of a user.
    #[must_use]
    pub fn remembers(&self) -> bool {
        self.version_token || matches!(self.consistency, Consistency::ReadYourWrites | Consistency::Monotonic)
    }

    /// Whether a request may have others of the same user in its wake.
    pub(super) fn goes_on(&self) -> bool {
        self.reads_own_writes.is_some() || self.session.is_some()
    }
}

fn consistency() -> impl Kind<Value = Consistency> {
    choice()
        .word("eventual", "Whatever comes is fine; nothing is counted.", Consistency::Eventual)
        .word(
            "strong",
            "No answer that the source of truth had replaced before the request arrived.",
            Consistency::Strong,
        )
        .word(
            "read-your-writes",
            "No answer older than what its user has written before.",
            Consistency::ReadYourWrites,
        )
        .word("monotonic", "No answer older than what its user has seen before.", Consistency::Monotonic)
        .tagged(
            "bounded",
            "No answer that the source of truth had replaced for longer than this when the request arrived.",
            positive_time(),
            Consistency::Bounded,
        )
}

impl ReadsOwnWrites {
    fn read(r: &mut Reader) -> Self {
        let share = r.field(
            "share",
            "The share of the writes that are read back.",
            share_in(Ratio(0.000_001)..=Ratio(1.0)),
        );
        Self {
            share: share.or(Ratio(1.0)).0,
            after: r
                .field(
                    "after",
                    "How long after the acknowledgement of the write its user reads.",
                    time_distribution(),
                )
                .required(),
        }
    }
}

impl Session {
    fn read(r: &mut Reader) -> Self {
        Self {
            requests: r
                .field(
                    "requests",
                    "How often a user reads the key, the first time included; rounded, at most 64.",
                    count_distribution(),
                )
                .required(),
            think: r
                .field(
                    "think",
                    "How long between an answer and the user's next request.",
                    time_distribution(),
                )
                .required(),
        }
    }
}
