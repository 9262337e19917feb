//! The scenario at a point of a sweep, or at a value of a search: some settings more laid over it.

use super::exit::Stop;
use super::memory::Need;
use super::plan::{BASE, Changes, Overrides, Plan};
use super::source::Source;
use cachestorm::experiment::sweep::{Case, Point};
use cachestorm::model::{Axis, kind_of_arrivals, path_of};
use cachestorm::quantity::Bytes;
use cachestorm::scenario::Document;

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
        let arrivals = match &self.changes.overrides.trace {
            Some(_) => Some("trace".to_owned()),
            None => kind_of_arrivals(&self.document()?, self.variant()),
        };
        path_of(setting, arrivals.as_deref())
            .map_err(|help| Stop::failed(format!("find `{setting}`: arrivals of this kind have none"), help))
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
