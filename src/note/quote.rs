//! Quotes as a note shows them: exact, on one line, at most twelve words, and enough of them to be understood.

use std::ops::Range;

use crate::detect::Evidence;
use crate::text::fold::begins_with_an_ending;

/// The most words of one quote.
const MOST_WORDS: usize = 12;

/// Puts quotation marks around the customer's words: the evidence, widened to its clause where there is room.
/// Longer evidence is cut at a word's border, with the ellipsis outside the marks, so that what stands between
/// them is exactly what was written.
pub fn quoted(text: &str, evidence: &Evidence) -> String {
    let span = bytes(text, evidence.start..evidence.end);
    let line = longest_line(text, span);
    let inside = |word: &&Range<usize>| word.start < line.end && line.start < word.end;
    let words = words(text, line_around(text, line.start));
    let without_links = words.split(|word| is_link(&text[word.clone()]));
    let words = without_links.max_by_key(|words| words.iter().filter(inside).count()).unwrap_or_default();
    let Some(first) = words.iter().position(|word| inside(&word)) else { return "\"\"".to_owned() };
    let last = words.iter().rposition(|word| inside(&word)).unwrap_or(first);
    let too_long = last - first >= MOST_WORDS;
    let (first, last) =
        if too_long { (first, first + MOST_WORDS - 1) } else { widen(text, words, first, last) };
    let cut = too_long
        || (last - first + 1 == MOST_WORDS && last + 1 < words.len() && !ends_clause(text, &words[last]));
    let quote = text[words[first].start..words[last].end].trim_end_matches([',', ';', ':']);
    if cut { format!("\"{quote}\" …") } else { format!("\"{quote}\"") }
}

/// Puts quotation marks around words that stand alone: their longest line, cut after twelve words.
pub fn cut(quote: &str) -> String {
    let whole = Evidence { start: 0, end: quote.chars().count(), quote: quote.into(), cue: String::new() };
    quoted(quote, &whole)
}

/// Widens a span of words to its clause, to the right first, as far as there is room.
fn widen(text: &str, words: &[Range<usize>], mut first: usize, mut last: usize) -> (usize, usize) {
    while last + 1 < words.len() && !ends_clause(text, &words[last]) && last - first + 1 < MOST_WORDS {
        last += 1;
    }
    while first > 0 && !ends_clause(text, &words[first - 1]) && last - first + 1 < MOST_WORDS {
        first -= 1;
    }
    (first, last)
}

fn ends_clause(text: &str, word: &Range<usize>) -> bool {
    text[word.clone()].ends_with(['.', '!', '?', ',', ';', ':'])
}

fn bytes(text: &str, chars: Range<usize>) -> Range<usize> {
    let at = |n: usize| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    at(chars.start)..at(chars.end)
}

/// Where a quote has to end: at a line's end, and at a character that turns the direction of the text around. Quoted, such
/// a one would turn our own words around too; left out, the quote would not be exact.
fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether a helpdesk could make a link of it. A note quotes none: what an agent can press in it is ours.
fn is_link(word: &str) -> bool {
    ["://", "](", "www.", "javascript:", "mailto:"].iter().any(|part| word.contains(part))
}

/// The longest piece of a span that is on one line.
fn longest_line(text: &str, span: Range<usize>) -> Range<usize> {
    let start = span.start;
    let pieces = text[span.clone()].split(ends_line).map(|piece| {
        let from = start + (piece.as_ptr() as usize - text[span.clone()].as_ptr() as usize);
        from..from + piece.len()
    });
    pieces.max_by_key(|piece| piece.len()).unwrap_or(0..0)
}

fn line_around(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind(ends_line);
    let start = start.map_or(0, |end| end + text[end..].chars().next().map_or(0, char::len_utf8));
    let end = text[at..].find(ends_line).map_or(text.len(), |end| at + end);
    start..end
}

/// The words of a line; an ending that stands apart ("did n't") is of the word before it.
fn words(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut start = None;
    for (at, c) in text[line.clone()].char_indices().map(|(at, c)| (line.start + at, c)) {
        match (c.is_whitespace(), start) {
            (false, None) if begins_with_an_ending(&text.as_bytes()[at..]) => {
                start = Some(words.pop().map_or(at, |word| word.start));
            }
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                words.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.map(|from| from..line.end));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_exact_clauses_of_at_most_twelve_words() {
        let cases = [
            (
                "widened to its clause",
                "Hi, I present to the board at 9 tomorrow. Thanks",
                "board at 9",
                "\"I present to the board at 9 tomorrow.\"",
            ),
            (
                "widened to the right first",
                "So I told them it was wrong, twice.",
                "I told",
                "\"So I told them it was wrong\"",
            ),
            ("not past its line", "Hello\nnobody answers\nMaya", "nobody", "\"nobody answers\""),
            (
                "twelve words stay whole",
                "a b c d e f g h i j k l",
                "a b c d e f g h i j k l",
                "\"a b c d e f g h i j k l\"",
            ),
            (
                "the thirteenth goes",
                "a b c d e f g h i j k l m",
                "a b c d e f g h i j k l m",
                "\"a b c d e f g h i j k l\" …",
            ),
            (
                "the longest line of several",
                "Hi\nnobody has answered me\nM",
                "Hi\nnobody has answered me\nM",
                "\"nobody has answered me\"",
            ),
            ("wide characters before it", "🙂🙂 é: by Friday", "by Friday", "\"by Friday\""),
            (
                "not past what turns the text around",
                "the answer \u{202E}was\u{202C} no refund, ever",
                "no refund",
                "\"no refund\"",
            ),
            (
                "the longest piece between what turns it around",
                "no\u{2066} refund at all\u{2069} x",
                "no\u{2066} refund at all\u{2069} x",
                "\"refund at all\"",
            ),
            (
                "not across a link",
                "third time about https://x.example and nobody has answered me",
                "third time about https://x.example and nobody has answered",
                "\"and nobody has answered me\"",
            ),
            ("nothing but a link", "https://x.example", "x.example", "\"\""),
            ("whole words", "unacceptable", "accept", "\"unacceptable\""),
            (
                "an ending that stands apart stays with its word",
                "They 're foreclosing on our house and I ca n't afford a lawyer.",
                "foreclosing on our house",
                "\"They 're foreclosing on our house and I ca n't afford a lawyer.\"",
            ),
        ];
        for (name, text, evidence, expected) in cases {
            let at = text.find(evidence).unwrap();
            let start = text[..at].chars().count();
            let evidence = Evidence {
                start,
                end: start + evidence.chars().count(),
                quote: evidence.into(),
                cue: String::new(),
            };
            let quoted = quoted(text, &evidence);
            assert_eq!(quoted, expected, "{name}");
            assert!(text.contains(quoted.trim_end_matches(" …").trim_matches('"')), "{name}: not exact");
        }
    }
}
