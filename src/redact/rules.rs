//! How secrets look, and where they stand, in texts that people and programs write.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::{Captures, Regex};

/// Secrets by their place or look. The groups `keep` and `end` around one stay.
pub static PATTERNS: [RedactRule; 8] = [
    // A private key, to its end or to that of the text.
    RedactRule::new(
        |text| text.contains("private key"),
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    ),
    // The user and password of a URL; a password may hold what should have been encoded, and a
    // text may be cut off within it.
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
    // A line of cookies; the value of an authorization header, or of its scheme alone.
    RedactRule::new(
        |text| text.contains("cookie"),
        r#"(?i)(?<keep>\bcookie["'\\]*\s*[:=]\s*["'\\]*)[^"'\r\n\\]+"#,
    ),
    RedactRule::new(
        |text| text.contains("authorization"),
        r#"(?i)(?<keep>\bauthorization["'\\]*\s*[:=]\s*["'\\]*(?:[a-z]+\s+)?)[^\s"',;\\]+"#,
    ),
    // Tokens of well-known makes: JSON Web Tokens, Stripe, OpenAI, GitHub, Slack, AWS, Google,
    // Supabase, TikTok.
    RedactRule::new(
        |text| MAKES.iter().any(|make| text.contains(make)),
        concat!(
            r"\b(?:eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*|(?:[srp]k|whsec)_[A-Za-z0-9_]{8,}",
            r"|sk-[A-Za-z0-9_-]{16,}|gh[opsur]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}",
            r"|xox[a-z]-[A-Za-z0-9-]{8,}|A[KS]IA[A-Z0-9]{12,}|AIza[A-Za-z0-9_-]{20,}",
            r"|ya29\.[A-Za-z0-9_-]{8,}|1//[A-Za-z0-9_-]{20,}|sb_secret_[A-Za-z0-9_-]+",
            r"|sbp_[A-Za-z0-9]{8,}|(?:act|rft|clt)\.[A-Za-z0-9!*._-]{16,})",
        ),
    ),
];

/// A scheme and its credential: `Bearer abc`.
pub static SCHEME: RedactRule =
    RedactRule::new(|text| text.contains("bearer"), r"(?i)\bbearer\s+(?<value>[a-z0-9._~+/=-]+)");
/// A name and its value: `token=abc`, `"apiKey": "abc"`, `PGPASSWORD: abc`, JSON within JSON.
pub static NAMED: RedactRule = RedactRule::new(
    names_a_secret,
    concat!(
        r#"(?<name>[A-Za-z0-9_.-]*[A-Za-z0-9_])(?<mark>["'\\]*(?:=>|[:=])(?<space>\s*))"#,
        r#"(?:(?<quote>["'\\]+)(?<quoted>[^"'\\\r\n]+)|(?<bare>[^\s"',;&<>(){}\[\]\\]+))"#,
    ),
);

/// How the tokens of [`LOOKS`] begin, in lowercase.
const MAKES: [&str; 23] = [
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
/// What every name that [`NAMED`] looks for holds.
const NAMES: [&str; 11] = [
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

/// Whether one of these marks stands behind the scheme of a URL.
fn in_url(text: &str, marks: &[char]) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| rest.contains(marks))
}

/// Whether a value is given to such a name: before its mark stand perhaps quotes, and before them the
/// name.
fn names_a_secret(text: &str) -> bool {
    text.match_indices([':', '=']).any(|(at, _)| {
        let before = text[..at].trim_end_matches(['"', '\'', '\\']);
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
        let length = before.bytes().rev().take_while(|byte| is_name(byte)).count();
        let name = &before[before.len() - length..];
        NAMES.iter().any(|part| name.contains(part))
    })
}

/// A pattern that is compiled when a text may match it: most hold nothing of the kind.
pub struct RedactRule {
    /// True for every text that matches, given in lowercase.
    pub(crate) may_match: fn(&str) -> bool,
    pub(crate) pattern: &'static str,
    /// None for a pattern that is wrong, which a test below rules out.
    compiled: OnceLock<Option<Regex>>,
}

impl RedactRule {
    const fn new(may_match: fn(&str) -> bool, pattern: &'static str) -> Self {
        Self { may_match, pattern, compiled: OnceLock::new() }
    }

    pub(crate) fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(self.pattern).ok()).as_ref()
    }

    /// Replaces what matches; `lower` is the text in lowercase.
    pub fn apply<'a>(
        &self,
        text: Cow<'a, str>,
        lower: &str,
        by: impl Fn(&Captures) -> String,
    ) -> Cow<'a, str> {
        if !(self.may_match)(lower) {
            return text;
        }
        match self.regex().map(|regex| regex.replace_all(&text, by)) {
            None | Some(Cow::Borrowed(_)) => text,
            Some(Cow::Owned(masked)) => Cow::Owned(masked),
        }
    }
}
