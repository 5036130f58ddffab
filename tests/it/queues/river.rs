//! River, with the SQL that a person would write.

use super::{Queue, Writes};

pub const RIVER: Queue = Queue {
    key: "river",
    schema_sql: include_str!("../../fixtures/queues/river_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/river_rows.sql"),
    session: "",
    schema: "public",
    table: "river_job",
    kind: "kind",
    due: "state in ('available', 'scheduled', 'retryable') and scheduled_at <= now() and queue <> 'halted'",
    // The claim, and what the leader makes available before it.
    claimable: "state in ('available', 'retryable', 'scheduled') and scheduled_at <= now() \
                and queue not in (select q.name from river_queue q where q.paused_at is not null)",
    retries_now: "update river_job set scheduled_at = now() - interval '3 h' \
                   where state = 'retryable' and queue <> 'halted'",
    scheduled: "state in ('available', 'scheduled') and scheduled_at > now()",
    blocked: "(state = 'pending' \
               or queue = 'halted' and state in ('available', 'scheduled', 'retryable') and scheduled_at <= now())",
    claimed: "state = 'running'",
    stuck: "state = 'running' and attempted_at < now() - interval '1 hour'",
    workers: None,
    retrying: "state = 'retryable' and scheduled_at > now()",
    finished: "state = 'completed'",
    canceled: "state = 'cancelled'",
    dead: "state = 'discarded'",
    death: "finalized_at",
    error: "errors[array_upper(errors, 1)] ->> 'error'",
    changed: "coalesce(finalized_at, attempted_at, created_at) desc, id",
    queue_column: "queue",
    deleted_at: "finalized_at + interval '7 days'",
    state: "state",
    state_type: "river_job_state",
    newer: ("insert into river_migration (line, version) values ('main', 99)", "99"),
    needed: "attempted_by",
    denied: "permission denied for table public.\"river_job\"",
    writes: Writes {
        own_retry: "update river_job set state = 'available', finalized_at = null, scheduled_at = now(), \
                    max_attempts = case when attempt >= max_attempts then attempt + 1 else max_attempts end",
        decided: "id, state, attempt, max_attempts, finalized_at, scheduled_at <= now(), attempted_by, \
                  cardinality(errors)",
        requeueable: "state = 'discarded' and id not in (1004, 1007, 1009, 1010)",
        conflicts: &["1004", "1007"],
        refused: &["1009", "1010"],
        claim: (
            "1001",
            "update river_job set state = 'running', attempt = attempt + 1, attempted_at = now()",
        ),
        work: (
            "update river_job set state = 'completed', attempt = attempt + 1, finalized_at = now() where id = 1001; \
             update river_job set state = 'discarded', attempt = attempt + 1, finalized_at = now(), \
               errors = array_append(errors, '{\"error\": \"mailbox 9 is full\"}') \
              where kind = 'mail' and max_attempts = 26; \
             update river_job set state = 'running', attempt = attempt + 1, attempted_at = now() where id = 1002",
            [1, 6, 0, 1, 3],
        ),
        undo: true,
    },
};

/// The version that the plan of a requeue refuses or accepts is that of River itself.
#[test]
fn migrations_of_other_lines_are_not_the_version() {
    let installed = RIVER.installed_with(
        "insert into river_migration (line, version) select 'pro', n from generate_series(1, 99) n",
    );
    installed.run(&["dlq", "requeue", "1001", "--dry-run"]).expect_code(0);
    // Before version 5 there are no lines.
    let installed = RIVER.installed_with(
        "delete from river_migration where line <> 'main';
         alter table river_migration drop column line",
    );
    installed.run(&["dlq", "requeue", "1001", "--dry-run"]).expect_code(0);
    installed.run(&["queue"]).expect_code(1);
}

/// Jobs of a paused queue do not run although they are due. A role that cannot see the pauses is told so.
#[test]
fn paused_queues_are_read_if_the_role_may() {
    let installed = RIVER.installed();
    let blocked = installed.data(&["jobs", "list", "--state", "blocked"]);
    let halted = installed.select("min(id)", "queue = 'halted' and state = 'available'");
    assert!(blocked["jobs"].as_array().unwrap().iter().any(|job| job["id"] == *halted));
    let shown = installed.run(&["jobs", "show", &halted]).stdout;
    assert!(shown.contains("Paused: its queue is paused"), "{shown}");
    assert!(!installed.run(&["queue"]).stdout.contains("river_queue"));
    // Resumed, it is due.
    let due = |installed: &super::Installed| installed.data(&["queue"])["due"]["value"].clone();
    let before = due(&installed).as_u64().unwrap();
    installed.db.execute("update river_queue set paused_at = null");
    assert_eq!(due(&installed), before + 3);
    // A plan names the pause.
    installed.db.execute("update river_queue set paused_at = now() where name = 'default'");
    let plan = installed.run(&["dlq", "requeue", "--kind", "mail", "--dry-run"]).expect_code(0);
    assert!(plan.stdout.contains("queue default is paused"), "{}", plan.stdout);
    for (cause, more) in [
        ("not granted", ""),
        (
            "hidden by a policy",
            "grant select on river_queue to {role}; alter table river_queue enable row level security; \
             create policy own on river_queue using (name = 'default')",
        ),
    ] {
        let installed = RIVER.installed();
        let role = format!("reader_{}", installed.db.name());
        installed.db.execute(&format!(
            "create role {role} login; grant select on river_job, river_migration to {role}; {}",
            more.replace("{role}", &role)
        ));
        let output = installed.run_as(&installed.db.url_as(&role), &["queue"]);
        assert!(
            output.stdout.contains("which queues are paused is not known"),
            "{cause} {output:?}"
        );
        let json = installed.run_as(&installed.db.url_as(&role), &["queue", "-o", "json"]).json();
        assert_eq!(json["data"]["due"]["value"], before + 3, "{cause}");
        let triage = installed.run_as(&installed.db.url_as(&role), &["triage", "-o", "json"]);
        let unknown = "; which queues are paused is not known";
        assert!(triage.stdout.contains(unknown), "{triage:#?}");
        installed.db.execute(&format!("drop owned by {role}; drop role {role}"));
    }
    // The columns that are read are enough.
    let installed = RIVER.installed();
    let role = format!("reader_{}", installed.db.name());
    installed.db.execute(&format!(
        "create role {role} login; grant select on river_job, river_migration to {role}; \
         grant select (name, paused_at) on river_queue to {role}"
    ));
    let json = installed.run_as(&installed.db.url_as(&role), &["queue", "-o", "json"]).json();
    assert_eq!(json["data"]["due"]["value"], before, "{json:#}");
    installed.db.execute(&format!("drop owned by {role}; drop role {role}"));
    // Before version 4 there is no such table.
    let installed = RIVER.installed_with("drop table river_queue");
    assert_eq!(due(&installed), before + 3);
}
