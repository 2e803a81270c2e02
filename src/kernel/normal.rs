//! Term to normal form: the laws of powers, exponentials, logarithms and special functions.
//!
//! Every law holds for real arguments under a side condition. Positivity is *proved* from the
//! declared domains (see [`super::sign`]) or the normalisation fails; that something is not zero is
//! proved, or holds almost everywhere on a continuous support, or is recorded as a condition of
//! the result.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use num_traits::{One, Signed, Zero};

use super::division::divide_exactly;
use super::domain::{Context, Domain, Support};
use super::examples::Point;
use super::memo::Memo;
use super::points::{finite_points, finite_variables};
use super::poly::{Exponent, Generator, MOST_EXPANDED_POWER, Monomial, Obstacle, Outcome, Poly, rational_power};
use super::roots::factorize;
use super::sign::Sign;
use super::special::MOST_SHIFT;
use super::term::{Constant, Function, Name, Rational, Term};

/// How deep terms may nest.
pub const MOST_NESTING: usize = 400;
/// Brings terms to normal form within a context.
pub struct Normalizer {
    pub(super) context: Rc<Context>,
    /// Variables integrated over a continuous support: identities may fail on null sets.
    pub(super) continuous: Rc<Vec<Name>>,
    /// log p, which the formal log-density stands for.
    log_density: Option<Rc<Term>>,
    /// The variates and the points of a finite support.
    pub(super) points: Option<Rc<JointPoints>>,
    /// What had to be assumed different from zero.
    conditions: RefCell<BTreeSet<Poly>>,
    /// Signs rest on the context alone, never on a condition.
    pub(super) signs: Rc<RefCell<Memo<Poly, Option<Sign>>>>,
    /// The declared conditions as normal forms, once they have been worked out.
    pub(super) known: Rc<RefCell<Option<Rc<KnownSigns>>>>,
    /// Points that meet those conditions, once they are asked for.
    pub(super) examples: Rc<RefCell<Option<Rc<Vec<Point>>>>>,
    /// Whether a sum takes both signs at those points.
    pub(super) tried: Rc<RefCell<Memo<Poly, bool>>>,
    pub(super) depth: RefCell<usize>,
    /// Questions that may still be asked on the way to the sign that was asked for.
    pub(super) patience: Rc<Cell<usize>>,
    remembered: Rc<RefCell<Memo<Term, Remembered>>>,
    /// Those that were made for the same variables and some more.
    besides: Rc<RefCell<Besides>>,
}

/// What makes another form of a normal form by a relation of its functions, where it applies.
type Relation = fn(&Normalizer, &Poly) -> Outcome<Option<Poly>>;

/// A normal form, and what had to be assumed different from zero for it.
struct Remembered {
    form: Poly,
    conditions: BTreeSet<Poly>,
}

/// By the variables that they have more.
type Besides = HashMap<Vec<(Name, Domain)>, Normalizer>;
/// Normal forms and their signs.
pub(super) type KnownSigns = Vec<(Poly, Sign)>;
/// Coordinates, and points with one value for each.
pub(super) type JointPoints = (Vec<Name>, Vec<Vec<Term>>);

impl Normalizer {
    /// For terms in the parameters alone.
    pub fn new(context: &Context) -> Self {
        Normalizer::within(context.clone(), Vec::new(), None)
    }

    fn within(context: Context, continuous: Vec<Name>, points: Option<JointPoints>) -> Self {
        let points = points.or_else(|| finite_variables(&context));
        Normalizer {
            context: Rc::new(context),
            continuous: Rc::new(continuous),
            points: points.map(Rc::new),
            log_density: None,
            conditions: RefCell::default(),
            signs: Rc::default(),
            known: Rc::default(),
            examples: Rc::default(),
            tried: Rc::default(),
            depth: RefCell::new(0),
            patience: Rc::default(),
            remembered: Rc::default(),
            besides: Rc::default(),
        }
    }

    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The same context with nothing assumed yet; what is known of signs and of terms is shared.
    pub fn fresh(&self) -> Self {
        Normalizer {
            context: self.context.clone(),
            continuous: self.continuous.clone(),
            points: self.points.clone(),
            log_density: self.log_density.clone(),
            conditions: RefCell::default(),
            signs: self.signs.clone(),
            known: self.known.clone(),
            examples: self.examples.clone(),
            tried: self.tried.clone(),
            depth: RefCell::new(0),
            patience: self.patience.clone(),
            remembered: self.remembered.clone(),
            besides: self.besides.clone(),
        }
    }

    /// The same variables and some more. What is known of the declared conditions is shared by all with the
    /// same ones; no sign is, which may rest on how much could be asked.
    pub(super) fn beside(&self, more: Vec<(Name, Domain)>) -> Self {
        let known = self.besides.borrow().get(&more).map(Normalizer::fresh);
        let own = known.unwrap_or_else(|| {
            let mut context = (*self.context).clone();
            context.domains.extend(more.iter().cloned());
            let points = self.points.as_deref().cloned();
            let own = Normalizer::within(context, (*self.continuous).clone(), points);
            self.besides.borrow_mut().insert(more, own.fresh());
            own
        });
        Normalizer {
            patience: self.patience.clone(),
            depth: self.depth.clone(),
            signs: Rc::default(),
            remembered: Rc::default(),
            ..own
        }
    }

    /// For terms in the variate too: equalities hold on the support, up to null sets where it is
    /// continuous.
    pub fn on_support(context: &Context, support: &Support) -> Self {
        let mut context = context.clone();
        let mut continuous = Vec::new();
        let points = finite_points(support);
        match support {
            Support::Product { coordinates, inequalities } => {
                for (name, domain) in coordinates {
                    context.domains.insert(name.clone(), domain.clone());
                    if !domain.is_discrete() {
                        continuous.push(name.clone());
                    }
                }
                context.nonnegative.extend(inequalities.iter().cloned());
            }
            Support::Points { names, points } => {
                for (position, name) in names.iter().enumerate() {
                    let values = points.iter().map(|point| point[position].clone()).collect();
                    context.domains.insert(name.clone(), Domain::Finite(values));
                }
            }
        }
        Normalizer::within(context, continuous, points)
    }

    /// Gives the formal log-density its meaning.
    pub fn with_log_density(mut self, log_density: &Term) -> Self {
        self.log_density = Some(Rc::new(log_density.clone()));
        self.remembered = Rc::default();
        self
    }

    /// Takes the formal log-density its meaning.
    pub fn without_log_density(mut self) -> Self {
        self.log_density = None;
        self.remembered = Rc::default();
        self
    }

    /// Terms that were taken to be different from zero without proof.
    pub fn conditions(&self) -> BTreeSet<Term> {
        self.conditions.borrow().iter().map(Poly::to_term).collect()
    }

    /// The same as normal forms.
    pub(super) fn assumed(&self) -> BTreeSet<Poly> {
        self.conditions.borrow().clone()
    }

    /// Takes them to be different from zero too.
    pub(super) fn assume(&self, conditions: &BTreeSet<Poly>) {
        self.conditions.borrow_mut().extend(conditions.iter().cloned());
    }

    /// The normal form of a term.
    ///
    /// Fails when a logarithm's argument cannot be shown positive, at poles, at formal expectations
    /// and beyond fixed bounds of size.
    pub fn normalize(&self, term: &Term) -> Outcome<Poly> {
        if *self.depth.borrow() > MOST_NESTING {
            return Err(Obstacle::TooLarge("nesting"));
        }
        *self.depth.borrow_mut() += 1;
        let result = self.normalize_node(term);
        *self.depth.borrow_mut() -= 1;
        result
    }

    /// Whether two terms are equal by algebra.
    pub fn equal(&self, left: &Term, right: &Term) -> Outcome<bool> {
        if left == right {
            // Still normalised once, so that what has no value is not equal to itself.
            self.normalize(left)?;
            return Ok(true);
        }
        Ok(self.residue(left, right)?.is_zero())
    }

    /// What is left of `left − right` after all denominators are cleared; zero iff equal by algebra.
    pub fn residue(&self, left: &Term, right: &Term) -> Outcome<Poly> {
        self.cleared(&self.normalize(left)?.minus(&self.normalize(right)?))
    }

    pub fn is_zero(&self, poly: &Poly) -> Outcome<bool> {
        Ok(poly.is_zero() || self.cleared(poly)?.is_zero())
    }

    /// What is left when denominators are cleared, if need be after the relations of Γ and of logarithms.
    pub(super) fn cleared(&self, poly: &Poly) -> Outcome<Poly> {
        let mut left = self.clear(poly)?;
        let relations: [Relation; 6] = [
            Normalizer::conjugate_logarithms,
            Normalizer::split_logarithms,
            Normalizer::recurred,
            Normalizer::reflected,
            Normalizer::duplicated,
            Normalizer::interpolated,
        ];
        for relation in relations {
            if left.is_zero() {
                break;
            }
            if let Some(related) = relation(self, &left)? {
                left = self.clear(&related)?;
            }
        }
        Ok(left)
    }

    /// The same with log(f g) = log f + log g where a sum is divided by another that a logarithm is taken of too.
    ///
    /// `None` where none is.
    fn split_logarithms(&self, poly: &Poly) -> Outcome<Option<Poly>> {
        const MOST_LOGARITHMS: usize = 8;
        let sums = sums_under_logarithms(poly);
        if !(2..=MOST_LOGARITHMS).contains(&sums.len()) {
            return Ok(None);
        }
        let mut found: BTreeMap<Arc<Poly>, Poly> = BTreeMap::new();
        for own in &sums {
            for other in sums.iter().filter(|other| *other != own && other.len() <= own.len()) {
                if let Some(quotient) = divide_exactly(own, other)?
                    && self.sign(other) == Some(Sign::Positive)
                    && self.sign(&quotient) == Some(Sign::Positive)
                {
                    found.insert(own.clone(), self.log(other)?.plus(&self.log(&quotient)?));
                    break;
                }
            }
        }
        if found.is_empty() {
            return Ok(None);
        }
        let result = poly.with_factors(&mut |generator, exponent| {
            let (Generator::Log(inner), Exponent::Integer(power)) = (generator, exponent) else { return Ok(None) };
            let Generator::Sum(sum) = &**inner else { return Ok(None) };
            found.get(sum).map(|split| self.integer_power(split, *power)).transpose()
        })?;
        Ok(Some(result))
    }

    /// The same with log f + log g = log(f g) where two sums with roots have a product without: 1 − √t and 1 + √t.
    ///
    /// `None` where there are no two such.
    pub fn conjugate_logarithms(&self, poly: &Poly) -> Outcome<Option<Poly>> {
        const MOST_LOGARITHMS: usize = 6;
        let sums: Vec<Arc<Poly>> = sums_under_logarithms(poly).into_iter().filter(|sum| sum.len() == 2).collect();
        if !(2..=MOST_LOGARITHMS).contains(&sums.len()) {
            return Ok(None);
        }
        for (position, one) in sums.iter().enumerate() {
            for two in &sums[position + 1..] {
                let product = self.canonical(&one.times(two)?)?;
                if product.len() > 2 || has_root(&product) || !has_root(one) || self.sign(one) != Some(Sign::Positive) {
                    continue;
                }
                let other = self.log(&product)?.minus(&self.log(two)?);
                let result = poly.with_factors(&mut |generator, exponent| {
                    let (Generator::Log(inner), Exponent::Integer(power @ 0..)) = (generator, exponent) else {
                        return Ok(None);
                    };
                    match &**inner {
                        Generator::Sum(sum) if sum == one => self.integer_power(&other, *power).map(Some),
                        _ => Ok(None),
                    }
                })?;
                return Ok(Some(result));
            }
        }
        Ok(None)
    }

    fn normalize_node(&self, term: &Term) -> Outcome<Poly> {
        match term {
            Term::Number(value) => Ok(Poly::constant(value.clone())),
            Term::Constant(Constant::Pi) => Ok(Poly::generator(Generator::Pi)),
            Term::Constant(Constant::E) => Ok(Poly::generator(Generator::Euler)),
            Term::Constant(Constant::EulerGamma) => Ok(Poly::generator(Generator::EulerGamma)),
            Term::Variable(name) => Ok(self.variable(name)),
            Term::Sum(terms) => {
                let mut sum = Poly::zero();
                for part in terms.iter() {
                    let part = self.normalize(part)?;
                    if sum.is_zero() { sum = part } else { sum.add_assign(&part) }
                }
                Ok(sum)
            }
            Term::Product(factors) => {
                let mut product = Poly::one();
                for factor in factors.iter() {
                    product = product.multiplied(self.normalize(factor)?)?;
                }
                Ok(product)
            }
            Term::Power(base, exponent) => {
                let is_e = **base == Term::Constant(Constant::E);
                if let Some(power) = exponent.as_number().and_then(as_small).filter(|power| *power != 0 && !is_e) {
                    if let (Term::Product(factors), true) = (&**base, power < 0) {
                        // Each factor is different from zero by itself, which their product may no longer show.
                        let power = |factor: &Term| Term::power(factor.clone(), (**exponent).clone());
                        return factors.iter().try_fold(Poly::one(), |product, factor| {
                            product.multiplied(self.normalize(&power(factor))?)
                        });
                    }
                    let base = self.normalize(base)?;
                    return match base.is_zero() {
                        false => self.integer_power(&base, power),
                        true if power > 0 => Ok(base),
                        true => Err(Obstacle::DivisionByZero),
                    };
                }
                let exponent = self.normalize(exponent)?;
                if is_e {
                    return self.exp(&exponent);
                }
                if matches!(**base, Term::Product(_) | Term::Power(..))
                    && matches!(Exponent::from_poly(self.canonical(&exponent)?), Exponent::Poly(_))
                    && let Ok(log) = self.log_of_term(base)
                {
                    return self.exp(&log.times(&exponent)?);
                }
                let base = self.normalize(base)?;
                self.power(&base, &exponent)
            }
            Term::Apply(..) | Term::LogDensity(_) | Term::Derivative(..) => self.remember(term),
            Term::Expectation(_) => Err(Obstacle::Formal(term.clone())),
        }
    }

    /// The normal form of a term that may have been met before. What was assumed for it then is assumed now.
    fn remember(&self, term: &Term) -> Outcome<Poly> {
        if let Some(known) = self.remembered.borrow().get(term) {
            self.conditions.borrow_mut().extend(known.conditions.iter().cloned());
            return Ok(known.form.clone());
        }
        let before = self.conditions.take();
        let result = match term {
            Term::Apply(Function::Log, arguments) => self.log_of_term(&arguments[0]),
            Term::Apply(function, arguments) => self.apply(*function, arguments),
            Term::LogDensity(replaced) => match &self.log_density {
                Some(log_density) => self.normalize(&log_density.substitute(replaced)),
                None => Err(Obstacle::Formal(term.clone())),
            },
            Term::Derivative(body, by) => self.normalize(body).and_then(|body| self.differentiate(&body, by)),
            other => Err(Obstacle::Formal(other.clone())),
        };
        let conditions = self.conditions.replace(before);
        self.conditions.borrow_mut().extend(conditions.iter().cloned());
        let form = result?;
        // What was found in haste may be found better.
        if self.patience.get() != 1 {
            self.remembered.borrow_mut().insert(term.clone(), Remembered { form: form.clone(), conditions });
        }
        Ok(form)
    }

    pub fn variable(&self, name: &Name) -> Poly {
        let negative = match self.context.domains.get(name) {
            Some(Domain::Interval { upper: Some(Term::Number(upper)), .. }) => !upper.is_positive(),
            _ => false,
        };
        if negative {
            Poly::generator(Generator::Reflected(name.clone())).scaled(&-Rational::one())
        } else {
            Poly::generator(Generator::Variable(name.clone()))
        }
    }

    // ——— side conditions ———

    /// Records that a quantity is divided by, unless it is known not to vanish.
    pub(super) fn require_nonzero(&self, poly: &Poly) -> Outcome<()> {
        if poly.is_zero() {
            return Err(Obstacle::DivisionByZero);
        }
        if self.divides_almost_everywhere(poly) {
            return Ok(());
        }
        if let Some((monomial, _)) = poly.as_single()
            && let [(Generator::Call(Function::Abs, arguments), _)] = monomial.factors()
        {
            return self.require_nonzero(&arguments[0]);
        }
        // A zero, or none, that shows only when its sums are multiplied out: κ² cos² μ + κ² sin² μ.
        let cleared = self.clear(poly)?;
        if cleared.is_zero() {
            return Err(Obstacle::DivisionByZero);
        }
        if self.divides_almost_everywhere(&cleared) {
            return Ok(());
        }
        self.conditions.borrow_mut().insert(poly.clone());
        Ok(())
    }

    /// Whether a quantity is different from zero outside a null set of the continuous variates.
    pub(super) fn divides_almost_everywhere(&self, poly: &Poly) -> bool {
        self.sign(poly).is_some_and(Sign::is_strict) || self.is_known_nonzero(poly) || self.vanishes_on_null_set(poly)
    }

    /// Whether a normal form takes whole numbers only: whole multiples of products of whole variables.
    pub fn is_whole(&self, poly: &Poly) -> bool {
        let whole = |name: &Name| match self.context.domains.get(name) {
            Some(Domain::Integers { .. }) => true,
            Some(Domain::Finite(values)) => {
                values.iter().all(|value| value.as_number().is_some_and(Rational::is_integer))
            }
            _ => false,
        };
        let whole = |generator: &Generator| match generator {
            Generator::Variable(name) => whole(name),
            Generator::Call(Function::Sign, _) => true,
            Generator::Call(Function::Abs, arguments) => self.is_whole(&arguments[0]),
            _ => false,
        };
        poly.terms().all(|(monomial, coefficient)| {
            coefficient.is_integer()
                && monomial.factors().iter().all(|(generator, exponent)| {
                    matches!(exponent, Exponent::Integer(power) if *power > 0) && whole(generator)
                })
        })
    }

    /// Whether a quantity with continuous variates in it can vanish on a null set only.
    ///
    /// A product does where each factor does. A sum does when it is a polynomial in functions that are
    /// algebraically independent and analytic (variates, logarithms of variates, exponentials of
    /// different polynomials without constant terms) and one of its coefficients is never zero.
    fn vanishes_on_null_set(&self, poly: &Poly) -> bool {
        if self.continuous.is_empty() || !poly.contains_any(&self.continuous) {
            return false;
        }
        if let Some((monomial, _)) = poly.as_single() {
            return monomial.factors().iter().all(|(generator, _)| self.generator_vanishes_on_null_set(generator));
        }
        if self.moves_on_circle(poly) {
            return true;
        }
        let allowed = |generator: &Generator, exponent: &Exponent| self.is_independent(generator, exponent);
        let Some(coefficients) = self.coefficients(poly, &allowed) else { return false };
        coefficients.values().any(|outside| self.sign(outside).is_some_and(Sign::is_strict))
    }

    fn generator_vanishes_on_null_set(&self, generator: &Generator) -> bool {
        if self.generator_sign(generator).is_some_and(Sign::is_strict) {
            return true;
        }
        match generator {
            Generator::Variable(name) | Generator::Reflected(name) => self.continuous.contains(name),
            Generator::Sum(poly) => self.vanishes_on_null_set(poly),
            Generator::Log(inner) => {
                let inner = match &**inner {
                    Generator::Sum(poly) => (**poly).clone(),
                    other => Poly::generator(other.clone()),
                };
                self.vanishes_on_null_set(&inner.minus(&Poly::one()))
            }
            // They vanish where their argument does.
            Generator::Call(Function::Abs | Function::Erf | Function::Atan, arguments) => {
                self.vanishes_on_null_set(&arguments[0])
            }
            // Analytic and not constant: the argument is a polynomial that moves.
            Generator::Call(Function::Sin | Function::Cos, arguments) => self.is_moving_polynomial(&arguments[0]),
            _ => false,
        }
    }

    /// A polynomial in continuous variates with a coefficient, not of the constant, that is never zero.
    fn is_moving_polynomial(&self, poly: &Poly) -> bool {
        let Some(coefficients) = self.coefficients(poly, &is_variable_power) else { return false };
        coefficients.iter().any(|(inside, outside)| !inside.is_one() && self.sign(outside).is_some_and(Sign::is_strict))
    }

    /// The poly by its monomials in the continuous variates, all of whose factors are of the allowed kind.
    fn coefficients(
        &self,
        poly: &Poly,
        allowed: &dyn Fn(&Generator, &Exponent) -> bool,
    ) -> Option<BTreeMap<Monomial, Poly>> {
        let mut coefficients: BTreeMap<Monomial, Poly> = BTreeMap::new();
        for (monomial, coefficient) in poly.terms() {
            let (inside, outside) = self.split_monomial(monomial, &self.continuous);
            if !inside.factors().iter().all(|(generator, exponent)| allowed(generator, exponent)) {
                return None;
            }
            coefficients.entry(inside).or_default().add_term(outside, coefficient.clone());
        }
        Some(coefficients)
    }

    /// (a, b) in a·m + b, with m a power product in the variable and a, b free of it.
    pub fn linear_in(&self, poly: &Poly, name: &Name, own: &Monomial) -> Option<(Poly, Poly)> {
        let (mut slope, mut intercept) = (Poly::zero(), Poly::zero());
        for (monomial, coefficient) in poly.terms() {
            let (inside, outside) = self.split_monomial(monomial, std::slice::from_ref(name));
            if inside.is_one() {
                intercept.add_term(outside, coefficient.clone());
            } else if inside == *own {
                slope.add_term(outside, coefficient.clone());
            } else {
                return None;
            }
        }
        (!slope.is_zero()).then_some((slope, intercept))
    }

    /// A factor that is algebraically independent of the others: x^k, (log x)^k, e^q(x).
    fn is_independent(&self, generator: &Generator, exponent: &Exponent) -> bool {
        match (generator, exponent) {
            (Generator::Euler, Exponent::Poly(power)) => power.terms().all(|(monomial, _)| {
                !monomial.is_one() && {
                    let (_, outside) = self.split_monomial(monomial, &self.continuous);
                    outside.is_one()
                        && monomial.factors().iter().all(|(generator, exponent)| is_variable_power(generator, exponent))
                }
            }),
            (Generator::Log(inner), Exponent::Integer(_)) => {
                matches!(**inner, Generator::Variable(_) | Generator::Reflected(_))
            }
            _ => is_variable_power(generator, exponent),
        }
    }

    /// Splits a monomial into the factors that hold any of the names and the rest. A power whose
    /// exponent holds a name belongs to the first part.
    pub fn split_monomial(&self, monomial: &Monomial, names: &[Name]) -> (Monomial, Monomial) {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for (generator, exponent) in monomial.factors() {
            let depends =
                generator.contains_any(names) || matches!(exponent, Exponent::Poly(poly) if poly.contains_any(names));
            if depends { &mut inside } else { &mut outside }.push((generator.clone(), exponent.clone()));
        }
        (Monomial::from_factors(inside), Monomial::from_factors(outside))
    }

    // ——— powers ———

    /// base^exponent.
    pub fn power(&self, base: &Poly, exponent: &Poly) -> Outcome<Poly> {
        if exponent.is_zero() {
            return Ok(Poly::one());
        }
        if base.is_zero() {
            return match self.sign(exponent) {
                Some(Sign::Positive) => Ok(Poly::zero()),
                // 0^k of a count k is 1 where k = 0 and 0 elsewhere.
                Some(Sign::Nonnegative) if self.is_whole(exponent) => {
                    Ok(Poly::one().minus(&self.call(Function::Sign, std::slice::from_ref(exponent))?))
                }
                _ => Err(Obstacle::DivisionByZero),
            };
        }
        let exponent = Exponent::from_poly(self.canonical(exponent)?);
        match exponent {
            Exponent::Integer(power) => self.integer_power(base, power),
            Exponent::Poly(poly) => self.real_power(base, &poly),
        }
    }

    pub(super) fn integer_power(&self, base: &Poly, power: i64) -> Outcome<Poly> {
        if power.unsigned_abs() > 1_000_000_000_000 {
            return Err(Obstacle::TooLarge("an exponent"));
        }
        if power >= 0 {
            if let Some((monomial, coefficient)) = base.as_single() {
                return self.monomial_power(monomial, coefficient, power);
            }
            if power <= MOST_EXPANDED_POWER {
                return base.expanded_power(power);
            }
            return Err(Obstacle::TooLarge("a power of a sum"));
        }
        if let Some((monomial, coefficient)) = base.as_single() {
            for (generator, _) in monomial.factors() {
                self.require_nonzero(&Poly::generator(generator.clone()))?;
            }
            return self.monomial_power(monomial, coefficient, power);
        }
        let parts = self.content(base)?;
        let front = self.integer_power(&Poly::single(parts.monomial, parts.coefficient), power)?;
        // Taking the content out may leave one term: 1 − s²/(s² + t²) is t²/(s² + t²).
        if parts.primitive.as_single().is_some() {
            return front.times(&self.integer_power(&parts.primitive, power)?);
        }
        self.require_nonzero(&parts.primitive)?;
        let sum = Poly::generator_power(Generator::Sum(Arc::new(parts.primitive)), Exponent::Integer(power))?;
        front.times(&sum)
    }

    fn monomial_power(&self, monomial: &Monomial, coefficient: &Rational, power: i64) -> Outcome<Poly> {
        let mut result = Poly::constant(rational_power(coefficient, power)?);
        let power_poly = Poly::integer(power);
        for (generator, exponent) in monomial.factors() {
            let factor = Poly::generator_power(generator.clone(), exponent.times(&power_poly)?)?;
            result = result.times(&factor)?;
        }
        Ok(result)
    }

    /// A power with a non-integer exponent: (c·∏ g^k)^e = c^e ∏ g^(ke) for positive factors.
    fn real_power(&self, base: &Poly, exponent: &Poly) -> Outcome<Poly> {
        let (coefficient, factors) = self.positive_factors(base)?;
        let mut result = self.number_power(&coefficient, exponent)?;
        for (generator, own) in factors {
            let factor = if generator == Generator::Euler {
                self.exp(&own.times(exponent)?.to_poly())?
            } else {
                let power = Exponent::from_poly(self.canonical(&own.times(exponent)?.to_poly())?);
                Poly::generator_power(generator, power)?
            };
            result = result.times(&factor)?;
        }
        Ok(result)
    }

    /// c^e for a positive rational c, by its primes.
    fn number_power(&self, value: &Rational, exponent: &Poly) -> Outcome<Poly> {
        let mut result = Poly::one();
        for (prime, multiplicity) in factorize(value) {
            let own = Exponent::from_poly(exponent.scaled(&Rational::from_integer(multiplicity.into())));
            result = result.times(&Poly::generator_power(Generator::Prime(prime), own)?)?;
        }
        Ok(result)
    }

    // ——— exp, log, |·| ———

    /// e^E, where a part c·log g of E becomes the factor g^c.
    pub fn exp(&self, exponent: &Poly) -> Outcome<Poly> {
        let exponent = self.canonical(exponent)?;
        let mut rest = Poly::zero();
        let mut powers: BTreeMap<Generator, Poly> = BTreeMap::new();
        for (monomial, coefficient) in exponent.terms() {
            let logs: Vec<_> = monomial
                .factors()
                .iter()
                .filter(|(generator, power)| matches!(generator, Generator::Log(_)) && *power == Exponent::Integer(1))
                .collect();
            match logs.as_slice() {
                [(Generator::Log(inner), _)] => {
                    let others = monomial
                        .factors()
                        .iter()
                        .filter(|(generator, _)| !matches!(generator, Generator::Log(own) if own == inner));
                    let others = Monomial::from_factors(others.cloned().collect());
                    powers.entry((**inner).clone()).or_default().add_term(others, coefficient.clone());
                }
                _ => rest.add_term(monomial.clone(), coefficient.clone()),
            }
        }
        let mut result = Poly::generator_power(Generator::Euler, Exponent::from_poly(rest))?;
        for (generator, power) in powers {
            result = result.times(&self.generator_to(generator, &power)?)?;
        }
        Ok(result)
    }

    fn generator_to(&self, generator: Generator, power: &Poly) -> Outcome<Poly> {
        let exponent = Exponent::from_poly(power.clone());
        if let (Generator::Sum(sum), Exponent::Integer(power)) = (&generator, &exponent) {
            if *power > MOST_EXPANDED_POWER {
                return Err(Obstacle::TooLarge("a power of a sum"));
            }
            if *power < 0 {
                self.require_nonzero(sum)?;
            }
        }
        Poly::generator_power(generator, exponent)
    }

    /// log of a positive quantity, split over its factors.
    pub fn log(&self, poly: &Poly) -> Outcome<Poly> {
        let (coefficient, factors) = self.positive_factors(poly)?;
        let mut sum = Poly::zero();
        for (prime, multiplicity) in factorize(&coefficient) {
            let log = Poly::generator(Generator::Log(Arc::new(Generator::Prime(prime))));
            sum.add_assign(&log.scaled(&Rational::from_integer(multiplicity.into())));
        }
        for (generator, exponent) in factors {
            if generator == Generator::Euler {
                sum.add_assign(&exponent.to_poly());
                continue;
            }
            let log = Poly::generator(Generator::Log(Arc::new(generator)));
            sum.add_assign(&log.times(&exponent.to_poly())?);
        }
        Ok(sum)
    }

    /// log of a term, taken apart before products are multiplied out: each factor is positive on its
    /// own, or the whole is looked at.
    fn log_of_term(&self, term: &Term) -> Outcome<Poly> {
        if *self.depth.borrow() > MOST_NESTING {
            return Err(Obstacle::TooLarge("nesting"));
        }
        *self.depth.borrow_mut() += 1;
        let before = self.conditions.borrow().clone();
        let split = match term {
            Term::Product(factors) => {
                factors.iter().try_fold(Poly::zero(), |sum, factor| Ok(sum.plus(&self.log_of_term(factor)?)))
            }
            Term::Power(base, exponent) if **base != Term::Constant(Constant::E) => {
                match self.normalize(exponent)? {
                    // 0⁰ is 1.
                    exponent if exponent.is_zero() => Ok(Poly::zero()),
                    exponent => self.log_of_term(base).and_then(|log| log.times(&exponent)),
                }
            }
            Term::Apply(Function::Exp, arguments) => self.normalize(&arguments[0]),
            Term::Apply(Function::Sqrt, arguments) => {
                self.log_of_term(&arguments[0]).map(|log| log.scaled(&Rational::new(1.into(), 2.into())))
            }
            Term::Sum(parts) if parts.len() > 1 && self.sums_to_positive(parts) => {
                // A sum of positive terms is positive, which its expansion may no longer show:
                // p a + (1 − p) b.
                self.normalize(term).and_then(|poly| {
                    self.signs.borrow_mut().insert(poly.clone(), Some(Sign::Positive));
                    self.log(&poly)
                })
            }
            _ => Err(Obstacle::NotPositive(term.clone())),
        };
        *self.depth.borrow_mut() -= 1;
        match split {
            Ok(log) => Ok(log),
            Err(Obstacle::NotPositive(_)) => {
                // What a failed attempt had to assume is not assumed.
                *self.conditions.borrow_mut() = before;
                self.log(&self.canonical(&self.normalize(term)?)?)
            }
            Err(other) => Err(other),
        }
    }

    /// Whether one of the terms is positive and none negative, with nothing assumed: the sign of their
    /// sum is kept.
    fn sums_to_positive(&self, parts: &[Term]) -> bool {
        let positive = |part: &Term| self.unconditionally(|| self.log_of_term(part).is_ok().then_some(())).is_some();
        let nonnegative = |part: &Term| {
            let sign = self.unconditionally(|| self.normalize(part).ok()).and_then(|poly| self.sign(&poly));
            matches!(sign, Some(Sign::Positive | Sign::Nonnegative | Sign::Zero))
        };
        let (sure, rest): (Vec<&Term>, Vec<&Term>) = parts.iter().partition(|part| positive(part));
        !sure.is_empty() && rest.into_iter().all(nonnegative)
    }

    /// An attempt that must not assume anything, nor rest on what was assumed before: where it does,
    /// there is no result. Signs are shared between steps, each of which states its own assumptions.
    pub(super) fn unconditionally<T>(&self, attempt: impl FnOnce() -> Option<T>) -> Option<T> {
        let before = self.conditions.take();
        let result = attempt();
        let assumed = self.conditions.replace(before);
        if assumed.is_empty() { result } else { None }
    }

    /// What must be different from zero for a term to exist, as far as it is not known to be.
    pub fn needs(&self, term: &Term) -> Option<BTreeSet<Poly>> {
        let before = self.conditions.take();
        let result = self.normalize(term);
        let needed = self.conditions.replace(before);
        result.ok().map(|_| needed)
    }

    /// Works out what everything else rests on, and forgets what was answered in ignorance of it; what it took for
    /// granted on the way burdens nobody.
    pub(super) fn beforehand<T>(&self, attempt: impl FnOnce() -> T) -> T {
        let before = self.conditions.take();
        let result = attempt();
        self.conditions.replace(before);
        self.signs.borrow_mut().clear();
        self.remembered.borrow_mut().clear();
        result
    }

    /// |u|.
    pub(super) fn absolute(&self, poly: &Poly) -> Outcome<Poly> {
        match self.sign(poly) {
            Some(Sign::Positive | Sign::Nonnegative | Sign::Zero) => return Ok(poly.clone()),
            Some(Sign::Negative | Sign::Nonpositive) => return Ok(poly.scaled(&-Rational::one())),
            None => {}
        }
        let call = |inner: Poly| Generator::Call(Function::Abs, Arc::new(vec![inner]));
        if let Some((monomial, coefficient)) = poly.as_single() {
            let mut result = Poly::constant(coefficient.abs());
            for (generator, exponent) in monomial.factors() {
                let own = Poly::generator(generator.clone());
                let factor = match self.generator_sign(generator) {
                    Some(Sign::Positive | Sign::Nonnegative) => {
                        Poly::generator_power(generator.clone(), exponent.clone())?
                    }
                    _ => match exponent {
                        Exponent::Integer(power) => Poly::generator_power(call(own), Exponent::Integer(*power))?,
                        Exponent::Poly(_) => return Err(Obstacle::NotPositive(poly.to_term())),
                    },
                };
                result = result.times(&factor)?;
            }
            return Ok(result);
        }
        let parts = self.content(poly)?;
        let front = self.absolute(&Poly::single(parts.monomial, parts.coefficient))?;
        if parts.primitive.as_single().is_some() {
            return front.times(&self.absolute(&parts.primitive)?);
        }
        front.times(&Poly::generator(call(parts.primitive)))
    }

    // ——— content and common denominators ———

    // ——— functions ———

    fn apply(&self, function: Function, arguments: &[Term]) -> Outcome<Poly> {
        let mut normal = Vec::with_capacity(arguments.len());
        for argument in arguments {
            normal.push(self.canonical(&self.normalize(argument)?)?);
        }
        self.call(function, &normal)
    }

    /// A function at normal arguments.
    pub(super) fn call(&self, function: Function, arguments: &[Poly]) -> Outcome<Poly> {
        let first = &arguments[0];
        let opaque = || Poly::generator(Generator::Call(function, Arc::new(arguments.to_vec())));
        match function {
            Function::Exp => self.exp(first),
            Function::Log => self.log(first),
            Function::Sqrt => self.power(first, &Poly::constant(Rational::new(1.into(), 2.into()))),
            Function::Abs => self.absolute(first),
            Function::Sign => {
                match self.sign(first) {
                    Some(Sign::Zero) => Ok(Poly::zero()),
                    Some(Sign::Positive) => Ok(Poly::one()),
                    Some(Sign::Negative) => Ok(Poly::integer(-1)),
                    // A count may well be zero; a square and |u| are where u is.
                    _ if self.is_whole(first) => match self.vanishing_with(first)? {
                        Some(root) => {
                            let sign = self.call(Function::Sign, &[root])?;
                            sign.times(&sign)
                        }
                        None => Ok(opaque()),
                    },
                    _ => first.times(&self.integer_power(&self.absolute(first)?, -1)?),
                }
            }
            Function::Gamma => self.gamma(first),
            Function::LogGamma => self.log_gamma(first),
            Function::Beta => {
                let sum = self.canonical(&arguments[0].plus(&arguments[1]))?;
                self.gamma(&arguments[0])?.times(&self.gamma(&arguments[1])?)?.times(&self.reciprocal_gamma(&sum)?)
            }
            Function::Factorial => self.gamma(&first.plus(&Poly::one())),
            Function::Binomial => {
                let (n, k) = (&arguments[0], &arguments[1]);
                // None but 0 of nothing: 0^k.
                if n.is_zero() && self.is_whole(k) && self.sign(k).is_some_and(Sign::is_nonnegative) {
                    return self.power(n, k);
                }
                let one = Poly::one();
                self.gamma(&n.plus(&one))?
                    .times(&self.reciprocal_gamma(&k.plus(&one))?)?
                    .times(&self.reciprocal_gamma(&n.minus(k).plus(&one))?)
            }
            Function::Digamma => self.polygamma(0, first),
            Function::Trigamma => self.polygamma(1, first),
            Function::Polygamma => match first.as_constant().and_then(|order| as_small(&order)) {
                Some(order) if (0..=MOST_SHIFT).contains(&order) => self.polygamma(order, &arguments[1]),
                _ => Ok(opaque()),
            },
            Function::Zeta => self.zeta(first),
            Function::ZetaDerivative => match first.as_constant() {
                Some(order) if order.is_zero() => self.zeta(&arguments[1]),
                _ => Ok(opaque()),
            },
            Function::BesselI => self.bessel_i(first, &arguments[1]),
            Function::BesselK => self.bessel_k(first, &arguments[1]),
            Function::Erf | Function::Atan => {
                if first.is_zero() {
                    return Ok(Poly::zero());
                }
                let (sign, inner) = self.odd_argument(first)?;
                let call = Poly::generator(Generator::Call(function, Arc::new(vec![inner])));
                Ok(call.scaled(&sign))
            }
            Function::Cos => Ok(self.cos_sin(first)?.0),
            Function::Sin => Ok(self.cos_sin(first)?.1),
            Function::Tan => {
                let (cos, sin) = self.cos_sin(first)?;
                sin.times(&self.integer_power(&cos, -1)?)
            }
            Function::Cosh | Function::Sinh | Function::Tanh => {
                let up = self.exp(first)?;
                let down = self.exp(&first.scaled(&-Rational::one()))?;
                let half = Rational::new(1.into(), 2.into());
                match function {
                    Function::Cosh => Ok(up.plus(&down).scaled(&half)),
                    Function::Sinh => Ok(up.minus(&down).scaled(&half)),
                    _ => up.minus(&down).times(&self.integer_power(&up.plus(&down), -1)?),
                }
            }
        }
    }
}

/// The sums that logarithms among the factors are taken of.
fn sums_under_logarithms(poly: &Poly) -> BTreeSet<Arc<Poly>> {
    let generators = poly.terms().flat_map(|(monomial, _)| monomial.factors()).map(|(generator, _)| generator);
    let sums = generators.filter_map(|generator| match generator {
        Generator::Log(inner) => match &**inner {
            Generator::Sum(sum) => Some(sum.clone()),
            _ => None,
        },
        _ => None,
    });
    sums.collect()
}

/// Whether a factor of a term stands under a root.
fn has_root(poly: &Poly) -> bool {
    poly.terms()
        .flat_map(|(monomial, _)| monomial.factors())
        .any(|(_, exponent)| matches!(exponent, Exponent::Poly(_)) && exponent.as_rational().is_some())
}

fn is_variable_power(generator: &Generator, exponent: &Exponent) -> bool {
    matches!((generator, exponent), (Generator::Variable(_) | Generator::Reflected(_), Exponent::Integer(_)))
}

pub(super) fn nesting(generator: &Generator) -> usize {
    match generator {
        Generator::Sum(poly) => {
            let mut deepest = 0;
            for (monomial, _) in poly.terms() {
                for (inner, _) in monomial.factors() {
                    deepest = deepest.max(nesting(inner));
                }
            }
            deepest + 1
        }
        _ => 0,
    }
}

pub(super) fn as_small(value: &Rational) -> Option<i64> {
    if value.is_integer() { value.to_i64() } else { None }
}
