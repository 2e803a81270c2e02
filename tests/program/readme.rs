//! The README says what the program does.

use super::{read, run, run_with};

/// The fenced blocks of a Markdown text, each with its info string.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(info), None) => open = Some((info.to_owned(), String::new())),
            (Some(_), Some(block)) => found.push(block),
            (None, Some((info, body))) => open = Some((info, body + line + "\n")),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

fn readme() -> Vec<(String, String)> {
    blocks(&read(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")))
}

/// `$ fisherproof …` or `$ cargo run --release -- …` to arguments; the rest of the block is the output.
fn session(block: &str) -> Option<(Vec<&str>, &str)> {
    let (line, output) = block.strip_prefix("$ ")?.split_once('\n')?;
    let arguments = line.strip_prefix("fisherproof ").or_else(|| line.strip_prefix("cargo run --release -- "))?;
    Some((arguments.split_whitespace().collect(), output))
}

#[test]
fn every_session_prints_what_the_program_prints() {
    let mut sessions = 0;
    for (info, block) in readme().iter().filter(|(info, _)| info == "console") {
        let (mut arguments, output) = session(block).unwrap_or_else(|| panic!("no session of type {info}:\n{block}"));
        arguments.push("--quiet");
        assert_eq!(run(&arguments).out.trim_end(), output.trim_end(), "{arguments:?}");
        sessions += 1;
    }
    assert!(sessions > 0);
}

#[test]
fn every_family_is_one_and_true() {
    let mut families = 0;
    for (_, block) in readme().iter().filter(|(info, _)| info == "fam") {
        run_with(&["check", "-", "-q"], block).exits(0);
        families += 1;
    }
    assert!(families > 0);
}
