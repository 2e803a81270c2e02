//! Expressions to terms.

use std::collections::BTreeSet;

use num_traits::{One, Signed, Zero};

use super::arithmetic::{many, negative, negative_product, rational_value};
use super::scope::{Meaning, Role, Scope};
use crate::diagnostic::{Diagnostic, Severity};
use crate::kernel::term::{Constant, Function, Name, Rational, Term};
use crate::source::Span;
use crate::syntax::tree::{BinaryOperator, Domain, DomainKind, Expression, ExpressionKind, Ident};

/// Terms of one sum or product that is written out.
const TERM_LIMIT: i64 = 10_000;

/// Nodes of all terms of a family, `let` and sums written out.
const SIZE_LIMIT: usize = 200_000;

/// Functions of vectors and matrices: in the language, not yet in the engine.
const MATRIX_FUNCTIONS: [&str; 6] = ["dot", "det", "inv", "trace", "diag", "outer"];

/// What other languages call the functions.
const FOREIGN_FUNCTIONS: &[(&str, &str)] = &[
    ("ln", "log"),
    ("Gamma", "gamma"),
    ("tgamma", "gamma"),
    ("gammaln", "lgamma"),
    ("loggamma", "lgamma"),
    ("lngamma", "lgamma"),
    ("log_gamma", "lgamma"),
    ("psi", "digamma"),
    ("Beta", "beta"),
    ("B", "beta"),
    ("choose", "binomial"),
    ("comb", "binomial"),
    ("nchoosek", "binomial"),
    ("bessel_i", "besseli"),
    ("bessel_k", "besselk"),
    ("arctan", "atan"),
    ("sgn", "sign"),
    ("fabs", "abs"),
    ("fact", "factorial"),
    ("product", "prod"),
    ("Sigma", "sum"),
    ("Pi", "prod"),
    ("sqr", "sqrt"),
    ("root", "sqrt"),
];

/// Functions of other languages that are an expression here.
const FOREIGN_EXPRESSIONS: &[(&str, &str)] = &[
    ("Phi", "(1 + erf(x/sqrt(2)))/2"),
    ("pnorm", "(1 + erf(x/sqrt(2)))/2"),
    ("dnorm", "exp(-x^2/2)/sqrt(2*pi)"),
    ("erfc", "1 - erf(x)"),
    ("max", "(a + b + abs(a - b))/2"),
    ("min", "(a + b - abs(a - b))/2"),
    ("logit", "log(x/(1 - x))"),
    ("expit", "1/(1 + exp(-x))"),
    ("sigmoid", "1/(1 + exp(-x))"),
    ("sec", "1/cos(x)"),
    ("csc", "1/sin(x)"),
    ("cot", "cos(x)/sin(x)"),
    ("sech", "1/cosh(x)"),
    ("csch", "1/sinh(x)"),
    ("coth", "cosh(x)/sinh(x)"),
    ("log2", "log(x)/log(2)"),
    ("log10", "log(x)/log(10)"),
    ("log1p", "log(1 + x)"),
    ("expm1", "exp(x) - 1"),
    ("cbrt", "x^(1/3)"),
];

/// Turns expressions into terms and collects what is wrong with them; `None` is what was reported.
pub struct Resolver {
    pub scope: Scope,
    pub diagnostics: Vec<Diagnostic>,
    /// Names that must not occur here, and why.
    pub refused: Vec<(Role, String)>,
    /// Whether all entries were read: otherwise a name that seems undeclared may be declared in one
    /// that was not.
    pub complete: bool,
    /// Whether `mu_q` stands for the second argument's `mu`, as it does in a claim about `kl`.
    pub second_parameters: bool,
    /// The `let` whose body is being read.
    pub defining: Option<String>,
    /// The index variables of the sums around.
    indices: Vec<(String, Term)>,
    size: usize,
    /// Unknown names are reported once each.
    unknown: BTreeSet<String>,
}

impl Resolver {
    pub fn new(scope: Scope) -> Self {
        Resolver {
            scope,
            diagnostics: Vec::new(),
            refused: Vec::new(),
            complete: true,
            second_parameters: false,
            defining: None,
            indices: Vec::new(),
            size: 0,
            unknown: BTreeSet::new(),
        }
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn refuse<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.report(diagnostic);
        None
    }

    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    fn has_reported(&self, code: &str) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.code == code)
    }

    /// The term of an expression in which names of some roles must not occur.
    pub fn term_without(&mut self, expression: &Expression, refused: &[(Role, &str)]) -> Option<Term> {
        self.refused = refused.iter().map(|(role, reason)| (*role, reason.to_string())).collect();
        let term = self.term(expression);
        self.refused.clear();
        term
    }

    pub fn term(&mut self, expression: &Expression) -> Option<Term> {
        let span = expression.span;
        self.spend(1, span)?;
        match &expression.node {
            ExpressionKind::Number(value) => Some(Term::Number(value.clone())),
            ExpressionKind::Name(name) => self.name(name, span),
            ExpressionKind::Negate(operand) => self.term(operand).map(negative),
            ExpressionKind::Binary(BinaryOperator::Add | BinaryOperator::Subtract, ..) => self.sum(expression),
            ExpressionKind::Binary(BinaryOperator::Multiply | BinaryOperator::Divide, ..) => self.product(expression),
            ExpressionKind::Binary(BinaryOperator::Power, base, exponent) => {
                let (base, exponent) = (self.term(base), self.term(exponent));
                Some(Term::power(base?, exponent?))
            }
            ExpressionKind::Factorial(operand) => Some(Term::apply(Function::Factorial, vec![self.term(operand)?])),
            ExpressionKind::Call { function, arguments } => self.call(function, arguments, span),
            ExpressionKind::Binder { function, variable, domain, body } => {
                self.binder(function, variable, domain, body)
            }
            ExpressionKind::Index { head, arguments }
                if self.scope.formal && head.node == "E" && arguments.len() == 1 =>
            {
                self.term(&arguments[0]).map(Term::expectation)
            }
            ExpressionKind::Index { head, .. } => {
                let diagnostic = Diagnostic::error("not-a-scalar", format!("`{}[…]` means nothing here", head.node))
                    .at(span, "expected a scalar");
                self.refuse(match head.node.as_str() {
                    "E" => diagnostic.note("expectations are taken in derivations and claimed with `claim mean = …`"),
                    _ => {
                        diagnostic.note("vectors and matrices cannot be indexed yet: declare their entries one by one")
                    }
                })
            }
            ExpressionKind::Transpose(operand) => {
                let name = match &operand.node {
                    ExpressionKind::Name(name) => format!("`{name}'`"),
                    _ => "this transpose".to_string(),
                };
                self.refuse(
                    Diagnostic::error(
                        "not-a-scalar",
                        format!("{name} is a transpose, and there are only scalars here"),
                    )
                    .at(span, "`'` transposes a vector or a matrix")
                    .help("names cannot hold primes; in a claim about `kl` the second argument's mu is `mu_q`"),
                )
            }
            ExpressionKind::Vector(_) => self.refuse(
                Diagnostic::error("not-a-scalar", "a vector stands where a number is needed")
                    .at(span, "expected a scalar")
                    .note("vectors and matrices may only be the whole value of a claim"),
            ),
            ExpressionKind::Tuple(_) => self.refuse(
                Diagnostic::error("not-a-scalar", "a point stands where a number is needed")
                    .at(span, "expected a scalar")
                    .note("points `(a, b)` belong to several joint variates: `variate (y1, y2) : {(1, 0), (0, 1)}`"),
            ),
        }
    }

    /// Keeps definitions that double at every step from filling the memory.
    fn spend(&mut self, nodes: usize, span: Span) -> Option<()> {
        let before = self.size;
        self.size = self.size.saturating_add(nodes);
        if self.size <= SIZE_LIMIT {
            return Some(());
        }
        if before <= SIZE_LIMIT {
            self.report(
                Diagnostic::error("too-large", format!("written out, this has more than {SIZE_LIMIT} operations"))
                    .at(span, "the limit is reached here")
                    .note("every `let` and every `sum` is written out in full"),
            );
        }
        None
    }

    /// `a + b - c` is one sum of three terms; parentheses begin a sum of their own.
    fn sum(&mut self, expression: &Expression) -> Option<Term> {
        let mut operands = Vec::new();
        let mut left = expression;
        while let ExpressionKind::Binary(operator @ (BinaryOperator::Add | BinaryOperator::Subtract), before, right) =
            &left.node
        {
            if left.in_parentheses() && !std::ptr::eq(left, expression) {
                break;
            }
            operands.push((*operator == BinaryOperator::Subtract, &**right));
            left = before;
        }
        operands.push((false, left));
        let terms: Vec<Option<Term>> = operands
            .into_iter()
            .rev()
            .map(|(subtracted, operand)| {
                let term = self.term(operand)?;
                Some(match subtracted {
                    true if is_product(operand) => negative_product(term),
                    true => negative(term),
                    false => term,
                })
            })
            .collect();
        Some(Term::Sum(terms.into_iter().collect::<Option<_>>()?))
    }

    /// `a*b/c` is one product of three factors; a quotient of literals is a number; a leading sign
    /// joins a leading number.
    fn product(&mut self, expression: &Expression) -> Option<Term> {
        let mut operands = Vec::new();
        let mut left = expression;
        while let ExpressionKind::Binary(
            operator @ (BinaryOperator::Multiply | BinaryOperator::Divide),
            before,
            right,
        ) = &left.node
        {
            if left.in_parentheses() && !std::ptr::eq(left, expression) {
                break;
            }
            operands.push((*operator == BinaryOperator::Divide, &**right));
            left = before;
        }
        let (signed, first) = match &left.node {
            ExpressionKind::Negate(operand) if !left.in_parentheses() => (true, &**operand),
            _ => (false, left),
        };
        let mut factors = Vec::new();
        match (literal(first), operands.last()) {
            (Some(above), Some((true, below))) if literal(below).is_some_and(|below| !below.is_zero()) => {
                factors.extend(literal(below).map(|below| Some(Term::Number(above / below))));
                operands.pop();
            }
            (Some(one), Some((true, _))) if one.is_one() => {}
            _ => factors.push(self.term(first)),
        }
        while let Some((divides, operand)) = operands.pop() {
            factors.push(if divides { self.reciprocal(operand) } else { self.term(operand) });
        }
        let product = many(factors.into_iter().collect::<Option<Vec<_>>>()?, Term::one(), Term::product);
        Some(if signed { negative_product(product) } else { product })
    }

    /// `1/x^2` is x^(-2).
    fn reciprocal(&mut self, divisor: &Expression) -> Option<Term> {
        if let ExpressionKind::Binary(BinaryOperator::Power, base, exponent) = &divisor.node
            && !divisor.in_parentheses()
            && let Some(exponent) = literal(exponent).filter(|exponent| exponent.is_integer() && exponent.is_positive())
        {
            return Some(Term::power(self.term(base)?, Term::Number(-exponent)));
        }
        if literal(divisor).is_some_and(Rational::is_zero) && !self.scope.formal {
            return self.refuse(Diagnostic::error("division-by-zero", "this divides by zero").at(divisor.span, "zero"));
        }
        Some(self.term(divisor)?.recip())
    }

    fn name(&mut self, name: &str, span: Span) -> Option<Term> {
        if let Some((_, value)) = self.indices.iter().rev().find(|(index, _)| index == name) {
            return Some(value.clone());
        }
        if let Some(constant) = Constant::ALL.into_iter().find(|constant| constant.keyword() == name) {
            return Some(Term::Constant(constant));
        }
        if name == "infinity" {
            return self.refuse(
                Diagnostic::error("infinity", "`infinity` is no number")
                    .at(span, "cannot be calculated with")
                    .note("`infinity` may only be a bound of `interval` or `integers`"),
            );
        }
        let Some(entry) = self.scope.entries.get_mut(name) else {
            return self.undeclared(name, span);
        };
        entry.used = true;
        let (role, declared) = (entry.role, entry.span);
        let term = match &entry.meaning {
            Meaning::Variable => Term::variable(name),
            Meaning::Value(term) => term.clone(),
            Meaning::Broken => return None,
            Meaning::Later if self.defining.as_deref() == Some(name) => {
                return self.refuse(
                    Diagnostic::error("defined-later", format!("`{name}` is defined by itself"))
                        .at(span, "used in its own definition")
                        .also(declared, "defined here")
                        .help("give one of the two another name"),
                );
            }
            Meaning::Later => {
                return self.refuse(
                    Diagnostic::error("defined-later", format!("`{name}` is used before it is defined"))
                        .at(span, "used here")
                        .also(declared, "defined here")
                        .help("a `let` may only use those above it: change their order"),
                );
            }
        };
        for (refused, reason) in self.refused.clone() {
            if self.scope.mentions(&term, refused) {
                // One place is enough for the whole expression.
                self.refused.clear();
                let through = if role == refused { String::new() } else { format!(" (`{name}` depends on it)") };
                return self.refuse(
                    Diagnostic::error("wrong-place", reason)
                        .at(span, format!("{}{through}", refused.phrase()))
                        .also(declared, "declared here"),
                );
            }
        }
        self.spend(term.size(), span)?;
        Some(term)
    }

    fn undeclared(&mut self, name: &str, span: Span) -> Option<Term> {
        if self.scope.formal {
            return Some(Term::variable(name));
        }
        let second_of = name.strip_suffix("_q").filter(|first| self.scope.role(first) == Some(Role::Parameter));
        if let Some(first) = second_of {
            if self.second_parameters {
                return Some(Term::variable(name));
            }
            let message = format!("`{name}` is only known in a claim about `kl`");
            let label = format!("the second argument's `{first}`");
            return self.refuse(Diagnostic::error("wrong-place", message).at(span, label));
        }
        if !self.complete || !self.unknown.insert(name.to_string()) {
            return None;
        }
        let diagnostic =
            Diagnostic::error("unknown-name", format!("`{name}` is not declared")).at(span, "not declared");
        let diagnostic = match name.to_lowercase().as_str() {
            "inf" | "oo" | "infty" => diagnostic.help("it is written `infinity`, and stands at the end of a domain"),
            _ => diagnostic.did_you_mean(name, self.scope.names().chain(["pi", "e", "euler_gamma"])),
        };
        let diagnostic = if Function::from_keyword(name).is_some() {
            diagnostic.note(format!("`{name}` is a function only in front of a parenthesis"))
        } else {
            diagnostic
        };
        let suggested = !diagnostic.helps.is_empty();
        let declare = format!("declare it, for example `parameter {name} : positive`, or define it: `let {name} = …`");
        self.refuse(if suggested || self.scope.entries.is_empty() { diagnostic } else { diagnostic.help(declare) })
    }

    fn call(&mut self, function: &Ident, arguments: &[Expression], span: Span) -> Option<Term> {
        if self.scope.formal {
            match function.node.as_str() {
                "log_density" => return self.log_density(arguments),
                "derivative" => return self.derivative(function, arguments),
                _ => {}
            }
        }
        let Some(known) = Function::from_keyword(&function.node) else {
            return self.unknown_function(function, arguments);
        };
        let terms: Vec<Option<Term>> = arguments.iter().map(|argument| self.term(argument)).collect();
        if terms.len() != known.arity() {
            let (needed, given) = (count(known.arity(), "argument"), arguments.len());
            let diagnostic = Diagnostic::error(
                "wrong-arguments",
                format!("`{}` takes {needed}, and {given} are given", function.node),
            );
            let diagnostic = diagnostic.at(span, format!("expected {needed}"));
            return self.refuse(match (known, given) {
                (Function::Log, 2) => diagnostic.help("the logarithm of x to base b is `log(x)/log(b)`"),
                (Function::Gamma, 2) => diagnostic.note("the incomplete gamma function is not in the language"),
                (Function::Zeta, 2) => diagnostic.note("the Hurwitz zeta function is not in the language"),
                _ => diagnostic,
            });
        }
        Some(Term::apply(known, terms.into_iter().collect::<Option<Vec<_>>>()?))
    }

    fn unknown_function(&mut self, function: &Ident, arguments: &[Expression]) -> Option<Term> {
        let name = function.node.as_str();
        // The arguments may hold mistakes of their own.
        let terms: Vec<Option<Term>> = match MATRIX_FUNCTIONS.contains(&name) {
            true => Vec::new(),
            false => arguments.iter().map(|argument| self.term(argument)).collect(),
        };
        if let Some(entry) = self.scope.entries.get_mut(name) {
            entry.used = true;
            let (role, declared) = (entry.role.phrase(), entry.span);
            return self.refuse(
                Diagnostic::error("not-a-function", format!("`{name}` is {role}, not a function"))
                    .at(function.span, "called like a function")
                    .also(declared, "declared here")
                    .help(format!("for a product write `{name}*(…)`")),
            );
        }
        if matches!(name, "sum" | "prod") {
            return self.refuse(
                Diagnostic::error("wrong-arguments", format!("`{name}` needs to be told what to run over"))
                    .at(function.span, "what is the index?")
                    .help(format!("write `{name}(k in integers(1, 10), …)` or `{name}(k in {{1, 2, 5}}, …)`")),
            );
        }
        if MATRIX_FUNCTIONS.contains(&name) {
            if self.has_reported("unsupported-domain") {
                return None;
            }
            return self.refuse(
                Diagnostic::error(
                    "unsupported-function",
                    format!("`{name}` is not yet supported: there are only scalars"),
                )
                .at(function.span, "a function of vectors or matrices")
                .help("write it out in coordinates: `w1*x1 + w2*x2`"),
            );
        }
        if !self.complete && terms.len() == 1 {
            return None;
        }
        let diagnostic = Diagnostic::error("unknown-function", format!("there is no function `{name}`"))
            .at(function.span, "not a function");
        let called = FOREIGN_FUNCTIONS.iter().find(|(typed, _)| *typed == name);
        let written = FOREIGN_EXPRESSIONS.iter().find(|(typed, _)| *typed == name);
        let advice = called.map(|(_, ours)| format!("it is called `{ours}` here"));
        self.refuse(match advice.or_else(|| written.map(|(_, ours)| format!("write `{ours}`"))) {
            Some(advice) => diagnostic.help(advice),
            None => {
                let diagnostic =
                    diagnostic.did_you_mean(name, Function::TABLE.iter().map(|row| row.1).chain(["sum", "prod"]));
                match diagnostic.helps.is_empty() && terms.len() == 1 {
                    true => diagnostic.help(format!("for a product write `{name}*(…)`, and declare `{name}`")),
                    false => diagnostic,
                }
            }
        })
    }

    fn log_density(&mut self, arguments: &[Expression]) -> Option<Term> {
        let mut replaced = Vec::new();
        for pair in arguments.chunks(2) {
            if let [Expression { node: ExpressionKind::Name(name), .. }, value] = pair {
                replaced.push((Name::new(name), self.term(value)?));
            }
        }
        Some(Term::LogDensity(replaced))
    }

    fn derivative(&mut self, function: &Ident, arguments: &[Expression]) -> Option<Term> {
        match arguments {
            [body, Expression { node: ExpressionKind::Name(by), .. }] => {
                Some(self.term(body)?.derivative(&Name::new(by)))
            }
            _ => self.refuse(
                Diagnostic::error("wrong-arguments", "`derivative` takes a term and a name")
                    .at(function.span, "expected `derivative(f, a)`"),
            ),
        }
    }

    /// `sum(k in D, e)` and `prod(k in D, e)`, written out.
    fn binder(&mut self, function: &Ident, variable: &Ident, domain: &Domain, body: &Expression) -> Option<Term> {
        let (empty, node): (Term, fn(Vec<Term>) -> Term) = match function.node.as_str() {
            "sum" => (Term::zero(), Term::sum),
            "prod" => (Term::one(), Term::product),
            other => {
                return self.refuse(
                    Diagnostic::error("unknown-function", format!("`{other}` does not run over an index"))
                        .at(function.span, "only `sum` and `prod` do"),
                );
            }
        };
        if let Some(entry) = self.scope.entries.get(&variable.node) {
            let declared = entry.span;
            return self.refuse(
                Diagnostic::error("declared-twice", format!("the index `{}` is declared already", variable.node))
                    .at(variable.span, "used as an index")
                    .also(declared, "declared here")
                    .help("give the index another name"),
            );
        }
        let values = self.index_values(domain)?;
        let mut terms = Vec::with_capacity(values.len());
        for value in values {
            self.indices.push((variable.node.clone(), value));
            let term = self.term(body);
            self.indices.pop();
            terms.push(term?);
        }
        Some(many(terms, empty, node))
    }

    fn index_values(&mut self, domain: &Domain) -> Option<Vec<Term>> {
        match &domain.node {
            DomainKind::Finite(values) => values.iter().map(|value| self.term(value)).collect(),
            DomainKind::Named { keyword, arguments } if keyword == "integers" && arguments.len() == 2 => {
                let first = self.index_bound(&arguments[0])?;
                let last = self.index_bound(&arguments[1])?;
                if last.saturating_sub(first) >= TERM_LIMIT {
                    return self.refuse(
                        Diagnostic::error("too-large", format!("this runs over more than {TERM_LIMIT} values"))
                            .at(domain.span, "too many to write out"),
                    );
                }
                Some((first..=last).map(Term::integer).collect())
            }
            DomainKind::Named { .. } => self.refuse(
                Diagnostic::error("index-domain", "an index runs over `integers(a, b)` or a finite set")
                    .at(domain.span, "cannot be run over")
                    .help("write for example `sum(k in integers(1, 10), …)`"),
            ),
        }
    }

    fn index_bound(&mut self, bound: &Expression) -> Option<i64> {
        if is_infinite(bound) {
            return self.refuse(
                Diagnostic::error("index-domain", "sums and products without end cannot be written out")
                    .at(bound.span, "expected a number")
                    .note("closed forms such as `exp`, `zeta` or `besseli` stand for their series"),
            );
        }
        let term = self.term(bound)?;
        match rational_value(&term).filter(Rational::is_integer).and_then(|value| value.to_i64()) {
            Some(value) => Some(value),
            None => self.refuse(
                Diagnostic::error("index-domain", "the bounds of a sum or product must be whole numbers")
                    .at(bound.span, "not a whole number")
                    .note("sums with a symbolic number of terms are not yet supported"),
            ),
        }
    }
}

pub fn is_infinite(expression: &Expression) -> bool {
    match &expression.node {
        ExpressionKind::Name(name) => name == "infinity",
        ExpressionKind::Negate(operand) => is_infinite(operand),
        _ => false,
    }
}

fn is_product(expression: &Expression) -> bool {
    let product =
        matches!(&expression.node, ExpressionKind::Binary(BinaryOperator::Multiply | BinaryOperator::Divide, ..));
    product && !expression.in_parentheses()
}

fn literal(expression: &Expression) -> Option<&Rational> {
    match &expression.node {
        ExpressionKind::Number(value) => Some(value),
        _ => None,
    }
}

/// `1 argument`, `2 arguments`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
