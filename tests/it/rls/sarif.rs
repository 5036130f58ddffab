//! Tests of `rls audit -o sarif`: the rules of SARIF 2.1.0 and the fields that code scanning needs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::clean;
use crate::support::cli::Cli;

fn sarif(sql: &str, code: i32) -> Value {
    let database = clean();
    database.execute(sql);
    let mut output = Cli::new(["rls", "audit", "-o", "sarif"]).env("DATABASE_URL", database.url());
    serde_json::from_str(&output.run().expect_code(code).stdout).expect("one JSON document")
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("{pointer} of {value:#}"))
}

#[test]
fn sarif_log_has_the_required_fields() {
    let log = sarif(
        "GRANT TRUNCATE ON jobs TO anon; GRANT INSERT ON jobs TO authenticated; \
         CREATE TABLE n (id int PRIMARY KEY); GRANT SELECT ON n TO anon",
        2,
    );
    assert_eq!(text(&log, "/version"), "2.1.0");
    assert!(text(&log, "/$schema").ends_with("sarif-schema-2.1.0.json"));
    assert_eq!(log["runs"].as_array().map(Vec::len), Some(1));
    let run = &log["runs"][0];
    assert_eq!(text(run, "/tool/driver/name"), "cliplyctl");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules.iter().map(|rule| text(rule, "/id")).collect();
    assert_eq!(ids.len(), rules.len(), "a rule is described once");
    assert!(rules.iter().all(|rule| !text(rule, "/shortDescription/text").is_empty()));
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);

    let results = run["results"].as_array().unwrap();
    let mut prints = BTreeSet::new();
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(text(rule, "/id"), text(result, "/ruleId"));
        text(result, "/message/text");
        let level = text(result, "/level");
        assert!(["none", "note", "warning", "error"].contains(&level), "{result:#}");
        // SARIF: every kind except `fail` has the level `none`.
        assert_eq!(text(result, "/kind") == "fail", level != "none", "{result:#}");
        text(result, "/locations/0/logicalLocations/0/fullyQualifiedName");
        prints.insert(text(result, "/partialFingerprints/checkAndSubject~1v1"));
    }
    assert_eq!(prints.len(), results.len(), "findings are told apart");
    let level =
        |id: &str| results.iter().find(|r| r["ruleId"] == id).map(|r| r["level"].as_str().unwrap());
    assert_eq!(level("rls.uncovered_grant"), Some("error"));
    assert_eq!(level("rls.off"), Some("error"));
    assert_eq!(level("rls.unpoliced_grant"), Some("warning"));
}

#[test]
fn clean_database_has_no_failing_sarif_result() {
    let log = sarif("SELECT 1", 0);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().all(|result| result["kind"] != "fail"), "{log:#}");
}
