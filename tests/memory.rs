//! What a request in flight costs.

use cachestorm::model::{Model, Prepared, simulate};
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
