//! What lies beneath a message: each detector reads it and says what it found, with the words it rests on.
//!
//! Detectors are pure: no clock, database or network. A new one is one file, one `Kind` and one line in `Detectors::load`.

pub mod amount_mismatch;
pub mod amounts;
pub mod emotional_language;
mod gate;
pub mod lexicon;
mod measured;
pub mod numbers;
pub mod repeat_follow_up;
pub mod search;
mod steps;
pub mod urgency;
pub mod wording;

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use self::search::{Found, Patterns, Search};
use crate::text::Cleaned;
use crate::ticket::{CustomerText, History, TicketId, Zone};

/// One customer message and what is known around it: all that a detector may look at.
pub struct Reading<'a> {
    pub text: &'a Cleaned<'a>,
    /// The ticket's subject, to compare with earlier tickets; nothing is quoted from it.
    pub subject: &'a str,
    pub sent_at: DateTime<Utc>,
    pub zone: Zone,
    pub history: &'a History,
}

/// Something found in a message.
#[derive(Debug, Clone, Serialize)]
pub struct Signal {
    pub detector: DetectorName,
    pub kind: Kind,
    pub strength: Strength,
    /// In the order of the text. Empty only where records alone speak.
    pub evidence: Vec<Evidence>,
    pub facts: Facts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectorName {
    Urgency,
    RepeatFollowUp,
    EmotionalLanguage,
    AmountMismatch,
}

impl DetectorName {
    /// The word in JSON and in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Urgency => "urgency",
            Self::RepeatFollowUp => "repeat_follow_up",
            Self::EmotionalLanguage => "emotional_language",
            Self::AmountMismatch => "amount_mismatch",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    // urgency, the strongest that applies
    /// A date or event by which it matters.
    Deadline,
    /// Blocked or harmed right now.
    Blocked,
    /// A stated hurry with no date.
    Hurry,
    // repeat follow-up
    /// The customer says that they had to come back.
    Chase,
    /// Only the records say so.
    Records,
    // emotional language
    Anger,
    Frustration,
    Fear,
    Sadness,
    Unheard,
    Churn,
    Gratitude,
    Joy,
    // small amount, long message
    SmallAmount,
}

impl Kind {
    /// The word in JSON and in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Blocked => "blocked",
            Self::Hurry => "hurry",
            Self::Chase => "chase",
            Self::Records => "records",
            Self::Anger => "anger",
            Self::Frustration => "frustration",
            Self::Fear => "fear",
            Self::Sadness => "sadness",
            Self::Unheard => "unheard",
            Self::Churn => "churn",
            Self::Gratitude => "gratitude",
            Self::Joy => "joy",
            Self::SmallAmount => "small_amount",
        }
    }

    /// Whether this is a negative feeling of the customer's.
    pub fn is_ill_feeling(self) -> bool {
        matches!(
            self,
            Self::Anger | Self::Frustration | Self::Fear | Self::Sadness | Self::Unheard | Self::Churn
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// The words allow it.
    Possible,
    /// The words say it.
    Clear,
}

impl Strength {
    /// The word in JSON and in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Clear => "clear",
        }
    }
}

/// An exact quote of the original text. Offsets count Unicode characters, `end` exclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub start: usize,
    pub end: usize,
    pub quote: CustomerText,
    /// Why this is evidence: the rule or the words that weighed most.
    pub cue: String,
}

/// What a signal knows beside its quotes. Written to JSON without the fields that are not known.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Facts {
    Urgency(UrgencyFacts),
    Repeat(RepeatFacts),
    Emotion(EmotionFacts),
    Mismatch(MismatchFacts),
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct UrgencyFacts {
    /// The customer's words for the deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_text: Option<CustomerText>,
    /// The moment meant, never before the message. `None` where the words cannot be resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_at: Option<DateTime<Utc>>,
    /// Hours from the message to the deadline, one decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_left: Option<f64>,
    /// Whether the words name a time of day, not only a day.
    #[serde(skip)]
    pub deadline_has_time: bool,
    /// Near deadline or serious harm running now, as against some time pressure.
    pub strong: bool,
    pub blocked: bool,
    pub hurry: bool,
    /// The customer's local time of sending, "22:51"; only where their own zone is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_local: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct RepeatFacts {
    /// How many contacts the customer counts, this one included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<u32>,
    /// The customer's words for how long they have been at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_text: Option<CustomerText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_days: Option<u32>,
    /// Earlier tickets on the same matter, as the records have them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub record_tickets: Vec<TicketId>,
    /// How often this ticket was reopened, as the records have it.
    #[serde(skip_serializing_if = "is_zero")]
    pub reopens: u32,
    /// Customer messages waiting for a public answer, as the records have it.
    #[serde(skip_serializing_if = "is_zero")]
    pub unanswered: u32,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct EmotionFacts {
    /// 1 noticeable, 2 strong: the whole message's negative feeling.
    pub level: u8,
}

#[derive(Debug, Clone, Serialize)]
pub struct MismatchFacts {
    /// The sum at stake, a decimal string.
    pub amount: String,
    /// ISO 4217; null where the sign could be several currencies'.
    pub currency: Option<String>,
    pub words: u32,
    pub typical_words: u32,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// Reads one message for one thing.
pub trait Detector: Send + Sync {
    /// Raised whenever the same message could give other signals than before.
    fn version(&self) -> u32;
    /// `found` is what the search for the phrases of all detectors found in the text.
    fn detect(&self, reading: &Reading<'_>, found: &Found) -> Vec<Signal>;
}

/// All detectors, their lexicons read and compiled. Costs milliseconds to load: do it once.
pub struct Detectors {
    all: Vec<Box<dyn Detector>>,
    /// For the phrases of all of them.
    search: Search,
    amounts: amounts::Amounts,
    /// Held by the message that is being read.
    turn: Mutex<()>,
}

impl Detectors {
    pub fn load() -> anyhow::Result<Self> {
        Self::with(|patterns| {
            Ok(vec![
                Box::new(urgency::Urgency::load(patterns)?),
                Box::new(repeat_follow_up::RepeatFollowUp::load(patterns)?),
                Box::new(emotional_language::EmotionalLanguage::load(patterns)?),
                Box::new(amount_mismatch::AmountMismatch::load(patterns)?),
            ])
        })
    }

    /// Those that `load` loads; each adds its patterns to the search.
    pub fn with(
        load: impl FnOnce(&mut Patterns) -> anyhow::Result<Vec<Box<dyn Detector>>>,
    ) -> anyhow::Result<Self> {
        let mut patterns = Patterns::default();
        let all = load(&mut patterns)?;
        let (search, amounts) = (patterns.search(), amounts::Amounts::load()?);
        Ok(Self { all, search, amounts, turn: Mutex::default() })
    }

    /// Reads one message with all of them, one message at a time: what the searches keep takes tens of megabytes for
    /// each that runs beside others, and reading takes microseconds.
    pub fn run(&self, reading: &Reading<'_>) -> Vec<Signal> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.search.find(reading.text.folded());
        self.all.iter().flat_map(|detector| detector.detect(reading, &found)).collect()
    }

    /// Says whether a message names a sum of money: what is usual for those is measured on them.
    pub fn names_a_sum(&self, text: &Cleaned<'_>) -> bool {
        self.amounts.find(text.folded()).iter().any(|amount| !amount.value.is_zero())
    }

    /// Raised whenever the same message could give other signals than before.
    pub fn version(&self) -> u32 {
        self.all.iter().map(|detector| detector.version()).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::eval::labels;
    use crate::text;

    #[test]
    fn a_message_about_a_sum_is_told_from_one_with_other_numbers() {
        let detectors = Detectors::load().expect("the lexicons are valid");
        let cases = [
            ("a sign", "You took $12 from my card.", true),
            ("a comma", "It says €4,90 here.", true),
            ("in words", "All this for twelve dollars?", true),
            ("an order's number", "Order 48-2291 has not come.", false),
            ("a count", "I wrote 3 times in 2 weeks.", false),
            ("nothing", "You charged me $0.00.", false),
            ("no number", "Where are the prices in dollars?", false),
            (
                "somebody else's words",
                "Fine.\n\nOn Mon, 2 Mar 2026 at 10:00, Ann wrote:\n> It is $12.",
                false,
            ),
        ];
        for (name, message, expected) in cases {
            assert_eq!(detectors.names_a_sum(&text::clean(message)), expected, "{name}");
        }
    }

    #[test]
    fn the_automata_have_room_for_what_many_messages_say() {
        let detectors = Detectors::load().expect("the lexicons are valid");
        for file in ["public_domain.jsonl", "complaints.jsonl"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(file);
            for message in labels::read(&path).expect("labelled messages") {
                detectors.search.find(text::clean(message.text.expose()).folded());
            }
        }
        let fullness = detectors.search.fullness();
        assert!((0.1..0.8).contains(&fullness), "{fullness}");
    }
}
