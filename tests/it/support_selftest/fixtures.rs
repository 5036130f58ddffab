//! Tests that the fixtures contain what their names promise.

use crate::support::fixtures::{BLIND, DATA_SETS, NO_GRANT, VARIANTS};
use crate::support::postgres::{Database, Session};

/// Counts the jobs by state in the column that the variant maintains: `queued=2 done=3`, sorted by name.
fn states(database: &Database, column: &str) -> String {
    database.value(&format!(
        "SELECT coalesce(string_agg(word || '=' || n, ' ' ORDER BY word COLLATE \"C\"), '')
         FROM (SELECT {column} AS word, count(*) AS n FROM public.jobs GROUP BY 1) counts"
    ))
}

/// Returns the column to count in, and the counts of healthy, typical and awkward.
fn expected(variant: &str) -> (&'static str, [&'static str; 3]) {
    match variant {
        "main" | "atomic" | "event_data" => (
            "state",
            [
                "done=3 queued=2 running=1",
                "dead_letter=26 done=40 failed=2 queued=16 running=6",
                "completed=1 dead_letter=29 done=1 error=1 failed=1 pending=2 processing=2 \
                 queued=7 running=3 succeeded=1",
            ],
        ),
        "early" => (
            "state",
            [
                "done=3 processing=1 queued=2",
                "done=40 failed=28 processing=6 queued=16",
                "done=3 failed=31 processing=5 queued=9",
            ],
        ),
        "hosted" | "october" => (
            "state",
            [
                "done=3 queued=2 running=1",
                "done=40 error=28 queued=16 running=6",
                "done=3 error=31 queued=9 running=5",
            ],
        ),
        "status_live" | "bigint" => (
            "status",
            [
                "queued=2 running=1 succeeded=3",
                "failed=26 queued=16 running=6 succeeded=40",
                "failed=29 queued=9 running=5 succeeded=3",
            ],
        ),
        "typed" => (
            "status",
            [
                "completed=3 pending=2 processing=1",
                "completed=40 failed=28 pending=16 processing=6",
                "completed=3 failed=31 pending=9 processing=5",
            ],
        ),
        other => panic!("say what is expected of {other}"),
    }
}

#[test]
fn every_variant_has_every_data_set() {
    for variant in VARIANTS {
        let (column, counts) = expected(variant);
        for (data_set, expected) in DATA_SETS.iter().zip([""].into_iter().chain(counts)) {
            let name = format!("{variant}_{data_set}");
            assert_eq!(states(&Database::from_fixture(&name), column), expected, "{name}");
        }
    }
}

#[test]
fn typical_data_set_has_the_documented_counts() {
    let database = Database::from_fixture("main_typical");
    let count = |condition: &str| {
        database.value(&format!("SELECT count(*) FROM public.jobs WHERE {condition}"))
    };
    assert_eq!(count("state = 'queued' AND run_at <= now()"), "12");
    assert_eq!(count("state = 'queued' AND run_at > now() AND attempts = 2"), "4");
    let stuck = "coalesce(heartbeat_at, locked_at) < now() - interval '2 min'";
    assert_eq!(count(&format!("state = 'running' AND locked_by = 'worker-c' AND {stuck}")), "3");
    assert_eq!(count(&format!("state = 'running' AND NOT {stuck}")), "3");
    let dead_since =
        "state = 'dead_letter' AND coalesce((error->>'failed_at')::timestamptz, updated_at)";
    assert_eq!(count(&format!("{dead_since} > now() - interval '58 min'")), "14");
    assert_eq!(count("state = 'dead_letter' AND last_error LIKE 'FFmpeg timed out%'"), "15");
    assert_eq!(count("state = 'dead_letter' AND kind = 'PUBLISH_TIKTOK'"), "8");
    let oldest = "extract(epoch FROM now() - min(run_at))::int / 60";
    let oldest = format!("SELECT {oldest} FROM public.jobs WHERE state = 'queued'");
    assert_eq!(database.value(&oldest), "47");
    let events = "SELECT stage, count(*) FROM public.job_events GROUP BY 1 ORDER BY 1";
    let events: Vec<String> =
        database.rows(events).into_iter().map(|row| row.into_iter().flatten().collect()).collect();
    assert_eq!(events, ["claimed6", "enqueued90", "failed32", "finished40"]);
}

#[test]
fn awkward_data_set_has_its_awkward_rows() {
    let database = Database::from_fixture("main_awkward");
    let count = |condition: &str| {
        database.value(&format!("SELECT count(*) FROM public.jobs WHERE {condition}"))
    };
    assert_eq!(count("octet_length(payload::text) > 10000000"), "1");
    assert_eq!(count("run_at IS NULL"), "1");
    assert_eq!(count("NOT isfinite(updated_at)"), "2");
    assert_eq!(count("last_error LIKE E'%\\x1b[31m%' OR last_error LIKE E'%\\u202E%'"), "2");
    let error_types = "SELECT string_agg(DISTINCT jsonb_typeof(error), ' ') FROM public.jobs";
    assert_eq!(database.value(error_types), "array boolean null number object string");
    let has_heartbeat = "locked_by IS NOT NULL AND heartbeat_at > now() - interval '5 min'";
    assert_eq!(count(has_heartbeat), "0");
}

#[test]
fn two_roles_cannot_read_the_jobs() {
    for variant in VARIANTS {
        let database = Database::from_fixture(&format!("{variant}_healthy"));
        let nogrant = Session::open(&database.url_as(NO_GRANT));
        let refused = nogrant.try_execute("SELECT count(*) FROM public.jobs").unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{variant}");
        let blind = Session::open(&database.url_as(BLIND));
        assert_eq!(blind.value("SELECT count(*) FROM public.jobs"), "0", "{variant}");
    }
}

#[test]
fn main_variant_has_its_documented_access() {
    let database = Database::as_migrated("healthy");
    let as_role = |role: &str, sub: &str, sql: &str| {
        let session = Session::open(&database.url_as("authenticator"));
        session.execute(&format!("SET ROLE {role}"));
        session.execute(&format!(
            "SET request.jwt.claims = '{{\"sub\":\"{sub}\",\"role\":\"{role}\"}}'"
        ));
        session.try_execute(sql).map_err(|error| error.code().unwrap().code().to_owned())
    };
    let member = "cccccccc-0000-4000-8000-000000000003";
    let refused = Err("42501".to_owned());
    assert_eq!(as_role("authenticated", member, "SELECT 1 FROM jobs"), refused);
    assert_eq!(as_role("anon", "", "SELECT 1 FROM jobs"), refused);
    assert_eq!(as_role("anon", "", "UPDATE plan_limits SET monthly_clips = 0"), Ok(()));
    assert_eq!(as_role("anon", "", "SELECT worker_recover_stuck_jobs(600)"), Ok(()));
    assert_eq!(as_role("service_role", "", "UPDATE jobs SET priority = 1"), Ok(()));
    assert_eq!(database.value("SELECT count(*) FROM jobs WHERE priority = 1"), "6");
    let granted = "GRANT SELECT ON jobs TO authenticated";
    database.execute(granted);
    let one = "DO $$ BEGIN ASSERT (SELECT count(*) FROM jobs) = 3; END $$";
    assert_eq!(as_role("authenticated", member, one), Ok(()));
}

#[test]
fn main_variant_functions_move_a_job_through_its_states() {
    let database = Database::from_fixture("main_empty");
    let session = database.session();
    let claim = "SELECT id FROM worker_claim_next_job('w1')";
    assert_eq!(session.value(claim), "NULL"); // one row of NULLs
    session.execute(
        "INSERT INTO jobs (id, workspace_id, kind, max_attempts)
         SELECT '00000000-0000-4000-8000-000000000001', id, 'CLIP_RENDER', 2 FROM workspaces LIMIT 1",
    );
    let job = session.value(claim);
    let row = "SELECT concat_ws(' ', state, attempts, locked_by, error->>'message') FROM jobs";
    assert_eq!(session.value(row), "running 0 w1");
    session.execute(&format!("SELECT worker_fail('{job}', 'w1', 'boom', 0)"));
    assert_eq!(session.value(row), "queued 1 boom");
    session.execute(claim);
    session.execute(&format!("SELECT worker_fail('{job}', 'w1', 'boom', 0)"));
    assert_eq!(session.value(row), "dead_letter 2 boom");
    let events =
        "SELECT string_agg(concat_ws(':', stage, data->>'stage'), ' ' ORDER BY id) FROM job_events";
    let stages = "claimed failed:retry_scheduled claimed failed:dead_letter";
    assert_eq!(session.value(events), stages);
    session.execute("UPDATE jobs SET state = 'queued', attempts = 0, run_at = now()");
    session.execute(claim);
    session.execute(&format!("SELECT worker_finish('{job}', 'w1', '{{}}')"));
    assert_eq!(session.value(row), "done 0 boom");
    session.execute("UPDATE jobs SET state = 'running', heartbeat_at = now() - interval '1 h'");
    assert_eq!(session.value("SELECT worker_recover_stuck_jobs(120)"), "1");
    assert_eq!(session.value(row), "queued 1 boom");
}
