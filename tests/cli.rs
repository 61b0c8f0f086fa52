//! The command line's contract: JSON shapes, exit statuses, and messages for bad usage.

use serde_json::Value;
use std::process::{Command, Output};

fn petri(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_petri")).args(arguments).output().expect("the program starts")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    })
}

/// Runs with bad usage: exit status 2, nothing on stdout, and a message with these words.
fn refuses(arguments: &[&str], words: &[&str]) {
    let output = petri(arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    for word in words {
        assert!(message.contains(word), "{arguments:?}: '{word}' is not in: {message}");
    }
}

#[test]
fn labs_lists_everything_that_a_page_needs() {
    let list = json(&petri(&["labs", "--json"]));
    let labs = list["labs"].as_array().unwrap();
    for lab in labs {
        for key in ["slug", "title", "promise", "theme"] {
            assert!(!lab[key].as_str().unwrap().is_empty(), "{key}");
        }
        assert!(lab["paper"]["url"].as_str().unwrap().starts_with("https://"));
        for control in lab["controls"].as_array().unwrap() {
            for key in ["name", "label", "kind", "default", "help"] {
                // A text may well be empty at first.
                let may_be_empty = key == "default" && control["kind"] == "text";
                assert!(may_be_empty || !control[key].as_str().unwrap().is_empty(), "{} {key}", control["name"]);
            }
        }
        for panel in lab["panels"].as_array().unwrap() {
            assert!(panel["kind"].is_string() && panel["title"].is_string());
        }
        assert!(!lab["claims"].as_array().unwrap().is_empty());
    }
    let text = petri(&["labs"]);
    assert!(String::from_utf8(text.stdout).unwrap().contains("grokking"));
}

#[test]
fn a_profile_tells_where_the_time_of_a_step_goes() {
    let list = json(&petri(&["run", "pointer-networks", "--set", "hidden=16", "--steps", "5", "--profile", "--json"]));
    let kernels = list["profile"]["kernels"].as_array().unwrap();
    let times: Vec<f64> = kernels.iter().map(|kernel| kernel["milliseconds"].as_f64().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "the dearest first");
    let whole = list["profile"]["milliseconds"].as_f64().unwrap();
    assert!((times.iter().sum::<f64>() / whole - 1.0).abs() < 1e-6);
    assert!(kernels.iter().any(|kernel| kernel["kernel"].as_str().unwrap().starts_with("matmul")));
    let text = petri(&["run", "pointer-networks", "--set", "hidden=16", "--steps", "5", "--profile"]);
    assert!(String::from_utf8(text.stdout).unwrap().contains("a training step:"));
}

#[test]
fn run_reports_seeds_metrics_and_claims() {
    let folder = std::env::temp_dir().join(format!("petri-cli-{}", std::process::id()));
    let out = folder.to_str().unwrap();
    let arguments = [
        "run",
        "grokking",
        "--seed",
        "7",
        "--seeds",
        "2",
        "--steps",
        "20",
        "--set",
        "samples=50",
        "--json",
        "--out",
        out,
    ];
    let output = petri(&arguments);
    assert_eq!(output.status.code(), Some(1), "open claims do not hold");
    let report = json(&output);
    assert_eq!((report["lab"].as_str(), report["device"].as_str()), (Some("grokking"), Some("cpu")));
    let seeds = report["seeds"].as_array().unwrap();
    assert_eq!(seeds.iter().map(|seed| seed["seed"].as_u64().unwrap()).collect::<Vec<_>>(), [7, 8]);
    for seed in seeds {
        assert_eq!(seed["steps"], 20);
        assert!(seed["seconds"].as_f64().unwrap() > 0.0 && seed["metrics"]["train loss"].is_number());
        let claim = &seed["claims"][0];
        assert_eq!((claim["id"].as_str(), claim["verdict"].as_str()), (Some("C1"), Some("not yet")));
        assert!(claim["measured"].is_null() && claim["threshold"] == 1.8);
    }
    let summary = &report["claims"][0];
    assert_eq!(
        (summary["verdict"].as_str(), summary["held"].as_u64(), summary["of"].as_u64()),
        (Some("not yet"), Some(0), Some(2))
    );
    let csv = std::fs::read_to_string(folder.join("petri-grokking-seed-7.csv")).unwrap();
    assert!(csv.starts_with("run,step,") && csv.lines().count() > 20, "{csv}");
    assert!(folder.join("petri-grokking-seed-8.json").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let metrics = |seed: &str| {
        let output = petri(&["run", "grokking", "--seed", seed, "--steps", "30", "--set", "samples=50", "--json"]);
        json(&output)["seeds"][0]["metrics"].clone()
    };
    assert_eq!(metrics("3"), metrics("3"));
    assert_ne!(metrics("3"), metrics("4"));
}

#[test]
fn train_reports_losses_and_exports_the_network() {
    let folder = std::env::temp_dir().join(format!("petri-train-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (extension, words) in [("py", "torch"), ("safetensors", "hidden 1.weight"), ("onnx", "Gemm")] {
        let file = folder.join(format!("model.{extension}"));
        let net = "input x y | linear 5 | tanh | linear 1";
        let arguments = ["train", "--net", net, "--task", "gauss", "--steps", "300", "--json", "--export"];
        let output = petri(&[&arguments[..], &[file.to_str().unwrap()]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let report = json(&output);
        assert!(report["seeds"][0]["metrics"]["test loss"].as_f64().unwrap() < 0.2, "{report}");
        let bytes = std::fs::read(&file).unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains(words), "{extension}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn plan_shows_graph_kernels_and_memory() {
    let output = petri(&["plan", "grokking"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for word in ["%3 = ", "entry train", "routine train", "matmul", "memory:", "hidden.weight"] {
        assert!(text.contains(word), "'{word}' is missing in:\n{text}");
    }
}

#[test]
fn bench_checks_and_times_a_job() {
    let arguments = ["bench", "--only", "W1", "--windows", "2", "--window-ms", "20", "--profile", "--json"];
    let output = petri(&arguments);
    assert_eq!(output.status.code(), Some(0));
    let report = json(&output);
    let job = &report["jobs"][0];
    assert_eq!((&job["id"], &job["device"]), (&"W1".into(), &"cpu".into()));
    assert_eq!(job["stepsPerSecond"]["windows"].as_array().unwrap().len(), 2);
    assert!(job["stepsPerSecond"]["highest"].as_f64() >= job["stepsPerSecond"]["median"].as_f64());
    assert!(job["loss"]["agrees"].as_bool().unwrap());
    for key in ["gigaflops", "kernels", "dispatches", "flops", "bytes"] {
        assert!(job[key].as_f64().unwrap() > 0.0, "{key}");
    }
    let counts = job["profile"]["kernels"].as_array().unwrap().iter().map(|kernel| kernel["count"].as_f64().unwrap());
    assert!((counts.sum::<f64>() - job["kernels"].as_f64().unwrap()).abs() < 1e-6, "every kernel is timed once a step");
}

#[test]
fn bad_usage_is_named_with_the_fix() {
    refuses(&["bench", "--only", "W9"], &["--only", "W9", "W6"]);
    refuses(&["run", "groking"], &["groking", "did you mean 'grokking'"]);
    refuses(&["run", "grokking", "--set", "alhpa=1"], &["alhpa", "did you mean 'alpha'"]);
    refuses(&["run", "grokking", "--set", "alpha=100"], &["alpha", "0.1", "8"]);
    refuses(&["run", "grokking", "--set", "alpha=inf"], &["alpha"]);
    refuses(&["run", "grokking", "--set", "alpha"], &["name=value"]);
    refuses(&["run", "grokking", "--set", "task=sorting"], &["polynomial", "modular"]);
    refuses(&["run", "grokking", "--seeds", "0"], &["1"]);
    refuses(&["run", "grokking", "--seed", "4294967295", "--seeds", "2"], &["--seed"]);
    refuses(&["run", "grokking", "--device", "quantum"], &["cpu", "gpu", "auto"]);
    refuses(&["plan"], &["--net"]);
    refuses(&["train", "--task", "spirals"], &["spirals", "nearest is 'spiral'"]);
    refuses(&["train", "--net", "input x | linear 4 | tahn | linear 1"], &["tahn", "tanh"]);
    refuses(&["train", "--net", "input x | linear 400 | linear 1"], &["400", "64"]);
    refuses(&["train", "--steps", "1", "--export", "model.h5"], &["h5"]);
    refuses(&["explode"], &["explode"]);
}
