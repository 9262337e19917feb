//! Reading series back: JSON has no number for a gap in a line, which is written as `null`.

use serde::{Deserialize, Deserializer};

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
    let pair: Option<(Option<f64>, Option<f64>)> = Option::deserialize(from)?;
    Ok(pair.and_then(|pair| filled(vec![pair]).pop()))
}

/// A number that may be missing.
pub fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

/// Numbers, each of which may be missing.
pub fn numbers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
    let numbers: Vec<Option<f64>> = Vec::deserialize(from)?;
    Ok(numbers.into_iter().map(|number| number.unwrap_or(f64::NAN)).collect())
}

fn filled(pairs: Vec<(Option<f64>, Option<f64>)>) -> Vec<(f64, f64)> {
    let fill =
        |(one, other): (Option<f64>, Option<f64>)| (one.unwrap_or(f64::NAN), other.unwrap_or(f64::NAN));
    pairs.into_iter().map(fill).collect()
}
