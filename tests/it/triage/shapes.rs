//! Tests of every known readiness response with a healthy database: section, exit code, next command. Only
//! complete and healthy reports exit with 0.

use std::collections::BTreeSet;

use super::{app, triage};
use crate::support::postgres::Database;
use crate::support::readiness::READINESS_FILES;

/// Fixture, section (`-` for none), exit code, and next command without the program name.
const EXPECTED: &[(&str, &str, i32, &str)] = &[
    ("admin_fatal", "3.2", 2, "ready --admin"),
    ("admin_ok", "-", 0, "-"),
    ("admin_older_ok", "3.2", 3, "runbook 3.2"),
    ("admin_older_red", "3.2", 2, "ready --admin"),
    ("admin_worker_red", "3.2", 2, "ready --admin"),
    ("bare-red", "3.2", 2, "env check --process"),
    ("bare", "3.2", 3, "queue"),
    ("bare_not_ok", "3.2", 2, "env check --process"),
    ("bare_ok", "3.2", 3, "queue"),
    ("byte_order_mark", "3.2", 3, "queue"),
    ("canonical-admin", "-", 0, "-"),
    ("canonical-contradiction", "3.2", 1, "queue"),
    ("canonical-red", "3.2", 2, "ready --admin"),
    ("canonical", "-", 0, "-"),
    ("canonical_age_in_milliseconds", "-", 0, "-"),
    ("canonical_db_red", "3.2", 2, "ready --admin"),
    ("canonical_ffmpeg_red", "3.2", 2, "ready --admin"),
    ("canonical_ok", "-", 0, "-"),
    ("canonical_ok_but_worker_false", "3.2", 1, "queue"),
    ("canonical_ok_idle", "-", 0, "-"),
    ("canonical_queue_warning", "3.2", 2, "ready --admin"),
    ("canonical_without_worker", "3.2", 3, "queue"),
    ("canonical_worker_red", "3.2", 2, "ready --admin"),
    ("deployment_protection_401", "3.2", 3, "config show"),
    ("detailed-red", "3.2", 2, "ready --admin"),
    ("detailed", "3.2", 3, "runbook 3.2"),
    ("empty", "3.2", 3, "config show"),
    ("error_405", "3.2", 3, "health"),
    ("error_405_plain", "3.2", 3, "health"),
    ("error_500", "3.2", 2, "ready --admin"),
    ("error_502_plain", "3.2", 2, "health"),
    ("fatal", "3.2", 2, "ready --admin"),
    ("flags-red", "3.2", 2, "ready --admin"),
    ("flags", "3.2", 3, "queue"),
    ("healthz_ok", "3.2", 3, "queue"),
    ("hostile_text", "3.2", 2, "ready --admin"),
    ("html_200", "3.2", 3, "config show"),
    ("integrations", "3.2", 3, "queue"),
    ("integrations_ok", "3.2", 3, "queue"),
    ("integrations_stripe_red", "3.2", 2, "ready --admin"),
    ("internal-error", "3.2", 2, "ready --admin"),
    ("not_utf8", "3.2", 3, "queue"),
    ("older_db_red", "3.2", 2, "ready --admin"),
    ("older_env_red", "3.2", 2, "ready --admin"),
    ("older_ok", "3.2", 3, "queue"),
    ("rate_limited_429", "3.2", 3, "health"),
    ("truncated", "3.2", 3, "config show"),
    ("worker", "3.2", 3, "queue"),
    ("worker_script_ok", "3.2", 3, "queue"),
    ("wrong_type_array", "3.2", 3, "config show"),
    ("wrong_type_null", "3.2", 3, "config show"),
    ("wrong_type_numbers", "3.3", 3, "queue"),
    ("wrong_type_ok_string", "3.2", 3, "ready --admin"),
    ("wrong_type_string", "3.2", 3, "config show"),
];

#[test]
fn each_format_has_its_section_exit_code_and_next_command() {
    let database = Database::from_fixture("main_healthy");
    let mut mismatches = Vec::new();
    for (name, section, code, next) in EXPECTED {
        let output = triage("-o json", &app(name).url(), &database).run();
        let json = output.json();
        let diagnosis = &json["diagnosis"];
        let command = diagnosis["next"].as_str().unwrap_or("cliplyctl -");
        let command = command.strip_prefix("cliplyctl ").unwrap_or(command);
        let actual = (diagnosis["section"].as_str().unwrap_or("-"), output.code, command);
        if actual != (*section, *code, *next) {
            mismatches
                .push(format!("(\"{name}\", \"{}\", {}, \"{}\"),", actual.0, actual.1, actual.2));
        }
    }
    assert!(mismatches.is_empty(), "these differ; now they are\n{}", mismatches.join("\n"));
}

#[test]
fn every_readiness_fixture_has_an_expectation() {
    let stem = |file: &str| file.rsplit_once('.').map(|(stem, _)| stem.to_owned());
    let actual: BTreeSet<String> =
        READINESS_FILES.iter().filter_map(|(file, _)| stem(file)).collect();
    let expected: BTreeSet<String> = EXPECTED.iter().map(|row| row.0.to_owned()).collect();
    assert_eq!(actual, expected);
}
