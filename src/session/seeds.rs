//! The same experiment with further seeds, one after another, once the visible one is over: a claim that
//! holds for one seed may be luck, and curves of other seeds show how much of what is seen is chance.

use super::{History, Session, State};
use crate::graph::Result;
use crate::labs::{Claim, Summary};

/// What is kept of a seed that has been run to its end.
pub(super) struct OtherSeed {
    pub seed: u32,
    pub history: History,
    pub claims: Vec<Claim>,
}

/// Further seeds: those done, the one that runs, and how many there are to be.
#[derive(Default)]
pub(super) struct Seeds {
    pub done: Vec<OtherSeed>,
    running: Option<Box<Session>>,
    wanted: usize,
}

impl Seeds {
    /// Whether some are still to be run.
    pub(super) fn pending(&self) -> bool {
        self.done.len() < self.wanted
    }

    /// Steps done and to be done by the seed that runs.
    pub(super) fn progress(&self) -> Option<(u64, u64)> {
        self.running.as_ref().map(|session| (session.total_done(), session.total_steps()))
    }
}

impl Session {
    /// Runs the experiment with `count` further seeds, those that follow its own, after it is over itself.
    pub fn run_more_seeds(&mut self, count: usize) {
        self.seeds.wanted = self.seeds.done.len() + count;
        self.changes += 1;
        self.play();
    }

    /// The claims over all seeds that are over.
    pub fn summary(&self) -> Vec<Summary> {
        let others = self.seeds.done.iter().map(|other| other.claims.clone());
        Summary::of(&std::iter::once(self.claims()).chain(others).collect::<Vec<_>>())
    }

    /// Seeds that are over beside the visible one, and how many there are to be.
    pub fn more_seeds(&self) -> (usize, usize) {
        (self.seeds.done.len(), self.seeds.wanted)
    }

    /// One step of the next seed.
    pub(super) fn work_on_seeds(&mut self) -> Result<()> {
        let mut session = match self.seeds.running.take() {
            Some(session) => session,
            None => {
                let mut settings = self.settings.clone();
                settings.seed = settings.seed.wrapping_add(1 + self.seeds.done.len() as u32);
                let mut session = Session::open(self.lab, settings, self.with_claims)?;
                session.play();
                Box::new(session)
            }
        };
        session.work();
        match session.state() {
            State::Running | State::Measuring => self.seeds.running = Some(session),
            // A seed that failed counts with the claims that it could not measure.
            State::Paused | State::Done | State::Failed => self.seeds.done.push(OtherSeed {
                seed: session.settings.seed,
                claims: session.claims(),
                history: session.runs.swap_remove(0).history,
            }),
        }
        Ok(())
    }
}
