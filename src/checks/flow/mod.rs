//! Does it still happen, and is it getting worse? Section 3.4 of the runbook.

mod failures;
mod trend;

use super::queue::{count_status, count_text};
use super::{Check, limit_text};
use crate::facts::flow::{DeadLetterTrend, Failures};
use crate::facts::{Evidence, Finding, Observed, SourceErrorKind, Status, Threshold};

/// Checks on the deaths of the last two hours.
pub const FLOW: [Check<Observed<DeadLetterTrend>>; 1] = [trend::CHECK];

/// Checks on the failed attempts of the last hour.
pub const FAILURES: [Check<Observed<Failures>>; 1] = [failures::CHECK];
