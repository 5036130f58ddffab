//! `rls.unpoliced_grant`: client grants for commands that no policy allows.

use super::revoke::{Taken, revoke};
use super::{Check, clients, contract_table, table_finding};
use crate::access::compute::{applies_to, compute_access};
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::computed::{ComputedAccess, DenyReason};
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check for grants that would take effect as soon as somebody adds a policy. WARNING for tables of the
/// contract; other tables are listed as OK.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.unpoliced_grant",
    title: "grants without a policy",
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
        let list: Vec<_> =
            unused.iter().map(|u| format!("{} {}", u.role, u.commands.join(", "))).collect();
        let message = format!("granted, but without a policy: {}", list.join("; "));
        let taken = unused.iter().flat_map(|u| u.commands.iter().map(|c| Taken::new(u.role, c)));
        let suggested_fix = revoke(audit, table, &taken.collect::<Vec<_>>());
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
        let message = format!("clients hold grants without a policy on {}", some_of(&others, 5));
        findings.push(check.finding(Status::Ok, "grants", message));
    }
    findings
}

/// Unused privileges of one role.
struct Unused<'a> {
    role: &'a str,
    commands: Vec<&'static str>,
}

/// Returns the unused grants on a table that the contract does not list.
fn unused_grants<'a>(audit: &'a Audit, table: &Relation) -> Vec<Unused<'a>> {
    let contract = contract_table(audit, &table.name);
    let mut grants = Vec::new();
    for role in clients(audit) {
        let no_policy = ComputedAccess::Denied(DenyReason::Policy);
        let is_listed =
            |c: &SqlCommand| contract.is_some_and(|d| d.lists_grant(&role.name, c.sql()));
        let commands: Vec<_> = SqlCommand::ALL
            .into_iter()
            .filter(|c| {
                compute_access(&audit.catalog, table, role, *c) == no_policy && !is_listed(c)
            })
            .filter(|c| *c != SqlCommand::Select || !is_read_by_policies(audit, table, role))
            .map(SqlCommand::sql)
            .collect();
        if !commands.is_empty() {
            grants.push(Unused { role: &role.name, commands });
        }
    }
    grants
}

/// Whether a policy of another table that applies to a role reads this one: without SELECT its queries would fail.
fn is_read_by_policies(audit: &Audit, table: &Relation, role: &Role) -> bool {
    let mut policies = audit.catalog.policies.iter().filter(|p| p.table != table.name);
    policies.any(|p| applies_to(p, role) && p.relations.contains(&table.name))
}
