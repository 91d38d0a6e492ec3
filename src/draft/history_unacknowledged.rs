//! A chase or a history that the draft does not touch.
//!
//! ## What it finds
//! "This is the third time I write about it" answered as if it were the first.
//! ## Why an agent should know
//! Whoever had to come back reads every line for a sign that the earlier ones were seen.
//! ## What it leaves alone
//! A reply that names the repetition, the wait or a count; that acts or solves; that asks about this case first.
//! Earlier tickets that only the records know of: the customer did not bring them up.

use super::acknowledged::{acts, asks, names, names_history};
use super::{Check, Item, View};
use crate::detect::{Kind, Strength};

pub fn find(view: &View<'_>) -> Option<Item> {
    let chase = view.pair.signals.iter().find(|signal| {
        signal.kind == Kind::Chase && signal.strength == Strength::Clear && !signal.evidence.is_empty()
    })?;
    let reply = &view.reply;
    if reply.sentences.is_empty() || asks(reply) || acts(reply) || names_history(reply) {
        return None;
    }
    if chase.evidence.iter().any(|evidence| names(reply, &view.said.within(evidence.quote.expose()))) {
        return None;
    }
    Some(Item {
        check: Check::HistoryUnacknowledged,
        customer_quote: view.quote_of(chase),
        draft_quote: None,
        question: "What have they already done and told, to get as far as this message?",
    })
}
