//! Forgery: every step of several certificates is changed in every way that comes to mind, and each
//! change is rejected, or else it says the same as before.

use std::sync::Arc;

use fisherproof::catalogue;
use fisherproof::certificate::{Saved, Verified, read, same_family, verify, write};
use fisherproof::derive::family::{Derived, derive_with};
use fisherproof::derive::report::Status;
use fisherproof::kernel::certificate::{Casework, Certificate, Proposition, Rule, Split, Step, Tower};
use fisherproof::kernel::term::{Name, Term};
use fisherproof::kernel::theorem::Checker;
use fisherproof::model::family::Family;
use fisherproof::model::resolve_family;
use fisherproof::source::Source;
use fisherproof::syntax;
use fisherproof::syntax::tree::Item;

/// Families by each way to an expectation: lemmas with and without a change of variable, a series with
/// left-out terms, finitely many points, two pieces.
const FAMILIES: [&str; 8] = [
    "gamma",
    "normal_variance",
    "rayleigh",
    "laplace_known_location",
    "poisson",
    "zero_truncated_poisson",
    "bernoulli",
    "von_mises",
];

/// Joint densities, worked out one coordinate at a time.
const JOINT: [&str; 3] = ["normal_pair", "multinomial_three", "dirichlet_three"];

/// Joint densities, worked out by the cases of one coordinate.
const CASES: [&str; 3] = ["bivariate_logarithmic", "tobit", "step_stress"];

type Premises = Vec<(Term, usize)>;
type Witness = Vec<(Name, Term)>;

fn family(text: &str) -> Family {
    let source = Source::new("test", text);
    let (file, diagnostics) = syntax::parse(&source);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let [Item::Family(tree)] = file.items.as_slice() else { panic!("not one family") };
    let (family, diagnostics) = resolve_family(tree, &source);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    family.expect("a family")
}

fn saved(name: &str) -> Saved {
    let text = catalogue::find(name).expect("in the catalogue").text;
    let Derived { certificate, .. } = derive_with(&family(text), false).expect("a setting");
    let saved = Saved { family: text.to_owned(), certificate };
    // What is tested is what a file holds.
    read(&write(&saved)).expect("what is written reads back")
}

fn statements(verified: &[Verified]) -> Vec<String> {
    let text = |own: &Verified| format!("{} = {}", own.statement.quantity, own.statement.value);
    verified.iter().map(text).collect()
}

/// The terms of a step, each with a way to put another in its place.
fn terms(step: &mut Step) -> Vec<&mut Term> {
    let mut all: Vec<&mut Term> = Vec::new();
    match &mut step.proposition {
        Proposition::Equal { left, right } => all.extend([left, right]),
        Proposition::Expectation { of, is } => all.extend([of, is]),
        Proposition::Specialization { of, at, is, .. } => {
            all.extend([of, is]);
            all.extend(at.iter_mut().map(|(_, term)| term));
        }
        Proposition::Invariance { .. } => {}
    }
    match &mut step.rule {
        Rule::Algebra | Rule::Enumeration | Rule::Tower(_) | Rule::Cases(_) | Rule::Exchange(_) => {}
        Rule::Linearity(premises) => all.extend(premises.iter_mut().map(|(coefficient, _)| coefficient)),
        Rule::Moment(moment) => {
            for piece in &mut moment.pieces {
                all.push(&mut piece.map);
                all.extend(piece.parameters.iter_mut().map(|(_, term)| term));
                for part in &mut piece.parts {
                    all.push(&mut part.constant);
                    all.extend(part.shift.iter_mut().map(|(_, term)| term));
                }
            }
        }
    }
    all
}

/// The term with one of its numbers changed, for every number and several changes; and the whole
/// negated, doubled, and off by a little.
fn changes(term: &Term) -> Vec<Term> {
    let mut all = vec![-term.clone(), Term::integer(2) * term.clone(), term.clone() + Term::ratio(1, 1_000_000_007)];
    for position in 0..numbers(term) {
        for change in [|n: Term| -n, |n: Term| n.clone() + n, |n: Term| n + Term::one()] {
            let mut changed = term.clone();
            let own = nth_number(&mut changed, &mut position.clone()).expect("counted before");
            // Numbers are single nodes, as a reader of the file makes them.
            *own = folded(change(own.clone()));
            all.push(changed);
        }
    }
    all.retain(|changed| changed != term);
    all
}

fn numbers(term: &Term) -> usize {
    usize::from(matches!(term, Term::Number(_))) + term.children().map(numbers).sum::<usize>()
}

fn folded(term: Term) -> Term {
    let parts = |terms: &[Term]| terms.iter().map(|term| term.as_number().cloned()).collect::<Option<Vec<_>>>();
    match &term {
        Term::Sum(terms) => parts(terms).map_or(term.clone(), |own| Term::Number(own.into_iter().sum())),
        Term::Product(factors) => parts(factors).map_or(term.clone(), |own| Term::Number(own.into_iter().product())),
        _ => term,
    }
}

fn nth_number<'t>(term: &'t mut Term, left: &mut usize) -> Option<&'t mut Term> {
    if matches!(term, Term::Number(_)) {
        if *left == 0 {
            return Some(term);
        }
        *left -= 1;
        return None;
    }
    let children: Vec<&mut Term> = match term {
        Term::Sum(terms) | Term::Product(terms) | Term::Apply(_, terms) => Arc::make_mut(terms).iter_mut().collect(),
        Term::Power(base, exponent) => vec![Arc::make_mut(base), Arc::make_mut(exponent)],
        Term::Derivative(body, _) | Term::Expectation(body) => vec![Arc::make_mut(body)],
        Term::LogDensity(replaced) => replaced.iter_mut().map(|(_, term)| term).collect(),
        Term::Number(_) | Term::Constant(_) | Term::Variable(_) => Vec::new(),
    };
    children.into_iter().find_map(|child| nth_number(child, left))
}

#[test]
fn every_changed_term_is_rejected() {
    for name in FAMILIES {
        let good = saved(name);
        let (own, verified) = verify(&good).expect("a true certificate");
        let setting = fisherproof::derive::setting::setting(&own).expect("a setting");
        let mut tried = 0;
        for position in 0..good.certificate.steps.len() {
            let count = terms(&mut good.certificate.steps[position].clone()).len();
            for which in 0..count {
                let original = terms(&mut good.certificate.steps[position].clone())[which].clone();
                for changed in changes(&original) {
                    let mut forged = good.clone();
                    *terms(&mut forged.certificate.steps[position])[which] = changed.clone();
                    tried += 1;
                    let Ok((_, accepted)) = verify(&forged) else { continue };
                    // A hint may be changed in ways that do not matter, such as a constant that is added
                    // to what is differentiated; what is stated may not, unless it is the same by algebra.
                    let hint = match &good.certificate.steps[position].proposition {
                        Proposition::Specialization { .. } => which != 1,
                        Proposition::Equal { .. } | Proposition::Expectation { .. } => which >= 2,
                        Proposition::Invariance { .. } => false,
                    };
                    let same = Checker::new(&setting).algebra(&original, &changed).is_ok();
                    assert!(
                        same || hint && statements(&accepted) == statements(&verified),
                        "{name}, step {position}: {original} became {changed} and was accepted"
                    );
                }
            }
        }
        assert!(tried > 100, "{name}: only {tried} forgeries");
    }
}

#[test]
fn every_changed_structure_is_rejected() {
    for name in FAMILIES {
        let good = saved(name);
        let rejected = |what: &str, forged: &Saved| {
            assert!(verify(forged).is_err(), "{name}: accepted with {what}");
        };
        let steps = good.certificate.steps.len();
        for position in 0..steps {
            match &good.certificate.steps[position].rule {
                Rule::Linearity(premises) => {
                    for which in 0..premises.len() {
                        let (coefficient, premise) = premises[which].clone();
                        let forge = |what: &str, change: &dyn Fn(&mut Premises)| {
                            let mut forged = good.clone();
                            let Rule::Linearity(own) = &mut forged.certificate.steps[position].rule else { return };
                            change(own);
                            rejected(&format!("step {position}, {what} {which} of {coefficient}"), &forged);
                        };
                        forge("without premise", &|own| drop(own.remove(which)));
                        forge("citing itself for", &|own| own[which].1 = position);
                        forge("citing what comes later for", &|own| own[which].1 = position + 1);
                        forge("citing what is not there for", &|own| own[which].1 = steps);
                        let mut swapped = good.clone();
                        swapped.certificate.steps.swap(position, premise);
                        rejected(&format!("steps {position} and {premise} swapped"), &swapped);
                    }
                }
                Rule::Moment(moment) => {
                    for which in 0..moment.pieces.len() {
                        let forge = |what: &str, change: &dyn Fn(&mut Vec<_>)| {
                            let mut forged = good.clone();
                            let Rule::Moment(own) = &mut forged.certificate.steps[position].rule else { return };
                            change(&mut own.pieces);
                            rejected(&format!("step {position}, piece {which} {what}"), &forged);
                        };
                        forge("left out", &|pieces| drop(pieces.remove(which)));
                        forge("twice", &|pieces| pieces.insert(which, pieces[which].clone()));
                        forge("by no lemma", &|pieces| pieces[which].lemma = "wishful-thinking".to_owned());
                        forge("skipping a term", &|pieces| pieces[which].skip += 1);
                        forge("without its parts", &|pieces| pieces[which].parts.clear());
                        forge("without parameters", &|pieces| pieces[which].parameters.clear());
                        forge("differentiated once more", &|pieces| {
                            let by = pieces[which].parameters[0].0.clone();
                            pieces[which].parts[0].orders.push((by, 1));
                        });
                    }
                }
                // Forged one by one in `every_changed_split_is_rejected` and `every_changed_case_is_rejected`.
                Rule::Algebra | Rule::Enumeration | Rule::Tower(_) | Rule::Cases(_) | Rule::Exchange(_) => {}
            }
            let mut wrong_rule = good.clone();
            let own = &mut wrong_rule.certificate.steps[position].rule;
            *own = if *own == Rule::Algebra { Rule::Enumeration } else { Rule::Algebra };
            rejected(&format!("step {position} by another rule"), &wrong_rule);
        }
    }
}

/// A joint density: what is said of its parts, and how their steps are put together.
#[test]
fn every_changed_split_is_rejected() {
    for name in JOINT {
        let good = saved(name);
        let (own, _) = verify(&good).expect("a true certificate");
        assert!(same_family(&own, &family(catalogue::find(name).expect("known").text)));
        let forge = |what: &str, change: &dyn Fn(&mut Certificate)| {
            let mut forged = good.clone();
            change(&mut forged.certificate);
            assert!(verify(&forged).is_err(), "{name}: accepted {what}");
        };
        let first = &good.certificate.splits[0];
        forge("no split", &|own| own.splits.clear());
        let others: Vec<Name> = own.variate.names();
        for coordinate in others.iter().filter(|other| **other != first.coordinate) {
            forge("another coordinate", &|own| {
                own.splits[0] = Split { coordinate: coordinate.clone(), ..first.clone() };
            });
        }
        for changed in changes(&first.log_marginal) {
            forge(&format!("the marginal {changed}"), &|own| {
                own.splits[0] = Split { log_marginal: changed.clone(), ..first.clone() };
            });
        }
        forge("another witness of the marginal", &|own| {
            let (_, value) = &mut own.splits[0].marginal.witness[0];
            *value = value.clone() + Term::one();
        });
        forge("parts without steps", &|own| own.splits[0].conditional.steps.clear());
        forge("a marginal without steps", &|own| own.splits[0].marginal.steps.clear());
        for position in 0..good.certificate.steps.len() {
            let Rule::Tower(tower) = good.certificate.steps[position].rule else { continue };
            let put = |what: &str, forged: Tower| {
                forge(what, &|own| own.steps[position].rule = Rule::Tower(forged));
            };
            put("another split", Tower { split: tower.split + 1, ..tower });
            put("another inner step", Tower { conditional: tower.conditional + 1, ..tower });
            put("another outer step", Tower { marginal: tower.marginal + 1, ..tower });
            put("steps that are not there", Tower { conditional: usize::MAX, ..tower });
            if let Some((inner, outer)) = tower.square {
                put("no square", Tower { square: None, ..tower });
                put("a wrong square", Tower { square: Some((tower.conditional, tower.marginal)), ..tower });
                // Where the two positions are the same number, swapping them changes nothing.
                if inner != outer {
                    put("the squares swapped", Tower { square: Some((outer, inner)), ..tower });
                }
            }
        }
    }
}

/// Of x < y a function of x needs y integrated first, one of y x: two ways to cut one density.
#[test]
fn each_step_is_checked_with_its_own_split() {
    let text = "family F { variate x : positive, y : positive where x < y parameter k : positive
        density 2*k^2*x^(k - 1)*y^(k - 1)*exp(-x^k - y^k) }";
    let Derived { certificate, report } = derive_with(&family(text), false).expect("a setting");
    assert!(report.fisher.get(&[0, 0]).is_some());
    assert_eq!(certificate.splits.len(), 2);
    let good = Saved { family: text.to_owned(), certificate };
    verify(&good).expect("a true certificate");
    let mut swapped = good.clone();
    swapped.certificate.splits.swap(0, 1);
    assert!(verify(&swapped).is_err());
}

/// The cases of one coordinate: which there are, and what is summed over them.
#[test]
fn every_changed_case_is_rejected() {
    for name in CASES {
        let good = saved(name);
        verify(&good).expect("a true certificate");
        let forge = |what: &str, change: &dyn Fn(&mut Certificate)| {
            let mut forged = good.clone();
            change(&mut forged.certificate);
            assert!(verify(&forged).is_err(), "{name}: accepted {what}");
        };
        fn cases(own: &mut Certificate) -> &mut Casework {
            own.cases.as_mut().expect("cases")
        }
        forge("no cases", &|own| own.cases = None);
        forge("cases of what has none", &|own| cases(own).coordinate = Name::new("z"));
        forge("one case less", &|own| drop(cases(own).parts.pop()));
        forge("one case twice", &|own| {
            let twice = cases(own).parts[0].clone();
            cases(own).parts.push(twice);
        });
        forge("the cases exchanged", &|own| cases(own).parts.swap(0, 1));
        forge("a case without steps", &|own| cases(own).parts[1].steps.clear());
        forge("another witness of a case", &|own| {
            let (_, value) = &mut cases(own).parts[1].witness[0];
            *value = value.clone() + Term::one();
        });
        let mut tried = 0;
        for position in 0..good.certificate.steps.len() {
            let Rule::Cases(premises) = &good.certificate.steps[position].rule else { continue };
            tried += 1;
            let put = |what: &str, premises: Vec<usize>| {
                forge(what, &|own| own.steps[position].rule = Rule::Cases(premises.clone()));
            };
            put("a sum over one case", premises[..1].to_vec());
            put("a case too many", [premises.as_slice(), &[0]].concat());
            put("steps that are not there", vec![usize::MAX; premises.len()]);
            put("another step of the second case", vec![premises[0], premises[1] + 1]);
            for which in 0..2 {
                let original = terms(&mut good.certificate.steps[position].clone())[which].clone();
                for changed in changes(&original) {
                    forge(&format!("{changed} for {original}"), &|own| {
                        *terms(&mut own.steps[position])[which] = changed.clone();
                    });
                }
            }
        }
        assert!(tried > 2, "{name}: only {tried} steps by cases");
    }
}

/// A normal variate whose variance is the reciprocal of a Gamma variate of shape 1/2 follows a Cauchy
/// law: E[y | x] = 0 for every x, and E[y] does not exist.
#[test]
fn an_iterated_mean_is_no_mean() {
    let text = "family Mixture {
        variate x : positive, y : real
        parameter b : positive
        density sqrt(b)/sqrt(pi) * x^(-1/2) * exp(-b*x) * sqrt(x)/sqrt(2*pi) * exp(-x*y^2/2)
    }";
    let Derived { report, .. } = derive_with(&family(text), false).expect("a setting");
    assert_eq!(report.status, Status::Proved);
    assert_eq!(report.mean, None);
}

#[test]
fn the_witness_must_be_there_and_inside() {
    for name in FAMILIES {
        let good = saved(name);
        let forge = |what: &str, change: &dyn Fn(&mut Witness)| {
            let mut forged = good.clone();
            change(&mut forged.certificate.witness);
            assert!(verify(&forged).is_err(), "{name}: accepted with a witness {what}");
        };
        forge("that is absent", &Vec::clear);
        for position in 0..good.certificate.witness.len() {
            forge("that leaves a parameter out", &|witness| drop(witness.remove(position)));
            forge("that is no number", &|witness| witness[position].1 = Term::variable("a"));
        }
    }
    let mut outside = saved("gamma");
    outside.certificate.witness[0].1 = Term::integer(-1);
    assert!(verify(&outside).is_err());
}

/// No parameters at all meet the declarations: whatever holds for all of them says nothing.
#[test]
fn nothing_is_proved_about_an_empty_set_of_parameters() {
    let mut forged = saved("exponential");
    let text = forged.family.replace("lambda : positive", "lambda : positive where lambda < -1");
    assert_ne!(text, forged.family, "{text}");
    forged.family = text;
    assert!(verify(&forged).is_err());
}

#[test]
fn a_certificate_belongs_to_its_family() {
    for name in FAMILIES {
        for other in FAMILIES.iter().filter(|other| **other != name) {
            let forged = Saved { family: catalogue::find(other).expect("known").text.to_owned(), ..saved(name) };
            assert!(verify(&forged).is_err(), "{name} was accepted for {other}");
        }
    }
}

/// Steps that the kernel accepts and that say nothing about the family.
#[test]
fn what_is_true_of_everything_is_no_statement() {
    let good = saved("exponential");
    let vacuous = |left: &str, right: &str| {
        let term = |text: &str| fisherproof::model::read_term(text).expect("a term");
        let proposition = Proposition::Equal { left: term(left), right: term(right) };
        let mut forged = good.clone();
        forged.certificate.steps = vec![Step { proposition, rule: Rule::Algebra }];
        forged
    };
    for (left, right) in [
        ("1", "1"),
        ("lambda", "lambda"),
        ("log_density()", "log_density()"),
        // The quantity as its own value.
        ("derivative(log_density(), lambda)", "derivative(log_density(), lambda)"),
        ("derivative(log_density(), lambda)", "1/lambda - x + 0*derivative(log_density(), lambda)"),
        // Not by a parameter.
        ("derivative(log_density(), x)", "-lambda"),
    ] {
        let reason = verify(&vacuous(left, right)).expect_err("a vacuous certificate");
        assert!(reason.contains("none says anything about the family"), "{left} = {right}: {reason}");
    }
    let (_, verified) = verify(&vacuous("derivative(log_density(), lambda)", "1/lambda - x")).expect("the score");
    assert_eq!(statements(&verified), ["score[lambda] = 1/lambda - x"]);
    let mut none = good.clone();
    none.certificate.steps.clear();
    assert!(verify(&none).is_err());
}
