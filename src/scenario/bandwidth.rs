//! How bandwidths are written: bits in decimal multiples, as networks are sold, or bytes in binary ones.

use super::measure::{Fault, Measure, Measured, within};
use super::nearest::quoted;
use super::node::Node;
use super::units::{NUMBER, Written, text_of};
use crate::quantity::Bandwidth;
use serde_json::{Value as Json, json};
use std::ops::{Bound, RangeBounds};

/// How each unit is written, and how many bits per second it is, the smallest first.
const UNITS: [(&str, u64); 7] = [
    ("bit/s", 1),
    ("kbit/s", 1_000),
    ("Mbit/s", 1_000_000),
    ("Gbit/s", 1_000_000_000),
    ("KiB/s", 8 << 10),
    ("MiB/s", 8 << 20),
    ("GiB/s", 8 << 30),
];

/// A bandwidth: `"1 Gbit/s"`, `"100 MiB/s"`.
#[must_use]
pub fn bandwidth(range: impl RangeBounds<Bandwidth>) -> Measured<Bandwidth> {
    within(&range)
}

impl Measure for Bandwidth {
    const NOUN: &'static str = "a bandwidth";
    const EXAMPLES: &'static [Self] = &[Self(1_000_000_000), Self(1_000)];
    /// A hundred times what the fastest network cards have.
    const LARGEST: Option<Self> = Some(Self(100_000_000_000_000));

    fn from_node(node: &Node) -> Result<Self, Fault> {
        const HELP: &str = "write it like `\"1 Gbit/s\"` or `\"100 MiB/s\"`";
        let text =
            text_of(node, |number| format!("add a unit: `\"{number} Mbit/s\"` or `\"{number} MiB/s\"`"))?;
        let (number, unit) = Written::split(text)?;
        if unit.is_empty() {
            return Err(Fault::new("it has no unit", HELP));
        }
        let known = UNITS.iter().find(|(name, _)| *name == unit);
        let (_, scale) =
            known.ok_or_else(|| Fault::new(format!("{} is not a unit of bandwidth", quoted(unit)), HELP))?;
        Ok(Self(number.times(*scale)?.0))
    }

    fn write(self) -> Json {
        json!(self.to_string())
    }

    fn schema(_: Bound<Self>, _: Bound<Self>) -> Json {
        let units = UNITS.map(|(name, _)| name).join("|");
        json!({ "type": "string", "pattern": format!("^\\s*{NUMBER}\\s*({units})\\s*$") })
    }
}
