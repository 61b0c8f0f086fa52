//! Compiles and plays natively, through wgpu. `web.rs` does the same in a browser.

use super::context::lock;
use super::emit::Shader;
use super::replay::REPEAT;
use std::collections::HashMap;
use std::sync::Mutex;

/// Compiled pipelines are forgotten when there are this many; a large lab has a few hundred.
const MOST_PIPELINES: usize = 1024;

/// The pipelines of a device: a program that is opened again compiles nothing.
pub(super) struct Compiler {
    device: wgpu::Device,
    /// By shader text.
    pipelines: Mutex<HashMap<String, wgpu::ComputePipeline>>,
    /// By which of the buffers are writable.
    layouts: Mutex<HashMap<Vec<bool>, (wgpu::BindGroupLayout, wgpu::PipelineLayout)>>,
}

impl Compiler {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        Compiler { device: device.clone(), pipelines: Mutex::default(), layouts: Mutex::default() }
    }

    /// Forgets compiled pipelines, some of which may have failed.
    pub(super) fn forget(&self) {
        lock(&self.pipelines).clear();
    }

    /// The layouts of a shader whose buffers are writable as given.
    fn layout(&self, writable: &[bool]) -> (wgpu::BindGroupLayout, wgpu::PipelineLayout) {
        let make = || {
            let entry = |(binding, &writable): (usize, &bool)| wgpu::BindGroupLayoutEntry {
                binding: binding as u32,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Storage { read_only: !writable },
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            };
            let entries: Vec<_> = writable.iter().enumerate().map(entry).collect();
            let descriptor = wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries };
            let group = self.device.create_bind_group_layout(&descriptor);
            let pipeline = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: None,
                bind_group_layouts: &[Some(&group)],
                immediate_size: 0,
            });
            (group, pipeline)
        };
        lock(&self.layouts).entry(writable.to_vec()).or_insert_with(make).clone()
    }

    /// The pipeline of a shader, and whether it had to be compiled.
    fn pipeline(&self, text: &str, layout: &wgpu::PipelineLayout, label: &str) -> (wgpu::ComputePipeline, bool) {
        let mut pipelines = lock(&self.pipelines);
        if let Some(pipeline) = pipelines.get(text) {
            return (pipeline.clone(), false);
        }
        let source = wgpu::ShaderSource::Wgsl(text.into());
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(label), source });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(label),
            layout: Some(layout),
            module: &module,
            entry_point: Some("main"),
            // Every kernel writes its workgroup memory before it reads it.
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        if pipelines.len() >= MOST_PIPELINES {
            pipelines.clear();
        }
        pipelines.insert(text.to_owned(), pipeline.clone());
        (pipeline, true)
    }
}

/// Pipelines, bind groups and lists of a program, and what is being recorded of them.
#[derive(Default)]
pub(super) struct Player {
    pipelines: Vec<wgpu::ComputePipeline>,
    compiled: u32,
    groups: Vec<wgpu::BindGroup>,
    routines: Vec<Vec<u32>>,
    recording: Option<Recording>,
}

struct Recording {
    /// Ends before its encoder.
    pass: Option<wgpu::ComputePass<'static>>,
    encoder: wgpu::CommandEncoder,
    /// The pipeline that is set.
    pipeline: Option<u32>,
}

impl Player {
    pub(super) fn new(_: &Compiler, _: &[wgpu::Buffer]) -> Self {
        Player::default()
    }

    /// Makes what a shader's dispatch needs; gives the number of its pipeline. Its bind group has the next number.
    pub(super) fn add(
        &mut self,
        compiler: &Compiler,
        buffers: &[wgpu::Buffer],
        shader: &Shader,
        label: &'static str,
    ) -> u32 {
        let writable: Vec<bool> = shader.bindings.iter().map(|binding| binding.writable).collect();
        let (group_layout, layout) = compiler.layout(&writable);
        let entries = shader.bindings.iter().enumerate().map(|(slot, binding)| wgpu::BindGroupEntry {
            binding: slot as u32,
            resource: buffers[binding.buffer].as_entire_binding(),
        });
        let entries: Vec<_> = entries.collect();
        let descriptor = wgpu::BindGroupDescriptor { label: Some(label), layout: &group_layout, entries: &entries };
        self.groups.push(compiler.device.create_bind_group(&descriptor));
        let (pipeline, compiled) = compiler.pipeline(&shader.text, &layout, label);
        self.compiled += compiled as u32;
        let number = self.pipelines.iter().position(|known| *known == pipeline).unwrap_or_else(|| {
            self.pipelines.push(pipeline);
            self.pipelines.len() - 1
        });
        number as u32
    }

    /// Pipelines that no program needed before this one.
    pub(super) fn compiled(&self) -> u32 {
        self.compiled
    }

    /// Pipelines that are not ready.
    pub(super) fn waiting(&self) -> u32 {
        0
    }

    /// Why a pipeline will never be ready. Natively an error scope tells.
    pub(super) fn problem(&self) -> Option<String> {
        None
    }

    /// Takes the lists of all routines, once everything is ready.
    pub(super) fn finish(&mut self, routines: Vec<Vec<u32>>) {
        self.routines = routines;
    }

    /// Records runs of a routine.
    pub(super) fn run(&mut self, device: &wgpu::Device, routine: usize, count: u32) {
        let Recording { encoder, pass, pipeline } = self.recording.get_or_insert_with(|| Recording::new(device));
        let begin = || encoder.begin_compute_pass(&Default::default()).forget_lifetime();
        let pass = pass.get_or_insert_with(begin);
        for _ in 0..count {
            replay(pass, &self.routines[routine], &self.pipelines, &self.groups, pipeline);
        }
    }

    /// Records a copy, in bytes.
    pub(super) fn copy(
        &mut self,
        device: &wgpu::Device,
        (source, from): (&wgpu::Buffer, u64),
        (target, to): (&wgpu::Buffer, u64),
        bytes: u64,
    ) {
        let recording = self.recording.get_or_insert_with(|| Recording::new(device));
        (recording.pass, recording.pipeline) = (None, None);
        recording.encoder.copy_buffer_to_buffer(source, from, target, to, bytes);
    }

    /// Hands over what was recorded.
    pub(super) fn submit(&mut self, queue: &wgpu::Queue) {
        if let Some(Recording { encoder, pass, .. }) = self.recording.take() {
            drop(pass);
            queue.submit([encoder.finish()]);
        }
    }
}

impl Recording {
    fn new(device: &wgpu::Device) -> Self {
        Recording { pass: None, encoder: device.create_command_encoder(&Default::default()), pipeline: None }
    }
}

fn replay(
    pass: &mut wgpu::ComputePass,
    mut list: &[u32],
    pipelines: &[wgpu::ComputePipeline],
    groups: &[wgpu::BindGroup],
    set: &mut Option<u32>,
) {
    while let [pipeline, group, x, y, rest @ ..] = list {
        list = rest;
        if *pipeline == REPEAT {
            let (times, words) = (*group, *x as usize);
            for _ in 0..times {
                replay(pass, &rest[..words], pipelines, groups, set);
            }
            list = &rest[words..];
            continue;
        }
        if set.replace(*pipeline) != Some(*pipeline) {
            pass.set_pipeline(&pipelines[*pipeline as usize]);
        }
        pass.set_bind_group(0, &groups[*group as usize], &[]);
        pass.dispatch_workgroups(*x, *y, 1);
    }
}

/// Nothing compiles between two polls natively.
pub(super) async fn pause() {}
