//! Workers for tests, on variant main.

use crate::support::postgres::Session;

/// The error of the jobs from [`super::insert_dead_letters`].
pub const SAME_CAUSE: &str = "FFmpeg timed out after 99s";
/// A different error.
pub const OTHER_CAUSE: &str = "disk is full";

/// Claims the next due job. Waits until there is one.
pub fn claim(session: &Session, worker: &str) -> String {
    let statement = format!("SELECT id FROM worker_claim_next_job('{worker}')");
    let mut id = String::new();
    crate::support::wait_until("a job is due", || {
        id = session.value(&statement);
        id != "NULL"
    });
    id
}

/// Claims the next job and finishes it.
pub fn finish(session: &Session) -> String {
    let id = claim(session, "w");
    session.execute(&format!("SELECT worker_finish('{id}', 'w', '{{}}')"));
    id
}

/// Claims the next job and fails it with a retry in an hour.
pub fn fail(session: &Session, error: &str) -> String {
    let id = claim(session, "w");
    session.execute(&format!("SELECT worker_fail('{id}', 'w', '{error}', 3600)"));
    id
}

/// Claims the next job and dead-letters it.
pub fn kill(session: &Session, error: &str) -> String {
    let id = claim(session, "w");
    session.execute(&format!("UPDATE jobs SET attempts = max_attempts - 1 WHERE id = '{id}'"));
    session.execute(&format!("SELECT worker_fail('{id}', 'w', '{error}', 3600)"));
    id
}
