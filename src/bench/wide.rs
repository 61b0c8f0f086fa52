//! Networks that differ in width alone, to find from which width on a graphics processor is faster than the CPU. No
//! other library was asked for their losses.

use super::mlp::{Loss, Mlp};
use super::{ADAM, Kind, Task};

/// The family, narrowest first.
pub const WIDE: &[Task] = &[
    task::<16>("MLP-16", "MLP 16-16-16-10, batch 128, Adam"),
    task::<32>("MLP-32", "MLP 32-32-32-10, batch 128, Adam"),
    task::<64>("MLP-64", "MLP 64-64-64-10, batch 128, Adam"),
    task::<128>("MLP-128", "MLP 128-128-128-10, batch 128, Adam"),
    task::<256>("MLP-256", "MLP 256-256-256-10, batch 128, Adam"),
    task::<512>("MLP-512", "MLP 512-512-512-10, batch 128, Adam"),
    task::<1024>("MLP-1024", "MLP 1024-1024-1024-10, batch 128, Adam"),
];

const ROWS: usize = 128;
const CLASSES: usize = 10;

/// Two hidden layers of `WIDTH` units on as many inputs.
const fn task<const WIDTH: usize>(id: &'static str, title: &'static str) -> Task {
    let model = const { &Mlp { widths: &[WIDTH, WIDTH, WIDTH, CLASSES], loss: Loss::CrossEntropy } };
    // A layer's product forwards, and backwards for its weights and for its inputs, which the first layer's have no need of.
    let (hidden, last) = (WIDTH * WIDTH, WIDTH * CLASSES);
    let flops = (2 * ROWS * (2 * hidden + 3 * hidden + 3 * last)) as f64;
    let kind = Kind::Training { model, update: ADAM };
    Task { id, title, batch: ROWS, batches: 1, measured: 1, checked_after: 0, agreed: f64::NAN, flops, kind }
}
