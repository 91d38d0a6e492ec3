//! Signatures, device lines and legal footers at the end of mails.
//!
//! "Thanks, Maya" is left: it is short, and it is theirs.

use std::sync::LazyLock;

use regex::Regex;

use super::lines::{Lines, Why};

/// The most lines that stand below a "-- " in a signature.
const LONGEST: usize = 14;

/// Lines with more words than this are sentences, wherever they stand.
const SENTENCE_WORDS: usize = 18;

/// Drops signatures, lines that a device adds, and legal footers.
pub fn mark(lines: &mut Lines<'_>) {
    device_lines(lines);
    legal_footers(lines);
    below_delimiter(lines);
    contact_block(lines);
}

static DEVICE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^[\s\-_*<\[]*(?:
        (?:sent|envoyé|enviado|gesendet|verzonden|verstuurd|inviato|skickat|sendt)\s
          (?:from|via|with|using|depuis|de|à\spartir\sde|desde|do|a\spartir\sdo|von|mit|vanaf|met|da|con|från|fra)\s
          (?:my\s|mon\s|mi\s|meu\s|meinem\s|meiner\s|mijn\s|mio\s|min\s|the\s|der\s|o\s|la\s|el\s|l['’])?(?:\w+[\s-]){0,3}?
          (?:iphone|ipad|ios|android\w*|samsung|galaxy(?:\s\w+)?|xiaomi|huawei|pixel(?:\s\w+)?|blackberry|mobile(?:\sphone|\sdevice)?|smartphone|phone|handy|t[ée]l[ée]fono|celular|m[óo]vil|portable|windows(?:\s\d+)?|outlook|yahoo\smail|mail(?:\sfor\swindows(?:\s\d+)?|\sapp|\spour\swindows(?:\s\d+)?|\sfür\swindows(?:\s\d+)?)?|e-?mail-app|gmx|web\.de|proton\s?mail|fastmail|spark|thunderbird|correo|app)
          (?:\smobile|\sphone)?(?:\s(?:for|für|para|pour|on|auf|su)\s[\w\s]{2,20})?(?:\s?<[^<>]*>|\s?\(?https?:\S+\)?)?(?:[.,;:–-]\s?(?:please\s(?:excuse|forgive|pardon)|sorry\sfor|excuse)\b.*)?
        | von\smeinem?r?\s(?:\w+[\s-]){0,3}(?:iphone|ipad|handy|smartphone|galaxy|mobiltelefon|gerät|samsung|android\S*)\s(?:aus\s)?gesendet
        | (?:get|download)\soutlook\sfor\s(?:ios|android)(?:\s?<[^<>]*>)?
        | (?:télécharger|obtenir)\soutlook\spour\s(?:ios|android).* | outlook\sfür\s(?:ios|android)\sbeschaffen.* | obtener\soutlook\spara\s(?:ios|android).* | obter\so?\s?outlook\spara\s(?:ios|android).*
        | (?:diese\snachricht\swurde\svon\s|cet\se-mail\sa\sété\senvoyé\sdepuis\s).+
        | yahoo\smail:\s.+
        )[.\s*_>\]]*$",
    )
    .expect("constant")
});

fn device_lines(lines: &mut Lines<'_>) {
    for index in 0..lines.len() {
        let line = lines.own(index);
        if (12..=160).contains(&line.len()) && DEVICE.is_match(line) {
            lines.drop(index, Why::Signature);
        }
    }
}

static LEGAL_OPENING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^[\s*_\-\#\[(]*(?:
        (?:notice\sof\s)?confidential(?:ity)?\s?(?:notice|statement|warning|note)?\s?[:.\-–] | (?:legal\s)?disclaimer\s?[:.\-–]
        | (?:the\sinformation\s(?:contained\s)?in\s)?th(?:is|e)\s(?:contents\sof\sthis\s)?(?:e-?mail|message|transmission|communication)\b.*\b(?:confidential|privileged|intended\s(?:only|solely|for))
        | if\syou\s(?:have\s(?:received|got)|received|are\snot\sthe\sintended)\b.*\b(?:in\serror|recipient)
        | please\sconsider\sthe\senvironment\sbefore | think\sbefore\syou\sprint
        | diese\s(?:e-?mail|nachricht)\b.*\b(?:vertraulich|rechtlich)
        | (?:ce|le\sprésent)\s(?:message|courriel|e-?mail)\b.*\bconfidentiel
        | este\s(?:mensaje|correo|e-?mail)\b.*\b(?:confidencial|destinatario)
        | est[ae]\s(?:mensagem|e-?mail)\b.*\b(?:confidencia|destinatário)
        | (?:this\s(?:e-?mail|message)\shas\sbeen\s(?:scanned|checked)|virus-free\.|scanned\sby|checked\sby\savg|diese\se-?mail\swurde\sauf\sviren)
        )",
    )
    .expect("constant")
});

/// How much of a paragraph's first line says that it is a legal footer, in bytes.
const LEGAL_HEAD: usize = 160;

fn is_legal(line: &str) -> bool {
    LEGAL_OPENING.is_match(&line[..line.floor_char_boundary(LEGAL_HEAD)])
}

/// Drops a legal footer: its paragraph, which the rest of the mail's own words are not part of.
fn legal_footers(lines: &mut Lines<'_>) {
    let mut index = 0;
    while index < lines.len() {
        let starts_paragraph = index == 0 || !lines.is_own(index - 1) || lines.own(index - 1).len() <= 60;
        if starts_paragraph && lines.own(index).len() >= 12 && is_legal(lines.own(index)) {
            let end = (index..lines.len()).find(|&line| !lines.is_own(line)).unwrap_or(lines.len());
            lines.drop_all(index..end, Why::Signature);
            index = end;
        }
        index += 1;
    }
}

fn is_delimiter(line: &str) -> bool {
    matches!(line, "--" | "\u{2013}" | "\u{2014}")
}

/// Drops what stands below a line of two dashes, the end of a mail's text by an old agreement.
fn below_delimiter(lines: &mut Lines<'_>) {
    let Some(mut start) = (1..lines.len()).rev().find(|&index| is_delimiter(lines.own(index))) else {
        return;
    };
    let end = block_end(lines, start + 1);
    let below: Vec<usize> = (start + 1..end).filter(|&index| lines.is_own(index)).collect();
    // "--" also parts one half of a text from the other.
    if below.len() > LONGEST || below.iter().any(|&index| is_sentence(lines.own(index))) {
        return;
    }
    // A web mail's own delimiter may stand above the one that its markup gave.
    while let Some(above) =
        (0..start).rev().find(|&index| lines.is_own(index)).filter(|&index| is_delimiter(lines.own(index)))
    {
        start = above;
    }
    lines.drop_all(start..end, Why::Signature);
}

/// Where the lines that belong together end: at what was quoted, or at the end.
fn block_end(lines: &Lines<'_>, start: usize) -> usize {
    let is_border =
        |&index: &usize| matches!(lines.all[index].dropped(), Some(Why::Quoted | Why::Another | Why::Header));
    (start..lines.len()).find(is_border).unwrap_or(lines.len())
}

fn is_sentence(line: &str) -> bool {
    let words = line.split_whitespace().count();
    words > SENTENCE_WORDS || words > 6 && line.ends_with(['.', '!', '?'])
}

static CLOSING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^\W*(?:
        (?:kind|best|warm|many|with\skind|with\sbest)?\s?(?:regards|wishes)|(?:yours\s)?(?:sincerely|faithfully|truly)(?:\syours)?|respectfully|cheers|best|thanks|thank\syou|many\sthanks|thanks\sin\sadvance|br|rgds|kr
        |mit\s(?:freundlichen|besten|lieben|herzlichen)\sgrü(?:ß|ss)en|(?:viele|beste|liebe|freundliche|herzliche)\sgrü(?:ß|ss)e|mfg|lg|vg
        |(?:bien\s)?cordialement|(?:très\s)?sincèrement|merci|bonne\sjournée|salutations
        |(?:un\s)?(?:cordial\s)?saludos?(?:\scordiales)?|atentamente|gracias|atenciosamente|cumprimentos|(?:com\sos\s)?melhores\scumprimentos|abraços?|obrigad[oa]
        )\W*$",
    )
    .expect("constant")
});

static CONTACT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)(?:
        \b\S+@\S+\.\w{2,}\b | \bwww\.\S+ | ^https?://\S+$
        | (?:\+|\b00)\d[\d\s().\-/]{6,} | ^\W*\(?\d{3}\)?[\s.\-]\d{3}[\s.\-]\d{4}\b
        | ^\W*(?:tel|phone|mobile|mob|cell|fax|telefon|mobil|tél|t|m|p|o|d|e|w)\s?[.:|]\s?[+(\d\w]
        | \b(?:manager|director|head\sof|engineer|assistant|officer|coordinator|consultant|founder|ceo|cto|cfo|owner|accountant|sales|geschäftsführer\w*|leiter\w*|responsable|gerente|directeur)\b
        | \b(?:ltd|inc|llc|gmbh|b\.?v\.?|s\.?a\.?r?\.?l?|limited|plc|corp)\.?$
        )",
    )
    .expect("constant")
});

/// Drops the block of name, title and numbers that ends a mail.
fn contact_block(lines: &mut Lines<'_>) {
    let (start, end) = last_block(lines);
    let block: Vec<usize> = (start..end).filter(|&index| lines.is_own(index)).collect();
    if block.is_empty() || block.len() > LONGEST {
        return;
    }
    let contacts = block.iter().filter(|&&index| CONTACT.is_match(lines.own(index))).count();
    let after_closing = start > 0 && (start.saturating_sub(2)..start).any(|line| is_closing(lines.own(line)));
    // A name and two ways to reach it; one is enough below "Kind regards".
    let enough = match after_closing {
        true => contacts >= 1 && block.len() >= 2,
        false => contacts >= 2 && block.len() >= 3 && is_name(lines.own(block[0])),
    };
    if enough {
        lines.drop_all(start..end, Why::Signature);
    }
}

/// "Kind regards," on a line of its own.
fn is_closing(line: &str) -> bool {
    (2..=60).contains(&line.len()) && CLOSING.is_match(line)
}

/// One to four capitalised words.
fn is_name(line: &str) -> bool {
    let words = line.split_whitespace().count();
    (1..=4).contains(&words) && line.split_whitespace().all(|word| word.starts_with(char::is_uppercase))
}

/// The short lines that end the own text, from a closing ("Kind regards") or a blank line on.
fn last_block(lines: &Lines<'_>) -> (usize, usize) {
    let end = (0..lines.len()).rev().find(|&index| lines.is_own(index)).map_or(0, |index| index + 1);
    let mut start = end;
    let mut border = end;
    while start > 0 && end - start < 2 * LONGEST {
        let line = lines.own(start - 1);
        if is_closing(line) {
            return (start, end);
        }
        if line.len() > 90 || is_sentence(line) || line.ends_with(['?', '!', ',', ':']) {
            break;
        }
        if line.is_empty() {
            border = start;
        }
        start -= 1;
    }
    (border, end)
}
