//! How far a run is: a bar on stderr, and Ctrl-C, which ends it in order.

use super::exit::Exit;
use cachestorm::experiment::Watch;
use cachestorm::time::Instant;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Whether somebody has pressed Ctrl-C.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The first Ctrl-C from now on ends the replications that are under way, the second the program.
pub fn listen() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
    };
    // Without a handler Ctrl-C ends the program at once, which is not worth an error.
    let _ = ctrlc::set_handler(handler);
}

/// Watches the replications of a run.
pub struct Progress {
    bar: ProgressBar,
    /// How far each replication is, in nanoseconds.
    at: Vec<AtomicU64>,
    end: u64,
}

impl Progress {
    /// So many replications, each of which ends about then. The bar is shown on a terminal only.
    pub fn new(replications: u32, end: Instant, quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let total = u64::from(replications) * end.as_nanos().div_ceil(STEP);
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style =
            ProgressStyle::with_template("{wide_bar} {percent:>3} %, {eta} left").expect("it is sound");
        bar.set_style(style.progress_chars("━━ "));
        Self { bar, at: (0..replications).map(|_| AtomicU64::new(0)).collect(), end: end.as_nanos() }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn moved(&self, replication: u32, nanos: u64) {
        let step = nanos.min(self.end).div_ceil(STEP);
        let before = self.at[replication as usize].swap(step, Ordering::Relaxed);
        self.bar.inc(step.saturating_sub(before));
    }
}

/// The bar counts in these: nanoseconds times replications could be too large a number.
const STEP: u64 = 1_000_000;

impl Watch for Progress {
    fn at(&self, replication: u32, now: Instant) -> ControlFlow<()> {
        self.moved(replication, now.as_nanos());
        if INTERRUPTED.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn done(&self, replication: u32) {
        self.moved(replication, self.end);
    }
}
