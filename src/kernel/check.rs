//! `check`: replay a certificate, and demand that it proves the statement.
//!
//! The statement comes from the source file; the certificate is only a hint.

use std::sync::Arc;

use super::cases::Cases;
use super::certificate::{Casework, Certificate, Proposition, Rule, Split, Step};
use super::section::Section;
use super::setting::Setting;
use super::term::{Name, Term};
use super::theorem::{Checker, Rejection, Theorem};

/// A rejected step: its position, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedStep {
    pub step: usize,
    pub rule: &'static str,
    pub rejection: Rejection,
}

impl std::fmt::Display for RejectedStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "step {} ({}): {}", self.step, self.rule, self.rejection)
    }
}

/// Replays every step; the theorem of each is returned, in order.
///
/// The witness of the certificate must be the setting's own.
pub fn replay(setting: &Arc<Setting>, certificate: &Certificate) -> Result<Vec<Theorem>, RejectedStep> {
    if certificate.witness != setting.witness() {
        let rejection = Rejection::Malformed("the witness is not that of what is proved".into());
        return Err(RejectedStep { step: 0, rule: "witness", rejection });
    }
    let parts = certificate.splits.iter().map(|split| replay_split(setting, split)).collect::<Result<Vec<_>, _>>()?;
    let cuts: Vec<Cut> = parts
        .iter()
        .map(|parts| Cut { section: &parts.section, conditional: &parts.conditional, marginal: &parts.marginal })
        .collect();
    let cases = certificate.cases.as_deref().map(|cases| replay_cases(setting, cases)).transpose()?;
    let cases = cases.as_ref().map(|(cases, theorems)| (cases, theorems.iter().map(Vec::as_slice).collect()));
    let cases: Option<(&Cases, Vec<&[Theorem]>)> = cases;
    let checker = Checker::new(setting);
    let mut theorems: Vec<Theorem> = Vec::with_capacity(certificate.steps.len());
    for (position, step) in certificate.steps.iter().enumerate() {
        let cases = cases.as_ref().map(|(cases, theorems)| CaseTheorems { cases, theorems });
        let theorem = replay_step(&checker, step, &theorems, &cuts, cases).map_err(|rejection| RejectedStep {
            step: position,
            rule: step.rule.name(),
            rejection,
        })?;
        theorems.push(theorem);
    }
    Ok(theorems)
}

/// A joint density cut in two, with the theorems about either part.
#[derive(Clone, Copy)]
pub struct Cut<'a> {
    pub section: &'a Section,
    pub conditional: &'a [Theorem],
    pub marginal: &'a [Theorem],
}

struct Parts {
    section: Section,
    conditional: Vec<Theorem>,
    marginal: Vec<Theorem>,
}

fn replay_split(setting: &Arc<Setting>, split: &Split) -> Result<Parts, RejectedStep> {
    let known: Vec<&Name> = setting.witness().iter().map(|(name, _)| name).collect();
    let others: Vec<(Name, Term)> =
        split.conditional.witness.iter().filter(|(name, _)| !known.contains(&name)).cloned().collect();
    let section = Section::new(setting, &split.coordinate, &split.log_marginal, &others)
        .map_err(|rejection| RejectedStep { step: 0, rule: "split", rejection })?;
    let conditional = replay(section.conditional(), &split.conditional)?;
    let marginal = replay(section.marginal(), &split.marginal)?;
    Ok(Parts { section, conditional, marginal })
}

/// The cases of a joint density, with the theorems about each.
#[derive(Clone, Copy)]
pub struct CaseTheorems<'a> {
    pub cases: &'a Cases,
    pub theorems: &'a [&'a [Theorem]],
}

fn replay_cases(setting: &Arc<Setting>, own: &Casework) -> Result<(Cases, Vec<Vec<Theorem>>), RejectedStep> {
    let rejected = |rejection| RejectedStep { step: 0, rule: "cases", rejection };
    let cases = Cases::new(setting, &own.coordinate).map_err(rejected)?;
    if cases.parts().len() != own.parts.len() {
        return Err(rejected(Rejection::Malformed("there is not one certificate for each case".into())));
    }
    let parts = cases.parts().iter().zip(&own.parts);
    let theorems = parts.map(|(case, certificate)| replay(case.setting(), certificate)).collect::<Result<_, _>>()?;
    Ok((cases, theorems))
}

/// One step, given the theorems before it.
pub fn replay_step(
    checker: &Checker,
    step: &Step,
    earlier: &[Theorem],
    cuts: &[Cut],
    cases: Option<CaseTheorems>,
) -> Result<Theorem, Rejection> {
    let theorem = match (&step.proposition, &step.rule) {
        (Proposition::Equal { left, right }, Rule::Algebra) => checker.algebra(left, right)?,
        (Proposition::Specialization { auxiliary, of, at, is }, Rule::Algebra) => {
            checker.specialization(auxiliary, of, at, is)?
        }
        (Proposition::Expectation { of, is }, Rule::Enumeration) => checker.enumeration(of, is)?,
        (Proposition::Expectation { of, is }, Rule::Moment(moment)) => checker.moment(of, is, moment)?,
        (Proposition::Expectation { of, is }, Rule::Linearity(premises)) => {
            let mut cited = Vec::with_capacity(premises.len());
            for (coefficient, position) in premises {
                cited.push((coefficient.clone(), at(earlier, *position)?));
            }
            checker.linearity(of, is, &cited)?
        }
        (Proposition::Expectation { .. }, Rule::Tower(tower)) => {
            let cut =
                cuts.get(tower.split).ok_or_else(|| Rejection::Malformed("the density has not been split".into()))?;
            let square = match tower.square {
                Some((inner, outer)) => Some((at(cut.conditional, inner)?, at(cut.marginal, outer)?)),
                None => None,
            };
            let (inner, outer) = (at(cut.conditional, tower.conditional)?, at(cut.marginal, tower.marginal)?);
            checker.tower(cut.section, inner, outer, square)?
        }
        (Proposition::Expectation { of, is }, Rule::Cases(positions)) => {
            let own = cases.ok_or_else(|| Rejection::Malformed("the density has no cases".into()))?;
            if own.theorems.len() != positions.len() {
                return Err(Rejection::Malformed("there is not one premise for each case".into()));
            }
            let premises = own.theorems.iter().zip(positions).map(|(theorems, position)| at(theorems, *position));
            let premises = premises.collect::<Result<Vec<_>, _>>()?;
            checker.cases(own.cases, of, is, &premises)?
        }
        (Proposition::Invariance { renaming }, Rule::Algebra) => checker.invariance(renaming)?,
        (_, Rule::Exchange(own)) => {
            let invariances =
                own.invariances.iter().map(|position| at(earlier, *position)).collect::<Result<Vec<_>, _>>()?;
            checker.renamed(at(earlier, own.step)?, &invariances)?
        }
        (_, rule) => {
            return Err(Rejection::Malformed(format!("the rule {} does not prove such a proposition", rule.name())));
        }
    };
    if *theorem.proposition() != step.proposition {
        return Err(Rejection::Malformed("the step proves something else than it states".into()));
    }
    Ok(theorem)
}

fn at(theorems: &[Theorem], position: usize) -> Result<&Theorem, Rejection> {
    theorems.get(position).ok_or_else(|| Rejection::Malformed(format!("step {position} is not earlier")))
}

/// Proves a statement by a certificate: some step must state exactly the statement.
pub fn check(
    setting: &Arc<Setting>,
    statement: &Proposition,
    certificate: &Certificate,
) -> Result<Theorem, RejectedStep> {
    let theorems = replay(setting, certificate)?;
    theorems.into_iter().find(|theorem| theorem.proposition() == statement).ok_or_else(|| RejectedStep {
        step: certificate.steps.len(),
        rule: "end",
        rejection: Rejection::Malformed("no step proves the statement".into()),
    })
}
