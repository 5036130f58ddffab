//! Which jobs table is read: of one package, of several, of one that is not supported.

use serde_json::Value;

use super::{
    GRAPHILE_WORKER, OBAN, OBAN_PYTHON, PG_BOSS, PROCRASTINATE, QUEUES, RIVER, SOLID_QUEUE, WRITTEN,
};
use crate::support::cli::Cli;
use crate::support::postgres::Database;

fn cli(db: &Database, args: &[&str]) -> Cli {
    Cli::new(args).env("DATABASE_URL", db.url())
}

#[test]
fn table_of_like_names_is_no_package() {
    let one = "create table job (id bigint, state text)";
    let several = format!("{one}; create table river_job (id bigint)");
    let view = "create view river_job as select 1 as id, now() as finalized_at";
    for tables in [one, &several, view] {
        let db = Database::blank();
        db.execute(tables);
        let out = cli(&db, &["queue"]).run();
        assert_eq!(out.code, 3, "{tables}");
        assert!(out.stderr.contains("table public.jobs does not exist"), "{}", out.stderr);
        let out = cli(&db, &["queue", "--queue-instance", "pg_boss:public"]).run();
        assert_eq!(out.code, 3, "{tables}");
        assert!(out.stderr.contains("no table of pg-boss in schema public"), "{}", out.stderr);
    }
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
    for queue in [&RIVER, &PG_BOSS, &GRAPHILE_WORKER, &OBAN, &PROCRASTINATE, &SOLID_QUEUE] {
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
    for queue in WRITTEN {
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

/// Removes what grows from one reading to the next.
fn without_ages(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|key, _| !key.contains("_age"));
            fields.values_mut().for_each(|field| *field = without_ages(field.take()));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| *item = without_ages(item.take()));
        }
        _ => {}
    }
    value
}

#[test]
fn hidden_rows_of_any_table_change_no_count() {
    for queue in QUEUES {
        let installed = queue.installed();
        let db = &installed.db;
        let role = format!("reader_{}", db.name());
        db.execute(&format!(
            "create role {role} login; grant usage on schema {0} to {role}; grant select on all tables in schema {0} to {role}",
            queue.schema
        ));
        let read = || {
            let out = installed.run_as(&db.url_as(&role), &["queue", "-o", "json"]);
            let data = (out.code != 3).then(|| out.json()["data"].clone())?;
            let keys = [
                "due",
                "scheduled",
                "blocked",
                "claimed",
                "stuck",
                "failed",
                "dead",
                "workers",
                "by_kind",
            ];
            let counts = keys.map(|key| without_ages(data[key].clone()).to_string());
            Some((counts, data["unknowable"].to_string()))
        };
        let all = read();
        // Those of graphile-worker are hidden as migrated.
        assert_eq!(all.is_none(), queue.key == "graphile_worker", "{}", queue.key);
        let tables = db.rows(&format!(
            "select relname from pg_class where relkind = 'r' and relnamespace = '{}'::regnamespace",
            queue.schema
        ));
        for table in tables.into_iter().flatten().flatten() {
            let table = format!("{}.\"{table}\"", queue.schema);
            db.execute(&format!("alter table {table} enable row level security"));
            let hidden = read();
            let is_same =
                || hidden.as_ref().map(|hidden| &hidden.0) == all.as_ref().map(|all| &all.0);
            // What else is not read is said.
            let is_said =
                || table.contains("river_queue") && format!("{hidden:?}").contains("river_queue");
            assert!(hidden.is_none() || is_same() || is_said(), "{}: {hidden:?} {all:?}", table);
            db.execute(&format!("alter table {table} disable row level security"));
        }
        db.execute(&format!("drop owned by {role}; drop role {role}"));
    }
}

#[test]
fn error_of_solid_queue_that_is_no_json_is_shown_as_it_is() {
    let installed = SOLID_QUEUE.installed();
    let dead = installed.count(SOLID_QUEUE.dead);
    installed.db.execute(
        "update solid_queue_failed_executions set error = '{not json}' where id = (select min(id) from solid_queue_failed_executions)",
    );
    let data = installed.data(&["dlq", "list", "--limit", "1000"]);
    let jobs = data["jobs"].as_array().unwrap();
    assert_eq!(jobs.len().to_string(), dead.to_string());
    assert!(jobs.iter().any(|job| job["error"] == "{not json}"), "{data:#}");
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
    // What exists is not suggested again.
    let indexes = installed.data(&["queue", "--advise"])["indexes"].as_array().unwrap().len();
    assert_eq!(indexes, data["indexes"].as_array().unwrap().len() - 1);
    installed.run(&["queue"]).expect_code(1);
    let out = PG_BOSS.installed().run(&["queue", "--advise"]);
    assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
}

#[test]
fn requeue_is_suggested_only_where_it_is_possible() {
    for queue in QUEUES {
        let installed = queue.installed();
        let dead = installed.select("min(id::text)", queue.dead);
        for command in [&["dlq", "groups"][..], &["dlq", "show", &dead]] {
            let out = installed.run(command).expect_code(0).stdout;
            let is_suggested = out.contains("cliplyctl dlq requeue");
            let is_written = !queue.writes.own_retry.is_empty();
            assert_eq!(is_suggested, is_written, "{command:?} {out}");
            assert_eq!(out.contains("No requeue: "), !is_written, "{command:?} {out}");
        }
    }
}

#[test]
fn job_without_an_execution_is_never_ok() {
    let installed = SOLID_QUEUE.installed();
    installed.db.execute("delete from solid_queue_jobs where finished_at is null");
    installed.run(&["queue"]).expect_code(0);
    installed.db.execute(
        "insert into solid_queue_jobs (queue_name, class_name) values ('default', 'MailJob')",
    );
    let out = installed.run(&["queue"]);
    assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
    let list = installed.run(&["jobs", "list", "--state", "unknown"]).expect_code(0);
    assert!(list.stdout.contains("MailJob"), "{}", list.stdout);
}

#[test]
fn times_with_a_zone_are_read_as_they_are() {
    let zoned = SOLID_QUEUE.schema_sql.replace("timestamp(6)", "timestamptz(6)");
    let zoned = zoned.replace("(now() at time zone 'utc')", "now()");
    let db = Database::blank();
    db.execute(&zoned.replace("{schema}", "public"));
    db.execute(
        &SOLID_QUEUE
            .rows("public")
            .replace(" at time zone 'utc' $$", " $$")
            .replace("returns timestamp ", "returns timestamptz "),
    );
    db.execute(&format!("alter database {} set timezone = 'Asia/Tokyo'", db.name()));
    let (naive, zoned) = (SOLID_QUEUE.installed(), cli(&db, &["queue", "-o", "json"]).run().json());
    let naive = naive.data(&["queue"]);
    for key in [
        "due",
        "scheduled",
        "claimed",
        "stuck",
        "failed",
        "dead",
        "blocked",
        "dead_lettered_last_hour",
    ] {
        assert_eq!(zoned["data"][key], naive[key], "{key}: {zoned:#}");
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

#[test]
fn table_of_the_application_does_not_hide_a_package() {
    let business = "create table jobs (id bigserial primary key, customer_id bigint, title text not null,
          status text not null default 'pending', scheduled_for timestamptz, created_at timestamptz default now(),
          updated_at timestamptz default now());
        insert into jobs (title, status) values ('fix the boiler', 'completed');";
    let status = |db: &Database| cli(db, &["queue", "-o", "json"]).run().json();
    let db = Database::blank();
    db.execute(&format!("{}{}{business}", RIVER.tables("public"), RIVER.rows("public")));
    let dead = db.value(&format!("select count(*) from river_job where {}", RIVER.dead));
    assert_eq!(status(&db)["data"]["dead"]["value"].to_string(), dead);
    // Without a package, it is the table of jobs.
    let alone = Database::blank();
    alone.execute(business);
    assert_eq!(status(&alone)["summary"]["queued"], 0);
    // A table that workers write is the backend's.
    db.execute("alter table jobs add attempts int not null default 0");
    assert_ne!(status(&db)["data"]["dead"]["value"].to_string(), dead);
}
