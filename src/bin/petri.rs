//! The command line: labs, training, measuring and plans without a browser, through the same sessions as the page.
//! Exit status: 0 when all claims hold, 1 when one does not, 2 on bad usage.

#[path = "petri/bench.rs"]
mod bench;

use clap::{Args, Parser, Subcommand, ValueEnum};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use petri::cpu::{Cost, Profile};
use petri::graph::{Error, Result};
use petri::labs::{self, Claim, Kind, Lab, Settings, Summary, Verdict};
use petri::session::{self, Session, State};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Neural networks and papers' claims, trained and measured from the command line.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List every lab with its controls, panels and claims.
    Labs {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Run a lab to the end of its schedule and check its claims.
    Run {
        /// Slug of the lab, as `petri labs` lists it.
        lab: String,
        #[command(flatten)]
        options: Options,
        /// Write curves (CSV) and everything recorded (JSON) of each seed into this folder.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Train a network of your own on one of the playground's tasks.
    Train {
        /// The network, for instance "input x y | linear 8 | tanh | linear 1".
        #[arg(long)]
        net: Option<String>,
        /// The task: circle, xor, gauss, spiral, moons, rings, plane, multigauss.
        #[arg(long)]
        task: Option<String>,
        #[command(flatten)]
        options: Options,
        /// Write the trained network (first seed) as .safetensors, .onnx or .py.
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
    },
    /// Check and time standard training jobs; exit status 1 when a loss is not that of other libraries.
    Bench(bench::Options),
    /// Print a lab's or a network's fused plan and memory plan.
    Plan {
        /// Slug of the lab; leave it out to plan a network.
        lab: Option<String>,
        /// The network, for instance "input x y | linear 8 | tanh | linear 1".
        #[arg(long)]
        net: Option<String>,
        /// A control as name=value; may be repeated.
        #[arg(long = "set", value_name = "NAME=VALUE")]
        set: Vec<String>,
    },
}

/// Kernels that a profile lists.
const MOST_KERNELS: usize = 24;

#[derive(Args)]
struct Options {
    /// A control as name=value; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The (first) seed.
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// Number of seeds, counted from --seed on.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    seeds: u32,
    /// Where to compute.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    device: Device,
    /// Stop the visible runs after this many steps.
    #[arg(long)]
    steps: Option<u64>,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
    /// Tell where the time of a training step of the main run goes, kernel by kernel, on the CPU.
    #[arg(long)]
    profile: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Device {
    Cpu,
    Gpu,
    Auto,
}

/// Steps of `petri train` unless it is told otherwise: the playground's own run has no end.
const TRAINING_STEPS: u64 = 5000;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Labs { json } => list(json).map(|()| true),
        Command::Run { lab, options, out } => labs::find(&lab).and_then(|lab| run(lab, &options, out.as_deref())),
        Command::Train { net, task, options, export } => train(net, task, options, export.as_deref()),
        Command::Bench(options) => bench::run(&options),
        Command::Plan { lab, net, set } => plan(lab.as_deref(), net, &set).map(|()| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("petri: {error}");
            ExitCode::from(2)
        }
    }
}

fn list(json: bool) -> Result<()> {
    if json {
        println!("{}", json!({ "version": env!("CARGO_PKG_VERSION"), "labs": labs::ALL }));
        return Ok(());
    }
    for lab in labs::ALL {
        println!("{:<16} {}", lab.slug, lab.title);
        println!("{:<16} {}. {}. {}", "", lab.paper.authors, lab.paper.title, lab.paper.year);
        for control in lab.controls {
            let range = match control.kind {
                Kind::Choice => control.options.iter().map(|option| option.value).collect::<Vec<_>>().join(" | "),
                Kind::Toggle => "0 | 1".into(),
                Kind::Text => "text".into(),
                Kind::Slider | Kind::Integer => format!("{} … {}", control.min, control.max),
            };
            println!("  --set {:<22} {range}; {}", format!("{}={}", control.name, control.default), control.help);
        }
        for claim in lab.claims {
            println!("  {} {} ({})", claim.id, claim.text, claim.place);
        }
    }
    Ok(())
}

fn settings(lab: &'static Lab, set: &[String], seed: u32) -> Result<Settings> {
    let mut settings = Settings::defaults(lab.controls, seed);
    for pair in set {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Error::new("--set", format!("'{pair}' has no '='"), "write it as name=value"));
        };
        settings.set(lab.controls, name.trim(), value.trim())?;
    }
    Ok(settings)
}

/// One seed, run to its end.
struct Outcome {
    seed: u32,
    session: Session,
    seconds: f64,
}

impl Outcome {
    fn json(&self) -> Value {
        let view = self.session.view();
        let mut metrics = serde_json::Map::new();
        for (index, run) in view.runs.iter().enumerate() {
            for name in run.history.names() {
                let key = if index == 0 { name.clone() } else { format!("{}: {name}", run.name) };
                metrics.insert(key, json!(run.history.last(name)));
            }
        }
        let claims = self.session.claims().iter().map(claim_json).collect::<Vec<_>>();
        let mut json = json!({
            "seed": self.seed,
            "steps": self.session.clock(),
            "seconds": self.seconds,
            "metrics": metrics,
            "claims": claims,
        });
        if let Some(failure) = self.session.failure() {
            json["error"] = json!(failure.to_string());
        }
        json
    }
}

/// A claim of one seed. `measured` and `threshold` are those of the first part; `parts` has all of them.
fn claim_json(claim: &Claim) -> Value {
    let first = claim.parts.first();
    json!({
        "id": claim.id,
        "verdict": claim.verdict,
        "measured": first.and_then(|part| part.measured),
        "threshold": first.map(|part| part.threshold),
        "parts": claim.parts,
        "detail": claim.detail,
    })
}

fn run(lab: &'static Lab, options: &Options, out: Option<&Path>) -> Result<bool> {
    let mut outcomes = run_seeds(lab, options)?;
    if let Some(folder) = out {
        write_records(&mut outcomes, folder)?;
    }
    Ok(report(lab, options, &mut outcomes))
}

/// Runs all seeds, as many at once as there are cores.
fn run_seeds(lab: &'static Lab, options: &Options) -> Result<Vec<Outcome>> {
    let first = settings(lab, &options.set, options.seed)?;
    let device = find_device(lab, &first, options.device)?;
    if options.seed.checked_add(options.seeds - 1).is_none() {
        return Err(Error::new("--seeds", "the last seed would exceed 4294967295", "choose a smaller --seed"));
    }
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(options.seeds as usize);
    let progress = MultiProgress::new();
    let next = AtomicUsize::new(0);
    let outcomes: Mutex<Vec<Result<Outcome>>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed) as u32;
                    if index >= options.seeds {
                        return;
                    }
                    let mut settings = first.clone();
                    settings.seed = options.seed + index;
                    let outcome = run_seed(lab, settings, options.steps, &device, &progress);
                    outcomes.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut outcomes = outcomes.into_iter().collect::<Result<Vec<_>>>()?;
    outcomes.sort_by_key(|outcome| outcome.seed);
    Ok(outcomes)
}

/// The device that was asked for; `auto` takes a GPU if there is one that computes rightly and makes more steps of
/// this very program than the CPU does.
fn find_device(lab: &'static Lab, settings: &Settings, choice: Device) -> Result<session::Device> {
    match choice {
        Device::Cpu => Ok(session::Device::Cpu),
        Device::Gpu => find_gpu(true),
        Device::Auto => {
            let Ok(device) = find_gpu(false) else { return Ok(session::Device::Cpu) };
            let session = Session::open(lab, settings.clone(), false)?;
            Ok(if session.is_faster_on(&device) { device } else { session::Device::Cpu })
        }
    }
}

/// `software`: whether to take a driver that computes on the CPU, which only helps tests.
#[cfg(feature = "gpu")]
fn find_gpu(software: bool) -> Result<session::Device> {
    let context = pollster::block_on(petri::gpu::Context::new(petri::gpu::Options { allow_software: software }))?;
    pollster::block_on(petri::gpu::canary(&context))?;
    Ok(session::Device::Gpu(context))
}

#[cfg(not(feature = "gpu"))]
fn find_gpu(_: bool) -> Result<session::Device> {
    Err(Error::new("--device gpu", "this program was built without it", "build it with the feature gpu"))
}

fn run_seed(
    lab: &'static Lab,
    settings: Settings,
    steps: Option<u64>,
    device: &session::Device,
    progress: &MultiProgress,
) -> Result<Outcome> {
    let seed = settings.seed;
    let started = Instant::now();
    let mut session = Session::open(lab, settings, true)?;
    session.set_device(device.clone());
    session.arrive()?;
    match steps {
        Some(steps) => session.step(steps),
        None => session.play(),
    }
    let total = session.total_steps();
    let bar = progress.add(ProgressBar::new(total.min(steps.unwrap_or(u64::MAX))));
    if let Ok(style) = ProgressStyle::with_template("{prefix:>9} {bar:32} {pos}/{len} steps  {msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(format!("seed {seed}"));
    let now = || started.elapsed().as_secs_f64() * 1000.0;
    while session.is_busy() || session.awaits() {
        session.turn(&now, now() + 100.0);
        if session.device().name() == "gpu" {
            // The device works by itself; a look every now and then keeps it busy.
            std::thread::sleep(Duration::from_micros(200));
        }
        bar.set_position(session.total_done());
        let text = if session.state() == State::Measuring { "runs for claims" } else { "" };
        bar.set_message(text);
    }
    bar.finish_and_clear();
    Ok(Outcome { seed, session, seconds: started.elapsed().as_secs_f64() })
}

fn write_records(outcomes: &mut [Outcome], folder: &Path) -> Result<()> {
    let refuse = |path: &Path, error: std::io::Error| {
        Error::new(path.display().to_string(), error.to_string(), "choose a folder that can be written")
    };
    std::fs::create_dir_all(folder).map_err(|error| refuse(folder, error))?;
    for outcome in outcomes {
        for &format in ["csv", "json"].iter().chain(outcome.session.lab().formats) {
            let file = outcome.session.export(format)?;
            let path = folder.join(&file.name);
            std::fs::write(&path, &file.bytes).map_err(|error| refuse(&path, error))?;
        }
    }
    Ok(())
}

/// Prints what was found; answers whether every claim holds and no run failed.
fn report(lab: &Lab, options: &Options, outcomes: &mut [Outcome]) -> bool {
    let started = Instant::now();
    let now = || started.elapsed().as_secs_f64() * 1000.0;
    let profile = outcomes.first_mut().filter(|_| options.profile).map(|first| first.session.profile(&now));
    let outcomes = &*outcomes;
    let claims: Vec<Vec<Claim>> = outcomes.iter().map(|outcome| outcome.session.claims()).collect();
    let summaries = Summary::of(&claims);
    if options.json {
        let seeds: Vec<Value> = outcomes.iter().map(Outcome::json).collect();
        let mut json = json!({
            "lab": lab.slug,
            "version": env!("CARGO_PKG_VERSION"),
            "device": outcomes.first().map_or("cpu", |outcome| outcome.session.device().name()),
            "seeds": seeds,
            "claims": summaries,
        });
        if let Some(profile) = profile {
            json["profile"] = profile.json();
        }
        println!("{json}");
    } else {
        for outcome in outcomes {
            print_seed(lab, outcome);
        }
        if outcomes.len() > 1 {
            println!("over {} seeds", outcomes.len());
            for summary in &summaries {
                let medians = summary.medians.iter().map(|m| format!("; median {} {:.3}", m.label, m.measured));
                let medians: String = medians.collect();
                println!("  {} {}: held for {} of {}{medians}", summary.id, summary.verdict, summary.held, summary.of);
            }
        }
        if let Some(profile) = profile {
            print_profile(&profile);
        }
    }
    let failed = outcomes.iter().any(|outcome| outcome.session.failure().is_some());
    !failed && summaries.iter().all(|summary| summary.verdict == Verdict::Holds)
}

/// The dearest kernels of a training step, and the others together.
fn print_profile(profile: &Profile) {
    let whole = profile.milliseconds;
    println!("  a training step: {whole:.3} ms on the CPU; {:.0} dispatches on a GPU", profile.dispatches);
    println!("  a large matrix product reaches {:.1} GFLOP/s here", profile.peak / 1e6);
    println!("    share  microseconds  times  GFLOP/s  of that    GB/s  kernel");
    let (listed, others) = profile.kernels.split_at(profile.kernels.len().min(MOST_KERNELS));
    for Cost { kernel, count, milliseconds, operations, bytes } in listed {
        let (share, microseconds) = (100.0 * milliseconds / whole, 1000.0 * milliseconds);
        let (rate, part) = (operations / milliseconds / 1e6, 100.0 * operations / milliseconds / profile.peak);
        let bandwidth = bytes / milliseconds / 1e6;
        println!(
            "  {share:6.1} %  {microseconds:12.1}  {count:5.1}  {rate:7.2}  {part:5.1} %  {bandwidth:6.1}  {kernel}"
        );
    }
    if !others.is_empty() {
        let rest: f64 = others.iter().map(|cost| cost.milliseconds).sum();
        println!("  {:6.1} %  {:12.1}  {:31} {} other kinds", 100.0 * rest / whole, 1000.0 * rest, "", others.len());
    }
}

fn print_seed(lab: &Lab, outcome: &Outcome) {
    let view = outcome.session.view();
    println!("{} seed {}: {} steps in {:.1} s", lab.slug, outcome.seed, outcome.session.clock(), outcome.seconds);
    let main = view.main();
    for name in main.history.names() {
        println!("  {name}: {:.4}", main.history.last(name).unwrap_or(f32::NAN));
    }
    for claim in outcome.session.claims() {
        let text = lab.claims.iter().find(|info| info.id == claim.id).map_or("", |info| info.text);
        println!("  {} {}: {text}", claim.id, claim.verdict);
        for part in &claim.parts {
            let measured = part.measured.map_or("not yet".into(), |value| format!("{value:.3}"));
            println!("       {}: {measured} ({} {})", part.label, relation(part), part.threshold);
        }
        println!("       {}", claim.detail);
    }
    if let Some(failure) = outcome.session.failure() {
        println!("  stopped: {failure}");
    }
}

fn relation(part: &labs::Measured) -> String {
    serde_json::to_value(part.relation).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn train(net: Option<String>, task: Option<String>, mut options: Options, export: Option<&Path>) -> Result<bool> {
    let lab = labs::find("playground")?;
    options.set.extend(net.map(|net| format!("net={net}")));
    options.set.extend(task.map(|task| format!("dataset={task}")));
    options.steps.get_or_insert(TRAINING_STEPS);
    let mut outcomes = run_seeds(lab, &options)?;
    if let (Some(path), Some(first)) = (export, outcomes.first_mut()) {
        let format = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let file = first.session.export(format)?;
        std::fs::write(path, &file.bytes).map_err(|error| {
            Error::new(path.display().to_string(), error.to_string(), "choose a file that can be written")
        })?;
    }
    Ok(report(lab, &options, &mut outcomes))
}

fn plan(lab: Option<&str>, net: Option<String>, set: &[String]) -> Result<()> {
    let lab = match (lab, &net) {
        (Some(slug), None) => labs::find(slug)?,
        (None, Some(_)) => labs::find("playground")?,
        _ => return Err(Error::new("plan", "needs a lab or a network", "give a slug, or --net, and not both")),
    };
    let set: Vec<String> = set.iter().cloned().chain(net.map(|net| format!("net={net}"))).collect();
    let session = Session::open(lab, settings(lab, &set, 0)?, false)?;
    print!("{}", session.plan_text());
    Ok(())
}
