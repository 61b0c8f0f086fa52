//! Matrix products of many shapes and layouts, and thresholds that force each way of computing them on small shapes.

use super::leaf;
use petri::gpu::Tiling;
use petri::graph::{Graph, Result, Var};
use petri::ops::window::Window;

const NEVER: usize = usize::MAX;

/// Tiles of the smallest size wherever they are possible, and nothing in parts.
const SMALL: Tiling = Tiling {
    small: 1,
    medium: NEVER,
    large: NEVER,
    most_waste: 1_000_000,
    long: NEVER,
    part: 1,
    enough: NEVER,
    wanted: 1,
    fewest: 1,
};

/// In parts of at least 8 elements, up to 5 of them for a product of one tile.
const PARTS: Tiling = Tiling { long: 16, part: 8, wanted: 5, ..SMALL };

/// Each way, with a constant that the shader of such a product has.
pub const TILINGS: &[(&str, Tiling, Constant)] = &[
    ("tiles of 32", SMALL, ("side", "32u")),
    ("tiles of 64", Tiling { medium: 1, ..SMALL }, ("side", "64u")),
    ("tiles of 128", Tiling { large: 1, ..SMALL }, ("side", "128u")),
    ("parts", PARTS, ("side", "32u")),
    ("parts in tiles of 64", Tiling { medium: 1, ..PARTS }, ("side", "64u")),
    ("parts as sums", Tiling { small: NEVER, ..PARTS }, ("reduced", "")),
];

/// Name and value in a shader; an empty value stands for any.
pub type Constant = (&'static str, &'static str);

/// Whether a shader has a constant; kernels that share a shader number theirs.
pub fn has(text: &str, (name, value): Constant) -> bool {
    let is_it = |line: &str| {
        let rest = line.strip_prefix("const ").and_then(|line| line.strip_prefix(name));
        let rest = rest.and_then(|rest| rest.split_once(" = "));
        rest.is_some_and(|(number, is)| (number.is_empty() || number.starts_with('_')) && is.starts_with(value))
    };
    text.lines().any(is_it)
}

/// A product, large enough for tiles.
pub struct Product {
    pub name: String,
    pub make: Make,
}

type Make = Box<dyn Fn(&mut Graph, &mut Vec<Var>) -> Result<Var>>;

fn product(name: &str, make: impl Fn(&mut Graph, &mut Vec<Var>) -> Result<Var> + 'static) -> Product {
    Product { name: name.to_owned(), make: Box::new(make) }
}

const RANGE: (f64, f64) = (-2.0, 2.0);

/// `[batch.., m, k] · [batch.., k, n]`; either operand may lie transposed.
pub fn matrices(batch: &[usize], [m, n, k]: [usize; 3], [left, right]: [bool; 2]) -> Product {
    let batch = batch.to_vec();
    let name = format!("{batch:?} {m}×{n}×{k}, transposed: {left} {right}");
    product(&name, move |g, l| {
        let mut operand = |rows: usize, columns: usize, transposed: bool| {
            let [first, second] = if transposed { [columns, rows] } else { [rows, columns] };
            let a = leaf(g, l, &[&batch[..], &[first, second]].concat(), RANGE);
            if transposed { g.transpose(a) } else { Ok(a) }
        };
        let (a, b) = (operand(m, k, left)?, operand(k, n, right)?);
        g.matmul(a, b)
    })
}

/// Whole tiles and every ragged edge of each, operands of every layout, and what may follow a product.
pub fn all() -> Vec<Product> {
    let mut all = Vec::new();
    let shapes = [
        [16, 16, 16],
        [32, 32, 32],
        [64, 64, 48],
        [128, 128, 16],
        [33, 65, 17],
        [127, 129, 41],
        [200, 31, 23],
        [17, 140, 100],
        [20, 24, 331],
    ];
    for (number, shape) in shapes.into_iter().enumerate() {
        all.push(matrices(&[], shape, [number % 2 == 1, number % 4 > 1]));
    }
    for transposed in [[false, false], [true, false], [false, true], [true, true]] {
        all.push(matrices(&[], [70, 50, 39], transposed));
        all.push(matrices(&[2, 3], [36, 18, 21], transposed));
    }
    all.push(product("one left operand for all of a batch", |g, l| {
        let (a, b) = (leaf(g, l, &[40, 30], RANGE), leaf(g, l, &[3, 30, 50], RANGE));
        g.matmul(a, b)
    }));
    all.push(product("backwards and with gaps", |g, l| {
        let (a, b) = (leaf(g, l, &[70, 90], RANGE), leaf(g, l, &[90, 120], RANGE));
        let a = g.slice(a, 1, 85, -2, 40)?;
        let (b, a) = (g.slice(b, 0, 5, 2, 40)?, g.slice(a, 0, 68, -1, 66)?);
        let b = g.slice(b, 1, 1, 3, 35)?;
        g.matmul(a, b)
    }));
    all.push(product("bias, activation and what is added", |g, l| {
        let (a, b) = (leaf(g, l, &[2, 67, 45], RANGE), leaf(g, l, &[2, 45, 35], RANGE));
        let (bias, other) = (leaf(g, l, &[35], RANGE), leaf(g, l, &[2, 67, 35], RANGE));
        let p = g.matmul(a, b)?;
        let p = g.mul_number(p, 0.1)?;
        let p = g.add(p, bias)?;
        let p = g.tanh(p)?;
        g.add(p, other)
    }));
    all.push(product("several inner axes that are not one", |g, l| {
        let (a, b) = (leaf(g, l, &[7, 40, 9], RANGE), leaf(g, l, &[9, 7, 50], RANGE));
        g.einsum("aib,baj->ij", &[a, b])
    }));
    all.push(product("several rows and columns", |g, l| {
        let (a, b) = (leaf(g, l, &[5, 40, 9], RANGE), leaf(g, l, &[6, 40, 7], RANGE));
        g.einsum("iaj,kal->ijkl", &[a, b])
    }));
    all.push(product("windows that overlap", |g, l| {
        let (a, b) = (leaf(g, l, &[20, 21], RANGE), leaf(g, l, &[5, 6, 19], RANGE));
        let side = |size| Window { size, stride: 1, dilation: 1 };
        let w = g.windows(a, 0, &[side(5), side(6)])?;
        g.einsum("iajb,abk->ijk", &[w, b])
    }));
    all.push(product("windows along the inner axis", |g, l| {
        let (a, b) = (leaf(g, l, &[15, 16], RANGE), leaf(g, l, &[12, 12, 24], RANGE));
        let side = |size| Window { size, stride: 1, dilation: 1 };
        let w = g.windows(a, 0, &[side(4), side(5)])?;
        g.einsum("iajb,ijk->abk", &[w, b])
    }));
    all
}
