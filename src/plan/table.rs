//! Tables by value number. Numbers are dense, so a table is a vector: no hashing, and the same small code for all.

use super::lower::Value;

/// A map from values; see the module's description.
#[derive(Clone, Debug)]
pub(crate) struct Table<T>(Vec<Option<T>>);

/// A set of values.
pub(crate) type ValueSet = Table<()>;

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table(Vec::new())
    }
}

impl<T> Table<T> {
    pub(crate) fn get(&self, value: Value) -> Option<&T> {
        self.0.get(value.index())?.as_ref()
    }

    pub(crate) fn contains(&self, value: Value) -> bool {
        self.get(value).is_some()
    }

    /// Returns what was there.
    pub(crate) fn insert(&mut self, value: Value, entry: T) -> Option<T> {
        if self.0.len() <= value.index() {
            self.0.resize_with(value.index() + 1, || None);
        }
        self.0[value.index()].replace(entry)
    }

    /// Values that have an entry, in ascending order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Value> {
        self.0.iter().enumerate().filter(|(_, entry)| entry.is_some()).map(|(index, _)| Value(index as u32))
    }
}

impl ValueSet {
    pub(crate) fn add(&mut self, value: Value) {
        self.insert(value, ());
    }
}
