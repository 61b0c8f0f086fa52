//! Matrix products. Every element of a result is summed in one fixed order, whatever the shape, the
//! strides or the processor: sequentially within blocks of [`BLOCK`] along k, block sums then added
//! in turn, multiplying before adding (never fused). So transposed, batched, padded and wider code all
//! give the same bits, natively and in wasm. Loops after Goto and van de Geijn, "Anatomy of
//! high-performance matrix multiplication" (2008); the innermost one is `tile.rs`.

use super::tile::{self, Tile};

/// Length of a block along k; its panel of B stays in the first-level cache.
const BLOCK: usize = 256;
/// Rows of A packed at a time: with a block of k, 128 KiB, which the second-level cache holds.
const ROWS: usize = 128;
/// Columns of B packed at a time.
const COLUMNS: usize = 1024;
/// An operand with at most this many elements is read where it lies if its layout allows.
const SMALL: usize = 12288;

/// Memory for packed operands, made when a machine is built.
#[derive(Default)]
pub struct Scratch {
    a: Vec<f32>,
    b: Vec<f32>,
}

impl Scratch {
    /// Makes room for products of these sizes.
    pub fn reserve(&mut self, m: usize, n: usize, k: usize) {
        let k = k.min(BLOCK);
        let n = if n == 1 { m } else { n }; // such a product may run as its transpose
        let a = m.min(ROWS).next_multiple_of(tile::ROWS) * k;
        let b = n.min(COLUMNS).next_multiple_of(tile::MOST_COLUMNS) * k;
        self.a.resize(self.a.len().max(a), 0.0);
        self.b.resize(self.b.len().max(b), 0.0);
    }
}

/// A matrix in memory: element (i, j) is `data[offset + i · row_stride + j · col_stride]`.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    /// Memory that holds it.
    pub data: &'a [f32],
    /// Element (0, 0).
    pub offset: usize,
    /// Elements between rows.
    pub row_stride: isize,
    /// Elements between columns.
    pub col_stride: isize,
}

impl<'a> Operand<'a> {
    fn transposed(self) -> Self {
        Operand { row_stride: self.col_stride, col_stride: self.row_stride, ..self }
    }

    fn at(&self, i: usize, j: usize) -> usize {
        (self.offset as isize + i as isize * self.row_stride + j as isize * self.col_stride) as usize
    }
}

/// `c[i · row_length + j] = Σ_p a(i, p) · b(p, j)` for i < m, j < n, p < k.
#[allow(clippy::too_many_arguments)] // sizes, operands, result: what a product is
pub fn gemm(
    m: usize,
    n: usize,
    k: usize,
    a: Operand,
    b: Operand,
    c: &mut [f32],
    row_length: usize,
    scratch: &mut Scratch,
) {
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        (0..m).for_each(|i| c[i * row_length..][..n].fill(0.0));
        return;
    }
    if n == 1 && row_length == 1 && m > 1 {
        if a.row_stride == 1 {
            // One row of columns that lie side by side.
            return blocks(1, m, k, b.transposed(), a.transposed(), c, m, scratch);
        }
        return matrix_vector(m, k, a, b, c);
    }
    blocks(m, n, k, a, b, c, row_length, scratch);
}

/// Inner products of rows, eight at a time, so that the processor has independent sums to work on.
fn matrix_vector(m: usize, k: usize, a: Operand, b: Operand, c: &mut [f32]) {
    const SIDE_BY_SIDE: usize = 8;
    for start in (0..k).step_by(BLOCK) {
        let length = BLOCK.min(k - start);
        for first in (0..m).step_by(SIDE_BY_SIDE) {
            let count = SIDE_BY_SIDE.min(m - first);
            let mut sums = [0.0f32; SIDE_BY_SIDE];
            // Missing rows repeat the last; their sums are not used.
            let rows: [usize; SIDE_BY_SIDE] = std::array::from_fn(|i| a.at(first + i.min(count - 1), start));
            if a.col_stride == 1 && b.row_stride == 1 {
                let rows = rows.map(|row| &a.data[row..][..length]);
                for (p, &factor) in b.data[b.at(start, 0)..][..length].iter().enumerate() {
                    for (sum, row) in sums.iter_mut().zip(&rows) {
                        *sum += row[p] * factor;
                    }
                }
            } else {
                for p in 0..length {
                    let (factor, along) = (b.data[b.at(start + p, 0)], p as isize * a.col_stride);
                    for (sum, &row) in sums.iter_mut().zip(&rows) {
                        *sum += a.data[(row as isize + along) as usize] * factor;
                    }
                }
            }
            for (slot, sum) in c[first..][..count].iter_mut().zip(sums) {
                *slot = if start == 0 { sum } else { *slot + sum };
            }
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn blocks(
    m: usize,
    n: usize,
    k: usize,
    a: Operand,
    b: Operand,
    c: &mut [f32],
    row_length: usize,
    scratch: &mut Scratch,
) {
    let width = tile::columns(n);
    let read_b = b.col_stride == 1 && b.row_stride >= 0 && (k.min(BLOCK) * n <= SMALL || m <= 2 * tile::ROWS);
    let read_a = a.row_stride >= 0 && a.col_stride >= 0 && (m.min(ROWS) * k.min(BLOCK) <= SMALL || n <= 4 * width);
    for first_column in (0..n).step_by(COLUMNS) {
        let columns = COLUMNS.min(n - first_column);
        for first_k in (0..k).step_by(BLOCK) {
            let length = BLOCK.min(k - first_k);
            pack_columns(&b, first_k, length, first_column, columns, width, read_b, &mut scratch.b);
            for first_row in (0..m).step_by(ROWS) {
                let rows = ROWS.min(m - first_row);
                if !read_a {
                    pack_rows(&a, first_row, rows, first_k, length, &mut scratch.a);
                }
                for column in (0..columns).step_by(width) {
                    let whole = column + width <= columns;
                    let (right, right_stride) = if read_b && whole {
                        (&b.data[b.at(first_k, first_column + column)..], b.row_stride as usize)
                    } else {
                        (&scratch.b[column * length..], width)
                    };
                    for row in (0..rows).step_by(tile::ROWS) {
                        let (left, left_row, left_k) = if read_a {
                            let at = a.at(first_row + row, first_k);
                            (&a.data[at..], a.row_stride as usize, a.col_stride as usize)
                        } else {
                            (&scratch.a[row * length..], 1, tile::ROWS)
                        };
                        tile::run(Tile {
                            rows: tile::ROWS.min(rows - row),
                            columns: width.min(columns - column),
                            width,
                            k: length,
                            left,
                            left_row,
                            left_k,
                            right,
                            right_stride,
                            result: &mut c[(first_row + row) * row_length + first_column + column..],
                            row_length,
                            accumulate: first_k > 0,
                        });
                    }
                }
            }
        }
    }
}

/// Copies a block of B into panels `width` wide, the last filled up with zeros. With `only_last`, only a
/// panel that needs filling up.
#[allow(clippy::too_many_arguments)]
fn pack_columns(
    b: &Operand,
    first_k: usize,
    length: usize,
    first: usize,
    columns: usize,
    width: usize,
    only_last: bool,
    packed: &mut [f32],
) {
    let start = if only_last { columns / width * width } else { 0 };
    for column in (start..columns).step_by(width) {
        let count = width.min(columns - column);
        let panel = &mut packed[column * length..][..width * length];
        let source = Operand { offset: b.at(first_k, first + column), ..*b };
        pack_panel(&source.transposed(), count, length, width, panel);
    }
}

/// Copies a block of A into panels of as many rows as a tile has; rows beyond the last are zero.
fn pack_rows(a: &Operand, first: usize, rows: usize, first_k: usize, length: usize, packed: &mut [f32]) {
    for row in (0..rows).step_by(tile::ROWS) {
        let count = tile::ROWS.min(rows - row);
        let panel = &mut packed[row * length..][..tile::ROWS * length];
        let source = Operand { offset: a.at(first + row, first_k), ..*a };
        pack_panel(&source, count, length, tile::ROWS, panel);
    }
}

/// `panel[p · width + i] = source(i, p)` for i < count, zero for the other i < width.
fn pack_panel(source: &Operand, count: usize, length: usize, width: usize, panel: &mut [f32]) {
    if count < width {
        panel.fill(0.0);
    }
    if source.row_stride == 1 {
        for (p, target) in panel.chunks_exact_mut(width).enumerate().take(length) {
            // Fours as a type of their own, so that no call is made for so few elements.
            let (fours, rest) = source.data[source.at(0, p)..][..count].as_chunks::<4>();
            let (to, _) = target.as_chunks_mut::<4>();
            for (to, four) in to.iter_mut().zip(fours) {
                *to = *four;
            }
            for (to, &one) in target[count - rest.len()..].iter_mut().zip(rest) {
                *to = one;
            }
        }
        return;
    }
    // Squares of four rows by four, so that each load and each store takes what lies side by side.
    let mut i = 0;
    while source.col_stride == 1 && i + 4 <= count {
        let row = |r: usize| source.data[source.at(i + r, 0)..][..length].as_chunks::<4>();
        let ((a, a_rest), (b, b_rest), (c, c_rest), (d, d_rest)) = (row(0), row(1), row(2), row(3));
        // Widths are whole lanes.
        let (to, _) = panel.as_chunks_mut::<4>();
        let (first, step) = (i / 4, width / 4);
        for q in 0..a.len().min(b.len()).min(c.len()).min(d.len()) {
            let (a, b, c, d) = (a[q], b[q], c[q], d[q]);
            let at = first + 4 * q * step;
            to[at] = [a[0], b[0], c[0], d[0]];
            to[at + step] = [a[1], b[1], c[1], d[1]];
            to[at + 2 * step] = [a[2], b[2], c[2], d[2]];
            to[at + 3 * step] = [a[3], b[3], c[3], d[3]];
        }
        for p in 0..a_rest.len() {
            to[first + (4 * a.len() + p) * step] = [a_rest[p], b_rest[p], c_rest[p], d_rest[p]];
        }
        i += 4;
    }
    for i in i..count {
        for p in 0..length {
            panel[p * width + i] = source.data[source.at(i, p)];
        }
    }
}
