//! `$NAME` in `.env` files, as dotenv-expand replaces it (Next.js, Vite and others; Bun does the same).

use std::collections::BTreeMap;

/// References in references that are followed.
const MAX_DEPTH: u8 = 16;
/// The longest value that is made.
const MAX_LENGTH: usize = 1 << 20;

/// The value of a variable after the replacement; the same text if it has no dollar.
pub(crate) fn expanded(value: &str, variables: &BTreeMap<&str, &str>) -> String {
    expand(value, variables, MAX_DEPTH)
}

fn expand(value: &str, variables: &BTreeMap<&str, &str>, depth: u8) -> String {
    let mut result = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        if let Some(kept) = before.strip_suffix('\\') {
            result.push_str(kept);
            result.push('$');
            rest = after;
            continue;
        }
        result.push_str(before);
        let Some((reference, length)) = reference(after) else {
            result.push('$');
            rest = after;
            continue;
        };
        rest = &after[length..];
        let (name, default) = with_default(reference);
        let found = variables.get(name).copied();
        let found = found.filter(|text| !text.is_empty() || default.is_none());
        let text = found.or(default).unwrap_or_default();
        if depth > 0 && result.len() + text.len() < MAX_LENGTH {
            result.push_str(&expand(text, variables, depth - 1));
        }
    }
    result.push_str(rest);
    result
}

/// The text of a reference behind a dollar, and its length: `NAME` or `{NAME:-default}`.
fn reference(text: &str) -> Option<(&str, usize)> {
    if let Some(inner) = text.strip_prefix('{') {
        let end = inner.find('}')?;
        return (end > 0).then_some((&inner[..end], end + 2));
    }
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    starts.then_some((&text[..end], end))
}

/// Name and default of a reference: `NAME:-default`, `NAME-default`.
fn with_default(reference: &str) -> (&str, Option<&str>) {
    let split = reference.split_once(":-").or_else(|| reference.split_once('-'));
    split.map_or((reference, None), |(name, default)| (name, Some(default)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_as_dotenv_expand_does() {
        let variables = BTreeMap::from([
            ("HOST", "http://h"),
            ("URL", "$HOST/x"),
            ("BLANK", ""),
            ("LOOP", "a$LOOP"),
        ]);
        for (value, result) in [
            ("$HOST/api", "http://h/api"),
            ("${HOST}s", "http://hs"),
            ("$URL", "http://h/x"),
            ("ab$cdefg", "ab"),
            ("a\\$HOST", "a$HOST"),
            ("$5 and $", "$5 and $"),
            ("${NONE:-d}", "d"),
            ("${BLANK:-d}", "d"),
            ("${NONE-}", ""),
            ("plain", "plain"),
        ] {
            assert_eq!(expanded(value, &variables), result, "{value}");
        }
        assert!(expanded("$LOOP", &variables).len() < 100);
    }
}
