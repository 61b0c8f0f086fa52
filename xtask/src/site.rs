//! The static site: engine to wasm, its JavaScript side, then www/build.mjs for everything else. The page that measures
//! speed has an engine of its own, which nobody else downloads.

use crate::split::{Chunk, split};
use crate::tools::{cargo, need_packages, need_wasm_target, run, target_folder};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

/// Where the site is written.
pub const OUT: &str = "dist";

/// How much work goes into the result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole-program optimisation, wasm-opt, minified scripts, budgets checked.
    Release,
    /// Optimised code without the slow passes.
    Quick,
    /// Like quick, with a script that reloads the page after a rebuild.
    Serve,
}

/// Builds the site into [`OUT`].
pub fn build(kind: Kind) -> Result<()> {
    need_wasm_target()?;
    need_packages()?;
    let Engines { labs, speed } = engines(kind)?;
    let mut site = Command::new("node");
    site.arg("www/build.mjs").arg("--engine").arg(&labs).arg("--speed").arg(&speed).args(["--out", OUT]);
    match kind {
        Kind::Serve => _ = site.arg("--serve"),
        Kind::Quick => _ = site.arg("--quick"),
        Kind::Release => {}
    }
    run(&mut site)
}

/// Folders of wasm-bindgen's output.
struct Engines {
    /// For labs and playground.
    labs: PathBuf,
    /// For the page that measures speed.
    speed: PathBuf,
}

/// Compiles the engines. In a hurry one serves both, so that a change compiles once.
fn engines(kind: Kind) -> Result<Engines> {
    if kind == Kind::Release {
        return Ok(Engines {
            labs: compile("site", "gpu,labs", "site")?,
            speed: compile("site", "gpu,bench", "speed")?,
        });
    }
    let both = compile("quick", "gpu,labs,bench", "quick")?;
    Ok(Engines { labs: both.clone(), speed: both })
}

/// Compiles the library with a profile and features, and makes its JavaScript side, both below `name`. With the profile
/// `site` the code of each lab is in a chunk of its own, below `chunks`.
pub fn compile(profile: &str, features: &str, name: &str) -> Result<PathBuf> {
    let build = ["rustc", "--lib", "--target", "wasm32-unknown-unknown", "--no-default-features"];
    // The relocations tell what each lab alone needs.
    let link = ["--", "-C", "link-arg=--emit-relocs"];
    let chunked = profile == "site" && features.split(',').any(|feature| feature == "labs");
    let mut command = cargo();
    command.args(["--config", &anonymous()]).args(build).args(["--profile", profile, "--features", features]);
    run(command.args(link.iter().filter(|_| chunked)))?;
    let target = target_folder();
    let folder = target.join("site").join(name);
    let wasm = target.join("wasm32-unknown-unknown").join(profile).join("petri.wasm");
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&wasm).web(true)?.typescript(false).demangle(false);
    bindgen.generate(&folder).with_context(|| format!("wasm-bindgen cannot read {}", wasm.display()))?;
    if profile == "site" {
        let engine = folder.join("petri_bg.wasm");
        if chunked {
            cut(&wasm, &engine, &folder.join("chunks"))?;
        }
        optimise(&engine)?;
    }
    Ok(folder)
}

/// A setting of cargo that leaves the place of the sources of libraries on this machine out of what is built: it is nobody's
/// business, it is in every message of a panic, and the same sources must give the same bytes everywhere.
fn anonymous() -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let registries = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    let folders = registries.into_iter().flatten().flatten().map(|folder| folder.path());
    let flags = folders.map(|folder| format!("'--remap-path-prefix={}/='", folder.display()));
    format!("target.wasm32-unknown-unknown.rustflags=[{}]", flags.collect::<Vec<_>>().join(", "))
}

/// Takes what each lab alone needs, and the playground, out of the engine, to lie in a folder by the lab's name in links.
fn cut(linked: &Path, engine: &Path, chunks: &Path) -> Result<()> {
    let mut doors = vec![("playground".to_owned(), "petri::playground::experiment::open".to_owned())];
    for folder in fs::read_dir("src/labs").context("src/labs cannot be read")?.collect::<std::io::Result<Vec<_>>>()? {
        if folder.path().join("mod.rs").exists() {
            let module = folder.file_name().to_string_lossy().into_owned();
            doors.push((module.replace('_', "-"), format!("petri::labs::{module}::open")));
        }
    }
    let (rest, parts) = split(&fs::read(linked)?, &fs::read(engine)?, &doors)?;
    fs::write(engine, rest)?;
    if chunks.exists() {
        fs::remove_dir_all(chunks)?;
    }
    fs::create_dir_all(chunks)?;
    for Chunk { name, wasm } in parts {
        let path = chunks.join(name).with_extension("wasm");
        fs::write(&path, wasm)?;
        optimise(&path)?;
    }
    Ok(())
}

/// binaryen's optimiser; the features are those that rustc emits. What counts is the size after gzip: inlining and
/// sharing of expressions make the file smaller and what is downloaded larger, as they take functions apart that look
/// alike; and functions that stand beside others of their kind, that is of their name, compress better.
fn optimise(wasm: &Path) -> Result<()> {
    let features = [
        "simd",
        "bulk-memory",
        "bulk-memory-opt",
        "nontrapping-float-to-int",
        "sign-ext",
        "mutable-globals",
        "reference-types",
        "multivalue",
    ];
    let features = features.map(|feature| format!("--enable-{feature}"));
    run(Command::new("node")
        .arg("node_modules/binaryen/bin/wasm-opt")
        .args(["-O3", "--skip-pass=inlining-optimizing", "--skip-pass=local-cse"])
        .args(["--reorder-functions-by-name", "--strip-debug"])
        .args(features)
        .arg(wasm)
        .arg("-o")
        .arg(wasm))
}
