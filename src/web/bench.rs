//! Standard training jobs as a measuring page runs them: it gives data and first weights, asks for steps and for the
//! loss. See `www/bench/`.

#[cfg(feature = "gpu")]
use crate::bench::POSITION;
use crate::bench::{self, Arrays, LOSS, TRAIN};
use crate::cpu;
#[cfg(feature = "gpu")]
use crate::gpu;
use crate::graph::{Error, Result};
use crate::plan::Program;
use js_sys::Float32Array;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

/// The program of a job, and its routines.
struct Job {
    program: Arc<Program>,
    train: usize,
    loss: usize,
}

impl Job {
    /// `names` are those of `arrays`, in which unsigned integers are bit patterns.
    fn new(id: &str, names: Vec<String>, arrays: Vec<Float32Array>) -> Result<Job> {
        let mut given = Arrays::default();
        for (name, values) in names.into_iter().zip(arrays) {
            given.insert(name, values.to_vec());
        }
        let program = Arc::new(bench::find(id)?.program(&given)?);
        let (train, loss) = (routine(&program, TRAIN)?, routine(&program, LOSS)?);
        Ok(Job { program, train, loss })
    }
}

fn routine(program: &Program, name: &str) -> Result<usize> {
    program.routine(name).ok_or_else(|| Error::new("job", format!("it has no routine {name}"), "report this"))
}

fn thrown(error: Error) -> JsError {
    JsError::new(&error.to_string())
}

/// A job on the CPU.
#[wasm_bindgen]
pub struct Bench {
    machine: cpu::Machine,
    train: usize,
    loss: usize,
}

#[wasm_bindgen]
impl Bench {
    /// The job called `id`, on these arrays.
    #[wasm_bindgen(constructor)]
    pub fn new(id: &str, names: Vec<String>, arrays: Vec<Float32Array>) -> std::result::Result<Bench, JsError> {
        let Job { program, train, loss } = Job::new(id, names, arrays).map_err(thrown)?;
        Ok(Bench { machine: cpu::Machine::new(program), train, loss })
    }

    /// Makes steps.
    pub fn step(&mut self, count: u32) {
        (0..count).for_each(|_| self.machine.run(self.train));
    }

    /// The mean loss under the present weights.
    pub fn loss(&mut self) -> f32 {
        self.machine.run(self.loss);
        self.machine.output(self.loss, 0)[0]
    }
}

/// A job on a graphics processor.
#[cfg(feature = "gpu")]
#[wasm_bindgen]
pub struct GpuBench {
    machine: gpu::Machine,
    name: String,
    train: usize,
    loss: usize,
    position: usize,
}

#[cfg(feature = "gpu")]
#[wasm_bindgen]
impl GpuBench {
    /// The job called `id`, on these arrays. `software` also takes a device that only pretends to be a GPU.
    pub async fn open(
        id: String,
        names: Vec<String>,
        arrays: Vec<Float32Array>,
        software: bool,
    ) -> std::result::Result<GpuBench, JsError> {
        let Job { program, train, loss } = Job::new(&id, names, arrays).map_err(thrown)?;
        let position = routine(&program, POSITION).map_err(thrown)?;
        let context = gpu::Context::new(gpu::Options { allow_software: software }).await.map_err(thrown)?;
        gpu::canary(&context).await.map_err(thrown)?;
        let machine = gpu::Machine::new(&context, program).map_err(thrown)?;
        Ok(GpuBench { machine, name: context.name().into(), train, loss, position })
    }

    /// What computes.
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// Makes steps; kept when they are finished.
    pub async fn step(&mut self, count: u32) -> std::result::Result<(), JsError> {
        for done in 1..=count {
            self.machine.run(self.train);
            // Portions that keep the device busy while the next is recorded.
            if done % 32 == 0 {
                self.machine.flush();
            }
        }
        self.read(self.position).await.map(|_| ())
    }

    /// The mean loss under the present weights.
    pub async fn loss(&mut self) -> std::result::Result<f32, JsError> {
        self.read(self.loss).await
    }

    /// The first element that a routine gives.
    async fn read(&mut self, routine: usize) -> std::result::Result<f32, JsError> {
        self.machine.run(routine);
        self.machine.read(gpu::Read::Outputs(routine));
        let delivery = self.machine.delivery().await;
        let values = delivery.map(|delivery| delivery.values).unwrap_or_default();
        values.first().copied().ok_or_else(|| JsError::new("the graphics processor is gone; reload the page"))
    }
}
