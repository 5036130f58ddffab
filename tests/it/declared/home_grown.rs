//! Three tables that have nothing in common with the backend's, through every command that a person needs.

use super::{Declared, draft, edit};
use crate::support::postgres::Database;

/// A table, its declaration, and what is true of its rows.
struct HomeGrown {
    schema: &'static str,
    table: &'static str,
    edits: &'static [(&'static str, &'static str)],
    /// The table in SQL.
    relation: &'static str,
    /// The column of the id in SQL.
    id: &'static str,
    /// Conditions of due jobs and of dead letters, in SQL.
    due: &'static str,
    dead: &'static str,
    /// Scheduled, claimed, finished jobs.
    scheduled: u64,
    claimed: u64,
    /// Dead letters of the largest group, and its cause.
    largest: u64,
    cause: &'static str,
    /// What a worker sets when it claims a job.
    claim: &'static str,
}

/// Ids are uuids, states are numbers, times have no zone, and the error is unexpected JSON.
const NUMBERED: HomeGrown = HomeGrown {
    schema: "create table fulfilment_work (
        work_id uuid primary key default gen_random_uuid(), phase smallint not null default 0,
        topic varchar(40) not null, body json not null default '{}', not_before timestamp,
        tries int not null default 0, tries_allowed int not null default 4, leased_by text,
        leased_at timestamp, pinged_at timestamp, failure jsonb,
        added_at timestamp not null default (now() at time zone 'utc'), touched_at timestamp);
      insert into fulfilment_work(topic, phase, not_before)
        select 'pack', 0, case when n > 3 then (now() at time zone 'utc') + interval '1 h' end
          from generate_series(1, 5) n;
      insert into fulfilment_work(topic, phase, tries, leased_by, leased_at, pinged_at)
        select 'pack', 10, 1, 'w' || n, now() at time zone 'utc', now() at time zone 'utc' from generate_series(1, 2) n;
      insert into fulfilment_work(topic, phase) select 'pack', 20 from generate_series(1, 4);
      insert into fulfilment_work(topic, phase, tries, failure, leased_by, touched_at)
        select 'ship', 90, 4, jsonb_build_object('why', 'carrier answered 503 for parcel ' || n, 'at', 'x'), 'w1',
               (now() at time zone 'utc') - n * interval '20 min' from generate_series(1, 3) n;
      insert into fulfilment_work(topic, phase, tries, failure, touched_at)
        values ('pack', 90, 4, '{\"why\": \"box is too small\"}', (now() at time zone 'utc') - interval '2 h');",
    table: "fulfilment_work",
    edits: &[
        ("error = ", "error = \"failure ->> 'why'\""),
        ("queued = ", "queued = [0]"),
        ("claimed = ", "claimed = [10]"),
        ("finished = ", "finished = [20]"),
        ("dead = ", "dead = [90]"),
        ("# attempts_counted", "attempts_counted = \"at_claim\""),
    ],
    relation: "fulfilment_work",
    id: "work_id",
    due: "phase = 0 and (not_before is null or not_before <= now() at time zone 'utc')",
    dead: "phase = 90",
    scheduled: 2,
    claimed: 2,
    largest: 3,
    cause: "carrier answered",
    claim: "phase = 10, leased_by = 'w9', leased_at = now() at time zone 'utc'",
};

/// Names need quotes, the schema is not public, states are an enum with words of its own, and errors are in another
/// table.
const ENUM: HomeGrown = HomeGrown {
    schema: "create schema \"Ops\";
      create type \"Ops\".mail_state as enum ('fresh', 'in flight', 'sent', 'bounced', 'it''s lost');
      create table \"Ops\".\"Mail Jobs\" (
        id bigint generated always as identity primary key, \"Status\" \"Ops\".mail_state not null default 'fresh',
        \"template\" text not null, \"tenant\" text, \"Due\" timestamptz not null default now(), \"worker\" text,
        locked_at timestamptz, failures bigint not null default 0, created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(), args jsonb not null default '{}');
      create table \"Ops\".failure_log (job bigint not null, n int not null, text text not null);
      insert into \"Ops\".\"Mail Jobs\"(\"template\", \"Due\")
        select 'welcome', now() - n * interval '1 s' from generate_series(1, 6) n;
      insert into \"Ops\".\"Mail Jobs\"(\"template\", \"Due\") values ('welcome', now() + interval '1 day');
      insert into \"Ops\".\"Mail Jobs\"(\"template\", \"Status\", \"worker\", locked_at)
        values ('invoice', 'in flight', 'm1', now());
      insert into \"Ops\".\"Mail Jobs\"(\"template\", \"Status\") select 'invoice', 'sent' from generate_series(1, 3);
      insert into \"Ops\".\"Mail Jobs\"(\"template\", \"Status\", failures, \"worker\", locked_at, updated_at)
        select 'invoice', 'it''s lost', 5, 'm1', now() - interval '1 h', now() - interval '1 h' from generate_series(1, 4);
      insert into \"Ops\".failure_log select id, n, case n when 5 then '550 mailbox ' || id || ' unavailable' else 'timeout' end
        from \"Ops\".\"Mail Jobs\", generate_series(1, 5) n where \"Status\" = 'it''s lost';",
    table: "Ops.Mail Jobs",
    edits: &[
        ("workspace = ", "workspace = \"tenant\"\nkind = \"template\""),
        ("created = ", "error = \"(select l.text from \\\"Ops\\\".failure_log l where l.job = \\\"Mail Jobs\\\".id order by l.n desc limit 1)\"\ncreated = \"created_at\""),
        ("queued = ", "queued = [\"fresh\"]"),
        ("claimed = ", "claimed = [\"in flight\"]"),
        ("finished = ", "finished = [\"sent\"]"),
        ("failed = ", "failed = [\"bounced\"]"),
        ("dead = ", "dead = [\"it's lost\"]"),
        ("set = ", "set = { Status = \"fresh\", failures = 0 }"),
    ],
    relation: "\"Ops\".\"Mail Jobs\"",
    id: "id",
    due: "\"Status\" = 'fresh' and \"Due\" <= now()",
    dead: "\"Status\" = 'it''s lost'",
    scheduled: 1,
    claimed: 1,
    largest: 4,
    cause: "550 mailbox",
    claim: "\"Status\" = 'in flight', \"worker\" = 'm9'",
};

/// Ids are texts, of which some look like numbers or uuids.
const TEXTS: HomeGrown = HomeGrown {
    schema: "create table outbox_tasks (
        id varchar(60) primary key, status text not null, payload text, attempts int not null default 0,
        last_error text, available_at timestamptz not null default now(), locked_by text,
        created_at timestamptz not null default now(), updated_at timestamptz);
      insert into outbox_tasks(id, status) select 'q' || n, 'NEW' from generate_series(1, 3) n;
      insert into outbox_tasks(id, status, available_at) values ('later', 'NEW', now() + interval '1 h');
      insert into outbox_tasks(id, status, locked_by) values ('01HZX5', 'ACTIVE', 'w1');
      insert into outbox_tasks(id, status, attempts, last_error, updated_at)
        select id, 'DEAD', 9, 'broker ' || n || ' is full', now() - n * interval '20 min'
          from unnest(array['7', '007', 'ckx9f2a', 'A:b/c', '0A9F0000-0000-4000-8000-00000000ABCD',
                            '0a9f0000-0000-4000-8000-00000000abcd']) with ordinality t(id, n);",
    table: "outbox_tasks",
    edits: &[],
    relation: "outbox_tasks",
    id: "id",
    due: "status = 'NEW' and available_at <= now()",
    dead: "status = 'DEAD'",
    scheduled: 1,
    claimed: 1,
    largest: 6,
    cause: "is full",
    claim: "status = 'ACTIVE', locked_by = 'w9'",
};

/// There is no state: a flag and times tell it.
const FLAGS: HomeGrown = HomeGrown {
    schema: "create table import_tasks (
        num integer primary key generated by default as identity, done boolean not null default false,
        handler text not null, gave_up_at timestamptz, picked_at timestamptz, picked_by text,
        eta timestamptz, tries smallint not null default 0, err text, inserted_at timestamptz not null default now(),
        input bytea);
      insert into import_tasks(handler, eta) select 'csv', now() - n * interval '1 min' from generate_series(1, 3) n;
      insert into import_tasks(handler, eta) values ('csv', now() + interval '1 h');
      insert into import_tasks(handler, picked_at, picked_by) select 'csv', now(), 'p' || n from generate_series(1, 3) n;
      insert into import_tasks(handler, done, picked_at) select 'csv', true, now() from generate_series(1, 9);
      insert into import_tasks(handler, gave_up_at, picked_at, picked_by, tries, err)
        select 'xlsx', now() - n * interval '20 min', now() - interval '2 h', 'p1', 3, 'cell ' || n || ' holds no number'
          from generate_series(1, 5) n;
      insert into import_tasks(handler, gave_up_at, tries, err) values ('csv', now() - interval '1 h', 3, 'file is empty');",
    table: "import_tasks",
    edits: &[],
    relation: "import_tasks",
    id: "num",
    due: "not done and gave_up_at is null and picked_at is null and eta <= now()",
    dead: "gave_up_at is not null",
    scheduled: 1,
    claimed: 3,
    largest: 5,
    cause: "holds no number",
    claim: "picked_at = now(), picked_by = 'p9'",
};

fn declared(home_grown: &HomeGrown) -> Declared {
    let db = Database::blank();
    db.execute(home_grown.schema);
    // The session's zone changes nothing: times without one are UTC.
    db.execute(&format!("alter database {} set timezone = 'Asia/Tokyo'", db.name()));
    let draft = draft(&db, home_grown.table);
    Declared::new(db, &edit(&draft, home_grown.edits))
}

fn count(declared: &Declared, home_grown: &HomeGrown, condition: &str) -> u64 {
    let sql = format!("select count(*) from {} where {condition}", home_grown.relation);
    declared.db.value(&sql).parse().unwrap()
}

/// The rows of a condition, as the server prints them.
fn rows(declared: &Declared, home_grown: &HomeGrown, condition: &str) -> String {
    declared.db.value(&format!(
        "select coalesce(string_agg(t::text, e'\\n' order by {}), '') from {} t where {condition}",
        home_grown.id, home_grown.relation
    ))
}

fn numbers(value: &serde_json::Value) -> u64 {
    value
        .as_u64()
        .or_else(|| value["count"].as_u64())
        .or_else(|| value["value"].as_u64())
        .unwrap_or(u64::MAX)
}

fn figures_are_right(home_grown: &HomeGrown) {
    let declared = declared(home_grown);
    let check = declared.data(&["config", "check"]);
    assert_eq!(check["queue"]["roles"]["no_role"]["jobs"], 0, "{check:#}");
    let queue = declared.run(&["queue", "-o", "json"]).json();
    assert_eq!(queue["errors"], serde_json::json!([]), "{queue:#}");
    let queue = &queue["data"];
    let expected = [
        ("due", count(&declared, home_grown, home_grown.due)),
        ("scheduled", home_grown.scheduled),
        ("claimed", home_grown.claimed),
        ("dead", count(&declared, home_grown, home_grown.dead)),
    ];
    for (key, expected) in expected {
        assert_eq!(numbers(&queue[key]), expected, "{key}: {queue:#}");
    }
    let dead = count(&declared, home_grown, home_grown.dead);
    let list = declared.data(&["dlq", "list"]);
    let jobs = list["jobs"].as_array().or_else(|| list.as_array()).unwrap();
    assert_eq!(jobs.len() as u64, dead, "{list:#}");
    assert!(
        jobs.iter().any(|job| job["error"].as_str().unwrap_or("").contains(home_grown.cause)),
        "{list:#}"
    );
    let groups = declared.data(&["dlq", "groups"]);
    let largest = &groups["groups"].as_array().unwrap()[0];
    assert_eq!(
        largest["count"].as_u64().or(largest["jobs"].as_u64()),
        Some(home_grown.largest),
        "{groups:#}"
    );
    let id = jobs[0]["id"].as_str().unwrap();
    let shown = declared.data(&["dlq", "show", id]);
    assert_eq!(shown["id"], id, "{shown:#}");
    assert_eq!(shown["kind"], jobs[0]["kind"]);
    declared.run(&["jobs", "list", "--state", "dead"]).expect_code(0);
    declared.run(&["triage", "--fail-on", "unknown"]);
}

fn requeue_and_undo_restore_the_rows(home_grown: &HomeGrown) {
    let declared = declared(home_grown);
    let (all, dead) =
        (rows(&declared, home_grown, "true"), count(&declared, home_grown, home_grown.dead));
    let due = count(&declared, home_grown, home_grown.due);
    let json = declared.data(&["dlq", "requeue", "--all", "--yes"]);
    assert_eq!(json["outcome"]["written"].as_u64(), Some(dead), "{json:#}");
    assert_eq!(count(&declared, home_grown, home_grown.dead), 0);
    assert_eq!(count(&declared, home_grown, home_grown.due), due + dead);
    let operation = json["outcome"]["operation"].as_str().unwrap();
    declared.run(&["dlq", "undo", operation, "--yes"]).expect_code(0);
    assert_eq!(rows(&declared, home_grown, "true"), all);
    let ops = declared.data(&["dlq", "ops"]);
    assert_eq!(ops["operations"].as_array().map(Vec::len), Some(2), "{ops:#}");
}

#[test]
fn numbered_states_are_read_by_a_declaration() {
    figures_are_right(&NUMBERED);
}

#[test]
fn enum_states_and_quoted_names_are_read() {
    figures_are_right(&ENUM);
}

#[test]
fn text_ids_are_read() {
    figures_are_right(&TEXTS);
}

#[test]
fn flags_and_times_are_read_as_states() {
    figures_are_right(&FLAGS);
}

#[test]
fn requeue_and_undo_restore_declared_rows() {
    for home_grown in [&NUMBERED, &ENUM, &TEXTS, &FLAGS] {
        requeue_and_undo_restore_the_rows(home_grown);
    }
}

#[test]
fn undo_leaves_declared_jobs_that_a_worker_claimed() {
    for home_grown in [&NUMBERED, &ENUM, &TEXTS, &FLAGS] {
        let declared = declared(home_grown);
        let dead = count(&declared, home_grown, home_grown.dead);
        let ids = format!(
            "select string_agg({id}::text, ' ' order by {id}) from {} where {}",
            home_grown.relation,
            home_grown.dead,
            id = home_grown.id,
        );
        let ids = declared.db.value(&ids);
        let json = declared.data(&["dlq", "requeue", "--all", "--yes"]);
        let operation = json["outcome"]["operation"].as_str().unwrap();
        let claimed = ids.split(' ').next().unwrap();
        let is_claimed = format!("{}::text = '{claimed}'", home_grown.id);
        let claim =
            format!("update {} set {} where {is_claimed}", home_grown.relation, home_grown.claim);
        declared.db.execute(&claim);
        let row = rows(&declared, home_grown, &is_claimed);
        declared.run(&["dlq", "undo", operation, "--yes"]);
        assert_eq!(rows(&declared, home_grown, &is_claimed), row);
        assert_eq!(count(&declared, home_grown, home_grown.dead), dead - 1);
    }
}

#[test]
fn explicit_ids_of_declared_jobs_are_all_or_nothing() {
    for home_grown in [&NUMBERED, &ENUM, &TEXTS, &FLAGS] {
        let declared = declared(home_grown);
        let id = |condition: &str| {
            let (id, relation) = (home_grown.id, home_grown.relation);
            declared.db.value(&format!("select {id} from {relation} where {condition} limit 1"))
        };
        let (dead, due) = (id(home_grown.dead), id(home_grown.due));
        let before = rows(&declared, home_grown, "true");
        declared.run(&["dlq", "requeue", &dead, &due, "--yes"]).expect_code(77);
        assert_eq!(rows(&declared, home_grown, "true"), before);
        declared.run(&["dlq", "requeue", &dead, "--yes"]).expect_code(0);
        let now_due = format!("{}::text = '{dead}' and {}", home_grown.id, home_grown.due);
        assert_eq!(count(&declared, home_grown, &now_due), 1);
    }
}

#[test]
fn follow_shows_what_became_of_declared_jobs() {
    let declared = declared(&FLAGS);
    let json = declared.data(&["dlq", "requeue", "--all", "--yes"]);
    let operation = json["outcome"]["operation"].as_str().unwrap().to_owned();
    declared.db.execute(
        "update import_tasks set done = true where handler = 'csv' and tries = 0 and err is not null;
         update import_tasks set gave_up_at = now(), tries = 3 where handler = 'xlsx'",
    );
    let out = declared.run(&["dlq", "follow", &operation]);
    assert_eq!(out.code, 2, "{}{}", out.stdout, out.stderr);
    assert!(out.stdout.contains("1 finished, 5 failed again (same cause)"), "{}", out.stdout);
}
