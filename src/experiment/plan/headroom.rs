//! How much headroom an answer has: the answer to the same question for more load.
//!
//! A plan that is exact today is wrong next month. So the search is made again with more load: how many workers are
//! needed then, how long a TTL is still fine? If the setting is the load itself, nothing has to be searched: who wants to be able to
//! carry 20 % more runs at the answer divided by 1.2.

use super::{Found, Search, Tried, plan};
use crate::experiment::sweep::Case;
use crate::experiment::{Runner, Watch};
use crate::model::{Goal, Level, Range, SimulateError};

/// An answer for more load.
#[derive(Clone, Debug, PartialEq)]
pub struct Headroom {
    /// How much more load, as a share.
    pub more: f64,
    /// What is known for it.
    pub answer: Answer,
}

/// What is known for more load.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// This value meets the objectives.
    Value(Level),
    /// This is the load at which so much more can be carried.
    Load(f64),
    /// No value in the range is known to meet the objectives.
    None,
}

/// Settings that are the load itself.
const LOAD: &str = "workload.arrivals.";

impl Headroom {
    /// The answer for `more` load, as a share; nothing if that is zero, or there is no answer to begin with. `case` is the
    /// scenario at a value with so many times its load.
    ///
    /// # Errors
    /// See [`plan`].
    pub fn find<E, C>(
        found: &Found,
        more: f64,
        case: C,
        runner: &Runner<impl Watch>,
    ) -> Result<Option<Self>, E>
    where
        E: From<SimulateError> + Send,
        C: Fn(&Level, f64) -> Result<Case, E> + Sync,
    {
        let Some(at) = found.answer().map(Tried::at).filter(|_| more > 0.0 && found.is_complete) else {
            return Ok(None);
        };
        let answer = |answer| Ok(Some(Self { more, answer }));
        let Search { setting, range, goal, .. } = &found.search;
        if setting.starts_with(LOAD) {
            return answer(match goal {
                Goal::Most => Answer::Load(at / (1.0 + more)),
                // The least load that meets the objectives is nothing that one plans for.
                Goal::Least => return Ok(None),
            });
        }
        // More load takes more of what costs money, and allows less of what is to be as much as can be.
        let (range, likely) = match goal {
            Goal::Least => (Range { from: at, ..*range }, at * (1.0 + more)),
            Goal::Most => (Range { to: at, ..*range }, at / (1.0 + more)),
        };
        let search = Search { range, first: vec![at, likely], ..found.search.clone() };
        let found = plan(search, |level| case(level, 1.0 + more), runner)?;
        if !found.is_complete {
            return Ok(None);
        }
        answer(found.answer().map_or(Answer::None, |tried| Answer::Value(tried.level.clone())))
    }
}
