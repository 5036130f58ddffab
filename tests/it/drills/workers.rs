//! Workers that claim due jobs and finish, fail or dead-letter them until they are told to stop.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::postgres::{Database, Session};

/// Adds a trigger that records forbidden changes in `flips`: a job that leaves `running` without its
/// worker, or that is undone after a worker claimed it.
pub fn record_forbidden_changes(db: &Database) {
    db.execute(
        "CREATE TABLE flips (id uuid, was text, now text);
         CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF (OLD.state <> 'dead_letter' AND NEW.state = 'queued' AND NEW.attempts = 0)
              OR (NEW.state = 'dead_letter' AND OLD.state <> 'queued' AND OLD.state <> 'dead_letter') THEN
             INSERT INTO flips VALUES (OLD.id, OLD.state, NEW.state); END IF;
           RETURN NULL; END $$;
         CREATE TRIGGER watch AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION watch()",
    );
}

/// Claims jobs until `stop` is set and returns their number. Every third job fails with a retry in an
/// hour, so none is dead-lettered.
pub fn work(url: &str, name: &str, stop: &AtomicBool) -> u64 {
    let session = Session::open(url);
    let mut claimed = 0;
    while !stop.load(Ordering::Relaxed) {
        let id = session.value(&format!("SELECT id FROM worker_claim_next_job('{name}')"));
        if id == "NULL" {
            std::thread::yield_now();
            continue;
        }
        claimed += 1;
        session.execute(&format!("UPDATE jobs SET heartbeat_at = now() WHERE id = '{id}'"));
        session.execute(&if claimed % 3 == 0 {
            format!("SELECT worker_fail('{id}', '{name}', 'boom', 3600)")
        } else {
            format!("SELECT worker_finish('{id}', '{name}', '{{}}')")
        });
    }
    claimed
}
