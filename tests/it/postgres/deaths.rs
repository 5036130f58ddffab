//! The time of death in `dlq list` and `dlq groups`: of the error, of an event, or of the row, on every variant with events.

use super::run;
use crate::support::postgres::Database;

/// Variants with dead letters and events: state column, dead state, stage and data column of the events.
const VARIANTS: [(&str, &str, &str, &str, &str); 4] = [
    ("main", "state", "dead_letter", "stage", "data"),
    ("atomic", "state", "dead_letter", "event", "details"),
    ("event_data", "state", "dead_letter", "event", "data"),
    ("status_live", "status", "failed", "stage", "data"),
];

/// Returns the id of a dead letter that was last changed 2 minutes ago; the others are deleted.
fn one_dead_letter(db: &Database, live: &str, dead: &str) -> String {
    let id =
        db.value(&format!("select id from jobs where {live}::text = '{dead}' order by id limit 1"));
    db.execute(&format!(
        "alter table jobs disable trigger user; delete from job_events; delete from jobs where id <> '{id}';
         update jobs set updated_at = now() - interval '2 min'"
    ));
    id
}

/// Sets the time of the error (if the variant has a structured one).
fn failed(db: &Database, age: &str) {
    let has_error = "select count(*) from information_schema.columns
         where table_name = 'jobs' and column_name = 'error' and data_type = 'jsonb'";
    if db.value(has_error) == "1" {
        db.execute(&format!(
            "update jobs set error = jsonb_build_object('message', 'boom', 'failed_at', now() - interval '{age}')"
        ));
    }
}

fn died(db: &Database, variant: (&str, &str, &str, &str, &str), id: &str, age: &str) {
    let (.., stage, data) = variant;
    db.execute(&format!(
        "insert into job_events(job_id, {stage}, {data}, created_at)
           values ('{id}', 'failed', '{{\"stage\": \"retry_scheduled\"}}', now() - interval '9 h'),
                  ('{id}', 'failed', '{{\"stage\": \"dead_letter\"}}', now() - interval '{age}')"
    ));
}

/// Returns the age of the death in `dlq list` with its source, and its time in `dlq groups`.
fn shown(db: &Database) -> (f64, String, String, String) {
    let list = run(&["dlq", "list", "-o", "json"], db).expect_code(0).json();
    let job = &list["data"]["jobs"][0];
    let groups = run(&["dlq", "groups", "-o", "json"], db).expect_code(0).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default()[..19].to_owned();
    (
        job["dead_since_age_seconds"].as_f64().unwrap(),
        job["dead_since_source"].as_str().unwrap().to_owned(),
        text(&job["dead_since"]),
        text(&groups["data"]["groups"][0]["last_dead_lettered_at"]),
    )
}

#[test]
fn event_newer_than_the_error_is_the_time_of_death() {
    for variant in VARIANTS {
        let (name, live, dead, ..) = variant;
        let db = Database::from_fixture(&format!("{name}_typical"));
        let id = one_dead_letter(&db, live, dead);
        failed(&db, "3 h");
        died(&db, variant, &id, "2 min");
        let (age, source, listed, grouped) = shown(&db);
        assert!((110.0..300.0).contains(&age), "{name}: {age}");
        assert_eq!((source.as_str(), listed), ("event", grouped), "{name}");
    }
}

#[test]
fn edit_of_a_dead_letter_does_not_change_its_death() {
    for variant in VARIANTS {
        let (name, live, dead, ..) = variant;
        let db = Database::from_fixture(&format!("{name}_typical"));
        let id = one_dead_letter(&db, live, dead);
        failed(&db, "3 h");
        died(&db, variant, &id, "3 h");
        let (age, _, listed, grouped) = shown(&db);
        assert!((10_700.0..11_000.0).contains(&age), "{name}: {age}");
        assert_eq!(listed, grouped, "{name}");
    }
}

#[test]
fn error_newer_than_the_event_is_the_time_of_death() {
    let variant = VARIANTS[0];
    let db = Database::from_fixture("main_typical");
    let id = one_dead_letter(&db, "state", "dead_letter");
    died(&db, variant, &id, "3 h");
    failed(&db, "4 min");
    let (age, source, listed, grouped) = shown(&db);
    assert!((230.0..400.0).contains(&age), "{age}");
    assert_eq!((source.as_str(), listed), ("worker", grouped));
}

#[test]
fn event_in_the_future_is_no_death() {
    let variant = VARIANTS[0];
    let db = Database::from_fixture("main_typical");
    let id = one_dead_letter(&db, "state", "dead_letter");
    failed(&db, "3 h");
    died(&db, variant, &id, "-2 h");
    let (age, source, ..) = shown(&db);
    assert!(age > 10_700.0, "{age}");
    assert_eq!(source, "worker");
}

#[test]
fn requeues_by_the_app_are_counted_in_ops() {
    for (name, live, dead, stage, data) in VARIANTS {
        let db = Database::from_fixture(&format!("{name}_typical"));
        let ops = || run(&["dlq", "ops", "-o", "json"], &db).expect_code(0).json();
        assert_eq!(ops()["data"]["app_requeues"], 0, "{name}");
        db.execute(&format!(
            "insert into job_events(job_id, {stage}, {data}, created_at)
               select id, 'enqueued', '{{\"reason\": \"requeued_from_dead_letter\", \"previous_attempts\": 5}}',
                      now() - interval '1 h' from jobs where {live}::text = '{dead}' order by id limit 2"
        ));
        let json = ops();
        assert_eq!(json["data"]["app_requeues"], 2, "{name}: {json:#}");
        assert_eq!(json["data"]["operations"], serde_json::json!([]), "{name}");
        let shown = run(&["dlq", "ops"], &db).expect_code(0).stdout;
        assert!(shown.contains("2 requeues by the app, last 1h 00m ago."), "{name}: {shown}");
        // Requeues of this tool are operations, and are not counted a second time.
        let args = ["dlq", "requeue", "--all", "--yes", "--include-repeat-failures", "-o", "json"];
        run(&args, &db).expect_code(0);
        let json = ops();
        assert_eq!(json["data"]["app_requeues"], 2, "{name}: {json:#}");
        assert_eq!(json["data"]["operations"].as_array().map(Vec::len), Some(1), "{name}");
    }
}
