//! Runs the commands with exactly the rights that `config grants` prints, on a database as Supabase sets it up: its
//! owner is no superuser, the API has roles and default grants, and row-level security is enabled.

use serde_json::Value;

use crate::rls::clean;
use crate::support::cli::{Cli, Output};
use crate::support::http::Stub;
use crate::support::postgres::{Database, Session};
use crate::support::{readiness, wait_until};

/// Makes a role that is no superuser the owner of everything in `public`, as `postgres` is on Supabase.
fn owned_by_another(database: &Database) -> String {
    let owner = format!("owner_{}", database.name());
    let name = database.name();
    database.execute(&format!(
        "CREATE ROLE {owner} LOGIN CREATEROLE CREATEDB BYPASSRLS;
         GRANT anon, authenticated, service_role TO {owner} WITH ADMIN OPTION;
         ALTER DATABASE {name} OWNER TO {owner};
         ALTER SCHEMA public OWNER TO {owner};
         GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
         ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
         ALTER TABLE job_events ENABLE ROW LEVEL SECURITY;
         DO $$ DECLARE r record; BEGIN
           FOR r IN SELECT c.oid::regclass AS name FROM pg_class c
                     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
           LOOP EXECUTE format('ALTER TABLE %s OWNER TO {owner}', r.name); END LOOP;
           FOR r IN SELECT p.oid::regprocedure AS name FROM pg_proc p
                     WHERE p.pronamespace = 'public'::regnamespace
           LOOP EXECUTE format('ALTER FUNCTION %s OWNER TO {owner}', r.name); END LOOP;
         END $$"
    ));
    owner
}

fn run(url: &str, words: &str) -> Output {
    Cli::new(words.split(' ')).env("DATABASE_URL", url).env("USER", "oncall").run()
}

/// Runs a command and returns its JSON. Fails if something could not be read or was not permitted.
fn allowed(url: &str, words: &str) -> Value {
    let output = run(url, &format!("{words} -o json"));
    let report = output.json();
    assert_eq!(report["errors"], Value::Array(vec![]), "{words}: {output:#?}");
    let text = report.to_string();
    for problem in ["permission denied", "cannot see"] {
        assert!(!text.contains(problem), "{words}: {problem}: {output:#?}");
    }
    // As a word: the fraction of a time can contain these digits.
    let mut codes = text.split(|c: char| !c.is_ascii_alphanumeric());
    assert!(codes.all(|word| word != "42501"), "{words}: {output:#?}");
    report
}

/// Returns the status of every check of `triage`, with an app that reports ready.
fn triage(url: &str, app: &Stub) -> Vec<(String, String)> {
    let report = allowed(url, &format!("triage --base-url {}", app.url()));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap().iter();
    // A login that may not act as the roles skips the audit, which changes no status.
    let checks = checks.filter(|check| check["id"] != "access.audit");
    checks.map(|check| (text(&check["id"]), text(&check["status"]))).collect()
}

/// Returns the first line of `watch --plain`, without its time.
fn first_watch_line(url: &str, app: &Stub) -> String {
    let args = ["watch", "--plain", "--no-record", "--every", "1s", "--base-url", &app.url()];
    let mut cli = Cli::new(args).env("DATABASE_URL", url);
    let asked = app.count("/api/readyz");
    let running = cli.start();
    wait_until("two polls", || app.count("/api/readyz") >= asked + 2);
    running.signal("INT");
    let output = running.finish().expect_code(0);
    output.stdout.lines().next().unwrap_or_default()[21..].to_owned()
}

const READ: [&str; 8] = [
    "queue",
    "dlq groups",
    "dlq list --limit 500",
    "dlq ops",
    "jobs list",
    "jobs list --state stuck",
    "handoff",
    "record",
];
const AUDIT: [&str; 3] = ["rls matrix", "rls contract", "rls explain jobs anon select"];

#[test]
fn every_command_works_with_exactly_the_printed_grants() {
    let database = clean();
    let owner = owned_by_another(&database);
    let owner_url = database.url_as(&owner);
    let grants = run(&owner_url, "config grants").expect_code(0).stdout;
    Session::open(&owner_url).execute(&grants);
    let url = |role: &str| database.url_as(&format!("cliplyctl_{role}"));

    let app = Stub::start([
        ("/api/healthz", readiness::response("healthz_ok")),
        ("/api/readyz", readiness::response("canonical_ok")),
    ]);
    for role in ["read", "audit", "write"] {
        assert_eq!(triage(&url(role), &app), triage(&database.url(), &app), "{role}");
        assert_eq!(
            first_watch_line(&url(role), &app),
            first_watch_line(&database.url(), &app),
            "{role}"
        );
        for words in READ {
            let report = allowed(&url(role), words);
            // The role sees every row that the superuser sees.
            if words == "queue" {
                let expected = allowed(&database.url(), words);
                assert_eq!(report["summary"], expected["summary"], "{role}");
            }
        }
        let id = database.value("SELECT min(id::text) FROM jobs WHERE state = 'dead_letter'");
        allowed(&url(role), &format!("dlq show {id}"));
        allowed(&url(role), &format!("jobs show {id}"));
    }
    for words in AUDIT {
        let report = allowed(&url("audit"), words);
        let expected = allowed(&database.url(), words);
        assert_eq!(report["status"], expected["status"], "{words}: {report:#}");
    }

    // Sampling rows needs BYPASSRLS, which the owner cannot grant before PostgreSQL 16: the audit says so, and
    // evaluates the rest.
    let audit = run(&url("audit"), "rls audit -o json").json();
    assert_eq!(audit["errors"], Value::Array(vec![]), "{audit:#}");
    assert!(audit.to_string().contains("cannot read a sample"), "{audit:#}");

    // Only the third role writes.
    let requeue = "dlq requeue --all --max 2 --yes --reason fixed";
    for role in ["read", "audit"] {
        run(&url(role), requeue).expect_code(77);
    }
    let done = run(&url("write"), &format!("{requeue} -o json")).expect_code(0).json();
    let operation = done["data"]["outcome"]["operation"].as_str().unwrap().to_owned();
    for role in ["read", "audit", "write"] {
        let followed = allowed(&url(role), &format!("dlq follow {operation} --wait 1s"));
        assert_eq!(followed["summary"]["queued"], 2, "{role}: {followed:#}");
    }
    let undone = run(&url("write"), &format!("dlq undo {operation} --yes --reason mistake"));
    undone.expect_code(0);
    run(&url("write"), "jobs rescue --yes --reason dead").expect_code(0);

    database.execute(&format!(
        "DROP OWNED BY cliplyctl_read, cliplyctl_audit, cliplyctl_write;
         DROP ROLE cliplyctl_read, cliplyctl_audit, cliplyctl_write;
         REASSIGN OWNED BY {owner} TO postgres; DROP OWNED BY {owner}; DROP ROLE {owner}"
    ));
}
