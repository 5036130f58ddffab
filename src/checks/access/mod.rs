//! Checks of whether this login and the app can read the database (runbook section 4.2).

mod app_refused;
mod audit;
mod jobs_visible;

use super::Check;
use crate::facts::Observed;
use crate::facts::access::last_audit::LastAudit;
use crate::facts::service::Readiness;
use crate::queue::Layout;

/// The facts that these checks evaluate.
pub(crate) type AccessFacts = Observed<Layout>;

/// Checks of the access of the app, from its readiness report.
pub(crate) const APP: [Check<Observed<Readiness>>; 1] = [app_refused::CHECK];

/// Checks of the access of this login.
pub(crate) const ACCESS: [Check<AccessFacts>; 1] = [jobs_visible::CHECK];

/// Checks of the last access audit.
pub(crate) const AUDIT: [Check<LastAudit>; 1] = [audit::CHECK];
