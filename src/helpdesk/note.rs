//! The note as a helpdesk client takes it: private by its type.

use std::fmt;

/// Every note of ours carries a marker that begins so: `[undertone:v1:<ticket>:<hash>]`.
pub const MARKER_START: &str = "[undertone:v1:";

/// A note that only agents can see. There is no public twin: the clients write "private" into the request themselves.
#[derive(Clone)]
pub struct PrivateNote {
    html: String,
    marker: String,
}

impl PrivateNote {
    /// Takes the note's HTML, with all customer text escaped, and the whole marker that stands in it.
    pub fn new(html: impl Into<String>, marker: impl Into<String>) -> Self {
        Self { html: html.into(), marker: marker.into() }
    }

    pub(super) fn html(&self) -> &str {
        &self.html
    }

    pub(super) fn marker(&self) -> &str {
        &self.marker
    }
}

/// Shows the marker alone: the rest quotes the customer.
impl fmt::Debug for PrivateNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateNote({})", self.marker)
    }
}

/// Where a note of ours landed, as far as the helpdesk says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    pub comment_id: Option<String>,
    /// Zendesk's audit of the update; Freshdesk has none.
    pub audit_id: Option<String>,
}
