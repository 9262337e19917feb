//! How far the y axis reaches: from what is seen of the data, but for a spike before it settles.

use super::axis::Extent;
use super::{Chart, Mark, Scale, Series};

/// What stands so many times above the rest is cut off: half of the height at least is for the rest.
const SPIKE: f64 = 2.0;
/// A spike is at most this share of a series: what lasts longer is a course to be seen.
const BRIEF: f64 = 0.02;

/// The y axis of a chart, from what is seen of its data: only points within the x axis, their bands, and the
/// limits; but not from a spike before the data settles.
pub fn vertical(chart: &Chart, x: &Extent) -> Extent {
    let all = values(chart, x, None);
    let highest =
        |values: &[f64]| values.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    let rest =
        chart.y.settled.filter(|_| chart.y.scale == Scale::Linear).map(|from| values(chart, x, Some(from)));
    let rest = rest.filter(|rest| highest(rest) > 0.0 && highest(&all) > SPIKE * highest(rest));
    Extent::vertical(&chart.y, &rest.unwrap_or(all))
}

/// The data and the limits, without the spikes of what comes before `settled`.
fn values(chart: &Chart, x: &Extent, settled: Option<f64>) -> Vec<f64> {
    let mut values = Vec::new();
    for series in &chart.series {
        let spike = settled.map_or(Vec::new(), |from| spike(series, from));
        for (index, point) in series.points.iter().enumerate().filter(|(_, point)| x.contains(point.0)) {
            if !spike.contains(&index) {
                values.push(point.1);
                let band = series.band.as_ref().and_then(|band| band.get(index));
                let ends = band.into_iter().flat_map(|(low, high)| [*low, *high]);
                values.extend(ends.filter(|end| end.is_finite()));
            }
        }
    }
    values.extend(chart.marks.iter().filter_map(|mark| match mark {
        Mark::Limit { at, .. } => Some(*at),
        Mark::Event { .. } | Mark::Window { .. } | Mark::Failing { .. } => None,
    }));
    values
}

/// The highest of the points before the data settles, as indices.
fn spike(series: &Series, settled: f64) -> Vec<usize> {
    let height = |index: &usize| {
        let band = series.band.as_ref().and_then(|band| band.get(*index));
        band.map_or(series.points[*index].1, |(_, high)| high.max(series.points[*index].1))
    };
    let mut early: Vec<usize> =
        (0..series.points.len()).filter(|index| series.points[*index].0 < settled).collect();
    early.sort_by(|one, other| height(other).total_cmp(&height(one)));
    early.truncate((series.points.len() as f64 * BRIEF) as usize);
    early
}
