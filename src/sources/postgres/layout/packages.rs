//! Finds the jobs tables of packages, and reads the layout of one.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::super::Database;
use super::super::queue::SCAN_BUDGET;
use super::{HIDDEN, layout_error, read_catalog};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::package::{STATE_COLUMNS, ShortLived};
use crate::queue::packages::{Chosen, choose, layout, version_query};
use crate::queue::sql::{ident, literal};
use crate::queue::{Found, Instance, InstanceChoice, Layout, LayoutError, Package, Relation};
use crate::suggest::{CommandText, ShellCommand};

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
    let found = detect(db, timeout).await?;
    chosen(db, &found, choice, timeout).await?.ok_or_else(|| not_found(choice, &found))
}

/// Reads the layout of the only table of a package; `None` if there is no such table.
///
/// # Errors
/// Also if there are several.
pub(super) async fn find(db: &Database, timeout: Duration) -> Result<Option<Layout>, SourceError> {
    let found = detect(db, timeout).await?;
    chosen(db, &found, &InstanceChoice::default(), timeout).await
}

async fn chosen(
    db: &Database,
    found: &[Found],
    choice: &InstanceChoice,
    timeout: Duration,
) -> Result<Option<Layout>, SourceError> {
    match choose(found, choice) {
        Chosen::None => Ok(None),
        Chosen::One(one) => read_instance(db, one, timeout).await.map(Some),
        Chosen::Several(found) => Err(several(&found)),
    }
}

async fn detect(db: &Database, timeout: Duration) -> Result<Vec<Found>, SourceError> {
    let packages: Vec<_> = Package::ALL.iter().map(|package| package.key()).collect();
    let tables: Vec<_> = Package::ALL.iter().map(|package| package.witness().0).collect();
    let columns: Vec<_> =
        Package::ALL.iter().map(|package| package.witness().1.join(",")).collect();
    let params: [(&(dyn ToSql + Sync), Type); 3] =
        [(&packages, Type::TEXT_ARRAY), (&tables, Type::TEXT_ARRAY), (&columns, Type::TEXT_ARRAY)];
    let rows = db.rows(timeout, PACKAGES, &params).await?;
    let found = |row: &Row| {
        let package = Package::from_key(row.get("package"))?;
        Some(Found { package, schema: row.get("schema") })
    };
    Ok(rows.iter().filter_map(found).collect())
}

async fn read_instance(
    db: &Database,
    found: &Found,
    timeout: Duration,
) -> Result<Layout, SourceError> {
    let (package, schema) = (found.package, found.schema.clone());
    let query = version_query(package).replace("{schema}", &ident(&schema));
    let query = query.replace("{schema_name}", &literal(&schema));
    let version = read_version(db, &query, timeout).await?;
    let sees_pauses = sees_pauses(db, found, timeout).await?;
    let instance = Instance { package, schema, version, sees_pauses };
    let name = package.witness().0.to_owned();
    db.set_package_table(Relation { schema: instance.schema.clone(), name });
    let (catalog, name) = read_catalog(db, &STATE_COLUMNS, timeout).await?;
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
    Ok(layout)
}

/// Whether this role sees all rows of the table with the paused queues; `None` if the package has none.
async fn sees_pauses(
    db: &Database,
    found: &Found,
    timeout: Duration,
) -> Result<Option<bool>, SourceError> {
    let Some((table, column)) = found.package.pauses() else { return Ok(None) };
    let statement = "select pg_catalog.has_table_privilege(c.oid, 'select') \
               and not pg_catalog.row_security_active(c.oid) as sees \
          from pg_catalog.pg_class c \
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
          join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = $3 and not a.attisdropped \
         where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p')";
    let params: [(&(dyn ToSql + Sync), Type); 3] =
        [(&found.schema, Type::TEXT), (&table, Type::TEXT), (&column, Type::TEXT)];
    let rows = db.rows(timeout, statement, &params).await?;
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
