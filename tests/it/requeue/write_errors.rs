//! Tests of write errors: slow or rejected rows, deadlocks, a server that stops answering.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{command, count, events, insert_dead_letters, job, requeue};
use crate::support::cli::Cli;
use crate::support::postgres::{Database, cluster};

/// Adds a trigger that executes `statement` before each matching job becomes queued.
pub fn before_queued(db: &Database, condition: &str, statement: &str) {
    db.execute(&format!(
        "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.state = 'queued' AND ({condition}) THEN {statement}; END IF; RETURN NEW; END $$;
         CREATE TRIGGER meddle BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION meddle()"
    ));
}

#[test]
fn slow_row_is_a_single_error() {
    let db = Database::from_fixture("main_typical");
    before_queued(&db, &format!("NEW.id = '{}'", job(203)), "PERFORM pg_sleep(600)");
    let args = ["--all", "--yes", "--timeout", "2s", "--lock-wait", "100ms"];
    let json = requeue(&db, &args).expect_code(75).json();
    let outcome = &json["data"]["outcome"];
    assert_eq!((&outcome["written"], &outcome["errors"]), (&25.into(), &1.into()), "{outcome:#}");
    assert_eq!(outcome["error_jobs"][0]["id"], job(203), "{outcome:#}");
    assert_eq!((events(&db), count(&db, "dead_letter")), ("25".into(), "1".into()));
}

#[test]
fn requeue_times_out_if_every_row_is_slow() {
    let db = Database::from_fixture("main_typical");
    before_queued(&db, "true", "PERFORM pg_sleep(600)");
    let args = ["--all", "--yes", "--timeout", "1s", "--lock-wait", "100ms"];
    let json = requeue(&db, &args).expect_code(3).json();
    assert_eq!(json["errors"][0]["kind"], "timeout", "{json:#}");
    let outcome = &json["data"]["outcome"];
    assert!(outcome["not_written"].as_u64() > Some(20), "{outcome:#}");
    assert_eq!((events(&db), count(&db, "dead_letter")), ("0".into(), "26".into()));
}

#[test]
fn canceled_statement_stops_the_requeue() {
    let db = Database::from_fixture("main_typical");
    before_queued(&db, "true", "PERFORM pg_sleep(600)");
    let mut cli = command(&db, "requeue", &["--all", "--yes"]);
    let running = cli.start();
    let session = db.session();
    crate::support::wait_until("the write is cancelled", || {
        session.value(
            "SELECT coalesce(bool_or(pg_cancel_backend(pid)), false) FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event = 'PgSleep'",
        ) == "t"
    });
    let json = running.finish().expect_code(3).json();
    assert!(
        json["errors"].to_string().contains("the statement was canceled on the server"),
        "{json:#}"
    );
    assert_eq!((events(&db), count(&db, "dead_letter")), ("0".into(), "26".into()));
}

#[test]
fn row_suppressed_by_a_trigger_is_not_reported_as_locked() {
    let db = Database::from_fixture("main_typical");
    before_queued(&db, &format!("NEW.id = '{}'", job(203)), "RETURN NULL");
    let locking_session = db.session();
    locking_session
        .execute(&format!("BEGIN; SELECT FROM jobs WHERE id = '{}' FOR UPDATE", job(201)));
    let args = ["--kind", "CLIP_RENDER", "--yes", "--lock-wait", "300ms"];
    let json = requeue(&db, &args).expect_code(75).json();
    let outcome = &json["data"]["outcome"];
    assert_eq!(outcome["skipped_jobs"][0]["id"], job(201), "{outcome:#}");
    assert_eq!(outcome["error_jobs"][0]["id"], job(203), "{outcome:#}");
    assert!(outcome["error_jobs"].to_string().contains("trigger"), "{outcome:#}");
    assert_eq!((&outcome["written"], events(&db)), (&13.into(), "13".into()));
}

#[test]
fn deadlocked_transactions_are_retried_one_by_one() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3_000);
    db.execute("CREATE TABLE totals (n int PRIMARY KEY, jobs int); INSERT INTO totals VALUES (0, 0), (1, 0)");
    let total = "UPDATE totals SET jobs = jobs + 1 WHERE n = get_byte(uuid_send(NEW.id), 0) % 2";
    before_queued(&db, "true", total);
    let json = requeue(&db, &["--all", "--yes", "--reason", "x"]).expect_code(0).json();
    assert_eq!(json["data"]["outcome"]["written"], 3_000, "{json:#}");
    assert_eq!(db.value("SELECT sum(jobs) FROM totals"), "3000");
    assert_eq!(events(&db), "3000");
}

/// Forwards bytes between the tool and the test server. While `drop_responses` is set, writes reach the
/// server, but no response reaches the tool.
fn start_proxy(drop_responses: &Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let drop_responses = Arc::clone(drop_responses);
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = UnixStream::connect(cluster().directory().join(".s.PGSQL.5432")).unwrap();
            let dropping = Arc::new(AtomicBool::new(false));
            let (drop_responses, start_dropping) =
                (Arc::clone(&drop_responses), Arc::clone(&dropping));
            let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                forward(from, to, |bytes| {
                    let writes = bytes.windows(11).any(|part| part == b"skip locked");
                    start_dropping.fetch_or(
                        writes && drop_responses.load(Ordering::Relaxed),
                        Ordering::Relaxed,
                    );
                    true
                });
            });
            thread::spawn(move || forward(server, client, |_| !dropping.load(Ordering::Relaxed)));
        }
    });
    port
}

fn forward(mut from: impl Read, mut to: impl Write, mut is_forwarded: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if is_forwarded(&buffer[..length]) && to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
}

#[test]
fn resume_resolves_a_transaction_with_unknown_commit() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 20);
    let drop_responses = Arc::new(AtomicBool::new(true));
    let url =
        format!("postgresql://postgres@127.0.0.1:{}/{}", start_proxy(&drop_responses), db.name());
    let args = ["dlq", "requeue", "-o", "json", "--timeout", "1s", "--lock-wait", "100ms"];
    let run = |more: &[&str]| Cli::new([&args[..], more].concat()).env("DATABASE_URL", &url);
    let mut first = run(&["--all", "--yes", "--reason", "x"]);
    let json = first.run().expect_code(75).json();
    let outcome = &json["data"]["outcome"];
    assert_eq!((&outcome["written"], &outcome["in_doubt"]), (&0.into(), &20.into()), "{outcome:#}");
    assert!(json["errors"].to_string().contains("no answer from the server"), "{json:#}");
    drop_responses.store(false, Ordering::Relaxed);
    let operation = outcome["operation"].as_str().unwrap();
    let state = first.home().join(".local/state");
    run(&["--resume", operation, "--yes", "--reason", "x"])
        .env("XDG_STATE_HOME", state)
        .run()
        .expect_code(0);
    assert_eq!((count(&db, "queued"), events(&db)), ("20".into(), "20".into()));
}
