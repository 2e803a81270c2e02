//! Domains and supports as conditions that a reader knows: x > 0, 0 < p < 1, x ∈ {0, 1, …, n}.

use crate::kernel::domain::{Domain, Support};
use crate::kernel::term::{Name, Term};

use super::compose::notation;
use super::names::Names;
use super::notation::{Fence, Glyph, Notation, Relation, Sign, Symbol};

/// The condition that a name lies in its domain.
pub fn condition(name: &Name, domain: &Domain, names: &Names) -> Notation {
    let letter: Notation = names.symbol(name).into();
    let written = |term: &Term| notation(term, names);
    match domain {
        Domain::Interval { lower: None, upper: None } => Notation::relate(letter, Relation::In, reals()),
        Domain::Interval { lower: Some(lower), upper: None } => {
            Notation::relate(letter, Relation::Greater, written(lower))
        }
        Domain::Interval { lower: None, upper: Some(upper) } => {
            Notation::relate(letter, Relation::Less, written(upper))
        }
        Domain::Interval { lower: Some(lower), upper: Some(upper) } => {
            Notation::relate(Notation::relate(written(lower), Relation::Less, letter), Relation::Less, written(upper))
        }
        Domain::Nonnegative => Notation::relate(letter, Relation::AtLeast, Notation::number(0)),
        Domain::Integers { lower, upper } => {
            let set = integers(lower.as_ref(), upper.as_ref(), names);
            Notation::relate(letter, Relation::In, set)
        }
        Domain::Finite(values) => {
            let values = Notation::comma(values.iter().map(written).collect());
            Notation::relate(letter, Relation::In, Notation::group(Fence::Curly, values))
        }
        Domain::Angle => {
            let pi: Notation = Symbol::new("\\pi", "π").into();
            let interval = Notation::group(Fence::OpenClosed, Notation::comma(vec![pi.clone().negated(), pi]));
            Notation::relate(letter, Relation::In, interval)
        }
    }
}

/// {l, l + 1, …, u} with as many members as show the rule.
fn integers(lower: Option<&Term>, upper: Option<&Term>, names: &Names) -> Notation {
    let dots: Notation = Symbol::new("\\dots", "…").into();
    let mut members = Vec::new();
    match lower {
        None if upper.is_none() => return Symbol::new("\\mathbb{Z}", "ℤ").into(),
        None => members.push(dots.clone()),
        Some(first) => {
            members.push(notation(first, names));
            let second = match first.as_number() {
                Some(value) => Term::number(value + crate::kernel::term::Rational::from_integer(1.into())),
                None => first.clone() + Term::one(),
            };
            if upper.is_none_or(|upper| *upper != second && upper != first) {
                members.push(notation(&second, names));
            }
        }
    }
    match upper {
        Some(last) => {
            if lower.is_some() {
                members.push(dots);
            }
            members.push(notation(last, names));
        }
        None => members.push(dots),
    }
    Notation::group(Fence::Curly, Notation::comma(members))
}

fn reals() -> Notation {
    Symbol::new("\\mathbb{R}", "ℝ").into()
}

/// `1 − p − q > 0` as a person writes it, p + q < 1; `≥` where the condition is not strict.
pub fn inequality(term: &Term, strict: bool, names: &Names) -> Notation {
    // A square is positive where its root is not zero.
    if let (true, Term::Power(root, exponent)) = (strict, term)
        && **exponent == Term::integer(2)
    {
        return Notation::relate(notation(root, names), Relation::Unequal, Notation::number(0));
    }
    let (less, more) = if strict { (Relation::Less, Relation::Greater) } else { (Relation::AtMost, Relation::AtLeast) };
    let written = notation(term, names);
    if let Notation::Sum(terms) = &written {
        let side = |wanted: Sign| {
            let terms: Vec<_> =
                terms.iter().filter(|(sign, _)| *sign == wanted).map(|(_, term)| (Sign::Plus, term.clone())).collect();
            if let [(_, one)] = &terms[..] { one.clone() } else { Notation::Sum(terms) }
        };
        let negatives = terms.iter().filter(|(sign, _)| *sign == Sign::Minus).count();
        if negatives > 0 && negatives < terms.len() {
            // The longer side first: p + q < 1, s₁₁ s₂₂ > s₁₂².
            return match negatives >= terms.len() - negatives {
                true => Notation::relate(side(Sign::Minus), less, side(Sign::Plus)),
                false => Notation::relate(side(Sign::Plus), more, side(Sign::Minus)),
            };
        }
    }
    Notation::relate(written, more, Notation::number(0))
}

/// The conditions on the variate.
pub fn support(support: &Support, names: &Names) -> Vec<Notation> {
    match support {
        Support::Product { coordinates, inequalities } => {
            let domains = coordinates.iter().map(|(name, domain)| condition(name, domain, names));
            let cuts = inequalities.iter().map(|term| inequality(term, false, names));
            domains.chain(cuts).collect()
        }
        Support::Points { names: letters, points } => {
            let tuple = |items: Vec<Notation>| match items.len() {
                1 => Notation::comma(items),
                _ => Notation::group(Fence::Round, Notation::comma(items)),
            };
            let left = tuple(letters.iter().map(|name| names.symbol(name).into()).collect());
            let points = points.iter().map(|point| tuple(point.iter().map(|value| notation(value, names)).collect()));
            let set = Notation::group(Fence::Curly, Notation::comma(points.collect()));
            vec![Notation::relate(left, Relation::In, set)]
        }
    }
}

/// ∫ or Σ over the support, of `body`.
pub fn total(support: &Support, names: &Names, body: Notation) -> Notation {
    let big =
        |latex: &str, text: &str, lower: Option<Notation>, upper: Option<Notation>, body: Notation| Notation::Big {
            sign: Glyph::new(latex, text),
            lower: lower.map(Box::new),
            upper: upper.map(Box::new),
            body: Box::new(body),
        };
    let letters = support.names();
    let coordinates = match support {
        Support::Product { coordinates, inequalities } if inequalities.is_empty() => coordinates.as_slice(),
        _ => &[],
    };
    if let Support::Product { coordinates: cut, .. } = support
        && coordinates.is_empty()
        && !support.is_discrete()
    {
        // Over a region that conditions cut out: one integral sign for all that is integrated.
        let mut factors = vec![body];
        for (name, _) in cut.iter().filter(|(_, domain)| !domain.is_discrete()) {
            let letter: Notation = names.symbol(name).into();
            factors.push(Notation::Tight(vec![Symbol::new("\\mathrm{d}", "d").into(), letter]));
        }
        return big("\\int", "∫", None, None, Notation::Product(factors));
    }
    if coordinates.is_empty() {
        let lower = Notation::comma(letters.iter().map(|name| names.symbol(name).into()).collect());
        return big("\\sum", "Σ", Some(lower), None, body);
    }
    let mut total = body;
    for (name, domain) in coordinates.iter().rev() {
        let letter: Notation = names.symbol(name).into();
        let written = |term: &Term| notation(term, names);
        let infinity = || Notation::from(Symbol::new("\\infty", "∞"));
        if domain.is_discrete() {
            let (lower, upper) = match domain {
                Domain::Integers { lower: Some(lower), upper } => {
                    let upper = upper.as_ref().map_or_else(infinity, written);
                    (letter.equals(written(lower)), Some(upper))
                }
                _ => (letter, None),
            };
            total = big("\\sum", "Σ", Some(lower), upper, total);
            continue;
        }
        let (lower, upper) = match domain {
            Domain::Interval { lower, upper } => (
                lower.as_ref().map_or_else(|| infinity().negated(), written),
                upper.as_ref().map_or_else(infinity, written),
            ),
            Domain::Nonnegative => (Notation::number(0), infinity()),
            _ => {
                let pi: Notation = Symbol::new("\\pi", "π").into();
                (pi.clone().negated(), pi)
            }
        };
        let element = Notation::Tight(vec![Symbol::new("\\mathrm{d}", "d").into(), letter]);
        total = big("\\int", "∫", Some(lower), Some(upper), Notation::Product(vec![total, element]));
    }
    total
}
