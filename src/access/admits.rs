//! What single policies and identities admit, from the results of the server.

use super::compute::{applicable, policy_result, sides};
use super::expression::normalise;
use super::policies::{Side, expression};
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::evaluated::{EvaluatedTable, Identity, PolicyResult, PolicyRun};
use crate::facts::access::{AccessCatalog, SqlCommand};

/// Whether a policy by itself admits every tested row to every identity of a role, for all sides of a command.
pub(crate) fn admits_everything(
    catalog: &AccessCatalog,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
    policy: &Policy,
) -> bool {
    Side::of(command).iter().all(|side| {
        expression(policy, *side).is_some_and(|e| holds(catalog, &table.name, &role.name, e))
    })
}

/// Whether an expression is true for every tested row and every deciding identity of a role.
pub(crate) fn holds(catalog: &AccessCatalog, table: &str, role: &str, expression: &str) -> bool {
    is_always(catalog, table, role, expression, PolicyResult::Admits)
        .unwrap_or_else(|| normalise(expression) == "true")
}

/// Whether an expression is false for every tested row and every deciding identity of a role.
pub(crate) fn fails(catalog: &AccessCatalog, table: &str, role: &str, expression: &str) -> bool {
    is_always(catalog, table, role, expression, PolicyResult::Rejects)
        .unwrap_or_else(|| normalise(expression) == "false")
}

fn is_always(
    catalog: &AccessCatalog,
    table: &str,
    role: &str,
    expression: &str,
    wanted: PolicyResult,
) -> Option<bool> {
    let evaluated = catalog.evaluations.tables.get(table)?;
    let mut results =
        evaluated.deciding_runs(role).filter_map(|run| run.results.get(expression)).peekable();
    results.peek()?;
    let agrees = |v: &PolicyResult| *v == wanted || *v == PolicyResult::Impossible;
    Some(results.all(|results| results.iter().all(agrees)))
}

/// Whether a user who occurs in no table reaches every row.
pub(crate) fn open_to_non_members(
    catalog: &AccessCatalog,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
) -> bool {
    let Some((evaluated, run)) = non_member(catalog, table, role) else { return false };
    let policies: Vec<_> = applicable(catalog, table, role, command).collect();
    let sides = sides(&policies, command);
    let results = (0..evaluated.rows.len()).map(|row| policy_result(&sides, run, row));
    let mut possible = results.filter(|v| *v != PolicyResult::Impossible).peekable();
    possible.peek().is_some() && possible.all(|v| v == PolicyResult::Admits)
}

/// The results of a user who occurs in no table.
pub(crate) fn non_member<'a>(
    catalog: &'a AccessCatalog,
    table: &Relation,
    role: &Role,
) -> Option<(&'a EvaluatedTable, &'a PolicyRun)> {
    let evaluated = catalog.evaluations.tables.get(&table.name)?;
    let run = evaluated.run(&role.name, &Identity::NonMember)?;
    Some((evaluated, run))
}
