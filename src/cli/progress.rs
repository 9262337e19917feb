//! How far a run is: a bar on stderr; and whether it is to end.

use super::lookout::{self, is_interrupted};
use super::part::Part;
use super::{long, memory};
use cachestorm::experiment::Watch;
use cachestorm::time::Instant;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

/// Watches the runs of an experiment.
pub struct Progress {
    bar: ProgressBar,
    /// How far each run is, in steps.
    at: Vec<AtomicU64>,
    /// When a run of each variant ends, in nanoseconds.
    ends: Vec<u64>,
}

impl Progress {
    /// So many replications of variants that each end about then, of which the part takes some. The bar is shown on a
    /// terminal only.
    pub fn new(replications: u32, ends: &[Instant], part: &Part, quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let steps: Vec<u64> = ends.iter().map(|end| end.as_nanos().div_ceil(STEP)).collect();
        let runs = 0..replications * ends.len() as u32;
        let taken = runs.filter(|run| part.takes(*run));
        let total = taken.map(|run| steps[run as usize % steps.len()]).sum();
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style =
            ProgressStyle::with_template("{wide_bar} {percent:>3} %, {eta} left").expect("it is sound");
        bar.set_style(style.progress_chars("━━ "));
        Self {
            bar,
            at: (0..replications as usize * ends.len()).map(|_| AtomicU64::new(0)).collect(),
            ends: ends.iter().map(|end| end.as_nanos()).collect(),
        }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn moved(&self, run: u32, nanos: u64) {
        let step = nanos.min(self.end_of(run)).div_ceil(STEP);
        let before = self.at[run as usize].swap(step, Ordering::Relaxed);
        self.bar.inc(step.saturating_sub(before));
    }

    fn end_of(&self, run: u32) -> u64 {
        self.ends[run as usize % self.ends.len()]
    }
}

/// The bar counts in these: nanoseconds times replications could be too large a number.
const STEP: u64 = 1_000_000;

impl Watch for Progress {
    fn at(&self, run: u32, now: Instant) -> ControlFlow<()> {
        self.moved(run, now.as_nanos());
        if is_interrupted() || !long::look() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn done(&self, run: u32) {
        self.moved(run, self.end_of(run));
    }

    fn is_ended(&self) -> bool {
        is_interrupted()
    }

    fn all_ended(&self) {
        lookout::reporting();
    }

    fn is_out_of_memory(&self) -> bool {
        memory::is_used_up()
    }
}

/// Watches a search, of which nobody knows how many values it takes.
pub struct Search {
    bar: ProgressBar,
}

impl Search {
    /// Shown on a terminal only.
    pub fn new(quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style =
            ProgressStyle::with_template("{spinner} {pos} values judged, {elapsed}").expect("it is sound");
        bar.set_style(style);
        Self { bar }
    }

    /// Takes it away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Search {
    fn at(&self, _: u32, _: Instant) -> ControlFlow<()> {
        self.bar.tick();
        if is_interrupted() || !long::look() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn done(&self, _: u32) {
        self.bar.inc(1);
    }

    fn is_ended(&self) -> bool {
        is_interrupted()
    }

    fn is_out_of_memory(&self) -> bool {
        memory::is_used_up()
    }
}
