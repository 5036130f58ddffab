//! Times: zones of columns without one, heartbeats in the future, and settings of role and database. Whatever they
//! are, all commands agree with each other and with the server's own arithmetic.

use serde_json::Value;

use super::{run, status};
use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

/// A jobs table whose times have the type TYPE; NOW is the default of `created_at` and `updated_at`.
const TABLE: &str = "
    create table jobs(
      id uuid primary key default gen_random_uuid(), kind text not null default 'X',
      state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'dead_letter')),
      attempts int not null default 0, max_attempts int not null default 5, last_error text,
      run_at TYPE, locked_by text, locked_at TYPE, heartbeat_at TYPE,
      created_at TYPE NOW, updated_at TYPE not null NOW);";

/// Jobs whose times are relative to `NOW`: three due (the oldest for 4 minutes), two scheduled, two running, of
/// which one is stuck, and two dead letters.
const ROWS: &str = "
    insert into jobs(state, run_at, created_at, updated_at) select 'queued', NOW - interval '1 min' * i, NOW - interval '1 hour', NOW
      from generate_series(-2, 4) i where i not in (0, 1);
    insert into jobs(state, locked_by, locked_at, heartbeat_at, created_at, updated_at)
      select 'running', 'w' || i, NOW - interval '2 hours', NOW - interval '1 hour' * i, NOW - interval '1 day', NOW
        from generate_series(0, 1) i;
    insert into jobs(state, last_error, created_at, updated_at)
      select 'dead_letter', 'smtp refused', NOW - interval '1 day', NOW - interval '10 min' - interval '100 min' * i from generate_series(0, 1) i;";

/// Counts of a report: due, scheduled, running, stuck, dead, and dead-lettered in the last hour.
fn counts(json: &Value) -> [u64; 6] {
    ["due", "scheduled", "claimed", "stuck", "dead", "dead_lettered_last_hour"]
        .map(|key| json["data"][key]["value"].as_u64().expect(key))
}

fn listed(database: &Database, state: &str) -> usize {
    let json =
        run(&["jobs", "list", "--state", state, "-o", "json"], database).expect_code(0).json();
    json["data"]["jobs"].as_array().expect("jobs").len()
}

/// A database in this zone with the rows above.
fn database(zone: &str, r#type: &str, default: &str, now: &str) -> Database {
    let database = Database::blank();
    database.execute(&format!("alter database {} set timezone = '{zone}'", database.name()));
    // A new session, so that the setting of the database holds.
    let session = database.session();
    session.execute(&TABLE.replace("TYPE", r#type).replace("NOW", default));
    session.execute(&ROWS.replace("NOW", now));
    database
}

const ZONES: [&str; 3] = ["UTC", "Asia/Tokyo", "America/New_York"];

#[test]
fn times_without_a_zone_are_read_as_they_were_written() {
    for zone in ZONES {
        for (r#type, default, now) in [
            ("timestamptz", "default now()", "now()"),
            ("timestamp", "default now()", "localtimestamp"),
            ("timestamp(6)", "default current_timestamp", "localtimestamp"),
            // Written by an application, in UTC.
            ("timestamp", "", "(now() at time zone 'utc')"),
            ("timestamp(3)", "default current_timestamp", "(now() at time zone 'utc')"),
            ("timestamp", "default (now() at time zone 'utc')", "(now() at time zone 'utc')"),
        ] {
            let database = database(zone, r#type, default, now);
            let json = run(&["queue", "-o", "json"], &database).json();
            assert_eq!(counts(&json), [3, 2, 2, 1, 2, 1], "{zone} {type} {default}");
            let oldest = json["data"]["oldest_due_age"].as_f64().expect("an age");
            assert!((239.0..299.0).contains(&oldest), "{zone} {type} {default}: {oldest}");
            assert_eq!(json["data"]["in_future"], Value::Null);
            for (state, n) in [("due", 3), ("scheduled", 2), ("stuck", 1), ("dead", 2)] {
                assert_eq!(listed(&database, state), n, "{zone} {type} {default} {state}");
            }
        }
    }
}

#[test]
fn times_below_a_view_are_read_as_those_of_the_table() {
    for zone in ZONES {
        let database = database(zone, "timestamp", "default now()", "localtimestamp");
        database
            .execute("alter table jobs rename to stored; create view jobs as select * from stored");
        let json = run(&["queue", "-o", "json"], &database).json();
        assert_eq!(counts(&json), [3, 2, 2, 1, 2, 1], "{zone}");
    }
}

#[test]
fn requeue_and_rescue_write_times_in_the_zone_of_the_column() {
    for (zone, default, now) in [
        ("Asia/Tokyo", "default now()", "localtimestamp"),
        ("America/New_York", "", "(now() at time zone 'utc')"),
    ] {
        let database = database(zone, "timestamp", default, now);
        let requeue = ["dlq", "requeue", "--all", "--reason", "smtp is up", "--yes"];
        run(&requeue, &database).expect_code(0);
        run(&["jobs", "rescue", "--reason", "worker died", "--yes"], &database).expect_code(0);
        let session = database.session();
        let written = format!(
            "select count(*) from jobs where state = 'queued'
                and updated_at between {now} - interval '5 min' and {now}
                and run_at between {now} - interval '5 min' and {now}"
        );
        // Three queued jobs were due before, one of them for four minutes; two were requeued, one rescued.
        assert_eq!(session.value(&written), "6", "{zone}");
    }
}

/// Runs a command in a context that names this zone.
fn run_in_zone(zone: &str, args: &[&str], database: &Database) -> Output {
    let config = format!("[context.a]\ndatabase_url_env = \"URL_OF_A\"\ntime_zone = \"{zone}\"\n");
    Cli::new(args.iter().chain(&["-c", "a"]))
        .file("cliplyctl.toml", config)
        .env("URL_OF_A", database.url())
        .run()
}

#[test]
fn local_times_that_only_the_data_show() {
    // East of UTC they would be in the future.
    let tokyo = database("Asia/Tokyo", "timestamp", "", "localtimestamp");
    let json = run(&["queue", "-o", "json"], &tokyo).json();
    assert_eq!(counts(&json), [3, 2, 2, 1, 2, 1]);

    // West of it the worker could have died hours ago as well.
    let new_york = database("America/New_York", "timestamp", "", "localtimestamp");
    let json = run(&["queue", "-o", "json"], &new_york).expect_code(3).json();
    for key in ["due", "stuck", "dead_lettered_last_hour"] {
        let reason = json["data"][key]["reason"].as_str().expect(key);
        assert!(reason.contains("time_zone") && reason.contains("America/New_York"), "{reason}");
    }
    assert_eq!(json["data"]["dead"]["value"], 2);
    let rows = "select md5(string_agg(jobs::text, ',' order by id)) from jobs";
    let before = new_york.value(rows);
    for (write, code) in [
        (&["dlq", "requeue", "--all", "--reason", "smtp is up", "--yes"][..], 77),
        (&["jobs", "rescue", "--reason", "worker died", "--yes"], 3),
    ] {
        let refused = run(write, &new_york).expect_code(code);
        assert!(refused.stderr.contains("time_zone"), "{refused:#?}");
    }
    assert_eq!(new_york.value(rows), before);
    for (zone, stuck) in [("America/New_York", 1), ("UTC", 2)] {
        let json = run_in_zone(zone, &["queue", "-o", "json"], &new_york).json();
        assert_eq!(json["data"]["stuck"]["value"], stuck, "{zone}");
    }
    let misspelled = run_in_zone("America/NewYork", &["queue"], &new_york).expect_code(78);
    assert!(misspelled.stderr.contains("America/NewYork"), "{misspelled:#?}");

    // A claim function that compares with now() works in the zone of the session.
    new_york.execute(
        "create function claim(w text) returns setof jobs language sql as $$
           update jobs set state = 'running', locked_by = w, locked_at = now()
            where id = (select id from jobs where state = 'queued' and run_at <= now()
                        limit 1 for update skip locked) returning * $$",
    );
    let json = run(&["queue", "-o", "json"], &new_york).json();
    assert_eq!(counts(&json), [3, 2, 2, 1, 2, 1]);
}

#[test]
fn times_in_utc_stay_readable_in_every_zone_without_recent_jobs() {
    for zone in ZONES {
        for hours in [0, 3, 10] {
            let now = format!("((now() at time zone 'utc') - interval '{hours} hours')");
            let database = database(zone, "timestamp", "", &now);
            database.execute("delete from jobs where state = 'queued'");
            let json = run(&["queue", "-o", "json"], &database).json();
            let stuck = if hours == 0 { 1 } else { 2 };
            assert_eq!(json["data"]["stuck"]["value"], stuck, "{zone} {hours}");
        }
    }
}

#[test]
fn times_that_contradict_their_zone_are_unknown() {
    // The application writes the time of Tokyo; the database's zone is UTC.
    let tokyo = "(now() at time zone 'Asia/Tokyo')";
    let database = database("UTC", "timestamp", "default now()", tokyo);
    let json = run(&["queue", "-o", "json"], &database).json();
    assert_eq!(status(&json, "queue.clock_skew"), "unknown");
    assert_ne!(json["exit_code"], 0);
}

#[test]
fn heartbeat_in_the_future_proves_nothing() {
    for (heartbeat, stuck, skew) in [
        ("now() + interval '1 hour'", 2, true),
        ("now() + interval '90 s'", 2, true),
        ("'infinity'", 2, false),
        ("'-infinity'", 2, false),
        ("null", 2, false),
        ("now() + interval '2 s'", 0, false),
        ("now() + interval '20 s'", 0, false),
        ("now()", 0, false),
    ] {
        let database = database("UTC", "timestamptz", "default now()", "now()");
        database.execute("delete from jobs where state <> 'running'");
        database.execute(&format!("update jobs set heartbeat_at = {heartbeat}"));
        let output = run(&["queue", "-o", "json"], &database);
        let json = output.json();
        assert_eq!(json["data"]["stuck"]["value"], stuck, "{heartbeat}");
        assert_eq!(json["data"]["in_future"] != Value::Null, skew, "{heartbeat}");
        assert_eq!(json["exit_code"] == 0, stuck == 0, "{heartbeat}");
        assert_eq!(listed(&database, "stuck"), stuck, "{heartbeat}");
        let age = json["data"]["heartbeat_age_seconds"].as_f64();
        assert!(age.is_none_or(|age| age >= 0.0), "{heartbeat}: {age:?}");
    }
}

#[test]
fn lock_in_the_future_proves_nothing() {
    let database = database("UTC", "timestamptz", "default now()", "now()");
    database.execute(
        "delete from jobs where state <> 'running';
         update jobs set heartbeat_at = null, locked_at = now() + interval '1 day'",
    );
    let json = run(&["queue", "-o", "json"], &database).expect_code(3).json();
    assert_eq!(json["data"]["stuck"]["value"], 2);
    assert_eq!(status(&json, "queue.clock_skew"), "warning");
}

/// Settings that a role or a database may have, and that change no answer.
const SETTINGS: [&str; 9] = [
    "timezone = 'Asia/Kathmandu'",
    "datestyle = 'German'",
    "intervalstyle = 'sql_standard'",
    "row_security = off",
    "quote_all_identifiers = on",
    "statement_timeout = '1ms'",
    "lock_timeout = '1ms'",
    "search_path = 'pg_catalog'",
    "standard_conforming_strings = off",
];

#[test]
fn settings_of_the_database_change_no_answer() {
    let commands: [&[&str]; 5] = [
        &["queue", "-o", "json"],
        &["dlq", "list", "-o", "json"],
        &["dlq", "groups", "-o", "json"],
        &["jobs", "list", "--state", "stuck", "-o", "json"],
        &["rls", "audit", "-o", "json"],
    ];
    let database = Database::from_fixture("main_typical");
    let answers = |setting: Option<&str>| -> Vec<Value> {
        let name = database.name();
        database.execute(&format!("alter database {name} reset all"));
        if let Some(setting) = setting {
            database.execute(&format!("alter database {name} set {setting}"));
        }
        commands.iter().map(|args| summary(&run(args, &database).json())).collect()
    };
    let expected = answers(None);
    let mut settings = SETTINGS.to_vec();
    let version: u32 = database.value("show server_version_num").parse().expect("a number");
    if version >= 170_000 {
        settings.push("transaction_timeout = '1ms'");
    }
    for setting in settings {
        // On a busy machine 1 ms can pass before the tool has lifted the limit.
        let mut given = answers(Some(setting));
        for _ in 0..2 {
            if given != expected {
                given = answers(Some(setting));
            }
        }
        assert_eq!(given, expected, "{setting}");
    }
}

/// The parts of a report that do not change with time: status, summary and the findings' statuses.
fn summary(json: &Value) -> Value {
    let checks = json["checks"].as_array().cloned().unwrap_or_default();
    let checks: Vec<_> = checks.iter().map(|c| (c["id"].clone(), c["status"].clone())).collect();
    serde_json::json!({
        "status": json["status"], "exit_code": json["exit_code"], "summary": json["summary"],
        "checks": checks, "errors": json["errors"],
    })
}
