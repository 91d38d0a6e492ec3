//! Calls to Zendesk's REST API.

use reqwest::header::AUTHORIZATION;
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;

use super::Zendesk;
use super::rest::{CommentPage, NoteRequest, TicketList, TicketPart, TicketShow, UpdateReply, UserShow};
use crate::helpdesk::call::Access;
use crate::helpdesk::{CallError, Posted, PrivateNote};
use crate::ticket::{Case, Customer, EarlierTicket, Ticket, TicketId, UserId};

impl Zendesk {
    /// Reads ticket, requester, the newest 100 comments and the newest 100 other tickets of the requester.
    pub async fn complete(&self, ticket_id: &TicketId) -> Result<Case, CallError> {
        let part = self.ticket_part(ticket_id).await?;
        let requester_id = part.requester_id();
        let (comments, customer, earlier_tickets) = tokio::try_join!(
            self.comments(ticket_id),
            self.customer(requester_id.clone()),
            self.earlier_tickets(requester_id, ticket_id),
        )?;
        let messages = part.messages(comments);
        Ok(Case { ticket: part.into_ticket()?, customer, messages, earlier_tickets })
    }

    pub async fn ticket(&self, ticket_id: &TicketId) -> Result<Ticket, CallError> {
        self.ticket_part(ticket_id).await?.into_ticket()
    }

    /// Looks among the newest 100 comments.
    pub async fn find_note(&self, ticket_id: &TicketId, marker: &str) -> Result<Option<Posted>, CallError> {
        let page = self.comments(ticket_id).await?;
        let note = page.comments.into_iter().find(|comment| comment.carries(marker));
        Ok(note.map(|comment| comment.into_posted()))
    }

    /// Adds the note in a guarded update: refused with a conflict when the ticket has changed since it was read.
    pub async fn post_note(&self, ticket: &Ticket, note: &PrivateNote) -> Result<Posted, CallError> {
        // A case from a webhook's body has no stamp to guard with.
        let stamp = match ticket.updated_stamp.as_str() {
            "" => self.ticket(&ticket.id).await?.updated_stamp,
            stamp => stamp.to_owned(),
        };
        let path = format!("/api/v2/tickets/{}.json", ticket.id);
        let body = NoteRequest::new(note, &stamp);
        let reply: UpdateReply =
            self.call(Access::Write, || self.request(Method::PUT, &path).json(&body)).await?;
        Ok(reply.into_posted())
    }

    pub async fn me(&self) -> Result<UserId, CallError> {
        self.inner.me.get_or_try_init(|| self.ask_who_we_are(Access::Read)).await.cloned()
    }

    pub async fn probe(&self) -> Result<(), CallError> {
        self.ask_who_we_are(Access::Probe).await.map(drop)
    }

    async fn ask_who_we_are(&self, access: Access) -> Result<UserId, CallError> {
        let me = || self.request(Method::GET, "/api/v2/users/me.json");
        let reply: UserShow = self.call(access, me).await?;
        // Zendesk answers a caller whom it does not know with a user without id.
        reply.user.id.map(UserId).ok_or(CallError::Unauthorized)
    }

    async fn ticket_part(&self, ticket_id: &TicketId) -> Result<TicketPart, CallError> {
        let reply: TicketShow = self.get(&format!("/api/v2/tickets/{ticket_id}.json")).await?;
        Ok(reply.ticket)
    }

    pub(super) async fn comments(&self, ticket_id: &TicketId) -> Result<CommentPage, CallError> {
        let newest = "sort=-created_at&page%5Bsize%5D=100&include=users";
        self.get(&format!("/api/v2/tickets/{ticket_id}/comments.json?{newest}")).await
    }

    async fn customer(&self, id: Option<UserId>) -> Result<Customer, CallError> {
        let Some(id) = id else { return Ok(Customer::default()) };
        match self.get::<UserShow>(&format!("/api/v2/users/{}.json", id.0)).await {
            Ok(reply) => Ok(reply.user.into_customer()),
            // Deleted since: the ticket is still there to be read.
            Err(CallError::NotFound) => Ok(Customer { id: Some(id), ..Customer::default() }),
            Err(error) => Err(error),
        }
    }

    async fn earlier_tickets(
        &self,
        requester_id: Option<UserId>,
        this: &TicketId,
    ) -> Result<Vec<EarlierTicket>, CallError> {
        let Some(UserId(id)) = requester_id else { return Ok(Vec::new()) };
        let newest = "sort_by=created_at&sort_order=desc&per_page=100";
        let reply =
            self.get::<TicketList>(&format!("/api/v2/users/{id}/tickets/requested.json?{newest}")).await;
        let tickets = match reply {
            Ok(reply) => reply.tickets,
            Err(CallError::NotFound) => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut tickets: Vec<_> = tickets.into_iter().filter_map(TicketPart::into_earlier).collect();
        tickets.retain(|ticket| ticket.id != *this);
        tickets.sort_by_key(|ticket| std::cmp::Reverse(ticket.created_at));
        Ok(tickets)
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        self.call(Access::Read, || self.request(Method::GET, path)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.inner.line.client.request(method, format!("{}{path}", self.inner.base_url))
    }

    /// Calls, and once more with a new token where the old one is refused: a refused write has written nothing.
    async fn call<T: DeserializeOwned>(
        &self,
        access: Access,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<T, CallError> {
        self.inner.line.heed(self.call_or_renew(access, request).await)
    }

    async fn call_or_renew<T: DeserializeOwned>(
        &self,
        access: Access,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<T, CallError> {
        let (authorization, line) = (&self.inner.authorization, &self.inner.line);
        let header = authorization.header(line, access).await?;
        match line.send(request().header(AUTHORIZATION, header.clone()), access).await {
            Err(CallError::Unauthorized) => {
                let header = authorization.renewed(&header, line, access).await?;
                line.send(request().header(AUTHORIZATION, header), access).await
            }
            answer => answer,
        }
    }
}

#[cfg(test)]
mod tests;
