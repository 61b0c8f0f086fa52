//! The one error type of graph building and planning.
//!
//! Every message names where the fault lies, what it is and how to mend it, because it is shown to
//! visitors as it stands. Running a planned program cannot fail, so nothing here is on the step path.

use std::fmt;
use std::ops::Deref;

/// A fault found while a network, a task or a link was turned into a program. It is one pointer wide, because
/// every builder passes it on and code that moves three strings at each step is a third larger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Fault>);

/// What an [`Error`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The node, control or file that is at fault, for instance `hidden 1` or `control rate`.
    pub place: String,
    /// What is wrong, with the offending numbers.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl Deref for Error {
    type Target = Fault;
    fn deref(&self) -> &Fault {
        &self.0
    }
}

/// Result of everything that can be refused.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Builds an error from its three parts.
    pub fn new(place: impl Into<String>, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Error(Box::new(Fault { place: place.into(), message: message.into(), fix: fix.into() }))
    }

    /// The same fault, found at `place`.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.0.place = place.into();
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        if !self.fix.is_empty() {
            write!(f, "; {}", self.fix)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
