//! The lab of neural collapse in a session: claims that hold and that fail, the pace of a run that is watched, presets.

mod common;

use common::session::{clock, finish, record};
use petri::labs::{self, Payload, Settings, Verdict};
use petri::session::{Activity, Hub, Session};
use serde_json::{Value, json};

const SLUG: &str = "neural-collapse";

/// Verdicts of all claims at the end.
fn verdicts(controls: &[(&str, &str)], seed: u32) -> Vec<(&'static str, Verdict)> {
    let mut session = common::session::open(SLUG, controls, seed, true);
    session.play();
    finish(&mut session);
    session.claims().iter().map(|claim| (claim.id, claim.verdict)).collect()
}

fn failing(controls: &[(&str, &str)], seed: u32) -> Vec<&'static str> {
    let verdicts = verdicts(controls, seed);
    assert!(verdicts.iter().all(|(_, verdict)| *verdict != Verdict::NotYet), "{verdicts:?}");
    verdicts.into_iter().filter(|(_, verdict)| *verdict == Verdict::Fails).map(|(id, _)| id).collect()
}

#[test]
fn every_claim_holds() {
    for seed in [0, 101] {
        let verdicts = verdicts(&[], seed);
        assert_eq!(verdicts.len(), 9);
        assert!(verdicts.iter().all(|(_, verdict)| *verdict == Verdict::Holds), "seed {seed}: {verdicts:?}");
    }
}

#[test]
fn claims_fail_where_they_must() {
    // Everything dies, and what is dead has no angles; only that it does is as the formula says.
    assert_eq!(failing(&[("decay", "0.1")], 0), ["C1", "C2", "C3", "C4", "C5", "C6", "C8"]);
    // Too weak a decay leaves some of the spread.
    assert!(failing(&[("decay", "0.0001")], 0).contains(&"C1"));
    // Three matrices stay in the local minimum at 0 in place of the global one,
    assert_eq!(failing(&[("decay", "0.01")], 0), ["C7", "C8"]);
    // and the threshold of minority collapse is another one for them.
    assert_eq!(failing(&[("depth", "3")], 0), ["C9"]);
}

#[test]
fn nothing_is_claimed_of_rare_classes_when_there_are_none() {
    let controls = [("a", "20"), ("b", "20"), ("c", "20"), ("d", "20")];
    let ids: Vec<&str> = verdicts(&controls, 0).iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, ["C1", "C2", "C3", "C4", "C5", "C7", "C9"]);
    // Nor is anything said of lengths with another loss than MSE without a bias.
    let ids: Vec<&str> = verdicts(&[("loss", "bias")], 0).iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, ["C1", "C2", "C3", "C4", "C5", "C9"]);
}

#[test]
fn going_back_repeats_the_run() {
    let mut straight = common::session::open(SLUG, &[], 3, false);
    straight.step(300);
    finish(&mut straight);
    let mut wandering = common::session::open(SLUG, &[], 3, false);
    for target in [210, 13, 155] {
        wandering.seek(target);
        finish(&mut wandering);
    }
    wandering.step(145);
    finish(&mut wandering);
    assert_eq!(record(&straight), record(&wandering));
}

fn panel(session: &mut Session, id: &str) -> (Value, Vec<Vec<f32>>) {
    let mut payload = Payload::default();
    session.ask_pictures();
    let value = session.panel(id, &mut payload);
    (value, payload.arrays)
}

#[test]
fn panels_show_what_there_is() {
    let mut session = common::session::open(SLUG, &[], 0, false);
    session.step(500);
    finish(&mut session);
    let (space, arrays) = panel(&mut session, "space");
    let array = |value: &Value| &arrays[value["$"].as_u64().unwrap() as usize];
    assert_eq!(
        (array(&space["points"]).len(), array(&space["groups"]).len(), array(&space["tips"]).len()),
        (225, 75, 24)
    );
    assert_eq!(array(&space["arcs"]), &[0.0, 2.0, 0.0, 6.0, 2.0, 6.0], "A, B and D");
    assert!(space["note"].as_str().unwrap().starts_with("C is at right angles"), "{}", space["note"]);
    // Another class is left out without touching the run.
    assert!(!session.set("shown", "a").unwrap());
    let (space, arrays) = panel(&mut session, "space");
    assert_eq!(arrays[space["arcs"]["$"].as_u64().unwrap() as usize], [2.0, 4.0, 2.0, 6.0, 4.0, 6.0]);
    assert_eq!(session.clock(), 500);
    let (lengths, _) = panel(&mut session, "lengths");
    let bar = &lengths["bars"][3];
    assert_eq!(bar["name"], "D · 5 samples");
    assert!((bar["value"].as_f64().unwrap() - bar["mark"].as_f64().unwrap()).abs() < 0.05);
    assert_eq!(panel(&mut session, "cosines").0["rows"], 4);
    assert_eq!(panel(&mut session, "survival").0["series"].as_array().unwrap().len(), 8);

    // Theory speaks of MSE without a bias only.
    assert!(session.set("loss", "ce").unwrap());
    assert!(panel(&mut session, "lengths").0["bars"][0]["mark"].is_null());
    assert!(panel(&mut session, "survival").0.is_null());
    let collapse = panel(&mut session, "collapse").0;
    assert_eq!(collapse["series"].as_array().unwrap().len(), 2, "rare classes with cross-entropy have no known angle");
}

#[test]
fn presets_are_settings() {
    let lab = labs::find(SLUG).unwrap();
    let presets = lab.controls.iter().flat_map(|control| control.presets);
    let mut count = 0;
    for preset in presets {
        let mut settings = Settings::defaults(lab.controls, 0);
        for pair in preset.value.split('&') {
            let (name, value) = pair.split_once('=').unwrap();
            settings.set(lab.controls, name, value).unwrap();
        }
        count += 1;
    }
    assert_eq!(count, 3);
}

/// The step of the last frame.
fn shown(hub: &mut Hub) -> Option<u64> {
    let mut step = None;
    while let Some(message) = hub.take() {
        if message.json["type"] == "frame" {
            step = message.json["step"].as_u64();
        }
    }
    step
}

#[test]
fn a_run_with_a_pace_keeps_it_while_it_plays_and_only_then() {
    let mut hub = Hub::new();
    let say = |hub: &mut Hub, message: Value| hub.handle(&message.to_string(), None, 0.0);
    say(&mut hub, json!({"type": "open", "dish": "d", "lab": SLUG, "play": true}));
    say(&mut hub, json!({"type": "want", "dish": "d", "panels": [], "hz": 60}));
    let now = clock();
    let mut step = 0;
    while now() < 1000.0 {
        assert_ne!(hub.turn(&now, 8.0), Activity::Idle);
        step = shown(&mut hub).unwrap_or(step);
    }
    assert!((8..40).contains(&step), "{step} steps in the first second");
    // Going somewhere by hand is not slowed down; with this clock a step takes some four milliseconds.
    say(&mut hub, json!({"type": "seek", "dish": "d", "step": 400}));
    let begun = now();
    while step != 400 {
        hub.turn(&now, 8.0);
        step = shown(&mut hub).unwrap_or(step);
        assert!(now() - begun < 2500.0, "still at step {step}");
    }
}
