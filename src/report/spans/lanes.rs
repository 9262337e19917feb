//! On which lane of its node's track each span is drawn.
//!
//! Viewers want the spans of one lane to lie within each other or one after the other. At a node several requests are
//! under way at once, and each gets a lane of its own while it is there: the first that is free. So the number of lanes
//! in use at an instant is how many of the recorded requests are at the node. What one request does at the same time,
//! such as reading the items of a page, is side by side.

use crate::measure::{Kind, Span};

/// A span of one of several requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owned<'a> {
    /// Whose it is, by place among all requests.
    pub(super) request: usize,
    /// The key of the request itself.
    pub(super) key: u32,
    pub(super) span: &'a Span,
    /// Which step of its request's way it is, if it is the first at its place after another.
    pub(super) step: Option<Step>,
}

/// A step of a request's way from place to place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    First,
    Next,
    Last,
}

impl Owned<'_> {
    fn may_hold(&self, inner: &Self) -> bool {
        let is_about = self.span.key == inner.span.key || self.span.key == self.key;
        let is_same = self.span.attempt == inner.span.attempt || self.span.kind == Kind::Request;
        self.request == inner.request
            && is_same
            && is_about
            && self.span.kind.rank() < inner.span.kind.rank()
            && self.span.ends >= inner.span.ends
    }

    /// Whether it is over when the next one begins. Of the same instant are only steps of one request.
    fn is_over(&self, next: &Self) -> bool {
        let (ends, begins) = (self.span.ends, next.span.begins);
        ends < begins || (ends == begins && self.request == next.request && !self.may_hold(next))
    }
}

/// A side of a span on a lane.
#[derive(Clone, Copy, Debug)]
pub(super) enum Edge<'a> {
    Begin(Owned<'a>),
    End(Owned<'a>),
}

/// A lane, and the spans that lie open on it, the innermost last.
#[derive(Default)]
struct Lane<'a> {
    open: Vec<Owned<'a>>,
}

impl<'a> Lane<'a> {
    /// How many of those that lie open are not over when this one begins.
    fn stay(&self, one: &Owned<'a>) -> usize {
        self.open.len() - self.open.iter().rev().take_while(|open| open.is_over(one)).count()
    }

    fn holds(&self, one: &Owned<'a>) -> bool {
        self.open[..self.stay(one)].last().is_some_and(|last| last.may_hold(one))
    }

    fn is_free(&self, one: &Owned<'a>) -> bool {
        self.stay(one) == 0
    }

    /// Whether the same request has just come to an end here.
    fn goes_on(&self, one: &Owned<'a>) -> bool {
        self.is_free(one) && self.open.first().is_some_and(|open| open.request == one.request)
    }
}

/// What is drawn of the spans of one place, each edge with its lane: on each lane in the order of time, and a span
/// after those it lies in.
pub(super) fn of(mut spans: Vec<Owned<'_>>) -> Vec<(usize, Edge<'_>)> {
    spans.sort_by_key(|one| (one.span.begins, one.span.kind.rank(), one.span.ends));
    let mut lanes: Vec<Lane<'_>> = Vec::new();
    let mut edges = Vec::with_capacity(2 * spans.len());
    for one in spans {
        let lane = lanes
            .iter()
            .position(|lane| lane.holds(&one))
            .or_else(|| lanes.iter().position(|lane| lane.goes_on(&one)))
            .or_else(|| lanes.iter().position(|lane| lane.is_free(&one)))
            .unwrap_or(lanes.len());
        if lane == lanes.len() {
            lanes.push(Lane::default());
        }
        let stay = lanes[lane].stay(&one);
        let over = lanes[lane].open.drain(stay..).rev();
        edges.extend(over.map(|over| (lane, Edge::End(over))));
        lanes[lane].open.push(one);
        edges.push((lane, Edge::Begin(one)));
    }
    for (number, lane) in lanes.iter().enumerate() {
        edges.extend(lane.open.iter().rev().map(|open| (number, Edge::End(*open))));
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Place;
    use crate::time::Instant;

    fn span(kind: Kind, begins: u64, ends: u64) -> Span {
        let (begins, ends) = (Instant::from_nanos(begins), Instant::from_nanos(ends));
        Span { kind, place: Place::App(0), begins, ends, key: 1, attempt: 0, failure: None }
    }

    /// The lane of each span, in the order in which they begin.
    fn lanes(spans: &[(usize, Span)]) -> Vec<(usize, Kind)> {
        let owned = spans.iter().map(|(request, span)| Owned { request: *request, key: 1, span, step: None });
        let edges = of(owned.collect());
        let begins = edges.iter().filter_map(|(lane, edge)| match edge {
            Edge::Begin(one) => Some((*lane, one.span.kind)),
            Edge::End(_) => None,
        });
        begins.collect()
    }

    #[test]
    fn each_request_has_a_lane_of_its_own_while_it_is_there() {
        let work = Kind::Serve("work");
        let stays =
            [(0, span(Kind::Visit, 0, 10)), (1, span(Kind::Visit, 4, 20)), (2, span(Kind::Visit, 11, 12))];
        assert_eq!(lanes(&stays), [(0, Kind::Visit), (1, Kind::Visit), (0, Kind::Visit)]);
        let within = [(0, span(Kind::Visit, 0, 10)), (1, span(Kind::Visit, 4, 20)), (1, span(work, 5, 6))];
        assert_eq!(lanes(&within), [(0, Kind::Visit), (1, Kind::Visit), (1, work)]);
    }

    #[test]
    fn a_span_without_length_lies_in_the_one_that_ends_with_it() {
        let hit = Kind::Serve("look");
        let spans = [(0, span(hit, 10, 10)), (0, span(Kind::Visit, 0, 10)), (1, span(Kind::Visit, 10, 12))];
        assert_eq!(lanes(&spans), [(0, Kind::Visit), (1, Kind::Visit), (0, hit)]);
    }

    #[test]
    fn steps_of_a_request_stay_on_its_lane_and_do_not_lie_in_each_other() {
        let (wait, serve) = (Kind::Wait("queue"), Kind::Serve("GET"));
        let spans =
            [(0, span(wait, 0, 5)), (1, span(wait, 1, 8)), (0, span(serve, 5, 9)), (1, span(serve, 8, 20))];
        assert_eq!(lanes(&spans), [(0, wait), (1, wait), (0, serve), (1, serve)]);
    }

    /// Whatever the spans are: on each lane every end closes what was opened last, and time does not go back.
    #[test]
    fn lanes_are_well_nested() {
        let kinds = [Kind::Request, Kind::Attempt, Kind::Visit, Kind::Page, Kind::Lock, Kind::Network];
        // Of the minimal standard generator (Park and Miller, CACM 1988).
        let mut state = 1_u64;
        let mut next = |below: u64| {
            state = state * 48_271 % 0x7FFF_FFFF;
            state % below
        };
        let spans: Vec<(usize, Span)> = (0..400)
            .map(|_| {
                let begins = next(300);
                let kind = kinds[next(6) as usize];
                (next(20) as usize, Span { key: next(3) as u32, ..span(kind, begins, begins + next(60)) })
            })
            .collect();
        let owned = spans.iter().map(|(request, span)| Owned { request: *request, key: 1, span, step: None });
        let edges = of(owned.collect());
        let count = edges.iter().map(|(lane, _)| lane + 1).max().unwrap_or(0);
        for lane in 0..count {
            let (mut open, mut last) = (Vec::<Instant>::new(), Instant::ZERO);
            for (_, edge) in edges.iter().filter(|(number, _)| *number == lane) {
                let at = match edge {
                    Edge::Begin(one) => {
                        assert!(open.last().is_none_or(|ends| *ends >= one.span.ends));
                        open.push(one.span.ends);
                        one.span.begins
                    }
                    Edge::End(one) => {
                        assert_eq!(open.pop(), Some(one.span.ends));
                        one.span.ends
                    }
                };
                assert!(at >= last, "time goes on");
                last = at;
            }
            assert!(open.is_empty(), "all that begins ends");
        }
    }
}
