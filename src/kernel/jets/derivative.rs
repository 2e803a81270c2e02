//! ∂/∂θ_i of polynomials.

use num_traits::One;

use crate::kernel::term::Rational;

use super::expression::{Functional, Point};
use super::index::Index;
use super::layer::Layer;
use super::monomial::{Atom, Monomial};
use super::normal::Engine;
use super::polynomial::Polynomial;
use super::theorem::Assumption;
use super::theory::{Argument, ParameterId};

impl Engine<'_> {
    /// Linear: what does not depend on the parameter leaves.
    pub fn derivative(&self, polynomial: &Polynomial, parameter: ParameterId, index: &Index) -> Polynomial {
        let mut total = Polynomial::zero();
        for (coefficient, monomial) in &polynomial.0 {
            let (moving, fixed): (Vec<_>, Vec<_>) =
                monomial.0.iter().cloned().partition(|(atom, _)| atom.depends_on(parameter, self.theory));
            if moving.is_empty() {
                continue;
            }
            let inner = self.product_derivative(&Monomial(moving), parameter, index);
            total.add(inner.times_monomial(&Monomial(fixed)).scaled(coefficient));
        }
        total
    }

    /// ```text
    ///   ∂(f g) = f ∂g + g ∂f            product-rule
    ///   ∂ f^r  = r f^(r−1) ∂f           chain-rule, or for natural r product-rule
    /// ```
    /// Stays opaque when the rule's layer is not in force.
    fn product_derivative(&self, monomial: &Monomial, parameter: ParameterId, index: &Index) -> Polynomial {
        if let [(atom, exponent)] = monomial.0.as_slice() {
            if exponent.is_one() {
                return self.atom_derivative(atom, parameter, index);
            }
            let by_product = self.has(Layer::ProductRule) && super::monomial::is_natural(exponent);
            if !self.has(Layer::ChainRule) && !by_product {
                return opaque(monomial.clone(), parameter, index);
            }
            return self.power_derivative(atom, exponent, parameter, index);
        }
        if !self.has(Layer::ProductRule) {
            return opaque(monomial.clone(), parameter, index);
        }
        let mut total = Polynomial::zero();
        for (at, (atom, exponent)) in monomial.0.iter().enumerate() {
            let mut others = monomial.clone();
            others.0.remove(at);
            let single = Monomial(vec![(atom.clone(), exponent.clone())]);
            total.add(self.product_derivative(&single, parameter, index).times_monomial(&others));
        }
        total
    }

    fn power_derivative(&self, atom: &Atom, exponent: &Rational, parameter: ParameterId, index: &Index) -> Polynomial {
        let mut lowered = Monomial::one();
        lowered.multiply_by(atom.clone(), exponent - Rational::one());
        if matches!(atom, Atom::Density(..)) && !super::monomial::is_natural(exponent) {
            self.assume(Assumption::Positive);
        }
        self.atom_derivative(atom, parameter, index).times_monomial(&lowered).scaled(exponent)
    }

    /// ```text
    ///   ∂_i p_I = p_{I ∪ i}
    ///   ∂_i log p = p_i / p                 log-derivative
    ///   ∂_a g(θ(φ)) = Σ_k g_k ∂_a θ_k       chain-rule
    ///   ∂_i f(g) = f'(g) ∂_i g              chain-rule
    ///   ∂_i Σ_z f = Σ_z ∂_i f               interchange
    ///   ∂_i E_data[f] = E_data[∂_i f]       interchange
    ///   ∂_i Σ_k f(z_k) = Σ_k ∂_i f(z_k)
    /// ```
    fn atom_derivative(&self, atom: &Atom, parameter: ParameterId, index: &Index) -> Polynomial {
        let theory = self.theory;
        let unworked = || opaque(Monomial::of(atom.clone()), parameter, index);
        match atom {
            Atom::Parameter(id, component) if *id == parameter => {
                Polynomial::of(Atom::Kronecker(component.clone(), index.clone()).map(&Clone::clone))
            }
            Atom::Parameter(id, component) if theory.parameter(*id).depends_on == Some(parameter) => {
                Polynomial::of(Atom::Map(*id, component.clone(), vec![index.clone()]))
            }
            Atom::Map(id, component, derivatives) if theory.parameter(*id).depends_on == Some(parameter) => {
                let mut more = derivatives.clone();
                more.push(index.clone());
                more.sort();
                Polynomial::of(Atom::Map(*id, component.clone(), more))
            }
            Atom::Density(id, point) => {
                let jet = |label: &Index| Polynomial::of(Atom::Jet(*id, point.clone(), vec![label.clone()]));
                self.along(theory.density(*id).parameter, parameter, index, &unworked, &|label| match self
                    .assumed_score(atom, label)
                {
                    Some(score) => score,
                    None => jet(label),
                })
            }
            Atom::Jet(id, point, indices) => {
                self.along(theory.density(*id).parameter, parameter, index, &unworked, &|label| {
                    let mut more = indices.clone();
                    more.push(label.clone());
                    more.sort();
                    Polynomial::of(Atom::Jet(*id, point.clone(), more))
                })
            }
            Atom::LogDensity(id, point) if self.has(Layer::LogDerivative) => {
                self.assume(Assumption::Positive);
                let density = Atom::Density(*id, point.clone());
                let mut reciprocal = Monomial::one();
                reciprocal.multiply_by(density.clone(), -Rational::one());
                self.atom_derivative(&density, parameter, index).times_monomial(&reciprocal)
            }
            Atom::Field { id, point, component, derivatives } => {
                let Argument::Parameter(own) = theory.function(*id).argument else { return unworked() };
                self.along(own, parameter, index, &unworked, &|label| {
                    let mut more = derivatives.clone();
                    more.push(label.clone());
                    more.sort();
                    Polynomial::of(Atom::Field {
                        id: *id,
                        point: point.clone(),
                        component: component.clone(),
                        derivatives: more,
                    })
                })
            }
            Atom::Apply(id, order, argument) if self.has(Layer::ChainRule) => {
                let outer = Atom::Apply(*id, order + 1, argument.clone());
                self.inner_derivative(argument, parameter, index).times_monomial(&Monomial::of(outer))
            }
            Atom::Log(argument) if self.has(Layer::ChainRule) => {
                let inner = self.inner_derivative(argument, parameter, index);
                inner.times(&self.refreshed(&self.power(argument, &-Rational::one())))
            }
            Atom::Exp(argument) if self.has(Layer::ChainRule) => {
                self.inner_derivative(argument, parameter, index).times_monomial(&Monomial::of(atom.clone()))
            }
            Atom::Power(argument, exponent) if self.has(Layer::ChainRule) => {
                let lowered = self.power(argument, &(exponent - Rational::one()));
                self.inner_derivative(argument, parameter, index).times(&self.refreshed(&lowered)).scaled(exponent)
            }
            Atom::Block(functional @ (Functional::Sum(_) | Functional::Covariate(_)), body)
                if self.has(Layer::Interchange) =>
            {
                self.assume(Assumption::Interchange);
                let inner = self.derivative(&Polynomial::term(Rational::one(), body.clone()), parameter, index);
                self.block(functional, &inner)
            }
            // The data do not move with the parameter.
            Atom::Block(Functional::Data, body) if self.has(Layer::Interchange) => {
                self.assume(Assumption::DataInterchange);
                let inner = self.derivative(&Polynomial::term(Rational::one(), body.clone()), parameter, index);
                self.block(&Functional::Data, &inner)
            }
            // A finite sum: no condition.
            Atom::Block(Functional::Draws, body) => {
                let inner = self.derivative(&Polynomial::term(Rational::one(), body.clone()), parameter, index);
                self.block(&Functional::Draws, &inner)
            }
            Atom::Derivative(indices, body) => {
                let mut more = indices.clone();
                more.push((parameter, index.clone()));
                sort_partials(&mut more);
                Polynomial::of(Atom::Derivative(more, body.clone()))
            }
            _ => unworked(),
        }
    }

    /// The derivative of a function of `own` by `parameter`: straight, or through θ(φ).
    fn along(
        &self,
        own: ParameterId,
        parameter: ParameterId,
        index: &Index,
        unworked: &dyn Fn() -> Polynomial,
        partial: &dyn Fn(&Index) -> Polynomial,
    ) -> Polynomial {
        if own == parameter {
            return partial(index);
        }
        if self.theory.parameter(own).depends_on != Some(parameter) || !self.has(Layer::ChainRule) {
            return unworked();
        }
        self.assume(Assumption::Smooth(self.theory.parameter(own).name.clone()));
        let label = self.open(self.theory.parameter(own).space);
        let jacobian = Monomial::of(Atom::Map(own, label.clone(), vec![index.clone()]));
        self.bound(partial(&label).times_monomial(&jacobian), &label)
    }

    fn inner_derivative(&self, argument: &Polynomial, parameter: ParameterId, index: &Index) -> Polynomial {
        self.derivative(&self.refreshed(argument), parameter, index)
    }

    /// ∂_i p = p ∂_i log p, where log p was assumed to be something.
    fn assumed_score(&self, density: &Atom, index: &Index) -> Option<Polynomial> {
        let Atom::Density(id, point) = density else { return None };
        if !self.has(Layer::Assumption) {
            return None;
        }
        let assumed = self.theory.density(*id).logarithm.as_ref()?;
        self.assume(Assumption::LogDensity);
        self.assume(Assumption::Positive);
        let logarithm = self.evaluate(assumed, &Point::clone(point));
        Some(
            self.derivative(&logarithm, self.theory.density(*id).parameter, index)
                .times_monomial(&Monomial::of(density.clone())),
        )
    }
}

/// Partial derivatives by one parameter commute. Those by θ and by φ need not: where θ = θ(φ), ∂/∂φ is a
/// total derivative.
pub(super) fn sort_partials(partials: &mut [(ParameterId, Index)]) {
    for run in partials.chunk_by_mut(|a, b| a.0 == b.0) {
        run.sort();
    }
}

fn opaque(body: Monomial, parameter: ParameterId, index: &Index) -> Polynomial {
    match body.0.as_slice() {
        [(Atom::Derivative(indices, inner), one)] if one.is_one() => {
            let mut more = indices.clone();
            more.push((parameter, index.clone()));
            sort_partials(&mut more);
            Polynomial::of(Atom::Derivative(more, inner.clone()))
        }
        _ => Polynomial::of(Atom::Derivative(vec![(parameter, index.clone())], body)),
    }
}
