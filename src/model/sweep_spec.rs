//! Settings of a sweep: what `cachestorm sweep` varies if its arguments do not say.

use super::axis::Axis;
use super::objective::Objective;
use crate::measure::metrics;
use crate::quantity::Ratio;
use crate::scenario::{
    Findings, Kind, Node, Problem, Reader, Shape, Spanned, count, list, share, spanned, text,
};
use glob::Pattern;
use serde_json::{Value as Json, json};

/// Settings of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepSpec {
    /// What is varied.
    pub vary: Vec<Spanned<Axis>>,
    /// So many points of a Latin hypercube in place of all combinations.
    pub sample: Option<u32>,
    /// How narrow half the interval of a measure has to be, as a share of its mean.
    pub precision: Option<f64>,
    /// Which measure that is.
    pub of: Option<String>,
    /// More replications of a point than this are not made.
    pub max_replications: Option<u32>,
    /// The names of the measures that are shown.
    pub measures: Vec<Pattern>,
}

/// More points of a sample than this are a mistake.
pub const SAMPLE_MAX: u32 = 100_000;

impl SweepSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        let vary = r
            .field(
                "vary",
                "Settings and their values: `redis.ttl=1s,10s`, or a range with a number of values, as in \
                 `redis.memory=64MiB..4GiB:log:9`. As arguments, `--vary` takes the place of all of them.",
                list(spanned(Vary)),
            )
            .or_empty();
        let sample = r
            .field(
                "sample",
                "Number of points of a Latin hypercube, instead of all combinations.",
                count(1..=SAMPLE_MAX),
            )
            .optional();
        let precision = r
            .field(
                "precision",
                "Replicate each point until half of the 95 % interval of a measure is at most this share of its mean.",
                share(),
            )
            .optional();
        let of = r
            .field(
                "of",
                "The measure that `precision` is about. Default: that of the first objective.",
                spanned(text()),
            )
            .optional();
        let max_replications = r
            .field(
                "max_replications",
                "Make no more replications of a point than this, whatever its precision. Default: 100.",
                count(1..=100_000u32),
            )
            .optional();
        let measures = r
            .field(
                "measure",
                "Show the metrics of these names, in which `*` stands for anything. Default: those of the objectives, \
                 and a few more.",
                list(Names),
            )
            .or_empty();
        let spec = Self {
            vary,
            sample,
            precision: precision.map(|Ratio(share)| share),
            of: of.as_ref().map(|of| of.value.clone()),
            max_replications,
            measures,
        };
        if let Some(of) = &of {
            Objective::known_metric(r, of);
        }
        spec.check(r);
        spec
    }

    /// Settings that are right one by one but not together.
    fn check(&self, r: &mut Reader) {
        let Self { vary, precision, of, max_replications, .. } = self;
        let needless = [("of", of.is_some()), ("max_replications", max_replications.is_some())];
        if let Some((key, _)) = needless.iter().find(|(_, is_there)| *is_there && precision.is_none()) {
            let message = format!("`{key}` says how `precision` is reached, and there is none");
            r.contradiction(key, message, format!("add `precision = \"2 %\"`, or take `{key}` away"));
        }
        if precision.is_some_and(|share| share <= 0.0) {
            r.contradiction(
                "precision",
                "no interval is ever as narrow as 0 %",
                "write a share above 0 %, such as `\"2 %\"`",
            );
        }
        let mut names: Vec<&str> = vary.iter().map(|axis| axis.value.setting.as_str()).collect();
        names.sort_unstable();
        if let Some([twice, _]) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            r.contradiction("vary", format!("`{twice}` is varied twice"), "give all its values in one line");
        }
    }
}

/// Names of metrics, in which `*` stands for anything.
///
/// # Errors
/// Why it is none; one that no metric has is a mistake.
pub fn metric_names(text: &str) -> Result<Pattern, String> {
    let pattern = Pattern::new(text).map_err(|error| error.msg.to_owned())?;
    if metrics().iter().any(|metric| pattern.matches(&metric.name)) {
        return Ok(pattern);
    }
    Err(format!("no metric has such a name; {}", super::objective::metric_hint(text)))
}

/// A setting and its values.
struct Vary;

impl Kind for Vary {
    type Value = Axis;

    fn read(&self, node: &Node, findings: &mut Findings) -> Option<Axis> {
        let Some(text) = node.as_text() else {
            findings.wrong_kind(node, &self.expected());
            return None;
        };
        let problem = |error| Problem::new(node.span, error).label("expected a setting and its values");
        Axis::parse(text).map_err(|error| findings.add(problem(error))).ok()
    }

    fn example(&self) -> Axis {
        Axis::parse("app.instances=1,2").expect("it is sound")
    }

    fn schema(&self, _: Shape) -> Json {
        json!({ "type": "string", "pattern": "^[^=]+=." })
    }

    fn expected(&self) -> String {
        "a setting and its values, such as `\"redis.ttl=1s,10s,1min\"`".into()
    }
}

/// See [`metric_names`].
struct Names;

impl Kind for Names {
    type Value = Pattern;

    fn read(&self, node: &Node, findings: &mut Findings) -> Option<Pattern> {
        let Some(text) = node.as_text() else {
            findings.wrong_kind(node, &self.expected());
            return None;
        };
        let pattern = metric_names(text);
        pattern
            .map_err(|error| {
                let problem = Problem::new(node.span, format!("`{text}` is no name of a metric: {error}"));
                findings.add(problem.label(format!("expected {}", self.expected())));
            })
            .ok()
    }

    fn example(&self) -> Pattern {
        Pattern::new("*").expect("it is sound")
    }

    fn schema(&self, _: Shape) -> Json {
        json!({ "type": "string" })
    }

    fn expected(&self) -> String {
        "the name of a metric, or of several, such as `\"client.*\"`".into()
    }
}
