//! Every family of the catalogue, end to end: proved, its claims decided, its documents well formed,
//! and its numbers confirmed by quadrature that knows nothing of the proof.

use std::collections::BTreeMap;

use fisherproof::catalogue;
use fisherproof::derive::family::{Derived, derive_with};
use fisherproof::derive::report::{Report, Status};
use fisherproof::kernel::check::replay;
use fisherproof::kernel::domain::Support;
use fisherproof::kernel::term::{Name, Term};
use fisherproof::model::family::Family;
use fisherproof::model::{read_term, resolve_family};
use fisherproof::numeric::{Region, evaluate, expectation, sample_points};
use fisherproof::render::{self, Format, Options};
use fisherproof::syntax;
use fisherproof::syntax::tree::Item;

fn families() -> Vec<(&'static str, Family)> {
    let mut all = Vec::new();
    for entry in catalogue::families() {
        let source = entry.source();
        let (file, diagnostics) = syntax::parse(&source);
        assert!(diagnostics.is_empty(), "{}: {diagnostics:?}", entry.name);
        for item in &file.items {
            let Item::Family(tree) = item else { panic!("{} is no family", entry.name) };
            let (family, diagnostics) = resolve_family(tree, &source);
            assert!(diagnostics.is_empty(), "{}: {diagnostics:?}", entry.name);
            all.push((entry.name, family.expect("resolved")));
        }
    }
    all
}

fn derived(family: &Family) -> Derived {
    derive_with(family, true).expect("a setting")
}

#[test]
fn every_family_is_proved_and_every_claim_with_it() {
    let mut failed = Vec::new();
    for (name, family) in families() {
        let Derived { report, certificate } = derived(&family);
        if report.status != Status::Proved {
            failed.push(format!("{name}: {:?}", report.status));
        }
        for outcome in &report.claims {
            if outcome.status != Status::Proved {
                failed.push(format!("{name}: {} {:?}", outcome.claim.text, outcome.status));
            }
        }
        if report.family.source.is_none() {
            failed.push(format!("{name}: no source"));
        }
        // The certificate replays on its own.
        let setting = fisherproof::derive::setting::setting(&family).expect("a setting");
        if let Err(rejected) = replay(&setting, &certificate) {
            failed.push(format!("{name}: {rejected}"));
        }
        documents(name, &report, &mut failed);
        numbers(name, &report, &mut failed);
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Every formula is accepted by KaTeX, every printed term reads back, JSON is JSON.
fn documents(name: &str, report: &Report, failed: &mut Vec<String>) {
    let context = katex::KatexContext::default();
    let settings = katex::Settings::builder().display_mode(true).throw_on_error(true).build();
    for formula in render::formulas(report) {
        if let Err(error) = katex::render_to_string(&context, &formula, &settings) {
            failed.push(format!("{name}: KaTeX: {error}: {formula}"));
        }
    }
    let terms = report
        .score
        .held()
        .chain(report.hessian.held())
        .chain(report.fisher.held())
        .map(|(_, entry)| entry)
        .chain(&report.kl);
    for term in terms {
        let text = term.to_string();
        match read_term(&text) {
            Ok(read) if read.to_string() == text => {}
            other => failed.push(format!("{name}: {text} reads back as {other:?}")),
        }
    }
    for format in Format::ALL {
        let options = Options { proof: true, standalone: true, ..Options::default() };
        let document = render::reports(std::slice::from_ref(report), format, &options);
        if document.is_empty() {
            failed.push(format!("{name}: an empty {} document", format.keyword()));
        }
        if format == Format::Json
            && let Err(error) = serde_json::from_str::<serde_json::Value>(&document)
        {
            failed.push(format!("{name}: JSON: {error}"));
        }
    }
}

/// ∫p = 1 and E[u uᵀ] by quadrature, at points that meet the declared domains.
fn numbers(name: &str, report: &Report, failed: &mut Vec<String>) {
    let setting = fisherproof::derive::setting::setting(&report.family).expect("a setting");
    let log_density = fisherproof::derive::setting::log_density(&report.family);
    let variates = report.family.variate.names();
    // Quadrature in three dimensions takes minutes.
    if variates.len() > 2 && !report.family.variate.is_discrete() {
        return;
    }
    let mut checked = 0;
    // Quadrature and series in several dimensions cost much: one point, and the total with the first entry.
    let costly = variates.len() > 1 && !matches!(report.family.variate, Support::Points { .. });
    for point in sample_points(setting.context(), if costly { 1 } else { 2 }) {
        let floats: BTreeMap<Name, f64> = point
            .iter()
            .map(|(name, value)| (name.clone(), num_traits::ToPrimitive::to_f64(value).expect("a number")))
            .collect();
        let Some(region) = Region::new(&report.family.variate, &floats) else { continue };
        let at = |x: &[f64]| {
            let mut all = floats.clone();
            all.extend(variates.iter().cloned().zip(x.iter().copied()));
            all
        };
        let density = |x: &[f64]| evaluate(&log_density, &at(x)).unwrap_or(f64::NAN);
        let mut compare = |what: String, f: &dyn Fn(&[f64]) -> f64, closed: f64| {
            let Some(found) = expectation(&density, f, &region) else { return };
            let slack = 1e-6 * (1.0 + closed.abs()) + 4.0 * found.error;
            // An estimate that admits to knowing little confirms nothing.
            if found.error < 1e-3 * (1.0 + closed.abs()) {
                checked += 1;
                if (found.value - closed).abs() > slack {
                    failed
                        .push(format!("{name}: {what} is {closed}, quadrature says {} ± {}", found.value, found.error));
                }
            }
        };
        compare("the total".into(), &|_| 1.0, 1.0);
        let value = |term: &Term, x: &[f64]| evaluate(term, &at(x)).unwrap_or(f64::NAN);
        let score = |i: usize| report.score.get(&[i]).expect("a score");
        for (place, entry) in report.fisher.held().take(if costly { 1 } else { usize::MAX }) {
            let Some(closed) = evaluate(entry, &floats) else { continue };
            let (one, other) = (score(place[0]), score(place[1]));
            compare(format!("F{place:?}"), &|x| value(&one, x) * value(&other, x), closed);
        }
    }
    if checked == 0 && variates.len() == 1 {
        failed.push(format!("{name}: nothing could be confirmed by quadrature"));
    }
}

#[test]
fn a_wrong_sign_in_any_claim_is_refuted() {
    for (name, family) in families() {
        let mut wrong = family.clone();
        for claim in &mut wrong.claims {
            for entry in claim.value.iter_mut().flatten() {
                *entry = -entry.clone();
            }
        }
        let zero = |claim: &fisherproof::model::family::Claim| {
            claim.value.iter().flatten().all(|entry| evaluate(entry, &BTreeMap::new()) == Some(0.0))
        };
        let Derived { report, .. } = derive_with(&wrong, false).expect("a setting");
        for outcome in &report.claims {
            if outcome.claim.value.is_empty() || zero(&outcome.claim) {
                continue;
            }
            assert_ne!(outcome.status, Status::Proved, "{name}: minus {} is proved", outcome.claim.text);
        }
    }
}
