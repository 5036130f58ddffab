//! Requeue, undo and follow in the tables of packages.

use serde_json::Value;

use super::{
    GRAPHILE_WORKER, Installed, OBAN, OBAN_PYTHON, PG_BOSS, PROCRASTINATE, Queue, RESCUED, RIVER,
    WRITTEN,
};
use crate::support::wait_until;

fn rows_of(installed: &Installed, list: &str, ids: &str) -> String {
    installed.select(
        &format!("string_agg(row({list})::text, e'\\n' order by id)"),
        &format!("id in ({ids})"),
    )
}

fn ids_of(installed: &Installed, condition: &str) -> String {
    installed.select("string_agg(quote_literal(id), ', ')", condition)
}

/// The exit code of a requeue of all dead letters.
fn code_of_all(queue: &Queue) -> i32 {
    if queue.writes.conflicts.is_empty() && queue.writes.refused.is_empty() { 0 } else { 75 }
}

fn skipped(data: &Value, reason: &str) -> Vec<String> {
    let skipped = data["skipped"].as_array().unwrap();
    let named = skipped
        .iter()
        .filter(|e| e["reason"] == reason)
        .flat_map(|e| e["named"].as_array().unwrap());
    named.map(|job| job["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn requeue_does_what_the_package_does() {
    for queue in WRITTEN {
        let (ours, theirs) = (queue.installed(), queue.installed());
        let ids = ids_of(&ours, queue.writes.requeueable);
        let out = ours.run(&["dlq", "requeue", "--all", "--yes"]);
        assert_eq!(out.code, code_of_all(queue), "{}{}", out.stdout, out.stderr);
        let retry = queue.writes.own_retry;
        theirs.db.execute(&match retry.contains("{ids}") {
            true => retry.replace("{ids}", &ids),
            false => format!("{retry} where id in ({ids})"),
        });
        assert_eq!(
            rows_of(&ours, queue.writes.decided, &ids),
            rows_of(&theirs, queue.writes.decided, &ids),
            "{}",
            queue.key
        );
    }
}

#[test]
fn conflicts_are_skipped_counted_and_named() {
    for queue in WRITTEN {
        let installed = queue.installed();
        let data = installed.data(&["dlq", "requeue", "--all", "--dry-run"]);
        let ends = |ids: Vec<String>, expected: &[&str]| {
            assert_eq!(ids.len(), expected.len(), "{ids:?} {data:#}");
            assert!(ids.iter().zip(expected).all(|(id, end)| id.ends_with(end)), "{ids:?}");
        };
        ends(skipped(&data, "conflict"), queue.writes.conflicts);
        ends(skipped(&data, "refused"), queue.writes.refused);
        let left = installed.count(queue.dead) - installed.count(queue.writes.requeueable);
        let out = installed.run(&["dlq", "requeue", "--all", "--yes"]);
        assert_eq!(out.code, code_of_all(queue), "{}{}", out.stdout, out.stderr);
        // The copy of the fixture is left as well.
        assert_eq!(installed.count(queue.dead), left, "{}", out.stdout);
    }
}

#[test]
fn explicit_id_with_a_conflict_is_refused() {
    for (queue, free, taken) in [
        (&RIVER, "1001", "1004"),
        (&PG_BOSS, "00000000-0000-4000-8000-0000000000a2", "00000000-0000-4000-8000-0000000000b1"),
    ] {
        let installed = queue.installed();
        let before = installed.rows();
        let out = installed.run(&["dlq", "requeue", free, taken, "--yes"]);
        assert_eq!(out.code, 77, "{}{}", out.stdout, out.stderr);
        assert!(out.stdout.contains("has the same key"), "{}", out.stdout);
        let refused = "Refused: 1 job has a unique key in use, and ids are all or nothing";
        assert!(out.stdout.contains(refused), "{}", out.stdout);
        assert_eq!(installed.rows(), before);
        installed.run(&["dlq", "requeue", free, "--yes"]).expect_code(0);
        let before = installed.rows();
        let skipping = ["dlq", "requeue", taken, "--yes", "--skip-ineligible"];
        installed.run(&skipping).expect_code(0);
        assert_eq!(installed.rows(), before);
    }
}

#[test]
fn conflict_after_the_plan_does_not_stop_the_others() {
    let twin = "insert into river_job (kind, max_attempts, args, unique_key, unique_states) \
                values ('sync', 25, '{}', '\\x02', b'11110101')";
    let installed = RIVER.installed();
    let plan = installed.data(&["dlq", "requeue", "--all", "--dry-run"]);
    let plan = plan["plan"].as_str().unwrap().to_owned();
    installed.db.execute(twin);
    let out = installed.run(&["dlq", "requeue", "--plan", &plan, "--ignore-changes", "--yes"]);
    assert_eq!(out.code, 75, "{}{}", out.stdout, out.stderr);
    assert_eq!(
        installed.count(
            "state = 'available' and id > 1000 or state = 'available' and max_attempts = 26"
        ),
        11
    );
}

#[test]
fn undo_restores_every_row() {
    for queue in WRITTEN.into_iter().filter(|queue| queue.writes.undo) {
        let installed = queue.installed();
        let before = installed.rows();
        let data =
            installed.data(&["dlq", "requeue", "--all", "--yes", "--reason", "it's \"fixed\""]);
        let operation = data["outcome"]["operation"].as_str().unwrap().to_owned();
        assert_ne!(installed.rows(), before);
        installed.run(&["dlq", "undo", &operation, "--yes"]).expect_code(0);
        assert_eq!(installed.rows(), before, "{}", queue.key);
    }
}

#[test]
fn undo_leaves_jobs_that_a_worker_claimed() {
    for queue in WRITTEN.into_iter().filter(|queue| queue.writes.undo) {
        let (id, claim) = queue.writes.claim;
        let installed = queue.installed();
        let dead = installed.count(queue.dead);
        let data = installed.data(&["dlq", "requeue", "--all", "--yes"]);
        let operation = data["outcome"]["operation"].as_str().unwrap().to_owned();
        let own = format!("id = '{id}'");
        installed.db.execute(&format!("{claim} where {own}"));
        let claimed = installed.select("t::text", &own);
        installed.run(&["dlq", "undo", &operation, "--yes"]).expect_code(75);
        assert_eq!(installed.select("t::text", &own), claimed, "{}", queue.key);
        assert_eq!(installed.count(queue.dead), dead - 1, "{}", queue.key);
    }
}

#[test]
fn follow_tells_finished_from_failed_jobs() {
    for queue in WRITTEN {
        let (work, counts) = queue.writes.work;
        let installed = queue.installed();
        let data = installed.data(&["dlq", "requeue", "--all", "--yes"]);
        let operation = data["outcome"]["operation"].as_str().unwrap().to_owned();
        let jobs = data["outcome"]["written"].as_u64().unwrap();
        let follow = |code| {
            let args = ["dlq", "follow", &operation, "--wait", "1s", "-o", "json"];
            let json = installed.run(&args).expect_code(code).json();
            ["finished", "failed_again", "failed_other_cause", "running", "queued"]
                .map(|key| json["data"][key].as_u64().unwrap_or_else(|| panic!("{key}: {json:#}")))
        };
        assert_eq!(jobs, counts.iter().sum::<u64>(), "{}", queue.key);
        assert_eq!(follow(3), [0, 0, 0, 0, jobs], "{}", queue.key);
        installed.db.execute(work);
        assert_eq!(follow(2), counts, "{}", queue.key);
    }
}

#[test]
fn note_of_a_requeue_is_in_the_metadata_of_river() {
    let installed = RIVER.installed();
    installed
        .run(&["dlq", "requeue", "1001", "1003", "--yes", "--reason", "codec is back"])
        .expect_code(0);
    assert_eq!(
        installed.select("metadata -> 'cliplyctl' ->> 'operator_reason'", "id = 1001"),
        "codec is back"
    );
    assert_eq!(installed.select("metadata ->> 'by'", "id = 1001"), "app");
    assert_eq!(installed.select("metadata::text", "id = 1003"), "[1]");
}

#[test]
fn requeued_job_of_pg_boss_outlives_the_maintenance() {
    let installed = PG_BOSS.installed();
    let id = "00000000-0000-4000-8000-0000000000a1";
    installed.run(&["dlq", "requeue", id, "--yes"]).expect_code(0);
    // What maintenance deletes: jobs that wait beyond keep_until.
    assert_eq!(
        installed.count(&format!(
            "id = '{id}' and state < 'active' and keep_until > now() + interval '13 days'"
        )),
        1
    );
}

#[test]
fn copies_of_requeued_jobs_of_pg_boss_are_canceled() {
    let installed = PG_BOSS.installed();
    let id = "00000000-0000-4000-8000-000000000001";
    let copy = |state: &str| installed.count(&format!("source_id = '{id}' and state = '{state}'"));
    assert_eq!((copy("created"), copy("cancelled")), (1, 0));
    installed.run(&["dlq", "requeue", id, "--yes"]).expect_code(0);
    assert_eq!((copy("created"), copy("cancelled")), (0, 1));
    // The copies of the other dead letters stay.
    assert_eq!(installed.count("source_id is not null and state = 'created'"), 5);
}

#[test]
fn job_whose_copy_is_redriven_meanwhile_is_not_requeued() {
    let installed = PG_BOSS.installed();
    let id = "00000000-0000-4000-8000-000000000001";
    let redrive = installed.db.session();
    redrive.execute(&format!(
        "begin; select from pgboss.job where source_id = '{id}' for update; \
         delete from pgboss.job where source_id = '{id}'"
    ));
    std::thread::scope(|scope| {
        let requeue =
            scope.spawn(|| installed.run(&["dlq", "requeue", id, "--yes", "--lock-wait", "5s"]));
        let waits = "select count(*) from pg_stat_activity \
                     where wait_event_type = 'Lock' and datname = current_database()";
        wait_until("the requeue waits for the lock", || {
            installed.db.value(waits) != "0" || requeue.is_finished()
        });
        assert!(!requeue.is_finished(), "the copy was locked");
        redrive.execute("commit");
        let out = requeue.join().unwrap();
        assert_eq!(out.code, 77, "{}{}", out.stdout, out.stderr);
    });
    assert_eq!(installed.count(&format!("id = '{id}' and state = 'failed'")), 1);
}

#[test]
fn rescue_is_refused_with_the_reason() {
    let installed = PROCRASTINATE.installed();
    let before = installed.rows();
    let out = installed.run(&["jobs", "rescue", "--yes"]);
    assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
    assert!(out.stderr.contains("jobs rescue does not write"), "{}", out.stderr);
    assert_eq!(installed.rows(), before);
}

#[test]
fn role_without_update_is_told_the_grant() {
    for queue in WRITTEN {
        let installed = queue.installed();
        let role = format!("reader_{}", installed.db.name());
        installed.db.execute(&format!(
            "create role {role} login; grant usage on schema {schema} to {role}; \
             grant select on all tables in schema {schema} to {role}",
            schema = queue.schema
        ));
        // Without a policy, only the owner of a table with row-level security sees rows.
        installed.db.execute(&format!(
            "do $$ declare t regclass; begin \
               for t in select oid from pg_class where relrowsecurity and relnamespace = '{}'::regnamespace loop \
                 execute format('create policy ops on %s for select to {role} using (true)', t); \
               end loop; \
             end $$",
            queue.schema
        ));
        let url = installed.db.url_as(&role);
        installed.run_as(&url, &["dlq", "list"]).expect_code(0);
        let out = installed.run_as(&url, &["dlq", "requeue", "--all", "--yes"]);
        assert_eq!(out.code, 77, "{}{}", out.stdout, out.stderr);
        assert!(out.stderr.contains("GRANT UPDATE ("), "{}", out.stderr);
        installed.db.execute(&format!("drop owned by {role}; drop role {role}"));
    }
}

#[test]
fn retry_after_a_requeue_of_graphile_worker_is_pending() {
    let installed = GRAPHILE_WORKER.installed();
    let data = installed.data(&["dlq", "requeue", "1001", "1004", "--yes"]);
    let operation = data["outcome"]["operation"].as_str().unwrap().to_owned();
    // The attempts start from 0 again: the first failure leaves fewer than there were before.
    installed.db.execute(
        "update graphile_worker._private_jobs set attempts = 1, run_at = now() + exp(1) * interval '1 s' where id = 1004",
    );
    let follow = ["dlq", "follow", &operation, "--wait", "1s", "-o", "json"];
    let json = installed.run(&follow).expect_code(2).json();
    assert_eq!(json["data"]["failed_again"], 1, "{json:#}");
    assert_eq!(json["data"]["queued"], 1, "{json:#}");
}

#[test]
fn key_of_graphile_worker_is_unique_and_no_conflict() {
    let installed = GRAPHILE_WORKER.installed();
    // A dead letter keeps its key, so that no other job can have it.
    let data = installed.data(&["dlq", "requeue", "--all", "--dry-run"]);
    assert_eq!(skipped(&data, "conflict"), [""; 0], "{data:#}");
    installed.run(&["dlq", "requeue", "1004", "--yes"]).expect_code(0);
    assert_eq!(installed.select("key", "id = 1004"), "k1");
}

#[test]
fn requeued_job_of_a_locked_queue_is_blocked() {
    let installed = GRAPHILE_WORKER.installed();
    let blocked = installed.count(GRAPHILE_WORKER.blocked);
    installed.run(&["dlq", "requeue", "1005", "--yes"]).expect_code(0);
    assert_eq!(installed.count(GRAPHILE_WORKER.blocked), blocked + 1);
    let list = installed.run(&["jobs", "list", "--state", "blocked"]).expect_code(0);
    assert!(list.stdout.contains("1005"), "{}", list.stdout);
}

/// What decides whether a job of graphile-worker runs, and its named queue.
fn locks(installed: &Installed) -> String {
    installed.db.value(
        "select string_agg(row(t.id, t.locked_at, t.locked_by, attempts, run_at <= now(), q.locked_at, q.locked_by)::text, \
           e'\\n' order by t.id) from graphile_worker._private_jobs t \
           left join graphile_worker._private_job_queues q on q.id = job_queue_id",
    )
}

#[test]
fn rescue_unlocks_what_graphile_worker_would_unlock() {
    let (ours, theirs) = (GRAPHILE_WORKER.installed(), GRAPHILE_WORKER.installed());
    // The fixtures are younger or older than each other by moments.
    for installed in [&ours, &theirs] {
        installed.db.execute(
            "update graphile_worker._private_jobs set locked_at = date_trunc('day', locked_at) where locked_at < now() - interval '1 day'; \
             update graphile_worker._private_jobs set locked_at = null, locked_by = null, attempts = 0 where locked_at > now() - interval '4 hours'; \
             update graphile_worker._private_job_queues set locked_at = null, locked_by = null where queue_name = 'serial'",
        );
    }
    let dead = ours.count(GRAPHILE_WORKER.dead);
    // Jobs behind a queue whose lock is that old are due: any worker would unlock it.
    assert_eq!((ours.count(GRAPHILE_WORKER.stuck), ours.count(GRAPHILE_WORKER.blocked)), (2, 0));
    let data = ours.data(&["jobs", "rescue", "--yes"]);
    assert_eq!(data["outcome"]["written"], 2, "{data:#}");
    // One used its last attempt.
    assert_eq!(ours.count(GRAPHILE_WORKER.stuck), 0);
    assert_eq!(ours.count(GRAPHILE_WORKER.dead), dead + 1);
    // The sweep of its workers.
    theirs.db.execute(
        "update graphile_worker._private_jobs set locked_at = null, locked_by = null, run_at = greatest(run_at, now()) \
          where locked_at < now() - interval '4 hours'; \
         update graphile_worker._private_job_queues set locked_at = null, locked_by = null \
          where locked_at < now() - interval '4 hours'",
    );
    assert_eq!(locks(&ours), locks(&theirs));
    let data = ours.data(&["jobs", "rescue", "--yes"]);
    assert_eq!(data["stuck"], 0, "{data:#}");
}

#[test]
fn rescue_leaves_a_job_that_another_worker_claimed() {
    let installed = GRAPHILE_WORKER.installed();
    let stuck = installed.select("min(id)", "locked_by = 'pool-gone'");
    let claim = installed.db.session();
    claim.execute(&format!(
        "begin; update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool-b' where id = {stuck}"
    ));
    std::thread::scope(|scope| {
        let rescue =
            scope.spawn(|| installed.run(&["jobs", "rescue", "--yes", "--lock-wait", "30s"]));
        let rescued = "locked_at is null and attempts = 25 and updated_at > now() - interval '1 day' and last_error is null";
        wait_until("the other job is rescued", || {
            installed.count(rescued) == 1 || rescue.is_finished()
        });
        assert!(!rescue.is_finished(), "it waits for the locked job");
        claim.execute("commit");
        let out = rescue.join().unwrap();
        assert_eq!(out.code, 75, "{}{}", out.stdout, out.stderr);
    });
    assert_eq!(installed.select("locked_by", &format!("id = {stuck}")), "pool-b");
    let queue =
        "select locked_by from graphile_worker._private_job_queues where queue_name = 'stuck'";
    assert_eq!(installed.db.value(queue), "pool-gone");
}

#[test]
fn rescue_plan_says_that_the_worker_may_be_active() {
    let installed = GRAPHILE_WORKER.installed();
    let before = locks(&installed);
    let all = installed.run(&["jobs", "rescue", "--dry-run"]).expect_code(0).stdout;
    assert!(all.contains("rescue 2 stuck jobs") && all.contains("the job runs twice"), "{all}");
    assert!(!all.contains("recent heartbeats on other jobs"), "{all}");
    let sooner = ["jobs", "rescue", "--stuck-after", "2h", "--dry-run"];
    let sooner = installed.run(&sooner).expect_code(0).stdout;
    assert!(sooner.contains("rescue 3 stuck jobs"), "{sooner}");
    assert!(
        sooner.contains("1 job is locked by a worker with recent heartbeats on other jobs"),
        "{sooner}"
    );
    assert_eq!(locks(&installed), before);
}

#[test]
fn rescue_without_the_right_to_unlock_the_queue_writes_nothing() {
    let installed = GRAPHILE_WORKER.installed();
    let role = format!("rescuer_{}", installed.db.name());
    installed.db.execute(&format!(
        "create role {role} login; grant usage on schema graphile_worker to {role}; \
         grant select, update on all tables in schema graphile_worker to {role}; \
         create policy ops on graphile_worker._private_jobs to {role} using (true); \
         create policy ops on graphile_worker._private_tasks for select to {role} using (true); \
         create policy ops on graphile_worker._private_job_queues for select to {role} using (true)"
    ));
    let before = locks(&installed);
    let stuck = installed.select("max(id)", "locked_by = 'pool-gone' and job_queue_id is not null");
    let url = installed.db.url_as(&role);
    let out = installed.run_as(&url, &["jobs", "rescue", &stuck, "--yes"]);
    assert_eq!(out.code, 77, "{}{}", out.stdout, out.stderr);
    assert_eq!(locks(&installed), before);
    installed.db.execute(&format!("drop owned by {role}; drop role {role}"));
}

#[test]
fn later_requeue_of_an_oban_job_is_scheduled() {
    for queue in [&OBAN, &OBAN_PYTHON] {
        let installed = queue.installed();
        let before = installed.rows();
        // Workers claim an available job whatever its time is.
        let args = ["dlq", "requeue", "--all", "--spread", "1h", "--yes"];
        let out = installed.run(&[&args[..], &["-o", "json"]].concat()).expect_code(75).json();
        let written = out["data"]["outcome"]["written"].as_u64().unwrap();
        let later = "state = 'scheduled' and attempt > 0 \
                     and scheduled_at < timezone('UTC', now()) + interval '1 h'";
        assert_eq!(installed.count(later), written, "{out:#}");
        assert_eq!(installed.count("state = 'available' and attempt > 0"), 0);
        let operation = out["data"]["outcome"]["operation"].as_str().unwrap().to_owned();
        installed.run(&["dlq", "undo", &operation, "--yes"]).expect_code(0);
        assert_eq!(installed.rows(), before);
    }
}

#[test]
fn requeued_job_of_oban_keeps_the_checks() {
    let installed = OBAN.installed();
    installed.run(&["dlq", "requeue", "1001", "1002", "--yes", "--reason", "fixed"]).expect_code(0);
    let attempts =
        |id: &str| installed.select("attempt || '/' || max_attempts", &format!("id = {id}"));
    // One more if they are used up, otherwise those that are left.
    assert_eq!((attempts("1001").as_str(), attempts("1002").as_str()), ("2/20", "1/2"));
    assert_eq!(installed.select("meta -> 'cliplyctl' ->> 'operator_reason'", "id = 1001"), "fixed");
    assert_eq!(installed.select("meta", "id = 1002"), "NULL");
}

#[test]
fn undo_is_refused_where_a_trigger_records_a_cancellation() {
    let installed = PROCRASTINATE.installed();
    let out = installed.run(&["dlq", "requeue", "1001", "--yes"]).expect_code(0);
    assert!(out.stderr.contains("the requeue cannot be undone"), "the plan: {}", out.stderr);
    assert!(!out.stdout.contains("dlq undo"), "{}", out.stdout);
    let data = installed.data(&["dlq", "requeue", "1002", "--yes"]);
    let operation = data["outcome"]["operation"].as_str().unwrap().to_owned();
    let before = installed.rows();
    let out = installed.run(&["dlq", "undo", &operation, "--yes"]).expect_code(77);
    assert!(out.stderr.contains("would record the undo as a cancellation"), "{}", out.stderr);
    assert_eq!(installed.rows(), before);
}

#[test]
fn documented_grants_are_enough() {
    let document = include_str!("../../../docs/queues.md");
    // Each statement starts a line and ends with a semicolon.
    let starts = |line: &&str| line.starts_with("GRANT ") || line.starts_with("CREATE POLICY ");
    let statements = document.split(';').filter_map(|part| {
        let lines: Vec<_> = part.lines().skip_while(|line| !starts(line)).collect();
        (!lines.is_empty()).then(|| lines.join(" "))
    });
    let statements: Vec<_> = statements.collect();
    for queue in WRITTEN {
        let installed = queue.installed();
        let role = format!("operator_{}", installed.db.name());
        installed.db.execute(&format!("create role {role} login"));
        let name = if queue.schema == "public" { queue.key } else { queue.schema };
        let object = format!(" {name}");
        let own: Vec<_> = statements.iter().filter(|line| line.contains(&object)).collect();
        assert!(own.len() >= 2, "{name}: {own:?}");
        // Of Oban, only the Python package has it.
        let producers = installed.db.value("select to_regclass('oban_producers') is not null");
        let exists = |line: &&&String| !line.contains("oban_producers") || producers == "t";
        for statement in own.iter().filter(exists) {
            installed.db.execute(&statement.replace(" TO ops", &format!(" TO {role}")));
        }
        let url = installed.db.url_as(&role);
        for command in [&["dlq", "list"][..], &["dlq", "requeue", queue.writes.claim.0, "--yes"]] {
            let out = installed.run_as(&url, command);
            assert_eq!(out.code, 0, "{name} {command:?}: {}{}", out.stdout, out.stderr);
        }
        if RESCUED.contains(&queue.key) && queue.key != "graphile_worker" {
            let rescue = ["jobs", "rescue", "--stuck-after", "10m", "--dry-run"];
            let plan = installed.run_as(&url, &rescue).expect_code(0).stdout;
            assert!(
                plan.contains("claims to age") && !plan.contains("cannot be applied"),
                "{plan}"
            );
        }
        let out = installed.run_as(&url, &["queue"]);
        assert!(out.code <= 2, "{}{}", out.stdout, out.stderr);
        installed.db.execute(&format!("drop owned by {role}; drop role {role}"));
    }
}
