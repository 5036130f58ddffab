//! `rls.uncovered_grant`: TRUNCATE, REFERENCES and TRIGGER pass row security by.

use super::{Check, about, clients, declared};
use crate::facts::access::Audit;
use crate::facts::access::catalog::Relation;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// grants that row security does not cover.
pub const CHECK: Check<Audit> = Check {
    id: "rls.uncovered_grant",
    title: "grants that row security does not cover",
    section: Section::Access,
    evaluate,
};

const UNCOVERED: [&str; 3] = ["TRUNCATE", "REFERENCES", "TRIGGER"];

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let (mut findings, mut others, mut remedies) = (Vec::new(), Vec::new(), Vec::new());
    for table in audit.catalog.tables() {
        let grants = uncovered(audit, table);
        if grants.is_empty() || (!table.rls && declared(audit, &table.name).is_none()) {
            continue;
        }
        let remedy = remedy(table, &grants);
        if declared(audit, &table.name).is_none() {
            others.push(table.name.clone());
            remedies.push(remedy);
            continue;
        }
        let who: Vec<_> = grants.iter().map(|(role, rights)| format!("{role} {rights}")).collect();
        let message = format!("row security does not cover {}", who.join("; "));
        findings.push(about(
            check,
            audit,
            Status::Critical,
            &table.name,
            message,
            "pg_class.relacl",
            remedy,
        ));
    }
    if !others.is_empty() {
        // The API offers none of the three: a risk for direct connections alone, so one line for all.
        let message = format!(
            "clients hold TRUNCATE, REFERENCES or TRIGGER on {} tables: {}",
            others.len(),
            some_of(&others, 5)
        );
        let remedy = remedies.join("\n");
        findings.push(about(
            check,
            audit,
            Status::Warning,
            "other tables",
            message,
            "pg_class.relacl",
            remedy,
        ));
    }
    findings
}

fn uncovered<'a>(audit: &'a Audit, table: &Relation) -> Vec<(&'a str, String)> {
    let of = |role: &str| {
        let rights = UNCOVERED.into_iter().filter(|p| table.has(role, p));
        rights.collect::<Vec<_>>().join(", ")
    };
    // An owner may do far more: that is another check's finding.
    let bound = clients(audit).filter(|r| !r.superuser && !r.inherits.contains(&table.owner));
    let grants = bound.map(|role| (role.name.as_str(), of(&role.name)));
    grants.filter(|(_, rights)| !rights.is_empty()).collect()
}

/// One statement for all roles that hold the same rights.
fn remedy(table: &Relation, grants: &[(&str, String)]) -> String {
    let mut statements: Vec<String> = Vec::new();
    for (at, (_, rights)) in grants.iter().enumerate() {
        if grants[..at].iter().any(|(_, known)| known == rights) {
            continue;
        }
        let same = grants.iter().filter(|(_, other)| other == rights);
        let roles: Vec<_> = same.map(|(role, _)| super::ident(role)).collect();
        statements.push(format!("REVOKE {rights} ON {} FROM {};", table.name, roles.join(", ")));
    }
    statements.join("\n")
}
