//! Packages with a jobs table in PostgreSQL, and what their table has beside the fields of a declared one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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

    /// The name of a version of its schema.
    pub(crate) fn version_name(self, version: i64) -> String {
        match self {
            // Their schemas have no version: functions or columns identify the release.
            Self::Procrastinate => format!("{}.{}", version / 100, version % 100),
            Self::SolidQueue => format!("{version}.x"),
            _ => version.to_string(),
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

    /// The package with a table of this name.
    pub(crate) fn of_table(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|package| package.witness().0 == name)
    }

    /// A table with its paused queues that is read only if this role may, and the columns that are read.
    pub(crate) fn pauses(self) -> Option<(&'static str, [&'static str; 2])> {
        (self == Self::River).then_some(("river_queue", ["name", "paused_at"]))
    }
}

/// A package's table in a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instance {
    /// The package.
    pub(crate) package: Package,
    /// The schema of its tables, unquoted.
    pub(crate) schema: String,
    /// The version of its schema; `None` if it cannot be read.
    pub(crate) version: Option<i64>,
    /// Whether this role sees which queues are paused, in [`Package::pauses`]; `None` if there is no such table.
    #[serde(default)]
    pub(crate) sees_pauses: Option<bool>,
}

impl Instance {
    /// The version, in words.
    pub(crate) fn version_text(&self) -> String {
        let named = |version| self.package.version_name(version);
        self.version.map_or_else(|| "unknown".to_owned(), named)
    }
}

/// What a package's table has beside the fields of a declared one. All texts are SQL of this program. Expressions
/// use the unqualified names of columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PackageTraits {
    /// The package and where its table is.
    pub(crate) instance: Option<Instance>,
    /// Why the table is not written.
    pub(crate) read_only: Option<String>,
    /// The column of the state, if it is not [`STATE`].
    pub(crate) state_column: Option<String>,
    /// The state of one row (`{name}`) without [`Self::joins`], if these read much more than it needs.
    pub(crate) state_of_row: Option<String>,
    /// Which rows of the table are jobs; all if `None`.
    pub(crate) rows: Option<String>,
    /// Joins that give each row at most one row of other tables, in parentheses: their columns have names that the
    /// table does not have. `{schema}` is its schema.
    pub(crate) joins: String,
    /// Tables that the expressions read beside the jobs. Row-level security must not hide their rows.
    pub(crate) also_reads: Vec<String>,
    /// Further columns of the subquery, by name.
    pub(crate) columns: BTreeMap<String, String>,
    /// Conditions over the subquery for states that an index of the table serves better than an equality.
    pub(crate) conditions: BTreeMap<String, String>,
    /// Whether a job can have a state of no role.
    pub(crate) states_may_be_unknown: bool,
    /// Condition over the subquery for claimed jobs that the package itself would take from their worker; `{after}`
    /// is the setting `stuck_after` in seconds.
    pub(crate) stuck: String,
    /// The same in words, of one or several jobs; `{after}` is the longer of the setting and [`Self::stuck_least`].
    pub(crate) stuck_text: String,
    /// The shortest time in `stuck`, in seconds, whatever the setting is.
    pub(crate) stuck_least: u32,
    /// What owns claimed jobs, if these have rows in a table of their own: without one, nothing owns the job.
    pub(crate) owner: Option<String>,
    /// Condition over the subquery for blocked jobs that nothing frees for `{after}` seconds: a job that is scheduled for
    /// later holds them up, and none runs.
    pub(crate) blocked_by_scheduled: Option<String>,
    /// Column that is part of the primary key beside the id.
    pub(crate) place: Option<String>,
    /// What a requeue sets beside fixed values: column and expression. `{due_at}` is the time from which the job may
    /// be claimed, `{event}` the JSON that describes the operation.
    pub(crate) assignments: BTreeMap<String, String>,
    /// State of a requeued job that shall run later, if workers claim one in the usual state at once.
    pub(crate) state_if_later: Option<String>,
    /// States in which a requeued job waits, beside the queued ones.
    pub(crate) also_requeued: Vec<String>,
    /// The state of jobs that do not run because their queue is paused.
    pub(crate) paused_state: Option<String>,
    /// Whether the attempts of a requeued job are counted from 0 again.
    pub(crate) restarts_attempts: bool,
    /// Whether the package deletes a job when it has finished.
    pub(crate) deletes_finished: bool,
    /// Indexes that would serve figures without one.
    pub(crate) indexes: Vec<AdvisedIndex>,
    /// Jobs that must not be requeued by SQL.
    pub(crate) refused: Vec<RefusedJobs>,
    /// Rows of other tables that are the state of a job, which a requeue moves.
    pub(crate) state_rows: Option<StateRows>,
    /// Id of the newest job that continues the job `{id}`, if the package retries a job as another one.
    pub(crate) continued_by: Option<String>,
    /// Why a requeued job (`job`) waits although it is due: an expression that is NULL if nothing holds it up.
    pub(crate) held_up: Option<String>,
    /// The lock of a job that workers of the package have, if that is no column. Writes take it.
    pub(crate) own_lock: Option<OwnLock>,
    /// Copies of a dead letter in another queue, which a requeue cancels, because the job could run twice.
    pub(crate) copies: Option<Copies>,
    /// Why the number of dead letters says little, unless older rows show that they are kept.
    pub(crate) short_lived: Option<ShortLived>,
    /// Why a requeue cannot be undone.
    pub(crate) no_undo: Option<String>,
    /// What a requeue gives, and what its plan has to say.
    pub(crate) requeue_notes: Vec<String>,
    /// What is not known of this queue.
    pub(crate) unknowable: Vec<String>,
    /// Why stuck jobs are not rescued.
    pub(crate) no_rescue: String,
    /// How they are rescued, if they are.
    pub(crate) rescue: Option<RescueWrite>,
}

/// Jobs that must not be requeued by SQL.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RefusedJobs {
    /// Condition over the table.
    pub(crate) condition: String,
    /// Why, of one job.
    pub(crate) why: String,
}

/// An index that a package does not create.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct AdvisedIndex {
    /// Its name.
    pub(crate) name: String,
    /// Its columns.
    pub(crate) columns: String,
    /// Its predicate, as the catalog prints it. An index with this predicate serves the state.
    pub(crate) predicate: String,
    /// The state whose jobs it contains.
    pub(crate) state: String,
    /// What it serves.
    pub(crate) serves: String,
}

/// What a rescue writes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RescueWrite {
    /// Seconds after the claim from which a job is rescued, unless the operator says another number: when the package
    /// does it itself. `None` if each job has a limit of its own, which [`PackageTraits::stuck`] compares.
    pub(crate) after: Option<u32>,
    /// Columns with an expression over the row. The state is derived from the row that this leaves. `{age}` is the age
    /// of the claim after the write, in seconds.
    pub(crate) set: BTreeMap<String, String>,
    /// Rows of another table that are unlocked with the job.
    pub(crate) linked: Option<LinkedRows>,
    /// What frees the job, if the write does not: it only makes the claim old enough for the package's own code.
    pub(crate) rescuer: Option<Rescuer>,
    /// What its plan has to say.
    pub(crate) notes: Vec<String>,
}

/// The package's own code, which frees a job when its claim has passed a limit, and decides whether it is retried. A job
/// is claimed until then. [`OVERDUE`] says which jobs have passed the default limit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rescuer {
    /// Its name, as the subject of a sentence.
    pub(crate) name: String,
    /// Seconds within which it finds a job by default.
    pub(crate) within: u32,
    /// Why it may not act, after "perhaps".
    pub(crate) unless: String,
    /// Condition over the subquery for jobs whose worker is active, whatever the age of their claim. `{schema}` is the
    /// schema.
    pub(crate) active: Option<String>,
}

/// Rows of another table that are written with a job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LinkedRows {
    /// Name of the table, in the schema of the jobs.
    pub(crate) table: String,
    /// Condition for its rows (`other`) with the job (`job`).
    pub(crate) condition: String,
    /// Assignments.
    pub(crate) set: String,
}

/// Copies of a dead letter in another queue of the same table, which have a [`PackageTraits::place`] of their own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Copies {
    /// Condition for a copy (`copy`) of a dead letter (`job`) that can be canceled.
    pub(crate) condition: String,
    /// Assignments that cancel a copy.
    pub(crate) cancel: String,
    /// Assignments that restore a canceled copy.
    pub(crate) restore: String,
}

/// A lock of the package for a job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct OwnLock {
    /// Takes the lock of the row `locked` until the end of the transaction, without waiting; whether that succeeded.
    pub(crate) take: String,
    /// Whether a session has the lock of the row `job`.
    pub(crate) is_held: String,
}

/// Rows of other tables that are the state of a job: a dead letter has one in one table, a queued job in another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StateRows {
    /// Column of these tables with the id of the job. It is unique.
    pub(crate) job: String,
    /// Table with the dead letters.
    pub(crate) dead: String,
    /// Column of [`PackageTraits::joins`] with the version of that row (`xmin` as `bigint`). It is part of the version
    /// of a dead letter.
    pub(crate) dead_version: String,
    /// Tables with queued jobs. The conditions exclude each other.
    pub(crate) queued: Vec<QueuedRows>,
}

/// The rows of queued jobs in a table. Expressions are over the row `job`; `{due_at}` is the time from which the job
/// may be claimed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct QueuedRows {
    /// Name of the table.
    pub(crate) table: String,
    /// Which requeued jobs get a row.
    pub(crate) condition: String,
    /// Its columns beside the id of the job.
    pub(crate) columns: BTreeMap<String, String>,
}

/// Dead letters that the package deletes so soon that none of them may be there although jobs died.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ShortLived {
    /// Condition for a row that would have been deleted as well: one of them shows that dead letters are kept.
    pub(crate) kept_if: String,
    /// What that means, for the report.
    pub(crate) why: String,
}

impl PackageTraits {
    /// Whether queues can be paused that this role does not see.
    pub(crate) fn hides_pauses(&self) -> bool {
        self.instance.as_ref().is_some_and(|instance| instance.sees_pauses == Some(false))
    }

    /// The column of the state.
    pub(crate) fn state_column(&self) -> &str {
        self.state_column.as_deref().unwrap_or(STATE)
    }

    /// How a stuck job is freed if the rescue leaves that to the package's own code.
    pub(crate) fn rescuer(&self) -> Option<&Rescuer> {
        self.rescue.as_ref()?.rescuer.as_ref()
    }

    /// A condition over the columns of the subquery that only packages have, for the row `job` of the table.
    pub(crate) fn condition_of_row(&self, condition: &str) -> String {
        let used = self.columns.iter().map(|(name, sql)| (format!("\"{name}\""), sql));
        let used = used.filter(|(name, _)| condition.contains(name.as_str()));
        let columns: Vec<_> = used.map(|(name, sql)| format!("{sql} as {name}")).collect();
        format!(
            "(select {condition} from (select {} from (select job.*) as row_of_job) as fields)",
            columns.join(", ")
        )
    }

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
/// Name of the column of the subquery that says whether the package's own code frees a job by default.
pub(crate) const OVERDUE: &str = "is_overdue";
/// Name of the column of the subquery that identifies the worker of a claimed job, if its name does not.
pub(crate) const HOLDER: &str = "holder";
/// Name of the column of the subquery with the queue, if that is not the kind.
pub(crate) const QUEUE: &str = "queue";

/// Seconds by which a rescue puts a claim beyond the limit: the clocks of clients can differ.
pub(crate) const BEYOND_LIMIT: u32 = 60;

/// The usual column of the state.
pub(crate) const STATE: &str = "state";
/// The columns of the state of all packages.
pub(crate) const STATE_COLUMNS: [&str; 2] = [STATE, "status"];
