//! Optimisers: from parameters and gradients to assignments.
//!
//! An [`Update`] says how a step moves the weights. Each gradient is first clipped, then shaken by noise, then drawn
//! towards the weight by coupled decay; a [`Rule`] turns it into a change, and the weight, shrunk by decoupled decay,
//! goes against that change by the learning rate. All of it is scalar arithmetic per element, so it fuses into whatever
//! computes the gradient; only the norm of all gradients needs sums. Rates that change with the step are nodes made by
//! [`schedule`]. A rule is one file and one line of [`ALL`]; a lab can bring its own.

mod adam;
mod group;
pub mod lbfgs;
mod momentum;
mod nesterov;
mod number;
mod rmsprop;
pub mod schedule;
mod sgd;
mod wolfe;

pub use adam::Adam;
pub use group::{Decay, Group};
pub use momentum::Momentum;
pub use nesterov::Nesterov;
pub use number::Number;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use crate::graph::{DType, Error, Func, Graph, Result, Role, Type, Var, elements};
use crate::ops::random::Randomness;

/// Rules by their names in links, with their usual numbers.
pub const ALL: &[(&str, &dyn Rule)] = &[
    ("sgd", &Sgd),
    ("momentum", &Momentum::USUAL),
    ("nesterov", &Nesterov::USUAL),
    ("adam", &Adam::USUAL),
    ("rmsprop", &RmsProp::USUAL),
];

/// The rule called `name` in links.
pub fn named(name: &str) -> Option<&'static dyn Rule> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, rule)| *rule)
}

/// A first-order rule: how much a weight moves for its gradient, before the learning rate.
pub trait Rule {
    /// The change, shaped like `gradient`, against which the weight moves; what the rule remembers is kept in `memory`.
    fn change(&self, g: &mut Graph, memory: &mut Memory, gradient: Var) -> Result<Var>;
}

/// Where a rule keeps what it remembers of one parameter.
#[derive(Debug)]
pub struct Memory<'a> {
    /// The parameter, before the step.
    pub parameter: Var,
    /// Number of finished steps, a `u32` of shape `[]`.
    pub step: Var,
    name: String,
    assigns: &'a mut Vec<(Var, Var)>,
}

impl Memory<'_> {
    /// Adds the state `kind`, shaped like the parameter and 0 at first; `renew` makes its new value, which is returned,
    /// from the old one.
    pub fn keep(
        &mut self,
        g: &mut Graph,
        kind: &str,
        renew: impl FnOnce(&mut Graph, Var) -> Result<Var>,
    ) -> Result<Var> {
        let shape = g.shape(self.parameter).to_vec();
        let zeros = vec![0.0; elements(&shape)];
        let old = g.leaf_with(Role::State, &format!("{}.{kind}", self.name), &shape, zeros);
        let new = renew(g, old)?;
        self.assigns.push((old, new));
        Ok(new)
    }

    /// Keeps the moving average `beta · average + (1 − beta) · value`.
    pub fn average(&mut self, g: &mut Graph, kind: &str, value: Var, beta: Number) -> Result<Var> {
        let (beta, rest) = (beta.node(g)?, beta.rest(g)?);
        self.keep(g, kind, |g, old| {
            let (old, new) = (g.mul(old, beta)?, g.mul(value, rest)?);
            g.add(old, new)
        })
    }
}

/// A limit to gradients.
#[derive(Clone, Copy, Debug)]
enum Clip {
    Value(Number),
    Norm(Number),
}

/// How a training step moves the parameters; numbers may be graph nodes, so that controls and schedules turn them.
/// One decay and one limit hold, those given last.
///
/// `Update::new(&Adam::USUAL, rate).decoupled_decay(0.01).clip_norm(1.0).apply(g, &pairs, step)`
#[derive(Clone)]
pub struct Update<'a> {
    rule: &'a dyn Rule,
    rate: Number,
    decay: Option<Decay>,
    clip: Option<Clip>,
    noise: Option<(Randomness, Number)>,
    groups: Vec<Group>,
}

impl<'a> Update<'a> {
    /// The bare rule at a learning rate.
    pub fn new(rule: &'a dyn Rule, rate: impl Into<Number>) -> Self {
        Update { rule, rate: rate.into(), decay: None, clip: None, noise: None, groups: Vec::new() }
    }

    /// Weight decay apart from the gradient: each step first multiplies a weight by `1 − rate · decay`. With [`Adam`]
    /// this is AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019, in the form in which the
    /// decay scales with the rate).
    pub fn decoupled_decay(self, decay: impl Into<Number>) -> Self {
        Update { decay: Some(Decay::Decoupled(decay.into())), ..self }
    }

    /// Weight decay as part of the gradient: `decay · w` is added to it, as the penalty `½ · decay · Σ w²` would.
    pub fn coupled_decay(self, decay: impl Into<Number>) -> Self {
        Update { decay: Some(Decay::Coupled(decay.into())), ..self }
    }

    /// Limits every element of a gradient to ±`limit`; what is not a number stays so, that divergence shows.
    pub fn clip_value(self, limit: impl Into<Number>) -> Self {
        Update { clip: Some(Clip::Value(limit.into())), ..self }
    }

    /// Scales all gradients together so that their common Euclidean norm is at most `limit` (Pascanu, Mikolov and
    /// Bengio, "On the difficulty of training recurrent neural networks", 2013). A norm beyond the range of single
    /// precision (1.8e19) counts as infinite and lets finite gradients vanish.
    pub fn clip_norm(self, limit: impl Into<Number>) -> Self {
        Update { clip: Some(Clip::Norm(limit.into())), ..self }
    }

    /// Adds normal noise of a standard deviation to every gradient, after clipping, fresh in each step and for each
    /// parameter (Neelakantan and others, "Adding gradient noise improves learning for very deep networks", 2015; their
    /// deviation is [`schedule::annealed_noise`]).
    pub fn noise(self, source: Randomness, deviation: impl Into<Number>) -> Self {
        Update { noise: Some((source, deviation.into())), ..self }
    }

    /// Treats some parameters differently; a parameter belongs to at most one group.
    pub fn group(mut self, group: Group) -> Self {
        self.groups.push(group);
        self
    }

    /// Assignments that move the parameter of every `(parameter, gradient)` and count the step; `step` is the leaf of
    /// finished steps, a `u32` of shape `[]`.
    pub fn apply(&self, g: &mut Graph, pairs: &[(Var, Var)], step: Var) -> Result<Vec<(Var, Var)>> {
        self.check(g, pairs, step)?;
        let rate = self.rate.node(g)?;
        let factor = self.clip_factor(g, pairs)?;
        let mut assigns = Vec::new();
        for &(parameter, gradient) in pairs {
            let name = g.leaf(parameter).map_or_else(String::new, |leaf| leaf.name.clone());
            let group = self.groups.iter().find(|group| group.parameters.contains(&parameter));
            let rate = match group.and_then(|group| group.rate_factor) {
                Some(own) => {
                    let own = own.node(g)?;
                    g.mul(rate, own)?
                }
                None => rate,
            };
            let decay = group.and_then(|group| group.decay).unwrap_or(self.decay);
            let gradient = self.prepare(g, (parameter, gradient), factor, decay, &name)?;
            let mut memory = Memory { parameter, step, name, assigns: &mut assigns };
            let change = self.rule.change(g, &mut memory, gradient)?;
            let kept = match decay {
                Some(Decay::Decoupled(decay)) => {
                    let decay = decay.node(g)?;
                    let product = g.mul(rate, decay)?;
                    let one = g.constant(1.0, &[])?;
                    let keep = g.sub(one, product)?;
                    g.mul(parameter, keep)?
                }
                _ => parameter,
            };
            let move_by = g.mul(rate, change)?;
            assigns.push((parameter, g.sub(kept, move_by)?));
        }
        let one = g.constant_u32(1, &[])?;
        let next = g.elementwise(Func::AddU32, &[step, one])?;
        assigns.push((step, next));
        Ok(assigns)
    }

    /// The gradient that the rule sees.
    fn prepare(
        &self,
        g: &mut Graph,
        (parameter, mut gradient): (Var, Var),
        factor: Option<Var>,
        decay: Option<Decay>,
        name: &str,
    ) -> Result<Var> {
        if let Some(factor) = factor {
            gradient = g.mul(gradient, factor)?;
        }
        if let Some(Clip::Value(limit)) = self.clip {
            let limit = limit.node(g)?;
            let lowest = g.neg(limit)?;
            let (below, above) = (g.less(gradient, lowest)?, g.less(limit, gradient)?);
            let raised = g.select(below, lowest, gradient)?;
            gradient = g.select(above, limit, raised)?;
        }
        if let Some((source, deviation)) = self.noise {
            let shape = g.shape(parameter).to_vec();
            let normal = g.random_normal(source, &format!("{name} gradient noise"), &shape)?;
            let deviation = deviation.node(g)?;
            let noise = g.mul(normal, deviation)?;
            gradient = g.add(gradient, noise)?;
        }
        if let Some(Decay::Coupled(decay)) = decay {
            let decay = decay.node(g)?;
            let pull = g.mul(parameter, decay)?;
            gradient = g.add(gradient, pull)?;
        }
        Ok(gradient)
    }

    /// What brings the common norm of all gradients within its limit: exactly 1 for one that is within.
    fn clip_factor(&self, g: &mut Graph, pairs: &[(Var, Var)]) -> Result<Option<Var>> {
        let Some(Clip::Norm(limit)) = self.clip else { return Ok(None) };
        let norm = global_norm(g, &pairs.iter().map(|pair| pair.1).collect::<Vec<_>>())?;
        let limit = limit.node(g)?;
        let (above, ratio, one) = (g.less(limit, norm)?, g.div(limit, norm)?, g.constant(1.0, &[])?);
        Ok(Some(g.select(above, ratio, one)?))
    }

    fn check(&self, g: &Graph, pairs: &[(Var, Var)], step: Var) -> Result<()> {
        let wrong = |message: String, fix: &str| Err(Error::new("update", message, fix));
        if g.leaf(step).is_none() || *g.ty(step) != Type::u32([]) {
            return wrong(format!("the step is {:?}", g.ty(step)), "count steps in a u32 leaf of shape []");
        }
        let mut seen = Vec::new();
        for &(parameter, gradient) in pairs {
            let Some(leaf) = g.leaf(parameter) else {
                return wrong(format!("%{} is no leaf", parameter.0), "update leaves only");
            };
            if g.ty(gradient) != &leaf.ty || leaf.ty.dtype != DType::F32 {
                let message = format!("{} is {:?}, its gradient {:?}", leaf.name, leaf.ty, g.ty(gradient));
                return wrong(message, "give f32 parameters gradients of their own shape");
            }
            if seen.contains(&parameter) {
                return wrong(format!("{} is updated twice", leaf.name), "list every parameter once");
            }
            seen.push(parameter);
        }
        let mut grouped = Vec::new();
        for &parameter in self.groups.iter().flat_map(|group| &group.parameters) {
            let name = || g.leaf(parameter).map_or_else(|| format!("%{}", parameter.0), |leaf| leaf.name.clone());
            if !seen.contains(&parameter) {
                return wrong(format!("{} is in a group but has no gradient", name()), "update it too");
            }
            if grouped.contains(&parameter) {
                return wrong(format!("{} is in two groups", name()), "leave it in one");
            }
            grouped.push(parameter);
        }
        Ok(())
    }
}

/// Euclidean norm of all elements of all `tensors` together, of shape `[]`.
pub fn global_norm(g: &mut Graph, tensors: &[Var]) -> Result<Var> {
    let mut total = g.constant(0.0, &[])?;
    for &tensor in tensors {
        let square = g.square(tensor)?;
        let sum = g.sum_all(square)?;
        total = g.add(total, sum)?;
    }
    g.sqrt(total)
}
