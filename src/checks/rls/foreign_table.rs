//! `rls.foreign_table`: row security cannot protect a foreign table.

use super::{Check, about, open_to};
use crate::facts::access::Audit;
use crate::facts::access::catalog::RelationKind;
use crate::facts::{Finding, Section, Status, Thresholds};

/// foreign tables that clients can use.
pub const CHECK: Check<Audit> = Check {
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
        let roles = open_to(audit, table);
        if roles.is_empty() {
            continue;
        }
        let message =
            format!("a foreign table has no row security; {} may use it", roles.join(" and "));
        let remedy = format!("REVOKE ALL ON {} FROM {};", table.name, roles.join(", "));
        findings.push(about(
            check,
            audit,
            Status::Critical,
            &table.name,
            message,
            "pg_class",
            remedy,
        ));
    }
    findings
}
