//! `rls.unpoliced_grant`: client grants for commands that no policy allows.

use super::{Check, clients, contract_table, table_finding};
use crate::access::compute::compute_access;
use crate::facts::access::catalog::Relation;
use crate::facts::access::computed::{ComputedAccess, DenyReason};
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check for grants that would take effect as soon as somebody adds a policy. WARNING for tables of the
/// contract; other tables are listed as OK.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.unpoliced_grant",
    title: "grants that no policy serves",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let (mut findings, mut others) = (Vec::new(), Vec::new());
    for table in audit.catalog.tables().filter(|t| t.rls) {
        if audit.catalog.policies_on(&table.name).next().is_none() {
            continue;
        }
        let unused = unused_grants(audit, table);
        if unused.is_empty() {
            continue;
        }
        if contract_table(audit, &table.name).is_none() {
            others.push(table.name.clone());
            continue;
        }
        let message = format!("granted, but no policy serves it: {}", unused.join("; "));
        let suggested_fix =
            unused.iter().map(|grant| revoke(&table.name, grant)).collect::<Vec<_>>();
        let suggested_fix = suggested_fix.join("\n");
        findings.push(table_finding(
            check,
            audit,
            Status::Warning,
            &table.name,
            message,
            "pg_class.relacl",
            suggested_fix,
        ));
    }
    if !others.is_empty() {
        let message =
            format!("clients hold grants that no policy serves on {}", some_of(&others, 5));
        findings.push(check.finding(Status::Ok, "grants", message));
    }
    findings
}

/// Returns the unused grants on a table: `authenticated INSERT, UPDATE`.
fn unused_grants(audit: &Audit, table: &Relation) -> Vec<String> {
    let mut grants = Vec::new();
    for role in clients(audit) {
        let no_policy = ComputedAccess::Denied(DenyReason::Policy);
        let commands: Vec<_> = SqlCommand::ALL
            .into_iter()
            .filter(|c| compute_access(&audit.catalog, table, role, *c) == no_policy)
            .map(SqlCommand::sql)
            .collect();
        if !commands.is_empty() {
            grants.push(format!("{} {}", role.name, commands.join(", ")));
        }
    }
    grants
}

fn revoke(table: &str, grant: &str) -> String {
    let (role, commands) = grant.split_once(' ').unwrap_or((grant, "ALL"));
    format!("REVOKE {commands} ON {table} FROM {};", super::ident(role))
}
