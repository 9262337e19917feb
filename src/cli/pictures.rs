//! The arguments about charts and the page, the same for all commands that draw some.

use cachestorm::report::Pictures;
use cachestorm::report::chart::ThemeName;

/// Which pictures are wanted.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Wanted {
    /// Draw no charts and no page; `cachestorm report` can draw them later
    #[arg(long)]
    no_charts: bool,
    /// The colours of the charts; the page has both
    #[arg(long, value_enum, default_value_t = Theme::Light)]
    theme: Theme,
}

/// The colours of charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Theme {
    /// For white paper
    Light,
    /// For dark pages
    Dark,
}

impl From<Theme> for ThemeName {
    fn from(theme: Theme) -> Self {
        match theme {
            Theme::Light => Self::Light,
            Theme::Dark => Self::Dark,
        }
    }
}

impl From<Wanted> for Pictures {
    fn from(wanted: Wanted) -> Self {
        Self { are_drawn: !wanted.no_charts, theme: wanted.theme.into() }
    }
}
