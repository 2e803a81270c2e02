//! Enclosures of the higher transcendental functions, by series whose remainders are bounded.

use std::sync::OnceLock;

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::elementary::{exp, increasing, log, pi, power, sin};
use super::interval::{Interval, PRECISION};
use crate::kernel::term::Rational;

/// Terms of the asymptotic series. At x ≥ [`FAR`] the first omitted one is below 2^−270.
const ASYMPTOTIC_TERMS: usize = 45;

/// From here on the asymptotic series of the Gamma family are used.
const FAR: i64 = 48;

/// No recurrence is longer than this.
const LONGEST: i64 = 20_000;

/// B_2, B_4, … as exact rationals: B_m = −Σ_{j<m} C(m + 1, j) B_j / (m + 1) (DLMF 24.5.3).
fn bernoulli() -> &'static [Rational] {
    static EVEN: OnceLock<Vec<Rational>> = OnceLock::new();
    EVEN.get_or_init(|| {
        let mut all: Vec<Rational> = vec![Rational::one()];
        for m in 1..=2 * (ASYMPTOTIC_TERMS + 1) {
            let mut sum = Rational::zero();
            let mut binomial = BigInt::one();
            for (j, number) in all.iter().enumerate() {
                sum += number * Rational::from_integer(binomial.clone());
                binomial = binomial * (m + 1 - j) / (j + 1);
            }
            all.push(-sum / Rational::from_integer((m + 1).into()));
        }
        all.into_iter().skip(2).step_by(2).collect()
    })
}

/// Σ_{k=1}^{K} B_{2k} c_k x^{−2k}, with the remainder bounded by its first omitted term. That bound holds
/// for log Γ and all its derivatives at x > 0: DLMF 5.11(ii), and Alzer (1997), Theorem 8, by which the
/// remainder of log Γ is completely monotonic up to sign.
fn asymptotic(x: &Interval, coefficient: impl Fn(u64) -> Rational) -> Option<Interval> {
    let square = (x * x).recip()?;
    let mut power = Interval::integer(1);
    let mut sum = Interval::integer(0);
    for (index, number) in bernoulli().iter().enumerate().take(ASYMPTOTIC_TERMS + 1) {
        power = &power * &square;
        let term = &power * Interval::point(number * coefficient(2 * index as u64 + 2));
        if index == ASYMPTOTIC_TERMS || term.is_below_bits(PRECISION + 16) {
            return Some(sum + Interval::symmetric(&term));
        }
        sum = &sum + &term;
    }
    None
}

/// The number of steps x → x + 1 to the asymptotic region.
fn steps_to(x: &Interval, far: i64) -> Option<i64> {
    let steps = (Rational::from_integer(far.into()) - x.low()).ceil().to_integer().to_i64()?.max(0);
    (steps <= LONGEST).then_some(steps)
}

/// log Γ(x) for x ≥ FAR (DLMF 5.11.1).
fn stirling(x: &Interval) -> Option<Interval> {
    let series = asymptotic(x, |even| Rational::new(1.into(), (even * (even - 1)).into()))? * x;
    let half = Interval::ratio(1, 2);
    let two_pi = Interval::integer(2) * pi();
    Some((x - &half) * log(x)? - x + &half * log(&two_pi)? + series)
}

/// x (x + 1) … (x + n − 1).
fn rising(x: &Interval, n: i64) -> Interval {
    (0..n).fold(Interval::integer(1), |product, j| product * (x + Interval::integer(j)))
}

/// Γ(x), exact at small whole numbers; `None` when a pole cannot be excluded.
pub fn gamma(x: &Interval) -> Option<Interval> {
    const LARGEST_EXACT: i64 = 200;
    if let Some(n) = x.as_integer().and_then(|n| n.to_i64()).filter(|n| *n <= LARGEST_EXACT) {
        let factorial = (1..n).fold(BigInt::one(), |product, k| product * k);
        return (n > 0).then(|| Interval::integer(factorial));
    }
    let steps = steps_to(x, FAR)?;
    exp(&stirling(&(x + Interval::integer(steps)))?)?.divided_by(&rising(x, steps))
}

/// log Γ(x) for x > 0.
pub fn ln_gamma(x: &Interval) -> Option<Interval> {
    if !x.is_positive() {
        return None;
    }
    let steps = steps_to(x, FAR)?;
    Some(stirling(&(x + Interval::integer(steps)))? - log(&rising(x, steps))?)
}

/// ψ(x): recurrence DLMF 5.5.2, asymptotic series 5.11.2; `None` when a pole cannot be excluded.
pub fn digamma(x: &Interval) -> Option<Interval> {
    let steps = steps_to(x, FAR)?;
    let far = x + Interval::integer(steps);
    let series = asymptotic(&far, |even| Rational::new(1.into(), even.into()))?;
    let mut value = log(&far)? - (Interval::integer(2) * &far).recip()? - series;
    for j in 0..steps {
        value = &value - (x + Interval::integer(j)).recip()?;
    }
    Some(value)
}

/// Euler's constant γ = −ψ(1).
pub fn euler_gamma() -> Interval {
    static EULER_GAMMA: OnceLock<Interval> = OnceLock::new();
    EULER_GAMMA.get_or_init(|| -digamma(&Interval::integer(1)).expect("1 is not a pole")).clone()
}

/// ψ⁽ⁿ⁾(x): recurrence DLMF 5.15.5 and the derivatives of the series 5.11.2; `None` when a pole cannot
/// be excluded, or n is large.
pub fn polygamma(n: u32, x: &Interval) -> Option<Interval> {
    const LARGEST_ORDER: u32 = 100;
    if n == 0 {
        return digamma(x);
    }
    if n > LARGEST_ORDER {
        return None;
    }
    let order = i64::from(n);
    let steps = steps_to(x, FAR + 2 * order)?;
    let far = x + Interval::integer(steps);
    let factorial = |k: u64| (1..=k).fold(BigInt::one(), |product, j| product * j);
    let n_factorial = factorial(n.into());
    // (n−1)!/xⁿ + n!/(2x^{n+1}) + x^{−n} Σ B_{2k} (2k + n − 1)!/(2k)! x^{−2k}
    let series = asymptotic(&far, |even| Rational::new(factorial(even + u64::from(n) - 1), factorial(even)))?;
    let leading = Interval::integer(factorial(u64::from(n) - 1));
    let half_step = Interval::point(Rational::new(n_factorial.clone(), 2.into())) * far.recip()?;
    let mut value = (leading + half_step + series) * far.powi(-order)?;
    let n_factorial = Interval::integer(n_factorial);
    for j in 0..steps {
        value = value + &n_factorial * (x + Interval::integer(j)).powi(-order - 1)?;
    }
    Some(if n % 2 == 1 { value } else { -value })
}

/// B(a, b) for a, b > 0.
pub fn beta(a: &Interval, b: &Interval) -> Option<Interval> {
    if !a.is_positive() || !b.is_positive() {
        return None;
    }
    (gamma(a)? * gamma(b)?).divided_by(&gamma(&(a + b))?)
}

/// The binomial coefficient: a product for a whole k, which is 0 for a negative one; otherwise the
/// quotient of Gammas (DLMF 1.2.6).
pub fn binomial(n: &Interval, k: &Interval) -> Option<Interval> {
    let one = Interval::integer(1);
    if let Some(whole) = k.as_integer() {
        if whole.is_negative() {
            return Some(Interval::integer(0));
        }
        if let Some(whole) = whole.to_i64().filter(|whole| *whole <= LONGEST) {
            return (0..whole)
                .try_fold(one, |product, j| Some(product * (n - Interval::integer(j)) * Interval::ratio(1, j + 1)));
        }
    }
    let below = gamma(&(k + &one))? * gamma(&(n - k + &one))?;
    gamma(&(n + &one))?.divided_by(&below)
}

/// ζ⁽ⁿ⁾(s) for s > 1: Euler–Maclaurin summation of (−log x)ⁿ x^{−s} from N on (DLMF 2.10.1). The remainder
/// after the term with B_{2M} is at most |B_{2M}|/(2M)! ∫_N^∞ |f^{(2M)}|, by DLMF 24.9.1.
pub fn zeta_derivative(n: u32, s: &Interval) -> Option<Interval> {
    const SPLIT: u64 = 48;
    const TERMS: usize = 40;
    const LARGEST_ORDER: u32 = 20;
    let gap = s - Interval::integer(1);
    if !gap.is_positive() || n > LARGEST_ORDER {
        return None;
    }
    let split = Interval::integer(SPLIT);
    let logarithm = log(&split)?;

    let mut value = Interval::integer(if n == 0 { 1 } else { 0 });
    for (logarithm, inverse_power) in logarithms_and_powers(SPLIT, s)?.into_iter().skip(2) {
        value = value + (-logarithm).powi(n.into())? * inverse_power;
    }

    // The k-th derivative of (−log x)ⁿ x^{−s} is x^{−s−k} P_k(log x), with P_{k+1} = P_k′ − (s + k) P_k.
    let mut polynomial = vec![Interval::integer(0); n as usize + 1];
    polynomial[n as usize] = Interval::integer(if n.is_multiple_of(2) { 1 } else { -1 });
    let mut scale = power(&split, &-s)?;
    value = value + integral_from(&split, &polynomial, &scale, &gap, &logarithm)?;
    value = value + Interval::ratio(1, 2) * evaluate(&polynomial, &logarithm) * &scale;
    let step = split.recip()?;
    let mut factorial = Interval::integer(1);
    for k in 0..2 * TERMS {
        differentiate(&mut polynomial, &(s + Interval::integer(k as u64)));
        scale = &scale * &step;
        factorial = factorial.over(k as u64 + 1);
        if k % 2 == 0 {
            // P_{2j−1} is here; (2j)! is one factor further.
            let number = Interval::point(bernoulli()[k / 2].clone()) * Interval::ratio(1, k as u64 + 2);
            value = value - number * &factorial * evaluate(&polynomial, &logarithm) * &scale;
        }
    }
    let sizes: Vec<Interval> = polynomial.iter().map(Interval::abs).collect();
    let gap = gap + Interval::integer(2 * TERMS as u64);
    let integral = integral_from(&split, &sizes, &scale, &gap, &logarithm)?;
    let number = Interval::point(bernoulli()[TERMS - 1].clone());
    Some(value + Interval::symmetric(&(number * factorial * integral)))
}

/// (log k, k^{−s}) for 0 < k < limit, each composite from its factors; the entry for 0 is a filler.
fn logarithms_and_powers(limit: u64, s: &Interval) -> Option<Vec<(Interval, Interval)>> {
    let one = (Interval::integer(0), Interval::integer(1));
    let mut all = vec![one.clone(), one];
    for k in 2..limit {
        let factor = (2..).find(|factor| k % factor == 0)?;
        all.push(if factor == k {
            let k = Interval::integer(k);
            let logarithm = log(&k)?;
            let inverse_power = match s.as_point() {
                Some(_) => power(&k, &-s)?,
                None => exp(&-(s * &logarithm))?,
            };
            (logarithm, inverse_power)
        } else {
            let ((log_a, power_a), (log_b, power_b)) = (&all[factor as usize], &all[(k / factor) as usize]);
            (log_a + log_b, power_a * power_b)
        });
    }
    Some(all)
}

/// P ↦ P′ − c P, in place; coefficients in ascending order.
fn differentiate(polynomial: &mut [Interval], c: &Interval) {
    for i in 0..polynomial.len() {
        let own = c * &polynomial[i];
        polynomial[i] = match polynomial.get(i + 1) {
            Some(above) => above * Interval::integer(i as u64 + 1) - own,
            None => -own,
        };
    }
}

fn evaluate(polynomial: &[Interval], x: &Interval) -> Interval {
    polynomial.iter().rev().fold(Interval::integer(0), |sum, coefficient| sum * x + coefficient)
}

/// ∫_N^∞ x^{−a−1} P(log x) dx = N^{−a} Σ_j P^{(j)}(log N)/a^{j+1}, by parts, where `scale` is N^{−a−1}.
fn integral_from(
    split: &Interval,
    polynomial: &[Interval],
    scale: &Interval,
    a: &Interval,
    logarithm: &Interval,
) -> Option<Interval> {
    let inverse = a.recip()?;
    let mut derivative = polynomial.to_vec();
    let mut weight = inverse.clone();
    let mut sum = Interval::integer(0);
    for _ in 0..polynomial.len() {
        sum = sum + evaluate(&derivative, logarithm) * &weight;
        differentiate(&mut derivative, &Interval::integer(0));
        weight = &weight * &inverse;
    }
    Some(sum * scale * split)
}

/// I_ν(x) for a rational ν: any x for a whole ν, otherwise x > 0; `None` when |x| is beyond 2000.
pub fn besseli(order: &Rational, x: &Interval) -> Option<Interval> {
    if order.is_integer() {
        let order = Rational::abs(order);
        let n = order.to_integer().to_i64()?;
        let first = (x * Interval::ratio(1, 2)).powi(n)?.divided_by(&gamma(&Interval::integer(n + 1))?)?;
        return bessel_series(&order, x, first);
    }
    if !x.is_positive() {
        return None;
    }
    let nu = Interval::point(order.clone());
    let first = power(&(x * Interval::ratio(1, 2)), &nu)?;
    bessel_series(order, x, first.divided_by(&gamma(&(nu + Interval::integer(1)))?)?)
}

/// Σ_k t_k with t_{k+1} = t_k (x²/4)/((k + 1)(k + 1 + ν)) from the first term (DLMF 10.25.2). Once the
/// factor is positive and below 1/2, the rest lies between 0 and twice the next term.
fn bessel_series(order: &Rational, x: &Interval, first: Interval) -> Option<Interval> {
    const LARGEST: i64 = 2000;
    if x.largest() > Rational::from_integer(LARGEST.into()) {
        return None;
    }
    let quarter_square = x.powi(2)? * Interval::ratio(1, 4);
    let half = Rational::new(1.into(), 2.into());
    let mut term = first;
    let mut sum = Interval::integer(0);
    for k in 1..LONGEST {
        sum = &sum + &term;
        let k = Rational::from_integer(k.into());
        let below = Interval::point(&k * (&k + order));
        let factor = quarter_square.divided_by(&below)?;
        term = &term * &factor;
        let enough =
            term.largest() <= sum.largest() * Rational::new(BigInt::one(), BigInt::one() << PRECISION as usize);
        if below.is_positive() && *factor.high() < half && enough {
            return Some(sum + Interval::integer(0).hull(&(Interval::integer(2) * term)));
        }
    }
    None
}

/// K_ν(x) for a rational ν and x > 0. The reflection and the series cancel about 3x bits, so that an
/// enclosure is wide from x = 60 on, unless 2ν is odd; `None` from x = 500 on.
pub fn besselk(order: &Rational, x: &Interval) -> Option<Interval> {
    const LARGEST: i64 = 500;
    if !x.is_positive() || *x.high() > Rational::from_integer(LARGEST.into()) {
        return None;
    }
    let order = Rational::abs(order);
    let doubled = &order * Rational::from_integer(2.into());
    if order.is_integer() {
        bessel_k_whole(order.to_integer().to_i64()?, x)
    } else if doubled.is_integer() {
        bessel_k_half((&order - Rational::new(1.into(), 2.into())).to_integer().to_i64()?, x)
    } else {
        // K_ν = ½π (I_{−ν} − I_ν)/sin(νπ): DLMF 10.27.4.
        let difference = besseli(&-&order, x)? - besseli(&order, x)?;
        let sine = sin(&(Interval::point(order) * pi()))?;
        (pi() * Interval::ratio(1, 2) * difference).divided_by(&sine)
    }
}

/// K_{n+1/2}(x) = √(π/(2x)) e^{−x} Σ_{k≤n} (n + k)!/(k! (n − k)! (2x)^k): DLMF 10.39.2 with 10.49.
fn bessel_k_half(n: i64, x: &Interval) -> Option<Interval> {
    let inverse = (Interval::integer(2) * x).recip()?;
    let mut term = Interval::integer(1);
    let mut sum = Interval::integer(1);
    for k in 1..=n {
        term = term * &inverse * Interval::ratio((n + k) * (n - k + 1), k);
        sum = &sum + &term;
    }
    Some((pi() * inverse).sqrt()? * exp(&-x)? * sum)
}

/// K_n(x) for a whole n ≥ 0 (DLMF 10.31.1).
fn bessel_k_whole(n: i64, x: &Interval) -> Option<Interval> {
    let half = x * Interval::ratio(1, 2);
    let quarter_square = &half * &half;
    let sign = |k: i64| Interval::integer(if k % 2 == 0 { 1 } else { -1 });

    // ½ (x/2)^{−n} Σ_{k<n} (n − k − 1)!/k! (−x²/4)^k
    let mut finite = Interval::integer(0);
    let mut term = if n > 0 { gamma(&Interval::integer(n))? } else { Interval::integer(0) };
    for k in 0..n {
        finite = &finite + &term;
        if k + 1 < n {
            term = -(term * &quarter_square) * Interval::ratio(1, (k + 1) * (n - k - 1));
        }
    }
    finite = finite * half.powi(-n)? * Interval::ratio(1, 2);

    let logarithmic = sign(n + 1) * log(&half)? * besseli(&Rational::from_integer(n.into()), x)?;

    // (−1)ⁿ ½ (x/2)ⁿ Σ_k (ψ(k + 1) + ψ(n + k + 1)) (x²/4)^k/(k! (n + k)!)
    let harmonic = (1..=n).fold(Interval::integer(0), |sum, j| sum + Interval::ratio(1, j));
    let mut digammas = harmonic - Interval::integer(2) * euler_gamma();
    let mut term = half.powi(n)?.divided_by(&gamma(&Interval::integer(n + 1))?)?;
    let mut series = Interval::integer(0);
    for k in 0..LONGEST {
        series = &series + &digammas * &term;
        let factor = &quarter_square * Interval::ratio(1, (k + 1) * (n + k + 1));
        term = &term * &factor;
        digammas = &digammas + Interval::ratio(1, k + 1) + Interval::ratio(1, n + k + 1);
        // Each later term is below half the one before: the digammas at most double where the factor is
        // below 1/4 (they exceed 1 from k = 3 on, and grow by at most 2/(k + 1)).
        let small = *factor.high() < Rational::new(1.into(), 4.into()) && k >= 3;
        if small && (&digammas * &term).is_below_bits(PRECISION + 16) {
            let rest = Interval::symmetric(&(Interval::integer(2) * &digammas * &term));
            let series = (series + rest) * Interval::ratio(1, 2) * sign(n);
            return Some(finite + logarithmic + series);
        }
    }
    None
}

/// erf(x) = 2/√π e^{−x²} Σ 2ⁿ x^{2n+1}/(1·3 ⋯ (2n + 1)) (DLMF 7.6.2); far out 0 < erfc x < e^{−x²}/(x√π)
/// (DLMF 7.8.1 and 7.8.2).
pub fn erf(x: &Interval) -> Option<Interval> {
    increasing(x, |point| {
        let value = erf_of_positive(&Interval::point(point.abs()))?;
        Some(if point.is_negative() { -value } else { value })
    })
}

fn erf_of_positive(x: &Interval) -> Option<Interval> {
    const FAR_OUT: i64 = 16;
    const FARTHEST: i64 = 300;
    let root_pi = pi().sqrt()?;
    if *x.high() > Rational::from_integer(FAR_OUT.into()) {
        let nearer =
            x.meet(&Interval::integer(0).hull(&Interval::integer(FARTHEST))).unwrap_or(Interval::integer(FARTHEST));
        let complement = exp(&-(&nearer * &nearer))?.divided_by(&(nearer * root_pi))?;
        let one = Interval::integer(1);
        return Some((&one - complement).hull(&one));
    }
    let square = x * x;
    let (mut term, mut sum) = (x.clone(), x.clone());
    for n in 1..LONGEST {
        let factor = Interval::integer(2) * &square * Interval::ratio(1, 2 * n + 1);
        term = &term * &factor;
        sum = &sum + &term;
        // The factors fall: beyond this one the rest is below the last term.
        if *factor.high() < Rational::new(1.into(), 2.into()) && term.is_below_bits(PRECISION + 16) {
            let rest = Interval::integer(0).hull(&term);
            return ((sum + rest) * Interval::integer(2) * exp(&-square)?).divided_by(&root_pi);
        }
    }
    None
}
