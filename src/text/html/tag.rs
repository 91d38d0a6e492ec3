//! One tag of HTML, read forgivingly. Each search that failed once is not tried again, so that broken markup stays linear.

/// A start or end tag.
pub struct Tag<'h> {
    /// Lower case.
    pub name: String,
    pub closing: bool,
    pub self_closing: bool,
    attributes: &'h str,
    /// Just past the `>`.
    pub end: usize,
}

/// Finds where markup ends, and remembers what cannot be found from here on.
#[derive(Default)]
pub struct Scanner {
    no_tag_end: bool,
    no_comment_end: bool,
    quotes_broken: bool,
    /// Element names whose end tag does not come any more.
    unclosed: Vec<String>,
}

impl Scanner {
    /// Reads the tag that begins at `at`, if one does.
    pub fn tag<'h>(&mut self, html: &'h str, at: usize) -> Option<Tag<'h>> {
        let rest = &html[at + 1..];
        let closing = rest.starts_with('/');
        let name_at = at + 1 + usize::from(closing);
        let name_len = html[name_at..]
            .bytes()
            .take(32)
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b':')
            .count();
        if !html[name_at..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        // `<maya@example.com>` and `<b-side>` are not tags.
        if !matches!(
            html.as_bytes().get(name_at + name_len),
            Some(b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>')
        ) {
            return None;
        }
        let close = self.tag_end(html, name_at + name_len)?;
        let attributes = &html[name_at + name_len..close];
        let name = html[name_at..name_at + name_len].to_ascii_lowercase();
        Some(Tag { name, closing, self_closing: attributes.ends_with('/'), attributes, end: close + 1 })
    }

    /// The `>` that ends a tag, not one in a quoted value.
    fn tag_end(&mut self, html: &str, from: usize) -> Option<usize> {
        if self.no_tag_end {
            return None;
        }
        if !self.quotes_broken {
            let mut quote = None;
            for (offset, byte) in html.as_bytes()[from..].iter().enumerate() {
                match (quote, *byte) {
                    (None, b'>') => return Some(from + offset),
                    (None, b'"' | b'\'') => quote = Some(*byte),
                    (Some(open), byte) if open == byte => quote = None,
                    _ => {}
                }
            }
            self.quotes_broken = true;
        }
        let found = html[from..].find('>').map(|offset| from + offset);
        self.no_tag_end = found.is_none();
        found
    }

    /// Past a comment, a declaration or a processing instruction that begins at `at`, if one does.
    pub fn skip_markup(&mut self, html: &str, at: usize) -> Option<usize> {
        let rest = &html[at..];
        if rest.starts_with("<!--") {
            if self.no_comment_end {
                return None;
            }
            let end = rest.find("-->").map(|offset| at + offset + 3);
            self.no_comment_end = end.is_none();
            return end;
        }
        let is_markup = rest.starts_with("<![")
            || rest.starts_with("<?")
            || rest.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("<!d"));
        if !is_markup || self.no_tag_end {
            return None;
        }
        let end = rest.find('>').map(|offset| at + offset + 1);
        self.no_tag_end = end.is_none();
        end
    }

    /// Past the end tag of an element whose content is not text.
    pub fn past_element(&mut self, html: &str, from: usize, name: &str) -> Option<usize> {
        if self.unclosed.iter().any(|unclosed| unclosed == name) {
            return None;
        }
        for (offset, _) in html[from..].match_indices("</") {
            let at = from + offset + 2;
            if html.get(at..at + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
                return html[at..].find('>').map(|offset| at + offset + 1);
            }
        }
        self.unclosed.push(name.to_owned());
        None
    }
}

impl Tag<'_> {
    /// The value of an attribute, as written.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let bytes = self.attributes.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let start = at + bytes[at..].iter().position(|b| !b.is_ascii_whitespace() && *b != b'/')?;
            let len = bytes[start..].iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'/'));
            let end = start + len.unwrap_or(bytes.len() - start);
            let (value, next) = self.value(end);
            if self.attributes[start..end].eq_ignore_ascii_case(name) {
                return Some(value);
            }
            at = next.max(start + 1);
        }
        None
    }

    /// The value that follows an attribute's name at `at`, and where it ends.
    fn value(&self, at: usize) -> (&str, usize) {
        let rest = self.attributes[at..].trim_start();
        let Some(rest) = rest.strip_prefix('=').map(str::trim_start) else { return ("", at) };
        let start = self.attributes.len() - rest.len();
        let (value_at, len) = match rest.as_bytes().first() {
            Some(quote @ (b'"' | b'\'')) => (start + 1, rest[1..].find(*quote as char)),
            _ => (start, rest.find(|c: char| c.is_ascii_whitespace())),
        };
        let end = len.map_or(self.attributes.len(), |len| value_at + len);
        (&self.attributes[value_at.min(end)..end], end + usize::from(value_at > start))
    }

    /// Whether the class list has this class, with a prefix that web mail puts before it or without.
    pub fn class_has(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|classes| {
            classes.split_ascii_whitespace().any(|found| {
                found.eq_ignore_ascii_case(class)
                    || found.strip_prefix("x_").is_some_and(|found| found == class)
            })
        })
    }

    /// Whether the style begins with or has this declaration, spaces aside.
    pub fn style_has(&self, declaration: &str) -> bool {
        self.attribute("style").is_some_and(|style| {
            let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
            style.split(';').any(|part| part.to_ascii_lowercase().starts_with(declaration))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_however_they_are_written() {
        let cases = [
            ("double quotes", "<div class=\"a b\">", Some("a b")),
            ("single quotes", "<div id=x class='a b'>", Some("a b")),
            ("no quotes", "<div class=a>", Some("a")),
            ("capitals and spaces", "<div CLASS = \"a\">", Some("a")),
            ("after one without a value", "<div hidden class=\"a\">", Some("a")),
            ("empty", "<div class=\"\">", Some("")),
            ("in another's value", "<div title=\"class=a\">", None),
            ("another's name", "<div data-class=\"a\">", None),
            ("self-closing", "<div class=\"a\"/>", Some("a")),
        ];
        for (name, html, expected) in cases {
            let tag = Scanner::default().tag(html, 0).expect("a tag");
            assert_eq!(tag.attribute("class"), expected, "{name}: {html}");
        }
    }
}
