//! E[…] and Σ_z[…]: linear functionals, normalization, and the law of the conditional model.

use num_traits::One;

use crate::kernel::term::Rational;

use super::expression::{Functional, Point};
use super::index::Index;
use super::layer::Layer;
use super::monomial::{Atom, Monomial};
use super::normal::Engine;
use super::polynomial::Polynomial;
use super::theorem::Assumption;
use super::theory::{DensityId, FunctionId, VariateId};

impl Engine<'_> {
    /// Linear: what does not depend on the variates that are integrated leaves.
    pub fn block(&self, functional: &Functional, polynomial: &Polynomial) -> Polynomial {
        let over = functional.variates(self.theory);
        let mut total = Polynomial::zero();
        for (coefficient, monomial) in &polynomial.0 {
            let (inside, outside): (Vec<_>, Vec<_>) = monomial
                .0
                .iter()
                .cloned()
                .partition(|(atom, _)| atom.variates(self.theory).intersection(&over).next().is_some());
            let value = self.integral(functional, self.merged(Monomial(inside)));
            total.add(value.times_monomial(&Monomial(outside)).scaled(coefficient));
        }
        total
    }

    /// ```text
    ///   E[1] = 1
    ///   E[f] = E_x[Σ_y p(y | x) f]                expectation
    ///   Σ_z p = 1                                 normalization
    ///   Σ_z p_I = ∂_I Σ_z p = ∂_I 1 = 0           interchange and normalization, I not empty
    /// ```
    /// E_data knows only E_data[1] = 1.
    fn integral(&self, functional: &Functional, body: Monomial) -> Polynomial {
        match functional {
            Functional::Model(_)
            | Functional::Inner(..)
            | Functional::Covariate(_)
            | Functional::Data
            | Functional::Sample(_)
                if body.is_one() =>
            {
                Polynomial::one()
            }
            // Σ_k c = n c.
            Functional::Draws if body.is_one() => self.sample_size(),
            Functional::Sample(point) if self.has(Layer::Independence) => {
                self.sample_mean(point, &body).unwrap_or_else(|| Polynomial::of(Atom::Block(functional.clone(), body)))
            }
            Functional::Model(point) if self.has(Layer::Expectation) => self.expectation(point, &body),
            Functional::Inner(density, point) if self.has(Layer::Expectation) => {
                let weighted = body.times(&Monomial::of(Atom::Density(*density, point.clone())));
                self.block(
                    &Functional::Sum(self.theory.density(*density).variate),
                    &Polynomial::term(Rational::one(), weighted),
                )
            }
            Functional::Sum(variate) => self.sum(*variate, body),
            _ => Polynomial::of(Atom::Block(functional.clone(), body)),
        }
    }

    /// E[f] = E_x … Σ_y p(y | x) f, or Σ_z Σ_w p(z) q(w) f for independent variates.
    fn expectation(&self, point: &Point, body: &Monomial) -> Polynomial {
        let mut value = Polynomial::term(Rational::one(), body.clone());
        for density in self.theory.density_ids() {
            let weight = Monomial::of(Atom::Density(density, point.clone()));
            value = self.block(&Functional::Sum(self.theory.density(density).variate), &value.times_monomial(&weight));
        }
        for variate in self.theory.variate_ids() {
            if self.theory.density_of(variate).is_none() {
                value = self.block(&Functional::Covariate(variate), &value);
            }
        }
        value
    }

    fn sum(&self, variate: VariateId, body: Monomial) -> Polynomial {
        if let [(atom, one)] = body.0.as_slice()
            && one.is_one()
            && self.has(Layer::Normalization)
        {
            match atom {
                Atom::Density(id, _) if self.theory.density(*id).variate == variate => {
                    self.assume(Assumption::Density);
                    return Polynomial::one();
                }
                Atom::Jet(id, ..) if self.theory.density(*id).variate == variate && self.has(Layer::Interchange) => {
                    self.assume(Assumption::Density);
                    self.assume(Assumption::Interchange);
                    return Polynomial::zero();
                }
                _ => {}
            }
        }
        self.moment(variate, &body).unwrap_or_else(|| Polynomial::of(Atom::Block(Functional::Sum(variate), body)))
    }

    /// Moments of the statistic of an exponential family, by its log-partition function.
    ///
    /// ```text
    ///   ∂_i log p = T_i − a_i        a free of z
    ///   ─────────────────────────────────────────────────
    ///   Σ p g T_i = ∂_i(Σ p g) + a_i Σ p g               g a product of components of T
    /// ```
    /// Fails when: log p was not assumed to be of this form; the rest is not made of the statistic.
    fn moment(&self, variate: VariateId, body: &Monomial) -> Option<Polynomial> {
        // Without normalization the recursion would not end at Σ p = 1.
        if !self.has(Layer::Assumption) || !self.has(Layer::Interchange) || !self.has(Layer::Normalization) {
            return None;
        }
        let (density, point) = body.0.iter().find_map(|(atom, exponent)| match atom {
            Atom::Density(id, point) if exponent.is_one() && self.theory.density(*id).variate == variate => {
                Some((*id, point.clone()))
            }
            _ => None,
        })?;
        self.theory.density(density).logarithm.as_ref()?;
        let (statistic, slot) = body.0.iter().find_map(|(atom, _)| match atom {
            Atom::Statistic(id, slots) if slots.len() <= 1 => {
                Some((*id, slots.first().cloned().unwrap_or(Index::Unit)))
            }
            _ => None,
        })?;
        let only_statistics = body.0.iter().all(|(atom, exponent)| match atom {
            Atom::Density(..) => exponent.is_one(),
            Atom::Statistic(id, _) => *id == statistic && super::monomial::is_natural(exponent),
            _ => false,
        });
        if !only_statistics {
            return None;
        }
        let parameter = self.theory.density(density).parameter;
        // Worked out at an open label: rules of contraction must not meet one that is summed outside.
        let label = self.open(slot.space());
        let shift = self.natural_shift(density, statistic, &point, &label)?;
        let mut rest = body.clone();
        let taken = self.theory.function(statistic).slots.first().map(|_| slot.clone());
        rest.multiply_by(Atom::Statistic(statistic, taken.into_iter().collect()), -Rational::one());
        self.assume(Assumption::Interchange);
        let value = self.block(&Functional::Sum(variate), &Polynomial::term(Rational::one(), rest));
        let mut total = self.derivative(&value, parameter, &label);
        total.add(shift.times(&self.refreshed_except(&value, &body.bound())));
        Some(total.map(&|index| if *index == label { slot.clone() } else { index.clone() }))
    }

    /// a_i of ∂_i log p = T_i − a_i.
    fn natural_shift(
        &self,
        density: DensityId,
        statistic: FunctionId,
        point: &Point,
        label: &Index,
    ) -> Option<Polynomial> {
        let logarithm = self.log_density(density, point);
        let score = self.collected(self.derivative(&logarithm, self.theory.density(density).parameter, label));
        let slots: Vec<Index> = self.theory.function(statistic).slots.iter().map(|_| label.clone()).collect();
        let own = Monomial::of(Atom::Statistic(statistic, slots));
        let (mut seen, mut shift) = (false, Polynomial::zero());
        for (coefficient, monomial) in score.0 {
            if monomial == own && coefficient.is_one() {
                seen = true;
            } else if monomial.variates(self.theory).is_empty() {
                shift.0.push((-coefficient, monomial));
            } else {
                return None;
            }
        }
        seen.then(|| self.refreshed(&shift))
    }
}
