//! Tests of commands that do not support several contexts and are rejected before any request.

use std::collections::BTreeMap;

use super::{config, healthy_app, run, statuses};
use crate::demo::Demo;
use crate::support::cli::Cli;
use crate::support::postgres::Database;

#[test]
fn single_context_commands_refuse_several_contexts() {
    let (eu, us) = (healthy_app(), healthy_app());
    let config = config(&[("eu", &eu), ("us", &us)]);
    for words in [
        "dlq requeue --all --yes --reason x",
        "dlq list",
        "dlq undo OP",
        "jobs rescue",
        "handoff",
        "config show",
        "env check",
        "queue --advise",
        "rls audit --probe-writes",
        "triage --save x",
        "runbook",
    ] {
        for contexts in ["-c eu,us", "--all-contexts"] {
            let output = run(&format!("{words} {contexts}"), &config).expect_code(64);
            assert!(
                output.stderr.contains("supports only one context"),
                "{words}: {}",
                output.stderr
            );
        }
    }
    assert_eq!((eu.count("/api/healthz"), us.count("/api/healthz")), (0, 0));
}

#[test]
fn invalid_context_list_is_rejected_as_a_whole() {
    let (eu, us) = (healthy_app(), healthy_app());
    let config = config(&[("eu", &eu), ("us", &us)]);
    for (words, expected_message) in [
        ("health -c eu,uss", "unknown context `uss`"),
        ("health -c eu,", "unknown context ``"),
        ("health -c eu,us,eu", "context eu is given twice"),
        ("health -c eu --all-contexts", "-c and --all-contexts exclude each other"),
        (
            "health --all-contexts --base-url http://x.test",
            "--base-url and -c eu exclude each other: a context has its own app and database",
        ),
    ] {
        let output = run(words, &config).expect_code(64);
        assert!(output.stderr.contains(expected_message), "{words}: {}", output.stderr);
    }
    assert_eq!(eu.count("/api/healthz"), 0);
    run("health --all-contexts", "").expect_code(78);
}

#[test]
fn invalid_context_stops_its_commands_and_all_writes() {
    let db = Database::from_fixture("main_typical");
    let config = "[context.a]\ndatabase_url_env = \"A_URL\"\n[context.b]\nprotectd = true\n";
    let run = |words: &str| {
        let cli = Cli::new(words.split(' ')).file("cliplyctl.toml", config).env("A_URL", db.url());
        { cli }.run()
    };
    let expected = "cliplyctl.toml:4: unknown key `protectd`";
    let output = run("-c a queue -o json").expect_code(2);
    assert!(output.stderr.contains(expected), "{output:#?}");
    for words in ["-c b queue", "-c a,b queue"] {
        let output = run(words).expect_code(78);
        assert!(output.stderr.contains(expected), "{words}: {output:#?}");
    }
    // Context b may protect this database.
    run("-c a dlq requeue --all --dry-run").expect_code(0);
    for write in ["dlq requeue --kind CLIP_RENDER", "jobs rescue", "rls audit --probe-writes"] {
        let output = run(&format!("-c a {write} --yes")).expect_code(77);
        assert!(output.stderr.contains(expected), "{write}: {output:#?}");
    }
    run("-c a config check").expect_code(78);
}

#[test]
fn invalid_context_does_not_stop_the_others() {
    let eu = healthy_app();
    let config = format!("{}protectd = true\n", config(&[("eu", &eu), ("b", &eu)]));
    let report = run("health --all-contexts -o json", &config).expect_code(3).json();
    let statuses: BTreeMap<_, _> = statuses(&report).into_iter().collect();
    assert_eq!((statuses["eu"].as_str(), statuses["b"].as_str()), ("ok", "error"));
    run("health --all-contexts", &config.replace("protectd = true", "")).expect_code(0);
}

#[test]
fn context_named_demo_next_to_a_running_demo_names_both() {
    let (demo, own) = (Demo::start(), healthy_app());
    let health = |name: &str, context: &str| {
        let words = ["-c", context, "health"];
        let cli = Cli::new(words).env("XDG_STATE_HOME", demo.state());
        { cli.file("cliplyctl.toml", config(&[(name, &own)])) }.run()
    };
    let both = health("demo", "demo").expect_code(78);
    assert!(both.stderr.contains("two contexts have the name `demo`"), "{both:?}");
    assert!(both.stderr.contains("cliplyctl.toml:1") && both.stderr.contains("the running demo ("));
    health("eu", "eu").expect_code(0);
    health("eu", "demo").expect_code(0);
}

#[test]
fn all_contexts_excludes_a_running_demo() {
    let (demo, eu) = (Demo::start(), healthy_app());
    let mut cli = Cli::new(["health", "--all-contexts"]).env("XDG_STATE_HOME", demo.state());
    cli = cli.file("cliplyctl.toml", config(&[("eu", &eu)]));
    let output = cli.run().expect_code(0);
    assert!(output.stdout.starts_with("OK  1 context: all OK"), "{}", output.stdout);
}

#[test]
fn context_of_the_project_is_used_and_that_of_the_user_named() {
    let shown = |project: &str| {
        let user = "[context.prod]\nbase_url = 'https://user.example'\n";
        let cli = Cli::new(["-c", "prod", "config", "show"]).file("cliplyctl.toml", project);
        cli.file(".config/cliplyctl/config.toml", user).run().expect_code(0)
    };
    let both = shown("[context.prod]\nbase_url = 'https://project.example'\n");
    assert!(both.stdout.contains("https://project.example"), "{}", both.stdout);
    assert!(!both.stdout.contains("https://user.example"), "{}", both.stdout);
    assert!(both.stdout.contains("warning: context prod of "), "{}", both.stdout);
    assert!(both.stdout.contains("config.toml:1 [context.prod]"), "{}", both.stdout);
    // The healthy counterpart: one definition.
    let one = shown("[context.staging]\nbase_url = 'https://project.example'\n");
    assert!(one.stdout.contains("https://user.example"), "{}", one.stdout);
    assert!(!one.stdout.contains("warning: "), "{}", one.stdout);
}
