//! `POST /webhooks/{source}/reply-drafted`: a second look before sending. Never in the way: whatever goes wrong,
//! the answer is 200 with no items. And what the panel shows of a ticket's signals.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::Web;
use crate::app::{Account, App};
use crate::config::Kind;
use crate::draft::Item;
use crate::look::{self, BUDGET, Draft, Looked};
use crate::store::notes::{self, Shown};
use crate::ticket::{CustomerText, TicketId};

/// The contract `undertone.draft.v1`. Ids are text or numbers: the two helpdesks differ.
#[derive(Deserialize)]
struct Request {
    draft_id: Id,
    ticket_id: Id,
    agent_id: Option<Id>,
    comment_type: Option<String>,
    trigger: Option<String>,
    draft_html: Option<CustomerText>,
    draft_text: Option<CustomerText>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(u64),
}

impl Id {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

#[derive(Serialize)]
struct Answer {
    draft_id: Option<String>,
    items: Vec<Item>,
    adapted: Vec<&'static str>,
    note_posted: bool,
    #[serde(skip_serializing_if = "is_false")]
    incomplete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Answers with the findings at once; keeps them afterwards.
pub async fn reply_drafted(
    State(web): State<Web>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(account) = web.app.account(&source) else { return web.refusals.refuse("unknown") };
    if !has_app_token(account, &headers) && !is_signed(account, &headers, &body) {
        return web.refusals.refuse(&source);
    }
    let Some(draft) = parse(&body) else {
        count(&source, "not_understood");
        return answer(None, Looked::nothing("request_not_understood"));
    };
    let (draft, public) = draft;
    let looked = match public {
        false => Looked::nothing("not_a_public_reply"),
        true => tokio::time::timeout(BUDGET, look::look(&web.app, account, &draft))
            .await
            .unwrap_or_else(|_| Looked::incomplete("time_is_up")),
    };
    count(&source, if looked.incomplete { "incomplete" } else { "complete" });
    let id = draft.id.clone();
    keep_afterwards(&web.app, source, draft, &looked);
    answer(Some(id), looked)
}

fn parse(body: &[u8]) -> Option<(Draft, bool)> {
    let request: Request = serde_json::from_slice(body).ok()?;
    let ticket = request.ticket_id.into_text();
    let is_id = (1..=20).contains(&ticket.len()) && ticket.bytes().all(|byte| byte.is_ascii_digit());
    let draft = Draft {
        ticket: TicketId(is_id.then_some(ticket)?),
        id: short(request.draft_id.into_text()),
        trigger: short(request.trigger.unwrap_or_else(|| "unknown".to_owned())),
        text: without_nul(request.draft_text.filter(|text| !text.is_blank()).or(request.draft_html)?),
        agent: request.agent_id.map(Id::into_text),
    };
    // Internal notes, tweets and the like are the agent's own business.
    let public = request.comment_type.is_none_or(|kind| kind == "publicReply");
    Some((draft, public))
}

fn short(text: String) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

fn without_nul(text: CustomerText) -> CustomerText {
    CustomerText::new(text.expose().replace('\0', ""))
}

/// The answer does not wait for the database; a failure to keep is logged and counted.
fn keep_afterwards(app: &App, source: String, draft: Draft, looked: &Looked) {
    let app = app.clone();
    let looked = Looked {
        findings: looked.findings.clone(),
        message: looked.message.clone(),
        incomplete: looked.incomplete,
        reason: looked.reason,
    };
    tokio::spawn(async move {
        let Some(account) = app.account(&source) else { return };
        if look::keep(&app, account, &draft, &looked).await.is_err() {
            count(&source, "not_kept");
            tracing::warn!(source, ticket.id = %draft.ticket, "A look at a draft was answered and could not be kept");
        }
    });
}

fn answer(draft_id: Option<String>, looked: Looked) -> Response {
    let Looked { findings, incomplete, reason, .. } = looked;
    let body = Answer {
        draft_id,
        items: findings.items,
        adapted: findings.adapted,
        note_posted: false,
        incomplete,
        reason,
    };
    Json(body).into_response()
}

fn count(source: &str, answer: &'static str) {
    metrics::counter!("undertone_draft_looks_total", "source" => source.to_owned(), "answer" => answer)
        .increment(1);
}

/// `Authorization: Bearer <app token>`, compared in constant time with each of the source's tokens.
fn has_app_token(account: &Account, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(given) = given.and_then(|value| value.strip_prefix("Bearer ")) else { return false };
    let key = Utc::now().timestamp_subsec_nanos().to_be_bytes();
    let mac = |text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
        mac.update(text.trim().as_bytes());
        mac
    };
    let given = mac(given).finalize().into_bytes();
    let tokens = account.source.app_tokens.iter();
    tokens.fold(false, |found, token| mac(token.expose_secret()).verify_slice(&given).is_ok() | found)
}

fn is_signed(account: &Account, headers: &HeaderMap, body: &[u8]) -> bool {
    account.source.kind == Kind::Zendesk && account.helpdesk.verify(headers, body, Utc::now()).is_ok()
}

/// What the panel shows of a ticket: the note's own words and the decision.
#[derive(Serialize)]
struct Signals {
    ticket_id: TicketId,
    note: Option<PanelNote>,
    decision: PanelDecision,
}

#[derive(Serialize)]
struct PanelNote {
    lead: String,
    lines: Vec<PanelLine>,
}

#[derive(Serialize)]
struct PanelLine {
    label: String,
    text: String,
}

#[derive(Serialize)]
struct PanelDecision {
    state: String,
    reason: String,
}

/// `GET /webhooks/{source}/tickets/{ticket}/signals`, with the app's token.
pub async fn signals(
    State(web): State<Web>,
    Path((source, ticket)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some(account) = web.app.account(&source) else { return web.refusals.refuse("unknown") };
    if !has_app_token(account, &headers) {
        return web.refusals.refuse(&source);
    }
    let ticket = TicketId(ticket);
    match notes::shown(&web.app.db, &source, &ticket).await {
        Ok(Some(shown)) => Json(panel(ticket, shown)).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, Json(serde_json::json!({}))).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn panel(ticket_id: TicketId, shown: Shown) -> Signals {
    let note = shown.text.map(|text| {
        let mut lines = text.lines();
        let lead = lines.next().unwrap_or_default().to_owned();
        // The marker and the footer have no label.
        let lines = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(label, text)| PanelLine { label: label.to_owned(), text: text.to_owned() });
        PanelNote { lead, lines: lines.collect() }
    });
    Signals { ticket_id, note, decision: PanelDecision { state: shown.state, reason: shown.reason } }
}
