//! The stable JSON of `--format json`; expressions are the language's own ASCII text.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::derive::report::{
    Check, ClaimOutcome, Counterexample, ExponentialForm, KlTaylor, NumericValues, Report, SymmetricTensor,
};
use crate::kernel::domain::{Domain, Support};
use crate::kernel::term::{Name, Term};

use super::document::{self, Part, status_word};
use super::{Options, latex_document};

/// More entries of a tensor than this are not written out where one of each kind says the same.
const MOST_LISTED_ENTRIES: usize = 2_000;

/// One object as it is, several as an array.
pub fn joined(objects: &[&str]) -> String {
    if let [one] = objects {
        return (*one).to_owned();
    }
    // A line break inside a string is written `\n`: every line can be indented.
    let indented = |object: &&str| object.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n");
    match objects {
        [] => "[]\n".to_owned(),
        _ => format!("[\n{}\n]\n", objects.iter().map(indented).collect::<Vec<_>>().join(",\n")),
    }
}

/// The object of one family.
pub fn write(report: &Report, options: &Options) -> String {
    let value = chosen(object(report), options.only.as_ref());
    let mut out = serde_json::to_string_pretty(&value).expect("a value without foreign keys always serialises");
    out.push('\n');
    out
}

/// What stands in an object whatever is asked for.
const ALWAYS: [&str; 8] = ["name", "title", "variate", "parameters", "constants", "given", "conditions", "status"];

/// An object with the wanted parts alone; all of them where none is named.
fn chosen(mut object: Map<String, Value>, only: Option<&BTreeSet<Part>>) -> Value {
    if let Some(only) = only {
        let keys: BTreeSet<&str> = only.iter().flat_map(|part| keys(*part)).copied().collect();
        object.retain(|key, _| ALWAYS.contains(&key.as_str()) || key == "latex" || keys.contains(key.as_str()));
        if let Some(Value::Object(latex)) = object.get_mut("latex") {
            latex.retain(|key, _| keys.contains(key.as_str()));
        }
    }
    Value::Object(object)
}

/// The keys of a part.
fn keys(part: Part) -> &'static [&'static str] {
    match part {
        Part::Density => &["density", "log_density"],
        Part::ExponentialFamily => &["exponential_family"],
        Part::Score => &["score"],
        Part::Hessian => &["hessian"],
        Part::Fisher => &["fisher"],
        Part::Mean => &["mean"],
        Part::Kl => &["kl"],
        Part::KlTaylor => &["kl_taylor"],
        Part::Further => &["further"],
        Part::Values => &["values"],
        Part::Proofs => &["checks"],
        Part::Claims => &["claims"],
        Part::Remarks => &["remarks"],
        Part::Derivations => &["derivations", "generic_proof"],
    }
}

fn object(report: &Report) -> Map<String, Value> {
    let family = &report.family;
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| {
        object.insert(key.to_owned(), value);
    };
    put("name", json!(family.name));
    put("title", json!(family.title));
    put("variate", variate(&family.variate));
    put("parameters", declared(&family.parameters));
    put("constants", declared(&family.constants));
    put("given", declared(&family.given));
    let strict = family.context.positive.iter().map(|term| format!("{term} > 0"));
    let weak = family.context.nonnegative.iter().map(|term| format!("{term} >= 0"));
    put("conditions", Value::Array(strict.chain(weak).map(Value::String).collect()));
    put("status", json!(status_word(report.status)));
    put("log_density", expression(&report.log_density));
    put("exponential_family", report.exponential.as_ref().map_or(Value::Null, exponential));
    put("score", tensor(&report.score, &family.parameters));
    put("hessian", tensor(&report.hessian, &family.parameters));
    let fisher = &report.fisher;
    put("fisher", if fisher.is_empty() { Value::Null } else { tensor(fisher, &family.parameters) });
    if !report.exchange.is_trivial() {
        let names = |class: Vec<(usize, &[Name])>| -> Vec<&str> {
            class.iter().map(|(index, _)| family.parameters[*index].0.as_str()).collect()
        };
        put("exchangeable", json!(report.exchange.classes().map(names).collect::<Vec<_>>()));
    }
    put(
        "mean",
        report.mean.as_deref().map_or(Value::Null, |mean| match mean {
            [one] => expression(one),
            many => vector(many),
        }),
    );
    put("kl", report.kl.as_ref().map_or(Value::Null, expression));
    let expansion = report.kl_taylor.as_ref();
    put("kl_taylor", expansion.map_or(Value::Null, |own| taylor(own, &family.parameters)));
    put("claims", Value::Array(report.claims.iter().map(claim).collect()));
    put("checks", Value::Array(report.checks.iter().map(check).collect()));
    put("remarks", json!(report.remarks));
    put("latex", formulas(report));
    if !report.further.is_empty() {
        let further = report.further.iter().map(|own| {
            json!({
                "name": own.name, "definition": own.definition, "value": matrix(&own.value),
                "status": status_word(own.status), "reason": own.reason,
            })
        });
        put("further", Value::Array(further.collect()));
    }
    if !report.derivations.is_empty() {
        let chains = report.derivations.iter().map(|own| {
            let links = own.links.iter().map(|link| json!({"is": expression(&link.right), "reason": link.reason}));
            json!({
                "of": own.of.keyword(), "start": expression(&own.start), "links": Value::Array(links.collect()),
            })
        });
        put("derivations", Value::Array(chains.collect()));
    }
    if !report.generic.is_empty() {
        let lines = report.generic.iter().map(|own| {
            json!({
                "item": own.item, "formula": own.end.text, "order": own.order, "reason": own.reason,
                "here": matrix(&own.formal), "value": matrix(&own.value),
            })
        });
        put("generic_proof", Value::Array(lines.collect()));
    }
    if let Some(numbers) = &report.values {
        put("values", values(numbers));
    }
    object
}

fn expression(term: &Term) -> Value {
    Value::String(term.to_string())
}

fn vector(terms: &[Term]) -> Value {
    Value::Array(terms.iter().map(expression).collect())
}

fn matrix(rows: &[Vec<Term>]) -> Value {
    Value::Array(rows.iter().map(|row| vector(row)).collect())
}

/// Nested lists of all entries, `null` where one is not known; no list where none is.
///
/// Where there are thousands, and one of each kind says the same, an object with the entries that stand for
/// their kind, by the names of their parameters: `{"p1, p1": …, "p1, p2": …}`.
fn tensor(own: &SymmetricTensor, parameters: &[(Name, Domain)]) -> Value {
    if own.is_abridged() && own.len() > MOST_LISTED_ENTRIES {
        let named = |places: &[usize]| {
            let names: Vec<&str> = places.iter().map(|place| parameters[*place].0.as_str()).collect();
            names.join(", ")
        };
        return Value::Object(own.held().map(|(places, entry)| (named(places), expression(entry))).collect());
    }
    if own.is_empty() { json!([]) } else { entries(own, &mut Vec::new()) }
}

fn entries(own: &SymmetricTensor, places: &mut Vec<usize>) -> Value {
    if places.len() == own.order() {
        return own.get(places).map_or(Value::Null, |entry| expression(&entry));
    }
    let row = (0..own.count()).map(|place| {
        places.push(place);
        let inner = entries(own, places);
        places.pop();
        inner
    });
    Value::Array(row.collect())
}

fn declared(names: &[(Name, Domain)]) -> Value {
    Value::Array(
        names.iter().map(|(name, domain)| json!({"name": name.as_str(), "domain": domain_text(domain)})).collect(),
    )
}

fn variate(support: &Support) -> Value {
    match support {
        Support::Product { coordinates, inequalities } => match (&coordinates[..], &inequalities[..]) {
            ([(name, domain)], []) => json!({"name": name.as_str(), "domain": domain_text(domain)}),
            _ => {
                let domains: Vec<String> = coordinates.iter().map(|(_, domain)| domain_text(domain)).collect();
                let names: Vec<&str> = coordinates.iter().map(|(name, _)| name.as_str()).collect();
                let cuts: Vec<String> = inequalities.iter().map(|term| format!("{term} >= 0")).collect();
                let mut domain = domains.join(", ");
                if !cuts.is_empty() {
                    domain.push_str(&format!(" where {}", cuts.join(", ")));
                }
                json!({"name": names.join(", "), "domain": domain})
            }
        },
        Support::Points { names, points } => {
            let names: Vec<&str> = names.iter().map(Name::as_str).collect();
            let points: Vec<String> = points.iter().map(|point| format!("({})", listed(point))).collect();
            json!({"name": names.join(", "), "domain": format!("{{{}}}", points.join(", "))})
        }
    }
}

fn listed(terms: &[Term]) -> String {
    terms.iter().map(Term::to_string).collect::<Vec<_>>().join(", ")
}

/// A domain as the language spells it.
fn domain_text(domain: &Domain) -> String {
    let bound = |term: &Option<Term>, infinite: &str| term.as_ref().map_or(infinite.to_owned(), Term::to_string);
    match domain {
        Domain::Interval { lower: None, upper: None } => "real".to_owned(),
        Domain::Interval { lower: Some(lower), upper: None } if lower.is_zero() => "positive".to_owned(),
        Domain::Interval { lower: None, upper: Some(upper) } if upper.is_zero() => "negative".to_owned(),
        Domain::Interval { lower, upper } => {
            format!("interval({}, {})", bound(lower, "-infinity"), bound(upper, "infinity"))
        }
        Domain::Nonnegative => "nonnegative".to_owned(),
        Domain::Integers { lower: Some(lower), upper: None } if lower.is_zero() => "natural".to_owned(),
        Domain::Integers { lower, upper } => {
            format!("integers({}, {})", bound(lower, "-infinity"), bound(upper, "infinity"))
        }
        Domain::Finite(values) => format!("{{{}}}", listed(values)),
        Domain::Angle => "angle".to_owned(),
    }
}

fn exponential(form: &ExponentialForm) -> Value {
    json!({
        "natural": vector(&form.natural),
        "statistic": vector(&form.statistic),
        "log_partition": expression(&form.log_partition),
        "base": expression(&form.base),
    })
}

fn taylor(taylor: &KlTaylor, parameters: &[(Name, Domain)]) -> Value {
    json!({
        "order0": expression(&taylor.order0),
        "order1": tensor(&taylor.order1, parameters),
        "order2": tensor(&taylor.order2, parameters),
        "order3": tensor(&taylor.order3, parameters),
    })
}

fn claim(outcome: &ClaimOutcome) -> Value {
    json!({
        "claim": outcome.claim.text,
        "status": status_word(outcome.status),
        "residue": outcome.residue,
        "counterexample": outcome.counterexample.as_ref().map_or(Value::Null, counterexample),
        "assumptions": outcome.assumptions,
        "reason": outcome.reason,
    })
}

fn counterexample(example: &Counterexample) -> Value {
    let at: Map<String, Value> = example.at.iter().map(|(name, value)| (name.to_string(), expression(value))).collect();
    json!({
        "at": at,
        "entry": example.entry,
        "claimed": expression(&example.claimed),
        "actual": expression(&example.actual),
        "claimed_decimal": example.claimed_decimal,
        "actual_decimal": example.actual_decimal,
    })
}

fn check(check: &Check) -> Value {
    let statement: Vec<String> =
        check.equations.iter().map(|equation| format!("{} = {}", equation.left, equation.right)).collect();
    let lemmas: Vec<Value> =
        check.lemmas.iter().map(|lemma| json!({"name": lemma.name, "reference": lemma.reference})).collect();
    json!({
        "name": check.kind.keyword(),
        "statement": statement,
        "status": status_word(check.status),
        "assumptions": check.assumptions,
        "lemmas": lemmas,
        "steps": check.steps,
        "reason": check.reason,
    })
}

/// The display of each part, ready to be pasted between `\[` and `\]`.
fn formulas(report: &Report) -> Value {
    let options = Options::default();
    let document = document::in_full(report, &options);
    let mut out = Map::new();
    for (part, blocks) in &document.parts {
        let displays: Vec<String> =
            blocks.iter().filter_map(|block| latex_document::formula(block, options.width)).collect();
        let shown = matches!(
            part,
            Part::Density
                | Part::ExponentialFamily
                | Part::Score
                | Part::Hessian
                | Part::Fisher
                | Part::Mean
                | Part::Kl
        );
        if shown && !displays.is_empty() {
            let key = part.keyword().replace('-', "_");
            // The density part shows p first and its logarithm second.
            if *part == Part::Density && displays.len() == 2 {
                out.insert("log_density".to_owned(), json!(displays[1]));
            }
            out.insert(key, json!(displays[0]));
        }
    }
    Value::Object(out)
}

fn values(values: &NumericValues) -> Value {
    let at: Map<String, Value> = values.at.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
    json!({
        "at": at,
        "fisher": values.fisher,
        "fisher_error": values.fisher_error,
        "kl": values.kl,
        "mean": values.mean,
    })
}
