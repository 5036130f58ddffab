//! Sampled rows and user ids of tables, read with the rights of the login. Only columns that policies use are read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;

use super::rights_table::RightsTable;
use super::synthetic::{self, RowText, USER_COLUMNS, is_user_column, is_uuid};
use super::units::Target;
use crate::facts::access::catalog::Relation;
use crate::facts::access::evaluated::TestRow;
use crate::queue::sql::{ident, literal};
use crate::sources::postgres::Database;
use crate::sources::postgres::probe::probe_batch::{self, ProbeError, ProbeGroup, ProbeResult};
use crate::sources::postgres::probe::sample_setup;

/// Maximum number of sampled rows.
const ROWS: usize = 20;
/// Rows among which those with different values are preferred.
const CANDIDATES: usize = 200;
/// Maximum number of user ids of a table.
const USERS: usize = 2;

/// What was read of a table.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    /// Rows.
    pub(crate) rows: Vec<RowText>,
    /// User ids.
    pub(crate) users: Vec<String>,
}

#[derive(Deserialize)]
struct SampleJson {
    rows: Vec<(String, Vec<String>)>,
    users: Vec<String>,
}

/// All samples, by table, the random ids, and the tables without a sample with the reason.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    /// By table.
    pub(crate) tables: BTreeMap<String, Sample>,
    /// UUIDs that occur in no table.
    pub(crate) random: Vec<String>,
    /// Ids of stored rows of tables that policies read for rights.
    pub(crate) stored: BTreeMap<String, Vec<Vec<Option<String>>>>,
    /// Tables that could not be read, with the reason.
    pub(crate) failed: Vec<(String, String)>,
}

/// Reads samples of tables, each with the columns that its policies use. Tables without such columns are read for
/// user ids and the number of rows.
pub(crate) async fn read(
    db: &Database,
    budget: Duration,
    tables: &[(&Relation, BTreeSet<&str>)],
    rights: &[RightsTable<'_>],
) -> Samples {
    let random = "select pg_catalog.gen_random_uuid()::text from pg_catalog.generate_series(1, 4)";
    let mut queries = vec![random.to_owned()];
    queries.extend(tables.iter().map(|(table, used)| statement(table, used)));
    queries.extend(rights.iter().map(RightsTable::stored_ids));
    let group = ProbeGroup { setup: "SELECT 1".to_owned(), queries, ..ProbeGroup::default() };
    let setup = sample_setup(budget);
    let results = probe_batch::run(db, budget, &setup, &[group])
        .await
        .map(|groups| groups.into_iter().flatten().collect::<Vec<_>>());
    let mut samples = Samples::default();
    let results = match results {
        Ok(results) => results,
        Err(error) => {
            samples.failed.push(("samples".to_owned(), error.to_string()));
            return samples;
        }
    };
    let mut results = results.into_iter();
    samples.random =
        results.next().and_then(Result::ok).unwrap_or_default().into_iter().flatten().collect();
    for ((table, _), result) in tables.iter().zip(results.by_ref()) {
        match parse(result) {
            Ok(sample) => _ = samples.tables.insert(table.name.clone(), sample),
            Err(reason) => samples.failed.push((table.name.clone(), reason)),
        }
    }
    // Tables whose ids cannot be read are in the list of failures already.
    for (rights, result) in rights.iter().zip(results) {
        let text = result.unwrap_or_default().into_iter().flatten().next().unwrap_or_default();
        let stored = serde_json::from_str(&text).unwrap_or_default();
        samples.stored.insert(rights.table.name.clone(), stored);
    }
    samples
}

/// Removes the synthetic rows that cannot exist because the type of a column rejects a value: a number that is too
/// large, a domain. Otherwise every expression of the table would be evaluated row by row.
pub(crate) async fn remove_impossible_rows(
    db: &Database,
    budget: Duration,
    targets: &mut [Target<'_>],
) {
    let all = |target: &Target<'_>| {
        let rows = target.rows.iter().map(|row| row.text.as_str());
        rows_exist(target.table, &synthetic::array(rows))
    };
    let results = run(db, budget, targets.iter().map(all).collect()).await;
    for (target, result) in targets.iter_mut().zip(results) {
        if result.is_ok() {
            continue;
        }
        let one = |row: &RowText| {
            rows_exist(target.table, &synthetic::array(std::iter::once(row.text.as_str())))
        };
        let each = run(db, budget, target.rows.iter().map(one).collect()).await;
        let mut exists = each.iter().map(Result::is_ok);
        target.rows.retain(|_| exists.next().unwrap_or(false));
    }
}

fn rows_exist(table: &Relation, rows: &str) -> String {
    format!("select count(*)::text from pg_catalog.unnest({}::{}[]) s", literal(rows), table.name)
}

/// Runs queries with the rights of the login; without results on an error of the transaction.
async fn run(db: &Database, budget: Duration, queries: Vec<String>) -> Vec<ProbeResult> {
    let group = ProbeGroup { setup: "SELECT 1".to_owned(), queries, ..ProbeGroup::default() };
    let setup = sample_setup(budget);
    let groups = probe_batch::run(db, budget, &setup, &[group]).await;
    groups.map(|groups| groups.into_iter().flatten().collect()).unwrap_or_default()
}

fn statement(table: &Relation, used: &BTreeSet<&str>) -> String {
    let name = &table.name;
    let columns: Vec<_> = table.types.iter().filter(|c| used.contains(c.column.as_str())).collect();
    let names: Vec<_> = columns.iter().map(|c| ident(&c.column)).collect();
    let fields: Vec<_> = table
        .types
        .iter()
        .map(|c| match used.contains(c.column.as_str()) {
            true => format!("s.{}", ident(&c.column)),
            false => "null".to_owned(),
        })
        .collect();
    let row = format!("row({})::{name}::text", fields.join(", "));
    let rows = if names.is_empty() {
        format!(
            "select pg_catalog.json_build_array({row}, '[]'::json) as v from {name} s limit {ROWS}"
        )
    } else {
        let nulls: Vec<_> = columns
            .iter()
            .map(|c| {
                format!("case when s.{} is null then {} end", ident(&c.column), literal(&c.column))
            })
            .collect();
        let texts: Vec<_> = names.iter().map(|c| format!("d.{c}::text")).collect();
        format!(
            "select pg_catalog.json_build_array({row}, pg_catalog.array_remove(array[{}], null)) as v \
             from (select d.*, pg_catalog.row_number() over (partition by {}) as cliplyctl_row \
               from (select {} from {name} limit {CANDIDATES}) d) s \
             order by s.cliplyctl_row limit {ROWS}",
            nulls.join(", "),
            texts.join(", "),
            names.join(", ")
        )
    };
    format!(
        "select pg_catalog.json_build_object('rows', ({}), 'users', ({}))::text",
        list(&rows),
        list(&users(table, used))
    )
}

/// Returns the query for user ids: columns that policies compare with the user, then those with the usual names.
fn users(table: &Relation, used: &BTreeSet<&str>) -> String {
    let uuid = table.types.iter().filter(|c| c.base == "uuid");
    let mut columns: Vec<_> = uuid
        .filter(|c| used.contains(c.column.as_str()) || is_user_column(&c.column, &c.base))
        .map(|c| c.column.as_str())
        .collect();
    columns.sort_by_key(|c| (!USER_COLUMNS.contains(c), !used.contains(c)));
    let Some(column) = columns.first().map(|c| ident(c)) else {
        return "select null::text as v where false".to_owned();
    };
    let name = &table.name;
    format!(
        "select distinct u.v from (select {column}::text as v from {name} \
         where {column} is not null limit {CANDIDATES}) u limit {USERS}"
    )
}

fn list(select: &str) -> String {
    format!("select coalesce(pg_catalog.json_agg(l.v), '[]') from ({select}) l")
}

fn parse(result: ProbeResult) -> Result<Sample, String> {
    let rows = result.map_err(ProbeError::reason)?;
    let text = rows.into_iter().flatten().next().unwrap_or_default();
    let sample: SampleJson = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let row = |(text, nulls): (String, Vec<String>)| RowText {
        text,
        row: TestRow { real: true, nulls: nulls.into_iter().collect(), ..TestRow::default() },
    };
    let users = sample.users.into_iter().filter(|user| is_uuid(user)).collect();
    Ok(Sample { rows: sample.rows.into_iter().map(row).collect(), users })
}
