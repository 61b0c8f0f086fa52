use super::geometry::{Axes, Geometry, NUMBERS, SIMPLEX, Vector, axes, dot, norm};
use super::model::{CLASSES, D, Loss, Variant};
use crate::cpu::Machine;
use crate::labs::Judge;
use crate::rng::Rng;
use std::sync::Arc;

const ORTHOGONAL: [[f64; 4]; 4] =
    [[1.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0], [0.0, 0.0, 0.0, 0.5]];

fn variant(counts: [usize; CLASSES], depth: usize, loss: Loss, decay: f64) -> Variant {
    Variant { counts, depth, loss, decay }
}

/// Two features a class: its mean plus and minus `spread` along the last dimension; rows are twice the means.
fn geometry(means: &[[f64; 4]; 4], spread: f32, loss: Loss) -> Geometry {
    let mut features = Vec::new();
    let mut product = vec![0.0; D * CLASSES];
    for (class, mean) in means.iter().enumerate() {
        for sign in [1.0, -1.0] {
            let mut feature = [0.0f32; D];
            for (at, &value) in mean.iter().enumerate() {
                feature[at] = value as f32;
                product[at * CLASSES + class] = 2.0 * value as f32;
            }
            feature[D - 1] = sign * spread;
            features.extend(feature);
        }
    }
    Geometry::of(&variant([2; CLASSES], 1, loss, 0.0), &features, &product)
}

/// A number that is recorded.
fn number(geometry: &Geometry, name: &str) -> f64 {
    f64::from(geometry.numbers(0.0)[NUMBERS.iter().position(|known| *known == name).unwrap()])
}

/// The geometry after some steps, and all that is recorded then.
fn trained(variant: Variant, seed: u32, steps: u64) -> Geometry {
    let program = Arc::new(variant.program(seed).unwrap());
    let mut machine = Machine::new(program.clone());
    let [train, measure] = ["train", "measure"].map(|name| program.routine(name).unwrap());
    for _ in 0..steps {
        machine.run(train);
    }
    machine.run(measure);
    Geometry::of(&variant, machine.output(measure, 0), machine.output(measure, 1))
}

#[test]
fn an_orthogonal_frame_is_not_centred_and_a_simplex_is() {
    let right = geometry(&ORTHOGONAL, 0.1, Loss::Square);
    assert!(number(&right, "NC2") < 1e-12 && number(&right, "NC3").abs() < 1e-12);
    // The spread is 0.1² for every sample, the mean squared length (1 + 4 + 9 + ¼) / 4.
    assert!((number(&right, "NC1") - 0.01 / 3.5625).abs() < 1e-8);
    assert_eq!([right.length(1), right.output(2)], [2.0, 18.0]);
    // About their mean, four equal arrows at right angles are a simplex: the two could not be told apart.
    let equal = ORTHOGONAL.map(|mean| mean.map(|value| if value == 0.0 { 0.0 } else { 1.0 }));
    assert!(number(&geometry(&equal, 0.0, Loss::SquareWithBias), "NC2") < 1e-12);
    assert!((number(&geometry(&equal, 0.0, Loss::Square), "NC2")).abs() < 1e-12);
    let simplex = equal.map(|mean| mean.map(|value| value - 0.25));
    assert!((number(&geometry(&simplex, 0.0, Loss::Square), "NC2") + SIMPLEX).abs() < 1e-6);
    assert!(number(&geometry(&simplex, 0.0, Loss::CrossEntropy), "NC2") < 1e-6);
}

#[test]
fn a_dead_class_has_no_angle() {
    let mut means = ORTHOGONAL;
    means[3] = [0.0, 0.0, 0.0, 0.009];
    let geometry = geometry(&means, 0.0, Loss::Square);
    let cosines = geometry.cosines();
    assert!(cosines[3].iter().all(|cosine| cosine.is_nan()) && cosines[0][1] == 0.0);
    assert!(number(&geometry, "NC2") == 0.0, "the others still have");
    let none = self::geometry(&[[0.0; 4]; 4], 0.0, Loss::Square);
    assert!(["NC1", "NC2", "NC3"].iter().all(|name| number(&none, name).is_nan()));
}

#[test]
fn three_vectors_are_drawn_as_they_are() {
    let mut rng = Rng::new(4, "axes");
    let vectors: [Vector; 3] = std::array::from_fn(|_| std::array::from_fn(|_| f64::from(rng.normal())));
    let found = axes([&vectors[0], &vectors[1], &vectors[2]], &[[0.0; D]; 3]);
    let drawn = vectors.map(|vector| found.map(|axis| dot(&vector, &axis)));
    let inner = |a: &[f64; 3], b: &[f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for (a, of_a) in vectors.iter().zip(&drawn) {
        for (b, of_b) in vectors.iter().zip(&drawn) {
            assert!((dot(a, b) - inner(of_a, of_b)).abs() < 1e-12);
        }
    }
}

#[test]
fn axes_stay_where_a_vector_has_no_direction_of_its_own() {
    let unit = |at: usize| -> Vector { std::array::from_fn(|axis| f64::from(u8::from(axis == at))) };
    let before: Axes = [unit(5), unit(7), unit(9)];
    let opposite = unit(5).map(|value| -2.0 * value);
    // The second is opposite to the first, the third is dead.
    let found = axes([&unit(5), &opposite, &[0.0; D]], &before);
    assert_eq!(found, before);
    let fresh = axes([&[0.0; D], &[0.0; D], &[0.0; D]], &[[0.0; D]; 3]);
    assert!(fresh.iter().all(|axis| norm(axis) == 1.0) && dot(&fresh[0], &fresh[1]) == 0.0);
}

#[test]
fn without_weight_decay_nothing_collapses() {
    let free = trained(variant([20; CLASSES], 1, Loss::Square, 0.0), 1, 3000);
    assert!(number(&free, "NC1") > 0.1, "spread {}", number(&free, "NC1"));
    assert!(number(&free, "NC2") > 0.01, "cosine {}", number(&free, "NC2"));
    assert!((0..CLASSES).all(|class| (free.output(class) - 1.0).abs() < 1e-3), "though every label is fitted");
}

#[test]
fn seeds_end_in_rotations_of_one_figure() {
    let ends = [1, 2].map(|seed| trained(variant([40, 20, 10, 5], 1, Loss::Square, 2e-3), seed, 2000));
    for class in 0..CLASSES {
        let [one, other] = [&ends[0], &ends[1]];
        assert!((one.length(class) - other.length(class)).abs() < 1e-4);
        let turned = dot(&one.means[class], &other.means[class]) / (one.length(class) * other.length(class));
        assert!(turned < 0.99, "class {class}: the frame is found, not given");
    }
}

#[test]
fn deep_cross_entropy_ends_in_pairs_of_opposite_arrows() {
    let pairs = trained(variant([20; CLASSES], 3, Loss::CrossEntropy, 2e-3), 0, 6000);
    for (class, row) in pairs.cosines().iter().enumerate() {
        let mut others: Vec<f64> = row.iter().enumerate().filter(|(at, _)| *at != class).map(|(_, cos)| *cos).collect();
        others.sort_by(f64::total_cmp);
        assert!((others[0] + 1.0).abs() < 1e-2 && others[1].abs() < 1e-2 && others[2].abs() < 1e-2, "{others:?}");
    }
}

#[test]
fn with_a_bias_rare_classes_keep_neither_right_angles_nor_the_threshold() {
    let bias = trained(variant([40, 20, 10, 5], 1, Loss::SquareWithBias, 2e-3), 0, 6000);
    assert!(number(&bias, "largest cosine") > 0.7 && number(&bias, "NC3") > 0.015);
    let alive = trained(variant([40, 20, 10, 1], 1, Loss::SquareWithBias, 0.015), 0, 6000);
    assert!(alive.output(3) > 0.05, "1/71 is no threshold here: {}", alive.output(3));
}

#[test]
fn what_is_recorded_has_a_name_each() {
    let variant = variant([3, 2, 2, 1], 2, Loss::SquareWithBias, 1e-3);
    let outputs: [&[f32]; 3] = [&[0.5; 8 * D], &[0.25; D * CLASSES], &[1.5]];
    let numbers = variant.judge(&outputs);
    assert_eq!((numbers.len(), numbers[0]), (variant.numbers().len(), 1.5));
    // Every output is 12 · 0.5 · 0.25.
    assert_eq!(numbers[5..9], [1.5; CLASSES]);
    assert!(numbers[2].is_nan(), "rare classes with a bias lead to no figure that is known");
}
