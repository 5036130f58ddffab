//! `rls.loose_policy`: policies that admit more rows than they seem to: conditions that compare nothing with the
//! caller, and defaults for missing owners.

use super::{Check, OWN_ROWS, alter_policy, clients, table_finding, unexpected_policies};
use crate::access::admits::non_member;
use crate::access::compute::{applies_to, binds};
use crate::access::expression::{is_null_test, self_comparison};
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
    let mut findings = Vec::new();
    for (table, policy) in unexpected_policies(audit).filter(|(_, p)| p.permissive) {
        let served = |role: &&Role| {
            applies_to(policy, role) && binds(table, role) && is_granted(table, role, policy)
        };
        let mut roles = clients(audit).filter(served);
        let Some((sides, problem)) = roles.find_map(|role| problem(audit, table, role, policy))
        else {
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
    if let Some(operand) = self_comparison(text) {
        return Some(format!(
            "compares {operand} with itself, which admits every row without NULL there"
        ));
    }
    let (evaluated, run) = non_member(&audit.catalog, table, role)?;
    null_problem(evaluated, run.results.get(text)?, text)
}

/// Compares rows with NULL with rows without it, as a user who owns neither.
fn null_problem(
    evaluated: &EvaluatedTable,
    results: &[PolicyResult],
    text: &str,
) -> Option<String> {
    let others = || evaluated.rows.iter().zip(results).filter(|(row, _)| !row.own);
    let all = |wanted: PolicyResult, matches: &dyn Fn(&TestRow) -> bool| {
        let mut rows = others().filter(|(row, _)| matches(row)).peekable();
        rows.peek().is_some() && rows.all(|(_, policy_result)| *policy_result == wanted)
    };
    let complete = |row: &TestRow| row.nulls.is_empty();
    if all(PolicyResult::Admits, &complete) && others().any(|(_, v)| *v == PolicyResult::Rejects) {
        return Some("does not compare the row with the caller: it admits every row whose columns are not NULL".into());
    }
    let columns = evaluated.rows.iter().flat_map(|row| &row.nulls);
    let mut open = columns.filter(|c| {
        all(PolicyResult::Admits, &|row| row.nulls.contains(*c))
            && all(PolicyResult::Rejects, &complete)
    });
    // A condition that asks for NULL means it.
    open.find(|column| !is_null_test(text, column))
        .map(|column| format!("admits every row without {column} to every caller"))
}
