//! Training speed beside other libraries, in one Chromium. The harness that measures them is no part of this project: a
//! folder with `run.mjs` that takes Petri in through `PETRI_PEER` (a module with `setup(workload)`) and `PETRI_DIST` (the
//! files that the module fetches). What it is given is `www/bench/` and an engine without labs.

use crate::site::compile;
use crate::tools::{need_chromium, need_packages, need_wasm_target, output, run};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Peers that Petri is measured beside unless others are named: the fastest ones on a CPU.
const PEERS: &str = "plain-js,jaxjs-wasm,tfjs-wasm,convnetjs";

/// Builds Petri's part, runs the harness and prints the ratios.
pub fn bench(words: &[&str]) -> Result<()> {
    let Options { harness, device, peers, rest } = options(words)?;
    let harness = find_harness(harness)?;
    need_wasm_target()?;
    need_packages()?;
    let folder = compile("site", if device == "gpu" { "bench,gpu" } else { "bench" }, &format!("bench-{device}"))?;
    let assets = folder.join("assets");
    std::fs::create_dir_all(&assets)?;
    let wasm = assets.join("petri_bg.wasm");
    std::fs::rename(folder.join("petri_bg.wasm"), &wasm)?;
    let peer = format!("petri-{device}.mjs");
    for name in ["arrays.mjs", &peer] {
        std::fs::copy(Path::new("www/bench").join(name), folder.join(name)).with_context(|| name.to_owned())?;
    }
    report_size(&wasm)?;

    let results = std::path::absolute(folder.join("results.json"))?;
    let mut command = Command::new("node");
    command.arg(harness.join("run.mjs")).args(["--peers", &format!("petri,{peers}"), "--skip", "sizes,first"]);
    command.arg("--out").arg(&results).args(rest).current_dir(&harness);
    command.env("PETRI_PEER", std::path::absolute(folder.join(peer))?);
    command.env("PETRI_DIST", std::path::absolute(&assets)?).env("CHROMIUM", need_chromium()?);
    run(&mut command)?;
    println!();
    run(Command::new("node").arg("www/bench/ratios.mjs").arg(&results))
}

/// What the command line says.
struct Options<'a> {
    harness: Option<PathBuf>,
    device: &'a str,
    peers: &'a str,
    /// For the harness.
    rest: Vec<&'a str>,
}

fn options<'a>(words: &[&'a str]) -> Result<Options<'a>> {
    let mut options = Options { harness: None, device: "cpu", peers: PEERS, rest: Vec::new() };
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word {
            "--harness" => options.harness = Some(value()?.into()),
            "--device" => options.device = value()?,
            "--peers" => options.peers = value()?,
            _ => options.rest.push(word),
        }
    }
    match options.device {
        "cpu" | "gpu" => Ok(options),
        other => bail!("--device {other}: choose cpu or gpu"),
    }
}

fn find_harness(named: Option<PathBuf>) -> Result<PathBuf> {
    let variable = || std::env::var_os("PETRI_BENCH").filter(|path| !path.is_empty()).map(PathBuf::from);
    let folder = named.or_else(variable).context(
        "the harness that measures other libraries is no part of this project: name its folder with --harness or \
         PETRI_BENCH; `cargo run --release -- bench` measures Petri alone",
    )?;
    ensure!(folder.join("run.mjs").is_file(), "{} has no run.mjs: name the harness's folder", folder.display());
    ensure!(
        folder.join("node_modules").is_dir(),
        "the harness's packages are missing: run `npm install --ignore-scripts` in {}",
        folder.display()
    );
    Ok(folder)
}

/// Prints how much a page downloads.
fn report_size(wasm: &Path) -> Result<()> {
    let script = "const { gzipSync } = require('zlib'); const file = require('fs').readFileSync(process.argv[1]); \
                  console.log(file.length, gzipSync(file, { level: 9 }).length)";
    let sizes = output(Command::new("node").args(["-e", script]).arg(wasm))?;
    if let Some((raw, gzip)) = sizes.trim().split_once(' ') {
        println!("engine without labs: {raw} bytes, {gzip} after gzip");
    }
    Ok(())
}
