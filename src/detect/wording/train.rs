//! Trains a table that tells one thing of a sentence, and measures the detector that asks it on texts the table had not seen.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::fit;
use crate::detect::measured::Measured;
use crate::detect::search::{Patterns, Search};
use crate::detect::{Detector, Reading};
use crate::eval::Counts;
use crate::eval::labels::Labelled;
use crate::eval::suite::Suite;
use crate::text;
use crate::ticket::{CustomerText, History, Zone};

/// How often messages and passages are split to measure on what was not trained on.
const FOLDS: u64 = 10;
/// What a sentence counts of a message that shows nothing: there are a dozen of them for each that does.
const PLAIN: f32 = 0.3;
/// What a comment counts: people talk of other things there, and hardly ever say it.
const COMMENT: f32 = 0.02;
/// Rounds over the sentences.
const ROUNDS: usize = 24;

/// When the texts are taken to have been sent, for their deadlines.
const SENT_AT: DateTime<Utc> = DateTime::from_timestamp(1_772_625_600, 0).expect("4 March 2026, noon");

type Sentence = fit::Sentence<1>;

/// What a table is trained for, and the detector that asks it.
pub struct Task<D> {
    /// The column of the table, and the label of passages that show it.
    pub output: &'static str,
    /// The name of the detector in suites.
    pub case: &'static str,
    pub holds: fn(&Labelled) -> bool,
    pub quote: fn(&Labelled) -> Option<&CustomerText>,
    pub load: fn(&mut Patterns) -> anyhow::Result<D>,
    /// Gives the detector another table.
    pub put: fn(&mut D, &str) -> anyhow::Result<()>,
}

/// What a table is trained from.
pub struct Material<'m> {
    pub messages: &'m [&'m Labelled],
    pub passages: &'m [Passage],
    /// Texts that show nothing.
    pub comments: &'m [String],
}

/// A few sentences that show it, or look as if they did.
pub struct Passage {
    text: CustomerText,
    holds: bool,
}

/// What training gives: the table to ship, and how right the detector is with tables that had not seen the text.
pub struct Trained {
    pub wording: String,
    pub messages: Counts,
    pub passages: Counts,
}

impl<D> Task<D> {
    /// Reads passages: the output's name or "-", a tab, the text. Errors name the line.
    pub fn passages(&self, lines: &str) -> anyhow::Result<Vec<Passage>> {
        let lines = lines.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        let read = |(number, line): (usize, &str)| {
            let (label, text) =
                line.split_once('\t').with_context(|| format!("line {}: no tab", number + 1))?;
            anyhow::ensure!(
                [self.output, "-"].contains(&label),
                "line {}: neither {:?} nor \"-\"",
                number + 1,
                self.output
            );
            Ok(Passage { text: CustomerText::from(text), holds: label == self.output })
        };
        lines.map(read).collect()
    }

    /// The cases of a suite in which the detector must, or must not, find something.
    pub fn cases(&self, suite: Suite) -> Vec<Passage> {
        let named = |names: &[String]| names.iter().any(|name| name == self.case);
        let cases = suite.case.into_iter().filter(|case| named(&case.must) || named(&case.must_not));
        cases.map(|case| Passage { holds: named(&case.must), text: case.text }).collect()
    }
}

impl<D: Detector> Task<D> {
    /// Trains, and measures by ten-fold cross-validation of the table; the phrases have been chosen with the texts in view.
    pub fn train(&self, material: &Material<'_>, comment: &str) -> anyhow::Result<Trained> {
        let Material { messages, passages, comments } = *material;
        let texts: Vec<(&CustomerText, bool)> = messages
            .iter()
            .map(|message| (&message.text, (self.holds)(message)))
            .chain(passages.iter().map(|passage| (&passage.text, passage.holds)))
            .collect();
        let folds: Vec<u64> = texts.iter().map(|(text, _)| fold(text)).collect();
        let of_messages = messages.iter().enumerate().flat_map(|(at, message)| self.of_message(at, message));
        let of_passages =
            passages.iter().enumerate().flat_map(|(at, passage)| of_passage(messages.len() + at, passage));
        let of_comments = comments.iter().map(|text| Sentence {
            text: text.clone(),
            felt: Some([false]),
            weight: COMMENT,
            message: None,
        });
        let sentences: Vec<Sentence> = of_messages.chain(of_passages).chain(of_comments).collect();
        let counted = fit::Counted::of(&sentences);
        let mut patterns = Patterns::default();
        let mut detector = (self.load)(&mut patterns)?;
        let search = patterns.search();
        let (mut in_messages, mut in_passages) = (Counts::default(), Counts::default());
        for fold in 0..FOLDS {
            let table =
                counted.table(&counted.fit(ROUNDS, |at| folds[at] != fold), &[self.output], None, comment);
            (self.put)(&mut detector, &table)?;
            for (at, (text, holds)) in texts.iter().enumerate().filter(|(at, _)| folds[*at] == fold) {
                let counts = if at < messages.len() { &mut in_messages } else { &mut in_passages };
                counts.add(*holds, is_found(&detector, &search, text));
            }
        }
        let measured = Some(Measured([in_messages]));
        let wording = counted.table(&counted.fit(ROUNDS, |_| true), &[self.output], measured, comment);
        Ok(Trained { wording, messages: in_messages, passages: in_passages })
    }

    /// The sentences of a message: all of one that shows nothing, of another those that its label quotes.
    fn of_message(&self, at: usize, message: &Labelled) -> Vec<Sentence> {
        let text = text::clean(message.text.expose());
        let holds = (self.holds)(message);
        let quote = (self.quote)(message).map_or("", |quote| quote.expose());
        let quote = text::clean(quote).folded().trim().to_owned();
        let sentence = |sentence: &str| {
            let quoted = !quote.is_empty() && (sentence.contains(&quote) || quote.contains(sentence));
            let weight = if holds { 1.0 } else { PLAIN };
            (!holds || quoted).then(|| one(sentence, holds, weight, at))
        };
        text.sentences().iter().filter_map(|range| sentence(text.folded()[range.clone()].trim())).collect()
    }
}

fn is_found<D: Detector>(detector: &D, search: &Search, text: &CustomerText) -> bool {
    let cleaned = text::clean(text.expose());
    let reading = Reading {
        text: &cleaned,
        subject: "",
        sent_at: SENT_AT,
        zone: Zone::Source(chrono_tz::Tz::UTC),
        history: &History::default(),
    };
    !detector.detect(&reading, &search.find(cleaned.folded())).is_empty()
}

/// The sentences of a passage. Which of several shows it is not said, so that they share the weight of one.
fn of_passage(at: usize, passage: &Passage) -> Vec<Sentence> {
    let text = text::clean(passage.text.expose());
    let weight = if passage.holds { 1.0 / text.sentences().len().max(1) as f32 } else { 1.0 };
    let sentences = text.sentences().iter();
    sentences.map(|range| one(text.folded()[range.clone()].trim(), passage.holds, weight, at)).collect()
}

fn one(sentence: &str, holds: bool, weight: f32, at: usize) -> Sentence {
    Sentence { text: sentence.to_owned(), felt: Some([holds]), weight, message: Some(at) }
}

/// The fold of a text: by its words, so that it stays where it is as others come and go.
fn fold(text: &CustomerText) -> u64 {
    u64::from(Sha256::digest(text.expose())[0]) % FOLDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::urgency::train::TASK;

    #[test]
    fn the_same_texts_give_the_same_bytes() {
        let lines = [
            r#"{"id": "1", "text": "They auction our house on Monday. It is red.", "urgency": 2, "urgency_quote": "auction our house"}"#,
            r#"{"id": "2", "text": "How do I sort the list? It is red."}"#,
        ];
        let messages: Vec<Labelled> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let messages: Vec<&Labelled> = messages.iter().collect();
        let passages =
            TASK.passages("# ours\npressing\tThey auction our house.\n-\tThey sort the list.\n").unwrap();
        let comments = ["It is red.".to_owned()];
        let material = Material { messages: &messages, passages: &passages, comments: &comments };
        let [first, second] = [(), ()].map(|()| TASK.train(&material, "test").unwrap());
        assert_eq!(first.wording, second.wording);
        let total = |counts: &Counts| counts.hits + counts.false_alarms + counts.misses;
        assert_eq!(
            [total(&first.messages), total(&first.passages)],
            [1, 1],
            "both that press are found or missed"
        );
        assert!(first.wording.contains("words\tpressing\n"), "the table names its output");
    }

    #[test]
    fn of_a_message_only_what_its_label_tells_is_learned() {
        let line = r#"{"id": "1", "text": "I am Ann. They auction our house. Please call.", "urgency": 1, "urgency_quote": "auction our"}"#;
        let message: Labelled = serde_json::from_str(line).unwrap();
        let felt: Vec<_> =
            TASK.of_message(0, &message).iter().map(|one| (one.text.clone(), one.felt)).collect();
        assert_eq!(felt, [("they auction our house.".to_owned(), Some([true]))]);
        let calm = Labelled { urgency: Some(0), urgency_quote: None, ..message };
        assert_eq!(TASK.of_message(0, &calm).len(), 3, "all of a message without urgency");
    }

    #[test]
    fn passages_and_cases_say_whether_it_holds() {
        let holds = |passages: &[Passage]| passages.iter().map(|passage| passage.holds).collect::<Vec<_>>();
        assert_eq!(holds(&TASK.passages("-\tFine. All of it.\npressing\tNow!\n").unwrap()), [false, true]);
        for (wrong, expected) in [("-\tfine\nno tab", "line 2: no tab"), ("maybe\tfine", "line 1: neither")] {
            let error = TASK.passages(wrong).err().unwrap().to_string();
            assert!(error.contains(expected) && !error.contains("fine"), "{error}");
        }
        let suite = "[[case]]\ntext = 'a'\nmust = ['urgency']\nreason = 'r'\n[[case]]\ntext = 'b'\nmust_not = ['urgency', 'note']\nreason = 'r'\n[[case]]\ntext = 'c'\nmust = ['anger']\nreason = 'r'\n";
        assert_eq!(holds(&TASK.cases(Suite::parse(suite).unwrap())), [true, false]);
    }
}
