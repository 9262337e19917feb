//! Pages: responses that an instance puts together from many items, each of which it reads like any other key.
//!
//! Which items a page shows follows from its request, whatever becomes of it; so does every draw for each of them,
//! through an ordinal of the item's own. The page itself is kept nowhere: what is cached are its items.

use super::app::read;
use super::job::Job;
use super::key::KeyGroup;
use super::kinds::{FAN_OUT_MAX, fan_out};
use super::redis_pipeline::Looked;
use super::request::{ATTEMPT_SHIFT, Reply, Request, Value};
use super::spans::note;
use super::together::Together;
use super::world::World;
use crate::cache::Age;
use crate::engine::{GatherId, Gathers};
use crate::measure::{Kind, Layer};
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::scenario::{Reader, Spanned, choice, flag, spanned, text};
use std::cell::RefCell;
use std::future::Future;

/// What a key group's pages are put together from.
#[derive(Clone, Debug, PartialEq)]
pub struct PageSpec {
    /// The key group of its items.
    pub items: Spanned<String>,
    /// How many items, repeats included.
    pub fan_out: Distribution,
    /// Whether one item is waited for before the next is asked for.
    pub order: Order,
    /// Whether an item that the page shows twice is read once.
    pub request_cache: bool,
    /// Whether items that have to come from the database come with one statement.
    pub batch: bool,
    /// Whether items that a node of the shared cache is asked for are asked for with one pipeline.
    pub pipeline: bool,
}

/// How the items of a page are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// One after the other.
    Sequential,
    /// All at once.
    Parallel,
}

impl PageSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        r.words(super::words::PAGE);
        let order = choice()
            .word("sequential", "One after the other, as a loop does.", Order::Sequential)
            .word("parallel", "All at once; the page waits for the slowest.", Order::Parallel);
        let spec = Self {
            items: r
                .field("items", "The key group whose keys a page shows, by their popularity.", spanned(text()))
                .required(),
            fan_out: r
                .field(
                    "fan_out",
                    "How many items, repeats included: 1 to 50, or a distribution, which is rounded to that.",
                    fan_out(),
                )
                .required(),
            order: r.field("order", "How an instance reads them.", order).or(Order::Sequential),
            request_cache: r
                .field("request_cache", "True: an item that a page shows several times is read once.", flag())
                .or(false),
            batch: r
                .field(
                    "batch",
                    "True: items that have to come from the database come with one statement, `WHERE id IN (…)`.",
                    flag(),
                )
                .or(false),
            pipeline: r
                .field(
                    "pipeline",
                    "True: what a node of Redis is asked for goes there and back as one pipeline of GETs.",
                    flag(),
                )
                .or(false),
        };
        for (setting, is_set) in [("batch", spec.batch), ("pipeline", spec.pipeline)] {
            if is_set && spec.order == Order::Sequential {
                let message = format!("`{setting}` needs all items at once, and `order` is \"sequential\"");
                let help = format!("add `order = \"parallel\"`, or take `{setting}` away");
                r.contradiction(setting, message, help);
            }
        }
        spec
    }
}

/// All pages of a run.
pub struct Pages {
    /// By key group.
    groups: Vec<Option<Page>>,
    gathers: Gathers<Reply>,
    /// What the database is asked for.
    pub(super) statements: Together<Reply>,
    /// What nodes of the shared cache are asked for.
    pub(super) pipelines: Together<Looked>,
    /// Lists to write items in, used again and again.
    lists: RefCell<Vec<Vec<Item>>>,
    fan_outs: Stream,
    choices: Stream,
    ordinals: Stream,
}

struct Page {
    items: u16,
    fan_out: Distribution,
    order: Order,
    request_cache: bool,
    batch: bool,
    pipeline: bool,
}

/// One item of a page.
#[derive(Clone, Copy)]
struct Item {
    /// Its place on the page.
    place: u32,
    key: u32,
}

/// Set in the ordinals of requests for items.
const ITEM: u64 = 1 << 63;

impl Request {
    /// Whether it is for an item of a page.
    #[inline]
    pub(super) fn is_for_item(&self) -> bool {
        self.ordinal & ITEM != 0
    }
}

impl Pages {
    /// The pages of a scenario, if it has any.
    pub(super) fn new(groups: &[KeyGroup], stream: impl Fn(&str) -> Stream) -> Option<Self> {
        if groups.iter().all(|group| group.page.is_none()) {
            return None;
        }
        let of = |name: &str| groups.iter().position(|group| group.name == name);
        let page = |spec: &PageSpec| Page {
            items: of(&spec.items.value).expect("the items of pages are validated") as u16,
            fan_out: spec.fan_out.clone(),
            order: spec.order,
            request_cache: spec.request_cache,
            batch: spec.batch,
            pipeline: spec.pipeline,
        };
        Some(Self {
            groups: groups.iter().map(|group| group.page.as_ref().map(page)).collect(),
            gathers: Gathers::default(),
            statements: Together::new(Job::Statement),
            pipelines: Together::new(Job::Pipeline),
            lists: RefCell::default(),
            fan_outs: stream("page.fan_out"),
            choices: stream("page.items"),
            ordinals: stream("page.ordinals"),
        })
    }

    fn of(&self, group: u16) -> Option<&Page> {
        self.groups[usize::from(group)].as_ref()
    }

    /// The items that a request's page shows and an instance reads; the same at each attempt.
    fn items(&self, w: &World<'_>, page: &Page, request: &Request) -> Vec<Item> {
        let mut list = self.lists.borrow_mut().pop().unwrap_or_default();
        let ordinal = request.ordinal & ((1 << ATTEMPT_SHIFT) - 1);
        let count = page.fan_out.sample(&mut self.fan_outs.at(ordinal)).round();
        let count = (count as u32).clamp(1, FAN_OUT_MAX);
        let popularity = w.prepared.popularity(page.items.into());
        for place in 0..count {
            let nth = ordinal.wrapping_mul(count.into()).wrapping_add(place.into());
            let rank = popularity.pick(nth, &mut self.choices.of(ordinal).at(place.into()));
            let key = w.keys.borrow().key(page.items.into(), rank);
            let key = Request { group: page.items, key, ..*request }.or_own_key(w).key;
            if !(page.request_cache && list.iter().any(|item: &Item| item.key == key)) {
                list.push(Item { place, key });
            }
        }
        list
    }

    /// The request for an item: another one as far as draws are concerned.
    fn request(&self, page: &Page, request: &Request, item: Item) -> Request {
        let ordinal = self.ordinals.of(request.ordinal).at(item.place.into()).bits() | ITEM;
        Request { ordinal, ttl_seconds: 0, key: item.key, size: 0, group: page.items, ..*request }
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.gathers.is_at_rest() && self.statements.is_at_rest() && self.pipelines.is_at_rest()
    }
}

impl World<'_> {
    /// Whether a key group's keys are pages.
    #[inline]
    pub(super) fn is_page(&self, group: u16) -> bool {
        self.pages.as_ref().is_some_and(|pages| pages.of(group).is_some())
    }

    fn pages(&self) -> &Pages {
        self.pages.as_ref().expect("this job has pages")
    }

    /// Counts what a layer is asked for the sake of a page.
    #[inline]
    pub(super) fn count_call(&self, layer: Layer, request: &Request) {
        if request.is_for_item()
            && let Some(pages) = &mut self.record.borrow_mut().layers.pages
        {
            pages.call(layer);
        }
    }
}

/// The job of putting a page together.
pub(super) fn build(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        let began = w.engine.now();
        let pages = w.pages();
        let page = pages.of(request.group).expect("this request is for a page");
        let mut items = pages.items(w, page, request);
        let gather = pages.gathers.begin();
        let ordinals = || items.iter().map(|item| pages.request(page, request, *item).ordinal);
        let pipelines = page.pipeline.then(|| pages.pipelines.begin(ordinals()));
        let statements = page.batch.then(|| pages.statements.begin(ordinals()));
        note!(w, |spans| {
            for item in &items {
                spans.adopt(request, &pages.request(page, request, *item));
            }
        });
        for item in &items {
            pages.gathers.expect(gather);
            w.engine.spawn(Job::Item { request: pages.request(page, request, *item), gather });
            if page.order == Order::Sequential {
                pages.gathers.all(&w.engine, gather).await;
                if pages.gathers.last(gather).is_some_and(|reply| reply.is_err()) {
                    break;
                }
            }
        }
        pages.gathers.all(&w.engine, gather).await;
        if let Some(page) = pipelines {
            pages.pipelines.end(page);
        }
        if let Some(page) = statements {
            pages.statements.end(page);
        }
        let reply = pages.gathers.end(gather, |answers| sum_up(w, page, request, answers));
        let shown = items.len() as u64;
        items.clear();
        pages.lists.borrow_mut().push(items);
        let took = w.engine.now() - began;
        w.note_here(request, Kind::Page, began, move || reply.err());
        let mut record = w.record.borrow_mut();
        let record = record.layers.pages.as_mut().expect("pages are recorded");
        record.built(took, shown, reply.is_ok());
        reply
    }
}

/// A page fails if one of its items does. The copies in it count as answers of the layers that they came from.
fn sum_up(w: &World<'_>, page: &Page, request: &Request, answers: &[Reply]) -> Reply {
    if let Some(failure) = answers.iter().find_map(|reply| reply.err()) {
        return Err(failure);
    }
    let now = w.engine.now();
    let values = || answers.iter().filter_map(|reply| reply.ok());
    if now >= w.model.warmup_end() {
        let record = &mut *w.record.borrow_mut();
        for value in values() {
            let staleness = w.truth.borrow_mut().staleness(value.key, value.version, value.read_at, now);
            record.answered(value.from, page.items.into(), staleness, now - value.read_at, false);
        }
    }
    Ok(Value {
        read_at: values().map(|value| value.read_at).min().unwrap_or(now),
        key: request.key,
        version: 0,
        size: w.keys.borrow().size(request.group.into(), request.key),
        from: values().map(|value| value.from).max().unwrap_or(Layer::Database),
        age: Age::ZERO,
        absent: false,
    })
}

/// The job of reading one item.
pub(super) fn read_item(w: &World<'_>, request: &Request, gather: GatherId) -> impl Future<Output = ()> {
    async move {
        let reply = read(w, request).await;
        let pages = w.pages();
        pages.pipelines.finish(w, request);
        pages.statements.finish(w, request);
        pages.gathers.bring(&w.engine, gather, reply);
    }
}
