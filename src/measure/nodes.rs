//! The nodes of a cluster, each a single server.

use super::registry::{Measure, Unit, less};
use crate::engine::Server;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// All nodes of a cluster.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct NodesRecord {
    /// Commands executed.
    pub commands: u64,
    /// Commands refused because memory was full and nothing could be evicted.
    pub refused: u64,
    /// Copies not stored because their key was deleted after they were read.
    pub outdated: u64,
    /// Share of the time in which each node worked.
    pub utilisations: Vec<f64>,
    /// Share of the time in which each line of each node's network worked; empty where these have no limit.
    pub lines: Vec<f64>,
    /// Most commands waiting or in service at one node.
    pub present_max: u64,
    /// What went with nodes that died, if the scenario has some die.
    pub lost: Option<LostRecord>,
}

/// What went with nodes that died.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct LostRecord {
    /// Commands that had changed them, and of which their successors had not heard.
    pub writes: u64,
    /// Copies that the successors did not have.
    pub copies: u64,
    /// Copies that were deleted or overwritten, and that the successors had.
    pub returned: u64,
}

impl NodesRecord {
    /// Takes the levels of the nodes over the window that ends now.
    pub fn close<'a>(&mut self, nodes: impl Iterator<Item = &'a Server>, now: Instant) {
        for node in nodes {
            self.utilisations.push(node.utilisation(now));
            self.present_max = self.present_max.max(node.present().max());
        }
    }
}

pub(super) static MEASURES: &[Measure<NodesRecord>] = &[
    Measure::mean(
        "command_rate_per_s",
        Unit::PerSecond,
        "Commands per second, all nodes together.",
        |n, w| Some(n.commands as f64 / w.seconds),
    ),
    Measure::mean(
        "outdated_per_s",
        Unit::PerSecond,
        "Copies per second that were not stored because their key was deleted after they were read.",
        |n, w| Some(n.outdated as f64 / w.seconds),
    ),
    Measure::mean(
        "refused_per_s",
        Unit::PerSecond,
        "Commands per second refused because memory was full and nothing could be evicted (OOM).",
        |n, w| Some(n.refused as f64 / w.seconds),
    ),
    Measure::mean(
        "node_utilisation_mean",
        Unit::Ratio,
        "Share of the time in which a node worked, mean of all nodes.",
        |n, _| {
            let nodes = n.utilisations.len();
            (nodes > 0).then(|| n.utilisations.iter().sum::<f64>() / nodes as f64)
        },
    ),
    less(Measure::peak(
        "node_utilisation_max",
        Unit::Ratio,
        "Share of the time in which the busiest node worked.",
        |n, _| n.utilisations.iter().copied().reduce(f64::max),
    )),
    Measure::peak(
        "network_utilisation_max",
        Unit::Ratio,
        "Share of the time in which the network of a node was in use, the busiest node and direction.",
        |n, _| n.lines.iter().copied().reduce(f64::max),
    ),
    Measure::count(
        "lost_writes",
        "Commands that had changed a node which died, and of which its successor had not heard.",
        |n, _| n.lost.map(|lost| lost.writes as f64),
    ),
    Measure::count(
        "lost_copies",
        "Good copies of nodes that died, under keys of which their successors had none.",
        |n, _| n.lost.map(|lost| lost.copies as f64),
    ),
    Measure::count(
        "returned_copies",
        "Good copies that a node which died had deleted or overwritten, and its successor had still.",
        |n, _| n.lost.map(|lost| lost.returned as f64),
    ),
    Measure::peak("node_queue_max", Unit::Count, "Most commands at one node at once.", |n, _| {
        Some(n.present_max as f64)
    }),
];
