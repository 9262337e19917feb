//! Writes that a cache has taken and the database does not have, when one node of the cache dies.

use crate::common::trace::{Lcg, Trace, replay};
use crate::common::{assert_near, value};
use cachestorm::model::{node_of_slot, slot_of};
use rand_distr::{Distribution, Exp};

const NODES: u32 = 3;
const KEYS: usize = 40;

/// Redis takes no time, and its second node dies at some time, for half a second.
fn scenario(at: f64, write_back: &str, redis: &str) -> String {
    format!(
        r#"
name = "failover"
replications = 1
[workload]
arrivals = {{ trace = {{ file = "trace.csv" }} }}
[[workload.keys]]
name = "key"
count = 1
on_write = {{ write-back = {{ flush = "1 s"{write_back} }} }}
[app]
workers = "none"
[redis]
nodes = {NODES}
round_trip = "0 s"
service = {{ get = "0 s", set = "0 s", other = "0 s", per_kib = "0 s" }}
pool = {{ size = 1000 }}
{redis}
[[event]]
at = "{at} s"
failover = {{ node = 2, after = "500 ms" }}
"#
    )
}

fn is_on_second_node(key: usize) -> bool {
    node_of_slot(slot_of(format!("k{key}").as_bytes()), NODES) == 1
}

/// Writes at 200 a second for 20 s, and after them nothing but one read.
fn writes() -> (Trace, Vec<(f64, usize)>) {
    let (gaps, mut draws) = (Exp::new(200.0).expect("a rate"), Lcg(11));
    let (mut trace, mut all, mut at) = (Trace::default(), Vec::new(), 0.0);
    while at < 20.0 {
        at += gaps.sample(&mut draws);
        let key = (draws.unit() * KEYS as f64) as usize;
        trace.add(at, key, "set");
        all.push((at, key));
    }
    trace.add(30.0, 0, "get");
    (trace, all)
}

/// The copies of a node live on in its replica or its snapshot; what waited for the next flush was in its memory only.
#[test]
fn with_a_node_goes_what_it_had_acknowledged_and_not_flushed_of_its_own_keys() {
    let (trace, writes) = writes();
    let count = |is_one: &dyn Fn(f64) -> bool| {
        writes.iter().filter(|(at, key)| is_on_second_node(*key) && is_one(*at)).count() as f64
    };
    for dies in [3.0001f64, 7.25, 11.999, 17.4] {
        let lost = count(&|at| (dies.floor()..dies).contains(&at));
        let refused = count(&|at| (dies..dies + 0.5).contains(&at));
        assert!(dies < 4.0 || lost > 5.0, "{lost} prove little");
        for redis in ["", "replicas = { lag = \"20 ms\" }", "replicas = { lag = \"0 s\" }"] {
            for (write_back, lost) in [("", lost), (", replicated = true", 0.0)] {
                let outcome = replay(&scenario(dies, write_back, redis), &trace, &[]);
                let of = |metric: &str| value(&outcome, metric);
                assert_near(&format!("lost at {dies}, {redis}{write_back}"), of("write.lost"), lost, 0.0);
                assert_near("acknowledged", of("write.acknowledged"), writes.len() as f64 - refused, 0.0);
                assert_near("failed", of("client.failed"), refused, 0.0);
            }
        }
    }
}

/// A write before the death, and reads of it afterwards.
fn reads_after_the_death(write_back: &str, redis: &str) -> (f64, f64) {
    let key = (0..KEYS).find(|key| is_on_second_node(*key)).expect("a third of them is");
    let mut trace = Trace::default();
    trace.add(1.5, key, "set");
    for at in [2.5, 3.5] {
        trace.add(at, key, "get");
    }
    let outcome = replay(&scenario(1.7, write_back, redis), &trace, &[]);
    (value(&outcome, "write.lost"), value(&outcome, "client.staleness_max_seconds"))
}

#[test]
fn after_the_death_readers_have_the_copy_of_a_replica_or_what_the_database_has() {
    // The node is back without its copies, and the database never heard of the write: the last reader is 2 s behind.
    let (lost, staleness) = reads_after_the_death("", "");
    assert_near("lost", lost, 1.0, 0.0);
    assert_near("staleness", staleness, 3.5 - 1.5, 1e-6);
    // A replica that had heard of it has the copy, which the database never gets.
    let (lost, staleness) = reads_after_the_death("", "replicas = { lag = \"1 ms\" }");
    assert_near("lost", lost, 1.0, 0.0);
    assert_near("staleness", staleness, 0.0, 0.0);
    // And what a second memory has is flushed at 2 s, before anybody reads.
    let (lost, staleness) = reads_after_the_death(", replicated = true", "");
    assert_near("lost", lost, 0.0, 0.0);
    assert_near("staleness", staleness, 0.0, 0.0);
}
