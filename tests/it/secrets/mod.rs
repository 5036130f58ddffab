//! Tests that secrets from external sources are never printed.

#[cfg(target_os = "linux")]
mod bug;
mod everywhere;

use serde_json::json;

use crate::support::cli::{Cli, Output};
use crate::support::http::{Response, Stub};
use crate::support::postgres::Database;

/// The secret that no output may contain.
const MARK: &str = "hunter2swordfish";

/// Returns realistic error texts with a secret at the start, in the middle and at the end.
fn errors() -> Vec<String> {
    vec![
        format!("eyJhbGciOiJIUzI1NiJ9.{MARK}.c2ln has expired"),
        format!("request failed: Authorization: Bearer {MARK} was refused with 401"),
        format!("connect ECONNREFUSED postgres://app:{MARK}@db.example:5432/cliply"),
        format!("403 for https://s3.example/raw.mp4?X-Amz-Signature={MARK}&X-Amz-Date=1 (retried)"),
        format!("{{\"error\":\"invalid_grant\",\"refresh_token\":\"{MARK}\"}}"),
        format!("PGPASSWORD={MARK} psql: could not connect"),
        format!("stripe: sk_live_{MARK} is no valid key"),
        format!("login failed\n\n**Password:** `{MARK}`"),
        format!("<wsse:Password Type=\"x#PasswordText\">{MARK}</wsse:Password> was refused"),
        format!("form-data; name=\"password\"\r\n\r\n{MARK}\r\n--b--"),
        format!("Config {{ api_key: Some(\"{MARK}\"), retries: 3 }}"),
        format!("curl -d api_key=\\\n{MARK} failed"),
        format!("ffmpeg: rtmps://live.example/live2/{MARK}: Input/output error"),
    ]
}

/// Creates a database whose dead letters contain the mark, the first one in every column.
fn marked() -> (Database, String) {
    let database = Database::from_fixture("main_typical");
    let dead = database.rows("SELECT id::text FROM jobs WHERE state = 'dead_letter' ORDER BY id");
    let ids: Vec<String> = dead.into_iter().filter_map(|mut row| row.remove(0)).collect();
    for (id, error) in ids.iter().zip(errors()) {
        let inner = json!({ "message": error, "code": 401, "headers": { "cookie": MARK } });
        database.execute(&format!(
            "UPDATE jobs SET last_error = $t${error}$t$, error = $t${inner}$t$,
                    payload = $t${inner}$t$, result = $t${inner}$t$ WHERE id = '{id}';
             INSERT INTO job_events (job_id, stage, data) VALUES ('{id}', 'failed', $t${inner}$t$)"
        ));
    }
    mark_every_text(&database);
    (database, ids[1].clone())
}

/// Puts a token with the mark into every text column of three rows of every table, where the table allows it: kinds,
/// names of workers, operators and hosts.
fn mark_every_text(database: &Database) {
    database.execute(&format!(
        "DO $do$ DECLARE c record; BEGIN
           FOR c IN SELECT table_name AS t, column_name AS col FROM information_schema.columns
                     WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')
                       AND column_name NOT IN ('state', 'status', 'stage') LOOP
             BEGIN
               EXECUTE format('UPDATE public.%I SET %I = %L WHERE ctid IN (SELECT ctid FROM public.%I ORDER BY 1 LIMIT 3)',
                              c.t, c.col, 'sk_live_{MARK}', c.t);
             EXCEPTION WHEN OTHERS THEN NULL;
             END;
           END LOOP;
         END $do$"
    ));
}

fn run(database: &Database, args: &[&str]) -> Output {
    let url = database.url();
    Cli::new(args).env("DATABASE_URL", url).env("USER", "oncall").run()
}

fn assert_clean(output: &Output, what: &str) {
    let all = format!("{}{}", output.stdout, output.stderr);
    assert!(!all.contains(MARK), "{what} shows a secret:\n{all}");
}

#[test]
fn secrets_in_jobs_and_events_are_redacted_in_every_format() {
    let (database, id) = marked();
    let commands: [(&[&str], &[&str]); 7] = [
        (&["handoff"], &["markdown", "json", "table"]),
        (&["jobs", "show", &id], &["table", "json"]),
        (&["dlq", "show", &id], &["table", "json"]),
        (&["dlq", "list", "--limit", "500"], &["table", "json", "ndjson", "csv"]),
        (&["dlq", "groups"], &["table", "json"]),
        (&["dlq", "requeue", "--all", "--dry-run"], &["table", "json"]),
        (&["triage"], &["table", "json", "markdown", "short"]),
    ];
    for (args, formats) in commands {
        for format in formats {
            let args = [args, &["-o", format]].concat();
            let output = run(&database, &args);
            assert_ne!(output.code, 64, "{args:?}: {output:?}");
            assert!(!output.stdout.is_empty(), "{args:?}: {output:?}");
            assert_clean(&output, &args.join(" "));
        }
    }
    let shown = run(&database, &["jobs", "show", &id]).expect_code(0).stdout;
    assert!(shown.contains("Authorization: Bearer [redacted] was refused with 401"), "{shown}");
}

#[test]
fn secrets_in_trigger_errors_are_redacted() {
    let (database, id) = marked();
    database.execute(&format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $f$
         BEGIN RAISE EXCEPTION 'refused with token={MARK}'; END $f$;
         CREATE TRIGGER refuse BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION refuse()"
    ));
    let output = run(&database, &["dlq", "requeue", &id, "--yes", "--reason", "test"]);
    assert!(output.stdout.contains("refused with token=[redacted]"), "{output:?}");
    assert_clean(&output, "dlq requeue");
}

#[test]
fn secrets_in_policies_are_shown_by_a_contract_only() {
    let database = Database::from_fixture("main_typical");
    database.execute(&format!(
        "CREATE FUNCTION may_see(kind text) RETURNS boolean LANGUAGE sql STABLE AS
           $f$ SELECT kind <> 'sk_live_{MARK}' $f$;
         ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
         CREATE POLICY marked ON jobs USING (kind <> 'sk_live_{MARK}' AND may_see(kind))"
    ));
    for args in
        [&["rls", "audit"][..], &["rls", "matrix"], &["rls", "explain", "jobs", "anon", "select"]]
    {
        for format in ["table", "json"] {
            let args = [args, &["-o", format]].concat();
            assert_clean(&run(&database, &args), &args.join(" "));
        }
    }
    let contract = run(&database, &["rls", "contract"]);
    if contract.stdout.contains(MARK) {
        assert!(contract.stderr.contains("seems to contain a secret"), "{contract:?}");
    }
}

#[test]
fn secrets_in_bodies_that_are_no_report_are_redacted() {
    let bodies = [
        format!("Internal error: Authorization: Bearer {MARK} rejected"),
        format!("<html><title>password={MARK}</title></html>"),
        format!(
            "{{\"ok\": false, \"sk_live_{MARK}\": 1, \"checks\": {{\"sk_live_{MARK}\": {{\"ok\": false}}}}}}"
        ),
        format!("{{\"ok\": \"token={MARK}\"}}"),
        format!("{{\"token\": \"{MARK}"),
    ];
    for body in bodies {
        let response = || Response::json(500, body.clone());
        let stub = Stub::start([
            ("/api/readyz", response()),
            ("/api/admin/readyz", response()),
            ("/api/healthz", response()),
        ]);
        for args in [&["health"][..], &["ready"], &["ready", "--admin"], &["triage"], &["handoff"]]
        {
            for format in ["table", "json"] {
                let args = [args, &["-o", format]].concat();
                let mut cli = Cli::new(&args).env("CLIPLY_BASE_URL", stub.url());
                assert_clean(&cli.run(), &format!("{args:?} of {body}"));
            }
        }
    }
}

#[test]
fn malformed_operation_ids_become_no_command() {
    let database = Database::from_fixture("main_typical");
    database.execute(
        "INSERT INTO job_events (job_id, stage, data)
         SELECT id, 'enqueued', '{\"tool\":\"cliplyctl 0.1.0\",\"operation\":\"rq-1; touch /x #\",\"reason\":\"requeued_from_dead_letter\"}'
           FROM jobs WHERE state = 'dead_letter' LIMIT 3",
    );
    for args in [&["dlq", "ops"][..], &["dlq", "ops", "-o", "json"], &["handoff"], &["triage"]] {
        let output = run(&database, args);
        assert!(!output.stdout.contains("touch"), "{args:?}: {output:?}");
    }
    let listed = run(&database, &["dlq", "ops"]).expect_code(0).stdout;
    assert!(listed.contains("1 operation with a malformed id is not listed"), "{listed}");
}

#[test]
fn secrets_in_readiness_reports_are_redacted() {
    let database = format!("connect failed: postgres://app:{MARK}@db.example/cliply");
    let body = json!({
        "ok": false,
        "checks": {
            "db": { "ok": false, "message": database },
            "worker": { "ok": false, "error": format!("Bearer {MARK}"), "admin_token": MARK },
            "env": { "ok": true, "detail": { "api_key": MARK } },
        },
        "queue": { "length": 3 },
        "errors": { "stripe": format!("sk_live_{MARK}") },
    });
    let stub = Stub::start([
        ("/api/readyz", Response::json(503, body.to_string())),
        ("/api/healthz", Response::json(200, r#"{"ok":true}"#)),
    ]);
    for command in ["ready", "triage", "handoff"] {
        for format in ["table", "json"] {
            let mut cli = Cli::new([command, "-o", format]).env("CLIPLY_BASE_URL", stub.url());
            let output = cli.run();
            assert!(output.stdout.contains("[redacted]"), "{command}: {output:?}");
            assert_clean(&output, command);
        }
    }
}
