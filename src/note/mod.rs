//! The private note: whether it is worth an agent's five seconds, what it says, and whether it may be posted now.

mod compose;
pub mod decide;
mod draft;
mod facts;
mod lead;
pub mod news;
mod quote;
mod reading;
mod render;
pub mod worth;

pub use compose::{About, Draft, Earlier, Records, compose, in_place_of};
pub use draft::about_draft;
pub use render::{Footer, Link, Note, marker};
