//! A line search for the strong Wolfe conditions (Nocedal and Wright, "Numerical optimization", 2nd edition, 2006,
//! algorithms 3.5 and 3.6), with two additions. A place where the objective or its gradient is not finite counts as
//! infinitely high, so the search comes back from it. And where values differ by no more than their rounding, slopes
//! decide (the approximate Wolfe conditions of Hager and Zhang, "A new conjugate gradient method with guaranteed
//! descent and an efficient line search", 2005, section 4): a minimum is known to half the digits by its values, to all
//! of them by its slopes.

/// Value of a point; writes its gradient.
pub type Objective<'a> = &'a mut dyn FnMut(&[f64], &mut [f64]) -> f64;

/// Steps of a doubling or halving search; ten would do for all but objectives of walls and cliffs.
const MOST_TRIALS: usize = 40;

/// A place on the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Multiple of the direction.
    pub(super) step: f64,
    /// Value there, infinite where it or the gradient is not finite.
    pub(super) value: f64,
    /// Slope along the direction.
    pub(super) slope: f64,
}

/// What a search has found.
pub(super) enum Outcome {
    /// A place that satisfies the conditions, or at least lies lower; the line stands on it.
    Found(Place),
    /// The value fell as far as the search went.
    Unbounded,
    /// No lower place.
    Nothing,
}

/// What a search has to satisfy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conditions {
    /// Share of the fall that the first slope promises.
    pub(super) decrease: f64,
    /// Share of the first slope that may be left.
    pub(super) curvature: f64,
    /// Differences of values that mean nothing, relative to the value.
    pub(super) noise: f64,
}

/// The objective along a direction.
pub(super) struct Line<'a, 'b> {
    pub(super) objective: Objective<'b>,
    pub(super) origin: &'a [f64],
    pub(super) direction: &'a [f64],
    /// The place last looked at, and its gradient.
    pub(super) point: &'a mut [f64],
    pub(super) gradient: &'a mut [f64],
    pub(super) evaluations: usize,
}

impl Line<'_, '_> {
    fn at(&mut self, step: f64) -> Place {
        for ((x, &origin), &direction) in self.point.iter_mut().zip(self.origin).zip(self.direction) {
            *x = origin + step * direction;
        }
        self.evaluations += 1;
        let value = (self.objective)(self.point, self.gradient);
        let slope = self.gradient.iter().zip(self.direction).map(|(g, d)| g * d).sum::<f64>();
        let finite = value.is_finite() && slope.is_finite() && self.gradient.iter().all(|g| g.is_finite());
        Place { step, value: if finite { value } else { f64::INFINITY }, slope }
    }

    /// Searches from `start` (of step 0 and a negative slope), first at the step `first`.
    pub(super) fn search(&mut self, start: Place, first: f64, conditions: Conditions) -> Outcome {
        let test = Test { start, conditions };
        let (mut last, mut step) = (start, first);
        for trial in 0..MOST_TRIALS {
            let here = self.at(step);
            if test.satisfied(here) {
                return Outcome::Found(here);
            }
            if !test.low(here) || (trial > 0 && here.value >= last.value) {
                return self.zoom(test, last, here);
            }
            if here.slope >= 0.0 {
                return self.zoom(test, here, last);
            }
            // Towards the minimum of the cubic, but at least twice and at most ten times as far.
            let guess = cubic_minimum(last, here).unwrap_or(4.0 * step);
            (last, step) = (here, guess.clamp(2.0 * step, 10.0 * step));
        }
        Outcome::Unbounded
    }

    /// Narrows an interval that holds a place as wanted; `low` is the end with the smaller value.
    fn zoom(&mut self, test: Test, mut low: Place, mut high: Place) -> Outcome {
        for trial in 0..MOST_TRIALS {
            let width = high.step - low.step;
            let step = if !high.value.is_finite() {
                low.step + 0.1 * width
            } else if trial % 3 == 2 {
                // The cubic may creep along from one end; halving now and then bounds the number of trials.
                low.step + 0.5 * width
            } else {
                let share = cubic_minimum(low, high).map_or(0.5, |at| (at - low.step) / width);
                low.step + width * if share.is_finite() { share.clamp(0.1, 0.9) } else { 0.5 }
            };
            if step == low.step || step == high.step {
                break;
            }
            let here = self.at(step);
            if test.satisfied(here) {
                return Outcome::Found(here);
            }
            if !test.low(here) || here.value >= low.value {
                high = here;
            } else {
                if here.slope * width >= 0.0 {
                    high = low;
                }
                low = here;
            }
        }
        if low.step > 0.0 && low.value < test.start.value {
            // Lower is better than nothing, though too steep still.
            return Outcome::Found(self.at(low.step));
        }
        Outcome::Nothing
    }
}

#[derive(Clone, Copy)]
struct Test {
    start: Place,
    conditions: Conditions,
}

impl Test {
    /// Whether the value has fallen enough (equation 3.7a).
    fn low(&self, here: Place) -> bool {
        here.value <= self.start.value + self.conditions.decrease * here.step * self.start.slope
    }

    /// Whether the value has fallen enough, up to rounding, and the slope has flattened enough (equation 3.7b).
    fn satisfied(&self, here: Place) -> bool {
        let Conditions { decrease, curvature, noise } = self.conditions;
        let flat = here.slope.abs() <= -curvature * self.start.slope;
        let near = here.value <= self.start.value + noise * self.start.value.abs()
            && here.slope <= (2.0 * decrease - 1.0) * self.start.slope;
        here.value.is_finite() && flat && (self.low(here) || near)
    }
}

/// Where the cubic through the values and slopes of two places is lowest (equation 3.59).
fn cubic_minimum(a: Place, b: Place) -> Option<f64> {
    let sum = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.step - b.step);
    let square = sum * sum - a.slope * b.slope;
    if square.is_nan() || square < 0.0 {
        return None;
    }
    let root = square.sqrt() * (b.step - a.step).signum();
    let at = b.step - (b.step - a.step) * (b.slope + root - sum) / (b.slope - a.slope + 2.0 * root);
    at.is_finite().then_some(at)
}
