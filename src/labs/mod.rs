//! The lab protocol: a lab describes itself as data (controls, panels, claims) and opens an
//! [`Experiment`], which builds programs, reads what they recorded, and draws conclusions. Labs name no
//! backend and draw nothing. Adding one is a folder and a line in [`ALL`].

mod claim;
mod control;
mod convex_relu;
mod diffusion_generalization;
mod double_descent;
mod grokking;
mod information_plane;
mod modern_hopfield;
mod neural_collapse;
mod opposing_signals;
mod payload;
mod pointer_networks;
pub(crate) mod safetensors;
mod spiking_delays;
pub mod work;

pub use claim::{Claim, Measured, Median, Relation, Summary, Verdict};
pub use control::{Choice, Control, Effect, Kind, Scale, Settings, When, nearest};
pub use payload::{File, Payload, Weights};

use crate::graph::{Error, Result};
use crate::plan::Program;
use crate::playground::PLAYGROUND;
use crate::session::View;
use serde::Serialize;
use serde_json::Value;

/// Every lab, in the order of the gallery: one line each.
pub const ALL: &[&Lab] = &[
    &pointer_networks::LAB,
    &grokking::LAB,
    &modern_hopfield::LAB,
    &neural_collapse::LAB,
    &information_plane::LAB,
    &double_descent::LAB,
    &convex_relu::LAB,
    &opposing_signals::LAB,
    &diffusion_generalization::LAB,
    &spiking_delays::LAB,
];

/// Where a lab comes from.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Paper {
    /// Authors as cited.
    pub authors: &'static str,
    /// Title of the paper.
    pub title: &'static str,
    /// Year of the first version.
    pub year: u16,
    /// Where it can be read.
    pub url: &'static str,
}

/// What the page must know of a panel before the first data.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PanelInfo {
    /// Name within the lab.
    pub id: &'static str,
    /// Which drawing code shows it: line, area, heatmap, multiples, scatter, …
    pub kind: &'static str,
    /// Heading.
    pub title: &'static str,
    /// A few words beside the heading.
    pub hint: &'static str,
    /// Whether it takes the full width.
    pub wide: bool,
}

/// What a claim says and how it is measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ClaimInfo {
    /// Short name, for instance `C1`.
    pub id: &'static str,
    /// The paper's statement, in own words.
    pub text: &'static str,
    /// Where in the paper.
    #[serde(rename = "where")]
    pub place: &'static str,
    /// The measured quantity and when the claim holds.
    pub measures: &'static str,
}

/// A paper as a running experiment.
#[derive(Clone, Copy, Serialize)]
pub struct Lab {
    /// Name in links and on the command line.
    pub slug: &'static str,
    /// Heading.
    pub title: &'static str,
    /// One or two sentences that say what will be seen.
    pub promise: &'static str,
    /// The paper.
    pub paper: Paper,
    /// Section of the gallery.
    pub theme: &'static str,
    /// Words to find it by.
    pub tags: &'static [&'static str],
    /// What the visitor can turn.
    pub controls: &'static [Control],
    /// What is drawn; the first is the card's picture.
    pub panels: &'static [PanelInfo],
    /// What is checked.
    pub claims: &'static [ClaimInfo],
    /// The recorded number of the main run that tells best how far it is.
    pub metric: &'static str,
    /// Formats in which its network can be taken away, beside the records that every lab gives.
    pub formats: &'static [&'static str],
    /// Files of data that must be there before it is opened, for instance `data::digits::FILE`; a page fetches them.
    #[serde(skip)]
    pub files: &'static [&'static str],
    /// Builds the experiment for given settings; `with_claims` adds the runs that only claims need.
    #[serde(skip)]
    pub open: fn(&Settings, bool) -> Result<Box<dyn Experiment>>,
}

/// When a run of an experiment takes its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The run that the visitor watches; the first.
    Main,
    /// Advances step by step with the main run.
    Beside,
    /// Runs after these, for claims only.
    Later,
}

/// Makes a program.
pub type Build = Box<dyn FnOnce() -> Result<Program> + Send>;

/// One training run of an experiment.
pub struct RunPlan {
    /// What distinguishes it, for instance `α = 4`.
    pub name: String,
    /// Makes the program; called when the run begins, so that runs for claims cost nothing before. Routines
    /// by name: `start` (optional, once before the first step), `train` (one step), `measure` (its scalar
    /// outputs are recorded), `picture` (optional, tensors for panels).
    pub build: Build,
    /// Gives each step its data from the host, if they are not made in the program.
    pub feed: Option<Box<dyn Feed>>,
    /// Makes the recorded numbers of what `measure` gives, if they are not the numbers themselves.
    pub judge: Option<Box<dyn Judge>>,
    /// Length of its schedule.
    pub steps: u64,
    /// Steps after which it is measured.
    pub reads: fn(u64) -> bool,
    /// Ends the run early once its purpose is fulfilled.
    pub enough: Option<fn(&crate::session::History) -> bool>,
    /// When it takes its turn.
    pub part: Part,
    /// Most steps per second while somebody watches the main run, by the steps done; for runs that would be over before
    /// the eye has seen anything.
    pub pace: Option<fn(u64) -> f64>,
}

impl RunPlan {
    /// A run that makes its own data, records what it measures, and goes on to the end of its schedule.
    pub fn new(name: impl Into<String>, part: Part, steps: u64, reads: fn(u64) -> bool, build: Build) -> RunPlan {
        RunPlan { name: name.into(), build, feed: None, judge: None, steps, reads, enough: None, part, pace: None }
    }
}

/// Data that the host makes for the training steps of a run.
pub trait Feed: Send {
    /// Routines among which a step chooses, instead of `train`.
    fn routines(&self) -> Vec<String>;
    /// Leaves that are written.
    fn leaves(&self) -> Vec<String>;
    /// Makes the data of the step after `step` finished ones: contents by leaf, into empty vectors; a leaf whose
    /// vector stays empty keeps what it has. Gives the position of the routine to run. The same step gives the same
    /// data whenever it is asked for.
    fn batch(&mut self, step: u64, leaves: &mut [Vec<f32>]) -> usize;
}

/// Judges what a run's routine `measure` gives, where that takes more than a formula.
pub trait Judge: Send {
    /// Names of the numbers recorded.
    fn numbers(&self) -> Vec<String>;
    /// The numbers, from the outputs of `measure` in their order.
    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32>;
}

/// A lab at given settings.
pub trait Experiment: Send {
    /// The runs; called once. The first is the main one; those that run later come last.
    fn runs(&mut self) -> Vec<RunPlan>;
    /// Where a control's new value goes while running: run, leaf of role scalar, value. `None` if the
    /// experiment has to be rebuilt.
    fn retune(&self, name: &str, value: f64) -> Option<Vec<(usize, &'static str, f32)>>;
    /// Takes note of a control that changes only what is shown.
    fn show(&mut self, settings: &Settings) {
        let _ = settings;
    }
    /// The file, among those that lie beside the lab, that it needs to show what is asked for.
    fn wants(&self) -> Option<String> {
        None
    }
    /// Takes in a file that it wanted, or why that cannot be had.
    fn attach(&mut self, file: &str, contents: std::result::Result<&[u8], &str>) -> Result<()> {
        let _ = contents;
        Err(Error::new("file", format!("'{file}' was not asked for"), "reload the page"))
    }
    /// The data of a panel, as the page draws it.
    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value;
    /// The claims as far as they are measured.
    fn claims(&self, view: &View) -> Vec<Claim>;
    /// Formats in which the main run's network can be taken away, and how; by default none.
    fn export(&self, format: &str, view: &View, weights: &[Weights]) -> Result<File> {
        let _ = (view, weights);
        Err(Error::new("export", format!("'{format}' is not a known format"), "choose csv or json"))
    }
}

/// The lab of a slug, or the playground; else an error that suggests the nearest one.
pub fn find(slug: &str) -> Result<&'static Lab> {
    let all = || ALL.iter().copied().chain([&PLAYGROUND]);
    all().find(|lab| lab.slug == slug).ok_or_else(|| {
        let near = nearest(slug, all().map(|lab| lab.slug));
        Error::new("lab", format!("there is no lab '{slug}'"), format!("did you mean '{near}'?"))
    })
}
