//! Composes the note: a lead that carries it all, at most three facts, the records, one reading, one question.

use chrono::{DateTime, Utc};

use super::{facts, lead, reading};
use crate::detect::Signal;
use crate::ticket::Zone;

/// The most words a note may have, its footer aside.
pub const MOST_WORDS: usize = 80;

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

/// Composes the note for the signals of one message.
pub fn compose(about: &About<'_>) -> Draft {
    let mut facts = facts::lines(about);
    let mut tail: Vec<Line> =
        [facts::records(about), reading::possible(about)].into_iter().flatten().collect();
    tail.push(reading::question(about));
    let lead = lead::line(about);
    // Longest first out: the third fact, then the second, then the reading. Lead, first fact and question always fit.
    loop {
        let draft = Draft { lead: lead.clone(), lines: facts.iter().chain(&tail).cloned().collect() };
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
