//! Redaction and sanitizing: all untrusted text (rows, HTTP answers, files, command lines) passes through this room.
//!
//! It has two parts, which callers use in this order:
//!
//! 1. [`text`], [`value`] and [`json`] replace **secrets** by [`REDACTED`]. They are called where a text becomes part
//!    of a fact, a report or a stored record, before anything escapes it: the patterns depend on line breaks and
//!    quotes.
//! 2. [`sanitize`] escapes **control characters**, so that a text cannot control the terminal. `render` and
//!    `terminal` call it last, when they write a text. It does not redact.
//!
//! A secret is recognized by the name before it, by its position in a URL or header, or by the prefix of a token. In
//! case of doubt a text is redacted: a false positive removes a word of an error, a false negative discloses a
//! credential. The room imports no other room.

pub(crate) mod sanitize;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::{Captures, Regex};
use serde_json::Value;

/// Replaces a secret.
pub(crate) const REDACTED: &str = "[masked]";

/// Parts of the names of secret values.
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

/// Values that are not secret, whatever their name: they mean that a value is absent, or describe it.
const PLAIN_WORDS: [&str; 20] = [
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

/// Minimum length from which a word of letters after a name, a colon and a space is secret and not part of a sentence.
const MIN_SECRET_WORD: usize = 16;

/// Redacts the secrets in a text.
pub(crate) fn text(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut redacted = Cow::Borrowed(text);
    for rule in &PATTERNS {
        redacted = rule.apply(redacted, &lower, redact_match);
    }
    redacted = BEARER.apply(redacted, &lower, redact_bearer_token);
    NAME_AND_VALUE.apply(redacted, &lower, redact_named_value).into_owned()
}

/// Redacts the values of secret names in JSON, and the secrets in its other texts.
pub(crate) fn json(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let redact_field = |(name, value): (String, Value)| {
                let is_secret = is_secret_name(&name) && !value.is_null();
                let value = if is_secret { REDACTED.into() } else { json(value) };
                (name, value)
            };
            Value::Object(map.into_iter().map(redact_field).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(json).collect()),
        Value::String(string) => Value::String(text(&string)),
        other => other,
    }
}

/// Redacts the value of a name: all of it if the name is that of a secret, otherwise the secrets in it.
pub(crate) fn value(name: &str, value: &str) -> String {
    if is_secret_name(name) && !is_plain_word(value) {
        return REDACTED.to_owned();
    }
    text(value)
}

/// Whether the value of this name is secret.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    SECRET_NAMES.iter().any(|part| name.contains(part)) || name.ends_with("_key") || name == "jwt"
}

/// Whether a value is one of [`PLAIN_WORDS`], with or without punctuation after it.
fn is_plain_word(value: &str) -> bool {
    let word = value.trim_end_matches(['.', ':', '!', '?']);
    PLAIN_WORDS.iter().any(|plain| word.eq_ignore_ascii_case(plain))
}

/// Replaces a match of [`PATTERNS`], except its groups `keep` and `end`.
fn redact_match(found: &Captures) -> String {
    format!("{}{REDACTED}{}", group(found, "keep"), group(found, "end"))
}

/// Replaces the token in a match of [`BEARER`], unless it is a word of a sentence.
fn redact_bearer_token(found: &Captures) -> String {
    let (all, token) = (group_0(found), group(found, "value"));
    if is_plain_word(token) {
        return all.to_owned();
    }
    format!("{}{REDACTED}", all.strip_suffix(token).unwrap_or(""))
}

/// Replaces the value in a match of [`NAME_AND_VALUE`] if it is secret.
fn redact_named_value(found: &Captures) -> String {
    let (name, mark, quote) = (group(found, "name"), group(found, "mark"), group(found, "quote"));
    // `PATTERNS` have redacted the value of this header, and kept its scheme.
    let is_header = name.to_ascii_lowercase().ends_with("authorization");
    let is_secret = is_secret_name(name)
        && !is_header
        && match found.name("quoted") {
            Some(quoted) => !is_plain_word(quoted.as_str()),
            None => is_secret_value(name, group(found, "bare"), group(found, "space")),
        };
    if is_secret { format!("{name}{mark}{quote}{REDACTED}") } else { group_0(found).to_owned() }
}

/// Whether the value of a secret name, without quotes, is secret; `space` is the space before it. Sentences contain
/// names before colons as well: `invalid_token: The access token expired`.
fn is_secret_value(name: &str, value: &str, space: &str) -> bool {
    if is_plain_word(value) || value.starts_with(REDACTED) {
        return false;
    }
    let name = name.to_ascii_lowercase();
    let is_password = name.contains("passw") || name.contains("pwd");
    is_password
        || space.is_empty()
        || value.len() >= MIN_SECRET_WORD
        || value.bytes().any(|byte| byte.is_ascii_digit())
}

/// The text of a group of the pattern; empty if it did not match.
fn group<'t>(found: &Captures<'t>, name: &str) -> &'t str {
    found.name(name).map_or("", |group| group.as_str())
}

/// The complete match.
fn group_0<'t>(found: &Captures<'t>) -> &'t str {
    found.get(0).map_or("", |all| all.as_str())
}

/// Secrets that are recognized by their position or prefix. The groups `keep` and `end` are not secret.
static PATTERNS: [RedactRule; 8] = [
    // A private key, up to its end or the end of the text.
    RedactRule::new(
        |text| text.contains("private key"),
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    ),
    // The user and password of a URL. A password can contain characters that should have been
    // percent-encoded, and the text can be cut off within it.
    RedactRule::new(
        |text| in_url(text, &['@']),
        r#"(?<keep>://)[^\s'"<>/:@]*:[^\s'"<>]*(?<end>@)"#,
    ),
    RedactRule::new(|text| in_url(text, &['@']), r#"(?<keep>://)[^\s'"<>/?#@]*(?<end>@)"#),
    RedactRule::new(
        |text| in_url(text, &[':']),
        r#"(?<keep>://)[^\s'"<>/?#:@]*:[^\s'"<>/?#@]*[^\s'"<>/?#@0-9][^\s'"<>/?#@]*\z"#,
    ),
    // The query or fragment of a URL: signatures, codes, tokens.
    RedactRule::new(|text| in_url(text, &['?', '#']), r#"(?<keep>://[^\s'"<>?#]*[?#])[^\s'"<>]+"#),
    // All cookies of a line; the value of an authorization header, after its scheme if it has one.
    RedactRule::new(
        |text| text.contains("cookie"),
        r#"(?i)(?<keep>\bcookie["'\\]*\s*[:=]\s*["'\\]*)[^"'\r\n\\]+"#,
    ),
    RedactRule::new(
        |text| text.contains("authorization"),
        r#"(?i)(?<keep>\bauthorization["'\\]*\s*[:=]\s*["'\\]*(?:[a-z]+\s+)?)[^\s"',;\\]+"#,
    ),
    // Tokens with a known prefix: JSON Web Tokens, Stripe, OpenAI, GitHub, Slack, AWS, Google,
    // Supabase, TikTok.
    RedactRule::new(
        |text| TOKEN_PREFIXES.iter().any(|prefix| text.contains(prefix)),
        concat!(
            r"\b(?:eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*|(?:[srp]k|whsec)_[A-Za-z0-9_]{8,}",
            r"|sk-[A-Za-z0-9_-]{16,}|gh[opsur]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}",
            r"|xox[a-z]-[A-Za-z0-9-]{8,}|A[KS]IA[A-Z0-9]{12,}|AIza[A-Za-z0-9_-]{20,}",
            r"|ya29\.[A-Za-z0-9_-]{8,}|1//[A-Za-z0-9_-]{20,}|sb_secret_[A-Za-z0-9_-]+",
            r"|sbp_[A-Za-z0-9]{8,}|(?:act|rft|clt)\.[A-Za-z0-9!*._-]{16,})",
        ),
    ),
];

/// The scheme of a header and its token: `Bearer abc`.
static BEARER: RedactRule =
    RedactRule::new(|text| text.contains("bearer"), r"(?i)\bbearer\s+(?<value>[a-z0-9._~+/=-]+)");

/// A name and its value: `token=abc`, `"apiKey": "abc"`, `PGPASSWORD: abc`, also in JSON within JSON.
static NAME_AND_VALUE: RedactRule = RedactRule::new(
    has_secret_name,
    concat!(
        r#"(?<name>[A-Za-z0-9_.-]*[A-Za-z0-9_])(?<mark>["'\\]*(?:=>|[:=])(?<space>\s*))"#,
        r#"(?:(?<quote>["'\\]+)(?<quoted>[^"'\\\r\n]+)|(?<bare>[^\s"',;&<>(){}\[\]\\]+))"#,
    ),
);

/// Prefixes of the tokens in [`PATTERNS`], in lower case.
const TOKEN_PREFIXES: [&str; 23] = [
    "eyj",
    "sk_",
    "rk_",
    "pk_",
    "whsec_",
    "sk-",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "ghr_",
    "github_pat_",
    "xox",
    "akia",
    "asia",
    "aiza",
    "ya29.",
    "1//",
    "sb_secret_",
    "sbp_",
    "act.",
    "rft.",
    "clt.",
];

/// Parts of secret names; each name that [`NAME_AND_VALUE`] matches and [`is_secret_name`] accepts contains one of
/// them.
const NAME_PARTS: [&str; 11] = [
    "token",
    "authorization",
    "secret",
    "passw",
    "pwd",
    "key",
    "cookie",
    "credential",
    "private",
    "signature",
    "jwt",
];

/// Whether one of these characters follows the scheme of a URL.
fn in_url(text: &str, chars: &[char]) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| rest.contains(chars))
}

/// Whether a secret name precedes a colon or an equals sign, with or without quotes between them.
fn has_secret_name(text: &str) -> bool {
    text.match_indices([':', '=']).any(|(at, _)| {
        let before = text[..at].trim_end_matches(['"', '\'', '\\']);
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
        let length = before.bytes().rev().take_while(|byte| is_name(byte)).count();
        let name = &before[before.len() - length..];
        NAME_PARTS.iter().any(|part| name.contains(part))
    })
}

/// A pattern and a fast test that precedes it. The pattern is compiled when the test first succeeds, because most
/// texts contain no secret and compiling is slow.
struct RedactRule {
    /// True for every text that matches the pattern. The text must be in lower case.
    may_match: fn(&str) -> bool,
    pattern: &'static str,
    /// None for an invalid pattern; a test checks that there is none.
    compiled: OnceLock<Option<Regex>>,
}

impl RedactRule {
    const fn new(may_match: fn(&str) -> bool, pattern: &'static str) -> Self {
        Self { may_match, pattern, compiled: OnceLock::new() }
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(self.pattern).ok()).as_ref()
    }

    /// Replaces every match by the result of `replacement`; `lower` is the original text in lower case.
    fn apply<'a>(
        &self,
        text: Cow<'a, str>,
        lower: &str,
        replacement: impl Fn(&Captures) -> String,
    ) -> Cow<'a, str> {
        if !(self.may_match)(lower) {
            return text;
        }
        match self.regex().map(|regex| regex.replace_all(&text, replacement)) {
            None | Some(Cow::Borrowed(_)) => text,
            Some(Cow::Owned(redacted)) => Cow::Owned(redacted),
        }
    }
}
