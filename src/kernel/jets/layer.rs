//! The layers of rules, and the reasons by which authors call them.

use std::fmt;

/// A group of rules that a normal form may use. Commutative algebra, linearity of ∂, Σ and E, and
/// renaming of summed indices are always on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Names stand for what they were defined as.
    Definition,
    /// `E[f] = Σ_z p f`, and E_x Σ_y p f for a conditional model.
    Expectation,
    /// ∂ log p = ∂p / p.
    LogDerivative,
    /// ∂(fg) = f ∂g + g ∂f.
    ProductRule,
    /// ∂ f(g) = f'(g) ∂g, powers and quotients among them.
    ChainRule,
    /// Σ_z p = 1.
    Normalization,
    /// ∂ Σ_z = Σ_z ∂.
    Interchange,
    /// Different draws of a sample are independent.
    Independence,
    /// g(θ + Δ) = Σ_k (1/k!) (Δ·∂)^k g, cut after the order of the step.
    Taylor,
    /// The equations that were assumed.
    Assumption,
    /// The data are drawn from the model: E_data = E.
    WellSpecified,
}

impl Layer {
    pub const ALL: [Layer; 11] = [
        Layer::Definition,
        Layer::Expectation,
        Layer::LogDerivative,
        Layer::ProductRule,
        Layer::ChainRule,
        Layer::Normalization,
        Layer::Interchange,
        Layer::Independence,
        Layer::Taylor,
        Layer::Assumption,
        Layer::WellSpecified,
    ];
}

/// A set of layers.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layers(u16);

impl Layers {
    pub const NONE: Layers = Layers(0);
    pub const ALL: Layers = Layers((1 << Layer::ALL.len()) - 1);

    pub const fn of(layers: &[Layer]) -> Layers {
        let mut bits = 0;
        let mut at = 0;
        while at < layers.len() {
            bits |= 1 << layers[at] as u16;
            at += 1;
        }
        Layers(bits)
    }

    pub fn has(self, layer: Layer) -> bool {
        self.0 & (1 << layer as u16) != 0
    }

    #[must_use]
    pub fn with(self, layer: Layer) -> Layers {
        Layers(self.0 | 1 << layer as u16)
    }

    #[must_use]
    pub fn without(self, layer: Layer) -> Layers {
        Layers(self.0 & !(1 << layer as u16))
    }

    #[must_use]
    pub fn union(self, other: Layers) -> Layers {
        Layers(self.0 | other.0)
    }

    #[must_use]
    pub fn minus(self, other: Layers) -> Layers {
        Layers(self.0 & !other.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn contains(self, other: Layers) -> bool {
        other.0 & !self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Layer> {
        Layer::ALL.into_iter().filter(move |layer| self.has(*layer))
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A reason that an author may give, and the layers that it stands for.
pub struct Reason {
    pub name: &'static str,
    pub layers: Layers,
    /// One line for the list of rules.
    pub statement: &'static str,
}

const CALCULUS: Layers = Layers::of(&[Layer::LogDerivative, Layer::ProductRule, Layer::ChainRule]);

/// The reason that only a derivation about one family can give.
pub const CLOSED_FORM: &str = "closed-form";

/// Every reason, declared once.
pub const REASONS: [Reason; 19] = [
    Reason {
        name: "algebra",
        layers: Layers::NONE,
        statement: "commutative algebra, contraction and renaming of summed indices",
    },
    Reason { name: "linearity", layers: Layers::NONE, statement: "E, Σ and ∂ are linear; constants leave them" },
    Reason {
        name: "definition",
        layers: Layers::of(&[Layer::Definition, Layer::Expectation]),
        statement: "a name stands for its definition; E[f] = Σ p f",
    },
    Reason {
        name: "expectation",
        layers: Layers::of(&[Layer::Expectation]),
        statement: "E[f] = Σ p f, and E[f] = E_x[Σ_y p f] for p(y | x)",
    },
    Reason { name: "log-derivative", layers: CALCULUS, statement: "∂ log p = ∂p / p" },
    Reason { name: "product-rule", layers: Layers::of(&[Layer::ProductRule]), statement: "∂(f g) = f ∂g + g ∂f" },
    Reason {
        name: "quotient-rule",
        layers: Layers::of(&[Layer::ProductRule, Layer::ChainRule]),
        statement: "∂(f/g) = ∂f/g − f ∂g/g²",
    },
    Reason {
        name: "chain-rule",
        layers: Layers::of(&[Layer::ChainRule, Layer::LogDerivative]),
        statement: "∂ f(g) = f'(g) ∂g",
    },
    Reason { name: "power-rule", layers: Layers::of(&[Layer::ChainRule]), statement: "∂ g^r = r g^(r−1) ∂g" },
    Reason { name: "calculus", layers: CALCULUS, statement: "the rules of differentiation" },
    Reason {
        name: "normalization",
        layers: Layers::of(&[Layer::Normalization, Layer::Expectation]),
        statement: "Σ p = 1",
    },
    Reason {
        name: "interchange",
        layers: Layers::of(&[Layer::Interchange, Layer::Expectation]),
        statement: "∂ Σ = Σ ∂ (R4)",
    },
    Reason {
        name: "independence",
        layers: Layers::of(&[Layer::Independence]),
        statement: "E_sample[Σ f(z_k) Σ g(z_k)] = n E[f g] + n (n − 1) E[f] E[g], and so on for more factors",
    },
    Reason {
        name: "taylor",
        layers: Layers::of(&[Layer::Taylor]),
        statement: "g(θ + Δ) = Σ_k (1/k!) (Δ·∂)^k g + O(‖Δ‖^(n+1))",
    },
    Reason { name: "assumption", layers: Layers::of(&[Layer::Assumption]), statement: "an equation that was assumed" },
    Reason {
        name: "exponential-family",
        layers: Layers::of(&[Layer::Assumption]),
        statement: "the assumed form of log p",
    },
    Reason {
        name: "well-specified",
        layers: Layers::of(&[Layer::WellSpecified]),
        statement: "the data are drawn from the model at θ: E_data = E",
    },
    Reason { name: "contraction", layers: Layers::NONE, statement: "sums over indices" },
    Reason {
        name: CLOSED_FORM,
        layers: Layers::NONE,
        statement: "the value of an expectation in the family at hand, by its integral or sum lemma",
    },
];

/// `product rule`, `product-rule` and `Product Rule` are one.
pub fn reason(name: &str) -> Option<&'static Reason> {
    let wanted = name.trim().to_lowercase().replace([' ', '_'], "-");
    REASONS.iter().find(|reason| reason.name == wanted)
}

/// The fewest reasons that stand for these layers, in the order in which a proof uses them.
pub fn describe(layers: Layers) -> Vec<&'static str> {
    // The expectation rides along with what is about sums anyway.
    let about_sums = layers.has(Layer::Interchange) || layers.has(Layer::Normalization);
    let quotient = layers.has(Layer::ProductRule) && layers.has(Layer::ChainRule);
    let whole_calculus = layers.has(Layer::LogDerivative);
    let named = [
        (layers.has(Layer::Definition) || (layers.has(Layer::Expectation) && !about_sums), "definition"),
        (layers.has(Layer::Assumption), "assumption"),
        (layers.has(Layer::WellSpecified), "well-specified"),
        (layers.has(Layer::Independence), "independence"),
        (layers.has(Layer::Taylor), "taylor"),
        (whole_calculus, "log-derivative"),
        (!whole_calculus && quotient, "quotient-rule"),
        (!whole_calculus && !quotient && layers.has(Layer::ProductRule), "product-rule"),
        (!whole_calculus && !quotient && layers.has(Layer::ChainRule), "chain-rule"),
        (layers.has(Layer::Interchange), "interchange"),
        (layers.has(Layer::Normalization), "normalization"),
        (layers.is_empty(), "algebra"),
    ];
    named.into_iter().filter(|(needed, _)| *needed).map(|(_, name)| name).collect()
}
