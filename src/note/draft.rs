//! The note on a drafting bot's reply: what the customer said beside what the draft has, and the question.

use super::compose::{Draft, Line};
use super::quote::cut;
use crate::draft::Item;

/// Composes the note. It shows both sides and asks; it never suggests words.
pub fn about_draft(items: &[Item]) -> Draft {
    let lead = match items {
        [_] => "Undertone: one thing to look at in this draft",
        _ => "Undertone: two things to look at in this draft",
    };
    let lines = items.iter().flat_map(|item| {
        let customer = Line { label: "The customer wrote", text: cut(item.customer_quote.expose()) };
        let draft = item.draft_quote.as_ref();
        let draft = draft.map(|quote| Line { label: "The draft has", text: cut(quote.expose()) });
        let question = Line { label: "Before you send", text: item.question.to_owned() };
        [Some(customer), draft, Some(question)].into_iter().flatten()
    });
    Draft { lead: lead.to_owned(), lines: lines.collect() }
}
