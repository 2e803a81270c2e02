//! The verdicts: what was proved and from what, which claims hold, and the derivations.

use crate::derive::report::{Check, CheckKind, ClaimOutcome, Derivable, GenericFormula, GenericLine, Status};
use crate::kernel::term::Term;
use crate::render::notation::{Fence, Notation, Relation, Sign, Symbol};
use crate::render::{derivation, domain};

use super::{Block, Inline, Line, Writer, decimal, enumerate, status_word, text};

impl Writer<'_> {
    pub(super) fn proofs(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut items = Vec::new();
        for check in &self.report.checks {
            items.push(self.check(check));
            let shown: Vec<Line> = check
                .equations
                .iter()
                .filter(|_| self.proof && !matches!(check.kind, CheckKind::Normalization))
                .map(|equation| Line::equation(self.written(&equation.left), self.written(&equation.right)))
                .collect();
            if !shown.is_empty() {
                blocks.push(Block::Items(std::mem::take(&mut items)));
                blocks.push(Block::Display(shown));
            }
        }
        if !items.is_empty() {
            blocks.push(Block::Items(items));
        }
        blocks
    }

    fn check(&self, check: &Check) -> Vec<Inline> {
        let mut out = self.statement(check.kind);
        out.push(text(" — "));
        out.push(Inline::Strong(status_word(check.status).to_owned()));
        let proved = check.status == Status::Proved;
        if proved && check.steps > 0 {
            let plural = if check.steps == 1 { "" } else { "s" };
            out.push(text(&format!(" in {} step{plural}", check.steps)));
        }
        if proved && !check.lemmas.is_empty() {
            out.push(text(", by "));
            for (index, lemma) in check.lemmas.iter().enumerate() {
                out.push(text(match index {
                    0 => "",
                    index if index + 1 == check.lemmas.len() => " and ",
                    _ => ", ",
                }));
                out.push(Inline::Code(lemma.name.clone()));
                if !lemma.reference.is_empty() {
                    out.push(text(&format!(" ({})", lemma.reference)));
                }
            }
        }
        out.extend(self.assuming(&check.assumptions, check.reason.as_ref()));
        if let Some(reason) = &check.reason {
            out.extend(self.prose(&format!(": {}", reason.trim_end_matches('.'))));
        }
        out.push(text("."));
        out
    }

    /// What is assumed; a reason that is about an assumption says it already.
    fn assuming(&self, assumptions: &[String], reason: Option<&String>) -> Vec<Inline> {
        let unsaid = |own: &&String| !reason.is_some_and(|reason| reason.contains(own.as_str()));
        let unsaid: Vec<&str> = assumptions.iter().filter(unsaid).map(String::as_str).collect();
        if unsaid.is_empty() { Vec::new() } else { self.prose(&format!(", assuming {}", unsaid.join("; "))) }
    }

    /// What a check is about, in symbols.
    fn statement(&self, kind: CheckKind) -> Vec<Inline> {
        let letter = |latex: &str, text: &str| Notation::from(Symbol::new(latex, text));
        let (f, ell, nabla) = (letter("F", "F"), letter("\\ell", "ℓ"), letter("\\nabla", "∇"));
        let top = letter("\\top", "ᵀ");
        let gradient = Notation::Tight(vec![nabla.clone(), ell.clone()]);
        let second = Notation::Tight(vec![Notation::power(nabla.clone(), Notation::number(2)), ell.clone()]);
        let expectation = |body: Notation| Notation::Expectation(Box::new(body));
        let math = |notation: Notation| vec![Inline::Math(notation)];
        let named = |words: &str, notation: Notation| vec![text(words), Inline::Math(notation)];
        match kind {
            CheckKind::Normalization => {
                let total = domain::total(&self.report.family.variate, self.names, self.p());
                named("Normalization, ", total.equals(Notation::number(1)))
            }
            CheckKind::Score => named("The score ", gradient),
            CheckKind::Hessian => named("The Hessian ", second),
            CheckKind::ZeroMeanScore => named("Zero-mean score, ", expectation(gradient).equals(Notation::number(0))),
            CheckKind::FisherFromScore => {
                let transposed = Notation::power(Notation::group(Fence::Round, gradient.clone()), top);
                math(f.equals(expectation(Notation::Product(vec![gradient, transposed]))))
            }
            CheckKind::FisherFromHessian => math(f.equals(expectation(second).negated())),
            CheckKind::FisherFromLogPartition => {
                let a = Notation::Tight(vec![Notation::power(nabla, Notation::number(2)), letter("A", "A")]);
                let j = letter("J", "J");
                let sandwich = Notation::Product(vec![Notation::power(j.clone(), top), a, j]);
                math(f.equals(sandwich))
            }
            CheckKind::Kl => {
                let difference =
                    Notation::Sum(vec![(Sign::Plus, ell), (Sign::Minus, Symbol::new("\\ell", "ℓ").primed(1).into())]);
                named("The divergence ", expectation(difference))
            }
            CheckKind::KlTaylor => {
                let to_second = self.report.kl_taylor.as_ref().is_some_and(|taylor| taylor.order3.is_empty());
                let order = if to_second { 2 } else { 3 };
                vec![text(&format!("The expansion of the divergence to order {order}"))]
            }
            CheckKind::Mean => {
                let variates = self.names.variates().iter().map(|name| self.letter(name)).collect();
                named("The mean ", expectation(Self::tuple(variates)))
            }
            CheckKind::Regularity => vec![text("Regularity")],
            CheckKind::Exchange => vec![text("The exchange of parameters")],
        }
    }

    pub(super) fn claims(&self) -> Vec<Block> {
        let items: Vec<Vec<Inline>> = self.report.claims.iter().map(|outcome| self.claim(outcome)).collect();
        if items.is_empty() { Vec::new() } else { vec![Block::Items(items)] }
    }

    fn claim(&self, outcome: &ClaimOutcome) -> Vec<Inline> {
        let mut out = vec![
            Inline::Code(outcome.claim.text.clone()),
            text(" — "),
            Inline::Strong(status_word(outcome.status).to_owned()),
        ];
        out.extend(self.assuming(&outcome.assumptions, outcome.reason.as_ref()));
        if let Some(example) = &outcome.counterexample {
            out.push(text(": at "));
            let at = example.at.iter().map(|(name, value)| Inline::Math(self.letter(name).equals(self.written(value))));
            out.extend(enumerate(at.collect()));
            out.push(text(" the entry "));
            out.push(Inline::Code(example.entry.clone()));
            out.push(text(" is "));
            out.push(Inline::Math(valued(self.written(&example.actual), &example.actual, example.actual_decimal)));
            out.push(text(", not "));
            out.push(Inline::Math(valued(self.written(&example.claimed), &example.claimed, example.claimed_decimal)));
        } else if let Some(residue) = &outcome.residue {
            out.push(text(": what remains of the difference is "));
            out.push(Inline::Code(residue.clone()));
        }
        if let Some(reason) = &outcome.reason {
            let link = if outcome.counterexample.is_some() || outcome.residue.is_some() { "; " } else { ": " };
            out.extend(self.prose(&format!("{link}{}", reason.trim_end_matches('.'))));
        }
        out.push(text("."));
        out
    }

    pub(super) fn derivations(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut heading = None;
        for derivation in &self.report.derivations {
            if heading.replace(derivation.of) != Some(derivation.of) {
                let words = match derivation.of {
                    Derivable::ScoreMean => "The score has mean zero",
                    Derivable::Fisher => "The Fisher information, in two ways",
                    Derivable::Kl => "The Kullback–Leibler divergence",
                };
                blocks.push(Block::Heading(words.to_owned()));
            }
            let mut left = Some(self.written(&derivation.start));
            let lines = derivation.links.iter().map(|link| Line {
                left: left.take(),
                relation: Relation::Equal,
                right: self.written(&link.right),
                reason: (!link.reason.is_empty()).then(|| link.reason.clone()),
            });
            blocks.push(Block::Display(lines.collect()));
        }
        blocks.extend(self.generic());
        blocks
    }

    /// Each step of the generic proof, the family's values beside it.
    fn generic(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        if self.report.generic.is_empty() {
            return blocks;
        }
        blocks.push(Block::Heading("The proof for any regular density, and its values here".to_owned()));
        blocks.push(Block::Paragraph(vec![text(
            "Under each line of the proof stand its entries for this family; for a matrix, those on and above the \
             diagonal.",
        )]));
        for steps in self.report.generic.chunk_by(|a, b| a.item == b.item) {
            blocks.push(Block::Paragraph(vec![Inline::Strong(steps[0].item.clone())]));
            for step in steps {
                blocks.push(Block::Items(vec![self.generic_line(step)]));
                blocks.push(Block::Display(self.values_of(step)));
            }
        }
        blocks
    }

    fn generic_line(&self, step: &GenericLine) -> Vec<Inline> {
        let written = |own: &GenericFormula| {
            derivation::Notation::of(&own.derivation).written_to_order(&own.formula, own.remainder)
        };
        let end = written(&step.end);
        let mut line = match &step.start {
            Some(start) => vec![Inline::Math(written(start).equals(end))],
            None => vec![text("= "), Inline::Math(end)],
        };
        line.push(text(&format!(" ({})", step.reason)));
        line
    }

    /// One line an entry: the formula with the family's expressions, and what it comes to.
    fn values_of(&self, step: &GenericLine) -> Vec<Line> {
        let square = step.formal.len() > 1 && step.formal[0].len() == step.formal.len();
        let mut lines = Vec::new();
        for (i, (formal, value)) in step.formal.iter().zip(&step.value).enumerate() {
            for (j, (formal, value)) in formal.iter().zip(value).enumerate() {
                if square && j < i {
                    continue;
                }
                let value = self.written(value);
                let formal = self.written(formal);
                let left = (formal != value).then_some(formal);
                lines.push(Line { left, relation: Relation::Equal, right: value, reason: None });
            }
        }
        lines
    }
}

/// A value with its decimal expansion, where the exact form is no whole number.
fn valued(exact: Notation, term: &Term, decimal_value: f64) -> Notation {
    let whole = term.as_number().is_some_and(|value| value.is_integer());
    if whole { exact } else { Notation::relate(exact, Relation::Approximately, decimal(decimal_value)) }
}
