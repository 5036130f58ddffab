//! Solid Queue, with the SQL that a person would write.

use serde_json::Value;

use super::{Installed, Queue, Writes};
use crate::support::wait_until;

pub const SOLID_QUEUE: Queue = Queue {
    key: "solid_queue",
    schema_sql: include_str!("../../fixtures/queues/solid_queue_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/solid_queue_rows.sql"),
    session: "",
    schema: "public",
    table: "solid_queue_jobs",
    kind: "class_name",
    due: "(exists (select from solid_queue_ready_executions r where r.job_id = t.id) and t.id <> 1029 \
            and t.queue_name not in (select p.queue_name from solid_queue_pauses p) \
           or exists (select from solid_queue_scheduled_executions s where s.job_id = t.id \
                       and s.scheduled_at <= now() at time zone 'utc'))",
    // The claim, and what the dispatcher makes ready before it. A failed job with a ready execution is inconsistent.
    claimable: "(exists (select from solid_queue_ready_executions r where r.job_id = t.id and t.id <> 1029 \
                   and r.queue_name not in (select p.queue_name from solid_queue_pauses p)) \
                 or exists (select from solid_queue_scheduled_executions s where s.job_id = t.id \
                   and s.scheduled_at <= now() at time zone 'utc'))",
    retries_now: "update solid_queue_scheduled_executions set scheduled_at = (now() - interval '3 h') at time zone 'utc' \
                   where job_id in (13, 1027)",
    scheduled: "exists (select from solid_queue_scheduled_executions s where s.job_id = t.id \
                         and s.scheduled_at > now() at time zone 'utc') and t.arguments ~ '\"executions\":0,'",
    blocked: "(exists (select from solid_queue_blocked_executions b where b.job_id = t.id) \
               or exists (select from solid_queue_ready_executions r where r.job_id = t.id) \
                  and t.queue_name in (select p.queue_name from solid_queue_pauses p))",
    claimed: "exists (select from solid_queue_claimed_executions c where c.job_id = t.id)",
    // Its process sent no heartbeat for the setting stuck_after (10m), or is gone.
    stuck: "exists (select from solid_queue_claimed_executions c where c.job_id = t.id and not exists (\
              select from solid_queue_processes p where p.id = c.process_id \
                 and p.last_heartbeat_at > (now() - interval '10 min') at time zone 'utc'))",
    workers: Some(
        "select count(*) from solid_queue_processes p where p.last_heartbeat_at > (now() - interval '5 min') at time zone 'utc' \
           and exists (select from solid_queue_claimed_executions c where c.process_id = p.id)",
    ),
    // A retry is scheduled again, with the number of executions in its arguments.
    retrying: "exists (select from solid_queue_scheduled_executions s where s.job_id = t.id \
                        and s.scheduled_at > now() at time zone 'utc') \
               and t.arguments ~ '\"executions\":[1-9][0-9]*,\"exception_executions\"'",
    finished: "finished_at is not null",
    canceled: "false",
    dead: "exists (select from solid_queue_failed_executions f where f.job_id = t.id)",
    death: "(select f.created_at at time zone 'utc' from solid_queue_failed_executions f where f.job_id = t.id)",
    error: "(select case when f.job_id = 1023 then e'KeyError: key \"a\\uFFFDb\" \\uFFFD is \\\\u0000' \
               when f.error like '{%' then concat(f.error::json ->> 'exception_class', ': ', f.error::json ->> 'message') \
               else f.error end from solid_queue_failed_executions f where f.job_id = t.id)",
    changed: "coalesce((select f.created_at from solid_queue_failed_executions f where f.job_id = t.id), finished_at) desc, id",
    queue_column: "queue_name",
    deleted_at: "null::timestamptz",
    state: "",
    state_type: "",
    newer: ("alter table solid_queue_jobs add batch_id bigint", "unknown"),
    needed: "concurrency_key",
    denied: "permission denied for table public.\"solid_queue_jobs\"",
    writes: Writes {
        own_retry: "update solid_queue_jobs set updated_at = now() at time zone 'utc', arguments = arguments::jsonb \
                      || '{\"executions\": 0, \"exception_executions\": {}}' where id in ({ids}) and id <> 1030; \
                    delete from solid_queue_failed_executions where job_id in ({ids}); \
                    insert into solid_queue_ready_executions (job_id, queue_name, priority, created_at) \
                      select id, queue_name, priority, now() at time zone 'utc' from solid_queue_jobs where id in ({ids})",
        decided: "id, arguments::jsonb, queue_name, class_name, priority, active_job_id, finished_at, \
                  updated_at > timezone('utc', now()) - interval '1 min', \
                  (select row(queue_name, priority, created_at > timezone('utc', now()) - interval '1 min') \
                     from solid_queue_ready_executions r where r.job_id = t.id), \
                  (select count(*) from solid_queue_scheduled_executions s where s.job_id = t.id), \
                  (select count(*) from solid_queue_failed_executions f where f.job_id = t.id)",
        requeueable: "exists (select from solid_queue_failed_executions f where f.job_id = t.id) \
                      and id not in (1021, 1022, 1023, 1024, 1025, 1026, 1028, 1029)",
        conflicts: &[],
        refused: &["1021", "1022", "1023", "1024", "1025", "1026", "1028", "1029"],
        claim: (
            "1001",
            "with claimed as (delete from solid_queue_ready_executions where job_id = 1001 returning job_id) \
             insert into solid_queue_claimed_executions (job_id, process_id) select job_id, 1 from claimed; \
             select from solid_queue_jobs",
        ),
        work: (
            // Two finished; one is claimed; two died again, one of them with another cause.
            "create temp table ran as select job_id from solid_queue_ready_executions where job_id between 1001 and 1005; \
             delete from solid_queue_ready_executions where job_id in (select job_id from ran); \
             update solid_queue_jobs set finished_at = now() at time zone 'utc' where id in (1001, 1002); \
             insert into solid_queue_claimed_executions (job_id, process_id) values (1003, 1); \
             insert into solid_queue_failed_executions (job_id, created_at, error) values \
               (1004, now() at time zone 'utc', '{\"exception_class\":\"Net::SMTPFatalError\",\"message\":\"mailbox 9 is full\"}'), \
               (1005, now() at time zone 'utc', '{\"exception_class\":\"KeyError\",\"message\":\"no key\"}')",
            [2, 1, 1, 1, 7],
        ),
        undo: true,
    },
};

/// The plan of a requeue of all dead letters.
fn plan(installed: &Installed) -> String {
    let data = installed.data(&["dlq", "requeue", "--all", "--dry-run"]);
    data["plan"].as_str().unwrap().to_owned()
}

/// Applies a plan, and returns the reported outcome.
fn apply(installed: &Installed, plan: &str, more: &[&str]) -> Value {
    let args = [&["dlq", "requeue", "--plan", plan, "--yes", "-o", "json"], more].concat();
    let out = installed.run(&args);
    assert_eq!(out.code, 75, "{}{}", out.stdout, out.stderr);
    out.json()["data"]["outcome"].clone()
}

fn operation(data: &Value) -> String {
    data["outcome"]["operation"].as_str().unwrap().to_owned()
}

const READY: &str = "select count(*) from solid_queue_ready_executions where job_id = ";

#[test]
fn concurrency_key_is_refused_and_the_ruby_call_named() {
    let installed = SOLID_QUEUE.installed();
    let before = installed.rows();
    let out = installed.run(&["dlq", "requeue", "1025", "--yes"]);
    assert_eq!(out.code, 77, "{}{}", out.stdout, out.stderr);
    let said = out.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("SolidQueue::FailedExecution.find_by(job_id: ID).retry"), "{said}");
    assert!(said.contains("concurrency key"), "{said}");
    assert_eq!(installed.rows(), before);
    // A blank key is none, as for the package.
    installed.db.execute("update solid_queue_jobs set concurrency_key = '' where id = 1001");
    installed.run(&["dlq", "requeue", "1001", "--yes"]).expect_code(0);
}

#[test]
fn rescue_is_left_to_the_supervisor() {
    let installed = SOLID_QUEUE.installed();
    let before = installed.rows();
    let out = installed.run(&["jobs", "rescue", "--yes"]);
    assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
    assert!(out.stderr.contains("ProcessPrunedError"), "{}", out.stderr);
    assert_eq!(installed.rows(), before);
}

#[test]
fn plan_says_which_queue_is_paused() {
    let installed = SOLID_QUEUE.installed();
    let out = installed.run(&["dlq", "requeue", "--all", "--dry-run"]).expect_code(0).stdout;
    assert!(out.contains("1 job will wait: queue halted is paused"), "{out}");
    let data = installed.data(&["dlq", "requeue", "--all", "--dry-run"]);
    let expected = serde_json::json!([{ "reason": "queue halted is paused", "jobs": 1 }]);
    assert_eq!(data["held_up"], expected, "{data:#}");
    let out = installed.run(&["dlq", "requeue", "1001", "--dry-run"]).expect_code(0).stdout;
    assert!(!out.contains("will wait"), "{out}");
    // It waits, and is not lost: a follow sees it queued.
    let data = installed.data(&["dlq", "requeue", "1015", "--yes"]);
    let args = ["dlq", "follow", &operation(&data), "--wait", "1s", "-o", "json"];
    let json = installed.run(&args).expect_code(3).json();
    assert_eq!(json["data"]["queued"], 1, "{json:#}");
}

#[test]
fn failed_execution_that_is_another_one_than_planned_is_skipped() {
    let installed = SOLID_QUEUE.installed();
    let plan = plan(&installed);
    // Its row of jobs is as it was: only the failed execution tells that the job was retried in the meantime.
    installed.db.execute(
        "delete from solid_queue_failed_executions where job_id = 1001; \
         insert into solid_queue_failed_executions (job_id, error, created_at) values (1001, 'again', now() at time zone 'utc'); \
         delete from solid_queue_jobs where id = 1002; \
         delete from solid_queue_failed_executions where job_id = 1003; \
         insert into solid_queue_ready_executions (job_id, queue_name, created_at) values (1003, 'default', now() at time zone 'utc')",
    );
    let outcome = apply(&installed, &plan, &["--ignore-changes"]);
    assert_eq!(outcome["written"], 9, "{outcome:#}");
    assert_eq!(
        installed.db.value("select error from solid_queue_failed_executions where job_id = 1001"),
        "again"
    );
    assert_eq!(installed.db.value(&format!("{READY} 1001")), "0");
    assert_eq!(installed.db.value(&format!("{READY} 1003")), "1");
}

#[test]
fn one_conflict_does_not_undo_the_batch() {
    let installed = SOLID_QUEUE.installed();
    // A row that the plan cannot see: another execution appears between plan and write.
    installed.db.execute(
        "create function twin() returns trigger language plpgsql as $$ begin \
           if old.job_id = 1003 then \
             insert into solid_queue_ready_executions (job_id, queue_name, created_at) values (1003, 'default', now()); \
           end if; return old; end $$; \
         create trigger twin before delete on solid_queue_failed_executions for each row execute function twin()",
    );
    let out = installed.run(&["dlq", "requeue", "--all", "--yes", "-o", "json"]);
    assert_eq!(out.code, 75, "{}{}", out.stdout, out.stderr);
    let outcome = out.json()["data"]["outcome"].clone();
    assert_eq!(outcome["written"], 11, "{outcome:#}");
    assert!(outcome.to_string().contains("solid_queue_ready_executions_job_id_key"), "{outcome:#}");
    // The job is as it was.
    let arguments = installed.select("arguments ~ '\"executions\":4'", "id = 1003");
    assert_eq!(arguments, "t");
    assert_eq!(
        installed
            .db
            .value("select count(*) from solid_queue_failed_executions where job_id = 1003"),
        "1"
    );
    assert_eq!(installed.db.value(&format!("{READY} 1003")), "0");
}

#[test]
fn spread_requeue_is_scheduled_and_undone() {
    let installed = SOLID_QUEUE.installed();
    let before = installed.rows();
    let out = installed.run(&["dlq", "requeue", "--all", "--spread", "1h", "--yes", "-o", "json"]);
    let data = out.expect_code(75).json()["data"].clone();
    let scheduled = "select count(*) from solid_queue_scheduled_executions where job_id > 1000 and job_id <> 1027 \
                     and scheduled_at between timezone('utc', now()) - interval '1 min' \
                                          and timezone('utc', now()) + interval '1 h'";
    assert_eq!(installed.db.value(scheduled), data["outcome"]["written"].to_string(), "{data:#}");
    assert_eq!(installed.db.value(&format!("{READY} 1001")), "0");
    installed.run(&["dlq", "undo", &operation(&data), "--yes"]).expect_code(0);
    assert_eq!(installed.rows(), before);
}

#[test]
fn job_that_is_scheduled_for_later_stays_so() {
    let installed = SOLID_QUEUE.installed();
    installed.db.execute(
        "update solid_queue_jobs set scheduled_at = timezone('utc', now()) + interval '2 h' where id = 1001",
    );
    installed.run(&["dlq", "requeue", "1001", "--yes"]).expect_code(0);
    let is_same = "select j.scheduled_at = s.scheduled_at from solid_queue_scheduled_executions s \
                   join solid_queue_jobs j on j.id = s.job_id where j.id = 1001";
    assert_eq!(installed.db.value(is_same), "t");
    assert_eq!(installed.db.value(&format!("{READY} 1001")), "0");
}

#[test]
fn undo_leaves_a_job_that_ran_and_is_ready_again() {
    let installed = SOLID_QUEUE.installed();
    let data = installed.data(&["dlq", "requeue", "1001", "1002", "--yes"]);
    // Its row of jobs is as the requeue left it; the ready execution is another one.
    installed.db.execute(
        "delete from solid_queue_ready_executions where job_id = 1001; \
         insert into solid_queue_ready_executions (job_id, queue_name, created_at) \
           values (1001, 'default', now() at time zone 'utc')",
    );
    installed.run(&["dlq", "undo", &operation(&data), "--yes"]).expect_code(75);
    assert_eq!(installed.db.value(&format!("{READY} 1001")), "1");
    let failed = "select string_agg(job_id::text, ' ') from solid_queue_failed_executions where job_id in (1001, 1002)";
    assert_eq!(installed.db.value(failed), "1002");
}

#[test]
fn locked_failed_execution_is_not_waited_for() {
    let installed = SOLID_QUEUE.installed();
    let console = installed.db.session();
    console
        .execute("begin; select from solid_queue_failed_executions where job_id = 1001 for update");
    let args = ["dlq", "requeue", "--all", "--yes", "--lock-wait", "300ms", "-o", "json"];
    let json = installed.run(&args).expect_code(75).json();
    assert_eq!(json["data"]["outcome"]["written"], 11, "{json:#}");
    assert!(json["data"]["outcome"].to_string().contains("locked"), "{json:#}");
    console.execute("rollback");
    installed.run(&["dlq", "requeue", "1001", "--yes"]).expect_code(0);
}

#[test]
fn role_without_a_right_on_an_execution_table_is_told_it() {
    let installed = SOLID_QUEUE.installed();
    let role = format!("operator_{}", installed.db.name());
    installed.db.execute(&format!(
        "create role {role} login; grant select, insert, update, delete on all tables in schema public to {role}; \
         grant usage on all sequences in schema public to {role}"
    ));
    let url = installed.db.url_as(&role);
    let refused = |right: &str, object: &str| {
        installed.db.execute(&format!("revoke {right} on {object} from {role}"));
        let before = installed.rows();
        let out = installed.run_as(&url, &["dlq", "requeue", "1001", "--yes"]);
        assert_eq!(out.code, 77, "{}{}", out.stdout, out.stderr);
        let name = object.rsplit(' ').next().unwrap();
        let said = out.stderr.replace('"', "");
        assert!(
            said.contains(&format!("needs {} on", right.to_uppercase())) && said.contains(name),
            "{said}"
        );
        assert_eq!(installed.rows(), before);
        installed.db.execute(&format!("grant {right} on {object} to {role}"));
    };
    refused("insert", "solid_queue_ready_executions");
    refused("delete", "solid_queue_failed_executions");
    refused("update", "solid_queue_failed_executions");
    refused("usage", "sequence solid_queue_ready_executions_id_seq");
    installed.run_as(&url, &["dlq", "requeue", "1001", "--yes"]).expect_code(0);
    installed.db.execute(&format!("drop owned by {role}; drop role {role}"));
}

#[test]
fn canary_stops_when_active_job_retries_end_dead() {
    let installed = SOLID_QUEUE.installed();
    // A worker that fails the job as it died before.
    let watcher = installed.db.session();
    let args = ["dlq", "requeue", "--error", "mailbox", "--canary", "--yes", "-o", "json"];
    std::thread::scope(|scope| {
        let requeue = scope.spawn(|| installed.run(&args));
        wait_until("a job is ready", || {
            installed.db.value("select count(*) from solid_queue_ready_executions where job_id between 1001 and 1031 and job_id <> 1029")
                == "1"
                || requeue.is_finished()
        });
        watcher.execute(
            "with ran as (delete from solid_queue_ready_executions where job_id > 1000 and job_id <> 1029 returning job_id) \
             insert into solid_queue_failed_executions (job_id, error, created_at) select job_id, \
               '{\"exception_class\":\"Net::SMTPFatalError\",\"message\":\"mailbox 1 is full\"}', now() at time zone 'utc' from ran",
        );
        let out = requeue.join().unwrap();
        assert_eq!(out.code, 2, "{}{}", out.stdout, out.stderr);
        let written = out.json()["data"]["outcome"]["written"].clone();
        assert_eq!(written, 1, "{}", out.stdout);
    });
}

#[test]
fn job_that_active_job_enqueued_again_is_not_finished() {
    let installed = SOLID_QUEUE.installed();
    let data = installed.data(&["dlq", "requeue", "1001", "1002", "--yes"]);
    let follow = |code: i32| {
        let args = ["dlq", "follow", &operation(&data), "--wait", "1s", "-o", "json"];
        let data = installed.run(&args).expect_code(code).json()["data"].clone();
        ["finished", "retry_pending", "failed_again"].map(|key| data[key].as_u64().unwrap())
    };
    // Both attempts ended; that of 1001 failed, and its retry is another job.
    installed.db.execute(
        "delete from solid_queue_ready_executions where job_id in (1001, 1002); \
         update solid_queue_jobs set finished_at = now() at time zone 'utc' where id in (1001, 1002); \
         insert into solid_queue_jobs (id, queue_name, class_name, arguments, active_job_id) \
           select 3000, queue_name, class_name, replace(arguments, '\"executions\":0', '\"executions\":1'), active_job_id \
             from solid_queue_jobs where id = 1001; \
         insert into solid_queue_scheduled_executions (job_id, queue_name, scheduled_at, created_at) \
           values (3000, 'default', now() at time zone 'utc' + interval '1 min', now() at time zone 'utc')",
    );
    assert_eq!(follow(3), [1, 1, 0]);
    installed.db.execute(
        "delete from solid_queue_scheduled_executions where job_id = 3000; \
         insert into solid_queue_failed_executions (job_id, created_at, error) values (3000, now() at time zone 'utc', \
           '{\"exception_class\":\"Net::SMTPFatalError\",\"message\":\"mailbox 7 is full\"}')",
    );
    assert_eq!(follow(2), [1, 0, 1]);
    installed.db.execute(
        "delete from solid_queue_failed_executions where job_id = 3000; \
         update solid_queue_jobs set finished_at = now() at time zone 'utc' where id = 3000",
    );
    assert_eq!(follow(0), [2, 0, 0]);
}
