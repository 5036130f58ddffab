//! `rls.access`: computed access compared with the contract.

use super::bypass_role::is_reported;
use super::effect::{Effect, Statement, expected_text};
use super::{Check, table_finding};
use crate::access::compute::{applicable, compute_access, expected_filter, row_filter};
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::computed::{ComputedAccess, DenyReason};
use crate::facts::access::contract::{ContractTable, Permission};
use crate::facts::access::{AccessCatalog, Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::suggest::ShellCommand;

/// Check that the access computed from grants and policies is the expected one. A difference is
/// CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.access",
    title: "computed access is the expected access",
    section: Section::Access,
    evaluate,
};

fn evaluate(_: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    effects(audit).into_iter().map(|effect| effect.finding).collect()
}

/// Returns the findings, each difference with what it states.
pub(super) fn effects(audit: &Audit) -> Vec<Effect> {
    let (check, mut effects) = (&CHECK, Vec::new());
    for (name, declared) in &audit.contract.tables {
        let Some(table) = audit.catalog.relation(name).filter(|t| t.exposed) else {
            let message = "in the contract, but not in the examined schemas";
            effects.push(Effect::of(check.finding(Status::Unknown, name, message)));
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
                ShellCommand::new("rls matrix")
            );
            let messages: Vec<_> = found.iter().map(|d| d.message(role)).collect();
            let message = messages.join("; ");
            let finding = table_finding(check, audit, status, name, message, source, suggested_fix);
            let brief = found.first().map(|d| d.brief(role, table));
            let finding = Finding { brief, ..finding.roles([&role.name]) };
            let statement = Statement::Computed {
                says_can: found.iter().any(Difference::can_run),
                expected: found.into_iter().map(|d| d.expected).collect(),
            };
            effects.push(Effect { finding, statement });
        }
    }
    for role in audit.contract.tables.values().flat_map(|t| t.roles.keys()) {
        let is_reported = |effect: &Effect| effect.finding.subject == *role;
        if audit.catalog.role(role).is_none() && !effects.iter().any(is_reported) {
            let message = "in the contract, but the role does not exist or is not examined";
            effects.push(Effect::of(check.finding(Status::Unknown, role, message)));
        }
    }
    effects
}

/// Access of a role that differs from the contract, with the commands that have it.
struct Difference {
    computed: ComputedAccess,
    expected: Permission,
    commands: Vec<SqlCommand>,
}

impl Difference {
    fn can_run(&self) -> bool {
        none_because(&self.computed).is_none()
    }

    /// For a headline: `anon can read every row of public.jobs`.
    fn brief(&self, role: &Role, table: &Relation) -> String {
        let (role, verbs, table) = (&role.name, self.verbs(), &table.name);
        match (none_because(&self.computed), &self.computed) {
            (Some(reason), _) => format!("{role} cannot {verbs} {table}: {reason}"),
            (None, ComputedAccess::Rows(_)) => format!("{role} can {verbs} rows of {table}"),
            (None, computed) => format!("{role} can {verbs} {} of {table}", rows(computed)),
        }
    }

    /// With the expected access: `authenticated can read and update every row (expected: no rows)`.
    fn message(&self, role: &Role) -> String {
        let (role, verbs) = (&role.name, self.verbs());
        let expected = expected_text(&self.expected);
        match none_because(&self.computed) {
            Some(reason) => format!("{role} cannot {verbs}: {reason} (expected: {expected})"),
            None => format!("{role} can {verbs} {} (expected: {expected})", rows(&self.computed)),
        }
    }

    fn verbs(&self) -> String {
        let verbs: Vec<_> = self.commands.iter().copied().map(verb).collect();
        match verbs.as_slice() {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            verbs => verbs.concat(),
        }
    }
}

/// Lists the differences of a role; commands with the same difference are grouped.
fn differences(
    audit: &Audit,
    contract: &ContractTable,
    table: &Relation,
    role: &Role,
) -> Vec<Difference> {
    let mut found: Vec<Difference> = Vec::new();
    for command in SqlCommand::ALL {
        let Some(expected) = contract.permission(&role.name, command) else { continue };
        let computed = compute_access(&audit.catalog, table, role, command);
        let cell = (table, role, command);
        if agrees(&audit.catalog, contract, &expected, cell, &computed) {
            continue;
        }
        match found.iter_mut().find(|d| d.computed == computed && d.expected == expected) {
            Some(difference) => difference.commands.push(command),
            None => found.push(Difference { computed, expected, commands: vec![command] }),
        }
    }
    found
}

fn verb(command: SqlCommand) -> &'static str {
    match command {
        SqlCommand::Select => "read",
        SqlCommand::Insert => "insert",
        SqlCommand::Update => "update",
        SqlCommand::Delete => "delete",
    }
}

/// Returns the rows that a command reaches.
fn rows(computed: &ComputedAccess) -> String {
    match computed {
        ComputedAccess::All => "every row".to_owned(),
        ComputedAccess::Rows(filter) => format!("rows where {filter}"),
        ComputedAccess::Denied(_) | ComputedAccess::Fails(_) => "no row".to_owned(),
    }
}

/// Returns why a role cannot run a command. A role whose policies admit no row can run it.
fn none_because(computed: &ComputedAccess) -> Option<&str> {
    match computed {
        ComputedAccess::Denied(DenyReason::Grant) => Some("no grant"),
        ComputedAccess::Denied(DenyReason::SchemaUsage) => Some("no USAGE on the schema"),
        ComputedAccess::Fails(why) => Some(why),
        ComputedAccess::All
        | ComputedAccess::Rows(_)
        | ComputedAccess::Denied(DenyReason::Policy) => None,
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
