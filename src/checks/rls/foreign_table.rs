//! `rls.foreign_table`: foreign tables, which row security does not protect.

use super::{Check, accepted, clients_with_access, ident, table_finding};
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
        let roles = clients_with_access(audit, table);
        if roles.is_empty() {
            continue;
        }
        let users: Vec<_> = roles.iter().filter_map(|role| audit.catalog.role(role)).collect();
        let status =
            accepted(audit, &table.name, &users, [&table.name].into_iter(), Status::Critical);
        let message =
            format!("RLS does not apply to a foreign table; {} may use it", roles.join(" and "));
        let names: Vec<_> = roles.iter().map(|role| ident(role)).collect();
        let suggested_fix = format!("REVOKE ALL ON {} FROM {};", table.name, names.join(", "));
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
