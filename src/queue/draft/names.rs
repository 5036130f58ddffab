//! Names that columns, tables and states of home-grown queues often have. They only fill in a draft, which a person
//! reads before it is used.

use crate::queue::{Field, Lifecycle};

/// Names of the columns of each field, the most telling first.
pub(super) const COLUMNS: [(Field, &[&str]); 16] = [
    (Field::Id, &["id", "job_id", "task_id", "uuid", "guid"]),
    (Field::State, &["state", "status", "job_state", "job_status", "phase", "stage", "lifecycle"]),
    (
        Field::Kind,
        &[
            "kind",
            "type",
            "job_type",
            "job_kind",
            "job_class",
            "task_type",
            "task",
            "task_name",
            "queue",
            "queue_name",
            "topic",
            "action",
            "handler",
            "name",
        ],
    ),
    (
        Field::Workspace,
        &["workspace_id", "tenant_id", "tenant", "organization_id", "org_id", "account_id"],
    ),
    (
        Field::Due,
        &[
            "run_at",
            "run_after",
            "next_run_at",
            "next_run",
            "due_at",
            "due",
            "scheduled_at",
            "scheduled_for",
            "available_at",
            "visible_at",
            "visible_after",
            "not_before",
            "start_after",
            "next_attempt_at",
            "next_try_at",
            "retry_at",
            "execute_at",
            "process_after",
            "eta",
        ],
    ),
    (
        Field::Worker,
        &[
            "locked_by",
            "worker_id",
            "worker",
            "claimed_by",
            "taken_by",
            "picked_by",
            "owner",
            "leased_by",
            "lease_owner",
            "processor",
            "runner",
        ],
    ),
    (
        Field::LockedAt,
        &[
            "locked_at",
            "claimed_at",
            "taken_at",
            "picked_at",
            "started_at",
            "begun_at",
            "leased_at",
            "reserved_at",
            "attempted_at",
        ],
    ),
    (
        Field::Heartbeat,
        &[
            "heartbeat_at",
            "last_heartbeat",
            "last_heartbeat_at",
            "heartbeat",
            "last_seen",
            "pinged_at",
        ],
    ),
    (
        Field::Attempts,
        &[
            "attempts",
            "attempt",
            "tries",
            "retry_count",
            "retries",
            "failures",
            "error_count",
            "fail_count",
        ],
    ),
    (
        Field::MaxAttempts,
        &[
            "max_attempts",
            "max_tries",
            "max_retries",
            "attempt_limit",
            "retry_limit",
            "tries_allowed",
        ],
    ),
    (
        Field::Error,
        &[
            "last_error",
            "error",
            "error_message",
            "last_error_message",
            "failure",
            "failure_reason",
            "exception",
            "err",
            "reason",
            "traceback",
            "errors",
        ],
    ),
    (
        Field::Created,
        &[
            "created_at",
            "inserted_at",
            "enqueued_at",
            "queued_at",
            "submitted_at",
            "created",
            "added_at",
        ],
    ),
    (
        Field::Updated,
        &["updated_at", "modified_at", "changed_at", "updated", "last_modified", "touched_at"],
    ),
    (Field::DeadSince, &DEAD_TIMES),
    (
        Field::Payload,
        &["payload", "args", "arguments", "data", "body", "input", "params", "message", "job"],
    ),
    (Field::Result, &["result", "output", "response"]),
];

/// Times at which a job was given up.
pub(super) const DEAD_TIMES: [&str; 8] = [
    "dead_at",
    "failed_at",
    "gave_up_at",
    "discarded_at",
    "abandoned_at",
    "expired_at",
    "buried_at",
    "exhausted_at",
];
/// Flags of jobs that were given up.
pub(super) const DEAD_FLAGS: [&str; 6] =
    ["dead", "failed", "is_dead", "is_failed", "gave_up", "abandoned"];
/// Times at which a job was completed.
pub(super) const FINISHED_TIMES: [&str; 6] =
    ["finished_at", "completed_at", "done_at", "succeeded_at", "processed_at", "ended_at"];
/// Flags of completed jobs.
pub(super) const FINISHED_FLAGS: [&str; 8] = [
    "done",
    "finished",
    "completed",
    "processed",
    "is_done",
    "is_finished",
    "is_completed",
    "is_processed",
];
/// Times at which a job was canceled.
pub(super) const CANCELED_TIMES: [&str; 3] = ["canceled_at", "cancelled_at", "aborted_at"];

/// Parts of the names of tables that hold jobs.
pub(super) const TABLES: [&str; 5] = ["job", "task", "queue", "work", "outbox"];

/// Words for states, in lower case.
const STATES: [(Lifecycle, &[&str]); 6] = [
    (
        Lifecycle::Queued,
        &[
            "queued",
            "pending",
            "new",
            "ready",
            "waiting",
            "available",
            "todo",
            "created",
            "scheduled",
            "enqueued",
            "open",
            "idle",
            "submitted",
            "retry",
            "retrying",
            "retryable",
        ],
    ),
    (
        Lifecycle::Claimed,
        &[
            "running",
            "processing",
            "active",
            "claimed",
            "in_progress",
            "started",
            "working",
            "executing",
            "locked",
            "doing",
            "leased",
            "taken",
            "picked",
            "reserved",
        ],
    ),
    (
        Lifecycle::Finished,
        &[
            "done",
            "finished",
            "completed",
            "complete",
            "succeeded",
            "success",
            "successful",
            "ok",
            "processed",
        ],
    ),
    (Lifecycle::Failed, &["failed", "failure", "error", "errored"]),
    (
        Lifecycle::Dead,
        &[
            "dead",
            "dead_letter",
            "deadletter",
            "discarded",
            "gave_up",
            "abandoned",
            "exhausted",
            "expired",
            "buried",
            "poison",
            "parked",
        ],
    ),
    (Lifecycle::Canceled, &["canceled", "cancelled", "aborted", "skipped", "revoked"]),
];

/// The role of a state by its word.
pub(super) fn role(value: &str) -> Option<Lifecycle> {
    let word = value.to_ascii_lowercase().replace(['-', ' '], "_");
    let known = STATES.iter().find(|(_, words)| words.contains(&word.as_str()));
    known.map(|(role, _)| *role)
}
