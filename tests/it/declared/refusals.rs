//! Declarations that do not fit, and texts that are no expressions: nothing is written, and the message names the key.

use super::{Declared, draft, edit};
use crate::support::postgres::Database;

const SCHEMA: &str = "create table work (id int primary key, status text not null, error text, run_at timestamptz,
     attempts int not null default 0, count_of text,
     updated_at timestamptz not null default now() - interval '1 hour');
   create table touched (n int);
   create function touch() returns text language plpgsql as
     $$ begin insert into touched values (1); return 'x'; end $$;
   insert into work(id, status, error)
     select n, case when n % 2 = 0 then 'dead' else 'queued' end, 'boom ' || n from generate_series(1, 10) n;";

fn database() -> Database {
    let db = Database::blank();
    db.execute(SCHEMA);
    db
}

/// The queue with some edited lines.
fn declared(edits: &[(&str, &str)]) -> Declared {
    let db = database();
    let draft = draft(&db, "work");
    Declared::new(db, &edit(&draft, edits))
}

fn contents(declared: &Declared) -> String {
    declared.db.value(
        "select string_agg(w::text, ' ' order by id) || (select count(*) from touched) from work w",
    )
}

#[test]
fn draft_without_edits_fits_a_plain_table() {
    let declared = declared(&[]);
    let queue = declared.run(&["queue", "-o", "json"]).json();
    assert_eq!(
        queue["data"]["dead"]["value"].as_u64().or(queue["data"]["dead"].as_u64()),
        Some(5),
        "{queue:#}"
    );
    declared.run(&["config", "check"]).expect_code(0);
    declared.run(&["dlq", "requeue", "--all", "--yes"]).expect_code(0);
    assert_eq!(declared.db.value("select count(*) from work where status = 'queued'"), "10");
}

#[test]
fn text_that_is_not_one_expression_is_refused() {
    for text in [
        "error), (error",
        "error, error",
        "error from work; delete from work",
        "error) from work; delete from work; --",
        "error) from work limit 0)), pg_typeof((select (error",
        "error end from work limit 0)), pg_typeof((select case when true then error",
        "(with gone as (delete from work returning 1) select 'x')",
        "count(*)::text",
        "generate_series(1, 2)::text",
        "error /*",
        "'",
        "error union select status",
        "missing_column",
        "select error",
    ] {
        let line = format!("error = '''{text}'''");
        let declared = declared(&[("error = ", if text == "'" { "error = \"'\"" } else { &line })]);
        let before = contents(&declared);
        let out = declared.run(&["dlq", "list"]);
        assert_eq!(out.code, 3, "{text}: {}{}", out.stdout, out.stderr);
        assert!(out.stderr.contains("columns.error"), "{text}: {}", out.stderr);
        let check = declared.run(&["config", "check", "-o", "json"]);
        assert_eq!(check.code, 3, "{text}: {}", check.stdout);
        declared.run(&["dlq", "requeue", "--all", "--yes"]).expect_code(3);
        assert_eq!(contents(&declared), before, "{text}");
    }
}

#[test]
fn expression_with_a_comment_or_a_subquery_is_accepted() {
    for text in [
        "error -- the last one",
        "(select max(e.error) from work e where e.id = work.id)",
        "lower(error)",
    ] {
        let line = format!("error = '''{text}'''");
        let declared = declared(&[("error = ", &line)]);
        declared.run(&["config", "check"]).expect_code(0);
        let jobs = declared.data(&["dlq", "list"]);
        assert!(jobs.to_string().contains("boom 2"), "{text}: {jobs:#}");
    }
}

#[test]
fn expression_that_writes_fails_in_every_command() {
    let declared = declared(&[("error = ", "error = \"touch()\"")]);
    let before = contents(&declared);
    for args in [
        &["dlq", "list"][..],
        &["dlq", "groups"],
        &["dlq", "requeue", "--all", "--yes"],
        &["dlq", "requeue", "2", "--yes"],
        &["dlq", "show", "2"],
    ] {
        let out = declared.run(args);
        assert_ne!(out.code, 0, "{args:?}: {}", out.stdout);
        assert_eq!(contents(&declared), before, "{args:?}");
    }
}

#[test]
fn requeue_that_leaves_the_job_dead_writes_nothing() {
    for set in ["set = { attempts = 0 }", "set = { status = \"stopped\", attempts = 0 }"] {
        let declared = declared(&[("set = ", set)]);
        let before = contents(&declared);
        let out = declared.run(&["dlq", "requeue", "--all", "--yes"]);
        assert_ne!(out.code, 0, "{}", out.stdout);
        assert!(
            format!("{}{}", out.stdout, out.stderr).contains("queued states"),
            "{}{}",
            out.stdout,
            out.stderr
        );
        assert_eq!(contents(&declared), before);
    }
}

#[test]
fn values_are_bound_and_names_are_quoted() {
    let declared = declared(&[(
        "set = ",
        "set = { status = \"queued\", count_of = \"'); delete from work; --\" }",
    )]);
    declared.run(&["dlq", "requeue", "--all", "--yes"]).expect_code(0);
    let sql = "select count(*) from work where count_of = '''); delete from work; --'";
    assert_eq!(declared.db.value(sql), "5");
    let declared = self::declared(&[("null = ", "null = [\"error = null; --\"]")]);
    let out = declared.run(&["dlq", "list"]).expect_code(3);
    let reason =
        "requeue: column \"error = null; --\" does not exist; found \"id\", \"status\", \"error\"";
    assert!(out.stderr.contains(reason), "{}", out.stderr);
}

#[test]
fn wrong_type_is_named_with_the_expected_one() {
    let declared = declared(&[("due = ", "due = \"error\"")]);
    let out = declared.run(&["queue"]).expect_code(3);
    assert!(out.stderr.contains("columns.due: its type is text"), "{}", out.stderr);
}

#[test]
fn state_without_a_role_is_never_ok() {
    let declared = declared(&[("dead = ", "dead = []")]);
    let out = declared.run(&["queue", "-o", "json"]);
    assert_eq!(out.code, 3, "{}", out.stdout);
    let check = declared.run(&["config", "check"]).expect_code(0);
    assert!(check.stdout.contains("belong to no role"), "{}", check.stdout);
}

#[test]
fn declared_view_is_read_but_not_written() {
    let db = database();
    db.execute("create view work_view as select * from work");
    let draft = draft(&db, "work_view");
    let declared = Declared::new(db, &draft);
    let before = contents(&declared);
    assert!(declared.data(&["dlq", "list"]).to_string().contains("boom 2"));
    let out = declared.run(&["dlq", "requeue", "--all", "--yes"]).expect_code(77);
    assert!(out.stderr.contains("view"), "{}", out.stderr);
    assert_eq!(contents(&declared), before);
}

#[test]
fn declaration_without_a_requeue_is_read_but_not_written() {
    let db = database();
    let draft = draft(&db, "work");
    let (reading, _) = draft.split_once("[context.here.queue.requeue]").unwrap();
    let declared = Declared::new(db, reading);
    declared.run(&["dlq", "groups"]).expect_code(0);
    let out = declared.run(&["dlq", "requeue", "--all", "--yes"]).expect_code(77);
    assert!(out.stderr.contains("requeue]"), "{}", out.stderr);
}

#[test]
fn declared_rows_under_rls_are_hidden_not_empty() {
    let db = database();
    db.execute("create role declared_reader login; grant select on work to declared_reader; alter table work enable row level security");
    let text = draft(&db, "work");
    let config =
        format!("[context.here]\ndatabase_url = \"{}\"\n{text}", db.url_as("declared_reader"));
    let out =
        crate::support::cli::Cli::new(["-c", "here", "queue"]).file("cliplyctl.toml", config).run();
    db.execute("drop owned by declared_reader; drop role declared_reader");
    assert_eq!(out.code, 3, "{}", out.stdout);
    assert!(out.stderr.contains("row-level security"), "{}", out.stderr);
}

#[test]
fn unknown_table_prints_a_declaration_to_paste() {
    let db = database();
    let config = format!(
        "[context.here]\nbase_url = \"http://127.0.0.1:1\"\ndatabase_url = \"{}\"\n",
        db.url()
    );
    let cli = crate::support::cli::Cli::new(["-c", "here", "config", "check", "-o", "json"]);
    let json = cli.file("cliplyctl.toml", config).run().expect_code(3).json();
    assert_eq!(json["data"]["declaration"], draft(&db, "work"));
}

#[test]
fn expressions_run_only_in_read_only_transactions() {
    let db = database();
    db.execute(
        "create function reading(value text) returns text language plpgsql as $$ begin
           if current_setting('transaction_read_only') <> 'on' then raise exception 'not read-only'; end if;
           perform set_config('application_name', 'changed', false);
           return value; end $$",
    );
    let text = draft(&db, "work");
    let edits = [
        ("state = ", "state = \"reading(status)\""),
        ("error = ", "error = \"reading(error)\""),
        ("due = ", "due = \"reading(run_at::text)::timestamptz\""),
    ];
    let declared = Declared::new(db, &edit(&text, &edits));
    // A write transaction on the same connection does not see what an expression has set.
    declared.db.execute(
        "create function unchanged() returns trigger language plpgsql as $$ begin
           if current_setting('application_name') not like 'cliplyctl:%' then raise exception 'changed'; end if;
           return new; end $$;
         create trigger unchanged before update on work for each row execute function unchanged()",
    );
    let before = contents(&declared);
    let json = declared.data(&["dlq", "requeue", "--all", "--yes"]);
    assert_eq!(json["outcome"]["written"], 5, "{json:#}");
    let operation = json["outcome"]["operation"].as_str().unwrap();
    declared.run(&["dlq", "undo", operation, "--yes"]).expect_code(0);
    assert_eq!(contents(&declared), before);
}

#[test]
fn locked_or_changed_rows_are_left_and_named() {
    let declared = declared(&[]);
    let session = declared.db.session();
    session.execute("begin; update work set error = 'edited' where id = 4");
    let out =
        declared.run(&["dlq", "requeue", "--all", "--yes", "--lock-wait", "1s", "-o", "json"]);
    assert_eq!(out.code, 75, "{}{}", out.stdout, out.stderr);
    assert_eq!(out.json()["data"]["outcome"]["written"], 4);
    session.execute("commit");
    let left = declared.db.value("select status || error from work where id = 4");
    assert_eq!(left, "deadedited");
}
