//! `rls.any_member`: policies that ask whether the caller has a membership, and not of what; or whether somebody has one,
//! and not whether it is the caller.

use std::collections::BTreeSet;

use super::helper::is_wrong;
use super::{Check, always_true, clients, contract_table, table_finding};
use crate::access::body::Body;
use crate::access::caller_free::may_look_at_caller;
use crate::access::paths::{Paths, local};
use crate::access::policies::Side;
use crate::access::rights::{Readers, condition_of_policy, shared_columns, workspace_columns};
use crate::access::self_grants::{opens_all, opens_any};
use crate::facts::access::catalog::{Policy, Relation};
use crate::facts::access::evaluated::{Entry, EntryEffect, EntryValue, EvaluatedEntries};
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check that policies compare the workspace of a membership with that of the row, and its user with the caller. CRITICAL
/// for tables outside the contract; WARNING if the table has no column for the comparison.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.any_member",
    title: "members of anything reach the rows of everything",
    section: Section::Access,
    evaluate,
};

/// Tables with a row for each user.
const USERS: [&str; 5] = ["users", "profiles", "user_profiles", "people", "accounts"];

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    if audit.catalog.evaluations.entries.is_empty() {
        return vec![];
    }
    let paths = Paths::new(&audit.catalog, &audit.contract);
    let readers = Readers::new(&audit.catalog, &paths);
    let mut findings = Vec::new();
    for (name, evaluated) in &audit.catalog.evaluations.entries {
        let Some(rights) = audit.catalog.relation(name) else { continue };
        for policy in readers.policies(rights) {
            let table = audit.catalog.relation(&policy.table);
            let table = table.filter(|t| t.exposed && contract_table(audit, &t.name).is_none());
            let Some(table) = table else { continue };
            if policy.functions.iter().any(|f| is_wrong(audit, f)) {
                continue; // rls.helper reports it
            }
            let question = Question { audit, paths: &paths, rights, evaluated, table, policy };
            findings.extend(question.problem().map(|problem| question.finding(check, problem)));
        }
    }
    findings
}

/// A policy that reads a table of memberships.
struct Question<'q, 'a> {
    audit: &'a Audit,
    paths: &'q Paths<'a>,
    rights: &'a Relation,
    evaluated: &'a EvaluatedEntries,
    table: &'a Relation,
    policy: &'a Policy,
}

/// What a policy admits too many to.
struct Problem<'a> {
    roles: Vec<&'a str>,
    commands: BTreeSet<&'static str>,
    /// Whether the membership is that of the caller; otherwise it is anybody's.
    of_caller: bool,
    status: Status,
}

impl<'a> Question<'_, 'a> {
    fn problem(&self) -> Option<Problem<'a>> {
        let (mut roles, mut commands) = (Vec::new(), BTreeSet::new());
        let (mut of_caller, mut status) = (false, None);
        for role in clients(self.audit) {
            // rls.always_true reports a table that is open without a membership.
            if always_true::is_open_to(self.audit, self.table, role) {
                continue;
            }
            let conditions = [SqlCommand::Select, SqlCommand::Update, SqlCommand::Delete];
            let conditions = conditions.map(|command| {
                let catalog = &self.audit.catalog;
                (command, condition_of_policy(catalog, self.table, role, command, self.policy))
            });
            let effects = self.evaluated.unrelated_effects.iter();
            for effect in effects.filter(|effect| effect.table == self.table.name) {
                let of_effect =
                    conditions.iter().filter(|(_, c)| c.as_ref() == Some(&effect.condition));
                let of_effect: Vec<_> = of_effect.map(|(command, _)| *command).collect();
                if of_effect.is_empty() {
                    continue;
                }
                let writes = of_effect.iter().any(|command| *command != SqlCommand::Select);
                let is_free = !may_look_at_caller(self.paths, self.policy, Side::Using, role);
                let found = self.evaluated.unrelated.iter().enumerate().find_map(|(at, entry)| {
                    self.status(effect, at, entry, writes, is_free).map(|s| (s, has_caller(entry)))
                });
                if let Some((found, names_caller)) = found {
                    if status != Some(Status::Critical) {
                        status = Some(found);
                    }
                    of_caller = names_caller;
                    commands.extend(of_effect.into_iter().map(SqlCommand::sql));
                    roles.push(role.name.as_str());
                }
            }
        }
        roles.dedup();
        Some(Problem { roles, commands, of_caller, status: status? })
    }

    /// How bad it is that an entry, which has nothing to do with the rows, opens them.
    fn status(
        &self,
        effect: &EntryEffect,
        at: usize,
        entry: &Entry,
        writes: bool,
        is_free: bool,
    ) -> Option<Status> {
        let of_caller = || entry.values.iter().filter(|(_, v)| **v == EntryValue::Caller);
        let compared = self.compared();
        if !has_caller(entry) {
            let is_open = is_free && !compared.is_empty() && opens_any(effect, at);
            return is_open.then_some(Status::Critical);
        }
        // A right in the only row of a user, such as a role in a profile, is meant for all rows.
        let is_only = of_caller().any(|(column, _)| self.rights.unique_columns.contains(column));
        let workspaces = workspace_columns(&self.audit.catalog, self.rights);
        let is_elsewhere = |column: &&str| entry.values.get(*column) == Some(&EntryValue::OfOthers);
        if is_only || !workspaces.iter().any(is_elsewhere) || !opens_all(effect, at) {
            return None;
        }
        if compared.iter().any(|(column, _)| is_elsewhere(column)) {
            return Some(Status::Critical);
        }
        let is_of_users = USERS.contains(&local(&self.table.name))
            || shared_columns(self.rights, self.table)
                .iter()
                .any(|(column, _)| of_caller().any(|(of_caller, _)| of_caller == column));
        match (is_of_users, writes) {
            (true, true) => Some(Status::Critical),
            (true, false) | (false, true) => Some(Status::Warning),
            // What members of anything may read, such as a list of plans.
            (false, false) => None,
        }
    }

    /// The columns of both tables with the same ids of workspaces.
    fn compared(&self) -> Vec<(&'a str, &'a str)> {
        let workspaces = workspace_columns(&self.audit.catalog, self.rights);
        let shared = shared_columns(self.rights, self.table).into_iter();
        shared.filter(|(column, _)| workspaces.contains(column)).collect()
    }

    /// The functions of the policy that read the memberships, if it passes the workspace of the row to them.
    fn helpers(&self) -> Vec<&'a str> {
        let compared = self.compared();
        if !compared.iter().any(|(_, column)| self.policy.columns.iter().any(|c| c == column)) {
            return vec![];
        }
        let functions = self.policy.functions.iter().filter_map(|f| self.audit.catalog.function(f));
        let reading = functions.filter(|f| Body::new(&f.source).reads(&self.rights.name));
        reading.map(|f| f.signature.as_str()).collect()
    }

    fn finding(&self, check: &Check<Audit>, problem: Problem<'a>) -> Finding {
        let (rights, table, policy) = (self.rights, self.table, self.policy);
        let columns: Vec<_> = self
            .compared()
            .into_iter()
            .filter(|(column, _)| {
                self.evaluated.entries.iter().any(|e| e.values.contains_key(*column))
            })
            .map(|(a, b)| format!("{}.{a} with {}.{b}", rights.local_name(), table.local_name()))
            .collect();
        let helpers = self.helpers();
        let subject = match helpers[..] {
            [] => "it".to_owned(),
            _ => some_of(&helpers, 2),
        };
        let roles = problem.roles.join(" and ");
        let name = &rights.name;
        let message = match (problem.of_caller, columns.is_empty()) {
            (true, false) => format!(
                "policy {} admits {roles} to every row with any row in {name}: {subject} does not compare {}",
                policy.name,
                columns.join(" or ")
            ),
            (true, true) => format!(
                "policy {} admits {roles} to every row ({}) with any row in {name}: nothing ties {name} to the row",
                policy.name,
                problem.commands.into_iter().collect::<Vec<_>>().join(", ")
            ),
            (false, _) => format!(
                "policy {} admits {roles} to every row for which anybody has a row in {name}: {subject} does not compare \
                 a user in {name} with the caller",
                policy.name
            ),
        };
        let comparison = self.compared().into_iter().next();
        let comparison = comparison
            .map(|(a, b)| format!("{}.{a} = {}.{b}", rights.local_name(), table.local_name()));
        let fix = match (&helpers[..], problem.of_caller, comparison) {
            (_, false, _) => format!(
                "-- Add the comparison with the caller to {}:\n-- AND <user column> = (select auth.uid())",
                if helpers.is_empty() { format!("policy {}", policy.name) } else { subject }
            ),
            ([], true, Some(comparison)) => format!(
                "-- Add the comparison to the condition of policy {} on {}:\n-- AND {comparison}",
                policy.name, table.name
            ),
            ([], true, None) => format!(
                "-- Add a comparison that ties {name} to the row to policy {} on {}, such as the user of the row,\n\
                 -- or limit the policy to service_role.",
                policy.name, table.name
            ),
            (_, true, _) => format!(
                "-- Compare the argument with the column of {name} in {subject}. In SQL a parameter with the name of a\n\
                 -- column stands for the column: write the name of the function before it, or rename it."
            ),
        };
        let source = "evaluation with such a row";
        let finding =
            table_finding(check, self.audit, problem.status, &table.name, message, source, fix);
        finding.roles(problem.roles).policy(&policy.name)
    }
}

fn has_caller(entry: &Entry) -> bool {
    entry.values.values().any(|value| *value == EntryValue::Caller)
}
