//! What does not fit is refused while the graph is built: the error says where (node or operation), what (the shapes or
//! numbers), and what to do. Convolutions, scans, contractions and updates have their own such tests beside their others.

use petri::graph::{Graph, Result, Role, Var};
use petri::ops::cumulative::Running;
use petri::ops::order::Order;

struct Given {
    g: Graph,
    /// f32 of shapes `[3, 4]`, `[3, 5]`, `[4]`, `[]`.
    a: Var,
    b: Var,
    line: Var,
    number: Var,
    /// u32 of shape `[3]`.
    index: Var,
}

fn given() -> Given {
    let mut g = Graph::new();
    let mut leaf =
        |name: &str, shape: &[usize]| g.leaf_with(Role::Input, name, shape, vec![0.5; shape.iter().product()]);
    let (a, b, line, number) = (leaf("a", &[3, 4]), leaf("b", &[3, 5]), leaf("line", &[4]), leaf("number", &[]));
    let index = g.leaf_u32(Role::Input, "index", &[3], &[0, 1, 2]);
    Given { g, a, b, line, number, index }
}

type Attempt = fn(&mut Given) -> Result<()>;

/// Each attempt, with words that its error must have.
const ATTEMPTS: &[(&str, &[&str], Attempt)] = &[
    ("add", &["[3, 4]", "[3, 5]"], |x| x.g.add(x.a, x.b).map(drop)),
    ("add an integer", &["U32[3]"], |x| x.g.add(x.index, x.index).map(drop)),
    ("matmul", &["[3, 4]", "[3, 5]"], |x| x.g.matmul(x.a, x.b).map(drop)),
    ("matmul of a line", &["[4]"], |x| x.g.matmul(x.a, x.line).map(drop)),
    ("reshape", &["12", "[5]"], |x| x.g.reshape(x.a, &[5]).map(drop)),
    ("broadcast", &["[3, 4]", "[3, 8]"], |x| x.g.broadcast_to(x.a, &[3, 8]).map(drop)),
    ("permute", &["[0, 0]", "[3, 4]"], |x| x.g.permute(x.a, &[0, 0]).map(drop)),
    ("transpose", &["[4]"], |x| x.g.transpose(x.line).map(drop)),
    ("sum over an axis that is not there", &["2", "[3, 4]"], |x| x.g.sum(x.a, &[2]).map(drop)),
    ("slice", &["[3, 4]"], |x| x.g.slice(x.a, 1, 3, 1, 2).map(drop)),
    ("unsqueeze", &["[4]", "3"], |x| x.g.unsqueeze(x.line, 3).map(drop)),
    ("squeeze", &["[3, 4]", "0"], |x| x.g.squeeze(x.a, 0).map(drop)),
    ("move axis", &["[3, 4]", "2"], |x| x.g.move_axis(x.a, 0, 2).map(drop)),
    ("flip", &["[3, 4]", "2"], |x| x.g.flip(x.a, 2).map(drop)),
    ("roll", &["[3, 4]", "2"], |x| x.g.roll(x.a, 1, 2).map(drop)),
    ("concatenate", &["[3, 4]", "[3, 5]"], |x| x.g.concatenate(&[x.a, x.b], 0).map(drop)),
    ("concatenate nothing", &[], |x| x.g.concatenate(&[], 0).map(drop)),
    ("stack", &["3, 4]", "3, 5]"], |x| x.g.stack(&[x.a, x.b], 0).map(drop)),
    ("split", &["[3, 4]", "[2, 3]"], |x| x.g.split(x.a, 1, &[2, 3]).map(drop)),
    ("running sum", &["[3, 4]", "2"], |x| x.g.cumulative_sum(x.a, 2, Running::default()).map(drop)),
    ("sort", &["[3, 4]", "2"], |x| x.g.sort(x.a, 2, Order::Ascending).map(drop)),
    ("top k", &["[3, 4]", "5"], |x| x.g.top_k(x.a, 5, 1, Order::Descending).map(drop)),
    ("quantile", &["4", "between 0 and 1"], |x| x.g.quantile(x.a, 1, 1.5).map(drop)),
    ("take", &["u32"], |x| x.g.take(x.a, x.line, 0).map(drop)),
    ("gather", &["[3, 4]", "2"], |x| x.g.gather(x.a, x.index, 2).map(drop)),
    ("take along axis", &["[3]", "[3, 4]"], |x| x.g.take_along_axis(x.a, x.index, 1).map(drop)),
    ("scatter", &["[4]"], |x| x.g.scatter_add(x.index, x.line, 3, 0).map(drop)),
    ("scatter into nothing", &["0"], |x| x.g.scatter_add(x.index, x.a, 0, 0).map(drop)),
    ("softmax of a scalar", &["scalar"], |x| x.g.softmax(x.number).map(drop)),
    ("softmax along", &["[3, 4]", "2"], |x| x.g.softmax_along(x.a, 2, None).map(drop)),
    ("softmax with a mask", &["[3, 4]", "[3, 5]"], |x| x.g.softmax_along(x.a, 1, Some(x.b)).map(drop)),
    ("cross entropy", &["[4]", "[3]"], |x| x.g.cross_entropy(x.line, x.index).map(drop)),
    ("standardise", &["[3, 4]", "2"], |x| x.g.standardise(x.a, &[2], 1e-5).map(drop)),
    ("attention", &["[3, 4]", "[5, 3]"], |x| x.g.attention(x.a, x.b, x.b, None, 1.0).map(drop)),
    ("einsum", &["j"], |x| x.g.einsum("ij,jk->ik", &[x.a, x.b]).map(drop)),
    ("real fourier", &["[3, 4]", "2"], |x| x.g.real_fourier(x.a, 2).map(drop)),
    ("squared distances", &["[3, 4]", "[3, 5]"], |x| x.g.squared_distances(x.a, x.b).map(drop)),
    ("own derivative", &["[3, 4]", "[3, 5]"], |x| x.g.with_derivative(x.a, &[(x.a, x.b)]).map(drop)),
    ("gradient of more than a number", &["[3, 4]"], |x| x.g.grad(x.a, &[x.a]).map(drop)),
    ("jvp", &["[3, 4]", "[3, 5]"], |x| x.g.jvp(x.a, &[(x.a, x.b)]).map(drop)),
    ("vectorise", &["[3, 4]", "[3, 5]"], |x| x.g.vectorise(&[x.a], &[(x.a, x.b)]).map(drop)),
];

#[test]
fn every_refusal_names_place_shapes_and_fix() {
    let mut wrong = Vec::new();
    for (name, words, attempt) in ATTEMPTS {
        let mut given = given();
        let error = given.g.scoped("encoder", |g| {
            // The graph is lent to the attempt under the label, and taken back.
            let mut inner = Given { g: std::mem::take(g), ..self::given() };
            let outcome = attempt(&mut inner);
            *g = inner.g;
            outcome
        });
        match error {
            Ok(()) => wrong.push(format!("{name} is not refused")),
            Err(error) => {
                let text = error.to_string();
                let said = words.iter().all(|word| text.contains(word));
                if !said || error.place.is_empty() || error.fix.is_empty() {
                    wrong.push(format!("{name} should say {words:?}: {error}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
