//! Tests that invisible rows are UNKNOWN, never empty or OK.

use std::net::TcpListener;

use super::status;
use crate::support::cli::Cli;
use crate::support::fixtures::{BLIND, NO_GRANT};
use crate::support::http::refused_url;
use crate::support::postgres::{Database, Session};

const READERS: [&[&str]; 2] = [&["queue"], &["dlq", "list"]];

#[test]
fn role_without_grants_exits_3_with_sqlstate_42501() {
    let database = Database::from_fixture("main_typical");
    for args in READERS {
        let output =
            Cli::new(args).env("DATABASE_URL", database.url_as(NO_GRANT)).run().expect_code(3);
        assert!(output.stderr.contains("42501"), "{}", output.stderr);
        assert!(output.stderr.contains("runbook 4.2"), "{}", output.stderr);
    }
}

#[test]
fn role_bound_by_rls_is_unknown_instead_of_empty() {
    let database = Database::from_fixture("main_typical");
    for args in READERS {
        let output =
            Cli::new(args).env("DATABASE_URL", database.url_as(BLIND)).run().expect_code(3);
        assert!(output.stderr.contains("row-level security"), "{}", output.stderr);
    }
    let output =
        Cli::new(["triage", "-o", "json"]).env("DATABASE_URL", database.url_as(BLIND)).run();
    let json = output.expect_code(3).json();
    assert_eq!(status(&json, "access.jobs"), "unknown");
    assert_eq!(status(&json, "dlq.size"), "skipped");
}

#[test]
fn missing_or_unknown_table_is_an_error() {
    let database = Database::blank();
    let run = || Cli::new(["queue"]).env("DATABASE_URL", database.url()).run().expect_code(3);
    assert!(run().stderr.contains("table public.jobs does not exist"));
    database.execute("create table jobs (id uuid, phase text)");
    let stderr = run().stderr;
    assert!(stderr.contains("expected") && stderr.contains("phase"), "{stderr}");
}

#[test]
fn unreachable_server_is_unknown_within_the_timeout() {
    let refused = refused_url().replace("http://", "postgresql://postgres@") + "/app";
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mute_url = format!("postgresql://postgres@127.0.0.1:{port}/app");
    for (url, cause) in [(refused, "refused"), (mute_url, "did not")] {
        for args in READERS {
            let args = [args, &["--timeout", "1s"]].concat();
            let mut cli = Cli::new(args).env("DATABASE_URL", &url).env("PGSSLMODE", "disable");
            let output = cli.run().expect_code(3);
            assert!(output.stderr.contains(cause), "{cause}: {}", output.stderr);
        }
    }
}

#[test]
fn failure_is_a_single_json_document() {
    let database = Database::blank();
    let output = Cli::new(["queue", "-o", "json"]).env("DATABASE_URL", database.url()).run();
    let json = output.expect_code(3).json();
    assert_eq!(json["status"], "unknown");
    assert_eq!(json["exit_code"], 3);
    assert_eq!(json["errors"][0]["kind"], "not_found");
}

/// Tables with rows of two tenants. The reader's login is READER.
const TENANTS: &str = "
    create table all_jobs(
      id uuid primary key default gen_random_uuid(), kind text not null default 'X', tenant int not null,
      state text not null default 'succeeded' check (state in ('queued', 'running', 'succeeded', 'dead_letter')),
      run_at timestamptz default now(), locked_by text, locked_at timestamptz, heartbeat_at timestamptz,
      created_at timestamptz default now(), updated_at timestamptz not null default now());
    insert into all_jobs(tenant) select i % 2 from generate_series(1, 10) i;
    grant usage on schema public to READER; grant select on all_jobs to READER;";

/// How the reader reaches the table, and which policies it has. `true` if the reader provably sees every row.
const WAYS: [(&str, &str, bool); 12] = [
    ("alter table all_jobs rename to jobs", "", true),
    ("alter table all_jobs rename to jobs", "create policy p on jobs using (true)", true),
    ("alter table all_jobs rename to jobs", "create policy p on jobs to READER using (true)", true),
    (
        "alter table all_jobs rename to jobs",
        "create policy p on jobs to postgres using (true)",
        false,
    ),
    (
        "alter table all_jobs rename to jobs",
        "create policy p on jobs for update using (true)",
        false,
    ),
    ("alter table all_jobs rename to jobs", "create policy p on jobs using (tenant = 1)", false),
    (
        "alter table all_jobs rename to jobs",
        "create policy p on jobs using (true); create policy q on jobs as restrictive using (tenant = 1)",
        false,
    ),
    // A view reads as its owner, unless it is a security_invoker view.
    (
        "create view jobs as select * from all_jobs",
        "create policy p on all_jobs using (tenant = 1)",
        true,
    ),
    (
        "create view jobs with (security_invoker = true) as select * from all_jobs",
        "create policy p on all_jobs using (tenant = 1)",
        false,
    ),
    (
        "create view jobs with (security_invoker = yes) as select * from all_jobs",
        "create policy p on all_jobs using (tenant = 1)",
        false,
    ),
    (
        "create view between as select * from all_jobs; alter view between owner to READER;
         create view jobs as select * from between; grant select on between to postgres",
        "create policy p on all_jobs using (tenant = 1)",
        false,
    ),
    (
        "create view jobs with (security_invoker = true) as select * from all_jobs",
        "create policy p on all_jobs using (true)",
        true,
    ),
];

#[test]
fn hidden_rows_are_unknown_whatever_hides_them() {
    for (number, (relation, policies, sees_all)) in WAYS.iter().enumerate() {
        let database = Database::blank();
        // Roles belong to the cluster, which other tests use as well.
        let reader = format!("reader_{number}_{}", database.name());
        database.execute(&format!("create role {reader} login"));
        let script = |sql: &str| database.execute(&sql.replace("READER", &reader));
        script(TENANTS);
        script(relation);
        script("grant select on jobs to READER");
        if !policies.is_empty() {
            let table = if policies.contains("all_jobs") { "all_jobs" } else { "jobs" };
            script(&format!("alter table {table} enable row level security; {policies}"));
        }
        let seen = Session::open(&database.url_as(&reader)).value("select count(*) from jobs");
        let queue = Cli::new(["queue", "-o", "json"]);
        let output = queue.env("DATABASE_URL", database.url_as(&reader)).run();
        assert_eq!(seen == "10", *sees_all, "the set-up: {relation}; {policies}");
        assert_eq!(output.code, if *sees_all { 0 } else { 3 }, "{relation}; {policies}");
        script("drop owned by READER cascade; drop role READER");
    }
}

#[test]
fn hidden_events_are_unknown_and_visible_events_are_judged() {
    let database = Database::from_fixture("main_typical");
    let reader = format!("reader_{}", database.name());
    database.execute(&format!(
        "create role {reader} login; grant usage on schema public to {reader};
         grant select on jobs, job_events to {reader};
         create policy reads on jobs for select to {reader} using (true);"
    ));
    let failures = || {
        let triage = Cli::new(["triage", "-o", "json"]);
        let json = triage.env("DATABASE_URL", database.url_as(&reader)).run().json();
        status(&json, "dlq.failures")
    };
    let job = database.value("select id from jobs limit 1");
    let show = || {
        let show = Cli::new(["jobs", "show", &job]);
        show.env("DATABASE_URL", database.url_as(&reader)).run().expect_code(0).stdout
    };
    assert_eq!(failures(), "unknown");
    assert!(show().contains("row-level security"), "{}", show());
    let ops = || Cli::new(["dlq", "ops"]).env("DATABASE_URL", database.url_as(&reader)).run().code;
    assert_eq!(ops(), 3);
    database
        .execute(&format!("create policy reads on job_events for select to {reader} using (true)"));
    assert_ne!(failures(), "unknown");
    assert!(!show().contains("row-level security"), "{}", show());
    assert_eq!(ops(), 0);
    database.execute(&format!("drop owned by {reader} cascade; drop role {reader}"));
}

#[test]
fn table_of_a_named_schema_is_read_and_written() {
    let database = Database::from_fixture("main_typical");
    database.execute(
        "create schema \"App\"; create table \"App\".jobs (like public.jobs including all);
         create table \"App\".job_events (like public.job_events including all);",
    );
    let dead = |url: &str| {
        let json = Cli::new(["queue", "-o", "json"]).env("DATABASE_URL", url).run().json();
        json["data"]["dead"]["value"].as_u64()
    };
    let in_public = database.value("select count(*) from public.jobs where state = 'dead_letter'");
    assert_eq!(dead(&database.url()).map(|n| n.to_string()), Some(in_public.clone()));
    let url = database.url();
    let with_schema = |schema: &str| {
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}schema={schema}")
    };
    assert_eq!(dead(&with_schema("public")).map(|n| n.to_string()), Some(in_public));
    assert_eq!(dead(&with_schema("App")), Some(0));
    let missing = Cli::new(["queue"]).env("DATABASE_URL", with_schema("nowhere")).run();
    assert!(missing.expect_code(3).stderr.contains("nowhere.jobs"));
    // Writes go to the same table.
    database.execute(
        "insert into \"App\".jobs (id, workspace_id, kind, state)
         select gen_random_uuid(), workspace_id, kind, 'dead_letter' from public.jobs limit 3",
    );
    let requeue = ["dlq", "requeue", "--all", "--reason", "cause fixed", "--yes"];
    Cli::new(requeue).env("DATABASE_URL", with_schema("App")).run().expect_code(0);
    let count = "select count(*) from \"App\".jobs where state = 'queued'";
    assert_eq!(database.value(count), "3");
    assert_eq!(database.value("select count(*) from \"App\".job_events"), "3");
    database.execute(&format!("alter database {} set search_path = \"App\"", database.name()));
    assert_eq!(dead(&url), Some(0));
}
