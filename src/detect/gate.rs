//! Where a search can begin: the literal beginnings of many patterns in one trie, so that most words of a text are
//! turned away after a byte or two without asking any pattern.

use anyhow::Context;
use regex_automata::util::syntax;
use regex_syntax::hir::literal::{ExtractKind, Extractor};

/// A set of lexicon parts, one bit each.
pub type Parts = u64;

/// Bytes of a beginning that are kept; longer ones turn away little more and make the trie large.
const LONGEST: usize = 10;
/// Beginnings of one pattern; more than this counts as any.
const MOST: usize = 3_000;
/// Bytes that a class such as `[a-z]` may stand for before it counts as any.
const CLASS: usize = 30;
/// Byte classes of the trie: letters, the digits together, space, apostrophe, all others together.
const CLASSES: usize = 30;

pub struct Gate {
    /// Parts with a pattern that can begin with anything.
    always: Parts,
    nodes: Vec<Node>,
}

#[derive(Clone)]
struct Node {
    /// Parts that have a beginning ending here.
    parts: Parts,
    /// Index of the child for each class of bytes; 0 is none, for nothing leads back to the root.
    children: [u16; CLASSES],
}

const LEAF: Node = Node { parts: 0, children: [0; CLASSES] };

impl Gate {
    pub fn new() -> Self {
        Self { always: 0, nodes: vec![LEAF] }
    }

    /// Lets a part through wherever `pattern` can begin.
    pub fn add(&mut self, part: usize, pattern: &str, config: &syntax::Config) -> anyhow::Result<()> {
        let parsed = syntax::parse_with(pattern, config).context("a pattern")?;
        let mut extractor = Extractor::new();
        extractor.kind(ExtractKind::Prefix).limit_class(CLASS).limit_literal_len(LONGEST).limit_total(MOST);
        let beginnings = extractor.extract(&parsed);
        match beginnings.literals() {
            Some(literals) if literals.iter().all(|literal| !literal.is_empty()) => {
                for literal in literals {
                    self.insert(part, literal.as_bytes());
                }
            }
            _ => self.always |= 1 << part,
        }
        Ok(())
    }

    fn insert(&mut self, part: usize, beginning: &[u8]) {
        let mut at = 0;
        for byte in beginning.iter().take(LONGEST) {
            let class = usize::from(CLASS_OF[usize::from(*byte)]);
            let next = usize::from(self.nodes[at].children[class]);
            at = match (next, u16::try_from(self.nodes.len())) {
                (0, Ok(new)) => {
                    self.nodes[at].children[class] = new;
                    self.nodes.push(LEAF);
                    usize::from(new)
                }
                // A full trie ends the beginning here: it then lets through more than it must.
                (0, Err(_)) => break,
                (next, _) => next,
            };
        }
        self.nodes[at].parts |= 1 << part;
    }

    /// The parts that may match at the start of `text`; those left out cannot.
    pub fn at(&self, text: &[u8]) -> Parts {
        let mut node = &self.nodes[0];
        let mut parts = self.always | node.parts;
        for byte in text {
            let next = node.children[usize::from(CLASS_OF[usize::from(*byte)])];
            if next == 0 {
                break;
            }
            node = &self.nodes[usize::from(next)];
            parts |= node.parts;
        }
        parts
    }
}

/// The class of each byte, as a table: it is asked at every step of a walk.
const CLASS_OF: [u8; 256] = {
    let mut table = [29; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'a'..=b'z' => byte - b'a',
            b'0'..=b'9' => 26,
            b' ' => 27,
            b'\'' => 28,
            _ => 29,
        };
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(patterns: &[&str]) -> Gate {
        let config = syntax::Config::new().unicode(false).utf8(false);
        let mut gate = Gate::new();
        for (part, pattern) in patterns.iter().enumerate() {
            gate.add(part, pattern, &config).expect("a pattern");
        }
        gate
    }

    #[test]
    fn only_what_can_begin_is_let_through() {
        let gate = gate(&["(?:very )?urgent", "(?:i|we) need|asap", r"\d+ days", "as(?:ap)?"]);
        let cases = [
            ("urgent", 0b0001),
            ("very urgent", 0b0001),
            ("very well", 0b0000),
            ("i need it", 0b0010),
            ("i am", 0b0000),
            ("asap", 0b1010),
            ("a", 0b0000),
            ("30 days", 0b0100),
            ("days", 0b0000),
            ("", 0b0000),
            ("\u{fc}rgent", 0b0000),
        ];
        for (text, expected) in cases {
            assert_eq!(gate.at(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_pattern_that_can_begin_with_anything_is_always_let_through() {
        let gate = gate(&[r"(?:\w+ )?need", "need"]);
        assert_eq!(gate.at(b"we need"), 0b01);
        assert_eq!(gate.at(b"need"), 0b11);
    }
}
