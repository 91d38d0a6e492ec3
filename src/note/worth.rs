//! Worth a note: whether an agent about to reply would be helped by being told.

use crate::detect::{DetectorName, Facts, Kind, Signal};

/// Says whether these signals, found on one message, deserve a note.
///
/// Time running out, a customer who had to come back and a small sum with a long message always do; of feelings,
/// whatever is strong, and anger, fear, not being heard and leaving at any strength. Mild frustration or
/// disappointment alone does not, nor does anything pleasant: an agent sees those for themself.
pub fn worth_a_note(signals: &[Signal]) -> bool {
    signals.iter().any(|signal| match signal.detector {
        DetectorName::Urgency | DetectorName::RepeatFollowUp | DetectorName::AmountMismatch => true,
        DetectorName::EmotionalLanguage => {
            let telling = matches!(signal.kind, Kind::Anger | Kind::Fear | Kind::Unheard | Kind::Churn);
            telling || is_strong(signal)
        }
    })
}

fn is_strong(signal: &Signal) -> bool {
    signal.kind.is_ill_feeling() && matches!(&signal.facts, Facts::Emotion(emotion) if emotion.level >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{EmotionFacts, RepeatFacts, Strength};

    fn feeling(kind: Kind, level: u8) -> Signal {
        Signal {
            detector: DetectorName::EmotionalLanguage,
            kind,
            strength: Strength::Possible,
            evidence: Vec::new(),
            facts: Facts::Emotion(EmotionFacts { level }),
        }
    }

    #[test]
    fn is_worth_it_for_what_changes_the_reply() {
        let repeat = Signal {
            detector: DetectorName::RepeatFollowUp,
            kind: Kind::Chase,
            facts: Facts::Repeat(RepeatFacts::default()),
            ..feeling(Kind::Chase, 0)
        };
        let cases = [
            ("nothing found", vec![], false),
            ("mild frustration alone", vec![feeling(Kind::Frustration, 1)], false),
            ("mild disappointment alone", vec![feeling(Kind::Sadness, 1)], false),
            ("both, still mild", vec![feeling(Kind::Frustration, 1), feeling(Kind::Sadness, 1)], false),
            ("strong frustration", vec![feeling(Kind::Frustration, 2)], true),
            ("mild anger", vec![feeling(Kind::Anger, 1)], true),
            ("fear", vec![feeling(Kind::Fear, 1)], true),
            ("not heard", vec![feeling(Kind::Unheard, 1)], true),
            ("leaving", vec![feeling(Kind::Churn, 1)], true),
            ("a chase", vec![repeat], true),
            ("thanks and delight", vec![feeling(Kind::Gratitude, 0), feeling(Kind::Joy, 0)], false),
            (
                "delight beside mild frustration",
                vec![feeling(Kind::Joy, 0), feeling(Kind::Frustration, 1)],
                false,
            ),
        ];
        for (name, signals, expected) in cases {
            assert_eq!(worth_a_note(&signals), expected, "{name}");
        }
    }
}
