//! The architecture, enforced: which module may use which.

use std::fs;
use std::path::{Path, PathBuf};

/// What each module may use of the crate, and which outside crates it may name.
const MAY_USE: &[(&str, &[&str], &[&str])] = &[
    ("kernel", &["kernel"], &["std", "num_bigint", "num_integer", "num_rational", "num_traits"]),
    (
        "syntax",
        &["syntax", "source", "diagnostic", "kernel::term"],
        &["std", "nom", "num_bigint", "num_rational", "num_traits"],
    ),
    (
        "model",
        &["model", "kernel", "syntax", "source", "diagnostic"],
        &["std", "num_bigint", "num_rational", "num_traits"],
    ),
    (
        "cas",
        &["cas", "kernel::term", "kernel::memo"],
        &["std", "symbolica", "num_bigint", "num_rational", "num_traits", "num_integer"],
    ),
    (
        "derive",
        &["derive", "kernel", "model", "cas", "numeric", "source"],
        &["std", "num_traits", "num_rational", "num_bigint", "num_integer"],
    ),
    ("numeric", &["numeric", "kernel"], &["std", "num_bigint", "num_integer", "num_rational", "num_traits", "special"]),
    (
        "refute",
        &["refute", "kernel", "model", "numeric"],
        &["std", "num_bigint", "num_rational", "num_traits", "num_integer"],
    ),
    (
        "certificate",
        // `setting` builds the kernel's setting; the search beside it has no part in checking.
        &["certificate", "kernel", "model", "syntax", "source", "diagnostic", "derive::setting"],
        &["std", "serde_json"],
    ),
    (
        "derivation",
        // A derivation about one family is decided by the family's closed forms.
        &[
            "derivation",
            "kernel",
            "model",
            "refute",
            "derive::statement",
            "derive::report",
            "render::derivation",
            "syntax",
            "source",
            "diagnostic",
        ],
        &["std"],
    ),
    (
        "render",
        &["render", "kernel", "model", "derive::report", "derivation", "refute"],
        &["std", "pretty", "serde", "serde_json", "num_bigint", "num_rational", "num_traits"],
    ),
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn module_files(module: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    if root.join(module).is_dir() {
        files(&root.join(module), &mut found);
    }
    assert!(!found.is_empty(), "there is no module {module}");
    found
}

/// Paths after `crate::`, and first segments of outside crates in `use` lines.
fn uses(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        for part in line.split("crate::").skip(1) {
            let path: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
            inside.push(path);
        }
        let Some(rest) = line.strip_prefix("use ").or_else(|| line.strip_prefix("pub use ")) else { continue };
        let first: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        // What begins with a capital is a type in scope; what is followed by nothing is a module.
        if !matches!(first.as_str(), "crate" | "super" | "self" | "") && rest[first.len()..].starts_with("::") {
            outside.push(first);
        }
    }
    (inside, outside)
}

#[test]
fn imports_keep_to_the_table() {
    let mut broken = Vec::new();
    for (module, own, crates) in MAY_USE {
        for file in module_files(module) {
            let text = fs::read_to_string(&file).expect("a source file");
            let (inside, outside) = uses(&text);
            for path in inside {
                let fits = own.iter().any(|allowed| {
                    path == *allowed
                        || path.starts_with(&format!("{allowed}::"))
                        || allowed.starts_with(&format!("{path}::"))
                });
                if !fits {
                    broken.push(format!("{}: crate::{path}", file.display()));
                }
            }
            for name in outside {
                let is_sibling = name.chars().next().is_some_and(char::is_uppercase)
                    || file.with_extension("").join(format!("{name}.rs")).is_file()
                    || file.parent().is_some_and(|folder| {
                        folder.join(format!("{name}.rs")).is_file() || folder.join(&name).is_dir()
                    });
                if !is_sibling && !crates.contains(&name.as_str()) {
                    broken.push(format!("{}: {name}", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "imports against the table:\n{}", broken.join("\n"));
}

#[test]
fn only_cas_names_the_algebra_engine() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&root, &mut all);
    for file in all.into_iter().filter(|file| !file.starts_with(root.join("cas"))) {
        let text = fs::read_to_string(&file).expect("a source file");
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            assert!(!line.contains("symbolica::"), "{} names the engine: {line}", file.display());
        }
    }
}

/// Were the algebra engine taken away, saved certificates would still be checked.
#[test]
fn no_path_leads_from_certificates_to_the_algebra_engine() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open = module_files("certificate");
    let mut seen = Vec::new();
    while let Some(file) = open.pop() {
        if seen.contains(&file) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file");
        let mut paths = uses(&text).0;
        // `super::x` is a neighbour of this file.
        let folder = file.parent().and_then(|folder| folder.strip_prefix(&root).ok()).expect("below src");
        let neighbours = text.split("super::").skip(1).map(|rest| {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            format!("{}::{name}", folder.display().to_string().replace('/', "::"))
        });
        paths.extend(neighbours);
        for path in paths {
            open.extend(files_of(&root, &path));
        }
        seen.push(file);
    }
    assert!(seen.len() > 10, "the kernel is reached: {seen:?}");
    for file in seen {
        assert!(!file.starts_with(root.join("cas")), "{} is reached", file.display());
    }
}

/// The files that a path inside the crate may speak of: the longest part of it that is a module.
fn files_of(root: &Path, path: &str) -> Vec<PathBuf> {
    let mut parts: Vec<&str> = path.split("::").filter(|part| !part.is_empty()).collect();
    while !parts.is_empty() {
        let stem = root.join(parts.join("/"));
        let mut found: Vec<PathBuf> =
            Some(stem.with_extension("rs")).into_iter().filter(|file| file.is_file()).collect();
        // A module with parts re-exports them; `derive` alone is its index.
        if stem.is_dir() && parts != ["derive"] {
            files(&stem, &mut found);
        }
        if !found.is_empty() || parts == ["derive"] {
            return found;
        }
        parts.pop();
    }
    Vec::new()
}

#[test]
fn the_kernel_has_no_floats_and_no_unsafe_code() {
    for file in module_files("kernel") {
        let text = fs::read_to_string(&file).expect("a source file");
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for word in ["f64", "f32", "unsafe", "std::fs", "std::io", "println!"] {
                assert!(!line.contains(word), "{}: {word} in the kernel: {line}", file.display());
            }
        }
    }
}
