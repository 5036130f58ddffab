//! How sessions end: every command tells the server so, as psql does.

use super::pool_reuse::lines;
use crate::rls::clean;
use crate::support::cli::Cli;
use crate::support::postgres::{Session, cluster};
use crate::support::wait_until;

/// The server counts a session whose client leaves without a word as abandoned, and logs it if a transaction is open.
#[test]
fn no_command_abandons_its_sessions() {
    let db = clean();
    let run = |words: &[String]| {
        Cli::new(words).env("DATABASE_URL", db.url()).env("USER", "oncall").run()
    };
    let requeue =
        ["dlq", "requeue", "--all", "--max", "2", "--yes", "--reason", "end", "-o", "json"];
    let done = run(&requeue.map(str::to_owned)).expect_code(0).json();
    let operation = done["data"]["outcome"]["operation"].as_str().unwrap();
    let id = db.value("SELECT max(id::text) FROM jobs WHERE state = 'dead_letter'");
    // A session of another database, because those of the tests end in any way.
    let other = Session::open(&cluster().url("postgres"));
    let counted = |what: &str| -> u64 {
        let running =
            format!("SELECT count(*)::text FROM pg_stat_activity WHERE datname = '{}'", db.name());
        wait_until("the sessions end", || other.value(&running) == "0");
        let counted =
            format!("SELECT {what} FROM pg_stat_database WHERE datname = '{}'", db.name());
        other.value(&counted).parse().unwrap()
    };
    let (sessions, abandoned) = (counted("sessions"), counted("sessions_abandoned"));
    let lines = lines(&id, operation);
    for words in &lines {
        run(words);
        assert_eq!(counted("sessions_abandoned"), abandoned, "{}", words.join(" "));
    }
    assert!(counted("sessions") - sessions >= lines.len() as u64 / 2, "they are counted");
}
