//! One convex program after the other, of several sizes and draws, each solved to its end: what claims about sizes need.

use crate::labs::work::Work;

/// A convex program that is being solved.
pub(super) trait Solver: Send {
    /// One iteration.
    fn iterate(&mut self);
    /// The objective of what has been found.
    fn value(&self) -> f64;
    /// A copy that goes its own way.
    fn copy(&self) -> Box<dyn Solver>;
}

/// Draws of each size.
pub(super) const DRAWS: usize = 4;
/// Iterations a step.
const STRIDE: usize = 100;

/// A sweep over sizes and draws; all sizes of a draw come after each other.
pub(super) struct Sweep {
    sizes: &'static [usize],
    /// Iterations of each program.
    iterations: usize,
    /// Makes the program of a size and a draw.
    make: fn(&Source, usize, u32) -> Option<Box<dyn Solver>>,
    source: Source,
    current: Option<Box<dyn Solver>>,
    /// Steps done.
    done: usize,
    /// Objectives of the programs that are solved.
    values: Vec<f64>,
}

/// What the programs are made of.
#[derive(Clone)]
pub(super) struct Source {
    pub set: std::sync::Arc<super::data::Set>,
    pub beta: f64,
    pub seed: u32,
}

/// The recorded number of a program.
pub(super) fn column(size: usize, draw: usize) -> String {
    format!("{size} in draw {}", draw + 1)
}

impl Sweep {
    pub(super) fn new(
        sizes: &'static [usize],
        iterations: usize,
        source: Source,
        make: fn(&Source, usize, u32) -> Option<Box<dyn Solver>>,
    ) -> Sweep {
        Sweep { sizes, iterations, make, source, current: None, done: 0, values: Vec::new() }
    }

    /// Steps that it takes.
    pub(super) fn steps(&self) -> u64 {
        (self.sizes.len() * DRAWS * self.iterations / STRIDE) as u64
    }
}

impl Work for Sweep {
    fn numbers(&self) -> Vec<String> {
        let mut names = Vec::new();
        for draw in 0..DRAWS {
            for size in self.sizes {
                names.push(column(*size, draw));
            }
        }
        names
    }

    /// 0 for a program that is not solved.
    fn measure(&self, numbers: &mut Vec<f32>) {
        super::data::narrow(&self.values, numbers);
        numbers.resize(self.sizes.len() * DRAWS, 0.0);
    }

    fn step(&mut self) {
        let index = self.values.len();
        let (draw, size) = (index / self.sizes.len(), self.sizes[index % self.sizes.len()]);
        let solver = match &mut self.current {
            Some(solver) => solver,
            // A program that cannot be made stays at 0, and no claim rests on it.
            None => match (self.make)(&self.source, size, draw as u32) {
                Some(solver) => self.current.insert(solver),
                None => return,
            },
        };
        for _ in 0..STRIDE {
            solver.iterate();
        }
        self.done += 1;
        if (self.done * STRIDE).is_multiple_of(self.iterations) {
            self.values.push(solver.value());
            self.current = None;
        }
    }

    fn copy(&self) -> Box<dyn Work> {
        let current = self.current.as_ref().map(|solver| solver.copy());
        Box::new(Sweep { source: self.source.clone(), values: self.values.clone(), current, ..*self })
    }
}
