//! Lists the files of `derivations/`, so that a new one joins the program by being there.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut code = String::new();
    load_in_place();
    write_table(&mut code, "FAMILIES", &root.join("derivations/families"), "fam");
    write_table(&mut code, "PROOFS", &root.join("derivations/proofs"), "drv");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("catalogue.rs"), code).expect("the build directory can be written");
}

/// The program is two processes, and each would begin by writing thousands of addresses that depend on where it
/// was loaded. Loaded in one place, it has them in its file.
fn load_in_place() {
    let target = |key: &str| env::var(key).unwrap_or_default();
    let dynamic = !target("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    if target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu" && dynamic {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}

/// `(stem, text)` of every file with the extension, by name.
fn write_table(code: &mut String, name: &str, folder: &Path, extension: &str) {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    paths.retain(|path| path.extension().is_some_and(|own| own == extension));
    paths.sort();
    let _ = writeln!(code, "pub(super) const {name}: &[(&str, &str)] = &[");
    for path in paths {
        println!("cargo::rerun-if-changed={}", path.display());
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let _ = writeln!(code, "    ({stem:?}, include_str!({:?})),", path.display().to_string());
    }
    code.push_str("];\n");
}
