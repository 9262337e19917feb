//! Bars with names beside them, one below the other: for what is compared and not followed over an axis.

use super::axis::Extent;
use super::canvas::Canvas;
use super::heading::{Heading, PANEL_TITLE, TEXT, Width, count, to_base};
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
    /// How long it is; not a number if it has no value, more than any number if it fails.
    #[serde(deserialize_with = "gaps::number", serialize_with = "gaps::write_number")]
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
/// The line above a bar that has its name and its note there, on a phone.
const LINE: i32 = 20 * PX;
/// Half the height of a bar.
const HALF: i32 = 8 * PX;
const NAME_WIDEST: i32 = 300 * PX;
const NOTE_WIDEST: i32 = 330 * PX;
/// Below the bars: the labels of the ticks.
const FOOT: i32 = 30 * PX;
const GAP: i32 = 8 * PX;
/// From one stroke of a hatched bar to the next.
const HATCH: i32 = 8 * PX;

/// The finished picture.
pub fn picture(bars: &Bars, theme: &Theme, width: Width) -> Picture {
    let heading = Heading::new(&bars.title, &bars.caption, width);
    let row = row(width);
    let rows =
        |panel: &BarPanel| title_height(panel, width) + GAP + count(panel.bars.len()) * row + FOOT + 18 * PX;
    let margin = width.margin();
    let height = heading.bottom() + bars.panels.iter().map(rows).sum::<i32>() + margin;
    let canvas = Canvas::new(width.length(), height, theme);
    heading.draw(&canvas);
    let all = || bars.panels.iter().flat_map(|panel| &panel.bars);
    let widest = |widths: &mut dyn Iterator<Item = i32>| widths.max().unwrap_or(0);
    let names = widest(&mut all().map(|bar| TEXT.width(&TEXT.fit(&bar.name, NAME_WIDEST))));
    let notes = widest(&mut all().map(|bar| TEXT.width(&TEXT.fit(&bar.note, NOTE_WIDEST))));
    let (left, right) = match width {
        Width::Wide => (margin + names + GAP, width.length() - margin - notes - 2 * GAP),
        // The labels of the ticks reach beyond the ends.
        Width::Narrow => (margin + 2 * GAP, width.length() - margin - 3 * GAP),
    };
    let mut top = heading.bottom();
    for panel in &bars.panels {
        let axes_top = top + title_height(panel, width) + GAP;
        let axes = Frame { left, top: axes_top, right, bottom: axes_top + count(panel.bars.len()) * row };
        name(&canvas, panel, top, width);
        draw(&canvas, panel, axes, width);
        top += rows(panel);
    }
    if bars.panels.is_empty() {
        canvas.text("no data", (width.length() / 2, top), Anchor::Middle, PANEL_TITLE, theme.muted);
    }
    canvas.finish()
}

const fn row(width: Width) -> i32 {
    match width {
        Width::Wide => ROW,
        Width::Narrow => ROW + LINE,
    }
}

/// On a phone the limit has a line below the title.
fn title_height(panel: &BarPanel, width: Width) -> i32 {
    let is_second = width == Width::Narrow && panel.limit.is_some();
    PANEL_TITLE.line_height() + if is_second { LINE } else { 0 }
}

/// The title of a panel, and what its limit is of.
fn name(canvas: &Canvas, panel: &BarPanel, top: i32, width: Width) {
    let base = top + PANEL_TITLE.size;
    let (margin, end) = (width.margin(), width.length() - width.margin());
    let room = if width == Width::Wide { width.length() / 2 - margin } else { width.inside() };
    let title = PANEL_TITLE.fit(&panel.title, room);
    canvas.text(&title, (margin, base), Anchor::Start, PANEL_TITLE, canvas.theme.ink);
    if let Some((_, label)) = &panel.limit {
        let base = if width == Width::Wide { base } else { base + LINE };
        let label = TEXT.fit(label, room - 50 * PX);
        let left = match width {
            Width::Wide => end - TEXT.width(&label),
            Width::Narrow => margin + 28 * PX + GAP,
        };
        canvas.text(&label, (left, base), Anchor::Start, TEXT, canvas.theme.ink);
        let (right, middle) = (left - GAP, base - to_base(TEXT));
        canvas.line(vec![(right - 28 * PX, middle), (right, middle)], plot::limit_pen(canvas.theme));
    }
}

/// What a bar is of, and its note: beside it, or above it on a phone.
fn name_bar(canvas: &Canvas, bar: &Bar, (axes, middle): (Frame, i32), width: Width) {
    let ink = canvas.theme.ink;
    let (names, notes, base) = match width {
        Width::Wide => (NAME_WIDEST, NOTE_WIDEST, middle + to_base(TEXT)),
        Width::Narrow => {
            let notes = width.inside() * 2 / 3;
            let note = TEXT.width(&TEXT.fit(&bar.note, notes));
            (width.inside() - note - 2 * GAP, notes, middle - HALF - 5 * PX)
        }
    };
    let (name, note) = (TEXT.fit(&bar.name, names), TEXT.fit(&bar.note, notes));
    match width {
        Width::Wide => {
            canvas.text(&name, (axes.left - GAP, base), Anchor::End, TEXT, ink);
            canvas.text(&note, (axes.right + 2 * GAP, base), Anchor::Start, TEXT, ink);
        }
        Width::Narrow => {
            canvas.text(&name, (width.margin(), base), Anchor::Start, TEXT, ink);
            let end = width.length() - width.margin();
            canvas.text(&note, (end, base), Anchor::End, TEXT, ink);
        }
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

fn draw(canvas: &Canvas, panel: &BarPanel, axes: Frame, width: Width) {
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
        if x - half >= PX && x + half + PX <= width.length() {
            canvas.text(label, (x, axes.bottom + 20 * PX), Anchor::Middle, TEXT, theme.ink);
        }
    }
    let mut points = Vec::new();
    for (index, bar) in panel.bars.iter().enumerate() {
        let middle = axes.top + count(index + 1) * row(width) - ROW / 2;
        name_bar(canvas, bar, (axes, middle), width);
        if bar.value == f64::INFINITY {
            hatched(canvas, Frame { top: middle - HALF, bottom: middle + HALF, ..axes });
        }
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

/// A bar of full length that is no value: what fails is worse than any. Its strokes are seen in print too.
fn hatched(canvas: &Canvas, frame: Frame) {
    let color = canvas.theme.alarm;
    canvas.rectangle(frame, color.mix(0.15).to_backend_color());
    let pen = |width| Pen { color: color.to_backend_color(), width, dash: &[] };
    canvas.clip(Some(frame));
    for left in (frame.left - frame.height()..frame.right).step_by(HATCH as usize) {
        canvas.line(vec![(left, frame.bottom), (left + frame.height(), frame.top)], pen(12));
    }
    canvas.clip(None);
    let Frame { left, top, right, bottom } = frame;
    canvas.line(vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], pen(PX));
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
