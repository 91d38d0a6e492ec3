//! The note as it stands on a ticket: HTML and plain text, with the footer by which it is found and judged.

use askama::Template;
use sha2::{Digest, Sha256};

use super::compose::{Draft, Line};
use crate::helpdesk::MARKER_START;
use crate::ticket::{MessageId, TicketId};

/// A finished note. No Debug: it quotes the customer.
pub struct Note {
    pub lead: String,
    pub text: String,
    pub html: String,
    pub marker: String,
}

/// What stands below a note.
pub struct Footer {
    pub marker: String,
    /// Where an agent can say what they think of the note; none without a public address.
    pub links: Vec<Link>,
}

/// A link with its words.
pub struct Link {
    pub words: &'static str,
    pub url: String,
}

#[derive(Template)]
#[template(path = "note.html")]
struct Html<'a> {
    lead: &'a str,
    lines: &'a [Line],
    footer: &'a Footer,
}

/// The line by which we find our own note again: the same for the same message, whatever happens in between.
pub fn marker(source: &str, ticket: &TicketId, message: &MessageId) -> String {
    let digest = Sha256::digest(format!("{source}\n{ticket}\n{}", message.0));
    let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{MARKER_START}{ticket}:{hash}]")
}

impl Draft {
    /// Renders both twins. What quotes the customer is escaped.
    pub fn render(&self, footer: Footer) -> Note {
        let html = Html { lead: &self.lead, lines: &self.lines, footer: &footer }
            .render()
            .expect("the template writes into memory, which cannot fail");
        let links =
            footer.links.iter().map(|link| format!("\n{}: {}", link.words, link.url)).collect::<String>();
        let text = format!("{}{links}\n{}", self.text(), footer.marker);
        Note { lead: self.lead.clone(), text, html, marker: footer.marker }
    }
}
