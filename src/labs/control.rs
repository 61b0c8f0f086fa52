//! What a visitor can turn: controls as data, and settings checked against them.

use crate::graph::{Error, Result};
use crate::number;
use serde::Serialize;
use std::collections::BTreeMap;

/// How a control is shown and what it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A real number between the limits.
    Slider,
    /// A whole number between the limits.
    Integer,
    /// One of the options.
    Choice,
    /// 0 or 1.
    Toggle,
    /// Any text.
    Text,
}

/// How a slider divides its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Evenly.
    Linear,
    /// Evenly in the logarithm.
    Log,
}

/// What turning a control costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Writes a number; the run goes on.
    Retune,
    /// Builds the experiment anew.
    Rebuild,
    /// Changes what is shown of a run, which goes on untouched.
    Show,
}

/// One option of a choice.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Choice {
    /// Name in links.
    pub value: &'static str,
    /// Name on the page.
    pub label: &'static str,
}

/// A control is shown only while another has one of some values.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct When {
    /// The other control.
    pub name: &'static str,
    /// Any of these.
    pub values: &'static [&'static str],
}

/// Something a visitor can turn.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Control {
    /// Name in links and on the command line.
    pub name: &'static str,
    /// Name on the page.
    pub label: &'static str,
    /// The paper's symbol, if any.
    pub symbol: &'static str,
    /// How it is shown.
    pub kind: Kind,
    /// How a slider divides its range.
    pub scale: Scale,
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// Distance between values; 0 for none.
    pub step: f64,
    /// Value at first, as text.
    pub default: &'static str,
    /// Unit, empty for a pure number.
    pub unit: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// What turning it costs.
    pub effect: Effect,
    /// Options of a choice.
    pub options: &'static [Choice],
    /// When it is shown.
    pub when: Option<When>,
    /// Whether a panel shows it, and not the column of controls.
    pub panel: bool,
    /// Words beside it that set several controls at once, as `name=value&name=value`.
    #[serde(skip_serializing_if = "<[Choice]>::is_empty")]
    pub presets: &'static [Choice],
    /// Refuses a text that means nothing.
    #[serde(skip)]
    pub refuse: Option<fn(&str) -> Result<()>>,
}

impl Control {
    /// A slider; refine it with struct update syntax.
    pub const fn slider(
        name: &'static str,
        label: &'static str,
        symbol: &'static str,
        range: (f64, f64),
        default: &'static str,
        help: &'static str,
    ) -> Control {
        Control {
            name,
            label,
            symbol,
            kind: Kind::Slider,
            scale: Scale::Linear,
            min: range.0,
            max: range.1,
            step: 0.0,
            default,
            unit: "",
            help,
            effect: Effect::Rebuild,
            options: &[],
            when: None,
            panel: false,
            presets: &[],
            refuse: None,
        }
    }

    /// A choice among options.
    pub const fn choice(
        name: &'static str,
        label: &'static str,
        options: &'static [Choice],
        default: &'static str,
        help: &'static str,
    ) -> Control {
        Control { kind: Kind::Choice, options, ..Control::slider(name, label, "", (0.0, 0.0), default, help) }
    }

    /// A slider of whole numbers.
    pub const fn integer(
        name: &'static str,
        label: &'static str,
        symbol: &'static str,
        range: (f64, f64),
        default: &'static str,
        help: &'static str,
    ) -> Control {
        Control { kind: Kind::Integer, step: 1.0, ..Control::slider(name, label, symbol, range, default, help) }
    }

    /// Something that is on or off; `default` is "0" or "1".
    pub const fn toggle(name: &'static str, label: &'static str, default: &'static str, help: &'static str) -> Control {
        Control { kind: Kind::Toggle, ..Control::slider(name, label, "", (0.0, 1.0), default, help) }
    }

    /// A text, with what it is at first.
    pub const fn text(name: &'static str, label: &'static str, default: &'static str, help: &'static str) -> Control {
        Control { kind: Kind::Text, ..Control::slider(name, label, "", (0.0, 0.0), default, help) }
    }

    /// Checks a value given as text; returns its canonical text.
    pub fn check(&self, value: &str) -> Result<String> {
        let place = format!("control {}", self.name);
        match self.kind {
            Kind::Text => {
                if let Some(refuse) = self.refuse {
                    refuse(value).map_err(|error| error.at(place))?;
                }
                Ok(value.to_owned())
            }
            Kind::Choice => {
                if self.options.iter().any(|option| option.value == value) {
                    return Ok(value.to_owned());
                }
                let names: Vec<&str> = self.options.iter().map(|option| option.value).collect();
                let near = nearest(value, names.iter().copied());
                let fix = format!("choose one of {}; the nearest is '{near}'", names.join(", "));
                Err(Error::new(place, format!("'{value}' is not an option"), fix))
            }
            Kind::Toggle => match value {
                "0" | "false" => Ok("0".into()),
                "1" | "true" => Ok("1".into()),
                _ => Err(Error::new(place, format!("'{value}' is neither 0 nor 1"), "give 0 or 1")),
            },
            Kind::Slider | Kind::Integer => {
                let fix = format!("give a number from {} to {}", number::text(self.min), number::text(self.max));
                let number: f64 = number::parse(value)
                    .ok_or_else(|| Error::new(&place, format!("'{value}' is not a number"), &fix))?;
                if !(self.min..=self.max).contains(&number) {
                    return Err(Error::new(place, format!("{value} is out of range"), fix));
                }
                if self.kind == Kind::Integer && number.fract() != 0.0 {
                    return Err(Error::new(place, format!("{value} is not a whole number"), fix));
                }
                Ok(number::text(number))
            }
        }
    }
}

/// Checked values of all controls of a lab, and the seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    values: BTreeMap<&'static str, String>,
    /// Seed of data and first weights.
    pub seed: u32,
}

impl Settings {
    /// All controls at their defaults.
    pub fn defaults(controls: &[Control], seed: u32) -> Settings {
        let mut values = BTreeMap::new();
        values.extend(controls.iter().map(|control| (control.name, control.default.to_owned())));
        Settings { values, seed }
    }

    /// Sets a control after checking name and value.
    pub fn set(&mut self, controls: &'static [Control], name: &str, value: &str) -> Result<()> {
        let Some(control) = controls.iter().find(|control| control.name == name) else {
            let near = nearest(name, controls.iter().map(|control| control.name));
            return Err(Error::new("control", format!("there is no '{name}'"), format!("did you mean '{near}'?")));
        };
        self.values.insert(control.name, control.check(value)?);
        Ok(())
    }

    /// Whether runs of both settings are the same, whatever is shown of them.
    pub fn same_run(&self, other: &Settings, controls: &[Control]) -> bool {
        let mut trained = controls.iter().filter(|control| control.effect != Effect::Show);
        self.seed == other.seed && trained.all(|control| self.text(control.name) == other.text(control.name))
    }

    /// Value of a numeric control.
    pub fn number(&self, name: &str) -> f64 {
        number::parse(&self.values[name]).expect("checked when it was set")
    }

    /// Value of a control as text.
    pub fn text(&self, name: &str) -> &str {
        &self.values[name]
    }

    /// All values by name.
    pub fn values(&self) -> &BTreeMap<&'static str, String> {
        &self.values
    }
}

/// The candidate that takes the fewest edits from `word` (Levenshtein).
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> &'a str {
    candidates.min_by_key(|candidate| edits(word, candidate)).unwrap_or("")
}

fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
