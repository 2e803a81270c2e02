//! Theorems, and the only rules that make one.
//!
//! A [`Theorem`] has private fields and no constructor but the rules of [`Checker`] below. Above
//! each rule stands what it needs, what follows, and when it fails.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use num_traits::{One, ToPrimitive};

use super::certificate::{Moment, Part, Piece, Proposition};
use super::domain::{Context, Domain, Support, substitute_domain};
use super::exchange::{Renaming, has_other_parameters, is_invariant};
use super::interval::{End, image};
use super::lemma::Lemma;
use super::normal::Normalizer;
use super::poly::{Generator, Obstacle, Poly, Separated};
use super::section::{Section, slice};
use super::sign::Sign;
use super::symmetry::{Mirror, frequency, is_mirrored, is_periodic, mirror, turns};
use super::term::{Constant, Name, Rational, Term};

/// A finite support may have this many points.
const MOST_POINTS: usize = 20_000;

/// A density and everything declared about its variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    support: Support,
    context: Context,
    log_density: Term,
    witness: Vec<(Name, Term)>,
}

/// Why the kernel did not accept something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    Obstacle(Obstacle),
    /// The two sides differ; what is left of their difference.
    Differ {
        residue: Term,
    },
    /// A condition of a lemma that the declared domains do not give.
    Condition {
        lemma: &'static str,
        term: Term,
    },
    /// The certificate does not fit: a missing premise, an unknown lemma, a wrong domain.
    Malformed(String),
    /// The declared domains hold no point, or the witness is not in them.
    Vacuous(String),
}

impl From<Obstacle> for Rejection {
    fn from(obstacle: Obstacle) -> Self {
        Rejection::Obstacle(obstacle)
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rejection::Obstacle(obstacle) => write!(f, "{obstacle}"),
            Rejection::Differ { residue } => write!(f, "the two sides differ by `{residue}`"),
            Rejection::Condition { lemma, term } => {
                write!(f, "`{lemma}` needs `{term} > 0`, which the declared domains do not give")
            }
            Rejection::Malformed(what) => write!(f, "{what}"),
            Rejection::Vacuous(what) => write!(f, "{what}"),
        }
    }
}

impl Setting {
    /// A setting whose declared conditions are met by the witness, exactly.
    ///
    /// Fails with [`Rejection::Vacuous`] when they are not: nothing is proved about an empty set of
    /// parameters.
    pub fn new(
        support: Support,
        context: Context,
        log_density: Term,
        witness: Vec<(Name, Term)>,
    ) -> Result<Arc<Setting>, Rejection> {
        let outside = |what: String| Rejection::Vacuous(what);
        let empty = Normalizer::new(&Context::default());
        let known: BTreeSet<&Name> = witness.iter().map(|(name, _)| name).collect();
        if witness.iter().any(|(_, value)| value.as_number().is_none()) {
            return Err(outside("the witness must be rational numbers".into()));
        }
        let sign = |term: &Term| -> Result<Option<Sign>, Rejection> {
            Ok(empty.sign(&empty.normalize(&term.substitute(&witness))?))
        };
        for (name, domain) in &context.domains {
            if !known.contains(name) {
                return Err(outside(format!("the witness does not give {name} a value")));
            }
            let value = Term::Variable(name.clone());
            let (lower, upper, strict) = match domain {
                Domain::Interval { lower, upper } => (lower.clone(), upper.clone(), true),
                Domain::Nonnegative => (Some(Term::zero()), None, false),
                Domain::Integers { lower, upper } => {
                    let number = value.substitute(&witness);
                    if !number.as_number().is_some_and(Rational::is_integer) {
                        return Err(outside(format!("the witness for {name} is not an integer")));
                    }
                    (lower.clone(), upper.clone(), false)
                }
                Domain::Finite(values) => {
                    let number = value.substitute(&witness);
                    if !values.contains(&number) {
                        return Err(outside(format!("the witness for {name} is not among its values")));
                    }
                    (None, None, false)
                }
                Domain::Angle => (None, None, false),
            };
            let ends = [lower.map(|lower| value.clone() - lower), upper.map(|upper| upper - value.clone())];
            for difference in ends.into_iter().flatten() {
                match sign(&difference)? {
                    Some(Sign::Positive) => {}
                    Some(Sign::Zero | Sign::Nonnegative) if !strict => {}
                    _ => return Err(outside(format!("the witness for {name} is outside its domain"))),
                }
            }
        }
        for condition in &context.positive {
            if sign(condition)? != Some(Sign::Positive) {
                return Err(outside(format!("the witness does not meet {condition} > 0")));
            }
        }
        for condition in &context.nonnegative {
            if !matches!(sign(condition)?, Some(Sign::Positive | Sign::Nonnegative | Sign::Zero)) {
                return Err(outside(format!("the witness does not meet {condition} >= 0")));
            }
        }
        different_points(&support, &context)?;
        Ok(Arc::new(Setting { support, context, log_density, witness }))
    }

    pub fn support(&self) -> &Support {
        &self.support
    }

    pub fn context(&self) -> &Context {
        &self.context
    }

    pub fn log_density(&self) -> &Term {
        &self.log_density
    }

    pub fn witness(&self) -> &[(Name, Term)] {
        &self.witness
    }
}

/// A proposition that the kernel has proved in a setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Theorem {
    setting: Arc<Setting>,
    proposition: Proposition,
    assumptions: BTreeSet<Term>,
    lemmas: BTreeSet<&'static str>,
    steps: usize,
}

impl Theorem {
    pub fn setting(&self) -> &Arc<Setting> {
        &self.setting
    }

    pub fn proposition(&self) -> &Proposition {
        &self.proposition
    }

    /// Terms that are taken to be different from zero.
    pub fn assumptions(&self) -> &BTreeSet<Term> {
        &self.assumptions
    }

    /// Names of the lemmas it rests on.
    pub fn lemmas(&self) -> &BTreeSet<&'static str> {
        &self.lemmas
    }

    /// How many rule applications it took.
    pub fn steps(&self) -> usize {
        self.steps
    }
}

/// A lemma differentiated by its parameters: the factor beside the kernel, and the value.
type DifferentiatedLemma = Arc<(Term, Term)>;
/// A lemma's name, the orders of its derivatives, and where its limit is taken.
type LemmaKey = (&'static str, Vec<(Name, u32)>, Option<Pole>);

/// A removable pole of a lemma's value: `parameter` = −`depth`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pole {
    parameter: Name,
    depth: u32,
}

/// A lemma's parameters at one part of a moment.
struct Located {
    values: Vec<(Name, Term)>,
    pole: Option<Pole>,
}

/// A moment with its value and what that assumes not to be zero.
struct WorkedOut {
    of: Term,
    moment: Moment,
    value: Poly,
    assumptions: BTreeSet<Term>,
}

/// The points of a finite support with their masses, and what those assume not to be zero.
struct Masses {
    points: Vec<Mass>,
    conditions: BTreeSet<Poly>,
}

struct Mass {
    at: Vec<(Name, Term)>,
    /// The same values, where all of them are numbers.
    numbers: Option<Vec<Rational>>,
    mass: Poly,
}

/// Replays steps in one setting.
pub struct Checker {
    setting: Arc<Setting>,
    lemmas: RefCell<HashMap<LemmaKey, DifferentiatedLemma>>,
    scopes: RefCell<HashMap<(Name, Domain), Rc<Normalizer>>>,
    /// Where values of auxiliary variables are specialised.
    auxiliary: RefCell<HashMap<Vec<(Name, Domain)>, Normalizer>>,
    last_moment: RefCell<Option<Rc<WorkedOut>>>,
    masses: RefCell<Option<Rc<Masses>>>,
    parameters: Normalizer,
    /// Like `parameters`, where the formal log-density means nothing.
    values: Normalizer,
    pointwise: Normalizer,
}

/// The order of a lemma's derivative by one parameter.
pub const MOST_ORDER: u32 = 16;

impl Checker {
    pub fn new(setting: &Arc<Setting>) -> Checker {
        let values = Normalizer::new(&setting.context);
        Checker {
            setting: setting.clone(),
            lemmas: RefCell::default(),
            scopes: RefCell::default(),
            auxiliary: RefCell::default(),
            last_moment: RefCell::default(),
            masses: RefCell::default(),
            parameters: values.fresh().with_log_density(&setting.log_density),
            values,
            pointwise: Normalizer::on_support(&setting.context, &setting.support)
                .with_log_density(&setting.log_density),
        }
    }

    pub fn setting(&self) -> &Arc<Setting> {
        &self.setting
    }

    /// Normal forms of terms in the parameters.
    pub fn parameters(&self) -> &Normalizer {
        &self.parameters
    }

    /// Normal forms of terms in the parameters and the variate.
    pub fn pointwise(&self) -> &Normalizer {
        &self.pointwise
    }

    fn theorem(
        &self,
        proposition: Proposition,
        normalizers: &[&Normalizer],
        premises: &[&Theorem],
        lemmas: &[&'static str],
    ) -> Theorem {
        let mut assumptions: BTreeSet<Term> =
            premises.iter().flat_map(|premise| premise.assumptions.iter().cloned()).collect();
        for normalizer in normalizers {
            assumptions.extend(normalizer.conditions());
        }
        let lemmas =
            premises.iter().flat_map(|premise| premise.lemmas.iter().copied()).chain(lemmas.iter().copied()).collect();
        let steps = 1 + premises.iter().map(|premise| premise.steps).sum::<usize>();
        Theorem { setting: self.setting.clone(), proposition, assumptions, lemmas, steps }
    }

    /// Whether a premise is about the density at hand.
    fn concerned(&self, premise: &Theorem) -> Result<(), Rejection> {
        if Arc::ptr_eq(&premise.setting, &self.setting) || premise.setting == self.setting {
            return Ok(());
        }
        Err(Rejection::Malformed("a premise is about another density".into()))
    }

    /// A fresh normaliser for one step, so that its side conditions are that step's own.
    fn fresh_pointwise(&self) -> Normalizer {
        self.pointwise.fresh()
    }

    fn fresh_parameters(&self) -> Normalizer {
        self.values.fresh()
    }

    fn same(&self, normalizer: &Normalizer, left: &Term, right: &Term) -> Result<(), Rejection> {
        let residue = normalizer.residue(left, right)?;
        if residue.is_zero() { Ok(()) } else { Err(Rejection::Differ { residue: residue.to_term() }) }
    }

    //     normal form of left = normal form of right
    //     ——————————————————————————————————————————
    //                  left = right
    //
    /// Fails when the normal forms differ, or one of the sides has none.
    pub fn algebra(&self, left: &Term, right: &Term) -> Result<Theorem, Rejection> {
        let normalizer = self.fresh_pointwise();
        self.same(&normalizer, left, right)?;
        let proposition = Proposition::Equal { left: left.clone(), right: right.clone() };
        Ok(self.theorem(proposition, &[&normalizer], &[], &[]))
    }

    //     `of` worked out over the auxiliary domains;  at ∈ those domains
    //     ————————————————————————————————————————————————————————————————
    //                      of[at] = is
    //
    /// Fails when a value cannot be shown to lie in the domain of its variable.
    pub fn specialization(
        &self,
        auxiliary: &[(Name, Domain)],
        of: &Term,
        at: &[(Name, Term)],
        is: &Term,
    ) -> Result<Theorem, Rejection> {
        let inner = self.with_auxiliary(auxiliary)?;
        let context = inner.context();
        let outer = self.fresh_parameters();
        for (name, value) in at {
            let domain =
                context.domains.get(name).ok_or_else(|| Rejection::Malformed(format!("{name} is not declared")))?;
            self.in_domain(&outer, "specialization", value, domain)?;
        }
        // What `of` was worked out under must hold at the values too.
        let strict = context.positive.iter().map(|condition| (condition, true));
        let weak = context.nonnegative.iter().map(|condition| (condition, false));
        for (condition, strict) in strict.chain(weak) {
            if !at.iter().any(|(name, _)| condition.contains(name)) {
                continue;
            }
            let term = condition.substitute(at);
            match outer.sign(&outer.normalize(&term)?) {
                Some(Sign::Positive) => {}
                Some(Sign::Nonnegative | Sign::Zero) if !strict => {}
                _ => return Err(Rejection::Condition { lemma: "specialization", term }),
            }
        }
        let worked_out = inner.normalize(of)?.to_term().substitute(at);
        self.same(&outer, &worked_out, is)?;
        let proposition = Proposition::Specialization {
            auxiliary: auxiliary.to_vec(),
            of: of.clone(),
            at: at.to_vec(),
            is: is.clone(),
        };
        let mut theorem = self.theorem(proposition, &[&outer], &[], &[]);
        theorem.assumptions.extend(inner.conditions().iter().map(|condition| condition.substitute(at)));
        Ok(theorem)
    }

    /// Normal forms of terms in the parameters and the auxiliary variables.
    fn with_auxiliary(&self, auxiliary: &[(Name, Domain)]) -> Result<Normalizer, Rejection> {
        if auxiliary.is_empty() {
            return Ok(self.fresh_parameters());
        }
        if let Some(known) = self.auxiliary.borrow().get(auxiliary) {
            return Ok(known.fresh());
        }
        let mut context = self.setting.context.clone();
        for (name, domain) in auxiliary {
            if context.domains.insert(name.clone(), domain.clone()).is_some() {
                return Err(Rejection::Malformed(format!("{name} is declared already")));
            }
        }
        let normalizer = Normalizer::new(&context);
        self.auxiliary.borrow_mut().insert(auxiliary.to_vec(), normalizer.fresh());
        Ok(normalizer)
    }

    //     σ permutes coordinates and parameters   σ(domains, conditions, support) = the same
    //     log p(σx; σθ) = log p(x; θ)
    //     ——————————————————————————————————————————————————————————————————————————————————
    //                             the density is invariant under σ
    //
    /// Fails when one of them is another after the renaming, or cannot be seen to be the same.
    pub fn invariance(&self, pairs: &[(Name, Name)]) -> Result<Theorem, Rejection> {
        let renaming = Renaming::new(pairs)?;
        let (parameters, pointwise) = (self.fresh_parameters(), self.fresh_pointwise());
        is_invariant(&self.setting, &parameters, &pointwise, &renaming)?;
        Ok(self.theorem(Proposition::Invariance { renaming: pairs.to_vec() }, &[], &[], &[]))
    }

    //     S   the density is invariant under σ₁, …, σ_k
    //     —————————————————————————————————————————————
    //                   σ_k … σ₁ S
    //
    /// Fails when a premise is about another density, or the first speaks of the density with other
    /// parameters in the place of its own.
    pub fn renamed(&self, premise: &Theorem, invariances: &[&Theorem]) -> Result<Theorem, Rejection> {
        let mut proposition = premise.proposition.clone();
        let mut assumptions = premise.assumptions.clone();
        if has_other_parameters(&proposition) {
            return Err(Rejection::Malformed("a density with other parameters is not renamed".into()));
        }
        let premises: Vec<&Theorem> = std::iter::once(premise).chain(invariances.iter().copied()).collect();
        for own in &premises {
            self.concerned(own)?;
        }
        for own in invariances {
            let Proposition::Invariance { renaming } = &own.proposition else {
                return Err(Rejection::Malformed("a premise is no invariance".into()));
            };
            let renaming = Renaming::new(renaming)?;
            proposition = renaming.proposition(&proposition)?;
            assumptions = assumptions.iter().map(|term| renaming.term(term)).collect();
        }
        let theorem = self.theorem(proposition, &[], &premises, &[]);
        // An invariance assumes nothing, and what the first premise does is renamed with it.
        Ok(Theorem { assumptions, ..theorem })
    }

    //     Σ over the points x of  p(x) f(x)  =  is
    //     ————————————————————————————————————————
    //                   E[f] = is
    //
    /// Fails when the support is not finite, or the mass cannot be shown positive at a point.
    pub fn enumeration(&self, of: &Term, is: &Term) -> Result<Theorem, Rejection> {
        let normalizer = self.fresh_parameters();
        let total = self.enumerate(&normalizer, of)?;
        self.same(&normalizer, &total.to_term(), is)?;
        let proposition = Proposition::Expectation { of: of.clone(), is: is.clone() };
        Ok(self.theorem(proposition, &[&normalizer], &[], &[]))
    }

    /// `E[of]` over a finite support, as a normal form.
    pub fn enumerate(&self, normalizer: &Normalizer, of: &Term) -> Result<Poly, Rejection> {
        // Each factor is worked out once, on the whole support; a normal form with a condition
        // there may fail at one point, so the conditions must have been discharged.
        let pointwise = self.fresh_pointwise();
        let factors = match of {
            Term::Product(factors) if !of.is_plain() => factors.iter().collect(),
            Term::Power(base, exponent) if !of.is_plain() && **exponent == Term::integer(2) => vec![&**base; 2],
            _ => vec![of],
        };
        let forms: Vec<Poly> = factors.into_iter().map(|own| pointwise.normalize(own)).collect::<Result<_, _>>()?;
        if !pointwise.conditions().is_empty() {
            return Err(Rejection::Malformed("a quantity that may be divided by zero on the support".into()));
        }
        let masses = self.masses()?;
        normalizer.assume(&masses.conditions);
        let mut total = Poly::zero();
        let names = self.setting.support.names();
        let separated: Vec<Option<Separated>> = forms.iter().map(|form| Separated::of(form, &names)).collect();
        for Mass { at, numbers, mass } in &masses.points {
            let mut value = mass.clone();
            for (form, separated) in forms.iter().zip(&separated) {
                let quick = numbers.as_ref().and_then(|numbers| separated.as_ref()?.at(numbers));
                value = value.times(&match quick {
                    Some(quick) => quick,
                    // A variate stands inside a function, an exponent or a sum.
                    None => normalizer.normalize(&form.to_term().substitute(at))?,
                })?;
            }
            total.add_assign(&value);
        }
        Ok(total)
    }

    /// The points of a finite support with their masses.
    fn masses(&self) -> Result<Rc<Masses>, Rejection> {
        if let Some(known) = &*self.masses.borrow() {
            return Ok(known.clone());
        }
        let names = self.setting.support.names();
        let normalizer = self.fresh_parameters();
        let pointwise = self.fresh_pointwise();
        let logarithm = pointwise.normalize(&Term::log_density()).ok().filter(|_| pointwise.conditions().is_empty());
        let separated = logarithm.and_then(|form| Separated::of(&form, &names));
        let mut weighed = Vec::new();
        for point in points(&self.setting.support)? {
            let numbers: Option<Vec<Rational>> = point.iter().map(|value| value.as_number().cloned()).collect();
            let at: Vec<(Name, Term)> = names.iter().cloned().zip(point).collect();
            let logarithm = match numbers.as_ref().and_then(|numbers| separated.as_ref()?.at(numbers)) {
                Some(quick) => quick,
                None => normalizer.normalize(&self.setting.log_density.substitute(&at))?,
            };
            weighed.push(Mass { at, numbers, mass: normalizer.exp(&logarithm)? });
        }
        let own = Rc::new(Masses { points: weighed, conditions: normalizer.assumed() });
        *self.masses.borrow_mut() = Some(own.clone());
        Ok(own)
    }

    //     f = Σ c_i f_i on the support   E[f_i] = v_i   is = Σ c_i v_i   c_i free of the variate
    //     ———————————————————————————————————————————————————————————————————————————————————————
    //                                          E[f] = is
    //
    /// Fails when one of the equations does. With no premises this is `E[0] = 0`; with one and
    /// coefficient 1 it is congruence.
    pub fn linearity(&self, of: &Term, is: &Term, premises: &[(Term, &Theorem)]) -> Result<Theorem, Rejection> {
        let pointwise = self.fresh_pointwise();
        let parameters = self.fresh_parameters();
        let names = self.setting.support.names();
        let (mut function, mut value) = (Vec::new(), Vec::new());
        for (coefficient, premise) in premises {
            self.concerned(premise)?;
            let Proposition::Expectation { of, is } = &premise.proposition else {
                return Err(Rejection::Malformed("a premise is not an expectation".into()));
            };
            if names.iter().any(|name| coefficient.contains(name)) {
                return Err(Rejection::Malformed("a coefficient depends on the variate".into()));
            }
            function.push(coefficient.clone() * of.clone());
            value.push(coefficient.clone() * is.clone());
        }
        self.same(&pointwise, of, &Term::sum(function))?;
        if let Some(term) = pointwise.conditions().into_iter().find(|term| names.iter().any(|name| term.contains(name)))
        {
            return Err(Rejection::Malformed(format!("{term} may vanish on the support")));
        }
        self.same(&parameters, is, &Term::sum(value))?;
        let proposition = Proposition::Expectation { of: of.clone(), is: is.clone() };
        let premises: Vec<&Theorem> = premises.iter().map(|(_, premise)| *premise).collect();
        Ok(self.theorem(proposition, &[&pointwise, &parameters], &premises, &[]))
    }

    //     p(x, y) = p(x) p(y | x)   E[f | x] = g(x)   E[g] = v   f ≥ 0, or E[E[1 + f² | x]] is finite
    //     ————————————————————————————————————————————————————————————————————————————————————————————
    //                                         E[f] = v
    //
    /// Fails when a premise is about another density than the parts of the section, or what the two
    /// premises hold in common is not the same term. Every expectation that is a theorem converges
    /// absolutely; that of f does by Tonelli's theorem, |f| ≤ 1 + f².
    pub fn tower(
        &self,
        section: &Section,
        conditional: &Theorem,
        marginal: &Theorem,
        square: Option<(&Theorem, &Theorem)>,
    ) -> Result<Theorem, Rejection> {
        if *section.whole() != self.setting {
            return Err(Rejection::Malformed("the split is of another density".into()));
        }
        let (of, is) = self.iterated(section, conditional, marginal)?;
        if !of.is_plain() {
            return Err(Rejection::Malformed("a formal quantity means another density in a conditional".into()));
        }
        let pointwise = self.fresh_pointwise();
        let function = pointwise.normalize(&of)?;
        let mut premises = vec![conditional, marginal];
        match (pointwise.sign(&function), square) {
            (Some(Sign::Positive | Sign::Nonnegative | Sign::Zero), _) => {}
            (_, Some((inner, outer))) => {
                let (squared, _) = self.iterated(section, inner, outer)?;
                self.same(&pointwise, &squared, &(Term::one() + Term::power(of.clone(), Term::integer(2))))?;
                premises.extend([inner, outer]);
            }
            (_, None) => {
                return Err(Rejection::Malformed(format!("{of} may be negative, and its square has no moment")));
            }
        }
        let names = self.setting.support.names();
        if pointwise.conditions().iter().any(|term| names.iter().any(|name| term.contains(name))) {
            return Err(Rejection::Malformed("a quantity that may be divided by zero on the support".into()));
        }
        // What was assumed while the others were held fixed must hold almost everywhere.
        let support = section.marginal().support();
        let almost = Normalizer::on_support(&self.setting.context, support);
        let mut theorem = self.theorem(Proposition::Expectation { of, is }, &[&pointwise], &premises, &[]);
        let (about, free): (BTreeSet<Term>, BTreeSet<Term>) =
            theorem.assumptions.into_iter().partition(|term| names.iter().any(|name| term.contains(name)));
        theorem.assumptions = free;
        for term in about {
            if !almost.divides_almost_everywhere(&almost.normalize(&term)?) {
                return Err(Rejection::Malformed(format!("{term} may vanish on the support")));
            }
        }
        Ok(theorem)
    }

    /// f and v of E[f | x] = g(x) and E[g] = v.
    fn iterated(&self, section: &Section, inner: &Theorem, outer: &Theorem) -> Result<(Term, Term), Rejection> {
        if inner.setting != *section.conditional() || outer.setting != *section.marginal() {
            return Err(Rejection::Malformed("a premise is about another density".into()));
        }
        match (&inner.proposition, &outer.proposition) {
            (Proposition::Expectation { of, is: between }, Proposition::Expectation { of: second, is })
                if between == second =>
            {
                Ok((of.clone(), is.clone()))
            }
            _ => Err(Rejection::Malformed("the two expectations are not of one another".into())),
        }
    }

    //     ∫_T exp k(t; s) dt = G(s)  (a lemma),   x = φ(t) a monotone bijection of T onto a piece of the support
    //     p(φ(t)) |φ′(t)| f(φ(t)) = Σ_j c_j ∂_s^m_j exp k(t; s)  at  s = σ(θ) + shift_j
    //     ———————————————————————————————————————————————————————————————————————————————————————————————————————
    //                              E[f] = Σ over the pieces of  Σ_j c_j ∂_s^m_j G(σ + shift_j)
    //
    /// On the circle x = t/k may take t round several times ([`turns`]), and half a domain is a piece where the
    /// integrand is its own mirror image ([`mirror`]). Fails when the pieces do not make up the support, a side
    /// condition of the lemma cannot be discharged, or the integrands differ.
    pub fn moment(&self, of: &Term, is: &Term, moment: &Moment) -> Result<Theorem, Rejection> {
        let outer = self.fresh_parameters();
        let worked_out = self.worked_out(of, moment)?;
        self.same(&outer, &worked_out.value.to_term(), is)?;
        let lemmas: Vec<&'static str> =
            moment.pieces.iter().filter_map(|piece| Lemma::find(&piece.lemma)).map(|lemma| lemma.name).collect();
        let proposition = Proposition::Expectation { of: of.clone(), is: is.clone() };
        let mut theorem = self.theorem(proposition, &[&outer], &[], &lemmas);
        theorem.assumptions.extend(worked_out.assumptions.iter().cloned());
        Ok(theorem)
    }

    /// The value that a lemma gives to `E[of]`, as a normal form; every condition is checked.
    pub fn moment_value(&self, of: &Term, moment: &Moment) -> Result<Poly, Rejection> {
        Ok(self.worked_out(of, moment)?.value.clone())
    }

    /// The value of a moment and what it assumes. Whoever looks for a value asks for its theorem next, so
    /// the last one is kept.
    fn worked_out(&self, of: &Term, moment: &Moment) -> Result<Rc<WorkedOut>, Rejection> {
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
        let names = self.setting.support.names();
        let [name] = names.as_slice() else {
            return Err(Rejection::Malformed("a lemma integrates over one scalar".into()));
        };
        let slice = slice(&self.setting.support, &self.setting.context, name)?;
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
        let density = pointwise.normalize(&self.setting.log_density)?;
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
        let names = self.setting.support.names();
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
            if outer.sign(&outer.normalize(&term)?) != Some(Sign::Positive) {
                return Err(Rejection::Condition { lemma: lemma.name, term });
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
            if !outer.divides_almost_everywhere(&poly) {
                conditions.insert(poly.to_term());
            }
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
    fn in_domain(
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

    /// Normal forms of terms in the parameters and a variable of integration.
    fn scope(&self, variable: &Name, domain: &Domain) -> Rc<Normalizer> {
        let key = (variable.clone(), domain.clone());
        if let Some(found) = self.scopes.borrow().get(&key) {
            return found.clone();
        }
        let support = Support::Product { coordinates: vec![key.clone()], inequalities: Vec::new() };
        let normalizer = Normalizer::on_support(&self.setting.context, &support);
        let normalizer = Rc::new(normalizer);
        self.scopes.borrow_mut().insert(key, normalizer.clone());
        normalizer
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
        if self.setting.context.domains.contains_key(&piece.variable) {
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
        let mut exponent = inner.normalize(&self.setting.log_density.substitute(&map))?.minus(&kernel);
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

/// A set holds each of its points once.
///
/// Fails when two of the listed points are equal, or cannot be told apart for all constants in them.
fn different_points(support: &Support, context: &Context) -> Result<(), Rejection> {
    let lists: Vec<Vec<Vec<Term>>> = match support {
        Support::Points { points, .. } => vec![points.clone()],
        Support::Product { coordinates, .. } => coordinates
            .iter()
            .filter_map(|(_, domain)| match domain {
                Domain::Finite(values) => Some(values.iter().map(|value| vec![value.clone()]).collect()),
                _ => None,
            })
            .collect(),
    };
    let normalizer = Normalizer::new(context);
    for points in lists {
        let numbers =
            |point: &Vec<Term>| point.iter().map(|value| value.as_number().cloned()).collect::<Option<Vec<_>>>();
        let mut plain: BTreeSet<Vec<Rational>> = BTreeSet::new();
        let mut others: Vec<&Vec<Term>> = Vec::new();
        for point in &points {
            match numbers(point) {
                Some(values) if !plain.insert(values.clone()) => {
                    return Err(Rejection::Malformed("a point of the support is listed twice".into()));
                }
                Some(_) => {}
                None => others.push(point),
            }
        }
        for (position, point) in others.iter().enumerate() {
            let rest = others.iter().skip(position + 1).copied();
            for other in rest.chain(points.iter().filter(|other| numbers(other).is_some())) {
                let apart = point.iter().zip(other).any(|(a, b)| {
                    let difference = normalizer.normalize(&(a.clone() - b.clone()));
                    difference.is_ok_and(|difference| normalizer.sign(&difference).is_some_and(Sign::is_strict))
                });
                if !apart {
                    let shown = |point: &[Term]| point.iter().map(Term::to_string).collect::<Vec<_>>().join(", ");
                    return Err(Rejection::Malformed(format!(
                        "the points {} and {} of the support may be the same",
                        shown(point),
                        shown(other)
                    )));
                }
            }
        }
    }
    Ok(())
}

/// All points of a finite support.
///
/// Fails when the support is infinite or too large.
pub fn points(support: &Support) -> Result<Vec<Vec<Term>>, Rejection> {
    let not_finite = || Rejection::Malformed("the support is not finite".into());
    let too_large = || Rejection::Obstacle(Obstacle::TooLarge("a finite support"));
    match support {
        Support::Points { points, .. } => Ok(points.clone()),
        Support::Product { coordinates, inequalities } => {
            let mut all: Vec<Vec<Term>> = vec![Vec::new()];
            for (_, domain) in coordinates {
                let values: Vec<Term> = match domain {
                    Domain::Finite(values) => values.clone(),
                    Domain::Integers { lower: Some(Term::Number(lower)), upper: Some(Term::Number(upper)) } => {
                        let (Some(from), Some(to)) =
                            (lower.ceil().to_integer().to_i64(), upper.floor().to_integer().to_i64())
                        else {
                            return Err(too_large());
                        };
                        if to.saturating_sub(from) > MOST_POINTS as i64 {
                            return Err(too_large());
                        }
                        (from..=to).map(Term::integer).collect()
                    }
                    _ => return Err(not_finite()),
                };
                if all.len().saturating_mul(values.len()) > MOST_POINTS {
                    return Err(too_large());
                }
                all = all
                    .iter()
                    .flat_map(|point| values.iter().map(|value| [point.clone(), vec![value.clone()]].concat()))
                    .collect();
            }
            let names: Vec<Name> = coordinates.iter().map(|(name, _)| name.clone()).collect();
            let empty = Normalizer::new(&Context::default());
            let mut kept = Vec::new();
            for point in all {
                let at: Vec<(Name, Term)> = names.iter().cloned().zip(point.iter().cloned()).collect();
                let mut inside = true;
                for inequality in inequalities {
                    let value = empty.normalize(&inequality.substitute(&at))?;
                    match empty.sign(&value) {
                        Some(Sign::Positive | Sign::Nonnegative | Sign::Zero) => {}
                        Some(_) => inside = false,
                        None => return Err(not_finite()),
                    }
                }
                if inside {
                    kept.push(point);
                }
            }
            Ok(kept)
        }
    }
}
