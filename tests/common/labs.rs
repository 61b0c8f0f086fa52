//! The programs that visitors run, for tests of backends: the labs and the playground at various settings.

use petri::labs::{self, Feed, Settings};
use petri::plan::Program;

/// A lab's settings that differ from its defaults.
type Changes = &'static [(&'static str, &'static str)];

/// Between them they reach every lab that lives on more than host work, every optimiser, both tasks of the playground, and
/// dropout.
const SETTINGS: &[(&str, Changes)] = &[
    ("playground", &[]),
    ("playground", &[("optimiser", "sgd"), ("rate", "0.03"), ("batch", "1")]),
    (
        "playground",
        &[
            ("optimiser", "momentum"),
            ("net", "input x y sinx | linear 7 | relu | dropout 0.2 | linear 33 | gelu | linear 1"),
        ],
    ),
    ("playground", &[("dataset", "plane"), ("batch", "256"), ("l1", "0.001"), ("l2", "0.01")]),
    ("grokking", &[("samples", "60")]),
    ("grokking", &[("task", "modular")]),
    ("modern-hopfield", &[]),
    ("neural-collapse", &[("depth", "3")]),
    ("neural-collapse", &[("loss", "ce")]),
    ("information-plane", &[("share", "40")]),
    ("information-plane", &[("activation", "relu"), ("share", "40")]),
    ("double-descent", &[("optimiser", "adam")]),
    ("double-descent", &[("optimiser", "sgd"), ("batch", "25"), ("rate", "0.1")]),
    ("convex-relu", &[]),
    ("convex-relu", &[("task", "adversarial")]),
    ("opposing-signals", &[]),
    ("opposing-signals", &[("part", "network")]),
    ("opposing-signals", &[("part", "network"), ("optimiser", "adam")]),
    ("diffusion-generalization", &[("pictures", "64")]),
    ("spiking-delays", &[]),
];

/// A run's program, and what gives it its data if that is the host.
pub struct Run {
    /// For messages.
    pub name: String,
    pub program: Program,
    pub feed: Option<Box<dyn Feed>>,
}

/// Every run of every setting. Claims' runs share their programs' shapes.
pub fn runs() -> Vec<Run> {
    let mut runs = Vec::new();
    for (slug, changes) in SETTINGS {
        let lab = labs::find(slug).unwrap_or_else(|error| panic!("{error}"));
        let mut settings = Settings::defaults(lab.controls, 0);
        for (name, value) in *changes {
            settings.set(lab.controls, name, value).unwrap_or_else(|error| panic!("{error}"));
        }
        let mut experiment = (lab.open)(&settings, false).unwrap_or_else(|error| panic!("{error}"));
        for run in experiment.runs() {
            let program = (run.build)().unwrap_or_else(|error| panic!("{error}"));
            runs.push(Run { name: format!("{slug} {changes:?} {}", run.name), program, feed: run.feed });
        }
    }
    runs
}
