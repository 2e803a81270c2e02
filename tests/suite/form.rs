//! The forms of results: what a statistician would write, whatever the letters are called.

use fisherproof::derive::family::derive;
use fisherproof::derive::report::{Report, Status};
use fisherproof::kernel::term::Term;
use fisherproof::model::resolve_family;
use fisherproof::syntax;
use fisherproof::syntax::tree::Item;

fn report(body: &str) -> Report {
    let source = fisherproof::source::Source::new("form.fam", &format!("family Form {{ {body} }}"));
    let (file, diagnostics) = syntax::parse(&source);
    assert!(diagnostics.is_empty(), "{body}: {diagnostics:?}");
    let Some(Item::Family(tree)) = file.items.first() else { panic!("{body} is no family") };
    let (family, diagnostics) = resolve_family(tree, &source);
    assert!(diagnostics.is_empty(), "{body}: {diagnostics:?}");
    derive(&family.expect("resolved")).expect("a setting").report
}

fn kl(body: &str) -> String {
    report(body).kl.expect("a closed form").to_string()
}

fn texts(terms: &[Term]) -> Vec<String> {
    terms.iter().map(Term::to_string).collect()
}

#[test]
fn angles_are_put_together() {
    let body = "variate y : angle parameter m : angle, k : positive density exp(k*cos(y - m))/(2*pi*besseli(0, k))";
    let report = report(body);
    assert_eq!(report.score.get(&[0]).expect("a score").to_string(), "k*sin(y - m)");
    let kl = report.kl.expect("a closed form").to_string();
    assert!(kl.contains("cos(m - m_q)"), "{kl}");
    assert!(!kl.contains("sin"), "{kl}");
}

#[test]
fn a_coefficient_stands_before_one_logarithm() {
    let body = "variate (u, v) : {(1, 0), (0, 1), (0, 0)} parameter s : interval(0, 1), t : interval(0, 1) where s + t < 1 \
                mass s^u*t^v*(1 - s - t)^(1 - u - v)";
    let kl = kl(body);
    assert_eq!(kl.matches("log").count(), 3, "{kl}");
    assert!(kl.contains("(1 - s - t)*log((1 - s - t)/(1 - s_q - t_q))"), "{kl}");
}

#[test]
fn hyperbolic_functions_answer_hyperbolic_functions() {
    let spin = report("variate s : {-1, 1} parameter j : real mass exp(j*s)/(2*cosh(j))");
    assert_eq!(spin.mean.expect("a mean")[0].to_string(), "tanh(j)");
    // The same law without a word of them.
    let plain = report("variate s : {-1, 1} parameter j : real mass exp(j*s)/(exp(j) + exp(-j))");
    assert!(!plain.mean.expect("a mean")[0].to_string().contains("tanh"));
}

#[test]
fn counts_have_factorials_and_binomial_coefficients() {
    let poisson = report("variate c : natural parameter r : positive mass r^c*exp(-r)/gamma(c + 1)");
    assert!(poisson.log_density.to_string().contains("log(factorial(c))"), "{}", poisson.log_density);
    let binomial = report(
        "constant m : integers(1, infinity) parameter q : interval(0, 1) variate c : integers(0, m) \
         mass binomial(m, c)*q^c*(1 - q)^(m - c)",
    );
    let form = binomial.exponential.expect("exponential");
    assert_eq!(form.base.to_string(), "binomial(m, c)");
    assert!(!form.log_partition.to_string().contains("factorial"));
}

#[test]
fn powers_with_one_exponent_are_one_power() {
    let kl =
        kl("constant p : positive parameter a : positive variate x : positive density p/a*(x/a)^(p - 1)*exp(-(x/a)^p)");
    assert!(kl.contains("(a/a_q)^p"), "{kl}");
}

#[test]
fn an_exponential_family_has_no_more_statistics_than_it_needs() {
    let known_mean = report(
        "constant m : real parameter s : positive variate x : real density exp(-(x - m)^2/(2*s^2))/(s*sqrt(2*pi))",
    );
    let form = known_mean.exponential.expect("exponential");
    assert_eq!(texts(&form.statistic), ["(x - m)^2"]);
    assert_eq!(form.log_partition.to_string(), "log(s)");
    let genotype = report(
        "variate (u, v) : {(1, 0), (0, 1), (0, 0)} parameter g : interval(0, 1) \
         mass g^(2*u)*(2*g*(1 - g))^v*(1 - g)^(2 - 2*u - 2*v)",
    );
    let form = genotype.exponential.expect("exponential");
    assert_eq!(texts(&form.natural), ["log(g/(1 - g))"]);
    assert_eq!(texts(&form.statistic), ["2*u + v"]);
    assert_eq!(form.base.to_string(), "2^v");
}

#[test]
fn the_logarithm_of_a_density_keeps_its_quotients() {
    let weibull =
        report("parameter k : positive, l : positive variate x : positive density k/l*(x/l)^(k - 1)*exp(-(x/l)^k)");
    assert_eq!(weibull.log_density.to_string(), "k*log(x/l) + log(k/x) - (x/l)^k");
}

/// What depends on two angles through their sum alone.
#[test]
fn an_angle_that_is_a_sum_stays_one() {
    let fringe = report(
        "given a : real variate k : {0, 1} parameter v : interval(0, 1), f : angle \
         mass (1 + (2*k - 1)*v*cos(f + a))/2",
    );
    assert_eq!(fringe.fisher.get(&[0, 0]).expect("an entry").to_string(), "1/(1 - v^2*cos(f + a)^2)*cos(f + a)^2");
    let direction = fringe.null_direction.expect("one direction for one answer");
    assert_eq!(texts(&direction), ["v*sin(f + a)", "cos(f + a)"]);
}

/// A covariate with two values is no exponent.
#[test]
fn powers_of_a_covariate_with_two_values() {
    let chain = report(
        "given x : {0, 1} variate y : {0, 1} parameter a : interval(0, 1), b : interval(0, 1) \
         mass a^((1 - x)*y)*(1 - a)^((1 - x)*(1 - y))*b^(x*y)*(1 - b)^(x*(1 - y))",
    );
    assert_eq!(chain.status, Status::Proved);
    let mean = chain.mean.expect("a mean")[0].to_string();
    assert!(!mean.contains("^x"), "{mean}");
}

/// z K_(v + 1)(z) − 2v K_v(z) is z K_(v − 1)(z).
#[test]
fn two_bessel_functions_are_one_where_they_can_be() {
    let gas = report(
        "variate g : interval(1, infinity) parameter t : positive \
         density g*sqrt(g^2 - 1)/(t*besselk(2, 1/t))*exp(-g/t)",
    );
    let mean = gas.mean.expect("a mean")[0].to_string();
    assert!(mean.contains("besselk(2, 1/t)") && !mean.contains("besselk(0"), "{mean}");
}

/// Γ(a/2) Γ((a + 1)/2) is a power of two times Γ(a).
#[test]
fn gamma_functions_half_a_step_apart_are_one() {
    let law = report(
        "variate x : interval(0, pi) parameter a : positive \
         density gamma(a/2 + 1)/(sqrt(pi)*gamma((a + 1)/2))*sin(x)^a",
    );
    let fisher = law.fisher.get(&[0, 0]).expect("a closed form").to_string();
    assert!(fisher.contains("trigamma") && !fisher.contains("gamma(1/2*a)"), "{fisher}");
    assert!(!fisher.replace("trigamma", "").contains("gamma"), "{fisher}");
}

/// log(1 − e^t) below a fraction bar too, and not log(e^(−t) − 1) + t.
#[test]
fn a_logarithm_takes_in_what_stands_beside_it_within_a_quotient() {
    let series = report("variate x : integers(1, infinity) parameter t : negative mass -exp(t*x)/(x*log(1 - exp(t)))");
    let fisher = series.fisher.get(&[0, 0]).expect("a closed form").to_string();
    assert!(fisher.contains("log(1 - exp(t))") && !fisher.contains("exp(-t)"), "{fisher}");
}

/// 0^x of a count, and not 1 − sign(x).
#[test]
fn an_excess_of_zeros_is_a_power_of_zero() {
    let body = "variate x : natural parameter w : interval(0, 1), p : interval(0, 1) mass w*0^x + (1 - w)*p*(1 - p)^x";
    let score = report(body).score.get(&[0]).expect("a score").to_string();
    assert!(score.contains("0^x") && !score.contains("sign"), "{score}");
}
