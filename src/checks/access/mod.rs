//! May we look? Section 4.2 of the runbook.

mod jobs_visible;

use super::Check;
use crate::facts::Observed;
use crate::facts::layout::Layout;

/// What these checks judge.
pub type Facts = Observed<Layout>;

/// Checks of this family.
pub const ACCESS: [Check<Facts>; 1] = [jobs_visible::CHECK];
