//! What the customer's words say: phrases from the lexicon, and the rule that joins a contact with its outcome.

use std::ops::Range;

use serde::Deserialize;

use super::facts::{Counts, CountsReader};
use crate::detect::lexicon::Lexicon;
use crate::detect::search::{self, Patterns};
use crate::detect::{Evidence, Strength};
use crate::text::Cleaned;

/// An outcome told up to this many sentences after a contact belongs to it: people tell what was said in between.
const OUTCOME_WITHIN: usize = 5;
/// Weaker words must stand closer.
const WEAK_WITHIN: usize = 2;
/// How far a count may stand before or after its contact, in bytes: about ten and twenty words.
const TIMES_BEFORE: usize = 60;
const TIMES_AFTER: usize = 120;
/// A contact and its outcome no further apart than this, in bytes, are quoted as one.
const ONE_QUOTE: usize = 100;
/// Quotes kept; a long complaint has dozens and a reader needs few.
const MOST_EVIDENCE: usize = 12;

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Class {
    Chase,
    Contact,
    Asked,
    Times,
    Outcome,
    Snag,
    Not,
}

#[derive(Deserialize)]
struct Phrase {
    class: Class,
    cue: String,
}

/// The lexicon and the rule over it.
pub struct Words {
    lexicon: Lexicon<Phrase>,
    counts: CountsReader,
}

/// What the phrases say, and which sentences they stand in.
pub struct Heard {
    pub said: Option<Said>,
    /// Every sentence with a phrase of contact, answer or delay, in the order of the text.
    pub sentences: Vec<usize>,
}

/// What the words say, where they say anything.
pub struct Said {
    pub strength: Strength,
    pub evidence: Vec<Evidence>,
    pub counts: Counts,
}

impl Said {
    /// Where no phrase says it.
    pub fn by_wording(evidence: Evidence) -> Self {
        Self { strength: Strength::Possible, evidence: vec![evidence], counts: Counts::default() }
    }
}

/// A phrase found.
struct Found<'a> {
    range: Range<usize>,
    sentence: usize,
    phrase: &'a Phrase,
}

/// Words that together make a chase.
struct Chase<'a> {
    range: Range<usize>,
    cue: &'a str,
    sure: bool,
}

impl Class {
    /// Which classes are searched for together and compete for their place.
    fn group(self) -> u8 {
        match self {
            Self::Not => 0,
            Self::Chase => 1,
            Self::Contact | Self::Asked => 2,
            Self::Times => 3,
            Self::Outcome => 4,
            Self::Snag => 5,
        }
    }
}

impl Words {
    pub fn load(patterns: &mut Patterns) -> anyhow::Result<Self> {
        let toml = include_str!("../../../config/lexicons/en/repeat_follow_up.toml");
        let lexicon = Lexicon::parse_parts(patterns, "repeat_follow_up.toml", toml, |phrase: &Phrase| {
            phrase.class.group()
        })?;
        Ok(Self { lexicon, counts: CountsReader::load()? })
    }

    pub fn read(&self, text: &Cleaned<'_>, found: &search::Found) -> Heard {
        let found = self.find(text, found);
        let mut sentences: Vec<usize> = found.iter().map(|it| it.sentence).collect();
        sentences.dedup();
        Heard { said: self.said(text, merged(chases(&found))), sentences }
    }

    fn said(&self, text: &Cleaned<'_>, chases: Vec<Chase<'_>>) -> Option<Said> {
        if chases.is_empty() {
            return None;
        }
        let sure = chases.iter().any(|chase| chase.sure);
        let counts = self.counts.read(text, chases.iter().map(|chase| chase.range.clone()));
        let evidence = chases
            .iter()
            .take(MOST_EVIDENCE)
            .map(|chase| text.evidence(chase.range.clone(), chase.cue))
            .collect();
        let strength = if sure { Strength::Clear } else { Strength::Possible };
        Some(Said { strength, evidence, counts })
    }

    /// Every phrase in the order of the text, those left out that share words with a `not`.
    fn find<'a>(&'a self, text: &Cleaned<'_>, all: &'a search::Found) -> Vec<Found<'a>> {
        let (mut found, mut nots) = (Vec::new(), Vec::new());
        for (range, phrase) in self.lexicon.among(all) {
            match phrase.class {
                Class::Not => nots.push(range),
                _ => found.push(Found { range, sentence: 0, phrase }),
            }
        }
        found.sort_by_key(|it| (it.range.start, it.phrase.class.group()));
        let sentences = text.sentences();
        let (mut sentence, mut not) = (0, 0);
        found.retain_mut(|it| {
            while sentences.get(sentence).is_some_and(|s| s.end <= it.range.start) {
                sentence += 1;
            }
            while nots.get(not).is_some_and(|not| not.end <= it.range.start) {
                not += 1;
            }
            it.sentence = sentence;
            nots.get(not).is_none_or(|not| not.start >= it.range.end)
        });
        found
    }
}

/// Every chase, in the order of the text. Each contact looks at its nearest neighbours only, so this is linear.
fn chases<'a>(found: &[Found<'a>]) -> Vec<Chase<'a>> {
    let next = nearest_after(found);
    let mut before = Nearest::default();
    let mut chases = Vec::new();
    for (at, it) in found.iter().enumerate() {
        match it.phrase.class {
            Class::Chase => chases.push(Chase { range: it.range.clone(), cue: &it.phrase.cue, sure: true }),
            Class::Contact | Class::Asked => joined(found, at, &before, &next[at], &mut chases),
            _ => {}
        }
        before.note(at, it.phrase.class);
    }
    chases
}

/// Where the nearest phrases of the joining classes are, as indices.
#[derive(Default, Clone, Copy)]
struct Nearest {
    times: Option<usize>,
    outcome: Option<usize>,
    snag: Option<usize>,
}

impl Nearest {
    fn note(&mut self, at: usize, class: Class) {
        match class {
            Class::Times => self.times = Some(at),
            Class::Outcome => self.outcome = Some(at),
            Class::Snag => self.snag = Some(at),
            _ => {}
        }
    }
}

/// For each phrase the nearest ones after it.
fn nearest_after(found: &[Found<'_>]) -> Vec<Nearest> {
    let mut nearest = Nearest::default();
    let mut after = vec![nearest; found.len()];
    for (at, it) in found.iter().enumerate().rev() {
        after[at] = nearest;
        nearest.note(at, it.phrase.class);
    }
    after
}

/// The chase that a contact makes with what stands around it, if any.
fn joined<'a>(
    found: &[Found<'a>],
    at: usize,
    before: &Nearest,
    after: &Nearest,
    chases: &mut Vec<Chase<'a>>,
) {
    let contact = &found[at];
    let sure_contact = contact.phrase.class == Class::Contact;
    let same_sentence = |other: &&Found<'_>| other.sentence == contact.sentence;
    let within = |most: usize| move |other: &&Found<'_>| other.sentence - contact.sentence <= most;
    let get = |index: Option<usize>| index.map(|index| &found[index]);

    let counted = get(before.times)
        .filter(same_sentence)
        .filter(|times| contact.range.start - times.range.start <= TIMES_BEFORE)
        .or(get(after.times)
            .filter(same_sentence)
            .filter(|times| times.range.start - contact.range.start <= TIMES_AFTER))
        .filter(|_| sure_contact);
    let failed = get(before.outcome)
        .filter(same_sentence)
        .or(get(after.outcome).filter(within(if sure_contact { OUTCOME_WITHIN } else { WEAK_WITHIN })))
        .or(get(after.snag).filter(within(WEAK_WITHIN)).filter(|_| sure_contact));
    let Some(other) = counted.or(failed) else { return };
    // "It keeps asking me for my password": the same words tell no contact and its outcome.
    if !sure_contact && other.range.start < contact.range.end && contact.range.start < other.range.end {
        return;
    }

    let sure = sure_contact && other.phrase.class != Class::Snag && other.sentence == contact.sentence;
    let (first, last) =
        if other.range.start < contact.range.start { (other, contact) } else { (contact, other) };
    if last.sentence == first.sentence && last.range.start.saturating_sub(first.range.end) <= ONE_QUOTE {
        chases.push(Chase { range: first.range.start..last.range.end, cue: &other.phrase.cue, sure });
    } else {
        for part in [first, last] {
            chases.push(Chase { range: part.range.clone(), cue: &part.phrase.cue, sure });
        }
    }
}

/// Overlapping quotes made one, in the order of the text.
fn merged(mut chases: Vec<Chase<'_>>) -> Vec<Chase<'_>> {
    chases.sort_by_key(|chase| chase.range.start);
    chases.dedup_by(|later, earlier| {
        let overlap = later.range.start < earlier.range.end;
        if overlap {
            earlier.range.end = earlier.range.end.max(later.range.end);
            earlier.sure |= later.sure;
        }
        overlap
    });
    chases
}
