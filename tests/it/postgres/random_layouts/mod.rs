//! Random rows in all states, zones and clocks on random layouts: no row is left out, no problem is hidden, and all
//! commands agree.
//!
//! A failing case is reduced and printed as SQL with its seed. `CLIPLYCTL_LAYOUT_SEED=7` runs one seed,
//! `CLIPLYCTL_DRILL_ROUNDS=500` as many.

mod case;
mod expected;
mod generate;

use case::{Case, Fault};
use expected::Expected;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::Value;

use crate::support::cli::{Cli, Output};
use crate::support::drill::{layout_seeds, report_run};
use crate::support::fixtures::{BLIND, NO_GRANT, backend};
use crate::support::postgres::Database;

/// Attempts to reduce the first failing case; each takes a database.
const MAX_REDUCTIONS: u32 = 60;

#[test]
fn random_layouts_are_counted_whole_and_never_wrongly_ok() {
    let seeds = layout_seeds();
    let mut failures = Vec::new();
    for seed in seeds.clone() {
        let config = Config {
            cases: 1,
            max_shrink_iters: if failures.is_empty() { MAX_REDUCTIONS } else { 0 },
            failure_persistence: None,
            ..Config::default()
        };
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        if let Err(failure) = TestRunner::new_with_rng(config, rng).run(&generate::case(), check) {
            failures.push(format!("CLIPLYCTL_LAYOUT_SEED={seed}: {failure}"));
        }
    }
    report_run(&format!("{} layouts", seeds.len()));
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// The states of `jobs list`, and the keys of the same figures in `queue`.
const STATES: [(&str, &str); 8] = [
    ("due", "due"),
    ("scheduled", "scheduled"),
    ("running", "running"),
    ("stuck", "stuck"),
    ("failed", "failed"),
    ("dead", "dead"),
    ("canceled", "canceled"),
    ("unknown", "unknown_state"),
];

fn check(case: Case) -> Result<(), TestCaseError> {
    let database = Database::blank();
    database.execute(&backend(&["roles"]));
    database.execute(&format!("alter database {} set timezone = '{}'", database.name(), case.zone));
    // A new session, in the zone of the database.
    database.execute(&case.sql());
    let expected = Expected::new(&case);
    let url = match case.fault {
        Fault::None | Fault::Error => database.url(),
        Fault::NoGrant => database.url_as(NO_GRANT),
        Fault::RowSecurity => database.url_as(BLIND),
    };
    let run = |args: &[&str]| Cli::new(args).env("DATABASE_URL", &url).run();
    let queue = run(&["queue", "-o", "json"]);
    if case.fault != Fault::None || expected.is_ambiguous == Some(true) {
        return must_be_unknown(&run, queue);
    }
    if expected.is_ambiguous.is_none() && queue.code == 3 {
        return Ok(());
    }
    let data = &queue.json()["data"];
    expected.compare(data).map_err(|difference| fail(difference, &queue))?;
    if expected.must_not_be_ok && queue.code == 0 {
        return Err(fail("queue is OK".to_owned(), &queue));
    }
    if case.benign && queue.code != 0 {
        return Err(fail("queue is not OK without a reason".to_owned(), &queue));
    }
    for (state, key) in STATES {
        let output = run(&["jobs", "list", "--state", state, "--limit", "1000", "-o", "json"]);
        let listed = listed(&output);
        // Without heartbeats no claimed job is known to be stuck, and all are listed as running.
        let key = if key == "running" && data["running"].is_null() { "claimed" } else { key };
        let counted = data[key]["value"].as_u64();
        if counted.unwrap_or(0) != listed.unwrap_or(0) {
            let difference = format!("{state}: queue counts {counted:?}, {listed:?} are listed");
            return Err(fail(difference, &output));
        }
    }
    let finished = run(&["jobs", "list", "--state", "finished", "--limit", "1000", "-o", "json"]);
    if listed(&finished).unwrap_or(0) != expected.finished {
        return Err(fail(format!("{} are finished", expected.finished), &finished));
    }
    Ok(())
}

/// No command may report what it cannot read.
fn must_be_unknown(run: &impl Fn(&[&str]) -> Output, queue: Output) -> Result<(), TestCaseError> {
    let outputs = [queue, run(&["jobs", "list"]), run(&["dlq", "list"]), run(&["dlq", "groups"])];
    for output in outputs {
        if output.code != 3 {
            return Err(fail("a table that cannot be read is not UNKNOWN".to_owned(), &output));
        }
    }
    Ok(())
}

/// The number of listed jobs; `None` if the layout does not have the state.
fn listed(output: &Output) -> Option<u64> {
    let json: Value = output.json();
    json["data"]["jobs"].as_array().map(|jobs| jobs.len() as u64)
}

fn fail(difference: String, output: &Output) -> TestCaseError {
    let Ok(json) = serde_json::from_str::<Value>(&output.stdout) else {
        return TestCaseError::fail(format!("{difference}\n{output:#?}"));
    };
    TestCaseError::fail(format!(
        "{difference}\nexit code {}\ndata: {}\nfindings: {}\nerrors: {}",
        output.code, json["data"], json["findings"], json["errors"]
    ))
}
