//! Labelled sentences from elsewhere, beside the labelled messages: invented ones, and comments of GoEmotions.

use anyhow::Context;
use serde::Deserialize;

use super::train::Sentence;
use super::wording::OUTPUTS;
use crate::text;

/// What a comment counts beside a customer's sentence: people talk differently there.
const COMMENT: f32 = 0.1;

/// GoEmotions' names for what an output means, in the order of `OUTPUTS`.
const COMMENT_LABELS: [&[&str]; OUTPUTS.len()] = [
    &[
        "anger",
        "annoyance",
        "disapproval",
        "disappointment",
        "disgust",
        "embarrassment",
        "fear",
        "grief",
        "nervousness",
        "remorse",
        "sadness",
    ],
    &["anger", "annoyance", "disgust"],
    &["annoyance", "disappointment", "disapproval"],
    &["fear", "nervousness"],
    &["sadness", "disappointment", "grief", "remorse"],
    &[],
];

#[derive(Deserialize)]
struct Comment {
    text: String,
    labels: Vec<String>,
}

/// Reads comments as GoEmotions has them: JSON lines of `text` and `labels`. Errors name the line.
pub fn comments(lines: &str) -> anyhow::Result<Vec<Sentence>> {
    each_line(lines, |line| {
        let comment: Comment = serde_json::from_str(line)?;
        let has = |names: &[&str]| comment.labels.iter().any(|label| names.contains(&label.as_str()));
        Ok(sentence(&comment.text, COMMENT_LABELS.map(has), COMMENT))
    })
}

/// Reads sentences of this project's own: the kinds, "-" for none, a tab, the sentence. Errors name the line.
pub fn invented(lines: &str) -> anyhow::Result<Vec<Sentence>> {
    each_line(lines, |line| {
        let (kinds, text) = line.split_once('\t').context("no tab between kinds and sentence")?;
        let felt = OUTPUTS.map(|output| match output {
            "any" => kinds != "-",
            kind => kinds.split(',').any(|name| name == kind),
        });
        Ok(sentence(text, felt, 1.0))
    })
}

fn each_line(lines: &str, read: impl Fn(&str) -> anyhow::Result<Sentence>) -> anyhow::Result<Vec<Sentence>> {
    let lines = lines.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|(number, line)| read(line).with_context(|| format!("line {}", number + 1))).collect()
}

fn sentence(text: &str, felt: [bool; OUTPUTS.len()], weight: f32) -> Sentence {
    let folded = text::clean(text).folded().trim().to_owned();
    Sentence { text: folded, felt: Some(felt), weight, message: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_become_outputs_and_errors_name_the_line() {
        let read = invented("# ours\nanger,unheard\tThey laughed at me.\n-\tIt is red.\n").unwrap();
        let felt: Vec<_> = read.iter().map(|sentence| sentence.felt.unwrap()).collect();
        assert_eq!(felt[0], [true, true, false, false, false, true]);
        assert_eq!((felt[1], read[1].text.as_str()), ([false; OUTPUTS.len()], "it is red."));
        assert!(invented("-\tfine\nno tab").err().unwrap().to_string().contains("line 2"));

        let read = comments(r#"{"text": "I'm scared", "labels": ["fear"]}"#).unwrap();
        assert_eq!(read[0].felt, Some([true, false, false, true, false, false]));
        assert!(comments("{}").err().unwrap().to_string().contains("line 1"));
    }
}
