//! Labelled messages, and which labels are compared with what detection finds.

use std::path::Path;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::detect::{DetectorName, Kind, Signal};
use crate::note::worth::worth_a_note;
use crate::ticket::CustomerText;

/// A line of a labelled file. Labels that a file leaves out count as "not so".
#[derive(Deserialize)]
pub struct Labelled {
    pub id: String,
    pub text: CustomerText,
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub time_zone: Option<String>,
    #[serde(default)]
    pub urgency: u8,
    /// The shortest words of the text that show urgency.
    #[serde(default)]
    pub urgency_quote: Option<CustomerText>,
    #[serde(default)]
    pub repeat: u8,
    /// The shortest words of the text that show that the customer had to come back.
    #[serde(default)]
    pub repeat_quote: Option<CustomerText>,
    /// How strong ill feeling is: 0 none, 1 noticeable, 2 strong.
    #[serde(default)]
    pub emotion: u8,
    #[serde(default)]
    pub emotions: Vec<String>,
    /// The shortest words of the text that show ill feeling.
    #[serde(default)]
    pub emotion_quote: Option<CustomerText>,
    #[serde(default)]
    pub mismatch: u8,
    #[serde(default)]
    pub note_worthy: u8,
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

    /// Whether people labelled the message so.
    pub fn is_labelled(self, message: &Labelled) -> bool {
        match self {
            Self::Urgency => message.urgency >= 1,
            Self::Repeat => message.repeat >= 1,
            Self::Emotion => message.emotion >= 1,
            Self::Mismatch => message.mismatch >= 1,
            Self::Note => message.note_worthy >= 1,
            Self::Of(kind) => {
                let name =
                    ASPECTS.iter().find(|(_, aspect)| *aspect == Self::Of(kind)).map(|(name, _)| *name);
                message.emotions.iter().any(|emotion| Some(emotion.as_str()) == name)
            }
        }
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
