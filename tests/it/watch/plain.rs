//! Tests of `watch --plain`: one line per status change.

use super::watch;
use crate::support::http::Stub;
use crate::support::postgres::Database;
use crate::support::{readiness, wait_until};

#[test]
fn plain_output_prints_only_changes() {
    let database = Database::from_fixture("main_healthy");
    let app = Stub::start([
        ("/api/healthz", readiness::response("healthz_ok")),
        ("/api/readyz", readiness::response("canonical_ok")),
    ]);
    let mut cli = watch("--plain --no-record", &database.url()).env("CLIPLY_BASE_URL", app.url());
    let running = cli.start();
    wait_until("two looks", || app.count("/api/readyz") >= 2);
    app.set("/api/readyz", readiness::response("canonical_worker_red"));
    let requests = app.count("/api/readyz");
    wait_until("the trouble is seen", || app.count("/api/readyz") >= requests + 2);
    app.set("/api/readyz", readiness::response("canonical_ok"));
    let requests = app.count("/api/readyz");
    wait_until("its end is seen", || app.count("/api/readyz") >= requests + 2);
    running.signal("INT");
    let output = running.finish().expect_code(0);
    let lines: Vec<_> = output.stdout.lines().map(|line| &line[21..]).collect();
    assert_eq!((lines[0], lines[1]), ("OK", "OK → CRITICAL 3.2"), "{output:?}");
    assert_eq!(lines.iter().filter(|line| line.contains("CRITICAL 3.2 → OK")).count(), 1);
    assert_eq!(lines.iter().filter(|line| **line == "ready.worker CRITICAL → OK").count(), 1);
    assert!(output.stdout.lines().all(|line| !line.contains('\u{1b}')), "{output:?}");
    assert!(!cli.home().join(".local/state/cliplyctl/history.db").exists(), "it recorded");
}

#[test]
fn watch_runs_without_an_unusable_history() {
    let database = Database::from_fixture("main_healthy");
    let app = Stub::start([
        ("/api/healthz", readiness::response("healthz_ok")),
        ("/api/readyz", readiness::response("canonical_ok")),
    ]);
    for (text, is_usable) in [("not a database", false), ("", true)] {
        let mut cli = watch("--plain", &database.url())
            .env("CLIPLY_BASE_URL", app.url())
            .file(".local/state/cliplyctl/history.db", text.repeat(100));
        let requests = app.count("/api/readyz");
        let running = cli.start();
        wait_until("two polls", || app.count("/api/readyz") >= requests + 2);
        running.signal("INT");
        let output = running.finish().expect_code(0);
        assert!(output.stdout.contains("OK"), "{output:?}");
        assert_eq!(output.stderr.contains("snapshots are not recorded"), !is_usable, "{output:?}");
        let hint = output.stderr.contains("to start a new one");
        assert_eq!(hint, !is_usable, "{output:?}");
    }
}

#[test]
fn watch_without_a_terminal_suggests_plain() {
    let mut cli = watch("", "postgres://u@127.0.0.1:1/app");
    let output = cli.run().expect_code(64);
    assert!(
        output.stderr.contains("watch needs a terminal: stdout is not a terminal"),
        "{output:?}"
    );
    assert!(
        output.stderr.contains("hint: for logs and pipes: cliplyctl watch --plain"),
        "{output:?}"
    );
    assert!(!cli.home().join(".local/state").exists(), "it left a store behind");
}

#[test]
fn watch_on_a_dumb_terminal_suggests_plain() {
    let cli = watch("", "postgres://u@127.0.0.1:1/app").env("TERM", "dumb");
    let mut terminal = cli.terminal(24, 80);
    assert_eq!(terminal.finish(), 64);
    let screen = terminal.screen();
    assert!(screen.contains("TERM=dumb") && screen.contains("watch --plain"), "{screen}");
    assert!(!terminal.raw().contains('\u{1b}'), "{:?}", terminal.raw());
}
