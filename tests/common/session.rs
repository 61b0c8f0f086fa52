//! Sessions driven from tests.

use petri::labs::{self, Settings};
use petri::session::Session;
use std::cell::Cell;

/// A clock that moves one millisecond at every look, so that tests do not depend on the machine's speed.
pub fn clock() -> impl Fn() -> f64 {
    let time = Cell::new(0.0);
    move || {
        time.set(time.get() + 1.0);
        time.get()
    }
}

/// A lab at the given controls.
pub fn open(slug: &str, controls: &[(&str, &str)], seed: u32, with_claims: bool) -> Session {
    let lab = labs::find(slug).unwrap_or_else(|error| panic!("{error}"));
    let mut settings = Settings::defaults(lab.controls, seed);
    for (name, value) in controls {
        settings.set(lab.controls, name, value).unwrap_or_else(|error| panic!("{error}"));
    }
    Session::open(lab, settings, with_claims).unwrap_or_else(|error| panic!("{error}"))
}

/// Works until nothing is left to be done.
pub fn finish(session: &mut Session) {
    let now = clock();
    while session.is_busy() {
        session.turn(&now, now() + 1000.0);
    }
}

/// Everything recorded of the main run, as bits.
pub fn record(session: &Session) -> Vec<(u64, Vec<u32>)> {
    let history = session.view().main().history.clone();
    let row = |step: u64| history.names().iter().map(|name| history.at(name, step).unwrap().to_bits()).collect();
    history.steps().iter().map(|&step| (step, row(step))).collect()
}
