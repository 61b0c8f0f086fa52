//! The GPU that a test program's tests share. Software adapters will do: `apt-get install
//! mesa-vulkan-drivers` gives one.

use petri::gpu::{Context, Delivery, Machine, Options};
use std::sync::OnceLock;

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
