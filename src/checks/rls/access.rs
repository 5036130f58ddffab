//! `rls.access`: computed access compared with the contract.

use super::bypass_role::is_reported;
use super::{Check, table_finding};
use crate::access::compute::{applicable, compute_access, expected_filter, row_filter};
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::computed::{ComputedAccess, DenyReason};
use crate::facts::access::contract::{ContractTable, Permission};
use crate::facts::access::{AccessCatalog, Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that the access computed from grants and policies is the expected one. A difference is
/// CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.access",
    title: "computed access is the expected access",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, declared) in &audit.contract.tables {
        let Some(table) = audit.catalog.relation(name).filter(|t| t.exposed) else {
            let message = "in the contract, but not in the examined schemas";
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
            let (briefs, messages): (Vec<_>, Vec<_>) =
                found.into_iter().map(|d| (d.brief, d.message)).unzip();
            let message = messages.join("; ");
            let finding = table_finding(check, audit, status, name, message, source, suggested_fix);
            findings.push(Finding { brief: briefs.into_iter().next(), ..finding });
        }
    }
    for role in audit.contract.tables.values().flat_map(|t| t.roles.keys()) {
        if audit.catalog.role(role).is_none() && !findings.iter().any(|f| f.subject == *role) {
            let message = "in the contract, but the role does not exist or is not examined";
            findings.push(check.finding(Status::Unknown, role, message));
        }
    }
    findings
}

/// Access of a role that differs from the contract.
struct Difference {
    /// For a headline: `anon can read every row of public.jobs`.
    brief: String,
    /// With the expected access: `anon can read every row (expected: no rows)`.
    message: String,
}

/// Lists the differences of a role: `authenticated can read and update every row (expected: no rows)`.
fn differences(
    audit: &Audit,
    contract: &ContractTable,
    table: &Relation,
    role: &Role,
) -> Vec<Difference> {
    let mut groups: Vec<((String, String), Vec<&str>)> = Vec::new();
    for command in SqlCommand::ALL {
        let Some(permission) = contract.permission(&role.name, command) else { continue };
        let computed = compute_access(&audit.catalog, table, role, command);
        let cell = (table, role, command);
        if agrees(&audit.catalog, contract, &permission, cell, &computed) {
            continue;
        }
        let texts = (reached(&computed), expected(&permission));
        match groups.iter_mut().find(|(known, _)| *known == texts) {
            Some((_, verbs)) => verbs.push(verb(command)),
            None => groups.push((texts, vec![verb(command)])),
        }
    }
    let sentence = |((reached, expected), verbs): ((String, String), Vec<&str>)| {
        let verbs = match verbs.as_slice() {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            verbs => verbs.concat(),
        };
        let can = if reached.starts_with(':') { "cannot" } else { "can" };
        let (role, table) = (&role.name, &table.name);
        let brief = match reached.strip_prefix(':') {
            Some(reason) => format!("{role} cannot {verbs} {table}:{reason}"),
            None if reached.starts_with(" rows where") => {
                format!("{role} can {verbs} rows of {table}")
            }
            None => format!("{role} {can} {verbs}{reached} of {table}"),
        };
        Difference {
            brief,
            message: format!("{role} {can} {verbs}{reached} (expected: {expected})"),
        }
    };
    groups.into_iter().map(sentence).collect()
}

fn verb(command: SqlCommand) -> &'static str {
    match command {
        SqlCommand::Select => "read",
        SqlCommand::Insert => "insert",
        SqlCommand::Update => "update",
        SqlCommand::Delete => "delete",
    }
}

/// What follows the verb: rows, or after a colon why there are none.
fn reached(computed: &ComputedAccess) -> String {
    match computed {
        ComputedAccess::All => " every row".to_owned(),
        ComputedAccess::Rows(filter) => format!(" rows where {filter}"),
        ComputedAccess::Denied(DenyReason::Policy) => " no row".to_owned(),
        ComputedAccess::Denied(DenyReason::Grant) => ": no grant".to_owned(),
        ComputedAccess::Denied(DenyReason::SchemaUsage) => ": no USAGE on the schema".to_owned(),
        ComputedAccess::Fails(why) => format!(": {why}"),
    }
}

/// Returns the expected access as rows: `no rows`.
pub(super) fn expected(permission: &Permission) -> String {
    match permission {
        Permission::Allow => "every row".to_owned(),
        Permission::Deny => "no rows".to_owned(),
        Permission::Rows(None) => "the rows of the policies in the contract".to_owned(),
        Permission::Rows(Some(rule)) => format!("rows where {rule}"),
    }
}

/// Whether the computed access is the expected one. A command that fails reaches no row.
pub(crate) fn agrees(
    catalog: &AccessCatalog,
    contract: &ContractTable,
    permission: &Permission,
    (table, role, command): (&Relation, &Role, SqlCommand),
    computed: &ComputedAccess,
) -> bool {
    match (permission, computed) {
        (Permission::Allow, computed) => *computed == ComputedAccess::All,
        (Permission::Deny, computed) => {
            matches!(computed, ComputedAccess::Denied(_) | ComputedAccess::Fails(_))
        }
        // The policies of the contract may admit no row to a role that they apply to.
        (
            Permission::Rows(_),
            ComputedAccess::Rows(_) | ComputedAccess::Denied(DenyReason::Policy),
        ) => {
            let policies: Vec<_> = applicable(catalog, table, role, command).collect();
            !policies.is_empty()
                && row_filter(policies.into_iter(), command)
                    == expected_filter(contract, role, command)
        }
        (Permission::Rows(_), _) => false,
    }
}
