//! Bars with names beside them, one below the other: for what is compared and not followed over an axis.

use super::axis::Extent;
use super::canvas::Canvas;
use super::heading::{Heading, MARGIN, PANEL_TITLE, TEXT, WIDTH, count, to_base};
use super::picture::{Anchor, Frame, PX, Pen, Picture};
use super::sheet::x_ticks;
use super::theme::Theme;
use super::{Axis, gaps, plot};
use plotters::style::Color;
use serde::{Deserialize, Serialize};

/// Bars in panels below each other, each with an axis of its own that begins at zero.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Bars {
    /// What is seen, as a statement.
    pub title: String,
    /// One sentence: how to read it.
    pub caption: String,
    /// Top to bottom.
    pub panels: Vec<BarPanel>,
}

/// Bars that share an axis.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct BarPanel {
    /// What is measured.
    pub title: String,
    /// Left to right.
    pub axis: Axis,
    /// Top to bottom.
    pub bars: Vec<Bar>,
    /// A value not to be crossed, and of what.
    pub limit: Option<(f64, String)>,
    /// Whether the points of the bars are joined to a line.
    pub is_joined: bool,
}

/// One bar.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Bar {
    /// What it is of.
    pub name: String,
    /// How long it is; not a number if it has no value.
    #[serde(deserialize_with = "gaps::number")]
    pub value: f64,
    /// Low and high, such as a 95 % interval.
    #[serde(deserialize_with = "gaps::pair")]
    pub interval: Option<(f64, f64)>,
    /// Another value beside it.
    pub point: Option<f64>,
    /// What stands behind it.
    pub note: String,
    /// Which of the colours it has.
    pub look: usize,
}

/// From one bar to the next.
const ROW: i32 = 24 * PX;
/// Half the height of a bar.
const HALF: i32 = 8 * PX;
const NAME_WIDEST: i32 = 300 * PX;
const NOTE_WIDEST: i32 = 330 * PX;
/// Below the bars: the labels of the ticks.
const FOOT: i32 = 30 * PX;
const GAP: i32 = 8 * PX;

/// The finished picture.
pub fn picture(bars: &Bars, theme: &Theme) -> Picture {
    let heading = Heading::new(&bars.title, &bars.caption);
    let rows =
        |panel: &BarPanel| PANEL_TITLE.line_height() + GAP + count(panel.bars.len()) * ROW + FOOT + 18 * PX;
    let height = heading.bottom() + bars.panels.iter().map(rows).sum::<i32>() + MARGIN;
    let canvas = Canvas::new(WIDTH, height, theme);
    heading.draw(&canvas);
    let all = || bars.panels.iter().flat_map(|panel| &panel.bars);
    let widest = |widths: &mut dyn Iterator<Item = i32>| widths.max().unwrap_or(0);
    let names = widest(&mut all().map(|bar| TEXT.width(&TEXT.fit(&bar.name, NAME_WIDEST))));
    let notes = widest(&mut all().map(|bar| TEXT.width(&TEXT.fit(&bar.note, NOTE_WIDEST))));
    let (left, right) = (MARGIN + names + GAP, WIDTH - MARGIN - notes - 2 * GAP);
    let mut top = heading.bottom();
    for panel in &bars.panels {
        let axes_top = top + PANEL_TITLE.line_height() + GAP;
        let axes = Frame { left, top: axes_top, right, bottom: axes_top + count(panel.bars.len()) * ROW };
        name(&canvas, panel, top);
        draw(&canvas, panel, axes);
        top += rows(panel);
    }
    if bars.panels.is_empty() {
        canvas.text("no data", (WIDTH / 2, top), Anchor::Middle, PANEL_TITLE, theme.muted);
    }
    canvas.finish()
}

/// The title of a panel, and what its limit is of.
fn name(canvas: &Canvas, panel: &BarPanel, top: i32) {
    let base = top + PANEL_TITLE.size;
    let title = PANEL_TITLE.fit(&panel.title, WIDTH / 2 - MARGIN);
    canvas.text(&title, (MARGIN, base), Anchor::Start, PANEL_TITLE, canvas.theme.ink);
    if let Some((_, label)) = &panel.limit {
        let label = TEXT.fit(label, WIDTH / 2 - MARGIN - 50 * PX);
        canvas.text(&label, (WIDTH - MARGIN, base), Anchor::End, TEXT, canvas.theme.ink);
        let (end, middle) = (WIDTH - MARGIN - TEXT.width(&label) - GAP, base - to_base(TEXT));
        canvas.line(vec![(end - 28 * PX, middle), (end, middle)], plot::limit_pen(canvas.theme));
    }
}

fn extent(panel: &BarPanel) -> Extent {
    let ends = |bar: &Bar| {
        let (low, high) = bar.interval.unwrap_or((bar.value, bar.value));
        [bar.value, low.max(0.0), high, bar.point.unwrap_or(bar.value)]
    };
    let limit = panel.limit.iter().map(|(at, _)| *at);
    let values: Vec<f64> = panel.bars.iter().flat_map(ends).chain(limit).collect();
    Extent::vertical(&panel.axis, &values)
}

fn draw(canvas: &Canvas, panel: &BarPanel, axes: Frame) {
    let theme = canvas.theme;
    let extent = extent(panel);
    let place = |value: f64| {
        let share = extent.share(value).clamp(0.0, 1.0);
        axes.left + libm::round(share * f64::from(axes.width())) as i32
    };
    let thin =
        |color: plotters::style::RGBColor, width| Pen { color: color.to_backend_color(), width, dash: &[] };
    for tick in x_ticks(&extent, axes.width()) {
        let Some(label) = &tick.label else { continue };
        let x = place(tick.value);
        canvas.line(vec![(x, axes.top), (x, axes.bottom)], thin(theme.grid, PX));
        let half = TEXT.width(label) / 2;
        if x - half >= 0 && x + half <= WIDTH {
            canvas.text(label, (x, axes.bottom + 20 * PX), Anchor::Middle, TEXT, theme.ink);
        }
    }
    let mut points = Vec::new();
    for (index, bar) in panel.bars.iter().enumerate() {
        let middle = axes.top + count(index) * ROW + ROW / 2;
        let name = TEXT.fit(&bar.name, NAME_WIDEST);
        canvas.text(&name, (axes.left - GAP, middle + to_base(TEXT)), Anchor::End, TEXT, theme.ink);
        let note = TEXT.fit(&bar.note, NOTE_WIDEST);
        canvas.text(&note, (axes.right + 2 * GAP, middle + to_base(TEXT)), Anchor::Start, TEXT, theme.ink);
        if extent.takes(bar.value) {
            let right = place(bar.value);
            let color = plot::bar_color(theme, bar.look).to_backend_color();
            canvas.rectangle(
                Frame { left: axes.left, top: middle - HALF, right, bottom: middle + HALF },
                color,
            );
        }
        whisker(canvas, bar.interval.map(|(low, high)| (place(low), place(high))), middle);
        points.extend(bar.point.filter(|point| extent.takes(*point)).map(|point| (place(point), middle)));
    }
    if let Some((at, _)) = panel.limit.as_ref().filter(|(at, _)| extent.takes(*at)) {
        canvas.line(vec![(place(*at), axes.top), (place(*at), axes.bottom)], plot::limit_pen(theme));
    }
    if panel.is_joined {
        canvas.line(points.clone(), plot::pen(theme, 1));
    }
    for (x, y) in points {
        let radius = 5 * PX;
        let color = plot::color(theme, 1).to_backend_color();
        canvas.polygon(vec![(x - radius, y), (x, y - radius), (x + radius, y), (x, y + radius)], color);
    }
    canvas.line(vec![(axes.left, axes.top), (axes.left, axes.bottom)], thin(theme.muted, 12));
}

/// An interval: a line with a stroke across each end.
fn whisker(canvas: &Canvas, interval: Option<(i32, i32)>, middle: i32) {
    let Some((low, high)) = interval.filter(|(low, high)| high > low) else { return };
    // Seen on a bar as dark as its line.
    for (color, width) in [(canvas.theme.background, 40), (canvas.theme.ink, 15)] {
        let pen = Pen { color: color.to_backend_color(), width, dash: &[] };
        canvas.line(vec![(low, middle), (high, middle)], pen);
        for end in [low, high] {
            canvas.line(vec![(end, middle - 4 * PX), (end, middle + 4 * PX)], pen);
        }
    }
}
