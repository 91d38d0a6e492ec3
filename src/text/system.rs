//! System texts: what the helpdesk or a mail server writes in a customer's place.

use std::sync::LazyLock;

use regex::Regex;

use super::lines::{Lines, Why};

/// Notices are short, in bytes. The patterns below rely on it.
const LONGEST_NOTICE: usize = 160;

static NOTICE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^[\s*_\#]*(?:
        (?:chat\s)?conversation\s(?:with|started\swith)\s\S.*
        | (?:(?:new|phone|inbound|outbound|incoming|outgoing|missed|abandoned|answered)\s)*(?:phone\s)?call\s(?:from|to|with)\b\W*.*\d.*
        | missed\scall\b.* | (?:new\s)?voice\s?mail\s(?:message\s)?(?:from|left\sby|received)\b.* | you\s(?:have|received)\sa\s(?:new\s)?(?:voice\s?mail|voice\smessage|missed\scall)\b.*
        | call\s(?:recording|details|summary|duration|id)\b.* | (?:listen\sto\s(?:the\s)?)?recording\s?(?:url)?\s?:.* | (?:length|duration|time)\sof\s(?:phone\s)?call\s?:.* | (?:location|called|call\sfrom|call\sto|answered\sby|transcription|transcript|voicemail|chat\sid|visitor\sid|served\sby|chat\srating|chat\sstarted|chat\sstarted\son|time\sof\scall)\s?:\s?.*
        | chat\s(?:started|ended|transferred|transcript)\b.* | (?:\S+\s){1,3}(?:has\s)?(?:joined|left)\sthe\s(?:chat|conversation)\b.*
        | (?:this\sis\san\s)?(?:automatic|automated|auto-?)\s?(?:reply|response|message)\b.* | out\sof\s(?:the\s)?office(?:\s(?:auto-?)?reply)?\s?:.*
        | (?:delivery\sstatus\snotification|undelivered\smail\sreturned|mail\sdelivery\s(?:failed|failure|subsystem)|undeliverable\s?:).*
        | (?:verpasster\sanruf|anruf\svon|sprachnachricht\svon|appel\smanqué|llamada\sperdida|chamada\sperdida)\b.*
        | this\s(?:ticket|conversation)\swas\s(?:created|merged|opened)\b.* | (?:sent\san?\s)?(?:image|attachment|file)\s(?:sent|attached|uploaded)\W*$
        )$",
    )
    .expect("constant")
});

/// Drops the notices that lead a text. The customer's own words, if any, follow them.
pub fn mark(lines: &mut Lines<'_>) {
    let mut found = false;
    for index in 0..lines.len() {
        let line = lines.own(index);
        if line.is_empty() {
            continue;
        }
        if line.len() > LONGEST_NOTICE || !is_notice(line, found) {
            return;
        }
        lines.drop(index, Why::System);
        found = true;
    }
}

/// Whether a line is a notice, or a bare value that follows one.
fn is_notice(line: &str, after_notice: bool) -> bool {
    NOTICE.is_match(line) && !goes_on(line) || after_notice && is_value(line)
}

/// "Missed call from your agent, and nobody calls back!" is a customer.
fn goes_on(line: &str) -> bool {
    static SELF: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:i|i'm|i've|my|me|we|our|please|your|nobody|why)\b").expect("constant")
    });
    SELF.is_match(line)
        && !line.to_ascii_lowercase().starts_with("you have")
        && !line.to_ascii_lowercase().starts_with("automatic")
}

/// A number, an address or a short field: "URL: https://..", "+45 20 30 40 50".
fn is_value(line: &str) -> bool {
    static VALUE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^(?:[+\d][\d\s().:-]+|https?://\S+|(?:url|from|to|time|date|duration|length|caller|number|phone|email|agent|queue|status|ip|browser|country|city)\s?:.*)$").expect("constant")
    });
    VALUE.is_match(line)
}
