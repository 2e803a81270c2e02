//! Integrals round the circle, half integrals and comparisons: what holds, and what a forged certificate would
//! like to hold.

use fisherproof::derive::family::derive;
use fisherproof::derive::report::Status;
use fisherproof::kernel::certificate::{Moment, Part, Piece};
use fisherproof::kernel::domain::{Context, Domain, Support};
use fisherproof::kernel::lemma::LEMMAS;
use fisherproof::kernel::normal::Normalizer;
use fisherproof::kernel::setting::Setting;
use fisherproof::kernel::sign::Sign;
use fisherproof::kernel::term::{Name, Term};
use fisherproof::kernel::theorem::Checker;
use fisherproof::model::family::Family;
use fisherproof::model::{read_term, resolve_family};
use fisherproof::source::Source;
use fisherproof::syntax;
use fisherproof::syntax::tree::Item;

fn term(text: &str) -> Term {
    read_term(text).expect("a term")
}

fn between(lower: &str, upper: &str) -> Domain {
    Domain::Interval { lower: Some(term(lower)), upper: Some(term(upper)) }
}

/// A density in x with one positive parameter k.
fn checker(domain: Domain, log_density: &str) -> Checker {
    let support = Support::Product { coordinates: vec![(Name::new("x"), domain)], inequalities: Vec::new() };
    let domains = [(Name::new("k"), Domain::positive())].into_iter().collect();
    let context = Context { domains, ..Context::default() };
    let witness = vec![(Name::new("k"), Term::integer(2))];
    Checker::new(&Setting::new(support, context, term(log_density), witness).expect("a setting"))
}

/// One lemma in u with one part.
fn piece(lemma: &str, map: &str, half: bool, parameters: &[(&str, &str)], constant: &str) -> Piece {
    Piece {
        lemma: lemma.to_owned(),
        variable: Name::new("u"),
        map: term(map),
        parameters: parameters.iter().map(|(name, value)| (Name::new(name), term(value))).collect(),
        parts: vec![Part { constant: term(constant), shift: Vec::new(), orders: Vec::new() }],
        skip: 0,
        half,
    }
}

fn proves(checker: &Checker, of: &str, is: &str, pieces: Vec<Piece>) -> bool {
    checker.moment(&term(of), &term(is), &Moment { pieces }).is_ok()
}

#[test]
fn lemmas_on_the_circle_have_its_period() {
    for lemma in LEMMAS.iter().filter(|lemma| lemma.domain == Domain::Angle) {
        let coordinates = vec![(lemma.variable.clone(), Domain::Angle)];
        let support = Support::Product { coordinates, inequalities: Vec::new() };
        let normalizer = Normalizer::on_support(&lemma.context(), &support);
        let turn = Term::Variable(lemma.variable.clone()) + term("2*pi");
        for own in [&lemma.factor, &lemma.log_kernel] {
            let turned = own.substitute(&[(lemma.variable.clone(), turn.clone())]);
            assert_eq!(normalizer.equal(own, &turned), Ok(true), "{}", lemma.name);
        }
    }
}

/// ∫ e^(k cos 2x) over (0, π) is π I₀(k); no other way round gives it, or anything else.
#[test]
fn the_circle_is_gone_round_as_often_as_it_is() {
    let parameters = [("a", "k"), ("b", "0")];
    let bessel = |map: &str, constant: &str| piece("bessel-integral", map, false, &parameters, constant);
    let on = |domain: Domain| checker(domain, "k*cos(2*x) - log(pi*besseli(0, k))");
    let fair = || bessel("u/2", "1/(2*pi*besseli(0, k))");
    assert!(proves(&on(between("0", "pi")), "1", "1", vec![fair()]));
    assert!(proves(&on(between("-pi", "pi")), "1", "2", vec![fair()]));
    assert!(proves(&on(between("1", "1 + pi")), "1", "1", vec![fair()]));
    assert!(proves(&on(Domain::Angle), "1", "2", vec![fair()]));
    // cos² x = (1 + cos 2x)/2 has the period, cos x has not.
    assert!(!proves(&on(between("0", "pi")), "cos(x)", "0", vec![fair()]));
    assert!(!proves(&on(between("0", "pi")), "1", "2", vec![fair()]));
    assert!(!proves(&on(between("0", "pi")), "1", "2", vec![fair(), fair()]));
    for domain in [between("0", "3*pi/2"), between("0", "pi/2"), between("0", "3"), between("0", "k*pi")] {
        for is in ["1", "2", "1/2", "3/2", "3/4", "k"] {
            assert!(!proves(&on(domain.clone()), "1", is, vec![fair()]), "{domain:?} {is}");
        }
    }
    for map in ["u", "2*u", "u/3", "-u/2", "u/2 + 1", "k*u", "u^2", "1/2"] {
        for constant in ["1/(2*pi*besseli(0, k))", "1/(pi*besseli(0, k))", "1/(4*pi*besseli(0, k))"] {
            assert!(!proves(&on(between("0", "pi")), "1", "1", vec![bessel(map, constant)]), "{map}");
        }
    }
    // A frequency must be whole: k is any positive number here.
    let modes = checker(Domain::Angle, "cos(k*x) - log(2*pi*besseli(0, 1))");
    let wound = piece("bessel-integral", "u/k", false, &[("a", "1"), ("b", "0")], "1/(2*pi*k*besseli(0, 1))");
    for is in ["1", "k", "1/k"] {
        assert!(!proves(&modes, "1", is, vec![wound.clone()]));
    }
    // x itself has no period.
    assert!(!proves(&on(between("0", "pi")), "x", "0", vec![bessel("u/2", "u/(4*pi*besseli(0, k))")]));
}

/// Half of a lemma's integral is the integral over half its domain for what is its own mirror image only.
#[test]
fn half_is_half_of_what_is_its_own_mirror_image() {
    let gauss = |b: &str, constant: &str, orders: &[(&str, u32)]| {
        let mut piece = piece("gauss-integral", "u", true, &[("a", "1/2"), ("b", b)], constant);
        piece.parts[0].orders = orders.iter().map(|(name, order)| (Name::new(name), *order)).collect();
        piece
    };
    let half_normal = checker(Domain::positive(), "log(2/sqrt(2*pi)) - x^2/2");
    let front = "2/sqrt(2*pi)";
    assert!(proves(&half_normal, "1", "1", vec![gauss("0", front, &[])]));
    assert!(proves(&half_normal, "x^2", "1", vec![gauss("0", front, &[("b", 2)])]));
    // E[x] is √(2/π), not half of nothing.
    assert!(!proves(&half_normal, "x", "0", vec![gauss("0", front, &[("b", 1)])]));
    assert!(!proves(&half_normal, "1", "2", vec![gauss("0", front, &[]), gauss("0", front, &[])]));
    let moved = checker(Domain::positive(), "log(2/sqrt(2*pi)) - x^2/2 + x");
    assert!(!proves(&moved, "1", "exp(1/2)", vec![gauss("1", front, &[])]));
    // Neither half stands for the line.
    let normal = checker(Domain::real(), "-log(sqrt(2*pi)) - x^2/2");
    assert!(!proves(&normal, "1", "1/2", vec![gauss("0", "1/sqrt(2*pi)", &[])]));
    let beta = |a: &str, b: &str, constant: &str| piece("beta-integral", "u", true, &[("a", a), ("b", b)], constant);
    assert!(proves(&checker(between("1/2", "1"), "log(12*x*(1-x))"), "1", "1", vec![beta("2", "2", "12")]));
    assert!(!proves(&checker(between("0", "1"), "log(6*x*(1-x))"), "1", "1/2", vec![beta("2", "2", "6")]));
    // ∫ (8/3) x over (1/2, 1) is 1.
    let slanted = checker(between("1/2", "1"), "log(8*x/3)");
    for is in ["1", "2/3", "1/2", "4/3"] {
        assert!(!proves(&slanted, "1", is, vec![beta("2", "1", "8/3")]));
    }
    // Two parts that are each other's mirror image, and the same two with other weights.
    let pair = |one: &str, other: &str| {
        let mut piece = beta("1", "1", one);
        piece.parts[0].shift = vec![(Name::new("a"), Term::one())];
        let mut second = piece.parts[0].clone();
        second.constant = term(other);
        second.shift = vec![(Name::new("b"), Term::one())];
        piece.parts.push(second);
        piece
    };
    let uniform = checker(between("1/2", "1"), "log(2)");
    assert!(proves(&uniform, "x + (1 - x)", "1", vec![pair("2", "2")]));
    assert!(!proves(&uniform, "2*x + (1 - x)", "3/2", vec![pair("4", "2")]));
    // No mirror.
    let gamma = piece("gamma-integral", "u", true, &[("s", "1"), ("b", "k"), ("c", "1")], "k");
    assert!(!proves(&checker(Domain::positive(), "log(k) - k*x"), "1", "1/2", vec![gamma]));
    // The circle's mirror is at 0.
    let bessel = |b: &str| piece("bessel-integral", "u", true, &[("a", "k"), ("b", b)], "1");
    let arc = |log_density: &str| checker(between("0", "pi"), log_density);
    assert!(proves(&arc("k*cos(x)"), "1", "pi*besseli(0, k)", vec![bessel("0")]));
    assert!(!proves(&arc("k*cos(x) + k*sin(x)"), "1", "pi*besseli(0, k*sqrt(2))", vec![bessel("k")]));
}

/// erf and exp are increasing; where the arguments cannot be compared nothing is said.
#[test]
fn differences_have_the_sign_of_their_arguments() {
    let names = ["l", "u", "m"].map(|name| (Name::new(name), Domain::real()));
    let positive = ["s", "c"].map(|name| (Name::new(name), Domain::positive()));
    let context = Context {
        domains: names.into_iter().chain(positive).collect(),
        positive: vec![term("u - l")],
        ..Context::default()
    };
    let normalizer = Normalizer::new(&context);
    let sign = |text: &str| normalizer.sign(&normalizer.normalize(&term(text)).expect("a normal form"));
    for (text, expected) in [
        ("erf(u) - erf(l)", Some(Sign::Positive)),
        ("erf(l) - erf(u)", Some(Sign::Negative)),
        ("erf((u - m)/(s*sqrt(2))) - erf((l - m)/(s*sqrt(2)))", Some(Sign::Positive)),
        ("erf((m - u)/s) - erf((m - l)/s)", Some(Sign::Negative)),
        ("erf(s) - erf(2*s)", Some(Sign::Negative)),
        ("erf(s) + erf(c)", Some(Sign::Positive)),
        ("c*erf(u) - c*erf(l)", Some(Sign::Positive)),
        ("exp(u) - exp(l)", Some(Sign::Positive)),
        ("exp(-s*u) - exp(-s*l)", Some(Sign::Negative)),
        ("2^u - 2^l", Some(Sign::Positive)),
        ("1 - erf(m)", Some(Sign::Positive)),
        ("erf(u) + erf(l)", None),
        ("erf(u) - erf(m)", None),
        ("erf(u)*m - erf(l)*m", None),
        ("2*erf(u) - erf(l)", None),
        ("erf(u)^2 - erf(l)^2", None),
        ("exp(m*u) - exp(m*l)", None),
        ("exp(u) - 2*exp(l)", None),
        ("exp(u)*m - exp(l)*m", None),
        ("s^u - s^l", None),
    ] {
        assert_eq!(sign(text), expected, "{text}");
    }
}

fn status(body: &str) -> Status {
    let source = Source::new("family", format!("family F {{ {body} }}").as_str());
    let (file, _) = syntax::parse(&source);
    let family: Option<Family> = match &file.items[0] {
        Item::Family(tree) => resolve_family(tree, &source).0,
        Item::Derivation(_) => None,
    };
    derive(&family.unwrap_or_else(|| panic!("no family: {body}"))).map_or(Status::NotProved, |made| made.report.status)
}

/// Outside a lemma's conditions there is no theorem, however alike the formula is.
#[test]
fn conditions_of_the_lemmas_are_asked_for() {
    for body in [
        // Σ is less than 1 for λ > 1.
        "variate x : natural parameter a : positive, b : interval(0, 2)
         mass a*(a + b*x)^(x - 1)*exp(-a - b*x)/x!",
        "variate x : integers(1, infinity) parameter b : positive mass exp(-b*x)*(b*x)^(x - 1)/x!",
        // Negative in places.
        "variate x : angle parameter r : interval(0, 1) density (1 + 2*r*cos(x))/(2*pi)",
        // Diverges for |b| ≥ a.
        "constant d : positive variate x : real parameter a : positive, b : real
         density sqrt(a^2 - b^2)/(2*a*d*besselk(1, d*sqrt(a^2 - b^2)))*exp(-a*sqrt(d^2 + x^2) + b*x)",
        // l and u in no order.
        "constant l : real, u : real variate x : interval(l, u) parameter m : real
         density sqrt(2)/(sqrt(pi)*(erf((u - m)/sqrt(2)) - erf((l - m)/sqrt(2))))*exp(-(x - m)^2/2)",
        // 0^x where x may be negative, or no whole number.
        "variate x : integers(-1, infinity) parameter q : interval(0, 1) mass (1 - q)*q^(x + 1) + 0^x - 0^x",
        "variate x : positive parameter b : positive density b*exp(-b*x) + 0^(x - 1)",
    ] {
        assert_ne!(status(body), Status::Proved, "{body}");
    }
}

/// 0^x, binomial(0, x) and 1 − sign(x) say the same of a count.
#[test]
fn nothing_to_a_count_is_whether_it_is_nothing() {
    for zero in ["0^x", "binomial(0, x)", "(1 - sign(x))", "0^(2*x)"] {
        let body = format!(
            "variate x : natural parameter p : interval(0, 1), q : interval(0, 1)
             mass p*{zero} + (1 - p)*(1 - q)*q^x"
        );
        assert_eq!(status(&body), Status::Proved, "{zero}");
    }
    let doubled = "variate x : natural parameter p : interval(0, 1), q : interval(0, 1)
        mass p*0^(x + 1) + (1 - p)*(1 - q)*q^x";
    assert_eq!(status(doubled), Status::Refuted);
}

/// A number z in an interval.
fn within(lower: &str, upper: &str) -> Normalizer {
    let domains = [(Name::new("z"), between(lower, upper))].into_iter().collect();
    Normalizer::new(&Context { domains, ..Context::default() })
}

#[test]
fn functions_at_two_arguments_that_add_up_to_one_are_reflected() {
    let inside = within("0", "1");
    let equations = [
        ("gamma(z)*gamma(1 - z)*sin(pi*z)", "pi"),
        ("lgamma(z) + lgamma(1 - z)", "log(pi) - log(sin(pi*z))"),
        ("digamma(1 - z) - digamma(z)", "pi*cos(pi*z)/sin(pi*z)"),
        ("trigamma(z) + trigamma(1 - z)", "pi^2/sin(pi*z)^2"),
        ("polygamma(2, 1 - z) - polygamma(2, z)", "2*pi^3*cos(pi*z)/sin(pi*z)^3"),
    ];
    for (left, right) in equations {
        assert_eq!(inside.equal(&term(left), &term(right)), Ok(true), "{left} = {right}");
        let numbers = |text: &str| {
            let at = [(Name::new("z"), 0.37)].into_iter().collect();
            fisherproof::numeric::evaluate(&term(text), &at).expect("a number")
        };
        assert!((numbers(left) - numbers(right)).abs() < 1e-9 * numbers(right).abs(), "{left} = {right}");
        let negated = format!("-({right})");
        assert_ne!(inside.equal(&term(left), &term(&negated)), Ok(true), "{left} = {negated}");
    }
    // Beyond 1 the sine vanishes at whole numbers, and Γ(1 − z) has poles.
    let beyond = within("0", "2");
    assert_ne!(beyond.equal(&term(equations[0].0), &term(equations[0].1)), Ok(true));
    // 2 − 2z is not 1 − z.
    assert_ne!(inside.equal(&term("gamma(z)*gamma(1 - 2*z)*sin(pi*z)"), &term("pi")), Ok(true));
}

#[test]
fn a_difference_of_squares_has_the_sign_of_its_factors() {
    let domains = ["a", "b"].map(|name| (Name::new(name), Domain::positive())).into_iter().collect();
    let above = Normalizer::new(&Context { domains, positive: vec![term("a - b")], ..Context::default() });
    let sign = |text: &str| above.sign(&above.normalize(&term(text)).expect("a normal form"));
    assert_eq!(sign("a^2 - b^2"), Some(Sign::Positive));
    assert_eq!(sign("b^4 - a^4"), Some(Sign::Negative));
    assert_eq!(sign("9*a^2 - 4*b^2"), Some(Sign::Positive));
    assert_eq!(sign("4*a^2 - 9*b^2"), None);
    assert_eq!(sign("a^2 - b"), None);
}

/// Relations of Γ, log Γ, ψ, arctan and logarithms, each beside a neighbour that is false.
#[test]
fn functions_of_related_arguments_are_related() {
    let normalizer = within("0", "1");
    let equal = |left: &str, right: &str| normalizer.equal(&term(left), &term(right)).unwrap_or(false);
    for (left, right, wrong) in [
        ("gamma(z/2)*gamma(z/2 + 1/2)", "2^(1 - z)*sqrt(pi)*gamma(z)", "2^(1 + z)*sqrt(pi)*gamma(z)"),
        ("lgamma(z/2 + 3/2)", "lgamma(z) - lgamma(z/2) + log(z + 1) + log(pi)/2 - z*log(2)", "lgamma(z) - lgamma(z/2)"),
        ("trigamma(z + 1/2)", "4*trigamma(2*z) - trigamma(z)", "2*trigamma(2*z) - trigamma(z)"),
        ("digamma(z) + digamma(z + 1/2)", "2*digamma(2*z) - 2*log(2)", "2*digamma(2*z) + 2*log(2)"),
        ("gamma((2 - z)/(1 - z))", "gamma(1/(1 - z))/(1 - z)", "gamma(1/(1 - z))*(1 - z)"),
        (
            "polygamma(2, (2 - z)/(1 - z))",
            "polygamma(2, 1/(1 - z)) + 2*(1 - z)^3",
            "polygamma(2, 1/(1 - z)) - 2*(1 - z)^3",
        ),
        ("cos(2*atan(z))", "(1 - z^2)/(1 + z^2)", "(1 + z^2)/(1 - z^2)"),
        ("sin(3*atan(z))", "(3*z - z^3)/(1 + z^2)^(3/2)", "(3*z + z^3)/(1 + z^2)^(3/2)"),
        ("cos(-5*atan(z))*cos(atan(z))", "(cos(4*atan(z)) + cos(6*atan(z)))/2", "(cos(4*atan(z)) - cos(6*atan(z)))/2"),
        ("log(1 - sqrt(z)) + log(1 + sqrt(z))", "log(1 - z)", "log(1 + z)"),
        ("log(1 - z + z/3 - 1/3)", "log(1 - z) + log(2/3)", "log(1 - z) + log(1/3)"),
        ("cos(pi/3) + sin(7*pi/4)", "1/2 - sqrt(2)/2", "1/2 + sqrt(2)/2"),
        ("cos(5*pi/6)", "-sqrt(3)/2", "sqrt(3)/2"),
    ] {
        assert!(equal(left, right), "{left} is {right}");
        assert!(!equal(left, wrong), "{left} is not {wrong}");
    }
}
