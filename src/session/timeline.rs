//! The past of a run: snapshots at doubling intervals, and the changes made by hand between them.
//!
//! At most a fixed number of snapshots is kept: when they are full, every second one goes and the
//! interval doubles, so a run of any length can be scrubbed in fixed memory. What lies between two
//! snapshots is computed again, which gives the same bits on the CPU; changes made by hand (a rate, a
//! weight) are therefore kept with the step at which they were made, and made again.

/// Weights and moments of every run at one step.
pub(crate) struct Snapshot {
    pub step: u64,
    /// One entry per run that moves with the clock; `None` until it has arrived from the device.
    pub leaves: Vec<Option<Vec<f32>>>,
}

impl Snapshot {
    fn is_complete(&self) -> bool {
        self.leaves.iter().all(Option::is_some)
    }
}

/// A value written by hand, after step `step` and before the next.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Edit {
    pub step: u64,
    pub run: usize,
    pub leaf: usize,
    pub index: usize,
    pub value: f32,
}

/// Snapshots and edits in ascending order of their steps.
pub(crate) struct Timeline {
    snapshots: Vec<Snapshot>,
    edits: Vec<Edit>,
    interval: u64,
    most: usize,
}

/// Memory for all snapshots of a session.
const MOST_BYTES: usize = 48 << 20;
/// More than this many would not be told apart on a timeline.
const MOST_SNAPSHOTS: usize = 200;

impl Timeline {
    /// An empty timeline for snapshots of `bytes` bytes each.
    pub(crate) fn new(bytes: usize) -> Self {
        let most = (MOST_BYTES / bytes.max(1)).clamp(4, MOST_SNAPSHOTS);
        Timeline { snapshots: Vec::new(), edits: Vec::new(), interval: 1, most }
    }

    /// Number of snapshots.
    pub(crate) fn len(&self) -> usize {
        self.snapshots.len()
    }

    /// Whether a snapshot should be taken after `step`.
    pub(crate) fn due(&self, step: u64) -> bool {
        step.is_multiple_of(self.interval) && self.position(step).is_err()
    }

    fn position(&self, step: u64) -> Result<usize, usize> {
        self.snapshots.binary_search_by_key(&step, |snapshot| snapshot.step)
    }

    /// Makes a place for the snapshot at `step`, to be filled by [`Timeline::fill`].
    pub(crate) fn open(&mut self, step: u64, runs: usize) {
        if let Err(at) = self.position(step) {
            self.snapshots.insert(at, Snapshot { step, leaves: vec![None; runs] });
        }
        while self.snapshots.len() > self.most {
            self.interval *= 2;
            let newest = self.snapshots.last().map(|snapshot| snapshot.step);
            let interval = self.interval;
            self.snapshots.retain(|s| s.step.is_multiple_of(interval) || Some(s.step) == newest);
        }
    }

    /// Stores the leaves of a run at `step`, if that snapshot is still wanted.
    pub(crate) fn fill(&mut self, step: u64, run: usize, leaves: Vec<f32>) {
        if let Ok(at) = self.position(step) {
            self.snapshots[at].leaves[run] = Some(leaves);
        }
    }

    /// The last complete snapshot at or before `step`.
    pub(crate) fn before(&self, step: u64) -> Option<&Snapshot> {
        self.snapshots.iter().rev().find(|snapshot| snapshot.step <= step && snapshot.is_complete())
    }

    /// Forgets everything after `step`.
    pub(crate) fn truncate(&mut self, step: u64) {
        self.snapshots.retain(|snapshot| snapshot.step <= step);
        self.edits.retain(|edit| edit.step <= step);
    }

    /// Remembers a change.
    pub(crate) fn record(&mut self, edit: Edit) {
        // A slider that is dragged while paused leaves only its last value.
        self.edits.retain(|e| (e.step, e.run, e.leaf, e.index) != (edit.step, edit.run, edit.leaf, edit.index));
        self.edits.push(edit);
    }

    /// Changes made exactly at `step`.
    pub(crate) fn edits_at(&self, step: u64) -> impl Iterator<Item = &Edit> {
        let first = self.edits.partition_point(|edit| edit.step < step);
        self.edits[first..].iter().take_while(move |edit| edit.step == step)
    }

    /// All changes.
    pub(crate) fn edits(&self) -> &[Edit] {
        &self.edits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_keeps_few_snapshots_at_even_distances() {
        let mut timeline = Timeline::new(4);
        for step in 0..100_000 {
            if timeline.due(step) {
                timeline.open(step, 1);
                timeline.fill(step, 0, vec![step as f32]);
            }
        }
        assert!((100..=200).contains(&timeline.len()), "{}", timeline.len());
        let steps: Vec<u64> = timeline.snapshots.iter().map(|s| s.step).collect();
        assert_eq!(steps[0], 0);
        assert!(steps.windows(2).all(|pair| pair[1] - pair[0] == timeline.interval), "{steps:?}");
        let found = timeline.before(77_777).unwrap();
        assert!(77_777 - found.step < timeline.interval && found.leaves[0] == Some(vec![found.step as f32]));
    }

    #[test]
    fn large_snapshots_are_fewer() {
        assert_eq!(Timeline::new(MOST_BYTES / 10).most, 10);
        assert_eq!(Timeline::new(usize::MAX).most, 4);
    }

    #[test]
    fn an_incomplete_snapshot_is_not_used() {
        let mut timeline = Timeline::new(4);
        timeline.open(0, 2);
        timeline.fill(0, 0, vec![1.0]);
        assert!(timeline.before(5).is_none());
        timeline.fill(0, 1, vec![2.0]);
        assert!(timeline.before(5).is_some());
    }

    #[test]
    fn going_back_forgets_later_edits_and_a_drag_keeps_its_end() {
        let mut timeline = Timeline::new(4);
        let edit = |step, value| Edit { step, run: 0, leaf: 3, index: 0, value };
        for (step, value) in [(10, 0.1), (20, 0.2), (20, 0.3), (30, 0.4)] {
            timeline.record(edit(step, value));
        }
        timeline.truncate(20);
        assert_eq!(timeline.edits(), [edit(10, 0.1), edit(20, 0.3)]);
        assert_eq!(timeline.edits_at(20).count(), 1);
    }
}
