//! Groups that are still failing: the plan says so, and `--yes` needs a canary.

use super::{command, count, events, insert_dead_letters, requeue};
use crate::support::cli::Cli;
use crate::support::postgres::Database;

/// Returns a database with `n` dead letters of one group, the newest of this age in seconds.
fn failing(n: u32, age: u32) -> Database {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, n);
    db.execute(&format!(
        "UPDATE jobs SET updated_at = now() - make_interval(secs => {age} + 20 * rank)
           FROM (SELECT id AS ranked, row_number() OVER () - 1 AS rank FROM jobs) r WHERE id = ranked"
    ));
    db
}

#[test]
fn plan_states_how_a_group_is_still_failing() {
    let db = failing(45, 10);
    let args = ["dlq", "requeue", "--all", "--dry-run"];
    let plan = Cli::new(args).env("DATABASE_URL", db.url()).run().expect_code(0).stdout;
    let warning = "warning: this group is still failing (45 jobs in the last 15m, last 1";
    assert!(plan.contains(warning), "{plan}");
    let group = &requeue(&db, &["--all", "--dry-run"]).expect_code(0).json()["data"]["groups"][0];
    assert_eq!(group["dead_lettered_last_15m"], 45, "{group:#}");
    assert!(group["last_dead_lettered_age_seconds"].as_f64().unwrap() < 60.0, "{group:#}");
    // The healthy counterpart: the cause was fixed an hour ago.
    let quiet = failing(45, 3_600);
    let plan = Cli::new(args).env("DATABASE_URL", quiet.url()).run().expect_code(0).stdout;
    assert!(!plan.contains("still failing"), "{plan}");
}

#[test]
fn yes_needs_a_canary_while_the_group_fails() {
    let db = failing(3, 10);
    let refused = requeue(&db, &["--all", "--yes"]).expect_code(77);
    assert!(refused.stderr.contains("still failing (3 jobs in the last 15m"), "{refused:#?}");
    assert_eq!((events(&db), count(&db, "dead_letter")), ("0".into(), "3".into()));
    // The hint is a command that works, with the canary.
    let json = refused.json();
    let hint = json["errors"][0]["hints"][0].as_str().unwrap();
    assert!(hint.contains("cliplyctl dlq requeue --plan plan-"), "{hint}");
    assert!(hint.contains(" --canary"), "{hint}");
    let canary = ["--all", "--yes", "--canary", "--canary-timeout", "1s"];
    requeue(&db, &canary).expect_code(75);
    assert_eq!(count(&db, "queued"), "1");
    let quiet = failing(3, 3_600);
    requeue(&quiet, &["--all", "--yes"]).expect_code(0);
    assert_eq!(count(&quiet, "queued"), "3");
}

#[test]
fn failures_outside_of_the_plan_count_for_its_group() {
    let db = failing(5, 10);
    let old = db.value(
        "SELECT string_agg(id::text, ' ') FROM (SELECT id FROM jobs ORDER BY updated_at LIMIT 2) j",
    );
    let old: Vec<_> = old.split(' ').collect();
    db.execute(&format!(
        "UPDATE jobs SET updated_at = now() - interval '2 hours' WHERE id::text IN ('{}', '{}')",
        old[0], old[1]
    ));
    // Both jobs are old, but their group fails now.
    requeue(&db, &[&old[..], &["--yes"]].concat()).expect_code(77);
    // One job is its own canary.
    requeue(&db, &[old[0], "--yes"]).expect_code(0);
    // Another group does not count.
    db.execute(&format!(
        "UPDATE jobs SET kind = 'TRANSCRIBE', state = 'dead_letter' WHERE id::text IN ('{}', '{}')",
        old[0], old[1]
    ));
    db.execute("UPDATE jobs SET updated_at = now() - interval '2 hours' WHERE kind = 'TRANSCRIBE'");
    requeue(&db, &["--kind", "TRANSCRIBE", "--yes"]).expect_code(0);
}

#[test]
fn prompt_follows_the_warning_without_a_canary() {
    let db = failing(3, 10);
    let mut terminal = command(&db, "requeue", &["--all"]).terminal(50, 120);
    terminal.wait_for("Requeue 3 jobs on ");
    let screen = terminal.screen();
    assert!(screen.contains("warning: this group is still failing (3 jobs"), "{screen}");
    terminal.type_text("y\r");
    assert_eq!(terminal.finish(), 0);
    assert_eq!(count(&db, "queued"), "3");
}

#[test]
fn groups_print_the_requeue_of_the_largest_group() {
    let db = failing(3, 10);
    let groups = Cli::new(["dlq", "groups"]).env("DATABASE_URL", db.url()).run().expect_code(0);
    let headline = groups.stdout.lines().next().unwrap();
    assert_eq!(headline, "3 dead letters in 1 group; still failing: CLIP_RENDER (3 in 15m)");
    let commands = groups.stdout.lines().filter_map(|line| line.split("  cliplyctl ").nth(1));
    let canary = commands.map(|line| line.split("  ").next().unwrap());
    let canary: Vec<_> = canary.filter(|command| command.ends_with(" --canary")).collect();
    let [command] = canary.as_slice() else { panic!("{groups:#?}") };
    let words: Vec<_> = command.split(' ').collect();
    let mut terminal = Cli::new(&words).env("DATABASE_URL", db.url()).terminal(50, 120);
    terminal.wait_for("Requeue 3 jobs on ");
    terminal.wait_for("1 job first? [y/N]");
    terminal.type_text("n\r");
    assert_eq!(terminal.finish(), 77);
}

#[test]
fn groups_without_new_dead_letters_are_not_called_failing() {
    let db = failing(3, 3_600);
    let groups = Cli::new(["dlq", "groups"]).env("DATABASE_URL", db.url()).run().expect_code(0);
    let headline = groups.stdout.lines().next().unwrap();
    assert_eq!(headline, "3 dead letters in 1 group; no new ones in the last 15m");
}
