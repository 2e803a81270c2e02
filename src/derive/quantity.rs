//! Further quantities of a family: entropy, moments of T, other coordinates, divergences, tensors.
//!
//! Every value is a theorem: an expectation that the kernel proved, or an equation with proved values
//! that it checked by algebra.

use super::family::Coordinates;
use super::report::{FurtherQuantity, Report, Status};
use super::search::{Failure, Search};
use super::setting::{second_parameters, setting};
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Obstacle, Poly};
use crate::kernel::term::{Name, Rational, Term};
use crate::kernel::theorem::Rejection;
use crate::model::family::Family;

/// Matrices larger than this are not inverted.
const MOST_ROWS: usize = 3;

/// What is asked for besides the usual, in a fixed order: the Fisher information in other coordinates, and
/// with `all` everything further that the lemma at hand gives.
pub fn further_quantities(
    search: &mut Search,
    family: &Family,
    report: &Report,
    coordinates: &Coordinates,
    all: bool,
) -> Vec<FurtherQuantity> {
    let mut work = Work { search, family, report, found: Vec::new() };
    match coordinates {
        Coordinates::None => {}
        Coordinates::Natural => work.natural_coordinates(),
        Coordinates::Given(coordinates) => work.other_coordinates(coordinates),
    }
    if !all {
        return work.found;
    }
    work.empirical_fisher();
    work.variance();
    work.entropy();
    work.statistic();
    work.determinant_and_inverse();
    work.jeffreys_divergence();
    work.renyi_divergence();
    work.third_order_tensor();
    work.found
}

/// `x − E[x]`, one for each variate; `None` where a mean is not known.
pub fn centred(report: &Report) -> Option<Vec<Term>> {
    let means = report.mean.clone()?;
    let names = report.family.variate.names();
    Some(names.into_iter().zip(means).map(|(name, mean)| Term::Variable(name) - mean).collect())
}

/// The matrix of E[f_i f_j].
///
/// # Errors
/// The first entry that no lemma gives.
pub fn products(search: &mut Search, factors: &[Term]) -> Result<Vec<Vec<Term>>, Failure> {
    let mut rows = vec![vec![Term::zero(); factors.len()]; factors.len()];
    for i in 0..factors.len() {
        for j in i..factors.len() {
            let position = search.expectation(&(factors[i].clone() * factors[j].clone()))?;
            let value = search.value(position);
            rows[i][j] = value.clone();
            rows[j][i] = value;
        }
    }
    Ok(rows)
}

struct Work<'a> {
    pub(super) search: &'a mut Search,
    pub(super) family: &'a Family,
    pub(super) report: &'a Report,
    found: Vec<FurtherQuantity>,
}

impl Work<'_> {
    fn push(&mut self, name: &str, definition: &str, value: Result<Vec<Vec<Term>>, Failure>) {
        let (value, status, reason) = match value {
            Ok(value) => (value, Status::Proved, None),
            Err(failure) => (Vec::new(), Status::NotProved, Some(failure.to_string())),
        };
        let (name, definition) = (name.to_owned(), definition.to_owned());
        self.found.push(FurtherQuantity { name, definition, value, status, reason });
    }

    fn expectation(&mut self, of: &Term) -> Result<Term, Failure> {
        let position = self.search.expectation(of)?;
        Ok(self.search.value(position))
    }

    /// An equal form, checked by the kernel against what it was worked out as.
    fn best(&self, term: &Term) -> Term {
        self.search.simplifier.simplify_term(term)
    }

    fn variance(&mut self) {
        let Some(centred) = centred(self.report) else { return };
        let value = products(self.search, &centred);
        let name = if centred.len() == 1 { "variance" } else { "covariance" };
        self.push(name, "E[(x - E[x])*(x - E[x])']", value);
    }

    fn entropy(&mut self) {
        let value = self.expectation(&-Term::log_density()).map(|value| vec![vec![value]]);
        self.push("entropy", "E[-log p]", value);
    }

    /// E[T], the map to the mean parameters, Cov T, the Fisher information in natural parameters, and its
    /// inverse, the Fisher information in mean parameters (Amari & Nagaoka 2000, sections 3.3 and 3.5).
    fn statistic(&mut self) {
        let Some(form) = self.report.exponential.clone() else { return };
        let means: Result<Vec<Term>, Failure> =
            form.statistic.iter().map(|statistic| self.expectation(statistic)).collect();
        let means = match means {
            Ok(means) => means,
            Err(failure) => return self.push("mean of T", "E[T]", Err(failure)),
        };
        self.push("mean of T", "E[T], the mean parameters as functions of the parameters", Ok(vec![means.clone()]));
        let centred: Vec<Term> = form.statistic.iter().zip(&means).map(|(t, mean)| t.clone() - mean.clone()).collect();
        let covariance = products(self.search, &centred);
        let inverse = match &covariance {
            Ok(rows) => self.inverse(rows),
            Err(failure) => Err(failure.clone()),
        };
        self.push("covariance of T", "Cov(T), the Fisher information in the natural parameters", covariance);
        self.push("fisher in mean parameters", "the inverse of Cov(T)", inverse);
    }

    fn fisher(&self) -> Option<Vec<Vec<Term>>> {
        self.report.fisher.matrix()
    }

    fn determinant_and_inverse(&mut self) {
        let Some(fisher) = self.fisher() else { return };
        if self.report.null_direction.is_some() {
            return;
        }
        let normalizer = self.search.checker.parameters().fresh();
        // The root is written over the determinant where it cannot be shown positive: F is a covariance.
        let prior = determinant(&normalizer, &fisher).map(|value| {
            let half = Poly::constant(Rational::new(1.into(), 2.into()));
            let root = match normalizer.power(&value, &half) {
                Ok(root) => self.search.simplifier.simplify(&root),
                Err(_) => Term::power(self.search.simplifier.simplify(&value), Term::ratio(1, 2)),
            };
            vec![vec![root]]
        });
        self.push("jeffreys prior", "sqrt(det F), not normalised", prior);
        let inverse = self.inverse(&fisher);
        self.push(
            "cramer-rao bound",
            "the inverse of F: the covariance of an unbiased estimator from one observation is at least this; a \
             natural-gradient step is this times the gradient",
            inverse,
        );
    }

    /// u uᵀ at one datum of a conditional model (Kunstner, Balles & Hennig 2019, section 3).
    fn empirical_fisher(&mut self) {
        if self.family.given.is_empty() {
            return;
        }
        let score: Vec<Term> =
            self.family.parameters.iter().map(|(name, _)| Term::log_density().derivative(name)).collect();
        let mut entry = |left: &Term, right: &Term| -> Result<Term, Failure> {
            let product = left.clone() * right.clone();
            let value = self.search.simplifier.simplify(&self.search.checker.pointwise().normalize(&product)?);
            self.search.equal(product, value.clone())?;
            Ok(value)
        };
        let rows = score.iter().map(|left| score.iter().map(|right| entry(left, right)).collect()).collect();
        self.push(
            "empirical fisher",
            "u u' at one datum, to be averaged over the data; its mean over y given z is F, so the two agree where \
             the data come from the model, and otherwise need not",
            rows,
        );
    }

    fn natural_coordinates(&mut self) {
        let Some(form) = &self.report.exponential else {
            return self.push(
                "fisher in natural coordinates",
                "no exponential-family form is known",
                Err(Failure::NoLemma),
            );
        };
        let natural = form.natural.clone();
        if natural.len() != self.family.parameters.len() {
            let definition = "the natural coordinates are more than the parameters: the family is curved";
            return self.push("fisher in natural coordinates", definition, Err(Failure::NoLemma));
        }
        let named = |(index, value): (usize, Term)| {
            let name = if natural.len() == 1 { "eta".to_owned() } else { format!("eta_{}", index + 1) };
            (Name::new(&name), value)
        };
        let coordinates: Vec<(Name, Term)> = natural.iter().cloned().enumerate().map(named).collect();
        self.other_coordinates(&coordinates);
    }

    /// F_φ = J⁻ᵀ F J⁻¹ with J = ∂φ/∂θ (Lehmann & Casella 1998, section 2.6), as a function of θ.
    fn other_coordinates(&mut self, coordinates: &[(Name, Term)]) {
        let Some(fisher) = self.fisher().filter(|_| !coordinates.is_empty()) else { return };
        let names: Vec<&str> = coordinates.iter().map(|(name, _)| name.as_str()).collect();
        let value = self.moved(&fisher, coordinates);
        let name = format!("fisher in ({})", names.join(", "));
        let definition = "(J^-1)' F J^-1, J the Jacobian of the new coordinates";
        let singular = matches!(value, Err(Failure::Rejected(Rejection::Obstacle(Obstacle::DivisionByZero))));
        self.push(&name, definition, value);
        if let (true, Some(own)) = (singular, self.found.last_mut()) {
            own.reason = Some("the new coordinates depend on each other: J has no inverse".to_owned());
        }
    }

    fn moved(&mut self, fisher: &[Vec<Term>], coordinates: &[(Name, Term)]) -> Result<Vec<Vec<Term>>, Failure> {
        let normalizer = self.search.checker.parameters().fresh();
        let mut jacobian = Vec::new();
        for (_, map) in coordinates {
            let map = normalizer.normalize(map)?;
            let slope = |(name, _): &(Name, _)| Ok(normalizer.differentiate(&map, name)?.to_term());
            jacobian.push(self.family.parameters.iter().map(slope).collect::<Result<Vec<Term>, Failure>>()?);
        }
        let inverse = self.inverse(&jacobian)?;
        let count = inverse.len();
        let entry = |i: usize, j: usize| {
            let terms = (0..count).flat_map(|k| (0..count).map(move |l| (k, l)));
            Term::Sum(
                terms
                    .map(|(k, l)| {
                        Term::product(vec![inverse[k][i].clone(), fisher[k][l].clone(), inverse[l][j].clone()])
                    })
                    .collect(),
            )
        };
        Ok((0..count).map(|i| (0..count).map(|j| self.best(&entry(i, j))).collect()).collect())
    }

    // Indices name entries of several matrices at once.
    #[allow(clippy::needless_range_loop)]
    /// The inverse by cofactors; the kernel checks M·M⁻¹ = 1.
    fn inverse(&mut self, rows: &[Vec<Term>]) -> Result<Vec<Vec<Term>>, Failure> {
        let normalizer = self.search.checker.parameters().fresh();
        let count = rows.len();
        let whole = normalizer.power(&determinant(&normalizer, rows)?, &Poly::integer(-1))?;
        let mut inverse = vec![vec![Term::zero(); count]; count];
        for i in 0..count {
            for j in 0..count {
                let minor: Vec<Vec<Term>> = (0..count)
                    .filter(|row| *row != j)
                    .map(|row| {
                        (0..count).filter(|column| *column != i).map(|column| rows[row][column].clone()).collect()
                    })
                    .collect();
                let cofactor = determinant(&normalizer, &minor)?.times(&whole)?;
                let sign = if (i + j) % 2 == 0 {
                    Rational::from_integer(1.into())
                } else {
                    Rational::from_integer((-1).into())
                };
                inverse[i][j] = self.search.simplifier.simplify(&cofactor.scaled(&sign));
            }
        }
        for i in 0..count {
            for j in 0..count {
                let product = Term::Sum((0..count).map(|k| rows[i][k].clone() * inverse[k][j].clone()).collect());
                self.search.equal(product, Term::integer(i64::from(i == j)))?;
            }
        }
        Ok(inverse)
    }

    /// KL(p ‖ q) + KL(q ‖ p).
    fn jeffreys_divergence(&mut self) {
        let Some(kl) = self.report.kl.clone() else { return };
        let forward = second_parameters(self.family);
        let backward: Vec<(Name, Term)> = forward
            .iter()
            .filter_map(|(name, second)| match second {
                Term::Variable(second) => Some((second.clone(), Term::Variable(name.clone()))),
                _ => None,
            })
            .collect();
        let swapped = kl.substitute(&[forward, backward].concat());
        let value = self.best(&(kl + swapped));
        self.push("jeffreys divergence", "KL(p, q) + KL(q, p)", Ok(vec![vec![value]]));
    }

    /// log E[(q/p)^(1 − r)] / (r − 1) for 0 < r < 1, by the same lemma with moved parameters.
    fn renyi_divergence(&mut self) {
        let order = Name::new("r");
        let taken = self.family.context.domains.contains_key(&order) || self.family.variate.names().contains(&order);
        if taken {
            return;
        }
        let mut family = self.family.clone();
        let unit = crate::kernel::domain::Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::one()) };
        family.constants.push((order.clone(), unit.clone()));
        family.context.domains.insert(order.clone(), unit);
        let value = renyi(&family, &order).map(|value| vec![vec![value]]);
        self.push("renyi divergence", "log(E[(q/p)^(1 - r)])/(r - 1) for 0 < r < 1", value);
    }

    /// E[u_i u_j u_k] (Amari & Nagaoka 2000, ch. 2), one row for each i ≤ j, all k ≥ j.
    fn third_order_tensor(&mut self) {
        let names: Vec<Name> = self.family.parameters.iter().map(|(name, _)| name.clone()).collect();
        if names.len() > MOST_ROWS || !self.report.fisher.is_complete() {
            return;
        }
        let score = |name: &Name| Term::log_density().derivative(name);
        let mut rows = Vec::new();
        for i in 0..names.len() {
            for j in i..names.len() {
                let mut row = Vec::new();
                for k in j..names.len() {
                    let product = Term::product(vec![score(&names[i]), score(&names[j]), score(&names[k])]);
                    match self.expectation(&product) {
                        Ok(value) => row.push(value),
                        Err(failure) => return self.push("amari-chentsov tensor", TENSOR, Err(failure)),
                    }
                }
                rows.push(row);
            }
        }
        self.push("amari-chentsov tensor", TENSOR, Ok(rows));
    }
}

const TENSOR: &str = "E[u_i u_j u_k] for i <= j <= k, a row for each pair (i, j)";

fn renyi(family: &Family, order: &Name) -> Result<Term, Failure> {
    let setting = setting(family)?;
    let mut search = Search::new(&setting, family.substitution.as_ref());
    let rest = Term::one() - Term::Variable(order.clone());
    let ratio = Term::LogDensity(second_parameters(family)) - Term::log_density();
    let position = search.expectation(&(rest.clone() * ratio).exp())?;
    let value = search.value(position).log() * (-rest).recip();
    let poly = search.checker.parameters().normalize(&value)?;
    Ok(search.simplifier.simplify(&poly))
}

/// By expansion along the first row.
fn determinant(normalizer: &Normalizer, rows: &[Vec<Term>]) -> Result<Poly, Failure> {
    if rows.len() > MOST_ROWS {
        return Err(crate::kernel::poly::Obstacle::TooLarge("a matrix").into());
    }
    let Some(first) = rows.first() else { return Ok(Poly::one()) };
    let mut total = Poly::zero();
    for (column, entry) in first.iter().enumerate() {
        let minor: Vec<Vec<Term>> = rows[1..]
            .iter()
            .map(|row| row.iter().enumerate().filter(|(k, _)| *k != column).map(|(_, own)| own.clone()).collect())
            .collect();
        let part = normalizer.normalize(entry)?.times(&determinant(normalizer, &minor)?)?;
        total = if column % 2 == 0 { total.plus(&part) } else { total.minus(&part) };
    }
    Ok(normalizer.canonical(&total)?)
}
