//! `rls.open_write`: policies by which every client may write rows of others, since they compare nothing with the caller.

use super::row_transfer::moves_rows;
use super::{Check, OWN_ROWS, alter_policy, clients, ident, table_finding, unexpected_policies};
use crate::access::caller_free::{admits_without_caller, may_look_at_caller};
use crate::access::compute::{applicable, applies_to, binds, compute_access};
use crate::access::expression::normalise;
use crate::access::paths::Paths;
use crate::access::policies::{Combined, Side, expression};
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::evaluated::{EvaluatedTable, Identity, PolicyResult, PolicyRun};
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for policies outside the contract that admit writes of rows whoever calls. WARNING. Policies that admit every
/// row are reported by other checks; a policy for reading may do it, which is how rows are published.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.open_write",
    title: "writes that no policy compares with the caller",
    section: Section::Access,
    evaluate,
};

const WRITES: [SqlCommand; 3] = [SqlCommand::Insert, SqlCommand::Update, SqlCommand::Delete];

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let paths = Paths::new(&audit.catalog, &audit.contract);
    let mut findings = Vec::new();
    for (table, policy) in unexpected_policies(audit).filter(|(_, p)| p.permissive) {
        let (mut roles, mut commands): (Vec<&str>, Vec<SqlCommand>) = (Vec::new(), Vec::new());
        let served = clients(audit).filter(|r| applies_to(policy, r) && binds(table, r));
        for role in served.filter(|role| role.schemas.contains(&table.schema)) {
            let open =
                WRITES.into_iter().filter(|c| is_open(audit, &paths, table, role, *c, policy));
            let open: Vec<_> = open.collect();
            if !open.is_empty() {
                roles.push(&role.name);
                commands
                    .extend(open.into_iter().filter(|c| !commands.contains(c)).collect::<Vec<_>>());
            }
        }
        let Some(first) = commands.first() else { continue };
        let words = commands.iter().map(|c| c.sql()).collect::<Vec<_>>().join(", ");
        let condition =
            expression(policy, deciding_side(*first)).map(normalise).unwrap_or_default();
        let message = format!(
            "{} may {words} rows of anybody: policy {} ({condition}) does not compare them with the caller",
            roles.join(" and "),
            policy.name
        );
        let (status, source) = (Status::Warning, "pg_policy");
        let fix = suggested_fix(policy);
        let finding = table_finding(check, audit, status, &table.name, message, source, fix);
        findings.push(finding.policy(&policy.name));
    }
    findings
}

/// The side that says whose rows a command writes. What an UPDATE leaves behind is the matter of `rls.row_transfer`.
fn deciding_side(command: SqlCommand) -> Side {
    if command == SqlCommand::Insert { Side::Check } else { Side::Using }
}

/// Whether a policy lets a role write rows whoever calls.
fn is_open(
    audit: &Audit,
    paths: &Paths<'_>,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
    policy: &Policy,
) -> bool {
    let side = deciding_side(command);
    let access = || compute_access(&audit.catalog, table, role, command);
    if !policy.covers(command)
        || !(table.has(&role.name, command.sql()) || table.has_column(&role.name, command.sql()))
        || !matches!(access(), ComputedAccess::Rows(_))
        || admits_every_row(audit, table, role, command)
        || (policy.using.is_some() && moves_rows(audit, table, role, policy))
    {
        return false;
    }
    let restrictive = applicable(&audit.catalog, table, role, command).filter(|p| !p.permissive);
    let restrictive: Vec<_> = restrictive.collect();
    let is_compared = || restrictive.iter().any(|p| may_look_at_caller(paths, p, side, role));
    admits_rows_of_others(audit, table, role, policy, &restrictive, side)
        || (admits_without_caller(paths, policy, side, role) && !is_compared())
}

/// Whether the policies together admit every row to a user who owns none, which other checks report.
fn admits_every_row(audit: &Audit, table: &Relation, role: &Role, command: SqlCommand) -> bool {
    let policies = applicable(&audit.catalog, table, role, command);
    let combined = Combined::new(policies, deciding_side(command));
    stranger(audit, table, role).is_some_and(|(evaluated, run)| {
        let results = (0..evaluated.rows.len()).map(|row| combined.policy_result(run, row));
        let mut results = results.filter(|r| *r != PolicyResult::Impossible).peekable();
        results.peek().is_some() && results.all(|r| r == PolicyResult::Admits)
    })
}

/// Whether the server admitted a row of somebody else to a caller without any row.
fn admits_rows_of_others(
    audit: &Audit,
    table: &Relation,
    role: &Role,
    policy: &Policy,
    restrictive: &[&Policy],
    side: Side,
) -> bool {
    let Some((evaluated, run)) = stranger(audit, table, role) else { return false };
    let combined = Combined::new([policy].into_iter().chain(restrictive.iter().copied()), side);
    // A condition that asks for NULL means it.
    let asks_null = expression(policy, side).is_some_and(|text| text.contains(" IS NULL"));
    let rows = evaluated.rows.iter().enumerate();
    let mut of_others = rows.filter(|(_, row)| {
        (row.foreign || row.real) && !row.own && (row.nulls.is_empty() || row.real && !asks_null)
    });
    of_others.any(|(at, _)| combined.policy_result(run, at) == PolicyResult::Admits)
}

/// The results of a role as a user who occurs in no table, or without a user.
fn stranger<'a>(
    audit: &'a Audit,
    table: &Relation,
    role: &'a Role,
) -> Option<(&'a EvaluatedTable, &'a PolicyRun)> {
    let evaluated = audit.catalog.evaluations.tables.get(&table.name)?;
    let mut runs = evaluated.deciding_runs(&role.name);
    let run = runs.find(|run| !matches!(run.identity, Identity::User(_)))?;
    Some((evaluated, run))
}

/// Returns statements that limit writes to own rows. A policy for all commands may be meant for reading.
fn suggested_fix(policy: &Policy) -> String {
    let Some(using) = policy.using.as_deref().filter(|_| policy.command.is_none()) else {
        return format!(
            "-- Compare a column of the row with the caller, for example:\n{}",
            alter_policy(policy, &[Side::Using, Side::Check], OWN_ROWS)
        );
    };
    let (name, own) = (ident(&policy.name), ident(&format!("{}_own_rows", policy.name)));
    let table = &policy.table;
    let roles: Vec<_> = policy
        .roles
        .iter()
        .map(|r| if r == "public" { "PUBLIC".to_owned() } else { ident(r) })
        .collect();
    let roles = roles.join(", ");
    format!(
        "-- Keep the condition for reading, and limit writes to the caller's own rows, for example:\n\
         BEGIN;\nDROP POLICY {name} ON {table};\n\
         CREATE POLICY {name} ON {table} FOR SELECT TO {roles} USING ({using});\n\
         CREATE POLICY {own} ON {table} TO {roles} USING ({OWN_ROWS}) WITH CHECK ({OWN_ROWS});\nCOMMIT;"
    )
}
