//! Limits of services: quotas, bills, rates and overload.

use super::{Advice, CauseCategory, SafeToRetry, rule};
use CauseCategory::{ExternalService, Resources};
use SafeToRetry::{AfterFix, Yes};

const WAIT_FOR_QUOTA: &str = "Wait until the quota resets, or raise it; then requeue with --rate or --spread.";
const LIMITS_RATE: &str =
    "The service limits the rate: requeue with --rate or --spread, and add backoff in the worker.";
const OVERLOADED: &str = "The service was overloaded or asked to try again later: requeue a canary, then the rest with --rate or --spread.";

/// Limits of a day or a longer time.
pub(super) const QUOTA: Advice = rule(
    ExternalService,
    AfterFix,
    WAIT_FOR_QUOTA,
    &[
        "quotaExceeded", "uploadLimitExceeded", "exceeded your current quota", "enough credits",
        "insufficient credits", "per month", "monthly", "this month", "for the month", "weekly",
        "per day", "daily", "OAuthException 9",
    ],
);

pub(super) const BILLING: Advice = rule(
    ExternalService,
    AfterFix,
    "The plan, payment or status of the account has a problem: resolve it with its owner, then requeue.",
    &[
        "trial", "plan limit", "billing", "card was declined", "insufficient funds",
        "payment required", "payment method", "HTTP 402", "suspended", "account is locked",
        "account is disabled", "deactivated",
    ],
);

pub(super) const REJECTED: Advice = rule(
    ExternalService,
    Yes,
    OVERLOADED,
    &["circuit_breaking_exception", "rejected execution"],
);

pub(super) const RATE: Advice = rule(
    ExternalService,
    Yes,
    LIMITS_RATE,
    &["rate limit", "resource exhausted"],
);

/// After the rates, which some services call quotas as well.
pub(super) const ANY_QUOTA: Advice = rule(ExternalService, AfterFix, WAIT_FOR_QUOTA, &["quota"]);

pub(super) const RATE_IN_OTHER_WORDS: Advice = rule(
    ExternalService,
    Yes,
    LIMITS_RATE,
    &[
        "too many requests", "slow down", "HTTP 429", "request rate", "throttling", "throttled",
        "rate exceeded", "ratelimited", "rate limited", "throughput exceeded", "calls per second",
        "request limit reached",
    ],
);

pub(super) const BUSY: Advice = rule(
    ExternalService,
    Yes,
    OVERLOADED,
    &[
        "is overloaded", "currently overloaded", "overloaded_error", "HTTP 425", "HTTP 529", "server is busy",
        "temporarily unavailable", "try again later", "try again in", "currently loading",
        "OAuthException 1", "OAuthException 2", "OAuthException 9007",
    ],
);

/// What is used up, in general words.
pub(super) const SHORTAGE: Advice = rule(
    Resources,
    AfterFix,
    "A resource is exhausted or a limit is exceeded: see the error, and free, raise or reduce it before requeueing.",
    &["insufficient", "not enough", "exhausted", "exceeded", "exceeds", "is full"],
);
