//! The load balancer: which instance a request goes to.

use super::app::Instance;
use super::request::Request;
use crate::random::Stream;
use crate::scenario::{Kind, choice};
use std::cell::{Cell, RefCell};

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
    instances: usize,
    /// The instances that are up, in their order.
    up: RefCell<Vec<usize>>,
    /// Whose turn it is.
    next: Cell<usize>,
    draws: Stream,
}

impl Balancer {
    /// The first `up` instances of those that there will ever be are up.
    pub(super) fn new(balance: Balance, up: u32, instances: u32, draws: Stream) -> Self {
        let (up, instances) = (up as usize, instances as usize);
        Self { balance, instances, up: RefCell::new((0..up).collect()), next: Cell::new(0), draws }
    }

    /// From now on these instances are up.
    pub(super) fn chooses_among(&self, instances: impl Iterator<Item = usize>) {
        *self.up.borrow_mut() = instances.collect();
    }

    /// The instance for an attempt at a request; nothing if none is up.
    pub(super) fn choose(&self, instances: &[Instance], request: &Request) -> Option<usize> {
        let up = self.up.borrow();
        if up.is_empty() {
            return None;
        }
        let mut draws = self.draws.at(request.ordinal);
        let mut below = |count: usize| draws.below(count as u64) as usize;
        Some(match self.balance {
            Balance::RoundRobin => self.take_turn(*in_turn(&up, self.next.get()).next()?),
            Balance::Random => up[below(up.len())],
            Balance::LeastConnections => {
                let in_turn = in_turn(&up, self.next.get());
                self.take_turn(*in_turn.min_by_key(|instance| instances[**instance].in_progress())?)
            }
            Balance::TwoChoices => {
                let one = below(up.len());
                let other = if up.len() > 1 { (one + 1 + below(up.len() - 1)) % up.len() } else { one };
                let [one, other] = [up[one], up[other]];
                if instances[other].in_progress() < instances[one].in_progress() { other } else { one }
            }
            Balance::Sticky => {
                let mut draws = self.draws.at(request.user.into());
                let own = draws.below(self.instances as u64) as usize;
                // Those of an instance that is away spread over the others.
                if up.binary_search(&own).is_ok() { own } else { up[draws.below(up.len() as u64) as usize] }
            }
        })
    }

    fn take_turn(&self, chosen: usize) -> usize {
        self.next.set(chosen + 1);
        chosen
    }
}

/// The instances that are up, from this one on and once around.
fn in_turn(up: &[usize], first: usize) -> impl Iterator<Item = &usize> {
    let (before, after) = up.split_at(up.partition_point(|instance| *instance < first));
    after.iter().chain(before)
}
