//! What the renderers write: tables of terms with their LaTeX and Unicode, the KaTeX gate, line
//! breaking, and whole documents of families whose reports are written by hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use fisherproof::derive::exchange::Exchange;
use fisherproof::derive::report::*;
use fisherproof::derive::tensor::SymmetricTensor;
use fisherproof::kernel::domain::{Context, Domain, Support};
use fisherproof::kernel::term::{Constant, Function, Name, Rational, Term};
use fisherproof::model::family::{Claim, DensityForm, Family, Quantity};
use fisherproof::render::{self, Format, Names, Options, Part};
use fisherproof::source::Span;

// ------------------------------------------------------------------ a reader of terms for tests

/// Reads the ASCII syntax, with `ell`, `ell_q`, `D(t, x)` and `E[t]` for the formal nodes.
pub fn term(text: &str) -> Term {
    let mut reader = Reader { rest: text.trim() };
    let term = reader.sum();
    assert!(reader.rest.is_empty(), "left over: {}", reader.rest);
    term
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn eat(&mut self, sign: char) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Term {
        let mut terms = vec![self.product()];
        loop {
            if self.eat('+') {
                terms.push(self.product());
            } else if self.eat('-') {
                terms.push(-self.product());
            } else {
                return if terms.len() == 1 { terms.remove(0) } else { Term::sum(terms) };
            }
        }
    }

    fn product(&mut self) -> Term {
        if self.eat('-') {
            return -self.product();
        }
        let mut factors = vec![self.power()];
        loop {
            if self.eat('*') {
                factors.push(self.power());
            } else if self.eat('/') {
                factors.push(self.power().recip());
            } else {
                return if factors.len() == 1 { factors.remove(0) } else { Term::product(factors) };
            }
        }
    }

    fn power(&mut self) -> Term {
        let base = self.atom();
        if !self.eat('^') {
            return base;
        }
        let exponent = if self.eat('-') { -self.power() } else { self.power() };
        Term::power(base, simple(exponent))
    }

    fn list(&mut self, close: char) -> Vec<Term> {
        let mut terms = vec![self.sum()];
        while self.eat(',') {
            terms.push(self.sum());
        }
        assert!(self.eat(close), "expected {close} at {}", self.rest);
        terms
    }

    fn atom(&mut self) -> Term {
        if self.eat('(') {
            return self.list(')').remove(0);
        }
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        assert!(!word.is_empty(), "expected a term at {}", self.rest);
        self.rest = rest.trim_start();
        if let Ok(value) = word.parse::<i64>() {
            return Term::integer(value);
        }
        if word == "E" && self.eat('[') {
            return self.list(']').remove(0).expectation();
        }
        if self.eat('(') {
            let arguments = self.list(')');
            if word == "D" {
                let Term::Variable(name) = &arguments[1] else { panic!("D(term, name)") };
                return arguments[0].clone().derivative(name);
            }
            let function = Function::from_keyword(word).unwrap_or_else(|| panic!("no function {word}"));
            return Term::apply(function, arguments);
        }
        match word {
            "ell" => Term::log_density(),
            "ell_q" => Term::LogDensity(
                ["mu", "sigma"].map(|name| (Name::new(name), Term::variable(format!("{name}_q").as_str()))).to_vec(),
            ),
            _ => match Constant::ALL.into_iter().find(|constant| constant.keyword() == word) {
                Some(constant) => Term::Constant(constant),
                None => Term::variable(word),
            },
        }
    }
}

/// Numbers of exponents are one node, as the parser of the language makes them.
fn simple(term: Term) -> Term {
    fn value(term: &Term) -> Option<Rational> {
        match term {
            Term::Number(value) => Some(value.clone()),
            Term::Product(factors) => factors.iter().map(value).product(),
            Term::Power(base, exponent) if exponent.as_number() == Term::integer(-1).as_number() => {
                value(base).map(|value| value.recip())
            }
            _ => None,
        }
    }
    value(&term).map_or(term, Term::Number)
}

// ------------------------------------------------------------------------------ families by hand

pub fn family(name: &str, variate: (&str, Domain), parameters: &[(&str, Domain)], density: &str) -> Family {
    let parameters: Vec<(Name, Domain)> =
        parameters.iter().map(|(name, domain)| (Name::new(name), domain.clone())).collect();
    Family {
        name: name.to_owned(),
        title: None,
        variate: Support::Product { coordinates: vec![(Name::new(variate.0), variate.1)], inequalities: Vec::new() },
        parameters,
        constants: Vec::new(),
        given: Vec::new(),
        context: Context::default(),
        density: DensityForm::Density { body: term(density), span: Span::default() },
        massless: Default::default(),
        substitution: None,
        notation: Vec::new(),
        source: None,
        claims: Vec::new(),
        span: Span::default(),
    }
}

pub fn matrix(rows: &[&[&str]]) -> SymmetricTensor {
    SymmetricTensor::of(2, rows.len(), |place| Some(term(rows[place[0]][place[1]])))
}

fn vector(list: &[&str]) -> SymmetricTensor {
    SymmetricTensor::of(1, list.len(), |place| Some(term(list[place[0]])))
}

/// The coefficients that are named, by their sorted indices.
fn third_order(count: usize, named: &[(&[usize], &str)]) -> SymmetricTensor {
    SymmetricTensor::of(3, count, |place| {
        Some(named.iter().find(|(own, _)| *own == place).map_or(Term::zero(), |(_, entry)| term(entry)))
    })
}

fn terms(list: &[&str]) -> Vec<Term> {
    list.iter().map(|entry| term(entry)).collect()
}

pub fn bare_report(family: Family, log_density: &str) -> Report {
    let count = family.parameters.len();
    Report {
        family,
        status: Status::Proved,
        log_density: term(log_density),
        exponential: None,
        not_exponential: None,
        score: SymmetricTensor::of(1, count, |_| None),
        hessian: SymmetricTensor::of(2, count, |_| None),
        fisher: SymmetricTensor::of(2, count, |_| None),
        exchange: Arc::new(Exchange::none(count)),
        null_direction: None,
        mean: None,
        kl: None,
        kl_taylor: None,
        checks: Vec::new(),
        claims: Vec::new(),
        remarks: Vec::new(),
        derivations: Vec::new(),
        generic: Vec::new(),
        further: Vec::new(),
        values: None,
    }
}

fn check_of(kind: CheckKind, lemmas: &[(&str, &str)], steps: usize) -> Check {
    Check {
        kind,
        status: Status::Proved,
        equations: Vec::new(),
        assumptions: Vec::new(),
        lemmas: lemmas
            .iter()
            .map(|(name, reference)| Citation { name: name.to_string(), reference: reference.to_string() })
            .collect(),
        steps,
        reason: None,
    }
}

fn claim(text: &str, quantity: Quantity, status: Status) -> ClaimOutcome {
    ClaimOutcome {
        claim: Claim { quantity, value: Vec::new(), span: Span::default(), text: text.to_owned() },
        status,
        residue: None,
        counterexample: None,
        assumptions: Vec::new(),
        reason: None,
    }
}

pub fn gamma() -> Report {
    let positive = Domain::positive;
    let mut family =
        family("Gamma", ("x", positive()), &[("a", positive()), ("b", positive())], "b^a/gamma(a)*x^(a - 1)*exp(-b*x)");
    family.title = Some("Gamma, shape and rate".to_owned());
    let mut report = bare_report(family, "a*log(b) - lgamma(a) + (a - 1)*log(x) - b*x");
    report.exponential = Some(ExponentialForm {
        natural: terms(&["a - 1", "-b"]),
        statistic: terms(&["log(x)", "x"]),
        log_partition: term("lgamma(a) - a*log(b)"),
        base: term("1"),
    });
    report.score = vector(&["log(b) - digamma(a) + log(x)", "a/b - x"]);
    report.hessian = matrix(&[&["-trigamma(a)", "1/b"], &["1/b", "-a/b^2"]]);
    report.fisher = matrix(&[&["trigamma(a)", "-1/b"], &["-1/b", "a/b^2"]]);
    report.mean = Some(terms(&["a/b"]));
    report.kl = Some(term("(a - a_q)*digamma(a) - lgamma(a) + lgamma(a_q) + a_q*(log(b) - log(b_q)) + a*(b_q - b)/b"));
    report.kl_taylor = Some(KlTaylor {
        order0: Term::zero(),
        order1: vector(&["0", "0"]),
        order2: matrix(&[&["trigamma(a)", "-1/b"], &["-1/b", "a/b^2"]]),
        order3: third_order(2, &[(&[0, 0, 0], "polygamma(2, a)"), (&[0, 1, 1], "1/b^2"), (&[1, 1, 1], "-2*a/b^3")]),
    });
    let lemmas = &[("gamma-integral", "DLMF 5.9.1"), ("gamma-log-moment", "DLMF 5.9.19")];
    report.checks = vec![
        check_of(CheckKind::Normalization, &lemmas[..1], 3),
        check_of(CheckKind::ZeroMeanScore, lemmas, 9),
        check_of(CheckKind::FisherFromScore, lemmas, 21),
        check_of(CheckKind::FisherFromHessian, &[], 4),
        check_of(CheckKind::FisherFromLogPartition, &[], 6),
        check_of(CheckKind::Kl, lemmas, 14),
        check_of(CheckKind::KlTaylor, lemmas, 17),
        check_of(CheckKind::Regularity, &[("exponential-family-regularity", "Brown 1986, Theorem 2.2")], 1),
    ];
    report.checks[2].equations = vec![
        Equation { left: term("E[D(ell, a)*D(ell, a)]"), right: term("trigamma(a)") },
        Equation { left: term("E[D(ell, a)*D(ell, b)]"), right: term("-1/b") },
        Equation { left: term("E[D(ell, b)*D(ell, b)]"), right: term("a/b^2") },
    ];
    let mut wrong = claim("fisher[b, b] = a/b", Quantity::FisherEntry(1, 1), Status::Refuted);
    wrong.counterexample = Some(Counterexample {
        at: vec![(Name::new("a"), term("3")), (Name::new("b"), Term::ratio(7, 2))],
        entry: "fisher[b, b]".to_owned(),
        claimed: Term::ratio(6, 7),
        actual: Term::ratio(12, 49),
        claimed_decimal: 6.0 / 7.0,
        actual_decimal: 12.0 / 49.0,
    });
    report.claims = vec![claim("mean = a/b", Quantity::Mean, Status::Proved), wrong];
    report.remarks = vec!["The lemma `gamma-log-moment` differentiates under the integral sign.".to_owned()];
    report.derivations = vec![Derivation {
        of: Derivable::Fisher,
        start: term("E[D(ell, b)*D(ell, b)]"),
        links: [
            ("E[(a/b - x)*(a/b - x)]", "score"),
            ("E[x^2 - 2*a/b*x + a^2/b^2]", "algebra"),
            ("E[x^2] - 2*a/b*E[x] + a^2/b^2", "linearity"),
            ("a*(a + 1)/b^2 - 2*a^2/b^2 + a^2/b^2", "gamma-integral"),
            ("a/b^2", "algebra"),
        ]
        .map(|(right, reason)| DerivationLink { right: term(right), reason: reason.to_owned() })
        .to_vec(),
    }];
    report.values = Some(NumericValues {
        at: vec![(Name::new("a"), 3.0), (Name::new("b"), 3.5)],
        fisher: vec![vec![Some(0.394_934), Some(-0.285_714)], vec![Some(-0.285_714), Some(0.244_898)]],
        fisher_error: vec![vec![None, None], vec![None, None]],
        kl: None,
        mean: Some(vec![3.0 / 3.5]),
    });
    report
}

pub fn normal() -> Report {
    let mut family = family(
        "Normal",
        ("x", Domain::real()),
        &[("mu", Domain::real()), ("sigma", Domain::positive())],
        "1/(sigma*sqrt(2*pi))*exp(-(x - mu)^2/(2*sigma^2))",
    );
    family.title = Some("Normal, mean and standard deviation".to_owned());
    let mut report = bare_report(family, "-(x - mu)^2/(2*sigma^2) - log(sigma) - 1/2*log(2*pi)");
    report.exponential = Some(ExponentialForm {
        natural: terms(&["mu/sigma^2", "-1/2/sigma^2"]),
        statistic: terms(&["x", "x^2"]),
        log_partition: term("mu^2/(2*sigma^2) + log(sigma) + 1/2*log(2*pi)"),
        base: term("1"),
    });
    report.score = vector(&["(x - mu)/sigma^2", "-1/sigma + (x - mu)^2/sigma^3"]);
    report.hessian =
        matrix(&[&["-1/sigma^2", "-2*(x - mu)/sigma^3"], &["-2*(x - mu)/sigma^3", "1/sigma^2 - 3*(x - mu)^2/sigma^4"]]);
    report.fisher = matrix(&[&["1/sigma^2", "0"], &["0", "2/sigma^2"]]);
    report.mean = Some(terms(&["mu"]));
    report.kl = Some(term("log(sigma_q) - log(sigma) + (sigma^2 + (mu - mu_q)^2)/(2*sigma_q^2) - 1/2"));
    report.checks = vec![
        check_of(CheckKind::Normalization, &[("gaussian-integral", "DLMF 7.7.2")], 2),
        check_of(CheckKind::FisherFromScore, &[("gaussian-moment", "")], 8),
    ];
    report
}

// ---------------------------------------------------------------------------------------- checks

fn names() -> Names {
    let mut family = family(
        "Table",
        ("x", Domain::real()),
        &[
            ("mu", Domain::real()),
            ("sigma", Domain::positive()),
            ("a", Domain::positive()),
            ("b", Domain::positive()),
            ("kappa", Domain::positive()),
            ("p", Domain::positive()),
            ("p1", Domain::positive()),
            ("rate", Domain::positive()),
            ("shape_0", Domain::positive()),
            ("w", Domain::real()),
        ],
        "1",
    );
    family.constants = vec![(Name::new("n"), Domain::natural()), (Name::new("nu"), Domain::positive())];
    family.notation = vec![(Name::new("w"), "\\omega^{\\ast}".to_owned())];
    Names::of(&family)
}

fn accepted_by_katex(formula: &str) -> Result<(), String> {
    let settings = katex::Settings::builder().display_mode(true).throw_on_error(true).build();
    katex::render_to_string(&katex::KatexContext::default(), formula, &settings).map(|_| ()).map_err(|e| e.to_string())
}

/// Term, LaTeX, Unicode.
const TABLE: &[(&str, &str, &str)] = &[
    // numbers, letters, names
    ("0", "0", "0"),
    ("-3", "-3", "−3"),
    ("3/4", r"\frac{3}{4}", "3/4"),
    ("mu", r"\mu", "μ"),
    ("p1", "p_1", "p₁"),
    ("rate", r"\mathrm{rate}", "rate"),
    ("shape_0", r"\mathrm{shape}_0", "shape₀"),
    ("eta12", r"\eta_{12}", "η₁₂"),
    ("mu_x", r"\mu_x", "μₓ"),
    ("x_bar", r"\bar{x}", "x\u{304}"),
    ("mu_q", r"\mu'", "μ′"),
    ("sigma_q^2", r"\sigma'^{2}", "σ′²"),
    ("p1_q^2", r"p_1'^{2}", "p₁′²"),
    ("w", r"\omega^{\ast}", "w"),
    ("w^2", r"(\omega^{\ast})^2", "w²"),
    ("euler_gamma + pi + e", r"\gamma + \pi + e", "γ + π + e"),
    // sums and signs
    ("-mu + x", r"x - \mu", "x − μ"),
    ("-p + 1", "1 - p", "1 − p"),
    ("a - 1", "a - 1", "a − 1"),
    ("-x + n", "n - x", "n − x"),
    ("-1 - a", "-a - 1", "−a − 1"),
    ("1 + x^2", "1 + x^2", "1 + x²"),
    ("exp(-x) + 1", "1 + e^{-x}", "1 + e^(−x)"),
    ("a - (b - x)", "a - (b-x)", "a − (b − x)"),
    ("mu^2 + x^2 - 2*mu*x", r"x^2 - 2\mu x + \mu^2", "x² − 2μ x + μ²"),
    ("a + (-1)*b", "a - b", "a − b"),
    ("-1/sigma + (x - mu)^2/sigma^3", r"\frac{(x-\mu)^2}{\sigma^3} - \frac{1}{\sigma}", "(x − μ)²/σ³ − 1/σ"),
    // products and fractions
    ("1/sigma^2", r"\frac{1}{\sigma^2}", "1/σ²"),
    ("-1/2/sigma^2", r"-\frac{1}{2\sigma^2}", "−1/(2σ²)"),
    ("1/2*x", r"\frac{x}{2}", "x/2"),
    ("-3/2*x", r"-\frac{3x}{2}", "−3x/2"),
    ("1/2/sigma^2*(x - mu)^2", r"\frac{(x-\mu)^2}{2\sigma^2}", "(x − μ)²/(2σ²)"),
    ("1/2*(a + b)", r"\frac{a+b}{2}", "(a + b)/2"),
    ("1/(2*sigma^2)", r"\frac{1}{2\sigma^2}", "1/(2σ²)"),
    ("x*a*2", "2ax", "2a x"),
    ("kappa*sin(x - mu)", r"\kappa \sin(x-\mu)", "κ sin(x − μ)"),
    ("sin(x - mu)*kappa", r"\kappa \sin(x-\mu)", "κ sin(x − μ)"),
    ("n/(p*(1 - p))", r"\frac{n}{p(1-p)}", "n/(p (1 − p))"),
    ("sigma*sigma", r"\sigma^2", "σ²"),
    ("2*2^x", r"2 \cdot 2^x", "2·2^x"),
    ("rate*x", r"\mathrm{rate}\,x", "rate x"),
    ("-(a + b)*x", "-x(a+b)", "−x (a + b)"),
    ("a/b*(-1)", r"-\frac{a}{b}", "−a/b"),
    ("(x/a)^2", r"\left(\frac{x}{a}\right)^2", "(x/a)²"),
    ("1/(1 + x^2/nu)", r"\frac{1}{1 + \frac{x^2}{\nu}}", "1/(1 + x²/ν)"),
    ("-(a*b)^2", r"-(ab)^2", "−(a b)²"),
    // powers and roots
    ("x^(1/2)", r"\sqrt{x}", "√x"),
    ("x^(-1/2)", r"\frac{1}{\sqrt{x}}", "1/√x"),
    ("sqrt(a + b)", r"\sqrt{a+b}", "√(a + b)"),
    ("2^(1/2)*pi^(1/2)*sigma", r"\sigma \sqrt{2\pi}", "σ √(2π)"),
    ("x^(3/2)", "x^{3/2}", "x^(3/2)"),
    ("x^(a - 1)", "x^{a-1}", "x^(a − 1)"),
    ("(-1)^n", "(-1)^n", "(−1)ⁿ"),
    ("(x^a)^b", "(x^a)^b", "(x^a)^b"),
    ("(1 + x^2/nu)^(-(nu + 1)/2)", r"\left(1 + \frac{x^2}{\nu}\right)^{-(\nu+1)/2}", "(1 + x²/ν)^(−(ν + 1)/2)"),
    ("exp(x)^2", "(e^x)^2", "(e^x)²"),
    ("2^(-1/2)", r"\frac{1}{\sqrt{2}}", "1/√2"),
    ("(1/2)^x", r"\left(\frac{1}{2}\right)^x", "(1/2)^x"),
    ("(-x)^2", "(-x)^2", "(−x)²"),
    ("x^(-a)", "x^{-a}", "x^(−a)"),
    ("1/x^a", r"\frac{1}{x^a}", "1/x^a"),
    ("1/(a*b)^2", r"\frac{1}{(ab)^2}", "1/(a b)²"),
    ("(-a - b)/p", r"\frac{-a-b}{p}", "(−a − b)/p"),
    ("a*b*(-1)/2", r"-\frac{ab}{2}", "−a b/2"),
    ("x*(a - 1) - (-1)*b*2", "x(a-1) + 2b", "x (a − 1) + 2b"),
    // functions
    ("cos(x)*sin(x)", r"\cos x \sin x", "(cos x) sin x"),
    ("exp(-exp(-x))", "e^{-e^{-x}}", "e^(−e^(−x))"),
    ("log(-x)", r"\log(-x)", "log(−x)"),
    ("abs(x)^2", r"\lvert x\rvert^2", "|x|²"),
    ("abs(x/a)", r"\left|\frac{x}{a}\right|", "|x/a|"),
    ("factorial(x)^2", "(x!)^2", "(x!)²"),
    ("lgamma(a)^2", r"(\log \Gamma(a))^2", "(log Γ(a))²"),
    ("binomial(n, x)^2", r"\binom{n}{x}^2", "C(n, x)²"),
    ("sqrt(x)^3", r"(\sqrt{x})^3", "(√x)³"),
    ("2*factorial(x)/3", r"\frac{2x!}{3}", "2x!/3"),
    ("besseli(1, kappa)^2/besseli(0, kappa)^2", r"\frac{I_1(\kappa)^2}{I_0(\kappa)^2}", "I₁(κ)²/I₀(κ)²"),
    ("exp(-b*x)", "e^{-bx}", "e^(−b x)"),
    ("exp(-x/b)", "e^{-x/b}", "e^(−x/b)"),
    ("exp(-(x - mu)^2/(2*sigma^2))", r"\exp\!\left(-\frac{(x-\mu)^2}{2\sigma^2}\right)", "exp(−(x − μ)²/(2σ²))"),
    ("log(x)", r"\log x", "log x"),
    ("log(1 - x)", r"\log(1-x)", "log(1 − x)"),
    ("log(sigma_q/sigma)", r"\log \frac{\sigma'}{\sigma}", "log(σ′/σ)"),
    ("log(x)^2", r"(\log x)^2", "(log x)²"),
    ("log(2*pi)", r"\log(2\pi)", "log(2π)"),
    ("1/2*log(2*pi)", r"\frac{1}{2} \log(2\pi)", "(1/2) log(2π)"),
    ("log(log(x))", r"\log \log x", "log log x"),
    ("log(gamma(a))", r"\log \Gamma(a)", "log Γ(a)"),
    ("lgamma(a)", r"\log \Gamma(a)", "log Γ(a)"),
    ("x*log(p)", r"x \log p", "x log p"),
    ("log(x)*digamma(a)", r"\psi(a) \log x", "ψ(a) log x"),
    ("log(x)*log(p)", r"\log x \log p", "(log x) log p"),
    ("log(x)*exp(-x)", r"\log(x) e^{-x}", "log(x) e^(−x)"),
    ("cos(x - mu)", r"\cos(x-\mu)", "cos(x − μ)"),
    ("sin(x)^2", r"\sin^2 x", "sin² x"),
    ("sin(x - mu)^2", r"\sin^2(x-\mu)", "sin²(x − μ)"),
    ("digamma(a)", r"\psi(a)", "ψ(a)"),
    ("trigamma(a + b)", r"\psi'(a+b)", "ψ′(a + b)"),
    ("polygamma(2, a)", r"\psi''(a)", "ψ″(a)"),
    ("polygamma(3, a)", r"\psi^{(3)}(a)", "ψ⁽³⁾(a)"),
    ("polygamma(n, a)", r"\psi^{(n)}(a)", "ψ⁽ⁿ⁾(a)"),
    ("gamma(a)^2", r"\Gamma(a)^2", "Γ(a)²"),
    ("beta(a, b)", r"\operatorname{B}(a, b)", "B(a, b)"),
    ("log(beta(a, b))", r"\log \operatorname{B}(a, b)", "log B(a, b)"),
    ("zeta(a)", r"\zeta(a)", "ζ(a)"),
    ("zeta_derivative(1, a)", r"\zeta'(a)", "ζ′(a)"),
    ("besseli(1, kappa)/besseli(0, kappa)", r"\frac{I_1(\kappa)}{I_0(\kappa)}", "I₁(κ)/I₀(κ)"),
    ("besselk(nu, x)", r"K_{\nu}(x)", "K_ν(x)"),
    ("binomial(n, x)", r"\binom{n}{x}", "C(n, x)"),
    ("factorial(x)", "x!", "x!"),
    ("factorial(n - x)", "(n-x)!", "(n − x)!"),
    ("factorial(x)*factorial(n - x)", r"x!\,(n-x)!", "x! (n − x)!"),
    ("abs(x - mu)", r"\lvert x-\mu\rvert", "|x − μ|"),
    ("sign(x - mu)", r"\operatorname{sgn}(x-\mu)", "sgn(x − μ)"),
    ("erf(x)", r"\operatorname{erf}(x)", "erf(x)"),
    ("atan(x)", r"\arctan x", "arctan x"),
    // densities
    ("b^a/gamma(a)*x^(a - 1)*exp(-b*x)", r"\frac{b^a}{\Gamma(a)}\,x^{a-1} e^{-bx}", "(b^a/Γ(a)) x^(a − 1) e^(−b x)"),
    (
        "1/(sigma*sqrt(2*pi))*exp(-(x - mu)^2/(2*sigma^2))",
        r"\frac{1}{\sigma \sqrt{2\pi}} \exp\!\left(-\frac{(x-\mu)^2}{2\sigma^2}\right)",
        "(1/(σ √(2π))) exp(−(x − μ)²/(2σ²))",
    ),
    (
        "x^(a - 1)*(1 - x)^(b - 1)/beta(a, b)",
        r"\frac{1}{\operatorname{B}(a, b)}\,x^{a-1} (1-x)^{b-1}",
        "(1/B(a, b)) x^(a − 1) (1 − x)^(b − 1)",
    ),
    ("a^x*exp(-a)/factorial(x)", r"\frac{a^x e^{-a}}{x!}", "a^x e^(−a)/x!"),
    (
        "exp(kappa*cos(x - mu))/(2*pi*besseli(0, kappa))",
        r"\frac{1}{2\pi I_0(\kappa)}\,e^{\kappa \cos(x-\mu)}",
        "(1/(2π I₀(κ))) e^(κ cos(x − μ))",
    ),
    ("binomial(n, x)*p^x*(1 - p)^(n - x)", r"\binom{n}{x} p^x (1-p)^{n-x}", "C(n, x) p^x (1 − p)^(n − x)"),
    // formal nodes
    ("ell", r"\ell", "ℓ"),
    ("D(ell, mu)", r"\frac{\partial \ell}{\partial \mu}", "∂ℓ/∂μ"),
    ("D(D(ell, sigma), mu)", r"\frac{\partial^2 \ell}{\partial \mu\,\partial \sigma}", "∂²ℓ/∂μ∂σ"),
    ("D(D(ell, mu), mu)", r"\frac{\partial^2 \ell}{\partial \mu^2}", "∂²ℓ/∂μ²"),
    (
        "D(ell, mu)*D(ell, sigma)",
        r"\frac{\partial \ell}{\partial \mu}\,\frac{\partial \ell}{\partial \sigma}",
        "(∂ℓ/∂μ)(∂ℓ/∂σ)",
    ),
    ("E[x]", r"\mathbb{E}[x]", "E[x]"),
    ("-E[x^2]/2", r"-\frac{1}{2}\,\mathbb{E}[x^2]", "−(1/2) E[x²]"),
    ("E[D(ell, mu)^2]", r"\mathbb{E}\!\left[\left(\frac{\partial \ell}{\partial \mu}\right)^2\right]", "E[(∂ℓ/∂μ)²]"),
    ("D(E[x], mu)", r"\frac{\partial}{\partial \mu}\,\mathbb{E}[x]", "(∂/∂μ) E[x]"),
];

#[test]
fn terms_read_as_if_written_by_hand() {
    let names = names();
    let mut wrong = Vec::new();
    for (input, latex, text) in TABLE {
        let term = term(input);
        for (written, expected) in
            [(render::term_latex(&term, &names), latex), (render::term_text(&term, &names), text)]
        {
            if written != *expected {
                wrong.push(format!("{input}\n   written  {written}\n   expected {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn katex_accepts_every_term() {
    let names = names();
    for (input, ..) in TABLE {
        let latex = render::term_latex(&term(input), &names);
        for formula in [latex.clone(), render::markdown_latex(&latex)] {
            accepted_by_katex(&formula).unwrap_or_else(|error| panic!("{input}: {formula}: {error}"));
        }
    }
}

pub fn beta() -> Report {
    let unit = Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::one()) };
    let positive = Domain::positive;
    let family =
        family("Beta", ("x", unit), &[("a", positive()), ("b", positive())], "x^(a - 1)*(1 - x)^(b - 1)/beta(a, b)");
    let mut report = bare_report(family, "(a - 1)*log(x) + (b - 1)*log(1 - x) - lgamma(a) - lgamma(b) + lgamma(a + b)");
    report.score = vector(&["log(x) - digamma(a) + digamma(a + b)", "log(1 - x) - digamma(b) + digamma(a + b)"]);
    report.hessian = matrix(&[
        &["-trigamma(a) + trigamma(a + b)", "trigamma(a + b)"],
        &["trigamma(a + b)", "-trigamma(b) + trigamma(a + b)"],
    ]);
    report.fisher = matrix(&[
        &["trigamma(a) - trigamma(a + b)", "-trigamma(a + b)"],
        &["-trigamma(a + b)", "trigamma(b) - trigamma(a + b)"],
    ]);
    report.mean = Some(terms(&["a/(a + b)"]));
    report.kl = Some(term(
        "lgamma(a + b) - lgamma(a) - lgamma(b) - lgamma(a_q + b_q) + lgamma(a_q) + lgamma(b_q) \
         + (a - a_q)*(digamma(a) - digamma(a + b)) + (b - b_q)*(digamma(b) - digamma(a + b))",
    ));
    report
}

pub fn binomial() -> Report {
    let n = || Some(Term::variable("n"));
    let unit = Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::one()) };
    let support = Domain::Integers { lower: Some(Term::zero()), upper: n() };
    let mut family = family("Binomial", ("x", support), &[("p", unit)], "binomial(n, x)*p^x*(1 - p)^(n - x)");
    family.constants = vec![(Name::new("n"), Domain::Integers { lower: Some(Term::one()), upper: None })];
    let mut report = bare_report(family, "log(binomial(n, x)) + x*log(p) + (n - x)*log(1 - p)");
    report.score = vector(&["x/p - (n - x)/(1 - p)"]);
    report.hessian = matrix(&[&["-x/p^2 - (n - x)/(1 - p)^2"]]);
    report.fisher = matrix(&[&["n/(p*(1 - p))"]]);
    report.mean = Some(terms(&["n*p"]));
    report.kl = Some(term("n*p*log(p/p_q) + n*(1 - p)*log((1 - p)/(1 - p_q))"));
    report.kl_taylor = Some(KlTaylor {
        order0: Term::zero(),
        order1: vector(&["0"]),
        order2: matrix(&[&["n/(p*(1 - p))"]]),
        order3: third_order(1, &[(&[0, 0, 0], "2*n*(2*p - 1)/(p^2*(1 - p)^2)")]),
    });
    report.checks = vec![check_of(CheckKind::Normalization, &[("binomial-theorem", "DLMF 1.2.2")], 2)];
    report
}

pub fn von_mises() -> Report {
    let family = family(
        "VonMises",
        ("x", Domain::Angle),
        &[("mu", Domain::Angle), ("kappa", Domain::positive())],
        "exp(kappa*cos(x - mu))/(2*pi*besseli(0, kappa))",
    );
    let mut report = bare_report(family, "kappa*cos(x - mu) - log(2*pi) - log(besseli(0, kappa))");
    report.not_exponential =
        Some("In `mu` and `kappa` the exponent does not separate as written; see the remark.".to_owned());
    report.score = vector(&["kappa*sin(x - mu)", "cos(x - mu) - besseli(1, kappa)/besseli(0, kappa)"]);
    report.hessian = matrix(&[
        &["-kappa*cos(x - mu)", "sin(x - mu)"],
        &["sin(x - mu)", "besseli(1, kappa)/(kappa*besseli(0, kappa)) - 1 + besseli(1, kappa)^2/besseli(0, kappa)^2"],
    ]);
    report.fisher = matrix(&[
        &["kappa*besseli(1, kappa)/besseli(0, kappa)", "0"],
        &["0", "1 - besseli(1, kappa)/(kappa*besseli(0, kappa)) - besseli(1, kappa)^2/besseli(0, kappa)^2"],
    ]);
    report.checks = vec![check_of(CheckKind::Normalization, &[("bessel-integral", "DLMF 10.32.1")], 2)];
    report.checks[0].assumptions = vec!["`kappa` > 0".to_owned()];
    report
}

pub fn categorical() -> Report {
    let unit = || Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::one()) };
    let mut family = family(
        "Categorical3",
        ("y1", Domain::real()),
        &[("p1", unit()), ("p2", unit())],
        "p1^y1*p2^y2*(1 - p1 - p2)^(1 - y1 - y2)",
    );
    family.variate = Support::Points {
        names: vec![Name::new("y1"), Name::new("y2")],
        points: vec![terms(&["1", "0"]), terms(&["0", "1"]), terms(&["0", "0"])],
    };
    family.context.positive = vec![term("1 - p1 - p2")];
    let mut report = bare_report(family, "y1*log(p1) + y2*log(p2) + (1 - y1 - y2)*log(1 - p1 - p2)");
    report.exponential = Some(ExponentialForm {
        natural: terms(&["log(p1/(1 - p1 - p2))", "log(p2/(1 - p1 - p2))"]),
        statistic: terms(&["y1", "y2"]),
        log_partition: term("-log(1 - p1 - p2)"),
        base: term("1"),
    });
    report.score = vector(&["y1/p1 - (1 - y1 - y2)/(1 - p1 - p2)", "y2/p2 - (1 - y1 - y2)/(1 - p1 - p2)"]);
    report.fisher =
        matrix(&[&["1/p1 + 1/(1 - p1 - p2)", "1/(1 - p1 - p2)"], &["1/(1 - p1 - p2)", "1/p2 + 1/(1 - p1 - p2)"]]);
    report.mean = Some(terms(&["p1", "p2"]));
    report.kl = Some(term("p1*log(p1/p1_q) + p2*log(p2/p2_q) + (1 - p1 - p2)*log((1 - p1 - p2)/(1 - p1_q - p2_q))"));
    report.checks = vec![check_of(CheckKind::Normalization, &[], 2)];
    report
}

/// A regression with long formulas and a matrix wider than a page.
pub fn wide() -> Report {
    let mut family = family(
        "Wide",
        ("y", Domain::real()),
        &[
            ("alpha_1", Domain::real()),
            ("alpha_2", Domain::real()),
            ("sigma", Domain::positive()),
            ("nu", Domain::positive()),
        ],
        "gamma((nu + 1)/2)/(sigma*sqrt(nu*pi)*gamma(nu/2))*(1 + (y - alpha_1*x - alpha_2)^2/(nu*sigma^2))^(-(nu + 1)/2)",
    );
    family.given = vec![(Name::new("x"), Domain::real())];
    let long = "alpha_1^2*x^2/sigma^2 + 2*alpha_1*alpha_2*x/sigma^2 + alpha_2^2/sigma^2 + trigamma(nu/2)/4 \
                - trigamma((nu + 1)/2)/4 + (nu + 5)/(2*nu*(nu + 1)*(nu + 3))";
    let product = format!("1/2*({long} + {long})*({long} - nu^2 + 7*nu*{long})");
    let mut report = bare_report(family, &product);
    report.score = vector(&[long, &format!("({long})/(2*sigma^2)"), &format!("-({long})*log({long})"), "0"]);
    report.fisher =
        matrix(&[&[long, long, "0", "1"], &[long, long, "nu", "0"], &["0", "nu", long, long], &["1", "0", long, long]]);
    report.derivations = vec![Derivation {
        of: Derivable::Kl,
        start: term(&format!("E[{long}]")),
        links: vec![
            DerivationLink { right: term(&format!("{long} + {long}")), reason: "linearity".to_owned() },
            DerivationLink { right: term("nu"), reason: "algebra".to_owned() },
        ],
    }];
    report
}

fn reports() -> Vec<Report> {
    vec![gamma(), normal(), beta(), binomial(), von_mises(), categorical(), wide()]
}

#[test]
fn katex_accepts_every_formula_of_every_report() {
    for report in reports() {
        let formulas = render::formulas(&report);
        assert!(formulas.len() > 4, "{} shows {} formulas", report.family.name, formulas.len());
        for latex in formulas {
            for formula in [latex.clone(), render::markdown_latex(&latex)] {
                accepted_by_katex(&formula).unwrap_or_else(|error| panic!("{formula}\n{error}"));
            }
        }
    }
}

#[test]
fn rows_of_text_stay_within_the_width() {
    for report in reports() {
        for width in [60, 80, 120] {
            let options = Options { width, proof: true, ..Options::default() };
            let text = render::report(&report, Format::Text, &options);
            let wide = text.lines().find(|line| line.chars().count() > width);
            assert_eq!(wide, None, "{}: more than {width} columns", report.family.name);
        }
    }
}

/// A display without its layout.
fn joined(display: &str) -> String {
    let mut text = display.replace("\\begin{aligned}", "").replace("\\end{aligned}", "");
    for layout in ["\\\\[4pt]", "\\\\", "&", "\\qquad", "\\quad", "{} ", "\\times"] {
        text = text.replace(layout, "");
    }
    for (sized, plain) in [("\\Bigl", "\\left"), ("\\Bigr", "\\right")] {
        text = text.replace(sized, plain);
    }
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn rows_joined_give_back_the_formula() {
    let names = names();
    let sum = "a*log(b) - lgamma(a) + (a - 1)*log(x) - b*x + trigamma(a + b)/4 - digamma(p)/(2*sigma^2)";
    for input in [sum.to_owned(), format!("{sum} + kappa*({sum} + 1 - {sum})"), format!("({sum})*({sum} + 3)")] {
        let term = term(&input);
        let whole = render::term_latex(&term, &names);
        for width in [40, 60, 90] {
            let display = render::term_display(&term, &names, width);
            assert_eq!(joined(&display), joined(&whole), "at {width}:\n{display}");
            accepted_by_katex(&display).unwrap_or_else(|error| panic!("{display}\n{error}"));
        }
        assert!(render::term_display(&term, &names, 40).contains("aligned"), "{input} is not broken");
    }
}

#[test]
fn only_selects_parts_and_nothing_else_is_written() {
    let only = BTreeSet::from([Part::Fisher]);
    let options = Options { only: Some(only), ..Options::default() };
    let text = render::report(&gamma(), Format::Text, &options);
    assert!(text.contains("F(a, b) = ⎡ ψ′(a)  −1/b ⎤"), "{text}");
    assert!(!text.contains("Score"), "{text}");
    let latex = render::report(&gamma(), Format::Latex, &options);
    assert!(latex.contains("\\begin{pmatrix} \\psi'(a) & -\\dfrac{1}{b}"), "{latex}");
    assert!(!latex.contains("documentclass"), "a fragment can be \\input");
}

#[test]
fn json_holds_the_ascii_terms() {
    let json: serde_json::Value =
        serde_json::from_str(&render::report(&gamma(), Format::Json, &Options::default())).unwrap();
    assert_eq!(json["name"], "Gamma");
    assert_eq!(json["status"], "proved");
    assert_eq!(json["variate"]["domain"], "positive");
    assert_eq!(json["fisher"][0][0], "trigamma(a)");
    assert_eq!(json["mean"], "a/b");
    assert_eq!(json["claims"][1]["counterexample"]["at"]["b"], "7/2");
    assert_eq!(json["latex"]["mean"], "\\mathbb{E}[x] = \\frac{a}{b}");
    let many: serde_json::Value =
        serde_json::from_str(&render::reports(&reports(), Format::Json, &Options::default())).unwrap();
    assert_eq!(many.as_array().unwrap().len(), reports().len());
}

#[test]
fn the_authors_notation_is_used() {
    let mut report = gamma();
    report.family.notation =
        vec![(Name::new("a"), "\\alpha".into()), (Name::new("b"), "\\boldsymbol{\\beta}_0".into())];
    let names = Names::of(&report.family);
    let term = term("a_q^2*b_q^2");
    assert_eq!(render::term_latex(&term, &names), r"\alpha'^{2} \boldsymbol{\beta}_0'^{2}");
    assert_eq!(render::term_text(&term, &names), "α′² 𝜷₀′²");
}

#[test]
fn html_is_whole_and_annotated() {
    let html = render::reports(&reports(), Format::Html, &Options { proof: true, ..Options::default() });
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    assert!(html.contains("<annotation encoding=\"application/x-tex\">"));
    for tag in ["mrow", "mfrac", "msup", "math", "mtable", "mo", "mi", "semantics", "p", "li"] {
        let (opened, closed) = (
            html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count(),
            html.matches(&format!("</{tag}>")).count(),
        );
        assert_eq!(opened, closed, "{tag}");
    }
}

#[test]
fn markdown_holds_nothing_that_commonmark_changes() {
    let markdown = render::reports(&reports(), Format::Markdown, &Options { proof: true, ..Options::default() });
    let mut inside = false;
    for line in markdown.lines() {
        if line == "$$" {
            inside = !inside;
            continue;
        }
        if !inside {
            continue;
        }
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            let next = rest.peek().copied();
            assert!(c != '\\' || next.is_some_and(|next| next.is_ascii_alphabetic()), "escape in {line}");
            assert!(!matches!(c, '\'' | '*' | '<' | '>' | '|' | '`'), "{c} in {line}");
        }
        assert!(!line.trim().is_empty() && !line.starts_with(['+', '-', '#', '=']), "start of {line}");
        assert_eq!(line.matches('_').count(), line.matches(" _ ").count(), "underscore in {line}");
    }
    assert!(!inside);
}
