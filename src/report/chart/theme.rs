//! Colours and dashes: told apart by people who see few colours, and in black-and-white print.

use plotters::style::RGBColor;

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

/// Strokes and gaps in tenths of a pixel, in turn by series. Their number has no common factor with that of
/// the colours, so a pair comes back only after 35 series.
pub const DASHES: [&[i32]; 5] = [&[], &[120, 50], &[25, 40], &[150, 45, 25, 45], &[60, 40]];
