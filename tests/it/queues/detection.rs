//! Which jobs table is read: of one package, of several, of one that is not supported.

use super::{GRAPHILE_WORKER, PG_BOSS, QUEUES, RIVER};
use crate::support::cli::Cli;
use crate::support::postgres::Database;

/// Tables of packages that are recognized and not supported, each with the column that tells it.
const OTHERS: [(&str, &str); 6] = [
    ("Oban", "create table oban_jobs (id bigint, attempted_by text[])"),
    ("Procrastinate", "create table procrastinate_jobs (id bigint, queueing_lock text)"),
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
    for queue in [&RIVER, &PG_BOSS, &GRAPHILE_WORKER] {
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
        let installed = queue.installed_with(queue.newer);
        let before = installed.rows();
        installed.run(&["dlq", "list"]).expect_code(0);
        let out = installed.run(&["dlq", "requeue", "--all", "--yes"]);
        assert_eq!(out.code, 77, "{}{}", out.stdout, out.stderr);
        assert!(out.stderr.contains("schema version 99"), "{}", out.stderr);
        assert_eq!(installed.rows(), before);
    }
}

#[test]
fn table_without_a_needed_column_is_refused() {
    for queue in QUEUES {
        let column = queue.needed;
        let drop =
            format!("alter table {}.{} drop column {column} cascade", queue.schema, queue.table);
        let installed = queue.installed_with(&drop);
        let out = installed.run(&["queue"]);
        assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
        assert!(out.stderr.contains(&format!("lacks {column}")), "{}", out.stderr);
    }
}

#[test]
fn unknown_label_of_the_state_is_never_ok() {
    for queue in QUEUES.into_iter().filter(|queue| !queue.state_type.is_empty()) {
        let add = format!("alter type {} add value 'paused'", queue.state_type);
        let installed = queue.installed_with(&add);
        installed.db.execute(&format!(
            "update {} set state = 'paused' where {}",
            installed.table(),
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
fn rows_hidden_by_rls_are_not_an_empty_queue() {
    let installed = GRAPHILE_WORKER.installed();
    let db = &installed.db;
    let role = format!("granted_{}", db.name());
    db.execute(&format!(
        "create role {role} login; grant usage on schema graphile_worker to {role}; \
         grant select on all tables in schema graphile_worker to {role}"
    ));
    let refused = |table: &str| {
        for command in [&["queue"][..], &["dlq", "list"], &["triage"], &["jobs", "show", "1001"]] {
            let out = installed.run_as(&db.url_as(&role), command);
            assert_eq!(out.code, 3, "{command:?} {}{}", out.stdout, out.stderr);
            let said = format!("{}{}", out.stdout, out.stderr);
            let expected = format!("row-level security filters graphile_worker.{table}");
            assert!(said.replace('"', "").contains(&expected), "{command:?} {said}");
        }
    };
    refused("_private_jobs");
    // A policy for the jobs alone: the kinds and locked queues are still hidden.
    db.execute(&format!(
        "create policy ops on graphile_worker._private_jobs for select to {role} using (true)"
    ));
    refused("_private_job_queues");
    for table in ["_private_job_queues", "_private_tasks"] {
        db.execute(&format!(
            "create policy ops on graphile_worker.{table} for select to {role} using (true)"
        ));
    }
    let out = installed.run_as(&db.url_as(&role), &["queue", "-o", "json"]).expect_code(1);
    assert_eq!(out.json()["data"]["dead"]["value"], installed.count(GRAPHILE_WORKER.dead));
    db.execute(&format!("drop owned by {role}; drop role {role}"));
}

#[test]
fn advice_of_an_index_is_that_of_the_package() {
    let installed = GRAPHILE_WORKER.installed();
    let data = installed.data(&["queue", "--advise"]);
    let sql = data["indexes"][0]["sql"].as_str().unwrap().to_owned();
    let plan = || {
        let session = installed.db.session();
        session.execute("set enable_seqscan = off");
        let count = format!("select count(*) from {}", installed.table());
        let rows = session.rows(&format!("explain {count} where {}", GRAPHILE_WORKER.dead));
        format!("{rows:?}")
    };
    assert!(!plan().contains("jobs_dead_cliplyctl"));
    installed.db.execute(&sql);
    assert!(plan().contains("jobs_dead_cliplyctl"), "{}", plan());
    let out = PG_BOSS.installed().run(&["queue", "--advise"]);
    assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
}
