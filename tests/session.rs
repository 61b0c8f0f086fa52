//! The session: exact rewinding, edits, failure, saved runs, and the stream of messages with hostile input.

mod common;

use common::session::{clock, finish, record};
use petri::labs::{self, Settings, Verdict};
use petri::session::{Activity, Hub, Session, State};
use serde_json::{Value, json};

fn open(controls: &[(&str, &str)], seed: u32) -> Session {
    common::session::open("grokking", controls, seed, false)
}

#[test]
fn going_back_and_on_again_gives_the_same_bits() {
    let mut straight = open(&[("samples", "60")], 3);
    straight.step(300);
    finish(&mut straight);

    let mut wandering = open(&[("samples", "60")], 3);
    wandering.step(230);
    finish(&mut wandering);
    for target in [7, 199, 0, 120] {
        wandering.seek(target);
        finish(&mut wandering);
        assert_eq!((wandering.clock(), wandering.state()), (target, State::Paused));
        assert_eq!(wandering.furthest(), 230, "the future is still known");
    }
    wandering.step(180);
    finish(&mut wandering);
    assert_eq!(record(&straight), record(&wandering));
}

#[test]
fn a_reset_is_an_exact_rewind_and_another_seed_is_another_run() {
    let mut session = open(&[("samples", "50")], 1);
    session.step(100);
    finish(&mut session);
    let first = record(&session);
    for (seed, same) in [(1, true), (2, false)] {
        session.reset(seed).unwrap();
        assert_eq!(session.clock(), 0);
        session.step(100);
        finish(&mut session);
        assert_eq!(record(&session) == first, same);
    }
}

#[test]
fn edits_are_replayed_with_the_steps() {
    let edited = |session: &mut Session| {
        session.step(40);
        finish(session);
        session.edit_leaf(0, "hidden.weight", 5, 1.5).unwrap();
        session.step(60);
        finish(session);
    };
    let mut session = open(&[("samples", "50")], 1);
    edited(&mut session);
    let once = record(&session);
    session.seek(20);
    finish(&mut session);
    session.step(80);
    finish(&mut session);
    assert_eq!(record(&session), once, "the edit at step 40 is made again");

    let mut untouched = open(&[("samples", "50")], 1);
    untouched.step(100);
    finish(&mut untouched);
    assert_ne!(record(&untouched).last(), once.last());

    // A change in the past makes the future untrue.
    session.seek(30);
    finish(&mut session);
    session.edit_leaf(0, "hidden.weight", 0, 0.0).unwrap();
    assert_eq!(session.furthest(), 30);
    assert!(session.view().main().history.steps().iter().all(|&step| step <= 30));
}

#[test]
fn wrong_edits_are_refused_with_a_reason() {
    let mut session = open(&[("samples", "50")], 1);
    let refusal = |outcome: petri::graph::Result<()>| outcome.unwrap_err().to_string();
    assert!(refusal(session.edit_leaf(0, "no such", 0, 1.0)).contains("no such"));
    assert!(refusal(session.edit_leaf(9, "hidden.weight", 0, 1.0)).contains("run 9"));
    assert!(refusal(session.edit_leaf(0, "hidden.weight", 1 << 40, 1.0)).contains("4800"));
    assert!(refusal(session.edit_leaf(0, "hidden.weight", 0, f32::NAN)).contains("finite"));
}

#[test]
fn a_blow_up_names_place_and_step_and_leaves_the_last_good_state() {
    let mut session = open(&[("samples", "50")], 1);
    session.step(30);
    finish(&mut session);
    // So large that its square, and with it the loss, overflows.
    session.edit_leaf(0, "hidden.weight", 0, 3.0e38).unwrap();
    session.play();
    finish(&mut session);
    assert_eq!(session.state(), State::Failed);
    let message = session.failure().unwrap().to_string();
    assert!(message.contains("finite") && message.contains("step"), "{message}");
    assert!(session.view().main().history.steps().len() > 1, "what was good is kept");
    session.seek(10);
    finish(&mut session);
    assert_eq!((session.clock(), session.state()), (10, State::Paused));
}

#[test]
fn a_saved_session_goes_on_as_if_it_had_not_stopped() {
    let mut session = open(&[("samples", "50")], 4);
    session.step(333);
    finish(&mut session);
    let bytes = session.save().unwrap();
    session.step(100);
    finish(&mut session);

    let mut again = Session::restore(&bytes, false).unwrap();
    finish(&mut again);
    assert_eq!(again.clock(), 333);
    again.step(100);
    finish(&mut again);
    assert_eq!(record(&again), record(&session));
    again.seek(50);
    finish(&mut again);
    assert_eq!(again.clock(), 50);
}

#[test]
fn damaged_saves_are_refused_not_believed() {
    let mut session = open(&[("samples", "50")], 4);
    session.step(20);
    finish(&mut session);
    let bytes = session.save().unwrap();
    assert!(Session::restore(&[], false).is_err());
    assert!(Session::restore(&[9, 9, 9, 9], false).is_err());
    for cut in [1, 2, 10, bytes.len() / 2, bytes.len() - 1] {
        assert!(Session::restore(&bytes[..cut], false).is_err(), "cut at {cut}");
    }
    for at in (0..bytes.len().min(400)).step_by(3) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0xff;
        // Refused, or a valid session all the same; never a panic.
        drop(Session::restore(&flipped, false));
    }
}

/// Sends requests and works until nothing is left; all replies.
fn talk(hub: &mut Hub, requests: &[Value]) -> Vec<Value> {
    let now = clock();
    for request in requests {
        hub.handle(&request.to_string(), None, now());
    }
    while hub.turn(&now, 50.0) != Activity::Idle {}
    std::iter::from_fn(|| hub.take()).map(|message| message.json).collect()
}

fn of_type<'a>(replies: &'a [Value], kind: &str) -> Vec<&'a Value> {
    replies.iter().filter(|reply| reply["type"] == kind).collect()
}

#[test]
fn messages_open_play_and_show() {
    let mut hub = Hub::new();
    let replies = talk(
        &mut hub,
        &[
            json!({"type": "open", "dish": "a", "lab": "grokking", "controls": {"samples": "50"}, "seed": 2}),
            json!({"type": "want", "dish": "a", "panels": ["loss", "growth", "accuracy"], "hz": 30}),
            json!({"type": "step", "dish": "a", "count": 60}),
        ],
    );
    let ready = of_type(&replies, "ready")[0];
    assert_eq!((ready["seed"].as_u64(), ready["controls"]["samples"].as_str()), (Some(2), Some("50")));
    assert_eq!(ready["parameters"], 4800);
    let last = *of_type(&replies, "frame").last().unwrap();
    assert_eq!((last["step"].as_u64(), last["state"].as_str()), (Some(60), Some("paused")));
    assert!(last["metrics"]["train loss"].as_f64().unwrap() > 0.0);
    assert_eq!(last["panels"]["growth"]["rows"], 40);
    assert!(last["panels"].get("accuracy").is_none(), "the other task's panel has nothing to show");
}

#[test]
fn hostile_messages_get_a_message_and_change_nothing() {
    let mut hub = Hub::new();
    let now = clock();
    for text in [
        "",
        "{",
        "[]",
        "null",
        "{\"type\":\"explode\"}",
        "{\"type\":\"open\"}",
        "{\"type\":\"step\",\"dish\":\"a\",\"count\":-1}",
    ] {
        hub.handle(text, None, now());
        let reply = hub.take().unwrap().json;
        assert_eq!(reply["type"], "error", "{text}");
    }
    let controls = json!({"alpha": "-3", "nonsense": "1", "samples": "50", "task": "poly", "epsilon": "NaN"});
    let open = json!({"type": "open", "dish": "a", "lab": "grokking", "controls": controls});
    let replies = talk(&mut hub, &[open]);
    let errors = of_type(&replies, "error");
    assert_eq!(errors.len(), 4, "{errors:?}");
    assert!(errors.iter().any(|e| e["message"].as_str().unwrap().contains("nonsense")));
    let ready = of_type(&replies, "ready")[0];
    assert_eq!(ready["controls"]["alpha"], "1", "wrong values become defaults");
    assert_eq!(ready["controls"]["samples"], "50", "right ones are used");

    let replies = talk(
        &mut hub,
        &[
            json!({"type": "set", "dish": "a", "name": "alpha", "value": "1e999"}),
            json!({"type": "set", "dish": "a", "name": "alpah", "value": "1"}),
            json!({"type": "edit", "dish": "a", "leaf": "hidden.weight", "index": 99999999, "value": 1}),
            json!({"type": "want", "dish": "a", "panels": ["loss", "no such panel"], "hz": 1e300}),
            json!({"type": "play", "dish": "closed long ago"}),
            json!({"type": "export", "dish": "a", "format": "doc"}),
        ],
    );
    assert_eq!(of_type(&replies, "error").len(), 4);
    let unknown = talk(&mut hub, &[json!({"type": "open", "dish": "b", "lab": "groking"})]);
    assert!(of_type(&unknown, "error")[0]["fix"].as_str().unwrap().contains("grokking"));
}

#[test]
fn further_seeds_follow_and_are_those_of_their_own_sessions() {
    let lab = labs::find("grokking").unwrap();
    let mut settings = Settings::defaults(lab.controls, 5);
    settings.set(lab.controls, "task", "modular").unwrap();
    let alone = |seed: u32| {
        let mut settings = settings.clone();
        settings.seed = seed;
        let mut session = Session::open(lab, settings, true).unwrap();
        session.play();
        finish(&mut session);
        session
    };
    let mut session = alone(5);
    assert_eq!(session.state(), State::Done);
    session.run_more_seeds(1);
    assert_eq!(session.state(), State::Measuring);
    finish(&mut session);
    assert_eq!((session.state(), session.more_seeds()), (State::Done, (1, 1)));
    let (other, view) = (alone(6), session.view());
    assert_eq!(view.other_seeds[0].0, 6);
    assert_eq!(view.other_seeds[0].1.column("test loss"), other.view().main().history.column("test loss"));
    let summary = session.summary();
    assert_eq!((summary[0].of, summary[0].verdict), (2, Verdict::Holds), "{:?}", session.claims());
}

#[test]
fn claims_hold_at_the_default_and_fail_where_they_must() {
    // Far from the default: hardly lazy, features that fit, many samples.
    let lab = labs::find("grokking").unwrap();
    let mut settings = Settings::defaults(lab.controls, 101);
    for (name, value) in [("alpha", "0.25"), ("epsilon", "0.5"), ("samples", "600")] {
        settings.set(lab.controls, name, value).unwrap();
    }
    let mut session = Session::open(lab, settings, false).unwrap();
    session.step(1000);
    finish(&mut session);
    let claims = session.claims();
    let verdict = |id: &str| claims.iter().find(|claim| claim.id == id).unwrap().verdict;
    assert_eq!(verdict("C1"), Verdict::Fails, "no gap here");
    assert_eq!(verdict("C2"), Verdict::Fails, "no overshoot here");
    assert_eq!(verdict("C7"), Verdict::NotYet, "not measured in this session");
}
