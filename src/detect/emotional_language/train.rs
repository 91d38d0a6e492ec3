//! Training: labelled messages in, the table of weights out, with what cross-validation says of it.

use sha2::{Digest, Sha256};

use super::fit::{self, Fit};
use super::weights::{Decision, ILL, OUTPUTS, Scores, Weights, decide};
use super::{Reader, said};
use crate::eval::Counts;
use crate::eval::labels::Labelled;
use crate::text;

/// How often the messages are split to measure on what was not trained on.
const FOLDS: u64 = 10;
/// The precision that "any ill feeling" must keep.
const PRECISION: f64 = 0.88;
/// Thresholds tried, in hundredths.
const THRESHOLDS: std::ops::RangeInclusive<u32> = 8..=80;

/// A message as training sees it.
struct Example {
    features: Vec<f64>,
    said: [bool; ILL.len()],
    truth: [bool; OUTPUTS.len()],
    fold: u64,
}

/// What training gives: the table to ship, and each message's decision made without it in the training.
pub struct Trained {
    pub table: String,
    pub out_of_fold: Vec<Decision>,
}

/// Trains on labelled messages and measures by ten-fold cross-validation.
pub fn train(messages: &[Labelled], comment: &str) -> anyhow::Result<Trained> {
    let reader = Reader::load()?;
    let examples: Vec<_> = messages.iter().map(|message| example(&reader, message)).collect();
    let unseen = out_of_fold(&examples);
    let thresholds = thresholds(&examples, &unseen);
    let decisions: Vec<_> = examples
        .iter()
        .zip(&unseen)
        .map(|(example, probabilities)| decide(probabilities, &thresholds, example.said))
        .collect();
    let fits = fit_all(&examples.iter().collect::<Vec<_>>());
    let weights = Weights {
        constant: std::array::from_fn(|output| fits[output].constant),
        thresholds,
        measured: std::array::from_fn(|output| measure(&examples, &decisions, output)),
        features: (0..examples.first().map_or(0, |example| example.features.len()))
            .map(|place| std::array::from_fn(|output| fits[output].weights[place]))
            .collect(),
    };
    Ok(Trained { table: weights.table(comment, &reader.families.features()), out_of_fold: decisions })
}

fn example(reader: &Reader, message: &Labelled) -> Example {
    let text = text::clean(message.text.expose());
    let counted = reader.count(&text);
    let has = |name: &str| message.emotions.iter().any(|emotion| emotion == name);
    let truth = OUTPUTS.map(|output| match output {
        "any" => message.emotion >= 1,
        "strong" => message.emotion >= 2,
        kind => has(kind),
    });
    Example { said: said(&counted.hits), features: counted.features, truth, fold: fold(&message.text) }
}

/// The fold of a message: by its text, so that it stays where it is as others come and go.
fn fold(text: &crate::ticket::CustomerText) -> u64 {
    u64::from(Sha256::digest(text.expose())[0]) % FOLDS
}

fn fit_all(examples: &[&Example]) -> Vec<Fit> {
    let rows: Vec<&[f64]> = examples.iter().map(|example| &example.features[..]).collect();
    let fit_one = |output: usize| {
        let labels: Vec<bool> = examples.iter().map(|example| example.truth[output]).collect();
        fit::fit(&rows, &labels, fit::PENALTY)
    };
    (0..OUTPUTS.len()).map(fit_one).collect()
}

/// The probabilities of each message by weights that were fitted without it.
fn out_of_fold(examples: &[Example]) -> Vec<Scores> {
    let mut scores = vec![Scores::default(); examples.len()];
    for fold in 0..FOLDS {
        let (unseen, seen): (Vec<_>, Vec<_>) =
            examples.iter().enumerate().partition(|(_, example)| example.fold == fold);
        let seen: Vec<_> = seen.into_iter().map(|(_, example)| example).collect();
        let fits = fit_all(&seen);
        for (at, example) in unseen {
            scores[at] = std::array::from_fn(|output| fits[output].probability(&example.features));
        }
    }
    scores
}

/// Chooses the thresholds on messages unseen in the fitting: first for any ill feeling, then for each kind.
fn thresholds(examples: &[Example], unseen: &[Scores]) -> Scores {
    let mut thresholds = [0.5; OUTPUTS.len()];
    for output in 0..OUTPUTS.len() {
        let mut best = (f64::MIN, 0.5);
        for hundredths in THRESHOLDS {
            thresholds[output] = f64::from(hundredths) / 100.0;
            let decisions: Vec<_> = examples
                .iter()
                .zip(unseen)
                .map(|(example, probabilities)| decide(probabilities, &thresholds, example.said))
                .collect();
            let counts = measure(examples, &decisions, output);
            let worth = match OUTPUTS[output] {
                "any" => recall_at(&counts, PRECISION),
                "strong" => precision_first(&counts),
                _ => counts.f1(),
            };
            // The highest of equals: precision first.
            if worth >= best.0 {
                best = (worth, thresholds[output]);
            }
        }
        thresholds[output] = best.1;
    }
    thresholds
}

/// Recall where the precision is kept; below it, the less the further off.
fn recall_at(counts: &Counts, precision: f64) -> f64 {
    if counts.precision() >= precision { counts.recall() } else { counts.precision() - 1.0 }
}

/// F0.5: of "strong" the precision counts twice, for it makes a note by itself.
fn precision_first(counts: &Counts) -> f64 {
    let (precision, recall) = (counts.precision(), counts.recall());
    1.25 * precision * recall / (0.25 * precision + recall).max(1e-9)
}

fn measure(examples: &[Example], decisions: &[Decision], output: usize) -> Counts {
    let mut counts = Counts::default();
    for (example, decision) in examples.iter().zip(decisions) {
        counts.add(example.truth[output], decision.flags()[output]);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_messages_give_the_same_bytes() {
        let lines = [
            r#"{"id": "1", "text": "I am furious, you lied to me!", "emotion": 2, "emotions": ["anger"]}"#,
            r#"{"id": "2", "text": "This is annoying, nothing works.", "emotion": 1, "emotions": ["frustration"]}"#,
            r#"{"id": "3", "text": "How do I sort the list?"}"#,
            r#"{"id": "4", "text": "Please change my address. Thanks!"}"#,
        ];
        let messages: Vec<Labelled> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let first = train(&messages, "test").unwrap();
        assert_eq!(first.table, train(&messages, "test").unwrap().table);
        let features = Reader::load().unwrap().families.features();
        assert!(Weights::parse(&first.table, &features).is_ok(), "what is written can be read");
        assert!(
            Weights::parse(&first.table, &features[1..]).is_err(),
            "a table of another lexicon is refused"
        );
    }
}
