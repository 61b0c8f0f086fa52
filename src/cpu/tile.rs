//! The innermost loop of matrix products: a tile of up to 4 rows by two vectors of columns, kept in
//! registers. Measured in wasm, 4 × 8 is twice as fast as anything larger, because the eight sums, two
//! vectors of B and the factor just fit the sixteen registers. With AVX2 the vectors are twice as wide;
//! each element is still the same sum in the same order, so the bits are the same.

use super::simd::F32x4;

/// Rows of a tile.
pub(super) const ROWS: usize = 4;
/// Columns of the widest tile.
pub(super) const MOST_COLUMNS: usize = 16;

/// Where the left operand of a tile is.
#[derive(Clone, Copy)]
pub(super) enum Left<'a> {
    /// Element (i, p) at `i · row + p · step`.
    Memory(&'a [f32], (usize, usize)),
    /// Element (i, p) at `i + p · ROWS`.
    Packed(&'a [f32]),
}

/// One tile: `result(i, j) = Σ_p left(i, p) · right(p, j)`.
pub(super) struct Tile<'a> {
    /// Rows wanted, at most [`ROWS`].
    pub rows: usize,
    /// Columns wanted, at most `width`.
    pub columns: usize,
    /// Columns computed; `right` has them all.
    pub width: usize,
    /// Length of the sums, at least 1.
    pub k: usize,
    pub left: Left<'a>,
    /// Element (p, j) at `p · right_step + j`.
    pub right: &'a [f32],
    pub right_step: usize,
    /// Element (i, j) at `i · row_length + j`.
    pub result: &'a mut [f32],
    pub row_length: usize,
    /// Whether to add to the result instead of replacing it.
    pub accumulate: bool,
}

/// Whether the wide tile can be used.
#[inline]
fn wide() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Columns of the tile that suits a result of `n` columns on this processor.
pub(super) fn columns(n: usize) -> usize {
    if n > 8 && wide() { 16 } else { 8 }
}

/// Computes a tile.
#[inline]
pub(super) fn run(tile: Tile) {
    match tile.width {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `columns` gives this width only where AVX2 was detected.
        16 => unsafe { with_avx2(tile) },
        _ => by_rows::<F32x4>(tile),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(tile: Tile) {
    by_rows::<avx2::F32x8>(tile);
}

/// What a tile needs of a vector.
trait Vector: Copy {
    const LANES: usize;
    fn splat(value: f32) -> Self;
    /// SAFETY: `source` must be followed by all lanes.
    unsafe fn read(source: *const f32) -> Self;
    fn store(self, target: &mut [f32]);
    fn add(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
}

impl Vector for F32x4 {
    const LANES: usize = 4;
    #[inline(always)]
    fn splat(value: f32) -> Self {
        F32x4::splat(value)
    }
    #[inline(always)]
    unsafe fn read(source: *const f32) -> Self {
        // SAFETY: the caller's promise; unaligned on purpose.
        F32x4::from_array(unsafe { source.cast::<[f32; 4]>().read_unaligned() })
    }
    #[inline(always)]
    fn store(self, target: &mut [f32]) {
        F32x4::store(self, target);
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self + other
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self * other
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    /// Eight lanes; made only where AVX2 was detected.
    #[derive(Clone, Copy)]
    pub struct F32x8(__m256);

    // SAFETY, for the whole block: used only inside `with_avx2`, into which all of it is inlined.
    impl super::Vector for F32x8 {
        const LANES: usize = 8;
        #[inline(always)]
        fn splat(value: f32) -> Self {
            F32x8(unsafe { _mm256_set1_ps(value) })
        }
        #[inline(always)]
        unsafe fn read(source: *const f32) -> Self {
            F32x8(unsafe { _mm256_loadu_ps(source) })
        }
        #[inline(always)]
        fn store(self, target: &mut [f32]) {
            let target = &mut target[..8];
            unsafe { _mm256_storeu_ps(target.as_mut_ptr(), self.0) }
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            F32x8(unsafe { _mm256_add_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            F32x8(unsafe { _mm256_mul_ps(self.0, other.0) })
        }
    }
}

#[inline(always)]
fn by_rows<V: Vector>(tile: Tile) {
    match (tile.left, tile.rows) {
        // What is packed has all rows, and steps that are known when this is compiled save address arithmetic.
        (Left::Packed(left), _) => compute::<V, ROWS>(tile, left, (1, ROWS)),
        (Left::Memory(left, steps), 1) => compute::<V, 1>(tile, left, steps),
        (Left::Memory(left, steps), 2) => compute::<V, 2>(tile, left, steps),
        (Left::Memory(left, steps), 3) => compute::<V, 3>(tile, left, steps),
        (Left::Memory(left, steps), _) => compute::<V, ROWS>(tile, left, steps),
    }
}

#[inline(always)]
fn compute<V: Vector, const M: usize>(tile: Tile, left: &[f32], (left_row, left_k): (usize, usize)) {
    let Tile { k, right, right_step, .. } = tile;
    // The loop below reads without checks; these cover all of it.
    assert!(k > 0 && (M - 1) * left_row + (k - 1) * left_k < left.len());
    assert!((k - 1) * right_step + 2 * V::LANES <= right.len());
    let mut sums = [[V::splat(0.0); 2]; ROWS];
    /// The same for every row, written out: only then do the sums stay in registers, however the engine is optimised.
    macro_rules! for_rows {
        (|$row:ident| $body:expr) => {
            for_rows!(@each $row, $body, 0 1 2 3)
        };
        (@each $row:ident, $body:expr, $($number:literal)+) => { $(
            if M > $number {
                const { assert!($number < ROWS) };
                let $row = $number;
                $body
            }
        )+ };
    }
    let (mut a, mut b) = (left.as_ptr(), right.as_ptr());
    for _ in 0..k {
        // SAFETY: both asserts above bound the last elements that are read.
        let (low, high) = unsafe { (V::read(b), V::read(b.add(V::LANES))) };
        for_rows!(|row| {
            // SAFETY: as above.
            let factor = V::splat(unsafe { *a.add(row * left_row) });
            sums[row][0] = sums[row][0].add(factor.mul(low));
            sums[row][1] = sums[row][1].add(factor.mul(high));
        });
        // Past the last round these point beyond the end, so they must not be `add`.
        (a, b) = (a.wrapping_add(left_k), b.wrapping_add(right_step));
    }
    let mut row_of_tile = [0.0f32; MOST_COLUMNS];
    // A loop, as what follows is not hurried.
    for (row, [low, high]) in sums.into_iter().enumerate().take(tile.rows.min(M)) {
        let target = &mut tile.result[row * tile.row_length..][..tile.columns];
        if tile.columns == 2 * V::LANES {
            let (first, second) = target.split_at_mut(V::LANES);
            if tile.accumulate {
                // SAFETY: each half has all lanes.
                let (before, behind) = unsafe { (V::read(first.as_ptr()), V::read(second.as_ptr())) };
                before.add(low).store(first);
                behind.add(high).store(second);
            } else {
                low.store(first);
                high.store(second);
            }
        } else {
            low.store(&mut row_of_tile);
            high.store(&mut row_of_tile[V::LANES..]);
            finish_row(target, &row_of_tile, tile.accumulate);
        }
    }
}

/// Adds to a row of the result, or writes it.
fn finish_row(target: &mut [f32], sums: &[f32; MOST_COLUMNS], accumulate: bool) {
    for (slot, &sum) in target.iter_mut().zip(sums) {
        *slot = if accumulate { *slot + sum } else { sum };
    }
}
