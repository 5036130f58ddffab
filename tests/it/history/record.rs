//! Tests of `record`: once, repeatedly, and for Prometheus.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rusqlite::Connection;

use super::cli;
use crate::formats::promlint::lint;
use crate::support::cli::Cli;
use crate::support::http::Stub;
use crate::support::postgres::Database;
use crate::support::{readiness, wait_until};

/// Returns the only value of a query of the store.
fn value(cli: &Cli, sql: &str) -> Option<String> {
    let path = cli.home().join(".local/state/cliplyctl/history.db");
    let store = path.exists().then(|| Connection::open(path).unwrap())?;
    store.query_row(sql, [], |row| row.get::<_, Option<String>>(0)).ok().flatten()
}

#[test]
fn snapshot_contains_status_metrics_and_causes() {
    let database = Database::from_fixture("main_typical");
    let mut cli = cli("record -o json", &database);
    let output = cli.run().expect_code(0).json();
    assert_eq!(output["data"]["snapshot"], 1);
    assert_eq!(output["data"]["status"], "critical");
    let metrics_query =
        "SELECT format('%g %g %g %g', due, dead, stuck, in_progress) FROM snapshots";
    assert_eq!(value(&cli, metrics_query).as_deref(), Some("12 26 3 6"));
    let failed_checks = value(&cli, "SELECT bad FROM snapshots").unwrap();
    assert!(failed_checks.contains("queue.oldest_due:2"), "{failed_checks}");
    // Without an app, `app.up` is UNKNOWN (3).
    assert!(failed_checks.contains("app.up:3"), "{failed_checks}");
    let detail: serde_json::Value =
        serde_json::from_str(&value(&cli, "SELECT detail FROM details").unwrap()).unwrap();
    assert_eq!(detail["causes"][0]["jobs"], 15);
    assert!(detail["kinds"][0]["due"].as_u64().unwrap() > 0, "{detail}");
}

/// Polls scan no table: on a large one as migrated, due jobs are counted through the index of the queue, and the oldest
/// of them without a due time counts from its creation.
#[test]
fn due_jobs_of_a_large_table_are_counted_through_the_migrated_index() {
    let database = Database::from_fixture("main_healthy");
    database.execute(
        "insert into jobs (workspace_id, kind, state)
         select w.id, 'TRANSCRIBE', 'done' from (select id from workspaces limit 1) w, generate_series(1, 150000);
         delete from jobs where state = 'queued';
         insert into jobs (workspace_id, kind, state, run_at, created_at)
         select w.id, 'TRANSCRIBE', 'queued', run_at, now() - interval '2 hours' from (select id from workspaces limit 1) w,
                (values (now() - interval '3 s'), (now() + interval '1 hour')) jobs(run_at);
         analyze jobs",
    );
    let age = "SELECT format('%d %d', due, oldest_due) FROM snapshots ORDER BY id DESC LIMIT 1";
    let mut cli = cli("record", &database);
    cli.run().expect_code(0);
    let healthy = value(&cli, age).expect("a count");
    let (due, seconds) = healthy.split_once(' ').expect("two numbers");
    assert!(due == "1" && seconds.parse::<u64>().is_ok_and(|age| age < 600), "{healthy}");

    database.execute("update jobs set run_at = null where state = 'queued' and run_at < now()");
    cli.run().expect_code(0);
    let late = value(&cli, age).expect("a count");
    let (due, seconds) = late.split_once(' ').expect("two numbers");
    assert!(due == "1" && seconds.parse::<u64>().is_ok_and(|age| age >= 7_200), "{late}");
}

#[test]
fn unreachable_database_is_recorded_as_unknown() {
    let args = ["record", "--database-url", "postgres://u@127.0.0.1:1/app"];
    let mut cli = Cli::new(args);
    cli.run().expect_code(0);
    assert_eq!(value(&cli, "SELECT verdict || '' FROM snapshots").as_deref(), Some("3"));
    // A missing value is stored as NULL, not as zero.
    assert_eq!(value(&cli, "SELECT due || '' FROM snapshots"), None);
}

#[test]
fn record_without_a_database_is_a_configuration_error() {
    let output = Cli::new(["record"]).run().expect_code(78);
    assert!(output.stderr.contains("no database is configured"), "{output:?}");
}

#[test]
fn record_runs_until_a_signal_and_prints_changes() {
    let database = Database::from_fixture("main_healthy");
    let app = Stub::start([
        ("/api/healthz", readiness::response("healthz_ok")),
        ("/api/readyz", readiness::response("canonical_ok")),
    ]);
    let mut cli = cli("record --every 1s", &database).env("CLIPLY_BASE_URL", app.url());
    let running = cli.start();
    let snapshots = "SELECT count(*) || '' FROM snapshots";
    wait_until("a snapshot is kept", || value(&cli, snapshots).is_some_and(|n| n != "0"));
    app.set("/api/readyz", readiness::response("canonical_worker_red"));
    let worst_status = "SELECT max(verdict) || '' FROM snapshots";
    wait_until("the trouble is recorded", || value(&cli, worst_status).as_deref() == Some("2"));
    running.signal("TERM");
    let output = running.finish().expect_code(0);
    let changes: Vec<_> = output.stdout.lines().map(|line| &line[21..]).collect();
    assert_eq!(changes[..2], ["OK", "OK → CRITICAL 3.2"], "{output:?}");
    assert!(changes[2..].iter().any(|line| line.starts_with("ready.worker OK → CRITICAL: ")));
}

#[test]
fn deleted_history_is_reported_and_recorded_again() {
    let database = Database::from_fixture("main_healthy");
    let mut cli = cli("record --every 1s", &database);
    let running = cli.start();
    let is_recorded =
        |cli: &Cli| value(cli, "SELECT count(*) || '' FROM snapshots").is_some_and(|n| n != "0");
    // The file, and the directory with everything in it.
    for deleted in ["history.db", ""] {
        wait_until("a snapshot is recorded", || is_recorded(&cli));
        let path = cli.home().join(".local/state/cliplyctl").join(deleted);
        match deleted {
            // The recorder may create a file in it at the same time.
            "" => wait_until("the directory is removed", || std::fs::remove_dir_all(&path).is_ok()),
            _ => std::fs::remove_file(path).unwrap(),
        }
    }
    wait_until("a snapshot is recorded again", || is_recorded(&cli));
    running.signal("TERM");
    let output = running.finish().expect_code(0);
    assert_eq!(output.stderr.matches("the history was deleted").count(), 2, "{output:?}");
}

/// Returns the whole response of an HTTP request.
fn get(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn prometheus_endpoint_serves_the_recorded_metrics() {
    let database = Database::from_fixture("main_typical");
    // A port that was just free.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut cli = cli(&format!("record --every 1s --listen {port}"), &database);
    let running = cli.start();
    let address = format!("127.0.0.1:{port}");
    let metrics = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    wait_until("metrics are there", || {
        TcpStream::connect(&address).is_ok() && get(&address, metrics).starts_with("HTTP/1.1 200")
    });
    let response = get(&address, metrics);
    assert!(response.contains("application/openmetrics-text; version=1.0.0"), "{response}");
    assert!(response.contains("\ncliplyctl_due_jobs{context=\"\"} 12\n"), "{response}");
    assert!(response.contains("\n# UNIT cliplyctl_dead_jobs jobs\n"), "{response}");
    assert!(response.contains("cliplyctl_cause_jobs{context=\"\",group=\"v2-"), "{response}");
    assert!(response.ends_with("# EOF\n"), "{response}");
    let (_, page) = response.split_once("\r\n\r\n").unwrap();
    assert_eq!(lint(page), [""; 0], "{page}");
    assert!(get(&address, "GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
    assert!(get(&address, "POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405"));
    assert!(get(&address, "HEAD /metrics HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
    let rebound = get(&address, "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert!(rebound.starts_with("HTTP/1.1 421") && !rebound.contains("cliplyctl_"), "{rebound}");
    running.signal("INT");
    running.finish().expect_code(0);
}

#[test]
fn stored_snapshots_contain_no_secret() {
    let (database, mark) = (Database::from_fixture("main_typical"), "hunter2swordfish");
    database.execute(&format!(
        "UPDATE jobs SET last_error = 'token={mark} refused', error = '{{\"message\": \"Bearer {mark}\"}}'
          WHERE state = 'dead_letter'"
    ));
    let body = format!(
        r#"{{"ok":false,"checks":{{"db":{{"ok":false,"message":"postgres://a:{mark}@h/d"}}}}}}"#
    );
    let app = Stub::start([("/api/readyz", crate::support::http::Response::json(503, body))]);
    let mut cli = cli("record", &database).env("CLIPLY_BASE_URL", app.url());
    cli.run().expect_code(0);
    let directory = cli.home().join(".local/state/cliplyctl");
    for file in std::fs::read_dir(directory).unwrap().flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let found = bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
        assert!(!found, "{} holds the secret", file.path().display());
    }
}
