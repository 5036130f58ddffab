//! `rls.column_grant`: rights on single columns, which table-level reviews overlook.

use super::Check;
use super::{about, clients, declared, some_of};
use crate::facts::access::Audit;
use crate::facts::{Finding, Limits, Section, Verdict};

/// rights on single columns.
pub const CHECK: Check<Audit> = Check {
    id: "rls.column_grant",
    title: "rights on single columns",
    section: Section::Access,
    judge,
};

fn judge(check: &Check<Audit>, audit: &Audit, _: &Limits) -> Vec<Finding> {
    let (mut findings, mut others) = (Vec::new(), Vec::new());
    for table in audit.catalog.relations.iter().filter(|t| t.exposed) {
        let (mut who, mut remedy) = (Vec::new(), Vec::new());
        for role in clients(audit) {
            for grant in table.grant(&role.name).iter().flat_map(|g| &g.columns) {
                let right = format!("{} ({})", grant.privilege, grant.column);
                remedy.push(format!("REVOKE {right} ON {} FROM {};", table.name, role.name));
                who.push(format!("{} {right}", role.name));
            }
        }
        if who.is_empty() {
            continue;
        }
        if declared(audit, &table.name).is_none() {
            others.push(table.name.clone());
            continue;
        }
        let message = format!("rights on single columns: {}", some_of(&who, 6));
        let remedy = remedy.join("\n");
        findings.push(about(
            check,
            audit,
            Verdict::Warning,
            &table.name,
            message,
            "pg_attribute.attacl",
            remedy,
        ));
    }
    if !others.is_empty() {
        let message = format!("clients hold rights on single columns of {}", some_of(&others, 5));
        findings.push(check.finding(Verdict::Ok, "columns", message));
    }
    findings
}
