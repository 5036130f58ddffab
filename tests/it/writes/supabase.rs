//! Writes on a database as a hosted platform sets it up: `postgres` is no superuser, the API's roles have default
//! grants on everything, and row-level security is on.

use super::{operation, states};
use crate::support::cli::{Cli, Output};
use crate::support::postgres::{Database, Session, cluster};

/// Creates the platform's roles in the cluster if they are missing, possibly in several tests at once. Names are those of the platform, with a prefix: the cluster has
/// its own superuser.
const ROLES: &str = "
DO $$
DECLARE role_and_options text;
BEGIN
  FOREACH role_and_options IN ARRAY ARRAY[
    'hosted_postgres LOGIN CREATEDB CREATEROLE BYPASSRLS REPLICATION',
    'hosted_authenticator LOGIN NOINHERIT',
    'hosted_service_role NOLOGIN BYPASSRLS',
    'hosted_authenticated NOLOGIN'
  ] LOOP
    BEGIN
      EXECUTE 'CREATE ROLE ' || role_and_options;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
    END;
  END LOOP;
  BEGIN
    GRANT hosted_service_role, hosted_authenticated TO hosted_authenticator, hosted_postgres;
  EXCEPTION WHEN unique_violation OR internal_error THEN -- another test was first
  END;
END $$";

/// Default grants before the tables exist, and row-level security without policies for the API's users.
const SETUP: &str = "
ALTER SCHEMA public OWNER TO hosted_postgres;
SET ROLE hosted_postgres;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO hosted_service_role, hosted_authenticated;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO hosted_service_role, hosted_authenticated;
CREATE TABLE workspaces (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, owner_id uuid NOT NULL);
CREATE TABLE jobs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), workspace_id uuid NOT NULL REFERENCES workspaces,
  kind text NOT NULL, payload jsonb NOT NULL DEFAULT '{}', attempts int NOT NULL DEFAULT 0,
  max_attempts int NOT NULL DEFAULT 5, created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(), error jsonb, last_error text, run_at timestamptz DEFAULT now(),
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued','running','done','failed','dead_letter')),
  locked_at timestamptz, locked_by text, heartbeat_at timestamptz);
CREATE TABLE job_events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
  stage text NOT NULL CHECK (stage IN ('enqueued','claimed','progress','finished','failed')),
  data jsonb NOT NULL DEFAULT '{}', created_at timestamptz NOT NULL DEFAULT now());
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY; ALTER TABLE job_events ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION moddatetime() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  NEW.updated_at := clock_timestamp(); RETURN NEW; END $$;
CREATE TRIGGER moddatetime BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION moddatetime();
INSERT INTO workspaces (name, owner_id) VALUES ('w', gen_random_uuid());
INSERT INTO jobs (workspace_id, kind, state, attempts, last_error, updated_at)
  SELECT w.id, 'CLIP_RENDER', 'dead_letter', 5, 'FFmpeg timed out', now() - interval '1 hour' FROM workspaces w, generate_series(1, 20);
RESET ROLE;";

fn hosted() -> Database {
    Session::open(&cluster().url("postgres")).execute(ROLES);
    let db = Database::blank();
    db.execute(SETUP);
    db
}

/// Runs a command as a login; `role` is what the platform's gateway would switch to.
fn run(db: &Database, login: &str, role: Option<&str>, args: &[&str]) -> Output {
    let mut url = db.url_as(login);
    if let Some(role) = role {
        let separator = if url.contains('?') { '&' } else { '?' };
        url = format!("{url}{separator}options=-c%20role%3D{role}");
    }
    Cli::new(args).env("DATABASE_URL", url).run()
}

#[test]
fn every_write_works_as_the_owner_without_superuser() {
    let db = hosted();
    let login = "hosted_postgres";
    let requeue = run(&db, login, None, &["dlq", "requeue", "--all", "--yes"]).expect_code(0);
    assert_eq!(states(&db), "queued 20");
    let id = operation(&requeue);
    run(&db, login, None, &["dlq", "follow", &id, "--wait", "1s"]).expect_code(3);
    run(&db, login, None, &["dlq", "ops"]).expect_code(0);
    run(&db, login, None, &["dlq", "undo", &id, "--yes"]).expect_code(0);
    assert_eq!(states(&db), "dead_letter 20");
    db.execute(
        "UPDATE jobs SET state = 'running', attempts = 0, locked_by = 'w', locked_at = now() - interval '1 h',
                heartbeat_at = now() - interval '1 h' WHERE id IN (SELECT id FROM jobs LIMIT 5)",
    );
    run(&db, login, None, &["jobs", "rescue", "--yes"]).expect_code(0);
    assert_eq!(states(&db), "dead_letter 15, queued 5");
}

#[test]
fn service_role_writes_and_a_user_of_the_api_does_not() {
    let db = hosted();
    let login = "hosted_authenticator";
    let write = ["dlq", "requeue", "--all", "--yes"];
    let user = run(&db, login, Some("hosted_authenticated"), &write).expect_code(3);
    let reason = "row-level security filters public.jobs for this login: it cannot see all jobs";
    assert!(user.stderr.contains(reason), "{user:#?}");
    assert_eq!(states(&db), "dead_letter 20");
    run(&db, login, Some("hosted_service_role"), &write).expect_code(0);
    assert_eq!(
        (states(&db), db.value("SELECT count(*) FROM job_events")),
        ("queued 20".into(), "20".into())
    );
}

/// The fixture is what a hosted platform has, and not more.
#[test]
fn hosted_owner_is_no_superuser() {
    let db = hosted();
    let session = Session::open(&db.url_as("hosted_postgres"));
    assert_eq!(session.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"), "f");
}
