//! Pages that instances put together: how much each asks for, and how long it takes.

use super::histogram::Histogram;
use super::label::Layer;
use super::reading::Ranked;
use super::registry::{Measure, Unit};
use crate::time::Duration;
use serde::{Deserialize, Serialize};

/// The pages of a run.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct PageRecord {
    /// Pages that were put together.
    pub built: u64,
    /// Pages that failed because one of their items did.
    pub failed: u64,
    /// Items that were read for these, repeats left out where a page remembers what it has read.
    pub items: u64,
    /// What each layer was asked, by [`Layer`]; nothing where there is no such layer.
    pub calls: [Option<u64>; Layer::ALL.len()],
    /// Statements for several rows, and their rows.
    pub statements: [u64; 2],
    /// Pipelines of commands to the shared cache, and their commands.
    pub pipelines: [u64; 2],
    /// From the first item asked for to the last one read.
    pub latency: Histogram,
}

impl PageRecord {
    /// An empty record of pages whose items may be in these layers.
    #[must_use]
    pub fn new(layers: &[Layer]) -> Self {
        let mut calls = [None; Layer::ALL.len()];
        for layer in layers.iter().filter(|layer| **layer >= Layer::Process) {
            calls[*layer as usize] = Some(0);
        }
        Self { calls, ..Self::default() }
    }

    /// An empty record of the same pages.
    pub(super) fn anew(&self) -> Self {
        Self { calls: self.calls.map(|calls| calls.map(|_| 0)), ..Self::default() }
    }

    /// A layer is asked for the sake of a page.
    #[inline]
    pub fn call(&mut self, layer: Layer) {
        if let Some(calls) = &mut self.calls[layer as usize] {
            *calls += 1;
        }
    }

    /// A statement asks for so many rows.
    pub fn statement(&mut self, rows: u64) {
        self.statements[0] += 1;
        self.statements[1] += rows;
    }

    /// A pipeline asks for so many keys.
    pub fn pipeline(&mut self, keys: u64) {
        self.pipelines[0] += 1;
        self.pipelines[1] += keys;
    }

    /// A page has come to its end.
    pub fn built(&mut self, took: Duration, items: u64, sound: bool) {
        self.items += items;
        if sound {
            self.built += 1;
            self.latency.record(took);
        } else {
            self.failed += 1;
        }
    }

    fn per_page(&self, what: u64) -> Option<f64> {
        let pages = self.built + self.failed;
        (pages > 0).then(|| what as f64 / pages as f64)
    }

    fn calls_per_page(&self, layer: Layer) -> Option<f64> {
        self.calls[layer as usize].and_then(|calls| self.per_page(calls))
    }
}

pub(super) static MEASURES: &[Measure<PageRecord>] = &[
    Measure::count("pages", "Pages that were put together.", |p, _| Some(p.built as f64)),
    Measure::count("pages_failed", "Pages that failed because one of their items did.", |p, _| {
        Some(p.failed as f64)
    }),
    Measure::mean("items_per_page_mean", Unit::Count, "Items that are read for a page.", |p, _| {
        p.per_page(p.items)
    }),
    Measure::mean(
        "calls_per_page_mean",
        Unit::Count,
        "What all layers together are asked for a page: look-ups and statements.",
        |p, _| p.per_page(p.calls.iter().flatten().sum()),
    ),
    Measure::mean(
        "process_calls_per_page_mean",
        Unit::Count,
        "Look-ups in the instance's own cache for a page.",
        |p, _| p.calls_per_page(Layer::Process),
    ),
    Measure::mean(
        "redis_calls_per_page_mean",
        Unit::Count,
        "Look-ups in the shared cache for a page.",
        |p, _| p.calls_per_page(Layer::Redis),
    ),
    Measure::mean("database_calls_per_page_mean", Unit::Count, "Statements for a page.", |p, _| {
        p.calls_per_page(Layer::Database)
    }),
    Measure::mean(
        "rows_per_statement_mean",
        Unit::Count,
        "Rows that a statement of a page asks for, where items are asked for together.",
        |p, _| {
            let [statements, rows] = p.statements;
            (statements > 0).then(|| rows as f64 / statements as f64)
        },
    ),
    Measure::mean(
        "pipelines_per_page_mean",
        Unit::Count,
        "Exchanges with nodes of the shared cache for a page, where keys are asked for together.",
        |p, _| (p.pipelines[0] > 0).then(|| p.per_page(p.pipelines[0])).flatten(),
    ),
    Measure::mean(
        "keys_per_pipeline_mean",
        Unit::Count,
        "Keys that a page asks a node of the shared cache for in one exchange, where they are asked for together.",
        |p, _| {
            let [pipelines, keys] = p.pipelines;
            (pipelines > 0).then(|| keys as f64 / pipelines as f64)
        },
    ),
    Measure::mean(
        "page_latency_mean_seconds",
        Unit::Seconds,
        "Mean time from asking for a page's first item to having them all.",
        |p, _| p.latency.mean_seconds(),
    ),
    Measure::percentile(
        "page_latency_p99_seconds",
        0.99,
        "One page in a hundred took longer than this to have its items.",
        |p| Ranked::of(&p.latency),
    ),
];
