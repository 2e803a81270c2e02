//! The Fisher information by its three routes, and the direction in which it is singular.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, ToPrimitive};

use super::exponential::is_logarithm_of_sum;
use super::family::{MOST_WRITTEN_PARAMETERS, Work, check, proved};
use super::regularity::NEED_NOT_HOLD;
use super::report::{Check, CheckKind, Derivable, Equation, Status};
use super::search::{Failure, Search};
use super::setting::score_product;
use crate::kernel::certificate::{Proposition, Rule};
use crate::kernel::division::divide_exactly;
use crate::kernel::domain::Domain;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Obstacle, Poly};
use crate::kernel::setting::points;
use crate::kernel::sign::Sign;
use crate::kernel::term::{Name, Rational, Term};
use crate::kernel::theorem::{Rejection, Theorem};
use crate::numeric::sample_points;

impl Work<'_> {
    /// The Fisher information where the support moves: nothing follows from the normalization, but where lemmas give
    /// the score mean zero, and the same value to E[u uᵀ] and to −E[∇u], it is regular enough.
    pub(super) fn fisher_without_interchange(&mut self) {
        if !self.differentiable {
            return;
        }
        let before = self.report.checks.len();
        self.zero_mean_score();
        if self.report.checks[before..].iter().all(|check| check.status == Status::Proved) {
            self.fisher();
        }
        if self.report.checks[before..].iter().any(|check| check.status != Status::Proved) {
            self.report.checks.truncate(before);
            self.report.fisher = self.tensor(2);
            return;
        }
        let said = |text: &mut String| *text = text.replace(NEED_NOT_HOLD, "are proved by lemmas here");
        let regularity = self.report.checks.iter_mut().filter(|check| check.kind == CheckKind::Regularity);
        regularity.filter_map(|check| check.reason.as_mut()).for_each(said);
        self.report.remarks.iter_mut().for_each(said);
    }

    pub(super) fn fisher(&mut self) {
        let mut fisher = self.tensor(2);
        let mut from_score = Route::default();
        let mut from_hessian = Route::default();
        for indices in self.kinds(2) {
            let (a, b) = (self.parameters[indices[0]].clone(), self.parameters[indices[1]].clone());
            let product = score_product(&a, &b);
            let minus_hessian = -Term::log_density().derivative(&a).derivative(&b);
            let mut value = None;
            match self.search.expectation(&minus_hessian) {
                // The Hessian identity needs second derivatives; where there is a corner the
                // Fisher information is E[u uᵀ] and nothing else.
                _ if !self.differentiable => {}
                Ok(position) => {
                    value = Some(self.search.value(position));
                    self.explain(Derivable::Fisher, position);
                    from_hessian.add(&minus_hessian, &self.search, position);
                }
                Err(failure) => from_hessian.fail(failure),
            }
            let by_score = match &value {
                Some(value) => self.search.expectation_is(&product, value),
                None => self.search.expectation(&product),
            };
            match by_score {
                Ok(position) => {
                    value.get_or_insert_with(|| self.search.value(position));
                    self.explain(Derivable::Fisher, position);
                    from_score.add(&product, &self.search, position);
                }
                Err(failure) => from_score.fail(failure),
            }
            if let Some(value) = value {
                fisher.set(&indices, value);
            }
        }
        self.report.fisher = fisher;
        self.report.checks.push(from_score.check(CheckKind::FisherFromScore));
        if self.differentiable {
            self.report.checks.push(from_hessian.check(CheckKind::FisherFromHessian));
            self.fisher_from_log_partition();
        } else {
            let certain = self
                .report
                .checks
                .iter()
                .any(|check| check.kind == CheckKind::Regularity && check.status == Status::Refuted);
            let (status, verb) = if certain { (Status::Refuted, "fails") } else { (Status::NotProved, "may fail") };
            let reason =
                format!("the Hessian identity {verb}: the log-density has a corner that moves with a parameter");
            self.report.checks.push(Check { reason: Some(reason), ..check(CheckKind::FisherFromHessian, status) });
        }
        self.singular();
    }

    /// F = Jᵀ ∇²A J, where A is the logarithm of the integral as a function of the natural
    /// coordinates and J their Jacobian. Of many parameters it has their number to the fourth power of terms, and
    /// the other two routes suffice.
    fn fisher_from_log_partition(&mut self) {
        let count = self.parameters.len();
        if count > MOST_WRITTEN_PARAMETERS {
            return;
        }
        let Some(coordinates) = self.natural_coordinates() else { return };
        let NaturalCoordinates { auxiliary, log_partition, at } = coordinates;
        let mut route = Route::default();
        let at_terms: Vec<(Name, Term)> = at.clone();
        let mut jacobian = Vec::new();
        for (_, value) in &at {
            let mut row = Vec::new();
            for name in &self.parameters {
                let normalizer = self.search.checker.parameters();
                let Some(slope) =
                    normalizer.normalize(value).ok().and_then(|poly| normalizer.differentiate(&poly, name).ok())
                else {
                    return;
                };
                row.push(slope.to_term());
            }
            jacobian.push(row);
        }
        for i in 0..count {
            for j in i..count {
                let Some(value) = self.report.fisher.get(&[i, j]) else { return };
                let mut terms = Vec::new();
                for (k, (eta, _)) in auxiliary.iter().enumerate() {
                    for (l, (zeta, _)) in auxiliary.iter().enumerate() {
                        if jacobian[k][i].is_zero() || jacobian[l][j].is_zero() {
                            continue;
                        }
                        let curvature = log_partition.clone().derivative(eta).derivative(zeta);
                        terms.push(Term::product(vec![jacobian[k][i].clone(), curvature, jacobian[l][j].clone()]));
                    }
                }
                let of = Term::sum(terms);
                let proposition = Proposition::Specialization {
                    auxiliary: auxiliary.clone(),
                    of: of.clone(),
                    at: at_terms.clone(),
                    is: value,
                };
                match self.search.push(proposition, Rule::Algebra) {
                    Ok(position) => route.add(&of, &self.search, position),
                    // A of a density with a factor beside its kernel is the logarithm of a sum, which need not show
                    // that it is positive: no other A is at hand.
                    Err(Rejection::Obstacle(Obstacle::NotPositive(_))) if is_logarithm_of_sum(&log_partition) => return,
                    Err(rejection) => route.fail(rejection.into()),
                }
            }
        }
        self.report.checks.push(route.check(CheckKind::FisherFromLogPartition));
    }

    fn natural_coordinates(&self) -> Option<NaturalCoordinates> {
        self.report.exponential.as_ref()?;
        if self.search.is_enumerated() {
            return self.enumerated_coordinates();
        }
        let instance = self.search.instance()?;
        let [piece] = instance.pieces.as_slice() else { return None };
        let linear: BTreeSet<&Name> = piece.statistics.iter().map(|(name, _, _)| name).collect();
        // What is not a natural coordinate must not move with the parameters.
        let fixed: Vec<(Name, Term)> =
            piece.parameters.iter().filter(|(name, _)| !linear.contains(name)).cloned().collect();
        if fixed.iter().any(|(_, value)| self.parameters.iter().any(|name| value.contains(name))) {
            return None;
        }
        let mut auxiliary = Vec::new();
        let mut at = Vec::new();
        let mut renamed = fixed;
        for (name, domain) in &piece.lemma.parameters {
            if !linear.contains(name) {
                continue;
            }
            let fresh = Name::new(&format!("eta_{name}"));
            let value = piece.parameters.iter().find(|(own, _)| own == name)?.1.clone();
            renamed.push((name.clone(), Term::Variable(fresh.clone())));
            // Where the natural coordinate has one sign, so has its own variable: sinh η > 0.
            let normalizer = self.search.checker.parameters();
            let sign = normalizer.normalize(&value).ok().and_then(|value| normalizer.sign(&value));
            let domain = match sign {
                Some(Sign::Positive) if *domain == Domain::real() => Domain::positive(),
                Some(Sign::Negative) if *domain == Domain::real() => Domain::negative(),
                _ => domain.clone(),
            };
            auxiliary.push((fresh.clone(), domain));
            at.push((fresh, value));
        }
        if self.family.context.domains.keys().any(|name| auxiliary.iter().any(|(own, _)| own == name)) || piece.skip > 0
        {
            return None;
        }
        let log_partition = piece.integral(&renamed)?.log();
        Some(NaturalCoordinates { auxiliary, log_partition, at })
    }

    /// A(η) = log Σ h(x) e^(η·T(x)) over a finite support.
    fn enumerated_coordinates(&self) -> Option<NaturalCoordinates> {
        let form = self.report.exponential.as_ref()?;
        let points = points(&self.family.variate).ok()?;
        if points.len() > 64 {
            return None;
        }
        let names = self.family.variate.names();
        let auxiliary: Vec<(Name, Domain)> =
            (1..=form.natural.len()).map(|k| (Name::new(&format!("eta_{k}")), Domain::real())).collect();
        let at = auxiliary.iter().map(|(name, _)| name.clone()).zip(form.natural.iter().cloned()).collect();
        let mut total = Vec::new();
        for point in points {
            let values: Vec<(Name, Term)> = names.iter().cloned().zip(point).collect();
            let exponent = auxiliary
                .iter()
                .zip(&form.statistic)
                .map(|((name, _), statistic)| Term::Variable(name.clone()) * statistic.substitute(&values))
                .collect();
            total.push(form.base.substitute(&values) * Term::Sum(exponent).exp());
        }
        Some(NaturalCoordinates { auxiliary, log_partition: Term::sum(total).log(), at })
    }

    /// The null direction of a singular Fisher matrix, by elimination.
    fn singular(&mut self) {
        if !self.report.fisher.is_complete() || self.looks_regular() {
            return;
        }
        let Some(matrix) = self.report.fisher.matrix() else { return };
        let normalizer = self.search.checker.parameters();
        // In an angle φ + α where there is one: products of sines and cosines of both have no common factors to see.
        let angles = self.search.simplifier.angles();
        let matrix: Vec<Vec<Term>> =
            matrix.iter().map(|row| row.iter().map(|entry| entry.substitute(&angles.there)).collect()).collect();
        if let Some(direction) = null_direction(normalizer, &matrix) {
            let direction = self.without_common_factors(direction);
            let shown = |poly: &Poly| self.search.simplifier.simplify(poly).substitute(&angles.back);
            let direction: Vec<Term> = direction.iter().map(shown).collect();
            let shown: Vec<String> = direction.iter().map(Term::to_string).collect();
            let shown = shown.join(", ");
            self.report.remarks.push(match self.family.given.is_empty() {
                true => format!(
                    "the Fisher matrix is singular: the parameters are not identifiable along the direction ({shown})"
                ),
                false => format!(
                    "the Fisher matrix of one datum is singular along the direction ({shown}): it takes several data, \
                     whose matrices add up, to identify the parameters"
                ),
            });
            self.report.null_direction = Some(direction);
        }
    }

    /// The same direction, its coordinates divided by the sums that are a factor of each: (a, b − θ) for
    /// (a(θ − b), −(θ − b)²).
    fn without_common_factors(&self, mut direction: Vec<Poly>) -> Vec<Poly> {
        let Some(shortest) = direction.iter().filter(|poly| !poly.is_zero()).min_by_key(|poly| poly.len()) else {
            return direction;
        };
        let factors = match self.search.simplifier.simplify(shortest) {
            Term::Product(factors) => factors.to_vec(),
            other => vec![other],
        };
        for factor in factors {
            let base = match factor {
                Term::Power(base, _) => (*base).clone(),
                other => other,
            };
            let Some(divisor) = self.search.checker.parameters().normalize(&base).ok().filter(|base| base.len() > 1)
            else {
                continue;
            };
            let divided = |direction: &[Poly]| -> Option<Vec<Poly>> {
                direction.iter().map(|poly| divide_exactly(poly, &divisor).ok().flatten()).collect()
            };
            while let Some(shorter) = divided(&direction) {
                direction = shorter;
            }
        }
        direction
    }

    /// A determinant that is plainly not zero at some point: no need to look for a null direction.
    fn looks_regular(&self) -> bool {
        sample_points(self.search.setting().context(), 3).into_iter().any(|point| {
            let value = |value: Rational| value.to_f64().unwrap_or(f64::NAN);
            let floats = point.into_iter().map(|(name, own)| (name, value(own))).collect();
            self.report.fisher.values(floats).is_some_and(|rows| relative_determinant(rows) > 1e-9)
        })
    }
}

/// The natural coordinates of a family: A as a function of them, and their values.
struct NaturalCoordinates {
    auxiliary: Vec<(Name, Domain)>,
    log_partition: Term,
    at: Vec<(Name, Term)>,
}

/// One way to the Fisher matrix, entry by entry.
#[derive(Default)]
struct Route {
    equations: Vec<Equation>,
    theorems: Vec<Theorem>,
    failure: Option<Failure>,
}

impl Route {
    fn add(&mut self, of: &Term, search: &Search, position: usize) {
        // The log-partition and its Jacobian written out would say less than F = Jᵀ ∇²A J does.
        if let Proposition::Expectation { .. } = search.theorem(position).proposition() {
            self.equations.push(Equation { left: of.clone().expectation(), right: search.value(position) });
        }
        self.theorems.push(search.theorem(position).clone());
    }

    fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    fn check(self, kind: CheckKind) -> Check {
        let theorems: Vec<&Theorem> = self.theorems.iter().collect();
        let mut own = proved(kind, self.equations, &theorems);
        if let Some(failure) = self.failure {
            own.status = Status::NotProved;
            own.reason = Some(failure.to_string());
        }
        own
    }
}

/// The least pivot of an elimination relative to the row that it came from: a float, only to decide
/// what to look for.
fn relative_determinant(rows: Vec<Vec<f64>>) -> f64 {
    let size = |row: &Vec<f64>| row.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let mut rows: Vec<(f64, Vec<f64>)> = rows.into_iter().map(|row| (size(&row), row)).collect();
    let mut least = f64::INFINITY;
    for column in 0..rows.len() {
        let pivots = column..rows.len();
        let Some(found) = pivots.max_by(|a, b| rows[*a].1[column].abs().total_cmp(&rows[*b].1[column].abs())) else {
            break;
        };
        rows.swap(column, found);
        let (size, pivot) = rows[column].clone();
        least = least.min(pivot[column].abs() / size.max(f64::MIN_POSITIVE));
        for (_, row) in rows.iter_mut().skip(column + 1) {
            let factor = row[column] / pivot[column];
            row.iter_mut().zip(&pivot).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    least
}

/// A vector v ≠ 0 with M v = 0, by elimination over normal forms; `None` when M is regular.
fn null_direction(normalizer: &Normalizer, matrix: &[Vec<Term>]) -> Option<Vec<Poly>> {
    let count = matrix.len();
    if count > 6 {
        return None;
    }
    let mut rows: Vec<Vec<Poly>> = matrix
        .iter()
        .map(|row| row.iter().map(|term| normalizer.normalize(term).ok()).collect::<Option<Vec<_>>>())
        .collect::<Option<_>>()?;
    let mut pivots: Vec<usize> = Vec::new();
    let mut free = None;
    for column in 0..count {
        let rank = pivots.len();
        let mut found = None;
        for (candidate, row) in rows.iter().enumerate().skip(rank) {
            if !normalizer.is_zero(&row[column]).ok()? {
                found = Some(candidate);
                break;
            }
        }
        let Some(found) = found else {
            free = Some(column);
            break;
        };
        rows.swap(rank, found);
        let inverse = normalizer.power(&rows[rank][column], &Poly::integer(-1)).ok()?;
        for value in &mut rows[rank] {
            *value = normalizer.canonical(&value.times(&inverse).ok()?).ok()?;
        }
        let pivot_row = rows[rank].clone();
        for (other, row) in rows.iter_mut().enumerate() {
            if other == rank || row[column].is_zero() {
                continue;
            }
            let factor = row[column].clone();
            for (value, pivot) in row.iter_mut().zip(&pivot_row) {
                *value = normalizer.canonical(&value.minus(&factor.times(pivot).ok()?)).ok()?;
            }
        }
        pivots.push(column);
    }
    let free = free?;
    let mut direction = vec![Poly::zero(); count];
    direction[free] = Poly::one();
    for (row, column) in pivots.iter().enumerate() {
        direction[*column] = rows[row][free].scaled(&-Rational::one());
    }
    without_denominators(normalizer, &direction).or(Some(direction))
}

/// The same direction, its coordinates multiplied by what they are all divided by.
fn without_denominators(normalizer: &Normalizer, direction: &[Poly]) -> Option<Vec<Poly>> {
    let fractions: Vec<(Poly, Monomial)> =
        direction.iter().map(|poly| normalizer.fraction(poly).ok()).collect::<Option<_>>()?;
    let mut below: BTreeMap<Generator, i64> = BTreeMap::new();
    let mut divides = |generator: &Generator, power: i64| {
        let most = below.entry(generator.clone()).or_default();
        *most = (*most).max(power);
    };
    for (numerator, denominator) in &fractions {
        for (generator, exponent) in denominator.factors() {
            let Exponent::Integer(power) = exponent else { return None };
            divides(generator, *power);
        }
        for (generator, exponent) in numerator.terms().flat_map(|(monomial, _)| monomial.factors()) {
            if let Exponent::Integer(power) = exponent {
                divides(generator, -power);
            }
        }
    }
    let factors = below.into_iter().map(|(generator, power)| (generator, Exponent::Integer(power))).collect();
    let common = Poly::single(Monomial::from_factors(factors), Rational::one());
    direction.iter().map(|poly| normalizer.canonical(&poly.times(&common).ok()?).ok()).collect()
}
