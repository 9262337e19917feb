//! Colours and dashes: told apart by people who see few colours, and in black-and-white print.

use super::plot::bar_color;
use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

/// Which colours are meant.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeName {
    /// For white paper.
    #[default]
    Light,
    /// For dark pages.
    Dark,
}

/// The colours of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theme {
    /// Behind everything.
    pub background: RGBColor,
    /// Titles, names and ticks.
    pub ink: RGBColor,
    /// Captions and axis labels.
    pub muted: RGBColor,
    /// At ticks with a label.
    pub grid: RGBColor,
    /// Between the lines of the grid, on logarithmic axes.
    pub fine_grid: RGBColor,
    /// Limits.
    pub alarm: RGBColor,
    /// Of the series, in turn.
    pub series: [RGBColor; 7],
}

impl Theme {
    /// The colours of this name.
    #[must_use]
    pub const fn named(name: ThemeName) -> &'static Self {
        match name {
            ThemeName::Light => &Self::LIGHT,
            ThemeName::Dark => &Self::DARK,
        }
    }

    /// For white paper. Series: M. Okabe and K. Ito, "Color Universal Design" (2008), in an order of falling
    /// contrast to white, without their yellow, which is too pale for a line.
    pub const LIGHT: Self = Self {
        background: RGBColor(255, 255, 255),
        ink: RGBColor(26, 28, 32),
        muted: RGBColor(88, 92, 100),
        grid: RGBColor(218, 221, 226),
        fine_grid: RGBColor(238, 240, 243),
        alarm: RGBColor(170, 20, 30),
        series: [
            RGBColor(0, 114, 178),
            RGBColor(213, 94, 0),
            RGBColor(0, 158, 115),
            RGBColor(204, 121, 167),
            RGBColor(0, 0, 0),
            RGBColor(86, 180, 233),
            RGBColor(230, 159, 0),
        ],
    };

    /// For dark pages. Series: the same palette with its yellow instead of black, the bright ones first.
    pub const DARK: Self = Self {
        background: RGBColor(22, 24, 28),
        ink: RGBColor(232, 234, 237),
        muted: RGBColor(164, 169, 178),
        grid: RGBColor(58, 62, 70),
        fine_grid: RGBColor(38, 41, 47),
        alarm: RGBColor(255, 120, 120),
        series: [
            RGBColor(86, 180, 233),
            RGBColor(230, 159, 0),
            RGBColor(0, 190, 140),
            RGBColor(204, 121, 167),
            RGBColor(240, 228, 66),
            RGBColor(240, 120, 50),
            RGBColor(60, 140, 220),
        ],
    };
}

impl Theme {
    /// Each colour of light charts with the one that has its place in dark ones, as a page writes them.
    #[must_use]
    pub fn counterparts() -> Vec<[String; 2]> {
        Self::LIGHT
            .all()
            .into_iter()
            .zip(Self::DARK.all())
            .map(|(one, other)| [hex(one), hex(other)])
            .collect()
    }

    /// The colour of each series in turn, in light charts and in dark ones.
    #[must_use]
    pub fn looks() -> Vec<[String; 2]> {
        Self::LIGHT
            .series
            .into_iter()
            .zip(Self::DARK.series)
            .map(|(one, other)| [hex(one), hex(other)])
            .collect()
    }

    fn all(&self) -> Vec<RGBColor> {
        let fixed = [self.background, self.ink, self.muted, self.grid, self.fine_grid, self.alarm];
        // Every other bar has the colour of a line.
        let bars = (1..self.series.len()).step_by(2).map(|index| bar_color(self, index));
        fixed.into_iter().chain(self.series).chain(bars).collect()
    }
}

fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Strokes and gaps in tenths of a pixel, in turn by series. Their number has no common factor with that of
/// the colours, so a pair comes back only after 35 series.
pub const DASHES: [&[i32]; 5] = [&[], &[120, 50], &[25, 40], &[150, 45, 25, 45], &[60, 40]];
