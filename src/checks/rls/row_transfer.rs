//! `rls.row_transfer`: rows that can be taken over from others, or put into the hands of others.
//!
//! USING limits the rows that a client may change, WITH CHECK the rows afterwards. If only one of them compares the
//! owner or workspace, rows move between users. The server's results for rows of the user and rows of nobody tell.

use super::{Check, OWN_ROWS, alter_policy, clients, contract_table, table_finding};
use crate::access::compute::{applicable, binds};
use crate::access::policies::{Combined, Side};
use crate::access::triggers::sets_owner;
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::contract::Permission;
use crate::facts::access::evaluated::{EvaluatedTable, Identity, PolicyResult, PolicyRun};
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that USING and WITH CHECK compare the same owner. CRITICAL if every row of a table outside the contract can be
/// changed, otherwise a WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.row_transfer",
    title: "rows can be moved to another owner or workspace",
    section: Section::Access,
    evaluate,
};

/// How rows change hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transfer {
    /// Every row can be changed, though not into every other one.
    TakeOver,
    /// Own rows can be changed into rows of others.
    GiveAway,
    /// Rows of others can be created.
    Plant,
}

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in audit.catalog.tables() {
        let mut found: Vec<(Transfer, Vec<&str>, Vec<&str>)> = Vec::new();
        for role in clients(audit).filter(|role| binds(table, role)) {
            for (transfer, policies) in transfers(audit, table, role) {
                match found.iter_mut().find(|(t, p, _)| *t == transfer && *p == policies) {
                    Some((_, _, roles)) => roles.push(&role.name),
                    None => found.push((transfer, policies, vec![&role.name])),
                }
            }
        }
        for (transfer, policies, roles) in found {
            findings.push(finding(check, audit, table, transfer, &policies, &roles.join(" and ")));
        }
    }
    findings
}

/// Whether a policy lets rows of a role change hands.
pub(super) fn moves_rows(audit: &Audit, table: &Relation, role: &Role, policy: &Policy) -> bool {
    let found = transfers(audit, table, role);
    found.iter().any(|(_, policies)| policies.contains(&policy.name.as_str()))
}

fn transfers<'a>(
    audit: &'a Audit,
    table: &'a Relation,
    role: &'a Role,
) -> Vec<(Transfer, Vec<&'a str>)> {
    let Some(evaluated) = audit.catalog.evaluations.tables.get(&table.name) else { return vec![] };
    let of = |command: SqlCommand| -> Vec<&Policy> {
        let is_open = contract_table(audit, &table.name)
            .and_then(|c| c.permission(&role.name, command))
            .is_some_and(|p| p == Permission::Allow);
        let (name, sql) = (&role.name, command.sql());
        let is_granted = table.has(name, sql) || table.has_column(name, sql);
        let policies = applicable(&audit.catalog, table, role, command);
        let is_set = sets_owner(&audit.catalog, table, command) && command == SqlCommand::Insert;
        if is_granted && !is_open && !is_set { policies.collect() } else { vec![] }
    };
    let names = |policies: &[&'a Policy]| -> Vec<&'a str> {
        policies.iter().filter(|p| p.permissive).map(|p| p.name.as_str()).collect()
    };
    let mut found = Vec::new();
    let update = of(SqlCommand::Update);
    let runs: Vec<_> = evaluated.deciding_runs(&role.name).collect();
    for run in &runs {
        let rows = Rows::new(evaluated, run, &update);
        let is_limited = run.identity == Identity::NonMember || rows.limits_new_rows();
        if is_limited && rows.taken_over() {
            if !found.iter().any(|(t, _)| *t == Transfer::TakeOver) {
                found.push((Transfer::TakeOver, names(&update)));
            }
        } else if rows.given_away() && !found.iter().any(|(t, _)| *t == Transfer::GiveAway) {
            found.push((Transfer::GiveAway, names(&update)));
        }
    }
    for policy in of(SqlCommand::Insert).into_iter().filter(|p| p.permissive && p.using.is_some()) {
        if runs.iter().any(|run| Rows::new(evaluated, run, &[policy]).given_away()) {
            found.push((Transfer::Plant, vec![policy.name.as_str()]));
        }
    }
    // One cause is enough: a policy for all commands gives rows away and plants them.
    if found.iter().any(|(t, _)| *t == Transfer::GiveAway) {
        found.retain(|(t, _)| *t != Transfer::Plant);
    }
    found
}

/// Results of both sides for every row of a run.
struct Rows<'a> {
    evaluated: &'a EvaluatedTable,
    using: Vec<PolicyResult>,
    check: Vec<PolicyResult>,
}

impl<'a> Rows<'a> {
    fn new(evaluated: &'a EvaluatedTable, run: &PolicyRun, policies: &[&Policy]) -> Self {
        let results = |side| {
            let combined = Combined::new(policies.iter().copied(), side);
            (0..evaluated.rows.len()).map(|row| combined.policy_result(run, row)).collect()
        };
        Self { evaluated, using: results(Side::Using), check: results(Side::Check) }
    }

    /// Whether every row of others may be changed into some row, but not into every one.
    fn taken_over(&self) -> bool {
        let rows = self.evaluated.rows.iter().enumerate();
        let mut others = rows
            .filter(|(_, row)| !row.own && row.nulls.is_empty())
            .filter(|(at, _)| self.using[*at] != PolicyResult::Impossible)
            .peekable();
        others.peek().is_some()
            && others.all(|(at, _)| self.using[at] == PolicyResult::Admits)
            && self.check.contains(&PolicyResult::Admits)
            && self.check.contains(&PolicyResult::Rejects)
    }

    /// Whether WITH CHECK rejects rows of nobody. It does not for users who may change everything.
    fn limits_new_rows(&self) -> bool {
        let rows = self.evaluated.rows.iter().enumerate();
        rows.filter(|(_, row)| row.foreign && !row.real)
            .any(|(at, _)| self.check[at] == PolicyResult::Rejects)
    }

    /// Whether a row that may be changed can become a row of nobody that may not be changed.
    fn given_away(&self) -> bool {
        let rows = self.evaluated.rows.iter().enumerate();
        let changeable = rows.clone().any(|(at, _)| {
            self.using[at] == PolicyResult::Admits && self.check[at] == PolicyResult::Admits
        });
        let mut foreign = rows.filter(|(_, row)| row.foreign && !row.real);
        changeable
            && foreign.any(|(at, _)| {
                self.using[at] == PolicyResult::Rejects && self.check[at] == PolicyResult::Admits
            })
            && !self.admits_foreign()
    }

    /// Whether USING admits some rows of nobody: then it does not compare the owner.
    fn admits_foreign(&self) -> bool {
        let rows = self.evaluated.rows.iter().enumerate();
        rows.filter(|(_, row)| row.foreign && !row.real)
            .any(|(at, _)| self.using[at] == PolicyResult::Admits)
    }
}

fn finding(
    check: &Check<Audit>,
    audit: &Audit,
    table: &Relation,
    transfer: Transfer,
    policies: &[&str],
    roles: &str,
) -> Finding {
    let names = policies.join(", ");
    let noun = if policies.len() == 1 { "policy" } else { "policies" };
    let (status, message) = match transfer {
        Transfer::TakeOver => (
            Status::Critical,
            format!(
                "{roles} may change every row: {noun} {names} admits every existing row (USING), whatever WITH CHECK requires"
            ),
        ),
        Transfer::GiveAway => (
            Status::Warning,
            format!(
                "{roles} may move a row to another owner or workspace: WITH CHECK of {noun} {names} does not compare \
                 what USING compares"
            ),
        ),
        Transfer::Plant => (
            Status::Warning,
            format!(
                "{roles} may create rows for another owner or workspace: WITH CHECK of {noun} {names} does not compare \
                 what USING compares"
            ),
        ),
    };
    // The contract holds these policies, and what changes them is a finding of its own.
    let is_declared = contract_table(audit, &table.name).is_some();
    let status = if is_declared { Status::Warning } else { status };
    let altered = audit.catalog.policies_on(&table.name);
    let altered = altered.filter(|policy| policies.contains(&policy.name.as_str()));
    let statements: Vec<_> =
        altered.map(|p| alter_policy(p, &[Side::Using, Side::Check], OWN_ROWS)).collect();
    let fix = format!(
        "-- Compare the owner or workspace on both sides, for example:\n{}",
        statements.join("\n")
    );
    table_finding(check, audit, status, &table.name, message, "evaluation as the role", fix)
}
