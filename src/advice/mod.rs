//! What the runbook (section 3.4) says about a kind of cause: whose fault it is, what to do, whether a retry is safe.
//!
//! A table of patterns, the first that matches wins; rules from the settings go in front of the shipped ones.

use std::borrow::Cow;

use crate::facts::advice::{Advice, CauseClass, SafeToRetry};
use crate::fingerprint::Fingerprint;

/// The first rule that fits the cause; None when the table knows nothing of it.
#[must_use]
pub fn advise<'a>(
    rules: impl IntoIterator<Item = &'a Advice>,
    cause: &Fingerprint,
) -> Option<&'a Advice> {
    let code = cause.code.as_deref().unwrap_or_default().to_ascii_lowercase();
    let template = cause.template.to_ascii_lowercase();
    rules.into_iter().find(|rule| {
        let pattern = rule.pattern.to_ascii_lowercase();
        contains_words(&code, &pattern) || contains_words(&template, &pattern)
    })
}

/// Whether `words` stands in `text` with no letter or digit touching it.
fn contains_words(text: &str, words: &str) -> bool {
    let joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    !words.is_empty()
        && text.match_indices(words).any(|(at, found)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(at + found.len()..).and_then(|text| text.chars().next());
            !joined(before) && !joined(after)
        })
}

const fn rule(
    pattern: &'static str,
    class: CauseClass,
    safe_to_retry: SafeToRetry,
    text: &'static str,
) -> Advice {
    Advice { pattern: Cow::Borrowed(pattern), class, text: Cow::Borrowed(text), safe_to_retry }
}

#[rustfmt::skip] // a table
mod table;
pub use table::SHIPPED;

pub mod earlier_requeues;
pub mod index_gain;
pub mod job_explanation;
#[cfg(test)]
mod tests;
