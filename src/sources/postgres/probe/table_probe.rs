//! What is asked about one table as one persona, and what the answers mean.

use super::helpers;
use super::probe_batch::{ProbeAnswer, ProbeError};
use super::sample::{ProbeSample, ProbeTarget, RowKey};
use crate::facts::access::catalog::SqlFunction;
use crate::facts::access::tested::{AccessTest, AccessTestResult, TestRole};
use crate::facts::access::{Observations, SqlCommand};

/// One question: the statement and how to read its answer.
pub struct TableProbe<'a> {
    /// The statement.
    pub sql: String,
    kind: Kind<'a>,
}

enum Kind<'a> {
    /// Which of the sampled keys come back.
    Read,
    /// Whether the planner is let through, and whether anything can come of it.
    Plan(SqlCommand),
    /// What a helper says to each argument.
    Helper(&'a SqlFunction, Vec<helpers::Argument>),
}

/// Everything that is asked without writing.
pub fn all<'a>(
    target: &ProbeTarget<'_>,
    sample: &ProbeSample,
    persona: TestRole,
    helpers: &[&'a SqlFunction],
) -> Vec<TableProbe<'a>> {
    let table = &target.table.name;
    let mut questions = Vec::new();
    let keys: Vec<_> = sample.own.iter().chain(&sample.foreign).collect();
    if !keys.is_empty() {
        let (key, these) = (target.key_of(""), target.these(&keys));
        let sql = format!("select {key}::text from {table} where {these}");
        questions.push(TableProbe { sql, kind: Kind::Read });
    }
    let column = target.written_column(persona.role());
    // Without a WHERE nothing but the right to the command itself is asked for.
    let update = format!("explain (costs off) update {table} set {column} = default");
    let delete = format!("explain (costs off) delete from {table}");
    questions.push(TableProbe { sql: update, kind: Kind::Plan(SqlCommand::Update) });
    questions.push(TableProbe { sql: delete, kind: Kind::Plan(SqlCommand::Delete) });
    for helper in helpers {
        let arguments = helpers::arguments(sample, persona);
        let sql = helpers::calls(helper, &arguments);
        questions.push(TableProbe { sql, kind: Kind::Helper(helper, arguments) });
    }
    questions
}

/// Notes what an answer means.
pub fn note(
    question: TableProbe<'_>,
    answer: ProbeAnswer,
    target: &ProbeTarget<'_>,
    sample: &ProbeSample,
    persona: TestRole,
    seen: &mut Observations,
) {
    let command = match question.kind {
        Kind::Helper(helper, arguments) => {
            helpers::note(helper, arguments, answer, persona, seen);
            return;
        }
        Kind::Read => SqlCommand::Select,
        Kind::Plan(command) => command,
    };
    let table = target.table.name.clone();
    let outcome = match answer {
        Ok(rows) if command == SqlCommand::Select => read(&rows, sample),
        Ok(plan) => {
            AccessTestResult::Planned { nothing: plan.iter().flatten().any(|line| never(line)) }
        }
        Err(ProbeError::Denied) => AccessTestResult::Denied,
        Err(ProbeError::Constraint) => AccessTestResult::Failed("a constraint".to_owned()),
        Err(ProbeError::Failed(why)) => AccessTestResult::Failed(why),
        Err(ProbeError::Blocked(why)) => {
            let what = format!("{table}: {} as {}", command.sql(), persona.as_str());
            seen.blocked.push((what, why));
            return;
        }
    };
    seen.trials.push(AccessTest { table, persona, command, outcome });
}

fn read(rows: &[Option<String>], sample: &ProbeSample) -> AccessTestResult {
    let rows = rows.iter().flatten().filter_map(|row| serde_json::from_str(row).ok());
    let rows: Vec<RowKey> = rows.collect();
    let found = |keys: &[RowKey]| keys.iter().filter(|key| rows.contains(key)).count();
    AccessTestResult::Rows {
        own: found(&sample.own),
        of_own: sample.own.len(),
        foreign: found(&sample.foreign),
        of_foreign: sample.foreign.len(),
    }
}

/// What the planner says where row security admits no row at all.
fn never(line: &str) -> bool {
    line.trim() == "One-Time Filter: false"
}
