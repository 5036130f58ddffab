//! Tables with both `state` and `status`: the column that workers claim by holds the state.

use serde_json::Value;

use super::run;
use crate::support::cli::Cli;
use crate::support::postgres::Database;

/// Both columns with the same values, so that only functions or rows can decide.
const TABLE: &str = "
    create table jobs(
      id uuid primary key default gen_random_uuid(), kind text not null default 'X',
      state text not null default 'queued' check (state in ('queued', 'running', 'done', 'error')),
      status text not null default 'queued' check (status in ('queued', 'running', 'done', 'error')),
      attempts int not null default 0, max_attempts int not null default 5,
      run_at timestamptz default now(), worker_id text, last_heartbeat timestamptz,
      created_at timestamptz default now(), updated_at timestamptz not null default now());";

/// A function that writes both columns when a job is finished, as backends have it.
const FINISH: &str = "
    create function finish(j uuid) returns void language sql as $$
      update jobs set state = 'done', status = 'done', worker_id = null where id = j $$;";

/// Claim functions in several spellings; each claims by the column COLUMN.
const CLAIMS: [&str; 5] = [
    "create function worker_claim_next_job(w text) returns setof jobs language sql as $$
       update jobs set COLUMN = 'running', worker_id = w, last_heartbeat = now() where id =
         (select id from jobs where COLUMN = 'queued' limit 1 for update skip locked) returning * $$",
    "create function take(w text) returns setof jobs language plpgsql as $$
     declare r jobs; begin
       select * into r from public.jobs j where j.\"COLUMN\" in ('queued') limit 1 for update skip locked;
       return query update public.jobs as t set COLUMN = 'running', worker_id = w, last_heartbeat = now()
         where t.id = r.id returning t.*;
     end $$",
    "create function take(w text) returns setof jobs language sql begin atomic
       update jobs set COLUMN = 'running', worker_id = w, last_heartbeat = now() where id =
         (select j.id from jobs j where j.COLUMN = 'queued' limit 1 for update skip locked) returning *; end",
    "create function take(w text) returns setof jobs language plpgsql as $$
     begin return query execute 'update jobs set COLUMN = ''running'', worker_id = $1, last_heartbeat = now()
       where id = (select id from jobs where COLUMN = ''queued'' limit 1 for update skip locked) returning *'
       using w; end $$",
    "create schema worker; create function worker.take(w text) returns setof jobs language sql as $$
       update public.jobs set worker_id = w, last_heartbeat = now(), COLUMN = 'running' where id =
         (select id from public.jobs where COLUMN = any (array['queued'])
           limit 1 for update skip locked) returning * $$",
];

/// The numbers of due and claimed jobs in the output of `queue`.
fn counts(json: &Value) -> [u64; 2] {
    ["due", "claimed"].map(|key| json["data"][key]["value"].as_u64().expect(key))
}

#[test]
fn claim_function_of_any_spelling_decides() {
    for claim in CLAIMS {
        for column in ["state", "status"] {
            let database = Database::blank();
            database.execute(&format!("{TABLE}{FINISH}{}", claim.replace("COLUMN", column)));
            let schema = if claim.contains("create schema") { "worker." } else { "" };
            let function =
                if claim.contains("worker_claim") { "worker_claim_next_job" } else { "take" };
            database.execute(&format!(
                "insert into jobs(kind) select 'X' from generate_series(1, 9);
                 do $$ begin for i in 1..4 loop perform {schema}{function}('w1'); end loop; end $$;"
            ));
            let json = run(&["queue", "-o", "json"], &database).expect_code(0).json();
            assert_eq!(counts(&json), [5, 4], "{column}: {claim}");
        }
    }
}

#[test]
fn columns_that_differ_without_evidence_are_unknown_unless_set() {
    let database = Database::blank();
    database.execute(TABLE);
    database.execute(
        "insert into jobs(status, worker_id, last_heartbeat)
           select 'running', 'w1', now() from generate_series(1, 3);
         insert into jobs(status) select 'queued' from generate_series(1, 2);",
    );
    for command in [&["queue"][..], &["jobs", "list"], &["dlq", "list"], &["dlq", "groups"]] {
        let output = run(command, &database).expect_code(3);
        assert!(output.stderr.contains("state_column"), "{command:?}: {output:#?}");
    }
    for (column, expected) in [("state", [5, 0]), ("status", [2, 3])] {
        let config =
            format!("[context.a]\ndatabase_url_env = \"URL_OF_A\"\nstate_column = \"{column}\"\n");
        let mut cli = Cli::new(["queue", "-c", "a", "-o", "json"])
            .file("cliplyctl.toml", config)
            .env("URL_OF_A", database.url());
        assert_eq!(counts(&cli.run().expect_code(0).json()), expected, "{column}");
    }
}

#[test]
fn view_over_the_jobs_is_read_like_its_table() {
    let database = Database::from_fixture("main_typical");
    // The status of this variant is not maintained, so the columns differ.
    let stale = "SELECT count(*) FROM jobs WHERE state = 'running' AND status = 'queued'";
    assert_ne!(database.value(stale), "0");
    let read = || {
        let output = run(&["queue", "-o", "json"], &database);
        let mut json = output.json();
        let kinds = json["data"]["by_kind"].as_array_mut().unwrap();
        for kind in kinds {
            kind["oldest_due_age"].take(); // a second may pass between two commands
        }
        (output.code, json["data"]["by_kind"].clone(), json["data"]["dead"].clone())
    };
    let table = read();
    assert_ne!(table.0, 3);
    database.execute(
        "ALTER TABLE jobs RENAME TO jobs_base; CREATE VIEW jobs AS SELECT * FROM jobs_base",
    );
    assert_eq!(read(), table);
}

#[test]
fn columns_that_agree_need_no_evidence() {
    let database = Database::blank();
    database.execute(TABLE);
    database.execute(
        "insert into jobs(state, status, worker_id, last_heartbeat)
           select 'running', 'running', 'w1', now() from generate_series(1, 3);
         insert into jobs(state, status) values ('queued', 'queued'), ('done', 'done');",
    );
    let json = run(&["queue", "-o", "json"], &database).expect_code(0).json();
    assert_eq!(counts(&json), [1, 3]);
}

/// The same table without constraints.
fn table_without_checks() -> String {
    let values = "check (COLUMN in ('queued', 'running', 'done', 'error'))";
    ["state", "status"].iter().fold(TABLE.to_owned(), |table, column| {
        table.replace(&values.replace("COLUMN", column), "")
    })
}

#[test]
fn columns_that_agree_in_any_word_need_no_check() {
    let words = "queued pending processing running done completed succeeded dead_letter canceled";
    for words in [words.to_owned(), words.to_uppercase()] {
        let database = Database::blank();
        database.execute(&table_without_checks());
        database.execute(&format!(
            "insert into jobs(state, status, worker_id, last_heartbeat)
               select word, word, 'w1', now() from unnest(string_to_array('{words}', ' ')) word"
        ));
        let json = run(&["queue", "-o", "json"], &database).expect_code(0).json();
        assert_eq!(counts(&json), [2, 2], "{words}");
    }
}

#[test]
fn columns_that_differ_in_any_letter_case_are_unknown() {
    for [state, status] in [["queued", "running"], ["QUEUED", "RUNNING"], ["Done", "Queued"]] {
        let database = Database::blank();
        database.execute(&table_without_checks());
        database
            .execute(&format!("insert into jobs(state, status) values ('{state}', '{status}')"));
        for command in [&["queue"][..], &["jobs", "list"], &["dlq", "list"], &["dlq", "groups"]] {
            let output = run(command, &database).expect_code(3);
            assert!(output.stderr.contains("state_column"), "{state} {command:?}: {output:#?}");
        }
    }
}

#[test]
fn other_value_of_state_column_is_a_configuration_error() {
    let config = "[context.a]\nstate_column = \"phase\"\n";
    let output =
        Cli::new(["queue", "-c", "a"]).file("cliplyctl.toml", config).run().expect_code(78);
    assert!(output.stderr.contains("state_column"), "{output:#?}");
}

#[test]
fn requeue_and_rescue_set_both_columns_if_the_claim_reads_both() {
    let database = Database::blank();
    database.execute(&TABLE.replace("'error'", "'error', 'dead_letter'"));
    database.execute(
        "create function claim(w text) returns setof jobs language sql as $$
           update jobs set state = 'running', status = 'running', worker_id = w, last_heartbeat = now() where id =
             (select id from jobs where state = 'queued' and status = 'queued' limit 1 for update skip locked)
           returning * $$;
         alter table jobs drop constraint jobs_status_check;
         insert into jobs(state, status) values ('dead_letter', 'error');
         insert into jobs(state, status, worker_id, last_heartbeat)
           values ('running', 'running', 'w1', now() - interval '1 hour');",
    );
    let requeue = ["dlq", "requeue", "--all", "--reason", "cause fixed", "--yes"];
    let requeued = run(&requeue, &database).expect_code(0);
    assert!(requeued.stdout.contains('1'), "{}", requeued.stdout);
    run(&["jobs", "rescue", "--reason", "worker died", "--yes"], &database).expect_code(0);
    database.execute("select claim('w2'); select claim('w2')");
    assert_eq!(database.value("select count(*) from jobs where worker_id = 'w2'"), "2");
}
