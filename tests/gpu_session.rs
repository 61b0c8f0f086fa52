//! Sessions on a GPU: their curves follow the CPU's, going back works, and the loss of the device loses nothing.
#![cfg(feature = "gpu")]

use petri::gpu::{Context, Options};
use petri::labs::{self, Settings};
use petri::session::{Device, Session, State};
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
    gpu.set_device(Device::Gpu(context)).unwrap();
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

#[test]
fn a_run_changes_device_in_the_middle_and_back() {
    let Some(context) = context() else { return };
    let mut straight = open("60");
    straight.step(120);
    finish(&mut straight);
    let mut moved = open("60");
    for (device, steps) in [(Device::Cpu, 40), (Device::Gpu(context), 40), (Device::Cpu, 40)] {
        moved.set_device(device).unwrap();
        finish(&mut moved);
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
    session.set_device(Device::Gpu(context.clone())).unwrap();
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
