//! The engine as the page's worker sees it: messages in, messages out. Everything it does is in `session/hub.rs`.

use crate::session::{Activity, Gpu, Hub, Message};
use js_sys::{Array, Float32Array, Object, Reflect, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

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
    /// What the search for a graphics processor has found, until the hub has been told.
    found: Rc<RefCell<Option<Gpu>>>,
}

#[wasm_bindgen]
impl Engine {
    /// An engine with nothing running.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default)] // JavaScript calls `new Engine()`
    pub fn new() -> Engine {
        console_error_panic_hook::set_once();
        Engine { hub: Hub::new(), found: Rc::default() }
    }

    /// What can be opened, as JSON.
    pub fn catalogue(&self) -> String {
        self.hub.catalogue().to_string()
    }

    /// Looks for a graphics processor and checks that it computes rightly. The promise is kept when that is known;
    /// a turn must follow. `software` also takes one that only pretends to be one, for tests.
    #[wasm_bindgen(js_name = startGpu)]
    pub fn start_gpu(&self, software: bool) -> js_sys::Promise {
        let found = self.found.clone();
        future_to_promise(async move {
            let gpu = find_gpu(software).await;
            *found.borrow_mut() = Some(gpu);
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Takes in a message of the page as JSON, with the bytes of a saved run if it has some.
    pub fn handle(&mut self, json: &str, bytes: Option<Vec<u8>>) {
        self.hub.handle(json, bytes.as_deref(), now());
    }

    /// Works for about so many milliseconds; answers 0 when nothing is left to do, 1 when there is more, 2 when
    /// a GPU works and there will be more in a moment.
    pub fn turn(&mut self, milliseconds: f64) -> u32 {
        if let Some(gpu) = self.found.take() {
            self.hub.set_gpu(gpu);
        }
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

#[cfg(feature = "gpu")]
async fn find_gpu(software: bool) -> Gpu {
    let context = match crate::gpu::Context::new(crate::gpu::Options { allow_software: software }).await {
        Ok(context) => context,
        Err(error) => return Gpu::Refused(error.to_string()),
    };
    match crate::gpu::canary(&context).await {
        Ok(()) => Gpu::Ready(context),
        Err(error) => Gpu::Refused(error.to_string()),
    }
}

#[cfg(not(feature = "gpu"))]
async fn find_gpu(_: bool) -> Gpu {
    Gpu::Refused("this build computes on the CPU only".into())
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
