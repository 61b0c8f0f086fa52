//! Contractions over lettered axes, as in `einsum("bij,bjk->bik", &[a, b])`: a letter that several operands share is
//! multiplied along, a letter that the result lacks is summed over.
//!
//! Two operands at a time become one batched matrix product: letters that both have and that are wanted are
//! batch axes, letters that both have and nobody wants any more are the inner axis, and the others are rows and
//! columns. Of three operands the pair is taken first that costs the fewest multiplications in all.

use crate::graph::{DType, Error, Graph, Result, Var};

/// A value and the letters of its axes.
#[derive(Clone)]
struct Lettered {
    var: Var,
    letters: Vec<char>,
}

impl Graph {
    /// Sums products of one to three operands over lettered axes. `formula` has one group of letters per
    /// operand, separated by commas, then `->` and the letters of the result in any order: `"boi,bi->bo"` multiplies each
    /// sample by weights of its own, `"bi,oij,bj->bo"` is a bilinear form. A letter occurs once in an operand (no
    /// diagonals) and once in the result.
    pub fn einsum(&mut self, formula: &str, operands: &[Var]) -> Result<Var> {
        let (operands, result) = self.parse(formula, operands)?;
        let mut operands = operands;
        // What only one operand has and the result lacks is summed before any product.
        for position in 0..operands.len() {
            let wanted = |letter: char| {
                let elsewhere = (0..operands.len()).any(|o| o != position && operands[o].letters.contains(&letter));
                elsewhere || result.contains(&letter)
            };
            let own = operands[position].letters.clone();
            let alone: Vec<usize> = (0..own.len()).filter(|&axis| !wanted(own[axis])).collect();
            let letters = own.iter().copied().filter(|&letter| wanted(letter)).collect();
            let var = self.sum(operands[position].var, &alone)?;
            operands[position] = Lettered { var, letters };
        }
        if operands.len() == 3 {
            let (left, right) = self.cheapest_pair(&operands, &result);
            let b = operands.remove(right);
            let a = operands.remove(left);
            let wanted: Vec<char> = result.iter().chain(&operands[0].letters).copied().collect();
            let product = self.contract(&a, &b, &wanted)?;
            operands.insert(0, product);
        }
        if operands.len() == 2 {
            operands = vec![self.contract(&operands[0], &operands[1], &result)?];
        }
        self.arrange(&operands[0], &result)
    }

    /// The operands with their letters, and the letters of the result; refuses what does not fit together.
    fn parse(&self, formula: &str, operands: &[Var]) -> Result<(Vec<Lettered>, Vec<char>)> {
        let refuse = |message: String, fix: &str| Err(Error::new(format!("einsum \"{formula}\""), message, fix));
        let Some((left, right)) = formula.split_once("->") else {
            return refuse("there is no \"->\"".into(), "write the letters of the result after \"->\"");
        };
        let letters = |text: &str| -> Vec<char> { text.chars().filter(|c| !c.is_whitespace()).collect() };
        let groups: Vec<Vec<char>> = left.split(',').map(letters).collect();
        let result = letters(right);
        if let Some(odd) = groups.iter().flatten().chain(&result).find(|c| !c.is_ascii_alphabetic()) {
            return refuse(format!("'{odd}' is not a letter"), "name axes by the letters a to z and A to Z");
        }
        if groups.len() != operands.len() || operands.len() > 3 {
            return refuse(
                format!("{} groups of letters for {} operands", groups.len(), operands.len()),
                "give one group per operand, and at most three operands",
            );
        }
        let mut extents: Vec<(char, usize, usize)> = Vec::new();
        for (number, (group, &operand)) in groups.iter().zip(operands).enumerate() {
            let shape = self.shape(operand);
            if self.ty(operand).dtype != DType::F32 {
                return refuse(format!("operand {number} is not f32"), "cast it first");
            }
            if shape.len() != group.len() {
                let text: String = group.iter().collect();
                return refuse(
                    format!("operand {number} has the letters \"{text}\" and the shape {shape:?}"),
                    "give one letter per axis",
                );
            }
            for (axis, (&letter, &extent)) in group.iter().zip(shape).enumerate() {
                if group[..axis].contains(&letter) {
                    return refuse(
                        format!("letter '{letter}' occurs twice in operand {number}: diagonals are not taken"),
                        "give each axis of an operand a letter of its own",
                    );
                }
                match extents.iter().find(|(known, ..)| *known == letter) {
                    Some(&(_, other, first)) if other != extent => {
                        return refuse(
                            format!(
                                "letter '{letter}' is {other} in operand {first} {:?} and {extent} in operand {number} {shape:?}",
                                self.shape(operands[first])
                            ),
                            "make the extents equal",
                        );
                    }
                    Some(_) => {}
                    None => extents.push((letter, extent, number)),
                }
            }
        }
        for (position, letter) in result.iter().enumerate() {
            if !extents.iter().any(|(known, ..)| known == letter) {
                return refuse(format!("letter '{letter}' of the result is in no operand"), "remove it");
            }
            if result[..position].contains(letter) {
                return refuse(format!("letter '{letter}' occurs twice in the result"), "name it once");
            }
        }
        let operands = operands.iter().zip(groups).map(|(&var, letters)| Lettered { var, letters }).collect();
        Ok((operands, result))
    }

    /// The pair of three operands with which to begin.
    fn cheapest_pair(&self, operands: &[Lettered], result: &[char]) -> (usize, usize) {
        let extent = |letter: char| {
            let axis = |o: &Lettered| o.letters.iter().position(|&l| l == letter).map(|axis| self.shape(o.var)[axis]);
            operands.iter().find_map(axis).unwrap_or(1) as f64
        };
        let price = |letters: &[char]| letters.iter().map(|&letter| extent(letter)).product::<f64>();
        let mut best = (f64::INFINITY, (0, 1));
        for (left, right, third) in [(0, 1, 2), (1, 2, 0), (0, 2, 1)] {
            let first = union(&operands[left].letters, &operands[right].letters);
            let kept = |l: &char| result.contains(l) || operands[third].letters.contains(l);
            let rest: Vec<char> = first.iter().copied().filter(kept).collect();
            let total = price(&first) + price(&union(&rest, &operands[third].letters));
            if total < best.0 {
                best = (total, (left, right));
            }
        }
        best.1
    }

    /// The product of two operands, summed over the letters that both have and that are not `wanted`.
    fn contract(&mut self, a: &Lettered, b: &Lettered, wanted: &[char]) -> Result<Lettered> {
        let select = |from: &Lettered, by: &dyn Fn(char) -> bool| -> Vec<char> {
            from.letters.iter().copied().filter(|&letter| by(letter)).collect()
        };
        let batch = select(a, &|l| b.letters.contains(&l) && wanted.contains(&l));
        let inner = select(a, &|l| b.letters.contains(&l) && !wanted.contains(&l));
        let rows = select(a, &|l| !b.letters.contains(&l));
        let columns = select(b, &|l| !a.letters.contains(&l));
        if inner.is_empty() || (rows.is_empty() && columns.is_empty()) {
            // Nothing to sum, or nothing but sums: an elementwise product does it.
            let all = [&batch[..], &rows, &columns, &inner].concat();
            let (x, y) = (self.spread(a, &all)?, self.spread(b, &all)?);
            let product = self.mul(x, y)?;
            let first = all.len() - inner.len();
            let var = self.sum(product, &(first..all.len()).collect::<Vec<_>>())?;
            return Ok(Lettered { var, letters: all[..first].to_vec() });
        }
        let sizes = |g: &Graph, from: &Lettered, letters: &[char]| -> Vec<usize> {
            let axis = |letter: &char| from.letters.iter().position(|l| l == letter).expect("a letter of the operand");
            letters.iter().map(|letter| g.shape(from.var)[axis(letter)]).collect()
        };
        let (outer, of_rows) = (sizes(self, a, &batch), sizes(self, a, &rows));
        let of_columns = sizes(self, b, &columns);
        let k: usize = sizes(self, a, &inner).iter().product();
        let (m, n): (usize, usize) = (of_rows.iter().product(), of_columns.iter().product());
        let x = self.arrange(a, &[&batch[..], &rows, &inner].concat())?;
        let x = self.reshape(x, &[&outer[..], &[m, k]].concat())?;
        // The order in which the right operand has its axes decides nothing but how it is read.
        let y = self.arrange(b, &[&batch[..], &inner, &columns].concat())?;
        let y = self.reshape(y, &[&outer[..], &[k, n]].concat())?;
        let product = self.matmul(x, y)?;
        let var = self.reshape(product, &[&outer[..], &of_rows, &of_columns].concat())?;
        Ok(Lettered { var, letters: [batch, rows, columns].concat() })
    }

    /// The operand with its axes in the order of `letters`, which are its own.
    fn arrange(&mut self, operand: &Lettered, letters: &[char]) -> Result<Var> {
        if operand.letters == letters {
            return Ok(operand.var);
        }
        let axis = |letter: &char| operand.letters.iter().position(|l| l == letter).expect("a letter of the operand");
        let order: Vec<usize> = letters.iter().map(axis).collect();
        self.permute(operand.var, &order)
    }

    /// The operand with one axis per letter of `letters`, of extent 1 where it has none.
    fn spread(&mut self, operand: &Lettered, letters: &[char]) -> Result<Var> {
        let own: Vec<char> = letters.iter().copied().filter(|l| operand.letters.contains(l)).collect();
        let arranged = self.arrange(operand, &own)?;
        let mut extents = self.shape(arranged).to_vec().into_iter();
        let extent = |letter: &char| if own.contains(letter) { extents.next().unwrap_or(1) } else { 1 };
        let shape: Vec<usize> = letters.iter().map(extent).collect();
        self.reshape(arranged, &shape)
    }
}

/// The letters of both, each once.
fn union(a: &[char], b: &[char]) -> Vec<char> {
    a.iter().chain(b.iter().filter(|letter| !a.contains(letter))).copied().collect()
}
