//! A derivation as in a paper: numbered lemmas, aligned steps, reasons at the right.

use crate::derivation::report::{DerivationReport, DerivationStatus, ItemReport};
use crate::model::derivation::AssumptionLine;
use crate::model::derivation::formula::Formula;

use super::layout::{exact_words, family_words, heading, reason_words, remainders, shown_reasons};
use super::notation::symbol;
use super::text::words;
use super::{DerivationOptions, Notation};

const PREAMBLE: &str = "\\documentclass[11pt,a4paper]{article}
\\usepackage[utf8]{inputenc}
\\usepackage[margin=24mm]{geometry}
\\usepackage{amsmath,amssymb}
\\allowdisplaybreaks
\\setlength{\\parindent}{0pt}
\\setlength{\\parskip}{4pt}
\\begin{document}
";

/// Letters of mathematics on a printed line, beside a short reason or a boxed one.
const BESIDE_WORD: usize = 60;
const BESIDE_BOX: usize = 50;

/// What an equation number takes of it.
const NUMBER: usize = 5;

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
    let mut out = format!("\\section*{{{}}}\n", prose(report.title.as_ref().unwrap_or(&report.name)));
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
            out.push_str(&format!("  \\item[{}] {}.\n", prose(&assumption.name), prose(&assumption.statement)));
        }
        out.push_str("\\end{description}\n");
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
    /// What the symbols stand for, in one or two sentences.
    pub fn setting(&self) -> String {
        let theory = &self.report.derivation.theory;
        let densities: Vec<String> = theory
            .densities
            .iter()
            .map(|density| {
                let name = format!(
                    "{}_{{{}}}",
                    symbol(density.name.as_str()),
                    symbol(theory.parameter(density.parameter).name.as_str())
                );
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
            })
            .collect();
        let mut out = if densities.is_empty() {
            String::new()
        } else {
            format!("Let {} be a regular family of densities", densities.join(" and "))
        };
        let definitions: Vec<String> = self
            .report
            .derivation
            .definitions
            .iter()
            .map(|definition| format!("${} := {}$", symbol(&definition.name), self.notation.latex(&definition.body)))
            .collect();
        if !definitions.is_empty() {
            out.push_str(&format!(", and {}", definitions.join(", ")));
        }
        for parameter in &theory.parameters {
            if let Some(outer) = parameter.depends_on {
                let (inner, outer) = (symbol(parameter.name.as_str()), symbol(theory.parameter(outer).name.as_str()));
                out.push_str(&format!(", where ${inner} = {inner}({outer})$"));
            }
        }
        if !out.is_empty() {
            out.push_str(".\n");
        }
        for line in &self.report.derivation.assumptions {
            out.push_str(&match line {
                AssumptionLine::WellSpecified => {
                    "The model is well-specified: the data are drawn from it.\n".to_string()
                }
                AssumptionLine::LogDensity(left, right) | AssumptionLine::Equation(_, left, right) => {
                    format!("Assume ${} = {}$.\n", self.notation.latex(left), self.notation.latex(right))
                }
            });
        }
        out
    }

    fn item(&self, at: usize) -> String {
        let item = &self.report.items[at];
        let title = heading(self.report, at);
        let name = title.name.as_ref().map_or(String::new(), |name| format!(" ({})", prose(&spaced(name))));
        let mut out = format!("\\paragraph*{{{}{name}.}}\n", title.words());
        out.push_str(&format!("\\[\n  {}\n\\]\n", self.statement(item)));
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
        let names: Vec<String> = theory
            .directions
            .iter()
            .map(|direction| {
                if direction.name.as_str() == "delta" { r"\Delta".to_string() } else { symbol(direction.name.as_str()) }
            })
            .collect();
        let inside = if names.len() == 1 { names[0].clone() } else { format!("({})", names.join(", ")) };
        format!(r"O(\|{inside}\|^{{{}}})", order + 1)
    }

    /// The steps, aligned at their signs, reasons in a column of their own.
    pub fn chain(&self, at: usize) -> String {
        let item = &self.report.items[at];
        let start = self.notation.latex(&item.start);
        let first_width = width(&start);
        let mut rows: Vec<String> = Vec::new();
        // A long beginning stands on a line of its own.
        let own_line = first_width > 22;
        if own_line {
            rows.push(format!("&{start}"));
        }
        let all_reasons: Vec<String> =
            item.steps.iter().map(|step| reason_words(self.report, shown_reasons(step))).collect();
        let boxed = self.boxes && all_reasons.iter().any(|reasons| reasons.len() > LONGEST_WORD);
        let line = if boxed { BESIDE_BOX } else { BESIDE_WORD } - if self.options.numbered { NUMBER } else { 0 };
        let room = if own_line { line } else { line - first_width };
        for ((number, step), remainder) in item.steps.iter().enumerate().zip(remainders(item)) {
            let left = if number == 0 && !own_line { start.as_str() } else { "" };
            let reasons = &all_reasons[number];
            let refuted = match step.status {
                DerivationStatus::Proved => String::new(),
                status => format!(" [{}]", words(status)),
            };
            let reason = match (reasons.is_empty() && refuted.is_empty(), boxed) {
                (true, _) => String::new(),
                (false, false) => format!(r" && \text{{\small {}{refuted}}}", prose(reasons)),
                (false, true) => format!(r" && \parbox{{44mm}}{{\raggedright\small {}{refuted}}}", prose(reasons)),
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
        let environment = if self.options.numbered { "align" } else { "align*" };
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
        if let Some(order) = remainder {
            pieces.push(format!("+ {}", self.remainder(order)));
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
                out.push_str(&format!(
                    "Step {} holds by {}, not by {}.\n",
                    number + 1,
                    prose(&reason_words(self.report, &step.reason_needed)),
                    prose(&reason_words(self.report, &step.reason_given))
                ));
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

/// `ZeroMeanScore` is "zero mean score".
pub fn spaced(name: &str) -> String {
    let mut out = String::new();
    for (at, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            out.push(' ');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// With a capital at its beginning.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
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
