//! Which language a message is in, as far as we can say, and whether we read it.
//!
//! The commonest words decide, counted over all own words, so that a mixed message is judged by its main text.
//! Where they are silent, `whichlang` is asked; it always answers something, so it is believed only from three
//! words on and never against the words.

use std::collections::HashMap;
use std::sync::LazyLock;

use whichlang::Lang;

use super::{Cleaned, Source};

/// The languages that have lexicons, each a folder of `config/lexicons/`.
pub const READ: &[&str] = &["en"];

/// Why a message is not read for signals. The names are what the database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// No words are left: nothing, emoji, addresses or numbers alone.
    EmptyText,
    /// A notice by the helpdesk or a mail server.
    SystemText,
    /// A language without a pack.
    UnsupportedLanguage,
    /// Too few words that tell a language.
    UnclearLanguage,
}

impl Unread {
    /// The reason's stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmptyText => "empty_text",
            Self::SystemText => "system_text",
            Self::UnsupportedLanguage => "unsupported_language",
            Self::UnclearLanguage => "unclear_language",
        }
    }
}

/// Lets through what can be read: the language, one of `supported`, or why not.
pub fn gate(text: &Cleaned<'_>, supported: &[&str]) -> Result<&'static str, Unread> {
    if text.source() == Source::System {
        return Err(Unread::SystemText);
    }
    match of(text) {
        Some(language) if supported.contains(&language) => Ok(language),
        Some(_) => Err(Unread::UnsupportedLanguage),
        None if is_empty(text.folded()) => Err(Unread::EmptyText),
        None => Err(Unread::UnclearLanguage),
    }
}

/// Gives the ISO 639-1 code of the message's language, or `None` when it is too short or unclear to say.
pub fn of(text: &Cleaned<'_>) -> Option<&'static str> {
    let folded = text.folded();
    if let Some(language) = by_script(folded) {
        return Some(language);
    }
    let known = &*KNOWN;
    let mut counts = [0_usize; LISTS.len()];
    let mut total = 0;
    each_word(folded, |word| {
        total += 1;
        let mut languages = known.get(word).copied().unwrap_or(0);
        while languages != 0 {
            counts[languages.trailing_zeros() as usize] += 1;
            languages &= languages - 1;
        }
    });
    if total == 0 {
        return None;
    }
    let foreign = counts[ENGLISH + 1..ENGLISH_SUPPORT].iter().copied().max().unwrap_or(0);
    if foreign < 2 || foreign <= counts[ENGLISH] {
        counts[ENGLISH] += counts[ENGLISH_SUPPORT];
    }
    counts[ENGLISH_SUPPORT] = 0;
    let hits = counts.iter().copied().max().unwrap_or(0);
    // One known word in eight is what terse or technical English still has.
    if counts[ENGLISH] == hits && hits > 0 && hits * 8 >= total {
        return Some("en");
    }
    let guess = (total >= 2).then(|| code(whichlang::detect_language(folded)));
    let is_best =
        |language: &str| LISTS.iter().position(|code| *code == language).is_some_and(|at| counts[at] == hits);
    // Of two words only "English" is believed: nothing is read wrongly by it, for no lexicon matches.
    let guess = guess.filter(|guess| total >= 3 || *guess == "en");
    match guess {
        // No word is known: names and products, or a language that we have no list of.
        Some("en") if hits == 0 => Some("en"),
        _ if hits == 0 => guess.filter(|_| total >= 5),
        // Languages of one family share words: the guess says which.
        Some(guess) if is_best(guess) => Some(guess),
        _ if hits * 8 >= total => counts.iter().position(|&count| count == hits).map(|at| LISTS[at]),
        _ => guess,
    }
}

fn is_empty(folded: &str) -> bool {
    let mut words = 0;
    each_word(folded, |_| words += 1);
    words == 0 && !folded.contains(is_other_script)
}

/// Goes through the words that can tell a language: no addresses, numbers, names of accounts, placeholders or redactions.
fn each_word(folded: &str, mut see: impl FnMut(&str)) {
    for chunk in folded.split([' ', '\n']) {
        // Most words: they are seen without looking at characters.
        let word = chunk.trim_end_matches(['.', ',']);
        if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            if !word.is_empty() && !is_redaction(word) {
                see(word);
            }
        } else if !names_a_thing(chunk) {
            let words =
                chunk.split(|c: char| !c.is_alphabetic() && c != '\'').map(|word| word.trim_matches('\''));
            words.filter(|word| !word.is_empty() && !is_redaction(word)).for_each(&mut see);
        }
    }
}

fn names_a_thing(chunk: &str) -> bool {
    let marks = |byte: u8| matches!(byte, b'@' | b'#' | b'_') || byte.is_ascii_digit();
    chunk.bytes().any(marks) || chunk.starts_with("www.") || chunk.starts_with('<') || chunk.contains("://")
}

fn is_redaction(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|byte| byte == b'x')
}

/// The language that most of the letters can only be in, where that is not the Latin script.
fn by_script(folded: &str) -> Option<&'static str> {
    if folded.is_ascii() {
        return None;
    }
    let (mut latin, mut other) = (0_usize, 0_usize);
    let mut first = None;
    for c in folded.chars().filter(|c| c.is_alphabetic()) {
        if is_other_script(c) {
            // One sign of Chinese or Japanese says as much as two letters.
            other += if c >= '\u{2E80}' { 2 } else { 1 };
            first = first.or(script(c));
        } else {
            latin += 1;
        }
    }
    if other <= latin {
        return None;
    }
    first.or_else(|| Some(code(whichlang::detect_language(folded))))
}

/// Letters beyond the Latin script.
fn is_other_script(c: char) -> bool {
    c.is_alphabetic() && ('\u{0370}'..='\u{1DFF}').contains(&c) || ('\u{2E80}'..='\u{D7FF}').contains(&c)
}

/// The language of a script that `whichlang` does not know.
fn script(c: char) -> Option<&'static str> {
    match c {
        '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}' => Some("el"),
        '\u{0530}'..='\u{058F}' => Some("hy"),
        '\u{0590}'..='\u{05FF}' => Some("he"),
        '\u{0E00}'..='\u{0E7F}' => Some("th"),
        '\u{10A0}'..='\u{10FF}' => Some("ka"),
        _ => None,
    }
}

fn code(language: Lang) -> &'static str {
    match language {
        Lang::Ara => "ar",
        Lang::Cmn => "zh",
        Lang::Deu => "de",
        Lang::Eng => "en",
        Lang::Fra => "fr",
        Lang::Hin => "hi",
        Lang::Ita => "it",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Nld => "nl",
        Lang::Por => "pt",
        Lang::Rus => "ru",
        Lang::Spa => "es",
        Lang::Swe => "sv",
        Lang::Tur => "tr",
        Lang::Vie => "vi",
    }
}

/// The word lists of `config/languages.toml`.
const LISTS: [&str; 18] = [
    "en",
    "de",
    "fr",
    "es",
    "pt",
    "it",
    "nl",
    "pl",
    "sv",
    "da",
    "no",
    "fi",
    "tr",
    "cs",
    "hu",
    "ro",
    "id",
    "en_support",
];

/// Where English stands among them, and its words of support mails.
const ENGLISH: usize = 0;
const ENGLISH_SUPPORT: usize = LISTS.len() - 1;

/// Each known word with the languages it is common in, a bit each in the order of `LISTS`.
static KNOWN: LazyLock<foldhash::HashMap<String, u32>> = LazyLock::new(|| {
    let file = include_str!("../../config/languages.toml");
    let lists: HashMap<String, String> = toml::from_str(file).expect("config/languages.toml is as shipped");
    let mut words = foldhash::HashMap::default();
    for (index, list) in LISTS.iter().enumerate() {
        for word in lists[*list].split_whitespace() {
            *words.entry(word.to_owned()).or_default() |= 1 << index;
        }
    }
    words
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::clean;

    #[test]
    fn the_main_language_is_told() {
        let cases = [
            ("two words", "Help ASAP!!", Some("en")),
            ("one word", "Refund", Some("en")),
            ("two words of no list", "Uploading folders", Some("en")),
            ("one strong word", "Unacceptable.", Some("en")),
            ("two words, german", "Lieferung ausgeblieben", Some("de")),
            ("shouted", "THIS IS NOT OK", Some("en")),
            ("redacted", "XXXX XXXX reported XX/XX/XXXX on my XXXX report", Some("en")),
            ("products", "Thunderbird 115 Gmail OAuth2 keeps crashing on Windows 11", Some("en")),
            ("a handle and a name", "@Acme Juan Pérez García is waiting", Some("en")),
            ("sloppy", "u guys r the worst pls refund me", Some("en")),
            ("german", "Hallo, meine Bestellung ist noch nicht da.", Some("de")),
            ("german short", "Wo bleibt mein Paket?", Some("de")),
            ("french", "Bonjour, je n'ai toujours rien reçu.", Some("fr")),
            ("spanish", "Llevo dos semanas esperando y nadie contesta", Some("es")),
            ("portuguese", "Ainda não recebi o meu pedido, podem ajudar?", Some("pt")),
            ("italian", "Buongiorno, il mio ordine non è ancora arrivato", Some("it")),
            ("dutch", "Ik wacht al twee weken op mijn bestelling", Some("nl")),
            ("polish is not dutch", "Dzień dobry, kiedy dostanę zwrot pieniędzy?", Some("pl")),
            ("swedish", "Hej, jag har inte fått mitt paket", Some("sv")),
            ("turkish", "Merhaba, siparişim hala gelmedi", Some("tr")),
            ("russian", "Здравствуйте, где мой заказ?", Some("ru")),
            ("japanese", "注文がまだ届きません", Some("ja")),
            ("greek", "Πού είναι η παραγγελία μου;", Some("el")),
            ("hebrew", "איפה ההזמנה שלי", Some("he")),
            ("arabic", "أين طلبي؟ لم يصل بعد", Some("ar")),
            (
                "spanish with an english phrase",
                "Hola, el cargador sigue sin funcionar desde hace dos semanas. It says \"please try again\". ¿Me ayudan?",
                Some("es"),
            ),
            (
                "spanish with english nouns and an error",
                "Quiero cancelar mi subscription y el app no me deja, error: Payment failed please try again later",
                Some("es"),
            ),
            (
                "english with a german greeting",
                "Guten Tag, I have been waiting for my parcel for two weeks now. Mit freundlichen Grüßen",
                Some("en"),
            ),
            ("emoji", "\u{1F621}\u{1F621}\u{1F621}", None),
            ("address", "https://example.com/help?id=4", None),
            ("numbers", "48-2291 12.00", None),
            ("a name", "Maya", None),
            ("empty", "", None),
        ];
        for (name, text, expected) in cases {
            assert_eq!(of(&clean(text)), expected, "{name}: {text:?}");
        }
    }

    #[test]
    fn the_gate_lets_through_what_can_be_read_and_says_why_not() {
        let cases = [
            ("english", "Where is my order?", Ok("en")),
            ("german", "Wo ist meine Bestellung?", Err("unsupported_language")),
            ("empty", "", Err("empty_text")),
            ("emoji", "\u{1F44D}", Err("empty_text")),
            ("link", "https://example.com", Err("empty_text")),
            ("one sign of chinese", "好", Err("unsupported_language")),
            ("a name", "Maya", Err("unclear_language")),
            ("missed call", "Missed call from +45 20 30 40 50", Err("system_text")),
            ("chat opening", "Conversation with Visitor 48221", Err("system_text")),
            (
                "voicemail with words",
                "Voicemail from: +1 555 0100\n\nPlease call me back about the refund",
                Ok("en"),
            ),
            ("a customer about a call", "I missed your call, please try again", Ok("en")),
        ];
        for (name, text, expected) in cases {
            assert_eq!(gate(&clean(text), READ).map_err(Unread::as_str), expected, "{name}: {text:?}");
        }
    }

    #[test]
    fn every_listed_language_is_known() {
        let lists: HashMap<String, String> =
            toml::from_str(include_str!("../../config/languages.toml")).expect("the shipped file");
        let mut listed: Vec<_> = lists.keys().map(String::as_str).collect();
        let mut known = LISTS.to_vec();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known);
    }
}
