//! What claimed jobs without a heartbeat show: a lease that is not read makes stuck jobs UNKNOWN, and the time of a claim
//! is no heartbeat of a worker.

use super::{run, status};
use crate::support::postgres::Database;

/// A table without heartbeats; COLUMNS are those of a claim.
const TABLE: &str = "
    create table jobs(
      id int generated always as identity primary key, kind text not null default 'X',
      status text not null default 'queued' check (status in ('queued', 'running', 'succeeded', 'failed')),
      run_after timestamptz not null default now(), attempts int not null default 0, COLUMNS,
      created_at timestamptz not null default now(), updated_at timestamptz not null default now())";

fn database(columns: &str) -> Database {
    let database = Database::blank();
    database.execute(&TABLE.replace("COLUMNS", columns));
    database
}

#[test]
fn claimed_jobs_under_a_lease_that_is_not_read_are_not_ok() {
    for (columns, lease) in [
        ("locked_by text, lease_expires_at timestamptz", "lease_expires_at"),
        ("claimed_by text, claimed_at timestamptz", "claimed_at"),
        ("reserved_until timestamptz", "reserved_until"),
    ] {
        let database = database(columns);
        database.execute("insert into jobs(status, run_after) select 'queued', now() + interval '1 hour' from generate_series(1, 5)");
        let idle = run(&["queue", "-o", "json"], &database).expect_code(0).json();
        assert_eq!(status(&idle, "queue.stuck"), "ok", "{columns}: no job is claimed");
        database.execute(&format!(
            "update jobs set status = 'running', {lease} = now() - interval '2 hours'"
        ));
        let out = run(&["queue", "-o", "json"], &database).expect_code(3).json();
        assert_eq!(status(&out, "queue.stuck"), "unknown", "{columns}");
        assert!(out["checks"].to_string().contains(lease), "{columns}: {out:#}");
        let triage = run(&["triage", "-o", "json"], &database).json();
        assert_eq!(status(&triage, "queue.stuck"), "unknown", "{columns}");
        run(&["record", "--once"], &database);
    }
}

#[test]
fn time_of_a_claim_is_no_heartbeat() {
    for (columns, claim) in [
        ("locked_at timestamptz", "locked_at = now() - age"),
        ("locked_at timestamptz, locked_by text", "locked_at = now() - age, locked_by = 'w1'"),
        ("locked_by text", "locked_by = 'w1'"),
    ] {
        for age in ["0 s", "6 minutes"] {
            let database = database(columns);
            database.execute(&format!(
                "insert into jobs default values;
                 insert into jobs(kind, run_after) select 'Y', now() + interval '1 hour' from generate_series(1, 3);
                 update jobs set status = 'running', {} where kind = 'Y'",
                claim.replace("age", &format!("interval '{age}'"))
            ));
            let out = run(&["queue", "-o", "json"], &database).expect_code(0).json();
            assert_eq!(status(&out, "queue.workers"), "ok", "{columns}");
            let data = &out["data"];
            assert!(
                data["workers"].is_null() && data["heartbeat_age_seconds"].is_null(),
                "{data:#}"
            );
            let text = run(&["queue"], &database).expect_code(0).stdout;
            assert!(!text.contains("active worker"), "{text}");
            let has_name = columns.contains("locked_by");
            assert_eq!(text.contains("w1"), has_name, "jobs by worker: {text}");
        }
    }
}

#[test]
fn heartbeats_show_whether_workers_are_active() {
    for (columns, worker) in [
        ("heartbeat_at timestamptz, locked_by text", "1 active worker, "),
        ("heartbeat_at timestamptz", ""),
    ] {
        let database = database(columns);
        database.execute("insert into jobs(status, heartbeat_at) values ('running', now())");
        if !worker.is_empty() {
            database.execute("update jobs set locked_by = 'w1'");
        }
        let text = run(&["queue"], &database).expect_code(0).stdout;
        assert!(text.contains(&format!("{worker}last heartbeat ")), "{text}");
        assert!(!text.contains("0 active workers"), "{text}");
        database.execute("update jobs set heartbeat_at = now() - interval '11 minutes'");
        let out = run(&["queue", "-o", "json"], &database).expect_code(2).json();
        assert_eq!(status(&out, "queue.workers"), "critical", "{columns}");
    }
}
