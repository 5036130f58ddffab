//! Tests with a server or pooler that grants few connections: everything is answered, one query after the other.

use super::platforms::refusing_server;
use super::pooler::Pooler;
use crate::support::cli::{Cli, Output};
use crate::support::http::Stub;
use crate::support::postgres::{Database, Session};
use crate::support::readiness;

fn healthy_app() -> Stub {
    Stub::start([
        ("/api/healthz", readiness::response("healthz_ok")),
        ("/api/readyz", readiness::response("canonical_ok")),
    ])
}

fn run(words: &str, url: &str, app: &Stub) -> Output {
    let cli = Cli::new(words.split(' ')).env("DATABASE_URL", url);
    cli.env("CLIPLY_BASE_URL", app.url()).run()
}

/// A login role that sees all jobs, with this connection limit. Roles belong to the cluster, so each test has its
/// own.
fn limited_role(database: &Database, limit: i32) -> String {
    let role = format!("limited_{}", database.name());
    database.execute(&format!(
        "CREATE ROLE {role} LOGIN BYPASSRLS CONNECTION LIMIT {limit};
         GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
    ));
    role
}

/// Runs every command that asks the database at the same time more than once.
fn everything_is_answered(url: &str) {
    let app = healthy_app();
    for _ in 0..3 {
        let triage = run("triage -o json", url, &app).expect_code(0).json();
        assert_eq!(triage["status"], "ok", "{triage:#}");
    }
    let handoff = run("handoff -o json", url, &app).expect_code(0).json();
    assert_eq!(handoff["errors"].as_array().map(Vec::len), Some(0), "{handoff:#}");
    run("record", url, &app).expect_code(0);
    run("queue", url, &app).expect_code(0);
}

#[test]
fn one_connection_of_the_role_is_enough() {
    let database = Database::from_fixture("main_healthy");
    let role = limited_role(&database, 1);
    everything_is_answered(&database.url_as(&role));
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn one_connection_of_a_session_pooler_is_enough() {
    let database = Database::from_fixture("main_healthy");
    let pooler = Pooler::with(database.name(), "pool_mode = session\ndefault_pool_size = 1\n");
    everything_is_answered(&format!(
        "postgres://postgres@127.0.0.1:{}/app?sslmode=disable",
        pooler.port
    ));
}

#[test]
fn connection_limit_of_the_url_is_kept() {
    let database = Database::from_fixture("main_healthy");
    let role = limited_role(&database, 2);
    // Another client has one of the two connections.
    let held = Session::open(&database.url_as(&role));
    let app = healthy_app();
    let url = format!("{}?connection_limit=1", database.url_as(&role));
    run("triage", &url, &app).expect_code(0);
    drop(held);
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// Status and message of the check `db.connections`.
fn connections_check(output: &Output) -> (String, String) {
    let report = output.json();
    let mut checks = report["checks"].as_array().unwrap().iter();
    let check = checks.find(|check| check["id"] == "db.connections").unwrap();
    (check["status"].as_str().unwrap().to_owned(), check["message"].to_string())
}

#[test]
fn role_and_database_at_their_limit_are_reported() {
    let database = Database::from_fixture("main_healthy");
    let role = limited_role(&database, 3);
    let app = healthy_app();
    let message = connections_check;
    let held: Vec<_> = (0..3).map(|_| Session::open(&database.url_as(&role))).collect();
    let (status, text) = message(&run("triage -o json", &database.url(), &app));
    assert_eq!(status, "critical", "{text}");
    assert!(text.contains(&format!("role {role}: 3 of 3")), "{text}");

    database.execute(&format!("ALTER ROLE {role} CONNECTION LIMIT 10"));
    let (status, text) = message(&run("triage -o json", &database.url(), &app));
    assert_eq!(status, "ok", "{text}");

    let name = database.name();
    database.execute(&format!("ALTER DATABASE {name} CONNECTION LIMIT 3"));
    let (status, text) = message(&run("triage -o json", &database.url(), &app));
    assert_eq!(status, "critical", "{text}");
    assert!(text.contains("this database: 3 of 3"), "{text}");
    drop(held);
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn role_limit_counts_only_where_the_role_is_used() {
    let (database, other) =
        (Database::from_fixture("main_healthy"), Database::from_fixture("main_healthy"));
    let role = limited_role(&database, 1);
    let elsewhere = other.url_as(&role);
    let held_elsewhere = Session::open(&elsewhere);
    let triage = || run("triage -o json", &database.url(), &healthy_app());
    let (status, text) = connections_check(&triage().expect_code(0));
    assert_eq!(status, "ok", "{text}");
    // The limit of a role counts its sessions in all databases.
    database.execute(&format!("ALTER ROLE {role} CONNECTION LIMIT 2"));
    let held_here = Session::open(&database.url_as(&role));
    let (status, text) = connections_check(&triage().expect_code(2));
    assert_eq!(status, "critical", "{text}");
    assert!(text.contains(&format!("role {role}: 2 of 2")), "{text}");
    drop((held_elsewhere, held_here));
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn own_sessions_are_no_load() {
    let database = Database::from_fixture("main_healthy");
    let name = database.name();
    let own: Vec<_> = (0..3)
        .map(|_| Session::open(&format!("{}?application_name=cliplyctl:watch", database.url())))
        .collect();
    database.execute(&format!("ALTER DATABASE {name} CONNECTION LIMIT 3"));
    run("triage", &database.url(), &healthy_app()).expect_code(0);
    drop(own);
}

#[test]
fn server_without_any_connection_is_unavailable() {
    let database = Database::from_fixture("main_healthy");
    let role = limited_role(&database, 1);
    let held = Session::open(&database.url_as(&role));
    let output = run("queue", &database.url_as(&role), &healthy_app()).expect_code(3);
    assert!(output.stderr.contains("too many connections for role"), "{output:#?}");
    assert!(output.stderr.contains("CONNECTION LIMIT"), "{output:#?}");
    drop(held);
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    // A pooler answers with its own message.
    let message = "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15";
    let port = refusing_server("XX000", message);
    let url = format!("postgres://u@127.0.0.1:{port}/d?sslmode=disable");
    let output = run("queue", &url, &healthy_app()).expect_code(3);
    assert!(output.stderr.contains("6543"), "{output:#?}");
}
