//! Writes a picture as SVG: no script, no style sheet, no identifiers that could clash when several
//! pictures stand in one page, title and description for screen readers.

use std::fmt::Write as _;

use plotters_backend::{BackendColor, BackendCoord};

use super::picture::{Anchor, Frame, Item, Label, PX, Picture, Shape};
use super::text::Weight;
use crate::text::is_hidden;

/// The font of the layout first; then those most like it in width.
const FONTS: &str = "DejaVu Sans, Verdana, sans-serif";

/// The picture as one `svg` element, with what a screen reader says of it.
pub fn write(picture: &Picture, title: &str, description: &str) -> String {
    let (width, height) = (Tenths(picture.width), Tenths(picture.height));
    let mut out = String::new();
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" font-family="{FONTS}" fill="none" stroke-linejoin="round">"#
    );
    let _ = writeln!(out, "<title>{}</title>\n<desc>{}</desc>", escape(title), escape(description));
    for run in picture.items.chunk_by(|one, next| one.clip == next.clip) {
        write_run(&mut out, run);
    }
    out.push_str("</svg>\n");
    out
}

/// Shapes with the same clip. A nested `svg` cuts off what leaves it, and needs no identifier for that.
fn write_run(out: &mut String, run: &[Item]) {
    let clip = run[0].clip;
    if let Some(frame @ Frame { left, top, .. }) = clip {
        let (x, y, width, height) =
            (Tenths(left), Tenths(top), Tenths(frame.width()), Tenths(frame.height()));
        let _ = writeln!(
            out,
            r#"<svg x="{x}" y="{y}" width="{width}" height="{height}" viewBox="{x} {y} {width} {height}">"#
        );
    }
    for item in run {
        write_shape(out, &item.shape);
    }
    if clip.is_some() {
        out.push_str("</svg>\n");
    }
}

fn write_shape(out: &mut String, shape: &Shape) {
    let _ = match shape {
        Shape::Line { points, pen } => {
            let (data, paint, width) = (path(points), Paint("stroke", pen.color), Tenths(pen.width));
            let dash: Vec<String> = pen.dash.iter().map(|length| Tenths(*length).to_string()).collect();
            let dash = if dash.is_empty() {
                String::new()
            } else {
                format!(r#" stroke-dasharray="{}""#, dash.join(" "))
            };
            writeln!(out, r#"<path d="{data}"{paint} stroke-width="{width}"{dash}/>"#)
        }
        Shape::Polygon { points, color } => {
            writeln!(out, r#"<path d="{}Z"{}/>"#, path(points), Paint("fill", *color))
        }
        Shape::Label(label) => write_label(out, label),
    };
}

/// `textLength` makes the text as wide as the layout says even where another font must stand in.
fn write_label(out: &mut String, label: &Label) -> std::fmt::Result {
    let anchor = match label.anchor {
        Anchor::Start => "",
        Anchor::Middle => r#" text-anchor="middle""#,
        Anchor::End => r#" text-anchor="end""#,
    };
    let weight = if label.face.weight == Weight::Bold { r#" font-weight="bold""# } else { "" };
    writeln!(
        out,
        r#"<text x="{}" y="{}" font-size="{}" textLength="{}" lengthAdjust="spacingAndGlyphs"{anchor}{weight}{}>{}</text>"#,
        Tenths(label.at.0),
        Tenths(label.at.1),
        Tenths(label.face.size),
        Tenths(label.face.width(&label.text)),
        Paint("fill", label.color),
        escape(&label.text)
    )
}

fn path(points: &[BackendCoord]) -> String {
    let points: Vec<String> = points.iter().map(|(x, y)| format!("{} {}", Tenths(*x), Tenths(*y))).collect();
    format!("M{}", points.join(" "))
}

/// A length in pixels, exact.
struct Tenths(i32);

impl std::fmt::Display for Tenths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, whole, tenth) = (if self.0 < 0 { "-" } else { "" }, self.0.abs() / PX, self.0.abs() % PX);
        if tenth == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{tenth}") }
    }
}

/// A colour as the attribute `fill` or `stroke`, with its opacity if it lets something through.
struct Paint(&'static str, BackendColor);

impl std::fmt::Display for Paint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(attribute, BackendColor { alpha, rgb: (red, green, blue) }) = self;
        write!(f, r##" {attribute}="#{red:02x}{green:02x}{blue:02x}""##)?;
        if *alpha < 1.0 { write!(f, r#" {attribute}-opacity="{alpha}""#) } else { Ok(()) }
    }
}

/// A text that XML takes: its five special characters escaped, control characters replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter if letter.is_control() => escaped.push(' '),
            letter if is_hidden(letter) => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
