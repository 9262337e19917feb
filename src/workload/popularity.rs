//! Which key a request asks for: a rank, where 0 is the hottest.
//!
//! Zipf's law is what measured traffic follows (Breslau et al., "Web Caching and Zipf-like
//! Distributions", INFOCOM 1999: α from 0.64 to 0.83 at proxies; Cooper et al., "Benchmarking Cloud
//! Serving Systems with YCSB", ACM Symposium on Cloud Computing 2010, uses 0.99). Up to a million keys
//! it is drawn from an alias table, beyond by rejection-inversion, which needs no memory.

use super::alias::AliasTable;
use super::zipf::Zipf;
use crate::quantity::{Bytes, Ratio};
use crate::random::Draws;
use std::sync::Arc;

/// A popularity law over so many keys. A clone shares the table.
#[derive(Clone, Debug)]
pub struct Popularity {
    keys: u32,
    law: Law,
}

#[derive(Clone, Debug)]
enum Law {
    Uniform,
    ZipfTable { law: Zipf, table: Arc<AliasTable> },
    ZipfDirect(Zipf),
    Hotspot { hot_keys: u32, hot_requests: f64 },
    Scan,
}

/// Up to so many keys a table is faster than rejection-inversion (22 against 37 to 52 ns a pick,
/// measured), because its 8 MiB still fit the outer caches of a processor.
const TABLE_KEYS_MAX: u32 = 1 << 20;

impl Popularity {
    /// The most keys that a law may have.
    pub const KEYS_MAX: u32 = 100_000_000;

    /// Rank k, counted from 1, is asked for in proportion to k^-`alpha`; 0 is uniform.
    ///
    /// # Errors
    /// If `keys` is 0 or above [`Popularity::KEYS_MAX`], or `alpha` is negative or not finite.
    pub fn zipf(keys: u32, alpha: f64) -> Result<Self, String> {
        check_keys(keys)?;
        if !(alpha >= 0.0 && alpha.is_finite()) {
            return Err(format!(
                "use a Zipf exponent of `{alpha}`: it must be a finite number of at least 0, and is 0.6 to 1.2 in most traffic"
            ));
        }
        let law = Zipf::new(keys, alpha);
        Ok(if alpha == 0.0 {
            Self { keys, law: Law::Uniform }
        } else if keys <= TABLE_KEYS_MAX {
            let table = Arc::new(AliasTable::new(law.weights()));
            Self { keys, law: Law::ZipfTable { law, table } }
        } else {
            Self { keys, law: Law::ZipfDirect(law) }
        })
    }

    /// Every key is asked for as often as any other.
    ///
    /// # Errors
    /// If `keys` is 0 or above [`Popularity::KEYS_MAX`].
    pub fn uniform(keys: u32) -> Result<Self, String> {
        check_keys(keys)?;
        Ok(Self { keys, law: Law::Uniform })
    }

    /// The share `hot_keys` of all keys (at least one) gets the share `hot_requests` of all requests;
    /// within both parts keys are alike.
    ///
    /// # Errors
    /// If `keys` is out of range, a share is not between 0 and 1, or no key is left for the requests
    /// that are not hot.
    pub fn hotspot(keys: u32, hot_keys: Ratio, hot_requests: Ratio) -> Result<Self, String> {
        check_keys(keys)?;
        for (name, share) in [("keys", hot_keys), ("requests", hot_requests)] {
            if !(0.0..=1.0).contains(&share.0) {
                return Err(format!(
                    "use a hotspot with `{share}` of the {name}: it must be between 0 % and 100 %"
                ));
            }
        }
        let hot = ((f64::from(keys) * hot_keys.0 + 0.5) as u32).max(1);
        if hot == keys && hot_requests.0 < 1.0 {
            return Err(format!(
                "use a hotspot with `{hot_requests}` of the requests on all {keys} keys: no key is left for the others, make fewer keys hot"
            ));
        }
        Ok(Self { keys, law: Law::Hotspot { hot_keys: hot, hot_requests: hot_requests.0 } })
    }

    /// One key after the other, and again from the first: the enemy of a recency policy.
    ///
    /// # Errors
    /// If `keys` is 0 or above [`Popularity::KEYS_MAX`].
    pub fn scan(keys: u32) -> Result<Self, String> {
        check_keys(keys)?;
        Ok(Self { keys, law: Law::Scan })
    }

    /// The rank that request number `ordinal` asks for; `draws` belong to that request.
    #[inline]
    #[must_use]
    pub fn pick(&self, ordinal: u64, draws: &mut Draws) -> u32 {
        match &self.law {
            Law::Uniform => draws.below(u64::from(self.keys)) as u32,
            Law::ZipfTable { table, .. } => table.pick(draws),
            Law::ZipfDirect(law) => law.pick(draws),
            Law::Hotspot { hot_keys, hot_requests } => {
                if draws.chance(*hot_requests) {
                    draws.below(u64::from(*hot_keys)) as u32
                } else {
                    hot_keys + draws.below(u64::from(self.keys - hot_keys)) as u32
                }
            }
            Law::Scan => (ordinal % u64::from(self.keys)) as u32,
        }
    }

    /// How many keys there are; ranks are below it.
    #[must_use]
    pub fn keys(&self) -> u32 {
        self.keys
    }

    /// The share of all requests that ask for `rank`; 0 for a rank that does not exist.
    #[must_use]
    pub fn probability(&self, rank: u32) -> f64 {
        if rank >= self.keys {
            return 0.0;
        }
        match &self.law {
            Law::Uniform | Law::Scan => 1.0 / f64::from(self.keys),
            Law::ZipfTable { law, .. } | Law::ZipfDirect(law) => law.probability(rank),
            Law::Hotspot { hot_keys, hot_requests } if rank < *hot_keys => {
                hot_requests / f64::from(*hot_keys)
            }
            Law::Hotspot { hot_keys, hot_requests } => (1.0 - hot_requests) / f64::from(self.keys - hot_keys),
        }
    }

    /// The share of all requests that ask for one of the first `count` ranks: the hit ratio of a
    /// cache that holds just these.
    #[must_use]
    pub fn top_share(&self, count: u32) -> f64 {
        let count = count.min(self.keys);
        match &self.law {
            Law::Uniform | Law::Scan => f64::from(count) / f64::from(self.keys),
            Law::ZipfTable { law, .. } | Law::ZipfDirect(law) => law.top_share(count),
            Law::Hotspot { hot_keys, .. } => {
                let cold = count.saturating_sub(*hot_keys);
                let hot = count - cold;
                let of = |ranks: u32, first| {
                    if ranks == 0 { 0.0 } else { f64::from(ranks) * self.probability(first) }
                };
                of(hot, 0) + of(cold, *hot_keys)
            }
        }
    }

    /// The memory of the table that all clones share.
    #[must_use]
    pub fn memory(&self) -> Bytes {
        match &self.law {
            Law::ZipfTable { table, .. } => Bytes(table.bytes()),
            _ => Bytes(0),
        }
    }
}

fn check_keys(keys: u32) -> Result<(), String> {
    if (1..=Popularity::KEYS_MAX).contains(&keys) {
        return Ok(());
    }
    Err(format!("use a popularity over `{keys}` keys: their number must be 1 to {}", Popularity::KEYS_MAX))
}

#[cfg(test)]
mod tests;
