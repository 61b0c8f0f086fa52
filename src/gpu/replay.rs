//! What is replayed: each routine as one flat list of integers, made once, through which the players of
//! `native.rs` and `web.rs` walk.
//!
//! An entry is four words: `[pipeline, bind group, groups along x, along y]` for a dispatch, or
//! `[REPEAT, times, words, 0]`, after which the next `words` words are replayed so often.

use super::emit::{Shader, shader};
use super::split::split;
use super::tiling::Tiling;
use crate::plan::{Kernel, Program, Routine};

/// Stands where a dispatch has its pipeline.
pub(super) const REPEAT: u32 = u32::MAX;

/// A dispatch in a list; `None` where its kernels have nothing to do.
pub(super) type Entry = Option<[u32; 4]>;

/// What a GPU dispatches of a program: its kernels in order, scans taken apart, long products in parts.
pub struct Schedule {
    /// By routine.
    routines: Vec<Vec<Item>>,
    /// Elements of one more buffer, behind those of the program, for sums of parts.
    pub(super) sums: usize,
    tiling: Tiling,
}

enum Item {
    Dispatch(Vec<Kernel>),
    /// What follows is done so often, up to the matching end.
    Begin(usize),
    End,
}

impl Schedule {
    /// The schedule of a program by given thresholds.
    pub fn new(program: &Program, tiling: &Tiling) -> Schedule {
        let mut schedule = Schedule { routines: Vec::new(), sums: 0, tiling: *tiling };
        for Routine { kernels, dispatches, .. } in &program.routines {
            let mut items = Vec::new();
            let mut rest = &kernels[..];
            for &count in dispatches {
                let (side_by_side, others) = rest.split_at(count);
                rest = others;
                schedule.add(side_by_side, program.buffers.len(), &mut items);
            }
            schedule.routines.push(items);
        }
        schedule
    }

    fn add(&mut self, side_by_side: &[Kernel], sums: usize, items: &mut Vec<Item>) {
        let [Kernel::Scan(scan)] = side_by_side else {
            let (first, second, elements) = split(side_by_side, sums, &self.tiling);
            self.sums = self.sums.max(elements);
            items.push(Item::Dispatch(first));
            if !second.is_empty() {
                items.push(Item::Dispatch(second));
            }
            return;
        };
        scan.begin.chunks(1).for_each(|kernel| self.add(kernel, sums, items));
        items.push(Item::Begin(scan.times));
        scan.body.chunks(1).for_each(|kernel| self.add(kernel, sums, items));
        items.push(Item::End);
        scan.end.chunks(1).for_each(|kernel| self.add(kernel, sums, items));
    }

    /// The kernels of all dispatches in the order of the lists, those of a scan once.
    pub(super) fn kernels(&self) -> impl Iterator<Item = &[Kernel]> {
        self.routines.iter().flatten().filter_map(|item| match item {
            Item::Dispatch(kernels) => Some(&kernels[..]),
            Item::Begin(_) | Item::End => None,
        })
    }

    /// The shader of a dispatch; `None` where its kernels have nothing to do.
    pub(super) fn shader(&self, kernels: &[Kernel]) -> Option<Shader> {
        shader(kernels, &self.tiling)
    }

    /// The shaders of all dispatches, those of a scan once.
    pub fn shaders(&self) -> impl Iterator<Item = Shader> {
        self.kernels().filter_map(|kernels| self.shader(kernels))
    }

    /// How many dispatches one run of a routine takes: a scan takes those of all its steps.
    pub fn dispatches(&self, routine: usize) -> usize {
        let (mut count, mut times) = (0, vec![1]);
        for item in &self.routines[routine] {
            match item {
                Item::Dispatch(_) => count += times[times.len() - 1],
                Item::Begin(more) => times.push(times[times.len() - 1] * more),
                Item::End => times.truncate(times.len() - 1),
            }
        }
        count
    }

    /// The list of a routine; `entries` gives its dispatches in the order of [`Schedule::kernels`].
    fn list(items: &[Item], entries: &mut impl Iterator<Item = Entry>) -> Vec<u32> {
        let mut list = Vec::new();
        let mut open = Vec::new();
        for item in items {
            match item {
                Item::Dispatch(_) => list.extend(entries.next().flatten().into_iter().flatten()),
                Item::Begin(times) => {
                    list.extend([REPEAT, *times as u32, 0, 0]);
                    open.push(list.len());
                }
                Item::End => {
                    let begin = open.pop().expect("an end has a beginning");
                    list[begin - 2] = (list.len() - begin) as u32;
                }
            }
        }
        list
    }

    /// The lists of all routines; `entries` are their dispatches in order.
    pub(super) fn lists(&self, entries: Vec<Entry>) -> Vec<Vec<u32>> {
        let mut entries = entries.into_iter();
        self.routines.iter().map(|items| Self::list(items, &mut entries)).collect()
    }
}
