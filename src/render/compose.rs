//! From a term to written mathematics: the one place where notation is decided.
//!
//! Nothing here changes what a term means. Factors are gathered over and under a fraction bar,
//! signs are pulled to the front, equal factors become powers and √a·√b becomes √(ab), which holds
//! wherever the term is real.

use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::kernel::term::{Constant, Function, Name, Rational, Term};

use super::names::Names;
use super::notation::{Fence, Level, Notation, Prime, Separator, Sign, Symbol, slash};
use super::order;

/// The notation of a term.
pub fn notation(term: &Term, names: &Names) -> Notation {
    Composer { names, script: false }.term(term)
}

/// How wide an exponent of e may be, in tenths of a letter, before `exp(…)` takes over.
const SHORT_EXPONENT: usize = 122;
/// How wide a sum above a plain number may be before the number becomes a coefficient.
const LONG_NUMERATOR: usize = 285;

/// How wide a factor of a fraction may be when its own fractions lie on the line.
const WIDEST_FLAT: usize = 255;

struct Composer<'a> {
    names: &'a Names,
    /// Inside an exponent: fractions lie on the line.
    script: bool,
}

/// One factor `base^exponent` of a product, the exponent positive where it is a number.
#[derive(Clone)]
struct Factor {
    base: Term,
    exponent: Term,
}

/// A product taken apart.
struct Parts {
    coefficient: Rational,
    over: Vec<Factor>,
    under: Vec<Factor>,
}

impl Composer<'_> {
    fn term(&self, term: &Term) -> Notation {
        match self.signed(term) {
            (Sign::Plus, notation) => notation,
            (Sign::Minus, notation) => notation.negated(),
        }
    }

    /// A term with its sign in front, so that a sum can use the sign as its operator.
    fn signed(&self, term: &Term) -> (Sign, Notation) {
        match term {
            Term::Number(_) | Term::Product(_) | Term::Power(..) => self.product(term),
            Term::Sum(terms) if terms.len() == 1 => self.signed(&terms[0]),
            _ => (Sign::Plus, self.plain(term)),
        }
    }

    fn plain(&self, term: &Term) -> Notation {
        match term {
            Term::Constant(constant) => constant_symbol(*constant).into(),
            Term::Variable(name) => self.names.symbol(name).into(),
            Term::Sum(terms) => self.sum(terms),
            Term::Apply(function, arguments) => self.apply(*function, arguments),
            Term::LogDensity(replaced) => self.log_density(replaced),
            Term::Derivative(..) => self.derivative(term),
            Term::Expectation(body) => Notation::Expectation(Box::new(self.display().term(body))),
            Term::Number(_) | Term::Product(_) | Term::Power(..) => self.term(term),
        }
    }

    fn display(&self) -> Composer<'_> {
        Composer { names: self.names, script: false }
    }

    fn sum(&self, terms: &[Term]) -> Notation {
        let mut flat = Vec::new();
        flatten_sum(terms, &mut flat);
        let signed = order::sum(&flat, self.names).into_iter().map(|term| {
            let (sign, notation) = self.signed(term);
            (sign, notation.within(Level::Slash))
        });
        let signed: Vec<_> = signed.collect();
        match signed.len() {
            0 => Notation::number(0),
            1 if signed[0].0 == Sign::Plus => signed.into_iter().next().expect("one").1,
            _ => Notation::Sum(signed),
        }
    }

    // ---------------------------------------------------------------- products

    fn product(&self, term: &Term) -> (Sign, Notation) {
        let mut parts = Parts { coefficient: Rational::one(), over: Vec::new(), under: Vec::new() };
        gather(term, &mut parts);
        if parts.coefficient.is_zero() {
            return (Sign::Plus, Notation::number(0));
        }
        let sign = if parts.coefficient.is_negative() { Sign::Minus } else { Sign::Plus };
        let coefficient = parts.coefficient.abs();
        join_roots(&mut parts);
        let mut over = self.arrange(parts.over);
        let mut under = self.arrange(parts.under);
        if !under.is_empty() {
            over.iter_mut().chain(&mut under).for_each(|(factor, notation)| self.flatten(factor, notation));
        }

        let mut below: Vec<Notation> = Vec::new();
        if !coefficient.denom().is_one() {
            below.push(Notation::number(coefficient.denom()));
        }
        let under_holds_variate = under.iter().any(|(factor, _)| self.holds_variate(factor));
        let only_a_number_below = under.is_empty();
        below.extend(under.into_iter().map(|(_, notation)| notation));

        let number = (!coefficient.numer().is_one()).then(|| Notation::number(coefficient.numer()));
        if below.is_empty() {
            let factors = number.into_iter().chain(over.into_iter().map(|(_, notation)| notation)).collect();
            return (sign, juxtapose(factors));
        }
        let below = bare(juxtapose(below));
        if self.script {
            let factors = number.into_iter().chain(over.into_iter().map(|(_, notation)| notation)).collect();
            return (sign, slash(&bare(juxtapose(factors)), &below));
        }
        let (mut above, mut beside): (Vec<Notation>, Vec<Notation>) = (number.into_iter().collect(), Vec::new());
        for (factor, notation) in over {
            if self.stands_beside(&factor, &notation, only_a_number_below, under_holds_variate) {
                beside.push(notation);
            } else {
                above.push(notation);
            }
        }
        let mut factors = vec![Notation::fraction(bare(juxtapose(above)), below)];
        factors.append(&mut beside);
        (sign, juxtapose(factors))
    }

    /// Γ(k/2) in a fraction has its own fraction on the line.
    fn flatten(&self, factor: &Factor, notation: &mut Notation) {
        let operator = matches!(factor.base, Term::Apply(function, _) if order::is_operator(function));
        if self.script || operator || !notation.is_tall() || !is_tall_in_calls(notation) {
            return;
        }
        let flat = Composer { names: self.names, script: true }.power(&factor.base, &factor.exponent);
        let flat = flat.within(Level::Product);
        if flat.width() <= WIDEST_FLAT {
            *notation = flat;
        }
    }

    /// Whether a factor is written after the fraction rather than on top of it.
    ///
    /// Tall and formal factors are. So are functions over a mere number: ½ log x, not (log x)/2.
    /// And so is the kernel of a density, whose normalising constant is the fraction:
    /// b^a/Γ(a) · x^{a−1} e^{−bx}.
    fn stands_beside(&self, factor: &Factor, notation: &Notation, number_below: bool, variate_below: bool) -> bool {
        let formal = matches!(factor.base, Term::Expectation(_) | Term::Derivative(..) | Term::LogDensity(_));
        let function =
            matches!(factor.base, Term::Apply(..)) && !matches!(factor.base, Term::Apply(Function::Factorial, _));
        let kernel = !variate_below
            && self.holds_variate(factor)
            && (is_exp(&factor.base) || factor.exponent.as_number().is_none());
        let long = matches!(notation, Notation::Group(Fence::Round, _)) && notation.width() > LONG_NUMERATOR;
        notation.is_tall() || formal || kernel || number_below && (function || long)
    }

    fn holds_variate(&self, factor: &Factor) -> bool {
        let holds = |term: &Term| term.variables().iter().any(|name| self.names.is_variate(name));
        holds(&factor.base) || holds(&factor.exponent)
    }

    /// Factors in reading order, each with its notation; equal ones merged, roots under one sign.
    fn arrange(&self, factors: Vec<Factor>) -> Vec<(Factor, Notation)> {
        let mut merged: Vec<Factor> = Vec::new();
        for factor in factors {
            let twin = merged.iter_mut().find(|own| own.base == factor.base);
            match (twin, factor.exponent.as_number()) {
                (Some(own), Some(more)) if own.exponent.as_number().is_some() => {
                    let total = own.exponent.as_number().expect("guarded") + more;
                    own.exponent = Term::Number(total);
                }
                _ => merged.push(factor),
            }
        }
        let half = Term::ratio(1, 2);
        let (roots, mut rest): (Vec<Factor>, Vec<Factor>) =
            merged.into_iter().partition(|factor| factor.exponent == half && !matches!(factor.base, Term::Sum(_)));
        if roots.len() > 1 {
            let radicand = Term::Product(roots.into_iter().map(|factor| factor.base).collect());
            rest.push(Factor { base: radicand, exponent: half });
        } else {
            rest.extend(roots);
        }
        rest.sort_by_key(|factor| order::factor(&factor.base, &factor.exponent, self.names));
        rest.into_iter()
            .map(|factor| {
                let notation = self.power(&factor.base, &factor.exponent).within(Level::Product);
                (factor, notation)
            })
            .collect()
    }

    /// `base^exponent` for an exponent that is no negative number.
    fn power(&self, base: &Term, exponent: &Term) -> Notation {
        if exponent.is_one() {
            return self.term(base);
        }
        if *exponent == Term::ratio(1, 2) {
            return Notation::Root(Box::new(self.term(base)));
        }
        let raised = Composer { names: self.names, script: true }.term(exponent);
        if let Term::Apply(
            function @ (Function::Cos
            | Function::Sin
            | Function::Tan
            | Function::Cosh
            | Function::Sinh
            | Function::Tanh),
            arguments,
        ) = base
            && *exponent == Term::integer(2)
        {
            // cos²x, as everybody writes it; other powers and functions take parentheses.
            return self.operator(Notation::power(operator_symbol(*function).into(), raised), &arguments[0]);
        }
        let written = self.term(base);
        let written = match (&written, base) {
            // e^{x} cannot carry a second exponent, and log(x)² would be read as log(x²).
            (_, Term::Apply(function, _)) if !carries_exponent(*function) => Notation::group(Fence::Round, written),
            (Notation::Fraction(..), _) => Notation::group(Fence::Round, written),
            _ => written.within(Level::Atom),
        };
        Notation::power(written, raised)
    }

    // --------------------------------------------------------------- functions

    fn apply(&self, function: Function, arguments: &[Term]) -> Notation {
        let inline = |index: usize| self.term(&arguments[index]);
        let call = |symbol: Symbol, from: usize| {
            Notation::call(symbol, arguments[from..].iter().map(|argument| self.term(argument)).collect())
        };
        match function {
            Function::Exp => self.exponential(&arguments[0]),
            Function::Sqrt => Notation::Root(Box::new(inline(0))),
            Function::Abs => Notation::group(Fence::Bars, inline(0)),
            Function::Binomial => Notation::Binomial(Box::new(inline(0)), Box::new(inline(1))),
            Function::Factorial => Notation::Factorial(Box::new(inline(0).within(Level::Atom))),
            Function::LogGamma => Notation::prefix(
                operator_symbol(Function::Log),
                Notation::call(operator_symbol(Function::Gamma), vec![inline(0)]),
            ),
            Function::Log | Function::Cos | Function::Sin | Function::Tan => self.prefix(function, &arguments[0]),
            Function::Cosh | Function::Sinh | Function::Tanh | Function::Atan => self.prefix(function, &arguments[0]),
            Function::Trigamma => call(operator_symbol(Function::Digamma).primed(1), 0),
            Function::Polygamma => call(differentiated(operator_symbol(Function::Digamma), &arguments[0], self), 1),
            Function::ZetaDerivative => call(differentiated(operator_symbol(Function::Zeta), &arguments[0], self), 1),
            Function::BesselI | Function::BesselK => {
                let index = Composer { names: self.names, script: true }.term(&arguments[0]);
                call(operator_symbol(function).indexed(index), 1)
            }
            Function::Sign | Function::Gamma | Function::Beta | Function::Digamma | Function::Zeta | Function::Erf => {
                call(operator_symbol(function), 0)
            }
        }
    }

    fn prefix(&self, function: Function, argument: &Term) -> Notation {
        self.operator(operator_symbol(function).into(), argument)
    }

    /// `log x`, `cos(x − μ)`, `log Γ(a)`: parentheses only where the argument could be misread.
    fn operator(&self, head: Notation, argument: &Term) -> Notation {
        let inner = self.term(argument);
        let reads_alone = match &inner {
            Notation::Number(_) | Notation::Symbol(_) | Notation::Binomial(..) | Notation::Fraction(..) => true,
            Notation::Root(_) | Notation::Factorial(_) | Notation::Prefix(..) | Notation::Call(..) => true,
            Notation::Group(fence, _) => *fence == Fence::Bars,
            _ => false,
        };
        if reads_alone { Notation::prefix(head, inner) } else { Notation::call(head, vec![inner]) }
    }

    /// e^{…} when short, exp(…) when the exponent is long or would need a tall fraction.
    fn exponential(&self, argument: &Term) -> Notation {
        let raised = Composer { names: self.names, script: true }.term(argument);
        let crowded = contains_grouped_slash(&raised);
        if raised.width() <= SHORT_EXPONENT && !crowded {
            return Notation::power(constant_symbol(Constant::E).into(), raised);
        }
        Notation::call(operator_symbol(Function::Exp), vec![self.display().term(argument)])
    }

    // ------------------------------------------------------------ formal nodes

    /// ℓ, ℓ′ with every parameter the second argument's, and log p(…) with its arguments otherwise.
    fn log_density(&self, replaced: &[(Name, Term)]) -> Notation {
        let ell = Symbol::new("\\ell", "ℓ");
        if replaced.is_empty() {
            return ell.into();
        }
        if replaced.iter().all(|(name, value)| *value == Term::Variable(Names::primed(name))) {
            return ell.primed(1).into();
        }
        let value = |name: &Name| {
            let replacement = replaced.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
            self.term(&replacement.unwrap_or_else(|| Term::Variable(name.clone())))
        };
        let parameters: Vec<Notation> = if self.names.parameters().is_empty() {
            replaced.iter().map(|(_, value)| self.term(value)).collect()
        } else {
            self.names.parameters().iter().map(value).collect()
        };
        Notation::prefix(operator_symbol(Function::Log), density(self.names, parameters))
    }

    /// Nested derivatives become one of higher order.
    fn derivative(&self, term: &Term) -> Notation {
        let mut by: Vec<Name> = Vec::new();
        let mut body = term;
        while let Term::Derivative(inner, name) = body {
            by.push(name.clone());
            body = inner;
        }
        by.sort_by_key(|name| self.names.rank(name));
        let mut counted: Vec<(Name, usize)> = Vec::new();
        for name in by {
            match counted.last_mut() {
                Some((last, times)) if *last == name => *times += 1,
                _ => counted.push((name, 1)),
            }
        }
        let by = counted.into_iter().map(|(name, times)| (self.names.symbol(&name).into(), times)).collect();
        let written = self.display().term(body);
        match written {
            Notation::Symbol(_) => Notation::Derivative { of: Some(Box::new(written)), by },
            _ => {
                let operator = Notation::Derivative { of: None, by };
                Notation::Product(vec![operator, written.within(Level::Product)])
            }
        }
    }
}

/// p(x; a, b), with covariates p(y | x; a, b).
pub fn density(names: &Names, parameters: Vec<Notation>) -> Notation {
    let letters = |list: &[Name]| Notation::comma(list.iter().map(|name| names.symbol(name).into()).collect());
    let mut sides = Vec::new();
    if !names.variates().is_empty() {
        let variates = letters(names.variates());
        sides.push(match names.covariates() {
            [] => variates,
            covariates => Notation::list(Separator::Given, vec![variates, letters(covariates)]),
        });
    }
    if !parameters.is_empty() {
        sides.push(Notation::comma(parameters));
    }
    Notation::Call(Box::new(Symbol::letter("p").into()), Box::new(Notation::list(Separator::Semicolon, sides)))
}

pub fn constant_symbol(constant: Constant) -> Symbol {
    match constant {
        Constant::Pi => Symbol::new("\\pi", "π"),
        Constant::E => Symbol::letter("e"),
        Constant::EulerGamma => Symbol::new("\\gamma", "γ"),
    }
}

/// The sign of a function that is written with a head.
fn operator_symbol(function: Function) -> Symbol {
    match function {
        Function::Exp => Symbol::new("\\exp", "exp"),
        Function::Log | Function::LogGamma => Symbol::new("\\log", "log"),
        Function::Cos => Symbol::new("\\cos", "cos"),
        Function::Sin => Symbol::new("\\sin", "sin"),
        Function::Tan => Symbol::new("\\tan", "tan"),
        Function::Cosh => Symbol::new("\\cosh", "cosh"),
        Function::Sinh => Symbol::new("\\sinh", "sinh"),
        Function::Tanh => Symbol::new("\\tanh", "tanh"),
        Function::Atan => Symbol::new("\\arctan", "arctan"),
        Function::Gamma => Symbol::new("\\Gamma", "Γ"),
        Function::Beta => Symbol::new("\\operatorname{B}", "B"),
        Function::Digamma | Function::Trigamma | Function::Polygamma => Symbol::new("\\psi", "ψ"),
        Function::Zeta | Function::ZetaDerivative => Symbol::new("\\zeta", "ζ"),
        Function::BesselI => Symbol::letter("I"),
        Function::BesselK => Symbol::letter("K"),
        Function::Erf => Symbol::new("\\operatorname{erf}", "erf"),
        Function::Sign => Symbol::new("\\operatorname{sgn}", "sgn"),
        Function::Sqrt | Function::Abs | Function::Binomial | Function::Factorial => Symbol::letter(function.keyword()),
    }
}

/// ψ, ψ′, ψ″, ψ⁽ⁿ⁾.
fn differentiated(symbol: Symbol, order: &Term, composer: &Composer<'_>) -> Symbol {
    match order.as_number().filter(|value| value.is_integer()).and_then(|value| value.to_integer().to_usize()) {
        Some(count @ 0..=2) => symbol.primed(count),
        _ => Symbol { prime: Prime::Order(Box::new(composer.term(order))), ..symbol },
    }
}

/// Whether f(x)² is read as (f(x))².
fn carries_exponent(function: Function) -> bool {
    match function {
        Function::Gamma | Function::Beta | Function::Digamma | Function::Trigamma | Function::Zeta => true,
        Function::BesselI | Function::BesselK | Function::Erf | Function::Sign | Function::Abs => true,
        Function::Binomial => true,
        // ψ⁽³⁾(a)² and ζ′(s)² read well too: the order of the derivative stands before the argument.
        Function::Polygamma | Function::ZetaDerivative => true,
        _ => false,
    }
}

/// √a above and √b below as √(a/b).
fn join_roots(parts: &mut Parts) {
    let half = Term::ratio(1, 2);
    let root = |factor: &Factor| factor.exponent == half && !matches!(factor.base, Term::Sum(_));
    if !parts.over.iter().any(root) || !parts.under.iter().any(root) {
        return;
    }
    let take = |side: &mut Vec<Factor>| {
        let (roots, rest): (Vec<Factor>, Vec<Factor>) = std::mem::take(side).into_iter().partition(root);
        *side = rest;
        roots.into_iter().map(|factor| factor.base)
    };
    let mut radicand: Vec<Term> = take(&mut parts.over).collect();
    radicand.extend(take(&mut parts.under).map(Term::recip));
    parts.over.push(Factor { base: Term::product(radicand), exponent: half });
}

/// Whether only the arguments of functions make a formula stand higher than a line.
fn is_tall_in_calls(notation: &Notation) -> bool {
    match notation {
        Notation::Call(..) | Notation::Prefix(..) => true,
        Notation::Fraction(..) | Notation::Derivative { .. } | Notation::Binomial(..) => false,
        Notation::Matrix(_) | Notation::Big { .. } => false,
        other => other.children().into_iter().all(is_tall_in_calls),
    }
}

fn is_exp(term: &Term) -> bool {
    matches!(term, Term::Apply(Function::Exp, _))
}

/// An exponent such as (x − μ)²/(2σ²), which nobody wants to read in small type.
fn contains_grouped_slash(notation: &Notation) -> bool {
    let grouped = |part: &Notation| match part {
        Notation::Group(..) => true,
        other => other.children().iter().any(|child| matches!(child, Notation::Group(..))),
    };
    match notation {
        Notation::Slash(over, under) => grouped(over) || grouped(under),
        other => other.children().into_iter().any(contains_grouped_slash),
    }
}

/// Sums inside sums are one sum to a reader.
fn flatten_sum<'t>(terms: &'t [Term], out: &mut Vec<&'t Term>) {
    for term in terms {
        match term {
            Term::Sum(inner) if !inner.is_empty() => flatten_sum(inner, out),
            other => out.push(other),
        }
    }
}

/// Takes a product apart into coefficient, factors above and factors below.
fn gather(term: &Term, parts: &mut Parts) {
    gather_power(term, &Rational::one(), parts);
}

/// `term^exponent`; a product is only entered where the exponent is ±1, so that (ab)² stays.
fn gather_power(term: &Term, exponent: &Rational, parts: &mut Parts) {
    match term {
        Term::Product(factors) if exponent.abs().is_one() => {
            for factor in factors.iter() {
                gather_power(factor, exponent, parts);
            }
        }
        Term::Number(value) if exponent.is_integer() && (!value.is_zero() || exponent.is_positive()) => {
            match exponent.to_integer().to_i32().filter(|power| power.abs() <= 64) {
                Some(power) => parts.coefficient *= value.pow(power),
                None => push(term, exponent.clone(), parts),
            }
        }
        Term::Power(base, own) => match own.as_number() {
            // (x^a)^b is entered only for b = ±1, where it is x^{±a} without any condition.
            Some(own) if exponent.abs().is_one() => gather_power(base, &(own * exponent), parts),
            None if exponent.is_one() => parts.over.push(Factor { base: (**base).clone(), exponent: (**own).clone() }),
            None if (-exponent).is_one() => {
                parts.under.push(Factor { base: (**base).clone(), exponent: (**own).clone() })
            }
            _ => push(term, exponent.clone(), parts),
        },
        Term::Apply(Function::Sqrt, arguments) if exponent.abs().is_one() => {
            push(&arguments[0], exponent / Rational::from_integer(2.into()), parts);
        }
        Term::Sum(terms) if terms.len() == 1 => gather_power(&terms[0], exponent, parts),
        _ => push(term, exponent.clone(), parts),
    }
}

fn push(base: &Term, exponent: Rational, parts: &mut Parts) {
    if exponent.is_zero() {
        return;
    }
    let side = if exponent.is_negative() { &mut parts.under } else { &mut parts.over };
    side.push(Factor { base: base.clone(), exponent: Term::Number(exponent.abs()) });
}

/// Factors side by side, so that none swallows the next: sums in parentheses, `log x` closed
/// before another factor follows.
fn juxtapose(mut factors: Vec<Notation>) -> Notation {
    let count = factors.len();
    for index in 0..count {
        let follower_is_operator = factors.get(index + 1).is_none_or(|next| matches!(next, Notation::Prefix(..)));
        if follower_is_operator {
            continue;
        }
        if let Notation::Prefix(head, argument) = &factors[index]
            && !matches!(**argument, Notation::Call(..) | Notation::Group(..))
        {
            factors[index] = Notation::call((**head).clone(), vec![(**argument).clone()]);
        }
    }
    Notation::product(factors)
}

/// A sum alone above or below a bar sheds its parentheses.
fn bare(notation: Notation) -> Notation {
    match notation {
        Notation::Group(Fence::Round, inner) => *inner,
        other => other,
    }
}
