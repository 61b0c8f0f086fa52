//! The lab of learned delays in a session: claims that hold and that fail, pictures that follow the controls, time travel.

mod common;

use common::session::{finish, open, record};
use petri::labs::{Payload, Verdict};
use petri::session::Session;
use serde_json::Value;

const SLUG: &str = "spiking-delays";

fn failing(controls: &[(&str, &str)], seed: u32) -> Vec<&'static str> {
    let mut session = open(SLUG, controls, seed, true);
    session.play();
    finish(&mut session);
    let claims = session.claims();
    assert!(claims.iter().all(|claim| claim.verdict != Verdict::NotYet), "{claims:?}");
    claims.into_iter().filter(|claim| claim.verdict == Verdict::Fails).map(|claim| claim.id).collect()
}

#[test]
fn every_claim_holds() {
    assert_eq!(failing(&[], 1), [] as [&str; 0]);
}

/// Neurons that remember for long need no delays: random ones gain little, and permuting the learned ones leaves enough.
#[test]
fn a_long_memory_stands_in_for_delays() {
    let failing = failing(&[("tau", "8")], 1);
    assert!(failing.contains(&"C1") && failing.contains(&"C4"), "{failing:?}");
}

/// Where notes stray further than they are apart, no delay is better than another one.
#[test]
fn precise_delays_are_no_use_where_nothing_is_precise() {
    let failing = failing(&[("jitter", "3")], 1);
    assert!(failing.contains(&"C3") && failing.contains(&"C3b"), "{failing:?}");
}

fn panel(session: &mut Session, id: &str) -> (Value, Vec<Vec<f32>>) {
    let mut payload = Payload::default();
    session.ask_pictures();
    let value = session.panel(id, &mut payload);
    (value, payload.arrays)
}

#[test]
fn what_is_shown_follows_the_controls_without_a_new_run() {
    let mut session = open(SLUG, &[], 0, false);
    session.step(20);
    finish(&mut session);
    let note = |session: &mut Session, id: &str| panel(session, id).0["note"].as_str().unwrap_or_default().to_owned();
    assert!(note(&mut session, "roll").contains("With learned delays the network hears melody"));
    assert!(note(&mut session, "kernel").contains("σ = 8.1"), "{}", note(&mut session, "kernel"));
    for (name, value) in [("delays", "fixed"), ("neuron", "3"), ("melody", "4-------0-v-")] {
        assert!(!session.set(name, value).unwrap_or_else(|error| panic!("{error}")), "{name} starts no new run");
    }
    let (roll, arrays) = panel(&mut session, "roll");
    assert!(
        roll["note"]
            .as_str()
            .is_some_and(|note| note.contains("With fixed random delays") && note.contains("in what you play"))
    );
    assert_eq!(roll["votes"]["played"], Value::Null);
    let array = |value: &Value| &arrays[value["$"].as_u64().expect("an array") as usize];
    assert_eq!(array(&roll["notes"]["row"]), &[0.0, 7.0, 8.0]);
    assert_eq!(array(&roll["notes"]["at"]), &[4.0, 0.0, 31.0]);
    let arrivals = array(&roll["arrivals"]["at"]).iter().zip(array(&roll["notes"]["at"]));
    assert!(arrivals.map(|(arrival, start)| arrival - start).all(|delay| (0.0..=18.0).contains(&delay)));
    assert!((array(&roll["votes"]["values"]).iter().sum::<f32>() - 1.0).abs() < 1e-4);
    assert!(note(&mut session, "kernel").starts_with("Neuron 3. Each synapse is a single tap"));
    assert_eq!(session.clock(), 20);
    let refusal = session.set("melody", "4-c").expect_err("two keys are no keyboard").to_string();
    assert!(refusal.contains("2 keys instead of 10"), "{refusal}");
}

#[test]
fn going_back_repeats_the_run() {
    let mut straight = open(SLUG, &[("hidden", "4")], 3, false);
    straight.step(60);
    finish(&mut straight);
    let mut session = open(SLUG, &[("hidden", "4")], 3, false);
    session.step(40);
    finish(&mut session);
    session.seek(13);
    finish(&mut session);
    session.step(47);
    finish(&mut session);
    assert_eq!(record(&session), record(&straight));
}
