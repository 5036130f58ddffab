//! Tests of the write commands on a real server: rules, variants, interruptions.

mod canary;
mod claimed;
mod confirmation;
mod failing;
mod follow;
mod operations;
mod progress;
mod resume;
mod rules;
mod throttle;
mod undo;
mod variants;
mod workers;
pub mod write_errors;

use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

/// Runs `dlq requeue` on this database with JSON output.
pub fn requeue(database: &Database, args: &[&str]) -> Output {
    command(database, "requeue", args).run()
}

/// Returns a `dlq` command on this database with JSON output.
pub fn command(database: &Database, verb: &str, args: &[&str]) -> Cli {
    let all = ["dlq", verb, "-o", "json"].into_iter().chain(args.iter().copied());
    Cli::new(all).env("DATABASE_URL", database.url()).env("USER", "oncall")
}

/// Returns the id of the operation that a command in this home started.
pub fn recorded_operation(cli: &Cli) -> String {
    let files = cli.home().join(".local/state/cliplyctl/operations");
    let file = std::fs::read_dir(files).unwrap().next().unwrap().unwrap();
    file.file_name().into_string().unwrap().trim_end_matches(".json").to_owned()
}

/// Returns the id of the n-th job of the fixtures.
pub fn job(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

/// Returns the number of jobs in this state, in variant main.
pub fn count(database: &Database, state: &str) -> String {
    database.value(&format!("SELECT count(*) FROM jobs WHERE state = '{state}'"))
}

/// Returns the number of requeue events.
pub fn events(database: &Database) -> String {
    database.value(
        "SELECT count(*) FROM job_events WHERE data->>'reason' = 'requeued_from_dead_letter'",
    )
}

/// Inserts `n` dead letters with the same cause, one hour old, into a database of variant main.
pub fn insert_dead_letters(database: &Database, n: u32) {
    database.execute(&format!(
        "INSERT INTO workspaces (id, name, owner_id)
           SELECT 'aaaaaaaa-0000-4000-8000-000000000009', 'w', gen_random_uuid()
           WHERE NOT EXISTS (SELECT FROM workspaces WHERE id = 'aaaaaaaa-0000-4000-8000-000000000009');
         INSERT INTO jobs (workspace_id, kind, state, attempts, last_error, run_at, updated_at)
           SELECT 'aaaaaaaa-0000-4000-8000-000000000009', 'CLIP_RENDER', 'dead_letter', 5,
                  'FFmpeg timed out after ' || n || 's', now() - interval '1 day', now() - interval '1 hour'
             FROM generate_series(1, {n}) n"
    ));
}
