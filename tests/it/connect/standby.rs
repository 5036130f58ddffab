//! Tests with a hot standby: it is readable, reported as a standby, and never written.

use crate::support::cli::{Cli, Output};
use crate::support::postgres::Session;
use crate::support::standby::Standby;

fn run(url: &str, words: &[&str]) -> Output {
    let cli = Cli::new(words).env("DATABASE_URL", url);
    cli.env("CLIPLY_BASE_URL", "http://127.0.0.1:1").run()
}

#[test]
fn standby_reports_match_the_primary_and_name_the_standby() {
    let servers = Standby::shared();
    for words in [&["queue"][..], &["dlq", "list"], &["dlq", "groups"], &["dlq", "ops"]] {
        let json = [words, &["-o", "json"]].concat();
        let (on_standby, on_primary) =
            (run(&servers.url(), &json), run(&servers.primary_url(), &json));
        assert_eq!(on_standby.code, on_primary.code, "{words:?}: {on_standby:#?}");
        let (on_standby, on_primary) = (on_standby.json(), on_primary.json());
        assert_eq!(on_standby["context"]["standby"], true, "{on_standby:#}");
        assert_eq!(on_primary["context"]["standby"], false, "{on_primary:#}");
        assert_eq!(on_standby["summary"], on_primary["summary"], "{words:?}");

        let (on_standby, on_primary) =
            (run(&servers.url(), words), run(&servers.primary_url(), words));
        assert!(on_standby.stdout.contains("· hot standby"), "{words:?}: {}", on_standby.stdout);
        assert!(!on_primary.stdout.contains("standby"), "{words:?}: {}", on_primary.stdout);
    }
}

#[test]
fn config_check_names_the_server_role() {
    let servers = Standby::shared();
    let on_standby = run(&servers.url(), &["config", "check"]).expect_code(0);
    assert!(on_standby.stdout.contains("hot standby"), "{}", on_standby.stdout);
    let on_primary = run(&servers.primary_url(), &["config", "check"]).expect_code(0);
    assert!(on_primary.stdout.contains("primary"), "{}", on_primary.stdout);
}

#[test]
fn config_check_tests_every_setting() {
    let database = Standby::shared().primary_url();
    let output = Cli::new(["config", "check"]).env("DATABASE_URL", database).run().expect_code(78);
    for words in ["no base URL is configured", "server    primary"] {
        assert!(output.stdout.contains(words), "{words}: {}", output.stdout);
    }
}

#[test]
fn requeue_on_a_standby_is_refused_with_the_reason() {
    let servers = Standby::shared();
    let dead = "SELECT id FROM jobs WHERE state = 'dead_letter' ORDER BY id LIMIT 1";
    let id = Session::open(&servers.primary_url()).value(dead);
    let words = ["dlq", "requeue", &id, "--reason", "mended", "--yes"];
    let output = run(&servers.url(), &words);
    assert!(output.stderr.contains("hot standby"), "{output:#?}");
    output.expect_code(77);
}
