//! Draws a picture as PNG with `tiny-skia`: anti-aliased lines, and text from the outlines of the embedded
//! font, so that no font of the machine is used.

use ab_glyph::{Font, OutlineCurve, Point};
use plotters_backend::{BackendColor, BackendCoord};
use tiny_skia::{FillRule, LineJoin, Mask, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};

use super::picture::{Anchor, Frame, Label, PX, Pen, Picture, Shape};

/// Pixels of the file for one pixel of the layout: sharp on dense screens and in print.
pub const PIXELS: i32 = 2;

/// The picture as the bytes of a PNG file.
pub fn write(picture: &Picture) -> Vec<u8> {
    let (width, height) = (picture.width * PIXELS / PX, picture.height * PIXELS / PX);
    let mut canvas = Canvas {
        pixels: Pixmap::new(width as u32, height as u32).expect("a picture has a size"),
        mask: None,
        clip: None,
    };
    for item in &picture.items {
        canvas.clip_to(item.clip);
        canvas.draw(&item.shape);
    }
    canvas.pixels.encode_png().expect("a picture in memory can be encoded")
}

struct Canvas {
    pixels: Pixmap,
    clip: Option<Frame>,
    mask: Option<Mask>,
}

impl Canvas {
    /// Makes the mask that keeps shapes inside of `clip`; made anew only when the clip changes.
    fn clip_to(&mut self, clip: Option<Frame>) {
        if self.clip == clip {
            return;
        }
        self.clip = clip;
        self.mask = clip.and_then(|frame| {
            let corners = [(frame.left, frame.top), (frame.right, frame.top)];
            let corners = [corners[0], corners[1], (frame.right, frame.bottom), (frame.left, frame.bottom)];
            let mut mask = Mask::new(self.pixels.width(), self.pixels.height())?;
            mask.fill_path(&path(&corners, true)?, FillRule::Winding, false, Self::transform());
            Some(mask)
        });
    }

    fn transform() -> Transform {
        let scale = PIXELS as f32 / PX as f32;
        Transform::from_scale(scale, scale)
    }

    fn draw(&mut self, shape: &Shape) {
        match shape {
            Shape::Line { points, pen } => self.stroke(points, *pen),
            Shape::Polygon { points, color } => self.fill(path(points, true), *color),
            Shape::Label(label) => self.fill(outline(label), label.color),
        }
    }

    fn stroke(&mut self, points: &[BackendCoord], pen: Pen) {
        let Some(path) = path(points, false) else { return };
        let dash = pen.dash.iter().map(|length| *length as f32).collect();
        let stroke = Stroke {
            width: pen.width as f32,
            line_join: LineJoin::Round,
            dash: StrokeDash::new(dash, 0.0),
            ..Stroke::default()
        };
        self.pixels.stroke_path(&path, &paint(pen.color), &stroke, Self::transform(), self.mask.as_ref());
    }

    fn fill(&mut self, path: Option<Path>, color: BackendColor) {
        let Some(path) = path else { return };
        let (paint, transform) = (paint(color), Self::transform());
        self.pixels.fill_path(&path, &paint, FillRule::Winding, transform, self.mask.as_ref());
    }
}

fn paint(BackendColor { alpha, rgb: (red, green, blue) }: BackendColor) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(red, green, blue, (alpha * 255.0).round() as u8);
    paint
}

/// None where there is nothing to draw: fewer than two points.
fn path(points: &[BackendCoord], closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let (first, rest) = points.split_first()?;
    builder.move_to(first.0 as f32, first.1 as f32);
    for (x, y) in rest {
        builder.line_to(*x as f32, *y as f32);
    }
    if closed {
        builder.close();
    }
    builder.finish()
}

/// The glyphs of a text, each put where the advances of those before it end; none if all are blank.
fn outline(label: &Label) -> Option<Path> {
    let (font, scale) = (label.face.font(), label.face.scale());
    let width = label.face.width(&label.text) as f32;
    let shift = match label.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => width / 2.0,
        Anchor::End => width,
    };
    let mut pen = label.at.0 as f32 - shift;
    let mut builder = PathBuilder::new();
    for letter in label.text.chars() {
        let glyph = font.glyph_id(letter);
        if let Some(outline) = font.outline(glyph) {
            // The font's y axis points up, the picture's down.
            let place = |point: Point| (pen + point.x * scale, label.at.1 as f32 - point.y * scale);
            trace(&mut builder, &outline.curves, place);
        }
        pen += font.h_advance_unscaled(glyph) * scale;
    }
    builder.finish()
}

/// Adds curves to a path; a curve that does not start where the last one ended starts a new contour.
fn trace(builder: &mut PathBuilder, curves: &[OutlineCurve], place: impl Fn(Point) -> (f32, f32)) {
    let mut end_of_last = None;
    for curve in curves {
        let (start, end) = match curve {
            OutlineCurve::Line(start, end)
            | OutlineCurve::Quad(start, _, end)
            | OutlineCurve::Cubic(start, _, _, end) => (place(*start), place(*end)),
        };
        if end_of_last != Some(start) {
            builder.move_to(start.0, start.1);
        }
        match curve {
            OutlineCurve::Line(..) => builder.line_to(end.0, end.1),
            OutlineCurve::Quad(_, control, _) => {
                let control = place(*control);
                builder.quad_to(control.0, control.1, end.0, end.1);
            }
            OutlineCurve::Cubic(_, one, two, _) => {
                let (one, two) = (place(*one), place(*two));
                builder.cubic_to(one.0, one.1, two.0, two.1, end.0, end.1);
            }
        }
        end_of_last = Some(end);
    }
}
