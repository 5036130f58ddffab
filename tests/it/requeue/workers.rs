//! Workers that do as a test tells them, on the variant main.

use crate::support::postgres::Session;

/// What the jobs of [`super::bury`] had died of.
pub const SAME: &str = "FFmpeg timed out after 99s";
/// Something else.
pub const OTHER: &str = "disk is full";

/// Takes the next job that is due; waits until there is one.
pub fn claim(session: &Session, worker: &str) -> String {
    let statement = format!("SELECT id FROM worker_claim_next_job('{worker}')");
    let mut id = String::new();
    crate::support::wait_until("a job is due", || {
        id = session.value(&statement);
        id != "NULL"
    });
    id
}

/// Takes the next job and finishes it.
pub fn finish(session: &Session) -> String {
    let id = claim(session, "w");
    session.execute(&format!("SELECT worker_finish('{id}', 'w', '{{}}')"));
    id
}

/// Takes the next job and fails it; retries remain, and come in an hour.
pub fn fail(session: &Session, error: &str) -> String {
    let id = claim(session, "w");
    session.execute(&format!("SELECT worker_fail('{id}', 'w', '{error}', 3600)"));
    id
}

/// Takes the next job and fails it for good.
pub fn kill(session: &Session, error: &str) -> String {
    let id = claim(session, "w");
    session.execute(&format!("UPDATE jobs SET attempts = max_attempts - 1 WHERE id = '{id}'"));
    session.execute(&format!("SELECT worker_fail('{id}', 'w', '{error}', 3600)"));
    id
}
