//! Charts as tables, for who does not see them or wants the numbers.

use super::{Column, Grid};
use crate::report::chart::{Bars, Chart, Drawing, HeatMap, Scale, Series, Unit};

/// A course of time is shown at so many of its points.
const ROWS_MAX: usize = 24;

const NUMBERS: &str = "The numbers of this chart";

/// The shares at which distributions are read, with what stands in the first column.
const SHARES: [(f64, &str); 5] = [
    (0.5, "one in 2: median"),
    (0.1, "one in 10: p90"),
    (0.01, "one in 100: p99"),
    (0.001, "one in 1,000: p99.9"),
    (0.0, "the largest"),
];

/// The numbers of a chart.
pub fn table(drawing: &Drawing) -> Grid {
    match (drawing, drawing.panels()) {
        (Drawing::Bars(bars), _) => of_bars(bars),
        (Drawing::HeatMap(map), _) => of_map(map),
        (_, [chart]) if is_distribution(chart) => distribution(chart),
        (_, panels) => courses(panels),
    }
}

/// What stands behind each bar, in a column for each panel.
fn of_bars(bars: &Bars) -> Grid {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (column, panel) in bars.panels.iter().enumerate() {
        for bar in &panel.bars {
            let known = rows.iter().position(|row| row[0] == bar.name);
            let row = known.unwrap_or_else(|| {
                rows.push(
                    std::iter::once(bar.name.clone()).chain(bars.panels.iter().map(|_| "–".into())).collect(),
                );
                rows.len() - 1
            });
            rows[row][column + 1].clone_from(&bar.note);
        }
    }
    grid(NUMBERS, "", bars.panels.iter().map(|panel| panel.title.clone()), rows)
}

fn of_map(map: &HeatMap) -> Grid {
    let columns = map.across.names.len().max(1);
    let rows = map.up.names.iter().zip(map.cells.chunks(columns)).rev();
    let row = |(name, cells): (&String, &[f64])| {
        std::iter::once(name.clone()).chain(cells.iter().map(|value| map.unit.show(*value))).collect()
    };
    let first = format!("{} by {}", map.up.label, map.across.label);
    grid(NUMBERS, &first, map.across.names.iter().cloned(), rows.map(row).collect())
}

/// Whether its lines say which share of all values is at least so large.
fn is_distribution(Chart { x, y, .. }: &Chart) -> bool {
    x.scale == Scale::Log && y.scale == Scale::Log && y.unit == Unit::Ratio
}

fn grid(caption: &str, first: &str, others: impl Iterator<Item = String>, rows: Vec<Vec<String>>) -> Grid {
    let first = Column { name: first.into(), is_number: false };
    let others = others.map(|name| Column { name, is_number: true });
    Grid {
        caption: caption.into(),
        columns: std::iter::once(first).chain(others).collect(),
        rows,
        is_folded: true,
    }
}

/// The value that each line has where it comes down to a share.
fn distribution(chart: &Chart) -> Grid {
    let lines = || chart.series.iter().filter(|series| !series.points.is_empty());
    let row = |(share, label): (f64, &str)| {
        let value = |series: &Series| {
            // A share that is computed can miss the round one by a bit.
            let above = series.points.iter().take_while(|(_, y)| *y > share * (1.0 + 1e-9));
            let at = above.last().or(series.points.first());
            at.map_or("–".into(), |(x, _)| chart.x.unit.show(*x))
        };
        std::iter::once(label.to_owned()).chain(lines().map(value)).collect()
    };
    let names = lines().map(|series| series.name.clone());
    let caption = format!("{}: so much or more", chart.x.label);
    grid(&caption, "share", names, SHARES.into_iter().map(row).collect())
}

/// What all lines are at some points of the axis that they share.
fn courses(panels: &[Chart]) -> Grid {
    let lines: Vec<(&Chart, &Series)> = panels
        .iter()
        .flat_map(|panel| panel.series.iter().map(move |series| (panel, series)))
        .filter(|(_, series)| !series.points.is_empty())
        .collect();
    let longest = lines.iter().map(|(_, series)| &series.points).max_by_key(|points| points.len());
    let all: &[(f64, f64)] = longest.map_or(&[], |points| points);
    let step = all.len().div_ceil(ROWS_MAX).max(1);
    let (first, unit) =
        panels.last().map_or(("", Unit::Count), |panel| (panel.x.label.as_str(), panel.x.unit));
    let row = |(at, _): &(f64, f64)| {
        let value = |(panel, series): &(&Chart, &Series)| {
            let point = series.points.iter().find(|(x, _)| x.to_bits() == at.to_bits());
            point.map_or("–".into(), |(_, y)| panel.y.unit.show(*y))
        };
        std::iter::once(unit.show(*at)).chain(lines.iter().map(value)).collect()
    };
    let name = |(panel, series): &(&Chart, &Series)| match series.name.as_str() {
        "" => panel.y.label.clone(),
        name if panels.len() == 1 => name.to_owned(),
        name => format!("{}: {name}", panel.y.label),
    };
    let caption = match step {
        1 => NUMBERS.to_owned(),
        _ => format!("One in {step} points of this chart; the files beside this page have all"),
    };
    grid(&caption, first, lines.iter().map(name), all.iter().step_by(step).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::{Axis, Style};

    fn chart(x: Axis, y: Axis, points: Vec<(f64, f64)>) -> Drawing {
        let series = vec![Series::new("line", Style::Line, points)];
        Chart { title: String::new(), caption: String::new(), x, y, series, marks: Vec::new() }.into()
    }

    /// Of 1,000 values 1, 2, … 1,000 ms one in a hundred is above 990 ms, and the largest is 1 s.
    #[test]
    fn a_distribution_is_read_at_its_percentiles() {
        let points =
            (1..=1000).map(|rank| (f64::from(rank) / 1e3, 1.0 - f64::from(rank - 1) / 1e3)).collect();
        let x = Axis::log("latency", Unit::Seconds);
        let grid = table(&chart(x, Axis::log("share", Unit::Ratio), points));
        let cells: Vec<&str> = grid.rows.iter().map(|row| row[1].as_str()).collect();
        assert_eq!(cells, ["500 ms", "900 ms", "990 ms", "999 ms", "1 s"]);
    }

    #[test]
    fn a_long_course_is_shown_at_a_few_points() {
        let points = (0..600).map(|second| (f64::from(second), 2.0)).collect();
        let time = Axis::linear("time", Unit::Seconds);
        let grid = table(&chart(time, Axis::linear("load", Unit::PerSecond), points));
        assert_eq!(grid.rows.len(), 24);
        assert_eq!(grid.rows[1], ["25 s", "2/s"]);
    }
}
