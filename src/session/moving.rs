//! From one device to another: the session trains where it is while machines there are prepared, and goes on
//! there from the very step, with weights, moments, counters and everything else that a leaf holds.

use super::run::Run;
use super::{Device, Session};
use crate::graph::{Error, Result};

/// The way of the visible runs to another device, which they do together, as they share a clock.
pub(super) struct Move {
    to: Device,
    /// How much was ready when it was last looked at, in percent.
    percent: u32,
}

impl Session {
    /// Begins to move the session to another device; where it computes already it stays. What is being prepared
    /// is given up. If the device refuses, [`Session::take_refusal`] says why, and training goes on.
    pub fn set_device(&mut self, device: Device) {
        self.runs.iter_mut().for_each(Run::stay);
        self.moving = (device.name() != self.device.name()).then_some(Move { to: device, percent: 0 });
        self.changes += 1;
    }

    /// Where the visible runs compute.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Where they will, once everything there is ready.
    pub fn destination(&self) -> &Device {
        self.moving.as_ref().map_or(&self.device, |way| &way.to)
    }

    /// How much of what the destination needs is ready, in percent, while the session is on its way there.
    pub fn preparing(&self) -> Option<u32> {
        self.moving.as_ref().map(|way| way.percent)
    }

    /// Why a device did not take the session.
    pub fn take_refusal(&mut self) -> Option<Error> {
        self.refusal.take()
    }

    /// Waits until the session has moved; the step stays the same. For programs without a page.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn arrive(&mut self) -> Result<()> {
        while self.moving.is_some() {
            self.collect();
            self.go_on_moving();
            std::thread::yield_now();
        }
        self.take_refusal().map_or(Ok(()), Err)
    }

    /// Prepares machines for a moment, and lets those take over that are ready. A device that is lost is left.
    pub(super) fn go_on_moving(&mut self) {
        if let Some(reason) = self.runs.iter().find_map(Run::lost) {
            self.leave_lost_device(&reason);
        }
        let to = self.destination().clone();
        let clocked = self.runs.iter().take_while(|run| run.is_clocked()).count();
        if let Err(error) = self.move_together(&to, clocked) {
            self.set_device(self.device.clone());
            self.refusal = Some(error);
            return;
        }
        // A run that came later began on the CPU, and follows when it can.
        for run in self.runs[clocked..].iter_mut().filter(|run| !run.finished() && run.should_move_to(&to)) {
            match run.prepare_on(&to) {
                Ok(true) => run.hand_over(),
                Ok(false) => {}
                Err(error) => self.refusal = Some(error),
            }
        }
        self.collect();
        if self.moving.is_some() && self.runs[..clocked].iter().all(|run| run.is_on(&to)) {
            (self.device, self.moving) = (to, None);
            self.changes += 1;
            #[cfg(feature = "gpu")]
            {
                self.portion = 1;
            }
        }
    }

    fn move_together(&mut self, to: &Device, clocked: usize) -> Result<()> {
        let runs = &mut self.runs[..clocked];
        if !runs.iter().any(|run| run.should_move_to(to)) {
            return Ok(());
        }
        let mut ready = true;
        for run in runs.iter_mut() {
            ready &= run.prepare_on(to)?;
        }
        if let Some(way) = &mut self.moving {
            let shares: f32 = runs.iter().map(|run| run.share_on(to)).sum();
            let percent = (100.0 * shares) as u32 / clocked.max(1) as u32;
            self.changes += (percent != way.percent) as u64;
            way.percent = percent;
        }
        if ready {
            runs.iter_mut().for_each(Run::hand_over);
        }
        Ok(())
    }

    /// Keeps present machines for now, because what they hold is about to change.
    pub(super) fn keep_machines(&mut self) {
        self.runs.iter_mut().for_each(Run::keep_machine);
    }

    /// Goes on from the last snapshot, on the CPU.
    fn leave_lost_device(&mut self, reason: &str) {
        for run in self.runs.iter_mut().filter(|run| !run.is_clocked() && run.lost().is_some()) {
            run.restart();
        }
        if self.runs.iter().any(|run| run.is_clocked() && run.lost().is_some()) {
            let there = self.clock;
            for run in self.runs.iter_mut().filter(|run| run.is_clocked()) {
                // Its program was made when the session was opened, and the CPU takes every program.
                run.begin().unwrap_or_default();
            }
            (self.device, self.moving) = (Device::Cpu, None);
            self.go_back_to(there);
            self.goal = self.goal.max(there);
        }
        self.changes += 1;
        let step = self.clock;
        self.notices.push(format!("The GPU stopped ({reason}). Training goes on from step {step}, on the CPU."));
    }
}
