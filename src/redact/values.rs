//! Values: what a secret looks like, and what stands for an absent one.

use super::REDACTED;

/// Values that are not secret, whatever their name: they mean that a value is absent, or describe it. Sorted.
#[rustfmt::skip]
const PLAIN_WORDS: &[&str] = &[
    "absent", "accepted", "active", "admin", "allowed", "and", "anonymous", "any", "argument",
    "array", "auth", "authentication", "authorization", "bad", "bearer", "boolean", "but",
    "callback", "can't", "cannot", "changed", "character", "characters", "column", "comma", "configured",
    "constant", "correct", "could", "default", "denied", "deprecated", "did", "digest", "disabled",
    "does", "empty", "enabled", "eof", "eol", "error", "exists", "expected", "expecting", "expired", "expires",
    "failed", "false", "field", "filtered", "flag", "for", "forbidden", "found", "from", "function", "got",
    "granted", "has", "header", "hidden", "identical", "identifier", "in", "incorrect", "integer",
    "invalid", "is", "json", "key", "length", "malformed", "mandatory", "method",
    "mismatch", "missing", "must", "mustn't", "na", "name", "nan", "never", "nil", "no", "none",
    "not", "null", "nullptr", "number", "object", "obsolete", "of", "off", "ok", "on", "option",
    "optional", "options", "or", "outdated", "parameter", "passed", "password", "pending",
    "present", "property", "protected", "provided", "public", "read", "received", "redacted",
    "redirect", "refresh", "rejected", "relation", "removed", "required", "reset", "revoked",
    "rotated", "secret", "see", "semicolon", "set", "should", "sign", "stale", "string", "succeeded", "success",
    "supplied", "text", "that", "the", "this", "to", "token", "tokens", "too", "true", "type",
    "unauthorized", "undefined", "unknown", "unreadable", "unset", "unsupported", "unusable",
    "update", "updated", "used", "user", "valid", "value", "variable", "verified", "was", "weak",
    "were", "when", "will", "with", "without", "wrong", "yes",
];

/// Words that occur in sentences about a value, and not in the value. Sorted.
#[rustfmt::skip]
const SENTENCE_WORDS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "been", "by", "can", "cannot", "characters",
    "contain", "does", "doesn't", "expected", "failed", "find", "for", "from", "has", "have", "in",
    "input", "invalid", "is", "isn't", "least", "long", "match", "missing", "must", "no", "not",
    "of", "on", "only", "or", "provide", "received", "required", "short", "should", "string",
    "than", "the", "to", "too", "was", "wasn't", "were", "when", "with", "within", "you", "your",
];

/// Minimum length from which a value can be recognized by its randomness.
const MIN_RANDOM: usize = 10;

/// Minimum length of the part between punctuation that is random.
const MIN_RANDOM_PART: usize = 7;

/// Whether a value means that there is none, or is not readable: `undefined`, `********`, `<redacted>`, `${TOKEN}`.
pub(super) fn is_plain(value: &str) -> bool {
    let word = value.trim_matches(|c: char| !c.is_alphanumeric());
    if word.is_empty() || value.starts_with(REDACTED) {
        return true;
    }
    let is_masked = |c: char| matches!(c, '*' | '.' | 'x' | 'X' | '•' | '#' | '…' | '-' | '_');
    value.chars().all(is_masked)
        || (value.starts_with("${") && value.ends_with('}'))
        || PLAIN_WORDS.binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
        || word.strip_prefix("process.env.").is_some()
        || is_parameter(value)
        || (value.starts_with("projects/") && value.contains("/secrets/"))
}

/// Whether a value is the parameter of an SQL statement: `$1`, `:name`, `@p2`, `%s`.
fn is_parameter(value: &str) -> bool {
    let is = |prefix: &str, test: fn(u8) -> bool| {
        value.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(test))
    };
    is("$", |byte| byte.is_ascii_digit()) && value.len() <= 4
        || is("@p", |byte| byte.is_ascii_digit()) && value.len() <= 5
        || is(":", |byte| byte.is_ascii_lowercase() || byte == b'_')
        || value == "%s"
}

/// Passwords that are words of sentences too: a word after `password=` is one of them, unless it says that there is
/// none. Sorted.
const WEAK_PASSWORDS: &[&str] = &["admin", "default", "password", "public", "secret", "user"];

/// Whether a word is a well-known password.
pub(super) fn is_weak_password(value: &str) -> bool {
    WEAK_PASSWORDS.binary_search(&value.to_ascii_lowercase().as_str()).is_ok()
}

/// Whether a quoted value is a sentence, such as `must be at least 8 characters`.
pub(super) fn is_sentence(value: &str) -> bool {
    let mut words = value.split_whitespace();
    let trimmed = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    value.contains(' ')
        && words.clone().any(|word| SENTENCE_WORDS.binary_search(&trimmed(word).as_str()).is_ok())
        && !words.any(is_random)
}

/// Whether a value consists of letters only, as the words of a sentence do.
pub(super) fn is_word(value: &str) -> bool {
    let value = value.trim_end_matches(['.', ':', '!', '?', ',', ';', ')']);
    !value.is_empty()
        && value.split('-').all(|part| part.chars().all(char::is_alphabetic))
        && !is_mixed(value)
}

/// Whether a value is a number, a version, or a size.
pub(super) fn is_number(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().all(|byte| byte.is_ascii_digit() || b".,-+%".contains(&byte))
}

/// Whether a value looks generated: no words, no path, no UUID, no time.
pub(super) fn is_random(value: &str) -> bool {
    let is_unusual = |c: char| !(c.is_alphanumeric() || "+/=_~.-:!@#$%^&*".contains(c));
    if value.len() < MIN_RANDOM
        || value.contains(is_unusual)
        || is_uuid(value)
        || is_file_name(value)
        || value.starts_with("arn:")
        || is_hex_number(value)
    {
        return false;
    }
    // `clip:UUID`: the id of something.
    if let Some(at) = value.len().checked_sub(UUID + 1)
        && matches!(value.as_bytes()[at], b':' | b'/' | b'-' | b'_' | b'.' | b'=')
        && is_uuid(&value[at + 1..])
    {
        return is_random(&value[..at]);
    }
    value.split(|c: char| !c.is_ascii_alphanumeric()).any(is_random_part)
}

/// Whether the letters and digits change often enough. Names in camel case have few capitals, and their digits are
/// at the end.
fn is_random_part(part: &str) -> bool {
    if part.len() < MIN_RANDOM_PART {
        return false;
    }
    let (changes, upper, digits) = changes(part);
    if digits == 0 {
        return part.len() >= MIN_RANDOM
            && changes >= 2
            && upper * 4 > part.len()
            && upper * 4 <= part.len() * 3;
    }
    changes >= 2 && changes * 6 >= part.len()
}

/// Counts the changes from lower to upper case and between letters and digits, the capitals, and the digits.
pub(super) fn changes(part: &str) -> (usize, usize, usize) {
    let bytes = part.as_bytes();
    let is_change = |pair: &&[u8]| {
        let (a, b) = (pair[0], pair[1]);
        (a.is_ascii_lowercase() && b.is_ascii_uppercase())
            || (a.is_ascii_digit() && b.is_ascii_alphabetic())
            || (a.is_ascii_alphabetic() && b.is_ascii_digit())
    };
    let count = |test: fn(&u8) -> bool| bytes.iter().filter(|byte| test(byte)).count();
    (
        bytes.windows(2).filter(is_change).count(),
        count(u8::is_ascii_uppercase),
        count(u8::is_ascii_digit),
    )
}

/// Whether capitals follow lower case letters.
fn is_mixed(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Whether a value is a status or an address: `0x80070005`.
fn is_hex_number(value: &str) -> bool {
    let digits = value.strip_prefix("0x").or_else(|| value.strip_prefix("0X"));
    digits.is_some_and(|hex| hex.len() <= 16 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Length of a UUID.
const UUID: usize = 36;

pub(super) fn is_uuid(value: &str) -> bool {
    value.len() == UUID
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a value ends as the name of a file does: `renders/ws-12/clip-0007.mp4`.
fn is_file_name(value: &str) -> bool {
    let Some((stem, extension)) = value.rsplit_once('.') else { return false };
    let is_extension = |text: &str| {
        (1..=5).contains(&text.len())
            && text.bytes().any(|byte| byte.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    (value.contains('/') || stem.len() < 24) && is_extension(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_lists_are_sorted_for_the_binary_search() {
        assert!(PLAIN_WORDS.is_sorted());
        assert!(SENTENCE_WORDS.is_sorted());
        assert!(WEAK_PASSWORDS.is_sorted());
    }

    #[test]
    fn generated_values_are_random_and_names_are_not() {
        for random in
            ["kT9xQ2mVb7Lr4Z", "q7Zk-w93Bd-0mXs8vv", "9f1c2e7a4b5d6c8e", "jpXhGgelBzzBMImzQ"]
        {
            assert!(is_random(random), "{random}");
        }
        for plain in [
            "clips/2025/12/a1b2c3.mp4",
            "5b1f7a52-1c1e-4c0e-9f8e-2a1d3c4b5a69",
            "2026-01-01T00:00:00Z",
            "getUserProfileSettings",
            "whisper-large-v3",
            "render:ws12:clip0007",
            "ask-questions-first-please",
            "arn:aws:kms:eu-west-1:123456789012:key/5b1f7a52-1c1e-4c0e-9f8e-2a1d3c4b5a69",
            "clip:5b1f7a52-1c1e-4c0e-9f8e-2a1d3c4b5a69",
            "0x80070005",
        ] {
            assert!(!is_random(plain), "{plain}");
        }
    }
}
