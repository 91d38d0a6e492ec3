//! Calls to Freshdesk's REST API.

use std::cmp::Reverse;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;

use super::Freshdesk;
use super::rest::{AgentPart, ContactPart, ConversationPart, NoteChange, NoteRequest, TicketPart};
use crate::helpdesk::call::Access;
use crate::helpdesk::{CallError, Posted, PrivateNote};
use crate::ticket::{Case, Customer, EarlierTicket, Ticket, TicketId, UserId};

/// As many conversations as a ticket's answer includes; with so many there may be more.
const INCLUDED: usize = 10;

const PAGE: usize = 100;

/// Pages of conversations read at most: they come oldest first, and the newest are the ones that matter.
const PAGES: usize = 10;

/// How far back the requester's other tickets are asked for. Unasked, Freshdesk shows 30 days.
const EARLIER: TimeDelta = TimeDelta::days(365);

impl Freshdesk {
    /// Reads ticket, requester, the newest 100 conversations and the requester's other tickets of the last year.
    pub async fn complete(&self, ticket_id: &TicketId) -> Result<Case, CallError> {
        let path = format!("/api/v2/tickets/{ticket_id}?include=conversations,requester,stats");
        let mut part: TicketPart = self.get(&path).await?;
        let requester_id = part.requester_id();
        let (conversations, customer, earlier_tickets) = tokio::try_join!(
            self.newest_conversations(ticket_id, part.take_conversations()),
            self.customer(requester_id.clone()),
            self.earlier_tickets(requester_id, ticket_id, part.created_at()),
        )?;
        let messages = part.messages(conversations);
        Ok(Case { ticket: part.into_ticket()?, customer, messages, earlier_tickets })
    }

    pub async fn ticket(&self, ticket_id: &TicketId) -> Result<Ticket, CallError> {
        let part: TicketPart = self.get(&format!("/api/v2/tickets/{ticket_id}")).await?;
        part.into_ticket()
    }

    /// Looks among the first 1,000 conversations.
    pub async fn find_note(&self, ticket_id: &TicketId, marker: &str) -> Result<Option<Posted>, CallError> {
        let conversations = self.conversations(ticket_id).await?;
        let note = conversations.into_iter().find(|conversation| conversation.carries(marker));
        Ok(note.map(|conversation| conversation.into_posted()))
    }

    /// Adds the note. Freshdesk has no guard against a ticket that changed meanwhile.
    pub async fn post_note(&self, ticket: &Ticket, note: &PrivateNote) -> Result<Posted, CallError> {
        let path = format!("/api/v2/tickets/{}/notes", ticket.id);
        let request = self.request(Method::POST, &path).json(&NoteRequest::new(note));
        let reply: ConversationPart = self.call(Access::Write, request).await?;
        Ok(reply.into_posted())
    }

    /// Changes the newest note that is private, our own and carries one of the markers; nobody else's words are touched,
    /// whatever they quote. Gives `None` where there is no such note, or it goes away meanwhile.
    pub async fn replace_note(
        &self,
        ticket_id: &TicketId,
        markers: &[String],
        note: &PrivateNote,
    ) -> Result<Option<Posted>, CallError> {
        let me = self.me().await?;
        let conversations = self.conversations(ticket_id).await?;
        let standing = conversations.iter().rev().find(|conversation| {
            conversation.is_private_note_of(&me) && markers.iter().any(|marker| conversation.carries(marker))
        });
        let Some(id) = standing.and_then(|conversation| conversation.id()) else { return Ok(None) };
        let path = format!("/api/v2/conversations/{id}");
        let request = self.request(Method::PUT, &path).json(&NoteChange::new(note));
        match self.call::<ConversationPart>(Access::Write, request).await {
            Ok(reply) => Ok(Some(reply.into_posted())),
            Err(CallError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub async fn me(&self) -> Result<UserId, CallError> {
        self.inner.me.get_or_try_init(|| self.ask_who_we_are(Access::Read)).await.cloned()
    }

    pub async fn probe(&self) -> Result<(), CallError> {
        self.ask_who_we_are(Access::Probe).await.map(drop)
    }

    async fn ask_who_we_are(&self, access: Access) -> Result<UserId, CallError> {
        let reply: AgentPart = self.call(access, self.request(Method::GET, "/api/v2/agents/me")).await?;
        reply.id.map(UserId).ok_or(CallError::Malformed)
    }

    async fn newest_conversations(
        &self,
        ticket_id: &TicketId,
        included: Vec<ConversationPart>,
    ) -> Result<Vec<ConversationPart>, CallError> {
        if included.len() < INCLUDED {
            return Ok(included);
        }
        let mut all = self.conversations(ticket_id).await?;
        Ok(all.split_off(all.len().saturating_sub(PAGE)))
    }

    pub(super) async fn conversations(
        &self,
        ticket_id: &TicketId,
    ) -> Result<Vec<ConversationPart>, CallError> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let path = format!("/api/v2/tickets/{ticket_id}/conversations?page={page}&per_page={PAGE}");
            let conversations: Vec<ConversationPart> = self.get(&path).await?;
            let is_last = conversations.len() < PAGE;
            all.extend(conversations);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    async fn customer(&self, id: Option<UserId>) -> Result<Customer, CallError> {
        let Some(id) = id else { return Ok(Customer::default()) };
        match self.get::<ContactPart>(&format!("/api/v2/contacts/{}", id.0)).await {
            Ok(contact) => Ok(contact.into_customer()),
            // Deleted since, or an agent: the ticket is still there to be read.
            Err(CallError::NotFound) => Ok(Customer { id: Some(id), ..Customer::default() }),
            Err(error) => Err(error),
        }
    }

    async fn earlier_tickets(
        &self,
        requester_id: Option<UserId>,
        this: &TicketId,
        created_at: Option<DateTime<Utc>>,
    ) -> Result<Vec<EarlierTicket>, CallError> {
        let (Some(UserId(id)), Some(created_at)) = (requester_id, created_at) else { return Ok(Vec::new()) };
        let since = created_at.checked_sub_signed(EARLIER).unwrap_or(created_at);
        let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
        let newest = "order_by=created_at&order_type=desc&per_page=100";
        let path = format!("/api/v2/tickets?requester_id={id}&updated_since={since}&{newest}");
        let parts: Vec<TicketPart> = match self.get(&path).await {
            Err(CallError::NotFound) => Vec::new(),
            parts => parts?,
        };
        let mut tickets: Vec<_> = parts.into_iter().filter_map(TicketPart::into_earlier).collect();
        tickets.retain(|ticket| ticket.id != *this);
        tickets.sort_by_key(|ticket| Reverse(ticket.created_at));
        Ok(tickets)
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        self.call(Access::Read, self.request(Method::GET, path)).await
    }

    /// A key is not renewed: a refusal is one.
    async fn call<T: DeserializeOwned>(
        &self,
        access: Access,
        request: RequestBuilder,
    ) -> Result<T, CallError> {
        self.inner.line.heed(self.inner.line.send(request, access).await)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.inner.settings.base_url);
        // The key is the user name; Freshdesk wants a password and does not look at it.
        let client = &self.inner.line.client;
        client.request(method, url).basic_auth(self.inner.settings.api_key.expose_secret(), Some("X"))
    }
}

#[cfg(test)]
mod tests;
