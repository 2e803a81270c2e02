//! KL(p ‖ q) in closed form, as a Bregman divergence of the log-partition, and its expansion.

use super::family::{Work, check, proved};
use super::report::{Check, CheckKind, Derivable, Equation, KlTaylor, Status};
use super::search::Failure;
use super::setting::{second, second_parameters};
use crate::kernel::certificate::{Proposition, Rule};
use crate::kernel::term::{Name, Term};
use crate::kernel::theorem::Theorem;

impl Work<'_> {
    pub(super) fn kl(&mut self) {
        let difference = Term::log_density() - Term::LogDensity(second_parameters(self.family));
        let position = match self.search.expectation(&difference) {
            Ok(position) => position,
            Err(failure) => {
                self.failed(CheckKind::Kl, &failure);
                return;
            }
        };
        let mut position = position;
        let mut value = self.search.value(position);
        if let Some(bregman) = self.bregman() {
            let lighter = self.search.simplifier.lighter(value.clone(), bregman);
            if lighter != value
                && let Ok(proved) = self.search.expectation_is(&difference, &lighter)
            {
                (position, value) = (proved, lighter);
            }
        }
        self.explain(Derivable::Kl, position);
        let equations = vec![Equation { left: difference.expectation(), right: value.clone() }];
        let theorem = self.search.theorem(position).clone();
        self.report.checks.push(proved(CheckKind::Kl, equations, &[&theorem]));
        self.report.kl = Some(value.clone());
        if let Err(failure) = self.kl_taylor(&value) {
            if self.differentiable {
                self.failed(CheckKind::KlTaylor, &failure);
            } else {
                let reason = "the log-density has a corner that moves with a parameter: the divergence need not have \
                              the derivatives of an expansion";
                let check = Check { reason: Some(reason.to_owned()), ..check(CheckKind::KlTaylor, Status::NotProved) };
                self.report.checks.push(check);
            }
        }
    }

    /// (η − η′)·E[T] − A + A′, each part in its own best form.
    fn bregman(&mut self) -> Option<Term> {
        let form = self.report.exponential.clone()?;
        let replaced = second_parameters(self.family);
        let mut terms: Vec<Term> = Vec::new();
        for (natural, statistic) in form.natural.iter().zip(&form.statistic) {
            // What is exchanged with another has the other's term.
            if let Some(carried) = self.carried(statistic, &form.statistic, &terms) {
                terms.push(carried);
                continue;
            }
            let position = self.search.expectation(statistic).ok()?;
            let moment = self.search.value(position);
            let difference = self.search.simplifier.simplify_term(&(natural.clone() - natural.substitute(&replaced)));
            terms.push(difference * moment);
        }
        let partition = form.log_partition.substitute(&replaced) - form.log_partition.clone();
        terms.push(self.search.simplifier.simplify_term(&partition));
        Some(Term::sum(terms))
    }

    fn kl_taylor(&mut self, kl: &Term) -> Result<(), Failure> {
        let at: Vec<(Name, Term)> =
            self.parameters.iter().map(|name| (second(name), Term::Variable(name.clone()))).collect();
        let seconds: Vec<Name> = self.parameters.iter().map(second).collect();
        let divergence = (Term::log_density() - Term::LogDensity(second_parameters(self.family))).expectation();
        let mut theorems = Vec::new();
        let mut equations = Vec::new();
        let mut orders = [0, 1, 2, 3].map(|order| self.tensor(order));
        for (order, tensor) in orders.iter_mut().enumerate() {
            let kinds = self.kinds(order);
            if order == 3 && kinds.len() > MOST_THIRD_COEFFICIENTS {
                break;
            }
            for indices in kinds {
                let by = |term: &Term| indices.iter().fold(term.clone(), |term, k| term.derivative(&seconds[*k]));
                let (of, formal) = (by(kl), by(&divergence));
                let is = match order {
                    0 | 1 => Term::zero(),
                    2 => self.report.fisher.get(&indices).ok_or(Failure::NoLemma)?,
                    _ => {
                        let worked_out = self.search.checker.parameters().normalize(&of)?.to_term().substitute(&at);
                        self.search.simplifier.simplify_term(&worked_out)
                    }
                };
                let proposition =
                    Proposition::Specialization { auxiliary: Vec::new(), of, at: at.clone(), is: is.clone() };
                let position = self.search.push(proposition, Rule::Algebra)?;
                theorems.push(self.search.theorem(position).clone());
                // Shown as derivatives of the divergence, not of its closed form written out.
                equations.push(Equation { left: formal, right: is.clone() });
                tensor.set(&indices, is);
            }
        }
        let theorems: Vec<&Theorem> = theorems.iter().collect();
        self.report.checks.push(proved(CheckKind::KlTaylor, equations, &theorems));
        let [_, order1, order2, order3] = orders;
        self.report.kl_taylor = Some(KlTaylor { order0: Term::zero(), order1, order2, order3 });
        Ok(())
    }
}

/// With more kinds of coefficients of order 3 the divergence is expanded to order 2 only.
const MOST_THIRD_COEFFICIENTS: usize = 120;
