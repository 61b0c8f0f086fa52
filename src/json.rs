//! Objects for the page. `serde_json::json!` writes the whole construction out at each place; this calls one function.

use serde::Serialize;
use serde_json::{Map, Value};

/// `json!({ "key": expression, … })`; nested objects are nested calls.
macro_rules! json {
    ({ $($key:literal: $value:expr),* $(,)? }) => {
        $crate::json::object(&mut [$(($key, $crate::json::value(&$value))),*])
    };
    ($value:expr) => {
        $crate::json::value(&$value)
    };
}

pub(crate) use json;

/// An empty list.
pub(crate) const NONE: [(); 0] = [];

/// What is serialisable as JSON; `null` where it is not (a map with keys that are no text).
#[inline(never)]
pub(crate) fn value<T: Serialize + ?Sized>(from: &T) -> Value {
    serde_json::to_value(from).unwrap_or_default()
}

#[inline(never)]
pub(crate) fn object(entries: &mut [(&str, Value)]) -> Value {
    let mut map = Map::new();
    for (key, value) in entries {
        map.insert((*key).to_owned(), value.take());
    }
    Value::Object(map)
}
