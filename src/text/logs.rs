//! What machines wrote: stack traces, log lines, mail headers, code and encoded blocks, pasted into a message.
//!
//! A program's "FATAL" is no feeling and its "timeout" no deadline.

use std::sync::LazyLock;

use regex::Regex;

use super::lines::{Lines, Why};

/// Encoded words from this length on have no reader, in bytes.
const LONGEST_WORD: usize = 80;

/// Drops the lines that machines wrote.
pub fn mark(lines: &mut Lines<'_>) {
    fenced(lines);
    let machine: Vec<bool> = (0..lines.len()).map(|index| is_machine(lines.own(index))).collect();
    let is_machine = |index: usize| machine.get(index).is_some_and(|&machine| machine);
    for index in 0..lines.len() {
        let (before, after) = (index > 0 && is_machine(index - 1), is_machine(index + 1));
        let is_part = (before || after) && is_error_line(lines.own(index));
        let is_source = before && after && lines.is_indented(index);
        if is_machine(index) || is_part || is_source {
            lines.drop(index, Why::Log);
        }
    }
}

/// Drops what stands between lines of three back-ticks.
fn fenced(lines: &mut Lines<'_>) {
    let fences: Vec<usize> = (0..lines.len()).filter(|&index| lines.own(index).starts_with("```")).collect();
    for pair in fences.chunks_exact(2) {
        lines.drop_all(pair[0]..pair[1] + 1, Why::Log);
    }
}

static MACHINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)^(?:
        at\s[\w.$<>/\[\]]+\s?\(.*\)?$ | at\s(?:async\s)?\S+\s\(?\S+:\d+:\d+\)?$
        | File\s".*",\sline\s\d+ | Traceback\s\(most\srecent | Caused\sby:\s\S+ | \.\.\.\s\d+\smore$
        | (?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error)\b | [A-Z]\w+(?:Exception|Error):\s
        | (?:\[?\d{4}[-/]\d\d[-/]\d\d[T\s]\d\d:\d\d(?::\d\d)?[.,\d]*Z?\]?\s*[-|:\[(]*\s*)(?:\[|\(|DEBUG|INFO|WARN|ERROR|FATAL|TRACE|CRITICAL|NOTICE|debug|info|warn|error)
        | \[?\d\d:\d\d:\d\d[.,\d]*\]?\s*[-|\[(]*\s*(?:DEBUG|INFO|WARN|ERROR|FATAL|TRACE|CRITICAL)
        | \[?(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL|TRACE|CRITICAL)\]?\s*[\[(:|]\s*\S+[.:/\[\]_=]\S*
        | (?:[A-Z][a-z]{2}\s+\d+\s\d\d:\d\d:\d\d)\s\S+\s\S+(?:\[\d+\])?:
        | (?:Received|X-[A-Za-z-]+|Message-ID|Message-Id|DKIM-Signature|MIME-Version|Content-Type|Content-Transfer-Encoding|Return-Path|Authentication-Results|ARC-[A-Za-z-]+|In-Reply-To|List-Unsubscribe|Delivered-To|User-Agent):\s
        | (?:JavaScript\serror|console\.\w+|Uncaught\s\w+|npm\sERR!|error\[E\d+\]|fatal:\s|panicked\sat|thread\s'.*'\spanicked)
        | <\?xml\s
        )"#,
    )
    .expect("constant")
});

fn is_machine(line: &str) -> bool {
    line.len() >= 8 && (MACHINE.is_match(line) || is_encoded(line) || is_code(line))
}

/// Base64 or hexadecimal: one long word of letters and digits, not an address.
fn is_encoded(line: &str) -> bool {
    line.len() >= LONGEST_WORD
        && !line.contains("://")
        && line
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'))
        && line.bytes().any(|byte| byte.is_ascii_digit())
        && line.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Many signs of many kinds: code, JSON or a dump, not a sentence. "{$12.00}" is a redacted amount.
fn is_code(line: &str) -> bool {
    const SIGNS: &[u8] = b"{}[]()<>=;:|\\_^~\"";
    if line.len() < 16 || line.contains("://") || line.contains("{$") {
        return false;
    }
    let (mut signs, mut kinds) = (0, 0_u32);
    for sign in line.bytes().filter_map(|byte| SIGNS.iter().position(|&sign| sign == byte)) {
        signs += 1;
        kinds |= 1 << sign;
    }
    match kinds.count_ones() {
        0..=2 => false,
        3 => signs * 3 >= line.len(),
        _ => signs * 5 >= line.len(),
    }
}

static ERROR_LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:error|exception|warning|fatal|failed|stack ?trace)\b[^.!?]*:").expect("constant")
});

/// "Error: .." by itself may be a customer's way to begin; beside a log it is part of it.
fn is_error_line(line: &str) -> bool {
    line.len() >= 6 && ERROR_LINE.is_match(line)
}
