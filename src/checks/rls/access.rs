//! `rls.access`: what roles can do differs from what is declared, and no single flaw explains it.

use super::bypass_role::explains;
use super::{Check, about};
use crate::access::compute::{compute_access, declared};
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::computed::{ComputedAccess, DenyReason};
use crate::facts::access::contract::{ContractTable, Permission};
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// effective access is the declared one.
pub const CHECK: Check<Audit> = Check {
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
        for role in audit.catalog.roles.iter().filter(|role| !explains(audit, &role.name)) {
            let wrong = differences(audit, declared, table, role);
            if wrong.is_empty() {
                continue;
            }
            let (verdict, source) = (Status::Critical, "pg_class.relacl");
            let remedy =
                format!("-- See why: cliplyctl rls matrix; then restore the grants of {name}.");
            findings.push(about(check, audit, verdict, name, wrong.join("; "), source, remedy));
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

/// `authenticated UPDATE: declared deny, predicted every row`
fn differences(
    audit: &Audit,
    contract: &ContractTable,
    table: &Relation,
    role: &Role,
) -> Vec<String> {
    let difference = |command: SqlCommand| {
        let permission = contract.permission(&role.name, command)?;
        let predicted = compute_access(&audit.catalog, table, role, command);
        (!agrees(contract, &permission, role, command, &predicted)).then(|| {
            let (who, declared) = (&role.name, String::from(permission));
            format!("{who} {}: declared {declared}, predicted {predicted}", command.sql())
        })
    };
    SqlCommand::ALL.into_iter().filter_map(difference).collect()
}

/// Whether a prediction is what was declared.
#[must_use]
pub fn agrees(
    contract: &ContractTable,
    permission: &Permission,
    role: &Role,
    command: SqlCommand,
    predicted: &ComputedAccess,
) -> bool {
    match permission {
        Permission::Allow => *predicted == ComputedAccess::All,
        Permission::Deny => matches!(predicted, ComputedAccess::Denied(_)),
        Permission::Rows(_) => {
            let wanted = declared(contract, role, command);
            *predicted == wanted && *predicted != ComputedAccess::Denied(DenyReason::NoPolicy)
        }
    }
}
