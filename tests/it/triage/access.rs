//! The access audit of `triage`, and its reuse by `record`.

use std::path::PathBuf;

use serde_json::Value;

use super::app;
use crate::rls::clean_with;
use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

const LEAK: &str =
    "create policy leak on jobs for select to anon using (true); grant select on jobs to anon";

/// Creates a database in which nothing is wrong.
fn clean() -> Database {
    clean_with("main_healthy")
}

fn run_as(url: &str, words: &str) -> Output {
    let app = app("canonical_ok");
    let words = words.split_whitespace();
    let mut cli = Cli::new(words).env("CLIPLY_BASE_URL", app.url()).env("DATABASE_URL", url);
    cli.run()
}

/// Returns the access area of `triage -o json`.
fn access(output: &Output) -> Value {
    let json = output.json();
    let areas = json["data"]["areas"].as_array().unwrap();
    areas.iter().find(|area| area["area"] == "access?").unwrap().clone()
}

fn status_of_check(output: &Output, id: &str) -> Option<String> {
    let json = output.json();
    let checks = json["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["id"] == id)?;
    Some(check["status"].as_str().unwrap().to_owned())
}

/// Creates a login that can read every job and may act as no other role.
fn reader(database: &Database) -> String {
    let role = format!("reader_{}", database.name());
    database.execute(&format!(
        "create role {role} login bypassrls; grant usage on schema public to {role};
         grant select on all tables in schema public to {role}"
    ));
    database.url_as(&role)
}

#[test]
fn leak_is_critical_and_clean_access_is_ok() {
    let database = clean();
    let output = run_as(&database.url(), "triage -o json").expect_code(0);
    assert_eq!(access(&output)["status"], "ok", "{}", output.stdout);
    assert_eq!(status_of_check(&output, "access.audit").as_deref(), Some("ok"));

    database.execute(LEAK);
    let output = run_as(&database.url(), "triage -o json").expect_code(2);
    assert_eq!(access(&output)["status"], "critical");
    assert_eq!(access(&output)["detail"], "anon can read every row of public.jobs");
    let table = run_as(&database.url(), "triage").stdout;
    assert!(table.contains("cliplyctl rls audit  "), "{table}");
}

#[test]
fn warning_of_the_audit_changes_no_status_of_triage() {
    let database = clean();
    database.execute("create policy twin on jobs for select to service_role using (true)");
    database.execute(
        "create function public.loose() returns int language sql security definer as 'select 1'",
    );
    run_as(&database.url(), "rls audit -o json").expect_code(1);
    let output = run_as(&database.url(), "triage -o json").expect_code(0);
    assert_eq!(access(&output)["status"], "ok", "{}", output.stdout);
}

#[test]
fn login_that_may_not_act_as_roles_skips_the_audit() {
    let database = clean();
    let url = reader(&database);
    let output = run_as(&url, "triage -o json").expect_code(0);
    assert_eq!(access(&output)["status"], "skipped", "{}", access(&output));
    let detail = access(&output)["detail"].as_str().unwrap().to_owned();
    assert_eq!(detail, "this login may not act as anon, authenticated or service_role");
    assert_eq!(status_of_check(&output, "access.audit"), None);

    // Grants and policies show the leak without acting as a role.
    database.execute(LEAK);
    assert_eq!(access(&run_as(&url, "triage -o json").expect_code(2))["status"], "critical");
}

#[test]
fn jobs_table_without_a_contract_skips_the_audit() {
    let database = clean();
    database.execute(LEAK);
    database.execute(
        "create schema work; alter table jobs set schema work; alter table job_events set schema work",
    );
    let url = database.url();
    let separator = if url.contains('?') { '&' } else { '?' };
    let output = run_as(&format!("{url}{separator}schema=work"), "triage -o json");
    let area = access(&output);
    assert_eq!(area["status"], "skipped", "{area}");
    assert!(area["detail"].as_str().unwrap().contains("no access contract covers"), "{area}");
}

#[test]
fn contract_of_the_context_replaces_the_built_in_one() {
    let database = clean();
    database.execute(LEAK);
    let url = database.url();
    let contract = Cli::new(["rls", "contract"]).env("DATABASE_URL", &url).run().stdout;
    let context = format!("[context.c]\ndatabase_url = '{url}'\naccess_contract = 'access.toml'\n");
    let run = |words: &str, contract: &str| {
        let words = words.split_whitespace();
        let cli = Cli::new(words).file("cliplyctl.toml", &context);
        cli.file("access.toml", contract.replace(" # review", "")).run()
    };
    let output = run("-c c triage -o json", &contract);
    assert_eq!(access(&output)["status"], "ok", "{}", output.stdout);
    let audit = run("-c c rls audit", &contract);
    assert_ne!(audit.code, 2, "{}", audit.stdout);
    let invalid = access(&run("-c c triage -o json", "[tables"));
    assert_eq!(invalid["status"], "skipped");
    assert!(invalid["detail"].as_str().unwrap().contains("access.toml"), "{invalid}");
}

/// A machine whose state directory is kept from one command to the next.
struct Machine {
    home: tempfile::TempDir,
    app: crate::support::http::Stub,
    database: Database,
}

impl Machine {
    fn run(&self, words: &str) -> Output {
        let cli = Cli::new(words.split_whitespace()).env("HOME", self.home.path());
        let cli = cli.env("CLIPLY_BASE_URL", self.app.url());
        cli.env("DATABASE_URL", self.database.url()).run()
    }

    /// Records a snapshot and returns its access violation and the age of its audit.
    fn record(&self) -> (bool, String) {
        self.run("record").expect_code(0);
        let history = self.run("history -o json").expect_code(0).json();
        let text = self.run("history").stdout;
        let age = text.lines().find(|line| line.starts_with("last access audit: "));
        let open = history["data"].to_string().contains("\"access.audit\"");
        (open, age.unwrap_or_default().to_owned())
    }

    fn stored(&self) -> PathBuf {
        self.home.path().join(".local/state/cliplyctl/audits.json")
    }

    /// Makes the stored audit older.
    fn age_audit(&self, minutes: i64) {
        let mut stored: Value =
            serde_json::from_str(&std::fs::read_to_string(self.stored()).unwrap()).unwrap();
        let at: jiff::Timestamp = stored[0]["audit"]["at"].as_str().unwrap().parse().unwrap();
        let at = at - jiff::SignedDuration::from_mins(minutes);
        stored[0]["audit"]["at"] = at.to_string().into();
        std::fs::write(self.stored(), stored.to_string()).unwrap();
    }
}

#[test]
fn record_reuses_an_audit_for_ten_minutes() {
    let home = tempfile::tempdir().unwrap();
    let machine = Machine { home, app: app("canonical_ok"), database: clean() };
    assert!(!machine.record().0);
    machine.database.execute(LEAK);
    machine.age_audit(9);
    let (open, age) = machine.record();
    assert!(!open, "the audit of 9m ago is reused");
    assert!(age.contains(" (9m "), "{age}");
    machine.age_audit(2);
    let (open, age) = machine.record();
    assert!(open, "an audit of 11m ago is run again");
    assert!(!age.is_empty() && !age.contains("m ago)") && !age.contains("m "), "{age}");

    // A new triage replaces the stored audit, so that a fix shows at once.
    machine.database.execute("drop policy leak on jobs; revoke select on jobs from anon");
    machine.run("triage");
    let history = machine.run("record");
    assert!(!history.stdout.contains("4.2"), "{}", history.stdout);
}
