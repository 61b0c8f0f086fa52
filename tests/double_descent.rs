//! The lab of double descent in a session: all verdicts, what is only shown, time travel, an optimiser that blows up.

mod common;

use common::session::{clock, finish, open, record};
use petri::labs::{Payload, Verdict};
use petri::session::State;
use serde_json::Value;

const SLUG: &str = "double-descent";

#[test]
fn all_claims_hold_at_the_defaults() {
    let mut session = open(SLUG, &[], 0, true);
    session.play();
    finish(&mut session);
    let claims = session.claims();
    assert_eq!(claims.len(), 9);
    for claim in claims {
        assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
    }
}

/// What the thick curve of a panel is called.
fn thick(panel: &Value) -> String {
    let series = panel["series"].as_array().unwrap();
    series.last().unwrap()["name"].as_str().unwrap().to_owned()
}

#[test]
fn the_sweep_is_shown_until_the_visitor_chooses() {
    let mut session = open(SLUG, &[], 1, false);
    let shown = |session: &mut petri::session::Session| {
        session.ask_pictures();
        thick(&session.panel("curves", &mut Payload::default()))
    };
    session.step(12);
    finish(&mut session);
    assert_eq!(shown(&mut session), "test, T = 10²");
    let known = record(&session);
    session.step(600);
    finish(&mut session);
    assert_eq!(shown(&mut session), "test, T = 3,980");
    assert!(!session.set("steps", "100000").unwrap(), "rebuilds nothing");
    assert_eq!(shown(&mut session), "test, T = 10⁵");
    assert_eq!(record(&session)[..known.len()], known[..]);
    // A link that names a number of steps is a choice as well.
    let mut chosen = open(SLUG, &[("steps", "1000000")], 1, false);
    chosen.step(1);
    finish(&mut chosen);
    assert_eq!(shown(&mut chosen), "test, T = 10⁶");
}

#[test]
fn going_back_shows_what_was_there() {
    let mut session = open(SLUG, &[], 2, false);
    session.step(300);
    finish(&mut session);
    let far = record(&session);
    session.seek(7);
    finish(&mut session);
    session.ask_pictures();
    let mut payload = Payload::default();
    let panel = session.panel("curves", &mut payload);
    let errors = panel["series"][1]["y"]["$"].as_u64().unwrap() as usize;
    assert_eq!(payload.arrays[errors].len(), 7, "a size for each step");
    session.step(293);
    finish(&mut session);
    assert_eq!(record(&session), far);
}

#[test]
fn an_exact_solution_is_solved_and_not_trained() {
    let mut session = open(SLUG, &[("optimiser", "exact")], 0, false);
    assert!(session.panel("epochs", &mut Payload::default()).is_null());
    session.step(40);
    finish(&mut session);
    let view = session.view();
    let [peak, beyond] =
        ["test MSE, m = 100", "test MSE, m = 400"].map(|name| view.runs[1].history.last(name).unwrap());
    assert!(peak > 20.0 * beyond, "{peak} {beyond}");
    assert!(view.runs[1].history.last("train MSE, m = 400").unwrap() < 1e-9);
}

#[test]
fn a_rate_that_is_too_high_is_told() {
    let mut session = open(SLUG, &[("optimiser", "sgd"), ("batch", "1"), ("rate", "1.9")], 0, false);
    session.play();
    let now = clock();
    while session.is_busy() {
        session.turn(&now, now() + 100.0);
    }
    assert_eq!(session.state(), State::Failed);
    let error = session.failure().unwrap().to_string();
    assert!(error.contains("learning rate"), "{error}");
    // The surface knows nothing of that rate, and stands where it was.
    session.ask_pictures();
    assert!(!session.panel("curves", &mut Payload::default()).is_null());
}
