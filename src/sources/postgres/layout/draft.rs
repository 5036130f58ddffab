//! Reads what a draft of a declaration needs: the columns of the table that looks most like one with jobs, and the
//! values of its state column.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::super::queue::SCAN_BUDGET;
use super::super::{Database, row_types};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::CatalogFunction;
use crate::queue::draft::{self, DraftColumn, DraftState, DraftTable, LIKE_A_QUEUE};
use crate::queue::sql::ident;
use crate::suggest::{CommandText, ShellCommand};

const COLUMNS: &str = include_str!("queries/draft.sql");
const FUNCTIONS: &str = include_str!("queries/draft_functions.sql");

/// Number of rows in which values of the state column are looked for.
const ROWS: u32 = 50_000;

/// Returns a declaration to paste into the context `context`: of the table `name`, which may have a schema, or of the
/// one that looks most like a queue.
///
/// # Errors
/// [`SourceErrorKind::NotFound`] if there is no such table.
pub(crate) async fn draft(
    db: &Database,
    context: &str,
    name: Option<&str>,
    timeout: Duration,
) -> Result<String, SourceError> {
    let table = match name {
        Some(name) => named(db, name, timeout).await?,
        None => likely(db, timeout).await?,
    };
    let values = match table.state() {
        Some(DraftState::Column(column)) => values(db, &table, &column, timeout).await?,
        _ => vec![],
    };
    let functions = functions(db, &table, timeout).await?;
    Ok(draft::text(context, &table, &values, &functions))
}

/// Returns the functions that mention the table. Without them the draft assumes the usual: reading them must not fail it.
async fn functions(
    db: &Database,
    table: &DraftTable,
    timeout: Duration,
) -> Result<Vec<CatalogFunction>, SourceError> {
    let name: [(&(dyn ToSql + Sync), Type); 1] = [(&table.relation.name, Type::TEXT)];
    match db.rows(timeout.min(SCAN_BUDGET), FUNCTIONS, &name).await {
        Ok(rows) => {
            let function = |row: &Row| {
                let name = row_types::text(row, "name")?;
                Some(CatalogFunction { name, source: row.get("source") })
            };
            Ok(rows.iter().filter_map(function).collect())
        }
        Err(error) if error.kind == SourceErrorKind::Timeout => Ok(vec![]),
        Err(error) => Err(error),
    }
}

async fn named(db: &Database, name: &str, timeout: Duration) -> Result<DraftTable, SourceError> {
    let (schema, table) = match name.split_once('.') {
        Some((schema, table)) => (Some(schema), table),
        None => (None, name),
    };
    let mut tables = tables(db, schema, Some(table), timeout).await?;
    let in_public = tables.iter().position(|table| table.relation.schema == "public");
    if tables.is_empty() {
        let message = format!("table {name} does not exist, or this login may not read it");
        return Err(SourceError::new(SourceErrorKind::NotFound, message)
            .hint("write it as SCHEMA.TABLE, with the letter case of the catalog"));
    }
    let table = tables.swap_remove(in_public.unwrap_or(0));
    if table.likeness().is_none() {
        let columns: Vec<_> =
            table.columns.iter().map(|c| format!("{} {}", c.name, c.r#type)).collect();
        let message = format!(
            "{} has neither a primary key of one column nor a state column: its columns are {}",
            table.relation,
            columns.join(", ")
        );
        return Err(SourceError::new(SourceErrorKind::UnknownLayout, message)
            .hint("write the declaration manually; a complete example: docs/declared-layout.md"));
    }
    Ok(table)
}

async fn likely(db: &Database, timeout: Duration) -> Result<DraftTable, SourceError> {
    let tables = tables(db, None, None, timeout).await?;
    let scored = tables.into_iter().filter_map(|table| Some((table.likeness()?, table)));
    let best = scored.filter(|(score, _)| *score >= LIKE_A_QUEUE).max_by_key(|(score, _)| *score);
    best.map(|(_, table)| table).ok_or_else(|| {
        SourceError::new(SourceErrorKind::NotFound, "no table looks like a jobs table")
            .hint(CommandText::to("name it", ShellCommand::new("config check --declare TABLE")))
    })
}

async fn tables(
    db: &Database,
    schema: Option<&str>,
    name: Option<&str>,
    timeout: Duration,
) -> Result<Vec<DraftTable>, SourceError> {
    let params: [(&(dyn ToSql + Sync), Type); 2] = [(&schema, Type::TEXT), (&name, Type::TEXT)];
    let rows = db.rows(timeout, COLUMNS, &params).await?;
    let mut tables: Vec<DraftTable> = Vec::new();
    for row in &rows {
        let (schema, name): (String, String) = (row.get("schema"), row.get("name"));
        let is_new = tables
            .last()
            .is_none_or(|last| last.relation.schema != schema || last.relation.name != name);
        if is_new {
            let relation = crate::queue::Relation { schema, name };
            tables.push(DraftTable { relation, columns: vec![] });
        }
        if let Some(table) = tables.last_mut() {
            table.columns.push(column(row));
        }
    }
    Ok(tables)
}

fn column(row: &Row) -> DraftColumn {
    DraftColumn {
        name: row.get("column"),
        r#type: row.get("type"),
        labels: row.get("labels"),
        is_key: row.get("is_key"),
    }
}

/// Returns the values of the state column, most frequent first: those in its first rows, then further labels of its
/// enum.
async fn values(
    db: &Database,
    table: &DraftTable,
    column: &str,
    timeout: Duration,
) -> Result<Vec<(String, i64)>, SourceError> {
    let statement = format!(
        "select value, count(*) as n from (select {}::text as value from {} limit {ROWS}) first
          where value is not null group by value order by n desc, value limit 50",
        ident(column),
        table.relation,
    );
    let mut values: Vec<(String, i64)> =
        match db.rows(timeout.min(SCAN_BUDGET), &statement, &[]).await {
            Ok(rows) => {
                let value = |row: &Row| Some((row_types::text(row, "value")?, row.get("n")));
                rows.iter().filter_map(value).collect()
            }
            Err(error) if error.kind == SourceErrorKind::Timeout => vec![],
            Err(error) => return Err(error),
        };
    let labels = table.column(column).map(|column| column.labels.as_slice()).unwrap_or_default();
    for label in labels {
        if !values.iter().any(|(value, _)| value == label) {
            values.push((label.clone(), 0));
        }
    }
    Ok(values)
}
