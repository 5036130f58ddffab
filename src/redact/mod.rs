//! Redaction and sanitizing: all untrusted text (rows, HTTP answers, files, command lines) passes through this room.
//!
//! It has three parts, which callers use in this order:
//!
//! 1. [`text`], [`value`], [`json`] and [`strings`] replace **secrets** by [`REDACTED`]. They are called where a text enters the
//!    process, before anything is derived from it, cut from it or escaped in it: the scanner depends on line breaks
//!    and quotes, and half a secret is hard to recognize.
//! 2. [`own`] removes the **credentials of this process** in any encoding. `terminal` calls it for all output.
//! 3. [`sanitize`] escapes **control characters**, so that a text cannot control the terminal. `render` and
//!    `terminal` call it last, when they write a text. It does not redact.
//!
//! The scanner reads a text once as it is, and once more as a [`view::View`] with its escapes decoded. Each module
//! knows one structure and adds the places of secrets: [`pairs`] of names and values (which names: [`names`], which
//! values: [`values`]), [`urls`], vendor [`tokens`], [`commands`], SQL [`statements`], and [`shapes`] without a name. Most rules start from [`marks`], so
//! that a text without a mark costs one pass. The places are replaced at the end, so that no rule reads what another
//! one has written. docs/redaction.md says what is recognized and what is not.
//!
//! [`kinds`] says what the secrets in a text are, for checks: not every one of them is a fault.
//!
//! The room imports no other room.

mod commands;
pub(crate) mod kinds;
mod marks;
mod names;
pub(crate) mod own;
mod pairs;
pub(crate) mod sanitize;
mod shapes;
mod statements;
#[cfg(test)]
mod tests;
mod tokens;
mod urls;
mod values;
mod view;

use std::ops::Range;
use std::sync::OnceLock;

use marks::Marks;
use serde_json::{Map, Value};

/// Replaces a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// Redacts the secrets in a text that can be JSON, which can be cut off.
pub(crate) fn json_text(json: &str) -> String {
    match serde_json::from_str(json) {
        Ok(value) => self::json(value).to_string(),
        Err(_) => text(json),
    }
}

/// Redacts the secrets in a text.
pub(crate) fn text(text: &str) -> String {
    let mut spans = Vec::new();
    find(text, &mut spans);
    if let Some(view) = view::View::decode(text) {
        let mut decoded = Vec::new();
        find(&view.text, &mut decoded);
        spans.extend(decoded.iter().map(|span| view.original(span)));
    }
    own::remove(&replace(text, spans)).into_owned()
}

/// Adds the places of secrets.
fn find(text: &str, spans: &mut Vec<Range<usize>>) {
    find_marked(text, spans);
    shapes::shaped_words(text, spans);
}

/// What a rule can start from.
#[derive(Clone, Copy)]
enum Start {
    /// A part of a secret name.
    Stem,
    /// The prefix of a vendor token, by its index.
    Token(usize),
    /// `://`.
    Url,
    /// A rule of [`shapes`], by its index.
    Rule(usize),
}

/// As [`find`], without encoded secrets.
fn find_marked(text: &str, spans: &mut Vec<Range<usize>>) {
    let mut names_end = 0;
    let mut shapes = shapes::Applied::default();
    marks().find(text, |place, start| match start {
        Start::Stem => names_end = pairs::find_at(text, place, names_end, spans),
        Start::Token(index) => tokens::find_at(text, place, index, spans),
        Start::Url => urls::find_at(text, place, spans),
        Start::Rule(rule) => shapes.apply(rule, text, spans),
    });
    urls::find_without_scheme(text, spans);
}

/// The texts that rules start from.
fn marks() -> &'static Marks<Start> {
    static MARKS: OnceLock<Marks<Start>> = OnceLock::new();
    MARKS.get_or_init(|| {
        let stems = pairs::stems();
        let stems = stems.iter().map(|stem| (stem.as_str(), true, Start::Stem));
        let tokens = tokens::prefixes().map(|(index, prefix)| (prefix, false, Start::Token(index)));
        let shapes = shapes::starts().map(|(text, case, rule)| (text, case, Start::Rule(rule)));
        Marks::new(stems.chain(tokens).chain(shapes).chain([("://", true, Start::Url)]))
    })
}

/// Replaces places in a text, which can overlap. A secret that is redacted already stays as it is.
fn replace(text: &str, mut spans: Vec<Range<usize>>) -> String {
    if spans.is_empty() {
        return text.to_owned();
    }
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        let is_new = span.start >= at && span.start < span.end;
        if is_new && text.get(span.clone()).is_some_and(|secret| secret != REDACTED) {
            // Adjacent places are one secret.
            if span.start > at || !out.ends_with(REDACTED) {
                out.push_str(&text[at..span.start]);
                out.push_str(REDACTED);
            }
            at = span.end;
        } else if span.end > at && span.start < at && text.is_char_boundary(span.end) {
            at = span.end;
        }
    }
    out.push_str(&text[at..]);
    out
}

/// Redacts the texts and names in JSON that this program wrote: its own names and those of tables do not make a value
/// secret, and a table can be called `secrets`.
pub(crate) fn strings(value: Value) -> Value {
    match value {
        Value::String(string) => Value::String(text(&string)),
        Value::Array(items) => items.into_iter().map(strings).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (text(&name), strings(value))).collect()
        }
        other => other,
    }
}

/// Redacts the values of secret names in JSON, and the secrets in its other texts and in its names.
pub(crate) fn json(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(object(map)),
        Value::Array(items) => {
            if let Some(items) = command(&items) {
                return items;
            }
            let mut header = None;
            let item = |item: Value| {
                // `["Authorization", "Basic x", …]`: the headers of a request.
                let name = header.take();
                header =
                    item.as_str().filter(|name| names::classify(name).is_some()).map(str::to_owned);
                named(name.as_deref().unwrap_or(""), item)
            };
            Value::Array(items.into_iter().map(item).collect())
        }
        Value::String(string) => Value::String(text(&string)),
        other => other,
    }
}

/// Redacts the options of a command with its arguments: `["sshpass", "-p", "x"]`.
fn command(items: &[Value]) -> Option<Value> {
    if !commands::is_command(items.first()?.as_str()?) {
        return None;
    }
    let words: Vec<&str> = items.iter().map(Value::as_str).collect::<Option<_>>()?;
    let redacted = words.iter().enumerate().map(|(at, word)| {
        let before = if at == 0 { "" } else { words[at - 1] };
        match commands::secret_of_option(before, word) {
            Some(secret) => format!("{}{REDACTED}", &word[..secret]),
            None if before.starts_with('-') => value(before, word),
            None => text(word),
        }
    });
    Some(redacted.collect())
}

/// Redacts the fields of an object. `{"name": "DB_PASSWORD", "value": "x"}` is a name and its value.
fn object(map: Map<String, Value>) -> Map<String, Value> {
    let named_by = ["name", "key", "header", "k", "Name", "Key"]
        .iter()
        .find_map(|key| map.get(*key)?.as_str().map(str::to_owned))
        .or_else(|| map.get("loc")?.as_array()?.last()?.as_str().map(str::to_owned));
    let is_web_key = map.get("kty").is_some_and(Value::is_string);
    let field = |(name, value): (String, Value)| {
        if is_web_key && value.is_string() && names::is_private_in_web_key(&name) {
            return (name, REDACTED.into());
        }
        let is_value =
            matches!(name.as_str(), "value" | "val" | "v" | "content" | "input" | "Value");
        let by = if is_value { named_by.as_deref().unwrap_or(&name) } else { &name };
        let redacted = named(by, value);
        (text(&name), redacted)
    };
    map.into_iter().map(field).collect()
}

/// Redacts the value of a name in JSON: if it is secret, all texts in it.
fn named(name: &str, value: Value) -> Value {
    match value {
        Value::String(string) => Value::String(self::value(name, &string)),
        Value::Number(number)
            if names::classify(name) == Some(names::Name::Password)
                && number.to_string().len() > 3 =>
        {
            REDACTED.into()
        }
        Value::Array(items) if names::classify(name).is_some() => {
            Value::Array(items.into_iter().map(|item| named(name, item)).collect())
        }
        Value::Object(map) if is_secret(name) => {
            let field = |(key, value): (String, Value)| {
                let by = if names::classify(&key).is_some() { key.as_str() } else { name };
                let redacted = named(by, value);
                (text(&key), redacted)
            };
            Value::Object(map.into_iter().map(field).collect())
        }
        other => json(other),
    }
}

fn is_secret(name: &str) -> bool {
    matches!(names::classify(name), Some(names::Name::Password | names::Name::Secret))
}

/// Redacts the value of a name: all of it if the name is that of a secret, otherwise the secrets in it.
pub(crate) fn value(name: &str, value: &str) -> String {
    let redact_all = match names::classify(name) {
        Some(names::Name::Password | names::Name::Secret) => {
            !values::is_plain(value) && !values::is_sentence(value)
        }
        Some(names::Name::Possible) => values::is_random(value),
        None => false,
    };
    if redact_all { REDACTED.to_owned() } else { text(value) }
}
