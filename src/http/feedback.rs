//! `/feedback/..`: the links below a note. Following one shows a button, for programs follow links too; pressing it counts.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::Web;
use crate::feedback::{VERDICTS, is_genuine};
use crate::store::feedback;
use crate::store::notes::Key;
use crate::ticket::{MessageId, TicketId};

type Parts = Path<(String, String, String, String, String)>;

#[derive(Template)]
#[template(path = "feedback.html")]
struct Page<'a> {
    verdict: &'a str,
    given: bool,
}

pub async fn ask(State(web): State<Web>, parts: Parts) -> Response {
    match words(&web, &parts) {
        Some(verdict) => page(verdict, false),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

pub async fn give(State(web): State<Web>, parts: Parts) -> Response {
    let Some(words) = words(&web, &parts) else { return StatusCode::NOT_FOUND.into_response() };
    let Path((source, ticket, message, verdict, _)) = parts;
    let key = Key { source: &source, ticket: &TicketId(ticket), message: &MessageId(message) };
    match feedback::insert(&web.app.db, key, &verdict).await {
        Ok(true) => page(words, true),
        Ok(false) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The verdict in words, when the address is one that we wrote.
fn words(web: &Web, Path((source, ticket, message, verdict, token)): &Parts) -> Option<&'static str> {
    let account = web.app.account(source)?;
    let key = Key { source, ticket: &TicketId(ticket.clone()), message: &MessageId(message.clone()) };
    let words = VERDICTS.iter().find(|(word, _)| word == verdict).map(|(_, words)| *words)?;
    is_genuine(&account.source, key, token).then_some(words)
}

fn page(verdict: &str, given: bool) -> Response {
    let html = Page { verdict, given }.render().expect("the template writes into memory, which cannot fail");
    Html(html).into_response()
}
