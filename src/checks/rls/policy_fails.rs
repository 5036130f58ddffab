//! `rls.policy_fails`: commands that end with an error because of a policy or a view, as PostgreSQL reported it.

use super::{Check, clients, ident, table_finding};
use crate::access::compute::failure;
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::evaluated::SqlFailure;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that the commands that clients hold grants for can run. WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.policy_fails",
    title: "policies that fail for a role with the grant",
    section: Section::Access,
    evaluate,
};

/// Commands of one role that fail with the same error.
struct Failing<'a> {
    failure: &'a SqlFailure,
    role: &'a Role,
    commands: Vec<SqlCommand>,
}

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for relation in audit.catalog.relations.iter().filter(|r| r.exposed) {
        for failing in failing(audit, relation) {
            let commands: Vec<_> = failing.commands.iter().map(|c| c.sql()).collect();
            let verb = if commands.len() == 1 { "fails" } else { "fail" };
            let SqlFailure { code, message } = failing.failure;
            let message = format!(
                "{} by {} {verb}: {message} ({code})",
                commands.join(", "),
                failing.role.name
            );
            let fix = suggested_fix(audit, &failing);
            let (status, source) = (Status::Warning, "EXPLAIN and evaluation as the role");
            let name = &relation.name;
            let finding = table_finding(check, audit, status, name, message, source, fix);
            findings.push(finding.roles([&failing.role.name]));
        }
    }
    findings
}

fn failing<'a>(audit: &'a Audit, relation: &'a Relation) -> Vec<Failing<'a>> {
    let mut list: Vec<Failing<'a>> = Vec::new();
    for role in clients(audit).filter(|role| role.schemas.contains(&relation.schema)) {
        for command in SqlCommand::ALL {
            let (name, sql) = (&role.name, command.sql());
            let is_granted = relation.has(name, sql) || relation.has_column(name, sql);
            let Some(failure) =
                failure(&audit.catalog, relation, role, command).filter(|_| is_granted)
            else {
                continue;
            };
            let same = |f: &&mut Failing<'_>| f.role.name == role.name && f.failure == failure;
            match list.iter_mut().find(same) {
                Some(known) => known.commands.push(command),
                None => list.push(Failing { failure, role, commands: vec![command] }),
            }
        }
    }
    list
}

fn suggested_fix(audit: &Audit, failing: &Failing<'_>) -> String {
    let (role, message) = (ident(&failing.role.name), &failing.failure.message);
    let is_denied_function = failing.failure.code == "42501" && message.contains("function");
    let named =
        |name: &str| message.ends_with(&format!(" {}", name.rsplit('.').next().unwrap_or(name)));
    let function =
        audit.catalog.relevant_functions().find(|f| is_denied_function && named(&f.name));
    match (function, failing.failure.code.as_str()) {
        (Some(f), _) => format!("GRANT EXECUTE ON FUNCTION {} TO {role};", f.signature),
        (None, "42P17") => "-- Read the table in a SECURITY DEFINER helper with its own search_path, owned by a role to\n\
             -- which RLS does not apply, and call the helper in the policy."
            .to_owned(),
        (None, "42501") => format!(
            "-- Wrap the look-up in a SECURITY DEFINER helper with its own search_path, or grant to {role}\n\
             -- SELECT on the table that the policy reads, after reading that table's own policies."
        ),
        _ => "-- Correct the expression of the policy: see the error.".to_owned(),
    }
}
