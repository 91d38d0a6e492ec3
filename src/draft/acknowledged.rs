//! Whether a reply takes up a fact: names it or acts on it. Feeling words are neither needed nor enough.

use std::collections::HashSet;

use super::lexicons::CueClass;
use super::reply::{Reply, Sentence};
use super::specific::names_a_time;
use super::words::Stem;

/// Whether something was done, is being done, or is promised for a named time; or an answer or a way out is given
/// that is about the customer's own case.
pub fn acts(reply: &Reply) -> bool {
    reply
        .sentences
        .iter()
        .any(|sentence| sentence.does(CueClass::Acted) || promises_a_time(sentence) || answers(sentence))
}

/// Whether it asks something that only this case needs: a question first is never too little.
pub fn asks(reply: &Reply) -> bool {
    reply.sentences.iter().any(|sentence| sentence.clarifies)
}

/// Whether it gives concrete steps, be they ready-made: under a deadline they may be the way out.
pub fn gives_steps(reply: &Reply) -> bool {
    reply.sentences.iter().any(|sentence| sentence.does(CueClass::Step) && !sentence.content.is_empty())
}

/// Whether it names a time at all, as an answer to a deadline does.
pub fn names_any_time(reply: &Reply) -> bool {
    reply.sentences.iter().any(names_a_time)
}

/// Whether it uses any of these content words of the customer's, other than to say how long such things take.
pub fn names(reply: &Reply, fact: &HashSet<Stem>) -> bool {
    let mut told = reply.sentences.iter().filter(|sentence| !sentence.does(CueClass::Stall));
    told.any(|sentence| sentence.content.iter().any(|stem| fact.contains(stem)))
}

/// Whether it takes up earlier contacts, the wait or the repetition.
pub fn names_history(reply: &Reply) -> bool {
    reply.sentences.iter().any(|sentence| sentence.does(CueClass::History))
}

fn promises_a_time(sentence: &Sentence) -> bool {
    sentence.does(CueClass::Promise) && names_a_time(sentence)
}

fn answers(sentence: &Sentence) -> bool {
    let about_theirs = sentence.shared > 0;
    let content = !sentence.content.is_empty();
    sentence.does(CueClass::Answer) && (about_theirs || content)
        || sentence.does(CueClass::Step) && about_theirs
}
