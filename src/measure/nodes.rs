//! The nodes of a cluster, each a single server.

use super::registry::{Measure, Unit};
use crate::engine::Server;
use crate::time::Instant;

/// All nodes of a cluster.
#[derive(Clone, Debug, Default)]
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
    Measure::new(
        "command_rate_per_s",
        Unit::PerSecond,
        "Commands per second, all nodes together.",
        |n, w| Some(n.commands as f64 / w.seconds),
    ),
    Measure::new(
        "outdated_per_s",
        Unit::PerSecond,
        "Copies per second that were not stored because their key was deleted after they were read.",
        |n, w| Some(n.outdated as f64 / w.seconds),
    ),
    Measure::new(
        "refused_per_s",
        Unit::PerSecond,
        "Commands per second refused because memory was full and nothing could be evicted (OOM).",
        |n, w| Some(n.refused as f64 / w.seconds),
    ),
    Measure::new(
        "node_utilisation_mean",
        Unit::Ratio,
        "Share of the time in which a node worked, mean of all nodes.",
        |n, _| {
            let nodes = n.utilisations.len();
            (nodes > 0).then(|| n.utilisations.iter().sum::<f64>() / nodes as f64)
        },
    ),
    Measure::less(
        "node_utilisation_max",
        Unit::Ratio,
        "Share of the time in which the busiest node worked.",
        |n, _| n.utilisations.iter().copied().reduce(f64::max),
    ),
    Measure::new(
        "network_utilisation_max",
        Unit::Ratio,
        "Share of the time in which the network of a node was in use, the busiest node and direction.",
        |n, _| n.lines.iter().copied().reduce(f64::max),
    ),
    Measure::new("node_queue_max", Unit::Count, "Most commands at one node at once.", |n, _| {
        Some(n.present_max as f64)
    }),
];
