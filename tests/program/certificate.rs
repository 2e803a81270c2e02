//! Saved certificates: verified without the engine, and every forgery rejected.

use serde_json::Value;

use super::{Folder, read, run};

fn certificate(name: &str) -> Value {
    let folder = Folder::new(&format!("certificate-{name}"));
    let path = folder.path("own.json");
    run(&["derive", name, "--quiet", "--certificate", &path]).exits(0);
    serde_json::from_str(&read(&path)).expect("JSON")
}

/// Exit code and what was printed.
fn verify(name: &str, value: &Value, more: &[&str]) -> (i32, String) {
    let folder = Folder::new(&format!("verify-{name}"));
    let path = folder.write("own.json", value.to_string());
    let run = run(&[&["verify", path.as_str()], more].concat());
    assert!(!run.err.contains("panicked"), "{}", run.err);
    assert!(!run.err.contains("Symbolica"), "the engine was started");
    (run.code, run.out + &run.err)
}

#[test]
fn certificates_verify_and_say_what_they_prove() {
    for name in [
        "gamma",
        "normal",
        "bernoulli",
        "binomial",
        "von_mises",
        "laplace_known_location",
        "inverse_gaussian",
        "zero_truncated_poisson",
    ] {
        let (code, said) = verify(&format!("good_{name}"), &certificate(name), &["--against", name]);
        assert_eq!(code, 0, "{name}: {said}");
        assert!(said.contains("fisher["), "{name}: {said}");
        assert!(said.contains("normalization = 1"), "{name}: {said}");
    }
    let (code, said) = verify("other", &certificate("gamma"), &["--against", "gamma_scale"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("another density"), "{said}");
}

/// Every value that a step states, changed in several ways: each change is rejected.
#[test]
fn forged_values_are_rejected() {
    for name in ["exponential", "bernoulli", "poisson"] {
        let good = certificate(name);
        let steps = good["steps"].as_array().expect("steps").len();
        for position in 0..steps {
            let is = good["steps"][position]["proposition"]["is"].as_str().map(str::to_owned);
            let Some(is) = is else { continue };
            let mut forgeries = vec![format!("({is}) + 1"), format!("({is}) + 1/100000000000000000000")];
            if is != "0" {
                forgeries.extend([format!("-({is})"), format!("1/2*({is})"), format!("2*({is})")]);
            }
            for forgery in forgeries {
                let mut forged = good.clone();
                forged["steps"][position]["proposition"]["is"] = Value::String(forgery.clone());
                let (code, said) = verify(&format!("value_{name}"), &forged, &[]);
                assert_eq!(code, 1, "{name}, step {position}: {is} became {forgery} and was accepted:\n{said}");
            }
        }
    }
}

#[test]
fn forged_structure_is_rejected() {
    let good = certificate("gamma");
    let linear = (0..good["steps"].as_array().map_or(0, Vec::len))
        .find(|position| {
            good["steps"][*position]["rule"]["linearity"].as_array().is_some_and(|premises| premises.len() > 1)
        })
        .expect("a step by linearity");
    let forge = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut forged = good.clone();
        change(&mut forged);
        let (code, said) = verify(name, &forged, &[]);
        assert_ne!(code, 0, "{name} was accepted:\n{said}");
    };
    forge("self_citation", &|value| value["steps"][linear]["rule"]["linearity"][0][1] = linear.into());
    forge("forward_reference", &|value| value["steps"][linear]["rule"]["linearity"][0][1] = 10_000.into());
    forge("dropped_premise", &|value| {
        value["steps"][linear]["rule"]["linearity"].as_array_mut().expect("premises").pop();
    });
    forge("wrong_coefficient", &|value| value["steps"][linear]["rule"]["linearity"][0][0] = "17".into());
    forge("swapped_steps", &|value| value["steps"].as_array_mut().expect("steps").swap(linear, 0));
    forge("no_witness", &|value| value["witness"] = Value::Array(Vec::new()));
    forge("witness_outside", &|value| {
        for row in value["witness"].as_array_mut().expect("rows") {
            row[1] = "-1".into();
        }
    });
    forge("another_family", &|value| {
        value["family"] =
            "family Gamma { variate x : positive parameter a : positive, b : positive density b*exp(-b*x) + 0*a }"
                .into();
    });
    forge("an_unknown_lemma", &|value| {
        let lemma =
            value["steps"].as_array_mut().expect("steps").iter_mut().find(|step| step["rule"]["lemma"].is_array());
        lemma.expect("a lemma")["rule"]["lemma"][0]["name"] = "wishful-thinking".into();
    });
    forge("a_wrong_parameter", &|value| {
        let lemma =
            value["steps"].as_array_mut().expect("steps").iter_mut().find(|step| step["rule"]["lemma"].is_array());
        lemma.expect("a lemma")["rule"]["lemma"][0]["parameters"][0][1] = "a + 1".into();
    });
    // True steps that say nothing about the family prove nothing about it.
    forge("vacuous", &|value| {
        value["steps"] = serde_json::json!([{ "proposition": { "equal": ["1", "1"] }, "rule": "algebra" }]);
    });
    forge("empty", &|value| value["steps"] = Value::Array(Vec::new()));
}

#[test]
fn a_saved_certificate_says_what_was_proved_and_of_what() {
    let folder = Folder::new("verify");
    let path = folder.path("gamma.json");
    run(&["derive", "gamma", "-q", "--certificate", &path]).exits(0);
    let verified = run(&["verify", &path]).exits(0).says(&[
        "density b^a / gamma(a) * x^(a - 1) * exp(-b*x)",
        "normalization = 1",
        "fisher[a, b] = -1/b",
        "gamma-integral (DLMF 5.9.1)",
    ]);
    // The engine announces itself when it starts.
    assert_eq!(verified.err, "");
    let own =
        folder.write("own.fam", run(&["show", "gamma"]).out.replace("family Gamma", "family Gamma # renamed not\n"));
    run(&["verify", &path, "--against", "gamma"]).exits(0);
    run(&["verify", &path, "--against", &own]).exits(0);
    run(&["verify", &path, "--against", "gamma_scale"]).exits(1).says(&["about another density"]);
    run(&["verify", &path, "--against", "gammma"]).exits(2);
}

#[test]
fn a_changed_certificate_is_rejected() {
    let folder = Folder::new("changed");
    let path = folder.path("exponential.json");
    run(&["derive", "exponential", "-q", "--certificate", &path]).exits(0);
    let text = read(&path);
    let wrong = text.replacen("density    ", "density    2*", 1);
    assert_ne!(text, wrong);
    run(&["verify", &folder.write("wrong.json", wrong)]).exits(1).says(&["is rejected"]);
    run(&["verify", &folder.write("cut.json", &text[..text.len() / 2])]).exits(2).says(&["cannot be read"]);
    run(&["verify", &folder.write("other.json", "{\"fisherproof\": 2}")])
        .exits(2)
        .says(&["not a certificate of format"]);
}

#[test]
fn what_proves_nothing_is_no_certificate() {
    let folder = Folder::new("nothing");
    let family =
        folder.write("f.fam", "family F {\n variate x : positive\n parameter a : positive\n density -a*exp(-a*x)\n}\n");
    let path = folder.path("f.json");
    run(&["derive", &family, "--certificate", &path]).exits(2).says(&["there is no certificate to save"]);
    assert!(!folder.0.join("f.json").exists());
    run(&["derive", "gamma", "normal", "--certificate", &path]).exits(2).says(&["of one family, not of 2"]);
}
