//! Formulas as text of the language and as LaTeX.

use std::cell::Cell;

use crate::kernel::term::Rational;
use num_traits::{One, Signed};

use crate::kernel::jets::expression::Point;
use crate::kernel::jets::theory::{DensityId, FunctionId, ParameterId, VariateId};
use crate::kernel::term::{Name, Term};
use crate::model::derivation::Derivation;
use crate::model::derivation::family::SECOND;
use crate::model::derivation::formula::{Formula, Kind, Label, Mean, Operator};
use crate::render::names::Names;

/// How tightly an expression holds together, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sum,
    Product,
    /// `\nabla f`, `\log p`, `\sum_i f`: what follows a prefix.
    Prefix,
    Power,
    Atom,
}

/// The names of one derivation, and how they are written.
pub struct Notation<'d> {
    pub(super) derivation: &'d Derivation,
    /// The names of the family at hand.
    pub(super) names: Option<Names>,
    /// Inside a sum over the draws, where the variates are those of the k-th.
    pub(super) within_draws: Cell<bool>,
}

impl<'d> Notation<'d> {
    pub fn of(derivation: &'d Derivation) -> Self {
        let names = derivation.at_hand.as_ref().map(|at_hand| Names::of(&at_hand.family));
        Notation { derivation, names, within_draws: Cell::new(false) }
    }

    /// In the syntax of the language: it reads back as the same formula.
    pub fn text(&self, formula: &Formula) -> String {
        self.text_at(formula, Level::Sum)
    }

    pub fn latex(&self, formula: &Formula) -> String {
        self.latex_at(formula, Level::Sum)
    }

    /// The terms of a sum, each with its sign: where a long line may break.
    pub fn latex_terms(&self, formula: &Formula) -> Vec<(bool, String)> {
        let mut terms = Vec::new();
        self.collect(formula, false, &mut terms);
        terms
    }

    fn collect(&self, formula: &Formula, negative: bool, terms: &mut Vec<(bool, String)>) {
        match &formula.kind {
            Kind::Binary(Operator::Add, left, right) => {
                self.collect(left, negative, terms);
                self.collect(right, negative, terms);
            }
            Kind::Binary(Operator::Subtract, left, right) => {
                self.collect(left, negative, terms);
                self.collect(right, !negative, terms);
            }
            Kind::Negate(body) => self.collect(body, !negative, terms),
            _ => {
                let (minus, text) = self.signed_latex(formula);
                terms.push((negative != minus, text));
            }
        }
    }

    /// A product whose first factor is negative, as its sign and the rest.
    fn signed_latex(&self, formula: &Formula) -> (bool, String) {
        match &formula.kind {
            Kind::Negate(body) => {
                let (minus, text) = self.signed_latex(body);
                (!minus, text)
            }
            Kind::Binary(operator @ (Operator::Multiply | Operator::Divide), left, right) => match self
                .leading_minus(left)
            {
                Some(positive) => {
                    let copy =
                        Formula { kind: Kind::Binary(*operator, Box::new(positive), right.clone()), ..formula.clone() };
                    (true, self.latex_at(&copy, Level::Product))
                }
                None => (false, self.latex_at(formula, Level::Product)),
            },
            _ => (false, self.latex_at(formula, Level::Product)),
        }
    }

    /// The formula without the minus that it begins with.
    fn leading_minus(&self, formula: &Formula) -> Option<Formula> {
        match &formula.kind {
            Kind::Negate(body) => Some((**body).clone()),
            Kind::Binary(operator @ (Operator::Multiply | Operator::Divide), left, right) => {
                let positive = self.leading_minus(left)?;
                Some(Formula { kind: Kind::Binary(*operator, Box::new(positive), right.clone()), ..formula.clone() })
            }
            _ => None,
        }
    }

    /// The LaTeX of a name: the author's where there is one.
    pub fn symbol(&self, name: &str) -> String {
        let own = self.derivation.notation.iter().find(|(known, _)| known == name);
        match (own, &self.names) {
            (Some((_, latex)), _) => latex.clone(),
            (None, Some(names)) if names.declares(&Name::new(name)) => self.term_latex(&Term::variable(name)),
            (None, _) => symbol(name),
        }
    }

    /// A direction is an increment: `delta` is Δ.
    pub fn direction(&self, name: &str) -> String {
        match name {
            "delta" if self.derivation.notation.iter().all(|(known, _)| known != name) => r"\Delta".to_string(),
            // The step from the parameters to those of the second argument.
            SECOND => r"\theta' - \theta".to_string(),
            _ => self.symbol(name),
        }
    }

    /// The parameter of a density, as an index of it.
    pub fn base(&self, parameter: ParameterId) -> String {
        self.point_latex(parameter, &Point::new())
    }

    fn label_latex(&self, label: &Label) -> String {
        self.symbol(&label.name)
    }

    pub(super) fn parameter(&self, id: ParameterId) -> &str {
        self.derivation.theory.parameter(id).name.as_str()
    }

    pub(super) fn several_parameters(&self) -> bool {
        self.derivation.theory.parameters.len() > 1
    }

    // Text of the language.

    fn text_at(&self, formula: &Formula, wanted: Level) -> String {
        let (text, level) = self.text_level(formula);
        if level < wanted { format!("({text})") } else { text }
    }

    fn text_level(&self, formula: &Formula) -> (String, Level) {
        let theory = &self.derivation.theory;
        let call = |name: &str, arguments: &[String]| (format!("{name}({})", arguments.join(", ")), Level::Atom);
        let inner = |body: &Formula| self.text(body);
        let by = |name: &str, parameter: ParameterId, body: &Formula| {
            let mut arguments = vec![self.text(body)];
            if self.several_parameters() {
                arguments.push(self.parameter(parameter).to_string());
            }
            call(name, &arguments)
        };
        match &formula.kind {
            Kind::Number(value) if value.is_integer() && !value.is_negative() => (value.to_string(), Level::Atom),
            Kind::Number(value) => (value.to_string(), if value.is_negative() { Level::Sum } else { Level::Product }),
            Kind::Parameter(id) => (self.parameter(*id).to_string(), Level::Atom),
            Kind::Direction(id) => (theory.direction(*id).name.to_string(), Level::Atom),
            Kind::Constant(id) => (theory.constant(*id).name.to_string(), Level::Atom),
            Kind::Density(id, point) => {
                let density = theory.density(*id);
                if point.is_empty() {
                    (density.name.to_string(), Level::Atom)
                } else {
                    call(density.name.as_str(), &[self.point_text(density.parameter, point)])
                }
            }
            Kind::Field(id, point) => {
                let function = theory.function(*id);
                call(function.name.as_str(), &[self.point_text(self.argument(*id), point)])
            }
            Kind::Statistic(id) => {
                let function = theory.function(*id);
                call(function.name.as_str(), &[self.variate_of(*id)])
            }
            Kind::Apply(id, 0, argument) => call(theory.function(*id).name.as_str(), &[inner(argument)]),
            Kind::Apply(id, order, argument) => {
                call("derivative", &[theory.function(*id).name.to_string(), order.to_string(), inner(argument)])
            }
            Kind::Defined(at, point) => {
                let name = &self.derivation.definitions[*at].name;
                if point.is_empty() {
                    (name.clone(), Level::Atom)
                } else {
                    call(name, &[self.point_text(self.inner_parameter(), point)])
                }
            }
            Kind::Member(term) => (term.to_string(), member_level(term)),
            Kind::Table(rows) => {
                let list = |entries: Vec<String>| format!("[{}]", entries.join(", "));
                let columns = formula.shape.columns.is_some();
                let row = |row: &Vec<Formula>| match (row.as_slice(), columns) {
                    ([only], false) => inner(only),
                    (row, _) => list(row.iter().map(inner).collect()),
                };
                (list(rows.iter().map(row).collect()), Level::Atom)
            }
            Kind::Divergence { densities, from, to } => {
                let one = |id: &DensityId, point: &Point| {
                    let density = theory.density(*id);
                    format!("{}({})", density.name, self.point_text(density.parameter, point))
                };
                let at = |point: &Point| densities.iter().map(|id| one(id, point)).collect::<Vec<_>>().join(" * ");
                call("KL", &[at(from), at(to)])
            }
            Kind::Variance(body) => call("Var", &[inner(body)]),
            Kind::Covariance(left, right) => call("Cov", &[inner(left), inner(right)]),
            Kind::Negate(body) => (format!("-{}", self.text_at(body, Level::Product)), Level::Sum),
            Kind::Binary(operator, left, right) => match operator {
                Operator::Add => (
                    format!("{} + {}", self.text_at(left, Level::Sum), self.text_at(right, Level::Product)),
                    Level::Sum,
                ),
                Operator::Subtract => (
                    format!("{} - {}", self.text_at(left, Level::Sum), self.text_at(right, Level::Product)),
                    Level::Sum,
                ),
                Operator::Multiply | Operator::Divide => {
                    let sign = if *operator == Operator::Multiply { " * " } else { "/" };
                    // A minus in front belongs to the first factor, and needs no parentheses there.
                    let first = match &left.kind {
                        Kind::Negate(body) => format!("-{}", self.text_at(body, Level::Prefix)),
                        _ if self.leading_minus(left).is_some() => self.text(left),
                        _ => self.text_at(left, Level::Product),
                    };
                    let level = if first.starts_with('-') { Level::Sum } else { Level::Product };
                    (format!("{first}{sign}{}", self.text_at(right, Level::Prefix)), level)
                }
            },
            Kind::Power(body, exponent) => {
                let exponent = if exponent.is_integer() && !exponent.is_negative() {
                    exponent.to_string()
                } else {
                    format!("({exponent})")
                };
                (format!("{}^{exponent}", self.text_at(body, Level::Atom)), Level::Power)
            }
            Kind::Raised(body, exponent) => {
                (format!("{}^{}", self.text_at(body, Level::Atom), self.text_at(exponent, Level::Atom)), Level::Power)
            }
            Kind::SquareRoot(body) => call("sqrt", &[inner(body)]),
            Kind::Transpose(body) => (format!("{}'", self.text_at(body, Level::Atom)), Level::Atom),
            Kind::Log(body) => call("log", &[inner(body)]),
            Kind::Exp(body) => call("exp", &[inner(body)]),
            Kind::Gradient(parameter, body) => by("grad", *parameter, body),
            Kind::Hessian(parameter, body) => by("hess", *parameter, body),
            Kind::Jacobian(parameter, body) => by("jacobian", *parameter, body),
            Kind::Partial(parameter, labels, body) => {
                let mut arguments = vec![inner(body)];
                if self.several_parameters() {
                    arguments.push(self.parameter(*parameter).to_string());
                }
                arguments.extend(labels.iter().map(|label| label.name.clone()));
                call("d", &arguments)
            }
            Kind::Expectation(mean, body) => {
                let (head, at) = self.mean_text(mean);
                (format!("{head}[{}{at}]", inner(body)), Level::Atom)
            }
            Kind::Draws(body) => call("draws", &[inner(body)]),
            Kind::SumOver(variate, body) => call("sum", &[theory.variate(*variate).name.to_string(), inner(body)]),
            Kind::SumIndex(labels, body) => {
                call("sum", &labels.iter().map(|label| label.name.clone()).chain([inner(body)]).collect::<Vec<_>>())
            }
            Kind::Entry(body, labels) => {
                (format!("{}[{}]", self.text_at(body, Level::Atom), names(labels).join(", ")), Level::Atom)
            }
            Kind::Inverse(body) => call("inv", &[inner(body)]),
            Kind::Trace(body) => call("trace", &[inner(body)]),
            Kind::Identity => {
                let dimension =
                    formula.shape.rows.map_or("1".to_string(), |space| theory.spaces[space.0 as usize].to_string());
                call("identity", &[dimension])
            }
        }
    }

    fn mean_text(&self, mean: &Mean) -> (String, String) {
        let theory = &self.derivation.theory;
        match mean {
            Mean::Model(point) if point.is_empty() => ("E".to_string(), String::new()),
            Mean::Model(point) => ("E".to_string(), format!(", {}", self.point_text(self.inner_parameter(), point))),
            Mean::Inner(density) => {
                (format!("E_{}", theory.variate(theory.density(*density).variate).name), String::new())
            }
            Mean::Covariate(variate) => (format!("E_{}", theory.variate(*variate).name), String::new()),
            Mean::Data => ("E_data".to_string(), String::new()),
            Mean::Sample(point) => {
                let at = if point.is_empty() {
                    String::new()
                } else {
                    format!(", {}", self.point_text(self.inner_parameter(), point))
                };
                ("E_sample".to_string(), at)
            }
        }
    }

    pub(super) fn inner_parameter(&self) -> ParameterId {
        self.derivation.theory.densities.first().map_or(ParameterId(0), |density| density.parameter)
    }

    pub(super) fn argument(&self, id: FunctionId) -> ParameterId {
        match self.derivation.theory.function(id).argument {
            crate::kernel::jets::theory::Argument::Parameter(parameter) => parameter,
            _ => self.inner_parameter(),
        }
    }

    pub(super) fn variate_of(&self, id: FunctionId) -> String {
        match self.derivation.theory.function(id).argument {
            crate::kernel::jets::theory::Argument::Variate(variate) => {
                self.derivation.theory.variate(variate).name.to_string()
            }
            _ => String::new(),
        }
    }

    /// The second argument's parameters, where they have names instead of a direction.
    pub(super) fn is_second(&self, point: &Point) -> bool {
        point.iter().any(|(id, _)| self.derivation.theory.direction(*id).name.as_str() == SECOND)
    }

    /// The family's parameters, or those of the second argument, each as it is spelled.
    fn members(&self, point: &Point, spelled: &dyn Fn(&Term) -> String) -> Option<String> {
        let names = self.names.as_ref()?;
        let suffix = if self.is_second(point) { "_q" } else { "" };
        let own = names.parameters().iter().map(|name| Term::variable(format!("{name}{suffix}").as_str()));
        (point.is_empty() || self.is_second(point))
            .then(|| own.map(|name| spelled(&name)).collect::<Vec<_>>().join(", "))
    }

    fn point_text(&self, parameter: ParameterId, point: &Point) -> String {
        if let Some(members) = self.members(point, &|name| name.to_string()) {
            return members;
        }
        let mut text = self.parameter(parameter).to_string();
        for (direction, coefficient) in point {
            text.push_str(if coefficient.is_negative() { " - " } else { " + " });
            let size = coefficient.abs();
            if !size.is_one() {
                text.push_str(&format!("{size}*"));
            }
            text.push_str(self.derivation.theory.direction(*direction).name.as_str());
        }
        text
    }

    // LaTeX.

    fn latex_at(&self, formula: &Formula, wanted: Level) -> String {
        let (text, level) = self.latex_level(formula);
        if level < wanted { format!(r"\left({text}\right)") } else { text }
    }

    fn latex_level(&self, formula: &Formula) -> (String, Level) {
        let theory = &self.derivation.theory;
        let head = |name: &str, body: &Formula| (format!(r"{name}\!\left({}\right)", self.latex(body)), Level::Atom);
        match &formula.kind {
            Kind::Number(value) => {
                let level = if value.is_negative() { Level::Sum } else { Level::Atom };
                (rational(value), level)
            }
            Kind::Parameter(id) => (self.symbol(self.parameter(*id)), Level::Atom),
            Kind::Direction(id) => (self.direction(theory.direction(*id).name.as_str()), Level::Atom),
            Kind::Constant(id) => (self.symbol(theory.constant(*id).name.as_str()), Level::Atom),
            Kind::Density(id, point) => {
                let density = theory.density(*id);
                let name = self.symbol(density.name.as_str());
                let at = self.at_draw(formula);
                (format!("{name}_{{{}}}{at}", self.point_latex(density.parameter, point)), Level::Atom)
            }
            Kind::Field(id, point) => (
                format!(
                    "{}({})",
                    self.symbol(theory.function(*id).name.as_str()),
                    self.point_latex(self.argument(*id), point)
                ),
                Level::Atom,
            ),
            Kind::Statistic(id) => (
                match self.within_draws.get() {
                    true => format!("{}{}", self.symbol(theory.function(*id).name.as_str()), self.at_draw(formula)),
                    false => format!(
                        "{}({})",
                        self.symbol(theory.function(*id).name.as_str()),
                        self.symbol(&self.variate_of(*id))
                    ),
                },
                Level::Atom,
            ),
            Kind::Apply(id, order, argument) => {
                let marks = match order {
                    0..=3 => "'".repeat(*order as usize),
                    _ => format!("^{{({order})}}"),
                };
                let name = self.symbol(theory.function(*id).name.as_str());
                let body = self.latex(argument);
                let body =
                    if body.contains(r"\frac") { format!(r"\!\left({body}\right)") } else { format!("({body})") };
                (format!("{name}{marks}{body}"), Level::Atom)
            }
            Kind::Defined(at, point) => {
                let name = self.symbol(&self.derivation.definitions[*at].name);
                let at = self.at_draw(formula);
                if !at.is_empty() {
                    (format!("{name}{at}"), Level::Atom)
                } else if point.is_empty() {
                    let level = if name.contains('^') { Level::Power } else { Level::Atom };
                    (name, level)
                } else {
                    (format!("{name}({})", self.point_latex(self.inner_parameter(), point)), Level::Atom)
                }
            }
            Kind::Member(term) => (self.term_latex(term), member_level(term)),
            Kind::Table(rows) => {
                let row =
                    |row: &Vec<Formula>| row.iter().map(|entry| self.latex(entry)).collect::<Vec<_>>().join(" & ");
                let rows: Vec<String> = rows.iter().map(row).collect();
                (format!(r"\begin{{pmatrix}} {} \end{{pmatrix}}", rows.join(r" \\[3pt] ")), Level::Atom)
            }
            Kind::Divergence { densities, from, to } => {
                let one = |id: &DensityId, point: &Point| {
                    let own = theory.density(*id);
                    format!("{}_{{{}}}", self.symbol(own.name.as_str()), self.point_latex(own.parameter, point))
                };
                let at = |point: &Point| densities.iter().map(|id| one(id, point)).collect::<Vec<_>>().join(r" \, ");
                (format!(r"D_{{\mathrm{{KL}}}}({}\,\|\,{})", at(from), at(to)), Level::Atom)
            }
            Kind::Variance(body) => head(r"\operatorname{Var}", body),
            Kind::Covariance(left, right) => (
                format!(r"\operatorname{{Cov}}\!\left({}, {}\right)", self.latex(left), self.latex(right)),
                Level::Atom,
            ),
            Kind::Negate(body) => (format!("-{}", self.latex_at(body, Level::Product)), Level::Sum),
            Kind::Binary(Operator::Multiply | Operator::Divide, ..) if self.leading_minus(formula).is_some() => {
                let (_, positive) = self.signed_latex(formula);
                (format!("-{positive}"), Level::Sum)
            }
            Kind::Binary(operator, left, right) => self.binary_latex(*operator, left, right),
            Kind::Power(body, exponent) => {
                (format!("{}^{{{}}}", self.latex_at(body, Level::Atom), plain(exponent)), Level::Power)
            }
            Kind::Raised(body, exponent) => {
                (format!("{}^{{{}}}", self.latex_at(body, Level::Atom), self.latex(exponent)), Level::Power)
            }
            Kind::SquareRoot(body) => (format!(r"\sqrt{{{}}}", self.latex(body)), Level::Atom),
            Kind::Transpose(body) => (format!(r"{}^{{\top}}", self.latex_at(body, Level::Atom)), Level::Power),
            Kind::Log(body) => (format!(r"\log {}", self.latex_at(body, Level::Power)), Level::Prefix),
            Kind::Exp(body) => head(r"\exp", body),
            Kind::Gradient(parameter, body) => self.operator(&self.nabla(*parameter), body),
            Kind::Hessian(parameter, body) => self.operator(&format!("{}^{{2}}", self.nabla(*parameter)), body),
            Kind::Jacobian(parameter, body) => {
                let below = self.symbol(self.parameter(*parameter));
                (
                    format!(r"\frac{{\partial {}}}{{\partial {below}^{{\top}}}}", self.latex_at(body, Level::Power)),
                    Level::Power,
                )
            }
            Kind::Partial(parameter, labels, body) => {
                let below =
                    if self.several_parameters() { self.symbol(self.parameter(*parameter)) } else { String::new() };
                let operators: String = labels
                    .iter()
                    .map(|label| {
                        if below.is_empty() {
                            format!(r"\partial_{{{}}}", self.label_latex(label))
                        } else {
                            format!(r"\partial_{{{below}_{{{}}}}}", self.label_latex(label))
                        }
                    })
                    .collect();
                self.operator(&operators, body)
            }
            Kind::Expectation(mean, body) => {
                let below = match mean {
                    Mean::Model(point) if point.is_empty() => String::new(),
                    Mean::Model(point) => format!("_{{{}}}", self.point_latex(self.inner_parameter(), point)),
                    Mean::Inner(density) => {
                        let own = theory.density(*density);
                        format!(
                            r"_{{{} \sim {}_{{{}}}}}",
                            self.symbol(theory.variate(own.variate).name.as_str()),
                            self.symbol(own.name.as_str()),
                            self.symbol(self.parameter(own.parameter))
                        )
                    }
                    Mean::Covariate(variate) => {
                        let own = theory.variate(*variate);
                        let law = own.law.as_ref().map_or(String::new(), |law| format!(r" \sim \mathcal{{{law}}}"));
                        format!("_{{{}{law}}}", self.symbol(own.name.as_str()))
                    }
                    Mean::Data => r"_{\mathrm{data}}".to_string(),
                    Mean::Sample(point) if point.is_empty() => format!("_{{{}}}", self.sample()),
                    Mean::Sample(point) => {
                        format!("_{{{}; {}}}", self.sample(), self.point_latex(self.inner_parameter(), point))
                    }
                };
                let inner = self.drawn(false, || self.latex(body));
                (format!(r"\mathbb{{E}}{below}\!\left[{inner}\right]"), Level::Atom)
            }
            Kind::Draws(body) => {
                let inner = self.drawn(true, || self.latex_at(body, Level::Product));
                (format!(r"\sum_{{k=1}}^{{{}}} {inner}", self.sample()), Level::Prefix)
            }
            Kind::SumOver(variate, body) => (
                format!(
                    r"\sum_{{{}}} {}",
                    self.symbol(theory.variate(*variate).name.as_str()),
                    self.latex_at(body, Level::Product)
                ),
                Level::Prefix,
            ),
            Kind::SumIndex(labels, body) => {
                let below: Vec<String> = labels.iter().map(|label| self.label_latex(label)).collect();
                (format!(r"\sum_{{{}}} {}", below.join(","), self.latex_at(body, Level::Product)), Level::Prefix)
            }
            Kind::Entry(body, labels) => {
                let below: String = labels.iter().map(|label| self.label_latex(label)).collect::<Vec<_>>().join("");
                let (text, _) = self.latex_level(body);
                // A name that is subscripted already keeps its own apart.
                let text = if text.contains('_') || text.contains('(') { format!("{{{text}}}") } else { text };
                (format!("{text}_{{{below}}}"), Level::Atom)
            }
            Kind::Inverse(body) => (format!("{}^{{-1}}", self.latex_at(body, Level::Atom)), Level::Power),
            Kind::Trace(body) => head(r"\operatorname{tr}", body),
            Kind::Identity => ("I".to_string(), Level::Atom),
        }
    }

    fn term_latex(&self, term: &Term) -> String {
        self.names.as_ref().map_or_else(|| term.to_string(), |names| crate::render::term_latex(term, names))
    }

    pub(super) fn drawn<T>(&self, within: bool, work: impl FnOnce() -> T) -> T {
        let outside = self.within_draws.replace(within);
        let value = work();
        self.within_draws.set(outside);
        value
    }

    /// `(z_k)` after what depends on the variates, `(y_k \mid x_k)` after a conditional density.
    fn at_draw(&self, formula: &Formula) -> String {
        let theory = &self.derivation.theory;
        if !self.within_draws.get() || !self.depends_on_variates(formula) {
            return String::new();
        }
        let own = |id: VariateId| format!("{}_{{k}}", self.symbol(theory.variate(id).name.as_str()));
        match &formula.kind {
            Kind::Density(id, _) => {
                let density = theory.density(*id);
                let given = density.given.map_or(String::new(), |given| format!(r" \mid {}", own(given)));
                format!("({}{given})", own(density.variate))
            }
            _ => format!("({})", theory.variate_ids().map(own).collect::<Vec<_>>().join(", ")),
        }
    }

    pub(super) fn depends_on_variates(&self, formula: &Formula) -> bool {
        match &formula.kind {
            Kind::Density(..) | Kind::Statistic(_) => true,
            Kind::Draws(_) | Kind::SumOver(..) | Kind::Expectation(..) | Kind::Variance(_) | Kind::Covariance(..) => {
                false
            }
            Kind::Defined(at, _) => self.depends_on_variates(&self.derivation.definitions[*at].body),
            _ => formula.children().into_iter().any(|child| self.depends_on_variates(child)),
        }
    }

    /// The number of draws.
    fn sample(&self) -> String {
        let theory = &self.derivation.theory;
        theory.sample.map_or_else(String::new, |id| self.symbol(theory.constant(id).name.as_str()))
    }

    fn nabla(&self, parameter: ParameterId) -> String {
        if self.several_parameters() {
            format!(r"\nabla_{{\!{}}}", self.symbol(self.parameter(parameter)))
        } else {
            r"\nabla".to_string()
        }
    }

    fn operator(&self, operator: &str, body: &Formula) -> (String, Level) {
        (format!("{operator} {}", self.latex_at(body, Level::Prefix)), Level::Prefix)
    }

    fn binary_latex(&self, operator: Operator, left: &Formula, right: &Formula) -> (String, Level) {
        match operator {
            Operator::Add => {
                let (minus, text) = self.signed_latex(right);
                let right = if minus { format!(r"\left(-{text}\right)") } else { self.latex_at(right, Level::Product) };
                (format!("{} + {right}", self.latex_at(left, Level::Sum)), Level::Sum)
            }
            Operator::Subtract => {
                let (minus, text) = self.signed_latex(right);
                let right = if minus { format!(r"\left(-{text}\right)") } else { self.latex_at(right, Level::Product) };
                (format!("{} - {right}", self.latex_at(left, Level::Sum)), Level::Sum)
            }
            Operator::Divide => match (&left.kind, &right.kind) {
                (Kind::Number(over), Kind::Number(under)) => (rational(&(over / under)), Level::Atom),
                _ => (format!(r"\frac{{{}}}{{{}}}", self.latex(left), self.latex(right)), Level::Power),
            },
            Operator::Multiply => {
                // A sum or a gradient as the last factor ends the product; before another it needs parentheses.
                let first = match &left.kind {
                    Kind::Negate(body) => format!("-{}", self.latex_at(body, Level::Power)),
                    Kind::Binary(Operator::Multiply | Operator::Divide, ..) => self.latex_at(left, Level::Product),
                    _ => self.latex_at(left, Level::Power),
                };
                let second = self.latex_at(right, Level::Prefix);
                let dot = if second.starts_with(|letter: char| letter.is_ascii_digit()) { r" \cdot " } else { r" \, " };
                let dot = if second.starts_with(r"\left(") || first.ends_with(r"\right)") { " " } else { dot };
                let level = if matches!(left.kind, Kind::Negate(_)) { Level::Sum } else { Level::Product };
                (format!("{first}{dot}{second}"), level)
            }
        }
    }

    fn point_latex(&self, parameter: ParameterId, point: &Point) -> String {
        if let Some(members) = self.members(point, &|name| self.term_latex(name)) {
            return members;
        }
        let mut text = self.symbol(self.parameter(parameter));
        for (id, coefficient) in point {
            text.push(if coefficient.is_negative() { '-' } else { '+' });
            let size = coefficient.abs();
            if !size.is_one() {
                text.push_str(&rational(&size));
            }
            text.push_str(&self.direction(self.derivation.theory.direction(*id).name.as_str()));
        }
        text
    }
}

/// How tightly the printed term holds together.
fn member_level(term: &Term) -> Level {
    match term {
        _ if term.has_minus() => Level::Sum,
        Term::Sum(_) => Level::Sum,
        Term::Product(_) => Level::Product,
        Term::Power(..) => Level::Power,
        Term::Number(value) if !value.is_integer() => Level::Product,
        _ => Level::Atom,
    }
}

fn names(labels: &[Label]) -> Vec<String> {
    labels.iter().map(|label| label.name.clone()).collect()
}

fn rational(value: &Rational) -> String {
    if value.is_integer() {
        return value.to_string();
    }
    let sign = if value.is_negative() { "-" } else { "" };
    format!(r"{sign}\tfrac{{{}}}{{{}}}", value.numer().abs(), value.denom())
}

fn plain(value: &Rational) -> String {
    value.to_string()
}

const GREEK: [&str; 24] = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
];

/// `theta` is θ, `F_true` is F with a subscript, `Ftilde` is F̃, longer names are upright.
pub fn symbol(name: &str) -> String {
    if let Some((base, below)) = name.split_once('_') {
        let below = if below.chars().count() == 1 || GREEK.contains(&below) {
            symbol(below)
        } else {
            format!(r"\mathrm{{{}}}", below.replace('_', r"\_"))
        };
        return format!("{}_{{{below}}}", symbol(base));
    }
    if let Some(base) = name.strip_suffix("tilde").filter(|base| !base.is_empty()) {
        return format!(r"\tilde{{{}}}", symbol(base));
    }
    if let Some(base) = name.strip_suffix("hat").filter(|base| !base.is_empty()) {
        return format!(r"\hat{{{}}}", symbol(base));
    }
    if GREEK.contains(&name) {
        return format!(r"\{name}");
    }
    let lower = name.to_lowercase();
    if name.starts_with(char::is_uppercase)
        && ["gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "upsilon", "phi", "psi", "omega"]
            .contains(&lower.as_str())
    {
        return format!(r"\{name}");
    }
    if name.chars().count() == 1 {
        return name.to_string();
    }
    // A letter and a number: H2 is H with an upper index read as a name, so a subscript.
    let letters: String = name.chars().take_while(|letter| letter.is_alphabetic()).collect();
    let digits = &name[letters.len()..];
    if letters.chars().count() == 1 && !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit()) {
        return format!("{letters}_{{{digits}}}");
    }
    format!(r"\mathrm{{{name}}}")
}
