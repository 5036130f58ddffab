//! `rls.immutable_helper`: helpers that are IMMUTABLE although they depend on who calls.

use super::{Check, table_finding};
use crate::access::body::Body;
use crate::access::caller::tests_caller;
use crate::facts::access::Audit;
use crate::facts::access::catalog::SqlFunction;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that no helper of a policy is IMMUTABLE and reads the claims: a cached plan keeps the answer for another
/// user. CRITICAL; a WARNING if the contract holds the helper.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.immutable_helper",
    title: "IMMUTABLE helpers whose result depends on the caller",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let depends = |f: &&SqlFunction| {
        let body = Body::new(&f.source);
        f.immutable
            && (f.returns_claims() || tests_caller(&body) || body.has_word("current_setting"))
            && audit.catalog.callers(&f.signature).next().is_some()
    };
    let finding = |f: &SqlFunction| {
        let message = format!("{} is IMMUTABLE, but its result depends on the caller", f.signature);
        let fix = format!("ALTER FUNCTION {} STABLE;", f.signature);
        let is_declared = audit.contract.helpers.contains_key(&f.signature);
        let status = if is_declared { Status::Warning } else { Status::Critical };
        table_finding(check, audit, status, &f.signature, message, "pg_proc", fix)
    };
    audit.catalog.relevant_functions().filter(depends).map(finding).collect()
}
