//! Charts: plain data in, an SVG or a PNG out, the same bytes on each machine.
//!
//! ```text
//! Chart, Figure ── sheet ──┬─ axis, ticks: which values, where
//!   (plain data)           ├─ key, marks:  names of lines and of events, without overlap
//!                          └─ plot:        the data itself
//!                                │ canvas: elements for plotters
//!                             picture ──┬── svg
//!                                       └── png
//! ```
//!
//! Nothing here knows of the simulator. A value that is not a number is a gap in its line.

mod axis;
mod canvas;
mod key;
mod marks;
mod picture;
mod plot;
mod png;
mod sheet;
mod svg;
mod text;
mod theme;
mod ticks;

#[cfg(test)]
mod tests;

pub use super::format::Unit;
pub use theme::Theme;

/// One chart, drawn at 1200 × 675 pixels (SVG) or twice as many (PNG).
#[derive(Clone, Debug)]
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

/// Charts one above the other that share the x axis, at 1200 pixels by what they need.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What is seen, as a statement.
    pub title: String,
    /// One sentence: how to read it.
    pub caption: String,
    /// Top to bottom. The x axis is named as in the last one and spans the data of all.
    pub panels: Vec<Chart>,
}

/// One direction of a chart.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What is measured; the unit is written at the ticks.
    pub label: String,
    /// Of the values; decides which numbers are round.
    pub unit: Unit,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// Smallest and largest value shown; from the data where there is none or it is not usable.
    pub range: Option<(f64, f64)>,
    /// Of a linear y axis: the x from which on all data sets the range. A short spike before, such as a cold
    /// start, is cut off if it is more than twice as high as the rest, and its height is written there.
    pub settled: Option<f64>,
}

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Each unit has the same room.
    Linear,
    /// Each decade has the same room; values that are not positive are gaps.
    Log,
}

/// Some data, drawn in one colour.
#[derive(Clone, Debug)]
pub struct Series {
    /// Shown at the end of the line or in the legend; a series without a name is not listed.
    pub name: String,
    /// (x, y) by ascending x.
    pub points: Vec<(f64, f64)>,
    /// Low and high for each point, such as a 95 % interval: a shade behind the line.
    pub band: Option<Vec<(f64, f64)>>,
    /// The form in which the points are drawn.
    pub style: Style,
}

/// The form in which a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// From point to point.
    Line,
    /// A value holds until the next point.
    Steps,
    /// A bar for each point, side by side for several series.
    Bars,
    /// A line, and a shade between it and the axis.
    Area,
}

/// Something that the data is to be seen against.
#[derive(Clone, Debug)]
pub enum Mark {
    /// Happens at one x: a vertical line.
    Event {
        /// Where.
        at: f64,
        /// What.
        label: String,
    },
    /// Lasts from one x to another: a shaded stretch.
    Window {
        /// Where it begins.
        from: f64,
        /// Where it ends.
        to: f64,
        /// What.
        label: String,
    },
    /// A y not to be crossed: a horizontal line, which the y axis always includes.
    Limit {
        /// The y.
        at: f64,
        /// Of what.
        label: String,
    },
}

impl Axis {
    /// A linear axis over the range of the data.
    #[must_use]
    pub fn linear(label: impl Into<String>, unit: Unit) -> Self {
        Self { label: label.into(), unit, scale: Scale::Linear, range: None, settled: None }
    }

    /// A logarithmic axis over the range of the data.
    #[must_use]
    pub fn log(label: impl Into<String>, unit: Unit) -> Self {
        Self { scale: Scale::Log, ..Self::linear(label, unit) }
    }
}

impl Series {
    /// A series without a band.
    #[must_use]
    pub fn new(name: impl Into<String>, style: Style, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.into(), points, band: None, style }
    }
}

impl Chart {
    /// The chart as an `svg` element, which may stand alone or inside a page.
    #[must_use]
    pub fn svg(&self, theme: &Theme) -> String {
        svg::write(&sheet::of_chart(self, theme), &self.title, &self.caption)
    }

    /// The chart as a PNG file.
    #[must_use]
    pub fn png(&self, theme: &Theme) -> Vec<u8> {
        png::write(&sheet::of_chart(self, theme))
    }
}

impl Figure {
    /// The figure as an `svg` element, which may stand alone or inside a page.
    #[must_use]
    pub fn svg(&self, theme: &Theme) -> String {
        let panels = self.panels.iter().map(|panel| format!("{}: {}", panel.title, panel.caption));
        let sentences: Vec<String> = std::iter::once(self.caption.clone()).chain(panels).collect();
        svg::write(&sheet::of_figure(self, theme), &self.title, &sentences.join(" "))
    }

    /// The figure as a PNG file.
    #[must_use]
    pub fn png(&self, theme: &Theme) -> Vec<u8> {
        png::write(&sheet::of_figure(self, theme))
    }
}
