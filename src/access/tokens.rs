//! Splits SQL into tokens, for questions that no function of the server answers.

/// A token with its place in the text.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    /// A name without its quotes, any other word in lower case, a string with its quotes, or one symbol.
    pub(super) text: String,
    /// Whether it is a name or a keyword.
    pub(super) is_word: bool,
}

/// Splits SQL into tokens, without comments.
pub(super) fn tokens(sql: &str) -> Vec<Token> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(c) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let until = |end: Option<usize>| end.unwrap_or(rest.len());
        if rest.starts_with("--") {
            at += until(rest.find('\n'));
            continue;
        }
        if rest.starts_with("/*") {
            at += until(rest.find("*/").map(|end| end + 2));
            continue;
        }
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
        let length = match c {
            '\'' | '"' => quoted(rest, c),
            c if c.is_alphanumeric() || c == '_' => until(rest.find(|c| !is_part(c))),
            c => c.len_utf8(),
        };
        let token = &rest[..length];
        let text = match c {
            '"' => token.trim_matches('"').replace("\"\"", "\""),
            '\'' => token.to_owned(),
            _ => token.to_lowercase(),
        };
        let is_word = c == '"' || c == '_' || c.is_alphabetic();
        if !c.is_whitespace() {
            found.push(Token { start: at, end: at + length, text, is_word });
        }
        at += length;
    }
    found
}

/// The length of a quoted text, which can contain doubled quotes.
fn quoted(text: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(end) = text[at..].find(quote) {
        at += end + 1;
        if !text[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_left_out_and_quotes_are_one_token() {
        let sql = "Select \"A\"\"b\", 'it''s' -- x\n/* y */ FROM t1 where n=10";
        let found = tokens(sql);
        let texts: Vec<_> = found.iter().map(|t| t.text.as_str()).collect();
        assert_eq!(
            texts,
            ["select", "A\"b", ",", "'it''s'", "from", "t1", "where", "n", "=", "10"]
        );
        assert!(found.iter().all(|t| t.is_word == t.text.starts_with(char::is_alphabetic)));
        assert_eq!(&sql[found[1].start..found[1].end], "\"A\"\"b\"");
    }
}
