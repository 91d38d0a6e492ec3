//! Emotional language: what the customer feels, in their words.

use super::{Detector, Reading, Signal};

pub struct EmotionalLanguage;

impl EmotionalLanguage {
    pub fn load() -> anyhow::Result<Self> {
        Ok(Self)
    }
}

impl Detector for EmotionalLanguage {
    fn version(&self) -> u32 {
        1
    }

    fn detect(&self, _reading: &Reading<'_>) -> Vec<Signal> {
        Vec::new()
    }
}
