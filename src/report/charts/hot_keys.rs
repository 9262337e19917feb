//! Which keys are read most, in the shared cache or else in the database, and what share of all reads they are together
//! (a Pareto chart).

use super::View;
use crate::report::chart::{Axis, Bar, BarPanel, Bars, Unit};
use crate::report::hot;

/// How many keys are shown.
const KEYS: usize = 20;

/// A bar for each of the hottest keys, and a line for all down to it.
pub fn hot_keys(view: &View) -> Option<Bars> {
    let keys = view.outcome.hot_keys();
    let reads = hot::reads(view.outcome);
    let mut together = 0.0;
    let bars: Vec<Bar> = keys
        .iter()
        .take(KEYS)
        .map(|key| {
            let share = hot::share(view.outcome, key);
            together += share;
            let shown = [share, together].map(|share| Unit::Ratio.show(share));
            Bar {
                name: key.key.clone(),
                value: share,
                interval: None,
                point: Some(together),
                note: format!("{}, together {}", shown[0], shown[1]),
                look: 0,
            }
        })
        .collect();
    let first = bars.first()?;
    let title = match bars.len() {
        1 => format!("The hottest key gets {} of all {reads}", Unit::Ratio.show(first.value)),
        several => format!(
            "The {several} hottest keys get {} of all {reads}, the first alone {}",
            Unit::Ratio.show(together),
            Unit::Ratio.show(first.value)
        ),
    };
    Some(Bars {
        title,
        caption: "Bars: each key. Diamonds: this key and all keys above it. All replications together."
            .into(),
        panels: vec![BarPanel {
            title: format!("Share of the {reads}"),
            axis: Axis::linear(format!("share of the {reads}"), Unit::Ratio),
            bars,
            limit: None,
            is_joined: true,
        }],
    })
}
