//! Variants with objectives of their own, alike to the bit, or with percentiles that too few requests tell.

use super::*;
use crate::report::headline::headline;

/// Compares variants with these objectives each.
fn compare_own<T>(arms: &[(&str, &Values, &[Objective])], see: impl FnOnce(&SideBySide) -> T) -> T {
    let outcomes = arms.iter().map(|(name, values, own)| Outcome::synthetic(name, values, own)).collect();
    let comparison = Comparison { outcomes };
    let subjects: Vec<Subject> = arms.iter().map(|(name, ..)| subject(name, &[1.0])).collect();
    see(&SideBySide::new(&subjects, &comparison, &Show::Brief))
}

#[test]
fn each_variant_is_judged_by_its_own_objectives() {
    let values = system(1, 10, usual, 0.01);
    let [slow, errors, load] = limits();
    for own in [
        vec![slow.clone(), errors, load.clone()],
        vec![load],
        vec![],
        vec![objective(P99, Bound::AtMost(0.5))],
    ] {
        compare_own(&[("base", &values, std::slice::from_ref(&slow)), ("other", &values, &own)], |view| {
            let printed = text(view, 100);
            let name = words::objective(&slow);
            let line = printed.lines().find(|line| line.starts_with(&name)).expect("the base has it");
            let has = own.iter().any(|own| own.is_same(&slow));
            assert_eq!(line.contains('–'), !has, "{line}");
            assert!(line.contains('✓'), "{line}");
            let own_met = format!("Objectives met: {} of {} (base: 1 of 1)", own.len(), own.len());
            assert!(sentence(view, 1).contains(&own_met), "{}", sentence(view, 1));
            let taken = take(view).expect("the base has an objective");
            assert!(taken.variant.is_none() && taken.text.contains("different objectives"), "{taken:?}");
            let _ = (markdown(view), document(view), super::super::objective_rows(view, &[0, 1]));
        });
    }
}

/// What makes no difference is no reason to change anything.
#[test]
fn of_variants_alike_the_base_is_kept() {
    let values = system(1, 10, usual, 0.01);
    let nearly: Values = values
        .iter()
        .map(|(name, values)| (*name, values.iter().map(|value| value.map(|it| it * 0.97)).collect()))
        .collect();
    compare(&[("base", &values), ("same", &values), ("nearly", &nearly)], &limits(), |view| {
        let taken = take(view).expect("there are objectives");
        assert_eq!(taken.variant, Some(0));
        assert!(taken.text.contains("differs by no more than 5 %"), "{}", taken.text);
    });
}

/// Each of two objectives is missed in three of 18 runs, together in six: 12 · 0.172 − 6 · 1.386 = −6.3, below −ln 19. Each
/// alone is open: 15 · 0.172 − 3 · 1.386 = −1.6.
#[test]
fn runs_that_go_on_until_it_is_decided_have_to_keep_all_objectives_at_once() {
    let missed =
        |place: usize| some(&(0..18).map(|run| if run % 6 == place { 2.0 } else { 0.5 }).collect::<Vec<_>>());
    let values = vec![(P99, missed(0)), (MEAN, missed(3))];
    let limits = [P99, MEAN].map(|name| objective(name, Bound::AtMost(1.0)));
    let mut outcome = Outcome::synthetic("base", &values, &limits);
    outcome.auto_max = Some(100);
    assert_eq!((outcome.state(), outcome.kept()), (State::Missed, Some(12)));
    assert_eq!(states(&outcome), [State::Undecided; 2]);
    assert_eq!(headline(&outcome), "Misses its 2 objectives together: 6 of 18 runs miss at least one.");
}
