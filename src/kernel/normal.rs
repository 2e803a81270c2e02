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

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::domain::{Context, Domain, Support};
use super::examples::Point;
use super::memo::Memo;
use super::modular::surely_indivisible;
use super::poly::{Exponent, Generator, MOST_EXPANDED_POWER, Monomial, Obstacle, Outcome, Poly, rational_power};
use super::sign::Sign;
use super::term::{Constant, Function, Name, Rational, Term};

/// How deep terms may nest.
pub const MOST_NESTING: usize = 400;
/// How far Γ, ψ and Bessel recurrences are followed.
const MOST_SHIFT: i64 = 40;

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
        let relations: [Relation; 5] = [
            Normalizer::conjugate_logarithms,
            Normalizer::split_logarithms,
            Normalizer::recurred,
            Normalizer::reflected,
            Normalizer::duplicated,
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
    pub(super) fn is_whole(&self, poly: &Poly) -> bool {
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

    /// Writes a positive quantity as a positive rational times powers of positive generators.
    ///
    /// Fails with [`Obstacle::NotPositive`] where positivity cannot be shown.
    pub(super) fn positive_factors(&self, poly: &Poly) -> Outcome<(Rational, Vec<(Generator, Exponent)>)> {
        let not_positive = || Obstacle::NotPositive(poly.to_term());
        if poly.is_zero() {
            return Err(not_positive());
        }
        if poly.as_single().is_none() {
            // A quotient keeps its denominator as a factor of its own.
            let (numerator, denominator) = self.fraction(poly)?;
            let (mut coefficient, mut factors) = self.positive_factors_of_sum(&numerator)?;
            if !denominator.is_one() {
                let (below, lower) = self.positive_factors(&Poly::single(denominator, Rational::one()))?;
                coefficient /= below;
                factors.extend(lower.into_iter().map(|(generator, exponent)| (generator, exponent.negate())));
            }
            return Ok((coefficient, factors));
        }
        let (monomial, coefficient) = poly.as_single().expect("one term");
        let mut negative = coefficient.is_negative();
        let mut factors = Vec::new();
        for (generator, exponent) in monomial.factors() {
            match self.generator_sign(generator) {
                Some(Sign::Positive) => factors.push((generator.clone(), exponent.clone())),
                sign => match exponent {
                    Exponent::Integer(power) if power % 2 == 0 => {
                        let own = Poly::generator(generator.clone());
                        self.require_nonzero(&own)?;
                        let (_, inner) = self.positive_factors(&self.absolute(&own)?)?;
                        for (g, e) in inner {
                            factors.push((g, e.times(&Poly::integer(*power))?));
                        }
                    }
                    Exponent::Integer(_) if sign == Some(Sign::Nonnegative) => {
                        self.require_nonzero(&Poly::generator(generator.clone()))?;
                        factors.push((generator.clone(), exponent.clone()));
                    }
                    Exponent::Integer(power) if sign == Some(Sign::Negative) => {
                        negative = !negative;
                        let own = Poly::generator(generator.clone()).scaled(&-Rational::one());
                        factors.push((Generator::Sum(Arc::new(own)), Exponent::Integer(*power)));
                    }
                    Exponent::Poly(_) if sign == Some(Sign::Nonnegative) => {
                        self.require_nonzero(&Poly::generator(generator.clone()))?;
                        factors.push((generator.clone(), exponent.clone()));
                    }
                    _ => return Err(Obstacle::NotPositive(generator.to_term())),
                },
            }
        }
        if negative {
            return Err(not_positive());
        }
        Ok((coefficient.abs(), factors))
    }

    fn positive_factors_of_sum(&self, poly: &Poly) -> Outcome<(Rational, Vec<(Generator, Exponent)>)> {
        if poly.as_single().is_some() {
            return self.positive_factors(poly);
        }
        if let Some((factor, rest)) = self.common_coefficient(poly)? {
            // (1 − x)(1 − t), multiplied out: either factor is positive, or both are negative.
            let flip = matches!(self.sign(&factor), Some(Sign::Negative | Sign::Nonpositive));
            let unit = if flip { -Rational::one() } else { Rational::one() };
            let (first, mut factors) = self.positive_factors(&factor.scaled(&unit))?;
            let (second, others) = self.positive_factors(&rest.scaled(&unit))?;
            factors.extend(others);
            return Ok((first * second, factors));
        }
        if let Some(squared) = self.factors_of_square(poly)? {
            return Ok(squared);
        }
        if let Some((coefficient, sine)) = squared_sine(poly)
            && self.generator_sign(&sine) == Some(Sign::Positive)
            && coefficient.is_positive()
        {
            return Ok((coefficient, vec![(sine, Exponent::Integer(2))]));
        }
        let mut parts = self.content(poly)?;
        if self.sign(&parts.primitive).is_none()
            && self.sign(poly) == Some(Sign::Positive)
            && let Some(front) = self.monomial_sign(&parts.monomial).filter(|sign| *sign == Sign::Positive)
        {
            // poly = coefficient · monomial · primitive is positive, and so is the monomial.
            debug_assert_eq!(front, Sign::Positive);
            if parts.coefficient.is_negative() {
                parts.coefficient = -parts.coefficient;
                parts.primitive = parts.primitive.scaled(&-Rational::one());
            }
            self.signs.borrow_mut().insert(parts.primitive.clone(), Some(Sign::Positive));
        }
        let (coefficient, mut factors) = self.positive_factors(&Poly::single(parts.monomial, parts.coefficient))?;
        if parts.primitive.as_single().is_some() {
            let (other, others) = self.positive_factors(&parts.primitive)?;
            factors.extend(others);
            return Ok((coefficient * other, factors));
        }
        if parts.primitive != *poly
            && let Some((other, others)) = self.factors_of_square(&parts.primitive)?
        {
            factors.extend(others);
            return Ok((coefficient * other, factors));
        }
        match self.sign(&parts.primitive) {
            Some(Sign::Positive) => {}
            Some(Sign::Nonnegative) => self.require_nonzero(&parts.primitive)?,
            _ => return Err(Obstacle::NotPositive(poly.to_term())),
        }
        factors.push((Generator::Sum(Arc::new(parts.primitive)), Exponent::Integer(1)));
        Ok((coefficient, factors))
    }

    /// (1 − r²)², multiplied out: a square is positive where its root is not zero.
    #[allow(clippy::type_complexity)]
    fn factors_of_square(&self, poly: &Poly) -> Outcome<Option<(Rational, Vec<(Generator, Exponent)>)>> {
        let Some(root) = square_root(poly)? else { return Ok(None) };
        let root = match self.sign(&root) {
            Some(Sign::Negative | Sign::Nonpositive) => root.scaled(&-Rational::one()),
            _ => root,
        };
        if self.sign(&root) != Some(Sign::Positive) {
            return Ok(None);
        }
        let (coefficient, factors) = self.positive_factors(&root)?;
        let two = Poly::integer(2);
        let squared = factors.into_iter().map(|(generator, exponent)| Ok((generator, exponent.times(&two)?)));
        Ok(Some((&coefficient * &coefficient, squared.collect::<Outcome<_>>()?)))
    }

    /// A sum that divides every coefficient of the poly, seen as a polynomial in one of its variables,
    /// and the quotient.
    fn common_coefficient(&self, poly: &Poly) -> Outcome<Option<(Poly, Poly)>> {
        if poly.len() < 4 {
            return Ok(None);
        }
        let mut names = BTreeSet::new();
        for (monomial, _) in poly.terms() {
            for (generator, exponent) in monomial.factors() {
                match (generator, exponent) {
                    (Generator::Variable(name) | Generator::Reflected(name), Exponent::Integer(_)) => {
                        names.insert((generator.clone(), name.clone()));
                    }
                    _ => return Ok(None),
                }
            }
        }
        for (generator, _) in names {
            let mut coefficients: BTreeMap<i64, Poly> = BTreeMap::new();
            for (monomial, coefficient) in poly.terms() {
                let Exponent::Integer(power) = monomial.exponent(&generator) else { return Ok(None) };
                let others = monomial.factors().iter().filter(|(own, _)| *own != generator).cloned().collect();
                coefficients.entry(power).or_default().add_term(Monomial::from_factors(others), coefficient.clone());
            }
            let least = coefficients.values().min_by_key(|own| own.len()).cloned().unwrap_or_default();
            if coefficients.len() < 2 || least.len() < 2 {
                continue;
            }
            if let Some(quotient) = divide_exactly(poly, &least)? {
                return Ok(Some((least, quotient)));
            }
        }
        Ok(None)
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
                self.log_of_term(base).and_then(|log| log.times(&self.normalize(exponent)?))
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
    fn absolute(&self, poly: &Poly) -> Outcome<Poly> {
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

    /// poly = coefficient · monomial · primitive, the primitive part in a unique form: coprime
    /// integer coefficients, no common power of a generator, positive where that can be shown.
    pub(super) fn content(&self, poly: &Poly) -> Outcome<Content> {
        let generators: BTreeSet<&Generator> =
            poly.terms().flat_map(|(monomial, _)| monomial.factors()).map(|(generator, _)| generator).collect();
        let mut common = Vec::new();
        for generator in generators {
            let exponents: Vec<Exponent> = poly.terms().map(|(monomial, _)| monomial.exponent(generator)).collect();
            let least = least_exponent(&exponents);
            if !least.is_zero() {
                common.push((generator.clone(), least));
            }
        }
        let monomial = Monomial::from_factors(common);
        let inverse = monomial.inverse();
        let mut primitive =
            if monomial.is_one() { poly.clone() } else { poly.times_monomial(&inverse, &Rational::one())? };
        if !monomial.is_one() && primitive.len() < poly.len() {
            // A sum that was multiplied out may leave more in common: (1 + t)(1 + s) − (1 + s) is t (1 + s).
            let rest = self.content(&primitive)?;
            let product =
                Poly::single(monomial.clone(), rest.coefficient).times_monomial(&rest.monomial, &Rational::one())?;
            if let Some((monomial, coefficient)) = product.as_single() {
                let (monomial, coefficient) = (monomial.clone(), coefficient.clone());
                return Ok(Content { coefficient, monomial, primitive: rest.primitive });
            }
        }
        let mut coefficient = primitive.rational_content();
        primitive = primitive.scaled(&coefficient.recip());
        // The sign is asked for where it may differ from that of the leading coefficient.
        let leading = primitive.terms().next_back().is_some_and(|(_, leading)| leading.is_negative());
        let flip = match self.is_somewhere(&primitive, leading) {
            true => leading,
            false => match self.sign(&primitive) {
                Some(Sign::Positive | Sign::Nonnegative) => false,
                Some(Sign::Negative | Sign::Nonpositive) => true,
                _ => leading,
            },
        };
        if flip {
            coefficient = -coefficient;
            primitive = primitive.scaled(&-Rational::one());
        }
        Ok(Content { coefficient, monomial, primitive })
    }

    /// Multiplies by the denominators (powers of sums and of sines) until none is left; what
    /// vanishes then vanished before, because none of the factors is zero.
    pub(super) fn clear(&self, poly: &Poly) -> Outcome<Poly> {
        let mut current = absorbed(self.canonical_exponents(poly)?)?;
        for _ in 0..64 {
            let Some((generator, least)) = lowest_power(&current) else { return self.clear_sines(current) };
            current = shift_power(&current, &generator, -least)?;
        }
        Err(Obstacle::TooLarge("nested denominators"))
    }

    /// Fractions in exponents cancelled: g^(m/(m − 1) − 1/(m − 1)) = g.
    fn canonical_exponents(&self, poly: &Poly) -> Outcome<Poly> {
        let fractional =
            |exponent: &Exponent| matches!(exponent, Exponent::Poly(inner) if inner.len() > 1 && has_sum_power(inner));
        if !poly.terms().any(|(monomial, _)| monomial.factors().iter().any(|(_, exponent)| fractional(exponent))) {
            return Ok(poly.clone());
        }
        poly.with_factors(&mut |generator, exponent| {
            if !fractional(exponent) {
                return Ok(None);
            }
            let exponent = Exponent::from_poly(self.canonical(&exponent.to_poly())?);
            Poly::generator_power(generator.clone(), exponent).map(Some)
        })
    }

    fn clear_sines(&self, poly: Poly) -> Outcome<Poly> {
        let mut current = poly;
        for _ in 0..16 {
            let mut least: BTreeMap<Generator, i64> = BTreeMap::new();
            for (monomial, _) in current.terms() {
                for (generator, exponent) in monomial.factors() {
                    if let (Generator::Call(Function::Sin, _), Exponent::Integer(power)) = (generator, exponent)
                        && *power < 0
                    {
                        let entry = least.entry(generator.clone()).or_insert(0);
                        *entry = (*entry).min(*power);
                    }
                }
            }
            let Some((generator, power)) = least.into_iter().next() else { break };
            let factor = Monomial::from_factors(vec![(generator, Exponent::Integer(-power))]);
            current = current.times_monomial(&factor, &Rational::one())?;
        }
        Ok(current)
    }

    /// One numerator over one power product of sums, cancelled where the division is exact.
    pub fn fraction(&self, poly: &Poly) -> Outcome<(Poly, Monomial)> {
        let mut numerator = poly.clone();
        let mut below: Vec<(Generator, i64)> = Vec::new();
        for _ in 0..64 {
            let Some((generator, least)) = lowest_power(&numerator).filter(|(_, least)| *least < 0) else { break };
            numerator = shift_power(&numerator, &generator, -least)?;
            below.push((generator, -least));
        }
        cancelled(numerator, &below)
    }

    /// The form used in exponents and arguments: a cancelled fraction, written out again.
    pub fn canonical(&self, poly: &Poly) -> Outcome<Poly> {
        let poly = absorbed(self.cancel_sines(self.canonical_exponents(poly)?)?)?;
        if !has_sum_power(&poly) || divisors(&poly).any(|(sum, _)| sum.is_long()) {
            return Ok(poly);
        }
        let (numerator, denominator) = self.fraction(&poly)?;
        if denominator.is_one() {
            return Ok(numerator);
        }
        // Part by part where what is above holds more than what is below:
        // (s e^u + e^u + 1)/(1 + e^u) is s e^u/(1 + e^u) + 1.
        let below = denominator.whole_powers();
        let (mut held, mut exponents) = (BTreeSet::new(), BTreeSet::new());
        for (generator, _) in &below {
            let Generator::Sum(sum) = generator else { continue };
            for (inner, exponent) in sum.terms().flat_map(|(own, _)| own.factors()) {
                if *inner == Generator::Euler {
                    exponents.extend(exponent.to_poly().terms().map(|(part, _)| part.clone()));
                } else {
                    held.insert(inner.clone());
                }
            }
        }
        let mut parts: BTreeMap<Monomial, Poly> = BTreeMap::new();
        for (monomial, coefficient) in numerator.terms() {
            let (mut inside, mut outside) = (Vec::new(), Vec::new());
            for (generator, exponent) in monomial.factors() {
                if *generator != Generator::Euler {
                    let side = if held.contains(generator) { &mut inside } else { &mut outside };
                    side.push((generator.clone(), exponent.clone()));
                    continue;
                }
                // e^(u + v) is e^u e^v.
                let [mut own, mut other] = [Poly::zero(), Poly::zero()];
                for (part, coefficient) in exponent.to_poly().terms() {
                    let side = if exponents.contains(part) { &mut own } else { &mut other };
                    side.add_term(part.clone(), coefficient.clone());
                }
                for (side, exponent) in [(&mut inside, own), (&mut outside, other)] {
                    if !exponent.is_zero() {
                        side.push((Generator::Euler, Exponent::from_poly(exponent)));
                    }
                }
            }
            let (inside, outside) = (Monomial::from_factors(inside), Monomial::from_factors(outside));
            parts.entry(outside).or_default().add_term(inside, coefficient.clone());
        }
        let mut result = Poly::zero();
        for (outside, inside) in parts {
            let (above, below) = cancelled(inside, &below)?;
            let part = above.times_monomial(&outside, &Rational::one())?;
            result.add_assign(&part.times_monomial(&below.inverse(), &Rational::one())?);
        }
        Ok(result)
    }

    /// N/sin²ᵏ with N divided by 1 − cos² where that goes: (1 − cos⁴)/sin² is 1 + cos².
    fn cancel_sines(&self, poly: Poly) -> Outcome<Poly> {
        let mut below: BTreeMap<Arc<Vec<Poly>>, i64> = BTreeMap::new();
        for (monomial, _) in poly.terms() {
            for (generator, exponent) in monomial.factors() {
                if let (Generator::Call(Function::Sin, arguments), Exponent::Integer(power)) = (generator, exponent)
                    && *power < -1
                {
                    let least = below.entry(arguments.clone()).or_insert(0);
                    *least = (*least).min(*power);
                }
            }
        }
        let mut result = poly;
        for (arguments, least) in below {
            let pairs = -least / 2;
            let sine = |power: i64| {
                let own = Generator::Call(Function::Sin, arguments.clone());
                Monomial::from_factors(vec![(own, Exponent::Integer(power))])
            };
            let mut numerator = result.times_monomial(&sine(2 * pairs), &Rational::one())?;
            let cosine = Poly::generator(Generator::Call(Function::Cos, arguments.clone()));
            let square = Poly::one().minus(&cosine.expanded_power(2)?);
            let mut left = pairs;
            while left > 0
                && let Some(quotient) = divide_exactly(&numerator, &square)?
            {
                numerator = quotient;
                left -= 1;
            }
            if left < pairs {
                result = numerator.times_monomial(&sine(-2 * left), &Rational::one())?;
            }
        }
        Ok(result)
    }

    // ——— functions ———

    fn apply(&self, function: Function, arguments: &[Term]) -> Outcome<Poly> {
        let mut normal = Vec::with_capacity(arguments.len());
        for argument in arguments {
            normal.push(self.canonical(&self.normalize(argument)?)?);
        }
        self.call(function, &normal)
    }

    /// u where a whole number is u² or |u|.
    fn vanishing_with(&self, poly: &Poly) -> Outcome<Option<Poly>> {
        if let Some((monomial, coefficient)) = poly.as_single()
            && coefficient.is_positive()
            && let [(Generator::Call(Function::Abs, arguments), Exponent::Integer(1..))] = monomial.factors()
        {
            return Ok(Some(arguments[0].clone()));
        }
        Ok(square_root(poly)?.filter(|root| self.is_whole(root)))
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

    /// For an odd function: argument = sign · inner with a unique inner.
    fn odd_argument(&self, argument: &Poly) -> Outcome<(Rational, Poly)> {
        let flip = match self.sign(argument) {
            Some(Sign::Positive) => false,
            Some(Sign::Negative) => true,
            _ => argument.terms().next_back().is_some_and(|(_, leading)| leading.is_negative()),
        };
        let sign = if flip { -Rational::one() } else { Rational::one() };
        Ok((sign.clone(), argument.scaled(&sign)))
    }

    /// Γ(A) = Γ(A − k) ∏ (A − k + j): one representative a class modulo integers, its constant part in (0, 1].
    pub(super) fn gamma(&self, argument: &Poly) -> Outcome<Poly> {
        if let Some(value) = argument.as_constant() {
            return self.gamma_of_number(&value);
        }
        let (base, shift) = self.positive_class(argument);
        if shift.abs() > MOST_SHIFT {
            return Ok(Poly::generator(Generator::Call(Function::Gamma, Arc::new(vec![argument.clone()]))));
        }
        let mut result = Poly::generator(Generator::Call(Function::Gamma, Arc::new(vec![base.clone()])));
        for (factor, power) in recurrence_factors(&base, shift) {
            result = result.times(&self.integer_power(&factor, power)?)?;
        }
        Ok(result)
    }

    /// The representative of a class modulo integers: its constant part in (0, 1], or the next that is
    /// known to be positive, so that no factor of the recurrence can vanish on a support.
    fn positive_class(&self, argument: &Poly) -> (Poly, i64) {
        let (base, shift) = match self.with_number_apart(argument) {
            Some(apart) => unit_class(&apart),
            None => unit_class(argument),
        };
        if base.as_constant().is_some() {
            return (base, shift);
        }
        // Γ(11 − x) on {0, …, 10} stays what it is.
        const MOST_CANDIDATES: i64 = 64;
        for up in (0..MOST_CANDIDATES).chain([shift]) {
            let candidate = base.plus(&Poly::integer(up));
            if self.sign(&candidate) == Some(Sign::Positive) {
                return (candidate, shift.saturating_sub(up));
            }
        }
        (base, shift)
    }

    /// 1 + 1/(q − 1) for q/(q − 1): a fraction over one sum, less the number that makes its numerator shorter.
    fn with_number_apart(&self, argument: &Poly) -> Option<Poly> {
        if !has_sum_power(argument) {
            return None;
        }
        let (numerator, denominator) = self.fraction(argument).ok()?;
        let [(Generator::Sum(sum), Exponent::Integer(1))] = denominator.factors() else { return None };
        let (leading, lead) = leading_term(sum)?;
        let number = numerator.coefficient(&leading) / lead;
        let rest = numerator.minus(&sum.scaled(&number));
        let inverse = self.integer_power(sum, -1).ok()?;
        Some(rest.times(&inverse).ok()?.plus(&Poly::constant(number)))
    }

    fn reciprocal_gamma(&self, argument: &Poly) -> Outcome<Poly> {
        self.integer_power(&self.gamma(argument)?, -1)
    }

    fn gamma_of_number(&self, value: &Rational) -> Outcome<Poly> {
        if value.is_integer() && !value.is_positive() {
            return Err(Obstacle::Pole(Term::apply(Function::Gamma, vec![Term::Number(value.clone())])));
        }
        if value.abs() > Rational::from_integer(400.into()) {
            return Err(Obstacle::TooLarge("a factorial"));
        }
        let (base, shift) = unit_class(&Poly::constant(value.clone()));
        let base = base.constant_part();
        let mut product = Rational::one();
        for step in 0..shift.max(0) {
            product *= &base + Rational::from_integer(step.into());
        }
        for step in shift.min(0)..0 {
            product /= &base + Rational::from_integer(step.into());
        }
        let front = if base.is_one() {
            Poly::one()
        } else if base == Rational::new(1.into(), 2.into()) {
            let half = Exponent::from_poly(Poly::constant(base));
            Poly::generator_power(Generator::Pi, half)?
        } else {
            Poly::generator(Generator::Call(Function::Gamma, Arc::new(vec![Poly::constant(base)])))
        };
        Ok(front.scaled(&product))
    }

    /// log Γ(A) = log Γ(A − k) + Σ log(A − k + j), for A > 0.
    pub(super) fn log_gamma(&self, argument: &Poly) -> Outcome<Poly> {
        if self.sign(argument) != Some(Sign::Positive) {
            return Err(Obstacle::NotPositive(argument.to_term()));
        }
        if argument.as_constant().is_some() {
            return self.log(&self.gamma(argument)?);
        }
        let (base, shift) = self.positive_class(argument);
        if shift.abs() > MOST_SHIFT {
            let own = Generator::Call(Function::Gamma, Arc::new(vec![argument.clone()]));
            return Ok(Poly::generator(Generator::Log(Arc::new(own))));
        }
        let own = Generator::Call(Function::Gamma, Arc::new(vec![base.clone()]));
        let mut sum = Poly::generator(Generator::Log(Arc::new(own)));
        for (factor, power) in recurrence_factors(&base, shift) {
            sum.add_assign(&self.log(&factor)?.scaled(&Rational::from_integer(power.into())));
        }
        Ok(sum)
    }

    /// ψ⁽ᵐ⁾(A) = ψ⁽ᵐ⁾(A − k) + Σ (−1)^m m! / (A − k + j)^(m+1) (DLMF 5.15.5).
    pub(super) fn polygamma(&self, order: i64, argument: &Poly) -> Outcome<Poly> {
        let pole = || Obstacle::Pole(Term::apply(Function::Polygamma, vec![Term::integer(order), argument.to_term()]));
        let constant = argument.as_constant();
        if constant.as_ref().is_some_and(|value| value.is_integer() && !value.is_positive()) {
            return Err(pole());
        }
        let (base, shift) = self.positive_class(argument);
        if shift.abs() > MOST_SHIFT.max(if constant.is_some() { 400 } else { 0 }) {
            let arguments = vec![Poly::integer(order), argument.clone()];
            return Ok(Poly::generator(Generator::Call(Function::Polygamma, Arc::new(arguments))));
        }
        let mut sum = self.polygamma_base(order, &base)?;
        let step = signed_factorial(order);
        for (factor, power) in recurrence_factors(&base, shift) {
            let part = self.integer_power(&factor, -(order + 1))?;
            sum.add_assign(&part.scaled(&(&step * Rational::from_integer(power.into()))));
        }
        Ok(sum)
    }

    /// ψ⁽ᵐ⁾ at a class representative; at 1 and ½ by DLMF 5.4.12, 5.4.13, 5.15.2, 5.15.3.
    fn polygamma_base(&self, order: i64, base: &Poly) -> Outcome<Poly> {
        let half = Rational::new(1.into(), 2.into());
        let value = base.as_constant();
        if value.as_ref().is_some_and(|value| value.is_one() || *value == half) {
            let at_half = value == Some(half);
            if order == 0 {
                let mut result = Poly::generator(Generator::EulerGamma).scaled(&-Rational::one());
                if at_half {
                    let log2 = self.log(&Poly::integer(2))?;
                    result = result.minus(&log2.scaled(&Rational::from_integer(2.into())));
                }
                return Ok(result);
            }
            let mut factor = -signed_factorial(order);
            if at_half {
                factor *= rational_power(&Rational::from_integer(2.into()), order + 1)? - Rational::one();
            }
            return Ok(self.zeta(&Poly::integer(order + 1))?.scaled(&factor));
        }
        let arguments = vec![Poly::integer(order), base.clone()];
        Ok(Poly::generator(Generator::Call(Function::Polygamma, Arc::new(arguments))))
    }

    /// ζ(2n) = (−1)^(n+1) B_2n (2π)^2n / (2 (2n)!) (DLMF 25.6.2).
    fn zeta(&self, argument: &Poly) -> Outcome<Poly> {
        match argument.as_constant().and_then(|value| as_small(&value)) {
            Some(1) => Err(Obstacle::Pole(Term::apply(Function::Zeta, vec![Term::one()]))),
            Some(even) if even > 0 && even % 2 == 0 && even <= 40 => {
                let bernoulli = bernoulli_number(even as usize).abs();
                let mut factor = bernoulli * rational_power(&Rational::from_integer(2.into()), even - 1)?;
                for k in 1..=even {
                    factor /= Rational::from_integer(k.into());
                }
                Ok(Poly::generator_power(Generator::Pi, Exponent::Integer(even))?.scaled(&factor))
            }
            _ => Ok(Poly::generator(Generator::Call(Function::Zeta, Arc::new(vec![argument.clone()])))),
        }
    }

    /// I_{ν+1} = I_{ν−1} − (2ν/z) I_ν (DLMF 10.29.1): two representatives a class of orders.
    fn bessel_i(&self, order: &Poly, argument: &Poly) -> Outcome<Poly> {
        let call =
            |order: Poly| Poly::generator(Generator::Call(Function::BesselI, Arc::new(vec![order, argument.clone()])));
        let order = match order.as_constant() {
            Some(value) if value.is_integer() => Poly::constant(value.abs()),
            _ => order.clone(),
        };
        let whole = order.constant_part().floor();
        let shift = as_small(&whole).unwrap_or(i64::MAX);
        if !(-MOST_SHIFT..=MOST_SHIFT).contains(&shift) {
            return Ok(call(order));
        }
        let base = order.minus(&Poly::constant(whole));
        let mut pair = (call(base.clone()), call(base.plus(&Poly::one())));
        let mut at = base;
        let two_over = self.integer_power(argument, -1)?.scaled(&Rational::from_integer(2.into()));
        for _ in 0..shift.max(0) {
            at = at.plus(&Poly::one());
            let next = pair.0.minus(&two_over.times(&at)?.times(&pair.1)?);
            pair = (pair.1, next);
        }
        for _ in shift.min(0)..0 {
            let previous = pair.1.plus(&two_over.times(&at)?.times(&pair.0)?);
            pair = (previous, pair.0);
            at = at.minus(&Poly::one());
        }
        Ok(pair.0)
    }

    /// K_{−ν} = K_ν, K_{ν+1} = K_{ν−1} + (2ν/z) K_ν, K_½ = √(π/2z) e^{−z} (DLMF 10.27.3, 10.29.1, 10.39.2).
    fn bessel_k(&self, order: &Poly, argument: &Poly) -> Outcome<Poly> {
        if self.sign(argument) != Some(Sign::Positive) {
            return Err(Obstacle::NotPositive(argument.to_term()));
        }
        let symbolic = order.minus(&Poly::constant(order.constant_part()));
        let negative = match symbolic.terms().next_back() {
            Some((_, leading)) => leading.is_negative(),
            None => order.constant_part().is_negative(),
        };
        let order = if negative { order.scaled(&-Rational::one()) } else { order.clone() };
        let half = Rational::new(1.into(), 2.into());
        let two_over = self.integer_power(argument, -1)?.scaled(&Rational::from_integer(2.into()));
        let whole = order.constant_part().floor();
        let shift = as_small(&whole).unwrap_or(i64::MAX);
        let base = order.minus(&Poly::constant(whole));
        let call =
            |order: Poly| Poly::generator(Generator::Call(Function::BesselK, Arc::new(vec![order, argument.clone()])));
        if !(-MOST_SHIFT..=MOST_SHIFT).contains(&shift) {
            return Ok(call(order));
        }
        let mut pair = if base.as_constant() == Some(half.clone()) {
            let ratio = self.integer_power(argument, -1)?.times(&Poly::generator(Generator::Pi))?.scaled(&half);
            let root = self.power(&ratio, &Poly::constant(half))?;
            let closed = root.times(&self.exp(&argument.scaled(&-Rational::one()))?)?;
            let inverse = self.integer_power(argument, -1)?;
            (closed.clone(), closed.plus(&closed.times(&inverse)?))
        } else {
            (call(base.clone()), call(base.plus(&Poly::one())))
        };
        let mut at = base;
        for _ in 0..shift.max(0) {
            at = at.plus(&Poly::one());
            let next = pair.0.plus(&two_over.times(&at)?.times(&pair.1)?);
            pair = (pair.1, next);
        }
        for _ in shift.min(0)..0 {
            let previous = pair.1.minus(&two_over.times(&at)?.times(&pair.0)?);
            pair = (previous, pair.0);
            at = at.minus(&Poly::one());
        }
        Ok(pair.0)
    }

    /// (cos A, sin A), sums of angles expanded, multiples of π/2 known.
    pub(super) fn cos_sin(&self, angle: &Poly) -> Outcome<(Poly, Poly)> {
        let (mut cos, mut sin) = (Poly::one(), Poly::zero());
        for (monomial, coefficient) in angle.terms() {
            let (c, s) = self.cos_sin_term(monomial, coefficient)?;
            let next = cos.times(&c)?.minus(&sin.times(&s)?);
            sin = sin.times(&c)?.plus(&cos.times(&s)?);
            cos = next;
        }
        Ok((cos, sin))
    }

    fn cos_sin_term(&self, monomial: &Monomial, coefficient: &Rational) -> Outcome<(Poly, Poly)> {
        let pi = Monomial::from_factors(vec![(Generator::Pi, Exponent::Integer(1))]);
        if *monomial == pi {
            let quarter_turns = coefficient * Rational::from_integer(2.into());
            if quarter_turns.is_integer() {
                let turn = quarter_turns.to_integer().mod_floor(&4.into()).to_i64().unwrap_or(0);
                let value = |at: i64| Poly::integer([1, 0, -1, 0][(at % 4) as usize]);
                return Ok((value(turn), value(turn + 3)));
            }
        }
        if *monomial == pi
            && let Some(values) = self.cos_sin_of_part(coefficient)?
        {
            return Ok(values);
        }
        if let [(Generator::Call(Function::Atan, tangent), Exponent::Integer(1))] = monomial.factors()
            && let Some(count) = as_small(coefficient).filter(|count| count.abs() <= MOST_SHIFT)
        {
            return self.cos_sin_of_arctangents(&tangent[0], count);
        }
        let multiple = coefficient.numer().to_i64().filter(|value| value.abs() <= MOST_SHIFT);
        let unit = match multiple {
            Some(_) => Rational::new(BigInt::one(), coefficient.denom()),
            None => coefficient.abs(),
        };
        let count = multiple.unwrap_or(if coefficient.is_negative() { -1 } else { 1 });
        let inner = Arc::new(vec![Poly::single(monomial.clone(), unit)]);
        let c = Poly::generator(Generator::Call(Function::Cos, inner.clone()));
        let s = Poly::generator(Generator::Call(Function::Sin, inner));
        multiple_angle(&c, &s, count)
    }

    /// (cos πq, sin πq) for a whole number of sixths, fourths or thirds of π (DLMF Table 4.17.1).
    fn cos_sin_of_part(&self, part: &Rational) -> Outcome<Option<(Poly, Poly)>> {
        let half = || Rational::new(1.into(), 2.into());
        let root = |of: i64| Ok(self.power(&Poly::integer(of), &Poly::constant(half()))?.scaled(&half()));
        let turns = |of: i64| as_small(&(part * Rational::from(of)));
        let (unit, count) = match (turns(4), turns(6)) {
            (Some(count), _) => ((root(2)?, root(2)?), count.rem_euclid(8)),
            (_, Some(count)) => ((root(3)?, Poly::constant(half())), count.rem_euclid(12)),
            _ => return Ok(None),
        };
        multiple_angle(&unit.0, &unit.1, count).map(Some)
    }

    /// (cos nA, sin nA) with A = arctan u: cos A = 1/√(1 + u²) and sin A = u/√(1 + u²), rational for 2A
    /// (DLMF 4.23.39, 4.21.29 to 4.21.31).
    fn cos_sin_of_arctangents(&self, tangent: &Poly, count: i64) -> Outcome<(Poly, Poly)> {
        let secant_squared = self.canonical(&tangent.times(tangent)?.plus(&Poly::one()))?;
        if count % 2 == 0 {
            let double = self.integer_power(&secant_squared, -1)?.scaled(&Rational::from_integer(2.into()));
            return multiple_angle(&double.minus(&Poly::one()), &tangent.times(&double)?, count / 2);
        }
        let half = Poly::constant(Rational::new((-1).into(), 2.into()));
        let cos = self.power(&secant_squared, &half)?;
        multiple_angle(&cos, &tangent.times(&cos)?, count)
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

/// (cos nA, sin nA) from cos A and sin A.
fn multiple_angle(c: &Poly, s: &Poly, count: i64) -> Outcome<(Poly, Poly)> {
    let (mut cos, mut sin) = (Poly::one(), Poly::zero());
    for _ in 0..count.abs() {
        let next = cos.times(c)?.minus(&sin.times(s)?);
        sin = sin.times(c)?.plus(&cos.times(s)?);
        cos = next;
    }
    Ok((cos, if count < 0 { sin.scaled(&-Rational::one()) } else { sin }))
}

fn is_variable_power(generator: &Generator, exponent: &Exponent) -> bool {
    matches!((generator, exponent), (Generator::Variable(_) | Generator::Reflected(_), Exponent::Integer(_)))
}

/// The joint values of the variables that have finitely many.
fn finite_variables(context: &Context) -> Option<JointPoints> {
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
fn finite_points(support: &Support) -> Option<JointPoints> {
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

/// The parts of a sum that [`Normalizer::content`] finds.
pub(super) struct Content {
    pub coefficient: Rational,
    pub monomial: Monomial,
    pub primitive: Poly,
}

/// The coordinate-wise least of several exponents, each seen as a combination of monomials.
fn least_exponent(exponents: &[Exponent]) -> Exponent {
    let mut integers = exponents.iter().map(|exponent| match exponent {
        Exponent::Integer(value) => Some(*value),
        Exponent::Poly(_) => None,
    });
    if let Some(first) = integers.next().flatten() {
        let rest: Option<Vec<i64>> = integers.collect();
        if let Some(rest) = rest {
            return Exponent::Integer(rest.into_iter().fold(first, i64::min));
        }
    }
    let polys: Vec<Poly> = exponents.iter().map(Exponent::to_poly).collect();
    let coordinates: BTreeSet<&Monomial> =
        polys.iter().flat_map(|poly| poly.terms().map(|(monomial, _)| monomial)).collect();
    let mut least = Poly::zero();
    for monomial in coordinates {
        let value = polys.iter().map(|poly| poly.coefficient(monomial)).min().unwrap_or_else(Rational::zero);
        least.add_term(monomial.clone(), value);
    }
    Exponent::from_poly(least)
}

fn has_sum_power(poly: &Poly) -> bool {
    poly.terms()
        .any(|(monomial, _)| monomial.factors().iter().any(|(generator, _)| matches!(generator, Generator::Sum(_))))
}

/// The sum generator whose integer powers are to be cleared next, with the least of them. Sums that
/// hold other sums come first.
fn lowest_power(poly: &Poly) -> Option<(Generator, i64)> {
    let mut least: BTreeMap<&Generator, (i64, i64)> = BTreeMap::new();
    for (monomial, _) in poly.terms() {
        for (generator, exponent) in monomial.factors() {
            if matches!(generator, Generator::Sum(_)) {
                let (whole, _) = exponent.split_integer();
                let entry = least.entry(generator).or_insert((whole, whole));
                entry.0 = entry.0.min(whole);
                entry.1 = entry.1.max(whole);
            }
        }
    }
    // A generator that is absent from a term stands there with exponent 0.
    for (generator, range) in &mut least {
        if poly.terms().any(|(monomial, _)| monomial.exponent(generator).is_zero()) {
            range.0 = range.0.min(0);
            range.1 = range.1.max(0);
        }
    }
    least
        .into_iter()
        .filter(|(_, (low, high))| *low != 0 || *high != 0)
        .max_by_key(|(generator, (low, _))| (*low < 0, nesting(generator)))
        .map(|(generator, (low, _))| (generator.clone(), low))
}

fn nesting(generator: &Generator) -> usize {
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

/// The sums that terms are divided by, with their powers.
fn divisors(poly: &Poly) -> impl Iterator<Item = (&Arc<Poly>, i64)> {
    poly.terms().flat_map(|(monomial, _)| monomial.factors()).filter_map(|factor| match factor {
        (Generator::Sum(sum), Exponent::Integer(power)) if *power < 0 => Some((sum, *power)),
        _ => None,
    })
}

/// N/S^k as (N/S)/S^(k − 1) where S, a long sum, divides all that stands above its highest power.
///
/// What is zero comes to zero like this without a power of S being written out: N₁/S + … + N_k/S^k is
/// zero only if S divides N_k.
fn absorbed(mut poly: Poly) -> Outcome<Poly> {
    let long: BTreeSet<Arc<Poly>> =
        divisors(&poly).filter(|(sum, _)| sum.is_long()).map(|(sum, _)| sum.clone()).collect();
    for sum in long {
        let generator = Generator::Sum(sum.clone());
        loop {
            let powers = divisors(&poly).filter(|(own, _)| **own == sum).map(|(_, power)| power);
            let Some(power) = powers.min() else { break };
            let at = |power: i64| Monomial::from_factors(vec![(generator.clone(), Exponent::Integer(power))]);
            let (mut above, mut rest) = (Poly::zero(), Poly::zero());
            for (monomial, coefficient) in poly.terms() {
                let side =
                    if monomial.exponent(&generator) == Exponent::Integer(power) { &mut above } else { &mut rest };
                side.add_term(monomial.clone(), coefficient.clone());
            }
            let above = above.times_monomial(&at(-power), &Rational::one())?;
            let Some(quotient) = divide_exactly(&above, &sum)? else { break };
            rest.add_assign(&quotient.times_monomial(&at(power + 1), &Rational::one())?);
            poly = rest;
        }
    }
    Ok(poly)
}

/// Multiplies by generator^by and expands the integer part of its powers, which is then ≥ 0.
fn shift_power(poly: &Poly, generator: &Generator, by: i64) -> Outcome<Poly> {
    let Generator::Sum(sum) = generator else { return Ok(poly.clone()) };
    // The terms by their power of the sum, so that each power is expanded once.
    let mut parts: BTreeMap<i64, Poly> = BTreeMap::new();
    for (monomial, coefficient) in poly.terms() {
        let exponent = monomial.exponent(generator);
        let (whole, rest) = exponent.split_integer();
        let mut factors: Vec<_> = monomial.factors().iter().filter(|(own, _)| own != generator).cloned().collect();
        if !rest.is_zero() {
            factors.push((generator.clone(), rest));
        }
        parts.entry(whole + by).or_default().add_term(Monomial::from_factors(factors), coefficient.clone());
    }
    let mut result = Poly::zero();
    for (power, part) in parts {
        result.add_assign(&sum.expanded_power(power)?.times(&part)?);
    }
    Ok(result)
}

/// The quotient of two Laurent polynomials with integer exponents where it is exact.
///
/// Powers with symbolic exponents are letters of their own.
pub fn divide_exactly(dividend: &Poly, divisor: &Poly) -> Outcome<Option<Poly>> {
    if let Some(letters) = Letters::of([dividend, divisor]) {
        let quotient = divide_exactly(&letters.write(dividend), &letters.write(divisor))?;
        return quotient.map(|quotient| letters.read(&quotient)).transpose();
    }
    // What the dividend is itself divided by is set aside: (s12²/s11 − s22)/(s11 s22 − s12²) is −1/s11.
    let lowest = dividend.lowest_powers();
    if !lowest.is_one() {
        let cleared = dividend.times_monomial(&lowest.inverse(), &Rational::one())?;
        if !cleared.lowest_powers().is_one() {
            return Ok(None);
        }
        return match divide_exactly(&cleared, divisor)? {
            Some(quotient) => Ok(Some(quotient.times_monomial(&lowest, &Rational::one())?)),
            None => Ok(None),
        };
    }
    if surely_indivisible(dividend, divisor) {
        return Ok(None);
    }
    let Some((leading, leading_coefficient)) = leading_term(divisor) else { return Ok(None) };
    if leading_term(dividend).is_none() {
        return Ok(if dividend.is_zero() { Some(Poly::zero()) } else { None });
    }
    let inverse = leading.inverse();
    let ordered = |(monomial, coefficient): (&Monomial, &Rational)| (ByPower(monomial.clone()), coefficient.clone());
    let mut rest: BTreeMap<ByPower, Rational> = dividend.terms().map(ordered).collect();
    let mut quotient = Poly::zero();
    for _ in 0..2_000 {
        let Some((ByPower(top), coefficient)) = rest.last_key_value() else { return Ok(Some(quotient)) };
        let ratio =
            Poly::single(top.clone(), coefficient / &leading_coefficient).times_monomial(&inverse, &Rational::one())?;
        let Some((monomial, value)) = ratio.as_single() else { return Ok(None) };
        if monomial.factors().iter().any(|(_, exponent)| matches!(exponent, Exponent::Integer(power) if *power < 0)) {
            return Ok(None);
        }
        quotient.add_term(monomial.clone(), value.clone());
        for (own, taken) in divisor.times_monomial(monomial, value)?.terms() {
            if own.factors().iter().any(|(_, exponent)| matches!(exponent, Exponent::Poly(_))) {
                return Ok(None);
            }
            let place = rest.entry(ByPower(own.clone())).or_insert_with(Rational::zero);
            *place -= taken;
            if place.is_zero() {
                rest.remove(&ByPower(own.clone()));
            }
        }
        if rest.len() > dividend.len() + 400 {
            return Ok(None);
        }
    }
    Ok(None)
}

/// A monomial with whole exponents, in the order of [`lexicographic`].
#[derive(PartialEq, Eq)]
struct ByPower(Monomial);

impl Ord for ByPower {
    fn cmp(&self, other: &ByPower) -> std::cmp::Ordering {
        lexicographic(&self.0, &other.0)
    }
}

impl PartialOrd for ByPower {
    fn partial_cmp(&self, other: &ByPower) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// numerator / ∏ sum^power with what divides exactly taken out.
fn cancelled(mut numerator: Poly, below: &[(Generator, i64)]) -> Outcome<(Poly, Monomial)> {
    let mut denominator = Vec::new();
    for (generator, power) in below {
        let mut left = *power;
        if let Generator::Sum(sum) = generator {
            while left > 0 {
                match divide_exactly(&numerator, sum)? {
                    Some(quotient) => {
                        numerator = quotient;
                        left -= 1;
                    }
                    None => break,
                }
            }
        }
        denominator.push((generator.clone(), Exponent::Integer(left)));
    }
    Ok((numerator, Monomial::from_factors(denominator)))
}

/// Letters for powers with symbolic exponents, in which those are whole: e^(2u/3 − v) is y²/z with
/// y = e^(u/3), z = e^v. What holds of the letters, whatever they are, holds of the powers.
struct Letters(Vec<Letter>);

struct Letter {
    name: Generator,
    base: Generator,
    exponent: Monomial,
    /// The least common denominator of the exponent's coefficients.
    denominator: BigInt,
}

impl Letters {
    /// `None` where every exponent is whole already.
    fn of(polys: [&Poly; 2]) -> Option<Letters> {
        let mut denominators: BTreeMap<(Generator, Monomial), BigInt> = BTreeMap::new();
        for (monomial, _) in polys.into_iter().flat_map(Poly::terms) {
            for (generator, exponent) in monomial.factors() {
                let Exponent::Poly(exponent) = exponent else { continue };
                for (part, coefficient) in exponent.terms().filter(|(part, own)| !part.is_one() || !own.is_integer()) {
                    let own = denominators.entry((generator.clone(), part.clone())).or_insert_with(BigInt::one);
                    *own = own.lcm(&coefficient.denom());
                }
            }
        }
        let letter = |(position, ((base, exponent), denominator))| Letter {
            // No name that can be written has a space in it.
            name: Generator::Variable(Name::new(&format!("letter {position}"))),
            base,
            exponent,
            denominator,
        };
        (!denominators.is_empty()).then(|| Letters(denominators.into_iter().enumerate().map(letter).collect()))
    }

    fn write(&self, poly: &Poly) -> Poly {
        let mut result = Poly::zero();
        for (monomial, coefficient) in poly.terms() {
            let mut factors: Vec<(Generator, Exponent)> = Vec::new();
            for (generator, exponent) in monomial.factors() {
                let Exponent::Poly(exponent) = exponent else {
                    factors.push((generator.clone(), exponent.clone()));
                    continue;
                };
                let mut rest = (**exponent).clone();
                for letter in self.0.iter().filter(|letter| letter.base == *generator) {
                    let own = exponent.coefficient(&letter.exponent);
                    rest.add_term(letter.exponent.clone(), -own.clone());
                    let power = own * Rational::from_integer(letter.denominator.clone());
                    factors.push((letter.name.clone(), Exponent::from_poly(Poly::constant(power))));
                }
                factors.push((generator.clone(), Exponent::from_poly(rest)));
            }
            result.add_term(Monomial::from_factors(factors), coefficient.clone());
        }
        result
    }

    fn read(&self, poly: &Poly) -> Outcome<Poly> {
        let mut result = Poly::zero();
        for (monomial, coefficient) in poly.terms() {
            let mut product = Poly::constant(coefficient.clone());
            for (generator, exponent) in monomial.factors() {
                let factor = match self.0.iter().find(|letter| letter.name == *generator) {
                    Some(letter) => {
                        let unit = Rational::new(BigInt::one(), letter.denominator.clone());
                        let unit = Poly::single(letter.exponent.clone(), unit);
                        Poly::generator_power(letter.base.clone(), exponent.times(&unit)?)?
                    }
                    None => Poly::generator_power(generator.clone(), exponent.clone())?,
                };
                product = product.times(&factor)?;
            }
            result.add_assign(&product);
        }
        Ok(result)
    }
}

/// The root of a longer sum is not looked for: most sums are no squares, and show it late.
const MOST_SQUARED: usize = 28;

/// Q with poly = Q², for a polynomial in opaque quantities; none where there is no such polynomial.
pub(super) fn square_root(poly: &Poly) -> Outcome<Option<Poly>> {
    let plain = |(generator, exponent): &(Generator, Exponent)| {
        !matches!(generator, Generator::Sum(_)) && matches!(exponent, Exponent::Integer(power) if *power > 0)
    };
    if !(3..=MOST_SQUARED).contains(&poly.len()) {
        return Ok(None);
    }
    if let Some(letters) = Letters::of([poly, poly]) {
        return square_root(&letters.write(poly))?.map(|root| letters.read(&root)).transpose();
    }
    if !poly.terms().all(|(monomial, _)| monomial.factors().iter().all(plain)) {
        return Ok(None);
    }
    // The root of a polynomial with whole coefficients and no common divisor has whole coefficients too (Gauss).
    let content = poly.rational_content();
    let Some(scale) = rational_square_root(&content) else { return Ok(None) };
    let poly = &poly.scaled(&content.recip());
    let Some((top, coefficient)) = leading_term(poly) else { return Ok(None) };
    let Some(number) = rational_square_root(&coefficient) else { return Ok(None) };
    let mut halves = Vec::new();
    for (generator, exponent) in top.factors() {
        match exponent {
            Exponent::Integer(power) if power % 2 == 0 => {
                halves.push((generator.clone(), Exponent::Integer(power / 2)));
            }
            _ => return Ok(None),
        }
    }
    let half = Monomial::from_factors(halves);
    let inverse = half.inverse();
    let twice = &number * Rational::from_integer(2.into());
    let mut root = Poly::single(half, number);
    // Each term of the root is the leading term of what is left, divided by twice the first. No two of the
    // products of a root's first or last term with its others are alike: a square has 2r − 1 terms or more.
    let mut rest = poly.minus(&root.times(&root)?);
    while root.len() <= poly.len().div_ceil(2) {
        if rest.is_zero() {
            return Ok(Some(root.scaled(&scale)));
        }
        let Some((next, value)) = leading_term(&rest) else { return Ok(None) };
        let value = value / &twice;
        if !value.is_integer() {
            return Ok(None);
        }
        let term = Poly::single(next, value).times_monomial(&inverse, &Rational::one())?;
        let whole = term.terms().all(|(monomial, _)| monomial.factors().iter().all(plain));
        if !whole || rest.len() > MOST_SQUARED {
            return Ok(None);
        }
        rest = rest.minus(&term.times(&root.scaled(&Rational::from_integer(2.into())).plus(&term))?);
        root.add_assign(&term);
    }
    Ok(None)
}

/// √value where it is rational.
pub(super) fn rational_square_root(value: &Rational) -> Option<Rational> {
    let root = |part: &BigInt| {
        let root = part.sqrt();
        (&root * &root == *part).then_some(root)
    };
    if value.is_negative() { None } else { Some(Rational::new(root(&value.numer())?, root(&value.denom())?)) }
}

/// The leading term in the lexicographic order of integer exponents; none when an exponent is symbolic.
fn leading_term(poly: &Poly) -> Option<(Monomial, Rational)> {
    let mut best: Option<(&Monomial, &Rational)> = None;
    for (monomial, coefficient) in poly.terms() {
        if monomial.factors().iter().any(|(_, exponent)| matches!(exponent, Exponent::Poly(_))) {
            return None;
        }
        best = match best {
            Some((top, _)) if lexicographic(top, monomial) != std::cmp::Ordering::Less => best,
            _ => Some((monomial, coefficient)),
        };
    }
    best.map(|(monomial, coefficient)| (monomial.clone(), coefficient.clone()))
}

fn lexicographic(a: &Monomial, b: &Monomial) -> std::cmp::Ordering {
    let (mut i, mut j) = (a.factors().iter().peekable(), b.factors().iter().peekable());
    let sign = |exponent: &Exponent| match exponent {
        Exponent::Integer(value) => value.cmp(&0),
        Exponent::Poly(_) => std::cmp::Ordering::Equal,
    };
    loop {
        match (i.peek(), j.peek()) {
            (None, None) => return std::cmp::Ordering::Equal,
            (Some((_, exponent)), None) => return sign(exponent),
            (None, Some((_, exponent))) => return sign(exponent).reverse(),
            (Some((g, e)), Some((h, f))) => match g.cmp(h) {
                std::cmp::Ordering::Less => return sign(e),
                std::cmp::Ordering::Greater => return sign(f).reverse(),
                std::cmp::Ordering::Equal => {
                    if e != f {
                        return e.cmp(f);
                    }
                    i.next();
                    j.next();
                }
            },
        }
    }
}

/// The class representative of a Γ argument, its constant part in (0, 1], and the integer between.
fn unit_class(argument: &Poly) -> (Poly, i64) {
    let shift = argument.constant_part().ceil() - Rational::one();
    let small = as_small(&shift).unwrap_or(i64::MAX);
    (argument.minus(&Poly::constant(shift)), small)
}

/// The factors between Γ(base) and Γ(base + shift), with their power 1 or −1.
pub(super) fn recurrence_factors(base: &Poly, shift: i64) -> Vec<(Poly, i64)> {
    let at = |step: i64| base.plus(&Poly::integer(step));
    if shift >= 0 {
        (0..shift).map(|step| (at(step), 1)).collect()
    } else {
        (shift..0).map(|step| (at(step), -1)).collect()
    }
}

/// (−1)^m m!.
pub(super) fn signed_factorial(order: i64) -> Rational {
    let mut product = Rational::one();
    for k in 1..=order {
        product *= Rational::from_integer((-k).into());
    }
    product
}

/// k and sin u for k − k cos² u, which normal forms have in the place of k sin² u.
fn squared_sine(poly: &Poly) -> Option<(Rational, Generator)> {
    let constant = poly.constant_part();
    let rest = poly.minus(&Poly::constant(constant.clone()));
    let (monomial, coefficient) = rest.as_single()?;
    match monomial.factors() {
        [(Generator::Call(Function::Cos, angle), Exponent::Integer(2))] if *coefficient == -&constant => {
            Some((constant, Generator::Call(Function::Sin, angle.clone())))
        }
        _ => None,
    }
}

pub(super) fn as_small(value: &Rational) -> Option<i64> {
    if value.is_integer() { value.to_i64() } else { None }
}

/// B_n by the recurrence Σ C(n+1, k) B_k = 0.
fn bernoulli_number(n: usize) -> Rational {
    let mut numbers: Vec<Rational> = Vec::with_capacity(n + 1);
    for m in 0..=n {
        let mut value = if m == 0 { Rational::one() } else { Rational::zero() };
        if m > 0 {
            let mut binomial = Rational::one();
            for (k, earlier) in numbers.iter().enumerate() {
                value -= &binomial * earlier;
                binomial *= Rational::new((m + 1 - k).into(), (k + 1).into());
            }
            value /= Rational::from_integer((m + 1).into());
        }
        numbers.push(value);
    }
    numbers.swap_remove(n)
}

/// The primes of a positive rational with their multiplicities. What trial division up to a bound
/// does not split counts as one prime.
fn factorize(value: &Rational) -> Vec<(BigInt, i64)> {
    let mut factors = Vec::new();
    for (part, sign) in [(value.numer(), 1), (value.denom(), -1)] {
        let mut rest = part;
        let mut divisor = BigInt::from(2);
        while rest > BigInt::one() && divisor < BigInt::from(10_000) && &divisor * &divisor <= rest {
            let mut count = 0;
            while (&rest % &divisor).is_zero() {
                rest /= &divisor;
                count += 1;
            }
            if count > 0 {
                factors.push((divisor.clone(), sign * count));
            }
            divisor += 1;
        }
        if rest > BigInt::one() {
            factors.push((rest, sign));
        }
    }
    factors
}
