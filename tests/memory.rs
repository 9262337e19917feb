//! What a request in flight costs, and a point of a sweep.

use cachestorm::experiment::sweep::{Case, Point, Precision, Swept, grid, sweep};
use cachestorm::experiment::{Runner, Unwatched};
use cachestorm::model::{Axis, Model, Prepared, SimulateError, simulate};
use cachestorm::scenario::Document;
use std::ops::ControlFlow;

/// The client's task and the server's, while the answer comes from a cache: the bound that docs/PERFORMANCE.md
/// names. Memory in an overload is this times the requests in flight.
#[test]
fn a_request_in_flight_takes_at_most_700_bytes() {
    let mut document =
        Document::parse("baseline.toml", include_str!("../scenarios/baseline.toml")).expect("it is sound");
    for setting in ["duration=1s", "warmup=0s"] {
        document.set(setting).expect("the setting is sound");
    }
    let model = document.read(None, Model::read).expect("it is sound");
    let prepared = Prepared::new(model, None).expect("there is no trace");
    let (_, effort) = simulate(&prepared, 0, |_| ControlFlow::Continue(()))
        .expect("there is no trace")
        .expect("nobody stops it");
    let [client, server, _] = effort.task_bytes;
    assert!(client + server <= 700, "{client} + {server}");
}

/// A short scenario at so many rates of its arrivals.
fn swept(points: u32) -> Swept {
    let axis =
        Axis::parse(&format!("workload.arrivals.poisson=1000/s..2000/s:{points}")).expect("it is sound");
    let case = |point: &Point| -> Result<Case, SimulateError> {
        let mut document = Document::parse("baseline.toml", include_str!("../scenarios/baseline.toml"))
            .expect("it is sound");
        let rate = format!("workload.arrivals.poisson={}", point[0].text);
        for setting in ["duration=50ms", "warmup=0s", "replications=2", &rate] {
            document.set(setting).expect("the setting is sound");
        }
        let model = document.read(None, Model::read).expect("it is sound");
        Ok(Case { point: point.clone(), model, trace: None, identity: None, refused: None })
    };
    let precision = Precision { of: None, replications_max: 2 };
    let all = grid(std::slice::from_ref(&axis));
    sweep(vec![axis], all, case, &precision, &Runner::new(&Unwatched)).expect("there is no trace")
}

/// The most that this process has had in memory so far.
#[cfg(target_os = "linux")]
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the system tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak is told");
    line.trim().trim_end_matches(" kB").parse().expect("it is a number")
}

/// Of a point there remain its name, the metrics of its replications that have a value, two times some 140 numbers of eight
/// bytes, what they say together of some 80 percentiles and shares, 48 bytes each, and what tells whether they are fit. With the
/// distributions it would be more than 100 KiB.
#[test]
#[cfg(target_os = "linux")]
fn a_point_of_a_sweep_takes_less_than_16_kib() {
    let few = swept(40);
    let before = peak_kib();
    let many = swept(640);
    let grown = peak_kib() - before;
    assert_eq!((few.points.len(), many.points.len()), (40, 640));
    assert!(grown < 600 * 16, "{grown} KiB for 600 points more");
}
