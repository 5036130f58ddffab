//! `rls.policy_fails`: commands that end with an error because of a policy or a view, as PostgreSQL reported it.

use std::collections::BTreeSet;

use super::{Check, clients, contract_table, ident, table_finding};
use crate::access::compute::{applicable, compute_access, failure};
use crate::access::policies::{Side, expression};
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::evaluated::SqlFailure;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check that the commands that clients hold grants for can run. WARNING; UNKNOWN if a policy could not be evaluated.
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
        findings.extend(not_evaluated(check, audit, relation));
    }
    findings
}

/// The policies that only the server can evaluate, and that decide which rows a role reaches.
fn not_evaluated(check: &Check<Audit>, audit: &Audit, table: &Relation) -> Option<Finding> {
    let evaluated = audit.catalog.evaluations.tables.get(&table.name)?;
    let (mut names, mut roles, mut reason) = (BTreeSet::new(), BTreeSet::new(), None);
    for role in clients(audit).filter(|_| contract_table(audit, &table.name).is_none()) {
        let unresolved: Vec<_> =
            evaluated.deciding_runs(&role.name).flat_map(|run| &run.unresolved).collect();
        let commands = SqlCommand::ALL.into_iter().filter(|c| table.is_granted(&role.name, *c));
        for command in commands {
            if !matches!(
                compute_access(&audit.catalog, table, role, command),
                ComputedAccess::Rows(_)
            ) {
                continue;
            }
            for policy in applicable(&audit.catalog, table, role, command) {
                let texts = Side::of(command).iter().filter_map(|side| expression(policy, *side));
                for text in texts {
                    let found = unresolved.iter().find(|(e, _)| e.as_str() == text);
                    if let Some((_, message)) = found {
                        names.insert(policy.name.as_str());
                        roles.insert(role.name.as_str());
                        reason = Some(message.as_str());
                    }
                }
            }
        }
    }
    let names: Vec<_> = names.into_iter().collect();
    let roles: Vec<_> = roles.into_iter().collect();
    let message = format!(
        "{} {} could not be evaluated as {}: {}; queries of the table itself work",
        if names.len() == 1 { "policy" } else { "policies" },
        some_of(&names, 3),
        roles.join(" and "),
        reason?
    );
    Some(check.finding(Status::Unknown, &table.name, message).roles(roles))
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
