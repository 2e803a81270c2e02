//! The known name that was probably meant.

/// The nearest of some names, if it is near enough to suggest.
pub fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let lower = name.to_lowercase();
    known
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count().min(name.chars().count()) + 1) / 3)
        .min()
        .map(|(_, candidate)| candidate.to_string())
}

/// Insertions, deletions and replacements from one to the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, letter) in left.chars().enumerate() {
        let mut previous = row[0];
        row[0] = at + 1;
        for (column, other) in right.iter().enumerate() {
            let replaced = previous + usize::from(letter != *other);
            previous = row[column + 1];
            row[column + 1] = replaced.min(previous + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}
