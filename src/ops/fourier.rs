//! Discrete Fourier transforms along any axis, as products with matrices of cosines and sines.
//!
//! A complex tensor is a pair (real part, imaginary part). A transform of n elements costs 2n² multiply-adds a line
//! (n² for a real one), which is less than its overhead for the sizes of labs (n = 64: 4 thousand). The matrices are
//! leaves, made once at the host in double precision, with their angles reduced in integers: `k·j mod n` turns. They
//! need 8n² bytes for each n: 8 MiB at the largest, 1,024. Transforms are linear, so that derivatives are exact.

use crate::graph::{Error, Graph, Leaf, Result, Role, Type, Var};
use nalgebra::ComplexField;

/// The longest axis: its two matrices are 8 MiB.
const MOST_EXTENT: usize = 1024;

/// A complex tensor.
#[derive(Clone, Copy, Debug)]
pub struct Complex {
    /// Real part.
    pub re: Var,
    /// Imaginary part, of the same shape.
    pub im: Var,
}

/// Which way a transform goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `X[k] = Σ_j x[j] e^(−2πi·kj/n)`
    Forward,
    /// `x[j] = 1/n Σ_k X[k] e^(2πi·kj/n)`
    Inverse,
}

/// (cos, sin) of `turns / n` of a full turn, exact where they are 0.
fn turn(turns: usize, n: usize) -> (f32, f32) {
    let angle = std::f64::consts::TAU * turns as f64 / n as f64;
    let cos = if 4 * turns == n || 4 * turns == 3 * n { 0.0 } else { ComplexField::cos(angle) };
    let sin = if 2 * turns == n { 0.0 } else { ComplexField::sin(angle) };
    (cos as f32, sin as f32)
}

impl Graph {
    /// The first n/2 + 1 frequencies (rounded down) of the transform of a real tensor along `axis`; the others are
    /// their conjugates.
    pub fn real_fourier(&mut self, a: Var, axis: usize) -> Result<Complex> {
        let n = self.fourier_extent(a, axis)?;
        let (cos, sin) = self.fourier_matrices(n);
        let (cos, sin) = (self.slice(cos, 1, 0, 1, n / 2 + 1)?, self.slice(sin, 1, 0, 1, n / 2 + 1)?);
        let re = self.along(a, axis, cos)?;
        let im = self.along(a, axis, sin)?;
        Ok(Complex { re, im: self.neg(im)? })
    }

    /// The real tensor of `n` elements along `axis` whose first n/2 + 1 frequencies are given. Imaginary parts of
    /// the constant, and for an even n of the highest frequency, have no effect.
    pub fn inverse_real_fourier(&mut self, spectrum: Complex, n: usize, axis: usize) -> Result<Var> {
        let count = self.fourier_extent(spectrum.re, axis)?;
        if n == 0 || n > MOST_EXTENT || count != n / 2 + 1 || self.shape(spectrum.re) != self.shape(spectrum.im) {
            return Err(Error::new(
                format!("inverse real fourier {}", self.node(spectrum.re).label),
                format!(
                    "spectra {:?} and {:?} are not of {n} elements along axis {axis}",
                    self.shape(spectrum.re),
                    self.shape(spectrum.im)
                ),
                format!("give n/2 + 1 frequencies, for n of 1 to {MOST_EXTENT}"),
            ));
        }
        // A frequency stands for its conjugate, too, unless it is its own.
        let number = self.iota(&[count, 1])?;
        let (zero, own) = (self.constant_u32(0, &[])?, self.constant_u32((n / 2) as u32, &[])?);
        let mut alone = self.equal_u32(number, zero)?;
        if n.is_multiple_of(2) {
            let highest = self.equal_u32(number, own)?;
            alone = self.add(alone, highest)?;
        }
        let (once, twice) = (self.constant(1.0 / n as f32, &[])?, self.constant(2.0 / n as f32, &[])?);
        let weight = self.select(alone, once, twice)?;
        let (cos, sin) = self.fourier_matrices(n);
        let (cos, sin) = (self.slice(cos, 0, 0, 1, count)?, self.slice(sin, 0, 0, 1, count)?);
        let (cos, sin) = (self.mul(cos, weight)?, self.mul(sin, weight)?);
        let even = self.along(spectrum.re, axis, cos)?;
        let odd = self.along(spectrum.im, axis, sin)?;
        self.sub(even, odd)
    }

    /// The transform of a complex tensor along `axis`.
    pub fn fourier(&mut self, a: Complex, axis: usize, direction: Direction) -> Result<Complex> {
        let n = self.fourier_extent(a.re, axis)?;
        let (cos, sin) = self.fourier_matrices(n);
        let sin = if direction == Direction::Forward { self.neg(sin)? } else { sin };
        let (re_cos, re_sin) = (self.along(a.re, axis, cos)?, self.along(a.re, axis, sin)?);
        let (im_cos, im_sin) = (self.along(a.im, axis, cos)?, self.along(a.im, axis, sin)?);
        let (re, im) = (self.sub(re_cos, im_sin)?, self.add(re_sin, im_cos)?);
        // Else whoever uses both parts reads four products, and products of transforms soon more than a kernel may.
        let (re, im) = (self.in_memory(re)?, self.in_memory(im)?);
        if direction == Direction::Forward {
            return Ok(Complex { re, im });
        }
        let share = 1.0 / n as f32;
        Ok(Complex { re: self.mul_number(re, share)?, im: self.mul_number(im, share)? })
    }

    /// Transform of a real tensor along two axes: n/2 + 1 frequencies along `axes[1]`, all along `axes[0]`.
    pub fn real_fourier_2d(&mut self, a: Var, axes: [usize; 2]) -> Result<Complex> {
        let half = self.real_fourier(a, axes[1])?;
        self.fourier(half, axes[0], Direction::Forward)
    }

    /// Undoes [`Graph::real_fourier_2d`] for a tensor that has `n` elements along `axes[1]`.
    pub fn inverse_real_fourier_2d(&mut self, spectrum: Complex, n: usize, axes: [usize; 2]) -> Result<Var> {
        let half = self.fourier(spectrum, axes[0], Direction::Inverse)?;
        self.inverse_real_fourier(half, n, axes[1])
    }

    /// Product of a complex tensor with another, element by element, broadcasting.
    pub fn complex_mul(&mut self, a: Complex, b: Complex) -> Result<Complex> {
        let (rr, ii) = (self.mul(a.re, b.re)?, self.mul(a.im, b.im)?);
        let (ri, ir) = (self.mul(a.re, b.im)?, self.mul(a.im, b.re)?);
        Ok(Complex { re: self.sub(rr, ii)?, im: self.add(ri, ir)? })
    }

    fn fourier_extent(&self, a: Var, axis: usize) -> Result<usize> {
        match self.shape(a).get(axis) {
            Some(&n) if (1..=MOST_EXTENT).contains(&n) => Ok(n),
            _ => Err(Error::new(
                format!("fourier {}", self.node(a).label),
                format!("axis {axis} of {:?} cannot be transformed", self.shape(a)),
                format!("use an axis of 1 to {MOST_EXTENT} elements"),
            )),
        }
    }

    /// `a` with its lines along `axis` multiplied by `matrix [extent, new extent]`.
    fn along(&mut self, a: Var, axis: usize, matrix: Var) -> Result<Var> {
        let rank = self.shape(a).len();
        if rank == 1 {
            let row = self.unsqueeze(a, 0)?;
            let product = self.matmul(row, matrix)?;
            return self.squeeze(product, 0);
        }
        let rows = self.move_axis(a, axis, rank - 1)?;
        let product = self.matmul(rows, matrix)?;
        self.move_axis(product, rank - 1, axis)
    }

    /// The leaves `[n, n]` of cos and sin of 2π·kj/n, made when first asked for.
    fn fourier_matrices(&mut self, n: usize) -> (Var, Var) {
        let turns: Vec<(f32, f32)> = (0..n).map(|turns| turn(turns, n)).collect();
        let mut leaf = |name: &str, part: fn(&(f32, f32)) -> f32| {
            let name = format!("fourier {n} {name}");
            let known = self.leaves().iter().position(|leaf| leaf.name == name);
            let node = known.and_then(|leaf| self.nodes().iter().position(|node| node.leaf == Some(leaf)));
            node.map(|node| Var(node as u32)).unwrap_or_else(|| {
                let initial = (0..n * n).map(|at| part(&turns[(at / n) * (at % n) % n])).collect();
                self.add_leaf(Leaf { name, role: Role::Input, ty: Type::f32([n, n]), initial })
            })
        };
        (leaf("cosine", |turn| turn.0), leaf("sine", |turn| turn.1))
    }
}
