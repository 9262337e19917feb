//! The engine against what it promises: order, places given back, and queueing theory.

use super::{Boarding, Denied, Ended, Engine, Flights, Job, Lane, Pool, Server, Station, Weight};
use crate::random::Stream;
use crate::time::{Duration, Instant};
use proptest::prelude::*;
use rand::RngExt;
use rand_distr::Exp1;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::ops::ControlFlow;

#[derive(Clone, Copy)]
struct Numbered(u32);

impl Job for Numbered {
    type Answer = u32;
    fn weight(&self) -> Weight {
        [Weight::Light, Weight::Medium, Weight::Heavy][self.0 as usize % 3]
    }
}

type Lab = Engine<Numbered>;

fn run<F: Future<Output = u32>>(engine: &Lab, play: impl Fn(u32) -> F) -> super::Effort {
    engine.run(|job| play(job.0), |job| play(job.0), |job| play(job.0), |_| ControlFlow::Continue(()))
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn at(millis: u64) -> Instant {
    Instant::ZERO + ms(millis)
}

#[test]
fn ties_keep_the_order_in_which_they_were_set() {
    let engine = Lab::new();
    let lanes: Vec<Lane> = [5, 10].map(|delay| engine.lane(ms(delay))).into();
    let seen = RefCell::new(Vec::new());
    // Each reaches 10 ms another way: through the queue, through lanes, in two steps, at once.
    for n in 0..30 {
        engine.spawn(Numbered(n));
    }
    let (engine, lanes, seen) = (&engine, &lanes, &seen);
    run(engine, |n| async move {
        match n % 3 {
            0 => engine.sleep_until(at(10)).await,
            1 => engine.sleep(lanes[1]).await,
            _ => {
                engine.sleep(lanes[0]).await;
                engine.sleep(lanes[0]).await
            }
        };
        assert_eq!(engine.now(), at(10));
        seen.borrow_mut().push(n);
        n
    });
    let first_step = (0..30).filter(|n| n % 3 != 2);
    let second_step = (0..30).filter(|n| n % 3 == 2);
    assert_eq!(*seen.borrow(), first_step.chain(second_step).collect::<Vec<_>>());
}

#[test]
fn a_task_that_is_woken_runs_after_what_was_due_at_that_instant() {
    let engine = Lab::new();
    let seen = RefCell::new(Vec::new());
    let ticket = Cell::new(None);
    (0..3).for_each(|n| engine.spawn(Numbered(n)));
    let (engine, seen, ticket) = (&engine, &seen, &ticket);
    run(engine, |n| async move {
        match n {
            0 => {
                ticket.set(Some(engine.ticket()));
                engine.wait().await;
            }
            1 => {
                engine.sleep_until(at(1)).await;
                assert!(engine.wake(ticket.get().expect("task 0 waits")));
                assert!(!engine.wake(ticket.get().expect("task 0 waited")), "a ticket is good for one use");
            }
            _ => {
                engine.sleep_until(at(1)).await;
            }
        }
        seen.borrow_mut().push(n);
        n
    });
    assert_eq!(*seen.borrow(), [1, 2, 0]);
}

#[test]
fn a_caller_that_leaves_leaves_no_waiter_and_the_orphan_gives_back_its_permit() {
    let engine = Lab::new();
    let pool = Pool::new(1, u32::MAX);
    let (short, long) = (engine.lane(ms(10)), engine.lane(ms(1_000)));
    let orphan_ended = Cell::new(None);
    (0..4).for_each(|n| engine.spawn(Numbered(n)));
    let (engine, pool, orphan_ended) = (&engine, &pool, &orphan_ended);
    run(engine, |n| async move {
        match n {
            // Calls work that takes 100 ms, and leaves after 10.
            0 => {
                assert_eq!(engine.call_within(short, Numbered(10)).await, None);
                assert_eq!(engine.now(), at(10));
            }
            10 => {
                let _permit = pool.acquire(engine, None).await.expect("the pool is free");
                engine.sleep_until(at(100)).await;
                orphan_ended.set(Some(engine.now()));
            }
            // Wants the permit meanwhile, and leaves too.
            1 => {
                engine.sleep_until(at(1)).await;
                assert_eq!(pool.acquire(engine, Some(short)).await.err(), Some(Denied::TimedOut));
                assert_eq!(
                    (engine.now(), pool.waiting().level()),
                    (at(11), 1),
                    "one has left, one still waits"
                );
            }
            // Stays in line behind it, and is served when the orphan ends.
            2 => {
                engine.sleep_until(at(2)).await;
                let _permit = pool.acquire(engine, Some(long)).await.expect("the orphan ends");
                assert_eq!(engine.now(), at(100));
            }
            3 => assert_eq!(engine.call(Numbered(20)).await, 20),
            _ => {}
        }
        n
    });
    assert_eq!(orphan_ended.get(), Some(at(100)));
    assert!(pool.is_at_rest());
    assert_eq!((pool.timed_out(), pool.refused()), (1, 0));
}

#[test]
fn a_run_ends_with_the_first_task_that_has_no_place() {
    let engine = Lab::new();
    engine.limit(1_000);
    engine.spawn(Numbered(0));
    let effort = run(&engine, |n| engine.call(Numbered(n)));
    assert_eq!((effort.ended, effort.tasks_left, effort.events), (Ended::Full, [1_000, 0, 0], 1_000));
}

#[test]
fn a_full_queue_refuses() {
    let engine = Lab::new();
    let pool = Pool::new(2, 3);
    (0..10).for_each(|n| engine.spawn(Numbered(n)));
    let (engine, pool) = (&engine, &pool);
    run(engine, |n| async move {
        match pool.acquire(engine, None).await {
            Ok(_permit) => {
                engine.sleep_until(engine.now() + ms(1)).await;
            }
            Err(denied) => assert_eq!((denied, engine.now()), (Denied::Refused, Instant::ZERO)),
        }
        n
    });
    assert_eq!(pool.refused(), 10 - 2 - 3);
    assert_eq!((pool.busy().max(), pool.waiting().max()), (2, 3));
}

proptest! {
    /// Whatever the holding times, a pool of size one lets in one at a time, first come first served.
    #[test]
    fn a_pool_of_size_one_is_a_mutex(holds in prop::collection::vec((0..5u64, 0..5u64), 1..60)) {
        let engine = Lab::new();
        let pool = Pool::new(1, u32::MAX);
        let inside = Cell::new(0);
        let order = RefCell::new(Vec::new());
        (0..holds.len()).for_each(|n| engine.spawn(Numbered(n as u32)));
        {
            let (engine, pool, inside, order, holds) = (&engine, &pool, &inside, &order, &holds);
            run(engine, |n| async move {
                let (arrive, hold) = holds[n as usize];
                engine.sleep_until(at(arrive)).await;
                let _permit = pool.acquire(engine, None).await.expect("there is room");
                inside.set(inside.get() + 1);
                assert_eq!(inside.get(), 1);
                order.borrow_mut().push((arrive, n));
                engine.sleep_until(engine.now() + ms(hold)).await;
                inside.set(inside.get() - 1);
                n
            });
        }
        prop_assert!(order.borrow().is_sorted());
        prop_assert_eq!(order.borrow().len(), holds.len());
        prop_assert!(pool.is_at_rest());
    }
}

#[test]
fn followers_get_the_leaders_reply_after_what_is_left_of_the_flight() {
    let engine = Lab::new();
    let flights = Flights::<u32>::default();
    let patience = engine.lane(ms(5));
    let led = Cell::new(0);
    (0..40).for_each(|n| engine.spawn(Numbered(n)));
    {
        let (engine, flights, led) = (&engine, &flights, &led);
        run(engine, |n| async move {
            engine.sleep_until(at(u64::from(n))).await;
            match flights.board(7) {
                Boarding::Leads(flight) => {
                    led.set(led.get() + 1);
                    engine.sleep_until(engine.now() + ms(10)).await;
                    flights.land(engine, flight, n);
                }
                // The impatient leave after 5 ms, unless the flight lands before.
                Boarding::Follows(flight) if n % 2 == 1 => {
                    let reply = flights.follow(engine, flight, Some(patience)).await;
                    assert_eq!(reply.is_none(), n % 11 < 5, "{n}");
                }
                Boarding::Follows(flight) => {
                    let leader = flights.follow(engine, flight, None).await.expect("no limit");
                    assert_eq!((leader, engine.now()), (n / 11 * 11, at(u64::from(n / 11 * 11 + 10))));
                }
            }
            n
        });
    }
    // One boards each millisecond. Whoever is due at the instant of a landing was set before it, and rides
    // along with the old flight: leaders board at 0, 11, 22 and 33.
    assert_eq!(led.get(), 4);
    assert!(flights.is_at_rest());
}

// --- queueing theory -------------------------------------------------------------------------------

/// A queueing system that the engine plays: arrivals are Poisson.
#[derive(Clone, Copy)]
struct Theory {
    name: &'static str,
    servers: u32,
    load: f64,
    service: Service,
}

#[derive(Clone, Copy)]
enum Service {
    Exponential,
    Constant,
    /// Exponential with mean 5 (probability 0.1) or 5/9: mean 1, squared coefficient of variation below.
    Hyperexponential,
}

impl Service {
    fn draw(self, draws: &mut crate::random::Draws) -> f64 {
        match self {
            Self::Exponential => draws.sample(Exp1),
            Self::Constant => 1.0,
            Self::Hyperexponential => {
                let mean = if draws.chance(0.1) { 5.0 } else { 5.0 / 9.0 };
                let unit: f64 = draws.sample(Exp1);
                mean * unit
            }
        }
    }

    fn squared_variation(self) -> f64 {
        match self {
            Self::Exponential => 1.0,
            Self::Constant => 0.0,
            // E[S²] = 2 (0.1 · 25 + 0.9 · 25/81), and the mean is 1.
            Self::Hyperexponential => 2.0 * (0.1 * 25.0 + 0.9 * 25.0 / 81.0) - 1.0,
        }
    }
}

/// Probability of waiting in M/M/c (Erlang's C formula), by the recursion of Erlang's B.
fn erlang_c(servers: u32, load: f64) -> f64 {
    let offered = load * f64::from(servers);
    let blocked = (1..=servers).fold(1.0, |b, n| offered * b / (f64::from(n) + offered * b));
    blocked / (1.0 - load * (1.0 - blocked))
}

/// Mean waiting time in units of the mean service time: Erlang-C, or Pollaczek-Khinchine for one server.
fn expected_wait(system: Theory) -> f64 {
    if system.servers == 1 {
        system.load * (1.0 + system.service.squared_variation()) / (2.0 * (1.0 - system.load))
    } else {
        erlang_c(system.servers, system.load) / (f64::from(system.servers) * (1.0 - system.load))
    }
}

/// Mean wait and utilisation of one replication, after the first tenth of the customers.
fn replicate(system: Theory, replication: u64, customers: u32) -> (f64, f64) {
    let mean_ns = 1e6;
    let stream = |purpose| Stream::new(11, replication, purpose);
    let (arrivals, services) = (stream("arrivals"), stream("services"));
    let rate = system.load * f64::from(system.servers);
    let engine = Lab::new();
    let station = Station::new(system.servers, u32::MAX);
    let waited = Cell::new(0u64);
    let first = customers / 10;
    let utilisation = Cell::new(0.0);
    engine.spawn(Numbered(0));
    {
        let (engine, station, waited, utilisation) = (&engine, &station, &waited, &utilisation);
        run(engine, |n| async move {
            if n > 0 {
                let service = || {
                    let service = system.service.draw(&mut services.at(u64::from(n)));
                    Duration::from_nanos_f64(service * mean_ns)
                };
                let wait = station.serve(engine, service).await.expect("there is room");
                if n > first {
                    waited.set(waited.get() + wait.as_nanos());
                }
                return n;
            }
            let mut clock = 0.0;
            for customer in 1..=customers {
                let gap: f64 = arrivals.at(u64::from(customer)).sample(Exp1);
                clock += gap / rate * mean_ns;
                engine.sleep_until(Instant::from_nanos(clock as u64)).await;
                if customer == first {
                    station.servers().busy().reset(engine.now());
                }
                engine.spawn(Numbered(customer));
            }
            utilisation.set(station.servers().busy().mean(engine.now()) / f64::from(system.servers));
            0
        });
    }
    (waited.get() as f64 / mean_ns / f64::from(customers - first), utilisation.get())
}

/// Student's t for a two-sided 99.9 % interval with 9 degrees of freedom (any table of the distribution).
const T_999_9: f64 = 4.781;

fn check_interval(what: &str, values: &[f64], expected: f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let half = T_999_9 * (variance / n).sqrt();
    assert!((mean - expected).abs() <= half, "{what}: {mean} ± {half}, theory says {expected}");
    assert!(
        half < 0.1 * expected,
        "{what}: the interval ± {half} is too wide to say anything about {expected}"
    );
}

#[test]
fn waiting_times_and_utilisation_are_those_of_queueing_theory() {
    use Service::{Constant, Exponential, Hyperexponential};
    let systems = [
        ("M/M/1 at 0.7", 1, 0.7, Exponential),
        ("M/M/2 at 0.8", 2, 0.8, Exponential),
        ("M/M/10 at 0.8", 10, 0.8, Exponential),
        ("M/D/1 at 0.8", 1, 0.8, Constant),
        ("M/G/1 at 0.6", 1, 0.6, Hyperexponential),
    ];
    for (name, servers, load, service) in systems {
        let system = Theory { name, servers, load, service };
        let (waits, utilisations): (Vec<f64>, Vec<f64>) =
            (0..10).map(|r| replicate(system, r, 100_000)).unzip();
        check_interval(&format!("{} wait", system.name), &waits, expected_wait(system));
        check_interval(&format!("{} utilisation", system.name), &utilisations, load);
    }
}

#[test]
fn a_server_waits_and_works_like_a_station_of_one() {
    let engine = Lab::new();
    let (server, station) = (Server::new(&engine), Station::new(1, u32::MAX));
    (0..2_000).for_each(|n| engine.spawn(Numbered(n)));
    let (a, b) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    {
        let (engine, server, station, a, b) = (&engine, &server, &station, &a, &b);
        run(engine, |n| async move {
            let mut draws = Stream::new(3, 0, "test").at(u64::from(n / 2));
            let (arrives, service) = (draws.below(1_000_000), Duration::from_nanos(draws.below(1_800)));
            engine.sleep_until(Instant::from_nanos(arrives)).await;
            if n % 2 == 0 {
                let ends = server.book(engine.now(), service);
                let wait = (ends - engine.now()).saturating_sub(service);
                server.depart(engine, ends).await;
                server.leave(engine.now());
                a.borrow_mut().push((n / 2, wait));
            } else {
                let wait = station.serve(engine, || service).await.expect("there is room");
                b.borrow_mut().push((n / 2, wait));
            }
            n
        });
    }
    a.borrow_mut().sort_unstable();
    b.borrow_mut().sort_unstable();
    assert_eq!(a, b);
    let now = engine.now();
    let busy = station.servers().busy().mean(now);
    assert!((server.utilisation(now) - busy).abs() < 1e-12 && busy > 0.5, "{busy}");
}
