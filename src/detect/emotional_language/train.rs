//! Training: labelled messages in, the tables of wording and of weights out, with what cross-validation says of them.

use sha2::{Digest, Sha256};

use super::fit::{self, Fit};
use super::fit_wording::{self, Fitted, Sentence};
use super::weights::{Decision, ILL, OUTPUTS, Scores, Weights, decide};
use super::{Reader, said, wording};
use crate::eval::Counts;
use crate::eval::labels::Labelled;
use crate::text;

/// How often the messages are split to measure on what was not trained on.
const FOLDS: u64 = 10;
/// The precision that "any ill feeling" must keep.
const PRECISION: f64 = 0.86;
/// Thresholds tried, in hundredths.
const THRESHOLDS: std::ops::RangeInclusive<u32> = 20..=80;

/// A message as training sees it.
struct Example {
    features: Vec<f64>,
    said: [bool; ILL.len()],
    truth: [bool; OUTPUTS.len()],
    fold: u64,
}

/// What training gives: the tables to ship, and each message's decision made without it in the training.
pub struct Trained {
    pub weights: String,
    pub wording: String,
    pub out_of_fold: Vec<Decision>,
}

/// Trains on labelled messages, for the wording also on sentences of `others`, and measures by ten-fold cross-validation.
pub fn train(messages: &[Labelled], others: Vec<Sentence>, comment: &str) -> anyhow::Result<Trained> {
    let reader = Reader::load()?;
    let folds: Vec<u64> = messages.iter().map(|message| fold(&message.text)).collect();
    let of_messages = messages.iter().enumerate().flat_map(|(at, message)| sentences(&reader, at, message));
    let sentences: Vec<Sentence> = of_messages.chain(others).collect();
    let counted = fit_wording::Counted::of(&sentences);
    let wording = wording_out_of_fold(&counted, &sentences, &folds);
    let examples: Vec<_> = messages
        .iter()
        .zip(&folds)
        .zip(wording)
        .map(|((message, &fold), wording)| example(&reader, message, fold, wording))
        .collect();
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
    Ok(Trained {
        weights: weights.table(comment, &reader.features()),
        wording: counted.table(&counted.fit(|_| true), comment),
        out_of_fold: decisions,
    })
}

/// The sentences of a message. What they say is known where nothing is felt, and of the one that is quoted.
fn sentences(reader: &Reader, at: usize, message: &Labelled) -> Vec<Sentence> {
    let text = text::clean(message.text.expose());
    let unmeant = reader.count(&text).unmeant;
    let quote = message.emotion_quote.as_ref().map_or("", |quote| quote.expose());
    let quote = text::clean(quote).folded().trim().to_owned();
    let felt = |sentence: &str| {
        let quoted = !quote.is_empty() && (sentence.contains(&quote) || quote.contains(sentence));
        let known = message.emotion == 0 || quoted;
        let has = |kind: &str| message.emotions.iter().any(|emotion| emotion == kind);
        known.then(|| wording::OUTPUTS.map(|output| quoted && (output == "any" || has(output))))
    };
    text.sentences()
        .iter()
        .map(|range| Sentence {
            text: wording::meant(&text, range, &unmeant).into_owned(),
            felt: felt(&text.folded()[range.clone()]),
            weight: 1.0,
            message: Some(at),
        })
        .collect()
}

/// What the wording counts of each message, by weights that were fitted without it.
fn wording_out_of_fold(
    counted: &fit_wording::Counted<'_>,
    sentences: &[Sentence],
    folds: &[u64],
) -> Vec<Vec<f64>> {
    let fits: Vec<Fitted> = (0..FOLDS).map(|fold| counted.fit(|message| folds[message] != fold)).collect();
    let mut scores = vec![Vec::new(); folds.len()];
    for (at, sentence) in sentences.iter().enumerate() {
        if let Some(message) = sentence.message {
            scores[message].push(counted.score(&fits[folds[message] as usize], at));
        }
    }
    scores.iter().map(|scores| wording::pool(scores)).collect()
}

fn example(reader: &Reader, message: &Labelled, fold: u64, wording: Vec<f64>) -> Example {
    let text = text::clean(message.text.expose());
    let mut counted = reader.count(&text);
    counted.features.extend(wording);
    let has = |name: &str| message.emotions.iter().any(|emotion| emotion == name);
    let truth = OUTPUTS.map(|output| match output {
        "any" => message.emotion >= 1,
        "strong" => message.emotion >= 2,
        kind => has(kind),
    });
    Example { said: said(&counted.hits), features: counted.features, truth, fold }
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
    use crate::detect::emotional_language::sources;

    #[test]
    fn the_same_messages_give_the_same_bytes() {
        let lines = [
            r#"{"id": "1", "text": "I am furious, you lied to me!", "emotion": 2, "emotions": ["anger"]}"#,
            r#"{"id": "2", "text": "This is annoying, nothing works.", "emotion": 1, "emotions": ["frustration"]}"#,
            r#"{"id": "3", "text": "How do I sort the list?"}"#,
            r#"{"id": "4", "text": "Please change my address. Thanks!"}"#,
        ];
        let messages: Vec<Labelled> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let others =
            || sources::invented("anger\tYou people are dreadful.\n-\tPeople are in the list.").unwrap();
        let first = train(&messages, others(), "test").unwrap();
        let second = train(&messages, others(), "test").unwrap();
        assert_eq!((&first.weights, &first.wording), (&second.weights, &second.wording));
        let features = Reader::load().unwrap().features();
        assert!(Weights::parse(&first.weights, &features).is_ok(), "what is written can be read");
        assert!(
            Weights::parse(&first.weights, &features[1..]).is_err(),
            "a table of another lexicon is refused"
        );
    }

    #[test]
    fn only_what_is_known_of_a_sentence_is_learned() {
        let line = r#"{"id": "1", "text": "I am Ann. It is a disgrace! Please call.", "emotion": 1,
            "emotions": ["anger"], "emotion_quote": "a disgrace"}"#;
        let message: Labelled = serde_json::from_str(line).unwrap();
        let reader = Reader::load().unwrap();
        let felt: Vec<_> = sentences(&reader, 0, &message).iter().map(|sentence| sentence.felt).collect();
        assert_eq!(felt, [None, Some([true, true, false, false, false, false]), None]);
        let calm = Labelled { emotion: 0, emotion_quote: None, emotions: Vec::new(), ..message };
        assert!(sentences(&reader, 0, &calm).iter().all(|sentence| sentence.felt == Some([false; 6])));
    }
}
