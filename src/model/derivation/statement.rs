//! Statements, chains and reasons.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::kernel::jets::layer::{CLOSED_FORM, REASONS, reason};
use crate::kernel::jets::theorem::Statement;
use crate::model::family::Family;
use crate::source::{Source, Span};
use crate::syntax::tree::{
    Chain, DerivationEntry, DerivationTree, Expression, Ident, Link as SyntaxLink, Relation, RelationKind, Spanned,
};

use super::formula::{Formula, Kind, Shape};
use super::lower::Lowering;
use super::scope::{DefinitionLine, Meaning, Scope};
use super::spelling::nearest;
use super::{
    AssumptionLine, AtHand, Cited, CitedMeaning, Derivation, Item, ItemKind, Link, Order, Side, StatementLine,
};

/// The order of `~` where nobody says which: the first at which a divergence is not zero.
const USUAL_ORDER: u32 = 2;

/// Taylor expansions beyond this are refused, rather than left to run.
const LARGEST_ORDER: u32 = 12;

pub struct Resolver<'s> {
    scope: Scope,
    source: &'s Source,
    family: Option<&'s Family>,
    /// What each lemma or theorem cites, as typed.
    cited_by: Vec<Vec<String>>,
    /// The LaTeX of names, as the author gave it.
    notation: Vec<(String, String)>,
}

/// An item before it is lowered.
struct Draft {
    kind: ItemKind,
    name: Option<Ident>,
    left: Formula,
    order: Order,
    right: Formula,
    start: Formula,
    links: Vec<(Order, Formula, Vec<Cited>, Span)>,
    statement_span: Span,
    span: Span,
}

impl Draft {
    fn placed<S>(self, side: &mut dyn FnMut(Formula) -> S) -> Item<S> {
        Item {
            kind: self.kind,
            name: self.name.map(|name| name.node),
            statement: StatementLine {
                left: side(self.left),
                order: self.order,
                right: side(self.right),
                span: self.statement_span,
            },
            start: side(self.start),
            links: self
                .links
                .into_iter()
                .map(|(order, right, reasons, span)| Link { order, right: side(right), reasons, span })
                .collect(),
            span: self.span,
        }
    }
}

impl<'s> Resolver<'s> {
    pub fn new(tree: &DerivationTree, source: &'s Source, family: Option<&'s Family>) -> Self {
        let about = tree.family.as_ref().zip(family);
        let scope = match about {
            Some(((name, _), family)) => Scope::of_family(tree, family, name.span),
            None => Scope::of(tree),
        };
        Resolver { scope, source, family: about.map(|(_, family)| family), cited_by: Vec::new(), notation: Vec::new() }
    }

    /// Every message once: a mistake in a statement is nearly always in its proof too.
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut told = std::collections::BTreeSet::new();
        let mut diagnostics = self.scope.diagnostics;
        diagnostics.retain(|own| {
            // What is compared says more than the line that it stands in.
            let places: Vec<_> = match own.secondary.is_empty() {
                true => own.primary.iter().collect(),
                false => own.secondary.iter().collect(),
            };
            let typed: Vec<String> = places.iter().map(|(span, _)| self.source.slice(*span).to_string()).collect();
            told.insert((own.code, own.message.clone(), typed))
        });
        diagnostics
    }

    pub fn derivation(&mut self, tree: &DerivationTree) -> Option<Derivation> {
        let mut assumptions = Vec::new();
        let mut drafts = Vec::new();
        self.check_family(tree);
        let names = item_names(tree);
        self.cited_by = citations(tree);
        for entry in &tree.entries {
            match &entry.node {
                DerivationEntry::Define { name, body } => self.define(name, body),
                DerivationEntry::Notation(list) => self.notation(list),
                DerivationEntry::Assume { words, equation } => {
                    assumptions.extend(self.assumption(words, equation.as_ref(), entry.span))
                }
                DerivationEntry::Lemma { name, statement, chain } => {
                    drafts.push(self.item(
                        ItemKind::Lemma,
                        Some(name),
                        statement,
                        chain,
                        entry.span,
                        &names,
                        drafts.len(),
                    ));
                }
                DerivationEntry::Theorem { name, statement, chain } => {
                    drafts.push(self.item(
                        ItemKind::Theorem,
                        name.as_ref(),
                        statement,
                        chain,
                        entry.span,
                        &names,
                        drafts.len(),
                    ));
                }
                _ => {}
            }
        }
        if drafts.is_empty() {
            self.scope.error(
                Diagnostic::error("nothing-to-prove", format!("the derivation `{}` states nothing", tree.name.node))
                    .at(tree.name.span, "neither lemma nor theorem")
                    .help("add `theorem left = right { left = … = right }`"),
            );
        }
        let drafts: Vec<Draft> = drafts.into_iter().collect::<Option<_>>()?;
        if self.scope.diagnostics.iter().any(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error) {
            return None;
        }
        Some(match self.family {
            Some(family) => self.about(tree, family, assumptions, drafts),
            None => self.lowered(tree, assumptions, drafts),
        })
    }

    /// The family of `for FAMILY(…)` is known, and its parameters are called what it calls them.
    fn check_family(&mut self, tree: &DerivationTree) {
        let Some((name, typed)) = &tree.family else { return };
        let Some(family) = self.family else {
            self.scope.error(
                Diagnostic::error("unknown-family", format!("the family `{}` is not known", name.node))
                    .at(name.span, "neither in these files nor in the catalogue")
                    .help(
                        "`fisherproof list` names what the catalogue holds; a family may also stand in the same file",
                    ),
            );
            return;
        };
        let own: Vec<&str> = family.parameters.iter().map(|(name, _)| name.as_str()).collect();
        let named: Vec<&str> = typed.iter().map(|name| name.node.as_str()).collect();
        if !named.is_empty() && named != own {
            let place = typed.first().map_or(name.span, |first| first.span.to(typed[typed.len() - 1].span));
            self.scope.error(
                Diagnostic::error(
                    "family-at-hand",
                    format!("the parameters of {} are {}", family.name, own.join(", ")),
                )
                .at(place, "not its parameters")
                .help(format!("write `for {}({})`", name.node, own.join(", "))),
            );
        }
    }

    /// Statements about one family stay formulas: the algebra of jets has no terms for them.
    fn about(
        &mut self,
        tree: &DerivationTree,
        family: &Family,
        assumptions: Vec<AssumptionLine>,
        drafts: Vec<Draft>,
    ) -> Derivation {
        let items = drafts.into_iter().map(|draft| draft.placed(&mut |formula| formula)).collect();
        Derivation {
            name: tree.name.node.clone(),
            title: tree.title.as_ref().map(|title| title.node.clone()),
            theory: Arc::new(self.scope.theory.clone()),
            definitions: self.scope.definitions.clone(),
            notation: std::mem::take(&mut self.notation),
            assumptions,
            items: Vec::new(),
            at_hand: Some(AtHand { family: family.clone(), items }),
            span: tree.span,
        }
    }

    fn lowered(&mut self, tree: &DerivationTree, assumptions: Vec<AssumptionLine>, drafts: Vec<Draft>) -> Derivation {
        let mut theory = self.scope.theory.clone();
        let mut lowering = Lowering::new(&mut theory);
        for line in &self.scope.definitions {
            lowering.define(&line.name, &line.body);
        }
        for line in &assumptions {
            match line {
                AssumptionLine::WellSpecified => lowering.theory.well_specified = true,
                AssumptionLine::LogDensity(left, right) => {
                    let value = lowering.side(right, None, None);
                    if let Kind::Log(inner) = &left.kind
                        && let Kind::Density(id, _) = inner.kind
                    {
                        lowering.theory.densities[id.0 as usize].logarithm = Some(value);
                    }
                }
                AssumptionLine::Equation(_, left, right) => {
                    let shape = shape_of(left, right);
                    let statement = Statement {
                        left: lowering.side(left, shape.rows, shape.columns),
                        right: lowering.side(right, shape.rows, shape.columns),
                        order: None,
                    };
                    lowering.theory.assumed.push(statement);
                }
            }
        }
        let mut items = Vec::new();
        for draft in drafts {
            let shape = draft.links.iter().fold(shape_of(&draft.left, &draft.right), |shape, (_, right, ..)| {
                if right.is_zero() { shape } else { right.shape }
            });
            items.push(draft.placed(&mut |formula| Side {
                expression: lowering.side(&formula, shape.rows, shape.columns),
                formula,
            }));
        }
        Derivation {
            name: tree.name.node.clone(),
            title: tree.title.as_ref().map(|title| title.node.clone()),
            theory: Arc::new(theory),
            definitions: self.scope.definitions.clone(),
            notation: std::mem::take(&mut self.notation),
            assumptions,
            items,
            at_hand: None,
            span: tree.span,
        }
    }

    fn notation(&mut self, list: &[(Ident, Spanned<String>)]) {
        for (name, latex) in list {
            if self.scope.meaning(&name.node).is_none() {
                let error = Diagnostic::error("unknown-name", format!("`{}` is not declared", name.node))
                    .at(name.span, "not known here");
                self.scope.error(match self.scope.nearest(&name.node) {
                    Some(known) => error.help(format!("did you mean `{known}`?")),
                    None => error.help("declare it before its notation"),
                });
            }
            self.notation.push((name.node.clone(), latex.node.clone()));
        }
    }

    fn define(&mut self, name: &Ident, body: &Expression) {
        let Some(body) = self.scope.formula(body) else {
            self.scope.declare(name, Meaning::Mistaken);
            return;
        };
        if let Some((label, (_, span))) = body.free_labels().into_iter().next() {
            self.scope.error(
                Diagnostic::error(
                    "free-index",
                    format!("the definition of `{}` has a free index `{label}`", name.node),
                )
                .at(span, "free here")
                .help("define the whole vector or matrix, and take its component where it is used"),
            );
        }
        let at = self.scope.definitions.len();
        self.scope.definitions.push(DefinitionLine { name: name.node.clone(), body, span: name.span });
        self.scope.declare(name, Meaning::Definition(at));
    }

    fn assumption(
        &mut self,
        words: &Ident,
        equation: Option<&(Expression, Expression)>,
        span: Span,
    ) -> Option<AssumptionLine> {
        let Some((left, right)) = equation else {
            if words.node.replace([' ', '_'], "-") == "well-specified" {
                return Some(AssumptionLine::WellSpecified);
            }
            let error = Diagnostic::error("assumption", format!("`{}` is not a known assumption", words.node))
                .at(words.span, "not known");
            self.scope
                .error(error.help("known is `assume well-specified`; or assume an equation: `assume log(p) = …`"));
            return None;
        };
        if let Some(family) = self.family {
            self.scope.error(
                Diagnostic::error("assumption", format!("of {} nothing has to be assumed", family.name))
                    .at(span, "true or false in this family")
                    .help("state it as a lemma"),
            );
            return None;
        }
        let (left, right) = (self.scope.formula(left), self.scope.formula(right));
        let (left, right) = (left?, right?);
        if !self.comparable(&left, &right, false, span) {
            return None;
        }
        if let Kind::Log(inner) = &left.kind
            && let Kind::Density(_, point) = &inner.kind
            && point.is_empty()
        {
            return Some(AssumptionLine::LogDensity(left, right));
        }
        self.scope.equations += 1;
        Some(AssumptionLine::Equation(self.scope.equations - 1, left, right))
    }

    #[allow(clippy::too_many_arguments)]
    fn item(
        &mut self,
        kind: ItemKind,
        name: Option<&Ident>,
        statement: &Relation,
        chain: &Chain,
        span: Span,
        names: &[Option<String>],
        place: usize,
    ) -> Option<Draft> {
        if let Some(name) = name
            && let Some(earlier) = names[..place].iter().position(|known| known.as_ref() == Some(&name.node))
        {
            let what = format!("`{}` names two statements", name.node);
            self.scope.error(
                Diagnostic::error("declared-twice", what)
                    .at(name.span, "named again here")
                    .help(format!("the first is number {}", earlier + 1)),
            );
        }
        let (left, right) = (self.scope.formula(&statement.left), self.scope.formula(&statement.right));
        let inherited = match &statement.kind {
            RelationKind::Equal => None,
            RelationKind::Similar { order } => order.as_ref().map(|order| order.node),
        };
        let order = self.order(&statement.kind, &[], inherited, statement.span);
        // What is stated of one family needs no chain: its closed forms decide it.
        let decided = (self.family.is_some() && chain.start.is_none()).then(|| Chain {
            start: Some(statement.left.clone()),
            links: vec![SyntaxLink {
                kind: statement.kind.clone(),
                right: statement.right.clone(),
                reasons: Vec::new(),
                span: statement.span,
            }],
            span: statement.span,
        });
        let chain = decided.as_ref().unwrap_or(chain);
        let Some(start) = &chain.start else {
            self.no_proof(kind, name, statement);
            return None;
        };
        let before = self.scope.diagnostics.len();
        let start = self.scope.formula(start);
        let mut links = Vec::new();
        let mut previous = start.clone();
        let mut complete = true;
        for link in &chain.links {
            let reasons: Vec<Cited> =
                link.reasons.iter().filter_map(|reason| self.cited(reason, names, place)).collect();
            let order = self.order(&link.kind, &reasons, inherited.or(order.value), link.span);
            let right = self.scope.formula(&link.right);
            if let (Some(before), Some(right)) = (&previous, &right) {
                complete &= self.comparable(before, right, order.value.is_some(), link.right.span);
            }
            complete &= right.is_some();
            if let Some(right) = right {
                previous = Some(right.clone());
                links.push((order, right, reasons, link.span));
            }
        }
        if chain.links.is_empty() {
            self.no_proof(kind, name, statement);
            return None;
        }
        // Sides that do not fit are told once, in the link where they meet.
        let told = self.scope.diagnostics.len() > before;
        let sides = left
            .zip(right)
            .filter(|(left, right)| !told && self.comparable(left, right, order.value.is_some(), statement.span));
        let ((left, right), start) = sides.zip(start)?;
        complete &= self.comparable(&left, &start, false, start.span);
        complete.then(|| Draft {
            kind,
            name: name.cloned(),
            left,
            order,
            right,
            start,
            links,
            statement_span: statement.span,
            span,
        })
    }

    fn no_proof(&mut self, kind: ItemKind, name: Option<&Ident>, statement: &Relation) {
        let what = match (kind, name) {
            (ItemKind::Lemma, Some(name)) => format!("the lemma `{}` has no proof", name.node),
            (ItemKind::Theorem, Some(name)) => format!("the theorem `{}` has no proof", name.node),
            (ItemKind::Lemma, None) => "the lemma has no proof".to_string(),
            (ItemKind::Theorem, None) => "the theorem has no proof".to_string(),
        };
        let sign = if statement.kind == RelationKind::Equal { "=" } else { "~" };
        self.scope.error(Diagnostic::error("no-proof", what).at(statement.span, "stated, not proved").help(format!(
            "give a reason after it, as in `by algebra`, or a chain from one side to the other: `{{ {} {sign} {} }}`",
            self.source.slice(statement.left.span),
            self.source.slice(statement.right.span)
        )));
    }

    fn order(&mut self, kind: &RelationKind, reasons: &[Cited], inherited: Option<u32>, span: Span) -> Order {
        let RelationKind::Similar { order } = kind else { return Order { value: None, inferred: false } };
        let by_reason = reasons.iter().find_map(|cited| match cited.meaning {
            CitedMeaning::Rule(_, number) => number,
            CitedMeaning::Item(_) => None,
        });
        let (value, inferred, place) = match order {
            Some(order) => (order.node, false, order.span),
            None => (by_reason.or(inherited).unwrap_or(USUAL_ORDER), true, span),
        };
        if value == 0 {
            self.scope.error(
                Diagnostic::error("order-zero", "to order 0 everything that moves with the direction is dropped")
                    .at(place, "an order of at least 1 is expected")
                    .help("a divergence is compared `to order 2`"),
            );
        }
        if value > LARGEST_ORDER {
            self.scope.error(
                Diagnostic::error("order-too-large", format!("order {value} is beyond what is expanded"))
                    .at(place, format!("at most {LARGEST_ORDER}"))
                    .help("a divergence is compared `to order 2`"),
            );
        }
        Order { value: Some(value.min(LARGEST_ORDER)), inferred }
    }

    /// `taylor 2`, `quotient rule`, `ZeroMeanScore`.
    fn cited(&mut self, typed: &Ident, names: &[Option<String>], place: usize) -> Option<Cited> {
        let text = typed.node.trim();
        if let Some(at) = names.iter().position(|name| name.as_deref() == Some(text)) {
            if at >= place {
                let error = if at == place {
                    Diagnostic::error("circular-lemma", format!("`{text}` cannot be a reason in its own proof"))
                        .at(typed.span, "circular")
                        .help("cite earlier lemmas only")
                } else if self.rests_on(at, place, names) {
                    let own = names[place].as_deref().map_or("this statement".to_string(), |own| format!("`{own}`"));
                    Diagnostic::error("circular-lemma", format!("`{text}` and {own} prove each other"))
                        .at(typed.span, "circular")
                        .help("one of the two needs a proof without the other")
                } else {
                    Diagnostic::error("stated-below", format!("`{text}` is stated below"))
                        .at(typed.span, "cited before it is stated")
                        .help(format!("move `{text}` up: a proof cites what stands before it"))
                };
                self.scope.error(error);
                return None;
            }
            return Some(Cited { text: text.to_string(), meaning: CitedMeaning::Item(at) });
        }
        let (words, number) = match text.rsplit_once([' ', '-']) {
            Some((words, last)) => match last.parse::<u32>() {
                Ok(number) => (words, Some(number)),
                Err(_) => (text, None),
            },
            None => (text, None),
        };
        if let Some(known) = reason(words) {
            if known.name == CLOSED_FORM && self.family.is_none() {
                self.scope.error(
                    Diagnostic::error("family-at-hand", "an expectation has a closed form in one family only")
                        .at(typed.span, "this derivation is about any density")
                        .help("name the family at the head, as in `derivation … for Normal(mu, sigma)`"),
                );
                return None;
            }
            return Some(Cited { text: text.to_string(), meaning: CitedMeaning::Rule(known, number) });
        }
        let known: Vec<&str> = REASONS
            .iter()
            .map(|reason| reason.name)
            .chain(names[..place].iter().flatten().map(String::as_str))
            .collect();
        let error = Diagnostic::error("unknown-reason", format!("`{text}` is neither a rule nor an earlier lemma"))
            .at(typed.span, "not known");
        self.scope.error(match nearest(text, known.iter().copied()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("rules are {}", known.join(", "))),
        });
        None
    }

    /// Does the proof of one item rest on another, directly or through others?
    fn rests_on(&self, item: usize, other: usize, names: &[Option<String>]) -> bool {
        let mut seen = vec![false; names.len()];
        let mut open = vec![item];
        while let Some(at) = open.pop() {
            if at == other {
                return true;
            }
            if !std::mem::replace(&mut seen[at], true) {
                let place = |cited: &String| names.iter().position(|name| name.as_ref() == Some(cited));
                open.extend(self.cited_by[at].iter().filter_map(place));
            }
        }
        false
    }

    /// Sides of one shape, with the same free indices.
    fn comparable(&mut self, left: &Formula, right: &Formula, approximate: bool, span: Span) -> bool {
        if left.shape != right.shape && !left.is_zero() && !right.is_zero() {
            self.shapes_differ(left, right, approximate, span);
            return false;
        }
        self.scope.same_labels(left, right).is_some()
    }

    fn shapes_differ(&mut self, left: &Formula, right: &Formula, approximate: bool, span: Span) {
        let (first, second) = (self.scope.words(left.shape), self.scope.words(right.shape));
        let how = if approximate { ", not even approximately" } else { "" };
        let mut error = Diagnostic::error("shape", format!("{first} cannot equal {second}{how}"))
            .at(span, "the two sides are of different shapes")
            .also(left.span, first.clone())
            .also(right.span, second);
        let (number, other) = if left.shape.is_scalar() { (left, right) } else { (right, left) };
        let direction = self.scope.theory.directions.iter().find(|direction| {
            Some(other.shape.rows)
                == self.scope.theory.parameters.get(direction.parameter.0 as usize).map(|parameter| parameter.space)
        });
        if let (true, Some(direction)) = (number.shape.is_scalar(), direction) {
            let text = self.source.slice(other.span);
            let atomic = matches!(
                other.kind,
                Kind::Defined(..) | Kind::Constant(_) | Kind::Expectation(..) | Kind::Hessian(..) | Kind::Gradient(..)
            );
            let text = if atomic { text.to_string() } else { format!("({text})") };
            if other.shape.is_square() {
                error = error
                    .note(format!(
                        "a matrix says how much in every direction at once; the divergence along {} is one number",
                        direction.name
                    ))
                    .help(format!("the quadratic form is a number: write `1/2 * {0}' * {text} * {0}`", direction.name));
            } else if other.shape.columns.is_none() {
                error = error
                    .help(format!("the product with the direction is a number: write `{}' * {text}`", direction.name));
            }
        } else if left.shape == right.shape.transposed() {
            error = error.help("transpose one of the two: `'`");
        }
        self.scope.error(error);
    }
}

fn shape_of(left: &Formula, right: &Formula) -> Shape {
    if left.is_zero() { right.shape } else { left.shape }
}

/// What the links of each lemma and theorem give as reasons, in order.
fn citations(tree: &DerivationTree) -> Vec<Vec<String>> {
    let of = |chain: &Chain| {
        let reasons = chain.links.iter().flat_map(|link| &link.reasons);
        reasons.map(|reason| reason.node.trim().to_string()).collect()
    };
    tree.entries
        .iter()
        .filter_map(|entry| match &entry.node {
            DerivationEntry::Lemma { chain, .. } | DerivationEntry::Theorem { chain, .. } => Some(of(chain)),
            _ => None,
        })
        .collect()
}

/// The names of lemmas and theorems, in order.
fn item_names(tree: &DerivationTree) -> Vec<Option<String>> {
    tree.entries
        .iter()
        .filter_map(|entry| match &entry.node {
            DerivationEntry::Lemma { name, .. } => Some(Some(name.node.clone())),
            DerivationEntry::Theorem { name, .. } => Some(name.as_ref().map(|name| name.node.clone())),
            _ => None,
        })
        .collect()
}
