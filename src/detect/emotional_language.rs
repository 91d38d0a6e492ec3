//! Emotional language: what the customer feels, in their words.
//!
//! ## What it finds
//! Anger, frustration, fear, sadness, being unheard and leaving; gratitude and joy beside them. Phrases come from
//! `config/lexicons/en/emotion.toml`, in families. Some say a feeling outright ("I am furious"); the others are
//! weighed together with the shape of the text (shouting, "?!") and with what its words say sentence by sentence
//! (`wording.tsv`) in one small linear table (`weights.tsv`).
//!
//! ## Why an agent should know
//! A customer who is afraid, or not heard for the third time, reads "I completely understand" as being processed.
//!
//! ## Known limits
//! English only. Irony without a marker is missed. A verdict inside a long calm report may be found although readers
//! take it as told, not felt. Whose feeling it is comes from the few words before it, not from grammar.

mod features;
mod fit;
mod phrases;
pub mod sources;
pub mod train;
mod voice;
pub mod weights;
mod wording;

use std::ops::Range;

use self::features::{Capitals, Families, Ordinary};
use self::fit::Sign;
use self::phrases::{Found, Hit, Meaning};
use self::weights::{Decision, ILL, Weights};
use super::lexicon::Lexicon;
use super::search::{self, Patterns};
use super::wording::Wording;
use super::{Detector, DetectorName, EmotionFacts, Evidence, Facts, Kind, Reading, Signal, Strength};
use crate::eval::Counts;
use crate::text::{Cleaned, clause};

const LEXICON: &str = include_str!("../../config/lexicons/en/emotion.toml");
const WEIGHTS: &str = include_str!("emotional_language/weights.tsv");
const WORDING: &str = include_str!("emotional_language/wording.tsv");

/// Most quotes shown for one feeling.
const QUOTES: usize = 3;
/// From this probability on, weighed words count as clear.
const CLEAR: f64 = 0.8;

pub struct EmotionalLanguage {
    reader: Reader,
    wording: Wording<{ wording::OUTPUTS.len() }>,
    weights: Weights,
}

/// Counts phrases and shape.
struct Reader {
    lexicon: Lexicon<Meaning>,
    families: Families,
    ordinary: Ordinary,
}

/// A message as counted.
struct Counted<'a> {
    hits: Vec<Hit<'a>>,
    unmeant: Vec<Range<usize>>,
    capitals: Capitals,
    features: Vec<f64>,
}

impl Reader {
    fn load(patterns: &mut Patterns) -> anyhow::Result<Self> {
        let lexicon = Lexicon::parse(patterns, "en/emotion.toml", LEXICON)?;
        let families = Families::of(lexicon.meanings());
        Ok(Self { lexicon, families, ordinary: Ordinary::load() })
    }

    /// The names of all features, those of the wording last.
    fn features(&self) -> Vec<String> {
        self.families.features().into_iter().chain(wording::features()).collect()
    }

    /// Which way each feature may speak of ill feeling; of the wording that is for the training to find.
    fn signs(&self) -> Vec<Sign> {
        let mut signs = self.families.signs();
        signs.resize(self.features().len(), Sign::Either);
        signs
    }

    fn count<'a>(&'a self, text: &Cleaned<'_>, found: &'a search::Found) -> Counted<'a> {
        let Found { hits, unmeant } = phrases::find(&self.lexicon, text, found);
        let capitals = Capitals::of(text, &self.ordinary);
        let features = self.families.count(text, &hits, &capitals);
        Counted { hits, unmeant, capitals, features }
    }
}

/// Which ill feelings the phrases state by themselves, in the order of `ILL`.
fn said(hits: &[Hit<'_>]) -> [bool; ILL.len()] {
    ILL.map(|kind| hits.iter().any(|hit| hit.meaning.says == Some(kind)))
}

impl EmotionalLanguage {
    pub fn load(patterns: &mut Patterns) -> anyhow::Result<Self> {
        let reader = Reader::load(patterns)?;
        let wording = Wording::parse(WORDING)?;
        let weights = Weights::parse(WEIGHTS, &reader.features())?;
        Ok(Self { reader, wording, weights })
    }

    fn count<'a>(&'a self, text: &Cleaned<'_>, found: &'a search::Found) -> Counted<'a> {
        let mut counted = self.reader.count(text, found);
        counted.features.extend(wording::count(&self.wording, text, &counted.unmeant));
        counted
    }

    /// What cross-validation measured of any ill feeling when the weights were trained.
    pub fn measured_any(&self) -> Counts {
        self.weights.measured.0[weights::ANY]
    }

    /// What it measured of a kind; none of what is no ill feeling.
    pub fn measured(&self, kind: Kind) -> Option<Counts> {
        let place = ILL.iter().position(|ill| *ill == kind)?;
        Some(self.weights.measured.0[place + 1])
    }

    fn ill_signals(&self, text: &Cleaned<'_>, counted: &Counted<'_>) -> Vec<Signal> {
        let probabilities = self.weights.probabilities(&counted.features);
        let said = said(&counted.hits);
        let Decision { ill, strong, .. } = weights::decide(&probabilities, &self.weights.thresholds, said);
        let facts = Facts::Emotion(EmotionFacts { level: if strong { 2 } else { 1 } });
        let signal = |kind: Kind| {
            let place = ILL.iter().position(|&ill| ill == kind)?;
            let evidence = self.evidence(text, counted, kind, place + 1);
            let clear = said[place] || probabilities[place + 1] >= CLEAR;
            let strength = if clear { Strength::Clear } else { Strength::Possible };
            (!evidence.is_empty()).then(|| signal(kind, strength, evidence, facts.clone()))
        };
        ill.into_iter().filter_map(signal).collect()
    }

    /// Whether strong words are all there is beside praise or thanks: "Holy shit, this is insane, thank you!".
    fn delighted(&self, text: &Cleaned<'_>, hits: &[Hit<'_>]) -> bool {
        let praised =
            hits.iter().any(|hit| ["joy", "praise", "gratitude"].contains(&hit.meaning.family.as_str()));
        let either_way = |hit: &Hit<'_>| {
            let words = &text.folded()[hit.range.clone()];
            EITHER_WAY_FAMILIES.contains(&hit.meaning.family.as_str())
                || EITHER_WAY.iter().any(|word| words.split(' ').next_back() == Some(*word))
        };
        let mut ill = hits.iter().filter(|hit| !self.reader.families.is_neutral(&hit.meaning.family));
        praised && ill.all(either_way)
    }

    /// The quotes that weighed most for one feeling, in the order of the text.
    fn evidence(
        &self,
        text: &Cleaned<'_>,
        counted: &Counted<'_>,
        kind: Kind,
        output: usize,
    ) -> Vec<Evidence> {
        let mut weighed: Vec<(f64, &Hit)> = counted
            .hits
            .iter()
            .filter(|hit| !self.reader.families.is_neutral(&hit.meaning.family))
            .map(|hit| (self.weight(hit, kind, output), hit))
            .filter(|(weight, _)| *weight > 0.0)
            .collect();
        weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.range.start.cmp(&b.1.range.start)));
        let mut hits: Vec<&Hit> = Vec::new();
        for (_, hit) in weighed {
            if hits.len() < QUOTES && hits.iter().all(|other| other.sentence != hit.sentence) {
                hits.push(hit);
            }
        }
        hits.sort_by_key(|hit| hit.range.start);
        let mut evidence: Vec<_> = hits
            .into_iter()
            .map(|hit| {
                let cue =
                    format!("{}: {}", hit.meaning.family.replace('_', " "), text.original(hit.range.clone()));
                text.evidence(clause::around(text, &hit.range), &cue)
            })
            .collect();
        if evidence.is_empty() {
            evidence.extend(counted.capitals.runs.first().map(|run| text.evidence(run.clone(), "capitals")));
        }
        if evidence.is_empty() {
            evidence.extend(self.wording_evidence(text, &counted.unmeant, output));
        }
        evidence
    }

    /// Where no phrase speaks for a feeling: the words that weigh most in the sentence that says most.
    fn wording_evidence(
        &self,
        text: &Cleaned<'_>,
        unmeant: &[Range<usize>],
        output: usize,
    ) -> Option<Evidence> {
        // Leaving has no wording of its own.
        let output = if output < wording::OUTPUTS.len() { output } else { 0 };
        let meant = |sentence: &Range<usize>| wording::meant(text, sentence, unmeant);
        let score = |sentence: &Range<usize>| self.wording.score(&meant(sentence))[output];
        let sentence = text.sentences().iter().max_by(|a, b| score(a).total_cmp(&score(b)))?;
        let words = self.wording.heaviest(&meant(sentence), output)?;
        let words = sentence.start + words.start..sentence.start + words.end;
        let cue = format!("wording: {}", text.original(words.clone()));
        Some(text.evidence(clause::around(text, &words), &cue))
    }

    /// How much a phrase speaks for a feeling: outright first, then by weight.
    fn weight(&self, hit: &Hit<'_>, kind: Kind, output: usize) -> f64 {
        if hit.meaning.says == Some(kind) {
            return 1e3;
        }
        let place = self.reader.families.place(&hit.meaning.family);
        let rows = &self.weights.features;
        let of = |output: usize| rows[place][output] + rows[place + self.reader.families.len()][output];
        // Where it says little of this kind, it may still be what makes the message an ill-tempered one.
        if of(output) > 0.0 { of(output) } else { of(0) * 1e-3 }
    }
}

fn signal(kind: Kind, strength: Strength, evidence: Vec<Evidence>, facts: Facts) -> Signal {
    Signal { detector: DetectorName::EmotionalLanguage, kind, strength, evidence, facts }
}

/// Families and words that delight uses as readily as anger does.
const EITHER_WAY_FAMILIES: [&str; 2] = ["swearing", "effort"];
const EITHER_WAY: [&str; 7] = ["insane", "sick", "crazy", "wild", "unreal", "nuts", "mad"];

impl Detector for EmotionalLanguage {
    fn version(&self) -> u32 {
        8
    }

    fn detect(&self, reading: &Reading<'_>, found: &search::Found) -> Vec<Signal> {
        let text = reading.text;
        let counted = self.count(text, found);
        let delighted = self.delighted(text, &counted.hits);
        let mut signals = if delighted { Vec::new() } else { self.ill_signals(text, &counted) };
        let ill = !signals.is_empty();
        for (kind, family, weaker) in [(Kind::Gratitude, "gratitude", ""), (Kind::Joy, "joy", "praise")] {
            let of = |hit: &&Hit<'_>| [family, weaker].contains(&hit.meaning.family.as_str());
            let good: Vec<_> = counted.hits.iter().filter(of).collect();
            // A word of praise in a complaint, or a single "perfect", is a manner of speaking.
            let meant = good.len() > 1 || good.iter().any(|hit| hit.meaning.family == family);
            if ill || !meant {
                continue;
            }
            let evidence: Vec<_> = good
                .iter()
                .take(QUOTES)
                .map(|hit| {
                    text.evidence(
                        clause::around(text, &hit.range),
                        &format!("{family}: {}", text.original(hit.range.clone())),
                    )
                })
                .collect();
            if !evidence.is_empty() {
                signals.push(signal(
                    kind,
                    Strength::Possible,
                    evidence,
                    Facts::Emotion(EmotionFacts::default()),
                ));
            }
        }
        signals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Detectors;
    use crate::text;
    use crate::ticket::{History, Zone};

    fn signals(message: &str) -> Vec<Signal> {
        let load = |patterns: &mut Patterns| Ok(vec![Box::new(EmotionalLanguage::load(patterns)?) as _]);
        let detectors = Detectors::with(load).unwrap();
        let cleaned = text::clean(message);
        let reading = Reading {
            text: &cleaned,
            subject: "",
            sent_at: "2026-03-04T12:00:00Z".parse().unwrap(),
            zone: Zone::Source(chrono_tz::Tz::UTC),
            history: &History::default(),
        };
        detectors.run(&reading)
    }

    fn kinds(message: &str) -> Vec<Kind> {
        signals(message).iter().map(|signal| signal.kind).collect()
    }

    #[test]
    fn a_stated_feeling_is_the_writers_real_one() {
        let cases = [
            ("stated", "I am furious about this.", Kind::Anger, true),
            ("someone else's", "My boss is furious about this.", Kind::Anger, false),
            ("negated", "I am not angry about it.", Kind::Anger, false),
            ("supposed", "If I were angry I would say so.", Kind::Anger, false),
            ("stated", "I'm worried about my photos.", Kind::Fear, true),
            ("regret", "I'm afraid that I typed the wrong name.", Kind::Fear, false),
            ("negated", "I wasn't worried for a minute.", Kind::Fear, false),
            ("stated", "We are very disappointed.", Kind::Sadness, true),
            ("other people's", "She is disappointed that the tour is over.", Kind::Sadness, false),
            ("stated", "I'm fed up with it", Kind::Frustration, true),
            ("typographic apostrophe", "I\u{2019}m fed up with it", Kind::Frustration, true),
            ("set phrase", "They gave me the run-around.", Kind::Unheard, true),
            ("literal", "Children run around in the yard.", Kind::Unheard, false),
            ("leaving", "I will never use your services again.", Kind::Churn, true),
            ("staying", "I will never understand the German menu.", Kind::Churn, false),
            ("delight", "Damn good work, I love it!", Kind::Joy, true),
            ("one word of praise", "That would be perfect.", Kind::Joy, false),
            (
                "a record, no praise",
                "My payment history is perfect, my account in excellent standing.",
                Kind::Joy,
                false,
            ),
            (
                "the other side leaves",
                "The bank said they will no longer do business with me.",
                Kind::Churn,
                false,
            ),
            ("an ultimatum", "Fix it or I cancel.", Kind::Churn, true),
        ];
        for (name, message, kind, expected) in cases {
            assert_eq!(kinds(message).contains(&kind), expected, "{name}: {message:?}");
        }
    }

    #[test]
    fn problem_words_logs_and_capitals_are_not_feeling() {
        let cases = [
            "The upload failed with an error and the app crashed. Version 2.1.",
            "ERROR 500 INTERNAL SERVER ERROR at line 12",
            "PLEASE CHANGE MY ADDRESS TO 4 MILL LANE. THANK YOU.",
            "NASA, IBM and the BBC are missing from the list.",
            "There is a fraudulent charge on my card, please remove it.",
            "",
        ];
        for message in cases {
            assert!(!signals(message).iter().any(|signal| signal.kind.is_ill_feeling()), "{message:?}");
        }
    }

    #[test]
    fn every_signal_rests_on_exact_quotes() {
        let message =
            "Hi — I’m furious! Your “support” hung up on me… I was in tears 😭, and I AM DONE WITH YOU.";
        let characters: Vec<char> = message.chars().collect();
        let signals = signals(message);
        assert!(signals.len() >= 3, "{signals:?}");
        for evidence in signals.iter().flat_map(|signal| &signal.evidence) {
            let quoted: String = characters[evidence.start..evidence.end].iter().collect();
            assert_eq!(quoted, evidence.quote.expose());
        }
        assert!(signals.iter().all(|signal| !signal.evidence.is_empty()));
    }

    #[test]
    fn strong_feeling_is_told_from_noticeable() {
        let level = |message: &str| match &signals(message)[0].facts {
            Facts::Emotion(emotion) => emotion.level,
            _ => unreachable!("feelings carry emotion facts"),
        };
        assert_eq!(level("It is a bit annoying that the icon moved."), 1);
        let outburst =
            "I am furious and exhausted, sick and tired of your lies. You are thieves, this is a disgrace!!!";
        assert_eq!(level(outburst), 2);
    }
}
