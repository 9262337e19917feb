//! The same scenario under another load: what a plan asks about headroom.

use super::{ArrivalSpec, Model};
use crate::quantity::Rate;
use crate::workload::arrivals::Profile;

impl Model {
    /// This scenario with `factor` times the load: as many more arrivals and writes, at the same times of the day. A closed
    /// loop has so many more users, rounded up. A trace is replayed so many times as fast, since its requests are given.
    ///
    /// # Errors
    /// If the rate is then too high to be simulated.
    pub fn with_load(mut self, factor: f64) -> Result<Self, String> {
        match &mut self.workload.arrivals {
            ArrivalSpec::Open(Profile::Schedule(schedule), _) => *schedule = schedule.scaled(factor)?,
            ArrivalSpec::Open(Profile::Bursty(bursty), _) => *bursty = bursty.scaled(factor)?,
            ArrivalSpec::Closed(users, _) => {
                *users = (f64::from(*users) * factor).ceil().min(f64::from(u32::MAX)) as u32;
            }
            ArrivalSpec::Trace(trace) => trace.speed *= factor,
        }
        for group in &mut self.workload.keys {
            group.writes = Rate(group.writes.0 * factor);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Document;
    use crate::time::{Duration, Instant};

    fn model(arrivals: &str) -> Model {
        let text = format!(
            "name = \"load\"\nduration = \"10 s\"\n[workload]\narrivals = {arrivals}\n\
             keys = [{{ name = \"page\", count = 10, writes = \"5/s\" }}]\n[app]\n"
        );
        let document = Document::parse("load.toml", &text).expect("it is TOML");
        document.read(None, Model::read).unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn expected(model: &Model) -> f64 {
        match &model.workload.arrivals {
            ArrivalSpec::Open(Profile::Schedule(schedule), _) => {
                schedule.expected_arrivals(Instant::ZERO + Duration::from_secs(10))
            }
            ArrivalSpec::Open(Profile::Bursty(bursty), _) => bursty.mean_rate().0 * 10.0,
            ArrivalSpec::Closed(users, _) => f64::from(*users),
            ArrivalSpec::Trace(trace) => trace.speed,
        }
    }

    #[test]
    fn every_kind_of_arrivals_has_a_fifth_more() {
        for arrivals in [
            "{ poisson = \"100/s\" }",
            "{ constant = \"100/s\" }",
            "{ daily = { mean = \"100/s\", swing = \"50 %\" } }",
            "{ users = { count = 50, think = \"1 s\" } }",
        ] {
            let base = model(arrivals);
            let before = expected(&base);
            let more = base.with_load(1.2).expect("it can be simulated");
            assert!((expected(&more) - 1.2 * before).abs() < 1e-6 * before, "{arrivals}");
            assert!((more.workload.keys[0].writes.0 - 6.0).abs() < 1e-9);
        }
        let odd = model("{ users = { count = 3, think = \"1 s\" } }").with_load(1.2).expect("it can");
        assert!((expected(&odd) - 4.0).abs() < 1e-9, "rounded up");
    }
}
