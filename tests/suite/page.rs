//! `docs/catalogue.md`, generated from the files of the catalogue: the committed page must be what this
//! program derives today. `UPDATE_DOCS=1 cargo test --release --test suite page` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use fisherproof::derive::family::derive_with;
use fisherproof::derive::report::{Report, Status};
use fisherproof::model::family::Quantity;
use fisherproof::model::resolve_family;
use fisherproof::render::{self, Format, Options, Part};
use fisherproof::source::Source;
use fisherproof::syntax;
use fisherproof::syntax::tree::Item;

/// What the page shows of a family.
const PARTS: [Part; 4] = [Part::Density, Part::Fisher, Part::Mean, Part::Kl];

/// One file: what was derived, or why it cannot be read.
struct Entry {
    name: String,
    outcome: Result<Report, String>,
}

#[test]
fn the_page_of_the_catalogue_is_what_is_derived_today() {
    let closed = entries("derivations/families");
    let open = entries("derivations/open");
    let page = page(&closed, &open);
    let path = root().join("docs/catalogue.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).expect("docs/ can be written to");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let differing = page.lines().zip(committed.lines()).position(|(new, old)| new != old);
    assert!(
        page == committed,
        "docs/catalogue.md is out of date, first in line {}; \
         `UPDATE_DOCS=1 cargo test --release --test suite page` writes it anew",
        differing.unwrap_or_else(|| page.lines().count().min(committed.lines().count())) + 1
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// Every `.fam` file of a folder, by name.
fn entries(folder: &str) -> Vec<Entry> {
    let folder = fs::read_dir(root().join(folder)).expect("the folder");
    let mut paths: Vec<PathBuf> = folder.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "fam"));
    paths.sort();
    paths.iter().map(|path| entry(path)).collect()
}

fn entry(path: &Path) -> Entry {
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let source = Source::new(&name, &fs::read_to_string(path).expect("a text"));
    let (file, mut diagnostics) = syntax::parse(&source);
    let mut family = None;
    if let [Item::Family(tree)] = file.items.as_slice() {
        let (resolved, found) = resolve_family(tree, &source);
        family = resolved;
        diagnostics.extend(found);
    }
    let outcome = match (family, diagnostics.first()) {
        (Some(family), None) => Ok(derive_with(&family, false).expect("a setting").report),
        (_, Some(diagnostic)) => Err(diagnostic.message.clone()),
        (None, None) => Err("the file holds no family".to_string()),
    };
    Entry { name, outcome }
}

fn page(closed: &[Entry], open: &[Entry]) -> String {
    let claims = closed.iter().filter_map(|entry| entry.outcome.as_ref().ok()).map(|report| report.claims.len());
    let mut out = format!(
        "# The catalogue\n\n\
         This page is generated from the files in `derivations/families` and `derivations/open` by a test, which fails \
         when the two differ: nothing here is written by hand. *Proved* means that normalization, E\\[u\\] = 0 and the \
         Fisher information are theorems of the kernel, and so is each formula that is shown. A *claim* is what the \
         source says of the family, typed from there and decided against what was derived: the {} families that are \
         proved hold {} claims, all of them proved too.\n\n\
         In a divergence, parameters with a prime are those of the second argument.\n\n",
        closed.len(),
        claims.sum::<usize>()
    );
    out.push_str("| file | family | status |\n| --- | --- | --- |\n");
    for entry in closed.iter().chain(open) {
        let (title, status) = match &entry.outcome {
            Ok(report) => (title(report), word(report.status)),
            Err(_) => (String::new(), "not readable"),
        };
        writeln!(out, "| [`{name}`](#{name}) | {title} | {status} |", name = entry.name).expect("a string");
    }
    out.push_str("\n# Proved in closed form\n");
    closed.iter().for_each(|entry| section(&mut out, entry));
    out.push_str(
        "\n# Open\n\nFamilies of which something is missing: no closed form exists, or this program cannot prove it yet, or \
         the family is irregular. What is shown is proved; what is not is left out.\n",
    );
    open.iter().for_each(|entry| section(&mut out, entry));
    out
}

fn section(out: &mut String, entry: &Entry) {
    let name = &entry.name;
    let report = match &entry.outcome {
        Ok(report) => report,
        Err(message) => {
            write!(out, "\n<a id=\"{name}\"></a>\n\n## {name}\n\nnot readable: {message}\n").expect("a string");
            return;
        }
    };
    let title = title(report);
    let status = word(report.status);
    write!(out, "\n<a id=\"{name}\"></a>\n\n## {title}\n\n`{name}`: **{status}**").expect("a string");
    for status in [Status::Proved, Status::NotProved, Status::Refuted] {
        let decided = claims(report, status);
        if !decided.is_empty() {
            write!(out, "; claims {}: {decided}", word(status)).expect("a string");
        }
    }
    out.push_str(".\n");
    if let Some(source) = &report.family.source {
        writeln!(out, "\n*Source.* {}.", words(source).trim_end_matches('.')).expect("a string");
    }
    let only = Some(BTreeSet::from(PARTS));
    let formulas = render::report(report, Format::Markdown, &Options { only, ..Options::default() });
    // The document's own title and status stand above already.
    let body = formulas.find("\n## ").map_or("", |start| &formulas[start..]);
    for line in body.lines() {
        match line.strip_prefix("## ") {
            Some(heading) => writeln!(out, "**{heading}.**").expect("a string"),
            None => writeln!(out, "{line}").expect("a string"),
        }
    }
    for remark in &report.remarks {
        writeln!(out, "\n{}", words(remark)).expect("a string");
    }
}

/// The quantities claimed, each once, in the order of the file.
fn claims(report: &Report, status: Status) -> String {
    let mut named: Vec<&str> = Vec::new();
    for outcome in report.claims.iter().filter(|outcome| outcome.status == status) {
        let word = quantity(&outcome.claim.quantity);
        if !named.contains(&word) {
            named.push(word);
        }
    }
    named.join(", ")
}

fn quantity(quantity: &Quantity) -> &'static str {
    match quantity {
        Quantity::Score | Quantity::ScoreEntry(_) => "score",
        Quantity::Hessian | Quantity::HessianEntry(..) => "Hessian",
        Quantity::Fisher | Quantity::FisherEntry(..) => "Fisher information",
        Quantity::Kl => "divergence",
        Quantity::Mean => "mean",
        Quantity::Variance => "variance",
        Quantity::Entropy => "entropy",
        Quantity::Natural => "natural parameters",
        Quantity::Statistic => "statistic",
        Quantity::LogPartition => "log-partition",
        Quantity::Normalized => "normalization",
        Quantity::ExponentialFamily => "exponential family",
        Quantity::Regular => "regularity",
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Proved => "proved",
        Status::Refuted => "refuted",
        Status::NotProved => "not proved",
    }
}

fn title(report: &Report) -> String {
    words(report.family.title.as_deref().unwrap_or(&report.family.name))
}

/// Plain words, with what Markdown would read escaped.
fn words(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '$' | '|' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
