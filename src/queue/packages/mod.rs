//! Jobs tables of known packages: which ones a database contains, and what their tables mean.
//!
//! A package is data: the expressions of its fields, the values of its roles, and what a requeue sets. It fills the
//! same [`Layout`] as a declared table ([`super::declared`]), but its SQL is part of this program, so that it may also
//! be part of statements that write.

mod choice;
mod delayed_job;
mod good_job;
mod graphile_worker;
mod oban;
mod pg_boss;
mod procrastinate;
mod que;
mod river;
mod solid_queue;

pub(crate) use choice::{Chosen, Found, InstanceChoice, QueueChoice, choose};

use std::collections::BTreeMap;

use super::catalog::{CatalogIndex, CatalogTable, TableCatalog};
use super::declaration::{Declaration, DeclaredRequeue, Field};
use super::declared::{self, TypedField};
use super::package::{Instance, Package, PackageTraits, RefusedJobs};
use super::recognize::LayoutError;
use super::{Counting, Layout, Lifecycle, StateNames};

/// The statement that reads the version of the schema, in the column `version`; `{schema}` is its schema, and
/// `{schema_name}` its name as a literal.
pub(crate) fn version_query(package: Package) -> &'static str {
    supported(package).0
}

/// Zone of times without one.
const UTC: &str = "UTC";

/// Whether a column has times without a zone, as those of Rails are unless the application chose otherwise.
fn is_naive(table: &CatalogTable, column: &str) -> bool {
    table.column(column).is_some_and(|column| column.is_any(&["timestamp", "date"]))
}

/// The type of times.
fn time_type(is_naive: bool) -> &'static str {
    if is_naive { "timestamp without time zone" } else { "timestamp with time zone" }
}

/// A time of this type with a zone, and the other way round.
fn in_zone(is_naive: bool, time: &str) -> String {
    if is_naive { format!("({time} at time zone '{UTC}')") } else { time.to_owned() }
}

/// A map of texts of a definition.
fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, sql)| ((*name).to_owned(), (*sql).to_owned())).collect()
}

/// Conditions for jobs that must not be requeued, each with its reason.
fn refused_jobs(pairs: &[(&str, &str)]) -> Vec<RefusedJobs> {
    let refused = |(condition, why): &(&str, &str)| RefusedJobs {
        condition: (*condition).to_owned(),
        why: (*why).to_owned(),
    };
    pairs.iter().map(refused).collect()
}

/// Returns what the jobs table of a package means.
type DefinitionOf = fn(&CatalogTable) -> Definition;

/// Returns the version query and the definition of a package.
fn supported(package: Package) -> (&'static str, DefinitionOf) {
    match package {
        Package::River => (river::VERSION, river::definition),
        Package::PgBoss => (pg_boss::VERSION, pg_boss::definition),
        Package::GraphileWorker => (graphile_worker::VERSION, graphile_worker::definition),
        Package::SolidQueue => (solid_queue::VERSION, solid_queue::definition),
        Package::Oban => (oban::VERSION, oban::definition),
        Package::Procrastinate => (procrastinate::VERSION, procrastinate::definition),
        Package::Que => (que::VERSION, que::definition),
        Package::DelayedJob => (delayed_job::VERSION, delayed_job::definition),
        Package::GoodJob => (good_job::VERSION, good_job::definition),
    }
}

/// What a package's table means.
struct Definition {
    /// Versions of the schema that were tested; others are only read.
    tested: &'static [i64],
    /// Fields with their expression over the columns of the table, and the type of the expression.
    fields: Vec<(Field, &'static str, &'static str)>,
    /// Columns that an expression or a write needs beside the fields that are columns themselves.
    needs: &'static [&'static str],
    /// The values of the state, with their roles.
    states: &'static [(Lifecycle, &'static str)],
    /// Those of them that are no label of the state, if it is an enum: the expression of the state makes them.
    derived_states: &'static [&'static str],
    /// What a requeue sets; `None` if the package is only read.
    requeue: Option<DeclaredRequeue>,
    /// What else its table has.
    traits: PackageTraits,
}

/// Builds the layout of an instance.
///
/// # Errors
/// If the table cannot be read, or if it lacks columns.
pub(crate) fn layout(catalog: &TableCatalog, instance: &Instance) -> Result<Layout, LayoutError> {
    let Some(table) = &catalog.jobs else { return Err(LayoutError::NoTable) };
    let (_, definition) = supported(instance.package);
    let mut definition = definition(table);
    if instance.package == Package::River {
        river::with_pauses(&mut definition, instance.sees_pauses);
    }
    let missing = missing_columns(table, &definition);
    if !missing.is_empty() && table.can_select {
        return Err(LayoutError::Package(format!(
            "{} in schema {} (schema version {}) is not supported: its table lacks {}",
            instance.package.name(),
            instance.schema,
            instance.version_text(),
            missing.join(", "),
        )));
    }
    let states = state_names(table, &definition);
    let traits = PackageTraits {
        read_only: read_only(instance, &definition),
        instance: Some(instance.clone()),
        ..definition.traits
    };
    // Expressions can name the table, its rows and its schema.
    let in_relation = |sql: &str| declared::in_relation(sql, &table.relation);
    let fields = definition.fields.iter();
    let fields: Vec<_> = fields.map(|(f, sql, r#type)| (*f, in_relation(sql), *r#type)).collect();
    let declaration = Declaration {
        schema: Some(instance.schema.clone()),
        table: table.relation.name.clone(),
        // Packages whose times have no zone write them in UTC.
        time_zone: Some(UTC.to_owned()),
        columns: fields.iter().map(|(field, sql, _)| (*field, sql.clone())).collect(),
        states,
        requeue: definition.requeue,
        counting: Counting::AtFailure,
    };
    let fields: Vec<_> = fields
        .iter()
        .map(|(field, sql, r#type)| TypedField {
            field: *field,
            sql: declared::expression(table, sql),
            r#type: (*r#type).to_owned(),
        })
        .collect();
    let version = traits.state_rows.as_ref().map(|rows| rows.dead_version.as_str());
    let mut layout = declared::layout(catalog, &declaration, &fields, version)?;
    layout.unknown_states = unknown_labels(labels(table, traits.state_column()), definition.states);
    layout.states_closed = layout.unknown_states.is_empty() && !traits.states_may_be_unknown;
    layout.indexes.extend(advised_indexes(table, &layout, &traits));
    if let Some(declared) = &mut layout.declared {
        declared.add_package(table, traits);
    }
    Ok(layout)
}

/// The suggested indexes that exist, in the terms of the layout. They have the rows of a state, so that no scan of the
/// table is needed; the other facts are read from these rows.
fn advised_indexes(
    table: &CatalogTable,
    layout: &Layout,
    traits: &PackageTraits,
) -> Vec<CatalogIndex> {
    let times = [&layout.heartbeat, &layout.locked_at, &layout.updated];
    let times = times.into_iter().flatten().chain(&layout.due).map(|time| &time.name);
    let columns = layout.kind.iter().chain(&layout.locked_by).chain(times);
    let columns: Vec<_> = columns.cloned().map(Some).collect();
    let exists = |predicate: &str| {
        table.indexes.iter().any(|index| index.predicate.as_deref() == Some(predicate))
    };
    let existing = traits.indexes.iter().filter(|advised| exists(&advised.predicate));
    let state = &layout.state_column;
    existing
        .map(|advised| CatalogIndex {
            columns: columns.clone(),
            predicate: Some(format!("({state} = '{}'::text)", advised.state)),
        })
        .collect()
}

/// Fields and other columns that the table does not have.
fn missing_columns(table: &CatalogTable, definition: &Definition) -> Vec<&'static str> {
    let needs = definition.needs.iter().copied();
    needs.filter(|name| table.column(name).is_none()).collect()
}

fn read_only(instance: &Instance, definition: &Definition) -> Option<String> {
    if let Some(reason) = &definition.traits.read_only {
        return Some(reason.clone());
    }
    let is_tested = instance.version.is_some_and(|version| definition.tested.contains(&version));
    let named = |version: &i64| instance.package.version_name(*version);
    let tested: Vec<_> = definition.tested.iter().map(named).collect();
    (!is_tested).then(|| {
        format!(
            "{} has schema version {}, and writes were tested with {}: it is only read",
            instance.package.name(),
            instance.version_text(),
            tested.join(" and "),
        )
    })
}

/// The labels that the type of the column of the state allows; empty if it is no enum.
fn labels<'a>(table: &'a CatalogTable, state: &str) -> &'a [String] {
    table.type_values.get(state).map_or(&[], Vec::as_slice)
}

/// The values of the roles. A label that this version of the enum does not have would be an error in a comparison.
fn state_names(table: &CatalogTable, definition: &Definition) -> StateNames {
    let labels = labels(table, definition.traits.state_column());
    let exists = |value: &str| {
        labels.is_empty()
            || definition.derived_states.contains(&value)
            || labels.iter().any(|label| label == value)
    };
    let mut names = StateNames::default();
    for (role, value) in definition.states.iter().filter(|(_, value)| exists(value)) {
        names.add(*role, value);
    }
    names
}

fn unknown_labels(labels: &[String], states: &[(Lifecycle, &str)]) -> Vec<String> {
    let is_unknown = |label: &&String| !states.iter().any(|(_, value)| value == label);
    labels.iter().filter(is_unknown).cloned().collect()
}
