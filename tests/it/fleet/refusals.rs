//! Tests of commands that do not support several contexts and are rejected before any request.

use super::{config, healthy_app, run};
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
            assert!(output.stderr.contains("one context at a time"), "{words}: {}", output.stderr);
        }
    }
    assert_eq!((eu.count("/api/healthz"), us.count("/api/healthz")), (0, 0));
}

#[test]
fn invalid_context_list_is_rejected_as_a_whole() {
    let (eu, us) = (healthy_app(), healthy_app());
    let config = config(&[("eu", &eu), ("us", &us)]);
    for (words, says) in [
        ("health -c eu,uss", "no context `uss`"),
        ("health -c eu,", "no context ``"),
        ("health -c eu,us,eu", "context eu is named twice"),
        ("health -c eu --all-contexts", "-c contradicts --all-contexts"),
        ("health --all-contexts --base-url http://x.test", "--base-url contradicts"),
    ] {
        let output = run(words, &config).expect_code(64);
        assert!(output.stderr.contains(says), "{words}: {}", output.stderr);
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
    let named = "cliplyctl.toml:4: unknown key `protectd`";
    let told = run("-c a queue -o json").expect_code(2);
    assert!(told.stderr.contains(named), "{told:#?}");
    for words in ["-c b queue", "-c a,b queue"] {
        let told = run(words).expect_code(78);
        assert!(told.stderr.contains(named), "{words}: {told:#?}");
    }
    // Context b may protect this database.
    run("-c a dlq requeue --all --dry-run").expect_code(0);
    for write in ["dlq requeue --kind CLIP_RENDER", "jobs rescue", "rls audit --probe-writes"] {
        let told = run(&format!("-c a {write} --yes")).expect_code(77);
        assert!(told.stderr.contains(named), "{write}: {told:#?}");
    }
    run("-c a config check").expect_code(78);
}

#[test]
fn all_contexts_excludes_a_running_demo() {
    let (demo, eu) = (Demo::start(), healthy_app());
    let mut cli = Cli::new(["health", "--all-contexts"]).env("XDG_STATE_HOME", demo.state());
    cli = cli.file("cliplyctl.toml", config(&[("eu", &eu)]));
    let output = cli.run().expect_code(0);
    assert!(output.stdout.starts_with("OK  1 context: all is well"), "{}", output.stdout);
}
