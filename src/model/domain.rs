//! Domains as declared: keywords, bounds and finite sets.

use super::arithmetic::rational_value;
use super::expression::{Resolver, count, is_infinite};
use super::scope::{Meaning, Role};
use crate::diagnostic::Diagnostic;
use crate::kernel::domain::Domain;
use crate::kernel::term::{Rational, Term};
use crate::source::Span;
use crate::syntax::tree::{self, DomainKind, Expression, ExpressionKind, Ident};

/// The keywords with the number of their arguments.
const KEYWORDS: [(&str, usize); 12] = [
    ("real", 0),
    ("positive", 0),
    ("negative", 0),
    ("nonnegative", 0),
    ("natural", 0),
    ("angle", 0),
    ("interval", 2),
    ("integers", 2),
    ("simplex", 1),
    ("vector", 1),
    ("spd", 1),
    ("matrix", 2),
];

/// What other languages call the domains.
const FOREIGN: &[(&str, &str)] = &[
    ("reals", "real"),
    ("R", "real"),
    ("float", "real"),
    ("double", "real"),
    ("number", "real"),
    ("N", "natural"),
    ("nat", "natural"),
    ("naturals", "natural"),
    ("count", "natural"),
    ("int", "integers(a, b)"),
    ("integer", "integers(a, b)"),
    ("Z", "integers(-infinity, infinity)"),
    ("bool", "{0, 1}"),
    ("boolean", "{0, 1}"),
    ("binary", "{0, 1}"),
    ("unit", "interval(0, 1)"),
    ("probability", "interval(0, 1)"),
    ("pos", "positive"),
    ("neg", "negative"),
    ("circle", "angle"),
    ("range", "integers(a, b)"),
    ("between", "interval(a, b)"),
    ("positive_definite", "spd(d)"),
    ("cov_matrix", "spd(d)"),
];

impl Resolver {
    /// The domain of one scalar, whose own name its bounds must not use.
    pub fn domain(&mut self, name: &Ident, domain: &tree::Domain) -> Option<Domain> {
        match &domain.node {
            DomainKind::Finite(elements) => self.finite(elements),
            DomainKind::Named { keyword, arguments } => self.named(name, keyword, arguments, domain.span),
        }
    }

    fn named(&mut self, name: &Ident, keyword: &str, arguments: &[Expression], span: Span) -> Option<Domain> {
        let Some((_, arity)) = KEYWORDS.iter().find(|(own, _)| *own == keyword) else {
            let diagnostic =
                Diagnostic::error("unknown-domain", format!("there is no domain `{keyword}`")).at(span, "not a domain");
            let diagnostic = match FOREIGN.iter().find(|(typed, _)| *typed == keyword) {
                Some((_, ours)) => diagnostic.help(format!("it is written `{ours}` here")),
                None => diagnostic.did_you_mean(keyword, KEYWORDS.iter().map(|(own, _)| *own)),
            };
            let known = "real, positive, negative, nonnegative, interval(a, b), natural, integers(a, b), angle, {0, 1}";
            self.report(diagnostic.note(format!("the domains are {known}")));
            return None;
        };
        if matches!(keyword, "simplex" | "vector" | "spd" | "matrix") {
            let what = if matches!(keyword, "spd" | "matrix") { "matrices" } else { "vectors" };
            let name_of = &name.node;
            let entries = match keyword {
                "spd" => format!(
                    "{name_of}11 : positive, {name_of}12 : real, {name_of}22 : positive where {name_of}11*{name_of}22 > {name_of}12^2"
                ),
                "simplex" => format!(
                    "{name_of}1 : interval(0, 1), {name_of}2 : interval(0, 1) where {name_of}1 + {name_of}2 < 1"
                ),
                "matrix" => format!("{name_of}11 : real, {name_of}12 : real"),
                _ => format!("{name_of}1 : real, {name_of}2 : real"),
            };
            self.report(
                Diagnostic::error("unsupported-domain", format!("not yet supported: {what} such as `{}`", name.node))
                    .at(span, format!("a domain of {what}"))
                    .help(format!("declare the entries one by one: `{entries}`")),
            );
            return None;
        }
        if arguments.len() != *arity {
            let needed = if *arity == 0 { "no arguments".to_string() } else { count(*arity, "argument") };
            let example = match keyword {
                "interval" => "write for example `interval(0, 1)` or `interval(0, infinity)`".to_string(),
                "integers" => "write for example `integers(0, n)` or `integers(1, infinity)`".to_string(),
                _ => format!("write `{keyword}`"),
            };
            self.report(
                Diagnostic::error(
                    "wrong-arguments",
                    format!("`{keyword}` takes {needed}, and {} are given", arguments.len()),
                )
                .at(span, format!("expected {needed}"))
                .help(example),
            );
            return None;
        }
        match keyword {
            "real" => Some(Domain::real()),
            "positive" => Some(Domain::positive()),
            "negative" => Some(Domain::negative()),
            "nonnegative" => Some(Domain::Nonnegative),
            "natural" => Some(Domain::natural()),
            "angle" => Some(Domain::Angle),
            _ => self.between(name, keyword == "integers", &arguments[0], &arguments[1], span),
        }
    }

    fn between(&mut self, name: &Ident, whole: bool, from: &Expression, to: &Expression, span: Span) -> Option<Domain> {
        let (lower, upper) = (self.bound(name, from, true), self.bound(name, to, false));
        let (lower, upper) = (lower?, upper?);
        let value = |bound: &Option<Term>| bound.as_ref().and_then(rational_value);
        let (least, greatest) = (value(&lower), value(&upper));
        if whole {
            for (value, bound) in [(&least, from), (&greatest, to)] {
                if value.as_ref().is_some_and(|value| !value.is_integer()) {
                    self.report(
                        Diagnostic::error("empty-domain", "the bounds of `integers` are whole numbers")
                            .at(bound.span, "not a whole number"),
                    );
                    return None;
                }
            }
        }
        if let (Some(least), Some(greatest)) = (least, greatest)
            && (least > greatest || (least == greatest && !whole))
        {
            let diagnostic = Diagnostic::error("empty-domain", format!("the domain of `{}` is empty", name.node));
            let diagnostic = diagnostic.at(span, format!("nothing lies between {least} and {greatest}"));
            self.report(if least > greatest {
                diagnostic.help("exchange the bounds: the smaller comes first")
            } else {
                diagnostic
            });
            return None;
        }
        Some(if whole { Domain::Integers { lower, upper } } else { Domain::Interval { lower, upper } })
    }

    /// A bound, `None` inside for the infinite one of its side.
    fn bound(&mut self, name: &Ident, bound: &Expression, lower: bool) -> Option<Option<Term>> {
        if is_infinite(bound) {
            let negative = matches!(bound.node, ExpressionKind::Negate(_));
            if negative == lower {
                return Some(None);
            }
            let (side, sign) = if lower { ("lower", "-infinity") } else { ("upper", "infinity") };
            self.report(
                Diagnostic::error("empty-domain", format!("the domain of `{}` is empty", name.node))
                    .at(bound.span, format!("as the {side} bound this leaves nothing"))
                    .help(format!("the infinite {side} bound is `{sign}`")),
            );
            return None;
        }
        let refused =
            [(Role::Variate, "a bound cannot depend on a variate: conditions on several variates stand after `where`")];
        let term = self.term_without(bound, &refused)?;
        if term.variables().iter().any(|variable| variable.as_str() == name.node) {
            self.report(
                Diagnostic::error(
                    "wrong-place",
                    format!("the domain of `{}` depends on `{}` itself", name.node, name.node),
                )
                .at(bound.span, "refers to itself"),
            );
            return None;
        }
        Some(Some(term))
    }

    /// Values, or labels that stand for 0, 1, 2, …
    fn finite(&mut self, elements: &[Expression]) -> Option<Domain> {
        if let Some(labels) = self.labels(elements) {
            return self.labelled(&labels);
        }
        let values: Option<Vec<Term>> = elements.iter().map(|element| self.value(element)).collect();
        let values = values?;
        self.distinct(values.iter().map(|value| vec![value.clone()]).collect(), elements)?;
        Some(Domain::Finite(values))
    }

    /// Joint points of several variates.
    pub fn points(&mut self, names: &[Ident], domain: &tree::Domain) -> Option<Vec<Vec<Term>>> {
        let DomainKind::Finite(elements) = &domain.node else {
            let names: Vec<&str> = names.iter().map(|name| name.node.as_str()).collect();
            self.report(
                Diagnostic::error("joint-domain", "joint names need a finite set of points")
                    .at(domain.span, "not a set of points")
                    .help(format!(
                        "declare {} each with its own domain, or list the points: `{{(1, 0), (0, 1)}}`",
                        names.join(" and ")
                    )),
            );
            return None;
        };
        let mut points = Vec::new();
        for element in elements {
            match &element.node {
                ExpressionKind::Tuple(coordinates) if coordinates.len() == names.len() => {
                    points.push(coordinates.iter().map(|value| self.value(value)).collect::<Option<Vec<_>>>());
                }
                ExpressionKind::Tuple(_) | ExpressionKind::Number(_) | ExpressionKind::Name(_) => {
                    self.report(
                        Diagnostic::error(
                            "joint-domain",
                            format!("each point needs {}", count(names.len(), "coordinate")),
                        )
                        .at(element.span, format!("expected {} values in parentheses", names.len())),
                    );
                    points.push(None);
                }
                _ => points.push(self.value(element).map(|value| vec![value])),
            }
        }
        let points = points.into_iter().collect::<Option<Vec<_>>>()?;
        self.distinct(points.clone(), elements)?;
        Some(points)
    }

    fn value(&mut self, element: &Expression) -> Option<Term> {
        let reason = "the values of a finite set are numbers, constants and labels";
        let term = self.term_without(element, &[(Role::Variate, reason), (Role::Parameter, reason)])?;
        Some(rational_value(&term).map_or(term, Term::Number))
    }

    fn distinct(&mut self, points: Vec<Vec<Term>>, elements: &[Expression]) -> Option<()> {
        let mut seen: std::collections::BTreeMap<&[Term], Span> = std::collections::BTreeMap::new();
        for (point, element) in points.iter().zip(elements) {
            if let Some(first) = seen.insert(point, element.span) {
                self.report(
                    Diagnostic::error("value-twice", "a set holds each of its values once")
                        .at(element.span, "a second time")
                        .also(first, "first here"),
                );
                return None;
            }
        }
        Some(())
    }

    /// The elements as labels, when all of them are names that mean nothing yet.
    fn labels(&self, elements: &[Expression]) -> Option<Vec<Ident>> {
        elements
            .iter()
            .map(|element| match &element.node {
                ExpressionKind::Name(name) if self.scope.role(name).is_none_or(|role| role == Role::Label) => {
                    Some(Ident { node: name.clone(), span: element.span })
                }
                _ => None,
            })
            .collect()
    }

    fn labelled(&mut self, labels: &[Ident]) -> Option<Domain> {
        let mut values = Vec::new();
        for (number, label) in labels.iter().enumerate() {
            let value = Term::Number(Rational::from_integer(number.into()));
            if let Err(diagnostic) = self.scope.declare(label, Role::Label, Meaning::Value(value.clone())) {
                self.report(*diagnostic);
                return None;
            }
            values.push(value);
        }
        if let (Some(first), Some(last)) = (labels.first(), labels.last()) {
            let meaning = |(number, label): (usize, &Ident)| format!("`{}` is {number}", label.node);
            let meanings: Vec<String> = labels.iter().enumerate().map(meaning).collect();
            self.report(
                Diagnostic::warning("labels", "the labels of a finite set stand for numbers")
                    .at(Span::new(first.span.start, last.span.end), meanings.join(", ")),
            );
        }
        Some(Domain::Finite(values))
    }
}
