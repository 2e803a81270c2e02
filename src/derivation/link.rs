//! One link of a chain: is it true, and for the reason that was given?

use std::sync::Arc;

use crate::kernel::jets::layer::{Layer, Layers, describe};
use crate::kernel::jets::theorem::{GenericTheorem, Rejection, Statement};
use crate::kernel::jets::theory::Theory;
use crate::model::derivation::{Cited, CitedMeaning};

/// What the kernel made of a link.
pub struct Decided {
    pub theorem: Option<GenericTheorem>,
    /// Does the reason that was given suffice, and is it to the point? True where none was given.
    pub reason_holds: bool,
    pub reason_needed: Vec<String>,
    /// What was not given and is needed, where what was given is needed too.
    pub reason_missing: Vec<String>,
    pub residue: Option<String>,
    pub remarks: Vec<String>,
}

/// The order in which layers are given up, to see whether the others do: what says most goes first.
const GIVEN_UP: [Layer; 11] = [
    Layer::WellSpecified,
    Layer::Assumption,
    Layer::Independence,
    Layer::Taylor,
    Layer::Interchange,
    Layer::Normalization,
    Layer::LogDerivative,
    Layer::ProductRule,
    Layer::ChainRule,
    Layer::Definition,
    Layer::Expectation,
];

const UNFOLDING: Layers = Layers::of(&[Layer::Definition, Layer::Expectation]);
const CALCULUS: Layers = Layers::of(&[Layer::LogDerivative, Layer::ProductRule, Layer::ChainRule]);

/// `left relation right by reasons`, and what may be cited.
pub struct Link<'a> {
    pub theory: &'a Arc<Theory>,
    pub statement: Statement,
    pub reasons: &'a [Cited],
    /// The theorem of each cited item, where it is proved.
    pub cited: Vec<Option<&'a GenericTheorem>>,
    pub assumed: Vec<GenericTheorem>,
}

impl Link<'_> {
    /// ```text
    ///   the normal forms agree under the layers of the reasons    →  proved, if nothing less does
    ///   … under other layers only                                 →  proved with another reason
    ///   … under none                                              →  not proved, with the residue
    /// ```
    pub fn decide(&self) -> Decided {
        let mut remarks = Vec::new();
        let granted = self.granted(&mut remarks);
        let lemmas: Vec<&GenericTheorem> = self.cited.iter().flatten().copied().collect();
        if !self.reasons.is_empty()
            && let Some(theorem) = self.given(granted, &lemmas)
        {
            return self.with_given_reason(theorem, remarks);
        }
        match self.least(&lemmas) {
            Ok((theorem, reason_needed)) => {
                let reason_missing = self.missing(granted, &theorem, &lemmas, &reason_needed);
                Decided {
                    theorem: Some(theorem),
                    reason_holds: self.reasons.is_empty(),
                    reason_needed,
                    reason_missing,
                    residue: None,
                    remarks,
                }
            }
            Err(residue) => {
                if let Err(Rejection::Undefined(operand)) = self.prove(Layers::NONE, &[]) {
                    remarks.push(format!("`{operand}` is divided by or inverted, and it cannot be"));
                }
                remarks.extend(self.confusion());
                Decided {
                    theorem: None,
                    reason_holds: false,
                    reason_needed: Vec::new(),
                    reason_missing: Vec::new(),
                    residue,
                    remarks,
                }
            }
        }
    }

    /// What has to be added to the reasons that were given. Nothing, where one of them is beside the point.
    fn missing(
        &self,
        granted: Layers,
        theorem: &GenericTheorem,
        lemmas: &[&GenericTheorem],
        needed: &[String],
    ) -> Vec<String> {
        let needs = theorem.layers();
        let serves = |cited: &Cited| match cited.meaning {
            CitedMeaning::Rule(reason, _) => {
                reason.layers.is_empty() || !reason.layers.minus(needs).contains(reason.layers)
            }
            CitedMeaning::Item(_) => needed.contains(&cited.text),
        };
        if !self.reasons.is_empty() && self.reasons.iter().all(serves) && !needs.minus(granted).is_empty() {
            return self.described(needs.minus(granted)).into_iter().filter(|name| name != "algebra").collect();
        }
        // A lemma that was cited helps, but not alone.
        let completed = |added: Layers| self.prove(granted.union(added), lemmas).is_ok();
        if lemmas.is_empty()
            || !completed(self.available())
            || !self.reasons.iter().any(|cited| matches!(cited.meaning, CitedMeaning::Item(_)))
        {
            return Vec::new();
        }
        let added = GIVEN_UP.into_iter().fold(self.available().minus(granted), |added, layer| {
            let fewer = added.without(layer);
            if completed(fewer) { fewer } else { added }
        });
        // Without the lemma the same rules must not do, else it is the lemma that is beside the point.
        if added.is_empty() || self.prove(granted.union(added), &[]).is_ok() {
            Vec::new()
        } else {
            self.described(added)
        }
    }

    /// Is the model taken for the data? Then the statement holds where they are the same.
    fn confusion(&self) -> Option<String> {
        if self.theory.well_specified {
            return None;
        }
        let theory = Arc::new(Theory { well_specified: true, ..(**self.theory).clone() });
        let same = GenericTheorem::by_layers(&theory, self.statement.clone(), Layers::ALL, &[]).is_ok();
        same.then(|| {
            "E is taken over the model and E_data over the data: the two agree where the model is well-specified, \
             that is, where the data are drawn from the model at this parameter; `assume well-specified` says so"
                .to_string()
        })
    }

    /// The layers that the reasons stand for.
    fn granted(&self, remarks: &mut Vec<String>) -> Layers {
        let mut granted = Layers::NONE;
        for cited in self.reasons {
            match cited.meaning {
                CitedMeaning::Rule(reason, number) => {
                    let short = number.zip(self.statement.order).filter(|(number, order)| number < order);
                    if let Some((number, order)) = short {
                        remarks.push(format!(
                            "an expansion to order {number} does not reach the order {order} of this step"
                        ));
                    } else {
                        granted = granted.union(reason.layers);
                    }
                    if reason.layers.has(Layer::Taylor) && self.statement.order.is_none() {
                        remarks.push(
                            "a Taylor expansion has a remainder: this step would have to be `~`, not `=`".to_string(),
                        );
                    }
                }
                CitedMeaning::Item(_) => {}
            }
        }
        granted
    }

    /// With the reasons as given; a lemma may be read with names unfolded.
    fn given(&self, granted: Layers, lemmas: &[&GenericTheorem]) -> Option<GenericTheorem> {
        let mut lemmas: Vec<&GenericTheorem> = lemmas.to_vec();
        if granted.has(Layer::Assumption) {
            lemmas.extend(&self.assumed);
        }
        let plain = self.prove(granted, &lemmas).ok();
        if plain.is_some() || lemmas.is_empty() {
            return plain;
        }
        self.prove(granted.union(UNFOLDING), &lemmas).ok()
    }

    /// A reason that nothing needs is no reason.
    fn with_given_reason(&self, theorem: GenericTheorem, mut remarks: Vec<String>) -> Decided {
        let typed: Vec<String> = self.reasons.iter().map(|cited| cited.text.clone()).collect();
        let claims_rules = self
            .reasons
            .iter()
            .all(|cited| !matches!(cited.meaning, CitedMeaning::Rule(reason, _) if reason.layers.is_empty()));
        if claims_rules && self.prove(Layers::NONE, &[]).is_ok() {
            return Decided {
                theorem: Some(theorem),
                reason_holds: false,
                reason_needed: vec!["algebra".to_string()],
                reason_missing: Vec::new(),
                residue: None,
                remarks,
            };
        }
        if self.reasons.len() > 1 {
            for at in 0..self.reasons.len() {
                let silent =
                    matches!(self.reasons[at].meaning, CitedMeaning::Rule(reason, _) if reason.layers.is_empty());
                if !silent && self.holds_without(at) {
                    remarks.push(format!("`{}` is not needed here", self.reasons[at].text));
                }
            }
        }
        Decided {
            theorem: Some(theorem),
            reason_holds: true,
            reason_needed: typed,
            reason_missing: Vec::new(),
            residue: None,
            remarks,
        }
    }

    /// Do the other reasons suffice?
    fn holds_without(&self, dropped: usize) -> bool {
        let mut granted = Layers::NONE;
        let mut lemmas = Vec::new();
        let mut cited = self.cited.iter();
        for (at, reason) in self.reasons.iter().enumerate() {
            match reason.meaning {
                CitedMeaning::Rule(rule, _) if at != dropped => granted = granted.union(rule.layers),
                CitedMeaning::Rule(..) => {}
                CitedMeaning::Item(_) => {
                    let theorem = cited.next().copied().flatten();
                    if at != dropped {
                        lemmas.extend(theorem);
                    }
                }
            }
        }
        self.given(granted, &lemmas).is_some()
    }

    /// The theorem by a least set of layers, and the reasons that the set stands for; else the residue.
    fn least(&self, lemmas: &[&GenericTheorem]) -> Result<(GenericTheorem, Vec<String>), Option<String>> {
        let usable = self.available();
        let mut residue = None;
        // Unfolding everything can hide an equality between names, hence several beginnings.
        for start in [usable, UNFOLDING.union(CALCULUS), UNFOLDING, CALCULUS, Layers::NONE] {
            match self.prove(start, &[]) {
                Ok(theorem) => {
                    let (layers, theorem) = self.reduced(start, theorem);
                    return Ok((theorem, self.described(layers)));
                }
                Err(Rejection::Residue(left)) if residue.is_none() => residue = Some(left.text(self.theory)),
                Err(_) => {}
            }
        }
        let assumed: Vec<&GenericTheorem> = self.assumed.iter().collect();
        for (extra, names) in [(assumed, vec!["assumption".to_string()]), (lemmas.to_vec(), self.cited_names())] {
            if extra.is_empty() {
                continue;
            }
            for start in [Layers::NONE, UNFOLDING, usable] {
                if let Ok(theorem) = self.prove(start, &extra) {
                    let mut needed = names;
                    needed.extend(
                        self.described(start)
                            .into_iter()
                            .filter(|name| name != "algebra" && !needed.contains(name))
                            .collect::<Vec<_>>(),
                    );
                    return Ok((theorem, needed));
                }
            }
        }
        Err(residue)
    }

    fn cited_names(&self) -> Vec<String> {
        self.reasons
            .iter()
            .filter(|cited| matches!(cited.meaning, CitedMeaning::Item(_)))
            .map(|cited| cited.text.clone())
            .collect()
    }

    fn available(&self) -> Layers {
        let mut layers = Layers::ALL;
        if self.statement.order.is_none() {
            layers = layers.without(Layer::Taylor);
        }
        if self.theory.sample.is_none() {
            layers = layers.without(Layer::Independence);
        }
        if !self.theory.well_specified {
            layers = layers.without(Layer::WellSpecified);
        }
        if self.theory.densities.iter().all(|density| density.logarithm.is_none()) {
            layers = layers.without(Layer::Assumption);
        }
        layers
    }

    fn reduced(&self, start: Layers, theorem: GenericTheorem) -> (Layers, GenericTheorem) {
        let (mut layers, mut theorem) = (start, theorem);
        for layer in GIVEN_UP {
            if layers.has(layer)
                && let Ok(smaller) = self.prove(layers.without(layer), &[])
            {
                layers = layers.without(layer);
                theorem = smaller;
            }
        }
        (layers, theorem)
    }

    fn described(&self, layers: Layers) -> Vec<String> {
        describe(layers)
            .into_iter()
            .map(|name| match (name, self.statement.order) {
                ("taylor", Some(order)) => format!("taylor {order}"),
                _ => name.to_string(),
            })
            .collect()
    }

    fn prove(&self, layers: Layers, lemmas: &[&GenericTheorem]) -> Result<GenericTheorem, Rejection> {
        GenericTheorem::by_layers(self.theory, self.statement.clone(), layers, lemmas)
    }
}
