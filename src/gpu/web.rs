//! Compiles and plays in a browser. Its part in JavaScript is `web.js`: wgpu compiles pipelines only while everything
//! waits, and a dispatch takes two thirds of the time when its calls do not come from wasm.

use super::emit::Shader;
use js_sys::Array;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/gpu/web.js")]
extern "C" {
    #[wasm_bindgen(js_name = Compiler)]
    type JsCompiler;
    #[wasm_bindgen(constructor, js_class = Compiler)]
    fn new(device: &JsValue) -> JsCompiler;

    #[wasm_bindgen(js_name = Player)]
    type JsPlayer;
    #[wasm_bindgen(constructor, js_class = Player)]
    fn new(compiler: &JsCompiler, buffers: &Array) -> JsPlayer;
    #[wasm_bindgen(method)]
    fn add(this: &JsPlayer, text: &str, label: &str, bound: &[u32]) -> u32;
    #[wasm_bindgen(method, getter)]
    fn compiled(this: &JsPlayer) -> u32;
    #[wasm_bindgen(method, getter)]
    fn waiting(this: &JsPlayer) -> u32;
    #[wasm_bindgen(method, getter)]
    fn problem(this: &JsPlayer) -> Option<String>;
    #[wasm_bindgen(method)]
    fn routine(this: &JsPlayer, list: &[u32]);
    #[wasm_bindgen(method)]
    fn finish(this: &JsPlayer);
    #[wasm_bindgen(method)]
    fn run(this: &JsPlayer, routine: u32, count: u32);
    #[wasm_bindgen(method)]
    fn copy(this: &JsPlayer, source: &JsValue, from: f64, target: &JsValue, to: f64, bytes: f64);
    #[wasm_bindgen(method)]
    fn submit(this: &JsPlayer);

    #[wasm_bindgen(js_name = pause)]
    async fn js_pause();
}

/// The pipelines of a device: a program that is opened again compiles nothing.
pub(super) struct Compiler(JsCompiler);

impl Compiler {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        Compiler(JsCompiler::new(device.as_webgpu().map_or(&JsValue::UNDEFINED, AsRef::as_ref)))
    }

    /// Those that failed have been forgotten already.
    pub(super) fn forget(&self) {}
}

/// Pipelines, bind groups and lists of a program, and what is being recorded of them.
pub(super) struct Player(JsPlayer);

impl Player {
    pub(super) fn new(compiler: &Compiler, buffers: &[wgpu::Buffer]) -> Self {
        let buffers: Array = buffers.iter().map(raw).collect();
        Player(JsPlayer::new(&compiler.0, &buffers))
    }

    /// Makes what a shader's dispatch needs; gives the number of its pipeline. Its bind group has the next number.
    pub(super) fn add(&mut self, _: &Compiler, _: &[wgpu::Buffer], shader: &Shader, label: &'static str) -> u32 {
        let bound = shader.bindings.iter().map(|binding| 2 * binding.buffer as u32 + binding.writable as u32);
        self.0.add(&shader.text, label, &bound.collect::<Vec<u32>>())
    }

    /// Pipelines that no program needed before this one.
    pub(super) fn compiled(&self) -> u32 {
        self.0.compiled()
    }

    /// Pipelines that are not ready.
    pub(super) fn waiting(&self) -> u32 {
        self.0.waiting()
    }

    /// Why a pipeline will never be ready.
    pub(super) fn problem(&self) -> Option<String> {
        self.0.problem()
    }

    /// Takes the lists of all routines, once everything is ready.
    pub(super) fn finish(&mut self, routines: Vec<Vec<u32>>) {
        self.0.finish();
        routines.iter().for_each(|list| self.0.routine(list));
    }

    /// Records runs of a routine.
    pub(super) fn run(&mut self, _: &wgpu::Device, routine: usize, count: u32) {
        self.0.run(routine as u32, count);
    }

    /// Records a copy, in bytes.
    pub(super) fn copy(
        &mut self,
        _: &wgpu::Device,
        (source, from): (&wgpu::Buffer, u64),
        (target, to): (&wgpu::Buffer, u64),
        bytes: u64,
    ) {
        self.0.copy(&raw(source), from as f64, &raw(target), to as f64, bytes as f64);
    }

    /// Hands over what was recorded.
    pub(super) fn submit(&mut self, _: &wgpu::Queue) {
        self.0.submit();
    }
}

/// The browser's own object.
fn raw(buffer: &wgpu::Buffer) -> JsValue {
    buffer.as_webgpu().map_or(JsValue::UNDEFINED, |buffer| buffer.into())
}

/// Gives the browser a moment to compile.
pub(super) async fn pause() {
    js_pause().await;
}
