//! Undertone reads what customers write to a helpdesk and tells the agent what lies beneath.
//!
//! webhook in -> verify -> keep -> answer -> parse -> complete from the helpdesk -> history
//! -> detect -> store signals -> compose -> decide -> post -> confirm

pub mod app;
pub mod catch_up;
pub mod cli;
pub mod config;
pub mod detect;
pub mod draft;
pub mod eval;
pub mod explain;
pub mod feedback;
pub mod figures;
pub mod helpdesk;
pub mod http;
pub mod jobs;
pub mod keep;
pub mod look;
pub mod note;
pub mod pauses;
pub mod pretend;
pub mod privacy;
pub mod replay;
pub mod report;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod ticket;
pub mod usual;
pub mod worker;
