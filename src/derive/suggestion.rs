//! What a density suggests for a change of variable: where it has corners, middles, linear and quadratic parts, powers, exponentials.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use num_integer::Integer;
use num_traits::One;

use super::circle::circles;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::setting::Setting;
use crate::kernel::sign::Sign;
use crate::kernel::term::{Constant, Function, Name, Rational, Term};

/// m for each power of 1 ± cos(x − m) in a density.
pub(super) fn vertices(density: &Density) -> Vec<Term> {
    let Density { name, normalizer, log_density } = density;
    let mut found = BTreeSet::new();
    for (_, [c, a, b]) in circles(normalizer, log_density, name) {
        let relative = |part: &Poly| {
            let inverse = normalizer.power(&c, &Poly::integer(-1)).ok()?;
            normalizer.canonical(&part.times(&inverse).ok()?).ok()
        };
        let (Some(a), Some(b)) = (relative(&a), relative(&b)) else { continue };
        let mut angles = vec![Term::zero(), Term::Constant(Constant::Pi) / Term::integer(2)];
        a.visit_generators(&mut |generator| {
            if let Generator::Call(Function::Cos, angle) = generator {
                angles.extend([angle[0].to_term(), -angle[0].to_term()]);
            }
        });
        let at = |function: Function, angle: &Term| normalizer.normalize(&Term::apply(function, vec![angle.clone()]));
        let fits = |angle: &Term| {
            let (Ok(cos), Ok(sin)) = (at(Function::Cos, angle), at(Function::Sin, angle)) else { return false };
            (a == cos && b == sin) || (a == cos.scaled(&-Rational::one()) && b == sin.scaled(&-Rational::one()))
        };
        found.extend(angles.into_iter().find(fits));
    }
    found.into_iter().collect()
}

/// (a, b) in a x² + b x + c.
pub(super) fn quadratic(normalizer: &Normalizer, poly: &Poly, name: &Name, own: &Generator) -> Option<(Term, Term)> {
    let (mut square, mut linear) = (Poly::zero(), Poly::zero());
    for (monomial, coefficient) in poly.terms() {
        let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
        match inside.factors() {
            [] => {}
            [(generator, Exponent::Integer(2))] if generator == own => square.add_term(outside, coefficient.clone()),
            [(generator, Exponent::Integer(1))] if generator == own => linear.add_term(outside, coefficient.clone()),
            _ => return None,
        }
    }
    (!square.is_zero() && !linear.is_zero()).then(|| (square.to_term(), linear.to_term()))
}

/// The greatest k such that every angle in the density is a whole multiple of kx, up to what is free of x; with
/// symbols in it, it must be the same everywhere.
pub(super) fn common_frequency(setting: &Setting, name: &Name) -> Option<Term> {
    fn visit(term: &Term, look: &mut dyn FnMut(&Term)) {
        if let Term::Apply(Function::Cos | Function::Sin | Function::Tan, arguments) = term {
            look(&arguments[0]);
        }
        term.children().for_each(|child| visit(child, look));
    }
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let (mut slopes, mut linear) = (BTreeSet::new(), true);
    visit(setting.log_density(), &mut |angle| match normalizer
        .normalize(angle)
        .ok()
        .and_then(|angle| linear_parts(&normalizer, &angle, name))
    {
        Some((slope, _)) => {
            slopes.insert(slope);
        }
        None => linear &= !angle.contains(name),
    });
    let whole = |slope: &Poly| crate::derive::small_integer(&slope.as_constant()?);
    let numbers: Option<Vec<i64>> = slopes.iter().map(whole).collect();
    match (linear, numbers, slopes.first()) {
        (true, Some(numbers), Some(_)) => Some(Term::integer(numbers.into_iter().fold(0, |all, own| all.gcd(&own)))),
        (true, None, Some(slope)) if slopes.len() == 1 => Some(slope.to_term()),
        _ => None,
    }
}

/// The logarithm of a density in normal form, worked out once for all that look at it.
pub(super) struct Density {
    name: Name,
    normalizer: Normalizer,
    log_density: Poly,
}

impl Density {
    pub(super) fn new(setting: &Setting, name: &Name) -> Option<Density> {
        let normalizer = Normalizer::on_support(setting.context(), setting.support());
        let log_density = normalizer.normalize(setting.log_density()).ok()?;
        Some(Density { name: name.clone(), normalizer, log_density })
    }
}

/// c for each |x − c| or sign(x − c) in the density.
pub(super) fn corners(setting: &Setting, name: &Name) -> BTreeSet<Term> {
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let own = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
    let mut found = BTreeSet::new();
    if let Ok(log_density) = normalizer.normalize(setting.log_density()) {
        log_density.visit_generators(&mut |generator| {
            if let Generator::Call(Function::Abs | Function::Sign, arguments) = generator {
                found.extend(root_of_linear(&normalizer, &arguments[0], name, &own).map(|centre| centre.to_term()));
            }
        });
    }
    found
}

/// Where to fold the line: m in |x − m| or |log x − log m|, and the middle of an even polynomial.
pub(super) fn absolute_centres(density: &Density) -> Vec<Term> {
    let Density { name, normalizer, log_density } = density;
    let log = Generator::Log(Arc::new(Generator::Variable(name.clone())));
    let mut centres = BTreeSet::new();
    log_density.visit_generators(&mut |generator| {
        let Generator::Call(Function::Abs, arguments) = generator else { return };
        let own = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
        let logarithm = Monomial::from_factors(vec![(log.clone(), Exponent::Integer(1))]);
        if let Some(centre) = root_of_linear(normalizer, &arguments[0], name, &own) {
            centres.insert(centre.to_term());
        } else if let Some(centre) = root_of_linear(normalizer, &arguments[0], name, &logarithm) {
            centres.insert(centre.to_term().exp());
        }
    });
    centres.extend(middle(normalizer, log_density, name));
    centres.into_iter().collect()
}

/// −c_(n−1)/(n c_n) for a polynomial c_n xⁿ + c_(n−1) xⁿ⁻¹ + … of even degree above two.
fn middle(normalizer: &Normalizer, log_density: &Poly, name: &Name) -> Option<Term> {
    let own = Generator::Variable(name.clone());
    let mut coefficients: BTreeMap<i64, Poly> = BTreeMap::new();
    for (monomial, coefficient) in log_density.terms() {
        let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
        let power = match inside.factors() {
            [] => 0,
            [(generator, Exponent::Integer(power))] if *generator == own => *power,
            _ => return None,
        };
        coefficients.entry(power).or_default().add_term(outside, coefficient.clone());
    }
    let (degree, leading) = coefficients.iter().next_back()?;
    if *degree < 4 || degree % 2 != 0 {
        return None;
    }
    let below = coefficients.get(&(degree - 1)).cloned().unwrap_or_default();
    let inverse = normalizer.power(leading, &Poly::integer(-1)).ok()?;
    let centre = below.times(&inverse).ok()?.scaled(&Rational::new((-1).into(), (*degree).into()));
    Some(centre.to_term())
}

/// −b/a for a·m + b, m a monomial in the variable.
pub(super) fn root_of_linear(normalizer: &Normalizer, poly: &Poly, name: &Name, own: &Monomial) -> Option<Poly> {
    let (slope, intercept) = normalizer.linear_in(poly, name, own)?;
    let inverse = normalizer.power(&slope, &Poly::integer(-1)).ok()?;
    Some(intercept.times(&inverse).ok()?.scaled(&-Rational::one()))
}

/// (a, b) in e^(a x + b), for logistic and Gumbel shapes.
pub(super) fn affine_arguments(density: &Density) -> Vec<(Term, Term)> {
    let Density { name, normalizer, log_density } = density;
    let mut found = BTreeSet::new();
    let mut look = |poly: &Poly| {
        for (monomial, _) in poly.terms() {
            if let Exponent::Poly(exponent) = monomial.exponent(&Generator::Euler)
                && let Some((slope, intercept)) = linear_parts(normalizer, &exponent, name)
            {
                let slope_term = slope.to_term();
                let negative = normalizer.sign(&slope) == Some(Sign::Negative);
                let (slope_term, intercept) = if negative {
                    (slope.scaled(&-Rational::one()).to_term(), intercept.scaled(&-Rational::one()))
                } else {
                    (slope_term, intercept)
                };
                found.insert((slope_term, intercept.to_term()));
            }
        }
    };
    log_density.visit_generators(&mut |generator| {
        if let Generator::Sum(poly) = generator
            && let Some(relative) = relative_exponential(normalizer, poly, name)
        {
            look(&relative);
        }
    });
    look(log_density);
    found.into_iter().collect()
}

/// (c, k) in a sum with e^(±c x^k), c > 0, k other than 1.
pub(super) fn exponential_powers(density: &Density) -> Vec<(Term, Term)> {
    let Density { name, normalizer, log_density } = density;
    let own = Generator::Variable(name.clone());
    let mut found = BTreeSet::new();
    let mut look = |exponent: &Poly| {
        for (monomial, coefficient) in exponent.terms() {
            let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
            let [(generator, power)] = inside.factors() else { continue };
            let scale = Poly::single(outside, coefficient.clone());
            let scale = match normalizer.sign(&scale) {
                Some(Sign::Positive) => scale,
                Some(Sign::Negative) => scale.scaled(&-Rational::one()),
                _ => continue,
            };
            if *generator == own && *power != Exponent::Integer(1) {
                found.insert((scale.to_term(), power.to_poly().to_term()));
            }
        }
    };
    log_density.visit_generators(&mut |generator| {
        let Generator::Sum(sum) = generator else { return };
        for (monomial, _) in sum.terms() {
            if let Exponent::Poly(exponent) = monomial.exponent(&Generator::Euler) {
                look(&exponent);
            }
        }
    });
    found.into_iter().collect()
}

/// For c e^(a x) + d with c, d free of x: the ratio of the two, as one exponential.
fn relative_exponential(normalizer: &Normalizer, poly: &Poly, name: &Name) -> Option<Poly> {
    let [(moving, above), (standing, below)] = exponentials(poly, name)?.try_into().ok()?;
    let size = |poly: &Poly| match normalizer.sign(poly) {
        Some(Sign::Negative) => poly.scaled(&-Rational::one()),
        _ => poly.clone(),
    };
    let log = normalizer.log(&size(&above)).ok()?.minus(&normalizer.log(&size(&below)).ok()?);
    Poly::generator_power(Generator::Euler, Exponent::from_poly(log.plus(&moving).minus(&standing))).ok()
}

/// A sum as Σ c e^E, each exponent E once and all of it moving with the variable, each c free of it; an E that is
/// zero last.
fn exponentials(poly: &Poly, name: &Name) -> Option<Vec<(Poly, Poly)>> {
    let names = std::slice::from_ref(name);
    let mut found: Vec<(Poly, Poly)> = Vec::new();
    for (monomial, coefficient) in poly.terms() {
        let (mut moving, mut rest) = (Poly::zero(), Poly::zero());
        for (part, coefficient) in monomial.exponent(&Generator::Euler).to_poly().terms() {
            let part = Poly::single(part.clone(), coefficient.clone());
            if part.contains_any(names) { &mut moving } else { &mut rest }.add_assign(&part);
        }
        let others = monomial.factors().iter().filter(|(generator, _)| *generator != Generator::Euler);
        let mut factors: Vec<_> = others.cloned().collect();
        factors.push((Generator::Euler, Exponent::from_poly(rest)));
        let outside = Monomial::from_factors(factors);
        if outside
            .factors()
            .iter()
            .any(|(generator, exponent)| generator.contains_any(names) || exponent.to_poly().contains_any(names))
        {
            return None;
        }
        match found.iter_mut().find(|(own, _)| *own == moving) {
            Some((_, sum)) => sum.add_term(outside, coefficient.clone()),
            None => found.push((moving, Poly::single(outside, coefficient.clone()))),
        }
    }
    found.sort_by_key(|(moving, _)| moving.is_zero());
    Some(found)
}

/// (a, r) for each sum 1 + r e^(−a x) up to a factor, a > 0: what tilts a distribution function.
pub(super) fn tilts(density: &Density) -> Vec<(Term, Term)> {
    let Density { name, normalizer, log_density } = density;
    let mut found = BTreeSet::new();
    log_density.visit_generators(&mut |generator| {
        let Generator::Sum(sum) = generator else { return };
        let parts = exponentials(sum, name).and_then(|found| <[(Poly, Poly); 2]>::try_from(found).ok());
        let Some([(one, above), (other, below)]) = parts else { return };
        let slope = linear_parts(normalizer, &one.minus(&other), name).filter(|(_, intercept)| intercept.is_zero());
        let Some((slope, _)) = slope else { return };
        let (rate, above, below) = match normalizer.sign(&slope) {
            Some(Sign::Negative) => (slope.scaled(&-Rational::one()), above, below),
            Some(Sign::Positive) => (slope, below, above),
            _ => return,
        };
        let ratio = normalizer.power(&below, &Poly::integer(-1)).and_then(|inverse| above.times(&inverse));
        found.extend(ratio.map(|ratio| (rate.to_term(), ratio.to_term())));
    });
    found.into_iter().collect()
}

/// (p, q) for each sum p + q x that is positive from 0 to 1, both ends included.
pub(super) fn ramps(density: &Density) -> Vec<(Term, Term)> {
    let Density { name, normalizer, log_density } = density;
    let own = Generator::Variable(name.clone());
    let mut found = BTreeSet::new();
    log_density.visit_generators(&mut |generator| {
        let Generator::Sum(sum) = generator else { return };
        let mut parts = [Poly::zero(), Poly::zero()];
        for (monomial, coefficient) in sum.terms() {
            let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
            let power = match inside.factors() {
                [] => 0,
                [(generator, Exponent::Integer(1))] if *generator == own => 1,
                _ => return,
            };
            parts[power].add_term(outside, coefficient.clone());
        }
        let [start, slope] = parts;
        let end = start.plus(&slope);
        if !slope.is_zero() && [&start, &end].iter().all(|at| normalizer.sign(at) == Some(Sign::Positive)) {
            found.insert((start.to_term(), slope.to_term()));
        }
    });
    found.into_iter().collect()
}

/// (m, s) for a sum a x² + b x + c = a((x − m)² + s²) without real roots.
pub(super) fn quadratic_arguments(density: &Density) -> Vec<(Term, Term)> {
    let Density { name, normalizer, log_density } = density;
    quadratics(normalizer, log_density, name).into_iter().collect()
}

/// (m, s) for each sum a((x − m)² + s²) in a normal form.
pub(super) fn quadratics(normalizer: &Normalizer, poly: &Poly, name: &Name) -> BTreeSet<(Term, Term)> {
    let own = Generator::Variable(name.clone());
    let mut found = BTreeSet::new();
    poly.visit_generators(&mut |generator| {
        let Generator::Sum(poly) = generator else { return };
        let mut parts = [Poly::zero(), Poly::zero(), Poly::zero()];
        for (monomial, coefficient) in poly.terms() {
            let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
            let power = match inside.factors() {
                [] => 0,
                [(generator, Exponent::Integer(power @ 1..=2))] if *generator == own => *power as usize,
                _ => return,
            };
            parts[power].add_term(outside, coefficient.clone());
        }
        let centre_and_scale = || {
            let [c, b, a] = &parts;
            let inverse = normalizer.power(a, &Poly::integer(-1)).ok()?;
            let centre = b.times(&inverse).ok()?.scaled(&Rational::new((-1).into(), 2.into()));
            let square = c.times(&inverse).ok()?.minus(&centre.times(&centre).ok()?);
            let square = normalizer.canonical(&square).ok()?;
            let scale = normalizer.power(&square, &Poly::constant(Rational::new(1.into(), 2.into()))).ok()?;
            Some((centre.to_term(), scale.to_term()))
        };
        if !parts[2].is_zero() {
            found.extend(centre_and_scale());
        }
    });
    found
}

/// (c, k) in c·x^k inside a sum such as 1 + c x^k.
pub(super) fn power_arguments(density: &Density) -> Vec<(Term, Term)> {
    let Density { name, normalizer, log_density } = density;
    let mut found = BTreeSet::new();
    let own = Generator::Variable(name.clone());
    log_density.visit_generators(&mut |generator| {
        let Generator::Sum(poly) = generator else { return };
        let names = std::slice::from_ref(name);
        let mut rest = Poly::zero();
        let mut parts = Vec::new();
        for (monomial, coefficient) in poly.terms() {
            let (inside, outside) = normalizer.split_monomial(monomial, names);
            match inside.factors() {
                [] => rest.add_term(outside, coefficient.clone()),
                [(generator, exponent)] if *generator == own => {
                    parts.push((Poly::single(outside, coefficient.clone()), exponent.to_poly()));
                }
                _ => return,
            }
        }
        if let [(scale, power)] = parts.as_slice()
            && let Ok(inverse) = normalizer.power(&rest, &Poly::integer(-1))
            && let Ok(scale) = scale.times(&inverse)
        {
            let scale = match normalizer.sign(&scale) {
                Some(Sign::Negative) => scale.scaled(&-Rational::one()),
                _ => scale,
            };
            found.insert((scale.to_term(), power.to_term()));
        }
    });
    found.into_iter().collect()
}

/// Slope and intercept of a polynomial of degree one in a variable.
pub(super) fn linear_parts(normalizer: &Normalizer, poly: &Poly, name: &Name) -> Option<(Poly, Poly)> {
    let own = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
    normalizer.linear_in(poly, name, &own)
}
