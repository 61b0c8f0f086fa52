//! What the lab checks. Every number comes from what the runs recorded; thresholds are those of the list
//! that the page shows. A part stays open until the steps that decide it have been made.

use super::first_low;
use super::modular::{self, LEARNT};
use super::polynomial::D;
use crate::labs::{Claim, Measured, Relation};
use crate::number::{self, short};
use crate::session::{RunView, View};

/// Name of the modular run that generalises.
pub(super) const RICH: &str = "mod 23, α = 0.05";
/// Name of the modular run that only memorises.
pub(super) const LAZY: &str = "mod 23, α = 1";

/// The step of the paper's comparison across runs.
const COMPARED: u64 = 5000;

/// First step of low loss: known, known never to come in this schedule (∞), or open.
fn low_at(run: &RunView, name: &str) -> Option<f64> {
    match first_low(run.history, name) {
        Some(step) => Some(step as f64),
        None if run.finished => Some(f64::INFINITY),
        None => None,
    }
}

fn step_text(step: Option<f64>) -> String {
    match step {
        Some(step) if step.is_finite() => format!("step {}", number::text(step)),
        Some(_) => "never".into(),
        None => "not yet".into(),
    }
}

/// How many times later the first is than the second, once both are known. What never comes is not late:
/// then there is no such number, and no threshold is met.
fn delay_of(late: Option<f64>, early: Option<f64>) -> Option<f64> {
    let (late, early) = (late?, early?);
    Some(if late.is_finite() && early.is_finite() { late / early } else { f64::NAN })
}

/// `a / b` for an order in which what never comes is last; two that never come are equal.
fn ratio(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a?, b?) {
        (a, b) if a.is_infinite() && b.is_infinite() => Some(1.0),
        (a, b) => Some(a / b),
    }
}

/// Claims C1 to C8 of the polynomial setting. Runs: α, α/4, 4α, then ε = 0.5, P = 80, P = 600 and the two
/// modular ones, if the session was opened with the runs for claims.
pub(super) fn of_polynomial(view: &View, alpha: f64, epsilon: f64, frozen: f64) -> Vec<Claim> {
    let (main, rich, lazy) = (&view.runs[0], &view.runs[1], &view.runs[2]);
    let mut claims = vec![
        delay(main, alpha, epsilon),
        overshoot(main, view.run("ε = 0.5"), epsilon),
        order(main, rich, lazy),
        Claim::judge(
            "C4",
            vec![Measured::new("test loss of the frozen kernel", Some(frozen), Relation::Above, 0.45)],
            format!(
                "Kernel regression with the kernel of step 0, solved exactly, has test loss {}.",
                number::rounded(frozen, 2)
            ),
            main.step,
            main.steps,
        ),
        alignment(main),
        samples(view.run("P = 80"), view.run("P = 600")),
    ];
    claims.extend(of_modular(view));
    claims
}

/// C1: test loss falls long after train loss.
fn delay(main: &RunView, alpha: f64, epsilon: f64) -> Claim {
    let (train, test) = (low_at(main, "train loss"), low_at(main, "test loss"));
    let part =
        Measured { unit: "×", ..Measured::new("t_test / t_train", delay_of(test, train), Relation::AtLeast, 1.8) };
    let detail = format!(
        "At α = {}, ε = {}: train loss below 0.1: {}; test loss below 0.1: {}.",
        short(alpha),
        short(epsilon),
        step_text(train),
        step_text(test),
    );
    Claim::judge("C1", vec![Measured { median: Some(2.5), ..part }], detail, main.step, main.steps)
}

/// Largest test loss over the first. It only grows, so a large one counts at once; a small one counts
/// when the loss has come down or the schedule is over.
fn overshoot_of(run: &RunView, enough: f64) -> Option<f64> {
    let losses = run.history.column("test loss");
    let first = *losses.first()?;
    let most = losses.iter().fold(0.0f32, |most, &loss| most.max(loss)) as f64 / first as f64;
    (most >= enough || low_at(run, "test loss").is_some()).then_some(most)
}

/// C2: the test loss rises first at small ε, and not at ε = 0.5.
fn overshoot(main: &RunView, bent: Option<&RunView>, epsilon: f64) -> Claim {
    let small = overshoot_of(main, 1.05);
    let large = bent.and_then(|run| overshoot_of(run, f64::INFINITY));
    let parts = vec![
        Measured {
            unit: "×",
            ..Measured::new(format!("largest / first at ε = {}", short(epsilon)), small, Relation::AtLeast, 1.05)
        },
        Measured { unit: "×", ..Measured::new("largest / first at ε = 0.5", large, Relation::AtMost, 1.02) },
    ];
    let waiting = bent.filter(|_| small.is_some()).unwrap_or(main);
    let detail = "Largest test loss of the whole run, divided by the test loss before the first step.".into();
    Claim::judge("C2", parts, detail, waiting.step, waiting.steps)
}

/// C3: the larger α, the later.
fn order(main: &RunView, rich: &RunView, lazy: &RunView) -> Claim {
    let [early, middle, late] = [rich, main, lazy].map(|run| low_at(run, "test loss"));
    let gap = lazy.history.at("test loss", COMPARED).zip(main.history.at("test loss", COMPARED));
    let parts = vec![
        Measured::new(
            format!("t_test at {} / at {}", rich.name, main.name),
            ratio(early, middle),
            Relation::Below,
            1.0,
        ),
        Measured::new(format!("t_test at {} / at {}", main.name, lazy.name), ratio(middle, late), Relation::Below, 1.0),
        Measured::new(
            format!("test loss at step 5,000, {} less {}", lazy.name, main.name),
            gap.map(|(lazy, main)| lazy as f64 - main as f64),
            Relation::Above,
            0.0,
        ),
    ];
    let detail = format!(
        "Test loss below 0.1: {} at {}, {} at {}, {} at {}.",
        step_text(early),
        rich.name,
        step_text(middle),
        main.name,
        step_text(late),
        lazy.name,
    );
    let progress = [main, lazy].into_iter().max_by_key(|run| run.steps).unwrap_or(main);
    Claim::judge("C3", parts, detail, progress.step, progress.steps)
}

/// C5: features turn towards β.
fn alignment(main: &RunView) -> Claim {
    let at = |step: u64| main.history.at("alignment", step).map(f64::from);
    let parts = vec![
        Measured::new("share along β at step 5,000", at(COMPARED), Relation::Above, 0.6),
        Measured::new("share along β at the start", at(0), Relation::AtMost, 2.0 / D as f64),
    ];
    let detail = format!("Chance is 1/D = {}.", short(1.0 / D as f64));
    Claim::judge("C5", parts, detail, main.step.min(COMPARED), COMPARED)
}

/// C6: too few samples never generalise, many have no gap.
fn samples(few: Option<&RunView>, many: Option<&RunView>) -> Claim {
    let few_loss = few.and_then(|run| run.history.at("test loss", COMPARED)).map(f64::from);
    let times = many.map(|run| (low_at(run, "train loss"), low_at(run, "test loss")));
    let (train, test) = times.unwrap_or((None, None));
    let parts = vec![
        Measured::new("test loss at step 5,000 with P = 80", few_loss, Relation::Above, 0.5),
        Measured {
            unit: "×",
            ..Measured::new("t_test / t_train with P = 600", delay_of(test, train), Relation::Below, 2.2)
        },
    ];
    let detail = format!("With P = 600, train loss below 0.1: {}; test loss: {}.", step_text(train), step_text(test));
    let (step, of) = few.map_or((0, COMPARED), |run| (run.step, run.steps));
    Claim::judge("C6", parts, detail, step, of)
}

/// Claims C7 and C8, from the two modular runs.
pub(super) fn of_modular(view: &View) -> Vec<Claim> {
    let (rich, lazy) = (view.run(RICH), view.run(LAZY));
    let learnt = |run: &RunView, column: &str| -> Option<f64> {
        match run.history.first(column, modular::EVERY, |share| share >= LEARNT) {
            Some(step) => Some(step as f64),
            None if run.finished => Some(f64::INFINITY),
            None => None,
        }
    };
    let train = rich.and_then(|run| learnt(run, "train accuracy"));
    let test = rich.and_then(|run| learnt(run, "test accuracy"));
    let chance = lazy.filter(|run| run.finished).and_then(|run| run.history.last("test accuracy"));
    let ratio_part = Measured {
        unit: "×",
        ..Measured::new("steps to 95 %, test / train, α = 0.05", delay_of(test, train), Relation::AtLeast, 5.0)
    };
    let chance_part =
        Measured::new("test accuracy at α = 1 after 3,000 steps", chance.map(f64::from), Relation::Below, 0.15);
    let detail = format!(
        "At α = 0.05, 95 % of the training pairs: {}; of the test pairs: {}.",
        step_text(train),
        step_text(test)
    );
    let waiting = rich.filter(|run| !run.finished).or(lazy);
    let (step, of) = waiting.map_or((0, 3000), |run| (run.step, run.steps));
    let claim = |id: &'static str, detail: String| {
        Claim::judge(id, vec![ratio_part.clone(), chance_part.clone()], detail, step, of)
    };
    vec![claim("C7", detail.clone()), claim("C8", format!("Both runs have weight decay 0. {detail}"))]
}
