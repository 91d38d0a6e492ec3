//! What the pretend Zendesk answers to calls: tokens, reads, guarded updates, limits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::export;
use super::json::{
    PLAIN_LIMIT, comments_json, conflict, error, forbidden, limited, stamp, ticket_json, unauthorized,
    user_json,
};
use super::page::Installation;
use crate::pretend::desk::{self, Desk, ME, number};
use crate::pretend::server::{Scissors, suffer};
use crate::pretend::{Call, Fault, Limits};

pub const CLIENT_ID: &str = "undertone_integration";
pub const CLIENT_SECRET: &str = "EXAMPLE-NOT-A-SECRET";
pub const EMAIL: &str = "undertone@example.com";
pub const API_TOKEN: &str = "EXAMPLE-API-TOKEN";

pub struct Account {
    pub desk: Desk,
    /// What tokens live for, in seconds, whatever is asked.
    pub token_lifetime: AtomicU64,
    pub tokens: Mutex<Vec<(String, Instant, bool)>>,
    pub installation: OnceLock<Installation>,
}

pub async fn answer(
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
        (&Method::GET, ["api", "v2", "incremental", "tickets", "cursor.json"]) => Call::Changes,
        (&Method::GET, ["api", "v2", "tickets", _, "comments.json"]) => Call::Comments,
        (&Method::GET, ["api", "v2", "tickets", _]) => Call::Ticket,
        (&Method::PUT, ["api", "v2", "tickets", _]) => Call::Write,
        _ => Call::Other,
    };
    let id = path.get(3).map_or(0, |id| number(id.trim_end_matches(".json")));
    let fault = account.desk.with(|state| state.count(call, id, &body));
    let work = move || account.work(call, id, uri.query().unwrap_or_default(), &headers, &body);
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
    pub fn new(limits: Limits) -> Self {
        Self {
            desk: Desk::new(limits),
            token_lifetime: AtomicU64::new(7200),
            tokens: Mutex::default(),
            installation: OnceLock::new(),
        }
    }

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
        Call::Changes => return export::page(state, query),
        Call::Write => return update(state, id, body),
        Call::Token | Call::Change | Call::Other => None,
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
