//! How a pattern of a rule matches a cause.
//!
//! A pattern matches whole words of the code or the template, ignoring case; a hyphen counts as a space. Besides:
//!
//! - A pattern of several words also matches a name that consists of these words: `rate limit` matches
//!   `RateLimitError` and `RATE_LIMIT_EXCEEDED`. A single word matches only the words of a code, such as
//!   `dailyLimitExceeded`: names of tables and classes contain many words that say nothing about the cause.
//! - `HTTP 5xx` matches every status of its class, and `SQLSTATE 23xxx` every state.

use std::borrow::Cow;

use crate::fingerprint::Fingerprint;

/// The words of a cause, in the forms that patterns are compared with.
pub(super) struct CauseWords {
    code: String,
    template: String,
    /// The names in the code and those in the template, one a line, with spaces between their words.
    names: [String; 2],
}

impl CauseWords {
    pub(super) fn new(cause: &Fingerprint) -> Self {
        let code = cause.code.as_deref().unwrap_or_default();
        let template = without_locations(without_call(&cause.template));
        let names = [spell_out(code, |_| true), spell_out(&template, is_symbol)];
        Self {
            code: normalized(code).into_owned(),
            template: normalized(&template).into_owned(),
            names: names.map(|text| normalized(&text).into_owned()),
        }
    }

    /// Whether the cause matches a pattern.
    pub(super) fn matches(&self, pattern: &str) -> bool {
        let words = normalized(pattern);
        let texts = [&self.code, &self.template];
        if let Some((class, open)) = status_class(&words) {
            return texts.iter().any(|text| contains_status(text, class, open));
        }
        texts.iter().any(|text| contains_words(text, &words))
            || self.names(&words).any(|text| contains_words(text, &words))
    }

    /// The names that can match these words.
    fn names(&self, words: &str) -> impl Iterator<Item = &String> {
        let [code, template] = &self.names;
        let several = words.contains(' ');
        let is_class = ["error", "exception"].iter().any(|end| code.trim_end().ends_with(end));
        let code = Some(code).filter(|_| several || !is_class);
        code.into_iter().chain(Some(template).filter(|_| several))
    }

    /// Whether the template contains these words.
    pub(super) fn template_contains(&self, words: &str) -> bool {
        contains_words(&self.template, words)
    }
}

fn normalized(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| b == b'-' || b.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('-', " ").to_ascii_lowercase())
}

/// The template without the call at its start, which Prisma names before its error: ``Invalid `clip.create()` invocation``.
fn without_call(template: &str) -> &str {
    let call = template.split_once("Invalid `").filter(|(before, _)| before.len() <= 64);
    let rest = call.and_then(|(_, call)| call.split_once("` invocation"));
    rest.map_or(template, |(_, rest)| rest)
}

/// The template without the hosts and paths of URLs, whose words say nothing about the cause:
/// `http://billing.internal/v1/quota`.
fn without_locations(template: &str) -> Cow<'_, str> {
    let Some((before, rest)) = template.split_once("://") else {
        return Cow::Borrowed(template);
    };
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ')' | ',');
    let after = rest.get(rest.find(ends).unwrap_or(rest.len())..).unwrap_or_default();
    Cow::Owned(format!("{before}://{}", without_locations(after)))
}

/// Whether `text` contains `words` without an adjacent letter, digit or underscore. The ending of an exception class
/// may follow: `EntityTooLarge` matches `EntityTooLargeException`.
fn contains_words(text: &str, words: &str) -> bool {
    // From this character on, scripts are written without spaces between words.
    let spaced = |c: char| u32::from(c) < 0x2e80;
    let joined =
        |c: Option<char>| c.is_some_and(|c| (c.is_alphanumeric() && spaced(c)) || c == '_');
    let (starts, ends) = (words.starts_with(spaced), words.ends_with(spaced));
    !words.is_empty()
        && text.match_indices(words).any(|(at, found)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(at + found.len()..).unwrap_or_default();
            let after = ["exception", "error"].iter().find_map(|end| after.strip_prefix(end));
            let after = after.or_else(|| text.get(at + found.len()..)).unwrap_or_default();
            let is_part = starts && joined(before) || ends && joined(after.chars().next());
            !is_part
        })
}

/// The start of the statuses that a pattern such as `http 5xx` or `sqlstate 23xxx` stands for, and the number of
/// characters after it.
fn status_class(words: &str) -> Option<(&str, usize)> {
    let class = words.trim_end_matches('x');
    let open = words.len() - class.len();
    let is_status = class.starts_with("http ") || class.starts_with("sqlstate ");
    (is_status && open > 0).then_some((class, open))
}

/// Whether `text` contains a status that starts with `class`, with `open` letters or digits after it.
fn contains_status(text: &str, class: &str, open: usize) -> bool {
    text.match_indices(class).any(|(at, _)| {
        let rest = text.get(at + class.len()..).unwrap_or_default();
        rest.bytes().take_while(u8::is_ascii_alphanumeric).count() == open
    })
}

/// Whether a word of a sentence is the name of a class or a symbol: `TooManyRequests`, `ALREADY_EXISTS`. Names in
/// small letters are names of tables, columns and fields as well.
fn is_symbol(word: &str) -> bool {
    let capital = word.starts_with(|c: char| c.is_ascii_uppercase());
    capital && (!word.contains('_') || !word.bytes().any(|b| b.is_ascii_lowercase()))
}

/// The names in `text` that `is_name` accepts, one a line, with spaces between their words. A pattern has to match
/// within one of them: `socket closed` is not meant by `WebSocket closed`.
fn spell_out(text: &str, is_name: fn(&str) -> bool) -> String {
    let mut spelled = String::new();
    let names = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for name in names.filter(|name| is_name(name)) {
        push_words(name, &mut spelled);
        spelled.push('\n');
    }
    spelled
}

/// Appends the words of a name: a capital starts one, and so does the last of several capitals before a small letter.
fn push_words(name: &str, spelled: &mut String) {
    let bytes = name.as_bytes();
    let lower = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
    for (at, c) in name.char_indices() {
        let starts_word = c.is_ascii_uppercase() && at > 0 && (lower(at - 1) || lower(at + 1));
        if starts_word && !spelled.ends_with([' ', '\n']) {
            spelled.push(' ');
        }
        spelled.push(if c == '_' { ' ' } else { c });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_words() {
        assert!(contains_words("killed: oom now", "oom") && contains_words("oom", "oom"));
        assert!(
            !contains_words("bathroom", "oom")
                && !contains_words("oom_score", "oom")
                && !contains_words("x", "")
        );
        assert!(contains_words("ärger, é oom é", "oom") && !contains_words("éoom", "oom"));
        assert!(contains_words("非null制約に違反", "制約"), "a script without spaces");
    }

    fn matches(pattern: &str, code: Option<&str>, template: &str) -> bool {
        let code = code.map(str::to_owned);
        let cause = Fingerprint { hash: String::new(), code, template: template.to_owned() };
        CauseWords::new(&cause).matches(pattern)
    }

    #[test]
    fn words_of_a_pattern_match_names_made_of_them() {
        for template in [
            "rate limit reached",
            "Rate-Limit reached",
            "aws.RateLimitExceeded: wait",
            "HTTPRateLimitError",
            "RATE_LIMIT: 5",
        ] {
            assert!(matches("rate limit", None, template), "{template}");
        }
        assert!(matches("rate limit", Some("rate_limit_exceeded"), "wait"));
        // A table, and words that are a part of others.
        for template in ["relation \"rate_limit\" does not exist", "pirate limit", "RateLimiter"] {
            assert!(!matches("rate limit", None, template), "{template}");
        }
        assert!(!matches("socket closed", None, "WebSocket closed with code 4003"));
        assert!(!matches("daily", None, "relation DAILY_STATS"), "one word of a sentence");
        assert!(!matches("daily", Some("DailyReportError"), "x"), "one word of a class");
        assert!(matches("daily", Some("HTTP 403 dailyLimitExceeded"), "x"));
    }

    #[test]
    fn class_of_a_status_matches_its_members_only() {
        for (code, expected) in [("HTTP 503", true), ("HTTP 429", false), ("HTTP 5003", false)] {
            assert_eq!(matches("HTTP 5xx", Some(code), "x"), expected, "{code}");
        }
        for (code, expected) in [("SQLSTATE 57P03", true), ("SQLSTATE 57014", false)] {
            assert_eq!(matches("SQLSTATE 57P0x", Some(code), "x"), expected, "{code}");
        }
    }
}
