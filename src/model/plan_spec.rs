//! Settings of a search: what `cachestorm plan` looks for if its arguments do not say.

use super::level::{Quantity, Range};
use crate::quantity::Ratio;
use crate::random::math;
use crate::scenario::{
    Findings, Kind, Node, Problem, Reader, Shape, Spanned, choice, count, share, share_in, spanned,
};
use serde_json::{Value as Json, json};

/// Fewer runs of a value than this cannot show that it meets the objectives, even if all of them do: [`Sure::fewest_runs`] of
/// [`Sure::MOST_RUNS`].
pub const PLAN_REPLICATIONS_MIN: u32 = 18;

/// Each side is wrong with at most this chance.
const MISTAKE: f64 = 0.05;

/// Which end of the values that meet the objectives is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The least: of what costs money.
    Least,
    /// The most: of a load.
    Most,
}

/// How large a share of runs has to keep the objectives. "Met" is wrong in at most 5 % of the cases in which only
/// `too_few` of the runs keep them, and "missed" in at most 5 % of those in which `enough` do; in between either may be said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sure {
    /// This share of the runs is too small.
    pub too_few: f64,
    /// This share is enough.
    pub enough: f64,
}

impl Sure {
    /// At least 80 % of the runs, as a rule 95 %.
    pub const MOST_RUNS: Self = Self { too_few: 0.80, enough: 0.95 };
    /// At least 90 % of the runs, as a rule 99 %.
    pub const NEARLY_ALL_RUNS: Self = Self { too_few: 0.90, enough: 0.99 };

    /// How it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        if self == Self::NEARLY_ALL_RUNS { "nearly all runs" } else { "most runs" }
    }

    /// What is written so.
    ///
    /// # Errors
    /// What is expected, if it is something else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let all = [Self::MOST_RUNS, Self::NEARLY_ALL_RUNS];
        let is_meant = |sure: &Self| sure.name().replace(' ', "-") == text.replace([' ', '_'], "-");
        let found = all.into_iter().find(is_meant);
        found.ok_or_else(|| "expected `most-runs` or `nearly-all-runs`".to_owned())
    }

    /// What it says about the logarithm of the odds if a run keeps the objectives, and if it misses one.
    #[must_use]
    pub fn steps(self) -> [f64; 2] {
        let Self { too_few, enough } = self;
        [math::ln(enough / too_few), math::ln((1.0 - enough) / (1.0 - too_few))]
    }

    /// How much has to be said before it is decided, if so many tests can say it.
    #[must_use]
    pub fn threshold(tests: usize) -> f64 {
        math::ln((1.0 - MISTAKE) / MISTAKE * tests.max(1) as f64)
    }

    /// The fewest runs that can show that the objectives are met: if each of them keeps them.
    #[must_use]
    pub fn fewest_runs(self) -> u32 {
        let [good, _] = self.steps();
        (Self::threshold(1) / good).ceil() as u32
    }
}

/// A setting, and perhaps where it is searched.
#[derive(Clone, Debug, PartialEq)]
pub struct Sought {
    /// Its path, as in `--set`.
    pub setting: String,
    /// From where to where.
    pub range: Option<Range>,
    /// As it was asked for.
    pub written: String,
}

/// Settings of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanSpec {
    /// What is searched.
    pub find: Spanned<Sought>,
    /// Which end.
    pub goal: Goal,
    /// How narrow the answer is to be, as a share of it.
    pub precision: Option<f64>,
    /// More replications of a value than this are not made.
    pub max_replications: Option<u32>,
    /// How large a share of runs has to keep the objectives.
    pub sure: Option<Sure>,
    /// How much more load the answer for a second question has to carry, as a share; 0 for no such question.
    pub headroom: Option<f64>,
}

/// How a range is written.
const SHAPE: &str = "expected `setting=from..to`, as in `redis.memory=64MiB..8GiB`";

impl Sought {
    /// Reads `SETTING` or `SETTING=FROM..TO`, where `:log` or `:linear` may stand at the end.
    ///
    /// # Errors
    /// What is wrong with it, and how it is written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let written = text.to_owned();
        let Some((setting, range)) = text.split_once('=') else {
            let setting = text.trim().to_owned();
            return if setting.is_empty() {
                Err(SHAPE.into())
            } else {
                Ok(Self { setting, range: None, written })
            };
        };
        let setting = setting.trim().to_owned();
        let (from, to) = range
            .split_once("..")
            .filter(|_| !setting.is_empty())
            .ok_or_else(|| format!("`{text}` is no range: {SHAPE}"))?;
        let from = from.trim();
        let (to, spread) = to.split_once(':').map_or((to, None), |(to, spread)| (to, Some(spread.trim())));
        let is_from_zero = Quantity::of(from).is_some_and(|(_, from)| from <= 0.0);
        let is_log = match spread {
            None => !is_from_zero,
            Some("log") => true,
            Some("linear") => false,
            Some(spread) => {
                return Err(format!(
                    "`{spread}` is no way to spread values: expected `log` or `linear`, and no number of values"
                ));
            }
        };
        let range = Range::parse(&setting, from, to.trim(), is_log)?;
        Ok(Self { setting, range: Some(range), written })
    }
}

impl PlanSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        let find = r
            .field(
                "find",
                "The setting that is searched, and from where to where, as in `redis.memory=64MiB..8GiB`. Without a \
                 range it is from a tenth of what the scenario has to ten times as much. As an argument, `--find` goes \
                 before it.",
                spanned(Find),
            )
            .required();
        let goal = choice().word("least", "The smallest value that meets the objectives.", Goal::Least).word(
            "most",
            "The largest.",
            Goal::Most,
        );
        let goal =
            r.field("goal", "Which value is wanted. `--least` and `--most` go before it.", goal).required();
        let precision = r
            .field("precision", "How narrow the answer is to be, as a share of it. Default: 2 %.", share())
            .optional();
        let max_replications = r
            .field(
                "max_replications",
                "Make no more replications of a value than this, even if they cannot tell on which side it is. 18 are the \
                 fewest that can show that a value meets the objectives (31 for `nearly all runs`). Default: 100.",
                count(PLAN_REPLICATIONS_MIN..=100_000u32),
            )
            .optional();
        let sure = choice()
            .word("most runs", "At least 80 % of the runs; 95 % are enough.", Sure::MOST_RUNS)
            .word("nearly all runs", "At least 90 % of the runs; 99 % are enough.", Sure::NEARLY_ALL_RUNS);
        let sure = r
            .field(
                "sure",
                "How large a share of the runs has to keep the objectives. Default: `most runs`.",
                sure,
            )
            .optional();
        let headroom = r
            .field(
                "headroom",
                "A second question: which value is enough for so much more load? `0 %` does not ask it. Default: 20 %.",
                share_in(Ratio(0.0)..=Ratio(10.0)),
            )
            .optional();
        let fewest = sure.unwrap_or(Sure::MOST_RUNS).fewest_runs();
        if max_replications.is_some_and(|most| most < fewest) {
            r.contradiction(
                "max_replications",
                format!("for `nearly all runs`, fewer than {fewest} runs cannot show that a value meets the objectives"),
                format!("write {fewest} or more"),
            );
        }
        let precision = precision.map(|Ratio(share)| share);
        if precision.is_some_and(|share| share <= 0.0) {
            r.contradiction(
                "precision",
                "no answer is ever as narrow as 0 %",
                "write a share above 0 %, such as `\"2 %\"`",
            );
        }
        let headroom = headroom.map(|Ratio(share)| share);
        Self { find, goal, precision, max_replications, sure, headroom }
    }
}

/// A setting and where it is searched.
struct Find;

impl Kind for Find {
    type Value = Sought;

    fn read(&self, node: &Node, findings: &mut Findings) -> Option<Sought> {
        let Some(text) = node.as_text() else {
            findings.wrong_kind(node, &self.expected());
            return None;
        };
        let problem = |error| Problem::new(node.span, error).label(format!("expected {}", self.expected()));
        Sought::parse(text).map_err(|error| findings.add(problem(error))).ok()
    }

    fn example(&self) -> Sought {
        Sought::parse("redis.memory=64MiB..8GiB").expect("it is sound")
    }

    fn schema(&self, _: Shape) -> Json {
        json!({ "type": "string", "pattern": "\\S" })
    }

    fn expected(&self) -> String {
        "a setting and its range, such as `\"redis.memory=64MiB..8GiB\"`".into()
    }
}
