//! Sessions that cannot be opened yet, because a file that their lab needs is on its way: what the page asks of them
//! meanwhile is kept, and answered when the file is there.

use super::hub::Request;
use crate::labs::Lab;

/// A message of the page, and the bytes that came with it.
type Kept = (Request, Option<Vec<u8>>);

/// See the module's description.
#[derive(Default)]
pub(super) struct Waiting {
    /// What was asked, the opening first, with the file that is waited for.
    kept: Vec<(&'static str, Kept)>,
    /// Files that are there.
    files: Vec<String>,
}

impl Waiting {
    /// A file that a lab needs and that is not there.
    pub fn missing(&self, lab: &Lab) -> Option<&'static str> {
        lab.files.iter().copied().find(|file| !self.files.iter().any(|there| there == file))
    }

    /// Keeps the request to open a session until `file` is there.
    pub fn begin(&mut self, file: &'static str, request: &Request, bytes: Option<&[u8]>) {
        self.kept.push((file, (request.clone(), bytes.map(<[u8]>::to_vec))));
    }

    /// Keeps what is asked of a session that waits; answers whether it does. One that is closed waits no longer.
    pub fn keeps(&mut self, request: &Request, bytes: Option<&[u8]>) -> bool {
        let same = |kept: &Kept| kept.0.dish() == request.dish();
        let Some((file, _)) = self.kept.iter().find(|(_, kept)| same(kept)) else { return false };
        match request.kind() {
            "attach" => return false,
            "close" => self.kept.retain(|(_, kept)| !same(kept)),
            _ => self.begin(file, request, bytes),
        }
        true
    }

    /// Whether labs share a file of this name and some session has asked for it.
    pub fn is_for(&self, file: &str) -> bool {
        self.files.iter().any(|there| there == file) || self.kept.iter().any(|(awaited, _)| *awaited == file)
    }

    /// Hands out all that was kept for a file, in its order; notes whether it is there now.
    pub fn end(&mut self, file: &str, there: bool) -> Vec<Kept> {
        if there && !self.files.iter().any(|known| known == file) {
            self.files.push(file.to_owned());
        }
        let (freed, kept) = std::mem::take(&mut self.kept).into_iter().partition(|(awaited, _)| *awaited == file);
        self.kept = kept;
        let freed: Vec<(&str, Kept)> = freed;
        freed.into_iter().map(|(_, kept)| kept).collect()
    }
}
