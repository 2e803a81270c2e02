//! What may be typed. Help, errors and completions are all read off these declarations.

use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::builder::{PossibleValuesParser, Styles, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use fisherproof::render::{Format, Part};

const STYLES: Styles = Styles::styled()
    .header(Style::new().bold())
    .usage(Style::new().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default().dimmed());

const EXAMPLES: &str = "\
Examples:
  fisherproof derive gamma                         a family of the catalogue
  fisherproof derive my.fam --only fisher,kl       a family of your own, two parts of its report
  fisherproof derive normal --format latex --standalone -o normal.tex
  fisherproof new Mine -o mine.fam                 a commented template to begin with
  fisherproof check mine.fam                       are its claims true?

Exit status:
  0   everything asked was proved
  1   something was refuted or not proved
  2   the arguments or a file could not be understood
  75  another program holds the algebra engine; try again later";

const DERIVE_EXAMPLES: &str = "\
Examples:
  fisherproof derive gamma
  fisherproof derive gamma beta --format markdown -o families.md
  fisherproof derive my.fam --format json --only fisher
  fisherproof derive - < my.fam
  fisherproof derive gamma --at a=2,b=3/2
  fisherproof derive gamma --only kl --at a=2,b=3/2,a_q=1,b_q=1
  fisherproof derive gamma --proof --certificate gamma.json";

const CHECK_EXAMPLES: &str = "\
Examples:
  fisherproof check my.fam
  fisherproof check derivations/families/*.fam
  fisherproof check proof.drv --format json";

const VERIFY_EXAMPLES: &str = "\
Examples:
  fisherproof derive gamma --certificate gamma.json
  fisherproof verify gamma.json
  fisherproof verify gamma.json --against my.fam   is it about this density?";

const RENDER_EXAMPLES: &str = "\
Examples:
  fisherproof render kl_fisher                     a proof of the catalogue
  fisherproof render my.drv --format latex --standalone --numbered -o proof.tex";

#[derive(Debug, Parser)]
#[command(name = "fisherproof", version, styles = STYLES, after_help = EXAMPLES, max_term_width = 100)]
#[command(about = "Closed forms for probability families, derived and proved")]
#[command(
    long_about = "Reads the definition of a probability family, works out its score, Hessian, Fisher information and \
                  Kullback-Leibler divergence in closed form, and proves every step."
)]
pub struct Arguments {
    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto, hide_possible_values = true)]
    #[arg(help = "When to use colours: auto, always or never")]
    pub color: Color,
    /// No notes on standard error
    #[arg(long, short, global = true)]
    pub quiet: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Work out and prove the closed forms of families
    #[command(after_help = DERIVE_EXAMPLES)]
    Derive(Derive),
    /// Decide the claims of families, and every line of derivations
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// Write checked derivations for people: text, LaTeX, Markdown
    #[command(after_help = RENDER_EXAMPLES)]
    Render(Render),
    /// Replay a saved certificate without the algebra engine
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Verify),
    /// Every rule and lemma that a proof may rest on
    Rules(Rules),
    /// The families of the catalogue
    List(List),
    /// The source text of a family of the catalogue
    Show(Show),
    /// A commented template of a family file
    New(New),
    /// Completions for a shell, to be sourced by it
    Completions(Completions),
}

/// How a document is written.
#[derive(Args, Debug)]
pub struct Document {
    /// The format; without it, what the name of the output file asks for, else text
    #[arg(long, short, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
    /// Write to a file; it is left alone when any input could not be read
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// A complete document rather than a fragment (LaTeX, HTML)
    #[arg(long)]
    pub standalone: bool,
    /// Columns of text, or letters of a line of LaTeX, before it is broken
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..=1000))]
    pub width: Option<u16>,
}

#[derive(Args, Debug)]
pub struct Derive {
    /// Names of the catalogue, paths of .fam files, or - for standard input
    #[arg(value_name = "TARGET", required_unless_present = "all", value_hint = ValueHint::FilePath)]
    pub targets: Vec<String>,
    /// Every family of the catalogue
    #[arg(long, conflicts_with = "targets")]
    pub all: bool,
    #[command(flatten)]
    pub document: Document,
    /// The parts to show
    #[arg(long, value_name = "PART,…", value_delimiter = ',', value_parser = part_parser())]
    pub only: Option<Vec<Part>>,
    /// Numbers at a point, as in a=2,b=3/2; with a_q=… for the divergence. Numeric, not proved
    #[arg(long, value_name = "NAME=VALUE,…", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// The chains of steps behind the results, each with its reason
    #[arg(long)]
    pub proof: bool,
    /// Entropy, moments of T, Fisher information in natural and mean parameters, Jeffreys prior, Cramér–Rao
    /// bound, Rényi and Jeffreys divergences, third-order tensor
    #[arg(long)]
    pub more: bool,
    /// The Fisher information in other coordinates too: `eta` for the natural ones, or as many as there are
    /// parameters, as in r=1/s,m=log(a)
    #[arg(long = "in", value_name = "eta|NAME=EXPRESSION,…")]
    pub coordinates: Option<String>,
    /// How much work each family may take, in units of about a second; past it, what is left is not proved
    #[arg(long, value_name = "UNITS", default_value_t = super::derive::DEFAULT_BUDGET, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub budget: u64,
    /// Save the proofs of one family; `fisherproof verify` checks them without the algebra engine
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub certificate: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Check {
    /// Files of families (.fam) and derivations (.drv), names of the catalogue, or - for standard input
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub targets: Vec<String>,
    #[command(flatten)]
    pub document: Document,
}

#[derive(Args, Debug)]
pub struct Render {
    /// Files of derivations (.drv), names of the catalogue, or - for standard input
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub targets: Vec<String>,
    #[command(flatten)]
    pub document: Document,
    /// Number the equations, with a label at each
    #[arg(long)]
    pub numbered: bool,
}

#[derive(Args, Debug)]
pub struct Verify {
    /// A certificate that `fisherproof derive --certificate` wrote
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Demand that it is about the density of this family
    #[arg(long, value_name = "TARGET", value_hint = ValueHint::FilePath)]
    pub against: Option<String>,
}

#[derive(Args, Debug)]
pub struct Rules {
    #[command(flatten)]
    pub document: Document,
}

#[derive(Args, Debug)]
pub struct List {
    /// Only the names, one a line
    #[arg(long)]
    pub names: bool,
    /// Only entries with these words in their name or title
    #[arg(value_name = "WORD")]
    pub words: Vec<String>,
}

#[derive(Args, Debug)]
pub struct Show {
    /// A name of the catalogue
    pub name: String,
}

#[derive(Args, Debug)]
pub struct New {
    /// The name of the family
    pub name: String,
    /// Write to a file that does not exist yet
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Completions {
    pub shell: clap_complete::Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On terminals, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

impl Color {
    /// For every stream of this process.
    pub fn apply(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::keyword))
        .map(|word| Format::from_keyword(&word).expect("one of the words above"))
}

fn part_parser() -> impl TypedValueParser<Value = Part> {
    PossibleValuesParser::new(Part::TABLE.map(|row| row.1))
        .map(|word| Part::from_keyword(&word).expect("one of the words above"))
}
