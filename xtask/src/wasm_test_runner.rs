//! Runs a test program that was compiled to wasm; cargo calls it with the program's path. A binary of its own, because
//! it is only needed for that and takes a minute to compile.

fn main() {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os()).unwrap_or_else(|error| {
        eprintln!("wasm-test-runner: {error:#}");
        std::process::exit(1);
    });
}
