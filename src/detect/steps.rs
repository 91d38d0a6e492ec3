//! What a lexicon's searches have learnt, kept by the word.
//!
//! A search goes through its automata byte by byte, and their states are far too many to stay near the processor. But
//! messages are made of the same words: which phrases are still possible after "we", after "we have" and after "we have
//! called" is worked out once and looked up from then on, one step for a word in place of one for each byte and part.
//! Everything here is kept small for the same reason.

use foldhash::HashMap;
use regex_automata::hybrid::LazyStateID;

/// Words, steps and what they lead to that are kept; with more, everything is forgotten and learnt anew. About 8 MB.
const MOST: usize = 150_000;

/// Where a search stands: which phrases can still come true. The numbers are those of one `Steps`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stand(u32);

impl Stand {
    /// No phrase can come true any more.
    pub const NOWHERE: Self = Self(0);
    /// Before the first word of a phrase, with another word or a mark before it.
    const WITHIN: Self = Self(4);

    /// Before the first word of a phrase, by what stands before it.
    pub fn start(before: Option<u8>) -> Self {
        match before {
            None => Self(1),
            Some(b'\n') => Self(2),
            Some(b'\r') => Self(3),
            Some(_) => Self::WITHIN,
        }
    }

    pub fn is_start(self) -> bool {
        (1..FIXED).contains(&self.0)
    }
}

/// How many stands are no set of states: nowhere and the starts.
const FIXED: u32 = 5;

/// Parts whose phrases can still come true, each with the state of its automaton.
pub type Alive = Box<[(u8, LazyStateID)]>;

/// A phrase that came true in a part, the last one within a step.
#[derive(Clone, Copy)]
pub struct Match {
    pub part: u8,
    /// Where the phrase ends, counted in bytes from the beginning of the step's word.
    pub end: usize,
    pub pattern: usize,
}

/// What a word leads to.
#[derive(Clone, Copy)]
pub struct Step {
    pub to: Stand,
    /// A place in `Steps::matches`, in the upper 24 bits, and how many are there.
    found: u32,
}

/// A word with what parts it from the next, in a form that is looked up at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Short([u64; 2]);

impl Short {
    /// Its bytes and, in the last, how many; only for words of 15 bytes at most, and those are nearly all.
    fn of(word: &[u8]) -> Option<Self> {
        let mut bytes = [0; 16];
        bytes[..15].get_mut(..word.len())?.copy_from_slice(word);
        bytes[15] = word.len() as u8;
        let whole = u128::from_le_bytes(bytes);
        Some(Self([whole as u64, (whole >> 64) as u64]))
    }
}

/// A word that was met.
#[derive(Clone, Copy)]
pub struct Word {
    number: u32,
    /// The commonest step: the one from `Stand::WITHIN`.
    first: Option<Step>,
}

/// What is known so far.
#[derive(Default)]
pub struct Steps {
    words: HashMap<Short, Word>,
    /// By where a step begins, in the upper half, and the number of its word.
    known: HashMap<u64, Step>,
    stands: Vec<Alive>,
    numbers: HashMap<Alive, u32>,
    matches: Vec<Match>,
}

impl Steps {
    /// Whether there are as many as are kept.
    pub fn full(&self) -> bool {
        self.words.len() + self.known.len() + self.stands.len() + self.matches.len() >= MOST
    }

    /// What is known of a word; `None` for one that is too long to be kept.
    pub fn word(&mut self, word: &[u8]) -> Option<Word> {
        let number = self.words.len() as u32;
        Some(*self.words.entry(Short::of(word)?).or_insert(Word { number, first: None }))
    }

    /// The step from a stand by a word, if it is known.
    pub fn get(&self, from: Stand, word: Word) -> Option<Step> {
        match word.first {
            Some(step) if from == Stand::WITHIN => Some(step),
            _ => self.known.get(&key(from, word)).copied(),
        }
    }

    /// What is possible at a stand that is no start.
    pub fn alive(&self, at: Stand) -> &[(u8, LazyStateID)] {
        at.0.checked_sub(FIXED).map_or(&[], |place| &self.stands[place as usize])
    }

    /// The phrases that came true within a step.
    pub fn matches(&self, step: Step) -> &[Match] {
        let (place, count) = ((step.found >> 8) as usize, (step.found & 0xff) as usize);
        &self.matches[place..place + count]
    }

    /// A step to a set of states, with the phrases that came true on the way.
    pub fn step(&mut self, alive: Vec<(u8, LazyStateID)>, matches: &[Match]) -> Step {
        let alive = alive.into_boxed_slice();
        let to = if alive.is_empty() {
            Stand::NOWHERE
        } else if let Some(&number) = self.numbers.get(&alive) {
            Stand(number)
        } else {
            let number = FIXED + self.stands.len() as u32;
            self.stands.push(alive.clone());
            self.numbers.insert(alive, number);
            Stand(number)
        };
        let found =
            if matches.is_empty() { 0 } else { (self.matches.len() as u32) << 8 | matches.len() as u32 };
        self.matches.extend_from_slice(matches);
        Step { to, found }
    }

    /// Keeps a step by a word for the next time.
    pub fn keep(&mut self, from: Stand, word: &[u8], step: Step) {
        let Some(word) = Short::of(word).and_then(|word| self.words.get_mut(&word)) else { return };
        if from == Stand::WITHIN {
            word.first = Some(step);
        } else {
            let key = key(from, *word);
            self.known.insert(key, step);
        }
    }
}

fn key(from: Stand, word: Word) -> u64 {
    u64::from(from.0) << 32 | u64::from(word.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart_by_all_their_bytes() {
        let short = |word: &str| Short::of(word.as_bytes());
        assert!(short("call") == short("call"));
        for (one, other) in
            [("call", "call "), ("call", "call\0"), ("", "\0"), ("responsibilities", "responsibility ")]
        {
            assert!(short(one) != short(other), "{one:?} {other:?}");
        }
        assert!(
            short("responsibility ").is_some() && short("responsibilities").is_none(),
            "15 bytes at most"
        );
    }
}
