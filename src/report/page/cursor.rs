//! What the cursor of a page has to know of the charts that it goes over: where each point of time is, and what every
//! line says there, as text, so that the script formats no number.

use crate::report::chart::{Chart, Drawing, Series, Width};
use serde::Serialize;

/// Between two texts of a list: in no number.
const BETWEEN: &str = "|";

/// One chart under the cursor.
#[derive(Debug, Serialize)]
pub struct Reading {
    width: f64,
    height: f64,
    /// The line reaches from here …
    top: f64,
    /// … to here.
    bottom: f64,
    /// Where each point of time is.
    across: Vec<f64>,
    groups: Vec<Group>,
}

/// What is read in one panel.
#[derive(Debug, Serialize)]
struct Group {
    name: String,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    name: String,
    /// Its place among the lines of its panel, which decides its colour.
    look: usize,
    /// At each point of time.
    values: String,
}

/// The points of time that these charts share, as text; nothing if they have none.
pub fn times(drawings: &[&Drawing]) -> Option<String> {
    let (unit, points) = shared(drawings)?;
    Some(points.iter().map(|(at, _)| unit.show(*at)).collect::<Vec<_>>().join(BETWEEN))
}

/// What the cursor reads in one of them. A narrow picture has the numbers of the wide one, and its line stands elsewhere.
pub fn reading(drawing: &Drawing, drawings: &[&Drawing], width: Width) -> Option<Reading> {
    let (_, times) = shared(drawings)?;
    let values: Vec<f64> = times.iter().map(|(at, _)| *at).collect();
    let places = drawing.places(&values, width)?;
    let tenth = |place: &f64| libm::round(place * 10.0) / 10.0;
    let (top, bottom) = places.top_and_bottom;
    Some(Reading {
        width: places.size.0,
        height: places.size.1,
        top,
        bottom,
        across: places.across.iter().map(tenth).collect(),
        groups: match width {
            Width::Wide => drawing.panels().iter().map(|panel| group(panel, times)).collect(),
            Width::Narrow => Vec::new(),
        },
    })
}

fn group(panel: &Chart, times: &[(f64, f64)]) -> Group {
    let is_at_these = |series: &Series| {
        let pairs = series.points.iter().zip(times);
        series.points.len() == times.len()
            && pairs.into_iter().all(|(one, other)| one.0.to_bits() == other.0.to_bits())
    };
    let lines = panel.series.iter().enumerate().filter(|(_, series)| is_at_these(series));
    let line = |(look, series): (usize, &Series)| {
        let values: Vec<String> = series.points.iter().map(|(_, value)| panel.y.unit.show(*value)).collect();
        Line { name: series.name.clone(), look, values: values.join(BETWEEN) }
    };
    Group { name: panel.y.label.clone(), lines: lines.map(line).collect() }
}

/// The points of the longest line, and the unit of the axis.
fn shared<'d>(drawings: &[&'d Drawing]) -> Option<(crate::report::chart::Unit, &'d [(f64, f64)])> {
    let panels = drawings.iter().flat_map(|drawing| drawing.panels());
    let lines =
        panels.flat_map(|panel| panel.series.iter().map(move |series| (panel.x.unit, &series.points[..])));
    lines.filter(|(_, points)| !points.is_empty()).max_by_key(|(_, points)| points.len())
}
