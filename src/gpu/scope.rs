//! Catches the errors of making something. Natively the answer is there at once, in a browser some time later.

use super::context::Context;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Task, Poll, Waker};
use wgpu::ErrorFilter::{Internal, OutOfMemory, Validation};

/// Open until [`Scope::close`].
pub(super) struct Scope([wgpu::ErrorScopeGuard; 3]);

impl Scope {
    pub(super) fn new(context: &Context) -> Self {
        Scope([OutOfMemory, Internal, Validation].map(|filter| context.shared.device.push_error_scope(filter)))
    }

    /// From here on errors are no longer caught. Scopes end in the reverse of their order.
    pub(super) fn close(self, answers: &mut Answers) {
        for guard in self.0.into_iter().rev() {
            answers.0.push(Box::pin(guard.pop()));
        }
    }
}

/// What a scope caught, once that is known.
trait Answer: Future<Output = Option<wgpu::Error>> + wgpu::WasmNotSend {}

impl<T: Future<Output = Option<wgpu::Error>> + wgpu::WasmNotSend> Answer for T {}

/// The outcomes of scopes that are closed.
#[derive(Default)]
pub(super) struct Answers(Vec<Pin<Box<dyn Answer>>>);

impl Answers {
    /// Whether all are known, and then without an error. Nobody is woken; whoever wants to know asks again.
    pub(super) fn poll(&mut self) -> Result<bool, String> {
        let mut error = None;
        self.0.retain_mut(|answer| match answer.as_mut().poll(&mut Task::from_waker(Waker::noop())) {
            Poll::Pending => true,
            Poll::Ready(found) => {
                error = error.take().or(found);
                false
            }
        });
        error.map_or(Ok(self.0.is_empty()), |error| Err(error.to_string()))
    }
}
