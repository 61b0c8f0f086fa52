//! The running thing, platform-free: it opens an experiment, steps its runs, keeps their history and a
//! timeline of snapshots, and answers what panels and claims ask.
//!
//! *Why it is so.* Context: the same session serves the page's worker, which must listen to messages
//! every few milliseconds, and the command line, which wants the end. Decision: a session is worked in
//! turns of bounded time, and says after each whether more is to be done; it never waits for a device.
//! Consequence: everything that happens is a field here, and rewinding is setting these fields back.
//! `moving.rs` takes it from one device to another; `hub.rs` speaks the page's messages with any number of sessions.

mod export;
mod history;
mod hub;
mod machine;
mod moving;
#[cfg(all(feature = "gpu", not(target_arch = "wasm32")))]
mod race;
mod run;
mod saved;
mod seeds;
mod timeline;
mod waiting;

pub use history::{History, Picture, RunView, View};
pub use hub::{Activity, Gpu, Hub, Message};
pub use machine::{Device, dispatches};
#[cfg(all(feature = "gpu", not(target_arch = "wasm32")))]
pub use race::gpu_is_faster;

use crate::cpu::Profile;
use crate::graph::{Error, Result};
use crate::labs::{Claim, Effect, Experiment, Lab, Part, Payload, Settings};
use crate::number;
use run::{Arrival, Run};
use serde::Serialize;
use serde_json::Value;
use timeline::{Edit, Timeline};

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The clock is moving.
    Running,
    /// It waits for the visitor.
    Paused,
    /// The visible runs are over; runs that only claims need, and further seeds, go on.
    Measuring,
    /// All schedules are at their end.
    Done,
    /// A number stopped being finite.
    Failed,
}

/// An experiment in progress.
pub struct Session {
    lab: &'static Lab,
    settings: Settings,
    with_claims: bool,
    experiment: Box<dyn Experiment>,
    device: Device,
    moving: Option<moving::Move>,
    runs: Vec<Run>,
    timeline: Timeline,
    /// Steps done by the main run and those beside it.
    clock: u64,
    /// The last step ever reached since the beginning or the last change.
    furthest: u64,
    /// Step at which the clock stops by itself; `u64::MAX` while playing.
    goal: u64,
    /// Step that playing does not pass for now, because the run has a pace; `u64::MAX` where nobody keeps one.
    hold: u64,
    failure: Option<Error>,
    /// Steps between two looks at the time of day.
    burst: u32,
    /// Steps worked, of any run, since the session was opened; for the speed shown.
    worked: u64,
    /// Counts everything that a panel might show.
    changes: u64,
    seeds: seeds::Seeds,
    /// Steps handed to a GPU at a time, and when that was done last.
    #[cfg(feature = "gpu")]
    portion: u32,
    #[cfg(feature = "gpu")]
    handed_over: f64,
    /// What the visitor should know, until it is told.
    notices: Vec<String>,
    /// Why a device did not take the session, until it is told.
    refusal: Option<Error>,
}

/// Where a step is computed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A run is just changing its machine.
    Nowhere,
    Cpu,
    Gpu,
}

/// Portions of work that a GPU may have to do at once.
#[cfg(feature = "gpu")]
const MOST_PORTIONS: usize = 2;
/// Steps in a portion.
#[cfg(feature = "gpu")]
const MOST_STEPS_PER_PORTION: u32 = 256;
/// A portion should not take longer.
#[cfg(feature = "gpu")]
const SLOW_PORTION_MILLISECONDS: f64 = 12.0;
/// Steps whose kernels are timed, after as many to warm up.
const PROFILED_STEPS: u64 = 20;
/// A turn looks at the time about this often, in milliseconds.
const BURST_MILLISECONDS: f64 = 1.0;

impl Session {
    /// Opens a lab at the given settings, paused at step 0. `with_claims` adds the runs that only claims
    /// need, which follow the visible ones.
    pub fn open(lab: &'static Lab, settings: Settings, with_claims: bool) -> Result<Session> {
        let mut experiment = (lab.open)(&settings, with_claims)?;
        let runs: Vec<Run> = experiment.runs().into_iter().map(Run::new).collect();
        let mut session = Session {
            lab,
            settings,
            with_claims,
            experiment,
            device: Device::Cpu,
            moving: None,
            runs,
            timeline: Timeline::new(0),
            clock: 0,
            furthest: 0,
            goal: 0,
            hold: u64::MAX,
            failure: None,
            burst: 1,
            worked: 0,
            changes: 0,
            seeds: seeds::Seeds::default(),
            #[cfg(feature = "gpu")]
            portion: 1,
            #[cfg(feature = "gpu")]
            handed_over: 0.0,
            notices: Vec::new(),
            refusal: None,
        };
        for run in session.runs.iter_mut().filter(|run| run.is_clocked()) {
            run.begin()?;
        }
        let clocked = session.runs.iter().filter(|run| run.is_clocked());
        session.timeline = Timeline::new(clocked.map(Run::snapshot_bytes).sum());
        session.take_snapshot();
        session.collect();
        Ok(session)
    }

    /// The lab.
    pub fn lab(&self) -> &'static Lab {
        self.lab
    }

    /// Present values of all controls.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Steps done by the visible runs.
    pub fn clock(&self) -> u64 {
        self.clock
    }

    /// The last step reached since the beginning or the last change.
    pub fn furthest(&self) -> u64 {
        self.furthest
    }

    /// Length of the longest visible schedule; `None` if it has no end.
    pub fn steps(&self) -> Option<u64> {
        let longest = self.runs.iter().filter(|run| run.is_clocked()).map(|run| run.steps).max();
        longest.filter(|&steps| steps != u64::MAX)
    }

    /// Steps of all schedules together, as far as they have an end; for progress bars.
    pub fn total_steps(&self) -> u64 {
        self.runs.iter().map(|run| if run.finished() { run.step } else { run.steps }).fold(0, u64::saturating_add)
    }

    /// Steps done of all schedules together.
    pub fn total_done(&self) -> u64 {
        self.runs.iter().map(|run| run.step).sum()
    }

    /// Number of trainable weights of the main run.
    pub fn parameters(&self) -> usize {
        self.runs[0].parameters()
    }

    /// Number of snapshots that can be gone back to at once.
    pub fn snapshots(&self) -> usize {
        self.timeline.len()
    }

    /// What went wrong, if the session has failed.
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// What the session is doing.
    pub fn state(&self) -> State {
        let clocked_over = self.clocked_over();
        match () {
            () if self.failure.is_some() => State::Failed,
            () if self.clock < self.goal && !clocked_over => State::Running,
            () if clocked_over && self.runs.iter().all(Run::finished) && !self.seeds.pending() => State::Done,
            () if clocked_over && self.goal == u64::MAX => State::Measuring,
            () => State::Paused,
        }
    }

    fn clocked_over(&self) -> bool {
        self.runs.iter().filter(|run| run.is_clocked()).all(Run::finished)
    }

    /// Whether a turn would find something to do.
    pub fn is_busy(&self) -> bool {
        matches!(self.state(), State::Running | State::Measuring)
    }

    /// Whether the next turn has steps to compute itself; a device only wants to be looked after.
    pub(crate) fn works_at_once(&self) -> bool {
        self.is_busy() && self.place() == Place::Cpu && !self.is_held()
    }

    /// Whether it waits for the next step of its pace. Going to a step by hand is never slowed down.
    fn is_held(&self) -> bool {
        self.clock >= self.hold && self.goal == u64::MAX && self.state() == State::Running
    }

    /// Most steps per second that the main run wants to be watched at from here on, if it has such a pace.
    pub(crate) fn pace(&self) -> Option<f64> {
        self.runs[0].pace.map(|pace| pace(self.clock))
    }

    /// Lets playing go on to a step and wait there.
    pub(crate) fn hold_at(&mut self, step: u64) {
        self.hold = step;
    }

    /// Goes on until paused, or to the end of all schedules.
    pub fn play(&mut self) {
        if self.failure.is_none() {
            self.goal = u64::MAX;
        }
    }

    /// Stops after the present step.
    pub fn pause(&mut self) {
        self.goal = self.clock;
    }

    /// Makes `count` steps, then pauses.
    pub fn step(&mut self, count: u64) {
        if self.failure.is_none() {
            self.goal = self.clock.saturating_add(count);
        }
    }

    /// Goes to a step and pauses there. A step of the past is reached from the last snapshot before it,
    /// by computing again exactly what was computed then.
    pub fn seek(&mut self, step: u64) {
        self.failure = None;
        self.changes += 1;
        if step < self.clock {
            self.go_back_to(step);
        }
        self.goal = step;
    }

    /// Puts machines and clock where they were at the last snapshot at or before `step`, or at the beginning.
    fn go_back_to(&mut self, step: u64) {
        self.keep_machines();
        let snapshot = self.timeline.before(step);
        self.clock = snapshot.map_or(0, |snapshot| snapshot.step);
        for (index, run) in self.runs.iter_mut().enumerate().filter(|(_, run)| run.is_clocked()) {
            match snapshot.and_then(|snapshot| snapshot.leaves[index].as_ref()) {
                Some(leaves) => run.rewind(self.clock, leaves),
                // Its program was made when the session was opened, and the CPU takes every program.
                None => run.begin().unwrap_or_default(),
            }
        }
        for edit in self.timeline.edits() {
            let run = &mut self.runs[edit.run];
            if edit.step == self.clock || (run.is_number(edit) && edit.step < self.clock) {
                run.write(edit);
            }
        }
    }

    /// Sets a control. Numbers are turned in the running program; anything else builds the experiment
    /// anew from step 0 and answers `true`. On an error nothing has changed.
    pub fn set(&mut self, name: &str, value: &str) -> Result<bool> {
        let mut settings = self.settings.clone();
        settings.set(self.lab.controls, name, value)?;
        if self.lab.controls.iter().any(|control| control.name == name && control.effect == Effect::Show) {
            self.show(&settings);
            return Ok(false);
        }
        let number = settings.values().get(name).and_then(|text| number::parse(text));
        if let Some(writes) = number.and_then(|number| self.experiment.retune(name, number)) {
            for (run, leaf, value) in writes {
                let leaf = self.leaf(run, leaf)?;
                self.edit(Edit { step: self.clock, run, leaf, index: 0, value });
            }
            self.settings = settings;
            return Ok(false);
        }
        self.rebuild(settings)?;
        Ok(true)
    }

    /// Takes over settings that differ only in what is shown.
    pub(crate) fn show(&mut self, settings: &Settings) {
        self.experiment.show(settings);
        self.settings = settings.clone();
        self.changes += 1;
    }

    /// Starts again from step 0 with the same controls; with the same seed this is an exact rewind.
    pub fn reset(&mut self, seed: u32) -> Result<()> {
        let mut settings = self.settings.clone();
        settings.seed = seed;
        self.rebuild(settings)
    }

    fn rebuild(&mut self, settings: Settings) -> Result<()> {
        let playing = self.goal == u64::MAX;
        let changes = self.changes + 1;
        let device = self.destination().clone();
        *self = Session::open(self.lab, settings, self.with_claims)?;
        self.changes = changes;
        self.set_device(device);
        if playing {
            self.play();
        }
        Ok(())
    }

    /// Writes one element of a leaf by hand: a weight, a bias.
    pub fn edit_leaf(&mut self, run: usize, name: &str, index: usize, value: f32) -> Result<()> {
        let place = || format!("weight {name}[{index}]");
        let leaf = self.leaf(run, name)?;
        let elements = self.runs[run].program.leaves[leaf].ty.elements();
        if index >= elements {
            let message = format!("there are only {elements} elements");
            return Err(Error::new(place(), message, "choose a smaller index"));
        }
        if !value.is_finite() {
            return Err(Error::new(
                place(),
                format!("{} is not a number", number::text(value)),
                "give a finite number",
            ));
        }
        self.edit(Edit { step: self.clock, run, leaf, index, value });
        Ok(())
    }

    fn leaf(&self, run: usize, name: &str) -> Result<usize> {
        let program = self.runs.get(run).map(|run| &run.program);
        program.and_then(|program| program.leaf(name)).ok_or_else(|| {
            Error::new(format!("run {run}"), format!("has no leaf '{name}'"), "choose one that the network shows")
        })
    }

    /// Makes a change at the present step; what was computed beyond it is no longer true.
    fn edit(&mut self, edit: Edit) {
        self.failure = None;
        self.keep_machines();
        self.changes += 1;
        self.seeds = seeds::Seeds::default();
        self.furthest = self.clock;
        self.timeline.truncate(self.clock);
        for run in self.runs.iter_mut().filter(|run| run.is_clocked()) {
            run.forget_after(self.clock);
        }
        let run = &mut self.runs[edit.run];
        run.write(&edit);
        // A number changes what comes, not what is; a reading can take as long as many steps, and a slider comes here at
        // every move of the hand.
        if run.has_begun() && run.is_clocked() && !run.is_number(&edit) {
            run.measure();
        }
        self.timeline.record(edit);
        self.collect();
    }

    /// Whether the main run is faster on a GPU; both are tried for a moment. Waits, so it is for native programs.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn is_faster_on(&self, device: &Device) -> bool {
        match device {
            Device::Cpu => false,
            #[cfg(feature = "gpu")]
            Device::Gpu(context) => gpu_is_faster(&self.runs[0].program, self.runs[0].train_routine(), context),
        }
    }

    /// The next thing that the visitor should know.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notices.pop()
    }

    /// Whether answers of a device are on their way, or the session itself is.
    pub fn awaits(&self) -> bool {
        self.moving.is_some() || self.runs.iter().any(Run::awaits)
    }

    /// Works until `until` (milliseconds of the clock `now`), or until there is nothing to do, or until a
    /// GPU has enough to do.
    pub fn turn(&mut self, now: &dyn Fn() -> f64, until: f64) {
        let share = (until - now()) / 2.0;
        self.collect();
        self.go_on_moving();
        match self.place() {
            // Whatever is being prepared, half the time is for training.
            Place::Cpu => self.turn_on_cpu(now, until.max(now() + share)),
            #[cfg(feature = "gpu")]
            Place::Gpu => self.turn_on_gpu(now()),
            _ => {}
        }
    }

    /// Where the next step will be computed.
    fn place(&self) -> Place {
        if self.runs.iter().any(Run::is_handing_over) {
            return Place::Nowhere;
        }
        let on_cpu = match self.state() {
            // A run begins on the CPU, and so do further seeds.
            State::Measuring => self.runs.iter().find(|run| !run.finished()).is_none_or(|run| run.is_on(&Device::Cpu)),
            _ => self.runs.iter().any(|run| run.is_clocked() && run.is_on(&Device::Cpu)),
        };
        if on_cpu { Place::Cpu } else { Place::Gpu }
    }

    /// Hands steps over as long as the GPU has not two portions to do already. A portion grows while the
    /// GPU is found idle and shrinks when it takes long, because the screen waits for it too.
    #[cfg(feature = "gpu")]
    fn turn_on_gpu(&mut self, time: f64) {
        let in_flight = self.runs.iter().map(Run::in_flight).max().unwrap_or(0);
        let slow = time - self.handed_over > SLOW_PORTION_MILLISECONDS;
        if in_flight == 0 {
            self.portion = (self.portion * 2).min(MOST_STEPS_PER_PORTION);
        } else if in_flight >= MOST_PORTIONS {
            if slow {
                self.portion = (self.portion / 2).max(1);
                self.handed_over = time;
            }
            return;
        }
        let mut worked = 0;
        while worked < self.portion && self.place() == Place::Gpu && self.work() {
            worked += 1;
        }
        for run in &mut self.runs {
            run.flush();
        }
        if worked > 0 {
            self.handed_over = time;
        }
    }

    fn turn_on_cpu(&mut self, now: &dyn Fn() -> f64, until: f64) {
        loop {
            let started = now();
            if started >= until {
                return;
            }
            let mut worked = 0;
            while worked < self.burst && self.work() {
                worked += 1;
            }
            if worked < self.burst {
                return;
            }
            // Looking at the time costs about as much as a small step, so it is done now and then.
            match now() - started {
                took if took < BURST_MILLISECONDS / 2.0 => self.burst = (self.burst * 2).min(4096),
                took if took > BURST_MILLISECONDS * 2.0 => self.burst = (self.burst / 2).max(1),
                _ => {}
            }
        }
    }

    /// One step of whatever is next; `false` if nothing is to be done.
    fn work(&mut self) -> bool {
        if self.is_held() {
            return false;
        }
        match self.state() {
            State::Running => {
                for run in self.runs.iter_mut().filter(|run| run.is_clocked() && !run.finished()) {
                    run.advance();
                }
                self.clock += 1;
                self.furthest = self.furthest.max(self.clock);
                for edit in self.timeline.edits_at(self.clock) {
                    self.runs[edit.run].write(edit);
                }
                if self.timeline.due(self.clock) {
                    self.take_snapshot();
                }
            }
            State::Measuring => {
                if let Some(run) = self.runs.iter_mut().find(|run| !run.finished()) {
                    if !run.has_begun()
                        && let Err(error) = run.begin()
                    {
                        self.failure = Some(error);
                        return false;
                    }
                    run.advance();
                } else if let Err(error) = self.work_on_seeds() {
                    self.failure = Some(error);
                }
            }
            State::Paused | State::Done | State::Failed => return false,
        }
        self.worked += 1;
        self.changes += 1;
        self.collect();
        for run in self.runs.iter_mut().filter(|run| run.part == Part::Later && run.finished()) {
            run.release();
        }
        true
    }

    fn take_snapshot(&mut self) {
        let clocked = self.runs.iter().take_while(|run| run.is_clocked()).count();
        self.timeline.open(self.clock, clocked);
        for run in &mut self.runs[..clocked] {
            run.ask_snapshot(self.clock);
        }
    }

    /// Takes in what the machines have answered.
    fn collect(&mut self) {
        for index in 0..self.runs.len() {
            while let Some(arrival) = self.runs[index].collect() {
                match arrival {
                    Arrival::Numbers | Arrival::Picture | Arrival::Moved => {}
                    Arrival::Snapshot(clock, leaves) => self.timeline.fill(clock, index, leaves),
                    Arrival::NotFinite(step) => {
                        self.fail(index, step);
                        return;
                    }
                }
            }
        }
    }

    /// Stops, finds out where the trouble began, and goes back to the last good step.
    fn fail(&mut self, index: usize, step: u64) {
        self.changes += 1;
        let run = &mut self.runs[index];
        // Snapshots may be closer than readings, so one taken since the last good reading may be spoilt.
        let readings = run.history.steps();
        let good = readings[..readings.partition_point(|&read| read < step)].last().copied().unwrap_or(0);
        let snapshot = self.timeline.before(good).filter(|_| run.is_clocked());
        let Some((from, leaves)) = snapshot.and_then(|s| Some((s.step, s.leaves[index].as_ref()?))) else {
            let place = format!("run {}", run.view().name);
            let message = format!("a measured value is not finite at step {step}");
            self.failure = Some(Error::new(place, message, "lower the learning rate"));
            return;
        };
        let blow_up = run.find_blow_up(index, from, leaves, step, self.timeline.edits());
        let error = blow_up.error(run.view().name);
        let last_good = blow_up.step - 1;
        self.timeline.truncate(last_good);
        for run in &mut self.runs {
            run.forget_after(last_good);
        }
        self.seek(last_good);
        while self.clock < last_good && self.work() {}
        self.furthest = self.clock;
        // Panels show the last good step, as the clock does.
        self.ask_pictures();
        self.failure = Some(error);
    }

    /// Asks for what panels need of the present step; it is there after the next turn.
    pub fn ask_pictures(&mut self) {
        if self.failure.is_none() {
            for run in self.runs.iter_mut().filter(|run| run.is_clocked() && !run.is_handing_over()) {
                run.ask_picture();
                run.flush();
            }
        }
        self.collect();
    }

    /// Whether everything asked for by [`Session::ask_pictures`] has arrived.
    pub fn pictures_arrived(&self) -> bool {
        !self.runs.iter().any(Run::awaits_picture)
    }

    /// Grows with everything that a panel might show.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Steps worked, of any run, since the session was opened.
    pub fn worked(&self) -> u64 {
        self.worked
    }

    /// All runs as they stand.
    pub fn view(&self) -> View<'_> {
        view(&self.runs, &self.seeds)
    }

    /// The data of a panel.
    pub fn panel(&mut self, id: &str, payload: &mut Payload) -> Value {
        self.experiment.panel(id, &view(&self.runs, &self.seeds), payload)
    }

    /// The file beside the lab that is needed to show what is asked for.
    pub fn wants(&self) -> Option<String> {
        self.experiment.wants()
    }

    /// Takes in a file that was wanted, or why it cannot be had.
    pub fn attach(&mut self, file: &str, contents: std::result::Result<&[u8], &str>) -> Result<()> {
        self.changes += 1;
        self.experiment.attach(file, contents)
    }

    /// The claims as far as they are measured.
    pub fn claims(&self) -> Vec<Claim> {
        self.experiment.claims(&self.view())
    }

    /// Where the time of the main run's steps goes on the CPU, measured with its first weights on a machine of its own. `now` is a
    /// clock in milliseconds.
    pub fn profile(&mut self, now: &dyn Fn() -> f64) -> Profile {
        let run = &mut self.runs[0];
        let (mut machine, first) = (run.copy_on_cpu(), run.step);
        Profile::measure(&mut machine, PROFILED_STEPS, now, dispatches, |machine, step| {
            run.feed_to(machine, first + step)
        })
    }

    /// The plan of the main run's program, as text.
    pub fn plan_text(&self) -> String {
        self.runs[0].program.to_text()
    }
}

fn view<'a>(runs: &'a [Run], seeds: &'a seeds::Seeds) -> View<'a> {
    let others = seeds.done.iter().map(|other| (other.seed, &other.history));
    View { runs: runs.iter().map(Run::view).collect(), other_seeds: others.collect() }
}
