//! From a fresh clone to a verdict. Every step is one command that can be given alone; all are run even when one fails,
//! so that one run tells everything.

use crate::site::{self, Kind};
use crate::tools::{
    cargo, need_chromium, need_packages, need_wasm_target, need_wasm_test_runner, output, run, want_vulkan,
};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// A step: its name, what it does.
type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("format", format),
    ("lints", lints),
    ("native", native),
    ("wasm", wasm),
    ("types", types),
    ("scripts", scripts),
    ("pages", pages),
];

/// Tests that also run as wasm; the others need processes, files or threads.
const WASM_TESTS: &[&str] = &["determinism", "gemm", "ops", "replicate"];

/// Runs the named steps, or all; answers whether all passed.
pub fn test(names: &[&str]) -> Result<bool> {
    for name in names {
        if !STEPS.iter().any(|(step, _)| step == name) {
            let known: Vec<&str> = STEPS.iter().map(|(step, _)| *step).collect();
            bail!("there is no step '{name}'; steps: {}", known.join(" "));
        }
    }
    let mut verdicts = Vec::new();
    for (name, step) in STEPS.iter().filter(|(step, _)| names.is_empty() || names.contains(step)) {
        println!("\n── {name}");
        let started = Instant::now();
        let outcome = step();
        if let Err(error) = &outcome {
            eprintln!("xtask: {name}: {error:#}");
        }
        verdicts.push((name, outcome.is_ok(), started.elapsed().as_secs()));
    }
    println!("\n── verdict");
    for (name, passed, seconds) in &verdicts {
        println!("{} {name:<8} {seconds:>4} s", if *passed { "✓" } else { "✗" });
    }
    let failed = verdicts.iter().filter(|(_, passed, _)| !passed).count();
    println!("{} passed, {failed} failed", verdicts.len() - failed);
    Ok(failed == 0)
}

fn format() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))
}

fn lints() -> Result<()> {
    need_wasm_target()?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    run(cargo().args(["clippy", "--lib", "--no-default-features", "--", "-D", "warnings"]))?;
    let wasm = [
        "clippy",
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
        "--no-default-features",
        "--features",
        "gpu,labs,bench",
    ];
    run(cargo().args(wasm).args(["--", "-D", "warnings"]))
}

fn native() -> Result<()> {
    want_vulkan();
    run(cargo().args(["test", "--workspace"]))
}

fn wasm() -> Result<()> {
    need_wasm_target()?;
    let runner = need_wasm_test_runner()?;
    let mut command = cargo();
    command.args([
        "test",
        "--target",
        "wasm32-unknown-unknown",
        "--no-default-features",
        "--features",
        "reference,labs",
    ]);
    for test in WASM_TESTS {
        command.args(["--test", test]);
    }
    run(command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner))?;
    same_bits(&runner)
}

/// Every operation gives the same bits natively and as wasm; tests/bits.rs prints what is compared.
fn same_bits(runner: &Path) -> Result<()> {
    let bits = |wasm: &[&str]| -> Result<Vec<String>> {
        let mut command = cargo();
        command.args(["test", "--no-default-features", "--features", "reference,labs", "--test", "bits"]).args(wasm);
        command.args(["--", "--nocapture"]).env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
        let lines = output(&mut command)?;
        // A line may stand behind what the runner says.
        Ok(lines.lines().filter_map(|line| line.find("bits ").map(|at| line[at..].to_owned())).collect())
    };
    let (native, wasm) = (bits(&[])?, bits(&["--target", "wasm32-unknown-unknown"])?);
    ensure!(native.len() > 100, "tests/bits.rs printed {} lines", native.len());
    let different: Vec<&String> = native.iter().filter(|line| !wasm.contains(line)).collect();
    ensure!(different.is_empty(), "not the same bits in wasm as natively: {different:#?}");
    println!("{} cases have the same bits natively and as wasm", native.len());
    Ok(())
}

fn types() -> Result<()> {
    need_packages()?;
    run(Command::new("node").args(["node_modules/typescript/bin/tsc", "--project", "."]))
}

fn scripts() -> Result<()> {
    need_packages()?;
    run(Command::new("node").arg("--test").args(node_tests("www")?))
}

fn pages() -> Result<()> {
    let chromium = need_chromium()?;
    site::build(Kind::Release)?;
    let mut command = Command::new("node");
    command.args(["--test", "--test-concurrency=1"]).args(node_tests("tests/web")?);
    run(command.env("PETRI_CHROMIUM", chromium))
}

/// The files below a folder that Node runs as tests. They are given one by one: Node 20 knows no patterns, and Node 22
/// takes the name of a folder for that of a module.
fn node_tests(folder: &str) -> Result<Vec<PathBuf>> {
    let mut tests = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path.to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".test.js") || name.ends_with(".test.mjs") {
                tests.push(path);
            }
        }
    }
    // Without names Node would look for tests everywhere, and pass when there are none.
    ensure!(!tests.is_empty(), "{folder}/ holds no *.test.js or *.test.mjs");
    tests.sort();
    Ok(tests)
}
