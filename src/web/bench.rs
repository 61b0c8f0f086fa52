//! Standard training jobs as a measuring page runs them: it asks for steps and for the loss. Data and first weights are
//! drawn here ([`Bench::drawn`], [`Graphics::bench`]) or given, as a harness that measures other libraries does; see
//! `www/speed/` for the one and `www/bench/` for the other.

#[cfg(feature = "gpu")]
use crate::bench::POSITION;
use crate::bench::{self, Arrays, LOSS, TRAIN, Task, data};
use crate::cpu;
#[cfg(feature = "gpu")]
use crate::gpu;
use crate::graph::{Error, Result};
use crate::json::json;
use crate::plan::Program;
use js_sys::Float32Array;
use serde_json::Value;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

/// What can be measured, as JSON: `{version, jobs, widths}`, both lists of `{id, title, flops, product, checkedAfter,
/// agreed}`. `widths` is one network in many widths, narrowest first.
#[wasm_bindgen(js_name = benchJobs)]
pub fn jobs() -> String {
    let list = |tasks: &[Task]| -> Vec<Value> { tasks.iter().map(described).collect() };
    let version = env!("CARGO_PKG_VERSION");
    json!({ "version": version, "jobs": list(bench::ALL), "widths": list(bench::WIDE) }).to_string()
}

fn described(task: &Task) -> Value {
    json!({
        "id": task.id,
        "title": task.title,
        "flops": task.flops,
        "product": task.is_product(),
        "checkedAfter": task.checked_after,
        "agreed": task.agreed,
    })
}

/// Whether a job's loss after the steps of its check is that of other libraries.
#[wasm_bindgen(js_name = benchAgrees)]
pub fn agrees(id: &str, loss: f32) -> bool {
    bench::find(id).is_ok_and(|task| task.agrees(loss))
}

/// The program of a job, and its routines.
struct Job {
    program: Arc<Program>,
    train: usize,
    loss: usize,
}

impl Job {
    fn new(task: &Task, arrays: &Arrays) -> Result<Job> {
        let program = Arc::new(task.program(arrays)?);
        let (train, loss) = (routine(&program, TRAIN)?, routine(&program, LOSS)?);
        Ok(Job { program, train, loss })
    }

    /// On arrays from outside: `names` are those of `arrays`, in which unsigned integers are bit patterns.
    fn given(id: &str, names: Vec<String>, arrays: Vec<Float32Array>) -> Result<Job> {
        let mut given = Arrays::default();
        for (name, values) in names.into_iter().zip(arrays) {
            given.insert(name, values.to_vec());
        }
        Job::new(bench::find(id)?, &given)
    }

    /// On data and weights that are drawn by the job's own rules.
    fn drawn(id: &str) -> Result<Job> {
        let task = bench::find(id)?;
        Job::new(task, &data::draw(task))
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
        Job::given(id, names, arrays).map(Bench::from).map_err(thrown)
    }

    /// The job called `id`, on its own data.
    pub fn drawn(id: &str) -> std::result::Result<Bench, JsError> {
        Job::drawn(id).map(Bench::from).map_err(thrown)
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

impl From<Job> for Bench {
    fn from(Job { program, train, loss }: Job) -> Bench {
        Bench { machine: cpu::Machine::new(program), train, loss }
    }
}

/// A graphics processor, on which any number of jobs can be opened.
#[cfg(feature = "gpu")]
#[wasm_bindgen]
pub struct Graphics {
    context: gpu::Context,
}

#[cfg(feature = "gpu")]
#[wasm_bindgen]
impl Graphics {
    /// Finds one and checks that it computes rightly. `software` also takes a device that only pretends to be one.
    pub async fn open(software: bool) -> std::result::Result<Graphics, JsError> {
        // What follows from it is the caller's to say.
        let refused = |error: Error| JsError::new(&error.message);
        let context = gpu::Context::new(gpu::Options { allow_software: software }).await.map_err(refused)?;
        gpu::canary(&context).await.map_err(refused)?;
        Ok(Graphics { context })
    }

    /// What its driver calls it.
    pub fn name(&self) -> String {
        self.context.name().into()
    }

    /// Why it can no longer be used, once it cannot.
    pub fn lost(&self) -> Option<String> {
        self.context.lost()
    }

    /// The job called `id`, on its own data.
    pub async fn bench(&self, id: String) -> std::result::Result<GpuBench, JsError> {
        let job = Job::drawn(&id).map_err(thrown)?;
        GpuBench::new(&self.context, job).await.map_err(thrown)
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
impl GpuBench {
    async fn new(context: &gpu::Context, Job { program, train, loss }: Job) -> Result<GpuBench> {
        let position = routine(&program, POSITION)?;
        let machine = gpu::Preparation::new(context, program)?.finish().await?;
        Ok(GpuBench { machine, name: context.name().into(), train, loss, position })
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
        let job = Job::given(&id, names, arrays).map_err(thrown)?;
        let graphics = Graphics::open(software).await?;
        GpuBench::new(&graphics.context, job).await.map_err(thrown)
    }

    /// What computes.
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// Dispatches of a step.
    pub fn dispatches(&self) -> u32 {
        self.machine.dispatches(self.train) as u32
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
}
