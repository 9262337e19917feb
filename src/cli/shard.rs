//! Parts of an experiment that are simulated apart, perhaps on other machines: which runs belong to which, and what
//! each part leaves behind so that they can be put together.

use super::manifest::Made;
use super::source::Source;
use cachestorm::experiment::Identity;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The i-th of n parts, the first of which is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    pub number: u32,
    pub of: u32,
}

/// The argument for one part.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Chosen {
    /// Simulate the I-th of N parts only, as in `2/3`; `cachestorm merge` puts them together
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
}

/// More parts than this are no use: there are not as many runs.
const SHARDS_MAX: u32 = 1_000_000;

/// Spreads numbers that follow each other (D. E. Knuth, The Art of Computer Programming, volume 3, 6.4).
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Shard {
    /// That to which a run belongs, of as many as there are of this one. Each n runs in a row are dealt to all n parts, in
    /// a different order each time: otherwise each part would have one value of the setting that changes fastest, and
    /// one of them perhaps all the work.
    pub fn with(self, run: u32) -> Self {
        let (round, place) = (run / self.of, run % self.of);
        let turned = u64::from(round).wrapping_mul(GOLDEN) >> 32;
        let number = (u64::from(place) + turned) % u64::from(self.of);
        Self { number: number as u32 + 1, ..self }
    }

    /// All parts.
    pub fn all(self) -> impl Iterator<Item = Self> {
        (1..=self.of).map(move |number| Self { number, ..self })
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        match parts.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?))) {
            Some((number, of)) if number >= 1 && number <= of && of <= SHARDS_MAX => Ok(Self { number, of }),
            _ => Err(format!(
                "expected the number of a part and how many there are, as in `2/3`; at most {SHARDS_MAX}"
            )),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

/// `shard.json`: what a shard is a part of, beside its log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub program: String,
    pub version: String,
    pub command: String,
    pub arguments: Vec<String>,
    pub scenario: Scenario,
    pub compared_with: Option<Scenario>,
    /// What the replications of each variant hang on, the content of traces included.
    pub identities: Vec<Option<String>>,
    pub shard: Shard,
}

/// A scenario as it was.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// As the user named it.
    pub given: String,
    pub file: String,
    pub text: String,
    pub is_shipped: bool,
}

impl Manifest {
    /// The file's name.
    pub const NAME: &str = "shard.json";

    /// Of a part of what was asked for.
    pub fn new(made: &Made, identities: &[Option<Identity>], shard: Shard) -> Self {
        let mut scenarios = made.scenarios().map(|(given, source)| Scenario {
            given: given.to_string_lossy().into_owned(),
            file: source.name.clone(),
            text: source.text.clone(),
            is_shipped: source.is_shipped(),
        });
        Self {
            program: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            command: made.command.into(),
            arguments: made.arguments.clone(),
            scenario: scenarios.next().expect("something is simulated"),
            compared_with: scenarios.next(),
            identities: texts(identities),
            shard,
        }
    }

    /// Whether both are parts of one experiment.
    pub fn is_of_one_with(&self, other: &Self) -> bool {
        self.shard.of == other.shard.of && *self == Self { shard: self.shard, ..other.clone() }
    }
}

/// What replications hang on, as it is written to a file.
pub fn texts(identities: &[Option<Identity>]) -> Vec<Option<String>> {
    identities.iter().map(|identity| identity.as_ref().map(Identity::text)).collect()
}

impl Scenario {
    /// The scenario, as it was.
    pub fn source(&self) -> Source {
        Source::stored(&self.file, &self.text, self.is_shipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_run_belongs_to_one_shard_and_all_have_as_many() {
        for text in ["1/1", "1/3", "3/3", "2/7"] {
            let shard: Shard = text.parse().expect("it is sound");
            assert_eq!(shard.to_string(), text);
            let mut runs: BTreeMap<Shard, u32> = BTreeMap::new();
            (0..shard.of * 50).for_each(|run| *runs.entry(shard.with(run)).or_default() += 1);
            assert!(runs.keys().copied().eq(shard.all()) && runs.values().all(|count| *count == 50));
        }
        for text in ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/2/3", "a/b", "1/1000001"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    /// Of a grid of as many values as there are parts, each part has each value about as often as the others.
    #[test]
    fn no_shard_has_one_value_of_a_setting_only() {
        let shard = Shard { number: 1, of: 4 };
        let values: Vec<u32> = (0..400).filter(|run| shard.with(*run) == shard).map(|run| run % 4).collect();
        for value in 0..4 {
            let count = values.iter().filter(|other| **other == value).count();
            assert!((15..=35).contains(&count), "{value}: {count} of 100");
        }
    }
}
