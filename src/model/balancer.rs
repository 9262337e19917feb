//! The load balancer: which instance a request goes to.

use super::app::Instance;
use super::request::Request;
use crate::random::Stream;
use crate::scenario::{Kind, choice};
use std::cell::Cell;

/// How the balancer chooses among the instances that are up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// One after the other.
    RoundRobin,
    /// Any, with equal chances.
    Random,
    /// The one with the fewest requests in progress.
    LeastConnections,
    /// The better of two drawn at random.
    TwoChoices,
    /// Always the same one for a user.
    Sticky,
}

/// The setting.
pub(super) fn balance() -> impl Kind<Value = Balance> {
    choice()
        .word("round-robin", "One after the other; nginx' default.", Balance::RoundRobin)
        .word("random", "Any, with equal chances.", Balance::Random)
        .word("least-connections", "The one with the fewest requests in progress.", Balance::LeastConnections)
        .word(
            "two-choices",
            "Of two drawn at random the one with fewer requests in progress (Mitzenmacher, IEEE TPDS 2001).",
            Balance::TwoChoices,
        )
        .word("sticky", "Always the same one for a user, as long as it is up.", Balance::Sticky)
}

/// The balancer.
#[derive(Debug)]
pub struct Balancer {
    balance: Balance,
    next: Cell<usize>,
    draws: Stream,
}

impl Balancer {
    pub(super) fn new(balance: Balance, draws: Stream) -> Self {
        Self { balance, next: Cell::new(0), draws }
    }

    /// The instance for the request's attempt, counted from 0; nothing if none is up.
    pub(super) fn choose(&self, instances: &[Instance], request: &Request, attempt: u32) -> Option<usize> {
        let count = instances.len();
        let mut draws = self.draws.of(request.ordinal).at(attempt.into());
        match self.balance {
            Balance::RoundRobin => {
                let first = self.next.get();
                let chosen = first_up(instances, first)?;
                self.next.set((chosen + 1) % count);
                Some(chosen)
            }
            Balance::Random => first_up(instances, draws.below(count as u64) as usize),
            Balance::LeastConnections => {
                let first = self.next.get();
                let all = (first..count).chain(0..first).filter(|instance| instances[*instance].is_up());
                let chosen = all.min_by_key(|instance| instances[*instance].in_progress())?;
                self.next.set((chosen + 1) % count);
                Some(chosen)
            }
            Balance::TwoChoices => {
                let one = first_up(instances, draws.below(count as u64) as usize)?;
                let other =
                    first_up(instances, (one + 1 + draws.below(count.max(2) as u64 - 1) as usize) % count)?;
                let fewer = instances[other].in_progress() < instances[one].in_progress();
                Some(if fewer { other } else { one })
            }
            Balance::Sticky => {
                first_up(instances, self.draws.at(u64::from(request.user)).below(count as u64) as usize)
            }
        }
    }
}

/// The first instance that is up, from this one on.
fn first_up(instances: &[Instance], from: usize) -> Option<usize> {
    (from..instances.len()).chain(0..from).find(|instance| instances[*instance].is_up())
}
