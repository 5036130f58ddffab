//! Tests of `rls` on a real server.

mod accepted_paths;
mod audit;
mod cascades;
mod diff;
mod equivalence;
mod fixes;
mod flaws;
mod keys;
mod mutations;
mod open_writes;
mod roles;
mod sarif;
mod self_grants;
mod views;
mod whocan;
mod writes;

use crate::support::cli::{Cli, Output};
use crate::support::fixtures::backend;
use crate::support::postgres::Database;

/// Creates a database with the access rules of the runbook and with jobs.
pub fn clean() -> Database {
    clean_with("main_typical")
}

/// Creates a database with the access rules of the runbook and with the jobs of this fixture.
pub fn clean_with(jobs: &str) -> Database {
    let database = Database::from_fixture(jobs);
    database.execute(&backend(&["posture"]));
    database
}

/// Runs `rls audit` as the superuser with JSON output.
fn audit(database: &Database) -> Output {
    audit_of(&database.url(), &[])
}

fn audit_of(url: &str, more: &[&str]) -> Output {
    let mut args = vec!["rls", "audit", "-o", "json", "--timeout", "60s"];
    args.extend(more);
    Cli::new(args).env("DATABASE_URL", url).run()
}

/// Returns `id status subject` of every finding.
pub fn findings(output: &Output) -> Vec<String> {
    let report = output.json();
    let list = report["findings"].as_array().expect("findings");
    let field = |f: &serde_json::Value, key: &str| f[key].as_str().unwrap_or_default().to_owned();
    list.iter()
        .map(|f| format!("{} {} {}", field(f, "id"), field(f, "status"), field(f, "subject")))
        .collect()
}

/// Fixtures that other tests call healthy are so for the access audit, which `triage` runs.
#[test]
fn schema_of_every_variant_has_no_access_violation() {
    for variant in crate::support::fixtures::VARIANTS {
        let database = Database::from_fixture(&format!("{variant}_healthy"));
        let mut found = findings(&audit(&database));
        found.retain(|finding| finding.contains(" critical "));
        assert_eq!(found, Vec::<String>::new(), "{variant}");
    }
}
