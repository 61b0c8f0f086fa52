//! Pointer networks (Vinyals, Fortunato and Jaitly, 2015): an LSTM reads a set of points, a second one answers by pointing
//! back at them, so that the output alphabet is the input itself.
//!
//! `solve/` has the exact answers, `task.rs` the four tasks and how an answer is judged, `model.rs` the networks, `stream.rs`
//! the training data, `program.rs` what a run computes and records, `answer.rs` one set answered step by step with a beam,
//! `recorded.rs` trained networks as files, `controls.rs` what can be turned, `claims.rs` what is checked, `panels.rs` what is
//! drawn.

mod answer;
mod claims;
mod controls;
mod model;
mod panels;
mod points;
mod program;
mod recorded;
mod solve;
mod stream;
mod task;
#[cfg(test)]
mod tests;

use super::{Claim, Effect, Experiment, File, Lab, Paper, Part, Payload, RunPlan, Settings, Weights};
use crate::analysis::pca::Axes;
use crate::graph::{Error, Graph, Result};
use crate::number;
use crate::rng::{self, Rng};
use crate::session::View;
use answer::Answerer;
use controls::{CONTROLS, PANELS, RATE};
use model::Head;
use panels::{Shown, Source};
use program::{Judge, Plan, column, measures};
use recorded::Recorded;
use serde_json::Value;
use solve::tour;
use stream::Stream;
use task::{InputOrder, Point, Rules, Set, Solver, Task, Tests};

/// The lab as data.
pub const LAB: Lab = Lab {
    slug: "pointer-networks",
    title: "Pointer networks: answer by pointing",
    promise: "Drop points on a plane, and a recurrent network points, one finger at a time, at the corners of their hull, their \
              sorted order, their triangulation or a short tour.",
    paper: Paper {
        authors: "Oriol Vinyals, Meire Fortunato, Navdeep Jaitly",
        title: "Pointer Networks",
        year: 2015,
        url: "https://arxiv.org/abs/1506.03134",
    },
    theme: "Sequences and sets",
    tags: &["attention", "LSTM", "sorting", "convex hull", "Delaunay", "travelling salesman", "beam search"],
    controls: CONTROLS,
    panels: PANELS,
    claims: claims::CLAIMS,
    metric: "accuracy n = 8",
    formats: &["safetensors"],
    files: &[],
    open,
};

/// The baseline beside the main run; it goes on with its length.
pub(crate) const BASELINE: &str = "fixed dictionary, attention blends";
/// The same without attention.
const PLAIN: &str = "fixed dictionary, no attention";
/// Pointing, trained on the baselines' length only.
const ONE_LENGTH: &str = "pointing, one length";
/// Hulls from the lowest index, from the lowest index of sorted inputs, from the leftmost point.
const FIRST_LOWEST: &str = "start at lowest index";
const FIRST_SORTED: &str = "start at lowest index, inputs sorted";
const LEFTMOST: &str = "start leftmost";

/// Steps of the runs that are compared with each other.
const COMPARED_STEPS: u64 = 2200;
/// Learning rate of those that see coordinates as they are.
const UNSTRETCHED_RATE: f32 = 0.006;

/// What the network is compared with on the test sets of one length.
pub(crate) struct Chance {
    /// What the exact answers score: mean length of the shortest tours, else 1.
    exact: f64,
    /// What a simple rule scores: mean length of nearest-neighbour tours, else nothing.
    heuristic: f64,
    /// What chance scores: mean length of random tours, share of triangles found by random triples, probability of an exact
    /// answer.
    random: f64,
}

impl Chance {
    fn of(rules: &Rules, n: usize, sets: &[Set]) -> Chance {
        let mean = |score: &mut dyn FnMut(&[Point], &[usize]) -> f64| {
            sets.iter().map(|(points, truth)| score(points, truth)).sum::<f64>() / sets.len() as f64
        };
        // Ways to point at `count` of n elements one after the other.
        let ways = |count: usize| (0..count).map(|done| (n - done) as f64).product::<f64>();
        match rules.task {
            Task::Sort => Chance { exact: 1.0, heuristic: 0.0, random: 1.0 / ways(n) },
            // A random sequence of as many different points; it may begin at any corner.
            Task::Hull => {
                let random = mean(&mut |_, truth| (truth.len() - 1) as f64 / ways(truth.len() - 1));
                Chance { exact: 1.0, heuristic: 0.0, random }
            }
            Task::Delaunay => {
                let triples = (n * (n - 1) * (n - 2) / 6) as f64;
                Chance { exact: 1.0, heuristic: 0.0, random: mean(&mut |_, truth| (truth.len() / 3) as f64 / triples) }
            }
            Task::Tour => {
                let mut rng = Rng::new(n as u32, "pointer-networks/random tours");
                Chance {
                    exact: mean(&mut |points, truth| tour::length(points, truth)),
                    heuristic: mean(&mut |points, _| tour::length(points, &tour::nearest_neighbour(points))),
                    random: mean(&mut |points, _| {
                        let mut order: Vec<usize> = (0..n).collect();
                        rng.shuffle(&mut order);
                        tour::length(points, &order)
                    }),
                }
            }
        }
    }
}

/// The recorded network, as far as it is there.
enum Recording {
    Missing,
    There(Box<Recorded>),
    /// It cannot be had, for this reason.
    Refused(String),
}

/// The set that is shown.
#[derive(Clone)]
struct ShownSet {
    /// In the order in which it is read.
    points: Vec<Point>,
    /// Where each stands in the set as the visitor sees it.
    places: Vec<usize>,
    /// The exact answer.
    truth: Vec<usize>,
    /// A lower bound of the shortest tour, where that is not known.
    bound: Option<f64>,
}

/// The lab at given settings.
pub(crate) struct PointerNetworks {
    plan: Plan,
    runs: Vec<RunPlan>,
    /// What is shown of it.
    settings: Settings,
    chances: Vec<Chance>,
    untrained: Vec<Weights>,
    recording: Recording,
    answerer: Option<Answerer>,
    solver: Solver,
    /// Directions in which encoder states are drawn.
    axes: Option<Axes>,
    /// The set that is shown, made anew when a control changes it.
    set: Option<ShownSet>,
    /// The last answer, with the step of the run that gave it.
    shown: Option<(u64, Shown)>,
}

fn open(settings: &Settings, with_claims: bool) -> Result<Box<dyn Experiment>> {
    let plan = plan_of(settings);
    let mut chances = Vec::new();
    for (n, sets) in plan.tests.iter() {
        chances.push(Chance::of(&plan.rules, *n, sets));
    }
    let g = &mut Graph::new();
    plan.network(g);
    let mut untrained = Vec::new();
    for leaf in g.leaves() {
        untrained.push((leaf.name.clone(), leaf.ty.shape.clone(), leaf.initial.clone()));
    }
    Ok(Box::new(PointerNetworks {
        runs: runs(&plan, settings, with_claims),
        plan,
        settings: settings.clone(),
        chances,
        untrained,
        recording: Recording::Missing,
        answerer: None,
        solver: Solver::default(),
        axes: None,
        set: None,
        shown: None,
    }))
}

/// The main run.
fn plan_of(settings: &Settings) -> Plan {
    let whole = |name: &str| settings.number(name) as usize;
    let task = match settings.text("task") {
        "sort" => Task::Sort,
        "delaunay" => Task::Delaunay,
        "tsp" => Task::Tour,
        _ => Task::Hull,
    };
    let sorted = task == Task::Delaunay || settings.text("order") == "x" && matches!(task, Task::Hull | Task::Tour);
    let rules = Rules {
        task,
        inputs: if sorted { InputOrder::ByX } else { InputOrder::Random },
        lowest_first: settings.text("start") == "lowest",
        by_incenter: settings.text("triangles") == "incenter",
        stretched: true,
    };
    let range = match task {
        Task::Hull | Task::Sort => [whole("shortest"), whole("longest")],
        _ => [whole("size"); 2],
    };
    // Whichever end was moved past the other.
    let range = [range[0].min(range[1]), range[0].max(range[1])];
    let lengths: &[usize] = match task {
        Task::Hull => &[5, 8, 10, 12, 16, 20],
        Task::Sort => &[5, 8, 10, 12],
        Task::Delaunay => &[5, 6, 7, 8],
        Task::Tour => &[5, 6, 7, 8, 10],
    };
    let full = match task {
        Task::Hull => 8_000,
        Task::Sort => 9_000,
        Task::Delaunay => 8_000,
        Task::Tour => 6_000,
    };
    let steps = match settings.text("length") {
        "short" => full / 5,
        "long" => 3 * full,
        _ => full,
    };
    let glimpse = settings.number("glimpse") == 1.0;
    Plan {
        rules,
        hidden: whole("hidden"),
        head: Head::Point { glimpse },
        range,
        // The lengths of the claims, and those that are trained on.
        tests: rules.tests(&[lengths, &range].concat()),
        steps,
        rate: settings.number("rate") as f32,
        seed: settings.seed,
    }
}

fn runs(plan: &Plan, settings: &Settings, with_claims: bool) -> Vec<RunPlan> {
    let longest = plan.range[1];
    let mut runs = vec![run("pointing", Part::Main, plan.clone())];
    let one_length =
        Plan { range: [longest; 2], tests: only(&plan.tests, longest), steps: COMPARED_STEPS, ..plan.clone() };
    let baseline = Plan { head: Head::Blend(longest), ..one_length.clone() };
    match settings.text("baseline") {
        "none" => {}
        "equal" => runs.push(run(&beside(longest), Part::Beside, Plan { steps: plan.steps, ..baseline })),
        _ => runs.push(run(&beside(longest), Part::Beside, baseline)),
    }
    if with_claims && plan.rules.task == Task::Hull {
        // Whatever the visitor has turned.
        let usual = Rules { inputs: InputOrder::Random, lowest_first: false, ..plan.rules };
        let compared = |rules: Rules, head: Head, range: [usize; 2], tests: &[usize]| Plan {
            rules,
            hidden: 48,
            head,
            range,
            tests: rules.tests(tests),
            steps: COMPARED_STEPS,
            rate: number::parse(RATE).unwrap_or(0.01) as f32,
            seed: plan.seed,
        };
        let pointing = Head::Point { glimpse: false };
        let mut later = |name: &str, plan: Plan| runs.push(run(name, Part::Later, plan));
        later(ONE_LENGTH, compared(usual, pointing, [8; 2], &[8]));
        later(BASELINE, compared(usual, Head::Blend(8), [8; 2], &[8]));
        later(PLAIN, compared(usual, Head::Plain(8), [8; 2], &[8]));
        // As near to the paper as the lab comes: coordinates as they are, and the lower rate that suits them.
        let leftmost = Rules { stretched: false, ..usual };
        let lowest = Rules { lowest_first: true, ..leftmost };
        let sorted = Rules { inputs: InputOrder::ByX, ..lowest };
        let compared = |rules: Rules| Plan { rate: UNSTRETCHED_RATE, ..compared(rules, pointing, [5, 8], &[8, 10]) };
        later(FIRST_LOWEST, compared(lowest));
        later(FIRST_SORTED, compared(sorted));
        later(LEFTMOST, compared(leftmost));
    }
    runs
}

/// The test sets of one length among others.
fn only(tests: &Tests, length: usize) -> Tests {
    tests.iter().filter(|(n, _)| *n == length).cloned().collect::<Vec<_>>().into()
}

/// Name of the baseline beside the main run.
fn beside(n: usize) -> String {
    format!("{BASELINE}, n = {n}")
}

fn run(name: &str, part: Part, plan: Plan) -> RunPlan {
    let (feed, judge) = (Stream::new(plan.rules, plan.seed, plan.range[0], plan.range[1]), Judge::new(&plan));
    let steps = plan.steps;
    let build = Box::new(move || plan.program());
    RunPlan {
        feed: Some(Box::new(feed)),
        judge: Some(Box::new(judge)),
        ..RunPlan::new(name, part, steps, reads, build)
    }
}

/// Often at first, when much happens; a reading takes as long as some twenty steps.
fn reads(step: u64) -> bool {
    let every = match step {
        0..=200 => 50,
        201..=1000 => 100,
        1001..=3000 => 250,
        _ => 1000,
    };
    // Nothing is to be seen of first weights, and the page has to wait for it.
    step > 0 && step.is_multiple_of(every)
}

impl PointerNetworks {
    fn set(&mut self) -> &ShownSet {
        let PointerNetworks { set, settings, plan, solver, .. } = self;
        set.get_or_insert_with(|| {
            let mut own = points::read(settings.text("points")).unwrap_or_default();
            if own.is_empty() {
                let which = settings.number("draw") as u32;
                let mut rng = Rng::at_step(settings.seed, rng::stream("pointer-networks/shown"), which);
                plan.rules.draw(settings.number("count") as usize, &mut rng, &mut own);
            }
            let places = plan.rules.reading_order(&own);
            let points: Vec<Point> = places.iter().map(|&place| own[place]).collect();
            let (truth, bound) = plan.rules.answer_with_bound(&points, solver);
            ShownSet { points, places, truth, bound }
        })
    }

    /// Weights, plan and source of the network that answers, or why there is none.
    fn network(&self, view: &View) -> std::result::Result<(Vec<Weights>, Plan, Source), Source> {
        let plan = self.plan.clone();
        let main = view.main();
        match (self.settings.text("network"), &self.recording, main.picture) {
            ("recorded", Recording::There(recorded), _) => {
                let plan = Plan {
                    hidden: recorded.hidden,
                    head: Head::Point { glimpse: false },
                    range: recorded.range,
                    ..plan
                };
                let steps = recorded.steps.parse().map_or_else(|_| recorded.steps.clone(), number::grouped);
                let text = format!(
                    "trained earlier: seed {}, {steps} steps, {}; made by “{}”. Choose “this run” to train it yourself.",
                    recorded.seed, recorded.figures, recorded.command
                );
                Ok((recorded.weights.clone(), plan, ("recorded", text)))
            }
            ("recorded", Recording::Missing, _) => Err(("recorded", "the recorded network is being fetched …".into())),
            ("recorded", Recording::Refused(reason), _) => {
                let text = format!("the recorded network cannot be had ({reason}); this is the untrained one");
                Ok((self.untrained.clone(), plan, ("untrained", text)))
            }
            ("here", _, Some(picture)) => {
                let mut weights = Vec::new();
                for (name, values) in picture.names.iter().zip(&picture.arrays) {
                    weights.push((name.clone(), Vec::new(), values.clone()));
                }
                Ok((weights, plan, ("here", format!("this run, step {}", number::grouped(main.step)))))
            }
            _ => Ok((self.untrained.clone(), plan, ("untrained", "first weights, before any training".into()))),
        }
    }

    /// The answer to the set that is shown, by the network that is chosen, or why there is none.
    fn shown(&mut self, view: &View) -> std::result::Result<&Shown, Source> {
        let step = view.main().step;
        let shown = match self.shown.take().filter(|(of, _)| *of == step) {
            Some((_, shown)) => shown,
            None => self.answer(view)?,
        };
        Ok(&self.shown.insert((step, shown)).1)
    }

    fn answer(&mut self, view: &View) -> std::result::Result<Shown, Source> {
        let (weights, plan, source) = self.network(view)?;
        let ShownSet { points, places, truth, bound } = self.set().clone();
        let fits = |answerer: &Answerer| answerer.fits(&plan, points.len());
        let mut answerer = match self.answerer.take().filter(fits) {
            Some(answerer) => answerer,
            None => Answerer::new(&plan, points.len()).map_err(|error| (source.0, error.to_string()))?,
        };
        answerer.load(&weights);
        let restricted = matches!(plan.rules.task, Task::Sort | Task::Tour) && self.settings.number("valid") == 1.0;
        let answer = answerer.answer(&points, self.settings.number("beam") as usize, restricted);
        self.answerer = Some(answerer);
        let Some(best) = answer.beams.first() else {
            return Err((source.0, "its weights are no longer finite numbers, so that it points at nothing".into()));
        };
        let grade = plan.rules.grade(&points, &truth, &best.tokens, best.stopped);
        Ok(Shown { points, places, truth, answer, grade, source, range: plan.range, bound })
    }

    fn file(&self) -> String {
        format!("pointer-networks-{}.safetensors", panels::name(self.plan.rules.task))
    }
}

impl Experiment for PointerNetworks {
    fn runs(&mut self) -> Vec<RunPlan> {
        std::mem::take(&mut self.runs)
    }

    fn retune(&self, name: &str, value: f64) -> Option<Vec<(usize, &'static str, f32)>> {
        let runs = if self.settings.text("baseline") == "none" { 1 } else { 2 };
        (name == "rate").then(|| (0..runs).map(|run| (run, "rate", value as f32)).collect())
    }

    fn show(&mut self, settings: &Settings) {
        self.settings = settings.clone();
        self.set = None;
        self.shown = None;
    }

    fn wants(&self) -> Option<String> {
        let missing = matches!(self.recording, Recording::Missing) && self.settings.text("network") == "recorded";
        missing.then(|| self.file())
    }

    fn attach(&mut self, file: &str, contents: std::result::Result<&[u8], &str>) -> Result<()> {
        if file != self.file() {
            return Ok(()); // of another task, asked for before the visitor changed it
        }
        self.shown = None;
        let read = match contents {
            Ok(bytes) => recorded::read(bytes),
            Err(reason) => {
                Err(Error::new("recorded network", reason, "choose this run instead, and train it yourself"))
            }
        };
        match read {
            Ok(recorded) => self.recording = Recording::There(Box::new(recorded)),
            Err(error) => {
                self.recording = Recording::Refused(error.message.clone());
                return Err(error);
            }
        }
        Ok(())
    }

    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        let (task, longest) = (self.plan.rules.task, self.plan.range[1]);
        let position = self.plan.tests.iter().position(|(n, _)| *n == longest).unwrap_or(0);
        match id {
            "training" => panels::training(&self.plan, &self.chances[position], view, payload),
            "by_length" => panels::by_length(&self.plan, &self.chances, view, payload),
            "lengths" if task == Task::Tour => panels::lengths(&self.plan, &self.chances[position], view),
            "answer" | "diagram" | "states" => {
                let mut axes = self.axes.take();
                let value = match (id, self.shown(view)) {
                    ("answer", Ok(shown)) => panels::answer(task, shown, payload),
                    ("answer", Err(why)) => panels::unanswered(task, why),
                    ("diagram", Ok(shown)) => panels::diagram(task, shown, payload),
                    (_, Ok(shown)) => {
                        let hidden = shown.answer.states.len() / shown.points.len();
                        panels::states(task, shown, hidden, &mut axes, payload)
                    }
                    (_, Err(_)) => Value::Null,
                };
                self.axes = axes;
                value
            }
            _ => Value::Null,
        }
    }

    fn claims(&self, view: &View) -> Vec<Claim> {
        let longest = self.plan.range[1];
        let position = self.plan.tests.iter().position(|(n, _)| *n == longest).unwrap_or(0);
        claims::of(self.plan.rules.task, longest, &self.chances[position], view)
    }

    fn export(&self, format: &str, view: &View, weights: &[Weights]) -> Result<File> {
        if format != "safetensors" {
            return Err(Error::new(
                "export",
                format!("'{format}' is not a known format"),
                "choose csv, json or safetensors",
            ));
        }
        let main = view.main();
        let task = self.plan.rules.task;
        let mut figures = String::new();
        for n in self.plan.range {
            for measure in measures(task).iter().take(if n == self.plan.range[1] { 2 } else { 1 }) {
                if let Some(value) = main.history.last(&column(measure, n)) {
                    let comma = if figures.is_empty() { "" } else { ", " };
                    figures += &format!("{comma}{measure} {} at n = {n}", number::rounded(value as f64, 3));
                }
            }
        }
        let defaults = Settings::defaults(CONTROLS, 0);
        let mut command = "petri run pointer-networks".to_owned();
        for control in CONTROLS.iter().filter(|control| control.effect != Effect::Show) {
            let value = self.settings.text(control.name);
            if value != defaults.text(control.name) {
                command += &format!(" --set {}={value}", control.name);
            }
        }
        command += &format!(" --seed {} --out DIR", self.settings.seed);
        let told = [
            ("command", command),
            ("seed", self.settings.seed.to_string()),
            ("steps", main.step.to_string()),
            ("figures", figures),
        ];
        let name = format!("petri-pointer-networks-{}-seed-{}.safetensors", panels::name(task), self.settings.seed);
        let bytes = recorded::write(&self.plan, weights, told)?;
        Ok(File { name, mime: "application/octet-stream", bytes })
    }
}
