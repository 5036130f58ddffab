use super::workers::{self, OTHER_CAUSE, SAME_CAUSE};
use super::{command, events, insert_dead_letters, requeue};
use crate::support::cli::Cli;
use crate::support::postgres::Database;
use crate::support::wait_until;

/// Requeues new dead letters and returns the operation id.
fn requeued(db: &Database, jobs: u32) -> String {
    insert_dead_letters(db, jobs);
    operation(&requeue(db, &["--all", "--yes"]).expect_code(0).json())
}

fn operation(json: &serde_json::Value) -> String {
    json["data"]["outcome"]["operation"].as_str().unwrap().to_owned()
}

/// Follows the operation once, from a machine without a record of it.
fn follow_once(db: &Database, operation: &str) -> Cli {
    command(db, "follow", &[operation, "--wait", "1ms"])
}

#[test]
fn every_job_is_counted_by_its_outcome() {
    let db = Database::with_variant("main");
    let op = requeued(&db, 8);
    let worker = db.session();
    workers::finish(&worker);
    let again = workers::fail(&worker, SAME_CAUSE);
    workers::kill(&worker, SAME_CAUSE);
    workers::kill(&worker, OTHER_CAUSE);
    workers::fail(&worker, OTHER_CAUSE);
    let edited_by_hand = workers::claim(&worker, "w");
    db.execute(&format!("UPDATE jobs SET state = 'dead_letter' WHERE id = '{edited_by_hand}'"));
    workers::claim(&worker, "w");
    let out = follow_once(&db, &op).run().expect_code(2);
    let data = &out.json()["data"];
    for (outcome, jobs) in [
        ("jobs", 8),
        ("finished", 1),
        ("failed_again", 2),
        ("failed_other_cause", 1),
        ("retry_pending", 1),
        ("running", 1),
        ("queued", 1),
        ("changed_since", 1),
    ] {
        assert_eq!(data[outcome], jobs, "{outcome}: {data:#}");
    }
    assert_eq!(data["failures"][0]["same_cause"], 2, "{data:#}");
    assert_eq!(data["zombies"], serde_json::json!([]));
    // A retry can still finish.
    db.execute(&format!("UPDATE jobs SET state = 'done' WHERE id = '{again}'"));
    let data = follow_once(&db, &op).run().expect_code(2).json()["data"].clone();
    assert_eq!((&data["finished"], &data["failed_again"]), (&2.into(), &1.into()));
}

#[test]
fn follow_ends_when_all_jobs_finished() {
    let db = Database::with_variant("main");
    let op = requeued(&db, 3);
    let mut cli = Cli::new(["dlq", "follow", &op]).env("DATABASE_URL", db.url());
    let running = cli.start();
    let worker = db.session();
    (0..3).for_each(|_| drop(workers::finish(&worker)));
    let out = running.finish().expect_code(0);
    assert!(out.stdout.contains("3 finished\n"), "{out:#?}");
}

#[test]
fn undone_and_requeued_jobs_count_as_changed_since() {
    let db = Database::with_variant("main");
    let op = requeued(&db, 2);
    let id = workers::kill(&db.session(), SAME_CAUSE);
    requeue(&db, &[&id, "--yes"]).expect_code(0);
    command(&db, "undo", &[&op, "--yes"]).run().expect_code(75);
    let data = follow_once(&db, &op).run().expect_code(3).json()["data"].clone();
    assert_eq!((&data["end"], &data["changed_since"]), (&"decided".into(), &2.into()), "{data:#}");
    let output =
        Cli::new(["dlq", "follow", &op]).env("DATABASE_URL", db.url()).run().expect_code(3);
    assert!(
        output.stdout.contains("Nothing to follow: all 2 jobs were undone or changed since"),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("cliplyctl dlq ops"), "{}", output.stdout);
}

#[test]
fn follow_timeout_exits_3_and_counts_queued_jobs() {
    let db = Database::with_variant("main");
    let op = requeued(&db, 2);
    workers::finish(&db.session());
    let out = follow_once(&db, &op).run().expect_code(3);
    let data = &out.json()["data"];
    assert_eq!((&data["end"], &data["queued"]), (&"deadline".into(), &1.into()));
}

#[test]
fn follow_can_be_interrupted_and_resumed_elsewhere() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    let mut cli = command(&db, "requeue", &["--all", "--yes", "--follow"]);
    let running = cli.start();
    wait_until("everything is requeued", || events(&db) == "2");
    let watcher = db.session();
    wait_until("it follows", || {
        let queries_since_requeue =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                       AND application_name LIKE 'cliplyctl:%' AND query_start > (
                         SELECT max(created_at) FROM job_events)";
        watcher.value(queries_since_requeue) != "0"
    });
    running.signal("INT");
    let out = running.finish().expect_code(130);
    let json = out.json();
    assert_eq!(json["data"]["followed"]["end"], "detached", "{json:#}");
    let op = operation(&json);
    let mut cli = command(&db, "follow", &[&op]);
    let running = cli.start();
    (0..2).for_each(|_| drop(workers::finish(&watcher)));
    running.finish().expect_code(0);
}

#[test]
fn terminal_shows_one_live_line() {
    let db = Database::with_variant("main");
    let op = requeued(&db, 2);
    let mut terminal =
        Cli::new(["dlq", "follow", &op]).env("DATABASE_URL", db.url()).terminal(30, 120);
    terminal.wait_for("2 queued");
    let worker = db.session();
    workers::finish(&worker);
    terminal.wait_for("1 finished, 1 queued");
    terminal.type_text("\x03");
    assert_eq!(terminal.finish(), 130);
    let screen = terminal.screen();
    assert!(screen.contains(&format!("cliplyctl dlq follow {op}")), "{screen}");
}

#[test]
fn worker_without_a_claim_is_reported() {
    let db = Database::with_variant("main");
    let op = requeued(&db, 3);
    let worker = db.session();
    let claimed = workers::claim(&worker, "w");
    db.execute(&format!("UPDATE jobs SET locked_by = 'ghost' WHERE id = '{claimed}'"));
    let queued = db.value("SELECT id FROM jobs WHERE state = 'queued' LIMIT 1");
    db.execute(&format!("SELECT worker_fail('{queued}', 'zombie', '{SAME_CAUSE}', 3600)"));
    workers::claim(&worker, "w");
    let data = follow_once(&db, &op).run().expect_code(2).json()["data"].clone();
    let mut zombies: Vec<_> = data["zombies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|z| {
            (
                z["worker"].as_str().unwrap(),
                z["action"].as_str().unwrap(),
                z["job"].as_str().unwrap(),
            )
        })
        .collect();
    zombies.sort_unstable();
    assert_eq!(
        zombies,
        [("ghost", "locked", claimed.as_str()), ("zombie", "failed", queued.as_str())]
    );
}

#[test]
fn claims_without_events_report_no_zombie_worker() {
    let db = Database::with_variant("main");
    db.execute("DROP TRIGGER jobs_log_claim ON jobs");
    let op = requeued(&db, 1);
    workers::fail(&db.session(), SAME_CAUSE);
    let out = follow_once(&db, &op).run().expect_code(2);
    assert!(out.json()["data"]["zombies"].is_null(), "{out:#?}");
}

#[test]
fn every_variant_with_dead_letters_can_be_followed() {
    for (variant, live, done) in [
        ("main", "state", "done"),
        ("atomic", "state", "done"),
        ("event_data", "state", "done"),
        ("status_live", "status", "succeeded"),
        ("bigint", "status", "succeeded"),
    ] {
        let db = Database::from_fixture(&format!("{variant}_typical"));
        let mut cli = command(&db, "requeue", &["--all", "--yes", "--max", "3"]);
        let json = cli.run().expect_code(0).json();
        let op = operation(&json);
        let ids = json["data"]["samples"].to_string().replace(['[', ']'], "").replace('"', "'");
        db.execute(&format!("UPDATE jobs SET {live} = '{done}' WHERE id IN ({ids})"));
        if variant == "bigint" {
            let out = follow_once(&db, &op).run().expect_code(64);
            assert!(out.stderr.contains("without an events table"), "{out:#?}");
        }
        let state = cli.home().join(".local/state");
        let out = follow_once(&db, &op).env("XDG_STATE_HOME", state).run().expect_code(0);
        assert_eq!(out.json()["data"]["finished"], 3, "{variant}");
    }
}

#[test]
fn follow_works_with_unordered_events() {
    let db = Database::from_fixture("main_typical");
    db.execute(
        "DROP TABLE job_events; CREATE TABLE job_events (
           id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
           job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
           stage text NOT NULL, data jsonb NOT NULL DEFAULT '{}',
           created_at timestamptz NOT NULL DEFAULT now())",
    );
    let op = operation(&requeue(&db, &["--all", "--yes", "--max", "2"]).expect_code(0).json());
    let out = follow_once(&db, &op).run().expect_code(3);
    assert_eq!(out.json()["data"]["queued"], 2);
}

#[test]
fn follow_rejects_an_unknown_operation() {
    let db = Database::with_variant("main");
    follow_once(&db, "rq-nonsense").run().expect_code(64);
    let out = follow_once(&db, "rq-20260131T040000Z-e0-9f3a").run().expect_code(64);
    assert!(out.stderr.contains("is not known on this database"), "{out:#?}");
}
