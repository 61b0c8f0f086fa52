//! Recurrence: a body that is planned once and run for each step, so that hundreds of steps cost the plan of one.
//!
//! The body is a graph of its own. Its reverse pass is another scan, in the other direction, which carries the
//! gradients of the carries and the sums of the gradients of everything that all steps share; what it needs of the
//! forward pass are the carries before each step, which a scan records. So it can be differentiated again.

use crate::graph::{DType, Entry, Error, Func, Graph, Leaf, Op, Result, Role, Type, Var, elements};
use crate::plan::{IndexMap, Lowering, Value};
use crate::replicate::replicate;
use std::sync::{Arc, Mutex, PoisonError};

/// In which order a scan takes its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Row 0 first.
    Forwards,
    /// The last row first.
    Backwards,
}

/// What a scan gives.
#[derive(Clone, Debug)]
pub struct Scanned {
    /// Each carry after every step, `[steps, shape..]`; row t is what step t made, whatever the direction.
    pub carries: Vec<Var>,
    /// Each carry after the step that came last.
    pub last: Vec<Var>,
    /// What the body gave beside them at each step, `[steps, shape..]`.
    pub outputs: Vec<Var>,
}

/// One step, as a graph whose leaves stand for what it is given.
#[derive(Clone)]
struct Body {
    graph: Graph,
    carries: Vec<Var>,
    rows: Vec<Var>,
    shared: Vec<Var>,
    next: Vec<Var>,
    outputs: Vec<Var>,
}

/// A body with the number and order of its steps. Shared by the operations that stand for its results.
pub(crate) struct Recurrence {
    body: Body,
    steps: usize,
    direction: Direction,
    /// Of which carries every step is kept, instead of the last one only.
    recorded: Vec<bool>,
    /// Leading axes that stand before the axis of steps in rows and results.
    lifted: usize,
    /// One step with its counter: what is planned.
    step: (Graph, Entry),
    /// The same for more copies, and with all carries recorded, once they have been asked for: results that were made
    /// of one recurrence are then again results of one.
    lifts: Mutex<Vec<(usize, Arc<Recurrence>)>>,
    twin: Mutex<Option<Arc<Recurrence>>>,
}

/// Where the rows of a carry or an output lie in the memory of a recurrence, which holds all of them one after the other.
pub(crate) struct Section {
    /// Elements before it.
    pub offset: usize,
    /// Elements of a row.
    pub size: usize,
    /// Number of rows: of a recorded carry one more than steps, the first or last of which is where it begins; of
    /// another carry one; of an output as many as steps.
    pub rows: usize,
}

/// What is wanted of a recurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// A carry after every step.
    After(usize),
    /// A carry before every step.
    Before(usize),
    /// A carry at the end.
    Last(usize),
    /// An output at every step.
    Output(usize),
}

impl Piece {
    fn number(self) -> usize {
        match self {
            Piece::After(carry) => 4 * carry,
            Piece::Before(carry) => 4 * carry + 1,
            Piece::Last(carry) => 4 * carry + 2,
            Piece::Output(output) => 4 * output + 3,
        }
    }

    fn of_number(number: usize) -> Piece {
        let kinds = [Piece::After, Piece::Before, Piece::Last, Piece::Output];
        kinds[number % 4](number / 4)
    }
}

impl Body {
    /// Builds the step into `g`.
    fn place(&self, g: &mut Graph, carries: &[Var], rows: &[Var], shared: &[Var]) -> Result<(Vec<Var>, Vec<Var>)> {
        let mut made: Vec<Option<Var>> = vec![None; self.graph.nodes().len()];
        let leaves = self.carries.iter().chain(&self.rows).chain(&self.shared);
        for (leaf, &var) in leaves.zip(carries.iter().chain(rows).chain(shared)) {
            made[leaf.index()] = Some(var);
        }
        let get = |made: &[Option<Var>], var: Var| made[var.index()].expect("operands come first");
        for (index, node) in self.graph.nodes().iter().enumerate() {
            if made[index].is_none() {
                let inputs: Vec<Var> = node.inputs.iter().map(|&input| get(&made, input)).collect();
                made[index] = Some(g.scoped(&node.label, |g| g.apply(node.op.clone(), &inputs))?);
            }
        }
        let all = |vars: &[Var]| vars.iter().map(|&var| get(&made, var)).collect();
        Ok((all(&self.next), all(&self.outputs)))
    }

    fn types<'a>(&'a self, vars: &'a [Var]) -> impl Iterator<Item = &'a Type> {
        vars.iter().map(|&var| self.graph.ty(var))
    }
}

impl Recurrence {
    fn new(body: Body, steps: usize, direction: Direction, recorded: Vec<bool>, lifted: usize) -> Result<Arc<Self>> {
        let step = step(&body, steps, direction)?;
        let (lifts, twin) = Default::default();
        Ok(Arc::new(Recurrence { body, steps, direction, recorded, lifted, step, lifts, twin }))
    }

    pub(crate) fn steps(&self) -> usize {
        self.steps
    }

    pub(crate) fn backwards(&self) -> bool {
        self.direction == Direction::Backwards
    }

    /// The graph of one step and its entry. Leaves: the counter of steps, the carries, the operands with all rows, what
    /// is shared. The entry assigns counter and carries; its outputs are those of the body.
    pub(crate) fn step(&self) -> &(Graph, Entry) {
        &self.step
    }

    pub(crate) fn carries(&self) -> usize {
        self.body.carries.len()
    }

    /// First those of the carries, then those of the outputs.
    pub(crate) fn sections(&self) -> Vec<Section> {
        let mut offset = 0;
        let carries = self.recorded.iter().map(|&recorded| if recorded { self.steps + 1 } else { 1 });
        let rows = carries.chain(std::iter::repeat(self.steps));
        let made = self.body.types(&self.body.next).chain(self.body.types(&self.body.outputs));
        let section = |(ty, rows): (&Type, usize)| {
            let section = Section { offset, size: ty.elements(), rows };
            offset += section.size * rows;
            section
        };
        made.zip(rows).map(section).collect()
    }

    /// The row of a recorded carry that holds where it begins.
    pub(crate) fn first_row(&self) -> usize {
        if self.backwards() { self.steps } else { 0 }
    }

    /// The row of a section that step 0 writes; step t writes t rows later.
    pub(crate) fn row_of_step_0(&self, section: usize) -> usize {
        usize::from(section < self.carries() && !self.backwards())
    }

    /// The section that holds a piece, its first row, and whether it has one for each step.
    fn locate(&self, piece: Piece) -> (usize, usize, bool) {
        match piece {
            Piece::After(carry) => (carry, self.row_of_step_0(carry), true),
            Piece::Before(carry) => (carry, 1 - self.row_of_step_0(carry), true),
            Piece::Last(carry) if self.recorded[carry] => (carry, self.steps - self.first_row(), false),
            Piece::Last(carry) => (carry, 0, false),
            Piece::Output(output) => (self.carries() + output, 0, true),
        }
    }

    /// Type of a piece without the axis of steps.
    fn of_step(&self, piece: Piece) -> &Type {
        self.body.graph.ty(match piece {
            Piece::After(carry) | Piece::Before(carry) | Piece::Last(carry) => self.body.next[carry],
            Piece::Output(output) => self.body.outputs[output],
        })
    }

    fn lift(&self, copies: usize) -> Arc<Recurrence> {
        let mut lifts = self.lifts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, lift)) = lifts.iter().find(|(known, _)| *known == copies) {
            return lift.clone();
        }
        let body = &self.body;
        let made = body.next.iter().chain(&body.outputs).map(|&var| (String::new(), var)).collect();
        let entry = Entry { outputs: made, ..Entry::default() };
        let zeros = |leaf: &Leaf, _| Some(vec![0.0; elements(&leaf.ty.shape)]);
        let (mut graph, entries) = replicate(&body.graph, &[entry], copies, zeros).expect("every operation lifts");
        let old = body.next.iter().chain(&body.outputs);
        let made = old.zip(&entries[0].outputs).map(|(&old, &(_, new))| {
            // What no leaf enters is still without the axis.
            let shape = [&[copies], body.graph.shape(old)].concat();
            graph.broadcast_to(new, &shape).expect("one more axis")
        });
        let mut made: Vec<Var> = made.collect();
        let outputs = made.split_off(body.next.len());
        let position = |node: &crate::graph::Node, leaf| node.leaf == Some(leaf);
        let new = |old: &Var| {
            let leaf = body.graph.node(*old).leaf.expect("a placeholder is a leaf");
            let index = graph.nodes().iter().position(|node| position(node, leaf)).expect("as many leaves as before");
            Var(index as u32)
        };
        let vars = |old: &[Var]| -> Vec<Var> { old.iter().map(new).collect() };
        let (carries, rows, shared) = (vars(&body.carries), vars(&body.rows), vars(&body.shared));
        let body = Body { carries, rows, shared, next: made, outputs, graph };
        let lift = Recurrence::new(body, self.steps, self.direction, self.recorded.clone(), self.lifted + 1);
        let lift = lift.expect("a lifted body fits as the body did");
        lifts.push((copies, lift.clone()));
        lift
    }

    /// The same with all carries recorded.
    fn twin(&self) -> Result<Arc<Recurrence>> {
        let mut twin = self.twin.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(twin) = &*twin {
            return Ok(twin.clone());
        }
        let all = vec![true; self.recorded.len()];
        let made = Recurrence::new(self.body.clone(), self.steps, self.direction, all, self.lifted)?;
        Ok(twin.insert(made).clone())
    }
}

/// The body with a counter: rows are taken by it, carries are assigned.
fn step(body: &Body, steps: usize, direction: Direction) -> Result<(Graph, Entry)> {
    let mut g = Graph::new();
    let mut leaf =
        |name: &str, ty: Type| g.add_leaf(Leaf { name: name.into(), role: Role::State, ty, initial: Vec::new() });
    let counter = leaf("counter", Type::u32([]));
    let carries: Vec<Var> = body.types(&body.carries).map(|ty| leaf("carry", ty.clone())).collect();
    let whole = |ty: &Type| Type { shape: [&[steps], &ty.shape[..]].concat(), dtype: ty.dtype };
    let rows: Vec<Var> = body.types(&body.rows).map(|ty| leaf("rows", whole(ty))).collect();
    let shared: Vec<Var> = body.types(&body.shared).map(|ty| leaf("shared", ty.clone())).collect();
    let one = g.constant_u32(1, &[])?;
    let next_counter = g.elementwise(Func::AddU32, &[counter, one])?;
    let at = match direction {
        Direction::Forwards => counter,
        Direction::Backwards => {
            // steps − 1 − counter, modulo 2³².
            let (last, minus) = (g.constant_u32(steps as u32 - 1, &[])?, g.constant_u32(u32::MAX, &[])?);
            let back = g.elementwise(Func::MulU32, &[counter, minus])?;
            g.elementwise(Func::AddU32, &[last, back])?
        }
    };
    let rows = rows.iter().map(|&rows| g.take(rows, at, 0)).collect::<Result<Vec<Var>>>()?;
    let (next, outputs) = body.place(&mut g, &carries, &rows, &shared)?;
    let mut assigns: Vec<(Var, Var)> = carries.into_iter().zip(next).collect();
    assigns.push((counter, next_counter));
    let outputs = outputs.into_iter().map(|output| ("output".to_owned(), output)).collect();
    Ok((g, Entry { name: "step".into(), outputs, assigns }))
}

/// One piece of a recurrence. Operations on the same inputs are one scan. Inputs: first carries, rows `[steps, ..]`, what
/// is shared.
struct Scan {
    recurrence: Arc<Recurrence>,
    piece: Piece,
}

/// The shape with an axis of steps after the first `lifted` axes.
fn with_steps(shape: &[usize], lifted: usize, steps: usize) -> Vec<usize> {
    [&shape[..lifted], &[steps], &shape[lifted..]].concat()
}

impl Op for Scan {
    fn name(&self) -> String {
        let Recurrence { steps, direction, body, .. } = &*self.recurrence;
        let direction = if *direction == Direction::Forwards { "forwards" } else { "backwards" };
        format!("scan {steps} steps {direction} of {} nodes, {:?}", body.graph.nodes().len(), self.piece)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let Recurrence { body, steps, lifted, .. } = &*self.recurrence;
        let carries = body.types(&body.carries).cloned();
        let shape = |ty: &Type| with_steps(&ty.shape, *lifted, *steps);
        let rows = body.types(&body.rows).map(|ty| Type { shape: shape(ty), dtype: ty.dtype });
        let wanted = carries.chain(rows).chain(body.types(&body.shared).cloned());
        for (position, (wanted, given)) in wanted.zip(inputs).enumerate() {
            if wanted != **given {
                let message = format!("operand {position} is {given:?}, the body was built for {wanted:?}");
                return Err(Error::new("", message, "build the body for these operands"));
            }
        }
        let ty = self.recurrence.of_step(self.piece).clone();
        let (_, _, rows) = self.recurrence.locate(self.piece);
        let shape = if rows { with_steps(&ty.shape, *lifted, *steps) } else { ty.shape };
        Ok(Type { shape, dtype: ty.dtype })
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let Recurrence { body, steps, lifted, .. } = &*self.recurrence;
        let mut interpreter = crate::reference::Reference::new(&body.graph);
        let leaf = |var: Var| body.graph.node(var).leaf.expect("a placeholder is a leaf");
        let (carries, rest) = inputs.split_at(body.carries.len());
        let (rows, shared) = rest.split_at(body.rows.len());
        for (&var, value) in body.carries.iter().zip(carries).chain(body.shared.iter().zip(shared)) {
            interpreter.leaves[leaf(var)] = value.to_vec();
        }
        // The axis of steps stands behind `outer` elements of the lifted axes.
        let outer: usize = output.shape[..*lifted].iter().product();
        let size = self.recurrence.of_step(self.piece).elements() / outer.max(1);
        let mut result = vec![0.0; output.elements()];
        let mut put = |step: usize, value: &[f64]| {
            for o in 0..outer {
                result[(o * steps + step) * size..][..size].copy_from_slice(&value[o * size..][..size]);
            }
        };
        let results = [&body.next[..], &body.outputs[..]].concat();
        for count in 0..*steps {
            let step = if self.recurrence.backwards() { steps - 1 - count } else { count };
            for (position, (&var, all)) in body.rows.iter().zip(rows).enumerate() {
                let size = types[body.carries.len() + position].elements() / steps / outer.max(1);
                let parts = (0..outer).flat_map(|o| &all[(o * steps + step) * size..][..size]);
                interpreter.leaves[leaf(var)] = parts.copied().collect();
            }
            if let Piece::Before(carry) = self.piece {
                put(step, &interpreter.leaves[leaf(body.carries[carry])]);
            }
            let values = interpreter.evaluate(&results);
            match self.piece {
                Piece::After(carry) => put(step, &values[carry]),
                Piece::Output(output) => put(step, &values[body.carries.len() + output]),
                Piece::Before(_) | Piece::Last(_) => {}
            }
            for (&var, value) in body.carries.iter().zip(values) {
                interpreter.leaves[leaf(var)] = value;
            }
        }
        match self.piece {
            Piece::Last(carry) => interpreter.leaves[leaf(body.carries[carry])].clone(),
            _ => result,
        }
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        self.vjp_of_all(g, inputs, &[(self.piece.number(), grad)])
    }
    fn result_of(&self) -> Option<(usize, usize)> {
        Some((Arc::as_ptr(&self.recurrence) as usize, self.piece.number()))
    }
    fn vjp_of_all(&self, g: &mut Graph, inputs: &[Var], gradients: &[(usize, Var)]) -> Result<Vec<Option<Var>>> {
        let gradients: Vec<(Piece, Var)> =
            gradients.iter().map(|&(which, var)| (Piece::of_number(which), var)).collect();
        reverse(&self.recurrence, g, inputs, &gradients)
    }
    fn lower(&self, l: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let Recurrence { body, steps, lifted, .. } = &*self.recurrence;
        let (carries, rest) = inputs.split_at(body.carries.len());
        let (rows, shared) = rest.split_at(body.rows.len());
        // The axis of steps first: each step's part lies in one piece then.
        let mut operands = carries.to_vec();
        for &rows in rows {
            let mut order: Vec<usize> = (0..l.shape(rows).len()).collect();
            order[..=*lifted].rotate_right(1);
            operands.push(l.permute(rows, &order));
        }
        operands.extend(shared);
        let whole = l.scan(&self.recurrence, operands);
        let (section, first, rows) = self.recurrence.locate(self.piece);
        let Section { offset, size, .. } = self.recurrence.sections().swap_remove(section);
        let mut map = IndexMap::identity(1);
        map.offset[0] = (offset + first * size) as i64;
        if !rows {
            let line = l.view(whole, map, &[size]);
            return l.reshape(line, &output.shape);
        }
        let line = l.view(whole, map, &[steps * size]);
        let shape = [&[*steps], &self.recurrence.of_step(self.piece).shape[..]].concat();
        let value = l.reshape(line, &shape);
        let mut order: Vec<usize> = (0..shape.len()).collect();
        order[..=*lifted].rotate_left(1);
        l.permute(value, &order)
    }
    fn lift(&self, copies: usize) -> Arc<dyn Op> {
        Arc::new(Scan { recurrence: self.recurrence.lift(copies), piece: self.piece })
    }
}

/// The reverse pass for the gradients of some pieces.
fn reverse(
    recurrence: &Arc<Recurrence>,
    g: &mut Graph,
    inputs: &[Var],
    gradients: &[(Piece, Var)],
) -> Result<Vec<Option<Var>>> {
    let Recurrence { body, lifted, steps, .. } = &**recurrence;
    let (first, rest) = inputs.split_at(body.carries.len());
    let (rows, shared) = rest.split_at(body.rows.len());
    let differentiable = |g: &Graph, var: &Var| g.ty(*var).dtype == DType::F32;
    let to_front = |g: &mut Graph, var: Var| g.move_axis(var, *lifted, 0);

    // Gradients that come in at every step: of what is made, first carries, then outputs. A carry before a step is that
    // after another, or where it began.
    let mut of_made: Vec<Option<Var>> = vec![None; body.next.len() + body.outputs.len()];
    let mut of_start: Vec<Option<Var>> = vec![None; first.len()];
    let mut add = |g: &mut Graph, made: usize, part: Var| -> Result<()> {
        of_made[made] = Some(of_made[made].map_or(Ok(part), |sum| g.add(sum, part))?);
        Ok(())
    };
    for &(piece, gradient) in gradients {
        match piece {
            Piece::After(carry) => {
                let part = to_front(g, gradient)?;
                add(g, carry, part)?;
            }
            Piece::Output(output) => {
                let part = to_front(g, gradient)?;
                add(g, body.next.len() + output, part)?;
            }
            Piece::Before(carry) => {
                let rows = to_front(g, gradient)?;
                let zeros = g.constant(0.0, &[&[1], &body.graph.ty(body.next[carry]).shape[..]].concat())?;
                let (start, others, zeros_last) =
                    if recurrence.backwards() { (steps - 1, 0, false) } else { (0, 1, true) };
                let row = g.slice(rows, 0, start, 1, 1)?;
                of_start[carry] = Some(g.squeeze(row, 0)?);
                let others = g.slice(rows, 0, others, 1, steps - 1)?;
                let part = g.concatenate(&if zeros_last { [others, zeros] } else { [zeros, others] }, 0)?;
                add(g, carry, part)?;
            }
            Piece::Last(_) => {}
        }
    }
    let coming = of_made.iter().enumerate().filter_map(|(made, rows)| rows.map(|rows| (made, rows)));
    let (coming, mut given): (Vec<usize>, Vec<Var>) = coming.unzip();

    // Beside them: the carries before each step, and the rows of the forward scan.
    let needed = recurrence.needed(&coming)?;
    let unrecorded = needed.iter().zip(&recurrence.recorded).any(|(needed, recorded)| *needed && !recorded);
    let forward = if unrecorded { recurrence.twin()? } else { recurrence.clone() };
    for (carry, _) in needed.iter().enumerate().filter(|(_, needed)| **needed) {
        let before = Scan { recurrence: forward.clone(), piece: Piece::Before(carry) };
        let before = g.apply(Arc::new(before), inputs)?;
        given.push(to_front(g, before)?);
    }
    for &rows in rows {
        given.push(to_front(g, rows)?);
    }

    let mut carries = Vec::new();
    for (carry, ty) in body.types(&body.carries).enumerate() {
        carries.push(match gradients.iter().find(|(piece, _)| *piece == Piece::Last(carry)) {
            Some(&(_, gradient)) => gradient,
            None => g.constant(0.0, &ty.shape)?,
        });
    }
    for &var in shared {
        if differentiable(g, &var) {
            let shape = g.shape(var).to_vec();
            carries.push(g.constant(0.0, &shape)?);
        }
    }
    let direction = match recurrence.direction {
        Direction::Forwards => Direction::Backwards,
        Direction::Backwards => Direction::Forwards,
    };
    let recorded = vec![false; carries.len()];
    let scanned =
        g.scan_keeping(&carries, &given, direction, recorded, &mut |g: &mut Graph, carried: &[Var], given: &[Var]| {
            let (of_carries, sums) = carried.split_at(body.carries.len());
            let (of_results, given) = given.split_at(coming.len());
            let mut given = given.iter().copied();
            let mut before = Vec::new();
            for (ty, needed) in body.types(&body.carries).zip(&needed) {
                let recorded = if *needed { given.next() } else { None };
                before.push(match recorded {
                    Some(before) => before,
                    None => g.constant(0.0, &ty.shape)?,
                });
            }
            let rows: Vec<Var> = given.collect();
            let of_results: Vec<(usize, Var)> = coming.iter().copied().zip(of_results.iter().copied()).collect();
            let gradients = recurrence.step_gradients(g, of_carries, &of_results, (&before, &rows, shared))?;
            let (of_before, rest) = gradients.split_at(before.len());
            let (of_rows, of_shared) = rest.split_at(rows.len());
            let mut next = of_before.iter().map(|part| part.expect("carries are f32")).collect::<Vec<Var>>();
            for (&sum, part) in sums.iter().zip(of_shared.iter().flatten()) {
                next.push(g.add(sum, *part)?);
            }
            Ok((next, of_rows.iter().flatten().copied().collect()))
        })?;
    let (of_first, of_shared) = scanned.last.split_at(first.len());
    let mut result: Vec<Option<Var>> = Vec::with_capacity(inputs.len());
    for (&of_first, of_start) in of_first.iter().zip(of_start) {
        result.push(Some(of_start.map_or(Ok(of_first), |start| g.add(of_first, start))?));
    }
    let mut of_rows = scanned.outputs.into_iter();
    for &rows in rows {
        let own = if differentiable(g, &rows) { of_rows.next() } else { None };
        result.push(own.map(|rows| g.move_axis(rows, 0, *lifted)).transpose()?);
    }
    let mut of_shared = of_shared.iter().copied();
    result.extend(shared.iter().map(|var| if differentiable(g, var) { of_shared.next() } else { None }));
    Ok(result)
}

impl Recurrence {
    /// Gradients of one step by carries, rows and what is shared, from those of the carries that it made and of its
    /// results `(which, gradient)`; `None` for integers.
    fn step_gradients(
        &self,
        g: &mut Graph,
        of_carries: &[Var],
        of_results: &[(usize, Var)],
        (before, rows, shared): (&[Var], &[Var], &[Var]),
    ) -> Result<Vec<Option<Var>>> {
        let (next, outputs) = self.body.place(g, before, rows, shared)?;
        let mut total = g.constant(0.0, &[])?;
        for (piece, &made) in next.iter().chain(&outputs).enumerate() {
            let own = of_results.iter().find(|(which, _)| *which == piece).map(|(_, gradient)| *gradient);
            let of_made = match (of_carries.get(piece), own) {
                (Some(&carried), Some(own)) => g.add(carried, own)?,
                (Some(&only), None) | (None, Some(only)) => only,
                (None, None) => continue,
            };
            let product = g.mul(made, of_made)?;
            let sum = g.sum_all(product)?;
            total = g.add(total, sum)?;
        }
        let wanted: Vec<Var> = before.iter().chain(rows).chain(shared).copied().collect();
        let float = |g: &Graph, var: &Var| g.ty(*var).dtype == DType::F32;
        let by: Vec<Var> = wanted.iter().copied().filter(|var| float(g, var)).collect();
        let mut gradients = g.grad(total, &by)?.into_iter();
        Ok(wanted.iter().map(|var| if float(g, var) { gradients.next() } else { None }).collect())
    }

    /// On which carries the gradients of a step depend; found by building them once for nothing.
    fn needed(&self, of_results: &[usize]) -> Result<Vec<bool>> {
        let body = &self.body;
        let mut g = Graph::new();
        let mut leaf = |ty: &Type| {
            g.add_leaf(Leaf { name: "trial".into(), role: Role::Input, ty: ty.clone(), initial: Vec::new() })
        };
        let mut leaves = |vars: &[Var]| -> Vec<Var> { body.types(vars).map(&mut leaf).collect() };
        let (before, rows, shared) = (leaves(&body.carries), leaves(&body.rows), leaves(&body.shared));
        let of_carries = leaves(&body.carries);
        let made = [&body.next[..], &body.outputs[..]].concat();
        let results: Vec<Var> = of_results.iter().map(|&which| made[which]).collect();
        let given: Vec<(usize, Var)> = of_results.iter().copied().zip(leaves(&results)).collect();
        let gradients = self.step_gradients(&mut g, &of_carries, &given, (&before, &rows, &shared))?;
        let mut reached = vec![false; g.nodes().len()];
        gradients.iter().flatten().for_each(|var| mark(&g, var.index(), &mut reached));
        Ok(before.iter().map(|var| reached[var.index()]).collect())
    }
}

/// Marks everything that a node is made of.
fn mark(g: &Graph, index: usize, reached: &mut [bool]) {
    let mut stack = vec![index];
    while let Some(index) = stack.pop() {
        reached[index] = true;
        stack.extend(g.nodes()[index].inputs.iter().map(|input| input.index()).filter(|&input| !reached[input]));
    }
}

/// Builds the body of a scan from its carries and a row of each; called once. Not generic, as each kind of body would come
/// with a copy of all that is below.
type BodyOf<'a> = &'a mut dyn FnMut(&mut Graph, &[Var], &[Var]) -> Result<(Vec<Var>, Vec<Var>)>;

impl Graph {
    /// Runs `body` once for each row of `rows` `[steps, ..]`: it gets the carries (first those given, then what it gave
    /// before) and a row of each, and gives the next carries, of the same shapes, and any further values to keep. It
    /// may use everything that the graph holds already, which all steps then share; weights must have been made before.
    /// Random draws in it are the same at every step: draw for all steps before, and give the draws as rows.
    ///
    /// Planned once whatever the number of steps. Memory grows with the steps by what is kept: every carry and output.
    pub fn scan(
        &mut self,
        carries: &[Var],
        rows: &[Var],
        direction: Direction,
        body: impl FnOnce(&mut Graph, &[Var], &[Var]) -> Result<(Vec<Var>, Vec<Var>)>,
    ) -> Result<Scanned> {
        let mut body = Some(body);
        let mut once = |g: &mut Graph, carries: &[Var], rows: &[Var]| match body.take() {
            Some(body) => body(g, carries, rows),
            None => Ok(Default::default()),
        };
        self.scan_keeping(carries, rows, direction, vec![true; carries.len()], &mut once)
    }

    fn scan_keeping(
        &mut self,
        carries: &[Var],
        rows: &[Var],
        direction: Direction,
        recorded: Vec<bool>,
        body: BodyOf,
    ) -> Result<Scanned> {
        let place = || "scan";
        let Some(&steps) = rows.first().and_then(|&rows| self.shape(rows).first()).filter(|steps| **steps > 0) else {
            return Err(Error::new(place(), "there are no steps", "give rows with at least one step"));
        };
        if let Some(&odd) = rows.iter().find(|&&rows| self.shape(rows).first() != Some(&steps)) {
            let message = format!("rows of {steps} steps and of shape {:?}", self.shape(odd));
            return Err(Error::new(place(), message, "give all rows the same first axis"));
        }
        let (body, shared) = self.trace(carries, rows, body)?;
        let recurrence = Recurrence::new(body, steps, direction, recorded.clone(), 0)?;
        let inputs = [carries, rows, &shared].concat();
        let outputs = recurrence.body.outputs.len();
        let mut piece = |piece: Piece| self.apply(Arc::new(Scan { recurrence: recurrence.clone(), piece }), &inputs);
        let last = (0..carries.len()).map(|carry| piece(Piece::Last(carry))).collect::<Result<_>>()?;
        let kept = (0..carries.len()).filter(|&carry| recorded[carry]);
        let kept = kept.map(|carry| piece(Piece::After(carry))).collect::<Result<_>>()?;
        let outputs = (0..outputs).map(|output| piece(Piece::Output(output))).collect::<Result<_>>()?;
        Ok(Scanned { carries: kept, last, outputs })
    }

    /// The body as a graph of its own, and what of this graph it uses. It is built at the end of this one, where it can see
    /// everything, and taken off again.
    fn trace(&mut self, carries: &[Var], rows: &[Var], body: BodyOf) -> Result<(Body, Vec<Var>)> {
        let (nodes, leaves) = (self.nodes().len(), self.leaves().len());
        let traced = self.trace_at_the_end(nodes, carries, rows, body);
        self.truncate(nodes, leaves);
        traced
    }

    fn trace_at_the_end(
        &mut self,
        start: usize,
        carries: &[Var],
        rows: &[Var],
        body: BodyOf,
    ) -> Result<(Body, Vec<Var>)> {
        let scratch = self;
        let leaf = |g: &mut Graph, shape: &[usize], dtype: DType| {
            let ty = Type { shape: shape.to_vec(), dtype };
            g.add_leaf(Leaf { name: "in a scan".into(), role: Role::Input, ty, initial: Vec::new() })
        };
        let mut of = |vars: &[Var], drop: usize| -> Vec<Var> {
            let one = |&var: &Var| {
                let Type { shape, dtype } = scratch.ty(var).clone();
                leaf(scratch, &shape[drop..], dtype)
            };
            vars.iter().map(one).collect()
        };
        let (of_carries, of_rows) = (of(carries, 0), of(rows, 1));
        let leaves = scratch.leaves().len();
        let (next, outputs) = scratch.scoped("scan", |g| body(g, &of_carries, &of_rows))?;
        if let Some(leaf) = scratch.leaves().get(leaves) {
            let message = format!("the body makes the leaf {}", leaf.name);
            return Err(Error::new("scan", message, "make weights before the scan and use them in it"));
        }
        if next.len() != carries.len() {
            let message = format!("{} carries go in, {} come out", carries.len(), next.len());
            return Err(Error::new("scan", message, "give one next value for each carry"));
        }
        for (&carry, &next) in carries.iter().zip(&next) {
            if scratch.ty(carry) != scratch.ty(next) || scratch.ty(carry).dtype != DType::F32 {
                let message = format!("a carry is {:?}, its next value {:?}", scratch.ty(carry), scratch.ty(next));
                return Err(Error::new("scan", message, "carry f32 values that keep their shape"));
            }
        }
        if let Some(&odd) = outputs.iter().find(|&&output| scratch.ty(output).dtype != DType::F32) {
            let message = format!("an output is {:?}", scratch.ty(odd));
            return Err(Error::new("scan", message, "cast it to f32"));
        }

        let mut needed = vec![false; scratch.nodes().len()];
        for &var in next.iter().chain(&outputs) {
            mark(scratch, var.index(), &mut needed);
        }
        let mut graph = Graph::new();
        let mut made: Vec<Option<Var>> = vec![None; scratch.nodes().len()];
        let mut shared = Vec::new();
        let placeholder = |graph: &mut Graph, var: Var| {
            let ty = scratch.ty(var).clone();
            graph.add_leaf(Leaf { name: "operand".into(), role: Role::Input, ty, initial: Vec::new() })
        };
        for &var in of_carries.iter().chain(&of_rows) {
            made[var.index()] = Some(placeholder(&mut graph, var));
        }
        let mut of_shared = Vec::new();
        let mut get = |graph: &mut Graph, made: &mut [Option<Var>], var: Var| {
            *made[var.index()].get_or_insert_with(|| {
                shared.push(var);
                of_shared.push(placeholder(graph, var));
                of_shared[of_shared.len() - 1]
            })
        };
        for index in start..needed.len() {
            if !needed[index] || made[index].is_some() {
                continue;
            }
            let node = &scratch.nodes()[index];
            let inputs: Vec<Var> = node.inputs.iter().map(|&input| get(&mut graph, &mut made, input)).collect();
            made[index] = Some(graph.scoped(&node.label, |g| g.apply(node.op.clone(), &inputs))?);
        }
        let mut all = |graph: &mut Graph, vars: &[Var]| -> Vec<Var> {
            vars.iter().map(|&var| get(graph, &mut made, var)).collect()
        };
        let (next, outputs) = (all(&mut graph, &next), all(&mut graph, &outputs));
        let (carries, rows) = (all(&mut graph, &of_carries), all(&mut graph, &of_rows));
        Ok((Body { graph, carries, rows, shared: of_shared, next, outputs }, shared))
    }
}
