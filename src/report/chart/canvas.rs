//! What a picture is drawn with: `plotters` elements for data, and shapes at fixed places around it.

use std::cell::RefCell;
use std::rc::Rc;

use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::DrawingArea;
use plotters::element::{CoordMapper, Drawable, PointCollection};
use plotters::style::{Color, RGBColor};
use plotters_backend::{BackendColor, BackendCoord};

use super::axis::Extent;
use super::picture::{Anchor, Drawn, Frame, Label, PX, Pen, Picture, Shape};
use super::text::Face;
use super::theme::Theme;

/// The inside of the axes: takes elements in units of the data.
pub type Area = DrawingArea<Picture, Cartesian2d<Extent, Extent>>;

/// A picture that is being drawn.
pub struct Canvas<'a> {
    pub theme: &'a Theme,
    picture: Rc<RefCell<Picture>>,
}

impl<'a> Canvas<'a> {
    /// An empty picture in the background colour.
    pub fn new(width: i32, height: i32, theme: &'a Theme) -> Self {
        let picture = Rc::new(RefCell::new(Picture::new(width, height)));
        let canvas = Self { theme, picture };
        let whole = Frame { left: 0, top: 0, right: width, bottom: height };
        canvas.rectangle(whole, theme.background.to_backend_color());
        canvas
    }

    /// The axes of data within a frame.
    pub fn area(&self, x: &Extent, y: &Extent, frame: Frame) -> Area {
        let root: DrawingArea<Picture, Shift> = (&self.picture).into();
        // The y axis of data points up, that of the picture down.
        let pixels = (frame.left..frame.right, frame.bottom..frame.top);
        root.apply_coord_spec(Cartesian2d::<Extent, Extent>::new(x.clone(), y.clone(), pixels))
    }

    /// Cuts what is drawn from now on at a frame, or lets it go anywhere.
    pub fn clip(&self, frame: Option<Frame>) {
        self.picture.borrow_mut().clip = frame;
    }

    pub fn text(&self, text: &str, at: BackendCoord, anchor: Anchor, face: Face, color: RGBColor) {
        if !text.is_empty() {
            let color = color.to_backend_color();
            let label = Label { text: text.to_owned(), at, anchor, face, color };
            self.picture.borrow_mut().push(Shape::Label(label));
        }
    }

    pub fn line(&self, points: Vec<BackendCoord>, pen: Pen) {
        self.picture.borrow_mut().push(Shape::Line { points, pen });
    }

    pub fn rectangle(&self, frame: Frame, color: BackendColor) {
        let Frame { left, top, right, bottom } = frame;
        self.polygon(vec![(left, top), (right, top), (right, bottom), (left, bottom)], color);
    }

    pub fn polygon(&self, points: Vec<BackendCoord>, color: BackendColor) {
        self.picture.borrow_mut().push(Shape::Polygon { points, color });
    }

    /// The finished picture; every area must be gone by now.
    pub fn finish(self) -> Picture {
        Rc::into_inner(self.picture).expect("no area outlives its drawing").into_inner()
    }
}

/// Draws an element; into memory, so it cannot fail.
pub fn draw<'a, E, B>(area: &Area, element: &'a E)
where
    B: CoordMapper,
    &'a E: PointCollection<'a, (f64, f64), B>,
    E: Drawable<Picture, B>,
{
    area.draw(element).expect("a picture in memory takes every shape");
}

/// Points that are joined to one shape; in place of those of `plotters`, which makes its own dashes of many short
/// lines.
pub struct Path {
    pub points: Vec<(f64, f64)>,
    pub look: Look,
}

/// What the points of a path are.
#[derive(Clone, Copy)]
pub enum Look {
    /// A line that may be dashed.
    Stroke(Pen),
    /// A shade between an upper line, given first, and a lower one, the last `lower` points; both by ascending x.
    Shade { lower: usize, color: BackendColor },
    /// A marker at each point; the form tells series apart in print. It is the outline around so many others that stand there,
    /// if there are any.
    Marker { form: usize, color: BackendColor, around: i32 },
}

/// From the middle of a marker to its corners.
pub const MARKER: i32 = 6 * PX;
/// The outline of a marker around others.
const OUTLINE: i32 = 14;

impl<'a> PointCollection<'a, (f64, f64)> for &'a Path {
    type Point = &'a (f64, f64);
    type IntoIter = &'a [(f64, f64)];

    fn point_iter(self) -> Self::IntoIter {
        &self.points
    }
}

impl Drawable<Picture> for Path {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        points: I,
        picture: &mut Picture,
        _: (u32, u32),
    ) -> Drawn {
        match self.look {
            Look::Stroke(pen) => picture.push(stroke(points, pen)),
            Look::Shade { lower, color } => picture.push(shade(points, lower, color)),
            Look::Marker { form, color, around: 0 } => {
                points.for_each(|at| picture.push(Shape::Polygon { points: marker(form, at), color }));
            }
            Look::Marker { form, color, around } => {
                let pen = Pen { color, width: OUTLINE, dash: &[] };
                points.for_each(|at| picture.push(Shape::Line { points: outline(form, at, around), pen }));
            }
        }
        Ok(())
    }
}

fn stroke(points: impl Iterator<Item = BackendCoord>, mut pen: Pen) -> Shape {
    let mut points = thinned(points);
    if let [(x, y)] = points[..] {
        // A point without neighbours would have no length.
        points = vec![(x - 2 * PX, y), (x + 2 * PX, y)];
        pen.dash = &[];
    }
    Shape::Line { points, pen }
}

fn shade(points: impl Iterator<Item = BackendCoord>, lower: usize, color: BackendColor) -> Shape {
    let points: Vec<BackendCoord> = points.collect();
    let (upper, lower) = points.split_at(points.len() - lower);
    let mut outline = thinned(upper.iter().copied());
    outline.extend(thinned(lower.iter().copied()).into_iter().rev());
    Shape::Polygon { points: outline, color }
}

/// The outline of a marker: a disc, a square, a diamond, or a triangle.
pub fn marker(form: usize, at: BackendCoord) -> Vec<BackendCoord> {
    shape(form, at, MARKER)
}

/// The same so large that it stands around so many others, and closed.
fn outline(form: usize, at: BackendCoord, around: i32) -> Vec<BackendCoord> {
    let mut corners = shape(form, at, MARKER + around * MARKER / 3);
    corners.extend(corners.first().copied());
    corners
}

fn shape(form: usize, (x, y): BackendCoord, half: i32) -> Vec<BackendCoord> {
    let side = half * 7 / 8;
    match form % 4 {
        0 => {
            let corner = |turn: u32| {
                let angle = f64::from(turn) * std::f64::consts::TAU / 16.0;
                let along = |share: f64| libm::round(share * f64::from(half)) as i32;
                (x + along(libm::cos(angle)), y + along(libm::sin(angle)))
            };
            (0..16).map(corner).collect()
        }
        1 => vec![(x - side, y - side), (x + side, y - side), (x + side, y + side), (x - side, y + side)],
        2 => vec![(x, y - half * 5 / 4), (x + half * 5 / 4, y), (x, y + half * 5 / 4), (x - half * 5 / 4, y)],
        _ => vec![(x, y - half * 5 / 4), (x + half * 9 / 8, y + half), (x - half * 9 / 8, y + half)],
    }
}

/// Leaves out points that would not be seen: of those in the same half pixel column it keeps the first, the
/// lowest, the highest and the last. Uwe Jugel et al., "M4: A Visualization-Oriented Time Series Data
/// Aggregation", VLDB 2014, who show that the drawn line stays the same.
fn thinned(points: impl Iterator<Item = BackendCoord>) -> Vec<BackendCoord> {
    let points: Vec<BackendCoord> = points.collect();
    let mut kept = Vec::new();
    for column in points.chunk_by(|one, next| one.0.div_euclid(PX / 2) == next.0.div_euclid(PX / 2)) {
        let indices = 0..column.len();
        let lowest = indices.clone().min_by_key(|index| column[*index].1).unwrap_or(0);
        let highest = indices.max_by_key(|index| column[*index].1).unwrap_or(0);
        let mut keep = [0, lowest, highest, column.len() - 1];
        keep.sort_unstable();
        for (place, index) in keep.iter().enumerate() {
            if place == 0 || keep[place - 1] != *index {
                kept.push(column[*index]);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_one_column_become_four_that_span_the_same_height() {
        let dense: Vec<BackendCoord> = (0..1000).map(|index| (0, (index * 37 + 500) % 1000)).collect();
        let kept = thinned(dense.iter().copied());
        assert_eq!(kept.len(), 4);
        assert_eq!((kept[0], kept[3]), (dense[0], dense[999]));
        let heights: Vec<i32> = kept.iter().map(|point| point.1).collect();
        assert_eq!((heights.iter().min(), heights.iter().max()), (Some(&0), Some(&999)));
    }

    #[test]
    fn points_of_different_columns_all_stay() {
        let sparse: Vec<BackendCoord> = (0..100).map(|index| (index * PX, index % 7)).collect();
        assert_eq!(thinned(sparse.iter().copied()), sparse);
    }
}
