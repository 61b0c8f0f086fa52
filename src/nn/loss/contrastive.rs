//! Losses that pull the representations of two views of one sample together and push those of different samples apart.

use super::{number, same_shape};
use crate::graph::{Error, Graph, Result, Var};

/// Far below any similarity, and finite, so that neither values nor gradients of what is masked become NaN.
const NOWHERE: f32 = -1e30;

/// Rows of `x [n, d]` divided by their length; a row of zeros stays 0.
pub fn normalised(g: &mut Graph, x: Var) -> Result<Var> {
    let [rows, _] = matrix(g, "normalised rows", x)?;
    let square = g.square(x)?;
    let sum = g.sum(square, &[1])?;
    let sum = g.add_number(sum, 1e-24)?;
    let scale = g.rsqrt(sum)?;
    let scale = g.reshape(scale, &[rows, 1])?;
    g.mul(x, scale)
}

/// InfoNCE (van den Oord, Li and Vinyals, "Representation learning with contrastive predictive coding", 2018, equation
/// 4): row `i` of `anchors [n, d]` is to be told from the other rows of `candidates [n, d]` by its own, row `i`, with
/// the scores `a·c / temperature`; gives `[n]`. `temperature` is of shape `[]`.
///
/// `weights [n]`, if given, takes rows with weight 0 out: they are neither anchors (their value is 0) nor candidates,
/// and what stands in them is never looked at.
pub fn info_nce(g: &mut Graph, anchors: Var, candidates: Var, temperature: Var, weights: Option<Var>) -> Result<Var> {
    let [rows, _] = matrix(g, "info_nce", anchors)?;
    same_shape(g, "info_nce", &[anchors, candidates])?;
    let labels = g.iota(&[rows])?;
    scores(g, "info_nce", [anchors, candidates], labels, temperature, weights, false)
}

/// The InfoNCE of SimCLR (NT-Xent; Chen, Kornblith, Norouzi and Hinton, "A simple framework for contrastive learning of
/// visual representations", 2020, equation 1): rows `i` and `i + n` of `views [2n, d]` are two views of one sample, and
/// each of the `2n` rows is to find the other among all rows but itself, by the cosine divided by `temperature`; gives
/// `[2n]`. `weights [2n]` as in [`info_nce`]; a weight of 0 takes both views of the sample out.
pub fn pairwise_info_nce(g: &mut Graph, views: Var, temperature: Var, weights: Option<Var>) -> Result<Var> {
    let [rows, _] = matrix(g, "pairwise_info_nce", views)?;
    if !rows.is_multiple_of(2) {
        let message = format!("{rows} rows are not two views of each sample");
        return Err(Error::new("pairwise_info_nce", message, "give the second views below the first"));
    }
    let half = (rows / 2) as f32;
    let index = g.iota(&[rows])?;
    let index = g.to_f32(index)?;
    let (middle, later, earlier) = (g.constant(half, &[])?, g.add_number(index, half)?, g.add_number(index, -half)?);
    let first = g.less(index, middle)?;
    let other = g.select(first, later, earlier)?;
    let labels = g.to_u32(other)?;
    let weights = match weights {
        None => None,
        Some(weights) => {
            check_weights(g, "pairwise_info_nce", weights, rows)?;
            // A row whose other view is out has nothing to find.
            let (partner, zero) = (g.take(weights, labels, 0)?, g.constant(0.0, &[])?);
            Some(g.select(partner, weights, zero)?)
        }
    };
    let views = kept(g, "pairwise_info_nce", views, weights)?;
    let unit = normalised(g, views)?;
    scores(g, "pairwise_info_nce", [unit, unit], labels, temperature, weights, true)
}

/// Spectral contrastive loss (HaoChen, Wei, Gaidon and Ma, "Provable guarantees for self-supervised deep learning with
/// spectral contrastive loss", 2021, equation 6): `−2 aᵢ·bᵢ + meanⱼ≠ᵢ (aᵢ·bⱼ)²` with rows `i` of `first` and `second`
/// `[n, d]` two views of one sample; gives `[n]`. Needs at least two samples. `weights [n]` as in [`info_nce`]; the mean
/// runs over the samples that are left.
pub fn spectral_contrastive(g: &mut Graph, first: Var, second: Var, weights: Option<Var>) -> Result<Var> {
    let place = "spectral contrastive loss";
    let [rows, _] = matrix(g, place, first)?;
    same_shape(g, place, &[first, second])?;
    if rows < 2 {
        let message = format!("{rows} samples have no negative pair");
        return Err(Error::new(place, message, "give at least two samples"));
    }
    let (first, second) = (kept(g, place, first, weights)?, kept(g, place, second, weights)?);
    let product = g.mul(first, second)?;
    let positive = g.sum(product, &[1])?;
    let attraction = g.mul_number(positive, -2.0)?;
    let columns = g.transpose(second)?;
    let products = g.matmul(first, columns)?;
    let squares = g.square(products)?;
    let (own, zero) = (diagonal(g, rows)?, g.constant(0.0, &[])?);
    // Weightless rows are 0, so that their products need no mask; only their number is missing from the mean.
    let others = g.select(own, zero, squares)?;
    let sum = g.sum(others, &[1])?;
    let repulsion = match weights {
        None => g.mul_number(sum, 1.0 / (rows - 1) as f32)?,
        Some(weights) => {
            let one = g.constant(1.0, &[])?;
            let present = g.select(weights, one, zero)?;
            let count = g.sum_all(present)?;
            let count = g.add_number(count, -1.0)?;
            let count = g.max(count, one)?;
            g.div(sum, count)?
        }
    };
    let values = g.add(attraction, repulsion)?;
    match weights {
        None => Ok(values),
        Some(weights) => g.select(weights, values, zero),
    }
}

/// Cross-entropy of the scores of every row of `a` with the rows of `b`.
fn scores(
    g: &mut Graph,
    place: &str,
    [a, b]: [Var; 2],
    labels: Var,
    temperature: Var,
    weights: Option<Var>,
    not_itself: bool,
) -> Result<Var> {
    number(g, "temperature", temperature)?;
    let (a, b) = (kept(g, place, a, weights)?, kept(g, place, b, weights)?);
    let columns = g.transpose(b)?;
    let products = g.matmul(a, columns)?;
    let mut logits = g.div(products, temperature)?;
    let (nowhere, zero) = (g.constant(NOWHERE, &[])?, g.constant(0.0, &[])?);
    if let Some(weights) = weights {
        // A weight per candidate: along the last axis.
        logits = g.select(weights, logits, nowhere)?;
    }
    if not_itself {
        let own = diagonal(g, g.shape(a)[0])?;
        logits = g.select(own, nowhere, logits)?;
    }
    let values = g.cross_entropy(logits, labels)?;
    match weights {
        None => Ok(values),
        Some(weights) => g.select(weights, values, zero),
    }
}

/// Rows of `x` whose weight is not 0, and zeros.
fn kept(g: &mut Graph, place: &str, x: Var, weights: Option<Var>) -> Result<Var> {
    let Some(weights) = weights else { return Ok(x) };
    let rows = g.shape(x)[0];
    check_weights(g, place, weights, rows)?;
    let (column, zero) = (g.reshape(weights, &[rows, 1])?, g.constant(0.0, &[])?);
    g.select(column, x, zero)
}

fn check_weights(g: &Graph, place: &str, weights: Var, rows: usize) -> Result<()> {
    if g.shape(weights) == [rows] {
        return Ok(());
    }
    let message = format!("weights {:?} for {rows} rows", g.shape(weights));
    Err(Error::new(place, message, "give one weight per row"))
}

/// 1 on the diagonal of `[n, n]`, else 0.
fn diagonal(g: &mut Graph, n: usize) -> Result<Var> {
    let index = g.iota(&[n])?;
    g.one_hot(index, n)
}

fn matrix(g: &Graph, place: &str, x: Var) -> Result<[usize; 2]> {
    match *g.shape(x) {
        [rows, columns] => Ok([rows, columns]),
        ref shape => Err(Error::new(place, format!("{shape:?} is no matrix"), "give one row per sample: [n, d]")),
    }
}
