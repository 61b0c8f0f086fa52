//! Files of data that labs share. They are compiled into native programs; a page fetches each of them once, when it
//! opens the first lab that names it in `Lab::files`, and hands it over before that lab is built.

use super::digits::{self, Digits};
use crate::graph::Result;

/// Takes in the contents of a file; refuses what is not whole.
type Take = fn(&[u8]) -> Result<()>;

/// Every file by its name beside the page.
const ALL: &[(&str, Take)] = &[(digits::FILE, Digits::take)];

/// Takes in a file that was fetched; `None` if labs share no file of that name.
pub fn take(name: &str, contents: &[u8]) -> Option<Result<()>> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, take)| take(contents))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_in_whole_or_refused() {
        assert!(take("no such file", &[]).is_none());
        let refusal = take(digits::FILE, &[1, 2, 3]).expect("it is known").expect_err("it is damaged");
        assert!(refusal.to_string().contains("3 bytes"), "{refusal}");
        take(digits::FILE, include_bytes!("digits/digits.bin")).expect("it is known").expect("it is whole");
        assert_eq!(Digits::all().expect("it is there").len(), 1797);
    }
}
