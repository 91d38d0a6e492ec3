//! Character references of HTML: `&amp;`, `&eacute;`, `&#8364;`, `&#x20AC;`.

/// Reads the character reference that `text` begins with: the character and how many bytes it takes.
///
/// The closing `;` is required, so "R&D" and "AT&T" are left alone.
pub fn entity(text: &str) -> Option<(char, usize)> {
    let body = text.strip_prefix('&')?;
    let len = body.bytes().take(12).position(|byte| byte == b';')?;
    let name = &body[..len];
    let c = match name.strip_prefix('#') {
        Some(number) => numbered(number)?,
        None => named(name)?,
    };
    Some((c, len + 2))
}

fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    match code {
        // Written by programs that took Windows-1252 for Unicode; browsers read it so too.
        0x80..=0x9F => Some(WINDOWS_1252[code as usize - 0x80]),
        _ => char::from_u32(code),
    }
}

fn named(name: &str) -> Option<char> {
    let index = NAMES.binary_search_by(|(known, _)| known.cmp(&name)).ok()?;
    Some(NAMES[index].1)
}

const WINDOWS_1252: [char; 32] = [
    '\u{20AC}', '\u{81}', '\u{201A}', '\u{192}', '\u{201E}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2C6}',
    '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8D}', '\u{17D}', '\u{8F}', '\u{90}', '\u{2018}',
    '\u{2019}', '\u{201C}', '\u{201D}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2DC}', '\u{2122}', '\u{161}',
    '\u{203A}', '\u{153}', '\u{9D}', '\u{17E}', '\u{178}',
];

/// The names of Latin-1, of typographic marks, and of a few other letters; sorted for the search.
#[rustfmt::skip]
const NAMES: &[(&str, char)] = &[
    ("AElig", '\u{C6}'), ("Aacute", '\u{C1}'), ("Acirc", '\u{C2}'), ("Agrave", '\u{C0}'),
    ("Aring", '\u{C5}'), ("Atilde", '\u{C3}'), ("Auml", '\u{C4}'), ("Ccedil", '\u{C7}'), ("ETH", '\u{D0}'),
    ("Eacute", '\u{C9}'), ("Ecirc", '\u{CA}'), ("Egrave", '\u{C8}'), ("Euml", '\u{CB}'),
    ("Iacute", '\u{CD}'), ("Icirc", '\u{CE}'), ("Igrave", '\u{CC}'), ("Iuml", '\u{CF}'),
    ("Ntilde", '\u{D1}'), ("OElig", '\u{152}'), ("Oacute", '\u{D3}'), ("Ocirc", '\u{D4}'),
    ("Ograve", '\u{D2}'), ("Oslash", '\u{D8}'), ("Otilde", '\u{D5}'), ("Ouml", '\u{D6}'),
    ("Scaron", '\u{160}'), ("THORN", '\u{DE}'), ("Uacute", '\u{DA}'), ("Ucirc", '\u{DB}'),
    ("Ugrave", '\u{D9}'), ("Uuml", '\u{DC}'), ("Yacute", '\u{DD}'), ("Yuml", '\u{178}'),
    ("aacute", '\u{E1}'), ("abreve", '\u{103}'), ("acirc", '\u{E2}'), ("acute", '\u{B4}'),
    ("aelig", '\u{E6}'), ("agrave", '\u{E0}'), ("amp", '\u{26}'), ("apos", '\u{27}'), ("aring", '\u{E5}'),
    ("asymp", '\u{2248}'), ("atilde", '\u{E3}'), ("auml", '\u{E4}'), ("bdquo", '\u{201E}'),
    ("brvbar", '\u{A6}'), ("bull", '\u{2022}'), ("cacute", '\u{107}'), ("ccaron", '\u{10D}'),
    ("ccedil", '\u{E7}'), ("cedil", '\u{B8}'), ("cent", '\u{A2}'), ("circ", '\u{2C6}'), ("copy", '\u{A9}'),
    ("curren", '\u{A4}'), ("dagger", '\u{2020}'), ("darr", '\u{2193}'), ("deg", '\u{B0}'),
    ("divide", '\u{F7}'), ("eacute", '\u{E9}'), ("ecirc", '\u{EA}'), ("egrave", '\u{E8}'),
    ("emsp", '\u{2003}'), ("ensp", '\u{2002}'), ("eogon", '\u{119}'), ("eth", '\u{F0}'), ("euml", '\u{EB}'),
    ("euro", '\u{20AC}'), ("frac12", '\u{BD}'), ("frac14", '\u{BC}'), ("frac34", '\u{BE}'),
    ("ge", '\u{2265}'), ("gt", '\u{3E}'), ("hearts", '\u{2665}'), ("hellip", '\u{2026}'),
    ("iacute", '\u{ED}'), ("icirc", '\u{EE}'), ("iexcl", '\u{A1}'), ("igrave", '\u{EC}'),
    ("infin", '\u{221E}'), ("iquest", '\u{BF}'), ("iuml", '\u{EF}'), ("laquo", '\u{AB}'),
    ("larr", '\u{2190}'), ("ldquo", '\u{201C}'), ("le", '\u{2264}'), ("lrm", '\u{200E}'),
    ("lsaquo", '\u{2039}'), ("lsquo", '\u{2018}'), ("lstrok", '\u{142}'), ("lt", '\u{3C}'),
    ("macr", '\u{AF}'), ("mdash", '\u{2014}'), ("micro", '\u{B5}'), ("middot", '\u{B7}'),
    ("minus", '\u{2212}'), ("nacute", '\u{144}'), ("nbsp", '\u{A0}'), ("ndash", '\u{2013}'),
    ("ne", '\u{2260}'), ("not", '\u{AC}'), ("ntilde", '\u{F1}'), ("oacute", '\u{F3}'), ("ocirc", '\u{F4}'),
    ("oelig", '\u{153}'), ("ograve", '\u{F2}'), ("ordf", '\u{AA}'), ("ordm", '\u{BA}'),
    ("oslash", '\u{F8}'), ("otilde", '\u{F5}'), ("ouml", '\u{F6}'), ("para", '\u{B6}'),
    ("permil", '\u{2030}'), ("plusmn", '\u{B1}'), ("pound", '\u{A3}'), ("quot", '\u{22}'),
    ("raquo", '\u{BB}'), ("rarr", '\u{2192}'), ("rcaron", '\u{159}'), ("rdquo", '\u{201D}'),
    ("reg", '\u{AE}'), ("rlm", '\u{200F}'), ("rsaquo", '\u{203A}'), ("rsquo", '\u{2019}'),
    ("sbquo", '\u{201A}'), ("scaron", '\u{161}'), ("scedil", '\u{15F}'), ("sect", '\u{A7}'),
    ("shy", '\u{AD}'), ("sup1", '\u{B9}'), ("sup2", '\u{B2}'), ("sup3", '\u{B3}'), ("szlig", '\u{DF}'),
    ("thinsp", '\u{2009}'), ("thorn", '\u{FE}'), ("tilde", '\u{2DC}'), ("times", '\u{D7}'),
    ("trade", '\u{2122}'), ("uacute", '\u{FA}'), ("uarr", '\u{2191}'), ("ucirc", '\u{FB}'),
    ("ugrave", '\u{F9}'), ("uml", '\u{A8}'), ("uuml", '\u{FC}'), ("yacute", '\u{FD}'), ("yen", '\u{A5}'),
    ("yuml", '\u{FF}'), ("zcaron", '\u{17E}'), ("zdot", '\u{17C}'), ("zwj", '\u{200D}'),
    ("zwnj", '\u{200C}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_near_misses_are_not() {
        let cases = [
            ("named", "&amp; co", Some(('&', 5))),
            ("capital matters", "&Eacute;", Some(('É', 8))),
            ("decimal", "&#8364;", Some(('€', 7))),
            ("hexadecimal", "&#x20ac;", Some(('€', 8))),
            ("Windows-1252", "&#146;", Some(('\u{2019}', 6))),
            ("no semicolon", "&amp co", None),
            ("not a name", "&T;", None),
            ("not a number", "&#12a;", None),
            ("a surrogate", "&#xD800;", None),
            ("too big", "&#99999999;", None),
            ("alone", "&", None),
            ("cut", "&#", None),
            ("other script", "&日本語;", None),
        ];
        for (name, text, expected) in cases {
            assert_eq!(entity(text), expected, "{name}: {text:?}");
        }
    }

    #[test]
    fn the_names_are_sorted() {
        assert!(NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
