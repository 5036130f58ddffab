use serde_json::Value;

use super::workers::{self, OTHER_CAUSE, SAME_CAUSE};
use super::{command, count, events, insert_dead_letters, requeue};
use crate::support::cli::{Cli, Running};
use crate::support::postgres::Database;
use crate::support::wait_until;

const ALL_JOBS: [&str; 4] = ["--all", "--yes", "--reason", "canary"];

fn canary(db: &Database, args: &[&str]) -> Cli {
    command(db, "requeue", &[&ALL_JOBS, args].concat())
}

/// Waits until this many jobs were requeued in total.
fn wait_for_requeued(db: &Database, running: &Running, jobs: u32) {
    let session = db.session();
    let requeued =
        "SELECT count(*) FROM job_events WHERE data->>'reason' = 'requeued_from_dead_letter'";
    wait_until(&format!("{jobs} jobs are requeued"), || {
        session.value(requeued) == jobs.to_string() || !running.is_alive()
    });
    assert_eq!(session.value(requeued), jobs.to_string());
}

/// The result of the only group in the last table: the column `canary`.
fn result_of_group(text: &str) -> &str {
    let table = text.rsplit("CANARY").next().unwrap();
    let row = table.lines().find(|line| line.starts_with("v2-")).expect("a row of a group");
    row.split_whitespace().nth(2).unwrap()
}

fn first_group(json: &Value) -> &Value {
    &json["data"]["canary"][0]
}

#[test]
fn failed_first_batch_stops_its_group_while_retries_remain() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 12);
    let mut cli = canary(&db, &["--canary"]);
    let running = cli.start();
    wait_for_requeued(&db, &running, 1);
    workers::fail(&db.session(), SAME_CAUSE);
    let out = running.finish().expect_code(2);
    let json = out.json();
    assert_eq!((count(&db, "queued"), count(&db, "dead_letter")), ("1".into(), "11".into()));
    assert_eq!(
        (&first_group(&json)["stopped"], &first_group(&json)["not_requeued"]),
        (&"failed".into(), &11.into())
    );
    let operation = json["data"]["outcome"]["operation"].as_str().unwrap();
    let state = cli.home().join(".local/state");
    let ops = Cli::new(["dlq", "ops"]).env("DATABASE_URL", db.url()).env("XDG_STATE_HOME", &state);
    let ops = { ops }.run().expect_code(0).stdout;
    assert!(ops.contains("1 of 12"), "{ops}");
    assert!(ops.contains(&format!("dlq requeue --resume {operation} --canary")), "{ops}");

    let plan = ["dlq", "requeue", "--resume", operation, "--dry-run"];
    let plan = Cli::new(plan).env("DATABASE_URL", db.url()).env("XDG_STATE_HOME", &state);
    let plan = { plan }.run().expect_code(0).stdout;
    assert!(plan.contains("warning: 1 job failed again since the requeue"), "{plan}");
    assert!(!plan.contains("waits behind"), "no job is due: {plan}");

    // The cause is fixed. The same operation continues with the other jobs.
    let args = ["--resume", operation, "--yes", "--ramp", "1,all", "--reason", "fixed"];
    let mut cli = command(&db, "requeue", &args).env("XDG_STATE_HOME", state);
    let running = cli.start();
    wait_for_requeued(&db, &running, 2);
    workers::finish(&db.session());
    running.finish().expect_code(0);
    assert_eq!((events(&db), count(&db, "dead_letter")), ("12".into(), "0".into()));
}

#[test]
fn resumed_canary_waits_for_pending_jobs() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 12);
    let mut cli = canary(&db, &["--ramp", "1,5,all"]);
    let running = cli.start();
    wait_for_requeued(&db, &running, 1);
    running.signal("INT");
    let interrupted = running.finish().expect_code(75).json();
    let operation = interrupted["data"]["outcome"]["operation"].as_str().unwrap();
    let state = cli.home().join(".local/state");
    let resume = |args: &[&str]| {
        let args = [&["dlq", "requeue", "--resume", operation][..], args].concat();
        Cli::new(args).env("DATABASE_URL", db.url()).env("XDG_STATE_HOME", &state)
    };

    let plan = resume(&["--dry-run", "--rate", "9/s"]).run().expect_code(0).stdout;
    assert!(plan.contains(&format!("--resume {operation} --canary --rate 9/s")), "{plan}");
    assert!(plan.contains(&format!("--resume {operation} --rate 9/s")), "{plan}");
    assert!(!plan.contains("--plan"), "{plan}");

    // No worker has claimed the first job, so no other one is requeued.
    let short_timeout = ["--yes", "--ramp", "1,5,all", "--canary-timeout", "100ms"];
    let out = resume(&short_timeout).run().expect_code(3);
    assert!(out.stdout.contains("no outcome") && out.stdout.contains("1 of 1 queued"), "{out:#?}");
    assert_eq!(events(&db), "1");

    // After it finished, the next batch is requeued.
    let mut terminal = resume(&["--yes", "--ramp", "1,5,all"]).terminal(40, 160);
    let worker = db.session();
    terminal.wait_for("1 requeued job has no outcome yet");
    terminal.wait_for("batch 1 of ");
    workers::finish(&worker);
    wait_until("the next step", || events(&db) == "6");
    (0..5).for_each(|_| drop(workers::finish(&worker)));
    assert_eq!(terminal.finish(), 0);
    let screen = terminal.screen();
    assert_eq!(result_of_group(&screen), "complete", "{screen}");
    assert!(
        screen.contains("The outcome of the last batch (6 jobs) is not known yet."),
        "{screen}"
    );
    assert_eq!(count(&db, "dead_letter"), "0");
}

#[test]
fn canary_interrupted_in_the_last_batch_resumes_there() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 60);
    let mut cli = canary(&db, &["--ramp", "1,all", "--rate", "5/s"]);
    let (running, worker) = (cli.start(), db.session());
    wait_for_requeued(&db, &running, 1);
    workers::finish(&worker);
    let has_started = || db.value("SELECT count(*) >= 5 FROM jobs WHERE state = 'queued'") == "t";
    wait_until("some of the rest is requeued", || has_started() || !running.is_alive());
    running.signal("INT");
    let interrupted = running.finish().expect_code(75).json();
    let operation = interrupted["data"]["outcome"]["operation"].as_str().unwrap();
    let state = cli.home().join(".local/state");
    let resume = ["dlq", "requeue", "--resume", operation, "--yes", "--ramp", "1,all"];
    let resume = |more: &[&str]| {
        Cli::new(resume.iter().chain(more))
            .env("DATABASE_URL", db.url())
            .env("XDG_STATE_HOME", &state)
            .run()
    };

    // No worker runs. The first batch has timed out and is not waited for again.
    let out = resume(&[]).expect_code(0);
    assert!(out.stderr.contains("no outcome yet"), "{out:#?}");
    assert_eq!((events(&db), count(&db, "dead_letter")), ("60".into(), "0".into()));
}

#[test]
fn completed_canary_suggests_no_undo() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 1);
    let args = ["dlq", "requeue", "--canary", "--all", "--yes"];
    let mut cli = Cli::new(args).env("DATABASE_URL", db.url());
    let running = cli.start();
    wait_for_requeued(&db, &running, 1);
    workers::finish(&db.session());
    let out = running.finish().expect_code(0);
    assert_eq!(result_of_group(&out.stdout), "complete", "{out:#?}");
    assert!(!out.stdout.contains("dlq undo"), "{out:#?}");
}

#[test]
fn resume_records_the_new_operator_and_reason() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let mut cli = canary(&db, &["--canary"]);
    let running = cli.start();
    wait_for_requeued(&db, &running, 1);
    workers::fail(&db.session(), SAME_CAUSE);
    let json = running.finish().expect_code(2).json();
    let operation = json["data"]["outcome"]["operation"].as_str().unwrap();

    let state = cli.home().join(".local/state");
    // Sorts before the first reason: the last reason is used, not the largest. Without a rate or canary flag,
    // the operation would continue as a canary.
    let args = ["--resume", operation, "--yes", "--rate", "100/s", "--reason", "a fix"];
    let mut resume =
        command(&db, "requeue", &args).env("XDG_STATE_HOME", &state).env("USER", "amy");
    resume.run().expect_code(0);
    let events_by_operator = "SELECT string_agg(n || ' ' || who, ', ' ORDER BY who) FROM (
                  SELECT count(*) n, data->>'actor' || ': ' || (data->>'operator_reason') who
                    FROM job_events WHERE data->>'reason' = 'requeued_from_dead_letter' GROUP BY 2) t";
    assert_eq!(db.value(events_by_operator), "2 amy: a fix, 1 oncall: canary");
    let ops = command(&db, "ops", &[]).run().expect_code(0).json();
    let op = &ops["data"]["operations"][0];
    assert_eq!(op["actor"], "amy", "{ops:#}");
    let why = op["reason"].as_str().unwrap();
    assert!(why.starts_with("canary; resumed by amy@") && why.ends_with(": a fix"), "{ops:#}");
    assert_eq!((&op["jobs"], ops["data"]["operations"].as_array().unwrap().len()), (&3.into(), 1));
    let record = state.join(format!("cliplyctl/operations/{operation}.json"));
    let record: Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
    assert_eq!(
        (&record["author"]["actor"], &record["author"]["reason"]),
        (&"amy".into(), &"a fix".into())
    );
}

#[test]
fn stopped_canary_prints_the_resume_command() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let args = ["dlq", "requeue", "--canary", "--all", "--yes"];
    let mut cli = Cli::new(args).env("DATABASE_URL", db.url());
    let running = cli.start();
    wait_for_requeued(&db, &running, 1);
    workers::fail(&db.session(), SAME_CAUSE);
    let out = running.finish().expect_code(2);
    for text in [
        "CRITICAL  Canary stopped: 1 of 1 job failed again (same cause); 2 jobs not requeued",
        "jobs show ",
        "dlq requeue --resume rq-",
        "after the fix: requeue the remaining 2 jobs",
    ] {
        assert!(out.stdout.contains(text), "{text}: {out:#?}");
    }
    assert!(!out.stdout.contains("dlq undo"), "no job is as it was written: {out:#?}");
    assert!(
        out.stderr.contains("stopped: 1 of 1 failed again (same cause); 2 jobs not requeued"),
        "{out:#?}"
    );
}

#[test]
fn batches_grow_while_jobs_finish() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 20);
    let mut cli = canary(&db, &["--ramp", "1,5,all"]);
    let (running, worker) = (cli.start(), db.session());
    wait_for_requeued(&db, &running, 1);
    workers::finish(&worker);
    wait_for_requeued(&db, &running, 6);
    // One failure in five is still accepted.
    workers::fail(&worker, SAME_CAUSE);
    (0..4).for_each(|_| drop(workers::finish(&worker)));
    let json = running.finish().expect_code(0).json();
    assert_eq!((first_group(&json)["requeued"].as_u64(), events(&db)), (Some(20), "20".into()));
    assert!(first_group(&json)["stopped"].is_null());
}

#[test]
fn batch_stops_above_the_stop_at_percentage() {
    for (stop_at, code) in [("20%", 2), ("40%", 0)] {
        let db = Database::with_variant("main");
        insert_dead_letters(&db, 20);
        let mut cli = canary(&db, &["--ramp", "1,5,all", "--stop-at", stop_at]);
        let (running, worker) = (cli.start(), db.session());
        wait_for_requeued(&db, &running, 1);
        workers::finish(&worker);
        wait_for_requeued(&db, &running, 6);
        // Jobs finish before others fail, because too many failures stop the canary at once.
        (0..3).for_each(|_| drop(workers::finish(&worker)));
        (0..2).for_each(|_| drop(workers::fail(&worker, SAME_CAUSE)));
        running.finish().expect_code(code);
        assert_eq!(count(&db, "dead_letter"), if code == 0 { "0" } else { "14" }, "{stop_at}");
    }
}

#[test]
fn last_batch_stops_when_jobs_fail_again() {
    // All jobs fail as soon as they are requeued, in the middle of the last batch.
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 12_000);
    let mut cli = canary(&db, &["--ramp", "1,all"]);
    let running = cli.start();
    wait_for_requeued(&db, &running, 1);
    db.execute(&format!(
        "CREATE FUNCTION fail_at_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           UPDATE jobs SET attempts = 1, last_error = '{SAME_CAUSE}', updated_at = clock_timestamp(),
                  error = jsonb_build_object('message', '{SAME_CAUSE}', 'failed_at', clock_timestamp())
            WHERE id = NEW.job_id AND state = 'queued' AND attempts = 0;
           RETURN NULL; END $$;
         CREATE TRIGGER fail_at_once AFTER INSERT ON job_events FOR EACH ROW
           WHEN (NEW.stage = 'enqueued') EXECUTE FUNCTION fail_at_once()"
    ));
    workers::finish(&db.session());
    let json = running.finish().expect_code(2).json();
    let not_requeued = first_group(&json)["not_requeued"].as_u64().unwrap();
    assert!(not_requeued > 0, "{json:#}");
    assert_eq!(count(&db, "dead_letter"), not_requeued.to_string());
}

#[test]
fn canary_without_outcome_stops_at_its_timeout() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let mut cli = canary(&db, &["--canary", "--canary-timeout", "100ms"]);
    let running = cli.start();
    workers::claim(&db.session(), "w");
    let json = running.finish().expect_code(75).json();
    assert_eq!(
        (
            first_group(&json)["stopped"].as_str(),
            first_group(&json)["last_batch"]["pending"].as_u64()
        ),
        (Some("timeout"), Some(1))
    );
    assert_eq!((count(&db, "running"), count(&db, "dead_letter")), ("1".into(), "2".into()));
}

#[test]
fn unclaimed_canary_can_be_undone() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let args = ["dlq", "requeue", "--canary", "--canary-timeout", "100ms", "--all", "--yes"];
    let out = Cli::new(args).env("DATABASE_URL", db.url()).run().expect_code(75);
    assert!(out.stdout.contains("no outcome") && out.stdout.contains("dlq undo rq-"), "{out:#?}");
}

#[test]
fn other_cause_stops_the_canary_only_when_dead_lettered() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let mut cli = canary(&db, &["--canary", "--canary-timeout", "100ms"]);
    let running = cli.start();
    workers::fail(&db.session(), OTHER_CAUSE);
    running.finish().expect_code(75);
    let mut cli = canary(&db, &["--canary"]);
    let running = cli.start();
    workers::kill(&db.session(), OTHER_CAUSE);
    let json = running.finish().expect_code(2).json();
    assert_eq!(first_group(&json)["last_batch"]["failed_other_cause"], 1, "{json:#}");
}

#[test]
fn unrelated_dead_letters_do_not_count_for_the_canary() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 4);
    let mut cli = canary(&db, &["--ramp", "1,all"]);
    let (running, worker) = (cli.start(), db.session());
    wait_for_requeued(&db, &running, 1);
    let canary_job = workers::claim(&worker, "w");
    db.execute(
        "INSERT INTO jobs (workspace_id, kind) SELECT workspace_id, 'CLIP_RENDER' FROM jobs LIMIT 3",
    );
    (0..3).for_each(|_| drop(workers::kill(&worker, SAME_CAUSE)));
    worker.execute(&format!("SELECT worker_finish('{canary_job}', 'w', '{{}}')"));
    let json = running.finish().expect_code(0).json();
    assert_eq!(json["data"]["outcome"]["written"], 4);
    assert_eq!(count(&db, "dead_letter"), "3");
}

#[test]
fn each_group_has_its_own_canary() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 5);
    db.execute(
        "INSERT INTO jobs (workspace_id, kind, state, attempts, last_error)
           SELECT workspace_id, 'PUBLISH_TIKTOK', 'dead_letter', 5, 'token expired' FROM jobs",
    );
    let mut cli = canary(&db, &["--ramp", "1,all"]);
    let (running, worker) = (cli.start(), db.session());
    wait_for_requeued(&db, &running, 2);
    for _ in 0..2 {
        let id = workers::claim(&worker, "w");
        let tiktok = worker.value(&format!("SELECT kind FROM jobs WHERE id = '{id}'"));
        worker.execute(&if tiktok == "PUBLISH_TIKTOK" {
            format!("SELECT worker_fail('{id}', 'w', 'token expired', 3600)")
        } else {
            format!("SELECT worker_finish('{id}', 'w', '{{}}')")
        });
    }
    let json = running.finish().expect_code(2).json();
    let stopped = db.value(
        "SELECT string_agg(DISTINCT kind, ',') || count(*) FROM jobs WHERE state = 'dead_letter'",
    );
    assert_eq!(stopped, "PUBLISH_TIKTOK4");
    let groups = json["data"]["canary"].as_array().unwrap();
    let not_requeued: u64 =
        groups.iter().map(|group| group["not_requeued"].as_u64().unwrap()).sum();
    assert_eq!((groups.len(), not_requeued), (2, 4), "{json:#}");
}

#[test]
fn undone_canary_sends_no_further_batch() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let mut cli = canary(&db, &["--ramp", "1,all"]);
    let running = cli.start();
    wait_for_requeued(&db, &running, 1);
    let operation = db.value("SELECT data->>'operation' FROM job_events WHERE data ? 'operation'");
    command(&db, "undo", &[&operation, "--yes"]).run().expect_code(0);
    let out = running.finish().expect_code(75);
    assert!(!out.stderr.contains("error"), "{out:#?}");
    assert_eq!((events(&db), count(&db, "dead_letter")), ("1".into(), "3".into()));

    // The operation can be resumed for the other jobs. The undone job stays a dead letter.
    let state = cli.home().join(".local/state");
    let args = ["--resume", &operation, "--yes", "--ramp", "1,all", "--reason", "after all"];
    let mut cli = command(&db, "requeue", &args).env("XDG_STATE_HOME", state);
    let running = cli.start();
    wait_for_requeued(&db, &running, 2);
    workers::finish(&db.session());
    running.finish().expect_code(0);
    assert_eq!((events(&db), count(&db, "dead_letter")), ("3".into(), "1".into()));
}

#[test]
fn canary_job_changed_by_others_is_replaced() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let mut cli = canary(&db, &["--ramp", "1,all"]);
    let (running, worker) = (cli.start(), db.session());
    wait_for_requeued(&db, &running, 1);
    db.execute("UPDATE jobs SET state = 'dead_letter' WHERE state = 'queued'");
    wait_for_requeued(&db, &running, 2);
    workers::finish(&worker);
    running.finish().expect_code(0);
    assert_eq!((events(&db), count(&db, "dead_letter")), ("3".into(), "1".into()));
}

#[test]
fn canary_whose_jobs_are_always_changed_stops() {
    for (jobs, written, code) in [(5, 3, 75), (2, 2, 3)] {
        let db = Database::with_variant("main");
        insert_dead_letters(&db, jobs);
        let mut cli = canary(&db, &["--ramp", "1,all"]);
        let running = cli.start();
        for requeued in 1..=written {
            wait_for_requeued(&db, &running, requeued);
            db.execute("UPDATE jobs SET state = 'dead_letter' WHERE state = 'queued'");
        }
        let json = running.finish().expect_code(code).json();
        let canary = &json["data"]["canary"][0];
        assert_eq!(canary["stopped"], "changed", "{json:#}");
        assert_eq!(events(&db), written.to_string(), "{json:#}");
    }
}

#[test]
fn canary_of_ids_can_be_interrupted() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let ids = db.rows("SELECT id FROM jobs");
    let ids: Vec<_> = ids.iter().map(|row| row[0].as_deref().unwrap()).collect();
    let mut cli =
        command(&db, "requeue", &[&ids[..], &["--canary", "--yes", "--skip-ineligible"]].concat());
    let running = cli.start();
    wait_for_requeued(&db, &running, 1);
    running.signal("INT");
    let json = running.finish().expect_code(75).json();
    assert_eq!(
        (&json["data"]["outcome"]["written"], &json["data"]["outcome"]["not_written"]),
        (&1.into(), &2.into())
    );
    assert_eq!(count(&db, "dead_letter"), "2");
}

#[test]
fn journal_identifies_the_canary_without_events() {
    let db = Database::from_fixture("bigint_typical");
    db.execute("UPDATE jobs SET run_after = now() + interval '1 day' WHERE status = 'queued'");
    let mut cli = command(&db, "requeue", &["--kind", "PUBLISH_TIKTOK", "--yes", "--canary"]);
    let (running, session) = (cli.start(), db.session());
    let canary = "FROM jobs WHERE status = 'queued' AND run_after <= now()";
    wait_until("the canary", || {
        session.value(&format!("SELECT count(*) {canary}")) == "1" || !running.is_alive()
    });
    session.execute(&format!(
        "UPDATE jobs SET attempts = 1, run_after = now() + interval '1 hour', error = jsonb_set(error,
           '{{failed_at}}', to_jsonb(now())) WHERE id = (SELECT id {canary})"
    ));
    let json = running.finish().expect_code(2).json();
    assert_eq!(
        (first_group(&json)["stopped"].as_str(), first_group(&json)["requeued"].as_u64()),
        (Some("failed"), Some(1))
    );
}

#[test]
fn apply_command_repeats_canary_and_rate_flags() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let dry_run = "dlq requeue --all --dry-run --canary --rate 20/m --pause-above 9 --spread 10m";
    let mut cli = Cli::new(dry_run.split(' ')).env("DATABASE_URL", db.url());
    let shown = cli.run().expect_code(0).stdout;
    let line = shown.lines().find(|line| line.contains("requeue --plan plan-")).unwrap();
    let flags = " --canary --rate 20/m --spread 10m --pause-above 9";
    assert!(line.contains(flags), "{shown}");
    // The printed flags are accepted and have the same meaning.
    let repeated_args =
        format!("dlq requeue --all --dry-run{}", &line[line.find(" --canary").unwrap()..]);
    let repeated_args = repeated_args.split("  ").next().unwrap().split(' ');
    let again = Cli::new(repeated_args).env("DATABASE_URL", db.url()).run().expect_code(0).stdout;
    let rate_lines =
        |text: &str| text.lines().filter(|l| l.starts_with("rate")).collect::<String>();
    assert!(rate_lines(&shown).contains("run times spread over 10m"), "{shown}");
    assert_eq!(rate_lines(&again), rate_lines(&shown));
}

#[test]
fn batch_timeout_follows_from_backlog_and_throughput() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let plan = |flags: &[&str]| {
        let args = [&["--all", "--canary", "--dry-run"], flags].concat();
        requeue(&db, &args).expect_code(0).json()["data"].clone()
    };
    let none_due = plan(&[]);
    assert_eq!(none_due["batch_timeout_seconds"], 300.0, "{none_due:#}");
    assert_eq!(none_due["first_batch_seconds"], 0.0, "{none_due:#}");
    // 60 jobs are due, and 60 finished in the last 5m: 12 a minute.
    db.execute(
        "INSERT INTO jobs (workspace_id, kind, state, run_at)
           SELECT (SELECT id FROM workspaces LIMIT 1), 'TRANSCRIBE', 'queued', now() - interval '1 minute'
             FROM generate_series(1, 60);
         INSERT INTO job_events (job_id, stage, created_at)
           SELECT id, 'finished', now() - interval '2 minutes' FROM jobs WHERE state = 'queued'",
    );
    let behind_backlog = plan(&[]);
    assert_eq!(behind_backlog["first_batch_seconds"], 300.0, "{behind_backlog:#}");
    assert_eq!(behind_backlog["batch_timeout_seconds"], 900.0, "{behind_backlog:#}");
    let given = plan(&["--canary-timeout", "7m"]);
    assert_eq!(given["batch_timeout_seconds"], 420.0, "{given:#}");
    let shown = ["dlq", "requeue", "--all", "--canary", "--dry-run"];
    let shown = Cli::new(shown).env("DATABASE_URL", db.url()).run().expect_code(0).stdout;
    assert!(shown.contains("behind 60 due jobs, about 5m 00s"), "{shown}");
    assert!(shown.contains("at most 15m per batch"), "{shown}");
    assert!(!shown.contains("--canary-timeout"), "the estimate is not a flag: {shown}");
    // Without throughput there is no estimate, and the plan says so.
    db.execute("DELETE FROM job_events");
    let blocked = Cli::new(["dlq", "requeue", "--all", "--canary", "--dry-run"]);
    let blocked = blocked.env("DATABASE_URL", db.url()).run().expect_code(0).stdout;
    assert!(blocked.contains("warning: no job finished in the last 5m"), "{blocked}");
}
