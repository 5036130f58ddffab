//! Que, with the SQL that a person would write.

use super::{Installed, Queue, Writes};
use crate::support::wait_until;

/// The lock of a worker, of which the two halves of the id are columns.
macro_rules! locked {
    () => {
        "exists (select from pg_locks l join que_lockers w on w.pid = l.pid where l.locktype = 'advisory' \
           and l.classid::bigint * 4294967296 + l.objid::bigint = t.id and l.objsubid = 1)"
    };
}

pub const QUE: Queue = Queue {
    key: "que",
    schema_sql: include_str!("../../fixtures/queues/que_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/que_rows.sql"),
    // A finished job and a dead letter are still locked for a moment. Two numbers of 32 bits are another kind of lock.
    session: "insert into que_lockers values (pg_backend_pid(), 6, '{50}', 101, 'web-1', '{default}', true, 2), \
                (0, 6, '{50}', 102, 'web-2', '{default}', true, 2); \
              select pg_advisory_lock(id) from que_jobs where id in (24, 31, 32, 33, 41, 1023, 5000000031); \
              select pg_advisory_lock_shared(0, 1)",
    schema: "public",
    table: "que_jobs",
    kind: "(case when job_class like 'ActiveJob::%' and args <> '[]' then 'Billing::InvoiceJob' else job_class end)",
    due: concat!(
        "finished_at is null and expired_at is null and run_at <= now() and not ",
        locked!()
    ),
    claimable: concat!(
        "run_at <= now() and finished_at is null and expired_at is null and not ",
        locked!()
    ),
    retries_now: "update que_jobs set run_at = now() - interval '3 h' where error_count > 0 and expired_at is null",
    scheduled: "finished_at is null and expired_at is null and error_count = 0 and run_at > now()",
    blocked: "false",
    claimed: concat!("finished_at is null and expired_at is null and ", locked!()),
    stuck: "1 = 0",
    workers: Some("select 1"),
    retrying: concat!(
        "finished_at is null and expired_at is null and error_count > 0 and run_at > now() and not ",
        locked!()
    ),
    finished: "(finished_at is not null and expired_at is null)",
    canceled: "false",
    dead: "expired_at is not null",
    death: "expired_at",
    error: "last_error_message",
    changed: "coalesce(expired_at, finished_at) desc, id",
    queue_column: "queue",
    deleted_at: "null::timestamptz",
    state: "",
    state_type: "",
    newer: ("comment on table que_jobs is '99'", "99"),
    needed: "error_count",
    denied: "permission denied for table public.\"que_jobs\"",
    writes: Writes {
        // As its documentation says; that the job is due again, it does not say.
        own_retry: "update que_jobs set error_count = 0, expired_at = null",
        decided: "id, error_count, expired_at, finished_at, run_at <= now(), priority, queue, job_class, last_error_message, args, \
                  kwargs, data",
        requeueable: "expired_at is not null and id <> 1023",
        conflicts: &[],
        refused: &["1023"],
        claim: ("1001", "update que_jobs set error_count = 1, run_at = now() + interval '4 s'"),
        work: (
            // Two ran and are gone; one failed as before, one in another way and for the last time.
            "delete from que_jobs where id in (1001, 1002); \
             update que_jobs set error_count = 1, run_at = now() + interval '4 s', \
               last_error_message = 'Net::SMTPFatalError: mailbox 9 is full' where id = 1003; \
             update que_jobs set error_count = 2, expired_at = now(), last_error_message = 'KeyError: no key' where id = 1004",
            [2, 1, 1, 0, 8],
        ),
        undo: true,
    },
};

fn expired(installed: &Installed) -> String {
    installed.select(
        "string_agg(id::text, ' ' order by id)",
        "id in (1001, 1002) and expired_at is not null",
    )
}

#[test]
fn undo_leaves_a_job_that_a_worker_has_locked() {
    let installed = QUE.installed();
    let data = installed.data(&["dlq", "requeue", "1001", "1002", "--yes"]);
    let operation = data["outcome"]["operation"].as_str().unwrap().to_owned();
    // The row of a job that runs is as the requeue left it.
    let worker = installed.db.session();
    worker.execute(
        "insert into que_lockers values (pg_backend_pid(), 1, '{50}', 103, 'web-3', '{default}', true, 2); \
         select pg_advisory_lock(1001)",
    );
    let follow = ["dlq", "follow", &operation, "--wait", "1s", "-o", "json"];
    let json = installed.run(&follow).expect_code(3).json();
    assert_eq!(
        (&json["data"]["running"], &json["data"]["queued"]),
        (&1.into(), &1.into()),
        "{json:#}"
    );
    installed.run(&["dlq", "undo", &operation, "--yes"]).expect_code(75);
    assert_eq!(expired(&installed), "1002");
    // It is free again after an attempt that wrote nothing, for example if its worker was killed.
    worker.execute("select pg_advisory_unlock(1001)");
    installed.run(&["dlq", "undo", &operation, "--yes"]).expect_code(0);
    assert_eq!(expired(&installed), "1001 1002");
}

#[test]
fn lock_of_another_kind_of_session_is_no_running_job() {
    let installed = QUE.installed();
    let running = || installed.data(&["queue"])["claimed"]["value"].as_u64().unwrap();
    let before = running();
    let other = installed.db.session();
    other.execute("select pg_advisory_lock(1), pg_advisory_lock(0, 2)");
    assert_eq!(running(), before);
}

#[test]
fn dead_letter_that_its_worker_has_not_freed_yet_waits_for_it() {
    let installed = QUE.installed();
    let worker = installed.db.session();
    worker.execute("select pg_advisory_lock(1001)");
    let args = ["dlq", "requeue", "1001", "1002", "--yes", "--lock-wait", "30s"];
    std::thread::scope(|scope| {
        let requeue = scope.spawn(|| installed.run(&args));
        // Ids are all or nothing: it tries again until the lock is free.
        let tries = "select count(*) from pg_stat_activity where state like 'idle%' and query ilike '%pg_try_advisory%' \
                     and application_name like 'cliplyctl%'";
        wait_until("it has tried", || installed.db.value(tries) != "0" || requeue.is_finished());
        assert_eq!(expired(&installed), "1001 1002");
        worker.execute("select pg_advisory_unlock(1001)");
        let out = requeue.join().unwrap();
        assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    });
    assert_eq!(expired(&installed), "NULL");
}

#[test]
fn locked_dead_letter_is_skipped_and_the_others_are_written() {
    for is_worker in [true, false] {
        let installed = QUE.installed();
        let dead = installed.count(QUE.dead);
        let other = installed.db.session();
        if is_worker {
            other.execute(
                "insert into que_lockers values (pg_backend_pid(), 1, '{50}', 103, 'web-3', '{default}', true, 2)",
            );
        }
        other.execute("select pg_advisory_lock(1001)");
        let args = ["dlq", "requeue", "--all", "--yes", "--lock-wait", "1s", "-o", "json"];
        let output = installed.run(&args).expect_code(75);
        let json = output.json();
        let outcome = &json["data"]["outcome"];
        let skipped = serde_json::json!([{"id": "1001", "reason": "locked"}]);
        assert_eq!(
            (&outcome["skipped_jobs"], &outcome["errors"]),
            (&skipped, &0.into()),
            "{json:#}"
        );
        assert!(installed.count(QUE.dead) < dead - 1, "{output:#?}");
    }
}
