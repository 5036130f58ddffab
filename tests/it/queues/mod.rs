//! Jobs tables of packages: River, pg-boss and graphile-worker. The tables are those of their documented schema, with rows in every
//! state and unusual ones.

mod detection;
mod figures;
mod writes;

use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

/// A package with the SQL that a person would write.
pub struct Queue {
    /// Key of the adapter.
    pub key: &'static str,
    pub schema_sql: &'static str,
    pub rows_sql: &'static str,
    /// Usual schema, and name of the table.
    pub schema: &'static str,
    pub table: &'static str,
    /// The column that is shown as the kind.
    pub kind: &'static str,
    /// Conditions of the states, in SQL.
    pub due: &'static str,
    pub scheduled: &'static str,
    pub blocked: &'static str,
    pub claimed: &'static str,
    pub stuck: &'static str,
    pub retrying: &'static str,
    pub finished: &'static str,
    pub canceled: &'static str,
    pub dead: &'static str,
    pub death: &'static str,
    pub error: &'static str,
}

pub const RIVER: Queue = Queue {
    key: "river",
    schema_sql: include_str!("../../fixtures/queues/river_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/river_rows.sql"),
    schema: "public",
    table: "river_job",
    kind: "kind",
    due: "state in ('available', 'scheduled') and scheduled_at <= now()",
    scheduled: "state in ('available', 'scheduled') and scheduled_at > now()",
    blocked: "state = 'pending'",
    claimed: "state = 'running'",
    stuck: "state = 'running' and attempted_at < now() - interval '1 hour'",
    retrying: "state = 'retryable'",
    finished: "state = 'completed'",
    canceled: "state = 'cancelled'",
    dead: "state = 'discarded'",
    death: "finalized_at",
    error: "errors[array_upper(errors, 1)] ->> 'error'",
};

pub const PG_BOSS: Queue = Queue {
    key: "pg_boss",
    schema_sql: include_str!("../../fixtures/queues/pg_boss_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/pg_boss_rows.sql"),
    schema: "pgboss",
    table: "job",
    kind: "name",
    due: "state = 'created' and not blocked and source_id is null and start_after <= now()",
    scheduled: "state = 'created' and not blocked and source_id is null and start_after > now()",
    blocked: "state < 'active' and blocked",
    claimed: "state = 'active'",
    stuck: "state = 'active' and (started_on + expire_seconds * interval '1 s' < now() \
            or heartbeat_on + heartbeat_seconds * interval '1 s' < now())",
    retrying: "state = 'retry' and not blocked",
    finished: "state = 'completed'",
    canceled: "state = 'cancelled'",
    // A failed job and its copy in the dead-letter queue are one dead letter.
    dead: "(state = 'failed' or state = 'created' and source_id is not null and not exists (\
             select from {table} o where o.id = t.source_id and o.name = t.source_name and o.state = 'failed'))",
    death: "coalesce(completed_on, created_on)",
    error: "coalesce(output ->> 'message', output -> 'value' ->> 'message', source_output ->> 'message', output #>> '{}')",
};

pub const GRAPHILE_WORKER: Queue = Queue {
    key: "graphile_worker",
    schema_sql: include_str!("../../fixtures/queues/graphile_worker_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/graphile_worker_rows.sql"),
    schema: "graphile_worker",
    table: "_private_jobs",
    kind: "(select task_identifier from graphile_worker.jobs v where v.id = t.id)",
    due: "is_available and attempts = 0 and run_at <= now() \
          and not exists (select from graphile_worker._private_job_queues q where q.id = job_queue_id and not q.is_available)",
    scheduled: "is_available and attempts = 0 and run_at > now()",
    blocked: "is_available and run_at <= now() \
              and exists (select from graphile_worker._private_job_queues q where q.id = job_queue_id and not q.is_available)",
    claimed: "locked_at is not null",
    stuck: "locked_at < now() - interval '4 hours'",
    retrying: "is_available and attempts > 0 and not (run_at <= now() \
               and exists (select from graphile_worker._private_job_queues q where q.id = job_queue_id and not q.is_available))",
    // The package deletes them.
    finished: "false",
    canceled: "false",
    dead: "(locked_at is null and attempts >= max_attempts)",
    // A failure sets run_at to its own time and exp(attempts) seconds; permanently_fail_jobs() sets updated_at.
    death: "(case id when 1001 then updated_at else run_at - exp(least(attempts, 10)) * interval '1 second' end)",
    error: "last_error",
};

pub const QUEUES: [&Queue; 3] = [&RIVER, &PG_BOSS, &GRAPHILE_WORKER];

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
        // Sessions with another zone get the same answers.
        db.execute(&format!("alter database {} set timezone = 'Asia/Tokyo'", db.name()));
        Installed { queue: self, db, state: tempfile::tempdir().unwrap() }
    }
}

/// A database with a package's table.
pub struct Installed {
    pub queue: &'static Queue,
    pub db: Database,
    state: tempfile::TempDir,
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

    /// All rows as text.
    pub fn rows(&self) -> String {
        self.select("string_agg(t::text, e'\\n' order by id)", "true")
    }
}
