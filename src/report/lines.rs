//! Text in lines that fit a terminal.

use crate::text::one_line;
use unicode_width::UnicodeWidthStr;

/// How wide the lines of a summary are where they can be: the usual width of a terminal.
pub const WIDTH: usize = 80;

/// The words of a text in lines of at most `width` columns; all but the first begin with `indent` blanks. A word that is
/// longer has a line for itself.
#[must_use]
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut lines = vec![String::new()];
    for word in words(&one_line(text)) {
        let line = lines.last_mut().expect("there is one");
        let is_empty = line.trim().is_empty();
        if !is_empty && line.width() + 1 + word.width() > width {
            lines.push(format!("{}{word}", " ".repeat(indent)));
        } else {
            line.extend([if is_empty { "" } else { " " }, word.as_str()]);
        }
    }
    lines.join("\n")
}

/// A number and what it counts: `1 run`, `2 runs`.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Words, of which a number and its unit are one.
fn words(text: &str) -> Vec<String> {
    const UNITS: [&str; 16] =
        ["%", "d", "h", "min", "s", "ms", "µs", "ns", "B", "KiB", "MiB", "GiB", "TiB", "points", "±", "·"];
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let bare = word.trim_end_matches([',', '.', ';', ':', ')']);
        match words.last_mut() {
            Some(last) if UNITS.contains(&bare) || last.ends_with('±') => last.extend([" ", word]),
            _ => words.push(word.to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three four", 9, 2), "one two\n  three\n  four");
        assert_eq!(wrapped("one  two\nthree", 80, 2), "one two three");
        assert_eq!(wrapped("unbreakable word", 4, 0), "unbreakable\nword");
        assert_eq!(wrapped("", 4, 0), "");
        assert_eq!(wrapped("it is 12.5 ± 0.5 ms, or less", 8, 0), "it is\n12.5 ± 0.5 ms,\nor less");
    }
}
