//! Matrix products of many shapes and layouts against double precision, and bit for bit against the one
//! order of summation that every path must keep.

use petri::cpu::gemm::{Operand, Scratch, Steps, gemm, stays_packed};
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

/// How an operand lies in memory.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Rows,
    Columns,
    /// With gaps between rows.
    Apart,
    /// Rows in runs of five, with a jump between them, that overlap from column to column.
    Windows,
    /// The same, the other way round.
    AcrossWindows,
}

/// A matrix and where its elements are: row i, column j at `first + rows[i] + columns[j]`.
struct Matrix {
    data: Vec<f32>,
    first: usize,
    rows: Vec<isize>,
    columns: Vec<isize>,
    even: Option<[isize; 2]>,
}

impl Matrix {
    fn new(rng: &mut Rng, rows: usize, columns: usize, layout: Layout) -> Matrix {
        let even = match layout {
            Layout::Rows => Some([columns as isize, 1]),
            Layout::Columns => Some([1, rows as isize]),
            Layout::Apart => Some([columns as isize + 3, 1]),
            Layout::Windows | Layout::AcrossWindows => None,
        };
        let places = |count: usize, step: isize| (0..count as isize).map(|i| i * step).collect::<Vec<_>>();
        let windows = |count: usize| (0..count as isize).map(|i| i / 5 * 9 + i % 5).collect::<Vec<_>>();
        let jumps = |count: usize| (0..count as isize).map(|i| i / 3 * 40 + i % 3).collect::<Vec<_>>();
        let (of_rows, of_columns) = match (even, layout) {
            (Some([row, column]), _) => (places(rows, row), places(columns, column)),
            (None, Layout::Windows) => (windows(rows), jumps(columns)),
            (None, _) => (jumps(rows), windows(columns)),
        };
        let last = |places: &[isize]| places.last().map_or(0, |&place| place as usize);
        let data = (0..last(&of_rows) + last(&of_columns) + 8).map(|_| rng.uniform() * 2.0 - 1.0).collect();
        Matrix { data, first: 2, rows: of_rows, columns: of_columns, even }
    }

    fn operand(&self) -> Operand<'_> {
        let (rows, columns) = match self.even {
            Some([row, column]) => (Steps::Even(row), Steps::Even(column)),
            None => (Steps::Table(&self.rows), Steps::Table(&self.columns)),
        };
        Operand { data: &self.data, offset: self.first, rows, columns }
    }

    fn at(&self, i: usize, j: usize) -> f32 {
        self.data[(self.first as isize + self.rows[i] + self.columns[j]) as usize]
    }
}

fn check(m: usize, n: usize, k: usize, of_a: Layout, of_b: Layout) {
    let rng = &mut Rng::new((m * 31 + n * 7 + k) as u32, "gemm");
    let (a, b) = (Matrix::new(rng, m, k, of_a), Matrix::new(rng, k, n, of_b));
    let mut scratch = Scratch::default();
    scratch.reserve(m, n, k);
    let mut c = vec![f32::NAN; m * n + 5];
    gemm(m, n, k, a.operand(), b.operand(), &mut c, n, &mut scratch, false);
    if stays_packed(n, k) && m > 4 {
        // The last rows once more, with what is packed by now.
        c[(m - 3) * n..].fill(f32::NAN);
        gemm(3, n, k, a.operand().from(m - 3, 0), b.operand(), &mut c[(m - 3) * n..], n, &mut scratch, true);
    }
    for i in 0..m {
        for j in 0..n {
            let want = in_order(k, |p| a.at(i, p), |p| b.at(p, j));
            let truth: f64 = (0..k).map(|p| a.at(i, p) as f64 * b.at(p, j) as f64).sum();
            let got = c[i * n + j];
            assert_eq!(got.to_bits(), want.to_bits(), "{m} × {n} × {k}, {of_a:?} {of_b:?}, at {i}, {j}");
            assert!((got as f64 - truth).abs() <= 2e-6 * (k as f64).sqrt().max(1.0));
        }
    }
    assert!(c[m * n..].iter().all(|x| x.is_nan()), "wrote beyond the result");
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_shape_and_layout_gives_the_same_bits() {
    let layouts = [Layout::Rows, Layout::Columns, Layout::Apart, Layout::Windows, Layout::AcrossWindows];
    for (of_a, of_b) in layouts.iter().flat_map(|&a| layouts.iter().map(move |&b| (a, b))) {
        for m in [0, 1, 3, 4, 9, 33] {
            for n in [0, 1, 7, 8, 9, 17, 35] {
                for k in [0, 1, 8, 31] {
                    check(m, n, k, of_a, of_b);
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
            check(m, n, k, of_a, of_b);
        }
    }
}
