//! Charts as they come from a simulation, and some that should never come.

use crate::report::chart::{Axis, Chart, Figure, Mark, Series, Style, Unit};

/// Reproducible noise between 0 and 1.
pub fn noise(index: u32) -> f64 {
    f64::from(index.wrapping_mul(2_654_435_761).rotate_left(13).wrapping_mul(2_246_822_519) >> 8)
        / f64::from(1 << 24)
}

fn seconds(value: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    (0..600)
        .map(|second| (f64::from(second), value(f64::from(second)) * (0.95 + 0.1 * noise(second))))
        .collect()
}

pub fn chart(title: &str, x: Axis, y: Axis, series: Vec<Series>, marks: Vec<Mark>) -> Chart {
    let caption = "Each line is one layer; the shade is the 95 % interval over the replications.".to_owned();
    Chart { title: title.to_owned(), caption, x, y, series, marks }
}

pub fn time() -> Axis {
    Axis::linear("time since the start", Unit::Seconds)
}

fn outage() -> Vec<Mark> {
    vec![
        Mark::Event { at: 180.0, label: "redis restarts, empty".to_owned() },
        Mark::Window { from: 330.0, to: 400.0, label: "replica lag".to_owned() },
    ]
}

fn dip(at: f64, second: f64, low: f64, high: f64) -> f64 {
    if second < at { high } else { high - (high - low) * libm::exp(-(second - at) / 60.0) }
}

pub fn arrivals() -> Chart {
    let points = seconds(|second| 12_000.0 + 6000.0 * libm::sin(second / 95.0));
    let series = vec![Series::new("", Style::Area, points)];
    chart(
        "Arrivals swing between 6k and 18k per second",
        time(),
        Axis::linear("requests", Unit::PerSecond),
        series,
        outage(),
    )
}

pub fn hit_ratio() -> Chart {
    let mut local = Series::new("local", Style::Line, seconds(|second| dip(180.0, second, 0.55, 0.6)));
    local.band = Some(local.points.iter().map(|(_, ratio)| (ratio - 0.04, ratio + 0.04)).collect());
    let mut redis = Series::new("redis", Style::Line, seconds(|second| dip(180.0, second, 0.05, 0.92)));
    for point in &mut redis.points[180..190] {
        point.1 = f64::NAN;
    }
    let series = vec![local, redis];
    let mut marks = outage();
    marks.push(Mark::Limit { at: 0.8, label: "objective".to_owned() });
    chart(
        "Redis needs five minutes to recover",
        time(),
        Axis::linear("hit ratio", Unit::Ratio),
        series,
        marks,
    )
}

fn load() -> Chart {
    let series = vec![
        Series::new("queries", Style::Line, seconds(|second| 900.0 + dip(180.0, second, 4000.0, 100.0))),
        Series::new("capacity", Style::Steps, vec![(0.0, 3000.0), (400.0, 4500.0), (599.0, 4500.0)]),
    ];
    chart(
        "The database is over its capacity for a minute",
        time(),
        Axis::linear("queries", Unit::PerSecond),
        series,
        outage(),
    )
}

fn latency() -> Chart {
    let line = |name: &str, factor: f64| {
        Series::new(name, Style::Line, seconds(move |second| factor * (0.001 + dip(180.0, second, 0.2, 0.0))))
    };
    let series = vec![line("p50", 1.0), line("p90", 3.0), line("p99", 9.0)];
    let marks = vec![Mark::Limit { at: 0.25, label: "objective 250 ms".to_owned() }];
    chart("p99 breaks its objective", time(), Axis::log("latency", Unit::Seconds), series, marks)
}

pub fn distribution() -> Chart {
    let tail = |median: f64, shape: f64| -> Vec<(f64, f64)> {
        let time = |step: i32| median * libm::exp10(f64::from(step) / 40.0);
        (-40..120).map(|step| (time(step), 1.0 / (1.0 + libm::pow(time(step) / median, shape)))).collect()
    };
    let series = vec![
        Series::new("hits", Style::Line, tail(0.0004, 2.2)),
        Series::new("misses", Style::Line, tail(0.012, 1.8)),
        Series::new("all requests", Style::Line, tail(0.0009, 1.5)),
    ];
    let marks = vec![Mark::Event { at: 0.25, label: "objective 250 ms".to_owned() }];
    let y = Axis { range: Some((1e-5, 1.0)), ..Axis::log("share of requests that take longer", Unit::Ratio) };
    chart("Misses make the tail", Axis::log("latency", Unit::Seconds), y, series, marks)
}

pub fn staleness() -> Chart {
    let bar = |step: i32| {
        (libm::exp10(f64::from(step) / 4.0), 900.0 * libm::exp(-f64::from(step - 5).powi(2) / 9.0))
    };
    let series = vec![
        Series::new("read from redis", Style::Bars, (-2..15).map(bar).collect()),
        Series::new(
            "read from a replica",
            Style::Bars,
            (-2..15).map(|step| bar(step + 3)).map(|(x, y)| (x / 5.6, y)).collect(),
        ),
    ];
    chart(
        "Most stale reads are under a minute old",
        Axis::log("age of what was read", Unit::Seconds),
        Axis::linear("reads", Unit::Count),
        series,
        vec![],
    )
}

fn crowd() -> Chart {
    let line = |index: u32| {
        Series::new(
            format!("shard {index} of the cluster"),
            Style::Line,
            seconds(|_| 5.0 + 0.1 * f64::from(index)),
        )
    };
    let marks =
        (0..30).map(|index| Mark::Event { at: f64::from(index * 7), label: format!("restart {index}") });
    chart(
        "Many lines",
        time(),
        Axis::linear("load", Unit::Count),
        (0..40).map(line).collect(),
        marks.collect(),
    )
}

pub fn hostile() -> Chart {
    let name = "<script>alert('1')</script> & \"緩存\" \u{0}\u{1b}[31m".repeat(9);
    let points =
        vec![(0.0, f64::INFINITY), (1.0, 1e308), (2.0, -1e308), (f64::NAN, 1.0), (3.0, 5.0), (4.0, -1e299)];
    let series =
        vec![Series::new(&name, Style::Line, points.clone()), Series::new(&name, Style::Bars, points)];
    let marks =
        vec![Mark::Event { at: 2.0, label: name.clone() }, Mark::Limit { at: f64::NAN, label: name.clone() }];
    let axis = || Axis { label: name.clone(), ..time() };
    Chart { caption: name.clone(), ..chart(&name, axis(), axis(), series, marks) }
}

pub fn empty() -> Chart {
    let series = vec![Series::new("nothing", Style::Line, vec![(0.0, f64::NAN)])];
    chart("Nothing was measured", time(), Axis::linear("latency", Unit::Seconds), series, outage())
}

pub fn charts() -> Vec<(&'static str, Chart)> {
    vec![
        ("arrivals", arrivals()),
        ("hit-ratio", hit_ratio()),
        ("load", load()),
        ("latency", latency()),
        ("distribution", distribution()),
        ("staleness", staleness()),
        ("crowd", crowd()),
        ("hostile", hostile()),
        ("empty", empty()),
    ]
}

pub fn figure() -> Figure {
    Figure {
        title: "A restart of redis overloads the database for a minute".to_owned(),
        caption: "All panels share the time axis; dotted lines are events.".to_owned(),
        panels: vec![arrivals(), hit_ratio(), load(), latency()],
    }
}
