//! Distances between rows.

use super::{Case, WIDE, cases};
use crate::common::leaf;

pub const CASES: &[Case] = cases! {
    "squared distances" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); let b = leaf(g, l, &[4, 3], WIDE); g.squared_distances(a, b) };
    "squared distances of one row" yes yes |g, l| { let a = leaf(g, l, &[1, 1], WIDE); let b = leaf(g, l, &[7, 1], WIDE); g.squared_distances(a, b) };
    "squared distances, batched" yes yes |g, l| { let a = leaf(g, l, &[2, 3, 130], WIDE); let b = leaf(g, l, &[4, 130], WIDE); g.squared_distances(a, b) };
    "squared distances of what is close" no no |g, l| { let a = leaf(g, l, &[6, 4], (1000.0, 1000.5)); let b = leaf(g, l, &[6, 4], (1000.0, 1000.5)); g.squared_distances(a, b) };
};
