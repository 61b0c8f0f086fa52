//! The table of scalar functions. One row is one function, complete: its name, types, double-precision
//! reference, derivative as graph operations, four-lane CPU form and WGSL text. The elementwise
//! operation, both backends and the tests are driven by the table, so adding a function is adding a row.

use super::{DType, DType::F32, DType::U32, Graph, Result, Var};
use crate::cpu::math;
use crate::cpu::simd::{F32x4, U32x4};
use crate::rng;

/// One row of the table.
pub struct Row {
    /// Name as printed.
    pub name: &'static str,
    /// Types of the arguments (at most four).
    pub arguments: &'static [DType],
    /// Type of the result.
    pub result: DType,
    /// Double-precision value; unsigned integers are carried as exact doubles.
    #[cfg(feature = "reference")]
    pub reference: fn([f64; 4]) -> f64,
    /// Applies the function to whole chunks; lengths are equal multiples of four.
    pub lanes: fn(&mut [f32], [&[f32]; 4]),
    /// WGSL expression over `{a}`, `{b}`, `{c}`, `{d}`.
    pub wgsl: &'static str,
    /// Contributions to the gradients of the arguments; `None` where the function is flat.
    pub derivative: Option<Derivative>,
    /// Interval from which tests draw arguments.
    pub sample: (f64, f64),
    /// Whether the second derivative exists everywhere on `sample`.
    pub smooth: bool,
    /// Rough price beside an addition, for the decision to compute a value twice.
    pub cost: u32,
}

type Derivative = fn(&mut Graph, &[Var], Var, Var) -> Result<Vec<Option<Var>>>;

/// Loops a four-lane expression over chunks: one function per row. Written so that it needs no inlining of closures or
/// iterators, because the engine of a page is compiled for size.
macro_rules! lanes {
    (|$($x:ident),+| $body:expr) => {
        lanes!(F32x4::from_array, F32x4::to_array, |$($x),+| $body)
    };
    (u |$($x:ident),+| $body:expr) => {
        lanes!(bits_of, floats_of, |$($x),+| $body)
    };
    ($load:path, $store:path, |$($x:ident),+| $body:expr) => {
        |destination: &mut [f32], sources: [&[f32]; 4]| {
            let destination = destination.as_chunks_mut::<4>().0;
            let [$($x,)+ ..] = sources;
            $(let $x = &$x.as_chunks::<4>().0[..destination.len()];)+
            for i in 0..destination.len() {
                $(let $x = $load($x[i]);)+
                destination[i] = $store($body);
            }
        }
    };
}

#[inline(always)]
fn bits_of(lanes: [f32; 4]) -> U32x4 {
    F32x4::from_array(lanes).to_bits()
}
#[inline(always)]
fn floats_of(value: U32x4) -> [f32; 4] {
    value.to_f32_bits().to_array()
}

/// `[Some(expression for each argument)]`, with `g` the graph and `d` the incoming gradient.
macro_rules! gradient {
    (|$g:ident, $x:ident, $y:ident, $d:ident| [$($e:expr),+]) => {
        Some(|$g: &mut Graph, $x: &[Var], $y: Var, $d: Var| {
            let _ = (&$g, $x, $y, $d);
            Ok(vec![$(Some($e)),+])
        })
    };
}

macro_rules! table {
    ($($(#[$doc:meta])* $variant:ident $name:literal $arguments:tt -> $result:ident,
       cost $cost:literal, sample $sample:tt, $smooth:ident,
       f64 |[$($x:ident),+]| $reference:expr, lanes $lanes:expr, wgsl $wgsl:expr, d $derivative:expr;)*) => {
        /// Name of a row of the table of scalar functions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Func { $($(#[$doc])* $variant),* }

        impl Func {
            /// Every function, in the order of the table.
            pub const ALL: &'static [Func] = &[$(Func::$variant),*];

            /// The row that describes the function.
            pub fn row(self) -> &'static Row {
                static ROWS: &[Row] = &[$(Row {
                    name: $name, arguments: &$arguments, result: $result, cost: $cost,
                    #[cfg(feature = "reference")]
                    reference: |arguments| { let [$($x,)+ ..] = arguments; $reference },
                    lanes: $lanes, wgsl: $wgsl, derivative: $derivative, sample: $sample,
                    smooth: table!(@smooth $smooth),
                }),*];
                &ROWS[self as usize]
            }
        }
    };
    (@smooth smooth) => { true };
    (@smooth kinked) => { false };
}

#[cfg(feature = "reference")]
fn number(value: bool) -> f64 {
    if value { 1.0 } else { 0.0 }
}

/// Where the products are that a sum or difference is computed with, in one pass on the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// a·b ± c
    ProductFirst,
    /// c ± a·b
    ProductSecond,
    /// a·b ± c·d
    TwoProducts,
}

impl Joined {
    /// Its form as [`Row::lanes`]: a product rounded, then the sum rounded, as if each were computed alone.
    pub(crate) fn lanes(self, difference: bool) -> fn(&mut [f32], [&[f32]; 4]) {
        match (self, difference) {
            (Joined::ProductFirst | Joined::ProductSecond, false) => lanes!(|a, b, c| a * b + c),
            (Joined::ProductFirst, true) => lanes!(|a, b, c| a * b - c),
            (Joined::ProductSecond, true) => lanes!(|a, b, c| c - a * b),
            (Joined::TwoProducts, false) => lanes!(|a, b, c, d| a * b + c * d),
            (Joined::TwoProducts, true) => lanes!(|a, b, c, d| a * b - c * d),
        }
    }
}

const TWO_OVER_SQRT_PI: f32 = std::f32::consts::FRAC_2_SQRT_PI;

table! {
    /// a + b
    Add "add" [F32, F32] -> F32, cost 1, sample (-3.0, 3.0), smooth,
        f64 |[a, b]| a + b, lanes lanes!(|a, b| a + b), wgsl "({a} + {b})",
        d gradient!(|g, x, y, d| [d, d]);
    /// a − b
    Sub "sub" [F32, F32] -> F32, cost 1, sample (-3.0, 3.0), smooth,
        f64 |[a, b]| a - b, lanes lanes!(|a, b| a - b), wgsl "({a} - {b})",
        d gradient!(|g, x, y, d| [d, g.neg(d)?]);
    /// a · b
    Mul "mul" [F32, F32] -> F32, cost 1, sample (-3.0, 3.0), smooth,
        f64 |[a, b]| a * b, lanes lanes!(|a, b| a * b), wgsl "({a} * {b})",
        d gradient!(|g, x, y, d| [g.mul(d, x[1])?, g.mul(d, x[0])?]);
    /// a / b
    Div "div" [F32, F32] -> F32, cost 4, sample (0.5, 3.0), smooth,
        f64 |[a, b]| a / b, lanes lanes!(|a, b| a / b), wgsl "({a} / {b})",
        d gradient!(|g, x, y, d| [g.div(d, x[1])?, {
            let ratio = g.div(y, x[1])?;
            let product = g.mul(d, ratio)?;
            g.neg(product)?
        }]);
    /// The smaller; of equals each takes half the gradient.
    Min "min" [F32, F32] -> F32, cost 1, sample (-3.0, 3.0), kinked,
        f64 |[a, b]| if a < b { a } else { b }, lanes lanes!(|a, b| a.min(b)), wgsl "min({a}, {b})",
        d gradient!(|g, x, y, d| [share(g, x[0], x[1], d)?, share(g, x[1], x[0], d)?]);
    /// The larger; of equals each takes half the gradient.
    Max "max" [F32, F32] -> F32, cost 1, sample (-3.0, 3.0), kinked,
        f64 |[a, b]| if a > b { a } else { b }, lanes lanes!(|a, b| a.max(b)), wgsl "max({a}, {b})",
        d gradient!(|g, x, y, d| [share(g, x[1], x[0], d)?, share(g, x[0], x[1], d)?]);
    /// a to the power b, a > 0
    Pow "pow" [F32, F32] -> F32, cost 20, sample (0.5, 2.5), smooth,
        f64 |[a, b]| a.powf(b), lanes lanes!(|a, b| math::pow(a, b)), wgsl "petri_pow({a}, {b})",
        d gradient!(|g, x, y, d| [{
            let one_less = g.add_number(x[1], -1.0)?;
            let power = g.pow(x[0], one_less)?;
            let slope = g.mul(x[1], power)?;
            g.mul(d, slope)?
        }, {
            let log = g.log(x[0])?;
            let slope = g.mul(y, log)?;
            g.mul(d, slope)?
        }]);
    /// 1 where a < b
    Less "less" [F32, F32] -> F32, cost 1, sample (-3.0, 3.0), kinked,
        f64 |[a, b]| number(a < b), lanes lanes!(|a, b| a.lt(b).select(F32x4::splat(1.0), F32x4::splat(0.0))),
        wgsl "select(0.0, 1.0, {a} < {b})", d None;
    /// 1 where a = b
    Equal "equal" [F32, F32] -> F32, cost 1, sample (-3.0, 3.0), kinked,
        f64 |[a, b]| number(a == b), lanes lanes!(|a, b| a.eq(b).select(F32x4::splat(1.0), F32x4::splat(0.0))),
        wgsl "select(0.0, 1.0, {a} == {b})", d None;
    /// The second where the first is not 0, else the third
    Select "select" [F32, F32, F32] -> F32, cost 1, sample (-3.0, 3.0), smooth,
        f64 |[a, b, c]| if a != 0.0 { b } else { c },
        lanes lanes!(|a, b, c| a.eq(F32x4::splat(0.0)).select(c, b)), wgsl "select({c}, {b}, {a} != 0.0)",
        d Some(|g, x, _, d| {
            let zero = g.constant(0.0, &[])?;
            let (yes, no) = (g.select(x[0], d, zero)?, g.select(x[0], zero, d)?);
            Ok(vec![None, Some(yes), Some(no)])
        });
    /// −a
    Neg "neg" [F32] -> F32, cost 1, sample (-3.0, 3.0), smooth,
        f64 |[a]| -a, lanes lanes!(|a| -a), wgsl "(-{a})", d gradient!(|g, x, y, d| [g.neg(d)?]);
    /// |a|
    Abs "abs" [F32] -> F32, cost 1, sample (-3.0, 3.0), kinked,
        f64 |[a]| a.abs(), lanes lanes!(|a| a.abs()), wgsl "abs({a})",
        d gradient!(|g, x, y, d| [{ let sign = g.sign(x[0])?; g.mul(d, sign)? }]);
    /// −1, 0 or 1
    Sign "sign" [F32] -> F32, cost 2, sample (-3.0, 3.0), kinked,
        f64 |[a]| number(a > 0.0) - number(a < 0.0),
        lanes lanes!(|a| {
            let (zero, one) = (F32x4::splat(0.0), F32x4::splat(1.0));
            zero.lt(a).select(one, zero) - a.lt(zero).select(one, zero)
        }), wgsl "sign({a})", d None;
    /// Largest integer not above
    Floor "floor" [F32] -> F32, cost 2, sample (-3.0, 3.0), kinked,
        f64 |[a]| a.floor(), lanes lanes!(|a| a.floor()), wgsl "floor({a})", d None;
    /// max(a, 0)
    Relu "relu" [F32] -> F32, cost 1, sample (-3.0, 3.0), kinked,
        f64 |[a]| if a > 0.0 { a } else { 0.0 }, lanes lanes!(|a| a.max(F32x4::splat(0.0))), wgsl "max({a}, 0.0)",
        d gradient!(|g, x, y, d| [{
            let zero = g.constant(0.0, &[])?;
            let positive = g.less(zero, y)?;
            g.mul(d, positive)?
        }]);
    /// eᵃ
    Exp "exp" [F32] -> F32, cost 10, sample (-3.0, 3.0), smooth,
        f64 |[a]| a.exp(), lanes lanes!(|a| math::exp(a)), wgsl "exp({a})",
        d gradient!(|g, x, y, d| [g.mul(d, y)?]);
    /// Natural logarithm
    Log "log" [F32] -> F32, cost 10, sample (0.2, 4.0), smooth,
        f64 |[a]| a.ln(), lanes lanes!(|a| math::log(a)), wgsl "log({a})",
        d gradient!(|g, x, y, d| [g.div(d, x[0])?]);
    /// log(1 + a)
    Log1p "log1p" [F32] -> F32, cost 12, sample (-0.6, 4.0), smooth,
        f64 |[a]| a.ln_1p(), lanes lanes!(|a| math::log1p(a)), wgsl "petri_log1p({a})",
        d gradient!(|g, x, y, d| [{ let one_more = g.add_number(x[0], 1.0)?; g.div(d, one_more)? }]);
    /// Sine
    Sin "sin" [F32] -> F32, cost 12, sample (-3.0, 3.0), smooth,
        f64 |[a]| a.sin(), lanes lanes!(|a| math::sin(a)), wgsl "sin({a})",
        d gradient!(|g, x, y, d| [{ let slope = g.cos(x[0])?; g.mul(d, slope)? }]);
    /// Cosine
    Cos "cos" [F32] -> F32, cost 12, sample (-3.0, 3.0), smooth,
        f64 |[a]| a.cos(), lanes lanes!(|a| math::cos(a)), wgsl "cos({a})",
        d gradient!(|g, x, y, d| [{ let sin = g.sin(x[0])?; let slope = g.neg(sin)?; g.mul(d, slope)? }]);
    /// Hyperbolic tangent
    Tanh "tanh" [F32] -> F32, cost 12, sample (-3.0, 3.0), smooth,
        f64 |[a]| a.tanh(), lanes lanes!(|a| math::tanh(a)), wgsl "petri_tanh({a})",
        d gradient!(|g, x, y, d| [{
            let square = g.square(y)?;
            let one = g.constant(1.0, &[])?;
            let slope = g.sub(one, square)?;
            g.mul(d, slope)?
        }]);
    /// Square root
    Sqrt "sqrt" [F32] -> F32, cost 4, sample (0.2, 4.0), smooth,
        f64 |[a]| a.sqrt(), lanes lanes!(|a| a.sqrt()), wgsl "sqrt({a})",
        d gradient!(|g, x, y, d| [{ let half = g.mul_number(d, 0.5)?; g.div(half, y)? }]);
    /// 1 / √a
    Rsqrt "rsqrt" [F32] -> F32, cost 8, sample (0.2, 4.0), smooth,
        f64 |[a]| 1.0 / a.sqrt(), lanes lanes!(|a| math::rsqrt(a)), wgsl "inverseSqrt({a})",
        d gradient!(|g, x, y, d| [{
            let ratio = g.div(y, x[0])?;
            let slope = g.mul_number(ratio, -0.5)?;
            g.mul(d, slope)?
        }]);
    /// 1 / a
    Recip "recip" [F32] -> F32, cost 4, sample (0.4, 3.0), smooth,
        f64 |[a]| 1.0 / a, lanes lanes!(|a| math::recip(a)), wgsl "(1.0 / {a})",
        d gradient!(|g, x, y, d| [{ let square = g.square(y)?; let slope = g.neg(square)?; g.mul(d, slope)? }]);
    /// Gauss error function
    Erf "erf" [F32] -> F32, cost 16, sample (-3.0, 3.0), smooth,
        f64 |[a]| crate::reference::erf(a), lanes lanes!(|a| math::erf(a)), wgsl "petri_erf({a})",
        d gradient!(|g, x, y, d| [{
            let square = g.square(x[0])?;
            let exponent = g.neg(square)?;
            let bell = g.exp(exponent)?;
            let slope = g.mul_number(bell, TWO_OVER_SQRT_PI)?;
            g.mul(d, slope)?
        }]);
    /// 1 / (1 + e⁻ᵃ)
    Sigmoid "sigmoid" [F32] -> F32, cost 12, sample (-3.0, 3.0), smooth,
        f64 |[a]| 1.0 / (1.0 + (-a).exp()), lanes lanes!(|a| math::sigmoid(a)), wgsl "petri_sigmoid({a})",
        d gradient!(|g, x, y, d| [{
            let one = g.constant(1.0, &[])?;
            let rest = g.sub(one, y)?;
            let slope = g.mul(y, rest)?;
            g.mul(d, slope)?
        }]);
    /// log(1 + eᵃ)
    Softplus "softplus" [F32] -> F32, cost 20, sample (-3.0, 3.0), smooth,
        f64 |[a]| a.max(0.0) + (-a.abs()).exp().ln_1p(), lanes lanes!(|a| math::softplus(a)),
        wgsl "petri_softplus({a})",
        d gradient!(|g, x, y, d| [{ let slope = g.sigmoid(x[0])?; g.mul(d, slope)? }]);
    /// Unsigned integer to the nearest float
    ToF32 "to_f32" [U32] -> F32, cost 1, sample (0.0, 4.0e9), kinked,
        f64 |[a]| a, lanes lanes!(bits_of, F32x4::to_array, |a| a.to_f32()), wgsl "f32({a})", d None;
    /// Float to unsigned integer, towards zero, saturating
    ToU32 "to_u32" [F32] -> U32, cost 1, sample (0.0, 1.0e6), kinked,
        f64 |[a]| a.trunc().clamp(0.0, u32::MAX as f64), lanes lanes!(F32x4::from_array, floats_of, |a| a.to_u32()), wgsl "petri_u32({a})", d None;
    /// The 32 bits of an unsigned integer read as a float in [1, 2): top 23 bits as the mantissa
    UnitFloat "unit_float" [U32] -> F32, cost 2, sample (0.0, 4.0e9), kinked,
        f64 |[a]| f32::from_bits(((a as u32) >> 9) | 0x3f80_0000) as f64,
        lanes lanes!(u |a| a.shr(9) | U32x4::splat(0x3f80_0000)),
        wgsl "bitcast<f32>(({a} >> 9u) | 0x3f800000u)", d None;
    /// Wrapping sum of unsigned integers
    AddU32 "add_u32" [U32, U32] -> U32, cost 1, sample (0.0, 4.0e9), kinked,
        f64 |[a, b]| (a as u32).wrapping_add(b as u32) as f64, lanes lanes!(u |a, b| a + b),
        wgsl "({a} + {b})", d None;
    /// Wrapping product of unsigned integers
    MulU32 "mul_u32" [U32, U32] -> U32, cost 1, sample (0.0, 4.0e9), kinked,
        f64 |[a, b]| (a as u32).wrapping_mul(b as u32) as f64, lanes lanes!(u |a, b| a * b),
        wgsl "({a} * {b})", d None;
    /// Bitwise exclusive or
    Xor "xor" [U32, U32] -> U32, cost 1, sample (0.0, 4.0e9), kinked,
        f64 |[a, b]| ((a as u32) ^ (b as u32)) as f64, lanes lanes!(u |a, b| a ^ b), wgsl "({a} ^ {b})", d None;
    /// Bitwise and
    And "and" [U32, U32] -> U32, cost 1, sample (0.0, 4.0e9), kinked,
        f64 |[a, b]| ((a as u32) & (b as u32)) as f64, lanes lanes!(u |a, b| a & b), wgsl "({a} & {b})", d None;
    /// 1 where the unsigned integers are equal
    EqualU32 "equal_u32" [U32, U32] -> F32, cost 1, sample (0.0, 4.0), kinked,
        f64 |[a, b]| number(a == b), lanes lanes!(bits_of, F32x4::to_array, |a, b| a.eq(b).select(F32x4::splat(1.0), F32x4::splat(0.0))), wgsl "select(0.0, 1.0, {a} == {b})", d None;
    /// Random bits keyed by (seed, stream, step, element): Threefry-2x32-20
    Threefry "threefry" [U32, U32, U32, U32] -> U32, cost 40, sample (0.0, 4.0e9), kinked,
        f64 |[a, b, c, d]| rng::bits([a as u32, b as u32], [c as u32, d as u32]) as f64,
        lanes lanes!(u |a, b, c, d| rng::bits_x4([a, b], [c, d])),
        wgsl "petri_threefry({a}, {b}, {c}, {d})", d None;
}

/// The gradient `d` where `a` > `b`, half of it where they are equal, nothing elsewhere.
fn share(g: &mut Graph, b: Var, a: Var, d: Var) -> Result<Var> {
    let (above, tie) = (g.less(b, a)?, g.equal(a, b)?);
    let half = g.mul_number(tie, 0.5)?;
    let weight = g.add(above, half)?;
    g.mul(d, weight)
}
