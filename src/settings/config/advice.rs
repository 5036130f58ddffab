//! `[[advice]]`: the team's own advice on causes, with precedence over the built-in table.

use super::document::{TomlDocument, TomlKey, TomlValue};
use crate::error::Error;
use crate::facts::advice::{Advice, CauseCategory, Patterns, SafeToRetry};

const KEYS: [&str; 4] = ["pattern", "category", "retry", "text"];

/// Reads the rules of one file.
pub(super) fn read(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Vec<Advice>, Error> {
    let rules = value.get_ref().as_array();
    let rules = rules.ok_or_else(|| document.expected(key, value, "a list: [[advice]]"))?;
    rules.iter().map(|value| rule(document, key, value)).collect()
}

/// Reads one rule; all keys are required.
fn rule(document: &TomlDocument, key: &TomlKey, value: &TomlValue) -> Result<Advice, Error> {
    let (mut pattern, mut category, mut retry, mut text) = (None, None, None, None);
    for (key, value) in document.subtable(key, value)? {
        match key.get_ref().as_ref() {
            "pattern" => pattern = Some(document.string(key, value)?.value),
            "text" => text = Some(document.string(key, value)?.value),
            // `class` in version 0.1.0.
            "category" | "class" => {
                category =
                    Some(one_of(document, key, value, &CauseCategory::ALL, CauseCategory::as_str)?)
            }
            "retry" => {
                retry = Some(one_of(document, key, value, &SafeToRetry::ALL, SafeToRetry::as_str)?)
            }
            _ => return Err(document.unknown_key(key, &KEYS)),
        }
    }
    match (pattern, category, retry, text) {
        (Some(pattern), Some(category), Some(safe_to_retry), Some(text)) => Ok(Advice {
            patterns: Patterns::Configured(pattern),
            category,
            safe_to_retry,
            text: text.into(),
        }),
        _ => Err(document
            .error(value.span(), "a rule of [[advice]] is incomplete")
            .hint(format!("it needs {}", KEYS.join(", ")))),
    }
}

/// A value that must be one of the names of `all`.
fn one_of<T: Copy>(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, Error> {
    let found = value.get_ref().as_str().and_then(|text| all.iter().find(|&&t| name(t) == text));
    found.copied().ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|&t| format!("\"{}\"", name(t))).collect();
        document.expected(key, value, &format!("one of {}", names.join(", ")))
    })
}
