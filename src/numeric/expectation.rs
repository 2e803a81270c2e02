//! Expectations under a density or mass function that is given by its logarithm.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::f64::consts::PI;

use super::evaluate::evaluate;
use super::mode::{self, Scan};
use super::quadrature::{Effort, Estimate, integrate_shaped};
use super::summation::sum_shaped;
use crate::kernel::domain::{Domain, Support};
use crate::kernel::term::{Name, Term};

/// Where one coordinate runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    /// An open interval; the ends may be infinite.
    Interval(f64, f64),
    /// The whole numbers between two bounds, both included; the bounds may be infinite.
    Integers(f64, f64),
    Values(Vec<f64>),
}

/// A support at given parameter values.
#[derive(Clone, Debug, PartialEq)]
pub enum Region {
    /// At most [`Region::MOST_COORDINATES`] coordinates, cut down by affine inequalities.
    Product {
        axes: Vec<Axis>,
        cuts: Vec<Cut>,
    },
    Points(Vec<Vec<f64>>),
}

/// The inequality `constant + coefficients · x ≥ 0`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    constant: f64,
    coefficients: Vec<f64>,
}

impl Region {
    pub const MOST_COORDINATES: usize = 3;

    /// An interval of the line, for a single variate.
    pub fn interval(lower: f64, upper: f64) -> Region {
        Region::Product { axes: vec![Axis::Interval(lower, upper)], cuts: Vec::new() }
    }

    /// Whole numbers, for a single variate.
    pub fn integers(lower: f64, upper: f64) -> Region {
        Region::Product { axes: vec![Axis::Integers(lower, upper)], cuts: Vec::new() }
    }

    /// The support where the parameters have the values of `point`.
    ///
    /// `None` when a bound has no value, an inequality is not affine in the coordinates, or there are
    /// too many coordinates.
    pub fn new(support: &Support, point: &BTreeMap<Name, f64>) -> Option<Region> {
        match support {
            Support::Points { points, .. } => {
                let values = |terms: &Vec<Term>| terms.iter().map(|term| evaluate(term, point)).collect();
                Some(Region::Points(points.iter().map(values).collect::<Option<_>>()?))
            }
            Support::Product { coordinates, inequalities } => {
                if coordinates.len() > Region::MOST_COORDINATES {
                    return None;
                }
                let names: Vec<Name> = support.names();
                let mut inequalities = inequalities.clone();
                let mut axes = Vec::new();
                for (name, domain) in coordinates {
                    axes.push(Axis::new(name, domain, &names, point, &mut inequalities)?);
                }
                let cuts = inequalities.iter().map(|term| Cut::new(term, &names, point)).collect::<Option<_>>()?;
                Some(Region::Product { axes, cuts })
            }
        }
    }
}

impl Axis {
    /// A bound that speaks of another coordinate goes to `inequalities`.
    fn new(
        name: &Name,
        domain: &Domain,
        names: &[Name],
        point: &BTreeMap<Name, f64>,
        inequalities: &mut Vec<Term>,
    ) -> Option<Axis> {
        let mut bound = |term: &Option<Term>, infinite: f64| -> Option<f64> {
            let Some(term) = term else { return Some(infinite) };
            if names.iter().any(|other| term.contains(other)) {
                let slack = Term::variable(name.clone()) - term.clone();
                inequalities.push(if infinite < 0.0 { slack } else { -slack });
                return Some(infinite);
            }
            evaluate(term, point)
        };
        Some(match domain {
            Domain::Interval { lower, upper } => {
                Axis::Interval(bound(lower, f64::NEG_INFINITY)?, bound(upper, f64::INFINITY)?)
            }
            Domain::Nonnegative => Axis::Interval(0.0, f64::INFINITY),
            Domain::Integers { lower, upper } => {
                Axis::Integers(round_up(bound(lower, f64::NEG_INFINITY)?), round_down(bound(upper, f64::INFINITY)?))
            }
            Domain::Finite(values) => {
                Axis::Values(values.iter().map(|term| evaluate(term, point)).collect::<Option<_>>()?)
            }
            Domain::Angle => Axis::Interval(-PI, PI),
        })
    }

    fn ends(&self) -> (f64, f64) {
        match self {
            Axis::Interval(lower, upper) | Axis::Integers(lower, upper) => (*lower, *upper),
            Axis::Values(values) => {
                values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)))
            }
        }
    }

    /// The part of the axis between two bounds.
    fn clipped(&self, lower: f64, upper: f64) -> Axis {
        match self {
            Axis::Interval(low, high) => Axis::Interval(low.max(lower), high.min(upper)),
            Axis::Integers(low, high) => Axis::Integers(low.max(round_up(lower)), high.min(round_down(upper))),
            Axis::Values(values) => {
                let inside = |x: &f64| *x >= lower - SLACK && *x <= upper + SLACK;
                Axis::Values(values.iter().copied().filter(inside).collect())
            }
        }
    }
}

/// By how much a bound of a whole number may be off by rounding.
const SLACK: f64 = 1e-9;

fn round_up(x: f64) -> f64 {
    (x - SLACK).ceil()
}

fn round_down(x: f64) -> f64 {
    (x + SLACK).floor()
}

impl Cut {
    /// Reads the coefficients off values of the term, and tries them at two more places.
    fn new(term: &Term, names: &[Name], point: &BTreeMap<Name, f64>) -> Option<Cut> {
        const BASE: [f64; Region::MOST_COORDINATES] = [0.375, 0.625, 0.875];
        let at = |values: &[f64]| -> Option<f64> {
            let mut all = point.clone();
            all.extend(names.iter().cloned().zip(values.iter().copied()));
            evaluate(term, &all)
        };
        let base = &BASE[..names.len()];
        let at_base = at(base)?;
        let mut coefficients = Vec::new();
        for i in 0..names.len() {
            let mut moved = base.to_vec();
            moved[i] += 1.0;
            coefficients.push(at(&moved)? - at_base);
        }
        let constant = at_base - dot(&coefficients, base);
        let cut = Cut { constant, coefficients };
        for stretch in [-1.75, 2.25] {
            let values: Vec<f64> = base.iter().enumerate().map(|(i, x)| x * stretch + i as f64).collect();
            let (true_value, affine) = (at(&values)?, cut.constant + dot(&cut.coefficients, &values));
            if (true_value - affine).abs() > 1e-9 * (1.0 + true_value.abs()) {
                return None;
            }
        }
        Some(cut)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// `E[f] = ∫ f exp(log_density)`, or the sum, over the region.
///
/// The density is not normalised here: with f = 1 the result is its total mass. A point where the
/// log-density is −∞ carries nothing. `None` where either function is undefined (NaN) within the mass,
/// where the expectation seems not to exist, or where it would take more than [`MOST_EVALUATIONS`]. The error takes in the rounding of the log-density as far
/// as that varies from point to point; what is the same at every point, such as an error of the
/// normalising constant, it cannot see.
///
/// ```
/// use fisherproof::numeric::{Region, expectation};
///
/// let exponential = |x: &[f64]| -x[0];
/// let mean = expectation(&exponential, &|x| x[0], &Region::interval(0.0, f64::INFINITY)).unwrap();
/// assert!((mean.value - 1.0).abs() <= mean.error);
/// ```
pub fn expectation(
    log_density: &dyn Fn(&[f64]) -> f64,
    f: &dyn Fn(&[f64]) -> f64,
    region: &Region,
) -> Option<Estimate> {
    match region {
        Region::Points(points) => {
            let weighted = weighted(log_density, f, 0.0);
            points.iter().try_fold(Estimate::default(), |sum, x| Some(sum + weighted(x)?))
        }
        Region::Product { axes, cuts } => {
            let centre = find_centre(log_density, axes, cuts);
            let weighted = weighted(log_density, f, roughness(log_density, axes, &centre));
            let left = Cell::new(MOST_EVALUATIONS);
            Product { log_density, weighted: &weighted, axes, cuts, centre, left }.integrate(&[])
        }
    }
}

/// f · exp(log_density), where the density has the relative error `rough`, besides rounding.
fn weighted(
    log_density: &dyn Fn(&[f64]) -> f64,
    f: &dyn Fn(&[f64]) -> f64,
    rough: f64,
) -> impl Fn(&[f64]) -> Option<Estimate> {
    move |x| {
        let log = log_density(x);
        let density = log.exp();
        if log.is_nan() {
            return None;
        }
        if density == 0.0 {
            return Some(Estimate::default());
        }
        let value = f(x) * density;
        let error = (rough + f64::EPSILON * (2.0 + log.abs())) * value.abs();
        (!value.is_nan()).then_some(Estimate { value, error })
    }
}

/// The rounding error of the log-density: how far its values on a very fine grid are from smooth, by
/// fourth differences, near the centre along each axis. Large where large terms cancel, as in
/// x log λ − λ − log Γ(x + 1) at λ = 10⁶.
fn roughness(log_density: &dyn Fn(&[f64]) -> f64, axes: &[Axis], centre: &[f64]) -> f64 {
    const POINTS: i32 = 12;
    let mut rough = 0.0f64;
    for (axis, domain) in axes.iter().enumerate() {
        if matches!(domain, Axis::Values(_)) {
            continue;
        }
        let shape = |x: f64| {
            let mut point = centre.to_vec();
            point[axis] = x;
            log_density(&point)
        };
        let (lower, upper) = domain.ends();
        for (direction, room) in [(1.0, upper - centre[axis]), (-1.0, centre[axis] - lower)] {
            let width = direction * mode::scale(&shape, centre[axis], direction, room, Scan::Thorough);
            let at = |k: i32| shape(centre[axis] + width * (0.3 + 1e-4 * f64::from(k)));
            let values: Vec<f64> = (0..POINTS).map(at).collect();
            for window in values.windows(5) {
                let fourth = window[0] - 4.0 * window[1] + 6.0 * window[2] - 4.0 * window[3] + window[4];
                if fourth.is_finite() {
                    rough = rough.max(fourth.abs() / 4.0);
                }
            }
        }
    }
    rough
}

/// An expectation over several coordinates is given up after so many values of the density, which take seconds.
pub const MOST_EVALUATIONS: u64 = 2_000_000;

struct Product<'a> {
    log_density: &'a dyn Fn(&[f64]) -> f64,
    weighted: &'a dyn Fn(&[f64]) -> Option<Estimate>,
    axes: &'a [Axis],
    cuts: &'a [Cut],
    /// A point where the density is high.
    centre: Vec<f64>,
    /// Points at which it may yet be evaluated.
    left: Cell<u64>,
}

impl Product<'_> {
    /// The expectation over the coordinates after `prefix`, which are integrated from the inside out.
    fn integrate(&self, prefix: &[f64]) -> Option<Estimate> {
        let depth = prefix.len();
        if depth == self.axes.len() {
            self.left.set(self.left.get().checked_sub(1)?);
            return (self.weighted)(prefix);
        }
        let with = |x: f64| {
            let mut point = prefix.to_vec();
            point.push(x);
            point
        };
        let inner = |x: f64| self.integrate(&with(x));
        // The later coordinates stay at the centre: good enough to see where the mass is.
        let shape = |x: f64| {
            let mut point = with(x);
            point.extend(self.centre.iter().skip(depth + 1));
            (self.log_density)(&point)
        };
        let known: Vec<Option<f64>> = prefix.iter().copied().map(Some).collect();
        match clipped(self.axes, self.cuts, depth, &known) {
            Axis::Interval(lower, upper) if lower >= upper => Some(Estimate::default()),
            Axis::Interval(lower, upper) => integrate_shaped(&inner, &shape, lower, upper, self.effort(depth)),
            Axis::Integers(lower, upper) => sum_shaped(&inner, &shape, lower, upper, self.effort(depth)),
            Axis::Values(values) => values.iter().try_fold(Estimate::default(), |sum, &x| Some(sum + inner(x)?)),
        }
    }

    /// Inner integrals are many, and the outer ones cannot be better than they are.
    fn effort(&self, depth: usize) -> Effort {
        const UNDERFLOW: f64 = 600.0;
        let tolerance = match (self.axes.len(), depth) {
            (1, _) => return Effort::FULL,
            (2, 1) => 1e-11,
            (2, _) => 1e-9,
            (_, 2) => 1e-9,
            (_, 1) => 1e-8,
            (_, _) => 1e-7,
        };
        // Only the innermost integral sees the density itself.
        let innermost = depth + 1 == self.axes.len();
        let floor = if innermost { (self.log_density)(&self.centre) - UNDERFLOW } else { f64::NEG_INFINITY };
        Effort { tolerance, scan: Scan::Quick, floor }
    }
}

/// An axis, cut down as far as the known coordinates say; unknown ones take their best value.
fn clipped(axes: &[Axis], cuts: &[Cut], axis: usize, known: &[Option<f64>]) -> Axis {
    let (mut lower, mut upper) = (f64::NEG_INFINITY, f64::INFINITY);
    for cut in cuts {
        let mut room = cut.constant;
        for (i, &coefficient) in cut.coefficients.iter().enumerate() {
            if i == axis || coefficient == 0.0 {
                continue;
            }
            room += match known.get(i).copied().flatten() {
                Some(x) => coefficient * x,
                None => {
                    let (low, high) = axes[i].ends();
                    (coefficient * low).max(coefficient * high)
                }
            };
        }
        let coefficient = cut.coefficients[axis];
        if coefficient > 0.0 {
            lower = lower.max(-room / coefficient);
        } else if coefficient < 0.0 {
            upper = upper.min(-room / coefficient);
        } else if room < -SLACK {
            (lower, upper) = (f64::INFINITY, f64::NEG_INFINITY);
        }
    }
    axes[axis].clipped(lower, upper)
}

/// A point where the density is high, by coordinate ascent on its logarithm.
fn find_centre(log_density: &dyn Fn(&[f64]) -> f64, axes: &[Axis], cuts: &[Cut]) -> Vec<f64> {
    const ROUNDS: usize = 4;
    let mut centre: Vec<f64> = Vec::new();
    for axis in 0..axes.len() {
        let known: Vec<Option<f64>> = centre.iter().copied().map(Some).collect();
        centre.push(typical(&clipped(axes, cuts, axis, &known)));
    }
    for _ in 0..if axes.len() == 1 { 1 } else { ROUNDS } {
        for axis in 0..axes.len() {
            let known: Vec<Option<f64>> = centre.iter().copied().map(Some).collect();
            let shape = |x: f64| {
                let mut point = centre.clone();
                point[axis] = x;
                log_density(&point)
            };
            let candidates = match clipped(axes, cuts, axis, &known) {
                Axis::Interval(lower, upper) => mode::modes(&shape, lower, upper, Scan::Quick),
                Axis::Integers(lower, upper) => vec![mode::whole_mode(&shape, lower, upper)],
                Axis::Values(values) => values,
            };
            let best = candidates.into_iter().max_by(|a, b| shape(*a).total_cmp(&shape(*b)));
            let current = shape(centre[axis]);
            if let Some(best) = best.filter(|x| current.is_nan() || shape(*x) > current) {
                centre[axis] = best;
            }
        }
    }
    centre
}

/// Some point of the axis.
fn typical(axis: &Axis) -> f64 {
    let between = |lower: f64, upper: f64| match (lower.is_finite(), upper.is_finite()) {
        (true, true) => 0.5 * (lower + upper),
        (true, false) => lower + 1.0,
        (false, true) => upper - 1.0,
        (false, false) => 0.0,
    };
    match axis {
        Axis::Interval(lower, upper) => between(*lower, *upper),
        Axis::Integers(lower, upper) => between(*lower, *upper).floor(),
        Axis::Values(values) => values.first().copied().unwrap_or(0.0),
    }
}
