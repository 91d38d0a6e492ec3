//! Decides whether a note may be posted now, or why not. Silence is the default.

use chrono::Duration;

use super::worth::worth_a_note;
use crate::config::Mode;
use crate::detect::Signal;
use crate::ticket::Status;

/// An agent who replied this recently is at work on the ticket: a note would come in their way.
const AGENT_AT_WORK: Duration = Duration::minutes(10);
/// A message older than this has probably been seen to; helpdesks deliver late after an outage.
const TOO_OLD: Duration = Duration::hours(6);

/// What surrounds the message when the decision is taken.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    pub mode: Mode,
    pub status: Status,
    /// How long ago the message was written.
    pub event_age: Duration,
    /// How long before this an agent last replied publicly.
    pub agent_replied_ago: Option<Duration>,
    /// Whether another message of this ticket has its note already.
    pub already_noted: bool,
}

impl Situation {
    /// A message that has just come in on an open ticket that nobody has touched.
    pub fn undisturbed(mode: Mode) -> Self {
        Self {
            mode,
            status: Status::Open,
            event_age: Duration::zero(),
            agent_replied_ago: None,
            already_noted: false,
        }
    }
}

/// What is to be done with what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Post,
    /// Worth it, but this source only looks on.
    Shadow,
    Withhold(&'static str),
}

/// Decides. The first reason for silence that applies is the one that is stored.
pub fn decide(signals: &[Signal], unread_reason: Option<&'static str>, situation: &Situation) -> Decision {
    match silence(signals, unread_reason, situation) {
        Some(reason) => Decision::Withhold(reason),
        None if situation.mode == Mode::Shadow => Decision::Shadow,
        None => Decision::Post,
    }
}

fn silence(
    signals: &[Signal],
    unread_reason: Option<&'static str>,
    situation: &Situation,
) -> Option<&'static str> {
    if unread_reason.is_some() {
        return unread_reason;
    }
    if !worth_a_note(signals) {
        return Some("nothing_noteworthy");
    }
    match situation.status {
        Status::Closed => return Some("ticket_closed"),
        Status::Spam => return Some("ticket_spam"),
        Status::Deleted => return Some("ticket_deleted"),
        Status::Open | Status::Pending | Status::Solved => {}
    }
    if situation.already_noted {
        return Some("already_noted");
    }
    if situation.event_age > TOO_OLD {
        return Some("event_too_old");
    }
    if situation.agent_replied_ago.is_some_and(|ago| ago < AGENT_AT_WORK) {
        return Some("agent_just_replied");
    }
    None
}

impl Decision {
    /// The state that is stored; a note to be posted is pending until it is confirmed on the ticket.
    pub fn state(self) -> &'static str {
        match self {
            Self::Post => "pending",
            Self::Shadow => "shadow",
            Self::Withhold(_) => "withheld",
        }
    }

    pub fn reason(self) -> &'static str {
        match self {
            Self::Post | Self::Shadow => "noteworthy",
            Self::Withhold(reason) => reason,
        }
    }

    pub fn wants_a_note(self) -> bool {
        self != Self::Withhold(self.reason())
    }
}
