//! Takes secrets out of texts that come from outside, before anything can print them.
//!
//! A secret is known by the name before it, by its place in a URL or header, or by its own look.
//! What is masked too often costs a word of an error; what is masked too rarely costs a credential.

mod rules;

use std::borrow::Cow;

use regex::Captures;
use rules::{NAMED, PATTERNS, SCHEME};
use serde_json::Value;

/// What stands in for a secret.
pub const REDACTED: &str = "[masked]";

/// Parts of names whose values are nobody's business.
const SECRET_NAMES: [&str; 12] = [
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "apikey",
    "api_key",
    "authorization",
    "cookie",
    "credential",
    "private",
    "signature",
];

/// Words that stand where a secret is missing or spoken of.
const NO_SECRETS: [&str; 20] = [
    "undefined",
    "null",
    "none",
    "nil",
    "true",
    "false",
    "token",
    "tokens",
    "auth",
    "is",
    "was",
    "not",
    "missing",
    "present",
    "set",
    "unset",
    "ok",
    "invalid",
    "expired",
    "required",
];
/// From here on a word of letters alone, after a name, a colon and a space, is a secret and not prose.
const TOO_LONG_FOR_PROSE: usize = 16;

/// The same text without its secrets.
#[must_use]
pub fn text(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut masked = Cow::Borrowed(text);
    for look in &PATTERNS {
        masked = look.apply(masked, &lower, without_context);
    }
    masked = SCHEME.apply(masked, &lower, without_credential);
    NAMED.apply(masked, &lower, without_value).into_owned()
}

/// The same JSON without what its names, or its looks, call a secret.
#[must_use]
pub fn json(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mask = |(name, value): (String, Value)| {
                let hidden = is_secret_name(&name) && !value.is_null();
                let value = if hidden { REDACTED.into() } else { json(value) };
                (name, value)
            };
            Value::Object(map.into_iter().map(mask).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(json).collect()),
        Value::String(string) => Value::String(text(&string)),
        other => other,
    }
}

/// The text behind a name: masked when the name says so and the text is more than a word about it.
#[must_use]
pub fn value(name: &str, value: &str) -> String {
    if is_secret_name(name) && !is_word_of_prose(value) {
        return REDACTED.to_owned();
    }
    text(value)
}

/// Whether the value behind this name is nobody's business.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    SECRET_NAMES.iter().any(|part| name.contains(part)) || name.ends_with("_key") || name == "jwt"
}

fn without_context(found: &Captures) -> String {
    let part = |name| found.name(name).map_or("", |part| part.as_str());
    format!("{}{REDACTED}{}", part("keep"), part("end"))
}

fn without_credential(found: &Captures) -> String {
    let all = found.get(0).map_or("", |all| all.as_str());
    match found.name("value").map(|value| value.as_str()) {
        Some(value) if !is_word_of_prose(value) => {
            format!("{}{REDACTED}", all.strip_suffix(value).unwrap_or(""))
        }
        _ => all.to_owned(),
    }
}

fn without_value(found: &Captures) -> String {
    let part = |name| found.name(name).map_or("", |part| part.as_str());
    let (name, mark, quote) = (part("name"), part("mark"), part("quote"));
    // The value of a header that has a scheme is masked already.
    let header = name.to_ascii_lowercase().ends_with("authorization");
    let hidden = is_secret_name(name)
        && !header
        && match found.name("quoted") {
            Some(quoted) => !is_word_of_prose(quoted.as_str()),
            None => is_secret_value(name, part("bare"), part("space")),
        };
    if hidden {
        format!("{name}{mark}{quote}{REDACTED}")
    } else {
        found.get(0).map_or("", |all| all.as_str()).to_owned()
    }
}

/// Prose has names before colons too: `invalid_token: The access token expired`.
fn is_secret_value(name: &str, value: &str, space: &str) -> bool {
    if is_word_of_prose(value) || value.starts_with(REDACTED) {
        return false;
    }
    let name = name.to_ascii_lowercase();
    let strict = name.contains("passw") || name.contains("pwd");
    strict
        || space.is_empty()
        || value.len() >= TOO_LONG_FOR_PROSE
        || value.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_word_of_prose(value: &str) -> bool {
    let word = value.trim_end_matches(['.', ':', '!', '?']);
    NO_SECRETS.iter().any(|no_secret| word.eq_ignore_ascii_case(no_secret))
}

pub mod sanitize;
#[cfg(test)]
mod tests;
