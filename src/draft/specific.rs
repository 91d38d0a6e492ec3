//! What makes a sentence specific: it could not have been written to anybody.

use super::lexicons::CueClass;
use super::reply::Sentence;

/// Content words from which on a sentence says something of its own, though none of them is the customer's.
const OWN_CONTENT: usize = 3;

/// Whether a sentence names something of the customer's, does or answers something, or has substance of its own.
pub fn is_specific(sentence: &Sentence) -> bool {
    let content = sentence.content.len();
    let sends_away = sentence.does(CueClass::Stall) || sentence.does(CueClass::Errand);
    sentence.shared > 0
        || content >= OWN_CONTENT && !sends_away
        || sentence.does(CueClass::Acted)
        || content > 0 && (sentence.does(CueClass::Step) || sentence.does(CueClass::Answer))
        || names_a_time(sentence) && sentence.does(CueClass::Promise)
        || sentence.clarifies
}

/// Whether a sentence names a moment or a nearness in time, not merely a usual wait or opening hours.
pub fn names_a_time(sentence: &Sentence) -> bool {
    sentence.does(CueClass::Time) && !sentence.does(CueClass::Stall)
}
