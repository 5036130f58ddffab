//! Finds the jobs tables of packages, and reads the layout of one.

use std::time::Duration;

use futures_util::future::join3;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::super::Database;
use super::super::query::TextRow;
use super::super::queue::SCAN_BUDGET;
use super::{CatalogRows, HIDDEN, layout_error, read_catalog};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::package::{STATE_COLUMNS, ShortLived};
use crate::queue::packages::{Chosen, choose, layout, version_query};
use crate::queue::sql::{ident, literal, literals};
use crate::queue::{Found, Instance, InstanceChoice, Layout, LayoutError, Package, Relation};
use crate::suggest::{CommandText, ShellCommand};

const CANDIDATES: &str = include_str!("queries/candidates.sql");
const PACKAGES: &str = include_str!("queries/packages.sql");

/// Reads the layout of the table that is chosen.
///
/// # Errors
/// If it does not exist, or cannot be read.
pub(super) async fn read(
    db: &Database,
    choice: &InstanceChoice,
    timeout: Duration,
) -> Result<Layout, SourceError> {
    if let (Some(package), Some(schema)) = (choice.package, choice.schema.clone())
        && let Some(layout) = read_instance(db, &Found { package, schema }, timeout).await?
    {
        return Ok(layout);
    }
    let found = detect(db, timeout).await?;
    chosen(db, &found, choice, timeout).await?.ok_or_else(|| not_found(choice, &found))
}

/// Reads the layout of the only table of a package; `None` if there is no such table. `candidates` are those with the
/// name of one.
///
/// # Errors
/// Also if there are several.
pub(super) async fn find(
    db: &Database,
    candidates: &[Found],
    timeout: Duration,
) -> Result<Option<Layout>, SourceError> {
    match candidates {
        [] => Ok(None),
        [one] => read_instance(db, one, timeout).await,
        _ => {
            let found = detect(db, timeout).await?;
            chosen(db, &found, &InstanceChoice::default(), timeout).await
        }
    }
}

async fn chosen(
    db: &Database,
    found: &[Found],
    choice: &InstanceChoice,
    timeout: Duration,
) -> Result<Option<Layout>, SourceError> {
    match choose(found, choice) {
        Chosen::None => Ok(None),
        Chosen::One(one) => read_instance(db, one, timeout).await,
        Chosen::Several(found) => Err(several(&found)),
    }
}

/// The query for the tables with the name of a package's.
pub(super) fn candidates_query() -> String {
    CANDIDATES.replace("{names}", &Package::ALL.map(|package| package.witness().0).join(","))
}

/// The tables that [`candidates_query`] returned.
pub(super) fn candidates(rows: &[TextRow]) -> Vec<Found> {
    let found = |row: &TextRow| {
        let package = Package::of_table(row.text("name")?)?;
        Some(Found { package, schema: row.text("schema")?.to_owned() })
    };
    rows.iter().filter_map(found).collect()
}

/// Returns the tables of packages, by package and schema.
async fn detect(db: &Database, timeout: Duration) -> Result<Vec<Found>, SourceError> {
    let names = Package::ALL.map(|package| package.witness().0);
    let columns = Package::ALL.map(|package| package.witness().1).concat();
    let params: [(&(dyn ToSql + Sync), Type); 2] =
        [(&names.as_slice(), Type::NAME_ARRAY), (&columns, Type::NAME_ARRAY)];
    let rows = db.rows(timeout, PACKAGES, &params).await?;
    let found = |row: &Row| {
        let package = Package::of_table(row.get("name"))?;
        let columns: Vec<&str> = row.get("columns");
        let found = Found { package, schema: row.get("schema") };
        is_told_by(package, |name| columns.contains(&name)).then_some(found)
    };
    let mut found: Vec<_> = rows.iter().filter_map(found).collect();
    found.sort_by(|a, b| (a.package.key(), &a.schema).cmp(&(b.package.key(), &b.schema)));
    Ok(found)
}

/// Whether a table with the name of a package's has a column by which the package is told.
fn is_told_by(package: Package, has_column: impl Fn(&str) -> bool) -> bool {
    package.witness().1.iter().any(|name| has_column(name))
}

/// Reads the layout of a table; `None` if it is not the package's, or does not exist.
async fn read_instance(
    db: &Database,
    found: &Found,
    timeout: Duration,
) -> Result<Option<Layout>, SourceError> {
    let (package, schema) = (found.package, found.schema.clone());
    let query = version_query(package).replace("{schema}", &ident(&schema));
    let query = query.replace("{schema_name}", &literal(&schema));
    let table = Relation { schema: schema.clone(), name: package.witness().0.to_owned() };
    let of_package = &db.with_package_table(table.clone());
    let (version, sees_pauses, rows) = {
        let shared = of_package.on_one_connection(timeout).await?;
        let version = read_version(&shared, &query, timeout);
        let pauses = sees_pauses(&shared, found, timeout);
        join3(version, pauses, CatalogRows::read_with_labels(&shared, timeout)).await
    };
    let (catalog, name) = read_catalog(of_package, rows?, &STATE_COLUMNS, timeout).await?;
    let jobs = catalog.jobs.as_ref();
    if !jobs.is_some_and(|jobs| is_told_by(package, |name| jobs.column(name).is_some())) {
        return Ok(None);
    }
    db.set_package_table(table);
    let instance = Instance { package, schema, version: version?, sees_pauses: sees_pauses? };
    let mut layout = layout(&catalog, &instance).map_err(|error| layout_error(error, &name))?;
    if let Some(hidden) = hidden_table(db, &layout, timeout).await? {
        return Err(layout_error(LayoutError::HiddenByRls, &hidden));
    }
    let relation = layout.relation.to_string();
    if let Some(package) = layout.declared.as_mut().and_then(|declared| declared.package.as_mut())
        && let Some(short_lived) = &mut package.short_lived
    {
        match are_kept(db, &relation, short_lived, timeout).await {
            Ok(true) => package.short_lived = None,
            Ok(false) => {}
            Err(error) => {
                short_lived.why =
                    format!("whether dead letters are kept here was not read: {error}");
            }
        }
    }
    Ok(Some(layout))
}

/// Whether this role sees all rows of the table with the paused queues; `None` if the package has none.
async fn sees_pauses(
    db: &Database,
    found: &Found,
    timeout: Duration,
) -> Result<Option<bool>, SourceError> {
    let Some((table, columns)) = found.package.pauses() else { return Ok(None) };
    let table = Relation { schema: found.schema.clone(), name: table.to_owned() };
    let statement = format!(
        "select pg_catalog.bool_and(pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'select'))
                and not pg_catalog.row_security_active(a.attrelid) as sees
           from pg_catalog.pg_attribute a
          where a.attrelid = pg_catalog.to_regclass({table}) and a.attname in ({columns}) and not a.attisdropped
          group by a.attrelid
         having pg_catalog.count(*) = {count}",
        table = literal(&table.to_string()),
        columns = literals(&columns.map(str::to_owned)),
        count = columns.len(),
    );
    let rows = db.rows(timeout, &statement, &[]).await?;
    Ok(rows.first().map(|row| row.get("sees")))
}

/// The first of the further tables whose rows row-level security hides: without them jobs would have no kind, or
/// another state.
async fn hidden_table(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<Option<String>, SourceError> {
    let tables = layout.package().map(|package| package.also_reads.as_slice()).unwrap_or_default();
    if tables.is_empty() {
        return Ok(None);
    }
    let schema = &layout.relation.schema;
    let oids = tables.iter().map(|table| {
        let table = Relation { schema: schema.clone(), name: table.clone() };
        format!("pg_catalog.to_regclass({})", literal(&table.to_string()))
    });
    let oids: Vec<_> = oids.collect();
    let hidden = HIDDEN.replace("{jobs}", &oids.join(", ")).replace("{job_events}", "null");
    let statement = format!(
        "select source::pg_catalog.regclass::text as name from ({hidden}) hidden where hidden order by 1 limit 1"
    );
    Ok(db.rows(timeout, &statement, &[]).await?.first().map(|row| row.get("name")))
}

/// Whether a row shows that dead letters are kept.
async fn are_kept(
    db: &Database,
    relation: &str,
    short_lived: &ShortLived,
    timeout: Duration,
) -> Result<bool, SourceError> {
    let statement =
        format!("select exists (select from {relation} where {}) as kept", short_lived.kept_if);
    Ok(db.row(timeout.min(SCAN_BUDGET), &statement, &[]).await?.get("kept"))
}

/// Reads the version. It is unknown if the table is missing or this role may not read it: then nothing is written.
async fn read_version(
    db: &Database,
    statement: &str,
    timeout: Duration,
) -> Result<Option<i64>, SourceError> {
    use SourceErrorKind::{NotFound, Other, Permission, UnknownLayout};
    match db.row(timeout, statement, &[]).await {
        Ok(row) => Ok(row.get("version")),
        Err(error) if matches!(error.kind, NotFound | Other | Permission | UnknownLayout) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// `River in schema public`
fn named(found: &Found) -> String {
    format!("{} in schema {}", found.package.name(), found.schema)
}

fn several(found: &[&Found]) -> SourceError {
    let texts: Vec<_> =
        found.iter().map(|found| format!("{}:{}", found.package.key(), found.schema)).collect();
    let message = format!("this database has several queues: {}", texts.join(", "));
    let command = ShellCommand::new("queue --queue-instance").args(texts.first());
    SourceError::new(SourceErrorKind::UnknownLayout, message)
        .hint(CommandText::to("choose one, here or in [context.NAME.queue]", command))
}

fn not_found(choice: &InstanceChoice, found: &[Found]) -> SourceError {
    let package = choice.package.map_or("a supported package", Package::name);
    let schema = choice.schema.as_ref().map(|schema| format!(" in schema {schema}"));
    let message = format!("there is no table of {package}{}", schema.unwrap_or_default());
    let error = SourceError::new(SourceErrorKind::NotFound, message);
    match found {
        [] => error,
        found => {
            let named: Vec<_> = found.iter().map(named).collect();
            error.hint(format!("this database has {}", named.join(", ")))
        }
    }
}
