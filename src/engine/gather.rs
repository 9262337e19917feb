//! Gathering: a task has several jobs done, at the same time or not, and waits until all have brought what they
//! were sent for.
//!
//! Nobody leaves a gathering early: who waits gets all answers, failures among them, as of Java's
//! `CompletableFuture.allOf` and Go's `errgroup`. Places are used again, and keep their memory.

use super::executor::{Engine, Job};
use super::task::Ticket;
use std::cell::RefCell;

/// The gatherings under way; `R` is what each job brings.
#[derive(Debug)]
pub struct Gathers<R: Copy> {
    state: RefCell<State<R>>,
}

#[derive(Debug)]
struct State<R> {
    all: Vec<Gather<R>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Gather<R> {
    /// Jobs that have not come back.
    left: u32,
    /// Who waits for them.
    waits: Option<Ticket>,
    answers: Vec<R>,
}

/// A gathering under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatherId(u32);

impl<R: Copy> Default for Gathers<R> {
    fn default() -> Self {
        Self { state: RefCell::new(State { all: Vec::new(), free: Vec::new() }) }
    }
}

impl<R: Copy> Gathers<R> {
    /// Begins a gathering of nobody yet; [`Gathers::end`] ends it.
    pub fn begin(&self) -> GatherId {
        let State { all, free } = &mut *self.state.borrow_mut();
        GatherId(free.pop().unwrap_or_else(|| {
            all.push(Gather { left: 0, waits: None, answers: Vec::new() });
            all.len() as u32 - 1
        }))
    }

    /// One more job is sent; it comes back with [`Gathers::bring`].
    pub fn expect(&self, gather: GatherId) {
        self.state.borrow_mut().all[gather.0 as usize].left += 1;
    }

    /// A job is back; the last one wakes who waits.
    ///
    /// # Panics
    /// If nobody expected it.
    pub fn bring<J: Job>(&self, engine: &Engine<J>, gather: GatherId, answer: R) {
        let gather = &mut self.state.borrow_mut().all[gather.0 as usize];
        assert!(gather.left > 0, "who comes back was expected");
        gather.left -= 1;
        gather.answers.push(answer);
        if gather.left == 0
            && let Some(ticket) = gather.waits.take()
        {
            engine.wake(ticket);
        }
    }

    /// Waits until all that are expected are back.
    pub async fn all<J: Job>(&self, engine: &Engine<J>, gather: GatherId) {
        let wait = {
            let gather = &mut self.state.borrow_mut().all[gather.0 as usize];
            if gather.left == 0 {
                return;
            }
            gather.waits = Some(engine.ticket());
            engine.wait()
        };
        wait.await;
    }

    /// What has been brought last.
    pub fn last(&self, gather: GatherId) -> Option<R> {
        self.state.borrow().all[gather.0 as usize].answers.last().copied()
    }

    /// Ends a gathering: `read` is shown all answers, in the order in which they came.
    ///
    /// # Panics
    /// If somebody has not come back.
    pub fn end<T>(&self, gather: GatherId, read: impl FnOnce(&[R]) -> T) -> T {
        let State { all, free } = &mut *self.state.borrow_mut();
        let ended = &mut all[gather.0 as usize];
        assert_eq!(ended.left, 0, "a gathering ends when all are back");
        let result = read(&ended.answers);
        ended.answers.clear();
        free.push(gather.0);
        result
    }

    /// Whether no gathering is under way.
    pub fn is_at_rest(&self) -> bool {
        let state = self.state.borrow();
        state.free.len() == state.all.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Weight;
    use crate::time::{Duration, Instant};
    use std::ops::ControlFlow;

    #[derive(Clone, Copy)]
    enum Part {
        /// Sends so many workers, in waves of so many.
        Chief(u64, u64),
        /// Comes back after so many milliseconds.
        Worker(GatherId, u64),
    }

    impl Job for Part {
        type Answer = ();
        fn weight(&self) -> Weight {
            Weight::Light
        }
    }

    /// When the chief's gatherings ended, in milliseconds, and what they had brought by then.
    fn play(chiefs: &[(u64, u64)]) -> Vec<(u64, Vec<u64>)> {
        let (engine, gathers) = (Engine::new(), Gathers::default());
        let ended = RefCell::new(Vec::new());
        for (workers, wave) in chiefs {
            engine.spawn(Part::Chief(*workers, *wave));
        }
        let at = |millis| Instant::ZERO + Duration::from_millis(millis);
        let millis = |now: Instant| (now - Instant::ZERO).as_nanos() / 1_000_000;
        let (engine, gathers, ended) = (&engine, &gathers, &ended);
        let play = |part| async move {
            match part {
                Part::Chief(workers, wave) => {
                    let gather = gathers.begin();
                    for n in 0..workers {
                        gathers.expect(gather);
                        engine.spawn(Part::Worker(gather, 10 * (workers - n)));
                        if (n + 1) % wave == 0 {
                            gathers.all(engine, gather).await;
                        }
                    }
                    gathers.all(engine, gather).await;
                    let brought = gathers.end(gather, <[u64]>::to_vec);
                    ended.borrow_mut().push((millis(engine.now()), brought));
                }
                Part::Worker(gather, wait) => {
                    engine.sleep_until(at(millis(engine.now()) + wait)).await;
                    gathers.bring(engine, gather, wait);
                }
            }
        };
        engine.run(play, play, play, |_| ControlFlow::Continue(()));
        assert!(gathers.is_at_rest());
        ended.take()
    }

    #[test]
    fn who_waits_goes_on_when_the_last_is_back() {
        assert_eq!(play(&[(3, 9)]), [(30, vec![10, 20, 30])]);
    }

    #[test]
    fn one_after_the_other_takes_the_sum() {
        assert_eq!(play(&[(3, 1)]), [(60, vec![30, 20, 10])]);
        assert_eq!(play(&[(4, 2)]), [(60, vec![30, 40, 10, 20])]);
    }

    #[test]
    fn a_gathering_of_nobody_is_over_at_once() {
        assert_eq!(play(&[(0, 1)]), [(0, vec![])]);
    }

    #[test]
    fn gatherings_do_not_mix() {
        assert_eq!(play(&[(2, 9), (1, 9)]), [(10, vec![10]), (20, vec![10, 20])]);
    }
}
