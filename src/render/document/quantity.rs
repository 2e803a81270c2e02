//! The quantities: density, exponential-family form, score, Hessian, Fisher information, mean,
//! divergence and its expansion, numbers.

use crate::derive::report::{CheckKind, ExponentialForm, KlTaylor, NumericValues, Status, SymmetricTensor};
use crate::kernel::term::{Name, Term};
use crate::model::family::DensityForm;
use crate::render::derivation::sentence as capitalised;
use crate::render::domain;
use crate::render::names::Names;
use crate::render::notation::{Fence, Glyph, Notation, Relation, Separator, Sign, Symbol};

use super::{Block, Inline, Line, Writer, decimal, displayed, entry_index, enumerate, sentence, text};

impl Writer<'_> {
    pub(super) fn density(&self) -> Vec<Block> {
        let family = &self.report.family;
        let declared = family.constants.iter().chain(&family.parameters).chain(&family.given);
        let mut conditions: Vec<Notation> =
            declared.map(|(name, domain)| domain::condition(name, domain, self.names)).collect();
        let known = &family.context;
        conditions.extend(known.positive.iter().map(|term| domain::inequality(term, true, self.names)));
        conditions.extend(known.nonnegative.iter().map(|term| domain::inequality(term, false, self.names)));
        let support = domain::support(&family.variate, self.names);
        let mut opening = vec![text("For ")];
        opening.extend(enumerate(conditions.iter().chain(&support).cloned().map(Inline::Math).collect()));
        opening.push(text(":"));
        let (left, right) = match &family.density {
            DensityForm::Density { body, .. } => (self.p(), self.written(body)),
            DensityForm::LogDensity { body, .. } => {
                (Notation::prefix(Symbol::new("\\log", "log"), self.p()), self.written(body))
            }
            DensityForm::Exponential { natural, statistic, log_partition, base, .. } => {
                (self.p(), self.exponential_density(natural, statistic, log_partition, base))
            }
        };
        let mut blocks = vec![Block::Paragraph(opening), Block::Display(vec![Line::equation(left, right)])];
        if !matches!(family.density, DensityForm::LogDensity { .. }) {
            let ell = Notation::from(Symbol::new("\\ell", "ℓ"));
            let log = Notation::prefix(Symbol::new("\\log", "log"), self.p());
            blocks.push(Block::Paragraph(vec![text("Its logarithm is")]));
            blocks.push(Block::Display(vec![Line::equation(ell.equals(log), self.written(&self.report.log_density))]));
        }
        blocks
    }

    fn exponential_density(
        &self,
        natural: &[(Name, Term)],
        statistic: &[(Name, Term)],
        log_partition: &Term,
        base: &Term,
    ) -> Notation {
        let mut terms: Vec<Term> =
            natural.iter().zip(statistic).map(|((_, eta), (_, t))| eta.clone() * t.clone()).collect();
        terms.push(-log_partition.clone());
        let exponent = self.written(&Term::sum(terms));
        let exp = Notation::call(Symbol::new("\\exp", "exp"), vec![exponent]);
        if base.is_one() { exp } else { Notation::Product(vec![self.written(base), exp]) }
    }

    pub(super) fn exponential_family(&self) -> Vec<Block> {
        match (&self.report.exponential, &self.report.not_exponential) {
            (Some(form), _) => self.exponential_form(form),
            (None, Some(reason)) => vec![self.say(&format!("{}.", capitalised(reason)))],
            (None, None) => Vec::new(),
        }
    }

    fn exponential_form(&self, form: &ExponentialForm) -> Vec<Block> {
        let letter = |latex: &str, text: &str| Notation::from(Symbol::new(latex, text));
        let vector = form.natural.len() > 1;
        let (eta, t, a, h) = (letter("\\eta", "η"), letter("T", "T"), letter("A", "A"), letter("h", "h"));
        let variates: Vec<Notation> = self.names.variates().iter().map(|name| self.letter(name)).collect();
        let of_x = |head: Notation| Notation::call(head, variates.clone());
        let eta_t = match vector {
            true => Notation::Product(vec![Notation::power(eta.clone(), letter("\\top", "ᵀ")), of_x(t.clone())]),
            false => Notation::Product(vec![eta.clone(), of_x(t.clone())]),
        };
        let exponent = Notation::Sum(vec![(Sign::Plus, eta_t), (Sign::Minus, a.clone())]);
        let exp = Notation::call(Symbol::new("\\exp", "exp"), vec![exponent]);
        let shape = Notation::Product(vec![of_x(h.clone()), exp]);
        // One component of each kind, where coordinates can be exchanged.
        let held: Vec<usize> = (0..form.statistic.len())
            .filter(|place| match &form.statistic[*place] {
                Term::Variable(name) => self.report.exchange.coordinate(name).is_none(),
                _ => true,
            })
            .collect();
        let written = |terms: &[Term]| {
            let mut items: Vec<Notation> = held.iter().map(|place| self.written(&terms[*place])).collect();
            if items.len() < terms.len() {
                items.push(letter("\\dots", "…"));
            }
            Self::tuple(items)
        };
        vec![
            Block::Paragraph(vec![
                text("The family is exponential, "),
                Inline::Math(self.p().equals(shape)),
                text(", with"),
            ]),
            Block::Display(vec![
                Line::equation(eta, written(&form.natural)),
                Line::equation(of_x(t), written(&form.statistic)),
                Line::equation(a, self.written(&form.log_partition)),
                Line::equation(of_x(h), self.written(&form.base)),
            ]),
        ]
    }

    pub(super) fn score(&self) -> Vec<Block> {
        let parameters = self.names.parameters();
        let lines = self.report.score.held().map(|(indices, entry)| {
            let left = indices.iter().fold(Term::log_density(), |term, index| term.derivative(&parameters[*index]));
            Line::equation(self.written(&left), self.written(entry))
        });
        let mut blocks = displayed(lines.collect());
        blocks.extend(self.exchangeable());
        blocks
    }

    pub(super) fn hessian(&self) -> Vec<Block> {
        let parameters = self.names.parameters();
        let lines = self.report.hessian.held().map(|(indices, entry)| {
            let left = indices.iter().fold(Term::log_density(), |term, index| term.derivative(&parameters[*index]));
            Line::equation(self.written(&left), self.written(entry))
        });
        displayed(lines.collect())
    }

    /// Which parameters may be exchanged, where one entry of each kind is shown.
    fn exchangeable(&self) -> Vec<Block> {
        let parameters = self.names.parameters();
        let range = |names: Vec<&Name>| -> Vec<Inline> {
            let letters: Vec<Inline> = names.iter().map(|name| Inline::Math(self.letter(name))).collect();
            match letters.as_slice() {
                [first, second, .., last] if letters.len() > 4 => {
                    vec![first.clone(), text(", "), second.clone(), text(", …, "), last.clone()]
                }
                _ => enumerate(letters),
            }
        };
        let mut blocks = Vec::new();
        for class in self.report.exchange.classes() {
            let mut line = vec![text("The density stays the same when any two of ")];
            line.extend(range(class.iter().map(|(index, _)| &parameters[*index]).collect()));
            line.push(text(" are exchanged"));
            // One coordinate with each parameter, or the same for all.
            if class.iter().all(|(_, variates)| variates.len() == 1) {
                line.push(text(", with those of "));
                line.extend(range(class.iter().map(|(_, variates)| &variates[0]).collect()));
            }
            line.push(text(", so that one entry of each kind stands for all."));
            blocks.push(Block::Paragraph(line));
        }
        blocks
    }

    pub(super) fn fisher(&self) -> Vec<Block> {
        let fisher = &self.report.fisher;
        if fisher.is_empty() {
            return vec![self.without_closed_form(CheckKind::FisherFromScore)];
        }
        let letter = Symbol::letter("F");
        let head = Notation::call(letter.clone(), self.parameters());
        let mut blocks = match fisher.is_abridged() {
            true => vec![Block::Display(self.held(&letter, fisher))],
            false => vec![self.square(head, letter, self.entries(fisher))],
        };
        if !fisher.is_complete() {
            blocks.push(self.say("An entry marked “?” has no closed form known to this program."));
        }
        if let Some(direction) = &self.report.null_direction {
            let direction = Self::tuple(direction.iter().map(|term| self.written(term)).collect());
            blocks.push(sentence(vec![
                text("The matrix is singular: it vanishes in the direction "),
                Inline::Math(direction),
            ]));
        }
        blocks
    }

    fn entries(&self, matrix: &SymmetricTensor) -> Vec<Vec<Notation>> {
        let entry =
            |i: usize, j: usize| matrix.get(&[i, j]).map_or(Notation::Words("?".into()), |term| self.written(&term));
        (0..matrix.count()).map(|i| (0..matrix.count()).map(|j| entry(i, j)).collect()).collect()
    }

    /// One line for each entry that is held and not zero.
    fn held(&self, letter: &Symbol, tensor: &SymmetricTensor) -> Vec<Line> {
        let parameters = self.parameters();
        let line = |(indices, entry): (&[usize], &Term)| {
            let places: Vec<&Notation> = indices.iter().map(|index| &parameters[*index]).collect();
            let left = match parameters.len() {
                1 => letter.clone(),
                _ => letter.clone().indexed(entry_index(&places)),
            };
            Line::equation(left.into(), self.written(entry))
        };
        tensor.held().filter(|(_, entry)| tensor.is_abridged() || !entry.is_zero()).map(line).collect()
    }

    /// A square matrix; of size one, its entry.
    fn square(&self, head: Notation, letter: Symbol, mut rows: Vec<Vec<Notation>>) -> Block {
        if rows.len() == 1 && rows[0].len() == 1 {
            return Block::Display(vec![Line::equation(head, rows.remove(0).remove(0))]);
        }
        Block::Matrix { head, letter, indices: self.parameters(), rows }
    }

    /// Each with its name and definition; the entries of a matrix row by row.
    pub(super) fn further(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        for quantity in &self.report.further {
            let mut line =
                vec![Inline::Strong(quantity.name.clone()), text(", "), Inline::Code(quantity.definition.clone())];
            if let Some(reason) = &quantity.reason {
                line.push(text(" — not proved: "));
                line.push(Inline::Code(reason.clone()));
            }
            blocks.push(Block::Paragraph(line));
            let count = quantity.value.len();
            let several = quantity.value.iter().flatten().count() > 1;
            let mut lines = Vec::new();
            for (i, row) in quantity.value.iter().enumerate() {
                for (j, entry) in row.iter().enumerate() {
                    let place: Vec<Notation> = match (several, count) {
                        (false, _) => Vec::new(),
                        (true, 1) => vec![Notation::Number((j + 1).to_string())],
                        _ => vec![Notation::Number((i + 1).to_string()), Notation::Number((j + 1).to_string())],
                    };
                    let left = several.then(|| Notation::group(Fence::Square, Notation::comma(place)));
                    lines.push(Line { left, relation: Relation::Equal, right: self.written(entry), reason: None });
                }
            }
            blocks.extend(displayed(lines));
        }
        blocks
    }

    pub(super) fn mean(&self) -> Vec<Block> {
        let Some(mean) = &self.report.mean else {
            let tried = self.report.checks.iter().find(|check| check.kind == CheckKind::Mean);
            let told = tried.and_then(|check| Some((check.status, check.reason.as_ref()?)));
            let sentence = told.map(|(status, reason)| match status {
                Status::Refuted => format!("{}.", capitalised(reason)),
                _ => format!("Not proved: {reason}."),
            });
            return sentence.map(|sentence| self.say(&sentence)).into_iter().collect();
        };
        let own = self.names.variates().iter().zip(mean);
        let held = own.filter(|(name, _)| self.report.exchange.coordinate(name).is_none());
        let lines = held.map(|(name, mean)| {
            Line::equation(self.written(&Term::Variable(name.clone()).expectation()), self.written(mean))
        });
        displayed(lines.collect())
    }

    /// KL(a, b ‖ a′, b′).
    fn divergence(&self) -> Notation {
        let second = self.names.parameters().iter().map(|name| self.letter(&Names::primed(name))).collect();
        let sides = vec![Self::tuple(self.parameters()), Self::tuple(second)];
        let sides = Notation::list(Separator::Parallel, sides);
        Notation::Call(Box::new(Symbol::new("\\operatorname{KL}", "KL").into()), Box::new(sides))
    }

    pub(super) fn kl(&self) -> Vec<Block> {
        match &self.report.kl {
            Some(kl) => {
                let mut blocks = Vec::new();
                let second: Vec<Inline> = self
                    .names
                    .parameters()
                    .iter()
                    .map(|name| Inline::Math(self.letter(&Names::primed(name))))
                    .collect();
                let mut opening = vec![text("With ")];
                opening.extend(enumerate(second));
                opening.push(text(if self.names.parameters().len() == 1 {
                    " the parameter of the second argument:"
                } else {
                    " the parameters of the second argument:"
                }));
                blocks.push(Block::Paragraph(opening));
                blocks.push(Block::Display(vec![Line::equation(self.divergence(), self.written(kl))]));
                blocks
            }
            None => vec![self.without_closed_form(CheckKind::Kl)],
        }
    }

    /// That no closed form is known, and why.
    fn without_closed_form(&self, kind: CheckKind) -> Block {
        let known = "No closed form is known to this program";
        let tried = |kind: CheckKind| self.report.checks.iter().find(|check| check.kind == kind);
        // What is not normalized has none.
        let failed = tried(CheckKind::Normalization).filter(|check| check.status != Status::Proved);
        match failed.or_else(|| tried(kind)).and_then(|check| check.reason.as_ref()) {
            Some(reason) => self.say(&format!("{known}: {reason}.")),
            None => self.say(&format!("{known}.")),
        }
    }

    pub(super) fn kl_taylor(&self, taylor: &KlTaylor) -> Vec<Block> {
        let delta = Symbol::new("\\Delta", "Δ");
        let one = self.names.parameters().len() == 1;
        let letter = |latex: &str, text: &str| Notation::from(Symbol::new(latex, text));
        let half = Notation::fraction(Notation::number(1), Notation::number(2));
        let sixth = Notation::fraction(Notation::number(1), Notation::number(6));
        let remainder = |order: usize| {
            let norm = if one { Fence::Bars } else { Fence::DoubleBars };
            let power = Notation::power(Notation::group(norm, delta.clone().into()), Notation::number(order));
            Notation::call(Symbol::letter("O"), vec![power])
        };
        let second = if one {
            let square = Notation::power(delta.clone().into(), Notation::number(2));
            Notation::Product(vec![half, letter("F", "F"), square])
        } else {
            let transposed = Notation::power(delta.clone().into(), letter("\\top", "ᵀ"));
            Notation::Product(vec![half, transposed, letter("F", "F"), delta.clone().into()])
        };
        let third = if one {
            let cube = Notation::power(delta.clone().into(), Notation::number(3));
            Notation::Product(vec![sixth, letter("c", "c"), cube])
        } else {
            let index = |name: &str| Notation::from(Symbol::letter(name));
            let indices = ["i", "j", "k"].map(index);
            let coefficient = Symbol::letter("c").indexed(Notation::Tight(indices.to_vec()));
            let mut factors = vec![coefficient.into()];
            factors.extend(indices.iter().map(|i| delta.clone().indexed(i.clone()).into()));
            let sum = Notation::Big {
                sign: Glyph::new("\\sum", "Σ"),
                lower: Some(Box::new(Notation::comma(indices.to_vec()))),
                upper: None,
                body: Box::new(Notation::Product(factors)),
            };
            Notation::Product(vec![sixth, sum])
        };
        let primed: Vec<Notation> =
            self.names.parameters().iter().map(|name| self.letter(&Names::primed(name))).collect();
        let own = Self::tuple(self.parameters());
        let step = Notation::Sum(vec![(Sign::Plus, Self::tuple(primed)), (Sign::Minus, own)]);
        let to_third = !taylor.order3.is_empty();
        let mut terms = vec![(Sign::Plus, second)];
        if to_third {
            terms.push((Sign::Plus, third));
        }
        terms.push((Sign::Plus, remainder(if to_third { 4 } else { 3 })));
        let expansion = Notation::Sum(terms);
        let mut blocks = vec![
            Block::Paragraph(vec![
                text("With "),
                Inline::Math(Notation::from(delta).equals(step)),
                text(", the terms of order 0 and 1 vanish, and"),
            ]),
            Block::Display(vec![Line::equation(self.divergence(), expansion)]),
        ];
        if !to_third {
            return blocks;
        }
        let coefficients = self.held(&Symbol::letter("c"), &taylor.order3);
        match coefficients.is_empty() {
            true => blocks.push(self.say("All coefficients of order 3 are zero.")),
            false => {
                let words = if one { "where" } else { "where, up to the order of the indices and apart from zeros," };
                blocks.push(self.say(words));
                blocks.push(Block::Display(coefficients));
            }
        }
        blocks
    }

    pub(super) fn values(&self, values: &NumericValues) -> Vec<Block> {
        let at = values.at.iter().map(|(name, value)| Inline::Math(self.letter(name).equals(decimal(*value))));
        let mut opening = vec![text("Floating-point values, not proofs, at ")];
        opening.extend(enumerate(at.collect()));
        opening.push(text(":"));
        let mut blocks = vec![Block::Paragraph(opening)];
        let entry = |value: &Option<f64>| value.map_or(Notation::Words("?".into()), decimal);
        let rows: Vec<Vec<Notation>> = values.fisher.iter().map(|row| row.iter().map(entry).collect()).collect();
        if !rows.is_empty() {
            blocks.push(self.square(Symbol::letter("F").into(), Symbol::letter("F"), rows));
        }
        let worst = values.fisher_error.iter().flatten().flatten().copied().fold(0.0, f64::max);
        if worst > 0.0 {
            blocks.push(self.say(&format!(
                "Entries without a closed form come from quadrature, with an absolute error of about {worst:.0e}."
            )));
        }
        let mut lines = Vec::new();
        if let Some(mean) = &values.mean {
            for (name, value) in self.names.variates().iter().zip(mean) {
                let left = self.written(&Term::Variable(name.clone()).expectation());
                lines.push(Line { relation: Relation::Approximately, ..Line::equation(left, decimal(*value)) });
            }
        }
        if let Some(kl) = values.kl {
            lines.push(Line { relation: Relation::Approximately, ..Line::equation(self.divergence(), decimal(kl)) });
        }
        blocks.extend(displayed(lines));
        blocks
    }
}
