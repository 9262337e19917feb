//! The data of a chart: grid, shades and limits behind, lines in front.

use plotters::element::Rectangle;
use plotters::style::{Color, RGBAColor, RGBColor};

use super::axis::{Extent, nearest};
use super::canvas::{Area, Canvas, Look, MARKER, Path, draw};
use super::heading::count;
use super::picture::{Frame, PX, Pen};
use super::theme::{DASHES, Theme};
use super::ticks::Tick;
use super::{Chart, Mark, Series, Style};

/// Share of the distance between two bars that is filled.
const BAR: f64 = 0.8;

/// How the series at this place is drawn.
pub fn pen(theme: &Theme, index: usize) -> Pen {
    Pen { color: color(theme, index).to_backend_color(), width: 22, dash: DASHES[index % DASHES.len()] }
}

pub fn color(theme: &Theme, index: usize) -> RGBColor {
    theme.series[index % theme.series.len()]
}

/// Every other bar is lighter, since neighbours in the palette can be equally dark in print.
pub fn bar_color(theme: &Theme, index: usize) -> RGBColor {
    let full = color(theme, index);
    if index.is_multiple_of(2) {
        return full;
    }
    let RGBColor(red, green, blue) = theme.background;
    RGBColor(full.0.midpoint(red), full.1.midpoint(green), full.2.midpoint(blue))
}

/// How points that are tried are joined: nothing is known between them.
pub fn guide_pen(theme: &Theme, index: usize) -> Pen {
    Pen { color: color(theme, index).mix(0.6).to_backend_color(), width: 10, dash: &[30, 40] }
}

/// How a limit is drawn.
pub fn limit_pen(theme: &Theme) -> Pen {
    Pen { color: theme.alarm.to_backend_color(), width: 15, dash: &[100, 60] }
}

/// How an event is drawn.
pub fn event_pen(theme: &Theme) -> Pen {
    Pen { color: theme.muted.to_backend_color(), width: 12, dash: &[40, 40] }
}

/// Whether there is a point to be drawn.
pub fn has_data(chart: &Chart, x: &Extent, y: &Extent) -> bool {
    chart.series.iter().any(|series| series.points.iter().any(|point| x.takes(point.0) && y.takes(point.1)))
}

/// The lines of the grid; those with a label are darker.
pub fn grid(canvas: &Canvas, area: &Area, (x, y): (&Extent, &Extent), x_ticks: &[Tick], y_ticks: &[Tick]) {
    let pen = |tick: &Tick| {
        let color = if tick.label.is_some() { canvas.theme.grid } else { canvas.theme.fine_grid };
        Pen { color: color.to_backend_color(), width: PX, dash: &[] }
    };
    // Fine lines first, so that they do not cut through the others.
    for labelled in [false, true] {
        for tick in x_ticks.iter().filter(|tick| tick.label.is_some() == labelled) {
            let points = vec![(tick.value, y.low), (tick.value, y.high)];
            draw(area, &Path { points, look: Look::Stroke(pen(tick)) });
        }
        for tick in y_ticks.iter().filter(|tick| tick.label.is_some() == labelled) {
            let points = vec![(x.low, tick.value), (x.high, tick.value)];
            draw(area, &Path { points, look: Look::Stroke(pen(tick)) });
        }
    }
}

/// The two lines that data stands on.
pub fn axes(canvas: &Canvas, Frame { left, top, right, bottom }: Frame) {
    let pen = Pen { color: canvas.theme.muted.to_backend_color(), width: 12, dash: &[] };
    canvas.line(vec![(left, top), (left, bottom), (right, bottom)], pen);
}

/// Whether points are drawn as markers.
pub fn is_marked(chart: &Chart) -> bool {
    chart.series.iter().any(|series| series.style == Style::Points)
}

/// Markers nearer to each other than this would hide each other.
const TOO_NEAR: i32 = MARKER;

/// Around how many markers of earlier series each point of a series stands.
fn around(chart: &Chart, index: usize, (x, y): (&Extent, &Extent), frame: Frame) -> Vec<i32> {
    let place = |(at, value): (f64, f64)| {
        let [across, up] =
            [x.share(at) * f64::from(frame.width()), y.share(value) * f64::from(frame.height())];
        (across as i32, up as i32)
    };
    let is_there = |point: &(f64, f64)| x.takes(point.0) && y.takes(point.1);
    let earlier = chart.series[..index].iter().filter(|series| series.style == Style::Points);
    let earlier: Vec<(i32, i32)> =
        earlier.flat_map(|series| &series.points).filter(|it| is_there(it)).map(|it| place(*it)).collect();
    let near = |point: &(f64, f64)| {
        let (across, up) = place(*point);
        let is_near = |other: &&(i32, i32)| (other.0 - across).abs().max((other.1 - up).abs()) < TOO_NEAR;
        if is_there(point) { count(earlier.iter().filter(is_near).count()) } else { 0 }
    };
    chart.series[index].points.iter().map(near).collect()
}

/// Everything inside of the axes but the grid; cut off at the frame, with room for half a line.
pub fn data(canvas: &Canvas, area: &Area, chart: &Chart, (x, y): (&Extent, &Extent), frame: Frame) {
    let is_marked = is_marked(chart);
    canvas.clip(Some(frame.grown(if is_marked { MARKER * 3 } else { PX })));
    for mark in &chart.marks {
        draw_mark(canvas.theme, area, mark, (x, y));
    }
    for (index, series) in chart.series.iter().enumerate() {
        draw_band(canvas.theme, area, (index, series), (x, y));
        if series.style == Style::Area {
            draw_ground(canvas.theme, area, (index, series), (x, y));
        }
    }
    draw_bars(canvas.theme, area, chart, (x, y));
    let is_line = |series: &Series| !matches!(series.style, Style::Bars | Style::Points);
    for (index, series) in chart.series.iter().enumerate() {
        if series.style == Style::Points {
            let around = around(chart, index, (x, y), frame);
            draw_points(canvas.theme, area, (index, series, &around), (x, y), frame);
        }
    }
    for (index, series) in chart.series.iter().enumerate().filter(|(_, series)| is_line(series)) {
        for run in runs(series, (x, y)) {
            let points = run.iter().map(|index| series.points[*index]).collect();
            let points = if series.style == Style::Steps { steps(points) } else { points };
            draw(area, &Path { points, look: Look::Stroke(pen(canvas.theme, index)) });
        }
    }
    canvas.clip(None);
}

fn draw_mark(theme: &Theme, area: &Area, mark: &Mark, (x, y): (&Extent, &Extent)) {
    match mark {
        Mark::Event { at, .. } if x.takes(*at) => {
            let points = vec![(*at, y.low), (*at, y.high)];
            draw(area, &Path { points, look: Look::Stroke(event_pen(theme)) });
        }
        Mark::Window { from, to, .. } if x.takes(*from) && x.takes(*to) => {
            let color = theme.muted.mix(0.13);
            draw(area, &Rectangle::new([(*from, y.low), (*to, y.high)], color.filled()));
        }
        Mark::Limit { at, .. } if y.takes(*at) => {
            let points = vec![(x.low, *at), (x.high, *at)];
            draw(area, &Path { points, look: Look::Stroke(limit_pen(theme)) });
        }
        Mark::Failing { points, .. } => draw_failing(theme, area, points, (x, y)),
        Mark::Event { .. } | Mark::Window { .. } | Mark::Limit { .. } => {}
    }
}

/// Hangs from the upper edge: where half fails, it reaches down to the middle.
fn draw_failing(theme: &Theme, area: &Area, points: &[(f64, f64)], (x, y): (&Extent, &Extent)) {
    let is_shown = |point: &&(f64, f64)| x.takes(point.0) && point.1.is_finite();
    let shown: Vec<(f64, f64)> = points.iter().filter(is_shown).copied().collect();
    if shown.is_empty() {
        return;
    }
    let upper = shown.iter().map(|(at, _)| (*at, y.high));
    let lower: Vec<(f64, f64)> =
        shown.iter().map(|(at, share)| (*at, y.at(1.0 - share.clamp(0.0, 1.0)))).collect();
    let look = Look::Shade { lower: lower.len(), color: failing_color(theme).to_backend_color() };
    draw(area, &Path { points: upper.chain(lower).collect(), look });
}

/// How the share that fails is drawn.
pub fn failing_color(theme: &Theme) -> RGBAColor {
    theme.alarm.mix(0.25)
}

/// Stretches of points that can be drawn, as indices; what lies between two of them is a gap.
fn runs(series: &Series, (x, y): (&Extent, &Extent)) -> Vec<Vec<usize>> {
    let takes = |index: &usize| x.takes(series.points[*index].0) && y.takes(series.points[*index].1);
    let indices: Vec<usize> = (0..series.points.len()).collect();
    let runs = indices.chunk_by(|one, next| takes(one) == takes(next));
    runs.filter(|run| takes(&run[0])).map(<[usize]>::to_vec).collect()
}

/// Corners of a line that holds each value until the next point.
fn steps(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::with_capacity(2 * points.len());
    for point in points {
        if let Some(last) = corners.last().copied() {
            corners.push((point.0, last.1));
        }
        corners.push(point);
    }
    corners
}

fn draw_band(theme: &Theme, area: &Area, (index, series): (usize, &Series), (x, y): (&Extent, &Extent)) {
    let Some(band) = series.band.as_ref().filter(|_| series.style != Style::Points) else { return };
    for run in runs(series, (x, y)) {
        let bounds = |place: &usize| {
            band.get(*place).copied().filter(|(low, high)| low.is_finite() && high.is_finite())
        };
        for run in run.chunk_by(|one, next| bounds(one).is_some() == bounds(next).is_some()) {
            let line = |pick: fn((f64, f64)) -> f64| -> Vec<(f64, f64)> {
                let points =
                    run.iter().filter_map(|place| Some((series.points[*place].0, pick(bounds(place)?))));
                points.map(|(x, value)| (x, value.clamp(y.low, y.high))).collect()
            };
            let (upper, lower) = (line(|bounds| bounds.1), line(|bounds| bounds.0));
            let held = |points| if series.style == Style::Steps { steps(points) } else { points };
            draw_shade(area, held(upper), held(lower), color(theme, index));
        }
    }
}

/// Each point with a whisker for its band. The guides end where a point has no place, such as one that fails. `around` has for
/// each point how many markers of earlier series it stands around.
fn draw_points(
    theme: &Theme,
    area: &Area,
    (index, series, around): (usize, &Series, &[i32]),
    (x, y): (&Extent, &Extent),
    frame: Frame,
) {
    let color = color(theme, index);
    for run in runs(series, (x, y)) {
        let points: Vec<(f64, f64)> = run.iter().map(|place| series.points[*place]).collect();
        if points.len() > 1 {
            draw(area, &Path { points, look: Look::Stroke(guide_pen(theme, index)) });
        }
        for place in &run {
            let (at, value) = series.points[*place];
            let band = series.band.as_ref().and_then(|band| band.get(*place));
            let Some((low, high)) = band.filter(|(low, high)| low.is_finite() && !high.is_nan()) else {
                continue;
            };
            let whisker = Look::Stroke(Pen { color: color.to_backend_color(), width: 15, dash: &[] });
            let top = if high.is_finite() { high.clamp(y.low, y.high) } else { open_end(value, y, frame) };
            draw(area, &Path { points: vec![(at, low.clamp(y.low, y.high)), (at, top)], look: whisker });
            if high.is_infinite() {
                draw(area, &Path { points: arrow((at, top), (x, y), frame), look: whisker });
            }
        }
        for place in run {
            let look = Look::Marker { form: index, color: color.to_backend_color(), around: around[place] };
            draw(area, &Path { points: vec![series.points[place]], look });
        }
    }
}

/// So far above its marker a whisker ends that is open.
const OPEN: i32 = 26 * PX;
/// The head of an arrow is so wide to each side, and as high.
const HEAD: i32 = 4 * PX;

/// Where a whisker without an upper end ends in the picture.
fn open_end(value: f64, y: &Extent, frame: Frame) -> f64 {
    y.at((y.share(value) + f64::from(OPEN) / f64::from(frame.height())).min(1.0))
}

/// The head of an arrow that points up to here.
fn arrow((at, top): (f64, f64), (x, y): (&Extent, &Extent), frame: Frame) -> Vec<(f64, f64)> {
    let aside = f64::from(HEAD) / f64::from(frame.width());
    let below = y.at(y.share(top) - f64::from(HEAD) / f64::from(frame.height()));
    vec![(x.at(x.share(at) - aside), below), (at, top), (x.at(x.share(at) + aside), below)]
}

/// The shade between a line and the axis, or zero where zero is inside.
fn draw_ground(theme: &Theme, area: &Area, (index, series): (usize, &Series), (x, y): (&Extent, &Extent)) {
    let base = baseline(y);
    for run in runs(series, (x, y)) {
        let upper: Vec<(f64, f64)> = run.iter().map(|place| series.points[*place]).collect();
        let lower = upper.iter().map(|(x, _)| (*x, base)).collect();
        draw_shade(area, upper, lower, color(theme, index));
    }
}

fn draw_shade(area: &Area, mut upper: Vec<(f64, f64)>, lower: Vec<(f64, f64)>, color: RGBColor) {
    if lower.is_empty() {
        return;
    }
    let count = lower.len();
    upper.extend(lower);
    draw(
        area,
        &Path { points: upper, look: Look::Shade { lower: count, color: color.mix(0.2).to_backend_color() } },
    );
}

fn baseline(y: &Extent) -> f64 {
    if y.contains(0.0) { 0.0 } else { y.low }
}

fn draw_bars(theme: &Theme, area: &Area, chart: &Chart, (x, y): (&Extent, &Extent)) {
    let bars: Vec<(usize, &Series)> =
        chart.series.iter().enumerate().filter(|(_, series)| series.style == Style::Bars).collect();
    for (place, (index, series)) in bars.iter().enumerate() {
        let shares: Vec<f64> =
            series.points.iter().filter(|point| x.takes(point.0)).map(|point| x.share(point.0)).collect();
        // A lone bar takes a tenth of the width.
        let room = if shares.len() > 1 { nearest(&shares) } else { 0.1 } * BAR;
        let width = room / bars.len() as f64;
        for (at, height) in series.points.iter().filter(|point| x.takes(point.0) && y.takes(point.1)) {
            let left = x.share(*at) - room / 2.0 + width * place as f64;
            let corners = [(x.at(left), baseline(y)), (x.at(left + width), *height)];
            draw(area, &Rectangle::new(corners, bar_color(theme, *index).filled()));
        }
    }
}
