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
use super::steps::{Alive, Match, Stand, Step, Steps};

/// Bytes that a search may keep of its automaton, per part. More than they fill (`detect::tests`): one that has too little
/// makes its states anew for every long message, which costs ten times the search itself.
const MOST_CACHE: usize = 16 << 20;

/// Starts from which a text is searched at once.
const AT_ONCE: usize = 256;

/// The patterns of lexicons, while these are read.
pub struct Patterns {
    parts: Vec<Part>,
    beginnings: Beginnings,
    count: usize,
    /// Bytes that a search may keep of each part's automaton.
    room: usize,
}

impl Default for Patterns {
    fn default() -> Self {
        Self { parts: Vec::new(), beginnings: Beginnings::default(), count: 0, room: MOST_CACHE }
    }
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
        let kept = dfa::Config::new().cache_capacity(self.room).minimum_cache_clear_count(Some(0));
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

    /// How much of its room the fullest part's automaton has taken, 0 to 1.
    #[cfg(test)]
    pub fn fullness(&self) -> f64 {
        let used = self.borrow().caches.iter().map(dfa::Cache::memory_usage).max();
        used.unwrap_or_default() as f64 / MOST_CACHE as f64
    }

    /// Every match in `text`; none overlaps another of its part.
    pub fn find(&self, text: &str) -> Found {
        let text = text.as_bytes();
        let starts: Vec<_> = starts(text).chain([text.len()]).collect();
        let mut learnt = self.borrow();
        let mut matches = Vec::new();
        for from in (0..starts.len() - 1).step_by(AT_ONCE) {
            let to = (from + AT_ONCE).min(starts.len() - 1);
            self.all_from(text, &starts, from..to, &mut learnt, &mut matches);
        }
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(learnt);
        let mut found = Vec::new();
        let mut ends = vec![0; self.parts.len()];
        // Of several in a part from the same start the last one is the match: it was longer in coming.
        matches.sort_by_key(|&(start, Match { part, .. })| (start, part));
        let place = |one: &(usize, Match)| (one.0, one.1.part);
        for same in matches.chunk_by(|one, next| place(one) == place(next)) {
            let (at, Match { part, end, pattern }) = same[same.len() - 1];
            let part = usize::from(part);
            if ends[part] <= at {
                ends[part] = end.max(at + 1);
                found.push((at..end, self.parts[part].first + pattern));
            }
        }
        Found(found)
    }

    /// The matches that begin at some of the starts. Where there is no room for the states they need, everything is forgotten and
    /// half of them are tried at a time; one start alone finds room.
    fn all_from(
        &self,
        text: &[u8],
        starts: &[usize],
        some: Range<usize>,
        learnt: &mut Learnt,
        matches: &mut Vec<(usize, Match)>,
    ) {
        if learnt.steps.full() {
            self.forget(learnt);
        }
        if self.walk(text, starts, some.clone(), learnt, matches).is_err() {
            self.forget(learnt);
            if some.len() > 1 {
                let middle = some.start + some.len() / 2;
                self.all_from(text, starts, some.start..middle, learnt, matches);
                self.all_from(text, starts, middle..some.end, learnt, matches);
            }
        }
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

    /// Walks on from some of the starts, from all of them one word further at a time: the look-ups of one round do not wait for each
    /// other, so that their ways to memory overlap.
    fn walk(
        &self,
        text: &[u8],
        starts: &[usize],
        some: Range<usize>,
        learnt: &mut Learnt,
        matches: &mut Vec<(usize, Match)>,
    ) -> Result<(), NoRoom> {
        let stand = |at: usize| Stand::start(starts[at].checked_sub(1).map(|before| text[before]));
        let mut walkers: Vec<_> = some.clone().map(|at| (at, stand(at))).collect();
        let mut words = Vec::with_capacity(some.len());
        let mut known = Vec::with_capacity(some.len());
        for further in 0.. {
            if walkers.is_empty() {
                break;
            }
            let reached = (some.end + further).min(starts.len() - 1);
            let new = (some.start + words.len()..reached)
                .map(|at| learnt.steps.word(&text[starts[at]..starts[at + 1]]));
            words.extend(new);
            let look_up = |&(from, stand): &(usize, Stand)| {
                let word = (*words.get(from + further - some.start)?)?;
                learnt.steps.get(stand, word)
            };
            known.clear();
            known.extend(walkers.iter().map(look_up));
            let mut left = 0;
            for walker in 0..walkers.len() {
                let (from, stand) = walkers[walker];
                let at = from + further;
                if at - some.start >= words.len() {
                    self.at_the_end(text.len(), stand, learnt, |found| matches.push((starts[from], found)))?;
                    continue;
                }
                let step = match known[walker] {
                    Some(step) => step,
                    None => self.learn(stand, text, starts[at]..starts[at + 1], learnt)?,
                };
                for &Match { part, end, pattern } in learnt.steps.matches(step) {
                    matches.push((starts[from], Match { part, end: starts[at] + end, pattern }));
                }
                if step.to != Stand::NOWHERE {
                    walkers[left] = (from, step.to);
                    left += 1;
                }
            }
            walkers.truncate(left);
        }
        Ok(())
    }

    /// What comes true because the text ends.
    fn at_the_end(
        &self,
        end: usize,
        stand: Stand,
        learnt: &mut Learnt,
        mut found: impl FnMut(Match),
    ) -> Result<(), NoRoom> {
        for &(part, state) in learnt.steps.alive(stand) {
            let (dfa, cache) = (&self.parts[usize::from(part)].dfa, &mut learnt.caches[usize::from(part)]);
            let last = dfa.next_eoi_state(cache, state).map_err(|_| NoRoom)?;
            if last.is_match() {
                found(Match { part, end, pattern: dfa.match_pattern(cache, last, 0).as_usize() });
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PATTERNS: [&[&str]; 3] = [
        &[r"(?:i|we) (?:have )?called(?: \w+){0,2} twice\b{end-half}", r"called\b{end-half}"],
        &[r"called you|you (?:never|did not) (?:\w+ ){0,3}call(?:ed)?\b{end-half}"],
        &[r"\d+ times?", r"twice[!.]", r"responsibilities of (?:you|yours)\b{end-half}"],
    ];

    fn patterns(room: usize) -> anyhow::Result<Patterns> {
        let mut patterns = Patterns { room, ..Patterns::default() };
        for part in PATTERNS {
            patterns.add(&part.iter().map(|&pattern| pattern.to_owned()).collect::<Vec<_>>())?;
        }
        Ok(patterns)
    }

    fn roomy() -> Search {
        patterns(MOST_CACHE).expect("patterns").search()
    }

    /// By an automaton of each part's own from every start, nothing kept: what the search has to find too.
    fn plainly(text: &str) -> Vec<(Range<usize>, usize)> {
        let parts = patterns(MOST_CACHE).expect("patterns").parts;
        let mut found = Vec::new();
        let mut ends = vec![0; parts.len()];
        for at in starts(text.as_bytes()) {
            for (part, end) in parts.iter().zip(&mut ends) {
                let input = Input::new(text).range(at..).anchored(Anchored::Yes);
                let hit = part.dfa.try_search_fwd(&mut part.dfa.create_cache(), &input).expect("room enough");
                if let Some(hit) = hit.filter(|_| *end <= at) {
                    *end = hit.offset().max(at + 1);
                    found.push((at..hit.offset(), part.first + hit.pattern().as_usize()));
                }
            }
        }
        found
    }

    #[test]
    fn phrases_are_found_from_words_that_were_met_and_from_new_ones() {
        let search = roomy();
        let cases = [
            ("at the end of the text", "i called them twice", vec![(0..19, 0)]),
            ("the shorter where the longer fails", "i called them often", vec![(2..8, 1)]),
            ("in a word's middle", "recalled", vec![]),
            ("in two parts", "we called you twice.", vec![(0..19, 0), (3..13, 2), (14..20, 4)]),
            ("over a line's end", "you\nnever called", vec![(10..16, 1)]),
            ("a word that is too long to be kept", "the responsibilities of yours", vec![(4..29, 5)]),
            ("beyond ASCII", "é called – 3 times", vec![(3..9, 1), (14..21, 3)]),
            ("nothing", "", vec![]),
        ];
        for round in ["first", "second"] {
            for (name, text, expected) in &cases {
                assert_eq!(search.find(text).0, *expected, "{name}, {round} time");
            }
        }
    }

    #[test]
    fn with_too_little_room_everything_is_found_all_the_same() {
        let text =
            "we called them twice. you never ever really did call, i called 12 times and twice! ".repeat(40);
        let expected = plainly(&text);
        assert!(expected.len() > 100, "{}", expected.len());
        // A little more than the least that these automata can be built with.
        let tight = patterns(6_000).expect("patterns").search();
        for round in 0..3 {
            assert_eq!(tight.find(&text).0, expected, "round {round}");
        }
        let forgot = tight.borrow().caches.iter().map(dfa::Cache::memory_usage).sum::<usize>();
        let learnt = roomy();
        assert_eq!(learnt.find(&text).0, expected);
        let all = learnt.borrow().caches.iter().map(dfa::Cache::memory_usage).sum::<usize>();
        assert!(forgot < all, "{forgot} of {all} bytes");
    }

    #[test]
    fn what_is_kept_has_a_limit() {
        let search = roomy();
        let new: String = (0..400_000).map(|number| format!("w{number} ")).collect();
        let found = search.find(&format!("i called. {new} they called"));
        assert_eq!(found.0.len(), 2);
        let learnt = search.borrow();
        assert!(!learnt.steps.full(), "it was forgotten on the way");
    }

    proptest! {
        #[test]
        fn whatever_was_read_before_the_same_is_found(
            before in "(i |we |have |called |you |never |did not |twice|call|[a-z]{1,3} |[.!\\n] ?){0,20}",
            text in "(i |we |have |called |you |never |did not |twice|call|7 times|[a-z]{1,3} |[.!\\n] ?){0,20}",
        ) {
            let search = roomy();
            search.find(&before);
            prop_assert_eq!(search.find(&text).0, plainly(&text));
        }
    }
}
