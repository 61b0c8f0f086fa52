//! The 8×8 optical digits: 1,797 images of handwritten digits, small enough for experiments of seconds.
//!
//! Source and licence stand in `SOURCE.md`, the layout of the bytes in `make.py`, which wrote them. They are compiled
//! into native programs only; a page fetches them before it opens a lab that names [`FILE`] among its files.

use crate::graph::{Error, Result};
use crate::rng::Rng;
use std::sync::OnceLock;

/// The file that holds them.
pub const FILE: &str = "digits.bin";
/// The images, once they are there.
static ALL: OnceLock<Digits> = OnceLock::new();

/// Pixels of an image.
pub const PIXELS: usize = 64;
/// Bytes of a packed image: 64 values of 5 bits.
const PACKED: usize = 40;
/// Bytes of the count in front and of the fingerprint at the end.
const AROUND: usize = 4 + 8;

/// Images of digits and what they show.
#[derive(Clone, Debug, PartialEq)]
pub struct Digits {
    /// `[n, 64]`, row-major, from 0 (paper) to 1 (ink) in sixteenths.
    pub images: Vec<f32>,
    /// `[n]`, 0 to 9.
    pub labels: Vec<u32>,
}

impl Digits {
    /// The images in the packed form that `make.py` writes; refuses bytes that are not whole.
    pub fn from_bytes(bytes: &[u8]) -> Result<Digits> {
        let wrong = |message: String| Error::new("digits", message, "load the file digits.bin again");
        let Some((body, fingerprint)) = bytes.split_last_chunk::<8>().filter(|(body, _)| body.len() >= 4) else {
            return Err(wrong(format!("{} bytes are too few for a count and a fingerprint", bytes.len())));
        };
        let (count, rest) = body.split_first_chunk::<4>().expect("at least 4 bytes");
        let count = u32::from_le_bytes(*count) as usize;
        let expected = count.saturating_mul(PACKED + 1).saturating_add(AROUND);
        if bytes.len() != expected {
            return Err(wrong(format!("{} bytes instead of {expected} for {count} images", bytes.len())));
        }
        let found =
            body.iter().fold(0xCBF2_9CE4_8422_2325u64, |h, &byte| (h ^ byte as u64).wrapping_mul(0x0100_0000_01B3));
        if found != u64::from_le_bytes(*fingerprint) {
            return Err(wrong("the fingerprint does not match, so some bytes have changed".into()));
        }
        let (images, labels) = rest.split_at(count * PACKED);
        let mut pixels = Vec::with_capacity(count * PIXELS);
        // Five bytes are a row of eight pixels.
        for row in images.as_chunks::<5>().0 {
            let bits = row.iter().rev().fold(0u64, |bits, &byte| bits << 8 | byte as u64);
            pixels.extend((0..8).map(|pixel| (bits >> (5 * pixel) & 31) as f32 / 16.0));
        }
        let labels: Vec<u32> = labels.iter().map(|&label| label as u32).collect();
        if pixels.iter().any(|&pixel| pixel > 1.0) || labels.iter().any(|&label| label > 9) {
            return Err(wrong("a pixel above 16 or a label above 9".into()));
        }
        Ok(Digits { images: pixels, labels })
    }

    /// All 1,797 images, from the program itself.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn embedded() -> Digits {
        Digits::from_bytes(include_bytes!("digits.bin")).expect("a test reads the same bytes")
    }

    /// All 1,797 images, for a lab that names [`FILE`] among its files.
    pub fn all() -> Result<&'static Digits> {
        #[cfg(not(target_arch = "wasm32"))]
        ALL.get_or_init(Digits::embedded);
        ALL.get().ok_or_else(|| Error::new("digits", format!("{FILE} has not been loaded"), "reload the page"))
    }

    /// Takes in the bytes of [`FILE`], for [`Digits::all`].
    pub(super) fn take(bytes: &[u8]) -> Result<()> {
        let digits = Digits::from_bytes(bytes)?;
        ALL.get_or_init(|| digits);
        Ok(())
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Pixels of one image; `index` must be below [`Digits::len`].
    pub fn image(&self, index: usize) -> &[f32] {
        &self.images[index * PIXELS..][..PIXELS]
    }

    /// The images at the given positions, each below [`Digits::len`], in that order.
    pub fn pick(&self, positions: &[usize]) -> Digits {
        let mut picked = Digits { images: Vec::with_capacity(positions.len() * PIXELS), labels: Vec::new() };
        for &position in positions {
            picked.images.extend_from_slice(self.image(position));
            picked.labels.push(self.labels[position]);
        }
        picked
    }

    /// The images of some classes, in their order; labels stay what they are.
    pub fn classes(&self, classes: &[u32]) -> Digits {
        let wanted: Vec<usize> = (0..self.len()).filter(|&i| classes.contains(&self.labels[i])).collect();
        self.pick(&wanted)
    }

    /// `train` images to learn from and all others, drawn by the seed.
    pub fn split(&self, train: usize, seed: u32) -> Result<(Digits, Digits)> {
        if train > self.len() {
            let message = format!("{train} images to learn from, of {}", self.len());
            return Err(Error::new("split of digits", message, "ask for fewer"));
        }
        let order = self.shuffled(seed, "digits split");
        Ok((self.pick(&order[..train]), self.pick(&order[train..])))
    }

    /// `each` images of every class that occurs and all others, drawn by the seed.
    pub fn stratified(&self, each: usize, seed: u32) -> Result<(Digits, Digits)> {
        let mut taken = [0; 10];
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for position in self.shuffled(seed, "digits strata") {
            let count = &mut taken[self.labels[position] as usize % 10];
            if *count < each {
                *count += 1;
                inside.push(position);
            } else {
                outside.push(position);
            }
        }
        if let Some(class) = (0..10).find(|&class| (1..each).contains(&taken[class])) {
            let message = format!("{each} images of each class, but there are {} of {class}", taken[class]);
            return Err(Error::new("strata of digits", message, "ask for fewer"));
        }
        Ok((self.pick(&inside), self.pick(&outside)))
    }

    fn shuffled(&self, seed: u32, stream: &str) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        Rng::new(seed, stream).shuffle(&mut order);
        order
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn the_images_are_those_of_scikit_learn() {
        let digits = Digits::embedded();
        assert_eq!(digits.len(), 1797);
        let first: Vec<u32> = digits.image(0)[..24].iter().map(|pixel| (pixel * 16.0) as u32).collect();
        let want = [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0, 0, 3, 15, 2, 0, 11, 8, 0];
        assert_eq!(first, want);
        let ink: f64 = digits.images.iter().map(|&pixel| pixel as f64 * 16.0).sum();
        assert_eq!(ink, 561_718.0);
        let mut counts = [0; 10];
        digits.labels.iter().for_each(|&label| counts[label as usize] += 1);
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    }

    #[test]
    fn damaged_bytes_are_refused_with_the_reason() {
        let whole = include_bytes!("digits.bin");
        let refused = |bytes: &[u8]| Digits::from_bytes(bytes).expect_err("damaged").to_string();
        assert!(refused(&whole[..9]).contains("9 bytes"));
        let cut = refused(&whole[..whole.len() - 1]);
        assert!(cut.contains("73688 bytes instead of 73689") && cut.contains("1797"), "{cut}");
        for at in [0, 5, 73_000, whole.len() - 1] {
            let mut bytes = whole.to_vec();
            bytes[at] ^= 1;
            let message = refused(&bytes);
            assert!(message.contains(if at == 0 { "for 1796 images" } else { "fingerprint" }), "{message}");
        }
        // A huge count must not overflow into a length that fits.
        let mut bytes = whole.to_vec();
        bytes[..4].fill(0xFF);
        assert!(refused(&bytes).contains("4294967295 images"));
    }

    #[test]
    fn splits_and_strata_part_the_set_by_the_seed() {
        let digits = Digits::embedded();
        let (train, test) = digits.split(1297, 3).expect("enough");
        assert_eq!((train.len(), test.len()), (1297, 500));
        assert_eq!((train.clone(), test.clone()), digits.split(1297, 3).expect("enough"));
        assert_ne!(train, digits.split(1297, 4).expect("enough").0);
        let mut parted: Vec<Vec<u32>> = [&train, &test]
            .iter()
            .flat_map(|part| (0..part.len()).map(|i| part.image(i).iter().map(|p| p.to_bits()).collect()))
            .collect();
        let mut whole: Vec<Vec<u32>> =
            (0..digits.len()).map(|i| digits.image(i).iter().map(|p| p.to_bits()).collect()).collect();
        parted.sort();
        whole.sort();
        assert!(parted == whole, "every image is in one part");
        let (few, rest) = digits.classes(&[3, 7]).stratified(30, 0).expect("enough");
        assert_eq!((few.len(), rest.len()), (60, 183 + 179 - 60));
        assert_eq!(few.labels.iter().filter(|&&label| label == 3).count(), 30);
        let message = digits.stratified(175, 0).expect_err("too many").to_string();
        assert!(message.contains("174 of 8"), "{message}");
        assert!(digits.split(1798, 0).expect_err("too many").to_string().contains("1798"));
    }
}
