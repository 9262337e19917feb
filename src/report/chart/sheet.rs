//! The layout of a picture: heading, panels, axes; and the order in which all is drawn.
//!
//! Heights come first, top to bottom. Names stand beside the lines at first; a panel where they do not fit
//! gets a legend, and all is arranged again, since that changes the room for the others.

use super::axis::Extent;
use super::canvas::Canvas;
use super::heading::{Heading, PANEL_TITLE, TEXT, Width, count, to_base};
use super::key::{self, Entry, Legend};
use super::marks::Labels;
use super::picture::{Anchor, Frame, PX, Picture};
use super::range::vertical;
use super::theme::Theme;
use super::ticks::{Tick, ticks};
use super::{Axis, Chart, Figure, Mark, Style, Unit, plot};

/// Height of a picture of one chart.
const HEIGHT: i32 = 675 * PX;
/// Height of the axes of one panel among several.
const PANEL: i32 = 150 * PX;
/// Height of the axes of a chart that stands alone, on a phone.
const NARROW: i32 = 260 * PX;
/// Below the axes: the labels of the ticks and the name of the axis.
const FOOT: i32 = 64 * PX;
/// The last label of the x axis reaches half its width beyond it.
const LEAST_RIGHT: i32 = 48 * PX;
const NARROW_RIGHT: i32 = 26 * PX;

/// A picture of one chart.
pub fn of_chart(chart: &Chart, theme: &Theme, width: Width) -> Picture {
    let panels = std::slice::from_ref(chart);
    Sheet { title: &chart.title, caption: &chart.caption, panels, theme, width }.picture()
}

/// A picture of several charts, one above the other.
pub fn of_figure(figure: &Figure, theme: &Theme, width: Width) -> Picture {
    Sheet { title: &figure.title, caption: &figure.caption, panels: &figure.panels, theme, width }.picture()
}

/// Where the data of charts one above the other lies.
pub struct Places {
    pub width: i32,
    pub height: i32,
    /// Of each panel, top to bottom.
    pub axes: Vec<Frame>,
    /// Of all of them.
    pub x: Extent,
}

/// The places in the picture that [`of_chart`] or [`of_figure`] makes of these panels.
pub fn places(title: &str, caption: &str, panels: &[Chart], width: Width) -> Places {
    let sheet = Sheet { title, caption, panels, theme: &Theme::LIGHT, width };
    let Layout { height, panels, .. } = sheet.layout();
    let axes = panels.iter().map(|panel| panel.axes).collect();
    Places { width: width.length(), height, axes, x: sheet.horizontal() }
}

struct Sheet<'a> {
    title: &'a str,
    caption: &'a str,
    panels: &'a [Chart],
    theme: &'a Theme,
    width: Width,
}

/// What does not depend on the layout.
struct Content<'a> {
    chart: &'a Chart,
    x: Extent,
    y: Extent,
    y_ticks: Vec<Tick>,
    entries: Vec<Entry>,
    /// The marks that no panel above has named already.
    marks: Vec<&'a Mark>,
    has_data: bool,
}

/// What stands above the panels, and where they are.
struct Layout<'a> {
    heading: Heading,
    /// The names of the lines, where all panels have the same.
    names: Vec<Entry>,
    legend: Option<Legend>,
    contents: Vec<Content<'a>>,
    panels: Vec<Panel>,
    height: i32,
}

/// Where the parts of a panel are.
struct Panel {
    top: i32,
    /// The lines of its title; none where the picture is of this chart alone.
    title: Vec<String>,
    axes: Frame,
    /// None if the names stand beside the lines.
    legend: Option<Legend>,
    labels: Labels,
}

impl<'a> Sheet<'a> {
    fn picture(&self) -> Picture {
        let layout = self.layout();
        let canvas = Canvas::new(self.width.length(), layout.height, self.theme);
        layout.heading.draw(&canvas);
        if let Some(legend) = &layout.legend {
            legend.draw(&canvas, &layout.names, (self.width.margin(), layout.heading.bottom()));
        }
        for (index, (content, panel)) in layout.contents.iter().zip(&layout.panels).enumerate() {
            let is_last = index + 1 == layout.panels.len();
            self.draw(&canvas, content, panel, is_last);
        }
        canvas.finish()
    }

    fn layout(&self) -> Layout<'a> {
        let mut contents = self.contents();
        let names = shared(&mut contents);
        let legend = (!names.is_empty()).then(|| Legend::new(&names, self.width.inside()));
        let heading = Heading::new(self.title, self.caption, self.width);
        let names_height = legend.as_ref().map_or(0, |legend| legend.height() + 14 * PX);
        let (panels, height) = self.arrange(&contents, heading.bottom() + names_height);
        Layout { heading, names, legend, contents, panels, height }
    }

    fn contents(&self) -> Vec<Content<'a>> {
        let x = self.horizontal();
        let mut named: Vec<(u64, &str)> = Vec::new();
        let content = |chart: &'a Chart| {
            let y = vertical(chart, &x);
            let has_data = plot::has_data(chart, &x, &y);
            let room = if self.panels.len() > 1 { 5 } else { 8 };
            let marks = chart.marks.iter().filter(|mark| match mark {
                _ if !has_data => false,
                Mark::Event { at, label } | Mark::Window { from: at, label, .. } => {
                    let name = (at.to_bits(), label.as_str());
                    let is_new = !named.contains(&name);
                    named.push(name);
                    is_new
                }
                Mark::Limit { .. } | Mark::Failing { .. } => false,
            });
            Content {
                chart,
                y_ticks: ticks(&y, room),
                entries: key::entries(chart, self.theme, &x, &y),
                marks: marks.collect(),
                has_data,
                x: x.clone(),
                y,
            }
        };
        self.panels.iter().map(content).collect()
    }

    /// The x axis that all panels share.
    fn horizontal(&self) -> Extent {
        let points =
            |chart: &'a Chart| chart.series.iter().flat_map(|series| &series.points).map(|point| point.0);
        let values: Vec<f64> = self.panels.iter().flat_map(points).collect();
        let mut series = self.panels.iter().flat_map(|panel| &panel.series);
        let style = series.any(|series| series.style == Style::Bars).then_some(Style::Bars);
        let empty = Axis::linear("", Unit::Count);
        Extent::horizontal(self.panels.last().map_or(&empty, |panel| &panel.x), &values, style)
    }

    /// The place of each panel, and the height of the picture.
    fn arrange(&self, contents: &[Content], top: i32) -> (Vec<Panel>, i32) {
        let tick_widths =
            contents.iter().flat_map(|content| &content.y_ticks).filter_map(|tick| tick.label.as_ref());
        let left =
            self.width.margin() + 10 * PX + tick_widths.map(|label| TEXT.width(label)).max().unwrap_or(0);
        let estimate = Frame { left, top, right: self.width.length(), bottom: top + PANEL };
        let mut beside: Vec<bool> =
            contents.iter().map(|content| key::beside(&content.entries, estimate).is_some()).collect();
        if let [content] = contents {
            // A picture of one chart has more room than a panel.
            beside[0] = key::beside(&content.entries, Frame { bottom: HEIGHT - FOOT, ..estimate }).is_some();
        }
        if self.width == Width::Narrow {
            // Names beside the lines would leave no room for these.
            beside.fill(false);
        }
        loop {
            let (panels, height) = self.stack(contents, &beside, (left, top));
            let fits =
                |(content, panel): (&Content, &Panel)| key::beside(&content.entries, panel.axes).is_some();
            let fits: Vec<bool> = contents.iter().zip(&panels).map(fits).collect();
            let retry: Vec<bool> = beside.iter().zip(&fits).map(|(beside, fits)| *beside && *fits).collect();
            if retry == beside {
                return (panels, height);
            }
            beside = retry;
        }
    }

    /// The title of one panel among several.
    fn panel_title(&self, chart: &Chart) -> Vec<String> {
        match self.width {
            Width::Wide => vec![PANEL_TITLE.fit(&chart.title, self.width.length() / 2)],
            Width::Narrow => PANEL_TITLE.wrap(&chart.title, self.width.inside(), 3),
        }
    }

    fn least_right(&self) -> i32 {
        match self.width {
            Width::Wide => LEAST_RIGHT,
            Width::Narrow => NARROW_RIGHT,
        }
    }

    /// Puts the panels below each other, those that `beside` names without a legend.
    fn stack(&self, contents: &[Content], beside: &[bool], (left, top): (i32, i32)) -> (Vec<Panel>, i32) {
        let rooms = contents.iter().zip(beside).filter(|(_, beside)| **beside);
        let right = rooms.map(|(content, _)| key::room_beside(&content.entries)).max().unwrap_or(0);
        let (width, margin) = (self.width.length(), self.width.margin());
        let right = width - (right + margin).max(self.least_right());
        let mut panels = Vec::new();
        let mut below = top;
        for (content, beside) in contents.iter().zip(beside) {
            let legend = (!beside).then(|| Legend::new(&content.entries, self.width.inside()));
            let beyond = if *beside && !content.entries.is_empty() { 0 } else { width - margin - right };
            let labels = Labels::new(&content.marks, &content.x, right - left, beyond);
            let title = if contents.len() > 1 { self.panel_title(content.chart) } else { Vec::new() };
            let heading = heading_height(&title);
            let legend_height = legend.as_ref().map_or(0, |legend| legend.height() + 6 * PX);
            let is_empty = contents.len() > 1 && is_said(content) && labels.note().is_empty();
            let name_height = if is_empty { 12 * PX } else { 32 * PX };
            let axes_top = below + heading + legend_height + name_height + labels.height();
            let axes_bottom = match (contents.len(), self.width) {
                (2.., _) => axes_top + PANEL,
                (_, Width::Wide) => HEIGHT - FOOT,
                (_, Width::Narrow) => axes_top + NARROW,
            };
            let axes = Frame { left, top: axes_top, right, bottom: axes_bottom };
            panels.push(Panel { top: below, title, axes, legend, labels });
            below = axes_bottom + 16 * PX;
        }
        (panels, below - 16 * PX + FOOT)
    }

    fn draw(&self, canvas: &Canvas, content: &Content, panel: &Panel, is_last: bool) {
        let Frame { left, top, right, .. } = panel.axes;
        let mut above = panel.top;
        if let [.., last] = &panel.title[..] {
            let margin = self.width.margin();
            for (index, line) in panel.title.iter().enumerate() {
                let base = above + 20 * PX + count(index) * PANEL_TITLE.line_height();
                canvas.text(line, (margin, base), Anchor::Start, PANEL_TITLE, self.theme.ink);
            }
            above += heading_height(&panel.title);
            // Behind the title, and not where this leaves no room.
            let after = margin + PANEL_TITLE.width(last) + 12 * PX;
            let caption = TEXT.fit(&content.chart.caption, self.width.length() - margin - after);
            canvas.text(&caption, (after, above - 10 * PX), Anchor::Start, TEXT, self.theme.muted);
        }
        if let Some(legend) = &panel.legend {
            legend.draw(canvas, &content.entries, (self.width.margin(), above));
            above += legend.height() + 6 * PX;
        }
        let note = panel.labels.note();
        let (margin, room) = (self.width.margin(), self.width.inside() - TEXT.width(&note) - 20 * PX);
        let label = if self.panels.len() > 1 && is_said(content) { "" } else { &content.chart.y.label };
        let name = TEXT.fit(label, room);
        canvas.text(&name, (margin, above + 14 * PX), Anchor::Start, TEXT, self.theme.muted);
        let end = (self.width.length() - margin, above + 14 * PX);
        canvas.text(&note, end, Anchor::End, TEXT, self.theme.muted);

        let x_ticks = x_ticks(&content.x, panel.axes.width());
        let extents = (&content.x, &content.y);
        let area = canvas.area(&content.x, &content.y, panel.axes);
        if content.has_data {
            plot::grid(canvas, &area, extents, &x_ticks, &content.y_ticks);
            // A marker on an axis is whole.
            if plot::is_marked(content.chart) {
                plot::axes(canvas, panel.axes);
            }
            plot::data(canvas, &area, content.chart, extents, panel.axes);
            self.name_cuts(canvas, content, panel.axes);
            panel.labels.draw(canvas, panel.axes);
            self.name_ticks(canvas, content, panel.axes, is_last.then_some(&x_ticks[..]));
        } else {
            let middle = (i32::midpoint(left, right), top + panel.axes.height() / 2);
            canvas.text("no data", middle, Anchor::Middle, PANEL_TITLE, self.theme.muted);
        }
        if panel.legend.is_none()
            && let Some(heights) = key::beside(&content.entries, panel.axes)
        {
            key::draw_beside(canvas, &content.entries, &heights, panel.axes);
        }
        if !(content.has_data && plot::is_marked(content.chart)) {
            plot::axes(canvas, panel.axes);
        }
        if is_last {
            let name = TEXT.fit(&content.chart.x.label, right - left);
            let at = (i32::midpoint(left, right), panel.axes.bottom + 46 * PX);
            canvas.text(&name, at, Anchor::Middle, TEXT, self.theme.muted);
        }
    }

    /// How high the data is where the upper end of the axis cuts it off, once for each series.
    fn name_cuts(&self, canvas: &Canvas, Content { chart, x, y, .. }: &Content, axes: Frame) {
        let mut base = axes.top;
        for (index, series) in chart.series.iter().enumerate() {
            let beyond = |(at, value): &&(f64, f64)| x.contains(*at) && y.takes(*value) && *value > y.high;
            let highest = series.points.iter().filter(beyond).max_by(|one, other| one.1.total_cmp(&other.1));
            let Some((at, value)) = highest else { continue };
            base += TEXT.line_height();
            // More would not fit below each other.
            if base > axes.bottom {
                break;
            }
            let text = TEXT.fit(&format!("↑ {}", y.unit.show(*value)), axes.width() / 2 - 5 * PX);
            let place = axes.left + libm::round(x.share(*at) * f64::from(axes.width())) as i32;
            let (anchor, gap) =
                if x.share(*at) < 0.5 { (Anchor::Start, 5 * PX) } else { (Anchor::End, -5 * PX) };
            canvas.text(&text, (place + gap, base), anchor, TEXT, plot::color(self.theme, index));
        }
    }

    fn name_ticks(&self, canvas: &Canvas, content: &Content, axes: Frame, x_ticks: Option<&[Tick]>) {
        for tick in legible(content.y_ticks.clone(), &content.y, axes.height(), |_| TEXT.line_height()) {
            let Some(label) = &tick.label else { continue };
            let share = content.y.share(tick.value);
            let y = axes.bottom - libm::round(share * f64::from(axes.height())) as i32;
            let at = (axes.left - 7 * PX, y + to_base(TEXT));
            canvas.text(label, at, Anchor::End, TEXT, self.theme.ink);
        }
        for tick in x_ticks.unwrap_or_default() {
            let Some(label) = &tick.label else { continue };
            let share = content.x.share(tick.value);
            let x = axes.left + libm::round(share * f64::from(axes.width())) as i32;
            let half = TEXT.width(label) / 2;
            // Only labels of extreme values are that long.
            if x < half || x + half > self.width.length() {
                continue;
            }
            canvas.text(label, (x, axes.bottom + 22 * PX), Anchor::Middle, TEXT, self.theme.ink);
        }
    }
}

/// What the title of a panel takes.
fn heading_height(title: &[String]) -> i32 {
    match count(title.len()) {
        0 => 0,
        lines => 30 * PX + (lines - 1) * PANEL_TITLE.line_height(),
    }
}

/// Takes the names out of the panels, if these are several and the lines of all have the same: they are said once. What
/// limits are of, their names say.
fn shared(contents: &mut [Content]) -> Vec<Entry> {
    let names = |content: &Content| -> Vec<String> {
        content.chart.series.iter().map(|series| series.name.clone()).collect()
    };
    let [first, rest @ ..] = &*contents else { return Vec::new() };
    let is_shared = !rest.is_empty() && rest.iter().all(|content| names(content) == names(first));
    if !is_shared {
        return Vec::new();
    }
    let entries = contents.iter_mut().map(|content| std::mem::take(&mut content.entries));
    let mut all = Vec::new();
    for (panel, entries) in entries.enumerate() {
        all.extend(entries.into_iter().filter(|entry| panel == 0 || entry.is_limit()));
    }
    all.sort_by_key(Entry::is_limit);
    all
}

/// Whether the axis says what the heading of its panel has said.
fn is_said(content: &Content) -> bool {
    content.chart.y.label.eq_ignore_ascii_case(&content.chart.title)
}

/// As many ticks as have room for their labels.
pub fn x_ticks(x: &Extent, width: i32) -> Vec<Tick> {
    let room = |label: &str| TEXT.width(label) + 12 * PX;
    let dense = (3..=12).rev().map(|wanted| ticks(x, wanted));
    let fits = |found: &Vec<Tick>| legible(found.clone(), x, width, room) == *found;
    dense.into_iter().find(fits).unwrap_or_else(|| legible(ticks(x, 2), x, width, room))
}

/// Takes the label from each tick whose label would reach into the one before. `room` is the length along the
/// axis that a label takes.
pub fn legible(mut ticks: Vec<Tick>, extent: &Extent, length: i32, room: impl Fn(&str) -> i32) -> Vec<Tick> {
    let mut end = f64::NEG_INFINITY;
    for tick in &mut ticks {
        let Some(label) = &tick.label else { continue };
        let (middle, half) = (extent.share(tick.value) * f64::from(length), f64::from(room(label)) / 2.0);
        if middle - half < end {
            tick.label = None;
        } else {
            end = middle + half;
        }
    }
    ticks
}
