//! What every format says in the same way: numbers of lemmas, words of reasons, remainders, settings.

use crate::derivation::report::{DerivationReport, ItemReport, StepReport};
use crate::kernel::jets::expression::Point;
use crate::kernel::jets::layer::reason;
use crate::kernel::jets::theory::Density;
use crate::kernel::term::Name;
use crate::model::derivation::ItemKind;
use crate::refute::generic::Counterexample;
use crate::render::text;

use super::Notation;

/// "Lemma 2" and the name that it is cited by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    pub kind: &'static str,
    /// Lemmas and theorems count apart, from 1.
    pub number: usize,
    /// The name that it is cited by, as typed.
    pub name: Option<String>,
}

impl Heading {
    /// "Lemma 2".
    pub fn words(&self) -> String {
        format!("{} {}", self.kind, self.number)
    }

    /// "Lemma 2 (zero mean score)".
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{} ({})", self.words(), spaced(name)),
            None => self.words(),
        }
    }
}

/// `ZeroMeanScore` is "zero mean score".
pub fn spaced(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        // A capital begins a word before a small letter; others, as in `KL`, stay.
        let begins = letter.is_uppercase() && letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let apart = letter.is_uppercase() || letter.is_ascii_digit();
        let after_small = apart && at > 0 && letters[at - 1].is_lowercase();
        if (begins && at > 0 || after_small || *letter == '_') && !out.ends_with(' ') {
            out.push(' ');
        }
        if begins {
            out.extend(letter.to_lowercase());
        } else if *letter != '_' {
            out.push(*letter);
        }
    }
    out
}

/// What the derivation is called: its title, else its name in words.
pub fn title(report: &DerivationReport) -> String {
    report.title.clone().unwrap_or_else(|| sentence(&spaced(&report.name)))
}

/// With a capital at its beginning.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What is wrong with the reasons of a step that holds.
pub fn reason_sentence(report: &DerivationReport, step: &StepReport) -> String {
    let given = reason_words(report, &step.reason_given);
    if !step.reason_missing.is_empty() {
        return format!("besides {given} it also needs {}", reason_words(report, &step.reason_missing));
    }
    let verb = if step.reason_given.len() > 1 { "are not the reasons" } else { "is not the reason" };
    format!("it holds by {}; {given} {verb}", reason_words(report, &step.reason_needed))
}

pub fn heading(report: &DerivationReport, at: usize) -> Heading {
    let kind = report.items[at].kind;
    let before = report.items[..at].iter().filter(|item| item.kind == kind).count();
    Heading {
        kind: match kind {
            ItemKind::Lemma => "Lemma",
            ItemKind::Theorem => "Theorem",
        },
        number: before + 1,
        name: report.items[at].name.clone(),
    }
}

/// The reasons of a step as they should be shown: as given, unless another was needed or none was given.
pub fn shown_reasons(step: &StepReport) -> &[String] {
    if step.reason_given.is_empty() { &step.reason_needed } else { &step.reason_given }
}

/// "by Lemma 1 and interchange".
pub fn reason_words(report: &DerivationReport, reasons: &[String]) -> String {
    let one = |name: &String| {
        let item = report.items.iter().position(|item| item.name.as_ref() == Some(name));
        match item {
            Some(at) => heading(report, at).words(),
            None => match (reason(name), name.split_once(' ')) {
                (Some(known), _) => known.name.replace("-rule", " rule").replace("-form", " form"),
                _ => name.clone(),
            },
        }
    };
    reasons.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The order of the remainder after each line of a chain; `None` while it is exact.
pub fn remainders(item: &ItemReport) -> Vec<Option<u32>> {
    let mut known: Option<u32> = None;
    item.steps
        .iter()
        .map(|step| {
            known = match (known, step.order.value) {
                (Some(before), Some(order)) => Some(before.min(order)),
                (before, order) => before.or(order),
            };
            known
        })
        .collect()
}

/// "p_θ(y | x) with x ~ D".
pub fn setting(report: &DerivationReport, notation: &Notation) -> Vec<String> {
    let theory = &report.derivation.theory;
    let letter = |name: &str| text::write(&notation.letter(name).into());
    let names =
        |own: &mut dyn Iterator<Item = &Name>| own.map(|name| letter(name.as_str())).collect::<Vec<_>>().join(", ");
    if let Some(at_hand) = &report.derivation.at_hand {
        let family = &at_hand.family;
        let variates = names(&mut family.variate.names().iter());
        let parameters = names(&mut family.parameters.iter().map(|(name, _)| name));
        let title = family.title.as_ref().unwrap_or(&family.name);
        let density =
            |own: &Density| format!("{}({variates}; {parameters}), that of {title}", letter(own.name.as_str()));
        return theory.densities.iter().map(density).collect();
    }
    theory
        .density_ids()
        .map(|id| {
            let density = theory.density(id);
            let own = text::write(&notation.density_letter(id, &Point::new()).into());
            let variate = letter(theory.variate(density.variate).name.as_str());
            match density.given.map(|id| theory.variate(id)) {
                Some(given) => {
                    let name = letter(given.name.as_str());
                    let law = given.law.as_ref().map_or(String::new(), |law| format!(" with {name} ~ {law}"));
                    format!("{own}({variate} | {name}){law}")
                }
                None => format!("{own}({variate})"),
            }
        })
        .collect()
}

/// The family of a counterexample and the place of the two numbers: "… at theta = 1/3, the coefficient of t^2".
pub fn family_words(found: &Counterexample) -> String {
    let values: Vec<String> = found.values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let at = if values.is_empty() { String::new() } else { format!(" at {}", values.join(", ")) };
    let entry = found.entry.as_ref().map_or(String::new(), |entry| format!(" ({entry})"));
    format!("{}{at}{entry}", found.family)
}

/// An exact number, with its decimal value where the exact form hides it.
pub fn exact_words(exact: &str, decimal: f64) -> String {
    if exact.contains("log") || exact.contains('^') || exact.len() > 9 {
        format!("{exact} ({decimal:.6})")
    } else {
        exact.to_string()
    }
}
