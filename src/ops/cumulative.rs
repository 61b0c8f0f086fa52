//! Running sums, as products with triangular matrices: their derivative is the product with the transpose.

use crate::graph::{Error, Graph, Result, Var};

/// Up to this many elements are summed by one product; longer axes by blocks of half of it.
const MOST_DIRECT: usize = 64;
const BLOCK: usize = MOST_DIRECT / 2;

/// Which elements enter a running sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Running {
    /// Sum what follows, instead of what comes before.
    pub reverse: bool,
    /// Leave the element itself out.
    pub exclusive: bool,
}

impl Graph {
    /// Running sum along `axis`: element i of the result is the sum of elements 0 to i (with `reverse`, i to the
    /// last; with `exclusive`, without i itself). Elements must be finite: an infinity spoils its whole block.
    ///
    /// An axis of n elements costs n multiply-adds an element up to n = 64; beyond that, blocks of 32 are summed and
    /// the sums of the blocks are summed in the same way: 32 and a little, for any n.
    pub fn cumulative_sum(&mut self, a: Var, axis: usize, running: Running) -> Result<Var> {
        let shape = self.shape(a).to_vec();
        if axis >= shape.len() {
            return Err(Error::new(
                format!("cumulative sum {}", self.node(a).label),
                format!("axis {axis} is not in {shape:?}"),
                "use an axis that exists",
            ));
        }
        let last = shape.len() - 1;
        let rows = self.move_axis(a, axis, last)?;
        let sums = self.running_sums(rows, running)?;
        self.move_axis(sums, last, axis)
    }

    /// Running sums along the last axis.
    fn running_sums(&mut self, a: Var, running: Running) -> Result<Var> {
        let shape = self.shape(a).to_vec();
        let last = shape.len() - 1;
        let extent = shape[last];
        if extent <= MOST_DIRECT {
            let wide = if last == 0 { self.unsqueeze(a, 0)? } else { a };
            let triangle = self.running_matrix(extent, running)?;
            let sums = self.matmul(wide, triangle)?;
            return self.reshape(sums, &shape);
        }
        // Filled with zeros at the end, which change no sum of other elements.
        let blocks = extent.div_ceil(BLOCK);
        let missing = blocks * BLOCK - extent;
        let mut full = a;
        if missing > 0 {
            let zeros = self.constant(0.0, &[&shape[..last], &[missing]].concat())?;
            full = self.concatenate(&[a, zeros], last)?;
        }
        let cut = self.reshape(full, &[&shape[..last], &[blocks, BLOCK]].concat())?;
        let triangle = self.running_matrix(BLOCK, running)?;
        let within = self.matmul(cut, triangle)?;
        let totals = self.sum(cut, &[last + 1])?;
        let before = self.running_sums(totals, Running { exclusive: true, ..running })?;
        let before = self.unsqueeze(before, last + 1)?;
        let sums = self.add(within, before)?;
        let sums = self.reshape(sums, &[&shape[..last], &[blocks * BLOCK]].concat())?;
        self.slice(sums, last, 0, 1, extent)
    }

    /// `[n, n]`: 1 where element `row` enters sum `column`.
    fn running_matrix(&mut self, n: usize, running: Running) -> Result<Var> {
        // In the lower triangle a row has its own and the columns before; it is the matrix of the reverse sum.
        let lower = self.triangle(n, n, if running.exclusive { -1 } else { 0 })?;
        if running.reverse { Ok(lower) } else { self.transpose(lower) }
    }

    /// `[rows, columns]`, 1 where column ≤ row + `diagonal` and 0 above: the mask of causal attention for 0.
    pub fn triangle(&mut self, rows: usize, columns: usize, diagonal: isize) -> Result<Var> {
        let (row, column) = (self.iota(&[rows, 1])?, self.iota(&[1, columns])?);
        let (row, column) = (self.to_f32(row)?, self.to_f32(column)?);
        let edge = self.add_number(row, diagonal as f32 + 0.5)?;
        self.less(column, edge)
    }
}
