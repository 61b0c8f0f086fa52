//! From which sizes on a matrix product is computed how: in tiles of which side, in how many parts of its inner axis.
//!
//! *Why it is so.* Context: a large tile reads less per result, but a GPU of a hundred cores has work for all of them
//! only where there are many tiles; the gradient of a weight is a small matrix with sums over the whole batch, hence few
//! tiles of much work. Decision: the shape decides, by thresholds that are data, so that tests reach every path with
//! small products. Consequence: what runs depends on nothing that is measured, and repeats bit for bit on one device.

use super::emit::THREADS;
use crate::plan::MatMulKernel;

/// Thresholds; the usual ones are [`Tiling::USUAL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiling {
    /// Fewest tiles of 32 × 32 for tiles at all. Fewer leave a GPU idle, so the inner axis is shared by invocations.
    pub small: usize,
    /// Fewest tiles of 64 × 64.
    pub medium: usize,
    /// Fewest tiles of 128 × 128.
    pub large: usize,
    /// Most results that larger tiles compute, as a percentage of those of the smallest: tiles stand out over the edges.
    pub most_waste: usize,
    /// Shortest inner axis that is taken in parts: a dispatch more has to pay.
    pub long: usize,
    /// Shortest part.
    pub part: usize,
    /// Tiles of 32 × 32 from which on a product is not taken in parts, as it occupies a GPU without.
    pub enough: usize,
    /// Tiles of all parts together that are aimed at.
    pub wanted: usize,
    /// Fewest tiles of all parts together.
    pub fewest: usize,
}

impl Tiling {
    /// By what large GPUs need: 16,384 invocations and more at once.
    pub const USUAL: Tiling = Tiling {
        small: 8,
        medium: 256,
        large: 128,
        most_waste: 112,
        long: 1024,
        part: 256,
        enough: 128,
        wanted: 256,
        fewest: 32,
    };

    /// The tile of a product; `None` where tiles are not worth it. Only a product that has its dispatch alone gets a
    /// tile of more invocations than others have.
    pub(super) fn tile(&self, kernel: &MatMulKernel, alone: bool) -> Option<&'static Tile> {
        let results = |tile: &Tile| tile.count(kernel) * tile.side * tile.side;
        let [large, medium, small] = &TILES;
        let pays = |tile: &Tile, fewest: usize| {
            tile.count(kernel) >= fewest && 100 * results(tile) <= self.most_waste * results(small)
        };
        if !is_matrix(kernel) || small.count(kernel) < self.small {
            None
        } else if alone && pays(large, self.large) {
            Some(large)
        } else if pays(medium, self.medium) {
            Some(medium)
        } else {
            Some(small)
        }
    }

    /// Into how many parts the inner axis of a product is best taken; 1 where that does not pay.
    pub(super) fn parts(&self, kernel: &MatMulKernel) -> usize {
        let (tiles, k) = (TILES[2].count(kernel), kernel.k());
        if !is_matrix(kernel) || tiles == 0 || tiles >= self.enough || k < self.long {
            return 1;
        }
        let parts = self.wanted.div_ceil(tiles).min(k / self.part);
        if tiles * parts < self.fewest { 1 } else { parts.max(1) }
    }
}

/// Whether tiles are mostly full.
fn is_matrix(kernel: &MatMulKernel) -> bool {
    kernel.m() >= 16 && kernel.n() >= 16 && kernel.k() >= 8
}

/// How a workgroup computes a square of results.
#[derive(Debug)]
pub(super) struct Tile {
    /// Rows, and columns, of the square.
    pub side: usize,
    /// Invocations along a side.
    pub across: usize,
    /// Inner elements at a time.
    pub depth: usize,
    /// Rows of sums of each invocation that go through workgroup memory at a time, at the end.
    pub held: usize,
}

/// From large to small. The smallest is the safe choice on every GPU; it and the next have as many invocations as other
/// kernels, so they may share dispatches. What they hold of operands and results fits into 9 KiB each.
static TILES: [Tile; 3] = [
    Tile { side: 128, across: 16, depth: 8, held: 1 },
    Tile { side: 64, across: 8, depth: 16, held: 4 },
    Tile { side: 32, across: 8, depth: 16, held: 4 },
];

const _: () = {
    assert!(TILES[1].threads() == THREADS && TILES[2].threads() == THREADS);
    let mut number = 0;
    while number < TILES.len() {
        let tile = &TILES[number];
        // A slice of the results fits where the operands were.
        assert!(tile.across * tile.held * tile.side <= 4 * tile.memory());
        number += 1;
    }
};

impl Tile {
    /// Invocations of a workgroup.
    pub(super) const fn threads(&self) -> usize {
        self.across * self.across
    }

    /// Workgroup memory for operands, in fours of elements: rows of either are odd in length, see the template.
    pub(super) const fn memory(&self) -> usize {
        2 * self.depth * (self.side / 4 + 1)
    }

    /// Tiles of a product.
    pub(super) fn count(&self, kernel: &MatMulKernel) -> usize {
        kernel.batch.iter().product::<usize>() * kernel.m().div_ceil(self.side) * kernel.n().div_ceil(self.side)
    }
}
