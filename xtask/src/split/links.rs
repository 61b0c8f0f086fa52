//! What refers to what in a linked module, read from the relocations that the linker leaves in it (`--emit-relocs`):
//! <https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md>. Direct calls are left out.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::ops::Range;
use wasmparser::{
    DataKind, KnownCustom, Linking, Operator, Parser, Payload, RelocationEntry, RelocationType, SymbolInfo,
};

/// What a place refers to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A function whose address is taken: its number in the module.
    Function(u32),
    /// A constant or variable: its place in [`Links::data`].
    Data(usize),
}

/// A constant or variable.
pub struct Data {
    /// Its addresses in memory.
    pub place: Range<u32>,
    pub targets: Vec<Target>,
}

/// See the module's description.
#[derive(Default)]
pub struct Links {
    /// Names of functions by their numbers.
    pub names: BTreeMap<u32, String>,
    /// What each function refers to.
    pub functions: BTreeMap<u32, Vec<Target>>,
    /// Constants and variables, none within another.
    pub data: Vec<Data>,
    /// What data refer to that belong to no symbol.
    pub loose: Vec<Target>,
}

/// A range of bytes of the file and what it holds.
type Place<T> = (Range<usize>, T);

impl Links {
    pub fn read(wasm: &[u8]) -> Result<Links> {
        let mut links = Links::default();
        let (mut imported, mut code_start, mut data_start) = (0, 0, 0);
        let mut bodies: Vec<Place<u32>> = Vec::new();
        let mut segments: Vec<Place<u32>> = Vec::new();
        let mut symbols = Vec::new();
        let mut relocations: Vec<(bool, Vec<RelocationEntry>)> = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        imported += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionStart { range, .. } => code_start = range.start,
                Payload::CodeSectionEntry(body) => bodies.push((body.range(), imported + bodies.len() as u32)),
                Payload::DataSection(section) => {
                    data_start = section.range().start;
                    for segment in section {
                        let segment = segment?;
                        let start = segment.range.end - segment.data.len();
                        segments.push((start..segment.range.end, address(&segment.kind)?));
                    }
                }
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Name(names) => links.names = function_names(names)?,
                    KnownCustom::Linking(linking) => {
                        for subsection in linking.subsections() {
                            if let Linking::SymbolTable(table) = subsection? {
                                symbols = table.into_iter().collect::<wasmparser::Result<_>>()?;
                            }
                        }
                    }
                    KnownCustom::Reloc(section_of) if section.name() == "reloc.CODE" => {
                        relocations.push((true, section_of.entries().into_iter().collect::<wasmparser::Result<_>>()?));
                    }
                    KnownCustom::Reloc(section_of) if section.name() == "reloc.DATA" => {
                        relocations.push((false, section_of.entries().into_iter().collect::<wasmparser::Result<_>>()?));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        if symbols.is_empty() || relocations.len() != 2 {
            bail!("the linker left no relocations; link with --emit-relocs");
        }
        let by_symbol = links.take_data(&symbols, &segments);
        for (in_code, entries) in relocations {
            for entry in entries {
                let Some(target) = target(&entry, &symbols, &by_symbol) else { continue };
                if in_code {
                    let function =
                        *at(&bodies, code_start + entry.offset as usize).context("code outside of functions")?.1;
                    links.functions.entry(function).or_default().push(target);
                } else {
                    let offset = data_start + entry.offset as usize;
                    let (segment, base) = at(&segments, offset).context("data outside of segments")?;
                    let address = base + (offset - segment.start) as u32;
                    match links.data_at(address) {
                        Some(data) => links.data[data].targets.push(target),
                        None => links.loose.push(target),
                    }
                }
            }
        }
        Ok(links)
    }

    /// Notes constants and variables, with those that share bytes as one; gives the place of each symbol's.
    fn take_data(&mut self, symbols: &[SymbolInfo], segments: &[Place<u32>]) -> Vec<Option<usize>> {
        let place = |symbol: &SymbolInfo| match symbol {
            SymbolInfo::Data { symbol: Some(defined), .. } => {
                let start = segments.get(defined.index as usize)?.1 + defined.offset;
                Some(start..start + defined.size)
            }
            _ => None,
        };
        let mut places: Vec<Range<u32>> = symbols.iter().filter_map(place).filter(|place| !place.is_empty()).collect();
        places.sort_by_key(|place| place.start);
        for place in places {
            match self.data.last_mut() {
                Some(last) if place.start < last.place.end => last.place.end = last.place.end.max(place.end),
                _ => self.data.push(Data { place, targets: Vec::new() }),
            }
        }
        symbols.iter().map(|symbol| self.data_at(place(symbol)?.start)).collect()
    }

    fn data_at(&self, address: u32) -> Option<usize> {
        let next = self.data.partition_point(|data| data.place.start <= address);
        let before = next.checked_sub(1)?;
        self.data[before].place.contains(&address).then_some(before)
    }
}

/// What a relocation refers to; none if it is a direct call, a type or the stack.
fn target(entry: &RelocationEntry, symbols: &[SymbolInfo], by_symbol: &[Option<usize>]) -> Option<Target> {
    match (entry.ty, symbols.get(entry.index as usize)) {
        (RelocationType::TableIndexSleb | RelocationType::TableIndexI32, Some(SymbolInfo::Func { index, .. })) => {
            Some(Target::Function(*index))
        }
        (RelocationType::MemoryAddrLeb | RelocationType::MemoryAddrSleb | RelocationType::MemoryAddrI32, Some(_)) => {
            by_symbol[entry.index as usize].map(Target::Data)
        }
        _ => None,
    }
}

/// The place that holds a byte of the file.
fn at<T>(places: &[Place<T>], offset: usize) -> Option<(&Range<usize>, &T)> {
    let next = places.partition_point(|(range, _)| range.start <= offset);
    let (range, value) = &places[next.checked_sub(1)?];
    range.contains(&offset).then_some((range, value))
}

/// Where in memory a segment lies.
fn address(kind: &DataKind) -> Result<u32> {
    if let DataKind::Active { offset_expr, .. } = kind
        && let Operator::I32Const { value } = offset_expr.get_operators_reader().read()?
    {
        return Ok(value as u32);
    }
    bail!("a segment of data has no constant address")
}

fn function_names(names: wasmparser::NameSectionReader) -> Result<BTreeMap<u32, String>> {
    let mut found = BTreeMap::new();
    for part in names {
        if let wasmparser::Name::Function(functions) = part? {
            for naming in functions {
                let naming = naming?;
                found.insert(naming.index, naming.name.to_owned());
            }
        }
    }
    Ok(found)
}
