//! Composes the note: a lead that carries it all, at most three facts, the records, one reading, one question.

use chrono::{DateTime, Utc};

use super::{facts, lead, reading};
use crate::detect::Signal;
use crate::ticket::Zone;

/// The most words a note may have, its footer aside.
pub const MOST_WORDS: usize = 80;

/// What the line begins with that sums up the note whose place this one takes, and how long it gets, in bytes.
const BEFORE: &str = "Noted before";
const MOST_BEFORE: usize = 90;

/// What a note is about.
pub struct About<'a> {
    /// The message as its evidence counts it.
    pub text: &'a str,
    pub signals: &'a [Signal],
    pub sent_at: DateTime<Utc>,
    pub zone: Zone,
    /// What the helpdesk's own records say; `None` when they were not looked at.
    pub records: Option<Records>,
}

/// What the helpdesk knows beside the requester's tickets, which are with the repeat signal.
#[derive(Clone, Copy)]
pub struct Records {
    /// Public replies of agents on this ticket so far.
    pub agent_replies: u32,
}

/// A note's words, before the footer and the markup.
#[derive(Clone)]
pub struct Draft {
    pub lead: String,
    pub lines: Vec<Line>,
}

/// One line under the lead: a label that is ours and the rest, which may quote the customer.
#[derive(Clone)]
pub struct Line {
    pub label: &'static str,
    pub text: String,
}

/// What an earlier note of the ticket said, for one that takes its place. No Debug: it quotes the customer.
pub struct Earlier {
    lead: String,
    facts: Vec<Line>,
}

impl Earlier {
    /// Reads it from the note's plain text, letter by letter. `None` where the text is no longer kept.
    pub fn read(text: &str) -> Option<Self> {
        let (lead, rest) = text.split_once('\n')?;
        let mut lead = lead.strip_prefix("Undertone: ")?.to_owned();
        let mut facts = Vec::new();
        for (label, text) in rest.lines().filter_map(|line| line.split_once(": ")) {
            if let Some(label) = facts::LABELS.into_iter().find(|known| *known == label) {
                facts.push(Line { label, text: text.to_owned() });
            } else if label == BEFORE && lead.len() + text.len() < MOST_BEFORE {
                lead = format!("{lead}; {text}");
            }
        }
        Some(Self { lead, facts })
    }
}

/// Composes the note for the signals of one message.
pub fn compose(about: &About<'_>) -> Draft {
    joint(about, None)
}

/// Composes the note that takes the place of an earlier one: what is new leads, and what stood there is carried on.
pub fn in_place_of(about: &About<'_>, earlier: &Earlier) -> Draft {
    joint(about, Some(earlier))
}

fn joint(about: &About<'_>, earlier: Option<&Earlier>) -> Draft {
    let mut facts = facts::lines(about);
    let mut before = None;
    if let Some(earlier) = earlier {
        facts.extend(earlier.facts.iter().cloned());
        facts.truncate(facts::MOST);
        before = Some(Line { label: BEFORE, text: earlier.lead.clone() });
    }
    let mut tail: Vec<Line> =
        [facts::records(about), reading::possible(about)].into_iter().flatten().collect();
    tail.push(reading::question(about));
    let lead = lead::line(about);
    // Longest first out: the third fact, then the second, then the reading. Lead, first fact, what was said before and
    // the question always fit.
    loop {
        let lines = facts.iter().chain(&before).chain(&tail).cloned().collect();
        let draft = Draft { lead: lead.clone(), lines };
        if draft.words() <= MOST_WORDS {
            return draft;
        }
        if facts.len() > 1 {
            facts.pop();
        } else {
            tail.remove(0);
        }
    }
}

impl Draft {
    /// The note as plain text, without its footer.
    pub fn text(&self) -> String {
        let lines = self.lines.iter().map(|line| format!("{}: {}", line.label, line.text));
        std::iter::once(self.lead.clone()).chain(lines).collect::<Vec<_>>().join("\n")
    }

    fn words(&self) -> usize {
        self.text().split_whitespace().count()
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::detect::{DetectorName, EmotionFacts, Evidence, Facts, Kind, Strength};

    const FIRST: &str = "Undertone: 3 contacts in 2 weeks, frustrated\n\
                         Clear: had to come back \"third time\"\n\
                         Possible: frustration \"so tired of this\" …\n\
                         Records: no earlier ticket of theirs on this; nobody has replied on this one\n\
                         Before you reply: what have they already told us?\n\
                         useful: https://undertone.example.com/f\n\
                         [undertone:v1:42:9f1c22aa]";

    fn leaving(text: &str) -> Vec<Signal> {
        let evidence =
            Evidence { start: 0, end: text.chars().count(), quote: text.into(), cue: "churn".to_owned() };
        vec![Signal {
            detector: DetectorName::EmotionalLanguage,
            kind: Kind::Churn,
            strength: Strength::Clear,
            evidence: vec![evidence],
            facts: Facts::Emotion(EmotionFacts { level: 2 }),
        }]
    }

    fn about<'a>(text: &'a str, signals: &'a [Signal]) -> About<'a> {
        About { text, signals, sent_at: DateTime::UNIX_EPOCH, zone: Zone::Source(Tz::UTC), records: None }
    }

    fn again(text: &str, earlier: &str) -> String {
        in_place_of(&about(text, &leaving(text)), &Earlier::read(earlier).unwrap()).text()
    }

    #[test]
    fn a_note_in_place_of_another_leads_with_what_is_new_and_carries_on_what_stood_there() {
        let note = again("I am moving to another bank.", FIRST);
        let expected = "Undertone: talks of leaving\n\
                        Clear: talk of leaving \"I am moving to another bank.\"\n\
                        Clear: had to come back \"third time\"\n\
                        Possible: frustration \"so tired of this\" …\n\
                        Noted before: 3 contacts in 2 weeks, frustrated\n\
                        Before you reply: what did they hope for here that they no longer expect?";
        assert_eq!(note, expected);
        let third = again("We leave you.", &note);
        assert!(
            third.contains("Noted before: talks of leaving; 3 contacts in 2 weeks, frustrated"),
            "{third}"
        );
        assert_eq!(
            third.lines().filter(|line| line.starts_with("Clear") || line.starts_with("Possible")).count(),
            3
        );
    }

    #[test]
    fn it_never_has_more_words_than_a_note_may_have() {
        let long = "word ".repeat(12);
        let fact = format!(
            "Clear: deadline \"{}\" (Tue 9:00 in Europe/Copenhagen, their own zone unknown)\n",
            long.trim()
        );
        let earlier = format!("Undertone: deadline in 10 hours, worried\n{}", fact.repeat(3));
        let note = again(long.trim(), &earlier);
        assert!(note.split_whitespace().count() <= MOST_WORDS, "{note}");
        assert!(note.contains("Noted before: deadline in 10 hours, worried"), "{note}");
    }

    #[test]
    fn a_text_that_is_no_longer_kept_carries_nothing_on() {
        for text in ["", "Undertone: two", "something else\nClear: x"] {
            assert!(Earlier::read(text).is_none(), "{text:?}");
        }
    }
}
