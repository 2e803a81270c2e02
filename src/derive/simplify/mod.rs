//! The form a statistician would write: candidates from several routes, the lightest wins.
//!
//! The kernel checks that the chosen form is equal to the value; here only its looks matter. A
//! candidate is a rewriting of the normal form by the algebra engine, by the laws of logarithms, of
//! exponentials and of angles, or part by part; [`weight`] compares them.

mod abbreviation;
mod angle;
mod conjugate;
mod declared;
mod easy;
mod exponential;
mod gathered;
mod logarithm;
mod special;
mod square;
mod tidy;
mod trigonometry;
mod weight;

use crate::kernel::setting::Setting;
use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use num_traits::One;

use crate::cas;
use crate::kernel::domain::{Domain, Support};
use crate::kernel::memo::{ByFingerprint, Memo, fingerprint};
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Generator, Monomial, Poly, spend};
use crate::kernel::term::{Function, Name, Term};

use abbreviation::Abbreviations;
use angle::Angles;
use exponential::{has_exponentials, present};
use square::{complete_squares, pair_conjugates};
use tidy::{common_factor, distribute_numbers, raise, scale, split_power};
use trigonometry::{is_trigonometric, with_sines};
pub use weight::weight;

/// How many of the lightest forms are worked over once more.
const REFINED: usize = 6;

/// How deep arguments of arguments are worked over.
const DEEPEST: usize = 8;
/// What a look at a form costs, for each of its parts, in products of terms.
const READINGS: usize = 8;

/// Finds good forms in one context.
pub struct Simplifier {
    normalizer: Normalizer,
    /// Answers of [`Simplifier::is_negative`], asked again and again for the same sums, by their fingerprints.
    negative: RefCell<ByFingerprint<bool>>,
    /// Points of the domains, once they are asked for.
    trials: OnceCell<Vec<BTreeMap<Name, f64>>>,
    variates: Vec<Name>,
    /// Sums that sines and cosines are taken of.
    angles: Angles,
    /// How many points a finite support lists.
    points: usize,
    /// Variables that take whole numbers only.
    whole: BTreeSet<Name>,
    /// The functions that the density was declared with: an answer uses the words of the question.
    vocabulary: BTreeSet<Function>,
    /// Forms already found: the same entry is asked for by several routes.
    forms: RefCell<Memo<Poly, Term>>,
    parts: RefCell<Memo<Poly, Term>>,
    /// What became of terms already tidied, by their fingerprints, if they changed: candidates have most of
    /// their parts in common. Should two terms share a fingerprint, a form is wrong, which its check finds.
    tidied: RefCell<ByFingerprint<Option<Term>>>,
    /// Likewise for [`Simplifier::divide_through`].
    divided: RefCell<ByFingerprint<Option<Term>>>,
    /// How many forms are being looked for inside one another.
    depth: Cell<usize>,
}

/// How hard a form is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effort {
    /// With the algebra engine.
    Whole,
    /// For a coefficient or an argument.
    Part,
}

/// The candidates for one value, each once.
#[derive(Default)]
struct Pool {
    /// Their fingerprints.
    seen: ByFingerprint<()>,
    /// The lightest ones, lightest first.
    best: Vec<(usize, Term)>,
}

impl Pool {
    fn offer(&mut self, term: &Term) -> bool {
        if self.seen.insert(fingerprint(term), ()).is_some() {
            return false;
        }
        let own = weight(term);
        let place = self.best.partition_point(|(weight, _)| *weight <= own);
        if place < REFINED {
            self.best.truncate(REFINED - 1);
            self.best.insert(place, (own, term.clone()));
        }
        true
    }
}

impl Simplifier {
    /// `pointwise` brings terms about the variate to normal form; what it knows of signs is shared.
    pub fn new(setting: &Setting, pointwise: &Normalizer) -> Simplifier {
        let mut domains: Vec<(&Name, &Domain)> = setting.context().domains.iter().collect();
        if let Support::Product { coordinates, .. } = setting.support() {
            domains.extend(coordinates.iter().map(|(name, domain)| (name, domain)));
        }
        let mut whole: BTreeSet<Name> =
            domains.into_iter().filter(|(_, domain)| is_whole(domain)).map(|(name, _)| name.clone()).collect();
        if let Support::Points { names, points } = setting.support() {
            let integer = |term: &Term| term.as_number().is_some_and(|value| value.is_integer());
            whole.extend(
                names
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| points.iter().all(|point| integer(&point[*index])))
                    .map(|(_, name)| name.clone()),
            );
        }
        Simplifier {
            normalizer: pointwise.fresh().without_log_density(),
            negative: RefCell::default(),
            trials: OnceCell::new(),
            variates: setting.support().names(),
            angles: Angles::of(setting.log_density(), &setting.support().names()),
            points: match setting.support() {
                Support::Points { points, .. } => points.len(),
                Support::Product { .. } => 1,
            },
            whole,
            vocabulary: functions(setting.log_density()),
            forms: RefCell::default(),
            tidied: RefCell::default(),
            divided: RefCell::default(),
            parts: RefCell::default(),
            depth: Cell::default(),
        }
    }

    /// The lightest form found.
    pub fn simplify(&self, poly: &Poly) -> Term {
        if let Some(known) = self.forms.borrow().get(poly) {
            return known.clone();
        }
        let depth = self.depth.get();
        // Looks are paid for like everything else, and cost several readings.
        if depth == DEEPEST || spend(READINGS * poly.len()).is_err() {
            return poly.to_term();
        }
        self.depth.set(depth + 1);
        let form = self.lightest(poly, depth, Effort::Whole);
        self.depth.set(depth);
        self.forms.borrow_mut().insert(poly.clone(), form.clone());
        form
    }

    /// A good form of a coefficient or an argument, found without the algebra engine.
    fn simplify_part(&self, term: &Term) -> Term {
        let depth = self.depth.get();
        let Ok(poly) = self.normalizer.normalize(term) else { return term.clone() };
        if depth == DEEPEST {
            return term.clone();
        }
        if let Some(known) = self.parts.borrow().get(&poly) {
            return known.clone();
        }
        self.depth.set(depth + 1);
        let form = self.lightest(&poly, depth, Effort::Part);
        self.depth.set(depth);
        self.parts.borrow_mut().insert(poly, form.clone());
        form
    }

    /// The simplified form of any term; the term itself when it has no normal form.
    pub fn simplify_term(&self, term: &Term) -> Term {
        match self.normalizer.normalize(term) {
            Ok(poly) => self.simplify(&poly),
            Err(_) => term.clone(),
        }
    }

    /// The lighter of two equal forms.
    pub fn lighter(&self, left: Term, right: Term) -> Term {
        let mut pool = Pool::default();
        pool.offer(&left);
        self.offer_with_variants(&mut pool, &right);
        pool.best.swap_remove(0).1
    }

    fn lightest(&self, poly: &Poly, depth: usize, effort: Effort) -> Term {
        let given = poly;
        let poly = self.normalizer.canonical(poly).unwrap_or_else(|_| poly.clone());
        if let Some(constant) = poly.as_constant() {
            return Term::Number(constant);
        }
        // A variate's own functions are better known than their polynomial.
        let interpolated = match poly.contains_any(&self.variates) {
            true => None,
            false => self.normalizer.interpolated(&poly).ok().flatten(),
        };
        let spread = poly.len();
        let poly = match &interpolated {
            // ((1 − b)/a)^x with x 0 or 1 is a + (1 − a − b) x over a; e^(a + b x) is best as it is.
            Some(own) if has_powers(&poly) && !has_powers(own) => self.normalizer.canonical(own).unwrap_or(poly),
            _ => poly,
        };
        let plain = present(&poly);
        let lowered = self.lower_special(&plain);
        let mut starts = vec![lowered.clone()];
        if lowered != plain {
            starts.push(plain.clone());
        }
        if let Ok(Some(reflected)) = self.normalizer.reflected(&poly) {
            starts.push(present(&reflected));
        }
        // What a density was declared with stays.
        if !poly.contains_any(&self.variates)
            && let Ok(Some(duplicated)) = self.normalizer.duplicated(&poly)
        {
            starts.push(present(&self.normalizer.canonical(&duplicated).unwrap_or(duplicated)));
        }
        starts.extend(interpolated.as_ref().map(present));
        if let Some(rational) = self.rationalised(&poly) {
            starts.push(present(&rational));
        }
        if is_trigonometric(&plain) {
            let sines = with_sines(&plain);
            if sines != plain {
                starts.push(sines);
            }
        }
        // A product of atoms has no other form.
        let forms = match (effort, easy::forms(&poly)) {
            (Effort::Whole, Some(forms)) if starts.len() == 1 => vec![forms],
            (Effort::Whole, _) if starts.iter().all(is_plain_product) => Vec::new(),
            (Effort::Whole, _) => candidates(&poly, &starts),
            (Effort::Part, _) => vec![easy::with_content_out(&poly).into_iter().collect()],
        };
        let mut pool = Pool::default();
        let mut least = usize::MAX;
        // Of two forms as light as each other the one with more in front: 2(1 − p).
        let (first, then) = match effort {
            Effort::Part => (forms.into_iter().flatten().collect(), starts),
            Effort::Whole => (starts, forms.into_iter().flatten().collect::<Vec<Term>>()),
        };
        // Σ a/b may be much shorter than what it is over one denominator.
        let apart = (2 * given.len() < spread).then(|| present(given));
        for form in first.into_iter().chain(then).chain(apart) {
            // Tidying saves something, but never this much.
            let own = weight(&form);
            if own / 2 > least {
                continue;
            }
            least = least.min(own);
            self.offer_with_variants(&mut pool, &form);
        }
        if depth == 0 && effort == Effort::Whole {
            for parts in self.by_parts(&poly).into_iter().chain(self.gathered(&poly)).chain(self.by_angles(&poly)) {
                self.offer_with_variants(&mut pool, &parts);
            }
            if let Some(form) = self.multiple(&poly) {
                self.offer_with_variants(&mut pool, &form);
            }
        }
        // Looks must never cost the value, nor its existence: partial fractions may have a pole where the whole has none.
        let everywhere = OnceCell::new();
        let exists = |form: &Term| self.normalizer.needs(form).is_some_and(|needed| needed.is_empty());
        let is_value = |form: &Term| match self.normalizer.normalize(form) {
            Ok(check) => {
                self.normalizer.is_zero(&check.minus(&poly)).unwrap_or(false)
                    && (exists(form) || !*everywhere.get_or_init(|| exists(&poly.to_term())))
            }
            Err(_) => false,
        };
        let best = self.refined(pool).into_iter().find(is_value).unwrap_or_else(|| poly.to_term());
        if depth == 0 && functions(&best).contains(&Function::Sign) {
            return Some(self.zero_powers(&best)).filter(is_value).unwrap_or(best);
        }
        best
    }

    /// A form, tidied, and what the laws of logarithms and squares make of it.
    fn offer_with_variants(&self, pool: &mut Pool, form: &Term) {
        if spend(READINGS * weight(form)).is_err() {
            return;
        }
        let tidied = self.tidy(form);
        // Rewritings save something, but never this much.
        let hopeless = pool.best.first().is_some_and(|(least, _)| 2 * weight(&tidied) > 3 * *least);
        if !pool.offer(&tidied) || hopeless {
            return;
        }
        let changed = |own: Term| if own == tidied { None } else { Some(self.tidy(&own)) };
        let mut sums: Vec<Term> = changed(complete_squares(&tidied)).into_iter().collect();
        sums.extend(changed(self.group_by_special(&tidied)));
        let logarithms = has_logarithms(&tidied);
        if logarithms {
            let loose = distribute_numbers(&tidied);
            if loose != tidied {
                sums.push(self.tidy(&complete_squares(&loose)));
            }
            sums.extend(changed(self.absorb_within(&tidied)));
        }
        if let Some(paired) = changed(pair_conjugates(&tidied)) {
            pool.offer(&paired);
        }
        if [Function::BesselI, Function::BesselK].into_iter().any(|own| self.speaks_of(own))
            && let Some(joined) = changed(self.join_bessel(&tidied))
        {
            pool.offer(&joined);
        }
        let exponentials = has_exponentials(&tidied);
        for own in std::iter::once(&tidied).chain(&sums) {
            let both = if logarithms { Cow::Owned(self.combine_logs(own)) } else { Cow::Borrowed(own) };
            if (logarithms || exponentials)
                && let Some(common) = common_factor(&both)
            {
                pool.offer(&self.tidy(&common));
            }
            if logarithms && *both != *own {
                pool.offer(&self.tidy(&both));
            }
            pool.offer(own);
        }
    }

    /// The best candidates after the dearer rewritings, lightest first.
    fn refined(&self, pool: Pool) -> Vec<Term> {
        let mut found: Vec<(usize, Term)> = Vec::new();
        let hyperbolic = [Function::Cosh, Function::Sinh, Function::Tanh].into_iter().any(|own| self.speaks_of(own));
        for (_, term) in pool.best {
            let mut forms = Vec::new();
            if has_exponentials(&term) {
                forms.push(self.divide_through(&term));
            }
            if hyperbolic {
                let joined = self.tidy(&self.hyperbolic(&term));
                forms.extend(self.absorb_into_logs(&joined).map(|own| self.tidy(&self.hyperbolic(&self.tidy(&own)))));
                forms.push(joined);
            }
            if is_trigonometric(&term) {
                let joined = self.tidy(&self.join_angles(&term));
                forms.push(self.tidy(&complete_squares(&joined)));
                forms.push(joined);
            }
            forms.push(term);
            found.extend(forms.into_iter().map(|form| (weight(&form), form)));
        }
        found.sort_by_key(|(weight, _)| *weight);
        found.dedup();
        // Better arguments seldom change the order.
        for own in found.iter_mut().take(2) {
            let form = self.arguments(&own.1);
            *own = (weight(&form), form);
        }
        found.sort_by_key(|(weight, _)| *weight);
        found.dedup();
        found.into_iter().map(|(_, term)| term).collect()
    }

    /// The arguments of functions in their own best forms: erf(η/√2), e^(−(x − μ)/β).
    fn arguments(&self, term: &Term) -> Term {
        let term = term.map_children(&mut |child| self.arguments(child));
        let Term::Apply(function, arguments) = &term else { return term };
        let better = |argument: &Term| {
            if matches!(argument, Term::Number(_) | Term::Constant(_) | Term::Variable(_)) {
                return argument.clone();
            }
            let form = self.simplify_part(argument);
            if weight(&form) < weight(argument) { form } else { argument.clone() }
        };
        let arguments = arguments.iter().map(|argument| match (function, argument) {
            // A logarithm's factors stay factors.
            (Function::Log, Term::Product(factors)) => self.tidy_product(
                factors
                    .iter()
                    .map(|factor| {
                        let (base, power) = split_power(factor);
                        if matches!(base, Term::Sum(_)) { raise(better(&base), power) } else { factor.clone() }
                    })
                    .collect(),
            ),
            _ => better(argument),
        });
        Term::Apply(*function, arguments.collect())
    }

    /// Sums whose parts are each in their own best form: log(σ′/σ) beside a fraction and not above its
    /// denominator, x − E[x] with all of E[x] together.
    fn by_parts(&self, poly: &Poly) -> Vec<Term> {
        if poly.len() < 3 {
            return Vec::new();
        }
        let logarithmic = |monomial: &Monomial| {
            monomial.factors().iter().any(|(generator, _)| matches!(generator, Generator::Log(_)))
        };
        let moving = |monomial: &Monomial| {
            let (inside, _) = self.normalizer.split_monomial(monomial, &self.variates);
            !inside.is_one()
        };
        let exponential =
            |monomial: &Monomial| monomial.factors().iter().any(|(generator, _)| matches!(generator, Generator::Euler));
        let partitions: [&dyn Fn(&Monomial) -> bool; 3] = [&logarithmic, &moving, &exponential];
        let mut found = Vec::new();
        for belongs in partitions {
            let (mut with, mut without) = (Poly::zero(), Poly::zero());
            for (monomial, coefficient) in poly.terms() {
                if belongs(monomial) { &mut with } else { &mut without }
                    .add_term(monomial.clone(), coefficient.clone());
            }
            if !with.is_empty() && without.len() > 1 {
                let parts = Term::sum(vec![self.simplify(&with), self.simplify(&without)]);
                if !found.contains(&parts) {
                    found.push(parts);
                }
            }
        }
        found
    }

    /// A multiple of logarithms with its number in each term of their own best form: 2p log(p/q) +
    /// 2(1 − p) log((1 − p)/(1 − q)) is twice what it is for half of it.
    fn multiple(&self, poly: &Poly) -> Option<Term> {
        let number = poly.rational_content();
        let logarithmic =
            |monomial: &Monomial| monomial.factors().iter().any(|(own, _)| matches!(own, Generator::Log(_)));
        if number.is_one() || poly.len() < 2 || !poly.terms().any(|(monomial, _)| logarithmic(monomial)) {
            return None;
        }
        match self.simplify(&poly.scaled(&number.recip())) {
            Term::Sum(terms) => Some(Term::Sum(terms.iter().map(|own| scale(own.clone(), &number)).collect())),
            _ => None,
        }
    }

    fn speaks_of(&self, function: Function) -> bool {
        self.vocabulary.contains(&function)
    }
}

/// What the algebra engine makes of each, long sums being single letters to it.
fn candidates(poly: &Poly, starts: &[Term]) -> Vec<Vec<Term>> {
    let abbreviations = Abbreviations::of(poly);
    let short: Vec<Term> = starts.iter().map(|start| abbreviations.shorten(start)).collect();
    let found = cas::candidates(&short).unwrap_or_default();
    found.into_iter().map(|forms| forms.iter().map(|form| abbreviations.restore(form)).collect()).collect()
}

/// Whether something else than e has an exponent that is no number.
fn has_powers(poly: &Poly) -> bool {
    let mut factors = poly.terms().flat_map(|(monomial, _)| monomial.factors());
    factors.any(|(generator, exponent)| *generator != Generator::Euler && exponent.as_rational().is_none())
}

fn functions(term: &Term) -> BTreeSet<Function> {
    let mut found: BTreeSet<Function> = term.children().flat_map(functions).collect();
    if let Term::Apply(function, _) = term {
        found.insert(*function);
    }
    found
}

/// Whether logarithms occur outside the arguments of functions.
fn has_logarithms(term: &Term) -> bool {
    match term {
        Term::Apply(function, _) => matches!(function, Function::Log | Function::LogGamma),
        _ => term.children().any(has_logarithms),
    }
}

fn is_whole(domain: &Domain) -> bool {
    match domain {
        Domain::Integers { .. } => true,
        Domain::Finite(values) => values.iter().all(|value| value.as_number().is_some_and(|value| value.is_integer())),
        _ => false,
    }
}

/// Whether a term is a product of powers of variables, constants and functions, without any sum
/// outside the arguments of functions.
fn is_plain_product(term: &Term) -> bool {
    match term {
        Term::Number(_) | Term::Constant(_) | Term::Variable(_) | Term::Apply(..) => true,
        Term::Product(factors) => factors.iter().all(is_plain_product),
        Term::Power(base, exponent) => is_plain_product(base) && exponent.as_number().is_some(),
        _ => false,
    }
}
