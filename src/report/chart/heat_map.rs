//! A colour for each pair of two settings, with the number in it.

use super::canvas::Canvas;
use super::heading::{Heading, TEXT, Width, count, to_base};
use super::picture::{Anchor, Frame, PX, Pen, Picture};
use super::text::Face;
use super::theme::Theme;
use super::{Unit, gaps};
use plotters::style::{Color, RGBColor};
use plotters_backend::BackendColor;
use serde::{Deserialize, Serialize};

/// Cells in rows and columns.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct HeatMap {
    /// What is seen, as a statement.
    pub title: String,
    /// One sentence: how to read it.
    pub caption: String,
    /// Left to right.
    pub across: Edge,
    /// Bottom to top.
    pub up: Edge,
    /// What the cells count.
    pub unit: Unit,
    /// The cells, row by row from the bottom, each row left to right; not a number where there is no value, and more than any
    /// number where it fails.
    #[serde(deserialize_with = "gaps::numbers", serialize_with = "gaps::write_numbers")]
    pub cells: Vec<f64>,
    /// Of each cell whether it is crossed out.
    pub crossed: Vec<bool>,
    /// Of each cell whether it has a question mark; none has one without this.
    #[serde(default)]
    pub open: Vec<bool>,
}

/// What varies along one edge.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Edge {
    /// What it is.
    pub label: String,
    /// Its values.
    pub names: Vec<String>,
}

/// More rows or columns than this are no picture.
const EDGE_MAX: usize = 2_000;

impl HeatMap {
    /// Whether there is a cell for each pair of values, and no more of them than can be seen.
    pub(super) fn is_whole(&self) -> bool {
        let (columns, rows) = (self.across.names.len(), self.up.names.len());
        let cells = columns * rows;
        let is_marked = [0, cells].contains(&self.open.len()) && self.crossed.len() == cells;
        columns.max(rows) <= EDGE_MAX && self.cells.len() == cells && is_marked
    }
}

/// From dark to bright, even for eyes that see few colours and in print: J. Nuñez, C. Anderton and R. Renslow,
/// "Optimizing colormaps with consideration for color vision deficiency", PLOS ONE 13(7), 2018 (cividis), at nine
/// even steps.
const RAMP: [(u8, u8, u8); 9] = [
    (0, 32, 76),
    (0, 48, 111),
    (57, 72, 107),
    (87, 93, 109),
    (112, 113, 115),
    (138, 134, 120),
    (166, 157, 117),
    (196, 181, 108),
    (255, 233, 69),
];
/// Where the largest is so many times the smallest, colours are spread by equal factors.
const SPAN: f64 = 30.0;
const HEIGHT: i32 = 675 * PX;
/// A row is at most so high.
const ROW_HIGHEST: i32 = 60 * PX;
const ROW_LEAST: i32 = 14 * PX;
const FOOT: i32 = 64 * PX;
const SCALE_WIDTH: i32 = 22 * PX;
/// The letters of a cell that has no room for larger ones.
const SMALL: Face = Face::regular(11 * PX);
/// On a phone the scale of the colours lies below the cells: its gap, its bar, its numbers.
const SCALE_BELOW: i32 = 14 * PX + SCALE_WIDTH + 24 * PX;

/// To the right: the scale of the colours.
const fn scale_room(width: Width) -> i32 {
    match width {
        Width::Wide => 150 * PX,
        Width::Narrow => 8 * PX,
    }
}

const fn name_widest(width: Width) -> i32 {
    match width {
        Width::Wide => 200 * PX,
        Width::Narrow => 90 * PX,
    }
}

/// Which share of the ramp a value has.
struct Spread {
    low: f64,
    high: f64,
    is_log: bool,
}

impl Spread {
    fn of(cells: &[f64]) -> Option<Self> {
        let values = || cells.iter().copied().filter(|value| value.is_finite() && value.abs() < 1e300);
        let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
        Some(Self { low, high, is_log: low > 0.0 && high / low >= SPAN })
    }

    fn share(&self, value: f64) -> f64 {
        let place = |value: f64| if self.is_log { libm::log(value) } else { value };
        let length = place(self.high) - place(self.low);
        if length > 0.0 { ((place(value) - place(self.low)) / length).clamp(0.0, 1.0) } else { 0.5 }
    }

    fn at(&self, share: f64) -> f64 {
        if self.is_log {
            return self.low * libm::exp(share * (libm::log(self.high) - libm::log(self.low)));
        }
        self.low + share * (self.high - self.low)
    }
}

fn ramp(share: f64) -> RGBColor {
    let place = share * (RAMP.len() - 1) as f64;
    let index = (place as usize).min(RAMP.len() - 2);
    let (one, next, part) = (RAMP[index], RAMP[index + 1], place - index as f64);
    let mix =
        |one: u8, next: u8| libm::round(f64::from(one) + part * (f64::from(next) - f64::from(one))) as u8;
    RGBColor(mix(one.0, next.0), mix(one.1, next.1), mix(one.2, next.2))
}

/// Ink that can be read on a colour; not the inks of a theme, which are turned around on dark pages.
fn ink_on(color: RGBColor) -> RGBColor {
    let RGBColor(red, green, blue) = color;
    let light = 0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue);
    if light > 125.0 { RGBColor(12, 12, 12) } else { RGBColor(250, 250, 250) }
}

/// The finished picture.
pub fn picture(map: &HeatMap, theme: &Theme, width: Width) -> Picture {
    let heading = Heading::new(&map.title, &map.caption, width);
    let (columns, rows) = (count(map.across.names.len()), count(map.up.names.len()));
    let top = heading.bottom() + 26 * PX;
    let row = ((HEIGHT - FOOT - top) / rows.max(1)).clamp(ROW_LEAST, ROW_HIGHEST);
    let below = if width == Width::Narrow { SCALE_BELOW } else { 0 };
    let height = top + row * rows.max(1) + FOOT + below;
    let canvas = Canvas::new(width.length(), height, theme);
    heading.draw(&canvas);
    let names = |name: &String| TEXT.width(&TEXT.fit(name, name_widest(width)));
    let names = map.up.names.iter().map(names).max().unwrap_or(0);
    let left = width.margin() + names + 8 * PX;
    let axes = Frame { left, top, right: width.length() - scale_room(width), bottom: top + row * rows };
    let spread = Spread::of(&map.cells).filter(|_| columns > 0 && rows > 0);
    let Some(spread) = spread else {
        canvas.text("no data", (width.length() / 2, top + row), Anchor::Middle, TEXT, theme.muted);
        return canvas.finish();
    };
    let column = |index: i32| axes.left + index * axes.width() / columns;
    for up in 0..rows {
        for across in 0..columns {
            let frame = Frame {
                left: column(across),
                top: axes.bottom - (up + 1) * row,
                right: column(across + 1),
                bottom: axes.bottom - up * row,
            };
            cell(&canvas, map, &spread, (up * columns + across) as usize, frame);
        }
    }
    edges(&canvas, map, (axes, row), width);
    match width {
        Width::Wide => scale(&canvas, map, &spread, axes),
        Width::Narrow => scale_below(&canvas, map, &spread, axes),
    }
    canvas.finish()
}

fn cell(canvas: &Canvas, map: &HeatMap, spread: &Spread, index: usize, frame: Frame) {
    let value = map.cells.get(index).copied().unwrap_or(f64::NAN);
    let is_crossed = map.crossed.get(index).copied().unwrap_or(false);
    let middle = (i32::midpoint(frame.left, frame.right), i32::midpoint(frame.top, frame.bottom));
    let mut ink = canvas.theme.muted;
    if value.is_finite() {
        let color = ramp(spread.share(value));
        let line = PX / 2;
        let inner = Frame { right: frame.right - line, bottom: frame.bottom - line, ..frame };
        canvas.rectangle(inner, color.to_backend_color());
        ink = ink_on(color);
    }
    let is_open = map.open.get(index).copied().unwrap_or(false);
    let mark = match (is_crossed, is_open) {
        (true, _) => "✗ ",
        (false, true) => "? ",
        (false, false) => "",
    };
    let number = map.unit.show(value);
    // The scale has the unit too.
    let short = number.split(' ').next().unwrap_or_default();
    let texts = [(TEXT, number.as_str()), (SMALL, &number), (SMALL, short)];
    let has_room = |face: Face, text: &str| {
        face.width(text) + 4 * PX <= frame.width() && face.line_height() <= frame.height()
    };
    let texts = texts.map(|(face, number)| (face, format!("{mark}{number}")));
    if let Some((face, text)) = texts.iter().find(|(face, text)| has_room(*face, text)) {
        canvas.text(text, (middle.0, middle.1 + to_base(*face)), Anchor::Middle, *face, ink);
    } else if is_crossed {
        let pen = Pen { color: ink.to_backend_color(), width: 12, dash: &[] };
        canvas.line(vec![(frame.left, frame.bottom), (frame.right, frame.top)], pen);
    }
}

/// The names along the left and the lower edge, as many as fit.
fn edges(canvas: &Canvas, map: &HeatMap, (axes, row): (Frame, i32), width: Width) {
    let (ink, muted) = (canvas.theme.ink, canvas.theme.muted);
    let label = TEXT.fit(&map.up.label, width.inside());
    canvas.text(&label, (width.margin(), axes.top - 10 * PX), Anchor::Start, TEXT, muted);
    let every = (TEXT.line_height() + row - 1) / row;
    for (index, name) in map.up.names.iter().enumerate().step_by(every.max(1) as usize) {
        let base = axes.bottom - count(index) * row - row / 2 + to_base(TEXT);
        canvas.text(&TEXT.fit(name, name_widest(width)), (axes.left - 8 * PX, base), Anchor::End, TEXT, ink);
    }
    let column = axes.width() / count(map.across.names.len());
    let mut end = width.margin();
    for (index, name) in map.across.names.iter().enumerate() {
        let name = TEXT.fit(name, name_widest(width));
        let middle = axes.left + count(index) * axes.width() / count(map.across.names.len()) + column / 2;
        let half = TEXT.width(&name) / 2;
        if middle - half >= end && middle + half <= width.length() {
            canvas.text(&name, (middle, axes.bottom + 22 * PX), Anchor::Middle, TEXT, ink);
            end = middle + half + 10 * PX;
        }
    }
    let label = TEXT.fit(&map.across.label, axes.width());
    let middle = i32::midpoint(axes.left, axes.right);
    canvas.text(&label, (middle, axes.bottom + 46 * PX), Anchor::Middle, TEXT, muted);
}

/// So many colours make the scale.
const STEPS: i32 = 64;

/// Which colour is which number, to the right of the cells.
fn scale(canvas: &Canvas, map: &HeatMap, spread: &Spread, axes: Frame) {
    let left = axes.right + 24 * PX;
    let height = axes.height();
    // Each reaches down below those after it, so that no seams are seen between them.
    for step in (0..STEPS).rev() {
        let top = axes.bottom - (step + 1) * height / STEPS;
        let frame = Frame { left, top, right: left + SCALE_WIDTH, bottom: axes.bottom };
        canvas.rectangle(frame, color_of(step));
    }
    let labels = if height >= 4 * TEXT.line_height() { &[0.0, 0.5, 1.0][..] } else { &[0.0, 1.0] };
    // The first and the last stand within the scale.
    let inset = TEXT.line_height() / 2;
    for share in labels.iter().filter(|share| height >= 2 * TEXT.line_height() || **share == 0.0) {
        let middle = axes.bottom - inset - libm::round(share * f64::from(height - 2 * inset)) as i32;
        let room = scale_room(Width::Wide) - 24 * PX - SCALE_WIDTH - 8 * PX;
        let text = TEXT.fit(&map.unit.show(spread.at(*share)), room);
        let at = (left + SCALE_WIDTH + 6 * PX, middle + to_base(TEXT));
        canvas.text(&text, at, Anchor::Start, TEXT, canvas.theme.ink);
    }
}

/// The same below them, where a phone has room.
fn scale_below(canvas: &Canvas, map: &HeatMap, spread: &Spread, axes: Frame) {
    let (left, right) = (Width::Narrow.margin(), axes.right);
    let top = axes.bottom + FOOT;
    for step in (0..STEPS).rev() {
        let end = left + (step + 1) * (right - left) / STEPS;
        canvas.rectangle(Frame { left, top, right: end, bottom: top + SCALE_WIDTH }, color_of(step));
    }
    let base = top + SCALE_WIDTH + 20 * PX;
    let middle = i32::midpoint(left, right);
    for (share, at, anchor) in
        [(0.0, left, Anchor::Start), (0.5, middle, Anchor::Middle), (1.0, right, Anchor::End)]
    {
        let text = TEXT.fit(&map.unit.show(spread.at(share)), (right - left) / 3 - 4 * PX);
        canvas.text(&text, (at, base), anchor, TEXT, canvas.theme.ink);
    }
}

fn color_of(step: i32) -> BackendColor {
    ramp(f64::from(step) / f64::from(STEPS - 1)).to_backend_color()
}
