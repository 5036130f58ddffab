//! Drills with large tables: partitioned, and with dead rows under autovacuum. Counts must be exact.

use std::time::Instant;

use cliplyctl::demo::server::{DemoServer, ServerOptions};
use serde_json::Value;

use crate::support::cli::Cli;
use crate::support::drill::{jobs, report_run};
use crate::support::partitions;
use crate::support::postgres::{Session, server_options};

/// The number of jobs in the test suite, which is above the limit for a plain count.
const JOBS: u32 = 120_000;
const WORKSPACE: &str = "aaaaaaaa-0000-4000-8000-000000000009";

/// Starts a server whose database `app` has this schema and this number of jobs over 30 days: 1 in 50
/// dead, 1 in 400 queued, 1 in 5,000 running.
fn start_filled_server(schema: &str, settings: &[(&str, &str)]) -> DemoServer {
    let extra_conf =
        settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let server = DemoServer::start(&ServerOptions { extra_conf, ..server_options() }).unwrap();
    Session::open(&server.url("postgres")).execute("CREATE DATABASE app TEMPLATE template0");
    let session = Session::open(&server.url("app"));
    session.execute(schema);
    session.execute(&format!(
        "INSERT INTO workspaces (id, name, owner_id) VALUES ('{WORKSPACE}', 'w', gen_random_uuid());
         INSERT INTO jobs (workspace_id, kind, state, attempts, last_error, run_at, locked_at, locked_by, heartbeat_at,
             created_at, updated_at)
           SELECT '{WORKSPACE}', (ARRAY['TRANSCRIBE', 'CLIP_RENDER', 'THUMBNAIL_GEN'])[1 + n % 3],
             CASE WHEN n % 50 = 0 THEN 'dead_letter' WHEN n % 400 = 1 THEN 'queued'
                  WHEN n % 5000 = 2 THEN 'running' ELSE 'done' END, 5,
             CASE WHEN n % 50 = 0 THEN 'FFmpeg timed out after ' || n % 7 || 's' END, at,
             CASE WHEN n % 5000 = 2 THEN now() END, CASE WHEN n % 5000 = 2 THEN 'worker-a' END,
             CASE WHEN n % 5000 = 2 THEN now() END, at, at
             FROM generate_series(1, {}) n, LATERAL (SELECT now() - n % 43200 * interval '1 min' AS at) t",
        jobs(JOBS)
    ));
    session.execute("VACUUM ANALYZE jobs");
    server
}

/// Runs a command that reads. Returns its report and its duration in seconds.
fn read(server: &DemoServer, line: &str) -> (Value, f64) {
    let started = Instant::now();
    let args = line.split_whitespace().chain(["-o", "json", "--timeout", "60s"]);
    let output = Cli::new(args).env("DATABASE_URL", server.url("app")).env("USER", "oncall").run();
    assert!(output.code < 3, "{line}: {output:#?}");
    (output.json(), started.elapsed().as_secs_f64())
}

/// Compares the reported counts with plain counts. Returns a text with the duration of each command.
fn compare(server: &DemoServer) -> String {
    let session = Session::open(&server.url("app"));
    let count = |state: &str| {
        session
            .value(&format!("SELECT count(*) FROM jobs WHERE state = '{state}'"))
            .parse::<u64>()
            .unwrap()
    };
    let (dead, queued) = (count("dead_letter"), count("queued"));
    let mut durations = Vec::new();
    let mut timed = |line: &str| {
        let (report, seconds) = read(server, line);
        durations.push(format!("{line} {seconds:.2} s"));
        report
    };
    let queue = timed("queue");
    let total = |role: &str| queue["data"][role]["value"].as_u64();
    assert_eq!((total("dead"), total("due")), (Some(dead), Some(queued)), "{queue:#}");
    let groups = timed("dlq groups");
    let sum: u64 = groups["data"]["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g["count"].as_u64().unwrap())
        .sum();
    assert_eq!(sum, dead, "{groups:#}");
    let list = timed("dlq list --limit 500");
    let expected = session.rows(
        "SELECT id FROM jobs WHERE state = 'dead_letter' ORDER BY updated_at DESC, id DESC LIMIT 500",
    );
    let listed = list["data"]["jobs"].as_array().unwrap();
    assert_eq!(listed.len(), expected.len());
    assert!(listed.iter().zip(&expected).all(|(job, row)| job["id"].as_str() == row[0].as_deref()));
    timed("triage");
    durations.join(", ")
}

#[test]
fn large_partitioned_table_is_read_and_requeued() {
    let server = start_filled_server(&partitions::daily(), &[]);
    let session = Session::open(&server.url("app"));
    let durations = compare(&server);
    let dead = "SELECT count(*) FROM jobs WHERE state = 'dead_letter' AND kind = 'CLIP_RENDER'";
    let dead = session.value(dead);
    let (json, seconds) = read(&server, "dlq requeue --kind CLIP_RENDER --yes --reason drill");
    let outcome = &json["data"]["outcome"];
    assert_eq!(outcome["written"].to_string(), dead, "{json:#}");
    let events = "SELECT count(DISTINCT job_id) || ' ' || count(*) FROM job_events";
    assert_eq!(session.value(events), format!("{dead} {dead}"));
    let operation = outcome["operation"].as_str().unwrap();
    let (json, undo_seconds) = read(&server, &format!("dlq undo {operation} --yes --reason drill"));
    assert_eq!(json["data"]["outcome"]["written"].to_string(), dead, "{json:#}");
    report_run(&format!(
        "{} jobs in 31 partitions: {durations}, requeue of {dead} {seconds:.2} s, undo {undo_seconds:.2} s",
        jobs(JOBS)
    ));
}

#[test]
fn table_with_dead_rows_is_read_during_a_vacuum() {
    let settings = [
        ("autovacuum", "on"),
        ("autovacuum_naptime", "1s"),
        ("autovacuum_vacuum_scale_factor", "0.002"),
        ("autovacuum_vacuum_cost_delay", "20ms"),
    ];
    let server = start_filled_server(&partitions::one_table(), &settings);
    let session = Session::open(&server.url("app"));
    let dead_rows = (jobs(JOBS) / 100).max(1);
    // Updates 1% of the rows, which leaves dead row versions. Half of them were dead letters or queued.
    session.execute(&format!(
        "UPDATE jobs SET priority = priority + 1 WHERE id IN (SELECT id FROM jobs WHERE state = 'done' LIMIT {dead_rows} / 2);
         UPDATE jobs SET state = 'done' WHERE id IN
           (SELECT id FROM jobs WHERE state IN ('dead_letter', 'queued') ORDER BY id LIMIT {dead_rows} / 2)"
    ));
    let first = compare(&server);
    crate::support::wait_until("autovacuum has begun", || {
        session.value(
            "SELECT count(*) FROM pg_stat_progress_vacuum FULL JOIN
               (SELECT FROM pg_stat_user_tables WHERE relname = 'jobs' AND autovacuum_count > 0) done ON true",
        ) != "0"
    });
    let second = compare(&server);
    let running_vacuums = session.value("SELECT count(*) FROM pg_stat_progress_vacuum");
    report_run(&format!(
        "{} jobs, {dead_rows} dead rows: before {first}; under autovacuum ({running_vacuums} at work) {second}",
        jobs(JOBS)
    ));
}
