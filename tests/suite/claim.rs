//! Claims: what each outcome needs, beyond the claims that the catalogue holds.

use fisherproof::derive::family::derive;
use fisherproof::derive::report::{ClaimOutcome, Status};
use fisherproof::model::resolve_family;
use fisherproof::source::Source;
use fisherproof::syntax;
use fisherproof::syntax::tree::Item;

fn outcomes(body: &str) -> Vec<ClaimOutcome> {
    let source = Source::new("family", format!("family F {{ {body} }}").as_str());
    let (file, diagnostics) = syntax::parse(&source);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let Item::Family(tree) = &file.items[0] else { panic!("a family") };
    let (family, diagnostics) = resolve_family(tree, &source);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    derive(&family.expect("a family")).expect("a setting").report.claims
}

fn statuses(body: &str) -> Vec<Status> {
    outcomes(body).into_iter().map(|outcome| outcome.status).collect()
}

const GAMMA: &str = "variate x : positive parameter a : positive, b : positive
                     density b^a/gamma(a)*x^(a - 1)*exp(-b*x)";

/// An exponential family has many forms: each is one, and none refutes another.
#[test]
fn another_exponential_family_form_is_decided_as_a_whole() {
    use Status::{NotProved, Proved, Refuted};
    for (claims, expected) in [
        // The base may hold 1/x, the order may differ, a sign may go from η to T, A may hold a constant.
        (
            "claim natural = [b, a] claim statistic = [-x, log(x)] claim log-partition = lgamma(a) - a*log(b) + 7",
            vec![Proved; 3],
        ),
        // Three statistics for two parameters: not minimal, but of the form.
        (
            "claim natural = [-b, a, 1] claim statistic = [x, log(x), x]
             claim log-partition = lgamma(a) - a*log(b)",
            vec![Proved; 3],
        ),
        ("claim natural = [a, -b] claim statistic = [log(x), x]", vec![NotProved, Proved]),
        ("claim log-partition = lgamma(a) - a*log(b) + 7", vec![NotProved]),
        // A sign, a factor, a forgotten logarithm.
        (
            "claim natural = [b, a] claim statistic = [x, log(x)] claim log-partition = lgamma(a) - a*log(b) + 7",
            vec![Refuted; 3],
        ),
        (
            "claim natural = [-b, 2*a] claim statistic = [x, log(x)] claim log-partition = lgamma(a) - a*log(b) + 7",
            vec![Refuted; 3],
        ),
        (
            "claim natural = [-b, a] claim statistic = [x, log(x)] claim log-partition = lgamma(a) - a*b",
            vec![Refuted; 3],
        ),
        // Lists of different lengths are no form, and two claims of one quantity are not one.
        (
            "claim natural = [a, -b] claim statistic = x claim log-partition = lgamma(a) - a*log(b) + 7",
            vec![NotProved; 3],
        ),
    ] {
        assert_eq!(statuses(&format!("{GAMMA} {claims}")), expected, "{claims}");
    }
}

#[test]
fn the_covariance_of_joint_variates_is_decided_entry_by_entry() {
    let multinomial = "constant n : integers(1, infinity)
        variate x1 : natural, x2 : natural where x1 + x2 <= n
        parameter p1 : interval(0, 1), p2 : interval(0, 1) where p1 + p2 < 1
        mass n!/(x1!*x2!*(n - x1 - x2)!)*p1^x1*p2^x2*(1 - p1 - p2)^(n - x1 - x2)";
    let right = "claim variance = [[n*p1*(1 - p1), -n*p1*p2], [-n*p1*p2, n*p2*(1 - p2)]]";
    assert_eq!(statuses(&format!("{multinomial} {right}")), [Status::Proved]);
    let wrong = "claim variance = [[n*p1*(1 - p1), n*p1*p2], [n*p1*p2, n*p2*(1 - p2)]]";
    let outcomes = outcomes(&format!("{multinomial} {wrong}"));
    assert_eq!(outcomes[0].status, Status::Refuted);
    let counterexample = outcomes[0].counterexample.as_ref().expect("values");
    assert_eq!(counterexample.entry, "variance[x1, x2]");
}

/// The entry of a joint mean is named by its variate, not by a parameter.
#[test]
fn a_refuted_entry_is_named_by_what_it_belongs_to() {
    let coins = "variate (x, y) : {(0,0), (0,1), (1,0), (1,1)}
        parameter p : interval(0, 1), r : interval(0, 1)
        mass p^x*(1 - p)^(1 - x)*r^y*(1 - r)^(1 - y)
        claim mean = [p, 1 - r]";
    let outcomes = outcomes(coins);
    assert_eq!(outcomes[0].counterexample.as_ref().expect("values").entry, "mean[y]");
}
