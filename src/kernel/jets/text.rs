//! Normal forms as text in the syntax of the language: what is left of a difference.

use std::collections::BTreeMap;

use num_traits::{One, Signed};

use crate::kernel::term::Rational;

use super::expression::{Functional, Point};
use super::index::Index;
use super::monomial::{Atom, Monomial};
use super::polynomial::Polynomial;
use super::theory::{DensityId, ParameterId, Theory, VariateId};

/// Names for summed labels, as far as free labels leave them.
const LABELS: [&str; 10] = ["i", "j", "k", "l", "m", "n", "q", "r", "s", "t"];

impl Polynomial {
    /// `-1/2*sum(i, j, delta[i]*delta[j]*E[…])`; a term a line would be too long, so all in one.
    pub fn text(&self, theory: &Theory) -> String {
        if self.0.is_empty() {
            return "0".to_string();
        }
        let mut text = String::new();
        for (at, (coefficient, monomial)) in self.0.iter().enumerate() {
            let term = Writer::new(theory, monomial).term(&coefficient.abs(), monomial);
            text.push_str(match (at, coefficient.is_negative()) {
                (0, true) => "-",
                (0, false) => "",
                (_, true) => " - ",
                (_, false) => " + ",
            });
            text.push_str(&term);
        }
        text
    }
}

struct Writer<'t> {
    theory: &'t Theory,
    labels: BTreeMap<Index, String>,
}

impl<'t> Writer<'t> {
    fn new(theory: &'t Theory, monomial: &Monomial) -> Self {
        let mut taken = Vec::new();
        monomial.visit(&mut |index| {
            if let Index::Free(_, name) = index {
                taken.push(name.as_str().to_string());
            }
        });
        let mut names = LABELS
            .iter()
            .map(ToString::to_string)
            .filter(|name| !taken.contains(name))
            .chain((1..).map(|number| format!("i{number}")));
        let labels = monomial.bound().into_iter().filter_map(|label| names.next().map(|name| (label, name))).collect();
        Writer { theory, labels }
    }

    fn label(&self, index: &Index) -> String {
        match index {
            Index::Unit => String::new(),
            Index::Free(_, name) => name.as_str().trim_start_matches('#').to_string(),
            Index::Open(_, number) => format!("_{number}"),
            Index::Bound(..) => self.labels.get(index).cloned().unwrap_or_else(|| "?".to_string()),
        }
    }

    fn indexed(&self, head: &str, indices: &[Index]) -> String {
        let labels: Vec<String> =
            indices.iter().filter(|index| **index != Index::Unit).map(|index| self.label(index)).collect();
        if labels.is_empty() { head.to_string() } else { format!("{head}[{}]", labels.join(", ")) }
    }

    fn derivative<'i>(&self, body: &str, indices: impl IntoIterator<Item = &'i Index>) -> String {
        let labels: Vec<String> = indices.into_iter().map(|index| self.label(index)).collect();
        if labels.iter().any(String::is_empty) {
            return format!("d({body}, {})", labels.len());
        }
        format!("d({body}, {})", labels.join(", "))
    }

    fn term(&self, coefficient: &Rational, monomial: &Monomial) -> String {
        let product = self.product(monomial);
        let summed: Vec<String> = self.labels.values().cloned().collect();
        let body = match (summed.is_empty(), product.as_str()) {
            (true, _) => product,
            (false, _) => format!("sum({}, {product})", summed.join(", ")),
        };
        match (coefficient.is_one(), body.as_str()) {
            (_, "1") => coefficient.to_string(),
            (true, _) => body,
            (false, _) => format!("{coefficient}*{body}"),
        }
    }

    fn product(&self, monomial: &Monomial) -> String {
        let (above, below): (Vec<_>, Vec<_>) = monomial.0.iter().partition(|(_, exponent)| exponent.is_positive());
        let power = |atom: &Atom, exponent: &Rational| {
            let base = self.atom(atom);
            if exponent.is_one() {
                base
            } else if exponent.is_integer() {
                format!("{base}^{exponent}")
            } else {
                format!("{base}^({exponent})")
            }
        };
        let mut text = above.iter().map(|(atom, exponent)| power(atom, exponent)).collect::<Vec<_>>().join("*");
        if text.is_empty() {
            text.push('1');
        }
        for (atom, exponent) in below {
            text.push('/');
            text.push_str(&power(atom, &exponent.abs()));
        }
        text
    }

    fn density(&self, id: DensityId, point: &Point) -> String {
        let density = self.theory.density(id);
        format!("{}{}", density.name, self.at(density.parameter, point))
    }

    fn at(&self, parameter: ParameterId, point: &Point) -> String {
        if point.is_empty() {
            return String::new();
        }
        format!("({}{})", self.theory.parameter(parameter).name, self.displacement(point))
    }

    fn displacement(&self, point: &Point) -> String {
        let mut text = String::new();
        for (direction, coefficient) in point {
            let sign = if coefficient.is_negative() { '-' } else { '+' };
            let size = coefficient.abs();
            let scale = if size.is_one() { String::new() } else { format!("{size}*") };
            text.push_str(&format!(" {sign} {scale}{}", self.theory.direction(*direction).name));
        }
        text
    }

    fn atom(&self, atom: &Atom) -> String {
        let theory = self.theory;
        match atom {
            Atom::Direction(id, index) => {
                self.indexed(theory.direction(*id).name.as_str(), std::slice::from_ref(index))
            }
            Atom::Parameter(id, index) => {
                self.indexed(theory.parameter(*id).name.as_str(), std::slice::from_ref(index))
            }
            Atom::Map(id, component, derivatives) => self.derivative(
                &self.indexed(theory.parameter(*id).name.as_str(), std::slice::from_ref(component)),
                derivatives,
            ),
            Atom::Constant { id, indices, .. } => self.indexed(theory.constant(*id).name.as_str(), indices),
            Atom::Kronecker(left, right) => format!("identity[{}, {}]", self.label(left), self.label(right)),
            Atom::Dimension(space) => {
                theory.spaces.get(space.0 as usize).map_or_else(|| "d".to_string(), ToString::to_string)
            }
            Atom::Density(id, point) => self.density(*id, point),
            Atom::Jet(id, point, indices) => self.derivative(&self.density(*id, point), indices),
            Atom::LogDensity(id, point) => format!("log({})", self.density(*id, point)),
            Atom::Defined(id, point, indices) => {
                let moved =
                    if point.is_empty() { String::new() } else { format!("(theta{})", self.displacement(point)) };
                self.indexed(&format!("{}{moved}", theory.definition(*id).name), indices)
            }
            Atom::Field { id, point, component, derivatives } => {
                let name = &theory.function(*id).name;
                let body = self.indexed(&format!("{name}(theta{})", self.displacement(point)), component);
                if derivatives.is_empty() { body } else { self.derivative(&body, derivatives) }
            }
            Atom::Statistic(id, indices) => self.indexed(theory.function(*id).name.as_str(), indices),
            Atom::Apply(id, 0, argument) => format!("{}({})", theory.function(*id).name, argument.text(theory)),
            Atom::Apply(id, order, argument) => {
                format!("derivative({}, {order}, {})", theory.function(*id).name, argument.text(theory))
            }
            Atom::Log(argument) => format!("log({})", argument.text(theory)),
            Atom::Exp(argument) => format!("exp({})", argument.text(theory)),
            Atom::Power(argument, exponent) => format!("({})^({exponent})", argument.text(theory)),
            Atom::Inverse { matrix, indices, .. } => self.indexed(&format!("inv({})", matrix.text(theory)), indices),
            Atom::Derivative(indices, body) => {
                self.derivative(&self.product(body), indices.iter().map(|(_, index)| index))
            }
            Atom::Block(functional, body) => self.block(functional, body),
            Atom::Unknown(_) => "(beyond the algebra)".to_string(),
        }
    }

    /// Σ_z p f reads better as E[f].
    fn block(&self, functional: &Functional, body: &Monomial) -> String {
        let name = |variate: &VariateId| self.theory.variate(*variate).name.clone();
        match functional {
            Functional::Model(point) if point.is_empty() => format!("E[{}]", self.product(body)),
            Functional::Model(point) => format!("E[{}, theta{}]", self.product(body), self.displacement(point)),
            Functional::Inner(density, _) => {
                format!("E_{}[{}]", name(&self.theory.density(*density).variate), self.product(body))
            }
            Functional::Data => format!("E_data[{}]", self.product(body)),
            Functional::Draws => format!("draws({})", self.product(body)),
            Functional::Sample(point) if point.is_empty() => format!("E_sample[{}]", self.product(body)),
            Functional::Sample(point) => format!("E_sample[{}, theta{}]", self.product(body), self.displacement(point)),
            Functional::Covariate(variate) => match body.0.as_slice() {
                [(Atom::Block(Functional::Sum(inner), nested), one)] if one.is_one() => {
                    match self.expectation(*inner, nested) {
                        Some(nested) => format!("E[{nested}]"),
                        None => format!("E_{}[{}]", name(variate), self.product(body)),
                    }
                }
                _ => format!("E_{}[{}]", name(variate), self.product(body)),
            },
            Functional::Sum(variate) => match self.expectation(*variate, body) {
                Some(nested) if self.theory.densities.len() == 1 && self.theory.variates.len() == 1 => {
                    format!("E[{nested}]")
                }
                _ => format!("sum({}, {})", name(variate), self.product(body)),
            },
        }
    }

    /// The body of Σ_z p f without p, where the sum holds the density at θ.
    fn expectation(&self, variate: VariateId, body: &Monomial) -> Option<String> {
        let density = self.theory.density_of(variate)?;
        let mut divided = body.clone();
        divided.multiply_by(Atom::Density(density, Point::new()), -Rational::one());
        let moving = |monomial: &Monomial| monomial.variates(self.theory).contains(&variate);
        (moving(body)).then(|| self.product(&divided))
    }
}
