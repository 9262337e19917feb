//! The network between two parts: half of a round trip each way.

use super::job::Job;
use crate::engine::{Engine, Lane, Wait};
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::time::Duration;

/// A link; what is sent over it takes half of a round trip.
#[derive(Debug)]
pub enum Link {
    /// Takes no time.
    Instantaneous,
    /// Always the same.
    Constant(Duration, Lane),
    /// Drawn for each passage.
    Drawn(Distribution, Stream),
}

impl Link {
    /// A link with this round trip; the draws of a passage belong to its ordinal.
    pub fn new(engine: &Engine<Job>, round_trip: &Distribution, stream: Stream) -> Self {
        match round_trip {
            Distribution::Constant(nanos) if *nanos <= 0.0 => Self::Instantaneous,
            Distribution::Constant(nanos) => {
                let takes = Duration::from_nanos_f64(nanos / 2.0);
                Self::Constant(takes, engine.lane(takes))
            }
            drawn => Self::Drawn(drawn.clone(), stream),
        }
    }

    /// How long one passage takes. The ordinal names the request, the leg tells apart the passages of one
    /// request.
    pub fn takes(&self, ordinal: u64, leg: u64) -> Duration {
        match self {
            Self::Instantaneous => Duration::ZERO,
            Self::Constant(takes, _) => *takes,
            Self::Drawn(round_trip, stream) => {
                Duration::from_nanos_f64(round_trip.sample(&mut stream.of(ordinal).at(leg)) / 2.0)
            }
        }
    }

    /// The wait for one passage, named as in [`Link::takes`].
    #[inline]
    pub fn pass<'a>(&self, engine: &'a Engine<Job>, ordinal: u64, leg: u64) -> Wait<'a, Job> {
        self.wait(engine, || self.takes(ordinal, leg))
    }

    /// The wait for a passage of which is known how long it takes.
    #[inline]
    pub fn travel<'a>(&self, engine: &'a Engine<Job>, takes: Duration) -> Wait<'a, Job> {
        self.wait(engine, || takes)
    }

    #[inline]
    fn wait<'a>(&self, engine: &'a Engine<Job>, takes: impl FnOnce() -> Duration) -> Wait<'a, Job> {
        match self {
            Self::Instantaneous => engine.no_wait(),
            Self::Constant(_, lane) => engine.sleep(*lane),
            Self::Drawn(..) => engine.sleep_until(engine.now() + takes()),
        }
    }
}
