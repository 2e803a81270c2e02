//! Reading families and derivations: what is understood, and what is said about what is not.

use fisherproof::diagnostic::{Diagnostic, Severity};
use fisherproof::kernel::domain::{Domain, Support};
use fisherproof::kernel::term::{Constant, Function, Name, Term};
use fisherproof::model::family::{DensityForm, Family, Quantity};
use fisherproof::model::{read_term, resolve_expression, resolve_family};
use fisherproof::source::Source;
use fisherproof::syntax::tree::{DerivationEntry, DerivationTree, Item, RelationKind};
use fisherproof::syntax::{parse, parse_bindings, parse_expression};

const NORMAL: &str = "# The normal distribution.
family Normal \"Normal, mean and standard deviation\" {
  variate    x : real
  parameter  μ : real, sigma : positive
  let        z = (x - mu)/sigma
  density    1/(sigma*sqrt(2*pi)) * exp(-z^2/2)
  notation   mu = \"\\mu\"
  claim      fisher = [[1/sigma^2, 0], [0, 2/sigma^2]]
  claim      fisher[mu, sigma] = 0
  claim      kl = log(sigma_q/sigma) + (sigma^2 + (mu - mu_q)^2)/(2*sigma_q^2) - 1/2
  claim      normalized
}
";

const SCORE: &str = "derivation ZeroMean \"The score has mean zero\" {
  parameter  theta : vector(d)
  direction  delta : vector(d)
  density    p(y | x; theta) with x ~ D
  define u = grad(log(p))
  assume well-specified
  lemma ZeroMeanScore: E[u] = 0 {
    E[grad(log(p))]
      = sum(z, p * (1/p) * grad(p))     by log-derivative
      = grad(sum(z, p))                 by interchange, \"product rule\"
      = 0
  }
  theorem KL(p(theta), p(theta + delta)) ~ 1/2 * delta' * F[1, 2] * delta  to order 2 {
    ~ -delta' * E_data[u]   to order 2    by taylor 2
    = 0
  }
}
";

/// Every message about a source: those of the syntax, then those of each family.
fn messages(source: &Source) -> (Vec<Family>, Vec<Diagnostic>) {
    let (file, mut diagnostics) = parse(source);
    let mut families = Vec::new();
    for item in &file.items {
        if let Item::Family(tree) = item {
            let (family, own) = resolve_family(tree, source);
            families.extend(family);
            diagnostics.extend(own);
        }
    }
    (families, diagnostics)
}

fn family(text: &str) -> Family {
    let source = Source::new("test.fam", text);
    let (mut families, diagnostics) = messages(&source);
    let said = diagnostics.iter().map(|diagnostic| diagnostic.render(&source, false));
    // What labels stand for is told, and no mistake.
    let said: Vec<String> = said.filter(|said| !said.starts_with("warning[labels]")).collect();
    assert!(said.is_empty() && families.len() == 1, "{text}\n{}", said.join("\n"));
    families.remove(0)
}

/// A family with a variate x on the real line and a parameter a, and this density.
fn density(expression: &str) -> String {
    let text = format!(
        "family T {{ variate x : real parameter a : positive, b : real constant n : natural density {expression} + 0*(x + a + b + n) }}"
    );
    let family = family(&text);
    match family.density {
        DensityForm::Density { body: Term::Sum(terms), .. } => {
            let kept = terms[..terms.len() - 1].to_vec();
            if kept.len() == 1 { format!("{:?}", shown(&kept[0])) } else { format!("{:?}", shown(&Term::sum(kept))) }
        }
        other => format!("{other:?}"),
    }
    .replace('"', "")
}

/// The tree itself, where Display would show its text.
fn shown(term: &Term) -> String {
    let list = |terms: &[Term]| terms.iter().map(shown).collect::<Vec<_>>().join(", ");
    match term {
        Term::Sum(terms) => format!("Sum[{}]", list(terms)),
        Term::Product(factors) => format!("Product[{}]", list(factors)),
        Term::Power(base, exponent) => format!("Power[{}, {}]", shown(base), shown(exponent)),
        Term::Apply(function, arguments) => format!("{}[{}]", function.keyword(), list(arguments)),
        other => other.to_string(),
    }
}

fn codes(text: &str) -> Vec<&'static str> {
    messages(&Source::new("test.fam", text)).1.iter().map(|diagnostic| diagnostic.code).collect()
}

fn derivation(text: &str) -> DerivationTree {
    let (file, diagnostics) = parse(&Source::new("test.drv", text));
    assert_eq!(diagnostics, []);
    match file.items.into_iter().next() {
        Some(Item::Derivation(tree)) => tree,
        other => panic!("not a derivation: {other:?}"),
    }
}

#[test]
fn a_family_is_resolved() {
    let family = family(NORMAL);
    assert_eq!(family.title.as_deref(), Some("Normal, mean and standard deviation"));
    assert_eq!(family.parameters, [("mu".into(), Domain::real()), ("sigma".into(), Domain::positive())]);
    assert_eq!(family.notation, [("mu".into(), "\\mu".to_string())]);
    let DensityForm::Density { body, .. } = &family.density else { panic!() };
    assert_eq!(body.to_string(), "1/(sigma*sqrt(2*pi))*exp(-((x - mu)/sigma)^2/2)");
    let quantities: Vec<&Quantity> = family.claims.iter().map(|claim| &claim.quantity).collect();
    assert_eq!(quantities, [&Quantity::Fisher, &Quantity::FisherEntry(0, 1), &Quantity::Kl, &Quantity::Normalized]);
    assert_eq!(family.claims[1].text, "fisher[mu, sigma] = 0");
}

#[test]
fn terms_have_the_shape_that_was_typed() {
    let check = |typed: &str, tree: &str| assert_eq!(density(typed), tree, "{typed}");
    check("x + a + b", "Sum[x, a, b]");
    check("(x + a) + b", "Sum[Sum[x, a], b]");
    check("x - a", "Sum[x, Product[-1, a]]");
    check("x - 2*a", "Sum[x, Product[-2, a]]");
    check("x*a/b", "Product[x, a, Power[b, -1]]");
    check("a/b*x", "Product[a, Power[b, -1], x]");
    check("-x^2", "Product[-1, Power[x, 2]]");
    check("-2*x", "Product[-2, x]");
    check("1/2*x", "Product[1/2, x]");
    check("1/x^2", "Power[x, -2]");
    check("1/(x^2)", "Power[Power[x, 2], -1]");
    check("2^a^b", "Power[2, Power[a, b]]");
    check("0.125", "1/8");
    check("1.5e-3", "3/2000");
    check("n!", "factorial[n]");
    check("x^-1", "Power[x, -1]");
    check("sum(k in integers(1, 3), x^k)", "Sum[Power[x, 1], Power[x, 2], Power[x, 3]]");
    check("prod(k in {1, 2}, x + k)", "Product[Sum[x, 1], Sum[x, 2]]");
    check("a·x − π", "Sum[Product[a, x], Product[-1, pi]]");
}

#[test]
fn domains_and_supports_are_resolved() {
    let with = |declarations: &str, body: &str| family(&format!("family T {{ {declarations} {body} }}"));
    let uniform = with("variate x : interval(0, theta) parameter theta : positive", "density 1/theta");
    let upper = Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::variable("theta")) };
    assert_eq!(uniform.variate, Support::Product { coordinates: vec![("x".into(), upper)], inequalities: vec![] });

    let half_line = with("variate x : interval(0, ∞) parameter a : interval(-infinity, infinity)", "density a*x");
    assert_eq!(
        half_line.variate,
        Support::Product { coordinates: vec![("x".into(), Domain::positive())], inequalities: vec![] }
    );
    assert_eq!(half_line.parameters, [("a".into(), Domain::real())]);

    let labels = with("variate x : {red, green, blue} parameter a : positive", "mass a^x + blue");
    let values = Domain::Finite(vec![Term::integer(0), Term::integer(1), Term::integer(2)]);
    assert_eq!(labels.variate, Support::Product { coordinates: vec![("x".into(), values)], inequalities: vec![] });

    let points = with("variate (y1, y2) : {(1, 0), (0, 1), (0, 0)} parameter p : interval(0, 1)", "mass p^y1*p^y2");
    let Support::Points { points, .. } = points.variate else { panic!() };
    assert_eq!(points[2], [Term::zero(), Term::zero()]);

    let simplex = with(
        "constant n : natural variate x1 : natural, x2 : natural where x1 + x2 < n parameter p : interval(0, 1), q : interval(0, 1) where p + q < 1, p != q",
        "mass p^x1*q^x2*n",
    );
    let Support::Product { inequalities, .. } = &simplex.variate else { panic!() };
    assert_eq!(inequalities.iter().map(Term::to_string).collect::<Vec<_>>(), ["n - x1 - x2 - 1"]);
    assert_eq!(simplex.context.positive.iter().map(Term::to_string).collect::<Vec<_>>(), ["1 - p - q", "(p - q)^2"]);
    assert_eq!(simplex.context.domains.keys().map(Name::as_str).collect::<Vec<_>>(), ["n", "p", "q"]);
}

#[test]
fn a_derivation_is_read() {
    let tree = derivation(SCORE);
    let [_, _, density, _, assume, lemma, theorem] = tree.entries.as_slice() else {
        panic!("{:?}", tree.entries.len())
    };
    assert!(matches!(&density.node, DerivationEntry::Density { given, with: Some(_), .. } if given[0].node == "x"));
    assert!(
        matches!(&assume.node, DerivationEntry::Assume { words, equation: None } if words.node == "well-specified")
    );
    let DerivationEntry::Lemma { name, chain, .. } = &lemma.node else { panic!() };
    let reasons =
        |position: usize| chain.links[position].reasons.iter().map(|reason| reason.node.as_str()).collect::<Vec<_>>();
    assert_eq!(name.node, "ZeroMeanScore");
    assert_eq!(
        (reasons(0), reasons(1), reasons(2)),
        (vec!["log-derivative"], vec!["interchange", "product rule"], vec![])
    );
    let DerivationEntry::Theorem { name: None, statement, chain } = &theorem.node else { panic!() };
    assert!(matches!(&statement.kind, RelationKind::Similar { order: Some(order) } if order.node == 2));
    assert!(chain.start.is_none());
    assert_eq!(chain.links[0].reasons[0].node, "taylor 2");
    let about = derivation("derivation A for Normal(mu, sigma) \"title\" { theorem E[x] = mu }");
    assert!(matches!(&about.family, Some((family, parameters)) if family.node == "Normal" && parameters.len() == 2));
}

#[test]
fn values_of_names_are_read() {
    let bindings = parse_bindings(&Source::new("--at", "a=2, μ=-3/2")).expect("bindings");
    assert_eq!(bindings.iter().map(|(name, _)| name.node.as_str()).collect::<Vec<_>>(), ["a", "mu"]);
    let value = resolve_expression(&bindings[1].1, &[]);
    assert_eq!(value, Ok(Term::ratio(-3, 2)));
    assert!(parse_bindings(&Source::new("--at", "a:2")).is_err());
}

// What is printed reads back.

/// A small generator of numbers; the same at every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % bound
    }

    fn term(&mut self, depth: usize) -> Term {
        let inner = |chance: &mut Chance| chance.term(depth - 1);
        let several = |chance: &mut Chance| (0..2 + chance.below(3)).map(|_| chance.term(depth - 1)).collect();
        match if depth == 0 { self.below(4) } else { self.below(14) } {
            0 => Term::integer(self.below(9) as i64 - 4),
            1 => Term::ratio(self.below(9) as i64 - 4, 1 + self.below(4) as i64),
            2 => Term::Constant(Constant::ALL[self.below(3)]),
            3 => Term::variable(["x", "mu", "a_q", "lambda", "gamma"][self.below(5)]),
            4 | 5 => Term::Sum(several(self)),
            6..=8 => Term::Product(several(self)),
            9 => Term::power(inner(self), inner(self)),
            10 => Term::power(inner(self), Term::integer(-1 - self.below(3) as i64)),
            11 => {
                let (function, _, arity) = Function::TABLE[self.below(Function::TABLE.len())];
                Term::apply(function, (0..arity).map(|_| self.term(depth - 1)).collect())
            }
            12 => match self.below(3) {
                0 => Term::LogDensity((0..self.below(3)).map(|_| ("a".into(), self.term(depth - 1))).collect()),
                1 => inner(self).derivative(&"mu".into()),
                _ => inner(self).expectation(),
            },
            _ => -inner(self),
        }
    }
}

#[test]
fn printed_terms_read_back() {
    let mut chance = Chance(7);
    for _ in 0..4_000 {
        let term = chance.term(4);
        let printed = term.to_string();
        match read_term(&printed) {
            Ok(read) => assert_eq!(shown(&read), shown(&term), "{printed}"),
            Err(message) => panic!("{}\n{message}", shown(&term)),
        }
    }
}

#[test]
fn the_catalogue_is_read_and_reads_back() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/derivations/families");
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a text");
        let family = family(&text);
        let terms = match &family.density {
            DensityForm::Density { body, .. } | DensityForm::LogDensity { body, .. } => vec![body],
            DensityForm::Exponential { log_partition, base, .. } => vec![log_partition, base],
        };
        for term in terms.into_iter().chain(family.claims.iter().flat_map(|claim| claim.value.iter().flatten())) {
            assert_eq!(read_term(&term.to_string()).as_ref(), Ok(term), "{}", family.name);
        }
    }
}

#[test]
fn sums_of_fewer_than_two_read_back_as_what_they_hold() {
    let check = |term: Term, read: Term| assert_eq!(read_term(&term.to_string()), Ok(read));
    check(Term::sum(vec![]), Term::zero());
    check(Term::product(vec![]), Term::one());
    check(Term::sum(vec![Term::variable("x")]), Term::variable("x"));
    check(Term::product(vec![Term::integer(-2)]), Term::integer(-2));
}

// What is said about mistakes.

#[test]
fn every_rejected_file_has_its_messages() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rejected");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(paths.len() > 40);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for path in paths {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_string();
            let text = std::fs::read_to_string(&path).expect("a text");
            let source = Source::new(&name, &text);
            let (_, diagnostics) = messages(&source);
            assert!(!diagnostics.is_empty(), "{name} is accepted");
            let rendered: Vec<String> =
                diagnostics.iter().map(|diagnostic| diagnostic.render(&source, false)).collect();
            insta::assert_snapshot!(format!("rejected_{}", name.replace('.', "_")), rendered.join("\n\n"));
        }
    });
}

#[test]
fn all_mistakes_of_a_file_are_reported() {
    let text = "family T {
  variate x : real
  paramter a : positive
  parameter b : positive
  density 2x * exp(-(b
  claim mean == 3
  claim fischer = 2
}";
    let found = codes(text);
    for code in ["unknown-entry", "missing-operator", "unclosed", "equal-sign", "unknown-quantity"] {
        assert!(found.contains(&code), "{code} in {found:?}");
    }
}

#[test]
fn a_lost_entry_does_not_make_others_wrong() {
    // The declaration of `a` cannot be read: its uses are no further mistake.
    assert_eq!(codes("family T {\n variate x : real\n paramter a : positive\n density a*x\n}"), ["unknown-entry"]);
}

#[test]
fn greek_letters_do_not_shift_the_underline() {
    let source =
        Source::new("greek.fam", "family T {\n  variate ξ : real\n  parameter σ : positive\n  density σ*σ*ξ*τ\n}");
    let (_, diagnostics) = messages(&source);
    let [diagnostic] = diagnostics.as_slice() else { panic!("{diagnostics:?}") };
    let rendered = diagnostic.render(&source, false);
    let lines: Vec<&str> = rendered.lines().collect();
    let column = |line: &str, letter: char| line.chars().position(|own| own == letter);
    let typed = lines.iter().position(|line| line.contains('τ')).expect("the line");
    assert_eq!(column(lines[typed], 'τ'), column(lines[typed + 1], '^'), "{rendered}");
    let (span, _) = diagnostic.primary.clone().expect("a place");
    assert_eq!((source.slice(span), source.line_column(span.start)), ("τ", (4, 17)));
}

#[test]
fn line_ends_and_marks_of_other_systems_are_read() {
    family(&format!("\u{feff}{}", NORMAL.replace('\n', "\r\n")));
    let source =
        Source::new("crlf.fam", "family T {\r\n  variate x : real\r\n  parameter a : real\r\n  density a*x*y\r\n}\r\n");
    let (_, diagnostics) = messages(&source);
    assert!(diagnostics[0].render(&source, false).contains("crlf.fam:4:15"));
}

#[test]
fn files_that_are_no_texts_are_refused() {
    let code = |bytes: &[u8]| Source::from_bytes("f", bytes).map(|_| ()).map_err(|diagnostic| diagnostic.code);
    assert_eq!(code(&[b'a', b'\n', 0xff]), Err("not-text"));
    assert_eq!(code(&vec![b' '; Source::LIMIT + 1]), Err("file-too-large"));
    assert_eq!(code(b"family"), Ok(()));
    assert_eq!(codes(&" ".repeat(Source::LIMIT + 1)), ["file-too-large"]);
    let junk: String = (1u8..127).map(char::from).cycle().take(20_000).collect();
    assert!(codes(&junk).len() <= 15);
}

#[test]
fn depth_length_and_size_are_bounded() {
    let density = |expression: String| {
        codes(&format!("family T {{\n variate x : real\n parameter a : real\n density {expression}\n}}"))
    };
    let nested = |open: &str, close: &str| density(format!("a*{}x{}", open.repeat(10_000), close.repeat(10_000)));
    for (open, close) in
        [("(", ")"), ("exp(", ")"), ("[", "]"), ("-", ""), ("x^", ""), ("F[", "]"), ("sum(k in {", "}, k)"), ("(", "")]
    {
        assert_eq!(nested(open, close)[0], "too-deep", "{open}");
        assert!(nested(open, close).len() < 3);
    }
    assert_eq!(density(format!("a{}", "+x".repeat(100_000))), ["too-long"]);
    assert_eq!(density(format!("a{}", "*x".repeat(100_000))), ["too-long"]);
    assert_eq!(density(format!("a*x{}", "!".repeat(100_000))), ["too-deep"]);
    assert_eq!(density(format!("a*x{}", "+x".repeat(900))), Vec::<&str>::new());
    assert_eq!(density(format!("a*x{}", "!".repeat(60))), Vec::<&str>::new());
    assert_eq!(density(format!("a*{}x{}", "exp(1 + 2*".repeat(60), ")".repeat(60))), Vec::<&str>::new());
    assert_eq!(density("a*x*1e5000".to_string()), ["number-too-long"]);
    assert_eq!(density("a*x*1e99999999999999999999".to_string()), ["number-too-long"]);
    assert_eq!(density("a*x*1e-3999".to_string()), Vec::<&str>::new());
    assert_eq!(density("a*sum(k in integers(1, 100000), x)".to_string()), ["too-large"]);
    assert_eq!(density("a*sum(k in integers(1, 9999), sum(j in integers(1, 9999), x))".to_string()), ["too-large"]);
    let doubled: String = (1..60).map(|step| format!(" let s{step} = s{} + s{}\n", step - 1, step - 1)).collect();
    assert_eq!(density(format!("s59\n let s0 = a*x\n{doubled}")), ["too-large"]);
    let tower: String = (1..200).map(|step| format!(" let s{step} = exp(s{})\n", step - 1)).collect();
    assert_eq!(density(format!("s199\n let s0 = a*x\n{tower}")), ["too-deep"]);
    assert!(codes(&format!("family T {{ variate x : {}", "{".repeat(10_000))).len() < 5);
}

#[test]
fn no_text_makes_reading_panic() {
    let said = |text: &str| {
        let source = Source::new("mutated", text);
        for diagnostic in messages(&source).1 {
            diagnostic.render(&source, false);
        }
    };
    for text in [NORMAL, SCORE] {
        for (end, _) in text.char_indices() {
            said(&text[..end]);
        }
    }
    let mut chance = Chance(11);
    let pieces = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'",
        "!",
        "=",
        "~",
        "by",
        "to order",
        ",",
        ":",
        "1",
        "x",
        " ",
        "\n",
        "μ",
        "where",
        "family F {",
        "\u{0}",
        "−",
        "#",
    ];
    for round in 0..2_000 {
        let mut letters: Vec<char> = if round % 2 == 0 { NORMAL } else { SCORE }.chars().collect();
        for _ in 0..1 + chance.below(4) {
            let place = chance.below(letters.len());
            match chance.below(3) {
                0 => drop(letters.drain(place..(place + 1 + chance.below(9)).min(letters.len()))),
                1 => drop(letters.splice(place..place, pieces[chance.below(pieces.len())].chars())),
                _ => letters[place] = pieces[chance.below(pieces.len())].chars().next().unwrap_or(' '),
            }
        }
        said(&letters.into_iter().collect::<String>());
    }
}

#[test]
fn errors_of_lone_expressions_are_messages() {
    assert!(parse_expression(&Source::new("e", "1 +")).is_err());
    assert!(parse_expression(&Source::new("e", "1 1")).is_err());
    assert!(parse_expression(&Source::new("e", "")).is_err());
    assert!(read_term("f(x)").is_err_and(|message| message.contains("no function `f`")));
    let expression = parse_expression(&Source::new("e", "a + b")).expect("an expression");
    let unknown = resolve_expression(&expression, &["a".into()]).expect_err("b is unknown");
    assert_eq!((unknown.len(), unknown[0].severity), (1, Severity::Error));
}
