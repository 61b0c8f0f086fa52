//! A step allocates nothing: everything was laid out when the machine was built.

mod common;

use common::models;
use petri::cpu::Machine;
use petri::plan::plan;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: the system's allocator does all the work; counting touches a cell without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: passed on as it came.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: passed on as it came.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_training_step_allocates_nothing() {
    for (graph, entry) in [models::regression().unwrap(), models::classifier().unwrap()] {
        let mut machine = Machine::new(Arc::new(plan(&graph, &[entry]).unwrap()));
        let before = ALLOCATIONS.get();
        assert!(before > 0, "the allocator counts");
        for _ in 0..10 {
            machine.run(0);
        }
        assert_eq!(ALLOCATIONS.get(), before);
    }
}
