//! Transcendental functions with the same bits on every machine; the only caller of `libm`.
//!
//! What `f64::exp` and its kin return in the last bit depends on the platform and on the version of
//! the compiler, as their documentation says. One such bit can swap two events, after which two runs
//! have nothing in common. `libm` is plain Rust over the operations that IEEE 754 fixes exactly
//! (`+ - * / sqrt`), so its results travel.

/// e to the power of `x`.
#[inline]
#[must_use]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `exp(x) - 1`, precise near 0.
#[inline]
#[must_use]
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// The natural logarithm.
#[inline]
#[must_use]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `ln(1 + x)`, precise near 0.
#[inline]
#[must_use]
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// `base` to the power of `exponent`.
#[inline]
#[must_use]
pub fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

/// The cosine of an angle in radians.
#[inline]
#[must_use]
pub fn cos(angle: f64) -> f64 {
    libm::cos(angle)
}

/// Euler's gamma function: `gamma(n + 1)` is n factorial.
#[inline]
#[must_use]
pub fn gamma(x: f64) -> f64 {
    libm::tgamma(x)
}
