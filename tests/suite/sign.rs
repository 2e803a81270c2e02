//! Signs: what is known, what is not, and that what is known is true at points of the domains.

use std::collections::BTreeMap;

use fisherproof::kernel::domain::{Context, Domain};
use fisherproof::kernel::normal::Normalizer;
use fisherproof::kernel::sign::Sign;
use fisherproof::kernel::term::{Name, Term};
use fisherproof::model::read_term;
use fisherproof::numeric::{evaluate, sample_points};
use num_traits::ToPrimitive;

fn term(text: &str) -> Term {
    read_term(text).expect("a term")
}

fn between(lower: i64, upper: i64) -> Domain {
    Domain::Interval { lower: Some(Term::integer(lower)), upper: Some(Term::integer(upper)) }
}

fn context(domains: &[(&str, Domain)], positive: &[&str]) -> Context {
    Context {
        domains: domains.iter().map(|(name, domain)| (Name::new(name), domain.clone())).collect(),
        positive: positive.iter().map(|text| term(text)).collect(),
        ..Context::default()
    }
}

fn sign(context: &Context, text: &str) -> Option<Sign> {
    let normalizer = Normalizer::new(context);
    normalizer.sign(&normalizer.normalize(&term(text)).expect("a normal form"))
}

/// 1 + v·x inside a ball, by Cauchy and Schwarz, and what is a little longer than that; products of squared sines.
#[test]
fn balls_and_spheres() {
    let real = Domain::real();
    let ball = context(
        &[("x", real.clone()), ("y", real.clone()), ("z", real.clone())],
        &["1 - x^2 - y^2 - z^2", "x - y + 2"],
    );
    let flat = context(&[("x", real.clone()), ("y", real.clone()), ("r", Domain::positive())], &["r^2 - x^2 - 4*y^2"]);
    let half = Domain::Interval { lower: Some(Term::zero()), upper: Some(term("pi")) };
    let angles = context(&[("s", half.clone()), ("t", half), ("u", real)], &[]);
    for (context, text, expected) in [
        (&ball, "1 + (x + y - z)/sqrt(3)", Some(Sign::Positive)),
        (&ball, "5 + 3*(x - y + z)", None),
        (&ball, "6 + 3*(x - y + z)", Some(Sign::Positive)),
        (&ball, "1 - x", Some(Sign::Positive)),
        (&ball, "x + y", None),
        (&flat, "r + x", Some(Sign::Positive)),
        (&flat, "r + 2*y", Some(Sign::Positive)),
        (&flat, "r + 3*y", None),
        (&flat, "2*r + x + 2*y", Some(Sign::Positive)),
        (&flat, "r + x + 2*y", None),
        (&angles, "1 - cos(t)^2", Some(Sign::Positive)),
        (&angles, "1 - cos(u)^2", Some(Sign::Nonnegative)),
        (&angles, "(1 - cos(s)^2)*(1 - cos(t)^2)", Some(Sign::Positive)),
        (&angles, "(1 - cos(s)^2)*(2*cos(t)^2 - 1)", None),
    ] {
        assert_eq!(sign(context, text), expected, "{text}");
    }
}

/// Sums of probabilities, under one condition and under several that share no variable.
#[test]
fn affine_sums_are_linear_programs() {
    let (unit, positive) = (between(0, 1), Domain::positive());
    let simplex = context(&[("p", unit.clone()), ("q", unit.clone()), ("r", unit.clone())], &["1 - p - q - r"]);
    let ordered = context(
        &[("a", Domain::real()), ("b", Domain::real()), ("s", positive.clone()), ("t", positive)],
        &["b - a", "2 - s - t"],
    );
    let triangle = context(&[("p", unit.clone()), ("q", unit.clone()), ("r", unit)], &["1 - p - q", "p - q"]);
    for (context, text, expected) in [
        (&simplex, "1 - p - q", Some(Sign::Positive)),
        (&simplex, "2 - 2*p - q - r", Some(Sign::Positive)),
        (&simplex, "p + q + r - 1", Some(Sign::Negative)),
        (&simplex, "1 - p - 2*q", None),
        (&simplex, "p - q", None),
        (&simplex, "3 - 3*p - 2*q - 3*r", Some(Sign::Positive)),
        (&ordered, "3*b - 3*a + s", Some(Sign::Positive)),
        (&ordered, "a - b + s", None),
        (&ordered, "b - a + 2 - s - t", Some(Sign::Positive)),
        (&ordered, "b - a + 3 - s - 2*t", None),
        (&ordered, "b - 2*a", None),
        (&triangle, "p - q + r", Some(Sign::Positive)),
        (&triangle, "2*p - 1", None),
    ] {
        assert_eq!(sign(context, text), expected, "{text}");
    }
}

/// An end that belongs to its domain may be reached.
#[test]
fn closed_ends_are_not_left_out() {
    let closed = context(&[("x", Domain::Nonnegative), ("n", Domain::natural()), ("k", Domain::natural())], &[]);
    let symbolic = Context { nonnegative: vec![term("n - k")], ..closed.clone() };
    for (context, text, expected) in [
        (&closed, "x + n", Some(Sign::Nonnegative)),
        (&closed, "-x - 2*n", Some(Sign::Nonpositive)),
        (&closed, "x + n + 1", Some(Sign::Positive)),
        (&closed, "exp(x) - 1", Some(Sign::Nonnegative)),
        (&symbolic, "n - k", Some(Sign::Nonnegative)),
        (&symbolic, "2*n - 2*k + x", Some(Sign::Nonnegative)),
        (&symbolic, "n - k + 1", Some(Sign::Positive)),
    ] {
        assert_eq!(sign(context, text), expected, "{text}");
    }
}

#[test]
fn exponentials_roots_and_circles() {
    let own = context(
        &[
            ("a", Domain::positive()),
            ("b", Domain::positive()),
            ("c", Domain::real()),
            ("d", between(-1, 2)),
            ("r", between(0, 1)),
            ("t", Domain::Interval { lower: Some(Term::zero()), upper: Some(term("pi")) }),
        ],
        &[],
    );
    // What is known of others may not be used on the way from the end of a's interval.
    let bound = Context { positive: vec![term("a - c")], ..own.clone() };
    for (context, text, expected) in [
        (&own, "exp(a) - 1 - a", Some(Sign::Positive)),
        (&own, "exp(a) - 1 - a - a^2/2", Some(Sign::Positive)),
        (&own, "1 - (1 + a)*exp(-a)", Some(Sign::Positive)),
        (&own, "exp(a) - 1 - 2*a", None),
        (&own, "exp(d) - 1 - d", None),
        (&bound, "exp(a) - 1 - c", None),
        (&own, "1 + exp(-4*b) - 2*exp(-2*(a + b))", Some(Sign::Positive)),
        (&own, "1 + exp(-4*b) - 3*exp(-2*(a + b))", None),
        (&own, "c + sqrt(1 + c^2)", Some(Sign::Positive)),
        (&own, "c - sqrt(1 + c^2)", Some(Sign::Negative)),
        (&own, "2*c + sqrt(1 + c^2)", None),
        (&own, "c + sqrt(c^2)", None),
        (&own, "1 - cos(t)^2", Some(Sign::Positive)),
        (&own, "1 - cos(c)^2", Some(Sign::Nonnegative)),
        // Each exponential is a variable of its own, also inside what a rule takes apart.
        (&own, "sqrt(1 + exp(c) + exp(2*c)) - exp(d)", None),
        (&own, "sqrt(1 + exp(c) + exp(2*c)) - exp(c)", Some(Sign::Positive)),
        (&own, "exp(c)/(1 + exp(d)) - 1", None),
        (&own, "1 - exp(c)/(1 + exp(c))", Some(Sign::Positive)),
        (&own, "1 - exp(c)/(exp(d) + d^2)", None),
        (&own, "1 - r*cos(2*(c - d))", Some(Sign::Positive)),
        (&own, "1 - 2*r*cos(2*(c - d))", None),
        (&own, "1 + r^2 - 2*r*cos(c)", Some(Sign::Positive)),
    ] {
        assert_eq!(sign(context, text), expected, "{text}");
    }
}

/// Random sums of such parts: whatever sign is found, no point of the domains has another.
#[test]
fn no_sign_is_wrong_at_any_point() {
    const PARTS: [&str; 20] = [
        "1",
        "a",
        "b",
        "r",
        "d",
        "c",
        "a*b",
        "r*d",
        "a^2",
        "d^2",
        "exp(-a)",
        "exp(-2*a)",
        "exp(a - b)",
        "exp(d)",
        "sqrt(1 + c^2)",
        "r*cos(c)",
        "exp(c)/(1 + exp(d))",
        "sqrt(1 + exp(c) + exp(2*c))",
        "exp(c)",
        "log(1 + exp(c))",
    ];
    let own = context(
        &[
            ("a", Domain::positive()),
            ("b", Domain::positive()),
            ("c", Domain::real()),
            ("d", between(-1, 2)),
            ("r", between(0, 1)),
        ],
        &["1 - r - a/4", "b - d"],
    );
    let points: Vec<BTreeMap<Name, f64>> = sample_points(&own, 60)
        .into_iter()
        .map(|point| point.into_iter().map(|(name, value)| (name, value.to_f64().expect("a number"))).collect())
        .collect();
    assert!(points.len() > 30);
    let mut state = 1_u64;
    let mut below = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let normalizer = Normalizer::new(&own);
    let mut known = 0;
    for _ in 0..3_000 {
        let parts: Vec<String> = (0..2 + below(3))
            .map(|_| format!("({})*{}", i64::try_from(below(9)).expect("small") - 4, PARTS[below(20) as usize]))
            .collect();
        let sum = term(&parts.join(" + "));
        let Ok(form) = normalizer.normalize(&sum) else { continue };
        let Some(found) = normalizer.sign(&form) else { continue };
        known += 1;
        for point in &points {
            let value = evaluate(&sum, point).expect("a value");
            let holds = match found {
                Sign::Positive => value > -1e-9,
                Sign::Nonnegative => value >= -1e-9,
                Sign::Zero => value.abs() < 1e-9,
                Sign::Nonpositive => value <= 1e-9,
                Sign::Negative => value < 1e-9,
            };
            assert!(holds, "{} is said to be {found:?} and is {value} at {point:?}", parts.join(" + "));
        }
    }
    assert!(known > 300, "only {known} signs were found");
}

/// Bessel functions of other orders than the two of the normal form, and multiples of two powers.
#[test]
fn bessel_functions_and_powers() {
    let own = context(
        &[
            ("v", Domain::positive()),
            ("z", Domain::positive()),
            ("t", Domain::positive()),
            ("k", Domain::natural()),
            ("r", Domain::real()),
        ],
        &[],
    );
    assert_eq!(sign(&own, "besselk(v - 1, z)"), Some(Sign::Positive));
    assert_eq!(sign(&own, "-2*besselk(v - 1, z)"), Some(Sign::Negative));
    assert_eq!(sign(&own, "besselk(k - 1/2, z)"), Some(Sign::Positive));
    // Of an order between −1 and 0 the series is positive, below it may not be.
    assert_eq!(sign(&own, "besseli(v - 1, z)"), Some(Sign::Positive));
    assert_eq!(sign(&own, "besseli(v - 2, z)"), None);
    assert_eq!(sign(&own, "besselk(v - 1, z) - besselk(v, z)"), None);
    assert_eq!(sign(&own, "(2 + t)^(k + 1) - (1 + t)^(k + 1)"), Some(Sign::Positive));
    assert_eq!(sign(&own, "(1 + t)*(2 + t)^(-k) - (2 + t)*(1 + t)^(-k)"), Some(Sign::Negative));
    // (2 + t)^r is below (1 + t)^r for negative r.
    assert_eq!(sign(&own, "(3 + t)*(2 + t)^r - (2 + t)*(1 + t)^r"), None);
    assert_eq!(sign(&own, "(1 + t)*(2 + t)^k - (2 + t)*(1 + t)^k"), None);
}

/// |u| is u or −u.
#[test]
fn absolute_values() {
    let own = context(&[("x", Domain::real()), ("m", Domain::real())], &["1 - x + m", "1 + x - m"]);
    assert_eq!(sign(&own, "1 - abs(x - m)"), Some(Sign::Positive));
    assert_eq!(sign(&own, "2 - abs(x - m) - x + m"), Some(Sign::Positive));
    assert_eq!(sign(&own, "1 - 2*abs(x - m)"), None);
}
