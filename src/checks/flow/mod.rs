//! Checks of the rates of dead-lettered jobs and failed attempts (runbook section 3.4).

mod failures;
mod trend;

use super::queue::{count_status, count_text, not_counted_status};
use super::{Check, threshold_text};
use crate::facts::flow::{DeadLetterTrend, Failures};
use crate::facts::{Evidence, Finding, Observed, SourceErrorKind, Status, Threshold};

/// Checks of the jobs dead-lettered in the last two hours.
pub(crate) const FLOW: [Check<Observed<DeadLetterTrend>>; 1] = [trend::CHECK];

/// Checks of the failed attempts of the last hour.
pub(crate) const FAILURES: [Check<Observed<Failures>>; 1] = [failures::CHECK];
