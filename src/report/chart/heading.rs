//! What stands above every chart: its title and how to read it; and the measures of the sheet that all charts share.

use super::canvas::Canvas;
use super::picture::{Anchor, PX};
use super::text::Face;

/// Where a picture is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// On a screen or on paper: 1200 pixels.
    Wide,
    /// On a phone: 380 pixels, so that its letters are about as large there as those of the text around it.
    Narrow,
}

impl Width {
    /// Of the whole picture.
    #[must_use]
    pub const fn length(self) -> i32 {
        match self {
            Self::Wide => 1200 * PX,
            Self::Narrow => 380 * PX,
        }
    }

    /// Left and right of all.
    #[must_use]
    pub const fn margin(self) -> i32 {
        match self {
            Self::Wide => 24 * PX,
            Self::Narrow => 8 * PX,
        }
    }

    /// Between the margins.
    #[must_use]
    pub const fn inside(self) -> i32 {
        self.length() - 2 * self.margin()
    }

    const fn title(self) -> (Face, usize) {
        match self {
            Self::Wide => (Face::bold(24 * PX), 2),
            Self::Narrow => (Face::bold(18 * PX), 4),
        }
    }

    const fn caption(self) -> (Face, usize) {
        match self {
            Self::Wide => (Face::regular(16 * PX), 2),
            Self::Narrow => (Face::regular(15 * PX), 6),
        }
    }
}

/// Of names and numbers.
pub const TEXT: Face = Face::regular(15 * PX);
/// Of what stands above one panel of several.
pub const PANEL_TITLE: Face = Face::bold(17 * PX);

/// From the middle of a line of text to its base: half the height of a capital letter.
pub const fn to_base(face: Face) -> i32 {
    face.size * 36 / 100
}

/// How many lines or rows there are, as a length: more than any picture has are none of the picture's business.
pub fn count(rows: usize) -> i32 {
    i32::try_from(rows).unwrap_or(i32::MAX).min(10_000)
}

/// Title and caption, in a few lines each.
pub struct Heading {
    width: Width,
    title: Vec<String>,
    caption: Vec<String>,
}

impl Heading {
    pub fn new(title: &str, caption: &str, width: Width) -> Self {
        let wrap = |text: &str, (face, lines): (Face, usize)| face.wrap(text, width.inside(), lines);
        Self { title: wrap(title, width.title()), caption: wrap(caption, width.caption()), width }
    }

    /// Where the next thing begins below it.
    pub fn bottom(&self) -> i32 {
        let height = |lines: &[String], face: Face| count(lines.len()) * face.line_height();
        let (title, caption) = (self.width.title().0, self.width.caption().0);
        self.width.margin() + height(&self.title, title) + height(&self.caption, caption) + 14 * PX
    }

    pub fn draw(&self, canvas: &Canvas) {
        let mut base = self.width.margin();
        let (title, caption) = (self.width.title().0, self.width.caption().0);
        let parts = [(&self.title, title, canvas.theme.ink), (&self.caption, caption, canvas.theme.muted)];
        for (lines, face, color) in parts {
            for line in lines {
                base += face.line_height();
                canvas.text(line, (self.width.margin(), base - face.size / 4), Anchor::Start, face, color);
            }
        }
    }
}
