//! The melodies: ten keys that sound once each in an even rhythm, in an order that is the class. Nothing else tells the
//! classes apart.

use super::program::{NETS, Plan};
use crate::cpu::math;
use crate::cpu::simd::F32x4;
use crate::labs::Feed;
use crate::rng::{self, Rng};

/// Keys, which are the input channels.
pub(super) const KEYS: usize = 10;
/// Melodies, which are the classes.
pub(super) const CLASSES: usize = 8;
/// Time steps of a sample.
pub(super) const TIME: usize = 32;
/// Steps between two notes of a melody.
pub(super) const RHYTHM: usize = 2;
/// Samples of a training step, and of the test.
pub(super) const BATCH: usize = 32;
pub(super) const TESTS: usize = 1000;

/// A sample begins this late, and up to so many steps later.
pub(super) const EARLIEST: usize = 2;
const SHIFTS: u32 = 6;
/// How often a note is left out, and how often a key sounds by itself in any step.
const DROPPED: f32 = 0.1;
/// 1 / ln(1 − 0.01): the steps from one background spike to the next are geometric.
const BACKGROUND_GAP: f32 = -99.499_16;

/// A key that sounds, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub key: u8,
    pub time: u8,
}

/// The melodies of one network.
pub(super) struct Task {
    /// Place of each key in the order of each melody.
    orders: [[u8; KEYS]; CLASSES],
    /// Standard deviation of the moment of a note, in steps.
    jitter: f32,
}

impl Task {
    /// The melodies of a network of a seed.
    pub(super) fn draw(plan: &Plan, net: usize) -> Task {
        let mut rng = plan.rng("melodies", net);
        let mut orders = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]; CLASSES];
        for order in &mut orders {
            rng.shuffle(order);
        }
        Task { orders, jitter: plan.jitter }
    }

    /// When a key sounds in a melody that begins at 0.
    pub(super) fn time(&self, class: usize, key: usize) -> usize {
        RHYTHM * self.orders[class][key] as usize
    }

    /// A melody as it is written, begun at the earliest.
    pub(super) fn template(&self, class: usize) -> Vec<Note> {
        let note = |key: usize| Note { key: key as u8, time: (EARLIEST + self.time(class, key)) as u8 };
        (0..KEYS).map(note).collect()
    }

    /// Fills `notes` with a melody as it is played: shifted, with jitter, some notes left out and some added.
    fn play(&self, rng: &mut Rng, class: usize, notes: &mut Vec<Note>) {
        notes.clear();
        let shift = EARLIEST + rng.below(SHIFTS) as usize;
        for key in 0..KEYS {
            let (jitter, fate) = (rng.normal(), rng.uniform());
            let time = (shift + self.time(class, key)) as f32 + (self.jitter * jitter).round();
            if fate >= DROPPED && time >= 0.0 && time < TIME as f32 {
                notes.push(Note { key: key as u8, time: time as u8 });
            }
        }
        let mut place = 0;
        loop {
            let [log, ..] = math::log(F32x4::splat(1.0 - rng.uniform())).to_array();
            place += (log * BACKGROUND_GAP) as usize;
            if place >= KEYS * TIME {
                break;
            }
            let note = Note { key: (place / TIME) as u8, time: (place % TIME) as u8 };
            if !notes.contains(&note) {
                notes.push(note);
            }
            place += 1;
        }
    }

    /// The test samples of a network, as often of each class, and their classes.
    pub(super) fn tests(&self, plan: &Plan, net: usize) -> Vec<(Vec<Note>, usize)> {
        let mut rng = plan.rng("tests", net);
        let mut tests = Vec::with_capacity(TESTS);
        for sample in 0..TESTS {
            let mut notes = Vec::new();
            self.play(&mut rng, sample % CLASSES, &mut notes);
            tests.push((notes, sample % CLASSES));
        }
        tests
    }
}

/// Leaves that the host writes for every training step.
pub(super) const RASTERS: &str = "rasters";
pub(super) const LABELS: &str = "labels";

/// Fresh samples for every training step of every network.
pub(super) struct Stream {
    seed: u32,
    tasks: Vec<(Task, u32)>,
    notes: Vec<Note>,
}

impl Stream {
    pub(super) fn new(plan: &Plan) -> Stream {
        let mut tasks = Vec::with_capacity(NETS);
        for net in 0..NETS {
            tasks.push((Task::draw(plan, net), rng::stream(&plan.stream("samples", net))));
        }
        Stream { seed: plan.seed, tasks, notes: Vec::new() }
    }
}

impl Feed for Stream {
    fn routines(&self) -> Vec<String> {
        vec!["train".into()]
    }

    fn leaves(&self) -> Vec<String> {
        vec![RASTERS.into(), LABELS.into()]
    }

    fn batch(&mut self, step: u64, leaves: &mut [Vec<f32>]) -> usize {
        let [rasters, labels] = leaves else { return 0 };
        rasters.resize(NETS * KEYS * TIME * BATCH, 0.0);
        for (net, (task, stream)) in self.tasks.iter().enumerate() {
            let mut rng = Rng::at_step(self.seed, *stream, step as u32);
            for sample in 0..BATCH {
                let class = rng.below(CLASSES as u32);
                labels.push(f32::from_bits(class));
                task.play(&mut rng, class as usize, &mut self.notes);
                for note in &self.notes {
                    let row = (net * KEYS + note.key as usize) * TIME + note.time as usize;
                    rasters[row * BATCH + sample] = 1.0;
                }
            }
        }
        0
    }
}
