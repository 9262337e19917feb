//! All keys of a run: the dense numbers that the simulation uses for them, their names and sizes.
//!
//! Key `article:17` is the 17th most popular of the group `article`. Inside, keys are numbered through
//! all groups. Keys of a trace are numbered in the order of their first appearance.

use super::key::KeyGroup;
use super::slot::{digits, slot_of, slot_of_copy, slot_of_numbered};
use crate::random::Stream;
use crate::random::distribution::Distribution;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// Numbers, names and sizes of all keys of a run.
#[derive(Debug)]
pub struct Keyspace {
    groups: Vec<Range>,
    names: Names,
    sizes: Stream,
}

#[derive(Debug)]
struct Range {
    first: u32,
    count: u32,
    /// Under how many names the shared cache has each key.
    copies: u32,
    /// The numbers of the second names begin here, those of the third behind them.
    more: u32,
    name: String,
    size: Distribution,
}

#[derive(Debug)]
enum Names {
    /// `group:rank`, ranks counted from 1.
    Ranks,
    /// As the trace has them.
    Trace { by_name: HashTable<u32>, known: Vec<Known> },
}

#[derive(Debug)]
struct Known {
    name: Box<[u8]>,
    slot: u16,
}

impl Range {
    /// The number in a key's name, and which copy it is, both counted from 1; nothing if there is only one.
    #[inline]
    fn number(&self, key: u32) -> (u32, Option<u32>) {
        if self.copies == 1 {
            return (key - self.first + 1, None);
        }
        if (self.first..self.first + self.count).contains(&key) {
            return (key - self.first + 1, Some(1));
        }
        let beyond = key - self.more;
        (beyond % self.count + 1, Some(beyond / self.count + 2))
    }
}

impl Keyspace {
    /// The keys that a scenario names.
    #[must_use]
    pub fn of_groups(groups: &[KeyGroup], sizes: Stream) -> Self {
        let mut first = 0;
        let mut more = groups.iter().map(|group| group.count).sum();
        let groups = groups.iter().map(|group| {
            let KeyGroup { count, copies, .. } = *group;
            let (name, size) = (group.name.clone(), group.size.clone());
            let range = Range { first, count, copies, more, name, size };
            first += count;
            more += count * (copies - 1);
            range
        });
        Self { groups: groups.collect(), names: Names::Ranks, sizes }
    }

    /// The keys of a trace, none of them known yet.
    #[must_use]
    pub fn of_trace(group: &KeyGroup, sizes: Stream) -> Self {
        let (name, size) = (group.name.clone(), group.size.clone());
        let range = Range { first: 0, count: 0, copies: 1, more: 0, name, size };
        let names = Names::Trace { by_name: HashTable::new(), known: Vec::new() };
        Self { groups: vec![range], names, sizes }
    }

    /// The number of the group's key of this rank, counted from 0.
    #[inline]
    #[must_use]
    pub fn key(&self, group: usize, rank: u32) -> u32 {
        self.groups[group].first + rank
    }

    /// The number that one of a key's names has in the shared cache, names counted from 0.
    #[inline]
    #[must_use]
    pub fn copy(&self, group: usize, key: u32, copy: u32) -> u32 {
        let range = &self.groups[group];
        if copy == 0 { key } else { range.more + (copy - 1) * range.count + (key - range.first) }
    }

    /// The numbers of a group's keys.
    #[must_use]
    pub fn range(&self, group: usize) -> std::ops::Range<u32> {
        let range = &self.groups[group];
        range.first..range.first + range.count
    }

    /// The number of a key of a trace, which is new if it was not seen before.
    pub fn intern(&mut self, name: &[u8]) -> u32 {
        let Names::Trace { by_name, known } = &mut self.names else {
            unreachable!("only the keys of a trace have to be learned")
        };
        let hash = FxBuildHasher.hash_one(name);
        if let Some(&key) = by_name.find(hash, |key| *known[*key as usize].name == *name) {
            return key;
        }
        let key = known.len() as u32;
        by_name.insert_unique(hash, key, |key| FxBuildHasher.hash_one(&*known[*key as usize].name));
        known.push(Known { name: name.into(), slot: slot_of(name) });
        self.groups[0].count = key + 1;
        key
    }

    /// The group that a key belongs to.
    #[must_use]
    pub fn group_of(&self, key: u32) -> usize {
        self.groups.partition_point(|range| range.first <= key) - 1
    }

    /// The hash slot of a key in a Redis cluster, or of another of its names.
    #[inline]
    #[must_use]
    pub fn slot(&self, group: usize, key: u32) -> u16 {
        match &self.names {
            Names::Trace { known, .. } => known[key as usize].slot,
            Names::Ranks => {
                let range = &self.groups[group];
                match range.number(key) {
                    (number, None) => slot_of_numbered(range.name.as_bytes(), number),
                    (number, Some(copy)) => slot_of_copy(range.name.as_bytes(), number, copy),
                }
            }
        }
    }

    /// The CRC-32 of a key's name, by which clients of memcached spread the keys.
    #[must_use]
    pub fn crc32(&self, group: usize, key: u32) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        match &self.names {
            Names::Trace { known, .. } => hasher.update(&known[key as usize].name),
            Names::Ranks => {
                let range = &self.groups[group];
                let (number, copy) = range.number(key);
                hasher.update(range.name.as_bytes());
                for (before, number) in [(b":", Some(number)), (b"#", copy)] {
                    if let Some(number) = number {
                        hasher.update(before);
                        hasher.update(digits(number, &mut [0; 10]));
                    }
                }
            }
        }
        hasher.finalize()
    }

    /// A key as the scenario writes it.
    #[must_use]
    pub fn name(&self, key: u32) -> String {
        let range = &self.groups[self.group_of(key)];
        format!("{}:{}", range.name, key - range.first + 1)
    }

    /// A key's bytes in the trace.
    #[must_use]
    pub fn raw_name(&self, key: u32) -> &[u8] {
        match &self.names {
            Names::Trace { known, .. } => &known[key as usize].name,
            Names::Ranks => &[],
        }
    }

    /// Length in bytes of a key's name in the shared cache.
    #[inline]
    #[must_use]
    pub fn name_length(&self, group: usize, key: u32) -> u32 {
        match &self.names {
            Names::Trace { known, .. } => known[key as usize].name.len() as u32,
            Names::Ranks => {
                let range = &self.groups[group];
                let (number, copy) = range.number(key);
                let suffix = copy.map_or(0, |copy| 1 + copy.ilog10() + 1);
                range.name.len() as u32 + 1 + number.ilog10() + 1 + suffix
            }
        }
    }

    /// Size of a key's value in bytes: drawn once for each key.
    #[inline]
    #[must_use]
    pub fn size(&self, group: usize, key: u32) -> u32 {
        match self.groups[group].size {
            Distribution::Constant(size) => size as u32,
            ref drawn => drawn.sample(&mut self.sizes.at(u64::from(key))).min(f64::from(u32::MAX)) as u32,
        }
    }

    /// The key of this name, such as `article:1`.
    ///
    /// # Errors
    /// With what is wrong with the name.
    pub fn find(groups: &[KeyGroup], name: &str) -> Result<(usize, u32), String> {
        let names = || groups.iter().map(|group| format!("`{}`", group.name)).collect::<Vec<_>>().join(", ");
        let Some((group, rank)) = name.rsplit_once(':') else {
            return Err(format!(
                "`{name}` is not a key: expected a group and a number, as in `{}:1`",
                groups[0].name
            ));
        };
        let Some(index) = groups.iter().position(|known| known.name == group) else {
            return Err(format!("no key group is called `{group}`: there is {}", names()));
        };
        match rank.parse::<u32>() {
            Ok(rank) if (1..=groups[index].count).contains(&rank) => Ok((index, rank - 1)),
            _ => Err(format!(
                "`{rank}` is not a key of `{group}`: expected a number from 1 to {}",
                groups[index].count
            )),
        }
    }

    /// Keys that were learned from a trace, and the bytes of their names.
    pub(super) fn learned(&self) -> (u64, u64) {
        match &self.names {
            Names::Ranks => (0, 0),
            Names::Trace { known, .. } => {
                let bytes = known.iter().map(|known| (known.name.len() + size_of::<Known>()) as u64).sum();
                (known.len() as u64, bytes)
            }
        }
    }

    /// How many keys there are, or are known by now.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.groups.iter().map(|range| u64::from(range.count)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::scenario::Document;

    /// By `zlib.crc32` of Python 3.11.
    #[test]
    fn the_checksum_of_a_key_is_that_of_its_name() {
        let text = "name = \"a\"\nduration = \"1 s\"\nworkload.arrivals = { poisson = \"1/s\" }\nredis = {}\n\
                    [[workload.keys]]\nname = \"page\"\ncount = 20\n\
                    [[workload.keys]]\nname = \"hot\"\ncount = 1\ncopies = 3\n";
        let document = Document::parse("a.toml", text).expect("TOML");
        let model = document.read(None, Model::read).expect("a scenario");
        let keys = Keyspace::of_groups(&model.workload.keys, Stream::new(1, 0, "test"));
        // Groups are in the order of their names: `hot` is the first.
        let checksums =
            [(1, 1), (1, 17), (0, 0), (0, 21), (0, 22)].map(|(group, key)| keys.crc32(group, key));
        assert_eq!(checksums, [0x8228_eaad, 0xc25a_bd3d, 0x858d_c645, 0x1c84_97ff, 0x6b83_a769]);
    }
}
