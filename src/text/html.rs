//! HTML to text with every position kept: one forgiving pass, linear in the length whatever the nesting.
//!
//! Tags go, block tags become line breaks, entities are read, and what is quoted gets `> ` in front
//! as in a plain-text mail, so that one quote stripper serves both.

mod entities;
mod tag;

pub use entities::entity;

use super::mapping::Mapping;
use tag::{Scanner, Tag};

/// Turns an HTML body into plain text: paragraphs kept, quoted history as `> ` lines. Linear; never fails.
pub fn to_text(html: &str) -> String {
    render(html).0
}

/// Whether a text is HTML: it begins with a tag of the kind that mail programs write, or has several in it.
///
/// A customer may write about `<br>` or `<div>` in plain text; once is not enough.
pub fn is_html(text: &str) -> bool {
    const FIRST: &[&str] = &[
        "html", "body", "div", "p", "span", "table", "br", "meta", "head", "font", "b", "strong", "ul", "ol",
        "a",
    ];
    const BLOCK: &[&str] = &["html", "body", "div", "p", "br", "table", "blockquote"];
    let trimmed = text.trim_start();
    if trimmed.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype")) {
        return true;
    }
    if !text.contains('<') {
        return false;
    }
    let mut scanner = Scanner::default();
    let (mut at, mut blocks) = (0, 0);
    while let Some(offset) = trimmed[at..].find('<') {
        at += offset;
        let Some(tag) = scanner.tag(trimmed, at) else {
            at += 1;
            continue;
        };
        if at == 0 && !tag.closing && FIRST.contains(&tag.name.as_str()) && has_closing_or_void(trimmed, &tag)
        {
            return true;
        }
        blocks += usize::from(BLOCK.contains(&tag.name.as_str()));
        if blocks >= 3 {
            return true;
        }
        at = tag.end;
    }
    false
}

fn has_closing_or_void(html: &str, tag: &Tag<'_>) -> bool {
    matches!(tag.name.as_str(), "br" | "meta") || html.contains("</")
}

/// The text of an HTML body and where each byte of it came from.
pub(super) fn render(html: &str) -> (String, Mapping) {
    let mut page = Page { html, ..Page::default() };
    page.run();
    (page.text, page.mapping)
}

#[derive(Default)]
struct Page<'h> {
    html: &'h str,
    text: String,
    mapping: Mapping,
    scanner: Scanner,
    /// Open `div`, `span` and `blockquote` elements: the containers that can quote or hide.
    open: Vec<Open>,
    /// How many of each kind are open, so that a stray end tag costs nothing.
    open_count: [usize; 3],
    quoted: usize,
    hidden: usize,
    preformatted: usize,
    /// Whether the last paragraph has no space around it.
    tight: bool,
    /// Outlook's reply header quotes all that follows it.
    rest_quoted: bool,
    /// Line breaks to write before the next text, 2 at most.
    breaks: usize,
    /// Where a space waits to be written before the next text.
    space: Option<usize>,
}

struct Open {
    kind: usize,
    quotes: bool,
    hides: bool,
    preformats: bool,
}

const CONTAINERS: [&str; 3] = ["div", "span", "blockquote"];

impl<'h> Page<'h> {
    fn run(&mut self) {
        let bytes = self.html.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'<' => match self.scanner.skip_markup(self.html, at) {
                    Some(end) => at = end,
                    None => match self.scanner.tag(self.html, at) {
                        Some(tag) => at = self.element(at, &tag),
                        None => {
                            self.put('<', at, 1);
                            at += 1;
                        }
                    },
                },
                b'&' => {
                    let (c, len) = entity(&self.html[at..]).unwrap_or(('&', 1));
                    self.put(c, at, len);
                    at += len;
                }
                _ => {
                    let Some(c) = self.html[at..].chars().next() else { return };
                    self.put(c, at, c.len_utf8());
                    at += c.len_utf8();
                }
            }
        }
    }

    /// Takes in one character of text.
    fn put(&mut self, c: char, at: usize, len: usize) {
        if self.hidden > 0 {
            return;
        }
        if self.preformatted > 0 && c == '\n' {
            return self.line_break();
        }
        if matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0C') {
            self.space.get_or_insert(at);
            return;
        }
        self.write_breaks(at);
        if let Some(space) = self.space.take()
            && !self.at_line_start()
        {
            self.text.push(' ');
            self.mapping.push(1, space, 1);
        }
        self.text.push(c);
        self.mapping.push(c.len_utf8(), at, len);
    }

    fn write_breaks(&mut self, at: usize) {
        let breaks = if self.text.is_empty() { 0 } else { std::mem::take(&mut self.breaks) };
        self.breaks = 0;
        for _ in 0..breaks {
            self.insert("\n", at);
        }
        if breaks > 0 || self.text.is_empty() {
            self.space = None;
            if self.quoted > 0 || self.rest_quoted {
                self.insert("> ", at);
            }
        }
    }

    fn insert(&mut self, text: &str, at: usize) {
        let from = self.space.unwrap_or(at);
        self.text.push_str(text);
        self.mapping.push(text.len(), from, 0);
    }

    fn at_line_start(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n') || self.text.ends_with("\n> ") || self.text == "> "
    }

    fn line_break(&mut self) {
        self.breaks = (self.breaks + 1).min(2);
    }

    fn block(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
    }

    /// Takes in a tag at `at`; gives where to go on.
    fn element(&mut self, at: usize, tag: &Tag<'h>) -> usize {
        match tag.name.as_str() {
            name @ ("script" | "style" | "head" | "title" | "svg" | "template" | "object")
                if !tag.closing =>
            {
                return self.scanner.past_element(self.html, tag.end, name).unwrap_or(tag.end);
            }
            "br" => self.line_break(),
            "p" => {
                if !tag.closing {
                    self.tight = is_tight(tag);
                }
                self.block(if self.tight { 1 } else { 2 });
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "table" | "hr" => self.block(2),
            "pre" | "textarea" => {
                self.block(2);
                self.preformatted =
                    if tag.closing { self.preformatted.saturating_sub(1) } else { self.preformatted + 1 };
            }
            "tr" | "dt" | "dd" | "section" | "article" | "header" | "footer" | "address" | "center"
            | "form" | "fieldset" | "body" => self.block(1),
            "li" => self.block(1),
            "td" | "th" => {
                self.space.get_or_insert(at);
            }
            "div" | "span" | "blockquote" => self.container(at, tag),
            _ => {}
        }
        if tag.name == "li" && !tag.closing {
            self.bullet(at);
        }
        tag.end
    }

    fn bullet(&mut self, at: usize) {
        if self.hidden == 0 {
            self.write_breaks(at);
            self.insert("- ", at);
        }
    }

    fn container(&mut self, at: usize, tag: &Tag<'h>) {
        let Some(kind) = CONTAINERS.iter().position(|name| *name == tag.name) else { return };
        if CONTAINERS[kind] != "span" {
            self.block(1);
        }
        if tag.closing {
            return self.close(kind);
        }
        if tag.self_closing {
            return;
        }
        if is_reply_header(tag) {
            self.block(2);
            self.rest_quoted = true;
        }
        if tag.class_has("gmail_signature") && self.hidden == 0 && self.quoted == 0 {
            self.write_breaks(at);
            self.insert("-- ", at);
            self.block(1);
        }
        let open = Open {
            kind,
            quotes: is_quote(tag),
            hides: tag.style_has("display:none"),
            preformats: tag.style_has("white-space:pre"),
        };
        if open.quotes {
            self.block(2);
        }
        self.quoted += usize::from(open.quotes);
        self.hidden += usize::from(open.hides);
        self.preformatted += usize::from(open.preformats);
        self.open_count[kind] += 1;
        self.open.push(open);
    }

    /// Closes the innermost open element of this kind and all that is still open inside it.
    fn close(&mut self, kind: usize) {
        if self.open_count[kind] == 0 {
            return;
        }
        while let Some(open) = self.open.pop() {
            self.open_count[open.kind] -= 1;
            self.quoted -= usize::from(open.quotes);
            self.hidden -= usize::from(open.hides);
            self.preformatted = self.preformatted.saturating_sub(usize::from(open.preformats));
            if open.quotes {
                self.block(2);
            }
            if open.kind == kind {
                return;
            }
        }
    }
}

/// Outlook writes every line as a paragraph without margins.
fn is_tight(tag: &Tag<'_>) -> bool {
    tag.class_has("MsoNormal")
        || tag.class_has("MsoPlainText")
        || tag.style_has("margin:0")
        || tag.style_has("margin-bottom:0")
}

/// The containers in which mail programs put what they quote.
///
/// Gmail's `gmail_quote` and Proton's `protonmail_quote` are not among them: answers between and below
/// the quoted parts stand inside them, and the quoted parts have a `blockquote` of their own.
fn is_quote(tag: &Tag<'_>) -> bool {
    const CLASSES: &[&str] = &["yahoo_quoted", "freshdesk_quote", "moz-cite-prefix", "zmail_extra"];
    if CLASSES.iter().any(|class| tag.class_has(class)) {
        return true;
    }
    // Gmail's "indent more" is a bare blockquote without a border around the customer's own words.
    let is_indent = tag.attribute("class").is_none()
        && tag.attribute("type").is_none()
        && tag.attribute("cite").is_none()
        && tag.style_has("border:none");
    tag.name == "blockquote" && !is_indent
}

/// The header that Outlook's and Hotmail's clients put before a quoted mail, which follows it as its sibling.
fn is_reply_header(tag: &Tag<'_>) -> bool {
    const IDS: &[&str] =
        &["divRplyFwdMsg", "appendonsend", "mail-editor-reference-message-container", "OLK_SRC_BODY_SECTION"];
    tag.class_has("OutlookMessageHeader")
        || tag.class_has("ms-outlook-mobile-reference-message")
        || tag.attribute("id").is_some_and(|id| IDS.iter().any(|known| id.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_the_text_a_reader_sees() {
        let cases = [
            ("divs are lines", "<div>one</div><div>two</div>", "one\ntwo"),
            ("an empty div is a blank line", "<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
            ("a closing br adds nothing", "<div>a<br></div><div>b</div>", "a\nb"),
            ("paragraphs", "<p>a</p><p>b</p>", "a\n\nb"),
            ("Outlook's paragraphs are lines", "<p class=MsoNormal>a</p><p class=MsoNormal>b</p>", "a\nb"),
            ("source line breaks are spaces", "<p>a\n  b</p>", "a b"),
            ("preformatted keeps them", "<pre>a\nb</pre>", "a\nb"),
            ("inline tags leave no trace", "<b>un</b>believable", "unbelievable"),
            ("entities", "<p>caf&eacute; &#8364;5 &#x1F600; &lt;b&gt;</p>", "café €5 😀 <b>"),
            ("Windows numbers", "<p>don&#146;t</p>", "don\u{2019}t"),
            ("unknown entity", "<p>&bogus; R&D & co</p>", "&bogus; R&D & co"),
            ("list", "<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
            ("cells", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("script", "<p>a</p><script>if (a<b) {}</script><p>b</p>", "a\n\nb"),
            ("style in capitals", "<STYLE>p{}</STYLE><p>a</p>", "a"),
            ("head", "<html><head><title>x</title></head><body>a</body></html>", "a"),
            ("comment", "<!-- <p>x</p> -->a<!--[if mso]>y<![endif]-->", "a"),
            ("hidden preview", "<div style=\"display: none\">x<div>y</div></div><p>a</p>", "a"),
            (
                "quoted",
                "<div>a</div><blockquote type=cite>b<br>c</blockquote><div>d</div>",
                "a\n\n> b\n> c\n\nd",
            ),
            ("indent is own", "<blockquote style=\"margin:0 0 0 40px;border:none\">a</blockquote>", "a"),
            ("a > in an attribute", "<a title=\"x>y\">a</a>", "a"),
            ("unclosed tag", "<p>a <b", "a <b"),
            ("a < that is no tag", "<p>3 < 4 <5</p>", "3 < 4 <5"),
            ("unclosed script", "<p>a</p><script>b", "a\n\nb"),
            ("stray end tags", "</div></blockquote><p>a</p></p>", "a"),
            ("half a comment", "<p>a</p><!-- b", "a\n\n<!-- b"),
        ];
        for (name, html, expected) in cases {
            assert_eq!(to_text(html), expected, "{name}: {html:?}");
        }
    }

    #[test]
    fn plain_text_about_tags_is_not_html() {
        let cases = [
            ("a mail", "<div dir=\"ltr\">Hello</div>", true),
            ("doctype", "<!DOCTYPE html><p>a", true),
            ("several tags later", "Hello<br><br>I am waiting.<br>Maya", true),
            ("placeholder", "<url> does not open. See <url>", false),
            ("about a tag", "My signature shows <br> at the end", false),
            ("a comparison", "if a<b and c>d", false),
            ("an address", "Write to <maya@example.com> please", false),
            ("a placeholder named like a tag", "<a> is what my name shows as", false),
            ("plain", "Hello", false),
        ];
        for (name, text, expected) in cases {
            assert_eq!(is_html(text), expected, "{name}: {text:?}");
        }
    }

    #[test]
    fn deep_nesting_and_broken_markup_end() {
        let nested = "<div>".repeat(50_000);
        assert_eq!(to_text(&nested), "");
        assert_eq!(to_text(&(nested + "deep" + &"</div>".repeat(60_000))), "deep");
        for broken in ["<", "<a \"", "<!--", "<script", "<style>", "&", "&#", "</", "<a href='", ">"] {
            let html = broken.repeat(20_000);
            assert!(to_text(&html).len() <= html.len() + 2, "{broken:?}");
        }
    }
}
