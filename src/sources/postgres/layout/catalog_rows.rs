//! Rows of the system catalog, and the tables that they describe.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::types::{Oid, Type};

use super::{EVENTS, packages};
use crate::facts::SourceError;
use crate::queue::{
    CatalogColumn, CatalogFunction, CatalogIndex, CatalogTable, Found, NaiveTimes, Partition,
    Relation, StateColumnEvidence, Storage, TableCatalog,
};
use crate::sources::postgres::Database;
use crate::sources::postgres::query::TextRow;

const TABLES: &str = include_str!("queries/tables.sql");
const COLUMNS: &str = include_str!("queries/columns.sql");
const CHECKS: &str = include_str!("queries/checks.sql");
const INDEXES: &str = include_str!("queries/indexes.sql");
const FUNCTIONS: &str = include_str!("queries/functions.sql");
const LABELS: &str = include_str!("queries/labels.sql");

/// Rows of the statements of the first round trip.
pub(super) struct CatalogRows {
    /// Name of the jobs table.
    pub(super) jobs: String,
    pub(super) tables: Vec<TextRow>,
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
    pub(super) async fn read_with_labels(
        db: &Database,
        timeout: Duration,
    ) -> Result<Self, SourceError> {
        let statements = [TABLES, COLUMNS, CHECKS, INDEXES, LABELS]
            .map(|statement| db.with_relations(statement));
        let [tables, columns, checks, indexes, labels] =
            db.script(timeout, statements.each_ref().map(String::as_str)).await?;
        Ok(Self { labels, ..Self::new(db, [tables, columns, checks, indexes]) })
    }

    /// Reads the tables, the functions that could claim jobs, and which tables have the name of a package's.
    pub(super) async fn read_with_functions(
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

    pub(super) fn new(
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

    pub(super) fn catalog(&self) -> Result<TableCatalog, SourceError> {
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

    pub(super) fn table(&self, name: &str) -> Result<Option<CatalogTable>, SourceError> {
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
    pub(super) fn labels_of(&self, names: &[&str]) -> Vec<(String, Vec<String>)> {
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

    pub(super) fn row(&self, name: &str) -> Option<&TextRow> {
        self.tables.iter().find(|row| row.text("name") == Some(name))
    }

    /// Returns the OID of the jobs table if it is partitioned.
    pub(super) fn partitioned_jobs(&self) -> Option<Oid> {
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

pub(super) fn storage(row: &TextRow) -> Result<Storage, SourceError> {
    Ok(Storage {
        rows_counted: row.value("rows_counted")?,
        pages_counted: row.value("pages_counted")?,
        // NULL for a table that was dropped during the query.
        bytes: row.value("bytes").unwrap_or(0),
    })
}

pub(super) fn partition(row: &TextRow) -> Partition {
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
