//! A term as ASCII text in the syntax of the language, every multiplication explicit.
//!
//! This is the form of JSON output and of saved certificates; reading it back gives an equal term.

use std::fmt;

use num_traits::{One, Signed};

use super::term::{Rational, Term};

/// Binding strength of the operators, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sum,
    Product,
    Power,
    Atom,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_term(f, self, Level::Sum)
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn level(term: &Term) -> Level {
    match term {
        Term::Number(value) if !value.is_integer() => Level::Product,
        Term::Number(value) if value.is_negative() => Level::Sum,
        Term::Number(_) | Term::Constant(_) | Term::Variable(_) => Level::Atom,
        Term::Sum(terms) if terms.is_empty() => Level::Atom,
        Term::Product(factors) if factors.is_empty() => Level::Atom,
        Term::Sum(_) => Level::Sum,
        Term::Product(factors) if leading_minus(factors) => Level::Sum,
        Term::Product(_) => Level::Product,
        Term::Power(base, exponent) if below_bar(None, base, exponent).is_some() => Level::Product,
        Term::Power(..) => Level::Power,
        Term::Apply(..) | Term::LogDensity(_) | Term::Derivative(..) | Term::Expectation(_) => Level::Atom,
    }
}

fn leading_minus(factors: &[Term]) -> bool {
    factors.first().is_some_and(Term::is_negative_number)
}

/// The positive exponent of a power that is written below a fraction bar, when `above` stands in
/// front of the bar, or 1 where that is none.
///
/// Not all that could be are: `1/2` is a number and `1/x` a power, so that 2^(-1) alone, and a factor
/// 1 before a power, would be read back as something else.
fn below_bar(above: Option<&Term>, base: &Term, exponent: &Term) -> Option<Rational> {
    let positive =
        exponent.as_number().filter(|value| value.is_negative() && value.is_integer()).map(|value| -value)?;
    let literal = base.as_number().is_some_and(|value| value.is_integer() && value.is_positive());
    let misread = match above {
        None => literal && positive.is_one(),
        Some(Term::Number(one)) if one.is_one() => true,
        Some(Term::Number(_)) => literal && positive.is_one(),
        Some(_) => false,
    };
    (!misread).then_some(positive)
}

fn write_term(f: &mut fmt::Formatter<'_>, term: &Term, need: Level) -> fmt::Result {
    if level(term) < need {
        f.write_str("(")?;
        write_bare(f, term)?;
        f.write_str(")")
    } else {
        write_bare(f, term)
    }
}

fn write_bare(f: &mut fmt::Formatter<'_>, term: &Term) -> fmt::Result {
    match term {
        Term::Number(value) => write!(f, "{value}"),
        Term::Constant(constant) => f.write_str(constant.keyword()),
        Term::Variable(name) => write!(f, "{name}"),
        Term::Sum(terms) => write_sum(f, terms),
        Term::Product(factors) => write_product(f, factors),
        Term::Power(base, exponent) => match below_bar(None, base, exponent) {
            Some(positive) => {
                f.write_str("1/")?;
                write_power(f, base, &positive)
            }
            None => write_plain_power(f, base, exponent),
        },
        Term::Apply(function, arguments) => {
            write!(f, "{}(", function.keyword())?;
            for (position, argument) in arguments.iter().enumerate() {
                if position > 0 {
                    f.write_str(", ")?;
                }
                write_term(f, argument, Level::Sum)?;
            }
            f.write_str(")")
        }
        Term::LogDensity(replaced) => {
            f.write_str("log_density(")?;
            for (position, (name, value)) in replaced.iter().enumerate() {
                if position > 0 {
                    f.write_str(", ")?;
                }
                write!(f, "{name} = {value}")?;
            }
            f.write_str(")")
        }
        Term::Derivative(body, by) => write!(f, "derivative({body}, {by})"),
        Term::Expectation(body) => write!(f, "E[{body}]"),
    }
}

fn write_plain_power(f: &mut fmt::Formatter<'_>, base: &Term, exponent: &Term) -> fmt::Result {
    write_term(f, base, Level::Atom)?;
    f.write_str("^")?;
    write_term(f, exponent, Level::Atom)
}

fn write_power(f: &mut fmt::Formatter<'_>, base: &Term, exponent: &Rational) -> fmt::Result {
    write_term(f, base, Level::Atom)?;
    if exponent.is_one() {
        return Ok(());
    }
    write!(f, "^{exponent}")
}

fn write_sum(f: &mut fmt::Formatter<'_>, terms: &[Term]) -> fmt::Result {
    if terms.is_empty() {
        return f.write_str("0");
    }
    for (position, term) in terms.iter().enumerate() {
        if position == 0 {
            // A sum inside a sum keeps its parentheses, so that reading back gives the same tree.
            if level(term) == Level::Sum && !matches!(term, Term::Sum(_)) {
                write_bare(f, term)?;
            } else {
                write_term(f, term, Level::Product)?;
            }
            continue;
        }
        match negated(term) {
            Some(positive) => {
                f.write_str(" - ")?;
                // `a - b*c` takes the product apart; a product under its own sign keeps parentheses.
                let nested = matches!(term, Term::Product(factors) if factors[1..] == [positive.clone()]);
                let need = if nested && matches!(positive, Term::Product(_)) { Level::Power } else { Level::Product };
                write_term(f, &positive, need)?;
            }
            None => {
                f.write_str(" + ")?;
                write_term(f, term, Level::Product)?;
            }
        }
    }
    Ok(())
}

/// `-t` of a term that is written with a leading minus.
fn negated(term: &Term) -> Option<Term> {
    match term {
        Term::Number(value) if value.is_negative() => Some(Term::Number(-value)),
        Term::Product(factors) if leading_minus(factors) => {
            let coefficient = -factors[0].as_number()?;
            let mut rest: Vec<Term> = factors[1..].to_vec();
            if !coefficient.is_one() || matches!(rest.first(), None | Some(Term::Number(_))) {
                rest.insert(0, Term::Number(coefficient));
            }
            Some(if rest.len() == 1 { rest.remove(0) } else { Term::product(rest) })
        }
        _ => None,
    }
}

fn write_product(f: &mut fmt::Formatter<'_>, factors: &[Term]) -> fmt::Result {
    if factors.is_empty() {
        return f.write_str("1");
    }
    let signed = factors.len() > 1 && factors[0] == Term::integer(-1) && !matches!(factors[1], Term::Number(_));
    let factors = if signed {
        f.write_str("-")?;
        &factors[1..]
    } else {
        factors
    };
    for (position, factor) in factors.iter().enumerate() {
        // Only a leading number can be taken together with what follows.
        let above = match position {
            0 => None,
            1 => Some(&factors[0]),
            _ => Some(factor),
        };
        if let Term::Power(base, exponent) = factor
            && let Some(positive) = below_bar(above, base, exponent)
        {
            f.write_str(if position == 0 { "1/" } else { "/" })?;
            write_power(f, base, &positive)?;
            continue;
        }
        if position > 0 {
            f.write_str("*")?;
        }
        match factor {
            // A coefficient: -3/2*x reads as (-3/2)*x.
            Term::Number(value) if position == 0 => write!(f, "{value}")?,
            Term::Number(value) if !value.is_integer() => write_term(f, factor, Level::Atom)?,
            Term::Product(_) => write_term(f, factor, Level::Power)?,
            Term::Power(base, exponent) => write_plain_power(f, base, exponent)?,
            _ => write_term(f, factor, Level::Product)?,
        }
    }
    Ok(())
}
