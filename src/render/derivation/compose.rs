//! From a formula of a derivation to written mathematics, for the formats that spell that tree.

use num_traits::{One, Signed};

use crate::kernel::jets::expression::Point;
use crate::kernel::jets::theory::{DensityId, ParameterId, VariateId};
use crate::kernel::term::{Name, Rational};
use crate::model::derivation::family::SECOND;
use crate::model::derivation::formula::{Formula, Kind, Label, Mean, Operator};
use crate::render::names::{Names, authored, symbol};
use crate::render::notation::{Fence, Glyph, Level, Notation as Written, Prime, Separator, Sign, Symbol};

use super::Notation;

impl Notation<'_> {
    pub fn written(&self, formula: &Formula) -> Written {
        let theory = &self.derivation.theory;
        let one = |head: Symbol, body: &Formula| Written::call(head, vec![self.written(body)]);
        match &formula.kind {
            Kind::Number(value) => number(value),
            Kind::Parameter(id) => self.letter(self.parameter(*id)).into(),
            Kind::Direction(id) => self.step(theory.direction(*id).name.as_str()),
            Kind::Constant(id) => self.letter(theory.constant(*id).name.as_str()).into(),
            Kind::Density(id, point) => {
                let own = self.density_letter(*id, point);
                if self.draws_on(formula) { self.at_the_draw(own.into(), Some(*id)) } else { own.into() }
            }
            Kind::Field(id, point) => {
                let head = self.letter(theory.function(*id).name.as_str());
                Written::call(head, self.point(self.argument(*id), point))
            }
            Kind::Statistic(id) => {
                let head = self.letter(theory.function(*id).name.as_str());
                match self.draws_on(formula) {
                    true => self.at_the_draw(head.into(), None),
                    false => Written::call(head, vec![self.letter(&self.variate_of(*id)).into()]),
                }
            }
            Kind::Apply(id, order, argument) => {
                let mut head = self.letter(theory.function(*id).name.as_str());
                head.prime = match order {
                    0 => Prime::None,
                    1..=3 => Prime::Count(*order as usize),
                    _ => Prime::Order(Box::new(Written::number(order))),
                };
                one(head, argument)
            }
            Kind::Defined(at, point) => {
                let head = self.letter(&self.derivation.definitions[*at].name);
                if self.draws_on(formula) {
                    self.at_the_draw(head.into(), None)
                } else if point.is_empty() {
                    head.into()
                } else {
                    Written::call(head, self.point(self.inner_parameter(), point))
                }
            }
            Kind::Member(term) => match &self.names {
                Some(names) => crate::render::term_notation(term, names),
                None => Written::Words(term.to_string()),
            },
            Kind::Table(rows) => {
                Written::Matrix(rows.iter().map(|row| row.iter().map(|entry| self.written(entry)).collect()).collect())
            }
            Kind::Divergence { densities, from, to } => {
                let at = |point: &Point| {
                    Written::product(densities.iter().map(|id| self.density_letter(*id, point).into()).collect())
                };
                let sides = Written::list(Separator::Parallel, vec![at(from), at(to)]);
                Written::Call(Box::new(Symbol::new("\\operatorname{KL}", "KL").into()), Box::new(sides))
            }
            Kind::Variance(body) => one(Symbol::new("\\operatorname{Var}", "Var"), body),
            Kind::Covariance(left, right) => {
                let head = Symbol::new("\\operatorname{Cov}", "Cov");
                Written::call(head, vec![self.written(left), self.written(right)])
            }
            Kind::Negate(body) => self.written(body).negated(),
            Kind::Binary(Operator::Add | Operator::Subtract, ..) => {
                let mut terms = Vec::new();
                self.terms(formula, &mut terms);
                Written::Sum(terms)
            }
            Kind::Binary(Operator::Multiply, left, right) => {
                let (sign, first) = signed(self.written(left));
                let mut factors = match first {
                    Written::Product(factors) => factors,
                    other => vec![other],
                };
                // A prefix swallows what follows it.
                if let Some(last) = factors.pop() {
                    let fraction = matches!(last, Written::Fraction(..) | Written::Derivative { .. });
                    factors.push(if fraction { last } else { last.within(Level::Power) });
                }
                let second = self.written(right);
                let open = matches!(second, Written::Big { .. });
                factors.push(if open { second } else { second.within(Level::Prefix) });
                with_sign(sign, Written::Product(factors))
            }
            Kind::Binary(Operator::Divide, left, right) => {
                let (sign, over) = signed(self.written(left));
                with_sign(sign, Written::fraction(over, self.written(right)))
            }
            Kind::Power(body, exponent) => Written::power(self.base_of_power(body), number(exponent)),
            Kind::Raised(body, exponent) => Written::power(self.base_of_power(body), self.written(exponent)),
            Kind::SquareRoot(body) => Written::Root(Box::new(self.written(body))),
            Kind::Transpose(body) => Written::power(self.base_of_power(body), Symbol::new("\\top", "ᵀ").into()),
            Kind::Inverse(body) => Written::power(self.base_of_power(body), Written::number(1).negated()),
            Kind::Log(body) => applied(Symbol::new("\\log", "log").into(), self.written(body)),
            Kind::Exp(body) => one(Symbol::new("\\exp", "exp"), body),
            Kind::Gradient(parameter, body) => applied(self.nabla_symbol(*parameter).into(), self.written(body)),
            Kind::Hessian(parameter, body) => {
                let square = Written::power(self.nabla_symbol(*parameter).into(), Written::number(2));
                applied(square, self.written(body))
            }
            Kind::Jacobian(parameter, body) => {
                let below =
                    Written::power(self.letter(self.parameter(*parameter)).into(), Symbol::new("\\top", "ᵀ").into());
                let of = self.written(body).within(Level::Power);
                Written::Derivative { of: Some(Box::new(of)), by: vec![(below, 1)] }
            }
            Kind::Partial(parameter, labels, body) => {
                let below = |label: &Label| -> Written {
                    match self.several_parameters() {
                        true => self.letter(self.parameter(*parameter)).indexed(self.label(label)).into(),
                        false => self.label(label),
                    }
                };
                let partial = |label: &Label| Symbol::new("\\partial", "∂").indexed(below(label)).into();
                applied(tight(labels.iter().map(partial).collect()), self.written(body))
            }
            Kind::Expectation(mean, body) => {
                let inner = self.drawn(false, || self.written(body));
                match self.mean(mean) {
                    None => Written::Expectation(Box::new(inner)),
                    Some(below) => {
                        let head = Symbol::new("\\mathbb{E}", "E").indexed(below);
                        Written::Tight(vec![head.into(), Written::group(Fence::Square, inner)])
                    }
                }
            }
            Kind::Draws(body) => {
                let inner = self.drawn(true, || self.written(body));
                let first = Written::from(Symbol::letter("k")).equals(Written::number(1));
                sum(first, theory.sample.map(|_| self.sample_letter().into()), inner)
            }
            Kind::SumOver(variate, body) => {
                sum(self.letter(theory.variate(*variate).name.as_str()).into(), None, self.written(body))
            }
            Kind::SumIndex(labels, body) => {
                let below = Written::comma(labels.iter().map(|label| self.label(label)).collect());
                sum(below, None, self.written(body))
            }
            Kind::Entry(body, labels) => {
                let below = tight(labels.iter().map(|label| self.label(label)).collect());
                match self.written(body) {
                    Written::Symbol(symbol) if symbol.subscript.is_none() => symbol.indexed(below).into(),
                    // What is subscripted already keeps its own apart, as in [F_true]_ij.
                    other => Written::Indexed(Box::new(Written::group(Fence::Square, other)), Box::new(below)),
                }
            }
            Kind::Trace(body) => one(Symbol::new("\\operatorname{tr}", "tr"), body),
            Kind::Identity => Symbol::letter("I").into(),
        }
    }

    /// A formula with what an expansion leaves out of it: `½ ΔᵀFΔ + O(‖Δ‖³)`.
    pub fn written_to_order(&self, formula: &Formula, order: Option<u32>) -> Written {
        let Some(order) = order else { return self.written(formula) };
        let theory = &self.derivation.theory;
        let steps = theory.directions.iter().map(|own| self.step(own.name.as_str())).collect();
        let size = Written::group(Fence::DoubleBars, Written::comma(steps));
        let left_out = Written::call(Symbol::letter("O"), vec![Written::power(size, Written::number(order + 1))]);
        if formula.is_zero() {
            return left_out;
        }
        let mut terms = match self.written(formula) {
            Written::Sum(terms) => terms,
            other => vec![(Sign::Plus, other)],
        };
        terms.push((Sign::Plus, left_out));
        Written::Sum(terms)
    }

    /// The author's own spelling where there is one, then that of the family at hand.
    pub fn letter(&self, name: &str) -> Symbol {
        let own = self.derivation.notation.iter().find(|(known, _)| known == name);
        match (own, &self.names) {
            (Some((_, latex)), _) => authored(latex, name),
            (None, Some(names)) if names.declares(&Name::new(name)) => names.symbol(&Name::new(name)),
            (None, _) => {
                // `Ftilde` as `F_tilde`.
                let accent = ["tilde", "hat"].into_iter().find_map(|mark| {
                    let base = name.strip_suffix(mark).filter(|base| !base.is_empty() && !base.ends_with('_'))?;
                    Some(format!("{base}_{mark}"))
                });
                symbol(accent.as_deref().unwrap_or(name))
            }
        }
    }

    /// p_θ, the density at a point.
    pub fn density_letter(&self, id: DensityId, point: &Point) -> Symbol {
        let own = self.derivation.theory.density(id);
        self.letter(own.name.as_str()).indexed(Written::comma(self.point(own.parameter, point)))
    }

    /// An increment of the parameter: `delta` is Δ, that to the second argument θ′ − θ.
    fn step(&self, name: &str) -> Written {
        let authored = self.derivation.notation.iter().any(|(known, _)| known == name);
        match name {
            "delta" if !authored => Symbol::new("\\Delta", "Δ").into(),
            SECOND => {
                let theta = Symbol::new("\\theta", "θ");
                Written::Sum(vec![(Sign::Plus, theta.clone().primed(1).into()), (Sign::Minus, theta.into())])
            }
            _ => self.letter(name).into(),
        }
    }

    /// θ + Δ; for a family at hand its parameters, or those of the second argument.
    fn point(&self, parameter: ParameterId, point: &Point) -> Vec<Written> {
        if let Some(names) = &self.names
            && (point.is_empty() || self.is_second(point))
        {
            let second = !point.is_empty();
            let own = |name: &Name| if second { names.symbol(&Names::primed(name)) } else { names.symbol(name) };
            return names.parameters().iter().map(|name| own(name).into()).collect();
        }
        let theta = Written::from(self.letter(self.parameter(parameter)));
        if point.is_empty() {
            return vec![theta];
        }
        let mut terms = vec![(Sign::Plus, theta)];
        for (id, coefficient) in point {
            let sign = if coefficient.is_negative() { Sign::Minus } else { Sign::Plus };
            let step = self.step(self.derivation.theory.direction(*id).name.as_str()).within(Level::Product);
            let size = coefficient.abs();
            terms.push((sign, if size.is_one() { step } else { Written::Product(vec![number(&size), step]) }));
        }
        vec![Written::Sum(terms)]
    }

    /// The terms of a sum as they stand; only what is subtracted as a whole keeps its parentheses.
    fn terms(&self, formula: &Formula, terms: &mut Vec<(Sign, Written)>) {
        let Kind::Binary(operator @ (Operator::Add | Operator::Subtract), left, right) = &formula.kind else {
            match self.written(formula) {
                Written::Sum(own) => terms.extend(own),
                other => terms.push((Sign::Plus, other)),
            }
            return;
        };
        self.terms(left, terms);
        let sign = if *operator == Operator::Add { Sign::Plus } else { Sign::Minus };
        terms.push((sign, self.written(right).within(Level::Slash)));
    }

    /// What a power or a transposition is of.
    fn base_of_power(&self, body: &Formula) -> Written {
        match self.written(body) {
            fraction @ (Written::Fraction(..) | Written::Derivative { .. }) => Written::group(Fence::Round, fraction),
            other => other.within(Level::Atom),
        }
    }

    fn label(&self, label: &Label) -> Written {
        match label.name.chars().all(|digit| digit.is_ascii_digit()) {
            true => Written::number(&label.name),
            false => self.letter(&label.name).into(),
        }
    }

    fn nabla_symbol(&self, parameter: ParameterId) -> Symbol {
        let nabla = Symbol::new("\\nabla", "∇");
        if self.several_parameters() { nabla.indexed(self.letter(self.parameter(parameter)).into()) } else { nabla }
    }

    /// Over what an expectation is taken, where it is not over the model.
    fn mean(&self, mean: &Mean) -> Option<Written> {
        let theory = &self.derivation.theory;
        let variate = |id: VariateId| Written::from(self.letter(theory.variate(id).name.as_str()));
        let at = |point: &Point| Written::comma(self.point(self.inner_parameter(), point));
        match mean {
            Mean::Model(point) if point.is_empty() => None,
            Mean::Model(point) => Some(at(point)),
            Mean::Inner(density) => Some(variate(theory.density(*density).variate)),
            Mean::Covariate(id) => Some(variate(*id)),
            Mean::Data => Some(Symbol::new("\\mathrm{data}", "data").into()),
            Mean::Sample(point) if point.is_empty() => Some(self.sample_letter().into()),
            Mean::Sample(point) => {
                Some(Written::list(Separator::Semicolon, vec![self.sample_letter().into(), at(point)]))
            }
        }
    }

    fn sample_letter(&self) -> Symbol {
        let theory = &self.derivation.theory;
        theory.sample.map_or_else(|| Symbol::letter("n"), |id| self.letter(theory.constant(id).name.as_str()))
    }

    /// Whether the variates of the formula are those of the k-th draw.
    fn draws_on(&self, formula: &Formula) -> bool {
        self.within_draws.get() && self.depends_on_variates(formula)
    }

    /// `head(z_k)`, `head(y_k | x_k)` for a conditional density.
    fn at_the_draw(&self, head: Written, density: Option<DensityId>) -> Written {
        let theory = &self.derivation.theory;
        let own = |id: VariateId| -> Written {
            self.letter(theory.variate(id).name.as_str()).indexed(Symbol::letter("k").into()).into()
        };
        match density.map(|id| theory.density(id)) {
            Some(density) => {
                let variates = std::iter::once(density.variate).chain(density.given).map(own).collect();
                let argument = Written::list(Separator::Given, variates);
                Written::Call(Box::new(head), Box::new(argument))
            }
            None => Written::call(head, theory.variate_ids().map(own).collect()),
        }
    }
}

/// `∇p` close, `∇ log p` apart, `∇(a + b)` in parentheses.
fn applied(operator: Written, body: Written) -> Written {
    let is_word = |notation: &Written| matches!(notation, Written::Symbol(symbol) if symbol.is_operator());
    let word = is_word(&operator);
    // What stands below ∇ keeps it from what follows.
    let below = |notation: &Written| matches!(notation, Written::Symbol(own) if own.glyph.text == "∇" && own.subscript.is_some());
    let bare = match &operator {
        Written::Power(base, _) => !below(base),
        other => !word && !below(other),
    };
    let close = match &body {
        Written::Symbol(_) => bare,
        Written::Call(head, _) => bare && !is_word(head),
        _ => false,
    };
    if close {
        return Written::Tight(vec![operator, body]);
    }
    let alone = body.level() >= Level::Prefix || matches!(body, Written::Big { .. }) && !word;
    let (operator, body) = (Box::new(operator), Box::new(body));
    if alone { Written::Prefix(operator, body) } else { Written::Call(operator, body) }
}

fn sum(lower: Written, upper: Option<Written>, body: Written) -> Written {
    Written::Big {
        sign: Glyph::new("\\sum", "Σ"),
        lower: Some(Box::new(lower)),
        upper: upper.map(Box::new),
        body: Box::new(body.within(Level::Product)),
    }
}

/// Letters as close as in one word; of one, the letter.
fn tight(mut parts: Vec<Written>) -> Written {
    if parts.len() == 1 { parts.remove(0) } else { Written::Tight(parts) }
}

/// The sign that a product begins with, and the rest.
fn signed(notation: Written) -> (Sign, Written) {
    match notation {
        Written::Sum(mut terms) if terms.len() == 1 => terms.remove(0),
        other => (Sign::Plus, other),
    }
}

fn with_sign(sign: Sign, notation: Written) -> Written {
    if sign == Sign::Minus { Written::Sum(vec![(Sign::Minus, notation)]) } else { notation }
}

fn number(value: &Rational) -> Written {
    let size = value.abs();
    let positive = match size.is_integer() {
        true => Written::number(&size),
        false => Written::fraction(Written::number(size.numer()), Written::number(size.denom())),
    };
    if value.is_negative() { positive.negated() } else { positive }
}
