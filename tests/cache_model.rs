//! The store against a naive model: a vector in order of use, searched from end to end.

use cachestorm::cache::{Age, Capacity, Entry, POLICIES, PolicySpec, Removal, Store, Stored};
use cachestorm::random::Stream;
use cachestorm::time::{Duration, Instant};
use proptest::prelude::*;

/// One call of a store; times are seconds from now.
#[derive(Clone, Copy, Debug)]
enum Call {
    Get(u32),
    Peek(u32),
    Put { key: u32, charge: u32, lifetime: Option<u64> },
    Remove(u32, Removal),
    Expire(u32),
    Clear,
    Wait(u64),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let key = 0..24u32;
    let put = (key.clone(), 0..40u32, proptest::option::of(0..20u64))
        .prop_map(|(key, charge, lifetime)| Call::Put { key, charge, lifetime });
    let call = prop_oneof![
        8 => key.clone().prop_map(Call::Get),
        2 => key.clone().prop_map(Call::Peek),
        8 => put,
        2 => key.clone().prop_map(|key| Call::Remove(key, Removal::Invalidated)),
        1 => key.prop_map(Call::Expire),
        3 => (0..4u64).prop_map(Call::Wait),
        1 => Just(Call::Clear),
    ];
    proptest::collection::vec(call, 0..400)
}

fn capacities() -> impl Strategy<Value = Capacity> {
    prop_oneof![
        Just(Capacity::Unbounded),
        (0..12u64).prop_map(Capacity::Entries),
        (0..200u64).prop_map(Capacity::Bytes),
    ]
}

fn entry(version: u32, now: Instant, lifetime: Option<u64>) -> Entry {
    let expires_at = lifetime.map_or(Instant::MAX, |seconds| now + Duration::from_secs(seconds));
    Entry {
        read_at: now,
        stored_at: now,
        soft_at: expires_at,
        expires_at,
        load_time: Duration::ZERO,
        key: 0,
        version,
        size: 0,
        age: Age::ZERO,
        negative: false,
    }
}

/// LRU as one would write it for a handful of copies: the last in `copies` was used last.
struct Model {
    capacity: Capacity,
    copies: Vec<(u32, Entry, u32)>,
    inserted: u64,
    removals: [u64; 5],
}

impl Model {
    fn new(capacity: Capacity) -> Self {
        Self { capacity, copies: Vec::new(), inserted: 0, removals: [0; 5] }
    }

    fn take(&mut self, key: u32) -> Option<(u32, Entry, u32)> {
        let position = self.copies.iter().position(|copy| copy.0 == key)?;
        Some(self.copies.remove(position))
    }

    fn get(&mut self, key: u32, now: Instant) -> Option<Entry> {
        let copy = self.take(key)?;
        if now >= copy.1.expires_at {
            self.removals[Removal::Expired as usize] += 1;
            return None;
        }
        self.copies.push(copy);
        Some(copy.1)
    }

    fn put(&mut self, key: u32, entry: Entry, charge: u32, now: Instant) -> Stored {
        let old = self.take(key);
        if let Some((_, old, _)) = old {
            let reason = if now >= old.expires_at { Removal::Expired } else { Removal::Replaced };
            self.removals[reason as usize] += 1;
        }
        self.copies.push((key, entry, charge));
        let alone = &self.copies[self.copies.len() - 1..];
        if self.exceeds(alone) {
            self.copies.pop();
            return Stored::TooLarge;
        }
        while self.exceeds(&self.copies) {
            self.copies.remove(0);
            self.removals[Removal::Memory as usize] += 1;
        }
        self.inserted += 1;
        if old.is_some() { Stored::Replaced } else { Stored::Inserted }
    }

    fn exceeds(&self, copies: &[(u32, Entry, u32)]) -> bool {
        match self.capacity {
            Capacity::Unbounded => false,
            Capacity::Entries(limit) => copies.len() as u64 > limit,
            Capacity::Bytes(limit) => charge_of(copies) > limit,
        }
    }
}

fn charge_of(copies: &[(u32, Entry, u32)]) -> u64 {
    copies.iter().map(|copy| u64::from(copy.2)).sum()
}

fn assert_conserved(store: &Store) {
    assert_eq!(store.inserted(), store.len() as u64 + store.removals().iter().sum::<u64>());
}

/// Makes both do `call` and compares every answer and every account.
fn step(store: &mut Store, model: &mut Model, call: Call, version: u32, now: &mut Instant) {
    match call {
        Call::Get(key) => assert_eq!(store.get(key, *now).copied(), model.get(key, *now)),
        Call::Peek(key) => {
            let copy = model.copies.iter().find(|copy| copy.0 == key && *now < copy.1.expires_at);
            assert_eq!(store.peek(key, *now), copy.map(|copy| &copy.1));
        }
        Call::Put { key, charge, lifetime } => {
            let entry = entry(version, *now, lifetime);
            assert_eq!(store.put(key, entry, charge, *now), model.put(key, entry, charge, *now));
        }
        Call::Remove(key, reason) => {
            let removed = model.take(key).is_some();
            model.removals[reason as usize] += u64::from(removed);
            assert_eq!(store.remove(key, reason), removed);
        }
        Call::Expire(key) => {
            let copy = model.copies.iter_mut().find(|copy| copy.0 == key);
            assert_eq!(store.expire(key, *now, Duration::ZERO), copy.is_some());
            if let Some((_, entry, _)) = copy {
                entry.soft_at = entry.soft_at.min(*now);
                entry.expires_at = entry.expires_at.min(*now);
            }
        }
        Call::Clear => {
            model.removals[Removal::Flushed as usize] += model.copies.len() as u64;
            model.copies.clear();
            store.clear(Removal::Flushed);
        }
        Call::Wait(seconds) => *now += Duration::from_secs(seconds),
    }
    assert_eq!(store.len(), model.copies.len());
    assert_eq!(store.charge(), charge_of(&model.copies));
    assert_eq!(store.inserted(), model.inserted);
    assert_eq!(store.removals(), &model.removals);
}

/// memcached's segmented LRU with everything searched for: its items in any order, each with when it came to the head of
/// its segment.
#[derive(Default)]
struct Segmented {
    items: Vec<Item>,
    moves: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Segment {
    Hot,
    Warm,
    Cold,
}

struct Item {
    key: u32,
    segment: Segment,
    came: u64,
    used_s: u64,
    /// Reads since it was stored, up to two; at two it is active, and when it is moved it is back at one.
    reads: u32,
    expires_at: Instant,
}

impl Segmented {
    /// Where the item of this key is.
    fn find(&self, key: u32) -> Option<usize> {
        self.items.iter().position(|item| item.key == key)
    }

    fn count(&self, segment: Segment) -> usize {
        self.items.iter().filter(|item| item.segment == segment).count()
    }

    fn oldest(&self, segment: Segment) -> Option<usize> {
        let of = self.items.iter().enumerate().filter(|(_, item)| item.segment == segment);
        of.min_by_key(|(_, item)| item.came).map(|(position, _)| position)
    }

    fn move_to(&mut self, position: usize, segment: Segment) {
        self.moves += 1;
        let item = &mut self.items[position];
        (item.segment, item.came, item.reads) = (segment, self.moves, item.reads.min(1));
    }

    /// The oldest of a segment moves, if it is active, one of too many, or not used for too long.
    fn pull(&mut self, segment: Segment, percent: usize, age_max_s: u64, now_s: u64) -> bool {
        let Some(oldest) = self.oldest(segment) else { return false };
        let is_active = self.items[oldest].reads == 2;
        let is_old = now_s - self.items[oldest].used_s > age_max_s;
        let moves = is_active || is_old || self.count(segment) > self.items.len() * percent / 100;
        if moves {
            self.move_to(oldest, if is_active { Segment::Warm } else { Segment::Cold });
        }
        moves
    }

    fn juggle(&mut self, now_s: u64) {
        let cold_s = self.oldest(Segment::Cold).map_or(0, |cold| now_s - self.items[cold].used_s);
        while self.pull(Segment::Hot, 20, cold_s / 5, now_s) {}
        while self.pull(Segment::Warm, 40, cold_s * 2, now_s) {}
    }

    fn get(&mut self, key: u32, now: Instant) -> bool {
        let Some(position) = self.find(key) else { return false };
        if self.items[position].expires_at <= now {
            self.items.remove(position);
            return false;
        }
        self.items[position].reads += 1;
        match self.items[position].reads {
            2 => {
                self.items[position].used_s = now.as_nanos() / 1_000_000_000;
                if self.items[position].segment == Segment::Cold {
                    self.move_to(position, Segment::Warm);
                    self.juggle(now.as_nanos() / 1_000_000_000);
                }
            }
            reads => self.items[position].reads = reads.min(2),
        }
        true
    }

    fn put(&mut self, key: u32, expires_at: Instant, limit: usize, now: Instant) {
        let used_s = now.as_nanos() / 1_000_000_000;
        if let Some(position) = self.find(key) {
            self.items.remove(position);
        }
        while self.items.len() >= limit {
            while self.count(Segment::Cold) == 0 && self.pull(Segment::Hot, 0, 0, used_s) {}
            let victim = self.oldest(Segment::Cold).or_else(|| self.oldest(Segment::Warm));
            self.items.remove(victim.expect("a full store has items"));
        }
        self.moves += 1;
        let (segment, came) = (Segment::Hot, self.moves);
        self.items.push(Item { key, segment, came, used_s, reads: 0, expires_at });
        self.juggle(used_s);
    }
}

proptest! {
    #[test]
    fn segmented_lru_does_what_its_naive_model_does(limit in 1..16_usize, calls in calls()) {
        let policy = PolicySpec::named("lru-segmented").expect("a name of the table");
        let mut store = Store::new(Capacity::Entries(limit as u64), policy, Stream::new(1, 0, "test"));
        let mut model = Segmented::default();
        let mut now = Instant::ZERO;
        for call in calls {
            match call {
                Call::Get(key) => prop_assert_eq!(store.get(key, now).is_some(), model.get(key, now)),
                Call::Put { key, lifetime, .. } => {
                    let entry = entry(0, now, lifetime);
                    store.put(key, entry, 1, now);
                    model.put(key, entry.expires_at, limit, now);
                }
                Call::Remove(key, reason) => {
                    store.remove(key, reason);
                    model.items.retain(|item| item.key != key);
                }
                Call::Clear => {
                    store.clear(Removal::Flushed);
                    model.items.clear();
                }
                Call::Wait(seconds) => now += Duration::from_secs(seconds),
                Call::Peek(_) | Call::Expire(_) => {}
            }
            let resident = |key: &u32| model.find(*key).is_some_and(|at| now < model.items[at].expires_at);
            let held = |key: &u32| store.peek(*key, now).is_some();
            prop_assert_eq!((0..24).filter(held).collect::<Vec<_>>(), (0..24).filter(resident).collect::<Vec<_>>());
            prop_assert_eq!(store.len(), model.items.len());
            assert_conserved(&store);
        }
    }

    #[test]
    fn lru_does_what_the_naive_model_does(capacity in capacities(), calls in calls()) {
        let mut store = Store::new(capacity, PolicySpec::default(), Stream::new(1, 0, "test"));
        let mut model = Model::new(capacity);
        let mut now = Instant::ZERO;
        for (version, call) in (0..).zip(calls) {
            step(&mut store, &mut model, call, version, &mut now);
            assert_conserved(&store);
        }
    }

    /// What any policy may choose freely is only *which* copy leaves: what is served is the latest copy
    /// of its key and within its time, nothing is lost or counted twice, the bound holds.
    #[test]
    fn every_policy_serves_latest_copies_and_keeps_the_bound(
        capacity in capacities(), calls in calls(), policy in 0..POLICIES.len(),
    ) {
        let spec = PolicySpec::named(POLICIES[policy].name).expect("a name of the table");
        let mut store = Store::new(capacity, spec, Stream::new(1, 0, "test"));
        // Every copy put and not yet overwritten or removed, as if nothing were ever evicted.
        let mut latest = Model::new(Capacity::Unbounded);
        let mut now = Instant::ZERO;
        for (version, call) in (0..).zip(calls) {
            match call {
                Call::Get(key) => {
                    let expected = latest.get(key, now);
                    let served = store.get(key, now).copied();
                    prop_assert!(served.is_none() || served == expected);
                }
                Call::Put { key, charge, lifetime } => {
                    let entry = entry(version, now, lifetime);
                    let refused = store.refused();
                    let older = store.peek(key, now).copied();
                    let stored = store.put(key, entry, charge, now);
                    prop_assert_eq!(store.refused() - refused, u64::from(stored == Stored::Refused));
                    let expected = match stored {
                        Stored::Inserted | Stored::Replaced => Some(entry),
                        Stored::TooLarge => None,
                        // An older copy may have had to make room before that was seen not to be enough.
                        Stored::Refused => older.filter(|_| store.peek(key, now).is_some()),
                    };
                    if stored != Stored::Refused {
                        latest.put(key, entry, charge, now);
                    }
                    let served = store.peek(key, now).copied();
                    prop_assert_eq!(served, expected.filter(|entry| now < entry.expires_at));
                }
                Call::Remove(key, reason) => {
                    latest.take(key);
                    store.remove(key, reason);
                    prop_assert!(store.peek(key, now).is_none());
                }
                Call::Clear => {
                    latest.copies.clear();
                    store.clear(Removal::Flushed);
                    prop_assert!(store.is_empty() && store.charge() == 0);
                }
                Call::Expire(key) => {
                    store.expire(key, now, Duration::ZERO);
                    prop_assert!(store.peek(key, now).is_none());
                    if let Some((_, entry, _)) = latest.copies.iter_mut().find(|copy| copy.0 == key) {
                        entry.expires_at = entry.expires_at.min(now);
                    }
                }
                Call::Wait(seconds) => now += Duration::from_secs(seconds),
                Call::Peek(_) => {}
            }
            assert_conserved(&store);
            match capacity {
                Capacity::Unbounded => prop_assert_eq!(store.removals()[Removal::Memory as usize], 0),
                Capacity::Entries(limit) => prop_assert!(store.len() as u64 <= limit),
                // A policy that overshoots does so by one copy, of at most 39.
                Capacity::Bytes(limit) => prop_assert!(store.charge() <= limit + 39),
            }
        }
    }

    #[test]
    fn the_same_stream_gives_the_same_evictions(calls in calls(), policy in 0..POLICIES.len()) {
        let spec = PolicySpec::named(POLICIES[policy].name).expect("a name of the table");
        let run = || {
            let mut store = Store::new(Capacity::Bytes(150), spec, Stream::new(1, 0, "test"));
            let mut now = Instant::ZERO;
            calls.iter().map(|&call| match call {
                Call::Get(key) => store.get(key, now).map(|entry| entry.version),
                Call::Put { key, charge, lifetime } => {
                    store.put(key, entry(charge, now, lifetime), charge, now);
                    None
                }
                Call::Wait(seconds) => { now += Duration::from_secs(seconds); None }
                _ => None,
            }).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }
}
