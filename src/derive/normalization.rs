//! Does the density integrate to one: proved, or refuted by its total, by a point without mass, or by a divergent integral.

use std::collections::BTreeMap;

use num_traits::ToPrimitive;

use super::claim;
use super::family::{Work, check, proved};
use super::report::{Check, CheckKind, Equation, Status};
use super::search::Failure;
use crate::kernel::poly::{Obstacle, Poly};
use crate::kernel::setting::points;
use crate::kernel::sign::Sign;
use crate::kernel::term::{Name, Rational, Term};
use crate::kernel::theorem::Rejection;
use crate::model::family::DensityForm;
use crate::numeric::{Region, evaluate, expectation, sample_points};

impl Work<'_> {
    pub(super) fn no_log_density(&mut self, obstacle: &Obstacle) {
        let mut status = Status::NotProved;
        let reason = match obstacle {
            Obstacle::NotPositive(term) => {
                // A factor alone says nothing: the others may be negative too.
                let pointwise = self.search.checker.pointwise();
                let whole = match &self.family.density {
                    DensityForm::Density { body, .. } => pointwise.normalize(body).ok(),
                    _ => None,
                };
                let sign = whole.and_then(|poly| pointwise.sign(&poly));
                let factor = pointwise.normalize(term).ok().and_then(|poly| pointwise.sign(&poly));
                let refuted = match sign {
                    Some(Sign::Negative) => Some("negative"),
                    Some(Sign::Nonpositive) => Some("negative or zero"),
                    Some(Sign::Zero) => Some("zero"),
                    _ => None,
                };
                match refuted {
                    Some(sign) => {
                        status = Status::Refuted;
                        format!("the density is not positive: it is {sign} on its support, by its factor `{term}`")
                    }
                    None if factor == Some(Sign::Negative) => format!(
                        "the density must be positive on its support, and its factor `{term}` is negative; \
                         that the rest of it is negative too cannot be shown"
                    ),
                    None => format!(
                        "the density must be positive on its support, and its factor `{term}` cannot be shown to be; \
                         declare the domains that make it so"
                    ),
                }
            }
            other => format!("the log-density has no normal form: {other}"),
        };
        self.report.status = status;
        self.report.checks.push(Check { reason: Some(reason.clone()), ..check(CheckKind::Normalization, status) });
        self.report.remarks.push(reason);
        for own in &self.family.claims {
            let outcome = claim::decide(&mut self.search, &self.report, own);
            self.report.claims.push(outcome);
        }
    }

    pub(super) fn normalization(&mut self) -> bool {
        let one = Term::one();
        let (status, reason, remark) = match self.search.total_mass() {
            Ok(total) => {
                let off = total.minus(&Poly::one());
                if self.search.checker.parameters().is_zero(&off).unwrap_or(false) {
                    match self.search.expectation_is(&one, &one) {
                        Ok(position) => {
                            let theorem = self.search.theorem(position).clone();
                            let equations = vec![Equation { left: Term::one().expectation(), right: one }];
                            self.report.checks.push(proved(CheckKind::Normalization, equations, &[&theorem]));
                            return true;
                        }
                        Err(failure) => (Status::NotProved, failure.to_string(), None),
                    }
                } else {
                    self.wrong_total(&total)
                }
            }
            Err(Failure::Rejected(Rejection::Condition { lemma, term })) => self.divergent(lemma, &term),
            Err(_) if self.massless_point().is_some() => {
                let point = self.massless_point().unwrap_or_default();
                (
                    Status::Refuted,
                    format!("R2 fails: the mass is 0 at {point}"),
                    Some(format!("leave {point} out of the support")),
                )
            }
            Err(failure) => (Status::NotProved, failure.to_string(), None),
        };
        self.report.checks.push(Check { reason: Some(reason), ..check(CheckKind::Normalization, status) });
        self.report.remarks.extend(remark);
        false
    }

    fn wrong_total(&self, total: &Poly) -> (Status, String, Option<String>) {
        let value = self.search.simplifier.simplify(total);
        let one = Term::one();
        let differs =
            sample_points(self.search.setting().context(), 8).iter().any(|point| claim::disjoint(&value, &one, point));
        let verb = if self.family.variate.is_discrete() { "sums" } else { "integrates" };
        if !differs {
            return (Status::NotProved, format!("the density {verb} to `{value}`, which was not shown to be 1"), None);
        }
        let repair = self
            .search
            .checker
            .parameters()
            .power(total, &Poly::integer(-1))
            .map(|poly| self.search.simplifier.simplify(&poly));
        let remark = repair.ok().map(|factor| format!("multiply the density by `{factor}` and it {verb} to 1"));
        (Status::Refuted, format!("the density {verb} to `{value}`, not to 1"), remark)
    }

    /// A point of a finite support where the declared density vanishes.
    fn massless_point(&self) -> Option<String> {
        let DensityForm::Density { body, .. } = &self.family.density else { return None };
        let names = self.family.variate.names();
        let normalizer = self.search.checker.parameters();
        for point in points(&self.family.variate).ok()? {
            let at: Vec<(Name, Term)> = names.iter().cloned().zip(point).collect();
            if normalizer.normalize(&body.substitute(&at)).is_ok_and(|mass| mass.is_zero()) {
                let shown: Vec<String> = at.iter().map(|(name, value)| format!("`{name} = {value}`")).collect();
                return Some(shown.join(", "));
            }
        }
        None
    }

    /// A lemma's condition that the domains do not give: a point where it fails refutes the density.
    fn divergent(&self, lemma: &str, term: &Term) -> (Status, String, Option<String>) {
        let verb = if self.family.variate.is_discrete() { "sum" } else { "integral" };
        for point in sample_points(self.search.setting().context(), 24) {
            let zero = crate::numeric::Interval::point(Rational::from_integer(0.into()));
            let Some(value) = crate::numeric::enclose(term, &point) else { continue };
            // The lemma's condition fails; that the integral does is another matter.
            if value.high() <= zero.low() && !self.converges(&point) {
                let at: Vec<String> = point
                    .iter()
                    .filter(|(name, _)| term.contains(name))
                    .map(|(name, value)| format!("`{name} = {value}`"))
                    .collect();
                let shown = self.search.simplifier.simplify_term(term);
                return (
                    Status::Refuted,
                    format!(
                        "the {verb} of the density diverges at {}: it needs `{shown} > 0` (`{lemma}`)",
                        at.join(", ")
                    ),
                    Some(format!(
                        "declare the parameters so that `{shown} > 0`, for instance with a `where` condition"
                    )),
                );
            }
        }
        let shown = self.search.simplifier.simplify_term(term);
        (
            Status::NotProved,
            format!("`{lemma}` needs `{shown} > 0`, which the declared domains do not give"),
            Some(format!("add `where {shown} > 0` to the parameters if that is meant")),
        )
    }

    /// Whether quadrature finds a finite total at a point.
    fn converges(&self, point: &BTreeMap<Name, Rational>) -> bool {
        let floats: BTreeMap<Name, f64> =
            point.iter().filter_map(|(name, value)| Some((name.clone(), value.to_f64()?))).collect();
        let Some(region) = Region::new(&self.family.variate, &floats) else { return false };
        let variates = self.family.variate.names();
        let density = |x: &[f64]| {
            let mut at = floats.clone();
            at.extend(variates.iter().cloned().zip(x.iter().copied()));
            evaluate(self.search.setting().log_density(), &at).unwrap_or(f64::NAN)
        };
        expectation(&density, &|_| 1.0, &region)
            .is_some_and(|total| total.value.is_finite() && total.error < 1e-3 * (1.0 + total.value.abs()))
    }
}
