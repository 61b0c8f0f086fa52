//! Memory through which results reach the host: a pool of mappable buffers, one per outstanding read.
//! The step loop never waits for one; it asks now and then which have arrived.

use super::Delivery;
use super::context::{Context, lock};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;

/// One contiguous copy into a staging buffer; all in bytes.
pub(super) struct Copy {
    pub buffer: usize,
    pub from: u64,
    pub to: u64,
    pub bytes: u64,
}

impl Copy {
    pub(super) fn new(buffer: usize, first: usize, elements: usize) -> Self {
        Copy { buffer, from: 4 * first as u64, to: 0, bytes: 4 * elements as u64 }
    }
}

/// What one kind of read copies.
pub(super) struct Plan {
    pub copies: Vec<Copy>,
    pub bytes: u64,
}

impl Plan {
    /// Lays the parts out one behind the other.
    pub(super) fn new(parts: impl Iterator<Item = Copy>) -> Self {
        let mut bytes = 0;
        let place = |copy: Copy| {
            let to = bytes;
            bytes += copy.bytes;
            Copy { to, ..copy }
        };
        let copies = parts.filter(|copy| copy.bytes > 0).map(place).collect();
        Plan { copies, bytes }
    }
}

/// Where a slot's mapping stands, as its callback tells.
const WAITING: u8 = 0;
const MAPPED: u8 = 1;
const FAILED: u8 = 2;

struct Slot {
    buffer: wgpu::Buffer,
    busy: bool,
    state: Arc<AtomicU8>,
}

/// A read that has not been delivered; one of nothing needs no slot.
struct Pending {
    ticket: u64,
    bytes: u64,
    slot: Option<usize>,
}

/// The pool; grows to the largest number of reads ever outstanding.
#[derive(Default)]
pub(super) struct Staging {
    slots: Vec<Slot>,
    pending: VecDeque<Pending>,
    last_ticket: u64,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Staging {
    /// Reserves a slot for a read; there is none if there is nothing to read or nothing to read from.
    pub(super) fn request(&mut self, context: &Context, bytes: u64) -> (u64, Option<usize>) {
        self.last_ticket += 1;
        if context.is_lost() {
            return (self.last_ticket, None);
        }
        let slot = (bytes > 0).then(|| self.free_slot(context, bytes));
        self.pending.push_back(Pending { ticket: self.last_ticket, bytes, slot });
        (self.last_ticket, slot)
    }

    fn free_slot(&mut self, context: &Context, bytes: u64) -> usize {
        let fits = |slot: &Slot| !slot.busy && slot.buffer.size() >= bytes;
        let free = (0..self.slots.len()).filter(|&i| fits(&self.slots[i]));
        let index = free.min_by_key(|&i| self.slots[i].buffer.size()).unwrap_or_else(|| {
            let buffer = context.shared.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("staging"),
                size: bytes.next_multiple_of(16),
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            });
            self.slots.push(Slot { buffer, busy: false, state: Arc::default() });
            self.slots.len() - 1
        });
        let slot = &mut self.slots[index];
        slot.busy = true;
        // A callback of the slot's last use may still hold the old state.
        slot.state = Arc::new(AtomicU8::new(WAITING));
        index
    }

    pub(super) fn buffer(&self, slot: usize) -> &wgpu::Buffer {
        &self.slots[slot].buffer
    }

    /// Asks for a slot's contents; to be called after the copies into it were submitted.
    pub(super) fn map(&self, slot: usize) {
        let Slot { buffer, state, .. } = &self.slots[slot];
        let (state, waker) = (Arc::clone(state), Arc::clone(&self.waker));
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            state.store(if result.is_ok() { MAPPED } else { FAILED }, Ordering::Release);
            if let Some(waker) = lock(&waker).take() {
                waker.wake();
            }
        });
    }

    /// Whom to tell when a read arrives.
    pub(super) fn wake(&self, waker: &Waker) {
        *lock(&self.waker) = Some(waker.clone());
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The oldest read, if it has arrived. Reads that failed (with the device) are passed over.
    pub(super) fn deliver(&mut self) -> Option<Delivery> {
        while let Some(first) = self.pending.front() {
            let &Pending { ticket, bytes, slot } = first;
            let Some(index) = slot else {
                self.pending.pop_front();
                return Some(Delivery { ticket, values: Vec::new() });
            };
            let slot = &mut self.slots[index];
            match slot.state.load(Ordering::Acquire) {
                WAITING => return None,
                MAPPED => {
                    self.pending.pop_front();
                    slot.busy = false;
                    let values = slot.buffer.get_mapped_range(..bytes).map(|view| to_floats(&view));
                    slot.buffer.unmap();
                    if let Ok(values) = values {
                        return Some(Delivery { ticket, values });
                    }
                }
                _ => {
                    self.pending.pop_front();
                    slot.busy = false;
                }
            }
        }
        None
    }

    /// Gives up every outstanding read; the device is lost.
    pub(super) fn abandon(&mut self) {
        self.pending.clear();
    }

    pub(super) fn destroy(&self) {
        self.slots.iter().for_each(|slot| slot.buffer.destroy());
    }
}

/// Copies, since mapped memory need not be aligned for floats.
fn to_floats(bytes: &[u8]) -> Vec<f32> {
    bytemuck::pod_collect_to_vec(bytes)
}
