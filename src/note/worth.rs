//! Worth a note: whether an agent about to reply would be helped by being told.

use crate::detect::Signal;

/// Says whether these signals, found on one message, deserve a note. Mild frustration alone does not.
pub fn worth_a_note(signals: &[Signal]) -> bool {
    !signals.is_empty()
}
