//! The rule of moments: an expectation as derivatives of integrals that lemmas give, piece by piece.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use num_traits::One;

use super::certificate::{Moment, Part, Piece};
use super::domain::{Domain, Support, substitute_domain};
use super::interval::{End, image};
use super::lemma::Lemma;
use super::normal::Normalizer;
use super::poly::{Generator, Obstacle, Poly};
use super::section::slice;
use super::sign::Sign;
use super::symmetry::{Mirror, frequency, is_mirrored, is_periodic, mirror, turns};
use super::term::{Constant, Name, Rational, Term};
use super::theorem::{Checker, DifferentiatedLemma, Rejection};

impl Checker {
    /// The value that a lemma gives to `E[of]`, as a normal form; every condition is checked.
    pub fn moment_value(&self, of: &Term, moment: &Moment) -> Result<Poly, Rejection> {
        Ok(self.worked_out(of, moment)?.value.clone())
    }

    /// The value of a moment and what it assumes. Whoever looks for a value asks for its theorem next, so
    /// the last one is kept.
    pub(super) fn worked_out(&self, of: &Term, moment: &Moment) -> Result<Rc<WorkedOut>, Rejection> {
        if let Some(last) = self.last_moment.borrow().as_ref().filter(|last| last.of == *of && last.moment == *moment) {
            return Ok(last.clone());
        }
        let outer = self.fresh_parameters();
        let mut assumptions = BTreeSet::new();
        let value = self.value_of_moment(&outer, of, moment, &mut assumptions)?;
        assumptions.extend(outer.conditions());
        let found = Rc::new(WorkedOut { of: of.clone(), moment: moment.clone(), value, assumptions });
        *self.last_moment.borrow_mut() = Some(found.clone());
        Ok(found)
    }

    fn value_of_moment(
        &self,
        outer: &Normalizer,
        of: &Term,
        moment: &Moment,
        conditions: &mut BTreeSet<Term>,
    ) -> Result<Poly, Rejection> {
        let names = self.setting.support().names();
        let [name] = names.as_slice() else {
            return Err(Rejection::Malformed("a lemma integrates over one scalar".into()));
        };
        let slice = slice(self.setting.support(), self.setting.context(), name)?;
        if !slice.inequalities.is_empty() {
            return Err(Rejection::Malformed("a lemma integrates over one interval".into()));
        }
        let domain = &slice.domain;
        let mut total = Poly::zero();
        let mut reached: Option<End> = None;
        let (first, mut last) = ends(domain);
        for piece in &moment.pieces {
            let lemma = Lemma::find(&piece.lemma)
                .ok_or_else(|| Rejection::Malformed(format!("there is no lemma {}", piece.lemma)))?;
            // The conditions of a lemma are checked with its parts: without parts they would not be.
            if piece.parts.is_empty() {
                return Err(Rejection::Malformed(format!("{} is used for nothing", lemma.name)));
            }
            let lemma_domain = substitute_domain(&lemma.domain, &piece.parameters);
            let mirror = match piece.half {
                true => Some(
                    mirror(&lemma_domain, &piece.variable)
                        .ok_or_else(|| Rejection::Malformed(format!("the domain of {} has no mirror", lemma.name)))?,
                ),
                false => None,
            };
            let range = mirror.as_ref().map_or(&lemma_domain, |mirror| &mirror.half);
            let (low, high) = self.piece_image(outer, piece, lemma, range, domain)?;
            // Ranges of whole numbers hold both their ends: the next one begins one further on.
            let expected = match &reached {
                // Once round the circle, from wherever the first arc begins.
                None if *domain == Domain::Angle && lemma.domain != Domain::Angle => {
                    last = self.once_round(name, of, &low)?;
                    low.clone()
                }
                None => first.clone(),
                Some(End::At(last)) if domain.is_discrete() => End::At(last.clone() + Term::one()),
                Some(end) => end.clone(),
            };
            if !self.same_end(outer, &low, &expected)? {
                return Err(Rejection::Malformed(format!("the pieces do not make up the support of {name}")));
            }
            reached = Some(high);
            let mirrored = match &mirror {
                Some(mirror) => self.mirrored(lemma, &lemma_domain, piece, mirror, conditions),
                None => Ok(()),
            };
            let value = mirrored.and_then(|()| self.piece_value(lemma, range, piece, name, of, outer, conditions));
            if value.is_err() {
                // What a failed attempt had to assume must not burden a later one.
                self.scopes.borrow_mut().clear();
            }
            let times = match (&mirror, range) {
                (Some(_), _) => Some(Poly::constant(Rational::new(1.into(), 2.into()))),
                (None, Domain::Angle) => turns(outer, &piece.map, &piece.variable, domain),
                _ => None,
            };
            total.add_assign(&value?.times(&times.unwrap_or_else(Poly::one))?);
        }
        match &reached {
            Some(reached) if self.same_end(outer, reached, &last)? => Ok(total),
            _ => Err(Rejection::Malformed(format!("the pieces do not make up the support of {name}"))),
        }
    }

    /// Where arcs that begin here have gone round the circle: what has period 2π has the same integral from
    /// any beginning.
    fn once_round(&self, name: &Name, of: &Term, low: &End) -> Result<End, Rejection> {
        let pointwise = self.fresh_pointwise();
        // As normal forms: what a derivative or another value of a constant makes of them may have no period.
        let density = pointwise.normalize(self.setting.log_density())?;
        let statistic = pointwise.normalize(of)?;
        match low {
            End::At(low) if [density, statistic].iter().all(|own| is_periodic(&pointwise, own, name)) => {
                Ok(End::At(low.clone() + Term::integer(2) * Term::Constant(Constant::Pi)))
            }
            _ => Err(Rejection::Malformed(format!("arcs that do not go round the circle of {name}"))),
        }
    }

    /// The lemma's parameters after the shift, inside the lemma's domains.
    fn instance(
        &self,
        lemma: &'static Lemma,
        piece: &Piece,
        part: &Part,
        outer: &Normalizer,
        conditions: &mut BTreeSet<Term>,
    ) -> Result<Located, Rejection> {
        let mut instance = Vec::new();
        let mut pole = None;
        let names = self.setting.support().names();
        for (real, (name, domain)) in
            lemma.parameters.iter().map(|row| (true, row)).chain(lemma.fixed.iter().map(|row| (false, row)))
        {
            let given = piece.parameters.iter().find(|(own, _)| own == name);
            let (_, given) =
                given.ok_or_else(|| Rejection::Malformed(format!("{} needs a value for {name}", lemma.name)))?;
            let shift = part.shift.iter().find(|(own, _)| own == name);
            let value = match shift {
                Some(_) if !real => return Err(Rejection::Malformed(format!("{name} cannot be shifted"))),
                Some((_, shift)) => given.clone() + shift.clone(),
                None => given.clone(),
            };
            if value.contains(&piece.variable) || names.iter().any(|variate| value.contains(variate)) {
                return Err(Rejection::Malformed(format!("the value of {name} depends on the variate")));
            }
            match self.in_domain(outer, lemma.name, &value, domain) {
                Ok(()) => {}
                Err(rejection) => {
                    let found = self.continued(lemma, name, &value, part, outer, conditions);
                    let found = found.unwrap_or(Err(rejection))?;
                    if found.is_some() && pole.is_some() {
                        return Err(Rejection::Malformed(format!("two poles of {} at once", lemma.name)));
                    }
                    pole = pole.or(found);
                }
            }
            instance.push((name.clone(), value));
        }
        for condition in &lemma.positive {
            let term = condition.substitute(&instance);
            let poly = outer.normalize(&term)?;
            match outer.sign(&poly) {
                Some(Sign::Positive) => {}
                // Positive wherever it is not zero, which is assumed.
                Some(Sign::Nonnegative) if !outer.is_zero(&poly)? => conditions.extend(apart_from_zero(outer, &poly)),
                _ => return Err(Rejection::Condition { lemma: lemma.name, term }),
            }
        }
        for condition in &lemma.nonzero {
            let term = condition.substitute(&instance);
            let poly = outer.normalize(&term)?;
            if outer.is_zero(&poly)? {
                let found = self.removed(lemma, &instance, outer)?.filter(|_| pole.is_none());
                pole = Some(found.ok_or(Rejection::Condition { lemma: lemma.name, term })?);
                continue;
            }
            conditions.extend(apart_from_zero(outer, &poly));
        }
        for (name, _) in &part.orders {
            if !lemma.parameters.iter().any(|(own, _)| own == name) {
                return Err(Rejection::Malformed(format!("{} is not differentiated by {name}", lemma.name)));
            }
        }
        Ok(Located { values: instance, pole })
    }

    /// The removable pole of a lemma's value at which its parameters are, if they are at one.
    fn removed(
        &self,
        lemma: &'static Lemma,
        instance: &[(Name, Term)],
        outer: &Normalizer,
    ) -> Result<Option<Pole>, Rejection> {
        for (parameter, depth) in &lemma.removable {
            for (_, value) in instance.iter().filter(|(name, _)| name == parameter) {
                if outer.is_zero(&outer.normalize(&(value.clone() + Term::integer(*depth)))?)? {
                    return Ok(Some(Pole { parameter: parameter.clone(), depth: *depth }));
                }
            }
        }
        Ok(None)
    }

    /// Whether a value outside a parameter's own domain is inside the one that a derivative has by
    /// analytic continuation; the pole that it is, if it is one. What is not known to be a pole or none
    /// is taken to be none, which is recorded.
    ///
    /// `None` where nothing is continued.
    fn continued(
        &self,
        lemma: &'static Lemma,
        name: &Name,
        value: &Term,
        part: &Part,
        outer: &Normalizer,
        conditions: &mut BTreeSet<Term>,
    ) -> Option<Result<Option<Pole>, Rejection>> {
        let continuation = lemma.continuations.iter().find(|own| own.parameter == *name)?;
        // Orders of the same parameter listed twice would be differentiated twice: none is left out.
        let order: u32 = part.orders.iter().filter(|(own, _)| *own == continuation.by).map(|(_, order)| *order).sum();
        if !(1..=MOST_ORDER).contains(&order) {
            return None;
        }
        let lowest = value.clone() + Term::integer(order);
        let find = || -> Result<(Option<Pole>, Vec<Poly>), Rejection> {
            if outer.sign(&outer.normalize(&lowest)?) != Some(Sign::Positive) {
                return Err(Rejection::Condition { lemma: lemma.name, term: lowest.clone() });
            }
            let mut apart = Vec::new();
            for depth in 0..order {
                let distance = outer.normalize(&(value.clone() + Term::integer(depth)))?;
                if outer.is_zero(&distance)? {
                    return Ok((Some(Pole { parameter: name.clone(), depth }), Vec::new()));
                }
                if !outer.sign(&distance).is_some_and(Sign::is_strict) {
                    apart.push(distance);
                }
            }
            Ok((None, apart))
        };
        Some(find().map(|(pole, apart)| {
            conditions.extend(apart.iter().map(Poly::to_term));
            pole
        }))
    }

    /// A value lies in a domain, by its sign conditions.
    pub(super) fn in_domain(
        &self,
        normalizer: &Normalizer,
        lemma: &'static str,
        value: &Term,
        domain: &Domain,
    ) -> Result<(), Rejection> {
        let positive = |term: Term| -> Result<(), Rejection> {
            match normalizer.sign(&normalizer.normalize(&term)?) {
                Some(Sign::Positive) => Ok(()),
                _ => Err(Rejection::Condition { lemma, term }),
            }
        };
        match domain {
            Domain::Interval { lower, upper } => {
                // The value must exist even where no condition is to be met.
                normalizer.normalize(value)?;
                if let Some(lower) = lower {
                    positive(if lower.is_zero() { value.clone() } else { value.clone() - lower.clone() })?;
                }
                if let Some(upper) = upper {
                    positive(if upper.is_zero() { -value.clone() } else { upper.clone() - value.clone() })?;
                }
                Ok(())
            }
            Domain::Integers { lower: Some(lower), upper: None } => {
                if !normalizer.is_whole(&normalizer.normalize(value)?) {
                    return Err(Rejection::Malformed(format!("{lemma} needs an integer, not {value}")));
                }
                match normalizer.sign(&normalizer.normalize(&(value.clone() - lower.clone()))?) {
                    Some(Sign::Positive | Sign::Nonnegative | Sign::Zero) => Ok(()),
                    _ => Err(Rejection::Condition { lemma, term: value.clone() - lower.clone() + Term::one() }),
                }
            }
            Domain::Nonnegative => match normalizer.sign(&normalizer.normalize(value)?) {
                Some(Sign::Positive | Sign::Nonnegative | Sign::Zero) => Ok(()),
                _ => Err(Rejection::Condition { lemma, term: value.clone() }),
            },
            Domain::Angle => normalizer.normalize(value).map(|_| ()).map_err(Rejection::from),
            other => Err(Rejection::Malformed(format!("no value is checked against {other:?}"))),
        }
    }

    /// The image of the lemma's domain under the piece's map, as a part of the support.
    fn piece_image(
        &self,
        outer: &Normalizer,
        piece: &Piece,
        lemma: &Lemma,
        lemma_domain: &Domain,
        support: &Domain,
    ) -> Result<(End, End), Rejection> {
        let malformed =
            |what: &str| Rejection::Malformed(format!("{what} in the change of variable for {}", lemma.name));
        match (lemma_domain, support) {
            (Domain::Angle, _) if turns(outer, &piece.map, &piece.variable, support).is_some() => Ok(ends(support)),
            (Domain::Integers { lower: Some(lower), upper }, Domain::Integers { .. }) => {
                // Left-out first terms move the lower end up.
                let first = lower.clone() + Term::integer(piece.skip);
                if let (Some(upper), true) = (upper, piece.skip > 0) {
                    // What is left out must have been there.
                    let left = outer.normalize(&(upper.clone() - first.clone() + Term::one()))?;
                    if !matches!(outer.sign(&left), Some(Sign::Positive | Sign::Nonnegative | Sign::Zero)) {
                        return Err(malformed("more first terms than there are"));
                    }
                }
                if !piece.map.contains(&piece.variable) {
                    // One point, under whatever name.
                    let one = matches!(upper, Some(upper) if outer.equal(&first, upper)?);
                    let point = self.fresh_parameters().normalize(&piece.map)?;
                    if !one || !self.fresh_parameters().is_whole(&point) {
                        return Err(malformed("no single whole number"));
                    }
                    return Ok((End::At(piece.map.clone()), End::At(piece.map.clone())));
                }
                let last = upper.clone();
                if let Some(offset) = self.integer_offset(&piece.map, &piece.variable) {
                    let high = last.map_or(End::PlusInfinity, |last| End::At(last + offset.clone()));
                    return Ok((End::At(first + offset), high));
                }
                // c − t runs from right to left.
                let offset = self
                    .integer_offset(&(-piece.map.clone()), &piece.variable)
                    .ok_or_else(|| malformed("no integer shift"))?;
                let low = last.map_or(End::MinusInfinity, |last| End::At(-last - offset.clone()));
                Ok((low, End::At(-first - offset)))
            }
            (Domain::Interval { .. }, Domain::Interval { .. } | Domain::Nonnegative | Domain::Angle)
                if piece.skip == 0 =>
            {
                let range = image(outer, &piece.map, &piece.variable, &ends(lemma_domain))
                    .ok_or_else(|| malformed("no monotone map"))?;
                Ok((range.low, range.high))
            }
            _ => Err(malformed("domains that do not fit")),
        }
    }

    /// c in t + c, an integer for all values of the constants in it.
    fn integer_offset(&self, map: &Term, variable: &Name) -> Option<Term> {
        let normalizer = self.fresh_parameters();
        let poly = normalizer.normalize(map).ok()?;
        let offset = poly.minus(&Poly::generator(Generator::Variable(variable.clone())));
        normalizer.is_whole(&offset).then(|| offset.to_term())
    }

    fn same_end(&self, outer: &Normalizer, left: &End, right: &End) -> Result<bool, Rejection> {
        Ok(match (left, right) {
            (End::MinusInfinity, End::MinusInfinity) | (End::PlusInfinity, End::PlusInfinity) => true,
            (End::At(left), End::At(right)) => outer.equal(left, right)?,
            _ => false,
        })
    }

    #[allow(clippy::too_many_arguments)]
    fn piece_value(
        &self,
        lemma: &'static Lemma,
        lemma_domain: &Domain,
        piece: &Piece,
        variate: &Name,
        of: &Term,
        outer: &Normalizer,
        conditions: &mut BTreeSet<Term>,
    ) -> Result<Poly, Rejection> {
        if self.setting.context().domains.contains_key(&piece.variable) {
            return Err(Rejection::Malformed(format!("{} is a parameter", piece.variable)));
        }
        // Left-out first terms are taken from the value: the integrands need not agree there.
        let inner = match lemma_domain {
            Domain::Integers { lower: Some(lower), upper } if piece.skip > 0 => {
                let lower = Some(lower.clone() + Term::integer(piece.skip));
                self.scope(&piece.variable, &Domain::Integers { lower, upper: upper.clone() })
            }
            _ => self.scope(&piece.variable, lemma_domain),
        };
        // Round the circle x = u and t = ku, so that both speak of the angles of u.
        let own = Term::Variable(piece.variable.clone());
        let argument = match lemma_domain {
            Domain::Angle => match frequency(&inner, &piece.map, &piece.variable) {
                Some(times) if times == Poly::one() => own,
                Some(times) => times.to_term() * own,
                None => own,
            },
            _ => own,
        };
        let map = [(variate.clone(), piece.map.substitute(&[(piece.variable.clone(), argument.clone())]))];
        let variable = (lemma.variable.clone(), argument);
        let at = |instance: &[(Name, Term)]| [instance, std::slice::from_ref(&variable)].concat();

        // p(φ(t)) |φ′(t)| f(φ(t)) / exp k(t; σ), where the logarithms cancel.
        let base = at(&piece.parameters);
        let kernel = inner.normalize(&lemma.log_kernel.substitute(&base))?;
        let mut exponent = inner.normalize(&self.setting.log_density().substitute(&map))?.minus(&kernel);
        if !lemma_domain.is_discrete() {
            let slope = inner.differentiate(&inner.normalize(&piece.map)?, &piece.variable)?;
            let slope = match inner.sign(&slope) {
                Some(Sign::Positive) => slope,
                Some(Sign::Negative) => slope.scaled(&-Rational::one()),
                _ => return Err(Rejection::Malformed("the change of variable is not monotone".into())),
            };
            exponent = exponent.plus(&inner.log(&slope)?);
        }
        let pointwise = self.fresh_pointwise();
        let statistic = match of {
            Term::Number(_) => inner.normalize(of)?,
            _ => inner.normalize(&pointwise.normalize(of)?.to_term().substitute(&map))?,
        };
        let mut difference = inner.exp(&exponent)?.times(&statistic)?;
        let mut total = Poly::zero();
        for part in &piece.parts {
            let Located { values: instance, pole } = self.instance(lemma, piece, part, outer, conditions)?;
            if part.constant.contains(&piece.variable) || part.constant.contains(variate) {
                return Err(Rejection::Malformed("a constant depends on the variate".into()));
            }
            let differentiated = self.differentiated(lemma, &part.orders, pole.as_ref())?;
            let constant = outer.normalize(&part.constant)?;
            let shifted = inner.normalize(&lemma.log_kernel.substitute(&at(&instance)))?.minus(&kernel);
            let factor = inner.normalize(&differentiated.0.substitute(&at(&instance)))?;
            difference = difference.minus(&constant.times(&factor)?.times(&inner.exp(&shifted)?)?);
            let mut value = outer.normalize(&differentiated.1.substitute(&match &pole {
                Some(pole) => [vec![(pole.parameter.clone(), Term::zero())], instance.clone()].concat(),
                None => instance.clone(),
            }))?;
            for step in 0..piece.skip {
                let Domain::Integers { lower: Some(lower), .. } = &lemma.domain else {
                    return Err(Rejection::Malformed("only series have first terms".into()));
                };
                let mut values = instance.clone();
                values.push((lemma.variable.clone(), lower.clone() + Term::integer(step)));
                let kernel = outer.exp(&outer.normalize(&lemma.log_kernel.substitute(&values))?)?;
                let factor = outer.normalize(&differentiated.0.substitute(&values))?;
                value = value.minus(&kernel.times(&factor)?);
            }
            total.add_assign(&constant.times(&value)?);
        }
        let difference = inner.cleared(&difference)?;
        if !difference.is_zero() {
            return Err(Rejection::Differ { residue: difference.to_term() });
        }
        for condition in inner.conditions().into_iter().chain(pointwise.conditions()) {
            if condition.contains(&piece.variable) || condition.contains(variate) {
                return Err(Rejection::Malformed(format!("{condition} may vanish on the support")));
            }
            conditions.insert(condition);
        }
        Ok(total)
    }

    /// The sum of a piece's parts is its own mirror image on the lemma's domain: the integral over one half of
    /// it is half the lemma's.
    ///
    /// Fails when it is not, or may be divided by zero on the domain.
    fn mirrored(
        &self,
        lemma: &'static Lemma,
        lemma_domain: &Domain,
        piece: &Piece,
        mirror: &Mirror,
        conditions: &mut BTreeSet<Term>,
    ) -> Result<(), Rejection> {
        let outer = self.fresh_parameters();
        let whole = self.scope(&piece.variable, lemma_domain);
        let mut integrand = Vec::new();
        for part in &piece.parts {
            let Located { mut values, pole } = self.instance(lemma, piece, part, &outer, conditions)?;
            let factor = self.differentiated(lemma, &part.orders, pole.as_ref())?.0.clone();
            values.push((lemma.variable.clone(), Term::Variable(piece.variable.clone())));
            let own = factor.substitute(&values) * lemma.log_kernel.substitute(&values).exp();
            integrand.push(part.constant.clone() * own);
        }
        if !is_mirrored(&whole, &Term::sum(integrand), &piece.variable, mirror)? {
            return Err(Rejection::Malformed(format!("the integrand of {} is not its mirror image", lemma.name)));
        }
        for condition in whole.conditions().into_iter().chain(outer.conditions()) {
            if condition.contains(&piece.variable) {
                return Err(Rejection::Malformed(format!("{condition} may vanish on the support")));
            }
            conditions.insert(condition);
        }
        Ok(())
    }

    /// Rule `parameter-derivative`: ∂_s (f exp k) = q · exp k and ∂_s G, for the orders asked.
    ///
    /// At a pole s = −j the value is a limit: with ε = s + j, R = ε G has a Taylor series there, whose
    /// derivatives by the other parameters vanish at 0 to the orders asked, so that ∂_s^n (R/ε) → ∂_ε^(n+1) R/(n + 1).
    /// The value then is a term in ε, under the name of s, to be taken at 0.
    fn differentiated(
        &self,
        lemma: &'static Lemma,
        orders: &[(Name, u32)],
        pole: Option<&Pole>,
    ) -> Result<DifferentiatedLemma, Rejection> {
        let key = (lemma.name, orders.to_vec(), pole.cloned());
        if let Some(found) = self.lemmas.borrow().get(&key) {
            return Ok(found.clone());
        }
        let context = lemma.context();
        let parameters = Normalizer::new(&context);
        let support = Support::Product {
            coordinates: vec![(lemma.variable.clone(), lemma.domain.clone())],
            inequalities: Vec::new(),
        };
        let integrand = Normalizer::on_support(&context, &support);
        let kernel = integrand.normalize(&lemma.log_kernel)?;
        let mut factor = integrand.normalize(&lemma.factor)?;
        let mut value = match pole {
            Some(Pole { parameter, depth }) => {
                let epsilon = Term::Variable(parameter.clone());
                let moved = epsilon.clone() - Term::integer(*depth);
                parameters.normalize(&(epsilon * lemma.value.substitute(&[(parameter.clone(), moved)])))?
            }
            None => parameters.normalize(&lemma.value)?,
        };
        for (name, order) in orders {
            if *order > MOST_ORDER {
                return Err(Rejection::Obstacle(Obstacle::TooLarge("the order of a derivative")));
            }
            let slope = integrand.differentiate(&kernel, name)?;
            for _ in 0..*order {
                factor = integrand.differentiate(&factor, name)?.plus(&factor.times(&slope)?);
                value = parameters.differentiate(&value, name)?;
            }
        }
        if let Some(pole) = pole {
            let own: u32 = orders.iter().filter(|(name, _)| *name == pole.parameter).map(|(_, order)| *order).sum();
            value = parameters.differentiate(&value, &pole.parameter)?;
            value = value.scaled(&Rational::new(1.into(), (i64::from(own) + 1).into()));
        }
        let result = Arc::new((factor.to_term(), value.to_term()));
        self.lemmas.borrow_mut().insert(key, result.clone());
        Ok(result)
    }
}

/// What must not be zero for a quantity not to be zero, as far as it is not known: of a product its factors.
fn apart_from_zero(normalizer: &Normalizer, poly: &Poly) -> Vec<Term> {
    let factors = match poly.as_single() {
        Some((monomial, _)) => monomial.factors().iter().map(|(own, _)| Poly::generator(own.clone())).collect(),
        None => vec![poly.clone()],
    };
    factors.iter().filter(|own| !normalizer.divides_almost_everywhere(own)).map(Poly::to_term).collect()
}

/// A removable pole of a lemma's value: `parameter` = −`depth`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pole {
    parameter: Name,
    depth: u32,
}

/// A lemma's parameters at one part of a moment.
struct Located {
    values: Vec<(Name, Term)>,
    pole: Option<Pole>,
}

/// A moment with its value and what that assumes not to be zero.
pub(super) struct WorkedOut {
    of: Term,
    moment: Moment,
    pub(super) value: Poly,
    pub(super) assumptions: BTreeSet<Term>,
}

/// The order of a lemma's derivative by one parameter.
pub const MOST_ORDER: u32 = 16;

/// The ends of an interval or of a range of integers.
pub fn ends(domain: &Domain) -> (End, End) {
    match domain {
        Domain::Interval { lower, upper } | Domain::Integers { lower, upper } => {
            (lower.clone().map_or(End::MinusInfinity, End::At), upper.clone().map_or(End::PlusInfinity, End::At))
        }
        Domain::Nonnegative => (End::At(Term::zero()), End::PlusInfinity),
        Domain::Finite(_) | Domain::Angle => (End::MinusInfinity, End::PlusInfinity),
    }
}
