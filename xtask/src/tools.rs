//! Finds what the commands need, installs what can be installed, and otherwise says in one line what to do.

use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Works from the root of the project, wherever the command was given.
pub fn enter_root() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the project")?;
    std::env::set_current_dir(root).with_context(|| format!("{} cannot be entered", root.display()))
}

/// Runs a command with its output shown; an error names it.
pub fn run(command: &mut Command) -> Result<()> {
    let words = describe(command);
    let status = command.status().with_context(|| format!("`{words}` cannot be started"))?;
    ensure!(status.success(), "`{words}` failed ({status})");
    Ok(())
}

/// What a command prints; fails as [`run`] does.
pub fn output(command: &mut Command) -> Result<String> {
    let words = describe(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("`{words}` cannot be started"))?;
    ensure!(output.status.success(), "`{words}` failed ({})", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The cargo that runs this.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Where cargo puts its results.
pub fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from)
}

/// The wasm target; rust-toolchain.toml names it, so rustup has it already.
pub fn need_wasm_target() -> Result<()> {
    let output =
        Command::new("rustc").args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]).output();
    let present = output.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).exists());
    if !present {
        run(Command::new("rustup").args(["target", "add", "wasm32-unknown-unknown"]))
            .context("the wasm32-unknown-unknown target is missing: install Rust through https://rustup.rs")?;
    }
    Ok(())
}

/// Node, and the packages of the lock file.
pub fn need_packages() -> Result<()> {
    let version = Command::new("node").arg("--version").output().ok().filter(|output| output.status.success());
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let major = version.as_deref().and_then(|text| text.trim_start_matches('v').split('.').next()?.parse::<u32>().ok());
    match (major, version) {
        (Some(major), _) if major >= 20 => {}
        (_, Some(version)) => bail!("Node {version} is too old: install Node 20 or later from https://nodejs.org"),
        _ => bail!("Node is missing: install Node 20 or later from https://nodejs.org"),
    }
    let modified = |path: &str| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    // npm writes this file at the end of an installation.
    let installed = modified("node_modules/.package-lock.json");
    if installed.is_none() || installed < modified("package-lock.json") {
        // npm would empty the folder behind a link, which belongs to another checkout.
        if Path::new("node_modules").is_symlink() {
            bail!(
                "node_modules is a link to a folder with other packages than package-lock.json names: remove the link"
            );
        }
        run(npm().args(["ci", "--no-audit", "--no-fund"]))?;
    }
    Ok(())
}

fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

/// A Chromium to test pages in: `PETRI_CHROMIUM`, one that is installed, or Debian's.
pub fn need_chromium() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("PETRI_CHROMIUM") {
        let path = PathBuf::from(path);
        ensure!(path.exists(), "PETRI_CHROMIUM names {}, which does not exist", path.display());
        return Ok(path);
    }
    if find_chromium().is_none() {
        install("chromium")?;
    }
    find_chromium().context("no Chromium was found: install Chrome or Chromium, or name one in PETRI_CHROMIUM")
}

fn find_chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    let elsewhere = [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ];
    in_path.chain(elsewhere.map(PathBuf::from)).find(|path| path.is_file())
}

/// A software Vulkan driver, so that WebGPU code is tested on machines without a graphics card. Where it cannot be
/// installed the tests that need it say that they are skipped.
pub fn want_vulkan() {
    let icd = Path::new("/usr/share/vulkan/icd.d");
    let present = std::fs::read_dir(icd).is_ok_and(|mut files| files.next().is_some());
    if cfg!(target_os = "linux")
        && !present
        && let Err(error) = install("mesa-vulkan-drivers")
    {
        eprintln!("no Vulkan driver: {error:#}; tests on a GPU are skipped");
    }
}

/// Installs a Debian package where that is possible without asking.
fn install(package: &str) -> Result<()> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0"));
    ensure!(
        root && Path::new("/usr/bin/apt-get").exists(),
        "{package} is not installed; install it with your system's tools"
    );
    println!("installing {package}");
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        command
    };
    run(apt().args(["update", "-qq"]))?;
    run(apt().args(["install", "-y", "-qq", "--no-install-recommends", package]))
}

/// wasm-bindgen's runner of tests, built from the project's lock file.
pub fn need_wasm_test_runner() -> Result<PathBuf> {
    let name = "wasm-test-runner";
    run(cargo().args(["build", "--package", "xtask", "--features", name, "--bin", name]))?;
    let runner = target_folder().join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    std::path::absolute(&runner).context("the test runner has no absolute path")
}
