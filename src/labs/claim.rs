//! What a paper says, beside what was measured.

use serde::{Serialize, Serializer};
use std::fmt;

/// Whether a claim is borne out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every part meets its threshold.
    Holds,
    /// At least one part misses its threshold.
    Fails,
    /// Not enough steps yet.
    NotYet,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Holds => "holds",
            Verdict::Fails => "fails",
            Verdict::NotYet => "not yet",
        })
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How a measured number is compared with its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Relation {
    /// Measured ≥ threshold.
    #[serde(rename = "≥")]
    AtLeast,
    /// Measured ≤ threshold.
    #[serde(rename = "≤")]
    AtMost,
    /// Measured > threshold.
    #[serde(rename = ">")]
    Above,
    /// Measured < threshold.
    #[serde(rename = "<")]
    Below,
}

/// One measured number of a claim with its threshold.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// What was measured.
    pub label: String,
    /// The number; `None` until it is known.
    pub measured: Option<f64>,
    /// How it is compared.
    pub relation: Relation,
    /// What it is compared with.
    pub threshold: f64,
    /// Unit, empty for a pure number.
    pub unit: &'static str,
}

impl Measured {
    /// A part of a claim.
    pub fn new(label: impl Into<String>, measured: Option<f64>, relation: Relation, threshold: f64) -> Self {
        Measured { label: label.into(), measured, relation, threshold, unit: "" }
    }

    fn holds(&self) -> Option<bool> {
        self.measured.map(|value| match self.relation {
            Relation::AtLeast => value >= self.threshold,
            Relation::AtMost => value <= self.threshold,
            Relation::Above => value > self.threshold,
            Relation::Below => value < self.threshold,
        })
    }
}

/// How far the runs behind a claim are.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Progress {
    /// Steps done.
    pub step: u64,
    /// Steps needed.
    pub of: u64,
}

/// A claim as far as it is measured.
#[derive(Clone, Debug, Serialize)]
pub struct Claim {
    /// Name, as in the lab's list.
    pub id: &'static str,
    /// The verdict over all parts.
    pub verdict: Verdict,
    /// The numbers.
    pub parts: Vec<Measured>,
    /// A sentence with the numbers behind the numbers.
    pub detail: String,
    /// How far the runs are, while the verdict is open.
    pub progress: Option<Progress>,
    /// Number of seeds behind the verdict.
    pub seeds: u32,
}

impl Claim {
    /// Judges the parts: fails as soon as one does, holds when all do.
    pub fn judge(id: &'static str, parts: Vec<Measured>, detail: String, step: u64, of: u64) -> Claim {
        let verdicts: Vec<Option<bool>> = parts.iter().map(Measured::holds).collect();
        let verdict = if verdicts.contains(&Some(false)) {
            Verdict::Fails
        } else if verdicts.iter().all(|v| *v == Some(true)) {
            Verdict::Holds
        } else {
            Verdict::NotYet
        };
        let progress = (verdict == Verdict::NotYet).then_some(Progress { step, of });
        Claim { id, verdict, parts, detail, progress, seeds: 1 }
    }
}
