//! Labelled messages, and which labels are compared with what detection finds.

use std::path::Path;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::detect::{DetectorName, Kind, Signal};
use crate::note::worth::worth_a_note;
use crate::ticket::CustomerText;

/// A line of a labelled file. A label that a line leaves out counts as "not so"; one that all lines leave out is not measured.
#[derive(Deserialize)]
pub struct Labelled {
    pub id: String,
    pub text: CustomerText,
    pub created_at: Option<DateTime<Utc>>,
    pub time_zone: Option<String>,
    pub urgency: Option<u8>,
    /// The shortest words of the text that show urgency.
    pub urgency_quote: Option<CustomerText>,
    pub repeat: Option<u8>,
    /// The shortest words of the text that show that the customer had to come back.
    pub repeat_quote: Option<CustomerText>,
    /// How strong ill feeling is: 0 none, 1 noticeable, 2 strong.
    pub emotion: Option<u8>,
    pub emotions: Option<Vec<String>>,
    /// The shortest words of the text that show ill feeling.
    pub emotion_quote: Option<CustomerText>,
    pub mismatch: Option<u8>,
    pub note_worthy: Option<u8>,
}

/// Reads a file of labelled messages, one JSON object a line. Errors name the line and quote nothing of it.
pub fn read(path: &Path) -> anyhow::Result<Vec<Labelled>> {
    let file = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let lines = file.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| {
                let (line, column) = (number + 1, error.column());
                anyhow::anyhow!("{}, line {line}, column {column}: not a labelled message", path.display())
            })
        })
        .collect()
}

/// Something that is both labelled and found: a row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    Urgency,
    Repeat,
    /// Any ill feeling.
    Emotion,
    Of(Kind),
    Mismatch,
    Note,
}

/// All rows of the table, each with its name.
pub const ASPECTS: [(&str, Aspect); 13] = [
    ("urgency", Aspect::Urgency),
    ("repeat", Aspect::Repeat),
    ("emotion", Aspect::Emotion),
    ("anger", Aspect::Of(Kind::Anger)),
    ("frustration", Aspect::Of(Kind::Frustration)),
    ("fear", Aspect::Of(Kind::Fear)),
    ("sadness", Aspect::Of(Kind::Sadness)),
    ("unheard", Aspect::Of(Kind::Unheard)),
    ("churn", Aspect::Of(Kind::Churn)),
    ("gratitude", Aspect::Of(Kind::Gratitude)),
    ("joy", Aspect::Of(Kind::Joy)),
    ("mismatch", Aspect::Mismatch),
    ("note", Aspect::Note),
];

impl Aspect {
    /// Finds a row by its name.
    pub fn named(name: &str) -> Option<Self> {
        ASPECTS.iter().find(|(known, _)| *known == name).map(|(_, aspect)| *aspect)
    }

    /// Whether people labelled the message so; none where they did not say.
    pub fn label(self, message: &Labelled) -> Option<bool> {
        let at_least_one = |label: Option<u8>| label.map(|label| label >= 1);
        match self {
            Self::Urgency => at_least_one(message.urgency),
            Self::Repeat => at_least_one(message.repeat),
            Self::Emotion => at_least_one(message.emotion),
            Self::Mismatch => at_least_one(message.mismatch),
            Self::Note => at_least_one(message.note_worthy),
            Self::Of(_) => {
                let name = ASPECTS.iter().find(|(_, aspect)| *aspect == self).map(|(name, _)| *name);
                let emotions = message.emotions.as_ref()?;
                Some(emotions.iter().any(|emotion| Some(emotion.as_str()) == name))
            }
        }
    }

    /// Whether people labelled the message so.
    pub fn is_labelled(self, message: &Labelled) -> bool {
        self.label(message).unwrap_or(false)
    }

    /// Whether detection found it.
    pub fn is_found(self, signals: &[Signal]) -> bool {
        let by = |detector| signals.iter().any(|signal| signal.detector == detector);
        match self {
            Self::Urgency => by(DetectorName::Urgency),
            Self::Repeat => by(DetectorName::RepeatFollowUp),
            Self::Mismatch => by(DetectorName::AmountMismatch),
            Self::Note => worth_a_note(signals),
            Self::Emotion => signals.iter().any(|signal| signal.kind.is_ill_feeling()),
            Self::Of(kind) => signals.iter().any(|signal| signal.kind == kind),
        }
    }
}
