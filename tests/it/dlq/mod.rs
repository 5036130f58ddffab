//! Tests of the `dlq` views on a real server.

mod ack;
mod agree;
mod export;
mod groups;
mod list;
mod show;
mod workspaces;

use serde_json::Value;

use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

/// Runs `dlq` with these arguments on a database.
fn dlq(database: &Database, args: &[&str]) -> Output {
    Cli::new(["dlq"].iter().chain(args)).env("DATABASE_URL", database.url()).run()
}

/// Returns the `data` of a command that exits with 0.
fn data(database: &Database, args: &[&str]) -> Value {
    let args: Vec<_> = args.iter().copied().chain(["-o", "json"]).collect();
    dlq(database, &args).expect_code(0).json()["data"].clone()
}

/// Returns the fixture numbers of the listed jobs.
fn listed(database: &Database, args: &[&str]) -> Vec<u64> {
    let args: Vec<_> = ["list", "--limit", "100"].iter().chain(args).copied().collect();
    let jobs = data(database, &args)["jobs"].as_array().unwrap().clone();
    jobs.iter().map(number).collect()
}

/// Returns the fixture number of a job: its id, or the last digits of its uuid.
fn number(job: &Value) -> u64 {
    job["id"].as_str().unwrap().rsplit('-').next().unwrap().parse().unwrap()
}

/// The variants with dead letters.
const WITH_DEAD: [&str; 5] = ["main", "atomic", "status_live", "bigint", "event_data"];

/// Returns the id of the n-th job of a fixture, in the id type of this database.
fn id(database: &Database, n: u32) -> String {
    database.value(&format!(
        "SELECT id::text FROM jobs WHERE id::text = '{n}' OR id::text LIKE '%-%{n:012}'"
    ))
}

/// Requeues a job and returns the operation id.
fn requeue(database: &Database, id: &str, why: &str) -> String {
    let args = ["dlq", "requeue", id, "--yes", "--reason", why, "-o", "json"];
    let output = Cli::new(args)
        .env("DATABASE_URL", database.url())
        .env("USER", "oncall")
        .run()
        .expect_code(0);
    output.json()["data"]["outcome"]["operation"].as_str().unwrap().to_owned()
}
