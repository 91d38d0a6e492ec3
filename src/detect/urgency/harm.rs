//! Harm told as a plain fact: "they denied me as well", "we can't refinance because of this".
//!
//! No phrase says it. A matter that people live by (a home, a loan, a job) stands close to a word that says it is refused,
//! stopped or lost, and the two together are the harm. A refusal counts where the message names what stands against them, a credit
//! report or a mistake: one by those they write to is what they complain of.

use std::ops::Range;

use anyhow::Context;
use serde::Deserialize;

use super::cues::{Cue, CueKind, Hit};
use crate::detect::lexicon::Lexicon;
use crate::detect::search::{Found, Patterns};
use crate::text::Cleaned;

/// How far the matter may stand from what befalls it, in bytes: about twelve words. What weighs less stands closer.
const WITHIN: usize = 60;
const CLOSE: usize = 30;
const BESIDE: usize = 14;
/// Across the end of a sentence only what says outright that someone was refused is taken to be of the same matter.
const ACROSS: usize = 45;
/// How far from held money what it is needed for may be told, in bytes: a few sentences.
const NEEDED_WITHIN: usize = 250;
/// How far a cause may stand from what it explains, in bytes.
const CAUSE_WITHIN: usize = 90;

/// What an entry of `urgency_harm.toml` means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    Not,
    Matter,
    Refused,
    Mark,
    Cannot,
    Stopped,
    Lost,
    WasLost,
    Cause,
    Means,
    Held,
    Living,
}

pub struct Harms {
    words: Lexicon<Word>,
    refused: Cue,
    stopped: Cue,
    lost: Cue,
    held: Cue,
}

impl Harms {
    pub fn load(patterns: &mut Patterns) -> anyhow::Result<Self> {
        let toml = include_str!("../../../config/lexicons/en/urgency_harm.toml");
        let words = Lexicon::parse_parts(patterns, "urgency_harm.toml", toml, |word: &Word| word.role)
            .context("the words of harm")?;
        Ok(Self {
            words,
            refused: cue("refused a loan, home or job"),
            stopped: cue("holds up something of theirs"),
            lost: cue("a job or home at stake"),
            held: cue("needs the money to live"),
        })
    }

    /// Where the text speaks of what people live by, in its order.
    pub fn places<'a>(&'a self, found: &'a Found) -> impl Iterator<Item = usize> + 'a {
        let lived_by = [Role::Matter, Role::Means, Role::Living];
        let words = self.words.among(found).filter(move |(_, word)| lived_by.contains(&word.role));
        words.map(|(range, _)| range.start)
    }

    /// Every harm in the order of the text.
    pub fn find<'l>(&'l self, text: &Cleaned<'_>, found: &Found) -> Vec<Hit<'l>> {
        let words = self.standing(found);
        let of = |wanted: Role| -> Vec<&Range<usize>> {
            words.iter().filter(|(_, role)| *role == wanted).map(|(range, _)| range).collect()
        };
        let (matters, means) = (of(Role::Matter), of(Role::Means));
        if matters.is_empty() && means.is_empty() {
            return Vec::new();
        }
        let (causes, livings, marks) = (of(Role::Cause), of(Role::Living), of(Role::Mark));
        let mut hits = Vec::new();
        for (range, role) in &words {
            let (cue, things) = match role {
                Role::Refused | Role::Cannot => (&self.refused, &matters),
                Role::Stopped => (&self.stopped, &matters),
                Role::Lost | Role::WasLost => (&self.lost, &matters),
                Role::Held => (&self.held, &means),
                _ => continue,
            };
            let told = match role {
                Role::Refused => !marks.is_empty(),
                Role::WasLost => any_within(&causes, range, CAUSE_WITHIN),
                Role::Held => any_within(&livings, range, NEEDED_WITHIN),
                _ => true,
            };
            let sentence = text.sentence_at(range.start);
            let near = around(things, range, WITHIN).filter(|thing| befalls(*role, range, thing, &sentence));
            if let Some(thing) = near.min_by_key(|thing| apart(thing, range)).filter(|_| told) {
                hits.push(Hit { range: thing.start.min(range.start)..thing.end.max(range.end), cue });
            }
        }
        hits
    }

    /// The words in the order of the text, those left out that share bytes with a `not`.
    fn standing(&self, found: &Found) -> Vec<(Range<usize>, Role)> {
        let (mut words, mut nots) = (Vec::new(), Vec::new());
        for (range, word) in self.words.among(found) {
            match word.role {
                Role::Not => nots.push(range),
                role => words.push((range, role)),
            }
        }
        let mut not = 0;
        words.retain(|(range, _)| {
            while nots.get(not).is_some_and(|not| not.end <= range.start) {
                not += 1;
            }
            nots.get(not).is_none_or(|not| not.start >= range.end)
        });
        words
    }
}

fn cue(name: &str) -> Cue {
    Cue {
        kind: CueKind::Blocked,
        name: name.to_owned(),
        strong: false,
        possible: true,
        beside: false,
        routine: false,
    }
}

/// Those of `ranges`, in the order of the text, that stand within so many bytes.
fn around<'r>(
    ranges: &'r [&'r Range<usize>],
    range: &'r Range<usize>,
    within: usize,
) -> impl Iterator<Item = &'r Range<usize>> {
    let first = ranges.partition_point(|other| other.end + within < range.start);
    ranges[first..].iter().copied().take_while(move |other| other.start <= range.end + within)
}

fn any_within(ranges: &[&Range<usize>], range: &Range<usize>, within: usize) -> bool {
    around(ranges, range, within).next().is_some()
}

/// Whether what `role` says at `word` is of the matter. Across the end of a sentence only an outright refusal is.
fn befalls(role: Role, word: &Range<usize>, matter: &Range<usize>, sentence: &Range<usize>) -> bool {
    let (apart, after) = (apart(matter, word), matter.end > word.end);
    if !within(matter, sentence) {
        return role == Role::Refused && matter.end <= sentence.start && apart <= ACROSS;
    }
    match role {
        Role::Refused => apart <= WITHIN,
        Role::Stopped | Role::Held => apart <= CLOSE,
        Role::Cannot => apart <= BESIDE && after,
        _ => apart <= CLOSE && after,
    }
}

fn within(range: &Range<usize>, sentence: &Range<usize>) -> bool {
    range.start >= sentence.start && range.end <= sentence.end
}

fn apart(one: &Range<usize>, other: &Range<usize>) -> usize {
    one.start.saturating_sub(other.end).max(other.start.saturating_sub(one.end))
}
