//! The numeric side: floats against mpmath, enclosures against both, estimates against known integrals.

use std::collections::BTreeMap;
use std::f64::consts::{E, PI};

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use fisherproof::kernel::domain::{Context, Domain, Support};
use fisherproof::kernel::term::{Constant, Function, Name, Rational, Term};
use fisherproof::numeric::{
    Estimate, Interval, Region, enclose, evaluate, expectation, integrate, sample_points, special, sum,
};

fn rational(text: &str) -> Rational {
    text.parse().expect("a fraction")
}

/// A decimal with an optional exponent, exactly.
fn decimal(text: &str) -> Rational {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: BigInt = format!("{whole}{fraction}").parse().expect("digits");
    let exponent: i32 = exponent.parse::<i32>().expect("an exponent") - fraction.len() as i32;
    let ten = Rational::from_integer(10.into());
    Rational::from_integer(digits) * ten.pow(exponent)
}

fn call(keyword: &str, arguments: &[&str]) -> Term {
    let function = Function::from_keyword(keyword).expect("a function of the language");
    Term::apply(function, arguments.iter().map(|argument| Term::number(rational(argument))).collect())
}

fn float(value: &Rational) -> f64 {
    value.to_f64().expect("a finite number")
}

fn x() -> Term {
    Term::variable("x")
}

// ---------------------------------------------------------------- special functions and enclosures

#[test]
fn floats_agree_with_mpmath() {
    let mut wrong = Vec::new();
    for (keyword, arguments, value) in MPMATH {
        let expected: f64 = value.parse().unwrap();
        let found = evaluate(&call(keyword, arguments), &BTreeMap::new());
        // Near a zero of digamma or log Γ only the absolute error can be small.
        let allowed = 2e-13 * expected.abs().max(if keyword.ends_with("gamma") { 0.1 } else { 0.0 });
        if found.is_none_or(|found| (found - expected).abs() > allowed) {
            wrong.push(format!("{keyword}{arguments:?}: {found:?}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn enclosures_hold_the_values_of_mpmath() {
    let mut wrong = Vec::new();
    for (keyword, arguments, value) in MPMATH {
        let expected = decimal(value);
        // The table has 42 digits, the last of them rounded.
        let slack = expected.abs() * decimal("1e-41");
        let Some(found) = enclose(&call(keyword, arguments), &BTreeMap::new()) else {
            wrong.push(format!("{keyword}{arguments:?}: no enclosure"));
            continue;
        };
        let holds = *found.low() <= &expected + &slack && &expected - &slack <= *found.high();
        let narrow = found.width() <= decimal("1e-45") * expected.abs().max(decimal("1e-8"));
        if !holds || !narrow {
            let width = float(&found.width());
            wrong.push(format!("{keyword}{arguments:?}: {:e} not {value}, width {width:e}", float(found.low())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn poles_and_outside_of_domains_are_undefined() {
    for (keyword, arguments) in [
        ("gamma", &["0"][..]),
        ("gamma", &["-3"]),
        ("lgamma", &["0"]),
        ("lgamma", &["-1/2"]),
        ("digamma", &["0"]),
        ("digamma", &["-2"]),
        ("trigamma", &["-2"]),
        ("polygamma", &["-1", "2"]),
        ("polygamma", &["1/2", "2"]),
        ("zeta", &["1"]),
        ("log", &["0"]),
        ("log", &["-2"]),
        ("sqrt", &["-2"]),
        ("besselk", &["0", "0"]),
        ("besseli", &["1/2", "-1"]),
        ("factorial", &["-1"]),
    ] {
        let term = call(keyword, arguments);
        assert_eq!(evaluate(&term, &BTreeMap::new()), None, "{term}");
        assert_eq!(enclose(&term, &BTreeMap::new()), None, "{term}");
    }
    for term in [Term::zero().recip(), Term::power(Term::integer(-8), Term::ratio(1, 3)), x(), Term::log_density()] {
        assert_eq!(evaluate(&term, &BTreeMap::new()), None, "{term}");
        assert_eq!(enclose(&term, &BTreeMap::new()), None, "{term}");
    }
}

#[test]
fn bessel_k_of_an_order_too_large_for_numbers() {
    assert_eq!(special::besselk(1e15, 2.0), f64::INFINITY);
    assert_eq!(special::besselk(2.0, 1e15), 0.0);
}

#[test]
fn zeta_left_of_the_pole() {
    // mpmath: zeta(0), zeta(1/2), zeta(-1), zeta(-5/2), zeta(-3), zeta(-2)
    let values = [
        (0.0, -0.5),
        (0.5, -1.460_354_508_809_586_8),
        (-1.0, -1.0 / 12.0),
        (-2.5, 0.008_516_928_777_850_331),
        (-3.0, 1.0 / 120.0),
    ];
    for (s, expected) in values {
        assert!((special::zeta(s) - expected).abs() < 1e-14, "zeta({s}) = {}", special::zeta(s));
    }
    assert_eq!(special::zeta(-2.0), 0.0);
}

#[test]
fn constants() {
    // mpmath: pi, e, euler at 60 digits
    for (constant, value) in [
        (Constant::Pi, "3.14159265358979323846264338327950288419716939937510582097494"),
        (Constant::E, "2.71828182845904523536028747135266249775724709369995957496697"),
        (Constant::EulerGamma, "0.577215664901532860606512090082402431042159335939923598805767"),
    ] {
        let term = Term::Constant(constant);
        let found = enclose(&term, &BTreeMap::new()).unwrap();
        let slack = decimal("1e-58");
        assert!(*found.low() < decimal(value) + &slack && *found.high() > decimal(value) - &slack, "{term}");
        assert!(found.width() < decimal("1e-70"), "{term}");
        assert_eq!(evaluate(&term, &BTreeMap::new()), value.parse().ok(), "{term}");
    }
}

#[test]
fn a_constant_wrong_in_its_twentieth_digit_is_told_apart() {
    let true_value = Term::apply(Function::Trigamma, vec![Term::ratio(7, 3)]);
    let wrong = true_value.clone() * Term::number(decimal("1.00000000000000000001"));
    let [left, right] = [true_value, wrong].map(|term| enclose(&term, &BTreeMap::new()).unwrap());
    assert!(left.is_disjoint_from(&right));
    assert!(!left.is_disjoint_from(&left));
}

#[test]
fn rational_values_are_exact() {
    let point = BTreeMap::from([(Name::new("x"), rational("9/4"))]);
    for (term, value) in [
        (x() * Term::integer(4) - Term::integer(9), "0"),
        (Term::power(x(), Term::ratio(-3, 2)), "8/27"),
        (Term::apply(Function::Sqrt, vec![x()]), "3/2"),
        (Term::apply(Function::Gamma, vec![Term::integer(6)]), "120"),
        (Term::apply(Function::Beta, vec![Term::integer(2), Term::integer(3)]), "1/12"),
        (Term::apply(Function::Binomial, vec![x(), Term::integer(2)]), "45/32"),
        (Term::apply(Function::Sign, vec![-x()]), "-1"),
        (Term::apply(Function::Exp, vec![Term::zero()]), "1"),
        (Term::power(Term::zero(), Term::zero()), "1"),
    ] {
        assert_eq!(enclose(&term, &point).unwrap().as_point(), Some(&rational(value)), "{term}");
    }
}

/// A small deterministic source of numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn rational(&mut self) -> Rational {
        let (numerator, denominator) = (self.below(79) as i64 - 24, self.below(11) as i64 + 1);
        Rational::new(numerator.into(), denominator.into())
    }

    fn term(&mut self, depth: u32) -> Term {
        if depth == 0 || self.below(6) == 0 {
            return match self.below(5) {
                0 | 1 => x(),
                2 => Term::Constant(Constant::ALL[self.below(3) as usize]),
                _ => Term::number(self.rational()),
            };
        }
        match self.below(5) {
            0 => self.term(depth - 1) + self.term(depth - 1),
            1 => self.term(depth - 1) * self.term(depth - 1),
            2 => Term::power(
                self.term(depth - 1),
                Term::number(Rational::new((self.below(9) as i64 - 4).into(), 2.into())),
            ),
            _ => {
                let (function, _, arity) = Function::TABLE[self.below(Function::TABLE.len() as u64) as usize];
                let mut arguments: Vec<Term> = (0..arity).map(|_| self.term(depth - 1)).collect();
                if matches!(
                    function,
                    Function::Polygamma | Function::ZetaDerivative | Function::BesselI | Function::BesselK
                ) {
                    arguments[0] = Term::integer(self.below(4));
                }
                Term::apply(function, arguments)
            }
        }
    }
}

/// Both ways of evaluation, on random terms: where both answer, they must agree, up to the rounding of
/// the float, which is measured by moving x a little.
#[test]
fn enclosures_agree_with_floats_on_random_terms() {
    let mut dice = Dice(1);
    let (mut compared, mut wide) = (0, 0);
    for _ in 0..500 {
        let term = dice.term(3);
        let at = dice.rational();
        let point = BTreeMap::from([(Name::new("x"), at.clone())]);
        let Some(enclosure) = enclose(&term, &point) else { continue };
        let near = |shift: f64| evaluate(&term, &BTreeMap::from([(Name::new("x"), float(&at) * (1.0 + shift))]));
        let (Some(value), Some(left), Some(right)) = (near(0.0), near(-1e-10), near(1e-10)) else { continue };
        let slack = 1e-9 * value.abs() + 10.0 * ((left - value).abs() + (right - value).abs()) + 1e-9;
        let (low, high) = (float(enclosure.low()), float(enclosure.high()));
        assert!(low - slack <= value && value <= high + slack, "{term} at {at}: {value} not in [{low}, {high}]");
        compared += 1;
        wide += usize::from(high - low > 1e-9 * (1.0 + value.abs()));
    }
    assert!(compared > 200, "only {compared} terms could be compared");
    assert!(wide * 50 < compared, "{wide} of {compared} enclosures are wide");
}

#[test]
fn interval_arithmetic_holds_every_pair_of_points() {
    let mut dice = Dice(2);
    for _ in 0..500 {
        let mut interval = || {
            let (a, b) = (dice.rational(), dice.rational());
            Interval::new((&a).min(&b).clone(), a.max(b)).unwrap()
        };
        let (a, b) = (interval(), interval());
        for p in [a.low().clone(), a.midpoint(), a.high().clone()] {
            for q in [b.low().clone(), b.midpoint(), b.high().clone()] {
                assert!((&a + &b).contains(&(&p + &q)));
                assert!((&a - &b).contains(&(&p - &q)));
                assert!((&a * &b).contains(&(&p * &q)), "{a:?} * {b:?}");
                if let Some(quotient) = a.divided_by(&b) {
                    assert!(quotient.contains(&(&p / &q)));
                }
            }
            for exponent in -3..=5 {
                if let Some(power) = a.powi(exponent) {
                    assert!(power.contains(&p.pow(exponent as i32)));
                }
            }
            assert!(a.abs().contains(&p.abs()));
            if let Some(root) = a.root(3) {
                assert!(root.low().pow(3) <= p && p <= root.high().pow(3));
            }
        }
    }
}

#[test]
fn the_rigorous_files_hold_no_float() {
    for file in ["interval", "elementary", "higher", "enclosure", "sample"] {
        let path = format!("{}/src/numeric/{file}.rs", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(!text.contains("f64") && !text.contains("f32"), "{path}");
    }
}

// ---------------------------------------------------------------- evaluation

#[test]
fn logarithms_of_densities_survive_where_the_densities_do_not() {
    let at = |value: f64| BTreeMap::from([(Name::new("x"), value)]);
    let gamma_density = Term::product(vec![
        Term::power(Term::integer(3), x()),
        Term::apply(Function::Gamma, vec![x()]).recip(),
        Term::power(Term::integer(400), x()),
        (-(Term::integer(3) * x())).exp(),
    ]);
    let log = evaluate(&gamma_density.log(), &at(500.0)).unwrap();
    // mpmath: 500*log(3) - loggamma(500) + 500*log(400) - 1500
    assert!((log - -560.077_432_473_688_5).abs() < 1e-10, "{log}");
    let ratio = Term::apply(Function::Gamma, vec![x()]) / Term::apply(Function::Gamma, vec![x() - Term::one()]);
    assert!((evaluate(&ratio, &at(300.0)).unwrap() - 299.0).abs() < 1e-9);
    let negative = Term::integer(-1) * (-x()).exp() * x().exp();
    assert!((evaluate(&negative, &at(1000.0)).unwrap() + 1.0).abs() < 1e-9);
}

// ---------------------------------------------------------------- integrals and sums

/// The estimate is right within its own error, and the error is no larger than it should be.
#[track_caller]
fn check(found: Option<Estimate>, expected: f64, largest_error: f64) {
    let found = found.expect("an estimate");
    let off = (found.value - expected).abs();
    assert!(off <= found.error, "{} is off by {off:e} from {expected}, but claims {:e}", found.value, found.error);
    assert!(found.error <= largest_error, "{expected}: claims only {:e}", found.error);
}

const INFINITY: f64 = f64::INFINITY;

#[test]
fn smooth_and_singular_integrals() {
    check(integrate(&|x| x * x, 0.0, 3.0), 9.0, 1e-11);
    check(integrate(&|x| x * x, 3.0, 0.0), -9.0, 1e-11);
    check(integrate(&f64::exp, -1.0, 1.0), E - 1.0 / E, 1e-12);
    check(integrate(&|x| 1.0 / x.sqrt(), 0.0, 1.0), 2.0, 1e-11);
    check(integrate(&f64::ln, 0.0, 1.0), -1.0, 1e-11);
    check(integrate(&|x| x.powf(-0.9), 0.0, 1.0), 10.0, 1e-10);
    check(integrate(&|x| (-x).exp(), 0.0, INFINITY), 1.0, 1e-12);
    check(integrate(&|x| (-x * x).exp(), -INFINITY, INFINITY), PI.sqrt(), 1e-12);
    check(integrate(&|x| 1.0 / (1.0 + x * x), -INFINITY, INFINITY), PI, 1e-11);
    check(integrate(&|x| x.powf(-1.5), 1.0, INFINITY), 2.0, 1e-10);
    check(integrate(&f64::cos, 0.0, 20.0), 20f64.sin(), 1e-10);
    // A singularity at an end that is not zero: the float cannot come near enough, and the error says so.
    check(integrate(&|x| 1.0 / (1.0 - x).sqrt(), 0.0, 1.0), 2.0, 1e-6);
    check(integrate(&|_| 1.0, 2.0, 2.0), 0.0, 0.0);
}

#[test]
fn kinks_and_jumps_inside() {
    check(integrate(&|x| (x - 0.3).abs(), -1.0, 2.0), 0.5 * (1.3 * 1.3 + 1.7 * 1.7), 1e-9);
    check(integrate(&|x| (x - 2.0).abs() * (-x * x / 2.0).exp(), -INFINITY, INFINITY), 5.055_822_619_763_658, 1e-9);
    check(integrate(&|x| if x > 0.7 { 1.0 } else { 0.0 }, 0.0, 1.0), 0.3, 1e-6);
}

#[test]
fn mass_far_away_or_narrow_is_found() {
    let normal = |mean: f64, deviation: f64| {
        move |x: f64| (-0.5 * ((x - mean) / deviation).powi(2)).exp() / (deviation * (2.0 * PI).sqrt())
    };
    // log of the density underflows to −∞ here, so the logarithm has to be given: see `expectation`.
    check(integrate(&normal(3.0, 0.5), -INFINITY, INFINITY), 1.0, 1e-11);
    for (mean, deviation) in [(1000.0, 0.01), (-12345.678, 1e-3), (0.0, 1e-9), (1e6, 2.0), (5.0, 1e8), (1e-7, 1e-12)] {
        let log = |x: &[f64]| -0.5 * ((x[0] - mean) / deviation).powi(2) - f64::ln(deviation) - 0.5 * (2.0 * PI).ln();
        let line = Region::interval(-INFINITY, INFINITY);
        check(expectation(&log, &|_| 1.0, &line), 1.0, 1e-6);
        check(expectation(&log, &|x| x[0], &line), mean, 1e-6 * (mean.abs() + deviation));
        let square = |x: &[f64]| ((x[0] - mean) / deviation).powi(2);
        check(expectation(&log, &square, &line), 1.0, 1e-6);
    }
}

#[test]
fn divergence_is_noticed() {
    assert_eq!(integrate(&|x| 1.0 / x, 1.0, INFINITY), None);
    assert_eq!(integrate(&|x| 1.0 / x, 0.0, 1.0), None);
    assert_eq!(integrate(&|x| x / (1.0 + x * x), -INFINITY, INFINITY), None);
    assert_eq!(integrate(&|x| x, 0.0, INFINITY), None);
    assert_eq!(sum(&|k| 1.0 / k, 1.0, INFINITY), None);
    assert_eq!(sum(&|_| 1.0, 0.0, INFINITY), None);
}

#[test]
fn sums_over_whole_numbers() {
    check(sum(&|k| k, 1.0, 100.0), 5050.0, 1e-9);
    check(sum(&|k| 0.5f64.powf(k), 0.0, INFINITY), 2.0, 1e-12);
    check(sum(&|k| 0.999f64.powf(k), 0.0, INFINITY), 1000.0, 1e-8);
    check(sum(&|k| (-k * k / 2e6).exp(), -INFINITY, INFINITY), (2e6 * PI).sqrt(), 1e-8);
    check(sum(&|k| k.powf(-2.0), 1.0, INFINITY), PI * PI / 6.0, 1e-11);
    check(sum(&|k| k.powf(-1.1), 1.0, INFINITY), special::zeta(1.1), 1e-8);
    check(sum(&|k| k.ln() * k.powf(-1.5), 1.0, INFINITY), -special::zeta_derivative(1, 1.5), 1e-8);
    check(sum(&|k| k, 1.0, 100_000.0), 5_000_050_000.0, 1e-2);
    // Undefined between the whole numbers: the tail is only bounded.
    let jagged = |k: f64| if k.fract() == 0.0 { k.powf(-2.0) } else { f64::NAN };
    check(sum(&jagged, 1.0, INFINITY), PI * PI / 6.0, 1e-3);
    check(sum(&|_| 1.0, 3.0, 2.0), 0.0, 0.0);
}

// ---------------------------------------------------------------- expectations

#[test]
fn textbook_moments() {
    let half_line = Region::interval(0.0, INFINITY);
    for (a, b) in [(2.5, 3.0), (0.3, 2.0), (0.05, 7.0), (12.0, 0.01)] {
        let log = |x: &[f64]| a * f64::ln(b) - special::ln_gamma(a) + (a - 1.0) * x[0].ln() - b * x[0];
        // The rounding of log Γ(a), the same at every point, is not in the estimate.
        let mass = expectation(&log, &|_| 1.0, &half_line).unwrap();
        assert!((mass.value - 1.0).abs() < mass.error + 1e-12 && mass.error < 1e-9, "{mass:?}");
        check(expectation(&log, &|x| x[0].ln(), &half_line), special::digamma(a) - f64::ln(b), 1e-8);
        check(expectation(&log, &|x| x[0], &half_line), a / b, 1e-9 * (a / b));
    }
    let laplace = |x: &[f64]| -(x[0] - 1.7).abs() / 0.4 - f64::ln(0.8);
    let line = Region::interval(-INFINITY, INFINITY);
    check(expectation(&laplace, &|x| (x[0] - 1.7).abs(), &line), 0.4, 1e-10);
    check(expectation(&laplace, &|x| (x[0] - 2.0).signum(), &line), -(1.0 - (-0.75f64).exp()), 1e-6);
    let beta = |x: &[f64]| 1.5 * x[0].ln() + 3.0 * (1.0 - x[0]).ln() - special::beta(2.5, 4.0).ln();
    check(
        expectation(&beta, &|x| x[0].ln(), &Region::interval(0.0, 1.0)),
        special::digamma(2.5) - special::digamma(6.5),
        1e-10,
    );
    let cauchy = |x: &[f64]| -(1.0 + x[0] * x[0]).ln() - PI.ln();
    check(expectation(&cauchy, &|_| 1.0, &line), 1.0, 1e-10);
    assert_eq!(expectation(&cauchy, &|x| x[0], &line), None);
    let circular = |x: &[f64]| 2.5 * (x[0] - 3.0).cos() - (2.0 * PI * special::besseli(0.0, 2.5)).ln();
    let ratio = special::besseli(1.0, 2.5) / special::besseli(0.0, 2.5);
    check(expectation(&circular, &|x| (x[0] - 3.0).cos(), &Region::interval(-PI, PI)), ratio, 1e-10);
    for rate in [0.2, 3.5, 1e3, 1e6] {
        let log = |x: &[f64]| x[0] * f64::ln(rate) - rate - special::ln_gamma(x[0] + 1.0);
        check(expectation(&log, &|x| x[0] / rate, &Region::integers(0.0, INFINITY)), 1.0, 1e-6);
    }
}

#[test]
fn terms_that_overflow_far_out() {
    // A logistic density through `evaluate`, which has no value where exp(-x) overflows.
    let density = (-x()) - Term::integer(2) * (Term::one() + (-x()).exp()).log();
    let log = |z: &[f64]| evaluate(&density, &BTreeMap::from([(Name::new("x"), z[0])])).unwrap_or(f64::NAN);
    let line = Region::interval(-INFINITY, INFINITY);
    check(expectation(&log, &|_| 1.0, &line), 1.0, 1e-10);
    check(expectation(&log, &|z| z[0] * z[0], &line), PI * PI / 3.0, 1e-9);
}

#[test]
fn supports_of_several_coordinates() {
    let names = |count: usize| (1..=count).map(|i| Name::new(&format!("x{i}"))).collect::<Vec<_>>();
    let v = |i: usize| Term::variable(format!("x{i}").as_str());
    let none = BTreeMap::new();

    // Dirichlet(2, 3, 4) on the simplex x1 + x2 < 1.
    let simplex = Support::Product {
        coordinates: names(2).into_iter().map(|name| (name, Domain::positive())).collect(),
        inequalities: vec![Term::one() - v(1) - v(2)],
    };
    let region = Region::new(&simplex, &none).unwrap();
    let normaliser = special::ln_gamma(9.0) - special::ln_gamma(2.0) - special::ln_gamma(3.0) - special::ln_gamma(4.0);
    let dirichlet = |x: &[f64]| normaliser + x[0].ln() + 2.0 * x[1].ln() + 3.0 * (1.0 - x[0] - x[1]).ln();
    check(expectation(&dirichlet, &|_| 1.0, &region), 1.0, 1e-7);
    check(expectation(&dirichlet, &|x| x[0] * x[1], &region), 6.0 / 90.0, 1e-7);

    // Trinomial(10; 0.2, 0.3, 0.5), with the parameters of the bounds given.
    let whole = Domain::Integers { lower: Some(Term::zero()), upper: Some(Term::variable("n")) };
    let trinomial = Support::Product {
        coordinates: names(2).into_iter().map(|name| (name, whole.clone())).collect(),
        inequalities: vec![Term::variable("n") - v(1) - v(2)],
    };
    let region = Region::new(&trinomial, &BTreeMap::from([(Name::new("n"), 10.0)])).unwrap();
    let log = |x: &[f64]| {
        let rest = 10.0 - x[0] - x[1];
        special::ln_gamma(11.0) - [x[0], x[1], rest].iter().map(|k| special::ln_gamma(k + 1.0)).sum::<f64>()
            + x[0] * f64::ln(0.2)
            + x[1] * f64::ln(0.3)
            + rest * f64::ln(0.5)
    };
    check(expectation(&log, &|_| 1.0, &region), 1.0, 1e-11);
    check(expectation(&log, &|x| x[0] * x[1], &region), 90.0 * 0.06, 1e-9);

    // A bound that speaks of another coordinate: uniform on 0 < x2 < x1 < 1.
    let triangle = Support::Product {
        coordinates: vec![
            (Name::new("x1"), Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::one()) }),
            (Name::new("x2"), Domain::Interval { lower: Some(Term::zero()), upper: Some(v(1)) }),
        ],
        inequalities: Vec::new(),
    };
    let region = Region::new(&triangle, &none).unwrap();
    check(expectation(&|_| f64::ln(2.0), &|x| x[0] * x[1], &region), 0.25, 1e-8);

    // A correlated normal far from the origin.
    let line = Domain::real();
    let plane = Support::Product {
        coordinates: names(2).into_iter().map(|name| (name, line.clone())).collect(),
        inequalities: Vec::new(),
    };
    let region = Region::new(&plane, &none).unwrap();
    let log = |x: &[f64]| {
        let (a, b) = (x[0] - 50.0, (x[1] + 20.0) / 0.1);
        -0.5 * (a * a - 1.6 * a * b + b * b) / 0.36 - (2.0 * PI * 0.6 * 0.1).ln()
    };
    check(expectation(&log, &|_| 1.0, &region), 1.0, 1e-6);
    check(expectation(&log, &|x| (x[0] - 50.0) * (x[1] + 20.0), &region), 0.08, 1e-6);

    let points = Support::Points {
        names: names(2),
        points: vec![
            vec![Term::one(), Term::zero()],
            vec![Term::zero(), Term::one()],
            vec![Term::zero(), Term::zero()],
        ],
    };
    let region = Region::new(&points, &none).unwrap();
    let log = |x: &[f64]| x[0] * f64::ln(0.2) + x[1] * f64::ln(0.3) + (1.0 - x[0] - x[1]) * f64::ln(0.5);
    check(expectation(&log, &|x| x[0] + 2.0 * x[1], &region), 0.8, 1e-12);

    // Not affine: not attempted.
    let disc = Support::Product {
        coordinates: names(2).into_iter().map(|name| (name, line.clone())).collect(),
        inequalities: vec![Term::one() - v(1) * v(1) - v(2) * v(2)],
    };
    assert_eq!(Region::new(&disc, &none), None);
}

#[test]
fn three_coordinates_of_three_kinds() {
    // An exponential, a Poisson and a coin.
    let coordinates = vec![
        (Name::new("x1"), Domain::positive()),
        (Name::new("x2"), Domain::natural()),
        (Name::new("x3"), Domain::Finite(vec![Term::zero(), Term::one()])),
    ];
    let support = Support::Product { coordinates, inequalities: Vec::new() };
    let region = Region::new(&support, &BTreeMap::new()).unwrap();
    let log = |x: &[f64]| {
        let poisson = x[1] * f64::ln(2.5) - 2.5 - special::ln_gamma(x[1] + 1.0);
        f64::ln(3.0) - 3.0 * x[0] + poisson + if x[2] == 0.0 { f64::ln(0.3) } else { f64::ln(0.7) }
    };
    check(expectation(&log, &|x| x[0] * x[1] * x[2], &region), 2.5 * 0.7 / 3.0, 1e-6);
}

// ---------------------------------------------------------------- sample points

fn named(domains: &[(&str, Domain)]) -> BTreeMap<Name, Domain> {
    domains.iter().map(|(name, domain)| (Name::new(name), domain.clone())).collect()
}

fn show(point: &BTreeMap<Name, Rational>) -> String {
    point.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_first_point_is_the_one_a_person_would_try() {
    let shape_and_rate =
        Context { domains: named(&[("a", Domain::positive()), ("b", Domain::positive())]), ..Context::default() };
    let points = sample_points(&shape_and_rate, 5);
    assert_eq!(show(&points[0]), "a = 2, b = 3");
    assert_eq!(points.len(), 5);
    assert_eq!(points, sample_points(&shape_and_rate, 5));
    let location =
        Context { domains: named(&[("mu", Domain::real()), ("sigma", Domain::positive())]), ..Context::default() };
    assert_eq!(show(&sample_points(&location, 3)[0]), "mu = 2, sigma = 3");
    let probability = Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::one()) };
    let binomial = Context {
        domains: named(&[
            ("k", Domain::Integers { lower: Some(Term::zero()), upper: Some(Term::variable("n")) }),
            ("n", Domain::Integers { lower: Some(Term::one()), upper: None }),
            ("p", probability),
        ]),
        ..Context::default()
    };
    assert_eq!(show(&sample_points(&binomial, 1)[0]), "k = 2, n = 4, p = 1/4");
}

#[test]
fn points_meet_domains_and_conditions_and_are_generic() {
    let v = |name: &str| Term::variable(name);
    let probability = Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::one()) };
    let below_pi = Domain::Interval { lower: None, upper: Some(Term::Constant(Constant::Pi)) };
    let context = Context {
        domains: named(&[
            ("p1", probability.clone()),
            ("p2", probability.clone()),
            ("p3", probability.clone()),
            ("s11", Domain::positive()),
            ("s12", Domain::real()),
            ("s22", Domain::positive()),
            ("t", below_pi),
            ("u", Domain::Interval { lower: Some(v("t")), upper: Some(Term::integer(4) + v("t")) }),
            ("w", Domain::Angle),
            ("y", Domain::Finite(vec![Term::zero(), Term::one()])),
        ]),
        positive: vec![
            Term::one() - v("p1") - v("p2") - v("p3"),
            v("s11") * v("s22") - v("s12") * v("s12"),
            v("p2") - v("p1"),
        ],
        nonnegative: vec![v("s11") - v("s22")],
    };
    let points = sample_points(&context, 8);
    assert_eq!(points.len(), 8);
    let half = rational("1/2");
    for point in &points {
        let at = |name: &str| &point[&Name::new(name)];
        for condition in &context.positive {
            assert!(enclose(condition, point).unwrap().is_positive(), "{condition} at {}", show(point));
        }
        assert!(at("u") > at("t") && *at("u") < at("t") + rational("4") && *at("t") < rational("22/7"));
        let continuous: Vec<Rational> =
            point.iter().filter(|(name, _)| name.as_str() != "y").map(|(_, value)| value.abs()).collect();
        for (i, value) in continuous.iter().enumerate() {
            assert!(!value.is_zero() && *value != rational("1") && *value != half, "{}", show(point));
            assert!(!continuous[..i].contains(value), "{}", show(point));
        }
    }
    let circular = Context {
        domains: named(&[
            ("a", Domain::Interval { lower: Some(v("b")), upper: None }),
            ("b", Domain::Interval { lower: Some(v("a")), upper: None }),
        ]),
        ..Context::default()
    };
    assert!(sample_points(&circular, 3).is_empty());
    let impossible = Context { positive: vec![-(v("a") * v("a"))], ..Context::default() };
    assert!(sample_points(&impossible, 3).is_empty());
}

/// Function, arguments, value: 42 digits of mpmath 1.3 (mp.dps = 60), as `nstr(f(*arguments), 42)`.
const MPMATH: &[(&str, &[&str], &str)] = &[
    // mpmath: gamma(x)
    ("gamma", &["1/1024"], "1.02342374934556783036949871823993027088897e+3"),
    ("gamma", &["1/3"], "2.67893853470774763365569294097467764412869"),
    ("gamma", &["1/2"], "1.77245385090551602729816748334114518279755"),
    ("gamma", &["3/2"], "8.86226925452758013649083741670572591398775e-1"),
    ("gamma", &["7/3"], "1.19063934875899894829141908487763450850164"),
    ("gamma", &["10"], "3.62880000000000000000000000000000000000000e+5"),
    ("gamma", &["51/2"], "3.08677054052869678277088219551542706545443e+24"),
    ("gamma", &["150"], "3.80892263763056972698595524350736933545970e+260"),
    ("gamma", &["-1/2"], "-3.54490770181103205459633496668229036559510"),
    ("gamma", &["-5/2"], "-9.45308720482941881225689324448610764158693e-1"),
    ("gamma", &["-21/4"], "2.40336460690816999901782980228130891234297e-2"),
    ("gamma", &["-49/3"], "-6.78730616921488949629513444852158219012089e-14"),
    // mpmath: loggamma(x)
    ("lgamma", &["1/1000000"], "1.38155099807494316692078268710064009847240e+1"),
    ("lgamma", &["1/3"], "9.85420646927767069187174036977961391735556e-1"),
    ("lgamma", &["7/8"], "8.58587072253343235023655837694877022697191e-2"),
    ("lgamma", &["9/8"], "-6.00231841260395829314058432074301142782195e-2"),
    ("lgamma", &["7/3"], "1.74490430711438305231147806049263118591576e-1"),
    ("lgamma", &["51/2"], "5.63891676437199467444524387035886644082431e+1"),
    ("lgamma", &["1000"], "5.90522042320918121182607691236144078984894e+3"),
    ("lgamma", &["123457/2"], "6.19163185638524565218771970464812663921608e+5"),
    ("lgamma", &["10000000000"], "2.20258509288810581470041923123460126556427e+11"),
    // mpmath: digamma(x)
    ("digamma", &["1/1000000"], "-1.00000057721401996866806820091301516823513e+6"),
    ("digamma", &["1/3"], "-3.13203378002080632299641907428726885415543"),
    ("digamma", &["1"], "-5.77215664901532860606512090082402431042159e-1"),
    ("digamma", &["3/2"], "3.64899739785765205590236670012444328068404e-2"),
    ("digamma", &["7/3"], "6.17966219979193677003580925712731145844572e-1"),
    ("digamma", &["25/2"], "2.48519565127491204815044034174003520336501"),
    ("digamma", &["100"], "4.60016185273808740019860558557585072686681"),
    ("digamma", &["10000000000"], "2.30258509298904568401790812135103087426777e+1"),
    ("digamma", &["-1/2"], "3.64899739785765205590236670012444328068404e-2"),
    ("digamma", &["-5/2"], "1.10315664064524318722569033366791109947351"),
    ("digamma", &["-7/3"], "2.86033701278484009902623061192631544955721"),
    ("digamma", &["-81/4"], "6.17423563361448376916913464317460058306817"),
    // mpmath: polygamma(1, x)
    ("trigamma", &["1/1000000"], "1.00000000000164493166273766708283727184788e+12"),
    ("trigamma", &["1/3"], "1.00955971254270940817920040998925163605189e+1"),
    ("trigamma", &["1/2"], "4.93480220054467930941724549993807556765685"),
    ("trigamma", &["1"], "1.64493406684822643647241516664602518921895"),
    ("trigamma", &["7/3"], "5.33097125427094081792004099892516360518904e-1"),
    ("trigamma", &["25/2"], "8.32852246015783704435911329395844002175202e-2"),
    ("trigamma", &["1000"], "1.00050016666663333335714282380959956684645e-3"),
    ("trigamma", &["1000000"], "1.00000050000016666666666663333333333335714e-6"),
    ("trigamma", &["-1/2"], "8.93480220054467930941724549993807556765685"),
    ("trigamma", &["-7/3"], "1.28100488787464725120281335598062973981307e+1"),
    ("trigamma", &["-81/4"], "1.96910253510087114255391379164583613721607e+1"),
    // mpmath: polygamma(n, x)
    ("polygamma", &["2", "1/3"], "-5.51221223994016075524557559548150185690842e+1"),
    ("polygamma", &["2", "1"], "-2.40411380631918857079947632302289998152997"),
    ("polygamma", &["2", "7/3"], "-2.78372399401607552455755954815018569084191e-1"),
    ("polygamma", &["2", "50"], "-4.08079989337596931407953654446083966475113e-4"),
    ("polygamma", &["3", "1/2"], "9.74090910340024372364403326887051112497276e+1"),
    ("polygamma", &["3", "9/4"], "3.24544009188396022791243829035056768401847e-1"),
    ("polygamma", &["4", "3/4"], "-1.02800605815417472538922349047110477339463e+2"),
    ("polygamma", &["5", "10"], "3.05945162117268209048582445622294131777476e-4"),
    ("polygamma", &["7", "11/5"], "9.70766680157798315880434447564926488878632"),
    ("polygamma", &["12", "5/2"], "-3.25669798040269785998104224234736453271803e+3"),
    ("polygamma", &["2", "-3/2"], "-2.36204051641727403003741668567707278117216e-1"),
    ("polygamma", &["3", "-7/4"], "1.55838484041654952641599160787488015217618e+3"),
    ("polygamma", &["2", "12345"], "-6.56225331977094942749013659708349039811821e-9"),
    // mpmath: zeta(s)
    ("zeta", &["17/16"], "1.65817476466550213957844401920510990176291e+1"),
    ("zeta", &["3/2"], "2.61237534868548834334856756792407163057080"),
    ("zeta", &["2"], "1.64493406684822643647241516664602518921895"),
    ("zeta", &["5/2"], "1.34148725725091717975676969334861213662304"),
    ("zeta", &["3"], "1.20205690315959428539973816151144999076499"),
    ("zeta", &["4"], "1.08232323371113819151600369654116790277475"),
    ("zeta", &["7"], "1.00834927738192282683979754984979675959986"),
    ("zeta", &["21/2"], "1.00070084264173615521950374059761469984503"),
    ("zeta", &["33"], "1.00000000011641550172700519775929738354563"),
    ("zeta", &["80"], "1.00000000000000000000000082718061255303444"),
    // mpmath: zeta(s, derivative=n)
    ("zeta_derivative", &["1", "17/16"], "-2.55927793719497915636611981543905213296318e+2"),
    ("zeta_derivative", &["1", "2"], "-9.37548254315843753702574094567864977897860e-1"),
    ("zeta_derivative", &["1", "5/2"], "-3.87341950326209972711992375931051013199482e-1"),
    ("zeta_derivative", &["2", "3/2"], "1.59895563712256867497188974132073364750834e+1"),
    ("zeta_derivative", &["2", "3"], "2.39746917305387184244176549838881299550927e-1"),
    ("zeta_derivative", &["3", "2"], "-6.00014580284304486564394121753784838374059"),
    ("zeta_derivative", &["3", "9/2"], "-3.84739130370103389328278955808743808560175e-2"),
    ("zeta_derivative", &["4", "5/4"], "2.45760021208937535898392422910653123424396e+4"),
    ("zeta_derivative", &["1", "10"], "-6.97033008171393693680022578705010078649115e-4"),
    // mpmath: besseli(nu, x)
    ("besseli", &["0", "1/100"], "1.00002500015625043402845594685872442928385"),
    ("besseli", &["0", "1"], "1.26606587775200833559824462521471753760767"),
    ("besseli", &["0", "7/2"], "7.37820343222547966034383784616301991414468"),
    ("besseli", &["1", "7/2"], "6.20583492225836547362260925264883198349774"),
    ("besseli", &["2", "-7/2"], "3.83201204807784224684520398750654449500311"),
    ("besseli", &["3", "-7/2"], "-1.82639258159797433437094755264135256063705"),
    ("besseli", &["-1", "7/2"], "6.20583492225836547362260925264883198349774"),
    ("besseli", &["5", "1/3"], "1.07664483243590760946557273577486908846459e-6"),
    ("besseli", &["0", "39"], "5.54974295531418376492838538633439410919254e+15"),
    ("besseli", &["0", "41"], "3.99882628283143559750584415581614123486852e+16"),
    ("besseli", &["1", "50"], "2.90307859010355679675143325543208797829819e+20"),
    ("besseli", &["2", "100"], "1.05238431932431057389559794233900875597948e+42"),
    ("besseli", &["1/2", "3"], "4.61482290340760094785298030024927703459478"),
    ("besseli", &["7/3", "9/4"], "6.82158347447420927310306215667209741461612e-1"),
    ("besseli", &["3/2", "60"], "5.78367813314060082367292978367334880919349e+24"),
    ("besseli", &["20", "5"], "5.02423935797180599205961084954649777108668e-11"),
    ("besseli", &["40", "100"], "3.84170549968042762473881810654271274258001e+38"),
    ("besseli", &["0", "700"], "1.52959334767187373631620722889045086496627e+302"),
    ("besseli", &["-1/3", "2"], "2.22303718615125331637119374093981109370541"),
    ("besseli", &["-7/2", "3"], "4.54146805663095390631123001042240172653812e-1"),
    // mpmath: besselk(nu, x)
    ("besselk", &["0", "1/100"], "4.72124473016109496513587770839986003526586"),
    ("besselk", &["0", "1"], "4.21024438240708333335627379212609036136220e-1"),
    ("besselk", &["0", "7/2"], "1.95988971703684891075729589267969136519789e-2"),
    ("besselk", &["1", "7/2"], "2.22393929259238337385636719822622125159646e-2"),
    ("besselk", &["3", "2"], "6.47385390948634153159235570971196737658357e-1"),
    ("besselk", &["1/2", "3"], "3.60259851317645925655104564048223993160601e-2"),
    ("besselk", &["3/2", "9/4"], "1.27205807160828438556145249574962157389383e-1"),
    ("besselk", &["5/2", "7"], "6.43541154481307574083629892842296262977847e-4"),
    ("besselk", &["-3/2", "9/4"], "1.27205807160828438556145249574962157389383e-1"),
    ("besselk", &["1/3", "2"], "1.16544961296165248758942628914632896753174e-1"),
    ("besselk", &["7/3", "1/5"], "1.27307264549850740232394264759635131762087e+2"),
    ("besselk", &["-7/3", "4"], "2.03760316084304003826364500970680893926556e-2"),
    ("besselk", &["0", "25"], "3.46416156221311435539853822297449482430755e-12"),
    ("besselk", &["2", "40"], "8.81771769784261896626714906714780120383475e-19"),
    ("besselk", &["10", "1/2"], "1.88937569319900259644624178168338702727386e+11"),
    ("besselk", &["9/2", "30"], "2.97064990238382418520757099241945132073059e-14"),
    // mpmath: erf(x)
    ("erf", &["1/1000"], "1.12837879096923637994847765690481259924686e-3"),
    ("erf", &["1/2"], "5.20499877813046537682746653891964528736452e-1"),
    ("erf", &["-1/2"], "-5.20499877813046537682746653891964528736452e-1"),
    ("erf", &["1"], "8.42700792949714869341220635082609259296067e-1"),
    ("erf", &["7/4"], "9.86671671219182443772211100128687976607302e-1"),
    ("erf", &["3"], "9.99977909503001414558627223870417679620152e-1"),
    ("erf", &["5"], "9.99999999998462540205571965149811656514617e-1"),
    ("erf", &["-9/2"], "-9.99999999803383955845711252372083963233567e-1"),
    // mpmath: beta(a, b)
    ("beta", &["1/2", "1/2"], "3.14159265358979323846264338327950288419717"),
    ("beta", &["2", "3"], "8.33333333333333333333333333333333333333333e-2"),
    ("beta", &["7/3", "9/4"], "1.03211869198844000518491910041848098908231e-1"),
    ("beta", &["1/10", "30"], "6.78083027775766998048930304163311214371814"),
    ("beta", &["40", "50"], "7.51617121185538219110187105281337993145481e-28"),
    // mpmath: binomial(n, k)
    ("binomial", &["10", "3"], "1.20000000000000000000000000000000000000000e+2"),
    ("binomial", &["100", "50"], "1.00891344545564193334812497256000000000000e+29"),
    ("binomial", &["5", "7"], "0.0"),
    ("binomial", &["7/2", "2"], "4.37500000000000000000000000000000000000000"),
    ("binomial", &["-3/2", "4"], "2.46093750000000000000000000000000000000000"),
    ("binomial", &["15/2", "9/4"], "2.97807240185583582034687645912399312836997e+1"),
    ("binomial", &["1000", "998"], "4.99500000000000000000000000000000000000000e+5"),
    // mpmath: factorial(x)
    ("factorial", &["0"], "1.00000000000000000000000000000000000000000"),
    ("factorial", &["1"], "1.00000000000000000000000000000000000000000"),
    ("factorial", &["5"], "1.20000000000000000000000000000000000000000e+2"),
    ("factorial", &["20"], "2.43290200817664000000000000000000000000000e+18"),
    ("factorial", &["5/2"], "3.32335097044784255118406403126464721774541"),
    // mpmath: exp(x)
    ("exp", &["0"], "1.00000000000000000000000000000000000000000"),
    ("exp", &["1/7"], "1.15356499489510775346133962447186244199569"),
    ("exp", &["-1/7"], "8.66877899750181627502932476581602563196532e-1"),
    ("exp", &["1"], "2.71828182845904523536028747135266249775725"),
    ("exp", &["-9/4"], "1.05399224561864336783217689240698097268491e-1"),
    ("exp", &["20"], "4.85165195409790277969106830541540558684639e+8"),
    ("exp", &["50/3"], "1.73077799533672678480135559597649042717270e+7"),
    // mpmath: cosh(x)
    ("cosh", &["0"], "1.00000000000000000000000000000000000000000"),
    ("cosh", &["1/7"], "1.01022144732264469048213605052673250259611"),
    ("cosh", &["-1/7"], "1.01022144732264469048213605052673250259611"),
    ("cosh", &["1"], "1.54308063481524377847790562075706168260153"),
    ("cosh", &["-9/4"], "4.79656753046019502866679336687621826051936"),
    ("cosh", &["20"], "2.42582597704895140015130226490049193325290e+8"),
    ("cosh", &["50/3"], "8.65388997668366281274937507558136545952293e+6"),
    // mpmath: sinh(x)
    ("sinh", &["0"], "0.0"),
    ("sinh", &["1/7"], "1.43343547572463062979203573945129939399578e-1"),
    ("sinh", &["-1/7"], "-1.43343547572463062979203573945129939399578e-1"),
    ("sinh", &["1"], "1.17520119364380145688238185059560081515572"),
    ("sinh", &["-9/4"], "-4.69116830589833069188357567763552016325087"),
    ("sinh", &["20"], "2.42582597704895137953976604051491365359349e+8"),
    ("sinh", &["50/3"], "8.65388997668360503526418088418353881220411e+6"),
    // mpmath: tanh(x)
    ("tanh", &["0"], "0.0"),
    ("tanh", &["1/7"], "1.41893193766932546023000703867668836989390e-1"),
    ("tanh", &["-1/7"], "-1.41893193766932546023000703867668836989390e-1"),
    ("tanh", &["1"], "7.61594155955764888119458282604793590412769e-1"),
    ("tanh", &["-9/4"], "-9.78026114738813639922729243006183165864753e-1"),
    ("tanh", &["20"], "9.99999999999999991503291489416822045438558e-1"),
    ("tanh", &["50/3"], "9.99999999999993323524409270009912009966572e-1"),
    // mpmath: atan(x)
    ("atan", &["0"], "0.0"),
    ("atan", &["1/7"], "1.41897054604163922812851617102553083007782e-1"),
    ("atan", &["-1/7"], "-1.41897054604163922812851617102553083007782e-1"),
    ("atan", &["1"], "7.85398163397448309615660845819875721049292e-1"),
    ("atan", &["-9/4"], "-1.15257199721566751804014986261275137974947"),
    ("atan", &["20"], "1.52083793107295385782131540460490656060731"),
    ("atan", &["50/3"], "1.51086817167368873479950637777823003266685"),
    // mpmath: sin(x)
    ("sin", &["0"], "0.0"),
    ("sin", &["1/7"], "1.42371729792263667165272320706231170786867e-1"),
    ("sin", &["-1/7"], "-1.42371729792263667165272320706231170786867e-1"),
    ("sin", &["1"], "8.41470984807896506652502321630298999622563e-1"),
    ("sin", &["-9/4"], "-7.78073196887921241410966675587757320804461e-1"),
    ("sin", &["20"], "9.12945250727627654376099983845682301297933e-1"),
    ("sin", &["50/3"], "-8.18447253157944452429812261041293796017514e-1"),
    // mpmath: cos(x)
    ("cos", &["0"], "1.00000000000000000000000000000000000000000"),
    ("cos", &["1/7"], "9.89813260446615082695726137013433745874033e-1"),
    ("cos", &["-1/7"], "9.89813260446615082695726137013433745874033e-1"),
    ("cos", &["1"], "5.40302305868139717400936607442976603732310e-1"),
    ("cos", &["-9/4"], "-6.28173622722739088913389057396403306788815e-1"),
    ("cos", &["20"], "4.08082061813391986062267860927644957099300e-1"),
    ("cos", &["50/3"], "-5.74581668519119729616948217323861517425922e-1"),
    // mpmath: tan(x)
    ("tan", &["0"], "0.0"),
    ("tan", &["1/7"], "1.43836959436190935280030599135623344987568e-1"),
    ("tan", &["-1/7"], "-1.43836959436190935280030599135623344987568e-1"),
    ("tan", &["1"], "1.55740772465490223050697480745836017308725"),
    ("tan", &["-9/4"], "1.23862761622409647528657335848311581898781"),
    ("tan", &["20"], "2.23716094422474226528717324773034917837248"),
    ("tan", &["50/3"], "1.42442284186918830118066739935711095981145"),
    // mpmath: log(x)
    ("log", &["1/1000000"], "-1.38155105579642741041079487281061852456066e+1"),
    ("log", &["1/3"], "-1.09861228866810969139524523692252570464749"),
    ("log", &["3/4"], "-2.87682072451780927439219005993827431503510e-1"),
    ("log", &["1"], "0.0"),
    ("log", &["9/8"], "1.17783035656383454538794109470521705068481e-1"),
    ("log", &["2"], "6.93147180559945309417232121458176568075500e-1"),
    ("log", &["10"], "2.30258509299404568401799145468436420760110"),
    ("log", &["1000000007"], "2.07232658439464111316619232064926106014933e+1"),
    // mpmath: sqrt(x)
    ("sqrt", &["1/4"], "5.00000000000000000000000000000000000000000e-1"),
    ("sqrt", &["2"], "1.41421356237309504880168872420969807856967"),
    ("sqrt", &["1/3"], "5.77350269189625764509148780501957455647602e-1"),
    ("sqrt", &["1000000007"], "3.16227767123635112321927060568884957401342e+4"),
];

/// Beta(a, b) with a small b has a fifth of its mass where no floating-point number lies between it and 1: the
/// variance of log(x/(1 − x)) is ψ′(a) + ψ′(b), or the estimate says how little it knows.
#[test]
fn mass_beyond_the_last_number_below_an_end_is_doubted() {
    for (a, b) in [("1/3", "1/20"), ("2", "1/10"), ("1/2", "1/3")] {
        let value = |text: String| {
            let term = fisherproof::model::read_term(&text).expect("a term");
            evaluate(&term, &BTreeMap::new()).expect("a value")
        };
        let log_beta = value(format!("lgamma({a}) + lgamma({b}) - lgamma({a} + {b})"));
        let mean = value(format!("digamma({a}) - digamma({b})"));
        let variance = value(format!("trigamma({a}) + trigamma({b})"));
        let (a, b) = (value(a.into()), value(b.into()));
        let log_density = |x: &[f64]| (a - 1.0) * x[0].ln() + (b - 1.0) * (1.0 - x[0]).ln() - log_beta;
        let square = |x: &[f64]| ((x[0] / (1.0 - x[0])).ln() - mean).powi(2);
        if let Some(found) = expectation(&log_density, &square, &Region::interval(0.0, 1.0)) {
            let off = (found.value - variance).abs();
            assert!(off <= 1e-6 * variance + 10.0 * found.error, "a = {a}, b = {b}: {found:?} and not {variance}");
        }
    }
}
