//! Catching up: what no webhook told of. The poll finds messages whose webhook never came; the backfill reads the past.

pub mod backfill;
pub mod poll;
