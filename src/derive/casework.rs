//! Finding the coordinate whose cases each have expectations of their own.

use std::sync::Arc;

use super::search::{Failure, Search};
use crate::kernel::cases::Cases;
use crate::kernel::domain::{Domain, Support};
use crate::kernel::setting::Setting;
use crate::kernel::term::{Name, Term};

/// A joint density by the cases of one coordinate, each with its own search.
pub struct Casework {
    pub cases: Cases,
    pub coordinate: Name,
    pub searches: Vec<Search>,
}

impl Casework {
    /// Positions of what f comes to in each case, and the sum.
    pub fn positions(&mut self, of: &Term) -> Result<(Vec<usize>, Term), Failure> {
        let mut positions = Vec::with_capacity(self.searches.len());
        let mut values = Vec::with_capacity(self.searches.len());
        for (case, search) in self.cases.parts().iter().zip(&mut self.searches) {
            let position = search.plain_expectation(&case.restricted(of))?;
            values.push(search.value(position));
            positions.push(position);
        }
        Ok((positions, Term::sum(values)))
    }
}

/// The first coordinate all of whose cases can be integrated; those named are left whole.
pub fn find(setting: &Arc<Setting>, whole: &[Name]) -> Option<Casework> {
    let Support::Product { coordinates, .. } = setting.support() else { return None };
    if coordinates.len() < 2 {
        return None;
    }
    let (finite, others): (Vec<_>, Vec<_>) =
        coordinates.iter().partition(|(_, domain)| matches!(domain, Domain::Finite(_)));
    let mut names = finite.into_iter().chain(others).map(|(name, _)| name).filter(|name| !whole.contains(name));
    names.find_map(|coordinate| {
        let cases = Cases::new(setting, coordinate).ok()?;
        let left = [whole, std::slice::from_ref(coordinate)].concat();
        let mut searches = Vec::with_capacity(cases.parts().len());
        for case in cases.parts() {
            let mut search = Search::leaving(case.setting(), None, &left);
            search.total_mass().ok()?;
            searches.push(search);
        }
        Some(Casework { cases, coordinate: coordinate.clone(), searches })
    })
}
