//! One node of the shared cache: its copies, its locks, and the commands that it executes one at a time.

use super::freshness::Life;
use super::job::Job;
use super::process::entry;
use super::redis_expiry::ActiveExpiry;
use super::redis_spec::RedisSpec;
use super::request::{Request, Value};
use super::wire::Wire;
use super::world::World;
use super::write;
use crate::cache::{Entry, Removal, Store, Stored, redis_charge};
use crate::engine::{Engine, Pool, Server};
use crate::random::Stream;
use crate::time::{Duration, Instant};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

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
    Locked(bool),
    /// The new value is version so-and-so, of then.
    Took(u32, Instant),
    /// Memory is full, and nothing may be evicted.
    Refused,
    Done,
}

impl Answer {
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
            Self::Locked(_) | Self::Took(..) | Self::Refused | Self::Done => 0,
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
    pub(super) fn bytes(&self, w: &World<'_>, request: &Request) -> u32 {
        let name = w.keys.borrow().name_length(request.group.into(), request.key);
        match self {
            Self::Set { value, .. } | Self::Update { value, .. } => name.saturating_add(value.size),
            Self::Get | Self::Delete | Self::DeleteOlder { .. } | Self::Lock(_) | Self::Unlock => name,
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

/// A node.
pub(super) struct Node {
    pub(super) number: u32,
    /// Connections, by instance.
    pub(super) pools: Vec<Pool>,
    /// Its network, if that has a limit.
    pub(super) wire: Option<Wire>,
    pub(super) server: Server,
    pub(super) store: RefCell<Store>,
    expiry: Option<ActiveExpiry>,
    locks: RefCell<FxHashMap<u32, Held>>,
    /// When each key was deleted or updated last, if copies that are older are not to be stored.
    deleted: Option<RefCell<FxHashMap<u32, Instant>>>,
    outdated: Cell<u64>,
    commands: Cell<u64>,
}

/// A lock: whose it is, and until when at the latest.
struct Held {
    by: u64,
    until: Instant,
}

impl Node {
    pub(super) fn new(
        number: u32,
        spec: &RedisSpec,
        instances: u32,
        engine: &Engine<Job>,
        evictions: Stream,
    ) -> Self {
        Self {
            number,
            pools: (0..instances).map(|_| Pool::new(spec.pool.size, u32::MAX)).collect(),
            wire: spec.bandwidth.map(|bandwidth| Wire::new(engine, bandwidth)),
            server: Server::new(engine),
            store: RefCell::new(Store::new(spec.capacity(), spec.policy, evictions)),
            expiry: spec.active_expiry.then(ActiveExpiry::new),
            locks: RefCell::default(),
            deleted: spec.versioned_fill.then(RefCell::default),
            outdated: Cell::new(0),
            commands: Cell::new(0),
        }
    }

    /// Removes the copies that a server would have removed by itself by now.
    #[inline]
    pub(super) fn catch_up(&self, now: Instant) {
        if let Some(expiry) = &self.expiry {
            expiry.catch_up(now, &self.store, &self.server);
        }
    }

    /// FLUSHALL.
    pub(super) fn flush(&self) {
        self.store.borrow_mut().clear(Removal::Flushed);
        self.locks.borrow_mut().clear();
    }

    /// Commands executed so far.
    pub(super) fn commands(&self) -> u64 {
        self.commands.get()
    }

    /// Commands refused so far because memory was full.
    pub(super) fn refused(&self) -> u64 {
        self.store.borrow().refused()
    }

    /// Copies not stored so far because their key was deleted after they were read.
    pub(super) fn outdated(&self) -> u64 {
        self.outdated.get()
    }

    /// Whether a value was read before its key was deleted last: its token is void.
    fn is_outdated(&self, key: u32, value: &Value) -> bool {
        let deleted = self.deleted.as_ref();
        deleted.is_some_and(|deleted| deleted.borrow().get(&key).is_some_and(|at| value.read_at <= *at))
    }

    /// What a command does when its turn has come.
    pub(super) fn execute(&self, w: &World<'_>, request: &Request, command: &Command) -> Answer {
        let now = w.engine.now();
        self.commands.set(self.commands.get() + 1);
        match *command {
            Command::Get => {
                if w.is_measuring() {
                    w.truth.borrow_mut().key(request.key).look_ups += 1;
                }
                Answer::Found(self.store.borrow_mut().get(request.key, now).copied())
            }
            Command::Set { value, .. } if self.is_outdated(request.key, &value) => {
                self.outdated.set(self.outdated.get() + 1);
                Answer::Done
            }
            Command::Set { value, life, load_time } => match self.put(w, request, &value, life, load_time) {
                Stored::Refused => Answer::Refused,
                Stored::Inserted | Stored::Replaced | Stored::TooLarge => Answer::Done,
            },
            Command::DeleteOlder { version } if !self.holds_older(w, request.key, version) => Answer::Done,
            Command::Update { value, life, takes } => self.update(w, request, value, life, takes),
            Command::Delete | Command::DeleteOlder { .. } => {
                self.store.borrow_mut().remove(request.key, Removal::Invalidated);
                if let Some(deleted) = &self.deleted {
                    deleted.borrow_mut().insert(request.key, now);
                }
                Answer::Done
            }
            Command::Lock(_) if !self.store.borrow_mut().has_room(now) => Answer::Refused,
            Command::Lock(lease) => {
                let mut locks = self.locks.borrow_mut();
                let free = locks.get(&request.key).is_none_or(|held| held.until <= now);
                if free {
                    locks.insert(request.key, Held { by: request.ordinal, until: now + lease });
                }
                Answer::Locked(free)
            }
            Command::Unlock => {
                let mut locks = self.locks.borrow_mut();
                if locks.get(&request.key).is_some_and(|held| held.by == request.ordinal) {
                    locks.remove(&request.key);
                }
                Answer::Done
            }
        }
    }

    /// Whether the copy of a key is older than this version; a message that finds it is not was ignored.
    fn holds_older(&self, w: &World<'_>, key: u32, version: u32) -> bool {
        let held = self.store.borrow().peek(key, w.engine.now()).map(|entry| entry.version);
        let Some(held) = held else { return true };
        let is_older = w.truth.borrow().is_older(held, version);
        if !is_older {
            write::count_ignored(w);
        }
        is_older
    }

    /// A writer's SET. With a versioned fill, one that comes late does not take the place of a newer value.
    fn update(&self, w: &World<'_>, request: &Request, new: Value, life: Life, takes: Takes) -> Answer {
        let now = w.engine.now();
        let mut new = new;
        if takes == Takes::Write {
            if !self.store.borrow_mut().has_room(now) {
                return Answer::Refused;
            }
            new = Value { version: write::accept(w, request), read_at: now, ..new };
        }
        let took = Answer::Took(new.version, new.read_at);
        if takes == Takes::Newer && !self.holds_older(w, request.key, new.version) {
            return took;
        }
        if let Some(deleted) = &self.deleted {
            let mut deleted = deleted.borrow_mut();
            let last = deleted.entry(request.key).or_insert(new.read_at);
            if new.read_at < *last {
                self.outdated.set(self.outdated.get() + 1);
                return took;
            }
            *last = new.read_at;
        }
        match self.put(w, request, &new, life, Duration::ZERO) {
            Stored::Refused => Answer::Refused,
            _ => took,
        }
    }

    fn put(
        &self,
        w: &World<'_>,
        request: &Request,
        value: &Value,
        life: Life,
        load_time: Duration,
    ) -> Stored {
        let now = w.engine.now();
        let name_length = w.keys.borrow().name_length(request.group.into(), request.key);
        let charge = redis_charge(name_length, value.size);
        self.store.borrow_mut().put(request.key, entry(value, life, load_time, now), charge, now)
    }
}
