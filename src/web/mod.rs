//! The engine as the page's worker sees it: messages in, messages out. The only module that names
//! JavaScript types; everything it does is in `session/hub.rs`.

use crate::session::{Activity, Hub, Message};
use js_sys::{Array, Float32Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since the worker began.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// All running experiments of a page.
#[wasm_bindgen]
pub struct Engine {
    hub: Hub,
}

#[wasm_bindgen]
impl Engine {
    /// An engine with nothing running.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default)] // JavaScript calls `new Engine()`
    pub fn new() -> Engine {
        console_error_panic_hook::set_once();
        Engine { hub: Hub::new() }
    }

    /// What can be opened, as JSON.
    pub fn catalogue(&self) -> String {
        Hub::catalogue().to_string()
    }

    /// Takes in a message of the page as JSON, with the bytes of a saved run if it has some.
    pub fn handle(&mut self, json: &str, bytes: Option<Vec<u8>>) {
        self.hub.handle(json, bytes.as_deref(), now());
    }

    /// Works for about so many milliseconds; answers 0 when nothing is left to do, 1 when there is more, 2 when
    /// a GPU works and there will be more in a moment.
    pub fn turn(&mut self, milliseconds: f64) -> u32 {
        match self.hub.turn(&now, milliseconds) {
            Activity::Idle => 0,
            Activity::Busy => 1,
            Activity::Waiting => 2,
        }
    }

    /// The next message for the page: `{json, arrays, bytes?}`, or `undefined`.
    pub fn take(&mut self) -> JsValue {
        self.hub.take().map_or(JsValue::UNDEFINED, to_js)
    }
}

/// Copies a message out of wasm memory, so that the page may keep what it is given.
fn to_js(message: Message) -> JsValue {
    let object = Object::new();
    // Setting a property of a plain object that was just made cannot fail.
    let set = |name: &str, value: &JsValue| Reflect::set(&object, &JsValue::from_str(name), value).is_ok();
    set("json", &JsValue::from_str(&message.json.to_string()));
    let arrays: Array = message.arrays.iter().map(|array| Float32Array::from(array.as_slice())).collect();
    set("arrays", &arrays);
    if let Some(bytes) = message.bytes {
        set("bytes", &Uint8Array::from(bytes.as_slice()));
    }
    object.into()
}
