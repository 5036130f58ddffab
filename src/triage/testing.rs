//! A healthy system as test data: every incident of the tests is this system with one defect.

use std::time::Duration;

use jiff::Timestamp;

use crate::facts::access::last_audit::LastAudit;
use crate::facts::flow::{DeadLetterTrend, Failures};
use crate::facts::queue::{Count, Queue, Workers};
use crate::facts::server::{ServerStatus, TableRows};
use crate::facts::service::{
    Component, Exchange, Health, Latency, Readiness, ReadinessFormat, ReportedFlag, ReportedQueue,
};
use crate::facts::triage::TriageFacts;
use crate::facts::{Observed, SourceError, SourceErrorKind};
use crate::queue::{IdType, Layout, Relation, StateNames, TimeColumn};
use crate::zod::model::Environment;

/// Returns a successful read of this source.
pub(crate) fn observed<T>(source: &str, value: T) -> Observed<T> {
    let (source, at) = (source.to_owned(), Timestamp::UNIX_EPOCH);
    Observed { source, at, took: Duration::from_millis(7), result: Ok(value) }
}

/// Replaces the result by an error of this kind.
pub(crate) fn failed<T>(observed: &mut Observed<T>, kind: SourceErrorKind) {
    observed.result = Err(SourceError::new(kind, format!("the cause is {}", kind.as_str())));
}

/// Returns a healthy system: one active worker, three jobs, every source answers.
pub(crate) fn healthy() -> TriageFacts {
    TriageFacts {
        health: observed("/api/healthz", health()),
        readiness: observed("/api/readyz", readiness()),
        layout: observed("pg_catalog", layout()),
        queue: Some(observed("public.jobs", queue())),
        flow: Some(observed(
            "public.jobs",
            DeadLetterTrend {
                dead_lettered_last_hour: Some(Count::Exact(0)),
                dead_lettered_hour_before: Some(Count::Exact(0)),
                acknowledged: (0, 0),
                oldest_unfinished_age: Some(40.0),
            },
        )),
        failures: Some(observed("public.job_events", Failures { last_hour: Count::Exact(0) })),
        server: observed(
            "pg_stat_activity",
            ServerStatus {
                connections: 12,
                max_connections: 97,
                sessions: 4,
                jobs: Some(TableRows { live: 900, dead: 30, vacuum_age: Some(600.0) }),
                ..ServerStatus::default()
            },
        ),
        access: Some(audit()),
        environment: None,
        tests: vec![],
        saved: false,
    }
}

/// Returns an audit that found no violation.
pub(crate) fn audit() -> LastAudit {
    LastAudit {
        at: Timestamp::UNIX_EPOCH,
        age_seconds: 0.0,
        violations: vec![],
        not_tested: vec![],
        tables: 6,
        completed: true,
    }
}

fn exchange(http_status: u16) -> Exchange {
    let first_byte = Duration::from_millis(12);
    Exchange { http_status, latency: Latency { first_byte, ..Latency::default() }, retries: 0 }
}

fn health() -> Health {
    Health {
        exchange: exchange(200),
        ok: true,
        service: None,
        ts: None,
        error: None,
        unhealthy: vec![],
    }
}

fn readiness() -> Readiness {
    let part = |name: &str| Component {
        name: name.to_owned(),
        ok: ReportedFlag::Is(true),
        message: None,
        details: vec![],
    };
    let queue =
        ReportedQueue { length: Some(3), oldest_job_age: Some(4.0), ..ReportedQueue::default() };
    Readiness {
        is_for_operators: false,
        exchange: exchange(200),
        ok: ReportedFlag::Is(true),
        format: ReadinessFormat::Canonical,
        components: ["db", "worker", "ffmpeg"].map(part).into(),
        queue: Some(queue),
        timestamp: None,
        fatal: false,
        errors: vec![],
        problems: vec![],
        unhealthy: vec![],
        ignored: vec![],
        constants: vec![],
    }
}

fn queue() -> Queue {
    Queue {
        acknowledged: None,
        kind: None,
        due: Count::Exact(2),
        scheduled: Count::Exact(0),
        claimed: Count::Exact(1),
        failed: Count::Exact(0),
        given_up: None,
        dead: Some(Count::Exact(0)),
        canceled: None,
        blocked: None,
        unknowable: vec![],
        pauses_unknown: false,
        is_rescue_refused: false,
        other: Count::Exact(0),
        unknown_states: vec![],
        future_times: None,
        held_up_age: None,
        oldest_due_age: Some(3.0),
        stuck: Some(Count::Exact(0)),
        stuck_rule: None,
        owner: None,
        workers: Some(Workers {
            is_observable: true,
            active: Count::Exact(1),
            heartbeat_age: Some(2.0),
            by_worker: vec![],
            more: 0,
        }),
        dead_lettered_last_hour: Some(Count::Exact(0)),
        by_kind: vec![],
        by_kind_missing: None,
        server_time: "2026-01-01T00:00:00Z".into(),
    }
}

fn layout() -> Layout {
    let name = |name: &str| Some(name.to_owned());
    let time = |name: &str| Some(TimeColumn { name: name.to_owned(), zone: None });
    let values =
        ["queued", "pending", "processing", "running", "done", "failed", "error", "dead_letter"];
    Layout {
        relation: Relation::public("jobs"),
        id: IdType::Uuid,
        kind: name("kind"),
        state_column: "state".to_owned(),
        state_column_assumed: false,
        unread: vec![],
        unread_error: None,
        zone_doubt: None,
        also_claimed_by: None,
        other_state_column: None,
        state_names: StateNames::new(&values),
        states_closed: true,
        unknown_states: vec![],
        due: time("run_at").into_iter().collect(),
        due_optional: false,
        locked_by: name("locked_by"),
        locked_at: time("locked_at"),
        heartbeat: time("heartbeat_at"),
        attempts: name("attempts"),
        max_attempts: name("max_attempts"),
        last_error: name("last_error"),
        error: None,
        workspace: None,
        priority: None,
        payload: None,
        result: None,
        created: time("created_at"),
        updated: time("updated_at"),
        updated_nullable: false,
        kinds: None,
        events: None,
        events_unseen: None,
        indexes: vec![],
        partitions: vec![],
        estimated_rows: 930.0,
        in_recovery: false,
        server_time: "2026-01-01T00:00:00Z".to_owned(),
        assumptions: vec![],
        declared: None,
    }
}

/// Returns a checkout whose template lacks a key of the schema if `drifted` is set.
pub(crate) fn checkout(drifted: bool) -> Observed<Environment> {
    let template = if drifted { "A=\n" } else { "A=\nB=\n" };
    let schema = "A: z.string(), B: z.string()";
    let environment = crate::checks::environment::testing::environment(schema, Some(template), &[]);
    observed("packages/shared/src/env.ts", environment)
}
