//! A page as HTML. Every text is escaped by the template engine; `PreEscaped` stands only before what the program has
//! written itself: its style, its script, and its charts, which escape what they write.

use super::{Grid, Item, Page, Part, Section, cursor, numbers, style};
use crate::report::chart::{Drawing, Theme, Width};
use crate::text::printable_lines;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// All charts by their names.
type Drawings = [(String, Drawing)];

/// The page as one file.
#[must_use]
pub fn write(page: &Page, drawings: &Drawings) -> String {
    let style = style::style();
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(style::policy(&style, style::SCRIPT));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "cachestorm " (page.version) };
                link rel="icon" href="data:,";
                title { (page.title) }
                style { (PreEscaped(&style)) }
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                (header(page))
                main #content {
                    @for part in &page.sections { (section(part, drawings)) }
                }
                footer { p { "Made by cachestorm " (page.version) ", a simulator of layered caches." } }
                script { (PreEscaped(style::SCRIPT)) }
            }
        }
    };
    // No text of a scenario turns the direction of the page, and a NUL is no HTML.
    printable_lines(&markup.into_string())
}

fn header(page: &Page) -> Markup {
    let (class, mark) = match page.verdict.is_good {
        Some(true) => ("verdict good", "✓"),
        Some(false) => ("verdict bad", "✗"),
        None if page.verdict.is_undecided => ("verdict open", "?"),
        None => ("verdict", ""),
    };
    html! {
        header {
            h1 { (page.title) }
            @if let Some(description) = &page.description { p.description { (description) } }
            p class=(class) {
                @if !mark.is_empty() { span.mark aria-hidden="true" { (mark) } " " }
                (page.verdict.text)
            }
            @for note in &page.verdict.notes { p.note { (note) } }
            nav aria-label="Sections" {
                ul { @for section in &page.sections { li { a href={ "#" (section.id) } { (section.title) } } } }
            }
        }
    }
}

fn section(section: &Section, drawings: &Drawings) -> Markup {
    let heading = format!("{}-heading", section.id);
    html! {
        section id=(section.id) aria-labelledby=(heading) {
            h2 id=(heading) { (section.title) }
            @for content in &section.parts { (part(content, section, drawings)) }
        }
    }
}

fn part(part: &Part, section: &Section, drawings: &Drawings) -> Markup {
    let find = |name: &String| drawings.iter().find(|(known, _)| known == name).map(|(_, drawing)| drawing);
    match part {
        Part::Text(text) => html! { p { (prose(text)) } },
        Part::Table(grid) => folded(grid, &section.title),
        Part::Items(items) => html! { @for one in items { (item(one)) } },
        Part::Chart(name) => html! { @if let Some(drawing) = find(name) { (figure(drawing, None)) } },
        Part::OverTime(names) => over_time(&names.iter().filter_map(find).collect::<Vec<_>>()),
        Part::Code { label, text } => html! {
            h3 { (label) }
            pre.scroll tabindex="0" aria-label=(label) { code { (text) } }
        },
    }
}

fn item(item: &Item) -> Markup {
    html! {
        article {
            h3 { (item.title) }
            @for text in &item.texts { p { (prose(text)) } }
        }
    }
}

/// Charts that have one time axis, and the cursor that goes over all of them: a slider, which takes the arrow keys and
/// is read out by screen readers. It is hidden where there is no script to move it.
fn over_time(drawings: &[&Drawing]) -> Markup {
    html! {
        div.over-time {
            @if let Some(times) = cursor::times(drawings) {
                div.cursor hidden data-times=(times) {
                    label {
                        span { "Cursor: " output.time { } }
                        input type="range" min="0" step="1" value="0";
                    }
                    div.readings { }
                    p.hint { "Point at a chart, or move with the arrow keys, page up and down, home and end; escape puts it away." }
                }
            }
            @for drawing in drawings {
                (figure(drawing, Some(drawings)))
            }
        }
    }
}

/// A chart twice, of which the style shows one: for screens and paper, and for phones, where the letters of a wide chart
/// would be too small to read. `beside` are the charts that have one cursor with it.
fn figure(drawing: &Drawing, beside: Option<&[&Drawing]>) -> Markup {
    let cursor = |width: Width| {
        let reading = cursor::reading(drawing, beside?, width)?;
        serde_json::to_string(&reading).ok()
    };
    let chart = |class: &str, width: Width| {
        html! {
            div class={ "chart " (class) } data-cursor=[cursor(width)] {
                (PreEscaped(drawing.svg(&Theme::LIGHT, width)))
            }
        }
    };
    html! {
        figure {
            (chart("wide", Width::Wide))
            (chart("narrow", Width::Narrow))
            figcaption { (folded(&numbers::table(drawing), "")) }
        }
    }
}

/// A table; `heading` is what has been said above it.
fn folded(grid: &Grid, heading: &str) -> Markup {
    html! {
        @if grid.is_folded {
            details { summary { (grid.caption) } (table(grid, true)) }
        } @else {
            (table(grid, grid.caption == heading))
        }
    }
}

fn table(grid: &Grid, is_said: bool) -> Markup {
    let is_number = |column: usize| grid.columns.get(column).is_some_and(|column| column.is_number);
    let class = |column: usize, text: &str| match (is_number(column), tone(text)) {
        (true, Some(tone)) => Some(format!("number {tone}")),
        (true, None) => Some("number".to_owned()),
        (false, tone) => tone.map(str::to_owned),
    };
    let label = |column: usize| {
        let column = grid.columns.get(column).filter(|_| !grid.is_folded);
        column.map(|column| column.name.as_str()).filter(|name| !name.is_empty())
    };
    html! {
        div.scroll tabindex="0" role="group" aria-label=(grid.caption) {
            // On a phone each row of a table that is always shown becomes a list.
            table class=[(!grid.is_folded).then_some("rows")] {
                caption class=[is_said.then_some("said")] { (grid.caption) }
                thead {
                    tr {
                        @for column in &grid.columns {
                            th scope="col" class=[column.is_number.then_some("number")] { (column.name) }
                        }
                    }
                }
                tbody {
                    @for row in &grid.rows {
                        tr {
                            @for (index, text) in row.iter().enumerate() {
                                @if index == 0 {
                                    th scope="row" class=[tone(text)] { (cell(text)) }
                                } @else {
                                    td class=[class(index, text)] data-label=[label(index)] { (cell(text)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether a cell says that something was met or missed.
fn tone(text: &str) -> Option<&'static str> {
    match text.chars().next() {
        Some('✓') => Some("good"),
        Some('✗') => Some("bad"),
        Some('?') => Some("open"),
        _ => None,
    }
}

/// A paragraph in which names from scenarios stand between backticks.
fn prose(text: &str) -> Markup {
    html! {
        @for (index, piece) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

fn cell(text: &str) -> Markup {
    let mut lines = text.lines();
    html! {
        (lines.next().unwrap_or_default())
        @for line in lines { br; small { (line) } }
    }
}
