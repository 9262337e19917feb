//! Charts: plain data in, an SVG or a PNG out, the same bytes on each machine.
//!
//! ```text
//! Chart, Figure ── sheet ──┬─ axis, ticks: which values, where
//!   (plain data)           ├─ key, marks:  names of lines and of events, without overlap
//!                          └─ plot:        the data itself
//!                                │ canvas: elements for plotters
//!                             picture ──┬── svg
//!                                       └── png
//! Bars, HeatMap: charts of another form, each with its own sheet
//! Drawing:       any of them, as it is kept and drawn
//! ```
//!
//! Nothing here knows of the simulator. A value that is not a number is a gap in its line.

mod axis;
mod bars;
mod canvas;
mod drawing;
mod gaps;
mod heading;
mod heat_map;
mod key;
mod marks;
mod picture;
mod plot;
mod png;
mod range;
mod sheet;
mod svg;
mod text;
mod theme;
mod ticks;

#[cfg(test)]
mod tests;

pub use super::format::Unit;
pub use bars::{Bar, BarPanel, Bars};
pub use drawing::{Drawing, Places};
pub use heading::Width;
pub use heat_map::{Edge, HeatMap};
pub use theme::{Theme, ThemeName};

use serde::{Deserialize, Serialize};

/// One chart, drawn at 1200 × 675 pixels (SVG), twice as many (PNG), or for a phone.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Chart {
    /// What is seen, as a statement: "Redis shields the database until 12:00".
    pub title: String,
    /// One sentence: how to read it.
    pub caption: String,
    /// Left to right.
    pub x: Axis,
    /// Bottom to top.
    pub y: Axis,
    /// The data; later series are drawn over earlier ones.
    pub series: Vec<Series>,
    /// What the data is seen against; drawn behind it.
    pub marks: Vec<Mark>,
}

/// Charts one above the other that share the x axis, as high as they need.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Figure {
    /// What is seen, as a statement.
    pub title: String,
    /// One sentence: how to read it.
    pub caption: String,
    /// Top to bottom. The x axis is named as in the last one and spans the data of all.
    pub panels: Vec<Chart>,
}

/// One direction of a chart.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Axis {
    /// What is measured; the unit is written at the ticks.
    pub label: String,
    /// Of the values; decides which numbers are round.
    pub unit: Unit,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// Smallest and largest value shown; from the data where there is none or it is not usable.
    #[serde(deserialize_with = "gaps::pair")]
    pub range: Option<(f64, f64)>,
    /// Of a linear y axis: the x from which on all data sets the range. A short spike before, such as a cold
    /// start, is cut off if it is more than twice as high as the rest, and its height is written there.
    pub settled: Option<f64>,
    /// Whether there are no values between whole numbers: then there are no ticks there.
    #[serde(default)]
    pub is_whole: bool,
}

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Each unit has the same room.
    Linear,
    /// Each decade has the same room; values that are not positive are gaps.
    Log,
}

/// Some data, drawn in one colour.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Series {
    /// Shown at the end of the line or in the legend; a series without a name is not listed.
    pub name: String,
    /// (x, y) by ascending x. A y that is not a number is a gap, and so is one that is larger than any: that fails.
    #[serde(deserialize_with = "gaps::pairs", serialize_with = "gaps::write_pairs")]
    pub points: Vec<(f64, f64)>,
    /// Low and high for each point, such as a 95 % interval: a shade behind the line. An end that is open is infinite.
    #[serde(deserialize_with = "gaps::band", serialize_with = "gaps::write_band")]
    pub band: Option<Vec<(f64, f64)>>,
    /// The form in which the points are drawn.
    pub style: Style,
}

/// The form in which a series is drawn.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// From point to point.
    Line,
    /// A value holds until the next point.
    Steps,
    /// A bar for each point, side by side for several series.
    Bars,
    /// A line, and a shade between it and the axis.
    Area,
    /// A marker for each point, with its band as a whisker: nothing is known between two points, so they are joined by thin
    /// dashes that only guide the eye.
    Points,
}

/// Something that the data is to be seen against.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Happens at one x: a vertical line.
    Event {
        /// Where.
        #[serde(deserialize_with = "gaps::number")]
        at: f64,
        /// What.
        label: String,
    },
    /// Lasts from one x to another: a shaded stretch.
    Window {
        /// Where it begins.
        #[serde(deserialize_with = "gaps::number")]
        from: f64,
        /// Where it ends.
        #[serde(deserialize_with = "gaps::number")]
        to: f64,
        /// What.
        label: String,
    },
    /// The share of something that fails, from 0 to 1, over x: a shade that hangs from the upper edge as deep as the share.
    Failing {
        /// (x, share) by ascending x.
        #[serde(deserialize_with = "gaps::pairs")]
        points: Vec<(f64, f64)>,
        /// What fails.
        label: String,
    },
    /// A y not to be crossed: a horizontal line, which the y axis always includes.
    Limit {
        /// The y.
        #[serde(deserialize_with = "gaps::number")]
        at: f64,
        /// Of what.
        label: String,
    },
}

impl Axis {
    /// A linear axis over the range of the data.
    #[must_use]
    pub fn linear(label: impl Into<String>, unit: Unit) -> Self {
        Self { label: label.into(), unit, scale: Scale::Linear, range: None, settled: None, is_whole: false }
    }

    /// A logarithmic axis over the range of the data.
    #[must_use]
    pub fn log(label: impl Into<String>, unit: Unit) -> Self {
        Self { scale: Scale::Log, ..Self::linear(label, unit) }
    }
}

impl Series {
    /// A series without a band. It has a gap where a value is infinite: a percentile that fails has no place.
    #[must_use]
    pub fn new(name: impl Into<String>, style: Style, mut points: Vec<(f64, f64)>) -> Self {
        points.iter_mut().filter(|(_, y)| y.is_infinite()).for_each(|(_, y)| *y = f64::NAN);
        Self { name: name.into(), points, band: None, style }
    }
}
