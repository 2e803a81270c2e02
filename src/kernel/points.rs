//! Variables with finitely many values, and the joint points of a finite support.

use num_traits::Signed;

use super::domain::{Context, Domain, Support};
use super::normal::{JointPoints, Normalizer, as_small};
use super::poly::{Exponent, Generator, Outcome, Poly};
use super::roots::square_root;
use super::term::{Function, Term};

impl Normalizer {
    /// u where a whole number is u² or |u|.
    pub(super) fn vanishing_with(&self, poly: &Poly) -> Outcome<Option<Poly>> {
        if let Some((monomial, coefficient)) = poly.as_single()
            && coefficient.is_positive()
            && let [(Generator::Call(Function::Abs, arguments), Exponent::Integer(1..))] = monomial.factors()
        {
            return Ok(Some(arguments[0].clone()));
        }
        Ok(square_root(poly)?.filter(|root| self.is_whole(root)))
    }
}

/// The joint values of the variables that have finitely many.
pub(super) fn finite_variables(context: &Context) -> Option<JointPoints> {
    const MOST: usize = 16;
    let finite = context.domains.iter().filter_map(|(name, domain)| match domain {
        Domain::Finite(values) => Some((name.clone(), values)),
        _ => None,
    });
    let (mut names, mut points) = (Vec::new(), vec![Vec::new()]);
    for (name, values) in finite {
        names.push(name);
        points = points
            .iter()
            .flat_map(|point: &Vec<Term>| {
                values.iter().map(|value| [point.as_slice(), std::slice::from_ref(value)].concat())
            })
            .collect();
        if points.len() > MOST {
            return None;
        }
    }
    (!names.is_empty()).then_some((names, points))
}

/// The points of a small finite support, for signs that only they decide.
pub(super) fn finite_points(support: &Support) -> Option<JointPoints> {
    const MOST: usize = 64;
    match support {
        Support::Points { names, points } => (points.len() <= MOST).then(|| (names.clone(), points.clone())),
        Support::Product { coordinates, inequalities } => {
            if !inequalities.is_empty() {
                return None;
            }
            let (mut names, mut points) = (Vec::new(), vec![Vec::new()]);
            for (name, domain) in coordinates {
                let values: Vec<Term> = match domain {
                    Domain::Finite(values) => values.clone(),
                    Domain::Integers { lower: Some(Term::Number(lower)), upper: Some(Term::Number(upper)) } => {
                        let (from, to) = (as_small(&lower.ceil())?, as_small(&upper.floor())?);
                        if to.checked_sub(from)? >= MOST as i64 {
                            return None;
                        }
                        (from..=to).map(Term::integer).collect()
                    }
                    _ => return None,
                };
                if points.len() * values.len() > MOST {
                    return None;
                }
                names.push(name.clone());
                points = points
                    .iter()
                    .flat_map(|point: &Vec<Term>| {
                        values.iter().map(|value| [point.as_slice(), std::slice::from_ref(value)].concat())
                    })
                    .collect();
            }
            Some((names, points))
        }
    }
}
