//! Special functions in double precision, relative accuracy about 1e-13 away from their zeros.
//!
//! Outside its domain, and at a pole, a function answers NaN.

use std::f64::consts::{LN_2, PI};

use special::{Error, Gamma};

/// The Bernoulli numbers B_2, B_4, …, B_24.
const BERNOULLI: [f64; 12] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
    43867.0 / 798.0,
    -174611.0 / 330.0,
    854513.0 / 138.0,
    -236364091.0 / 2730.0,
];

fn is_pole_of_gamma(x: f64) -> bool {
    x <= 0.0 && x.fract() == 0.0
}

/// Γ(x) for real x.
pub fn gamma(x: f64) -> f64 {
    if is_pole_of_gamma(x) { f64::NAN } else { Gamma::gamma(x) }
}

/// log |Γ(x)| for real x.
pub fn ln_abs_gamma(x: f64) -> f64 {
    if is_pole_of_gamma(x) { f64::NAN } else { Gamma::ln_gamma(x).0 }
}

/// log Γ(x) for x > 0; elsewhere the language leaves it undefined.
pub fn ln_gamma(x: f64) -> f64 {
    if x > 0.0 { Gamma::ln_gamma(x).0 } else { f64::NAN }
}

/// n!, by way of Γ(n + 1).
pub fn factorial(x: f64) -> f64 {
    gamma(x + 1.0)
}

/// B(a, b) = Γ(a) Γ(b) / Γ(a + b) for a, b > 0.
pub fn beta(a: f64, b: f64) -> f64 {
    let direct = gamma(a) * gamma(b) / gamma(a + b);
    if direct.is_normal() { direct } else { (ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)).exp() }
}

/// The binomial coefficient: for a whole k the product n (n − 1) … (n − k + 1) / k!, which is 0 for
/// negative k; otherwise the quotient of Gammas (DLMF 1.2.6).
pub fn binomial(n: f64, k: f64) -> f64 {
    const LONGEST_PRODUCT: f64 = 60.0;
    let whole_n = n.fract() == 0.0 && n >= 0.0;
    if k.fract() == 0.0 && (k < 0.0 || (whole_n && k > n)) {
        return 0.0;
    }
    let shorter = if whole_n { k.min(n - k) } else { k };
    if k.fract() == 0.0 && shorter <= LONGEST_PRODUCT {
        return (0..shorter as u32).fold(1.0, |product, j| product * (n - f64::from(j)) / (f64::from(j) + 1.0));
    }
    (ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)).exp()
}

/// ψ(x): reflection DLMF 5.5.4, recurrence 5.5.2, asymptotic series 5.11.2.
pub fn digamma(x: f64) -> f64 {
    if is_pole_of_gamma(x) || x.is_nan() {
        return f64::NAN;
    }
    if x < 0.0 {
        let angle = PI * (x - x.round());
        return digamma(1.0 - x) - PI / angle.tan();
    }
    let (mut shifted, mut below) = (x, 0.0);
    while shifted < 12.0 {
        below += shifted.recip();
        shifted += 1.0;
    }
    let square = (shifted * shifted).recip();
    let (mut series, mut power) = (0.0, 1.0);
    for (index, bernoulli) in BERNOULLI.iter().enumerate() {
        power *= square;
        series += bernoulli / (2.0 * index as f64 + 2.0) * power;
    }
    shifted.ln() - 0.5 / shifted - series - below
}

/// ψ⁽ⁿ⁾(x) for n ≥ 0: recurrence DLMF 5.15.5, asymptotic series 5.15.8 and its derivatives.
///
/// NaN below −100000, where the recurrence would be long.
pub fn polygamma(n: u32, x: f64) -> f64 {
    const LOWEST: f64 = -1e5;
    if n == 0 {
        return digamma(x);
    }
    if is_pole_of_gamma(x) || x.is_nan() || x < LOWEST {
        return f64::NAN;
    }
    let order = f64::from(n);
    let sign = if n % 2 == 1 { 1.0 } else { -1.0 };
    let n_factorial = factorial(order);

    // Σ 1/(x + j)^{n+1} over the steps up to the asymptotic region.
    let (mut shifted, mut below) = (x, 0.0);
    while shifted < 15.0 + order {
        below += shifted.powi(-(n as i32) - 1);
        shifted += 1.0;
    }
    let inverse = shifted.recip();
    // (2k + n − 1)! / (2k)! x^{−2k−n}, from one k to the next.
    let mut coefficient = factorial(order - 1.0) * inverse.powi(n as i32);
    let mut series = coefficient * (1.0 + 0.5 * order * inverse);
    for (index, bernoulli) in BERNOULLI.iter().enumerate() {
        let even = 2.0 * index as f64;
        coefficient *= (even + order) * (even + order + 1.0) / ((even + 1.0) * (even + 2.0)) * inverse * inverse;
        series += bernoulli * coefficient;
    }
    sign * (n_factorial * below + series)
}

/// ψ′(x).
pub fn trigamma(x: f64) -> f64 {
    polygamma(1, x)
}

/// ζ(s) for real s ≠ 1; the reflection DLMF 25.4.1 serves s < 0.
pub fn zeta(s: f64) -> f64 {
    if s >= 0.0 {
        return zeta_derivative(0, s);
    }
    // sin(πs/2), exact at the even integers.
    let half = s / 2.0;
    let sine = (PI * (half - half.round())).sin() * if half.round().rem_euclid(2.0) == 0.0 { 1.0 } else { -1.0 };
    2f64.powf(s) * PI.powf(s - 1.0) * sine * gamma(1.0 - s) * zeta_derivative(0, 1.0 - s)
}

/// ζ⁽ⁿ⁾(s) for s ≥ 0, s ≠ 1, by Euler–Maclaurin summation (DLMF 2.10.1) of (−log x)ⁿ x^{−s}.
pub fn zeta_derivative(n: u32, s: f64) -> f64 {
    const SPLIT: u32 = 24;
    if s == 1.0 || s.is_nan() || s < 0.0 {
        return f64::NAN;
    }
    if n == 0 && s > 60.0 {
        return 1.0 + (-s * LN_2).exp();
    }
    let split = f64::from(SPLIT);
    let log = split.ln();
    let direct: f64 = (1..SPLIT).rev().map(f64::from).map(|k| (-k.ln()).powi(n as i32) * k.powf(-s)).sum();

    // ∫_N^∞ (−log x)ⁿ x^{−s} dx = (−1)ⁿ N^{1−s} Σ_i n!/i! logⁱN / (s−1)^{n−i+1}
    let gap = s - 1.0;
    let mut integral = 0.0;
    let mut falling = 1.0;
    for i in (0..=n).rev() {
        integral += falling * log.powi(i as i32) * gap.powi(-((n - i + 1) as i32));
        falling *= f64::from(i);
    }
    let parity = if n.is_multiple_of(2) { 1.0 } else { -1.0 };
    integral *= parity * split.powf(-gap);

    // The k-th derivative of the summand is x^{−s−k} P_k(log x), with P_{k+1} = P_k′ − (s + k) P_k.
    let mut polynomial = vec![0.0; n as usize + 1];
    polynomial[n as usize] = parity;
    let at_log = |polynomial: &[f64]| polynomial.iter().rev().fold(0.0, |sum, c| sum * log + c);
    let mut corrections = 0.5 * at_log(&polynomial) * split.powf(-s);
    let mut inverse_factorial = 1.0;
    for (index, bernoulli) in BERNOULLI.iter().enumerate() {
        let k = 2 * index as u32;
        if k > 0 {
            differentiate(&mut polynomial, s + f64::from(k) - 1.0);
        }
        differentiate(&mut polynomial, s + f64::from(k));
        // Two derivatives a round, one at the first: P_1, P_3, …
        if k > 0 {
            inverse_factorial /= f64::from(k) + 1.0;
        }
        inverse_factorial /= f64::from(k) + 2.0;
        let power = split.powf(-s - f64::from(k) - 1.0);
        corrections -= bernoulli * inverse_factorial * at_log(&polynomial) * power;
    }
    direct + integral + corrections
}

/// P ↦ P′ − c P, in place; coefficients in ascending order.
fn differentiate(polynomial: &mut [f64], c: f64) {
    for i in 0..polynomial.len() {
        let above = polynomial.get(i + 1).map_or(0.0, |next| next * (i as f64 + 1.0));
        polynomial[i] = above - c * polynomial[i];
    }
}

/// I_ν(x). A negative x needs a whole ν; a negative ν is reflected (DLMF 10.27.2).
pub fn besseli(nu: f64, x: f64) -> f64 {
    let whole = nu.fract() == 0.0;
    if x < 0.0 {
        let sign = if nu.rem_euclid(2.0) == 0.0 { 1.0 } else { -1.0 };
        return if whole { sign * besseli(nu, -x) } else { f64::NAN };
    }
    if nu < 0.0 {
        let mirrored = besseli(-nu, x);
        return if whole { mirrored } else { mirrored - (nu * PI).sin() * (2.0 / PI) * besselk(-nu, x) };
    }
    if x == 0.0 {
        return if nu == 0.0 { 1.0 } else { 0.0 };
    }
    if x > 40.0 && nu * nu < x { besseli_asymptotic(nu, x) } else { besseli_series(nu, x) }
}

/// DLMF 10.25.2: Σ_k (x/2)^{2k+ν} / (k! Γ(ν + k + 1)).
fn besseli_series(nu: f64, x: f64) -> f64 {
    let quarter_square = x * x / 4.0;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 0.0);
    while term > sum * 1e-18 {
        k += 1.0;
        term *= quarter_square / (k * (k + nu));
        sum += term;
    }
    let first = (x / 2.0).powf(nu) / gamma(nu + 1.0);
    if first.is_normal() && f64::is_finite(first * sum) {
        first * sum
    } else {
        (nu * (x / 2.0).ln() - ln_gamma(nu + 1.0) + sum.ln()).exp()
    }
}

/// DLMF 10.40.1, whose smallest term is below rounding for x > 40.
fn besseli_asymptotic(nu: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0f64, 1.0, 0.0);
    while term.abs() > 1e-18 && k < 2.0 * x {
        k += 1.0;
        term *= -(4.0 * nu * nu - (2.0 * k - 1.0) * (2.0 * k - 1.0)) / (k * 8.0 * x);
        sum += term;
    }
    let half = (x / 2.0).exp();
    half * (half / (2.0 * PI * x).sqrt()) * sum
}

/// K_ν(x) for real ν and x > 0: the trapezoidal rule on DLMF 10.32.9,
/// K_ν(x) = ∫_0^∞ exp(−x cosh t) cosh(νt) dt, which converges double-exponentially.
pub fn besselk(nu: f64, x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 || nu.is_nan() {
        return f64::NAN;
    }
    let nu = nu.abs();
    // The integrand peaks near sinh t = ν/x, with a width of (x² + ν²)^{−1/4}.
    let step = (0.5 / x.hypot(nu).sqrt()).min(0.125);
    let peak = (nu / x).asinh();
    let exponent = |t: f64| -x * t.cosh() + nu * t;
    let height = exponent(peak);
    // Too small for a number; of the largest x the steps would be too small as well.
    if height.exp() == 0.0 {
        return 0.0;
    }
    // Too large for one; of the largest orders the steps would be too many.
    if height.exp() == f64::INFINITY {
        return f64::INFINITY;
    }
    let value = |t: f64| (exponent(t) - height).exp() * 0.5 * (1.0 + (-2.0 * nu * t).exp());
    // From the highest point both ways, as far as it counts: of a large order that is far from 0.
    let top = (peak / step).round();
    let mut sum = 0.0;
    let mut place = top;
    while place >= 0.0 {
        let term = value(place * step);
        sum += if place == 0.0 { 0.5 * term } else { term };
        if term < sum * 1e-18 {
            break;
        }
        place -= 1.0;
    }
    place = top + 1.0;
    loop {
        let term = value(place * step);
        sum += term;
        if term < sum * 1e-18 {
            break;
        }
        place += 1.0;
    }
    (step * sum) * height.exp()
}

/// erf(x).
pub fn erf(x: f64) -> f64 {
    x.error()
}
