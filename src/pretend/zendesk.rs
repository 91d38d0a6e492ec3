//! A pretend Zendesk: OAuth, tickets, comments, users, guarded updates, limits and their answers.

mod export;
mod json;
mod page;
mod rest;
mod webhook;

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
pub use page::Installation;
use rest::{API_TOKEN, Account, CLIENT_ID, CLIENT_SECRET, EMAIL};
use secrecy::SecretString;
use serde_json::Value;

use super::desk::{Desk, ME, number};
use super::server::{Server, start};
use super::{
    BadDay, Call, Fault, Happening, Limits, NewComment, NewTicket, NewUser, NoteSeen, Resend, trigger,
};
use crate::helpdesk::Gate;
use crate::helpdesk::zendesk::{Credentials, Settings};
use crate::ticket::{TicketId, UserId};

/// The shape of a webhook's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Zendesk's own, of an event-subscribed webhook.
    Event,
    /// Our full trigger template, filled in.
    Trigger,
    /// Our pointer-only template, filled in.
    Pointer,
    /// A body of an admin's own: which ticket, and when it changed; not what happened, nor by whom.
    Bare,
}

/// A running pretend Zendesk; it ends when this is dropped.
pub struct PretendZendesk {
    base_url: String,
    account: Arc<Account>,
    _server: Server,
}

impl PretendZendesk {
    pub async fn start() -> io::Result<Self> {
        let limits = Limits { account: 700, updates: 100 };
        let account = Arc::new(Account::new(limits));
        let server = start(page::routes().fallback(rest::answer).with_state(account.clone())).await?;
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
            gate: Gate::default(),
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

    /// Moves the moment at which the opening message was written.
    pub fn set_written_at(&self, ticket_id: &TicketId, at: DateTime<Utc>) {
        self.account.desk.change(ticket_id, |ticket| {
            ticket.created_at = at;
            ticket.comments[0].created_at = at;
        });
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

    /// Gives the ticket's status. The ticket must be there.
    pub fn status(&self, ticket_id: &TicketId) -> &'static str {
        self.account.desk.with(|state| state.tickets[&number(&ticket_id.0)].status)
    }

    /// Gives what was written on the ticket over REST, oldest first.
    pub fn notes(&self, ticket_id: &TicketId) -> Vec<NoteSeen> {
        self.account.desk.notes(ticket_id)
    }

    /// Lets the next call of this kind go wrong. Several wait in line.
    pub fn fail_next(&self, call: Call, fault: Fault) {
        self.account.desk.fail_next(call, fault);
    }

    /// Lets calls go wrong at random from now on.
    pub fn bad_day(&self, day: BadDay) {
        self.account.desk.bad_day(day);
    }

    /// Every fault that a call met so far.
    pub fn suffered(&self) -> Vec<(Call, Fault)> {
        self.account.desk.suffered()
    }

    /// Lets every answer take this long from now on.
    pub fn answer_after(&self, wait: Duration) {
        self.account.desk.with(|state| state.answers_after = Some(wait));
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

    /// Sets how often a minute the incremental export may be asked; 10 unless set.
    pub fn set_list_limit(&self, a_minute: u32) {
        self.account.desk.with(|state| state.list_limit = a_minute);
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
        signed_webhook(&self.account.desk, form, happening, ticket_id, secret)
    }

    /// Makes a rule that sends every note on from now on, in place of any rule before.
    pub fn resend_notes(&self, rule: Resend<Form>) {
        let Resend { url, form, happening, secret, client } = rule;
        let (account, counting) = (Arc::downgrade(&self.account), Arc::downgrade(&self.account));
        let webhook = move |ticket: &TicketId| {
            Some(signed_webhook(&account.upgrade()?.desk, form, happening, ticket, &secret))
        };
        let sent = move || counting.upgrade().iter().for_each(|account| account.desk.count_resent());
        tokio::spawn(trigger::run(self.account.desk.tell_rule(), client, url, webhook, sent));
    }

    /// How many notes the rules were told of, and how many they have sent on.
    pub fn resent(&self) -> (usize, usize) {
        self.account.desk.resent()
    }
}

fn signed_webhook(
    desk: &Desk,
    form: Form,
    happening: Happening,
    ticket_id: &TicketId,
    secret: &SecretString,
) -> (HeaderMap, Vec<u8>) {
    let body = desk.with(|state| webhook::body(state, number(&ticket_id.0), form, happening));
    let body = serde_json::to_vec_pretty(&body).expect("a value is JSON");
    (webhook::signed_headers(secret, &body), body)
}
