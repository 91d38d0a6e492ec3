//! Values with rules of their own, checked where the file is read, so that an error knows its line.

use std::fmt;

use chrono::NaiveTime;
use serde::{Deserialize, Deserializer, de};

/// A source's short name, as it stands in the webhook's address and in every table: `a-z`, `0-9`, `-`, `_`, at most 40.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceName(String);

impl SourceName {
    pub fn parse(name: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 40 || !name.chars().all(allowed) {
            return Err(format!(
                "{name:?} is not a source name; use a-z, 0-9, - and _, at most 40 characters"
            ));
        }
        Ok(Self(name.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A subdomain alone, so that no setting can send credentials to another host.
#[derive(Debug, Clone)]
pub struct DnsLabel(String);

impl DnsLabel {
    fn parse(label: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if label.is_empty()
            || label.len() > 63
            || label.starts_with('-')
            || label.ends_with('-')
            || !label.chars().all(allowed)
        {
            return Err(format!(
                "{label:?} is not a bare name; for https://acme.zendesk.com or https://acme.freshdesk.com write \"acme\""
            ));
        }
        Ok(Self(label.to_ascii_lowercase()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where the helpdesk's REST answers, in place of the vendor's own host: https, or loopback for trying things out.
#[derive(Debug, Clone)]
pub struct BaseUrl(String);

impl BaseUrl {
    fn parse(url: &str) -> Result<Self, String> {
        if !is_https_or_loopback(url) {
            return Err(format!(
                "{url:?} is neither https://… nor http:// on loopback (127.0.0.1, [::1], localhost)"
            ));
        }
        Ok(Self(url.trim_end_matches('/').to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The address under which browsers reach us: https, or loopback.
#[derive(Debug, Clone)]
pub struct PublicUrl(String);

impl PublicUrl {
    pub fn parse(url: &str) -> Result<Self, String> {
        BaseUrl::parse(url).map(|url| Self(url.0))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How long customers' words are kept: `"forever"`, `"no"`, or days such as `"30d"`, 1 to 3650.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepText {
    Forever,
    Days(u16),
    No,
}

impl Default for KeepText {
    fn default() -> Self {
        Self::Days(90)
    }
}

impl KeepText {
    fn parse(text: &str) -> Result<Self, String> {
        let days = |text: &str| text.strip_suffix('d')?.parse().ok().filter(|days| (1..=3650).contains(days));
        match text {
            "forever" => Ok(Self::Forever),
            "no" => Ok(Self::No),
            _ => days(text).map(Self::Days).ok_or_else(|| {
                format!("{text:?} is neither \"forever\" nor \"no\" nor days from \"1d\" to \"3650d\"; write for example \"30d\"")
            }),
        }
    }
}

/// A daily span by the clock, from its first minute up to, not including, its last; it may cross midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from: NaiveTime,
    to: NaiveTime,
}

impl QuietHours {
    pub fn parse(text: &str) -> Result<Self, String> {
        let time = |text: &str| {
            let well_formed = text.len() == 5 && text.as_bytes()[2] == b':';
            NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| well_formed)
        };
        let times = text.split_once('-').and_then(|(from, to)| Some((time(from)?, time(to)?)));
        match times {
            Some((from, to)) if from != to => Ok(Self { from, to }),
            _ => Err(format!(
                "{text:?} is not a span of the day; write two different times from 00:00 to 23:59, for example \"22:00-07:00\""
            )),
        }
    }

    pub fn contains(self, time: NaiveTime) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&time)
        } else {
            time >= self.from || time < self.to
        }
    }
}

fn is_https_or_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<axum::http::Uri>() else { return false };
    let plain =
        uri.query().is_none() && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    let loopback = matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
    plain && (uri.scheme_str() == Some("https") || uri.scheme_str() == Some("http") && loopback)
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn checked<'de, D, T>(deserializer: D, parse: fn(&str) -> Result<T, String>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
{
    parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

impl<'de> Deserialize<'de> for SourceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, Self::parse)
    }
}

impl<'de> Deserialize<'de> for DnsLabel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, Self::parse)
    }
}

impl<'de> Deserialize<'de> for BaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, Self::parse)
    }
}

impl<'de> Deserialize<'de> for KeepText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, Self::parse)
    }
}

impl<'de> Deserialize<'de> for PublicUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, Self::parse)
    }
}

impl<'de> Deserialize<'de> for QuietHours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, Self::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_are_a_span_by_the_clock_that_may_cross_midnight() {
        let night = QuietHours::parse("22:00-07:00").unwrap();
        let lunch = QuietHours::parse("12:00-13:30").unwrap();
        let cases = [
            ("its first minute", night, "22:00:00", true),
            ("the second before", night, "21:59:59", false),
            ("midnight", night, "00:00:00", true),
            ("the second before midnight", night, "23:59:59", true),
            ("its last second", night, "06:59:59", true),
            ("its end", night, "07:00:00", false),
            ("noon", night, "12:00:00", false),
            ("the first minute of one within a day", lunch, "12:00:00", true),
            ("its last second", lunch, "13:29:59", true),
            ("its end", lunch, "13:30:00", false),
            ("the second before", lunch, "11:59:59", false),
            ("midnight", lunch, "00:00:00", false),
        ];
        for (name, hours, time, expected) in cases {
            assert_eq!(hours.contains(time.parse().unwrap()), expected, "{name}: {hours:?} {time}");
        }
        for wrong in
            ["", "22:00", "22:00-22:00", "24:00-07:00", "22-07", "22:00-7:00", "22:00 - 07:00", "22:60-07:00"]
        {
            assert!(QuietHours::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
