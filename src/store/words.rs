//! How customers' words are written down: as they are, or only where they stood, with a keyed hash of them.

use hmac::Mac;
use serde::Serialize;
use serde_json::Value;

use crate::config::{KeepText, Source};
use crate::detect::{Evidence, Facts};
use crate::draft::Item;
use crate::ticket::CustomerText;

/// Facts that are the customer's own words. `signals::drop_quotes` names them in SQL.
const WORDED_FACTS: [&str; 2] = ["deadline_text", "duration_text"];

/// A source's way to write words down.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    source: &'a Source,
}

impl<'a> Words<'a> {
    pub fn of(source: &'a Source) -> Self {
        Self { source }
    }

    /// Whether words are stored at all, be it for a while.
    pub fn are_kept(self) -> bool {
        self.source.keep_text != KeepText::No
    }

    pub fn kept(self, text: &CustomerText) -> Option<&CustomerText> {
        self.are_kept().then_some(text)
    }

    /// Evidence with its quotes and, unless they stay for good, their hashes: what is left when the words have gone.
    pub fn evidence(self, evidence: &[Evidence]) -> Value {
        let mut stored = json(evidence);
        for (stored, evidence) in stored.as_array_mut().into_iter().flatten().zip(evidence) {
            if self.source.keep_text != KeepText::Forever {
                stored["quote_hash"] = self.hash(&evidence.quote).into();
            }
            if !self.are_kept() {
                remove(stored, &["quote"]);
                // What follows the colon is the customer's.
                stored["cue"] = evidence.cue.split(':').next().into();
            }
        }
        stored
    }

    pub fn facts(self, facts: &Facts) -> Value {
        let mut stored = json(facts);
        if !self.are_kept() {
            remove(&mut stored, &WORDED_FACTS);
        }
        stored
    }

    /// Findings on a draft, with both sides' quotes or without.
    pub fn items(self, items: &[Item]) -> Value {
        let mut stored = json(items);
        if !self.are_kept() {
            for item in stored.as_array_mut().into_iter().flatten() {
                remove(item, &["customer_quote", "draft_quote"]);
            }
        }
        stored
    }

    /// Tells whether a text at hand is the one that was quoted, to who has the webhook's secret and to nobody else.
    fn hash(self, quote: &CustomerText) -> Option<String> {
        let mac = self.source.keyed("quotes").next()?.chain_update(quote.expose());
        Some(mac.finalize().into_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }
}

fn json(value: impl Serialize) -> Value {
    serde_json::to_value(value).expect("it has string keys alone")
}

fn remove(object: &mut Value, keys: &[&str]) {
    if let Some(object) = object.as_object_mut() {
        object.retain(|key, _| !keys.contains(&key.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::detect::{EmotionFacts, MismatchFacts, RepeatFacts, UrgencyFacts};
    use crate::draft::Check;

    fn source(keep_text: &str) -> Source {
        let config = format!(
            "[[source]]\nname = \"acme\"\nkind = \"freshdesk\"\ndomain = \"acme\"\nwebhook_secrets = [\"ONE\"]\n\
             credentials = {{ api_key = \"TWO\" }}\nmode = \"live\"\ntime_zone = \"UTC\"\nkeep_text = \"{keep_text}\""
        );
        let secret = |_: &str| Some("EXAMPLE-NOT-A-SECRET".to_owned());
        Config::parse("test.toml", &config, &secret).expect("the configuration").sources.remove(0)
    }

    const NAME: &str = "Zephyrine";

    #[test]
    fn evidence_keeps_its_place_and_a_hash_when_the_words_go() {
        let evidence = |cue: &str| Evidence { start: 3, end: 20, quote: NAME.into(), cue: cue.to_owned() };
        let found = [evidence("ignored"), evidence("anger: furious with Zephyrine")];
        for (keep, quotes, hashes) in [("forever", true, false), ("30d", true, true), ("no", false, true)] {
            let source = source(keep);
            let stored = Words::of(&source).evidence(&found);
            for (stored, evidence) in stored.as_array().expect("a list").iter().zip(&found) {
                assert_eq!((&stored["start"], &stored["end"]), (&3.into(), &20.into()), "{keep}");
                assert_eq!(stored["quote"] == NAME, quotes, "{keep}: {stored}");
                assert_eq!(
                    stored["quote_hash"].as_str().map(str::len),
                    hashes.then_some(32),
                    "{keep}: {stored}"
                );
                assert_eq!(
                    stored["cue"] == evidence.cue,
                    quotes || evidence.cue == "ignored",
                    "{keep}: {stored}"
                );
            }
            assert_eq!(stored.to_string().contains(NAME), quotes, "{keep}: {stored}");
        }
    }

    #[test]
    fn facts_and_findings_lose_words_and_nothing_else() {
        let words = || Some(CustomerText::from(NAME));
        let facts = [
            Facts::Urgency(UrgencyFacts { deadline_text: words(), strong: true, ..UrgencyFacts::default() }),
            Facts::Repeat(RepeatFacts {
                duration_text: words(),
                contacts: Some(3),
                ..RepeatFacts::default()
            }),
            Facts::Emotion(EmotionFacts { level: 2 }),
            Facts::Mismatch(MismatchFacts {
                amount: "12".into(),
                currency: None,
                words: 140,
                typical_words: 40,
            }),
        ];
        let item = Item {
            check: Check::StockPhraseAlone,
            customer_quote: NAME.into(),
            draft_quote: words(),
            question: "What happened?",
        };
        for (keep, kept) in [("forever", true), ("30d", true), ("no", false)] {
            let source = source(keep);
            let stored: Vec<_> = facts.iter().map(|facts| Words::of(&source).facts(facts)).collect();
            assert_eq!(Value::from(stored.clone()).to_string().contains(NAME), kept, "{keep}");
            assert_eq!((&stored[0]["strong"], &stored[1]["contacts"]), (&true.into(), &3.into()), "{keep}");
            assert_eq!((&stored[2]["level"], &stored[3]["amount"]), (&2.into(), &"12".into()), "{keep}");
            let items = Words::of(&source).items(std::slice::from_ref(&item));
            assert_eq!(items.to_string().contains(NAME), kept, "{keep}");
            assert_eq!(items[0]["check"], "stock_phrase_alone", "{keep}");
        }
    }
}
