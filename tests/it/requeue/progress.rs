//! Tests of the progress of a requeue: a bar on a terminal, otherwise a line every few seconds.

use super::{command, insert_dead_letters};
use crate::support::postgres::Database;

#[test]
fn terminal_shows_count_rate_and_remaining_time() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 60);
    let mut terminal =
        command(&db, "requeue", &["--all", "--yes", "--reason", "test", "--rate", "20/s"])
            .terminal(30, 100);
    terminal.wait_for("/60 jobs · ");
    assert!(terminal.screen().contains(" left"), "{}", terminal.screen());
    assert_eq!(terminal.finish(), 0);
    assert!(!terminal.screen().contains("/60 jobs · "), "the bar goes when it is done");
}

#[test]
fn pipe_gets_periodic_progress_lines() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 120);
    // Six seconds, so at least one line.
    let output =
        command(&db, "requeue", &["--all", "--yes", "--reason", "test", "--rate", "20/s"]).run();
    let stderr = output.expect_code(0).stderr;
    let line = stderr.lines().find(|line| line.contains(" of 120 jobs, "));
    assert!(line.is_some_and(|line| line.ends_with("/s")), "{stderr}");
}
