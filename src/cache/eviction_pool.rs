//! Redis' eviction pool: the best candidates seen so far, kept from one eviction to the next.
//!
//! After `evictionPoolPopulate` in `evict.c` of Redis 7.0. A candidate keeps the score it had when it
//! was sampled, even if its key is read, removed or written anew meanwhile.

/// `EVPOOL_SIZE` of evict.c.
const POOL_SIZE: usize = 16;

/// Up to sixteen keys in ascending order of score; the last is evicted first.
#[derive(Clone, Debug)]
pub(super) struct EvictionPool(Vec<Candidate>);

#[derive(Clone, Copy, Debug)]
struct Candidate {
    score: u64,
    key: u32,
}

impl EvictionPool {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the key in below all candidates of an equal or higher score, so that of equals the one
    /// that came first leaves first. A full pool drops its lowest, or refuses what would be the lowest.
    pub(super) fn offer(&mut self, key: u32, score: u64) {
        let candidate = Candidate { score, key };
        let lower = self.0.iter().take_while(|other| other.score < score).count();
        if self.0.len() < POOL_SIZE {
            self.0.insert(lower, candidate);
        } else if lower > 0 {
            self.0[..lower].rotate_left(1);
            self.0[lower - 1] = candidate;
        }
    }

    /// Takes out the key of the highest score.
    pub(super) fn pop(&mut self) -> Option<u32> {
        self.0.pop().map(|candidate| candidate.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Offers keys 0, 1, 2, … with these scores and returns the order of eviction.
    fn evicted(scores: &[u64]) -> Vec<u32> {
        let mut pool = EvictionPool::new();
        (0..).zip(scores).for_each(|(key, &score)| pool.offer(key, score));
        std::iter::from_fn(|| pool.pop()).collect()
    }

    #[test]
    fn the_longest_idle_leaves_first_and_of_equals_the_earlier() {
        let cases: [(&[u64], &[u32]); 4] =
            [(&[], &[]), (&[1, 3, 2], &[1, 2, 0]), (&[5, 5, 5], &[0, 1, 2]), (&[0, 7, 0, 7], &[1, 3, 0, 2])];
        for (scores, expected) in cases {
            assert_eq!(evicted(scores), expected, "{scores:?}");
        }
    }

    #[test]
    fn a_full_pool_keeps_the_sixteen_longest_idle() {
        let ascending: Vec<u64> = (0..20).collect();
        assert_eq!(evicted(&ascending), (4..20).rev().collect::<Vec<_>>());
        let descending: Vec<u64> = (0..20).rev().collect();
        assert_eq!(evicted(&descending), (0..16).collect::<Vec<_>>());
        assert_eq!(evicted(&[3; 20]), (0..16).collect::<Vec<_>>());
    }
}
