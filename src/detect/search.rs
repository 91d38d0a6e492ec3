//! Searches a text for the patterns of all lexicons in one linear pass.
//!
//! Each search is held to one word's start: searching from everywhere at once needs far more automaton states, and the time to
//! make them, for the same matches. From there it goes word by word: a step that was taken before is looked up (`Steps`), one
//! that was not is worked out byte by byte by the automata that the gate lets through.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use regex_automata::hybrid::dfa::{self, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use super::gate::{Beginnings, Gate, Parts};
use super::steps::{Alive, Match, Stand, Step, Steps, Word};

/// Bytes that a search may keep of its automaton, per part. Far more than they fill: one that has too little
/// makes its states anew for every message, which costs a hundred times the search itself.
const MOST_CACHE: usize = 8 << 20;

/// The patterns of lexicons, while these are read.
#[derive(Default)]
pub struct Patterns {
    parts: Vec<Part>,
    beginnings: Beginnings,
    count: usize,
}

/// Finds the patterns in texts, all of them at once: a text is made of the same words for each of them.
pub struct Search {
    parts: Vec<Part>,
    gate: Gate,
    /// What earlier searches learnt, ready for the next. The automata's own pool would keep one set for
    /// each thread, and each takes megabytes: only one is kept.
    idle: Mutex<Option<Learnt>>,
}

/// Matches with the numbers of their patterns, in order of where they begin.
pub struct Found(Vec<(Range<usize>, usize)>);

struct Part {
    /// Searches forward only: where a match begins is known.
    dfa: DFA,
    /// Where its patterns begin among all.
    first: usize,
}

/// The states of each part's automaton that were met, and the steps between them.
struct Learnt {
    caches: Vec<dfa::Cache>,
    steps: Steps,
}

/// There was no room for another state of an automaton.
struct NoRoom;

impl Patterns {
    /// Adds a part: its patterns never match overlapping places, those of different parts may. The first of its patterns has the
    /// number that is returned, the others the ones after it. Errors on a pattern that cannot be parsed, and on more than 128 parts.
    pub fn add(&mut self, patterns: &[String]) -> anyhow::Result<usize> {
        anyhow::ensure!(self.parts.len() < Parts::BITS as usize, "more than {} parts", Parts::BITS);
        let config = syntax::Config::new().unicode(false).utf8(false);
        for pattern in patterns {
            self.beginnings.add(self.parts.len(), pattern, &config)?;
        }
        let nfa = thompson::Compiler::new()
            .syntax(config)
            .configure(thompson::Config::new().utf8(false).which_captures(WhichCaptures::None))
            .build_many(patterns)?;
        // A full cache is an error and not emptied behind our back: the steps rest on its states.
        let kept = dfa::Config::new().cache_capacity(MOST_CACHE).minimum_cache_clear_count(Some(0));
        let (dfa, first) = (DFA::builder().configure(kept).build_from_nfa(nfa)?, self.count);
        self.parts.push(Part { dfa, first });
        self.count += patterns.len();
        Ok(first)
    }

    pub fn search(self) -> Search {
        Search { parts: self.parts, gate: Gate::new(self.beginnings), idle: Mutex::default() }
    }
}

impl Found {
    /// The matches of the patterns with these numbers.
    pub fn of(&self, numbers: Range<usize>) -> impl Iterator<Item = (Range<usize>, usize)> {
        let of = move |(_, number): &&(_, usize)| numbers.contains(number);
        self.0.iter().filter(of).cloned()
    }
}

impl Search {
    /// Parts of which some pattern can begin with any word.
    #[cfg(test)]
    pub fn always(&self) -> Parts {
        self.gate.always
    }

    /// Every match in `text`; none overlaps another of its part.
    pub fn find(&self, text: &str) -> Found {
        let text = text.as_bytes();
        let mut learnt = self.borrow();
        if learnt.steps.full() {
            self.forget(&mut learnt);
        }
        let starts: Vec<_> = starts(text).chain([text.len()]).collect();
        let words = |learnt: &mut Learnt| -> Vec<_> {
            starts.windows(2).map(|word| learnt.steps.word(&text[word[0]..word[1]])).collect()
        };
        let mut all = words(&mut learnt);
        let (mut found, mut here) = (Vec::new(), Vec::new());
        let mut ends = vec![0; self.parts.len()];
        for (index, &at) in starts.iter().enumerate().take(all.len()) {
            if self.at(text, &starts[index..], &all[index..], &mut learnt, &mut here).is_err() {
                self.forget(&mut learnt);
                all = words(&mut learnt);
                // With everything forgotten there is room for one phrase.
                let _ = self.at(text, &starts[index..], &all[index..], &mut learnt, &mut here);
            }
            here.retain(|found: &Match| ends[usize::from(found.part)] <= at);
            here.sort_unstable_by_key(|found| found.part);
            for Match { part, end, pattern } in here.drain(..) {
                let part = usize::from(part);
                ends[part] = end.max(at + 1);
                found.push((at..end, self.parts[part].first + pattern));
            }
        }
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(learnt);
        Found(found)
    }

    fn borrow(&self) -> Learnt {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        idle.unwrap_or_else(|| Learnt {
            caches: self.parts.iter().map(|part| part.dfa.create_cache()).collect(),
            steps: Steps::default(),
        })
    }

    fn forget(&self, learnt: &mut Learnt) {
        learnt.steps = Steps::default();
        for (part, cache) in self.parts.iter().zip(&mut learnt.caches) {
            part.dfa.reset_cache(cache);
        }
    }

    /// For each part the match that begins at the first of `starts`, the beginnings of the words from there on and the end
    /// of the text.
    fn at(
        &self,
        text: &[u8],
        starts: &[usize],
        words: &[Option<Word>],
        learnt: &mut Learnt,
        found: &mut Vec<Match>,
    ) -> Result<(), NoRoom> {
        found.clear();
        let mut stand = Stand::start(starts[0].checked_sub(1).map(|before| text[before]));
        for (range, word) in starts.windows(2).zip(words) {
            let known = word.and_then(|word| learnt.steps.get(stand, word));
            let step = match known {
                Some(step) => step,
                None => self.learn(stand, text, range[0]..range[1], learnt)?,
            };
            for &Match { part, end, pattern } in learnt.steps.matches(step) {
                found.retain(|found| found.part != part);
                found.push(Match { part, end: range[0] + end, pattern });
            }
            stand = step.to;
            if stand == Stand::NOWHERE {
                return Ok(());
            }
        }
        for &(part, state) in learnt.steps.alive(stand) {
            let (dfa, cache) = (&self.parts[usize::from(part)].dfa, &mut learnt.caches[usize::from(part)]);
            let last = dfa.next_eoi_state(cache, state).map_err(|_| NoRoom)?;
            if last.is_match() {
                let pattern = dfa.match_pattern(cache, last, 0).as_usize();
                found.retain(|found| found.part != part);
                found.push(Match { part, end: text.len(), pattern });
            }
        }
        Ok(())
    }

    /// Works out the step from a stand by the word at `range`, and keeps it.
    fn learn(
        &self,
        from: Stand,
        text: &[u8],
        range: Range<usize>,
        learnt: &mut Learnt,
    ) -> Result<Step, NoRoom> {
        let (mut alive, mut matches) = (Vec::new(), Vec::new());
        for (part, mut state) in self.possible(from, text, range.clone(), learnt)? {
            let (dfa, cache) = (&self.parts[usize::from(part)].dfa, &mut learnt.caches[usize::from(part)]);
            let mut last = None;
            for (end, &byte) in text[range.clone()].iter().enumerate() {
                state = dfa.next_state(cache, state, byte).map_err(|_| NoRoom)?;
                if state.is_match() {
                    let pattern = dfa.match_pattern(cache, state, 0).as_usize();
                    last = Some(Match { part, end, pattern });
                } else if state.is_dead() {
                    break;
                }
            }
            matches.extend(last);
            if !state.is_dead() {
                alive.push((part, state));
            }
        }
        let step = learnt.steps.step(alive, &matches);
        learnt.steps.keep(from, &text[range], step);
        Ok(step)
    }

    /// What can come true from a stand on; at a start, what can begin with the word at `range`.
    fn possible(
        &self,
        from: Stand,
        text: &[u8],
        range: Range<usize>,
        learnt: &mut Learnt,
    ) -> Result<Alive, NoRoom> {
        if !from.is_start() {
            return Ok(learnt.steps.alive(from).into());
        }
        let input = Input::new(text).range(range.start..).anchored(Anchored::Yes);
        let mut parts = self.gate.begun(&text[range]);
        let mut alive = Vec::new();
        while parts != 0 {
            let part = parts.trailing_zeros() as usize;
            parts &= parts - 1;
            let state = self.parts[part].dfa.start_state_forward(&mut learnt.caches[part], &input);
            alive.push((part as u8, state.map_err(|_| NoRoom)?));
        }
        Ok(alive.into())
    }
}

/// Where words and marks start: nowhere inside a word.
fn starts(text: &[u8]) -> impl Iterator<Item = usize> {
    let first = text.first().is_some_and(|byte| !byte.is_ascii_whitespace()).then_some(0);
    let starts = |pair: &[u8]| !IS_WORD[usize::from(pair[0])] && !pair[1].is_ascii_whitespace();
    let later =
        text.windows(2).enumerate().filter(move |(_, pair)| starts(pair)).map(|(before, _)| before + 1);
    first.into_iter().chain(later)
}

/// Whether a byte belongs to a word: asked of every byte by every lexicon.
const IS_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    table
};
