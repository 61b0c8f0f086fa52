//! `cargo xtask serve | build | test | bench`: everything from a fresh clone to a page, to a static site, to a verdict, to
//! a comparison of speeds. `tools.rs` finds or installs what is needed, `site.rs` builds, `split.rs` cuts the engine, `serve.rs` serves, `test.rs`
//! tests, `bench.rs` measures.

mod bench;
mod serve;
mod site;
mod split;
mod test;
mod tools;

use anyhow::{Result, bail};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask serve [--port N]   build the site, serve it on localhost, rebuild on change
cargo xtask build [--quick]    write the static site to dist/ (--quick: without whole-program optimisation)
cargo xtask test [STEP…]       format, lints, native tests, wasm tests, types, scripts, pages; or only the named steps
cargo xtask bench [--harness DIR] [--device cpu|gpu] [--peers A,B] [--only W1,W4] [...]
                               training speed beside other libraries in Chromium; DIR (or PETRI_BENCH) holds the
                               harness that measures them, which gets all other options";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool> {
    tools::enter_root()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["serve"] => serve::serve(None).map(|()| true),
        ["serve", "--port", port] => match port.parse() {
            Ok(port) => serve::serve(Some(port)).map(|()| true),
            Err(_) => bail!("'{port}' is not a port; give a number from 1 to 65535"),
        },
        ["build"] => site::build(site::Kind::Release).map(|()| true),
        ["build", "--quick"] => site::build(site::Kind::Quick).map(|()| true),
        ["bench", ref options @ ..] => bench::bench(options).map(|()| true),
        ["test", ref steps @ ..] => test::test(steps),
        _ => bail!("say what to do:\n{USAGE}"),
    }
}
