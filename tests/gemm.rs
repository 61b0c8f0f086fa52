//! Matrix products of many shapes and layouts against double precision, and bit for bit against the one
//! order of summation that every path must keep.

use petri::cpu::gemm::{Operand, Scratch, gemm};
use petri::rng::Rng;

/// The definition: blocks of 256 along k, each summed in order, then added in turn.
fn in_order(k: usize, a: impl Fn(usize) -> f32, b: impl Fn(usize) -> f32) -> f32 {
    let mut total = None;
    for start in (0..k).step_by(256) {
        let block = (start..k.min(start + 256)).fold(0.0f32, |sum, p| sum + a(p) * b(p));
        total = Some(total.map_or(block, |total: f32| total + block));
    }
    total.unwrap_or(0.0)
}

fn operand(matrix: &(Vec<f32>, isize, isize), offset: usize) -> Operand<'_> {
    let &(ref data, row_stride, col_stride) = matrix;
    Operand { data, offset, row_stride, col_stride }
}

fn check(m: usize, n: usize, k: usize, transpose_a: bool, transpose_b: bool, gap: usize) {
    let mut rng = Rng::new((m * 31 + n * 7 + k) as u32, "gemm");
    let mut make = |rows: usize, columns: usize, transposed: bool| {
        let (outer, inner) = if transposed { (columns, rows) } else { (rows, columns) };
        let stride = inner + gap;
        let data: Vec<f32> = (0..outer * stride + 3).map(|_| rng.uniform() * 2.0 - 1.0).collect();
        let (row_stride, col_stride) = if transposed { (1, stride as isize) } else { (stride as isize, 1) };
        (data, row_stride, col_stride)
    };
    let (a, b) = (make(m, k, transpose_a), make(k, n, transpose_b));
    let (left, right) = (operand(&a, 2), operand(&b, 1));
    let mut scratch = Scratch::default();
    scratch.reserve(m, n, k);
    let mut c = vec![f32::NAN; m * n + 5];
    gemm(m, n, k, left, right, &mut c, n, &mut scratch);
    let element = |o: &Operand, i: usize, j: usize| {
        o.data[(o.offset as isize + i as isize * o.row_stride + j as isize * o.col_stride) as usize]
    };
    for i in 0..m {
        for j in 0..n {
            let want = in_order(k, |p| element(&left, i, p), |p| element(&right, p, j));
            let truth: f64 = (0..k).map(|p| element(&left, i, p) as f64 * element(&right, p, j) as f64).sum();
            let got = c[i * n + j];
            assert_eq!(got.to_bits(), want.to_bits(), "{m} × {n} × {k}, {transpose_a} {transpose_b}, at {i}, {j}");
            assert!((got as f64 - truth).abs() <= 2e-6 * (k as f64).sqrt().max(1.0));
        }
    }
    assert!(c[m * n..].iter().all(|x| x.is_nan()), "wrote beyond the result");
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_shape_and_layout_gives_the_same_bits() {
    let layouts = [(false, false), (true, false), (false, true), (true, true)];
    for (transpose_a, transpose_b) in layouts {
        for m in [0, 1, 2, 3, 4, 5, 9, 33] {
            for n in [0, 1, 2, 7, 8, 9, 16, 17, 35] {
                for k in [0, 1, 2, 8, 31] {
                    for gap in [0, 3] {
                        check(m, n, k, transpose_a, transpose_b, gap);
                    }
                }
            }
        }
        for (m, n, k) in [
            (3, 5, 257),
            (1, 40, 600),
            (40, 1, 600),
            (67, 71, 530),
            (130, 9, 256),
            (200, 40, 70),
            (2, 1100, 300),
            (150, 1030, 260),
        ] {
            check(m, n, k, transpose_a, transpose_b, 0);
        }
    }
}
