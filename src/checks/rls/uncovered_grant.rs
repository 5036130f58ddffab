//! `rls.uncovered_grant`: grants of TRUNCATE, REFERENCES and TRIGGER, which row security does not cover.

use super::revoke::{Taken, revoke};
use super::{Check, clients, contract_table, table_finding};
use crate::facts::access::Audit;
use crate::facts::access::catalog::Relation;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::{plural, some_of};

/// Check that clients hold none of these grants. CRITICAL for tables of the contract, WARNING for others.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.uncovered_grant",
    title: "grants to which RLS does not apply",
    section: Section::Access,
    evaluate,
};

const UNCOVERED: [&str; 3] = ["TRUNCATE", "REFERENCES", "TRIGGER"];

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let (mut findings, mut others, mut suggested_fixes) = (Vec::new(), Vec::new(), Vec::new());
    for table in audit.catalog.tables() {
        let grants = uncovered(audit, table);
        if grants.is_empty()
            || !table.rls && contract_table(audit, &table.name).is_none_or(|c| !c.rls)
        {
            continue;
        }
        let taken = grants.iter().flat_map(|(role, ps)| ps.iter().map(|p| Taken::new(role, p)));
        let suggested_fix = revoke(audit, table, &taken.collect::<Vec<_>>());
        let contract = contract_table(audit, &table.name);
        let listed = |(role, privileges): &(&str, Vec<&str>)| {
            privileges.iter().all(|p| contract.is_none_or(|c| c.lists_grant(role, p)))
        };
        if grants.iter().all(listed) {
            if audit.contract.platform_tables.contains(&table.name) {
                continue;
            }
            others.push(table.name.clone());
            suggested_fixes.push(suggested_fix);
            continue;
        }
        let holder =
            |(role, privileges): &(&str, Vec<&str>)| format!("{role} {}", privileges.join(", "));
        let holders: Vec<_> = grants.iter().map(holder).collect();
        let message = format!("RLS does not apply to {}", holders.join("; "));
        findings.push(table_finding(
            check,
            audit,
            Status::Critical,
            &table.name,
            message,
            "pg_class.relacl",
            suggested_fix,
        ));
    }
    if !others.is_empty() {
        // The API offers none of the three. Only direct connections can use them, so one finding is enough.
        let message = format!(
            "clients have TRUNCATE, REFERENCES or TRIGGER on {}: {}",
            plural(others.len() as u64, "table", "tables"),
            some_of(&others, 5)
        );
        let suggested_fix = suggested_fixes.join("\n");
        findings.push(table_finding(
            check,
            audit,
            Status::Warning,
            "other tables",
            message,
            "pg_class.relacl",
            suggested_fix,
        ));
    }
    findings
}

/// Returns each client with the uncovered privileges that it holds on a table.
fn uncovered<'a>(audit: &'a Audit, table: &Relation) -> Vec<(&'a str, Vec<&'static str>)> {
    let privileges_of =
        |role: &str| UNCOVERED.into_iter().filter(|p| table.has(role, p)).collect::<Vec<_>>();
    // Roles that own the table need no grant.
    let non_owners = clients(audit).filter(|r| !r.superuser && !r.inherits.contains(&table.owner));
    let grants = non_owners.map(|role| (role.name.as_str(), privileges_of(&role.name)));
    grants.filter(|(_, privileges)| !privileges.is_empty()).collect()
}
