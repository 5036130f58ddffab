//! Access tests that write and are rolled back; they need a permit and are meant for test
//! databases.
//!
//! The server checks row security before constraints, so a constraint violation shows that the
//! policies allow the write.

use std::fmt::Write as _;

use super::probe_batch::{ProbeError, ProbeResult};
use super::sample::{ProbeSample, ProbeTarget};
use crate::facts::access::tested::{AccessTest, AccessTestResult, TestRole};
use crate::facts::access::{AccessTests, SqlCommand};
use crate::queue::sql::{ident, literal};

/// Write on own rows or on rows of others.
pub(crate) struct RolledBackWrite {
    /// SQL of the write; returns the number of rows, or nothing for an INSERT.
    pub(crate) sql: String,
    command: SqlCommand,
    own: bool,
    rows: usize,
}

/// Returns an update and a delete of the sampled rows, and an insert of a copy of one row, for own
/// rows and for rows of others.
pub(crate) fn all(
    target: &ProbeTarget<'_>,
    sample: &ProbeSample,
    role: &str,
) -> Vec<RolledBackWrite> {
    let mut writes = Vec::new();
    for (keys, own) in [(&sample.own, true), (&sample.foreign, false)] {
        if keys.is_empty() {
            continue;
        }
        let table = &target.table.name;
        let column = target.written_column(role);
        let condition = format!("where {}", target.key_condition(&keys.iter().collect::<Vec<_>>()));
        let counted = |write: &str| {
            format!(
                "with w as ({write} {these} returning 1) select count(*)::text from w",
                these = condition
            )
        };
        let rows = keys.len();
        let mut add = |command, rows, sql| writes.push(RolledBackWrite { sql, command, own, rows });
        let update = format!("update {table} set {column} = {column}");
        add(SqlCommand::Update, rows, counted(&update));
        add(SqlCommand::Delete, rows, counted(&format!("delete from {table}")));
        let copy = if own { &sample.own_row } else { &sample.foreign_row };
        if let Some(row) = copy {
            add(SqlCommand::Insert, 1, insert(target, role, row));
        }
    }
    writes
}

/// Returns the statement that inserts a copy of `row` (JSON).
fn insert(target: &ProbeTarget<'_>, role: &str, row: &str) -> String {
    let granted = target.table.only_columns(role, SqlCommand::Insert.sql());
    let columns = if granted.is_empty() { &target.table.columns } else { &granted };
    let columns = columns.iter().map(|column| ident(column)).collect::<Vec<_>>().join(", ");
    let table = &target.table.name;
    format!(
        "insert into {table} ({columns}) overriding system value select {columns} \
         from pg_catalog.jsonb_populate_record(null::{table}, {}::jsonb)",
        literal(row)
    )
}

/// Records the results of the writes of one role.
pub(crate) fn record(
    writes: &[RolledBackWrite],
    results: Vec<ProbeResult>,
    table: &str,
    role: TestRole,
    observations: &mut AccessTests,
) {
    let mut remaining: Vec<_> = writes.iter().zip(results).collect();
    for command in [SqlCommand::Update, SqlCommand::Delete, SqlCommand::Insert] {
        let writes: Vec<_> =
            remaining.extract_if(.., |(write, _)| write.command == command).collect();
        if writes.is_empty() {
            continue;
        }
        match outcome(command, &writes) {
            Ok(outcome) => {
                // An executed write replaces a planned one.
                observations.tests.retain(|test| {
                    (test.table.as_str(), test.persona, test.command) != (table, role, command)
                });
                let table = table.to_owned();
                observations.tests.push(AccessTest { table, persona: role, command, outcome });
            }
            Err(reason) => {
                let mut test = table.to_owned();
                _ = write!(test, ": {} as {}, rolled back", command.sql(), role.as_str());
                observations.block(test, reason);
            }
        }
    }
}

/// Adds up the results of all writes of one command, or returns the reason why access is unknown.
fn outcome(
    command: SqlCommand,
    results: &[(&RolledBackWrite, ProbeResult)],
) -> Result<AccessTestResult, String> {
    let (mut own, mut of_own, mut foreign, mut of_foreign) = (0, 0, 0, 0);
    let mut denied = 0;
    for (write, result) in results {
        let written = match result {
            Ok(_) if command == SqlCommand::Insert => 1,
            Ok(rows) => count(rows),
            // Row security admitted at least one row.
            Err(ProbeError::Constraint) => write.rows,
            Err(ProbeError::Denied(_) | ProbeError::Unresolved(_)) => {
                denied += 1;
                0
            }
            // Most likely an error of a trigger, which says nothing about access.
            Err(ProbeError::Failed(_, reason) | ProbeError::Blocked(reason)) => {
                return Err(reason.clone());
            }
        };
        let (sum, total) =
            if write.own { (&mut own, &mut of_own) } else { (&mut foreign, &mut of_foreign) };
        *sum += written;
        *total += write.rows;
    }
    // A policy rejects a new row with the same error as a missing grant.
    if command != SqlCommand::Insert && denied == results.len() {
        return Ok(AccessTestResult::Denied);
    }
    Ok(AccessTestResult::Rows { own, of_own, foreign, of_foreign })
}

/// Returns the number of rows that a write returned.
fn count(rows: &[Option<String>]) -> usize {
    rows.first().and_then(|row| row.as_ref()?.parse().ok()).unwrap_or(0)
}
