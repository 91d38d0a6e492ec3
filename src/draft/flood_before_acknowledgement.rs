//! Much information before anything that is about this customer, who is upset.
//!
//! ## What it finds
//! Paragraphs of procedure and steps to someone who wrote in anger or fear, before one sentence shows that
//! their case was read.
//! ## Why an agent should know
//! Upset people stop reading; what comes first is what they take away.
//! ## What it leaves alone
//! Calm customers, however long the answer. Long answers that begin with the fact, with something done or with a
//! question about the case.

use std::collections::HashSet;

use super::lexicons::CueClass;
use super::reply::Sentence;
use super::words::Stem;
use super::{Check, Item, View};

/// Words of information, about a phone screen full, that come before any acknowledgement.
pub const FLOOD: usize = 80;

pub fn find(view: &View<'_>) -> Option<Item> {
    let upset = view.upset()?;
    let facts = view.facts();
    let mut words = 0;
    for sentence in &view.reply.sentences {
        if acknowledges(sentence, &facts) {
            return None;
        }
        words += sentence.words;
        if words >= FLOOD {
            break;
        }
    }
    let first = view.reply.sentences.iter().find(|sentence| sentence.stock.is_none());
    let first = first.or(view.reply.sentences.first()).filter(|_| words >= FLOOD)?;
    Some(Item {
        check: Check::FloodBeforeAcknowledgement,
        customer_quote: view.quote_of(upset),
        draft_quote: Some(view.draft_quote(first.range.clone())),
        question: "What are they most worried about as they open this reply?",
    })
}

/// Whether a sentence shows that the case was read: a fact of theirs outside of instructions, or an act.
fn acknowledges(sentence: &Sentence, facts: &HashSet<Stem>) -> bool {
    let instructs = sentence.does(CueClass::Step)
        || sentence.does(CueClass::Errand)
        || sentence.does(CueClass::Stall)
        || sentence.stock.is_some();
    let named = sentence.content.iter().filter(|stem| facts.contains(stem)).count();
    // "The nurse service is open on weekdays" is no answer to whoever was cut off by a nurse.
    let names = named > 1 || named == 1 && sentence.is_personal;
    sentence.does(CueClass::Acted)
        || sentence.does(CueClass::Feeling)
        || sentence.does(CueClass::History)
        || sentence.clarifies
        || names && !instructs
}
