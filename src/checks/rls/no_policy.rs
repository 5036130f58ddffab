//! `rls.no_policy`: granted to clients, row security on, no policy: they see nothing. Meant so?

use super::{Check, about, declared, open_to};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// row security without any policy.
pub const CHECK: Check<Audit> = Check {
    id: "rls.no_policy",
    title: "row security without any policy",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in audit.catalog.tables().filter(|t| t.rls) {
        let roles = open_to(audit, table);
        let policies = audit.catalog.policies_on(&table.name).count();
        if policies > 0 || roles.is_empty() || declared(audit, &table.name).is_some() {
            continue;
        }
        let roles = roles.join(", ");
        let message = format!("granted to {roles}, but no policy admits any row to anybody");
        let remedy = format!(
            "-- Where clients need no row of it:\nREVOKE ALL ON {} FROM {roles};",
            table.name
        );
        findings.push(about(
            check,
            audit,
            Status::Warning,
            &table.name,
            message,
            "pg_policy",
            remedy,
        ));
    }
    findings
}
