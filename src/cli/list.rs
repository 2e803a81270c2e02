//! `fisherproof list`

use fisherproof::catalogue::{self, Entry};
use fisherproof::syntax;
use fisherproof::syntax::tree::Item;

use super::arguments::List;
use super::output::to_stdout;
use super::{Failure, Outcome};

pub fn run(arguments: &List) -> Result<Outcome, Failure> {
    let words: Vec<String> = arguments.words.iter().map(|word| word.to_lowercase()).collect();
    let rows = |entries: &mut dyn Iterator<Item = Entry>| -> Vec<(Entry, String)> {
        entries
            .map(|entry| (entry, title(entry)))
            .filter(|(entry, title)| {
                let text = format!("{} {title}", entry.name).to_lowercase();
                words.iter().all(|word| text.contains(word))
            })
            .collect()
    };
    let families = rows(&mut catalogue::families());
    let proofs = rows(&mut catalogue::proofs());
    let width = families.iter().chain(&proofs).map(|(entry, _)| entry.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (entry, title) in families.iter().chain(&proofs) {
        if arguments.names {
            out.push_str(&format!("{}\n", entry.name));
        } else {
            out.push_str(&format!("{:width$}  {title}\n", entry.name));
        }
    }
    if out.is_empty() {
        return Err(Failure::Input(format!(
            "no entry of the catalogue has all of these words in its name or title: {}",
            arguments.words.join(" ")
        )));
    }
    to_stdout(&out)?;
    Ok(Outcome::Proved)
}

/// The title in an entry's source, or its name.
fn title(entry: Entry) -> String {
    let (file, _) = syntax::parse(&entry.source());
    let titles = file.items.into_iter().map(|item| match item {
        Item::Family(tree) => tree.title.unwrap_or(tree.name).node,
        Item::Derivation(tree) => tree.title.unwrap_or(tree.name).node,
    });
    titles.collect::<Vec<_>>().join("; ")
}
