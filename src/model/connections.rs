//! Connections to the database one by one: how many there may be, and what each has planned.
//!
//! An instance opens one when all that it has are in use, and keeps it; the one used last is used again first. A
//! client that gives up on a query closes its connection, but the server has it on its account until the query
//! is over.

use super::database_spec::DatabaseSpec;
use crate::engine::Gauge;
use crate::time::Instant;

/// All connections to the database.
#[derive(Debug, Default)]
pub struct Connections {
    all: Vec<Connection>,
    /// Places of those that were closed.
    closed: Vec<u32>,
    /// By instance, the one used last at the end.
    idle: Vec<Vec<u32>>,
    open: Gauge,
    usable: u64,
    /// Executions of a statement that are planned one by one.
    custom: u32,
}

#[derive(Debug, Default)]
struct Connection {
    /// By statement.
    executions: Vec<u32>,
    /// Its client has closed it.
    left: bool,
}

/// Where the plan of an execution is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Made for this execution.
    Custom,
    /// Made for this execution and all that follow.
    Made,
    /// Made for an earlier one.
    Kept,
}

impl Connections {
    pub(super) fn new(spec: &DatabaseSpec, instances: u32) -> Self {
        let usable = spec.max_connections.map_or(u32::MAX, |max| max - spec.reserved_connections);
        Self {
            idle: (0..instances).map(|_| Vec::new()).collect(),
            usable: u64::from(usable),
            custom: spec.plan_cache.as_ref().map_or(0, |spec| spec.custom),
            ..Self::default()
        }
    }

    /// A connection of an instance, opened if none is idle; nothing if there are too many.
    pub(super) fn take(&mut self, instance: u16, now: Instant) -> Option<u32> {
        if let Some(connection) = self.idle[usize::from(instance)].pop() {
            return Some(connection);
        }
        if self.open.level() >= self.usable {
            return None;
        }
        self.open.up(now);
        Some(self.closed.pop().unwrap_or_else(|| {
            self.all.push(Connection::default());
            self.all.len() as u32 - 1
        }))
    }

    /// The client is done with it, or gives up on what it asked through it.
    pub(super) fn give_back(&mut self, connection: u32, instance: u16, gives_up: bool) {
        if gives_up {
            self.all[connection as usize].left = true;
        } else {
            self.idle[usize::from(instance)].push(connection);
        }
    }

    /// The server is done with a query; a connection whose client has left is closed.
    pub(super) fn done(&mut self, connection: u32, now: Instant) {
        let state = &mut self.all[connection as usize];
        if state.left {
            state.left = false;
            state.executions.clear();
            self.closed.push(connection);
            self.open.down(now);
        }
    }

    /// An instance's process has ended, and with it the connections that it had.
    pub(super) fn close_those_of(&mut self, instance: usize, now: Instant) {
        for connection in self.idle[instance].drain(..) {
            self.all[connection as usize].executions.clear();
            self.closed.push(connection);
            self.open.down(now);
        }
    }

    /// A statement is executed on a connection: after so many custom plans the plan is kept.
    pub(super) fn plan(&mut self, connection: u32, statement: usize) -> Plan {
        let executions = &mut self.all[connection as usize].executions;
        if executions.len() <= statement {
            executions.resize(statement + 1, 0);
        }
        let before = executions[statement];
        executions[statement] = before.saturating_add(1);
        match before.cmp(&self.custom) {
            std::cmp::Ordering::Less => Plan::Custom,
            std::cmp::Ordering::Equal => Plan::Made,
            std::cmp::Ordering::Greater => Plan::Kept,
        }
    }

    /// How many are open over time.
    pub(super) fn open(&self) -> &Gauge {
        &self.open
    }
}
