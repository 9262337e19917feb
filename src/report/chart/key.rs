//! Says which line is which: names beside the ends of the lines where there is room, else a legend above.

use plotters::style::Color;
use plotters_backend::BackendColor;

use super::axis::Extent;
use super::canvas::{Canvas, marker};
use super::heading::Width;
use super::picture::{Anchor, Frame, PX, Pen};
use super::text::Face;
use super::theme::Theme;
use super::{Chart, Mark, Style, plot};

pub const FACE: Face = Face::regular(15 * PX);
/// From one name to the next below it.
const LINE: i32 = 20 * PX;
/// A name may stand this far from the end of its line.
const FURTHEST: i32 = 24 * PX;
/// A line whose end is further from the right edge has no name beside it: share of the width.
const EDGE_SHARE: f64 = 0.985;
const SWATCH: i32 = 28 * PX;
const GAP: i32 = 7 * PX;
const WIDEST: i32 = 200 * PX;
/// A legend has at most so many rows …
const LEGEND_ROWS: i32 = 4;
/// … or so many on a phone, where a row holds one name or two.
const NARROW_ROWS: i32 = 8;

/// A name and the sample that stands before it.
pub struct Entry {
    name: String,
    sample: Sample,
    /// Height on the y axis where the line ends, as a share of it; none if it ends elsewhere.
    end: Option<f64>,
    is_limit: bool,
}

enum Sample {
    Line(Pen),
    Box(BackendColor),
    Marker { form: usize, color: BackendColor },
}

impl Entry {
    /// Whether it names a mark, and no line.
    pub const fn is_limit(&self) -> bool {
        self.is_limit
    }

    pub fn width(&self) -> i32 {
        SWATCH + GAP + FACE.width(&self.name)
    }

    fn draw(&self, canvas: &Canvas, (left, middle): (i32, i32)) {
        match self.sample {
            Sample::Line(pen) => canvas.line(vec![(left, middle), (left + SWATCH, middle)], pen),
            Sample::Box(color) => {
                let (top, bottom) = (middle - 6 * PX, middle + 6 * PX);
                canvas.rectangle(Frame { left, top, right: left + SWATCH, bottom }, color);
            }
            Sample::Marker { form, color } => {
                canvas.polygon(marker(form, (left + SWATCH / 2, middle)), color);
            }
        }
        // Half the height of a capital letter below the middle.
        let at = (left + SWATCH + GAP, middle + FACE.size * 36 / 100);
        canvas.text(&self.name, at, Anchor::Start, FACE, canvas.theme.ink);
    }
}

/// What has a name: the series, then the limits and what fails.
pub fn entries(chart: &Chart, theme: &Theme, x: &Extent, y: &Extent) -> Vec<Entry> {
    let series = chart.series.iter().enumerate().map(|(index, series)| {
        let last = series.points.iter().rev().find(|(at, value)| x.takes(*at) && y.takes(*value));
        let end = last.filter(|(at, _)| series.style != Style::Bars && x.share(*at) >= EDGE_SHARE);
        let sample = match series.style {
            Style::Bars => Sample::Box(plot::bar_color(theme, index).to_backend_color()),
            Style::Points => {
                Sample::Marker { form: index, color: plot::color(theme, index).to_backend_color() }
            }
            _ => Sample::Line(plot::pen(theme, index)),
        };
        let end = end.map(|(_, value)| y.share(*value).clamp(0.0, 1.0));
        Entry { name: FACE.fit(&series.name, WIDEST), sample, end, is_limit: false }
    });
    let limits = chart.marks.iter().filter_map(|mark| match mark {
        Mark::Limit { at, label } if y.takes(*at) && y.contains(*at) => {
            let sample = Sample::Line(plot::limit_pen(theme));
            Some(Entry { name: FACE.fit(label, WIDEST), sample, end: Some(y.share(*at)), is_limit: true })
        }
        Mark::Failing { label, .. } => {
            let sample = Sample::Box(plot::failing_color(theme).to_backend_color());
            Some(Entry { name: FACE.fit(label, WIDEST), sample, end: Some(1.0), is_limit: true })
        }
        _ => None,
    });
    series.chain(limits).filter(|entry| !entry.name.is_empty()).collect()
}

/// Room to the right of the axes for names beside the lines.
pub fn room_beside(entries: &[Entry]) -> i32 {
    entries.iter().map(Entry::width).max().map_or(0, |width| width + GAP)
}

/// The heights of names beside the lines, in the order of the entries; none where they would not fit.
pub fn beside(entries: &[Entry], frame: Frame) -> Option<Vec<i32>> {
    let height = |share: f64| frame.bottom - libm::round(share * f64::from(frame.height())) as i32;
    let wanted: Option<Vec<i32>> = entries.iter().map(|entry| entry.end.map(height)).collect();
    spread(&wanted?, frame.top, frame.bottom)
}

/// Moves heights apart until each has a line for itself, the order kept and none outside of top and bottom;
/// equal ones stay in the order given.
fn spread(wanted: &[i32], top: i32, bottom: i32) -> Option<Vec<i32>> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|index| (wanted[*index], *index));
    let mut heights = wanted.to_vec();
    let mut free = top;
    for index in &order {
        heights[*index] = heights[*index].max(free);
        free = heights[*index] + LINE;
    }
    let mut free = bottom;
    for index in order.iter().rev() {
        heights[*index] = heights[*index].min(free);
        free = heights[*index] - LINE;
    }
    let is_near = |(wanted, height): (&i32, &i32)| (wanted - height).abs() <= FURTHEST && *height >= top;
    wanted.iter().zip(&heights).all(is_near).then_some(heights)
}

pub fn draw_beside(canvas: &Canvas, entries: &[Entry], heights: &[i32], frame: Frame) {
    for (entry, height) in entries.iter().zip(heights) {
        entry.draw(canvas, (frame.right + GAP, *height));
    }
}

/// Names in rows above the axes.
pub struct Legend {
    /// Left end and row of each entry that has a place.
    places: Vec<(i32, i32)>,
    /// How many have none.
    hidden: usize,
    hidden_left: i32,
    rows: i32,
}

impl Legend {
    /// Fills rows of `width` from left to right; what does not fit into the last one is only counted.
    pub fn new(entries: &[Entry], width: i32) -> Self {
        let rows = if width > Width::Narrow.length() { LEGEND_ROWS } else { NARROW_ROWS };
        let more = FACE.width("and 000 more");
        let (mut places, mut left, mut row) = (Vec::new(), 0, 0);
        for (index, entry) in entries.iter().enumerate() {
            let is_last = index + 1 == entries.len();
            let spare = if row + 1 == rows && !is_last { more } else { 0 };
            if left > 0 && left + entry.width() + spare > width {
                if row + 1 == rows {
                    break;
                }
                (left, row) = (0, row + 1);
            }
            places.push((left, row));
            left += entry.width() + 3 * GAP;
        }
        Self { hidden: entries.len() - places.len(), places, hidden_left: left, rows }
    }

    pub fn height(&self) -> i32 {
        self.places.last().map_or(0, |(_, row)| (row + 1) * LINE)
    }

    pub fn draw(&self, canvas: &Canvas, entries: &[Entry], (left, top): (i32, i32)) {
        let middle = |row: i32| top + row * LINE + LINE / 2;
        for (entry, (place, row)) in entries.iter().zip(&self.places) {
            entry.draw(canvas, (left + place, middle(*row)));
        }
        if self.hidden > 0 {
            let at = (left + self.hidden_left, middle(self.rows - 1) + FACE.size * 36 / 100);
            let text = format!("and {} more", self.hidden);
            canvas.text(&text, at, Anchor::Start, FACE, canvas.theme.muted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_moved_apart_a_little_or_not_at_all() {
        let cases = [
            (vec![100, 900], Some(vec![100, 900])),
            (vec![500, 500], Some(vec![500, 700])),
            (vec![1000, 990], Some(vec![1000, 800])),
            (vec![0, 10], Some(vec![0, 200])),
            (vec![500, 500, 500, 500], None),
            (vec![], Some(vec![])),
        ];
        for (wanted, expected) in cases {
            assert_eq!(spread(&wanted, 0, 1000), expected, "{wanted:?}");
        }
    }
}
