//! Tests of the promises of docs/writes.md on a real server.

mod as_planned;
mod events;
mod guards;
mod ownership;
mod results;
pub mod state_machine;
mod supabase;
mod undo;

use crate::requeue::command;
use crate::support::cli::{Cli, Output, Running};
use crate::support::postgres::Database;
use crate::support::wait_until;

/// Returns the operation id that a command printed before its first write.
fn operation(output: &Output) -> String {
    let mut words = output.stderr.split_whitespace();
    let id = words.find(|word| word.starts_with("rq-"));
    id.unwrap_or_else(|| panic!("no operation: {output:#?}")).to_owned()
}

/// Returns the states of all jobs with their numbers: `dead_letter 2, queued 1`.
fn states(db: &Database) -> String {
    db.value(
        "SELECT coalesce(string_agg(state || ' ' || n, ', ' ORDER BY state), '')
           FROM (SELECT state, count(*) n FROM jobs GROUP BY 1) t",
    )
}

/// Makes dead letters of all queued jobs, as a worker does after the last attempt.
fn fail_queued(db: &Database, error: &str) {
    db.execute(&format!(
        "UPDATE jobs SET state = 'dead_letter', attempts = 5, last_error = '{error}', updated_at = clock_timestamp()
           WHERE state = 'queued'"
    ));
}

/// Starts a requeue of all dead letters that is interrupted after its first job. Returns the command, whose home
/// holds the record, and the operation.
fn interrupted(db: &Database) -> (Cli, String) {
    let mut cli = command(db, "requeue", &["--all", "--yes", "--rate", "30/m"]);
    let running: Running = cli.start();
    wait_until("a job is requeued", || states(db).contains("queued"));
    running.signal("TERM");
    let operation = operation(&running.finish().expect_code(75));
    (cli, operation)
}

/// Runs a `dlq` command with the records of another one.
fn with_records(db: &Database, cli: &Cli, verb: &str, args: &[&str]) -> Cli {
    command(db, verb, args).env("XDG_STATE_HOME", cli.home().join(".local/state"))
}
