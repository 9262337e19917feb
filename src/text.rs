//! Text from a file or an argument, made safe to show.

/// Whether a character is not seen and changes what is: it moves a terminal's cursor, colours it, or turns the direction of
/// the text beside it.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    let reorders = matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}');
    character.is_control() || reorders
}

/// `text` with everything hidden spelled out, line ends too.
#[must_use]
pub fn printable(text: &str) -> String {
    spelled(text, |_| false)
}

/// `text` of several lines with everything hidden spelled out but line ends and tabs.
#[must_use]
pub fn printable_lines(text: &str) -> String {
    spelled(text, |letter| matches!(letter, '\n' | '\t'))
}

/// `text` on one line: white space of any kind is a blank, and everything else that is hidden is spelled out.
#[must_use]
pub fn one_line(text: &str) -> String {
    let blank = |letter: char| if letter.is_whitespace() { ' ' } else { letter };
    printable(&text.chars().map(blank).collect::<String>())
}

fn spelled(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut clean = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hidden(letter) && !is_kept(letter) {
            clean.extend(letter.escape_default());
        } else {
            clean.push(letter);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ESC begins what steers a terminal, U+009B does so in one character, and U+202E turns what follows (Unicode, UAX 9).
    #[test]
    fn what_is_hidden_is_spelled_out() {
        let cases = [
            ("größe.csv", "größe.csv", "größe.csv"),
            ("\u{1b}]0;x\u{7}", "\\u{1b}]0;x\\u{7}", "\\u{1b}]0;x\\u{7}"),
            ("a\u{9b}31m", "a\\u{9b}31m", "a\\u{9b}31m"),
            ("a\0b\u{202e}c\u{2066}", "a\\u{0}b\\u{202e}c\\u{2066}", "a\\u{0}b\\u{202e}c\\u{2066}"),
            ("two\nlines\t", "two\\nlines\\t", "two lines "),
        ];
        for (text, spelled, on_one_line) in cases {
            assert_eq!(printable(text), spelled);
            assert_eq!(one_line(text), on_one_line);
            assert_eq!(printable(&printable(text)), spelled, "twice is once");
        }
        assert_eq!(printable_lines("a\n\tb\u{1b}"), "a\n\tb\\u{1b}");
    }
}
