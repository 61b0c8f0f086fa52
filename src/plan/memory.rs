//! Shares memory between temporaries whose lives do not overlap: greedy by size (Pisarchyk and Lee,
//! "Efficient memory management for deep neural net inference", arXiv:2001.03288), onto whole buffers,
//! because WebGPU refuses to read one part of a buffer while another is written.

use super::kernel::Buffer;
use super::lower::Value;
use super::table::Table;
use crate::analysis::order;

/// A temporary and the kernels between which it must be kept, both included.
pub(crate) struct Life {
    pub value: Value,
    pub elements: usize,
    pub from: usize,
    pub to: usize,
}

/// Buffers for temporaries, shared by all entries of a program (only one runs at a time).
#[derive(Default)]
pub(crate) struct Pool {
    buffers: Vec<usize>,
}

impl Pool {
    /// Places the temporaries of one entry, which come in the order in which they are made; returns the buffer of each.
    pub(crate) fn place(&mut self, lives: &[Life], buffers: &mut Vec<Buffer>) -> Table<usize> {
        debug_assert!(lives.is_sorted_by_key(|life| life.from), "in the order in which they are made");
        let sizes: Vec<f64> = lives.iter().map(|life| life.elements as f64).collect();
        let mut taken: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.buffers.len()];
        let mut places = Table::default();
        // The largest first, and of equal ones the first to be made.
        for life in order::descending(&sizes).into_iter().map(|position| &lives[position]) {
            let free = |slot: &usize| taken[*slot].iter().all(|&(from, to)| life.to < from || to < life.from);
            // The smallest that is large enough, else the largest, which then grows.
            let size = |slot: &usize| buffers[self.buffers[*slot]].elements;
            let candidates: Vec<usize> = (0..self.buffers.len()).filter(free).collect();
            let slot = candidates
                .iter()
                .copied()
                .filter(|slot| size(slot) >= life.elements)
                .min_by_key(size)
                .or_else(|| candidates.iter().copied().max_by_key(size))
                .unwrap_or_else(|| {
                    buffers.push(Buffer { elements: 1, kept: false });
                    self.buffers.push(buffers.len() - 1);
                    taken.push(Vec::new());
                    taken.len() - 1
                });
            let buffer = &mut buffers[self.buffers[slot]];
            buffer.elements = buffer.elements.max(life.elements);
            taken[slot].push((life.from, life.to));
            places.insert(life.value, self.buffers[slot]);
        }
        places
    }
}
