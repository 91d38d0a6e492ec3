//! A pretend Zendesk: OAuth, tickets, comments, users, guarded updates, limits and their answers.

mod page;
mod webhook;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{SecondsFormat, Utc};
pub use page::Installation;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::desk::{self, Comment, Desk, ME, Ticket, User, number};
use super::server::{Scissors, Server, start, suffer};
use super::{Call, Fault, Happening, Limits, NewComment, NewTicket, NewUser, NoteSeen};
use crate::helpdesk::zendesk::{Credentials, Settings};
use crate::ticket::{TicketId, UserId};

const CLIENT_ID: &str = "undertone_integration";
const CLIENT_SECRET: &str = "EXAMPLE-NOT-A-SECRET";
const EMAIL: &str = "undertone@example.com";
const API_TOKEN: &str = "EXAMPLE-API-TOKEN";
const PLAIN_LIMIT: &str = "Number of allowed API requests per minute exceeded";

/// The shape of a webhook's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Zendesk's own, of an event-subscribed webhook.
    Event,
    /// Our full trigger template, filled in.
    Trigger,
    /// Our pointer-only template, filled in.
    Pointer,
}

/// A running pretend Zendesk; it ends when this is dropped.
pub struct PretendZendesk {
    base_url: String,
    account: Arc<Account>,
    _server: Server,
}

struct Account {
    desk: Desk,
    /// What tokens live for, in seconds, whatever is asked.
    token_lifetime: AtomicU64,
    tokens: std::sync::Mutex<Vec<(String, Instant, bool)>>,
    installation: OnceLock<Installation>,
}

impl PretendZendesk {
    pub async fn start() -> io::Result<Self> {
        let limits = Limits { account: 700, updates: 100 };
        let account = Arc::new(Account {
            desk: Desk::new(limits),
            token_lifetime: AtomicU64::new(7200),
            tokens: std::sync::Mutex::default(),
            installation: OnceLock::new(),
        });
        let server = start(page::routes().fallback(answer).with_state(account.clone())).await?;
        Ok(Self { base_url: format!("http://{}", server.address), account, _server: server })
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Settings that connect to this one by OAuth, with a window of 15 minutes.
    pub fn settings(&self, webhook_secrets: Vec<SecretString>) -> Settings {
        let credentials =
            Credentials::Oauth { client_id: CLIENT_ID.into(), client_secret: CLIENT_SECRET.into() };
        let signature_window = Duration::from_secs(900);
        Settings {
            base_url: self.base_url.clone(),
            credentials,
            webhook_secrets,
            drafters: Vec::new(),
            signature_window,
        }
    }

    /// The credentials of the old kind, which it takes as well.
    pub fn token_credentials() -> Credentials {
        Credentials::Token { email: EMAIL.into(), token: API_TOKEN.into() }
    }

    pub fn me(&self) -> UserId {
        UserId(ME.to_string())
    }

    pub fn add_user(&self, user: NewUser) -> UserId {
        self.account.desk.add_user(user)
    }

    pub fn add_ticket(&self, ticket: NewTicket) -> TicketId {
        self.account.desk.add_ticket(ticket)
    }

    /// Adds a comment, and gives its id. The ticket must be there.
    pub fn add_comment(&self, ticket_id: &TicketId, comment: NewComment) -> String {
        self.account.desk.add_comment(ticket_id, comment)
    }

    /// Sets the status by Zendesk's word: "new", "open", "pending", "hold", "solved", "closed", "deleted".
    pub fn set_status(&self, ticket_id: &TicketId, status: &'static str) {
        self.account.desk.change(ticket_id, |ticket| ticket.status = status);
    }

    /// Makes an agent the one who wrote the opening message.
    pub fn set_submitter(&self, ticket_id: &TicketId, submitter: &UserId) {
        self.account.desk.change(ticket_id, |ticket| {
            ticket.submitter = number(&submitter.0);
            ticket.comments[0].author = ticket.submitter;
        });
    }

    pub fn set_follow_up_of(&self, ticket_id: &TicketId, closed: &TicketId) {
        self.account.desk.change(ticket_id, |ticket| ticket.follow_up_of = Some(number(&closed.0)));
    }

    /// Gives what was written on the ticket over REST, oldest first.
    pub fn notes(&self, ticket_id: &TicketId) -> Vec<NoteSeen> {
        self.account.desk.notes(ticket_id)
    }

    /// Lets the next call of this kind go wrong. Several wait in line.
    pub fn fail_next(&self, call: Call, fault: Fault) {
        self.account.desk.fail_next(call, fault);
    }

    /// How many calls of this kind came, the failed ones included.
    pub fn calls(&self, call: Call) -> usize {
        self.account.desk.calls(call)
    }

    /// The JSON of every write that came, the failed ones included.
    pub fn writes(&self) -> Vec<Value> {
        self.account.desk.writes()
    }

    pub fn set_limits(&self, limits: Limits) {
        self.account.desk.with(|state| state.limits = limits);
    }

    pub fn set_token_lifetime(&self, seconds: u64) {
        self.account.token_lifetime.store(seconds, Ordering::SeqCst);
    }

    pub fn revoke_tokens(&self) {
        self.account.tokens.lock().expect("nothing panics under the lock").clear();
    }

    /// Gives the webhook that Zendesk would send now, correctly signed. The ticket must be there.
    pub fn signed_webhook(
        &self,
        form: Form,
        happening: Happening,
        ticket_id: &TicketId,
        secret: &SecretString,
    ) -> (HeaderMap, Vec<u8>) {
        let body =
            self.account.desk.with(|state| webhook::body(state, number(&ticket_id.0), form, happening));
        let body = serde_json::to_vec_pretty(&body).expect("a value is JSON");
        (webhook::signed_headers(secret, &body), body)
    }
}

async fn answer(
    State(account): State<Arc<Account>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    let call = match (&method, path.as_slice()) {
        (&Method::POST, ["oauth", "tokens"]) => Call::Token,
        (&Method::GET, ["api", "v2", "users", "me.json"]) => Call::Me,
        (&Method::GET, ["api", "v2", "users", _, "tickets", "requested.json"]) => Call::Earlier,
        (&Method::GET, ["api", "v2", "users", _]) => Call::User,
        (&Method::GET, ["api", "v2", "tickets", _, "comments.json"]) => Call::Comments,
        (&Method::GET, ["api", "v2", "tickets", _]) => Call::Ticket,
        (&Method::PUT, ["api", "v2", "tickets", _]) => Call::Write,
        _ => Call::Other,
    };
    let id = path.get(3).map_or(0, |id| number(id.trim_end_matches(".json")));
    let fault = account.desk.with(|state| state.count(call, &body));
    let work = || account.work(call, id, uri.query().unwrap_or_default(), &headers, &body);
    suffer(fault, scissors, work, refuse).await
}

fn refuse(fault: Fault) -> Response {
    match fault {
        Fault::LimitedPlain(seconds) => limited(seconds.into()),
        Fault::LimitedJson(seconds) => {
            let body = json!({"error": "APIRateLimitExceeded", "description": PLAIN_LIMIT});
            ([(RETRY_AFTER, seconds.to_string())], error(429, body)).into_response()
        }
        Fault::Conflict => conflict(),
        Fault::Unauthorized => unauthorized(),
        _ => forbidden(),
    }
}

impl Account {
    fn work(&self, call: Call, id: u64, query: &str, headers: &HeaderMap, body: &[u8]) -> Response {
        if call == Call::Token {
            return self.issue(body);
        }
        match self.admits(headers) {
            None => return unauthorized(),
            Some(false) => return forbidden(),
            Some(true) => {}
        }
        self.desk.with(|state| {
            if let Err(seconds) = state.take(call) {
                return limited(seconds);
            }
            let answer = respond(state, call, id, query, body);
            let limits = [
                ("x-rate-limit", state.limits.account.to_string()),
                ("x-rate-limit-remaining", state.remaining().to_string()),
            ];
            (limits, answer).into_response()
        })
    }

    fn issue(&self, body: &[u8]) -> Response {
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        if asked["grant_type"] != "client_credentials" {
            return error(400, json!({"error": "unsupported_grant_type"}));
        }
        if asked["client_id"] != CLIENT_ID || asked["client_secret"] != CLIENT_SECRET {
            return error(401, json!({"error": "invalid_client"}));
        }
        // A list of scopes is accepted in silence, and then every call is forbidden.
        let has_scope = asked["scope"].as_str().is_some_and(|scope| scope.contains("tickets:write"));
        let lifetime = self.token_lifetime.load(Ordering::SeqCst);
        let token = uuid::Uuid::now_v7().simple().to_string();
        let until = Instant::now() + Duration::from_secs(lifetime);
        self.tokens.lock().expect("nothing panics under the lock").push((token.clone(), until, has_scope));
        let reply = json!({
            "access_token": token,
            "token_type": "bearer",
            "scope": asked["scope"],
            "expires_in": lifetime,
        });
        axum::Json(reply).into_response()
    }

    /// Whether the caller is known, and if so whether they may.
    fn admits(&self, headers: &HeaderMap) -> Option<bool> {
        let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
        if let Some(pair) = header.strip_prefix("Basic ") {
            return (pair == STANDARD.encode(format!("{EMAIL}/token:{API_TOKEN}"))).then_some(true);
        }
        let token = header.strip_prefix("Bearer ")?;
        let tokens = self.tokens.lock().expect("nothing panics under the lock");
        // A token of no lifetime serves once: the call it was fetched for.
        let grace = Duration::from_secs(1);
        let found =
            tokens.iter().find(|(issued, until, _)| issued == token && Instant::now() < *until + grace);
        found.map(|(_, _, has_scope)| *has_scope)
    }
}

fn respond(state: &mut desk::State, call: Call, id: u64, query: &str, body: &[u8]) -> Response {
    let reply = match call {
        Call::Me => state.users.get(&ME).map(|user| json!({"user": user_json(user)})),
        Call::User => state.users.get(&id).map(|user| json!({"user": user_json(user)})),
        Call::Ticket => state.tickets.get(&id).map(|ticket| json!({"ticket": ticket_json(ticket)})),
        Call::Comments => state.tickets.get(&id).map(|ticket| comments_json(state, ticket, query)),
        Call::Earlier => state.users.contains_key(&id).then(|| {
            let of_requester = state.tickets.values().filter(|ticket| ticket.requester == id);
            json!({"tickets": of_requester.map(ticket_json).collect::<Vec<_>>(), "next_page": null})
        }),
        Call::Write => return update(state, id, body),
        Call::Token | Call::Other => None,
    };
    match reply {
        Some(reply) => axum::Json(reply).into_response(),
        None => error(404, json!({"error": "RecordNotFound", "description": "Not found"})),
    }
}

fn update(state: &mut desk::State, id: u64, body: &[u8]) -> Response {
    let Some(ticket) = state.tickets.get(&id).filter(|ticket| ticket.status != "deleted") else {
        return error(404, json!({"error": "RecordNotFound", "description": "Not found"}));
    };
    let Ok(asked) = serde_json::from_slice::<Value>(body) else {
        return error(400, json!({"error": "Unprocessable", "description": "Invalid JSON"}));
    };
    let asked = &asked["ticket"];
    if ticket.status == "closed" {
        return error(
            422,
            json!({
                "error": "RecordInvalid",
                "description": "Record validation errors",
                "details": {"status": [{"description": "Status: closed prevents ticket update"}]},
            }),
        );
    }
    if asked["safe_update"] == true && asked["updated_stamp"] != stamp(ticket.updated_at) {
        return conflict();
    }
    let comment = &asked["comment"];
    let Some(html) = comment["html_body"].as_str().or_else(|| comment["body"].as_str()) else {
        return error(422, json!({"error": "RecordInvalid", "description": "Record validation errors"}));
    };
    // Public is what a comment is unless the request says otherwise.
    let public = comment["public"].as_bool().unwrap_or(true);
    let written =
        state.write(id, html, public, asked["metadata"].clone()).expect("the ticket was found above");
    let audit = json!({
        "id": written.audit_id,
        "ticket_id": id,
        "created_at": stamp(written.created_at),
        "author_id": ME,
        "metadata": {"system": {}, "custom": written.metadata},
        "events": [
            {"id": written.id + 1_000_000, "type": "Notification"},
            {"id": written.id, "type": "Comment", "author_id": ME, "body": written.text, "public": public},
        ],
    });
    axum::Json(json!({"ticket": ticket_json(&state.tickets[&id]), "audit": audit})).into_response()
}

fn ticket_json(ticket: &Ticket) -> Value {
    let source = match ticket.follow_up_of {
        Some(closed) => json!({"from": {"ticket_id": closed}, "to": {}, "rel": "follow_up"}),
        None => json!({"from": {}, "to": {}, "rel": null}),
    };
    json!({
        "id": ticket.id,
        "via": {"channel": "email", "source": source},
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "subject": ticket.subject,
        "description": ticket.comments[0].text,
        "priority": null,
        "status": ticket.status,
        "requester_id": ticket.requester,
        "submitter_id": ticket.submitter,
        "is_public": true,
        "tags": [],
    })
}

fn comments_json(state: &desk::State, ticket: &Ticket, query: &str) -> Value {
    let mut comments: Vec<_> = ticket.comments.iter().collect();
    if query.contains("sort=-created_at") {
        comments.reverse();
    }
    let has_more = comments.len() > 100;
    comments.truncate(100);
    let users = comments.iter().filter_map(|comment| state.users.get(&comment.author));
    let users: std::collections::BTreeMap<_, _> = users.map(|user| (user.id, user_json(user))).collect();
    json!({
        "comments": comments.into_iter().map(comment_json).collect::<Vec<_>>(),
        "users": users.into_values().collect::<Vec<_>>(),
        "meta": {"has_more": has_more, "after_cursor": null, "before_cursor": null},
        "links": {"next": null, "prev": null},
    })
}

fn comment_json(comment: &Comment) -> Value {
    json!({
        "id": comment.id,
        "type": "Comment",
        "author_id": comment.author,
        "body": comment.text,
        "html_body": format!("<div class=\"zd-comment\" dir=\"auto\">{}</div>", comment.html),
        "plain_body": comment.text,
        "public": comment.public,
        "attachments": [],
        "audit_id": comment.audit_id,
        "created_at": stamp(comment.created_at),
        "metadata": {"system": {}, "custom": comment.metadata},
    })
}

fn user_json(user: &User) -> Value {
    let role = if user.is_agent { "agent" } else { "end-user" };
    json!({"id": user.id, "role": role, "locale": user.locale, "time_zone": user.time_zone})
}

fn stamp(at: chrono::DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn error(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response()
}

fn limited(seconds: u64) -> Response {
    let headers =
        [(RETRY_AFTER, seconds.to_string()), (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned())];
    (StatusCode::TOO_MANY_REQUESTS, headers, PLAIN_LIMIT).into_response()
}

fn conflict() -> Response {
    error(
        409,
        json!({
            "error": "UpdateConflict",
            "description": "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again.",
        }),
    )
}

fn unauthorized() -> Response {
    error(401, json!({"error": "Couldn't authenticate you"}))
}

fn forbidden() -> Response {
    error(403, json!({"error": {"title": "Forbidden", "message": "You do not have access to this page."}}))
}
