//! Where a search can begin: the literal beginnings of many patterns in one trie, so that most words of a text are
//! turned away after a byte or two without asking any pattern.

use std::collections::BTreeMap;

use anyhow::Context;
use regex_automata::util::syntax;
use regex_syntax::hir::literal::{ExtractKind, Extractor};

/// A set of lexicon parts, one bit each.
pub type Parts = u128;

/// Bytes of a beginning that are kept; longer ones turn away little more and make the trie large.
const LONGEST: usize = 6;
/// Beginnings of one pattern; more than this counts as any.
const MOST: usize = 5_000;
/// Bytes that a class such as `[a-z]` may stand for before it counts as any.
const CLASS: usize = 30;

/// The literal beginnings of patterns, as they are gathered: which parts each can begin.
#[derive(Default)]
pub struct Beginnings {
    /// Parts of which some pattern can begin with any word.
    always: Parts,
    /// By the classes of their bytes.
    literal: BTreeMap<Vec<u8>, Parts>,
}

impl Beginnings {
    /// Adds a pattern of a part. Errors on one that cannot be parsed.
    pub fn add(&mut self, part: usize, pattern: &str, config: &syntax::Config) -> anyhow::Result<()> {
        let parsed = syntax::parse_with(pattern, config).context("a pattern")?;
        let mut extractor = Extractor::new();
        extractor.kind(ExtractKind::Prefix).limit_class(CLASS).limit_literal_len(LONGEST).limit_total(MOST);
        match extractor.extract(&parsed).literals() {
            Some(literals) if literals.iter().all(|literal| !literal.is_empty()) => {
                for literal in literals {
                    let classes = literal.as_bytes().iter().take(LONGEST).copied().map(class_of);
                    *self.literal.entry(classes.collect()).or_default() |= 1 << part;
                }
            }
            _ => self.always |= 1 << part,
        }
        Ok(())
    }
}

/// The trie of the beginnings, as a double array (Aoe 1989): a step is one addition and one look, and all of it stays near the
/// processor, for it is walked at every word.
pub struct Gate {
    /// Parts that are asked at every word.
    pub always: Parts,
    nodes: Vec<Node>,
}

/// A beginning, or the way to one.
#[derive(Clone, Copy)]
struct Node {
    /// The node before it; a place that is free has none.
    parent: u32,
    /// Where its children stand, each as many places further as its class says.
    children: u32,
    /// What begins here.
    parts: Parts,
    /// What begins here or further on.
    beyond: Parts,
}

const FREE: Node = Node { parent: u32::MAX, children: 0, parts: 0, beyond: 0 };

impl Gate {
    pub fn new(beginnings: Beginnings) -> Self {
        let literal: Vec<_> = beginnings.literal.into_iter().collect();
        let (mut nodes, mut full) = (vec![Node { parent: 0, ..FREE }], 0);
        // Nodes to be filled in: their place, which beginnings go through them, how many bytes in, and what has begun so far.
        // Depth first, so that a way leads through places side by side.
        let mut open = vec![(0, literal.as_slice(), 0, beginnings.always)];
        while let Some((at, mut beyond, depth, mut begun)) = open.pop() {
            if let Some(((_, parts), rest)) = beyond.split_first().filter(|(first, _)| first.0.len() == depth)
            {
                nodes[at].parts = *parts;
                begun |= parts;
                beyond = rest;
            }
            nodes[at].beyond = nodes[at].parts | beyond.iter().fold(0, |all, (_, parts)| all | parts);
            let says_more = |same: &&[(_, Parts)]| same.iter().any(|(_, parts)| parts & !begun != 0);
            let same_so_far = beyond.chunk_by(|one, next| one.0[depth] == next.0[depth]);
            let children: Vec<_> = same_so_far.filter(says_more).collect();
            let classes: Vec<_> = children.iter().map(|same| usize::from(same[0].0[depth])).collect();
            let place = room_for(&mut nodes, &classes, &mut full);
            nodes[at].children = place as u32;
            for (same, class) in children.into_iter().zip(classes) {
                nodes[place + class].parent = at as u32;
                open.push((place + class, same, depth + 1, begun));
            }
        }
        Self { always: beginnings.always, nodes }
    }

    /// The parts of which some pattern can begin with `word`, whatever follows it.
    pub fn begun(&self, word: &[u8]) -> Parts {
        let (mut at, mut node) = (0, self.nodes[0]);
        let mut parts = self.always | node.parts;
        for &byte in word {
            let child = node.children + u32::from(class_of(byte));
            node = self.nodes[child as usize];
            if node.parent != at {
                return parts;
            }
            at = child;
            parts |= node.parts;
        }
        parts | node.beyond
    }
}

/// The first place from which on a node's children all find theirs free. `full` is how many places at the front are taken.
fn room_for(nodes: &mut Vec<Node>, classes: &[usize], full: &mut usize) -> usize {
    let is_free = |at: usize| nodes.get(at).is_none_or(|node| node.parent == FREE.parent);
    while !is_free(*full) {
        *full += 1;
    }
    let fits = |place: &usize| classes.iter().all(|class| is_free(place + class));
    // A child's place is never the root's.
    let place = (full.saturating_sub(CLASSES).max(1)..).find(fits).expect("beyond the end is room");
    if nodes.len() < place + CLASSES {
        nodes.resize(place + CLASSES, FREE);
    }
    place
}

fn class_of(byte: u8) -> u8 {
    CLASS_OF[usize::from(byte)]
}

/// How many classes of bytes the trie tells apart: letters, the digits together, space, apostrophe, all others together.
const CLASSES: usize = 30;

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
        let mut beginnings = Beginnings::default();
        for (part, pattern) in patterns.iter().enumerate() {
            beginnings.add(part, pattern, &config).expect("a pattern");
        }
        Gate::new(beginnings)
    }

    #[test]
    fn only_what_can_begin_is_let_through() {
        let gate = gate(&["(?:very )?urgent", "(?:i|we) need|asap", r"\d+ days", "as(?:ap)?"]);
        let cases = [
            ("urgent", 0b0001),
            ("very urgent", 0b0001),
            ("very well", 0b0000),
            ("very ", 0b0001),
            ("i need it", 0b0010),
            ("i ", 0b0010),
            ("i am", 0b0000),
            ("asap", 0b1010),
            ("a", 0b1010),
            ("a ", 0b0000),
            ("30 ", 0b0100),
            ("days", 0b0000),
            ("", 0b1111),
            ("\u{fc}rgent", 0b0000),
        ];
        for (word, expected) in cases {
            assert_eq!(gate.begun(word.as_bytes()), expected, "{word}");
        }
    }

    #[test]
    fn a_pattern_that_can_begin_with_anything_is_always_let_through() {
        let gate = gate(&[r"(?:\w+ )?need", "need"]);
        assert_eq!(gate.begun(b"we need"), 0b01);
        assert_eq!(gate.begun(b"need"), 0b11);
    }
}
