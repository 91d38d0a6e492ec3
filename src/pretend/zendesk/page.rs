//! The agent's side of the pretend Zendesk, for a browser: a ticket, a reply box and the sidebar app beside it.
//!
//! As with the vendor, the app's requests go through a proxy here, which puts the token in: the page never has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Account, PretendZendesk};
use crate::pretend::desk::{Comment, Ticket};

/// What the app is told the service's host is. The proxy knows better.
const HOST: &str = "undertone.example.com";
const TOKEN_PLACE: &str = "{{setting.token}}";
const VENDOR_SDK: &str = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js";

const TICKET: &str = include_str!("page/ticket.html");
const FRAME: &str = include_str!("../../../apps/zendesk/assets/iframe.html");
/// The app's files by their place in its package, and those that play the vendor.
const FILES: &[(&str, &str, &str)] = &[
    ("/zendesk-sdk.js", "text/javascript", include_str!("page/sdk.js")),
    ("/zendesk-client.js", "text/javascript", include_str!("page/client.js")),
    (
        "/apps/zendesk/assets/zendesk.js",
        "text/javascript",
        include_str!("../../../apps/zendesk/assets/zendesk.js"),
    ),
    ("/apps/zendesk/assets/panel.js", "text/javascript", include_str!("../../../apps/shared/panel.js")),
    ("/apps/zendesk/assets/service.js", "text/javascript", include_str!("../../../apps/shared/service.js")),
    ("/apps/zendesk/assets/panel.css", "text/css", include_str!("../../../apps/shared/panel.css")),
];

/// The sidebar app as an admin installs it.
pub struct Installation {
    /// Where the service is, `http://host:port`.
    pub service: String,
    pub source: String,
    pub token: SecretString,
    pub client: reqwest::Client,
}

impl PretendZendesk {
    /// Installs the sidebar app. Only the first time counts.
    pub fn install_app(&self, installation: Installation) {
        let _ = self.account.installation.set(installation);
    }

    /// A ticket's page.
    pub fn page(&self, ticket: &crate::ticket::TicketId) -> String {
        format!("{}/demo/tickets/{ticket}", self.base_url)
    }
}

pub fn routes() -> Router<Arc<Account>> {
    let files = FILES.iter().fold(Router::new(), |router, (path, kind, text)| {
        router.route(path, get(move || async move { ([(CONTENT_TYPE, *kind)], *text) }))
    });
    files
        .route("/demo/tickets/{id}", get(Html(TICKET)))
        .route("/demo/tickets/{id}/data", get(ticket))
        .route("/apps/zendesk/assets/iframe.html", get(Html(FRAME.replace(VENDOR_SDK, "/zendesk-sdk.js"))))
        .route("/vendor/request", post(forward))
}

/// What the page shows.
async fn ticket(State(account): State<Arc<Account>>, Path(id): Path<u64>) -> Response {
    let source = account.installation.get().map(|installation| installation.source.clone());
    let shown = account.desk.with(|state| {
        let ticket = state.tickets.get(&id)?;
        let tickets: Vec<_> =
            state.tickets.values().map(|one| json!({"id": one.id, "subject": one.subject})).collect();
        let messages: Vec<_> = ticket.comments.iter().map(|comment| message(ticket, comment)).collect();
        Some(json!({
            "subject": ticket.subject,
            "messages": messages,
            "tickets": tickets,
            "settings": {"host": HOST, "source": source},
        }))
    });
    match shown {
        Some(shown) => ([(CACHE_CONTROL, "no-store")], axum::Json(shown)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn message(ticket: &Ticket, comment: &Comment) -> Value {
    let who = match comment {
        Comment { over_rest: true, .. } => "Undertone, private note",
        Comment { public: false, .. } => "Private note",
        Comment { author, .. } if *author == ticket.requester => "The customer",
        _ => "An agent",
    };
    let at = comment.created_at.format("%a %e %B, %H:%M UTC");
    json!({"who": format!("{who}, {at}"), "text": comment.text.trim(), "is_note": !comment.public})
}

/// An app's request, as the vendor's client hands it on.
#[derive(Deserialize)]
struct Asked {
    url: String,
    method: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

/// Does what the vendor's proxy does: puts the secret in, asks, and hands the answer back.
async fn forward(State(account): State<Arc<Account>>, body: Bytes) -> Response {
    let Ok(asked) = serde_json::from_slice::<Asked>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let answer = match account.installation.get() {
        Some(installation) => ask(installation, asked).await,
        None => None,
    };
    let (status, text) = answer.unwrap_or_else(|| (502, "Error in establishing connection".to_owned()));
    axum::Json(json!({"status": status, "text": text})).into_response()
}

/// `None` when there is no answer, or the request is for anybody but the service.
async fn ask(installation: &Installation, asked: Asked) -> Option<(u16, String)> {
    let url = Url::parse(&asked.url).ok()?;
    if url.scheme() != "https" || url.host_str() != Some(HOST) {
        return None;
    }
    let method = asked.method.parse().ok()?;
    let mut request = installation.client.request(method, format!("{}{}", installation.service, url.path()));
    for (name, value) in asked.headers {
        request = request.header(name, value.replace(TOKEN_PLACE, installation.token.expose_secret()));
    }
    if let Some(body) = asked.body {
        request = request.body(body);
    }
    let answer = request.send().await.ok()?;
    Some((answer.status().as_u16(), answer.text().await.ok()?))
}
