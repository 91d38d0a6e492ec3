//! Folding: one form for what customers type in many, so that a phrase is written once.

use super::html::entity;
use super::mapping::Mapping;

/// A text being folded, with the way back.
#[derive(Default)]
pub struct Folded {
    pub text: String,
    pub mapping: Mapping,
}

impl Folded {
    pub fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), mapping: Mapping::default() }
    }

    /// Appends `piece`, which stands at `at` in its source: lower case, typographic quotes, dashes and spaces as
    /// ASCII, runs of spaces as one, invisible characters left out, entities read.
    pub fn push(&mut self, piece: &str, at: usize) {
        let bytes = piece.as_bytes();
        let mut here = 0;
        while here < bytes.len() {
            let byte = bytes[here];
            if !byte.is_ascii() {
                let Some(c) = piece[here..].chars().next() else { return };
                self.push_char(c, at + here, c.len_utf8());
                here += c.len_utf8();
            } else if byte == b'&'
                && let Some((c, len)) = entity(&piece[here..])
            {
                self.push_char(c, at + here, len);
                here += len;
            } else {
                if !(byte == b' ' && self.ends_in_a_letter() && begins_with_an_ending(&bytes[here + 1..])) {
                    self.push_ascii(byte, at + here, 1);
                }
                here += 1;
            }
        }
    }

    fn ends_in_a_letter(&self) -> bool {
        self.text.as_bytes().last().is_some_and(u8::is_ascii_alphabetic)
    }

    /// Appends a line break that stands for `from_len` bytes at `at`.
    pub fn push_break(&mut self, at: usize, from_len: usize) {
        self.text.push('\n');
        self.mapping.push(1, at, from_len);
    }

    /// Appends a space for a line break that only wraps.
    pub fn push_space(&mut self, at: usize, from_len: usize) {
        self.push_ascii(b' ', at, from_len);
    }

    fn push_ascii(&mut self, byte: u8, at: usize, from_len: usize) {
        let folded = match byte {
            b'`' => b'\'',
            // NUL and its like stand between words, if anywhere.
            0..=b' ' | 0x7F => b' ',
            _ => byte.to_ascii_lowercase(),
        };
        if folded == b' ' && matches!(self.text.as_bytes().last(), None | Some(b' ' | b'\n')) {
            return;
        }
        self.text.push(folded as char);
        self.mapping.push(1, at, from_len);
    }

    fn push_char(&mut self, c: char, at: usize, from_len: usize) {
        match c {
            '\0'..='\x7F' => self.push_ascii(c as u8, at, from_len),
            '\u{2018}'..='\u{201B}' | '\u{02BC}' | '\u{00B4}' | '\u{2032}' | '\u{FF07}' => {
                self.push_ascii(b'\'', at, from_len)
            }
            '\u{201C}'..='\u{201F}' | '\u{00AB}' | '\u{00BB}' | '\u{2033}' => {
                self.push_ascii(b'"', at, from_len)
            }
            '\u{2010}'..='\u{2015}' | '\u{2212}' => self.push_ascii(b'-', at, from_len),
            '\u{0085}' | '\u{2028}' | '\u{2029}' => self.push_break(at, from_len),
            '\u{2026}' => self.push_str("...", at, from_len),
            _ if is_invisible(c) => {}
            _ if c.is_whitespace() => self.push_ascii(b' ', at, from_len),
            _ => {
                let before = self.text.len();
                self.text.extend(c.to_lowercase());
                self.mapping.push(self.text.len() - before, at, from_len);
            }
        }
    }

    fn push_str(&mut self, text: &str, at: usize, from_len: usize) {
        self.text.push_str(text);
        self.mapping.push(text.len(), at, from_len);
    }
}

/// Whether what follows a space is the ending of the word before it: "did n't", "they 're", as some systems write it.
pub fn begins_with_an_ending(rest: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 7] = [b"n't", b"'s", b"'m", b"'d", b"'re", b"'ve", b"'ll"];
    matches!(rest.first(), Some(b'n' | b'N' | b'\''))
        && ENDINGS.iter().any(|ending| {
            rest.get(..ending.len()).is_some_and(|start| start.eq_ignore_ascii_case(ending))
                && !rest.get(ending.len()).is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'\'')
        })
}

/// Zero-width marks, soft hyphens, direction marks and variation selectors: they split words that a reader sees whole.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_forms_fold_to_one() {
        let cases = [
            ("case", "STILL Waiting", "still waiting"),
            ("typographic apostrophe", "I\u{2019}m", "i'm"),
            ("back-tick", "don`t", "don't"),
            ("ending apart", "I did n't, they 're DO N'T", "i didn't, they're don't"),
            ("no ending", "a 's' b, 5 's 'sup n'there", "a 's' b, 5 's 'sup n'there"),
            ("quotes", "\u{201E}soon\u{201C} \u{AB}now\u{BB}", "\"soon\" \"now\""),
            ("dashes", "a \u{2013} b\u{2014}c", "a - b-c"),
            ("spaces", "a\u{A0}\u{202F} \tb", "a b"),
            ("zero width", "re\u{200B}fund\u{FEFF}", "refund"),
            ("soft hyphen", "cus\u{AD}tomer", "customer"),
            ("ellipsis", "well\u{2026}", "well..."),
            ("entity", "fish &amp; chips&nbsp;now", "fish & chips now"),
            ("no entity", "AT&T; R&D", "at&t; r&d"),
            ("grows", "\u{130}zmir", "i\u{307}zmir"),
            ("accents stay", "É tarde", "é tarde"),
            ("NUL", "a\0b", "a b"),
            ("emoji", "Thanks \u{1F44D}\u{1F3FD}", "thanks \u{1F44D}\u{1F3FD}"),
        ];
        for (name, text, expected) in cases {
            let mut folded = Folded::default();
            folded.push(text, 0);
            assert_eq!(folded.text, expected, "{name}: {text:?}");
        }
    }
}
