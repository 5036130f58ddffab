//! Advice for causes and jobs, according to the runbook (section 3.4).
//!
//! - [`advise`] returns the advice for a cause: its category, what to do, and whether a retry is safe. It uses a
//!   table of patterns, of which the first match applies; rules from the settings precede the built-in ones.
//! - [`job_explanation`] explains the state of a job, [`earlier_requeues`] the results of its earlier requeues.
//! - [`index_gain`] estimates the benefit of an index.

use std::borrow::Cow;

use crate::facts::advice::{Advice, CauseCategory, SafeToRetry};
use crate::fingerprint::Fingerprint;

/// Words for conditions that last until somebody changes them. A text with one of them can sound like a passing error
/// ("too many requests for your trial"), so no built-in rule calls a retry after it safe.
const LASTING: [&str; 22] = [
    "account",
    "banned",
    "billing",
    "blocked",
    "contract",
    "deprecated",
    "free tier",
    "invalid",
    "is not valid",
    "legal",
    "license",
    "no longer",
    "parameters",
    "permanent",
    "permanently",
    "plan",
    "policy",
    "revoked",
    "subscription",
    "suspended",
    "trial",
    "upgrade to",
];

/// The first rule that matches the cause.
pub(crate) fn advise<'a>(
    rules: impl IntoIterator<Item = &'a Advice>,
    cause: &Fingerprint,
) -> Option<&'a Advice> {
    let code = cause.code.as_deref().unwrap_or_default().to_ascii_lowercase();
    let template = without_locations(&cause.template).to_ascii_lowercase();
    let first = rules.into_iter().find(|rule| {
        let pattern = rule.pattern.to_ascii_lowercase();
        contains_words(&code, &pattern) || contains_words(&template, &pattern)
    });
    first.filter(|rule| {
        let is_built_in = || SHIPPED.iter().any(|built_in| std::ptr::eq(built_in, *rule));
        rule.safe_to_retry != SafeToRetry::Yes
            || !LASTING.iter().any(|word| contains_words(&template, word))
            || !is_built_in()
    })
}

/// Whether the built-in rules call a retry after this cause safe: `yes`, `after_fix` or `no`; None if none applies.
pub fn safe_to_retry(cause: &Fingerprint) -> Option<&'static str> {
    advise(SHIPPED, cause).map(|advice| advice.safe_to_retry.into())
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
/// may follow: `ExpiredToken` matches `ExpiredTokenException`.
fn contains_words(text: &str, words: &str) -> bool {
    // From this character on, scripts are written without spaces between words.
    let spaced = |c: char| u32::from(c) < 0x2e80;
    let joined =
        |c: Option<char>| c.is_some_and(|c| (c.is_alphanumeric() && spaced(c)) || c == '_');
    !words.is_empty()
        && text.match_indices(words).any(|(at, found)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(at + found.len()..).unwrap_or_default();
            let after = ["exception", "error"].iter().find_map(|end| after.strip_prefix(end));
            let after = after.or_else(|| text.get(at + found.len()..)).unwrap_or_default();
            !joined(before) && !joined(after.chars().next())
        })
}

const fn rule(
    pattern: &'static str,
    class: CauseCategory,
    safe_to_retry: SafeToRetry,
    text: &'static str,
) -> Advice {
    Advice {
        pattern: Cow::Borrowed(pattern),
        category: class,
        text: Cow::Borrowed(text),
        safe_to_retry,
    }
}

#[rustfmt::skip] // a table
mod table;
pub(crate) use table::SHIPPED;

pub(crate) mod earlier_requeues;
pub(crate) mod index_gain;
pub(crate) mod job_explanation;
#[cfg(test)]
mod tests;
