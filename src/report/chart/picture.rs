//! A picture in memory: the list of shapes that `plotters` draws, before it is known whether they become an
//! SVG or a PNG. Both are written from the same list, so they cannot differ in layout, and a test can ask
//! the list which text lies where.
//!
//! `plotters` counts in whole pixels, which makes curves jagged; one of its pixels is a tenth of ours.

use std::convert::Infallible;

use plotters_backend::{BackendColor, BackendCoord, BackendStyle, DrawingBackend, DrawingErrorKind};

use super::text::Face;

/// One pixel of the finished picture, in the units of the layout.
pub const PX: i32 = 10;

/// A rectangle; the right and lower edges belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl Frame {
    pub const fn width(self) -> i32 {
        self.right - self.left
    }

    pub const fn height(self) -> i32 {
        self.bottom - self.top
    }

    /// Larger by `margin` on each side.
    pub const fn grown(self, margin: i32) -> Self {
        Self {
            left: self.left - margin,
            top: self.top - margin,
            right: self.right + margin,
            bottom: self.bottom + margin,
        }
    }
}

/// Which end of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// How a line is drawn; `dash` holds the lengths of strokes and gaps in turn, empty for a solid line.
#[derive(Clone, Copy)]
pub struct Pen {
    pub color: BackendColor,
    pub width: i32,
    pub dash: &'static [i32],
}

/// One line of text; `at` is a point of its baseline.
#[derive(Clone)]
pub struct Label {
    pub text: String,
    pub at: BackendCoord,
    pub anchor: Anchor,
    pub face: Face,
    pub color: BackendColor,
}

impl Label {
    /// What the text covers: from the tallest letters to the lowest, as wide as the font says.
    pub fn frame(&self) -> Frame {
        let width = self.face.width(&self.text);
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - width / 2,
            Anchor::End => self.at.0 - width,
        };
        // DejaVu Sans: capitals are 0.73 em high, descenders reach 0.24 em below the baseline.
        Frame {
            left,
            top: self.at.1 - self.face.size * 73 / 100,
            right: left + width,
            bottom: self.at.1 + self.face.size * 24 / 100,
        }
    }
}

/// Something to be drawn.
#[derive(Clone)]
pub enum Shape {
    Line { points: Vec<BackendCoord>, pen: Pen },
    Polygon { points: Vec<BackendCoord>, color: BackendColor },
    Label(Label),
}

/// A shape, and what it may not leave.
#[derive(Clone)]
pub struct Item {
    pub shape: Shape,
    pub clip: Option<Frame>,
}

/// The shapes of a picture, first to last; later ones cover earlier ones.
pub struct Picture {
    pub width: i32,
    pub height: i32,
    /// Holds for the shapes drawn while it is set.
    pub clip: Option<Frame>,
    pub items: Vec<Item>,
}

impl Picture {
    pub const fn new(width: i32, height: i32) -> Self {
        Self { width, height, clip: None, items: Vec::new() }
    }

    pub fn push(&mut self, shape: Shape) {
        self.items.push(Item { shape, clip: self.clip });
    }
}

/// Nothing can go wrong in memory.
pub type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// What `plotters`' own elements ask for. Text is not among it: see [`Label`].
impl DrawingBackend for Picture {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.width.cast_unsigned(), self.height.cast_unsigned())
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.push(Shape::Polygon { points: rectangle((x, y), (x + 1, y + 1)), color });
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let points = rectangle(upper_left, bottom_right);
        if fill {
            return self.fill_polygon(points, style);
        }
        self.draw_path(points.iter().chain(&points[..1]).copied(), style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let pen = Pen { color: style.color(), width: style.stroke_width().cast_signed(), dash: &[] };
        self.push(Shape::Line { points: path.into_iter().collect(), pen });
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Drawn {
        self.push(Shape::Polygon { points: vert.into_iter().collect(), color: style.color() });
        Ok(())
    }
}

fn rectangle((left, top): BackendCoord, (right, bottom): BackendCoord) -> Vec<BackendCoord> {
    vec![(left, top), (right, top), (right, bottom), (left, bottom)]
}
