//! Shares of right answers.

use crate::analysis::matrix::{check_lengths, check_rows};
use crate::analysis::order::mid_ranks;
use crate::graph::{Error, Result};

/// Number of the largest value of each row of row-major `values [rows, columns]`, the lower one of two that are
/// equal. Fails for values that are not finite.
pub fn argmax_rows(values: &[f32], columns: usize) -> Result<Vec<u32>> {
    const PLACE: &str = "argmax";
    check_rows(PLACE, values.len(), columns)?;
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Error::new(PLACE, "a row holds values that are not finite", "see where it diverged"));
    }
    let best = |row: &[f32]| (1..columns).fold(0, |best, at| if row[at] > row[best] { at } else { best });
    Ok(values.chunks(columns).map(|row| best(row) as u32).collect())
}

/// Share of predicted classes that are the labels. Fails for none.
pub fn accuracy(predicted: &[u32], labels: &[u32]) -> Result<f64> {
    check_lengths("accuracy", ("predictions", predicted.len()), ("labels", labels.len()))?;
    if labels.is_empty() {
        return Err(Error::new("accuracy", "there are no predictions", "give at least one"));
    }
    let right = predicted.iter().zip(labels).filter(|(a, b)| a == b).count();
    Ok(right as f64 / labels.len() as f64)
}

/// Area under the receiver operating characteristic (AUC): the chance that a random positive sample has a higher
/// score than a random negative one, equal scores counting half; by mid-ranks (Mann and Whitney). Fails unless
/// there are both kinds.
pub fn roc_area(scores: &[f64], positive: &[bool]) -> Result<f64> {
    const PLACE: &str = "ROC area";
    check_lengths(PLACE, ("scores", scores.len()), ("labels", positive.len()))?;
    let ranks = mid_ranks(scores).map_err(|error| error.at(PLACE))?;
    let count = positive.iter().filter(|&&is| is).count();
    let others = positive.len() - count;
    if count == 0 || others == 0 {
        let message = format!("{count} positive and {others} negative samples");
        return Err(Error::new(PLACE, message, "give at least one of each"));
    }
    let sum: f64 = ranks.iter().zip(positive).filter(|(_, is)| **is).map(|(rank, _)| rank).sum();
    let least = (count * (count + 1)) as f64 / 2.0;
    Ok((sum - least) / (count as f64 * others as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_shares() {
        assert_eq!(argmax_rows(&[1.0, 3.0, 3.0, 0.0, -1.0, -2.0], 3).unwrap(), [1, 0]);
        assert!(argmax_rows(&[1.0; 3], 2).is_err() && argmax_rows(&[f32::NAN, 1.0], 2).is_err());
        assert_eq!(accuracy(&[1, 2, 0, 1], &[1, 2, 1, 1]).unwrap(), 0.75);
        assert!(accuracy(&[], &[]).is_err());
        assert!(accuracy(&[1], &[]).unwrap_err().message.contains("1 predictions and 0 labels"));
    }

    #[test]
    fn the_area_counts_ties_half() {
        let area = |scores: &[f64], positive: &[bool]| roc_area(scores, positive).unwrap();
        assert_eq!(area(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), 0.75);
        assert_eq!(area(&[1.0, 1.0, 1.0], &[true, false, true]), 0.5);
        assert_eq!(area(&[2.0, 1.0, 1.0], &[true, true, false]), 0.75);
        assert!(roc_area(&[1.0, 2.0], &[true, true]).unwrap_err().message.contains("0 negative"));
        assert!(roc_area(&[], &[]).is_err() && roc_area(&[f64::NAN, 1.0], &[true, false]).is_err());
    }
}
