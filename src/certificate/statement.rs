//! What a proposition says about a family, read off the proposition itself.

use crate::kernel::certificate::Proposition;
use crate::kernel::term::{Name, Term};
use crate::model::family::Family;

/// A quantity of the family, and the value that is proved for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `fisher[a, b]`, `kl`, `normalization` …
    pub quantity: String,
    /// How the quantity is defined, such as `E[-d2/da db log p]`.
    pub definition: String,
    pub value: Term,
}

impl Statement {
    pub fn length(&self) -> usize {
        self.value.to_string().len()
    }

    /// The order in which statements are read.
    pub fn rank(&self) -> usize {
        const ORDER: [&str; 8] =
            ["normalization", "score", "hessian", "zero-mean score", "mean", "fisher", "minus mean hessian", "kl"];
        let kind = self.quantity.split('[').next().unwrap_or_default();
        ORDER.iter().position(|own| *own == kind).unwrap_or(ORDER.len())
    }
}

/// The statement that a proposition makes, or none when it is only a step on the way.
///
/// A value must be worked out: without formal terms, by which anything equals itself, and free of
/// the variate where it is an expectation.
pub fn statement(family: &Family, proposition: &Proposition) -> Option<Statement> {
    let (quantity, definition, value) = match proposition {
        Proposition::Equal { left, right } => {
            let by = derivatives(family, left)?;
            match by.as_slice() {
                [a] => (format!("score[{a}]"), format!("d/d{a} log p"), right),
                [a, b] => (format!("hessian[{a}, {b}]"), format!("d2/d{a} d{b} log p"), right),
                _ => return None,
            }
        }
        Proposition::Expectation { of, is } => {
            let (quantity, definition) = expectation(family, of)?;
            if quantity == "normalization" && !is.is_one() {
                return None;
            }
            if family.variate.names().iter().any(|name| is.contains(name)) {
                return None;
            }
            (quantity, definition, is)
        }
        // Taylor terms and routes by the log-partition speak of other propositions' values.
        Proposition::Specialization { .. } | Proposition::Invariance { .. } => return None,
    };
    (!is_formal(value)).then(|| Statement { quantity, definition, value: value.clone() })
}

/// Whether something in the term stands for what is yet to be worked out.
fn is_formal(term: &Term) -> bool {
    matches!(term, Term::LogDensity(_) | Term::Derivative(..) | Term::Expectation(_)) || term.children().any(is_formal)
}

fn expectation(family: &Family, of: &Term) -> Option<(String, String)> {
    if of.is_one() {
        return Some(("normalization".to_owned(), "the total of p".to_owned()));
    }
    if let Some(by) = derivatives(family, of) {
        return match by.as_slice() {
            [a] => Some((format!("zero-mean score[{a}]"), format!("E[d/d{a} log p]"))),
            _ => None,
        };
    }
    if let Term::Variable(name) = of
        && family.variate.names().contains(name)
    {
        return Some((format!("mean[{name}]"), format!("E[{name}]")));
    }
    // With a moving support the formulas still have expectations, but they are not these quantities.
    if !crate::derive::setting::moving_support(family).is_empty() {
        return None;
    }
    if let Some((a, b)) = score_product(family, of) {
        return Some((format!("fisher[{a}, {b}]"), format!("E[d/d{a} log p * d/d{b} log p]")));
    }
    if let Some(by) = negated(of).and_then(|of| derivatives(family, of))
        && let [a, b] = by.as_slice()
    {
        // The Fisher information where the Hessian identity holds, which is not said here.
        return Some((format!("minus mean hessian[{a}, {b}]"), format!("-E[d2/d{a} d{b} log p]")));
    }
    if is_log_ratio(family, of) {
        return Some(("kl".to_owned(), "E[log p - log q], q with the parameters _q".to_owned()));
    }
    None
}

/// The parameters that log p is differentiated by, outermost last.
fn derivatives(family: &Family, term: &Term) -> Option<Vec<Name>> {
    match term {
        Term::Derivative(body, by) if family.parameters.iter().any(|(name, _)| name == by) => {
            let mut names = match &**body {
                Term::LogDensity(replaced) if replaced.is_empty() => Vec::new(),
                inner => derivatives(family, inner)?,
            };
            names.push(by.clone());
            Some(names)
        }
        _ => None,
    }
}

fn score_product(family: &Family, term: &Term) -> Option<(Name, Name)> {
    let first = |term: &Term| match derivatives(family, term)?.as_slice() {
        [name] => Some(name.clone()),
        _ => None,
    };
    match term {
        Term::Power(base, exponent) if **exponent == Term::integer(2) => {
            let name = first(base)?;
            Some((name.clone(), name))
        }
        Term::Product(factors) => match &factors[..] {
            [a, b] => Some((first(a)?, first(b)?)),
            _ => None,
        },
        _ => None,
    }
}

fn negated(term: &Term) -> Option<&Term> {
    match term {
        Term::Product(factors) => match &factors[..] {
            [sign, rest] if *sign == Term::integer(-1) => Some(rest),
            _ => None,
        },
        _ => None,
    }
}

/// log p − log q, with every parameter of q renamed and nothing else.
fn is_log_ratio(family: &Family, term: &Term) -> bool {
    let Term::Sum(terms) = term else { return false };
    let [first, second] = &terms[..] else { return false };
    let Some(Term::LogDensity(replaced)) = negated(second) else { return false };
    *first == Term::log_density() && *replaced == crate::derive::setting::second_parameters(family)
}
