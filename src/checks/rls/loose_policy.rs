//! `rls.loose_policy`: policies that admit more rows than they seem to: conditions that compare nothing with the
//! caller, and defaults for missing owners.

use super::always_true::is_open_to;
use super::{Check, OWN_ROWS, alter_policy, clients, table_finding, unexpected_policies};
use crate::access::admits::non_member;
use crate::access::caller_free::admits_without_caller;
use crate::access::compute::{applies_to, binds};
use crate::access::expression::{is_null_test, normalise, self_comparison};
use crate::access::open_writes::stranger;
use crate::access::paths::Paths;
use crate::access::policies::{Side, expression};
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::evaluated::{EvaluatedTable, PolicyResult, TestRow};
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for policies outside the contract whose condition holds for rows of everybody. WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.loose_policy",
    title: "conditions that admit more rows than they seem to",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let paths = Paths::new(&audit.catalog, &audit.contract);
    let mut findings = Vec::new();
    for (table, policy) in unexpected_policies(audit).filter(|(_, p)| p.permissive) {
        let served = |role: &&Role| {
            applies_to(policy, role) && binds(table, role) && is_granted(table, role, policy)
        };
        let roles = clients(audit).filter(served);
        let roles: Vec<_> = roles.collect();
        let found = roles.iter().find_map(|role| problem(audit, table, role, policy));
        let found = found.or_else(|| {
            let role = roles.iter().find(|role| is_of_the_time(&paths, audit, table, role, policy))?;
            let condition = policy.using.as_deref().map(normalise)?;
            let what = format!(
                "({condition}) compares nothing with the caller: {} reads every row whose time has come",
                role.name
            );
            Some((vec![Side::Using], what))
        });
        let Some((sides, problem)) = found else {
            let column = roles.iter().find_map(|role| column_meant(audit, table, role, policy));
            findings.extend(column.map(|column| {
                let message = format!(
                    "policy {} admits every row without {column} to every caller; if each row has an owner, make the column \
                     NOT NULL",
                    policy.name
                );
                check.finding(Status::Ok, &table.name, message)
            }));
            continue;
        };
        let message = format!("policy {} {problem}", policy.name);
        let fix = format!(
            "-- Compare a column of the row with the caller, for example:\n{}",
            alter_policy(policy, &sides, OWN_ROWS)
        );
        let (status, source) = (Status::Warning, "evaluation as the role");
        findings.push(table_finding(check, audit, status, &table.name, message, source, fix));
    }
    findings
}

fn is_granted(table: &Relation, role: &Role, policy: &Policy) -> bool {
    SqlCommand::ALL.into_iter().any(|c| policy.covers(c) && table.is_granted(&role.name, c))
}

/// Returns the sides that admit too many rows, and what the first of them does.
fn problem(
    audit: &Audit,
    table: &Relation,
    role: &Role,
    policy: &Policy,
) -> Option<(Vec<Side>, String)> {
    let found = [Side::Using, Side::Check].map(|side| {
        let problem = expression_problem(audit, table, role, expression(policy, side)?)?;
        Some((side, problem))
    });
    let found: Vec<_> = found.into_iter().flatten().collect();
    let sides = found.iter().map(|(side, _)| *side).collect();
    found.into_iter().next().map(|(_, problem)| (sides, problem))
}

fn expression_problem(audit: &Audit, table: &Relation, role: &Role, text: &str) -> Option<String> {
    let stranger = stranger(&audit.catalog, table, role);
    let results = stranger.and_then(|(evaluated, run)| Some((evaluated, run.results.get(text)?)));
    // Beside another comparison it has no effect.
    let is_open = |(evaluated, results): (&EvaluatedTable, &Vec<PolicyResult>)| {
        others(evaluated, results).any(|(_, result)| *result == PolicyResult::Admits)
    };
    if let Some(operand) = self_comparison(text)
        && results.is_none_or(is_open)
    {
        return Some(format!(
            "compares {operand} with itself, which admits every row without NULL there"
        ));
    }
    let (evaluated, results) = results?;
    null_problem(evaluated, results, text)
}

/// Parts of names of times at which rows become public, or stop to be.
const PUBLICATION: [&str; 9] =
    ["publi", "start", "live", "visible", "available", "release", "schedul", "begin", "end"];

/// Whether a policy for reading looks at times of the row and at the clock only, and at no column that says which rows are
/// public.
fn is_of_the_time(
    paths: &Paths<'_>,
    audit: &Audit,
    table: &Relation,
    role: &Role,
    policy: &Policy,
) -> bool {
    let Some(text) = policy.using.as_deref() else { return false };
    let is_asked = |column: &&String| !is_null_test(text, column);
    let mut compared = policy.columns.iter().filter(is_asked).peekable();
    let is_time = |column: &String| {
        let kind = table.types.iter().find(|c| c.column == *column);
        kind.is_some_and(|c| matches!(c.base.as_str(), "timestamptz" | "timestamp" | "date"))
            && !PUBLICATION.iter().any(|part| column.contains(part))
    };
    let is_constant =
        policy.columns.is_empty() && !matches!(normalise(text).as_str(), "true" | "false");
    policy.covers(SqlCommand::Select)
        && table.is_granted(&role.name, SqlCommand::Select)
        && policy.relations.is_empty()
        && (is_constant || compared.peek().is_some() && compared.all(is_time))
        && !is_open_to(audit, table, role)
        && admits_without_caller(paths, policy, Side::Using, role)
}

/// The column whose NULL a policy asks for, and so opens rows to every caller.
fn column_meant<'a>(
    audit: &'a Audit,
    table: &Relation,
    role: &Role,
    policy: &Policy,
) -> Option<&'a String> {
    let text = policy.using.as_deref()?;
    let (evaluated, run) = non_member(&audit.catalog, table, role)?;
    let mut columns = open_columns(evaluated, run.results.get(text)?).into_iter();
    columns.find(|column| is_null_test(text, column))
}

/// Compares rows with NULL with rows without it, as a user who owns neither.
fn null_problem(
    evaluated: &EvaluatedTable,
    results: &[PolicyResult],
    text: &str,
) -> Option<String> {
    let complete = |row: &TestRow| row.nulls.is_empty();
    let mut others = others(evaluated, results);
    if all(evaluated, results, PolicyResult::Admits, &complete)
        && others.any(|(_, v)| *v == PolicyResult::Rejects)
    {
        return Some("does not compare the row with the caller: it admits every row whose columns are not NULL".into());
    }
    // A condition that asks for NULL means it.
    let mut open = open_columns(evaluated, results).into_iter();
    open.find(|column| !is_null_test(text, column))
        .map(|column| format!("admits every row without {column} to every caller"))
}

/// The columns whose NULL opens a row.
fn open_columns<'e>(evaluated: &'e EvaluatedTable, results: &[PolicyResult]) -> Vec<&'e String> {
    let complete = |row: &TestRow| row.nulls.is_empty();
    let columns = evaluated.rows.iter().flat_map(|row| &row.nulls);
    let is_open = |column: &&String| {
        all(evaluated, results, PolicyResult::Admits, &|row| row.nulls.contains(*column))
            && all(evaluated, results, PolicyResult::Rejects, &complete)
    };
    columns.filter(is_open).collect()
}

/// The rows that do not belong to the user, with their results.
fn others<'e>(
    evaluated: &'e EvaluatedTable,
    results: &'e [PolicyResult],
) -> impl Iterator<Item = (&'e TestRow, &'e PolicyResult)> {
    evaluated.rows.iter().zip(results).filter(|(row, _)| !row.own)
}

/// Whether all rows of this kind have this result, and there are some.
fn all(
    evaluated: &EvaluatedTable,
    results: &[PolicyResult],
    wanted: PolicyResult,
    matches: &dyn Fn(&TestRow) -> bool,
) -> bool {
    let mut rows = others(evaluated, results).filter(|(row, _)| matches(row)).peekable();
    rows.peek().is_some() && rows.all(|(_, policy_result)| *policy_result == wanted)
}
