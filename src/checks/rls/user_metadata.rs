//! `rls.user_metadata`: policies that use `user_metadata`, which users can change themselves.

use super::{Check, ident, table_finding};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that no policy depends on user_metadata. CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.user_metadata",
    title: "policies that trust what users can write",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in &audit.catalog.policies {
        let text =
            [&policy.using, &policy.check].map(|e| e.as_deref().unwrap_or_default()).concat();
        if !text.contains("user_metadata") && !text.contains("raw_user_meta_data") {
            continue;
        }
        let message =
            format!("policy {} believes user_metadata, which users write themselves", policy.name);
        let suggested_fix = format!(
            "-- Move the fact to app_metadata or a table first, then name it here:\n\
             ALTER POLICY {} ON {} USING (<app_metadata or a membership>);",
            ident(&policy.name),
            policy.table
        );
        findings.push(table_finding(
            check,
            audit,
            Status::Critical,
            &policy.table,
            message,
            "pg_policy",
            suggested_fix,
        ));
    }
    findings
}
