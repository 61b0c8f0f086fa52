//! placeholder until the real one arrives
use super::simd::F32x4;
macro_rules! m { ($($n:ident |$x:ident| $e:expr;)*) => {$( #[doc="."] pub fn $n(a: F32x4) -> F32x4 { F32x4::from_array(a.to_array().map(|v| { let $x = v as f64; ($e) as f32 })) } )*} }
m! { exp |x| x.exp(); log |x| x.ln(); log1p |x| x.ln_1p(); sin |x| x.sin(); cos |x| x.cos(); tanh |x| x.tanh(); erf |x| crate::reference::erf(x); sigmoid |x| 1.0/(1.0+(-x).exp()); softplus |x| x.max(0.0)+(-x.abs()).exp().ln_1p(); rsqrt |x| 1.0/x.sqrt(); recip |x| 1.0/x; }
#[doc = "."]
pub fn pow(a: F32x4, b: F32x4) -> F32x4 {
    let (a, b) = (a.to_array(), b.to_array());
    F32x4::from_array(std::array::from_fn(|i| (a[i] as f64).powf(b[i] as f64) as f32))
}
