//! The draft of a declaration says what the functions that claim jobs show, and what it only assumes.

use super::{Declared, draft};
use crate::support::postgres::Database;

/// A queue with a lease, a second due time, and failures that its claim never takes. CLAIM stands for more conditions of
/// the claim, STARTED for what it assigns to `started_at`, COUNT for more assignments.
const QUEUE: &str = "
    create type job_status as enum ('pending', 'processing', 'completed', 'failed', 'dead');
    create table job_queue(
      id bigint primary key generated always as identity, type text not null default 'X',
      status job_status not null default 'pending', attempts int not null default 0, max_attempts int not null default 3,
      scheduled_for timestamptz not null default now(), next_retry_at timestamptz, locked_until timestamptz,
      locked_by text, started_at timestamptz, last_error text, created_at timestamptz not null default now());
    create function claim_job(w text) returns setof job_queue language plpgsql as $$
      begin
        return query update job_queue q set status = 'processing', locked_by = w, started_at = STARTED COUNT,
          locked_until = now() + interval '5 minutes'
         where q.id in (select c.id from job_queue c where c.status in ('pending' CLAIM)
            and c.scheduled_for <= now() and (c.next_retry_at is null or c.next_retry_at <= now())
            and (c.locked_until is null or c.locked_until < now()) order by c.id limit 1 for update skip locked)
         returning q.*;
      end $$;
    create function fail_job(p_id bigint) returns void language sql as $$
      update job_queue set status = 'failed', attempts = attempts + 1, last_error = 'IBAN rejected' where id = p_id $$;
    create function retry_job(p_id bigint) returns void language sql as $$
      update job_queue set status = 'pending' where id = p_id and status = 'failed' $$;";

fn queue(claim: &str, started: &str, count: &str) -> Database {
    let database = Database::blank();
    let queue = QUEUE.replace("CLAIM", claim).replace("STARTED", started);
    database.execute(&queue.replace("COUNT", count));
    database
}

#[test]
fn draft_says_what_the_claim_shows() {
    let counted = ", attempts = q.attempts + 1";
    for (claim, started, count, lines) in [
        (
            "",
            "now()",
            "",
            [
                "attempts_counted = \"at_failure\"  # not counted by claim_job",
                "locked_at = \"started_at\"",
                "failed = []",
                "dead = [\"failed\", \"dead\"]  # not claimed again by claim_job",
            ],
        ),
        (
            ", 'failed'",
            "coalesce(q.started_at, now())",
            counted,
            [
                "attempts_counted = \"at_claim\"  # counted by claim_job",
                "# no locked_at: claim_job keeps the first started_at",
                "failed = [\"failed\"]  # failed, and claimed again by claim_job",
                "dead = [\"dead\"]  # not claimed again",
            ],
        ),
    ] {
        let draft = draft(&queue(claim, started, count), "job_queue");
        let due =
            "due = '''greatest(\"scheduled_for\", \"next_retry_at\")'''  # compared by claim_job";
        let requeued = "now = [\"scheduled_for\", \"next_retry_at\"]";
        for line in lines.into_iter().chain([due, requeued]) {
            assert!(draft.lines().any(|text| text.starts_with(line)), "{line} in\n{draft}");
        }
        assert!(
            draft.contains("null = [\"locked_by\"") && draft.contains("\"locked_until\"]"),
            "{draft}"
        );
    }
}

#[test]
fn draft_says_what_nothing_shows() {
    let database = queue("", "now()", "");
    database.execute("drop function claim_job");
    let draft = draft(&database, "job_queue");
    for line in [
        "# attempts_counted = \"at_claim\"  # or \"at_failure\"",
        "due = \"scheduled_for\"",
        "failed = [\"failed\"]  # assumed: failed, and will be claimed again",
    ] {
        assert!(draft.lines().any(|text| text.starts_with(line)), "{line} in\n{draft}");
    }
}

#[test]
fn pasted_draft_counts_given_up_jobs_and_not_those_that_wait() {
    let database = queue("", "now()", "");
    let draft = draft(&database, "job_queue");
    let declared = Declared::new(database, &draft);
    let insert =
        "insert into job_queue(status, attempts, scheduled_for, next_retry_at, last_error) select";
    declared.db.execute(&format!(
        "{insert} 'pending', 1, now() - interval '9 minutes', now() + interval '7 minutes', '429' from generate_series(1, 60)"
    ));
    declared.run(&["queue"]).expect_code(0);
    declared.db.execute(&format!(
        "{insert} 'failed', 1, now(), null, 'IBAN rejected' from generate_series(1, 200)"
    ));
    let shown = declared.run(&["queue"]).expect_code(2).stdout;
    assert!(shown.contains("200 dead letters"), "{shown}");
    let dead = declared.data(&["dlq", "list", "--limit", "5"]);
    assert_eq!(dead["total"]["value"], 200);
}
