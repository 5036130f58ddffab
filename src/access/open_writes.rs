//! Writes that a policy allows whoever calls: of rows that belong to nobody in particular, or to others.

use super::admits::open_to_non_members;
use super::caller_free::{admits_without_caller, may_look_at_caller};
use super::compute::{applicable, applies_to, binds, compute_access};
use super::paths::Paths;
use super::policies::{Combined, Side, expression};
use super::triggers::sets_owner;
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::evaluated::{EvaluatedTable, Identity, PolicyResult, PolicyRun};
use crate::facts::access::{AccessCatalog, SqlCommand};

/// The commands by which a permissive policy lets a role write some rows whoever calls. Commands by which the role writes
/// every row are left out.
pub(crate) fn open_writes(
    paths: &Paths<'_>,
    table: &Relation,
    role: &Role,
    policy: &Policy,
) -> Vec<SqlCommand> {
    if !policy.permissive || !applies_to(policy, role) || !binds(table, role) {
        return vec![];
    }
    let writes = [SqlCommand::Insert, SqlCommand::Update, SqlCommand::Delete].into_iter();
    writes.filter(|command| is_open(paths, table, role, *command, policy)).collect()
}

/// The side that says whose rows a command writes. What an UPDATE leaves behind is the matter of `rls.row_transfer`.
pub(crate) fn deciding_side(command: SqlCommand) -> Side {
    if command == SqlCommand::Insert { Side::Check } else { Side::Using }
}

/// Whether a policy lets a role write rows whoever calls.
fn is_open(
    paths: &Paths<'_>,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
    policy: &Policy,
) -> bool {
    let (catalog, side) = (paths.catalog(), deciding_side(command));
    let access = || compute_access(catalog, table, role, command);
    if !policy.covers(command)
        || !table.is_granted(&role.name, command)
        || command == SqlCommand::Insert && sets_owner(catalog, table, command)
        || !matches!(access(), ComputedAccess::Rows(_))
        || open_to_non_members(catalog, table, role, command)
    {
        return false;
    }
    let restrictive = applicable(catalog, table, role, command).filter(|p| !p.permissive);
    let restrictive: Vec<_> = restrictive.collect();
    let is_compared = || restrictive.iter().any(|p| may_look_at_caller(paths, p, side, role));
    admits_rows_of_others(catalog, table, role, policy, &restrictive, side)
        || (admits_without_caller(paths, policy, side, role) && !is_compared())
}

/// Whether the server admitted a row of somebody else to a caller without any row.
fn admits_rows_of_others(
    catalog: &AccessCatalog,
    table: &Relation,
    role: &Role,
    policy: &Policy,
    restrictive: &[&Policy],
    side: Side,
) -> bool {
    let Some((evaluated, run)) = stranger(catalog, table, role) else { return false };
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
pub(crate) fn stranger<'a>(
    catalog: &'a AccessCatalog,
    table: &Relation,
    role: &'a Role,
) -> Option<(&'a EvaluatedTable, &'a PolicyRun)> {
    let evaluated = catalog.evaluations.tables.get(&table.name)?;
    let mut runs = evaluated.deciding_runs(&role.name);
    let run = runs.find(|run| !matches!(run.identity, Identity::User(_)))?;
    Some((evaluated, run))
}
