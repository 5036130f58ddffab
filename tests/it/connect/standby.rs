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
    let both = Standby::shared();
    for words in [&["queue"][..], &["dlq", "list"], &["dlq", "groups"], &["dlq", "ops"]] {
        let json = [words, &["-o", "json"]].concat();
        let (here, there) = (run(&both.url(), &json), run(&both.primary_url(), &json));
        assert_eq!(here.code, there.code, "{words:?}: {here:#?}");
        let (here, there) = (here.json(), there.json());
        assert_eq!(here["context"]["standby"], true, "{here:#}");
        assert_eq!(there["context"]["standby"], false, "{there:#}");
        assert_eq!(here["summary"], there["summary"], "{words:?}");

        let (here, there) = (run(&both.url(), words), run(&both.primary_url(), words));
        assert!(here.stdout.contains("· hot standby"), "{words:?}: {}", here.stdout);
        assert!(!there.stdout.contains("standby"), "{words:?}: {}", there.stdout);
    }
}

#[test]
fn config_check_names_the_server_role() {
    let both = Standby::shared();
    let here = run(&both.url(), &["config", "check"]).expect_code(0);
    assert!(here.stdout.contains("hot standby"), "{}", here.stdout);
    let there = run(&both.primary_url(), &["config", "check"]).expect_code(0);
    assert!(there.stdout.contains("primary"), "{}", there.stdout);
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
    let both = Standby::shared();
    let dead = "SELECT id FROM jobs WHERE state = 'dead_letter' ORDER BY id LIMIT 1";
    let id = Session::open(&both.primary_url()).value(dead);
    let words = ["dlq", "requeue", &id, "--reason", "mended", "--yes"];
    let output = run(&both.url(), &words);
    assert!(output.stderr.contains("hot standby"), "{output:#?}");
    output.expect_code(77);
}
