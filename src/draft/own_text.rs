//! The agent's own new words: a draft without greeting, sign-off, macro footer and what was quoted below.
//!
//! Quoted history and signatures are `text::clean`'s work; here goes what only replies have.

use std::ops::Range;

use crate::text::Cleaned;

/// The most words of a greeting ("good afternoon mr van den berg,") or a closing ("with very best wishes,").
const FORMULA_WORDS: usize = 6;

const GREETINGS: [&str; 9] =
    ["hi", "hello", "hey", "hiya", "dear", "good morning", "good afternoon", "good evening", "greetings"];

const CLOSINGS: [&str; 20] = [
    "kind regards",
    "best regards",
    "warm regards",
    "regards",
    "best wishes",
    "best",
    "all the best",
    "sincerely",
    "yours",
    "cheers",
    "thanks",
    "thank you",
    "many thanks",
    "with kind",
    "with best",
    "warmly",
    "take care",
    "kindest",
    "warmest",
    "respectfully",
];

/// How the lines below a reply begin that a macro or the helpdesk puts there.
const FOOTERS: [&str; 22] = [
    "--",
    "__",
    "##",
    "==",
    "~~",
    "**",
    "this e-mail and",
    "this email and",
    "this message is",
    "this message and",
    "this e-mail is",
    "this email is",
    "confidential",
    "disclaimer",
    "how would you rate",
    "how did we do",
    "please rate",
    "rate your",
    "was this",
    "you are receiving",
    "to unsubscribe",
    "sent from",
];

/// The sentences that the agent wrote for this reply, as ranges of `folded` without surrounding marks.
pub fn sentences(draft: &Cleaned<'_>) -> Vec<Range<usize>> {
    let folded = draft.folded();
    let mut own: Vec<Range<usize>> = Vec::new();
    let last = draft.sentences().len().saturating_sub(1);
    for (index, sentence) in draft.sentences().iter().enumerate() {
        let text = &folded[sentence.clone()];
        let line_start =
            sentence.start == 0 || folded[..sentence.start].trim_end_matches(' ').ends_with('\n');
        if !own.is_empty() && line_start && (is_footer(text) || is_closing(text)) {
            break;
        }
        if !own.is_empty() && index == last && is_closing(text) {
            break;
        }
        let start = if own.is_empty() { sentence.start + greeting(text) } else { sentence.start };
        own.extend(trimmed(folded, start..sentence.end));
    }
    own
}

/// Without leading bullets and mentions; `None` where no word is left.
fn trimmed(folded: &str, range: Range<usize>) -> Option<Range<usize>> {
    let mut start = range.start;
    loop {
        let text = &folded[start..range.end];
        start += text.len() - text.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '@').len();
        let text = &folded[start..range.end];
        if !text.starts_with('@') {
            break;
        }
        start += text.find(char::is_whitespace).unwrap_or(text.len());
    }
    let end = start + folded[start..range.end].trim_end().len();
    (start < end).then_some(start..end)
}

/// How many bytes of a first sentence greet: all of "Hi Maya!", the front of "Hi Maya, your card ..".
fn greeting(sentence: &str) -> usize {
    let trimmed = sentence.trim_start_matches(|c: char| !c.is_alphanumeric());
    if !begins(trimmed, &GREETINGS) {
        return 0;
    }
    let skipped = sentence.len() - trimmed.len();
    let end = trimmed.find([',', '!', '.', ':', '\n']).map_or(trimmed.len(), |at| at + 1);
    let short = trimmed[..end].split_whitespace().count() <= FORMULA_WORDS;
    if short { skipped + end } else { 0 }
}

fn is_closing(sentence: &str) -> bool {
    let text = sentence.trim();
    begins(text, &CLOSINGS) && text.split_whitespace().count() <= FORMULA_WORDS && !text.contains(" for ")
}

fn is_footer(sentence: &str) -> bool {
    let text = sentence.trim_start();
    FOOTERS.iter().any(|footer| text.starts_with(footer))
}

/// Whether a text begins with one of these and a word ends there.
fn begins(text: &str, with: &[&str]) -> bool {
    with.iter().any(|start| {
        text.strip_prefix(start).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    #[test]
    fn only_the_agents_own_new_words_count() {
        let cases = [
            ("greeting before", "Hi Maya, your card is on its way.", "your card is on its way."),
            ("greeting alone", "Hello!\nDone.", "done."),
            ("no greeting but a word", "Higher limits apply.", "higher limits apply."),
            (
                "a long first sentence is no greeting",
                "Dear me that was a long wait for one refund.",
                "dear me that was a long wait for one refund.",
            ),
            ("closing", "Done.\n\nKind regards,\nAnna\nMeadowlark", "done."),
            (
                "thanks for something is not a closing",
                "Done.\nThanks for the photo.",
                "done.|thanks for the photo.",
            ),
            (
                "best as a word",
                "Done.\nBest would be Friday for the engineer to come by.",
                "done.|best would be friday for the engineer to come by.",
            ),
            ("macro footer", "Done.\n--\nWe sell lamps.", "done."),
            ("survey", "Done.\nHow would you rate this answer?", "done."),
            ("mention", "@maya Done.", "done."),
            ("bullets", "- Open it\n- Close it", "open it|close it"),
            ("nothing", " \n", ""),
            ("only marks", "?!", ""),
        ];
        for (name, draft, expected) in cases {
            let cleaned = text::clean(draft);
            let own: Vec<_> = sentences(&cleaned).into_iter().map(|range| &cleaned.folded()[range]).collect();
            assert_eq!(own.join("|"), expected, "{name}");
        }
    }
}
