//! Access tests of one table that do not write: reading rows, planning writes, calling helpers.

use super::helpers;
use super::probe_batch::{ProbeError, ProbeResult};
use super::sample::{ProbeSample, ProbeTarget, RowKey};
use crate::facts::access::catalog::SqlFunction;
use crate::facts::access::tested::{AccessTest, AccessTestResult, TestRole};
use crate::facts::access::{AccessTests, SqlCommand};

/// Test: its statement and how its result is interpreted.
pub(crate) struct TableProbe<'a> {
    /// SQL of the test.
    pub(crate) sql: String,
    kind: Kind<'a>,
}

enum Kind<'a> {
    /// Reads the sampled rows; the result is the keys that are visible.
    Read,
    /// Plans a write; the result shows whether it is permitted and whether row security admits any
    /// row.
    Plan(SqlCommand),
    /// Calls a helper; the result is its value for each argument.
    Helper(&'a SqlFunction, Vec<helpers::Argument>),
}

/// Returns all tests of a table for a role.
pub(crate) fn all<'a>(
    target: &ProbeTarget<'_>,
    sample: &ProbeSample,
    role: TestRole,
    helpers: &[&'a SqlFunction],
) -> Vec<TableProbe<'a>> {
    let table = &target.table.name;
    let mut probes = Vec::new();
    let keys: Vec<_> = sample.own.iter().chain(&sample.foreign).collect();
    if !keys.is_empty() {
        let (key, condition) = (target.key_json(""), target.key_condition(&keys));
        let sql = format!("select {key}::text from {table} where {these}", these = condition);
        probes.push(TableProbe { sql, kind: Kind::Read });
    }
    let column = target.written_column(role.role());
    // A WHERE clause would also require the SELECT privilege.
    let update = format!("explain (costs off) update {table} set {column} = default");
    let delete = format!("explain (costs off) delete from {table}");
    probes.push(TableProbe { sql: update, kind: Kind::Plan(SqlCommand::Update) });
    probes.push(TableProbe { sql: delete, kind: Kind::Plan(SqlCommand::Delete) });
    for helper in helpers {
        let arguments = helpers::arguments(sample, role);
        let sql = helpers::call_statement(helper, &arguments);
        probes.push(TableProbe { sql, kind: Kind::Helper(helper, arguments) });
    }
    probes
}

/// Records the result of a test.
pub(crate) fn record(
    probe: TableProbe<'_>,
    result: ProbeResult,
    target: &ProbeTarget<'_>,
    sample: &ProbeSample,
    role: TestRole,
    observations: &mut AccessTests,
) {
    let command = match probe.kind {
        Kind::Helper(helper, arguments) => {
            helpers::record(helper, arguments, result, role, observations);
            return;
        }
        Kind::Read => SqlCommand::Select,
        Kind::Plan(command) => command,
    };
    let table = target.table.name.clone();
    let outcome = match result {
        Ok(rows) if command == SqlCommand::Select => visible_rows(&rows, sample),
        Ok(plan) => AccessTestResult::Planned {
            nothing: plan.iter().flatten().any(|line| admits_no_row(line)),
        },
        Err(ProbeError::Denied(_) | ProbeError::Unresolved(_)) => AccessTestResult::Denied,
        Err(ProbeError::Constraint) => AccessTestResult::Failed("a constraint".to_owned()),
        Err(ProbeError::Failed(_, error)) => AccessTestResult::Failed(error),
        Err(ProbeError::Blocked(reason)) => {
            let test = format!("{table}: {} as {}", command.sql(), role.as_str());
            observations.block(test, reason);
            return;
        }
    };
    observations.tests.push(AccessTest { table, persona: role, command, outcome });
}

/// Counts the sampled rows that are visible.
fn visible_rows(rows: &[Option<String>], sample: &ProbeSample) -> AccessTestResult {
    let rows = rows.iter().flatten().filter_map(|row| serde_json::from_str(row).ok());
    let rows: Vec<RowKey> = rows.collect();
    let visible = |keys: &[RowKey]| keys.iter().filter(|key| rows.contains(key)).count();
    AccessTestResult::Rows {
        own: visible(&sample.own),
        of_own: sample.own.len(),
        foreign: visible(&sample.foreign),
        of_foreign: sample.foreign.len(),
    }
}

/// Returns whether a line of a plan says that row security admits no row.
fn admits_no_row(line: &str) -> bool {
    line.trim() == "One-Time Filter: false"
}
