//! The convex-relu lab in a session: its claims hold, and each fails at a setting where it must.

mod common;

use common::session::{clock, finish, record};
use petri::labs::{Claim, Payload, Verdict};
use petri::session::{Session, State};

fn open(controls: &[(&str, &str)], seed: u32, with_claims: bool) -> Session {
    common::session::open("convex-relu", controls, seed, with_claims)
}

/// All claims at the end of all runs.
fn claims(controls: &[(&str, &str)], seed: u32) -> Vec<Claim> {
    let mut session = open(controls, seed, true);
    session.play();
    finish(&mut session);
    assert_eq!(session.state(), State::Done);
    session.claims()
}

fn verdict(claims: &[Claim], id: &str) -> Verdict {
    claims.iter().find(|claim| claim.id == id).map(|claim| claim.verdict).unwrap()
}

/// Failing because of the part of this label.
fn fails_by(claims: &[Claim], id: &str, label: &str) {
    let claim = claims.iter().find(|claim| claim.id == id).unwrap();
    let part = claim.parts.iter().find(|part| part.label.contains(label)).unwrap();
    assert_eq!((claim.verdict, part.holds()), (Verdict::Fails, Some(false)), "{claim:?}");
}

#[test]
fn all_claims_hold_at_the_defaults() {
    for claim in claims(&[], 0) {
        assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
    }
}

#[test]
fn four_patterns_are_not_enough_for_the_optimum() {
    let claims = claims(&[("patterns", "4")], 0);
    fails_by(&claims, "C1", "network");
    fails_by(&claims, "C3", "at iteration 4,000");
    assert_eq!(verdict(&claims, "C2"), Verdict::Holds, "the floor has all patterns all the same");
}

#[test]
fn fixed_neurons_do_not_reach_the_optimum() {
    let claims = claims(&[("method", "scp"), ("neurons", "20")], 1);
    fails_by(&claims, "C1", "network");
    assert_eq!(verdict(&claims, "C3"), Verdict::Holds, "of ADMM, which runs for the claim");
}

/// Four points: eight neurons are many, and a sample of 16 patterns has all there are.
#[test]
fn with_few_points_nothing_gets_stuck_and_samples_do_not_grow() {
    let claims = claims(&[("points", "-0.8,-0.5,1;0.7,-0.6,1;-0.3,0.8,-1;0.9,0.9,-1")], 0);
    fails_by(&claims, "C2", "width 8");
    fails_by(&claims, "C4", "ratio");
}

/// Points that contradict each other: no network is better than none, so no sample is better than another.
#[test]
fn where_nothing_can_be_learnt_a_larger_sample_is_no_better() {
    let claims = claims(&[("points", "0.5,0.5,1;0.5,0.5,-1;-0.5,0.2,1;-0.5,0.2,-1")], 0);
    fails_by(&claims, "C5", "ratio");
    let floor = claims[0].detail.split("less than ").nth(1).unwrap();
    assert_eq!(floor, "2.00000.", "half of four squared errors, and it is proven");
}

#[test]
fn without_an_adversary_there_is_nothing_to_gain() {
    let claims = claims(&[("task", "adversarial"), ("epsilon", "0")], 0);
    assert_eq!(claims.iter().map(|claim| claim.id).collect::<Vec<_>>(), ["C6", "C7", "C8"]);
    fails_by(&claims, "C6", "gain");
    fails_by(&claims, "C7", "standard");
}

#[test]
fn points_are_refused_or_move_the_floor() {
    let mut session = open(&[], 0, false);
    let error = session.set("points", "0,0,1;2,0,1").unwrap_err().to_string();
    assert!(error.contains("x of point 2"), "{error}");
    let floor = |session: &mut Session| {
        session.step(500);
        finish(session);
        let view = session.view();
        let run = view.runs.iter().find(|run| run.name == "floor").unwrap();
        let value = |column: &str| run.history.last(column).unwrap();
        (value("proven floor"), value("objective of the network"))
    };
    let (low, high) = floor(&mut session);
    assert!(low <= high && high < 1.1 * low, "{low} {high}");
    // All labels alike: one neuron does.
    session.set("points", "-0.8,-0.5,1;0.7,-0.6,1;-0.3,0.8,1;0.9,0.9,1").unwrap();
    let (low, high) = floor(&mut session);
    assert!(high < 0.4 && low <= high, "{low} {high}");
}

#[test]
fn going_back_repeats_solvers_and_descents() {
    for controls in [&[][..], &[("task", "adversarial")], &[("method", "scp")]] {
        let mut straight = open(controls, 2, false);
        straight.step(60);
        finish(&mut straight);
        let mut wandering = open(controls, 2, false);
        for target in [50, 7, 23] {
            wandering.seek(target);
            finish(&mut wandering);
        }
        wandering.step(37);
        finish(&mut wandering);
        assert_eq!(record(&straight), record(&wandering), "{controls:?}");
    }
}

#[test]
fn every_panel_of_a_task_has_a_picture_at_once() {
    for (task, ids) in [
        ("plain", &["descents", "geometry", "convergence", "sizes"][..]),
        ("adversarial", &["robust_objective", "standard_field", "robust_field", "accuracies", "violation"]),
    ] {
        let mut session = open(&[("task", task)], 0, true);
        session.ask_pictures();
        let now = clock();
        session.turn(&now, 20.0);
        for info in session.lab().panels {
            let payload = session.panel(info.id, &mut Payload::default());
            assert_eq!(!payload.is_null(), ids.contains(&info.id), "{task} {}", info.id);
        }
    }
}
