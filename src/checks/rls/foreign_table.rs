//! `rls.foreign_table`: foreign tables, which row security does not protect.

use super::revoke::revoke_all;
use super::{Check, accepted, clients, table_finding};
use crate::access::path_uses::of_foreign_table;
use crate::facts::access::Audit;
use crate::facts::access::catalog::RelationKind;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that clients have no access to foreign tables. CRITICAL unless the contract lists them as paths.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.foreign_table",
    title: "foreign tables that clients can use",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let foreign =
        audit.catalog.relations.iter().filter(|r| r.exposed && r.kind == RelationKind::Foreign);
    let mut findings = Vec::new();
    for table in foreign {
        let uses: Vec<_> = clients(audit).flat_map(|r| of_foreign_table(table, r)).collect();
        let mut roles: Vec<_> = uses.iter().map(|used| used.role.as_str()).collect();
        roles.dedup();
        if roles.is_empty() {
            continue;
        }
        let (status, unlisted) = accepted(audit, &table.name, &uses, Status::Critical);
        let message = format!(
            "RLS does not apply to a foreign table; {} may use it{unlisted}",
            roles.join(" and ")
        );
        let suggested_fix = revoke_all(audit, table, &roles);
        findings.push(table_finding(
            check,
            audit,
            status,
            &table.name,
            message,
            "pg_class",
            suggested_fix,
        ));
    }
    findings
}
