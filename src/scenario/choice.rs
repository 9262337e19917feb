//! One of several: a word, a tagged table, or a value of one other kind.
//!
//! ```toml
//! coalesce = "single-flight"                  # a word
//! coalesce = { lock = { timeout = "1 s" } }   # a tag and its settings
//! read = "5 ms"                               # plain
//! ```
//!
//! **Overlays.** Tables are merged key by key before anyone knows which of them are choices, so `{ lock = … }`
//! laid over `{ lease = … }` arrives here with two tags. Each entry remembers the overlay that touched it
//! last: the tag of the latest overlay holds, and what is older than its latest rival is forgotten, even under
//! the same tag. Two tags from one overlay are a contradiction, since somebody wrote both.

use super::findings::Findings;
use super::kind::Kind;
use super::nearest::{did_you_mean, is_same_word, listed, quoted};
use super::node::{Entry, Node, Table, Under, Value};
use super::problem::Problem;
use super::schema::Shape;
use serde_json::{Value as Json, json};

/// See [`choice`].
pub struct Choice<T> {
    words: Vec<Word<T>>,
    tagged: Vec<Tagged<T>>,
    plain: Option<Box<dyn Kind<Value = T>>>,
    number: Option<Box<dyn Kind<Value = T>>>,
    hints: &'static [(&'static str, &'static str)],
}

struct Word<T> {
    written: &'static str,
    /// Other words for the same.
    also: &'static [&'static str],
    doc: &'static str,
    value: T,
}

struct Tagged<T> {
    tag: &'static str,
    doc: &'static str,
    kind: Box<dyn Kind<Value = T>>,
}

impl<T> Tagged<T> {
    /// What the tag alone means: each of its settings has its default. Nothing if it needs one.
    fn of_defaults(&self) -> Option<T> {
        let mut findings = Findings::default();
        let nothing = Node::new(super::span::Span::default(), Value::Table(Table::default()));
        self.kind.read(&nothing, &mut findings).filter(|_| findings.count() == 0)
    }

    fn sample(&self) -> String {
        let payload = self.kind.sample();
        format!("{{ {} = {} }}", self.tag, payload.as_deref().unwrap_or("…"))
    }
}

/// One of the options that are added to it.
#[must_use]
pub fn choice<T: Clone + PartialEq + 'static>() -> Choice<T> {
    Choice { words: Vec::new(), tagged: Vec::new(), plain: None, number: None, hints: &[] }
}

impl<T: Clone + PartialEq + 'static> Choice<T> {
    /// `"word"` means `value`.
    #[must_use]
    pub fn word(mut self, word: &'static str, doc: &'static str, value: T) -> Self {
        self.words.push(Word { written: word, also: &[], doc, value });
        self
    }

    /// These mean the same as the last word.
    #[must_use]
    pub fn also(mut self, words: &'static [&'static str]) -> Self {
        if let Some(last) = self.words.last_mut() {
            last.also = words;
        }
        self
    }

    /// Words that people look for here and that mean nothing, each with what to write instead.
    #[must_use]
    pub fn hints(self, hints: &'static [(&'static str, &'static str)]) -> Self {
        Self { hints, ..self }
    }

    /// `{ tag = … }` means `convert` of what `kind` reads.
    #[must_use]
    pub fn tagged<K, F>(mut self, tag: &'static str, doc: &'static str, kind: K, convert: F) -> Self
    where
        K: Kind + 'static,
        F: Fn(K::Value) -> T + 'static,
    {
        self.tagged.push(Tagged { tag, doc, kind: Box::new(kind.map(convert)) });
        self
    }

    /// What is neither a word nor a tagged table is read by `kind`, which takes no tables if there are tags.
    #[must_use]
    pub fn plain<K: Kind + 'static, F: Fn(K::Value) -> T + 'static>(mut self, kind: K, convert: F) -> Self {
        self.plain = Some(Box::new(kind.map(convert)));
        self
    }

    /// A number without a unit is read by `kind`, and by no other.
    #[must_use]
    pub fn number<K: Kind + 'static, F: Fn(K::Value) -> T + 'static>(mut self, kind: K, convert: F) -> Self {
        self.number = Some(Box::new(kind.map(convert)));
        self
    }

    fn hint(&self, text: &str) -> Option<String> {
        let hint = self.hints.iter().find(|(word, _)| is_same_word(word, text));
        hint.map(|(_, hint)| (*hint).to_owned())
    }

    fn has_no_names(&self) -> bool {
        self.words.is_empty() && self.tagged.is_empty()
    }

    fn read_word(&self, node: &Node, text: &str, findings: &mut Findings) -> Option<T> {
        if let Some(word) = self.words.iter().find(|word| word.written == text || word.also.contains(&text)) {
            return Some(word.value.clone());
        }
        if let Some(value) =
            self.tagged.iter().find(|tagged| tagged.tag == text).and_then(Tagged::of_defaults)
        {
            return Some(value);
        }
        let meant_as_quantity = text.trim().starts_with(|first: char| !first.is_alphabetic());
        if let Some(plain) = self.plain.as_ref().filter(|_| meant_as_quantity || self.has_no_names()) {
            return plain.read(node, findings);
        }
        let problem = Problem::new(node.span, format!("{} cannot be {}", findings.place(), quoted(text)))
            .label(format!("expected {}", self.expected()));
        let tags = || self.tagged.iter().map(|tagged| tagged.tag);
        let help = match tags().find(|tag| *tag == text) {
            Some(tag) => {
                let sample = self.tagged.iter().find(|tagged| tagged.tag == tag).map(Tagged::sample);
                Some(format!("`{tag}` needs settings: write `{}`", sample.unwrap_or_default()))
            }
            None => self.hint(text).or_else(|| {
                let words = self
                    .words
                    .iter()
                    .flat_map(|word| [word.written].into_iter().chain(word.also.iter().copied()));
                did_you_mean(text, words.chain(tags()))
            }),
        };
        findings.add(problem.help(help.unwrap_or_default()));
        None
    }

    fn read_tagged(&self, node: &Node, table: &Table, findings: &mut Findings) -> Option<T> {
        let known = |entry: &&Entry| self.tagged.iter().any(|tagged| tagged.tag == entry.key);
        let mut unknown = table.iter().filter(|entry| !known(entry)).peekable();
        if unknown.peek().is_some() {
            for entry in unknown {
                findings.add(self.unknown_tag(entry, &findings.place()));
            }
            return None;
        }
        let latest = table.iter().map(|entry| entry.layer).max();
        let mut chosen = table.iter().filter(|entry| Some(entry.layer) == latest);
        let Some(entry) = chosen.next() else {
            let problem = Problem::new(node.span, format!("{} is an empty table", findings.place()));
            findings.add(problem.label(format!("expected {}", self.expected())));
            return None;
        };
        if let Some(second) = chosen.next() {
            let (one, two) = (&entry.key, &second.key);
            let problem =
                Problem::new(second.key_span, format!("{} is both `{one}` and `{two}`", findings.place()))
                    .label("expected one of them")
                    .related(entry.key_span, "the other one")
                    .help("remove one of the two");
            findings.add(problem);
            return None;
        }
        let rivals = table.iter().filter(|other| other.key != entry.key).map(|other| other.layer);
        let tagged = self.tagged.iter().find(|tagged| tagged.tag == entry.key)?;
        let payload = match rivals.max() {
            Some(layer) => entry.node.newer_than(layer),
            None => entry.node.clone(),
        };
        findings.within(tagged.tag, |findings| tagged.kind.read(&payload, findings))
    }

    fn unknown_tag(&self, entry: &Entry, place: &str) -> Problem {
        let tags: Vec<&str> = self.tagged.iter().map(|tagged| tagged.tag).collect();
        let help = match self.words.iter().find(|word| word.written == entry.key) {
            Some(Word { written, .. }) => Some(format!("`{written}` has no settings: write `\"{written}\"`")),
            None => self.hint(&entry.key).or_else(|| did_you_mean(&entry.key, tags.iter().copied())),
        };
        Problem::new(entry.key_span, format!("{place} cannot be {}", quoted(&entry.key)))
            .label(format!("expected one of: {}", listed(tags)))
            .help(help.unwrap_or_default())
    }
}

impl Node {
    /// This node without the settings that overlay `layer` or an earlier one wrote.
    fn newer_than(&self, layer: u32) -> Self {
        let value = match &self.value {
            Value::Table(table) => {
                let newer = table.entries.iter().filter(|entry| entry.layer > layer);
                let newer = newer.map(|entry| Entry { node: entry.node.newer_than(layer), ..entry.clone() });
                Value::Table(Table { entries: newer.collect() })
            }
            value => value.clone(),
        };
        let under = self.under.as_ref().filter(|under| under.layer > layer);
        let under =
            under.map(|under| Box::new(Under { node: under.node.newer_than(layer), layer: under.layer }));
        Self { span: self.span, value, under }
    }
}

impl<T: Clone + PartialEq + 'static> Kind for Choice<T> {
    type Value = T;

    fn read(&self, node: &Node, findings: &mut Findings) -> Option<T> {
        match (&node.value, &self.plain) {
            (Value::Integer(_) | Value::Float(_), _) if self.number.is_some() => {
                self.number.as_ref()?.read(node, findings)
            }
            (Value::Text(text), _) => self.read_word(node, text, findings),
            (Value::Table(table), _) if !self.tagged.is_empty() => self.read_tagged(node, table, findings),
            (_, Some(plain)) => plain.read(node, findings),
            _ => {
                findings.wrong_kind(node, &self.expected());
                None
            }
        }
    }

    fn example(&self) -> T {
        let word = self.words.first().map(|word| word.value.clone());
        let plain = || self.plain.as_ref().map(|kind| kind.example());
        let tagged = || self.tagged.first().map(|tagged| tagged.kind.example());
        word.or_else(plain).or_else(tagged).expect("a choice has at least one option")
    }

    fn schema(&self, shape: Shape) -> Json {
        let plain = self.plain.iter().chain(&self.number).map(|kind| kind.schema(shape));
        let words = self.words.iter().map(|word| {
            let all: Vec<&str> = std::iter::once(word.written).chain(word.also.iter().copied()).collect();
            json!({ "enum": all, "description": word.doc })
        });
        let tagged = self.tagged.iter().map(|tagged| {
            json!({
                "type": "object",
                "description": tagged.doc,
                "properties": { tagged.tag: tagged.kind.schema(shape) },
                "required": [tagged.tag],
                "additionalProperties": false,
            })
        });
        let alone = self.tagged.iter().filter(|tagged| tagged.of_defaults().is_some());
        let alone = alone.map(|tagged| json!({ "enum": [tagged.tag] }));
        json!({ "anyOf": plain.chain(words).chain(tagged).chain(alone).collect::<Vec<_>>() })
    }

    fn expected(&self) -> String {
        let plain = self.plain.iter().chain(&self.number).map(|kind| kind.expected());
        let words = self.words.iter().map(|word| format!("`\"{}\"`", word.written));
        // One example shows how a tag is written; more of them hide the rest.
        let tagged = self.tagged.iter().enumerate().map(|(place, tagged)| match place {
            0 => format!("`{}`", tagged.sample()),
            _ => format!("`{{ {} = … }}`", tagged.tag),
        });
        let options: Vec<String> = plain.chain(words).chain(tagged).collect();
        match options.as_slice() {
            [only] => only.clone(),
            _ => format!("one of {}", options.join(", ")),
        }
    }

    fn sample(&self) -> Option<String> {
        let plain = self.plain.as_ref().and_then(|kind| kind.sample());
        let word = || self.words.first().map(|word| format!("\"{}\"", word.written));
        plain.or_else(|| self.tagged.first().map(Tagged::sample)).or_else(word)
    }

    fn show(&self, value: &T) -> Option<Json> {
        self.words.iter().find(|word| word.value == *value).map(|word| json!(word.written))
    }
}
