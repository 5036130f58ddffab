use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{bury, command, count, events};
use crate::support::postgres::{Database, Session};

/// Jobs that both operators want.
const JOBS: u32 = 3_000;

#[test]
fn two_operators_and_busy_workers_requeue_every_job_once() {
    let db = Database::with_variant("main");
    bury(&db, JOBS);
    // A job must not leave `running` but by its worker, nor be requeued twice.
    db.execute(
        "CREATE TABLE flips (id uuid);
         CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF OLD.state <> 'dead_letter' AND NEW.state = 'queued' AND NEW.attempts = 0 THEN
             INSERT INTO flips VALUES (OLD.id); END IF; RETURN NULL; END $$;
         CREATE TRIGGER watch AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION watch()",
    );
    let stop = AtomicBool::new(false);
    let requeued: u64 = thread::scope(|scope| {
        for worker in 0..2 {
            let (stop, url) = (&stop, db.url());
            scope.spawn(move || work(&Session::open(&url), &format!("w{worker}"), stop));
        }
        let operator = || {
            let args = ["--all", "--yes", "--reason", "race"];
            let out = command(&db, "requeue", &args).run();
            assert!(matches!(out.code, 0 | 75), "{out:#?}");
            out.json()["data"]["outcome"]["done"].as_u64().unwrap_or(0)
        };
        let (one, two) = (scope.spawn(operator), scope.spawn(operator));
        let sum = one.join().unwrap() + two.join().unwrap();
        stop.store(true, Ordering::Relaxed);
        sum
    });
    assert_eq!((requeued, events(&db)), (u64::from(JOBS), JOBS.to_string()));
    let most = db.value(
        "SELECT max(n) FROM (SELECT count(*) n FROM job_events
          WHERE data->>'reason' = 'requeued_from_dead_letter' GROUP BY job_id) t",
    );
    assert_eq!((most.as_str(), db.value("SELECT count(*) FROM flips").as_str()), ("1", "0"));
    assert_eq!(count(&db, "dead_letter"), "0");
}

/// Claims, beats, and fails or finishes until told to stop.
fn work(session: &Session, name: &str, stop: &AtomicBool) {
    let mut turn = 0;
    while !stop.load(Ordering::Relaxed) {
        let id = session.value(&format!("SELECT id FROM worker_claim_next_job('{name}')"));
        if id == "NULL" {
            continue;
        }
        turn += 1;
        session.execute(&format!("UPDATE jobs SET heartbeat_at = now() WHERE id = '{id}'"));
        session.execute(&if turn % 3 == 0 {
            format!("SELECT worker_fail('{id}', '{name}', 'boom', 3600)")
        } else {
            format!("SELECT worker_finish('{id}', '{name}', '{{}}')")
        });
    }
}
