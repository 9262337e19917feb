//! The scenario at a point of a sweep, or at a value of a search: some settings more laid over it.

use super::exit::Stop;
use super::memory::Need;
use super::plan::{BASE, Changes, Overrides, Plan};
use super::source::Source;
use cachestorm::experiment::sweep::{Case, Point};
use cachestorm::model::Axis;
use cachestorm::quantity::Bytes;
use cachestorm::scenario::Document;

/// What stands for the rate of the arrivals, whichever kind they are of.
const RATE: &str = "workload.rate";

/// Where the rate is.
const ARRIVALS: &str = "workload.arrivals";

/// A scenario with what is laid over it.
pub struct Varied<'a> {
    pub source: &'a Source,
    pub changes: &'a Changes,
}

impl Varied<'_> {
    /// What is to be simulated with these settings, each a path and a value.
    pub fn at(&self, settings: impl Iterator<Item = (String, String)>) -> Result<Plan, Stop> {
        let Overrides { sets, .. } = &self.changes.overrides;
        let settings = settings.map(|(setting, value)| format!("{setting}={value}"));
        let sets: Vec<String> = sets.iter().cloned().chain(settings).collect();
        let overrides = Overrides { sets, ..self.changes.overrides.clone() };
        Plan::of_variant(self.source, self.changes.variant.as_deref().or(Some(BASE)), &overrides)
    }

    /// The scenario at a point of these axes.
    pub fn case(&self, axes: &[Axis], point: Point) -> Result<Case, Stop> {
        let settings =
            axes.iter().zip(&point).map(|(axis, level)| (axis.setting.clone(), level.text.clone()));
        let plan = self.at(settings)?;
        let identity = plan.identity(self.source);
        Ok(Case { point, model: plan.model, trace: plan.trace, identity, refused: None })
    }

    /// What is written in the scenario, with the arguments laid over it.
    pub fn document(&self) -> Result<Document, Stop> {
        let mut document = Document::parse(&self.source.name, &self.source.text)?;
        for argument in self.changes.overrides.settings() {
            document.set(&argument)?;
        }
        Ok(document)
    }

    /// The variant that is run, if it is not the scenario itself.
    pub fn variant(&self) -> Option<&str> {
        self.changes.variant.as_deref().filter(|name| *name != BASE)
    }

    /// The path of a setting, of which `workload.rate` has a different one for each kind of arrivals.
    pub fn path(&self, setting: &str) -> Result<String, Stop> {
        if setting != RATE {
            return Ok(setting.to_owned());
        }
        let written = self.document()?.written(self.variant(), ARRIVALS);
        let kind = if self.changes.overrides.trace.is_some() {
            Some("trace")
        } else {
            written.as_ref().and_then(|node| node.tag())
        };
        let instead = match kind {
            Some(kind @ ("poisson" | "constant")) => return Ok(format!("{ARRIVALS}.{kind}")),
            Some("daily") => return Ok(format!("{ARRIVALS}.daily.mean")),
            Some("users") => "a closed loop has users in its place: name `workload.arrivals.users.count`",
            Some("trace") => "a trace has a speed in its place: name `workload.arrivals.trace.speed`",
            _ => {
                "it has several rates: name one of them, or change the arrivals with `--set 'workload.arrivals={ poisson = \"100/s\" }'`"
            }
        };
        Err(Stop::failed(format!("find `{RATE}`: arrivals of this kind have none"), instead))
    }
}

/// Marks the cases that do not even have room on one thread, and says on how many threads, of those wanted, all others
/// have. So what is refused hangs on no number of threads.
pub fn make_room(cases: &mut [Case], wanted: usize, limit: Bytes) -> Result<usize, Stop> {
    let mut threads = wanted;
    let mut first_refused = None;
    for case in cases.iter_mut() {
        let need = Need::of(&case.model, 1);
        if need.fits(limit) {
            while !need.on(threads).fits(limit) {
                threads -= 1;
            }
            continue;
        }
        let total = need.total();
        let reason = format!("may need {total} of memory, more than `--max-memory` allows ({limit})");
        case.refused = Some(reason);
        first_refused = first_refused.or(Some(need));
    }
    match first_refused {
        Some(need) if cases.iter().all(|case| case.refused.is_some()) => need.check(limit).map(|()| threads),
        _ => Ok(threads),
    }
}
