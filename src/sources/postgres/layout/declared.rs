//! Reads the layout of a declared jobs table, and proves its expressions.
//!
//! The server decides whether a text is one expression, and which type it has: it plans the text in parentheses, and
//! once more inside of CASE beside a column. Text that leaves the parentheses, or adds a second column, does not fit in
//! both places, and neither does an aggregate. Nothing is executed, because the subqueries have no rows.

use std::time::Duration;

use super::super::Database;
use super::{CatalogRows, layout_error, read_catalog, seen_states};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::declared::{self, TypedField, expression};
use crate::queue::sql::{ident, literal};
use crate::queue::{
    CatalogTable, Declaration, DeclaredRequeue, Field, Layout, Lifecycle, TableCatalog,
};
use crate::suggest::{CommandText, ShellCommand};

/// Reads the layout of the declared table.
///
/// # Errors
/// If the table cannot be read or the declaration does not fit it; the message names the first key that does not.
pub(crate) async fn read(
    db: &Database,
    declaration: &Declaration,
    timeout: Duration,
) -> Result<Layout, SourceError> {
    let (catalog, name) = catalog(db, declaration, timeout).await?;
    let Some(table) = readable(&catalog) else {
        let error = declared::layout(&catalog, declaration, &[], None);
        let unreadable = || SourceError::new(SourceErrorKind::NotFound, "no jobs table");
        return Err(error
            .err()
            .map_or_else(unreadable, |error| not_declared(layout_error(error, &name))));
    };
    check_requeue(table, declaration)?;
    let fields: Vec<_> = fields(table, declaration).collect();
    let types = match types(db, table, declaration, &fields, timeout).await {
        Ok(types) => types,
        Err(error) if is_about_the_statement(&error) => {
            // One of them is wrong; only single statements tell which.
            let proofs = prove_fields(db, table, declaration, timeout).await?;
            let wrong = proofs.into_iter().find_map(|proof| proof.result.err());
            return Err(wrong.unwrap_or(error));
        }
        Err(error) => return Err(error),
    };
    let typed: Vec<_> = fields
        .into_iter()
        .zip(types)
        .map(|((field, sql), r#type)| TypedField { field, sql, r#type })
        .collect();
    for field in &typed {
        if let Some(error) = field.type_error() {
            return Err(wrong_key(&format!("columns.{}", field.field.name()), &error));
        }
    }
    let mut layout = declared::layout(&catalog, declaration, &typed, None)
        .map_err(|error| layout_error(error, &name))?;
    if !layout.states_closed {
        let column = &declaration.columns[&Field::State];
        let column = table.column(column).map(|column| &column.name);
        let seen = seen_states(db, &layout, column, timeout).await?;
        let is_unknown = |value: &String| layout.state_names.role(value) == Lifecycle::Other;
        layout.unknown_states = seen.into_iter().filter(is_unknown).collect();
    }
    Ok(layout)
}

/// The proof of one key of a declaration.
#[derive(Debug)]
pub(crate) struct FieldProof {
    /// The field.
    pub(crate) field: Field,
    /// The text of the declaration.
    pub(crate) text: String,
    /// The type that the server gives it, or why it cannot be used.
    pub(crate) result: Result<String, SourceError>,
}

/// Plans every expression of a declaration by itself.
///
/// # Errors
/// If the table cannot be read.
pub(crate) async fn prove(
    db: &Database,
    declaration: &Declaration,
    timeout: Duration,
) -> Result<Vec<FieldProof>, SourceError> {
    let (catalog, _) = catalog(db, declaration, timeout).await?;
    match readable(&catalog) {
        Some(table) => prove_fields(db, table, declaration, timeout).await,
        None => Ok(vec![]),
    }
}

async fn prove_fields(
    db: &Database,
    table: &CatalogTable,
    declaration: &Declaration,
    timeout: Duration,
) -> Result<Vec<FieldProof>, SourceError> {
    let mut proofs = Vec::new();
    for (field, sql) in fields(table, declaration) {
        let planned = types(db, table, declaration, &[(field, sql.clone())], timeout).await;
        let key = format!("columns.{}", field.name());
        let result = match planned.map(|mut types| types.pop().unwrap_or_default()) {
            Ok(r#type) => match (TypedField { field, sql, r#type: r#type.clone() }).type_error() {
                Some(error) => Err(wrong_key(&key, &error)),
                None => Ok(r#type),
            },
            Err(error) if is_about_the_statement(&error) => Err(wrong_key(&key, &error.message)),
            Err(error) => return Err(error),
        };
        proofs.push(FieldProof { field, text: declaration.columns[&field].clone(), result });
    }
    Ok(proofs)
}

async fn catalog(
    db: &Database,
    declaration: &Declaration,
    timeout: Duration,
) -> Result<(TableCatalog, String), SourceError> {
    let state = declaration.columns.get(&Field::State).map(String::as_str);
    let rows = CatalogRows::read_with_labels(db, timeout).await?;
    read_catalog(db, rows, state.as_slice(), timeout).await
}

/// The table, if this role sees all its rows.
fn readable(catalog: &TableCatalog) -> Option<&CatalogTable> {
    catalog.jobs.as_ref().filter(|table| table.can_select && !table.hidden_by_rls)
}

fn fields<'a>(
    table: &'a CatalogTable,
    declaration: &'a Declaration,
) -> impl Iterator<Item = (Field, String)> + 'a {
    declaration.columns.iter().map(|(field, text)| (*field, expression(table, text)))
}

/// Returns the types of expressions, of a domain the type below. The statement fails if one is not an expression.
async fn types(
    db: &Database,
    table: &CatalogTable,
    declaration: &Declaration,
    fields: &[(Field, String)],
    timeout: Duration,
) -> Result<Vec<String>, SourceError> {
    let relation = &table.relation;
    let mut columns = Vec::new();
    let first = table.columns.first().map_or("true".to_owned(), |column| ident(&column.name));
    for (_, sql) in fields {
        let inner = sql.strip_prefix('(').and_then(|sql| sql.strip_suffix(')')).unwrap_or(sql);
        columns.push(format!(
            "(select case when t.typbasetype <> 0 then t.typbasetype else t.oid end::pg_catalog.regtype::text
                from pg_catalog.pg_type t
               where t.oid = pg_catalog.pg_typeof((select {sql} from {relation} limit 0))::pg_catalog.oid)"
        ));
        columns.push(format!(
            "pg_catalog.pg_typeof((select case when {first} is null then {inner} end from {relation} limit 0))::text"
        ));
    }
    let zone = literal(declaration.time_zone.as_deref().unwrap_or("UTC"));
    columns.push(format!("(now() at time zone {zone})::text"));
    let row = db.row(timeout, &format!("select {}", columns.join(", ")), &[]).await?;
    Ok((0..fields.len()).map(|index| row.get(2 * index)).collect())
}

/// Whether the server refused a statement, and not the connection or the role.
fn is_about_the_statement(error: &SourceError) -> bool {
    use SourceErrorKind::{NotFound, Other, UnknownLayout};
    matches!(error.kind, NotFound | Other | UnknownLayout)
}

/// Checks that the columns which a requeue sets exist.
fn check_requeue(table: &CatalogTable, declaration: &Declaration) -> Result<(), SourceError> {
    let columns = declaration.requeue.as_ref().map(DeclaredRequeue::columns).unwrap_or_default();
    match columns.iter().find(|name| table.column(name).is_none()) {
        Some(missing) => {
            let found: Vec<_> = table.columns.iter().map(|column| ident(&column.name)).collect();
            let error =
                format!("column {} does not exist; found {}", ident(missing), found.join(", "));
            Err(wrong_key("requeue", &error))
        }
        None => Ok(()),
    }
}

fn wrong_key(key: &str, error: &str) -> SourceError {
    let message = format!("the declared queue does not match the table: {key}: {error}");
    SourceError::new(SourceErrorKind::UnknownLayout, message).hint(CommandText::to(
        "correct [context.NAME.queue]; test all keys",
        ShellCommand::new("config check"),
    ))
}

/// The error of a table that a declaration names.
fn not_declared(error: SourceError) -> SourceError {
    match error.kind {
        SourceErrorKind::NotFound => SourceError::new(error.kind, error.message)
            .hint("correct schema and table in [context.NAME.queue]"),
        _ => error,
    }
}
