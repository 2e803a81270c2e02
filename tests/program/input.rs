//! Wrong and hard input: a clear message and the right exit code, and that within seconds.

use std::time::Duration;

use super::{Folder, Run, command, run, run_with};

/// A run that takes longer hangs, even where others queue for the algebra engine before it.
const SECONDS: u64 = 60;

/// `derive` of a family given by its entries.
fn derive(entries: &str) -> Run {
    within(run_with(&["derive", "-", "-q"], &format!("family F {{\n{entries}\n}}\n")))
}

#[track_caller]
fn within(run: Run) -> Run {
    assert!(run.took < Duration::from_secs(SECONDS), "it took {:?}", run.took);
    run
}

#[test]
fn what_is_no_text_is_said_to_be_none() {
    let folder = Folder::new("junk");
    let empty = folder.write("empty.fam", "");
    let junk: Vec<u8> = (0..5_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x80).collect();
    let junk = folder.write("junk.fam", junk);
    within(run(&["derive", &empty])).exits(2).says(&["holds no family"]);
    within(run(&["derive", &junk])).exits(2).says(&["not a UTF-8 text file"]);
    within(run(&["derive", &folder.path("absent.fam")])).exits(2).says(&["cannot be read"]);
    within(run(&["derive", &folder.0.display().to_string()])).exits(2).says(&["cannot be read"]);
}

#[test]
fn fifty_megabytes_are_refused_unread() {
    let folder = Folder::new("large");
    let large = folder.write("large.fam", vec![b'#'; 50 << 20]);
    within(run(&["derive", &large])).exits(2).says(&["too large: 50.0 MiB", "the limit is 4 MiB"]);
    within(run_with(&["derive", "-"], &"#".repeat(50 << 20))).exits(2).says(&["too large"]);
}

#[test]
fn nesting_and_powers_have_limits() {
    for (open, close) in [("(", ")"), ("exp(", ")"), ("-", ""), ("2^", ""), ("[", "]")] {
        let nested = format!("{}x{}", open.repeat(10_000), close.repeat(10_000));
        derive(&format!("variate x : real parameter m : real density {nested}")).exits(2).says(&["nested more than"]);
    }
    derive("variate x : interval(0, 1) parameter a : positive density a*x^(10^9)*x^(a - 1)").exits(1);
    derive("variate x : real parameter a : positive density (x + a)^(2*10^9)*exp(-x^2)").exits(1).says(&["too large"]);
    derive("variate x : {0, 1} parameter a : positive mass (1 + a)^(10^9*x)/(1 + (1 + a)^(10^9))").exits(1);
    derive("variate x : real parameter a : positive density a^(10^(10^9))*exp(-x^2)").exits(1).says(&["too large"]);
}

#[test]
fn a_density_that_is_none_is_refuted() {
    derive("variate x : positive parameter a : positive density 2*a*exp(-a*x)").exits(1).says(&[
        "refuted",
        "integrates to 2, not to 1",
        "multiply the density by 1/2",
    ]);
    derive("variate x : positive parameter a : positive density -a*exp(-a*x)")
        .exits(1)
        .says(&["refuted", "the density is not positive"]);
    derive("variate x : positive parameter a : real density exp(-a*x)").exits(1).says(&["not proved"]);
    derive("variate x : positive parameter s : real, b : positive density x^(s - 1)*exp(-b*x)")
        .exits(1)
        .says(&["diverges", "declare the parameters so that s > 0"]);
    derive("variate x : {0, 1, 2} parameter p : interval(0, 1) mass x*p/3").exits(1).says(&["the mass is 0 at x = 0"]);
}

#[test]
fn a_density_that_is_negative_somewhere_is_refuted_there() {
    derive("variate x : interval(0, 1) parameter t : real density 1 + t*(x - 1/2)")
        .exits(1)
        .says(&["the density is not positive: at t = 5, x = 1/7 it is −11/14"]);
    derive("variate x : real parameter m : real, s : real density exp(-(x - m)^2/(2*s^2))/(s*sqrt(2*pi))")
        .exits(1)
        .says(&["refuted", "s = −3/2"]);
}

#[test]
fn an_integral_that_diverges_is_refuted_by_what_it_exceeds() {
    derive("variate x : interval(0, 1) parameter c : positive density c/(x*(1 - x))")
        .exits(1)
        .says(&["the integral of the density diverges: at c = 2, the density is at least 1/x for x between 0 and 1"]);
    derive("variate k : integers(1, infinity) parameter c : positive mass c/k")
        .exits(1)
        .says(&["the sum of the density diverges: at c = 2, the density is at least 1/k for k > 2"]);
    derive("variate x : real parameter m : real density exp(-abs(x - m))/(2*abs(x - m))")
        .exits(1)
        .says(&["diverges", "for x between 2 and 3"]);
    derive("variate x : interval(0, 1) parameter t : positive density t/(3*x - 1)^2")
        .exits(1)
        .says(&["diverges", "for x between 1/3 and 1"]);
    // Slower than any c/x.
    derive("variate x : interval(2, infinity) parameter a : positive density a/(x*log(x))")
        .exits(1)
        .says(&["diverges", "the density is at least 1/(x log x) for x > e²"]);
    derive("variate x : interval(2, infinity) parameter a : positive density a/(x*log(x)^2)")
        .exits(1)
        .lacks(&["diverges"]);
    // Each slice integrates, and the plane does not.
    derive("variate x : positive, y : positive parameter a : positive density a*exp(-a*x*y)")
        .exits(1)
        .says(&["diverges", "what integrating over y leaves of the density is at least"]);
    // A narrow peak, and a slow decay, that are integrable.
    derive("variate x : interval(0, 1) parameter c : positive density x^(-9/10)*exp(-x^c)")
        .exits(1)
        .lacks(&["diverges"]);
    derive("variate x : interval(1, infinity) parameter c : positive density x^(-11/10)*exp(-c/x)*atan(x)")
        .exits(1)
        .lacks(&["diverges"]);
    derive("variate x : real parameter m : real density 1/(pi*(1 + (x - m)^2)) claim mean = m")
        .exits(1)
        .says(&["there is no mean: at m = 2, |x| times the density is at least"]);
}

#[test]
fn labels_are_told_to_be_numbers() {
    derive("variate x : {red, green} parameter p : interval(0, 1) mass p^x*(1 - p)^(1 - x)")
        .exits(0)
        .says(&["the labels of a finite set stand for numbers", "`red` is 0, `green` is 1"]);
}

#[test]
fn points_without_mass_are_left_out_of_the_support() {
    derive("variate x : natural parameter m : positive mass x*exp(-m)*m^(x - 1)/x!")
        .exits(0)
        .says(&["x ∈ {1, 2, …}", "the mass is 0 at x = 0, which is left out of the support"]);
    // 0^0 = 1, and (m x)^y is 0 only for y > 0.
    derive("variate x : natural, y : natural parameter m : positive mass exp(-m)*m^x/x!*exp(-m*x)*(m*x)^y/y!")
        .exits(0)
        .says(&["F(m) = 1 + 1/m", "the mass is 0 at x = 0, y > 0"]);
    // Without what is left out the total is not 1, and without the rest of the mass neither.
    derive("variate x : natural, y : natural parameter m : positive mass exp(-m)*m^x/x!*exp(-m)*(m*x)^y/y!")
        .exits(1)
        .lacks(&["= 1 — proved"]);
    derive(
        "variate x : integers(0, 2), y : integers(0, 2) parameter q : interval(0, 1)
        mass binomial(2, x)*(1 - q)^x*q^(2 - x)*binomial(2 - x, y)*(1 - q^x)^y*q^(x*(2 - x - y))",
    )
    .exits(0)
    .says(&["(x, y) ∈ {(0, 0), (1, 0), (1, 1), (2, 0)}", "F(q) = 2/q + 2/(1 − q) + 2"]);
    derive("variate k : natural parameter p : interval(0, 1) mass -p^k/(k*log(1 - p))")
        .exits(1)
        .says(&["the mass has no value at k = 0", "leave k = 0 out of the support"]);
}

#[test]
fn a_condition_on_an_absolute_value_is_two() {
    derive("variate x : real where abs(x - t) < 1 parameter t : real density 1/2")
        .says(&["R1 fails: the support depends on t", "= 1 — proved"]);
    derive("variate x : real where 2 >= abs(x) parameter t : positive density exp(t*x)*t/(exp(2*t) - exp(-2*t))")
        .exits(0)
        .says(&["x ≤ 2 and x + 2 ≥ 0", "= 1 — proved"]);
}

#[test]
fn conditions_are_told_and_those_that_say_nothing_left_out() {
    derive("variate x : real parameter a : real constant c : positive where c^2 - a^2 >= 0 density exp(-(x - a)^2/(2*c))/sqrt(2*pi*c)")
        .exits(0)
        .says(&["a² ≤ c²"]);
    derive("variate x : positive where x + t > 0 parameter t : positive density t*exp(-t*x)")
        .exits(0)
        .lacks(&["R1 fails"]);
    derive("constant n : natural variate x : integers(0, n) where x < n + p parameter p : interval(0, 1) mass binomial(n, x)*p^x*(1 - p)^(n - x)")
        .exits(0);
    derive("variate x : interval(0, 1) where x > 2 parameter t : positive density t*x^(t - 1)")
        .exits(2)
        .says(&["no values meet this condition"]);
}

#[test]
fn a_claimed_matrix_may_have_a_scalar_in_front() {
    let regression = "variate y : natural parameter a : real, b : real given x : real
        mass exp(y*(a + b*x) - exp(a + b*x))/y!";
    derive(&format!("{regression} claim fisher = exp(a + b*x)*[[1, x], [x, x^2]]")).exits(0);
    derive(&format!("{regression} claim fisher = -[[1, x], [x, x^2]]/exp(-a - b*x)")).exits(1).says(&["refuted"]);
}

#[test]
fn regions_that_conditions_make_finite_are_enumerated() {
    derive("variate x : natural, y : natural where x + 2*y <= 2 parameter a : positive mass a^x/(1 + a + a^2 + 1)")
        .exits(0);
    derive(
        "variate (x, y) : {(1, 0), (0, 1), (0, 0)}, b : {0, 1} parameter p : interval(0, 1/2), q : interval(0, 1)
        mass p^x*p^y*(1 - 2*p)^(1 - x - y)*q^b*(1 - q)^(1 - b)",
    )
    .exits(0);
    derive("variate (x, y) : {(1, 0), (0, 1)}, z : real parameter m : real mass exp(-(z - m)^2/2)/sqrt(8*pi)")
        .exits(2)
        .says(&["must run over finite sets"]);
}

#[test]
fn an_assumption_that_holds_nowhere_proves_nothing() {
    // 4 cos²(π/5) is 1 + 2 cos(π/5): the density is 0/0, and no normal form sees that.
    let hidden = "(4*cos(pi/5)^2-2*cos(pi/5)-1)";
    derive(&format!("variate x : positive parameter a : positive density a*exp(-a*x)*{hidden}/{hidden}"))
        .exits(1)
        .says(&["not proved", "which was found nowhere"]);
    derive("variate x : positive parameter a : positive density a*exp(-a*x)*(3*cos(pi/5)-1)/(3*cos(pi/5)-1)").exits(0);
}

#[test]
fn what_fails_beyond_the_density_is_named() {
    derive("variate x : interval(0, theta) parameter theta : positive density 1/theta")
        .exits(1)
        .says(&["R1 fails: the support depends on θ"]);
    derive("variate x : real parameter a : real, b : real density exp(-(x - a - b)^2/2)/sqrt(2*pi)")
        .says(&["singular", "not identifiable along the direction (-1, 1)"]);
    let mixture = "variate x : real parameter w : interval(0, 1), m : real
        density (w*exp(-x^2/2) + (1 - w)*exp(-(x - m)^2/2))/sqrt(2*pi)";
    derive(mixture).exits(1).says(&["Not an exponential family", "∂ℓ/∂w =", "∂²ℓ/∂m² =", "No closed form"]);
    derive("variate x : real parameter a : positive where a < -1 density a*exp(-x^2/2)/(a*sqrt(2*pi))")
        .exits(2)
        .says(&["no values meet this condition", "where a < -1"]);
    derive("variate x : positive parameter b : positive, c : positive density b*exp(-b*x)").exits(2).says(&["`c`"]);
    derive("variate x : positive parameter b : positive density b*exp(-c*x)").exits(2).says(&["`c`"]);
}

#[test]
fn a_false_claim_is_refuted_with_both_values() {
    let family = "family F {
        variate x : positive
        parameter a : positive
        density a*exp(-a*x)
        claim fisher = [[1/a]]
        claim mean = 1/a
    }";
    run_with(&["check", "-", "-q"], family).exits(1).says(&[
        "fisher = [[1/a]] — refuted: at a = 2 the entry fisher[a, a] is 1/4 ≈ 0.25, not 1/2 ≈ 0.5",
        "mean = 1/a — proved",
    ]);
    run_with(&["check", "-", "-q"], &family.replace("[[1/a]]", "[[1/a^2]]")).exits(0);
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let family = "family F {
        variate x : positiv
        parameter a : positive
        density 2a*exp(-b*x)
        claim fisher = 1/
    }";
    let told = run_with(&["derive", "-"], family).exits(2).says(&[
        "did you mean `positive`?",
        "standard input:2:",
        "write `2*a`",
        "standard input:4:",
    ]);
    assert_eq!(told.out, "");
}

#[test]
fn ten_runs_at_one_instant_all_succeed() {
    let children: Vec<_> = (0..10)
        .map(|_| {
            let mut command = command(&["derive", "gamma", "-q"]);
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            command.spawn().expect("the program starts")
        })
        .collect();
    let mut documents: Vec<String> = Vec::new();
    for child in children {
        let output = child.wait_with_output().expect("the program ends");
        documents.push(Run::new(output, Duration::ZERO).exits(0).out);
    }
    documents.dedup();
    assert_eq!(documents.len(), 1, "all runs write the same");
}
