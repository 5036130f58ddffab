//! `rls.access`: computed access compared with the contract.

use super::bypass_role::is_reported;
use super::{Check, table_finding};
use crate::access::compute::{compute_access, expected_access};
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::computed::{ComputedAccess, DenyReason};
use crate::facts::access::contract::{ContractTable, Permission};
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that the access computed from grants and policies is the expected one. A difference is
/// CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.access",
    title: "effective access is the declared one",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, declared) in &audit.contract.tables {
        let Some(table) = audit.catalog.relation(name) else {
            let message = "declared, but not in the examined schemas";
            findings.push(check.finding(Status::Unknown, name, message));
            continue;
        };
        for role in audit.catalog.roles.iter().filter(|role| !is_reported(audit, &role.name)) {
            let found = differences(audit, declared, table, role);
            if found.is_empty() {
                continue;
            }
            let (status, source) = (Status::Critical, "pg_class.relacl");
            let suggested_fix = format!(
                "-- See why: {}; then restore the grants of {name}.",
                "cliplyctl rls matrix"
            );
            findings.push(table_finding(
                check,
                audit,
                status,
                name,
                found.join("; "),
                source,
                suggested_fix,
            ));
        }
    }
    for role in audit.contract.tables.values().flat_map(|t| t.roles.keys()) {
        if audit.catalog.role(role).is_none() && !findings.iter().any(|f| f.subject == *role) {
            let message = "declared, but there is no such role, or it is not examined";
            findings.push(check.finding(Status::Unknown, role, message));
        }
    }
    findings
}

/// Lists the differences of a role: `authenticated UPDATE: declared deny, predicted every row`.
fn differences(
    audit: &Audit,
    contract: &ContractTable,
    table: &Relation,
    role: &Role,
) -> Vec<String> {
    let difference = |command: SqlCommand| {
        let permission = contract.permission(&role.name, command)?;
        let computed = compute_access(&audit.catalog, table, role, command);
        (!agrees(contract, &permission, role, command, &computed)).then(|| {
            let (role, declared) = (&role.name, String::from(permission));
            format!("{role} {}: declared {declared}, predicted {computed}", command.sql())
        })
    };
    SqlCommand::ALL.into_iter().filter_map(difference).collect()
}

/// Whether the computed access is the expected one.
pub(crate) fn agrees(
    contract: &ContractTable,
    permission: &Permission,
    role: &Role,
    command: SqlCommand,
    computed: &ComputedAccess,
) -> bool {
    match permission {
        Permission::Allow => *computed == ComputedAccess::All,
        Permission::Deny => matches!(computed, ComputedAccess::Denied(_)),
        Permission::Rows(_) => {
            let expected = expected_access(contract, role, command);
            *computed == expected && *computed != ComputedAccess::Denied(DenyReason::Policy)
        }
    }
}
