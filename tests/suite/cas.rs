//! The algebra engine: its answers are checked here by evaluation in exact rationals.

use std::thread;

use fisherproof::cas::{self, CasError};
use fisherproof::kernel::term::{Constant, Function, Rational, Term};
use num_bigint::BigInt;
use num_traits::{One, ToPrimitive, Zero};

fn v(name: &str) -> Term {
    Term::variable(name)
}

fn n(value: i64) -> Term {
    Term::integer(value)
}

fn pow(base: Term, exponent: i64) -> Term {
    Term::power(base, n(exponent))
}

fn sum<const N: usize>(terms: [Term; N]) -> Term {
    Term::sum(terms.to_vec())
}

fn product<const N: usize>(terms: [Term; N]) -> Term {
    Term::product(terms.to_vec())
}

fn root(base: Term) -> Term {
    Term::power(base, Term::ratio(1, 2))
}

/// The value of a rational term, every atom having one that only depends on its text.
fn value(term: &Term) -> Option<Rational> {
    Some(match term {
        Term::Number(number) => number.clone(),
        Term::Sum(parts) => parts.iter().map(value).sum::<Option<Rational>>()?,
        Term::Product(parts) => parts.iter().map(value).product::<Option<Rational>>()?,
        Term::Power(base, exponent) if exponent.as_number().is_some_and(Rational::is_integer) => {
            let (base, exponent) = (value(base)?, exponent.as_number()?.to_i32()?);
            if base.is_zero() && exponent <= 0 {
                return None;
            }
            base.pow(exponent)
        }
        atom => {
            let text = format!("{atom}");
            let hash = text.bytes().fold(7_i64, |hash, byte| (hash * 31 + i64::from(byte)) % 9973);
            Rational::new((hash + 2).into(), 101.into())
        }
    })
}

fn text(result: Result<Term, CasError>) -> String {
    cas::set_quiet(true);
    match result {
        Ok(term) => term.to_string(),
        Err(error) => format!("error: {error}"),
    }
}

/// A small generator of pseudo-random numbers; the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn term(&mut self, depth: u32) -> Term {
        let leaf = depth == 0 || self.below(5) == 0;
        match self.below(if leaf { 3 } else { 6 }) {
            0 => Term::ratio(self.below(9) as i64 - 4, self.below(4) as i64 + 1),
            1 => v(["x", "y", "a"][self.below(3) as usize]),
            2 => [v("x").log(), Term::power(v("x"), v("a")), Term::Constant(Constant::Pi)][self.below(3) as usize]
                .clone(),
            3 => sum([self.term(depth - 1), self.term(depth - 1), self.term(depth - 1)]),
            4 => product([self.term(depth - 1), self.term(depth - 1)]),
            _ => pow(self.term(depth - 1), self.below(5) as i64 - 2),
        }
    }
}

type Verb = fn(&Term) -> Result<Term, CasError>;

const VERBS: [Verb; 5] =
    [cas::expand, cas::together, cas::factor, |term| cas::apart(term, &v("x")), |term| cas::collect(term, &v("x"))];

/// Every verb gives a term of the same value, or says why not.
fn keeps_value(term: &Term) {
    let expected = value(term);
    let answers = VERBS.iter().map(|verb| verb(term));
    let forms = cas::candidates(std::slice::from_ref(term)).expect("the engine runs").swap_remove(0);
    for answer in answers.chain(forms.into_iter().map(Ok)) {
        match answer {
            Ok(form) => {
                if expected.is_some() {
                    assert_eq!(expected, value(&form), "{term}  became  {form}");
                }
            }
            Err(CasError::Undefined(_) | CasError::TooLarge(_)) => {}
            Err(error) => panic!("{term}: {error}"),
        }
    }
}

#[test]
fn expands() {
    let square = pow(sum([v("x"), -v("mu")]), 2);
    assert_eq!(text(cas::expand(&square)), "x^2 - 2*x*mu + mu^2");
    let over = square / product([n(2), pow(v("sigma"), 2)]);
    assert_eq!(text(cas::expand(&over)), "1/2*x^2/sigma^2 - x*mu/sigma^2 + 1/2*mu^2/sigma^2");
    let below = sum([v("x"), n(1)]) / sum([v("y"), n(1)]);
    assert_eq!(text(cas::expand(&below)), "x/(y + 1) + 1/(y + 1)");
    let signed = v("x") / sum([pow(v("b"), 2), -pow(v("a"), 2)]);
    assert_eq!(text(cas::expand(&signed)), "x/(b^2 - a^2)");
}

#[test]
fn cancels() {
    let term = sum([pow(v("x"), 2), n(-1)]) / sum([v("x"), n(-1)]);
    assert_eq!(cas::together(&term), Ok(sum([v("x"), n(1)])));
    let zero = sum([v("x") / sum([v("x"), v("y")]), v("y") / sum([v("x"), v("y")]), n(-1)]);
    assert_eq!(cas::together(&zero), Ok(Term::zero()));
    let nested = n(1) / sum([n(1), n(1) / sum([n(1), v("y")])]);
    assert_eq!(text(cas::together(&nested)), "(y + 1)/(y + 2)");
}

#[test]
fn factors() {
    let term = sum([pow(v("x"), 2), product([n(-2), v("x"), v("mu")]), pow(v("mu"), 2)]) / product([n(2), v("s")]);
    assert_eq!(text(cas::factor(&term)), "1/2/s*(x - mu)^2");
    let term = sum([pow(v("x"), 4), n(-1)]);
    assert_eq!(text(cas::factor(&term)), "(x - 1)*(x + 1)*(x^2 + 1)");
    let term = sum([
        product([v("a"), v("x")]),
        product([v("b"), v("x")]),
        product([v("a"), v("y")]),
        product([v("b"), v("y")]),
    ]);
    assert_eq!(cas::factor(&term).map(|term| term.children().count()), Ok(2));
}

#[test]
fn splits() {
    let term = n(1) / product([v("a"), sum([v("a"), v("b")])]);
    assert_eq!(text(cas::apart(&term, &v("a"))), "1/a/b - 1/b/(a + b)");
    // By an atom that does not occur there is nothing to split.
    assert_eq!(cas::apart(&term, &v("z")), cas::together(&term));
}

#[test]
fn collects() {
    let log = v("x").log();
    let term = sum([product([v("a"), log.clone()]), product([v("b"), log.clone()]), v("c"), -log.clone()]);
    assert_eq!(text(cas::collect(&term, &log)), "(a + b - 1)*log(x) + c");
}

#[test]
fn atoms_pass_unchanged() {
    let x = v("x");
    let atoms = [
        Term::Constant(Constant::EulerGamma),
        Term::power(x.clone(), sum([v("a"), n(-1)])),
        Term::power(Term::Constant(Constant::E), x.clone()),
        Term::apply(Function::Beta, vec![v("a"), sum([v("b"), n(1)])]),
        Term::apply(Function::Polygamma, vec![n(2), x.clone()]),
        Term::LogDensity(vec![("mu".into(), v("nu"))]),
        Term::log_density().derivative(&"mu".into()),
        product([x.clone(), Term::log_density()]).expectation(),
        root(x.clone()),
        Term::power(sum([x.clone(), n(1)]), Term::ratio(-2, 3)),
        // A name that Symbolica would read as its own.
        v("𝑖"),
        v("pi"),
        v("v0"),
        v("x_"),
    ];
    for atom in &atoms {
        for verb in VERBS {
            assert_eq!(verb(atom).as_ref(), Ok(atom));
        }
    }
    // All of them at once, and back out one by one.
    let total = Term::sum(atoms.to_vec());
    let distinct: std::collections::BTreeSet<Term> = atoms.iter().cloned().collect();
    let back = cas::expand(&total).expect("an answer");
    assert_eq!(back.children().cloned().collect::<std::collections::BTreeSet<_>>(), distinct);
}

#[test]
fn atoms_are_told_apart_by_algebra() {
    let log = |term: Term| term.log();
    let same = sum([log(product([v("a"), v("b")])), -log(product([v("b"), v("a")]))]);
    assert_eq!(cas::together(&same), Ok(Term::zero()));
    let other = sum([log(v("a")), -log(v("b"))]);
    assert_eq!(text(cas::together(&other)), "log(a) - log(b)");
}

#[test]
fn roots() {
    let two_pi_s = |order: [Term; 3]| product(order);
    let pi = || Term::Constant(Constant::Pi);
    let one = root(two_pi_s([n(2), pi(), v("s")])) / root(two_pi_s([v("s"), n(2), pi()]));
    assert_eq!(cas::together(&one), Ok(Term::one()));
    assert_eq!(cas::together(&product([root(v("x")), root(v("x"))])), Ok(v("x")));
    let sqrt = Term::apply(Function::Sqrt, vec![v("x")]);
    let conjugate = product([sum([n(1), sqrt]), sum([n(1), -root(v("x"))])]);
    assert_eq!(text(cas::together(&conjugate)), "-x + 1");
    assert_eq!(text(cas::factor(&conjugate)), "-(x - 1)");
    let mixed = product([root(v("x")), Term::power(v("x"), Term::ratio(1, 3))]);
    assert_eq!(cas::together(&mixed), Ok(Term::power(v("x"), Term::ratio(5, 6))));
    assert_eq!(text(cas::together(&pow(sum([n(1), root(n(2))]), 4))), "12*2^(1/2) + 17");
    assert_eq!(cas::together(&root(Term::ratio(9, 4))), Ok(Term::ratio(3, 2)));
    // √(x²) is not x.
    assert_ne!(cas::together(&root(pow(v("x"), 2))), Ok(v("x")));
}

#[test]
fn numbers_are_exact() {
    let long = |digit: char, length: usize| -> BigInt {
        std::iter::repeat_n(digit, length).collect::<String>().parse().expect("digits")
    };
    for length in [1, 18, 19, 20, 38, 39, 40, 300, 1_000] {
        let number = Rational::new(-long('7', length), long('9', length) + BigInt::one());
        let term = Term::Number(number.clone());
        for verb in VERBS {
            assert_eq!(verb(&term).as_ref(), Ok(&term));
            let scaled = verb(&product([term.clone(), v("x")]));
            assert_eq!(scaled, Ok(product([term.clone(), v("x")])));
        }
        let sum = sum([term.clone(), term.clone()]);
        assert_eq!(cas::together(&sum), Ok(Term::Number(&number + &number)));
    }
}

#[test]
fn values_are_kept() {
    let mut dice = Dice(1);
    for _ in 0..400 {
        keeps_value(&dice.term(3));
    }
}

#[test]
fn division_by_zero_is_an_error() {
    for zero in [n(0), sum([v("x"), -v("x")]), sum([pow(root(n(2)), 2), n(-2)])] {
        for term in
            [pow(zero.clone(), -1), n(0) / zero.clone(), pow(zero.clone(), 0), sum([v("y"), n(3) / zero.clone()])]
        {
            for verb in VERBS {
                assert!(matches!(verb(&term), Err(CasError::Undefined(_))), "{term}");
            }
            assert_eq!(cas::candidates(&[term]), Ok(vec![vec![]]));
        }
    }
}

fn too_large(term: &Term) {
    for verb in VERBS {
        assert!(matches!(verb(term), Err(CasError::TooLarge(_))));
    }
}

#[test]
fn bounds_hold() {
    too_large(&pow(v("x"), 1_001));
    too_large(&pow(v("x"), -1_001));
    too_large(&Term::power(v("x"), Term::ratio(1, 2_000)));
    too_large(&pow(pow(pow(v("x"), 1_000), 1_000), 1_000));
    too_large(&pow(pow(n(2), 1_000), 1_000));
    too_large(&pow(sum([v("x"), v("y"), v("z"), v("a"), v("b")]), 200));
    too_large(&Term::integer(BigInt::one() << 5_000));
    too_large(&Term::sum(vec![v("x"); cas::MAX_NODES]));
    let deep = (0..cas::MAX_DEPTH).fold(v("x"), |term, _| term.log());
    too_large(&deep);
    assert_eq!(cas::candidates(&[deep, v("x")]), Ok(vec![vec![], vec![v("x")]]));
}

#[test]
fn very_deep_terms_are_refused_without_recursion() {
    // Dropping such a term recurses, so it is built and leaked on a thread with room.
    let work = || {
        let deep = (0..100_000).fold(v("x"), |term, _| -term);
        assert!(matches!(cas::expand(&deep), Err(CasError::TooLarge(_))));
        std::mem::forget(deep);
    };
    thread::Builder::new().spawn(work).expect("a thread").join().expect("no overflow");
}

#[test]
fn deep_terms_within_bounds_are_answered() {
    let deep = (0..60).fold(v("x"), |term, step| sum([n(step), pow(term, -1)]));
    assert!(cas::together(&deep).is_ok());
    let logs = (0..cas::MAX_DEPTH - 2).fold(v("x"), |term, _| term.log());
    assert_eq!(cas::expand(&logs), Ok(logs));
}

#[test]
fn hard_factorisations_are_refused_in_time() {
    let begin = std::time::Instant::now();
    for count in [5, 10, 20, 40] {
        let names: Vec<Term> = (0..count).map(|index| v(&format!("e{index}"))).collect();
        for power in [-1, -2] {
            let term = Term::sum(names.iter().map(|name| pow(name.clone(), power)).collect());
            cas::candidates(&[term]).expect("the engine runs");
            let term = Term::sum(names.iter().map(|name| pow(sum([name.clone(), v("y")]), power)).collect());
            cas::candidates(&[term]).expect("the engine runs");
        }
    }
    assert!(begin.elapsed().as_secs() < 60, "{:?}", begin.elapsed());
}

#[test]
fn candidates_are_distinct_forms() {
    let term = n(1) / product([v("a"), sum([v("a"), v("b")])]);
    let forms = cas::candidates(&[term, v("x"), Term::zero()]).expect("the engine runs");
    let texts: Vec<Vec<String>> = forms.iter().map(|forms| forms.iter().map(Term::to_string).collect()).collect();
    assert_eq!(texts, [vec!["1/a/(a + b)", "1/a/b - 1/b/(a + b)"], vec!["x"], vec!["0"]]);
}

#[test]
fn eight_threads_share_the_engine() {
    let work = |seed: u64| {
        move || {
            let mut dice = Dice(seed);
            for _ in 0..40 {
                keeps_value(&dice.term(2));
            }
        }
    };
    let threads: Vec<_> = (2..10).map(|seed| thread::spawn(work(seed))).collect();
    for thread in threads {
        thread.join().expect("no thread fails");
    }
}
