//! Tests of `dlq show`.

use serde_json::Value;

use super::{WITH_DEAD, data, dlq, id, requeue};
use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

#[test]
fn dead_letter_is_shown_with_cause_and_advice_in_every_variant() {
    for variant in WITH_DEAD {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let id = id(&database, 216);
        let shown = data(&database, &["show", &id]);
        assert_eq!(shown["meaning"], "dead", "{variant}");
        assert_eq!(shown["payload"]["access_token"], "[redacted]", "{variant}");
        assert_eq!(shown["same_cause"]["value"], 7, "{variant}: {shown:#}");
        assert_eq!(shown["advice"]["category"], "external_service", "{variant}");
        assert_eq!(shown["advice"]["safe_to_retry"], "after_fix", "{variant}");
        let hash = shown["cause"]["group"].as_str().unwrap();
        let group = data(&database, &["list", "--group", hash]);
        assert_eq!(group["total"]["value"], 8, "{variant}");
        let text = dlq(&database, &["show", &id]).expect_code(0).stdout;
        let list_command = format!("cliplyctl dlq list --group {hash}");
        assert!(text.contains(&list_command) && text.contains("Renew the credentials"), "{text}");
        assert!(!text.contains("tt-secret"), "{variant}: {text}");
    }
}

#[test]
fn earlier_requeues_are_shown_with_their_result() {
    for (variant, live, dead, stage) in [
        ("main", "state", "dead_letter", "stage"),
        ("atomic", "state", "dead_letter", "event"),
        ("event_data", "state", "dead_letter", "event"),
        ("status_live", "status", "failed", "stage"),
    ] {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let id = id(&database, 216);
        assert_eq!(data(&database, &["show", &id])["requeues"], Value::Array(vec![]), "{variant}");
        let first = requeue(&database, &id, "token renewed");
        database.execute(&format!(
            "UPDATE jobs SET {live} = '{dead}' WHERE id = '{id}';
             INSERT INTO job_events (job_id, {stage}) VALUES ('{id}', 'failed')"
        ));
        let second = requeue(&database, &id, "again");
        dlq(&database, &["undo", &second, "--yes"]).expect_code(0);
        let shown = data(&database, &["show", &id]);
        let requeues: Vec<_> = shown["requeues"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| {
                (
                    r["operation"].clone(),
                    r["outcome"].clone(),
                    r["reason"].clone(),
                    r["same_cause"].clone(),
                )
            })
            .collect();
        let undone = (second.clone().into(), "undone".into(), "again".into(), Value::Null);
        let died_again =
            (first.clone().into(), "failed_again".into(), "token renewed".into(), true.into());
        assert_eq!(requeues, [undone, died_again], "{variant}: {shown:#}");
        let text = dlq(&database, &["show", &id]).expect_code(0).stdout;
        assert!(text.contains(&first) && text.contains("(same cause)"), "{variant}: {text}");
        assert!(text.contains("oncall@"), "{variant}: {text}");
        // Events are shown as sentences, not as JSON.
        let event = format!("{first} by oncall@");
        let event = text.lines().find(|line| line.contains(&event));
        assert!(event.is_some_and(|line| line.ends_with(": token renewed")), "{variant}: {text}");
        assert!(text.contains(&format!("undoes {second}")), "{variant}: {text}");
        assert!(!text.contains("previous"), "{variant}: {text}");
    }
}

#[test]
fn earlier_requeues_are_unknown_without_events() {
    let database = Database::from_fixture("bigint_typical");
    let text = dlq(&database, &["show", "216"]).expect_code(0).stdout;
    assert!(text.contains("events: "), "{text}");
    assert!(text.contains("this database has no job_events"), "{text}");
}

#[test]
fn job_that_is_not_dead_points_to_jobs_show() {
    for (variant, n) in [("main", 1), ("bigint", 131)] {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let id = id(&database, n);
        let said = dlq(&database, &["show", &id]).expect_code(3).stderr;
        assert!(said.contains("is not a dead letter: its state is"), "{variant}: {said}");
        assert!(said.contains(&format!("cliplyctl jobs show {id}")), "{variant}: {said}");
    }
}

#[test]
fn invalid_id_is_a_usage_error_and_missing_job_exits_3() {
    let main = Database::from_fixture("main_typical");
    let bigint = Database::from_fixture("bigint_typical");
    let uuid = "0a9f0000-0000-4000-8000-00000000abcd";
    let unknown_ids = [(&main, "42"), (&main, "0a9"), (&main, "1' or '1'='1"), (&main, "")];
    let wrong_type = [(&main, "0a9f00000-000-4000-8000-00000000abcd"), (&bigint, "+1")];
    let wrong_here = [(&bigint, uuid), (&bigint, "1.5"), (&bigint, "99999999999999999999")];
    for (database, id) in unknown_ids.into_iter().chain(wrong_here).chain(wrong_type) {
        let said = dlq(database, &["show", id]).expect_code(64).stderr;
        assert!(said.contains("is not a job id") && said.contains("are of type"), "{said}");
    }
    for (database, id) in [(&main, uuid), (&bigint, "424242"), (&bigint, "-1")] {
        let said = dlq(database, &["show", id]).expect_code(3).stderr;
        assert!(said.contains(&format!("job {id} does not exist")), "{said}");
    }
}

#[test]
fn configured_advice_precedes_built_in_advice() {
    let database = Database::from_fixture("main_typical");
    let id = id(&database, 216);
    let rule = "[[advice]]\npattern = \"tiktok api\"\nclass = \"internal_error\"\nretry = \"no\"\n\
                text = \"Ask the publishing team.\"\n";
    let output: Output = Cli::new(["dlq", "show", &id])
        .file("cliplyctl.toml", rule)
        .env("DATABASE_URL", database.url())
        .run()
        .expect_code(0);
    assert!(output.stdout.contains("Ask the publishing team."), "{}", output.stdout);
    assert!(!output.stdout.contains("dlq requeue"), "{}", output.stdout);
}

#[test]
fn same_cause_count_is_a_lower_bound_if_truncated() {
    let database = Database::from_fixture("main_typical");
    database.execute(
        "INSERT INTO jobs (workspace_id, kind, state, attempts, last_error)
           SELECT (SELECT id FROM workspaces LIMIT 1), 'PUBLISH_TIKTOK', 'dead_letter', 5, 'boom'
             FROM generate_series(1, 50001)",
    );
    let id = database.value("SELECT id::text FROM jobs WHERE last_error = 'boom' LIMIT 1");
    let shown = data(&database, &["show", &id]);
    assert_eq!(shown["same_cause"]["precision"], "at_least", "{shown:#}");
    let text = dlq(&database, &["show", &id]).expect_code(0).stdout;
    assert!(text.contains("among the newest") && text.contains("of its kind"), "{text}");
}
