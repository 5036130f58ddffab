use super::{command, count, events, insert_dead_letters, requeue};
use crate::support::postgres::Database;

#[test]
fn requeue_without_a_terminal_requires_yes() {
    let db = Database::from_fixture("main_typical");
    let out = requeue(&db, &["--all"]).expect_code(77);
    assert!(out.stderr.contains("--yes"), "{}", out.stderr);
    assert_eq!(events(&db), "0");
}

#[test]
fn more_than_50_jobs_require_a_reason() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 51);
    requeue(&db, &["--all", "--yes"]).expect_code(64);
    assert_eq!(events(&db), "0");
    requeue(&db, &["--all", "--yes", "--max", "50"]).expect_code(0);
    assert_eq!((events(&db), count(&db, "dead_letter")), ("50".into(), "1".into()));
}

#[test]
fn protected_contexts_are_refused_under_every_address() {
    let db = Database::from_fixture("main_typical");
    for (guard, args, code) in [
        ("read_only", &["--yes", "--reason", "x"][..], 77),
        ("protected", &["--yes", "--reason", "x"], 77),
        ("protected", &["--yes", "--confirm", "prod"], 64),
        ("protected", &["--yes", "--confirm", "staging", "--reason", "x"], 77),
        ("protected", &["--yes", "--confirm", "prod", "--reason", "x", "--max", "1"], 0),
    ] {
        let config = format!("[context.prod]\ndatabase_url = \"{}\"\n{guard} = true\n", db.url());
        let before = events(&db);
        command(&db, "requeue", &[&["--all"], args].concat())
            .file("cliplyctl.toml", config)
            .run()
            .expect_code(code);
        let written: u32 = events(&db).parse::<u32>().unwrap() - before.parse::<u32>().unwrap();
        assert_eq!(written, u32::from(code == 0), "{guard} {args:?}");
    }
}

#[test]
fn confirmation_shows_the_plan_first() {
    let db = Database::from_fixture("main_typical");
    for (answer, code, n) in [("n\r", 77, "0"), ("y\r", 0, "8")] {
        let mut terminal = command(&db, "requeue", &["--kind", "PUBLISH_TIKTOK"]).terminal(50, 120);
        terminal.wait_for("[y/N]");
        assert!(terminal.screen().contains("access token expired"), "{}", terminal.screen());
        assert!(terminal.screen().contains(db.name()), "the database in plain sight");
        terminal.type_text(answer);
        assert_eq!(terminal.finish(), code);
        assert_eq!(events(&db), n);
    }
}

#[test]
fn interrupt_at_the_prompt_writes_no_job() {
    let db = Database::from_fixture("main_typical");
    for (key, code, cause) in [("\x03", 130, "interrupted"), ("\x04", 77, "declined")] {
        let args = ["--kind", "PUBLISH_TIKTOK", "--canary"];
        let mut terminal = command(&db, "requeue", &args).terminal(50, 120);
        terminal.wait_for("1 job first? [y/N]");
        terminal.type_text(key);
        let message = format!("error: {cause}: nothing was written");
        terminal.wait_for(&message);
        let screen = terminal.screen();
        assert!(screen.lines().any(|line| line.starts_with(&message)), "{screen}");
        assert_eq!(terminal.finish(), code);
        assert_eq!(events(&db), "0");
    }
}

#[test]
fn terminal_asks_for_the_protected_context_and_a_reason() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    let config = format!("[context.prod]\ndatabase_url = \"{}\"\nprotected = true\n", db.url());
    let requeue = || command(&db, "requeue", &["--all"]).file("cliplyctl.toml", &config);
    for (name, code) in [("y\r", 77), ("prod\r", 0)] {
        let mut terminal = requeue().terminal(50, 120);
        terminal.wait_for("Requeue 2 jobs on ");
        terminal.wait_for(&format!("({}@local socket)? Type prod to confirm: ", db.name()));
        terminal.type_text(name);
        if code == 0 {
            terminal.wait_for("Reason (recorded with the operation): ");
            terminal.type_text("token renewed\r");
        }
        assert_eq!(terminal.finish(), code);
    }
    let reasons = "SELECT string_agg(DISTINCT data->>'operator_reason', ',') FROM job_events";
    assert_eq!(db.value(reasons), "token renewed");
}

#[test]
fn guards_are_checked_before_the_plan() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    let config = format!("[context.prod]\ndatabase_url = \"{}\"\nprotected = true\n", db.url());
    // Reading the plan would fail: only a refusal before it exits with 77.
    db.execute(
        "CREATE FUNCTION slow(uuid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN true; END $$;
         ALTER TABLE jobs RENAME TO jobs_table;
         CREATE VIEW jobs AS SELECT * FROM jobs_table WHERE slow(id)",
    );
    let run = |args: &[&str]| {
        let args = [&["--all", "--timeout", "3s"], args].concat();
        command(&db, "requeue", &args).file("cliplyctl.toml", &config).run()
    };
    let refused = run(&["--yes"]).expect_code(77);
    let guard = "this database belongs to the protected context prod";
    assert!(refused.stderr.contains(guard), "{refused:#?}");
    // A preview is not guarded.
    run(&["--dry-run"]).expect_code(3);
}

#[test]
fn nothing_is_written_through_a_view() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    db.execute(
        "ALTER TABLE jobs RENAME TO jobs_table; CREATE VIEW jobs AS SELECT * FROM jobs_table",
    );
    command(&db, "requeue", &["--all", "--dry-run"]).run().expect_code(0);
    let refused = command(&db, "requeue", &["--all", "--yes"]).run().expect_code(77);
    assert!(refused.stderr.contains("public.jobs is not a table"), "{refused:#?}");
    assert_eq!(db.value("SELECT count(*) FROM jobs_table WHERE state = 'dead_letter'"), "2");
}

#[test]
fn read_only_context_is_named_with_its_line() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 1);
    let config = format!("\n[context.ro]\ndatabase_url = \"{}\"\nread_only = true\n", db.url());
    let run = || command(&db, "requeue", &["--all", "--yes"]).file("cliplyctl.toml", &config).run();
    let refused = run().expect_code(77);
    let message = "refused: context ro marks this database read-only (";
    assert!(refused.stderr.contains(message), "{refused:#?}");
    assert!(refused.stderr.contains("cliplyctl.toml:2"), "{refused:#?}");
}

#[test]
fn resume_command_names_the_context() {
    let db = Database::from_fixture("main_typical");
    let config = format!("[context.night]\ndatabase_url = \"{}\"\n", db.url());
    let args = ["-c", "night", "--all", "--yes", "--reason", "x"];
    let output = command(&db, "requeue", &args).file("cliplyctl.toml", config).run().expect_code(0);
    let resume = "if interrupted: cliplyctl -c night dlq requeue --resume rq-";
    assert!(output.stderr.contains(resume), "{}", output.stderr);
}
