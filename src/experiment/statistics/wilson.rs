//! The share of all possible runs that do something, from the few that were made.
//!
//! Wilson's interval (JASA 22, 1927): it covers .90 to .99 with 5 runs and .93 to .98 with 10, and says something where
//! none or all did it. Compared with others by Brown, Cai and `DasGupta` (Statistical Science 16, 2001).

/// The 97.5 % quantile of the normal distribution, as everybody rounds it.
const Z: f64 = 1.96;

/// The 95 % interval of the share, if `count` of `of` runs did it.
#[must_use]
pub fn wilson(count: usize, of: usize) -> [f64; 2] {
    if of == 0 {
        return [0.0, 1.0];
    }
    let (n, z2) = (of as f64, Z * Z);
    let share = count as f64 / n;
    let middle = share + z2 / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let end = |end: f64| (end / (1.0 + z2 / n)).clamp(0.0, 1.0);
    [if count == 0 { 0.0 } else { end(middle - half) }, if count == of { 1.0 } else { end(middle + half) }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_table() {
        for (count, of, [low, high]) in [
            (0, 5, [0.0, 0.434]),
            (1, 5, [0.036, 0.624]),
            (3, 5, [0.231, 0.882]),
            (5, 5, [0.566, 1.0]),
            (0, 10, [0.0, 0.278]),
            (0, 30, [0.0, 0.114]),
        ] {
            let found = wilson(count, of);
            assert!(
                (found[0] - low).abs() < 5e-4 && (found[1] - high).abs() < 5e-4,
                "{count} of {of}: {found:?}"
            );
        }
        assert_eq!(wilson(0, 0).map(f64::to_bits), [0.0_f64, 1.0].map(f64::to_bits));
    }
}
