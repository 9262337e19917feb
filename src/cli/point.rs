//! The scenario at a point of a sweep, or at a value of a search: some settings more laid over it.

use super::exit::Stop;
use super::long;
use super::need::Need;
use super::plan::{BASE, Changes, Overrides, Plan};
use super::source::Source;
use cachestorm::experiment::sweep::{Case, Point};
use cachestorm::model::{Axis, Model, kind_of_arrivals, path_of};
use cachestorm::quantity::Bytes;
use cachestorm::scenario::Document;

/// A scenario with what is laid over it.
pub struct Varied<'a> {
    pub source: &'a Source,
    pub changes: &'a Changes,
    /// The option that names the settings.
    pub option: &'static str,
}

impl Varied<'_> {
    /// What is to be simulated with these settings, each a path and a value.
    pub fn at(&self, settings: impl Iterator<Item = (String, String)>) -> Result<Plan, Stop> {
        let settings = settings.map(|(setting, value)| format!("{setting}={value}")).collect();
        let overrides = Overrides { point: Some((self.option, settings)), ..self.changes.overrides.clone() };
        Plan::of_variant(self.source, self.changes.variant.as_deref().or(Some(BASE)), &overrides)
    }

    /// What is to be simulated at a point of these axes.
    pub fn at_point(&self, axes: &[Axis], point: &Point) -> Result<Plan, Stop> {
        let settings = axes.iter().zip(point);
        self.at(settings.map(|(axis, level)| (axis.setting.clone(), level.text.clone())))
    }

    /// The scenario at a point of these axes, which is refused if it has no room even on one thread.
    pub fn case(&self, axes: &[Axis], point: &Point, limit: Bytes) -> Result<Case, Stop> {
        Ok(self.case_of(self.at_point(axes, point)?, point.clone(), limit))
    }

    /// What is to be simulated, as a case.
    pub fn case_of(&self, plan: Plan, point: Point, limit: Bytes) -> Case {
        let need = Need::of(&plan.model, 1).of_numbers();
        let refused = (!need.fits(limit)).then(|| {
            let total = need.total();
            format!("may need {total} of memory, more than `--max-memory` allows ({limit})")
        });
        let identity = plan.identity(self.source);
        Case { point, model: plan.model, trace: plan.trace, identity, refused }
    }

    /// What is written in the scenario, with the arguments laid over it.
    pub fn document(&self) -> Result<Document, Stop> {
        let mut document = Document::parse(&self.source.name, &self.source.text)?;
        self.changes.overrides.lay_over(&mut document, self.variant())?;
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

/// On how many threads, of those wanted, all points have room that have it on one. So what is refused hangs on no number
/// of threads.
pub struct Room {
    limit: Bytes,
    threads: usize,
    /// How many points there are, and whether reports of them are made.
    points: usize,
    has_reports: bool,
    is_enough_for_some: bool,
    /// What the first point without room needs.
    refused: Option<Need>,
    /// What the point with the most needs, of those that have room.
    largest: Option<Need>,
    /// How many replications and events are to be expected, of all points that have room.
    runs: u64,
    events: f64,
}

impl Room {
    /// Nothing is looked at yet.
    pub fn new(wanted: usize, limit: Bytes, points: usize, has_reports: bool) -> Self {
        Self {
            limit,
            threads: wanted,
            points,
            has_reports,
            is_enough_for_some: false,
            refused: None,
            largest: None,
            runs: 0,
            events: 0.0,
        }
    }

    /// Looks at a point.
    pub fn add(&mut self, model: &Model) {
        let need = Need::of(model, 1).of_numbers();
        if !need.fits(self.limit) {
            self.refused.get_or_insert(need);
            return;
        }
        self.is_enough_for_some = true;
        self.runs += u64::from(model.replications);
        self.events += long::expected(model) * f64::from(model.replications);
        if self.largest.is_none_or(|largest| largest.total() < need.total()) {
            self.largest = Some(need);
        }
    }

    /// How many events are to be expected.
    pub fn events(&self) -> f64 {
        self.events
    }

    /// How many threads, with a share of the results that each has to hold; an error if no point has room, or their results
    /// have none.
    pub fn threads(mut self, share: f64) -> Result<usize, Stop> {
        if let Some(need) = self.refused.filter(|_| !self.is_enough_for_some) {
            need.check(self.limit)?;
        }
        let Some(largest) = self.largest else { return Ok(self.threads) };
        let runs = (self.runs as f64 * share) as u64;
        let need = largest.with_points(self.points as u64, runs, self.has_reports);
        if !need.fits(self.limit) {
            let (points, limit, total) = (self.points, self.limit, need.total());
            let what = format!(
                "start: the sweep is expected to need {total} of memory, more than `--max-memory` allows ({limit}), {} of it \
                 for the results of {points} points",
                need.results()
            );
            return Err(Stop::failed(
                what,
                "allow more, or sweep fewer points, with fewer replications each",
            ));
        }
        while !need.on(self.threads).fits(self.limit) {
            self.threads -= 1;
        }
        Ok(self.threads)
    }
}
