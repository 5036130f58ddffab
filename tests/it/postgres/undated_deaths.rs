//! Tables in which nothing says since when a job is dead: what depends on it is unknown, and not zero.

use super::run;
use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

/// Dead letters that died a moment ago, and were created long before. UPDATED is a column for the last change, or empty.
const TABLE: &str = "
    create table jobs(
      id int generated always as identity primary key, kind text not null default 'X',
      state text not null check (state in ('queued', 'running', 'done', 'failed', 'dead_letter')),
      attempts int not null default 5, last_error text, run_at timestamptz not null default now(), UPDATED
      created_at timestamptz not null default now() - interval '3 days', finished_at timestamptz default now());
    insert into jobs(state, last_error) select 'dead_letter', 'PACS down' from generate_series(1, 12)";

/// A declaration of the same table, with and without the time of death.
const DECLARED: &str = "[context.p]
database_url_env = \"URL_OF_P\"
[context.p.queue]
adapter = \"declared\"
table = \"jobs\"
[context.p.queue.columns]
id = \"id\"
state = \"state\"
kind = \"kind\"
error = \"last_error\"
created = \"created_at\"
DEAD_SINCE
[context.p.queue.states]
queued = [\"queued\"]
claimed = [\"running\"]
finished = [\"done\"]
dead = [\"dead_letter\"]
[context.p.queue.requeue]
set = { state = \"queued\" }
";

fn database(updated: &str) -> Database {
    let database = Database::blank();
    database.execute(&TABLE.replace("UPDATED", updated));
    database
}

fn declared(args: &[&str], dead_since: &str, database: &Database) -> Output {
    let config = DECLARED.replace("DEAD_SINCE", dead_since);
    let args = [&["-c", "p"], args].concat();
    Cli::new(args).file("cliplyctl.toml", config).env("URL_OF_P", database.url()).run()
}

const REQUEUE: [&str; 6] = ["dlq", "requeue", "--all", "--yes", "--reason", "x"];
const QUEUED: &str = "select count(*) from jobs where state = 'queued'";

/// Checks what commands say of a table that does not date deaths. They run as by `run`.
fn check_undated(run: impl Fn(&[&str]) -> Output, database: &Database) {
    let groups = run(&["dlq", "groups"]).expect_code(0).stdout;
    assert!(!groups.contains("no new ones") && groups.contains("not known whether"), "{groups}");
    assert!(!groups.contains("3d"), "the creation: {groups}");
    let json = run(&["dlq", "groups", "-o", "json"]).expect_code(0).json();
    let group = &json["data"]["groups"][0];
    assert!(group["dead_lettered_last_15m"].is_null() && group["still_failing"].is_null());
    let list = run(&["dlq", "list"]).expect_code(0).stdout;
    assert!(!list.contains("3d"), "the creation: {list}");
    run(&["dlq", "list", "--since", "10m"]).expect_code(64);

    let refused = run(&REQUEUE).expect_code(77);
    assert!(refused.stderr.contains("not known whether group"), "{refused:#?}");
    assert!(refused.stderr.contains("--canary"), "{refused:#?}");
    assert_eq!(database.value(QUEUED), "0");
    let plan = run(&["dlq", "requeue", "--all", "--dry-run"]).expect_code(0).stdout;
    assert!(plan.contains("not known whether this group is still failing"), "{plan}");
    run(&[&REQUEUE[..], &["--max", "1"]].concat()).expect_code(0);
    assert_eq!(database.value(QUEUED), "1", "one job is its own canary");
}

#[test]
fn table_without_a_time_of_change_tells_nothing_about_new_dead_letters() {
    let database = database("");
    check_undated(|args| run(args, &database), &database);
}

#[test]
fn declared_table_without_a_time_of_death_tells_nothing_about_new_dead_letters() {
    let database = database("");
    check_undated(|args| declared(args, "", &database), &database);
}

#[test]
fn group_with_a_time_of_death_is_still_failing_or_quiet() {
    for age in ["20 s", "1 hour"] {
        let is_quiet = age == "1 hour";
        let recognized = database("updated_at timestamptz not null default now(),");
        recognized.execute(&format!("update jobs set updated_at = now() - interval '{age}'"));
        let described = database("");
        described.execute(&format!("update jobs set finished_at = now() - interval '{age}'"));
        let dead_since = "dead_since = \"finished_at\"";
        for database in [&recognized, &described] {
            let run = |args: &[&str]| match std::ptr::eq(database, &recognized) {
                true => run(args, database),
                false => declared(args, dead_since, database),
            };
            let groups = run(&["dlq", "groups"]).expect_code(0).stdout;
            assert_eq!(groups.contains("no new ones"), is_quiet, "{groups}");
            assert_eq!(groups.contains("still failing"), !is_quiet, "{groups}");
            run(&REQUEUE).expect_code(if is_quiet { 0 } else { 77 });
            assert_eq!(database.value(QUEUED), if is_quiet { "12" } else { "0" });
        }
    }
}
