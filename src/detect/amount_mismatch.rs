//! Small amount, long message: twelve dollars, four paragraphs.

use super::{Detector, Reading, Signal};

pub struct AmountMismatch;

impl AmountMismatch {
    pub fn load() -> anyhow::Result<Self> {
        Ok(Self)
    }
}

impl Detector for AmountMismatch {
    fn version(&self) -> u32 {
        1
    }

    fn detect(&self, _reading: &Reading<'_>) -> Vec<Signal> {
        Vec::new()
    }
}
