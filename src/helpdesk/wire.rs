//! What both helpdesks' JSON has in common: ids and times in many shapes, absent things in more, texts with NULs.
//!
//! The functions named after a thing are for `#[serde(default, deserialize_with = "..")]`. None of them fails on an
//! unexpected type: what cannot be read is absent, and REST fills it in.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::ticket::CustomerText;

/// Digits in the longest id we take; a `u64` has at most as many.
pub const MAX_ID_DIGITS: usize = 20;

/// Whether this is an id as the helpdesks write it. `"0"` is how an absent one is written.
pub fn is_id(text: &str) -> bool {
    (1..=MAX_ID_DIGITS).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_digit())
        && text.bytes().any(|b| b != b'0')
}

/// Reads an id: a number, or digits in quotes.
pub fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let digits = match Value::deserialize(deserializer)? {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return Ok(None),
    };
    Ok(is_id(&digits).then_some(digits))
}

/// Reads a person's words: NULs are legal JSON and illegal in Postgres, so they go here.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CustomerText, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => without_nul(text),
        Value::Number(number) => CustomerText::new(number.to_string()),
        _ => CustomerText::default(),
    })
}

pub fn without_nul(text: String) -> CustomerText {
    CustomerText::new(if text.contains('\0') { text.replace('\0', "") } else { text })
}

/// Reads a word of the helpdesk's own. Blank and `-` are how an unset one is written.
pub fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(word) if !matches!(word.trim(), "" | "-") => Some(word.trim().replace('\0', "")),
        _ => None,
    })
}

/// Reads a truth value that may stand in quotes.
pub fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(truth) => Some(truth),
        Value::String(word) => word.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    })
}

/// Reads a time as [`time`] does.
pub fn stamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => time(&text),
        _ => None,
    })
}

/// Parses RFC 3339 with 0 to 9 fractional digits, and without seconds, as Zendesk's placeholders are documented.
pub fn time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    if let Some(utc) = text.strip_suffix('Z') {
        return Some(NaiveDateTime::parse_from_str(utc, "%Y-%m-%dT%H:%M").ok()?.and_utc());
    }
    Some(DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%:z").ok()?.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_to_twenty_digits_and_not_nought() {
        #[derive(Deserialize)]
        struct Thing {
            #[serde(default, deserialize_with = "id")]
            id: Option<String>,
        }
        let cases = [
            (r#"{"id":"35211"}"#, Some("35211")),
            (r#"{"id":35211}"#, Some("35211")),
            (r#"{"id":" 35211 "}"#, Some("35211")),
            (r#"{"id":"18446744073709551615"}"#, Some("18446744073709551615")),
            (r#"{"id":"184467440737095516150"}"#, None),
            (r#"{"id":""}"#, None),
            (r#"{"id":"0"}"#, None),
            (r#"{"id":0}"#, None),
            (r#"{"id":-5}"#, None),
            (r#"{"id":1.5}"#, None),
            (r#"{"id":"35211; drop"}"#, None),
            (r#"{"id":"{{ticket.id}}"}"#, None),
            (r#"{"id":null}"#, None),
            (r#"{"id":[1]}"#, None),
            (r#"{}"#, None),
        ];
        for (json, expected) in cases {
            let thing: Thing = serde_json::from_str(json).expect(json);
            assert_eq!(thing.id.as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn times_are_read_in_every_documented_shape() {
        let cases = [
            ("whole seconds", "2026-03-06T18:42:07Z", Some("2026-03-06T18:42:07+00:00")),
            ("nanoseconds", "2026-03-06T18:42:07.672717030Z", Some("2026-03-06T18:42:07.672717030+00:00")),
            ("no seconds", "2013-12-12T05:35Z", Some("2013-12-12T05:35:00+00:00")),
            ("offset", "2026-03-07T04:42:07+10:00", Some("2026-03-06T18:42:07+00:00")),
            ("offset, no seconds", "2026-03-07T04:42+10:00", Some("2026-03-06T18:42:00+00:00")),
            ("a date for people", "Mar 6, 2026, 19:42", None),
            ("no zone", "2026-03-06T18:42:07", None),
            ("month 13", "2026-13-06T18:42Z", None),
            ("empty", "", None),
        ];
        for (name, text, expected) in cases {
            assert_eq!(time(text).map(|t| t.to_rfc3339()).as_deref(), expected, "{name}");
        }
    }
}
