//! Ready-made steps to someone who is upset, with nothing that is about their case before or after.
//!
//! ## What it finds
//! "Clear the cache and restart" as the whole answer to anger or fear.
//! ## Why an agent should know
//! Steps that fit every ticket tell an upset customer that theirs was not read.
//! ## What it leaves alone
//! Calm customers. Steps that name the customer's own thing: solving the fact is acknowledging it. Anything done,
//! the history or the feeling named, a question about the case. What is long enough to be a flood.

use super::acknowledged::{acts, asks, names_history};
use super::flood_before_acknowledgement::FLOOD;
use super::lexicons::CueClass;
use super::{Check, Item, View};

pub fn find(view: &View<'_>) -> Option<Item> {
    let upset = view.upset()?;
    let reply = &view.reply;
    let first = reply
        .sentences
        .iter()
        .find(|sentence| sentence.does(CueClass::Step) || sentence.does(CueClass::Errand))?;
    let specific = reply.sentences.iter().any(|sentence| sentence.shared > 0);
    let touched = acts(reply) || asks(reply) || names_history(reply) || reply.any_does(CueClass::Feeling);
    if specific || touched || reply.words >= FLOOD {
        return None;
    }
    Some(Item {
        check: Check::SolvingBeforeAcknowledging,
        customer_quote: view.quote_of(upset),
        draft_quote: Some(view.draft_quote(first.range.clone())),
        question: "What did this put them through before they wrote?",
    })
}
