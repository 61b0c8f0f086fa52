//! Points that a visitor placed, as text: `x,y,label;x,y,label;…`, coordinates in −6…6, labels in −1…1.

use super::{EXTENT, Point, Task};
use crate::graph::{Error, Result};
use crate::number;
use std::fmt::Write;

/// At most this many points are read.
pub const MOST_POINTS: usize = 2000;

/// Reads points; messages name the point and the number that is wrong.
pub fn parse(text: &str) -> Result<Vec<Point>> {
    let pieces = text.split(';').map(str::trim).filter(|piece| !piece.is_empty());
    let mut points = Vec::new();
    for (index, piece) in pieces.enumerate() {
        let place = || format!("control points, point {}", index + 1);
        if index == MOST_POINTS {
            return Err(Error::new(place(), format!("there are more than {MOST_POINTS} points"), "leave some out"));
        }
        let mut numbers = [0.0f32; 3];
        let words: Vec<&str> = piece.splitn(4, ',').map(str::trim).collect();
        if words.len() != 3 {
            let message = format!("“{}” is not three numbers", shorten(piece));
            return Err(Error::new(place(), message, "write x,y,label as in 1.5,-2,1"));
        }
        for (position, (number, word)) in numbers.iter_mut().zip(&words).enumerate() {
            let fix = match position {
                2 => "give a label from -1 to 1".to_owned(),
                _ => format!("give a number from -{extent} to {extent}", extent = number::text(EXTENT)),
            };
            let wrong = || Error::new(place(), format!("“{}” does not fit", shorten(word)), fix);
            *number = match number::parse(word).map(|value| value as f32) {
                Some(value) if position == 2 && value.abs() <= 1.0 => value,
                Some(value) if position < 2 && value.abs() <= EXTENT => value,
                _ => return Err(wrong()),
            };
        }
        let [x, y, label] = numbers;
        points.push(Point { x, y, label });
    }
    Ok(points)
}

/// Labels that are all −1 or 1 name two classes; any value between them asks for regression.
pub fn task(points: &[Point]) -> Task {
    if points.iter().all(|point| point.label.abs() == 1.0) { Task::Classification } else { Task::Regression }
}

/// The text of points, as short as it can be without loss.
pub fn format(points: &[Point]) -> String {
    let mut text = String::new();
    for (index, point) in points.iter().enumerate() {
        let separator = if index == 0 { "" } else { ";" };
        // Writing to a string cannot fail.
        let [x, y, label] = [point.x, point.y, point.label].map(number::text);
        let _ = write!(text, "{separator}{x},{y},{label}");
    }
    text
}

/// At most 24 characters of a word, for messages.
fn shorten(word: &str) -> String {
    let mut short: String = word.chars().take(24).collect();
    if short.len() < word.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slips_are_named_with_their_place() {
        for (text, place, word) in [
            ("1,2,1;3,4", "point 2", "3,4"),
            ("1,2,1; 7,0,1", "point 2", "7"),
            ("1,2,1.5", "point 1", "1.5"),
            ("1,nan,1", "point 1", "nan"),
            ("1,2,1,9", "point 1", "1,2,1,9"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.place.contains(place) && error.message.contains(word), "{text}: {error}");
        }
        assert!(parse(&"0,0,1;".repeat(2001)).is_err());
        assert_eq!(parse("").map(|points| points.len()), Ok(0));
        let short = parse(".5,-.25,1; 1,2,-1;").expect("as the page writes them");
        assert_eq!((short.len(), short[0].y, task(&short)), (2, -0.25, Task::Classification));
        assert_eq!(task(&parse("0,0,.5").expect("a value")), Task::Regression);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            if let Ok(points) = parse(&text) {
                prop_assert_eq!(parse(&format(&points)).expect("canonical"), points);
            }
        }

        #[test]
        fn points_survive_their_text(
            numbers in proptest::collection::vec((-6.0f32..=6.0, -6.0f32..=6.0, -1.0f32..=1.0), 0..50)
        ) {
            let points: Vec<Point> = numbers.iter().map(|&(x, y, label)| Point { x, y, label }).collect();
            prop_assert_eq!(parse(&format(&points)).expect("written by format"), points);
        }
    }
}
