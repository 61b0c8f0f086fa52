//! The modern Hopfield lab from outside: its claims at the default and where they must fail, the file that it waits for,
//! and pictures that follow the controls while the run goes on.

mod common;

use common::session::{clock, finish, open};
use petri::labs::{Claim, Verdict};
use petri::session::{Activity, Hub, Session};
use serde_json::{Value, json};

const DIGITS: &[u8] = include_bytes!("../src/data/digits/digits.bin");

fn run(controls: &[(&str, &str)], seed: u32) -> Session {
    let mut session = open("modern-hopfield", controls, seed, true);
    session.play();
    finish(&mut session);
    session
}

fn claim(session: &Session, id: &str) -> Claim {
    session.claims().into_iter().find(|claim| claim.id == id).expect("it is listed")
}

#[test]
fn every_claim_holds_at_the_default() {
    for seed in [0, 7] {
        for claim in run(&[], seed).claims() {
            assert_eq!(claim.verdict, Verdict::Holds, "seed {seed}: {claim:?}");
        }
    }
}

#[test]
fn too_little_of_a_cue_is_too_little() {
    let claim = claim(&run(&[("hidden", "48")], 0), "C1");
    assert_eq!(claim.verdict, Verdict::Fails, "{claim:?}");
    assert!(claim.parts[0].measured < Some(0.9) && claim.parts[1].holds() == Some(true));
}

#[test]
fn the_sweep_melts_from_average_to_single_digits() {
    let session = run(&[], 1);
    let view = session.view();
    let history = view.main().history;
    let k = history.column("k");
    assert!(k[0] > 80.0 && k[k.len() - 1] == 1.0, "{k:?}");
    let (before, after) = (history.column("energy before"), history.column("energy after"));
    assert!(before.iter().zip(after).all(|(before, after)| after < before));
    assert!(history.column("restored share")[0] == 0.0 && history.last("restored share") > Some(0.9));
}

#[test]
fn what_is_shown_follows_the_controls_without_a_new_run() {
    let mut session = open("modern-hopfield", &[], 0, true);
    session.step(20);
    finish(&mut session);
    let note = |session: &mut Session| {
        let mut payload = petri::labs::Payload::default();
        session.panel("recall", &mut payload)["note"].as_str().unwrap_or_default().to_owned()
    };
    assert!(note(&mut session).contains("β = 100: of 100 digits 98 % restored"), "{}", note(&mut session));
    for (name, value) in [("beta", "1"), ("updates", "3"), ("query", "5"), ("bag", "2")] {
        assert!(!session.set(name, value).unwrap_or_else(|error| panic!("{error}")), "{name} starts no new run");
    }
    assert!(note(&mut session).contains("β = 1: of 100 digits 0 % restored"), "{}", note(&mut session));
    assert_eq!(session.clock(), 20);
    let refusal = session.set("draw", "12").expect_err("two pixels are no drawing").to_string();
    assert!(refusal.contains("2 pixels instead of 64"), "{refusal}");
}

/// A page that opens the lab, or several.
struct Page {
    hub: Hub,
    told: Vec<Value>,
}

impl Page {
    fn say(&mut self, message: &Value, bytes: Option<&[u8]>) {
        self.hub.handle(&message.to_string(), bytes, 0.0);
        self.listen();
    }

    fn listen(&mut self) {
        while let Some(message) = self.hub.take() {
            self.told.push(message.json);
        }
    }

    /// Messages of a kind since the last call.
    fn heard(&mut self, kind: &str) -> Vec<Value> {
        let heard = self.told.iter().filter(|message| message["type"] == kind).cloned().collect();
        self.told.retain(|message| message["type"] != kind);
        heard
    }
}

fn opening(dish: &str) -> Value {
    json!({ "type": "open", "dish": dish, "lab": "modern-hopfield", "seed": 3, "play": true })
}

#[test]
fn a_page_is_asked_for_the_digits_once_and_nothing_it_said_meanwhile_is_lost() {
    let mut page = Page { hub: Hub::new(), told: Vec::new() };
    page.say(&opening("a"), None);
    page.say(&opening("b"), None);
    let fetches = page.heard("fetch");
    assert_eq!(fetches.len(), 2);
    assert_eq!(fetches[0]["file"], "digits.bin");
    page.say(&json!({ "type": "want", "dish": "a", "panels": ["recall"], "hz": 30 }), None);
    page.say(&json!({ "type": "set", "dish": "a", "name": "beta", "value": "8" }), None);
    page.say(&json!({ "type": "close", "dish": "b" }), None);
    assert!(page.told.is_empty(), "nothing is there yet: {:?}", page.told);
    page.say(&json!({ "type": "attach", "dish": "a", "file": "digits.bin" }), Some(DIGITS));
    let ready = page.heard("ready");
    assert_eq!(ready.len(), 1, "the one that was closed is not opened");
    assert_eq!(ready[0]["dish"], "a");
    let now = clock();
    while page.hub.turn(&now, 50.0) != Activity::Idle {
        page.listen();
    }
    page.listen();
    let frames = page.heard("frame");
    let note =
        |frame: Option<&Value>| frame.and_then(|frame| frame["panels"]["recall"]["note"].as_str().map(str::to_owned));
    // A card without claims follows the sweep, as far as the β that was set.
    assert!(note(frames.first()).is_some_and(|note| !note.starts_with("β = 8:")), "{:?}", note(frames.first()));
    assert!(note(frames.last()).is_some_and(|note| note.starts_with("β = 8:")), "{:?}", note(frames.last()));
    // The next one finds the file there.
    page.say(&opening("c"), None);
    assert!(page.heard("fetch").is_empty() && page.heard("ready").len() == 1);
}

#[test]
fn a_file_that_cannot_be_had_is_told_with_its_reason() {
    let mut page = Page { hub: Hub::new(), told: Vec::new() };
    page.say(&opening("a"), None);
    page.say(&json!({ "type": "play", "dish": "a" }), None);
    let damaged = &DIGITS[..70_000];
    page.say(&json!({ "type": "attach", "dish": "a", "file": "digits.bin" }), Some(damaged));
    let errors = page.heard("error");
    assert_eq!((errors.len(), errors[0]["kind"].as_str()), (1, Some("file")), "{errors:?}");
    assert!(errors[0]["message"].as_str().is_some_and(|message| message.contains("70000 bytes")), "{errors:?}");
    page.say(&opening("b"), None);
    page.say(&json!({ "type": "attach", "dish": "b", "file": "digits.bin", "message": "no network" }), None);
    let errors = page.heard("error");
    assert_eq!((errors.len(), errors[0]["message"].as_str()), (1, Some("no network")), "{errors:?}");
}
