//! Whether `[sweep]` and `[plan]` name settings that there are, and values that these can have: told wherever the file is
//! used, and not only by the command that would use them.

use super::plan_spec::Sought;
use super::spec::Model;
use super::sweep_spec::SweepSpec;
use crate::scenario::{Document, Problem, Problems, Span};

/// What stands for the rate of the arrivals, whichever kind they are of.
const RATE: &str = "workload.rate";

/// Where the rate is.
const ARRIVALS: &str = "workload.arrivals";

/// More values of one setting are not tried here, nor more points: `cachestorm sweep` tries all.
const VALUES_MAX: usize = 32;
const POINTS_MAX: usize = 256;

/// The path of a setting, of which `workload.rate` has a different one for each kind of arrivals.
///
/// # Errors
/// What to write in its place, for arrivals that have no such rate.
pub fn path_of(setting: &str, arrivals: Option<&str>) -> Result<String, &'static str> {
    match arrivals {
        _ if setting != RATE => Ok(setting.to_owned()),
        Some(kind @ ("poisson" | "constant")) => Ok(format!("{ARRIVALS}.{kind}")),
        Some(BARE) => Ok(ARRIVALS.to_owned()),
        Some("daily") => Ok(format!("{ARRIVALS}.daily.mean")),
        Some("users") => Err("a closed loop has users in its place: name `workload.arrivals.users.count`"),
        Some("trace") => Err("a trace has a speed in its place: name `workload.arrivals.trace.speed`"),
        _ => Err(
            "it has several rates: name one of them, or change the arrivals with `--set 'workload.arrivals={ poisson = \"100/s\" }'`",
        ),
    }
}

/// Which kind the arrivals are of, with a variant and the `--set` arguments laid over the file.
#[must_use]
pub fn kind_of_arrivals(document: &Document, variant: Option<&str>) -> Option<String> {
    let written = document.written(variant, ARRIVALS)?;
    Some(written.tag().map_or_else(|| BARE.to_owned(), str::to_owned))
}

/// What a rate without a kind is called here: Poisson arrivals.
const BARE: &str = "a rate";

/// Tries what `[sweep]` and `[plan]` would lay over a sound file.
///
/// # Errors
/// All that is wrong, at the texts that name the settings.
pub fn check_values(document: &Document, model: &Model) -> Result<(), Problems> {
    let arrivals = kind_of_arrivals(document, None);
    let try_out = |point: Vec<(&str, String, Span)>| -> Vec<Problem> {
        let argument = |(setting, value, span): (&str, String, Span)| {
            let path = path_of(setting, arrivals.as_deref()).map_err(|help| {
                Problem::new(span, format!("arrivals of this kind have no `{setting}`")).help(help)
            })?;
            Ok((format!("{path}={value}"), span))
        };
        match point.into_iter().map(argument).collect::<Result<Vec<_>, Problem>>() {
            Ok(settings) => document.try_out(&settings, Model::read),
            Err(problem) => vec![problem],
        }
    };
    let of_sweep = model.sweep.iter().flat_map(points);
    // Each end of the range in turn: what is sound at both is so between them.
    let of_plan = model.plan.iter().flat_map(|plan| {
        let Sought { setting, range, .. } = &plan.find.value;
        let ends = range.iter().flat_map(|range| [range.from, range.to].map(|end| range.quantity.level(end)));
        ends.map(|end| vec![(setting.as_str(), end.text, plan.find.span)])
    });
    let problems: Vec<Problem> = of_sweep.chain(of_plan).flat_map(try_out).collect();
    if problems.is_empty() { Ok(()) } else { Err(document.problems(problems)) }
}

/// Some of the points that a sweep simulates: the first value of each setting, and each of the others in turn with the
/// first of all others. Of a sample, whose points are drawn, the middle.
fn points(sweep: &SweepSpec) -> Vec<Vec<(&str, String, Span)>> {
    let levels: Vec<(&str, Vec<String>, Span)> = sweep
        .vary
        .iter()
        .map(|axis| {
            let levels = match sweep.sample {
                Some(_) => vec![axis.value.level_at(0.5)],
                None => axis.value.levels(),
            };
            let texts = levels.into_iter().take(VALUES_MAX).map(|level| level.text);
            (axis.value.setting.as_str(), texts.collect(), axis.span)
        })
        .collect();
    let first = || levels.iter().map(|(setting, levels, span)| (*setting, levels[0].clone(), *span));
    let others = levels
        .iter()
        .enumerate()
        .flat_map(|(place, (_, levels, _))| levels.iter().skip(1).map(move |level| (place, level.clone())));
    let changed = others.map(|(place, level)| {
        let mut point: Vec<_> = first().collect();
        point[place].1 = level;
        point
    });
    let base = (!levels.is_empty()).then(|| first().collect());
    base.into_iter().chain(changed).take(POINTS_MAX).collect()
}
