//! Tests of reads: read-only, within their timeout, without leftovers.

use std::time::Duration;

use cliplyctl::dsn::{ConnectionDefaults, Dsn};
use cliplyctl::facts::{SourceError, SourceErrorKind};
use tokio_postgres::Client;

use super::secured_server::{TIMEOUT, database, run, user_and_encryption};
use crate::support::postgres::{Database, cluster};

/// Returns the first column of the first row as text.
pub fn value(dsn: &Dsn, sql: &str) -> Result<String, SourceError> {
    run(async {
        let ask = async |transaction: &Client| {
            Ok(transaction.query_typed(sql, &[]).await?[0].try_get(0)?)
        };
        database(dsn, TIMEOUT).read(TIMEOUT, ask).await
    })
}

fn dsn(url: &str) -> Dsn {
    Dsn::parse(url, &ConnectionDefaults::default()).unwrap()
}

fn failure(sql: &str) -> SourceError {
    value(&dsn(&cluster().url("postgres")), sql).unwrap_err()
}

#[test]
fn read_transaction_refuses_writes() {
    let error = failure("CREATE TABLE x ()");
    assert_eq!(error.kind, SourceErrorKind::Permission, "{error:?}");
    assert!(error.message.contains("25006"), "{error:?}");
}

#[test]
fn query_errors_are_classified_by_cause() {
    use SourceErrorKind::{Malformed, NotFound, Permission, UnknownLayout};
    let database = Database::blank();
    database.execute("CREATE TABLE hidden (a int)");
    let kind = |url: &str, sql: &str| value(&dsn(url), sql).unwrap_err().kind;
    assert_eq!(kind(&database.url(), "SELECT 'x' FROM jobs"), NotFound);
    assert_eq!(kind(&database.url(), "SELECT b::text FROM hidden"), UnknownLayout);
    assert_eq!(kind(&database.url(), "SELECT 1::int8"), Malformed);
    cluster_role("reader");
    assert_eq!(kind(&database.url_as("reader"), "SELECT a::text FROM hidden"), Permission);
}

fn cluster_role(name: &str) {
    let session = crate::support::postgres::Session::open(&cluster().url("postgres"));
    session.execute(&format!("CREATE ROLE {name} LOGIN"));
}

#[test]
fn timed_out_query_is_canceled_and_the_connection_kept() {
    run(async {
        let database = database(&dsn(&cluster().url("postgres")), TIMEOUT);
        let sleep = async |transaction: &Client| {
            Ok(transaction.batch_execute("SELECT pg_sleep(600)").await?)
        };
        let error = database.read(Duration::from_millis(50), sleep).await.unwrap_err();
        assert_eq!(error.kind, SourceErrorKind::Timeout, "{error:?}");
        assert!(error.message.contains("57014"), "{error:?}");
        assert_eq!(user_and_encryption(&database).await.as_deref(), Ok("postgres plain"));
    });
}

#[test]
fn hanging_reader_is_abandoned_with_its_connection() {
    run(async {
        let database = database(&dsn(&cluster().url("postgres")), TIMEOUT);
        let first = pid(&database).await;
        let hang = async |_: &Client| std::future::pending::<Result<(), _>>().await;
        let error = database.read(Duration::from_millis(1), hang).await.unwrap_err();
        assert_eq!(error.kind, SourceErrorKind::Timeout, "{error:?}");
        assert_ne!(pid(&database).await, first, "the pool of one lends a new connection");
    });
}

async fn pid(database: &cliplyctl::sources::postgres::Database) -> i32 {
    let ask = async |transaction: &Client| {
        Ok(transaction.query_typed("SELECT pg_backend_pid()", &[]).await?[0].try_get(0)?)
    };
    database.read(TIMEOUT, ask).await.unwrap()
}

#[test]
fn terminated_session_is_replaced() {
    run(async {
        let database = database(&dsn(&cluster().url("postgres")), TIMEOUT);
        let first = pid(&database).await;
        let killed = async |transaction: &Client| {
            let own = "SELECT pg_terminate_backend(pg_backend_pid())";
            Ok(transaction.batch_execute(own).await?)
        };
        let error = database.read(TIMEOUT, killed).await.unwrap_err();
        assert_eq!(error.kind, SourceErrorKind::Disconnected, "{error:?}");
        assert_ne!(pid(&database).await, first);
    });
}

#[test]
fn statement_timeout_ends_with_its_transaction() {
    run(async {
        let database = database(&dsn(&cluster().url("postgres")), TIMEOUT);
        user_and_encryption(&database).await.unwrap();
        let connection = database.connection().await.unwrap();
        let rows = connection.query_typed("SHOW statement_timeout", &[]).await.unwrap();
        assert_eq!(rows[0].get::<_, String>(0), "0");
    });
}

#[test]
fn debug_shows_no_password() {
    let dsn = dsn("postgres://u:hunter2@h/d");
    let shown = format!("{:?} {}", database(&dsn, TIMEOUT), database(&dsn, TIMEOUT));
    assert_eq!(shown, "Database(u@h:5432/d) u@h:5432/d");
}

#[test]
fn connection_limit_error_suggests_a_pooler() {
    // A role can have a connection limit, with the same error as a full server: SQLSTATE 53300.
    let session = crate::support::postgres::Session::open(&cluster().url("postgres"));
    session.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0");
    let error = value(&dsn(&cluster().url_as("crowded", "postgres")), "SELECT ''").unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Unavailable, "{error:?}");
    assert!(error.hint.unwrap().to_string().contains("pooler"));
}
