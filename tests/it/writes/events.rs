//! No job is written without its event: grants, policies and triggers.

use super::states;
use crate::requeue::{insert_dead_letters, requeue};
use crate::support::cli::Cli;
use crate::support::postgres::Database;

/// What a requeue needs, and the exit code and the text of the refusal without it.
const GRANTS: [(&str, i32, &str); 5] = [
    (
        "SELECT ON jobs",
        3,
        "permission denied for table public.jobs: this login cannot read the queue (42501)",
    ),
    (
        "UPDATE ON jobs",
        77,
        "GRANT UPDATE (state, run_at, attempts, locked_by, locked_at, heartbeat_at, updated_at) ON public.jobs TO {role}",
    ),
    ("SELECT ON job_events", 77, "the role {role} needs SELECT on job_events"),
    (
        "INSERT ON job_events",
        77,
        "GRANT INSERT (job_id, stage, data) ON public.job_events TO {role}",
    ),
    (
        "USAGE ON SEQUENCE job_events_id_seq",
        77,
        "GRANT USAGE ON SEQUENCE public.job_events_id_seq TO {role}",
    ),
];

/// Creates a login with all grants but one.
fn login_without(db: &Database, missing: Option<&str>) -> String {
    let role = format!(
        "{}_{}",
        db.name(),
        missing.map_or(9, |m| GRANTS.iter().position(|(g, ..)| *g == m).unwrap())
    );
    db.execute(&format!("DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN BYPASSRLS"));
    for (grant, ..) in GRANTS.iter().filter(|(grant, ..)| Some(*grant) != missing) {
        db.execute(&format!("GRANT {grant} TO {role}"));
    }
    role
}

fn requeue_as(db: &Database, role: &str) -> crate::support::cli::Output {
    Cli::new(["dlq", "requeue", "--all", "--yes"]).env("DATABASE_URL", db.url_as(role)).run()
}

fn drop_role(db: &Database, role: &str) {
    db.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// Also run by the drill `grants`.
#[test]
fn login_without_one_grant_is_refused_and_the_grant_named() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    for (grant, code, text) in GRANTS {
        let role = login_without(&db, Some(grant));
        let output = requeue_as(&db, &role).expect_code(code);
        let text = text.replace("{role}", &role);
        assert!(output.stderr.contains(&text), "{grant}: {output:#?}");
        assert_eq!(states(&db), "dead_letter 3", "{grant}");
        drop_role(&db, &role);
    }
    let role = login_without(&db, None);
    requeue_as(&db, &role).expect_code(0);
    assert_eq!(db.value("SELECT count(*) FROM job_events"), "3");
    drop_role(&db, &role);
}

#[test]
fn policy_that_hides_or_forbids_events_is_an_obstacle() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    let role = format!("{}_policy", db.name());
    db.execute(&format!(
        "CREATE ROLE {role} LOGIN; GRANT SELECT, UPDATE ON jobs TO {role}; GRANT SELECT, INSERT ON job_events TO {role};
         GRANT USAGE ON SEQUENCE job_events_id_seq TO {role};
         CREATE POLICY all_jobs ON jobs TO {role} USING (true) WITH CHECK (true);
         CREATE POLICY put_events ON job_events FOR INSERT TO {role} WITH CHECK (true)"
    ));
    let hidden = requeue_as(&db, &role).expect_code(77);
    assert!(hidden.stderr.contains("does not see all rows of job_events"), "{hidden:#?}");
    db.execute(&format!(
        "DROP POLICY put_events ON job_events; CREATE POLICY see_events ON job_events FOR SELECT TO {role} USING (true)"
    ));
    let forbidden = requeue_as(&db, &role).expect_code(77);
    let told = forbidden.stdout.clone() + &forbidden.stderr;
    assert!(told.contains("row-level security"), "{forbidden:#?}");
    assert_eq!(states(&db), "dead_letter 2");
    db.execute(&format!(
        "CREATE POLICY put_events ON job_events FOR INSERT TO {role} WITH CHECK (true)"
    ));
    requeue_as(&db, &role).expect_code(0);
    db.execute(
        "DROP POLICY all_jobs ON jobs; DROP POLICY see_events ON job_events; DROP POLICY put_events ON job_events",
    );
    drop_role(&db, &role);
}

#[test]
fn job_whose_event_a_trigger_drops_is_not_requeued() {
    let drop_events = "CREATE FUNCTION drop_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_WHEN = 'BEFORE' THEN RETURN NULL; END IF;
        DELETE FROM job_events WHERE id = NEW.id; RETURN NULL; END $$;
      CREATE TRIGGER drop_event {when} INSERT ON job_events FOR EACH ROW
        WHEN (NEW.job_id = (SELECT_ID)) EXECUTE FUNCTION drop_event()";
    for when in ["BEFORE", "AFTER"] {
        let db = Database::with_variant("main");
        insert_dead_letters(&db, 3);
        let id = db.value("SELECT min(id::text) FROM jobs");
        db.execute(&drop_events.replace("{when}", when).replace("(SELECT_ID)", &format!("'{id}'")));
        let json = requeue(&db, &["--all", "--yes"]).expect_code(75).json();
        let outcome = &json["data"]["outcome"];
        assert_eq!(
            (outcome["written"].as_u64(), outcome["errors"].as_u64()),
            (Some(2), Some(1)),
            "{when}: {json:#}"
        );
        assert_eq!(outcome["error_jobs"][0]["id"], id, "{when}: {json:#}");
        assert_eq!(states(&db), "dead_letter 1, queued 2", "{when}");
        assert_eq!(db.value("SELECT count(*) FROM job_events"), "2", "{when}");
    }
}
