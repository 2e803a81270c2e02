//! The integral and sum lemmas: the axioms of the family engine, each with its citation.
//!
//! A lemma says ∫ f(t) exp(k(t; s)) dt = G(s) over its domain (a sum where the domain is discrete), for
//! all s that meet its conditions, an open set; f is 1 in most. The left side is a Laplace or Mellin transform or a
//! power series in the real parameters, so it may be differentiated under the integral inside that
//! set (Widder, *The Laplace Transform*, 1941, II.5; for power series termwise differentiation).
//! That is how E[log x] is derived instead of tabulated.
//!
//! Where a derivative converges in a larger set than the lemma itself, it holds there by analytic
//! continuation: see [`Continuation`].
//!
//! Each row is tested against independent quadrature or summation.

use std::sync::LazyLock;

use super::domain::{Context, Domain, Support};
use super::normal::Normalizer;
use super::term::{Constant, Function, Name, Term};

/// ∫ factor · exp(log_kernel) = value.
#[derive(Clone, Debug)]
pub struct Lemma {
    pub name: &'static str,
    /// The statement, in LaTeX.
    pub latex: &'static str,
    /// The conditions, in LaTeX.
    pub conditions_latex: &'static str,
    /// Where it is proved.
    pub reference: &'static str,
    /// The variable of integration.
    pub variable: Name,
    /// On the circle the integrand is a function of cos t and sin t: it has period 2π.
    pub domain: Domain,
    /// Real parameters: differentiation and shifts are allowed in them.
    pub parameters: Vec<(Name, Domain)>,
    /// Parameters that the statement holds for one value at a time.
    pub fixed: Vec<(Name, Domain)>,
    /// Terms that must be positive, beyond the domains.
    pub positive: Vec<Term>,
    /// Terms that must not vanish.
    pub nonzero: Vec<Term>,
    /// Parameters and depths j: at −j the value has a pole which the integral has not, and is its limit there.
    pub removable: Vec<(Name, u32)>,
    /// Where the integral of a derivative converges beyond the parameters' own domains.
    pub continuations: Vec<Continuation>,
    /// What stands beside the exponential; 1 in most.
    pub factor: Term,
    pub log_kernel: Term,
    pub value: Term,
}

/// `parameter` > 0 may be weakened to `parameter` > −m where the lemma is differentiated m times by `by`.
///
/// The m-th derivative of the integrand converges there absolutely, locally uniformly in the complex
/// parameters, so both sides are analytic in a convex set in which they agree near the reals > 0: they
/// agree throughout. The value may have poles at 0, −1, …, 1 − m, all of them removable, and what it is
/// there is its limit (the identity theorem; Ahlfors, *Complex Analysis*, 1979, 4.3.2 and 4.3.1).
#[derive(Clone, Debug)]
pub struct Continuation {
    pub parameter: Name,
    pub by: Name,
}

impl Lemma {
    pub fn find(name: &str) -> Option<&'static Lemma> {
        LEMMAS.iter().find(|lemma| lemma.name == name)
    }

    /// What is known of the lemma's own parameters.
    pub fn context(&self) -> Context {
        let domains = self.parameters.iter().chain(&self.fixed).cloned().collect();
        Context { domains, positive: self.positive.clone(), nonnegative: Vec::new() }
    }

    /// Normal forms of terms in the lemma's variable and parameters.
    pub fn scope(&self) -> Normalizer {
        let coordinates = vec![(self.variable.clone(), self.domain.clone())];
        Normalizer::on_support(&self.context(), &Support::Product { coordinates, inequalities: Vec::new() })
    }
}

fn v(name: &str) -> Term {
    Term::variable(name)
}

fn n(value: i64) -> Term {
    Term::integer(value)
}

fn gamma(argument: Term) -> Term {
    Term::apply(Function::Gamma, vec![argument])
}

fn lgamma(argument: Term) -> Term {
    Term::apply(Function::LogGamma, vec![argument])
}

fn pi() -> Term {
    Term::Constant(Constant::Pi)
}

fn sqrt(argument: Term) -> Term {
    Term::power(argument, Term::ratio(1, 2))
}

fn cos(argument: Term) -> Term {
    Term::apply(Function::Cos, vec![argument])
}

fn sin(argument: Term) -> Term {
    Term::apply(Function::Sin, vec![argument])
}

/// b t − a t², Gauss's kernel.
fn quadratic() -> Term {
    v("b") * v("t") - v("a") * Term::power(v("t"), n(2))
}

/// ½ √(π/a) e^(b²/4a): half of Gauss's integral over the line.
fn half_gauss() -> Term {
    Term::ratio(1, 2) * sqrt(pi() / v("a")) * (square("b") / (n(4) * v("a"))).exp()
}

/// erf(√a (m − b/2a)) at a bound m of Gauss's integral.
fn scaled_erf(bound: &str) -> Term {
    erf(sqrt(v("a")) * (v(bound) - v("b") / (n(2) * v("a"))))
}

fn bessel_i(order: Term, argument: Term) -> Term {
    Term::apply(Function::BesselI, vec![order, argument])
}

/// √(a² + b²).
fn norm() -> Term {
    sqrt(square("a") + square("b"))
}

fn cosh(argument: Term) -> Term {
    (argument.clone().exp() + (-argument).exp()) / n(2)
}

fn sinh(argument: Term) -> Term {
    (argument.clone().exp() - (-argument).exp()) / n(2)
}

fn half_turn() -> Domain {
    Domain::Interval { lower: Some(n(0)), upper: Some(pi()) }
}

fn erf(argument: Term) -> Term {
    Term::apply(Function::Erf, vec![argument])
}

/// √(k² − p² − q²).
fn root_of_circle() -> Term {
    sqrt(square("k") - square("p") - square("q"))
}

/// The square of a parameter.
fn square(name: &str) -> Term {
    square_of(v(name))
}

fn square_of(term: Term) -> Term {
    Term::power(term, n(2))
}

fn real(names: &[&str]) -> Vec<(Name, Domain)> {
    names.iter().map(|name| (Name::new(name), Domain::real())).collect()
}

fn positive(names: &[&str]) -> Vec<(Name, Domain)> {
    names.iter().map(|name| (Name::new(name), Domain::positive())).collect()
}

fn negative(names: &[&str]) -> Vec<(Name, Domain)> {
    names.iter().map(|name| (Name::new(name), Domain::negative())).collect()
}

fn from(lower: i64) -> Domain {
    Domain::Integers { lower: Some(n(lower)), upper: None }
}

/// s > 1 and b > 0 of Bose's and Fermi's integrals.
fn occupied() -> Vec<(Name, Domain)> {
    let above_one = Domain::Interval { lower: Some(n(1)), upper: None };
    [(Name::new("s"), above_one)].into_iter().chain(positive(&["b"])).collect()
}

/// The integral of e^(κ·x) over the sphere, first round the axis.
const SPHERE: &str = "DLMF 10.32.1 and 10.32.2 (n = 1/2); Mardia & Jupp, Directional Statistics (2000), 9.3.2";

/// Where Gauss's integral up to a bound is found.
const GAUSS_TO_A_BOUND: &str = "Abramowitz & Stegun 7.4.32; Gradshteyn & Ryzhik 2.33.1; DLMF 7.2.1";

/// The table, in the order in which the search tries it.
pub static LEMMAS: LazyLock<Vec<Lemma>> = LazyLock::new(|| {
    let t = || v("t");
    let row = |name, latex, conditions_latex, reference, domain, log_kernel, value| Lemma {
        name,
        latex,
        conditions_latex,
        reference,
        variable: Name::new("t"),
        domain,
        parameters: Vec::new(),
        fixed: Vec::new(),
        positive: Vec::new(),
        nonzero: Vec::new(),
        removable: Vec::new(),
        continuations: Vec::new(),
        factor: Term::one(),
        log_kernel,
        value,
    };
    let tail = |lower: Term| Domain::Interval { lower: Some(lower), upper: None };
    let head = |upper: Term| Domain::Interval { lower: None, upper: Some(upper) };
    vec![
        Lemma {
            parameters: positive(&["s", "b", "c"]),
            ..row(
                "gamma-integral",
                r"\int_0^\infty t^{s-1} e^{-b t^c}\,dt = \frac{\Gamma(s/c)}{c\,b^{s/c}}",
                r"s, b, c > 0",
                "DLMF 5.9.1",
                Domain::positive(),
                (v("s") - n(1)) * t().log() - v("b") * Term::power(t(), v("c")),
                gamma(v("s") / v("c")) / (v("c") * Term::power(v("b"), v("s") / v("c"))),
            )
        },
        Lemma {
            parameters: positive(&["a"]).into_iter().chain(real(&["b"])).collect(),
            ..row(
                "gauss-integral",
                r"\int_{-\infty}^{\infty} e^{-a t^2 + b t}\,dt = \sqrt{\frac{\pi}{a}}\, e^{b^2/(4a)}",
                r"a > 0",
                "DLMF 7.7.3 (completed square)",
                Domain::real(),
                quadratic(),
                sqrt(pi() / v("a")) * (Term::power(v("b"), n(2)) / (n(4) * v("a"))).exp(),
            )
        },
        Lemma {
            parameters: positive(&["a"]).into_iter().chain(real(&["b"])).collect(),
            fixed: real(&["l"]),
            ..row(
                "gauss-tail",
                r"\int_l^\infty e^{-a t^2 + b t}\,dt = \frac12\sqrt{\frac{\pi}{a}}\, e^{b^2/(4a)}\Bigl(1 - \operatorname{erf}\bigl(\sqrt{a}\,(l - b/(2a))\bigr)\Bigr)",
                r"a > 0",
                GAUSS_TO_A_BOUND,
                tail(v("l")),
                quadratic(),
                half_gauss() * (n(1) - scaled_erf("l")),
            )
        },
        Lemma {
            parameters: positive(&["a"]).into_iter().chain(real(&["b"])).collect(),
            fixed: real(&["u"]),
            ..row(
                "gauss-head",
                r"\int_{-\infty}^u e^{-a t^2 + b t}\,dt = \frac12\sqrt{\frac{\pi}{a}}\, e^{b^2/(4a)}\Bigl(1 + \operatorname{erf}\bigl(\sqrt{a}\,(u - b/(2a))\bigr)\Bigr)",
                r"a > 0",
                GAUSS_TO_A_BOUND,
                head(v("u")),
                quadratic(),
                half_gauss() * (n(1) + scaled_erf("u")),
            )
        },
        Lemma {
            parameters: positive(&["a"]).into_iter().chain(real(&["b"])).collect(),
            fixed: real(&["l", "u"]),
            positive: vec![v("u") - v("l")],
            ..row(
                "gauss-interval",
                r"\int_l^u e^{-a t^2 + b t}\,dt = \frac12\sqrt{\frac{\pi}{a}}\, e^{b^2/(4a)}\Bigl(\operatorname{erf}\bigl(\sqrt{a}\,(u - b/(2a))\bigr) - \operatorname{erf}\bigl(\sqrt{a}\,(l - b/(2a))\bigr)\Bigr)",
                r"a > 0,\ l < u",
                GAUSS_TO_A_BOUND,
                Domain::Interval { lower: Some(v("l")), upper: Some(v("u")) },
                quadratic(),
                half_gauss() * (scaled_erf("u") - scaled_erf("l")),
            )
        },
        Lemma {
            parameters: positive(&["k"]),
            ..row(
                "erfc-integral",
                r"\int_0^\infty \frac{e^{-k(t+1/t)}}{\sqrt{t}\,(1+t)}\,dt = \pi\, e^{2k} \bigl(1 - \operatorname{erf}(2\sqrt{k})\bigr)",
                r"k > 0",
                "DLMF 7.7.1 (at sinh u, where t = e^{2u})",
                Domain::positive(),
                -(v("k") * (t() + t().recip())) - t().log() / n(2) - (n(1) + t()).log(),
                pi() * (n(2) * v("k")).exp() * (n(1) - erf(n(2) * sqrt(v("k")))),
            )
        },
        Lemma {
            parameters: positive(&["k"]),
            ..row(
                "erfc-integral-below",
                r"\int_0^\infty \frac{e^{-k(t+1/t)}}{t^{3/2}\,(1+t)}\,dt = \sqrt{\frac{\pi}{k}}\, e^{-2k} - \pi\, e^{2k} \bigl(1 - \operatorname{erf}(2\sqrt{k})\bigr)",
                r"k > 0",
                "DLMF 7.7.1 and 10.32.10, by 1/(t^{3/2}(1+t)) = 1/t^{3/2} - 1/(t^{1/2}(1+t))",
                Domain::positive(),
                -(v("k") * (t() + t().recip())) - n(3) * t().log() / n(2) - (n(1) + t()).log(),
                sqrt(pi() / v("k")) * (-(n(2) * v("k"))).exp()
                    - pi() * (n(2) * v("k")).exp() * (n(1) - erf(n(2) * sqrt(v("k")))),
            )
        },
        Lemma {
            parameters: positive(&["a", "b"]),
            // log t vanishes at 1 like t − 1, and log(1 − t) at 0 like −t.
            continuations: [("b", "a"), ("a", "b")]
                .map(|(parameter, by)| Continuation { parameter: Name::new(parameter), by: Name::new(by) })
                .to_vec(),
            ..row(
                "beta-integral",
                r"\int_0^1 t^{a-1}(1-t)^{b-1}\,dt = \frac{\Gamma(a)\Gamma(b)}{\Gamma(a+b)}",
                r"a, b > 0",
                "DLMF 5.12.1",
                Domain::Interval { lower: Some(n(0)), upper: Some(n(1)) },
                (v("a") - n(1)) * t().log() + (v("b") - n(1)) * (n(1) - t()).log(),
                gamma(v("a")) * gamma(v("b")) / gamma(v("a") + v("b")),
            )
        },
        Lemma {
            fixed: real(&["m", "n", "v"]).into_iter().chain(positive(&["s", "c"])).collect(),
            factor: v("v") + (Term::power(t() - v("n"), n(2)) + Term::power(v("c"), n(2))).log(),
            ..row(
                "cauchy-logarithm",
                r"\int_{-\infty}^{\infty} \frac{v + \log\bigl((t-n)^2+c^2\bigr)}{(t-m)^2+s^2}\,dt = \frac{\pi}{s}\Bigl(v + \log\bigl((m-n)^2+(s+c)^2\bigr)\Bigr)",
                r"s, c > 0",
                "Poisson's formula for the harmonic function log |z - n + ic|^2 in the upper half-plane; Ahlfors, Complex Analysis (1979), 4.6.3",
                Domain::real(),
                -(Term::power(t() - v("m"), n(2)) + Term::power(v("s"), n(2))).log(),
                pi() / v("s")
                    * (v("v") + (Term::power(v("m") - v("n"), n(2)) + Term::power(v("s") + v("c"), n(2))).log()),
            )
        },
        Lemma {
            parameters: positive(&["a"]),
            fixed: real(&["m", "n"]),
            factor: Term::apply(Function::Abs, vec![t() - v("n")]),
            ..row(
                "laplace-distance",
                r"\int_{-\infty}^{\infty} |t-n|\, e^{-a|t-m|}\,dt = \frac{2|m-n|}{a} + \frac{2 e^{-a|m-n|}}{a^2}",
                r"a > 0",
                "DLMF 4.10.7 on either side of m and n; Kotz, Kozubowski & Podgorski, The Laplace Distribution and Generalizations (2001), 2.1",
                Domain::real(),
                -(v("a") * Term::apply(Function::Abs, vec![t() - v("m")])),
                n(2) * Term::apply(Function::Abs, vec![v("m") - v("n")]) / v("a")
                    + n(2) * (-(v("a") * Term::apply(Function::Abs, vec![v("m") - v("n")]))).exp()
                        / Term::power(v("a"), n(2)),
            )
        },
        Lemma {
            parameters: positive(&["a"]),
            fixed: real(&["m"]),
            ..row(
                "exponential-tail",
                r"\int_m^\infty e^{-a t}\,dt = \frac{e^{-a m}}{a}",
                r"a > 0",
                "DLMF 4.10.7",
                tail(v("m")),
                -(v("a") * t()),
                (-(v("a") * v("m"))).exp() / v("a"),
            )
        },
        Lemma {
            parameters: positive(&["a"]),
            fixed: real(&["m"]),
            ..row(
                "exponential-head",
                r"\int_{-\infty}^m e^{a t}\,dt = \frac{e^{a m}}{a}",
                r"a > 0",
                "DLMF 4.10.7",
                head(v("m")),
                v("a") * t(),
                (v("a") * v("m")).exp() / v("a"),
            )
        },
        Lemma {
            parameters: real(&["a"]),
            fixed: real(&["l", "u"]),
            positive: vec![v("u") - v("l")],
            nonzero: vec![v("a")],
            removable: vec![(Name::new("a"), 0)],
            ..row(
                "exponential-interval",
                r"\int_l^u e^{a t}\,dt = \frac{e^{a u} - e^{a l}}{a}",
                r"a \ne 0,\ l < u",
                "DLMF 4.10.7",
                Domain::Interval { lower: Some(v("l")), upper: Some(v("u")) },
                v("a") * t(),
                ((v("a") * v("u")).exp() - (v("a") * v("l")).exp()) / v("a"),
            )
        },
        Lemma {
            parameters: positive(&["a", "s"]),
            ..row(
                "bessel-i-segment",
                r"\int_{-1}^{1} (1-t^2)^{s-1} e^{a t}\,dt = \sqrt{\pi}\,\Gamma(s) \Bigl(\frac{2}{a}\Bigr)^{s-1/2} I_{s-1/2}(a)",
                r"a, s > 0",
                "DLMF 10.32.2",
                Domain::Interval { lower: Some(-n(1)), upper: Some(n(1)) },
                (v("s") - n(1)) * (n(1) - square_of(t())).log() + v("a") * t(),
                sqrt(pi())
                    * gamma(v("s"))
                    * Term::power(n(2) / v("a"), v("s") - Term::ratio(1, 2))
                    * bessel_i(v("s") - Term::ratio(1, 2), v("a")),
            )
        },
        Lemma {
            parameters: positive(&["a", "b"]),
            fixed: vec![(Name::new("n"), Domain::Nonnegative)],
            ..row(
                "weber-integral",
                r"\int_0^\infty t^{n+1} e^{-a t^2} I_n(b t)\,dt = \frac{b^n}{(2a)^{n+1}}\, e^{b^2/(4a)}",
                r"a, b > 0,\ n \ge 0",
                "DLMF 10.43.23; Watson, A Treatise on the Theory of Bessel Functions (1944), 13.3",
                Domain::positive(),
                (v("n") + n(1)) * t().log() - v("a") * square("t") + bessel_i(v("n"), v("b") * t()).log(),
                Term::power(v("b"), v("n")) / Term::power(n(2) * v("a"), v("n") + n(1))
                    * (square("b") / (n(4) * v("a"))).exp(),
            )
        },
        Lemma {
            parameters: real(&["a"]).into_iter().chain(positive(&["b"])).collect(),
            ..row(
                "sphere-integral",
                r"\int_0^\pi \sin t\; e^{a \cos t} I_0(b \sin t)\,dt = \frac{2\sinh\sqrt{a^2+b^2}}{\sqrt{a^2+b^2}}",
                r"b > 0",
                SPHERE,
                half_turn(),
                sin(t()).log() + v("a") * cos(t()) + bessel_i(n(0), v("b") * sin(t())).log(),
                n(2) * sinh(norm()) / norm(),
            )
        },
        Lemma {
            parameters: real(&["a"]).into_iter().chain(positive(&["b"])).collect(),
            ..row(
                "sphere-integral-across",
                r"\int_0^\pi \sin^2 t\; e^{a \cos t} I_1(b \sin t)\,dt = \frac{2b}{a^2+b^2}\Bigl(\cosh\sqrt{a^2+b^2} - \frac{\sinh\sqrt{a^2+b^2}}{\sqrt{a^2+b^2}}\Bigr)",
                r"b > 0",
                SPHERE,
                half_turn(),
                n(2) * sin(t()).log() + v("a") * cos(t()) + bessel_i(n(1), v("b") * sin(t())).log(),
                n(2) * v("b") / square_of(norm()) * (cosh(norm()) - sinh(norm()) / norm()),
            )
        },
        Lemma {
            parameters: real(&["a", "b"]),
            positive: vec![square("a") + square("b")],
            ..row(
                "bessel-integral",
                r"\int_{-\pi}^{\pi} e^{a\cos t + b\sin t}\,dt = 2\pi I_0\bigl(\sqrt{a^2+b^2}\bigr)",
                r"a^2 + b^2 > 0",
                "DLMF 10.32.1",
                Domain::Angle,
                v("a") * cos(t()) + v("b") * sin(t()),
                n(2) * pi() * bessel_i(n(0), norm()),
            )
        },
        Lemma {
            parameters: real(&["a", "b"]).into_iter().chain(positive(&["c"])).collect(),
            positive: vec![square("c") - square("a") - square("b")],
            ..row(
                "circle-sum",
                r"\int_{-\pi}^{\pi} (c - a\cos t - b\sin t)\,dt = 2\pi c",
                r"c > 0,\ c^2 > a^2 + b^2",
                "DLMF 4.26.1 and 4.26.2",
                Domain::Angle,
                (v("c") - v("a") * cos(t()) - v("b") * sin(t())).log(),
                n(2) * pi() * v("c"),
            )
        },
        Lemma {
            parameters: real(&["p", "q"]).into_iter().chain(positive(&["k"])).collect(),
            fixed: real(&["a", "b"]).into_iter().chain(positive(&["c"])).collect(),
            positive: vec![square("c") - square("a") - square("b"), square("k") - square("p") - square("q")],
            factor: (v("k") - v("p") * cos(t()) - v("q") * sin(t())).log(),
            ..row(
                "circle-logarithm",
                r"\int_{-\pi}^{\pi} (c - a\cos t - b\sin t)\log(k - p\cos t - q\sin t)\,dt = 2\pi\Bigl(c\log\frac{k+w}{2} + \frac{ap+bq}{k+w}\Bigr),\quad w = \sqrt{k^2-p^2-q^2}",
                r"c > 0,\ c^2 > a^2 + b^2,\ k > 0,\ k^2 > p^2 + q^2",
                "Gradshteyn & Ryzhik 4.224.9, and 4.397.6 for its first Fourier coefficient",
                Domain::Angle,
                (v("c") - v("a") * cos(t()) - v("b") * sin(t())).log(),
                n(2) * pi()
                    * (v("c") * ((v("k") + root_of_circle()) / n(2)).log()
                        + (v("a") * v("p") + v("b") * v("q")) / (v("k") + root_of_circle())),
            )
        },
        Lemma {
            parameters: real(&["a", "b"]).into_iter().chain(positive(&["c"])).collect(),
            positive: vec![square("c") - square("a") - square("b")],
            ..row(
                "poisson-kernel",
                r"\int_{-\pi}^{\pi} \frac{dt}{c - a\cos t - b\sin t} = \frac{2\pi}{\sqrt{c^2-a^2-b^2}}",
                r"c > 0,\ c^2 > a^2 + b^2",
                "Gradshteyn & Ryzhik 3.661.4; Ahlfors, Complex Analysis (1979), 4.5.3",
                Domain::Angle,
                -(v("c") - v("a") * cos(t()) - v("b") * sin(t())).log(),
                n(2) * pi() / sqrt(square("c") - square("a") - square("b")),
            )
        },
        Lemma {
            fixed: real(&["x", "y", "p", "q", "v"]),
            positive: vec![n(1) - square("x") - square("y"), n(1) - square("p") - square("q")],
            factor: v("v")
                + (n(1) + square("p") + square("q") - n(2) * v("p") * cos(t()) - n(2) * v("q") * sin(t())).log(),
            ..row(
                "poisson-logarithm",
                r"\int_{-\pi}^{\pi} \frac{v + \log\bigl(1+p^2+q^2-2p\cos t-2q\sin t\bigr)}{1+x^2+y^2-2x\cos t-2y\sin t}\,dt = \frac{2\pi}{1-x^2-y^2}\Bigl(v + \log\bigl((1-x^2-y^2)(1-p^2-q^2)+(x-p)^2+(y-q)^2\bigr)\Bigr)",
                r"x^2 + y^2 < 1,\ p^2 + q^2 < 1",
                "Poisson's formula for the harmonic function log |1 - (p - iq) z|^2 in the unit disc; Ahlfors, Complex Analysis (1979), 4.6.3",
                Domain::Angle,
                -(n(1) + square("x") + square("y") - n(2) * v("x") * cos(t()) - n(2) * v("y") * sin(t())).log(),
                n(2) * pi() / (n(1) - square("x") - square("y"))
                    * (v("v")
                        + ((n(1) - square("x") - square("y")) * (n(1) - square("p") - square("q"))
                            + Term::power(v("x") - v("p"), n(2))
                            + Term::power(v("y") - v("q"), n(2)))
                        .log()),
            )
        },
        Lemma {
            parameters: occupied(),
            ..row(
                "bose-integral",
                r"\int_0^\infty \frac{t^{s-1}}{e^{b t} - 1}\,dt = \frac{\Gamma(s)\,\zeta(s)}{b^s}",
                r"s > 1,\ b > 0",
                "DLMF 25.5.1",
                Domain::positive(),
                (v("s") - n(1)) * t().log() - ((v("b") * t()).exp() - n(1)).log(),
                gamma(v("s")) * Term::apply(Function::Zeta, vec![v("s")]) / Term::power(v("b"), v("s")),
            )
        },
        Lemma {
            parameters: occupied(),
            ..row(
                "fermi-integral",
                r"\int_0^\infty \frac{t^{s-1}}{e^{b t} + 1}\,dt = (1 - 2^{1-s}) \frac{\Gamma(s)\,\zeta(s)}{b^s}",
                r"s > 1,\ b > 0",
                "DLMF 25.5.3",
                Domain::positive(),
                (v("s") - n(1)) * t().log() - ((v("b") * t()).exp() + n(1)).log(),
                (n(1) - Term::power(n(2), n(1) - v("s"))) * gamma(v("s")) * Term::apply(Function::Zeta, vec![v("s")])
                    / Term::power(v("b"), v("s")),
            )
        },
        Lemma {
            parameters: real(&["s"]).into_iter().chain(positive(&["a", "b"])).collect(),
            ..row(
                "bessel-k-integral",
                r"\int_0^\infty t^{s-1} e^{-(a t + b/t)/2}\,dt = 2\,(b/a)^{s/2} K_s\bigl(\sqrt{ab}\bigr)",
                r"a, b > 0",
                "DLMF 10.32.10",
                Domain::positive(),
                (v("s") - n(1)) * t().log() - Term::ratio(1, 2) * (v("a") * t() + v("b") / t()),
                n(2) * Term::power(v("b") / v("a"), v("s") / n(2))
                    * Term::apply(Function::BesselK, vec![v("s"), sqrt(v("a") * v("b"))]),
            )
        },
        Lemma {
            parameters: positive(&["a", "s"]),
            ..row(
                "bessel-k-tail",
                r"\int_1^\infty (t^2-1)^{s-1} e^{-a t}\,dt = \frac{\Gamma(s)}{\sqrt{\pi}} \Bigl(\frac{2}{a}\Bigr)^{s-1/2} K_{s-1/2}(a)",
                r"a, s > 0",
                "DLMF 10.32.8",
                tail(n(1)),
                (v("s") - n(1)) * (Term::power(t(), n(2)) - n(1)).log() - v("a") * t(),
                gamma(v("s")) / sqrt(pi())
                    * Term::power(n(2) / v("a"), v("s") - Term::ratio(1, 2))
                    * Term::apply(Function::BesselK, vec![v("s") - Term::ratio(1, 2), v("a")]),
            )
        },
        Lemma {
            parameters: positive(&["a"]).into_iter().chain(real(&["b"])).collect(),
            fixed: positive(&["c"]),
            positive: vec![square("a") - square("b")],
            ..row(
                "hyperbola-integral",
                r"\int_{-\infty}^{\infty} e^{-a\sqrt{c^2+t^2} + b t}\,dt = \frac{2ac}{w}\,K_1(c w),\quad w = \sqrt{a^2-b^2}",
                r"a, c > 0,\ a^2 > b^2",
                "DLMF 10.32.9 with t = c sinh u, moved by artanh(b/a); Barndorff-Nielsen, Exponentially decreasing distributions for the logarithm of particle size, Proc. R. Soc. A 353 (1977)",
                Domain::real(),
                v("b") * t() - v("a") * sqrt(square("c") + Term::power(t(), n(2))),
                n(2) * v("a")
                    * v("c")
                    * Term::apply(Function::BesselK, vec![n(1), v("c") * sqrt(square("a") - square("b"))])
                    / sqrt(square("a") - square("b")),
            )
        },
        Lemma {
            parameters: real(&["s"]),
            fixed: vec![(Name::new("n"), Domain::natural())],
            ..row(
                "binomial-theorem",
                r"\sum_{t=0}^{n} \binom{n}{t} e^{s t} = (1 + e^s)^n",
                r"n \in \{0, 1, 2, \dots\}",
                "DLMF 1.2.2",
                Domain::Integers { lower: Some(n(0)), upper: Some(v("n")) },
                Term::apply(Function::Binomial, vec![v("n"), t()]).log() + v("s") * t(),
                Term::power(n(1) + v("s").exp(), v("n")),
            )
        },
        Lemma {
            parameters: real(&["s"]),
            ..row(
                "exponential-series",
                r"\sum_{t=0}^{\infty} \frac{e^{s t}}{t!} = \exp(e^s)",
                r"s \in \mathbb{R}",
                "DLMF 4.2.19",
                from(0),
                v("s") * t() - lgamma(t() + n(1)),
                v("s").exp().exp(),
            )
        },
        Lemma {
            parameters: positive(&["a"])
                .into_iter()
                .chain([(Name::new("b"), Domain::Interval { lower: Some(n(0)), upper: Some(n(1)) })])
                .collect(),
            ..row(
                "abel-series",
                r"\sum_{t=0}^{\infty} \frac{(a+bt)^{t-1}}{t!} e^{-b t} = \frac{e^a}{a}",
                r"a > 0,\ 0 < b < 1",
                "Corless, Gonnet, Hare, Jeffrey & Knuth, On the Lambert W function, Adv. Comput. Math. 5 (1996), sect. 2, the series of e^{-a W(z)} at z = -b e^{-b}; Consul & Jain, A generalization of the Poisson distribution, Technometrics 15 (1973)",
                from(0),
                (t() - n(1)) * (v("a") + v("b") * t()).log() - v("b") * t() - lgamma(t() + n(1)),
                v("a").exp() / v("a"),
            )
        },
        Lemma {
            parameters: real(&["s"]),
            fixed: vec![(Name::new("m"), Domain::Interval { lower: Some(-n(1)), upper: None })],
            ..row(
                "bessel-i-series",
                r"\sum_{t=0}^{\infty} \frac{e^{s t}}{t!\,\Gamma(t+m+1)} = e^{-ms/2} I_m(2e^{s/2})",
                r"m > -1",
                "DLMF 10.25.2",
                from(0),
                v("s") * t() - lgamma(t() + n(1)) - lgamma(t() + v("m") + n(1)),
                (-(v("m") * v("s")) / n(2)).exp() * bessel_i(v("m"), n(2) * (v("s") / n(2)).exp()),
            )
        },
        Lemma {
            parameters: vec![(Name::new("p"), Domain::Interval { lower: Some(n(0)), upper: Some(n(1)) })],
            fixed: vec![(Name::new("a"), Domain::positive()), (Name::new("c"), Domain::Nonnegative)],
            positive: vec![n(1) - v("p") - v("c") * v("p")],
            ..row(
                "hagen-rothe-series",
                r"\sum_{t=0}^{\infty} \frac{\Gamma(a+t+ct)}{t!\,\Gamma(a+ct+1)} \bigl(p(1-p)^c\bigr)^t = \frac{(1-p)^{-a}}{a}",
                r"a > 0,\ c \ge 0,\ 0 < p < 1/(1+c)",
                "Graham, Knuth & Patashnik, Concrete Mathematics (1994), 5.60; Consul & Famoye, Lagrangian Probability Distributions (2006), 2.2",
                from(0),
                lgamma(v("a") + t() + v("c") * t()) - lgamma(t() + n(1)) - lgamma(v("a") + v("c") * t() + n(1))
                    + t() * (v("p").log() + v("c") * (n(1) - v("p")).log()),
                Term::power(n(1) - v("p"), -v("a")) / v("a"),
            )
        },
        Lemma {
            parameters: negative(&["s"]),
            ..row(
                "geometric-series",
                r"\sum_{t=0}^{\infty} e^{s t} = \frac{1}{1 - e^s}",
                r"s < 0",
                "DLMF 1.2.8 (limit)",
                from(0),
                v("s") * t(),
                (n(1) - v("s").exp()).recip(),
            )
        },
        row(
            "single-term",
            r"\sum_{t=0}^{0} 1 = 1",
            r"\text{always}",
            "a sum of one term",
            Domain::Integers { lower: Some(n(0)), upper: Some(n(0)) },
            n(0),
            n(1),
        ),
        Lemma {
            parameters: real(&["s"]),
            fixed: vec![(Name::new("n"), Domain::natural())],
            nonzero: vec![v("s")],
            ..row(
                "finite-geometric-series",
                r"\sum_{t=0}^{n} e^{s t} = \frac{1 - e^{s(n+1)}}{1 - e^s}",
                r"s \ne 0,\ n \in \{0, 1, 2, \dots\}",
                "DLMF 1.2.8",
                Domain::Integers { lower: Some(n(0)), upper: Some(v("n")) },
                v("s") * t(),
                (n(1) - (v("s") * (v("n") + n(1))).exp()) / (n(1) - v("s").exp()),
            )
        },
        Lemma {
            parameters: negative(&["s"]),
            fixed: positive(&["r"]),
            ..row(
                "negative-binomial-series",
                r"\sum_{t=0}^{\infty} \frac{\Gamma(t+r)}{\Gamma(r)\,t!} e^{s t} = (1 - e^s)^{-r}",
                r"s < 0,\ r > 0",
                "DLMF 4.6.7",
                from(0),
                lgamma(t() + v("r")) - lgamma(v("r")) - lgamma(t() + n(1)) + v("s") * t(),
                Term::power(n(1) - v("s").exp(), -v("r")),
            )
        },
        Lemma {
            fixed: positive(&["a", "b"]),
            positive: vec![v("b") - v("a") - n(1)],
            ..row(
                "gamma-quotient-series",
                r"\sum_{t=0}^{\infty} \frac{\Gamma(t+a)}{\Gamma(t+b)} = \frac{\Gamma(a)}{(b-a-1)\,\Gamma(b-1)}",
                r"a > 0,\ b > a + 1",
                "DLMF 15.4.20 (with one parameter 1)",
                from(0),
                lgamma(t() + v("a")) - lgamma(t() + v("b")),
                gamma(v("a")) / ((v("b") - v("a") - n(1)) * gamma(v("b") - n(1))),
            )
        },
        Lemma {
            parameters: negative(&["s"]),
            ..row(
                "logarithmic-series",
                r"\sum_{t=1}^{\infty} \frac{e^{s t}}{t} = -\log(1 - e^s)",
                r"s < 0",
                "DLMF 4.6.1",
                from(1),
                v("s") * t() - t().log(),
                -(n(1) - v("s").exp()).log(),
            )
        },
        Lemma {
            parameters: vec![(Name::new("s"), Domain::Interval { lower: Some(n(1)), upper: None })],
            ..row(
                "zeta-series",
                r"\sum_{t=1}^{\infty} t^{-s} = \zeta(s)",
                r"s > 1",
                "DLMF 25.2.1",
                from(1),
                -(v("s") * t().log()),
                Term::apply(Function::Zeta, vec![v("s")]),
            )
        },
        Lemma {
            parameters: vec![(Name::new("s"), Domain::Interval { lower: Some(n(1)), upper: None })],
            ..row(
                "odd-zeta-series",
                r"\sum_{t=0}^{\infty} (2t+1)^{-s} = (1 - 2^{-s})\,\zeta(s)",
                r"s > 1",
                "DLMF 25.2.2",
                from(0),
                -(v("s") * (n(2) * t() + n(1)).log()),
                (n(1) - Term::power(n(2), -v("s"))) * Term::apply(Function::Zeta, vec![v("s")]),
            )
        },
        Lemma {
            parameters: real(&["s"]),
            fixed: real(&["c", "d", "l", "u"]),
            positive: vec![v("u") - v("l"), v("c") + v("d") * v("l"), v("c") + v("d") * v("u")],
            nonzero: vec![v("d"), v("s") + n(1)],
            removable: vec![(Name::new("s"), 1)],
            ..row(
                "ramp-interval",
                r"\int_l^u (c+dt)^s\,dt = \frac{(c+du)^{s+1} - (c+dl)^{s+1}}{d(s+1)}",
                r"d \ne 0,\ s \ne -1,\ l < u,\ c+dl > 0,\ c+du > 0",
                "DLMF 1.4.25, 1.4.26",
                Domain::Interval { lower: Some(v("l")), upper: Some(v("u")) },
                v("s") * (v("c") + v("d") * t()).log(),
                (Term::power(v("c") + v("d") * v("u"), v("s") + n(1))
                    - Term::power(v("c") + v("d") * v("l"), v("s") + n(1)))
                    / (v("d") * (v("s") + n(1))),
            )
        },
    ]
});
