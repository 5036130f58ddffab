//! Which database is written: protected and read-only contexts, plans of another database, read-only logins.

use super::states;
use crate::requeue::{command, insert_dead_letters, requeue};
use crate::support::cli::{Cli, Output};
use crate::support::postgres::{Database, Session, cluster};
use crate::support::wire::Proxy;

fn requeue_all(db: &Database, config: &str, context: &[&str]) -> Output {
    let args = [context, &["dlq", "requeue", "--all", "--yes"]].concat();
    Cli::new(args).file("cliplyctl.toml", config).env("DATABASE_URL", db.url()).run()
}

#[test]
fn unresolved_guard_stops_writes_without_a_context() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 1);
    for (flag, database) in [
        ("protected", "database_url_env = 'NOT_SET'"),
        ("read_only", "database_url_file = '/nonexistent'"),
        ("protected", "database_url = 'postgres://u@127.0.0.1:notaport/app'"),
    ] {
        let staging = format!("[context.staging]\ndatabase_url = '{}'\n", db.url());
        let config = format!("[context.prod]\n{database}\n{flag} = true\n{staging}");
        let refused = requeue_all(&db, &config, &[]).expect_code(77);
        assert!(
            refused.stderr.contains("prod") && refused.stderr.contains("cliplyctl.toml:1"),
            "{refused:#?}"
        );
        assert_eq!(states(&db), "dead_letter 1", "{database}");
        let selected = requeue_all(&db, &config, &["-c", "staging"]).expect_code(0);
        let warnings = selected.stderr.matches("warning: context prod").count();
        assert_eq!(warnings, 1, "{selected:#?}");
        super::fail_queued(&db, "again");
    }
    let unguarded = "[context.dev]\ndatabase_url_env = 'NOT_SET'\n";
    requeue_all(&db, unguarded, &[]).expect_code(0);
}

#[test]
fn protected_server_is_recognized_under_another_address() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 1);
    let proxy = Proxy::new(cluster().directory().join(".s.PGSQL.5432"));
    let config =
        format!("[context.prod]\ndatabase_url = '{}'\nprotected = true\n", proxy.url(db.name()));
    let refused = requeue_all(&db, &config, &[]).expect_code(77);
    assert!(refused.stderr.contains("belongs to the protected context prod"), "{refused:#?}");
    assert_eq!(states(&db), "dead_letter 1");
    let audit = |config: &str| {
        let args = ["rls", "audit", "--probe-writes", "--yes"];
        Cli::new(args).file("cliplyctl.toml", config).env("DATABASE_URL", db.url()).run()
    };
    let refused = audit(&config).expect_code(77);
    assert!(refused.stderr.contains("context prod is protected"), "{refused:#?}");
    let other = Database::with_variant("main");
    let config = config.replace(db.name(), other.name());
    requeue_all(&db, &config, &[]).expect_code(0);
    audit(&config).expect_code(1);
}

#[test]
fn stored_identity_protects_when_the_context_does_not_answer() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 1);
    let proxy = Proxy::new(cluster().directory().join(".s.PGSQL.5432"));
    let guarded = |url: &str| format!("[context.prod]\ndatabase_url = '{url}'\nprotected = true\n");
    let reachable = guarded(&proxy.url(db.name()));
    let mut queue = Cli::new(["-c", "prod", "queue"]).file("cliplyctl.toml", &reachable);
    assert!(queue.run().code < 3);
    // The same server under a name that does not answer now.
    let down = guarded(&format!("postgresql://postgres@127.0.0.1:1/{}", db.name()));
    let write = |config: &str| {
        Cli::new(["dlq", "requeue", "--all", "--yes"])
            .file("cliplyctl.toml", config)
            .env("DATABASE_URL", db.url())
            .env("XDG_STATE_HOME", queue.home().join(".local/state"))
            .run()
    };
    let refused = write(&down).expect_code(77);
    assert!(refused.stderr.contains("the protected context prod"), "{refused:#?}");
    // Never reached, does not answer, and has the same database name.
    let unknown = requeue_all(&db, &down, &[]).expect_code(77);
    assert!(unknown.stderr.contains("was never reached"), "{unknown:#?}");
    assert_eq!(states(&db), "dead_letter 1");
}

#[test]
fn read_only_login_is_refused_with_the_place_of_the_setting() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 1);
    db.execute(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", db.name()));
    let refused = requeue(&db, &["--all", "--yes"]).expect_code(77);
    assert!(refused.stderr.contains("set for the database"), "{refused:#?}");
    assert_eq!(states(&db), "dead_letter 1");
    let session = Session::open(&cluster().url("postgres"));
    session.execute(&format!("ALTER DATABASE {} RESET default_transaction_read_only", db.name()));
    requeue(&db, &["--all", "--yes"]).expect_code(0);
}

#[test]
fn plan_is_not_applied_to_another_database_at_its_address() {
    let db = Database::with_variant("bigint");
    let schema_copy = Database::with_variant("bigint");
    for (database, kind) in [(&db, "CLIP_RENDER"), (&schema_copy, "TRANSCRIBE")] {
        database.execute(&format!(
            "INSERT INTO workspaces (name, owner_id) SELECT 'w', gen_random_uuid();
             INSERT INTO jobs (workspace_id, kind, status, attempts, error)
               SELECT id, '{kind}', (SELECT 'failed'), 5, '{{\"message\":\"boom\"}}' FROM workspaces LIMIT 1"
        ));
    }
    let mut dry = command(&db, "requeue", &["--all", "--dry-run"]);
    let json = dry.run().expect_code(0).json();
    let plan = json["data"]["plan"].as_str().unwrap().to_owned();
    assert_eq!(json["data"]["eligible"], 1, "{json:#}");
    let session = Session::open(&cluster().url("postgres"));
    session.execute(&format!("ALTER DATABASE {0} RENAME TO {0}_old", db.name()));
    session.execute(&format!("ALTER DATABASE {} RENAME TO {}", schema_copy.name(), db.name()));
    let apply = super::with_records(&db, &dry, "requeue", &["--plan", &plan, "--yes"]).run();
    session.execute(&format!("ALTER DATABASE {} RENAME TO {}", db.name(), schema_copy.name()));
    session.execute(&format!("ALTER DATABASE {0}_old RENAME TO {0}", db.name()));
    let refused = apply.expect_code(77);
    assert!(refused.stderr.contains("another database is now at that address"), "{refused:#?}");
    super::with_records(&db, &dry, "requeue", &["--plan", &plan, "--yes"]).run().expect_code(0);
}
