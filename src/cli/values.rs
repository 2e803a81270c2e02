//! `--at`: numbers at a point. Evidence, never proof.

use std::collections::BTreeMap;

use fisherproof::derive::report::{NumericValues, Report};
use fisherproof::derive::setting::{context, second, second_parameters};
use fisherproof::diagnostic::Diagnostic;
use fisherproof::kernel::domain::Domain;
use fisherproof::kernel::term::{Function, Name, Term};
use fisherproof::model::family::Family;
use fisherproof::model::resolve_expression;
use fisherproof::numeric::{Estimate, Program, Region, evaluate, expectation};
use fisherproof::render::{Names, condition_text};
use fisherproof::source::{Source, Span};
use fisherproof::syntax::parse_bindings;

use super::Failure;
use super::message::Console;

/// Values of names, as typed.
pub struct Point {
    values: BTreeMap<Name, f64>,
}

impl Point {
    /// Reads `a=2,b=3/2` for families that all know these names.
    ///
    /// # Errors
    /// Every mistake, told: syntax, a name that no family has, a name without a value, a value
    /// outside its domain.
    pub fn read(text: &str, families: &[&Family], console: &Console) -> Result<Point, Failure> {
        let source = Source::new("--at", text);
        let mut mistakes = Vec::new();
        let mut point = Point { values: BTreeMap::new() };
        let mut places: BTreeMap<Name, Span> = BTreeMap::new();
        match parse_bindings(&source) {
            Err(diagnostics) => mistakes.extend(diagnostics),
            Ok(bindings) => {
                for (name, expression) in bindings {
                    let own = Name::new(&name.node);
                    if places.insert(own.clone(), name.span).is_some() {
                        mistakes.push(
                            Diagnostic::error("declared-twice", format!("`{own}` has a value already"))
                                .at(name.span, "a second value"),
                        );
                    }
                    match resolve_expression(&expression, &[]) {
                        Err(diagnostics) => mistakes.extend(diagnostics),
                        Ok(term) => match evaluate(&term, &BTreeMap::new()) {
                            Some(value) => {
                                point.values.insert(own, value);
                            }
                            None => mistakes.push(
                                Diagnostic::error("no-value", "this has no finite value")
                                    .at(expression.span, "no value"),
                            ),
                        },
                    }
                }
                if mistakes.is_empty() {
                    for family in families {
                        mistakes.extend(point.misfits(family, &places));
                    }
                }
            }
        }
        for mistake in &mistakes {
            console.diagnostic(mistake, &source);
        }
        if mistakes.is_empty() { Ok(point) } else { Err(Failure::Told) }
    }

    /// What keeps the point from being one of the family's.
    fn misfits(&self, family: &Family, places: &BTreeMap<Name, Span>) -> Vec<Diagnostic> {
        let context = context(family);
        let mut mistakes = Vec::new();
        for (name, span) in places {
            if !context.domains.contains_key(name) {
                mistakes.push(
                    Diagnostic::error("unknown-name", format!("family {} has no parameter `{name}`", family.name))
                        .at(*span, "not a parameter")
                        .did_you_mean(name.as_str(), context.domains.keys().map(Name::as_str)),
                );
            }
        }
        let half = self.of_second(family).is_none()
            && second_parameters(family).iter().any(|(name, _)| self.values.contains_key(&second(name)));
        for (name, domain) in &context.domains {
            let is_second = family.parameters.iter().any(|(own, _)| second(own) == *name);
            match self.values.get(name) {
                Some(value) if !self.inside(*value, domain) => mistakes.push(
                    Diagnostic::error("outside-domain", format!("the value of `{name}` is outside its domain")).at(
                        places[name],
                        format!("family {} declares {}", family.name, condition_text(name, domain, &Names::of(family))),
                    ),
                ),
                None if !is_second || half => mistakes.push(
                    Diagnostic::error("no-value", format!("`{name}` of family {} has no value", family.name))
                        .help(format!("add `,{name}=…`")),
                ),
                _ => {}
            }
        }
        if mistakes.is_empty() {
            let fails = |term: &&Term| evaluate(term, &self.values).is_some_and(|value| value < 0.0);
            let strictly = |term: &&Term| evaluate(term, &self.values).is_some_and(|value| value <= 0.0);
            let broken = context.positive.iter().find(strictly).map(|term| (term, ">"));
            if let Some((term, sign)) = broken.or(context.nonnegative.iter().find(fails).map(|term| (term, ">="))) {
                mistakes.push(Diagnostic::error(
                    "outside-domain",
                    format!("family {} declares {term} {sign} 0, which does not hold at this point", family.name),
                ));
            }
        }
        mistakes
    }

    fn inside(&self, value: f64, domain: &Domain) -> bool {
        let bound = |term: &Option<Term>, infinite: f64| {
            term.as_ref().map_or(Some(infinite), |term| evaluate(term, &self.values)).unwrap_or(infinite)
        };
        match domain {
            Domain::Interval { lower, upper } => {
                bound(lower, f64::NEG_INFINITY) < value && value < bound(upper, f64::INFINITY)
            }
            Domain::Nonnegative => value >= 0.0,
            Domain::Integers { lower, upper } => {
                value.fract() == 0.0 && bound(lower, f64::NEG_INFINITY) <= value && value <= bound(upper, f64::INFINITY)
            }
            Domain::Finite(values) => values.iter().any(|term| evaluate(term, &self.values) == Some(value)),
            Domain::Angle => true,
        }
    }

    /// Whether the second distribution of KL(p ‖ q) is given.
    fn of_second(&self, family: &Family) -> Option<()> {
        family.parameters.iter().all(|(name, _)| self.values.contains_key(&second(name))).then_some(())
    }
}

/// Fisher matrix, mean and divergence: closed forms where they are known, else by quadrature.
pub fn at(report: &Report, point: &Point) -> NumericValues {
    let family = &report.family;
    let numbers =
        Numbers { report, point: &point.values, region: Region::new(family.declared_support(), &point.values) };
    let count = family.parameters.len();
    let mut values = NumericValues {
        at: family
            .parameters
            .iter()
            .chain(&family.constants)
            .chain(&family.given)
            .filter_map(|(name, _)| Some((name.clone(), *point.values.get(name)?)))
            .collect(),
        fisher: vec![vec![None; count]; count],
        fisher_error: vec![vec![None; count]; count],
        kl: None,
        mean: numbers.mean(),
    };
    if report.fisher.is_abridged()
        && let Some(rows) = report.fisher.values(point.values.clone())
    {
        values.fisher = rows.into_iter().map(|row| row.into_iter().map(Some).collect()).collect();
    }
    for i in 0..count {
        for j in 0..count {
            if values.fisher[i][j].is_some() {
                continue;
            }
            let Some((value, error)) = numbers.fisher(i, j) else { continue };
            values.fisher[i][j] = Some(value);
            values.fisher_error[i][j] = error;
        }
    }
    if point.of_second(family).is_some() {
        let seconds = family.parameters.iter().map(|(name, _)| second(name));
        values.at.extend(seconds.filter_map(|name| Some((name.clone(), *point.values.get(&name)?))));
        values.kl = numbers.kl();
    }
    values
}

struct Numbers<'a> {
    report: &'a Report,
    point: &'a BTreeMap<Name, f64>,
    region: Option<Region>,
}

impl Numbers<'_> {
    /// With the error of the quadrature where there is no closed form.
    fn fisher(&self, i: usize, j: usize) -> Option<(f64, Option<f64>)> {
        if let Some(term) = self.report.fisher.get(&[i, j]) {
            return Some((evaluate(&term, self.point)?, None));
        }
        let product = self.report.score.get(&[i])? * self.report.score.get(&[j])?;
        let estimate = self.expectation(&product)?;
        Some((estimate.value, Some(estimate.error)))
    }

    fn mean(&self) -> Option<Vec<f64>> {
        if let Some(mean) = &self.report.mean {
            return mean.iter().map(|term| evaluate(term, self.point)).collect();
        }
        let names = self.report.family.variate.names();
        names.into_iter().map(|name| Some(self.expectation(&Term::Variable(name))?.value)).collect()
    }

    fn kl(&self) -> Option<f64> {
        if let Some(kl) = &self.report.kl {
            return evaluate(kl, self.point);
        }
        let other = self.report.log_density.substitute(&second_parameters(&self.report.family));
        Some(self.expectation(&(self.report.log_density.clone() - other))?.value)
    }

    fn expectation(&self, of: &Term) -> Option<Estimate> {
        let names = self.report.family.variate.names();
        let program = |term: &Term| Program::new(term, &names, self.point);
        let log_density = self.report.family.declared_logarithm().unwrap_or_else(|| self.report.log_density.clone());
        let log = program(&log_density);
        let mass = match &log_density {
            Term::Apply(Function::Log, mass) => Some(program(&mass[0])),
            _ => None,
        };
        // Where log p has no value, p is zero or beyond all floats; but a mass that has none may be anything.
        let discrete = self.report.family.variate.is_discrete();
        let vanishes = |x: &[f64]| mass.as_ref().is_some_and(|mass| mass.value(x) == Some(0.0));
        let unknown = |x: &[f64]| if discrete && !vanishes(x) { f64::NAN } else { f64::NEG_INFINITY };
        let log_density = |x: &[f64]| log.value(x).unwrap_or_else(|| unknown(x));
        let of = program(of);
        expectation(&log_density, &|x| of.value(x).unwrap_or(f64::NAN), self.region.as_ref()?)
    }
}
