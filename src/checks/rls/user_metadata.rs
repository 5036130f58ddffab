//! `rls.user_metadata`: users may write `user_metadata` themselves; a policy must not believe it.

use super::{Check, about, ident};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// policies that trust what users can write.
pub const CHECK: Check<Audit> = Check {
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
        let remedy = format!(
            "-- Move the fact to app_metadata or a table first, then name it here:\n\
             ALTER POLICY {} ON {} USING (<app_metadata or a membership>);",
            ident(&policy.name),
            policy.table
        );
        findings.push(about(
            check,
            audit,
            Status::Critical,
            &policy.table,
            message,
            "pg_policy",
            remedy,
        ));
    }
    findings
}
