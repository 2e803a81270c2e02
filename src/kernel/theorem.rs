//! Theorems, and the only rules that make one.
//!
//! A [`Theorem`] has private fields and no constructor but the rules of [`Checker`] below. Above
//! each rule stands what it needs, what follows, and when it fails.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::cases::Cases;
use super::certificate::{Moment, Proposition};
use super::domain::{Context, Domain, Support};
use super::exchange::{Renaming, has_other_parameters, is_invariant};
use super::lemma::Lemma;
use super::moment::{Pole, WorkedOut};
use super::normal::Normalizer;
use super::poly::{Obstacle, Poly, Separated};
use super::section::Section;
use super::setting::{Setting, points};
use super::sign::Sign;
use super::term::{Name, Rational, Term};

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
                let plain = Normalizer::new(&Context::default());
                match plain.normalize(term).ok().and_then(|poly| poly.as_constant()) {
                    Some(value) => {
                        let value = Term::Number(value);
                        write!(f, "`{lemma}` does not converge here: what must be positive is `{value}`")
                    }
                    None => write!(f, "`{lemma}` needs `{term} > 0`, which the declared domains do not give"),
                }
            }
            Rejection::Malformed(what) => write!(f, "{what}"),
            Rejection::Vacuous(what) => write!(f, "{what}"),
        }
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
pub(super) type DifferentiatedLemma = Arc<(Term, Term)>;
/// A lemma's name, the orders of its derivatives, and where its limit is taken.
type LemmaKey = (&'static str, Vec<(Name, u32)>, Option<Pole>);

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
    pub(super) setting: Arc<Setting>,
    pub(super) lemmas: RefCell<HashMap<LemmaKey, DifferentiatedLemma>>,
    pub(super) scopes: RefCell<HashMap<(Name, Domain), Rc<Normalizer>>>,
    /// Where values of auxiliary variables are specialised.
    auxiliary: RefCell<HashMap<Vec<(Name, Domain)>, Normalizer>>,
    pub(super) last_moment: RefCell<Option<Rc<WorkedOut>>>,
    masses: RefCell<Option<Rc<Masses>>>,
    parameters: Normalizer,
    /// Like `parameters`, where the formal log-density means nothing.
    values: Normalizer,
    pointwise: Normalizer,
}

impl Checker {
    pub fn new(setting: &Arc<Setting>) -> Checker {
        let values = Normalizer::new(setting.context());
        Checker {
            setting: setting.clone(),
            lemmas: RefCell::default(),
            scopes: RefCell::default(),
            auxiliary: RefCell::default(),
            last_moment: RefCell::default(),
            masses: RefCell::default(),
            parameters: values.fresh().with_log_density(setting.log_density()),
            values,
            pointwise: Normalizer::on_support(setting.context(), setting.support())
                .with_log_density(setting.log_density()),
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
    pub(super) fn fresh_pointwise(&self) -> Normalizer {
        self.pointwise.fresh()
    }

    pub(super) fn fresh_parameters(&self) -> Normalizer {
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
        let mut context = self.setting.context().clone();
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
        let factors = match of {
            Term::Product(factors) if !of.is_plain() => factors.iter().collect(),
            Term::Power(base, exponent) if !of.is_plain() && **exponent == Term::integer(2) => vec![&**base; 2],
            _ => vec![of],
        };
        let pointwise = self.fresh_pointwise();
        let forms = factors.iter().map(|own| pointwise.normalize(own)).collect::<Result<Vec<Poly>, _>>();
        let forms = match forms {
            Ok(forms) if pointwise.conditions().is_empty() => forms,
            _ => return self.enumerate_point_by_point(normalizer, &factors),
        };
        let masses = self.masses()?;
        normalizer.assume(&masses.conditions);
        let mut total = Poly::zero();
        let names = self.setting.support().names();
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

    /// The same where a factor has no form that holds on the whole support: at each point it is made of the
    /// log-density at that point.
    fn enumerate_point_by_point(&self, normalizer: &Normalizer, factors: &[&Term]) -> Result<Poly, Rejection> {
        let names = self.setting.support().names();
        if !factors.iter().all(|own| is_pointwise(own, &names)) {
            return Err(Rejection::Malformed("a quantity that may be divided by zero on the support".into()));
        }
        let masses = self.masses()?;
        normalizer.assume(&masses.conditions);
        let mut total = Poly::zero();
        for Mass { at, mass, .. } in &masses.points {
            let here = normalizer.fresh().with_log_density(&self.setting.log_density().substitute(at));
            let mut value = mass.clone();
            for own in factors {
                value = value.times(&here.normalize(&own.substitute(at))?)?;
            }
            normalizer.assume(&here.assumed());
            total.add_assign(&value);
        }
        Ok(total)
    }

    /// The points of a finite support with their masses.
    fn masses(&self) -> Result<Rc<Masses>, Rejection> {
        if let Some(known) = &*self.masses.borrow() {
            return Ok(known.clone());
        }
        let names = self.setting.support().names();
        let normalizer = self.fresh_parameters();
        let pointwise = self.fresh_pointwise();
        let logarithm = pointwise.normalize(&Term::log_density()).ok().filter(|_| pointwise.conditions().is_empty());
        let separated = logarithm.and_then(|form| Separated::of(&form, &names));
        let mut weighed = Vec::new();
        for point in points(self.setting.support())? {
            let numbers: Option<Vec<Rational>> = point.iter().map(|value| value.as_number().cloned()).collect();
            let at: Vec<(Name, Term)> = names.iter().cloned().zip(point).collect();
            let logarithm = match numbers.as_ref().and_then(|numbers| separated.as_ref()?.at(numbers)) {
                Some(quick) => quick,
                None => normalizer.normalize(&self.setting.log_density().substitute(&at))?,
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
        let names = self.setting.support().names();
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
        let names = self.setting.support().names();
        if pointwise.conditions().iter().any(|term| names.iter().any(|name| term.contains(name))) {
            return Err(Rejection::Malformed("a quantity that may be divided by zero on the support".into()));
        }
        // What was assumed while the others were held fixed must hold almost everywhere.
        let support = section.marginal().support();
        let almost = Normalizer::on_support(self.setting.context(), support);
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

    //     the support is the disjoint union of S_1, …, S_k   ∫ over S_i of f p = v_i   is = Σ v_i
    //     —————————————————————————————————————————————————————————————————————————————————————————
    //                                          E[f] = is
    //
    /// Fails when a premise is about another density than its case, or about another function than f there.
    pub fn cases(&self, cases: &Cases, of: &Term, is: &Term, premises: &[&Theorem]) -> Result<Theorem, Rejection> {
        if *cases.whole() != self.setting {
            return Err(Rejection::Malformed("the cases are of another density".into()));
        }
        if !of.is_plain() {
            return Err(Rejection::Malformed("a formal quantity means another density in a case".into()));
        }
        if premises.len() != cases.parts().len() {
            return Err(Rejection::Malformed("there is not one premise for each case".into()));
        }
        let mut values = Vec::with_capacity(premises.len());
        for (case, premise) in cases.parts().iter().zip(premises) {
            let Proposition::Expectation { of: own, is } = &premise.proposition else {
                return Err(Rejection::Malformed("a premise is not an expectation".into()));
            };
            if premise.setting != *case.setting() || *own != case.restricted(of) {
                return Err(Rejection::Malformed("a premise is about another case".into()));
            }
            values.push(is.clone());
        }
        let parameters = self.fresh_parameters();
        self.same(&parameters, is, &Term::sum(values))?;
        let proposition = Proposition::Expectation { of: of.clone(), is: is.clone() };
        Ok(self.theorem(proposition, &[&parameters], premises, &[]))
    }

    //     ∫_T exp k(t; s) dt = G(s)  (a lemma),   x = φ(t) a monotone bijection of T onto a piece of the support
    //     p(φ(t)) |φ′(t)| f(φ(t)) = Σ_j c_j ∂_s^m_j exp k(t; s)  at  s = σ(θ) + shift_j
    //     ———————————————————————————————————————————————————————————————————————————————————————————————————————
    //                              E[f] = Σ over the pieces of  Σ_j c_j ∂_s^m_j G(σ + shift_j)
    //
    /// On the circle x = t/k may take t round several times ([`turns`](super::symmetry::turns)), and half a domain is
    /// a piece where the integrand is its own mirror image ([`mirror`](super::symmetry::mirror)). Fails when the
    /// pieces do not make up the support, a side condition of the lemma cannot be discharged, or the integrands differ.
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

    /// Normal forms of terms in the parameters and a variable of integration.
    pub(super) fn scope(&self, variable: &Name, domain: &Domain) -> Rc<Normalizer> {
        let key = (variable.clone(), domain.clone());
        if let Some(found) = self.scopes.borrow().get(&key) {
            return found.clone();
        }
        let support = Support::Product { coordinates: vec![key.clone()], inequalities: Vec::new() };
        let normalizer = Normalizer::on_support(self.setting.context(), &support);
        let normalizer = Rc::new(normalizer);
        self.scopes.borrow_mut().insert(key, normalizer.clone());
        normalizer
    }
}

/// Whether the value at a point follows from the log-density at that point alone: no derivative by a variate, no
/// variate exchanged.
fn is_pointwise(term: &Term, variates: &[Name]) -> bool {
    let own = match term {
        Term::Derivative(_, by) => !variates.contains(by),
        Term::LogDensity(replaced) => !replaced
            .iter()
            .any(|(name, by)| variates.contains(name) || variates.iter().any(|variate| by.contains(variate))),
        _ => true,
    };
    own && term.children().all(|child| is_pointwise(child, variates))
}
