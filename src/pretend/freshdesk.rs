//! A pretend Freshdesk: tickets, conversations, contacts, notes, limits and their answers.

mod json;
mod list;
mod rest;
mod webhook;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rest::API_KEY;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::desk::{Desk, ME, number};
use super::server::{Server, start};
use super::{
    BadDay, Call, Fault, Happening, Limits, NewComment, NewTicket, NewUser, NoteSeen, Resend, trigger,
};
use crate::helpdesk::Gate;
use crate::helpdesk::freshdesk::{Settings, signature::KEY_HEADER};
use crate::ticket::{TicketId, UserId};

/// The shape of a webhook's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What ticking boxes gives: the `freshdesk_webhook` wrapper.
    Simple,
    /// Our full template, filled in.
    Advanced,
    /// Our pointer-only template, filled in.
    Pointer,
    /// A body of an admin's own: which ticket, and when it changed; not what happened, nor by whom.
    Bare,
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
        desk.with(|state| state.list_limit = 200);
        let server = start(Router::new().fallback(rest::answer).with_state(desk.clone())).await?;
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
            gate: Gate::default(),
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

    /// Gives the ticket's status. The ticket must be there.
    pub fn status(&self, ticket_id: &TicketId) -> &'static str {
        self.desk.with(|state| state.tickets[&number(&ticket_id.0)].status)
    }

    /// Gives what was written on the ticket over REST, oldest first.
    pub fn notes(&self, ticket_id: &TicketId) -> Vec<NoteSeen> {
        self.desk.notes(ticket_id)
    }

    /// Deletes what was written on the ticket over REST, as an agent may.
    pub fn remove_notes(&self, ticket_id: &TicketId) {
        self.desk.change(ticket_id, |ticket| ticket.comments.retain(|comment| !comment.over_rest));
    }

    /// Lets the next call of this kind go wrong. Several wait in line.
    pub fn fail_next(&self, call: Call, fault: Fault) {
        self.desk.fail_next(call, fault);
    }

    /// Lets calls go wrong at random from now on.
    pub fn bad_day(&self, day: BadDay) {
        self.desk.bad_day(day);
    }

    /// Every fault that a call met so far.
    pub fn suffered(&self) -> Vec<(Call, Fault)> {
        self.desk.suffered()
    }

    /// Lets every answer take this long from now on.
    pub fn answer_after(&self, wait: Duration) {
        self.desk.with(|state| state.answers_after = Some(wait));
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

    /// Sets how often a minute the list of all tickets may be asked; 200 unless set.
    pub fn set_list_limit(&self, a_minute: u32) {
        self.desk.with(|state| state.list_limit = a_minute);
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
        webhook_of(&self.desk, form, happening, ticket_id, secret, carrier)
    }

    /// Makes a rule that sends every note on from now on, in place of any rule before.
    pub fn resend_notes(&self, rule: Resend<Form>) {
        let Resend { url, form, happening, secret, client } = rule;
        let (desk, counting) = (Arc::downgrade(&self.desk), Arc::downgrade(&self.desk));
        let webhook = move |ticket: &TicketId| {
            Some(webhook_of(&*desk.upgrade()?, form, happening, ticket, &secret, Carrier::Header))
        };
        let sent = move || counting.upgrade().iter().for_each(|desk| desk.count_resent());
        tokio::spawn(trigger::run(self.desk.tell_rule(), client, url, webhook, sent));
    }

    /// How many notes the rules were told of, and how many they have sent on.
    pub fn resent(&self) -> (usize, usize) {
        self.desk.resent()
    }
}

fn webhook_of(
    desk: &Desk,
    form: Form,
    happening: Happening,
    ticket_id: &TicketId,
    secret: &SecretString,
    carrier: Carrier,
) -> (HeaderMap, Vec<u8>) {
    let body = desk.with(|state| webhook::body(&state.tickets[&number(&ticket_id.0)], form, happening));
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
