//! Every lemma of the table against quadrature or summation that knows nothing of it, at generic
//! rational points that meet its conditions; and its first derivatives by the parameters.

use std::collections::BTreeMap;

use fisherproof::kernel::domain::Support;
use fisherproof::kernel::lemma::{LEMMAS, Lemma};
use fisherproof::kernel::normal::Normalizer;
use fisherproof::kernel::term::{Name, Term};
use fisherproof::numeric::{Region, evaluate, expectation, sample_points};
use num_traits::ToPrimitive;

type Point = BTreeMap<Name, f64>;

/// ∫ beside · exp(log_kernel).
fn total(lemma: &Lemma, point: &Point, beside: &Term) -> Option<(f64, f64)> {
    let support = Support::Product {
        coordinates: vec![(lemma.variable.clone(), lemma.domain.clone())],
        inequalities: Vec::new(),
    };
    let region = Region::new(&support, point)?;
    let kernel = |t: &[f64]| {
        let mut at = point.clone();
        at.insert(lemma.variable.clone(), t[0]);
        evaluate(&lemma.log_kernel, &at).unwrap_or(f64::NAN)
    };
    let beside = |t: &[f64]| {
        let mut at = point.clone();
        at.insert(lemma.variable.clone(), t[0]);
        evaluate(beside, &at).unwrap_or(f64::NAN)
    };
    let found = expectation(&kernel, &beside, &region)?;
    Some((found.value, found.error))
}

#[track_caller]
fn agree(what: &str, closed: f64, found: (f64, f64)) -> bool {
    let (value, error) = found;
    if error > 1e-4 * (1.0 + closed.abs()) {
        return false;
    }
    assert!(
        (value - closed).abs() <= 1e-7 * (1.0 + closed.abs()) + 4.0 * error,
        "{what}: {closed} against {value} ± {error}"
    );
    true
}

#[test]
fn every_lemma_agrees_with_quadrature() {
    for lemma in LEMMAS.iter() {
        let mut confirmed = 0;
        // What has no parameters is confirmed once.
        let context = lemma.context();
        let fixed = context.domains.is_empty();
        let points = if fixed { vec![Default::default()] } else { sample_points(&context, 4) };
        for point in points {
            let point: Point =
                point.iter().map(|(name, value)| (name.clone(), value.to_f64().expect("a number"))).collect();
            if lemma.nonzero.iter().any(|term| evaluate(term, &point).is_none_or(|value| value.abs() < 1e-9)) {
                continue;
            }
            let (Some(closed), Some(found)) = (evaluate(&lemma.value, &point), total(lemma, &point, &lemma.factor))
            else {
                continue;
            };
            confirmed += usize::from(agree(&format!("{} at {point:?}", lemma.name), closed, found));
        }
        assert!(confirmed >= if fixed { 1 } else { 2 }, "{}: confirmed at {confirmed} points only", lemma.name);
    }
}

#[test]
fn lemmas_may_be_differentiated_by_their_parameters() {
    for lemma in LEMMAS.iter() {
        let normalizer = Normalizer::new(&lemma.context());
        let support = Support::Product {
            coordinates: vec![(lemma.variable.clone(), lemma.domain.clone())],
            inequalities: Vec::new(),
        };
        let inside = Normalizer::on_support(&lemma.context(), &support);
        let mut confirmed = 0;
        let mut tried = 0;
        for (name, _) in &lemma.parameters {
            let value = normalizer.normalize(&lemma.value).and_then(|value| normalizer.differentiate(&value, name));
            // ∂(f e^k) = (∂f + f ∂k) e^k.
            let beside = |term: &Term| inside.normalize(term).and_then(|own| inside.differentiate(&own, name));
            // ∂K/∂ν has no closed form here; nothing is claimed about it.
            let (Ok(value), Ok(slope), Ok(moved)) = (value, beside(&lemma.log_kernel), beside(&lemma.factor)) else {
                continue;
            };
            tried += 1;
            let value = value.to_term();
            let beside = moved.to_term() + lemma.factor.clone() * slope.to_term();
            for point in sample_points(&lemma.context(), 3) {
                let point: Point =
                    point.iter().map(|(name, value)| (name.clone(), value.to_f64().expect("a number"))).collect();
                if lemma.nonzero.iter().any(|term| evaluate(term, &point).is_none_or(|value| value.abs() < 1e-9)) {
                    continue;
                }
                let (Some(closed), Some(found)) = (evaluate(&value, &point), total(lemma, &point, &beside)) else {
                    continue;
                };
                confirmed += usize::from(agree(&format!("d/d{name} {} at {point:?}", lemma.name), closed, found));
            }
        }
        assert!(confirmed >= tried, "{}: {confirmed} of {tried} derivatives confirmed", lemma.name);
    }
}
