//! Writes that are rolled back: for a test database, and only with leave.
//!
//! Row security is asked before constraints are, so that a constraint that stops a write shows that the
//! policies let it pass.

use std::fmt::Write as _;

use super::probe_batch::{ProbeAnswer, ProbeError};
use super::sample::{ProbeSample, ProbeTarget};
use crate::facts::access::tested::{AccessTest, AccessTestResult, TestRole};
use crate::facts::access::{Observations, SqlCommand};
use crate::queue::sql::{ident, literal};

/// A write on one side's rows.
pub struct RolledBackWrite {
    /// The statement: it answers with the number of rows, or with nothing for a row that was added.
    pub sql: String,
    command: SqlCommand,
    own: bool,
    rows: usize,
}

/// Updates and deletes of the sampled rows, and a copy of one row added, on both sides.
pub fn all(target: &ProbeTarget<'_>, sample: &ProbeSample, role: &str) -> Vec<RolledBackWrite> {
    let mut rehearsals = Vec::new();
    for (keys, own) in [(&sample.own, true), (&sample.foreign, false)] {
        if keys.is_empty() {
            continue;
        }
        let table = &target.table.name;
        let column = target.written_column(role);
        let these = format!("where {}", target.these(&keys.iter().collect::<Vec<_>>()));
        let counted = |write: &str| {
            format!("with w as ({write} {these} returning 1) select count(*)::text from w")
        };
        let rows = keys.len();
        let mut add =
            |command, rows, sql| rehearsals.push(RolledBackWrite { sql, command, own, rows });
        let update = format!("update {table} set {column} = {column}");
        add(SqlCommand::Update, rows, counted(&update));
        add(SqlCommand::Delete, rows, counted(&format!("delete from {table}")));
        let copy = if own { &sample.own_row } else { &sample.foreign_row };
        if let Some(row) = copy {
            add(SqlCommand::Insert, 1, insert(target, role, row));
        }
    }
    rehearsals
}

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

/// Notes what came of the writes of one persona.
pub fn note(
    rehearsals: &[RolledBackWrite],
    answers: Vec<ProbeAnswer>,
    table: &str,
    persona: TestRole,
    seen: &mut Observations,
) {
    let mut answered: Vec<_> = rehearsals.iter().zip(answers).collect();
    for command in [SqlCommand::Update, SqlCommand::Delete, SqlCommand::Insert] {
        let mine = answered.extract_if(.., |(r, _)| r.command == command).collect::<Vec<_>>();
        if mine.is_empty() {
            continue;
        }
        match outcome(command, &mine) {
            Ok(outcome) => {
                // What was tried says more than what was planned.
                seen.trials.retain(|t| {
                    (t.table.as_str(), t.persona, t.command) != (table, persona, command)
                });
                seen.trials.push(AccessTest { table: table.to_owned(), persona, command, outcome });
            }
            Err(why) => {
                let mut what = table.to_owned();
                _ = write!(what, ": {} as {}, rolled back", command.sql(), persona.as_str());
                seen.blocked.push((what, why));
            }
        }
    }
}

fn outcome(
    command: SqlCommand,
    answered: &[(&RolledBackWrite, ProbeAnswer)],
) -> Result<AccessTestResult, String> {
    let (mut own, mut of_own, mut foreign, mut of_foreign) = (0, 0, 0, 0);
    let mut denied = 0;
    for (rehearsal, answer) in answered {
        let done = match answer {
            Ok(_) if command == SqlCommand::Insert => 1,
            Ok(rows) => count(rows),
            // At least one row got past row security.
            Err(ProbeError::Constraint) => rehearsal.rows,
            Err(ProbeError::Denied) => {
                denied += 1;
                0
            }
            // A trigger of the application, most likely: nothing is known of access.
            Err(ProbeError::Failed(why) | ProbeError::Blocked(why)) => return Err(why.clone()),
        };
        let (sum, of) =
            if rehearsal.own { (&mut own, &mut of_own) } else { (&mut foreign, &mut of_foreign) };
        *sum += done;
        *of += rehearsal.rows;
    }
    // A policy refuses a new row with the same error as a missing grant.
    if command != SqlCommand::Insert && denied == answered.len() {
        return Ok(AccessTestResult::Denied);
    }
    Ok(AccessTestResult::Rows { own, of_own, foreign, of_foreign })
}

fn count(rows: &[Option<String>]) -> usize {
    rows.first().and_then(|row| row.as_ref()?.parse().ok()).unwrap_or(0)
}
