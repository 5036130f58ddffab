//! Tests of every command that reads the jobs table, on a real server with every variant of the schema.

mod application_claims;
mod claim_times;
mod claims;
mod dead_letters;
mod deaths;
mod due_times;
mod queue;
mod random_layouts;
mod state_column;
mod times;
mod triage;
mod undated_deaths;
mod unknown_states;
mod unread_columns;
mod variants;
mod visibility;

use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

/// Runs a command against a database.
fn run(args: &[&str], database: &Database) -> Output {
    Cli::new(args).env("DATABASE_URL", database.url()).run()
}

/// Returns the status of a check in a JSON report.
pub fn status(json: &serde_json::Value, id: &str) -> String {
    let checks = json["checks"].as_array().expect("checks");
    let check = checks.iter().find(|c| c["id"] == id).unwrap_or_else(|| panic!("no check {id}"));
    check["status"].as_str().expect("status").to_owned()
}
