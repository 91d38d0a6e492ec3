//! Training: labelled messages in, the tables of wording and of weights out, with what cross-validation says of them.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::fit::{self, Fit, Sign};
use super::weights::{Decision, ILL, OUTPUTS, Scores, Weights, decide};
use super::{Counted, Reader, said, wording};
use crate::detect::measured::Measured;
use crate::detect::search::Patterns;
use crate::detect::wording::fit::{self as fit_wording, Fitted};
use crate::eval::Counts;
use crate::eval::labels::Labelled;
use crate::text::{self, Cleaned};

/// How often the messages are split to measure on what was not trained on.
const FOLDS: u64 = 10;
/// Rounds over the sentences of the wording.
const ROUNDS: usize = 8;
/// How strongly large weights are held down; found by cross-validation on the labelled messages.
const PENALTY: f64 = 60.0;
/// The same for a single kind, which fewer messages show.
const KIND_PENALTY: f64 = 100.0;
/// The precision that "any ill feeling" must keep.
const PRECISION: f64 = 0.88;
/// What the threshold of a kind may be worth less than the best one, 0 to 1.
const SLACK: f64 = 0.007;
/// Thresholds tried, in hundredths.
const THRESHOLDS: std::ops::RangeInclusive<u32> = 20..=80;

/// A sentence with the feelings it shows.
pub type Sentence = fit_wording::Sentence<{ wording::OUTPUTS.len() }>;

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
    let mut patterns = Patterns::default();
    let reader = Reader::load(&mut patterns)?;
    let search = patterns.search();
    let texts: Vec<_> = messages.iter().map(|message| text::clean(message.text.expose())).collect();
    let found: Vec<_> = texts.iter().map(|text| search.find(text.folded())).collect();
    let count = |at: usize| reader.count(&texts[at], &found[at]);
    let folds: Vec<u64> = messages.iter().map(|message| fold(&message.text)).collect();
    let of_messages = messages
        .iter()
        .enumerate()
        .flat_map(|(at, message)| sentences(&texts[at], &count(at).unmeant, at, message));
    let sentences: Vec<Sentence> = of_messages.chain(others).collect();
    let counted = fit_wording::Counted::of(&sentences);
    let wording = wording_out_of_fold(&counted, &sentences, &folds);
    let examples: Vec<_> = messages
        .iter()
        .zip(&folds)
        .zip(wording)
        .enumerate()
        .map(|(at, ((message, &fold), wording))| example(count(at), message, fold, wording))
        .collect();
    let signs = reader.signs();
    let unseen = out_of_fold(&examples, &signs);
    let thresholds = thresholds(&examples, &unseen);
    let decisions: Vec<_> = examples
        .iter()
        .zip(&unseen)
        .map(|(example, probabilities)| decide(probabilities, &thresholds, example.said))
        .collect();
    let fits = fit_all(&examples.iter().collect::<Vec<_>>(), &signs);
    let weights = Weights {
        constant: std::array::from_fn(|output| fits[output].constant),
        thresholds,
        measured: Measured(std::array::from_fn(|output| measure(&examples, &decisions, output))),
        features: (0..examples.first().map_or(0, |example| example.features.len()))
            .map(|place| std::array::from_fn(|output| fits[output].weights[place]))
            .collect(),
    };
    Ok(Trained {
        weights: weights.table(comment, &reader.features()),
        wording: counted.table(&counted.fit(ROUNDS, |_| true), &wording::OUTPUTS, None, comment),
        out_of_fold: decisions,
    })
}

/// The sentences of a message. What they say is known where nothing is felt, and of the one that is quoted.
fn sentences(text: &Cleaned<'_>, unmeant: &[Range<usize>], at: usize, message: &Labelled) -> Vec<Sentence> {
    let quote = message.emotion_quote.as_ref().map_or("", |quote| quote.expose());
    let quote = text::clean(quote).folded().trim().to_owned();
    let felt = |sentence: &str| {
        let quoted = !quote.is_empty() && (sentence.contains(&quote) || quote.contains(sentence));
        let known = message.emotion == Some(0) || quoted;
        let has = |kind: &str| message.emotions.iter().flatten().any(|emotion| emotion == kind);
        known.then(|| wording::OUTPUTS.map(|output| quoted && (output == "any" || has(output))))
    };
    text.sentences()
        .iter()
        .map(|range| Sentence {
            text: wording::meant(text, range, unmeant).into_owned(),
            felt: felt(&text.folded()[range.clone()]),
            weight: 1.0,
            message: Some(at),
        })
        .collect()
}

/// What the wording counts of each message, by weights that were fitted without it.
fn wording_out_of_fold(
    counted: &fit_wording::Counted<'_, { wording::OUTPUTS.len() }>,
    sentences: &[Sentence],
    folds: &[u64],
) -> Vec<Vec<f64>> {
    let fits: Vec<Fitted<_>> =
        (0..FOLDS).map(|fold| counted.fit(ROUNDS, |message| folds[message] != fold)).collect();
    let mut scores = vec![Vec::new(); folds.len()];
    for (at, sentence) in sentences.iter().enumerate() {
        if let Some(message) = sentence.message {
            scores[message].push(counted.score(&fits[folds[message] as usize], at));
        }
    }
    scores.iter().map(|scores| wording::pool(scores)).collect()
}

fn example(mut counted: Counted<'_>, message: &Labelled, fold: u64, wording: Vec<f64>) -> Example {
    counted.features.extend(wording);
    let has = |name: &str| message.emotions.iter().flatten().any(|emotion| emotion == name);
    let truth = OUTPUTS.map(|output| match output {
        "any" => message.emotion >= Some(1),
        "strong" => message.emotion >= Some(2),
        kind => has(kind),
    });
    Example { said: said(&counted.hits), features: counted.features, truth, fold }
}

/// The fold of a message: by its text, so that it stays where it is as others come and go.
fn fold(text: &crate::ticket::CustomerText) -> u64 {
    u64::from(Sha256::digest(text.expose())[0]) % FOLDS
}

fn fit_all(examples: &[&Example], signs: &[Sign]) -> Vec<Fit> {
    let rows: Vec<&[f64]> = examples.iter().map(|example| &example.features[..]).collect();
    let fit_one = |output: usize| {
        let labels: Vec<bool> = examples.iter().map(|example| example.truth[output]).collect();
        let (penalty, signs) = known_of(output, signs);
        fit::fit(&rows, &labels, penalty, &signs)
    };
    (0..OUTPUTS.len()).map(fit_one).collect()
}

/// How strongly the weights of an output are held down, and what of `signs` holds for it: what speaks against ill feeling
/// speaks against each kind, but what speaks for one kind may speak against another.
fn known_of(output: usize, signs: &[Sign]) -> (f64, Vec<Sign>) {
    let of_a_kind = |sign: &Sign| if *sign == Sign::For { Sign::Either } else { *sign };
    match OUTPUTS[output] {
        "any" | "strong" => (PENALTY, signs.to_vec()),
        "joy" => (KIND_PENALTY, vec![Sign::Either; signs.len()]),
        _ => (KIND_PENALTY, signs.iter().map(of_a_kind).collect()),
    }
}

/// The probabilities of each message by weights that were fitted without it.
fn out_of_fold(examples: &[Example], signs: &[Sign]) -> Vec<Scores> {
    let mut scores = vec![Scores::default(); examples.len()];
    for fold in 0..FOLDS {
        let (unseen, seen): (Vec<_>, Vec<_>) =
            examples.iter().enumerate().partition(|(_, example)| example.fold == fold);
        let seen: Vec<_> = seen.into_iter().map(|(_, example)| example).collect();
        let fits = fit_all(&seen, signs);
        for (at, example) in unseen {
            scores[at] = std::array::from_fn(|output| fits[output].probability(&example.features));
        }
    }
    scores
}

/// Chooses the thresholds on messages unseen in the fitting: for any ill feeling, then for each kind. The kinds compete
/// where none is certain, so a second round chooses each beside the others' thresholds.
fn thresholds(examples: &[Example], unseen: &[Scores]) -> Scores {
    let mut thresholds = [0.5; OUTPUTS.len()];
    for output in (0..OUTPUTS.len()).chain(0..OUTPUTS.len()) {
        let tried: Vec<_> = THRESHOLDS
            .map(|hundredths| {
                thresholds[output] = f64::from(hundredths) / 100.0;
                (worth(examples, unseen, &thresholds, output), thresholds[output])
            })
            .collect();
        // Of these two the worth keeps the precision already.
        let slack = if ["any", "strong"].contains(&OUTPUTS[output]) { 0.0 } else { SLACK };
        thresholds[output] = highest_of_the_best(&tried, slack);
    }
    thresholds
}

/// What an output's threshold is worth beside the others.
fn worth(examples: &[Example], unseen: &[Scores], thresholds: &Scores, output: usize) -> f64 {
    let decisions: Vec<_> = examples
        .iter()
        .zip(unseen)
        .map(|(example, probabilities)| decide(probabilities, thresholds, example.said))
        .collect();
    let counts = measure(examples, &decisions, output);
    match OUTPUTS[output] {
        "any" => recall_at(&counts, PRECISION),
        "strong" => precision_first(&counts),
        _ => counts.f1(),
    }
}

/// The highest threshold that is worth as much as the best, or less by `slack` at most: precision first, and what is
/// hardly better by these messages may well be worse by others.
fn highest_of_the_best(tried: &[(f64, f64)], slack: f64) -> f64 {
    let best = tried.iter().map(|tried| tried.0).fold(f64::MIN, f64::max);
    let good = tried.iter().filter(|tried| tried.0 >= best - slack);
    good.map(|tried| tried.1).fold(0.0, f64::max)
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
        let features = Reader::load(&mut Patterns::default()).unwrap().features();
        assert!(Weights::parse(&first.weights, &features).is_ok(), "what is written can be read");
        assert!(
            Weights::parse(&first.weights, &features[1..]).is_err(),
            "a table of another lexicon is refused"
        );
    }

    #[test]
    fn of_thresholds_about_as_good_the_highest_is_taken() {
        let cases = [
            ("the best", vec![(0.6, 0.2), (0.7, 0.3), (0.6, 0.4)], 0.3),
            ("hardly less", vec![(0.6, 0.2), (0.7, 0.3), (0.693, 0.4)], 0.4),
            ("a little less", vec![(0.6, 0.2), (0.7, 0.3), (0.685, 0.4)], 0.3),
            ("all below the precision", vec![(-0.1, 0.2), (-0.3, 0.3)], 0.2),
        ];
        for (name, tried, expected) in cases {
            assert_eq!(highest_of_the_best(&tried, 0.01), expected, "{name}");
        }
    }

    #[test]
    fn only_what_is_known_of_a_sentence_is_learned() {
        let line = r#"{"id": "1", "text": "I am Ann. It is a disgrace! Please call.", "emotion": 1,
            "emotions": ["anger"], "emotion_quote": "a disgrace"}"#;
        let message: Labelled = serde_json::from_str(line).unwrap();
        let text = text::clean("I am Ann. It is a disgrace! Please call.");
        let felt: Vec<_> = sentences(&text, &[], 0, &message).iter().map(|sentence| sentence.felt).collect();
        assert_eq!(felt, [None, Some([true, true, false, false, false, false]), None]);
        let calm = Labelled { emotion: Some(0), emotion_quote: None, emotions: Some(Vec::new()), ..message };
        assert!(sentences(&text, &[], 0, &calm).iter().all(|sentence| sentence.felt == Some([false; 6])));
    }
}
