//! Urgency: the customer says that time is running out.
//!
//! ## What it finds
//! A named deadline or event, resolved to a moment in the customer's zone; a concrete harm running now (home,
//! loan, job, own money, an intruder, stranded), in set phrases, told as a plain fact or by the wording of a sentence; a
//! stated hurry. One signal a message, all evidence in it.
//!
//! ## Why an agent should know
//! The queue is sorted by arrival, not by when the answer stops being useful.
//!
//! ## Known limits
//! English only. Words say nothing about a harm that has to be inferred ("I moved in and my report shows.."), and a refusal
//! that was made good later counts where nothing says so.
//! Anger, legal threats and a late hour are not urgency; the hour only joins a deadline as a fact.

mod clock;
mod context;
mod cues;
mod day;
mod deadline;
mod harm;
mod resolve;
pub mod train;
mod when;

#[cfg(test)]
mod tests;

use chrono::TimeDelta;

use self::context::Context;
use self::cues::{CueKind, Cues, Hit};
use self::deadline::{Deadline, Deadlines};
use super::search::{Found, Patterns};
use super::{Detector, DetectorName, Evidence, Facts, Kind, Reading, Signal, Strength, UrgencyFacts};
use crate::eval::Counts;
use crate::text::clause;
use crate::ticket::{CustomerText, Zone};

/// A deadline this close is strong time pressure.
const NEAR: TimeDelta = TimeDelta::hours(72);

pub struct Urgency {
    cues: Cues,
    deadlines: Deadlines,
    context: Context,
}

impl Urgency {
    pub fn load(patterns: &mut Patterns) -> anyhow::Result<Self> {
        Ok(Self {
            cues: Cues::load(patterns)?,
            deadlines: Deadlines::load(patterns)?,
            context: Context::load()?,
        })
    }

    /// What cross-validation measured when the table was trained.
    pub fn measured(&self) -> Counts {
        self.context.measured()
    }
}

impl Detector for Urgency {
    fn version(&self) -> u32 {
        12
    }

    fn detect(&self, reading: &Reading<'_>, found: &Found) -> Vec<Signal> {
        let mut hits = self.cues.find(reading.text, found);
        let stands = |hit: &Hit<'_>| self.context.bears_out(reading.text, &hit.range, hit.cue.possible);
        hits.retain(|hit| hit.cue.kind == CueKind::Hurry || stands(hit));
        let deadlines = self.deadlines.find(reading, found);
        if deadlines.is_empty() && !any(&hits, CueKind::Event) {
            hits.retain(|hit| !hit.cue.beside);
        }
        if hits.is_empty() && deadlines.is_empty() {
            return self.by_wording(reading, found).into_iter().collect();
        }
        vec![Signal {
            detector: DetectorName::Urgency,
            kind: kind(&hits, &deadlines),
            strength: strength(&hits, &deadlines),
            evidence: evidence(reading, &hits, &deadlines),
            facts: Facts::Urgency(facts(reading, &hits, &deadlines)),
        }]
    }
}

impl Urgency {
    /// Where no phrase speaks: a sentence on what people live by that presses by its words.
    fn by_wording(&self, reading: &Reading<'_>, found: &Found) -> Option<Signal> {
        let words = self.context.pressing(reading.text, self.cues.matters(reading.text, found))?;
        Some(Signal {
            detector: DetectorName::Urgency,
            kind: Kind::Blocked,
            strength: Strength::Possible,
            evidence: vec![reading.text.evidence(clause::around(reading.text, &words), "wording")],
            facts: Facts::Urgency(UrgencyFacts { blocked: true, ..UrgencyFacts::default() }),
        })
    }
}

fn kind(hits: &[Hit<'_>], deadlines: &[Deadline]) -> Kind {
    if !deadlines.is_empty() || any(hits, CueKind::Event) {
        Kind::Deadline
    } else if any(hits, CueKind::Blocked) {
        Kind::Blocked
    } else {
        Kind::Hurry
    }
}

fn any(hits: &[Hit<'_>], kind: CueKind) -> bool {
    hits.iter().any(|hit| hit.cue.kind == kind)
}

fn strength(hits: &[Hit<'_>], deadlines: &[Deadline]) -> Strength {
    let said = deadlines.iter().any(|deadline| deadline.clear) || hits.iter().any(|hit| !hit.cue.possible);
    if said { Strength::Clear } else { Strength::Possible }
}

fn evidence(reading: &Reading<'_>, hits: &[Hit<'_>], deadlines: &[Deadline]) -> Vec<Evidence> {
    let dated = deadlines.iter().map(|deadline| {
        let cue = if deadline.at.is_some() { "deadline" } else { "deadline, date not readable" };
        (deadline.range.clone(), cue)
    });
    let mut spans: Vec<_> = hits
        .iter()
        .map(|hit| (hit.range.clone(), hit.cue.name.as_str()))
        .filter(|(hit, _)| !deadlines.iter().any(|deadline| overlap(hit, &deadline.range)))
        .chain(dated)
        .collect();
    spans.sort_by_key(|(range, _)| (range.start, range.end));
    spans.into_iter().map(|(range, cue)| reading.text.evidence(range, cue)).collect()
}

fn overlap(one: &std::ops::Range<usize>, other: &std::ops::Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// The earliest moment is the one that presses; one that cannot be read only where there is no other. An hour named
/// within a day of it says more than the day: "presenting at 9 tomorrow" beside "fix this tonight".
fn pressing(deadlines: &[Deadline]) -> Option<&Deadline> {
    let earliest = deadlines.iter().min_by_key(|deadline| (deadline.at.is_none(), deadline.at))?;
    let within_a_day = |deadline: &&Deadline| match (deadline.at, earliest.at) {
        (Some(at), Some(first)) => deadline.has_time && at - first <= TimeDelta::days(1),
        _ => false,
    };
    Some(deadlines.iter().find(within_a_day).unwrap_or(earliest))
}

fn facts(reading: &Reading<'_>, hits: &[Hit<'_>], deadlines: &[Deadline]) -> UrgencyFacts {
    let first = pressing(deadlines);
    let at = first.and_then(|deadline| deadline.at);
    let left = at.map(|at| at - reading.sent_at);
    UrgencyFacts {
        deadline_text: first
            .map(|deadline| CustomerText::from(reading.text.original(deadline.range.clone()))),
        deadline_at: at,
        hours_left: left.map(|left| (left.num_minutes() as f64 / 6.0).round() / 10.0),
        deadline_has_time: first.is_some_and(|deadline| deadline.has_time),
        strong: left.is_some_and(|left| left <= NEAR) || hits.iter().any(|hit| hit.cue.strong),
        blocked: any(hits, CueKind::Blocked),
        hurry: any(hits, CueKind::Hurry),
        sent_local: match reading.zone {
            Zone::Customer(tz) if first.is_some() => {
                Some(reading.sent_at.with_timezone(&tz).format("%H:%M").to_string())
            }
            _ => None,
        },
    }
}
