//! What a draft does well, for calibration: never a score, never about an agent.
//!
//! | name | when |
//! | --- | --- |
//! | `short_reply_to_stated_hurry` | a stated hurry or a deadline within two days, and at most 60 words that say something |
//! | `named_the_fact` | the time, the event, the stake or the sum is named |
//! | `acted_on_the_fact` | something was done, answered, or promised for a named time |
//! | `named_the_history` | the chase, the wait or the count is named |

use super::acknowledged::{acts, names, names_any_time, names_history};
use super::specific::{is_specific, names_a_time};
use super::{SHORT_REPLY, View};
use crate::detect::{DetectorName, Facts, Kind};

/// A deadline this near asks for a short reply as a stated hurry does.
const NEAR_HOURS: f64 = 48.0;

pub fn find(view: &View<'_>) -> Vec<&'static str> {
    let mut adapted = Vec::new();
    if hurried(view) && is_short_and_real(view) {
        adapted.push("short_reply_to_stated_hurry");
    }
    if names_the_fact(view) {
        adapted.push("named_the_fact");
    }
    let asks_for_action = view.pair.signals.iter().any(|signal| !is_glad(signal.kind));
    if asks_for_action && acts(&view.reply) {
        adapted.push("acted_on_the_fact");
    }
    if view.pair.signals.iter().any(|signal| signal.kind == Kind::Chase) && names_history(&view.reply) {
        adapted.push("named_the_history");
    }
    adapted
}

fn hurried(view: &View<'_>) -> bool {
    view.pair.signals.iter().any(|signal| match &signal.facts {
        Facts::Urgency(facts) => facts.hurry || facts.hours_left.is_some_and(|hours| hours <= NEAR_HOURS),
        _ => false,
    })
}

fn is_short_and_real(view: &View<'_>) -> bool {
    let says = view.reply.sentences.iter().any(|sentence| is_specific(sentence) || names_a_time(sentence));
    view.reply.words <= SHORT_REPLY && says
}

fn names_the_fact(view: &View<'_>) -> bool {
    view.pair.signals.iter().any(|signal| match signal.detector {
        DetectorName::Urgency => {
            names_any_time(&view.reply)
                || evidence(view, signal).any(|quote| names(&view.reply, &view.around(quote)))
        }
        DetectorName::AmountMismatch => {
            evidence(view, signal).any(|quote| names(&view.reply, &view.said.within(quote)))
        }
        _ => false,
    })
}

fn evidence<'a>(_: &View<'a>, signal: &'a crate::detect::Signal) -> impl Iterator<Item = &'a str> {
    signal.evidence.iter().map(|evidence| evidence.quote.expose())
}

fn is_glad(kind: Kind) -> bool {
    matches!(kind, Kind::Gratitude | Kind::Joy)
}
