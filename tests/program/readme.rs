//! The README says what the program does.

use super::{Folder, command, read, run};

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

/// The arguments of a line of a shell, when it starts the program.
fn arguments(line: &str) -> Option<Vec<&str>> {
    let line = line.split('#').next().unwrap_or_default();
    let rest = line.strip_prefix("fisherproof ").or_else(|| line.strip_prefix("cargo run --release -- "))?;
    Some(rest.split_whitespace().collect())
}

/// `$ fisherproof …` and what it prints; a file that it names holds the family shown above it.
#[test]
fn every_session_prints_what_the_program_prints() {
    let folder = Folder::new("readme");
    let mut family = String::new();
    let mut sessions = 0;
    for (info, block) in readme() {
        if block.starts_with("family ") {
            family = block;
        } else if info == "console" {
            let (line, expected) =
                block.strip_prefix("$ ").and_then(|block| block.split_once('\n')).expect("a session");
            let arguments = arguments(line).expect("a run of the program");
            for file in arguments.iter().filter(|argument| argument.ends_with(".fam")) {
                folder.write(file, &family);
            }
            let output = command(&arguments).current_dir(&folder.0).output().expect("the program starts");
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), expected.trim_end(), "{line}");
            sessions += 1;
        }
    }
    assert!(sessions > 0);
}

#[test]
fn every_command_works() {
    let folder = Folder::new("readme-commands");
    folder.write("my.fam", run(&["show", "gamma"]).out);
    let mut commands = 0;
    for (_, block) in readme().iter().filter(|(info, _)| info == "sh") {
        for arguments in block.lines().filter_map(arguments) {
            let output = command(&arguments).current_dir(&folder.0).output().expect("the program starts");
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            commands += 1;
        }
    }
    assert!(commands > 0);
}
