//! Attempts of jobs that the application claims, without a function of the database that shows when they are counted.

use super::run;
use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

const TABLE: &str = "
    create table jobs(
      id int generated always as identity primary key, kind text not null default 'X',
      state text not null default 'queued' check (state in ('queued', 'running', 'done', 'dead_letter')),
      attempts int not null default 0, max_attempts int not null default 5, last_error text,
      run_at timestamptz not null default now(), locked_at timestamptz,
      created_at timestamptz not null default now(), updated_at timestamptz not null default now())";

/// A table with stuck jobs: their attempts, and the error of an earlier one if they have failed.
fn stuck(jobs: &[(i32, Option<&str>)]) -> Database {
    let database = Database::blank();
    database.execute(TABLE);
    for (attempts, error) in jobs {
        let error = error.map_or("null".to_owned(), |error| format!("'{error}'"));
        database.execute(&format!(
            "insert into jobs(state, attempts, last_error, locked_at, updated_at)
             select 'running', {attempts}, {error}, now() - i, now() - i from (select interval '1 hour' i) i"
        ));
    }
    database
}

fn stated(args: &[&str], counted: &str, database: &Database) -> Output {
    let config =
        format!("[context.a]\ndatabase_url_env = \"URL_OF_A\"\nattempts_counted = \"{counted}\"\n");
    let args = [&["-c", "a"], args].concat();
    Cli::new(args).file("cliplyctl.toml", &config).env("URL_OF_A", database.url()).run()
}

const RESCUE: [&str; 5] = ["jobs", "rescue", "--yes", "--reason", "worker died"];
const JOBS: &str = "select string_agg(state || ' ' || attempts, ', ' order by id) from jobs";

#[test]
fn jobs_that_never_failed_show_that_the_claim_counts() {
    let database = stuck(&[(1, None), (4, None), (5, Some("timeout"))]);
    let list = run(&["jobs", "list", "--state", "stuck"], &database).expect_code(0).stdout;
    let plan = run(&["jobs", "rescue", "--dry-run"], &database).expect_code(0).stdout;
    for attempt in ["1 of 5", "4 of 5", "5 of 5"] {
        assert!(list.contains(attempt) && plan.contains(attempt), "{attempt}: {list} {plan}");
    }
    let shown = |id| run(&["jobs", "show", id], &database).expect_code(0).stdout;
    assert!(shown("2").contains("A rescue requeues it"), "{}", shown("2"));
    assert!(shown("3").contains("a rescue makes it a dead letter"), "{}", shown("3"));
    run(&RESCUE, &database).expect_code(0);
    assert_eq!(database.value(JOBS), "queued 1, queued 4, dead_letter 5");
}

#[test]
fn job_without_a_counted_attempt_shows_that_the_failure_counts() {
    let database = stuck(&[(0, None), (3, Some("timeout")), (4, Some("timeout"))]);
    let list = run(&["jobs", "list", "--state", "stuck"], &database).expect_code(0).stdout;
    for attempt in ["1 of 5", "4 of 5", "5 of 5"] {
        assert!(list.contains(attempt), "{attempt}: {list}");
    }
    run(&RESCUE, &database).expect_code(0);
    assert_eq!(database.value(JOBS), "queued 1, queued 4, dead_letter 5");
}

#[test]
fn rescue_is_refused_until_it_is_stated_when_attempts_are_counted() {
    for (counted, expected) in [("at_claim", "queued 4"), ("at_failure", "dead_letter 5")] {
        let database = stuck(&[(4, Some("timeout"))]);
        let refused = run(&RESCUE, &database).expect_code(3);
        assert!(refused.stderr.contains("attempts_counted = \"at_claim\""), "{refused:#?}");
        let list = run(&["jobs", "list", "--state", "stuck"], &database).expect_code(0).stdout;
        assert!(list.contains("4 or 5 of 5") && !list.contains("jobs rescue"), "{list}");
        let shown = run(&["jobs", "show", "1"], &database).expect_code(0).stdout;
        assert!(!shown.contains("rescue") && shown.contains("not known whether"), "{shown}");
        assert_eq!(database.value(JOBS), "running 4");
        stated(&RESCUE, counted, &database).expect_code(0);
        assert_eq!(database.value(JOBS), expected);
    }
}

#[test]
fn no_attempt_is_beyond_the_maximum() {
    let database = stuck(&[(0, None), (5, Some("timeout"))]);
    for command in [&["jobs", "show", "2"][..], &["jobs", "list", "--state", "stuck"]] {
        let shown = run(command, &database).expect_code(0).stdout;
        assert!(shown.contains("5 of 5") && !shown.contains("6 of 5"), "{shown}");
    }
    run(&RESCUE, &database).expect_code(0);
    assert_eq!(database.value(JOBS), "queued 1, dead_letter 5");
}
