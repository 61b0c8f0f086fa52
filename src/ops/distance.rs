//! Distances between all pairs of rows.

use crate::graph::{Error, Graph, Result, Var};

impl Graph {
    /// Squared Euclidean distance of every row of `a [.., n, d]` to every row of `b [.., m, d]`: `[.., n, m]`; leading axes
    /// broadcast. Sums the squares of differences: the shorter way, `‖a‖² + ‖b‖² − 2 a·b`, loses all digits of what is close.
    pub fn squared_distances(&mut self, a: Var, b: Var) -> Result<Var> {
        let (x, y) = (self.shape(a).to_vec(), self.shape(b).to_vec());
        if x.len() < 2 || y.len() < 2 || x.last() != y.last() {
            let message = format!("{x:?} and {y:?} are not rows of one length");
            return Err(Error::new("squared distances", message, "give both as [.., rows, features]"));
        }
        let (a, b) = (self.unsqueeze(a, x.len() - 1)?, self.unsqueeze(b, y.len() - 2)?);
        let difference = self.sub(a, b)?;
        let square = self.square(difference)?;
        let last = self.shape(square).len() - 1;
        self.sum(square, &[last])
    }
}
