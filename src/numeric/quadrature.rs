//! Integrals over an interval, finite or not, with an estimate of the error.
//!
//! The line is split at the modes of the integrand. Each piece goes through a double-exponential
//! change of variable (Takahasi and Mori 1974), after which the trapezoidal rule converges
//! exponentially for analytic integrands, singular at the ends or not. Where it does not settle,
//! because of a kink inside, adaptive Gauss–Kronrod subdivision takes over in the changed variable.

use std::f64::consts::PI;

use super::mode::{self, Scan};

/// A number with an estimate of its absolute error.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub error: f64,
}

impl Estimate {
    pub fn exact(value: f64) -> Estimate {
        Estimate { value, error: 0.0 }
    }

    /// Whether `value` is what was estimated, within `slack` times the estimated error.
    pub fn agrees_with(&self, value: f64, slack: f64) -> bool {
        (self.value - value).abs() <= slack * self.error
    }

    pub(super) fn scaled(self, factor: f64) -> Estimate {
        Estimate { value: self.value * factor, error: self.error * factor.abs() }
    }

    fn finite(self) -> Option<Estimate> {
        (self.value.is_finite() && self.error.is_finite()).then_some(self)
    }
}

impl std::ops::Add for Estimate {
    type Output = Estimate;
    fn add(self, other: Estimate) -> Estimate {
        Estimate { value: self.value + other.value, error: self.error + other.error }
    }
}

/// An integrand that knows its own error, as an inner integral does; `None` where it is undefined.
pub(super) type Integrand<'a> = &'a dyn Fn(f64) -> Option<Estimate>;

/// The relative error that is aimed at, and how hard to look for modes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    pub tolerance: f64,
    pub scan: Scan,
    /// Where the logarithm stays below this, there is nothing to integrate.
    pub floor: f64,
}

impl Effort {
    pub const FULL: Effort = Effort { tolerance: 1e-13, scan: Scan::Thorough, floor: f64::NEG_INFINITY };
}

/// ∫ f over an open interval whose ends may be infinite.
///
/// `None` where f is undefined inside the interval or the integral seems to diverge. The error is an
/// estimate from the agreement of successive rules and from the tails that were left out; it does not
/// see rounding inside f, nor a spike that the scan for modes missed.
pub fn integrate(f: &dyn Fn(f64) -> f64, lower: f64, upper: f64) -> Option<Estimate> {
    let shape = |x: f64| f(x).abs().ln();
    let integrand = |x: f64| {
        let value = f(x);
        (!value.is_nan()).then_some(Estimate { value, error: f64::EPSILON * value.abs() })
    };
    integrate_shaped(&integrand, &shape, lower, upper, Effort::FULL)
}

/// ∫ f, where `shape` is the logarithm of a positive function whose mass lies where that of f lies.
pub(super) fn integrate_shaped(
    f: Integrand<'_>,
    shape: &dyn Fn(f64) -> f64,
    lower: f64,
    upper: f64,
    effort: Effort,
) -> Option<Estimate> {
    if lower > upper {
        return Some(integrate_shaped(f, shape, upper, lower, effort)?.scaled(-1.0));
    }
    if lower == upper {
        return Some(Estimate::default());
    }
    let mut breaks = mode::modes(shape, lower, upper, effort.scan);
    if !breaks.is_empty() && breaks.iter().all(|&mode| shape(mode) < effort.floor) {
        return Some(Estimate::default());
    }
    // Between such a break and the end nothing could be told apart: what lies there is a tail.
    let apart = |at: f64, end: f64| !end.is_finite() || (at - end).abs() > 64.0 * f64::EPSILON * end.abs();
    breaks.retain(|&at| apart(at, lower) && apart(at, upper));
    if breaks.is_empty() && lower.is_infinite() && upper.is_infinite() {
        breaks.push(0.0);
    }
    let mut ends = vec![End { at: lower, inside: false }];
    ends.extend(breaks.iter().map(|&at| End { at, inside: true }));
    ends.push(End { at: upper, inside: false });

    let mut total = Estimate::default();
    for pair in graded(&ends, shape, effort.scan).windows(2) {
        let piece = Piece::new(pair[0], pair[1], shape, effort.scan);
        total = total + piece.integrate(f, effort.tolerance)?;
    }
    total.finite()
}

/// Splits the finite pieces further, at distances that grow geometrically, where the mass lies close
/// to one end: a piece must not be wide beyond measure for what it holds.
fn graded(ends: &[End], shape: &dyn Fn(f64) -> f64, scan: Scan) -> Vec<End> {
    const FIRST: f64 = 10.0;
    const RATIO: f64 = 100.0;
    let mut breaks: Vec<f64> = Vec::new();
    for pair in ends.windows(2) {
        let (left, right) = (pair[0].at, pair[1].at);
        let half = 0.5 * (right - left);
        for (from, direction) in [(left, 1.0), (right, -1.0)] {
            if half.is_infinite() {
                continue;
            }
            let mut distance = FIRST * mode::scale(shape, from, direction, 2.0 * half, scan);
            while distance < 0.2 * half {
                breaks.push(from + direction * distance);
                distance *= RATIO;
            }
        }
    }
    let mut all: Vec<End> = ends.to_vec();
    all.extend(breaks.into_iter().map(|at| End { at, inside: true }));
    all.sort_by(|a, b| a.at.total_cmp(&b.at));
    all.dedup_by(|a, b| a.at == b.at && a.inside);
    all
}

/// An end of a piece; the integrand may be evaluated at those that lie inside the interval.
#[derive(Clone, Copy)]
struct End {
    at: f64,
    inside: bool,
}

impl End {
    /// The smallest distance from this end that is resolved, for a piece of a given scale.
    fn resolution(self, scale: f64) -> f64 {
        const SMALLEST: f64 = 1e-290;
        if self.inside {
            (1e-20 * scale).max(SMALLEST)
        } else {
            (16.0 * f64::EPSILON * self.at.abs()).max(SMALLEST).max(1e-300 * scale).min(0.25 * scale)
        }
    }
}

/// A piece of the line with its change of variable x(t).
enum Piece {
    /// tanh–sinh: x = a + (b − a) / (1 + exp(−π sinh t)).
    Finite { left: End, right: End },
    /// exp–sinh: x = a ± scale · exp(½π sinh t), from a finite end towards infinity.
    Ray { end: End, direction: f64, scale: f64 },
}

/// A point of a piece: x, dx/dt, and f there.
struct Node {
    x: f64,
    weight: f64,
    value: Estimate,
}

impl Piece {
    fn new(left: End, right: End, shape: &dyn Fn(f64) -> f64, scan: Scan) -> Piece {
        let scale = |end: End, direction| mode::scale(shape, end.at, direction, f64::INFINITY, scan);
        match (left.at.is_finite(), right.at.is_finite()) {
            (true, true) => Piece::Finite { left, right },
            (true, false) => Piece::Ray { end: left, direction: 1.0, scale: scale(left, 1.0) },
            _ => Piece::Ray { end: right, direction: -1.0, scale: scale(right, -1.0) },
        }
    }

    /// x and dx/dt.
    fn map(&self, t: f64) -> (f64, f64) {
        match self {
            Piece::Finite { left, right } => {
                let width = right.at - left.at;
                let u = PI * t.sinh();
                // The fraction of the width that separates x from the nearer end.
                let fraction = 1.0 / (1.0 + u.abs().exp());
                let x = if u < 0.0 { left.at + width * fraction } else { right.at - width * fraction };
                (x, width * PI * t.cosh() * fraction * (1.0 - fraction))
            }
            Piece::Ray { end, direction, scale } => {
                let distance = (scale.ln() + PI / 2.0 * t.sinh()).exp();
                (end.at + direction * distance, distance * PI / 2.0 * t.cosh())
            }
        }
    }

    /// The range of t in which x is told apart from the ends.
    fn range(&self) -> (f64, f64) {
        const FARTHEST: f64 = 1e290;
        match self {
            Piece::Finite { left, right } => {
                let width = right.at - left.at;
                let reach = |end: End| ((width.ln() - end.resolution(width).ln()) / PI).asinh();
                (-reach(*left), reach(*right))
            }
            Piece::Ray { end, scale, .. } => {
                let reach = |distance: f64| ((distance.ln() - scale.ln()) * 2.0 / PI).asinh();
                (reach(end.resolution(*scale)), reach(FARTHEST))
            }
        }
    }

    fn integrate(&self, f: Integrand<'_>, tolerance: f64) -> Option<Estimate> {
        const FIRST_LEVEL: usize = 5;
        const LAST_LEVEL: usize = 9;
        let node = |t: f64| -> Option<Node> {
            let (x, weight) = self.map(t);
            Some(Node { x, weight, value: f(x)? })
        };
        let (low, high) = self.defined_range(&node)?;
        let tails = self.tail(f, low, true)? + self.tail(f, high, false)?;

        let mut rule = Trapezoid::new(low, high, FIRST_LEVEL);
        rule.refine(&node)?;
        let mut previous = rule.estimate();
        let mut last = f64::INFINITY;
        while rule.level < LAST_LEVEL {
            rule.halve();
            rule.refine(&node)?;
            let current = rule.estimate();
            let change = (current.value - previous.value).abs();
            let settled = change <= tolerance * rule.absolute();
            // A tenth of the change before, or more, is the pace of a kink.
            let stuck = rule.level > FIRST_LEVEL + 2 && change > 0.1 * last;
            last = change;
            previous = current;
            if settled || stuck {
                break;
            }
        }
        let floor = 4.0 * f64::EPSILON * rule.absolute() + rule.jitter;
        let mut best = Estimate { value: previous.value, error: previous.error + last + floor };
        if last > tolerance * rule.absolute() {
            let (from, to) = rule.active();
            if let Some(other) = subdivide(&node, from, to, tolerance)
                && other.error + rule.jitter < best.error
            {
                best = Estimate { value: other.value, error: other.error + rule.jitter };
            }
        }
        Some(best + tails)
    }

    /// The part of the range on which f is defined: far out it may overflow, into NaN or into a zero that
    /// only looks like one.
    fn defined_range(&self, node: &dyn Fn(f64) -> Option<Node>) -> Option<(f64, f64)> {
        const PROBES: i32 = 16;
        const HALVINGS: usize = 25;
        /// A function that is exactly zero, and was not yet so here, has overflowed.
        const OVERFLOW: f64 = 1e60;
        let (low, high) = self.range();
        let defined = |t: f64| node(t).is_some_and(|node| node.value.value.is_finite());
        let significant = |t: f64| node(t).is_some_and(|node| node.value.value.is_normal());
        let boundary = |mut outside: f64, mut inside: f64, holds: &dyn Fn(f64) -> bool| {
            for _ in 0..HALVINGS {
                let middle = 0.5 * (outside + inside);
                if holds(middle) { inside = middle } else { outside = middle }
            }
            inside
        };
        let mut probes: Vec<f64> = (1..PROBES).map(|k| low + (high - low) * f64::from(k) / f64::from(PROBES)).collect();
        let edge = |end: f64, probes: &[f64]| -> Option<f64> {
            if defined(end) {
                return Some(end);
            }
            Some(boundary(end, probes.iter().copied().find(|t| defined(*t))?, &defined))
        };
        let from = edge(low, &probes)?;
        probes.reverse();
        let mut to = edge(high, &probes)?;
        if let Piece::Ray { scale, .. } = self {
            let far = ((OVERFLOW / scale).ln() * 2.0 / PI).asinh();
            if far < to && significant(far) && !significant(to) {
                to = boundary(to, far, &significant);
            }
        }
        (from < to).then_some((from, to))
    }

    /// The integral beyond the outermost point `t`, by a power law through two points; `None` when
    /// that diverges.
    fn tail(&self, f: Integrand<'_>, t: f64, at_low: bool) -> Option<Estimate> {
        let (x, _) = self.map(t);
        let (origin, direction, distance, infinite) = match self {
            Piece::Finite { left, right } => {
                let end = if at_low { left } else { right };
                (end.at, if at_low { 1.0 } else { -1.0 }, (x - end.at).abs(), false)
            }
            Piece::Ray { end, direction, .. } => (end.at, *direction, (x - end.at).abs(), !at_low),
        };
        let outer = f(origin + direction * distance)?.value;
        if outer == 0.0 || distance == 0.0 {
            return Some(Estimate::default());
        }
        let inward = if infinite { 0.125 } else { 8.0 };
        let inner = f(origin + direction * distance * inward)?.value;
        // f behaves like (distance)^slope.
        let slope = (inner / outer).abs().ln() / f64::ln(inward);
        let margin = if infinite { -1.0 - slope } else { 1.0 + slope };
        if margin.is_nan() || margin <= 1e-6 {
            return None;
        }
        let value = outer * distance / margin;
        Estimate { value, error: 0.25 * value.abs() }.finite()
    }
}

/// The trapezoidal rule on a grid that is halved again and again. After the first pass only the part
/// where the integrand is not negligible is refined.
struct Trapezoid {
    low: f64,
    high: f64,
    level: usize,
    /// The intervals of the grid that are refined.
    from: usize,
    to: usize,
    first: bool,
    sum: Estimate,
    absolute: f64,
    /// What the rounding of x can do to the integral: ε |x| times the variation of f.
    jitter: f64,
}

impl Trapezoid {
    fn new(low: f64, high: f64, level: usize) -> Trapezoid {
        Trapezoid {
            low,
            high,
            level,
            from: 0,
            to: 1 << level,
            first: true,
            sum: Estimate::default(),
            absolute: 0.0,
            jitter: 0.0,
        }
    }

    fn step(&self) -> f64 {
        (self.high - self.low) / (1u32 << self.level) as f64
    }

    fn halve(&mut self) {
        self.level += 1;
        self.from *= 2;
        self.to *= 2;
    }

    /// Adds the points of this level that the one before did not have.
    fn refine(&mut self, node: &dyn Fn(f64) -> Option<Node>) -> Option<()> {
        const NEGLIGIBLE: f64 = 1e-25;
        let stride = if self.first { 1 } else { 2 };
        let start = if self.first { self.from } else { self.from + 1 };
        let mut sizes = Vec::new();
        let mut before = None;
        self.jitter = 0.0;
        for k in (start..=self.to).step_by(stride) {
            let Node { x, weight, value } = node(self.low + k as f64 * self.step())?;
            let half = if k == 0 || k == 1 << self.level { 0.5 } else { 1.0 };
            let term = value.scaled(weight * half);
            if !term.value.is_finite() {
                return None;
            }
            if let Some((x_before, before)) = before.replace((x.abs(), value.value)) {
                self.jitter += f64::EPSILON * x.abs().min(x_before) * (value.value - before).abs();
            }
            self.sum = self.sum + term;
            self.absolute += term.value.abs();
            sizes.push(term.value.abs());
        }
        if self.first {
            let largest = sizes.iter().copied().fold(0.0, f64::max);
            let matters = |size: &f64| *size > largest * NEGLIGIBLE;
            if let (Some(first), Some(last)) = (sizes.iter().position(matters), sizes.iter().rposition(matters)) {
                self.from = first.saturating_sub(1);
                self.to = (last + 1).min(self.to);
            }
            self.first = false;
        }
        Some(())
    }

    fn estimate(&self) -> Estimate {
        self.sum.scaled(self.step())
    }

    fn absolute(&self) -> f64 {
        self.absolute * self.step()
    }

    fn active(&self) -> (f64, f64) {
        (self.low + self.from as f64 * self.step(), self.low + self.to as f64 * self.step())
    }
}

/// The nodes of the 15-point Kronrod rule on [−1, 1] with its weights, and those of the 7-point Gauss
/// rule that it extends (QUADPACK, qk15).
const KRONROD: [(f64, f64, f64); 8] = [
    (0.991_455_371_120_812_6, 0.022_935_322_010_529_224, 0.0),
    (0.949_107_912_342_758_5, 0.063_092_092_629_978_55, 0.129_484_966_168_869_7),
    (0.864_864_423_359_769_1, 0.104_790_010_322_250_18, 0.0),
    (0.741_531_185_599_394_4, 0.140_653_259_715_525_92, 0.279_705_391_489_276_64),
    (0.586_087_235_467_691_1, 0.169_004_726_639_267_9, 0.0),
    (0.405_845_151_377_397_2, 0.190_350_578_064_785_4, 0.381_830_050_505_118_9),
    (0.207_784_955_007_898_47, 0.204_432_940_075_298_9, 0.0),
    (0.0, 0.209_482_141_084_727_82, 0.417_959_183_673_469_4),
];

/// One interval of the subdivision.
struct Cell {
    low: f64,
    high: f64,
    estimate: Estimate,
    /// The difference of the two rules.
    doubt: f64,
    absolute: f64,
}

/// Adaptive Gauss–Kronrod subdivision: the doubtful cell is halved until the doubts are small.
fn subdivide(node: &dyn Fn(f64) -> Option<Node>, low: f64, high: f64, tolerance: f64) -> Option<Estimate> {
    const FIRST_CELLS: usize = 8;
    const MOST_CELLS: usize = 400;
    // By chance the two rules can agree although a kink is inside, so that some of the doubt is inherited.
    const INHERITED: f64 = 0.01;
    let cell = |low: f64, high: f64, parent: f64| -> Option<Cell> {
        let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
        let (mut kronrod, mut gauss, mut absolute) = (Estimate::default(), 0.0, 0.0);
        for (position, with_kronrod, with_gauss) in KRONROD {
            for side in if position == 0.0 { &[1.0][..] } else { &[-1.0, 1.0][..] } {
                let Node { weight, value, .. } = node(middle + side * half * position)?;
                let term = value.scaled(weight * half);
                kronrod = kronrod + term.scaled(with_kronrod);
                gauss += with_gauss * term.value;
                absolute += with_kronrod * term.value.abs();
            }
        }
        Some(Cell {
            low,
            high,
            estimate: kronrod,
            doubt: (kronrod.value - gauss).abs().max(INHERITED * parent),
            absolute,
        })
    };
    let width = (high - low) / FIRST_CELLS as f64;
    let mut cells: Vec<Cell> = (0..FIRST_CELLS)
        .map(|i| cell(low + i as f64 * width, low + (i + 1) as f64 * width, 0.0))
        .collect::<Option<_>>()?;
    loop {
        let doubt: f64 = cells.iter().map(|cell| cell.doubt).sum();
        let absolute: f64 = cells.iter().map(|cell| cell.absolute).sum();
        if doubt <= tolerance * absolute || cells.len() >= MOST_CELLS {
            let total = cells.iter().fold(Estimate::default(), |sum, cell| sum + cell.estimate);
            let floor = 4.0 * f64::EPSILON * absolute;
            return Estimate { value: total.value, error: total.error + doubt + floor }.finite();
        }
        let worst = (0..cells.len()).max_by(|&i, &j| cells[i].doubt.total_cmp(&cells[j].doubt))?;
        let Cell { low, high, doubt, .. } = cells.swap_remove(worst);
        let middle = 0.5 * (low + high);
        cells.push(cell(low, middle, doubt)?);
        cells.push(cell(middle, high, doubt)?);
    }
}
