//! The clock of a trace: starts at its first request and never runs backwards.
//!
//! A server writes a line when a request ends but may stamp it with the time it began (Apache's `%t`),
//! and collectors with several threads interleave their lines, so a trace is only roughly in order.
//! A request up to [`DISORDER_MAX`] earlier than the latest one counts as of the same instant: its place
//! in the file is kept, and the number of such requests is known. A larger step back is a mistake:
//! files joined in the wrong order, or a clock that was set.

use super::error::{Fault, quote};
use crate::time::Duration;

/// A long download under the time limits of Apache (`TimeOut`: 300 s up to version 2.2, 60 s since).
pub(super) const DISORDER_MAX: Duration = Duration::from_secs(300);

#[derive(Debug, Default)]
pub(super) struct Clock {
    first: Option<i64>,
    latest: i64,
    /// Requests that were earlier than the latest before them.
    pub reordered: u64,
}

impl Clock {
    /// When a request of `time` (in nanoseconds of the trace) takes place, since the first one.
    #[inline]
    pub fn tick(&mut self, time: i64) -> Result<Duration, Fault> {
        let first = *self.first.get_or_insert_with(|| {
            self.latest = time;
            time
        });
        if time < self.latest {
            let back = Duration::from_nanos(self.latest.abs_diff(time));
            if back > DISORDER_MAX {
                return Err(too_far_back(back));
            }
            self.reordered += 1;
        } else {
            self.latest = time;
        }
        Ok(Duration::from_nanos(self.latest.abs_diff(first)))
    }
}

#[cold]
fn too_far_back(back: Duration) -> Fault {
    let back = quote(back.to_string().as_bytes());
    Fault::new(format!(
        "the time is {back} before that of an earlier request; expected at most {DISORDER_MAX}"
    ))
    .help("sort the trace by time, or join its files in order")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_runs_backwards() {
        let mut clock = Clock::default();
        let seconds = |seconds: i64| seconds * 1_000_000_000;
        let cases =
            [(-50, Ok(0)), (10, Ok(60)), (-60, Ok(60)), (-290, Ok(60)), (-291, Err(())), (11, Ok(61))];
        for (time, expected) in cases {
            let at = clock.tick(seconds(time)).map_err(|_| ());
            assert_eq!(at, expected.map(Duration::from_secs), "{time}");
        }
        assert_eq!(clock.reordered, 2);
        assert_eq!(Clock::default().tick(i64::MIN), Ok(Duration::ZERO));
    }
}
