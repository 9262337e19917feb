//! What stands above every chart: its title and how to read it; and the measures of the sheet that all charts share.

use super::canvas::Canvas;
use super::picture::{Anchor, PX};
use super::text::Face;

/// Of every picture.
pub const WIDTH: i32 = 1200 * PX;
pub const MARGIN: i32 = 24 * PX;
/// Of names and numbers.
pub const TEXT: Face = Face::regular(15 * PX);
/// Of what stands above one panel of several.
pub const PANEL_TITLE: Face = Face::bold(17 * PX);
const TITLE: Face = Face::bold(24 * PX);
const CAPTION: Face = Face::regular(16 * PX);

/// From the middle of a line of text to its base: half the height of a capital letter.
pub const fn to_base(face: Face) -> i32 {
    face.size * 36 / 100
}

/// How many lines or rows there are, as a length: more than any picture has are none of the picture's business.
pub fn count(rows: usize) -> i32 {
    i32::try_from(rows).unwrap_or(i32::MAX).min(10_000)
}

/// Title and caption, in at most two lines each.
pub struct Heading {
    title: Vec<String>,
    caption: Vec<String>,
}

impl Heading {
    pub fn new(title: &str, caption: &str) -> Self {
        Self {
            title: TITLE.wrap(title, WIDTH - 2 * MARGIN, 2),
            caption: CAPTION.wrap(caption, WIDTH - 2 * MARGIN, 2),
        }
    }

    /// Where the next thing begins below it.
    pub fn bottom(&self) -> i32 {
        let height = |lines: &[String], face: Face| count(lines.len()) * face.line_height();
        MARGIN + height(&self.title, TITLE) + height(&self.caption, CAPTION) + 14 * PX
    }

    pub fn draw(&self, canvas: &Canvas) {
        let mut base = MARGIN;
        let parts = [(&self.title, TITLE, canvas.theme.ink), (&self.caption, CAPTION, canvas.theme.muted)];
        for (lines, face, color) in parts {
            for line in lines {
                base += face.line_height();
                canvas.text(line, (MARGIN, base - face.size / 4), Anchor::Start, face, color);
            }
        }
    }
}
