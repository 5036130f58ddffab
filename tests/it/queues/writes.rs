//! Requeue, undo and follow in the tables of packages.

use serde_json::Value;

use super::{GRAPHILE_WORKER, Installed, PG_BOSS, QUEUES, Queue, RIVER};
use crate::support::wait_until;

/// What the package itself does with the dead letters `{ids}`, as one statement of a person.
fn own_retry(queue: &Queue) -> &'static str {
    match queue.key {
        "river" => {
            "update river_job set state = 'available', finalized_at = null, scheduled_at = now(), \
             max_attempts = case when attempt >= max_attempts then attempt + 1 else max_attempts end \
             where id in ({ids})"
        }
        "pg_boss" => {
            "update pgboss.job set state = 'retry', retry_limit = retry_limit + 1, completed_on = null, \
             start_after = greatest(start_after, now()) where id in ({ids})"
        }
        _ => {
            "select count(*) from graphile_worker.reschedule_jobs(array[{ids}]::bigint[], run_at => now(), attempts => 0)"
        }
    }
}

/// The columns that the package's own retry decides, without times of now.
fn decided(queue: &Queue) -> &'static str {
    match queue.key {
        "river" => {
            "id, state, attempt, max_attempts, finalized_at, scheduled_at <= now(), attempted_by, cardinality(errors)"
        }
        "graphile_worker" => {
            "id, attempts, max_attempts, run_at <= now(), updated_at > now() - interval '1 min', last_error, key, revision"
        }
        _ => {
            "id, name, state, retry_limit, retry_count, completed_on, start_after <= now(), output, dead_letter"
        }
    }
}

/// Jobs of the fixture that can be requeued, in SQL.
fn requeueable(queue: &Queue) -> &'static str {
    match queue.key {
        "river" => "state = 'discarded' and id not in (1004, 1007, 1009)",
        "graphile_worker" => queue.dead,
        _ => "state = 'failed' and right(id::text, 2) not in ('b1', 'b3', 'd1')",
    }
}

fn rows_of(installed: &Installed, list: &str, ids: &str) -> String {
    installed.select(
        &format!("string_agg(row({list})::text, e'\\n' order by id)"),
        &format!("id in ({ids})"),
    )
}

fn ids_of(installed: &Installed, condition: &str) -> String {
    installed.select("string_agg(quote_literal(id), ', ')", condition)
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
    for queue in QUEUES {
        let (ours, theirs) = (queue.installed(), queue.installed());
        let ids = ids_of(&ours, requeueable(queue));
        let out = ours.run(&["dlq", "requeue", "--all", "--yes"]);
        // Some jobs of the others have conflicts.
        let code = if queue.key == "graphile_worker" { 0 } else { 75 };
        assert_eq!(out.code, code, "{}{}", out.stdout, out.stderr);
        theirs.db.execute(&own_retry(queue).replace("{ids}", &ids));
        assert_eq!(
            rows_of(&ours, decided(queue), &ids),
            rows_of(&theirs, decided(queue), &ids),
            "{}",
            queue.key
        );
    }
}

#[test]
fn conflicts_are_skipped_counted_and_named() {
    let cases = [(&RIVER, ["1004", "1007"], ["1009", ""]), (&PG_BOSS, ["b1", "b3"], ["d1", "e1"])];
    for (queue, conflicts, refused) in cases {
        let installed = queue.installed();
        let data = installed.data(&["dlq", "requeue", "--all", "--dry-run"]);
        let ends = |ids: Vec<String>, expected: &[&str]| {
            let expected: Vec<_> = expected.iter().filter(|end| !end.is_empty()).collect();
            assert_eq!(ids.len(), expected.len(), "{ids:?} {data:#}");
            assert!(ids.iter().zip(&expected).all(|(id, end)| id.ends_with(**end)), "{ids:?}");
        };
        ends(skipped(&data, "conflict"), &conflicts);
        ends(skipped(&data, "refused"), &refused);
        let left = installed.count(queue.dead) - installed.count(requeueable(queue));
        let out = installed.run(&["dlq", "requeue", "--all", "--yes"]);
        assert_eq!(out.code, 75, "{}{}", out.stdout, out.stderr);
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
    for queue in QUEUES {
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
    let claims = [
        (
            "1001",
            "update river_job set state = 'running', attempt = attempt + 1, attempted_at = now()",
        ),
        (
            "00000000-0000-4000-8000-000000000001",
            "update pgboss.job set state = 'active', started_on = now(), retry_count = retry_count + 1",
        ),
        (
            "1001",
            "update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool-b', attempts = attempts + 1",
        ),
    ];
    for (queue, (id, claim)) in QUEUES.into_iter().zip(claims) {
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
    let works = [
        ("update river_job set state = 'completed', attempt = attempt + 1, finalized_at = now() where id = 1001;
         update river_job set state = 'discarded', attempt = attempt + 1, finalized_at = now(), \
           errors = array_append(errors, '{\"error\": \"mailbox 9 is full\"}') \
          where kind = 'mail' and max_attempts = 26;
         update river_job set state = 'running', attempt = attempt + 1, attempted_at = now() where id = 1002",
         // Finished, failed again, with another cause, running, queued.
         [1, 6, 0, 1, 3]),
        ("update pgboss.job set state = 'completed', retry_count = retry_count + 1, completed_on = now(), output = '{}' \
          where id = '00000000-0000-4000-8000-0000000000a2';
         update pgboss.job set state = 'failed', retry_count = retry_count + 1, completed_on = now(), started_on = now(), \
           output = '{\"message\": \"mailbox 9 is full\"}' where name = 'mail' and state = 'retry' and retry_limit = 3;
         update pgboss.job set state = 'active', retry_count = retry_count + 1, started_on = now() \
          where id = '00000000-0000-4000-8000-0000000000a3'",
         [1, 5, 0, 1, 3]),
        // A finished job is deleted. One whose queue is locked is queued like the others.
        ("delete from graphile_worker._private_jobs where id = 1001;
         update graphile_worker._private_jobs set attempts = 25, run_at = now() + exp(10) * interval '1 s', \
           last_error = 'mailbox 9 is full' where last_error like 'mailbox%';
         update graphile_worker._private_jobs set attempts = 1, locked_at = now(), locked_by = 'pool-a' where id = 1002",
         [1, 6, 0, 1, 3]),
    ];
    for (queue, (work, counts)) in QUEUES.into_iter().zip(works) {
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
    for queue in QUEUES {
        let installed = queue.installed();
        let before = installed.rows();
        let out = installed.run(&["jobs", "rescue", "--yes"]);
        assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
        assert!(out.stderr.contains("jobs rescue does not write"), "{}", out.stderr);
        assert_eq!(installed.rows(), before);
    }
}

#[test]
fn role_without_update_is_told_the_grant() {
    for queue in QUEUES {
        let installed = queue.installed();
        let role = format!("reader_{}", installed.db.name());
        installed.db.execute(&format!(
            "create role {role} login; grant usage on schema {schema} to {role}; \
             grant select on all tables in schema {schema} to {role}",
            schema = queue.schema
        ));
        if queue.key == "graphile_worker" {
            for table in ["_private_jobs", "_private_tasks", "_private_job_queues"] {
                installed.db.execute(&format!(
                    "create policy ops on graphile_worker.{table} for select to {role} using (true)"
                ));
            }
        }
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
