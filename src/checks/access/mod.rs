//! May we look? Section 4.2 of the runbook.

mod app_refused;
mod jobs_visible;

use super::Check;
use crate::facts::Observed;
use crate::facts::service::Readiness;
use crate::queue::Layout;

/// What these checks judge.
pub type AccessFacts = Observed<Layout>;

/// Checks on what the app says of its own access.
pub const APP: [Check<Observed<Readiness>>; 1] = [app_refused::CHECK];

/// Checks on our own access.
pub const ACCESS: [Check<AccessFacts>; 1] = [jobs_visible::CHECK];
