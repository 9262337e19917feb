//! The rows of a sweep or a search, and the columns that both have.

use super::Column;
use crate::experiment::sweep::Numbers;
use crate::measure::Metric;
use std::rc::Rc;

/// A row for each replication of each point, in order, and one without values for a point that has none.
pub struct Rows<'a> {
    points: Vec<&'a [Numbers]>,
    /// For each row the point, and the place of the replication among its own.
    rows: Vec<(usize, Option<usize>)>,
}

impl<'a> Rows<'a> {
    /// The rows of points that have these replications.
    pub fn new(points: impl Iterator<Item = &'a [Numbers]>) -> Rc<Self> {
        let points: Vec<&[Numbers]> = points.collect();
        let rows = points.iter().enumerate().flat_map(|(point, runs)| {
            let none = runs.is_empty().then_some((point, None));
            none.into_iter().chain((0..runs.len()).map(move |replication| (point, Some(replication))))
        });
        let rows = rows.collect();
        Rc::new(Self { points, rows })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The point that a row is about.
    pub fn point(&self, row: usize) -> usize {
        self.rows[row].0
    }

    fn value(&self, row: usize, metric: usize) -> Option<f64> {
        let (point, replication) = self.rows[row];
        self.points[point][replication?].get(metric)
    }

    /// The number of the replication.
    pub fn replication(self: &Rc<Self>) -> Column<'a> {
        let rows = Rc::clone(self);
        Column::whole("replication", move |row| rows.rows[row].1)
    }

    /// A column for each metric that has a value anywhere.
    pub fn metrics(self: &Rc<Self>, metrics: &'a [Metric]) -> impl Iterator<Item = Column<'a>> {
        let has_value =
            |metric: usize| self.points.iter().any(|runs| runs.iter().any(|run| run.get(metric).is_some()));
        let metrics = metrics.iter().enumerate();
        metrics.filter(move |(metric, _)| has_value(*metric)).map(|(metric, Metric { name, unit, .. })| {
            let rows = Rc::clone(self);
            Column::number(name, *unit, move |row| rows.value(row, metric))
        })
    }
}
