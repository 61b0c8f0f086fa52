//! Matrix products as shaders: tiles around `shaders/matmul.wgsl`, or sums of products where those do not pay.

use super::code::{Bindings, Point, push, write_body, write_stores};
use super::emit::{Part, finish, merge_axes, strides_of};
use super::tiling::Tile;
use crate::graph::{DType, Func};
use crate::ops::reduce::Reduction;
use crate::plan::{Access, Body, Instruction, MatMulKernel, ReduceKernel};

const MATMUL: &str = include_str!("../../shaders/matmul.wgsl");

/// A small product as what it is: sums of products, whose inner axis several invocations can share.
pub(super) fn as_reduction(kernel: &MatMulKernel) -> ReduceKernel {
    let MatMulKernel { batch, rows, columns, inner, a, b, .. } = kernel;
    // Iteration over batch.., rows.., columns.., inner..
    let operand = |access: &Access, row: &[i64], column: &[i64], inner: &[i64]| {
        let strides = [&access.strides[..batch.len()], row, column, inner].concat();
        Instruction::Load(Access { strides, ..access.clone() })
    };
    let (of_a, of_b) = (&a.strides[batch.len()..], &b.strides[batch.len()..]);
    let ((a_rows, a_inner), (b_inner, b_columns)) = (of_a.split_at(rows.len()), of_b.split_at(inner.len()));
    let instructions = vec![
        operand(a, a_rows, &vec![0; columns.len()], a_inner),
        operand(b, &vec![0; rows.len()], b_columns, b_inner),
        Instruction::Apply(Func::Mul, vec![0, 1]),
    ];
    // What follows counts rows and columns as one axis each.
    let (mut epilogue, mut stores) = (kernel.epilogue.clone(), kernel.stores.clone());
    let of_stores = stores.iter_mut().map(|store| &mut store.access.strides);
    for strides in strides_of(&mut epilogue).into_iter().chain(of_stores) {
        let column = strides.pop().unwrap_or(0);
        let row = strides.pop().unwrap_or(0);
        for (extents, step) in [(rows, row), (columns, column)] {
            strides.extend(crate::graph::strides(extents).iter().map(|&within| step * within as i64));
        }
    }
    ReduceKernel {
        kept: [&batch[..], rows, columns].concat(),
        reduced: inner.clone(),
        kind: Reduction::Sum,
        prologue: Body { instructions },
        value: 2,
        epilogue,
        stores,
    }
}

/// A product in tiles.
pub(super) fn matmul(mut kernel: MatMulKernel, tile: &Tile, bindings: &Bindings) -> Option<Part> {
    let (m, n, k) = (kernel.m(), kernel.n(), kernel.k());
    let rank = kernel.batch.len();
    // Strides over the batch axes stay where they are, the others are taken off.
    let mut a_rows = kernel.a.strides.split_off(rank);
    let mut a_inner = a_rows.split_off(kernel.rows.len());
    let mut b_inner = kernel.b.strides.split_off(rank);
    let mut b_columns = b_inner.split_off(kernel.inner.len());
    merge_axes(&mut kernel.rows, 0, &mut [&mut a_rows]);
    merge_axes(&mut kernel.columns, 0, &mut [&mut b_columns]);
    merge_axes(&mut kernel.inner, 0, &mut [&mut a_inner, &mut b_inner]);
    {
        let mut all = vec![&mut kernel.a.strides, &mut kernel.b.strides];
        all.extend(strides_of(&mut kernel.epilogue));
        all.extend(kernel.stores.iter_mut().map(|store| &mut store.access.strides));
        merge_axes(&mut kernel.batch, 0, &mut all);
    }
    let batches: usize = kernel.batch.iter().product();
    let &Tile { side, across, depth, held } = tile;
    let (tiles_m, tiles_n) = (m.div_ceil(side), n.div_ceil(side));
    let batch = Point::from_flat("batch", &kernel.batch, "i");
    let row = Point::from_flat("row", &kernel.rows, "row_");
    let column = Point::from_flat("column", &kernel.columns, "column_");
    let inner = Point::from_flat("inner", &kernel.inner, "inner_");
    let element = |access: &Access, [first, second]: [(&Point, &[i64]); 2]| {
        let strides = [&access.strides[..], first.1, second.1].concat();
        let point = batch.join(first.0).join(second.0);
        let text = format!("{}[{}]", bindings.name(access.buffer), point.index(access.offset, &strides));
        let define = [&batch, first.0, second.0].map(|point| point.define(1, &text)).concat();
        (define, text)
    };
    let left = element(&kernel.a, [(&row, &a_rows), (&inner, &a_inner)]);
    let right = element(&kernel.b, [(&inner, &b_inner), (&column, &b_columns)]);
    // Only what does not divide into whole tiles can lie outside.
    let outside = |checks: [(&str, &str, bool); 2]| {
        let needed: Vec<String> = checks
            .iter()
            .filter(|(_, _, needed)| *needed)
            .map(|(name, extent, _)| format!("{name} >= {extent}"))
            .collect();
        if needed.is_empty() { "false".to_owned() } else { needed.join(" || ") }
    };
    // Neighbouring invocations read along the axis that memory runs along.
    let order = |inner: &[i64]| {
        if inner.last().is_some_and(|step| step.abs() == 1) {
            ("slot % depth", "slot / depth")
        } else {
            ("slot / quads", "slot % quads")
        }
    };
    let (left_order, right_order) = (order(&a_inner), order(&b_inner));
    let whole = Point { extents: vec![m, n], coordinates: ["row", "column"].map(str::to_owned).to_vec(), flat: None };
    let point = batch.join(&whole);
    let mut epilogue = write_body(4, &kernel.epilogue, "e", bindings, &point);
    epilogue += &write_stores(4, (&kernel.stores, &kernel.epilogue), DType::F32, "e", bindings, &point);
    let epilogue = batch.define(4, &epilogue) + &epilogue;
    let registers = Registers::new(tile);
    let constants = [
        ("m", m),
        ("n", n),
        ("k", k),
        ("batches", batches),
        ("tiles_m", tiles_m),
        ("tiles_n", tiles_n),
        ("side", side),
        ("across", across),
        ("depth", depth),
        ("threads", tile.threads()),
        ("rows", 4 * registers.quads),
        ("held", held),
    ];
    let parts = [
        ("left_outside", &*outside([("row", "m", m % side != 0), ("inner", "k", k % depth != 0)])),
        ("left_axes", &left.0),
        ("left_element", &left.1),
        ("left_inner", left_order.0),
        ("left_quad", left_order.1),
        ("right_outside", &*outside([("column", "n", n % side != 0), ("inner", "k", k % depth != 0)])),
        ("right_axes", &right.0),
        ("right_element", &right.1),
        ("right_inner", right_order.0),
        ("right_quad", right_order.1),
        ("sums", &registers.sums()),
        ("products", &registers.products()),
        ("slices", &registers.slices()),
        ("epilogue", &epilogue),
    ];
    let mut part = finish(MATMUL, &constants, &parts, batches * tiles_m * tiles_n, tile.threads())?;
    part.tiles = tile.memory();
    Some(part)
}

/// The sums of an invocation, written out: `sum<row>_<quad>` are four neighbouring columns of a row. Its rows are taken by
/// four, and its columns too, as many tiles' worth of invocations apart as there are such quads along the tile.
struct Registers<'a> {
    tile: &'a Tile,
    /// Fours of rows, and of columns.
    quads: usize,
}

impl Registers<'_> {
    fn new(tile: &Tile) -> Registers<'_> {
        Registers { tile, quads: tile.side / 4 / tile.across }
    }

    /// Every row with every quad of columns.
    fn each(&self, depth: usize, rows: std::ops::Range<usize>, line: impl Fn(usize, usize) -> String) -> String {
        let mut text = String::new();
        for row in rows {
            (0..self.quads).for_each(|quad| push(&mut text, depth, &line(row, quad)));
        }
        text
    }

    /// Declares them.
    fn sums(&self) -> String {
        self.each(1, 0..4 * self.quads, |row, quad| format!("var sum{row}_{quad} = vec4<f32>();"))
    }

    /// Adds the products of one inner element.
    fn products(&self) -> String {
        let mut text = String::new();
        for quad in 0..self.quads {
            let apart = quad * self.tile.across;
            push(&mut text, 3, &format!("let a{quad} = tiles[inner * pitch + thread_row + {apart}u];"));
            push(&mut text, 3, &format!("let b{quad} = tiles[(depth + inner) * pitch + thread_column + {apart}u];"));
        }
        let add = |row, quad| format!("sum{row}_{quad} += a{}.{} * b{quad};", row / 4, ["x", "y", "z", "w"][row % 4]);
        text + &self.each(3, 0..4 * self.quads, add)
    }

    /// Brings the rows of a slice to workgroup memory.
    fn slices(&self) -> String {
        let &Tile { side, across, held, .. } = self.tile;
        let mut text = String::new();
        for first in (0..4 * self.quads).step_by(held) {
            let at = |row: usize, quad: usize| (row - first) * side / 4 + quad * across;
            let store = |row, quad| format!("tiles[thread + {}u] = sum{row}_{quad};", at(row, quad));
            push(&mut text, 2, &format!("if (slice == {first}u) {{"));
            text += &self.each(3, first..first + held, store);
            push(&mut text, 2, "}");
        }
        text
    }
}
