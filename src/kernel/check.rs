//! `check`: replay a certificate, and demand that it proves the statement.
//!
//! The statement comes from the source file; the certificate is only a hint.

use std::sync::Arc;

use super::certificate::{Certificate, Proposition, Rule, Step};
use super::theorem::{Checker, Rejection, Setting, Theorem};

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
pub fn replay(setting: &Arc<Setting>, steps: &[Step]) -> Result<Vec<Theorem>, RejectedStep> {
    let checker = Checker::new(setting);
    let mut theorems: Vec<Theorem> = Vec::with_capacity(steps.len());
    for (position, step) in steps.iter().enumerate() {
        let theorem = replay_step(&checker, step, &theorems).map_err(|rejection| RejectedStep {
            step: position,
            rule: step.rule.name(),
            rejection,
        })?;
        theorems.push(theorem);
    }
    Ok(theorems)
}

/// One step, given the theorems before it.
pub fn replay_step(checker: &Checker, step: &Step, earlier: &[Theorem]) -> Result<Theorem, Rejection> {
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
                let premise = earlier
                    .get(*position)
                    .ok_or_else(|| Rejection::Malformed(format!("step {position} is not earlier")))?;
                cited.push((coefficient.clone(), premise));
            }
            checker.linearity(of, is, &cited)?
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

/// Proves a statement by a certificate: some step must state exactly the statement.
pub fn check(
    setting: &Arc<Setting>,
    statement: &Proposition,
    certificate: &Certificate,
) -> Result<Theorem, RejectedStep> {
    let theorems = replay(setting, &certificate.steps)?;
    theorems.into_iter().find(|theorem| theorem.proposition() == statement).ok_or_else(|| RejectedStep {
        step: certificate.steps.len(),
        rule: "end",
        rejection: Rejection::Malformed("no step proves the statement".into()),
    })
}
