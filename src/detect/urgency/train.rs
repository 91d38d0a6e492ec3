//! What the table of `context.rs` is trained for.

use super::Urgency;
use super::context::{Context, OUTPUTS};
use crate::detect::wording::train::Task;

pub const TASK: Task<Urgency> = Task {
    output: OUTPUTS[0],
    case: "urgency",
    holds: |message| message.urgency >= Some(1),
    quote: |message| message.urgency_quote.as_ref(),
    load: Urgency::load,
    put: |urgency, table| {
        urgency.context = Context::parse(table)?;
        Ok(())
    },
};
