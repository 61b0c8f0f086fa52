//! Catches errors while a machine is made. Natively the answer is there at once; in a browser it comes
//! later, so errors there reach the handler of uncaptured ones and count as the loss of the device.

use super::context::Context;

#[cfg(not(target_arch = "wasm32"))]
pub(super) struct Scope([wgpu::ErrorScopeGuard; 3]);

#[cfg(not(target_arch = "wasm32"))]
impl Scope {
    pub(super) fn new(context: &Context) -> Self {
        use wgpu::ErrorFilter::{Internal, OutOfMemory, Validation};
        Scope([OutOfMemory, Internal, Validation].map(|filter| context.shared.device.push_error_scope(filter)))
    }

    /// The first error since, if any. Scopes end in the reverse of their order.
    pub(super) fn error(self) -> Option<String> {
        let errors = self.0.into_iter().rev().map(|guard| pollster::block_on(guard.pop()));
        let errors: Vec<Option<wgpu::Error>> = errors.collect();
        errors.into_iter().flatten().next().map(|error| error.to_string())
    }
}

#[cfg(target_arch = "wasm32")]
pub(super) struct Scope;

#[cfg(target_arch = "wasm32")]
impl Scope {
    pub(super) fn new(_: &Context) -> Self {
        Scope
    }

    pub(super) fn error(self) -> Option<String> {
        None
    }
}
