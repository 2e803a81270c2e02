//! Finding how a joint density is cut: which coordinate is integrated first, and the marginal it leaves.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use num_traits::One;

use super::search::{Failure, Search};
use crate::kernel::domain::{Context, Domain, Support, substitute_domain};
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Monomial, Poly};
use crate::kernel::section::{Section, slice};
use crate::kernel::setting::Setting;
use crate::kernel::term::{Name, Term};
use crate::numeric::sample_points;

/// More coordinates than this are not tried.
const MOST_COORDINATES: usize = 32;
/// So many cuts are tried for each coordinate of the whole density, its marginals' cuts included.
const MOST_CUTS_EACH: usize = 8;

thread_local! {
    /// Cuts that may still be tried, while one is looked for.
    static CUTS: Cell<Option<usize>> = const { Cell::new(None) };
}

/// A joint density cut in two, each part with its own search.
pub struct Split {
    pub section: Section,
    pub coordinate: Name,
    pub log_marginal: Term,
    pub conditional: Search,
    pub marginal: Search,
}

impl Split {
    /// Positions of `E[of | the others] = g` in the conditional and of `E[g] = v` in the marginal.
    pub fn iterated(&mut self, of: &Term) -> Result<(usize, usize), Failure> {
        let inner = self.conditional.plain_expectation(of)?;
        let outer = self.marginal.plain_expectation(&self.conditional.value(inner))?;
        Ok((inner, outer))
    }
}

impl Split {
    /// Whether the terms of the log-density have expectations this way.
    fn gives_statistics(&mut self, setting: &Setting) -> bool {
        let pointwise = Normalizer::on_support(setting.context(), setting.support());
        let Ok(log_density) = pointwise.normalize(setting.log_density()) else { return false };
        let names = setting.support().names();
        let statistics = log_density.terms().map(|(monomial, _)| pointwise.split_monomial(monomial, &names).0);
        let statistics: BTreeSet<Monomial> = statistics.filter(|inside| !inside.is_one()).collect();
        statistics.into_iter().all(|inside| self.iterated(&Poly::single(inside, One::one()).to_term()).is_ok())
    }
}

/// The first cut that leaves a marginal which can be integrated in turn, the last coordinate first.
pub fn find(setting: &Arc<Setting>) -> Option<Split> {
    let names = setting.support().names();
    if !(2..=MOST_COORDINATES).contains(&names.len()) {
        return None;
    }
    // The marginals of a density that cannot be cut are cut in every order: d! ways.
    let outermost = CUTS.get().is_none();
    if outermost {
        CUTS.set(Some(MOST_CUTS_EACH * names.len()));
    }
    let mut cuts = names.iter().rev().filter_map(|coordinate| {
        let left = CUTS.get().and_then(|left| left.checked_sub(1))?;
        CUTS.set(Some(left));
        cut(setting, coordinate)
    });
    let mut found = cuts.next();
    // Of x < y the one that is integrated first leaves the other a density of its own, or one cut short.
    let is_cut_short = matches!(setting.support(), Support::Product { inequalities, .. } if !inequalities.is_empty());
    if is_cut_short && found.as_mut().is_some_and(|first| !first.gives_statistics(setting)) {
        found = cuts.find_map(|mut other| other.gives_statistics(setting).then_some(other)).or(found);
    }
    if outermost {
        CUTS.set(None);
    }
    found
}

/// The other ways to cut a density of few coordinates.
pub fn others(setting: &Arc<Setting>, known: &Name) -> Vec<Split> {
    const MOST: usize = 3;
    let names = setting.support().names();
    if names.len() > MOST {
        return Vec::new();
    }
    names.iter().filter(|name| *name != known).filter_map(|name| cut(setting, name)).collect()
}

fn cut(setting: &Arc<Setting>, coordinate: &Name) -> Option<Split> {
    let (section, log_marginal) = section(setting, coordinate)?;
    let conditional = Search::new(section.conditional(), None);
    let marginal = Search::new(section.marginal(), None);
    (conditional.has_method() && marginal.has_method()).then(|| Split {
        section,
        coordinate: coordinate.clone(),
        log_marginal,
        conditional,
        marginal,
    })
}

/// What integrating over one coordinate leaves, whether or not that can be integrated in turn, and its logarithm.
pub fn section(setting: &Arc<Setting>, coordinate: &Name) -> Option<(Section, Term)> {
    let slice = slice(setting.support(), setting.context(), coordinate).ok()?;
    let others = inside(setting, &slice.others, &slice.context)?;
    // The whole density as a function of the one coordinate: what it integrates to is the marginal.
    let support = Support::Product { coordinates: vec![(coordinate.clone(), slice.domain)], inequalities: Vec::new() };
    let witness = [setting.witness(), &others].concat();
    let whole = Setting::new(support, slice.context, setting.log_density().clone(), witness).ok()?;
    let total = Search::new(&whole, None).total_mass().ok()?;
    let rest = Support::Product { coordinates: slice.others, inequalities: slice.inequalities };
    let normalizer = Normalizer::on_support(setting.context(), &rest);
    let log_marginal = normalizer.log(&normalizer.canonical(&total).ok()?).ok()?;
    let log_marginal = normalizer.canonical(&log_marginal).ok()?.to_term();
    let section = Section::new(setting, coordinate, &log_marginal, &others).ok()?;
    Some((section, log_marginal))
}

/// Values of the other coordinates inside the region, the parameters being those of the witness.
fn inside(setting: &Setting, others: &[(Name, Domain)], context: &Context) -> Option<Vec<(Name, Term)>> {
    let at = setting.witness();
    let known = |term: &Term| term.substitute(at);
    let about = |term: &Term| others.iter().any(|(name, _)| term.contains(name));
    let conditions = |terms: &[Term]| terms.iter().filter(|term| about(term)).map(known).collect::<Vec<Term>>();
    let context = Context {
        domains: others.iter().map(|(name, domain)| (name.clone(), substitute_domain(domain, at))).collect(),
        positive: conditions(&context.positive),
        nonnegative: conditions(&context.nonnegative),
    };
    let point = sample_points(&context, 1).pop()?;
    Some(point.into_iter().map(|(name, value)| (name, Term::Number(value))).collect())
}
