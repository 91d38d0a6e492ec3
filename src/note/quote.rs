//! Quotes as a note shows them: exact, on one line, at most twelve words.

/// The most words of one quote.
const MOST_WORDS: usize = 12;

/// Puts quotation marks around the customer's words. What is too long is cut at a word's border, with the
/// ellipsis outside the marks, so that what stands between them is exactly what was written.
pub fn quoted(words: &str) -> String {
    let line = words.lines().map(str::trim).max_by_key(|line| line.len()).unwrap_or_default();
    let cut = first_words(line, MOST_WORDS);
    if cut.len() < line.len() { format!("\"{cut}\" …") } else { format!("\"{cut}\"") }
}

fn first_words(line: &str, most: usize) -> &str {
    let mut words = 0;
    let mut in_word = false;
    for (at, c) in line.char_indices() {
        if c.is_whitespace() {
            in_word = false;
        } else if !in_word {
            if words == most {
                return line[..at].trim_end();
            }
            in_word = true;
            words += 1;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_cut_at_word_borders_outside_the_marks() {
        let cases = [
            ("short", "by Friday", "\"by Friday\""),
            ("twelve words stay whole", "a b c d e f g h i j k l", "\"a b c d e f g h i j k l\""),
            ("the thirteenth goes", "a b c d e f g h i j k l m", "\"a b c d e f g h i j k l\" …"),
            ("the longest line of several", "Hi\nnobody has answered me\nM", "\"nobody has answered me\""),
            ("inner marks stay as written", "he said \"wait\"", "\"he said \"wait\"\""),
        ];
        for (name, words, expected) in cases {
            assert_eq!(quoted(words), expected, "{name}");
        }
    }
}
