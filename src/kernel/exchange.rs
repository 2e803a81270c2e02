//! Exchangeable names: renamings under which a density and all that is declared of it stay the same,
//! and what is proved for some parameters carried over to others.
//!
//! A theorem holds for all values of its parameters. Where p(σx; σθ) = p(x; θ) for a permutation σ of
//! the coordinates and of the parameters, what it says of θ it says of σθ too (exchangeability;
//! Lehmann & Casella, Theory of Point Estimation, 1998, ch. 3: invariance under a group).

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::Proposition;
use super::domain::{Domain, Support};
use super::normal::Normalizer;
use super::poly::Poly;
use super::setting::Setting;
use super::term::{Name, Term};
use super::theorem::Rejection;

/// A permutation of names; those that are not listed stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming(BTreeMap<Name, Name>);

impl Renaming {
    /// # Errors
    /// When a name is listed twice, or the images are not the names themselves in another order.
    pub fn new(pairs: &[(Name, Name)]) -> Result<Renaming, Rejection> {
        let images: BTreeSet<&Name> = pairs.iter().map(|(_, image)| image).collect();
        let own: BTreeMap<Name, Name> = pairs.iter().cloned().collect();
        if own.len() != pairs.len() || images.len() != pairs.len() || !own.keys().all(|name| images.contains(name)) {
            return Err(Rejection::Malformed("the renaming is no permutation".into()));
        }
        Ok(Renaming(own))
    }

    /// The names that are replaced.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.0.keys()
    }

    /// What a name becomes.
    pub fn name<'a>(&'a self, name: &'a Name) -> &'a Name {
        self.0.get(name).unwrap_or(name)
    }

    /// All names of a term replaced at once, those that it is differentiated by included.
    pub fn term(&self, term: &Term) -> Term {
        match term {
            Term::Variable(name) => Term::Variable(self.name(name).clone()),
            Term::Derivative(body, by) => self.term(body).derivative(self.name(by)),
            Term::LogDensity(replaced) => Term::LogDensity(
                replaced.iter().map(|(name, value)| (self.name(name).clone(), self.term(value))).collect(),
            ),
            other => other.map_children(&mut |child| self.term(child)),
        }
    }

    fn domain(&self, domain: &Domain) -> Domain {
        domain.map(&mut |term| self.term(term))
    }

    /// # Errors
    /// When an auxiliary variable is renamed, or the proposition is an invariance itself.
    pub fn proposition(&self, proposition: &Proposition) -> Result<Proposition, Rejection> {
        let carried = match proposition {
            Proposition::Equal { left, right } => Proposition::Equal { left: self.term(left), right: self.term(right) },
            Proposition::Expectation { of, is } => Proposition::Expectation { of: self.term(of), is: self.term(is) },
            Proposition::Specialization { auxiliary, of, at, is } => {
                // Their auxiliary variables are bound in the proposition, and no names of the setting.
                if auxiliary.iter().any(|(name, _)| self.0.contains_key(name)) {
                    return Err(Rejection::Malformed("an auxiliary variable is renamed".into()));
                }
                let domains = auxiliary.iter().map(|(name, domain)| (name.clone(), self.domain(domain)));
                let at = at.iter().map(|(name, value)| (self.name(name).clone(), self.term(value)));
                Proposition::Specialization {
                    auxiliary: domains.collect(),
                    of: self.term(of),
                    at: at.collect(),
                    is: self.term(is),
                }
            }
            Proposition::Invariance { .. } => {
                return Err(Rejection::Malformed("an invariance is not carried over".into()));
            }
        };
        Ok(carried)
    }
}

/// Whether everything that a setting declares stays the same under a renaming, and its log-density too.
///
/// Domains and points are compared as they are written, conditions and the density by their normal forms.
pub(super) fn is_invariant(
    setting: &Setting,
    parameters: &Normalizer,
    pointwise: &Normalizer,
    renaming: &Renaming,
) -> Result<(), Rejection> {
    let (context, support) = (setting.context(), setting.support());
    let variates: BTreeSet<Name> = support.names().into_iter().collect();
    for (name, image) in &renaming.0 {
        if variates.contains(name) != variates.contains(image) {
            return Err(Rejection::Malformed(format!("{name} and {image} are not of one kind")));
        }
        if !variates.contains(name) && !context.domains.contains_key(name) {
            return Err(Rejection::Malformed(format!("{name} is not declared")));
        }
    }
    if context.domains.iter().any(|(name, own)| context.domains.get(renaming.name(name)) != Some(&renaming.domain(own)))
    {
        return Err(Rejection::Malformed("a domain is another after the renaming".into()));
    }
    same_conditions(parameters, renaming, &context.positive)?;
    same_conditions(parameters, renaming, &context.nonnegative)?;
    same_support(pointwise, renaming, support)?;
    let residue = pointwise.residue(&renaming.term(setting.log_density()), setting.log_density())?;
    if !residue.is_zero() {
        return Err(Rejection::Differ { residue: residue.to_term() });
    }
    if !pointwise.conditions().is_empty() || !parameters.conditions().is_empty() {
        return Err(Rejection::Malformed("the density is compared where it may be divided by zero".into()));
    }
    Ok(())
}

/// Whether a formal log-density stands at other parameters than the declared ones.
pub(super) fn has_other_parameters(proposition: &Proposition) -> bool {
    fn replaced(term: &Term) -> bool {
        matches!(term, Term::LogDensity(replaced) if !replaced.is_empty()) || term.children().any(replaced)
    }
    match proposition {
        Proposition::Equal { left, right } => replaced(left) || replaced(right),
        Proposition::Expectation { of, is } => replaced(of) || replaced(is),
        Proposition::Specialization { of, at, is, .. } => {
            replaced(of) || replaced(is) || at.iter().any(|(_, value)| replaced(value))
        }
        Proposition::Invariance { .. } => false,
    }
}

/// Whether every condition, renamed, is one of them.
///
/// Each may be used while another is brought to normal form: σ has a finite order, so that a set
/// which it maps into itself it maps onto itself.
fn same_conditions(normalizer: &Normalizer, renaming: &Renaming, conditions: &[Term]) -> Result<(), Rejection> {
    let known = forms(normalizer, conditions.iter().cloned())?;
    let renamed = forms(normalizer, conditions.iter().map(|condition| renaming.term(condition)))?;
    if renamed.is_subset(&known) {
        return Ok(());
    }
    Err(Rejection::Malformed("a condition is another after the renaming".into()))
}

fn forms(normalizer: &Normalizer, terms: impl Iterator<Item = Term>) -> Result<BTreeSet<Poly>, Rejection> {
    Ok(terms.map(|term| normalizer.normalize(&term)).collect::<Result<_, _>>()?)
}

fn same_support(normalizer: &Normalizer, renaming: &Renaming, support: &Support) -> Result<(), Rejection> {
    let other = || Rejection::Malformed("the support is another after the renaming".into());
    match support {
        Support::Product { coordinates, inequalities } => {
            let renamed: BTreeMap<&Name, Domain> =
                coordinates.iter().map(|(name, domain)| (renaming.name(name), renaming.domain(domain))).collect();
            if !coordinates.iter().all(|(name, domain)| renamed.get(name) == Some(domain)) {
                return Err(other());
            }
            same_conditions(normalizer, renaming, inequalities)
        }
        Support::Points { names, points } => {
            let places: Vec<usize> = names
                .iter()
                .map(|name| names.iter().position(|own| own == renaming.name(name)).ok_or_else(other))
                .collect::<Result<_, _>>()?;
            let known: BTreeSet<&Vec<Term>> = points.iter().collect();
            let renamed = |point: &Vec<Term>| {
                let mut image = point.clone();
                for (value, place) in point.iter().zip(&places) {
                    image[*place] = renaming.term(value);
                }
                image
            };
            if points.iter().all(|point| known.contains(&renamed(point))) { Ok(()) } else { Err(other()) }
        }
    }
}
