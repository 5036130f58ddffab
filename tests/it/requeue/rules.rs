use super::{command, count, events, insert_dead_letters, job, requeue};
use crate::support::cli::Cli;
use crate::support::postgres::Database;

#[test]
fn requeue_writes_worker_values_and_one_event_per_job() {
    let db = Database::from_fixture("main_typical");
    let out = requeue(&db, &["--kind", "PUBLISH_TIKTOK", "--yes", "--reason", "token renewed"]);
    let json = out.expect_code(0).json();
    assert_eq!(json["data"]["outcome"]["written"], 8);
    let unexpected_jobs = db.value(
        "SELECT count(*) FROM jobs WHERE kind = 'PUBLISH_TIKTOK' AND NOT (state = 'queued'
           AND attempts = 0 AND run_at BETWEEN now() - interval '1 min' AND now()
           AND locked_at IS NULL AND locked_by IS NULL AND heartbeat_at IS NULL
           AND last_error LIKE 'TikTok API 401%' AND error->>'attempts' = '5')",
    );
    assert_eq!(unexpected_jobs, "0");
    let expected_events = db.value(
        "SELECT count(DISTINCT job_id) || '/' || count(*) FROM job_events
          WHERE stage = 'enqueued' AND data->>'reason' = 'requeued_from_dead_letter'
            AND data->>'previous_attempts' = '5' AND data->>'actor' = 'oncall'
            AND data->>'operator_reason' = 'token renewed' AND data->>'tool' LIKE 'cliplyctl %'
            AND data->'previous'->>'last_error' LIKE 'TikTok%' AND data ? 'requeued_at'
            AND data->>'operation' LIKE 'rq-%' AND data->>'host' <> ''",
    );
    assert_eq!(expected_events, "8/8");
    assert_eq!(count(&db, "dead_letter"), "18");
}

#[test]
fn dry_run_writes_no_job_and_its_plan_can_be_applied() {
    let db = Database::from_fixture("main_typical");
    let mut dry = command(&db, "requeue", &["--kind", "CLIP_RENDER", "--max", "3", "--dry-run"]);
    let json = dry.run().expect_code(0).json();
    assert_eq!(
        (json["data"]["matched"].as_u64(), json["data"]["eligible"].as_u64()),
        (Some(15), Some(3))
    );
    assert_eq!((count(&db, "dead_letter"), events(&db)), ("26".into(), "0".into()));
    let plan = json["data"]["plan"].as_str().unwrap();
    let state = dry.home().join(".local/state");
    let apply = |args: &[&str]| {
        command(&db, "requeue", &[&["--plan", plan, "--yes"], args].concat())
            .env("XDG_STATE_HOME", &state)
            .run()
    };
    // The prompt shows the plan from the file.
    let prompt = command(&db, "requeue", &["--plan", plan]).env("XDG_STATE_HOME", &state).run();
    assert!(prompt.expect_code(77).stderr.contains(plan), "another plan is shown");
    db.execute(&format!("UPDATE jobs SET state = 'done' WHERE id = '{}'", job(201)));
    let out = apply(&[]).expect_code(77);
    assert!(out.stderr.contains("is out of date: 1 job is no longer a dead letter"), "{out:#?}");
    assert_eq!(events(&db), "0");
    let json = apply(&["--ignore-changes"]).expect_code(0).json();
    assert_eq!(json["data"]["outcome"]["written"], 2);
    assert_eq!(events(&db), "2");
}

#[test]
fn explicit_ids_are_all_or_nothing_with_reasons() {
    let db = Database::from_fixture("main_typical");
    let ids = [job(201), job(131), job(999), job(201)];
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let json = requeue(&db, &[&ids[..], &["--yes"]].concat()).expect_code(77).json();
    let text = json["data"]["skipped"].to_string();
    assert!(
        text.contains(&job(131)) && text.contains("running") && text.contains(&job(999)),
        "{text}"
    );
    assert_eq!(events(&db), "0");
    let mut cli = Cli::new(["dlq", "requeue", ids[2], "--dry-run"]).env("DATABASE_URL", db.url());
    let output = cli.run().expect_code(77);
    assert!(
        output.stdout.contains("Refused: 1 job does not exist, and ids are all or nothing."),
        "{output:#?}"
    );
    let json =
        requeue(&db, &[&ids[..], &["--yes", "--skip-ineligible"]].concat()).expect_code(0).json();
    assert_eq!(json["data"]["outcome"]["written"], 1);
    assert_eq!((events(&db), count(&db, "running")), ("1".into(), "6".into()));
}

#[test]
fn failing_row_is_one_error_or_fails_all_explicit_ids() {
    let db = Database::from_fixture("main_typical");
    db.execute(&format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.id = '{}' AND NEW.state = 'queued' THEN RAISE EXCEPTION 'not this one'; END IF;
           RETURN NEW; END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION refuse()",
        job(203)
    ));
    let ids = [job(201), job(203)];
    let json = requeue(&db, &[&ids[0], &ids[1], "--yes"]).expect_code(77).json();
    assert!(json["data"]["outcome"]["error_jobs"].to_string().contains("not this one"));
    assert_eq!(events(&db), "0");
    let json = requeue(&db, &["--all", "--yes"]).expect_code(75).json();
    let outcome = &json["data"]["outcome"];
    assert_eq!((outcome["written"].as_u64(), outcome["errors"].as_u64()), (Some(25), Some(1)));
    assert_eq!((events(&db), count(&db, "dead_letter")), ("25".into(), "1".into()));
}

#[test]
fn locked_row_is_retried_then_skipped() {
    let db = Database::from_fixture("main_typical");
    let locking_session = db.session();
    locking_session
        .execute(&format!("BEGIN; SELECT FROM jobs WHERE id = '{}' FOR UPDATE", job(201)));
    let json = requeue(&db, &["--kind", "CLIP_RENDER", "--yes", "--lock-wait", "300ms"])
        .expect_code(75)
        .json();
    let outcome = &json["data"]["outcome"];
    assert_eq!(outcome["written"], 14);
    assert_eq!(outcome["skipped_jobs"][0]["reason"], "locked");
    assert_eq!(events(&db), "14");
    let mut waiting_requeue = command(&db, "requeue", &[&job(201), "--yes", "--lock-wait", "60s"]);
    let running = waiting_requeue.start();
    crate::support::wait_until("the tool asks", || {
        db.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cliplyctl:dlq requeue'") != "0"
    });
    locking_session.execute("COMMIT");
    running.finish().expect_code(0);
    assert_eq!(events(&db), "15");
}

#[test]
fn repeat_failure_is_skipped_until_its_cause_changes() {
    let db = Database::from_fixture("main_typical");
    for _ in 0..2 {
        requeue(&db, &[&job(201), "--yes"]).expect_code(0);
        db.execute(&format!(
            "UPDATE jobs SET state = 'dead_letter', attempts = 5 WHERE id = '{}'",
            job(201)
        ));
    }
    let json = requeue(&db, &["--kind", "CLIP_RENDER", "--yes"]).expect_code(75).json();
    assert_eq!(json["data"]["outcome"]["written"], 14);
    assert_eq!(json["data"]["skipped"][0]["reason"], "repeat_failure");
    db.execute(&format!(
        "UPDATE jobs SET last_error = 'ENOSPC: disk full' WHERE id = '{}'",
        job(201)
    ));
    let again = requeue(&db, &["--kind", "CLIP_RENDER", "--dry-run"]).expect_code(0).json();
    assert_eq!(again["data"]["eligible"], 1, "another cause is another chance");
}

#[test]
fn ids_file_allows_loose_format_but_only_valid_ids() {
    let db = Database::from_fixture("main_typical");
    let text = format!("\u{feff}{}\r\n\r\n  {}\n{}\n", job(201), job(202).to_uppercase(), job(201));
    let valid = command(&db, "requeue", &["--ids-file", "-", "--yes"]).stdin(text).run();
    assert_eq!(valid.expect_code(0).json()["data"]["outcome"]["written"], 2);
    let invalid = format!("{}\n\nbanana\n", job(203));
    let out = command(&db, "requeue", &["--ids-file", "ids", "--yes"]).file("ids", invalid).run();
    let out = out.expect_code(64);
    assert!(out.stderr.contains("line 3: its text is not a job id"), "{}", out.stderr);
    assert!(!out.stderr.contains("banana"), "such a file may be a .env: {}", out.stderr);
    assert_eq!(events(&db), "2");
    let many: String = (0..100_000).map(|n| format!("{}\n", job(n + 1_000_000))).collect();
    let out = command(&db, "requeue", &["--ids-file", "-", "--yes"]).stdin(many.as_str()).run();
    let out = out.expect_code(64);
    let reason = "ids are requeued all or none, in one transaction: at most 500 ids are possible, not 100,000";
    assert!(out.stderr.contains(reason), "{}", out.stderr);
    let args = ["--ids-file", "-", "--yes", "--skip-ineligible"];
    let out = command(&db, "requeue", &args).stdin(many).run();
    assert_eq!(out.expect_code(0).json()["data"]["skipped"][0]["jobs"], 100_000);
}

#[test]
fn requeue_requires_a_filter_and_may_match_no_jobs() {
    let db = Database::from_fixture("main_typical");
    requeue(&db, &["--yes"]).expect_code(64);
    requeue(&db, &["--all", &job(1)]).expect_code(64);
    requeue(&db, &["--kind", "NO_SUCH"]).expect_code(64);
    requeue(&db, &["--error", "no such words", "--yes"]).expect_code(0);
    let out = command(&db, "requeue", &["--error", "FFMPEG TIMED", "--dry-run"]).run();
    assert_eq!(out.expect_code(0).json()["data"]["eligible"], 15);
    assert_eq!(events(&db), "0");
}

#[test]
fn operations_are_listed_with_the_current_job_states() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    requeue(&db, &["--all", "--yes", "--reason", "deployed a fix"]).expect_code(0);
    db.execute("UPDATE jobs SET state = 'done' WHERE id = (SELECT min(id::text)::uuid FROM jobs)");
    let json = command(&db, "ops", &[]).run().expect_code(0).json();
    let operation = &json["data"]["operations"][0];
    assert_eq!((&operation["jobs"], &operation["reason"]), (&3.into(), &"deployed a fix".into()));
    assert_eq!(operation["states"].to_string(), r#"[["queued",2],["done",1]]"#);

    // Jobs that a later operation undid or requeued are no longer part of this one.
    let id = operation["operation"].as_str().unwrap();
    command(&db, "undo", &[id, "--yes"]).run().expect_code(75);
    requeue(&db, &["--all", "--max", "1", "--yes"]).expect_code(0);
    let json = command(&db, "ops", &[]).run().expect_code(0).json();
    let now = |at: usize| json["data"]["operations"][at]["states"].to_string();
    assert_eq!(now(0), r#"[["queued",1]]"#, "the last");
    assert_eq!(now(1), r#"[["changed since",1],["dead_letter",1]]"#, "the undo");
    assert_eq!(now(2), r#"[["undone",2],["done",1]]"#, "the first");
}

#[test]
fn role_without_write_permission_is_refused_before_writing() {
    let db = Database::from_fixture("main_typical");
    db.execute(
        "ALTER TABLE jobs DISABLE ROW LEVEL SECURITY; ALTER TABLE job_events DISABLE ROW LEVEL SECURITY;
         GRANT SELECT ON jobs, job_events TO blind; REVOKE UPDATE, INSERT, DELETE ON jobs, job_events FROM blind",
    );
    for (grant, missing) in [("", "jobs"), ("GRANT UPDATE ON jobs TO blind", "job_events")] {
        db.execute(grant);
        let plan = ["dlq", "requeue", "--all", "--dry-run", "-o", "json"];
        let plan = Cli::new(plan).env("DATABASE_URL", db.url_as("blind")).run().expect_code(0);
        assert_eq!(plan.json()["data"]["matched"], 26, "planning needs no right to write");
        let args = ["dlq", "requeue", "--all", "--yes", "--reason", "x"];
        let output = Cli::new(args).env("DATABASE_URL", db.url_as("blind")).run().expect_code(77);
        assert!(output.stderr.contains(missing), "{missing}: {output:?}");
        assert_eq!((count(&db, "dead_letter"), events(&db)), ("26".into(), "0".into()));
    }
}

#[test]
fn ids_file_with_many_ids_is_requeued_or_refused_with_line() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 1200);
    let ids = db.rows("SELECT id::text FROM jobs");
    let ids: Vec<_> = ids.into_iter().filter_map(|mut row| row.remove(0)).collect();
    // As some editors write them: CRLF, blank lines, a duplicate line.
    let valid = format!("\r\n{}\r\n\r\n{}\r\n", ids.join("\r\n"), ids[0]);
    let invalid = format!("{valid}not-an-id\r\n");
    let args = ["dlq", "requeue", "--ids-file", "-", "--yes", "--reason", "x", "--skip-ineligible"];
    let args = [&args[..], &["-o", "json"]].concat();
    let run = |text: &str| Cli::new(&args).env("DATABASE_URL", db.url()).stdin(text).run();
    let refused = run(&invalid).expect_code(64);
    assert!(refused.stderr.contains("1204"), "the line is named: {}", refused.stderr);
    assert_eq!(count(&db, "dead_letter"), "1200");
    let done = run(&valid).expect_code(0).json();
    assert_eq!(done["data"]["outcome"]["written"], 1200, "{done:#}");
    assert_eq!((count(&db, "queued"), events(&db)), ("1200".into(), "1200".into()));
}
