//! The pointer lab in a session: time travel with data from the host, what is only shown, files, claims that fail.

mod common;

use common::session::{clock, finish, record};
use petri::labs::{Payload, Verdict};
use petri::session::{Activity, Hub, Session, State};
use serde_json::{Value, json};

/// A small network, so that a test takes a second.
const SMALL: &[(&str, &str)] = &[("hidden", "16"), ("shortest", "5"), ("longest", "5"), ("baseline", "none")];

fn open(controls: &[(&str, &str)], seed: u32, with_claims: bool) -> Session {
    common::session::open("pointer-networks", &[SMALL, controls].concat(), seed, with_claims)
}

#[test]
fn going_back_repeats_the_data_of_every_step() {
    let mut straight = open(&[], 3, false);
    straight.step(120);
    finish(&mut straight);
    let mut wandering = open(&[], 3, false);
    for target in [70, 13, 55] {
        wandering.seek(target);
        finish(&mut wandering);
        assert_eq!((wandering.clock(), wandering.state()), (target, State::Paused));
    }
    wandering.step(65);
    finish(&mut wandering);
    assert_eq!(record(&straight), record(&wandering));
    assert!(record(&straight).len() >= 2);
}

#[test]
fn what_is_only_shown_leaves_the_run_alone_and_a_saved_run_survives_it() {
    let mut session = open(&[], 1, false);
    session.step(60);
    finish(&mut session);
    for (name, value) in
        [("count", "12"), ("beam", "4"), ("points", "0.1,0.2;0.9,0.1;0.5,0.8"), ("network", "untrained")]
    {
        assert!(!session.set(name, value).unwrap(), "{name} rebuilds nothing");
        assert_eq!(session.clock(), 60);
    }
    let error = session.set("points", "0.1,0.2;0.9").unwrap_err().to_string();
    assert!(error.contains("2 points"), "{error}");
    assert_eq!(session.settings().text("points"), "0.1,0.2;0.9,0.1;0.5,0.8", "what was there stays");
    let bytes = session.save().unwrap();

    // The page's link says something else of what is shown, and the run goes on all the same.
    let mut hub = Hub::new();
    let controls: Value =
        SMALL.iter().map(|(name, value)| (name.to_string(), json!(value))).collect::<serde_json::Map<_, _>>().into();
    let mut message = json!({"type": "open", "dish": "d", "lab": "pointer-networks", "seed": 1, "controls": controls});
    message["controls"]["count"] = json!("20");
    hub.handle(&message.to_string(), Some(&bytes), 0.0);
    hub.handle(&json!({"type": "want", "dish": "d", "panels": ["answer"], "hz": 30}).to_string(), None, 0.0);
    let now = clock();
    while hub.turn(&now, 50.0) != Activity::Idle {}
    let mut last = None;
    while let Some(message) = hub.take() {
        assert_ne!(message.json["type"], "error", "{}", message.json);
        if message.json["type"] == "frame" {
            last = Some(message);
        }
    }
    let frame = last.unwrap();
    assert_eq!(frame.json["step"], 60);
    let points = frame.json["panels"]["answer"]["points"]["$"].as_u64().unwrap() as usize;
    assert_eq!(frame.arrays[points].len(), 40, "twenty points, as the link says");
}

#[test]
fn the_recorded_network_is_asked_for_once_and_answers_when_it_is_there() {
    let mut hub = Hub::new();
    let say = |hub: &mut Hub, message: Value, bytes: Option<&[u8]>| hub.handle(&message.to_string(), bytes, 0.0);
    say(
        &mut hub,
        json!({"type": "open", "dish": "d", "lab": "pointer-networks", "controls": {"network": "recorded", "baseline": "none"}}),
        None,
    );
    say(&mut hub, json!({"type": "want", "dish": "d", "panels": ["answer", "diagram", "states"], "hz": 30}), None);
    let now = clock();
    let answers = |hub: &mut Hub| {
        for _ in 0..20 {
            hub.turn(&now, 50.0);
        }
        std::iter::from_fn(|| hub.take()).map(|message| message.json).collect::<Vec<Value>>()
    };
    let told = answers(&mut hub);
    let fetches: Vec<&Value> = told.iter().filter(|json| json["type"] == "fetch").collect();
    assert_eq!(fetches.len(), 1, "{told:?}");
    assert_eq!(fetches[0]["file"], "pointer-networks-hull.safetensors");
    let frame = told.iter().rfind(|json| json["type"] == "frame").unwrap();
    let answer = &frame["panels"]["answer"];
    assert_eq!((&answer["unanswered"], &answer["source"]["kind"]), (&json!(true), &json!("recorded")));
    assert!(answer["source"]["text"].as_str().unwrap().contains("being fetched"), "{answer}");
    assert!(frame["panels"]["states"].is_null());

    say(
        &mut hub,
        json!({"type": "attach", "dish": "d", "file": "pointer-networks-hull.safetensors"}),
        Some(b"no network"),
    );
    let told = answers(&mut hub);
    let error = told.iter().find(|json| json["type"] == "error").unwrap();
    assert!(error["message"].as_str().unwrap().contains("damaged"), "{error}");
    let frame = told.iter().rfind(|json| json["type"] == "frame").unwrap();
    assert_eq!(frame["panels"]["answer"]["source"]["kind"], "untrained", "something is shown, and says what it is");

    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/labs/pointer_networks/hull.safetensors");
    say(
        &mut hub,
        json!({"type": "attach", "dish": "d", "file": "pointer-networks-hull.safetensors"}),
        Some(&std::fs::read(file).unwrap()),
    );
    let told = answers(&mut hub);
    let frame = told.iter().rfind(|json| json["type"] == "frame").unwrap();
    let source = &frame["panels"]["answer"]["source"];
    assert_eq!(source["kind"], "recorded");
    for part in ["trained earlier", "seed", "steps", "petri run pointer-networks"] {
        assert!(source["text"].as_str().unwrap().contains(part), "{source} does not tell {part}");
    }
}

#[test]
fn a_network_that_cannot_learn_fails_its_claims() {
    let controls = [("task", "sort"), ("longest", "8"), ("length", "short"), ("rate", "0.0001")];
    let mut session = open(&controls, 0, true);
    session.play();
    finish(&mut session);
    let claims = session.claims();
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0].verdict, Verdict::Fails, "{:?}", claims[0]);
}

#[test]
fn a_range_given_backwards_is_the_same_range() {
    let names = |shortest, longest| {
        let session = open(&[("shortest", shortest), ("longest", longest)], 0, false);
        session.view().main().history.names().to_vec()
    };
    assert_eq!(names("6", "4"), names("4", "6"));
}

#[test]
fn another_learning_rate_is_not_measured_and_another_weight_is() {
    let mut session = open(&[], 2, false);
    session.step(30);
    finish(&mut session);
    let before = record(&session);
    session.set("rate", "0.002").unwrap();
    assert_eq!(record(&session), before);
    session.edit_leaf(0, "encoder.input.weight", 0, 1.5).unwrap();
    let after = record(&session);
    assert_eq!(after.last().map(|reading| reading.0), Some(30));
    assert_eq!(after[..after.len() - 1], before);
}

#[test]
fn a_network_that_blew_up_shows_its_last_good_step() {
    let mut session = open(&[], 2, false);
    session.step(60);
    finish(&mut session);
    session.ask_pictures();
    for index in 0..4 {
        session.edit_leaf(0, "pointer.direction", index, 3e38).unwrap();
    }
    assert_eq!(session.state(), State::Failed);
    let step = session.clock();
    assert!(step < 60);
    let answer = session.panel("answer", &mut Payload::default());

    let mut good = open(&[], 2, false);
    good.step(step);
    finish(&mut good);
    good.ask_pictures();
    assert_eq!(answer, good.panel("answer", &mut Payload::default()));
}
