//! Sentences: where one thought of the customer's ends and the next begins.

use std::ops::Range;

/// Abbreviations after which a sentence never ends.
const NEVER_LAST: &[&str] =
    &["mr", "mrs", "ms", "dr", "prof", "st", "e.g", "i.e", "vs", "approx", "attn", "z.b", "p.ej"];

/// Abbreviations that may end a sentence; they do when a capital follows.
const MAYBE_LAST: &[&str] = &[
    "a.m", "p.m", "u.s", "u.k", "u.s.a", "etc", "inc", "ltd", "llc", "co", "corp", "dept", "jr", "sr", "ave",
    "blvd", "rd", "acct", "amt", "bal", "min", "hr", "hrs", "usw", "bzw",
];

/// Abbreviations only before a number: "no. 5", "mar. 6".
const BEFORE_NUMBER: &[&str] = &[
    "no", "nr", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "p",
    "pp", "ext", "tel", "ref", "fig", "art", "sec", "ver", "v",
];

/// Finds the sentences of `folded`, without the space around them. A line break ends one.
///
/// `is_capital` says of a position in `folded` whether the customer wrote a capital letter there.
pub fn find(folded: &str, is_capital: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let bytes = folded.as_bytes();
    let mut found = Vec::with_capacity(bytes.len() / 64 + 1);
    let mut start = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => {
                push(&mut found, folded, start..at);
                start = at + 1;
                at += 1;
            }
            b'.' | b'!' | b'?' => {
                let end = past_punctuation(bytes, at);
                if ends(folded, start, at..end, &is_capital) {
                    push(&mut found, folded, start..end);
                    start = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    push(&mut found, folded, start..bytes.len());
    found
}

fn push(found: &mut Vec<Range<usize>>, folded: &str, range: Range<usize>) {
    let text = &folded[range.clone()];
    let trimmed = text.trim_start();
    if !trimmed.is_empty() {
        let start = range.end - trimmed.len();
        found.push(start..start + trimmed.trim_end().len());
    }
}

/// Past "?!", "...", and the quotes and brackets that close with them.
fn past_punctuation(bytes: &[u8], at: usize) -> usize {
    let is = |set: &[u8], at: usize| bytes.get(at).is_some_and(|byte| set.contains(byte));
    let mut end = at;
    while is(b".!?", end) {
        end += 1;
    }
    while is(b"\"')]}*", end) {
        end += 1;
    }
    end
}

/// Whether the punctuation at `mark` ends the sentence that began at `start`.
fn ends(folded: &str, start: usize, mark: Range<usize>, is_capital: impl Fn(usize) -> bool) -> bool {
    let bytes = folded.as_bytes();
    if !bytes.get(mark.end).is_none_or(u8::is_ascii_whitespace) {
        return false;
    }
    let mark_text = folded[mark.clone()].trim_end_matches(['"', '\'', ')', ']', '}', '*']);
    if !mark_text.bytes().all(|byte| byte == b'.') {
        return true;
    }
    let Some(next) = (mark.end..bytes.len()).find(|&at| !bytes[at].is_ascii_whitespace()) else {
        return true;
    };
    if mark_text.len() > 1 {
        return is_capital(next);
    }
    let before = &folded[start..mark.start];
    let word = before.rsplit([' ', '\n', '(', '"']).next().unwrap_or(before);
    // The first initial of a name, but not "plan b." or "so do i."
    let is_initial = word.len() == 1 && word != "i" && before.len() <= 2 && is_capital(mark.start - 1);
    if is_initial || NEVER_LAST.contains(&word) {
        return false;
    }
    if MAYBE_LAST.contains(&word) {
        return is_capital(next);
    }
    !(BEFORE_NUMBER.contains(&word) && (bytes[next].is_ascii_digit() || bytes[next] == b'#'))
}

#[cfg(test)]
mod tests {
    use crate::text::clean;

    fn sentences(text: &str) -> Vec<String> {
        let cleaned = clean(text);
        cleaned.sentences().iter().map(|range| cleaned.folded()[range.clone()].to_owned()).collect()
    }

    #[test]
    fn sentences_end_where_a_reader_would_end_them() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("plain", "I called. Nobody came! Why?", &["i called.", "nobody came!", "why?"]),
            ("lower case writers", "i called. they said no.", &["i called.", "they said no."]),
            ("title", "I spoke to Mr. Hale. He left.", &["i spoke to mr. hale.", "he left."]),
            ("latin", "Some tools, e.g. Mail, fail.", &["some tools, e.g. mail, fail."]),
            ("country", "The U.S. office closed.", &["the u.s. office closed."]),
            ("country last", "I live in the U.S. Please call.", &["i live in the u.s.", "please call."]),
            ("time of day", "At 9 a.m. tomorrow we fly.", &["at 9 a.m. tomorrow we fly."]),
            ("time of day last", "Call at 9 a.m. We wait.", &["call at 9 a.m.", "we wait."]),
            (
                "number",
                "Order no. 5 is late. No. It is lost.",
                &["order no. 5 is late.", "no.", "it is lost."],
            ),
            ("month", "On Mar. 6 I paid.", &["on mar. 6 i paid."]),
            ("march as a verb", "On we mar. Then rest.", &["on we mar.", "then rest."]),
            ("decimals", "It cost 4.90 and {$12.00} more.", &["it cost 4.90 and {$12.00} more."]),
            ("redaction", "On XX/XX/XXXX I paid. They lied.", &["on xx/xx/xxxx i paid.", "they lied."]),
            ("ellipsis going on", "well... it broke", &["well... it broke"]),
            ("ellipsis ending", "So I waited... Then it broke", &["so i waited...", "then it broke"]),
            ("typographic ellipsis", "So I waited… Then it broke", &["so i waited...", "then it broke"]),
            ("closing quote", "He said \"no.\" I left.", &["he said \"no.\"", "i left."]),
            ("several marks", "What?!! Really?", &["what?!!", "really?"]),
            ("address", "See example.com/a?b=1 now", &["see example.com/a?b=1 now"]),
            ("heading", "Refund\nI want it back", &["refund", "i want it back"]),
            ("list", "- one\n- two", &["- one", "- two"]),
            ("initial", "J. Moreau called me.", &["j. moreau called me."]),
            ("blank", " \n\n ", &[]),
        ];
        for (name, text, expected) in cases {
            assert_eq!(&sentences(text), expected, "{name}: {text:?}");
        }
    }

    #[test]
    fn wrapped_lines_are_one_sentence_and_short_lines_are_not() {
        let wrapped = "I have been waiting for the replacement lamp since the second week\n\
                       of January and every time that I ask I am told it will be sent on\n\
                       the following Monday. It never is.";
        assert_eq!(sentences(wrapped).len(), 2);
        let lines = "I have been waiting for the replacement lamp since the second week\n\
                     Order 48-2291\n\
                     Please call me";
        assert_eq!(sentences(lines).len(), 3);
        let list = "These are the things that did not work when I tried them yesterday:\n\
                    - the lamp that I ordered in January and that came broken in March\n\
                    - the shade";
        assert_eq!(sentences(list).len(), 3);
    }
}
