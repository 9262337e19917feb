//! Labels of events and windows: in rows above the axes, each beside the line it names, where neither other
//! labels nor the lines that lead up to them are in the way.

use super::axis::Extent;
use super::canvas::Canvas;
use super::picture::{Anchor, Frame, PX};
use super::text::Face;
use super::{Mark, plot};

const FACE: Face = Face::regular(14 * PX);
const ROW: i32 = 19 * PX;
const GAP: i32 = 5 * PX;
const WIDEST: i32 = 260 * PX;
const ROWS: i32 = 4;

/// The labels of one chart.
pub struct Labels {
    placed: Vec<Placed>,
    /// How many found no room.
    hidden: usize,
}

#[derive(Debug)]
struct Placed {
    text: String,
    /// Where the mark stands, between the left end of the axis and the right one.
    at: i32,
    left: i32,
    right: i32,
    /// Counted from the axes up.
    row: i32,
}

impl Labels {
    /// Finds a place for each label, from right to left, so that a label may reach under those to its left.
    /// `width` is that of the axis, `beyond` the room to its right.
    pub fn new(marks: &[&Mark], x: &Extent, width: i32, beyond: i32) -> Self {
        let place = |at: f64| libm::round(x.share(at) * f64::from(width)) as i32;
        let mut wanted: Vec<(i32, &str)> = Vec::new();
        for mark in marks {
            match mark {
                Mark::Event { at, label } if x.takes(*at) && x.contains(*at) => {
                    wanted.push((place(*at), label));
                }
                Mark::Window { from, to, label } if x.takes(*from) && *from <= x.high && *to >= x.low => {
                    wanted.push((place(from.max(x.low)), label));
                }
                _ => {}
            }
        }
        wanted.sort_by_key(|(at, _)| *at);
        let mut labels = Self { placed: Vec::new(), hidden: 0 };
        for (at, label) in wanted.into_iter().rev() {
            // On the side of its line that has more room, where neither has enough.
            let room = (width + beyond - at).max(at) - GAP;
            let text = FACE.fit(label, WIDEST.min(room));
            if !text.is_empty() {
                labels.place(text, at, width + beyond);
            }
        }
        labels
    }

    fn place(&mut self, text: String, at: i32, limit: i32) {
        let width = FACE.width(&text);
        let left = if at + GAP + width <= limit { at + GAP } else { at - GAP - width };
        let mut label = Placed { text, at, left, right: left + width, row: 0 };
        while label.row < ROWS && self.placed.iter().any(|other| label.clashes(other)) {
            label.row += 1;
        }
        if label.row < ROWS { self.placed.push(label) } else { self.hidden += 1 }
    }

    pub fn height(&self) -> i32 {
        self.placed.iter().map(|label| (label.row + 1) * ROW).max().unwrap_or(0)
    }

    /// What is to be said of labels without a place; empty if there are none.
    pub fn note(&self) -> String {
        match self.hidden {
            0 => String::new(),
            1 => "1 event is not labelled".to_owned(),
            many => format!("{many} events are not labelled"),
        }
    }

    pub fn draw(&self, canvas: &Canvas, frame: Frame) {
        for label in &self.placed {
            let base = frame.top - GAP - label.row * ROW;
            let at = frame.left + label.at;
            canvas
                .line(vec![(at, base - FACE.size * 7 / 10), (at, frame.top)], plot::event_pen(canvas.theme));
            canvas.text(&label.text, (frame.left + label.left, base), Anchor::Start, FACE, canvas.theme.ink);
        }
    }
}

impl Placed {
    /// Whether one label covers the other, or the line that leads up to it.
    fn clashes(&self, other: &Self) -> bool {
        let covers = |text: &Self, line: &Self| {
            text.row <= line.row && (text.left - GAP / 2..=text.right + GAP / 2).contains(&line.at)
        };
        let same_row =
            self.row == other.row && self.left < other.right + 2 * GAP && other.left < self.right + 2 * GAP;
        same_row || covers(self, other) || covers(other, self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Axis, Unit};
    use super::*;

    #[test]
    fn labels_and_their_lines_keep_clear_of_each_other() {
        let x = Extent::horizontal(&Axis::linear("", Unit::Count), &[0.0, 100.0], None);
        for spacing in [1.0, 3.0, 10.0, 30.0] {
            let events = (0..8).map(|index| f64::from(index) * spacing);
            let marks: Vec<Mark> =
                events.map(|at| Mark::Event { at, label: format!("event at {at}") }).collect();
            let labels = Labels::new(&marks.iter().collect::<Vec<_>>(), &x, 8000, 300);
            let shown =
                marks.iter().filter(|mark| matches!(mark, Mark::Event { at, .. } if *at <= 100.0)).count();
            assert_eq!(labels.placed.len() + labels.hidden, shown);
            for (index, one) in labels.placed.iter().enumerate() {
                assert!(one.right <= 8300);
                for other in &labels.placed[..index] {
                    assert!(!one.clashes(other), "{one:?} and {other:?}");
                }
            }
        }
    }
}
