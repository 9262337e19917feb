//! Measures of variants side by side: a panel for each, in it a bar for each variant.

use super::LINES;
use crate::experiment::{Row, Summary};
use crate::report::chart::{Axis, Bar, BarPanel, Bars, Unit};
use crate::report::compare::SideBySide;
use crate::report::shown;

/// More panels than this are too many for a picture; the table has all.
const PANELS: usize = 8;

/// The measures of the objectives first, then the others that are shown.
pub fn measures(view: &SideBySide) -> Option<Bars> {
    let objectives = &view.comparison.base().objectives;
    let is_objective =
        |row: &&Row| objectives.iter().any(|objective| objective.metric.value == row.metric.name);
    let first = view.rows.iter().filter(is_objective);
    let others = view.rows.iter().filter(|row| !is_objective(row));
    let panels: Vec<BarPanel> = first.chain(others).take(PANELS).map(|row| panel(view, row)).collect();
    let base = view.subjects.first().filter(|_| !panels.is_empty())?;
    let intervals = match view.comparison.base().replications() {
        1 => "One replication.".to_owned(),
        many => format!("{many} replications; the whisker is the 95 % interval."),
    };
    let fails = panels.iter().flat_map(|panel| &panel.bars).any(|bar| bar.value == f64::INFINITY);
    let hatched = if fails { " A hatched bar: too many requests fail for this percentile." } else { "" };
    Some(Bars {
        title: format!("{}: {} variants side by side", base.scenario, view.subjects.len()),
        caption: format!("{intervals} Measures with an objective stand first.{hatched}"),
        panels,
    })
}

fn panel(view: &SideBySide, row: &Row) -> BarPanel {
    let name = &row.metric.name;
    let unit = Unit::from(row.metric.unit);
    let summaries = view.comparison.outcomes.iter().map(|outcome| outcome.summary(name));
    let bars = view.names().zip(summaries).take(LINES).enumerate();
    let bar = |(look, (variant, summary)): (usize, (&str, Option<&Summary>))| Bar {
        name: variant.to_owned(),
        value: summary.and_then(Summary::value).unwrap_or(f64::NAN),
        interval: summary.and_then(Summary::interval).filter(|[_, high]| high.is_finite()).map(Into::into),
        point: None,
        note: summary.map_or("–".into(), |summary| shown::cell(&row.metric, summary)),
        look,
    };
    let objectives = &view.comparison.base().objectives;
    let objective = objectives.iter().find(|objective| objective.metric.value == *name);
    let limit = objective.map(|objective| {
        let limit = shown::limit(name, unit, objective.bound);
        (objective.bound.limit(), format!("objective: {limit}"))
    });
    BarPanel {
        title: name.clone(),
        axis: Axis::linear(name, unit),
        bars: bars.map(bar).collect(),
        limit,
        is_joined: false,
    }
}
