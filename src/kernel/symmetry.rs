//! Symmetries of a lemma's integral: an integrand on the circle repeats itself, and one that is its own mirror
//! image has half its integral on either side.

use num_traits::Signed;

use super::domain::Domain;
use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Monomial, Outcome};
use super::term::{Constant, Name, Rational, Term};

/// k where the map is x = t/k with a whole k > 0.
pub fn frequency(normalizer: &Normalizer, map: &Term, variable: &Name) -> Option<Rational> {
    let own = Monomial::from_factors(vec![(Generator::Variable(variable.clone()), Exponent::Integer(1))]);
    let map = normalizer.normalize(map).ok()?;
    let (monomial, slope) = map.as_single()?;
    let times = slope.recip();
    (*monomial == own && times.is_integer() && times.is_positive()).then_some(times)
}

/// How often t goes round the circle while x = t/k, with a whole k > 0, runs through the support: what has
/// period 2π in t has that many times the lemma's integral there.
///
/// `None` where the map is another one, or the support does not end where t is back at its start.
pub fn turns(normalizer: &Normalizer, map: &Term, variable: &Name, support: &Domain) -> Option<Rational> {
    let times = frequency(normalizer, map, variable)?;
    let turns = match support {
        Domain::Angle => times,
        Domain::Interval { lower: Some(lower), upper: Some(upper) } => {
            let width = normalizer.normalize(&(upper.clone() - lower.clone())).ok()?;
            let pi = Monomial::from_factors(vec![(Generator::Pi, Exponent::Integer(1))]);
            let (monomial, size) = width.as_single()?;
            if *monomial != pi {
                return None;
            }
            size * times / Rational::from_integer(2.into())
        }
        _ => return None,
    };
    (turns.is_integer() && turns.is_positive()).then_some(turns)
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
