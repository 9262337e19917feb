//! `report.json`: what the charts and the page are drawn of, kept, so that they can be drawn again without simulating.
//!
//! The file names its format and the digest of what it holds; one that was damaged, cut off or written by another program is
//! told apart from one that is sound.

use super::chart::{Drawing, Theme, ThemeName, Width};
use super::page::{self, Page};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// What pictures are drawn of.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// The colours of the charts, unless others are asked for.
    pub theme: ThemeName,
    /// The page; what was stored before there was one has none.
    pub page: Option<Page>,
    /// The charts by the names of their files.
    pub drawings: Vec<(String, Drawing)>,
}

/// What is around it in the file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    program: String,
    format: u32,
    version: String,
    sha256: String,
    report: Box<RawValue>,
}

/// Grows when files of this kind are written that a program cannot read which does not know of the change.
const FORMAT: u32 = 1;

impl Stored {
    /// The file's name.
    pub const NAME: &str = "report.json";

    /// The file.
    ///
    /// # Panics
    /// Never: plain data can be written as JSON.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let report = serde_json::value::to_raw_value(self).expect("plain data can be written as JSON");
        let envelope = Envelope {
            program: env!("CARGO_PKG_NAME").into(),
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").into(),
            sha256: digest(&report),
            report,
        };
        let mut bytes = serde_json::to_vec(&envelope).expect("plain data can be written as JSON");
        bytes.push(b'\n');
        bytes
    }

    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it, as the rest of "... of which `report.json` ...".
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let envelope: Envelope = serde_json::from_slice(bytes)
            .map_err(|error| format!("is not a report of cachestorm, or is damaged: {error}"))?;
        if envelope.program != env!("CARGO_PKG_NAME") {
            return Err("was written by another program".into());
        }
        if envelope.format != FORMAT {
            let (format, version) = (envelope.format, envelope.version);
            return Err(format!(
                "has format {format}, written by cachestorm {version}; this one reads format {FORMAT}"
            ));
        }
        if envelope.sha256 != digest(&envelope.report) {
            return Err("is damaged: its digest is not that of what it holds".into());
        }
        let stored: Self = serde_json::from_str(envelope.report.get())
            .map_err(|error| format!("holds what this cachestorm does not know: {error}"))?;
        // A name becomes that of a file.
        let is_name = |name: &str| {
            let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
            !name.is_empty() && !name.starts_with('.') && name.chars().all(is_plain)
        };
        if let Some((name, _)) = stored.drawings.iter().find(|(name, _)| !is_name(name)) {
            return Err(format!("has a chart with the name `{}`", name.escape_debug()));
        }
        match stored.drawings.iter().find(|(_, drawing)| !drawing.is_drawable()) {
            Some((name, _)) => Err(format!("has a chart, `{name}`, that is too large or not whole")),
            None => Ok(stored),
        }
    }

    /// The charts and the page, as files, in the colours of this name or in those it was stored with.
    #[must_use]
    pub fn pictures(&self, theme: Option<ThemeName>) -> Vec<(String, Vec<u8>)> {
        let theme = Theme::named(theme.unwrap_or(self.theme));
        let charts = self.drawings.iter().flat_map(|(name, drawing)| {
            let svg = drawing.svg(theme, Width::Wide).into_bytes();
            [(format!("charts/{name}.svg"), svg), (format!("charts/{name}.png"), drawing.png(theme))]
        });
        let page = self
            .page
            .iter()
            .map(|page| ("report.html".to_owned(), page::write(page, &self.drawings).into_bytes()));
        charts.chain(page).collect()
    }
}

fn digest(report: &RawValue) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    for byte in Sha256::digest(report.get()) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::{Axis, Chart, Series, Style, Unit};

    fn stored(name: &str) -> Stored {
        let points = vec![(0.0, 0.1), (1.0, f64::NAN), (2.0, 1.0 / 3.0)];
        let chart = Chart {
            title: "A chart".into(),
            caption: "How to read it.".into(),
            x: Axis::linear("time", Unit::Seconds),
            y: Axis::linear("load", Unit::Count),
            series: vec![Series::new("load", Style::Line, points)],
            marks: Vec::new(),
        };
        Stored { theme: ThemeName::Light, page: None, drawings: vec![(name.into(), chart.into())] }
    }

    #[test]
    fn what_is_read_back_is_drawn_to_the_same_bytes() {
        let stored = stored("load");
        let back = Stored::read(&stored.bytes()).expect("it is sound");
        assert!(back.pictures(None) == stored.pictures(None));
        assert!(back.pictures(Some(ThemeName::Dark)) != stored.pictures(None));
        assert!(back.bytes() == stored.bytes());
    }

    #[test]
    fn a_report_that_is_not_sound_is_told_apart_by_what_is_wrong() {
        let text = String::from_utf8(stored("load").bytes()).expect("it is text");
        let cut = &text[..text.len() / 2];
        let cases = [
            (text.replace("A chart", "B chart"), "is damaged: its digest is not that of what it holds"),
            (cut.to_owned(), "is not a report of cachestorm, or is damaged: EOF"),
            ("{}".to_owned(), "is not a report of cachestorm, or is damaged: missing field"),
            (
                text.replace("\"program\":\"cachestorm\"", "\"program\":\"other\""),
                "was written by another program",
            ),
            (text.replace("\"format\":1", "\"format\":9"), "has format 9, written by cachestorm"),
        ];
        for (text, expected) in cases {
            let problem = Stored::read(text.as_bytes()).expect_err(expected);
            assert!(problem.starts_with(expected), "{problem}");
        }
    }

    #[test]
    fn a_chart_is_written_nowhere_but_among_the_charts() {
        for name in ["../load", "a/b", "", ".hidden", "C:\\load"] {
            let problem = Stored::read(&stored(name).bytes()).expect_err(name);
            assert!(problem.starts_with("has a chart with the name"), "{problem}");
        }
    }
}
