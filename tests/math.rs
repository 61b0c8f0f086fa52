//! Accuracy of the CPU's elementary functions against double precision, over the whole range of floats.

use petri::cpu::math;
use petri::cpu::simd::F32x4;

/// Distance of neighbouring floats around `x`, in double precision; at least the smallest subnormal.
fn spacing(x: f64) -> f64 {
    let exponent = (x.abs().log2().floor()).max(-126.0);
    (exponent - 23.0).exp2()
}

/// Error in units in the last place; equal special values count 0, different ones infinity.
fn error(got: f32, truth: f64) -> f64 {
    let rounded = truth as f32;
    if got.is_nan() && truth.is_nan() || got == rounded {
        return if got == rounded && rounded.is_finite() { (got as f64 - truth).abs() / spacing(truth) } else { 0.0 };
    }
    let error = (got as f64 - truth).abs() / spacing(truth);
    if error.is_nan() { f64::INFINITY } else { error }
}

/// Every 499th float of both signs, with zeros, infinities and NaN.
fn all_floats() -> impl Iterator<Item = f32> {
    let special = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MIN_POSITIVE, 1e-45, f32::MAX, f32::MIN];
    special.into_iter().chain((0..=u32::MAX / 499).map(|i| f32::from_bits(i * 499)))
}

/// Worst error of `function` among `inputs`, which must not be above `most`.
fn check(
    name: &str,
    inputs: impl Iterator<Item = f32>,
    most: f64,
    function: fn(F32x4) -> F32x4,
    truth: fn(f64) -> f64,
) {
    let mut worst = (0.0, 0.0, 0.0);
    for x in inputs {
        // The other lanes take other branches, which must not matter.
        let [got, ..] = function(F32x4::from_array([x, 1e-30, 1e30, 0.5])).to_array();
        let error = error(got, truth(x as f64));
        if error > worst.0 {
            worst = (error, x, got);
        }
    }
    println!("{name}: at most {:.3} units in the last place, at {:e}", worst.0, worst.1);
    let (x, got) = (worst.1, worst.2);
    assert!(worst.0 <= most, "{name}({x:e}) = {got:e}, not {:e}: {:.2} units", truth(x as f64), worst.0);
}

#[test]
fn exponential_and_logarithms() {
    check("exp", all_floats(), 1.5, math::exp, f64::exp);
    check("log", all_floats(), 1.5, math::log, f64::ln);
    check("log1p", all_floats(), 2.0, math::log1p, f64::ln_1p);
}

#[test]
fn circular_functions() {
    check("sin", all_floats(), 2.0, math::sin, f64::sin);
    check("cos", all_floats(), 2.0, math::cos, f64::cos);
    let dense = || (0..2_000_000).map(|i| (i as f32 - 1e6) * 0.013);
    check("sin", dense(), 2.0, math::sin, f64::sin);
    check("cos", dense(), 2.0, math::cos, f64::cos);
    // The floats nearest to multiples of π/2, where nearly all digits cancel.
    let near = || (1..1_000_000).map(|i| (i as f64 * std::f64::consts::FRAC_PI_2) as f32);
    check("sin", near(), 2.0, math::sin, f64::sin);
    check("cos", near(), 2.0, math::cos, f64::cos);
}

#[test]
fn activations() {
    check("tanh", all_floats(), 2.3, math::tanh, f64::tanh);
    check("erf", all_floats(), 2.0, math::erf, petri::reference::erf);
    check("sigmoid", all_floats(), 2.5, math::sigmoid, |x| {
        let e = (-x.abs()).exp();
        if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
    });
    check("softplus", all_floats(), 2.5, math::softplus, |x| {
        if x.is_nan() { x } else { x.max(0.0) + (-x.abs()).exp().ln_1p() }
    });
    check("rsqrt", all_floats(), 1.5, math::rsqrt, |x| 1.0 / x.sqrt());
    check("recip", all_floats(), 1.0, math::recip, |x| 1.0 / x);
}

#[test]
fn powers() {
    let pow = |a: f32, b: f32| math::pow(F32x4::splat(a), F32x4::splat(b)).to_array()[0];
    let mut worst: f64 = 0.0;
    for i in 0..2_000_000u32 {
        let a = f32::from_bits(i.wrapping_mul(2_654_435_761) & 0x7FFF_FFFF);
        let b = ((i % 4001) as f32 - 2000.0) * 0.01;
        let truth = (a as f64).powf(b as f64);
        if a.is_finite() {
            worst = worst.max(error(pow(a, b), truth));
        }
    }
    assert!(worst <= 0.51, "{worst}");
    // The corrections of Adam.
    for beta in [0.9f32, 0.95, 0.98, 0.99, 0.999, 0.9999] {
        for t in 1..=100_000 {
            let truth = (beta as f64).powf(t as f64);
            let difference = (pow(beta, t as f32) as f64 - truth).abs();
            assert!(difference <= 1e-7 * truth + 1e-45, "{beta} to the power {t}");
        }
    }
    for (a, b) in [
        (0.0, 2.0),
        (0.0, -1.0),
        (0.0, 0.0),
        (1.0, f32::INFINITY),
        (f32::INFINITY, 0.5),
        (2.0, 128.0),
        (2.0, -150.0),
        (2.0, f32::NEG_INFINITY),
        (f32::INFINITY, -1.0),
        (f32::NAN, 0.0),
        (0.5, f32::INFINITY),
    ] {
        assert_eq!(pow(a, b), a.powf(b), "{a} to the power {b}");
    }
    assert!(pow(-1.0, 2.0).is_nan() && pow(f32::NAN, 1.0).is_nan() && pow(2.0, f32::NAN).is_nan());
}
