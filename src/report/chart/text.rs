//! Text of a chart: the embedded font, how wide a text is in it, and how it is cut to the room there is.
//!
//! The picture is laid out with these widths alone, so it is the same on each machine whatever fonts are
//! installed there. All lengths are in tenths of a pixel (see [`super::picture::PX`]).

use std::sync::LazyLock;

use crate::text::is_hidden;
use ab_glyph::{Font, FontRef};

/// Regular or bold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

/// A size and a weight of the embedded font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Face {
    /// Height of the em square, in tenths of a pixel.
    pub size: i32,
    pub weight: Weight,
}

impl Face {
    pub const fn regular(size: i32) -> Self {
        Self { size, weight: Weight::Regular }
    }

    pub const fn bold(size: i32) -> Self {
        Self { size, weight: Weight::Bold }
    }

    /// From one baseline to the next.
    pub const fn line_height(self) -> i32 {
        self.size * 5 / 4
    }

    pub fn font(self) -> &'static FontRef<'static> {
        static REGULAR: LazyLock<FontRef<'static>> =
            LazyLock::new(|| embedded(include_bytes!("font/dejavu-sans-regular.ttf")));
        static BOLD: LazyLock<FontRef<'static>> =
            LazyLock::new(|| embedded(include_bytes!("font/dejavu-sans-bold.ttf")));
        match self.weight {
            Weight::Regular => &REGULAR,
            Weight::Bold => &BOLD,
        }
    }

    /// Tenths of a pixel in one unit of the font's own grid.
    pub fn scale(self) -> f32 {
        self.size as f32 / self.font().units_per_em().expect("the embedded font has an em square")
    }

    /// Width of a text, rounded up.
    pub fn width(self, text: &str) -> i32 {
        let font = self.font();
        let units: f32 = text.chars().map(|letter| font.h_advance_unscaled(font.glyph_id(letter))).sum();
        (units * self.scale()).ceil() as i32
    }

    /// The text if it is at most `width` wide, else as much of it as fits and an ellipsis; nothing at all
    /// where not even the ellipsis fits.
    pub fn fit(self, text: &str, width: i32) -> String {
        let text = clean(text);
        if self.width(&text) <= width {
            return text;
        }
        let mut end = 0;
        for (start, letter) in text.char_indices() {
            let next = start + letter.len_utf8();
            if self.width(&format!("{}…", text[..next].trim_end())) > width {
                break;
            }
            end = next;
        }
        if end == 0 { String::new() } else { format!("{}…", text[..end].trim_end()) }
    }

    /// The text in at most `lines` lines of at most `width` each, broken at spaces; the last line is cut.
    pub fn wrap(self, text: &str, width: i32, lines: usize) -> Vec<String> {
        let text = clean(text);
        let mut rest = text.as_str();
        let mut wrapped = Vec::new();
        while !rest.is_empty() && wrapped.len() + 1 < lines && self.width(rest) > width {
            let breaks = rest.match_indices(' ').map(|(at, _)| at);
            let Some(at) = breaks.take_while(|at| self.width(&rest[..*at]) <= width).last() else { break };
            wrapped.push(rest[..at].to_owned());
            rest = &rest[at + 1..];
        }
        if !rest.is_empty() {
            wrapped.push(self.fit(rest, width));
        }
        wrapped
    }
}

fn embedded(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the embedded font is sound")
}

/// What can be drawn of a text: runs of white space and control characters become one space, letters that
/// the font lacks become the replacement sign, which shows that something is missing.
fn clean(text: &str) -> String {
    let font = Face::regular(10).font();
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let drawable = |letter: char| {
        if (font.glyph_id(letter).0 == 0 && letter != ' ') || is_hidden(letter) { '\u{fffd}' } else { letter }
    };
    words.join(" ").chars().map(drawable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: Face = Face::regular(120);

    #[test]
    fn a_text_is_as_wide_as_its_letters() {
        // Advance widths of DejaVu Sans 2.37, from its `hmtx` table: `i` 569, `m` 1995 of 2048.
        assert_eq!(BODY.width("i"), (120.0_f32 * 569.0 / 2048.0).ceil() as i32);
        assert_eq!(BODY.width("mm"), (120.0_f32 * 2.0 * 1995.0 / 2048.0).ceil() as i32);
        assert_eq!(BODY.width(""), 0);
        assert!(Face::bold(120).width("hit ratio") > BODY.width("hit ratio"));
    }

    #[test]
    fn a_text_that_is_too_long_ends_in_an_ellipsis_and_fits() {
        assert_eq!(BODY.fit("short", 1000), "short");
        for width in 0..600 {
            let cut = BODY.fit("database connections in use", width);
            assert!(BODY.width(&cut) <= width, "`{cut}` is wider than {width}");
            assert!(cut.is_empty() || cut.ends_with('…'));
        }
    }

    #[test]
    fn lines_break_at_spaces_and_the_last_one_is_cut() {
        let lines = BODY.wrap("one two three four five six", 750, 2);
        assert_eq!(lines, ["one two", "three four…"].map(String::from));
        assert_eq!(BODY.wrap("", 700, 2), Vec::<String>::new());
        assert_eq!(BODY.wrap("one", 700, 2), ["one"]);
        assert_eq!(BODY.wrap("unbreakableunbreakable", 400, 2).len(), 1);
    }

    #[test]
    fn letters_outside_of_the_font_and_control_characters_are_replaced() {
        let cases = [
            ("p99 ≤ 5 µs ± 1 ✓ → Ω", "p99 ≤ 5 µs ± 1 ✓ → Ω"),
            ("a\n\t b\u{0}c", "a b c"),
            ("naïve 緩存 🔥", "naïve \u{fffd}\u{fffd} \u{fffd}"),
        ];
        for (text, expected) in cases {
            assert_eq!(clean(text), expected);
        }
    }
}
