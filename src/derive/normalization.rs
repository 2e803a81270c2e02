//! Does the density integrate to one: proved, or refuted by its total, by a point where it is negative or without mass,
//! or by a divergent integral.

use std::collections::BTreeSet;

use num_traits::{One, Signed};

use super::claim;
use super::divergent;
use super::family::{Work, check, proved};
use super::report::{Check, CheckKind, Equation, Status};
use super::search::Failure;
use super::split::section;
use crate::kernel::domain::{Domain, Support};
use crate::kernel::poly::{Obstacle, Poly};
use crate::kernel::setting::points;
use crate::kernel::sign::Sign;
use crate::kernel::term::{Name, Term};
use crate::kernel::theorem::Rejection;
use crate::model::family::DensityForm;
use crate::numeric::sample::Point;
use crate::numeric::{enclose, sample_points};

impl Work<'_> {
    pub(super) fn no_log_density(&mut self, obstacle: &Obstacle) {
        let mut status = Status::NotProved;
        let reason = match obstacle {
            Obstacle::NotPositive(term) => {
                // A factor alone says nothing: the others may be negative too.
                let factor = self.search.checker.pointwise().normalize(term).ok();
                let factor = factor.and_then(|poly| self.search.checker.pointwise().sign(&poly));
                let points = self.points_of_support();
                match self.negative_density(term, &points) {
                    Some(reason) => {
                        status = Status::Refuted;
                        reason
                    }
                    None if factor == Some(Sign::Negative) => format!(
                        "the density must be positive on its support, and its factor `{term}` is negative; \
                         that the rest of it is negative too cannot be shown"
                    ),
                    None => format!(
                        "the density must be positive on its support, and its factor `{term}` cannot be shown to be{}; \
                         declare the domains that make it so",
                        self.negative_factor(term, &points).map_or(String::new(), |at| format!(": {at}"))
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

    /// Why the density is none: its sign on the support, or its value at a point.
    fn negative_density(&self, factor: &Term, points: &[Point]) -> Option<String> {
        let DensityForm::Density { body, .. } = &self.family.density else { return None };
        let pointwise = self.search.checker.pointwise();
        let sign = match pointwise.normalize(body).ok().and_then(|poly| pointwise.sign(&poly)) {
            Some(Sign::Negative) => "negative",
            Some(Sign::Nonpositive) => "negative or zero",
            Some(Sign::Zero) => "zero",
            _ => {
                let point = negative_at(body, points)?;
                let at = shown(point, &body.variables());
                let value = self.value_at(body, point);
                return Some(format!("the density is not positive: at {at} it is `{value}`"));
            }
        };
        Some(format!("the density is not positive: it is {sign} on its support, by its factor `{factor}`"))
    }

    /// A point of the support where a factor is negative.
    fn negative_factor(&self, factor: &Term, points: &[Point]) -> Option<String> {
        let point = negative_at(factor, points)?;
        Some(format!("at {} it is `{}`", shown(point, &factor.variables()), self.value_at(factor, point)))
    }

    fn value_at(&self, term: &Term, point: &Point) -> Term {
        let at: Vec<(Name, Term)> =
            point.iter().map(|(name, value)| (name.clone(), Term::Number(value.clone()))).collect();
        let value = term.substitute(&at);
        // cos(9/4) rather than a polynomial in cos(1/4).
        self.search.simplifier.lighter(self.search.simplifier.simplify_term(&value), value)
    }

    /// Points of the parameters and the variate, from all over the support.
    fn points_of_support(&self) -> Vec<Point> {
        sample_points(self.search.checker.pointwise().context(), 60)
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
                // The total may be 1 all the same.
                (
                    Status::NotProved,
                    format!("R2 fails: the mass is 0 at {point}"),
                    Some(format!("leave {point} out of the support")),
                )
            }
            Err(failure) => match (self.undefined_point(), self.divergence()) {
                (_, Some(reason)) => (Status::Refuted, reason, None),
                (Some(point), None) => (
                    Status::NotProved,
                    format!("the mass has no value at {point}"),
                    Some(format!("leave {point} out of the support")),
                ),
                (None, None) => (Status::NotProved, failure.to_string(), None),
            },
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

    /// The least value of the only variate, where the mass is not defined there: p^k/k at k = 0.
    fn undefined_point(&self) -> Option<String> {
        let DensityForm::Density { body, .. } = &self.family.density else { return None };
        let Support::Product { coordinates, .. } = &self.family.variate else { return None };
        let [(name, Domain::Integers { lower: Some(least), .. })] = coordinates.as_slice() else { return None };
        let mass = self.search.checker.parameters().normalize(&body.substitute(&[(name.clone(), least.clone())]));
        let undefined = matches!(mass, Err(Obstacle::DivisionByZero | Obstacle::Pole(_)));
        undefined.then(|| format!("`{name} = {least}`"))
    }

    /// What shows that the density has no finite total.
    fn divergence(&self) -> Option<String> {
        let setting = self.search.setting();
        let names = self.family.variate.names();
        let sentence = match names.as_slice() {
            [name] => divergent::find(setting, &Term::one())?.sentence("the density", name),
            // What integrating over one of two leaves may be too large (Tonelli).
            [one, two] => [(one, two), (two, one)].into_iter().find_map(|(left, integrated)| {
                let (section, _) = section(setting, integrated)?;
                let what = format!("what integrating over `{integrated}` leaves of the density");
                Some(divergent::find(section.marginal(), &Term::one())?.sentence(&what, left))
            })?,
            _ => return None,
        };
        Some(format!("the {} of the density diverges: {sentence}", self.total()))
    }

    /// A lemma's condition that the domains do not give: where it fails, the integral may diverge.
    fn divergent(&self, lemma: &str, term: &Term) -> (Status, String, Option<String>) {
        let fails = |point: &Point| enclose(term, point).is_some_and(|value| !value.high().is_positive());
        let points = sample_points(self.search.setting().context(), 24).into_iter().filter(fails).take(6).collect();
        let names = self.family.variate.names();
        let shown = self.search.simplifier.simplify_term(term);
        let found = divergent::find_at(self.search.setting(), &Term::one(), points);
        match (found, names.first()) {
            (Some(divergence), Some(name)) => (
                Status::Refuted,
                format!(
                    "`{lemma}` needs `{shown} > 0`, and without it the {} of the density diverges: {}",
                    self.total(),
                    divergence.sentence("the density", name)
                ),
                Some(format!("declare the parameters so that `{shown} > 0`, for instance with a `where` condition")),
            ),
            _ => (
                Status::NotProved,
                format!("`{lemma}` needs `{shown} > 0`, which the declared domains do not give"),
                Some(format!("add `where {} > 0` to the parameters if that is meant", of_same_sign(&shown))),
            ),
        }
    }

    fn total(&self) -> &'static str {
        if self.family.variate.is_discrete() { "sum" } else { "integral" }
    }
}

/// What is positive where a term is, without positive numbers and below no fraction bar.
fn of_same_sign(term: &Term) -> Term {
    match term {
        Term::Product(factors) => {
            let positive = |factor: &&Term| factor.as_number().is_none_or(|number| !number.is_positive());
            let mut left: Vec<Term> = factors.iter().filter(positive).cloned().collect();
            if left.len() == 1 { of_same_sign(&left.remove(0)) } else { term.clone() }
        }
        Term::Power(base, exponent) if exponent.as_number().is_some_and(|power| (-power).is_one()) => (**base).clone(),
        _ => term.clone(),
    }
}

/// The first of the points where a term is certainly negative.
fn negative_at<'p>(term: &Term, points: &'p [Point]) -> Option<&'p Point> {
    points.iter().find(|point| enclose(term, point).is_some_and(|range| range.is_negative()))
}

/// The values of these names at a point, in words.
fn shown(point: &Point, names: &BTreeSet<Name>) -> String {
    let at = point.iter().filter(|(name, _)| names.contains(*name));
    at.map(|(name, value)| format!("`{name} = {value}`")).collect::<Vec<_>>().join(", ")
}
