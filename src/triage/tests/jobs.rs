//! Sections 3.3 and 3.4: due and stuck jobs, dead letters.

use Status::{Critical, Ok, Unknown, Warning};

use super::*;
use crate::facts::SourceErrorKind as Kind;
use crate::triage::testing::failed;

#[test]
fn due_and_stuck_jobs_lead_to_section_3_3() {
    assert_diagnoses(&[
        (
            "idle",
            |f| {
                idle(f);
                report(f).queue.as_mut().unwrap().length = Some(0);
            },
            "-",
            Ok,
            0,
            "-",
        ),
        (
            "a job due for a minute",
            |f| queue(f).oldest_due_age = Some(60.0),
            "3.3",
            Warning,
            1,
            "queue",
        ),
        (
            "a job due for five",
            |f| queue(f).oldest_due_age = Some(300.0),
            "3.3",
            Critical,
            2,
            "queue",
        ),
        ("fifty due", |f| queue(f).due = Count::Exact(50), "3.3", Warning, 1, "queue"),
        ("a hundred due", |f| queue(f).due = Count::Exact(100), "3.3", Critical, 2, "queue"),
        (
            "a million scheduled for later",
            |f| {
                queue(f).scheduled = Count::Exact(1_000_000);
                report(f).queue.as_mut().unwrap().length = Some(1_000_003);
            },
            "-",
            Ok,
            0,
            "-",
        ),
        (
            "fifty in progress",
            |f| {
                queue(f).claimed = Count::Exact(50);
                report(f).queue.as_mut().unwrap().length = Some(52);
            },
            "3.3",
            Warning,
            1,
            "queue",
        ),
        (
            "one stuck",
            |f| queue(f).stuck = Some(Count::Exact(1)),
            "3.3",
            Warning,
            1,
            "jobs rescue --dry-run",
        ),
        (
            "ten stuck",
            |f| queue(f).stuck = Some(Count::Exact(10)),
            "3.3",
            Critical,
            2,
            "jobs rescue --dry-run",
        ),
        (
            "the workers fell silent",
            |f| {
                queue(f).workers = Some(Workers {
                    is_observable: true,
                    active: Count::Exact(0),
                    heartbeat_age: Some(900.0),
                    by_worker: vec![],
                    more: 0,
                })
            },
            // readyz still reports active workers and is contradicted: that is 3.2, and less
            // severe.
            "3.3",
            Critical,
            2,
            "queue",
        ),
        (
            "work is due and nobody takes it",
            |f| {
                idle(f);
                queue(f).due = Count::Exact(2);
                queue(f).oldest_due_age = Some(700.0);
            },
            "3.3",
            Critical,
            2,
            "queue",
        ),
        (
            "due, but nobody says since when",
            |f| queue(f).oldest_due_age = None,
            "3.3",
            Unknown,
            3,
            "queue",
        ),
        (
            "not counted, and not because of the time budget",
            |f| queue(f).stuck = Some(Count::NotCounted("the server failed".to_owned())),
            "3.3",
            Unknown,
            3,
            "queue",
        ),
        (
            "only a part counted, and that is too many",
            |f| queue(f).due = Count::AtLeast(5_000),
            "3.3",
            Critical,
            2,
            "queue",
        ),
        (
            "the queue is read no further",
            |f| failed(f.queue.as_mut().unwrap(), Kind::Timeout),
            "3.3",
            Unknown,
            3,
            "queue",
        ),
        (
            "readyz counts another queue",
            |f| report(f).queue.as_mut().unwrap().length = Some(990),
            "3.3",
            Warning,
            1,
            "queue",
        ),
        (
            "readyz's oldest age fits no job",
            |f| report(f).queue.as_mut().unwrap().oldest_job_age = Some(900_000.0),
            "3.3",
            Warning,
            1,
            "queue",
        ),
        (
            "readyz's oldest age is in milliseconds",
            |f| report(f).queue.as_mut().unwrap().oldest_job_age = Some(40_000.0),
            "-",
            Ok,
            0,
            "-",
        ),
        (
            "readyz's queue is not a number",
            |f| report(f).queue.as_mut().unwrap().problems = vec!["length is a string".to_owned()],
            "3.3",
            Unknown,
            3,
            "queue",
        ),
    ]);
}

#[test]
fn dead_letters_lead_to_section_3_4() {
    assert_diagnoses(&[
        ("nineteen dead", |f| queue(f).dead = Some(Count::Exact(19)), "-", Ok, 0, "-"),
        (
            "twenty dead",
            |f| queue(f).dead = Some(Count::Exact(20)),
            "3.4",
            Warning,
            1,
            "dlq groups",
        ),
        (
            "a hundred dead",
            |f| queue(f).dead = Some(Count::Exact(100)),
            "3.4",
            Critical,
            2,
            "dlq groups",
        ),
        ("ten died in an hour", |f| dead_lettered(f, 10, 9), "3.4", Warning, 1, "dlq groups"),
        ("fifty died in an hour", |f| dead_lettered(f, 50, 49), "3.4", Critical, 2, "dlq groups"),
        ("it is getting worse", |f| dead_lettered(f, 60, 1), "3.4", Critical, 2, "dlq groups"),
        ("it is getting better", |f| dead_lettered(f, 9, 60), "-", Ok, 0, "-"),
        (
            "attempts fail, jobs do not die yet",
            |f| f.failures.as_mut().unwrap().result.as_mut().unwrap().last_hour = Count::Exact(60),
            "3.4",
            Warning,
            1,
            "dlq groups",
        ),
        (
            "the dead letters are read no further",
            |f| failed(f.flow.as_mut().unwrap(), Kind::Timeout),
            "3.4",
            Unknown,
            3,
            "dlq groups",
        ),
        (
            "a schema without dead letters",
            |f| {
                (queue(f).dead, queue(f).dead_lettered_last_hour) = (None, None);
                let flow = f.flow.as_mut().unwrap().result.as_mut().unwrap();
                (flow.dead_lettered_last_hour, flow.dead_lettered_hour_before) = (None, None);
            },
            "-",
            Ok,
            0,
            "-",
        ),
        (
            "deaths are no excuse for a backlog",
            |f| {
                queue(f).dead = Some(Count::Exact(140));
                queue(f).oldest_due_age = Some(4_000.0);
            },
            "3.3",
            Critical,
            2,
            "queue",
        ),
        (
            "events that this role may not read raise nothing",
            |f| failed(f.failures.as_mut().unwrap(), Kind::Permission),
            "-",
            Ok,
            0,
            "-",
        ),
        ("events without an order raise nothing", |f| f.failures = None, "-", Ok, 0, "-"),
    ]);
}

fn dead_lettered(facts: &mut TriageFacts, last: u64, before: u64) {
    queue(facts).dead_lettered_last_hour = Some(Count::Exact(last));
    let flow = facts.flow.as_mut().unwrap().result.as_mut().unwrap();
    flow.dead_lettered_last_hour = Some(Count::Exact(last));
    flow.dead_lettered_hour_before = Some(Count::Exact(before));
}
