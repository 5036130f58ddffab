//! `rls.column_grant`: grants on single columns, which table-level reviews miss.

use super::revoke::{Taken, revoke_and_grant};
use super::{Check, clients, contract_table, ident, table_finding};
use crate::access::compute::compute_access;
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::contract::{ContractTable, Permission};
use crate::facts::access::{Audit, SERVICE_ROLE, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check that column grants on the tables of the contract are the expected ones. Column grants on other
/// tables are listed as OK.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.column_grant",
    title: "grants on single columns",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let (mut findings, mut others) = (Vec::new(), Vec::new());
    for table in audit.catalog.relations.iter().filter(|t| t.exposed) {
        match contract_table(audit, &table.name) {
            Some(contract) => findings.extend(unexpected_grants(check, audit, contract, table)),
            None if clients(audit).any(|role| has_any(table, role)) => {
                others.push(table.name.clone());
            }
            None => {}
        }
    }
    if !others.is_empty() {
        let message = format!("clients hold grants on single columns of {}", some_of(&others, 5));
        findings.push(check.finding(Status::Ok, "columns", message));
    }
    findings
}

fn has_any(table: &Relation, role: &Role) -> bool {
    table.grant(&role.name).is_some_and(|grant| !grant.columns.is_empty())
}

/// Returns one finding for all unexpected column grants of a table, with the worst status of them.
fn unexpected_grants(
    check: &Check<Audit>,
    audit: &Audit,
    contract: &ContractTable,
    table: &Relation,
) -> Option<Finding> {
    let (mut status, mut unexpected) = (Status::Warning, Vec::new());
    let (mut taken, mut grants) = (Vec::new(), Vec::new());
    let mut roles = Vec::new();
    for role in &audit.catalog.roles {
        for privilege in ["SELECT", "INSERT", "UPDATE", "REFERENCES"] {
            let columns = table.only_columns(&role.name, privilege);
            let command = SqlCommand::ALL.into_iter().find(|c| c.sql() == privilege);
            let expected = command.map_or(&[][..], |c| contract.columns(&role.name, c));
            if columns == expected || (command.is_none() && role.name == SERVICE_ROLE) {
                continue;
            }
            let affects_access =
                command.is_none_or(|c| changes_access(audit, contract, table, role, c));
            if affects_access {
                status = Status::Critical;
            }
            let granted = match (columns.is_empty(), table.has(&role.name, privilege)) {
                (true, true) => "every column".to_owned(),
                (true, false) => "none".to_owned(),
                (false, _) => columns.join(", "),
            };
            unexpected.push(format!("{} {privilege} ({granted})", role.name));
            roles.push(&role.name);
            let expected_permission = command.and_then(|c| contract.permission(&role.name, c));
            let (revoked, granted) =
                restored(table, role, privilege, (columns, expected), expected_permission);
            taken.extend(revoked);
            grants.extend(granted);
        }
    }
    let message = format!("grants on single columns: {}", some_of(&unexpected, 6));
    let any_unexpected = !unexpected.is_empty();
    let suggested_fix = revoke_and_grant(audit, table, &taken, &grants);
    let source = "pg_attribute.attacl";
    any_unexpected.then(|| {
        table_finding(check, audit, status, &table.name, message, source, suggested_fix)
            .roles(roles)
    })
}

/// Whether a column grant makes the access of a role different from the contract.
///
/// False if no policy lets the role use the command, because then the grant allows nothing. Also false
/// if the contract denies the command, because then `rls.access` reports the difference.
fn changes_access(
    audit: &Audit,
    contract: &ContractTable,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
) -> bool {
    let expected_permission = contract.permission(&role.name, command);
    let has_policy =
        !matches!(compute_access(&audit.catalog, table, role, command), ComputedAccess::Denied(_));
    has_policy && expected_permission.is_some_and(|permission| permission != Permission::Deny)
}

/// Returns what to revoke and what to grant, so that a role has the expected right.
fn restored<'r>(
    table: &Relation,
    role: &'r Role,
    privilege: &'r str,
    (columns, expected): (Vec<String>, &[String]),
    expected_permission: Option<Permission>,
) -> (Option<Taken<'r>>, Option<String>) {
    let (name, to) = (&table.name, ident(&role.name));
    let taken = Taken::new(&role.name, privilege);
    if expected_permission.is_none_or(|permission| permission == Permission::Deny) {
        return (Some(Taken { columns: Some(columns), ..taken }), None);
    }
    if expected.is_empty() {
        return (None, Some(format!("GRANT {privilege} ON {name} TO {to};")));
    }
    let list = expected.iter().map(|column| ident(column)).collect::<Vec<_>>().join(", ");
    (Some(taken), Some(format!("GRANT {privilege} ({list}) ON {name} TO {to};")))
}
