//! A session as bytes, so that a reload or a restarted worker continues where it was: the settings, what
//! was recorded, the last snapshot, and the step to go on to from there.

use super::Session;
use super::history::History;
use super::timeline::Edit;
use crate::graph::{Error, Result};
use crate::labs::{self, Settings};
use serde::{Deserialize, Serialize};

/// Raised whenever the form changes; older bytes are refused with a message.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Saved {
    version: u32,
    lab: String,
    controls: Vec<(String, String)>,
    seed: u32,
    clock: u64,
    snapshot: u64,
    runs: Vec<SavedRun>,
    edits: Vec<Edit>,
}

#[derive(Serialize, Deserialize)]
struct SavedRun {
    history: History,
    leaves: Vec<f32>,
    step: u64,
    end: Option<u64>,
}

fn refuse(message: impl Into<String>) -> Error {
    Error::new("saved run", message, "it starts again from step 0; the settings are kept in the link")
}

impl Session {
    /// The session as bytes; `None` while its first snapshot is still on its way.
    pub fn save(&self) -> Option<Vec<u8>> {
        let snapshot = self.timeline.before(self.clock)?;
        let runs = self.runs.iter().enumerate().map(|(index, run)| {
            let leaves = snapshot.leaves.get(index).and_then(Clone::clone).unwrap_or_default();
            // A run for claims only is either over, and kept, or begun again.
            let over = run.is_clocked() || run.finished();
            let history = if over { run.history.clone() } else { History::new(run.history.names().to_vec()) };
            SavedRun { history, leaves, step: if over { run.step } else { 0 }, end: run.end() }
        });
        let saved = Saved {
            version: VERSION,
            lab: self.lab.slug.into(),
            controls: self.settings.values().iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
            seed: self.settings.seed,
            clock: self.clock,
            snapshot: snapshot.step,
            runs: runs.collect(),
            edits: self.timeline.edits().to_vec(),
        };
        postcard::to_allocvec(&saved).ok()
    }

    /// Opens what [`Session::save`] gave, paused on its way to the step where it was.
    pub fn restore(bytes: &[u8], with_claims: bool) -> Result<Session> {
        let version = postcard::take_from_bytes::<u32>(bytes).map(|(version, _)| version);
        if version != Ok(VERSION) {
            return Err(refuse("it was saved by another version of Petri"));
        }
        let saved: Saved = postcard::from_bytes(bytes).map_err(|error| refuse(format!("it is damaged ({error})")))?;
        let lab = labs::find(&saved.lab)?;
        let mut settings = Settings::defaults(lab.controls, saved.seed);
        for (name, value) in &saved.controls {
            settings.set(lab.controls, name, value)?;
        }
        let mut session = Session::open(lab, settings, with_claims)?;
        let fits = saved.runs.len() == session.runs.len()
            && saved.runs.iter().zip(&session.runs).all(|(saved, run)| {
                !run.is_clocked()
                    || (saved.history.names() == run.history.names() && 4 * saved.leaves.len() == run.snapshot_bytes())
            });
        if !fits {
            return Err(refuse("it does not fit the present form of the experiment"));
        }
        let clocked = session.runs.iter().filter(|run| run.is_clocked()).count();
        session.timeline.open(saved.snapshot, clocked);
        for (index, saved_run) in saved.runs.into_iter().enumerate() {
            let run = &mut session.runs[index];
            run.recall(saved_run.history, saved_run.step, saved_run.end);
            if run.is_clocked() {
                session.timeline.fill(saved.snapshot, index, saved_run.leaves);
            }
        }
        for edit in saved.edits {
            let exists = session.runs.get(edit.run).and_then(|run| run.program.leaves.get(edit.leaf));
            if exists.is_none_or(|leaf| edit.index >= leaf.ty.elements()) {
                return Err(refuse("it changes a weight that does not exist"));
            }
            session.timeline.record(edit);
        }
        session.go_back_to(saved.clock);
        session.goal = saved.clock;
        session.furthest = saved.clock;
        Ok(session)
    }
}
