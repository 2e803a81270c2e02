//! Letters for long sub-expressions that a part repeats: `Z` for `1 + erf((μ − l)/(σ √2))`.
//!
//! An expression gets a letter where it stands at least three times in a part and in a formula of it that is
//! wider than a line; a formula that fits is left as it is. One of more than half a line gets its letter
//! where it stands three times in all the parts. What a letter stands for is said in every part that uses it,
//! and is the same in all of them.

use crate::render::names::Names;
use crate::render::notation::{Fence, Notation, RELATION, Symbol};

use super::{Block, Line, Part, text};

/// How often an expression must stand in a part.
const LEAST_TIMES: usize = 3;
/// How wide it must be, in tenths of a letter.
const LEAST_WIDTH: usize = 110;
/// More letters than this would have to be looked up too often.
const MOST_LETTERS: usize = 4;
/// Letters that no document uses for anything else; the first that the family does not use either is taken.
const LETTERS: [&str; 5] = ["Z", "W", "R", "U", "G"];

/// Puts letters into the parts, and what they stand for at the end of each.
pub fn shorten(parts: &mut [(Part, Vec<Block>)], names: &Names, width: usize) {
    let mut known: Vec<Notation> = Vec::new();
    let letter = |number: usize| Notation::from(Symbol::letter("#").indexed(Notation::number(number)));
    let room = width * 10;
    let mut parts: Vec<&mut Vec<Block>> =
        parts.iter_mut().filter(|(part, _)| has_formulas(*part)).map(|(_, blocks)| blocks).collect();
    let mut uses: Vec<Vec<(usize, Notation)>> = vec![Vec::new(); parts.len()];
    while known.len() < MOST_LETTERS
        && let Some(found) = most_repeated(parts.iter().flat_map(|blocks| blocks.iter()), room, room / 2)
    {
        let form = key(&found);
        known.push(form.clone());
        for (blocks, own) in parts.iter_mut().zip(&mut uses) {
            let mut used = false;
            change(blocks, &mut |notation| {
                let new = replaced(notation, &form, &letter(known.len()));
                used |= new != *notation;
                new
            });
            if used {
                own.push((known.len(), found.clone()));
            }
        }
    }
    for (blocks, mut own) in parts.iter_mut().zip(uses) {
        while own.len() < MOST_LETTERS
            && let Some(found) = most_repeated(blocks.iter(), room, LEAST_WIDTH)
        {
            let form = key(&found);
            let number = known.iter().position(|known| *known == form).unwrap_or_else(|| {
                known.push(form.clone());
                known.len() - 1
            });
            change(blocks, &mut |notation| replaced(notation, &form, &letter(number + 1)));
            own.push((number + 1, found));
        }
        if !own.is_empty() {
            own.sort_by_key(|(number, _)| *number);
            let lines = own.into_iter().map(|(number, meaning)| Line::equation(letter(number), meaning)).collect();
            blocks.push(Block::Paragraph(vec![text("with")]));
            blocks.push(Block::Display(lines));
        }
    }
    if known.is_empty() {
        return;
    }
    let mut used = Vec::new();
    parts.iter().flat_map(|blocks| blocks.iter()).for_each(|block| glyphs(block, &mut used));
    let declared = |letter: &str| names.all().any(|name| names.symbol(name).glyph.text == letter);
    let free = LETTERS.iter().find(|letter| !declared(letter) && !used.iter().any(|used| used == *letter));
    let free = Symbol::letter(free.unwrap_or(&"Ζ"));
    let only = known.len() == 1;
    for blocks in parts {
        change(blocks, &mut |notation| lettered(notation, &free, only));
    }
}

/// Whether a part is made of formulas that letters can make shorter.
fn has_formulas(part: Part) -> bool {
    !matches!(part, Part::Density | Part::Values | Part::Proofs | Part::Claims | Part::Remarks | Part::Derivations)
}

/// The letter in place of its sign, with its number where there are several.
fn lettered(notation: &Notation, letter: &Symbol, only: bool) -> Notation {
    match notation {
        Notation::Symbol(symbol) if symbol.glyph.text == "#" => {
            Symbol { subscript: symbol.subscript.clone().filter(|_| !only), ..letter.clone() }.into()
        }
        other => other.map_children(&mut |child| lettered(child, letter, only)),
    }
}

fn glyphs(block: &Block, found: &mut Vec<String>) {
    fn within(notation: &Notation, found: &mut Vec<String>) {
        if let Notation::Symbol(symbol) = notation {
            found.push(symbol.glyph.text.clone());
        }
        notation.children().into_iter().for_each(|child| within(child, found));
    }
    formulas(block).into_iter().for_each(|(_, formula)| within(formula, found));
}

/// The expression that most room is saved by, if there is one so wide.
fn most_repeated<'a>(blocks: impl Iterator<Item = &'a Block>, room: usize, least: usize) -> Option<Notation> {
    let mut found: Vec<Candidate> = Vec::new();
    for (long, formula) in blocks.flat_map(|block| widths(block, room)) {
        for child in formula.children() {
            collect(child, long, least, &mut found);
        }
    }
    let saved = |own: &Candidate| (own.times - 1) * own.shown.width();
    let worth = found.into_iter().filter(|own| own.times >= LEAST_TIMES && own.in_long);
    worth.max_by_key(saved).map(|own| own.shown)
}

struct Candidate {
    key: Notation,
    shown: Notation,
    times: usize,
    in_long: bool,
}

fn collect(notation: &Notation, long: bool, least: usize, found: &mut Vec<Candidate>) {
    let nameable = match notation {
        Notation::Sum(terms) => terms.len() > 1,
        Notation::Call(..) | Notation::Prefix(..) | Notation::Root(_) => true,
        Notation::Power(base, _) => matches!(**base, Notation::Symbol(_)),
        _ => false,
    };
    if nameable && notation.width() >= least {
        let form = key(notation);
        match found.iter_mut().find(|own| own.key == form) {
            Some(own) => {
                own.times += 1;
                own.in_long |= long;
                // The one whose fractions are not laid on the line.
                if notation.width() < own.shown.width() {
                    own.shown = notation.clone();
                }
            }
            None => found.push(Candidate { key: form, shown: notation.clone(), times: 1, in_long: long }),
        }
    }
    notation.children().into_iter().for_each(|child| collect(child, long, least, found));
}

/// What two ways of writing one expression have in common: fractions lie on the line in some places, and
/// parentheses stand around it in others.
fn key(notation: &Notation) -> Notation {
    match notation {
        Notation::Group(Fence::Round, body) => key(body),
        Notation::Slash(over, under) => Notation::fraction(key(over), key(under)),
        other => other.map_children(&mut key),
    }
}

fn replaced(notation: &Notation, form: &Notation, letter: &Notation) -> Notation {
    if key(notation) == *form {
        letter.clone()
    } else {
        notation.map_children(&mut |part| replaced(part, form, letter))
    }
}

/// The formulas of a block, and whether each is wider than a line.
fn widths(block: &Block, room: usize) -> Vec<(bool, &Notation)> {
    let formulas = formulas(block);
    match block {
        Block::Matrix { head, rows, .. } => {
            let whole = head.width() + RELATION + Notation::Matrix(rows.clone()).width();
            formulas.into_iter().map(|(_, formula)| (whole > room, formula)).collect()
        }
        _ => formulas.into_iter().map(|(left, formula)| (left + RELATION + formula.width() > room, formula)).collect(),
    }
}

/// The right sides of a block, each with the width of its left side.
fn formulas(block: &Block) -> Vec<(usize, &Notation)> {
    match block {
        Block::Display(lines) => {
            lines.iter().map(|line| (line.left.as_ref().map_or(0, Notation::width), &line.right)).collect()
        }
        Block::Matrix { rows, .. } => rows.iter().flatten().map(|entry| (0, entry)).collect(),
        _ => Vec::new(),
    }
}

fn change(blocks: &mut [Block], change: &mut dyn FnMut(&Notation) -> Notation) {
    for block in blocks {
        match block {
            Block::Display(lines) => {
                for line in lines {
                    line.right = change(&line.right);
                    line.left = line.left.as_ref().map(&mut *change);
                }
            }
            Block::Matrix { rows, .. } => rows.iter_mut().flatten().for_each(|entry| *entry = change(entry)),
            _ => {}
        }
    }
}
