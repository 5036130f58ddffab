//! `$NAME` in `.env` files, as dotenv-expand replaces it (Next.js, Vite and others; Bun does the same).

use std::collections::BTreeMap;

use crate::zod::model::Loader;

/// References in references that are followed.
const MAX_DEPTH: usize = 16;
/// The longest value that is made.
const MAX_LENGTH: usize = 1 << 20;

/// The value of a variable after the replacement; the same text if it has no dollar. A variable that refers to itself
/// is not set there.
pub(crate) fn expanded(key: &str, value: &str, variables: &BTreeMap<&str, &str>) -> String {
    expand(value, variables, &mut vec![key])
}

fn expand<'v>(
    value: &'v str,
    variables: &BTreeMap<&str, &'v str>,
    within: &mut Vec<&'v str>,
) -> String {
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
        let found = variables.get(name).copied().filter(|_| !within.contains(&name));
        let found = found.filter(|text| !text.is_empty() || default.is_none());
        let text = found.or(default).unwrap_or_default();
        if within.len() <= MAX_DEPTH && result.len() + text.len() < MAX_LENGTH {
            within.push(name);
            result.push_str(&expand(text, variables, within));
            within.pop();
        }
    }
    result.push_str(rest);
    result
}

/// A dollar in a value whose meaning is not certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt<'v> {
    /// Loaders, or versions of one, read it differently.
    Unclear,
    /// It refers to itself without a default, perhaps through others: each loader makes something else of that.
    Circular,
    /// It refers to a variable that is not set; the name may be a part of a secret.
    Unset(&'v str),
}

/// The dollars of a value that are not escaped and do not refer to a variable that is set; also those of the values
/// that it refers to.
pub(crate) fn doubts<'v>(
    (key, value): (&'v str, &'v str),
    variables: &BTreeMap<&'v str, &'v str>,
    loader: Loader,
) -> Vec<Doubt<'v>> {
    let mut found = Vec::new();
    collect_doubts(value, variables, loader, &mut vec![key], &mut found);
    found
}

fn collect_doubts<'v>(
    value: &'v str,
    variables: &BTreeMap<&'v str, &'v str>,
    loader: Loader,
    within: &mut Vec<&'v str>,
    found: &mut Vec<Doubt<'v>>,
) {
    let keeps_unset = loader.keeps_unset();
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        rest = after;
        if before.ends_with('\\') {
            continue;
        }
        let Some((text, length)) = reference(after) else {
            // dotenv-expand up to 10, which Next.js contains, replaces `$5`, too.
            if keeps_unset || after.starts_with(|c: char| c.is_ascii_digit() || c == '{') {
                found.push(Doubt::Unclear);
            }
            continue;
        };
        rest = &after[length..];
        let (name, default) = with_default(text);
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        // `$A$B` is nothing to the dotenv-expand that Next.js contains.
        if loader.expands_file_by_file() && !after.starts_with('{') && rest.starts_with('$') {
            found.push(Doubt::Unclear);
        }
        let is_within = within.contains(&name);
        match variables.get(name) {
            _ if !is_name || text.contains('$') => found.push(Doubt::Unclear),
            _ if default.is_some() && (keeps_unset || !text.contains(":-")) => {
                found.push(Doubt::Unclear);
            }
            Some(_) if is_within && default.is_some() => {}
            Some(_) if is_within => found.push(Doubt::Circular),
            Some(target) if within.len() <= MAX_DEPTH => {
                within.push(name);
                collect_doubts(target, variables, loader, within, found);
                within.pop();
            }
            Some(_) => {}
            None if default.is_some() => {}
            None if keeps_unset => found.push(Doubt::Unclear),
            None => found.push(Doubt::Unset(name)),
        }
    }
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
            assert_eq!(expanded("KEY", value, &variables), result, "{value}");
        }
        assert_eq!(expanded("KEY", "$LOOP", &variables), "a");
        // A default of itself.
        for (value, result) in [
            ("${KEY:-3}", "3"),
            ("x${KEY:-3}y", "x3y"),
            ("a${KEY}b", "ab"),
            ("${HOST:-3}", "http://h"),
        ] {
            let mut variables = variables.clone();
            variables.insert("KEY", value);
            assert_eq!(expanded("KEY", value, &variables), result, "{value}");
        }
    }

    #[test]
    fn doubts_are_dollars_that_loaders_read_differently_or_that_refer_to_nothing() {
        let variables = BTreeMap::from([("HOST", "h"), ("BLANK", ""), ("BAD", "a$5")]);
        for (value, by_dotenv_expand, by_c12) in [
            ("plain", vec![], vec![]),
            ("$HOST/${HOST}$BLANK", vec![], vec![]),
            ("a\\$5\\$NONE", vec![], vec![]),
            ("${NONE:-d}", vec![], vec![Doubt::Unclear]),
            ("a$ b", vec![], vec![Doubt::Unclear]),
            ("a$5", vec![Doubt::Unclear], vec![Doubt::Unclear]),
            ("$BAD", vec![Doubt::Unclear], vec![Doubt::Unclear]),
            ("Pa$$w0rd", vec![Doubt::Unset("w0rd")], vec![Doubt::Unclear; 2]),
            ("https://$NONE", vec![Doubt::Unset("NONE")], vec![Doubt::Unclear]),
        ] {
            let by = |loader| doubts(("KEY", value), &variables, Loader::Expands(loader));
            assert_eq!(by("Vite"), by_dotenv_expand, "{value}");
            assert_eq!(by("Nuxt"), by_c12, "{value}");
        }
    }

    #[test]
    fn references_to_oneself_and_adjacent_ones_are_doubts_where_loaders_differ() {
        for (value, by_next, by_vite) in [
            ("${KEY:-d}", vec![], vec![]),
            ("${KEY}--flag", vec![Doubt::Circular], vec![Doubt::Circular]),
            ("$OTHER", vec![Doubt::Circular], vec![Doubt::Circular]),
            ("$A$B", vec![Doubt::Unclear], vec![]),
            ("http://$A$B", vec![Doubt::Unclear], vec![]),
            ("${A}${B}", vec![], vec![]),
            ("$A-$B/$A", vec![], vec![]),
        ] {
            let variables =
                BTreeMap::from([("A", "1"), ("B", "2"), ("OTHER", "$KEY"), ("KEY", value)]);
            let by = |loader| doubts(("KEY", value), &variables, Loader::Expands(loader));
            assert_eq!(by("Next.js"), by_next, "{value}");
            assert_eq!(by("Vite"), by_vite, "{value}");
        }
    }
}
