//! Bars and maps: all text in its place, whatever the data is.

use super::{any_value, check_labels, labels};
use crate::report::chart::{
    Axis, Bar, BarPanel, Bars, Chart, Drawing, Edge, HeatMap, Series, Style, Theme, Unit, Width, bars,
    heat_map,
};
use proptest::prelude::*;

fn bar(name: &str, value: f64) -> Bar {
    let interval = Some((value - 0.05, value + 0.05));
    Bar { name: name.into(), value, interval, point: None, note: Unit::Ratio.show(value), look: 0 }
}

fn some_bars() -> Bars {
    let bars = vec![bar("base", 0.2), bar("single-flight", 0.9), bar("none", f64::NAN)];
    let axis = Axis::linear("hit ratio", Unit::Ratio);
    let limit = Some((0.5, "objective: at least 50 %".to_owned()));
    let panel = BarPanel { title: "redis.hit_ratio".into(), axis, bars, limit, is_joined: false };
    Bars { title: "Two variants".into(), caption: "How to read it.".into(), panels: vec![panel] }
}

fn some_map() -> HeatMap {
    let edge = |label: &str, names: &[&str]| Edge {
        label: label.into(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    HeatMap {
        title: "A map".into(),
        caption: "How to read it.".into(),
        across: edge("redis.memory", &["64 MiB", "128 MiB", "256 MiB"]),
        up: edge("redis.policy", &["allkeys-lru", "allkeys-lfu"]),
        unit: Unit::Ratio,
        cells: vec![0.1, 0.2, 0.3, 0.4, 0.5, f64::NAN],
        crossed: vec![true, false, false, false, false, false],
        open: vec![false, true, false, false, false, false],
    }
}

#[test]
fn bars_and_maps_say_all_names_and_numbers() {
    for width in [Width::Wide, Width::Narrow] {
        let bars = labels(&bars::picture(&some_bars(), &Theme::LIGHT, width));
        let map = labels(&heat_map::picture(&some_map(), &Theme::LIGHT, width));
        let has =
            |labels: &[(String, super::Frame)], text: &str| labels.iter().any(|(label, _)| label == text);
        let of_bars = ["base", "single-flight", "20 %", "90 %", "–", "redis.hit_ratio"];
        for text in of_bars.into_iter().chain(["objective: at least 50 %"]) {
            assert!(has(&bars, text), "`{text}` is missing, {width:?}");
        }
        // The cells, and the ends of the scale.
        let of_map = ["✗ 10 %", "? 20 %", "40 %", "–", "10 %", "50 %"];
        for text in ["64 MiB", "allkeys-lfu", "redis.memory", "redis.policy"].into_iter().chain(of_map) {
            assert!(has(&map, text), "`{text}` is missing, {width:?}");
        }
    }
}

/// What fails is worse than any value: its bar is as long as the axis, and hatched.
#[test]
fn what_fails_has_a_full_bar_that_is_hatched() {
    use crate::report::chart::picture::Shape;
    let mut some = some_bars();
    some.panels[0].bars[0].value = f64::INFINITY;
    let picture = bars::picture(&some, &Theme::LIGHT, Width::Wide);
    let alarm = super::super::plot::limit_pen(&Theme::LIGHT).color.rgb;
    let full = picture.items.iter().find_map(|item| match &item.shape {
        Shape::Polygon { points, color } if color.rgb == alarm => Some((points[0].0, points[1].0)),
        _ => None,
    });
    let (left, right) = full.expect("there is a bar that fails");
    let strokes = picture.items.iter().filter(|item| {
        let inside = item.clip.is_some_and(|clip| (clip.left, clip.right) == (left, right));
        inside && matches!(&item.shape, Shape::Line { pen, .. } if pen.color.rgb == alarm)
    });
    assert!(strokes.count() > 20);
    let line = picture.items.iter().any(|item| {
        matches!(&item.shape, Shape::Polygon { points, .. } if points[0].0 == left && points[1].0 > right)
    });
    assert!(!line, "no bar is longer than one that fails");
}

/// Three series with the same value: each of their markers can be seen.
#[test]
fn markers_at_one_place_stand_around_each_other() {
    use crate::report::chart::picture::Shape;
    let series = |name: &str| Series::new(name, Style::Points, vec![(1.0, 0.0), (2.0, 0.0)]);
    let chart = Chart {
        title: "Three".into(),
        caption: String::new(),
        x: Axis::linear("x", Unit::Count),
        y: Axis::linear("y", Unit::Count),
        series: ["one", "two", "three"].map(series).into(),
        marks: Vec::new(),
    };
    let picture = crate::report::chart::sheet::of_chart(&chart, &Theme::LIGHT, Width::Wide);
    let color = |index: usize| crate::report::chart::plot::pen(&Theme::LIGHT, index).color.rgb;
    let widths = [0, 1, 2].map(|index| {
        let drawn = picture.items.iter().filter(|item| item.clip.is_some());
        let widest = drawn.filter_map(|item| {
            let points = match &item.shape {
                Shape::Polygon { points, color: fill } if fill.rgb == color(index) => points,
                Shape::Line { points, pen } if pen.color.rgb == color(index) && points.len() > 3 => points,
                _ => return None,
            };
            let across = || points.iter().map(|point| point.0);
            Some(across().max()? - across().min()?)
        });
        widest.max().unwrap_or(0)
    });
    assert!(0 < widths[0] && widths[0] < widths[1] && widths[1] < widths[2], "{widths:?}");
}

/// On the axis from 0 to 100 % a bar of 90 % is four and a half times as long as one of 20 %.
#[test]
fn a_bar_is_as_long_as_its_value() {
    use crate::report::chart::picture::Shape;
    let picture = bars::picture(&some_bars(), &Theme::LIGHT, Width::Wide);
    let color = crate::report::chart::plot::pen(&Theme::LIGHT, 0).color.rgb;
    let lengths: Vec<i32> = picture
        .items
        .iter()
        .filter_map(|item| match &item.shape {
            Shape::Polygon { points, color: fill } if fill.rgb == color => Some(points[1].0 - points[0].0),
            _ => None,
        })
        .collect();
    let [short, long] = lengths[..] else { panic!("two bars, but {lengths:?}") };
    assert!((f64::from(long) / f64::from(short) - 4.5).abs() < 0.01, "{lengths:?}");
}

/// Drawn again from JSON, as `cachestorm report` does, nothing has changed.
#[test]
fn a_drawing_comes_back_from_json_as_it_was() {
    let charts = super::charts().into_iter().filter(|(name, _)| *name != "hostile");
    let charts = charts.map(|(_, chart)| Drawing::from(chart));
    let others = [super::figure().into(), some_bars().into(), some_map().into()];
    for drawing in charts.chain(others) {
        let text = serde_json::to_string(&drawing).expect("it can be written");
        let back: Drawing = serde_json::from_str(&text).expect("it can be read");
        assert_eq!(
            back.svg(&Theme::LIGHT, Width::Wide),
            drawing.svg(&Theme::LIGHT, Width::Wide),
            "{}",
            drawing.title()
        );
    }
}

fn any_bars() -> impl Strategy<Value = Bars> {
    let interval = prop::option::of((any_value(), any_value()));
    let bar = ("\\PC{0,60}", any_value(), interval, prop::option::of(any_value()), "\\PC{0,60}", 0..20_usize);
    let bar = bar.prop_map(|(name, value, interval, point, note, look)| Bar {
        name,
        value,
        interval,
        point,
        note,
        look,
    });
    let limit = prop::option::of((any_value(), "\\PC{0,200}"));
    let panel = ("\\PC{0,200}", super::any_axis(), prop::collection::vec(bar, 0..9), limit, any::<bool>());
    let panel = panel.prop_map(|(title, axis, bars, limit, is_joined)| BarPanel {
        title,
        axis,
        bars,
        limit,
        is_joined,
    });
    ("\\PC{0,300}", "\\PC{0,300}", prop::collection::vec(panel, 0..4))
        .prop_map(|(title, caption, panels)| Bars { title, caption, panels })
}

fn any_map() -> impl Strategy<Value = HeatMap> {
    let edge = || {
        let names = prop::collection::vec("\\PC{0,40}", 0..30);
        ("\\PC{0,200}", names).prop_map(|(label, names)| Edge { label, names })
    };
    let cells = prop::collection::vec(any_value(), 0..900);
    let marked = || prop::collection::vec(any::<bool>(), 0..900);
    let (crossed, open) = (marked(), marked());
    let parts = ("\\PC{0,300}", edge(), edge(), cells, crossed, open);
    parts.prop_map(|(title, across, up, cells, crossed, open)| HeatMap {
        caption: title.clone(),
        title,
        across,
        up,
        unit: Unit::Seconds,
        cells,
        crossed,
        open,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bars_and_maps_make_sound_pictures(bars in any_bars(), map in any_map()) {
        for width in [Width::Wide, Width::Narrow] {
            check_labels("bars", &bars::picture(&bars, &Theme::LIGHT, width));
            check_labels("a map", &heat_map::picture(&map, &Theme::LIGHT, width));
        }
        for drawing in [Drawing::from(bars), Drawing::from(map)] {
            let svg = drawing.svg(&Theme::DARK, Width::Wide);
            prop_assert!(roxmltree::Document::parse(&svg).is_ok(), "{svg}");
        }
    }
}
