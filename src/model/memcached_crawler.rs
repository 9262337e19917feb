//! How memcached removes copies whose time is up and that nobody asks for: at the ends of its segments, and by its LRU
//! crawler, a thread that looks at every copy now and then.
//!
//! After `lru_pull_tail` and `lru_maintainer_crawler_check` of memcached 1.6 (`items.c`). The maintainer thread removes what
//! is up at the end of a segment at once; here every second. When the crawler comes again follows from what its last pass
//! saw: the wait grows by a minute as long as less than a hundredth of the copies that have a TTL will be up by then, up to
//! an hour, and shrinks by a minute otherwise; five seconds come on top. A pass is over at once here. Neither costs the
//! threads that execute commands anything.
//!
//! No task of the engine does this: what was due since the last command is done before the next one, passes as of when
//! they were due.

use crate::cache::Store;
use crate::time::{Duration, Instant};
use std::cell::{Cell, RefCell};

/// From one pass to the next at least, and until an empty server is looked at again.
const PAUSE: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// `MAX_MAINTCRAWL_WAIT`, an hour.
const WAIT_MAX: Duration = Duration::from_secs(3_600);
/// So many minutes ahead it counts what will be up.
const MINUTES: usize = 60;
/// One of so many has to be up for a pass to be worth it.
const WORTH_IT: u64 = 100;

/// When which of them comes next.
#[derive(Debug)]
pub(super) struct Crawler {
    due: Cell<Instant>,
    wait: Cell<Duration>,
    /// When the ends are looked at.
    ends_due: Cell<Instant>,
}

impl Crawler {
    pub(super) fn new() -> Self {
        let crawler = Self { due: Cell::default(), wait: Cell::default(), ends_due: Cell::default() };
        crawler.begin(Instant::ZERO);
        crawler
    }

    /// Begins at `now`, as after a restart.
    pub(super) fn begin(&self, now: Instant) {
        self.due.set(now + PAUSE);
        self.wait.set(Duration::ZERO);
        self.ends_due.set(now + SECOND);
    }

    /// Does what was due up to `now`.
    #[inline]
    pub(super) fn catch_up(&self, now: Instant, store: &RefCell<Store>) {
        if now >= self.ends_due.get() {
            self.work(now, &mut store.borrow_mut());
        }
    }

    fn work(&self, now: Instant, store: &mut Store) {
        while now >= self.due.get() {
            self.pass(self.due.get(), store);
        }
        store.reclaim(now);
        self.ends_due.set(now + SECOND);
    }

    fn pass(&self, at: Instant, store: &mut Store) {
        let mut up_in = [0_u64; MINUTES];
        let mut expiring = 0;
        let was_empty = store.is_empty();
        store.crawl(at, |left| {
            expiring += 1;
            let minute = (left.as_nanos() / MINUTE.as_nanos()) as usize;
            if let Some(count) = up_in.get_mut(minute) {
                *count += 1;
            }
        });
        if !was_empty {
            self.wait.set(next_wait(self.wait.get(), &up_in, expiring));
        }
        self.due.set(at + self.wait.get() + PAUSE);
    }
}

/// The wait after one of `wait` that ended in a pass which saw copies with so many minutes left.
fn next_wait(wait: Duration, up_in: &[u64; MINUTES], expiring: u64) -> Duration {
    let mut up = 0;
    for (minute, count) in (0..).zip(up_in) {
        up += count;
        if up > expiring / WORTH_IT + 1 {
            return if wait < MINUTE * minute { wait + MINUTE } else { wait.saturating_sub(MINUTE) };
        }
    }
    if up == 0 { (wait + MINUTE).min(WAIT_MAX) } else { wait }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{Age, Capacity, Entry, PolicySpec};
    use crate::random::Stream;

    /// So many copies that last for ever, then 20,000 with a TTL, stored three seconds later.
    fn store_of(lasting: u32, ttl_s: u64) -> RefCell<Store> {
        let policy = PolicySpec::named("lru-segmented").expect("a name of the table");
        let mut store = Store::new(Capacity::Unbounded, policy, Stream::new(1, 0, "test"));
        for key in 0..lasting + 20_000 {
            let now = Instant::ZERO + if key < lasting { Duration::ZERO } else { SECOND * 3 };
            let expires_at = if key < lasting { Instant::MAX } else { now + SECOND * ttl_s };
            let entry = Entry {
                read_at: now,
                stored_at: now,
                soft_at: expires_at,
                expires_at,
                load_time: Duration::ZERO,
                key,
                version: 0,
                size: 10,
                negative: false,
                age: Age::default(),
            };
            store.put(key, entry, 96, now);
        }
        RefCell::new(store)
    }

    /// The second in which the last but so many copies are gone.
    fn gone_after(store: &RefCell<Store>, all_but: usize) -> u64 {
        let crawler = Crawler::new();
        let gone = |second: &u64| {
            crawler.catch_up(Instant::ZERO + SECOND * *second, store);
            store.borrow().len() <= all_but
        };
        (3..1_000).find(gone).expect("all are gone at some time")
    }

    /// Measured on memcached 1.6.18 with 20,000 copies of one TTL, the last of them 3.8 s after its start: of 20 s they
    /// were gone after 24.8 s, of 100 s after 104.9 s.
    #[test]
    fn what_is_up_at_the_ends_goes_within_a_second() {
        for (ttl, measured) in [(20, 24.8), (100, 104.9)] {
            let gone = gone_after(&store_of(0, ttl), 0) as f64;
            // They are stored 0.8 s earlier here.
            assert!((gone + 0.8 - measured).abs() <= 1.5, "{ttl} s: {gone}, measured {measured}");
        }
    }

    /// Measured as well: behind 200 copies that last, of which one is always the next to be evicted.
    #[test]
    fn what_is_up_elsewhere_goes_when_the_crawler_comes() {
        for (ttl, measured) in [(100, 109.0), (400, 507.3)] {
            let gone = gone_after(&store_of(200, ttl), 200) as f64;
            assert!((gone - measured).abs() <= 6.0, "{ttl} s: {gone}, measured {measured}");
        }
    }
}
