//! The variants of the backend: how each is made, and what its rows mean. The meaning is SQL written by hand for
//! the variant, which the program's own SQL is compared with.

use super::schema::{Counted, Events, OtherState, Schema, StateNames};

/// What the rows of a variant mean: conditions and expressions over `jobs`.
#[derive(Debug, Clone, Copy)]
pub struct Truth {
    pub queued: &'static str,
    pub claimed: &'static str,
    pub finished: &'static str,
    /// Failed, whether they are retried or given up; dead letters are not counted here.
    pub failed: Option<&'static str>,
    /// Whether a claim function takes failed jobs.
    pub failed_is_retried: bool,
    pub dead: Option<&'static str>,
    pub canceled: Option<&'static str>,
    pub due_at: &'static str,
    pub kind: &'static str,
    pub worker: Option<&'static str>,
    /// The last heartbeat, or else the lock.
    pub last_sign: Option<&'static str>,
    /// Whether this attempt is the last: a rescue gives the job up.
    pub last_attempt: &'static str,
    pub error: &'static str,
    /// When a dead letter became one.
    pub dead_since: &'static str,
    /// The stage of an event, if events have an order.
    pub events: Option<&'static str>,
}

/// A variant of the backend.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    pub name: &'static str,
    pub schema: Schema,
    pub truth: Truth,
}

const TEN: [&str; 10] = [
    "queued",
    "pending",
    "processing",
    "running",
    "done",
    "completed",
    "succeeded",
    "failed",
    "error",
    "dead_letter",
];
const STAGE: Events = Events { stage: "stage", data: "data", by_workspace: false };
const EVENT: Events = Events { stage: "event", data: "details", by_workspace: false };

const MAIN: Variant = Variant {
    name: "main",
    schema: Schema {
        id: "uuid",
        kind: "kind",
        state: "state",
        other_state: Some(("status", OtherState::Leftover)),
        allowed: &TEN,
        is_enum: false,
        words: StateNames {
            queued: "queued",
            retry: "queued",
            claimed: "running",
            finished: "done",
            given_up: "dead_letter",
        },
        due: &["run_at"],
        worker: Some(("locked_by", "text")),
        locked_at: true,
        heartbeat: Some("heartbeat_at"),
        claim_writes_times: true,
        counted: Counted::AtFailure,
        last_error: true,
        error: true,
        priority: Some("priority desc"),
        events: Some(STAGE),
        leftovers: "worker_id uuid, last_heartbeat timestamptz, run_after timestamptz not null default now(),
          next_run_at timestamptz, type text",
        indexes: "create index on jobs(state, updated_at) where state = 'dead_letter';
          create index on jobs(state, run_at) where state = 'queued'; create index on jobs(status, run_after);",
        claim: "worker_claim_next_job",
    },
    truth: Truth {
        queued: "state in ('queued', 'pending')",
        claimed: "state in ('processing', 'running')",
        finished: "state in ('done', 'completed', 'succeeded')",
        failed: Some("state in ('failed', 'error')"),
        failed_is_retried: false,
        dead: Some("state = 'dead_letter'"),
        canceled: None,
        due_at: "run_at",
        kind: "kind",
        worker: Some("locked_by"),
        last_sign: Some("coalesce(heartbeat_at, locked_at)"),
        last_attempt: "attempts + 1 >= max_attempts",
        error: "last_error",
        dead_since: "greatest((error->>'failed_at')::timestamptz, (error->>'recovered_at')::timestamptz)",
        events: Some("stage"),
    },
};

const EVENT_DATA: Variant = Variant {
    name: "event_data",
    schema: Schema { events: Some(Events { stage: "event", ..STAGE }), ..MAIN.schema },
    truth: Truth { events: Some("event"), ..MAIN.truth },
};

const ATOMIC: Variant = Variant {
    name: "atomic",
    schema: Schema {
        other_state: None,
        priority: Some("priority"),
        events: Some(EVENT),
        leftovers: "",
        indexes: "create index on jobs(state, priority, run_at);",
        ..MAIN.schema
    },
    truth: Truth { events: Some("event"), ..MAIN.truth },
};

const EARLY: Variant = Variant {
    name: "early",
    schema: Schema {
        allowed: &["queued", "processing", "done", "failed"],
        words: StateNames { claimed: "processing", given_up: "failed", ..MAIN.schema.words },
        error: false,
        ..ATOMIC.schema
    },
    truth: Truth {
        queued: "state = 'queued'",
        claimed: "state = 'processing'",
        finished: "state = 'done'",
        failed: Some("state = 'failed'"),
        dead: None,
        ..ATOMIC.truth
    },
};

const HOSTED: Variant = Variant {
    name: "hosted",
    schema: Schema {
        state: "status",
        other_state: Some(("state", OtherState::WrittenAtFinish)),
        allowed: &["queued", "running", "done", "error"],
        words: StateNames { given_up: "error", ..MAIN.schema.words },
        due: &["run_after", "next_run_at"],
        worker: Some(("worker_id", "uuid")),
        locked_at: false,
        heartbeat: Some("last_heartbeat"),
        counted: Counted::AtClaim,
        priority: None,
        leftovers: "",
        indexes: "create index on jobs(status, run_after);",
        ..MAIN.schema
    },
    truth: Truth {
        queued: "status = 'queued'",
        claimed: "status = 'running'",
        finished: "status = 'done'",
        failed: Some("status = 'error'"),
        dead: None,
        due_at: "greatest(run_after, next_run_at)",
        worker: Some("worker_id"),
        last_sign: Some("last_heartbeat"),
        last_attempt: "attempts >= max_attempts",
        ..MAIN.truth
    },
};

const STATUS_LIVE: Variant = Variant {
    name: "status_live",
    schema: Schema {
        other_state: Some(("state", OtherState::Leftover)),
        allowed: &["queued", "running", "succeeded", "failed"],
        words: StateNames { finished: "succeeded", given_up: "failed", ..MAIN.schema.words },
        due: &["run_after"],
        worker: Some(("worker_id", "text")),
        last_error: false,
        ..HOSTED.schema
    },
    truth: Truth {
        finished: "status = 'succeeded'",
        failed: None,
        dead: Some("status = 'failed'"),
        due_at: "run_after",
        error: "error->>'message'",
        ..HOSTED.truth
    },
};

const OCTOBER: Variant = Variant {
    name: "october",
    schema: Schema {
        allowed: &["queued", "running", "done", "error"],
        words: StateNames { given_up: "error", ..MAIN.schema.words },
        counted: Counted::AtClaim,
        error: false,
        events: Some(Events { by_workspace: true, ..STAGE }),
        indexes: "create index on jobs(state, run_at);",
        ..ATOMIC.schema
    },
    truth: Truth {
        queued: "state = 'queued'",
        claimed: "state = 'running'",
        finished: "state = 'done'",
        failed: Some("state = 'error'"),
        dead: None,
        last_attempt: "attempts >= max_attempts",
        events: None,
        ..MAIN.truth
    },
};

const BIGINT: Variant = Variant {
    name: "bigint",
    schema: Schema {
        id: "bigint",
        other_state: None,
        worker: Some(("worker_id", "uuid")),
        events: None,
        claim: "claim_job",
        ..STATUS_LIVE.schema
    },
    truth: Truth { events: None, ..STATUS_LIVE.truth },
};

const TYPED: Variant = Variant {
    name: "typed",
    schema: Schema {
        kind: "type",
        state: "status",
        other_state: None,
        allowed: &["pending", "processing", "failed", "completed"],
        words: StateNames {
            queued: "pending",
            retry: "pending",
            claimed: "processing",
            finished: "completed",
            given_up: "failed",
        },
        due: &["next_run_at"],
        worker: None,
        locked_at: false,
        heartbeat: None,
        error: false,
        priority: None,
        events: None,
        leftovers: "",
        indexes: "create index on jobs(status, next_run_at);",
        claim: "dequeue",
        ..MAIN.schema
    },
    truth: Truth {
        queued: "status = 'pending'",
        claimed: "status = 'processing'",
        finished: "status = 'completed'",
        failed: Some("status = 'failed'"),
        dead: None,
        due_at: "next_run_at",
        kind: "type",
        worker: None,
        last_sign: None,
        events: None,
        ..MAIN.truth
    },
};

/// Main, whose claim function writes the worker only. The worker sends its first heartbeat later.
pub const CLAIM_WRITES_NO_TIMES: Variant = Variant {
    name: "main_claim_writes_no_times",
    schema: Schema { claim_writes_times: false, ..MAIN.schema },
    ..MAIN
};

/// The nine variants, and each again with other properties that were found on some branch: attempts counted
/// elsewhere, both state columns written, failed jobs that are claimed again, missing locks or heartbeats.
pub const VARIANTS: [Variant; 18] = [
    MAIN,
    EVENT_DATA,
    ATOMIC,
    EARLY,
    HOSTED,
    STATUS_LIVE,
    OCTOBER,
    BIGINT,
    TYPED,
    // A worker retries jobs in the state `failed`.
    Variant {
        name: "main_failed_is_retried",
        schema: Schema {
            words: StateNames { retry: "failed", ..MAIN.schema.words },
            ..MAIN.schema
        },
        truth: Truth { failed_is_retried: true, ..MAIN.truth },
    },
    Variant {
        name: "event_data_enum",
        schema: Schema {
            is_enum: true,
            other_state: None,
            indexes: "create index on jobs(state, run_at) where state = 'queued';",
            ..EVENT_DATA.schema
        },
        truth: EVENT_DATA.truth,
    },
    Variant {
        name: "atomic_counted_at_claim_without_heartbeats",
        schema: Schema { counted: Counted::AtClaim, heartbeat: None, ..ATOMIC.schema },
        truth: Truth {
            last_sign: Some("locked_at"),
            last_attempt: "attempts >= max_attempts",
            ..ATOMIC.truth
        },
    },
    Variant {
        name: "early_without_locked_at",
        schema: Schema { locked_at: false, ..EARLY.schema },
        truth: Truth { last_sign: Some("heartbeat_at"), ..EARLY.truth },
    },
    // Both columns have the same values in every row; the claim function reads `state`.
    Variant {
        name: "hosted_claimed_by_state",
        schema: Schema {
            state: "state",
            other_state: Some(("status", OtherState::WrittenAlways)),
            counted: Counted::AtFailure,
            ..HOSTED.schema
        },
        truth: Truth {
            queued: "state = 'queued'",
            claimed: "state = 'running'",
            finished: "state = 'done'",
            failed: Some("state = 'error'"),
            last_attempt: "attempts + 1 >= max_attempts",
            ..HOSTED.truth
        },
    },
    // Both columns have a CHECK; a claim and a failure write `status` only.
    Variant {
        name: "status_live_finish_writes_both",
        schema: Schema {
            other_state: Some(("state", OtherState::WrittenAtFinish)),
            ..STATUS_LIVE.schema
        },
        truth: STATUS_LIVE.truth,
    },
    Variant {
        name: "october_without_locks",
        schema: Schema { worker: None, locked_at: false, heartbeat: None, ..OCTOBER.schema },
        truth: Truth { worker: None, last_sign: None, ..OCTOBER.truth },
    },
    Variant {
        name: "bigint_without_heartbeats",
        schema: Schema { heartbeat: None, counted: Counted::AtFailure, ..BIGINT.schema },
        truth: Truth {
            last_sign: None,
            last_attempt: "attempts + 1 >= max_attempts",
            ..BIGINT.truth
        },
    },
    Variant {
        name: "typed_with_canceled_jobs",
        schema: Schema {
            allowed: &["pending", "processing", "failed", "completed", "cancelled"],
            ..TYPED.schema
        },
        truth: Truth { canceled: Some("status = 'cancelled'"), ..TYPED.truth },
    },
];
