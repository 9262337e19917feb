//! What a replication hangs on, as a digest: the same digest, the same bytes.

use crate::measure::{Digest, Record};
use crate::model::Overload;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

/// What all replications of one model have in common: its settings, its seed and its trace. The program they are
/// made by is told by the log itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity([u8; 32]);

/// What one replication hangs on, and what was kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub(super) [u8; 32]);

/// What may be kept of a replication.
pub trait Keepable: Sized + Serialize + DeserializeOwned + Send {
    /// Tells one kind from another.
    const KIND: u8;

    /// What is kept of this record.
    #[must_use]
    fn of(record: Record) -> Self;

    /// Whether this can be a replication of this program: a log may hold what somebody has put there.
    #[must_use]
    fn is_sound(&self) -> bool;

    /// What is kept of a replication that is more than a run can hold, if that is a result.
    #[must_use]
    fn refused(_overload: &Overload) -> Option<Self> {
        None
    }
}

/// All of it.
impl Keepable for Record {
    const KIND: u8 = 0;

    fn of(record: Record) -> Self {
        record
    }

    fn is_sound(&self) -> bool {
        self.is_whole()
    }
}

/// The values of its metrics, and what is needed to put several together; or why it has none.
pub type Values = Result<Digest, String>;

impl Keepable for Values {
    const KIND: u8 = 1;

    fn of(record: Record) -> Self {
        Ok(Digest::of(&record))
    }

    fn is_sound(&self) -> bool {
        self.as_ref().map_or(true, Digest::is_sound)
    }

    fn refused(overload: &Overload) -> Option<Self> {
        Some(Err(format!("failed to {overload}")))
    }
}

impl Identity {
    /// Of a model with these settings, as a text; `trace` is the digest of the file that its traffic comes from.
    #[must_use]
    pub fn new(settings: &str, seed: u64, trace: Option<[u8; 32]>) -> Self {
        let mut digest = Sha256::new();
        digest.update(seed.to_le_bytes());
        digest.update([u8::from(trace.is_some())]);
        digest.update(trace.unwrap_or_default());
        digest.update(settings);
        Self(digest.finalize().into())
    }

    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        BASE64_STANDARD.encode(self.0)
    }

    /// Of one of its replications.
    #[must_use]
    pub fn key<T: Keepable>(&self, replication: u64) -> Key {
        let mut digest = Sha256::new();
        digest.update(self.0);
        digest.update(replication.to_le_bytes());
        digest.update([T::KIND]);
        Key(digest.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn whatever_a_replication_hangs_on_changes_its_key() {
        let key = |settings, seed, trace: Option<u8>, replication| {
            let identity = Identity::new(settings, seed, trace.map(|byte| [byte; 32]));
            [identity.key::<Record>(replication), identity.key::<Values>(replication)]
        };
        let cases = [
            key("a=1", 1, None, 0),
            key("a=2", 1, None, 0),
            key("a=1", 2, None, 0),
            key("a=1", 1, Some(0), 0),
            key("a=1", 1, Some(1), 0),
            key("a=1", 1, None, 1),
        ];
        let all: BTreeSet<Key> = cases.into_iter().flatten().collect();
        assert_eq!(all.len(), 12);
        assert_eq!(key("a=1", 1, None, 0), key("a=1", 1, None, 0));
    }
}
