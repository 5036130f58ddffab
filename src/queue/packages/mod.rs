//! Jobs tables of known packages: which ones a database contains, and what their tables mean.
//!
//! A package is data: the expressions of its fields, the values of its roles, and what a requeue sets. It fills the
//! same [`Layout`] as a declared table ([`super::declared`]), but its SQL is part of this program, so that it may also
//! be part of statements that write.

mod choice;
mod pg_boss;
mod river;

use std::collections::BTreeMap;

pub(crate) use choice::{Chosen, Found, Instance, InstanceChoice, QueueChoice, choose};
use serde::{Deserialize, Serialize};

use super::catalog::{CatalogTable, TableCatalog};
use super::declaration::{Declaration, DeclaredRequeue, Field};
use super::declared::{self, TypedField};
use super::recognize::LayoutError;
use super::{Layout, Lifecycle, StateNames};

/// A package with a jobs table in PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Package {
    /// River (Go).
    River,
    /// pg-boss (Node.js).
    PgBoss,
    /// graphile-worker (Node.js).
    GraphileWorker,
    /// Oban (Elixir, Python).
    Oban,
    /// Procrastinate (Python).
    Procrastinate,
    /// Solid Queue (Ruby).
    SolidQueue,
    /// GoodJob (Ruby).
    GoodJob,
    /// Que (Ruby).
    Que,
    /// Delayed Job (Ruby).
    DelayedJob,
}

impl Package {
    /// All packages.
    pub(crate) const ALL: [Self; 9] = [
        Self::River,
        Self::PgBoss,
        Self::GraphileWorker,
        Self::Oban,
        Self::Procrastinate,
        Self::SolidQueue,
        Self::GoodJob,
        Self::Que,
        Self::DelayedJob,
    ];

    /// Key in the configuration and in JSON.
    pub(crate) fn key(self) -> &'static str {
        self.into()
    }

    /// The package with this key.
    pub(crate) fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|package| package.key() == key)
    }

    /// Its own name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::River => "River",
            Self::PgBoss => "pg-boss",
            Self::GraphileWorker => "graphile-worker",
            Self::Oban => "Oban",
            Self::Procrastinate => "Procrastinate",
            Self::SolidQueue => "Solid Queue",
            Self::GoodJob => "GoodJob",
            Self::Que => "Que",
            Self::DelayedJob => "Delayed Job",
        }
    }

    /// Its table with jobs, and columns of which each version has at least one. No other table has both.
    pub(crate) fn witness(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::River => ("river_job", &["finalized_at"]),
            // Before version 21 of the schema, names had no underscores.
            Self::PgBoss => ("job", &["keep_until", "keepuntil"]),
            Self::GraphileWorker => ("_private_jobs", &["task_id"]),
            Self::Oban => ("oban_jobs", &["attempted_by"]),
            Self::Procrastinate => ("procrastinate_jobs", &["queueing_lock"]),
            Self::SolidQueue => ("solid_queue_jobs", &["active_job_id"]),
            Self::GoodJob => ("good_jobs", &["serialized_params"]),
            Self::Que => ("que_jobs", &["expired_at"]),
            Self::DelayedJob => ("delayed_jobs", &["handler"]),
        }
    }

    /// The statement that reads the version of the schema, in the column `version`; `{schema}` is its schema. `None`
    /// for packages that are not supported yet.
    pub(crate) fn version_query(self) -> Option<&'static str> {
        match self {
            Self::River => Some(river::VERSION),
            Self::PgBoss => Some(pg_boss::VERSION),
            _ => None,
        }
    }

    fn definition(self) -> Option<fn(&CatalogTable) -> Definition> {
        match self {
            Self::River => Some(river::definition),
            Self::PgBoss => Some(pg_boss::definition),
            _ => None,
        }
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
    /// What a requeue sets.
    requeue: DeclaredRequeue,
    /// All the rest.
    traits: PackageTraits,
}

/// What a package's table has beside the fields of a declared one. All texts are SQL of this program. Expressions
/// use the unqualified names of columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PackageTraits {
    /// The package and where its table is.
    pub(crate) instance: Option<Instance>,
    /// Why the table is not written.
    pub(crate) read_only: Option<String>,
    /// Which rows of the table are jobs; all if `None`.
    pub(crate) rows: Option<String>,
    /// Further columns of the subquery, by name.
    pub(crate) columns: BTreeMap<String, String>,
    /// Conditions over the subquery for states that an index of the table serves better than an equality.
    pub(crate) conditions: BTreeMap<String, String>,
    /// Condition over the subquery for claimed jobs that the package itself would take from their worker; `{after}`
    /// is the setting `stuck_after` in seconds.
    pub(crate) stuck: String,
    /// Column that is part of the primary key beside the id.
    pub(crate) place: Option<String>,
    /// What a requeue sets beside fixed values: column and expression. `{due_at}` is the time from which the job may
    /// be claimed, `{event}` the JSON that describes the operation.
    pub(crate) assignments: BTreeMap<String, String>,
    /// States in which a requeued job waits, beside the queued ones.
    pub(crate) also_requeued: Vec<String>,
    /// Jobs that must not be requeued by SQL: condition over the table, and why.
    pub(crate) refused: Vec<(String, String)>,
    /// Condition for copies of a dead letter in another queue (`copy`, `job`), which a requeue cancels.
    pub(crate) copies: Option<String>,
    /// What a requeue gives, and what its plan has to say.
    pub(crate) requeue_notes: Vec<String>,
    /// What is not known of this queue.
    pub(crate) unknowable: Vec<String>,
    /// Why stuck jobs are not rescued.
    pub(crate) no_rescue: String,
}

impl PackageTraits {
    /// The expression of an assignment for the row `row`, whose columns it names without a qualifier.
    pub(crate) fn value(&self, column: &str, row: &str, due_at: &str, event: &str) -> String {
        let Some(expression) = self.assignments.get(column) else { return "null".to_owned() };
        let expression = expression.replace("{due_at}", due_at).replace("{event}", event);
        format!("(select {expression} from (select {row}.*) as row_of_job)")
    }
}

/// Name of the column of the subquery with the time when a dead letter is deleted.
pub(crate) const DELETED_AT: &str = "deleted_at";
/// Name of the column of the subquery with the time of death, which the table's own index orders.
pub(crate) const DEAD_SINCE: &str = "dead_since";
/// Name of the column of the subquery with [`PackageTraits::place`].
pub(crate) const PLACE: &str = "place";
/// Name of the column of the subquery with the queue, if that is not the kind.
pub(crate) const QUEUE: &str = "queue";

/// Builds the layout of an instance.
///
/// # Errors
/// If the table cannot be read, or if it lacks columns.
pub(crate) fn layout(catalog: &TableCatalog, instance: &Instance) -> Result<Layout, LayoutError> {
    let Some(table) = &catalog.jobs else { return Err(LayoutError::NoTable) };
    let Some(definition) = instance.package.definition() else { return Err(LayoutError::NoTable) };
    let definition = definition(table);
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
    let traits = PackageTraits {
        read_only: read_only(instance, &definition),
        instance: Some(instance.clone()),
        ..definition.traits
    };
    let declaration = Declaration {
        schema: Some(instance.schema.clone()),
        table: table.relation.name.clone(),
        columns: definition.fields.iter().map(|(f, sql, _)| (*f, (*sql).to_owned())).collect(),
        states: state_names(table, definition.states),
        requeue: Some(definition.requeue),
        ..Declaration::default()
    };
    let fields: Vec<_> = definition
        .fields
        .iter()
        .map(|(field, sql, r#type)| TypedField {
            field: *field,
            sql: declared::expression(table, sql),
            r#type: (*r#type).to_owned(),
        })
        .collect();
    let mut layout = declared::layout(catalog, &declaration, &fields)?;
    layout.states_closed = unknown_labels(table, definition.states).is_empty();
    layout.unknown_states = unknown_labels(table, definition.states);
    if let Some(declared) = &mut layout.declared {
        declared.add_package(table, traits);
    }
    Ok(layout)
}

/// Fields and other columns that the table does not have.
fn missing_columns(table: &CatalogTable, definition: &Definition) -> Vec<&'static str> {
    let needs = definition.needs.iter().copied();
    needs.filter(|name| table.column(name).is_none()).collect()
}

fn read_only(instance: &Instance, definition: &Definition) -> Option<String> {
    let is_tested = instance.version.is_some_and(|version| definition.tested.contains(&version));
    let tested: Vec<_> = definition.tested.iter().map(ToString::to_string).collect();
    (!is_tested).then(|| {
        format!(
            "{} has schema version {}, and writes were tested with {}: it is only read",
            instance.package.name(),
            instance.version_text(),
            tested.join(" and "),
        )
    })
}

/// The labels that the type of the state allows; empty if it is no enum.
fn labels(table: &CatalogTable) -> &[String] {
    table.type_values.get(STATE).map_or(&[], Vec::as_slice)
}

/// The column of the state in every supported package.
pub(crate) const STATE: &str = "state";

/// The values of the roles. A label that this version of the enum does not have would be an error in a comparison.
fn state_names(table: &CatalogTable, states: &[(Lifecycle, &str)]) -> StateNames {
    let labels = labels(table);
    let derived = |value: &str| value == river::NO_LABEL || pg_boss::DERIVED.contains(&value);
    let mut names = StateNames::default();
    for (role, value) in states {
        if labels.is_empty() || derived(value) || labels.iter().any(|label| label == value) {
            names.add(*role, value);
        }
    }
    names
}

fn unknown_labels(table: &CatalogTable, states: &[(Lifecycle, &str)]) -> Vec<String> {
    let is_unknown = |label: &&String| !states.iter().any(|(_, value)| value == label);
    labels(table).iter().filter(is_unknown).cloned().collect()
}
