//! Numbers as text and back, the same on every platform. The standard library's own way of doing it, with tables for
//! every case, is a twentieth of a visitor's download; these small ones (`zmij`, `serde_json`) are there anyway.

/// The shortest decimal that reads as the same number: `0.1`, `-3`, `1e-7`.
pub fn text<F: zmij::Float>(value: F) -> String {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format(value);
    text.strip_suffix(".0").unwrap_or(text).to_owned()
}

/// With so many digits after the point (at most 6), rounded: `2.50`.
pub fn rounded(value: f64, digits: u32) -> String {
    let scale = 10f64.powi(digits as i32);
    let scaled = (value.abs() * scale).round();
    // Beyond that, digits after the point mean nothing.
    if !scaled.is_finite() || scaled > 1e15 {
        return text(value);
    }
    let sign = if value < 0.0 && scaled > 0.0 { "-" } else { "" };
    let (whole, part) = (scaled as u64 / scale as u64, scaled as u64 % scale as u64);
    match digits {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{part:0width$}", width = digits as usize),
    }
}

/// In a sentence: at most three digits after the point, no trailing zeros: `2.5`.
pub fn short(value: f64) -> String {
    trimmed(rounded(value, 3))
}

/// Without zeros at the end that say nothing.
pub fn trimmed(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A count with its thousands apart: `12,345`.
pub fn grouped(count: u64) -> String {
    let digits = text(count as f64);
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Reads a finite decimal as people write it: `.5`, `+2`, `1e-3`.
pub fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let is_digit = |c: char| c.is_ascii_digit();
    if !digits.strip_prefix('.').unwrap_or(digits).starts_with(is_digit) {
        return None;
    }
    // JSON wants a digit on both sides of the point, and no zeros in front.
    let trimmed = digits.trim_start_matches('0');
    let zero = if trimmed.starts_with(is_digit) { "" } else { "0" };
    let joined = format!("{sign}{zero}{trimmed}");
    let joined = joined.strip_suffix('.').unwrap_or(&joined);
    // As any value: reading it as a number would bring the standard library's printing along, for an error message.
    serde_json::from_str::<serde_json::Value>(joined).ok()?.as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_short_and_read_as_the_same_number() {
        assert_eq!([0.1, -3.0, 0.03, 1e-7, 0.0].map(text::<f64>), ["0.1", "-3", "0.03", "1e-7", "0"]);
        assert_eq!(text(0.1f32), "0.1");
        let mut rng = crate::rng::Rng::new(1, "numbers");
        for _ in 0..10_000 {
            let value = rng.normal() * 10f32.powi(rng.below(20) as i32 - 10);
            assert_eq!(parse(&text(value)).map(|read| read as f32), Some(value));
        }
    }

    #[test]
    fn rounding_keeps_the_digits_that_were_asked_for() {
        let cases =
            [(2.5, 2, "2.50"), (-0.004, 2, "0.00"), (0.995, 0, "1"), (-12.345_6, 1, "-12.3"), (9.996, 2, "10.00")];
        for (value, digits, want) in cases {
            assert_eq!(rounded(value, digits), want);
        }
        assert_eq!(rounded(1e20, 2), "1e+20");
        assert_eq!(rounded(f64::NAN, 2), "NaN");
    }

    #[test]
    fn what_people_type_is_read_and_nothing_else() {
        let good = [
            (".5", 0.5),
            ("5.", 5.0),
            ("+2", 2.0),
            ("-0.25", -0.25),
            ("007", 7.0),
            ("1e-3", 1e-3),
            (" 3 ", 3.0),
            ("0", 0.0),
            ("-0", 0.0),
            ("0.0e5", 0.0),
        ];
        for (text, want) in good {
            assert_eq!(parse(text), Some(want), "{text}");
        }
        for text in ["", "-", ".", "1,5", "NaN", "inf", "--1", "0x10", "1e", "1e999", "true", "1 2", "+-3", "null"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
