//! A stock phrase standing alone: sympathy or assurance that fits every ticket, and nothing specific beside it.
//!
//! ## What it finds
//! "We're sorry to hear that. Please send us your details so we can assist." to whoever wrote whatever.
//! ## Why an agent should know
//! Customers read it as processed, not understood.
//! ## What it leaves alone
//! A stock phrase beside anything specific: their thing named, something done, an answer, a question about this
//! case. A reply to a customer who said nothing that could be taken up.

use super::reply::Reply;
use super::specific::is_specific;
use super::{Check, Item, View};

/// Words up to which a reply is read at one glance: something specific anywhere in it stands beside the phrase.
const SHORT: usize = 120;

/// In a longer reply, how many sentences away still counts as beside.
const BESIDE: usize = 2;

pub fn find(view: &View<'_>) -> Option<Item> {
    if !view.said.is_anything() || view.only_thanks() {
        return None;
    }
    let stock = view.reply.sentences.iter().enumerate().find_map(|(at, sentence)| {
        let phrase = sentence.stock.clone()?;
        is_alone(&view.reply, at).then_some(phrase)
    })?;
    Some(Item {
        check: Check::StockPhraseAlone,
        customer_quote: view.what_they_said(),
        draft_quote: Some(view.draft_quote(stock)),
        question: "What happened to them that this phrase stands in for?",
    })
}

fn is_alone(reply: &Reply, at: usize) -> bool {
    let beside = if reply.words <= SHORT {
        &reply.sentences[..]
    } else {
        &reply.sentences[at.saturating_sub(BESIDE)..(at + BESIDE + 1).min(reply.sentences.len())]
    };
    !beside.iter().any(is_specific)
}
