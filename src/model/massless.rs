//! Points of the declared region that have no mass: they are no part of the support, where log p is finite.

use num_traits::{One, Signed};

use super::family::{DensityForm, Family};
use crate::kernel::domain::{Domain, Support};
use crate::kernel::normal::Normalizer;
use crate::kernel::setting::points;
use crate::kernel::sign::Sign;
use crate::kernel::term::{Function, Name, Rational, Term};

/// What was declared and has no mass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Massless {
    /// Each place that is left out of the support, as people read it.
    pub left_out: Vec<String>,
    /// Powers of the mass with a base that vanishes where the exponent does, and powers of positive quantities
    /// that are equal to them on the support.
    pub powers: Vec<(Term, Term)>,
    /// The support as it was declared, where powers of the mass were changed.
    pub declared: Option<Support>,
}

/// The points of a longer list are not looked at one by one.
const MOST_POINTS: usize = 256;

/// So many values of a coordinate are left out one by one.
const MOST_EDGES: usize = 16;

impl Family {
    /// The support with the points that have no mass, where numbers are worked out from the mass as declared.
    pub fn declared_support(&self) -> &Support {
        self.massless.declared.as_ref().unwrap_or(&self.variate)
    }

    /// The logarithm of the mass as declared, where it has powers that are 0 at some points.
    pub fn declared_logarithm(&self) -> Option<Term> {
        match &self.density {
            DensityForm::Density { body, .. } if !self.massless.powers.is_empty() => Some(body.clone().log()),
            _ => None,
        }
    }

    /// Takes points where the mass is 0 for all values of the parameters out of the support: single ones of a
    /// finite support, and those where a factor Bᴱ has B = 0 at the least value of a coordinate, but for E = 0
    /// (0⁰ = 1).
    pub(super) fn leave_out_massless(&mut self) {
        let DensityForm::Density { body, .. } = &self.density else { return };
        if !self.variate.is_discrete() {
            return;
        }
        let body = body.clone();
        match points(&self.variate) {
            Ok(points) if points.len() <= MOST_POINTS => self.leave_out_points(&body, points),
            Ok(_) => {}
            Err(_) => self.leave_out_edges(&body),
        }
    }

    fn leave_out_points(&mut self, body: &Term, points: Vec<Vec<Term>>) {
        let names = self.variate.names();
        let normalizer = Normalizer::new(&self.context);
        let (massless, left): (Vec<_>, Vec<_>) = points.into_iter().partition(|point| {
            let at: Vec<(Name, Term)> = names.iter().cloned().zip(point.iter().cloned()).collect();
            vanishes(&normalizer, body, &at)
        });
        if massless.is_empty() || left.is_empty() {
            return;
        }
        self.massless.left_out = massless
            .iter()
            .map(|point| {
                let values = names.iter().zip(point).map(|(name, value)| format!("`{name} = {value}`"));
                values.collect::<Vec<_>>().join(", ")
            })
            .collect();
        self.variate = Support::Points { names, points: left };
    }

    fn leave_out_edges(&mut self, body: &Term) {
        let mut powers = Vec::new();
        collect_powers(body, &mut powers);
        // Of (x − 1)(x − 2) the second factor vanishes at what is then the least value.
        for _ in 0..MOST_EDGES {
            let before = self.massless.left_out.len();
            self.leave_out_edges_once(&powers);
            if self.massless.left_out.len() == before {
                break;
            }
        }
    }

    fn leave_out_edges_once(&mut self, powers: &[(Term, Term)]) {
        for (base, exponent) in powers {
            if self.massless.powers.iter().any(|(power, _)| *power == Term::power(base.clone(), exponent.clone())) {
                continue;
            }
            let Support::Product { coordinates, .. } = &mut self.variate else { return };
            let normalizer = Normalizer::new(&self.context);
            let edge = coordinates.iter().enumerate().find_map(|(position, (name, domain))| match domain {
                Domain::Integers { lower: Some(Term::Number(least)), .. } if base.contains(name) => {
                    let at = [(name.clone(), Term::Number(least.clone()))];
                    vanishes(&normalizer, base, &at).then(|| (position, name.clone(), least.clone()))
                }
                _ => None,
            });
            let Some((position, name, least)) = edge else { continue };
            let next = Term::Number(&least + &Rational::one());
            if exponent.as_number().is_some_and(Signed::is_positive) {
                let Domain::Integers { lower, .. } = &mut coordinates[position].1 else { continue };
                *lower = Some(next);
                self.massless.left_out.push(format!("`{name} = {least}`"));
                continue;
            }
            let on_support = Normalizer::on_support(&self.context, &self.variate);
            let Ok(form) = on_support.normalize(exponent) else { continue };
            let counts = self.variate.names().iter().any(|name| exponent.contains(name)) && !exponent.contains(&name);
            if !counts || !on_support.is_whole(&form) || on_support.sign(&form) != Some(Sign::Nonnegative) {
                continue;
            }
            self.massless.declared.get_or_insert_with(|| self.variate.clone());
            let Support::Product { inequalities, .. } = &mut self.variate else { return };
            let own = Term::Variable(name.clone());
            inequalities.push((own.clone() - next) * exponent.clone());
            // One at the edge, where u vanishes, and u elsewhere.
            let unit = Term::power(Term::zero(), own - Term::Number(least.clone()));
            let at = [(name.clone(), Term::Number(least.clone()))];
            let instead = with_unit(&normalizer, base, &at, &unit);
            self.massless
                .powers
                .push((Term::power(base.clone(), exponent.clone()), Term::power(instead, exponent.clone())));
            self.massless.left_out.push(format!("`{name} = {least}`, `{exponent} > 0`"));
        }
    }
}

/// A base with `unit` added to each factor that vanishes.
fn with_unit(normalizer: &Normalizer, base: &Term, at: &[(Name, Term)], unit: &Term) -> Term {
    match base {
        Term::Product(_) => base.map_children(&mut |factor| with_unit(normalizer, factor, at, unit)),
        _ if vanishes(normalizer, base, at) => base.clone() + unit.clone(),
        _ => base.clone(),
    }
}

/// The factors of a product with their exponents.
fn collect_powers(term: &Term, out: &mut Vec<(Term, Term)>) {
    match term {
        Term::Product(factors) => factors.iter().for_each(|factor| collect_powers(factor, out)),
        Term::Power(base, exponent) if exponent.as_number().is_none_or(|number| !number.is_negative()) => {
            out.push(((**base).clone(), (**exponent).clone()));
        }
        Term::Number(_) => {}
        other => out.push((other.clone(), Term::one())),
    }
}

/// Whether a term is 0 at a point for all values of the parameters, by its factors.
fn vanishes(normalizer: &Normalizer, term: &Term, at: &[(Name, Term)]) -> bool {
    match term {
        Term::Product(factors) => factors.iter().any(|factor| vanishes(normalizer, factor, at)),
        Term::Power(base, exponent) => {
            let positive = || {
                let exponent = normalizer.normalize(&exponent.substitute(at)).ok();
                exponent.and_then(|own| own.as_constant()).is_some_and(|own| own.is_positive())
            };
            vanishes(normalizer, base, at) && positive()
        }
        Term::Apply(Function::Abs | Function::Sqrt, arguments) => vanishes(normalizer, &arguments[0], at),
        Term::Variable(name) => at.iter().any(|(own, value)| own == name && value.is_zero()),
        Term::Sum(_) | Term::Apply(Function::Binomial, _) => {
            at.iter().any(|(name, _)| term.contains(name))
                && normalizer.normalize(&term.substitute(at)).is_ok_and(|value| value.is_zero())
        }
        _ => false,
    }
}
