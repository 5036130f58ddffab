//! Reads the system catalog and determines the [`Layout`] of the jobs table and its events.
//!
//! It sends several simple statements in one message. One large statement that builds JSON takes a new
//! session more than twice as long, because the session has to look up every function and operator, and
//! most commands run only one statement per session. For the same reason rows are filtered here and not
//! in SQL.

mod declared;
mod draft;
mod packages;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::{Oid, ToSql, Type};

use super::Database;
use super::query::{QueryParams, TextRow};
use super::queue::SCAN_BUDGET;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{
    CatalogColumn, CatalogFunction, CatalogIndex, CatalogTable, Claims, Found, Layout, LayoutError,
    NaiveColumn, NaiveTimes, Partition, QueueChoice, Relation, STATE_COLUMNS, StateColumnEvidence,
    Storage, TableCatalog, allowed_values, decide, has_both, recognize, role_of_row, sql,
};
use crate::suggest::{CommandText, ShellCommand};
pub(crate) use declared::{FieldProof, prove};
pub(crate) use draft::draft;

/// Name of the events table.
const EVENTS: &str = "job_events";

const TABLES: &str = include_str!("queries/tables.sql");
const COLUMNS: &str = include_str!("queries/columns.sql");
const CHECKS: &str = include_str!("queries/checks.sql");
const INDEXES: &str = include_str!("queries/indexes.sql");
const PARTITIONS: &str = include_str!("queries/partitions.sql");
const FUNCTIONS: &str = include_str!("queries/functions.sql");
const BASE_CHECKS: &str = include_str!("queries/base_checks.sql");
const LABELS: &str = include_str!("queries/labels.sql");
const TYPE_VALUES: &str = include_str!("queries/type_values.sql");
const MOST_COMMON: &str = include_str!("queries/most_common.sql");
const NAIVE_TIMES: &str = include_str!("queries/naive_times.sql");
const HIDDEN: &str = include_str!("queries/hidden.sql");
const DISTINCT: &str = include_str!("queries/distinct.sql");

/// A layout, and what the functions of the database, or its declaration, tell about claims.
pub(crate) struct LayoutReading {
    pub(crate) layout: Layout,
    pub(crate) claims: Claims,
}

impl LayoutReading {
    /// The reading of a declared table or one of a package, whose claims are known without a function.
    fn declared(layout: Layout) -> Self {
        let count_attempts =
            layout.declared.as_ref().is_some_and(|declared| declared.counted_at_claim);
        Self { layout, claims: Claims { count_attempts, ..Claims::default() } }
    }
}

/// Reads the layout: the declared one, or the one that is recognized. `state_column` is the setting of the context
/// that decides between `state` and `status`.
pub(crate) async fn read(
    db: &Database,
    choice: Option<&QueueChoice>,
    state_column: Option<&str>,
    timeout: Duration,
) -> Result<LayoutReading, SourceError> {
    let layout = match choice {
        Some(QueueChoice::Declared(declaration)) => {
            declared::read(db, declaration, timeout).await?
        }
        Some(QueueChoice::Instance(choice)) => packages::read(db, choice, timeout).await?,
        None => return recognized(db, state_column, timeout).await,
    };
    Ok(LayoutReading::declared(layout))
}

/// Recognizes the layout of `jobs`, or else of a package's table.
///
/// The first takes one round trip; one more if the table is partitioned or nothing shows that workers claim
/// its rows, and up to three more if it has both `state` and `status`. `state_column` is the setting of the context
/// that decides between them.
///
/// # Errors
/// Also those of `recognize`: no jobs table, no permission, or an unknown layout.
async fn recognized(
    db: &Database,
    state_column: Option<&str>,
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
    catalog.naive_times = read_naive_times(db, &catalog, timeout).await?;
    catalog.evidence.setting = state_column.map(str::to_owned);
    if let Some(jobs) = catalog.jobs.as_ref().filter(|jobs| jobs.can_select && !jobs.hidden_by_rls)
    {
        read_evidence(db, jobs, &mut catalog.evidence, timeout).await?;
    }
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
    let claims = Claims::new(&catalog.evidence.functions, &layout);
    Ok(LayoutReading { layout, claims })
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

/// Rows of the statements of the first round trip.
struct CatalogRows {
    /// Name of the jobs table.
    jobs: String,
    tables: Vec<TextRow>,
    columns: Vec<TextRow>,
    checks: Vec<TextRow>,
    indexes: Vec<TextRow>,
    /// Those that could claim jobs. None if they were not read.
    functions: Vec<TextRow>,
    /// Labels of the enums of the jobs table, in order. None if they were not read.
    labels: Vec<TextRow>,
}

impl CatalogRows {
    /// Reads the tables, and the labels of enums, which most packages have.
    async fn read_with_labels(db: &Database, timeout: Duration) -> Result<Self, SourceError> {
        let statements = [TABLES, COLUMNS, CHECKS, INDEXES, LABELS]
            .map(|statement| db.with_relations(statement));
        let [tables, columns, checks, indexes, labels] =
            db.script(timeout, statements.each_ref().map(String::as_str)).await?;
        Ok(Self { labels, ..Self::new(db, [tables, columns, checks, indexes]) })
    }

    /// Reads the tables, the functions that could claim jobs, and which tables have the name of a package's.
    async fn read_with_functions(
        db: &Database,
        timeout: Duration,
    ) -> Result<(Self, Vec<Found>), SourceError> {
        let candidates = packages::candidates_query();
        let statements = [TABLES, COLUMNS, CHECKS, INDEXES, FUNCTIONS, &candidates]
            .map(|statement| db.with_relations(statement));
        let [tables, columns, checks, indexes, functions, candidates] =
            db.script(timeout, statements.each_ref().map(String::as_str)).await?;
        let rows = Self { functions, ..Self::new(db, [tables, columns, checks, indexes]) };
        Ok((rows, packages::candidates(&candidates)))
    }

    fn new(
        db: &Database,
        [mut tables, mut columns, checks, mut indexes]: [Vec<TextRow>; 4],
    ) -> Self {
        // Sequences, indexes and types may also have these names.
        tables.retain(|row| row.text("kind").is_some_and(|kind| "rpvmf".contains(kind)));
        columns
            .retain(|row| row.value::<i16>("number").is_ok_and(|n| n > 0) && !row.flag("dropped"));
        indexes.retain(|row| row.flag("valid"));
        let jobs = db.jobs_table().to_owned();
        Self { jobs, tables, columns, checks, indexes, functions: vec![], labels: vec![] }
    }

    fn catalog(&self) -> Result<TableCatalog, SourceError> {
        let functions = self.functions.iter().map(|row| {
            Ok(CatalogFunction { name: row.value("name")?, source: row.value("source")? })
        });
        let mut catalog = TableCatalog {
            jobs: self.table(&self.jobs)?,
            events: if self.jobs == EVENTS { None } else { self.table(EVENTS)? },
            evidence: StateColumnEvidence {
                functions: functions.collect::<Result<_, SourceError>>()?,
                ..StateColumnEvidence::default()
            },
            naive_times: NaiveTimes::default(),
            in_recovery: false,
            server_time: String::new(),
            block_size: 0.0,
        };
        // The server columns are the same in every row.
        if let Some(row) = self.tables.first() {
            let now: Timestamp = row.value("now")?;
            catalog.server_time = format!("{now:.0}");
            catalog.in_recovery = row.flag("in_recovery");
            catalog.block_size = row.value("block_size")?;
        }
        Ok(catalog)
    }

    fn table(&self, name: &str) -> Result<Option<CatalogTable>, SourceError> {
        let Some(row) = self.row(name) else { return Ok(None) };
        let columns = rows_of(&self.columns, row);
        let checks = rows_of(&self.checks, row);
        let indexes = rows_of(&self.indexes, row);
        Ok(Some(CatalogTable {
            relation: Relation { schema: row.value("schema")?, name: name.to_owned() },
            checks: checks
                .iter()
                .filter_map(|row| row.text("definition"))
                .map(str::to_owned)
                .collect(),
            indexes: indexes.iter().map(|row| index(row, &columns)).collect::<Result<_, _>>()?,
            columns: columns.iter().map(|row| column(row)).collect::<Result<_, _>>()?,
            storage: if is_partitioned(row) { vec![] } else { vec![storage(row)?] },
            partitions: vec![],
            is_table: row.text("kind").is_some_and(|kind| "rp".contains(kind)),
            type_values: BTreeMap::new(),
            seen_values: BTreeMap::new(),
            can_select: row.flag("can_select"),
            hidden_by_rls: row.flag("rls_active"),
        }))
    }

    /// The labels of those of these columns of the jobs table whose enums were read.
    fn labels_of(&self, names: &[&str]) -> Vec<(String, Vec<String>)> {
        let Some(table) = self.row(&self.jobs) else { return vec![] };
        let columns = rows_of(&self.columns, table).into_iter();
        let labels = columns.filter_map(|column| {
            let name = column.text("name").filter(|name| names.contains(name))?;
            let of_type = |row: &&TextRow| row.text("type") == column.text("type");
            let labels: Vec<_> = self
                .labels
                .iter()
                .filter(of_type)
                .filter_map(|row| row.text("label"))
                .map(str::to_owned)
                .collect();
            (!labels.is_empty()).then(|| (name.to_owned(), labels))
        });
        labels.collect()
    }

    fn row(&self, name: &str) -> Option<&TextRow> {
        self.tables.iter().find(|row| row.text("name") == Some(name))
    }

    /// Returns the OID of the jobs table if it is partitioned.
    fn partitioned_jobs(&self) -> Option<Oid> {
        self.row(&self.jobs).filter(|row| is_partitioned(row)).and_then(|row| row.value("oid").ok())
    }
}

/// Returns the rows about one table.
fn rows_of<'a>(rows: &'a [TextRow], table: &TextRow) -> Vec<&'a TextRow> {
    rows.iter().filter(|row| row.text("table") == table.text("oid")).collect()
}

fn is_partitioned(table: &TextRow) -> bool {
    table.text("kind") == Some("p")
}

fn storage(row: &TextRow) -> Result<Storage, SourceError> {
    Ok(Storage {
        rows_counted: row.value("rows_counted")?,
        pages_counted: row.value("pages_counted")?,
        // NULL for a table that was dropped during the query.
        bytes: row.value("bytes").unwrap_or(0),
    })
}

fn partition(row: &TextRow) -> Partition {
    let text = |column| row.text(column).unwrap_or_default().to_owned();
    Partition {
        schema: text("schema"),
        name: text("name"),
        parent: (!row.flag("below_root")).then(|| text("parent")),
        leaf: row.flag("leaf"),
    }
}

fn column(row: &TextRow) -> Result<CatalogColumn, SourceError> {
    // Types that are not built in (domains, enums) have no name here; columns that are recognized
    // by type have built-in types.
    let builtin = Type::from_oid(row.value("type")?);
    Ok(CatalogColumn {
        name: row.value("name")?,
        r#type: builtin.map(|r#type| r#type.name().to_owned()),
        not_null: row.flag("not_null"),
    })
}

fn index(row: &TextRow, columns: &[&TextRow]) -> Result<CatalogIndex, SourceError> {
    let name = |number: &str| {
        let column = columns.iter().find(|column| column.text("number") == Some(number));
        column.and_then(|column| column.text("name")).map(str::to_owned)
    };
    let numbers = row.text("columns").unwrap_or_default().split(' ');
    Ok(CatalogIndex {
        columns: numbers.take(row.value("keys")?).map(name).collect(),
        predicate: row.text("predicate").map(str::to_owned),
    })
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

/// Reads how times without a zone are written, if there are any.
async fn read_naive_times(
    db: &Database,
    catalog: &TableCatalog,
    timeout: Duration,
) -> Result<NaiveTimes, SourceError> {
    let tables = [&catalog.jobs, &catalog.events];
    let mut columns = tables.into_iter().flatten().flat_map(|table| &table.columns);
    if !columns.any(|column| column.is_any(&["timestamp"])) {
        return Ok(NaiveTimes::default());
    }
    let rows = db.rows(timeout, &db.with_relations(NAIVE_TIMES), &[]).await?;
    let column =
        |row: &Row| NaiveColumn { precision: row.get("precision"), default: row.get("default") };
    Ok(NaiveTimes {
        columns: rows.iter().map(column).collect(),
        session_zone: rows.first().and_then(|row| row.get("zone")),
    })
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

/// Reads what decides between `state` and `status`, if the table has both and neither a setting, the functions that
/// claim jobs, constraints nor indexes do: the constraints of the table below a view, then statistics, and last the
/// rows.
async fn read_evidence(
    db: &Database,
    jobs: &CatalogTable,
    evidence: &mut StateColumnEvidence,
    timeout: Duration,
) -> Result<(), SourceError> {
    if !has_both(jobs) || decide(jobs, evidence).is_some() {
        return Ok(());
    }
    // A view has no constraints of its own; for a table without constraints the query returns nothing.
    if jobs.checks.is_empty() {
        let rows = db.rows(timeout, &db.with_relations(BASE_CHECKS), &[]).await?;
        let checks: Vec<String> = rows.iter().map(|row| row.get("definition")).collect();
        evidence.base =
            (!checks.is_empty()).then(|| CatalogTable { checks, ..CatalogTable::default() });
        if decide(jobs, evidence).is_some() {
            return Ok(());
        }
    }
    let table: [(&(dyn ToSql + Sync), Type); 2] =
        [(&jobs.relation.schema, Type::NAME), (&jobs.relation.name, Type::NAME)];
    let rows = db.rows(timeout, DISTINCT, &table).await?;
    evidence.distinct =
        rows.iter().map(|row| (row.get("column"), row.get::<_, f32>("values"))).collect();
    if decide(jobs, evidence).is_none() {
        evidence.columns_differ = columns_differ(db, jobs, timeout).await?;
    }
    Ok(())
}

/// Returns whether a row is seen within the budget whose state columns mean different things.
async fn columns_differ(
    db: &Database,
    jobs: &CatalogTable,
    timeout: Duration,
) -> Result<bool, SourceError> {
    let [state, status] = STATE_COLUMNS.map(|column| role_of_row(jobs, column));
    let statement = format!(
        "select exists (select from {} where {state} is distinct from {status} \
         and not (\"state\"::text = \"status\"::text and 'other' in ({state}, {status}))) as differ",
        jobs.relation,
    );
    match db.row(timeout.min(SCAN_BUDGET), &statement, &[]).await {
        Ok(row) => Ok(row.get("differ")),
        Err(error) if error.kind == SourceErrorKind::Timeout => Ok(false),
        Err(error) => Err(error),
    }
}

/// Hint for a table that is not understood.
fn declare() -> CommandText {
    CommandText::to("check the database", ShellCommand::new("config show"))
        .text("; for another jobs table, print a declaration to start from: ")
        .command(ShellCommand::new("config check"))
}

/// Refers to the section of the runbook about access.
fn see_access(hint: impl Display) -> CommandText {
    CommandText::from(format!("{hint}; see ")).command(ShellCommand::new("runbook 4.2"))
}

/// Returns the error for a table, named as SQL.
fn layout_error(error: LayoutError, table: &str) -> SourceError {
    let (kind, message, hint) = match error {
        LayoutError::NoTable => (
            SourceErrorKind::NotFound,
            format!("table {table} does not exist in this database"),
            declare(),
        ),
        LayoutError::NoSelect => (
            SourceErrorKind::Permission,
            format!("permission denied for table {table}: this login cannot read the queue (42501)"),
            see_access(format_args!("connect as a role that may read {table}")),
        ),
        LayoutError::HiddenByRls => (
            SourceErrorKind::Hidden,
            format!("row-level security filters {table} for this login: it cannot see all jobs"),
            see_access("connect as the owner or a role that bypasses RLS"),
        ),
        LayoutError::AmbiguousState { evidence } => (
            SourceErrorKind::UnknownLayout,
            format!(
                "{table} has both state and status, they differ, and it is not known which one the worker maintains: {evidence}"
            ),
            "set state_column = \"state\" or \"status\" in the context: the column that the worker's claim reads"
                .into(),
        ),
        LayoutError::Package(message) => (
            SourceErrorKind::UnknownLayout,
            message,
            "supported versions: docs/queues.md".into(),
        ),
        LayoutError::Unknown { expected, found } => (
            SourceErrorKind::UnknownLayout,
            format!("{table} has a layout unknown to this tool: expected {expected}, found columns {found}"),
            declare(),
        ),
    };
    SourceError::new(kind, message).hint(hint)
}
