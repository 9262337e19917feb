//! Which representation of a key a response is, and under how many keys of its own a cache files it.
//!
//! A response may depend on more than its key: on language, encoding, device (RFC 9110, 12). A cache whose own key has
//! all of these dimensions keeps a copy for each combination; one that lacks a dimension serves users what was made
//! for others. And clients may write one key in several ways, with the parameters of a query in another order or
//! additions that mean nothing: a cache that does not normalise them takes each for a key of its own.
//!
//! Both give keys beyond those of the scenario. They are computed and not remembered: those of a group follow one
//! after the other, behind all keys that the scenario has.

use super::key::KeyGroup;
use super::keyspace::Keyspace;
use super::request::{ATTEMPT_SHIFT, Request};
use super::world::shares;
use crate::random::Stream;
use crate::scenario::{Kind, Reader, choice, count, list, name, named_list, number, table};
use std::cell::RefCell;
use std::ops::Range;

/// Something about a user that responses may depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// What it is called.
    pub name: String,
    /// How many users have each of its values, relative to the others.
    pub values: Vec<f64>,
}

impl Dimension {
    pub(super) fn read_all(r: &mut Reader) -> Vec<Self> {
        let doc = "What tells users apart beside who they are, such as their language.";
        r.field("dimensions", doc, named_list(table(Self::read)).at_most(10)).or_empty()
    }

    fn read(r: &mut Reader) -> Self {
        Self {
            name: r.field("name", "What it is called, as in `language`.", name()).required(),
            values: r
                .field("values", "Values that it can have; each user has one of them.", ways(1_000))
                .required(),
        }
    }
}

/// The numbers of the dimensions of these names, each once.
fn numbers<'n>(all: &[Dimension], names: impl Iterator<Item = &'n str>) -> Vec<usize> {
    let known = names.filter_map(|name| all.iter().position(|known| known.name == name));
    let mut numbers: Vec<usize> = known.collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn varies_by(all: &[Dimension], group: &KeyGroup) -> Vec<usize> {
    numbers(all, group.responses.varies_by.iter().map(|name| name.value.as_str()))
}

/// Two or more ways, alike or with shares.
pub(super) fn ways(most: u32) -> impl Kind<Value = Vec<f64>> {
    choice()
        .tagged(
            "shares",
            "How often each is, relative to the others.",
            list(number(0.000_001..=1e9)).at_least(2).at_most(most as usize),
            |shares| shares,
        )
        .plain(count(2..=most), |count| vec![1.0; count as usize])
}

/// How the keys of a group are multiplied.
#[derive(Clone, Debug)]
struct Split {
    /// The first of the keys beyond.
    first: u32,
    /// Which dimensions a key has, by number.
    dimensions: Vec<usize>,
    /// Combinations of their values.
    combinations: u32,
    /// Ways to write a key.
    spellings: u32,
}

impl Split {
    fn ways(&self) -> u32 {
        self.combinations * self.spellings
    }
}

/// The keys that a cache, or the origin, tells apart where the scenario has one.
#[derive(Clone, Debug, Default)]
pub struct Filing {
    /// By group; empty if no group is split.
    splits: Vec<Option<Split>>,
}

impl Filing {
    /// `dimensions`, by number, and `spellings` say what tells the keys of a group apart.
    fn new(
        all: &[Dimension],
        groups: &[KeyGroup],
        dimensions: impl Fn(&KeyGroup) -> Vec<usize>,
        spellings: impl Fn(&KeyGroup) -> usize,
    ) -> Self {
        let mut next: u32 = groups.iter().map(|group| group.count).sum();
        let split = |group: &KeyGroup| {
            let dimensions = dimensions(group);
            let values = dimensions.iter().map(|dimension| all[*dimension].values.len() as u32);
            let (combinations, spellings) = (values.product(), spellings(group).max(1) as u32);
            let split = Split { first: next, dimensions, combinations, spellings };
            if split.ways() == 1 {
                return None;
            }
            next += group.count * split.ways();
            Some(split)
        };
        let splits: Vec<_> = groups.iter().map(split).collect();
        Self { splits: if splits.iter().any(Option::is_some) { splits } else { Vec::new() } }
    }

    /// Of the origin: whatever its responses depend on.
    fn of_origin(all: &[Dimension], groups: &[KeyGroup]) -> Self {
        Self::new(all, groups, |group| varies_by(all, group), |_| 1)
    }

    /// Of a cache whose keys have the dimensions in `vary`, or those that a response says it depends on.
    pub(super) fn of_cache(all: &[Dimension], groups: &[KeyGroup], keys: &CacheKeys) -> Self {
        let dimensions = |group: &KeyGroup| match &keys.vary {
            _ if keys.is_private => Vec::new(),
            Some(vary) => numbers(all, vary.iter().map(String::as_str)),
            None => varies_by(all, group),
        };
        let spellings = |group: &KeyGroup| if keys.normalise { 1 } else { group.responses.spellings.len() };
        Self::new(all, groups, dimensions, spellings)
    }

    /// The key under which a request for `key` is filed, of a group whose keys begin at `begin`.
    #[inline]
    pub(super) fn key(
        &self,
        who: &Representations,
        request: &Request,
        key: u32,
        begin: impl Fn() -> u32,
    ) -> u32 {
        let Some(Some(split)) = self.splits.get(usize::from(request.group)) else { return key };
        let spelling = if split.spellings > 1 { who.spelling(request) } else { 0 };
        let within = spelling * split.combinations + who.combination(request.user, &split.dimensions);
        split.first + (key - begin()) * split.ways() + within
    }

    /// All keys under which copies of `key` may be filed; only those in its first spelling if a purge names it.
    pub(super) fn keys_of(&self, keyspace: &Keyspace, key: u32, purged: bool) -> Range<u32> {
        if self.splits.is_empty() {
            return key..key + 1;
        }
        let group = keyspace.group_of(key);
        let Some(split) = &self.splits[group] else { return key..key + 1 };
        let first = split.first + (key - keyspace.key(group, 0)) * split.ways();
        first..first + if purged { split.combinations } else { split.ways() }
    }

    /// All keys under which copies of a group may be filed.
    pub(super) fn keys_of_group(&self, keyspace: &Keyspace, group: usize) -> Range<u32> {
        let keys = keyspace.range(group);
        match self.splits.get(group) {
            Some(Some(split)) => split.first..split.first + keys.len() as u32 * split.ways(),
            _ => keys,
        }
    }

    /// The key of the scenario that this one is filed for.
    fn filed_for(&self, keyspace: &Keyspace, filed: u32) -> u32 {
        for (group, split) in self.splits.iter().enumerate() {
            let Some(split) = split else { continue };
            if self.keys_of_group(keyspace, group).contains(&filed) {
                return keyspace.key(group, 0) + (filed - split.first) / split.ways();
            }
        }
        filed
    }
}

/// What the keys of a cache have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheKeys {
    /// Each cache is one user's own: no dimension tells its users apart.
    pub is_private: bool,
    /// Dimensions; without it those that a response depends on.
    pub vary: Option<Vec<String>>,
    /// However a key is written, it is the same.
    pub normalise: bool,
}

/// Who users are, and what the origin makes for them.
pub struct Representations {
    /// Running sums of the shares of each dimension's values, and where users' draws are from.
    dimensions: Vec<(Vec<f64>, Stream)>,
    /// By group, running sums of the shares of its spellings.
    spellings: Vec<Vec<f64>>,
    spelled: Stream,
    origin: Filing,
}

fn drawn(sums: &[f64], unit: f64) -> u32 {
    sums.partition_point(|sum| *sum <= unit).min(sums.len() - 1) as u32
}

impl Representations {
    pub(super) fn new(all: &[Dimension], groups: &[KeyGroup], stream: impl Fn(&str) -> Stream) -> Self {
        let dimension = |dimension: &Dimension| {
            let purpose = format!("client.dimension.{}", dimension.name);
            (shares(dimension.values.iter().copied()), stream(&purpose))
        };
        Self {
            dimensions: all.iter().map(dimension).collect(),
            spellings: groups.iter().map(|group| shares(group.responses.spellings.iter().copied())).collect(),
            spelled: stream("client.spelling"),
            origin: Filing::of_origin(all, groups),
        }
    }

    /// How a request writes its key; another attempt at it writes the same.
    fn spelling(&self, request: &Request) -> u32 {
        let ordinal = request.ordinal & ((1 << ATTEMPT_SHIFT) - 1);
        drawn(&self.spellings[usize::from(request.group)], self.spelled.at(ordinal).unit())
    }

    /// The number of a user's combination of values.
    fn combination(&self, user: u32, dimensions: &[usize]) -> u32 {
        dimensions.iter().fold(0, |number, dimension| {
            let (sums, stream) = &self.dimensions[*dimension];
            number * sums.len() as u32 + drawn(sums, stream.at(user.into()).unit())
        })
    }

    /// What the origin calls the response that it makes for a request: the key, or one beyond for each combination.
    #[inline]
    pub(super) fn made_for(&self, keyspace: &Keyspace, request: &Request) -> u32 {
        self.origin.key(self, request, request.key, || keyspace.key(request.group.into(), 0))
    }

    /// Whose value a response is, and whether it is in the representation that the request's user should have.
    #[inline]
    pub(super) fn received(
        &self,
        keyspace: &RefCell<Keyspace>,
        request: &Request,
        response: u32,
    ) -> (u32, bool) {
        if self.origin.splits.is_empty() {
            return (response, true);
        }
        self.received_one(&keyspace.borrow(), request, response)
    }

    fn received_one(&self, keyspace: &Keyspace, request: &Request, response: u32) -> (u32, bool) {
        let key = self.origin.filed_for(keyspace, response);
        (key, key != request.key || response == self.made_for(keyspace, request))
    }
}
