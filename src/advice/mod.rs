//! Advice for causes and jobs, according to the runbook (section 3.4).
//!
//! - [`advise`] returns the advice for a cause: its category, what to do, and whether a retry is safe. It uses a list
//!   of rules, of which the first match applies; rules from the settings precede the built-in ones of `rules`.
//! - [`job_explanation`] explains the state of a job, [`earlier_requeues`] the results of its earlier requeues.
//! - [`index_gain`] estimates the benefit of an index.

use crate::facts::advice::{Advice, CauseCategory, Patterns, SafeToRetry};
use crate::fingerprint::Fingerprint;
use pattern::CauseWords;

/// Words for conditions that last until somebody changes them. A text with one of them can sound like a passing error
/// ("too many requests: the contract has ended"), so no built-in rule that calls a retry safe applies to it.
const LASTING: [&str; 22] = [
    "account has",
    "account is",
    "banned",
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
    "this account",
    "upgrade to",
    "your account",
];

/// What is blocked for a moment: a transaction by another one, a worker by its own work.
const BLOCKED_FOR_A_MOMENT: [&str; 5] = [
    "blocked by process",
    "blocked by transaction",
    "blocked event loop",
    "blocked the event loop",
    "blocked thread",
];

/// The rules for the jobs of a table, those of the configuration first. The built-in ones say nothing about a table
/// without errors: a missing error text is no sign of a killed worker there. Who configures a rule knows the table.
pub(crate) fn rules(configured: &[Advice], has_errors: bool) -> impl Iterator<Item = &Advice> {
    let built_in = if has_errors { SHIPPED } else { &[] };
    configured.iter().chain(built_in)
}

/// The first rule that matches the cause.
pub(crate) fn advise<'a>(
    rules: impl IntoIterator<Item = &'a Advice>,
    cause: &Fingerprint,
) -> Option<&'a Advice> {
    first_match(rules, cause).map(|(rule, _)| rule)
}

/// The first rule that matches the cause, and the pattern that does.
fn first_match<'a>(
    rules: impl IntoIterator<Item = &'a Advice>,
    cause: &Fingerprint,
) -> Option<(&'a Advice, &'a str)> {
    let words = CauseWords::new(cause);
    let is_moment = || BLOCKED_FOR_A_MOMENT.iter().any(|phrase| words.template_contains(phrase));
    let lasts = LASTING
        .iter()
        .any(|word| words.template_contains(word) && (*word != "blocked" || !is_moment()));
    let applies = |rule: &Advice| {
        let is_configured = matches!(rule.patterns, Patterns::Configured(_));
        is_configured || rule.safe_to_retry != SafeToRetry::Yes || !lasts
    };
    rules.into_iter().filter(|rule| applies(rule)).find_map(|rule| {
        let pattern = rule.patterns.iter().find(|pattern| words.matches(pattern))?;
        Some((rule, pattern))
    })
}

/// Whether the built-in rules call a retry after this cause safe: `yes`, `after_fix` or `no`; None if none applies.
pub fn safe_to_retry(cause: &Fingerprint) -> Option<&'static str> {
    advise(SHIPPED, cause).map(|advice| advice.safe_to_retry.into())
}

mod pattern;
mod rules;
pub(crate) use rules::SHIPPED;

pub(crate) mod earlier_requeues;
pub(crate) mod index_gain;
pub(crate) mod job_explanation;
#[cfg(test)]
mod tests;
