//! The visitor's own drawing as text: 64 hexadecimal digits, row by row, from 0 (paper) to f (ink); empty for none.

use crate::data::digits::PIXELS;
use crate::graph::{Error, Result};

/// Grey levels above paper.
const LEVELS: f32 = 15.0;

/// Pixels from 0 to 1; `None` if nothing is drawn.
pub(super) fn read(text: &str) -> Option<Vec<f32>> {
    let levels: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let levels = levels.filter(|levels| levels.len() == PIXELS && levels.iter().any(|level| *level > 0))?;
    Some(levels.into_iter().map(|level| level as f32 / LEVELS).collect())
}

/// Refuses a text that is no drawing.
pub(super) fn check(text: &str) -> Result<()> {
    let odd = text.chars().find(|digit| !digit.is_ascii_hexdigit());
    let message = match (text.chars().count(), odd) {
        (_, Some(odd)) => format!("'{odd}' is no grey level"),
        (0 | PIXELS, None) => return Ok(()),
        (count, None) => format!("{count} pixels instead of {PIXELS}"),
    };
    Err(Error::new("drawing", message, "give 64 digits from 0 to f, row by row, or nothing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_are_read_and_nonsense_is_refused() {
        let text = format!("f08{}", "0".repeat(61));
        assert_eq!(read(&text).map(|pixels| pixels[..3].to_vec()), Some(vec![1.0, 0.0, 8.0 / 15.0]));
        assert_eq!((read(""), read(&"0".repeat(64)), read("f")), (None, None, None));
        assert!(check("").is_ok() && check(&text).is_ok());
        assert!(check("ff").expect_err("short").to_string().contains("2 pixels"));
        assert!(check(&"g".repeat(64)).expect_err("no digit").to_string().contains("'g'"));
    }
}
