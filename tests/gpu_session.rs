//! Sessions on a GPU: their curves follow the CPU's, going back works, and the loss of the device loses nothing.
#![cfg(feature = "gpu")]

mod common;

use common::session::record;
use petri::gpu::{Context, Options};
use petri::labs::{self, Settings};
use petri::session::{Activity, Device, Gpu, Hub, Session, State};
use std::time::{Duration, Instant};

/// A GPU, if only in software; without one the tests say so and pass.
fn context() -> Option<Context> {
    let context = pollster::block_on(Context::new(Options { allow_software: true }));
    context.map_err(|error| eprintln!("skipped: {error}")).ok()
}

fn open(samples: &str) -> Session {
    let lab = labs::find("grokking").unwrap();
    let mut settings = Settings::defaults(lab.controls, 3);
    settings.set(lab.controls, "samples", samples).unwrap();
    Session::open(lab, settings, false).unwrap()
}

fn finish(session: &mut Session) {
    let started = Instant::now();
    let now = || started.elapsed().as_secs_f64() * 1000.0;
    while session.is_busy() || session.awaits() {
        assert!(started.elapsed() < Duration::from_secs(120), "the session does not come to an end");
        session.turn(&now, now() + 10.0);
    }
}

fn close(session: &Session, other: &Session) {
    for (run, same) in session.view().runs.iter().zip(other.view().runs) {
        assert_eq!(run.history.steps(), same.history.steps());
        for name in ["train loss", "test loss"] {
            for (a, b) in run.history.column(name).iter().zip(same.history.column(name)) {
                assert!((a - b).abs() <= 1e-3 * b.abs() + 1e-4, "{} {name}: {a} and {b}", run.name);
            }
        }
    }
}

#[test]
fn curves_on_the_gpu_follow_the_cpu() {
    let Some(context) = context() else { return };
    let mut cpu = open("60");
    cpu.step(150);
    finish(&mut cpu);
    let mut gpu = open("60");
    gpu.set_device(Device::Gpu(context));
    gpu.arrive().unwrap();
    assert_eq!(gpu.device().name(), "gpu");
    gpu.step(150);
    finish(&mut gpu);
    assert_eq!((gpu.clock(), gpu.state()), (150, State::Paused));
    close(&gpu, &cpu);
    gpu.seek(70);
    finish(&mut gpu);
    assert_eq!(gpu.clock(), 70);
    gpu.step(80);
    finish(&mut gpu);
    close(&gpu, &cpu);
}

/// One turn, however short; whether the clock went on.
fn turn(session: &mut Session) -> bool {
    let before = session.clock();
    let started = Instant::now();
    let now = || started.elapsed().as_secs_f64() * 1000.0;
    session.turn(&now, 2.0);
    session.clock() > before
}

#[test]
fn training_goes_on_until_another_device_is_ready() {
    let Some(context) = context() else { return };
    let mut session = open("60");
    session.play();
    session.set_device(Device::Gpu(context));
    let (mut turns, mut worked, mut shares) = (0, 0, Vec::new());
    while let Some(percent) = session.preparing() {
        assert_eq!((session.device().name(), session.destination().name()), ("cpu", "gpu"));
        shares.push(percent);
        turns += 1;
        worked += turn(&mut session) as usize;
    }
    assert_eq!(session.device().name(), "gpu");
    assert!(turns > 2 && worked + 1 >= turns, "{worked} of {turns} turns made steps");
    assert!(shares.is_sorted() && shares[0] == 0, "{shares:?}");
    let there = session.clock();
    while session.clock() < there + 40 {
        turn(&mut session);
        assert!(session.clock() >= there, "it jumped back from step {there} to {}", session.clock());
    }
    session.pause();
    finish(&mut session);
    let mut straight = open("60");
    straight.step(session.clock());
    finish(&mut straight);
    close(&session, &straight);
}

#[test]
fn there_and_back_changes_no_bit() {
    let Some(context) = context() else { return };
    // The second is fed from the host, with another routine at each step.
    let labs: [(&str, &[(&str, &str)]); 2] = [
        ("grokking", &[("samples", "60")]),
        ("pointer-networks", &[("task", "sort"), ("hidden", "16"), ("shortest", "5"), ("longest", "6")]),
    ];
    for (lab, controls) in labs {
        let mut straight = common::session::open(lab, controls, 3, false);
        straight.step(40);
        finish(&mut straight);
        let mut moved = common::session::open(lab, controls, 3, false);
        moved.step(23);
        finish(&mut moved);
        for device in [Device::Gpu(context.clone()), Device::Cpu] {
            moved.set_device(device);
            moved.arrive().unwrap();
            assert_eq!(moved.clock(), 23);
        }
        moved.step(17);
        finish(&mut moved);
        assert_eq!(record(&moved), record(&straight), "{lab}");
    }
}

#[test]
fn changes_made_meanwhile_are_taken_along() {
    let Some(context) = context() else { return };
    let run = |device: Option<Device>| {
        let lab = labs::find("playground").unwrap();
        let mut session = Session::open(lab, Settings::defaults(lab.controls, 3), false).unwrap();
        session.step(20);
        finish(&mut session);
        if let Some(device) = device {
            session.set_device(device);
            turn(&mut session);
            assert!(session.preparing().is_some());
        }
        assert!(!session.set("rate", "0.3").unwrap(), "the rate is turned in the running program");
        session.edit_leaf(0, "hidden 1.weight", 0, 2.0).unwrap();
        if session.preparing().is_some() {
            session.arrive().unwrap();
        }
        session.step(20);
        finish(&mut session);
        session.seek(30);
        finish(&mut session);
        session.step(10);
        finish(&mut session);
        assert_eq!(session.clock(), 40);
        session
    };
    let (gpu, cpu) = (run(Some(Device::Gpu(context))), run(None));
    assert_eq!((gpu.device().name(), cpu.device().name()), ("gpu", "cpu"));
    for name in cpu.view().main().history.names() {
        let (a, b) = (gpu.view().main().history.column(name), cpu.view().main().history.column(name));
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() <= 1e-3 * b.abs() + 1e-4, "{name}: {a} and {b}");
        }
    }
}

#[test]
fn a_reset_meanwhile_begins_the_move_again_and_a_second_thought_ends_it() {
    let Some(context) = context() else { return };
    let mut session = open("60");
    session.step(30);
    finish(&mut session);
    session.set_device(Device::Gpu(context.clone()));
    turn(&mut session);
    session.reset(4).unwrap();
    assert_eq!((session.clock(), session.preparing()), (0, Some(0)));
    session.arrive().unwrap();
    assert_eq!((session.clock(), session.device().name()), (0, "gpu"));

    let mut session = open("50");
    session.set_device(Device::Gpu(context));
    turn(&mut session);
    assert!(session.preparing().is_some());
    session.set_device(Device::Cpu);
    assert_eq!((session.preparing(), session.device().name()), (None, "cpu"));
    session.step(40);
    finish(&mut session);
    let mut straight = open("50");
    straight.step(40);
    finish(&mut straight);
    assert_eq!(record(&session), record(&straight));
}

#[test]
fn a_device_that_is_lost_meanwhile_is_told_and_changes_nothing() {
    let Some(context) = context() else { return };
    let mut session = open("60");
    session.step(200);
    session.set_device(Device::Gpu(context.clone()));
    turn(&mut session);
    context.destroy();
    finish(&mut session);
    assert_eq!((session.device().name(), session.clock(), session.preparing()), ("cpu", 200, None));
    let error = session.take_refusal().expect("the visitor is told").to_string();
    assert!(error.contains("GPU") && error.contains("CPU"), "{error}");
    let mut straight = open("60");
    straight.step(200);
    finish(&mut straight);
    assert_eq!(record(&session), record(&straight));
}

/// A page with one dish.
struct Page {
    hub: Hub,
    started: Instant,
    /// What the visitor was told.
    notices: Vec<String>,
}

impl Page {
    fn open(context: Context, more: &str) -> Page {
        let mut page = Page { hub: Hub::new(), started: Instant::now(), notices: Vec::new() };
        page.hub.set_gpu(Gpu::Ready(context));
        page.send(&format!(r#""type":"open","lab":"grokking",{more}"#));
        page.send(r#""type":"want","hz":60,"panels":[]"#);
        page
    }

    fn send(&mut self, fields: &str) {
        self.hub.handle(&format!(r#"{{"dish":"a",{fields}}}"#), None, self.started.elapsed().as_secs_f64() * 1000.0);
    }

    fn turn(&mut self) -> (Activity, Vec<serde_json::Value>) {
        let started = self.started;
        let activity = self.hub.turn(&|| started.elapsed().as_secs_f64() * 1000.0, 2.0);
        let messages: Vec<_> = std::iter::from_fn(|| self.hub.take()).map(|message| message.json).collect();
        assert!(messages.iter().all(|message| message["type"] != "error"), "{messages:?}");
        assert!(self.started.elapsed() < Duration::from_secs(120), "it does not come to an end");
        self.notices.extend(messages.iter().filter_map(|message| Some(message["message"].as_str()?.to_owned())));
        (activity, messages.into_iter().filter(|message| message["type"] == "frame").collect())
    }
}

#[test]
fn runs_for_claims_follow() {
    let Some(context) = context() else { return };
    let mut page = Page::open(context, r#""claims":true,"play":true,"controls":{"samples":"50"}"#);
    while !page.turn().1.iter().any(|frame| frame["state"] == "measuring") {}
    page.send(r#""type":"device","device":"gpu""#);
    // On the CPU a turn is followed by the next at once; a graphics processor is only looked after.
    assert_eq!(page.turn().0, Activity::Busy, "it goes on where it is");
    let mut on_gpu = 0;
    let mut steps = Vec::new();
    while on_gpu < 100 || steps.is_sorted_by(|a, b| a == b) {
        let (activity, frames) = page.turn();
        on_gpu += (activity == Activity::Waiting) as usize;
        let later = |frame: &serde_json::Value| {
            frame["runs"].as_array().unwrap().iter().skip(3).map(|run| run["step"].as_u64().unwrap()).sum::<u64>()
        };
        if on_gpu > 0 {
            steps.extend(frames.iter().map(later));
        }
    }
    assert!(steps.is_sorted(), "{steps:?}");
}

#[test]
fn the_page_is_told_how_far_it_is() {
    let Some(context) = context() else { return };
    let mut page = Page::open(context, r#""play":false"#);
    // Moved while it is paused, called back, and moved again.
    let mut states = Vec::new();
    for (wanted, turns) in [("gpu", 2), ("cpu", 2), ("gpu", usize::MAX)] {
        page.send(&format!(r#""type":"device","device":"{wanted}""#));
        for turn in 0..turns {
            let (activity, frames) = page.turn();
            for frame in frames {
                let state = (frame["device"].as_str().unwrap().to_owned(), !frame["preparing"].is_null());
                if states.last() != Some(&state) {
                    states.push(state);
                }
            }
            if turn > 2 && activity == Activity::Idle {
                break;
            }
        }
    }
    assert_eq!(states, [("cpu", true), ("cpu", false), ("cpu", true), ("gpu", false)].map(|(d, p)| (d.to_owned(), p)));
}

#[test]
fn the_page_is_told_of_a_loss_on_the_way() {
    let Some(context) = context() else { return };
    let mut page = Page::open(context.clone(), r#""play":true"#);
    page.send(r#""type":"device","device":"gpu""#);
    page.turn();
    context.destroy();
    let mut steps = Vec::new();
    while steps.len() < 5 {
        let (activity, frames) = page.turn();
        assert_eq!(activity, Activity::Busy, "it trains");
        steps.extend(frames.iter().map(|frame| frame["step"].as_u64().unwrap()));
        assert!(frames.iter().all(|frame| frame["device"] == "cpu"));
    }
    assert!(page.notices.iter().any(|text| text.contains("before training moved there")), "{:?}", page.notices);
    assert!(steps.is_sorted_by(|a, b| a < b), "{steps:?}");
}

#[test]
fn a_run_changes_device_in_the_middle_and_back() {
    let Some(context) = context() else { return };
    let mut straight = open("60");
    straight.step(120);
    finish(&mut straight);
    let mut moved = open("60");
    for (device, steps) in [(Device::Cpu, 40), (Device::Gpu(context), 40), (Device::Cpu, 40)] {
        moved.set_device(device);
        moved.arrive().unwrap();
        moved.step(steps);
        finish(&mut moved);
    }
    assert_eq!(moved.clock(), 120);
    close(&moved, &straight);
}

#[test]
fn a_lost_gpu_is_told_and_training_goes_on() {
    let Some(context) = context() else { return };
    let mut straight = open("60");
    straight.step(200);
    finish(&mut straight);
    let mut session = open("60");
    session.set_device(Device::Gpu(context.clone()));
    session.arrive().unwrap();
    session.step(200);
    let started = Instant::now();
    let now = || started.elapsed().as_secs_f64() * 1000.0;
    while session.clock() < 60 {
        session.turn(&now, now() + 10.0);
    }
    context.destroy();
    finish(&mut session);
    let notice = session.take_notice().expect("the visitor is told");
    assert!(notice.contains("GPU") && notice.contains("CPU"), "{notice}");
    assert_eq!((session.device().name(), session.clock()), ("cpu", 200));
    close(&session, &straight);
}
