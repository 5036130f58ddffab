//! Tests of `jobs rescue` on a real server: evidence, results, variants, and workers that resume.

use std::thread;

use crate::support::cli::Cli;
use crate::support::fixtures::VARIANTS;
use crate::support::postgres::{Database, Session};

/// The number of jobs that a worker and the rescue race for.
const RACES: u32 = 1_000;

fn rescue(database: &Database, args: &[&str]) -> Cli {
    let all = ["jobs", "rescue", "-o", "json"].into_iter().chain(args.iter().copied());
    Cli::new(all).env("DATABASE_URL", database.url()).env("USER", "oncall")
}

fn job(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

/// Inserts jobs of worker-z without a heartbeat for twenty minutes into a database of variant main.
fn insert_stuck_jobs(database: &Database, n: u32) {
    database.execute(&format!(
        "INSERT INTO workspaces (id, name, owner_id)
           VALUES ('aaaaaaaa-0000-4000-8000-000000000009', 'w', gen_random_uuid());
         INSERT INTO jobs (id, workspace_id, kind, state, locked_by, locked_at, heartbeat_at)
           SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
                  'aaaaaaaa-0000-4000-8000-000000000009', 'CLIP_RENDER', 'running', 'worker-z',
                  now() - interval '30 min', now() - interval '20 min'
             FROM generate_series(1, {n}) n;
         CREATE TABLE flips (id uuid);
         CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF OLD.state = 'running' AND NEW.state IN ('queued', 'dead_letter')
              AND OLD.heartbeat_at > now() - interval '10 min' THEN
             INSERT INTO flips VALUES (OLD.id); END IF; RETURN NULL; END $$;
         CREATE TRIGGER watch AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION watch()"
    ));
}

#[test]
fn stuck_jobs_are_requeued_or_dead_lettered_with_an_event() {
    let db = Database::from_fixture("main_typical");
    let plan = rescue(&db, &["--dry-run"]).run().expect_code(0).json();
    let jobs = plan["data"]["jobs"].as_array().unwrap();
    let planned: Vec<_> = jobs
        .iter()
        .map(|j| {
            (
                j["id"].as_str().unwrap(),
                j["heartbeat_source"].as_str(),
                j["result"].as_str().unwrap(),
            )
        })
        .collect();
    let ids = [job(136), job(134), job(135)];
    // Sorted by heartbeat age. The first job never had a heartbeat, so its lock time is used.
    assert_eq!(planned[0], (ids[0].as_str(), Some("lock"), "queued"), "{plan:#}");
    assert_eq!(planned[1], (ids[1].as_str(), Some("heartbeat"), "dead_letter"));
    assert_eq!(planned[2], (ids[2].as_str(), Some("heartbeat"), "queued"));
    assert_eq!(planned.len(), 3);
    assert!(jobs.iter().all(|j| j["other_job_heartbeat_age_seconds"].is_null()));
    assert_eq!(plan["data"]["stuck_after_seconds"], 600.0, "the default is the setting's");
    let row = |n: u32| {
        db.value(&format!(
            "SELECT concat_ws(' ', state, attempts, locked_by, heartbeat_at IS NOT NULL)
               FROM jobs WHERE id = '{}'",
            job(n)
        ))
    };
    let before = (row(131), row(134));
    rescue(&db, &[]).run().expect_code(77);
    assert_eq!((row(131), row(134)), before, "not confirmed");
    rescue(&db, &["--yes"]).run().expect_code(0);
    assert_eq!((row(134).as_str(), row(135).as_str()), ("dead_letter 5 t", "queued 1 t"));
    assert_eq!(row(131), before.0, "an active worker");
    let stages = db.value(
        "SELECT string_agg(stage || ' ' || (data->>'stage'), ', ' ORDER BY job_id) FROM job_events
          WHERE data->>'reason' = 'rescued_from_silent_worker' AND data->>'actor' = 'oncall'",
    );
    assert_eq!(stages, "failed dead_letter, failed retry_scheduled, failed retry_scheduled");
    let none = rescue(&db, &["--yes"]).run().expect_code(0).json();
    assert_eq!(none["data"]["stuck"], 0);
}

#[test]
fn rescue_report_states_outcomes_and_next_steps() {
    let db = Database::from_fixture("main_typical");
    let cli = Cli::new(["jobs", "rescue", "--yes"]).env("DATABASE_URL", db.url());
    let report = cli.env("USER", "oncall").run().expect_code(0).stdout;
    for text in [
        "3 stuck jobs rescued",
        "2 queued again, 1 dead letter",
        "cliplyctl dlq list",
        "cliplyctl queue",
    ] {
        assert!(report.contains(text), "{text}: {report}");
    }
}

#[test]
fn worker_with_a_heartbeat_on_another_job_is_reported() {
    let db = Database::from_fixture("main_typical");
    db.execute("UPDATE jobs SET locked_by = 'worker-c', heartbeat_at = now() WHERE state = 'running' AND locked_by = 'worker-a'");
    let plan = rescue(&db, &["--dry-run"]).run().expect_code(0).json();
    let age = plan["data"]["jobs"][0]["other_job_heartbeat_age_seconds"].as_f64();
    assert!(age.is_some_and(|age| age < 600.0), "{plan:#}");
}

#[test]
fn heartbeat_in_flight_keeps_the_job() {
    let db = Database::with_variant("main");
    insert_stuck_jobs(&db, 1);
    let worker = db.session();
    worker.execute("BEGIN");
    worker.execute("UPDATE jobs SET heartbeat_at = now()");
    let mut cli = rescue(&db, &["--yes", "--lock-wait", "60s"]);
    let running = cli.start();
    let observer = db.session();
    crate::support::wait_until("the rescue meets the lock", || {
        let blocked_rescues =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                     AND application_name LIKE 'cliplyctl:%' AND query LIKE 'with asked as%'";
        observer.value(blocked_rescues) != "0"
    });
    worker.execute("COMMIT");
    let out = running.finish();
    assert_eq!(out.code, 77, "{out:#?}");
    let outcome = &out.json()["data"]["outcome"];
    assert_eq!(
        (&outcome["written"], &outcome["skipped_jobs"][0]["reason"]),
        (&0.into(), &"changed".into())
    );
    assert_eq!(db.value("SELECT state FROM jobs"), "running");
}

#[test]
fn rescue_never_changes_a_job_whose_worker_returned() {
    let db = Database::with_variant("main");
    insert_stuck_jobs(&db, RACES);
    let (done, skipped) = thread::scope(|scope| {
        for half in 0..2 {
            let url = db.url();
            scope.spawn(move || send_heartbeats(&Session::open(&url), half));
        }
        let out = rescue(&db, &["--yes", "--reason", "race"]).run();
        assert!(matches!(out.code, 0 | 75), "{out:#?}");
        let outcome = out.json()["data"]["outcome"].clone();
        (outcome["written"].as_u64().unwrap(), outcome["skipped"].as_u64().unwrap())
    });
    println!("{done} rescued, {skipped} kept by the worker");
    assert_eq!(done + skipped, u64::from(RACES));
    let count =
        |state: &str| db.value(&format!("SELECT count(*) FROM jobs WHERE state = '{state}'"));
    assert_eq!((count("queued"), count("running")), (done.to_string(), skipped.to_string()));
    assert_eq!(db.value("SELECT count(*) FROM job_events"), done.to_string());
    assert_eq!(db.value("SELECT count(*) FROM flips"), "0");
}

/// Sends heartbeats, from the last job on, while the rescue writes its first transaction.
fn send_heartbeats(session: &Session, half: u32) {
    let has_events = "SELECT EXISTS (SELECT FROM job_events)::text";
    crate::support::wait_until("the first batch", || session.value(has_events) == "true");
    for n in (1..=RACES).rev().filter(|n| n % 2 == half) {
        session.execute(&format!(
            "UPDATE jobs SET heartbeat_at = now()
              WHERE id = '{}' AND state = 'running' AND locked_by = 'worker-z'",
            job(n)
        ));
    }
}

#[test]
fn rescue_is_limited_and_reports_truncation() {
    let db = Database::with_variant("main");
    insert_stuck_jobs(&db, 10_001);
    db.execute(
        "UPDATE jobs SET heartbeat_at = 'infinity', locked_at = NULL WHERE id = (SELECT max(id::text)::uuid FROM jobs)",
    );
    let plan = rescue(&db, &["--dry-run"]).run().expect_code(0).json();
    assert_eq!(
        (&plan["data"]["stuck"], &plan["data"]["without_heartbeat"], &plan["data"]["truncated"]),
        (&10_000.into(), &1.into(), &false.into())
    );
    db.execute(
        "UPDATE jobs SET heartbeat_at = now() - interval '1 day' WHERE heartbeat_at = 'infinity'",
    );
    let plan = rescue(&db, &["--dry-run"]).run().expect_code(0).json();
    assert_eq!(
        (&plan["data"]["stuck"], &plan["data"]["truncated"]),
        (&10_000.into(), &true.into())
    );
}

#[test]
fn rescue_accepts_a_single_stuck_job() {
    let db = Database::with_variant("main");
    insert_stuck_jobs(&db, 3);
    let plan = ["jobs", "rescue", &job(2), "--dry-run"];
    let plan = Cli::new(plan).env("DATABASE_URL", db.url()).run().expect_code(0).stdout;
    let next = plan.lines().find_map(|line| line.split_once("  cliplyctl "));
    assert!(next.unwrap().1.starts_with(&format!("jobs rescue {}  ", job(2))), "{plan}");
    assert!(!plan.contains(&job(1)), "{plan}");
    let done = rescue(&db, &[&job(2), "--yes"]).run().expect_code(0).json();
    assert_eq!(done["data"]["outcome"]["written"], 1);
    let queued = "SELECT string_agg(id::text, ',') FROM jobs WHERE state = 'queued'";
    assert_eq!(db.value(queued), job(2));

    // The job is not locked any more. A list that contains it is refused as a whole.
    let refused = rescue(&db, &[&job(1), &job(2), "--yes"]).run().expect_code(77);
    assert!(refused.stderr.contains("is not stuck"), "{refused:#?}");
    assert_eq!(db.value("SELECT count(*) FROM jobs WHERE state = 'queued'"), "1");
}

#[test]
fn every_variant_with_heartbeats_is_rescued() {
    for variant in VARIANTS {
        let db = Database::from_fixture(&format!("{variant}_typical"));
        if variant == "hosted" {
            // Nothing says which of its two state columns is maintained, until a function claims by one.
            let claimed =
                "SELECT count(*) FROM jobs WHERE state = 'running' AND status = 'running'";
            let before = db.value(claimed);
            let refused = rescue(&db, &["--yes"]).run().expect_code(77);
            assert!(refused.stderr.contains("state_column"), "{refused:#?}");
            assert_eq!(db.value(claimed), before);
            db.execute(
                "CREATE FUNCTION claim_job(w uuid) RETURNS SETOF jobs LANGUAGE sql AS $$
                   UPDATE jobs SET state = 'running', worker_id = w WHERE id =
                     (SELECT id FROM jobs WHERE state = 'queued' LIMIT 1 FOR UPDATE SKIP LOCKED)
                   RETURNING * $$",
            );
        }
        let out = rescue(&db, &["--yes"]).run();
        if variant == "typed" {
            assert_eq!(out.code, 3);
            assert!(out.stderr.contains("neither heartbeat nor lock"), "{}", out.stderr);
            continue;
        }
        // Without dead letters, a job on its last attempt cannot be rescued.
        let has_dead_letters = !["early", "hosted", "october"].contains(&variant);
        assert_eq!(out.code, if has_dead_letters { 0 } else { 75 }, "{variant}: {out:#?}");
        let done = &out.json()["data"]["outcome"]["written"];
        assert_eq!(
            done,
            &serde_json::Value::from(if has_dead_letters { 3 } else { 2 }),
            "{variant}: {out:#?}"
        );
        let again = rescue(&db, &["--dry-run"]).run().expect_code(0).json();
        assert_eq!(again["data"]["stuck"], if has_dead_letters { 0 } else { 1 }, "{variant}");
    }
}

#[test]
fn stuck_after_below_30s_is_rejected() {
    let database = Database::from_fixture("main_typical");
    let cli = Cli::new(["jobs", "rescue", "--stuck-after", "5s", "--yes", "--reason", "test"]);
    let output = cli.env("DATABASE_URL", database.url()).run().expect_code(64);
    assert!(output.stderr.contains("use at least 30s"), "{}", output.stderr);
    let config =
        "[context.hasty]\ndatabase_url_env = \"HASTY\"\nthresholds = { stuck_after = \"5s\" }\n";
    let cli = Cli::new(["-c", "hasty", "jobs", "rescue", "--yes"]).file("cliplyctl.toml", config);
    let output = cli.env("HASTY", database.url()).run().expect_code(64);
    assert!(output.stderr.contains("the setting stuck_after 5s"), "{}", output.stderr);
}

#[test]
fn dead_letter_of_a_rescue_has_a_reason_and_a_time() {
    let db = Database::with_variant("main");
    insert_stuck_jobs(&db, 2);
    db.execute(
        "UPDATE jobs SET attempts = max_attempts - 1, last_error = 'answered 503',
                error = jsonb_build_object('message', 'answered 503', 'failed_at', now() - interval '3 hours')
          WHERE id = (SELECT max(id::text)::uuid FROM jobs)",
    );
    rescue(&db, &["--yes"]).run();
    let written = "SELECT last_error || ' ' || (error ->> 'message' = last_error)::text || ' '
         || ((error ->> 'failed_at')::timestamptz > now() - interval '10 minutes')::text
         FROM jobs WHERE state = 'dead_letter'";
    let written = db.value(written);
    assert!(written.starts_with("worker lost") && written.ends_with("true true"), "{written}");
    // A job that is queued again keeps its error.
    assert_eq!(db.value("SELECT count(*) FROM jobs WHERE last_error LIKE 'worker lost%'"), "1");
}
