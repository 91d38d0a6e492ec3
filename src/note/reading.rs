//! One possible reading, and one open question about the customer. Never an instruction, never a sentence to send.

use super::compose::{About, Line};
use crate::detect::{Kind, Signal};

/// What the signals may mean together, offered as a possibility; `None` when they speak for themselves.
pub fn possible(about: &About<'_>) -> Option<Line> {
    let has = |kinds: &[Kind]| has(about.signals, kinds);
    let pressed = has(&[Kind::Deadline, Kind::Blocked]);
    let text = if has(&[Kind::SmallAmount]) && has(&[Kind::Chase, Kind::Records, Kind::Unheard]) {
        "this may be about being heard more than about the money"
    } else if has(&[Kind::SmallAmount]) {
        "the principle may matter more than the sum"
    } else if pressed && has(&[Kind::Anger, Kind::Churn]) {
        "fear about what is coming, voiced as anger"
    } else if has(&[Kind::Churn]) && has(&[Kind::Chase, Kind::Records]) {
        "leaving may be what is left after asking so often"
    } else if has(&[Kind::Chase, Kind::Records]) && has(&[Kind::Anger, Kind::Unheard]) {
        "the waiting may hurt more than the problem itself"
    } else if has(&[Kind::Fear]) && has(&[Kind::Anger]) {
        "worry may sit under the anger"
    } else if has(&[Kind::Sadness]) {
        "something they counted on may be lost"
    } else {
        return None;
    };
    Some(Line { label: "Possible reading", text: text.to_owned() })
}

/// The question, by the kinds found: the first row that applies.
pub fn question(about: &About<'_>) -> Line {
    const QUESTIONS: [(&[&[Kind]], &str); 13] = [
        (
            &[&[Kind::SmallAmount], &[Kind::Chase, Kind::Records]],
            "what has it cost them, beside the money, to get this far?",
        ),
        (&[&[Kind::SmallAmount]], "what is it, beside the sum, that made them write this much?"),
        (
            &[&[Kind::Deadline], &[Kind::Chase, Kind::Records]],
            "what is still possible for them before then, after all the asking?",
        ),
        (&[&[Kind::Deadline]], "what do the hours until then look like for them if nothing changes?"),
        (&[&[Kind::Blocked]], "what can they not do right now, and who else is waiting on them?"),
        (
            &[&[Kind::Churn], &[Kind::Chase, Kind::Records]],
            "what would they need to see, after so many tries, to believe it this time?",
        ),
        (
            &[&[Kind::Chase, Kind::Records], &[Kind::Anger]],
            "which promise do they feel was broken, and by when did they expect it kept?",
        ),
        (
            &[&[Kind::Chase, Kind::Records]],
            "what have they already told us that they should not have to say again?",
        ),
        (&[&[Kind::Churn]], "what did they hope for here that they no longer expect?"),
        (&[&[Kind::Fear]], "what are they afraid will happen next?"),
        (&[&[Kind::Unheard]], "what have they said that nobody has answered yet?"),
        (&[&[Kind::Hurry]], "what is the least they need to be able to go on?"),
        (&[&[Kind::Sadness]], "what did they lose in this, beside the thing itself?"),
    ];
    let applies = |groups: &[&[Kind]]| groups.iter().all(|kinds| has(about.signals, kinds));
    let question = QUESTIONS
        .iter()
        .find(|(groups, _)| applies(groups))
        .map_or("what had they counted on that did not happen?", |(_, question)| question);
    Line { label: "Before you reply", text: question.to_owned() }
}

fn has(signals: &[Signal], kinds: &[Kind]) -> bool {
    signals.iter().any(|signal| kinds.contains(&signal.kind))
}
