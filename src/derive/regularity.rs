//! The regularity conditions R1–R4, discharged, assumed or failed.

use crate::kernel::domain::Domain;
use crate::kernel::term::Name;
use crate::model::family::Family;

use super::report::{Check, CheckKind, Citation, Status};
use super::setting::{moving_support, support_moves};

/// R4, where it is assumed.
pub const INTERCHANGE: &str = "R4: derivatives by the parameters may be taken under the integral";

/// What is said of the identities where nothing proves them.
pub const NEED_NOT_HOLD: &str = "need not hold";

/// What is known of R1–R4 for a family.
///
/// An exponential family over an open parameter set has derivatives of every order under the
/// integral (Brown 1986, Theorem 2.2; Lehmann & Casella 1998, Theorem 1.5.8); over finitely many points the
/// integral is a finite sum.
pub fn regularity(
    family: &Family,
    exponential: bool,
    finite: bool,
    normalized: bool,
    singular_in_parameter: Option<String>,
) -> Check {
    let moving = moving_support(family);
    let mut check = Check {
        kind: CheckKind::Regularity,
        status: Status::Proved,
        equations: Vec::new(),
        assumptions: Vec::new(),
        lemmas: Vec::new(),
        steps: 0,
        reason: None,
    };
    if !moving.is_empty() {
        let names: Vec<String> = moving.iter().map(|name| format!("`{name}`")).collect();
        let names = names.join(" and ");
        let consequence = format!(
            "so differentiation need not pass under the integral; the zero-mean score and the Hessian identity \
             {NEED_NOT_HOLD}"
        );
        let (status, reason) = match support_moves(family) {
            true => (Status::Refuted, format!("R1 fails: the support depends on {names}, {consequence}")),
            false => (
                Status::NotProved,
                format!("R1 was not shown: the conditions on the support speak of {names}, {consequence}"),
            ),
        };
        check.status = status;
        check.reason = Some(reason);
        return check;
    }
    if let Some(kink) = singular_in_parameter {
        check.status = Status::Refuted;
        check.reason = Some(format!(
            "R3 fails: the log-density is not differentiable where `{kink} = 0`, so the Hessian identity does not hold there"
        ));
        return check;
    }
    let closed = |(name, _): &(Name, Domain)| family.context.nonnegative.iter().any(|term| term.contains(name));
    let open = family.parameters.iter().all(|(_, domain)| matches!(domain, Domain::Interval { .. } | Domain::Angle))
        && !family.parameters.iter().any(closed);
    if exponential && normalized && open {
        check.lemmas.push(Citation {
            name: "exponential-family-regularity".into(),
            reference: "Brown 1986, Theorem 2.2; Lehmann & Casella 1998, Theorem 1.5.8".into(),
        });
        check.reason = Some("R1–R4 hold: an exponential family over an open parameter set".into());
        return check;
    }
    if finite && normalized && open {
        check.reason = Some("R1–R4 hold: the sum over the support is finite".into());
        return check;
    }
    check.status = Status::NotProved;
    check.assumptions.push(INTERCHANGE.to_owned());
    let reason = match (open, exponential) {
        (false, _) => "the parameter set is not open: derivatives are taken in its interior",
        (true, false) => "R1–R3 hold; R4 is assumed: this is not an exponential family in these parameters",
        (true, true) => "R1–R3 hold; R4 is assumed: that the density is normalized was not shown",
    };
    check.reason = Some(reason.to_owned());
    check
}
