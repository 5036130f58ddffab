//! `rls.column_grant`: rights on single columns, which table-level reviews overlook.

use super::{Check, about, clients, declared};
use crate::access::compute::compute_access;
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::contract::{ContractTable, Permission};
use crate::facts::access::{Audit, SERVICE_ROLE, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// rights on single columns.
pub const CHECK: Check<Audit> = Check {
    id: "rls.column_grant",
    title: "rights on single columns",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let (mut findings, mut others) = (Vec::new(), Vec::new());
    for table in audit.catalog.relations.iter().filter(|t| t.exposed) {
        match declared(audit, &table.name) {
            Some(contract) => findings.extend(protected(check, audit, contract, table)),
            None if clients(audit).any(|role| has_any(table, role)) => {
                others.push(table.name.clone());
            }
            None => {}
        }
    }
    if !others.is_empty() {
        let message = format!("clients hold rights on single columns of {}", some_of(&others, 5));
        findings.push(check.finding(Status::Ok, "columns", message));
    }
    findings
}

fn has_any(table: &Relation, role: &Role) -> bool {
    table.grant(&role.name).is_some_and(|grant| !grant.columns.is_empty())
}

/// One finding for all undeclared column rights of a protected table, as bad as the worst of them.
fn protected(
    check: &Check<Audit>,
    audit: &Audit,
    contract: &ContractTable,
    table: &Relation,
) -> Option<Finding> {
    let (mut verdict, mut who, mut remedy) = (Status::Warning, Vec::new(), Vec::new());
    for role in &audit.catalog.roles {
        for right in ["SELECT", "INSERT", "UPDATE", "REFERENCES"] {
            let columns = table.only_columns(&role.name, right);
            let command = SqlCommand::ALL.into_iter().find(|c| c.sql() == right);
            let expected = command.map_or(&[][..], |c| contract.columns(&role.name, c));
            if columns == expected || (command.is_none() && role.name == SERVICE_ROLE) {
                continue;
            }
            let confines = command.is_none_or(|c| changes(audit, contract, table, role, c));
            if confines {
                verdict = Status::Critical;
            }
            let which = match (columns.is_empty(), table.has(&role.name, right)) {
                (true, true) => "every column".to_owned(),
                (true, false) => "none".to_owned(),
                (false, _) => columns.join(", "),
            };
            who.push(format!("{} {right} ({which})", role.name));
            let wanted = command.and_then(|c| contract.permission(&role.name, c));
            remedy.push(statement(table, role, right, (&columns, expected), wanted));
        }
    }
    let message = format!("rights on single columns: {}", some_of(&who, 6));
    let found = !who.is_empty();
    let remedy = remedy.join("\n");
    let source = "pg_attribute.attacl";
    found.then(|| about(check, audit, verdict, &table.name, message, source, remedy))
}

/// Whether a right that is confined to columns makes access other than declared. Where no policy
/// serves the role it opens nothing; where all is denied by contract, `rls.access` says what it opens.
fn changes(
    audit: &Audit,
    contract: &ContractTable,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
) -> bool {
    let wanted = contract.permission(&role.name, command);
    let served =
        !matches!(compute_access(&audit.catalog, table, role, command), ComputedAccess::Denied(_));
    served && wanted.is_some_and(|permission| permission != Permission::Deny)
}

fn statement(
    table: &Relation,
    role: &Role,
    right: &str,
    (columns, expected): (&[String], &[String]),
    wanted: Option<Permission>,
) -> String {
    let (name, role) = (&table.name, super::ident(&role.name));
    let list = |columns: &[String]| {
        columns.iter().map(|column| super::ident(column)).collect::<Vec<_>>().join(", ")
    };
    match wanted {
        Some(Permission::Allow | Permission::Rows(_)) if expected.is_empty() => {
            format!("GRANT {right} ON {name} TO {role};")
        }
        Some(Permission::Allow | Permission::Rows(_)) => format!(
            "BEGIN;\nREVOKE {right} ON {name} FROM {role};\n\
             GRANT {right} ({}) ON {name} TO {role};\nCOMMIT;",
            list(expected)
        ),
        _ => format!("REVOKE {right} ({}) ON {name} FROM {role};", list(columns)),
    }
}
