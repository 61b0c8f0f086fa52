//! One training run: its program on a machine, what it has recorded, and what it is waiting for.

use super::history::{History, Picture, RunView};
use super::machine::{Device, Machine, Preparation};
use super::timeline::Edit;
use crate::cpu;
use crate::graph::{Error, Result, Role};
use crate::labs::{Build, Feed, Judge, Part, RunPlan};
use crate::plan::{Program, Read};
use std::sync::Arc;

/// Why a reading was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Numbers for the history, at this step.
    Numbers(u64),
    /// A snapshot for the timeline, at this step of the clock.
    Snapshot(u64),
    /// Tensors for panels.
    Picture,
    /// Everything, for the machine that takes over.
    HandOver,
}

/// What has come back from a machine.
pub(crate) enum Arrival {
    /// The history has grown.
    Numbers,
    /// A number that is not finite was measured at this step.
    NotFinite(u64),
    /// Leaves for the snapshot at this step of the clock.
    Snapshot(u64, Vec<f32>),
    /// New tensors for panels.
    Picture,
    /// It computes on another device from here on.
    Moved,
}

/// Positions of the routines that a lab names.
#[derive(Default)]
struct Routines {
    start: Option<usize>,
    /// Among these the feed chooses; without one there is one.
    train: Vec<usize>,
    measure: Option<usize>,
    picture: Option<usize>,
}

/// See the module's description.
pub(crate) struct Run {
    name: String,
    pub(crate) part: Part,
    pub(crate) steps: u64,
    reads: fn(u64) -> bool,
    enough: Option<fn(&History) -> bool>,
    pub(crate) pace: Option<fn(u64) -> f64>,
    /// Makes the program, until it has.
    build: Option<Build>,
    feed: Option<Box<dyn Feed>>,
    /// Leaves that the feed writes, and what it last wrote.
    fed: (Vec<usize>, Vec<Vec<f32>>),
    judge: Option<Box<dyn Judge>>,
    pub(crate) program: Arc<Program>,
    routines: Routines,
    machine: Option<Machine>,
    /// The same program on another device, until it takes over.
    next: Option<Preparation>,
    /// Whether another device has refused it.
    stays: bool,
    pub(crate) history: History,
    picture: Option<Picture>,
    picture_names: Arc<[String]>,
    pub(crate) step: u64,
    /// The step at which it was over: the end of its schedule, or when it had seen enough.
    end: Option<u64>,
    pending: Vec<(u64, Purpose)>,
}

impl Run {
    /// A run that has not begun.
    pub(crate) fn new(plan: RunPlan) -> Run {
        Run {
            name: plan.name,
            part: plan.part,
            steps: plan.steps,
            reads: plan.reads,
            enough: plan.enough,
            pace: plan.pace,
            build: Some(plan.build),
            feed: plan.feed,
            fed: Default::default(),
            judge: plan.judge,
            program: Arc::default(),
            routines: Routines::default(),
            machine: None,
            next: None,
            stays: false,
            history: History::default(),
            picture: None,
            picture_names: Arc::new([]),
            step: 0,
            end: None,
            pending: Vec::new(),
        }
    }

    /// Makes the program, once. It must have a routine `train`, or those that its feed names.
    fn prepare(&mut self) -> Result<()> {
        let Some(build) = self.build.take() else { return Ok(()) };
        let program = Arc::new(build()?);
        let train = self.feed.as_ref().map_or_else(|| vec!["train".to_owned()], |feed| feed.routines());
        if let Some(feed) = &self.feed {
            let leaves = feed.leaves();
            self.fed.0 = leaves.iter().map(|name| program.leaf(name).expect("every feed knows its program")).collect();
            self.fed.1 = vec![Vec::new(); leaves.len()];
        }
        self.routines = Routines {
            start: program.routine("start"),
            train: train.iter().map(|name| program.routine(name).expect("every lab's program can train")).collect(),
            measure: program.routine("measure"),
            picture: program.routine("picture"),
        };
        let names = |routine: Option<usize>| -> Vec<String> {
            let outputs = routine.map_or(&[][..], |index| &program.routines[index].outputs);
            outputs.iter().map(|output| output.name.clone()).collect()
        };
        self.picture_names = names(self.routines.picture).into();
        let judged = self.judge.as_ref().map(|judge| judge.numbers());
        self.history = History::new(judged.unwrap_or_else(|| names(self.routines.measure)));
        self.program = program;
        Ok(())
    }

    /// Bytes of one snapshot.
    pub(crate) fn snapshot_bytes(&self) -> usize {
        4 * self.program.trained_leaves().map(|(_, leaf)| leaf.ty.elements()).sum::<usize>()
    }

    /// The routine of its training steps, or the first of several.
    #[cfg(all(feature = "gpu", not(target_arch = "wasm32")))]
    pub(crate) fn train_routine(&self) -> usize {
        self.routines.train[0]
    }

    /// A machine on the CPU with this run's program and first weights.
    pub(crate) fn copy_on_cpu(&self) -> cpu::Machine {
        let mut machine = cpu::Machine::new(self.program.clone());
        if let Some(start) = self.routines.start {
            machine.run(start);
        }
        machine
    }

    /// Writes the data of the step after `step` finished ones to a machine with this program; gives the routine to run.
    pub(crate) fn feed_to(&mut self, machine: &mut cpu::Machine, step: u64) -> usize {
        let routine = match &mut self.feed {
            Some(feed) => feed_step(feed.as_mut(), step, &mut self.fed, |leaf, values| machine.write(leaf, values)),
            None => 0,
        };
        self.routines.train[routine]
    }

    /// Number of trainable weights.
    pub(crate) fn parameters(&self) -> usize {
        let trained = self.program.leaves.iter().filter(|leaf| leaf.role == Role::Parameter);
        trained.map(|leaf| leaf.ty.elements()).sum()
    }

    /// Whether it moves with the clock, as the main run and those beside it do.
    pub(crate) fn is_clocked(&self) -> bool {
        self.part != Part::Later
    }

    /// Whether nothing is left to do.
    pub(crate) fn finished(&self) -> bool {
        self.end.is_some_and(|end| self.step >= end)
    }

    /// Gives it memory on the CPU, runs the first routine and takes the first reading.
    pub(crate) fn begin(&mut self) -> Result<()> {
        self.prepare()?;
        self.machine = Some(Machine::on_cpu(self.program.clone()));
        self.next = None;
        self.pending.clear();
        self.step = 0;
        self.run(self.routines.start);
        if self.steps == 0 {
            self.end = Some(0);
        }
        if self.history.steps().is_empty() && (self.reads)(0) {
            self.measure();
        }
        Ok(())
    }

    /// Forgets everything and begins again; for a run whose device was taken away in the middle.
    pub(crate) fn restart(&mut self) {
        self.machine = None;
        self.next = None;
        self.pending.clear();
        self.step = 0;
        self.end = None;
        self.history = History::new(self.history.names().to_vec());
    }

    /// Hands over to the device what was asked for.
    pub(crate) fn flush(&mut self) {
        if let Some(machine) = &mut self.machine {
            machine.flush();
        }
    }

    /// Portions of work that the device has not finished.
    #[cfg(feature = "gpu")]
    pub(crate) fn in_flight(&self) -> usize {
        self.machine.as_ref().map_or(0, Machine::in_flight)
    }

    /// Whether answers are on their way.
    pub(crate) fn awaits(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Whether [`Run::begin`] has been called.
    pub(crate) fn has_begun(&self) -> bool {
        self.machine.is_some()
    }

    /// Gives its memory back; what it recorded stays.
    pub(crate) fn release(&mut self) {
        if self.pending.is_empty() {
            self.machine = None;
            self.next = None;
        }
    }

    /// Whether it computes on such a device. It begins on the CPU.
    pub(crate) fn is_on(&self, device: &Device) -> bool {
        self.machine.as_ref().map_or(matches!(device, Device::Cpu), |machine| machine.is_on(device))
    }

    /// Whether it should move to a device: it computes elsewhere, and has not been refused there.
    pub(crate) fn should_move_to(&self, device: &Device) -> bool {
        !self.stays && self.has_begun() && !self.is_on(device)
    }

    /// Prepares its machine on a device for a moment; whether that can take over.
    pub(crate) fn prepare_on(&mut self, device: &Device) -> Result<bool> {
        if !self.should_move_to(device) {
            return Ok(true);
        }
        let outcome = match &mut self.next {
            Some(next) => next.poll(),
            None => Preparation::new(device, self.program.clone()).map(|next| {
                self.next = Some(next);
                false
            }),
        };
        if outcome.is_err() {
            self.next = None;
            self.stays = true;
        }
        outcome
    }

    /// How much of its machine on a device is ready, from 0 to 1.
    pub(crate) fn share_on(&self, device: &Device) -> f32 {
        if self.is_on(device) { 1.0 } else { self.next.as_ref().map_or(0.0, Preparation::share) }
    }

    /// Why the device on which it computes is gone, if it is.
    pub(crate) fn lost(&self) -> Option<String> {
        self.machine.as_ref().and_then(Machine::lost)
    }

    /// Lets the machine that is ready take over from here; it does when the present one has answered. Until then
    /// nothing may be asked of either.
    pub(crate) fn hand_over(&mut self) {
        if self.next.is_some() && !self.is_handing_over() {
            self.ask(Read::Everything, Purpose::HandOver);
            self.flush();
        }
    }

    /// Whether another machine is about to take over.
    pub(crate) fn is_handing_over(&self) -> bool {
        self.pending.iter().any(|(_, purpose)| *purpose == Purpose::HandOver)
    }

    /// Keeps the present machine for now: what it was to hand over is about to change.
    pub(crate) fn keep_machine(&mut self) {
        self.pending.retain(|(_, purpose)| *purpose != Purpose::HandOver);
    }

    /// Gives up what is being prepared elsewhere.
    pub(crate) fn stay(&mut self) {
        self.keep_machine();
        self.next = None;
        self.stays = false;
    }

    fn run(&mut self, routine: Option<usize>) {
        if let (Some(machine), Some(routine)) = (&mut self.machine, routine) {
            machine.run(routine);
        }
    }

    fn ask(&mut self, what: Read, purpose: Purpose) {
        if let Some(machine) = &mut self.machine {
            self.pending.push((machine.read(what), purpose));
        }
    }

    /// One training step, with a reading if one is due.
    pub(crate) fn advance(&mut self) {
        let routine = match &mut self.feed {
            Some(feed) => feed_step(feed.as_mut(), self.step, &mut self.fed, |leaf, values| {
                if let Some(machine) = &mut self.machine {
                    machine.write(leaf, 0, values);
                }
            }),
            None => 0,
        };
        self.run(Some(self.routines.train[routine]));
        self.step += 1;
        if self.step >= self.steps {
            self.end.get_or_insert(self.step);
        }
        let due = (self.reads)(self.step) || self.end == Some(self.step);
        // What was recorded before going back is recorded still.
        if due && self.history.steps().binary_search(&self.step).is_err() {
            self.measure();
        }
    }

    /// Asks for the numbers at the present step.
    pub(crate) fn measure(&mut self) {
        if let Some(measure) = self.routines.measure {
            self.run(Some(measure));
            self.ask(Read::Outputs(measure), Purpose::Numbers(self.step));
        }
    }

    /// Asks for the tensors that panels show, unless some are on their way.
    pub(crate) fn ask_picture(&mut self) {
        if let Some(picture) = self.routines.picture
            && !self.awaits_picture()
        {
            self.run(Some(picture));
            self.ask(Read::Outputs(picture), Purpose::Picture);
        }
    }

    /// Whether tensors for panels are on their way.
    pub(crate) fn awaits_picture(&self) -> bool {
        self.pending.iter().any(|(_, purpose)| *purpose == Purpose::Picture)
    }

    /// Asks for the snapshot at `clock`.
    pub(crate) fn ask_snapshot(&mut self, clock: u64) {
        self.ask(Read::Leaves, Purpose::Snapshot(clock));
    }

    /// Takes in the next thing that has arrived.
    pub(crate) fn collect(&mut self) -> Option<Arrival> {
        let (delivery, purpose) = loop {
            let delivery = self.machine.as_mut()?.poll()?;
            // An answer that is no longer wanted is passed over.
            if let Some(at) = self.pending.iter().position(|(ticket, _)| *ticket == delivery.ticket) {
                break (delivery, self.pending.remove(at).1);
            }
        };
        Some(match purpose {
            Purpose::Numbers(step) if delivery.values.iter().all(|value| value.is_finite()) => {
                match (&self.judge, self.routines.measure) {
                    (Some(judge), Some(measure)) => {
                        let outputs = pieces(&self.program, measure, &delivery.values);
                        self.history.record(step, &judge.judge(&outputs));
                    }
                    _ => self.history.record(step, &delivery.values),
                }
                if self.enough.is_some_and(|enough| enough(&self.history)) {
                    self.end.get_or_insert(self.step);
                }
                Arrival::Numbers
            }
            Purpose::Numbers(step) => Arrival::NotFinite(step),
            Purpose::Snapshot(clock) => Arrival::Snapshot(clock, delivery.values),
            Purpose::Picture => {
                let routine = self.routines.picture.expect("a picture was asked for");
                let arrays = pieces(&self.program, routine, &delivery.values);
                let arrays = arrays.into_iter().map(<[f32]>::to_vec).collect();
                self.picture = Some(Picture { names: self.picture_names.clone(), arrays });
                Arrival::Picture
            }
            Purpose::HandOver => {
                let mut machine = self.next.take()?.machine();
                machine.take_over(&self.program, &delivery.values);
                self.machine = Some(machine);
                Arrival::Moved
            }
        })
    }

    /// Writes a number that a control turns, or a weight.
    pub(crate) fn write(&mut self, edit: &Edit) {
        if let Some(machine) = &mut self.machine {
            machine.write(edit.leaf, edit.index, &[edit.value]);
        }
    }

    /// Whether a change is to a number that a control turns, which holds for all steps after it, and not to a weight.
    pub(crate) fn is_number(&self, edit: &Edit) -> bool {
        self.program.leaves[edit.leaf].role == Role::Scalar
    }

    /// Goes back to a snapshot taken at `clock`: leaves as given, controls as first built.
    pub(crate) fn rewind(&mut self, clock: u64, leaves: &[f32]) {
        self.step = clock.min(self.end.unwrap_or(u64::MAX));
        let Some(machine) = &mut self.machine else { return };
        machine.restore(&self.program, leaves);
        for (leaf, place) in self.program.leaves.iter().enumerate().filter(|(_, l)| l.role == Role::Scalar) {
            machine.write(leaf, 0, &place.initial);
        }
    }

    /// Forgets what was recorded after `clock`, because a change made it untrue.
    pub(crate) fn forget_after(&mut self, clock: u64) {
        self.history.truncate(clock);
        if self.end.is_some_and(|end| end > clock) {
            self.end = None;
        }
    }

    /// Repeats the steps from a snapshot one kernel at a time and tells the step and the place in the
    /// model at which the first number that is not finite appeared.
    pub(crate) fn find_blow_up(&mut self, index: usize, from: u64, leaves: &[f32], to: u64, edits: &[Edit]) -> BlowUp {
        let mut machine = self.copy_on_cpu();
        let mut rest = leaves;
        for (leaf, place) in self.program.trained_leaves() {
            let (these, others) = rest.split_at(place.ty.elements());
            machine.write(leaf, these);
            rest = others;
        }
        let mut edits = edits.iter().filter(|edit| edit.run == index).peekable();
        for step in from..to {
            while let Some(edit) = edits.next_if(|edit| edit.step <= step) {
                if self.is_number(edit) || edit.step == step {
                    machine.write_at(edit.leaf, edit.index, &[edit.value]);
                }
            }
            let train = self.feed_to(&mut machine, step);
            if let Some(kernel) = machine.run_checked(train) {
                let place = self.program.routines[train].labels[kernel].clone();
                return BlowUp { step: step + 1, place };
            }
        }
        BlowUp { step: to, place: "a measured loss".into() }
    }

    /// The step at which it was over.
    pub(crate) fn end(&self) -> Option<u64> {
        self.end
    }

    /// Takes over what an earlier session recorded.
    pub(crate) fn recall(&mut self, history: History, step: u64, end: Option<u64>) {
        (self.history, self.step, self.end) = (history, step, end);
    }

    /// As panels and claims see it.
    pub(crate) fn view(&self) -> RunView<'_> {
        RunView {
            name: &self.name,
            history: &self.history,
            step: self.step,
            steps: self.steps,
            finished: self.finished(),
            picture: self.picture.as_ref(),
        }
    }
}

/// Writes the data of a step; gives the position of its routine.
fn feed_step(
    feed: &mut dyn Feed,
    step: u64,
    (leaves, contents): &mut (Vec<usize>, Vec<Vec<f32>>),
    mut write: impl FnMut(usize, &[f32]),
) -> usize {
    contents.iter_mut().for_each(Vec::clear);
    let routine = feed.batch(step, contents);
    for (&leaf, values) in leaves.iter().zip(contents).filter(|(_, values)| !values.is_empty()) {
        write(leaf, values);
    }
    routine
}

/// The outputs of a routine, one after the other, taken apart.
fn pieces<'a>(program: &Program, routine: usize, mut values: &'a [f32]) -> Vec<&'a [f32]> {
    let outputs = program.routines[routine].outputs.iter();
    let pieces = outputs.map(|output| {
        let (these, others) = values.split_at(output.ty.elements());
        values = others;
        these
    });
    pieces.collect()
}

/// Where a run left the finite numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlowUp {
    pub step: u64,
    pub place: String,
}

impl BlowUp {
    /// As the visitor reads it.
    pub(crate) fn error(&self, run: &str) -> Error {
        Error::new(
            &self.place,
            format!("at step {} of {run} a value is no longer finite (it grew beyond 3·10³⁸)", self.step),
            "go back and lower the learning rate",
        )
    }
}
