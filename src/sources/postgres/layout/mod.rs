//! Reads the system catalog and determines the [`Layout`] of the jobs table and its events.
//!
//! It sends several simple statements in one message. One large statement that builds JSON takes a new
//! session more than twice as long, because the session has to look up every function and operator, and
//! most commands run only one statement per session. For the same reason rows are filtered here and not
//! in SQL.

mod catalog_rows;
mod declared;
mod draft;
mod errors;
mod evidence;
mod naive_times;
mod packages;

use std::time::Duration;

use tokio_postgres::types::{Oid, ToSql, Type};

use catalog_rows::{CatalogRows, partition, storage};
use errors::layout_error;
use evidence::read_evidence;

use super::Database;
use super::query::{QueryParams, TextRow};
use super::queue::SCAN_BUDGET;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{
    Claims, Layout, LayoutError, Lifecycle, QueueChoice, STATE_COLUMNS, TableCatalog, UnreadColumn,
    allowed_values, recognize, sql, unread_columns,
};
pub(crate) use declared::{FieldProof, prove};
pub(crate) use draft::draft;

/// Name of the events table.
const EVENTS: &str = "job_events";

const PARTITIONS: &str = include_str!("queries/partitions.sql");
const TYPE_VALUES: &str = include_str!("queries/type_values.sql");
const MOST_COMMON: &str = include_str!("queries/most_common.sql");
const HIDDEN: &str = include_str!("queries/hidden.sql");

/// A layout, and what the functions of the database, or its declaration, tell about claims.
pub(crate) struct LayoutReading {
    pub(crate) layout: Layout,
    pub(crate) claims: Claims,
}

impl LayoutReading {
    /// The reading of a declared table or one of a package, whose claims are known without a function.
    fn declared(layout: Layout) -> Self {
        let counting = layout.declared.as_ref().map(|declared| declared.counting);
        let counting = counting.unwrap_or_default();
        Self { layout, claims: Claims { counting, ..Claims::default() } }
    }
}

/// What the context says about the layout of `jobs`, where the catalog may decide nothing.
#[derive(Debug, Default)]
pub(crate) struct LayoutSettings {
    /// The column that the worker's claim reads, of `state` and `status`.
    pub(crate) state_column: Option<String>,
    /// The zone of times without one.
    pub(crate) time_zone: Option<String>,
}

/// Reads the layout: the declared one, or the one that is recognized.
pub(crate) async fn read(
    db: &Database,
    choice: Option<&QueueChoice>,
    settings: &LayoutSettings,
    timeout: Duration,
) -> Result<LayoutReading, SourceError> {
    let layout = match choice {
        Some(QueueChoice::Declared(declaration)) => {
            declared::read(db, declaration, timeout).await?
        }
        Some(QueueChoice::Instance(choice)) => packages::read(db, choice, timeout).await?,
        None => return recognized(db, settings, timeout).await,
    };
    Ok(LayoutReading::declared(layout))
}

/// Recognizes the layout of `jobs`, or else of a package's table.
///
/// The first takes one round trip; one more if the table is partitioned or nothing shows that workers claim
/// its rows, up to three more if it has both `state` and `status`, and up to two more if it has times without a zone.
///
/// # Errors
/// Also those of `recognize`: no jobs table, no permission, or an unknown layout.
async fn recognized(
    db: &Database,
    settings: &LayoutSettings,
    timeout: Duration,
) -> Result<LayoutReading, SourceError> {
    let (rows, candidates) = CatalogRows::read_with_functions(db, timeout).await?;
    let (mut catalog, table) = read_catalog(db, rows, &STATE_COLUMNS, timeout).await?;
    if catalog.jobs.is_none() {
        return match packages::find(db, &candidates, timeout).await? {
            Some(layout) => Ok(LayoutReading::declared(layout)),
            None => Err(layout_error(LayoutError::NoTable, &table)),
        };
    }
    catalog.evidence.setting.clone_from(&settings.state_column);
    if let Some(jobs) = catalog.jobs.as_ref().filter(|jobs| jobs.can_select && !jobs.hidden_by_rls)
    {
        read_evidence(db, jobs, &mut catalog.evidence, timeout).await?;
    }
    naive_times::read(db, &mut catalog, settings.time_zone.as_deref(), timeout).await?;
    let mut layout = match recognize(&catalog) {
        Ok(layout) => layout,
        Err(error @ LayoutError::Unknown { .. }) => {
            let layout = packages::find(db, &candidates, timeout).await?;
            let layout = layout.ok_or_else(|| layout_error(error, &table))?;
            return Ok(LayoutReading::declared(layout));
        }
        Err(error) => return Err(layout_error(error, &table)),
    };
    if !layout.is_worked() {
        // A table of the application can have the name and a state, and the queue is the package's.
        if let Some(layout) = packages::find(db, &candidates, timeout).await? {
            return Ok(LayoutReading::declared(layout));
        }
    }
    if !layout.states_closed {
        let seen = seen_states(db, &layout, Some(&layout.state_column), timeout).await?;
        if let Some(jobs) = &mut catalog.jobs {
            jobs.seen_values.insert(layout.state_column, seen);
        }
        layout = recognize(&catalog).map_err(|error| layout_error(error, &table))?;
    }
    if let Some(jobs) = &catalog.jobs {
        let unread = unread_columns(jobs, &layout, &catalog.evidence.functions);
        layout.unread = those_that_matter(db, &layout, unread, timeout).await?;
    }
    let claims = Claims::new(&catalog.evidence.functions, &layout);
    Ok(LayoutReading { layout, claims })
}

/// Keeps the roles for which a column has a value in a job, and the columns with one. A table that takes too long keeps
/// all.
async fn those_that_matter(
    db: &Database,
    layout: &Layout,
    mut columns: Vec<UnreadColumn>,
    timeout: Duration,
) -> Result<Vec<UnreadColumn>, SourceError> {
    if columns.is_empty() {
        return Ok(columns);
    }
    let jobs = layout.rows_as("jobs");
    let exists = |column: &UnreadColumn, role: Lifecycle| {
        format!("exists (select from {jobs} where {})", column.matters(layout, role))
    };
    let exist: Vec<_> = columns
        .iter()
        .flat_map(|column| column.roles.iter().map(|role| exists(column, *role)))
        .collect();
    let statement = format!("select array[{}] as matter", exist.join(", "));
    match db.row(timeout.min(SCAN_BUDGET), &statement, &[]).await {
        Ok(row) => {
            let mut matter = row.get::<_, Vec<bool>>("matter").into_iter();
            for column in &mut columns {
                column.roles.retain(|_| matter.next().unwrap_or(true));
            }
            columns.retain(|column| !column.roles.is_empty());
            Ok(columns)
        }
        Err(error) if error.kind == SourceErrorKind::Timeout => Ok(columns),
        Err(error) => Err(error),
    }
}

/// Returns the catalog of the tables, with the values that the types of these columns allow. Returns the name of the
/// jobs table as well, as SQL, whether or not it exists.
async fn read_catalog(
    db: &Database,
    catalog_rows: CatalogRows,
    state_columns: &[&str],
    timeout: Duration,
) -> Result<(TableCatalog, String), SourceError> {
    let mut catalog = catalog_rows.catalog()?;
    read_hidden(db, &catalog_rows, &mut catalog, timeout).await?;
    let table = match &catalog.jobs {
        Some(jobs) => jobs.relation.to_string(),
        None => format!("{}.{}", db.schema(), db.jobs_table()),
    };
    if let Some(jobs) = &mut catalog.jobs
        && let Some(partitioned) = catalog_rows.partitioned_jobs()
    {
        let statement = PARTITIONS.replace("$1", &partitioned.to_string());
        let [rows] = db.script(timeout, [&statement]).await?;
        let leaves = rows.iter().filter(|row| row.flag("leaf"));
        jobs.storage = leaves.map(storage).collect::<Result<_, _>>()?;
        jobs.partitions = rows.iter().map(partition).collect();
    }
    read_type_values(db, &catalog_rows, &mut catalog, state_columns, timeout).await?;
    Ok((catalog, table))
}

/// Reads whether row-level security hides rows, where the answer is not in the first round trip.
async fn read_hidden(
    db: &Database,
    rows: &CatalogRows,
    catalog: &mut TableCatalog,
    timeout: Duration,
) -> Result<(), SourceError> {
    let is_open = |row: &&TextRow| row.flag("rls_active") || row.text("kind") == Some("v");
    if !rows.tables.iter().any(|row| is_open(&row)) {
        return Ok(());
    }
    for row in db.rows(timeout, &db.with_relations(HIDDEN), &[]).await? {
        let (source, hidden): (Oid, bool) = (row.get("source"), row.get("hidden"));
        let tables = [(rows.jobs.as_str(), &mut catalog.jobs), (EVENTS, &mut catalog.events)];
        for (name, table) in tables {
            let is_source = rows.row(name).is_some_and(|row| row.value("oid").ok() == Some(source));
            if let Some(table) = table.as_mut().filter(|_| is_source) {
                table.hidden_by_rls = hidden;
            }
        }
    }
    Ok(())
}

/// Reads the values of enums and domains, if a state column has such a type.
async fn read_type_values(
    db: &Database,
    rows: &CatalogRows,
    catalog: &mut TableCatalog,
    state_columns: &[&str],
    timeout: Duration,
) -> Result<(), SourceError> {
    let Some(jobs) = catalog.jobs.as_mut() else { return Ok(()) };
    for (column, labels) in rows.labels_of(state_columns) {
        jobs.type_values.insert(column, labels);
    }
    let is_open = |name: &str| {
        jobs.column(name).is_some_and(|column| column.r#type.is_none())
            && !jobs.type_values.contains_key(name)
    };
    if !state_columns.iter().any(|name| is_open(name)) {
        return Ok(());
    }
    let Some(table) = rows.row(&rows.jobs).and_then(|row| row.value::<Oid>("oid").ok()) else {
        return Ok(());
    };
    let params: [(&(dyn ToSql + Sync), Type); 2] =
        [(&table, Type::OID), (&state_columns, Type::NAME_ARRAY)];
    for row in db.rows(timeout, TYPE_VALUES, &params).await? {
        let column: String = row.get("column");
        let mut values: Vec<String> = row.get("labels");
        let checks: Vec<String> = row.get("checks");
        if values.is_empty() {
            let allowed = checks.iter().find_map(|check| allowed_values::parse(check, "VALUE"));
            values = allowed.filter(|a| a.validated).map(|a| a.values).unwrap_or_default();
        }
        if !values.is_empty() {
            jobs.type_values.insert(column, values);
        }
    }
    Ok(())
}

/// Returns values of the state: all of a small table, those in the statistics about `column` of a large one. A
/// table that takes too long has none.
async fn seen_states(
    db: &Database,
    layout: &Layout,
    column: Option<&String>,
    timeout: Duration,
) -> Result<Vec<String>, SourceError> {
    let jobs = &layout.relation;
    let distinct = format!(
        "select distinct {state}::text as value from {jobs} where {state} is not null limit 100",
        jobs = layout.rows_as("jobs"),
        state = sql::ident(&layout.state_column)
    );
    let Some(column) = column.or(layout.is_small().then_some(&layout.state_column)) else {
        return Ok(vec![]);
    };
    let names: [(&(dyn ToSql + Sync), Type); 3] =
        [(&jobs.schema, Type::NAME), (&jobs.name, Type::NAME), (column, Type::NAME)];
    let (statement, params): (&str, &QueryParams<'_>) =
        if layout.is_small() { (&distinct, &[]) } else { (MOST_COMMON, &names) };
    match db.rows(timeout.min(SCAN_BUDGET), statement, params).await {
        Ok(rows) => Ok(rows.iter().map(|row| row.get("value")).collect()),
        Err(error) if error.kind == SourceErrorKind::Timeout => Ok(vec![]),
        Err(error) => Err(error),
    }
}
