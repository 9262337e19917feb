//! A scenario file with its variants and the `--set` arguments laid over it.

use super::called::{name_events, written_out};
use super::findings::Findings;
use super::index::Index;
use super::kind::Kind;
use super::nearest::{did_you_mean, listed, quoted};
use super::node::{Builder, Node, Value};
use super::overlay::overlay;
use super::overrides;
use super::problem::{Problem, Problems};
use super::reader::Reader;
use super::span::{Source, Span};
use super::syntax;
use super::table::table;
use super::variant::{self, Variant};
use toml::de::DeTable;

/// The largest file that is read: far above any scenario, far below what would stall the parser.
pub const MAX_BYTES: usize = 1 << 20;

/// A parsed scenario file, ready to be read as a specification.
#[derive(Clone, Debug)]
pub struct Document {
    sources: Vec<Source>,
    root: Node,
    variants: Vec<Variant>,
    overrides: Vec<Node>,
}

impl Document {
    /// Parses `text`, which messages call `name`, and takes its variants out.
    ///
    /// # Errors
    ///
    /// Every syntax error, or everything wrong with the list of variants.
    pub fn parse(name: &str, text: &str) -> Result<Self, Problems> {
        if text.len() > MAX_BYTES {
            let message =
                format!("the file has {} bytes, more than the {MAX_BYTES} that are read", text.len());
            let source = Source { name: Some(name.to_owned()), text: "".into() };
            let problem = Problem::without_place(message)
                .help("put large data, such as a trace, into a file of its own");
            return Err(Problems::new(vec![source], vec![problem]));
        }
        let sources = vec![Source { name: Some(name.to_owned()), text: text.into() }];
        let (parsed, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            return Err(Problems::new(sources, syntax::problems(text, &errors)));
        }
        let mut root = Builder { source: 0, offset: 0 }.table(parsed.get_ref());
        let mut findings = Findings::default();
        let variants = variant::take(&mut root, &mut findings);
        if findings.count() > 0 {
            return Err(Problems::new(sources, findings.into_problems()));
        }
        let root = Node::new(Span::default(), Value::Table(root));
        Ok(Self { sources, root, variants, overrides: Vec::new() })
    }

    /// Lays one `--set` argument, `redis.ttl=10m`, over the file and all its variants; later ones win.
    ///
    /// # Errors
    ///
    /// If it is not a key and a value. Whether there is such a setting turns out on reading.
    pub fn set(&mut self, argument: &str) -> Result<(), Problems> {
        self.set_as("--set", argument)
    }

    /// As [`Document::set`], of an argument that the user has given to another option, which problems show.
    ///
    /// # Errors
    ///
    /// If it is not a key and a value.
    pub fn set_as(&mut self, option: &str, argument: &str) -> Result<(), Problems> {
        let mut sources = self.sources.clone();
        sources.push(Source { name: None, text: format!("{option} {argument}").into() });
        if argument.len() > MAX_BYTES {
            let problem =
                Problem::without_place(format!("a `{option}` argument has {} bytes", argument.len()));
            return Err(Problems::new(sources, vec![problem.help(format!("the most is {MAX_BYTES}"))]));
        }
        let patch =
            overrides::parse(argument, self.sources.len() as u32, option).and_then(|patch| {
                match patch.as_table().and_then(|table| table.get(variant::VARIANT)) {
                    None => Ok(patch),
                    Some(entry) => Err(Problem::new(
                        entry.key_span,
                        format!("`{option}` changes the file and all its variants"),
                    )
                    .label("expected a setting of the scenario")
                    .help("change the `[[variant]]` in the file, or leave out the name of the variant")),
                }
            });
        let mut patch = patch.map_err(|problem| Problems::new(sources.clone(), vec![problem]))?;
        patch.set_layer(2 + self.overrides.len() as u32);
        self.sources = sources;
        self.overrides.push(patch);
        Ok(())
    }

    /// The variants, in the order of the file.
    #[must_use]
    pub fn variants(&self) -> &[Variant] {
        &self.variants
    }

    /// Reads the file, with one variant laid over it if named, and the `--set` arguments over both.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn read<T>(&self, variant: Option<&str>, read: impl Fn(&mut Reader<'_>) -> T) -> Result<T, Problems> {
        let chosen = match variant {
            None => None,
            Some(name) => {
                Some(self.find(name).ok_or_else(|| self.problems(vec![self.unknown_variant(name)]))?)
            }
        };
        let mut problems = Vec::new();
        let value = self.read_one(chosen, &read, &mut problems);
        if let Some(variant) = chosen.filter(|_| !problems.is_empty()) {
            let mut of_base = Vec::new();
            let _ = self.read_one(None, &read, &mut of_base);
            name_variant(&mut problems, variant, &of_base);
        }
        value.filter(|_| problems.is_empty()).ok_or_else(|| self.problems(problems))
    }

    /// Reads the file alone, which is the first of the results, and with each of its variants.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with any of them, each problem once.
    pub fn read_all<T>(&self, read: impl Fn(&mut Reader<'_>) -> T) -> Result<Vec<T>, Problems> {
        let mut problems = Vec::new();
        let base = self.read_one(None, &read, &mut problems);
        let of_base = problems.clone();
        let of_variants = self.variants.iter().filter_map(|variant| {
            let mut found = Vec::new();
            let value = self.read_one(Some(variant), &read, &mut found);
            name_variant(&mut found, variant, &of_base);
            problems.append(&mut found);
            value
        });
        let of_variants: Vec<T> = of_variants.collect();
        let values: Vec<T> = base.into_iter().chain(of_variants).collect();
        if problems.is_empty() { Ok(values) } else { Err(self.problems(problems)) }
    }

    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Problems that were found after reading, such as one between two scenarios, with the texts they point at.
    #[must_use]
    pub fn problems(&self, problems: Vec<Problem>) -> Problems {
        Problems::new(self.sources.clone(), problems)
    }

    fn read_one<T>(
        &self,
        variant: Option<&Variant>,
        read: impl Fn(&mut Reader<'_>) -> T,
        problems: &mut Vec<Problem>,
    ) -> Option<T> {
        let mut findings = Findings::default();
        let merged = self.merged(variant, &mut findings);
        let value = table(&read).read(&merged, &mut findings);
        if findings.has_unknown() {
            let index = Index::of(&read);
            findings.place_unknown(|key| index.hint(key));
        }
        problems.extend(findings.into_problems());
        value
    }

    fn merged(&self, variant: Option<&Variant>, findings: &mut Findings) -> Node {
        let patches = variant.map(|variant| &variant.patch).into_iter().chain(&self.overrides);
        let mut whole = self.root.clone();
        name_events(&mut whole);
        for patch in patches {
            let patch = written_out(&whole, patch, findings);
            whole = overlay(whole, 0, &patch, findings);
            name_events(&mut whole);
        }
        whole
    }

    /// All that is written, whether or not it is right.
    pub(super) fn laid_over(&self, variant: Option<&str>) -> Node {
        self.merged(variant.and_then(|name| self.find(name)), &mut Findings::default())
    }

    fn find(&self, name: &str) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.name == name)
    }

    fn unknown_variant(&self, name: &str) -> Problem {
        let names = || self.variants.iter().map(|variant| variant.name.as_str());
        let known = if self.variants.is_empty() {
            "the file has no variants".to_owned()
        } else {
            format!("the variants are: {}", listed(names()))
        };
        let near = did_you_mean(name, names()).map(|near| format!("{near} ")).unwrap_or_default();
        Problem::without_place(format!("there is no variant {}", quoted(name))).help(format!("{near}{known}"))
    }
}

/// Says of the problems that are a variant's alone whose they are.
fn name_variant(problems: &mut [Problem], variant: &Variant, of_base: &[Problem]) {
    for problem in problems {
        let is_of_base =
            of_base.iter().any(|other| other.span == problem.span && other.message == problem.message);
        if !is_of_base {
            problem.variant = Some(variant.name.as_str().into());
        }
    }
}
