//! Takes what only one lab needs out of the linked engine, into a chunk of its own that a page loads when that lab is
//! opened. A chunk shares the engine's memory, function table and stack; it brings its functions, their places in the
//! table, and its constants, and imports from the engine what it calls there.
//!
//! What a lab needs follows from what refers to what: everything that is reached from the function that opens the lab, and
//! not without opening one. Functions that a third of the labs need stay in the engine; others are in the chunk of each lab
//! that needs them, which is right whichever of them a place in the table holds. Variables must not begin anew with the next chunk, so
//! data of several labs stay in the engine.

mod links;

use anyhow::{Context, Result, ensure};
use links::{Links, Target};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use walrus::ir::{Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, DataId, DataKind, Element, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId,
    FunctionKind, GlobalKind, ImportedFunction, LocalFunction, Module, ModuleConfig, TableId,
};

/// Under which name a chunk imports from the engine.
const ENGINE: &str = "engine";

/// A part of the engine that is loaded when it is needed.
pub struct Chunk {
    pub name: String,
    pub wasm: Vec<u8>,
}

/// Functions of the engine by number, which is the same in each parse of the same bytes, followed by constants and
/// variables; with what each refers to.
struct Graph {
    refers: Vec<Vec<usize>>,
    /// What must be there: exports, what is called before anything else, and what nobody is seen to refer to.
    roots: Vec<usize>,
}

/// Splits the engine into what all need and chunks. `linked` is what the linker made, with relocations; `engine` the same
/// after wasm-bindgen; `doors` name each chunk and the function through which alone it is entered.
pub fn split(linked: &[u8], engine: &[u8], doors: &[(String, String)]) -> Result<(Vec<u8>, Vec<Chunk>)> {
    let links = Links::read(linked).context("the engine's relocations cannot be read")?;
    let mut module = parse(engine)?;
    let ids: Vec<FunctionId> = module.funcs.iter().map(walrus::Function::id).collect();
    let entries = doors.iter().map(|(_, door)| find(&module, &ids, door)).collect::<Result<Vec<_>>>()?;
    let graph = Graph::of(&module, &ids, &links, &entries);

    let none = BTreeSet::new();
    let needed_by_all = graph.reached(&graph.roots, &entries, &none);
    let reached: Vec<_> = entries.iter().map(|entry| graph.reached(&[*entry], &[], &needed_by_all)).collect();
    let mut reached_by = vec![0; graph.refers.len()];
    for node in reached.iter().flatten() {
        reached_by[*node] += 1;
    }
    let owns = |node: &usize| match ids.get(*node) {
        Some(id) => reached_by[*node] * 3 < doors.len() && matches!(module.funcs.get(*id).kind, FunctionKind::Local(_)),
        None => reached_by[*node] == 1,
    };
    let owned: Vec<BTreeSet<usize>> =
        reached.iter().map(|reached| reached.iter().copied().filter(owns).collect()).collect();

    let mut exported = BTreeMap::new();
    for owned in &owned {
        for caller in owned.range(..ids.len()) {
            for callee in called(&module, &ids, *caller).into_iter().filter(|callee| !owned.contains(callee)) {
                let next = exported.len();
                exported.entry(callee).or_insert_with(|| short(next));
            }
        }
    }
    let mut chunks = Vec::new();
    for ((name, _), owned) in doors.iter().zip(&owned) {
        chunks.push(Chunk { name: name.clone(), wasm: chunk(engine, owned, &links, &exported)? });
    }
    for (name, item) in shared(&module) {
        module.exports.add(&name, item);
    }
    for (function, name) in &exported {
        module.exports.add(name, ids[*function]);
    }
    take_out(&mut module, &ids, &owned, &links);
    Ok((emit(module), chunks))
}

fn parse(wasm: &[u8]) -> Result<Module> {
    let mut module = ModuleConfig::new()
        .generate_producers_section(false)
        .parse(wasm)
        .context("the engine cannot be taken apart")?;
    // What the linker left is of no use to anybody else.
    for section in ["linking", "reloc.CODE", "reloc.DATA"] {
        module.customs.remove_raw(section);
    }
    Ok(module)
}

/// A short name for a number: 0 … 9, a … z, 10 … zz, …
fn short(number: usize) -> String {
    let last = char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[number % 36]);
    if number < 36 { last.to_string() } else { format!("{}{last}", short(number / 36)) }
}

/// The bytes of a module. Names of functions are as they are read by people: in the order of these, by which the optimiser
/// lays functions out, the copies of a generic one lie side by side and compress well.
fn emit(mut module: Module) -> Vec<u8> {
    for name in module.funcs.iter_mut().filter_map(|function| function.name.as_mut()) {
        *name = demangled(name);
    }
    module.emit_wasm()
}

fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// The function of a path such as `petri::labs::grokking::open`.
fn find(module: &Module, ids: &[FunctionId], path: &str) -> Result<usize> {
    let named = |id: &FunctionId| module.funcs.get(*id).name.as_deref().is_some_and(|name| demangled(name) == path);
    ids.iter().position(named).with_context(|| format!("the engine has no function {path}"))
}

/// The functions that a function calls, or has as an operand.
fn called(module: &Module, ids: &[FunctionId], function: usize) -> BTreeSet<usize> {
    struct Names(BTreeSet<FunctionId>);
    impl<'instr> Visitor<'instr> for Names {
        fn visit_function_id(&mut self, function: &FunctionId) {
            self.0.insert(*function);
        }
    }
    let mut names = Names(BTreeSet::new());
    if let FunctionKind::Local(body) = &module.funcs.get(ids[function]).kind {
        dfs_in_order(&mut names, body, LocalFunction::entry_block(body));
    }
    names.0.iter().filter_map(|id| ids.binary_search(id).ok()).collect()
}

impl Graph {
    fn of(module: &Module, ids: &[FunctionId], links: &Links, entries: &[usize]) -> Graph {
        let functions = ids.len();
        // wasm-bindgen numbers functions anew, and keeps their names; several may have the same.
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, id) in ids.iter().enumerate() {
            if let Some(name) = module.funcs.get(*id).name.as_deref() {
                by_name.entry(name).or_default().push(number);
            }
        }
        let now = |before: &u32| {
            let numbers = links.names.get(before).and_then(|name| by_name.get(name.as_str()));
            numbers.map(Vec::as_slice).unwrap_or_default()
        };
        let nodes = |targets: &[Target]| -> Vec<usize> {
            let node = |target: &Target| match target {
                Target::Function(function) => now(function).to_vec(),
                Target::Data(data) => vec![functions + data],
            };
            targets.iter().flat_map(node).collect()
        };
        let mut refers: Vec<Vec<usize>> =
            (0..functions).map(|function| called(module, ids, function).into_iter().collect()).collect();
        for (function, targets) in &links.functions {
            for number in now(function) {
                refers[*number].extend(nodes(targets));
            }
        }
        refers.extend(links.data.iter().map(|data| nodes(&data.targets)));

        let mut roots = nodes(&links.loose);
        roots.extend(module.exports.iter().filter_map(|export| match export.item {
            ExportItem::Function(id) => ids.binary_search(&id).ok(),
            _ => None,
        }));
        roots.extend(module.start.and_then(|id| ids.binary_search(&id).ok()));
        let mut graph = Graph { refers, roots };
        let from_all = [graph.roots.as_slice(), entries].concat();
        let seen = graph.reached(&from_all, &[], &BTreeSet::new());
        graph.roots.extend((0..functions).filter(|function| !seen.contains(function)));
        graph
    }

    /// What is reached from `starts` without entering any of `closed`, or anything of `without`.
    fn reached(&self, starts: &[usize], closed: &[usize], without: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut open = starts.to_vec();
        while let Some(node) = open.pop() {
            if !closed.contains(&node) && !without.contains(&node) && reached.insert(node) {
                open.extend(&self.refers[node]);
            }
        }
        reached
    }
}

/// The addresses of what a chunk brings of memory.
fn memory(owned: &BTreeSet<usize>, functions: usize, links: &Links) -> Vec<Range<u32>> {
    owned.range(functions..).map(|node| links.data[node - functions].place.clone()).collect()
}

/// Where the bytes of some addresses are; nowhere if they are zeros, with which memory begins.
fn bytes_at(module: &Module, place: &Range<u32>) -> Option<(DataId, Range<usize>)> {
    module.data.iter().find_map(|data| {
        let DataKind::Active { offset: ConstExpr::Value(Value::I32(start)), .. } = data.kind else { return None };
        let first = place.start.checked_sub(start as u32)? as usize;
        let bytes = first..first + place.len();
        (bytes.end <= data.value.len()).then(|| (data.id(), bytes))
    })
}

/// The module of a chunk: its functions, their places in the table, its constants; all else comes from the engine.
fn chunk(engine: &[u8], owned: &BTreeSet<usize>, links: &Links, exported: &BTreeMap<usize, String>) -> Result<Vec<u8>> {
    let mut module = parse(engine)?;
    let ids: Vec<FunctionId> = module.funcs.iter().map(walrus::Function::id).collect();
    for export in module.exports.iter().map(walrus::Export::id).collect::<Vec<_>>() {
        module.exports.delete(export);
    }
    module.start = None;
    for section in module.customs.iter().map(|(id, _)| id).collect::<Vec<_>>() {
        module.customs.delete(section);
    }
    keep_data(&mut module, &memory(owned, ids.len(), links));
    fill_places(&mut module, &owned.range(..ids.len()).map(|function| ids[*function]).collect());
    for (number, name) in exported {
        let function = ids[*number];
        let ty = module.funcs.get(function).ty();
        if let FunctionKind::Import(import) = &module.funcs.get(function).kind {
            let import = module.imports.get_mut(import.import);
            (import.module, import.name) = (ENGINE.to_owned(), name.clone());
        } else if !owned.contains(number) {
            let import = module.imports.add(ENGINE, name, function);
            module.funcs.get_mut(function).kind = FunctionKind::Import(ImportedFunction { import, ty });
        }
    }
    for (name, item) in shared(&module) {
        match item {
            ExportItem::Memory(id) => module.memories.get_mut(id).import = Some(module.imports.add(ENGINE, &name, id)),
            ExportItem::Table(id) => module.tables.get_mut(id).import = Some(module.imports.add(ENGINE, &name, id)),
            ExportItem::Global(id) => {
                module.globals.get_mut(id).kind = GlobalKind::Import(module.imports.add(ENGINE, &name, id));
            }
            ExportItem::Function(_) | ExportItem::Tag(_) => {}
        }
    }
    walrus::passes::gc::run(&mut module);
    ensure!(module.imports.iter().all(|import| import.module == ENGINE), "a chunk would import from the page");
    Ok(emit(module))
}

/// Leaves a chunk the bytes that it brings, as few segments as there are rows of them.
fn keep_data(module: &mut Module, places: &[Range<u32>]) {
    let mut rows: Vec<(u32, Vec<u8>)> = Vec::new();
    for place in places {
        let Some((data, bytes)) = bytes_at(module, place) else { continue };
        let bytes = &module.data.get(data).value[bytes];
        match rows.last_mut() {
            Some((start, row)) if *start + row.len() as u32 == place.start => row.extend_from_slice(bytes),
            _ => rows.push((place.start, bytes.to_vec())),
        }
    }
    for data in module.data.iter().map(walrus::Data::id).collect::<Vec<_>>() {
        module.data.delete(data);
    }
    let Some(memory) = module.memories.iter().next().map(walrus::Memory::id) else { return };
    module.memories.get_mut(memory).data_segments.clear();
    for (start, row) in rows {
        let data =
            module.data.add(DataKind::Active { memory, offset: ConstExpr::Value(Value::I32(start as i32)) }, row);
        module.memories.get_mut(memory).data_segments.insert(data);
    }
}

/// Leaves a chunk the places of the function table that it fills, as few segments as there are rows of them.
fn fill_places(module: &mut Module, owned: &BTreeSet<FunctionId>) {
    let mut rows: Vec<(TableId, i32, Vec<FunctionId>)> = Vec::new();
    for (table, start, functions) in module.elements.iter().filter_map(places) {
        for (place, function) in (start..).zip(functions).filter(|(_, function)| owned.contains(function)) {
            match rows.last_mut() {
                Some((of, first, row)) if *of == table && *first + row.len() as i32 == place => row.push(*function),
                _ => rows.push((table, place, vec![*function])),
            }
        }
    }
    for element in module.elements.iter().map(Element::id).collect::<Vec<_>>() {
        module.elements.delete(element);
    }
    for table in module.tables.iter().map(walrus::Table::id).collect::<Vec<_>>() {
        module.tables.get_mut(table).elem_segments.clear();
    }
    for (table, start, row) in rows {
        let kind = ElementKind::Active { table, offset: ConstExpr::Value(Value::I32(start)) };
        let element = module.elements.add(kind, ElementItems::Functions(row));
        module.tables.get_mut(table).elem_segments.insert(element);
    }
}

/// Removes what chunks have. Their places in the table hold a function that nobody calls until a chunk fills them; their
/// bytes are zeros, which the optimiser leaves out.
fn take_out(module: &mut Module, ids: &[FunctionId], owned: &[BTreeSet<usize>], links: &Links) {
    let mut nothing = FunctionBuilder::new(&mut module.types, &[], &[]);
    nothing.name("not loaded".to_owned()).func_body().unreachable();
    let nothing = nothing.finish(Vec::new(), &mut module.funcs);
    let taken: BTreeSet<FunctionId> =
        owned.iter().flat_map(|owned| owned.range(..ids.len())).map(|function| ids[*function]).collect();
    for element in module.elements.iter_mut() {
        if let ElementItems::Functions(functions) = &mut element.items {
            functions.iter_mut().filter(|function| taken.contains(*function)).for_each(|function| *function = nothing);
        }
    }
    for place in owned.iter().flat_map(|owned| memory(owned, ids.len(), links)) {
        if let Some((data, bytes)) = bytes_at(module, &place) {
            module.data.get_mut(data).value[bytes].fill(0);
        }
    }
    walrus::passes::gc::run(module);
}

/// A segment that fills places of a function table: the table, the first place, the functions.
fn places(element: &Element) -> Option<(TableId, i32, &[FunctionId])> {
    match (&element.kind, &element.items) {
        (
            ElementKind::Active { table, offset: ConstExpr::Value(Value::I32(start)) },
            ElementItems::Functions(functions),
        ) => Some((*table, *start, functions)),
        _ => None,
    }
}

/// What engine and chunks have in common beside functions, under the names by which it is handed over.
fn shared(module: &Module) -> Vec<(String, ExportItem)> {
    let memories = module.memories.iter().enumerate().map(|(at, memory)| (format!("memory{at}"), memory.id().into()));
    let tables = module.tables.iter().enumerate().map(|(at, table)| (format!("table{at}"), table.id().into()));
    let globals = module.globals.iter().enumerate().map(|(at, global)| (format!("global{at}"), global.id().into()));
    memories.chain(tables).chain(globals).collect()
}
