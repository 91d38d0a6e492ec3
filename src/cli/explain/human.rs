//! `explain` for people: the text with the evidence marked, why each signal is there, and the note.

use std::io::{self, Write};

use crate::detect::Evidence;
use crate::explain::Explained;

/// Prints an explanation. Evidence is underlined in a terminal and stands in «marks» elsewhere.
pub fn print(out: &mut impl Write, text: &str, explained: &Explained, colour: bool) -> io::Result<()> {
    writeln!(out, "{}\n", marked(text, explained, colour).trim_end())?;
    writeln!(out, "Language: {}", explained.language.unwrap_or("cannot tell"))?;
    if explained.signals.is_empty() {
        writeln!(out, "Signals: none")?;
    }
    for signal in &explained.signals {
        let (detector, kind) = (signal.detector.as_str(), signal.kind.as_str());
        writeln!(out, "{detector}: {kind}, {}", signal.strength.as_str())?;
        for evidence in &signal.evidence {
            writeln!(
                out,
                "  {}-{} \"{}\" <- {}",
                evidence.start,
                evidence.end,
                evidence.quote.expose(),
                evidence.cue
            )?;
        }
        let facts = serde_json::to_string(&signal.facts).map_err(io::Error::other)?;
        writeln!(out, "  {facts}")?;
    }
    match &explained.note {
        Some(note) => writeln!(out, "\nThe note:\n{}", note.text()),
        None => writeln!(out, "\nNo note: {}", explained.decision.reason()),
    }
}

fn marked(text: &str, explained: &Explained, colour: bool) -> String {
    let (open, close) = if colour { ("\x1b[1;4m", "\x1b[0m") } else { ("«", "»") };
    let mut marked = String::with_capacity(text.len() + 64);
    let spans = spans(explained);
    let mut spans = spans.iter().peekable();
    for (at, c) in text.chars().enumerate() {
        if spans.peek().is_some_and(|span| span.0 == at) {
            marked.push_str(open);
        }
        marked.push(c);
        if spans.peek().is_some_and(|span| span.1 == at + 1) {
            marked.push_str(close);
            spans.next();
        }
    }
    marked
}

/// The evidence of all signals, overlapping pieces joined, in the order of the text.
fn spans(explained: &Explained) -> Vec<(usize, usize)> {
    let all = explained.signals.iter().flat_map(|signal| &signal.evidence);
    let mut spans: Vec<_> =
        all.filter(|one: &&Evidence| one.start < one.end).map(|one| (one.start, one.end)).collect();
    spans.sort_unstable();
    spans.into_iter().fold(Vec::new(), |mut joined: Vec<(usize, usize)>, (start, end)| {
        match joined.last_mut() {
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
        joined
    })
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;
    use crate::detect::Detectors;
    use crate::explain::{Message, explain};
    use crate::ticket::CustomerText;

    #[test]
    fn evidence_is_marked_where_it_stands_also_after_wide_characters() {
        let text = "Héllo 🙂, this is the third time I am writing to you about it.";
        let message =
            Message { text: CustomerText::from(text), subject: None, created_at: None, time_zone: None };
        let explained = explain(&Detectors::load().unwrap(), &message, Utc::now());
        let marked = marked(text, &explained, false);
        assert!(marked.contains('«') && marked.contains("third time"), "{marked}");
        assert_eq!(marked.replace(['«', '»'], ""), text);
    }
}
