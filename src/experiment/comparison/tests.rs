//! Holm's method against its worked example.

use super::holm;

/// The worked example of Holm's method with four hypotheses: 0.005 is held against 0.0125, 0.01 against 0.0167, 0.03 against
/// 0.025 and fails, and with it 0.04.
#[test]
fn many_differences_are_corrected_together() {
    assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005]), [true, false, false, true]);
    assert_eq!(holm(&[0.049]), [true]);
    assert_eq!(holm(&[]), [false; 0]);
}
