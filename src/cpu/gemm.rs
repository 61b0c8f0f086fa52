//! Matrix products. Every element of a result is summed in one fixed order, whatever the shape, the
//! strides or the processor: sequentially within blocks of [`BLOCK`] along k, block sums then added
//! in turn, multiplying before adding (never fused). So transposed, batched, padded and wider code all
//! give the same bits, natively and in wasm. Loops after Goto and van de Geijn, "Anatomy of
//! high-performance matrix multiplication" (2008); the innermost one is `tile.rs`.

use super::tile::{self, Left, Tile};

/// Length of a block along k; its panel of B stays in the first-level cache.
const BLOCK: usize = 256;
/// Rows of A packed at a time: with a block of k, 128 KiB, which the second-level cache holds.
const ROWS: usize = 128;
/// Columns of B packed at a time.
const COLUMNS: usize = 1024;
/// Elements of a first-level cache that packing uses.
const HOT: usize = 8192;
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

/// How memory goes along an axis of a matrix.
#[derive(Clone, Copy)]
pub enum Steps<'a> {
    /// As many elements from each to the next.
    Even(isize),
    /// The place of each.
    Table(&'a [isize]),
}

impl Steps<'_> {
    #[inline]
    fn at(&self, index: usize) -> isize {
        match self {
            Steps::Even(step) => index as isize * step,
            Steps::Table(places) => places[index],
        }
    }

    /// How many from `first` on, and at most `most`, lie side by side.
    #[inline]
    fn run(&self, first: usize, most: usize) -> usize {
        match self {
            Steps::Even(1) => most,
            Steps::Even(_) => 1,
            Steps::Table(places) => {
                let places = &places[first..first + most];
                let next = places.iter().zip(places[0]..).position(|(&place, expected)| place != expected);
                next.unwrap_or(most)
            }
        }
    }

    fn forward(&self) -> Option<usize> {
        match self {
            Steps::Even(step) => usize::try_from(*step).ok(),
            Steps::Table(_) => None,
        }
    }
}

/// A matrix in memory: element (i, j) lies `rows` of i plus `columns` of j beyond `data[offset]`.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    /// Memory that holds it.
    pub data: &'a [f32],
    /// Where both steps begin.
    pub offset: usize,
    /// From row to row.
    pub rows: Steps<'a>,
    /// From column to column.
    pub columns: Steps<'a>,
}

impl<'a> Operand<'a> {
    fn transposed(self) -> Self {
        Operand { rows: self.columns, columns: self.rows, ..self }
    }

    #[inline]
    fn at(&self, i: usize, j: usize) -> usize {
        (self.offset as isize + self.rows.at(i) + self.columns.at(j)) as usize
    }

    /// The matrix from row `i` and column `j` on.
    pub fn from(self, i: usize, j: usize) -> Self {
        let mut offset = self.offset as isize;
        let mut advance = |steps: Steps<'a>, by: usize| match steps {
            Steps::Even(step) => {
                offset += by as isize * step;
                steps
            }
            Steps::Table(places) => Steps::Table(&places[by..]),
        };
        let (rows, columns) = (advance(self.rows, i), advance(self.columns, j));
        Operand { data: self.data, offset: offset as usize, rows, columns }
    }
}

/// `c[i · row_length + j] = Σ_p a(i, p) · b(p, j)` for i < m, j < n, p < k. `packed`: the right operand is that of the last
/// call and [`stays_packed`].
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
    packed: bool,
) {
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        (0..m).for_each(|i| c[i * row_length..][..n].fill(0.0));
        return;
    }
    if n == 1 && row_length == 1 && m > 1 {
        if matches!(a.rows, Steps::Even(1)) {
            // One row of columns that lie side by side.
            return blocks(1, m, k, b.transposed(), a.transposed(), c, m, scratch, false);
        }
        return matrix_vector(m, k, a, b, c);
    }
    blocks(m, n, k, a, b, c, row_length, scratch, packed);
}

/// Whether a right operand of `n` columns and `k` rows is packed as a whole, so that the next product can use it again.
pub fn stays_packed(n: usize, k: usize) -> bool {
    n > 1 && n <= COLUMNS && k <= BLOCK
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
            let row = |i: usize| first + i.min(count - 1);
            if a.columns.run(start, length) == length && b.rows.run(start, length) == length {
                let rows: [&[f32]; SIDE_BY_SIDE] = std::array::from_fn(|i| &a.data[a.at(row(i), start)..][..length]);
                for (p, &factor) in b.data[b.at(start, 0)..][..length].iter().enumerate() {
                    for (sum, row) in sums.iter_mut().zip(&rows) {
                        *sum += row[p] * factor;
                    }
                }
            } else {
                let rows: [usize; SIDE_BY_SIDE] = std::array::from_fn(|i| a.at(row(i), 0));
                for p in start..start + length {
                    let (factor, along) = (b.data[b.at(p, 0)], a.columns.at(p) - a.columns.at(0));
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
    packed: bool,
) {
    debug_assert!(!packed || stays_packed(n, k));
    let width = tile::columns(n);
    // Steps at which an operand is read where it lies.
    let in_b = match (b.rows.forward(), b.columns) {
        (Some(step), Steps::Even(1)) if k.min(BLOCK) * n <= SMALL || m <= 2 * tile::ROWS => Some(step),
        _ => None,
    };
    let in_a = match (a.rows.forward(), a.columns.forward()) {
        (Some(row), Some(step)) if m.min(ROWS) * k.min(BLOCK) <= SMALL || n <= 4 * width => Some((row, step)),
        _ => None,
    };
    for first_column in (0..n).step_by(COLUMNS) {
        let columns = COLUMNS.min(n - first_column);
        for first_k in (0..k).step_by(BLOCK) {
            let length = BLOCK.min(k - first_k);
            if !packed {
                pack_columns(&b.from(first_k, first_column), length, columns, width, in_b.is_some(), &mut scratch.b);
            }
            for first_row in (0..m).step_by(ROWS) {
                let rows = ROWS.min(m - first_row);
                if in_a.is_none() {
                    pack(&a.from(first_row, first_k), rows, length, tile::ROWS, &mut scratch.a);
                }
                for column in (0..columns).step_by(width) {
                    let whole = column + width <= columns;
                    let (right, right_step) = match in_b {
                        Some(step) if whole => (&b.data[b.at(first_k, first_column + column)..], step),
                        _ => (&scratch.b[column * length..], width),
                    };
                    for row in (0..rows).step_by(tile::ROWS) {
                        let left = match in_a {
                            Some(steps) => Left::Memory(&a.data[a.at(first_row + row, first_k)..], steps),
                            None => Left::Packed(&scratch.a[row * length..]),
                        };
                        tile::run(Tile {
                            rows: tile::ROWS.min(rows - row),
                            columns: width.min(columns - column),
                            width,
                            k: length,
                            left,
                            right,
                            right_step,
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
fn pack_columns(b: &Operand, length: usize, columns: usize, width: usize, only_last: bool, packed: &mut [f32]) {
    let start = if only_last { columns / width * width } else { 0 };
    pack(&b.from(0, start).transposed(), columns - start, length, width, &mut packed[start * length..]);
}

/// Copies the source into panels of `width` rows each, the last filled up with zeros. Where rows lie side by side, a line of memory goes to several panels, so
/// these are filled a few columns at a time, while the lines stay in the first-level cache.
fn pack(source: &Operand, rows: usize, length: usize, width: usize, packed: &mut [f32]) {
    if rows == 0 {
        return;
    }
    let side_by_side = source.rows.run(0, width.min(rows)) > 1;
    let portion = if side_by_side { (HOT / rows).clamp(8, 64) } else { length };
    for p in (0..length).step_by(portion) {
        let portion = portion.min(length - p);
        for row in (0..rows).step_by(width) {
            let panel = &mut packed[row * length + p * width..][..portion * width];
            pack_panel(&source.from(row, p), width.min(rows - row), portion, width, panel);
        }
    }
}

/// `panel[p · width + i] = source(i, p)` for i < count, zero for the other i < width.
fn pack_panel(source: &Operand, count: usize, length: usize, width: usize, panel: &mut [f32]) {
    if count < width {
        panel.fill(0.0);
    }
    if source.rows.run(0, count) == count {
        return match width {
            4 if count == 4 => pack_whole::<4>(source, panel),
            8 if count == 8 => pack_whole::<8>(source, panel),
            #[cfg(target_arch = "x86_64")]
            16 if count == 16 => pack_whole::<16>(source, panel),
            _ => {
                for (p, target) in panel.chunks_exact_mut(width).enumerate() {
                    let from = &source.data[source.at(0, p)..][..count];
                    for (to, &one) in target.iter_mut().zip(from) {
                        *to = one;
                    }
                }
            }
        };
    }
    if source.columns.run(0, length.min(4)) < length.min(4) {
        return gather_panel(source, count, length, width, panel);
    }
    let mut p = 0;
    while p < length {
        let run = source.columns.run(p, length - p);
        pack_lines(&source.from(0, p), count, run, width, &mut panel[p * width..]);
        p += run;
    }
}

/// As [`pack_panel`], with rows that lie side by side and fill the panel.
fn pack_whole<const WIDTH: usize>(source: &Operand, panel: &mut [f32]) {
    let (targets, _) = panel.as_chunks_mut::<WIDTH>();
    let copy = |target: &mut [f32; WIDTH], place: isize| {
        let from: &[f32] = &source.data[place as usize..][..WIDTH];
        if let Some(from) = from.first_chunk::<WIDTH>() {
            *target = *from;
        }
    };
    let first = source.offset as isize + source.rows.at(0);
    match source.columns {
        Steps::Even(step) => {
            let mut place = first;
            for target in targets {
                copy(target, place);
                place += step;
            }
        }
        Steps::Table(places) => targets.iter_mut().zip(places).for_each(|(target, place)| copy(target, first + place)),
    }
}

/// As [`pack_panel`], element by element.
fn gather_panel(source: &Operand, count: usize, length: usize, width: usize, panel: &mut [f32]) {
    let mut places = [0; tile::MOST_COLUMNS];
    places[..count].iter_mut().enumerate().for_each(|(i, place)| *place = source.rows.at(i));
    for (p, target) in panel.chunks_exact_mut(width).enumerate().take(length) {
        let start = source.offset as isize + source.columns.at(p);
        for (to, place) in target.iter_mut().zip(&places[..count]) {
            *to = source.data[(start + place) as usize];
        }
    }
}

/// As [`pack_panel`], with columns that lie side by side.
fn pack_lines(source: &Operand, count: usize, length: usize, width: usize, panel: &mut [f32]) {
    let mut i = 0;
    // Squares of four rows by four, so that each load and each store takes what lies side by side.
    while i + 4 <= count {
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
        let start = source.at(i, 0);
        for (p, value) in source.data[start..][..length].iter().enumerate() {
            panel[p * width + i] = *value;
        }
    }
}
