//! The device: found once, shared by every machine, and watched for its loss.
//!
//! Only WebGPU's default limits are relied upon (8 storage buffers, 256 invocations, 16 KiB of workgroup
//! memory), apart from buffer sizes, where the adapter's are taken. Next: `machine.rs`.

use super::player::Compiler;
use crate::graph::{Error, Result};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What may serve as a GPU.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Software adapters (lavapipe, SwiftShader) are refused unless allowed: Petri's own CPU code is
    /// faster than a GPU that the CPU plays. Tests allow them.
    pub allow_software: bool,
}

/// A device with its queue; clones share it.
#[derive(Clone)]
pub struct Context {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub limits: wgpu::Limits,
    name: String,
    software: bool,
    loss: Arc<Loss>,
    pub compiler: Compiler,
}

/// Why the device can no longer be used, once it cannot.
#[derive(Default)]
struct Loss {
    happened: AtomicBool,
    reason: Mutex<Option<String>>,
}

impl Loss {
    /// Keeps the first reason: later errors follow from it.
    fn record(&self, reason: String) {
        lock(&self.reason).get_or_insert(reason);
        self.happened.store(true, Ordering::Release);
    }
}

/// Locks, also after a panic elsewhere: what is guarded here is never left half changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Context {
    /// Finds an adapter and opens a device on it.
    pub async fn new(options: Options) -> Result<Context> {
        let refuse = |message: String| Err(Error::new("GPU", message, "the CPU is used instead"));
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let request = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = match instance.request_adapter(&request).await {
            Ok(adapter) => adapter,
            Err(error) => return refuse(format!("no adapter was found ({error})")),
        };
        let info = adapter.get_info();
        let name = if info.name.is_empty() { "GPU".to_owned() } else { info.name.clone() };
        let software = is_software(&info);
        if software && !options.allow_software {
            return refuse(format!("{name} is emulated by the CPU"));
        }
        let offered = adapter.limits();
        let limits = wgpu::Limits {
            max_buffer_size: offered.max_buffer_size,
            max_storage_buffer_binding_size: offered.max_storage_buffer_binding_size,
            ..wgpu::Limits::default()
        };
        let descriptor =
            wgpu::DeviceDescriptor { label: Some("petri"), required_limits: limits.clone(), ..Default::default() };
        let (device, queue) = match adapter.request_device(&descriptor).await {
            Ok(pair) => pair,
            Err(error) => return refuse(format!("{name} gave no device ({error})")),
        };
        let loss = Arc::new(Loss::default());
        let record = Arc::clone(&loss);
        device.set_device_lost_callback(move |reason, message| {
            // Its own word explains more than the errors that it caused.
            if reason != wgpu::DeviceLostReason::Destroyed {
                lock(&record.reason).take();
            }
            record.record(format!("the device was lost ({reason:?}): {message}"));
        });
        // An error outside every scope means that what was queued did not run: results can no longer be
        // trusted, so it counts as the loss of the device.
        let record = Arc::clone(&loss);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| record.record(error.to_string())));
        let shared = Shared { compiler: Compiler::new(&device), device, queue, limits, name, software, loss };
        // On the web wgpu's objects belong to one thread, and so does this program.
        #[cfg_attr(target_arch = "wasm32", allow(clippy::arc_with_non_send_sync))]
        Ok(Context { shared: Arc::new(shared) })
    }

    /// Name of the adapter, as its driver tells it.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Whether the CPU plays the GPU.
    pub fn is_software(&self) -> bool {
        self.shared.software
    }

    /// Why the device can no longer be used; `None` while it can.
    pub fn lost(&self) -> Option<String> {
        if !self.is_lost() {
            return None;
        }
        lock(&self.shared.loss.reason).clone()
    }

    /// Gives the device up, with all its memory. Machines on it stand still from then on.
    pub fn destroy(&self) {
        self.shared.loss.record("the device was given up".into());
        self.shared.device.destroy();
    }

    /// Like `lost`, for the step path.
    pub(super) fn is_lost(&self) -> bool {
        self.shared.loss.happened.load(Ordering::Acquire)
    }
}

/// Some browsers do not mark their software adapter, so its name decides as well.
fn is_software(info: &wgpu::AdapterInfo) -> bool {
    let text = format!("{} {}", info.name, info.driver).to_ascii_lowercase();
    info.device_type == wgpu::DeviceType::Cpu
        || ["swiftshader", "llvmpipe", "lavapipe", "basic render driver"].iter().any(|name| text.contains(name))
}
