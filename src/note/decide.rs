//! Decides whether a note may be posted now, or why not. Silence is the default.

use chrono::{Duration, NaiveTime};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::news::news;
use super::worth::worth_a_note;
use crate::config::{Mode, NotePolicy};
use crate::detect::Signal;
use crate::ticket::{Status, TicketId};

/// An agent who replied this recently is at work on the ticket: a note would come in their way.
const AGENT_AT_WORK: Duration = Duration::minutes(10);
/// A message older than this has probably been seen to; helpdesks deliver late after an outage.
const TOO_OLD: Duration = Duration::hours(6);

/// What surrounds the message when the decision is taken.
#[derive(Debug, Clone)]
pub struct Situation {
    pub mode: Mode,
    pub status: Status,
    /// How long ago the message was written.
    pub event_age: Duration,
    /// How long before this an agent last replied publicly.
    pub agent_replied_ago: Option<Duration>,
    /// The kinds, as SQL has them, that notes about other messages of this ticket have named. Empty without such a note.
    pub told: Vec<String>,
    pub pace: Pace,
    /// Whether this ticket belongs to the share that gets no notes, see [`held_out`].
    pub held_out: bool,
}

/// What the source's policy on notes looks at, whatever they are about.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub policy: NotePolicy,
    /// Notes on this ticket in the last 24 hours, about this message or draft left out.
    pub on_ticket: u32,
    /// Notes of the whole source in the last 24 hours.
    pub of_source: u32,
    /// What the clock says in the source's time zone.
    pub local_time: NaiveTime,
}

impl Situation {
    /// A message that has just come in on an open ticket that nobody has touched, on a quiet day.
    pub fn undisturbed(mode: Mode) -> Self {
        let policy = NotePolicy::default();
        Self {
            mode,
            status: Status::Open,
            event_age: Duration::zero(),
            agent_replied_ago: None,
            told: Vec::new(),
            pace: Pace { policy, on_ticket: 0, of_source: 0, local_time: NaiveTime::MIN },
            held_out: false,
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

/// Decides. The first reason for silence that applies is the one that is stored; being held out is the last, so that
/// those held out are the ones that would have had a note.
pub fn decide(signals: &[Signal], unread_reason: Option<&'static str>, situation: &Situation) -> Decision {
    let reason = unread_reason
        .or_else(|| not_worth(signals))
        .or_else(|| gone(situation.status))
        .or_else(|| nothing_new(signals, &situation.told))
        .or_else(|| out_of_time(situation))
        .or_else(|| situation.pace.holds_back())
        .or(situation.held_out.then_some("hold_out"));
    match reason {
        Some(reason) => Decision::Withhold(reason),
        None if situation.mode == Mode::Shadow => Decision::Shadow,
        None => Decision::Post,
    }
}

/// Why a ticket in this state takes no note.
pub fn gone(status: Status) -> Option<&'static str> {
    match status {
        Status::Closed => Some("ticket_closed"),
        Status::Spam => Some("ticket_spam"),
        Status::Deleted => Some("ticket_deleted"),
        Status::Open | Status::Pending | Status::Solved => None,
    }
}

/// Why a note about a message of this age comes too late.
pub fn too_old(age: Duration) -> Option<&'static str> {
    (age > TOO_OLD).then_some("event_too_old")
}

fn not_worth(signals: &[Signal]) -> Option<&'static str> {
    (!worth_a_note(signals)).then_some("nothing_noteworthy")
}

fn nothing_new(signals: &[Signal], told: &[String]) -> Option<&'static str> {
    (!told.is_empty() && !worth_a_note(&news(signals, told))).then_some("already_noted")
}

fn out_of_time(situation: &Situation) -> Option<&'static str> {
    let at_work = situation.agent_replied_ago.is_some_and(|ago| ago < AGENT_AT_WORK);
    too_old(situation.event_age).or(at_work.then_some("agent_just_replied"))
}

impl Pace {
    /// Why the policy lets no further note through just now.
    pub fn holds_back(&self) -> Option<&'static str> {
        let Self { policy, on_ticket, of_source, local_time } = *self;
        if policy.quiet_hours.is_some_and(|hours| hours.contains(local_time)) {
            return Some("quiet_hours");
        }
        if on_ticket >= policy.per_ticket {
            return Some("ticket_ceiling");
        }
        (of_source >= policy.per_day).then_some("source_ceiling")
    }
}

/// Whether a ticket is among the `percent` of a hundred that get no note: always the same ones, and with a higher
/// percentage the same ones and more.
pub fn held_out(source: &str, ticket: &TicketId, percent: u32) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(source.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(b"hold-out\n");
    mac.update(ticket.0.as_bytes());
    let digest = mac.finalize().into_bytes();
    let place = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte)) % 100;
    place < u64::from(percent)
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

#[cfg(test)]
mod tests;
