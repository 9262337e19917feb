//! The engine alone: events per second with a given number of tasks waiting, and queueing systems whose loop
//! other simulators have too.
//!
//!     cargo bench --bench engine

use cachestorm::engine::{Engine, Flights, Job, Station, Weight};
use cachestorm::random::{Stream, variate};
use cachestorm::time::{Duration, Instant};
use divan::Bencher;
use divan::counter::ItemsCount;
use std::cell::Cell;
use std::ops::ControlFlow;

#[derive(Clone, Copy)]
struct Numbered(u32);

impl Job for Numbered {
    type Answer = ();

    fn weight(&self) -> Weight {
        Weight::Light
    }
}

/// Exponential times with a mean of one second, drawn beforehand so that drawing them is not measured.
fn times() -> Vec<Duration> {
    let stream = Stream::new(1, 0, "bench");
    (0..1 << 12).map(|n| Duration::from_secs_f64(variate::exponential(&mut stream.at(n)))).collect()
}

/// The hold model: each of `pending` tasks sleeps, wakes and sleeps again.
fn hold(times: &[Duration], pending: u32, events: u64) -> u64 {
    let engine = Engine::new();
    let left = Cell::new(events);
    (0..pending).for_each(|task| engine.spawn(Numbered(task)));
    let (engine, left) = (&engine, &left);
    let play = |Numbered(task)| async move {
        let mut next = task as usize;
        while left.get() > 0 {
            left.set(left.get() - 1);
            next = (next + 7_919) & (times.len() - 1);
            engine.sleep_until(engine.now() + times[next]).await;
        }
    };
    engine.run(play, play, play, |_| ControlFlow::Continue(())).events
}

/// The same with one constant delay: a lane.
fn lane(pending: u32, events: u64) -> u64 {
    let engine = Engine::new();
    let delay = engine.lane(Duration::from_millis(1));
    let left = Cell::new(events);
    (0..pending).for_each(|task| engine.spawn(Numbered(task)));
    let (engine, left) = (&engine, &left);
    let play = |_| async move {
        while left.get() > 0 {
            left.set(left.get() - 1);
            engine.sleep(delay).await;
        }
    };
    engine.run(play, play, play, |_| ControlFlow::Continue(())).events
}

/// M/M/16 at a load of 0.8: an arrival and a departure for each customer.
fn mm16(times: &[Duration], customers: u32) -> u64 {
    let engine = Engine::new();
    let station = Station::new(16, u32::MAX);
    engine.spawn(Numbered(0));
    let (engine, station) = (&engine, &station);
    let play = |Numbered(n)| async move {
        if n > 0 {
            let service = times[(n as usize * 31) & (times.len() - 1)];
            station.serve(engine, || service).await.expect("there is room");
            return;
        }
        let mut clock = 0;
        for customer in 1..=customers {
            clock += times[customer as usize & (times.len() - 1)].as_nanos() * 10 / 128;
            engine.sleep_until(Instant::from_nanos(clock)).await;
            engine.spawn(Numbered(customer));
        }
    };
    engine.run(play, play, play, |_| ControlFlow::Continue(())).events
}

/// A leader and nine followers, again and again.
fn single_flight(flights: u32) -> u64 {
    let engine = Engine::new();
    let cells = Flights::<u32>::default();
    (0..flights * 10).for_each(|n| engine.spawn(Numbered(n)));
    let (engine, cells) = (&engine, &cells);
    let play = |Numbered(n)| async move {
        engine.sleep_until(Instant::from_nanos(u64::from(n / 10) * 1_000)).await;
        match cells.board(u64::from(n / 10)) {
            cachestorm::engine::Boarding::Leads(flight) => {
                engine.sleep_until(engine.now() + Duration::from_nanos(500)).await;
                cells.land(engine, flight, n);
            }
            cachestorm::engine::Boarding::Follows(flight) => {
                cells.follow(engine, flight, None).await;
            }
        }
    };
    engine.run(play, play, play, |_| ControlFlow::Continue(())).events
}

const PENDING: [u32; 3] = [100, 10_000, 1_000_000];

fn events(pending: u32) -> u64 {
    2_000_000.max(u64::from(pending) * 2)
}

#[divan::bench_group(name = "event loop", sample_count = 10)]
mod event_loop {
    use super::{Bencher, ItemsCount, PENDING, events, hold, lane, times};

    #[divan::bench(name = "exponential waits", args = PENDING)]
    fn exponential_waits(bencher: Bencher, pending: u32) {
        let times = times();
        bencher.counter(ItemsCount::new(events(pending))).bench(|| hold(&times, pending, events(pending)));
    }

    #[divan::bench(name = "constant waits", args = PENDING)]
    fn constant_waits(bencher: Bencher, pending: u32) {
        bencher.counter(ItemsCount::new(events(pending))).bench(|| lane(pending, events(pending)));
    }
}

#[divan::bench_group(sample_count = 10)]
mod systems {
    use super::{Bencher, ItemsCount, mm16, times};

    #[divan::bench(name = "M/M/16 at 0.8, logical events")]
    fn queue(bencher: Bencher) {
        let times = times();
        bencher.counter(ItemsCount::new(1_000_000u64)).bench(|| mm16(&times, 500_000));
    }

    #[divan::bench(name = "single-flight, boardings")]
    fn single_flight(bencher: Bencher) {
        bencher.counter(ItemsCount::new(500_000u64)).bench(|| super::single_flight(50_000));
    }
}

fn main() {
    divan::main();
}
