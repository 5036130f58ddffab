//! pg-boss, with the SQL that a person would write.

use super::{Queue, Writes};

pub const PG_BOSS: Queue = Queue {
    key: "pg_boss",
    schema_sql: include_str!("../../fixtures/queues/pg_boss_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/pg_boss_rows.sql"),
    session: "",
    schema: "pgboss",
    table: "job",
    kind: "name",
    due: "(state = 'created' and source_id is null or state = 'retry') and not blocked and start_after <= now()",
    // Copies in a dead-letter queue are dead letters here, whether or not a worker fetches them.
    claimable: "state < 'active' and not blocked and start_after <= now() \
                and (source_id is null or state <> 'created')",
    retries_now: "update pgboss.job set start_after = now() - interval '3 h' where state = 'retry'",
    scheduled: "state = 'created' and not blocked and source_id is null and start_after > now()",
    blocked: "state < 'active' and blocked",
    claimed: "state = 'active'",
    stuck: "state = 'active' and (started_on + expire_seconds * interval '1 s' < now() \
            or heartbeat_on + heartbeat_seconds * interval '1 s' < now())",
    workers: None,
    retrying: "state = 'retry' and not blocked and start_after > now()",
    finished: "state = 'completed'",
    canceled: "state = 'cancelled'",
    // A failed job and its copy in the dead-letter queue are one dead letter.
    dead: "(state = 'failed' or state = 'created' and source_id is not null) and (source_id is null or not exists (\
             select from {table} o where o.id = t.source_id and o.name = t.source_name and o.state = 'failed'))",
    death: "coalesce(completed_on, created_on)",
    error: "coalesce(output ->> 'message', output -> 'value' ->> 'message', source_output ->> 'message', output #>> '{}')",
    changed: "coalesce(completed_on, started_on, created_on) desc, id",
    queue_column: "name",
    deleted_at: "case when state = 'created' then keep_until \
                 when deletion_seconds > 0 then completed_on + deletion_seconds * interval '1 s' end",
    state: "state",
    state_type: "pgboss.job_state",
    newer: ("update pgboss.version set version = 99", "99"),
    needed: "source_root_id",
    denied: "permission denied for schema pgboss",
    writes: Writes {
        own_retry: "update pgboss.job set state = 'retry', retry_limit = retry_limit + 1, completed_on = null, \
                    start_after = greatest(start_after, now())",
        decided: "id, name, state, retry_limit, retry_count, completed_on, start_after <= now(), output, dead_letter",
        requeueable: "state = 'failed' and right(id::text, 2) not in ('b1', 'b3', 'd1')",
        conflicts: &["b1", "b3"],
        refused: &["d1", "e1"],
        claim: (
            "00000000-0000-4000-8000-000000000001",
            "update pgboss.job set state = 'active', started_on = now(), retry_count = retry_count + 1",
        ),
        work: (
            "update pgboss.job set state = 'completed', retry_count = retry_count + 1, completed_on = now(), \
               output = '{}' where id = '00000000-0000-4000-8000-0000000000a2'; \
             update pgboss.job set state = 'failed', retry_count = retry_count + 1, completed_on = now(), \
               started_on = now(), output = '{\"message\": \"mailbox 9 is full\"}' \
              where name = 'mail' and state = 'retry' and retry_limit = 3; \
             update pgboss.job set state = 'active', retry_count = retry_count + 1, started_on = now() \
              where id = '00000000-0000-4000-8000-0000000000a3'",
            [1, 5, 0, 1, 3],
        ),
        undo: true,
    },
};

#[test]
fn id_of_two_queues_is_requeued_by_queue_only() {
    let installed = PG_BOSS.installed_with(
        "delete from pgboss.job; insert into pgboss.queue (name) values ('one'), ('two');
         insert into pgboss.job (id, name, state, retry_limit, retry_count, started_on, completed_on)
         select '00000000-0000-4000-8000-000000000001', name, 'failed', 2, 2, t, t
           from (values ('one'), ('two')) q (name), (select now() - interval '10 min' as t) t",
    );
    let run = |more: &[&str]| {
        installed.run(&[&["dlq", "requeue", "--all", "--yes", "--reason", "x"], more].concat())
    };
    let refused = run(&[]);
    assert_ne!(refused.code, 0, "{refused:#?}");
    assert!(refused.stdout.contains("--queue NAME"), "{refused:#?}");
    assert_eq!(installed.count("state = 'failed'"), 2);
    run(&["--queue", "two"]).expect_code(0);
    assert_eq!(installed.select("name", "state = 'failed'"), "one");
}

/// Ids are unique only within a queue: a follow reads the job of the queue that it requeued.
#[test]
fn follow_keeps_the_queue_of_a_job() {
    let id = "00000000-0000-4000-8000-000000000001";
    for (requeued, other) in [("one", "two"), ("two", "one")] {
        let installed = PG_BOSS.installed_with(&format!(
            "delete from pgboss.job; insert into pgboss.queue (name) values ('one'), ('two');
             insert into pgboss.job (id, name, state, retry_limit, retry_count, started_on, completed_on)
             select '{id}', name, 'failed', 2, 2, t, t
               from (values ('one'), ('two')) q (name), (select now() - interval '10 min' as t) t"
        ));
        let requeue = ["dlq", "requeue", "--all", "--queue", requeued, "--yes"];
        let data = installed.data(&requeue);
        let operation = data["outcome"]["operation"].as_str().unwrap().to_owned();
        let follow = |code: i32, key: &str| {
            let args = ["dlq", "follow", &operation, "--wait", "1s", "-o", "json"];
            let data = installed.run(&args).expect_code(code).json()["data"].clone();
            assert_eq!((&data[key], &data["jobs"]), (&1.into(), &1.into()), "{requeued} {data:#}");
        };
        // The other one is still dead.
        follow(3, "queued");
        // The other one is completed, and this one is not.
        let set = |queue: &str, more: &str| {
            installed.db.execute(&format!("update pgboss.job set {more} where name = '{queue}'"));
        };
        set(other, "state = 'completed'");
        follow(3, "queued");
        set(other, "state = 'failed'");
        set(requeued, "state = 'completed'");
        follow(0, "finished");
    }
}

/// A job that failed, and whose copy in the dead-letter queue failed, too (and the copy of that one), is one failed piece
/// of work. A copy whose original is no dead letter stands for itself.
#[test]
fn failed_copy_is_no_second_dead_letter() {
    let installed = PG_BOSS.installed_with(
        "delete from pgboss.job; insert into pgboss.queue (name) values ('one'), ('other');
         insert into pgboss.job (id, name, state, retry_limit, retry_count, started_on, completed_on, output,
                                 source_name, source_id, source_root_id, source_retry_count)
         select ('00000000-0000-4000-8000-00000000000' || n)::uuid, name, state::pgboss.job_state, 0, 0, t, t,
                '{\"message\": \"mailbox is full\"}', source,
                ('00000000-0000-4000-8000-00000000000' || of)::uuid, '00000000-0000-4000-8000-000000000001', 0
           from (values (1, 'one', 'failed', null, null), (2, 'graveyard', 'failed', 'one', 1),
                        (3, 'other', 'created', 'graveyard', 2)) v (n, name, state, source, of),
                (select now() - interval '10 min' as t) t",
    );
    let id = |n: u32| format!("00000000-0000-4000-8000-00000000000{n}");
    let dead = || {
        let list = installed.data(&["dlq", "list"]);
        assert_eq!(installed.data(&["queue"])["dead"]["value"], list["total"]["value"], "{list:#}");
        let mut ids: Vec<_> =
            list["jobs"].as_array().unwrap().iter().map(|job| job["id"].clone()).collect();
        ids.sort_by_key(ToString::to_string);
        ids
    };
    assert_eq!(dead(), [id(1)]);
    let groups = installed.data(&["dlq", "groups"]);
    assert_eq!((&groups["read"], groups["groups"].as_array().unwrap().len()), (&1.into(), 1));
    // Requeued, it is no dead letter any more; its copy failed in its own queue.
    let requeued = installed.data(&["dlq", "requeue", &id(1), "--yes"]);
    assert_eq!(dead(), [id(2)]);
    let operation = requeued["outcome"]["operation"].as_str().unwrap();
    installed.run(&["dlq", "undo", operation, "--yes"]).expect_code(0);
    assert_eq!(dead(), [id(1)]);
    // The original is gone.
    installed.db.execute(&format!("delete from pgboss.job where id = '{}'", id(1)));
    assert_eq!(dead(), [id(2)]);
    // Jobs without a common origin are counted each.
    installed
        .db
        .execute("update pgboss.job set source_id = null, source_name = null, state = 'failed'");
    assert_eq!(dead(), [id(2), id(3)]);
}
