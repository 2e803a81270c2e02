//! Questions and answers as bytes, between the program and the process of its engine.
//!
//! A term is written in prefix order: a tag, then its parts, with lengths in front of whatever has
//! several. Both ends are the same program, so there are no versions; what does not fit is an error.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::Zero;

use super::CasError;
use super::question::{Answer, Question, Verb};
use crate::kernel::term::{Constant, Function, Name, Rational, Term};

/// What the process of the engine says, and when.
#[derive(Debug, PartialEq)]
pub enum Message {
    /// Another run is before us in the queue, and has been for a while.
    Waiting,
    /// The engine has started.
    Ready,
    /// The answer to the oldest question without one.
    Answer(Answer),
}

pub fn write_question(question: &Question) -> Vec<u8> {
    let mut bytes = Vec::new();
    let verb = Verb::ALL.iter().position(|verb| *verb == question.verb).unwrap_or(Verb::ALL.len());
    length(&mut bytes, verb);
    terms(&mut bytes, &question.terms);
    bytes
}

pub fn read_question(bytes: &[u8]) -> Option<Question> {
    let mut reader = Reader { bytes };
    let verb = *Verb::ALL.get(reader.length()?)?;
    let terms = reader.terms()?;
    reader.end(Question { verb, terms })
}

const WAITING: u8 = 0;
const READY: u8 = 1;
const FORMS: u8 = 2;
const TOO_LARGE: u8 = 3;
const UNDEFINED: u8 = 4;
const FAILED: u8 = 5;
const HELD: u8 = 6;
const UNAVAILABLE: u8 = 7;

pub fn write_message(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut told = |tag: u8, why: &str| {
        bytes.push(tag);
        text(&mut bytes, why);
    };
    match message {
        Message::Waiting => bytes.push(WAITING),
        Message::Ready => bytes.push(READY),
        Message::Answer(Ok(forms)) => {
            bytes.push(FORMS);
            length(&mut bytes, forms.len());
            forms.iter().for_each(|forms| terms(&mut bytes, forms));
        }
        Message::Answer(Err(CasError::TooLarge(what))) => told(TOO_LARGE, what),
        Message::Answer(Err(CasError::Undefined(what))) => told(UNDEFINED, what),
        Message::Answer(Err(CasError::Failed(why))) => told(FAILED, why),
        Message::Answer(Err(CasError::HeldElsewhere)) => bytes.push(HELD),
        Message::Answer(Err(CasError::Unavailable(why))) => told(UNAVAILABLE, why),
    }
    bytes
}

pub fn read_message(bytes: &[u8]) -> Option<Message> {
    let mut reader = Reader { bytes };
    let message = match reader.byte()? {
        WAITING => Message::Waiting,
        READY => Message::Ready,
        FORMS => {
            let count = reader.length()?;
            Message::Answer(Ok((0..count).map(|_| reader.terms()).collect::<Option<_>>()?))
        }
        TOO_LARGE => Message::Answer(Err(CasError::TooLarge(reader.text()?.to_owned().into()))),
        UNDEFINED => Message::Answer(Err(CasError::Undefined(reader.text()?.to_owned().into()))),
        FAILED => Message::Answer(Err(CasError::Failed(reader.text()?.to_owned()))),
        HELD => Message::Answer(Err(CasError::HeldElsewhere)),
        UNAVAILABLE => Message::Answer(Err(CasError::Unavailable(reader.text()?.to_owned()))),
        _ => return None,
    };
    reader.end(message)
}

// ——— writing ———

fn length(bytes: &mut Vec<u8>, value: usize) {
    let mut rest = value;
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

fn text(bytes: &mut Vec<u8>, own: &str) {
    length(bytes, own.len());
    bytes.extend_from_slice(own.as_bytes());
}

fn integer(bytes: &mut Vec<u8>, own: &BigInt) {
    let digits = own.to_signed_bytes_le();
    length(bytes, digits.len());
    bytes.extend_from_slice(&digits);
}

fn terms(bytes: &mut Vec<u8>, own: &[Term]) {
    length(bytes, own.len());
    own.iter().for_each(|own| term(bytes, own));
}

const NUMBER: u8 = 0;
const CONSTANT: u8 = 1;
const VARIABLE: u8 = 2;
const SUM: u8 = 3;
const PRODUCT: u8 = 4;
const POWER: u8 = 5;
const APPLY: u8 = 6;
const LOG_DENSITY: u8 = 7;
const DERIVATIVE: u8 = 8;
const EXPECTATION: u8 = 9;

fn term(bytes: &mut Vec<u8>, own: &Term) {
    match own {
        Term::Number(value) => {
            bytes.push(NUMBER);
            integer(bytes, &value.numer());
            integer(bytes, &value.denom());
        }
        Term::Constant(constant) => {
            bytes.push(CONSTANT);
            length(bytes, Constant::ALL.iter().position(|own| own == constant).unwrap_or(Constant::ALL.len()));
        }
        Term::Variable(name) => {
            bytes.push(VARIABLE);
            text(bytes, name.as_str());
        }
        Term::Sum(parts) => {
            bytes.push(SUM);
            terms(bytes, parts);
        }
        Term::Product(factors) => {
            bytes.push(PRODUCT);
            terms(bytes, factors);
        }
        Term::Power(base, exponent) => {
            bytes.push(POWER);
            term(bytes, base);
            term(bytes, exponent);
        }
        Term::Apply(function, arguments) => {
            bytes.push(APPLY);
            let rows = &Function::TABLE;
            length(bytes, rows.iter().position(|row| row.0 == *function).unwrap_or(rows.len()));
            terms(bytes, arguments);
        }
        Term::LogDensity(replaced) => {
            bytes.push(LOG_DENSITY);
            length(bytes, replaced.len());
            for (name, value) in replaced {
                text(bytes, name.as_str());
                term(bytes, value);
            }
        }
        Term::Derivative(body, by) => {
            bytes.push(DERIVATIVE);
            term(bytes, body);
            text(bytes, by.as_str());
        }
        Term::Expectation(body) => {
            bytes.push(EXPECTATION);
            term(bytes, body);
        }
    }
}

// ——— reading ———

/// The whole number of these bytes, the least first, where it is a machine word.
fn word(bytes: &[u8]) -> Option<i64> {
    let sign = if bytes.last().is_some_and(|last| last >> 7 == 1) { u8::MAX } else { 0 };
    let mut all = [sign; 8];
    all.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(all))
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn end<T>(&self, value: T) -> Option<T> {
        self.bytes.is_empty().then_some(value)
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn length(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn slice(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        let (own, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(own)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.slice()?).ok()
    }

    fn terms<T: FromIterator<Term>>(&mut self) -> Option<T> {
        let count = self.length()?;
        (0..count).map(|_| self.term()).collect()
    }

    fn shared(&mut self) -> Option<Arc<Term>> {
        self.term().map(Arc::new)
    }

    fn name(&mut self) -> Option<Name> {
        self.text().map(Name::new)
    }

    fn term(&mut self) -> Option<Term> {
        Some(match self.byte()? {
            NUMBER => {
                let (above, below) = (self.slice()?, self.slice()?);
                if let (Some(above), Some(below)) = (word(above), word(below)) {
                    return (below != 0).then(|| Term::Number(Rational::from(above) / Rational::from(below)));
                }
                let [above, below] = [above, below].map(BigInt::from_signed_bytes_le);
                if below.is_zero() {
                    return None;
                }
                Term::Number(Rational::new(above, below))
            }
            CONSTANT => Term::Constant(*Constant::ALL.get(self.length()?)?),
            VARIABLE => Term::Variable(self.name()?),
            SUM => Term::Sum(self.terms()?),
            PRODUCT => Term::Product(self.terms()?),
            POWER => Term::Power(self.shared()?, self.shared()?),
            APPLY => Term::Apply(Function::TABLE.get(self.length()?)?.0, self.terms()?),
            LOG_DENSITY => {
                let count = self.length()?;
                Term::LogDensity((0..count).map(|_| Some((self.name()?, self.term()?))).collect::<Option<_>>()?)
            }
            DERIVATIVE => Term::Derivative(self.shared()?, self.name()?),
            EXPECTATION => Term::Expectation(self.shared()?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms_of_every_kind() -> Vec<Term> {
        let x = Term::variable("x");
        let large = Term::Number(Rational::new(BigInt::from(-7).pow(100), BigInt::from(2).pow(300)));
        vec![
            large.clone(),
            Term::Constant(Constant::EulerGamma),
            Term::sum(Vec::new()),
            Term::product(vec![Term::power(x.clone(), large), x.clone().log()]),
            Term::apply(Function::BesselK, vec![Term::ratio(1, 2), Term::sum(vec![x.clone(), Term::one()])]),
            Term::LogDensity(vec![(Name::new("θ"), x.clone())]).derivative(&Name::new("x")).expectation(),
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        for verb in Verb::ALL {
            let question = Question { verb, terms: terms_of_every_kind() };
            assert_eq!(read_question(&write_question(&question)), Some(question));
        }
        let answers = [
            Ok(vec![terms_of_every_kind(), Vec::new()]),
            Err(CasError::TooLarge("a sum".into())),
            Err(CasError::Undefined("0/0".into())),
            Err(CasError::Failed("on purpose".into())),
            Err(CasError::HeldElsewhere),
            Err(CasError::Unavailable(String::new())),
        ];
        let messages = answers.map(Message::Answer).into_iter().chain([Message::Waiting, Message::Ready]);
        for message in messages {
            assert_eq!(read_message(&write_message(&message)), Some(message));
        }
    }

    #[test]
    fn what_is_cut_short_or_too_long_is_nothing() {
        let bytes = write_question(&Question { verb: Verb::Candidates, terms: terms_of_every_kind() });
        for end in 0..bytes.len() {
            assert_eq!(read_question(&bytes[..end]), None);
        }
        assert_eq!(read_question(&[&bytes[..], &[0]].concat()), None);
    }
}
