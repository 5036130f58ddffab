//! Asks the catalog which variant of the backend's schema this is.
//!
//! Several plain statements in one round trip. One large statement that builds JSON costs a new
//! session more than twice as much: it has to look up every function and operator it meets, and
//! most commands are a session's first and only question.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::{Oid, Type};

use super::Database;
use super::ask::{Query, only};
use super::raw::Micros;
use crate::facts::SourceError;
use crate::facts::layout::{
    Catalog, CatalogColumn, CatalogIndex, CatalogTable, Layout, LiveEvidence, Partition, Storage,
    recognise,
};

const TABLES: &str = include_str!("queries/tables.sql");
const SERVER: &str = include_str!("queries/server.sql");
const COLUMNS: &str = include_str!("queries/columns.sql");
const CHECKS: &str = include_str!("queries/checks.sql");
const INDEXES: &str = include_str!("queries/indexes.sql");
const PARTITIONS: &str = include_str!("queries/partitions.sql");
const WORKER_FUNCTIONS: &str = include_str!("queries/worker_functions.sql");
const DISTINCT: &str = include_str!("queries/distinct.sql");

/// Reads the layout: one round trip, and a second where `state` and `status` cannot be told apart or
/// the table is partitioned.
///
/// # Errors
/// As [`recognise`], or the database's own.
pub async fn read(db: &Database, timeout: Duration) -> Result<Layout, SourceError> {
    let answers = Answers::ask(db, timeout).await?;
    let mut catalog = answers.catalog();
    if let Some(jobs) = &mut catalog.jobs
        && let Some(partitioned) = answers.partitioned_jobs()
    {
        let rows = db.rows(timeout, PARTITIONS, &[(&partitioned, Type::OID)]).await?;
        jobs.storage = rows.iter().filter(|row| row.get("leaf")).map(storage).collect();
        jobs.partitions = rows.iter().map(partition).collect();
    }
    if catalog.is_ambiguous() {
        catalog.evidence = evidence(db, timeout).await?;
    }
    recognise(&catalog)
}

/// What the statements of the first round trip said.
struct Answers {
    tables: Vec<Row>,
    server: Row,
    columns: Vec<Row>,
    checks: Vec<Row>,
    indexes: Vec<Row>,
}

impl Answers {
    async fn ask(db: &Database, timeout: Duration) -> Result<Self, SourceError> {
        let queries = [TABLES, SERVER, COLUMNS, CHECKS, INDEXES];
        let queries = queries.map(|statement| Query::new(statement, &[]));
        let [tables, server, columns, checks, indexes] = db.answers(timeout, queries).await?;
        Ok(Self {
            tables: tables?,
            server: only(server)?,
            columns: columns?,
            checks: checks?,
            indexes: indexes?,
        })
    }

    fn catalog(&self) -> Catalog {
        Catalog {
            jobs: self.table("jobs"),
            events: self.table("job_events"),
            evidence: LiveEvidence::default(),
            in_recovery: self.server.get("in_recovery"),
            server_time: self.server.get::<_, Micros>("now").rfc3339(0),
            block_size: self.server.get("block_size"),
        }
    }

    fn table(&self, name: &str) -> Option<CatalogTable> {
        let row = self.row(name)?;
        let oid: Oid = row.get("oid");
        let columns = of(&self.columns, oid);
        Some(CatalogTable {
            checks: of(&self.checks, oid).iter().map(|check| check.get("definition")).collect(),
            indexes: of(&self.indexes, oid).iter().map(|row| index(row, &columns)).collect(),
            columns: columns.iter().map(|row| column(row)).collect(),
            storage: if is_partitioned(row) { vec![] } else { vec![storage(row)] },
            partitions: vec![],
            can_select: row.get("can_select"),
            rls_active: row.get("rls_active"),
        })
    }

    fn row(&self, name: &str) -> Option<&Row> {
        self.tables.iter().find(|row| row.get::<_, &str>("name") == name)
    }

    fn partitioned_jobs(&self) -> Option<Oid> {
        self.row("jobs").filter(|row| is_partitioned(row)).map(|row| row.get("oid"))
    }
}

/// The rows about one table.
fn of(rows: &[Row], table: Oid) -> Vec<&Row> {
    rows.iter().filter(|row| row.get::<_, Oid>("table") == table).collect()
}

fn is_partitioned(table: &Row) -> bool {
    table.get::<_, i8>("kind") == b'p'.cast_signed()
}

fn storage(row: &Row) -> Storage {
    Storage {
        rows_counted: row.get("rows_counted"),
        pages_counted: row.get("pages_counted"),
        // NULL for a table that was dropped while we asked.
        bytes: row.get::<_, Option<i64>>("bytes").unwrap_or(0),
    }
}

fn partition(row: &Row) -> Partition {
    let parent: String = row.get("parent");
    Partition {
        schema: row.get("schema"),
        name: row.get("name"),
        parent: (!row.get::<_, bool>("below_root")).then_some(parent),
        leaf: row.get("leaf"),
    }
}

fn column(row: &Row) -> CatalogColumn {
    // Domains and enums of the application's own have no name here: no column that is asked for by
    // its type may have one.
    let builtin = Type::from_oid(row.get("type"));
    CatalogColumn {
        name: row.get("name"),
        r#type: builtin.map(|r#type| r#type.name().to_owned()),
        not_null: row.get("not_null"),
    }
}

fn index(row: &Row, columns: &[&Row]) -> CatalogIndex {
    let name = |number: &i16| {
        let column = columns.iter().find(|column| column.get::<_, i16>("number") == *number);
        column.map(|column| column.get::<_, String>("name"))
    };
    let keys = usize::try_from(row.get::<_, i16>("keys")).unwrap_or(0);
    CatalogIndex {
        columns: row.get::<_, Vec<i16>>("columns").iter().take(keys).map(name).collect(),
        predicate: row.get("predicate"),
    }
}

async fn evidence(db: &Database, timeout: Duration) -> Result<LiveEvidence, SourceError> {
    let queries = [WORKER_FUNCTIONS, DISTINCT].map(|statement| Query::new(statement, &[]));
    let [functions, distinct] = db.answers(timeout, queries).await?;
    Ok(LiveEvidence {
        worker_functions: functions?.iter().map(|row| row.get("source")).collect(),
        distinct: distinct?
            .iter()
            .map(|row| (row.get("column"), row.get::<_, f32>("values")))
            .collect(),
    })
}
