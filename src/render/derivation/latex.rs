//! A derivation as in a paper: numbered lemmas, aligned steps, reasons at the right.

use crate::derivation::report::{DerivationReport, DerivationStatus, Equation, ItemReport, StepReport};
use crate::kernel::jets::index::Space;
use crate::kernel::jets::theory::{Argument, ConstantId, DensityId, Function};
use crate::model::derivation::AssumptionLine;
use crate::model::derivation::formula::{Formula, Kind, Mean};

use super::layout::{
    exact_words, family_words, heading, reason_sentence, reason_words, remainders, sentence, shown_reasons, spaced,
    title,
};
use super::text::words;
use super::{DerivationOptions, Notation};

const PREAMBLE: &str = "\\documentclass[11pt,a4paper]{article}
\\usepackage[utf8]{inputenc}
\\usepackage[margin=24mm]{geometry}
\\usepackage{amsmath,amssymb}
\\allowdisplaybreaks
\\setlength{\\parindent}{0pt}
\\setlength{\\parskip}{4pt}
\\setlength{\\emergencystretch}{3em}
\\begin{document}
";

/// Letters of mathematics on a printed line, beside a short reason or a boxed one.
const BESIDE_WORD: usize = 54;
const BESIDE_BOX: usize = 50;

/// What an equation number takes of it.
const NUMBER: usize = 6;

/// Longer reasons are set in a box of several lines.
const LONGEST_WORD: usize = 16;

pub fn write(report: &DerivationReport, options: &DerivationOptions) -> String {
    let body = fragment(report, options);
    if options.standalone {
        format!("{PREAMBLE}\n{body}\n\\end{{document}}\n")
    } else {
        format!("% Needs \\usepackage{{amsmath,amssymb}}.\n{body}")
    }
}

/// The displays of every item, for a test that a LaTeX engine accepts them.
pub fn displays(report: &DerivationReport, options: &DerivationOptions) -> Vec<String> {
    let writer = Writer { report, notation: Notation::of(&report.derivation), options, boxes: false };
    (0..report.items.len()).map(|at| writer.chain(at)).collect()
}

fn fragment(report: &DerivationReport, options: &DerivationOptions) -> String {
    let writer = Writer { report, notation: Notation::of(&report.derivation), options, boxes: true };
    let mut out = format!("\\section*{{{}}}\n", prose(&title(report)));
    if report.status != DerivationStatus::Proved {
        out.push_str(&format!("\\textbf{{Status: {}.}}\n", words(report.status)));
    }
    out.push_str(&writer.setting());
    for at in 0..report.items.len() {
        out.push('\n');
        out.push_str(&writer.item(at));
    }
    if !report.assumptions.is_empty() {
        out.push_str("\n\\paragraph*{It rests on}\\mbox{}\n\\begin{description}\n");
        for assumption in &report.assumptions {
            let statement = match &assumption.equation {
                Some(Equation { left, right, remark }) => {
                    format!("${} = {}$, {remark}", writer.notation.latex(left), writer.notation.latex(right))
                }
                None => prose(&assumption.statement),
            };
            out.push_str(&format!("  \\item[{}] {statement}.\n", prose(&assumption.name)));
        }
        out.push_str("\\end{description}\n");
    }
    for remark in &report.remarks {
        out.push_str(&format!("\n{}.\n", prose(&sentence(remark))));
    }
    out
}

pub struct Writer<'r> {
    pub report: &'r DerivationReport,
    pub notation: Notation<'r>,
    pub options: &'r DerivationOptions,
    /// May long reasons be set in boxes? LaTeX knows them, KaTeX does not.
    pub boxes: bool,
}

impl Writer<'_> {
    /// What the symbols stand for.
    pub fn setting(&self) -> String {
        let derivation = &self.report.derivation;
        let theory = &derivation.theory;
        let symbol = |name: &str| self.notation.symbol(name);
        let mut sentences = Vec::new();
        if let Some(at_hand) = &derivation.at_hand {
            let family = at_hand.family.title.as_ref().unwrap_or(&at_hand.family.name);
            let own: Vec<String> = theory
                .densities
                .iter()
                .map(|own| format!("${}_{{{}}}$", symbol(own.name.as_str()), self.notation.base(own.parameter)))
                .collect();
            sentences.push(format!("Let {} be the density of the family ``{}''", own.join(" and "), prose(family)));
        } else {
            let declared: Vec<String> = theory
                .parameters
                .iter()
                .map(|parameter| {
                    let name = symbol(parameter.name.as_str());
                    let own = self.member(&name, &[parameter.space]);
                    match parameter.depends_on {
                        Some(outer) => {
                            let outer = symbol(theory.parameter(outer).name.as_str());
                            format!("{own} with ${name} = {name}({outer})$ smooth")
                        }
                        None => own,
                    }
                })
                .collect();
            if !declared.is_empty() {
                sentences.push(format!("Let {}", declared.join(", ")));
            }
            let densities: Vec<String> = theory.density_ids().map(|id| self.density(id)).collect();
            if !densities.is_empty() {
                sentences.push(format!("Let {} be a regular family of densities", densities.join(" and ")));
            }
        }
        for direction in &theory.directions {
            if direction.name.as_str().starts_with('#') {
                continue;
            }
            let parameter = theory.parameter(direction.parameter);
            let name = self.notation.direction(direction.name.as_str());
            sentences.push(format!(
                "The step {} is one of ${}$, and $O(\\|{name}\\|^k)$ is meant as ${name} \\to 0$",
                self.member(&name, &[parameter.space]),
                symbol(parameter.name.as_str()),
            ));
        }
        let constants: Vec<String> = theory
            .constants
            .iter()
            .enumerate()
            .filter(|(at, _)| theory.sample != Some(ConstantId(*at as u16)))
            .map(|(_, constant)| {
                let name = symbol(constant.name.as_str());
                if constant.positive { format!("${name} > 0$") } else { self.member(&name, &constant.slots) }
            })
            .chain(theory.functions.iter().map(|function| self.function(function)))
            .collect();
        if !constants.is_empty() {
            sentences.push(format!("Given are {}", constants.join(", ")));
        }
        sentences.extend(self.expectations());
        let definitions: Vec<String> = derivation
            .definitions
            .iter()
            .map(|definition| format!("${} := {}$", symbol(&definition.name), self.notation.latex(&definition.body)))
            .collect();
        if !definitions.is_empty() {
            sentences.push(format!("Write {}", definitions.join(", ")));
        }
        for line in &derivation.assumptions {
            sentences.push(match line {
                AssumptionLine::WellSpecified => "The model is well-specified: the data are drawn from it".to_string(),
                AssumptionLine::LogDensity(left, right) | AssumptionLine::Equation(_, left, right) => {
                    format!("Assume ${} = {}$", self.notation.latex(left), self.notation.latex(right))
                }
            });
        }
        sentences.iter().map(|sentence| format!("{sentence}.\n")).collect()
    }

    /// `$\theta \in \mathbb{R}^{d}$`.
    fn member(&self, name: &str, slots: &[Option<Space>]) -> String {
        format!(r"${name} \in {}$", self.space(slots))
    }

    fn space(&self, slots: &[Option<Space>]) -> String {
        let spaces = &self.report.derivation.theory.spaces;
        let sizes: Vec<&str> = slots.iter().flatten().map(|space| spaces[space.0 as usize].as_str()).collect();
        match sizes.as_slice() {
            [] => r"\mathbb{R}".to_string(),
            sizes => format!(r"\mathbb{{R}}^{{{}}}", sizes.join(r" \times ")),
        }
    }

    fn density(&self, id: DensityId) -> String {
        let theory = &self.report.derivation.theory;
        let density = theory.density(id);
        let symbol = |name: &str| self.notation.symbol(name);
        let own = symbol(density.name.as_str());
        let name = format!("{own}_{{{}}}", symbol(theory.parameter(density.parameter).name.as_str()));
        let variate = symbol(theory.variate(density.variate).name.as_str());
        match density.given.map(|id| theory.variate(id)) {
            Some(given) => {
                let law = given.law.as_ref().map_or(String::new(), |law| {
                    format!(r" with ${} \sim \mathcal{{{law}}}$", symbol(given.name.as_str()))
                });
                format!(r"${name} = {name}({variate} \mid {})${law}", symbol(given.name.as_str()))
            }
            None => format!(r"${name} = {name}({variate})$"),
        }
    }

    /// `$A : \mathbb{R}^d \to \mathbb{R}$`.
    fn function(&self, function: &Function) -> String {
        let theory = &self.report.derivation.theory;
        let name = self.notation.symbol(function.name.as_str());
        let positive = if function.positive { " positive" } else { "" };
        match function.argument {
            Argument::Variate(variate) => {
                let variate = self.notation.symbol(theory.variate(variate).name.as_str());
                format!(r"${name}({variate}) \in {}${positive}", self.space(&function.slots))
            }
            Argument::Parameter(parameter) => {
                let from = self.space(&[theory.parameter(parameter).space]);
                format!(r"${name} : {from} \to {}${positive} and smooth", self.space(&function.slots))
            }
            Argument::Real => format!(r"${name} : \mathbb{{R}} \to \mathbb{{R}}${positive} and smooth"),
        }
    }

    /// Over what an expectation is taken, and what a sum is.
    fn expectations(&self) -> Vec<String> {
        let derivation = &self.report.derivation;
        let theory = &derivation.theory;
        let symbol = |name: &str| self.notation.symbol(name);
        let laws: Vec<String> = theory
            .variates
            .iter()
            .filter_map(|variate| Some((variate, variate.law.as_ref()?)))
            .map(|(variate, law)| format!(r"{} \sim \mathcal{{{law}}}", symbol(variate.name.as_str())))
            .chain(theory.densities.iter().map(|density| {
                let given = density.given.map_or(String::new(), |given| {
                    format!(r"(\cdot \mid {})", symbol(theory.variate(given).name.as_str()))
                });
                format!(
                    "{} \\sim {}_{{{}}}{given}",
                    symbol(theory.variate(density.variate).name.as_str()),
                    symbol(density.name.as_str()),
                    self.notation.base(density.parameter)
                )
            }))
            .collect();
        if laws.is_empty() {
            return Vec::new();
        }
        let mut found = vec![format!(r"$\mathbb{{E}}$ is the expectation over ${}$", laws.join(", "))];
        if let Some(id) = theory.sample {
            let size = symbol(theory.constant(id).name.as_str());
            found[0].push_str(&format!(
                r", and $\mathbb{{E}}_{{{size}}}$ that over ${size}$ independent draws, $k = 1, \dots, {size}$"
            ));
        }
        let mentioned = |test: &dyn Fn(&Kind) -> bool| {
            let own = self.report.items.iter().flat_map(|item| {
                item.steps.iter().map(|step| &step.right).chain([&item.left, &item.right, &item.start])
            });
            let mut all = own.chain(derivation.definitions.iter().map(|definition| &definition.body));
            all.any(|formula| holds(formula, test))
        };
        if mentioned(&|kind| matches!(kind, Kind::Expectation(Mean::Data, _))) {
            found[0].push_str(r", and $\mathbb{E}_{\mathrm{data}}$ that over the data");
        }
        if mentioned(&|kind| matches!(kind, Kind::SumOver(..))) {
            found.push("Sums over a variate are integrals where it is continuous".to_string());
        }
        if mentioned(&|kind| matches!(kind, Kind::Gradient(..) | Kind::Hessian(..))) && derivation.at_hand.is_none() {
            let by: Vec<String> =
                theory.parameters.iter().map(|own| format!("${}$", symbol(own.name.as_str()))).collect();
            found.push(format!("Derivatives are by {}", by.join(" and ")));
        }
        found
    }

    fn item(&self, at: usize) -> String {
        let item = &self.report.items[at];
        let title = heading(self.report, at);
        let mut out = format!("\\paragraph*{{{}.}}\n", prose(&title.title()));
        out.push_str(&if self.options.numbered {
            let label = format!("{}-{}", slug(&self.report.name), at + 1);
            format!("\\begin{{equation}}\n  {} \\label{{eq:{label}}}\n\\end{{equation}}\n", self.statement(item))
        } else {
            format!("\\[\n  {}\n\\]\n", self.statement(item))
        });
        out.push_str("\\textit{Proof.}\n");
        out.push_str(&self.chain(at));
        out.push_str(&self.verdicts(item));
        if item.status <= DerivationStatus::ProvedWithOtherReason {
            out.push_str("\\hfill$\\square$\n");
        }
        out
    }

    /// `left = right + O(‖Δ‖³)`.
    pub fn statement(&self, item: &ItemReport) -> String {
        format!(
            "{} = {}",
            self.notation.latex(&item.left),
            self.with_remainder(&self.notation.latex(&item.right), &item.right, item.order.value)
        )
    }

    fn with_remainder(&self, text: &str, formula: &Formula, order: Option<u32>) -> String {
        match order {
            None => text.to_string(),
            Some(order) if formula.is_zero() => self.remainder(order),
            Some(order) => format!("{text} + {}", self.remainder(order)),
        }
    }

    fn remainder(&self, order: u32) -> String {
        let theory = &self.report.derivation.theory;
        let names: Vec<String> =
            theory.directions.iter().map(|direction| self.notation.direction(direction.name.as_str())).collect();
        let inside = if names.len() == 1 { names[0].clone() } else { format!("({})", names.join(", ")) };
        format!(r"O(\|{inside}\|^{{{}}})", order + 1)
    }

    /// The steps, aligned at their signs, reasons in a column of their own.
    pub fn chain(&self, at: usize) -> String {
        let item = &self.report.items[at];
        let start = self.notation.latex(&item.start);
        let first_width = width(&start);
        let mut rows: Vec<String> = Vec::new();
        let all_reasons: Vec<String> =
            item.steps.iter().map(|step| reason_words(self.report, shown_reasons(step))).collect();
        let boxed = self.boxes && all_reasons.iter().any(|reasons| reasons.len() > LONGEST_WORD);
        let line = if boxed { BESIDE_BOX } else { BESIDE_WORD } - if self.options.numbered { NUMBER } else { 0 };
        // A beginning that is long, or takes the room of a line that cannot be broken, stands alone.
        let beside = line.saturating_sub(first_width);
        let too_wide = |(step, remainder): (&StepReport, Option<u32>)| {
            self.broken(&step.right, remainder, beside).iter().any(|own| width(own) > beside)
        };
        let own_line = first_width > 22 || item.steps.iter().zip(remainders(item)).any(too_wide);
        let room = if own_line { line } else { beside };
        if own_line {
            rows.push(format!("&{start}"));
        }
        for ((number, step), remainder) in item.steps.iter().enumerate().zip(remainders(item)) {
            let left = if number == 0 && !own_line { start.as_str() } else { "" };
            let reasons = &all_reasons[number];
            let refuted = match step.status {
                DerivationStatus::Proved => String::new(),
                status => format!(" [{}]", words(status)),
            };
            let reason = match (reasons.is_empty() && refuted.is_empty(), boxed) {
                (true, _) => String::new(),
                (false, false) => format!(r" && \text{{\small {}{refuted}}}", prose(&by(reasons))),
                (false, true) => format!(r" && \parbox{{44mm}}{{\raggedright\small {}{refuted}}}", prose(&by(reasons))),
            };
            let lines = self.broken(&step.right, remainder, room);
            let sign = if own_line { r"&\quad = " } else { "&= " };
            for (place, line) in lines.iter().enumerate() {
                let begin = if place == 0 {
                    format!("{left}{sign}")
                } else if own_line {
                    r"&\qquad\quad ".to_string()
                } else {
                    r"&\quad ".to_string()
                };
                let last = place + 1 == lines.len();
                let label = match (self.options.numbered, last) {
                    (true, true) => format!(r" \label{{eq:{}-{}-{}}}", slug(&self.report.name), at + 1, number + 1),
                    (true, false) => r" \notag".to_string(),
                    _ => String::new(),
                };
                rows.push(format!("{begin}{line}{}{label}", if last { reason.as_str() } else { "" }));
            }
        }
        if self.options.numbered && own_line {
            rows[0].push_str(r" \notag");
        }
        // Reasons stand flush with the right margin.
        let environment = if self.options.numbered { "flalign" } else { "flalign*" };
        format!("\\begin{{{environment}}}\n  {}\n\\end{{{environment}}}\n", rows.join(" \\\\\n  "))
    }

    /// A right side in lines that fit, broken between its terms.
    fn broken(&self, formula: &Formula, remainder: Option<u32>, room: usize) -> Vec<String> {
        let whole = self.with_remainder(&self.notation.latex(formula), formula, remainder);
        if width(&whole) <= room {
            return vec![whole];
        }
        let mut lines: Vec<String> = Vec::new();
        let mut pieces: Vec<String> = self
            .notation
            .latex_terms(formula)
            .into_iter()
            .enumerate()
            .map(|(at, (minus, term))| match (at, minus) {
                (0, false) => term,
                (0, true) => format!("-{term}"),
                (_, false) => format!("+ {term}"),
                (_, true) => format!("- {term}"),
            })
            .collect();
        // A remainder never stands on a line of its own.
        if let (Some(order), Some(last)) = (remainder, pieces.last_mut()) {
            last.push_str(&format!(" + {}", self.remainder(order)));
        }
        for piece in pieces {
            match lines.last_mut() {
                Some(line) if width(line) + width(&piece) <= room => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
        lines
    }

    fn verdicts(&self, item: &ItemReport) -> String {
        let mut out = String::new();
        for (number, step) in item.steps.iter().enumerate() {
            if step.status == DerivationStatus::ProvedWithOtherReason {
                out.push_str(&format!("Step {}: {}.\n", number + 1, prose(&reason_sentence(self.report, step))));
            }
            if let Some(found) = &step.counterexample {
                out.push_str(&format!(
                    "{{\\sloppy\\textbf{{Step {} is false}}: for {}, the left side is {}, the right side {}.\\par}}\n",
                    number + 1,
                    code(&family_words(found)),
                    code(&exact_words(&found.left, found.left_decimal)),
                    code(&exact_words(&found.right, found.right_decimal))
                ));
            } else if step.status == DerivationStatus::NotProved {
                let residue = step
                    .residue
                    .as_ref()
                    .map_or(String::new(), |residue| format!(": what is left is {}", code(residue)));
                out.push_str(&format!("{{\\sloppy\\textbf{{Step {} is not proved}}{residue}.\\par}}\n", number + 1));
            }
        }
        for remark in &item.remarks {
            out.push_str(&format!("{}.\n", prose(&sentence(remark))));
        }
        out
    }
}

/// Is the formula of a kind, or something in it?
fn holds(formula: &Formula, test: &dyn Fn(&Kind) -> bool) -> bool {
    test(&formula.kind) || formula.children().into_iter().any(|child| holds(child, test))
}

/// About how many letters wide the mathematics is when it is set; scripts are smaller.
pub fn width(latex: &str) -> usize {
    const FULL: usize = 10;
    const SCRIPT: usize = 6;
    let mut tenths = 0;
    let mut scales = vec![FULL];
    let mut script = false;
    let mut letters = latex.chars().peekable();
    while let Some(letter) = letters.next() {
        let scale = if script { SCRIPT } else { scales.last().copied().unwrap_or(FULL) };
        match letter {
            '_' | '^' => {
                script = true;
                continue;
            }
            '{' => scales.push(scale),
            '}' => {
                scales.pop();
            }
            ' ' | '&' => continue,
            '\\' => {
                let mut name = String::new();
                while let Some(next) = letters.peek().filter(|next| next.is_ascii_alphabetic()) {
                    name.push(*next);
                    letters.next();
                }
                let size = match name.as_str() {
                    "" => {
                        letters.next();
                        0
                    }
                    "left" | "right" | "mathbb" | "mathrm" | "mathcal" | "operatorname" | "tilde" | "hat" | "tfrac" => {
                        0
                    }
                    "log" | "exp" | "sum" => 3,
                    "nabla" | "partial" | "Delta" => 2,
                    _ => 1,
                };
                tenths += size * scale;
            }
            '+' | '-' | '=' => tenths += 2 * scale,
            _ => tenths += scale,
        }
        script = false;
    }
    tenths / FULL
}

/// "by algebra"; nothing where nothing is said.
fn by(reasons: &str) -> String {
    if reasons.is_empty() { String::new() } else { format!("by {reasons}") }
}

fn slug(name: &str) -> String {
    spaced(name).replace(' ', "-")
}

/// Text of the language in a LaTeX paragraph, with places where a line may break.
fn code(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        out.push_str(&prose(&letter.to_string()));
        if matches!(letter, '*' | '+' | ',' | '(' | '[' | '/') {
            out.push_str(r"\allowbreak{}");
        }
    }
    format!(r"\texttt{{{out}}}")
}

/// Words in a LaTeX paragraph.
pub fn prose(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(letter);
            }
            '^' => out.push_str(r"\^{}"),
            '~' => out.push_str(r"$\sim$"),
            '\\' => out.push_str(r"\textbackslash{}"),
            '<' => out.push_str("$<$"),
            '>' => out.push_str("$>$"),
            '‖' => out.push_str(r"$\|$"),
            'Δ' => out.push_str(r"$\Delta$"),
            '∂' => out.push_str(r"$\partial$"),
            'Σ' => out.push_str(r"$\Sigma$"),
            '−' => out.push_str("$-$"),
            _ => out.push(letter),
        }
    }
    out
}
