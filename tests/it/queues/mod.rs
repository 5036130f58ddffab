//! Jobs tables of packages, each in its own file. The tables are those of their documented schema, with rows in every
//! state and unusual ones.

mod budget;
mod delayed_job;
mod detection;
mod figures;
mod follow;
mod good_job;
mod graphile_worker;
mod instances;
mod oban;
mod owners;
mod pg_boss;
mod procrastinate;
mod que;
mod rescue;
mod river;
mod solid_queue;
mod state_machine;
mod throttle;
mod times;
mod writes;

use delayed_job::DELAYED_JOB;
use good_job::GOOD_JOB;
use graphile_worker::GRAPHILE_WORKER;
use oban::{OBAN, OBAN_PYTHON};
use pg_boss::PG_BOSS;
use procrastinate::PROCRASTINATE;
use que::QUE;
use river::RIVER;
use solid_queue::SOLID_QUEUE;

use crate::support::cli::{Cli, Output};
use crate::support::postgres::{Database, Session};

/// A package with the SQL that a person would write.
pub struct Queue {
    /// Key of the adapter.
    pub key: &'static str,
    pub schema_sql: &'static str,
    pub rows_sql: &'static str,
    /// What a session does that stays connected, as a worker.
    pub session: &'static str,
    /// Usual schema, and name of the table.
    pub schema: &'static str,
    pub table: &'static str,
    /// The column that is shown as the kind.
    pub kind: &'static str,
    /// Conditions of the states, in SQL.
    pub due: &'static str,
    /// Which jobs the package's own claim takes now.
    pub claimable: &'static str,
    /// A statement after which each retry has been due for three hours.
    pub retries_now: &'static str,
    pub scheduled: &'static str,
    pub blocked: &'static str,
    pub claimed: &'static str,
    pub stuck: &'static str,
    /// Number of active workers, if it can be known.
    pub workers: Option<&'static str>,
    pub retrying: &'static str,
    pub finished: &'static str,
    pub canceled: &'static str,
    pub dead: &'static str,
    pub death: &'static str,
    pub error: &'static str,
    /// Order of lists: the last change first.
    pub changed: &'static str,
    /// The column of `--queue`.
    pub queue_column: &'static str,
    /// When a dead letter is deleted; `null::timestamptz` for never.
    pub deleted_at: &'static str,
    /// The column of the state, and its type; empty if the state is derived.
    pub state: &'static str,
    pub state_type: &'static str,
    /// A statement that makes the version of the schema a newer one, and what it is called.
    pub newer: (&'static str, &'static str),
    /// A column that is needed.
    pub needed: &'static str,
    /// What a role without rights is told.
    pub denied: &'static str,
    pub writes: Writes,
}

/// What is expected of the commands that write.
pub struct Writes {
    /// What the package itself does with dead letters, as one statement of a person: of `{ids}`, or without its
    /// condition.
    pub own_retry: &'static str,
    /// The columns that the package's own retry decides, without times of now.
    pub decided: &'static str,
    /// Jobs of the fixture that can be requeued, in SQL.
    pub requeueable: &'static str,
    /// Ends of the ids of jobs with a unique conflict.
    pub conflicts: &'static [&'static str],
    /// Ends of the ids of jobs that are refused.
    pub refused: &'static [&'static str],
    /// A job that can be requeued, and the claim of a worker without its condition.
    pub claim: (&'static str, &'static str),
    /// What workers do after a requeue of all jobs, and how many jobs are finished, failed again, failed with another
    /// cause, running and queued then.
    pub work: (&'static str, [u64; 5]),
    /// Whether a requeue can be undone.
    pub undo: bool,
}

/// All of them: those that are written, and GoodJob, which is only read.
pub const QUEUES: [&Queue; WRITTEN.len() + 1] = {
    let mut all = [&GOOD_JOB; WRITTEN.len() + 1];
    let (written, _) = all.split_at_mut(WRITTEN.len());
    written.copy_from_slice(&WRITTEN);
    all
};

/// Those that are written, too. Oban has one table of the Elixir and one of the Python package.
pub const WRITTEN: [&Queue; 9] = [
    &RIVER,
    &PG_BOSS,
    &GRAPHILE_WORKER,
    &OBAN,
    &OBAN_PYTHON,
    &PROCRASTINATE,
    &SOLID_QUEUE,
    &QUE,
    &DELAYED_JOB,
];

/// Keys of those whose stuck jobs are rescued.
pub const RESCUED: [&str; 4] = ["river", "pg_boss", "graphile_worker", "oban"];

impl Writes {
    /// The queue is only read.
    pub const NONE: Self = Self {
        own_retry: "",
        decided: "",
        requeueable: "false",
        conflicts: &[],
        refused: &[],
        claim: ("", ""),
        work: ("", [0; 5]),
        undo: false,
    };
}

impl Queue {
    /// The statements of the tables in this schema.
    pub fn tables(&self, schema: &str) -> String {
        self.schema_sql.replace("{schema}", schema)
    }

    /// The statements of the rows in this schema.
    pub fn rows(&self, schema: &str) -> String {
        self.rows_sql.replace("{schema}", schema)
    }

    /// A database with the tables and rows.
    pub fn installed(&'static self) -> Installed {
        self.installed_with("")
    }

    /// A database with the tables and rows, and more statements.
    pub fn installed_with(&'static self, more: &str) -> Installed {
        let db = Database::blank();
        db.execute(&self.tables(self.schema));
        db.execute(&self.rows(self.schema));
        db.execute(more);
        // Sessions with other settings get the same answers.
        for setting in ["timezone = 'Asia/Tokyo'", "standard_conforming_strings = off"] {
            db.execute(&format!("alter database {} set {setting}", db.name()));
        }
        let session = (!self.session.is_empty()).then(|| db.session());
        if let Some(session) = &session {
            session.execute(self.session);
        }
        Installed { queue: self, db, state: tempfile::tempdir().unwrap(), _session: session }
    }
}

/// A database with a package's table.
pub struct Installed {
    pub queue: &'static Queue,
    pub db: Database,
    state: tempfile::TempDir,
    _session: Option<Session>,
}

impl Installed {
    /// Runs a command without any configuration.
    pub fn run(&self, args: &[&str]) -> Output {
        self.run_as(&self.db.url(), args)
    }

    /// Runs a command with this connection string.
    pub fn run_as(&self, url: &str, args: &[&str]) -> Output {
        self.command(args).env("DATABASE_URL", url).run()
    }

    /// A command without any configuration.
    pub fn command(&self, args: &[&str]) -> Cli {
        let state = self.state.path().to_str().unwrap();
        Cli::new(args).env("DATABASE_URL", self.db.url()).env("XDG_STATE_HOME", state)
    }

    /// Returns the data of a command, whatever its status.
    pub fn data(&self, args: &[&str]) -> serde_json::Value {
        let args: Vec<_> = args.iter().copied().chain(["-o", "json"]).collect();
        let json = self.run(&args).json();
        assert_eq!(json["errors"], serde_json::json!([]), "{args:?} {json:#}");
        json["data"].clone()
    }

    /// The table in SQL.
    pub fn table(&self) -> String {
        format!("{}.{}", self.queue.schema, self.queue.table)
    }

    /// Returns the value of a select list over the rows of a condition.
    pub fn select(&self, list: &str, condition: &str) -> String {
        let condition = condition.replace("{table}", &self.table());
        self.db.value(&format!("select {list} from {} t where {condition}", self.table()))
    }

    /// Counts the rows of a condition.
    pub fn count(&self, condition: &str) -> u64 {
        self.select("count(*)", condition).parse().unwrap()
    }

    /// All rows as text, of the other tables as well.
    pub fn rows(&self) -> String {
        let others = format!(
            "select relname from pg_class where relkind = 'r' and relnamespace = '{}'::regnamespace order by 1",
            self.queue.schema
        );
        let others = self.db.rows(&others).into_iter().flatten().flatten().map(|table| {
            let table = format!("{}.\"{table}\"", self.queue.schema);
            self.db.value(&format!(
                "select string_agg(t::text, e'\\n' order by t::text) from {table} t"
            ))
        });
        let own = self.select("string_agg(t::text, e'\\n' order by id)", "true");
        [own].into_iter().chain(others).collect::<Vec<_>>().join("\n\n")
    }
}
