//! Which jobs table is read: of one package, of several, of one that is not supported.

use super::{OBAN, OBAN_PYTHON, PG_BOSS, PROCRASTINATE, QUEUES, RIVER};
use crate::support::cli::Cli;
use crate::support::postgres::Database;

/// Tables of packages that are recognized and not supported, each with the column that tells it.
const OTHERS: [(&str, &str); 5] = [
    ("graphile-worker", "create schema w; create table w._private_jobs (id bigint, task_id int)"),
    ("Solid Queue", "create table solid_queue_jobs (id bigint, active_job_id text)"),
    ("GoodJob", "create table good_jobs (id uuid, serialized_params jsonb)"),
    ("Que", "create table que_jobs (id bigint, expired_at timestamptz)"),
    ("Delayed Job", "create table delayed_jobs (id bigint, handler text)"),
];

fn cli(db: &Database, args: &[&str]) -> Cli {
    Cli::new(args).env("DATABASE_URL", db.url())
}

#[test]
fn other_package_is_recognized_and_never_ok() {
    for (name, sql) in OTHERS {
        let db = Database::blank();
        db.execute(sql);
        for command in [&["queue"][..], &["dlq", "list"], &["dlq", "requeue", "--all", "--yes"]] {
            let out = cli(&db, command).run();
            assert_eq!(out.code, 3, "{name} {command:?}: {}{}", out.stdout, out.stderr);
            let expected = format!("{name} in schema ");
            assert!(out.stderr.contains(&expected), "{name}: {}", out.stderr);
            assert!(out.stderr.contains("recognized, not supported yet"), "{}", out.stderr);
            assert!(out.stderr.contains("docs/queues.md"), "{}", out.stderr);
        }
    }
}

#[test]
fn table_of_like_names_is_no_package() {
    let db = Database::blank();
    db.execute("create table job (id bigint, state text); create table river_job (id bigint)");
    let out = cli(&db, &["queue"]).run();
    assert_eq!(out.code, 3);
    assert!(out.stderr.contains("table public.jobs does not exist"), "{}", out.stderr);
}

#[test]
fn package_is_found_beside_an_unknown_jobs_table() {
    let db = Database::blank();
    db.execute("create table jobs (id bigint, queue text, payload text, attempts smallint)");
    db.execute(&RIVER.tables("public"));
    let json = cli(&db, &["queue", "-o", "json"]).run().expect_code(0).json();
    assert_eq!(json["coverage"]["examined"][0], "public.\"river_job\"", "{json:#}");
}

#[test]
fn backend_table_is_preferred_to_a_package() {
    let db = Database::from_fixture("main_typical");
    let before = cli(&db, &["queue", "-o", "json"]).run().json()["data"]["dead"].clone();
    // One table of a name in a schema.
    for queue in [&RIVER, &PG_BOSS, &OBAN, &PROCRASTINATE] {
        db.execute(&queue.tables(queue.schema));
        db.execute(&queue.rows(queue.schema));
    }
    let after = cli(&db, &["queue", "-o", "json"]).run().json();
    assert_eq!(after["data"]["dead"], before);
    assert_eq!(after["coverage"]["examined"][0], "public.jobs");
    let chosen = cli(&db, &["queue", "--queue-instance", "pg_boss", "-o", "json"]).run().json();
    assert_eq!(chosen["coverage"]["examined"][0], "\"pgboss\".\"job\"", "{chosen:#}");
}

#[test]
fn several_queues_need_a_choice_by_flag_or_context() {
    let db = Database::blank();
    db.execute(&RIVER.tables("public"));
    db.execute(&PG_BOSS.tables("\"Eu jobs\""));
    db.execute(&PG_BOSS.rows("\"Eu jobs\""));
    db.execute(&PG_BOSS.tables("us"));
    let out = cli(&db, &["queue"]).run();
    assert_eq!(out.code, 3);
    for hint in ["river:public", "pg_boss:Eu jobs", "pg_boss:us"] {
        assert!(out.stderr.contains(hint), "{hint}: {}", out.stderr);
    }
    let dead = |out: crate::support::cli::Output| out.json()["data"]["dead"]["value"].clone();
    let flag = |text: &str| cli(&db, &["queue", "--queue-instance", text, "-o", "json"]).run();
    assert_eq!(dead(flag("river")), 0);
    assert_eq!(dead(flag("us")), 0);
    assert_eq!(dead(flag("pg_boss:Eu jobs")), 14);
    assert_eq!(flag("pg_boss").code, 3, "two schemas have it");
    assert_eq!(flag("pg_boss:public").code, 3);
    assert_eq!(flag("sidekiq:public").code, 64);
    let config = format!(
        "[context.eu]\ndatabase_url = \"{}\"\n[context.eu.queue]\nadapter = \"pg_boss\"\nschema = \"Eu jobs\"\n",
        db.url()
    );
    let out = Cli::new(["-c", "eu", "queue", "-o", "json"]).file("cliplyctl.toml", &config).run();
    assert_eq!(dead(out), 14);
    // The commands that are suggested choose the same table.
    let out = cli(&db, &["dlq", "groups", "--queue-instance", "pg_boss:Eu jobs"]).run();
    assert!(out.stdout.contains("--queue-instance 'pg_boss:Eu jobs'"), "{}", out.stdout);
    let wrong = config.replace("schema = ", "table = ");
    let out = Cli::new(["-c", "eu", "queue"]).file("cliplyctl.toml", &wrong).run();
    assert_eq!(out.code, 78, "{}", out.stderr);
}

#[test]
fn unknown_version_is_read_and_not_written() {
    for queue in QUEUES {
        let installed = queue.installed_with(queue.newer.0);
        let before = installed.rows();
        installed.run(&["dlq", "list"]).expect_code(0);
        let out = installed.run(&["dlq", "requeue", "--all", "--yes"]);
        assert_eq!(out.code, 77, "{}{}", out.stdout, out.stderr);
        let found = format!("schema version {}", queue.newer.1);
        assert!(out.stderr.contains(&found), "{}", out.stderr);
        assert_eq!(installed.rows(), before);
    }
}

#[test]
fn table_without_a_needed_column_is_refused() {
    for queue in QUEUES {
        let column = queue.needed;
        let drop = format!("alter table {}.{} drop column {column}", queue.schema, queue.table);
        let installed = queue.installed_with(&drop);
        let out = installed.run(&["queue"]);
        assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
        assert!(out.stderr.contains(&format!("lacks {column}")), "{}", out.stderr);
    }
}

#[test]
fn unknown_label_of_the_state_is_never_ok() {
    for queue in QUEUES {
        let add = format!("alter type {} add value 'paused'", queue.state_type);
        let installed = queue.installed_with(&add);
        installed.db.execute(&format!(
            "update {} set {} = 'paused' where {}",
            installed.table(),
            queue.state,
            queue.claimed
        ));
        let out = installed.run(&["queue"]);
        assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
        assert!(out.stdout.contains("paused"), "{}", out.stdout);
    }
}

#[test]
fn role_without_rights_is_told_the_table() {
    for queue in QUEUES {
        let installed = queue.installed_with("");
        let role = format!("nobody_{}", installed.db.name());
        installed.db.execute(&format!("create role {role} login"));
        let out = installed.run_as(&installed.db.url_as(&role), &["queue"]);
        assert_eq!(out.code, 3);
        assert!(out.stderr.contains(queue.denied), "{}", out.stderr);
        installed.db.execute(&format!("drop role {role}"));
    }
}

#[test]
fn tested_versions_of_oban_are_written() {
    let indexes =
        "drop index oban_jobs_state_cancelled_at_index, oban_jobs_state_discarded_at_index;";
    // What the migrations of each version leave; the last is the Python package before 0.6.5.
    for (queue, differs) in [
        (&OBAN, format!("comment on table oban_jobs is '12'; {indexes}")),
        (&OBAN, "comment on table oban_jobs is '13'".to_owned()),
        (
            &OBAN,
            "comment on table oban_jobs is '15'; create index oban_jobs_staging_idx \
             on oban_jobs (scheduled_at, id) where state in ('scheduled', 'retryable')"
                .to_owned(),
        ),
        (&OBAN_PYTHON, "comment on table oban_jobs is '1'".to_owned()),
    ] {
        let installed = queue.installed_with(&differs);
        installed.run(&["dlq", "requeue", "1001", "--yes"]).expect_code(0);
    }
    // Versions before 14 have no state for suspended jobs.
    let db = Database::blank();
    let tables = OBAN.tables("public").replace("'suspended', ", "").replace("'14'", "'12'");
    db.execute(&tables);
    db.execute("insert into oban_jobs (worker, state, completed_at) values ('a', 'completed', now() - interval '1 day')");
    let json = cli(&db, &["queue", "-o", "json"]).run().expect_code(0).json();
    assert_eq!(json["data"]["blocked"], serde_json::Value::Null, "{json:#}");
    // An unknown version, and the Elixir table without its comment, are only read.
    for (queue, differs) in [
        (&OBAN, "comment on table oban_jobs is null"),
        (&OBAN, "comment on table oban_jobs is 'jobs of Oban'"),
        (&OBAN, "comment on table oban_jobs is '11'"),
        (&OBAN_PYTHON, "drop table oban_producers"),
    ] {
        let out = queue.installed_with(differs).run(&["dlq", "requeue", "1001", "--yes"]);
        assert_eq!(out.code, 77, "{}{}", out.stdout, out.stderr);
        assert!(out.stderr.contains("it is only read"), "{}", out.stderr);
    }
}
