//! The demo's drafts: three replies to its tickets, looked at before sending, as the app in the sidebar asks for it.

use std::time::Instant;

use anyhow::Context;
use serde::Deserialize;
use serde_json::json;

use super::story::{excerpt, indent};
use super::tickets::Sample;
use super::world::{SOURCES, World};
use crate::ticket::TicketId;

/// A reply that somebody is about to send.
struct Draft {
    title: &'static str,
    /// The title of the ticket that it answers, one of the pretend Zendesk's.
    to: &'static str,
    text: &'static str,
    expected: Expected,
}

/// What the look should give.
enum Expected {
    /// This check with the words of both sides, and maybe another.
    Question(&'static str),
    /// No item, and this among what was done well.
    Nothing(&'static str),
}

const DRAFTS: &[Draft] = &[
    Draft {
        title: "A stock phrase alone",
        to: "Two weeks and a third try",
        text: "Hi Priya,\n\nWe completely understand your frustration and apologise for any inconvenience caused. We value your patience and will get back to you as soon as possible.\n\nKind regards\nSam",
        expected: Expected::Question("stock_phrase_alone"),
    },
    Draft {
        title: "A reply that names the facts",
        to: "Locked out the evening before a presentation",
        text: "Hi Maya,\n\nYou will be in before nine: I have reset your password by hand, and the new link is in your inbox. All your slides are there.\n\nSam",
        expected: Expected::Nothing("named_the_fact"),
    },
    Draft {
        title: "A short reply to somebody in a hurry",
        to: "A hurried one-liner",
        text: "The corrected invoice is attached.",
        expected: Expected::Nothing("short_reply_to_stated_hurry"),
    },
];

/// The service's answer.
#[derive(Deserialize)]
struct Answer {
    items: Vec<Item>,
    adapted: Vec<String>,
}

#[derive(Deserialize)]
struct Item {
    check: String,
    customer_quote: String,
    draft_quote: Option<String>,
    question: String,
}

/// Asks about every draft over HTTP, shows the answers, and says which are not what they should be.
pub async fn tell(world: &World, tickets: &[(&Sample, TicketId)]) -> anyhow::Result<Vec<String>> {
    println!("Before an answer is sent, the app beside the ticket asks for a second look at the draft:\n");
    let mut wrong = Vec::new();
    for draft in DRAFTS {
        let ticket = tickets.iter().find(|(sample, _)| sample.title == draft.to);
        let (_, ticket) = ticket.with_context(|| format!("no ticket \"{}\"", draft.to))?;
        println!("── {} (ticket {ticket}: {})", draft.title, draft.to);
        println!("{}", indent(&excerpt(draft.text), "   | "));
        let asked = Instant::now();
        let answer = ask(world, ticket, draft).await?;
        println!("{}\n", told(&answer, asked.elapsed().as_millis()));
        if !is_as_expected(&answer, &draft.expected) {
            wrong.push(format!(
                "the draft \"{}\" got {:?} and {:?}",
                draft.title,
                checks(&answer),
                answer.adapted
            ));
        }
    }
    if wrong.is_empty() {
        println!("As it should be: questions on the first draft, none on the others.");
    }
    Ok(wrong)
}

async fn ask(world: &World, ticket: &TicketId, draft: &Draft) -> anyhow::Result<Answer> {
    let request = json!({
        "schema": "undertone.draft.v1",
        "draft_id": uuid::Uuid::now_v7(),
        "ticket_id": ticket,
        "comment_type": "publicReply",
        "trigger": "demo",
        "draft_text": draft.text,
    });
    let answer = world.ask_about(SOURCES.0, &request).await?;
    serde_json::from_value(answer).context("reading the answer to a draft")
}

fn told(answer: &Answer, ms: u128) -> String {
    if answer.items.is_empty() {
        let told = format!("Nothing to add ({ms} ms). Adapted to them: {}", answer.adapted.join(", "));
        return indent(&told, "   ");
    }
    let items: Vec<_> = answer.items.iter().map(|item| indent(&item_told(item), "   > ")).collect();
    format!("   To think about, {ms} ms after asking:\n{}", items.join("\n   >\n"))
}

/// The words of the panel.
fn item_told(item: &Item) -> String {
    let draft = match &item.draft_quote {
        Some(quote) => format!("“{quote}”"),
        None => "nothing about it yet".to_owned(),
    };
    format!("They wrote “{}”\nYour draft has {draft}\n{}", item.customer_quote, item.question)
}

fn checks(answer: &Answer) -> Vec<&str> {
    answer.items.iter().map(|item| item.check.as_str()).collect()
}

fn is_as_expected(answer: &Answer, expected: &Expected) -> bool {
    match expected {
        Expected::Question(check) => {
            let item = answer.items.iter().find(|item| item.check == *check);
            item.is_some_and(|item| !item.customer_quote.is_empty() && item.draft_quote.is_some())
        }
        Expected::Nothing(adapted) => {
            answer.items.is_empty() && answer.adapted.iter().any(|name| name == adapted)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(items: &[(&str, Option<&str>)], adapted: &[&str]) -> Answer {
        let item = |(check, quote): &(&str, Option<&str>)| Item {
            check: (*check).to_owned(),
            customer_quote: "for two weeks".to_owned(),
            draft_quote: quote.map(str::to_owned),
            question: "What have they tried?".to_owned(),
        };
        Answer {
            items: items.iter().map(item).collect(),
            adapted: adapted.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn an_answer_is_held_to_what_the_demo_promises() {
        let question = Expected::Question("stock_phrase_alone");
        let nothing = Expected::Nothing("named_the_fact");
        let stock = ("stock_phrase_alone", Some("We value your patience"));
        let history = ("history_unacknowledged", None);
        let cases = [
            ("the question", answer(&[stock, history], &[]), &question, true),
            ("no question", answer(&[], &[]), &question, false),
            ("another question", answer(&[history], &[]), &question, false),
            ("the draft not quoted", answer(&[("stock_phrase_alone", None)], &[]), &question, false),
            ("nothing, adapted", answer(&[], &["acted_on_the_fact", "named_the_fact"]), &nothing, true),
            ("nothing, not adapted", answer(&[], &[]), &nothing, false),
            ("a question for a good draft", answer(&[history], &["named_the_fact"]), &nothing, false),
        ];
        for (name, answer, expected, good) in cases {
            assert_eq!(is_as_expected(&answer, expected), good, "{name}");
        }
    }
}
