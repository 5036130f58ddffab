use super::{command, count, events, insert_dead_letters, requeue};
use crate::support::cli::Running;
use crate::support::postgres::Database;
use crate::support::wait_until;

#[test]
fn rate_limit_is_kept_by_the_server_clock() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 20);
    requeue(&db, &["--all", "--yes", "--rate", "20/s"]).expect_code(0);
    // Five at once, fifteen in three quarters of a second. Slower is accepted.
    let slow_enough =
        db.value("SELECT max(created_at) - min(created_at) >= interval '0.7 s' FROM job_events");
    assert_eq!((slow_enough.as_str(), events(&db).as_str()), ("t", "20"));
    assert_ne!(db.value("SELECT count(DISTINCT created_at) FROM job_events"), "1");
    requeue(&db, &["--all", "--yes", "--rate", "20"]).expect_code(64);
}

#[test]
fn spread_jobs_become_due_one_by_one_and_can_be_undone() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 40);
    let json = requeue(&db, &["--all", "--yes", "--spread", "10m"]).expect_code(0).json();
    let in_window = "run_at BETWEEN updated_at AND updated_at + interval '10 min'";
    assert_eq!(
        db.value(&format!("SELECT count(DISTINCT run_at) FROM jobs WHERE {in_window}")),
        "40"
    );
    let in_second_half = "SELECT count(*) FROM jobs WHERE run_at > updated_at + interval '5 min'";
    let later: u32 = db.value(in_second_half).parse().unwrap();
    assert!((5..=35).contains(&later), "{later}");
    let operation = json["data"]["outcome"]["operation"].as_str().unwrap();
    command(&db, "undo", &[operation, "--yes"]).run().expect_code(0);
    assert_eq!(count(&db, "dead_letter"), "40");
}

#[test]
fn spread_does_not_delay_the_first_batch() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 10);
    let args = ["--all", "--yes", "--spread", "1h", "--ramp", "1,all"];
    let mut cli = command(&db, "requeue", &args);
    let running = cli.start();
    super::workers::finish(&db.session());
    running.finish().expect_code(0);
    let spread = "SELECT count(*) FROM jobs WHERE state = 'queued' AND run_at > updated_at";
    assert_eq!(db.value(spread), "9");
}

#[test]
fn backlog_pauses_the_requeue() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 10);
    db.execute(
        "INSERT INTO jobs (workspace_id, kind) SELECT workspace_id, 'TRANSCRIBE' FROM jobs LIMIT 5",
    );
    let mut cli = command(&db, "requeue", &["--all", "--yes", "--pause-above", "5"]);
    let (running, session) = (cli.start(), db.session());
    // Up to five jobs may be queued, so one more is requeued before it pauses.
    let queued_jobs = "SELECT count(*) FROM jobs WHERE state = 'queued'";
    wait_until("the queue is as long as it may be", || session.value(queued_jobs) == "6");
    assert_paused(&db, &running);
    assert_eq!(count(&db, "dead_letter"), "9");
    wait_until("workers make room until nothing is left", || {
        let queued: u32 = session.value(queued_jobs).parse().unwrap();
        assert!(queued <= 6, "{queued}");
        session.execute("UPDATE jobs SET state = 'done' WHERE state = 'queued'");
        !running.is_alive()
    });
    let out = running.finish().expect_code(0);
    assert!(out.stderr.contains("paused: at least 6 jobs are due, more than 5"), "{out:#?}");
}

/// Waits until the requeue has checked the locks twice without a write in between.
fn assert_paused(db: &Database, running: &Running) {
    let session = db.session();
    let query_starts = "SELECT string_agg(query_start::text, ',') FROM pg_stat_activity
                  WHERE datname = current_database() AND application_name LIKE 'cliplyctl:%'";
    let before = events(db);
    for _ in 0..2 {
        let last = session.value(query_starts);
        wait_until("it looks again", || session.value(query_starts) != last);
    }
    assert!(running.is_alive());
    assert_eq!(events(db), before);
}

/// Runs a requeue of many jobs while a session holds this lock on the table.
fn requeue_during_lock(lock: &str, expected: &str) {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 600);
    // A transaction keeps its first snapshot of the statistics, so another session reads them.
    let (locking_session, waiting_session, observer) = (db.session(), db.session(), db.session());
    locking_session.execute("BEGIN");
    locking_session.execute(&format!("LOCK TABLE jobs IN {lock} MODE"));
    let has_waiter = lock == "ROW EXCLUSIVE";
    let mut cli = command(&db, "requeue", &["--all", "--yes", "--reason", "pace"]);
    std::thread::scope(|scope| {
        if has_waiter {
            let wait_for_share_lock =
                "BEGIN; SET LOCAL lock_timeout = '60s'; LOCK TABLE jobs IN SHARE MODE; COMMIT";
            scope.spawn(move || waiting_session.execute(wait_for_share_lock));
            let lock_waiters =
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'jobs'::regclass";
            wait_until("somebody waits", || observer.value(lock_waiters) == "1");
        }
        let running = cli.start();
        // The operation is recorded before the first write.
        let operations = cli.home().join(".local/state/cliplyctl/operations");
        let recorded =
            || std::fs::read_dir(&operations).is_ok_and(|mut files| files.next().is_some());
        wait_until("it wants to write", recorded);
        assert_paused(&db, &running);
        assert_eq!(count(&db, "dead_letter"), "600");
        locking_session.execute("COMMIT");
        let out = running.finish().expect_code(0);
        assert!(out.stderr.contains(expected), "{out:#?}");
        assert_eq!(events(&db), "600");
    });
}

#[test]
fn requeue_yields_to_a_vacuum() {
    requeue_during_lock("SHARE UPDATE EXCLUSIVE", "paused: a vacuum is running on the jobs table");
}

#[test]
fn requeue_yields_to_lock_waiters() {
    requeue_during_lock("ROW EXCLUSIVE", "paused: 1 session waits for a lock on the jobs table");
}
