//! Exchangeable parameters: the kernel's rule, what it refuses, and the entries that stand for others.

use std::collections::BTreeMap;

use fisherproof::derive::family::derive;
use fisherproof::derive::report::{Report, Status};
use fisherproof::derive::setting::setting;
use fisherproof::kernel::certificate::{Certificate, Exchange, Proposition, Rule, Step};
use fisherproof::kernel::check::replay;
use fisherproof::kernel::term::{Name, Term};
use fisherproof::kernel::theorem::Checker;
use fisherproof::model::family::Family;
use fisherproof::model::{read_term, resolve_family};
use fisherproof::numeric::evaluate;
use fisherproof::source::Source;
use fisherproof::syntax;
use fisherproof::syntax::tree::Item;

fn family(text: &str) -> Family {
    let source = Source::new("family", text);
    let (file, _) = syntax::parse(&source);
    let own = file.items.iter().find_map(|item| match item {
        Item::Family(tree) => resolve_family(tree, &source).0,
        Item::Derivation(_) => None,
    });
    own.unwrap_or_else(|| panic!("a family: {text}"))
}

fn checker(text: &str) -> Checker {
    Checker::new(&setting(&family(text)).expect("a setting"))
}

fn swaps(pairs: &[(&str, &str)]) -> Vec<(Name, Name)> {
    let both = |(a, b): &(&str, &str)| [(Name::new(a), Name::new(b)), (Name::new(b), Name::new(a))];
    pairs.iter().flat_map(both).collect()
}

const PARAMETERS: (&str, &str) = ("p1", "p2");
const SECOND: (&str, &str) = ("p1_q", "p2_q");
const COORDINATES: (&str, &str) = ("y1", "y2");

/// Three classes, or what is made of them.
fn classes(points: &str, domains: [&str; 2], condition: &str, mass: &str) -> String {
    format!(
        "family C {{ variate (y1, y2) : {{{points}}}\n parameter p1 : {}, p2 : {}\n where {condition}\n mass {mass} }}",
        domains[0], domains[1]
    )
}

const POINTS: &str = "(1,0), (0,1), (0,0)";
const UNIT: [&str; 2] = ["interval(0, 1)"; 2];
const MASS: &str = "p1^y1 * p2^y2 * (1 - p1 - p2)^(1 - y1 - y2)";
const CONDITION: &str = "1 - p1 - p2 > 0";

#[test]
fn classes_can_be_exchanged_with_their_indicators() {
    let own = checker(&classes(POINTS, UNIT, CONDITION, MASS));
    assert!(own.invariance(&swaps(&[PARAMETERS, SECOND, COORDINATES])).is_ok());
    // Without the indicators, or with one of a pair alone, the density is another.
    assert!(own.invariance(&swaps(&[PARAMETERS, SECOND])).is_err());
    assert!(own.invariance(&swaps(&[COORDINATES])).is_err());
    // The conditions on the second distribution are declared too.
    assert!(own.invariance(&swaps(&[("p1", "p2_q"), COORDINATES])).is_err());
    // No permutations.
    let name = |text: &str| Name::new(text);
    assert!(own.invariance(&[(name("p1"), name("p2"))]).is_err());
    assert!(own.invariance(&[(name("p1"), name("p1")), (name("p1"), name("p2"))]).is_err());
    assert!(own.invariance(&swaps(&[("p1", "y1"), ("p2", "y2")])).is_err());
    assert!(own.invariance(&swaps(&[("p1", "nobody")])).is_err());
}

#[test]
fn what_is_declared_of_one_and_not_of_the_other_keeps_them_apart() {
    let all = swaps(&[PARAMETERS, SECOND, COORDINATES]);
    let refused = [
        classes(POINTS, ["interval(0, 1)", "interval(0, 1/2)"], CONDITION, MASS),
        classes(POINTS, UNIT, "1 - p1 - p2 > 0, p2 - p1/2 > 0", MASS),
        classes("(1,0), (0,0)", UNIT, CONDITION, "p1^y1 * p2^y2 * (1 - p1)^(1 - y1 - y2)"),
        classes(POINTS, UNIT, CONDITION, "p1^y1 * (2*p2)^y2 * (1 - p1 - 2*p2)^(1 - y1 - y2)"),
    ];
    for text in refused {
        assert!(checker(&text).invariance(&all).is_err(), "{text}");
    }
    // The sides of a symmetric condition may be written in any order.
    assert!(checker(&classes(POINTS, UNIT, "p2 + p1 < 1", MASS)).invariance(&all).is_ok());
}

#[test]
fn a_domain_that_names_an_exchanged_parameter_is_another() {
    let own = checker(
        "family D { variate x : positive, y : positive\n parameter a : positive, b : positive, c : interval(a, infinity)\n \
         density a*b*exp(-a*x - b*y) * c/c }",
    );
    assert!(own.invariance(&swaps(&[("a", "b"), ("a_q", "b_q"), ("x", "y")])).is_err());
}

fn replayed(own: &Family, steps: Vec<Step>) -> bool {
    let setting = setting(own).expect("a setting");
    let witness = setting.witness().to_vec();
    replay(&setting, &Certificate { witness, splits: Vec::new(), cases: None, steps }).is_ok()
}

#[test]
fn a_carried_step_says_what_the_renaming_makes_of_it_and_nothing_else() {
    let own = family(&classes(POINTS, UNIT, CONDITION, MASS));
    let term = |text: &str| read_term(text).expect("a term");
    let mean = |of: &str, is: &str| Proposition::Expectation { of: term(of), is: term(is) };
    let invariance = |pairs: &[(&str, &str)]| Step {
        proposition: Proposition::Invariance { renaming: swaps(pairs) },
        rule: Rule::Algebra,
    };
    let first = Step { proposition: mean("y1", "p1"), rule: Rule::Enumeration };
    let carried = |proposition: Proposition, step: usize, invariances: &[usize]| Step {
        proposition,
        rule: Rule::Exchange(Exchange { step, invariances: invariances.to_vec() }),
    };
    let all = [PARAMETERS, SECOND, COORDINATES];
    let good = vec![invariance(&all), first.clone(), carried(mean("y2", "p2"), 1, &[0])];
    assert!(replayed(&own, good));
    let twice = vec![invariance(&all), first.clone(), carried(mean("y1", "p1"), 1, &[0, 0])];
    assert!(replayed(&own, twice));
    let forged = [
        // Another value, another quantity, no renaming, a premise that is no invariance, a step not yet made.
        vec![invariance(&all), first.clone(), carried(mean("y2", "p1"), 1, &[0])],
        vec![invariance(&all), first.clone(), carried(mean("y1", "p2"), 1, &[0])],
        vec![invariance(&all), first.clone(), carried(mean("y2", "p2"), 1, &[])],
        vec![invariance(&all), first.clone(), carried(mean("y2", "p2"), 1, &[1])],
        vec![invariance(&all), first.clone(), carried(mean("y2", "p2"), 2, &[0])],
        vec![invariance(&all), first.clone(), carried(mean("y2", "p2"), 0, &[0])],
        // An invariance that does not hold.
        vec![invariance(&[COORDINATES]), first.clone(), carried(mean("y2", "p1"), 1, &[0])],
        vec![invariance(&[PARAMETERS, SECOND]), first, carried(mean("y1", "p2"), 1, &[0])],
    ];
    for (number, steps) in forged.into_iter().enumerate() {
        assert!(!replayed(&own, steps), "{number}");
    }
}

#[test]
fn a_density_with_other_parameters_is_not_renamed() {
    let own = family(&classes(POINTS, UNIT, CONDITION, MASS));
    let second = |name: &str, value: &str| (Name::new(name), Term::variable(value));
    let replaced = Term::LogDensity(vec![second("p1", "p1_q"), second("p2", "p2_q")]);
    let of = replaced.clone() - replaced;
    let steps = vec![
        Step {
            proposition: Proposition::Invariance { renaming: swaps(&[PARAMETERS, SECOND, COORDINATES]) },
            rule: Rule::Algebra,
        },
        Step {
            proposition: Proposition::Expectation { of: of.clone(), is: Term::zero() },
            rule: Rule::Linearity(Vec::new()),
        },
    ];
    assert!(replayed(&own, steps.clone()));
    let other = Term::LogDensity(vec![second("p2", "p2_q"), second("p1", "p1_q")]);
    let proposition = Proposition::Expectation { of: other.clone() - other, is: Term::zero() };
    let carried = Step { proposition, rule: Rule::Exchange(Exchange { step: 1, invariances: vec![0] }) };
    assert!(!replayed(&own, [steps, vec![carried]].concat()));
}

fn list(names: &str, count: usize, separator: &str) -> String {
    (1..=count).map(|k| names.replace('#', &k.to_string())).collect::<Vec<_>>().join(separator)
}

/// K classes by probabilities.
fn categorical(count: usize) -> String {
    let rest = count - 1;
    let point = |place: usize| {
        let entries: Vec<&str> = (1..=rest).map(|k| if k == place { "1" } else { "0" }).collect();
        format!("({})", entries.join(","))
    };
    let points: Vec<String> = (1..=count).map(point).collect();
    format!(
        "family C {{ variate ({}) : {{{}}}\n parameter {}\n where 1 - {} > 0\n mass {} * (1 - {})^(1 - {}) }}",
        list("y#", rest, ", "),
        points.join(", "),
        list("p# : interval(0, 1)", rest, ", "),
        list("p#", rest, " - "),
        list("p#^y#", rest, " * "),
        list("p#", rest, " - "),
        list("y#", rest, " - "),
    )
}

fn value(term: &Term, at: &BTreeMap<Name, f64>) -> f64 {
    evaluate(term, at).unwrap_or_else(|| panic!("a value of {term}"))
}

fn close(own: f64, other: f64) -> bool {
    (own - other).abs() <= 1e-9 * (1.0 + other.abs())
}

fn proved(text: &str) -> Report {
    let derived = derive(&family(text)).expect("a setting");
    assert_eq!(derived.report.status, Status::Proved);
    derived.report
}

#[test]
fn twelve_classes_have_every_entry_of_their_matrix() {
    let report = proved(&categorical(12));
    let probability = |k: usize| (k as f64 + 2.0) / 120.0;
    let at: BTreeMap<Name, f64> = (1..12).map(|k| (Name::new(&format!("p{k}")), probability(k))).collect();
    let rest = 1.0 - (1..12).map(probability).sum::<f64>();
    let whole = report.fisher.values(at.clone()).expect("numbers");
    assert_eq!(report.fisher.held().count(), 2);
    for (i, row) in whole.iter().enumerate() {
        for (j, own) in row.iter().enumerate() {
            let expected = 1.0 / rest + if i == j { 1.0 / probability(i + 1) } else { 0.0 };
            let entry = report.fisher.get(&[i, j]).expect("an entry");
            assert!(close(value(&entry, &at), expected), "{i}, {j}: {entry}");
            assert!(close(*own, expected), "{i}, {j}");
            let third = &report.kl_taylor.as_ref().expect("an expansion").order3;
            // KL(p ‖ q) = Σ p log(p/q): ∂³/∂q³ = −2p/q³ each, and 2/rest² from the last class.
            for k in [0, 4, 10] {
                let own = if i == j && j == k { -2.0 / probability(i + 1).powi(2) } else { 0.0 };
                let entry = third.get(&[i, j, k]).expect("an entry");
                assert!(close(value(&entry, &at), own + 2.0 / rest.powi(2)), "{i}, {j}, {k}");
            }
        }
    }
    let mean = report.mean.expect("a mean");
    for (k, own) in mean.iter().enumerate() {
        assert!(close(value(own, &at), probability(k + 1)), "{k}");
    }
}

#[test]
fn parameters_that_cannot_be_exchanged_keep_entries_of_their_own() {
    // Nine means of variance s², the last of half that variance.
    let text = format!(
        "family N {{ variate {}\n parameter {}, s : positive\n density {} * exp(-(x9 - m9)^2/s^2)/(s*sqrt(pi)) }}",
        list("x# : real", 9, ", "),
        list("m# : real", 9, ", "),
        list("exp(-(x# - m#)^2/(2*s^2))/(s*sqrt(2*pi))", 8, " * "),
    );
    let report = proved(&text);
    let at: BTreeMap<Name, f64> =
        (1..=9).map(|k| (Name::new(&format!("m{k}")), f64::from(k) / 3.0)).chain([(Name::new("s"), 1.5)]).collect();
    let precision = 1.0 / 2.25;
    for i in 0..10 {
        for j in 0..10 {
            let expected = match (i, j) {
                (9, 9) => 18.0 * precision,
                (8, 8) => 2.0 * precision,
                _ if i == j => precision,
                _ => 0.0,
            };
            let entry = report.fisher.get(&[i, j]).expect("an entry");
            assert!(close(value(&entry, &at), expected), "{i}, {j}: {entry}");
        }
    }
    let classes: Vec<usize> = report.exchange.classes().map(|class| class.len()).collect();
    assert_eq!(classes, [8]);
}

#[test]
fn claims_about_entries_that_others_stand_for_are_decided() {
    let claims = "\n claim fisher[p3, p7] = 1/(1 - p1 - p2 - p3 - p4 - p5 - p6 - p7 - p8 - p9 - p10 - p11)\n claim fisher[p5, p5] = 1/p5\n}";
    let text = categorical(12);
    let text = format!("{}{claims}", text.trim_end().trim_end_matches('}'));
    let derived = derive(&family(&text)).expect("a setting");
    let outcomes: Vec<Status> = derived.report.claims.iter().map(|claim| claim.status).collect();
    assert_eq!(outcomes, [Status::Proved, Status::Refuted]);
    let own = setting(&family(&text)).expect("a setting");
    let theorems = replay(&own, &derived.certificate).expect("a true certificate");
    // What is claimed of p3 and p7 is a theorem about p3 and p7.
    let score = |name: &str| Term::log_density().derivative(&Name::new(name));
    let product = [score("p3") * score("p7"), score("p7") * score("p3")];
    let about =
        |proposition: &Proposition| matches!(proposition, Proposition::Expectation { of, .. } if product.contains(of));
    assert!(theorems.iter().any(|theorem| about(theorem.proposition())));
}
