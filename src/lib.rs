//! Undertone reads what customers write to a helpdesk and tells the agent what lies beneath.
//!
//! webhook in -> verify -> keep -> answer -> parse -> complete from the helpdesk -> history
//! -> detect -> store signals -> compose -> decide -> post -> confirm

pub mod cli;
pub mod detect;
pub mod eval;
pub mod note;
pub mod text;
pub mod ticket;
