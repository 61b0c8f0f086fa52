//! Elementary functions on four lanes, the same bits natively and in every browser.
//!
//! Platform and JavaScript libraries round differently from each other, so each function is made here
//! from additions, products, quotients and bit moves alone, which IEEE 754 pins down. Polynomials are
//! those of Moshier's Cephes (single precision) unless said otherwise. Beside correctly rounded values
//! everything is within 2.5 units in the last place, over the whole range including subnormal numbers;
//! `tests/math.rs` measures that. NaN gives NaN. `gemm.rs` is the other half of the arithmetic.

#![allow(clippy::excessive_precision)] // coefficients as published, a digit more than a float holds

use super::simd::{F32x4, Mask4, U32x4};

/// `c0 · xⁿ + c1 · xⁿ⁻¹ + … + cn`, by Horner's rule.
macro_rules! polynomial {
    ($x:expr; $first:literal $(, $rest:literal)*) => {{
        let x = $x;
        let value = F32x4::splat($first);
        $(let value = value * x + F32x4::splat($rest);)*
        value
    }};
}

const ONE: f32 = 1.0;

#[inline(always)]
fn splat(value: f32) -> F32x4 {
    F32x4::splat(value)
}

/// `value` where it is finite, `limit` beyond; `limit` first, as `min` and `max` then keep NaN.
#[inline(always)]
fn clamp(value: F32x4, low: f32, high: f32) -> F32x4 {
    splat(low).max(splat(high).min(value))
}

/// 2ⁿ for −126 ≤ n ≤ 127.
#[inline(always)]
fn power_of_two(n: U32x4) -> F32x4 {
    (n + U32x4::splat(127)).shl(23).to_f32_bits()
}

/// ln 2 in two parts; the first has 15 bits, so its product with an exponent is exact.
const LN_2: [f32; 2] = [0.693_145_75, 1.428_606_8e-6];

/// eˣ.
#[inline(always)]
pub fn exp(x: F32x4) -> F32x4 {
    let x = clamp(x, -104.0, 89.0); // beyond lie 0 and infinity
    let (n, integer) = (x * splat(std::f32::consts::LOG2_E)).round_int();
    let r = x - n * splat(LN_2[0]) - n * splat(LN_2[1]);
    let p =
        polynomial!(r; 1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5.000_000_1e-1);
    let value = p * (r * r) + r + splat(ONE);
    // In two steps: 2ⁿ itself may not be a normal number, but the first product always is.
    let half = integer.shr_signed(1);
    value * power_of_two(half) * power_of_two(integer - half)
}

/// Natural logarithm; NaN below 0.
#[inline(always)]
pub fn log(x: F32x4) -> F32x4 {
    let subnormal = x.lt(splat(f32::MIN_POSITIVE));
    let scaled = subnormal.select(x * splat(8_388_608.0), x);
    let shift = subnormal.select(splat(23.0), splat(0.0));
    // x = m · 2ᵉ with m in [√½, √2): the offset moves the cut between mantissas from 1 to √2.
    let bits = scaled.to_bits() + U32x4::splat(0x3F80_0000 - 0x3F35_04F3);
    let e = (bits.shr(23) - U32x4::splat(127)).i32_to_f32() - shift;
    let m = ((bits & U32x4::splat(0x007F_FFFF)) + U32x4::splat(0x3F35_04F3)).to_f32_bits();
    let f = m - splat(ONE);
    let square = f * f;
    let p = polynomial!(f; 7.037_683_6e-2, -1.151_461e-1, 1.167_699_9e-1, -1.242_014_1e-1, 1.424_932_3e-1,
        -1.666_805_8e-1, 2.000_071_5e-1, -2.499_999_4e-1, 3.333_333_1e-1);
    let tail = p * f * square + e * splat(LN_2[1]) - square * splat(0.5);
    let value = f + tail + e * splat(LN_2[0]);
    let value = x.eq(splat(0.0)).select(splat(f32::NEG_INFINITY), value);
    let positive = splat(0.0).le(x);
    let value = positive.select(value, splat(f32::NAN));
    x.lt(splat(f32::INFINITY)).select(value, x)
}

/// log(1 + x), exact to the last digits near 0; NaN below −1.
#[inline(always)]
pub fn log1p(x: F32x4) -> F32x4 {
    let u = x + splat(ONE);
    // What rounding took from x, to first order in it.
    let lost = (x - (u - splat(ONE))) / u;
    let value = log(u);
    let corrected = (splat(0.0).lt(u) & x.lt(splat(f32::INFINITY))).select(value + lost, value);
    u.eq(splat(ONE)).select(x, corrected)
}

/// π/2 in four parts, of which the first three have 11 bits.
const HALF_PI: [f32; 4] = [1.570_312_5, 4.837_513e-4, 7.549_533_6e-8, 2.563_344e-12];

/// The part of x beyond the nearest multiple of π/2, and that multiple.
#[inline(always)]
fn reduce(x: F32x4) -> (F32x4, U32x4) {
    let (n, quadrant) = (x * splat(std::f32::consts::FRAC_2_PI)).round_int();
    let (a, b, c, d) = (splat(HALF_PI[0]), splat(HALF_PI[1]), splat(HALF_PI[2]), splat(HALF_PI[3]));
    // Up to 12,000 n has at most 13 bits, so three products and all but the last sums are exact; what
    // rounding takes from those is put back.
    let head = x - n * a - n * b;
    let r = head - n * c;
    let r = r + ((head - r - n * c) - n * d);
    let small = x.abs().le(splat(12_000.0));
    if small.all() { (r, quadrant) } else { reduce_large(x, r, quadrant, small) }
}

#[cold]
fn reduce_large(x: F32x4, r: F32x4, quadrant: U32x4, small: Mask4) -> (F32x4, U32x4) {
    let each = x.to_array().map(reduce_by_integers);
    let far = F32x4::from_array(each.map(|(r, _)| r));
    let far_quadrant = U32x4::from_array(each.map(|(_, quadrant)| quadrant));
    (small.select(r, far), small.select_u32(quadrant, far_quadrant))
}

/// The same for any float, after Payne and Hanek (1983): the product with 96 bits of 2/π, chosen so that
/// all bits above are whole turns.
fn reduce_by_integers(x: f32) -> (f32, u32) {
    /// 2/π · 2¹⁹².
    const BITS: [u64; 3] = [0xA2F9_836E_4E44_1529, 0xFC27_57D1_F534_DDC0, 0xDB62_9599_3C43_9041];
    let bits = x.to_bits();
    let exponent = (bits >> 23 & 255) as i32 - 150;
    if exponent == 105 {
        return (f32::NAN, 0); // infinite or NaN
    }
    let mantissa = (bits & 0x007F_FFFF | 0x0080_0000) as u128;
    let skip = (exponent - 2).max(0) as usize;
    let word = |i: usize| BITS.get(i).copied().unwrap_or(0);
    let (first, by) = (skip / 64, skip % 64);
    let pair = (word(first) as u128) << 64 | word(first + 1) as u128;
    let next = if by == 0 { 0 } else { word(first + 2) >> (64 - by) };
    let window = (pair << by | next as u128) >> 32;
    // In units of 2⁻⁹⁴ quadrants, modulo four. Floats below 2²⁵ have fewer whole bits; tiny ones, which
    // only come along in other lanes, are 0.
    let product = ((mantissa * window) >> (2 - exponent).clamp(0, 127)) & ((1 << 96) - 1);
    let quadrant = (product + (1 << 93)) >> 94;
    let rest = ((product as i128) - ((quadrant as i128) << 94)) >> 32;
    let r = (rest as i64 as f64 * (std::f64::consts::FRAC_PI_2 / (1u64 << 62) as f64)) as f32;
    if bits >> 31 == 0 { (r, quadrant as u32) } else { (-r, (quadrant as u32).wrapping_neg()) }
}

/// Sine or cosine of r + quadrant · π/2 with |r| ≤ π/4.
#[inline(always)]
fn sine(r: F32x4, quadrant: U32x4) -> F32x4 {
    let z = r * r;
    let sin = polynomial!(z; -1.951_529_6e-4, 8.332_161e-3, -1.666_665_5e-1) * z * r + r;
    let cos = polynomial!(z; 2.443_315_7e-5, -1.388_731_6e-3, 4.166_664_6e-2) * (z * z) - z * splat(0.5) + splat(ONE);
    let even = (quadrant & U32x4::splat(1)).eq(U32x4::splat(0));
    let sign = (quadrant & U32x4::splat(2)).shl(30);
    (even.select(sin, cos).to_bits() ^ sign).to_f32_bits()
}

/// Sine, of any float; infinity gives NaN.
#[inline(always)]
pub fn sin(x: F32x4) -> F32x4 {
    let (r, quadrant) = reduce(x);
    sine(r, quadrant)
}

/// Cosine, of any float; infinity gives NaN.
#[inline(always)]
pub fn cos(x: F32x4) -> F32x4 {
    let (r, quadrant) = reduce(x);
    sine(r, quadrant + U32x4::splat(1))
}

/// Hyperbolic tangent: m / (m + 2) with m = e^(2|x|) − 1, which is formed without taking 1 away from something near 1. Recurrent
/// networks spend much of their time here.
#[inline(always)]
pub fn tanh(x: F32x4) -> F32x4 {
    let y = splat(9.1).min(x.abs()); // beyond lies 1; the limit first, which keeps NaN
    let y = y + y;
    let (n, integer) = (y * splat(std::f32::consts::LOG2_E)).round_int();
    let r = y - n * splat(LN_2[0]) - n * splat(LN_2[1]);
    let p =
        polynomial!(r; 1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5.000_000_1e-1);
    let part = p * (r * r) + r;
    let scale = power_of_two(integer);
    let m = scale * part + (scale - splat(ONE));
    (m / (m + splat(2.0))).copysign(x)
}

/// Gauss error function; coefficients of Juffa (2016), erf x = 1 − exp(−p(x)) beyond 475/512.
#[inline(always)]
pub fn erf(x: F32x4) -> F32x4 {
    let (t, z) = (x.abs(), x * x);
    let p = polynomial!(z; -5.967_617e-4, 4.991_194_2e-3, -2.676_813_5e-2, 1.128_199_3e-1, -3.761_253_4e-1,
        1.283_791_7e-1);
    let near = p * x + x;
    let q = polynomial!(t; -1.728_534_7e-5, 3.831_971_3e-4, -3.883_964_4e-3, 2.425_462_2e-2, -1.067_778_8e-1,
        -6.348_466_9e-1, -1.287_175_1e-1);
    let far = splat(ONE) - exp(q * t - t);
    t.le(splat(475.0 / 512.0)).select(near, far.copysign(x))
}

/// 1 / (1 + e⁻ˣ).
#[inline(always)]
pub fn sigmoid(x: F32x4) -> F32x4 {
    let e = exp(-x.abs());
    let above = splat(0.0).le(x);
    above.select(splat(ONE), e) / (e + splat(ONE))
}

/// log(1 + eˣ).
#[inline(always)]
pub fn softplus(x: F32x4) -> F32x4 {
    splat(0.0).max(x) + log1p(exp(-x.abs()))
}

/// 1 / √x, with two roundings.
#[inline(always)]
pub fn rsqrt(x: F32x4) -> F32x4 {
    splat(ONE) / x.sqrt()
}

/// 1 / x.
#[inline(always)]
pub fn recip(x: F32x4) -> F32x4 {
    splat(ONE) / x
}

/// a to the power b, for a ≥ 0; NaN below, though anything to the power 0 is 1. In double precision,
/// because b multiplies the error of the logarithm: Adam raises 0.999 to the number of steps.
#[inline(always)]
pub fn pow(a: F32x4, b: F32x4) -> F32x4 {
    let (a, b) = (a.to_array(), b.to_array());
    F32x4::from_array(std::array::from_fn(|lane| pow_lane(a[lane], b[lane])))
}

fn pow_lane(a: f32, b: f32) -> f32 {
    if a == 1.0 || b == 0.0 {
        return 1.0;
    }
    let exponent = (log2(a as f64) * b as f64).clamp(-300.0, 300.0); // keeps NaN
    exp2(exponent) as f32
}

/// Logarithm to base 2 of a float widened to double precision, to 12 digits.
fn log2(a: f64) -> f64 {
    if a == 0.0 {
        return f64::NEG_INFINITY;
    }
    if a.is_nan() || a < 0.0 {
        return f64::NAN;
    }
    if a == f64::INFINITY {
        return a;
    }
    // a = m · 2ᵉ with m in [√½, √2); a subnormal float is a normal double.
    const OFFSET: u64 = 0x3FF0_0000_0000_0000 - 0x3FE6_A09E_667F_3BCD;
    let bits = a.to_bits() + OFFSET;
    let e = (bits >> 52) as i64 - 1023;
    let m = f64::from_bits((bits & ((1 << 52) - 1)) + 0x3FE6_A09E_667F_3BCD);
    // log m = 2 artanh s = 2 s (1 + s²/3 + s⁴/5 + …), |s| < 0.172.
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    const ODD: [f64; 8] = [1.0 / 15.0, 1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0];
    let series = ODD.iter().fold(0.0, |sum, c| sum * z + c);
    e as f64 + 2.0 * s * series * std::f64::consts::LOG2_E
}

/// 2ˣ for |x| ≤ 300, to 12 digits.
fn exp2(x: f64) -> f64 {
    const MAGIC: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²: adding it rounds to an integer
    let n = (x + MAGIC) - MAGIC;
    let r = (x - n) * std::f64::consts::LN_2;
    // Reciprocals of 11! to 0!: the exponential series.
    const FACTORIALS: [f64; 12] = {
        let mut inverse = [1.0; 12];
        let (mut i, mut product) = (1, 1.0);
        while i < 12 {
            product *= i as f64;
            inverse[11 - i] = 1.0 / product;
            i += 1;
        }
        inverse
    };
    let series = FACTORIALS.iter().fold(0.0, |sum, c| sum * r + c);
    series * f64::from_bits(((n as i64 + 1023) as u64) << 52)
}
