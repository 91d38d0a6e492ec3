//! Quoted history: what an earlier mail said is not what the customer says now.
//!
//! Only the quoted part goes. Answers below a quote (bottom posting) and between its lines stay.

use std::sync::LazyLock;

use regex::Regex;

use super::lines::{Lines, Why};

/// The longest "On .. wrote:" that is looked at, in bytes, over all its lines.
const LONGEST_ATTRIBUTION: usize = 320;

/// How many lines like "From: .." are tried as the begin of a header block. A mail has a handful.
const MOST_SENDERS: usize = 50;

/// Drops quoted history, forwarded mails and the marks that introduce them.
pub fn mark(lines: &mut Lines<'_>) {
    decorated_header(lines);
    let attributed = attributions(lines);
    delimiters(lines);
    header_blocks(lines);
    marked_lines(lines, attributed);
}

static WROTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|skrev|napisał)\b")
        .expect("constant")
});

static ATTRIBUTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^[>\s*_]*(?:
        (?:On|Am|Le|El|Em|Il|Op|Den|Dnia|W\ dniu)\s.+\b(?:wrote|schrieb|a\ écrit|escribió|escreveu|ha\ scritto|schreef|skrev|napisał)\b.*
        | .+[<(\[][^<>\s]+@[^<>\s]+[>)\]].*\b(?:wrote|schrieb|a\ écrit|escribió|escreveu|ha\ scritto|schreef|skrev|napisał)\b.*
        | .+\b(?:wrote\ on|schrieb\ am|a\ écrit\ le|escribió\ el|escreveu\ em)\b.+
        )[:：][\s*_]*$",
    )
    .expect("constant")
});

/// "On Fri, 6 Mar 2026 at 19:50, Support <support@example.com> wrote:" in the middle of a line, where a
/// helpdesk has made one line of a mail.
static INLINE_ATTRIBUTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:On|Am|Le|El|Em|Il|Op) [^<>\n]{5,60}\d{1,2}[:.h]\d{2}[^<>\n]{0,80}<[^<>\s]+@[^<>\s]+>\s*\)?,?\s*(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto|schreef) ?:",
    )
    .expect("constant")
});

/// A time of day or an address: what a mail program puts into an attribution, and a customer telling a story does not.
static MAILERS_HAND: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\d{1,2}(?:[:.]\d{2}|h\d{2})\b|\S@\S+\.\S").expect("constant"));

/// Drops "On .. wrote:" and what follows it; says whether there was one.
fn attributions(lines: &mut Lines<'_>) -> bool {
    let mut found = false;
    let hits: Vec<usize> = WROTE.find_iter(lines.text).map(|hit| hit.start()).collect();
    let mut last = None;
    for at in hits {
        let index = lines.all.partition_point(|line| line.next() <= at);
        if last == Some(index) || !lines.is_own(index) {
            continue;
        }
        last = Some(index);
        if let Some(range) = attribution_around(lines, index) {
            found |= attributed(lines, range);
        } else if let Some(hit) = INLINE_ATTRIBUTION.find(lines.own(index)) {
            let start = lines.all[index].own().start;
            lines.narrow(index, start..start + hit.start());
            lines.drop_all(index + 1..lines.len(), Why::Another);
            found = true;
        }
    }
    found
}

/// The lines that together are an attribution: the one at `index`, with up to two before or one after it.
fn attribution_around(lines: &Lines<'_>, index: usize) -> Option<std::ops::Range<usize>> {
    let candidates = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)];
    candidates.into_iter().find_map(|(before, after)| {
        let range = index.checked_sub(before)?..index + after + 1;
        if range.end > lines.len() || !range.clone().all(|line| lines.is_own(line)) {
            return None;
        }
        let length: usize = range.clone().map(|line| lines.own(line).len() + 1).sum();
        if length > LONGEST_ATTRIBUTION {
            return None;
        }
        let joined = range.clone().map(|line| lines.own(line)).collect::<Vec<_>>().join(" ");
        (ATTRIBUTION.is_match(&joined) && joined.contains(|c: char| c.is_ascii_digit() || c == '@'))
            .then_some(range)
    })
}

/// Drops an attribution and what it introduces. Without `>` marks below it, that is all the rest, if a mail
/// program wrote it; "On 3 March your colleague wrote:" is the customer's own story.
fn attributed(lines: &mut Lines<'_>, range: std::ops::Range<usize>) -> bool {
    let is_marked = (range.end..lines.len()).find(|&line| !lines.whole(line).is_empty());
    let is_marked = is_marked.is_none_or(|line| lines.whole(line).starts_with(['>', '|']));
    let joined: String = range.clone().map(|line| lines.own(line)).collect();
    if !is_marked && !MAILERS_HAND.is_match(&joined) {
        return false;
    }
    let end = range.end;
    lines.drop_all(range, Why::Header);
    if !is_marked {
        lines.drop_all(end..lines.len(), Why::Another);
    }
    true
}

static DELIMITER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^[>\s]*(?:
        [-_=*\s]{2,}(?:
          original\s(?:message|appointment) | (?:ursprüngliche|original)[\s-]?nachricht | message\sd['’]origine | message\soriginal
          | mensaje\soriginal | mensagem\soriginal | messaggio\soriginale | oorspronkelijk\sbericht
          | forwarded\smessage(?:\sfrom\s.+)? | weitergeleitete\snachricht | message\stransf[ée]r[ée] | mensaje\sreenviado
          | mensagem\s(?:encaminhada|reencaminhada) | messaggio\sinoltrato | doorgestuurd\sbericht
        )[-_=*\s]{2,}
        | begin\sforwarded\smessage\s?: | anfang\sder\sweitergeleiteten\s(?:nachricht|e-mail)\s?: | début\sdu\smessage\s(?:transféré|réexpédié)\s?:
        | inicio\sdel\smensaje\sreenviado\s?: | início\sda\smensagem\s(?:encaminhada|reencaminhada)\s?:
        )\s*$",
    )
    .expect("constant")
});

/// Zendesk's line on top of the mails that it sends.
static REPLY_ABOVE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[>\s]*##-.+-##\s*$").expect("constant"));

/// Drops what follows "----- Original Message -----" and Zendesk's "type your reply above this line".
fn delimiters(lines: &mut Lines<'_>) {
    for index in 0..lines.len() {
        let line = lines.own(index);
        if !(10..=140).contains(&line.len()) || !line.contains(['-', '_', '=', '*', ':']) {
            continue;
        }
        let is_reply = REPLY_ABOVE.is_match(line);
        if is_reply || DELIMITER.is_match(line) {
            lines.drop(index, Why::Header);
            let body = header_end(lines, index + 1).unwrap_or(index + 1);
            lines.drop_all(index + 1..body, Why::Header);
            lines.drop_all(body..lines.len(), if is_reply { Why::Another } else { Why::Quoted });
            return;
        }
    }
}

static FROM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[*_>\s]*(?:From|Von|De|Da|Van)\s?:[*_]*\s*\S").expect("constant"));

static OTHER_FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^[*_>\s]*(?:
        (?P<date>sent|date|gesendet|datum|envoyé(?:\sle)?|enviado(?:\sel)?|enviada(?:\sem)?|data|fecha|inviato)
        | (?P<to>to|an|à|a|para|cc|kopie|bcc|reply-to|importance)
        | (?P<subject>subject|betreff|objet|asunto|assunto|oggetto|onderwerp)
        )\s?:",
    )
    .expect("constant")
});

/// Drops a block of "From: .. Sent: .. To: .. Subject: .." and the mail below it.
fn header_blocks(lines: &mut Lines<'_>) {
    let senders =
        (0..lines.len()).filter(|&index| lines.own(index).len() >= 6 && FROM.is_match(lines.own(index)));
    let senders: Vec<usize> = senders.take(MOST_SENDERS).collect();
    for index in senders {
        let Some(end) = header_end(lines, index) else { continue };
        let is_rule =
            |line: &str| line.len() >= 5 && line.bytes().all(|byte| matches!(byte, b'_' | b'-' | b'='));
        let rule = (index.saturating_sub(2)..index).find(|&line| is_rule(lines.own(line)));
        lines.drop_all(rule.unwrap_or(index)..end, Why::Header);
        lines.drop_all(end..lines.len(), Why::Quoted);
        return;
    }
}

/// Past the header block that begins at `start` or after a blank line. A sender and a date with a receiver or a
/// subject make one; a "Message:" among them makes it a form.
fn header_end(lines: &Lines<'_>, start: usize) -> Option<usize> {
    let (mut from, mut date, mut other, mut end) = (false, false, false, start);
    let mut blank = 0;
    for index in start..lines.len().min(start + 16) {
        let line = lines.own(index);
        if line.is_empty() {
            blank += 1;
            // Some programs put a blank line after each field.
            if blank > 1 && (from || date || other) {
                break;
            }
            continue;
        }
        blank = 0;
        if super::form::is_message_label(line) {
            return None;
        }
        if FROM.is_match(line) {
            from = true;
        } else if let Some(field) = OTHER_FIELD.captures(line) {
            date |= field.name("date").is_some();
            other |= field.name("to").is_some() || field.name("subject").is_some();
        } else if from && date && other {
            break;
        } else if index > start + 1 || !(from || date || other) {
            return None;
        }
        end = index + 1;
    }
    (from && date && other).then_some(end)
}

/// Drops the lines marked with `>`.
fn marked_lines(lines: &mut Lines<'_>, attributed: bool) {
    let marked: Vec<usize> = (0..lines.len()).filter(|&index| lines.own(index).starts_with('>')).collect();
    // One line alone may be the customer's "> 50 mails are gone".
    if let [only] = marked[..] {
        let rest = lines.own(only)[1..].trim_start();
        let is_more_than = rest.starts_with(|c: char| c.is_ascii_digit() || "$€£=".contains(c));
        if !attributed && (is_more_than || rest.is_empty()) {
            return;
        }
    }
    let why = if attributed { Why::Another } else { Why::Quoted };
    let introduced: Vec<usize> =
        marked.iter().filter_map(|&index| unknown_attribution(lines, index)).collect();
    for index in introduced {
        lines.drop(index, Why::Header);
    }
    for index in marked {
        lines.drop(index, why);
    }
}

/// The line before a quote that introduces it in a language that we have no words for: an address or a time, a colon.
fn unknown_attribution(lines: &Lines<'_>, quote: usize) -> Option<usize> {
    let before = (quote.saturating_sub(2)..quote).rev().find(|&line| !lines.whole(line).is_empty())?;
    let line = lines.own(before);
    let introduces = line.ends_with(':')
        && line.len() < 200
        && line.contains(|c: char| c.is_ascii_digit())
        && MAILERS_HAND.is_match(line);
    introduces.then_some(before)
}

static DECORATED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^.+, .*\b\d{4}\b.*\b\d{1,2}[:.]\d{2}").expect("constant"));

/// Drops what Zendesk puts before a description: a rule, then "Maya Lindqvist, Mar 6, 2026, 19:42".
fn decorated_header(lines: &mut Lines<'_>) {
    let Some(rule) = lines.next_own(0) else { return };
    let is_rule = lines.own(rule).len() >= 10 && lines.own(rule).bytes().all(|byte| byte == b'-');
    let Some(name) = lines.next_own(rule + 1) else { return };
    if is_rule && name <= rule + 2 && lines.own(name).len() <= 140 && DECORATED.is_match(lines.own(name)) {
        lines.drop_all(rule..name + 1, Why::System);
    }
}
