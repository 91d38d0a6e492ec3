//! Chat transcripts by speaker: only the customer's turns are the customer's words.
//!
//! Three turns of two speakers at least make a transcript; "Note: call me" does not.

use std::sync::LazyLock;

use regex::Regex;

use super::lines::{Lines, Why};

const TURNS: usize = 3;
const SPEAKERS: usize = 2;
/// Two names that nobody labelled make a transcript from this many turns on.
const LONG_TALK: usize = 5;
/// More speakers than this are labels of something else.
const MOST_SPEAKERS: usize = 6;

/// A name has this many words at most.
const NAME_WORDS: usize = 3;
/// And of this many bytes.
const LONGEST_NAME: usize = 40;

/// One turn: who speaks, from which line on.
struct Turn {
    line: usize,
    /// Where the words begin after the label, in bytes of the text.
    words: usize,
    speaker: String,
    timed: bool,
}

/// "(14:32:05) Maya:" anywhere, for a helpdesk may make one line of many.
static TIMED_ANYWHERE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[(\[](?:\d{4}-\d\d-\d\d[T ,]+|\d{1,2}[/.]\d{1,2}[/.]\d{2,4},? )?\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp]\.?[Mm]\.?)?[)\]]\s*-?\s*([^:\n()\[\]]+):").expect("constant")
});

/// "14:32 Maya:", "Maya (14:32):", "Maya:" at the start of a line.
static AT_START: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^[*_]*(?:
        (?P<t1>(?:\d{4}-\d\d-\d\d[T\s,]+|\d{1,2}[/.]\d{1,2}[/.]\d{2,4},?\s)?\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?\s*[-–|]?\s*)(?P<n1>[^:\n\d]+)
        | (?P<n2>\p{L}[^:\n()\[\]]*?)\s?(?P<t2>[(\[]\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?[)\]])
        | (?P<n3>\p{L}[^:\n()\[\]]*)
        )[*_]*:(?:\s|$)",
    )
    .expect("constant")
});

static CUSTOMER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:customer|visitor|user|me|you|guest|client|end[ -]user|caller|requester|web user|kunde|ich|client[e]?|usuario|moi|yo|eu)\b").expect("constant")
});

static HELPER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:agent|support|bot|rep|representative|advisor|adviser|system|operator|assistant|csr|service|team|staff|help ?desk|specialist|associate|concierge|moderator|chatbot|automated|info)\b").expect("constant")
});

/// Keeps only the customer's turns where the text is a transcript; says whether it was.
pub fn mark(lines: &mut Lines<'_>) -> bool {
    part_turns(lines);
    let turns = turns(lines);
    if !is_transcript(lines, &turns) {
        return false;
    }
    let customer = customer(&turns);
    let after = after_last(lines, &turns);
    for (index, turn) in turns.iter().enumerate() {
        let end = turns.get(index + 1).map_or(after, |next| next.line);
        if turn.speaker == customer {
            let own_end = lines.all[turn.line].own().end;
            lines.narrow(turn.line, turn.words..own_end);
        } else {
            lines.drop_all(turn.line..end, Why::Another);
        }
    }
    true
}

/// Makes a line of its own of every turn in a line of several.
fn part_turns(lines: &mut Lines<'_>) {
    if !lines.text.contains(['(', '[']) {
        return;
    }
    let starts: Vec<usize> = TIMED_ANYWHERE.find_iter(lines.text).map(|turn| turn.start()).collect();
    if starts.len() >= TURNS {
        lines.part_at(&starts);
    }
}

fn turns(lines: &Lines<'_>) -> Vec<Turn> {
    let mut turns: Vec<Turn> = (0..lines.len()).filter_map(|index| turn_at(lines, index)).collect();
    // An untimed "Note:" inside a timed transcript is somebody's words.
    if turns.iter().filter(|turn| turn.timed).count() >= TURNS {
        turns.retain(|turn| turn.timed);
    }
    turns
}

fn turn_at(lines: &Lines<'_>, line: usize) -> Option<Turn> {
    let own = lines.all[line].own();
    let text = &lines.text[own.clone()];
    if !text.contains(':') {
        return None;
    }
    let (label, name, timed) =
        if let Some(label) = TIMED_ANYWHERE.captures(text).filter(|label| label.get_match().start() == 0) {
            (label.get_match().end(), label.get(1)?, true)
        } else {
            let label = AT_START.captures(text)?;
            let name = label.name("n1").or(label.name("n2")).or(label.name("n3"))?;
            (label.get_match().end(), name, label.name("n3").is_none())
        };
    if !is_speaker(name.as_str().trim()) {
        return None;
    }
    Some(Turn { line, words: own.start + label, speaker: name.as_str().trim().to_lowercase(), timed })
}

fn is_transcript(lines: &Lines<'_>, turns: &[Turn]) -> bool {
    let mut speakers: Vec<&str> = turns.iter().map(|turn| turn.speaker.as_str()).collect();
    speakers.sort_unstable();
    speakers.dedup();
    if turns.len() < TURNS || speakers.len() < SPEAKERS || speakers.len() > MOST_SPEAKERS {
        return false;
    }
    if turns.iter().all(|turn| turn.timed) {
        return true;
    }
    let known = turns
        .iter()
        .filter(|turn| CUSTOMER.is_match(&turn.speaker) || HELPER.is_match(&turn.speaker))
        .count();
    let lines_between = turns[0].line..turns[turns.len() - 1].line + 1;
    let filled = lines_between.filter(|&line| lines.is_own(line)).count();
    // Names alone are weak: they must come again, and most lines must be turns. A form has each label once.
    let is_dense = turns.len() * 5 >= filled * 3;
    let again = turns.len() > speakers.len();
    let is_known = known * 2 >= turns.len() || known > 0 && turns.len() > TURNS;
    let is_long_talk_of_two =
        turns.len() >= LONG_TALK && speakers.len() == 2 && !speakers.iter().any(|s| is_label(s));
    is_dense && again && (is_known || is_long_talk_of_two)
}

/// Whether a label can be who speaks: a word, a role, or a name of a few capitalised words. "I called" is a story.
fn is_speaker(label: &str) -> bool {
    let words = label.split_whitespace().count();
    let is_named = label.split_whitespace().all(|word| !word.starts_with(char::is_lowercase));
    let is_role = CUSTOMER.is_match(label) || HELPER.is_match(label);
    label.len() <= LONGEST_NAME && (words == 1 || words <= NAME_WORDS && (is_named || is_role))
}

/// Whether a word parts a text rather than names a speaker.
fn is_label(speaker: &str) -> bool {
    const LABELS: &[&str] = &[
        "q", "a", "question", "answer", "before", "after", "expected", "actual", "pro", "con", "pros",
        "cons", "note", "problem", "solution", "error", "yes", "no", "old", "new", "date", "result", "input",
        "output", "subject", "re",
    ];
    LABELS.contains(&speaker)
}

/// Who of the speakers is the customer: who is labelled so, else the first not labelled as staff, else the first.
fn customer(turns: &[Turn]) -> String {
    let speakers = || turns.iter().map(|turn| turn.speaker.as_str());
    speakers()
        .find(|speaker| CUSTOMER.is_match(speaker) && !HELPER.is_match(speaker))
        .or_else(|| speakers().find(|speaker| !HELPER.is_match(speaker)))
        .unwrap_or(&turns[0].speaker)
        .to_owned()
}

/// The line after the last turn: a blank line ends it, and what follows is the customer's comment on it.
fn after_last(lines: &Lines<'_>, turns: &[Turn]) -> usize {
    let last = turns.last().map_or(0, |turn| turn.line);
    (last + 1..lines.len()).find(|&line| lines.whole(line).is_empty()).unwrap_or(lines.len())
}
