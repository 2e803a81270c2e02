//! How names are written, and in which order: the only place that knows Greek.

use crate::kernel::term::Name;
use crate::model::family::Family;

use super::notation::{Glyph, Notation, Symbol};

/// What a name is to the family; the order is the order in a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A known constant.
    Constant,
    Parameter,
    /// A parameter of the second argument of a divergence.
    Primed,
    Covariate,
    Variate,
    Unknown,
}

/// The notation table of a family and the order of its declarations.
#[derive(Clone, Debug, Default)]
pub struct Names {
    constants: Vec<Name>,
    parameters: Vec<Name>,
    covariates: Vec<Name>,
    variates: Vec<Name>,
    notation: Vec<(Name, String)>,
}

impl Names {
    /// Default notation only, for terms that belong to no family.
    pub fn plain() -> Names {
        Names::default()
    }

    pub fn of(family: &Family) -> Names {
        let names = |list: &[(Name, _)]| list.iter().map(|(name, _)| name.clone()).collect();
        Names {
            constants: names(&family.constants),
            parameters: names(&family.parameters),
            covariates: names(&family.given),
            variates: family.variate.names(),
            notation: family.notation.clone(),
        }
    }

    pub fn parameters(&self) -> &[Name] {
        &self.parameters
    }

    pub fn variates(&self) -> &[Name] {
        &self.variates
    }

    pub fn covariates(&self) -> &[Name] {
        &self.covariates
    }

    pub fn is_variate(&self, name: &Name) -> bool {
        self.variates.contains(name)
    }

    /// Role and place of declaration: names sort by it.
    pub fn rank(&self, name: &Name) -> (Role, usize) {
        let place = |list: &[Name], name: &Name| list.iter().position(|own| own == name);
        let tables = [
            (Role::Constant, &self.constants),
            (Role::Parameter, &self.parameters),
            (Role::Covariate, &self.covariates),
            (Role::Variate, &self.variates),
        ];
        for (role, list) in tables {
            if let Some(index) = place(list, name) {
                return (role, index);
            }
        }
        match self.unprimed(name).and_then(|base| place(&self.parameters, &base)) {
            Some(index) => (Role::Primed, index),
            None => (Role::Unknown, 0),
        }
    }

    /// `sigma` of `sigma_q`, the second argument's parameter. A declared name is itself, and where
    /// there is no family every `_q` is a prime.
    pub fn unprimed(&self, name: &Name) -> Option<Name> {
        if self.declares(name) {
            return None;
        }
        let base = Name::new(name.as_str().strip_suffix("_q")?);
        (self.parameters.is_empty() || self.parameters.contains(&base)).then_some(base)
    }

    /// The second argument's name of a parameter.
    pub fn primed(name: &Name) -> Name {
        Name::new(&format!("{name}_q"))
    }

    /// Every declared name.
    pub fn all(&self) -> impl Iterator<Item = &Name> {
        self.constants.iter().chain(&self.parameters).chain(&self.covariates).chain(&self.variates)
    }

    pub fn declares(&self, name: &Name) -> bool {
        [&self.constants, &self.parameters, &self.covariates, &self.variates].iter().any(|list| list.contains(name))
    }

    /// The written form: the author's where there is one, else by the rules of `symbol`.
    pub fn symbol(&self, name: &Name) -> Symbol {
        if let Some((_, latex)) = self.notation.iter().find(|(own, _)| own == name) {
            return authored(latex, name.as_str());
        }
        match self.unprimed(name) {
            Some(base) => self.symbol(&base).primed(1),
            None => symbol(name.as_str()),
        }
    }
}

/// Greek letters with their commands; capitals that look Latin have none.
#[rustfmt::skip]
const GREEK: [(&str, &str); 38] = [
    ("alpha", "α"), ("beta", "β"), ("gamma", "γ"), ("delta", "δ"), ("epsilon", "ε"), ("zeta", "ζ"),
    ("eta", "η"), ("theta", "θ"), ("iota", "ι"), ("kappa", "κ"), ("lambda", "λ"), ("mu", "μ"),
    ("nu", "ν"), ("xi", "ξ"), ("pi", "π"), ("rho", "ρ"), ("sigma", "σ"), ("tau", "τ"),
    ("upsilon", "υ"), ("phi", "φ"), ("chi", "χ"), ("psi", "ψ"), ("omega", "ω"), ("ell", "ℓ"),
    ("varepsilon", "ε"), ("vartheta", "ϑ"), ("varphi", "φ"), ("varrho", "ϱ"),
    ("Gamma", "Γ"), ("Delta", "Δ"), ("Theta", "Θ"), ("Lambda", "Λ"), ("Xi", "Ξ"), ("Pi", "Π"),
    ("Sigma", "Σ"), ("Phi", "Φ"), ("Psi", "Ψ"), ("Omega", "Ω"),
];

/// Marks above a letter, by their suffix.
const ACCENTS: [(&str, &str, char); 3] =
    [("hat", "\\hat", '\u{302}'), ("bar", "\\bar", '\u{304}'), ("tilde", "\\tilde", '\u{303}')];

/// The default rules: Greek by name, digits and what follows an underscore as a subscript,
/// `x_bar` as an accent, other words upright.
pub fn symbol(name: &str) -> Symbol {
    if let Some((base, mark)) = name.rsplit_once('_')
        && let Some((_, command, combining)) = ACCENTS.iter().find(|(suffix, ..)| *suffix == mark)
        && !base.is_empty()
    {
        let mut accented = symbol(base);
        accented.glyph = Glyph {
            latex: format!("{command}{{{}}}", accented.glyph.latex),
            text: format!("{}{combining}", accented.glyph.text),
        };
        return accented;
    }
    if let Some((base, index)) = name.split_once('_')
        && !base.is_empty()
        && !index.is_empty()
    {
        let parts: Vec<Notation> = index.split('_').filter(|part| !part.is_empty()).map(subscript).collect();
        return Symbol { glyph: word(base), ..Symbol::letter("") }.indexed(Notation::comma(parts));
    }
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if !letters.is_empty() && letters.len() < name.len() {
        return Symbol { glyph: word(letters), ..Symbol::letter("") }.indexed(Notation::number(&name[letters.len()..]));
    }
    Symbol { glyph: word(name), ..Symbol::letter("") }
}

fn subscript(index: &str) -> Notation {
    if index.chars().all(|c| c.is_ascii_digit()) { Notation::number(index) } else { symbol(index).into() }
}

/// A name without attachments.
fn word(name: &str) -> Glyph {
    if let Some((command, letter)) = GREEK.iter().find(|(command, _)| *command == name) {
        return Glyph { latex: format!("\\{command}"), text: (*letter).to_owned() };
    }
    if name.chars().count() == 1 {
        return Glyph::new(name, name);
    }
    Glyph { latex: format!("\\mathrm{{{}}}", escape(name)), text: name.to_owned() }
}

/// The command of a Greek letter.
pub fn command(letter: char) -> Option<String> {
    let row = GREEK.iter().find(|(_, text)| text.chars().eq([letter]));
    row.map(|(command, _)| format!("\\{command}"))
}

/// A string for LaTeX's text mode.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '_' | '&' | '%' | '$' | '#' | '{' | '}' => out.extend(['\\', c]),
            '\\' => out.push_str("\\textbackslash{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            _ => out.push(c),
        }
    }
    out
}

/// The author's own LaTeX. `base_index` is taken apart, so that primes and powers attach to it.
pub fn authored(latex: &str, name: &str) -> Symbol {
    let latex = latex.trim();
    if let Some((base, index)) = latex.split_once('_')
        && !base.contains('^')
        && base.matches('{').count() == base.matches('}').count()
    {
        let index = index.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(index);
        if !index.contains(['{', '}', '_', '^']) {
            let inner = Symbol { glyph: spelled(index, index), ..Symbol::letter("") };
            return Symbol { glyph: spelled(base, base), ..Symbol::letter("") }.indexed(inner.into());
        }
    }
    Symbol { glyph: spelled(latex, name), ..Symbol::letter("") }
}

/// 𝐱 for `\mathbf{x}`, 𝒙 for `\boldsymbol{x}`: where LaTeX is bold, so is Unicode.
fn bold(latex: &str) -> Option<String> {
    let (command, inner) = latex.strip_suffix('}')?.split_once('{')?;
    let upright = match command {
        "\\mathbf" => true,
        "\\boldsymbol" | "\\bm" => false,
        _ => return None,
    };
    let letter = spelled(inner, inner).text;
    let mut letters = letter.chars();
    let (c, None) = (letters.next()?, letters.next()) else { return None };
    let (from, to) = match c {
        'a'..='z' => ('a', if upright { 0x1d41a } else { 0x1d482 }),
        'A'..='Z' => ('A', if upright { 0x1d400 } else { 0x1d468 }),
        'α'..='ω' => ('α', if upright { 0x1d6c2 } else { 0x1d736 }),
        _ => return None,
    };
    char::from_u32(to + (c as u32 - from as u32)).map(String::from)
}

/// LaTeX as given, with Unicode for what is a Greek command or plain letters, else the rules' own
/// text for `fallback`.
fn spelled(latex: &str, fallback: &str) -> Glyph {
    let command = latex.strip_prefix('\\').unwrap_or(latex);
    let text = match GREEK.iter().find(|(name, _)| *name == command) {
        Some((_, letter)) if latex.starts_with('\\') => (*letter).to_owned(),
        _ if latex.chars().all(|c| c.is_alphanumeric() || c == ',') => latex.to_owned(),
        _ => bold(latex).unwrap_or_else(|| word(fallback).text),
    };
    Glyph { latex: latex.to_owned(), text }
}
