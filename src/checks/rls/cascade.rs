//! `rls.cascade`: foreign keys through which a client removes or changes rows that the contract denies.

use std::collections::BTreeSet;

use super::{Check, clients, table_finding};
use crate::access::compute::compute_access;
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::contract::Permission;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that no delete of a client cascades into a table of the contract whose rows it must not delete. WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.cascade",
    title: "deletes that cascade and bypass RLS",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, contract) in &audit.contract.tables {
        let Some(child) = audit.catalog.relation(name) else { continue };
        for (action, command) in
            [(&['c'][..], SqlCommand::Delete), (&['n', 'd'], SqlCommand::Update)]
        {
            let denied = clients(audit)
                .filter(|r| contract.permission(&r.name, command) == Some(Permission::Deny));
            let mut parents: Vec<(String, Vec<&str>)> = Vec::new();
            for role in denied {
                for parent in deletable_parents(audit, child, action, role) {
                    match parents.iter_mut().find(|(known, _)| *known == parent) {
                        Some((_, roles)) => roles.push(&role.name),
                        None => parents.push((parent, vec![&role.name])),
                    }
                }
            }
            let effect = if command == SqlCommand::Delete { "deletes" } else { "changes" };
            for (parent, roles) in parents {
                let roles = roles.join(" and ");
                let message = format!(
                    "{roles} may DELETE from {parent}, and a foreign key then {effect} its rows without RLS (expected {}: deny)",
                    command.sql()
                );
                let fix = format!(
                    "-- To keep rows of {name} if those of {parent} are deleted, recreate the foreign key with\n\
                     -- ON DELETE RESTRICT."
                );
                let status = Status::Warning;
                findings.push(table_finding(
                    check,
                    audit,
                    status,
                    name,
                    message,
                    "pg_constraint",
                    fix,
                ));
            }
        }
    }
    findings
}

/// Returns the tables from which a role may delete rows so that an action reaches `child`, also through others.
fn deletable_parents(
    audit: &Audit,
    child: &Relation,
    actions: &[char],
    role: &Role,
) -> BTreeSet<String> {
    let (mut found, mut visited) = (BTreeSet::new(), BTreeSet::new());
    let referenced = |table: &Relation, actions: &[char]| -> Vec<String> {
        let cascades = table.cascades.iter().filter(|c| actions.contains(&c.on_delete));
        cascades.map(|c| c.parent.clone()).collect()
    };
    let mut pending = referenced(child, actions);
    while let Some(name) = pending.pop() {
        if !visited.insert(name.clone()) {
            continue;
        }
        let Some(parent) = audit.catalog.relation(&name) else { continue };
        // Before the last step only cascading deletes delete the row in between.
        pending.extend(referenced(parent, &['c']));
        let access = compute_access(&audit.catalog, parent, role, SqlCommand::Delete);
        if parent.exposed && matches!(access, ComputedAccess::All | ComputedAccess::Rows(_)) {
            found.insert(name);
        }
    }
    found
}
