//! `host=h dbname='my db' password='it\'s'`: libpq's keyword form.

use super::ConnectionParams;

/// Reads the keyword form. Errors name keywords at most, and only ones that look like keywords.
pub fn parse(text: &str) -> Result<ConnectionParams, String> {
    let mut params = ConnectionParams::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest
            .split_once('=')
            .ok_or("a word without = is no parameter; put values with blanks in single quotes")?;
        let key = key.trim_end();
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(
                "a parameter name is expected before =; put values with blanks in single quotes"
                    .to_owned(),
            );
        }
        let (value, after) = value(after.trim_start())
            .ok_or_else(|| format!("the value of {key} lacks its closing quote"))?;
        if !value.is_empty() {
            params.insert(key.to_owned(), value);
        }
        rest = after.trim_start();
    }
    Ok(params)
}

/// A value, quoted or not, and what follows it. A backslash takes the next character as it is.
fn value(text: &str) -> Option<(String, &str)> {
    let (quoted, text) = match text.strip_prefix('\'') {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            '\'' if quoted => return Some((value, &text[at + 1..])),
            c if !quoted && c.is_whitespace() => return Some((value, &text[at..])),
            c => value.push(c),
        }
    }
    (!quoted).then_some((value, ""))
}
