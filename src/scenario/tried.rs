//! Settings that a file names in a text, as values that something else is to give them: they are tried, and what is wrong
//! with one is shown where the text stands.

use super::document::Document;
use super::problem::Problem;
use super::reader::Reader;
use super::span::Span;

impl Document {
    /// What is wrong with the scenario when these settings are laid over it, each a `--set` argument and the place of the
    /// text that it comes from. A problem that would point at an argument points at that place; one between settings,
    /// which may point anywhere, names the places of all.
    pub fn try_out<T>(
        &self,
        settings: &[(String, Span)],
        read: impl Fn(&mut Reader<'_>) -> T,
    ) -> Vec<Problem> {
        let first = self.sources().len() as u32;
        let mut document = self.clone();
        let laid = settings.iter().try_for_each(|(argument, _)| document.set(argument));
        let Err(problems) = laid.and_then(|()| document.read(None, read).map(drop)) else {
            return Vec::new();
        };
        let place = |span: Span| {
            let number = span.source.checked_sub(first)?;
            settings.get(number as usize).map(|(_, place)| *place)
        };
        let moved = |mut problem: Problem| {
            problem.related.retain(|(span, _)| place(*span).is_none());
            match problem.span.and_then(place) {
                Some(span) => Problem { span: Some(span), ..problem },
                None => settings.iter().fold(problem, |problem, (argument, span)| {
                    problem.related(*span, format!("with `{argument}`"))
                }),
            }
        };
        problems.iter().cloned().map(moved).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{count, text};

    fn read(r: &mut Reader<'_>) {
        let _: Option<String> = r.field("said", "A text.", text()).optional();
        let least = r.field("least", "A number.", count(1..=9u32)).or(1);
        let most = r.field("most", "A number.", count(1..=9u32)).or(9);
        if least > most {
            r.contradiction("least", "the least is more than the most", "swap them");
        }
    }

    #[test]
    fn what_is_wrong_with_a_setting_that_a_text_names_is_shown_at_the_text() {
        let document = Document::parse("a.toml", "said = \"least=3\"\nleast = 2\n").expect("it is TOML");
        let said = document.written(None, "said").expect("it is written").span;
        let tried = |argument: &str| {
            let problems = document.try_out(&[(argument.to_owned(), said)], read);
            if problems.is_empty() { String::new() } else { document.problems(problems).to_string() }
        };
        assert_eq!(tried("least=3"), "");
        for (argument, expected) in [
            ("laest=3", "unknown setting `laest`"),
            ("least=20", "`least` cannot be `20`"),
            ("most=x", "`most` cannot be"),
        ] {
            let told = tried(argument);
            assert!(told.contains(expected) && told.contains("a.toml:1:8"), "{argument}: {told}");
        }
        // It is the file's own line that is shown, and why it does not hold.
        let told = tried("most=1");
        assert!(told.contains("a.toml:2:9") && told.contains("with `most=1`"), "{told}");
    }
}
