//! Sorting: the one order of numbers that ranks, spectra and ranking measures share.

use crate::graph::Result;

/// Indices in ascending order of the values; equal values stay in their order.
pub fn ascending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    // 0 and −0 are equal; `total_cmp` alone would tell them apart.
    order.sort_by(|&i, &j| (values[i] + 0.0).total_cmp(&(values[j] + 0.0)));
    order
}

/// Indices in descending order of the values; equal values stay in their order.
pub fn descending(values: &[f64]) -> Vec<usize> {
    ascending(&values.iter().map(|value| -value).collect::<Vec<f64>>())
}

/// The median: of an even number of values the mean of the two in the middle; not a number for none.
pub fn median(values: &[f64]) -> f64 {
    let order = ascending(values);
    let middle = order.len() / 2;
    match order.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[order[middle]],
        _ => (values[order[middle - 1]] + values[order[middle]]) / 2.0,
    }
}

/// Ranks from 1; equal values share the mean of the ranks they take up. Fails for values that are not finite.
pub fn mid_ranks(values: &[f64]) -> Result<Vec<f64>> {
    super::matrix::check_values("ranks", "what is ranked", values)?;
    let order = ascending(values);
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    for group in order.chunk_by(|&i, &j| values[i] == values[j]) {
        // The ranks from + 1 … from + group.len().
        let rank = from as f64 + (group.len() + 1) as f64 / 2.0;
        group.iter().for_each(|&at| ranks[at] = rank);
        from += group.len();
    }
    Ok(ranks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_rank_and_keep_their_order() {
        assert_eq!(mid_ranks(&[3.0, 1.0, 3.0, 0.0, 3.0]).unwrap(), [4.0, 2.0, 4.0, 1.0, 4.0]);
        assert_eq!(mid_ranks(&[0.0, -0.0]).unwrap(), [1.5, 1.5]);
        assert_eq!(mid_ranks(&[]).unwrap(), [0.0; 0]);
        assert!(mid_ranks(&[1.0, f64::NAN]).is_err());
        assert_eq!(descending(&[1.0, 2.0, 1.0, 2.0]), [1, 3, 0, 2]);
        assert_eq!(ascending(&[0.0, -0.0, -1.0]), [2, 0, 1]);
    }

    #[test]
    fn the_median_of_an_odd_and_an_even_number_of_values() {
        assert_eq!((median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0, 3.0, 2.0])), (2.0, 2.5));
        assert!(median(&[]).is_nan());
    }
}
