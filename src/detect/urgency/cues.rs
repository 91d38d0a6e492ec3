//! The stated hurry and the harm running now: phrases from the lexicon, less those that a guard takes back.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;

use super::harm::Harms;
use crate::detect::lexicon::Lexicon;
use crate::detect::search::{Found, Patterns};
use crate::text::Cleaned;

/// What an entry of `urgency.toml` means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    pub kind: CueKind,
    #[serde(rename = "cue")]
    pub name: String,
    /// Serious harm running now, or a named event close by.
    #[serde(default)]
    pub strong: bool,
    /// The words allow it, they do not say it.
    #[serde(default)]
    pub possible: bool,
    /// Counts only beside a deadline.
    #[serde(default)]
    pub beside: bool,
    /// Also a formula of legal letters.
    #[serde(default)]
    pub routine: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CueKind {
    Hurry,
    Blocked,
    Event,
}

/// What an entry of `urgency_guards.toml` means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Guard {
    reach: Reach,
    stops: Stops,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reach {
    Touch,
    Sentence,
    Message,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stops {
    Hurry,
    Blocked,
    Told,
    Routine,
    All,
}

impl Stops {
    fn stops(self, cue: &Cue) -> bool {
        match self {
            Self::All => true,
            Self::Routine => cue.routine,
            Self::Hurry => cue.kind == CueKind::Hurry,
            Self::Blocked => cue.kind == CueKind::Blocked,
            Self::Told => cue.kind != CueKind::Hurry,
        }
    }
}

/// No person reads more evidence than this of one message, and each quote costs a walk through the text.
const MOST: usize = 16;

pub struct Cues {
    /// One part for each cue: many patterns with gaps in them in one automaton make more states than it can keep,
    /// and building them anew for each message costs eighty times as much as searching one after the other.
    cues: [Lexicon<Cue>; 2],
    harms: Harms,
    guards: Lexicon<Guard>,
}

/// A phrase of urgency in a message.
pub struct Hit<'l> {
    pub range: Range<usize>,
    pub cue: &'l Cue,
}

impl Cues {
    pub fn load(patterns: &mut Patterns) -> anyhow::Result<Self> {
        let said = include_str!("../../../config/lexicons/en/urgency.toml");
        let families = include_str!("../../../config/lexicons/en/urgency_families.toml");
        let guards = include_str!("../../../config/lexicons/en/urgency_guards.toml");
        let name = |cue: &Cue| cue.name.clone();
        Ok(Self {
            cues: [
                Lexicon::parse_parts(patterns, "urgency.toml", said, name)?,
                Lexicon::parse_parts(patterns, "urgency_families.toml", families, name)?,
            ],
            harms: Harms::load(patterns)?,
            guards: Lexicon::parse_parts(patterns, "urgency_guards.toml", guards, |guard: &Guard| {
                guard.stops
            })?,
        })
    }

    /// Where the text speaks of what people live by, a home, a job, their money and what they need it for, and not of the past.
    pub fn matters<'a>(&'a self, text: &Cleaned<'_>, found: &'a Found) -> impl Iterator<Item = usize> + 'a {
        let over = |(_, guard): &(Range<usize>, &Guard)| {
            guard.reach == Reach::Sentence && matches!(guard.stops, Stops::Told | Stops::Blocked | Stops::All)
        };
        let over: Vec<_> =
            self.guards.among(found).filter(over).map(|(range, _)| text.sentence_at(range.start)).collect();
        let stands = move |place: &usize| {
            let next = over.partition_point(|sentence| sentence.end <= *place);
            over.get(next).is_none_or(|sentence| sentence.start > *place)
        };
        self.harms.places(found).filter(stands)
    }

    /// The phrases that stand, in the order of the text.
    pub fn find<'l>(&'l self, text: &Cleaned<'_>, found: &'l Found) -> Vec<Hit<'l>> {
        let hits = self.all(text, found);
        if hits.is_empty() {
            return hits;
        }
        let mut stopped = vec![false; hits.len()];
        // A reach wider than the guard is walked once for each thing it stops, however often it is said.
        let mut walked = BTreeSet::new();
        for (range, guard) in self.guards.among(found) {
            let sentence = text.sentence_at(range.start);
            let reach = match guard.reach {
                Reach::Message => 0..text.folded().len(),
                Reach::Touch => range.start..(range.end + 2).min(sentence.end.max(range.end)),
                Reach::Sentence => sentence,
            };
            if guard.reach != Reach::Touch && !walked.insert((reach.start, reach.end, guard.stops)) {
                continue;
            }
            let first = hits.partition_point(|hit| hit.range.end <= reach.start);
            for (at, hit) in
                hits.iter().enumerate().skip(first).take_while(|(_, hit)| hit.range.start < reach.end)
            {
                // "We can not refinance", "no time to lose": a "no" within the cue's own words denies nothing. What runs to the end
                // of a hurry takes it back all the same: "as soon as I know", "let me know soon".
                let own = guard.reach == Reach::Touch
                    && range.start >= hit.range.start
                    && (guard.stops != Stops::Hurry || range.end < hit.range.end);
                stopped[at] |= !own && guard.stops.stops(hit.cue);
            }
        }
        let standing = hits.into_iter().zip(stopped).filter(|(_, stopped)| !stopped).map(|(hit, _)| hit);
        standing.take(MOST).collect()
    }

    /// Every phrase in the order of the text; of two that overlap, the one that counts by itself, then the one that begins
    /// first, then the longer.
    fn all<'l>(&'l self, text: &Cleaned<'_>, found: &'l Found) -> Vec<Hit<'l>> {
        let mut hits: Vec<_> = self
            .cues
            .iter()
            .flat_map(|cues| cues.among(found))
            .map(|(range, cue)| Hit { range, cue })
            .chain(self.harms.find(text, found))
            .collect();
        hits.sort_by_key(|hit| (hit.cue.beside, hit.range.start, Reverse(hit.range.end)));
        let by_itself = hits.partition_point(|hit| !hit.cue.beside);
        let beside = hits.split_off(by_itself);
        let mut hits = apart(hits);
        let free = |hit: &Hit<'_>| {
            let next = hits.partition_point(|other| other.range.end <= hit.range.start);
            hits.get(next).is_none_or(|other| other.range.start >= hit.range.end)
        };
        let beside: Vec<_> = apart(beside).into_iter().filter(free).collect();
        hits.extend(beside);
        hits.sort_by_key(|hit| hit.range.start);
        hits
    }
}

/// Those of sorted hits that begin where no earlier one still runs.
fn apart(mut hits: Vec<Hit<'_>>) -> Vec<Hit<'_>> {
    let mut end = 0;
    hits.retain(|hit| {
        let apart = hit.range.start >= end;
        end = end.max(hit.range.end);
        apart
    });
    hits
}
