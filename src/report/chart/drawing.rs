//! A chart of any kind, as it is kept and drawn.

use super::picture::{PX, Picture};
use super::{Bars, Chart, Figure, HeatMap, Theme, Width, bars, heat_map, png, sheet, svg};
use serde::{Deserialize, Serialize};

/// A chart of any kind: plain data, which can be kept and drawn again.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawing {
    /// One chart.
    Chart(Chart),
    /// Several that share an axis.
    Figure(Figure),
    /// Bars with names.
    Bars(Bars),
    /// A colour for each pair of two settings.
    HeatMap(HeatMap),
}

/// Where in a picture its data lies, in pixels: what a cursor that moves over it has to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    /// Of the picture.
    pub size: (f64, f64),
    /// The upper end of the first panel, and the lower end of the last.
    pub top_and_bottom: (f64, f64),
    /// Of the values that were asked for, left to right.
    pub across: Vec<f64>,
}

impl Drawing {
    /// What is seen, as a statement.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Chart(chart) => &chart.title,
            Self::Figure(figure) => &figure.title,
            Self::Bars(bars) => &bars.title,
            Self::HeatMap(map) => &map.title,
        }
    }

    /// How to read it.
    #[must_use]
    pub fn caption(&self) -> &str {
        match self {
            Self::Chart(chart) => &chart.caption,
            Self::Figure(figure) => &figure.caption,
            Self::Bars(bars) => &bars.caption,
            Self::HeatMap(map) => &map.caption,
        }
    }

    /// Whether it can be drawn: what comes from a file of somebody else may be of any size, and lack parts.
    #[must_use]
    pub fn is_drawable(&self) -> bool {
        let is_short = |text: &str| text.len() <= TEXT_MAX;
        let fits = match self {
            Self::Chart(_) => true,
            Self::Figure(figure) => figure.panels.len() <= PANELS_MAX,
            Self::Bars(bars) => {
                let all: usize = bars.panels.iter().map(|panel| panel.bars.len()).sum();
                bars.panels.len() <= PANELS_MAX && all <= BARS_MAX
            }
            Self::HeatMap(map) => map.is_whole(),
        };
        let panels = self.panels().iter().all(|panel| {
            is_short(&panel.title) && is_short(&panel.caption) && panel.series.len() <= SERIES_MAX
        });
        fits && panels && is_short(self.title()) && is_short(self.caption())
    }

    /// The charts over an axis of numbers that it consists of, if it does.
    #[must_use]
    pub fn panels(&self) -> &[Chart] {
        match self {
            Self::Chart(chart) => std::slice::from_ref(chart),
            Self::Figure(figure) => &figure.panels,
            Self::Bars(_) | Self::HeatMap(_) => &[],
        }
    }

    /// As an `svg` element, which may stand alone or inside a page.
    #[must_use]
    pub fn svg(&self, theme: &Theme, width: Width) -> String {
        svg::write(&self.picture(theme, width), self.title(), &self.description())
    }

    /// As a PNG file.
    #[must_use]
    pub fn png(&self, theme: &Theme) -> Vec<u8> {
        png::write(&self.picture(theme, Width::Wide))
    }

    /// Where values of the x axis lie.
    #[must_use]
    pub fn places(&self, values: &[f64], width: Width) -> Option<Places> {
        let pixels = |length: i32| f64::from(length) / f64::from(PX);
        let places = sheet::places(self.title(), self.caption(), self.panels(), width);
        let (first, last) = (places.axes.first()?, places.axes.last()?);
        let across = |value: &f64| pixels(first.left) + places.x.share(*value) * pixels(first.width());
        Some(Places {
            size: (pixels(places.width), pixels(places.height)),
            top_and_bottom: (pixels(first.top), pixels(last.bottom)),
            across: values.iter().map(across).collect(),
        })
    }

    fn picture(&self, theme: &Theme, width: Width) -> Picture {
        match self {
            Self::Chart(chart) => sheet::of_chart(chart, theme, width),
            Self::Figure(figure) => sheet::of_figure(figure, theme, width),
            Self::Bars(bars) => bars::picture(bars, theme, width),
            Self::HeatMap(map) => heat_map::picture(map, theme, width),
        }
    }

    /// What a screen reader says after the title.
    fn description(&self) -> String {
        let panels = match self {
            Self::Figure(figure) => &figure.panels[..],
            Self::Chart(_) | Self::Bars(_) | Self::HeatMap(_) => &[],
        };
        let panels = panels.iter().map(|panel| format!("{}: {}", panel.title, panel.caption));
        let sentences: Vec<String> = std::iter::once(self.caption().to_owned()).chain(panels).collect();
        sentences.join(" ")
    }
}

/// Titles and captions are sentences.
const TEXT_MAX: usize = 10_000;
const PANELS_MAX: usize = 100;
/// A comparison of a thousand variants has so many.
const SERIES_MAX: usize = 1_000;
/// Some 40,000 pixels of height.
const BARS_MAX: usize = 2_000;

impl From<Chart> for Drawing {
    fn from(chart: Chart) -> Self {
        Self::Chart(chart)
    }
}

impl From<Figure> for Drawing {
    fn from(figure: Figure) -> Self {
        Self::Figure(figure)
    }
}

impl From<Bars> for Drawing {
    fn from(bars: Bars) -> Self {
        Self::Bars(bars)
    }
}

impl From<HeatMap> for Drawing {
    fn from(map: HeatMap) -> Self {
        Self::HeatMap(map)
    }
}
