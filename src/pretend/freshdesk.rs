//! A pretend Freshdesk: tickets, conversations, contacts, notes, limits and their answers.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::desk::{self, Comment, Desk, ME, Ticket, User, number};
use super::server::{Scissors, Server, start, suffer};
use super::{Call, Fault, Happening, Limits, NewComment, NewTicket, NewUser, NoteSeen};
use crate::helpdesk::freshdesk::{Settings, signature::KEY_HEADER};
use crate::ticket::{TicketId, UserId};

const API_KEY: &str = "EXAMPLE-API-KEY";

/// The shape of a webhook's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What ticking boxes gives: the `freshdesk_webhook` wrapper.
    Simple,
    /// Our full template, filled in.
    Advanced,
    /// Our pointer-only template, filled in.
    Pointer,
}

/// How the shared secret travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    Header,
    BasicAuth,
}

/// A running pretend Freshdesk; it ends when this is dropped.
pub struct PretendFreshdesk {
    base_url: String,
    desk: Arc<Desk>,
    _server: Server,
}

impl PretendFreshdesk {
    pub async fn start() -> io::Result<Self> {
        let desk = Arc::new(Desk::new(Limits { account: 700, updates: 280 }));
        let server = start(Router::new().fallback(answer).with_state(desk.clone())).await?;
        Ok(Self { base_url: format!("http://{}", server.address), desk, _server: server })
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Settings that connect to this one.
    pub fn settings(&self, webhook_secrets: Vec<SecretString>) -> Settings {
        Settings {
            base_url: self.base_url.clone(),
            api_key: API_KEY.into(),
            webhook_secrets,
            drafters: Vec::new(),
        }
    }

    pub fn me(&self) -> UserId {
        UserId(ME.to_string())
    }

    pub fn add_user(&self, user: NewUser) -> UserId {
        self.desk.add_user(user)
    }

    pub fn add_ticket(&self, ticket: NewTicket) -> TicketId {
        self.desk.add_ticket(ticket)
    }

    /// Adds a conversation, and gives its id. The ticket must be there.
    pub fn add_comment(&self, ticket_id: &TicketId, comment: NewComment) -> String {
        self.desk.add_comment(ticket_id, comment)
    }

    /// Sets the status: "open", "pending", "resolved", "closed", "spam", "deleted".
    pub fn set_status(&self, ticket_id: &TicketId, status: &'static str) {
        self.desk.change(ticket_id, |ticket| ticket.status = status);
    }

    /// Gives what was written on the ticket over REST, oldest first.
    pub fn notes(&self, ticket_id: &TicketId) -> Vec<NoteSeen> {
        self.desk.notes(ticket_id)
    }

    /// Lets the next call of this kind go wrong. Several wait in line.
    pub fn fail_next(&self, call: Call, fault: Fault) {
        self.desk.fail_next(call, fault);
    }

    /// How many calls of this kind came, the failed ones included.
    pub fn calls(&self, call: Call) -> usize {
        self.desk.calls(call)
    }

    /// The JSON of every write that came, the failed ones included.
    pub fn writes(&self) -> Vec<Value> {
        self.desk.writes()
    }

    pub fn set_limits(&self, limits: Limits) {
        self.desk.with(|state| state.limits = limits);
    }

    /// Gives the webhook that Freshdesk would send now, with the secret in the header. The ticket must be there.
    pub fn signed_webhook(
        &self,
        form: Form,
        happening: Happening,
        ticket_id: &TicketId,
        secret: &SecretString,
    ) -> (HeaderMap, Vec<u8>) {
        self.webhook(form, happening, ticket_id, secret, Carrier::Header)
    }

    /// Gives the webhook that Freshdesk would send now, with the secret in the place of choice.
    pub fn webhook(
        &self,
        form: Form,
        happening: Happening,
        ticket_id: &TicketId,
        secret: &SecretString,
        carrier: Carrier,
    ) -> (HeaderMap, Vec<u8>) {
        let body =
            self.desk.with(|state| webhook_body(&state.tickets[&number(&ticket_id.0)], form, happening));
        let (name, value) = match carrier {
            Carrier::Header => (HeaderName::from_static(KEY_HEADER), secret.expose_secret().to_owned()),
            Carrier::BasicAuth => {
                let pair = STANDARD.encode(format!("undertone:{}", secret.expose_secret()));
                (AUTHORIZATION, format!("Basic {pair}"))
            }
        };
        let value = HeaderValue::try_from(value).expect("a secret of printable ASCII");
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, json), (name, value)]);
        (headers, serde_json::to_vec_pretty(&body).expect("a value is JSON"))
    }
}

fn webhook_body(ticket: &Ticket, form: Form, happening: Happening) -> Value {
    let newest = ticket.comments.last().expect("an opening message");
    let (event, triggered_event) = match happening {
        Happening::TicketCreated => ("ticket_created", "{ticket_action:created}"),
        Happening::CustomerReplied => ("customer_reply", "{reply_sent:sent}"),
        Happening::NoteAdded => ("note_added", "{note_type:private}"),
    };
    match form {
        Form::Simple => {
            let mut body = json!({
                "ticket_id": ticket.id,
                "ticket_subject": ticket.subject,
                "ticket_description": ticket.comments[0].html,
                "ticket_status": "Open",
                "ticket_contact_name": "Somebody",
            });
            if happening != Happening::TicketCreated {
                body["ticket_latest_public_comment"] = format!("Somebody : {}", newest.html).into();
            }
            json!({"freshdesk_webhook": body})
        }
        Form::Advanced => json!({
            "schema": "undertone.freshdesk.webhook.v1",
            "event": event,
            "triggered_event": triggered_event,
            "ticket_id": ticket.id.to_string(),
            "subject": ticket.subject,
            "text": newest.text,
            "status": "Open",
            "source": "Email",
        }),
        Form::Pointer => json!({
            "schema": "undertone.freshdesk.pointer.v1",
            "event": event,
            "triggered_event": triggered_event,
            "ticket_id": ticket.id.to_string(),
        }),
    }
}

async fn answer(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    let call = match (&method, path.as_slice()) {
        (&Method::GET, ["api", "v2", "agents", "me"]) => Call::Me,
        (&Method::GET, ["api", "v2", "contacts", _]) => Call::User,
        (&Method::GET, ["api", "v2", "tickets"]) => Call::Earlier,
        (&Method::GET, ["api", "v2", "tickets", _, "conversations"]) => Call::Comments,
        (&Method::GET, ["api", "v2", "tickets", _]) => Call::Ticket,
        (&Method::POST, ["api", "v2", "tickets", _, "notes"]) => Call::Write,
        _ => Call::Other,
    };
    let id = path.get(3).map_or(0, |id| number(id));
    let fault = desk.with(|state| state.count(call, &body));
    let work = || respond(&desk, call, id, uri.query().unwrap_or_default(), &headers, &body);
    suffer(fault, scissors, work, refuse).await
}

fn refuse(fault: Fault) -> Response {
    match fault {
        Fault::LimitedPlain(seconds) => {
            let retry = [(RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, retry, "Too many requests").into_response()
        }
        Fault::LimitedJson(seconds) => limited(seconds.into()),
        Fault::Conflict => error(409, json!({"code": "inconsistent_state", "message": "Conflict"})),
        Fault::Unauthorized => unauthorized(),
        _ => error(
            403,
            json!({"code": "access_denied", "message": "You are not authorized to perform this action."}),
        ),
    }
}

fn respond(desk: &Desk, call: Call, id: u64, query: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    let key = format!("Basic {}", STANDARD.encode(format!("{API_KEY}:X")));
    if headers.get(AUTHORIZATION).is_none_or(|header| header.as_bytes() != key.as_bytes()) {
        return unauthorized();
    }
    desk.with(|state| {
        if let Err(seconds) = state.take(call) {
            return limited(seconds);
        }
        let answer = answer_of(state, call, id, query, body);
        let limits = [
            ("x-ratelimit-total", state.limits.account.to_string()),
            ("x-ratelimit-remaining", state.remaining().to_string()),
            ("x-ratelimit-used-currentrequest", "1".to_owned()),
        ];
        (limits, answer).into_response()
    })
}

fn answer_of(state: &mut desk::State, call: Call, id: u64, query: &str, body: &[u8]) -> Response {
    let asked = |key: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    };
    let reply = match call {
        Call::Me => Some(json!({"id": ME, "available": true, "type": "support_agent"})),
        // Agents are no contacts.
        Call::User => state.users.get(&id).filter(|user| !user.is_agent).map(contact_json),
        Call::Ticket => state
            .tickets
            .get(&id)
            .map(|ticket| ticket_json(state, ticket, asked("include").unwrap_or_default())),
        Call::Comments => state.tickets.get(&id).map(|ticket| {
            let page = asked("page").and_then(|page| page.parse().ok()).unwrap_or(1_usize).max(1);
            let size = asked("per_page").and_then(|size| size.parse().ok()).unwrap_or(30_usize).min(100);
            let conversations = ticket.comments.iter().skip(1).skip((page - 1) * size).take(size);
            conversations.map(|comment| conversation_json(state, ticket, comment)).collect()
        }),
        Call::Earlier => {
            let requester = asked("requester_id").map_or(0, number);
            let since = asked("updated_since").and_then(|since| since.parse::<DateTime<Utc>>().ok());
            // Unasked, Freshdesk shows what was created in the last 30 days.
            let since = since.unwrap_or_else(|| Utc::now() - chrono::TimeDelta::days(30));
            let tickets = state.tickets.values();
            let tickets =
                tickets.filter(|ticket| ticket.requester == requester && ticket.updated_at >= since);
            let tickets = tickets.filter(|ticket| !matches!(ticket.status, "spam" | "deleted"));
            Some(tickets.map(|ticket| ticket_json(state, ticket, "")).collect())
        }
        Call::Write => return add_note(state, id, body),
        Call::Token | Call::Other => None,
    };
    match reply {
        Some(reply) => axum::Json(reply).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn add_note(state: &mut desk::State, id: u64, body: &[u8]) -> Response {
    if state.tickets.get(&id).is_none_or(|ticket| ticket.status == "deleted") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(html) = asked["body"].as_str().filter(|html| !html.is_empty()) else {
        return error(
            400,
            json!({
                "description": "Validation failed",
                "errors": [{
                    "field": "body",
                    "message": "It should not be blank as this is a mandatory field",
                    "code": "missing_field",
                }],
            }),
        );
    };
    let private = asked["private"].as_bool().unwrap_or(true);
    let note = state.write(id, html, !private, Value::Null).expect("the ticket was found above");
    let reply = conversation_json(state, &state.tickets[&id], &note);
    (StatusCode::CREATED, axum::Json(reply)).into_response()
}

fn ticket_json(state: &desk::State, ticket: &Ticket, include: &str) -> Value {
    let by_agent = state.users.get(&ticket.submitter).is_some_and(|user| user.is_agent);
    let status = match ticket.status {
        "pending" => 3,
        "resolved" | "solved" => 4,
        "closed" => 5,
        _ => 2,
    };
    let mut body = json!({
        "id": ticket.id,
        "subject": ticket.subject,
        "description": ticket.comments[0].html,
        // Freshdesk collapses line ends in its text twin.
        "description_text": ticket.comments[0].text.split_whitespace().collect::<Vec<_>>().join(" "),
        "status": status,
        "priority": 1,
        "source": if by_agent { 3 } else { 1 },
        "spam": ticket.status == "spam",
        "requester_id": ticket.requester,
        "responder_id": null,
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "tags": [],
    });
    if ticket.status == "deleted" {
        body["deleted"] = true.into();
    }
    if include.contains("conversations") {
        let first = ticket.comments.iter().skip(1).take(10);
        body["conversations"] = first.map(|comment| conversation_json(state, ticket, comment)).collect();
    }
    if include.contains("requester") {
        body["requester"] = json!({"id": ticket.requester, "name": "Somebody"});
    }
    if include.contains("stats") {
        body["stats"] = json!({"reopened_at": null, "agent_responded_at": null});
    }
    body
}

fn conversation_json(state: &desk::State, ticket: &Ticket, comment: &Comment) -> Value {
    let incoming = !state.users.get(&comment.author).is_some_and(|user| user.is_agent);
    json!({
        "id": comment.id,
        "body": comment.html,
        "body_text": comment.text.split_whitespace().collect::<Vec<_>>().join(" "),
        "incoming": incoming,
        "private": !comment.public,
        "user_id": comment.author,
        "source": if comment.public { 0 } else { 2 },
        "ticket_id": ticket.id,
        "created_at": stamp(comment.created_at),
        "updated_at": stamp(comment.created_at),
        "attachments": [],
    })
}

fn contact_json(user: &User) -> Value {
    json!({"id": user.id, "language": user.locale, "time_zone": user.time_zone, "deleted": false})
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn error(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response()
}

fn limited(seconds: u64) -> Response {
    let body = json!({"message": "You have exceeded the limit of requests per minute"});
    ([(RETRY_AFTER, seconds.to_string())], error(429, body)).into_response()
}

fn unauthorized() -> Response {
    error(
        401,
        json!({"code": "invalid_credentials", "message": "You have to be logged in to perform this action."}),
    )
}
