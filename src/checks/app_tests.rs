//! `env.tests`: the checkout's own documented checks pass.

use super::Check;
use crate::facts::test_run::{TestEnd, TestRun};
use crate::facts::triage::TriageFacts;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text;

/// The check. Says nothing where they were not asked for.
pub const CHECK: Check<TriageFacts> = Check {
    id: "env.tests",
    title: "The checkout's own documented checks pass",
    section: Section::Environment,
    evaluate,
};

/// The scripts that the backend documents, and how bad it is when they fail: a template that drifted is
/// CRITICAL as in `env.template`; tests of a checkout say little of what runs elsewhere.
pub const SCRIPTS: [(&str, Status); 2] =
    [("test:core", Status::Warning), ("check:env:template", Status::Critical)];

fn evaluate(check: &Check<TriageFacts>, facts: &TriageFacts, _: &Thresholds) -> Vec<Finding> {
    facts.tests.iter().map(|run| finding(check, run)).collect()
}

fn finding(check: &Check<TriageFacts>, run: &TestRun) -> Finding {
    let script = run.script;
    let took = text::millis(run.took.as_secs_f64() * 1e3);
    let failed = SCRIPTS.iter().find(|(known, _)| *known == script).map(|(_, verdict)| *verdict);
    let (verdict, message) = match &run.end {
        TestEnd::Code(0) => (Status::Ok, format!("pnpm {script} passed in {took}")),
        TestEnd::Code(code) => (
            failed.unwrap_or(Status::Warning),
            format!("pnpm {script} ended with {code} after {took}"),
        ),
        TestEnd::Cut(why) => (Status::Unknown, format!("pnpm {script}: {why}")),
        TestEnd::NotFound(why) => (Status::Unknown, format!("pnpm {script} was not run: {why}")),
    };
    check.finding(verdict, script, message)
}
