//! Words for messages: the nearest known word to a misspelt one, lists of words, and quoted values.

use crate::text::printable;

/// Longer words are nobody's typing error, and comparing them costs the product of their lengths.
const LONGEST_COMPARED: usize = 64;

/// Fewer letters begin too many words.
const SHORTEST_ABBREVIATION: usize = 4;

/// A quoted value longer than this many characters is cut.
const LONGEST_QUOTED: usize = 40;

/// The word of `known` that `word` most likely stands for: at most a third of its letters differ, counting a
/// swap of neighbours as one, or only case and the kind of dash. What is left out at the end counts as one: nobody
/// types half of a word by mistake, but many an abbreviation. Of equally near words the first.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    if word.len() > LONGEST_COMPARED {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let word = plain(word);
    let letters = word.chars().count();
    let distance = |candidate: &str| {
        let candidate = plain(candidate);
        let whole = strsim::osa_distance(&word, &candidate);
        let start: String = candidate.chars().take(letters).collect();
        if letters < SHORTEST_ABBREVIATION {
            whole
        } else {
            whole.min(1 + strsim::osa_distance(&word, &start))
        }
    };
    let limit = (letters / 3).max(1);
    // A single letter has every other letter at distance one.
    known
        .into_iter()
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, _)| *distance <= limit && (*distance == 0 || letters > 1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether two words differ in case and the kind of dash at most.
#[must_use]
pub fn is_same_word(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    plain(one) == plain(other)
}

/// `did you mean …?`, if any known word is near.
pub fn did_you_mean<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<String> {
    nearest(word, known).map(|near| format!("did you mean `{near}`?"))
}

/// `a, b, c`; a list too long to read is cut.
pub(super) fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    const MOST: usize = 40;
    let words: Vec<String> = words.into_iter().map(shortened).collect();
    let more = words.len().saturating_sub(MOST);
    let shown = words[..words.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// `text` in backticks, short and free of control characters.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", shortened(text))
}

/// `text` on one line, without control characters, and not too long to read.
pub(super) fn shortened(text: &str) -> String {
    let clean = printable(text);
    if clean.chars().count() <= LONGEST_QUOTED {
        return clean;
    }
    clean.chars().take(LONGEST_QUOTED - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_its_neighbour_and_a_foreign_one_does_not() {
        let known = ["ttl", "ttl_jitter", "size", "single-flight"];
        let cases = [
            ("ttl_jiter", Some("ttl_jitter")),
            ("tll", Some("ttl")),
            ("TTL", Some("ttl")),
            ("single_flight", Some("single-flight")),
            ("singleflight", Some("single-flight")),
            ("sise", Some("size")),
            ("x", None),
            ("banana", None),
            ("", None),
        ];
        for (word, near) in cases {
            assert_eq!(nearest(word, known), near, "{word}");
        }
        let metrics =
            ["client.retries", "client.stale_ratio", "client.error_ratio", "client.errors_seen_by_all"];
        assert_eq!(nearest("client.error", metrics), Some("client.error_ratio"));
        assert_eq!(nearest("client.err_ratio", metrics), Some("client.error_ratio"));
        assert_eq!(nearest("least_conn", ["sticky", "least-connections"]), Some("least-connections"));
        assert_eq!(nearest(&"t".repeat(1_000_000), known), None);
    }

    #[test]
    fn quoted_values_are_short_and_cannot_steer_a_terminal() {
        assert_eq!(quoted("a\u{1b}[31m\nb\u{202e}"), "`a\\u{1b}[31m\\nb\\u{202e}`");
        assert_eq!(shortened(&"x".repeat(1_000)).chars().count(), LONGEST_QUOTED);
    }
}
