//! The network as text: `input x y | linear 6 | tanh | dropout 0.1 | linear 1`.
//!
//! Grammar: `input feature…`, then up to eight hidden layers `linear N [| activation] [| dropout R]`, then
//! the output `linear 1`. The page reads the same text (`www/playground/network_text.js`) to point at slips
//! while somebody types; this reader has the last word.

use super::Feature;
use crate::graph::{Error, Result};
use crate::labs::nearest;
use crate::nn::Activation;
use crate::number;
use std::fmt;

/// Most hidden layers.
pub const MOST_LAYERS: usize = 8;
/// Most units of a layer.
pub const MOST_UNITS: usize = 64;

/// A hidden layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HiddenLayer {
    /// Number of units.
    pub units: usize,
    /// What each unit does with its weighted sum.
    pub activation: Activation,
    /// Share of units silenced at each training step, 0 ≤ share < 1.
    pub dropout: f32,
}

/// A network from features of the plane to one number.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSpec {
    /// Inputs, at least one, in canonical order.
    pub features: Vec<Feature>,
    /// Hidden layers; the output layer of one unit is implied.
    pub hidden: Vec<HiddenLayer>,
}

impl NetworkSpec {
    /// Reads a network; messages name the word and the fix.
    pub fn parse(text: &str) -> Result<NetworkSpec> {
        let text = text.to_ascii_lowercase();
        let mut parts = text.split('|').map(|part| part.split_whitespace().collect::<Vec<&str>>()).enumerate();
        let features = parts.next().map_or_else(|| features(&[]), |(_, words)| features(&words))?;
        let mut layers: Vec<(HiddenLayer, Stage)> = Vec::new();
        let mut last = String::new();
        for (index, words) in parts {
            read_part(&words, &mut layers).map_err(|error| error.at(place(index)))?;
            last = place(index);
        }
        let output_fix = "end the text with | linear 1";
        match layers.pop() {
            Some((HiddenLayer { units: 1, .. }, Stage::Linear)) => {}
            Some((HiddenLayer { units, .. }, Stage::Linear)) => {
                let message = format!("the text ends with “linear {units}”, but the output has one unit");
                return Err(Error::new(last, message, output_fix));
            }
            Some(_) => return Err(Error::new(last, "nothing may follow the output “linear 1”", output_fix)),
            None => return Err(Error::new(place(0), "the output is missing", output_fix)),
        }
        if layers.len() > MOST_LAYERS {
            let message = format!("there are {} hidden layers", layers.len());
            return Err(Error::new("control net", message, format!("use at most {MOST_LAYERS}")));
        }
        Ok(NetworkSpec { features, hidden: layers.into_iter().map(|(layer, _)| layer).collect() })
    }

    /// Units of every layer, the output's last.
    pub fn units(&self) -> impl Iterator<Item = usize> {
        self.hidden.iter().map(|layer| layer.units).chain([1])
    }

    /// Names of the layers, the output's last: `hidden 1`, …, `output`.
    pub fn names(&self) -> Vec<String> {
        (1..=self.hidden.len()).map(|number| format!("hidden {number}")).chain(["output".to_owned()]).collect()
    }
}

impl fmt::Display for NetworkSpec {
    /// Canonical text, which reads back as the same network.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("input")?;
        for feature in &self.features {
            write!(f, " {}", feature.name())?;
        }
        for layer in &self.hidden {
            write!(f, " | linear {}", layer.units)?;
            if layer.activation != Activation::None {
                write!(f, " | {}", layer.activation.name())?;
            }
            if layer.dropout > 0.0 {
                write!(f, " | dropout {}", number::text(layer.dropout))?;
            }
        }
        f.write_str(" | linear 1")
    }
}

/// What a layer has been given so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Linear,
    Activation,
    Dropout,
}

fn place(index: usize) -> String {
    format!("control net, part {}", index + 1)
}

fn error(message: impl Into<String>, fix: impl Into<String>) -> Error {
    Error::new(place(0), message, fix)
}

fn features(words: &[&str]) -> Result<Vec<Feature>> {
    const EXAMPLE: &str = "begin with “input” and the features, as in input x y";
    let Some((&"input", words)) = words.split_first() else {
        let found = words.first().map_or("nothing".to_owned(), |word| quote(word));
        return Err(error(format!("the text begins with {found}"), EXAMPLE));
    };
    let mut features = Vec::new();
    for word in words {
        let Some(&feature) = Feature::ALL.iter().find(|feature| feature.name() == *word) else {
            let names: Vec<&str> = Feature::ALL.iter().map(|feature| feature.name()).collect();
            let near = nearest(word, names.iter().copied());
            let fix = format!("did you mean “{near}”? The features are {}", names.join(" "));
            return Err(error(format!("{} is no feature", quote(word)), fix));
        };
        if features.contains(&feature) {
            return Err(error(format!("{} appears twice", quote(word)), "name each feature once"));
        }
        features.push(feature);
    }
    if features.is_empty() {
        return Err(error("the input has no feature", EXAMPLE));
    }
    Ok(Feature::ALL.iter().copied().filter(|feature| features.contains(feature)).collect())
}

fn read_part(words: &[&str], layers: &mut Vec<(HiddenLayer, Stage)>) -> Result<()> {
    let (name, amount) = match *words {
        [] => return Err(error("nothing stands between two bars", "take one bar out, or write a layer there")),
        [name] => (name, None),
        [name, amount] => (name, Some(amount)),
        [_, _, extra, ..] => {
            return Err(error(format!("{} is one word too many", quote(extra)), "put a bar between layers"));
        }
    };
    let activation = Activation::ALL.iter().find(|a| **a != Activation::None && a.name() == name);
    match (name, activation, layers.last_mut()) {
        ("linear", _, _) => {
            let units = amount.and_then(|amount| amount.parse().ok()).filter(|units| (1..=MOST_UNITS).contains(units));
            let Some(units) = units else {
                let fix = format!("give “linear” a whole number from 1 to {MOST_UNITS}, as in linear 6");
                return Err(error(wrong_number(name, amount), fix));
            };
            layers.push((HiddenLayer { units, activation: Activation::None, dropout: 0.0 }, Stage::Linear));
        }
        ("dropout", _, layer) => {
            let share =
                amount.and_then(number::parse).map(|share| share as f32).filter(|share| (0.0..1.0).contains(share));
            let Some(share) = share else {
                let fix = "give “dropout” a share from 0 up to, not including, 1, as in dropout 0.2";
                return Err(error(wrong_number(name, amount), fix));
            };
            match layer {
                Some((layer, stage)) if *stage < Stage::Dropout => (layer.dropout, *stage) = (share, Stage::Dropout),
                _ => return Err(error("“dropout” stands alone", "let one “dropout” follow a layer")),
            }
        }
        (_, Some(&activation), layer) => {
            if let Some(amount) = amount {
                let message = format!("“{name}” takes no number, but has {}", quote(amount));
                return Err(error(message, "write the number of units behind “linear”"));
            }
            match layer {
                Some((layer, stage)) if *stage < Stage::Activation => {
                    (layer.activation, *stage) = (activation, Stage::Activation);
                }
                _ => return Err(error(format!("“{name}” stands alone"), "let one activation follow each “linear”")),
            }
        }
        _ => {
            let activations = Activation::ALL.iter().filter(|a| **a != Activation::None).map(|a| a.name());
            let names: Vec<&str> = ["linear", "dropout"].into_iter().chain(activations).collect();
            // Somebody who is still typing has the beginning right.
            let begun = names.iter().copied().find(|known| known.starts_with(name));
            let near = begun.unwrap_or_else(|| nearest(name, names.iter().copied()));
            let fix = format!("did you mean “{near}”? The words are {}", names.join(", "));
            return Err(error(format!("{} is unknown", quote(name)), fix));
        }
    }
    Ok(())
}

fn wrong_number(name: &str, amount: Option<&str>) -> String {
    match amount {
        Some(amount) => format!("“{name}” cannot be {}", quote(amount)),
        None => format!("“{name}” has no number"),
    }
}

/// A word in quotes, cut to a length that fits a message.
fn quote(word: &str) -> String {
    match word.char_indices().nth(24) {
        Some((cut, _)) => format!("“{}…”", &word[..cut]),
        None => format!("“{word}”"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn canonical_text_orders_features_and_keeps_everything() {
        let spec = NetworkSpec::parse(" INPUT y X |linear 6|tanh | dropout 0.25| linear 3 | linear 1 ").expect("valid");
        assert_eq!(spec.to_string(), "input x y | linear 6 | tanh | dropout 0.25 | linear 3 | linear 1");
        assert_eq!(spec.hidden[1].activation, Activation::None);
        assert_eq!(
            (spec.names(), spec.units().sum::<usize>()),
            (vec!["hidden 1".into(), "hidden 2".into(), "output".into()], 10)
        );
        assert_eq!(NetworkSpec::parse("input x | linear 1").expect("a plain line").hidden, []);
    }

    #[test]
    fn messages_name_the_word_and_the_fix() {
        let many = format!("input x {}| linear 1", "| linear 2 ".repeat(9));
        for (text, word, fix) in [
            ("", "nothing", "input x y"),
            ("x y | linear 1", "“x”", "input x y"),
            ("input | linear 1", "no feature", "input x y"),
            ("input x z | linear 1", "“z”", "did you mean"),
            ("input x x | linear 1", "twice", "once"),
            ("input x", "output is missing", "linear 1"),
            ("input x | linear 6 | relux | linear 1", "“relux”", "“relu”"),
            ("input x | lin 6 | linear 1", "“lin”", "“linear”"),
            ("input x | none | linear 1", "“none”", "linear"),
            ("input x | linear | linear 1", "no number", "1 to 64"),
            ("input x | linear 65 | linear 1", "“65”", "1 to 64"),
            ("input x | linear 0 | linear 1", "“0”", "1 to 64"),
            ("input x | linear 2.5 | linear 1", "“2.5”", "whole number"),
            ("input x | linear 2 3 4 | linear 1", "“3”", "bar"),
            ("input x | linear 2 tanh relu | linear 1", "“tanh”", "bar"),
            ("input x | | linear 1", "between two bars", "bar"),
            ("input x | linear 2 | tanh | relu | linear 1", "“relu”", "one activation"),
            ("input x | linear 2 | dropout 0.1 | tanh | linear 1", "“tanh”", "one activation"),
            ("input x | linear 2 | dropout 1 | linear 1", "“1”", "not including"),
            ("input x | linear 2 | dropout nan | linear 1", "“nan”", "not including"),
            ("input x | dropout 0.1 | linear 1", "alone", "follow a layer"),
            ("input x | linear 2 | tanh 3 | linear 1", "“3”", "linear"),
            ("input x | linear 2", "“linear 2”", "linear 1"),
            ("input x | linear 1 | tanh", "follow the output", "linear 1"),
            (many.as_str(), "9 hidden layers", "at most 8"),
        ] {
            let error = NetworkSpec::parse(text).expect_err(text);
            assert!(error.message.contains(word) && error.fix.contains(fix), "{text}: {error}");
            assert!(error.place.starts_with("control net"), "{text}: {error}");
        }
    }

    fn layer() -> impl Strategy<Value = HiddenLayer> {
        (1..=MOST_UNITS, proptest::sample::select(Activation::ALL), 0.0f32..1.0, any::<bool>()).prop_map(
            |(units, activation, dropout, drops)| HiddenLayer {
                units,
                activation,
                dropout: if drops { dropout } else { 0.0 },
            },
        )
    }

    proptest! {
        #[test]
        fn printing_and_reading_are_inverse(
            hidden in proptest::collection::vec(layer(), 0..=MOST_LAYERS),
            features in proptest::sample::subsequence(Feature::ALL, 1..=7),
        ) {
            let spec = NetworkSpec { features, hidden };
            prop_assert_eq!(NetworkSpec::parse(&spec.to_string()).expect("canonical"), spec);
        }

        #[test]
        fn hostile_text_gives_a_short_message_or_a_network_within_limits(
            text in "(input|linear|tanh|relu|dropout|none|x|y2|\\||\\||\\||1|64|0\\.5|-1|1e999|nan|٣|İ|\\PC| ){0,60}"
        ) {
            match NetworkSpec::parse(&text) {
                Ok(spec) => {
                    prop_assert!(spec.hidden.len() <= MOST_LAYERS && spec.units().all(|u| (1..=MOST_UNITS).contains(&u)));
                    prop_assert_eq!(NetworkSpec::parse(&spec.to_string()).expect("canonical"), spec);
                }
                Err(error) => prop_assert!(error.to_string().len() < 400, "{}", error),
            }
        }
    }
}
