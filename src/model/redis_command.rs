//! What a node of the shared cache is asked, and what it answers.

use super::freshness::Life;
use super::request::{Request, Value};
use super::world::World;
use crate::cache::Entry;
use crate::measure::Failure;
use crate::time::{Duration, Instant};

/// What a client asks a node.
#[derive(Clone, Copy, Debug)]
pub enum Command {
    /// GET.
    Get,
    /// SET with a TTL.
    Set { value: Value, life: Life, load_time: Duration },
    /// DEL.
    Delete,
    /// Deletes the copy if it is older (a script that compares and deletes).
    DeleteOlder { version: u32 },
    /// SET with a TTL, by a writer.
    Update { value: Value, life: Life, takes: Takes },
    /// SET NX with a TTL: the lock's.
    Lock(Duration),
    /// Deletes the lock if it is still the asker's (a script that compares and deletes).
    Unlock,
}

/// What a node does with a new value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Stores it.
    Fill,
    /// Stores it unless its copy is as new (a script that compares and sets).
    Newer,
    /// Takes the write: this is where it happens.
    Write,
}

/// What a node answers.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Found(Option<Entry>),
    /// What a pipeline has found, in so many bytes, is in its rows.
    AllFound(u32),
    Locked(bool),
    /// The new value is version so-and-so, of then.
    Took(u32, Instant),
    /// Memory is full, and nothing may be evicted.
    Refused,
    /// The node has died meanwhile.
    Unreachable,
    Done,
}

impl Answer {
    /// What comes back from a node that has not died.
    pub(super) fn reached(self) -> Result<Self, Failure> {
        if let Self::Unreachable = self { Err(Failure::RedisDown) } else { Ok(self) }
    }

    /// What GET found.
    pub(super) fn found(self) -> Option<Entry> {
        match self {
            Self::Found(entry) => entry,
            _ => unreachable!("GET finds something or nothing"),
        }
    }

    /// Bytes of the values in it.
    pub(super) fn bytes(&self) -> u32 {
        match self {
            Self::Found(entry) => entry.map_or(0, |entry| entry.size),
            Self::AllFound(bytes) => *bytes,
            Self::Locked(_) | Self::Took(..) | Self::Refused | Self::Unreachable | Self::Done => 0,
        }
    }

    /// Whether a lock was free, if the node could tell.
    pub(super) fn locked(self) -> Option<bool> {
        match self {
            Self::Locked(won) => Some(won),
            Self::Refused => None,
            _ => unreachable!("a lock is free or not"),
        }
    }

    /// The version of a new value, and of when it is, if the node had room for it.
    pub(super) fn took(self) -> Option<(u32, Instant)> {
        match self {
            Self::Took(version, at) => Some((version, at)),
            _ => None,
        }
    }
}

impl Command {
    /// Bytes of the key's name and of the value that comes with it.
    pub(super) fn bytes(&self, w: &World<'_>, request: &Request, key: u32) -> u32 {
        let name = w.keys.borrow().name_length(request.group.into(), key);
        match self {
            Self::Set { value, .. } | Self::Update { value, .. } => name.saturating_add(value.size),
            Self::Get | Self::Delete | Self::DeleteOlder { .. } | Self::Lock(_) | Self::Unlock => name,
        }
    }

    /// As Redis calls it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Set { .. } | Self::Update { .. } => "SET",
            Self::Delete => "DEL",
            Self::DeleteOlder { .. } => "DEL if older",
            Self::Lock(_) => "SET NX",
            Self::Unlock => "DEL if own",
        }
    }

    /// Tells the passages of one request apart, for what is drawn for each: this is the way there, the next
    /// the way back.
    pub(super) fn leg(&self, look: u32) -> u64 {
        let command = match self {
            Self::Get => 0,
            Self::Set { .. } | Self::Update { .. } => 1,
            Self::Delete | Self::DeleteOlder { .. } => 2,
            Self::Lock(_) => 3,
            Self::Unlock => 4,
        };
        2 * (u64::from(look) * 5 + command)
    }
}
