//! Tests of `dlq groups`.

use super::{WITH_DEAD, data, dlq, id, requeue};
use crate::support::cli::Cli;
use crate::support::fixtures::BLIND;
use crate::support::postgres::Database;

#[test]
fn incident_causes_are_grouped_in_every_variant() {
    for variant in WITH_DEAD {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let groups = data(&database, &["groups"])["groups"].as_array().unwrap().clone();
        let counts: Vec<_> = groups.iter().map(|g| g["count"].as_u64().unwrap()).collect();
        // Without `last_error`, the job that has only this column has no known cause.
        assert_eq!(counts, [15, 8, 2, 1], "{variant}: {groups:#?}");
        assert_eq!(groups[0]["kind"], "CLIP_RENDER");
        assert!(groups[0]["cause"].as_str().unwrap().starts_with("FFmpeg timed out"));
        assert_eq!(groups[0]["workspaces"], 2, "{variant}");
        assert_eq!(groups[0]["dead_lettered_last_15m"], 2, "{variant}");
    }
}

#[test]
fn number_of_workspaces_is_unknown_where_jobs_have_none() {
    let database = Database::from_fixture("main_typical");
    database.execute("ALTER TABLE public.jobs RENAME workspace_id TO tenant_id");
    let groups = data(&database, &["groups"])["groups"].as_array().unwrap().clone();
    assert_eq!(groups[0]["count"], 15);
    assert_eq!(groups[0]["workspaces"], serde_json::Value::Null);
}

#[test]
fn same_cause_has_the_same_group_id_in_every_variant() {
    let hash = |variant: &str| {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        data(&database, &["groups"])["groups"][0]["group"].as_str().unwrap().to_owned()
    };
    let main = hash("main");
    for variant in WITH_DEAD {
        assert_eq!(hash(variant), main, "{variant}");
    }
}

#[test]
fn long_errors_are_grouped_by_their_two_ends() {
    let database = Database::from_fixture("main_empty");
    database.execute(
        "INSERT INTO public.workspaces (id, name, owner_id)
           VALUES ('aaaaaaaa-0000-4000-8000-000000000009', 'w', gen_random_uuid())
           ON CONFLICT DO NOTHING;
         INSERT INTO public.jobs (workspace_id, kind, state, last_error)
         SELECT (SELECT id FROM public.workspaces LIMIT 1), 'CLIP_RENDER', 'dead_letter',
           'boom in render' || E'\\n' || repeat('x', 20000 + n * 1000) || E'\\nthe end'
         FROM generate_series(1, 3) n",
    );
    let groups = data(&database, &["groups"]);
    assert_eq!(groups["groups"].as_array().unwrap().len(), 1, "{groups:#}");
    let hash = groups["groups"][0]["group"].as_str().unwrap();
    assert_eq!(data(&database, &["list", "--group", hash])["total"]["value"], 3);
}

#[test]
fn hostile_errors_cannot_control_the_terminal() {
    for name in ["main_awkward", "bigint_awkward", "main_empty"] {
        let output = dlq(&Database::from_fixture(name), &["groups"]).expect_code(0);
        let hostile = output.stdout.chars().any(|c| c.is_control() && c != '\n');
        assert!(!hostile, "{name}: {}", output.stdout);
    }
}

#[test]
fn group_reports_whether_its_kind_finishes_again() {
    let recovering = |database: &Database| {
        data(database, &["groups", "--kind", "CLIP_RENDER"])["groups"][0]["kind_finished_since"]
            .clone()
    };
    let database = Database::from_fixture("main_typical");
    assert_eq!(recovering(&database), false);
    database.execute(
        "INSERT INTO public.job_events (job_id, stage)
         SELECT id, 'finished' FROM public.jobs WHERE kind = 'CLIP_RENDER' LIMIT 1",
    );
    assert_eq!(recovering(&database), true);
    let without_events = Database::from_fixture("bigint_typical");
    assert!(recovering(&without_events).is_null());
}

#[test]
fn earlier_requeues_are_counted_without_undone_ones() {
    for (variant, live, dead) in [
        ("main", "state", "dead_letter"),
        ("atomic", "state", "dead_letter"),
        ("event_data", "state", "dead_letter"),
        ("status_live", "status", "failed"),
    ] {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let before = || {
            let groups = data(&database, &["groups", "--kind", "PUBLISH_TIKTOK"]);
            groups["groups"][0]["requeued_before"].clone()
        };
        assert_eq!(before(), 0, "{variant}");
        let ids = [216, 217, 218].map(|n| id(&database, n));
        let operations = ids.each_ref().map(|id| requeue(&database, id, "token renewed"));
        dlq(&database, &["undo", &operations[0], "--yes"]).expect_code(0);
        database.execute(&format!(
            "UPDATE jobs SET {live} = '{dead}' WHERE id::text IN ('{}', '{}')",
            ids[1], ids[2]
        ));
        assert_eq!(before(), 2, "{variant}");
        let text = dlq(&database, &["groups"]).expect_code(0).stdout;
        assert!(text.contains("REQUEUED BEFORE"), "{variant}: {text}");
        assert!(!text.contains("earlier requeues:"), "all events were searched: {text}");
    }
}

#[test]
fn earlier_requeues_are_unknown_without_events() {
    let database = Database::from_fixture("bigint_typical");
    assert!(data(&database, &["groups"])["groups"][0]["requeued_before"].is_null());
    let text = dlq(&database, &["groups"]).expect_code(0).stdout;
    let unknown = "earlier requeues: not known: this database has no events of requeues";
    assert!(text.contains(unknown) && !text.contains("REQUEUED BEFORE"), "{text}");
}

#[test]
fn unreadable_events_omit_only_their_columns() {
    let database = Database::from_fixture("main_typical");
    database.execute(
        "ALTER TABLE jobs DISABLE ROW LEVEL SECURITY; REVOKE ALL ON job_events FROM blind",
    );
    let groups = Cli::new(["dlq", "groups", "-o", "json"])
        .env("DATABASE_URL", database.url_as(BLIND))
        .run()
        .expect_code(0)
        .json()["data"]
        .clone();
    assert_eq!(groups["groups"][0]["count"], 15, "{groups:#}");
    assert!(groups["groups"][0]["requeued_before"].is_null(), "{groups:#}");
    assert!(groups["groups"][0]["kind_finished_since"].is_null(), "{groups:#}");
}

/// Returns a database with many dead letters, one with an error that takes the server a minute to read.
fn one_slow_error() -> Database {
    let database = Database::from_fixture("main_typical");
    database.execute(&format!(
        "INSERT INTO jobs (workspace_id, kind, state, last_error, error)
           SELECT (SELECT id FROM workspaces LIMIT 1), 'CLIP_RENDER', 'dead_letter', 'boom', '{{}}'
             FROM generate_series(1, 5000);
         INSERT INTO jobs (workspace_id, kind, state, last_error, error)
           VALUES ((SELECT id FROM workspaces LIMIT 1), 'CLIP_RENDER', 'dead_letter', 'slow', '[60]');
         CREATE FUNCTION slowly(jsonb, text) RETURNS text LANGUAGE plpgsql AS $f$
         BEGIN
           IF $1 = '[60]' THEN PERFORM pg_sleep(60); END IF;
           RETURN jsonb_extract_path_text($1, $2);
         END $f$;
         CREATE OPERATOR public.->> (leftarg = jsonb, rightarg = text, function = slowly);
         ALTER DATABASE {} SET search_path = public, pg_catalog",
        database.name()
    ));
    database
}

#[test]
fn timed_out_scan_reports_counts_as_lower_bounds() {
    let database = one_slow_error();
    let report = dlq(&database, &["groups", "--timeout", "4s", "-o", "json"]).json();
    let groups = &report["data"];
    assert_eq!(groups["truncated"], true, "{groups:#}");
    // No time is left for the given-up jobs, which must not fail the command.
    let not_examined = report["coverage"]["not_examined"].as_array().unwrap();
    assert!(not_examined.iter().any(|entry| entry["subject"] == "failed jobs"), "{report:#}");
    let read = groups["read"].as_u64().unwrap();
    assert!((1..=5026).contains(&read), "all but the slow one: {groups:#}");
    let output = dlq(&database, &["groups", "--timeout", "4s"]).expect_code(0);
    assert!(
        output.stdout.contains("The time limit was reached: counts are lower bounds"),
        "{}",
        output.stdout
    );
}
