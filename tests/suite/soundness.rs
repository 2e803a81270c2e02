//! What must not be proved: densities that vanish where an algebraic shortcut would not see it, steps
//! that lean on what another one assumed, pieces counted twice.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use fisherproof::certificate::{read, verify};
use fisherproof::derive::family::derive;
use fisherproof::derive::report::Status;
use fisherproof::kernel::certificate::{Moment, Part, Piece};
use fisherproof::kernel::domain::{Context, Domain, Support};
use fisherproof::kernel::setting::Setting;
use fisherproof::kernel::term::{Name, Rational, Term};
use fisherproof::kernel::theorem::Checker;
use fisherproof::model::family::Family;
use fisherproof::model::read_term;
use fisherproof::model::resolve_family;
use fisherproof::source::Source;
use fisherproof::syntax;
use fisherproof::syntax::tree::Item;

fn family(body: &str) -> Option<Family> {
    let source = Source::new("family", format!("family F {{ {body} }}").as_str());
    let (file, _) = syntax::parse(&source);
    match &file.items[0] {
        Item::Family(tree) => resolve_family(tree, &source).0,
        Item::Derivation(_) => None,
    }
}

/// A factor that is 0 or 1, and 0 on more than a null set, hidden in what looks like a constant.
#[test]
fn a_density_that_vanishes_on_half_its_support_is_not_proved() {
    for body in [
        "variate x : real parameter m : real
         density exp(-(x-m)^2/2)/sqrt(2*pi)*sign(erf(x+abs(x)))^2",
        "variate x : positive parameter b : positive
         density b*exp(-b*x)*sign(atan(abs(x-1)+x-1))^2",
        "variate x : angle parameter k : positive
         density exp(k*cos(x))/(2*pi*besseli(0, k))*sign(erf(cos(x)+abs(cos(x))))^2",
        "variate x : angle parameter k : positive
         density exp(k*cos(x))/(2*pi*besseli(0, k))*sign(erf(cos(x)-2*cos(x/2)^2+1))^2",
        "variate x : positive parameter a : real, b : positive
         density b*exp(-b*x)*sign(sin(a*x))^2",
        "variate x : positive parameter a : real, b : positive
         density b*exp(-b*x)*sign(erf(x^a-1))^2",
        "variate x : positive, y : positive parameter b : positive
         density b^2*exp(-b*x-b*y)*sign(erf(x-y+abs(x-y)))^2",
    ] {
        let report = derive(&family(body).expect("a family")).expect("a setting").report;
        assert_ne!(report.status, Status::Proved, "{body}");
    }
}

/// Two exponentials in a sum, one inside a root or below a fraction line: neither stands for the other.
#[test]
fn exponentials_inside_and_outside_of_a_root_are_told_apart() {
    let decided = |body: &str| derive(&family(body).expect("a family")).expect("a setting").report;
    for body in [
        "variate x : positive parameter a : real, b : real let r = sqrt(1 + exp(b) + exp(2*b)) - exp(a)
         density r*exp(-r*x)",
        "variate x : {0, 1} parameter a : real, b : real let r = sqrt(1 + exp(b) + exp(2*b)) - exp(a)
         mass r^x/(1 + r)",
    ] {
        assert_ne!(decided(body).status, Status::Proved, "{body}");
    }
    let report = decided(
        "variate x : real parameter a : real, b : real
         density exp(-(x - abs(exp(a)/(1 + exp(b)) - 1))^2/2)/sqrt(2*pi)
         claim mean = 1 - exp(a)/(1 + exp(b))",
    );
    assert_eq!(report.claims[0].status, Status::Refuted);
}

/// 1 − s²/(s² + t²) is t²/(s² + t²): a power that appears only when the content is taken out.
#[test]
fn a_sum_that_collapses_to_a_power_keeps_its_exponent() {
    let decided = |body: &str| {
        let report = derive(&family(body).expect("a family")).expect("a setting").report;
        let claims: Vec<Status> = report.claims.iter().map(|claim| claim.status).collect();
        (report.status, claims)
    };
    let (status, claims) = decided(
        "variate x : real parameter m : real, s : positive constant t : positive let k = s^2/(s^2 + t^2)
         density 1/sqrt(2*pi)*exp(-(x - m/(1 - k))^2/2)
         claim mean = m*(s^2 + t^2)/t^2
         claim mean = m*(s^2 + t^2)/t
         claim fisher[m, m] = (s^2 + t^2)^2/t^4",
    );
    assert_eq!((status, claims), (Status::Proved, vec![Status::Proved, Status::Refuted, Status::Proved]));
    let (status, claims) = decided(
        "variate x : real parameter m : real constant p : interval(0, 1)
         density 1/sqrt(2*pi)*exp(-(x - m/((1 - p) + 1/(1 - p) - 2))^2/2)
         claim mean = m*(1 - p)/p^2
         claim mean = m*(1 - p)/p",
    );
    assert_eq!((status, claims), (Status::Proved, vec![Status::Proved, Status::Refuted]));
    let (status, _) =
        decided("variate x : positive parameter c : positive let f = 1 - 1/(1 + c^2) density exp(-x/f)/f");
    assert_eq!(status, Status::Proved);
}

/// |x − m| vanishes at one point only: what is sound must still be proved.
#[test]
fn a_corner_is_no_hole() {
    let body = "variate x : real parameter b : positive constant m : real density exp(-abs(x-m)/b)/(2*b)";
    let report = derive(&family(body).expect("a family")).expect("a setting").report;
    assert_eq!(report.status, Status::Proved);
}

/// Between whole numbers x/2 + y/2 < 1 is not x/2 + y/2 ≤ 0.
#[test]
fn a_strict_condition_with_fractions_is_no_condition_between_whole_numbers() {
    for condition in ["x/2 + y/2 < 1", "y/2 < 1"] {
        let body =
            format!("variate x : {{0,1,2}}, y : {{0,1,2}} where {condition} parameter p : positive mass p^(x+y)");
        assert!(family(&body).is_none(), "{condition}");
    }
    let halves = "variate x : {0,1/2,1}, y : {0,1/2,1} where x + y < 1 parameter p : positive mass p^(x+y)";
    assert!(family(halves).is_none());
}

/// {0, 1, √4 − 1} has two points, and {0, 1, c} has two where c = 1.
#[test]
fn a_set_holds_each_point_once() {
    for (points, constant) in [("{0, 1, sqrt(4)-1}", ""), ("{0, 1, c}", "constant c : real")] {
        let body = format!("variate x : {points} {constant} parameter p : positive mass p/(1+2*p)*(1/p)^(1-x)");
        assert!(derive(&family(&body).expect("a family")).is_err(), "{points}");
    }
}

/// A quotient of two sums that are zero once multiplied out.
#[test]
fn a_hidden_zero_is_not_divided_by() {
    let body = "variate x : positive parameter a : positive density a*exp(-a*x)
        claim fisher = 5 + ((a+1)^(3/2) - (a+1)*sqrt(a+1) + (a+1)^(4/3) - (a+1)*(a+1)^(1/3))
            /((a+1)^(3/2) - (a+1)*sqrt(a+1) + (a+1)^(4/3) - (a+1)*(a+1)^(1/3))";
    let report = derive(&family(body).expect("a family")).expect("a setting").report;
    assert_ne!(report.claims[0].status, Status::Proved);
}

/// What cannot be shown is not called refuted.
#[test]
fn nothing_true_is_refuted() {
    for body in [
        // 1 for every k but 0; the lemma's condition fails on one branch of the change of variable.
        "variate x : positive parameter k : real where k^2 > 1/4 density abs(k)*x^(k-1)*exp(-x^k)",
        // (1 + √a)(1 + √x) in disguise: an exponential family.
        "variate x : {1,4} parameter a : positive claim exponential-family
         mass (1+sqrt(a)+sqrt(x)+sqrt(a)*sqrt(x))*a^x/((1+sqrt(a))*(2*a+3*a^4))",
        // |m|³ has two derivatives.
        "variate x : positive parameter m : real density exp(abs(m)^3)*exp(-exp(abs(m)^3)*x) claim regular",
        // Two negative factors.
        "variate x : positive parameter a : real, b : real where a < b density (1-2)/(a-b)*exp(-x)*(b-a)",
    ] {
        let report = derive(&family(body).expect("a family")).expect("a setting").report;
        assert_ne!(report.status, Status::Refuted, "{body}");
        assert!(report.claims.iter().all(|claim| claim.status != Status::Refuted), "{body}");
    }
}

/// A singular Fisher matrix is told, also where its null direction moves with the parameters.
#[test]
fn what_cannot_be_identified_is_told() {
    for body in [
        "variate x : positive parameter a : positive, b : positive density a*b*exp(-a*b*x)",
        "variate x : real parameter a : real, b : real density 1/sqrt(2*pi)*exp(-(x-a-b)^2/2)",
        "given z1 : real, z2 : real variate y : real parameter w1 : real, w2 : real
         density 1/sqrt(2*pi)*exp(-(y-w1*z1-w2*z2)^2/2)",
    ] {
        let report = derive(&family(body).expect("a family")).expect("a setting").report;
        assert!(report.null_direction.is_some(), "{body}");
    }
}

/// [1, ∞) is not open.
#[test]
fn a_closed_parameter_set_is_not_regular() {
    let body = "variate x : positive parameter a : positive where a >= 1 density a*exp(-a*x) claim regular";
    let report = derive(&family(body).expect("a family")).expect("a setting").report;
    assert_ne!(report.claims[0].status, Status::Proved);
}

/// Certificates that an attacker wrote by hand.
#[test]
fn forged_certificates_are_rejected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forged");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("tests/forged can be read") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a text");
        let saved = read(&text).expect("well formed: it is what it says that is wrong");
        assert!(verify(&saved).is_err(), "{} is accepted", path.display());
        count += 1;
    }
    assert!(count >= 2);
}

fn term(text: &str) -> Term {
    read_term(text).expect("a term")
}

/// A density in t, some of whose parameters are positive.
fn setting(domain: Domain, log_density: &str, parameters: &[(&str, i64)]) -> Arc<Setting> {
    let support = Support::Product { coordinates: vec![(Name::new("t"), domain)], inequalities: Vec::new() };
    let domains: BTreeMap<Name, Domain> =
        parameters.iter().map(|(name, _)| (Name::new(name), Domain::positive())).collect();
    let witness = parameters.iter().map(|(name, value)| (Name::new(name), Term::integer(*value))).collect();
    let context = Context { domains, ..Context::default() };
    Setting::new(support, context, term(log_density), witness).expect("a setting")
}

/// One lemma, not moved, with one part.
fn one_part(lemma: &str, parameters: &[(&str, &str)], shift: &[(&str, &str)], orders: &[(&str, u32)]) -> Piece {
    let bind = |all: &[(&str, &str)]| all.iter().map(|(name, value)| (Name::new(name), term(value))).collect();
    Piece {
        lemma: lemma.to_owned(),
        variable: Name::new("t"),
        map: term("t"),
        parameters: bind(parameters),
        parts: vec![Part {
            constant: Term::one(),
            shift: bind(shift),
            orders: orders.iter().map(|(name, order)| (Name::new(name), *order)).collect(),
        }],
        skip: 0,
        half: false,
    }
}

/// ∫ log^m t (1 − t)^(b−1) converges for b > −m and no further; its value at 0, −1, … is a limit.
#[test]
fn an_integral_is_continued_as_far_as_it_converges() {
    let unit = || Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::one()) };
    let uniform = Checker::new(&setting(unit(), "0", &[]));
    let proved = |of: &str, is: &str, shift: &[(&str, &str)], orders: &[(&str, u32)]| {
        let pieces = vec![one_part("beta-integral", &[("a", "1"), ("b", "1")], shift, orders)];
        uniform.moment(&term(of), &term(is), &Moment { pieces }).is_ok()
    };
    // At the pole itself, and one further down.
    assert!(proved("log(t)/(1-t)", "-pi^2/6", &[("b", "-1")], &[("a", 1)]));
    assert!(!proved("log(t)/(1-t)", "-pi^2/3", &[("b", "-1")], &[("a", 1)]));
    assert!(!proved("log(t)/(1-t)", "0", &[("b", "-1")], &[("a", 1)]));
    assert!(proved("log(t)^2/(1-t)", "2*zeta(3)", &[("b", "-1")], &[("a", 2)]));
    assert!(proved("log(t)^2/(1-t)^2", "pi^2/3", &[("b", "-2")], &[("a", 2)]));
    assert!(proved("log(t)*log(1-t)/(1-t)", "zeta(3)", &[("b", "-1")], &[("a", 1), ("b", 1)]));
    assert!(proved("log(1-t)*log(t)/t", "zeta(3)", &[("a", "-1")], &[("b", 1), ("a", 1)]));
    // Beyond: ∫ 1/(1−t), ∫ log t/(1−t)², ∫ log(1−t)/(1−t), ∫ log² t/(1−t)³ diverge.
    for value in ["0", "1", "-1", "-pi^2/6", "pi^2/3"] {
        assert!(!proved("1/(1-t)", value, &[("b", "-1")], &[]));
        assert!(!proved("log(t)/(1-t)^2", value, &[("b", "-2")], &[("a", 1)]));
        assert!(!proved("log(1-t)/(1-t)", value, &[("b", "-1")], &[("b", 1)]));
        assert!(!proved("log(t)^2/(1-t)^3", value, &[("b", "-3")], &[("a", 2)]));
        // An order of nought derives nothing.
        assert!(!proved("1/(1-t)", value, &[("b", "-1")], &[("a", 0)]));
    }
    // Not at the pole and not known to be away from it: so it says.
    let power = Checker::new(&setting(unit(), "log(b)+(b-1)*log(1-t)", &[("b", 3)]));
    let moment = |shift: &str, order: u32| {
        let mut piece = one_part("beta-integral", &[("a", "1"), ("b", "b")], &[("b", shift)], &[("a", order)]);
        piece.parts[0].constant = term("b");
        Moment { pieces: vec![piece] }
    };
    let theorem = power.moment(&term("log(t)/(1-t)"), &term("-b/(b-1)*(digamma(b)+euler_gamma)"), &moment("-1", 1));
    let theorem = theorem.expect("the integral converges");
    assert_eq!(theorem.assumptions().len(), 1, "{:?}", theorem.assumptions());
    assert!(power.moment(&term("log(t)/(1-t)^2"), &term("0"), &moment("-2", 1)).is_err());
}

/// A normal form that is remembered is remembered with what was assumed for it: every step that leans on it
/// says so, and none that does not.
#[test]
fn what_is_remembered_keeps_its_assumptions() {
    let real = Domain::Interval { lower: None, upper: None };
    let unit = || Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::one()) };
    let support = Support::Product { coordinates: vec![(Name::new("t"), unit())], inequalities: Vec::new() };
    let context = Context { domains: [(Name::new("c"), real)].into_iter().collect(), ..Context::default() };
    let witness = vec![(Name::new("c"), Term::one())];
    let checker = Checker::new(&Setting::new(support, context, term("0"), witness).expect("a setting"));
    let assumptions = |left: &str, right: &str| {
        let theorem = checker.algebra(&term(left), &term(right)).expect("equal by algebra");
        theorem.assumptions().iter().map(Term::to_string).collect::<Vec<String>>()
    };
    // Whoever looks for a proof has met the term before any step does.
    checker.pointwise().normalize(&term("exp(1/c)")).expect("a normal form");
    for _ in 0..2 {
        assert_eq!(assumptions("exp(1/c)^2", "exp(2/c)"), ["c"]);
        assert_eq!(assumptions("exp(exp(1/c))*exp(-exp(1/c))", "1"), ["c"]);
        assert!(assumptions("exp(c)^2", "exp(2*c)").is_empty());
    }
    // Nor is a value of one auxiliary variable taken for that of another with the same name.
    let (positive, negative) = (Domain::positive(), Domain::Interval { lower: None, upper: Some(Term::zero()) });
    let at = |value: i64| vec![(Name::new("s"), Term::integer(value))];
    let special = |domain: &Domain, value: i64, is: i64| {
        let auxiliary = [(Name::new("s"), domain.clone())];
        checker.specialization(&auxiliary, &term("abs(s)/s"), &at(value), &Term::integer(is)).is_ok()
    };
    assert!(special(&positive, 2, 1) && special(&negative, -2, -1));
    assert!(!special(&positive, -2, -1) && !special(&negative, 2, 1) && !special(&positive, 2, -1));
}

/// The moment that was worked out last is no proof of another.
#[test]
fn a_moment_is_not_taken_for_the_one_before() {
    let unit = Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::one()) };
    let uniform = Checker::new(&setting(unit, "0", &[]));
    let moment = |shift: &str| Moment {
        pieces: vec![one_part("beta-integral", &[("a", "1"), ("b", "1")], &[("a", shift)], &[])],
    };
    assert!(uniform.moment_value(&term("t"), &moment("1")).is_ok());
    assert!(uniform.moment(&term("t"), &term("1/2"), &moment("1")).is_ok());
    assert!(uniform.moment(&term("t^2"), &term("1/2"), &moment("1")).is_err());
    assert!(uniform.moment(&term("t"), &term("1/3"), &moment("1")).is_err());
    assert!(uniform.moment(&term("t"), &term("1/2"), &moment("2")).is_err());
    assert!(uniform.moment(&term("t^2"), &term("1/3"), &moment("2")).is_ok());
}

/// Pieces of a count must be those of the support: each point once, none left out, none turned round twice.
#[test]
fn counts_are_cut_into_what_they_are() {
    let whole = || Domain::Integers { lower: None, upper: None };
    let density = "log(1-q)-log(1+q)+abs(t)*log(q)";
    let support = Support::Product { coordinates: vec![(Name::new("t"), whole())], inequalities: Vec::new() };
    let unit = Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::one()) };
    let context = Context { domains: [(Name::new("q"), unit)].into_iter().collect(), ..Context::default() };
    let witness = vec![(Name::new("q"), Term::Number(Rational::new(1.into(), 3.into())))];
    let checker = Checker::new(&Setting::new(support, context, term(density), witness).expect("a setting"));
    let piece = |lemma: &str, map: &str, skip: u32| Piece {
        lemma: lemma.to_owned(),
        variable: Name::new("u"),
        map: term(map),
        parameters: if lemma == "single-term" { Vec::new() } else { vec![(Name::new("s"), term("log(q)"))] },
        parts: vec![Part { constant: term("(1-q)/(1+q)"), shift: Vec::new(), orders: Vec::new() }],
        skip,
        half: false,
    };
    let proved = |pieces: Vec<Piece>| checker.moment(&Term::one(), &Term::one(), &Moment { pieces }).is_ok();
    let total = |pieces: Vec<Piece>| checker.moment_value(&Term::one(), &Moment { pieces }).is_ok();
    let (left, middle, right) =
        (piece("geometric-series", "-u", 1), piece("single-term", "0", 0), piece("geometric-series", "u", 1));
    assert!(proved(vec![left.clone(), middle.clone(), right.clone()]));
    assert!(proved(vec![left.clone(), piece("geometric-series", "u", 0)]));
    for pieces in [
        vec![left.clone(), right.clone()],
        vec![left.clone(), middle.clone(), middle.clone(), right.clone()],
        vec![right.clone(), middle.clone(), left.clone()],
        vec![piece("geometric-series", "-u", 0), middle.clone(), right.clone()],
        vec![left.clone(), piece("single-term", "1", 0), right.clone()],
        vec![left.clone(), piece("single-term", "1/2", 0), right.clone()],
        vec![left.clone(), piece("geometric-series", "0", 0), right.clone()],
        vec![left.clone(), middle.clone(), piece("geometric-series", "2*u", 1)],
        vec![left.clone(), middle.clone(), piece("geometric-series", "u+1/2", 1)],
        vec![left, middle],
    ] {
        assert!(!total(pieces.clone()), "{pieces:?}");
    }
}

/// Conditions that speak of a count hold where it is moved by one no more; an order of ψ may be any number.
#[test]
fn claims_that_hold_for_some_counts_only_are_not_proved() {
    let decided = |body: &str| derive(&family(body).expect("a family")).expect("a setting").report;
    for body in [
        "variate x : real constant n : natural parameter m : interval(-infinity, n)
         density exp(-(x - m)^2/2)/sqrt(2*pi)
         let g = n - m*(1 - 0^n) - 2*(1 - 0^n) + 1
         claim mean = m*abs(g)/g",
        "variate x : real constant n : natural parameter a : interval(-infinity, n)
         density exp(-(x - a)^2/2)/sqrt(2*pi)
         let g = (n - a - 1)*(1 - 0^n)
         claim mean = a + abs(g) - g",
        "variate x : real constant n : natural parameter m : real, p : positive
         density exp(-(x - m - p)^2/2)/sqrt(2*pi)
         claim mean = m + p + polygamma(n, p + 1) - polygamma(n, p) - 1/p",
        "variate x : real parameter m : real, p : positive
         density exp(-(x - m - p)^2/2)/sqrt(2*pi)
         claim mean = m + p + polygamma(1/2, p + 1) - polygamma(1/2, p) - 1/p",
    ] {
        let report = decided(body);
        assert!(report.claims.iter().all(|claim| claim.status != Status::Proved), "{body}");
    }
    let report = decided(
        "variate x : real constant n : natural parameter m : real
         density exp(-(x - m)^2/2)/sqrt(2*pi)
         let g = 1 + n - sign(n)
         claim mean = m*abs(g)/g",
    );
    assert!(report.claims.iter().all(|claim| claim.status == Status::Proved), "1 + n − sign(n) is positive");
}

/// Arcs may begin anywhere only where density and statistic have period 2π: ∂/∂n sin nx = x cos nx has none.
#[test]
fn arcs_of_what_has_no_period_are_rejected() {
    let term = |source: &str| read_term(source).expect(source);
    let angle = Name::new("x");
    let context = Context {
        domains: BTreeMap::from([
            (Name::new("n"), Domain::Integers { lower: Some(Term::one()), upper: None }),
            (Name::new("a"), Domain::positive()),
        ]),
        ..Context::default()
    };
    let setting = Setting::new(
        Support::Product { coordinates: vec![(angle.clone(), Domain::Angle)], inequalities: Vec::new() },
        context,
        term("a*cos(n*x) - log(2*pi*besseli(0, a))"),
        vec![(Name::new("n"), Term::one()), (Name::new("a"), Term::integer(2))],
    );
    let checker = Checker::new(&setting.expect("a setting"));
    // E[x e^(−a cos nx)] is the mean of x over an arc of length 2π, which depends on where it begins.
    let over = |low: &str, high: &str| Moment {
        pieces: vec![Piece {
            lemma: "exponential-interval".into(),
            variable: Name::new("t"),
            map: term("t"),
            parameters: [("a", "0"), ("l", low), ("u", high)]
                .map(|(name, value)| (Name::new(name), term(value)))
                .to_vec(),
            parts: vec![Part {
                constant: term("1/(2*pi*besseli(0, a))"),
                shift: Vec::new(),
                orders: vec![(Name::new("a"), 1)],
            }],
            skip: 0,
            half: false,
        }],
    };
    let sine = term("sin(n*x)").derivative(&Name::new("n"));
    let of = sine * term("exp(-a*cos(n*x))/cos(n*x)");
    for (low, high, is) in [("0", "2*pi", "pi/besseli(0, a)"), ("-pi", "pi", "0")] {
        assert!(checker.moment(&of, &term(is), &over(low, high)).is_err(), "from {low}");
    }
}
