//! Every figure of every reading command equals SQL that is written by hand for the variant. The rows are made by
//! the functions of the variant.

mod compare;
mod definitions;
mod listings;
mod schema;
mod story;
mod summaries;

use compare::Comparison;
use definitions::{CLAIM_WRITES_NO_TIMES, VARIANTS, Variant};
use serde_json::Value;
use story::{Story, broken, healthy};

use super::run;
use crate::support::cli::Cli;
use crate::support::http::{Response, Stub};
use crate::support::postgres::Database;
use crate::support::readiness;

/// A database of this variant with the rows that a story leaves.
fn database(variant: &Variant, tell: fn(&mut Story<'_>)) -> Database {
    let database = Database::blank();
    let mut story = Story::new(&variant.schema);
    tell(&mut story);
    database.execute(&variant.schema.ddl());
    database.execute(&story.sql());
    database
}

/// A healthy app; its figures agree with those of the healthy story.
fn app() -> Stub {
    let ready = r#"{"ok":true,"checks":{"db":{"ok":true},"worker":{"ok":true}},
        "queue":{"length":8,"oldestJobAge":20},"ffmpeg":{"ok":true}}"#;
    Stub::start([
        ("/api/healthz", readiness::response("healthz_ok")),
        ("/api/readyz", Response::json(200, ready)),
    ])
}

#[test]
fn figures_of_every_command_equal_sql_in_every_variant() {
    let app = app();
    let mut differences = Vec::new();
    for variant in &VARIANTS {
        let database = database(variant, broken);
        let mut comparison = Comparison::new(variant, &database);
        let json = comparison.run(&["queue", "-o", "json"]);
        comparison.queue("queue", &json["data"]);
        comparison.not_ok("queue", &json);
        comparison.job_lists();
        comparison.shown_jobs();
        comparison.dead_letters();
        comparison.groups();
        comparison.rescue();
        comparison.triage(&app.url());
        comparison.handoff(&app.url());
        comparison.record();
        differences.extend(comparison.differences());
    }
    assert_none(&differences);
}

#[test]
fn healthy_variants_are_ok_until_a_fault_occurs() {
    let app = app();
    let mut differences = Vec::new();
    for variant in &VARIANTS {
        let database = database(variant, healthy);
        let mut comparison = Comparison::new(variant, &database);
        let json = comparison.run(&["queue", "-o", "json"]);
        comparison.queue("healthy queue", &json["data"]);
        comparison.equal("exit code of queue, healthy", &json["exit_code"], 0);
        let triage = Cli::new(["triage", "-o", "json"])
            .env("DATABASE_URL", database.url())
            .env("CLIPLY_BASE_URL", app.url())
            .run()
            .json();
        // These tables have no access rules; the roles of clients exist in every database of the cluster.
        let is_other = |check: &&Value| check["id"] != "access.audit" && check["status"] != "ok";
        let not_ok = triage["checks"].as_array().unwrap().iter().filter(is_other).count();
        comparison.equal("checks of triage that are not OK, healthy", Value::from(not_ok), 0);
        database.execute("create table healthy as select id from jobs");
        for (name, fault) in faults(variant) {
            database.execute(&fault);
            let json = comparison.run(&["queue", "-o", "json"]);
            comparison.queue(name, &json["data"]);
            comparison.not_ok(name, &json);
            database.execute("delete from jobs where id not in (select id from healthy)");
        }
        differences.extend(comparison.differences());
    }
    assert_none(&differences);
}

#[test]
fn job_without_times_is_stuck_in_every_command_or_none() {
    let variant = &CLAIM_WRITES_NO_TIMES;
    let healthy = database(variant, healthy);
    run(&["queue"], &healthy).expect_code(0);
    let database = database(variant, broken);
    let json = |args: &[&str]| run(args, &database).json()["data"].clone();
    let counted = json(&["queue", "-o", "json"])["stuck"]["value"].as_u64();
    let listed = json(&["jobs", "list", "--state", "stuck", "-o", "json"])["jobs"].clone();
    let rescued = json(&["jobs", "rescue", "--dry-run", "-o", "json"])["jobs"].clone();
    let [listed, rescued] =
        [listed, rescued].map(|jobs| jobs.as_array().map(|jobs| jobs.len() as u64));
    assert_eq!([listed, rescued], [counted, counted], "listed and rescued, of the stuck jobs");
}

fn assert_none(differences: &[String]) {
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// Statements that put one fault into a healthy queue.
fn faults(variant: &Variant) -> Vec<(&'static str, String)> {
    let schema = &variant.schema;
    let mut faults = Vec::new();
    let mut add = |name, tell: fn(&mut Story<'_>)| {
        let mut story = Story::new(schema);
        tell(&mut story);
        faults.push((name, story.sql()));
    };
    add("backlog", story::backlog);
    add("given up", story::given_up);
    if variant.truth.last_sign.is_some() {
        add("stuck", story::stuck);
    }
    faults
}
