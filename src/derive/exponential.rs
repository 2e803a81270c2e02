//! The exponential-family form as it is shown.

use super::family::{Work, join};
use super::recognise::{Recognised, recognise};
use super::report::ExponentialForm;
use super::setting::moving_support;
use crate::derive::simplify::weight;
use crate::kernel::poly::Poly;
use crate::kernel::term::{Function, Name, Term};
use crate::model::family::DensityForm;

impl Work<'_> {
    /// The form, or why there is none, and log p in its terms.
    pub(super) fn exponential_form(&mut self, log_density: &Poly) {
        let plain = |work: &Self| work.search.simplifier.simplify(log_density);
        let variates = self.family.variate.names();
        let moving: Vec<Name> = moving_support(self.family);
        if !moving.is_empty() {
            self.report.not_exponential =
                Some(format!("not an exponential family: the support depends on {}", join(&moving)));
            self.report.log_density = plain(self);
            return;
        }
        match recognise(self.search.checker.pointwise(), log_density, &variates, &self.parameters) {
            Ok(found) => {
                let form = self.present_form(&found);
                let shown = self.shown_log_density(&form).unwrap_or_else(|| plain(self));
                self.report.log_density = self.as_declared(shown);
                self.report.exponential = Some(form);
            }
            Err(mixed) => {
                self.report.log_density = plain(self);
                let mixed_names: Vec<Name> =
                    self.parameters.iter().filter(|name| mixed.contains(name)).cloned().collect();
                let mixed = self.search.simplifier.simplify_term(&mixed);
                self.report.not_exponential = Some(format!(
                    "not an exponential family in these parameters, because the term `{mixed}` mixes {} and {}",
                    join(&variates),
                    join(&mixed_names)
                ));
                self.report.log_density = self.as_declared(self.report.log_density.clone());
            }
        }
    }

    /// The logarithm as the author's own factors give it, where that is lighter.
    fn as_declared(&self, shown: Term) -> Term {
        let simplifier = &self.search.simplifier;
        let mut forms = match &self.family.density {
            DensityForm::Density { body, .. } => simplifier.logarithm(body),
            DensityForm::LogDensity { body, .. } => vec![simplifier.tidy(body)],
            DensityForm::Exponential { .. } => Vec::new(),
        };
        forms.sort_by_key(weight);
        let normalizer = self.search.checker.pointwise();
        let declared = forms.into_iter().find(|form| weight(form) < weight(&shown));
        declared.filter(|form| normalizer.equal(form, &Term::log_density()) == Ok(true)).unwrap_or(shown)
    }

    fn present_form(&self, found: &Recognised) -> ExponentialForm {
        let simplify = |poly: &Poly| self.search.simplifier.simplify(poly);
        let base = self
            .search
            .checker
            .pointwise()
            .exp(&found.log_base)
            .map_or_else(|_| found.log_base.to_term().exp(), |poly| simplify(&poly));
        let statistic: Vec<Term> = found.statistic.iter().map(simplify).collect();
        // Coordinates stand in the order of their declaration: y₂ before y₁₀.
        let variates = self.family.variate.names();
        let place = |own: &Term| match own {
            Term::Variable(name) => variates.iter().position(|variate| variate == name),
            _ => None,
        };
        let mut components: Vec<(&Poly, Term)> = found.natural.iter().zip(statistic).collect();
        if components.iter().all(|(_, own)| place(own).is_some()) {
            components.sort_by_key(|(_, own)| place(own));
        }
        let statistic: Vec<Term> = components.iter().map(|(_, own)| own.clone()).collect();
        let mut natural: Vec<Term> = Vec::new();
        for ((own, _), statistic_of_own) in components.into_iter().zip(&statistic) {
            natural.push(self.carried(statistic_of_own, &statistic, &natural).unwrap_or_else(|| simplify(own)));
        }
        ExponentialForm { natural, statistic, log_partition: simplify(&found.log_partition), base }
    }

    /// What belongs to a coordinate as a statistic, from what belongs to another that it can be exchanged
    /// with: `known` holds that of the first of the statistics.
    pub(super) fn carried(&self, statistic: &Term, statistics: &[Term], known: &[Term]) -> Option<Term> {
        let Term::Variable(name) = statistic else { return None };
        let (first, renaming) = self.report.exchange.coordinate(name)?;
        let place = statistics.iter().position(|own| *own == Term::Variable(first.clone()))?;
        known.get(place).map(|own| renaming.term(own))
    }

    /// log p as η·T − A + log h, as a statistician writes it.
    fn shown_log_density(&self, form: &ExponentialForm) -> Option<Term> {
        let mut terms: Vec<Term> = form
            .natural
            .iter()
            .zip(&form.statistic)
            .map(|(natural, statistic)| natural.clone() * statistic.clone())
            .collect();
        terms.push(-form.log_partition.clone());
        let normalizer = self.search.checker.pointwise();
        if !form.base.is_one() {
            let log_base = normalizer.normalize(&form.base.clone().log()).ok()?;
            terms.push(self.search.simplifier.simplify(&log_base));
        }
        let shown = self.search.simplifier.tidy(&Term::sum(terms));
        let shown = self.search.simplifier.lighter(shown.clone(), shown);
        (normalizer.equal(&shown, &Term::log_density()) == Ok(true)).then_some(shown)
    }
}

pub(super) fn is_logarithm_of_sum(term: &Term) -> bool {
    matches!(term, Term::Apply(Function::Log, arguments) if matches!(arguments[0], Term::Sum(_)))
}
