//! `petri bench`: how fast the engine trains, job by job, and whether it computes what other libraries compute.

use super::{Device, find_gpu, print_profile};
use clap::Args;
use petri::bench::measure::{Outcome, Protocol, Trainer, measure, profile};
use petri::bench::{self, TRAIN, Task, data};
use petri::cpu;
use petri::graph::Result;
use petri::plan::{Kernel, Program};
use petri::session;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Steps over which kernels are timed, at most, and how long that may take.
const PROFILED: f64 = 200.0;
const PROFILING: f64 = 1.0;

/// What `petri bench` is told.
#[derive(Args)]
pub struct Options {
    /// Jobs, for instance W1,W4; W0 means its three sizes.
    #[arg(long, value_delimiter = ',', value_name = "ID,…")]
    only: Vec<String>,
    /// Where to compute.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    device: Device,
    /// Windows of time per job.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    windows: u16,
    /// Milliseconds of a window, and of the warm-up before.
    #[arg(long, default_value_t = 1000)]
    window_ms: u64,
    /// Also print the time of each kernel of a step, dearest first; on the CPU.
    #[arg(long)]
    profile: bool,
    /// Also time so many copies of each network that train at once, on the CPU.
    #[arg(long, value_name = "COPIES", value_parser = clap::value_parser!(u16).range(2..=256))]
    replicas: Option<u16>,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Checks and times the jobs; answers whether every loss is as it should be.
pub fn run(options: &Options) -> Result<bool> {
    let tasks = chosen(&options.only)?;
    let gpu = match options.device {
        Device::Cpu => None,
        Device::Gpu => Some(find_gpu(true)?),
        Device::Auto => find_gpu(false).ok(),
    };
    let window = Duration::from_millis(options.window_ms);
    let protocol = Protocol { warm_up: window, portion: window / 10, windows: options.windows.into(), window };
    let mut reports = Vec::new();
    let mut right = true;
    for task in tasks {
        let report = report(task, gpu.as_ref(), options, &protocol)?;
        right &= report.agrees();
        if options.json {
            reports.push(report.json());
        } else {
            report.print();
        }
    }
    if options.json {
        println!("{}", json!({ "version": env!("CARGO_PKG_VERSION"), "jobs": reports }));
    }
    Ok(right)
}

/// The named tasks, or all.
fn chosen(only: &[String]) -> Result<Vec<&'static Task>> {
    let named = |task: &Task, name: &str| {
        task.id == name || task.id.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
    };
    for name in only {
        if !bench::ALL.iter().any(|task| named(task, name)) {
            bench::find(name).map_err(|error| error.at("--only"))?;
        }
    }
    let wanted = |task: &&Task| only.is_empty() || only.iter().any(|name| named(task, name));
    Ok(bench::ALL.iter().filter(wanted).collect())
}

/// What is told of a job.
struct Report {
    task: &'static Task,
    device: &'static str,
    program: Arc<Program>,
    outcome: Outcome,
    profile: Option<cpu::Profile>,
    replicas: Option<Replicas>,
}

/// Copies of a network that train at once.
struct Replicas {
    copies: u16,
    /// Steps of all copies per second in the fastest window.
    rate: f64,
    /// How many times as long as one network's a step takes, both measured on the CPU.
    cost: f64,
}

fn replicas(task: &Task, copies: u16, protocol: &Protocol) -> Result<Replicas> {
    let arrays = data::draw(task);
    let rate = |program: Program| measure(task, &mut cpu::Machine::new(Arc::new(program)), protocol).highest();
    let (one, rate) = (rate(task.program(&arrays)?), rate(task.replicas(&arrays, copies.into())?));
    Ok(Replicas { copies, rate, cost: one / rate })
}

fn report(
    task: &'static Task,
    gpu: Option<&session::Device>,
    options: &Options,
    protocol: &Protocol,
) -> Result<Report> {
    let program = Arc::new(task.program(&data::draw(task))?);
    let gpu = gpu.filter(|device| options.device == Device::Gpu || is_faster(device, &program));
    let mut trainer: Box<dyn Trainer> = match gpu {
        #[cfg(feature = "gpu")]
        Some(session::Device::Gpu(context)) => Box::new(petri::gpu::Machine::new(context, program.clone())?),
        _ => Box::new(cpu::Machine::new(program.clone())),
    };
    let outcome = measure(task, &mut *trainer, protocol);
    let profile = options.profile.then(|| {
        let steps = (outcome.highest() * PROFILING).clamp(3.0, PROFILED) as u64;
        profile(&mut cpu::Machine::new(program.clone()), steps, session::dispatches)
    });
    // A bare product trains nothing that could differ between copies.
    let copies = options.replicas.filter(|_| !task.is_product());
    let replicas = copies.map(|copies| replicas(task, copies, protocol)).transpose()?;
    Ok(Report { task, replicas, device: gpu.map_or("cpu", session::Device::name), program, outcome, profile })
}

#[cfg(feature = "gpu")]
fn is_faster(device: &session::Device, program: &Arc<Program>) -> bool {
    let session::Device::Gpu(context) = device else { return false };
    program.routine(TRAIN).is_some_and(|train| session::gpu_is_faster(program, train, context))
}

#[cfg(not(feature = "gpu"))]
fn is_faster(_: &session::Device, _: &Arc<Program>) -> bool {
    false
}

impl Report {
    fn agrees(&self) -> bool {
        self.task.agrees(self.outcome.loss)
    }

    /// Kernels, dispatches and floating-point operations of a step.
    fn step(&self) -> (usize, usize, u64) {
        self.program.routine(TRAIN).map_or((0, 0, 0), |train| {
            let kernels = &self.program.routines[train].kernels;
            let flops = kernels.iter().map(Kernel::flops).sum();
            (kernels.len(), session::dispatches(&self.program, train), flops)
        })
    }

    fn bytes(&self) -> usize {
        self.program.buffers.iter().map(|buffer| 4 * buffer.elements).sum()
    }

    fn gigaflops(&self, rate: f64) -> f64 {
        self.task.flops * rate / 1e9
    }

    fn json(&self) -> Value {
        let (kernels, dispatches, flops) = self.step();
        let mut json = json!({
            "id": self.task.id,
            "title": self.task.title,
            "device": self.device,
            "stepsPerSecond": {
                "median": self.outcome.median(),
                "highest": self.outcome.highest(),
                "windows": self.outcome.rates,
            },
            "gigaflops": self.gigaflops(self.outcome.highest()),
            "loss": {
                "first": self.outcome.first_loss,
                "checked": self.outcome.loss,
                "after": self.task.checked_after,
                "agreed": self.task.agreed,
                "agrees": self.agrees(),
            },
            "kernels": kernels,
            "dispatches": dispatches,
            "flops": flops,
            "bytes": self.bytes(),
        });
        if let Some(profile) = &self.profile {
            json["profile"] = profile.json();
        }
        if let Some(Replicas { copies, rate, cost }) = self.replicas {
            json["replicas"] = json!({ "copies": copies, "stepsPerSecond": rate, "costOfOne": cost });
        }
        json
    }

    fn print(&self) {
        let Outcome { first_loss, loss, .. } = self.outcome;
        let (median, highest) = (self.outcome.median(), self.outcome.highest());
        let (kernels, dispatches, flops) = self.step();
        println!("{} {} ({})", self.task.id, self.task.title, self.device);
        println!("  {} steps/s, at most {}; {:.2} GFLOP/s", rate(median), rate(highest), self.gigaflops(highest));
        println!(
            "  {} loss {first_loss:.6} → {loss:.6} after {} steps{}",
            if self.agrees() { "✓" } else { "✗" },
            self.task.checked_after,
            if self.agrees() { String::new() } else { format!(", not {:.6}", self.task.agreed) },
        );
        println!(
            "  {kernels} kernels in {dispatches} dispatches, {flops} FLOP; {:.1} MiB",
            self.bytes() as f64 / f64::from(1 << 20)
        );
        if let Some(profile) = &self.profile {
            print_profile(profile);
        }
        if let Some(Replicas { copies, rate: fastest, cost }) = self.replicas {
            println!("  {copies} copies at once: {} steps/s, {cost:.2} times the cost of one", rate(fastest));
        }
    }
}

/// Four digits or all before the point.
fn rate(value: f64) -> String {
    let digits = if value >= 1000.0 {
        0
    } else if value >= 100.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$}")
}
