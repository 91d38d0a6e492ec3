//! News: what a message says that no note of its ticket has said yet. Only that may earn a further note.

use crate::detect::{Kind, Signal};

/// Gives the signals whose kind no note of this ticket has named. `told` holds the kinds as SQL has them.
pub fn news(signals: &[Signal], told: &[String]) -> Vec<Signal> {
    let is_told = |kind: Kind| told_by(kind).iter().any(|by| told.iter().any(|told| told == by.as_str()));
    signals.iter().filter(|signal| !is_told(signal.kind)).cloned().collect()
}

/// The kinds that leave an agent nothing new in this one: itself, and what says the same more strongly.
fn told_by(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::Hurry => &[Kind::Hurry, Kind::Deadline, Kind::Blocked],
        Kind::Chase | Kind::Records => &[Kind::Chase, Kind::Records],
        Kind::Frustration => &[Kind::Frustration, Kind::Anger],
        Kind::Deadline => &[Kind::Deadline],
        Kind::Blocked => &[Kind::Blocked],
        Kind::Anger => &[Kind::Anger],
        Kind::Fear => &[Kind::Fear],
        Kind::Sadness => &[Kind::Sadness],
        Kind::Unheard => &[Kind::Unheard],
        Kind::Churn => &[Kind::Churn],
        Kind::SmallAmount => &[Kind::SmallAmount],
        Kind::Gratitude => &[Kind::Gratitude],
        Kind::Joy => &[Kind::Joy],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{DetectorName, EmotionFacts, Facts, Strength};

    fn signal(kind: Kind) -> Signal {
        Signal {
            detector: DetectorName::EmotionalLanguage,
            kind,
            strength: Strength::Clear,
            evidence: Vec::new(),
            facts: Facts::Emotion(EmotionFacts { level: 2 }),
        }
    }

    #[test]
    fn is_what_no_note_has_named_nor_anything_stronger() {
        use Kind::{Anger, Blocked, Chase, Churn, Deadline, Fear, Frustration, Hurry, Records, Unheard};
        type Case = (&'static str, &'static [Kind], &'static [Kind], &'static [Kind]);
        let cases: [Case; 13] = [
            ("nothing told", &[Chase, Anger], &[], &[Chase, Anger]),
            ("the same again", &[Chase, Anger], &[Anger, Chase], &[]),
            ("leaving, after a chase", &[Chase, Churn], &[Chase], &[Churn]),
            ("a deadline, after a hurry", &[Deadline], &[Hurry], &[Deadline]),
            ("a hurry, after a deadline", &[Hurry], &[Deadline], &[]),
            ("a hurry, when they are blocked", &[Hurry], &[Blocked], &[]),
            ("a deadline, when they are blocked", &[Deadline], &[Blocked], &[Deadline]),
            ("their words, after the records", &[Chase], &[Records], &[]),
            ("the records, after their words", &[Records], &[Chase], &[]),
            ("anger, after frustration", &[Anger], &[Frustration], &[Anger]),
            ("frustration, after anger", &[Frustration], &[Anger], &[]),
            ("unheard, after anger", &[Unheard], &[Anger, Fear], &[Unheard]),
            ("nothing found", &[], &[Chase], &[]),
        ];
        for (name, found, told, expected) in cases {
            let signals: Vec<_> = found.iter().map(|kind| signal(*kind)).collect();
            let told: Vec<_> = told.iter().map(|kind| kind.as_str().to_owned()).collect();
            let news: Vec<_> = news(&signals, &told).iter().map(|signal| signal.kind).collect();
            assert_eq!(news, expected, "{name}");
        }
    }
}
