//! The file format: JSON, every term as the text that the language reads.

use serde_json::{Map, Value, json};

use super::Saved;
use crate::kernel::certificate::{
    Casework, Certificate, Exchange, Moment, Part, Piece, Proposition, Rule, Split, Step, Tower,
};
use crate::kernel::domain::Domain;
use crate::kernel::term::{Name, Term};
use crate::model::read_term;

/// Changes with the format; a file of another version is not read.
const VERSION: u64 = 1;

/// The text of a file.
pub fn write(saved: &Saved) -> String {
    let mut file = certificate(&saved.certificate);
    file["fisherproof"] = json!(VERSION);
    file["family"] = json!(saved.family);
    format!("{file:#}\n")
}

/// Reads a file back.
///
/// # Errors
/// A sentence that names the place that is not as it should be.
pub fn read(text: &str) -> Result<Saved, String> {
    let file: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    if file.get("fisherproof").and_then(Value::as_u64) != Some(VERSION) {
        return Err(format!("it is not a certificate of format {VERSION}, as `derive --certificate` saves them"));
    }
    let family = text_of(&file, "family")?.to_owned();
    Ok(Saved { family, certificate: read_certificate(&file)? })
}

// ——— writing ———

fn certificate(own: &Certificate) -> Value {
    let steps: Vec<Value> = own.steps.iter().map(step).collect();
    let mut value = json!({ "witness": bindings(&own.witness), "steps": steps });
    if !own.splits.is_empty() {
        value["splits"] = own.splits.iter().map(split).collect();
    }
    if let Some(cases) = &own.cases {
        let parts: Vec<Value> = cases.parts.iter().map(certificate).collect();
        value["cases"] = json!({ "coordinate": cases.coordinate.as_str(), "parts": parts });
    }
    value
}

fn split(own: &Split) -> Value {
    json!({
        "coordinate": own.coordinate.as_str(),
        "log_marginal": own.log_marginal.to_string(),
        "conditional": certificate(&own.conditional),
        "marginal": certificate(&own.marginal),
    })
}

fn step(step: &Step) -> Value {
    json!({ "proposition": proposition(&step.proposition), "rule": rule(&step.rule) })
}

fn proposition(proposition: &Proposition) -> Value {
    match proposition {
        Proposition::Equal { left, right } => json!({ "equal": [left.to_string(), right.to_string()] }),
        Proposition::Expectation { of, is } => json!({ "expectation": of.to_string(), "is": is.to_string() }),
        Proposition::Specialization { auxiliary, of, at, is } => {
            let auxiliary: Vec<Value> =
                auxiliary.iter().map(|(name, own)| json!([name.as_str(), domain(own)])).collect();
            json!({ "auxiliary": auxiliary, "specialization": of.to_string(), "at": bindings(at), "is": is.to_string() })
        }
        Proposition::Invariance { renaming } => {
            let pairs: Vec<Value> =
                renaming.iter().map(|(name, image)| json!([name.as_str(), image.as_str()])).collect();
            json!({ "invariance": pairs })
        }
    }
}

fn rule(rule: &Rule) -> Value {
    match rule {
        Rule::Algebra => json!("algebra"),
        Rule::Enumeration => json!("enumeration"),
        Rule::Linearity(premises) => {
            let premises: Vec<Value> =
                premises.iter().map(|(term, position)| json!([term.to_string(), position])).collect();
            json!({ "linearity": premises })
        }
        Rule::Tower(tower) => {
            let square = tower.square.map_or(Value::Null, |(inner, outer)| json!([inner, outer]));
            json!({ "tower": [tower.conditional, tower.marginal], "square": square, "split": tower.split })
        }
        Rule::Cases(positions) => json!({ "cases": positions }),
        Rule::Exchange(own) => json!({ "exchange": own.invariances, "step": own.step }),
        Rule::Moment(moment) => {
            let pieces: Vec<Value> = moment.pieces.iter().map(piece).collect();
            json!({ "lemma": pieces })
        }
    }
}

fn piece(piece: &Piece) -> Value {
    let parts: Vec<Value> = piece
        .parts
        .iter()
        .map(|part| {
            let orders: Vec<Value> = part.orders.iter().map(|(name, order)| json!([name.as_str(), order])).collect();
            json!({ "constant": part.constant.to_string(), "shift": bindings(&part.shift), "orders": orders })
        })
        .collect();
    let mut value = json!({
        "name": piece.lemma,
        "variable": piece.variable.as_str(),
        "map": piece.map.to_string(),
        "parameters": bindings(&piece.parameters),
        "parts": parts,
        "skip": piece.skip,
    });
    if piece.half {
        value["half"] = json!(true);
    }
    value
}

fn bindings(bindings: &[(Name, Term)]) -> Value {
    Value::Array(bindings.iter().map(|(name, term)| json!([name.as_str(), term.to_string()])).collect())
}

fn domain(domain: &Domain) -> Value {
    let end = |bound: &Option<Term>| bound.as_ref().map_or(Value::Null, |term| json!(term.to_string()));
    match domain {
        Domain::Interval { lower, upper } => json!({ "interval": [end(lower), end(upper)] }),
        Domain::Integers { lower, upper } => json!({ "integers": [end(lower), end(upper)] }),
        Domain::Nonnegative => json!("nonnegative"),
        Domain::Angle => json!("angle"),
        Domain::Finite(values) => json!({ "finite": values.iter().map(Term::to_string).collect::<Vec<_>>() }),
    }
}

// ——— reading ———

fn field<'a>(value: &'a Value, name: &str) -> Result<&'a Value, String> {
    value.get(name).ok_or_else(|| format!("there is no `{name}`"))
}

fn text_of<'a>(value: &'a Value, name: &str) -> Result<&'a str, String> {
    field(value, name)?.as_str().ok_or_else(|| format!("`{name}` is no text"))
}

fn list<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>, String> {
    field(value, name)?.as_array().ok_or_else(|| format!("`{name}` is no list"))
}

fn term(value: &Value) -> Result<Term, String> {
    let text = value.as_str().ok_or("a term is no text")?;
    read_term(text).map_err(|error| format!("`{text}`: {error}"))
}

fn pair(value: &Value) -> Result<(&Value, &Value), String> {
    match value.as_array().map(Vec::as_slice) {
        Some([first, second]) => Ok((first, second)),
        _ => Err("a pair is expected".to_owned()),
    }
}

fn name(value: &Value) -> Result<Name, String> {
    value.as_str().map(Name::new).ok_or_else(|| "a name is no text".to_owned())
}

fn read_bindings(value: &Value) -> Result<Vec<(Name, Term)>, String> {
    let rows = value.as_array().ok_or("bindings are no list")?;
    rows.iter().map(|row| pair(row).and_then(|(own, value)| Ok((name(own)?, term(value)?)))).collect()
}

fn read_certificate(value: &Value) -> Result<Certificate, String> {
    let witness = read_bindings(field(value, "witness")?)?;
    let splits = match value.get("splits") {
        Some(_) => list(value, "splits")?
            .iter()
            .map(|own| read_split(own).map_err(|error| format!("splits: {error}")))
            .collect::<Result<Vec<Split>, String>>()?,
        None => Vec::new(),
    };
    let cases = match value.get("cases") {
        Some(cases) => Some(Box::new(read_cases(cases).map_err(|error| format!("cases: {error}"))?)),
        None => None,
    };
    let steps = list(value, "steps")?
        .iter()
        .enumerate()
        .map(|(position, value)| read_step(value).map_err(|error| format!("step {position}: {error}")))
        .collect::<Result<Vec<Step>, String>>()?;
    Ok(Certificate { witness, splits, cases, steps })
}

fn read_split(value: &Value) -> Result<Split, String> {
    Ok(Split {
        coordinate: name(field(value, "coordinate")?)?,
        log_marginal: term(field(value, "log_marginal")?)?,
        conditional: read_certificate(field(value, "conditional")?)?,
        marginal: read_certificate(field(value, "marginal")?)?,
    })
}

fn read_cases(value: &Value) -> Result<Casework, String> {
    let parts = list(value, "parts")?.iter().map(read_certificate).collect::<Result<_, String>>()?;
    Ok(Casework { coordinate: name(field(value, "coordinate")?)?, parts })
}

fn position(value: &Value) -> Result<usize, String> {
    value.as_u64().and_then(|own| usize::try_from(own).ok()).ok_or_else(|| "a premise is no position".to_owned())
}

fn positions(value: &Value) -> Result<(usize, usize), String> {
    let (first, second) = pair(value)?;
    Ok((position(first)?, position(second)?))
}

fn read_step(value: &Value) -> Result<Step, String> {
    Ok(Step { proposition: read_proposition(field(value, "proposition")?)?, rule: read_rule(field(value, "rule")?)? })
}

fn read_proposition(value: &Value) -> Result<Proposition, String> {
    if let Some(sides) = value.get("equal") {
        let (left, right) = pair(sides)?;
        return Ok(Proposition::Equal { left: term(left)?, right: term(right)? });
    }
    if value.get("invariance").is_some() {
        let renaming = list(value, "invariance")?
            .iter()
            .map(|row| pair(row).and_then(|(own, image)| Ok((name(own)?, name(image)?))))
            .collect::<Result<_, String>>()?;
        return Ok(Proposition::Invariance { renaming });
    }
    let is = term(field(value, "is")?)?;
    if let Some(of) = value.get("expectation") {
        return Ok(Proposition::Expectation { of: term(of)?, is });
    }
    let auxiliary = list(value, "auxiliary")?
        .iter()
        .map(|row| pair(row).and_then(|(own, domain)| Ok((name(own)?, read_domain(domain)?))))
        .collect::<Result<_, String>>()?;
    let of = term(field(value, "specialization")?)?;
    Ok(Proposition::Specialization { auxiliary, of, at: read_bindings(field(value, "at")?)?, is })
}

fn read_rule(value: &Value) -> Result<Rule, String> {
    match value {
        Value::String(word) if word == "algebra" => Ok(Rule::Algebra),
        Value::String(word) if word == "enumeration" => Ok(Rule::Enumeration),
        Value::Object(own) => read_structured_rule(own, value),
        other => Err(format!("there is no rule {other}")),
    }
}

fn read_structured_rule(own: &Map<String, Value>, value: &Value) -> Result<Rule, String> {
    if own.contains_key("linearity") {
        let premises = list(value, "linearity")?
            .iter()
            .map(|row| {
                let (coefficient, premise) = pair(row)?;
                Ok((term(coefficient)?, position(premise)?))
            })
            .collect::<Result<_, String>>()?;
        return Ok(Rule::Linearity(premises));
    }
    if let Some(steps) = own.get("tower") {
        let (conditional, marginal) = positions(steps)?;
        let square = match field(value, "square")? {
            Value::Null => None,
            pair => Some(positions(pair)?),
        };
        let split = position(field(value, "split")?)?;
        return Ok(Rule::Tower(Tower { split, conditional, marginal, square }));
    }
    if own.contains_key("cases") {
        return Ok(Rule::Cases(list(value, "cases")?.iter().map(position).collect::<Result<_, String>>()?));
    }
    if own.contains_key("exchange") {
        let invariances = list(value, "exchange")?.iter().map(position).collect::<Result<_, String>>()?;
        return Ok(Rule::Exchange(Exchange { step: position(field(value, "step")?)?, invariances }));
    }
    let pieces = list(value, "lemma")?.iter().map(read_piece).collect::<Result<_, String>>()?;
    Ok(Rule::Moment(Moment { pieces }))
}

fn read_piece(value: &Value) -> Result<Piece, String> {
    let small =
        |value: &Value| value.as_u64().and_then(|small| u32::try_from(small).ok()).ok_or("a small number is expected");
    let parts = list(value, "parts")?
        .iter()
        .map(|part| {
            let orders = list(part, "orders")?
                .iter()
                .map(|row| pair(row).and_then(|(own, order)| Ok((name(own)?, small(order)?))))
                .collect::<Result<_, String>>()?;
            Ok(Part { constant: term(field(part, "constant")?)?, shift: read_bindings(field(part, "shift")?)?, orders })
        })
        .collect::<Result<_, String>>()?;
    Ok(Piece {
        lemma: text_of(value, "name")?.to_owned(),
        variable: name(field(value, "variable")?)?,
        map: term(field(value, "map")?)?,
        parameters: read_bindings(field(value, "parameters")?)?,
        parts,
        skip: small(field(value, "skip")?)?,
        half: value.get("half").is_some_and(|half| *half == Value::Bool(true)),
    })
}

fn read_domain(value: &Value) -> Result<Domain, String> {
    let end = |value: &Value| if value.is_null() { Ok(None) } else { term(value).map(Some) };
    match value {
        Value::String(word) if word == "nonnegative" => Ok(Domain::Nonnegative),
        Value::String(word) if word == "angle" => Ok(Domain::Angle),
        other => {
            if let Some(ends) = other.get("interval") {
                let (lower, upper) = pair(ends)?;
                return Ok(Domain::Interval { lower: end(lower)?, upper: end(upper)? });
            }
            if let Some(ends) = other.get("integers") {
                let (lower, upper) = pair(ends)?;
                return Ok(Domain::Integers { lower: end(lower)?, upper: end(upper)? });
            }
            Ok(Domain::Finite(list(other, "finite")?.iter().map(term).collect::<Result<_, String>>()?))
        }
    }
}
