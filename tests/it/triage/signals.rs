//! Tests of the first output line and of Ctrl-C, which prints the results so far.

use super::triage;
use crate::postgres::status;
use crate::support::http::{Response, SendMode, Stub};
use crate::support::postgres::Database;
use crate::support::wait_until;

/// Starts an app that reads requests and never answers.
fn unresponsive_app() -> Stub {
    let no_response = Response::with_mode(SendMode::NoResponse);
    Stub::start([("/api/healthz", no_response.clone()), ("/api/readyz", no_response)])
}

#[test]
fn terminal_shows_pending_probes_and_ctrl_c_the_results() {
    let (stub, database) = (unresponsive_app(), Database::from_fixture("main_healthy"));
    let mut terminal = triage("--timeout 5m", &stub.url(), &database).terminal(40, 160);
    terminal.wait_for("triage · http://127.0.0.1");
    wait_until("everything but the app has answered", || {
        terminal.screen().trim_end().ends_with("waiting for /api/healthz, /api/readyz")
    });
    terminal.type_text("\x03");
    assert_eq!(terminal.finish(), 130);
    let screen = terminal.screen();
    assert!(screen.contains("App           UNKNOWN  not finished when interrupted"), "{screen}");
    assert!(screen.contains("Queue         OK       "), "{screen}");
    assert!(screen.contains("blocked by app.up"), "{screen}");
    assert!(screen.contains("Dead letters  OK"), "{screen}");
    assert!(!screen.contains("waiting for"), "{screen}");
}

#[test]
fn signal_without_a_terminal_prints_one_json_document() {
    let (stub, database) = (unresponsive_app(), Database::from_fixture("main_healthy"));
    let mut cli = triage("--timeout 5m -o json", &stub.url(), &database);
    let running = cli.start();
    wait_until("both probes are out", || {
        stub.count("/api/healthz") == 1 && stub.count("/api/readyz") == 1
    });
    running.signal("TERM");
    let json = running.finish().expect_code(130).json();
    assert_eq!(json["exit_code"], 130);
    assert_eq!(status(&json, "app.up"), "unknown");
}

#[test]
fn hanging_probes_are_abandoned_within_the_timeout() {
    // A server that accepts connections and never answers. The timeout of the driver is longer.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let database = Database::blank();
    let mut cli = triage("--timeout 1s -o json", &unresponsive_app().url(), &database)
        .env("DATABASE_URL", format!("postgresql://postgres@127.0.0.1:{port}/app"))
        .env("PGSSLMODE", "disable");
    let json = cli.run().expect_code(2).json();
    assert_eq!(status(&json, "app.up"), "critical");
    assert_eq!(status(&json, "db.reachable"), "unknown");
    assert_eq!(status(&json, "queue.backlog"), "skipped");
    assert_eq!(status(&json, "db.locks"), "skipped");
}
