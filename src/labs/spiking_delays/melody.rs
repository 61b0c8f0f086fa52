//! What the visitor plays, as text: a number from 1 to 8 for a melody of the network, or the steps of every key in base 36,
//! keys apart by hyphens.

use super::task::{CLASSES, KEYS, Note, TIME, Task};
use crate::graph::{Error, Result};

/// Names of the keys, in the order of the channels: the highest first.
pub(super) const KEY_NAMES: [&str; KEYS] = ["e", "d", "c", "B", "A", "G", "F", "E", "D", "C"];
/// Names of the melodies.
pub(super) const MELODY_NAMES: [&str; CLASSES] = ["1", "2", "3", "4", "5", "6", "7", "8"];

/// The melody that a text names.
pub(super) fn named(text: &str) -> Option<usize> {
    MELODY_NAMES.iter().position(|name| *name == text)
}

/// Notes of a text that [`check`] lets pass.
pub(super) fn read(text: &str, task: &Task) -> Vec<Note> {
    if let Some(class) = named(text) {
        return task.template(class);
    }
    let mut notes = Vec::new();
    for (key, steps) in text.split('-').enumerate() {
        for digit in steps.chars() {
            if let Some(time) = digit.to_digit(36) {
                notes.push(Note { key: key as u8, time: time as u8 });
            }
        }
    }
    notes
}

/// Refuses a text that is no melody.
pub(super) fn check(text: &str) -> Result<()> {
    if named(text).is_some() {
        return Ok(());
    }
    let message =
        match text.chars().find(|digit| *digit != '-' && digit.to_digit(36).is_none_or(|time| time as usize >= TIME)) {
            Some(odd) => format!("'{odd}' is no step"),
            None if text.split('-').count() != KEYS => format!("{} keys instead of {KEYS}", text.split('-').count()),
            None => return Ok(()),
        };
    let fix =
        "give a number from 1 to 8, or for each of ten keys its steps as digits from 0 to v, keys apart by hyphens";
    Err(Error::new("melody", message, fix))
}
