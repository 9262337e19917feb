//! Charts of every kind, of nothing and of hostile data.

mod forms;
mod samples;

use proptest::prelude::*;

use super::picture::{Frame, Item, PX, Picture, Shape};
use super::*;
use samples::{arrivals, chart, charts, empty, figure, hit_ratio, hostile, noise, time};

fn labels(picture: &Picture) -> Vec<(String, Frame)> {
    let label = |item: &Item| match &item.shape {
        Shape::Label(label) => Some((label.text.clone(), label.frame())),
        Shape::Line { .. } | Shape::Polygon { .. } => None,
    };
    picture.items.iter().filter_map(label).collect()
}

const WIDTHS: [Width; 2] = [Width::Wide, Width::Narrow];

fn pictures(width: Width) -> Vec<(&'static str, Picture)> {
    let charts =
        charts().into_iter().map(|(name, chart)| (name, sheet::of_chart(&chart, &Theme::LIGHT, width)));
    charts.chain([("figure", sheet::of_figure(&figure(), &Theme::LIGHT, width))]).collect()
}

/// All text is inside of the picture, and apart from other text.
fn check_labels(name: &str, picture: &Picture) {
    let labels = labels(picture);
    for (index, (text, frame)) in labels.iter().enumerate() {
        let across = frame.left >= 0 && frame.right <= picture.width;
        let inside = across && frame.top >= 0 && frame.bottom <= picture.height;
        assert!(inside, "{name}: `{text}` at {frame:?}");
        for (other, covered) in &labels[..index] {
            let beside = frame.left >= covered.right || frame.right <= covered.left;
            let apart = beside || frame.top >= covered.bottom || frame.bottom <= covered.top;
            assert!(apart, "{name}: `{text}` at {frame:?} covers `{other}` at {covered:?}");
        }
    }
}

#[test]
fn no_text_leaves_the_picture_or_covers_another() {
    for (name, picture) in WIDTHS.into_iter().flat_map(pictures) {
        check_labels(name, &picture);
    }
}

fn any_axis() -> impl Strategy<Value = Axis> {
    let units = [Unit::Count, Unit::PerSecond, Unit::Seconds, Unit::Ratio, Unit::Bytes];
    let (unit, scale) =
        (prop::sample::select(units.to_vec()), prop::sample::select(vec![Scale::Linear, Scale::Log]));
    let range = prop::option::of((any_value(), any_value()));
    let settled = prop::option::of(any_value());
    let parts = (unit, scale, range, settled, any::<bool>(), "\\PC{0,300}");
    parts.prop_map(|(unit, scale, range, settled, is_whole, label)| Axis {
        label,
        unit,
        scale,
        range,
        settled,
        is_whole,
    })
}

/// Every float, and more often ones of usual size.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), -10.0..1000.0, Just(f64::NAN), Just(0.0), Just(f64::INFINITY)]
}

fn any_chart() -> impl Strategy<Value = Chart> {
    let styles =
        prop::sample::select(vec![Style::Line, Style::Steps, Style::Bars, Style::Area, Style::Points]);
    let points = prop::collection::vec((any_value(), any_value()), 0..20);
    let band = prop::option::of(prop::collection::vec((any_value(), any_value()), 0..20));
    let series = ("\\PC{0,30}", points, band, styles).prop_map(|(name, points, band, style)| Series {
        name,
        points,
        band,
        style,
    });
    let mark = (any_value(), any_value(), "\\PC{0,30}", 0..4).prop_map(|(at, to, label, kind)| match kind {
        0 => Mark::Event { at, label },
        1 => Mark::Window { from: at, to, label },
        2 => Mark::Failing { points: vec![(at, to), (to, at)], label },
        _ => Mark::Limit { at, label },
    });
    let parts = (prop::collection::vec(series, 0..12), prop::collection::vec(mark, 0..12));
    ("\\PC{0,300}", any_axis(), any_axis(), parts).prop_map(|(title, x, y, (series, marks))| Chart {
        caption: title.clone(),
        title,
        x,
        y,
        series,
        marks,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_data_makes_a_sound_picture(one in any_chart(), two in any_chart()) {
        for width in WIDTHS {
            check_labels("a chart", &sheet::of_chart(&one, &Theme::LIGHT, width));
        }
        let figure = Figure { title: one.title.clone(), caption: two.caption.clone(), panels: vec![one, two] };
        for width in WIDTHS {
            check_labels("a figure", &sheet::of_figure(&figure, &Theme::LIGHT, width));
        }
        let svg = Drawing::from(figure).svg(&Theme::DARK, Width::Wide);
        prop_assert!(roxmltree::Document::parse(&svg).is_ok(), "{svg}");
    }
}

#[test]
fn an_svg_is_well_formed_and_says_what_it_shows() {
    for (name, chart) in charts() {
        let svg = Drawing::from(chart).svg(&Theme::LIGHT, Width::Wide);
        let document = roxmltree::Document::parse(&svg).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        let text_of =
            |tag| document.descendants().find(|node| node.has_tag_name(tag)).and_then(|node| node.text());
        assert!(text_of("title").is_some_and(|title| !title.is_empty()));
        assert!(text_of("desc").is_some_and(|caption| !caption.is_empty()));
        assert!(!document.descendants().any(|node| node.has_tag_name("script")), "{name}");
    }
}

#[test]
fn an_svg_names_every_series_mark_and_axis() {
    let svg = Drawing::from(figure()).svg(&Theme::LIGHT, Width::Wide);
    for panel in figure().panels {
        let series = panel.series.iter().map(|series| &series.name);
        let marks = panel.marks.iter().map(|mark| match mark {
            Mark::Event { label, .. }
            | Mark::Window { label, .. }
            | Mark::Failing { label, .. }
            | Mark::Limit { label, .. } => label,
        });
        for text in series.chain(marks).chain([&panel.title, &panel.y.label, &panel.caption]) {
            assert!(svg.contains(text.as_str()), "`{text}` is missing");
        }
    }
    assert!(svg.contains("time since the start"));
}

#[test]
fn the_same_chart_has_the_same_bytes() {
    let (one, two) = (Drawing::from(hit_ratio()), Drawing::from(hit_ratio()));
    assert_eq!(one.svg(&Theme::LIGHT, Width::Wide), two.svg(&Theme::LIGHT, Width::Wide));
    assert_eq!(one.png(&Theme::LIGHT), two.png(&Theme::LIGHT));
    assert_ne!(one.svg(&Theme::LIGHT, Width::Wide), two.svg(&Theme::DARK, Width::Wide));
}

#[test]
fn a_png_is_twice_the_size_of_the_svg() {
    for chart in [hit_ratio(), empty(), hostile()] {
        let decoded =
            tiny_skia::Pixmap::decode_png(&Drawing::from(chart).png(&Theme::LIGHT)).expect("a sound PNG");
        assert_eq!((decoded.width(), decoded.height()), (2400, 1350));
    }
}

#[test]
fn a_chart_without_data_says_so() {
    let no_series = Chart { series: vec![], ..arrivals() };
    for chart in [empty(), no_series] {
        assert!(Drawing::from(chart).svg(&Theme::LIGHT, Width::Wide).contains(">no data<"));
    }
    let no_panels = Figure { panels: vec![], ..figure() };
    assert!(roxmltree::Document::parse(&Drawing::from(no_panels).svg(&Theme::LIGHT, Width::Wide)).is_ok());
}

/// On a phone of 380 pixels, whose page has 354 for a chart, letters of 14 pixels are shown with at least 12.
#[test]
fn the_letters_of_a_narrow_picture_are_large_enough_for_a_phone() {
    for (name, picture) in pictures(Width::Narrow) {
        let sizes = picture.items.iter().filter_map(|item| match &item.shape {
            Shape::Label(label) => Some(label.face.size),
            Shape::Line { .. } | Shape::Polygon { .. } => None,
        });
        let least = f64::from(sizes.min().expect("it has a title")) / f64::from(picture.width) * 354.0;
        assert!(least > 12.0, "{name}: {least}");
    }
}

#[test]
fn an_event_of_all_panels_is_named_once_where_there_is_data() {
    let panels = vec![Chart { series: vec![], ..arrivals() }, arrivals(), hit_ratio()];
    let svg = Drawing::from(Figure { panels, ..figure() }).svg(&Theme::LIGHT, Width::Wide);
    assert_eq!(svg.matches(">redis restarts, empty<").count(), 1);
}

#[test]
fn a_value_that_is_not_a_number_is_a_gap() {
    let points = vec![(0.0, 1.0), (1.0, 2.0), (2.0, f64::NAN), (3.0, 2.0), (4.0, 1.0)];
    let chart =
        chart("", time(), Axis::linear("", Unit::Count), vec![Series::new("", Style::Line, points)], vec![]);
    let picture = sheet::of_chart(&chart, &Theme::LIGHT, Width::Wide);
    let color = plot::pen(&Theme::LIGHT, 0).color.rgb;
    let lines = picture
        .items
        .iter()
        .filter(|item| matches!(&item.shape, Shape::Line { pen, .. } if pen.color.rgb == color));
    assert_eq!(lines.count(), 2);
}

#[test]
fn a_long_series_stays_small_as_svg() {
    let points = (0..200_000).map(|index| (f64::from(index), noise(index))).collect();
    let chart =
        chart("", time(), Axis::linear("", Unit::Ratio), vec![Series::new("", Style::Line, points)], vec![]);
    let columns = 2 * 1200;
    // Four points for each half pixel, each point at most `1234.5 1234.5 ` long.
    assert_eq!(sheet::of_chart(&chart, &Theme::LIGHT, Width::Wide).width, 1200 * PX);
    assert!(Drawing::from(chart).svg(&Theme::LIGHT, Width::Wide).len() < columns * 4 * 14 + 10_000);
}

#[test]
fn a_spike_before_the_data_settles_does_not_press_the_rest_flat() {
    let spike = |height: f64, at: i32, length: i32| {
        let value = |second| if (at..at + length).contains(&second) { height } else { 200.0 };
        let points = (0..100).map(|second| (f64::from(second), value(second)));
        let series = vec![Series::new("reads", Style::Line, points.collect())];
        let y = Axis { settled: Some(10.0), ..Axis::linear("reads", Unit::PerSecond) };
        let picture = sheet::of_chart(&Chart { y, series, ..empty() }, &Theme::LIGHT, Width::Wide);
        check_labels("spike", &picture);
        let texts: Vec<String> = labels(&picture).into_iter().map(|(text, _)| text).collect();
        let has = |text: &str| texts.iter().any(|label| label == text);
        (has("↑ 2216/s"), has("200/s"), has("2500/s"))
    };
    // Cut, and the height written there; the axis is that of the rest.
    assert_eq!(spike(2216.0, 3, 2), (true, true, false));
    // Not twice as high as the rest, or too long for a spike, or after the data has settled: nothing is cut.
    assert_eq!(spike(399.0, 3, 2), (false, true, false));
    assert_eq!(spike(2216.0, 3, 3), (false, false, true));
    assert_eq!(spike(2216.0, 12, 2), (false, false, true));
}

#[test]
fn names_that_all_panels_have_are_said_once_and_no_axis_repeats_its_heading() {
    let panel = |name: &str| {
        let lines =
            ["base", "cured"].map(|variant| Series::new(variant, Style::Line, vec![(0.0, 1.0), (9.0, 2.0)]));
        chart(name, time(), Axis::linear(name, Unit::Count), lines.into(), vec![])
    };
    let panels = vec![panel("latency"), panel("failures")];
    let all = labels(&sheet::of_figure(&Figure { panels, ..figure() }, &Theme::LIGHT, Width::Wide));
    let count = |text: &str| all.iter().filter(|(label, _)| label == text).count();
    for text in ["base", "cured", "latency", "failures"] {
        assert_eq!(count(text), 1, "{text}");
    }
}

/// The axis reaches from the left edge of the panels to the right one, with even steps between.
#[test]
fn the_places_of_a_drawing_are_those_of_its_axes() {
    let drawing = Drawing::from(figure());
    let places = drawing.places(&[0.0, 299.5, 599.0], Width::Wide).expect("it has an axis");
    let [left, middle, right] = places.across[..] else { panic!("three places") };
    assert!((left + right - 2.0 * middle).abs() < 0.2, "{:?}", places.across);
    assert!(left > 0.0 && right < places.size.0 && places.top_and_bottom.1 < places.size.1);
    let picture = sheet::of_figure(&figure(), &Theme::LIGHT, Width::Wide);
    let stands = |(x, top): (f64, f64)| {
        let at = ((x * f64::from(PX)).round() as i32, (top * f64::from(PX)).round() as i32);
        picture.items.iter().any(|item| matches!(&item.shape, Shape::Line { points, .. } if points[0] == at))
    };
    assert!(stands((left, places.top_and_bottom.0)), "the frame of the first panel begins there");
}
