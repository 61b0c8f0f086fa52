//! Objects for the page. `serde_json::json!` writes the whole construction out at each place; this calls a function for
//! each entry.

use serde::Serialize;
use serde_json::{Map, Value};

/// `json!({ "key": expression, … })`; nested objects are nested calls.
macro_rules! json {
    ({ $($key:literal: $value:expr),* $(,)? }) => {{
        let mut map = serde_json::Map::new();
        $($crate::json::put(&mut map, $key, &$value);)*
        serde_json::Value::Object(map)
    }};
    ($value:expr) => {
        $crate::json::value(&$value)
    };
}

pub(crate) use json;

/// An empty list.
#[cfg(feature = "labs")]
pub(crate) const NONE: [(); 0] = [];

/// What is serialisable as JSON; `null` where it is not (a map with keys that are no text).
#[inline(never)]
pub(crate) fn value<T: Serialize + ?Sized>(from: &T) -> Value {
    serde_json::to_value(from).unwrap_or_default()
}

/// An entry of an object. A call is all that stands at each place.
#[inline(never)]
pub(crate) fn put<T: Serialize + ?Sized>(map: &mut Map<String, Value>, key: &str, from: &T) {
    insert(map, key, value(from));
}

#[inline(never)]
fn insert(map: &mut Map<String, Value>, key: &str, value: Value) {
    map.insert(key.to_owned(), value);
}
