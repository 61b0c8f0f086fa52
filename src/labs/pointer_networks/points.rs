//! The visitor's own points as a text, `x,y;x,y;…`, and for sorting `x;x;…`: short enough for a link.

use super::task::Point;
use crate::graph::{Error, Result};
use crate::number;

/// Fewest and most points.
pub(super) const COUNT: [usize; 2] = [3, 50];

/// Reads a text; empty means none of the visitor's own.
pub(super) fn read(text: &str) -> Result<Vec<Point>> {
    let refuse =
        |message: String| Error::new("points", message, "give x,y;x,y;… with numbers from 0 to 1, 3 to 50 of them");
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut points = Vec::new();
    for (position, part) in text.split(';').enumerate() {
        if points.len() == COUNT[1] {
            return Err(refuse(format!("there are more than {} points", COUNT[1])));
        }
        let mut point = [0.0; 2];
        let mut given = part.split(',');
        for (axis, coordinate) in point.iter_mut().enumerate() {
            let Some(text) = given.next() else { break };
            let number = number::parse(text).filter(|number| (0.0..=1.0).contains(number));
            *coordinate = number.ok_or_else(|| {
                let name = if axis == 0 { "x" } else { "y" };
                refuse(format!("{name} of point {} is '{text}'", position + 1))
            })? as f32;
        }
        if given.next().is_some() {
            return Err(refuse(format!("point {} has more than two coordinates", position + 1)));
        }
        points.push(point);
    }
    if points.len() < COUNT[0] {
        return Err(refuse(format!("there are only {} points", points.len())));
    }
    Ok(points)
}

/// Whether the text can be read.
pub(super) fn check(text: &str) -> Result<()> {
    read(text).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_and_nonsense_is_named() {
        assert!(read("").unwrap().is_empty());
        assert_eq!(read("0,1;0.25,0.5;1,0").unwrap(), [[0.0, 1.0], [0.25, 0.5], [1.0, 0.0]]);
        assert_eq!(read("0.5;0.25;1").unwrap(), [[0.5, 0.0], [0.25, 0.0], [1.0, 0.0]]);
        let told = |text: &str| read(text).unwrap_err().to_string();
        assert!(told("0,0;1,1").contains("only 2 points"));
        assert!(told("0,0;1,1;0.5,x").contains("y of point 3 is 'x'"));
        assert!(told("0,0;1,1;0.5,2").contains("y of point 3 is '2'"));
        assert!(told("0,0;1,1;NaN,0").contains("x of point 3"));
        assert!(told("0,0;1,1;0,0,0").contains("point 3 has more than two"));
        assert!(told(&"0,0;".repeat(60)).contains("more than 50"));
    }
}
