//! Names typed in Unicode, spelled in ASCII.

/// Greek letters and the names they are spelled by; the variants of a letter share its name.
const LETTERS: &[(&str, &str)] = &[
    ("α", "alpha"),
    ("β", "beta"),
    ("γ", "gamma"),
    ("δ", "delta"),
    ("ε", "epsilon"),
    ("ϵ", "epsilon"),
    ("ζ", "zeta"),
    ("η", "eta"),
    ("θ", "theta"),
    ("ϑ", "theta"),
    ("ι", "iota"),
    ("κ", "kappa"),
    ("ϰ", "kappa"),
    ("λ", "lambda"),
    ("μ", "mu"),
    ("\u{b5}", "mu"),
    ("ν", "nu"),
    ("ξ", "xi"),
    ("ο", "omicron"),
    ("π", "pi"),
    ("ρ", "rho"),
    ("ϱ", "rho"),
    ("σ", "sigma"),
    ("ς", "sigma"),
    ("τ", "tau"),
    ("υ", "upsilon"),
    ("φ", "phi"),
    ("ϕ", "phi"),
    ("χ", "chi"),
    ("ψ", "psi"),
    ("ω", "omega"),
    ("Α", "Alpha"),
    ("Β", "Beta"),
    ("Γ", "Gamma"),
    ("Δ", "Delta"),
    ("\u{2206}", "Delta"),
    ("Ε", "Epsilon"),
    ("Ζ", "Zeta"),
    ("Η", "Eta"),
    ("Θ", "Theta"),
    ("Κ", "Kappa"),
    ("Λ", "Lambda"),
    ("Ξ", "Xi"),
    ("Π", "Pi"),
    ("Σ", "Sigma"),
    ("Υ", "Upsilon"),
    ("Φ", "Phi"),
    ("Χ", "Chi"),
    ("Ψ", "Psi"),
    ("Ω", "Omega"),
];

const SUBSCRIPTS: [char; 10] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];

fn greek(letter: char) -> Option<&'static str> {
    if letter.is_ascii() {
        return None;
    }
    LETTERS.iter().find(|(typed, _)| typed.starts_with(letter)).map(|(_, name)| *name)
}

fn subscript(letter: char) -> Option<usize> {
    SUBSCRIPTS.iter().position(|&own| own == letter)
}

/// Signs that are a word by themselves, whatever stands beside them.
const WORDS: &[(char, &str)] = &[('∞', "infinity"), ('ℝ', "real"), ('ℕ', "natural"), ('√', "sqrt")];

/// The word that a sign stands for.
pub fn word(sign: char) -> Option<&'static str> {
    WORDS.iter().find(|(typed, _)| *typed == sign).map(|(_, word)| *word)
}

/// Whether a name may begin with this character.
pub fn begins_name(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_' || greek(letter).is_some()
}

/// Whether a name may go on with this character.
pub fn continues_name(letter: char) -> bool {
    begins_name(letter) || letter.is_ascii_digit() || subscript(letter).is_some()
}

/// The ASCII spelling: `μ₁` is `mu_1`, `∞` is `infinity`.
pub fn spell(typed: &str) -> String {
    let mut spelled = String::with_capacity(typed.len());
    let mut after_subscript = false;
    for letter in typed.chars() {
        let digit = subscript(letter);
        match (digit, greek(letter)) {
            (Some(digit), _) => {
                if !after_subscript && !spelled.ends_with('_') {
                    spelled.push('_');
                }
                spelled.push_str(&digit.to_string());
            }
            (None, Some(name)) => spelled.push_str(name),
            (None, None) => match word(letter) {
                Some(word) => spelled.push_str(word),
                None => spelled.push(letter),
            },
        }
        after_subscript = digit.is_some();
    }
    spelled
}
