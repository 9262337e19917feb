//! Series in JSON, which has no number for a gap in a line, written as `null`, nor for a latency that is larger than any,
//! because too many requests fail: `"fails"`.

use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of a series.
struct Number(f64);

const FAILS: &str = "fails";

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.0 == f64::INFINITY { to.serialize_str(FAILS) } else { self.0.serialize(to) }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Word(String),
            Nothing(()),
        }
        match Written::deserialize(from)? {
            Written::Number(number) => Ok(Self(number)),
            Written::Word(word) if word == FAILS => Ok(Self(f64::INFINITY)),
            Written::Word(word) => {
                Err(serde::de::Error::custom(format!("`{}` is no number", word.escape_debug())))
            }
            Written::Nothing(()) => Ok(Self(f64::NAN)),
        }
    }
}

/// Writes pairs, of which the second can be a gap or more than any number.
pub fn write_pairs<S: Serializer>(pairs: &[(f64, f64)], to: S) -> Result<S::Ok, S::Error> {
    let mut list = to.serialize_seq(Some(pairs.len()))?;
    for (one, other) in pairs {
        list.serialize_element(&(Number(*one), Number(*other)))?;
    }
    list.end()
}

/// The same where there may be none.
#[expect(clippy::ref_option, reason = "serde passes a field by reference")]
pub fn write_band<S: Serializer>(band: &Option<Vec<(f64, f64)>>, to: S) -> Result<S::Ok, S::Error> {
    match band {
        Some(band) => write_pairs(band, to),
        None => to.serialize_none(),
    }
}

/// Pairs of numbers; what is `null` is not a number.
pub fn pairs<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(f64, f64)>, D::Error> {
    Ok(filled(Vec::deserialize(from)?))
}

/// The same where there may be none.
pub fn band<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<(f64, f64)>>, D::Error> {
    Ok(Option::deserialize(from)?.map(filled))
}

/// A pair, if there is one.
pub fn pair<'de, D: Deserializer<'de>>(from: D) -> Result<Option<(f64, f64)>, D::Error> {
    let pair: Option<(Number, Number)> = Option::deserialize(from)?;
    Ok(pair.and_then(|pair| filled(vec![pair]).pop()))
}

/// A number that may be missing.
pub fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Number::deserialize(from)?.0)
}

/// Writes a number that may be missing, or more than any.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a field by reference")]
pub fn write_number<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
    Number(*number).serialize(to)
}

/// Numbers, each of which may be missing.
pub fn numbers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
    let numbers: Vec<Number> = Vec::deserialize(from)?;
    Ok(numbers.into_iter().map(|number| number.0).collect())
}

/// Writes numbers, each of which may be missing, or more than any.
pub fn write_numbers<S: Serializer>(numbers: &[f64], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(numbers.iter().map(|number| Number(*number)))
}

fn filled(pairs: Vec<(Number, Number)>) -> Vec<(f64, f64)> {
    pairs.into_iter().map(|(one, other)| (one.0, other.0)).collect()
}
