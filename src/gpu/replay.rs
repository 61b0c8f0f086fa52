//! What is replayed: each routine as one flat list of integers, made once, through which the players of
//! `native.rs` and `web.rs` walk.
//!
//! An entry is four words: `[pipeline, bind group, groups along x, along y]` for a dispatch, or
//! `[REPEAT, times, words, 0]`, after which the next `words` words are replayed so often.

use crate::plan::{Kernel, Program, Routine};

/// Stands where a dispatch has its pipeline.
pub(super) const REPEAT: u32 = u32::MAX;

/// A dispatch in a list; `None` where its kernels have nothing to do.
pub(super) type Entry = Option<[u32; 4]>;

/// A routine in order, with its scans taken apart.
enum Item<'a> {
    Dispatch(&'a [Kernel]),
    /// What follows is done so often, up to the matching end.
    Begin(usize),
    End,
}

fn items(routine: &Routine) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    let mut rest = &routine.kernels[..];
    for &count in &routine.dispatches {
        let (side_by_side, others) = rest.split_at(count);
        rest = others;
        add(side_by_side, &mut items);
    }
    items
}

fn add<'a>(side_by_side: &'a [Kernel], items: &mut Vec<Item<'a>>) {
    let [Kernel::Scan(scan)] = side_by_side else {
        items.push(Item::Dispatch(side_by_side));
        return;
    };
    scan.begin.chunks(1).for_each(|kernel| add(kernel, items));
    items.push(Item::Begin(scan.times));
    scan.body.chunks(1).for_each(|kernel| add(kernel, items));
    items.push(Item::End);
    scan.end.chunks(1).for_each(|kernel| add(kernel, items));
}

/// The kernels of all dispatches of a program in the order of its lists, those of a scan once.
pub(super) fn dispatches(program: &Program) -> Vec<&[Kernel]> {
    let kernels = |item| match item {
        Item::Dispatch(kernels) => Some(kernels),
        Item::Begin(_) | Item::End => None,
    };
    program.routines.iter().flat_map(items).filter_map(kernels).collect()
}

/// The list of a routine; `entries` gives its dispatches in the order of [`dispatches`].
pub(super) fn list(routine: &Routine, entries: &mut impl Iterator<Item = Entry>) -> Vec<u32> {
    let mut list = Vec::new();
    let mut open = Vec::new();
    for item in items(routine) {
        match item {
            Item::Dispatch(_) => list.extend(entries.next().flatten().into_iter().flatten()),
            Item::Begin(times) => {
                list.extend([REPEAT, times as u32, 0, 0]);
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
