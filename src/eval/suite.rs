//! Suites: cases that must, or must not, be found, each with its reason. Admins can add files of their own.

use std::path::Path;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::labels::Aspect;
use crate::detect::Detectors;
use crate::explain::{Message, explain};
use crate::helpdesk::zones;
use crate::ticket::CustomerText;

/// A file of cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    pub case: Vec<Case>,
}

/// A message and what must or must not be found in it. Names are those of the table of `undertone eval`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub text: CustomerText,
    #[serde(default)]
    pub sent_at: Option<DateTime<Utc>>,
    /// An IANA name such as "Europe/Dublin".
    #[serde(default)]
    pub time_zone: Option<String>,
    #[serde(default)]
    pub must: Vec<String>,
    #[serde(default)]
    pub must_not: Vec<String>,
    /// Why, for whoever meets the failure.
    pub reason: String,
}

/// A case that did not hold.
pub struct Failure<'a> {
    /// The case's place in its file, from 1.
    pub number: usize,
    pub case: &'a Case,
    /// Names that should have been found.
    pub missing: Vec<&'a str>,
    /// Names that should not have been found.
    pub wrong: Vec<&'a str>,
}

impl Suite {
    /// Reads a suite and checks that every name in it is known. Errors name the file and the case.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let file = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        Self::parse(&file).with_context(|| format!("suite {}", path.display()))
    }

    pub fn parse(toml: &str) -> anyhow::Result<Self> {
        // The error's own message would quote the case, and cases may be real customers' words.
        let suite: Self = toml::from_str(toml).map_err(|error| {
            let line = error.span().map_or(0, |span| toml[..span.start].lines().count());
            anyhow::anyhow!("not a suite, near line {line}")
        })?;
        for (number, case) in suite.case.iter().enumerate() {
            let number = number + 1;
            anyhow::ensure!(
                !case.must.is_empty() || !case.must_not.is_empty(),
                "case {number} asks for nothing"
            );
            for name in case.must.iter().chain(&case.must_not) {
                anyhow::ensure!(
                    Aspect::named(name).is_some(),
                    "case {number}: {name:?} is nothing that is detected"
                );
            }
            if let Some(zone) = &case.time_zone {
                anyhow::ensure!(zone.parse::<chrono_tz::Tz>().is_ok(), "case {number}: no such time zone");
            }
        }
        Ok(suite)
    }

    /// Runs all cases and gives those that do not hold. `now` stands for `sent_at` where a case has none.
    pub fn failures(&self, detectors: &Detectors, now: DateTime<Utc>) -> Vec<Failure<'_>> {
        let cases = self.case.iter().enumerate();
        cases.filter_map(|(at, case)| failure(detectors, at + 1, case, now)).collect()
    }
}

/// Checks a suite of an admin's own with the shipped detectors, as `serve` does before it starts.
///
/// The error is one line: the file, the first case that does not hold with its reason, and how many more there are. It
/// quotes no case's text.
pub fn check(path: &Path) -> Result<(), String> {
    let detectors = Detectors::load().map_err(one_line)?;
    let suite = Suite::read(path).map_err(one_line)?;
    let failures = suite.failures(&detectors, Utc::now());
    let Some(first) = failures.first() else { return Ok(()) };
    let more = match failures.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let reason = first.case.reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let missing = first.missing.iter().map(|name| format!("{name} is not found"));
    let wrong = first.wrong.iter().map(|name| format!("{name} is found"));
    let what = missing.chain(wrong).collect::<Vec<_>>().join(", ");
    Err(format!("suite {}: case {}: {what} ({reason}){more}", path.display(), first.number))
}

fn one_line(error: anyhow::Error) -> String {
    format!("{error:#}").replace('\n', " ")
}

fn failure<'a>(
    detectors: &Detectors,
    number: usize,
    case: &'a Case,
    now: DateTime<Utc>,
) -> Option<Failure<'a>> {
    let message = Message {
        text: case.text.clone(),
        subject: None,
        created_at: case.sent_at,
        time_zone: case.time_zone.as_deref().and_then(zones::zone),
    };
    let signals = explain(detectors, &message, now).signals;
    let found = |name: &&String| Aspect::named(name).is_some_and(|aspect| aspect.is_found(&signals));
    let missing: Vec<_> = case.must.iter().filter(|name| !found(name)).map(String::as_str).collect();
    let wrong: Vec<_> = case.must_not.iter().filter(found).map(String::as_str).collect();
    (!missing.is_empty() || !wrong.is_empty()).then_some(Failure { number, case, missing, wrong })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `check` says of a suite in a file of its own.
    fn checked(name: &str, toml: &str) -> Result<(), String> {
        let path = std::env::temp_dir().join(format!("undertone-suite-{}-{name}.toml", std::process::id()));
        std::fs::write(&path, toml).unwrap();
        let checked = check(&path);
        std::fs::remove_file(&path).unwrap();
        checked
    }

    #[test]
    fn a_suite_of_an_admins_own_fails_in_one_line_without_its_text() {
        let holds =
            "[[case]]\ntext = \"I am furious about this.\"\nmust = [\"anger\"]\nreason = \"stated\"\n";
        let wrong =
            "[[case]]\ntext = \"I am furious about it.\"\nmust_not = [\"anger\"]\nreason = \"a\\nhobby\"\n";
        let cases = [
            ("holds", holds.to_owned(), None),
            ("fails", format!("{holds}{wrong}"), Some("case 2: anger is found (a hobby)")),
            ("twice", format!("{wrong}{wrong}"), Some("case 1: anger is found (a hobby), and 1 more")),
            ("unknown", holds.replace("[\"anger\"]", "[\"wrath\"]"), Some("case 1: \"wrath\"")),
            ("broken", "[[case]]\ntext = furious".to_owned(), Some("not a suite, near line")),
        ];
        for (name, toml, expected) in cases {
            let checked = checked(name, &toml);
            match (expected, &checked) {
                (None, Ok(())) => {}
                (Some(expected), Err(error)) => {
                    assert!(error.contains(expected) && error.contains(name), "{name}: {error}");
                    assert!(!error.contains('\n') && !error.contains("furious"), "{name}: {error}");
                }
                _ => panic!("{name}: {checked:?}"),
            }
        }
        assert!(check(Path::new("/nowhere/suite.toml")).unwrap_err().contains("/nowhere/suite.toml"));
    }
}
