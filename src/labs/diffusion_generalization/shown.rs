//! What the visitor looks at: samples from a noise of his own, and one noisy picture in one network's basis. All of it is
//! made of the weights that the run shows, and follows the controls at once.

use super::data::{Data, PIXELS, SIDE, TESTS, decibels, squared_error};
use super::lens::{Basis, Lens, identity_error};
use super::network::{LAYERS, denoise_one, weight_name};
use super::panels::EIGENVECTORS;
use super::sampler::{ITERATIONS, PAIRS, Sampler};
use super::wiener::Wiener;
use crate::graph::Result;
use crate::json::{NONE, json};
use crate::labs::{Payload, Settings};
use crate::number::rounded;
use crate::session::Picture;
use serde_json::Value;
use std::sync::Arc;

/// Samples side by side.
pub(super) const SHOWN: usize = 16;
/// Samples side by side on a card.
const ON_CARD: usize = 8;

/// See the module's description.
pub(super) struct Shown {
    data: Arc<Data>,
    sampler: Sampler,
    lens: Lens,
    /// What the lens last saw.
    basis: Option<Basis>,
    wiener: Wiener,
    /// Samples that are made: noise seed and iterations, unless the weights have changed since.
    sampled: Option<(u32, usize)>,
}

impl Shown {
    pub(super) fn new(data: &Arc<Data>) -> Result<Shown> {
        Ok(Shown {
            data: data.clone(),
            sampler: Sampler::new(data, SHOWN)?,
            lens: Lens::new(1)?,
            basis: None,
            wiener: Wiener::of(&data.tests),
            sampled: None,
        })
    }

    /// Samples of all networks from the visitor's noise. `n` is the size of his sets in words; `told` is said below.
    pub(super) fn samples(
        &mut self,
        picture: &Picture,
        settings: &Settings,
        (n, card): (&str, bool),
        told: String,
        payload: &mut Payload,
    ) -> Value {
        let (noise, iterations) = (settings.number("noise") as u32, settings.number("iterations") as usize);
        if self.sampler.load(weights(picture)) || self.sampled != Some((noise, iterations)) {
            self.sampler.sample(noise, iterations);
            self.sampled = Some((noise, iterations));
        }
        let on_the_way = iterations < ITERATIONS;
        let columns = if card { ON_CARD } else { SHOWN };
        let mut values = Vec::with_capacity(7 * SHOWN * PIXELS);
        if !card {
            values.extend(self.sampler.noise());
        }
        let states = self.sampler.states().to_vec();
        let compared = self.sampler.compare();
        let samples = if on_the_way { &states } else { compared.samples };
        for (pair, net) in [(1, PAIRS[1]), (0, PAIRS[0])] {
            for of in [net, net + 1] {
                values.extend_from_slice(&samples[of * SHOWN * PIXELS..][..columns * PIXELS]);
            }
            if !card {
                for which in &compared.which[pair * SHOWN..][..SHOWN] {
                    values.extend_from_slice(&self.data.set(0)[*which as usize * PIXELS..][..PIXELS]);
                }
            }
        }
        let count = values.len() / PIXELS;
        let mut names = vec!["shared noise".to_owned()];
        for count in ["4", n] {
            for name in ["A, N = ", "B, N = "] {
                names.push([name, count].concat());
            }
            names.push("nearest in A".to_owned());
        }
        json!({
            "count": count,
            "columns": columns,
            "height": SIDE,
            "width": SIDE,
            "values": payload.array(values),
            "low": 0,
            "high": 1,
            "rowNames": names,
            "blocks": if card { vec![2] } else { vec![1, 4] },
            "note": told,
        })
    }

    /// Panels of one noisy picture: `picture`, `basis` and `shrinkage`.
    pub(super) fn look(
        &mut self,
        id: &str,
        picture: &Picture,
        settings: &Settings,
        n: &str,
        payload: &mut Payload,
    ) -> Value {
        let at = settings.number("picture") as usize % TESTS;
        let sigma = settings.number("sigma") as f32;
        let few = settings.text("network") == "few";
        let clean = &self.data.tests[at * PIXELS..][..PIXELS];
        let mut y = self.data.noise[at * PIXELS..][..PIXELS].to_vec();
        for (value, own) in y.iter_mut().zip(clean) {
            *value = own + sigma * *value;
        }
        let weights = weights(picture);
        if self.lens.look(weights, PAIRS[usize::from(few)], &y) || self.basis.is_none() {
            self.basis = Basis::of(self.lens.jacobian(0)).ok();
        }
        let Some(basis) = &self.basis else { return Value::Null };
        let k = settings.number("k") as usize;
        match id {
            "basis" => {
                let f = self.lens.output(0);
                // Stein's estimate of the error needs no clean picture.
                let variance = f64::from(sigma * sigma);
                let estimate = squared_error(&y, f) + 2.0 * variance * basis.trace / PIXELS as f64 - variance;
                let estimate = if estimate > 0.0 { rounded(decibels(estimate), 1) } else { "∞".to_owned() };
                let note = [
                    "Network A, N = ",
                    if few { "4" } else { n },
                    ". By its trace J keeps ",
                    &rounded(basis.trace, 1),
                    " of 64 directions. From y alone SURE, ‖y − f(y)‖² + 2σ² tr J − nσ², estimates a PSNR of ",
                    &estimate,
                    " dB; it is ",
                    &rounded(decibels(squared_error(f, clean)), 1),
                    " dB.",
                ];
                vectors(basis, k, clean, note.concat(), payload)
            }
            "shrinkage" => shrinkage(basis, &y, k, payload),
            _ => self.picture(at, (&y, sigma), (basis, k), weights, n, payload),
        }
    }

    /// The picture before and after: clean, noisy, denoised by all networks, by the cosine basis, and by the first k
    /// eigenvectors alone.
    fn picture(
        &self,
        at: usize,
        (y, sigma): (&[f32], f32),
        (basis, k): (&Basis, usize),
        weights: [&[f32]; LAYERS],
        n: &str,
        payload: &mut Payload,
    ) -> Value {
        let clean = &self.data.tests[at * PIXELS..][..PIXELS];
        let error = identity_error(self.lens.jacobian(0), y, self.lens.output(0));
        let mut values = [clean, y].concat();
        let mut twice = Vec::with_capacity(PIXELS);
        for value in y {
            twice.push(2.0 * value);
        }
        let mut most = 0.0f32;
        for net in [PAIRS[1], PAIRS[1] + 1, PAIRS[0], PAIRS[0] + 1] {
            let one = denoise_one(weights, net, y);
            for (one, two) in one.iter().zip(denoise_one(weights, net, &twice)) {
                most = most.max((two - 2.0 * one).abs());
            }
            values.extend(one);
        }
        self.wiener.denoise(y, sigma, &mut values);
        let mut partial = vec![0.0f32; PIXELS];
        for number in 0..k {
            let share = (basis.values[number] * basis.coordinate(number, y)) as f32;
            for (sum, value) in partial.iter_mut().zip(basis.vector(number)) {
                *sum += share * value;
            }
        }
        values.extend(partial);
        let mut captions = vec![String::new()];
        for made in values[PIXELS..].chunks_exact(PIXELS) {
            captions.push([&rounded(decibels(squared_error(made, clean)), 1), " dB"].concat());
        }
        let first = ["k ≤ ", &rounded(k as f64, 0)].concat();
        let note = [
            "A and B with 4 pictures and with ",
            n,
            ", the cosine basis, and Σ λ⟨y, e⟩e over the first eigenvectors. Largest difference between f(2y) and 2 f(y): ",
            &scientific(f64::from(most)),
            ". Relative error of f(y) = J y: ",
            &scientific(error),
            ".",
        ];
        json!({
            "count": captions.len(),
            "columns": captions.len(),
            "height": SIDE,
            "width": SIDE,
            "values": payload.array(values),
            "low": 0,
            "high": 1,
            "columnNames": json!(["clean", "noisy", "A 4", "B 4", &["A ", n].concat(), &["B ", n].concat(), "cosines", &first]),
            "captions": captions,
            "pages": json!({ "control": "picture", "at": at, "count": super::PICTURES, "name": "test picture" }),
            "note": note.concat(),
        })
    }
}

/// The run's weights by layer.
fn weights(picture: &Picture) -> [&[f32]; LAYERS] {
    std::array::from_fn(|layer| picture.get(&weight_name(layer)))
}

/// With two digits after the point and a true minus sign.
fn signed(value: f64) -> String {
    let digits = rounded(value.abs(), 2);
    if value < 0.0 { ["−", &digits].concat() } else { digits }
}

/// A small number in a sentence: 0, or one digit and a power of ten.
fn scientific(value: f64) -> String {
    let (mut digits, mut power) = (value, 0);
    while digits > 0.0 && digits < 0.95 && power < 9 {
        digits *= 10.0;
        power += 1;
    }
    let raised = ["", "·10⁻¹", "·10⁻²", "·10⁻³", "·10⁻⁴", "·10⁻⁵", "·10⁻⁶", "·10⁻⁷", "·10⁻⁸", "·10⁻⁹"];
    [&rounded(digits, 0), raised[power]].concat()
}

/// The first eigenvectors with the contour of the clean picture, their eigenvalues as bars.
fn vectors(basis: &Basis, k: usize, clean: &[f32], note: String, payload: &mut Payload) -> Value {
    let (mut shares, mut captions) = (Vec::new(), Vec::new());
    for value in &basis.values[..EIGENVECTORS] {
        shares.push(*value as f32);
        captions.push(signed(*value));
    }
    let (mut low, mut high) = (1.0f32, 0.0f32);
    for value in clean {
        (low, high) = (low.min(*value), high.max(*value));
    }
    let ringed: Vec<usize> = if k <= EIGENVECTORS { vec![k - 1] } else { Vec::new() };
    json!({
        "count": EIGENVECTORS,
        "columns": 0,
        "height": SIDE,
        "width": SIDE,
        "values": payload.array(basis.vectors[..EIGENVECTORS * PIXELS].to_vec()),
        "low": -0.4,
        "high": 0.4,
        "scale": "diverging",
        "contour": json!({ "values": payload.array(clean.to_vec()), "level": (low + high) / 2.0 }),
        "captions": captions,
        "shares": payload.array(shares),
        "shareName": "eigenvalue λ",
        "ringed": ringed,
        "ringName": "eigenvector k",
        "choice": json!({ "control": "k", "at": k - 1, "by": "picture", "first": 1 }),
        "note": note,
    })
}

/// Eigenvalues against the coordinates of the noisy picture.
fn shrinkage(basis: &Basis, y: &[f32], k: usize, payload: &mut Payload) -> Value {
    let (mut x, mut values) = (Vec::new(), Vec::new());
    for (number, value) in basis.values.iter().enumerate() {
        x.push((basis.coordinate(number, y).abs() as f32).max(1e-3));
        values.push(*value as f32);
    }
    let [kept, coordinate] = [basis.values[k - 1], basis.coordinate(k - 1, y)];
    let note = [
        "k = ",
        &rounded(k as f64, 0),
        ": of ⟨y, e⟩ = ",
        &signed(coordinate),
        " the share λ = ",
        &signed(kept),
        " is kept. λ near 1 keeps, near 0 removes.",
    ];
    json!({
        "x": payload.array(x),
        "y": payload.array(values),
        "angle": (),
        "value": (),
        "labels": NONE,
        "scales": "semilog",
        "xLabel": "|⟨y, e_k⟩|",
        "yLabel": "eigenvalue λ_k",
        "marked": k - 1,
        "note": note.concat(),
    })
}
