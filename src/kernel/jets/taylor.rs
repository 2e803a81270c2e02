//! Taylor expansion in Δ, cut after an order.
//!
//! ```text
//!   g(θ + Δ) = Σ_{k ≤ n} (1/k!) (Δ·∂)^k g(θ) + O(‖Δ‖^(n+1))
//! ```
//! Recorded as an assumption: what is expanded is smooth enough, and under E the remainder may be
//! integrated.

use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::kernel::term::Rational;

use super::expression::Point;
use super::monomial::{Atom, Monomial, is_natural};
use super::normal::Engine;
use super::polynomial::Polynomial;
use super::theorem::Assumption;

impl Engine<'_> {
    /// Every factor that stands at θ + Δ, expanded. A monomial with a factor that may grow as Δ → 0
    /// is left as it is: a remainder times that factor need not be of the order.
    pub fn taylor(&self, polynomial: &Polynomial, order: u32) -> Polynomial {
        let mut total = Polynomial::zero();
        for (coefficient, monomial) in &polynomial.0 {
            match self.product_expansion(monomial, order) {
                Some(product) => total.add(product.scaled(coefficient)),
                None => total.0.push((coefficient.clone(), monomial.clone())),
            }
        }
        total
    }

    fn product_expansion(&self, monomial: &Monomial, order: u32) -> Option<Polynomial> {
        let closed = monomial.bound().is_empty();
        let mut product = Polynomial::one();
        for (atom, exponent) in &monomial.0 {
            let shared = Monomial::of(atom.clone()).bound();
            for factor in self.factors(atom, exponent, order) {
                if !factor.0.iter().all(|(_, part)| part.is_regular(self.theory)) {
                    return None;
                }
                product = product.times(&self.refreshed_except(&factor, &shared));
                product.0.retain(|(_, part)| part.degree() <= order);
                if closed {
                    product = self.collected(product);
                }
            }
        }
        Some(product)
    }

    /// The expansions whose product is atom^exponent.
    fn factors(&self, atom: &Atom, exponent: &Rational, order: u32) -> Vec<Polynomial> {
        let mut kept = Monomial::one();
        kept.multiply_by(atom.clone(), exponent.clone());
        let kept = Polynomial::term(Rational::one(), kept);
        let expanded = match atom {
            Atom::Block(functional, body) => {
                let inner = Polynomial::term(Rational::one(), body.clone());
                let expanded = self.taylor(&inner, order);
                (expanded != inner).then(|| self.block(functional, &expanded))
            }
            Atom::Apply(..) | Atom::Log(_) | Atom::Exp(_) | Atom::Power(..) => self.composition(atom, order),
            _ => match displaced(atom) {
                Some((still, point)) if is_natural(exponent) => {
                    let value = self.series(&Monomial::of(still), &point, order);
                    return vec![value; exponent.to_integer().to_usize().unwrap_or(1)];
                }
                Some((still, point)) => {
                    let mut base = Monomial::one();
                    base.multiply_by(still, exponent.clone());
                    return vec![self.series(&base, &point, order)];
                }
                None => None,
            },
        };
        match expanded {
            Some(value) if is_natural(exponent) => vec![value; exponent.to_integer().to_usize().unwrap_or(1)],
            _ => vec![kept],
        }
    }

    fn series(&self, base: &Monomial, point: &Point, order: u32) -> Polynomial {
        self.assume(Assumption::Differentiable);
        let mut term = Polynomial::term(Rational::one(), base.clone());
        let mut total = term.clone();
        for step in 1..=order {
            let mut next = Polynomial::zero();
            for (direction, coefficient) in point {
                let parameter = self.theory.direction(*direction).parameter;
                let label = self.open(self.theory.direction_space(*direction));
                let move_along = Monomial::of(Atom::Direction(*direction, label.clone()));
                let derived = self.derivative(&term, parameter, &label).times_monomial(&move_along);
                next.add(self.bound(derived, &label).scaled(coefficient));
            }
            // Like terms early, where no label is shared with factors elsewhere.
            term = if base.bound().is_empty() { self.collected(next) } else { next };
            term = term.scaled(&Rational::new(One::one(), step.into()));
            total.add(term.clone());
        }
        total
    }

    /// ```text
    ///   f(a + e) = Σ_k (1/k!) f^(k)(a) e^k        a free of Δ, e of order at least 1
    /// ```
    /// Fails when (stays opaque): a is not positive for a logarithm or a power; e is not regular.
    fn composition(&self, atom: &Atom, order: u32) -> Option<Polynomial> {
        let argument = atom.argument()?;
        let expanded = self.collected(self.taylor(&self.refreshed(argument), order));
        let (moving, still): (Vec<_>, Vec<_>) = expanded.0.into_iter().partition(|(_, monomial)| monomial.degree() > 0);
        if moving.is_empty() || argument.is_still(self.theory) {
            return None;
        }
        let (centre, rest) = (Polynomial(still), Polynomial(moving));
        if !centre.is_still(self.theory) || !rest.0.iter().all(|(_, monomial)| monomial.is_regular(self.theory)) {
            return None;
        }
        let mut total = Polynomial::zero();
        let mut power = Polynomial::one();
        let mut scale = Rational::one();
        for step in 0..=order {
            if step > 0 {
                power = power.times(&self.refreshed(&rest));
                power.0.retain(|(_, part)| part.degree() <= order);
                scale /= Rational::from_integer(step.into());
            }
            let derivative = self.outer_derivative(atom, &centre, step)?;
            total.add(power.times(&self.refreshed(&derivative)).scaled(&scale));
        }
        Some(total)
    }

    /// f^(step)(a).
    fn outer_derivative(&self, atom: &Atom, centre: &Polynomial, step: u32) -> Option<Polynomial> {
        let positive = match centre.0.as_slice() {
            [(coefficient, monomial)] => {
                coefficient.is_positive()
                    && monomial.0.iter().all(|(atom, _)| atom.is_positive(self.theory) && !atom.is_summed())
            }
            _ => false,
        };
        match atom {
            Atom::Apply(id, own, _) => Some(Polynomial::of(Atom::Apply(*id, own + step, Box::new(centre.clone())))),
            Atom::Exp(_) => Some(self.exponential(centre)),
            Atom::Log(_) if positive && step == 0 => Some(self.logarithm(centre.clone())),
            Atom::Log(_) if positive => {
                // log^(k)(a) = (−1)^(k−1) (k − 1)! a^(−k)
                let mut factor = Rational::one();
                for number in 1..step {
                    factor *= -Rational::from_integer(number.into());
                }
                Some(self.power(centre, &-Rational::from_integer(step.into())).scaled(&factor))
            }
            Atom::Power(_, exponent) if positive => {
                let mut factor = Rational::one();
                let mut left = exponent.clone();
                for _ in 0..step {
                    factor *= &left;
                    left -= Rational::one();
                }
                if factor.is_zero() {
                    Some(Polynomial::zero())
                } else {
                    Some(self.power(centre, &left).scaled(&factor))
                }
            }
            _ => None,
        }
    }
}

/// An atom that stands at one displaced point as a whole, and the same at θ.
fn displaced(atom: &Atom) -> Option<(Atom, Point)> {
    let at_base = |atom: &Atom| -> Option<(Atom, Point)> {
        let point = atom.point()?.clone();
        let still = match atom.clone() {
            Atom::Density(id, _) => Atom::Density(id, Point::new()),
            Atom::Jet(id, _, indices) => Atom::Jet(id, Point::new(), indices),
            Atom::LogDensity(id, _) => Atom::LogDensity(id, Point::new()),
            Atom::Defined(id, _, indices) => Atom::Defined(id, Point::new(), indices),
            Atom::Field { id, component, derivatives, .. } => {
                Atom::Field { id, point: Point::new(), component, derivatives }
            }
            _ => return None,
        };
        Some((still, point))
    };
    match atom {
        Atom::Derivative(indices, body) => {
            let mut common: Option<Point> = None;
            let mut still = Monomial::one();
            for (inner, exponent) in &body.0 {
                let (base, point) = at_base(inner)?;
                if common.as_ref().is_some_and(|common| *common != point) {
                    return None;
                }
                common = Some(point);
                still.multiply_by(base, exponent.clone());
            }
            let point = common?;
            (!point.is_empty()).then(|| (Atom::Derivative(indices.clone(), still), point))
        }
        _ => at_base(atom).filter(|(_, point)| !point.is_empty()),
    }
}
