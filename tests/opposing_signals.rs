//! The lab of opposing signals from outside: its claims at the default and where they must fail, outliers that are removed in the
//! middle of a spike, and images that are found by what they do.

mod common;

use common::session::{clock, finish, open};
use petri::graph::Role;
use petri::labs::{self, Payload, Settings, Verdict};
use petri::session::Session;

/// So many steps of the visible runs, without those that only claims need.
fn run(controls: &[(&str, &str)], seed: u32, steps: u64) -> Session {
    let mut session = open("opposing-signals", controls, seed, true);
    session.step(steps);
    finish(&mut session);
    session
}

fn verdicts(session: &Session, ids: &[&str]) -> Vec<Verdict> {
    let claims = session.claims();
    ids.iter().map(|id| claims.iter().find(|claim| claim.id == *id).expect("it is listed").verdict).collect()
}

#[test]
fn every_claim_holds_at_the_default() {
    let mut session = open("opposing-signals", &[], 0, true);
    session.play();
    finish(&mut session);
    let claims = session.claims();
    assert_eq!(claims.len(), 10);
    for claim in claims {
        assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
    }
}

#[test]
fn the_theory_holds_for_another_seed() {
    let session = run(&[], 7, 2000);
    assert_eq!(verdicts(&session, &["C1", "C2", "C4", "C5"]), [Verdict::Holds; 4], "{:?}", session.claims());
    assert_eq!(verdicts(&session, &["C3", "C6"]), [Verdict::NotYet; 2], "runs for claims come later");
}

#[test]
fn a_small_step_never_meets_the_limit() {
    let session = run(&[("rate", "0.02")], 0, 2000);
    assert_eq!(verdicts(&session, &["C1", "C3", "C4", "C5"]), [Verdict::Fails; 4], "{:?}", session.claims());
}

#[test]
fn without_outliers_nothing_is_caused_by_them() {
    let session = run(&[("remove", "1")], 0, 2000);
    assert_eq!(verdicts(&session, &["C1", "C2", "C3", "C4", "C5"]), [Verdict::Fails; 5], "{:?}", session.claims());
}

#[test]
fn a_faint_background_steers_nothing() {
    let session = run(&[("part", "network"), ("strength", "3")], 0, 400);
    assert_eq!(verdicts(&session, &["C6", "C7", "C8", "C9"]), [Verdict::Fails; 4], "{:?}", session.claims());
}

/// Steps whose size is a number that nobody can turn: spikes arise at a constant one.
#[test]
fn only_the_outliers_can_be_turned_while_it_runs() {
    let lab = labs::find("opposing-signals").expect("it is listed");
    for part in ["theory", "network"] {
        let mut settings = Settings::defaults(lab.controls, 0);
        settings.set(lab.controls, "part", part).expect("an option");
        let mut experiment = (lab.open)(&settings, true).expect("it opens");
        let runs = experiment.runs();
        assert_eq!(runs.len(), 7);
        let program = (runs.into_iter().next().expect("the main run").build)().expect("it is planned");
        let turned = program.leaves.iter().filter(|leaf| leaf.role == Role::Scalar);
        assert_eq!(turned.map(|leaf| leaf.name.as_str()).collect::<Vec<_>>(), ["outliers removed"]);
    }
}

/// In the middle of a spike the ringing stops at once: the weight of the loud coordinate never moves again. Going back shows what
/// was there before, and coming again removes them again.
#[test]
fn outliers_are_removed_at_any_step() {
    let mut session = run(&[], 0, 218);
    let last = |session: &Session, name: &str| session.view().main().history.last(name).expect("recorded");
    assert!(last(&session, "loss") > 4.0 && last(&session, "sharpness") > 33.0);
    session.set("remove", "1").expect("a switch");
    assert_eq!(session.clock(), 218, "the run goes on");
    session.step(100);
    finish(&mut session);
    let view = session.view();
    let history = view.main().history;
    let weights: Vec<f32> = (218..=318).filter_map(|step| history.at("b_o", step)).collect();
    assert!(weights.len() == 101 && weights.iter().all(|weight| *weight == weights[0]), "{weights:?}");
    assert!(history.at("sharpness", 219) < Some(15.0) && history.at("loss", 318) < Some(0.1));
    session.seek(215);
    finish(&mut session);
    session.step(30);
    finish(&mut session);
    assert_eq!(last(&session, "outliers removed"), 1.0);
    // A step that was gone back to, with another decision.
    session.seek(100);
    finish(&mut session);
    session.set("remove", "0").expect("a switch");
    session.step(120);
    finish(&mut session);
    assert!(last(&session, "loss") > 4.0, "the spike is back");
}

#[test]
fn images_that_change_most_are_the_loud_ones() {
    let mut session = run(&[("part", "network")], 0, 161);
    session.ask_pictures();
    session.turn(&clock(), 1000.0);
    let mut payload = Payload::default();
    let panel = session.panel("changed", &mut payload);
    let note = panel["note"].as_str().expect("a sentence");
    assert!(note.contains("5 of these five are among the 24 loud ones"), "{note}");
    let captions: Vec<&str> = panel["captions"].as_array().expect("a list").iter().filter_map(|c| c.as_str()).collect();
    assert!(
        captions.len() == 5 && captions.iter().all(|text| text.starts_with("“3”") || text.starts_with("“8”")),
        "{captions:?}"
    );
    let bars = session.panel("blank", &mut payload);
    let sum: f64 = bars["bars"].as_array().expect("a list").iter().filter_map(|bar| bar["value"].as_f64()).sum();
    assert!((sum - 1.0).abs() < 1e-4);
}
