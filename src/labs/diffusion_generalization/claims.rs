//! What the lab checks, of the last reading; thresholds are those of the list that the page shows.

use super::network::STEPS;
use super::record::{ASYMMETRY, FIXED, IDENTITY, Quantity, RANKS, rank_column};
use crate::labs::{Claim, ClaimInfo, Measured, Relation};
use crate::number::rounded;
use crate::session::RunView;

pub(super) const CLAIMS: &[ClaimInfo] = &[
    ClaimInfo {
        id: "C1",
        text: "With few pictures a denoiser memorises them; with many its errors on training and test pictures meet.",
        place: "section 2, figure 1",
        measures: "PSNR of network A on noisy training pictures less that on test pictures at σ = 0.3: at least 3 dB with 4 \
                   pictures, at most 0.5 dB with yours",
    },
    ClaimInfo {
        id: "C2",
        text: "Networks trained on sets that share no picture learn nearly the same denoiser.",
        place: "section 2, figure 2",
        measures: "PSNR of A's answers taken against B's, on noisy test pictures at σ = 0.3: with your N at least 5 dB above \
                   that with 4 pictures",
    },
    ClaimInfo {
        id: "C3",
        text: "And they make nearly the same picture of the same noise.",
        place: "section 2, figure 2",
        measures: "median centred cosine of 200 samples of A and B from the same noise: at least 0.93 with your N, and at least \
                   0.2 above that from different noises; with 4 pictures at most 0.2 above",
    },
    ClaimInfo {
        id: "C3b",
        text: "Among all samples of B the one from the same noise is the most similar.",
        place: "section 2, figure 2; made stricter here",
        measures: "share of 200 samples of A of which this is true: at least 0.5 with your N, at most 0.1 with 4 pictures \
                   (chance 0.005)",
    },
    ClaimInfo {
        id: "C4",
        text: "Samples of the memorising networks are copies; those of the others are as far from the training pictures as new \
               pictures are.",
        place: "section 2, figure 2",
        measures: "median cosine to the nearest training picture, of samples less that of fresh pictures: at least 0.04 with 4 \
                   pictures, from −0.05 to 0.01 with yours",
    },
    ClaimInfo {
        id: "C5",
        text: "Denoising is shrinkage in an adaptive basis, f(y) = J(y) y, of which few directions are kept.",
        place: "section 3",
        measures: "means over 40 test pictures at σ = 0.3, network A: relative error of the identity below 0.00001, eigenvalue \
                   of rank 31 of 64 below 0.25 in magnitude",
    },
    ClaimInfo {
        id: "C6",
        text: "The basis follows the contours of the picture, and does so more where the network generalises.",
        place: "section 3",
        measures: "energy of the first 12 eigenvectors on the steepest quarter of the pixels, relative to an even spread, mean \
                   of 40 test pictures: at least 1.2 with your N, and more than with 4 pictures",
    },
    ClaimInfo {
        id: "C7",
        text: "An adaptive basis denoises better than a fixed one.",
        place: "section 3",
        measures: "PSNR of network A on noisy test pictures at σ = 0.3, less that of the best shrinkage in the cosine basis: at \
                   least 1 dB with your N",
    },
];

/// The claims of a run with sets of `n` pictures, in words.
pub(super) fn of(run: &RunView, n: &str) -> Vec<Claim> {
    let number = |column: &str| run.history.at(column, STEPS).map(f64::from);
    let of = |quantity: Quantity, pair: usize| number(&quantity.column(pair));
    let less = |a: Option<f64>, b: Option<f64>| Some(a? - b?);
    let gap = |a: Quantity, b: Quantity, pair: usize| less(of(a, pair), of(b, pair));
    let part = |what: &str, pair: usize, measured: Option<f64>, relation: Relation, threshold: f64| {
        let count = if pair == 0 { n } else { "4" };
        Measured::new([what, ", N = ", count].concat(), measured, relation, threshold)
    };
    let decibels = |part: Measured| Measured { unit: "dB", ..part };
    let told = |value: Option<f64>, digits: u32| value.map_or_else(|| "…".to_owned(), |value| rounded(value, digits));
    // For both pairs: "0.68 with 4 pictures and 0.98 with 2,000".
    let both = |quantity: Quantity, digits: u32| {
        [&told(of(quantity, 1), digits), " with 4 pictures, ", &told(of(quantity, 0), digits), " with ", n].concat()
    };
    let claim = |id: &'static str, parts: Vec<Measured>, words: &[&str]| {
        // Sentences of numbers that are not known yet tell nothing.
        let detail = if parts[0].measured.is_some() { words.concat() } else { String::new() };
        Claim::judge(id, parts, detail, run.step, STEPS)
    };
    let similar = less(of(Quantity::Agreement, 0), of(Quantity::Agreement, 1));
    let copies = gap(Quantity::Nearest, Quantity::Fresh, 0);
    let contours = less(of(Quantity::Contours, 0), of(Quantity::Contours, 1));
    let mut ranks = String::new();
    for rank in RANKS {
        if !ranks.is_empty() {
            ranks.push_str(", ");
        }
        ranks.push_str(&told(number(&rank_column(rank)), 2));
    }
    use Relation::{Above, AtLeast, AtMost, Below};
    vec![
        claim(
            "C1",
            vec![
                decibels(part("train less test PSNR", 1, gap(Quantity::Train, Quantity::Test, 1), AtLeast, 3.0)),
                decibels(part("train less test PSNR", 0, gap(Quantity::Train, Quantity::Test, 0), AtMost, 0.5)),
            ],
            &["On test pictures ", &both(Quantity::Test, 1), " (dB)."],
        ),
        claim(
            "C2",
            vec![decibels(part("PSNR of A against B, above that of 4", 0, similar, AtLeast, 5.0))],
            &["A against B: ", &both(Quantity::Agreement, 1), " (dB)."],
        ),
        claim(
            "C3",
            vec![
                part("cosine, same noise", 0, of(Quantity::Same, 0), AtLeast, 0.93),
                part("same less different noises", 0, gap(Quantity::Same, Quantity::Different, 0), AtLeast, 0.2),
                part("same less different noises", 1, gap(Quantity::Same, Quantity::Different, 1), AtMost, 0.2),
            ],
            &[
                "Same noise: ",
                &both(Quantity::Same, 3),
                ". Different noises: ",
                &both(Quantity::Different, 3),
                ". A pixel's deviation over samples: ",
                &both(Quantity::Spread, 2),
                " (0.16 in pictures).",
            ],
        ),
        claim(
            "C3b",
            vec![
                part("samples matched", 0, of(Quantity::Matched, 0), AtLeast, 0.5),
                part("samples matched", 1, of(Quantity::Matched, 1), AtMost, 0.1),
            ],
            &[],
        ),
        claim(
            "C4",
            vec![
                part("samples less fresh pictures", 1, gap(Quantity::Nearest, Quantity::Fresh, 1), AtLeast, 0.04),
                part("samples less fresh pictures", 0, copies, AtMost, 0.01),
                part("samples less fresh pictures", 0, copies, AtLeast, -0.05),
            ],
            &[
                "Samples to the nearest training picture: ",
                &both(Quantity::Nearest, 3),
                ". Fresh pictures: ",
                &both(Quantity::Fresh, 3),
                ".",
            ],
        ),
        claim(
            "C5",
            vec![
                Measured::new("relative error of f(y) = J y", number(IDENTITY), Below, 1e-5),
                Measured::new("magnitude of λ of rank 31", number(&rank_column(31)), Below, 0.25),
            ],
            &[
                "Magnitudes of rank 1, 6, 13, 31: ",
                &ranks,
                ". J is not quite symmetric: ‖J − Jᵀ‖ / ‖J + Jᵀ‖ = ",
                &told(number(ASYMMETRY), 2),
                ".",
            ],
        ),
        claim(
            "C6",
            vec![
                part("energy on contours", 0, of(Quantity::Contours, 0), AtLeast, 1.2),
                part("energy on contours, above that of 4", 0, contours, Above, 0.0),
            ],
            &["1 is an even spread: ", &both(Quantity::Contours, 2), "."],
        ),
        claim(
            "C7",
            vec![decibels(part(
                "network less cosine basis",
                0,
                less(of(Quantity::Test, 0), number(FIXED)),
                AtLeast,
                1.0,
            ))],
            &["Network ", &told(of(Quantity::Test, 0), 1), " dB, cosine basis ", &told(number(FIXED), 1), " dB."],
        ),
    ]
}
