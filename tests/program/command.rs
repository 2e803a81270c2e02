//! Commands, options, streams and exit codes.

use serde_json::Value;

use super::{Folder, command, read, run, run_with};

#[test]
fn a_family_is_worked_out_by_name_path_and_standard_input() {
    let by_name = run(&["derive", "gamma", "-q"]).exits(0);
    let folder = Folder::new("derive");
    let path = folder.write("my.fam", run(&["show", "gamma"]).exits(0).out);
    assert_eq!(run(&["derive", &path, "-q"]).exits(0).out, by_name.out);
    assert_eq!(run_with(&["derive", "-", "-q"], &read(&path)).exits(0).out, by_name.out);
    assert_eq!(run(&["derive", "GAMMA", "-q"]).exits(0).out, by_name.out);
    assert_eq!(by_name.err, "", "nothing but the document");
    assert!(!by_name.out.contains('\x1b'), "no colours in a pipe");
    let noted = run(&["derive", "gamma"]).exits(0);
    assert_eq!(noted.out, by_name.out);
    assert!(noted.err.contains("Symbolica") && noted.err.contains("non-commercial"), "{}", noted.err);
}

#[test]
fn names_that_are_near_are_suggested() {
    run(&["derive", "gama"]).exits(2).says(&["the catalogue holds no `gama`", "did you mean `gamma`?"]);
    run(&["derive", "inverse-gausian"]).exits(2).says(&["did you mean `inverse_gaussian`?"]);
    run(&["derive", "inverse-gaussian", "-q", "--only", "mean"]).exits(0);
    run(&["derive", "gamma", "--only", "fischer"]).exits(2).says(&["fisher"]);
    run(&["derives"]).exits(2).says(&["derive"]);
}

#[test]
fn json_stands_alone_on_standard_output() {
    let object = |run: super::Run| -> Value { serde_json::from_str(&run.out).expect("JSON") };
    // With notes on the other stream.
    let one = object(run(&["derive", "gamma", "--format", "json"]).exits(0));
    assert_eq!(one["name"], "Gamma");
    assert_eq!(one["status"], "proved");
    assert_eq!(one["fisher"][0][0], "trigamma(a)");
    let several = object(run(&["derive", "gamma", "normal", "--format", "json"]).exits(0));
    assert_eq!(several.as_array().map(Vec::len), Some(2));
    let checked = object(run(&["check", "gamma", "--format", "json"]).exits(0));
    assert_eq!(checked["claims"][0]["status"], "proved");
    let both = object(run(&["check", "gamma", "kl_fisher", "--format", "json"]).exits(0));
    assert_eq!(both[0]["name"], "Gamma");
    assert_eq!(both[1]["status"], "proved");
    let rules = object(run(&["rules", "--format", "json"]).exits(0));
    assert!(rules["lemmas"].as_array().is_some_and(|lemmas| lemmas.len() > 10));
}

#[test]
fn the_output_file_names_the_format_and_is_spared_by_failures() {
    let folder = Folder::new("output");
    let tex = folder.path("gamma.tex");
    assert_eq!(run(&["derive", "gamma", "-q", "--standalone", "-o", &tex]).exits(0).out, "");
    let written = read(&tex);
    assert!(written.starts_with("\\documentclass") && written.trim_end().ends_with("\\end{document}"));
    let broken = folder.write("broken.fam", "family F {");
    run(&["derive", "normal", &broken, "-o", &tex]).exits(2);
    assert_eq!(read(&tex), written, "nothing is written when an input could not be read");
    run(&["derive", &broken, "-o", &folder.path("new.tex")]).exits(2);
    assert!(!folder.0.join("new.tex").exists());
    let own = folder.write("own.fam", run(&["show", "gamma"]).out);
    run(&["derive", &own, "-o", &own]).exits(2).says(&["would overwrite the input"]);
    run(&["derive", &own, "--certificate", &own]).exits(2).says(&["would overwrite the input"]);
}

#[test]
fn only_the_asked_parts_are_shown() {
    let some = run(&["derive", "normal", "-q", "--only", "fisher,kl"]).exits(0).out;
    assert!(some.contains("Fisher information") && some.contains("Kullback–Leibler"));
    assert!(!some.contains("Score") && !some.contains("What was proved"));
    let plain = run(&["derive", "normal", "-q"]).exits(0).out;
    let proof = run(&["derive", "normal", "-q", "--proof"]).exits(0).out;
    assert!(!plain.contains("Derivations") && proof.contains("Derivations"));
}

#[test]
fn numbers_are_said_to_be_numeric() {
    let numbers = |point: &str| -> Value {
        let run = run(&["derive", "gamma", "-q", "--format", "json", "--at", point]).exits(0);
        serde_json::from_str::<Value>(&run.out).expect("JSON")["values"].clone()
    };
    let close = |value: &Value, to: f64| (value.as_f64().expect("a number") - to).abs() < 1e-12;
    let values = numbers("a=2,b=3/2");
    assert!(close(&values["fisher"][0][1], -2.0 / 3.0) && close(&values["mean"][0], 4.0 / 3.0));
    assert!(values["kl"].is_null());
    // E − log-terms: KL((2, 3/2) ‖ (1, 1)) = ψ(2) + log(3/2) − 2 + 4/3.
    let digamma_two = 1.0 - 0.577_215_664_901_532_9;
    let kl = digamma_two + 1.5f64.ln() - 2.0 + 4.0 / 3.0;
    assert!(close(&numbers("a=2,b=3/2,a_q=1,b_q=1")["kl"], kl));
    run(&["derive", "gamma", "--at", "a=2,b=1"]).says(&["Floating-point values, not proofs"]);
    // An atom far from the rest, components whose gap is beyond all floats, and a sum of terms that are.
    let at = |entries: &str, point: &str| {
        run_with(&["derive", "-", "-q", "--at", point], &format!("family F {{ {entries} }}"))
    };
    let atoms = "variate x : natural parameter q : interval(0, 1) mass (1 - q)*0^x + q*0^abs(x - 200)";
    at(atoms, "q=1/4,q_q=1/3").says(&["F = 5.33333", "KL(q ‖ q′) ≈ 0.0164168"]);
    let mixture = "variate x : natural parameter a : positive, b : positive
        mass exp(-a)*a^x/(2*x!) + exp(-b)*b^x/(2*x!)";
    at(mixture, "a=1,b=2000,a_q=2,b_q=1500").says(&["≈ 37.8355"]);
    let zeros = "variate x : natural parameter p : interval(0, 1), m : positive mass p*0^x + (1 - p)*exp(-m)*m^x/x!";
    at(zeros, "p=1/2,m=800").says(&["0.000625"]);
    // 0^0 = 1 where the first generation is empty.
    let chain = "variate x : natural, y : natural parameter m : positive, q : interval(0, 1)
        mass exp(-m)*m^x/x!*exp(-(1 - q^x))*(1 - q^x)^y/y!";
    at(chain, "m=2,q=1/3").says(&["0.564313"]);
    run(&["derive", "gamma", "--at", "a=-2,b=1"]).exits(2).says(&["the value of `a` is outside its domain"]);
    run(&["derive", "gamma", "--at", "a=2"]).exits(2).says(&["`b` of family Gamma has no value"]);
    run(&["derive", "gamma", "--at", "a=2,b=1,c=3"]).exits(2).says(&["has no parameter `c`"]);
    run(&["derive", "gamma", "--at", "a=2,b=1,a_q=3"]).exits(2).says(&["`b_q` of family Gamma has no value"]);
    run(&["derive", "gamma", "--at", "a=2,b="]).exits(2).says(&["--at:1:"]);
}

#[test]
fn without_a_closed_form_numbers_come_from_quadrature_with_an_error() {
    let mixture = "family Mixture {
        variate x : real
        parameter w : interval(0, 1)
        density w*exp(-x^2/2)/sqrt(2*pi) + (1 - w)*exp(-(x - 2)^2/2)/sqrt(2*pi)
    }";
    let run = run_with(&["derive", "-", "-q", "--format", "json", "--at", "w=1/2"], mixture).exits(1);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    assert!(report["fisher"].is_null() && report["kl"].is_null());
    let number = |key: &str| report["values"][key][0][0].as_f64().expect("a number");
    // By the trapezoidal rule with 200,000 points.
    assert!((number("fisher") - 2.201_601_963_173_192).abs() < 1e-9, "{}", number("fisher"));
    assert!(number("fisher_error") < 1e-6);
}

#[test]
fn colours_come_when_asked_for() {
    assert!(run(&["derive", "gamma", "-q", "--color", "always"]).out.contains('\x1b'));
    let no_color = command(&["derive", "gamma", "-q"]).env("NO_COLOR", "1").output().expect("it starts");
    assert!(!no_color.stdout.contains(&0x1b));
    assert!(!run(&["derive", "gamma", "-q", "--color", "always", "--format", "json"]).out.contains('\x1b'));
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::Stdio;
    let mut child = command(&["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_catalogue_is_listed_and_shown() {
    let names = run(&["list", "--names"]).exits(0).out;
    assert!(names.lines().count() >= 35);
    assert!(names.lines().any(|name| name == "kl_fisher"), "proofs are listed too");
    assert!(run(&["list", "poisson"]).exits(0).out.lines().all(|line| line.to_lowercase().contains("poisson")));
    assert!(run(&["show", "normal"]).exits(0).out.contains("family Normal"));
    run(&["show", "norml"]).exits(2).says(&["did you mean `normal`?"]);
}

#[test]
fn the_template_is_a_true_family() {
    let folder = Folder::new("new");
    let path = folder.path("mine.fam");
    run(&["new", "Mine", "-o", &path]).exits(0);
    run(&["check", &path, "-q"]).exits(0).says(&["proved"]);
    run(&["new", "Mine", "-o", &path]).exits(2).says(&["exists already"]);
    run(&["new", "1x"]).exits(2).says(&["cannot name a family"]);
}

#[test]
fn derivations_are_checked_and_rendered() {
    let checked = run(&["check", "kl_fisher"]).exits(0).says(&["proved"]);
    assert_eq!(checked.err, "", "a derivation needs no algebra engine, which would announce itself");
    let proof = run(&["show", "kl_fisher"]).exits(0).out;
    let wrong = proof.replacen("1/2", "1/3", 1);
    assert_ne!(proof, wrong);
    run_with(&["check", "-", "-q"], &wrong).exits(1);
    run(&["render", "kl_fisher", "--format", "latex", "--standalone"]).exits(0).says(&["\\documentclass"]);
    run(&["derive", "kl_fisher"]).exits(2).says(&["holds no family", "fisherproof check"]);
}

#[test]
fn every_command_explains_itself() {
    for name in ["derive", "check", "render", "verify", "list", "show", "rules", "new", "completions"] {
        run(&[name, "--help"]).exits(0).says(&["Usage:"]);
    }
    run(&["--help"]).exits(0).says(&["Examples:", "Exit status:"]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(run(&["completions", shell]).exits(0).out.contains("fisherproof"));
    }
    run(&["rules"]).exits(0).says(&["gamma-integral, DLMF 5.9.1", "linearity", "log-derivative"]);
}
