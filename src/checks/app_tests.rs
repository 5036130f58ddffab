//! `env.tests`: results of the test scripts of an app checkout.

use super::Check;
use crate::facts::test_run::{TestEnd, TestRun};
use crate::facts::triage::TriageFacts;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text;

/// Check that the scripts passed. No finding if they were not requested.
pub(crate) const CHECK: Check<TriageFacts> = Check {
    id: "env.tests",
    title: "The checkout's own documented checks pass",
    section: Section::Environment,
    evaluate,
};

/// The scripts to run, with the status of a failure.
///
/// Template drift is CRITICAL, as in `env.template`. A failing test is a WARNING, because the checkout
/// may differ from what is deployed.
pub(crate) const SCRIPTS: [(&str, Status); 2] =
    [("test:core", Status::Warning), ("check:env:template", Status::Critical)];

fn evaluate(check: &Check<TriageFacts>, facts: &TriageFacts, _: &Thresholds) -> Vec<Finding> {
    facts.tests.iter().map(|run| finding(check, run)).collect()
}

fn finding(check: &Check<TriageFacts>, run: &TestRun) -> Finding {
    let script = run.script;
    let took = text::millis(run.took.as_secs_f64() * 1e3);
    let failure_status =
        SCRIPTS.iter().find(|(known, _)| *known == script).map(|(_, status)| *status);
    let (status, message) = match &run.end {
        TestEnd::Code(0) => (Status::Ok, format!("pnpm {script} passed in {took}")),
        TestEnd::Code(code) => (
            failure_status.unwrap_or(Status::Warning),
            format!("pnpm {script} ended with {code} after {took}"),
        ),
        TestEnd::Cut(why) => (Status::Unknown, format!("pnpm {script}: {why}")),
        TestEnd::NotFound(why) => (Status::Unknown, format!("pnpm {script} was not run: {why}")),
    };
    check.finding(status, script, message)
}
