//! How well scores put a list in order.

use crate::analysis::matrix::{check_lengths, check_values};
use crate::analysis::order::descending;
use crate::graph::{Error, Result};
use nalgebra::ComplexField;

/// Grades above this would lose digits of the gain.
const HIGHEST_GRADE: u32 = 50;

/// Normalised discounted cumulative gain of the first `k` places: DCG = Σ_i (2^grade − 1) / log₂(i + 1) over places
/// i = 1 … k by falling score, as a share of that of the best order (Järvelin and Kekäläinen, "Cumulated gain-based
/// evaluation of IR techniques", 2002, with the gain of Burges et al., "Learning to rank using gradient descent",
/// 2005). Equal scores keep the order in which they are given. Fails if no grade is above 0, for which some set 0
/// or 1, or leave the list out.
pub fn ndcg(scores: &[f64], grades: &[u32], k: usize) -> Result<f64> {
    const PLACE: &str = "NDCG";
    check_lengths(PLACE, ("scores", scores.len()), ("grades", grades.len()))?;
    check_values(PLACE, "the scores", scores)?;
    if k == 0 {
        return Err(Error::new(PLACE, "it is of the first 0 places", "ask for at least one place"));
    }
    if let Some(grade) = grades.iter().find(|&&grade| grade > HIGHEST_GRADE) {
        return Err(Error::new(PLACE, format!("grade {grade} is above {HIGHEST_GRADE}"), "use lower grades"));
    }
    let gains: Vec<f64> = grades.iter().map(|&grade| ((1u64 << grade) - 1) as f64).collect();
    let cumulate = |order: &[usize]| -> f64 {
        let places = order.iter().take(k).enumerate();
        // nalgebra's log2 gives the same bits on every platform.
        places.map(|(place, &at)| gains[at] / ComplexField::log2((place + 2) as f64)).sum()
    };
    let best = cumulate(&descending(&gains));
    if best == 0.0 {
        return Err(Error::new(PLACE, "nothing in the list is relevant", "leave the list out, or say what it counts"));
    }
    Ok(cumulate(&descending(scores)) / best)
}

/// Average precision: the mean, over the relevant items, of the share of relevant ones down to that item, by falling
/// score; equal scores keep the order in which they are given. Its mean over lists is MAP. Fails if nothing is
/// relevant.
pub fn average_precision(scores: &[f64], relevant: &[bool]) -> Result<f64> {
    const PLACE: &str = "average precision";
    check_lengths(PLACE, ("scores", scores.len()), ("labels", relevant.len()))?;
    check_values(PLACE, "the scores", scores)?;
    let (mut found, mut sum) = (0usize, 0.0);
    for (place, at) in descending(scores).into_iter().enumerate() {
        if relevant[at] {
            found += 1;
            sum += found as f64 / (place + 1) as f64;
        }
    }
    if found == 0 {
        return Err(Error::new(PLACE, "nothing in the list is relevant", "leave the list out, or say what it counts"));
    }
    Ok(sum / found as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_are_discounted() {
        // Places: grades 0, 2, 1; the best order is 2, 1, 0.
        let got = ndcg(&[0.9, 0.1, 0.5], &[0, 1, 2], 3).unwrap();
        let want = (3.0 / 3f64.log2() + 1.0 / 2.0) / (3.0 + 1.0 / 3f64.log2());
        assert!((got - want).abs() < 1e-15);
        assert_eq!(ndcg(&[0.9, 0.1, 0.5], &[0, 1, 2], 1).unwrap(), 0.0);
        assert_eq!(ndcg(&[3.0, 2.0, 1.0], &[2, 1, 0], 9).unwrap(), 1.0);
        assert_eq!(ndcg(&[1.0, 1.0], &[0, 1], 1).unwrap(), 0.0, "equal scores keep their order");
        assert_eq!(ndcg(&[1.0, 1.0], &[1, 0], 1).unwrap(), 1.0);
    }

    #[test]
    fn precision_is_averaged_over_the_relevant() {
        let got = average_precision(&[4.0, 3.0, 2.0, 1.0], &[true, false, true, false]).unwrap();
        assert!((got - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-15);
    }

    #[test]
    fn lists_without_an_answer_are_refused() {
        assert!(ndcg(&[1.0, 2.0], &[0, 0], 2).unwrap_err().message.contains("nothing in the list"));
        assert!(ndcg(&[], &[], 2).is_err() && ndcg(&[1.0], &[1], 0).is_err() && ndcg(&[1.0], &[51], 1).is_err());
        assert!(ndcg(&[f64::NAN], &[1], 1).is_err() && ndcg(&[1.0], &[], 1).is_err());
        assert!(average_precision(&[1.0], &[false]).is_err() && average_precision(&[], &[]).is_err());
    }
}
