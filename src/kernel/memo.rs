//! Answers that were worked out before, by their question.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Answers by the fingerprint of their question.
pub type ByFingerprint<A> = HashMap<u64, A, BuildHasherDefault<Fingerprint>>;

/// Questions with their answers. A question is found by its fingerprint and then compared in full: where
/// two share a fingerprint the later one takes the place of the earlier, which is worked out anew.
#[derive(Debug)]
pub struct Memo<Q, A> {
    known: ByFingerprint<(Q, A)>,
}

impl<Q, A> Default for Memo<Q, A> {
    fn default() -> Self {
        Memo { known: ByFingerprint::default() }
    }
}

impl<Q: Hash + Eq, A> Memo<Q, A> {
    pub fn get(&self, question: &Q) -> Option<&A> {
        self.get_at(fingerprint(question), question)
    }

    /// [`Memo::get`] where the question's fingerprint is at hand.
    pub fn get_at(&self, fingerprint: u64, question: &Q) -> Option<&A> {
        let (known, answer) = self.known.get(&fingerprint)?;
        (known == question).then_some(answer)
    }

    pub fn insert(&mut self, question: Q, answer: A) {
        self.insert_at(fingerprint(&question), question, answer);
    }

    /// [`Memo::insert`] where the question's fingerprint is at hand.
    pub fn insert_at(&mut self, fingerprint: u64, question: Q, answer: A) {
        self.known.insert(fingerprint, (question, answer));
    }

    /// Another answer to a question, which is kept if it is known already.
    pub fn replace_at(&mut self, fingerprint: u64, question: &Q, answer: A)
    where
        Q: Clone,
    {
        match self.known.get_mut(&fingerprint) {
            Some((known, own)) if known == question => *own = answer,
            _ => self.insert_at(fingerprint, question.clone(), answer),
        }
    }

    pub fn remove(&mut self, question: &Q) {
        self.known.remove(&fingerprint(question));
    }

    pub fn len(&self) -> usize {
        self.known.len()
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub fn clear(&mut self) {
        self.known.clear();
    }
}

/// Equal questions have equal fingerprints; of two different ones they hardly ever are.
pub fn fingerprint(question: &impl Hash) -> u64 {
    let mut hasher = Fingerprint::default();
    question.hash(&mut hasher);
    hasher.finish()
}

/// A hash by multiplication: it costs less than those that withstand chosen questions, and a table of
/// one family's terms has nobody to withstand.
#[derive(Default)]
pub struct Fingerprint(u64);

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        // The upper bits of a product are the well mixed ones, the lower ones choose the place.
        self.0.rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every two have the same fingerprint.
    #[derive(PartialEq, Eq)]
    struct Alike(u8);

    impl Hash for Alike {
        fn hash<H: Hasher>(&self, state: &mut H) {
            0_u8.hash(state);
        }
    }

    #[test]
    fn a_shared_fingerprint_never_gives_the_answer_to_another_question() {
        let mut memo = Memo::default();
        memo.insert(Alike(1), "one");
        assert_eq!(memo.get(&Alike(2)), None);
        memo.insert(Alike(2), "two");
        assert_eq!((memo.get(&Alike(1)), memo.get(&Alike(2))), (None, Some(&"two")));
    }

    #[test]
    fn fingerprints_of_short_questions_differ() {
        let words: Vec<String> = (0..10_000).map(|number| format!("x{number}")).collect();
        let all: std::collections::BTreeSet<u64> = words.iter().map(fingerprint).collect();
        assert_eq!(all.len(), words.len());
    }
}
