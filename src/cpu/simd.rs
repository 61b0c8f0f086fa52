//! Four lanes of `f32` or `u32`: the only vector types of the CPU engine.
//!
//! Three implementations (wasm simd128, SSE2, plain arrays) sit behind one interface and give the
//! same bits, because a shared link must reproduce a figure exactly in every browser and natively.
//! So: no fused multiply-add, no approximate reciprocal, no platform rounding mode, and whatever
//! hardware defines differently (min, max, conversions) is pinned down here. One thing cannot be
//! pinned: sign and payload of a NaN made by arithmetic; NaN is NaN everywhere, its bits are not.
//! `math.rs` builds exp, log, … from these types.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use wasm as imp;

#[cfg(target_arch = "x86_64")]
use sse2 as imp;

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
use portable as imp;

/// Four `f32` lanes; every operation acts lane by lane and rounds as IEEE 754 says.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct F32x4(imp::F);

/// Four `u32` lanes with wrapping arithmetic.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct U32x4(imp::U);

/// Outcome of a comparison: each lane all ones (true) or all zeros (false).
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Mask4(imp::U);

/// `$name(self, …) -> $out` forwarded to the function of the same name in the chosen implementation.
macro_rules! forward {
    ($($(#[$doc:meta])* $name:ident ( $($arg:ident),* ) -> $out:ident = $imp:ident;)*) => { $(
        $(#[$doc])*
        #[inline(always)]
        #[must_use]
        #[allow(clippy::should_implement_trait)] // the operators call these methods
        pub fn $name(self $(, $arg: Self)*) -> $out {
            $out(imp::$imp(self.0 $(, $arg.0)*))
        }
    )* };
}

impl F32x4 {
    /// The same value in all lanes.
    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self(imp::splat_f32(value))
    }

    /// Lane 0 first.
    #[inline(always)]
    pub fn from_array(lanes: [f32; 4]) -> Self {
        Self(imp::from_f32(lanes))
    }

    /// Lane 0 first.
    #[inline(always)]
    pub fn to_array(self) -> [f32; 4] {
        imp::to_f32(self.0)
    }

    /// The first four elements of `source`; panics when there are fewer.
    #[inline(always)]
    pub fn load(source: &[f32]) -> Self {
        Self::from_array(*source.first_chunk().expect("four elements"))
    }

    /// Writes the first four elements of `target`; panics when there are fewer.
    #[inline(always)]
    pub fn store(self, target: &mut [f32]) {
        target[..4].copy_from_slice(&self.to_array());
    }

    forward! {
        /// Sum.
        add(other) -> Self = add;
        /// Difference.
        sub(other) -> Self = sub;
        /// Product.
        mul(other) -> Self = mul;
        /// Quotient.
        div(other) -> Self = div;
        /// `if self < other { self } else { other }`: `other` when either is NaN or both are zero.
        min(other) -> Self = min;
        /// `if self > other { self } else { other }`: `other` when either is NaN or both are zero.
        max(other) -> Self = max;
        /// Sign bit cleared.
        abs() -> Self = abs;
        /// Sign bit flipped.
        neg() -> Self = neg;
        /// Correctly rounded square root.
        sqrt() -> Self = sqrt;
        /// Largest integer not above, exact for every float; keeps −0, ±∞ and NaN.
        floor() -> Self = floor;
        /// `self < other`, false with NaN.
        lt(other) -> Mask4 = lt;
        /// `self <= other`, false with NaN.
        le(other) -> Mask4 = le;
        /// `self == other`, false with NaN; −0 equals +0.
        eq(other) -> Mask4 = eq;
        /// The same bits as integers.
        to_bits() -> U32x4 = bits;
        /// Truncation toward zero, saturating; NaN and negative give 0 (like Rust's `as u32`).
        to_u32() -> U32x4 = f32_to_u32;
    }

    /// Nearest integer, ties to even, as float and as two's complement integer. For |x| ≤ 2²²;
    /// beyond that both results are some fixed bits. Adding 1.5·2²³ leaves the integer in the low
    /// mantissa bits, which needs no conversion instruction and rounds alike everywhere.
    #[inline(always)]
    pub fn round_int(self) -> (Self, U32x4) {
        let magic = Self::splat(12_582_912.0);
        let shifted = self + magic;
        (shifted - magic, shifted.to_bits() - magic.to_bits())
    }

    /// Magnitude of `self` with the sign bit of `sign`.
    #[inline(always)]
    #[must_use]
    pub fn copysign(self, sign: Self) -> Self {
        let sign_bit = U32x4::splat(0x8000_0000);
        (self.abs().to_bits() | (sign.to_bits() & sign_bit)).to_f32_bits()
    }

    /// Sum of the lanes in the fixed order (l0 + l2) + (l1 + l3).
    #[inline(always)]
    pub fn sum(self) -> f32 {
        let [l0, l1, l2, l3] = self.to_array();
        (l0 + l2) + (l1 + l3)
    }
}

impl U32x4 {
    /// The same value in all lanes.
    #[inline(always)]
    pub fn splat(value: u32) -> Self {
        Self(imp::splat_u32(value))
    }

    /// Lane 0 first.
    #[inline(always)]
    pub fn from_array(lanes: [u32; 4]) -> Self {
        Self(imp::from_u32(lanes))
    }

    /// Lane 0 first.
    #[inline(always)]
    pub fn to_array(self) -> [u32; 4] {
        imp::to_u32(self.0)
    }

    /// The first four elements of `source`; panics when there are fewer.
    #[inline(always)]
    pub fn load(source: &[u32]) -> Self {
        Self::from_array(*source.first_chunk().expect("four elements"))
    }

    /// Writes the first four elements of `target`; panics when there are fewer.
    #[inline(always)]
    pub fn store(self, target: &mut [u32]) {
        target[..4].copy_from_slice(&self.to_array());
    }

    forward! {
        /// Wrapping sum.
        add(other) -> Self = u_add;
        /// Wrapping difference.
        sub(other) -> Self = u_sub;
        /// Low 32 bits of the product.
        mul(other) -> Self = u_mul;
        /// Bitwise and.
        bitand(other) -> Self = and;
        /// Bitwise or.
        bitor(other) -> Self = or;
        /// Bitwise exclusive or.
        bitxor(other) -> Self = xor;
        /// `self == other`.
        eq(other) -> Mask4 = u_eq;
        /// The same bits as floats.
        to_f32_bits() -> F32x4 = from_bits;
        /// Unsigned integer to the nearest float, ties to even.
        to_f32() -> F32x4 = u32_to_f32;
        /// Two's complement integer to the nearest float, ties to even.
        i32_to_f32() -> F32x4 = i32_to_f32;
    }

    /// Shift left by `count` < 32.
    #[inline(always)]
    #[must_use]
    #[allow(clippy::should_implement_trait)] // a count, not another vector
    pub fn shl(self, count: u32) -> Self {
        debug_assert!(count < 32);
        Self(imp::shl(self.0, count))
    }

    /// Shift right by `count` < 32, zeros enter.
    #[inline(always)]
    #[must_use]
    #[allow(clippy::should_implement_trait)] // a count, not another vector
    pub fn shr(self, count: u32) -> Self {
        debug_assert!(count < 32);
        Self(imp::shr(self.0, count))
    }

    /// Shift right by `count` < 32, copies of the sign bit enter.
    #[inline(always)]
    #[must_use]
    pub fn shr_signed(self, count: u32) -> Self {
        debug_assert!(count < 32);
        Self(imp::shr_signed(self.0, count))
    }

    /// Rotate left by 0 < `count` < 32.
    #[inline(always)]
    #[must_use]
    pub fn rotate_left(self, count: u32) -> Self {
        self.shl(count) | self.shr(32 - count)
    }
}

impl Mask4 {
    forward! {
        /// Both.
        bitand(other) -> Self = and;
        /// Either.
        bitor(other) -> Self = or;
        /// The lanes as all ones or all zeros.
        to_bits() -> U32x4 = same;
    }

    /// The opposite in every lane.
    #[inline(always)]
    #[must_use]
    #[allow(clippy::should_implement_trait)] // used by name, as `select` is
    pub fn not(self) -> Self {
        (self.to_bits() ^ U32x4::splat(!0)).as_mask()
    }

    /// Lane by lane `if self { yes } else { no }`, moving bits unchanged.
    #[inline(always)]
    pub fn select(self, yes: F32x4, no: F32x4) -> F32x4 {
        F32x4(imp::select(self.0, yes.0, no.0))
    }

    /// Lane by lane `if self { yes } else { no }`.
    #[inline(always)]
    pub fn select_u32(self, yes: U32x4, no: U32x4) -> U32x4 {
        self.select(yes.to_f32_bits(), no.to_f32_bits()).to_bits()
    }

    /// Whether some lane is true.
    #[inline(always)]
    pub fn any(self) -> bool {
        self.to_bits().to_array().into_iter().fold(0, |all, lane| all | lane) != 0
    }

    /// Whether every lane is true.
    #[inline(always)]
    pub fn all(self) -> bool {
        !self.not().any()
    }
}

impl U32x4 {
    /// Only for lanes that are all ones or all zeros.
    #[inline(always)]
    fn as_mask(self) -> Mask4 {
        Mask4(self.0)
    }
}

macro_rules! operators {
    ($type:ident: $($trait:ident $name:ident),*) => { $(
        impl core::ops::$trait for $type {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                $type::$name(self, other)
            }
        }
    )* };
}
operators!(F32x4: Add add, Sub sub, Mul mul, Div div);
operators!(U32x4: Add add, Sub sub, Mul mul, BitAnd bitand, BitOr bitor, BitXor bitxor);
operators!(Mask4: BitAnd bitand, BitOr bitor);

impl core::ops::Neg for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        F32x4::neg(self)
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use core::arch::wasm32::*;

    pub type F = v128;
    pub type U = v128;

    /// Functions of v128 that the instruction set has under another name.
    macro_rules! direct {
        ($($name:ident($($arg:ident),*) = $body:expr;)*) => { $(
            #[inline(always)]
            pub fn $name($($arg: v128),*) -> v128 {
                $body
            }
        )* };
    }
    direct! {
        add(a, b) = f32x4_add(a, b);
        sub(a, b) = f32x4_sub(a, b);
        mul(a, b) = f32x4_mul(a, b);
        div(a, b) = f32x4_div(a, b);
        min(a, b) = f32x4_pmin(b, a); // pmin(x, y) is `y < x ? y : x`; one minps on x86
        max(a, b) = f32x4_pmax(b, a);
        abs(a) = f32x4_abs(a);
        neg(a) = f32x4_neg(a);
        sqrt(a) = f32x4_sqrt(a);
        floor(a) = f32x4_floor(a);
        lt(a, b) = f32x4_lt(a, b);
        le(a, b) = f32x4_le(a, b);
        eq(a, b) = f32x4_eq(a, b);
        bits(a) = a;
        from_bits(a) = a;
        same(a) = a;
        u_add(a, b) = u32x4_add(a, b);
        u_sub(a, b) = u32x4_sub(a, b);
        u_mul(a, b) = u32x4_mul(a, b);
        u_eq(a, b) = u32x4_eq(a, b);
        and(a, b) = v128_and(a, b);
        or(a, b) = v128_or(a, b);
        xor(a, b) = v128_xor(a, b);
        select(mask, yes, no) = v128_bitselect(yes, no, mask);
        u32_to_f32(a) = f32x4_convert_u32x4(a);
        i32_to_f32(a) = f32x4_convert_i32x4(a);
        f32_to_u32(a) = u32x4_trunc_sat_f32x4(a);
    }

    #[inline(always)]
    pub fn splat_f32(value: f32) -> F {
        f32x4_splat(value)
    }

    #[inline(always)]
    pub fn splat_u32(value: u32) -> U {
        u32x4_splat(value)
    }

    #[inline(always)]
    pub fn from_f32(lanes: [f32; 4]) -> F {
        // SAFETY: both are 16 bytes and any bits are valid in either. One load, also where LLVM optimises for size.
        unsafe { core::mem::transmute(lanes) }
    }

    #[inline(always)]
    pub fn to_f32(a: F) -> [f32; 4] {
        // SAFETY: both are 16 bytes and any bits are valid in either.
        unsafe { core::mem::transmute(a) }
    }

    #[inline(always)]
    pub fn from_u32(lanes: [u32; 4]) -> U {
        // SAFETY: as above.
        unsafe { core::mem::transmute(lanes) }
    }

    #[inline(always)]
    pub fn to_u32(a: U) -> [u32; 4] {
        // SAFETY: both are 16 bytes and any bits are valid in either.
        unsafe { core::mem::transmute(a) }
    }

    #[inline(always)]
    pub fn shl(a: U, count: u32) -> U {
        u32x4_shl(a, count)
    }

    #[inline(always)]
    pub fn shr(a: U, count: u32) -> U {
        u32x4_shr(a, count)
    }

    #[inline(always)]
    pub fn shr_signed(a: U, count: u32) -> U {
        i32x4_shr(a, count)
    }
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use core::arch::x86_64::*;

    pub type F = __m128;
    pub type U = __m128i;

    /// Functions made of SSE2 intrinsics.
    macro_rules! direct {
        ($($name:ident($($arg:ident: $type:ty),*) -> $out:ty = $body:expr;)*) => { $(
            #[inline(always)]
            pub fn $name($($arg: $type),*) -> $out {
                // SAFETY: every x86-64 processor has SSE2, and these work on registers only.
                unsafe { $body }
            }
        )* };
    }
    direct! {
        splat_f32(a: f32) -> F = _mm_set1_ps(a);
        splat_u32(a: u32) -> U = _mm_set1_epi32(a as i32);
        from_f32(a: [f32; 4]) -> F = core::mem::transmute::<[f32; 4], F>(a);
        to_f32(a: F) -> [f32; 4] = core::mem::transmute::<F, [f32; 4]>(a);
        from_u32(a: [u32; 4]) -> U = core::mem::transmute::<[u32; 4], U>(a);
        to_u32(a: U) -> [u32; 4] = core::mem::transmute::<U, [u32; 4]>(a);
        add(a: F, b: F) -> F = _mm_add_ps(a, b);
        sub(a: F, b: F) -> F = _mm_sub_ps(a, b);
        mul(a: F, b: F) -> F = _mm_mul_ps(a, b);
        div(a: F, b: F) -> F = _mm_div_ps(a, b);
        min(a: F, b: F) -> F = _mm_min_ps(a, b);
        max(a: F, b: F) -> F = _mm_max_ps(a, b);
        abs(a: F) -> F = _mm_andnot_ps(_mm_set1_ps(-0.0), a);
        neg(a: F) -> F = _mm_xor_ps(_mm_set1_ps(-0.0), a);
        sqrt(a: F) -> F = _mm_sqrt_ps(a);
        lt(a: F, b: F) -> U = _mm_castps_si128(_mm_cmplt_ps(a, b));
        le(a: F, b: F) -> U = _mm_castps_si128(_mm_cmple_ps(a, b));
        eq(a: F, b: F) -> U = _mm_castps_si128(_mm_cmpeq_ps(a, b));
        bits(a: F) -> U = _mm_castps_si128(a);
        from_bits(a: U) -> F = _mm_castsi128_ps(a);
        u_add(a: U, b: U) -> U = _mm_add_epi32(a, b);
        u_sub(a: U, b: U) -> U = _mm_sub_epi32(a, b);
        u_eq(a: U, b: U) -> U = _mm_cmpeq_epi32(a, b);
        and(a: U, b: U) -> U = _mm_and_si128(a, b);
        or(a: U, b: U) -> U = _mm_or_si128(a, b);
        xor(a: U, b: U) -> U = _mm_xor_si128(a, b);
        shl(a: U, count: u32) -> U = _mm_sll_epi32(a, _mm_cvtsi32_si128(count as i32));
        shr(a: U, count: u32) -> U = _mm_srl_epi32(a, _mm_cvtsi32_si128(count as i32));
        shr_signed(a: U, count: u32) -> U = _mm_sra_epi32(a, _mm_cvtsi32_si128(count as i32));
        i32_to_f32(a: U) -> F = _mm_cvtepi32_ps(a);
        // SSE2 multiplies only the even lanes, to 64 bits: multiply even and odd, interleave lows.
        u_mul(a: U, b: U) -> U = {
            let even = _mm_mul_epu32(a, b);
            let odd = _mm_mul_epu32(_mm_srli_epi64::<32>(a), _mm_srli_epi64::<32>(b));
            let (even, odd) = (_mm_shuffle_epi32::<0b1000>(even), _mm_shuffle_epi32::<0b1000>(odd));
            _mm_unpacklo_epi32(even, odd)
        };
        // Truncate, step down where that went up; from 2²³ on (and NaN) the input is the answer.
        // The sign is put back so that −0 and (−0, …) stay negative.
        floor(a: F) -> F = {
            let whole = _mm_cvtepi32_ps(_mm_cvttps_epi32(a));
            let down = _mm_sub_ps(whole, _mm_and_ps(_mm_cmpgt_ps(whole, a), _mm_set1_ps(1.0)));
            let signed = _mm_or_ps(down, _mm_and_ps(a, _mm_set1_ps(-0.0)));
            select(lt(abs(a), _mm_set1_ps(8_388_608.0)), signed, a)
        };
        select(mask: U, yes: F, no: F) -> F = {
            let mask = _mm_castsi128_ps(mask);
            _mm_or_ps(_mm_and_ps(mask, yes), _mm_andnot_ps(mask, no))
        };
        // Both halves convert exactly, so the addition is the only rounding.
        u32_to_f32(a: U) -> F = {
            let high = _mm_cvtepi32_ps(_mm_srli_epi32::<16>(a));
            let low = _mm_cvtepi32_ps(_mm_and_si128(a, _mm_set1_epi32(0xFFFF)));
            _mm_add_ps(_mm_mul_ps(high, _mm_set1_ps(65_536.0)), low)
        };
        // The signed conversion covers [0, 2³¹); larger values are moved down first (exactly).
        f32_to_u32(a: F) -> U = {
            let half = _mm_set1_ps(2_147_483_648.0);
            let positive = _mm_max_ps(a, _mm_setzero_ps()); // NaN gives the second operand
            let upper = _mm_cmpge_ps(positive, half);
            let low = _mm_cvttps_epi32(_mm_sub_ps(positive, _mm_and_ps(upper, half)));
            let too_big = _mm_castps_si128(_mm_cmpge_ps(positive, _mm_set1_ps(4_294_967_296.0)));
            let high = _mm_and_si128(_mm_castps_si128(upper), _mm_set1_epi32(i32::MIN));
            _mm_or_si128(_mm_xor_si128(low, high), too_big)
        };
    }

    #[inline(always)]
    pub fn same(a: U) -> U {
        a
    }
}

#[cfg(any(test, not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128")))))]
#[cfg_attr(test, allow(dead_code))] // tests on other processors compare only what is not plain arithmetic
mod portable {
    pub type F = [f32; 4];
    pub type U = [u32; 4];

    #[inline(always)]
    pub fn splat_f32(value: f32) -> F {
        [value; 4]
    }

    #[inline(always)]
    pub fn splat_u32(value: u32) -> U {
        [value; 4]
    }

    /// Functions given by one expression per lane; short enough for LLVM to vectorise.
    macro_rules! lanes {
        ($($name:ident($($arg:ident: $type:ty),*) -> $out:ty = $body:expr;)*) => { $(
            #[inline(always)]
            pub fn $name($($arg: [$type; 4]),*) -> [$out; 4] {
                core::array::from_fn(|lane| {
                    $(let $arg = $arg[lane];)*
                    $body
                })
            }
        )* };
    }
    lanes! {
        from_f32(a: f32) -> f32 = a;
        to_f32(a: f32) -> f32 = a;
        from_u32(a: u32) -> u32 = a;
        to_u32(a: u32) -> u32 = a;
        same(a: u32) -> u32 = a;
        add(a: f32, b: f32) -> f32 = a + b;
        sub(a: f32, b: f32) -> f32 = a - b;
        mul(a: f32, b: f32) -> f32 = a * b;
        div(a: f32, b: f32) -> f32 = a / b;
        min(a: f32, b: f32) -> f32 = if a < b { a } else { b };
        max(a: f32, b: f32) -> f32 = if a > b { a } else { b };
        abs(a: f32) -> f32 = f32::from_bits(a.to_bits() & 0x7FFF_FFFF);
        neg(a: f32) -> f32 = f32::from_bits(a.to_bits() ^ 0x8000_0000);
        sqrt(a: f32) -> f32 = a.sqrt();
        floor(a: f32) -> f32 = a.floor();
        lt(a: f32, b: f32) -> u32 = if a < b { !0 } else { 0 };
        le(a: f32, b: f32) -> u32 = if a <= b { !0 } else { 0 };
        eq(a: f32, b: f32) -> u32 = if a == b { !0 } else { 0 };
        bits(a: f32) -> u32 = a.to_bits();
        from_bits(a: u32) -> f32 = f32::from_bits(a);
        u_add(a: u32, b: u32) -> u32 = a.wrapping_add(b);
        u_sub(a: u32, b: u32) -> u32 = a.wrapping_sub(b);
        u_mul(a: u32, b: u32) -> u32 = a.wrapping_mul(b);
        u_eq(a: u32, b: u32) -> u32 = if a == b { !0 } else { 0 };
        and(a: u32, b: u32) -> u32 = a & b;
        or(a: u32, b: u32) -> u32 = a | b;
        xor(a: u32, b: u32) -> u32 = a ^ b;
        u32_to_f32(a: u32) -> f32 = a as f32;
        i32_to_f32(a: u32) -> f32 = a as i32 as f32;
        f32_to_u32(a: f32) -> u32 = a as u32;
        select(mask: u32, yes: f32, no: f32) -> f32 =
            f32::from_bits((mask & yes.to_bits()) | (!mask & no.to_bits()));
    }

    #[inline(always)]
    pub fn shl(a: U, count: u32) -> U {
        a.map(|lane| lane << count)
    }

    #[inline(always)]
    pub fn shr(a: U, count: u32) -> U {
        a.map(|lane| lane >> count)
    }

    #[inline(always)]
    pub fn shr_signed(a: U, count: u32) -> U {
        a.map(|lane| (lane as i32 >> count) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zeros, infinities, NaN, subnormals, halves, powers of two and their neighbours, random bits.
    fn floats() -> Vec<f32> {
        let mut all = vec![0.0, f32::INFINITY, f32::NAN, 1e-45, 1e-40, 0.5, 1.5, 2.5, 0.999_999_94];
        for exponent in -126..=127 {
            let bits = f32::to_bits((exponent as f32).exp2());
            all.extend([bits - 1, bits, bits + 1].map(f32::from_bits));
        }
        let mut state = 1u32;
        for _ in 0..200_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            all.push(f32::from_bits(state ^ state >> 15));
        }
        let negative: Vec<f32> = all.iter().map(|x| -x).collect();
        all.extend(negative);
        all
    }

    /// Bits with every NaN made one.
    fn canonical(x: f32) -> u32 {
        if x.is_nan() { 0x7FC0_0000 } else { x.to_bits() }
    }

    /// Runs `$vector` on groups of four and `$scalar` on each lane; both must agree in bits.
    fn compare_unary(vector: impl Fn(F32x4) -> F32x4, scalar: impl Fn(f32) -> f32) {
        for x in floats().chunks_exact(4) {
            for (&x, y) in x.iter().zip(vector(F32x4::load(x)).to_array()) {
                assert_eq!(canonical(y), canonical(scalar(x)), "x = {x:e}");
            }
        }
    }

    fn compare_binary(vector: impl Fn(F32x4, F32x4) -> F32x4, scalar: impl Fn(f32, f32) -> f32) {
        let values = floats();
        for shift in [0, 1, 777, values.len() / 2] {
            for i in (0..values.len() - 4).step_by(3) {
                let a: [f32; 4] = core::array::from_fn(|lane| values[i + lane]);
                let b: [f32; 4] = core::array::from_fn(|lane| values[(i + lane + shift) % values.len()]);
                let y = vector(F32x4::from_array(a), F32x4::from_array(b)).to_array();
                for lane in 0..4 {
                    let expected = canonical(scalar(a[lane], b[lane]));
                    assert_eq!(canonical(y[lane]), expected, "{:e}, {:e}", a[lane], b[lane]);
                }
            }
        }
    }

    fn as_float(mask: Mask4) -> F32x4 {
        mask.select(F32x4::splat(1.0), F32x4::splat(0.0))
    }

    #[test]
    fn float_operations_match_scalar_rust() {
        compare_unary(F32x4::abs, f32::abs);
        compare_unary(F32x4::neg, |x| -x);
        compare_unary(F32x4::sqrt, f32::sqrt);
        compare_unary(F32x4::floor, f32::floor);
        compare_unary(|x| x.to_u32().to_f32_bits(), |x| f32::from_bits(x as u32));
        compare_binary(F32x4::add, |a, b| a + b);
        compare_binary(F32x4::sub, |a, b| a - b);
        compare_binary(F32x4::mul, |a, b| a * b);
        compare_binary(F32x4::div, |a, b| a / b);
        compare_binary(F32x4::min, |a, b| if a < b { a } else { b });
        compare_binary(F32x4::max, |a, b| if a > b { a } else { b });
        compare_binary(F32x4::copysign, f32::copysign);
        compare_binary(|a, b| as_float(a.lt(b)), |a, b| (a < b) as u32 as f32);
        compare_binary(|a, b| as_float(a.le(b)), |a, b| (a <= b) as u32 as f32);
        compare_binary(|a, b| as_float(a.eq(b)), |a, b| (a == b) as u32 as f32);
        compare_binary(
            |a, b| as_float(a.lt(b).not() & a.eq(b).not()),
            |a, b| ((b <= a || a.is_nan() || b.is_nan()) && a != b) as u32 as f32,
        );
    }

    #[test]
    fn integer_operations_match_scalar_rust() {
        let check = |vector: &dyn Fn(U32x4, U32x4) -> U32x4, scalar: &dyn Fn(u32, u32) -> u32| {
            compare_binary(
                |a, b| vector(a.to_bits(), b.to_bits()).to_f32_bits(),
                |a, b| f32::from_bits(scalar(a.to_bits(), b.to_bits())),
            );
        };
        check(&|a, b| a + b, &u32::wrapping_add);
        check(&|a, b| a - b, &u32::wrapping_sub);
        check(&|a, b| a * b, &u32::wrapping_mul);
        check(&|a, b| a & b, &|a, b| a & b);
        check(&|a, b| a | b, &|a, b| a | b);
        check(&|a, b| a ^ b, &|a, b| a ^ b);
        check(&|a, b| a.eq(b).select_u32(a, b + b), &|a, b| if a == b { a } else { b.wrapping_add(b) });
        check(&|a, _| a.to_f32().to_bits(), &|a, _| (a as f32).to_bits());
        check(&|a, _| a.i32_to_f32().to_bits(), &|a, _| (a as i32 as f32).to_bits());
        for count in 0..32 {
            let a = [1, 0x8000_0001, 0xDEAD_BEEF, !0];
            let v = U32x4::from_array(a);
            assert_eq!(v.shl(count).to_array(), a.map(|x| x << count));
            assert_eq!(v.shr(count).to_array(), a.map(|x| x >> count));
            assert_eq!(v.shr_signed(count).to_array(), a.map(|x| (x as i32 >> count) as u32));
            if count > 0 {
                assert_eq!(v.rotate_left(count).to_array(), a.map(|x| x.rotate_left(count)));
            }
        }
    }

    #[test]
    fn rounding_sum_and_masks() {
        for i in -2_000..=2_000 {
            let x = i as f32 * 0.25;
            let (rounded, integer) = F32x4::splat(x).round_int();
            assert_eq!(rounded.to_array()[0], x.round_ties_even());
            assert_eq!(integer.to_array()[0] as i32, x.round_ties_even() as i32);
        }
        assert_eq!(F32x4::from_array([1e8, 1.0, -1e8, 2.0]).sum(), 3.0);
        let mixed = F32x4::from_array([1.0, 2.0, 3.0, f32::NAN]).lt(F32x4::splat(2.5));
        assert!(mixed.any() && !mixed.all() && (mixed | mixed.not()).all());
    }

    /// The array code that other processors use, against the implementation of this one.
    #[test]
    fn portable_code_gives_the_same_bits() {
        compare_unary(F32x4::floor, |x| portable::floor([x; 4])[1]);
        compare_unary(F32x4::sqrt, |x| portable::sqrt([x; 4])[1]);
        compare_unary(F32x4::abs, |x| portable::abs([x; 4])[1]);
        compare_unary(F32x4::neg, |x| portable::neg([x; 4])[1]);
        compare_binary(F32x4::min, |a, b| portable::min([a; 4], [b; 4])[2]);
        compare_binary(F32x4::max, |a, b| portable::max([a; 4], [b; 4])[2]);
        compare_binary(
            |a, b| a.lt(b).select(a, b),
            |a, b| portable::select(portable::lt([a; 4], [b; 4]), [a; 4], [b; 4])[3],
        );
        compare_unary(|x| x.to_bits().to_f32(), |x| portable::u32_to_f32(portable::bits([x; 4]))[0]);
        compare_unary(|x| x.to_u32().to_f32(), |x| portable::f32_to_u32([x; 4])[0] as f32);
    }
}
