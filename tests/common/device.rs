//! The GPU that a test program's tests share. Software adapters will do: `apt-get install
//! mesa-vulkan-drivers` gives one.

use super::widen;
use petri::cpu;
use petri::gpu::{Context, Delivery, Machine, Options, Read};
use petri::graph::{DType, Entry, Graph};
use petri::plan::plan;
use std::sync::{Arc, OnceLock};

/// The device, or `None` after saying why the test is skipped.
pub fn device() -> Option<&'static Context> {
    static DEVICE: OnceLock<Result<Context, String>> = OnceLock::new();
    let open = || pollster::block_on(Context::new(Options { allow_software: true })).map_err(|e| e.to_string());
    match DEVICE.get_or_init(open) {
        Ok(context) => Some(context),
        Err(reason) => {
            println!("SKIPPED: {reason}");
            None
        }
    }
}

/// Blocks until the next delivery.
pub fn next(machine: &mut Machine) -> Delivery {
    pollster::block_on(machine.delivery()).unwrap_or_else(|| panic!("nothing arrived"))
}

/// Runs an entry on both; results of (CPU, GPU) in double precision, by output.
pub fn run_both(context: &Context, graph: &Graph, entry: &Entry) -> Vec<(Vec<f64>, Vec<f64>, DType)> {
    let program = Arc::new(plan(graph, std::slice::from_ref(entry)).unwrap_or_else(|error| panic!("{error}")));
    let mut cpu = cpu::Machine::new(Arc::clone(&program));
    let mut gpu = Machine::new(context, Arc::clone(&program)).unwrap_or_else(|error| panic!("{error}"));
    cpu.run(0);
    gpu.run(0);
    gpu.read(Read::Outputs(0));
    let delivery = next(&mut gpu);
    assert_eq!(context.lost(), None);
    let mut rest = &delivery.values[..];
    let outputs = program.routines[0].outputs.iter().enumerate().map(|(i, output)| {
        let (values, after) = rest.split_at(output.ty.elements());
        rest = after;
        (widen(cpu.output(0, i), output.ty.dtype), widen(values, output.ty.dtype), output.ty.dtype)
    });
    outputs.collect()
}
