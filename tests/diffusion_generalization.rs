//! The diffusion lab from outside: its claims at the default and where they must fail, and pictures that follow the controls
//! without a new run.

mod common;

use common::session::{finish, open};
use petri::labs::{Claim, Payload, Verdict};
use petri::session::Session;

const SLUG: &str = "diffusion-generalization";

fn run(controls: &[(&str, &str)], seed: u32) -> Session {
    let mut session = open(SLUG, controls, seed, true);
    session.play();
    finish(&mut session);
    session
}

fn verdicts(claims: &[Claim]) -> Vec<(&str, Verdict)> {
    claims.iter().map(|claim| (claim.id, claim.verdict)).collect()
}

#[test]
fn every_claim_holds_at_the_default() {
    let mut session = run(&[], 101);
    let claims = session.claims();
    assert!(claims.len() == 8 && claims.iter().all(|claim| claim.verdict == Verdict::Holds), "{claims:#?}");
    // A sampler that has collapsed would agree with itself: samples must differ as pictures do.
    let last = |name: &str| session.view().main().history.last(name).unwrap_or(f32::NAN);
    assert!((0.15..0.23).contains(&last("deviation of a pixel")), "{}", last("deviation of a pixel"));
    assert!(last("cosine, different noises") < 0.8);

    // Looking at the past changes no verdict.
    session.seek(100);
    finish(&mut session);
    assert_eq!(verdicts(&session.claims()), verdicts(&claims));
}

#[test]
fn four_pictures_are_memorised_and_fail_what_rests_on_many() {
    let claims = run(&[("pictures", "4")], 101).claims();
    for claim in &claims {
        // Shrinkage in few directions is no matter of how many pictures there are.
        let expected = if claim.id == "C5" { Verdict::Holds } else { Verdict::Fails };
        assert_eq!(claim.verdict, expected, "{claim:?}");
    }
}

#[test]
fn what_is_shown_follows_the_controls_without_a_new_run() {
    let mut session = open(SLUG, &[("pictures", "16")], 3, true);
    session.step(20);
    finish(&mut session);
    session.ask_pictures();
    session.pictures_arrived();
    let panel = |session: &mut Session, id: &str| {
        let mut payload = Payload::default();
        let value = session.panel(id, &mut payload);
        assert!(!value.is_null(), "{id} has a picture");
        (value, payload.arrays)
    };
    for id in ["errors", "few", "many"] {
        panel(&mut session, id);
    }
    let (samples, arrays) = panel(&mut session, "samples");
    assert_eq!((samples["count"].as_u64(), arrays[0].len()), (Some(112), 112 * 64));
    // Before the first step of the sampler all networks have the shared noise.
    assert!(!session.set("iterations", "0").unwrap_or(true), "nothing is trained anew");
    let noise = panel(&mut session, "samples").1.swap_remove(0);
    let row = |values: &[f32], at: usize| values[at * 16 * 64..(at + 1) * 16 * 64].to_vec();
    for at in [1, 2, 4, 5] {
        assert_eq!(row(&noise, at), row(&noise, 0));
    }
    assert!(!session.set("noise", "7").unwrap_or(true));
    assert_ne!(row(&panel(&mut session, "samples").1[0], 0), row(&noise, 0));

    let basis = panel(&mut session, "basis");
    assert_eq!(basis.0["choice"]["at"].as_u64(), Some(0));
    for (name, value, id) in
        [("sigma", "0.6", "basis"), ("picture", "5", "basis"), ("k", "9", "picture"), ("network", "few", "shrinkage")]
    {
        let before = panel(&mut session, id);
        assert!(!session.set(name, value).unwrap_or(true), "{name} trains nothing");
        assert_ne!(panel(&mut session, id), before, "{name}");
    }
    let note = panel(&mut session, "picture").0["note"].as_str().unwrap_or_default().to_owned();
    assert!(note.contains("f(2y) and 2 f(y): 0."), "{note}");
    assert_eq!(session.clock(), 20);
}
