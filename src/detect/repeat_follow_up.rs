//! Repeat follow-up: the customer had to come back.

use super::{Detector, Reading, Signal};

pub struct RepeatFollowUp;

impl RepeatFollowUp {
    pub fn load() -> anyhow::Result<Self> {
        Ok(Self)
    }
}

impl Detector for RepeatFollowUp {
    fn version(&self) -> u32 {
        1
    }

    fn detect(&self, _reading: &Reading<'_>) -> Vec<Signal> {
        Vec::new()
    }
}
