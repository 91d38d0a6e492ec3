//! A deadline or a stake that the draft neither names nor acts on.
//!
//! ## What it finds
//! "My flight leaves at 6" answered with "refunds are reviewed within 10 business days" or a request for details.
//! ## Why an agent should know
//! An answer after the deadline is no answer, and one that does not mention it reads as if nobody saw it.
//! ## What it leaves alone
//! A reply that names the time, the day, the event or the thing at stake; that acts, or promises for a named time;
//! that answers outright; that asks what it needs to know first; a short, real answer to a stated hurry.

use super::acknowledged::{acts, asks, gives_steps, names, names_any_time};
use super::lexicons::CueClass;
use super::specific::is_specific;
use super::{Check, Item, SHORT_REPLY, View};
use crate::detect::{Facts, Kind, Signal, Strength, UrgencyFacts};

/// A deadline further away than two weeks does not have to be in every reply.
const FAR_HOURS: f64 = 14.0 * 24.0;

pub fn find(view: &View<'_>) -> Option<Item> {
    let (signal, facts) = pressing(view)?;
    let reply = &view.reply;
    if reply.sentences.is_empty() || asks(reply) {
        return None;
    }
    if acts(reply) || gives_steps(reply) || names_any_time(reply) {
        return None;
    }
    if signal.evidence.iter().any(|evidence| names(reply, &view.around(evidence.quote.expose()))) {
        return None;
    }
    if facts.hurry && reply.words <= SHORT_REPLY && reply.sentences.iter().any(is_specific) {
        return None;
    }
    let stall = reply.sentences.iter().find(|sentence| sentence.does(CueClass::Stall));
    Some(Item {
        check: Check::DeadlineUnacknowledged,
        customer_quote: view.quote_of(signal),
        draft_quote: stall.map(|sentence| view.draft_quote(sentence.range.clone())),
        question: question(signal.kind),
    })
}

/// The deadline or the harm running now, where the words say it clearly.
fn pressing<'a>(view: &View<'a>) -> Option<(&'a Signal, &'a UrgencyFacts)> {
    view.pair.signals.iter().find_map(|signal| match &signal.facts {
        Facts::Urgency(facts)
            if signal.strength == Strength::Clear
                && matches!(signal.kind, Kind::Deadline | Kind::Blocked)
                && facts.hours_left.is_none_or(|hours| hours <= FAR_HOURS)
                && !signal.evidence.is_empty() =>
        {
            Some((signal, facts))
        }
        _ => None,
    })
}

fn question(kind: Kind) -> &'static str {
    match kind {
        Kind::Blocked => "What can they not do while this lasts, and who else is waiting on them?",
        _ => "What does the time until then look like for them if nothing changes?",
    }
}
