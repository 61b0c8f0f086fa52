//! What the lab checks. Every number is the last reading of a whole run.

use super::geometry::{DEAD, LENGTHS, OUTPUTS};
use super::model::{CLASSES, Loss, STEPS, Variant};
use super::theory::optima;
use crate::labs::{Claim, Measured, Relation};
use crate::number::rounded;
use crate::session::{RunView, View};

/// Counts and weight decays on both sides of the threshold of minority collapse.
const RARE: [usize; CLASSES] = [40, 20, 10, 1];
const SURVIVES: f64 = 0.0135;
const VANISHES: f64 = 0.015;

/// The runs at 20 samples a class: both depths with each squared error, and cross-entropy with one matrix.
fn balanced(main: &Variant) -> [Variant; 5] {
    let run = |loss, depth| Variant { counts: [20; CLASSES], depth, loss, ..*main };
    let (square, bias) = (Loss::Square, Loss::SquareWithBias);
    [run(square, 1), run(square, 3), run(bias, 1), run(bias, 3), run(Loss::CrossEntropy, 1)]
}

/// The runs at the visitor's counts, with MSE without a bias: the only loss of which theory says more than angles.
fn own(main: &Variant) -> [Variant; 2] {
    let run = |depth| Variant { depth, loss: Loss::Square, ..*main };
    [run(1), run(3)]
}

/// The runs on both sides of the threshold.
fn threshold(main: &Variant) -> [Variant; 2] {
    let run = |decay| Variant { counts: RARE, loss: Loss::Square, decay, ..*main };
    [run(SURVIVES), run(VANISHES)]
}

/// Every run that the claims read.
pub(super) fn variants(main: &Variant) -> Vec<Variant> {
    let mut all = balanced(main).to_vec();
    if main.loss == Loss::Square {
        all.extend_from_slice(&own(main));
    }
    all.extend_from_slice(&threshold(main));
    all
}

/// What has been recorded of the runs of the variants.
struct Runs<'a> {
    variants: &'a [Variant],
    view: &'a View<'a>,
}

impl<'a> Runs<'a> {
    fn run(&self, variant: &Variant) -> Option<&RunView<'a>> {
        self.view.runs.get(self.variants.iter().position(|known| known == variant)?)
    }

    /// The last reading of a number, once the run is over.
    fn end(&self, variant: &Variant, name: &str) -> Option<f64> {
        self.run(variant).and_then(|run| run.history.at(name, STEPS)).map(f64::from)
    }

    /// The last readings of a number of each class.
    fn ends(&self, variant: &Variant, names: &[&str]) -> Option<[f64; CLASSES]> {
        let mut values = [0.0; CLASSES];
        for (value, name) in values.iter_mut().zip(names) {
            *value = self.end(variant, name)?;
        }
        Some(values)
    }
}

/// A claim in the making.
struct Check<'a> {
    runs: &'a Runs<'a>,
    parts: Vec<Measured>,
    detail: String,
    /// The run of the last part, and the steps of all runs until then.
    last: Option<Variant>,
    step: u64,
    of: u64,
}

impl<'a> Check<'a> {
    fn new(runs: &'a Runs<'a>) -> Check<'a> {
        Check { runs, parts: Vec::new(), detail: String::new(), last: None, step: 0, of: 0 }
    }

    /// One number of one run.
    fn part(&mut self, what: &str, variant: &Variant, value: Option<f64>, relation: Relation, threshold: f64) {
        let label = format!("{what}, {}", variant.short());
        self.parts.push(Measured::new(label, value, relation, threshold));
        if self.last.replace(*variant) != Some(*variant) {
            self.step += self.runs.run(variant).map_or(0, |run| run.step);
            self.of += STEPS;
        }
    }

    fn done(self, id: &'static str) -> Claim {
        Claim::judge(id, self.parts, self.detail.trim_end().to_owned(), self.step, self.of)
    }
}

/// Appends four numbers with their classes.
fn list(detail: &mut String, values: &[f64; CLASSES], digits: u32) {
    for (name, value) in "ABCD".chars().zip(values) {
        *detail += &format!("{}{name} {}", if name == 'A' { "" } else { ", " }, rounded(*value, digits));
    }
}

/// Largest difference between corresponding numbers.
fn apart(measured: &[f64; CLASSES], wanted: &[f64; CLASSES]) -> f64 {
    let mut most = 0.0f64;
    for (a, b) in measured.iter().zip(wanted) {
        most = most.max((a - b).abs());
    }
    most
}

/// The claims, as far as they are about the visitor's settings: what is said of MSE without a bias is left out for another
/// loss, and what is said of rare classes when all are equally common.
pub(super) fn of(variants: &[Variant], view: &View) -> Vec<Claim> {
    let main = &variants[0];
    let runs = &Runs { variants, view };
    let (square, rare) = (main.loss == Loss::Square, !main.balanced());
    let (balanced, own) = (balanced(main), own(main));
    let own = if square { &own[..] } else { &[] };
    let mut claims = vec![
        collapse(runs, &balanced),
        frame(runs, "C2", &balanced[..2]),
        frame(runs, "C3", &balanced[2..4]),
        frame(runs, "C4", &balanced[4..]),
        alignment(runs, &balanced, own),
    ];
    if square && rare {
        claims.push(right_angles(runs, own));
    }
    if square {
        claims.push(outputs(runs, own));
    }
    if square && rare {
        claims.push(lengths(runs, own));
    }
    claims.push(vanishing(runs, &threshold(main)));
    claims
}

/// C1: nothing is left within the classes.
fn collapse(runs: &Runs, balanced: &[Variant]) -> Claim {
    const LEAST: f64 = 1e-8;
    let mut check = Check::new(runs);
    check.detail += "Single precision leaves about 1e-14.";
    for variant in balanced {
        let spread = runs.end(variant, "NC1");
        check.part("spread within classes", variant, spread, Relation::Below, LEAST);
        if spread.is_some_and(|spread| spread >= LEAST) {
            check.detail =
                "Weight decay alone wears the spread away: where it is weak, 6,000 steps are too few.".into();
        }
    }
    check.done("C1")
}

/// C2 to C4: the angles of balanced classes.
fn frame(runs: &Runs, id: &'static str, variants: &[Variant]) -> Claim {
    let mut check = Check::new(runs);
    for variant in variants {
        let distance = runs.end(variant, "NC2");
        match variant.loss {
            Loss::Square => check.part("largest |cosine|", variant, distance, Relation::Below, 0.01),
            _ => check.part("largest |cosine + 1/3|", variant, distance, Relation::AtMost, 0.01),
        }
    }
    check.detail += match id {
        "C2" => "The means are not centred: about their own mean, right angles would be a simplex too.",
        "C4" => "With M = 3 cross-entropy ends in two pairs of opposite arrows here: see the story.",
        _ => "",
    };
    check.done(id)
}

/// C5: rows and means point the same way, in all runs.
fn alignment(runs: &Runs, balanced: &[Variant], own: &[Variant]) -> Claim {
    let mut check = Check::new(runs);
    for (what, variants) in [("20 of each", balanced), ("your counts", own)] {
        for variant in variants {
            let least = runs.end(variant, "NC3").map(|distance| 1.0 - distance);
            check.part(what, variant, least, Relation::Above, 0.999);
        }
    }
    check.done("C5")
}

/// C6: rare classes keep the right angles.
fn right_angles(runs: &Runs, own: &[Variant]) -> Claim {
    let mut check = Check::new(runs);
    for variant in own {
        let largest = runs.end(variant, "largest cosine");
        check.part("largest |cosine|", variant, largest, Relation::Below, 0.01);
        for (name, length) in "ABCD".chars().zip(runs.ends(variant, LENGTHS).into_iter().flatten()) {
            if length < DEAD {
                check.detail += &format!("With M = {} class {name} is dead, so it has no angle. ", variant.depth);
            }
        }
    }
    check.done("C6")
}

/// C7: p is where J_k is least.
fn outputs(runs: &Runs, own: &[Variant]) -> Claim {
    let mut check = Check::new(runs);
    for variant in own {
        let (wanted, _) = optima(variant);
        let measured = runs.ends(variant, OUTPUTS);
        let distance = measured.map(|measured| apart(&measured, &wanted));
        check.part("largest |p − theory|", variant, distance, Relation::AtMost, 0.005);
        if let Some(measured) = measured {
            check.detail += &format!("M = {}: ", variant.depth);
            list(&mut check.detail, &measured, 3);
            check.detail += "; theory ";
            list(&mut check.detail, &wanted, 3);
            check.detail += ". ";
        }
    }
    check.done("C7")
}

/// C8: rare classes are long, as long as the formula says.
fn lengths(runs: &Runs, own: &[Variant]) -> Claim {
    let mut check = Check::new(runs);
    for variant in own {
        let measured = runs.ends(variant, LENGTHS);
        let growth = measured.map(|measured| growth(variant, &measured));
        check.part("least growth from a class to a rarer one", variant, growth, Relation::Above, 0.0);
        let (_, wanted) = optima(variant);
        let distance = measured.map(|measured| apart(&measured, &wanted));
        check.part("largest |length − theory|", variant, distance, Relation::AtMost, 0.01);
        if let Some(measured) = measured {
            check.detail += &format!("M = {}: ", variant.depth);
            list(&mut check.detail, &measured, 2);
            check.detail += ". ";
        }
    }
    check.done("C8")
}

/// How much longer a rarer class is than a commoner one, at least.
fn growth(variant: &Variant, lengths: &[f64; CLASSES]) -> f64 {
    let mut least = f64::INFINITY;
    for common in 0..CLASSES {
        for rare in 0..CLASSES {
            if variant.counts[rare] < variant.counts[common] {
                least = least.min(lengths[rare] - lengths[common]);
            }
        }
    }
    least
}

/// C9: on one side of the threshold the rarest class lives, on the other it does not.
fn vanishing(runs: &Runs, threshold: &[Variant; 2]) -> Claim {
    let mut check = Check::new(runs);
    let [survives, vanishes] = threshold;
    let output = |variant: &Variant| runs.end(variant, OUTPUTS[CLASSES - 1]);
    check.part("p at λ = 0.0135", survives, output(survives), Relation::Above, 0.02);
    check.part("p at λ = 0.015", vanishes, output(vanishes), Relation::Below, 0.001);
    check.detail += "Both runs have 40, 20, 10 and 1 samples, whatever your counts are.";
    if survives.depth > 1 {
        check.detail += " The threshold is that of one matrix: more of them let the class die earlier.";
    }
    check.done("C9")
}
