//! Runs every command through a pool of two server connections that other clients use at the same time.
//! All commands work, no client sees the settings of another one, and no settings remain.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::pooler::{Pooler, release};
use crate::every_command;
use crate::rls::clean;
use crate::support::cli::Cli;
use crate::support::drill::report_run;
use crate::support::postgres::Session;

/// A query for every setting and object that a client can leave on a server connection.
const LEFTOVERS: &str = "SELECT concat_ws(' ', current_user, current_setting('role'), current_setting('search_path'),
    current_setting('statement_timeout'), current_setting('lock_timeout'),
    current_setting('idle_in_transaction_session_timeout'), current_setting('row_security'),
    current_setting('transaction_read_only'), current_setting('default_transaction_read_only'),
    current_setting('transaction_isolation'), current_setting('enable_seqscan'), current_setting('work_mem'),
    nullif(current_setting('request.jwt.claims', true), ''),
    (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors),
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
    (SELECT count(*) FROM pg_class WHERE relpersistence = 't'), (SELECT count(*) FROM pg_listening_channels()))";

/// Reads the leftovers of both server connections at the same time. A pooler replaces a connection whose client left
/// during a query, so that they need not be the same ones.
fn connection_leftovers(url: &str) -> Vec<String> {
    let (one, two) = (Session::open(url), Session::open(url));
    let ask = |session: &Session| {
        session.execute("BEGIN");
        session.value(LEFTOVERS)
    };
    let mut leftovers = vec![ask(&one), ask(&two)];
    one.execute("ROLLBACK");
    two.execute("ROLLBACK");
    leftovers.sort();
    leftovers
}

/// Returns the commands that read or write the database.
pub fn lines(id: &str, operation: &str) -> Vec<Vec<String>> {
    let of_the_database =
        ["triage", "handoff", "record", "queue", "dlq ", "rls ", "jobs ", "config check"];
    let asks =
        |name: &str| of_the_database.iter().any(|start| format!("{name} ").starts_with(start));
    let lines = every_command::lines()
        .into_iter()
        .filter(|(name, args)| asks(name) && !args.contains("NOTE") && !args.contains("--from"));
    let lines = lines.map(|line| every_command::command_words(&line, id, operation, ""));
    let written = [
        "dlq requeue --max 3 --all --yes --reason pool",
        "dlq requeue --all --canary --ramp 1,all --canary-timeout 1s --max 4 --yes --reason pool",
        "dlq requeue --all --rate 50/s --max 4 --yes --reason pool",
        "jobs rescue --yes --reason pool",
    ];
    let written = written.map(|line| line.split(' ').map(str::to_owned).collect());
    lines.filter(|words| !every_command::is_endless(words)).chain(written).collect()
}

fn sweep(settings: &str) -> usize {
    let db = clean();
    let pooler = Pooler::with(
        db.name(),
        &format!("default_pool_size = 2\nmax_client_conn = 200\n{settings}"),
    );
    let url = format!("postgres://postgres@127.0.0.1:{}/app?sslmode=disable", pooler.port);
    let run = |words: &[String]| {
        let limit = ["-o", "json", "--timeout", "30s"].map(str::to_owned);
        Cli::new(words.iter().chain(&limit)).env("DATABASE_URL", &url).env("USER", "oncall").run()
    };
    let requeue =
        ["dlq", "requeue", "--all", "--max", "2", "--yes", "--reason", "pool"].map(str::to_owned);
    let done = run(&requeue).expect_code(0).json();
    let operation = done["data"]["outcome"]["operation"].as_str().unwrap();
    let before = connection_leftovers(&url);
    let baseline = Session::open(&url).value(LEFTOVERS);
    let id = db.value("SELECT max(id::text) FROM jobs WHERE state = 'dead_letter'");
    let (all, next, over) = (lines(&id, operation), AtomicUsize::new(0), AtomicBool::new(false));
    let other_client = || {
        // Other clients: short transactions, with the simple protocol.
        while !over.load(Ordering::Relaxed) {
            let session = Session::open(&url);
            for _ in 0..5 {
                assert_eq!(session.value(LEFTOVERS), baseline, "somebody else's settings");
                session.execute("BEGIN; SELECT count(*) FROM jobs; COMMIT");
            }
        }
    };
    let worker = || {
        while let Some(words) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            let output = run(words);
            let report = output.json();
            let broken = report["errors"].as_array().unwrap().iter().any(|error| {
                let kind = error["kind"].as_str().unwrap_or_default();
                !matches!(
                    kind,
                    "usage" | "refused" | "not_found" | "not_configured" | "invalid_setting"
                )
            });
            assert!(!broken && output.code != 70, "{}: {output:#?}", words.join(" "));
        }
    };
    std::thread::scope(|scope| {
        let other_clients: Vec<_> = (0..2).map(|_| scope.spawn(other_client)).collect();
        let workers: Vec<_> = (0..3).map(|_| scope.spawn(worker)).collect();
        let ended: Vec<_> = workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        over.store(true, Ordering::Relaxed);
        ended
            .into_iter()
            .chain(other_clients.into_iter().map(|s| s.join()))
            .for_each(|end| end.unwrap());
    });
    assert_eq!(connection_leftovers(&url), before, "left on the server's connections");
    all.len()
}

#[test]
fn every_command_leaves_pooled_connections_clean() {
    let (major, minor) = release();
    let mut lines = vec![sweep("")];
    if (major, minor) >= (1, 21) {
        lines.push(sweep("max_prepared_statements = 0\n"));
    }
    let connections_used = if lines.len() > 1 {
        "as it comes, and with max_prepared_statements = 0"
    } else {
        "as it comes"
    };
    report_run(&format!(
        "{} command lines through PgBouncer {major}.{minor}, {connections_used}",
        lines[0]
    ));
}
