//! Random numbers: Threefry-2x32 with 20 rounds, stateless, the same bits on every backend.
//!
//! Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011). Bits are a
//! function of a key (seed, stream) and a counter (step, element), so nothing has to be stored or
//! advanced. The word returned is the exclusive or of the two output words, as in JAX, whose published
//! bits the tests check. [`Rng`] draws data sets and first weights at the host.

use crate::cpu::math;
use crate::cpu::simd::{F32x4, U32x4};

const PARITY: u32 = 0x1BD1_1BDA;
const ROTATIONS: [u32; 8] = [13, 15, 26, 6, 17, 29, 16, 24];

/// 32 random bits for a key (seed, stream) and a counter (step, element).
pub fn bits(key: [u32; 2], counter: [u32; 2]) -> u32 {
    let schedule = [key[0], key[1], key[0] ^ key[1] ^ PARITY];
    let mut x = [counter[0].wrapping_add(schedule[0]), counter[1].wrapping_add(schedule[1])];
    for group in 0..5 {
        for round in 0..4 {
            x[0] = x[0].wrapping_add(x[1]);
            x[1] = x[1].rotate_left(ROTATIONS[(group % 2) * 4 + round]) ^ x[0];
        }
        x[0] = x[0].wrapping_add(schedule[(group + 1) % 3]);
        x[1] = x[1].wrapping_add(schedule[(group + 2) % 3]).wrapping_add(group as u32 + 1);
    }
    x[0] ^ x[1]
}

/// [`bits`] on four lanes.
#[inline(always)]
pub fn bits_x4(key: [U32x4; 2], counter: [U32x4; 2]) -> U32x4 {
    let schedule = [key[0], key[1], key[0] ^ key[1] ^ U32x4::splat(PARITY)];
    let (mut x, mut y) = (counter[0] + schedule[0], counter[1] + schedule[1]);
    macro_rules! round {
        ($by:literal) => {
            x = x + y;
            y = y.rotate_left($by) ^ x;
        };
    }
    macro_rules! inject {
        ($group:literal) => {
            x = x + schedule[($group + 1) % 3];
            y = y + schedule[($group + 2) % 3] + U32x4::splat($group + 1);
        };
    }
    macro_rules! even {
        () => {
            round!(13);
            round!(15);
            round!(26);
            round!(6);
        };
    }
    macro_rules! odd {
        () => {
            round!(17);
            round!(29);
            round!(16);
            round!(24);
        };
    }
    even!();
    inject!(0);
    odd!();
    inject!(1);
    even!();
    inject!(2);
    odd!();
    inject!(3);
    even!();
    inject!(4);
    x ^ y
}

/// A stream of random numbers at the host, for data sets and first weights.
#[derive(Clone, Debug)]
pub struct Rng {
    key: [u32; 2],
    counter: u64,
}

impl Rng {
    /// The stream `name` of a seed; streams of different names are independent.
    pub fn new(seed: u32, name: &str) -> Self {
        Rng { key: [seed, stream(name)], counter: 0 }
    }

    /// The part of the stream that belongs to a step: 2³² numbers of its own.
    pub fn at_step(seed: u32, stream: u32, step: u32) -> Self {
        Rng { key: [seed, stream], counter: (step as u64) << 32 }
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        let counter = [(self.counter >> 32) as u32, self.counter as u32];
        self.counter += 1;
        bits(self.key, counter)
    }

    /// Uniform in [0, 1), a multiple of 2⁻²³.
    pub fn uniform(&mut self) -> f32 {
        unit_float(self.next_u32())
    }

    /// Standard normal deviate (Box and Muller).
    pub fn normal(&mut self) -> f32 {
        let (u, v) = (1.0 - self.uniform(), self.uniform());
        let [radius, ..] = (math::log(F32x4::splat(u)) * F32x4::splat(-2.0)).sqrt().to_array();
        let [cos, ..] = math::cos(F32x4::splat(std::f32::consts::TAU * v)).to_array();
        radius * cos
    }

    /// Uniform integer below `bound`, which must be positive.
    pub fn below(&mut self, bound: u32) -> u32 {
        ((self.next_u32() as u64 * bound as u64) >> 32) as u32
    }

    /// Fisher–Yates shuffle.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

/// A seed that nobody has chosen: the one place where the platform's randomness enters. Below a million,
/// so that it can be read aloud.
pub fn fresh_seed() -> u32 {
    getrandom::u32().unwrap_or_default() % 1_000_000
}

/// Number of a named stream (FNV-1a), so that streams can be told apart by words.
pub fn stream(name: &str) -> u32 {
    name.bytes().fold(0x811C_9DC5, |hash, byte| (hash ^ byte as u32).wrapping_mul(0x0100_0193))
}

/// The top 23 bits as a float in [0, 1).
pub fn unit_float(bits: u32) -> f32 {
    f32::from_bits((bits >> 9) | 0x3F80_0000) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_that_jax_publishes() {
        assert_eq!(bits([0, 0], [0, 0]), 4_070_199_207);
        let of_seed_10: Vec<u32> = (0..4).map(|i| bits([0, 10], [0, i])).collect();
        assert_eq!(of_seed_10, [169_096_361, 1_572_511_259, 2_689_743_692, 2_228_103_506]);
    }

    #[test]
    fn four_lanes_equal_the_scalar_form() {
        for i in 0..100u32 {
            let word = |j: u32| bits([7, 1], [i, j]);
            let lanes = [word(0), word(1), word(2), word(3)];
            let elements = U32x4::from_array([lanes[0], lanes[1], lanes[2], lanes[3]]);
            let got = bits_x4([U32x4::splat(i), U32x4::splat(9)], [U32x4::splat(i.wrapping_mul(77)), elements]);
            let want = lanes.map(|lane| bits([i, 9], [i.wrapping_mul(77), lane]));
            assert_eq!(got.to_array(), want);
        }
    }

    #[test]
    fn normal_deviates_have_mean_0_and_variance_1() {
        let mut rng = Rng::new(3, "test");
        let draws: Vec<f64> = (0..100_000).map(|_| rng.normal() as f64).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
    }
}
