//! What a webhook turns out to be, whichever helpdesk sent it, and the lenient reading of bodies that are not JSON.

use std::sync::LazyLock;

use axum::http::HeaderMap;
use regex::Regex;
use sha2::{Digest, Sha256};

use super::note::MARKER_START;
use super::wire;
use crate::ticket::{CustomerText, Event, EventKind, TicketId, UserId};

/// The request is not the helpdesk's, or cannot be shown to be. It does not say more, not even to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signature or secret missing or wrong")]
pub struct Unverified;

/// What is needed to keep a delivery before it is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The same for a repeat of the same webhook; ASCII. Made from signed content alone.
    pub dedup_key: String,
    pub ticket_id: Option<TicketId>,
    /// The helpdesk's own id of this invocation: unsigned, so for logs alone. At most 100 ASCII characters.
    pub invocation_id: Option<String>,
    /// Whether the body differs from one event to the next. Pointer bodies may be equal for two events.
    pub body_is_unique: bool,
}

/// The users whose doings are not a customer's.
#[derive(Clone, Copy, Default)]
pub(super) struct Insiders<'a> {
    /// Our own, once the helpdesk has been asked.
    pub me: Option<&'a UserId>,
    /// Those whose private notes are drafted replies.
    pub drafters: &'a [String],
}

impl Insiders<'_> {
    pub fn is_us(self, user: Option<&UserId>) -> bool {
        user.is_some() && user == self.me
    }

    pub fn is_drafter(self, user: Option<&UserId>) -> bool {
        user.is_some_and(|user| self.drafters.contains(&user.0))
    }
}

/// What a verified body asks for.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "made once a delivery and taken apart at once")]
pub enum Parsed {
    Act(Event),
    /// Understood, and nothing to do. The reason is `snake_case`, for SQL.
    Ignore {
        ticket_id: Option<TicketId>,
        reason: &'static str,
    },
    /// No ticket id to be found, or not a body of this helpdesk.
    NotUnderstood {
        reason: &'static str,
    },
}

/// An event of which nothing is known but its kind and ticket.
pub fn bare_event(kind: EventKind, ticket_id: TicketId) -> Event {
    Event { kind, ticket_id, actor_id: None, occurred_at: None, case: None, message_id: None, draft: None }
}

/// Names a body by its digest.
pub(super) fn body_key(body: &[u8]) -> String {
    use std::fmt::Write;
    let mut key = String::from("body:");
    for byte in Sha256::digest(body) {
        write!(key, "{byte:02x}").expect("writing to a string does not fail");
    }
    key
}

/// A short, printable header value, or none.
pub(super) fn plain_header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    ((1..=100).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic()))
        .then(|| value.to_owned())
}

pub(super) fn has_marker(text: &CustomerText) -> bool {
    text.expose().contains(MARKER_START)
}

/// The draft in a note whose first line says that it is one (`#undertone-draft`).
pub(super) fn marked_draft(text: &CustomerText) -> Option<CustomerText> {
    let rest = text.expose().trim_start().strip_prefix("#undertone-draft")?;
    let (same_line, draft) = rest.split_once('\n')?;
    (same_line.trim().is_empty() && !draft.trim().is_empty()).then(|| draft.trim().into())
}

/// Finds the ticket id in a body of any shape: JSON with unescaped text in it, a form, XML.
///
/// The first one wins: our templates put the ids before any text of a customer.
pub(super) fn lenient_ticket_id(body: &[u8]) -> Option<TicketId> {
    // `"ticket":{.."id":` only while nothing is nested in between: beyond that it could be anybody's id.
    static TICKET_ID: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?x)
            "ticket_id" \s* : \s* "? (\d{1,20}) \b
            | "ticket" \s* : \s* \{ [^{}]{0,500}? "id" \s* : \s* "? (\d{1,20}) \b
            | (?: ^ | & ) ticket_id = (\d{1,20}) \b
            | <ticket[_-]id [^>]{0,100} > \s* (\d{1,20}) \b"#,
        )
        .expect("the pattern is valid")
    });
    let text = String::from_utf8_lossy(body);
    let found = TICKET_ID.captures(&text)?;
    let digits = found.iter().skip(1).flatten().next()?.as_str();
    wire::is_id(digits).then(|| TicketId(digits.to_owned()))
}

/// Makes what can be made of a body that is not JSON: which ticket, and whether it is a reply. REST tells the rest.
pub(super) fn lenient(body: &[u8]) -> Parsed {
    static EVENT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#""event"\s*:\s*"([a-z_]{1,40})""#).expect("the pattern is valid"));
    let Some(ticket_id) = lenient_ticket_id(body) else {
        return Parsed::NotUnderstood { reason: "no_ticket_id" };
    };
    let text = String::from_utf8_lossy(body);
    let word = EVENT.captures(&text).and_then(|found| found.get(1)).map(|word| word.as_str());
    match kind_of(word) {
        // The draft itself is what could not be read.
        EventKind::DraftNote => Parsed::Ignore { ticket_id: Some(ticket_id), reason: "draft_not_readable" },
        kind => Parsed::Act(bare_event(kind, ticket_id)),
    }
}

/// The kind that our templates' `event` word stands for. Any other word may be a reply: REST decides.
pub(super) fn kind_of(word: Option<&str>) -> EventKind {
    match word {
        None | Some("ticket_created") => EventKind::TicketCreated,
        Some("reply_drafted") => EventKind::DraftNote,
        Some(_) => EventKind::CustomerReplied,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helpdesk::{Gate, Helpdesk, freshdesk, http_client, zendesk};

    #[test]
    fn a_ticket_id_is_found_in_bodies_that_are_not_json() {
        let cases = [
            ("pointer", r#"{"ticket_id":"32"}"#, Some("32")),
            ("number", r#"{"ticket_id" : 32, "x"}"#, Some("32")),
            (
                "full trigger, broken",
                "{\"ticket\":{\"id\":\"35219\",\"subject\":\"a \"b\"\"}}",
                Some("35219"),
            ),
            ("subject before the id", r#"{"ticket":{"subject":"a "b"","id":"7"}}"#, Some("7")),
            ("form", "event=ticket_created&ticket_id=77", Some("77")),
            ("xml", "<hook><ticket-id type=\"integer\">5</ticket-id></hook>", Some("5")),
            ("not UTF-8", "\u{fffd}{\"ticket_id\":8}", Some("8")),
            ("another's id", r#"{"ticket":{"requester":{"id":"9"}}}"#, None),
            ("comment id", r#"{"id":"9"}"#, None),
            ("21 digits", r#"{"ticket_id":"123456789012345678901"}"#, None),
            ("nought", r#"{"ticket_id":"0"}"#, None),
            ("a longer name", "my_ticket_id=77", None),
            ("words", r#"{"ticket_id":"abc"}"#, None),
            ("empty", "", None),
        ];
        for (name, body, expected) in cases {
            assert_eq!(
                lenient_ticket_id(body.as_bytes()).map(|id| id.0).as_deref(),
                expected,
                "{name}: {body}"
            );
        }
        assert_eq!(lenient_ticket_id(b"\xff\xfe{\"ticket_id\":8}"), Some(TicketId("8".into())));
    }

    #[test]
    fn only_a_marked_first_line_makes_a_draft() {
        let cases = [
            ("#undertone-draft\nHi Maya,\nall done.", Some("Hi Maya,\nall done.")),
            ("\n #undertone-draft  \r\nHi", Some("Hi")),
            ("DRAFT REPLY:\nHi Maya", None),
            ("Hi\n#undertone-draft\nHi", None),
            ("#undertone-drafts\nHi", None),
            ("#undertone-draft please ignore\nHi", None),
            ("#undertone-draft\n ", None),
            ("#undertone-draft", None),
        ];
        for (text, expected) in cases {
            let draft = marked_draft(&text.into());
            assert_eq!(draft.as_ref().map(|draft| draft.expose()), expected, "{text:?}");
        }
    }

    /// Cuts and wounds of every sample body, of both helpdesks.
    fn wounded() -> Vec<Vec<u8>> {
        let mut bodies = Vec::new();
        for helpdesk in ["zendesk", "freshdesk"] {
            let folder = format!("{}/tests/fixtures/{helpdesk}", env!("CARGO_MANIFEST_DIR"));
            for file in std::fs::read_dir(folder).unwrap() {
                let body = std::fs::read(file.unwrap().path()).unwrap();
                for place in (0..body.len()).step_by(101) {
                    bodies.push(body[..place].to_vec());
                    for byte in [0, b'"', b'{', 0xff] {
                        let mut wounded = body.clone();
                        wounded[place] = byte;
                        bodies.push(wounded);
                    }
                }
            }
        }
        bodies
    }

    #[test]
    fn no_body_makes_a_panic() {
        let bodies = wounded();
        assert!(bodies.len() > 1500);
        for body in bodies {
            for parsed in [crate::helpdesk::zendesk::parse(&body), crate::helpdesk::freshdesk::parse(&body)] {
                if let Parsed::Act(event) = parsed {
                    assert!(wire::is_id(&event.ticket_id.0));
                }
            }
            for helpdesk in accounts() {
                assert!(helpdesk.identify(&HeaderMap::new(), &body).dedup_key.is_ascii());
            }
        }
    }

    fn accounts() -> &'static [Helpdesk; 2] {
        static ACCOUNTS: LazyLock<[Helpdesk; 2]> = LazyLock::new(|| {
            let client = http_client().unwrap();
            let base_url = "http://127.0.0.1:9".to_owned();
            let zendesk = zendesk::Settings {
                base_url: base_url.clone(),
                credentials: zendesk::Credentials::Token { email: "a@example.com".into(), token: "t".into() },
                webhook_secrets: vec![],
                drafters: vec![],
                signature_window: std::time::Duration::ZERO,
                gate: Gate::default(),
            };
            let freshdesk = freshdesk::Settings {
                base_url,
                api_key: "k".into(),
                webhook_secrets: vec![],
                drafters: vec![],
                gate: Gate::default(),
            };
            [
                Helpdesk::Zendesk(zendesk::Zendesk::new(zendesk, client.clone())),
                Helpdesk::Freshdesk(freshdesk::Freshdesk::new(freshdesk, client)),
            ]
        });
        &ACCOUNTS
    }
}
