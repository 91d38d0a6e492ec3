//! The private note: whether it is worth an agent's five seconds, what it says, and whether it may be posted now.

pub mod worth;
