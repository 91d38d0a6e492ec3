//! Suites: cases that must, or must not, be found, each with its reason. Admins can add files of their own.

use std::fmt;
use std::path::{Path, PathBuf};

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
    /// Where it was read from; empty where it was not.
    #[serde(skip)]
    pub path: PathBuf,
    pub case: Vec<Case>,
}

/// A message and what must or must not be found in it. Names are those of the table of `undertone eval`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What reports call it, beside its number.
    #[serde(default)]
    pub name: Option<String>,
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

/// For a log: the case by its number and name, or its reason where it has none, and what is wrong. Never its text.
impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.case.name.as_deref().unwrap_or(&self.case.reason);
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let missing = self.missing.iter().map(|name| format!("{name} is not found"));
        let wrong = self.wrong.iter().map(|name| format!("{name} is found"));
        let what = missing.chain(wrong).collect::<Vec<_>>().join(", ");
        write!(f, "case {} ({name}): {what}", self.number)
    }
}

impl Suite {
    /// Reads a suite and checks that every name in it is known. Errors name the file and the case.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let file = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let suite = Self::parse(&file).with_context(|| format!("suite {}", path.display()))?;
        Ok(Self { path: path.to_owned(), ..suite })
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

    #[test]
    fn a_failure_names_its_case_and_quotes_nothing_of_it() {
        let case = |name: &str, wanted: &str| {
            format!("[[case]]\n{name}text = \"I am furious about this.\"\n{wanted}\nreason = \"a\\nhobby\"\n")
        };
        let cases = [
            ("holds", case("", "must = [\"anger\"]"), ""),
            ("found", case("", "must_not = [\"anger\"]"), "case 1 (a hobby): anger is found"),
            ("missing", case("", "must = [\"churn\"]"), "case 1 (a hobby): churn is not found"),
            (
                "named, and both",
                case("name = \"wrath\"\n", "must = [\"churn\"]\nmust_not = [\"anger\"]"),
                "case 1 (wrath): churn is not found, anger is found",
            ),
        ];
        let detectors = Detectors::load().unwrap();
        for (name, toml, expected) in cases {
            let suite = Suite::parse(&toml).unwrap();
            let failures: Vec<_> =
                suite.failures(&detectors, Utc::now()).iter().map(ToString::to_string).collect();
            assert_eq!(failures.join("; "), expected, "{name}");
        }
    }

    #[test]
    fn a_suite_that_is_none_is_refused_without_its_text() {
        let holds =
            "[[case]]\ntext = \"I am furious about this.\"\nmust = [\"anger\"]\nreason = \"stated\"\n";
        let cases = [
            ("unknown", holds.replace("[\"anger\"]", "[\"wrath\"]"), "case 1: \"wrath\""),
            ("nothing asked", holds.replace("must = [\"anger\"]\n", ""), "case 1 asks for nothing"),
            ("broken", "[[case]]\ntext = furious".to_owned(), "not a suite, near line"),
        ];
        for (name, toml, expected) in cases {
            let error = Suite::parse(&toml).err().map(|error| format!("{error:#}")).expect("an error");
            assert!(error.contains(expected) && !error.contains("furious"), "{name}: {error}");
        }
        let error = Suite::read(Path::new("/nowhere/suite.toml")).err().expect("an error");
        assert!(format!("{error:#}").contains("/nowhere/suite.toml"));
    }
}
