//! How often and how long, in the customer's own numbers.

use std::ops::Range;

use regex_automata::meta::Regex;
use regex_automata::util::syntax;

use crate::detect::numbers::Numbers;
use crate::text::Cleaned;
use crate::ticket::CustomerText;

/// What the customer counts. The largest of each, where several are named.
#[derive(Default)]
pub struct Counts {
    pub contacts: Option<u32>,
    pub duration_text: Option<CustomerText>,
    pub duration_days: Option<u32>,
}

/// Nouns and verbs of contact that a number may count.
const CONTACT_WORDS: &[&str] = &[
    "time",
    "call",
    "phone",
    "email",
    "e-mail",
    "letter",
    "message",
    "request",
    "complaint",
    "dispute",
    "ticket",
    "chat",
    "fax",
    "attempt",
    "occasion",
    "visit",
    "inquir",
    "follow-up",
    "appeal",
    "reminder",
    "voicemail",
    "report",
];

/// Larger counts are of something else: "878 complaints about them on the web".
const MOST_CONTACTS: u32 = 60;
/// In a quote of more words than this, "twice" may belong to anything.
const SHORT_QUOTE: usize = 8;

/// A stretch of time said as one during which the customer has been at it.
const DURATION: &str = r"\b(?:for|over|last|past|been|after|nearly|almost|about|than|these|waited|waiting|took|taken|close to|going on)(?: (?:the|about|over|almost|nearly|around|approximately|at|least|more|than|past|last|like|well|close|to|now|already|a good|what)){0,4} (?P<n>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|many|a few|few|a couple(?: of)?|couple(?: of)?)(?: ?\+|[ -]plus)?[ -](?:business |calendar |full |long |whole |more )?(?P<unit>days?|weeks?|wks|months?|years?|yrs)\b(?: now| already)?";

pub struct CountsReader {
    numbers: Numbers,
    duration: Regex,
}

impl CountsReader {
    pub fn load() -> anyhow::Result<Self> {
        let duration =
            Regex::builder().syntax(syntax::Config::new().unicode(false).utf8(false)).build(DURATION)?;
        Ok(Self { numbers: Numbers::load()?, duration })
    }

    /// Reads the sentences in which a chase was found; each is read once.
    pub fn read(&self, text: &Cleaned<'_>, chases: impl Iterator<Item = Range<usize>>) -> Counts {
        let mut counts = Counts::default();
        let mut done = 0;
        for chase in chases {
            let sentence = text.sentence_at(chase.start);
            counts.contacts = counts.contacts.max(self.contacts(&text.folded()[chase.clone()]));
            if sentence.start >= done {
                done = sentence.end;
                counts.contacts = counts.contacts.max(self.contacts_listed(&text.folded()[sentence.clone()]));
                self.duration(text, sentence, &mut counts);
            }
        }
        counts
    }

    /// The count in a chase: "third request" is 3, "called 5 times" is 5, "6-7 times" 6, "twice" 2.
    ///
    /// An ordinal counts this message too, because the customer's word does; a plain number is taken as it stands.
    fn contacts(&self, chase: &str) -> Option<u32> {
        let words: Vec<&str> = words(chase).collect();
        let counts = words.iter().enumerate().filter_map(|(at, word)| {
            if matches!(*word, "twice" | "thrice") {
                return self.numbers.cardinal(word).filter(|_| words.len() <= SHORT_QUOTE);
            }
            let n = self.numbers.ordinal(word).or_else(|| self.numbers.cardinal(word).filter(|&n| n > 1));
            n.filter(|_| words[at + 1..].iter().take(3).any(|next| is_contact(next)))
        });
        counts.filter(|&n| n <= MOST_CONTACTS).max()
    }

    /// The sum of a list: "two emails and a chat" is 3.
    fn contacts_listed(&self, sentence: &str) -> Option<u32> {
        let words: Vec<&str> = words(sentence).collect();
        let mut total = 0;
        let mut items = 0;
        let mut best = None;
        let mut at = 0;
        while at < words.len() {
            let is_noun = |next: &&str| is_contact(next) && !next.starts_with("time");
            let counted = self
                .numbers
                .cardinal(words[at])
                .and_then(|n| Some((n, words[at + 1..].iter().take(2).position(is_noun)?)));
            match counted {
                Some((n, noun)) => {
                    total += n;
                    items += 1;
                    at += noun + 2;
                    continue;
                }
                _ if matches!(words[at], "and" | "plus" | "") => {}
                _ => (total, items) = (0, 0),
            }
            if items > 1 {
                best = best.max(Some(total));
            }
            at += 1;
        }
        if items > 1 { best.max(Some(total)) } else { best }
    }

    fn duration(&self, text: &Cleaned<'_>, sentence: Range<usize>, counts: &mut Counts) {
        let folded = &text.folded()[sentence.clone()];
        let mut captures = self.duration.create_captures();
        self.duration.captures(folded, &mut captures);
        let (Some(whole), Some(n), Some(unit)) =
            (captures.get_match(), captures.get_group_by_name("n"), captures.get_group_by_name("unit"))
        else {
            return;
        };
        let number = folded[n.range()].split(' ').rev().find_map(|word| self.numbers.cardinal(word));
        let few = matches!(&folded[n.range()], "a few" | "few" | "several" | "many");
        let days = number
            .filter(|_| !few)
            .zip(self.numbers.days(folded[unit.range()].trim()))
            .map(|(number, days)| number * days);
        if counts.duration_text.is_none() || days > counts.duration_days {
            let quote = text.original(sentence.start + whole.start()..sentence.start + whole.end());
            counts.duration_text = Some(quote.into());
            counts.duration_days = days;
        }
    }
}

fn is_contact(word: &str) -> bool {
    CONTACT_WORDS.iter().any(|stem| word.starts_with(stem))
}

/// Words without their punctuation; a range "6-7" gives its lower end.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().map(|word| {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        match word.split_once('-') {
            Some((low, high)) if high.bytes().all(|b| b.is_ascii_digit()) => low,
            _ => word,
        }
    })
}
