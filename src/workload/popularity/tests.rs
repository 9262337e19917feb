//! Each law against theory, and Zipf's against `rand_distr`.

use super::*;
use crate::random::Stream;
use rand_distr::Distribution as _;

const PICKS: u64 = 1_000_000;

fn picks(popularity: &Popularity) -> impl Iterator<Item = u32> {
    let stream = Stream::new(3, 0, "test.keys");
    (0..PICKS).map(move |ordinal| popularity.pick(ordinal, &mut stream.at(ordinal)))
}

/// Ranks fall into 20 cells of their own, then into cells that double in width.
fn cell(rank: u32) -> usize {
    if rank < 20 { rank as usize } else { 20 + (rank / 20).ilog2() as usize }
}

fn count(ranks: impl Iterator<Item = u32>) -> Vec<f64> {
    let mut cells = vec![0.0; 64];
    ranks.for_each(|rank| cells[cell(rank)] += 1.0);
    cells
}

/// Chi-square over the cells that expect at least 10. It has mean d and variance 2 d for d degrees of
/// freedom; five standard deviations and a bit for the skew are allowed.
fn check_chi_square(name: &str, counted: &[f64], expected: &[f64], variance_factor: f64) {
    let cells = counted.iter().zip(expected).filter(|(_, expected)| **expected >= 10.0);
    let terms: Vec<f64> =
        cells.map(|(n, expected)| (n - expected) * (n - expected) / (expected * variance_factor)).collect();
    let (sum, degrees) = (terms.iter().sum::<f64>(), terms.len() as f64 - 1.0);
    assert!(sum < degrees + 5.0 * (2.0 * degrees).sqrt() + 10.0, "{name}: chi-square {sum} over {degrees}");
}

fn expected(popularity: &Popularity) -> Vec<f64> {
    let mut cells = vec![0.0; 64];
    for (cell, share) in cells.iter_mut().enumerate() {
        let first = if cell <= 20 { cell as u32 } else { 20 << (cell - 20).min(26) };
        let end = if cell < 20 { first + 1 } else { first * 2 };
        *share = (popularity.top_share(end) - popularity.top_share(first)) * PICKS as f64;
    }
    cells
}

#[test]
fn picks_follow_the_law_from_the_head_to_the_tail() {
    // Up to 2^20 keys from the table, above by rejection-inversion.
    for keys in [1, 2, 1_000, 1 << 20, (1 << 20) + 1, 100_000_000] {
        for alpha in [0.0, 0.6, 0.99, 1.0, 1.2, 3.0, 20.0] {
            let popularity = Popularity::zipf(keys, alpha).unwrap();
            let counted = count(picks(&popularity));
            check_chi_square(&format!("{keys} keys, α {alpha}"), &counted, &expected(&popularity), 1.0);
        }
    }
}

#[test]
fn both_samplers_agree_with_each_other_on_few_keys() {
    for (keys, alpha) in [(1, 1.0), (2, 0.5), (50, 0.9), (3_000, 1.0), (3_000, 2.5)] {
        let table = Popularity::zipf(keys, alpha).unwrap();
        let direct = Popularity { keys, law: Law::ZipfDirect(Zipf::new(keys, alpha)) };
        let name = format!("{keys} keys, α {alpha}");
        check_chi_square(&name, &count(picks(&direct)), &expected(&table), 1.0);
    }
}

/// The difference of two samples has twice the variance of one.
#[test]
fn zipf_agrees_with_an_independent_library() {
    for (keys, alpha) in [(1_000, 0.8), (1_000_000, 1.0), (50_000_000, 1.1)] {
        let popularity = Popularity::zipf(keys, alpha).unwrap();
        let library = rand_distr::Zipf::new(f64::from(keys), alpha).unwrap();
        let stream = Stream::new(4, 0, "test.library");
        let theirs = (0..PICKS).map(|ordinal| {
            let rank: f64 = library.sample(&mut stream.at(ordinal));
            rank as u32 - 1
        });
        let name = format!("{keys} keys, α {alpha}");
        check_chi_square(&name, &count(picks(&popularity)), &count(theirs), 2.0);
    }
}

#[test]
fn probabilities_sum_to_one_and_to_the_top_share() {
    let laws = [
        Popularity::zipf(5_000, 0.9),
        Popularity::uniform(300),
        Popularity::hotspot(1_000, Ratio(0.1), Ratio(0.9)),
        Popularity::hotspot(10, Ratio(1.0), Ratio(1.0)),
        Popularity::scan(7),
    ];
    for law in laws.map(Result::unwrap) {
        for top in [0, 1, 5, law.keys() / 2, law.keys(), u32::MAX] {
            let sum: f64 = (0..top.min(law.keys())).map(|rank| law.probability(rank)).sum();
            assert!((sum - law.top_share(top)).abs() < 1e-12, "{law:?}: top {top}");
        }
        assert!((law.top_share(law.keys()) - 1.0).abs() < 1e-12);
        assert_eq!(law.probability(law.keys()).to_bits(), 0);
    }
}

#[test]
fn a_hotspot_gives_the_hot_keys_their_share() {
    let law = Popularity::hotspot(100, Ratio(0.2), Ratio(0.8)).unwrap();
    check_chi_square("hotspot", &count(picks(&law)), &expected(&law), 1.0);
    let all_hot = Popularity::hotspot(3, Ratio(0.0), Ratio(1.0)).unwrap();
    assert!(picks(&all_hot).all(|rank| rank == 0));
}

#[test]
fn a_scan_takes_one_key_after_the_other() {
    let law = Popularity::scan(3).unwrap();
    assert_eq!(picks(&law).take(7).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2, 0]);
}

#[test]
fn a_table_takes_eight_bytes_a_key_and_only_where_it_is_used() {
    assert_eq!(Popularity::zipf(1_000, 1.0).unwrap().memory(), Bytes(8_000));
    assert_eq!(Popularity::zipf(2_000_000, 1.0).unwrap().memory(), Bytes(0));
    assert_eq!(Popularity::zipf(1_000, 0.0).unwrap().memory(), Bytes(0));
}

#[test]
fn replications_share_a_law() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    shared(&Popularity::zipf(10, 1.0).unwrap());
}

#[test]
fn nonsense_is_refused_with_the_value_and_the_rule() {
    let cases = [
        (Popularity::uniform(0), "use a popularity over `0` keys: their number must be 1 to 100000000"),
        (
            Popularity::zipf(10, -0.5),
            "use a Zipf exponent of `-0.5`: it must be a finite number of at least 0, and is 0.6 to 1.2 in most traffic",
        ),
        (
            Popularity::hotspot(10, Ratio(0.1), Ratio(1.5)),
            "use a hotspot with `150 %` of the requests: it must be between 0 % and 100 %",
        ),
        (
            Popularity::hotspot(10, Ratio(1.0), Ratio(0.5)),
            "use a hotspot with `50 %` of the requests on all 10 keys: no key is left for the others, make fewer keys hot",
        ),
    ];
    for (result, message) in cases {
        assert_eq!(result.unwrap_err(), message);
    }
}

/// A record, as in `random::distribution::golden`.
#[test]
fn the_first_picks_are_the_same_everywhere() {
    let table = Popularity::zipf(100_000, 0.9).unwrap();
    assert_eq!(picks(&table).take(6).collect::<Vec<_>>(), [391, 41, 775, 28_074, 1_336, 853]);
    let direct = Popularity::zipf(100_000_000, 0.9).unwrap();
    assert_eq!(picks(&direct).take(6).collect::<Vec<_>>(), [4_900, 231_666, 951, 6_526_405, 89_192_322, 738]);
}
