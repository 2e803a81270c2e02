//! Symmetries of a lemma's integral: an integrand on the circle repeats itself, and one that is its own mirror
//! image has half its integral on either side.

use super::domain::Domain;
use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Monomial, Outcome, Poly};
use super::sign::Sign;
use super::term::{Constant, Function, Name, Term};

/// k where the map is x = t/k with a whole k > 0, which may be a constant's name.
pub fn frequency(normalizer: &Normalizer, map: &Term, variable: &Name) -> Option<Poly> {
    let own = Monomial::from_factors(vec![(Generator::Variable(variable.clone()), Exponent::Integer(1))]);
    let (slope, intercept) = normalizer.linear_in(&normalizer.normalize(map).ok()?, variable, &own)?;
    let times = normalizer.power(&slope, &Poly::integer(-1)).ok()?;
    (intercept.is_zero() && is_count(normalizer, &times)).then_some(times)
}

/// How often t goes round the circle while x = t/k runs through the support, with a whole k > 0 on the circle and any
/// k > 0 on an interval: what has period 2π in t has that many times the lemma's integral there.
///
/// `None` where the map is another one, or the support does not end where t is back at its start.
pub fn turns(normalizer: &Normalizer, map: &Term, variable: &Name, support: &Domain) -> Option<Poly> {
    let turns = match support {
        Domain::Angle => frequency(normalizer, map, variable)?,
        Domain::Interval { lower: Some(lower), upper: Some(upper) } => {
            let own = Monomial::from_factors(vec![(Generator::Variable(variable.clone()), Exponent::Integer(1))]);
            let (slope, _) = normalizer.linear_in(&normalizer.normalize(map).ok()?, variable, &own)?;
            if normalizer.sign(&slope) != Some(Sign::Positive) {
                return None;
            }
            let turn = Term::integer(2) * Term::Constant(Constant::Pi) * slope.to_term();
            let width = normalizer.normalize(&((upper.clone() - lower.clone()) / turn)).ok()?;
            normalizer.canonical(&width).ok()?
        }
        _ => return None,
    };
    is_count(normalizer, &turns).then_some(turns)
}

/// Whether a normal form is a function of the cosine and the sine of whole multiples of an angle, and so has period 2π
/// in it.
pub fn is_periodic(normalizer: &Normalizer, poly: &Poly, angle: &Name) -> bool {
    let own = Monomial::from_factors(vec![(Generator::Variable(angle.clone()), Exponent::Integer(1))]);
    let through = |generator: &Generator| match generator {
        Generator::Variable(name) | Generator::Reflected(name) => name != angle,
        Generator::Sum(sum) => is_periodic(normalizer, sum, angle),
        Generator::Log(inner) => is_periodic(normalizer, &Poly::generator((**inner).clone()), angle),
        Generator::Call(Function::Cos | Function::Sin, arguments) if arguments[0].contains_variable(angle) => {
            let slope = normalizer.linear_in(&arguments[0], angle, &own);
            slope.is_some_and(|(slope, _)| normalizer.is_whole(&slope))
        }
        Generator::Call(_, arguments) => arguments.iter().all(|argument| is_periodic(normalizer, argument, angle)),
        _ => true,
    };
    poly.terms()
        .flat_map(|(monomial, _)| monomial.factors())
        .all(|(generator, exponent)| through(generator) && is_periodic_exponent(normalizer, exponent, angle))
}

fn is_periodic_exponent(normalizer: &Normalizer, exponent: &Exponent, angle: &Name) -> bool {
    match exponent {
        Exponent::Integer(_) => true,
        Exponent::Poly(power) => is_periodic(normalizer, power, angle),
    }
}

/// 1, 2, 3, … for all values of the constants in it.
fn is_count(normalizer: &Normalizer, poly: &Poly) -> bool {
    normalizer.is_whole(poly) && normalizer.sign(poly) == Some(Sign::Positive)
}

/// The mirror image of t in a lemma's domain, and the half of the domain on one side of the mirror.
pub struct Mirror {
    pub image: Term,
    pub half: Domain,
}

/// The mirror of the line and of the circle at 0, and of the unit interval at ½.
pub fn mirror(domain: &Domain, variable: &Name) -> Option<Mirror> {
    let t = Term::Variable(variable.clone());
    let between = |lower: Term, upper: Option<Term>| Domain::Interval { lower: Some(lower), upper };
    match domain {
        Domain::Interval { lower: None, upper: None } => Some(Mirror { image: -t, half: Domain::positive() }),
        Domain::Interval { lower: Some(lower), upper: Some(upper) } if lower.is_zero() && upper.is_one() => {
            Some(Mirror { image: Term::one() - t, half: between(Term::ratio(1, 2), Some(Term::one())) })
        }
        Domain::Angle => Some(Mirror { image: -t, half: between(Term::zero(), Some(Term::Constant(Constant::Pi))) }),
        _ => None,
    }
}

/// Whether an integrand on a domain is its own mirror image.
pub fn is_mirrored(normalizer: &Normalizer, integrand: &Term, variable: &Name, mirror: &Mirror) -> Outcome<bool> {
    let image = integrand.substitute(&[(variable.clone(), mirror.image.clone())]);
    normalizer.equal(integrand, &image)
}
