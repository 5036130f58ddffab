//! Options and values under their names of version 0.1.0 do the same as under the current ones.

use rusqlite::Connection;

use crate::requeue::{command, insert_dead_letters, job, requeue};
use crate::support::cli::Cli;
use crate::support::postgres::Database;

#[test]
fn old_names_of_list_options_select_the_same_jobs() {
    let db = Database::from_fixture("main_typical");
    for (new, old) in [
        ("jobs rescue --dry-run --stuck-after 30s", "jobs rescue --dry-run --stale 30s"),
        ("dlq list --sort dead-since", "dlq list --sort died"),
    ] {
        let ids = |line: &str| {
            let mut cli =
                Cli::new(line.split(' ').chain(["-o", "json"])).env("DATABASE_URL", db.url());
            let json = cli.run().expect_code(0).json();
            let jobs = json["data"]["jobs"].as_array().unwrap();
            jobs.iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids(old), ids(new), "{old}");
        assert!(!ids(new).is_empty(), "{new}");
    }
}

#[test]
fn frozen_plan_ignores_changes() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let mut dry = command(&db, "requeue", &["--all", "--dry-run"]);
    let plan = dry.run().expect_code(0).json()["data"]["plan"].as_str().unwrap().to_owned();
    insert_dead_letters(&db, 2);
    let apply = |more: &[&str]| {
        command(&db, "requeue", &[&["--plan", plan.as_str(), "--yes"], more].concat())
            .env("XDG_STATE_HOME", dry.home().join(".local/state"))
            .run()
    };
    apply(&[]).expect_code(77);
    assert_eq!(apply(&["--frozen"]).expect_code(0).json()["data"]["outcome"]["written"], 3);
}

#[test]
fn repeat_offenders_are_repeat_failures() {
    let db = Database::from_fixture("main_typical");
    for _ in 0..2 {
        requeue(&db, &[&job(201), "--yes"]).expect_code(0);
        db.execute(&format!(
            "UPDATE jobs SET state = 'dead_letter', attempts = 5 WHERE id = '{}'",
            job(201)
        ));
    }
    let eligible = |more: &[&str]| {
        let args = [&["--kind", "CLIP_RENDER", "--dry-run"], more].concat();
        requeue(&db, &args).expect_code(0).json()["data"]["eligible"].as_u64()
    };
    assert_eq!(eligible(&[]), Some(14));
    assert_eq!(eligible(&["--include-repeat-offenders"]), Some(15));
}

#[test]
fn retain_replaces_the_old_option_for_snapshots() {
    let url = "postgres://u@127.0.0.1:1/app";
    let mut first = Cli::new(["record", "--database-url", url]);
    first.run().expect_code(0);
    let state = first.home().join(".local/state");
    let store = Connection::open(state.join("cliplyctl/history.db")).unwrap();
    store.execute("UPDATE snapshots SET at = at - 2 * 3600 * 1000", []).unwrap();
    for (keep, snapshots) in [("3h", 2), ("1h", 2)] {
        let args = ["record", "--database-url", url, "--keep", keep];
        Cli::new(args).env("XDG_STATE_HOME", &state).run().expect_code(0);
        let sql = "SELECT count(*) FROM snapshots";
        let count: u32 = store.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(count, snapshots, "--keep {keep}");
    }
}
