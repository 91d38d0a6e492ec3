//! What the table of `context.rs` is trained for.

use super::RepeatFollowUp;
use super::context::{Context, OUTPUTS};
use crate::detect::wording::train::Task;

pub const TASK: Task<RepeatFollowUp> = Task {
    output: OUTPUTS[0],
    case: "repeat",
    holds: |message| message.repeat >= Some(1),
    quote: |message| message.repeat_quote.as_ref(),
    load: RepeatFollowUp::load,
    put: |repeat, table| {
        repeat.context = Context::parse(table)?;
        Ok(())
    },
};
