//! From a declared family to the kernel's setting.

use std::sync::Arc;

use crate::kernel::domain::{Context, Domain, Support, substitute_domain};
use crate::kernel::normal::Normalizer;
use crate::kernel::setting::Setting;
use crate::kernel::term::{Name, Term};
use crate::kernel::theorem::Rejection;
use crate::model::family::{DensityForm, Family};
use crate::numeric::sample::Point;
use crate::numeric::{enclose, sample_points};

/// The name of a parameter of the second distribution in KL(p ‖ q).
pub fn second(name: &Name) -> Name {
    Name::new(&format!("{name}_q"))
}

/// u_a u_b, as the statements about the Fisher information spell it.
pub fn score_product(a: &Name, b: &Name) -> Term {
    let score = |name: &Name| Term::log_density().derivative(name);
    if a == b { Term::power(score(a), Term::integer(2)) } else { score(a) * score(b) }
}

/// Each parameter with its counterpart in the second distribution.
pub fn second_parameters(family: &Family) -> Vec<(Name, Term)> {
    family.parameters.iter().map(|(name, _)| (name.clone(), Term::Variable(second(name)))).collect()
}

/// log p as declared, no logarithm taken apart yet.
pub fn log_density(family: &Family) -> Term {
    match &family.density {
        DensityForm::Density { body, .. } => replaced(body, &family.massless.powers).log(),
        DensityForm::LogDensity { body, .. } => body.clone(),
        DensityForm::Exponential { natural, statistic, log_partition, base, .. } => {
            let mut terms: Vec<Term> = natural
                .iter()
                .zip(statistic)
                .map(|((_, natural), (_, statistic))| natural.clone() * statistic.clone())
                .collect();
            terms.push(-log_partition.clone());
            if !base.is_one() {
                terms.push(base.clone().log());
            }
            Term::sum(terms)
        }
    }
}

/// A product with some of its factors replaced.
fn replaced(body: &Term, factors: &[(Term, Term)]) -> Term {
    match (factors.iter().find(|(factor, _)| factor == body), body) {
        (Some((_, instead)), _) => instead.clone(),
        (None, Term::Product(_)) if !factors.is_empty() => body.map_children(&mut |own| replaced(own, factors)),
        _ => body.clone(),
    }
}

/// The parameters' context, with a second copy of the parameters for KL(p ‖ q).
pub fn context(family: &Family) -> Context {
    let replaced = second_parameters(family);
    let mut context = family.context.clone();
    for (name, domain) in &family.parameters {
        context.domains.insert(second(name), substitute_domain(domain, &replaced));
    }
    for condition in &family.context.positive {
        let own = condition.substitute(&replaced);
        if own != *condition {
            context.positive.push(own);
        }
    }
    for condition in &family.context.nonnegative {
        let own = condition.substitute(&replaced);
        if own != *condition {
            context.nonnegative.push(own);
        }
    }
    context
}

/// The setting of a family, its witness found among sample points.
pub fn setting(family: &Family) -> Result<Arc<Setting>, Rejection> {
    let context = context(family);
    let mut last = Rejection::Vacuous(
        "no values of the parameters and constants were found that meet the declared conditions".into(),
    );
    // The first point nearly always serves.
    for point in [1, 8].into_iter().flat_map(|count| sample_points(&context, count)) {
        let witness = point.into_iter().map(|(name, value)| (name, Term::Number(value))).collect();
        match Setting::new(family.variate.clone(), context.clone(), log_density(family), witness) {
            Ok(setting) => return Ok(setting),
            Err(rejection) => last = rejection,
        }
    }
    Err(last)
}

/// Parameters that the support's ends depend on: regularity condition R1 fails in them.
pub fn moving_support(family: &Family) -> Vec<Name> {
    let mut found = Vec::new();
    let mut look = |term: &Term| {
        for (name, _) in &family.parameters {
            if term.contains(name) && !found.contains(name) {
                found.push(name.clone());
            }
        }
    };
    match &family.variate {
        Support::Product { coordinates, inequalities } => {
            coordinates.iter().flat_map(|(_, domain)| domain.bounds()).chain(inequalities).for_each(&mut look);
        }
        Support::Points { points, .. } => points.iter().flatten().for_each(&mut look),
    }
    found
}

/// Whether the support certainly moves: a point of it for some values of the parameters is none for others.
///
/// That its conditions speak of a parameter is not enough: x ≥ a for whole x and 0 < a < 1 is x ≥ 1.
pub fn support_moves(family: &Family) -> bool {
    const POINTS: usize = 16;
    let Support::Product { coordinates, inequalities } = &family.variate else { return true };
    let points = sample_points(Normalizer::on_support(&family.context, &family.variate).context(), POINTS);
    let outside = |point: &Point| {
        let negative = |term: Term| enclose(&term, point).is_some_and(|value| value.is_negative());
        let beyond = |(name, domain): &(Name, Domain)| match domain {
            Domain::Interval { lower, upper } | Domain::Integers { lower, upper } => {
                let own = || Term::Variable(name.clone());
                lower.as_ref().is_some_and(|lower| negative(own() - lower.clone()))
                    || upper.as_ref().is_some_and(|upper| negative(upper.clone() - own()))
            }
            _ => false,
        };
        coordinates.iter().any(beyond) || inequalities.iter().any(|term| negative(term.clone()))
    };
    points.iter().any(|here| {
        points.iter().any(|there| {
            let mut mixed = there.clone();
            mixed.extend(coordinates.iter().filter_map(|(name, _)| Some((name.clone(), here.get(name)?.clone()))));
            outside(&mixed)
        })
    })
}
