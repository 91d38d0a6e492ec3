//! What a pretend helpdesk knows: users, tickets and comments, and how it is to misbehave.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::faults::Misfortune;
use super::{BadDay, Call, Fault, Limits, NewComment, NewTicket, NewUser, NoteSeen};
use crate::ticket::{TicketId, UserId};

/// Our own user on every pretend helpdesk.
pub const ME: u64 = 9_100_000_000_301;

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct User {
    pub id: u64,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
    pub is_agent: bool,
}

#[derive(Clone)]
pub struct Ticket {
    pub id: u64,
    pub requester: u64,
    /// Who wrote the opening message; the requester unless set otherwise.
    pub submitter: u64,
    pub subject: String,
    pub status: &'static str,
    pub follow_up_of: Option<u64>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// The opening message first.
    pub comments: Vec<Comment>,
}

#[derive(Clone)]
pub struct Comment {
    pub id: u64,
    pub author: u64,
    pub text: String,
    pub html: String,
    pub public: bool,
    pub created_at: DateTime<Utc>,
    pub audit_id: u64,
    /// What came with the update, for Zendesk.
    pub metadata: Value,
    pub over_rest: bool,
}

/// Everything, behind one lock: a pretend helpdesk is not in a hurry.
pub struct Desk {
    state: Mutex<State>,
}

pub struct State {
    pub users: BTreeMap<u64, User>,
    pub tickets: BTreeMap<u64, Ticket>,
    pub limits: Limits,
    /// Calls a minute for the list of tickets that changed.
    pub list_limit: u32,
    /// How long every answer takes that no fault befalls.
    pub answers_after: Option<Duration>,
    faults: VecDeque<(Call, Fault)>,
    misfortune: Option<Misfortune>,
    /// Every fault that a call met.
    suffered: Vec<(Call, Fault)>,
    calls: HashMap<Call, usize>,
    writes: Vec<Value>,
    window: Instant,
    used: u32,
    used_updates: u32,
    used_lists: u32,
    last_id: u64,
    /// The rule that is told of every note, and how many it was told of and has sent on.
    rule: Option<UnboundedSender<TicketId>>,
    notes_told: usize,
    notes_resent: usize,
}

impl Desk {
    pub fn new(limits: Limits) -> Self {
        let me = User { id: ME, locale: None, time_zone: None, is_agent: true };
        let state = State {
            users: BTreeMap::from([(ME, me)]),
            tickets: BTreeMap::new(),
            limits,
            list_limit: 10,
            answers_after: None,
            faults: VecDeque::new(),
            misfortune: None,
            suffered: Vec::new(),
            calls: HashMap::new(),
            writes: Vec::new(),
            window: Instant::now(),
            used: 0,
            used_updates: 0,
            used_lists: 0,
            last_id: 35_000,
            rule: None,
            notes_told: 0,
            notes_resent: 0,
        };
        Self { state: Mutex::new(state) }
    }

    pub fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().expect("nothing panics under the lock"))
    }

    pub fn add_user(&self, user: NewUser) -> UserId {
        self.with(|state| {
            let id = 9_100_000_000_000 + state.new_id();
            let NewUser { locale, time_zone, is_agent } = user;
            state.users.insert(id, User { id, locale, time_zone, is_agent });
            UserId(id.to_string())
        })
    }

    pub fn add_ticket(&self, ticket: NewTicket) -> TicketId {
        self.with(|state| {
            let id = state.new_id();
            let requester = number(&ticket.requester.0);
            let at = ticket.created_at.trunc_subsecs(0);
            let opening = state.comment(requester, ticket.text, true, at);
            let ticket = Ticket {
                id,
                requester,
                submitter: requester,
                subject: ticket.subject,
                status: "new",
                follow_up_of: None,
                created_at: at,
                updated_at: at,
                comments: vec![opening],
            };
            state.tickets.insert(id, ticket);
            TicketId(id.to_string())
        })
    }

    /// Adds a comment, and gives its id. The ticket must be there.
    pub fn add_comment(&self, ticket_id: &TicketId, comment: NewComment) -> String {
        self.with(|state| {
            let at = comment.created_at.trunc_subsecs(0);
            let comment = state.comment(number(&comment.author.0), comment.text, comment.public, at);
            let id = comment.id;
            let ticket = state.tickets.get_mut(&number(&ticket_id.0)).expect("a ticket of this desk");
            ticket.updated_at = ticket.updated_at.max(at);
            ticket.comments.push(comment);
            id.to_string()
        })
    }

    /// Changes a ticket as its agents would. The ticket must be there.
    pub fn change(&self, ticket_id: &TicketId, change: impl FnOnce(&mut Ticket)) {
        self.with(|state| {
            change(state.tickets.get_mut(&number(&ticket_id.0)).expect("a ticket of this desk"))
        });
    }

    pub fn notes(&self, ticket_id: &TicketId) -> Vec<NoteSeen> {
        self.with(|state| {
            let comments = state.tickets.get(&number(&ticket_id.0)).map(|ticket| ticket.comments.as_slice());
            let written = comments.unwrap_or_default().iter().filter(|comment| comment.over_rest);
            written
                .map(|comment| NoteSeen {
                    id: comment.id.to_string(),
                    html: comment.html.clone(),
                    public: comment.public,
                    author: UserId(comment.author.to_string()),
                })
                .collect()
        })
    }

    pub fn fail_next(&self, call: Call, fault: Fault) {
        self.with(|state| state.faults.push_back((call, fault)));
    }

    /// Lets calls go wrong at random from now on.
    pub fn bad_day(&self, day: BadDay) {
        self.with(|state| state.misfortune = Some(Misfortune::new(day)));
    }

    pub fn suffered(&self) -> Vec<(Call, Fault)> {
        self.with(|state| state.suffered.clone())
    }

    pub fn calls(&self, call: Call) -> usize {
        self.with(|state| state.calls.get(&call).copied().unwrap_or_default())
    }

    pub fn writes(&self) -> Vec<Value> {
        self.with(|state| state.writes.clone())
    }

    /// Tells a rule of every note from now on, in place of any rule before.
    pub fn tell_rule(&self) -> UnboundedReceiver<TicketId> {
        let (rule, told) = unbounded_channel();
        self.with(|state| state.rule = Some(rule));
        told
    }

    pub fn count_resent(&self) {
        self.with(|state| state.notes_resent += 1);
    }

    /// How many notes the rules were told of, and how many they have sent on.
    pub fn resent(&self) -> (usize, usize) {
        self.with(|state| (state.notes_told, state.notes_resent))
    }
}

impl State {
    pub fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn comment(&mut self, author: u64, text: String, public: bool, created_at: DateTime<Utc>) -> Comment {
        Comment {
            id: 9_100_000_000_000 + self.new_id(),
            author,
            html: html_of(&text),
            text,
            public,
            created_at,
            audit_id: 9_100_000_000_000 + self.new_id(),
            metadata: Value::Null,
            over_rest: false,
        }
    }

    /// Adds what came over REST, as our own user.
    pub fn write(&mut self, ticket_id: u64, html: &str, public: bool, metadata: Value) -> Option<Comment> {
        let now = Utc::now().trunc_subsecs(0);
        let comment = self.comment(ME, text_of(html), public, now);
        let comment = Comment { html: html.to_owned(), metadata, over_rest: true, ..comment };
        let ticket = self.tickets.get_mut(&ticket_id)?;
        ticket.updated_at = ticket.updated_at.max(now);
        ticket.comments.push(comment.clone());
        self.tell_of_note(ticket_id);
        Some(comment)
    }

    /// A note was added or changed.
    pub fn tell_of_note(&mut self, ticket_id: u64) {
        let told = self.rule.as_ref().is_some_and(|rule| rule.send(TicketId(ticket_id.to_string())).is_ok());
        self.notes_told += usize::from(told);
    }

    /// Finds a comment, with its ticket, by its id.
    pub fn comment_mut(&mut self, id: u64) -> Option<(u64, &mut Comment)> {
        let comments = self.tickets.values_mut().flat_map(|ticket| {
            let of = ticket.id;
            ticket.comments.iter_mut().map(move |comment| (of, comment))
        });
        comments.into_iter().find(|(_, comment)| comment.id == id)
    }

    /// Counts a call that is about this ticket or user, and says what is to go wrong with it.
    pub fn count(&mut self, call: Call, id: u64, body: &[u8]) -> Option<Fault> {
        *self.calls.entry(call).or_default() += 1;
        if matches!(call, Call::Write | Call::Change) {
            self.writes.push(serde_json::from_slice(body).unwrap_or_default());
        }
        let Some(fault) = self.next_fault(call) else { return self.answers_after.map(Fault::Late) };
        self.suffered.push((call, fault));
        if fault == Fault::CloseFirst {
            if let Some(ticket) = self.tickets.get_mut(&id) {
                ticket.status = "closed";
            }
            return None;
        }
        Some(fault)
    }

    fn next_fault(&mut self, call: Call) -> Option<Fault> {
        match self.faults.iter().position(|(of, _)| *of == call) {
            Some(place) => self.faults.remove(place).map(|(_, fault)| fault),
            None => self.misfortune.as_mut()?.draw(call),
        }
    }

    /// Takes from the minute's allowance, or says for how many seconds there is none.
    pub fn take(&mut self, call: Call) -> Result<(), u64> {
        if self.window.elapsed() >= MINUTE {
            (self.window, self.used, self.used_updates, self.used_lists) = (Instant::now(), 0, 0, 0);
        }
        let is_update = matches!(call, Call::Write | Call::Change);
        self.used += 1;
        self.used_updates += u32::from(is_update);
        let is_list = call == Call::Changes;
        self.used_lists += u32::from(is_list);
        if self.used > self.limits.account
            || (is_update && self.used_updates > self.limits.updates)
            || (is_list && self.used_lists > self.list_limit)
        {
            return Err(MINUTE.saturating_sub(self.window.elapsed()).as_secs().max(1));
        }
        Ok(())
    }

    pub fn remaining(&self) -> u32 {
        self.limits.account.saturating_sub(self.used)
    }
}

/// An id of ours as a number; nought where it is none.
pub fn number(id: &str) -> u64 {
    id.parse().unwrap_or_default()
}

/// HTML as a helpdesk's editor makes it of plain text.
pub fn html_of(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let lines = escaped.lines().map(|line| if line.is_empty() { "<br>" } else { line });
    lines.map(|line| format!("<div dir=\"ltr\">{line}</div>")).collect()
}

pub fn text_of(html: &str) -> String {
    crate::text::html::to_text(html)
}
