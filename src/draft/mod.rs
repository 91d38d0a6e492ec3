//! Draft checks: a second look at a reply before it is sent, beside what the customer wrote.
//!
//! Pure functions of the two texts and the signals found in the first; no clock, database or network. A check never
//! suggests words and never scores anyone: it shows what the customer said, what the draft has or lacks, and asks
//! one open question about the customer. At most two items a draft, most often none; a language that we do not
//! read, an empty draft and an empty message give none.
//!
//! `Findings` is the inside of the contract's answer, `{"items": [{"check", "customer_quote", "draft_quote",
//! "question"}], "adapted": [..]}`; `draft_id` and `note_posted` are added where the request is answered.
//!
//! A new check is one file with a `find` and one line in `DraftChecks::check`, where the order is the order of
//! weight.

mod acknowledged;
mod adapted;
mod deadline_unacknowledged;
mod flood_before_acknowledgement;
mod history_unacknowledged;
mod lexicons;
mod own_text;
mod reply;
mod solving_before_acknowledging;
mod specific;
mod stock_phrase_alone;
mod view;
mod words;

#[cfg(test)]
mod tests;

use serde::Serialize;

use self::lexicons::Lexicons;
use self::view::View;
use crate::detect::Signal;
use crate::text::{Cleaned, language};
use crate::ticket::CustomerText;

/// The most items of one answer.
const MOST_ITEMS: usize = 2;

/// Words up to which a reply is short.
const SHORT_REPLY: usize = 60;

/// A customer's message with its signals, and the reply drafted to it.
pub struct Pair<'a> {
    /// What the customer wrote; the quotes of `signals` are of this text.
    pub customer: &'a Cleaned<'a>,
    pub signals: &'a [Signal],
    /// The draft as given, greeting, signature, quoted history and all.
    pub draft: &'a Cleaned<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    DeadlineUnacknowledged,
    StockPhraseAlone,
    HistoryUnacknowledged,
    FloodBeforeAcknowledgement,
    SolvingBeforeAcknowledging,
}

impl Check {
    /// The word in JSON and in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeadlineUnacknowledged => "deadline_unacknowledged",
            Self::StockPhraseAlone => "stock_phrase_alone",
            Self::HistoryUnacknowledged => "history_unacknowledged",
            Self::FloodBeforeAcknowledgement => "flood_before_acknowledgement",
            Self::SolvingBeforeAcknowledging => "solving_before_acknowledging",
        }
    }
}

/// Something worth a second look.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    pub check: Check,
    /// Exact words of the customer's message.
    pub customer_quote: CustomerText,
    /// Exact words of the draft; `None` where the point is what it lacks.
    pub draft_quote: Option<CustomerText>,
    /// An open question about the customer.
    pub question: &'static str,
}

/// What a look at a draft gave.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Findings {
    /// At most two, the weightiest first.
    pub items: Vec<Item>,
    /// What the draft does well, by the names in `adapted`.
    pub adapted: Vec<&'static str>,
}

/// All draft checks, their lexicons read and compiled. Costs milliseconds to load: do it once.
pub struct DraftChecks {
    lexicons: Lexicons,
}

impl DraftChecks {
    pub fn load() -> anyhow::Result<Self> {
        Ok(Self { lexicons: Lexicons::load()? })
    }

    /// Looks at a draft. Linear in the length of both texts.
    pub fn check(&self, pair: &Pair<'_>) -> Findings {
        if !is_read(pair.customer) || !is_read(pair.draft) {
            return Findings::default();
        }
        let view = View::of(&self.lexicons, pair);
        let items: Vec<_> = [
            deadline_unacknowledged::find,
            stock_phrase_alone::find,
            history_unacknowledged::find,
            flood_before_acknowledgement::find,
            solving_before_acknowledging::find,
        ]
        .into_iter()
        .filter_map(|find| find(&view))
        .take(MOST_ITEMS)
        .collect();
        let adapted = adapted::find(&view);
        Findings { items, adapted }
    }
}

/// Whether a text is in the language of the lexicons, or too short to say: what is matched in it then is English.
fn is_read(text: &Cleaned<'_>) -> bool {
    match language::of(text) {
        Some(language) => language == "en",
        None => text.folded().is_ascii(),
    }
}
