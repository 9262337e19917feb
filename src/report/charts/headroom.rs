//! How much of the capacity of each part is in use, and how much is left.

use super::{View, replications};
use crate::experiment::Estimate;
use crate::report::chart::{Axis, Bar, BarPanel, Bars, Unit};

/// A part: its name, the metric that says how much of it is in use, and the one that says so of its busiest piece.
type Row = (&'static str, &'static str, &'static str);

/// The parts, in the order in which a request meets them.
const ROWS: &[Row] = &[
    ("app workers", "app.worker_utilisation", "app.worker_utilisation_max"),
    ("redis connections", "redis.pool_utilisation", "redis.pool_utilisation_max"),
    ("redis nodes", "redis.node_utilisation_mean", "redis.node_utilisation_max"),
    ("redis network, busiest node", "redis.network_utilisation_max", ""),
    ("database connections", "database.pool_utilisation", "database.pool_utilisation_max"),
    ("database workers", "database.worker_utilisation", "database.worker_utilisation_max"),
    ("database disks", "database.disk_utilisation", "database.disk_utilisation_max"),
    ("search workers", "search.worker_utilisation", "search.worker_utilisation_max"),
    ("downstream workers", "downstream.worker_utilisation", "downstream.worker_utilisation_max"),
];

/// A bar for each part that the run has, as a share of what it can do.
pub fn headroom(view: &View) -> Option<Bars> {
    let estimate = |metric: &str| view.outcome.estimate(metric);
    let mut bars: Vec<Bar> = ROWS
        .iter()
        .filter_map(|(name, mean, busiest)| {
            let busiest = estimate(busiest).map(|estimate| estimate.mean);
            Some(bar((*name).to_owned(), estimate(mean)?, busiest))
        })
        .collect();
    bars.extend(reads(view));
    let tightest = bars.iter().max_by(|one, other| one.value.total_cmp(&other.value))?;
    Some(Bars {
        title: format!("Least headroom: {}, {}", tightest.name, tightest.note),
        caption: format!(
            "Share of the capacity in use; the diamond is the busiest node or instance, or the peak (1 s) of reads. {}",
            replications(view.outcome)
        )
        .replace("shade", "whisker"),
        panels: vec![BarPanel {
            title: "Capacity in use".into(),
            axis: Axis::linear("share of the capacity", Unit::Ratio),
            bars,
            limit: Some((1.0, "capacity".into())),
            is_joined: false,
        }],
    })
}

/// The reads that are asked of the database, of those that its workers could do: these may be more than it can, while no
/// worker can be busy for more than all of its time.
fn reads(view: &View) -> Option<Bar> {
    let capacity = view.subject.capacity.database_reads_per_s.filter(|capacity| *capacity > 0.0)?;
    let share = |estimate: Estimate| Estimate {
        mean: estimate.mean / capacity,
        half_width: estimate.half_width.map(|half| half / capacity),
    };
    let mean = view.outcome.estimate("database.load_rate_mean_per_s").map(share)?;
    let peak = view.outcome.value("database.load_rate_peak_per_s").map(|peak| peak / capacity);
    Some(bar(format!("database reads, of {}", Unit::PerSecond.show(capacity)), mean, peak))
}

fn bar(name: String, mean: Estimate, point: Option<f64>) -> Bar {
    let used = Unit::Ratio.show(mean.mean);
    let note = match mean.mean {
        share if share >= 0.995 => format!("{used}: full"),
        share if share >= 0.5 => format!("{used}: room for × {:.2}", 1.0 / share),
        share if share >= 0.1 => format!("{used}: room for × {:.1}", 1.0 / share),
        share if share >= 0.01 => format!("{used}: room for × {:.0}", 1.0 / share),
        _ => format!("{used}: room for more than × 100"),
    };
    Bar {
        name,
        value: mean.mean,
        interval: mean.interval().map(|[low, high]| (low.max(0.0), high)),
        point,
        note,
        look: 0,
    }
}
