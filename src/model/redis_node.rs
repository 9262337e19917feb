//! One node of the shared cache: its copies, its locks, and the commands that it executes.

use super::condition::Outage;
use super::freshness::Life;
use super::job::Job;
use super::process::entry;
use super::redis_command::{Answer, Command, Takes};
use super::redis_replica::{Change, Replication};
use super::redis_server::{Expiry, ServerKind};
use super::redis_spec::RedisSpec;
use super::request::{Request, Value};
use super::wire::Wire;
use super::world::World;
use super::write;
use crate::cache::{Capacity, Removal, Store, Stored, Succession};
use crate::engine::{Engine, Pool, Server};
use crate::random::Stream;
use crate::time::{Duration, Instant};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

/// A node.
pub(super) struct Node {
    pub(super) number: u32,
    /// Whose keys it has, counted from 0.
    pub(super) shard: u32,
    /// Connections, by instance.
    pub(super) pools: Vec<Pool>,
    /// Its network, if that has a limit.
    pub(super) wire: Option<Wire>,
    pub(super) server: Server,
    pub(super) store: RefCell<Store>,
    expiry: Option<Expiry>,
    kind: ServerKind,
    pub(super) locks: RefCell<FxHashMap<u32, Held>>,
    /// When each key was deleted or updated last, if copies that are older are not to be stored.
    pub(super) deleted: Option<RefCell<FxHashMap<u32, Instant>>>,
    /// What it is told by a primary, if it is a replica at first.
    replication: Option<RefCell<Replication>>,
    /// What its replicas are to be told, if it may have some.
    outbox: Option<RefCell<Vec<Change>>>,
    /// Commands that have changed it.
    pub(super) changes: Cell<u64>,
    /// Whether it is no replica any more, or never was.
    leads: Cell<bool>,
    /// What one meets who calls it after its death.
    dead: Cell<Option<Outage>>,
    outdated: Cell<u64>,
    commands: Cell<u64>,
}

/// A lock: whose it is, and until when at the latest.
pub(super) struct Held {
    pub(super) by: u64,
    pub(super) until: Instant,
}

/// What a node is at first, beside its number.
#[derive(Clone, Copy)]
pub(super) struct Role {
    /// Whose keys it has.
    pub(super) shard: u32,
    /// What the draws of a replica's lag hang on; none is a primary, or will be one.
    pub(super) lags: Option<Stream>,
}

impl Node {
    pub(super) fn new(
        number: u32,
        role: Role,
        spec: &RedisSpec,
        instances: u32,
        engine: &Engine<Job>,
        evictions: Stream,
    ) -> Self {
        // What is told of it, a replica removes; it makes no room by itself.
        let capacity = if role.lags.is_some() { Capacity::Unbounded } else { spec.capacity() };
        let mut store = Store::new(capacity, spec.policy, evictions);
        if spec.replicas.is_some() && role.lags.is_none() {
            store.note_departures();
        }
        let replication = spec.replicas.as_ref().zip(role.lags);
        let replication = replication.map(|(replicas, lags)| Replication::new(replicas, spec.service, lags));
        Self {
            number,
            shard: role.shard,
            pools: (0..instances).map(|_| Pool::new(spec.pool.size, u32::MAX)).collect(),
            wire: spec.bandwidth.map(|bandwidth| Wire::new(engine, bandwidth)),
            server: Server::with_workers(engine, spec.server.workers()),
            store: RefCell::new(store),
            expiry: spec.active_expiry.then(|| spec.server.expiry()),
            kind: spec.server,
            locks: RefCell::default(),
            deleted: spec.versioned_fill.then(RefCell::default),
            leads: Cell::new(replication.is_none()),
            replication: replication.map(RefCell::new),
            outbox: spec.replicas.is_some().then(RefCell::default),
            changes: Cell::new(0),
            dead: Cell::new(None),
            outdated: Cell::new(0),
            commands: Cell::new(0),
        }
    }

    /// Does what the node would have done by itself by now.
    #[inline]
    pub(super) fn catch_up(&self, now: Instant) {
        if let Some(replication) = &self.replication {
            replication.borrow_mut().apply(self, now);
        }
        if let Some(expiry) = self.expiry.as_ref().filter(|_| self.leads.get()) {
            expiry.catch_up(now, &self.store, &self.server);
        }
    }

    /// What one meets who calls it, if it is dead.
    #[inline]
    pub(super) fn dead(&self) -> Option<Outage> {
        self.dead.get()
    }

    /// The node dies; what one meets who calls it from now on.
    pub(super) fn die(&self, outage: Outage) {
        self.dead.set(Some(outage));
        self.leads.set(false);
    }

    /// Takes the place of a dead primary, whose accounts go on here.
    pub(super) fn lead(&self, predecessor: &Self, capacity: Capacity, now: Instant) -> Succession {
        let mut store = self.store.borrow_mut();
        let succession = store.succeed(&predecessor.store.borrow(), capacity, now);
        if self.outbox.is_some() {
            store.note_departures();
        }
        if let Some(expiry) = &self.expiry {
            expiry.begin(now);
        }
        self.leads.set(true);
        succession
    }

    /// What it is told by a primary, if it is a replica.
    pub(super) fn replication(&self) -> Option<&RefCell<Replication>> {
        self.replication.as_ref()
    }

    /// The lines of its network, if that has a limit.
    pub(super) fn lines(&self) -> impl Iterator<Item = &Server> {
        self.wire.iter().flat_map(Wire::lines)
    }

    /// Hands what has changed over to `tell`, oldest first, if anybody is to be told.
    pub(super) fn empty_outbox(&self, mut tell: impl FnMut(Change)) {
        if let Some(outbox) = &self.outbox {
            self.store.borrow_mut().departures().map(Change::Depart).for_each(&mut tell);
            outbox.borrow_mut().drain(..).for_each(tell);
        }
    }

    /// Does something that its replicas are to do as well.
    pub(super) fn change(&self, change: Change, now: Instant) {
        self.apply(&change, now);
        self.note(change);
    }

    fn note(&self, change: Change) {
        if let Some(outbox) = &self.outbox {
            outbox.borrow_mut().push(change);
        }
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

    /// What a command does when its turn has come. `key` is the one that the node knows the request's by.
    pub(super) fn execute(&self, w: &World<'_>, request: &Request, key: u32, command: &Command) -> Answer {
        let now = w.engine.now();
        if self.dead.get().is_some() {
            return Answer::Unreachable;
        }
        self.commands.set(self.commands.get() + 1);
        match *command {
            Command::Get => {
                if w.is_measuring() {
                    w.truth.borrow_mut().key(request.key).reads += 1;
                }
                return Answer::Found(self.store.borrow_mut().get(key, now).copied());
            }
            Command::Set { value, .. } if self.is_outdated(key, &value) => {
                self.outdated.set(self.outdated.get() + 1);
            }
            Command::Set { value, life, load_time } => {
                if self.put(w, request, key, (&value, life, load_time)) == Stored::Refused {
                    return Answer::Refused;
                }
            }
            Command::DeleteOlder { version } if !self.holds_older(w, key, version) => {}
            Command::Update { value, life, takes } => {
                return self.update(w, request, key, value, life, takes);
            }
            Command::Delete | Command::DeleteOlder { .. } => {
                if self.deleted.is_some() || self.store.borrow().peek(key, now).is_some() {
                    self.change(Change::Delete(key), now);
                } else {
                    self.store.borrow_mut().remove(key, Removal::Invalidated);
                }
            }
            Command::Lock(_) if !self.store.borrow_mut().has_room(now) => return Answer::Refused,
            Command::Lock(lease) => {
                let free = self.locks.borrow().get(&key).is_none_or(|held| held.until <= now);
                if free {
                    self.change(Change::Lock { key, by: request.ordinal, until: now + lease }, now);
                }
                return Answer::Locked(free);
            }
            Command::Unlock => {
                if self.locks.borrow().get(&key).is_some_and(|held| held.by == request.ordinal) {
                    self.change(Change::Unlock(key), now);
                }
            }
        }
        Answer::Done
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
    fn update(
        &self,
        w: &World<'_>,
        request: &Request,
        key: u32,
        new: Value,
        life: Life,
        takes: Takes,
    ) -> Answer {
        let now = w.engine.now();
        let mut new = new;
        if takes == Takes::Write {
            if !self.store.borrow_mut().has_room(now) {
                return Answer::Refused;
            }
            new = Value { version: write::accept(w, request), read_at: now, ..new };
        }
        let took = Answer::Took(new.version, new.read_at);
        if takes == Takes::Newer && !self.holds_older(w, key, new.version) {
            return took;
        }
        if let Some(deleted) = &self.deleted {
            let mut deleted = deleted.borrow_mut();
            let last = deleted.entry(key).or_insert(new.read_at);
            if new.read_at < *last {
                self.outdated.set(self.outdated.get() + 1);
                return took;
            }
            *last = new.read_at;
        }
        match self.put(w, request, key, (&new, life, Duration::ZERO)) {
            Stored::Refused => Answer::Refused,
            _ => took,
        }
    }

    /// Stores a copy, and tells the replicas what has come of it.
    fn put(
        &self,
        w: &World<'_>,
        request: &Request,
        key: u32,
        (value, life, load_time): (&Value, Life, Duration),
    ) -> Stored {
        let now = w.engine.now();
        let name_length = w.keys.borrow().name_length(request.group.into(), key);
        let charge = self.kind.charge(name_length, value.size);
        let entry = entry(value, life, load_time, now);
        let mut store = self.store.borrow_mut();
        let stored = if self.kind.takes(name_length, value.size) {
            store.put(key, entry, charge, now)
        } else {
            store.reject(key, now)
        };
        match stored {
            Stored::Refused if self.kind.keeps_what_it_cannot_replace() => {}
            // What is out of date does not stay.
            Stored::Refused => _ = store.remove(key, Removal::Invalidated),
            Stored::TooLarge => self.note(Change::Depart(key)),
            Stored::Inserted | Stored::Replaced => {
                self.changes.set(self.changes.get() + 1);
                self.note(Change::Put { key, entry, charge });
            }
        }
        stored
    }
}
