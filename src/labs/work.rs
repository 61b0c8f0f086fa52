//! Runs whose work is no program: solvers in double precision, sweeps whose next step depends on what the last one found.
//! The work is done at the host, a step at a time, as what feeds a program that only holds what came out. So it is a run
//! as any other: recorded, shown, rewound, saved and profiled.

use super::{Feed, Judge, Part, RunPlan};
use crate::graph::{Entry, Graph, Result, Role};
use crate::plan::{self, Program};

/// Work done at the host in steps. It is copied to be kept, as a visitor may go back.
pub trait Work: Send {
    /// Names of the recorded numbers.
    fn numbers(&self) -> Vec<String>;
    /// Appends the recorded numbers of the present state, all finite, in the order of their names.
    fn measure(&self, numbers: &mut Vec<f32>);
    /// Names of the tensors that panels are shown.
    fn pictures(&self) -> Vec<String> {
        Vec::new()
    }
    /// Fills in these tensors, which are empty, from the present state; each has the same length every time. It is called
    /// after every step, so that snapshots hold them.
    fn show(&self, tensors: &mut [Vec<f32>]) {
        let _ = tensors;
    }
    /// Does the next step: milliseconds of work, as everything else waits for it.
    fn step(&mut self);
    /// A copy that goes its own way.
    fn copy(&self) -> Box<dyn Work>;
}

/// The leaf of the recorded numbers; those of pictures have their own names.
const NUMBERS: &str = "recorded numbers";

/// A run of `steps` steps of some work, measured after those that `reads` names.
pub fn run(name: impl Into<String>, part: Part, steps: u64, reads: fn(u64) -> bool, work: Box<dyn Work>) -> RunPlan {
    let first = work.copy();
    let build = Box::new(move || program(first.as_ref()));
    let judge = Recorder(work.numbers());
    let feed = Worker { reads, steps, done: 0, kept: vec![(0, work.copy())], apart: 1, work };
    RunPlan {
        feed: Some(Box::new(feed)),
        judge: Some(Box::new(judge)),
        ..RunPlan::new(name, part, steps, reads, build)
    }
}

/// Holds what came out of the last step, as state, so that it is in every snapshot.
fn program(work: &dyn Work) -> Result<Program> {
    let mut g = Graph::new();
    let held = |g: &mut Graph, name: &str, values: Vec<f32>| g.leaf_with(Role::State, name, &[values.len()], values);
    let (names, mut first) = (work.pictures(), Vec::new());
    work.measure(&mut first);
    let numbers = held(&mut g, NUMBERS, first);
    let mut tensors = vec![Vec::new(); names.len()];
    work.show(&mut tensors);
    let pictures = names.into_iter().zip(tensors);
    let pictures: Vec<_> = pictures.map(|(name, values)| (name.clone(), held(&mut g, &name, values))).collect();
    let steps = g.leaf_with(Role::State, "steps of work", &[], vec![0.0]);
    let one_more = g.add_number(steps, 1.0)?;
    let reading = |name: &str, outputs| Entry { name: name.into(), outputs, assigns: Vec::new() };
    let train = Entry { name: "train".into(), outputs: Vec::new(), assigns: vec![(steps, one_more)] };
    let mut entries = vec![train, reading("measure", vec![(NUMBERS.into(), numbers)])];
    if !pictures.is_empty() {
        entries.push(reading("picture", pictures));
    }
    plan::plan(&g, &entries)
}

/// Copies of the work that are kept, at most.
const MOST_KEPT: usize = 32;

/// Does the work when its results are asked for.
struct Worker {
    reads: fn(u64) -> bool,
    steps: u64,
    work: Box<dyn Work>,
    /// Steps done by it.
    done: u64,
    /// Earlier states by steps done, ascending, from the first on.
    kept: Vec<(u64, Box<dyn Work>)>,
    /// Steps between them.
    apart: u64,
}

impl Worker {
    /// Goes to the state after `step` steps, from the nearest one before it.
    fn go_to(&mut self, step: u64) {
        if step < self.done {
            let before = self.kept.partition_point(|(done, _)| *done <= step).saturating_sub(1);
            let (done, state) = &self.kept[before];
            (self.done, self.work) = (*done, state.copy());
        }
        while self.done < step {
            self.work.step();
            self.done += 1;
            self.keep();
        }
    }

    fn keep(&mut self) {
        let newest = self.kept.last().map_or(0, |(done, _)| *done);
        if self.done < newest + self.apart {
            return;
        }
        if self.kept.len() == MOST_KEPT {
            // Every other one goes, so that they stay evenly apart however long the run is.
            let mut stays = false;
            self.kept.retain(|_| {
                stays = !stays;
                stays
            });
            self.apart *= 2;
        }
        self.kept.push((self.done, self.work.copy()));
    }
}

impl Feed for Worker {
    fn routines(&self) -> Vec<String> {
        vec!["train".into()]
    }

    fn leaves(&self) -> Vec<String> {
        std::iter::once(NUMBERS.to_owned()).chain(self.work.pictures()).collect()
    }

    fn batch(&mut self, step: u64, leaves: &mut [Vec<f32>]) -> usize {
        self.go_to(step + 1);
        let (numbers, pictures) = leaves.split_at_mut(1);
        if (self.reads)(self.done) || self.done == self.steps {
            self.work.measure(&mut numbers[0]);
        }
        self.work.show(pictures);
        0
    }
}

/// Takes the recorded numbers apart.
struct Recorder(Vec<String>);

impl Judge for Recorder {
    fn numbers(&self) -> Vec<String> {
        self.0.clone()
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        outputs[0].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Machine;
    use std::sync::Arc;

    /// Sums 1, 2, 3, …
    #[derive(Clone)]
    struct Sum {
        next: f32,
        sum: f32,
    }

    impl Work for Sum {
        fn numbers(&self) -> Vec<String> {
            vec!["sum".into(), "next".into()]
        }
        fn measure(&self, numbers: &mut Vec<f32>) {
            numbers.extend([self.sum, self.next]);
        }
        fn pictures(&self) -> Vec<String> {
            vec!["trail".into()]
        }
        fn show(&self, tensors: &mut [Vec<f32>]) {
            tensors[0].extend([self.sum; 3]);
        }
        fn step(&mut self) {
            self.sum += self.next;
            self.next += 1.0;
        }
        fn copy(&self) -> Box<dyn Work> {
            Box::new(self.clone())
        }
    }

    fn plan() -> RunPlan {
        run("sum", Part::Main, 1000, |step| step % 10 == 0, Box::new(Sum { next: 1.0, sum: 0.0 }))
    }

    #[test]
    fn what_comes_out_is_held_by_the_program() {
        let RunPlan { build, judge, feed, .. } = plan();
        let mut machine = Machine::new(Arc::new(build().unwrap()));
        let routine = |machine: &Machine, name: &str| machine.program().routine(name).unwrap();
        let (train, measure) = (routine(&machine, "train"), routine(&machine, "measure"));
        let (mut feed, judge) = (feed.unwrap(), judge.unwrap());
        let names = feed.leaves();
        for step in 0..20 {
            let mut leaves = vec![Vec::new(); names.len()];
            assert_eq!(feed.batch(step, &mut leaves), 0);
            assert_eq!(leaves[0].is_empty(), step != 9 && step != 19, "numbers are computed where they are read");
            for (name, values) in names.iter().zip(&leaves).filter(|(_, values)| !values.is_empty()) {
                machine.write(machine.program().leaf(name).unwrap(), values);
            }
            machine.run(train);
        }
        machine.run(measure);
        assert_eq!(judge.numbers(), ["sum", "next"]);
        assert_eq!(judge.judge(&[machine.output(measure, 0)]), [210.0, 21.0]);
        let picture = routine(&machine, "picture");
        machine.run(picture);
        assert_eq!(machine.output(picture, 0), [210.0; 3]);
    }

    /// The state after any step is the same however it was reached, and few copies are kept.
    #[test]
    fn going_back_repeats_the_work() {
        let mut feed = plan().feed.unwrap();
        let mut trail = |step: u64| {
            let mut leaves = vec![Vec::new(); 2];
            feed.batch(step - 1, &mut leaves);
            leaves[1][0]
        };
        for step in [1, 700, 3, 2, 999, 64, 65, 1000, 500, 1] {
            assert_eq!(trail(step), (step * (step + 1) / 2) as f32, "after {step} steps");
        }
    }

    #[test]
    fn copies_stay_few_and_evenly_apart() {
        let work: Box<dyn Work> = Box::new(Sum { next: 1.0, sum: 0.0 });
        let kept = vec![(0, work.copy())];
        let mut worker = Worker { reads: |_| false, steps: 5000, work, done: 0, kept, apart: 1 };
        worker.go_to(5000);
        let places: Vec<u64> = worker.kept.iter().map(|(done, _)| *done).collect();
        assert!(places.len() <= MOST_KEPT && places[0] == 0, "{places:?}");
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] == worker.apart), "{places:?}");
    }
}
