//! What a paper says, beside what was measured.

use crate::analysis::order::median;
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
    /// What the median over three or more seeds must reach as well, if more is asked of it.
    #[serde(skip)]
    pub median: Option<f64>,
    /// Unit, empty for a pure number.
    pub unit: &'static str,
}

impl Measured {
    /// A part of a claim.
    pub fn new(label: impl Into<String>, measured: Option<f64>, relation: Relation, threshold: f64) -> Self {
        Measured { label: label.into(), measured, relation, threshold, median: None, unit: "" }
    }

    /// Whether it meets its threshold; `None` until it is measured.
    pub fn holds(&self) -> Option<bool> {
        self.measured.map(|value| self.relation.holds(value, self.threshold))
    }
}

impl Relation {
    /// Whether `value` stands in this relation to `threshold`; never for NaN.
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Relation::AtLeast => value >= threshold,
            Relation::AtMost => value <= threshold,
            Relation::Above => value > threshold,
            Relation::Below => value < threshold,
        }
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
            // A part that is still open cannot save the claim.
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

/// A claim over several seeds.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Name, as in the lab's list.
    pub id: &'static str,
    /// Holds when it holds for every seed and the medians reach what is asked of them.
    pub verdict: Verdict,
    /// Seeds for which it holds.
    pub held: usize,
    /// Seeds in all.
    pub of: usize,
    /// Where a median was asked for: what it is and must reach.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub medians: Vec<Median>,
}

/// The median of a measured number over the seeds.
#[derive(Clone, Debug, Serialize)]
pub struct Median {
    /// What was measured.
    pub label: String,
    /// The median.
    pub measured: f64,
    /// How it is compared.
    pub relation: Relation,
    /// What it is compared with.
    pub threshold: f64,
}

impl Summary {
    /// Puts the claims of several seeds together; all lists have the same claims in the same order.
    pub fn of(seeds: &[Vec<Claim>]) -> Vec<Summary> {
        let first = seeds.first().map_or(&[][..], Vec::as_slice);
        (0..first.len())
            .map(|index| Summary::one(&seeds.iter().map(|claims| &claims[index]).collect::<Vec<_>>()))
            .collect()
    }

    fn one(claims: &[&Claim]) -> Summary {
        let held = claims.iter().filter(|claim| claim.verdict == Verdict::Holds).count();
        let mut medians = Vec::new();
        for (position, part) in claims[0].parts.iter().enumerate().filter(|_| claims.len() >= 3) {
            let values: Vec<f64> = claims.iter().filter_map(|claim| claim.parts[position].measured).collect();
            if let (Some(threshold), false) = (part.median, values.is_empty()) {
                let measured = median(&values);
                medians.push(Median { label: part.label.clone(), measured, relation: part.relation, threshold });
            }
        }
        let medians_hold = medians.iter().all(|median| median.relation.holds(median.measured, median.threshold));
        let verdict = match () {
            () if claims.iter().any(|claim| claim.verdict == Verdict::Fails) || !medians_hold => Verdict::Fails,
            () if held == claims.len() => Verdict::Holds,
            () => Verdict::NotYet,
        };
        Summary { id: claims[0].id, verdict, held, of: claims.len(), medians }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(measured: Option<f64>) -> Claim {
        let part = Measured { median: Some(2.5), ..Measured::new("ratio", measured, Relation::AtLeast, 1.8) };
        Claim::judge("C1", vec![part], String::new(), 10, 100)
    }

    #[test]
    fn a_claim_is_open_until_measured_and_then_holds_or_fails() {
        assert_eq!(claim(None).verdict, Verdict::NotYet);
        assert_eq!(claim(Some(1.8)).verdict, Verdict::Holds);
        assert_eq!(claim(Some(1.79)).verdict, Verdict::Fails);
        assert_eq!(claim(Some(f64::NAN)).verdict, Verdict::Fails);
    }

    #[test]
    fn seeds_that_all_hold_may_still_miss_the_median() {
        let seeds = |values: &[f64]| values.iter().map(|&v| vec![claim(Some(v))]).collect::<Vec<_>>();
        assert_eq!(Summary::of(&seeds(&[1.9, 2.6, 3.0]))[0].verdict, Verdict::Holds);
        assert_eq!(Summary::of(&seeds(&[1.9, 2.0, 3.0]))[0].verdict, Verdict::Fails);
        assert_eq!(Summary::of(&seeds(&[1.9, 2.0]))[0].verdict, Verdict::Holds, "two seeds have no median");
        assert_eq!(Summary::of(&seeds(&[1.0, 9.0, 9.0]))[0].verdict, Verdict::Fails);
    }
}
