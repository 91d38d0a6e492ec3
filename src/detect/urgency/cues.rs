//! The stated hurry and the harm running now: phrases from the lexicon, less those that a guard takes back.

use std::ops::Range;

use serde::Deserialize;

use crate::detect::lexicon::Lexicon;
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stops {
    Hurry,
    Blocked,
    Routine,
    All,
}

impl Stops {
    fn stops(self, cue: &Cue) -> bool {
        match self {
            Self::All => true,
            Self::Routine => cue.routine,
            Self::Hurry => cue.kind == CueKind::Hurry,
            Self::Blocked => cue.kind != CueKind::Hurry,
        }
    }
}

pub struct Cues {
    cues: Lexicon<Cue>,
    guards: Lexicon<Guard>,
}

/// A phrase of urgency in a message.
pub struct Hit<'l> {
    pub range: Range<usize>,
    pub cue: &'l Cue,
}

impl Cues {
    pub fn load() -> anyhow::Result<Self> {
        Ok(Self {
            cues: Lexicon::parse("urgency.toml", include_str!("../../../config/lexicons/en/urgency.toml"))?,
            guards: Lexicon::parse(
                "urgency_guards.toml",
                include_str!("../../../config/lexicons/en/urgency_guards.toml"),
            )?,
        })
    }

    /// The phrases that stand, in the order of the text.
    pub fn find<'l>(&'l self, text: &'l Cleaned<'_>) -> Vec<Hit<'l>> {
        let mut hits: Vec<_> = self.cues.find(text.folded()).map(|(range, cue)| Hit { range, cue }).collect();
        if hits.is_empty() {
            return hits;
        }
        for (range, guard) in self.guards.find(text.folded()) {
            let sentence = text.sentence_at(range.start);
            let reach = match guard.reach {
                Reach::Message => 0..text.folded().len(),
                Reach::Touch => range.start..(range.end + 2).min(sentence.end.max(range.end)),
                Reach::Sentence => sentence,
            };
            hits.retain(|hit| {
                !guard.stops.stops(hit.cue) || hit.range.start >= reach.end || hit.range.end <= reach.start
            });
        }
        hits
    }
}
